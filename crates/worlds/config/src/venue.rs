//! `[venue]`: how the pretend exchange behaves, and how long the road to it is.

use super::load::ConfigError;
use super::schema::Config;
use super::value::{Length, Number, Time};
use rust_decimal::Decimal;
use scalp_ledger::wallet::AMOUNT_MAX;
use scalp_ledger::{LedgerConfig, MarginTerms};
use scalp_sim::config::{
    BarPath, BarRules, Beyond, ExchangeConfig, FaultRules, FeeTier, FillRules, FillSize, IdRule, MarginRules,
    QueueModel, RateLimits, UnseenQueue,
};
use scalp_sim::latency::{LatencyConfig as SimLatency, LatencyModel, LatencySample, Spikes};
use scalp_types::{AssetId, Instruments, Money, Qty, Rate, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// `[venue]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct VenueConfig {
    /// Maker and taker fees.
    pub fees: FeesConfig,
    /// Time from us to the venue and back.
    pub latency: LatencyConfig,
    /// Where a resting order stands in its queue.
    pub queue: QueueConfig,
    /// Whether an order fills whole when its turn comes, for comparison with simulators that know no partial fills.
    pub whole_fills: bool,
    /// What a taker gets beyond the displayed book.
    pub beyond: BeyondConfig,
    /// The queue at a price whose size the data never shows.
    pub unseen_queue: UnseenQueueConfig,
    /// How bars fill orders.
    pub bars: BarsConfig,
    /// How many requests the venue takes.
    pub limits: LimitsConfig,
    /// What goes wrong.
    pub faults: FaultsConfig,
    /// Whether orders need free margin and positions are liquidated.
    pub no_margin_check: bool,
    /// The part of a position closed by one step of a liquidation.
    pub liquidation_share: Option<f64>,
    /// How long a client order id stays taken after its order ended.
    pub id_memory: Option<Length>,
    /// How often the core asks the venue how everything stands; ten seconds where messages get lost, else only when
    /// something is in doubt.
    pub reconcile_every: Option<Length>,
}

/// `[venue.fees]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeesConfig {
    /// Part of the value for resting orders; negative is a rebate.
    pub maker: Number,
    /// Part of the value for orders that take.
    pub taker: Number,
    /// Steps by our volume of the last 30 days, over the two above.
    pub tiers: Vec<FeeTierConfig>,
}

impl Default for FeesConfig {
    fn default() -> Self {
        Self { maker: Number(Decimal::new(2, 4)), taker: Number(Decimal::new(5, 4)), tiers: Vec::new() }
    }
}

/// `[[venue.fees.tiers]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTierConfig {
    /// From this value traded in 30 days.
    pub volume: Number,
    /// Maker fee there.
    pub maker: Number,
    /// Taker fee there.
    pub taker: Number,
}

/// `[venue.latency]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatencyConfig {
    /// From us to the venue: the constant, or the median when there is a spread.
    pub entry: Length,
    /// From the venue to us.
    pub response: Length,
    /// Added to every feed message on top of what was recorded.
    pub feed: Length,
    /// Standard deviation of the logarithm; 0 is constant.
    pub log_sigma: f64,
    /// Part of messages that meet a spike.
    pub spike_share: f64,
    /// Mean of the extra time of a message that meets a spike.
    pub spike_mean: Length,
    /// Whether messages of one direction may overtake one another.
    pub overtaking: bool,
    /// A CSV of recorded round trips, `at_ns,entry_ns,response_ns` by rising time; replaces entry and response.
    pub recorded: Option<PathBuf>,
}

impl Default for LatencyConfig {
    fn default() -> Self {
        Self {
            entry: Length(Span::from_millis(5)),
            response: Length(Span::from_millis(5)),
            feed: Length(Span::ZERO),
            log_sigma: 0.0,
            spike_share: 0.0,
            spike_mean: Length(Span::ZERO),
            overtaking: false,
            recorded: None,
        }
    }
}

/// `[venue.queue]`. A model without parameters is a table without keys, so that one beside it is refused.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, tag = "model", rename_all = "kebab-case")]
pub enum QueueConfig {
    /// Only trades advance us; cancels are behind us.
    RiskAverse {},
    /// Cancels are ahead of us with probability f(ahead) / (f(ahead) + f(behind)), f(x) = x^n.
    Power {
        /// The exponent.
        n: f64,
    },
    /// As `power`, f(x) = ln(1 + x).
    Log {},
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self::Power { n: 2.0 }
    }
}

