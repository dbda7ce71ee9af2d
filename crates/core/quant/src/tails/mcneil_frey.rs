//! Whether losses beyond value at risk were as large as expected shortfall said, without a law of the errors: the test of
//! exceedance residuals (McNeil & Frey 2000, section 4.3).

use super::{TailRisk, mean};
use crate::Error;
use crate::given;
use crate::rng::Key;

/// Fewest exceedances whose mean is worth a test.
const EXCEEDANCES_MIN: usize = 5;

/// The test and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct ExceedanceResiduals {
    /// `(loss - expected shortfall) / deviation` of each exceedance, in time. Their mean is zero where the forecasts of
    /// shortfall are right.
    pub residuals: Vec<f64>,
    /// Their mean over its standard error (divisor `n - 1`): positive where losses were larger than forecast.
    pub statistic: f64,
    /// Share of the resamples of the residuals, moved to mean zero, with a statistic at least as large. One-sided: it is
    /// small where expected shortfall was too small.
    pub p_value: f64,
}

/// Tests forecasts, made before each return, against what came. `deviations` are the conditional standard deviations that
/// make the residuals comparable in time; all one where the forecasts have none.
///
/// The p-value is that of the bootstrap of a mean by Efron & Tibshirani (1993, algorithm 16.2) with `resamples` resamples
/// (10,000 is usual) from `seed`; the sample itself counts as one of them, so that none is zero. It takes the residuals to
/// be independent. Refuses fewer than five exceedances, and residuals that do not vary.
pub fn mcneil_frey(
    returns: &[f64],
    forecasts: &[TailRisk],
    deviations: &[f64],
    resamples: usize,
    seed: u64,
) -> Result<ExceedanceResiduals, Error> {
    given::series("returns", returns, 1)?;
    given::equal_lengths("returns", returns.len(), "forecasts", forecasts.len())?;
    given::equal_lengths("returns", returns.len(), "deviations", deviations.len())?;
    let allowed = (1..=1_000_000).contains(&resamples);
    given::parameter("resamples", resamples as f64, allowed, "from 1 to 1,000,000")?;
    let mut residuals = Vec::new();
    for (index, ((r, forecast), deviation)) in returns.iter().zip(forecasts).zip(deviations).enumerate() {
        let sound = *deviation > 0.0 && deviation.is_finite();
        if !(sound && forecast.value_at_risk.is_finite() && forecast.expected_shortfall.is_finite()) {
            let expected = "a finite forecast with a positive deviation";
            return Err(Error::OutOfRange { what: "forecasts", index, value: *deviation, expected });
        }
        if -r > forecast.value_at_risk {
            residuals.push((-r - forecast.expected_shortfall) / deviation);
        }
    }
    given::series("exceedance residuals", &residuals, EXCEEDANCES_MIN)?;
    crate::series::check_varying("exceedance residuals", &residuals, EXCEEDANCES_MIN)?;
    let statistic = studentised(&residuals).ok_or(Error::Constant { what: "exceedance residuals" })?;
    let centre = mean(&residuals);
    let centred: Vec<f64> = residuals.iter().map(|r| r - centre).collect();
    let mut stream = Key::named(seed, "exceedance residuals").stream(0);
    let mut drawn = vec![0.0; centred.len()];
    let mut reached = 0_usize;
    for _ in 0..resamples {
        for value in &mut drawn {
            *value = centred[stream.below(centred.len() as u64) as usize];
        }
        // A resample of one value alone is infinitely many errors away from zero, on the side of that value.
        let far = || if drawn[0] > 0.0 { f64::INFINITY } else { f64::NEG_INFINITY };
        reached += usize::from(studentised(&drawn).unwrap_or_else(far) >= statistic);
    }
    Ok(ExceedanceResiduals { residuals, statistic, p_value: (reached + 1) as f64 / (resamples + 1) as f64 })
}

