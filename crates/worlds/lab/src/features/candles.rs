//! The candles of a picture: columns of equal length, of the rows themselves or of many trades or books folded into each.

use scalp_report::candles::Curve;

const NANOS_PER_MILLI: i64 = 1_000_000;
/// Decimals that prices are shown with at most.
const DECIMALS_MAX: u8 = 8;
/// Candles that rows are folded into at most.
const FOLDED_MAX: i64 = 1_500;
const SECOND: i64 = 1_000_000_000;
/// Lengths of candles that rows are folded into; of more days, whole multiples of one.
const LENGTHS: [i64; 12] = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 4 * 3_600, 12 * 3_600, 86_400, 7 * 86_400];

/// Candles as columns of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candles {
    /// Beginning of each, ns.
    pub at_ns: Vec<i64>,
    /// First prices.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Last prices.
    pub close: Vec<f64>,
    /// Volumes; empty where none are known.
    pub volume: Vec<f64>,
    time_ms: Vec<f64>,
}

impl Candles {
    /// Of columns of equal length; the prices are open, high, low, close, and the volume may be empty.
    #[must_use]
    pub fn new(at_ns: Vec<i64>, prices: [Vec<f64>; 4], volume: Vec<f64>) -> Candles {
        let time_ms = at_ns.iter().map(|it| (it / NANOS_PER_MILLI) as f64).collect();
        let [open, high, low, close] = prices;
        Candles { at_ns, open, high, low, close, volume, time_ms }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at_ns.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at_ns.is_empty()
    }

    /// The columns with their names; `time` is in milliseconds since 1970.
    pub(super) fn named(&self) -> Vec<(&'static str, &[f64])> {
        let mut all = vec![
            ("time", self.time_ms.as_slice()),
            ("open", &self.open),
            ("high", &self.high),
            ("low", &self.low),
            ("close", &self.close),
        ];
        if !self.volume.is_empty() {
            all.push(("volume", &self.volume));
        }
        all
    }

    /// Decimals that the prices have.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        let places = |price: &f64| {
            let text = price.to_string();
            text.split_once('.').map_or(0, |it| it.1.len())
        };
        let most =
            self.close.iter().chain(&self.open).filter(|it| it.is_finite()).map(places).max().unwrap_or(0);
        u8::try_from(most).unwrap_or(DECIMALS_MAX).min(DECIMALS_MAX)
    }
}

/// Rows folded into candles, and the candle in which each row was known: its own, or the latest until then where its time lies
/// behind.
pub(super) struct Folded {
    pub(super) candles: Candles,
    pub(super) groups: Vec<usize>,
    /// How long a candle is, nanoseconds.
    pub(super) length: i64,
}

/// Folds rows with a price (absent where it is not a number) and perhaps a size. A row whose time goes back is in the candle of its
/// time; of equal times the order is that of the rows.
pub(super) fn fold(times: &[i64], prices: &[f64], sizes: Option<&[f64]>) -> Folded {
    let whole = times.iter().max().zip(times.iter().min()).map_or(0, |(last, first)| last - first);
    let fits = |it: &i64| whole / (it * SECOND) < FOLDED_MAX;
    let days = whole / (FOLDED_MAX * 86_400 * SECOND) + 1;
    let length = LENGTHS.into_iter().find(fits).unwrap_or(days * 86_400) * SECOND;
    let start_of = |at: i64| at - at.rem_euclid(length);
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by_key(|&row| times[row]);
    let mut starts: Vec<i64> = Vec::new();
    let mut columns: [Vec<f64>; 4] = Default::default();
    let mut volume = Vec::new();
    for row in order {
        let start = start_of(times[row]);
        if starts.last() != Some(&start) {
            starts.push(start);
            columns.iter_mut().for_each(|it| it.push(f64::NAN));
            volume.push(0.0);
        }
        let place = starts.len() - 1;
        volume[place] += sizes.map_or(0.0, |it| it[row]);
        let price = prices[row];
        if price.is_finite() {
            let [open, high, low, close] = &mut columns;
            if !open[place].is_finite() {
                open[place] = price;
            }
            // The larger of a number and none is the number.
            high[place] = high[place].max(price);
            low[place] = low[place].min(price);
            close[place] = price;
        }
    }
    let mut latest = i64::MIN;
    let groups = times.iter().map(|&at| {
        latest = latest.max(at);
        starts.partition_point(|it| *it < start_of(latest))
    });
    let groups = groups.collect();
    let volume = if sizes.is_some() { volume } else { Vec::new() };
    Folded { candles: Candles::new(starts, columns, volume), groups, length }
}

impl Folded {
    /// What a curve says at the last row of each candle.
    pub(super) fn curve(&self, curve: &mut Curve) {
        let mut values = vec![None; self.candles.len()];
        for (&place, value) in self.groups.iter().zip(&curve.values) {
            values[place] = *value;
        }
        curve.values = values;
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::*;

    #[test]
    fn rows_are_folded_into_candles_with_what_was_said_last() {
        let times: Vec<i64> = [0, 400, 900, 1_500, 2_900].iter().map(|it| it * 1_000_000).collect();
        let prices = [3.0, f64::NAN, 5.0, 4.0, f64::NAN];
        let folded = fold(&times, &prices, Some(&[1.0, 2.0, 3.0, 4.0, 5.0]));
        assert_eq!(folded.length, SECOND);
        assert_eq!(folded.groups, [0, 0, 0, 1, 2]);
        let candles = &folded.candles;
        let row = |at: usize| {
            [candles.open[at], candles.high[at], candles.low[at], candles.close[at], candles.volume[at]]
        };
        assert_eq!(row(0), [3.0, 5.0, 3.0, 5.0, 6.0]);
        assert_eq!(row(1), [4.0, 4.0, 4.0, 4.0, 4.0]);
        assert!(candles.close[2].is_nan());
        let mut curve =
            Curve { values: vec![Some(1.0), Some(2.0), None, Some(4.0), Some(5.0)], ..Curve::default() };
        folded.curve(&mut curve);
        assert_eq!(curve.values, [None, Some(4.0), Some(5.0)]);
    }

    /// A late row is in the candle of its time; what was computed with it was known in the candle that was open by then.
    #[test]
    fn rows_whose_times_go_back_are_folded_by_time_and_known_when_they_came() {
        let times: Vec<i64> =
            [0, 1_200, 900, 1_500, 300, 2_100, 1_999].iter().map(|it| it * 1_000_000).collect();
        let prices = [3.0, 6.0, 2.0, 7.0, 9.0, 5.0, 8.0];
        let folded = fold(&times, &prices, Some(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]));
        let candles = &folded.candles;
        assert_eq!(candles.at_ns, [0, SECOND, 2 * SECOND]);
        let row = |at: usize| {
            [candles.open[at], candles.high[at], candles.low[at], candles.close[at], candles.volume[at]]
        };
        assert_eq!(row(0), [3.0, 9.0, 2.0, 2.0, 21.0]);
        assert_eq!(row(1), [6.0, 8.0, 6.0, 8.0, 74.0]);
        assert_eq!(row(2), [5.0, 5.0, 5.0, 5.0, 32.0]);
        assert_eq!(folded.groups, [0, 1, 1, 1, 1, 2, 2]);
    }

    #[test]
    fn a_century_is_folded_into_few_candles() {
        let times: Vec<i64> = (0..40_000).map(|it| it * 86_400 * SECOND).collect();
        let folded = fold(&times, &vec![1.0; 40_000], None);
        assert!(folded.candles.len() <= FOLDED_MAX as usize + 1, "{}", folded.candles.len());
    }
}
