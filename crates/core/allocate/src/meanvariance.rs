//! Mean-variance portfolios (Markowitz 1952) under any [`Constraints`], with costs of trading.

use crate::constraints::{Constraints, Range, Source};
use crate::costs::Costs;
use crate::covariance::Covariance;
use crate::error::{Error, parameter, sized};
use crate::pivoting::Boxed;
use crate::portfolio::{Portfolio, enlarged, net_return, settled};
use crate::program::{Affine, Cone, Program, Solved};
use crate::uncertainty::Uncertainty;

/// Relative room for rounding when a target is compared with what was reached.
const TARGET_ROUNDING: f64 = 1e-9;
/// A volatility below this part of the scale of the covariance is rounding.
const NO_RISK: f64 = 1e-6;

/// Expected returns and covariance of the same period, with what is allowed. Costs, where given, are taken off the
/// expected return.
#[derive(Clone, Copy, Debug)]
pub struct MeanVariance<'a> {
    mean: &'a [f64],
    covariance: &'a Covariance,
    constraints: &'a Constraints,
    costs: Option<&'a Costs>,
    uncertainty: Option<&'a Uncertainty>,
}

impl<'a> MeanVariance<'a> {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// Sizes differ, something is not finite, or a limit cannot be read.
    pub fn new(
        mean: &'a [f64],
        covariance: &'a Covariance,
        constraints: &'a Constraints,
    ) -> Result<Self, Error> {
        constraints.validate()?;
        sized("expected returns", mean, constraints.assets())?;
        if covariance.size() != mean.len() {
            return Err(Error::Size { what: "covariance rows", have: covariance.size(), need: mean.len() });
        }
        Ok(Self { mean, covariance, constraints, costs: None, uncertainty: None })
    }

    /// The same with costs of trading.
    ///
    /// # Errors
    /// Sizes differ, or a cost is negative or not finite.
    pub fn with_costs(self, costs: &'a Costs) -> Result<Self, Error> {
        costs.validate(self.mean.len())?;
        Ok(Self { costs: Some(costs), ..self })
    }

    /// The same with expected returns that are known to lie in an ellipsoid: each return below is that of the worst case,
    /// and [`frontier`](Self::frontier) is the robust frontier.
    ///
    /// # Errors
    /// Sizes differ.
    pub fn with_uncertainty(self, uncertainty: &'a Uncertainty) -> Result<Self, Error> {
        let have = uncertainty.assets();
        if have != self.mean.len() {
            return Err(Error::Size { what: "uncertainty rows", have, need: self.mean.len() });
        }
        Ok(Self { uncertainty: Some(uncertainty), ..self })
    }

    /// The quietest portfolio. Costs play no part.
    ///
    /// # Errors
    /// Infeasible, or not optimal.
    pub fn min_volatility(&self) -> Result<Portfolio, Error> {
        let what = "minimum volatility";
        if let Some(portfolio) = self.pivoted(what, 0.0) {
            return Ok(self.stilled(portfolio));
        }
        let mut program = self.weights();
        self.add_variance(&mut program, 1.0);
        Ok(self.stilled(self.finish(what, program.solve(what)?, None)?))
    }

    /// The same held in the assets that do not move alone, where the limits allow that: nothing is quieter, and the solver
    /// leaves its rounding in the others.
    fn stilled(&self, mut portfolio: Portfolio) -> Portfolio {
        let scale = self.covariance.scale();
        let is_still = |it: usize| self.covariance.at(it, it) <= NO_RISK * NO_RISK * scale;
        let still: Vec<usize> = (0..self.mean.len()).filter(|it| is_still(*it)).collect();
        if still.is_empty() || still.len() == self.mean.len() {
            return portfolio;
        }
        let mut weights = vec![0.0; self.mean.len()];
        let kept: f64 = still.iter().map(|it| portfolio.weights[*it]).sum();
        let moved = portfolio.weights.iter().sum::<f64>() - kept;
        for it in &still {
            weights[*it] = portfolio.weights[*it] + moved / still.len() as f64;
        }
        if self.constraints.violation(&weights) <= crate::portfolio::FEASIBLE {
            portfolio.risk = self.covariance.volatility(&weights);
            portfolio.expected_return = self.earns(&weights);
            portfolio.weights = weights;
        }
        portfolio
    }

    /// The portfolio with the most `expected return - aversion / 2 * variance`.
    ///
    /// # Errors
    /// `aversion` is not positive, infeasible, or not optimal.
    pub fn max_utility(&self, aversion: f64) -> Result<Portfolio, Error> {
        let what = "maximum utility";
        parameter("aversion", aversion, "more than zero", aversion > 0.0)?;
        let plain = self.costs.is_none() && self.uncertainty.is_none();
        if let Some(portfolio) = plain.then(|| self.pivoted(what, 1.0 / aversion)).flatten() {
            return Ok(portfolio);
        }
        let mut program = self.weights();
        let income = self.income(&mut program, 0.0);
        program.minimise(&income.times(-1.0 / (aversion * self.covariance.scale())));
        self.add_variance(&mut program, 1.0);
        self.finish(what, program.solve(what)?, None)
    }

