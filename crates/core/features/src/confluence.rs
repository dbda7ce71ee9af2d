//! What technical analysis says of one instrument on several timeframes at once: trend, momentum, volatility, volume and
//! patterns on each, and how far they agree. Finished bars in, numbers from -1 to 1 out; no clock.
//!
//! Bars of the base timeframe come in; larger ones are built from them ([`scalp_market::Bars`]), and only finished ones
//! count: at a base bar that ends within a larger interval, the larger timeframe still says what it said at its last close.
//! So nothing here knows the future, and a backtest sees what the live engine sees.
//!
//! # The groups
//!
//! Each is a number from -1 (down) to 1 (up), from indicators of `scalp-indicators` with these parameters:
//!
//! | group | is |
//! |---|---|
//! | trend | the mean of `(EMA(20) - EMA(50)) / (2 ATR(14))` within -1 and 1, and `(+DI - -DI) / (+DI + -DI)` over 14 |
//! | momentum | the mean of `(RSI(14) - 50) / 50`, and `MACD histogram(12,26,9) / (0.5 ATR(14))` within -1 and 1 |
//! | volatility | `ATR(14) / ATR(100) - 1`, at most 1: above 0 when ranges grow; no direction, no part in the strength |
//! | volume | `CMF(20)`; 0 when nothing was traded |
//! | patterns | the mean of two: [`CANDLES`] added within -1 and 1, and the strongest confirmed of [`CHART`] |
//!
//! All are ratios, so prices are read in ticks and volumes in lots without loss. In a market that has not moved in the window
//! (an average true range of 0) every group is 0.
//!
//! The strength of a timeframe is the mean of trend, momentum, volume and patterns. The score is
//! `sum(strength * weight) / sum(weight)` over the timeframes; nothing is said before all of them are warm. The weights and
//! scales are conventions, not estimates: how much they are worth is a question for a backtest.
//!
//! A timeframe is warm after [`WARM_UP_BARS`] of its own bars. The groups are computed one after the other: the core is
//! one thread, and three timeframes together take less than a microsecond a bar.

use scalp_indicators::patterns::{self, Kind, Patterns, Rules, State};
use scalp_indicators::{Schema, Set};
use scalp_market::{BarRule, Bars, Undivided};
use scalp_types::{Bar, Side, Span, Timestamp};

/// The most timeframes that are followed at once.
pub const TIMEFRAMES_MAX: usize = 8;

/// How many bars of its own a timeframe needs: the first of `ATR(100)` is that of its 101st bar.
pub const WARM_UP_BARS: usize = 101;

/// The candlestick patterns that are asked.
pub const CANDLES: [&str; 9] = [
    "CDLENGULFING",
    "CDLHAMMER",
    "CDLSHOOTINGSTAR",
    "CDLPIERCING",
    "CDLDARKCLOUDCOVER",
    "CDLMORNINGSTAR",
    "CDLEVENINGSTAR",
    "CDL3WHITESOLDIERS",
    "CDL3BLACKCROWS",
];

/// The indicators that are asked, in the order of [`Values`].
const INDICATORS: &str = "EMA(20), EMA(50), ATR(14), ATR(100), PLUS_DI(14), MINUS_DI(14), RSI(14), \
    MACD(12,26,9).macdhist, CMF(20)";

/// The chart patterns that are asked: all but harmonic patterns and wave counts.
pub const CHART: &[Kind] = Kind::ALL.split_at(16).0;

/// One timeframe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeframe {
    /// How long its bars are: a multiple of the base.
    pub span: Span,
    /// How much it counts, 1e-6 to 1e6.
    pub weight: f64,
}

/// Which timeframes, and when they agree enough.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfluenceConfig {
    /// How long the bars are that come in.
    pub base: Span,
    /// The timeframes, none of them twice; the base itself only if it is named.
    pub timeframes: Vec<Timeframe>,
    /// The score from which on there is a side, 0 to 1.
    pub threshold: f64,
}

