//! From a question about a portfolio to the programme that answers it.

use super::limits::Limits;
use super::moments::Moments;
use super::portfolio::{Objective, PortfolioArgs};
use super::{Sample, StudyError};
use scalp_allocate::{
    Covariance, FEASIBLE, Linkage, MeanRisk, MeanVariance, Portfolio, Risk, Scenarios, Uncertainty,
    budgeting, hierarchy,
};

/// Broken limits that a message lists.
const BROKEN_MAX: usize = 3;

/// The rows of a table, each as likely as the others.
pub fn scenarios(sample: &Sample) -> Result<Scenarios, scalp_allocate::Error> {
    let rows: Vec<f64> =
        (0..sample.steps()).flat_map(|t| sample.returns.iter().map(move |asset| asset[t])).collect();
    Scenarios::new(sample.names.len(), rows)
}

/// Everything that a programme is made from.
pub struct Asked<'a> {
    /// The table.
    pub sample: &'a Sample,
    /// What was asked.
    pub args: &'a PortfolioArgs,
    /// What is allowed.
    pub limits: &'a Limits,
    /// What is expected.
    pub moments: &'a Moments,
    /// The rows.
    pub scenarios: &'a Scenarios,
}

impl Asked<'_> {
    /// The weights, with their proof where there is a programme.
    pub fn solve(&self) -> Result<(Vec<f64>, Option<Portfolio>), StudyError> {
        let found = self.solved()?;
        self.something(&found.0)?;
        Ok(found)
    }

    /// That something is held: where the weights need sum to nothing, holding nothing at all has the least risk.
    fn something(&self, weights: &[f64]) -> Result<(), StudyError> {
        if !self.limits.is_nothing(weights) {
            return Ok(());
        }
        Err(StudyError::Asked(format!(
            "{}: nothing at all keeps the limits and has the least risk: ask for something, with --budget, --net-min, --weight-min, a --group with a least sum, or a --target return above zero (efficient-return)",
            self.args.objective.name()
        )))
    }

    fn solved(&self) -> Result<(Vec<f64>, Option<Portfolio>), StudyError> {
        match self.args.objective {
            Objective::RiskParity | Objective::Hrp | Objective::Herc => self.only_one(),
            Objective::MinRisk(risk) => self.by_rows(risk, false),
            Objective::MaxRatio(risk) => self.by_rows(risk, true),
            _ => self.by_moments(),
        }
    }

    /// Risk parity and the trees, whose solution no limit changes.
    fn only_one(&self) -> Result<(Vec<f64>, Option<Portfolio>), StudyError> {
        let (args, covariance) = (self.args, &self.moments.covariance);
        let found = match args.objective {
            Objective::RiskParity => {
                budgeting::risk_budget(covariance, &budgeting::parity(self.sample.names.len()))
                    .map(|it| (it.weights.clone(), Some(it)))
            }
            Objective::Hrp => hierarchy::risk_parity(covariance, Linkage::Single).map(|it| (it, None)),
            _ => hierarchy::equal_risk_contribution(covariance, Linkage::Ward, None).map(|it| (it, None)),
        };
        let found = found.map_err(|e| self.limits.said(&e))?;
        keeps(self.limits, args, &found.0)?;
        Ok(found)
    }

    fn by_rows(&self, risk: Risk, ratio: bool) -> Result<(Vec<f64>, Option<Portfolio>), StudyError> {
        let (args, limits) = (self.args, self.limits);
        let per_step = args.riskless / self.sample.per_year;
        let costs = limits.costs_over(limits.changes_per_year / self.sample.per_year);
        let solve = || {
            let mut programme = MeanRisk::new(self.scenarios, &limits.constraints)?;
            if let Some(costs) = &costs {
                programme = programme.with_costs(costs)?;
            }
            if ratio { programme.max_ratio(risk, per_step) } else { programme.min_risk(risk) }
        };
        solve().map(|it| (it.weights.clone(), Some(it))).map_err(|e| limits.said(&e))
    }

    fn by_moments(&self) -> Result<(Vec<f64>, Option<Portfolio>), StudyError> {
        let (args, limits) = (self.args, self.limits);
        let costs = limits.costs_over(limits.changes_per_year);
        let uncertainty =
            args.robust.map(|it| uncertainty(self.sample, &self.moments.covariance, it)).transpose();
        let uncertainty = uncertainty.map_err(|e| limits.said(&e))?;
        let solve = || {
            let mut programme =
                MeanVariance::new(&self.moments.mean, &self.moments.covariance, &limits.constraints)?;
            if let Some(costs) = &costs {
                programme = programme.with_costs(costs)?;
            }
            if let Some(uncertainty) = &uncertainty {
                programme = programme.with_uncertainty(uncertainty)?;
            }
            match args.objective {
                Objective::MaxSharpe => programme.max_sharpe(args.riskless),
                Objective::EfficientRisk(risk) => programme.efficient_risk(risk),
                Objective::EfficientReturn(target) => programme.efficient_return(target),
                _ => programme.min_volatility(),
            }
        };
        solve().map(|it| (it.weights.clone(), Some(it))).map_err(|e| limits.said(&e))
    }
}

/// How far the annual means of a table may be off: their covariance is that of a year over the years.
pub fn uncertainty(
    sample: &Sample,
    covariance: &Covariance,
    radius: f64,
) -> Result<Uncertainty, scalp_allocate::Error> {
    let years = sample.steps() as f64 / sample.per_year;
    let values = covariance.values().iter().map(|it| it / years).collect();
    Uncertainty::new(Covariance::new(covariance.size(), values)?, radius)
}

/// The objectives that have one solution whatever the limits: that it keeps them.
fn keeps(limits: &Limits, args: &PortfolioArgs, weights: &[f64]) -> Result<(), StudyError> {
    limits.constraints.validate().map_err(|e| limits.said(&e))?;
    let mut broken = limits.broken(weights, FEASIBLE);
    if broken.is_empty() {
        return Ok(());
    }
    let more = broken.len().saturating_sub(BROKEN_MAX);
    broken.truncate(BROKEN_MAX);
    Err(StudyError::Asked(format!(
        "{} has one solution, and it breaks what was asked: {}{}; leave these limits out, or take an objective that is solved under limits (min-volatility, max-sharpe, efficient-risk, efficient-return, min-risk, max-ratio)",
        args.objective.name(),
        broken.join("; "),
        if more > 0 { format!("; and {more} more") } else { String::new() }
    )))
}
