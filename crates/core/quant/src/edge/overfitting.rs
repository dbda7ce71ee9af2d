//! The probability of backtest overfitting by combinatorially symmetric cross-validation: Bailey, Borwein, Lopez de
//! Prado & Zhu (2017, Journal of Computational Finance 20.4).

use crate::Error;
use crate::series::check;

/// Answer of [`probability_of_overfitting`].
#[derive(Clone, Debug, PartialEq)]
pub struct Pbo {
    /// Share of splits in which the best strategy in sample is at or below the median out of sample.
    pub pbo: f64,
    /// For each split, the logit of the relative rank out of sample of the best in sample, in lexicographic order of
    /// the blocks in sample.
    pub logits: Vec<f64>,
    /// Sharpe ratio of that strategy in sample, for each split.
    pub in_sample: Vec<f64>,
    /// Its Sharpe ratio out of sample.
    pub out_of_sample: Vec<f64>,
    /// Share of splits in which it loses out of sample.
    pub probability_of_loss: f64,
    /// Returns of each strategy that were left out at the start, so that all blocks have one length.
    pub left_out: usize,
}

/// Most blocks: 16 make 12,870 splits.
const BLOCKS_MAX: usize = 20;

#[derive(Clone, Copy, Default)]
struct Part {
    n: f64,
    mean: f64,
    m2: f64,
}

impl Part {
    /// Pairwise update of Chan, Golub & LeVeque (1979).
    fn join(self, other: Self) -> Self {
        let n = self.n + other.n;
        if n <= 0.0 {
            return self;
        }
        let d = other.mean - self.mean;
        Self { n, mean: self.mean + d * other.n / n, m2: self.m2 + other.m2 + d * d * self.n * other.n / n }
    }

    /// Mean by standard deviation (ddof 1). A strategy that did nothing has 0; one that earned always the same is not
    /// told from luck by a ratio, and is refused.
    fn sharpe(self) -> Option<f64> {
        let sd = libm::sqrt(self.m2 / (self.n - 1.0));
        if sd > 0.0 { Some(self.mean / sd) } else { (self.mean.abs() <= 0.0).then_some(0.0) }
    }
}

/// Probability of overfitting of a choice among `strategies` (the returns of each, of one length) by their Sharpe
/// ratios. `blocks` is even, 2 to 20; half of them are in sample in turn. At least two strategies and two returns a
/// block. Time: splits times strategies times blocks.
pub fn probability_of_overfitting(strategies: &[&[f64]], blocks: usize) -> Result<Pbo, Error> {
    if strategies.len() < 2 {
        return Err(Error::TooShort { what: "PBO: strategies", have: strategies.len(), need: 2 });
    }
    if !(2..=BLOCKS_MAX).contains(&blocks) || !blocks.is_multiple_of(2) {
        return Err(Error::Parameter { name: "blocks", value: blocks as f64, expected: "even, 2 to 20" });
    }
    let length = strategies[0].len();
    for strategy in strategies {
        crate::series::check_same("PBO: strategy", strategy.len(), "the first", length)?;
        check("PBO: strategy", strategy, 2 * blocks)?;
    }
    let size = length / blocks;
    let left_out = length - size * blocks;
    let parts: Vec<Vec<Part>> =
        strategies.iter().map(|s| s[left_out..].chunks_exact(size).map(part).collect()).collect();
    let mut out = Pbo {
        pbo: 0.0,
        logits: Vec::new(),
        in_sample: Vec::new(),
        out_of_sample: Vec::new(),
        probability_of_loss: 0.0,
        left_out,
    };
    let mut chosen: Vec<usize> = (0..blocks / 2).collect();
    loop {
        split(&parts, &chosen, &mut out)?;
        if !next_combination(&mut chosen, blocks) {
            break;
        }
    }
    let splits = out.logits.len() as f64;
    out.pbo = out.logits.iter().filter(|l| **l <= 0.0).count() as f64 / splits;
    out.probability_of_loss = out.out_of_sample.iter().filter(|s| **s < 0.0).count() as f64 / splits;
    Ok(out)
}

fn part(x: &[f64]) -> Part {
    let mean = crate::series::mean(x);
    Part { n: x.len() as f64, mean, m2: x.iter().map(|v| (v - mean) * (v - mean)).sum() }
}

fn split(parts: &[Vec<Part>], chosen: &[usize], out: &mut Pbo) -> Result<(), Error> {
    let mut best = (f64::NEG_INFINITY, 0);
    let mut outside = Vec::with_capacity(parts.len());
    for (index, strategy) in parts.iter().enumerate() {
        let (mut inside, mut rest) = (Part::default(), Part::default());
        for (block, part) in strategy.iter().enumerate() {
            let side = if chosen.contains(&block) { &mut inside } else { &mut rest };
            *side = side.join(*part);
        }
        let unknown = || Error::Constant { what: "PBO: a strategy's returns in half of the blocks" };
        let ratio = inside.sharpe().ok_or_else(unknown)?;
        outside.push(rest.sharpe().ok_or_else(unknown)?);
        if ratio > best.0 {
            best = (ratio, index);
        }
    }
    let own = outside[best.1];
    // Ties count half, so that strategies that are all alike stand at the median.
    let below = outside.iter().filter(|s| **s < own).count() as f64;
    let equal = outside.iter().filter(|s| (**s - own).abs() <= 0.0).count() as f64;
    let rank = below + (equal + 1.0) / 2.0;
    let n = parts.len() as f64;
    out.logits.push(libm::log(rank / (n + 1.0 - rank)));
    out.in_sample.push(best.0);
    out.out_of_sample.push(own);
    Ok(())
}

/// The next choice of as many numbers below `n`, in lexicographic order; false after the last.
pub(crate) fn next_combination(chosen: &mut [usize], n: usize) -> bool {
    let k = chosen.len();
    for i in (0..k).rev() {
        if chosen[i] < n - k + i {
            chosen[i] += 1;
            for j in i + 1..k {
                chosen[j] = chosen[j - 1] + 1;
            }
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_lasts_is_no_overfitting() {
        let noise = |i: usize, k: usize| ((i * 7919 + k * 104_729) % 1000) as f64 / 1000.0 - 0.4995;
        let rows: Vec<Vec<f64>> = (0..5)
            .map(|k| (0..240).map(|i| noise(i, k) + if k == 3 { 0.5 } else { 0.0 }).collect())
            .collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let got = probability_of_overfitting(&rows, 8).unwrap();
        assert_eq!(got.logits.len(), 70);
        assert!(got.pbo <= 0.0 && got.probability_of_loss <= 0.0);
    }

    #[test]
    fn all_alike_stand_at_the_median() {
        let one: Vec<f64> = (0..16).map(|i| f64::from(i % 3)).collect();
        let got = probability_of_overfitting(&[&one, &one, &one], 4).unwrap();
        assert!(got.logits.iter().all(|l| l.abs() < 1e-15));
    }

    #[test]
    fn odd_blocks_short_records_and_sure_profits_are_refused() {
        let x = [0.1, -0.2, 0.3, 0.1];
        assert!(matches!(probability_of_overfitting(&[&x, &x], 3), Err(Error::Parameter { .. })));
        assert!(matches!(probability_of_overfitting(&[&x, &x], 4), Err(Error::TooShort { .. })));
        assert!(matches!(probability_of_overfitting(&[&x], 2), Err(Error::TooShort { .. })));
        let sure = [0.1; 4];
        assert!(matches!(probability_of_overfitting(&[&x, &sure], 2), Err(Error::Constant { .. })));
    }
}
