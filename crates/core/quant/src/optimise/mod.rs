//! Minimisers and root finders for smooth and rough functions of a few variables. Deterministic: the same start gives
//! the same steps. They know nothing of what they minimise.
//!
//! Every one of them says how it ended: a result carries the steps taken and what is left of the gradient, and a search
//! that ends elsewhere is [`Error::NotConverged`], never a last guess dressed as an answer.
//!
//! A function may answer NaN or an infinity where it is not defined; the searches take that for "higher than anything"
//! and stay away. At the start it must be finite.

mod bfgs;
mod boxed;
mod brent;
mod lbfgs;
mod line_search;
mod nelder_mead;

pub use bfgs::bfgs;
pub use boxed::{Bounds, lbfgs_in_box};
pub use brent::{Bracket, Minimum1d, Root, bracket, minimum, root};
pub use lbfgs::lbfgs;
pub use nelder_mead::nelder_mead;

use crate::Error;

/// Where a search may stop, and its name in a refusal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// What is searched, for the message of a failure.
    pub what: &'static str,
    /// The largest component of the gradient must fall to this times the size of the value: its absolute value or that at the start, the smaller, or 1 if both are below. For [`nelder_mead`] it bounds the
    /// spread of the values over the simplex in the same way, and the size of the simplex relative to its best corner.
    pub tolerance: f64,
    /// Steps after which the search gives up.
    pub iterations_max: usize,
}

impl Stop {
    /// The usual: tolerance `1e-8`, 500 steps.
    pub const fn new(what: &'static str) -> Self {
        Self { what, tolerance: 1e-8, iterations_max: 500 }
    }
}

/// A minimum that a search of several variables stands behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// Where.
    pub x: Vec<f64>,
    /// How low.
    pub value: f64,
    /// The largest component of the gradient there; of its part that does not point out of the box for [`lbfgs_in_box`]; by
    /// central differences for [`nelder_mead`], which sees no gradient.
    pub gradient_norm: f64,
    /// Steps taken.
    pub iterations: usize,
    /// How often the function was asked.
    pub evaluations: usize,
}

/// Gradient of `f` at `x` by central differences with steps of `eps^(1/3) max(|x_i|, 1)`: about ten digits at best.
pub fn gradient_by_differences(mut f: impl FnMut(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    let mut at = x.to_vec();
    (0..x.len())
        .map(|i| {
            let step = 6.055e-6 * x[i].abs().max(1.0);
            let (above, below) = (x[i] + step, x[i] - step);
            at[i] = above;
            let up = f(&at);
            at[i] = below;
            let down = f(&at);
            at[i] = x[i];
            (up - down) / (above - below)
        })
        .collect()
}

/// Largest absolute component.
fn norm_max(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |most, c| if c.abs() > most || c.is_nan() { c.abs() } else { most })
}

/// What a gradient is compared with. A function that falls for ever must not grow its own tolerance.
fn scale(value: f64, first_value: f64) -> f64 {
    value.abs().min(first_value.abs()).max(1.0)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn check_start(what: &'static str, start: &[f64]) -> Result<(), Error> {
    if start.is_empty() {
        return Err(Error::TooShort { what, have: 0, need: 1 });
    }
    match start.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(Error::NotFinite { what, index, value: start[index] }),
        None => Ok(()),
    }
}

/// The value and gradient at the start; refused where they are not finite.
fn value_at_start(
    f: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    what: &'static str,
    x: &[f64],
    gradient: &mut [f64],
) -> Result<f64, Error> {
    let value = f(x, gradient);
    if value.is_finite() && gradient.iter().all(|g| g.is_finite()) {
        return Ok(value);
    }
    Err(Error::NotConverged {
        what,
        iterations: 0,
        detail: format!("the start is outside its domain: {value}"),
    })
}
