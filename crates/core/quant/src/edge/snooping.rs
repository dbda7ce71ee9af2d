//! Does the best of many strategies beat the benchmark, after the search for it is allowed for? White's reality check
//! (2000, Econometrica 68.5) and Hansen's test for superior predictive ability (2005, JBES 23.4), both on the stationary
//! bootstrap of Politis & Romano (1994).

use crate::Error;
use crate::rng::{Key, Stream};
use crate::series::{check, check_parameter, dot};

/// How the bootstrap draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resampling {
    /// Seed; the same seed gives the same answer.
    pub seed: u64,
    /// Number of resamples, e.g. 10,000. The p-value's standard error is at most `1 / (2 sqrt(resamples))`.
    pub resamples: usize,
    /// Mean length of a block, at least 1; about the number of periods over which returns depend on each other.
    pub block: f64,
}

impl Resampling {
    fn check(&self, n: usize) -> Result<(), Error> {
        let in_range = self.block >= 1.0 && self.block <= n as f64;
        check_parameter("block", self.block, in_range, "between 1 and the number of periods")?;
        check_parameter("resamples", self.resamples as f64, self.resamples > 0, "at least 1")
    }

    /// Places of one resample: a block goes on with probability `1 - 1/block`, around the end to the start.
    fn places(&self, stream: &mut Stream, out: &mut [usize]) {
        let n = out.len();
        let (mut at, new) = (0, 1.0 / self.block);
        for (i, place) in out.iter_mut().enumerate() {
            at =
                if i == 0 || stream.uniform() < new { stream.below(n as u64) as usize } else { (at + 1) % n };
            *place = at;
        }
    }
}

/// Answer of [`reality_check`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealityCheck {
    /// `max sqrt(n) mean` over the strategies.
    pub statistic: f64,
    /// Chance of one at least as large if no strategy beat the benchmark.
    pub p: f64,
    /// The strategy with the largest mean.
    pub best: usize,
}

/// White's reality check. `excess` holds, for each strategy, its performance less the benchmark's, period by period.
/// Null hypothesis: none beats the benchmark. Strategies far worse than it weaken the test; prefer
/// [`superior_predictive_ability`].
pub fn reality_check(excess: &[&[f64]], resampling: Resampling) -> Result<RealityCheck, Error> {
    let n = checked(excess, resampling)?;
    let means: Vec<f64> = excess.iter().map(|e| crate::series::mean(e)).collect();
    let root = libm::sqrt(n as f64);
    let best = largest(&means);
    let statistic = root * means[best];
    let mut exceeding = 0usize;
    resampled_means(excess, resampling, "reality check", |again| {
        let top = again.iter().zip(&means).map(|(a, m)| a - m).fold(f64::NEG_INFINITY, f64::max);
        exceeding += usize::from(root * top >= statistic);
    });
    Ok(RealityCheck { statistic, p: share(exceeding, resampling), best })
}

/// Answer of [`superior_predictive_ability`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spa {
    /// `max(max sqrt(n) mean / omega, 0)`, omega the bootstrap's own standard deviation of `sqrt(n) mean`.
    pub statistic: f64,
    /// Lower bound of the p-value: strategies worse than the benchmark are taken to be what they look like.
    pub p_lower: f64,
    /// The p-value to use: strategies that are clearly worse drop out.
    pub p_consistent: f64,
    /// Upper bound: all strategies are taken to be as good as the benchmark.
    pub p_upper: f64,
    /// The strategy with the largest studentised mean.
    pub best: usize,
}

