//! Bars of all kinds of `[bars]` over a table or an event file: how they are asked for in one word, and how trades of a table
//! become what a run builds them of. Prices and sizes of a table are floats; as long as they are decimals of at most 15 digits
//! they are counted in ticks and lots of their last digit, so that bars are cut in whole numbers, as in a run; see `total` for their
//! volumes.

use super::FeaturesError;
use super::table::{Holds, Table};
use super::total::Total;
use rust_decimal::Decimal;
use scalp_config::{FlowBarsConfig, Length, Number, TradeBarsConfig};
use scalp_features::expr::span;
use scalp_features::measure::Print;
use scalp_indicators::Nearest;
use scalp_market::{BarRule, Bars, FlowUnit};
use scalp_strategy::signal::reading::{Moments, Scale};
use scalp_types::{
    Bar, Contract, Instrument, InstrumentId, InstrumentSpec, Instruments, Price, Qty, Side, Timestamp, Trade,
    TradeId,
};
use serde::Deserialize as _;
use std::path::Path;

/// Keys of imbalance and run bars behind the unit.
const FLOW_KEYS: [&str; 5] = ["trades_first", "trades_min", "trades_max", "trades_span", "flow_span"];
/// What stands behind `imbalance=` and `run=`.
const FLOW_UNITS: [&str; 3] = ["tick", "volume", "value"];
/// Most digits of a decimal that a float tells from its neighbours.
pub(super) const DIGITS_MAX: u32 = 15;
/// Whole numbers below this are floats.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Reads the kinds of `[bars]` as they are written in one word: `5m` (or `time=5m`), `trades=1000`, `volume=50000`,
/// `value=1000000`, and `imbalance=volume,trades_first=1000,...` or `run=...` with the unit and the other keys of their tables.
/// What a number must be is told by [`TradeBarsConfig::rule`].
pub fn parse(text: &str) -> Result<TradeBarsConfig, String> {
    let mut parts = text.split(',').map(str::trim);
    let head = parts.next().unwrap_or_default();
    let (kind, value) =
        head.split_once('=').map_or(("time", head), |(kind, value)| (kind.trim(), value.trim()));
    let kinds = TradeBarsConfig::KINDS;
    if !kinds.contains(&kind) {
        let nearest = Nearest::among(kind, kinds.into_iter());
        return Err(format!("unknown kind of bars {kind:?}{nearest}; there are {}", kinds.join(", ")));
    }
    let rest: Vec<&str> = parts.collect();
    let mut bars = TradeBarsConfig::default();
    if kind == "imbalance" || kind == "run" {
        let flow = Some(flow(kind, value, &rest)?);
        *(if kind == "run" { &mut bars.run } else { &mut bars.imbalance }) = flow;
        return Ok(bars);
    }
    if let Some(part) = rest.first() {
        return Err(format!("{kind}: expected one value, got {part:?} behind it"));
    }
    let as_in = |what: String| format!("{what}, as in {}", example(kind));
    let number = || {
        let exact = Decimal::from_str_exact(value).or_else(|_| Decimal::from_scientific(value));
        exact.map(Number).map_err(|_| as_in(format!("{kind}: expected a number, got {value:?}")))
    };
    match kind {
        "trades" => bars.trades = Some(whole(kind, value).map_err(as_in)?),
        "volume" => bars.volume = Some(number()?),
        "value" => bars.value = Some(number()?),
        _ => {
            let length = span(value).map(|it| Length(scalp_types::Span::from_nanos(it)));
            let expected = || match kinds.contains(&value) {
                true => format!("{value}: expected a value behind it, as in {}", example(value)),
                false if head == value => {
                    format!(
                        "expected a length of time (1s, 5m, 1h, 1d), or one of {}=..., got {text:?}",
                        kinds.join("=..., ")
                    )
                }
                false => as_in(format!("time: expected a length of time (1s, 5m, 1h, 1d), got {value:?}")),
            };
            bars.time = Some(length.or_else(|| Length::parse(value)).ok_or_else(expected)?);
        }
    }
    Ok(bars)
}

