//! What the same returns might have given in another order: resampling with a named seed, in one thread.
//!
//! Returns are drawn by the stationary block bootstrap (Politis and Romano 1994): blocks start anywhere, wrap around
//! the end and have geometric lengths, so that short dependence such as volatility clusters survives. Trades are
//! drawn one by one. The result is a function of the input, the plan and the seed alone.

use super::{MetricError, finite, mean, needs, tails::quantile_sorted};
use scalp_types::rng::Stream;

/// Resamples that a bootstrap makes unless told otherwise.
pub const RESAMPLES: u32 = 10_000;
/// Most resamples of one call, so that memory stays below 200 MB.
pub const RESAMPLES_MAX: u32 = 1_000_000;
/// Fewest returns, or trades, worth resampling.
pub const OBSERVATIONS_MIN: usize = 20;
/// A percentile is given only when at least this share of the resamples has the figure at all.
pub const DEFINED_SHARE_MIN: f64 = 0.95;

/// How to resample returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Number of resamples.
    pub resamples: u32,
    /// Returns in each resample; the length of the input when `None`.
    pub length: Option<usize>,
    /// Mean block length in returns; the cube root of the input's length when `None`.
    pub mean_block: Option<f64>,
    /// Steps in a year, for the annual figures.
    pub per_year: f64,
    /// A drawdown deeper than this fraction is counted.
    pub drawdown_limit: f64,
    /// Seed of the stream `bootstrap`.
    pub seed: u64,
}

impl Plan {
    /// The plan of the reports: 10,000 resamples as long as the input, drawdowns worse than 10 % counted.
    pub const fn new(per_year: f64, seed: u64) -> Self {
        Self { resamples: RESAMPLES, length: None, mean_block: None, per_year, drawdown_limit: 0.10, seed }
    }

    /// The mean block length used for `n` returns.
    pub fn block_for(&self, n: usize) -> f64 {
        self.mean_block.unwrap_or_else(|| libm::cbrt(n as f64)).clamp(1.0, n.max(1) as f64)
    }
}

/// The percentiles 5, 25, 50, 75 and 95 of a resampled figure. The outer two are a 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    /// 5th.
    pub p5: f64,
    /// 25th.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// 75th.
    pub p75: f64,
    /// 95th.
    pub p95: f64,
}

impl Percentiles {
    /// In ascending order.
    pub const fn array(self) -> [f64; 5] {
        [self.p5, self.p25, self.p50, self.p75, self.p95]
    }

    /// Of values in any order, which are sorted in place; `None` for none.
    fn of(values: &mut [f64]) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share| quantile_sorted(values, share);
        (!values.is_empty()).then(|| Self {
            p5: at(0.05),
            p25: at(0.25),
            p50: at(0.5),
            p75: at(0.75),
            p95: at(0.95),
        })
    }

    /// Of those that exist, when enough of them do.
    fn of_defined(values: &mut [f64], resamples: u32) -> Option<Self> {
        if (values.len() as f64) < DEFINED_SHARE_MIN * f64::from(resamples) { None } else { Self::of(values) }
    }
}

/// Resampled figures of a return series. A ratio is `None` when it does not exist (no losing step, no fall, no
/// spread) in more than one resample of twenty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnBootstrap {
    /// The plan that was used.
    pub plan: Plan,
    /// The mean block length that was used.
    pub mean_block: f64,
    /// Returns in each resample.
    pub length: usize,
    /// Total return of the resampled period.
    pub total_return: Percentiles,
    /// Maximum drawdown, positive.
    pub max_drawdown: Percentiles,
    /// Annual Sharpe ratio.
    pub sharpe: Option<Percentiles>,
    /// Annual Sortino ratio.
    pub sortino: Option<Percentiles>,
    /// Calmar ratio.
    pub calmar: Option<Percentiles>,
    /// In how many resamples each of the three exists.
    pub defined: [u32; 3],
    /// Share of resamples with a total return above zero.
    pub probability_of_profit: f64,
    /// Share of resamples with a drawdown deeper than [`Plan::drawdown_limit`].
    pub probability_of_drawdown: f64,
}

