//! How things move together: covariance and correlation, their shrinkage and cleaning, rank dependence, copulas.
//!
//! Returns come as a [`Matrix`](crate::matrix::Matrix) with one row per time step and one column per asset. Covariances
//! are per step; multiply by the steps of a year for annual ones ([`Matrix::scaled`](crate::matrix::Matrix::scaled)).

pub mod copula;
pub mod covariance;
pub mod denoise;
pub mod information;
pub mod rank;
pub mod shrinkage;
