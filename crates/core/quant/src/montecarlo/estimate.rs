//! A number from a simulation, never without its standard error; ways to make the error smaller for the same paths.

use crate::tails::lower_tail;
use crate::{Error, given};

/// An estimated number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its standard error: two thirds of all repetitions would come this near to the truth.
    pub standard_error: f64,
    /// Independent observations behind it.
    pub count: usize,
}

impl Estimate {
    /// The mean of independent values. Needs two.
    pub fn mean(values: &[f64]) -> Result<Self, Error> {
        given::series("the values of a mean", values, 2)?;
        let (mean, variance) = mean_and_variance(values);
        let n = values.len() as f64;
        given::finite("a mean and its error, of values too large to square,", &[mean, variance])?;
        Ok(Self { value: mean, standard_error: libm::sqrt(variance / n), count: values.len() })
    }

    /// The mean of antithetic values: `values[2k]` and `values[2k + 1]` come from a stream and its mirror image. The
    /// error is that of the means of the pairs, of which at least two are needed.
    pub fn antithetic(values: &[f64]) -> Result<Self, Error> {
        given::equal_lengths("antithetic values", values.len(), "whole pairs", values.len() / 2 * 2)?;
        let pairs: Vec<f64> = values.chunks_exact(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
        Self::mean(&pairs)
    }

    /// The mean of values with a control variate: another number of the same paths whose expectation is known. The
    /// coefficient is that of the regression (Glasserman 2004, section 4.1), which biases the mean by the order of `1/n`,
    /// far below the error. Needs three values; a constant control is refused.
    pub fn with_control(values: &[f64], controls: &[f64], control_mean: f64) -> Result<Self, Error> {
        given::equal_lengths("the values", values.len(), "their controls", controls.len())?;
        given::series("the values of a mean", values, 3)?;
        given::finite("the controls", controls)?;
        given::parameter("the mean of the control", control_mean, true, "a finite number is needed")?;
        let n = values.len() as f64;
        let (mean, variance) = mean_and_variance(values);
        let (control, spread) = mean_and_variance(controls);
        if spread <= 0.0 || controls.iter().all(|c| c.total_cmp(&controls[0]).is_eq()) {
            return Err(Error::Constant { what: "the control variate" });
        }
        let shared =
            values.iter().zip(controls).map(|(v, c)| (v - mean) * (c - control)).sum::<f64>() / (n - 1.0);
        let slope = shared / spread;
        let rest = (variance - slope * shared).max(0.0) * (n - 1.0) / (n - 2.0);
        Ok(Self {
            value: mean - slope * (control - control_mean),
            standard_error: libm::sqrt(rest / n),
            count: values.len(),
        })
    }

    /// The probability of what was seen `hits` times in `count` independent trials.
    pub fn probability(hits: usize, count: usize) -> Result<Self, Error> {
        given::enough("the trials of a probability", count, 1)?;
        given::parameter("the hits", hits as f64, hits <= count, "no more than trials are possible")?;
        let p = hits as f64 / count as f64;
        Ok(Self { value: p, standard_error: libm::sqrt(p * (1.0 - p) / count as f64), count })
    }
}

/// Value at risk and expected shortfall, each with its error. Losses are positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// The loss that a share `level` of the paths does not exceed.
    pub value_at_risk: Estimate,
    /// Mean of the losses at or beyond it.
    pub expected_shortfall: Estimate,
}

impl Tail {
    /// Of independent losses, in any order, at a level within 0.5..1. The quantile interpolates between order statistics
    /// (Hyndman and Fan 1996, type 7); its error is half the distance of the order statistics one standard deviation of
    /// the count apart on either side (Woodruff 1952). The error of the shortfall is that of Manistre and Hancock (2005).
    /// Ten losses must be expected beyond the level.
    pub fn of(losses: &[f64], level: f64) -> Result<Self, Error> {
        let mut outcomes: Vec<f64> = losses.iter().map(|loss| -loss).collect();
        outcomes.sort_unstable_by(f64::total_cmp);
        Self::of_outcomes(&outcomes, level)
    }