/// Resamples returns. Needs [`OBSERVATIONS_MIN`] finite returns. About 15 ns for each resampled
/// return on a busy core (`benches/metrics.rs`).
pub fn returns(returns: &[f64], plan: Plan) -> Result<ReturnBootstrap, MetricError> {
    needs("a bootstrap: returns", OBSERVATIONS_MIN, returns.len())?;
    finite(returns)?;
    if !(1..=RESAMPLES_MAX).contains(&plan.resamples) {
        return Err(MetricError::OutOfRange { what: "the number of resamples (1 to 1,000,000)" });
    }
    let length = plan.length.unwrap_or(returns.len());
    if length < 2 {
        return Err(MetricError::OutOfRange { what: "the length of a resample (at least 2)" });
    }
    let mut draw = Draw::new(returns, plan);
    let count = plan.resamples as usize;
    let mut figures: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::with_capacity(count));
    let [totals, falls, sharpes, sortinos, calmars] = &mut figures;
    let years = length as f64 / plan.per_year;
    let (mut profits, mut deep) = (0_u32, 0_u32);
    for _ in 0..plan.resamples {
        let path = draw.path(length);
        let total = path.wealth - 1.0;
        let fall = 1.0 - path.lowest;
        profits += u32::from(total > 0.0);
        deep += u32::from(fall > plan.drawdown_limit);
        totals.push(total);
        falls.push(fall);
        let n = length as f64;
        let mean = path.sum / n;
        let variance = (path.squares - path.sum * mean) / (n - 1.0);
        let step = draw.centre + mean;
        if variance > draw.variance_floor {
            sharpes.push(step / libm::sqrt(variance) * libm::sqrt(plan.per_year));
        }
        if path.downside > 0.0 {
            sortinos.push(step / libm::sqrt(path.downside / n) * libm::sqrt(plan.per_year));
        }
        if fall > 0.0 {
            let annual = if path.wealth > 0.0 { libm::expm1(libm::log(path.wealth) / years) } else { -1.0 };
            if annual.is_finite() {
                calmars.push(annual / fall);
            }
        }
    }
    let all = f64::from(plan.resamples);
    let defined = [&*sharpes, sortinos, calmars].map(|it| it.len() as u32);
    Ok(ReturnBootstrap {
        plan,
        defined,
        mean_block: draw.mean_block,
        length,
        total_return: Percentiles::of(totals).expect("at least one resample was made"),
        max_drawdown: Percentiles::of(falls).expect("at least one resample was made"),
        sharpe: Percentiles::of_defined(sharpes, plan.resamples),
        sortino: Percentiles::of_defined(sortinos, plan.resamples),
        calmar: Percentiles::of_defined(calmars, plan.resamples),
        probability_of_profit: f64::from(profits) / all,
        probability_of_drawdown: f64::from(deep) / all,
    })
}

/// What one resampled path came to.
struct Path {
    /// `prod(1 + r)`.
    wealth: f64,
    /// Lowest wealth as a share of the highest before it; 1 when it never fell.
    lowest: f64,
    /// Sum of the returns less the centre.
    sum: f64,
    /// Sum of their squares.
    squares: f64,
    /// Sum of the squared losses.
    downside: f64,
}

/// Draws paths.
struct Draw<'a> {
    returns: &'a [f64],
    rng: Stream,
    mean_block: f64,
    /// `ln(1 - 1 / mean_block)`, negative; zero means single returns.
    ln_continue: f64,
    /// Mean of the input; deviations from it are summed, so that variances do not cancel.
    centre: f64,
    /// Below this a variance is nothing but rounding.
    variance_floor: f64,
}

impl<'a> Draw<'a> {
    fn new(returns: &'a [f64], plan: Plan) -> Self {
        let mean_block = plan.block_for(returns.len());
        let largest = returns.iter().fold(0.0_f64, |max, r| max.max(r.abs()));
        Self {
            returns,
            rng: Stream::named(plan.seed, "bootstrap"),
            mean_block,
            ln_continue: if mean_block > 1.0 { libm::log1p(-1.0 / mean_block) } else { 0.0 },
            centre: mean(returns),
            variance_floor: (f64::EPSILON * largest) * (f64::EPSILON * largest) * 16.0,
        }
    }