/// `[venue.beyond]`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, tag = "model", rename_all = "kebab-case")]
pub enum BeyondConfig {
    /// The rest of a market order is cancelled.
    Nothing {},
    /// The rest fills this many ticks worse.
    Worse {
        /// How much worse.
        ticks: u32,
    },
    /// The rest fills worse by `k * sigma * sqrt(rest / daily volume)`.
    Impact {
        /// The constant of the law, about 1.
        k: f64,
        /// Daily volatility as a fraction of the price.
        sigma: f64,
        /// Average daily volume, in units of size.
        daily_volume: Number,
    },
}

impl Default for BeyondConfig {
    fn default() -> Self {
        Self::Nothing {}
    }
}

/// `[venue.unseen_queue]`
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, tag = "model", rename_all = "kebab-case")]
pub enum UnseenQueueConfig {
    /// Endless: only a trade through the price fills.
    ThroughOnly {},
    /// Empty: the first trade at the price fills.
    Empty {},
    /// A trade at the price reaches us with this chance, with a share of its size from Beta(alpha, beta).
    Chance {
        /// Probability that a trade at our price reaches us.
        reach: f64,
        /// First shape of the share.
        alpha: f64,
        /// Second shape of the share.
        beta: f64,
    },
}

impl Default for UnseenQueueConfig {
    fn default() -> Self {
        Self::ThroughOnly {}
    }
}

/// `[venue.bars]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct BarsConfig {
    /// For each order the worse way through the bar, instead of the nearer extreme first.
    pub pessimistic: bool,
    /// Market orders pay this much beyond the open, in ticks.
    pub slippage_ticks: u32,
    /// At most this part of a bar's volume is ours.
    pub volume_share: VolumeShare,
    /// An order that came at most so long after the open still has that open.
    pub entry_grace: Length,
}

impl Default for BarsConfig {
    fn default() -> Self {
        Self {
            pessimistic: false,
            slippage_ticks: 0,
            volume_share: VolumeShare::Part(1.0),
            entry_grace: Length(BarRules::default().entry_grace),
        }
    }
}

/// `venue.bars.volume_share`
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a number from 0 to 1, or \"none\" for bars without a volume")]
pub enum VolumeShare {
    /// At most this part.
    Part(f64),
    /// No cap.
    Word(NoVolume),
}

/// `"none"`: the bars do not tell their volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoVolume {
    /// The only word.
    None,
}

/// `[venue.limits]`; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Orders in 10 seconds.
    pub orders_10s: u32,
    /// Orders in a minute.
    pub orders_1m: u32,
    /// Request weight in a minute.
    pub weight_1m: u32,
}

/// `[venue.faults]`: chances per request or reply.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultsConfig {
    /// An order is refused as unavailable.
    pub reject: f64,
    /// A request never arrives.
    pub lose_request: f64,
    /// A reply never arrives.
    pub lose_reply: f64,
    /// A reply arrives twice.
    pub repeat_reply: f64,
    /// A reply is late.
    pub late_reply: f64,
    /// How late.
    pub late_by: Option<Length>,
    /// `[from, until]`: every request is refused.
    pub outages: Vec<(Time, Time)>,
}

impl Config {
    /// What the pretend exchange is told.
    pub fn exchange(&self, instruments: &Instruments) -> Result<ExchangeConfig, ConfigError> {
        let venue = &self.venue;
        let share = |key: &str, value: f64| self.within(key, value, 0.0, 1.0);
        let faults = &venue.faults;
        for (at, (from, until)) in faults.outages.iter().enumerate() {
            if from >= until {
                let problem = format!("from {} until {}: expected the later time second", from.0, until.0);
                return Err(self.refuse(format!("venue.faults.outages[{at}]"), problem));
            }
        }
        if faults.late_reply > 0.0 && faults.late_by.is_none_or(|it| it.0 <= Span::ZERO) {
            let problem = "expected how late a late reply is, such as \"2s\", with late_reply above 0";
            return Err(self.refuse("venue.faults.late_by", problem));
        }
        let config = ExchangeConfig {
            fills: self.fills(instruments)?,
            fees: self.fees()?,
            balances: self.balances(instruments)?,
            margin: MarginRules {
                enforced: !venue.no_margin_check,
                terms: self.terms(),
                overrides: Vec::new(),
                liquidation_share: share("venue.liquidation_share", venue.liquidation_share.unwrap_or(1.0))?,
            },
            limits: RateLimits {
                orders_10s: venue.limits.orders_10s,
                orders_1m: venue.limits.orders_1m,
                weight_1m: venue.limits.weight_1m,
            },
            faults: FaultRules {
                reject: share("venue.faults.reject", faults.reject)?,
                lose_request: share("venue.faults.lose_request", faults.lose_request)?,
                lose_reply: share("venue.faults.lose_reply", faults.lose_reply)?,
                repeat_reply: share("venue.faults.repeat_reply", faults.repeat_reply)?,
                late_reply: share("venue.faults.late_reply", faults.late_reply)?,
                late_by: faults.late_by.map_or(Span::ZERO, |it| it.0),
                outages: faults.outages.iter().map(|(from, until)| (from.0, until.0)).collect(),
            },
            ids: venue.id_memory.map_or(IdRule::OpenOrders, |it| IdRule::Remembered(it.0)),
            ..ExchangeConfig::default()
        };
        config.check().map_err(|e| self.refuse("venue", e.to_string()))?;
        Ok(config)
    }

