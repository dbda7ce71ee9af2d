//! A portfolio under stress: the same draws, a harder world.
//!
//! The assets' simple returns per step are jointly normal or Student-t with the given drifts, volatilities and
//! correlations, and not below -1; the weights are restored at every step. (Logarithmic returns with Student-t tails
//! would have no expected price.) A scenario changes the law, or adds a shock at a step. All scenarios see the same
//! normals, so that their differences are not chance.

use super::{Estimate, Grid, PathOutcome};
use crate::dependence::copula::regime::{MarketRegime, scaled_correlation};
use crate::matrix::{Cholesky, Matrix};
use crate::montecarlo::estimate::Tail;
use crate::rng::{Gamma, Key, Stream};
use crate::{Error, given};

/// What is held, and the world as it was estimated. One value for each asset.
#[derive(Clone, Debug, PartialEq)]
pub struct Portfolio {
    /// Shares of the capital, negative for a short position.
    pub weights: Vec<f64>,
    /// Expected simple returns, per year.
    pub drifts: Vec<f64>,
    /// Per year, not negative.
    pub volatilities: Vec<f64>,
    /// Positive definite.
    pub correlation: Matrix,
    /// Degrees of freedom of the steps, above 2; normal steps when `None`.
    pub nu: Option<f64>,
}

/// A harder world. Shares and factors are not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scenario {
    /// The world as estimated.
    Baseline,
    /// Every price falls by this share in the first step.
    MarketCrash {
        /// E.g. 0.3.
        fall: f64,
    },
    /// Volatilities are multiplied.
    VolatilityRise {
        /// E.g. 1.5.
        factor: f64,
    },
    /// Diversification fails: each correlation goes this share of its way to one.
    CorrelationBreakdown {
        /// From 0 to below 1.
        share: f64,
    },
    /// Every price falls at half time, and recovers a share of the fall in the next step.
    FlashCrash {
        /// E.g. 0.2.
        fall: f64,
        /// E.g. 0.5.
        recovered: f64,
    },
    /// From half time on, correlations and degrees of freedom are those of another market, and volatilities change.
    RegimeChange {
        /// What the market turns into.
        regime: MarketRegime,
        /// Factor of volatilities from then on.
        volatility_factor: f64,
    },
}

impl Scenario {
    /// The usual six, the baseline first.
    pub const STANDARD: [Self; 6] = [
        Self::Baseline,
        Self::MarketCrash { fall: 0.30 },
        Self::VolatilityRise { factor: 1.5 },
        Self::CorrelationBreakdown { share: 0.8 },
        Self::FlashCrash { fall: 0.20, recovered: 0.5 },
        Self::RegimeChange { regime: MarketRegime::Crisis, volatility_factor: 2.0 },
    ];
}

/// What a scenario comes to over the horizon, as fractions of the capital at the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StressReport {
    /// Expected total return.
    pub total_return: Estimate,
    /// Expected annual volatility of the portfolio's steps.
    pub volatility: Estimate,
    /// Expected maximum drawdown.
    pub max_drawdown: Estimate,
    /// Value at risk and expected shortfall at 99 %.
    pub tail_99: Tail,
}

/// What one path came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StressedPath {
    /// Total return and maximum drawdown.
    pub outcome: PathOutcome,
    /// Annual volatility of the steps about their mean.
    pub volatility: f64,
}

/// A prepared scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Stress {
    weights: Vec<f64>,
    grid: Grid,
    first: Law,
    /// The law from half time on, where it changes.
    second: Option<Law>,
    shocks: Vec<Shock>,
}

/// The law of the assets' steps.
#[derive(Clone, Debug, PartialEq)]
struct Law {
    step_means: Vec<f64>,
    step_deviations: Vec<f64>,
    factor: Cholesky,
    /// Gamma law of half the degrees of freedom, and the scale to unit variance.
    fat: Option<(Gamma, f64, f64)>,
}

/// All prices are multiplied at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shock {
    step: usize,
    factor: f64,
}

