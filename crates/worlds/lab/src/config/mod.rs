//! The configuration of a run: TOML with every key checked. What is refused is named by file, key and expectation.

mod load;
mod schema;
mod value;

pub use load::ConfigError;
pub use schema::{
    AccountConfig, Config, DataConfig, FeeTierConfig, FeesConfig, Format, ImpactConfig, InstrumentConfig,
    LatencyConfig, QueueConfig, ReceiveShift, ReportConfig, RiskConfig, RunConfig, SweepConfig, VenueConfig,
};
pub use value::{Length, Number, Time};
