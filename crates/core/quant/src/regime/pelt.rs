//! Where a series is best cut into stretches: the exact optimum of fit plus a penalty for each cut, by pruned exact
//! linear time (Killick, Fearnhead & Eckley 2012).

use crate::Error;
use crate::series::{check_parameter, check_varying, moments};

/// What may differ between stretches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The mean; the variance is one and known: the series' own mean square of differences by 2.
    Mean,
    /// Mean and variance of a normal law.
    MeanVariance,
}

/// Cuts.
#[derive(Clone, Debug, PartialEq)]
pub struct Cuts {
    /// First value of each stretch but the first, rising.
    pub starts: Vec<usize>,
    /// Minus twice the log-likelihood, up to a constant, and the penalties.
    pub cost: f64,
}

/// Finds the optimum. Each stretch has at least `shortest` values (2 or more). Without `penalty` it is that of the
/// modified Bayesian criterion's first part: the number of parameters of a stretch and its place, times `ln n`.
pub fn pelt(x: &[f64], change: Change, shortest: usize, penalty: Option<f64>) -> Result<Cuts, Error> {
    check_parameter("shortest", shortest as f64, shortest >= 2, "at least 2")?;
    check_varying("changepoints: series", x, (2 * shortest).max(4))?;
    let n = x.len();
    let parameters = if change == Change::Mean { 2.0 } else { 3.0 };
    let penalty = penalty.unwrap_or(parameters * libm::log(n as f64));
    check_parameter("penalty", penalty, penalty >= 0.0, "at least 0")?;
    let fit = Stretches::new(x, change)?;
    // best[t]: cost of the first t values; the last stretch of its optimum starts at from[t].
    let mut best = vec![f64::INFINITY; n + 1];
    let mut from = vec![0; n + 1];
    best[0] = -penalty;
    // Starts that may still be optimal, and when each was found wanting: it may serve as long as no other start
    // replaces it, which takes another whole stretch.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for t in shortest..=n {
        let start = t - shortest;
        if best[start].is_finite() {
            open.push((start, usize::MAX));
        }
        for (s, _) in &open {
            let cost = best[*s] + fit.cost(*s, t) + penalty;
            if cost < best[t] {
                best[t] = cost;
                from[t] = *s;
            }
        }
        for (s, until) in &mut open {
            if *until == usize::MAX && best[*s] + fit.cost(*s, t) > best[t] {
                *until = t + shortest;
            }
        }
        open.retain(|(_, until)| *until > t + 1);
    }
    let mut starts = Vec::new();
    let mut t = from[n];
    while t > 0 {
        starts.push(t);
        t = from[t];
    }
    starts.reverse();
    Ok(Cuts { starts, cost: best[n] })
}

/// Cost of any stretch in constant time, from sums.
struct Stretches {
    change: Change,
    sums: Vec<f64>,
    squares: Vec<f64>,
    /// Of single values, where it is taken as known.
    variance: f64,
    /// A stretch of equal values would have the variance 0 and an infinite likelihood.
    floor: f64,
}

impl Stretches {
    fn new(x: &[f64], change: Change) -> Result<Self, Error> {
        let m = moments(x);
        let (mut sums, mut squares) = (vec![0.0], vec![0.0]);
        let (mut sum, mut square) = (0.0, 0.0);
        for v in x {
            let d = v - m.mean;
            sum += d;
            square += d * d;
            sums.push(sum);
            squares.push(square);
        }
        let differences: f64 = x.windows(2).map(|w| (w[1] - w[0]) * (w[1] - w[0])).sum();
        let variance = differences / (2 * (x.len() - 1)) as f64;
        if variance <= 0.0 || m.m2 <= 0.0 {
            return Err(Error::Constant { what: "changepoints: series" });
        }
        Ok(Self { change, sums, squares, variance, floor: 1e-8 * m.m2 })
    }

    fn cost(&self, start: usize, end: usize) -> f64 {
        let n = (end - start) as f64;
        let sum = self.sums[end] - self.sums[start];
        let rest = (self.squares[end] - self.squares[start] - sum * sum / n).max(0.0);
        match self.change {
            Change::Mean => rest / self.variance,
            Change::MeanVariance => n * libm::log((rest / n).max(self.floor)) + n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every last cut tried for every end.
    fn slow(x: &[f64], change: Change, shortest: usize, penalty: f64) -> f64 {
        let fit = Stretches::new(x, change).unwrap();
        let mut best = vec![f64::INFINITY; x.len() + 1];
        best[0] = -penalty;
        for t in shortest..=x.len() {
            best[t] =
                (0..=t - shortest).map(|s| best[s] + fit.cost(s, t) + penalty).fold(f64::INFINITY, f64::min);
        }
        best[x.len()]
    }

    proptest! {
        #[test]
        fn pruning_loses_nothing(x in prop::collection::vec(-3.0f64..3.0, 12..60), step in -5.0f64..5.0, shortest in 2usize..6, penalty in 0.0f64..12.0) {
            let x: Vec<f64> = x.iter().enumerate().map(|(i, v)| if i > 20 { v * 0.3 + step } else { *v }).collect();
            for change in [Change::Mean, Change::MeanVariance] {
                let got = pelt(&x, change, shortest, Some(penalty)).unwrap();
                let want = slow(&x, change, shortest, penalty);
                prop_assert!((got.cost - want).abs() <= 1e-9 * (1.0 + want.abs()), "{} {}", got.cost, want);
            }
        }
    }

    #[test]
    fn a_step_and_a_burst_are_found_where_they_are() {
        let mut stream = crate::rng::Key::named(11, "pelt").stream(0);
        let x: Vec<f64> = (0..600)
            .map(|i| match i {
                0..200 => stream.normal(),
                200..400 => 3.0 + stream.normal(),
                _ => 3.0 + 4.0 * stream.normal(),
            })
            .collect();
        let got = pelt(&x, Change::MeanVariance, 10, None).unwrap().starts;
        assert!(got.len() == 2 && got[0].abs_diff(200) <= 3 && got[1].abs_diff(400) <= 6, "{got:?}");
        let got = pelt(&x[..400], Change::Mean, 10, None).unwrap().starts;
        assert!(got.len() == 1 && got[0].abs_diff(200) <= 3, "{got:?}");
        let calm: Vec<f64> = (0..1000).map(|_| stream.normal()).collect();
        assert!(pelt(&calm, Change::MeanVariance, 10, None).unwrap().starts.is_empty());
    }
}
