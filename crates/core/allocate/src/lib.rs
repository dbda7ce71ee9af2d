//! How much of each: portfolio optimisation and sizing formulas, on plain numbers. The only room with a convex solver.
//!
//! Numbers in, weights or a named refusal out: no clock, no dice but a seed that is given, no venue, no order. Weights are
//! fractions of equity, negative is short. Each optimum carries the residuals of its own conditions of optimality
//! ([`Check`]), computed here and not by the solver, and is refused when they fail; its weights keep their limits to
//! [`FEASIBLE`]. Limits that exclude each other are named, as few of them as conflict ([`Error::Infeasible`]).
//!
//! Left out: constraints on whole numbers of assets, and a covariance that changes within a plan.

pub mod budgeting;
pub mod certificate;
pub mod constraints;
pub mod costs;
pub mod covariance;
pub mod error;
pub mod gradient;
pub mod heat;
pub mod hierarchy;
pub mod kelly;
pub mod lots;
pub mod meanrisk;
pub mod meanvariance;
pub mod multiperiod;
pub mod nested;
mod pivoting;
pub mod pooling;
pub mod portfolio;
mod program;
pub mod realtime;
pub mod regime;
pub mod resampling;
pub mod risk;
pub mod ruin;
pub mod scenarios;
pub mod sizing;
pub mod tree;
pub mod uncertainty;
pub mod views;

pub use certificate::Check;
pub use constraints::{Constraints, Group, Range, Source, Turnover};
pub use costs::Costs;
pub use covariance::Covariance;
pub use error::Error;
pub use meanrisk::MeanRisk;
pub use meanvariance::MeanVariance;
pub use portfolio::{FEASIBLE, Portfolio};
pub use risk::Risk;
pub use scenarios::Scenarios;
pub use tree::{Linkage, Tree};
pub use uncertainty::Uncertainty;