    /// The portfolio that earns most.
    ///
    /// # Errors
    /// Infeasible, unbounded, or not optimal.
    pub fn max_return(&self) -> Result<Portfolio, Error> {
        let what = "maximum return";
        let mut program = self.weights();
        let income = self.income(&mut program, 0.0);
        program.minimise(&income.times(-1.0));
        self.finish(what, program.solve(what)?, None)
    }

    /// The portfolio that earns most at a volatility of at most `target`.
    ///
    /// # Errors
    /// [`Error::RiskTarget`] where no portfolio is that quiet; infeasible, or not optimal.
    pub fn efficient_risk(&self, target: f64) -> Result<Portfolio, Error> {
        let what = "efficient risk";
        parameter("target volatility", target, "more than zero", target > 0.0)?;
        let mut program = self.weights();
        let income = self.income(&mut program, 0.0);
        program.minimise(&income.times(-1.0));
        self.add_volatility_limit(&mut program, target);
        let solved = match program.solve(what) {
            Ok(solved) => solved,
            Err(error) => {
                let min = self.min_volatility()?.risk;
                return Err(if target < min { Error::RiskTarget { target, min } } else { error });
            }
        };
        let portfolio = self.finish(what, solved, None)?;
        if portfolio.risk > target * (1.0 + TARGET_ROUNDING) {
            let detail = format!("volatility {} is above the target {target}", portfolio.risk);
            return Err(Error::NotOptimal { what, tolerance: TARGET_ROUNDING, detail });
        }
        Ok(portfolio)
    }

    /// The quietest portfolio that earns at least `target` after costs.
    ///
    /// # Errors
    /// [`Error::ReturnTarget`] where no portfolio earns that much; infeasible, or not optimal.
    pub fn efficient_return(&self, target: f64) -> Result<Portfolio, Error> {
        let what = "efficient return";
        crate::error::finite("target return", &[target])?;
        let mut program = self.weights();
        let income = self.income(&mut program, 0.0);
        // In units of the returns at hand, so that a target of a few basis points is not below every tolerance.
        let unit = self.income_scale(0.0).max(target.abs());
        program.at_least(Source::Return, income.plus(-target).times(1.0 / unit));
        self.add_variance(&mut program, 1.0);
        match program.solve(what) {
            Ok(solved) => self.finish(what, solved, None),
            Err(error) => {
                let max = self.max_return()?.expected_return;
                Err(if target > max { Error::ReturnTarget { target, max } } else { error })
            }
        }
    }

    /// The portfolio with the highest ratio of excess return to volatility, by the homogenised programme
    /// (Cornuejols & Tutuncu 2006, section 8.2): exact under every constraint here, costs included. Where neither a budget nor
    /// costs nor a riskless rate fix the size, it is the largest allowed.
    ///
    /// # Errors
    /// [`Error::NoExcessReturn`], [`Error::NoRisk`], infeasible, or not optimal.
    pub fn max_sharpe(&self, riskless: f64) -> Result<Portfolio, Error> {
        let what = "maximum Sharpe ratio";
        crate::error::finite("riskless rate", &[riskless])?;
        match self.max_return() {
            Ok(most) if most.expected_return <= riskless => {
                return Err(Error::NoExcessReturn { riskless, max: most.expected_return });
            }
            Ok(_) | Err(Error::Unbounded) => {}
            Err(error) => return Err(error),
        }
        let mut program = Program::default();
        program.columns(self.mean.len());
        let unit = program.homogenise();
        self.constraints.lower(&mut program, 0);
        let excess = self.income(&mut program, riskless).times(1.0 / self.income_scale(riskless));
        // A homogenised constant is a multiple of the unit, also in this row.
        let excess = Affine { constant: 0.0, ..excess.clone().term(unit, excess.constant) };
        program.end_homogenise();
        program.at_least(Source::Return, excess.plus(-1.0));
        self.add_variance(&mut program, 1.0);
        let mut portfolio = self.finish(what, program.solve(what)?, Some(unit))?;
        if riskless.abs() <= 0.0 && self.costs.is_none() {
            portfolio.weights = enlarged(self.constraints, portfolio.weights);
            portfolio.expected_return = self.earns(&portfolio.weights);
            portfolio.risk = self.covariance.volatility(&portfolio.weights);
        }
        if portfolio.risk <= NO_RISK * libm::sqrt(self.covariance.scale()) {
            return Err(Error::NoRisk { risk: "volatility" });
        }
        Ok(portfolio)
    }

