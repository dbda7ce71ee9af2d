//! Larger candles of the candles of a table, by the kinds of `[bars]` that a run can make of candles: of time, by trades, by
//! volume and by value.

use super::FeaturesError;
use super::built::{Counted, decimals};
use super::cells::Cells;
use super::table::{Beside, Holds, Table};
use super::total::Total;
use scalp_config::TradeBarsConfig;
use scalp_features::expr::span_text;
use scalp_market::{BarRule, Bars};
use scalp_tables::lengths::ends;
use scalp_types::{Bar, Price, Qty, Span, Timestamp};
use std::path::Path;

/// Names of a column that counts the trades of a candle.
const COUNT_NAMES: [&str; 5] = ["trades", "count", "trade_count", "number_of_trades", "num_trades"];

/// A candle that is made of others.
struct Whole {
    open_at: i64,
    close_at: i64,
    known_at: i64,
    values: [f64; 5],
    volume: Total,
}

impl Table {
    /// The same candles as larger ones. A further column has no place in them, as whether it adds up is not known. What stands
    /// beside the candles stays.
    pub fn larger(&self, path: &Path, bars: &TradeBarsConfig) -> Result<Table, FeaturesError> {
        let refuse = |what: String| FeaturesError::table(path, what);
        let Holds::Bars { columns, close_at, extra, span, no_volume } = &self.holds else {
            return Ok(self.clone());
        };
        let finite = |at: usize| columns[at].iter().copied().filter(|it| it.is_finite());
        let prices = (0..4).try_fold(0, |most: u32, at| Some(most.max(decimals(finite(at))?)));
        let counted = Counted::of(path, &self.beside.terms, [prices, decimals(finite(4))], bars)?;
        let rule = counted.rule;
        let length = match rule {
            BarRule::Flow(_) => {
                return Err(refuse(
                    "--bars: imbalance and run bars need trades: candles do not tell the side of each".into(),
                ));
            }
            BarRule::Volume(_) | BarRule::Value(_) if *no_volume => {
                return Err(refuse("--bars: the candles have no volume to count".into()));
            }
            BarRule::Time(_) if span.is_none() => {
                return Err(refuse("--bars: candles of no one length do not make longer ones".into()));
            }
            BarRule::Time(whole) => Some(whole.nanos()),
            _ => None,
        };
        if let (Some(whole), Some(part)) = (length, *span)
            && whole % part == 0
            && let Some(at) = self.times.iter().find(|it| it.rem_euclid(part) != 0)
        {
            let time = Timestamp::from_nanos(*at);
            let why = not_at_multiples(part, whole, time);
            return Err(refuse(format!(
                "{why}; @{} behind an item takes each by where it begins",
                span_text(whole)
            )));
        }
        let count = COUNT_NAMES
            .iter()
            .find_map(|name| extra.iter().position(|it| it == name))
            .map(|at| &columns[5 + at]);
        let mut bars = Bars::new(rule).map_err(|e| refuse(e.to_string()))?;
        let mut last = 0;
        let (mut open, mut made): (Option<Whole>, Vec<Whole>) = (None, Vec::new());
        for row in 0..self.times.len() {
            let values: [f64; 5] = std::array::from_fn(|at| columns[at][row]);
            // What it lacks plays no part in where bars are cut: there the last close stands for it.
            if values[3].is_finite() {
                last = counted.price(values[3]);
            }
            let price =
                |at: usize| Price::new(if values[at].is_finite() { counted.price(values[at]) } else { last });
            let trades = count.map_or(0.0, |it| it[row]);
            let part = Bar {
                open_at: Timestamp::from_nanos(self.times[row]),
                span: Span::from_nanos(span.unwrap_or(0)),
                open: price(0),
                high: price(1),
                low: price(2),
                close: price(3),
                volume: Qty::new(if values[4].is_finite() { counted.size(values[4]) } else { 0 }),
                taker_buy: Qty::ZERO,
                trades: if trades.is_finite() { trades as u32 } else { 0 },
            };
            let [first, second] = bars.push_bar(&part).map_err(|e| refuse(format!("--bars: {e}")))?;
            // One of time that this candle lies behind is whole without it, but that nothing else of it would come was known with this
            // one; any other that closes holds it.
            let start =
                |at: i64| length.map(|it| Timestamp::from_nanos(at).candle_start(Span::from_nanos(it)));
            let lies_behind = open.as_ref().is_some_and(|it| start(it.open_at) != start(self.times[row]));
            let known_at = self.beside.known.as_ref().map_or(close_at[row], |it| it[row]);
            if lies_behind && let Some(bar) = first {
                let known = |it: Whole| Whole { known_at: it.known_at.max(known_at), ..it };
                made.extend(open.take().map(|it| known(it).closed(&bar)));
            }
            grow(&mut open, self.times[row], [close_at[row], known_at], &values);
            let closed = if lies_behind { second } else { first.or(second) };
            if let Some(bar) = closed {
                made.extend(open.take().map(|it| it.closed(&bar)));
            }
        }
        if made.is_empty() {
            return Err(refuse("--bars: no bar of this size closes in it".into()));
        }
        let mut beside = self.beside.clone();
        for name in extra {
            let what = format!(
                "whether {name} adds up over larger candles is not known: compute it on those of the file"
            );
            beside.unreadable.insert(name.clone(), what);
        }
        beside.bar_kind = counted.kind.1;
        Ok(Table { time_name: self.time_name.clone(), ..of_whole(&made, length, *no_volume, beside) })
    }
}

