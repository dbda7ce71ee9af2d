//! The short cut for moving-average crosses on recorded bars: all averages once, then one walk for each pair that
//! only stops where the sides change. Orders, fills and money are those of the engine, to the last unit.
//!
//! It is taken when nothing else can happen: one linear instrument whose values are whole units, bars and nothing
//! else, no latency, no faults, no limits, no funding, no margin check, no fee steps, and enough volume in every bar.
//! The rules it repeats: an order sent at the close of a bar fills at the open of the next, beside the slippage; its
//! answer comes with that bar, so the strategy decides again one bar later.

use super::{Job, JobResult};
use crate::backtest::RunError;
use crate::feed::{Replicas, Track};
use crate::parallel::map_told;
use scalp_config::{BeyondConfig, Config, NoVolume, VolumeShare};
use scalp_market::WatchConfig;
use scalp_sim::{Feed, Order};
use scalp_strategy::cross::Ema;
use scalp_strategy::sizing::PriceScale;
use scalp_types::number::{Rounding, div_round};
use scalp_types::{Contract, Instrument, Instruments, MarketBody, Money, Price, Qty, Rate, Span, Timestamp};
use std::collections::BTreeMap;

/// Bars as columns, and the averages of their closes.
pub struct Fused<'a> {
    config: &'a Config,
    instrument: &'a Instrument,
    open: Vec<i64>,
    close: Vec<i64>,
    closed_at: Vec<Timestamp>,
    closes: Vec<f64>,
    periods: Vec<u32>,
    rule: Rule,
    /// Samples of equity: the time they stand for, and the bar after which they are taken.
    samples: Vec<(Timestamp, usize)>,
}

/// What all pairs have in common.
struct Rule {
    qty: i64,
    short: bool,
    slippage: i64,
    /// Value of one lot at one tick.
    unit: i128,
    fee: Fraction,
    opening: i128,
}

/// A fee rate in lowest terms, so that most fees need no wide division.
#[derive(Clone, Copy)]
struct Fraction {
    above: i64,
    below: i64,
}

impl Fraction {
    fn of(rate: Rate) -> Self {
        let (mut a, mut b) = (rate.get().unsigned_abs(), Rate::ONE.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = a.max(1) as i64;
        Self { above: rate.get() / divisor, below: Rate::ONE / divisor }
    }
    /// The part of `value`, half-even, as [`Money::times`].
    #[inline]
    fn part(self, value: i128) -> i128 {
        let narrow = i64::try_from(value).ok().and_then(|it| it.checked_mul(self.above));
        let Some(product) = narrow else {
            return div_round(value * i128::from(self.above), self.below.into(), Rounding::HalfEven);
        };
        let (quotient, rest) = (product.div_euclid(self.below), product.rem_euclid(self.below));
        let up = rest * 2 > self.below || (rest * 2 == self.below && quotient % 2 != 0);
        i128::from(quotient + i64::from(up))
    }
}

impl<'a> Fused<'a> {
    /// Reads the bars when the short cut may be taken; `None` when it may not.
    pub fn prepare(
        config: &'a Config,
        instruments: &'a Instruments,
        tracks: &[Track],
        jobs: &[Job],
    ) -> Result<Option<Self>, RunError> {
        let (Some(instrument), [track]) = (instruments.iter().next(), tracks) else { return Ok(None) };
        let Some(rule) = rule(config, instruments, instrument)? else { return Ok(None) };
        let mut feed = Replicas::new(track, Order::Exchange, instruments)?;
        let mut it = Self {
            config,
            instrument,
            open: Vec::new(),
            close: Vec::new(),
            closed_at: Vec::new(),
            closes: Vec::new(),
            periods: Vec::new(),
            rule,
            samples: Vec::new(),
        };
        let scale = PriceScale::of(instrument);
        let most = config.sweep.as_ref().and_then(|it| it.bars).unwrap_or(usize::MAX);
        while it.open.len() < most && feed.next_at()?.is_some() {
            let event = feed.take()?;
            let MarketBody::Bar(bar) = event.body else { return Ok(None) };
            let enough = match config.venue.bars.volume_share {
                VolumeShare::Part(share) => share >= 1.0 && bar.volume.get() >= 2 * it.rule.qty,
                VolumeShare::Word(NoVolume::None) => true,
            };
            if !enough || event.exchange_at != event.arrived_at || bar.close.get() <= 0 {
                return Ok(None);
            }
            it.open.push(bar.open.get());
            it.close.push(bar.close.get());
            it.closes.push(scale.to_f64(bar.close));
            it.closed_at.push(event.arrived_at);
        }
        let period = |key, job: &Job| job.whole(key, config).and_then(|it| u32::try_from(it).ok());
        let mut periods: Vec<u32> =
            jobs.iter().flat_map(|job| [period("fast", job), period("slow", job)]).flatten().collect();
        periods.sort_unstable();
        periods.dedup();
        it.periods = periods;
        it.samples = it.sample_places();
        Ok(Some(it))
    }