    /// How often the core asks how everything stands.
    pub(super) fn reconcile_every(&self) -> Result<Option<Span>, ConfigError> {
        const WHERE_MESSAGES_GET_LOST: Span = Span::from_secs(10);
        let faults = &self.venue.faults;
        let loses = faults.lose_request > 0.0 || faults.lose_reply > 0.0 || !faults.outages.is_empty();
        let every = self.venue.reconcile_every.map(|it| it.0);
        if every.is_some_and(|it| it <= Span::ZERO) {
            return Err(self.refuse("venue.reconcile_every", "expected a positive time"));
        }
        Ok(every.or(loses.then_some(WHERE_MESSAGES_GET_LOST)))
    }

    /// What our own ledger starts with: the same as the exchange's.
    pub fn ledger(&self, instruments: &Instruments) -> Result<LedgerConfig, ConfigError> {
        Ok(LedgerConfig { terms: self.terms(), overrides: Vec::new(), opening: self.balances(instruments)? })
    }

    /// How long messages take.
    pub fn latency(&self) -> Result<SimLatency, ConfigError> {
        let latency = &self.venue.latency;
        let (entry, response) = (latency.entry.0, latency.response.0);
        let sigma = self.within("venue.latency.log_sigma", latency.log_sigma, 0.0, 10.0)?;
        let chance = self.within("venue.latency.spike_share", latency.spike_share, 0.0, 1.0)?;
        let model = match &latency.recorded {
            Some(path) => LatencyModel::Replayed(self.recorded(path)?.into()),
            None if sigma > 0.0 => LatencyModel::LogNormal { entry, response, sigma },
            None => LatencyModel::Constant { entry, response },
        };
        let spikes = (chance > 0.0).then_some(Spikes { chance, mean: latency.spike_mean.0 });
        Ok(SimLatency { model, spikes, overtaking: latency.overtaking, feed_extra: latency.feed.0 })
    }

    fn within(&self, key: &str, value: f64, least: f64, most: f64) -> Result<f64, ConfigError> {
        let ok = value >= least && value <= most;
        if ok {
            Ok(value)
        } else {
            Err(self.refuse(key, format!("is {value}, expected a number from {least} to {most}")))
        }
    }

    fn terms(&self) -> MarginTerms {
        MarginTerms { mode: self.account.margin, leverage: self.account.leverage }
    }

    fn balances(&self, instruments: &Instruments) -> Result<Vec<(AssetId, Money)>, ConfigError> {
        let mut balances = Vec::with_capacity(self.account.balances.len());
        for (name, amount) in &self.account.balances {
            let key = format!("account.balances.{name}");
            let known = instruments.assets();
            let Some(at) = known.iter().position(|it| it == name) else {
                return Err(self.refuse(key, format!("no instrument uses this asset; they use {known:?}")));
            };
            let id = AssetId(u16::try_from(at).expect("asset ids are 16 bits wide"));
            let amount = Money::from_decimal(amount.0).map_err(|e| self.refuse(&*key, e.to_string()))?;
            if amount > AMOUNT_MAX {
                return Err(self.refuse(key, format!("is {amount}, expected at most {AMOUNT_MAX}")));
            }
            balances.push((id, amount));
        }
        Ok(balances)
    }

