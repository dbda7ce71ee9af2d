//! Every performance ratio, resampled together: what was luck, and how much.

use super::{Method, Resampler, optimal_block_length};
use crate::montecarlo::Estimate;
use crate::performance::{annualised, check, check_year};
use crate::rng::Key;
use crate::{Error, given};

/// Fewest returns worth resampling.
const OBSERVATIONS_MIN: usize = 20;
/// A percentile is given only when at least this share of the resamples has the figure at all.
const DEFINED_SHARE_MIN: f64 = 0.95;

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Returns in each resample, e.g. 252; the length of the input when `None`.
    pub length: Option<usize>,
    /// How a resample is put together; stationary with the automatic block length when `None`.
    pub method: Option<Method>,
    /// Steps in a year.
    pub per_year: f64,
    /// A drawdown deeper than this positive fraction is counted.
    pub drawdown_limit: f64,
    /// Source of randomness.
    pub key: Key,
}

impl Plan {
    /// As long as the input, in blocks of automatic length, drawdowns worse than 10 % counted.
    pub const fn new(per_year: f64, key: Key) -> Self {
        Self { length: None, method: None, per_year, drawdown_limit: 0.10, key }
    }
}

/// Figures of one series of returns, as [`crate::performance`] defines them; `None` where one does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ratios {
    /// Total return.
    pub total_return: f64,
    /// Compound annual growth.
    pub annual_return: Option<f64>,
    /// Annual volatility.
    pub volatility: f64,
    /// Sharpe ratio.
    pub sharpe: Option<f64>,
    /// Sortino ratio.
    pub sortino: Option<f64>,
    /// Calmar ratio.
    pub calmar: Option<f64>,
    /// Omega ratio at zero, which is the profit factor.
    pub omega: Option<f64>,
    /// Maximum drawdown, positive.
    pub max_drawdown: f64,
    /// Ulcer index.
    pub ulcer_index: f64,
    /// Share of winning steps.
    pub win_rate: Option<f64>,
    /// Mean winning step over mean losing step.
    pub payoff: Option<f64>,
    /// Kelly's share.
    pub kelly: Option<f64>,
}

/// The percentiles 5, 25, 50, 75 and 95 of a resampled figure. The outer two are a 90 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
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

    /// Of a figure over `resamples` resamples that exists in those given, which are sorted in place. `None` when it does
    /// not exist, or is not finite, in more than one of twenty.
    pub fn of_defined(values: &mut Vec<f64>, resamples: usize) -> Option<Self> {
        values.retain(|v| v.is_finite());
        if values.is_empty() || (values.len() as f64) < DEFINED_SHARE_MIN * resamples as f64 {
            return None;
        }
        values.sort_unstable_by(f64::total_cmp);
        let [p5, p25, p50, p75, p95] =
            [0.05, 0.25, 0.5, 0.75, 0.95].map(|p| given::quantile_sorted(values, p));
        Some(Self { p5, p25, p50, p75, p95 })
    }
}

/// Percentiles of every figure over the resamples; `None` where it does not exist (no losing step, no fall, no spread) in
/// more than one resample of twenty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioReport {
    /// Resamples.
    pub resamples: usize,
    /// Total return of the resampled period.
    pub total_return: Option<Percentiles>,
    /// Compound annual growth.
    pub annual_return: Option<Percentiles>,
    /// Annual volatility.
    pub volatility: Option<Percentiles>,
    /// Sharpe ratio.
    pub sharpe: Option<Percentiles>,
    /// Sortino ratio.
    pub sortino: Option<Percentiles>,
    /// Calmar ratio.
    pub calmar: Option<Percentiles>,
    /// Omega ratio at zero, which is the profit factor.
    pub omega: Option<Percentiles>,
    /// Maximum drawdown.
    pub max_drawdown: Option<Percentiles>,
    /// Ulcer index.
    pub ulcer_index: Option<Percentiles>,
    /// Share of winning steps.
    pub win_rate: Option<Percentiles>,
    /// Mean winning step over mean losing step.
    pub payoff: Option<Percentiles>,
    /// Kelly's share.
    pub kelly: Option<Percentiles>,
    /// In how many resamples the Sharpe, the Sortino and the Calmar ratio exist.
    pub defined: [usize; 3],
    /// Probability of a total return above zero.
    pub probability_of_profit: Estimate,
    /// Probability of a drawdown deeper than [`Plan::drawdown_limit`].
    pub probability_of_drawdown: Estimate,
}

