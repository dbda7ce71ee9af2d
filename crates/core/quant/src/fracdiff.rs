//! Fractional differences with a window of fixed width: as stationary as needed, with as much memory left as possible.
//! Lopez de Prado (2018), chapter 5.

use crate::Error;
use crate::series::{check, check_parameter, dot};

/// Most weights; a threshold so small that more are needed asks for nearly the whole history at every bar.
pub const WEIGHTS_MAX: usize = 100_000;

/// Weights of `(1 - B)^order` from the present value back, until the first below `threshold` in size, which is left out.
pub fn weights(order: f64, threshold: f64) -> Result<Vec<f64>, Error> {
    check_parameter("order", order, (0.0..=2.0).contains(&order), "0 to 2")?;
    check_parameter("threshold", threshold, threshold > 0.0 && threshold < 1.0, "between 0 and 1")?;
    let mut out = vec![1.0];
    loop {
        let k = out.len() as f64;
        let next = -out[out.len() - 1] * (order - k + 1.0) / k;
        if next.abs() < threshold {
            return Ok(out);
        }
        if out.len() == WEIGHTS_MAX {
            return Err(Error::Parameter {
                name: "threshold",
                value: threshold,
                expected: "larger: over 100,000 weights",
            });
        }
        out.push(next);
    }
}

/// The fractional difference of each value; `None` for the first ones, before the window is full.
pub fn difference(x: &[f64], order: f64, threshold: f64) -> Result<Vec<Option<f64>>, Error> {
    let mut weights = weights(order, threshold)?;
    check("fractional difference: series", x, 1)?;
    weights.reverse();
    let width = weights.len();
    let mut out = vec![None; (width - 1).min(x.len())];
    out.extend(x.windows(width).map(|w| Some(dot(&weights, w))));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_one_is_the_difference_and_order_zero_the_series() {
        let x = [1.0, 4.0, 9.0, 16.0];
        assert_eq!(difference(&x, 1.0, 1e-5).unwrap(), [None, Some(3.0), Some(5.0), Some(7.0)]);
        assert_eq!(difference(&x, 0.0, 1e-5).unwrap(), x.map(Some));
        assert_eq!(difference(&x[..1], 1.0, 1e-5).unwrap(), [None]);
        assert!(difference(&x, 0.4, 1e-12).is_err());
    }
}
