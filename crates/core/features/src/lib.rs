//! How the market is described: one definition of each feature, for research over history and for the live core. Pure: market
//! data in, numbers out; no clock, no file, nothing about our own orders.

pub mod schema;

pub mod batch;
mod bind;
pub mod confluence;
pub mod detect;
pub mod entry;
mod error;
pub mod expr;
pub mod flow;
pub mod groups;
pub mod importance;
pub mod latest;
pub mod measure;
mod pace;
mod pair;
pub mod pipeline;
mod plan;
pub mod quoting;
pub mod scale;
pub mod sources;
pub mod state;
pub mod synthesis;
mod window;

pub use bind::CATALOGUE_VERSION;
pub use error::Error;
pub use importance::Importance;
pub use latest::Latest;
pub use pipeline::{BarRow, FeatureVector, Observation, Pipeline};
pub use schema::Schema;
pub use sources::{Outside, Sources, Worth};