impl Stress {
    /// Refuses lengths that differ, negative volatilities, a correlation without Cholesky factor, degrees of freedom not
    /// above 2 and shares outside their ranges. The grid needs 4 steps.
    pub fn new(portfolio: &Portfolio, scenario: Scenario, grid: Grid) -> Result<Self, Error> {
        check(portfolio)?;
        given::enough("the steps of a stress", grid.steps(), 4)?;
        let Portfolio { volatilities, correlation, nu, .. } = portfolio;
        let half = grid.steps() / 2;
        let share = |name, value: f64| {
            given::parameter(name, value, (0.0..1.0).contains(&value), "from 0 to below 1 is needed")
        };
        let at_least_zero =
            |name, value: f64| given::parameter(name, value, value >= 0.0, "zero or more is needed");
        let law = |factor: f64, correlation: &Matrix, nu: Option<f64>| {
            let risen: Vec<f64> = volatilities.iter().map(|v| v * factor).collect();
            Law::new(&portfolio.drifts, &risen, correlation, nu, grid)
        };
        let mut it = Self {
            weights: portfolio.weights.clone(),
            grid,
            first: law(1.0, correlation, *nu)?,
            second: None,
            shocks: vec![],
        };
        match scenario {
            Scenario::Baseline => {}
            Scenario::MarketCrash { fall } => {
                share("the fall", fall)?;
                it.shocks.push(Shock { step: 0, factor: 1.0 - fall });
            }
            Scenario::VolatilityRise { factor } => {
                at_least_zero("the factor of volatility", factor)?;
                it.first = law(factor, correlation, *nu)?;
            }
            Scenario::CorrelationBreakdown { share: way } => {
                share("the share of the way to one", way)?;
                // A mixture with the matrix of ones, which has no negative eigenvalue either.
                let broken = Matrix::symmetric_from(correlation.rows(), |i, j| {
                    correlation[(i, j)] + way * (1.0 - correlation[(i, j)])
                });
                it.first = law(1.0, &broken, *nu)?;
            }
            Scenario::FlashCrash { fall, recovered } => {
                share("the fall", fall)?;
                given::parameter(
                    "the recovered share",
                    recovered,
                    (0.0..=1.0).contains(&recovered),
                    "from 0 to 1 is needed",
                )?;
                it.shocks.push(Shock { step: half, factor: 1.0 - fall });
                let back = (1.0 - fall * (1.0 - recovered)) / (1.0 - fall);
                it.shocks.push(Shock { step: half + 1, factor: back });
            }
            Scenario::RegimeChange { regime, volatility_factor } => {
                at_least_zero("the factor of volatility", volatility_factor)?;
                let changed = scaled_correlation(correlation, regime.correlation_factor())?;
                it.second = Some(law(volatility_factor, &changed, Some(regime.nu()))?);
            }
        }
        Ok(it)
    }

    /// What the paths `first .. first + out.len()` come to. Blocks of them may run on any threads: put together in order
    /// they are the same bits for every partition.
    pub fn evaluate(&self, key: Key, first: u64, out: &mut [StressedPath]) {
        let n = self.weights.len();
        let (mut normals, mut steps) = (vec![0.0; n], vec![0.0; n]);
        let (mut wealth, mut returns) = (vec![1.0; self.grid.steps() + 1], vec![0.0; self.grid.steps()]);
        for (number, path) in (first..).zip(out) {
            let mut stream = key.stream(number);
            let mut ruined = false;
            for (i, value) in returns.iter_mut().enumerate() {
                let law = match &self.second {
                    Some(second) if i >= self.grid.steps() / 2 => second,
                    _ => &self.first,
                };
                law.step(&mut stream, &mut normals, &mut steps);
                let shock: f64 = self.shocks.iter().filter(|s| s.step == i).map(|s| s.factor).product();
                let held = self.weights.iter().zip(&steps);
                let change: f64 = held.map(|(w, r)| w * ((1.0 + r) * shock - 1.0)).sum();
                // Who has lost everything holds nothing from then on.
                *value = if ruined { 0.0 } else { change.max(-1.0) };
                wealth[i + 1] = wealth[i] * (1.0 + *value);
                ruined |= wealth[i + 1] <= 0.0;
            }
            let count = returns.len() as f64;
            let mean = returns.iter().sum::<f64>() / count;
            let squares: f64 = returns.iter().map(|r| (r - mean) * (r - mean)).sum();
            *path = StressedPath {
                outcome: PathOutcome::of(&wealth),
                volatility: libm::sqrt(squares / (count - 1.0) / self.grid.dt()),
            };
        }
    }

