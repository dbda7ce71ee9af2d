//! A plan of weights over several periods, each trade paid for (Boyd et al. 2017, section 5).

use crate::certificate::Check;
use crate::constraints::{Constraints, Source};
use crate::costs::Costs;
use crate::covariance::{Covariance, dot};
use crate::error::{Error, parameter, sized};
use crate::portfolio::settled;
use crate::program::{Affine, Cone, Program};

/// Several periods ahead. The constraints hold in every period; turnover is limited in each step.
#[derive(Clone, Copy, Debug)]
pub struct MultiPeriod<'a> {
    /// Expected returns, one row per period.
    pub means: &'a [Vec<f64>],
    /// Covariance per period.
    pub covariance: &'a Covariance,
    /// What is allowed in each period.
    pub constraints: &'a Constraints,
    /// Costs of each step; the first starts from `costs.current`.
    pub costs: &'a Costs,
    /// Each period takes `aversion / 2 * variance` off; zero for none.
    pub aversion: f64,
    /// Most variance in each period, e.g. 0.01; infinite for no limit.
    pub variance_max: f64,
}

/// The best plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Weights by period. Only the first are to be traded now; the rest is planned again when more is known.
    pub weights: Vec<Vec<f64>>,
    /// Sum over periods of expected return after costs.
    pub expected_return: f64,
    /// Costs of all steps.
    pub costs: f64,
    /// The residuals of optimality.
    pub check: Check,
}

impl MultiPeriod<'_> {
    /// The plan with the most expected return after costs and aversion.
    ///
    /// # Errors
    /// Parts that do not fit together, infeasible, unbounded, or not optimal.
    pub fn solve(&self) -> Result<Plan, Error> {
        let what = "multi-period plan";
        self.validate()?;
        let assets = self.constraints.assets();
        let mut program = Program::default();
        let weights = program.columns(assets * self.means.len());
        for (period, mean) in self.means.iter().enumerate() {
            let first = weights.start + period * assets;
            self.constraints.lower_changing(&mut program, first, self.turnover_changes(period, first));
            let cost = self.costs.lower_changes(&mut program, &self.changes(period, first));
            program.minimise(&cost.and(&Affine::row(first, mean).times(-1.0)));
            self.add_variance(&mut program, first);
        }
        let solved = program.solve(what)?;
        let mut check = solved.check;
        let mut plan = Vec::new();
        for weights in solved.x[..assets * self.means.len()].chunks_exact(assets) {
            let limits = Constraints { turnover: None, ..self.constraints.clone() };
            plan.push(settled(what, &limits, weights.to_vec(), &mut check)?);
        }
        self.verify(what, &plan)?;
        let (mut costs, mut gross) = (0.0, 0.0);
        let mut before = &self.costs.current;
        for (weights, mean) in plan.iter().zip(self.means) {
            costs += self.costs.between(before, weights);
            gross += dot(mean, weights);
            before = weights;
        }
        Ok(Plan { weights: plan, expected_return: gross - costs, costs, check })
    }

    fn validate(&self) -> Result<(), Error> {
        self.constraints.validate()?;
        let assets = self.constraints.assets();
        if self.means.is_empty() {
            return Err(Error::TooFew { what: "periods", have: 0, need: 1 });
        }
        for mean in self.means {
            sized("expected returns of a period", mean, assets)?;
        }
        if self.covariance.size() != assets {
            return Err(Error::Size { what: "covariance rows", have: self.covariance.size(), need: assets });
        }
        self.costs.validate(assets)?;
        parameter("aversion", self.aversion, "zero or more", self.aversion >= 0.0)?;
        if self.variance_max != f64::INFINITY {
            parameter("variance_max", self.variance_max, "more than zero", self.variance_max > 0.0)?;
        }
        Ok(())
    }

    fn changes(&self, period: usize, first: usize) -> Vec<Affine> {
        steps(self.constraints.assets(), period, first, &self.costs.current)
    }

    fn turnover_changes(&self, period: usize, first: usize) -> Vec<Affine> {
        match &self.constraints.turnover {
            Some(it) => steps(self.constraints.assets(), period, first, &it.current),
            None => Vec::new(),
        }
    }

    fn add_variance(&self, program: &mut Program, first: usize) {
        if self.aversion > 0.0 {
            for row in 0..self.covariance.size() {
                for column in row..self.covariance.size() {
                    let value = self.aversion * self.covariance.at(row, column);
                    program.quadratic.push((first + row, first + column, value));
                }
            }
        }
        if self.variance_max.is_finite() {
            let unit = 1.0 / libm::sqrt(self.variance_max);
            let mut rows = vec![Affine::constant(1.0)];
            rows.extend(self.covariance.factor().map(|row| Affine::row(first, row).times(unit)));
            program.cone(Cone::SecondOrder, Source::Risk, rows);
        }
    }

    /// That variance and turnover are kept by the weights that are handed out.
    fn verify(&self, what: &'static str, plan: &[Vec<f64>]) -> Result<(), Error> {
        let tolerance = crate::portfolio::FEASIBLE;
        let mut before = self.constraints.turnover.as_ref().map(|it| it.current.clone());
        for weights in plan {
            let mut excess = self.covariance.variance(weights) - self.variance_max;
            if let (Some(turnover), Some(before)) = (&self.constraints.turnover, &before) {
                let sizes: Vec<f64> =
                    weights.iter().zip(before).map(|(now, old)| (now - old).abs()).collect();
                excess = excess.max(sizes.iter().sum::<f64>() - turnover.total_max);
                excess = sizes.iter().fold(excess, |most, it| most.max(it - turnover.each_max));
            }
            if excess > tolerance {
                let detail = format!("a period breaks a limit by {excess:.1e}");
                return Err(Error::NotOptimal { what, tolerance, detail });
            }
            before = before.map(|_| weights.clone());
        }
        Ok(())
    }
}

fn steps(assets: usize, period: usize, first: usize, current: &[f64]) -> Vec<Affine> {
    (0..assets)
        .map(|asset| {
            let weight = Affine::of(first + asset);
            if period == 0 { weight.plus(-current[asset]) } else { weight.term(first + asset - assets, -1.0) }
        })
        .collect()
}
