//! What the synthetic market is made of: every parameter, its unit, its default, and what values it may have. The
//! defaults resemble a Bitcoin perpetual.

use super::flow::Flow;
use rust_decimal::Decimal;
use scalp_types::instrument::{InstrumentError, MarginTierSpec};
use scalp_types::rng::Stream;
use scalp_types::{Contract, InstrumentSpec, Instruments, Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Most instruments of one synthetic market.
pub const INSTRUMENTS_MAX: usize = 64;
/// Most levels on each side of a synthetic book.
pub const LEVELS_MAX: u32 = 1_000;
/// Highest price at the start, in ticks: far from where an `f64` no longer counts them one by one.
pub const TICKS_MAX: u64 = 1_000_000_000_000;
/// Longest synthetic market, in hours: ten years.
pub const HOURS_MAX: f64 = 87_660.0;

/// The whole market. The same values and seed give the same events, byte for byte.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyntheticConfig {
    /// Seeds every random stream.
    pub seed: u64,
    /// When the market opens, ns since the epoch. Default 2025-01-01T00:00:00Z.
    pub start: Timestamp,
    /// How long it stays open, hours. Default 6.
    pub hours: f64,
    /// The instruments; the first one's id is 0. Default: one Bitcoin perpetual.
    pub instruments: Vec<InstrumentConfig>,
    /// How volatility wanders.
    pub volatility: VolatilityConfig,
    /// Calm, trend, volatile, crisis.
    pub regimes: RegimesConfig,
    /// Sudden moves, any instrument, up or down.
    pub jumps: JumpsConfig,
    /// How volatility and activity depend on the hour.
    pub intraday: Intraday,
    /// Market orders, limit orders, cancels.
    pub flow: FlowConfig,
    /// The makers and their books.
    pub book: MakersConfig,
    /// The road from the exchange to us.
    pub feed: FeedConfig,
    /// Crashes on request.
    pub crashes: Vec<CrashConfig>,
}

impl Default for SyntheticConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            start: Timestamp::from_nanos(1_735_689_600_000_000_000),
            hours: 6.0,
            instruments: vec![InstrumentConfig::default()],
            volatility: VolatilityConfig::default(),
            regimes: RegimesConfig::default(),
            jumps: JumpsConfig::default(),
            intraday: Intraday::Flat,
            flow: FlowConfig::default(),
            book: MakersConfig::default(),
            feed: FeedConfig::default(),
            crashes: Vec::new(),
        }
    }
}

/// One perpetual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstrumentConfig {
    /// The symbol, e.g. `BTCUSDT`.
    pub symbol: String,
    /// What is traded.
    pub base: String,
    /// What the price is counted in.
    pub quote: String,
    /// Price at the start, in quote coins.
    pub price: Decimal,
    /// Smallest price step.
    pub tick: Decimal,
    /// Smallest size step, in base coins.
    pub lot: Decimal,
    /// Volatility over a year in the calm average of all regimes, as a fraction. Default 0.5.
    pub volatility: f64,
    /// Correlation with the market's common factor, 0 to 1: two instruments correlate by the product. Default 0.9.
    pub correlation: f64,
    /// Multiplies the rates of [`FlowConfig`].
    pub activity: f64,
    /// Mean size of a market order, in base coins.
    pub order_size: f64,
    /// Mean size displayed at one price, in base coins.
    pub level_size: f64,
    /// Spread in quiet times, as a fraction of the price (at least one tick).
    pub spread: f64,
}

impl Default for InstrumentConfig {
    fn default() -> Self {
        Self {
            symbol: "BTCUSDT".into(),
            base: "BTC".into(),
            quote: "USDT".into(),
            price: Decimal::new(60_000, 0),
            tick: Decimal::new(1, 1),
            lot: Decimal::new(1, 3),
            volatility: 0.5,
            correlation: 0.9,
            activity: 1.0,
            order_size: 0.15,
            level_size: 0.6,
            spread: 0.000_004,
        }
    }
}

/// The logarithm of volatility is the sum of two mean-reverting walks (Ornstein-Uhlenbeck), one of minutes and one
/// of hours: absolute returns stay correlated from the first to the second scale, and returns get fat tails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VolatilityConfig {
    /// Time in which the fast walk forgets, minutes.
    pub fast_minutes: f64,
    /// Standard deviation of the fast walk; 0 switches it off.
    pub fast: f64,
    /// Time in which the slow walk forgets, minutes.
    pub slow_minutes: f64,
    /// Standard deviation of the slow walk; 0 switches it off.
    pub slow: f64,
}

