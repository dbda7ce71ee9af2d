//! Microstructure: what trades and books tell, one event at a time. One table lists every measure by name, documents it,
//! builds it from a text such as `VPIN(50)` and tests it.
//!
//! ```
//! use scalp_features::flow;
//! use scalp_features::measure::{Depth, Level};
//! use scalp_indicators::Request;
//!
//! let mut micro = flow::build(&Request::parse("MICROPRICE(1)")?)?;
//! let mut out = vec![f64::NAN; micro.spec.outputs.len()];
//! let level = |price, size| Level { price, size };
//! let book = Depth { at: 0, bids: &[level(99.0, 3.0)], asks: &[level(101.0, 1.0)], changes: &[] };
//! micro.measure.on_book(&book);
//! micro.measure.write(&mut out);
//! assert_eq!(out[0], 100.5); // three quarters of the way to the side that is thin
//! # Ok::<(), scalp_indicators::Error>(())
//! ```

mod bars;
mod book;
mod decay;
mod entries;
mod explained;
mod formulas;
pub mod hawkes;
mod history;
mod imbalance;
mod impact;
mod price;
mod queue;
mod rows;
mod sign;
mod table;
mod trades;
mod vpin;

pub use bars::{Bar, Clock};
pub(crate) use decay::{Fading, Moments, seconds_between};
pub(crate) use explained::{Explained, Priced, Prices, ROUNDING};
pub(crate) use history::History;
pub use sign::{Bulk, Classifier, Deviation, Signs};
pub use table::{Built, Cost, Family, Kept, Output, Reads, Spec, Stream, build, catalogue, find, page};
pub use vpin::{Bucket, Split, Toxicity, Vpin};