/// A prepared bootstrap of all ratios.
#[derive(Clone, Debug, PartialEq)]
pub struct RatioBootstrap {
    resampler: Resampler,
    method: Method,
    length: usize,
    plan: Plan,
    /// Mean of the input; deviations from it are summed, so that variances do not cancel.
    centre: f64,
    /// Below this a variance is nothing but rounding.
    variance_floor: f64,
}

impl RatioBootstrap {
    /// Needs 20 returns, none below -1, and resamples of two returns or more.
    pub fn new(returns: &[f64], plan: Plan) -> Result<Self, Error> {
        check(returns, OBSERVATIONS_MIN)?;
        check_year(plan.per_year)?;
        let expected = "a positive fraction is needed";
        given::parameter("the drawdown limit", plan.drawdown_limit, plan.drawdown_limit >= 0.0, expected)?;
        let length = plan.length.unwrap_or(returns.len());
        given::parameter("the length of a resample", length as f64, length >= 2, "at least 2 is needed")?;
        let method = match plan.method {
            Some(method) => method,
            None => Method::Stationary { mean_length: mean_length(returns)? },
        };
        let centre = returns.iter().sum::<f64>() / returns.len() as f64;
        let spread = returns.iter().fold(0.0, |m: f64, r| m.max((r - centre).abs()));
        Ok(Self {
            resampler: Resampler::new(returns, method)?,
            method,
            length,
            plan,
            centre,
            variance_floor: 1e-12 * spread * spread,
        })
    }

    /// How resamples are put together, the automatic block length filled in.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Figures of the resamples `first .. first + out.len()`. Blocks of them may run on any threads: put together in
    /// order they are the same bits for every partition.
    pub fn evaluate(&self, first: u64, out: &mut [Ratios]) {
        for (number, ratios) in (first..).zip(out) {
            let mut tally = Tally::default();
            self.resampler.pieces(&mut self.plan.key.stream(number), self.length, |piece| {
                tally.add(piece, self.centre);
            });
            *ratios = tally.ratios(self);
        }
    }

    /// Percentiles and probabilities of evaluated resamples. Needs one.
    pub fn report(&self, ratios: &[Ratios]) -> Result<RatioReport, Error> {
        given::enough("the resamples", ratios.len(), 1)?;
        let mut spare = Vec::with_capacity(ratios.len());
        let mut of = |get: fn(&Ratios) -> Option<f64>| percentiles(ratios, get, &mut spare);
        let share = |holds: &dyn Fn(&Ratios) -> bool| {
            Estimate::probability(ratios.iter().filter(|r| holds(r)).count(), ratios.len())
        };
        let defined = |get: fn(&Ratios) -> Option<f64>| {
            ratios.iter().filter(|r| get(r).is_some_and(f64::is_finite)).count()
        };
        Ok(RatioReport {
            resamples: ratios.len(),
            defined: [defined(|r| r.sharpe), defined(|r| r.sortino), defined(|r| r.calmar)],
            total_return: of(|r| Some(r.total_return)),
            annual_return: of(|r| r.annual_return),
            volatility: of(|r| Some(r.volatility)),
            sharpe: of(|r| r.sharpe),
            sortino: of(|r| r.sortino),
            calmar: of(|r| r.calmar),
            omega: of(|r| r.omega),
            max_drawdown: of(|r| Some(r.max_drawdown)),
            ulcer_index: of(|r| Some(r.ulcer_index)),
            win_rate: of(|r| r.win_rate),
            payoff: of(|r| r.payoff),
            kelly: of(|r| r.kelly),
            probability_of_profit: share(&|r| r.total_return > 0.0)?,
            probability_of_drawdown: share(&|r| r.max_drawdown > self.plan.drawdown_limit)?,
        })
    }

    /// All at once, on this thread.
    pub fn run(&self, resamples: usize) -> Result<RatioReport, Error> {
        given::parameter(
            "the resamples",
            resamples as f64,
            (1..=1_000_000).contains(&resamples),
            "1 to 1,000,000 are needed",
        )?;
        let mut ratios = vec![Ratios::default(); resamples];
        self.evaluate(0, &mut ratios);
        self.report(&ratios)
    }
}

/// The automatic mean block length; 1 for constant returns, which have no dependence to keep.
fn mean_length(returns: &[f64]) -> Result<f64, Error> {
    match optimal_block_length(returns) {
        Ok(best) => Ok(best.stationary.min(returns.len() as f64)),
        Err(Error::Constant { .. }) => Ok(1.0),
        Err(error) => Err(error),
    }
}

