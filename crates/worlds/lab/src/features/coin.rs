//! The same market without direction: each step of the price keeps its size, and a coin says which way it goes. Nothing that is
//! known before a step tells where it goes, so that whoever finds an edge there finds what is none.

use super::table::{Holds, Table};
use scalp_quant::rng::{Key, Stream};

/// A path that has taken its steps by coin.
struct Path {
    stream: Stream,
    /// Where the market was, and where the path is.
    before: f64,
    level: f64,
}

impl Path {
    fn new(seed: u64, start: f64) -> Path {
        Path { stream: Key::named(seed, "price by coin").stream(0), before: start, level: start }
    }

    /// The prices of the next step, as high above or below the last level as they were; the last of them is the next level.
    /// Whether up is down.
    fn step<const N: usize>(&mut self, prices: [f64; N]) -> ([f64; N], bool) {
        let is_turned = self.stream.uniform() < 0.5;
        let (before, level) = (self.before, self.level);
        let turned = |it: f64| if is_turned { level * (before / it) } else { level * (it / before) };
        let out = prices.map(turned);
        // A step without a price leaves all where it is.
        if let (Some(last), Some(to)) = (prices.last().filter(|it| it.is_finite()), out.last()) {
            (self.before, self.level) = (*last, *to);
        }
        (out, is_turned)
    }
}

/// The prices of a column, by coin. None where one is not above zero.
pub(super) fn prices(column: &[f64], seed: u64) -> Option<Vec<f64>> {
    let first = start(column)?;
    let mut path = Path::new(seed, first);
    Some(column.iter().map(|&it| path.step([it]).0[0]).collect())
}

/// The candles of a table, by coin: a candle that is turned over has its low where its high was. Volumes, further columns, and
/// what stands beside the candles stay. None of other tables, and where a price is not above zero.
pub(super) fn candles(table: &Table, seed: u64) -> Option<Table> {
    let mut table = table.clone();
    let Holds::Bars { columns, .. } = &mut table.holds else { return None };
    let [open, high, low, close, ..] = &mut columns[..] else { return None };
    let first = [&*open, high, low, close].map(|it| start(it));
    let mut path = Path::new(seed, first.into_iter().collect::<Option<Vec<f64>>>()?[3]);
    for row in 0..close.len() {
        let (prices, is_turned) = path.step([open[row], high[row], low[row], close[row]]);
        [open[row], high[row], low[row], close[row]] = prices;
        if is_turned {
            std::mem::swap(&mut high[row], &mut low[row]);
        }
    }
    Some(table)
}

/// The first price there is. None where there is none, or one is not above zero.
fn start(column: &[f64]) -> Option<f64> {
    let is_sound = column.iter().all(|it| *it > 0.0 || it.is_nan());
    column.iter().copied().find(|it| it.is_finite()).filter(|_| is_sound)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;

    #[test]
    fn steps_keep_their_size_and_candles_their_shape() {
        let mut stream = Key::named(3, "coin").stream(0);
        let mut columns: [Vec<f64>; 4] = Default::default();
        let mut close = 100.0_f64;
        for row in 0..400 {
            let open = close;
            close *= 1.0 + 0.01 * stream.normal();
            let bar = if row == 17 {
                [f64::NAN; 4]
            } else {
                [open, open.max(close) + 0.2, open.min(close) - 0.1, close]
            };
            columns.iter_mut().zip(bar).for_each(|(column, it)| column.push(it));
        }
        let table =
            Table::candles((0..400).map(|it| it * 60_000_000_000).collect(), columns.clone(), vec![1.0; 400]);
        let turned = candles(&table, 1).unwrap();
        let Holds::Bars { columns: made, .. } = &turned.holds else { panic!("candles stay candles") };
        let (mut ups, mut last) = (0, 0);
        for row in 1..400 {
            if row == 17 {
                assert!(made[3][row].is_nan());
                continue;
            }
            let step = |of: &[f64]| (of[row] / of[last]).ln();
            assert!((step(&made[3]).abs() - step(&columns[3]).abs()).abs() < 1e-12);
            ups += usize::from(step(&made[3]) * step(&columns[3]) > 0.0);
            let range = |of: &[Vec<f64>]| (of[1][row] / of[2][row]).ln();
            assert!((range(made) - range(&columns)).abs() < 1e-12);
            assert!(made[1][row] >= made[0][row].max(made[3][row]) - 1e-9);
            assert!(made[2][row] <= made[0][row].min(made[3][row]) + 1e-9);
            last = row;
        }
        assert!((150..250).contains(&ups), "{ups}");
        assert_eq!(prices(&columns[3], 1).unwrap().len(), 400);
        assert!(prices(&[1.0, 0.0], 1).is_none() && prices(&[f64::NAN], 1).is_none());
    }
}
