//! The keys, their defaults and their ranges.

use super::core::{BookSync, TradeBarsConfig};
use super::indicators::IndicatorList;
use super::instrument::InstrumentConfig;
use super::load::ConfigError;
use super::risk::RiskConfig;
use super::value::{Length, Number, Time};
use super::venue::VenueConfig;
use rust_decimal::Decimal;
use scalp_types::{MarginMode, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything a run is made from.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name, seed, declared trials.
    #[serde(default)]
    pub run: RunConfig,
    /// Where the market comes from; none means the synthetic market.
    #[serde(default)]
    pub data: Vec<DataConfig>,
    /// Parameters of the synthetic market, checked by its generator.
    #[serde(default)]
    pub synthetic: Option<toml::Table>,
    /// What can be traded.
    #[serde(default)]
    pub instrument: Vec<InstrumentConfig>,
    /// What we start with.
    #[serde(default)]
    pub account: AccountConfig,
    /// How the exchange behaves.
    #[serde(default)]
    pub venue: VenueConfig,
    /// What trades: `name` chooses it, the other keys are its own and checked by it.
    pub strategy: toml::Table,
    /// What the risk gate allows.
    #[serde(default)]
    pub risk: RiskConfig,
    /// Bars built from trades.
    #[serde(default)]
    pub bars: TradeBarsConfig,
    /// How the venue numbers its book messages.
    #[serde(default)]
    pub book_sync: BookSync,
    /// What is written.
    #[serde(default)]
    pub report: ReportConfig,
    /// The grid of a sweep.
    #[serde(default)]
    pub sweep: Option<SweepConfig>,
    /// The text this was read from.
    #[serde(skip)]
    pub text: String,
    /// The file this was read from.
    #[serde(skip)]
    pub path: PathBuf,
    /// Whether a user sees the lines of that text: it was read from a file.
    #[serde(skip)]
    pub(super) has_lines: bool,
}

/// `[run]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// A name for people.
    pub name: String,
    /// Seeds every random stream.
    pub seed: u64,
    /// How many variants were tried before this one: the deflated Sharpe ratio pays for them.
    pub trials: u32,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self { name: "backtest".into(), seed: 1, trials: 1 }
    }
}

/// One path or several.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a path, or a list of paths")]
pub enum Paths {
    /// One file or folder.
    One(PathBuf),
    /// Several files of one instrument, in the order of time.
    Many(Vec<PathBuf>),
}

impl Paths {
    /// All of them.
    pub fn as_slice(&self) -> &[PathBuf] {
        match self {
            Self::One(path) => std::slice::from_ref(path),
            Self::Many(paths) => paths,
        }
    }
}

/// A name, or several.
#[derive(Debug, Clone, Hash, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a name, or a list of names")]
pub enum Names {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Names {
    /// All of them.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// By its name and first lines.
    #[default]
    Auto,
    /// A raw websocket capture: `<receive ns> <json>` lines.
    Capture,
    /// CSV or Parquet, described by `[data.mapping]` or by the ready-made mapping called `mapping_name`.
    Mapping,
    /// A binary event file of ours.
    Events,
    /// A catalogue of ours.
    Catalog,
}

/// What is done about a recorder whose clock was off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiveShift {
    /// Receive times stay as recorded.
    #[default]
    None,
    /// Receive times are shifted by one constant, so that the smallest feed latency is zero.
    SmallestLatencyZero,
}

/// `[[data]]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// A file, several, or a folder; beside the configuration first, then from the working directory.
    pub path: Paths,
    /// The symbol of the instrument it belongs to; may be left out when there is one instrument.
    #[serde(default)]
    pub instrument: Option<String>,
    /// How to read it.
    #[serde(default)]
    pub format: Format,
    /// The name of a shipped mapping, for `format = "mapping"`.
    #[serde(default)]
    pub mapping_name: Option<String>,
    /// A mapping written here, for `format = "mapping"`.
    #[serde(default)]
    pub mapping: Option<toml::Table>,
    /// What is done about the recorder's clock.
    #[serde(default)]
    pub receive_shift: ReceiveShift,
    /// Whether best-bid-ask messages of a capture are read as well.
    #[serde(default)]
    pub book_ticker: bool,
    /// The names or addresses of the connections of a capture that are read; all of them when absent.
    #[serde(default)]
    pub connection: Names,
    /// How often the data is played, one after the other.
    #[serde(default = "one")]
    pub repeat: u32,
    /// Time between the last event of one replica and the first of the next.
    #[serde(default = "millisecond")]
    pub repeat_gap: Length,
    /// Nothing before this.
    #[serde(default)]
    pub start: Option<Time>,
    /// Nothing at or after this.
    #[serde(default)]
    pub end: Option<Time>,
}

