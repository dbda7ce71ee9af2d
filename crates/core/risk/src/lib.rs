//! What we allow: the only place where a proposal becomes an order. Pure: facts come in as a plain [`RiskView`],
//! and out comes an [`Approved`] order, perhaps smaller than proposed, or a [`Refusal`] with its numbers.
//!
//! It knows no strategy and cannot be talked round: there is no other way to make an `Approved`.

pub mod approved;
pub mod config;
pub mod gate;
pub mod layers;
pub mod loss;
pub mod mode;
pub mod portfolio;
pub mod refusal;
pub mod view;

pub use approved::Approved;
pub use config::{
    AssetLimits, GateConfig, InstrumentLimits, LossAction, MessageLimit, Oversize, RepeatLimit,
};
pub use gate::{EmergencyStep, Gate};
pub use layers::{Proposal, RiskLayer, Verdict};
pub use mode::{ModeChange, ModeReason, ModeRefused};
pub use refusal::Refusal;
pub use view::{Doubt, Exposure, RiskView};
