//! The pretend exchange and the road to it: matching against recorded markets, fees, margin, latency and faults.
//! It does not know who trades: requests come in, replies go out, both at their time.

pub mod account;
mod archive;
pub mod bars;
pub mod config;
pub mod draw;
pub mod exchange;
mod faults;
mod fees;
mod groups;
mod l3;
pub mod latency;
mod limits;
mod matching;
mod orders;
pub mod pit;
mod queue;
pub mod replies;
pub mod source;
mod submit;
pub mod synthetic;
mod taking;
mod trigger;
pub mod world;

pub use archive::{ANSWER_FILLS_MAX, FILLS_KEPT_MAX, ORDERS_KEPT_MAX};
pub use config::{
    BarPath, BarRules, Beyond, ConfigError, ExchangeConfig, FaultRules, FeeTier, FillRules, FillSize, IdRule,
    MarginRules, QueueModel, RateLimits, UnseenQueue,
};
pub use exchange::{Counts, Exchange, ExchangeError, FORCED_ORDER_IDS, OPEN_ORDERS_MAX};
pub use groups::GROUPS_MAX;
pub use latency::{LatencyConfig, LatencyModel, LatencySample, Spikes};
pub use orders::ENDED_IDS_MAX;
pub use pit::Detail;
pub use replies::{Part, Replies, Reply, ReplyBody};
pub use source::{Feed, Kept, Merged, Order, StoredEvent};
pub use world::{REQUESTS_IN_FLIGHT_MAX, Reached, World};