fn of_whole(made: &[Whole], length: Option<i64>, no_volume: bool, mut beside: Beside) -> Table {
    let times: Vec<i64> = made.iter().map(|it| it.open_at).collect();
    // One that may be longer ends where it does, also in a bar of time that would end before.
    let whole = length.map(|length| ends(&times, Some(length)));
    let close_at = |at: usize| whole.as_ref().map_or(made[at].close_at, |it| it[at].max(made[at].close_at));
    let close_at: Vec<i64> = (0..made.len()).map(close_at).collect();
    let known: Vec<i64> = made.iter().zip(&close_at).map(|(it, end)| it.known_at.max(*end)).collect();
    beside.known = (beside.known.is_some() || known != close_at).then_some(known);
    let columns = (0..5).map(|at| made.iter().map(|it| it.values[at]).collect()).collect();
    let holds = Holds::Bars { columns, close_at, extra: Vec::new(), span: length, no_volume };
    let written = Cells::Whole(times.clone());
    Table { times, written, time_name: "time".into(), holds, beside }
}

fn grow(open: &mut Option<Whole>, open_at: i64, [close_at, known_at]: [i64; 2], part: &[f64; 5]) {
    let Some(it) = open else {
        let mut volume = Total::default();
        volume.add(part[4]);
        *open = Some(Whole { open_at, close_at, known_at, values: *part, volume });
        return;
    };
    it.close_at = close_at;
    it.known_at = it.known_at.max(known_at);
    it.volume.add(part[4]);
    let [open, high, low, ..] = it.values;
    let all = [open, high.max(part[1]), low.min(part[2]), part[3], it.volume.get()];
    for (at, value) in all.into_iter().enumerate() {
        // A column that a part lacks is absent.
        let is_there = it.values[at].is_finite() && part[at].is_finite();
        it.values[at] = if is_there { value } else { f64::NAN };
    }
}

impl Whole {
    fn closed(mut self, bar: &Bar) -> Whole {
        self.open_at = bar.open_at.nanos();
        self
    }
}

/// Why bars of a length cannot be made of candles, one of which begins at this time.
pub(super) fn not_at_multiples(part: i64, whole: i64, begins_at: Timestamp) -> String {
    let (part, whole) = (span_text(part), span_text(whole));
    format!(
        "--bars: its candles of {part} do not begin at multiples of their length (one begins at {begins_at}), so that none ends where \
         one of {whole} does"
    )
}