    /// How many bars.
    pub fn bars(&self) -> usize {
        self.close.len()
    }

    /// Where the engine takes its samples: at each mark of the grid, before the bar that closes at or after it.
    fn sample_places(&self) -> Vec<(Timestamp, usize)> {
        let every = self.config.report.sample.0;
        let mut samples = Vec::new();
        let Some(first) = self.closed_at.first() else { return samples };
        let mut due = first.floor(every).saturating_add(every);
        for (n, at) in self.closed_at.iter().enumerate().skip(1) {
            if *at >= due {
                samples.push((at.floor(every), n - 1));
                due = at.floor(every).saturating_add(every);
            }
        }
        samples
    }

    /// Runs the jobs.
    pub fn run(&self, jobs: &[Job], threads: usize, tick: &(dyn Fn(usize, usize) + Sync)) -> Vec<JobResult> {
        let averages = map_told(self.periods.len(), threads, &|_, _| (), &|n| {
            let mut ema = Ema::new(self.periods[n]);
            self.closes.iter().map(|close| ema.push(*close)).collect::<Vec<f64>>()
        });
        let by_period: BTreeMap<u32, &[f64]> =
            self.periods.iter().copied().zip(averages.iter().map(|it| &it[..])).collect();
        map_told(jobs.len(), threads, tick, &|n| self.pair(&jobs[n], &by_period))
    }

    fn pair(&self, job: &Job, averages: &BTreeMap<u32, &[f64]>) -> JobResult {
        let of = |key, otherwise| {
            job.whole(key, self.config).and_then(|it| u32::try_from(it).ok()).unwrap_or(otherwise)
        };
        let (fast, slow) = (of("fast", 10), of("slow", 20));
        let first_bar = of("first_bar", slow) as usize;
        let (fast, slow) = (averages[&fast], averages[&slow]);
        let mut account = Account { rule: &self.rule, cash: self.rule.opening, ..Account::new(&self.rule) };
        let mut samples = self.samples.iter().peekable();
        let mut curve = Vec::with_capacity(self.samples.len() + 1);
        let last = self.close.len();
        let mut bar = first_bar.saturating_sub(1);
        while bar < last {
            // The first bar whose side is not the one that is held.
            let Some(wanted) =
                next_change(&fast[bar..last], &slow[bar..last], account.held(), self.rule.short)
            else {
                break;
            };
            let (decided, target) = (bar + wanted.0, wanted.1);
            let filled = decided + 1;
            account.orders += 1;
            if filled >= last {
                break;
            }
            while let Some((at, after)) = samples.next_if(|it| it.1 < filled) {
                curve.push((*at, Money::new(account.equity(self.close[*after]))));
            }
            account.trade(target, self.open[filled]);
            bar = filled + 1;
        }
        for (at, after) in samples {
            curve.push((*at, Money::new(account.equity(self.close[*after]))));
        }
        let equity = self.close.last().map_or(account.cash, |close| account.equity(*close));
        if let Some(at) = self.closed_at.last() {
            curve.push((*at, Money::new(equity)));
        }
        JobResult {
            orders: account.orders,
            fills: account.fills,
            fees: Money::new(account.fees),
            balance: Money::new(account.cash),
            equity: Money::new(equity),
            // Every order is answered here: there are no messages to be lost.
            unreconciled: false,
            said: Vec::new(),
            curve,
        }
    }

    /// The instrument of the bars.
    pub const fn instrument(&self) -> &Instrument {
        self.instrument
    }
}

/// The next place where the wanted position differs from the held one, and the wanted one (-1, 0, 1).
#[inline]
fn next_change(fast: &[f64], slow: &[f64], held: i64, short: bool) -> Option<(usize, i64)> {
    let below = if short { -1 } else { 0 };
    let pairs = || fast.iter().zip(slow);
    match held {
        1 => pairs().position(|(fast, slow)| fast < slow).map(|n| (n, below)),
        held if held == below => pairs().position(|(fast, slow)| fast >= slow).map(|n| (n, 1)),
        _ => pairs().next().map(|(fast, slow)| (0, if fast >= slow { 1 } else { below })),
    }
}

/// Cash and position of one pair.
struct Account<'a> {
    rule: &'a Rule,
    /// In units, -1, 0 or 1 times the size.
    position: i64,
    cash: i128,
    /// Price of the position, ticks.
    entry: i64,
    fees: i128,
    fills: u64,
    orders: u64,
}