impl Default for VolatilityConfig {
    fn default() -> Self {
        Self { fast_minutes: 8.0, fast: 0.4, slow_minutes: 300.0, slow: 0.4 }
    }
}

/// Regimes: a Markov chain in continuous time, one for the whole market.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegimesConfig {
    /// Off: always calm.
    pub switching: bool,
    /// Quiet, no direction.
    pub calm: RegimeConfig,
    /// A drift up or down, drawn anew each time.
    pub trend: RegimeConfig,
    /// Restless, no direction.
    pub volatile: RegimeConfig,
    /// Rare: everything at once, thin books, falling prices.
    pub crisis: RegimeConfig,
}

impl Default for RegimesConfig {
    fn default() -> Self {
        let regime = |mean_minutes, weight, volatility, activity, spread, depth, drift| RegimeConfig {
            mean_minutes,
            weight,
            volatility,
            activity,
            spread,
            depth,
            drift,
        };
        Self {
            switching: true,
            calm: regime(150.0, 0.45, 0.75, 0.8, 1.0, 1.0, 0.0),
            trend: regime(80.0, 0.3, 0.95, 1.1, 1.0, 0.9, 0.0045),
            volatile: regime(45.0, 0.22, 1.6, 1.7, 1.8, 0.6, 0.0),
            crisis: regime(12.0, 0.03, 3.2, 3.0, 5.0, 0.25, -0.01),
        }
    }
}

/// What one regime does to the market. Factors multiply the instrument's own values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegimeConfig {
    /// Mean stay, minutes.
    pub mean_minutes: f64,
    /// How likely it comes next, against the weights of the others.
    pub weight: f64,
    /// Factor on volatility.
    pub volatility: f64,
    /// Factor on the rates of orders.
    pub activity: f64,
    /// Factor on the spread.
    pub spread: f64,
    /// Factor on displayed sizes.
    pub depth: f64,
    /// Drift of the price over an hour, as a fraction. In a trend it goes either way, elsewhere as signed.
    pub drift: f64,
}

/// Sudden moves of one instrument: a Poisson process; sizes are normal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JumpsConfig {
    /// How many a day on average.
    pub per_day: f64,
    /// Standard deviation of one, as a fraction of the price.
    pub size: f64,
}

impl Default for JumpsConfig {
    fn default() -> Self {
        Self { per_day: 8.0, size: 0.002 }
    }
}

/// How volatility and activity depend on the hour of the UTC day. The mean over a day is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intraday {
    /// Not at all.
    #[default]
    Flat,
    /// High around midnight, low at noon: 1 + 0.5 cos(day).
    UShaped,
}

/// Mutually exciting order flow (a multivariate Hawkes process with one exponential kernel): market buys and sells,
/// limit orders and cancels on each side. A branching number says how many events of one kind an event causes on
/// average, of both sides together where not said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowConfig {
    /// Market orders a second, both sides, on average in a market of activity one.
    pub trades: f64,
    /// Limit orders a second.
    pub limits: f64,
    /// Cancels a second.
    pub cancels: f64,
    /// How fast an event's influence fades: it falls to 1/e in this many milliseconds.
    pub memory_ms: f64,
    /// Market orders caused by a market order.
    pub trade_by_trade: f64,
    /// The part of those on the same side, 0 to 1.
    pub same_side: f64,
    /// Limit orders caused by a market order, on the side that it took from.
    pub limit_by_trade: f64,
    /// Cancels caused by a market order, on the side that it took from.
    pub cancel_by_trade: f64,
    /// Limit orders caused by a limit order or cancel of the same side.
    pub limit_by_book: f64,
    /// Cancels caused by a limit order or cancel of the same side.
    pub cancel_by_book: f64,
    /// How much takers know: when the price is due to move by one spread or more, orders the right way come
    /// `1 + informed` times as often, the others `1 - informed` times. 0 to 1.
    pub informed: f64,
    /// How far a market order of mean size that comes unexpected moves the price for good, as a fraction.
    pub impact: f64,
    /// Tail index of the sizes of market orders (Pareto): smaller is fatter. Above 1.
    pub size_tail: f64,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self {
            trades: 3.0,
            limits: 8.0,
            cancels: 7.0,
            memory_ms: 400.0,
            trade_by_trade: 0.6,
            same_side: 0.8,
            limit_by_trade: 0.5,
            cancel_by_trade: 0.4,
            limit_by_book: 0.2,
            cancel_by_book: 0.2,
            informed: 0.5,
            impact: 0.000_01,
            size_tail: 1.8,
        }
    }
}