/// Hansen's test. Input and null hypothesis as in [`reality_check`]; each strategy is studentised, and poor ones do not
/// weaken it. Refuses a strategy whose performance never differs from the benchmark's by another amount.
pub fn superior_predictive_ability(excess: &[&[f64]], resampling: Resampling) -> Result<Spa, Error> {
    let n = checked(excess, resampling)?;
    let root = libm::sqrt(n as f64);
    let means: Vec<f64> = excess.iter().map(|e| crate::series::mean(e)).collect();
    let omega: Vec<f64> =
        excess.iter().map(|e| bootstrap_deviation(e, resampling.block)).collect::<Result<_, _>>()?;
    let t: Vec<f64> = means.iter().zip(&omega).map(|(m, o)| root * m / o).collect();
    let best = largest(&t);
    let statistic = t[best].max(0.0);
    // Below this a strategy counts as worse than the benchmark: the law of the iterated logarithm.
    let bound = -libm::sqrt(2.0 * libm::log(libm::log(n as f64)));
    let mut exceeding = [0usize; 3];
    resampled_means(excess, resampling, "superior predictive ability", |again| {
        let mut top = [0.0f64; 3];
        for k in 0..means.len() {
            let centres = [means[k].max(0.0), if t[k] >= bound { means[k] } else { 0.0 }, means[k]];
            for (top, centre) in top.iter_mut().zip(centres) {
                *top = top.max(root * (again[k] - centre) / omega[k]);
            }
        }
        for (count, top) in exceeding.iter_mut().zip(top) {
            // Strictly above, except that a statistic of 0 is always reached.
            *count += usize::from(top > statistic || statistic <= 0.0);
        }
    });
    let [p_lower, p_consistent, p_upper] = exceeding.map(|count| share(count, resampling));
    Ok(Spa { statistic, p_lower, p_consistent, p_upper, best })
}

fn checked(excess: &[&[f64]], resampling: Resampling) -> Result<usize, Error> {
    let Some(first) = excess.first() else {
        return Err(Error::TooShort { what: "strategies", have: 0, need: 1 });
    };
    for e in excess {
        crate::series::check_same("strategy", e.len(), "the first", first.len())?;
        check("strategy: excess performance", e, 16)?;
    }
    resampling.check(first.len())?;
    Ok(first.len())
}

fn largest(x: &[f64]) -> usize {
    (0..x.len()).fold(0, |best, i| if x[i] > x[best] { i } else { best })
}

fn share(exceeding: usize, resampling: Resampling) -> f64 {
    exceeding as f64 / resampling.resamples as f64
}

/// Calls `seen` with the means of each resample; one substream each.
fn resampled_means(excess: &[&[f64]], resampling: Resampling, name: &str, mut seen: impl FnMut(&[f64])) {
    let (n, k) = (excess[0].len(), excess.len());
    // One row a period, so that a resample reads whole rows.
    let rows: Vec<f64> = (0..n).flat_map(|t| excess.iter().map(move |e| e[t])).collect();
    let key = Key::named(resampling.seed, name);
    let mut places = vec![0; n];
    let mut means = vec![0.0; k];
    for number in 0..resampling.resamples {
        resampling.places(&mut key.stream(number as u64), &mut places);
        means.fill(0.0);
        for place in &places {
            for (m, v) in means.iter_mut().zip(&rows[place * k..(place + 1) * k]) {
                *m += v;
            }
        }
        for m in &mut means {
            *m /= n as f64;
        }
        seen(&means);
    }
}

/// Standard deviation of `sqrt(n) mean` under the stationary bootstrap itself: Hansen (2005), section 3.2.
fn bootstrap_deviation(x: &[f64], block: f64) -> Result<f64, Error> {
    let d = crate::series::centred(x);
    let n = d.len();
    let go_on = 1.0 - 1.0 / block;
    let mut variance = dot(&d, &d) / n as f64;
    for lag in 1..n {
        let share = lag as f64 / n as f64;
        let kernel =
            (1.0 - share) * libm::pow(go_on, lag as f64) + share * libm::pow(go_on, (n - lag) as f64);
        if kernel > 1e-16 {
            variance += 2.0 * kernel * dot(&d[lag..], &d) / n as f64;
        }
    }
    if variance > 0.0 {
        Ok(libm::sqrt(variance))
    } else {
        Err(Error::Constant { what: "strategy: excess performance" })
    }
}
