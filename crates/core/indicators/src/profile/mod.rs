//! The matrix profile: for every window of a series, how far its nearest neighbour is and where. Numbers in and out; no
//! clock, no thread.
//!
//! The distance of two windows of `m` values is the Euclidean one after each is z-normalised (mean 0, population standard
//! deviation 1), so that shape counts and level and size do not; it lies in `0..=2 sqrt(m)`. In a series joined with itself
//! windows whose starts are `ceil(m/4)` or fewer apart are no neighbours: they share most of their values.
//!
//! ```
//! use scalp_indicators::profile::{self, Join};
//!
//! // A shape that comes twice, in a series that otherwise never repeats.
//! let mut x: Vec<f64> = (0..200).map(|i| f64::from(i * i % 1009)).collect();
//! let shape = [0.0, 3.0, 1.0, 7.0, 2.0, 9.0, 4.0, 4.5];
//! x[30..38].copy_from_slice(&shape);
//! x[150..158].copy_from_slice(&shape.map(|it| 100.0 + 20.0 * it));
//!
//! let profile = Join::of_itself(&x, 8)?.profile();
//! let motif = profile::motifs(&profile, 1)[0];
//! assert_eq!((motif.first, motif.second), (30, 150));
//! assert!(motif.distance < 1e-6);
//! # Ok::<(), profile::Error>(())
//! ```
//!
//! # What holds everywhere here
//!
//! - **Constant windows** (all values equal): two of them are 0 apart, one and an ordinary window `sqrt(m)` (the rule of
//!   stumpy). Differences whose squares sum to less than 1e-200 count as none.
//! - **Missing values**: a value that is NaN, infinite or beyond 1e100 is missing. A window that touches one has no
//!   neighbour and is nobody's; no other window changes by it.
//! - **Ties**: correlations above `1 - 1e-13` count as equal, and of equals the lower index wins.
//! - **Same bits**: the correlation of two windows is calculated by steps that depend on nothing but their places, so a
//!   join answers the same however its diagonals are divided, and a stream answers what the join does.
//! - **Distances**: the neighbour is found by the recurrence; its distance is then taken from the two windows
//!   themselves, so it does not carry what the recurrence lost.
//!
//! # What is left out
//!
//! More than one neighbour for each window, other norms than the z-normalised, several dimensions, windows of
//! all lengths at once, approximate joins (SCRIMP's random order), and the idealised arc curve as stumpy simulates it:
//! [`ideal_arcs`] gives its expectation in closed form, and [`corrected_arcs`] takes any other.
//!
//! # Sources
//!
//! Yeh et al., Matrix Profile I (ICDM 2016); Zhu et al., Matrix Profile II and XI (STOMP, SCRIMP++, 2016 and 2018); the update
//! of covariances along a diagonal after mpx (Kamgar et al., Matrix Profile XV, 2019); Gharghabi et al., Matrix Profile VIII (FLUSS and
//! FLOSS, ICDM 2017).

mod arcs;
mod changes;
mod error;
mod join;
mod patterns;
mod query;
mod stream;
mod windows;

pub use arcs::{Floss, arcs, corrected_arcs, ideal_arcs, ideal_right_arcs, regimes};
pub use changes::{Anomaly, anomalies, changes, percentile};
pub use error::Error;
pub use join::{Join, Neighbour, Part, Profile};
pub use patterns::{Discord, Motif, discords, followed, motifs, motifs_apart};
pub use query::distance_profile;
pub use stream::Stream;
pub use windows::exclusion_zone;