const fn one() -> u32 {
    1
}

const fn millisecond() -> Length {
    Length(Span::from_millis(1))
}

/// `[account]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountConfig {
    /// Opening balances by asset.
    pub balances: BTreeMap<String, Number>,
    /// `cross` or `isolated`.
    pub margin: MarginMode,
    /// Leverage chosen at the venue: initial margin is value / leverage.
    pub leverage: u32,
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self { balances: BTreeMap::new(), margin: MarginMode::Cross, leverage: 10 }
    }
}

/// `[report]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// Where runs are kept.
    pub folder: PathBuf,
    /// Whether the run is kept at all; otherwise its result is only printed.
    pub keep: bool,
    /// Whether the HTML page is written.
    pub html: bool,
    /// Whether orders, fills, positions and balance changes are written as CSV and Parquet.
    pub tables: bool,
    /// Time between two samples of equity.
    pub sample: Length,
    /// How many random-entry runs the result is compared with; 0 is none.
    pub controls: u32,
    /// Resamples of the bootstrap.
    pub resamples: u32,
    /// Whether the journal of the run is kept, for `scalp replay`.
    pub journal: bool,
    /// Indicators and patterns that the price chart of the page shows, computed on the run's bars.
    pub indicators: Vec<String>,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self {
            folder: "runs".into(),
            keep: true,
            html: true,
            tables: true,
            sample: Length(Span::from_secs(60)),
            controls: 20,
            resamples: 10_000,
            journal: true,
            indicators: Vec::new(),
        }
    }
}

/// `[sweep]`
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SweepConfig {
    /// Values for each key of `[strategy]`: a list, or `{ from, to, step }`.
    pub grid: BTreeMap<String, GridAxis>,
    /// Threads; all cores when absent.
    #[serde(default)]
    pub threads: Option<usize>,
    /// Only so many bars from the start; all when absent. For recorded bars and moving-average crosses.
    #[serde(default)]
    pub bars: Option<usize>,
    /// `a < b` for two keys of the grid: other pairs are left out.
    #[serde(default)]
    pub less: Option<(String, String)>,
}

/// One axis of a sweep.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a list of values, or { from, to, step } with whole numbers")]
pub enum GridAxis {
    /// These values.
    Values(Vec<toml::Value>),
    /// Whole numbers from `from` up to and including `to`.
    Range {
        /// First.
        from: i64,
        /// Last.
        to: i64,
        /// Distance.
        step: i64,
    },
}