    /// Of outcomes in ascending order, a loss negative. The definitions are those of
    /// [`historical_tail`](crate::tails::historical_tail()).
    pub(crate) fn of_outcomes(sorted: &[f64], level: f64) -> Result<Self, Error> {
        given::parameter("the level", level, (0.5..1.0).contains(&level), "from 0.5 to below 1 is needed")?;
        let need = libm::ceil(10.0 / (1.0 - level) - 1e-6) as usize;
        given::series("the losses", sorted, need)?;
        let n = sorted.len() as f64;
        let share = 1.0 - level;
        let (cut, beyond) = lower_tail(sorted, share);
        let count = beyond.len() as f64;
        let mean = (beyond.iter().sum::<f64>() / count).min(cut);
        let spread = beyond.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / count;
        let error = libm::sqrt((spread + level * (mean - cut) * (mean - cut)) / (n * share));
        let wide = libm::sqrt(level * share / n);
        let quantile_at = |p: f64| given::quantile_sorted(sorted, p.clamp(0.0, 1.0));
        let band = (quantile_at(share + wide) - quantile_at(share - wide)) / 2.0;
        let estimate = |value, standard_error| Estimate { value, standard_error, count: sorted.len() };
        Ok(Self { value_at_risk: estimate(-cut, band), expected_shortfall: estimate(-mean, error) })
    }
}

/// Mean and variance with divisor `n - 1`, of at least two values; the variance about the mean, so that it never cancels.
fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn a_worked_example_by_hand() {
        let got = Estimate::mean(&[1.0, 2.0, 3.0, 6.0]).unwrap();
        assert!((got.value - 3.0).abs() < 1e-15);
        assert!((got.standard_error - (14.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
        let pairs = Estimate::antithetic(&[1.0, 3.0, 2.0, 4.0]).unwrap();
        assert!((pairs.value - 2.5).abs() < 1e-15 && pairs.count == 2);
        let sure = Estimate::with_control(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0], 25.0).unwrap();
        assert!((sure.value - 2.5).abs() < 1e-14 && sure.standard_error < 1e-7);
        let coin = Estimate::probability(25, 100).unwrap();
        assert!((coin.standard_error - 0.043_301_270_189).abs() < 1e-11);
    }

    #[test]
    fn the_stated_errors_are_those_of_many_repetitions() {
        let key = Key::named(1, "errors");
        let (mut tails, mut values) = (vec![], vec![0.0; 2000]);
        for repetition in 0..400 {
            key.stream(repetition).fill_normal(&mut values);
            tails.push(Tail::of(&values, 0.95).unwrap());
        }
        let check = |name: &str, of: &dyn Fn(&Tail) -> Estimate, truth: f64| {
            let found: Vec<f64> = tails.iter().map(|t| of(t).value).collect();
            let (mean, variance) = mean_and_variance(&found);
            let stated = tails.iter().map(|t| of(t).standard_error).sum::<f64>() / 400.0;
            println!("{name}: mean {mean} of {truth}, spread {}, stated {stated}", variance.sqrt());
            assert!((stated / variance.sqrt() - 1.0).abs() < 0.15);
            assert!((mean - truth).abs() < 0.01);
        };
        check("value at risk", &|t| t.value_at_risk, 1.644_853_6);
        check("expected shortfall", &|t| t.expected_shortfall, 2.062_712_8);
    }

    #[test]
    fn refuses_too_little() {
        assert!(Estimate::mean(&[1.0]).is_err() && Estimate::mean(&[1.0, f64::NAN]).is_err());
        assert!(Estimate::antithetic(&[1.0, 2.0, 3.0]).is_err());
        assert!(matches!(
            Estimate::with_control(&[1.0, 2.0, 3.0], &[5.0; 3], 5.0),
            Err(Error::Constant { .. })
        ));
        assert!(matches!(Tail::of(&[1.0; 999], 0.99), Err(Error::TooShort { need: 1000, .. })));
        assert!(Tail::of(&[1.0; 1000], 0.99).unwrap().expected_shortfall.standard_error.abs() < 1e-12);
        assert!(Estimate::probability(0, 0).is_err() && Estimate::probability(3, 2).is_err());
    }
}