    /// The report of evaluated paths, of which 1,000 are needed.
    pub fn report(paths: &[StressedPath]) -> Result<StressReport, Error> {
        given::enough("the paths of a stress report", paths.len(), 1000)?;
        let of = |get: fn(&StressedPath) -> f64| paths.iter().map(get).collect::<Vec<f64>>();
        Ok(StressReport {
            total_return: Estimate::mean(&of(|p| p.outcome.total_return))?,
            volatility: Estimate::mean(&of(|p| p.volatility))?,
            max_drawdown: Estimate::mean(&of(|p| p.outcome.max_drawdown))?,
            tail_99: Tail::of(&of(|p| -p.outcome.total_return), 0.99)?,
        })
    }

    /// All at once, on this thread; the paths of every scenario under one key share their draws.
    pub fn run(&self, key: Key, paths: usize) -> Result<StressReport, Error> {
        given::enough("the paths of a stress report", paths, 1000)?;
        let mut out = vec![StressedPath::default(); paths];
        self.evaluate(key, 0, &mut out);
        Self::report(&out)
    }
}

impl Law {
    fn new(
        drifts: &[f64],
        volatilities: &[f64],
        correlation: &Matrix,
        nu: Option<f64>,
        grid: Grid,
    ) -> Result<Self, Error> {
        let dt = grid.dt();
        let fat = match nu {
            Some(nu) => {
                let expected = "above 2, where the variance is finite, is needed";
                given::parameter("the degrees of freedom", nu, nu > 2.0, expected)?;
                Some((Gamma::new(nu / 2.0)?, nu / 2.0, libm::sqrt((nu - 2.0) / nu)))
            }
            None => None,
        };
        Ok(Self {
            step_means: drifts.iter().map(|mu| mu * dt).collect(),
            step_deviations: volatilities.iter().map(|v| v * libm::sqrt(dt)).collect(),
            factor: Cholesky::of(correlation)?,
            fat,
        })
    }

    /// The assets' returns of one step. The scale comes from a stream of its own, so that the normals are the
    /// same in every scenario.
    fn step(&self, stream: &mut Stream, normals: &mut [f64], out: &mut [f64]) {
        stream.fill_normal(normals);
        let mut aside = stream.split();
        let scale = match &self.fat {
            Some((half, shape, unit)) => unit * libm::sqrt(shape / half.draw(&mut aside)),
            None => 1.0,
        };
        self.factor.correlate(normals, out);
        for ((value, mean), deviation) in out.iter_mut().zip(&self.step_means).zip(&self.step_deviations) {
            *value = (mean + deviation * scale * *value).max(-1.0);
        }
    }
}