fn whole(key: &str, value: &str) -> Result<u32, String> {
    value.parse().map_err(|_| format!("{key}: expected a whole number above zero, got {value:?}"))
}

/// Bars of a kind as they can be asked for.
fn example(kind: &str) -> &'static str {
    match kind {
        "trades" => "trades=1000",
        "volume" => "volume=500",
        "value" => "value=1e6",
        "imbalance" => {
            "imbalance=volume,trades_first=1000,trades_min=100,trades_max=10000,trades_span=50,flow_span=1000"
        }
        "run" => "run=volume,trades_first=1000,trades_min=100,trades_max=10000,trades_span=50,flow_span=1000",
        _ => "time=5m",
    }
}

/// As the table of the same name in a configuration, so that what it refuses is refused here.
fn flow(kind: &str, unit: &str, rest: &[&str]) -> Result<FlowBarsConfig, String> {
    let refuse = |what: String| format!("{kind}: {what}, as in {}", example(kind));
    let mut table = toml::Table::new();
    let unit = unit.strip_prefix("unit=").unwrap_or(unit);
    if !FLOW_UNITS.contains(&unit) {
        let nearest = Nearest::among(unit, FLOW_UNITS.into_iter());
        let units = FLOW_UNITS.join(", ");
        return Err(refuse(format!("unit: expected one of {units} behind {kind}=, got {unit:?}{nearest}")));
    }
    table.insert("unit".into(), unit.into());
    for part in rest {
        let Some((key, value)) = part.split_once('=').map(|it| (it.0.trim(), it.1.trim())) else {
            return Err(refuse(format!("expected KEY=VALUE, got {part:?}")));
        };
        if !FLOW_KEYS.contains(&key) {
            let nearest = Nearest::among(key, FLOW_KEYS.into_iter());
            return Err(format!("{kind}: unknown key {key:?}{nearest}; there are {}", FLOW_KEYS.join(", ")));
        }
        let number = whole(&format!("{kind}: {key}"), value)?;
        if table.insert(key.into(), i64::from(number).into()).is_some() {
            return Err(format!("{kind}: {key} is there twice"));
        }
    }
    let missing: Vec<&str> = FLOW_KEYS.into_iter().filter(|it| !table.contains_key(*it)).collect();
    if !missing.is_empty() {
        let keys = missing.join(", ");
        return Err(refuse(format!("{keys}: expected a whole number above zero for each key, got none")));
    }
    FlowBarsConfig::deserialize(table).map_err(|e| refuse(e.message().to_owned()))
}

/// What a size of a table is worth: a unit of base, unless it is said that sizes count contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How a price and a size become value.
    pub contract: Contract,
    /// Units of base a contract, or of the quote currency of an inverse one.
    pub multiplier: Decimal,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms { contract: Contract::Linear, multiplier: Decimal::ONE }
    }
}

impl Terms {
    /// Reads `inverse,100` or `linear,0.01`.
    pub fn parse(text: &str) -> Result<Terms, String> {
        let expected =
            || format!("expected inverse,MULTIPLIER or linear,MULTIPLIER such as inverse,100, got {text:?}");
        let (kind, multiplier) = text.split_once(',').ok_or_else(expected)?;
        let contract = match kind.trim() {
            "inverse" => Contract::Inverse,
            "linear" => Contract::Linear,
            _ => return Err(expected()),
        };
        let multiplier = Decimal::from_str_exact(multiplier.trim()).map_err(|_| expected())?;
        if multiplier <= Decimal::ZERO {
            return Err(expected());
        }
        Ok(Terms { contract, multiplier })
    }

