//! Tail dependence: how likely one asset crashes when another does.

use crate::special::StudentT;
use crate::{Error, given};

/// Limit of `P(U <= q | V <= q)` for q to 0 under a t-copula, the same in the upper tail:
/// `2 t_{nu+1}(-sqrt((nu + 1) (1 - rho) / (1 + rho)))` (Demarta and McNeil 2005, equation 10). `nu` is above zero, `rho`
/// within -1..=1. A Gaussian copula has none, unless `rho` is 1.
pub fn student(nu: f64, rho: f64) -> Result<f64, Error> {
    given::parameter("the degrees of freedom", nu, nu > 0.0, "above zero is needed")?;
    given::parameter("the correlation", rho, (-1.0..=1.0).contains(&rho), "from -1 to 1 is needed")?;
    if rho <= -1.0 {
        return Ok(0.0);
    }
    let law = StudentT::new(nu + 1.0)?;
    Ok(2.0 * law.cdf(-libm::sqrt((nu + 1.0) * (1.0 - rho) / (1.0 + rho))))
}

/// Share of the pairs with both at or below `q`, over `q`: the empirical lower tail dependence at that level. Uniforms
/// come in; `q` lies within (0, 0.5].
pub fn empirical_lower(u: &[f64], v: &[f64], q: f64) -> Result<f64, Error> {
    given::equal_lengths("the left side", u.len(), "the right side", v.len())?;
    given::series("the left side", u, 1)?;
    given::finite("the right side", v)?;
    given::parameter("the level", q, q > 0.0 && q <= 0.5, "above 0, to 0.5, is needed")?;
    let both = u.iter().zip(v).filter(|(a, b)| **a <= q && **b <= q).count();
    Ok(both as f64 / (q * u.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_with_correlation_and_falls_with_degrees_of_freedom() {
        let at = |nu, rho| student(nu, rho).unwrap();
        assert!(at(3.0, 0.5) > at(3.0, 0.2) && at(3.0, 0.5) > at(10.0, 0.5));
        assert!((at(4.0, 1.0) - 1.0).abs() < 1e-15 && at(4.0, -1.0).abs() < 1e-300);
        // nu = 1, rho = 0: 2 t_2(-sqrt 2) = 1 - 1 / sqrt 2.
        assert!((at(1.0, 0.0) - (1.0 - std::f64::consts::FRAC_1_SQRT_2)).abs() < 1e-14);
        assert!(student(0.0, 0.1).is_err() && student(3.0, 1.1).is_err());
    }

    #[test]
    fn counts_joint_crashes() {
        let u = [0.05, 0.3, 0.02, 0.9];
        assert!((empirical_lower(&u, &[0.04, 0.01, 0.5, 0.9], 0.1).unwrap() - 2.5).abs() < 1e-12);
        assert!(empirical_lower(&[], &[], 0.1).is_err() && empirical_lower(&u, &u, 0.0).is_err());
    }
}