    fn path(&mut self, length: usize) -> Path {
        let mut path = Path { wealth: 1.0, lowest: 1.0, sum: 0.0, squares: 0.0, downside: 0.0 };
        let mut peak = 1.0;
        let mut left = length;
        while left > 0 {
            let mut start = self.rng.below(self.returns.len() as u64) as usize;
            let mut block = self.block().min(left);
            left -= block;
            while block > 0 {
                let run = block.min(self.returns.len() - start);
                walk(&self.returns[start..start + run], self.centre, &mut peak, &mut path);
                block -= run;
                start = 0;
            }
        }
        path
    }

    /// A geometric length with the mean asked for, at least 1.
    fn block(&mut self) -> usize {
        if self.ln_continue < 0.0 {
            1 + (libm::log(1.0 - self.rng.uniform()) / self.ln_continue) as usize
        } else {
            1
        }
    }
}

fn walk(returns: &[f64], centre: f64, peak: &mut f64, path: &mut Path) {
    for r in returns {
        path.wealth *= 1.0 + r;
        // Plain comparisons: `f64::max` pays for NaN in the chain that every step waits for.
        if path.wealth > *peak {
            *peak = path.wealth;
        }
        let level = path.wealth / *peak;
        if level < path.lowest {
            path.lowest = level;
        }
        let d = r - centre;
        path.sum += d;
        path.squares += d * d;
        let loss = if *r < 0.0 { *r } else { 0.0 };
        path.downside += loss * loss;
    }
}

/// Resampled figures of the profits of closed trades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradeBootstrap {
    /// Mean profit of a trade, in currency.
    pub expectancy: Percentiles,
    /// Profit factor; `None` when more than one resample of twenty has no losing trade.
    pub profit_factor: Option<Percentiles>,
    /// Share of winning trades.
    pub win_rate: Percentiles,
    /// Share of resamples with an expectancy above zero.
    pub probability_of_profit: f64,
}

