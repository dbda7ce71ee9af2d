//! Whether losses beyond value at risk were as large as expected shortfall said (Acerbi & Szekely 2014).

use super::{mean, tail_probability};
use crate::Error;
use crate::rng::Key;
use crate::volatility::{Errors, check_series};

/// A forecast that was made before a return: `return = mean + deviation * error`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Forecast mean.
    pub mean: f64,
    /// Forecast standard deviation.
    pub deviation: f64,
}

/// The two statistics; both are 0 on average where the forecasts are right, and negative where shortfall was larger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShortfallTest {
    /// Z1: mean of loss over expected shortfall among the exceedances, one taken off, sign reversed. Sees how large
    /// exceedances are, not how many. `None` without any exceedance.
    pub z1: Option<f64>,
    /// Share of simulated series with a Z1 at or below this one.
    pub p_value_1: Option<f64>,
    /// Z2: as Z1, over the expected number of exceedances. Sees both.
    pub z2: f64,
    /// Share of simulated series with a Z2 at or below this one.
    pub p_value_2: f64,
    /// Exceedances seen.
    pub exceedances: usize,
}

/// Tests forecasts with errors of a given distribution against what came. The null is simulated `trials` times (1,000 is
/// usual) from `seed`: the same seed gives the same answer. The p-values count the series itself as one of the trials, so
/// that none is zero.
pub fn acerbi_szekely(
    returns: &[f64],
    forecasts: &[Forecast],
    errors: &Errors,
    confidence: f64,
    trials: usize,
    seed: u64,
) -> Result<ShortfallTest, Error> {
    let p = tail_probability(confidence)?;
    check_series("returns", returns, 1)?;
    let (left_len, right_len) = (returns.len(), forecasts.len());
    if left_len != right_len {
        return Err(Error::Lengths { left: "returns", left_len, right: "forecasts", right_len });
    }
    if trials == 0 {
        return Err(Error::Parameter { name: "trials", value: 0.0, expected: "at least 1" });
    }
    let (at, beyond) = (errors.quantile(p)?, errors.tail_mean(p)?);
    for (index, forecast) in forecasts.iter().enumerate() {
        let shortfall = -(forecast.mean + forecast.deviation * beyond);
        let sound = forecast.deviation > 0.0 && forecast.deviation.is_finite() && shortfall > 0.0;
        if !(sound && shortfall.is_finite()) {
            let expected = "a forecast with positive deviation and positive expected shortfall";
            return Err(Error::OutOfRange { what: "forecasts", index, value: shortfall, expected });
        }
    }
    // A return over its expected shortfall, which is negative beyond value at risk.
    let ratio = |value: f64, forecast: &Forecast| value / -(forecast.mean + forecast.deviation * beyond);
    let expected = returns.len() as f64 * p;
    let score = |ratios: &[f64]| {
        let one = (!ratios.is_empty()).then(|| mean(ratios) + 1.0);
        (one, ratios.iter().sum::<f64>() / expected + 1.0)
    };
    let seen: Vec<f64> = returns
        .iter()
        .zip(forecasts)
        .filter(|(r, f)| **r < f.mean + f.deviation * at)
        .map(|(r, f)| ratio(*r, f))
        .collect();
    let (z1, z2) = score(&seen);
    let mut uniforms = Key::named(seed, "shortfall test").stream(0);
    let mut ratios = Vec::with_capacity(seen.len() * 4 + 16);
    let (mut below_1, mut with_1, mut below_2) = (0_usize, 0_usize, 0_usize);
    for _ in 0..trials {
        ratios.clear();
        for forecast in forecasts {
            let u = uniforms.uniform();
            // Only errors in the tail are counted, so only they need a quantile.
            if u < p {
                ratios.push(ratio(forecast.mean + forecast.deviation * errors.quantile(u)?, forecast));
            }
        }
        let (one, two) = score(&ratios);
        if let (Some(one), Some(z1)) = (one, z1) {
            with_1 += 1;
            below_1 += usize::from(one <= z1);
        }
        below_2 += usize::from(two <= z2);
    }
    let share = |below: usize, of: usize| (below + 1) as f64 / (of + 1) as f64;
    let p_value_1 = z1.map(|_| share(below_1, with_1));
    Ok(ShortfallTest { z1, p_value_1, z2, p_value_2: share(below_2, trials), exceedances: seen.len() })
}