fn check(portfolio: &Portfolio) -> Result<(), Error> {
    let Portfolio { weights, drifts, volatilities, correlation, .. } = portfolio;
    given::series("the weights", weights, 1)?;
    given::finite("the drifts", drifts)?;
    given::finite("the volatilities", volatilities)?;
    for (name, length) in [
        ("the drifts", drifts.len()),
        ("the volatilities", volatilities.len()),
        ("the correlations", correlation.rows()),
    ] {
        given::equal_lengths("the weights", weights.len(), name, length)?;
    }
    if let Some(index) = volatilities.iter().position(|v| *v < 0.0) {
        let (what, expected) = ("the volatilities", "zero or more");
        return Err(Error::OutOfRange { what, index, value: volatilities[index], expected });
    }
    correlation.require_correlation("the correlation of a portfolio")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portfolio() -> Portfolio {
        Portfolio {
            weights: vec![0.5, 0.3, 0.2],
            drifts: vec![0.1, 0.05, 0.0],
            volatilities: vec![0.6, 0.8, 0.3],
            correlation: Matrix::symmetric_from(3, |i, j| if i == j { 1.0 } else { 0.4 }),
            nu: Some(5.0),
        }
    }

    fn reports() -> Vec<StressReport> {
        let grid = Grid::new(60, 60.0 / 365.0).unwrap();
        let key = Key::named(1, "stress");
        let run = |s| Stress::new(&portfolio(), s, grid).unwrap().run(key, 4000).unwrap();
        Scenario::STANDARD.into_iter().map(run).collect()
    }

    #[test]
    fn every_scenario_is_worse_where_it_says_so() {
        let [base, crash, volatile, broken, flash, regime] = reports().try_into().unwrap();
        for (name, report) in [
            ("base", base),
            ("crash", crash),
            ("volatile", volatile),
            ("broken", broken),
            ("flash", flash),
            ("regime", regime),
        ] {
            println!(
                "{name}: return {:.4}, volatility {:.4}, drawdown {:.4}, VaR {:.4}, ES {:.4}",
                report.total_return.value,
                report.volatility.value,
                report.max_drawdown.value,
                report.tail_99.value_at_risk.value,
                report.tail_99.expected_shortfall.value
            );
        }
        // The same draws: a crash of 30 % multiplies every path but for its first, rebalanced step.
        let fallen = (1.0 + crash.total_return.value) / (1.0 + base.total_return.value);
        assert!((fallen - 0.7).abs() < 0.002, "{fallen}");
        let ratio = volatile.volatility.value / base.volatility.value;
        assert!((ratio - 1.5).abs() < 0.03, "{ratio}");
        assert!(broken.volatility.value > 1.1 * base.volatility.value);
        let left = (1.0 + flash.total_return.value) / (1.0 + base.total_return.value);
        assert!((left - 0.9).abs() < 0.002, "{left}");
        assert!(flash.max_drawdown.value > 0.2);
        for worse in [crash, volatile, broken, flash, regime] {
            assert!(worse.tail_99.expected_shortfall.value > base.tail_99.expected_shortfall.value);
            assert!(worse.max_drawdown.value > base.max_drawdown.value);
        }
    }

    #[test]
    fn the_volatility_of_the_baseline_is_that_of_the_covariance() {
        let covariance = |i: usize, j: usize| {
            let p = portfolio();
            p.correlation[(i, j)] * p.volatilities[i] * p.volatilities[j]
        };
        let want = Matrix::symmetric_from(3, covariance).quadratic_form(&portfolio().weights).unwrap().sqrt();
        let normal = Portfolio { nu: None, ..portfolio() };
        let grid = Grid::new(60, 60.0 / 365.0).unwrap();
        let got =
            Stress::new(&normal, Scenario::Baseline, grid).unwrap().run(Key::named(2, "base"), 2000).unwrap();
        println!("{} of {want}", got.volatility.value);
        assert!((got.volatility.value / want - 1.0).abs() < 0.02);
    }

    #[test]
    fn any_partition_gives_the_same_bits() {
        let grid = Grid::new(10, 0.1).unwrap();
        let stress = Stress::new(&portfolio(), Scenario::STANDARD[5], grid).unwrap();
        let key = Key::named(3, "cut");
        let mut whole = vec![StressedPath::default(); 40];
        let mut parts = whole.clone();
        stress.evaluate(key, 3, &mut whole);
        stress.evaluate(key, 20, &mut parts[17..]);
        stress.evaluate(key, 3, &mut parts[..17]);
        assert_eq!(whole, parts);
    }

    #[test]
    fn refuses_worlds_that_cannot_be() {
        let grid = Grid::new(10, 0.1).unwrap();
        let refused = |p: &Portfolio, s: Scenario| Stress::new(p, s, grid).is_err();
        assert!(refused(&portfolio(), Scenario::MarketCrash { fall: 1.0 }));
        assert!(refused(&portfolio(), Scenario::VolatilityRise { factor: f64::NAN }));
        assert!(refused(&portfolio(), Scenario::FlashCrash { fall: 0.1, recovered: 1.1 }));
        assert!(refused(&Portfolio { nu: Some(2.0), ..portfolio() }, Scenario::Baseline));
        assert!(refused(&Portfolio { weights: vec![1.0], ..portfolio() }, Scenario::Baseline));
        assert!(refused(
            &Portfolio { volatilities: vec![0.1, -0.1, 0.1], ..portfolio() },
            Scenario::Baseline
        ));
        let single = Matrix::symmetric_from(3, |_, _| 1.0);
        assert!(refused(&Portfolio { correlation: single, ..portfolio() }, Scenario::Baseline));
    }
}