/// What one pass over a resample leaves.
struct Tally {
    wealth: f64,
    peak: f64,
    /// Lowest wealth as a share of the peak before it.
    kept: f64,
    falls_squared: f64,
    /// Of deviations from the centre.
    sum: f64,
    squares: f64,
    gains: f64,
    losses: f64,
    losses_squared: f64,
    wins: u32,
    losing: u32,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            wealth: 1.0,
            peak: 1.0,
            kept: 1.0,
            falls_squared: 0.0,
            sum: 0.0,
            squares: 0.0,
            gains: 0.0,
            losses: 0.0,
            losses_squared: 0.0,
            wins: 0,
            losing: 0,
        }
    }
}

impl Tally {
    #[inline]
    fn add(&mut self, piece: &[f64], centre: f64) {
        for r in piece {
            self.wealth *= 1.0 + r;
            self.peak = if self.wealth > self.peak { self.wealth } else { self.peak };
            let kept = self.wealth / self.peak;
            self.kept = if kept < self.kept { kept } else { self.kept };
            self.falls_squared += (1.0 - kept) * (1.0 - kept);
            let off = r - centre;
            self.sum += off;
            self.squares += off * off;
            let (gain, loss) = (if *r > 0.0 { *r } else { 0.0 }, if *r < 0.0 { *r } else { 0.0 });
            self.gains += gain;
            self.losses -= loss;
            self.losses_squared += loss * loss;
            self.wins += u32::from(*r > 0.0);
            self.losing += u32::from(*r < 0.0);
        }
    }

    fn ratios(&self, of: &RatioBootstrap) -> Ratios {
        let n = of.length as f64;
        let year = libm::sqrt(of.plan.per_year);
        let mean = self.sum / n;
        let variance = ((self.squares - self.sum * mean) / (n - 1.0)).max(0.0);
        let step = of.centre + mean;
        let fall = 1.0 - self.kept;
        let annual = annualised(self.wealth, of.length, of.plan.per_year);
        let annual_return = annual.is_finite().then_some(annual);
        let (wins, losing) = (f64::from(self.wins), f64::from(self.losing));
        let omega = (self.losses > 0.0).then(|| self.gains / self.losses);
        let win_rate = (wins + losing > 0.0).then(|| wins / (wins + losing));
        let payoff = omega.map(|factor| if wins > 0.0 { factor * losing / wins } else { 0.0 });
        let kelly = match (win_rate, payoff) {
            (Some(w), Some(b)) if b > 0.0 => Some(w - (1.0 - w) / b),
            _ => None,
        };
        Ratios {
            total_return: self.wealth - 1.0,
            annual_return,
            volatility: libm::sqrt(variance) * year,
            sharpe: (variance > of.variance_floor).then(|| step / libm::sqrt(variance) * year),
            sortino: (self.losses > 0.0).then(|| step / libm::sqrt(self.losses_squared / n) * year),
            calmar: annual_return.filter(|_| fall > 0.0).map(|annual| annual / fall),
            omega,
            max_drawdown: fall,
            ulcer_index: libm::sqrt(self.falls_squared / n),
            win_rate,
            payoff,
            kelly,
        }
    }
}