/// Resamples the profits of closed trades one by one, with replacement, from the stream `trade bootstrap`.
/// Needs [`OBSERVATIONS_MIN`] finite profits.
pub fn trades(profits: &[f64], resamples: u32, seed: u64) -> Result<TradeBootstrap, MetricError> {
    needs("a bootstrap of trades: closed trades", OBSERVATIONS_MIN, profits.len())?;
    finite(profits)?;
    if !(1..=RESAMPLES_MAX).contains(&resamples) {
        return Err(MetricError::OutOfRange { what: "the number of resamples (1 to 1,000,000)" });
    }
    let mut rng = Stream::named(seed, "trade bootstrap");
    let n = profits.len() as f64;
    let count = resamples as usize;
    let mut figures: [Vec<f64>; 3] = std::array::from_fn(|_| Vec::with_capacity(count));
    let [means, factors, rates] = &mut figures;
    let mut positive = 0_u32;
    for _ in 0..resamples {
        let (mut gains, mut losses, mut wins) = (0.0, 0.0, 0_u64);
        for _ in 0..profits.len() {
            let profit = profits[rng.below(profits.len() as u64) as usize];
            gains += profit.max(0.0);
            losses -= profit.min(0.0);
            wins += u64::from(profit > 0.0);
        }
        positive += u32::from(gains > losses);
        means.push((gains - losses) / n);
        rates.push(wins as f64 / n);
        if losses > 0.0 {
            factors.push(gains / losses);
        }
    }
    Ok(TradeBootstrap {
        expectancy: Percentiles::of(means).expect("at least one resample was made"),
        profit_factor: Percentiles::of_defined(factors, resamples),
        win_rate: Percentiles::of(rates).expect("at least one resample was made"),
        probability_of_profit: f64::from(positive) / f64::from(resamples),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{drawdown, ratio};
    use super::*;

    fn sample(n: usize) -> Vec<f64> {
        let mut rng = Stream::named(3, "bootstrap test");
        (0..n).map(|_| 0.001 + 0.02 * rng.normal()).collect()
    }

    /// The slow twin: one index at a time, textbook formulas over the whole path.
    fn naive(values: &[f64], plan: Plan) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let mut rng = Stream::named(plan.seed, "bootstrap");
        let p = 1.0 / plan.block_for(values.len());
        let mut out = (vec![], vec![], vec![]);
        for _ in 0..plan.resamples {
            let mut path = vec![];
            while path.len() < values.len() {
                let start = rng.below(values.len() as u64) as usize;
                let block = 1 + (libm::log(1.0 - rng.uniform()) / libm::log1p(-p)) as usize;
                for i in 0..block.min(values.len() - path.len()) {
                    path.push(values[(start + i) % values.len()]);
                }
            }
            let mut equity = vec![1.0];
            for r in &path {
                equity.push(equity[equity.len() - 1] * (1.0 + r));
            }
            out.0.push(equity[values.len()] - 1.0);
            out.1.push(drawdown::drawdown(&equity).unwrap().depth);
            out.2.push(ratio::sharpe(&path, plan.per_year).unwrap());
        }
        out
    }

    #[test]
    fn agrees_with_the_textbook_twin() {
        let values = sample(100);
        let plan = Plan { resamples: 300, ..Plan::new(365.0, 9) };
        let got = returns(&values, plan).unwrap();
        let (mut totals, mut falls, mut sharpes) = naive(&values, plan);
        for (fast, slow) in [
            (got.total_return, &mut totals),
            (got.max_drawdown, &mut falls),
            (got.sharpe.unwrap(), &mut sharpes),
        ] {
            let slow = Percentiles::of(slow).unwrap();
            for (a, b) in fast.array().iter().zip(slow.array()) {
                assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} {b}");
            }
        }
    }

    #[test]
    fn repeats_under_one_seed_and_differs_under_another() {
        let values = sample(60);
        let plan = Plan { resamples: 200, ..Plan::new(365.0, 1) };
        assert_eq!(returns(&values, plan), returns(&values, plan));
        assert_ne!(returns(&values, plan), returns(&values, Plan { seed: 2, ..plan }));
        assert_eq!(trades(&values, 100, 1), trades(&values, 100, 1));
    }

    #[test]
    fn the_spread_of_the_mean_is_that_of_theory() {
        let values = sample(400);
        let got = trades(&values, 4_000, 5).unwrap();
        let error = ratio::deviation(&values).unwrap() / 20.0;
        let wide = 2.0 * 1.644_853_6 * error;
        assert!(((got.expectancy.p95 - got.expectancy.p5) / wide - 1.0).abs() < 0.05);
        assert!((got.expectancy.p50 - mean(&values)).abs() < 0.1 * error);
    }

    #[test]
    fn blocks_have_the_mean_length_asked_for() {
        let values = sample(1000);
        let plan = Plan { mean_block: Some(12.0), ..Plan::new(365.0, 4) };
        let mut draw = Draw::new(&values, plan);
        let total: usize = (0..100_000).map(|_| draw.block()).sum();
        assert!((total as f64 / 100_000.0 - 12.0).abs() < 0.2);
    }

    #[test]
    fn a_flat_or_always_winning_series_has_no_ratio_instead_of_an_infinite_one() {
        let plan = Plan { resamples: 50, ..Plan::new(365.0, 1) };
        let flat = returns(&[0.0; 40], plan).unwrap();
        assert_eq!((flat.sharpe, flat.sortino, flat.calmar), (None, None, None));
        assert!(flat.probability_of_profit.abs() < 1e-12);
        let rising = returns(&[0.001; 40], plan).unwrap();
        assert_eq!((rising.sharpe, rising.sortino), (None, None));
        assert!((rising.probability_of_profit - 1.0).abs() < 1e-12);
        assert_eq!(trades(&[1.0; 40], 50, 1).unwrap().profit_factor, None);
    }

    #[test]
    fn refuses_too_little_and_too_much() {
        let plan = Plan::new(365.0, 1);
        assert!(matches!(returns(&[0.0; 19], plan), Err(MetricError::TooShort { needs: 20, got: 19, .. })));
        assert!(returns(&[0.0; 30], Plan { resamples: 0, ..plan }).is_err());
        assert!(returns(&[0.0; 30], Plan { length: Some(1), ..plan }).is_err());
        assert!(trades(&[0.0; 30], RESAMPLES_MAX + 1, 1).is_err());
    }

    #[test]
    fn a_whole_loss_stays_a_whole_loss() {
        let mut values = sample(50);
        values[3] = -1.0;
        let got = returns(&values, Plan { resamples: 500, ..Plan::new(365.0, 1) }).unwrap();
        assert!((got.total_return.p5 + 1.0).abs() < 1e-12);
        assert!(got.calmar.unwrap().array().iter().all(|v| v.is_finite()));
    }
}