    fn fees(&self) -> Result<Vec<FeeTier>, ConfigError> {
        let fees = &self.venue.fees;
        let rate = |key: String, fee: Number| {
            if fee.0.abs() >= Decimal::new(1, 1) {
                let expected =
                    "expected a fraction of the value below 0.1, such as 0.0004 for 4 basis points";
                return Err(self.refuse(key, format!("is {}, {expected}", fee.0)));
            }
            Rate::from_decimal(fee.0).map_err(|e| self.refuse(key, e.to_string()))
        };
        let first = FeeTier {
            volume: Money::ZERO,
            maker: rate("venue.fees.maker".into(), fees.maker)?,
            taker: rate("venue.fees.taker".into(), fees.taker)?,
        };
        let mut all = vec![first];
        for (at, tier) in fees.tiers.iter().enumerate() {
            let key = |name: &str| format!("venue.fees.tiers[{at}].{name}");
            let volume =
                Money::from_decimal(tier.volume.0).map_err(|e| self.refuse(key("volume"), e.to_string()))?;
            if all.last().is_some_and(|it| volume <= it.volume) {
                return Err(
                    self.refuse(key("volume"), format!("is {volume}, expected more than the step before"))
                );
            }
            all.push(FeeTier {
                volume,
                maker: rate(key("maker"), tier.maker)?,
                taker: rate(key("taker"), tier.taker)?,
            });
        }
        Ok(all)
    }

    fn fills(&self, instruments: &Instruments) -> Result<FillRules, ConfigError> {
        let venue = &self.venue;
        let bars = &venue.bars;
        Ok(FillRules {
            queue: match venue.queue {
                QueueConfig::RiskAverse {} => QueueModel::RiskAverse,
                QueueConfig::Power { n } => {
                    QueueModel::Power { n: self.within("venue.queue.n", n, 0.001, 100.0)? }
                }
                QueueConfig::Log {} => QueueModel::Log,
            },
            size: if venue.whole_fills { FillSize::Whole } else { FillSize::Partial },
            beyond: match venue.beyond {
                BeyondConfig::Nothing {} => Beyond::Nothing,
                BeyondConfig::Worse { ticks } => Beyond::Worse { ticks: ticks.into() },
                BeyondConfig::Impact { k, sigma, daily_volume } => {
                    Beyond::Impact { k, sigma, daily_volume: self.daily_volume(daily_volume, instruments)? }
                }
            },
            unseen_queue: match venue.unseen_queue {
                UnseenQueueConfig::ThroughOnly {} => UnseenQueue::ThroughOnly,
                UnseenQueueConfig::Empty {} => UnseenQueue::Empty,
                UnseenQueueConfig::Chance { reach, alpha, beta } => {
                    let reach = self.within("venue.unseen_queue.reach", reach, 0.0, 1.0)?;
                    UnseenQueue::Chance { reach, alpha, beta }
                }
            },
            bars: BarRules {
                path: if bars.pessimistic { BarPath::Pessimistic } else { BarPath::NearerExtremeFirst },
                slippage_ticks: bars.slippage_ticks.into(),
                volume_share: match bars.volume_share {
                    VolumeShare::Part(it) => Some(self.within("venue.bars.volume_share", it, 0.0, 1.0)?),
                    VolumeShare::Word(NoVolume::None) => None,
                },
                entry_grace: bars.entry_grace.0,
            },
        })
    }

    fn daily_volume(&self, volume: Number, instruments: &Instruments) -> Result<Qty, ConfigError> {
        let key = "venue.beyond.daily_volume";
        let Some(first) = instruments.iter().next().filter(|_| instruments.len() == 1) else {
            return Err(self
                .refuse(key, "impact is configured for runs of one instrument; use model = \"worse\" here"));
        };
        first.qty(volume.0).map_err(|e| self.refuse(key, e.to_string()))
    }

    fn recorded(&self, path: &Path) -> Result<Vec<LatencySample>, ConfigError> {
        let file = self.resolve(path);
        let key = "venue.latency.recorded";
        let mut reader = csv::Reader::from_path(&file)
            .map_err(|e| self.refuse(key, format!("{}: {e}", file.display())))?;
        let mut samples: Vec<LatencySample> = Vec::new();
        for (row, line) in reader.deserialize::<(i64, i64, i64)>().enumerate() {
            let expected = "expected at_ns,entry_ns,response_ns with rising times and no negative latency";
            let bad =
                |why: String| self.refuse(key, format!("{}:{}: {why}; {expected}", file.display(), row + 2));
            let (at, entry, response) = line.map_err(|e| bad(e.to_string()))?;
            let at = Timestamp::from_nanos(at);
            if entry < 0 || response < 0 || samples.last().is_some_and(|it| it.at >= at) {
                return Err(bad(format!("{},{entry},{response}", at.nanos())));
            }
            samples.push(LatencySample {
                at,
                entry: Span::from_nanos(entry),
                response: Span::from_nanos(response),
            });
        }
        if samples.is_empty() {
            return Err(self.refuse(key, format!("{} holds no samples", file.display())));
        }
        Ok(samples)
    }
}
