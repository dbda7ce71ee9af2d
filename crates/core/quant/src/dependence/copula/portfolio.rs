//! The tail of a portfolio whose assets depend by a copula.

use super::{Copula, MarketRegime, OBSERVATIONS_MIN, StudentCopula};
use crate::matrix::Matrix;
use crate::montecarlo::estimate::Tail;
use crate::rng::Key;
use crate::{Error, given};

/// A portfolio: the law of each asset is that of its own past returns, their dependence that of a copula.
///
/// Past returns bound what can happen to an asset alone: the worst day of an asset is the worst that it saw. What the
/// copula adds is how many of them have it on the same day.
#[derive(Clone, Debug, PartialEq)]
pub struct CopulaPortfolio {
    /// Past returns of each asset in ascending order.
    sorted: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

impl CopulaPortfolio {
    /// `returns` are simple, one row per step and one column per asset, 30 rows at least; `weights` are shares of the
    /// capital, negative for a short position, and need not sum to one.
    pub fn new(returns: &Matrix, weights: &[f64]) -> Result<Self, Error> {
        given::enough("the past returns", returns.rows(), OBSERVATIONS_MIN)?;
        given::equal_lengths("the weights", weights.len(), "the assets", returns.cols())?;
        given::finite("the weights", weights)?;
        let sorted = (0..returns.cols())
            .map(|j| {
                let mut column = returns.column(j);
                column.sort_unstable_by(f64::total_cmp);
                column
            })
            .collect();
        Ok(Self { sorted, weights: weights.to_vec() })
    }

    /// Losses over one step in draws `first .. first + out.len()`, as positive fractions of the capital. Blocks of draws
    /// may run on any threads: put together in order they are the same bits for every partition.
    pub fn losses(&self, copula: &impl Copula, key: Key, first: u64, out: &mut [f64]) -> Result<(), Error> {
        let n = self.weights.len();
        given::equal_lengths("the assets of the copula", copula.dimension(), "those of the portfolio", n)?;
        let mut uniforms = vec![0.0; n];
        for (number, loss) in (first..).zip(out) {
            copula.draw(&mut key.stream(number), &mut uniforms);
            let assets = self.sorted.iter().zip(&self.weights).zip(&uniforms);
            *loss =
                -assets.map(|((sorted, weight), u)| weight * given::quantile_sorted(sorted, *u)).sum::<f64>();
        }
        Ok(())
    }

    /// Value at risk and expected shortfall over one step, at 95 % and 99 %. `draws` is 1,000 at least.
    pub fn tails(&self, copula: &impl Copula, key: Key, draws: usize) -> Result<PortfolioTails, Error> {
        given::enough("the draws", draws, 1000)?;
        let mut losses = vec![0.0; draws];
        self.losses(copula, key, 0, &mut losses)?;
        Ok(PortfolioTails { tail_95: Tail::of(&losses, 0.95)?, tail_99: Tail::of(&losses, 0.99)? })
    }

    /// The tails as fitted, and in a crisis: correlations half as high again, capped and kept positive definite, and
    /// three degrees of freedom. Both use the same draws, so that their difference is not chance.
    pub fn crisis_stress(
        &self,
        fitted: &StudentCopula,
        key: Key,
        draws: usize,
    ) -> Result<CrisisStress, Error> {
        let crisis = MarketRegime::Crisis.copula(fitted.correlation())?;
        Ok(CrisisStress { fitted: self.tails(fitted, key, draws)?, crisis: self.tails(&crisis, key, draws)? })
    }
}

/// Tails of a portfolio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PortfolioTails {
    /// At 95 %.
    pub tail_95: Tail,
    /// At 99 %.
    pub tail_99: Tail,
}

/// What a crisis does to the tails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrisisStress {
    /// As fitted.
    pub fitted: PortfolioTails,
    /// In a crisis.
    pub crisis: PortfolioTails,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dependence::copula::GaussianCopula;

    fn returns() -> Matrix {
        let mut stream = Key::named(7, "portfolio").stream(0);
        Matrix::from_fn(2000, 3, |_, _| 0.02 * stream.normal())
    }

    #[test]
    fn independent_assets_have_the_tail_of_a_normal_portfolio() {
        let portfolio = CopulaPortfolio::new(&returns(), &[0.5, 0.3, 0.2]).unwrap();
        let copula = GaussianCopula::new(&Matrix::identity(3)).unwrap();
        let got = portfolio.tails(&copula, Key::named(1, "tails"), 20_000).unwrap();
        let deviation = 0.02 * 0.38_f64.sqrt();
        println!("{:?} against {}", got.tail_95.value_at_risk, 1.645 * deviation);
        assert!((got.tail_95.value_at_risk.value / (1.645 * deviation) - 1.0).abs() < 0.06);
        assert!((got.tail_99.expected_shortfall.value / (2.665 * deviation) - 1.0).abs() < 0.1);
    }

    #[test]
    fn a_crisis_deepens_the_tail_of_a_long_book() {
        let portfolio = CopulaPortfolio::new(&returns(), &[0.4, 0.3, 0.3]).unwrap();
        let correlation = Matrix::symmetric_from(3, |i, j| if i == j { 1.0 } else { 0.5 });
        let fitted = StudentCopula::new(&correlation, 8.0).unwrap();
        let got = portfolio.crisis_stress(&fitted, Key::named(2, "crisis"), 20_000).unwrap();
        let (before, after) =
            (got.fitted.tail_99.expected_shortfall.value, got.crisis.tail_99.expected_shortfall.value);
        println!("{before} to {after}");
        assert!(after > 1.08 * before);
    }

    #[test]
    fn any_partition_gives_the_same_bits() {
        let portfolio = CopulaPortfolio::new(&returns(), &[0.4, 0.3, 0.3]).unwrap();
        let copula = StudentCopula::new(&Matrix::identity(3), 4.0).unwrap();
        let key = Key::named(3, "cut");
        let (mut whole, mut parts) = (vec![0.0; 50], vec![0.0; 50]);
        portfolio.losses(&copula, key, 5, &mut whole).unwrap();
        portfolio.losses(&copula, key, 25, &mut parts[20..]).unwrap();
        portfolio.losses(&copula, key, 5, &mut parts[..20]).unwrap();
        assert!(whole.iter().zip(&parts).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn refuses_what_does_not_belong_together() {
        assert!(CopulaPortfolio::new(&returns(), &[0.5, 0.5]).is_err());
        assert!(CopulaPortfolio::new(&Matrix::zeros(5, 2), &[0.5, 0.5]).is_err());
        let portfolio = CopulaPortfolio::new(&returns(), &[0.4, 0.3, 0.3]).unwrap();
        let pair = GaussianCopula::new(&Matrix::identity(2)).unwrap();
        assert!(portfolio.tails(&pair, Key::named(1, "x"), 1000).is_err());
        let three = GaussianCopula::new(&Matrix::identity(3)).unwrap();
        assert!(portfolio.tails(&three, Key::named(1, "x"), 999).is_err());
    }
}
