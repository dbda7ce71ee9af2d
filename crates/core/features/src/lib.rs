//! How the market is described: one definition of each feature, for research over history and for the live core. Pure: market
//! data in, numbers out; no clock, no file, nothing about our own orders.

pub mod schema;

mod bind;
pub mod entry;
mod error;
pub mod expr;
pub mod groups;
pub mod pipeline;
mod plan;
pub mod scale;
pub mod sources;
mod window;

pub mod measure;

pub mod detect;
pub mod flow;
pub mod quoting;

pub mod confluence;
pub mod synthesis;

pub use bind::CATALOGUE_VERSION;
pub use error::Error;
pub use pipeline::{BarRow, FeatureVector, Observation, Pipeline};
pub use schema::Schema;
pub use sources::{Outside, Sources};
