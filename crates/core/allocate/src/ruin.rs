//! How likely a drawdown or ruin is, in closed form.

use crate::error::{Error, parameter};
use crate::kelly::Outcomes;
use scalp_quant::special::normal_cdf;

/// The chance to lose all of `units` even-money stakes before winning `goal - units` (Feller 1968, XIV.2); without a goal,
/// the chance to lose them ever.
///
/// # Errors
/// A probability outside 0..=1, no units, or a goal that is not above them.
pub fn gambler(probability: f64, units: u32, goal: Option<u32>) -> Result<f64, Error> {
    parameter("probability", probability, "from 0 to 1", (0.0..=1.0).contains(&probability))?;
    parameter("units", f64::from(units), "at least 1", units > 0)?;
    if probability <= 0.0 {
        return Ok(1.0);
    }
    let ratio = (1.0 - probability) / probability;
    let held = f64::from(units);
    let Some(goal) = goal else {
        return Ok(if ratio >= 1.0 { 1.0 } else { libm::pow(ratio, held) });
    };
    parameter("goal", f64::from(goal), "more than the units", goal > units)?;
    let goal = f64::from(goal);
    if (ratio - 1.0).abs() < 1e-12 {
        return Ok(1.0 - held / goal);
    }
    if ratio > 1.0 {
        // Divided by ratio^goal, which may be too large to write down.
        let inverse = 1.0 / ratio;
        return Ok((1.0 - libm::pow(inverse, goal - held)) / (1.0 - libm::pow(inverse, goal)));
    }
    Ok((libm::pow(ratio, held) - libm::pow(ratio, goal)) / (1.0 - libm::pow(ratio, goal)))
}

/// Equity that follows a geometric Brownian motion: `growth` is the drift of its logarithm and `volatility` its standard
/// deviation, both per the same unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diffusion {
    growth: f64,
    volatility: f64,
}

impl Diffusion {
    /// Checks and keeps the two.
    ///
    /// # Errors
    /// A growth that is not finite, or a volatility that is not positive.
    pub fn new(growth: f64, volatility: f64) -> Result<Self, Error> {
        parameter("growth", growth, "finite", true)?;
        parameter("volatility", volatility, "more than zero", volatility > 0.0)?;
        Ok(Self { growth, volatility })
    }

    /// Equity that holds `multiple` of the full Kelly fraction of an asset with this Sharpe ratio above the riskless rate:
    /// growth `sharpe^2 (multiple - multiple^2 / 2)`, volatility `sharpe * multiple` (Thorp 2006, section 7).
    ///
    /// # Errors
    /// A Sharpe ratio or a multiple that is not positive.
    pub fn of_kelly(sharpe: f64, multiple: f64) -> Result<Self, Error> {
        parameter("Sharpe ratio", sharpe, "more than zero", sharpe > 0.0)?;
        parameter("multiple", multiple, "more than zero", multiple > 0.0)?;
        Self::new(sharpe * sharpe * (multiple - 0.5 * multiple * multiple), sharpe * multiple)
    }

    /// The chance that equity ever falls to `share` of what it is now: `share^(2 growth / volatility^2)`, for
    /// [`of_kelly`](Self::of_kelly) `share^(2 / multiple - 1)`; certain without growth.
    ///
    /// # Errors
    /// A share outside 0..1.
    pub fn ever_falls_to(self, share: f64) -> Result<f64, Error> {
        parameter("share", share, "between 0 and 1, both excluded", share > 0.0 && share < 1.0)?;
        if self.growth <= 0.0 {
            return Ok(1.0);
        }
        Ok(libm::pow(share, 2.0 * self.growth / (self.volatility * self.volatility)))
    }

    /// The chance that equity falls to `share` of what it is now within `horizon`: the first passage of Brownian motion
    /// with drift (Borodin & Salminen 2002, 2.1.2.4).
    ///
    /// # Errors
    /// A share outside 0..1, or a horizon that is not positive.
    pub fn falls_to_within(self, share: f64, horizon: f64) -> Result<f64, Error> {
        parameter("share", share, "between 0 and 1, both excluded", share > 0.0 && share < 1.0)?;
        parameter("horizon", horizon, "more than zero", horizon > 0.0)?;
        let level = libm::log(share);
        let spread = self.volatility * libm::sqrt(horizon);
        let drift = self.growth * horizon;
        let direct = normal_cdf((level - drift) / spread);
        let mirrored = normal_cdf((level + drift) / spread);
        let tilt = 2.0 * self.growth * level / (self.volatility * self.volatility);
        // With a strong downward drift the tilt overflows where the mirrored path is impossible.
        let second = if mirrored > 0.0 { libm::exp(tilt + libm::log(mirrored)) } else { 0.0 };
        Ok((direct + second).clamp(0.0, 1.0))
    }

    /// In the long run, the share of time that equity spends more than `drawdown` (a share) below its highest point: the
    /// stationary law of reflected Brownian motion, `(1 - drawdown)^(2 growth / volatility^2)`; all of it without growth.
    ///
    /// # Errors
    /// A drawdown outside 0..1.
    pub fn time_below_peak(self, drawdown: f64) -> Result<f64, Error> {
        let inside = drawdown > 0.0 && drawdown < 1.0;
        parameter("drawdown", drawdown, "between 0 and 1, both excluded", inside)?;
        self.ever_falls_to(1.0 - drawdown)
    }
}

