//! Portfolio heat: what all positions together may lose in the time that it takes to leave them.

use crate::error::{Error, parameter};

/// One position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exposure {
    /// Fraction of equity; negative is short.
    pub weight: f64,
    /// Standard deviation of the return in the time in which a perfectly liquid position is left.
    pub volatility: f64,
    /// From 1, left in that time, towards 0: the share of the position that is left in it.
    pub liquidity: f64,
}

/// Heat above which no new risk is taken, unless configured otherwise.
pub const HEAT_MAX: f64 = 0.25;

/// `sum of |weight| * volatility / sqrt(liquidity)`. A position of which a share `liquidity` can be left per unit of time
/// takes `1 / liquidity` units, in which its standard deviation grows by the root of that: what is hard to leave is
/// hotter. Correlations are left out on purpose: heat is an upper bound that holds when everything falls together.
///
/// # Errors
/// A value that is not finite, a negative volatility, a liquidity outside 0..=1.
pub fn heat(exposures: &[Exposure]) -> Result<f64, Error> {
    let mut heat = 0.0;
    for it in exposures {
        parameter("weight", it.weight, "finite", true)?;
        parameter("volatility", it.volatility, "zero or more", it.volatility >= 0.0)?;
        let inside = it.liquidity > 0.0 && it.liquidity <= 1.0;
        parameter("liquidity", it.liquidity, "more than 0 and at most 1", inside)?;
        heat += it.weight.abs() * it.volatility / libm::sqrt(it.liquidity);
    }
    Ok(heat)
}

/// Whether positions may become `after`: while the heat stays within the limit, and in any case when it falls.
///
/// # Errors
/// As [`heat`], or a limit that is negative.
pub fn admits(before: &[Exposure], after: &[Exposure], heat_max: f64) -> Result<bool, Error> {
    parameter("heat_max", heat_max, "zero or more", heat_max >= 0.0)?;
    let (before, after) = (heat(before)?, heat(after)?);
    Ok(after <= heat_max || after <= before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposure(weight: f64, liquidity: f64) -> Exposure {
        Exposure { weight, volatility: 0.5, liquidity }
    }

    #[test]
    fn what_is_hard_to_leave_is_hotter_and_shorts_count() {
        let liquid = heat(&[exposure(0.2, 1.0)]).unwrap();
        let stuck = heat(&[exposure(-0.2, 0.25)]).unwrap();
        assert!((liquid - 0.1).abs() < 1e-15);
        assert!((stuck - 0.2).abs() < 1e-15);
        assert!(heat(&[exposure(0.1, 0.0)]).is_err());
        assert!(heat(&[]).unwrap().abs() < 1e-300);
    }

    #[test]
    fn above_the_limit_only_cooling_is_admitted() {
        let hot = [exposure(0.8, 1.0)];
        let cooler = [exposure(0.7, 1.0)];
        assert!(admits(&hot, &cooler, HEAT_MAX).unwrap());
        assert!(!admits(&cooler, &hot, HEAT_MAX).unwrap());
        assert!(admits(&[], &[exposure(0.5, 1.0)], HEAT_MAX).unwrap());
    }
}
