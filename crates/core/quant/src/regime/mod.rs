//! Which kind of market is this, and since when? Hidden Markov models give each bar a probability of each state; change
//! points say where one stretch ends and another begins; segments say what a stretch was like.
//!
//! [`hmm`] and [`pelt`] look at a whole series and know the future of each bar. What may be used bar by bar is
//! [`hmm::Filter`], [`bayesian`] and [`cusum`]: they know the past only.

pub mod bayesian;
pub mod cusum;
mod emission;
pub mod hmm;
mod hmm_fit;
pub mod pelt;
pub mod segment;

pub use emission::{Emission, Family};
