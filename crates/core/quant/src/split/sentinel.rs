//! The leakage sentinel: a model that was taught shuffled labels has nothing to know, so whatever skill it shows out of
//! sample has leaked.

use crate::Error;
use crate::rng::Key;
use crate::series::mean;

/// Scores of models that were taught nonsense.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentinel {
    /// Score with the true labels.
    pub honest: f64,
    /// Score of each shuffle.
    pub shuffled: Vec<f64>,
    /// Mean of those: what leaks.
    pub leak: f64,
    /// Standard error of that mean; `None` for one shuffle.
    pub standard_error: Option<f64>,
    /// Chance that a model without knowledge scores as the honest one or better, by the shuffles: `(1 + those at least
    /// as good) / (1 + all)`.
    pub p: f64,
}

impl Sentinel {
    /// Whether the leak is smaller than `limit` by size, e.g. 0.1 for a Sharpe ratio out of sample.
    pub fn passes(&self, limit: f64) -> bool {
        self.leak.abs() < limit
    }
}

/// Scores the labels as they are, and after each of `shuffles` permutations drawn from `seed`. `fit_and_score` trains on
/// the labels it is given and answers with its score out of sample, judged by the outcomes that truly followed; if it
/// fails, its error is the answer.
pub fn shuffled_labels<L: Clone>(
    labels: &[L],
    shuffles: usize,
    seed: u64,
    mut fit_and_score: impl FnMut(&[L]) -> Result<f64, Error>,
) -> Result<Sentinel, Error> {
    if labels.len() < 2 {
        return Err(Error::TooShort { what: "sentinel: labels", have: labels.len(), need: 2 });
    }
    if shuffles == 0 {
        return Err(Error::Parameter { name: "shuffles", value: 0.0, expected: "at least 1" });
    }
    let finite = |index: usize, value: f64| {
        if value.is_finite() {
            Ok(value)
        } else {
            Err(Error::NotFinite { what: "sentinel: score", index, value })
        }
    };
    let honest = finite(0, fit_and_score(labels)?)?;
    let key = Key::named(seed, "shuffled labels");
    let mut shuffled = Vec::with_capacity(shuffles);
    for number in 0..shuffles {
        let mut stream = key.stream(number as u64);
        let mut order = labels.to_vec();
        // Fisher and Yates.
        for i in (1..order.len()).rev() {
            order.swap(i, stream.below(i as u64 + 1) as usize);
        }
        shuffled.push(finite(number, fit_and_score(&order)?)?);
    }
    let leak = mean(&shuffled);
    let standard_error = (shuffles > 1).then(|| {
        let ss: f64 = shuffled.iter().map(|s| (s - leak) * (s - leak)).sum();
        libm::sqrt(ss / (shuffles - 1) as f64 / shuffles as f64)
    });
    let better = shuffled.iter().filter(|s| **s >= honest).count();
    Ok(Sentinel { honest, leak, standard_error, p: (1 + better) as f64 / (1 + shuffles) as f64, shuffled })
}