    /// `points` portfolios from the quietest to the one that earns most, evenly spaced in return.
    ///
    /// # Errors
    /// Fewer than two points, or one of the portfolios cannot be found.
    pub fn frontier(&self, points: usize) -> Result<Vec<Portfolio>, Error> {
        if points < 2 {
            return Err(Error::TooFew { what: "points of the frontier", have: points, need: 2 });
        }
        let quietest = self.min_volatility()?;
        let least = quietest.expected_return;
        let most = self.max_return()?.expected_return;
        let mut frontier = vec![quietest];
        for point in 1..points {
            let share = point as f64 / (points - 1) as f64;
            // The last target is what the optimum of the other programme reached, less the rounding of both.
            let target = least + share * (most - least) - 1e-9 * (most - least);
            frontier.push(self.efficient_return(target)?);
        }
        Ok(frontier)
    }

    /// The optimum of half the variance less `tolerance` times the return where bounds and a budget are the only limits.
    fn pivoted(&self, what: &'static str, tolerance: f64) -> Option<Portfolio> {
        let limits = self.constraints;
        let budget = limits.budget?;
        let others = limits.net != Range::FREE || limits.gross_max.is_finite() || limits.turnover.is_some();
        if others || !limits.groups.is_empty() {
            return None;
        }
        let unit = 1.0 / self.covariance.scale();
        let quadratic: Vec<f64> = self.covariance.values().iter().map(|it| it * unit).collect();
        let linear: Vec<f64> = self.mean.iter().map(|it| -it * tolerance * unit).collect();
        let boxed = Boxed { quadratic: &quadratic, linear: &linear, bounds: &limits.bounds, budget };
        let (x, check) = boxed.solve().filter(|(_, check)| check.passes())?;
        self.finish(what, Solved { x, check }, None).ok()
    }

    fn weights(&self) -> Program {
        let mut program = Program::default();
        program.columns(self.mean.len());
        self.constraints.lower(&mut program, 0);
        program
    }

    /// Half the variance, in units of the mean variance.
    fn add_variance(&self, program: &mut Program, factor: f64) {
        let factor = factor / self.covariance.scale();
        for row in 0..self.covariance.size() {
            for column in row..self.covariance.size() {
                program.quadratic.push((row, column, factor * self.covariance.at(row, column)));
            }
        }
    }

    fn add_volatility_limit(&self, program: &mut Program, target: f64) {
        let mut rows = vec![Affine::constant(1.0)];
        rows.extend(self.covariance.factor().map(|row| Affine::row(0, row).times(1.0 / target)));
        program.cone(Cone::SecondOrder, Source::Risk, rows);
    }

    /// Expected return after costs, above the riskless rate.
    fn income(&self, program: &mut Program, riskless: f64) -> Affine {
        let mut income = Affine::row(0, self.mean).plus(-riskless);
        if let Some(costs) = self.costs {
            income = income.and(&costs.lower(program, 0).times(-1.0));
        }
        if let Some(uncertainty) = self.uncertainty {
            income = income.and(&uncertainty.lower(program).times(-1.0));
        }
        income
    }

    /// Expected return after costs, in the worst case where there is one.
    fn earns(&self, weights: &[f64]) -> f64 {
        let worst = self.uncertainty.map_or(0.0, |it| it.of(weights));
        net_return(self.mean, self.costs, weights) - worst
    }

    fn income_scale(&self, riskless: f64) -> f64 {
        let most = self.mean.iter().fold(0.0_f64, |most, it| most.max((it - riskless).abs()));
        if most > 0.0 { most } else { 1.0 }
    }

    fn finish(&self, what: &'static str, solved: Solved, unit: Option<usize>) -> Result<Portfolio, Error> {
        let Solved { mut x, mut check, .. } = solved;
        let divisor = unit.map_or(1.0, |it| x[it]);
        x.truncate(self.mean.len());
        let weights = x.iter().map(|it| it / divisor).collect();
        let weights = settled(what, self.constraints, weights, &mut check)?;
        let expected_return = self.earns(&weights);
        let risk = self.covariance.volatility(&weights);
        Ok(Portfolio { weights, expected_return, risk, check })
    }
}

/// Contributions of each asset to the volatility of a portfolio; they sum to it (Euler), to the rounding of the largest:
/// where twins are held against each other the parts can be thousands of times the whole.
#[must_use]
pub fn risk_contributions(covariance: &Covariance, weights: &[f64]) -> Vec<f64> {
    let volatility = covariance.volatility(weights);
    if volatility <= 0.0 {
        return vec![0.0; weights.len()];
    }
    covariance.times(weights).iter().zip(weights).map(|(it, weight)| it * weight / volatility).collect()
}