/// What is wrong with a configuration or a bar. Each names the key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfluenceError {
    /// The base is not a length of time.
    #[error("base must be above 0, got {0:?}")]
    Base(Span),
    /// No timeframes, or too many.
    #[error("timeframes must be 1 to {TIMEFRAMES_MAX}, got {0}")]
    Count(usize),
    /// A timeframe is not a whole number of base bars.
    #[error("timeframes[{place}].span of {} s is not a multiple of the base of {} s", .span.as_secs_f64(), .base.as_secs_f64())]
    NotAMultiple {
        /// Its place in the list.
        place: usize,
        /// Its span.
        span: Span,
        /// The base.
        base: Span,
    },
    /// A timeframe is named twice.
    #[error("timeframes[{place}].span of {} s is named twice", .span.as_secs_f64())]
    Repeated {
        /// The place of the second.
        place: usize,
        /// Its span.
        span: Span,
    },
    /// A weight is out of range.
    #[error("timeframes[{place}].weight must be a number from 1e-6 to 1e6, got {weight}")]
    Weight {
        /// Its place in the list.
        place: usize,
        /// As given.
        weight: f64,
    },
    /// The threshold is not within 0 and 1.
    #[error("threshold must be a number from 0 to 1, got {0}")]
    Threshold(f64),
    /// An indicator could not be built, or has counted as many bars as it can (100,000,000; reset then).
    #[error(transparent)]
    Indicator(#[from] scalp_indicators::Error),
    /// A bar does not lie whole in one of a timeframe.
    #[error(transparent)]
    Undivided(#[from] Undivided),
    /// A bar is not of the base timeframe.
    #[error("a bar of {} s came, the base is {} s", .given.as_secs_f64(), .base.as_secs_f64())]
    Span {
        /// Its span.
        given: Span,
        /// The base.
        base: Span,
    },
    /// A bar does not begin at a multiple of the base since 1970.
    #[error("the bar that opens at {} ns does not begin at a multiple of the base", .0.nanos())]
    OffGrid(Timestamp),
    /// A bar is not later than the one before it.
    #[error("the bar that opens at {} ns is not later than the one before it", .0.nanos())]
    Late(Timestamp),
    /// A bar whose prices cannot be.
    #[error("the bar that opens at {} ns cannot be: {why}", .at.nanos())]
    Absurd {
        /// Its open.
        at: Timestamp,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The groups on one timeframe, as of the close of its last finished bar; each -1 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupSignals {
    /// Where it goes.
    pub trend: f64,
    /// How it gains or loses.
    pub momentum: f64,
    /// Whether ranges grow; no direction.
    pub volatility: f64,
    /// On which side the volume is.
    pub volume: f64,
    /// What patterns point to.
    pub patterns: f64,
    /// When the bar closed that they were read from.
    pub closed_at: Timestamp,
}

impl GroupSignals {
    /// The mean of the groups that have a direction.
    #[must_use]
    pub fn strength(&self) -> f64 {
        (self.trend + self.momentum + self.volume + self.patterns) / 4.0
    }
}

/// All timeframes together: each group as its mean by weight, and how far they agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TaSignals {
    /// As of the close of this base bar.
    pub at: Timestamp,
    /// Where it goes.
    pub trend: f64,
    /// How it gains or loses.
    pub momentum: f64,
    /// Whether ranges grow.
    pub volatility: f64,
    /// On which side the volume is.
    pub volume: f64,
    /// What patterns point to.
    pub patterns: f64,
    /// The sum of strength times weight, by the sum of the weights.
    pub confluence_score: f64,
    /// Whether the strengths of all timeframes have one sign.
    pub aligned: bool,
    /// The side, where the score reaches the threshold.
    pub side: Option<Side>,
}

/// Follows one instrument. No warm bar allocates.
#[derive(Clone, Debug)]
pub struct Confluence {
    config: ConfluenceConfig,
    frames: Vec<Frame>,
    last: Option<Timestamp>,
}

impl Confluence {
    /// For the timeframes of `config`, or what is wrong with it.
    pub fn new(config: ConfluenceConfig) -> Result<Confluence, ConfluenceError> {
        let base = config.base;
        if base <= Span::ZERO {
            return Err(ConfluenceError::Base(base));
        }
        let count = config.timeframes.len();
        if count == 0 || count > TIMEFRAMES_MAX {
            return Err(ConfluenceError::Count(count));
        }
        if !(0.0..=1.0).contains(&config.threshold) {
            return Err(ConfluenceError::Threshold(config.threshold));
        }
        let mut frames = Vec::with_capacity(count);
        for (place, it) in config.timeframes.iter().enumerate() {
            if it.span <= Span::ZERO || it.span.nanos() % base.nanos() != 0 {
                return Err(ConfluenceError::NotAMultiple { place, span: it.span, base });
            }
            if config.timeframes[..place].iter().any(|before| before.span == it.span) {
                return Err(ConfluenceError::Repeated { place, span: it.span });
            }
            if !(1e-6..=1e6).contains(&it.weight) {
                return Err(ConfluenceError::Weight { place, weight: it.weight });
            }
            frames.push(Frame::new(it.span)?);
        }
        Ok(Confluence { config, frames, last: None })
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> &ConfluenceConfig {
        &self.config
    }

    /// What the timeframe at `place` said at its last close; none while it is warming up, or if there is no such place.
    #[must_use]
    pub fn timeframe(&self, place: usize) -> Option<&GroupSignals> {
        self.frames.get(place)?.signals.as_ref()
    }

    /// Takes a finished base bar in and says what holds at its close; nothing while a timeframe is warming up. A bar that is
    /// refused leaves no trace. Missing bars are left out of the larger ones; one whose last parts are missing closes with the
    /// next bar that comes.
    pub fn push(&mut self, bar: &Bar) -> Result<Option<TaSignals>, ConfluenceError> {
        self.check(bar)?;
        self.last = Some(bar.open_at);
        for frame in &mut self.frames {
            frame.push(bar)?;
        }
        Ok(self.reading(bar.open_at.saturating_add(bar.span)))
    }

    /// Becomes as new.
    pub fn reset(&mut self) {
        self.frames.iter_mut().for_each(Frame::reset);
        self.last = None;
    }

    fn check(&self, bar: &Bar) -> Result<(), ConfluenceError> {
        let (at, base) = (bar.open_at, self.config.base);
        if bar.span != base {
            return Err(ConfluenceError::Span { given: bar.span, base });
        }
        if at.candle_start(base) != at {
            return Err(ConfluenceError::OffGrid(at));
        }
        if self.last.is_some_and(|last| at <= last) {
            return Err(ConfluenceError::Late(at));
        }
        let absurd = |why| Err(ConfluenceError::Absurd { at, why });
        if bar.low > bar.high {
            return absurd("the low lies above the high");
        }
        if bar.open < bar.low || bar.open > bar.high || bar.close < bar.low || bar.close > bar.high {
            return absurd("the open or the close lies outside of low and high");
        }
        if bar.volume.get() < 0 {
            return absurd("the volume is negative");
        }
        Ok(())
    }

    fn reading(&self, at: Timestamp) -> Option<TaSignals> {
        let mut sum = TaSignals {
            at,
            trend: 0.0,
            momentum: 0.0,
            volatility: 0.0,
            volume: 0.0,
            patterns: 0.0,
            confluence_score: 0.0,
            aligned: false,
            side: None,
        };
        let (mut weights, mut up, mut down) = (0.0, true, true);
        for (frame, of) in self.frames.iter().zip(&self.config.timeframes) {
            let it = frame.signals.as_ref()?;
            let strength = it.strength();
            sum.trend += it.trend * of.weight;
            sum.momentum += it.momentum * of.weight;
            sum.volatility += it.volatility * of.weight;
            sum.volume += it.volume * of.weight;
            sum.patterns += it.patterns * of.weight;
            sum.confluence_score += strength * of.weight;
            weights += of.weight;
            up &= strength > 0.0;
            down &= strength < 0.0;
        }
        for value in [
            &mut sum.trend,
            &mut sum.momentum,
            &mut sum.volatility,
            &mut sum.volume,
            &mut sum.patterns,
            &mut sum.confluence_score,
        ] {
            *value /= weights;
        }
        sum.aligned = up || down;
        let score = sum.confluence_score;
        if score != 0.0 && score.abs() >= self.config.threshold {
            sum.side = Some(if score > 0.0 { Side::Buy } else { Side::Sell });
        }
        Some(sum)
    }
}

/// One timeframe: its bars, and what is read from them.
#[derive(Clone, Debug)]
struct Frame {
    rule: BarRule,
    bars: Bars,
    groups: Groups,
    signals: Option<GroupSignals>,
}

impl Frame {
    fn new(span: Span) -> Result<Frame, ConfluenceError> {
        let rule = BarRule::Time(span);
        Ok(Frame { rule, bars: sound(rule), groups: Groups::new()?, signals: None })
    }

    fn push(&mut self, part: &Bar) -> Result<(), ConfluenceError> {
        for bar in self.bars.push_bar(part)?.into_iter().flatten() {
            let prices = [bar.open, bar.high, bar.low, bar.close].map(|it| it.get() as f64);
            let [open, high, low, close] = prices;
            let said = self.groups.push(&[open, high, low, close, bar.volume.get() as f64])?;
            let closed_at = bar.open_at.saturating_add(bar.span);
            self.signals = said.map(|[trend, momentum, volatility, volume, patterns]| GroupSignals {
                trend,
                momentum,
                volatility,
                volume,
                patterns,
                closed_at,
            });
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.bars = sound(self.rule);
        self.groups.reset();
        self.signals = None;
    }
}

/// How many groups there are.
pub(crate) const GROUPS: usize = 5;

/// The groups over the finished bars of one timeframe.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    indicators: Set,
    candles: Set,
    patterns: Patterns,
    values: Vec<Option<f64>>,
    said: Vec<Option<f64>>,
}

impl Groups {
    pub(crate) fn new() -> Result<Groups, scalp_indicators::Error> {
        let indicators = Set::parse(INDICATORS, &Schema::ohlcv())?;
        let candles = Set::parse(&CANDLES.join(","), &Schema::ohlcv())?;
        Ok(Groups {
            values: Vec::with_capacity(indicators.names().len()),
            said: Vec::with_capacity(candles.names().len()),
            indicators,
            candles,
            patterns: Patterns::new(Rules::default(), CHART)?,
        })
    }

    /// Takes open, high, low, close and volume of a finished bar in; trend, momentum, volatility, volume and patterns. A bar
    /// that cannot be leaves no trace, and nothing is said at it.
    pub(crate) fn push(&mut self, row: &[f64; 5]) -> Result<Option<[f64; GROUPS]>, scalp_indicators::Error> {
        let &[open, high, low, close, volume] = row;
        let shape = patterns::Bar { high, low, close, volume };
        if !(low..=high).contains(&open) || self.patterns.push(&shape).is_err() {
            return Ok(None);
        }
        self.indicators.push(row, &mut self.values)?;
        self.candles.push(row, &mut self.said)?;
        Ok(self.read())
    }

    pub(crate) fn reset(&mut self) {
        self.indicators.reset();
        self.candles.reset();
        self.patterns.reset();
    }

    fn read(&self) -> Option<[f64; GROUPS]> {
        let &[fast, slow, range, long, plus, minus, rsi, histogram, flow] = self.values.as_slice() else {
            return None;
        };
        let (fast, slow, range, long) = (fast?, slow?, range?, long?);
        let (plus, minus, rsi, histogram) = (plus?, minus?, rsi?, histogram?);
        if range <= 0.0 || long <= 0.0 {
            return Some([0.0; GROUPS]);
        }
        let directed = if plus + minus > 0.0 { (plus - minus) / (plus + minus) } else { 0.0 };
        let candles: f64 = self.said.iter().map(|it| it.unwrap_or(0.0)).sum::<f64>() / 100.0;
        let mut chart = 0.0_f64;
        for it in self.patterns.alive().iter().filter(|it| it.state == State::Confirmed) {
            if it.is_stronger(chart) {
                chart = it.signed();
            }
        }
        Some([
            0.5 * (unit((fast - slow) / (2.0 * range)) + unit(directed)),
            0.5 * (unit((rsi - 50.0) / 50.0) + unit(histogram / (0.5 * range))),
            unit(range / long - 1.0),
            // Absent when nothing was traded in the window.
            unit(flow.unwrap_or(0.0)),
            0.5 * (unit(candles) + chart),
        ])
    }
}

fn sound(rule: BarRule) -> Bars {
    Bars::new(rule).expect("spans were checked to be above 0")
}

fn unit(x: f64) -> f64 {
    x.clamp(-1.0, 1.0)
}