    /// An instrument of these terms with steps of so many decimals.
    fn instrument(&self, path: &Path, [price, size]: [u32; 2]) -> Result<Instrument, FeaturesError> {
        let spec = InstrumentSpec {
            contract: self.contract,
            base: "base".into(),
            quote: "quote".into(),
            tick: Decimal::new(1, price),
            lot: Decimal::new(1, size),
            multiplier: self.multiplier,
            ..InstrumentSpec::unlimited()
        };
        let all = Instruments::new(vec![spec]).map_err(|e| FeaturesError::table(path, e.to_string()))?;
        Ok(all.get(InstrumentId(0)).clone())
    }

    /// What features make of a size.
    pub(super) fn scale(&self, path: &Path) -> Result<Scale, FeaturesError> {
        self.instrument(path, [0, 0]).map(|it| Scale::of(&it))
    }
}

/// A kind of bars over prices and sizes that are counted in steps of their last digit.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) rule: BarRule,
    /// The length of the bars, nanoseconds; of those that have none what closes them.
    pub(super) kind: (Option<i64>, String),
    /// A price of one and a size of one in ticks and lots; none where they are no decimals.
    powers: Option<[f64; 2]>,
}

impl Counted {
    /// Of prices and sizes with so many decimals; none where they are no decimals.
    pub(super) fn of(
        path: &Path,
        terms: &Terms,
        decimals: [Option<u32>; 2],
        bars: &TradeBarsConfig,
    ) -> Result<Counted, FeaturesError> {
        let asked_decimals = bars.volume.map_or(0, |it| it.0.normalize().scale());
        let decimals = match decimals {
            [Some(price), Some(size)] => Some([price, size.max(asked_decimals)]),
            _ => None,
        };
        let instrument = terms.instrument(path, decimals.unwrap_or([8, 8]))?;
        let rule = asked_rule(path, bars, &instrument)?;
        let counts = matches!(rule, BarRule::Time(_) | BarRule::Tick(_))
            || matches!(rule, BarRule::Flow(it) if it.unit == FlowUnit::Tick);
        if decimals.is_none() && !counts {
            let what = "--bars: what was traded can be counted of decimals of at most 15 digits, and a price or size is none";
            return Err(FeaturesError::table(path, what));
        }
        let powers = decimals.map(|it| it.map(|digits| (0..digits).fold(1.0, |power, _| power * 10.0)));
        Ok(Counted { rule, kind: Scale::of(&instrument).kind(rule), powers })
    }

    /// In ticks; one where they are not counted.
    pub(super) fn price(&self, price: f64) -> i64 {
        self.powers.map_or(1, |it| (price * it[0]).round() as i64)
    }

    /// In lots; one where they are not counted.
    pub(super) fn size(&self, size: f64) -> i64 {
        self.powers.map_or(1, |it| (size * it[1]).round() as i64)
    }
}

fn asked_rule(path: &Path, bars: &TradeBarsConfig, of: &Instrument) -> Result<BarRule, FeaturesError> {
    let refuse = |what: String| FeaturesError::table(path, format!("--bars: {what}"));
    let told = bars
        .rule(of)
        .map_err(|(key, what)| refuse(format!("{}: {what}", key.trim_start_matches("bars."))))?;
    told.ok_or_else(|| refuse("expected a kind of bars, got none".to_owned()))
}

/// A kind of bars over trades, of a table or of an event file.
#[derive(Debug, Clone)]
pub(super) struct Built(pub(super) Counted);