impl Config {
    /// Ranges that the types cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let positive = |key: &str, ok: bool, expected: &str| {
            if ok { Ok(()) } else { Err(self.refuse(key, format!("expected {expected}"))) }
        };
        positive("run.trials", self.run.trials >= 1, "at least 1: this run is a trial as well")?;
        positive(
            "account.leverage",
            (1..=1_000).contains(&self.account.leverage),
            "a leverage from 1 to 1000",
        )?;
        positive("report.sample", self.report.sample.0 > Span::ZERO, "a positive length of time")?;
        if let Err((at, why)) = IndicatorList::read(&self.report.indicators) {
            return Err(self.refuse(format!("report.indicators[{at}]"), why));
        }
        for (asset, amount) in &self.account.balances {
            positive(
                &format!("account.balances.{asset}"),
                amount.0 >= Decimal::ZERO,
                "an amount that is not negative",
            )?;
        }
        self.refuse_unread()?;
        // Also where recorded data takes its place: what is written there is meant.
        if self.synthetic.is_some() {
            self.synthetic_parameters()?;
        }
        for (at, it) in self.instrument.iter().enumerate() {
            for (name, text) in [("symbol", &it.symbol), ("venue", &it.venue)] {
                // A slash stands in names such as BTC/USD; a part that leads nowhere or up is no name.
                let is_part = |it: &str| !it.trim_matches('.').is_empty();
                let breaks = |c: char| c == '\\' || c.is_control() || c.is_whitespace();
                if text.contains(breaks) || !text.split('/').all(is_part) {
                    let expected = "expected a name such as \"BTCUSDT\" or \"BTC/USD\", without spaces";
                    return Err(
                        self.refuse(format!("instrument[{at}].{name}"), format!("is {text:?}, {expected}"))
                    );
                }
            }
            self.check_instrument(at, it)?;
        }
        for (at, data) in self.data.iter().enumerate() {
            self.check_data(at, data)?;
        }
        Ok(())
    }

    /// Terms of an instrument that no venue has.
    fn check_instrument(&self, at: usize, it: &InstrumentConfig) -> Result<(), ConfigError> {
        let refuse =
            |name: &str, problem: String| Err(self.refuse(format!("instrument[{at}].{name}"), problem));
        if it.funding_hours == Some(0) {
            return refuse(
                "funding_hours",
                "is 0, expected at least 1; leave it out where nothing is paid".into(),
            );
        }
        if let Some(Number(up)) = it.percent_up.filter(|it| it.0 < Decimal::ONE) {
            let expected = "expected at least 1: buys are priced up to mark * percent_up, such as 1.05";
            return refuse("percent_up", format!("is {up}, {expected}"));
        }
        if let Some(Number(down)) = it.percent_down.filter(|it| it.0 > Decimal::ONE || it.0 < Decimal::ZERO) {
            let expected = "expected from 0 to 1: sells are priced down to mark * percent_down, such as 0.95";
            return refuse("percent_down", format!("is {down}, {expected}"));
        }
        for (step, (_, Number(maintenance), leverage)) in it.margin_tiers.iter().enumerate() {
            if *leverage > 0 && *maintenance * Decimal::from(*leverage) > Decimal::ONE {
                let problem = format!(
                    "maintenance {maintenance} with leverage {leverage}, expected at most the initial margin, 1 / {leverage}: \
                     a position would be liquidated as it is opened"
                );
                return refuse(&format!("margin_tiers[{step}]"), problem);
            }
        }
        Ok(())
    }

    fn check_data(&self, at: usize, data: &DataConfig) -> Result<(), ConfigError> {
        let key = |name: &str| format!("data[{at}].{name}");
        if data.path.as_slice().iter().any(|it| it.as_os_str().is_empty()) || data.path.as_slice().is_empty()
        {
            return Err(self.refuse(key("path"), "is empty, expected a file, a list of files, or a folder"));
        }
        if data.repeat == 0 {
            return Err(self.refuse(key("repeat"), "expected at least 1"));
        }
        let mappings = usize::from(data.mapping.is_some()) + usize::from(data.mapping_name.is_some());
        if mappings != usize::from(data.format == Format::Mapping) {
            let expected = "expected exactly one of [data.mapping] and mapping_name with format = \"mapping\", none otherwise";
            return Err(self.refuse(key("mapping"), expected));
        }
        let connections = data.connection.as_slice();
        if connections.iter().any(String::is_empty) {
            return Err(
                self.refuse(key("connection"), "is empty, expected the name or address of a connection")
            );
        }
        if !connections.is_empty() && !matches!(data.format, Format::Auto | Format::Capture) {
            let problem = "expected a capture: sources of other formats name no connections";
            return Err(self.refuse(key("connection"), problem));
        }
        if let (Some(start), Some(end)) = (data.start, data.end)
            && start >= end
        {
            return Err(self.refuse(key("end"), format!("expected a time after start ({})", start.0)));
        }
        let full = |it: &InstrumentConfig| format!("{}:{}", it.venue, it.symbol);
        let named = |name: &String| {
            let all = self.instrument.iter();
            let exact = all.clone().filter(|it| full(it) == *name).count();
            if exact > 0 { exact } else { all.filter(|it| it.symbol == *name).count() }
        };
        match &data.instrument {
            Some(name) if named(name) != 1 => {
                let known: Vec<String> = self.instrument.iter().map(full).collect();
                let problem =
                    format!("{name:?} is not exactly one of the instruments defined: {}", known.join(", "));
                Err(self.refuse(key("instrument"), problem))
            }
            // Without any, event files and catalogues say themselves what they hold.
            None if self.instrument.len() > 1 && !matches!(data.format, Format::Events | Format::Catalog) => {
                Err(self.refuse(
                    key("instrument"),
                    format!("expected the symbol of one of the {} instruments", self.instrument.len()),
                ))
            }
            _ => Ok(()),
        }
    }
}
