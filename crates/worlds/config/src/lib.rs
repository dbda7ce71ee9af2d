//! The configuration of a run: TOML with every key checked. What is refused is named by file, key and expectation.

mod core;
mod indicators;
mod instrument;
mod load;
mod risk;
mod schema;
mod sections;
mod value;
mod venue;

pub use self::core::{BookSync, FlowBarsConfig, TradeBarsConfig};
pub use indicators::IndicatorList;
pub use instrument::InstrumentConfig;
pub use load::{ConfigError, in_words};
pub use risk::{LossMode, RiskConfig, WrongPrints};
pub use schema::{
    AccountConfig, Config, DataConfig, Format, GridAxis, Names, Paths, ReceiveShift, ReportConfig, RunConfig,
    SweepConfig,
};
pub use value::{Length, Number, Time};
pub use venue::{
    BarsConfig, BeyondConfig, FaultsConfig, FeeTierConfig, FeesConfig, LatencyConfig, LimitsConfig, NoVolume,
    QueueConfig, UnseenQueueConfig, VenueConfig, VolumeShare,
};