/// Mean over its standard error; `None` where the values do not vary.
fn studentised(values: &[f64]) -> Option<f64> {
    let (n, centre) = (values.len() as f64, mean(values));
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    let error = libm::sqrt(squares / (n - 1.0) / n);
    Some(centre / error).filter(|t| t.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volatility::Errors;

    fn forecast() -> TailRisk {
        let normal = Errors::Normal;
        TailRisk {
            value_at_risk: -normal.quantile(0.05).unwrap(),
            expected_shortfall: -normal.tail_mean(0.05).unwrap(),
        }
    }

    #[test]
    fn residuals_and_statistic_by_hand() {
        let forecast = TailRisk { value_at_risk: 1.0, expected_shortfall: 2.0 };
        let returns = [0.5, -1.5, -3.0, -0.9, -2.0, -2.5, -4.0, -1.0];
        let deviations = [1.0, 1.0, 2.0, 1.0, 1.0, 0.5, 4.0, 1.0];
        let got = mcneil_frey(&returns, &[forecast; 8], &deviations, 100, 1).unwrap();
        assert_eq!(got.residuals, [-0.5, 0.5, 0.0, 1.0, 0.5]);
        // Mean 0.3, squares about it 1.3, error sqrt(1.3 / 4 / 5).
        assert!((got.statistic - 0.3 / (1.3_f64 / 20.0).sqrt()).abs() < 1e-14);
    }

    #[test]
    fn the_bootstrap_is_the_enumeration_of_all_resamples() {
        // Five residuals have 5^5 resamples.
        let values = [-0.5, 0.5, 0.0, 1.0, 0.5];
        let returns: Vec<f64> = values.iter().map(|v| -(2.0 + v)).collect();
        let forecast = TailRisk { value_at_risk: 1.0, expected_shortfall: 2.0 };
        let got = mcneil_frey(&returns, &[forecast; 5], &[1.0; 5], 200_000, 3).unwrap();
        let seen = studentised(&values).unwrap();
        let centred: Vec<f64> = values.iter().map(|v| v - 0.3).collect();
        let mut reached = 0;
        for mut code in 0..5_usize.pow(5) {
            let drawn: Vec<f64> = (0..5)
                .map(|_| {
                    let value = centred[code % 5];
                    code /= 5;
                    value
                })
                .collect();
            let t = studentised(&drawn).unwrap_or(if drawn[0] > 0.0 { 9e9 } else { -9e9 });
            reached += usize::from(t >= seen - 1e-12);
        }
        let exact = f64::from(reached as u32) / 3125.0;
        println!("bootstrap {} of exactly {exact}", got.p_value);
        assert!((got.p_value - exact).abs() < 0.005);
    }

    #[test]
    fn it_keeps_its_size_and_sees_shortfall_that_is_too_small() {
        let (mut rejected, mut seen) = (0, 0);
        for world in 0..200 {
            let mut stream = Key::named(world, "worlds").stream(0);
            let returns: Vec<f64> = (0..1_000).map(|_| stream.normal()).collect();
            let p = |scale: f64| {
                let it = forecast();
                let small = TailRisk { expected_shortfall: it.expected_shortfall * scale, ..it };
                mcneil_frey(&returns, &[small; 1_000], &[1.0; 1_000], 500, 7).unwrap().p_value
            };
            rejected += i32::from(p(1.0) <= 0.05);
            seen += i32::from(p(0.9) <= 0.05);
        }
        println!("rejected {rejected} of 200 right ones, {seen} of 200 that were a tenth too small");
        // Four standard errors of 5 % of 200 are 12; the bootstrap of a skewed mean is a little too careful or too bold.
        assert!(rejected <= 22 && seen >= 150);
    }

    #[test]
    fn refuses_what_says_nothing() {
        let it = forecast();
        assert!(matches!(
            mcneil_frey(&[-9.0; 4], &[it; 4], &[1.0; 4], 10, 1),
            Err(Error::TooShort { have: 4, need: 5, .. })
        ));
        assert!(matches!(mcneil_frey(&[-9.0; 9], &[it; 9], &[1.0; 9], 10, 1), Err(Error::Constant { .. })));
        assert!(mcneil_frey(&[-9.0; 9], &[it; 8], &[1.0; 9], 10, 1).is_err());
        assert!(mcneil_frey(&[-9.0; 9], &[it; 9], &[0.0; 9], 10, 1).is_err());
        assert!(mcneil_frey(&[-9.0; 9], &[it; 9], &[1.0; 9], 0, 1).is_err());
        assert!(mcneil_frey(&[f64::NAN; 9], &[it; 9], &[1.0; 9], 9, 1).is_err());
    }
}