/// The makers: they renew their quotes around the price in a steady beat, and so carry the book along.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MakersConfig {
    /// The beat, milliseconds: the price moves with it, and so do the quotes.
    pub beat_ms: u32,
    /// Levels on each side, one tick apart.
    pub levels: u32,
    /// A whole book is sent this often, seconds; 0 sends only the first.
    pub snapshot_seconds: u32,
    /// Send the best bid and ask whenever they change.
    pub quotes: bool,
    /// Mark and index price are sent this often, milliseconds; 0 never.
    pub mark_ms: u32,
    /// Hours between funding payments, on the clock of UTC; 0 never.
    pub funding_hours: u32,
}

impl Default for MakersConfig {
    fn default() -> Self {
        Self {
            beat_ms: 200,
            levels: 60,
            snapshot_seconds: 300,
            quotes: false,
            mark_ms: 1_000,
            funding_hours: 8,
        }
    }
}

/// The road from the exchange to us: a delay drawn from a log-normal distribution; order is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedConfig {
    /// Median delay, microseconds.
    pub median_us: f64,
    /// Standard deviation of its logarithm.
    pub spread: f64,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self { median_us: 3_000.0, spread: 0.4 }
    }
}

/// A crash: every instrument falls, and comes back in part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrashConfig {
    /// When it begins, minutes after the start.
    pub at_minutes: f64,
    /// How deep it falls, as a fraction: 0.1 is 10 %.
    pub depth: f64,
    /// How long it falls, seconds.
    pub fall_seconds: f64,
    /// Time in which the distance to the price it comes back to falls to 1/e, seconds.
    pub recovery_seconds: f64,
    /// How much of the fall comes back, 0 to 1.
    pub recovered: f64,
}