/// The largest multiple of the Kelly fraction with which the chance ever to fall to `share` is at most `chance`:
/// `2 / (1 + ln chance / ln share)` (from MacLean, Thorp & Ziemba 2010); at most 2, where growth ends.
///
/// # Errors
/// A share or a chance outside 0..1.
pub fn kelly_multiple_for(share: f64, chance: f64) -> Result<f64, Error> {
    parameter("share", share, "between 0 and 1, both excluded", share > 0.0 && share < 1.0)?;
    parameter("chance", chance, "between 0 and 1, both excluded", chance > 0.0 && chance < 1.0)?;
    Ok(2.0 / (1.0 + libm::log(chance) / libm::log(share)))
}

/// Lundberg's exponent of a repeated bet of fixed size: the `r > 0` with `E[exp(-r X)] = 1`. The chance that a capital of
/// `u` stakes is ever lost is at most `exp(-r u)` (Lundberg's inequality; Asmussen & Albrecher 2010, chapter IV).
///
/// # Errors
/// [`Error::Parameter`] where the bet has no edge (ruin is certain then); [`Error::Unbounded`] where it cannot lose.
pub fn adjustment_coefficient(returns: &[f64], probabilities: &[f64]) -> Result<f64, Error> {
    let mean = Outcomes::new(returns.to_vec(), probabilities.to_vec())?.mean();
    parameter("expected return of the bet", mean, "more than zero", mean > 0.0)?;
    if returns.iter().zip(probabilities).all(|(it, p)| *it >= 0.0 || *p <= 0.0) {
        return Err(Error::Unbounded);
    }
    let excess = |r: f64| {
        let parts = returns.iter().zip(probabilities).filter(|(_, p)| **p > 0.0);
        parts.map(|(it, p)| p * libm::expm1(-r * it)).sum::<f64>()
    };
    // Zero at 0, falling there, convex, and at last positive: double until it is, then bisect.
    let unit = returns.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
    let (mut low, mut high) = (0.0, 1.0 / unit);
    while excess(high) <= 0.0 {
        low = high;
        high *= 2.0;
    }
    if low <= 0.0 {
        low = high;
        while excess(low) > 0.0 {
            low *= 0.5;
        }
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return Ok(low);
        }
        if excess(middle) <= 0.0 { low = middle } else { high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gambler_satisfies_his_recursion() {
        for p in [0.2, 0.45, 0.5, 0.6, 0.999] {
            let ruin = |units: u32| match units {
                0 => 1.0,
                9 => 0.0,
                _ => gambler(p, units, Some(9)).unwrap(),
            };
            for units in 1..9 {
                let step = p * ruin(units + 1) + (1.0 - p) * ruin(units - 1);
                assert!((ruin(units) - step).abs() < 1e-13, "{p} {units}");
            }
        }
        assert!((gambler(0.6, 3, None).unwrap() - gambler(0.6, 3, Some(2_000)).unwrap()).abs() < 1e-12);
        assert!(gambler(0.5, 3, Some(3)).is_err());
    }

    #[test]
    fn full_kelly_falls_to_a_half_with_one_chance_in_two() {
        let full = Diffusion::of_kelly(1.5, 1.0).unwrap();
        assert!((full.ever_falls_to(0.5).unwrap() - 0.5).abs() < 1e-14);
        let half = Diffusion::of_kelly(1.5, 0.5).unwrap();
        assert!((half.ever_falls_to(0.5).unwrap() - 0.125).abs() < 1e-14);
        let multiple = kelly_multiple_for(0.5, 0.125).unwrap();
        assert!((multiple - 0.5).abs() < 1e-14);
    }

    #[test]
    fn a_long_horizon_is_for_ever_and_no_drift_is_the_reflection_principle() {
        let it = Diffusion::new(0.1, 0.3).unwrap();
        let (ever, long) = (it.ever_falls_to(0.7).unwrap(), it.falls_to_within(0.7, 1e4).unwrap());
        assert!((ever - long).abs() < 1e-12);
        let flat = Diffusion::new(0.0, 0.3).unwrap();
        let reflected = 2.0 * normal_cdf(libm::log(0.7) / 0.3);
        assert!((flat.falls_to_within(0.7, 1.0).unwrap() - reflected).abs() < 1e-15);
        let sinking = Diffusion::new(-50.0, 0.1).unwrap();
        assert!((sinking.falls_to_within(0.7, 1.0).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn lundberg_of_an_even_bet_is_the_gambler() {
        let r = adjustment_coefficient(&[1.0, -1.0], &[0.6, 0.4]).unwrap();
        assert!((libm::exp(-5.0 * r) - gambler(0.6, 5, None).unwrap()).abs() < 1e-14);
        assert!(adjustment_coefficient(&[1.0, -1.0], &[0.4, 0.6]).is_err());
        assert_eq!(adjustment_coefficient(&[1.0, 0.5], &[0.4, 0.6]), Err(Error::Unbounded));
        // A thin edge has a small exponent: about twice the mean by the variance.
        let thin = adjustment_coefficient(&[1.0, -1.0], &[0.5005, 0.4995]).unwrap();
        assert!((thin - 0.002).abs() < 1e-6);
    }
}