impl Built {
    /// Of a table of trades, or an event file.
    pub(super) fn of(path: &Path, table: &Table, bars: &TradeBarsConfig) -> Result<Built, FeaturesError> {
        let trades = match &table.holds {
            Holds::Trades(trades) => trades,
            Holds::Events(events) => {
                let rule = asked_rule(path, bars, events.instrument())?;
                return Ok(Built(Counted { rule, kind: events.scale().kind(rule), powers: None }));
            }
            Holds::Bars { .. } | Holds::Books { .. } => {
                let what = "--bars: they are built of trades or candles, and this table holds others";
                return Err(FeaturesError::table(path, what));
            }
        };
        let decimals =
            [decimals(trades.iter().map(|it| it.price)), decimals(trades.iter().map(|it| it.size))];
        let counted = Counted::of(path, &table.beside.terms, decimals, bars)?;
        let without = || trades.iter().position(|it| it.aggressor.is_none());
        if let (BarRule::Flow(_), Some(row)) = (counted.rule, without()) {
            let what = "--bars: imbalance and run bars need the side of each trade";
            return Err(FeaturesError::table(path, format!("{what}, and row {} has none", row + 1)));
        }
        Ok(Built(counted))
    }

    /// Bars on their way.
    pub(super) fn start(&self) -> Option<Building> {
        let bars = Bars::new(self.0.rule).ok()?;
        Some(Building { of: self.0.clone(), bars, row: None, moments: Moments::default() })
    }
}

/// The fewest decimals that all of them have; none where one is no decimal of at most 15 digits.
pub(super) fn decimals(values: impl Iterator<Item = f64> + Clone) -> Option<u32> {
    let is_whole = |value: f64, power: f64| {
        let count = (value * power).round();
        count.abs() < WHOLE_MAX && (count / power).to_bits() == value.to_bits()
    };
    let (mut digits, mut power) = (0, 1.0);
    for value in values.clone() {
        while !is_whole(value, power) {
            (digits, power) = (digits + 1, power * 10.0);
            if digits > DIGITS_MAX {
                return None;
            }
        }
    }
    // With the decimals of others it may have too many digits.
    values.into_iter().all(|it| is_whole(it, power)).then_some(digits)
}

/// A bar that has closed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closed {
    pub(super) open_at: i64,
    pub(super) known_at: i64,
    pub(super) values: [f64; 5],
}

/// Bars of the trades of a table on their way.
#[derive(Debug, Clone)]
pub(super) struct Building {
    of: Counted,
    bars: Bars,
    /// Open, high, low and close of the open bar, and its volume.
    row: Option<([f64; 4], Total)>,
    moments: Moments,
}

impl Building {
    /// When the open bar ends, where it is one of time.
    pub(super) fn due(&self) -> Option<i64> {
        self.bars.due().map(Timestamp::nanos)
    }

    /// The time has come: a bar of time that ends by then is closed.
    pub(super) fn on_time(&mut self, at: i64) -> Option<Closed> {
        let bar = self.bars.on_time(Timestamp::from_nanos(at))?;
        self.close(&bar, at)
    }

    /// A trade, and the bar that it closed and is part of. A bar of time that it lies behind is closed before.
    pub(super) fn push(&mut self, print: &Print) -> Option<Closed> {
        let trade = Trade {
            id: TradeId(0),
            price: Price::new(self.of.price(print.price)),
            qty: Qty::new(self.of.size(print.size)),
            taker: print.aggressor.unwrap_or(Side::Buy),
        };
        grow(&mut self.row, print);
        let bar = self.bars.push(&trade, Timestamp::from_nanos(print.at))?;
        self.close(&bar, print.at)
    }

    fn close(&mut self, bar: &Bar, known_at: i64) -> Option<Closed> {
        let ([open, high, low, close], volume) = self.row.take()?;
        let values = [open, high, low, close, volume.get()];
        let (open_at, known_at) = self.moments.of(bar.open_at, bar.span, Timestamp::from_nanos(known_at));
        Some(Closed { open_at, known_at, values })
    }
}

fn grow(open: &mut Option<([f64; 4], Total)>, trade: &Print) {
    let price = trade.price;
    let (row, volume) = open.get_or_insert(([price; 4], Total::default()));
    row[1] = row[1].max(price);
    row[2] = row[2].min(price);
    row[3] = price;
    volume.add(trade.size);
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::needless_range_loop,
    reason = "tests only: exact answers, rows compared across columns"
)]
mod tests;