impl<'a> Account<'a> {
    fn new(rule: &'a Rule) -> Self {
        Self { rule, position: 0, cash: 0, entry: 0, fees: 0, fills: 0, orders: 0 }
    }
    const fn held(&self) -> i64 {
        self.position
    }
    /// Brings the position to `target` at the open of a bar.
    #[inline]
    fn trade(&mut self, target: i64, open: i64) {
        let change = target - self.position;
        let price = open + self.rule.slippage * change.signum();
        let per_unit = i128::from(price) * i128::from(self.rule.qty) * self.rule.unit;
        let fee = self.rule.fee.part(per_unit * i128::from(change.abs()));
        self.cash += self.open_profit(price) - fee;
        self.fees += fee;
        (self.position, self.entry) = (target, price);
        self.fills += 1;
    }
    fn open_profit(&self, price: i64) -> i128 {
        i128::from(price - self.entry) * i128::from(self.position * self.rule.qty) * self.rule.unit
    }
    fn equity(&self, close: i64) -> i128 {
        self.cash + self.open_profit(close)
    }
}

/// The common rule, when the configuration leaves nothing but market orders at the next open.
fn rule(config: &Config, instruments: &Instruments, it: &Instrument) -> Result<Option<Rule>, RunError> {
    let venue = &config.venue;
    let latency = &venue.latency;
    let name = config.strategy.get("name").and_then(toml::Value::as_str);
    let exchange = config.exchange(instruments)?;
    let plain_faults = exchange.faults == scalp_sim::FaultRules::default();
    let no_limits =
        config.gate(instruments)? == plain_gate(instruments) && config.watch()? == WatchConfig::default();
    let instant = [latency.entry, latency.response, latency.feed].iter().all(|it| it.0 == Span::ZERO)
        && latency.spike_share == 0.0
        && latency.recorded.is_none();
    let plain_venue = venue.no_margin_check
        && venue.fees.tiers.is_empty()
        && exchange.limits == scalp_sim::RateLimits::default()
        && matches!(venue.beyond, BeyondConfig::Nothing {});
    let one = Qty::new(1);
    let unit = it.checked_value(Price::new(1), one).filter(|unit| {
        // Whole units only: then a value is a product, and no rounding can differ.
        it.checked_value(Price::new(1_000_003), Qty::new(7)) == Some(Money::new(unit.get() * 7_000_021))
    });
    let qty = config.strategy.get("order_qty").cloned().and_then(|value| {
        let scalp_config::Number(qty) = serde::Deserialize::deserialize(value).ok()?;
        it.qty(qty).ok()
    });
    let first_bar =
        config.strategy.get("first_bar").is_none_or(|it| it.as_integer().is_some_and(|it| it >= 1));
    let (Some(unit), Some(qty)) = (unit, qty) else { return Ok(None) };
    let filters = &it.filters;
    let unfiltered = filters.qty_min <= qty
        && filters.qty_max.is_none()
        && filters.market_qty_max.is_none()
        && filters.notional_min.is_none()
        && filters.percent_up.is_none()
        && filters.percent_down.is_none();
    let plain =
        name == Some("cross") && instruments.len() == 1 && it.spec.contract == Contract::Linear && first_bar;
    let short = config.strategy.get("short").is_none_or(|it| it.as_bool() == Some(true));
    if !(plain && plain_faults && no_limits && instant && plain_venue && unfiltered) {
        return Ok(None);
    }
    Ok(Some(Rule {
        qty: qty.get(),
        short,
        slippage: venue.bars.slippage_ticks.into(),
        unit: unit.get(),
        fee: Fraction::of(exchange.fees[0].taker),
        opening: exchange.balances.iter().filter(|balance| balance.0 == it.settle).map(|it| it.1.get()).sum(),
    }))
}

/// A gate without limits, as the configuration makes it.
fn plain_gate(instruments: &Instruments) -> scalp_risk::GateConfig {
    let overrides = instruments.iter().map(|it| (it.id, scalp_risk::InstrumentLimits::default())).collect();
    scalp_risk::GateConfig { overrides, ..scalp_risk::GateConfig::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reduced_fee_rate_gives_the_same_fee_as_the_ledger() {
        for rate in [500_000_000, 400_000_000, 0, -25_000_000, 123_456_789, 1] {
            let rate = Rate::new(rate);
            let fraction = Fraction::of(rate);
            for value in [
                0,
                1,
                999,
                1_000,
                2_500,
                3_750_000,
                61_659_750_000_000,
                i128::from(i64::MAX),
                10_i128.pow(22),
            ] {
                for value in [value, -value] {
                    let want = Money::new(value).times(rate, Rounding::HalfEven).get();
                    assert_eq!(fraction.part(value), want, "{value} at {}", rate.get());
                }
            }
        }
    }

    #[test]
    fn the_next_change_is_where_the_side_turns() {
        let (fast, slow) = ([2.0, 2.0, 1.0, 2.0], [1.0, 2.0, 2.0, 2.0]);
        assert_eq!(next_change(&fast, &slow, 0, true), Some((0, 1)));
        assert_eq!(next_change(&fast, &slow, 1, true), Some((2, -1)));
        assert_eq!(next_change(&fast, &slow, -1, true), Some((0, 1)));
        assert_eq!(next_change(&fast[2..], &slow[2..], 0, false), Some((1, 1)));
        assert_eq!(next_change(&fast[..2], &slow[..2], 1, true), None);
    }
}