/// Of those that exist, when enough of them do.
fn percentiles(
    ratios: &[Ratios],
    get: impl Fn(&Ratios) -> Option<f64>,
    spare: &mut Vec<f64>,
) -> Option<Percentiles> {
    spare.clear();
    spare.extend(ratios.iter().filter_map(get));
    Percentiles::of_defined(spare, ratios.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::performance as exact;
    use proptest::prelude::*;

    fn sample(n: usize) -> Vec<f64> {
        let mut stream = Key::named(3, "bootstrap test").stream(0);
        (0..n).map(|_| 0.001 + 0.02 * stream.normal()).collect()
    }

    #[test]
    fn every_ratio_agrees_with_its_definition_on_the_same_resample() {
        let returns = sample(300);
        let key = Key::named(9, "bootstrap");
        for method in [
            Method::Independent,
            Method::MovingBlock { length: 9 },
            Method::CircularBlock { length: 9 },
            Method::Stationary { mean_length: 9.0 },
        ] {
            let plan = Plan { length: Some(252), method: Some(method), ..Plan::new(365.0, key) };
            let bootstrap = RatioBootstrap::new(&returns, plan).unwrap();
            let mut got = vec![Ratios::default(); 40];
            bootstrap.evaluate(100, &mut got);
            let resampler = Resampler::new(&returns, method).unwrap();
            let mut path = vec![0.0; 252];
            for (number, got) in (100..).zip(&got) {
                resampler.fill(&mut key.stream(number), &mut path);
                let check = |got: f64, want: Result<f64, Error>| {
                    let want = want.unwrap();
                    assert!((got - want).abs() < 1e-10 * want.abs().max(1.0), "{got} {want}");
                };
                let fall = crate::tails::drawdowns_of_returns(&path).unwrap();
                check(got.total_return, exact::total_return(&path));
                check(got.annual_return.unwrap(), exact::annual_return(&path, 365.0));
                check(got.volatility, exact::volatility(&path, 365.0));
                check(got.sharpe.unwrap(), exact::sharpe(&path, 365.0));
                check(got.sortino.unwrap(), exact::sortino(&path, 365.0));
                check(got.calmar.unwrap(), exact::calmar(&path, 365.0));
                check(got.omega.unwrap(), exact::omega(&path, 0.0));
                check(got.max_drawdown, Ok(fall.max));
                check(got.ulcer_index, Ok(fall.ulcer));
                check(got.win_rate.unwrap(), exact::win_rate(&path));
                check(got.payoff.unwrap(), exact::payoff(&path));
                check(got.kelly.unwrap(), exact::kelly(&path));
            }
        }
    }

    proptest! {
        #[test]
        fn any_partition_gives_the_same_bits(cut in 0_usize..50) {
            let bootstrap = RatioBootstrap::new(&sample(80), Plan::new(365.0, Key::named(4, "cut"))).unwrap();
            let mut whole = vec![Ratios::default(); 50];
            let mut parts = whole.clone();
            bootstrap.evaluate(7, &mut whole);
            let (left, right) = parts.split_at_mut(cut);
            bootstrap.evaluate(7 + cut as u64, right);
            bootstrap.evaluate(7, left);
            prop_assert_eq!(whole, parts);
        }
    }

    #[test]
    fn the_spread_of_the_mean_is_that_of_theory() {
        let returns = sample(400);
        let plan = Plan { method: Some(Method::Independent), ..Plan::new(400.0, Key::named(5, "theory")) };
        let report = RatioBootstrap::new(&returns, plan).unwrap().run(4000).unwrap();
        let sharpe = report.sharpe.unwrap();
        // The standard error of an annual Sharpe ratio over one year is about one (Lo 2002).
        let wide = (sharpe.p95 - sharpe.p5) / (2.0 * 1.644_853_6);
        println!("standard error of the Sharpe ratio: {wide}");
        assert!((wide - 1.0).abs() < 0.07);
        let middle = exact::sharpe(&returns, 400.0).unwrap();
        assert!((sharpe.p50 - middle).abs() < 0.1);
    }

    #[test]
    fn a_flat_or_always_winning_series_has_no_ratio_instead_of_an_infinite_one() {
        let plan = Plan::new(365.0, Key::named(1, "flat"));
        let flat = RatioBootstrap::new(&[0.0; 40], plan).unwrap().run(50).unwrap();
        assert_eq!((flat.sharpe, flat.sortino, flat.calmar, flat.omega), (None, None, None, None));
        assert!(flat.probability_of_profit.value.abs() < 1e-12);
        let rising = RatioBootstrap::new(&[0.001; 40], plan).unwrap().run(50).unwrap();
        assert_eq!((rising.sharpe, rising.sortino, rising.kelly), (None, None, None));
        assert!((rising.probability_of_profit.value - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_whole_loss_stays_a_whole_loss() {
        let mut returns = sample(50);
        returns[3] = -1.0;
        let plan = Plan::new(365.0, Key::named(1, "loss"));
        let got = RatioBootstrap::new(&returns, plan).unwrap().run(500).unwrap();
        assert!((got.total_return.unwrap().p5 + 1.0).abs() < 1e-12);
        assert!((got.max_drawdown.unwrap().p95 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn refuses_too_little_and_too_much() {
        let plan = Plan::new(365.0, Key::named(1, "few"));
        assert!(matches!(
            RatioBootstrap::new(&[0.0; 19], plan),
            Err(Error::TooShort { need: 20, have: 19, .. })
        ));
        assert!(RatioBootstrap::new(&[0.0; 30], Plan { length: Some(1), ..plan }).is_err());
        assert!(RatioBootstrap::new(&[0.0; 30], Plan { per_year: 0.0, ..plan }).is_err());
        assert!(RatioBootstrap::new(&[0.0; 30], plan).unwrap().run(0).is_err());
        assert!(RatioBootstrap::new(&[-2.0; 30], plan).is_err());
    }
}