/// A value that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SyntheticError {
    /// A number is out of its range.
    #[error("synthetic market: {field} is {value}, expected {expected}")]
    Field {
        /// Which, as a path in the configuration.
        field: String,
        /// What was given.
        value: String,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// The order flow would grow without end, or would need a negative rate.
    #[error("synthetic market: flow: {0}")]
    Flow(&'static str),
    /// An instrument contradicts itself or another.
    #[error("synthetic market: {0}")]
    Instrument(#[from] InstrumentError),
}

impl SyntheticConfig {
    /// When the market closes.
    pub fn end(&self) -> Timestamp {
        self.start.saturating_add(Span::from_nanos((self.hours * 3.6e12) as i64))
    }

    /// The declarations of its instruments, in order of their ids: linear perpetuals with the terms of a large venue.
    pub fn instrument_specs(&self) -> Vec<InstrumentSpec> {
        let tier = |floor: i64, maintenance: (i64, u32), leverage_max| MarginTierSpec {
            notional_floor: Decimal::new(floor, 0),
            maintenance: Decimal::new(maintenance.0, maintenance.1),
            leverage_max,
        };
        let funding_hours = (self.book.funding_hours > 0).then_some(self.book.funding_hours);
        let spec = |it: &InstrumentConfig| InstrumentSpec {
            venue: "synthetic".into(),
            symbol: it.symbol.clone(),
            contract: Contract::Linear,
            base: it.base.clone(),
            quote: it.quote.clone(),
            tick: it.tick,
            lot: it.lot,
            multiplier: Decimal::ONE,
            price_min: Some(it.tick),
            price_max: None,
            qty_min: Some(it.lot),
            qty_max: None,
            market_qty_max: None,
            notional_min: Some(Decimal::new(5, 0)),
            percent_up: Some(Decimal::new(115, 2)),
            percent_down: Some(Decimal::new(85, 2)),
            open_orders_max: Some(200),
            margin_tiers: vec![
                tier(0, (4, 3), 125),
                tier(300_000, (5, 3), 100),
                tier(800_000, (65, 4), 75),
                tier(3_000_000, (1, 2), 50),
                tier(12_000_000, (2, 2), 25),
                tier(70_000_000, (25, 3), 20),
                tier(100_000_000, (5, 2), 10),
            ],
            liquidation_fee: Decimal::new(125, 4),
            funding_hours,
            expiry: None,
        };
        self.instruments.iter().map(spec).collect()
    }

    /// Says which value cannot be, if one cannot.
    pub fn check(&self) -> Result<(), SyntheticError> {
        let bad = |field: &str, value: &dyn std::fmt::Display, expected| {
            Err(SyntheticError::Field { field: field.into(), value: value.to_string(), expected })
        };
        if self.instruments.is_empty() || self.instruments.len() > INSTRUMENTS_MAX {
            return bad("instruments", &self.instruments.len(), "1 to 64 of them");
        }
        if self.start.nanos() < 0 || self.start.date().0 > 2200 {
            return bad("start", &self.start, "a time between 1970 and 2200");
        }
        if self.book.beat_ms == 0 || self.book.beat_ms > 60_000 {
            return bad("book.beat_ms", &self.book.beat_ms, "1 to 60000");
        }
        if !(5..=LEVELS_MAX).contains(&self.book.levels) {
            return bad("book.levels", &self.book.levels, "5 to 1000");
        }
        if self.book.funding_hours > 24 {
            return bad("book.funding_hours", &self.book.funding_hours, "0 to 24");
        }
        for (field, value, low, high, expected) in self.ranges() {
            // A value that is no number is in no range.
            if !(low..=high).contains(&value) {
                return bad(&field, &value, expected);
            }
        }
        for (n, it) in self.instruments.iter().enumerate() {
            for (name, value) in [("price", it.price), ("tick", it.tick), ("lot", it.lot)] {
                if value <= Decimal::ZERO {
                    return bad(&format!("instruments[{n}].{name}"), &value, "a positive decimal");
                }
            }
            let ticks = it.price.checked_div(it.tick).unwrap_or(Decimal::MAX);
            if !(Decimal::from(4 * LEVELS_MAX)..=Decimal::from(TICKS_MAX)).contains(&ticks) {
                return bad(&format!("instruments[{n}].price"), &it.price, "4000 to 10^12 ticks");
            }
            // The flow says itself what cannot be; nothing is drawn here.
            Flow::new(&self.flow, it.activity, Stream::named(self.seed, "synthetic.check"))?;
        }
        Instruments::new(self.instrument_specs())?;
        Ok(())
    }

    /// Every float with its path and range.
    fn ranges(&self) -> Vec<(String, f64, f64, f64, &'static str)> {
        const DAY: f64 = 1_440.0;
        let mut all: Vec<(String, f64, f64, f64, &'static str)> = Vec::new();
        let mut add = |path: String, value, low, high, expected| all.push((path, value, low, high, expected));
        add("hours".into(), self.hours, 1e-6, HOURS_MAX, "more than 0, up to 87660");
        let v = &self.volatility;
        add("volatility.fast_minutes".into(), v.fast_minutes, 0.01, 100.0 * DAY, "0.01 to 144000");
        add("volatility.slow_minutes".into(), v.slow_minutes, 0.01, 100.0 * DAY, "0.01 to 144000");
        add("volatility.fast".into(), v.fast, 0.0, 1.0, "0 to 1");
        add("volatility.slow".into(), v.slow, 0.0, 1.0, "0 to 1");
        add("jumps.per_day".into(), self.jumps.per_day, 0.0, 10_000.0, "0 to 10000");
        add("jumps.size".into(), self.jumps.size, 0.0, 0.1, "0 to 0.1");
        add("feed.median_us".into(), self.feed.median_us, 0.0, 1e7, "0 to 10000000");
        add("feed.spread".into(), self.feed.spread, 0.0, 3.0, "0 to 3");
        let f = &self.flow;
        for (name, value) in [("trades", f.trades), ("limits", f.limits), ("cancels", f.cancels)] {
            add(format!("flow.{name}"), value, 0.0, 10_000.0, "0 to 10000 a second");
        }
        add("flow.memory_ms".into(), f.memory_ms, 0.1, 1e7, "0.1 to 10000000");
        add("flow.impact".into(), f.impact, 0.0, 0.01, "0 to 0.01");
        add("flow.size_tail".into(), f.size_tail, 1.05, 100.0, "1.05 to 100");
        for (name, value) in [
            ("trade_by_trade", f.trade_by_trade),
            ("same_side", f.same_side),
            ("limit_by_trade", f.limit_by_trade),
            ("cancel_by_trade", f.cancel_by_trade),
            ("limit_by_book", f.limit_by_book),
            ("cancel_by_book", f.cancel_by_book),
            ("informed", f.informed),
        ] {
            add(format!("flow.{name}"), value, 0.0, 1.0, "0 to 1");
        }
        let r = &self.regimes;
        for (name, it) in
            [("calm", &r.calm), ("trend", &r.trend), ("volatile", &r.volatile), ("crisis", &r.crisis)]
        {
            add(format!("regimes.{name}.mean_minutes"), it.mean_minutes, 0.01, 1e6, "0.01 to 1000000");
            add(format!("regimes.{name}.weight"), it.weight, 0.0, 1e6, "0 or more");
            add(format!("regimes.{name}.volatility"), it.volatility, 0.0, 20.0, "0 to 20");
            add(format!("regimes.{name}.activity"), it.activity, 0.0, 20.0, "0 to 20");
            add(format!("regimes.{name}.spread"), it.spread, 0.01, 100.0, "0.01 to 100");
            add(format!("regimes.{name}.depth"), it.depth, 0.01, 100.0, "0.01 to 100");
            add(format!("regimes.{name}.drift"), it.drift, -0.5, 0.5, "-0.5 to 0.5 an hour");
        }
        for (n, it) in self.instruments.iter().enumerate() {
            add(format!("instruments[{n}].volatility"), it.volatility, 0.0, 10.0, "0 to 10 a year");
            add(format!("instruments[{n}].correlation"), it.correlation, 0.0, 1.0, "0 to 1");
            add(format!("instruments[{n}].activity"), it.activity, 0.0, 1_000.0, "0 to 1000");
            add(format!("instruments[{n}].order_size"), it.order_size, 1e-12, 1e12, "more than 0");
            add(format!("instruments[{n}].level_size"), it.level_size, 1e-12, 1e12, "more than 0");
            add(format!("instruments[{n}].spread"), it.spread, 0.0, 0.05, "0 to 0.05");
        }
        for (n, it) in self.crashes.iter().enumerate() {
            add(format!("crashes[{n}].at_minutes"), it.at_minutes, 0.0, HOURS_MAX * 60.0, "0 or more");
            add(format!("crashes[{n}].depth"), it.depth, 0.0, 0.9, "0 to 0.9");
            add(format!("crashes[{n}].fall_seconds"), it.fall_seconds, 0.1, 1e6, "0.1 to 1000000");
            add(format!("crashes[{n}].recovery_seconds"), it.recovery_seconds, 0.1, 1e6, "0.1 to 1000000");
            add(format!("crashes[{n}].recovered"), it.recovered, 0.0, 1.0, "0 to 1");
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_accepted_and_declare_real_instruments() {
        let config = SyntheticConfig::default();
        config.check().unwrap();
        let table = scalp_types::Instruments::new(config.instrument_specs()).unwrap();
        assert_eq!(table.len(), 1);
    }

    #[test]
    fn a_value_out_of_range_is_named_by_its_path() {
        let field = |change: fn(&mut SyntheticConfig)| {
            let mut config = SyntheticConfig::default();
            change(&mut config);
            match config.check().unwrap_err() {
                SyntheticError::Field { field, .. } => field,
                other => unreachable!("{other}: no flow and no name was changed"),
            }
        };
        assert_eq!(field(|it| it.hours = f64::NAN), "hours");
        assert_eq!(field(|it| it.instruments[0].spread = -0.1), "instruments[0].spread");
        assert_eq!(field(|it| it.instruments[0].tick = Decimal::ZERO), "instruments[0].tick");
        assert_eq!(field(|it| it.instruments[0].price = Decimal::ONE), "instruments[0].price");
        assert_eq!(field(|it| it.instruments[0].tick = Decimal::MAX), "instruments[0].price");
        assert_eq!(field(|it| it.instruments[0].price = Decimal::MAX), "instruments[0].price");
        assert_eq!(field(|it| it.instruments.clear()), "instruments");
        assert_eq!(field(|it| it.regimes.crisis.depth = f64::INFINITY), "regimes.crisis.depth");
        assert_eq!(field(|it| it.book.beat_ms = 0), "book.beat_ms");
        assert_eq!(field(|it| it.start = Timestamp::MIN), "start");
    }
    #[test]
    fn what_only_flow_or_table_would_refuse_is_refused_by_the_check() {
        let refused = |change: fn(&mut SyntheticConfig)| {
            let mut config = SyntheticConfig::default();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        assert!(refused(|it| it.flow.trade_by_trade = 1.0).contains("grows without end"));
        let twice = |it: &mut SyntheticConfig| it.instruments.push(it.instruments[0].clone());
        assert!(refused(twice).ends_with("instrument synthetic:BTCUSDT is defined twice"));
    }
}
