//! Statistical tests: what a series may be, and how surely it is not. Each answers with a statistic and a p-value: the
//! chance of a statistic at least as extreme if the null hypothesis, named with each test, were true.
//!
//! Read in this order: [`unit_root`] (is it stationary), [`cointegration`] (do two or more move together),
//! [`autocorrelation`] (does it remember), [`memory`] (for how long), [`normality`] and [`student`] (how are its
//! values distributed), [`samples`] (do two samples differ).

pub mod autocorrelation;
pub mod cointegration;
mod johansen_tables;
mod kolmogorov;
mod mackinnon;
pub mod memory;
pub mod normality;
mod pvalue;
pub mod samples;
pub mod student;
pub mod unit_root;

/// A statistic and its p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// The statistic, as its test defines it.
    pub statistic: f64,
    /// The chance of one at least as extreme under the null hypothesis, 0 to 1.
    pub p: f64,
}
