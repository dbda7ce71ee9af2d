//! Portfolios of least risk, of most return at a risk, and of most return per risk, for any [`Risk`] over scenarios.

use crate::constraints::{Constraints, Source};
use crate::costs::Costs;
use crate::error::{Error, finite, parameter, sized};
use crate::portfolio::{Portfolio, enlarged, net_return, settled};
use crate::program::{Affine, Program, Solved};
use crate::risk::Risk;
use crate::scenarios::Scenarios;

/// Share of the rows that a programme starts with, in multiples of the tail, for measures that depend on few rows.
const FIRST_TAILS: f64 = 2.0;
/// Risk, in units of the scale of the scenarios, that is none.
const RISK_MIN: f64 = 1e-6;
/// By how much, relatively, the risk by its definition may exceed the bound of the programme.
const DEFINITION_MAX: f64 = 1e-7;

/// Scenarios with what is allowed. Expected returns are the means of the scenarios unless given.
#[derive(Clone, Debug)]
pub struct MeanRisk<'a> {
    scenarios: &'a Scenarios,
    constraints: &'a Constraints,
    mean: Vec<f64>,
    costs: Option<&'a Costs>,
}

#[derive(Clone, Copy)]
enum Goal {
    LeastRisk,
    MostReturn { risk_max: f64 },
    MostPerRisk { riskless: f64 },
}

struct Lowered {
    program: Program,
    /// Upper bound of the risk, in units of the scale of the scenarios.
    amount: Affine,
    /// Losses above it count, in the same unit.
    level: Affine,
    /// The column that stands for 1.
    unit: Option<usize>,
}

impl<'a> MeanRisk<'a> {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// Sizes differ, or a limit cannot be read.
    pub fn new(scenarios: &'a Scenarios, constraints: &'a Constraints) -> Result<Self, Error> {
        constraints.validate()?;
        if constraints.assets() != scenarios.assets() {
            return Err(Error::Size { what: "bounds", have: constraints.assets(), need: scenarios.assets() });
        }
        Ok(Self { scenarios, constraints, mean: scenarios.mean(), costs: None })
    }

    /// The same with other expected returns, per row.
    ///
    /// # Errors
    /// Not one finite value for each asset.
    pub fn with_mean(self, mean: Vec<f64>) -> Result<Self, Error> {
        sized("expected returns", &mean, self.mean.len())?;
        Ok(Self { mean, ..self })
    }

    /// The same with costs of trading, taken off the expected return.
    ///
    /// # Errors
    /// Sizes differ, or a cost is negative or not finite.
    pub fn with_costs(self, costs: &'a Costs) -> Result<Self, Error> {
        costs.validate(self.mean.len())?;
        Ok(Self { costs: Some(costs), ..self })
    }

    /// The portfolio of least risk. Costs play no part.
    ///
    /// # Errors
    /// A parameter of the measure, infeasible, unbounded, or not optimal.
    pub fn min_risk(&self, risk: Risk) -> Result<Portfolio, Error> {
        risk.validate()?;
        self.solve("minimum risk", risk, Goal::LeastRisk)
    }

    /// The portfolio that earns most with a risk of at most `risk_max`.
    ///
    /// # Errors
    /// [`Error::RiskTarget`] where every portfolio is riskier; as [`min_risk`](Self::min_risk) else.
    pub fn max_return(&self, risk: Risk, risk_max: f64) -> Result<Portfolio, Error> {
        risk.validate()?;
        parameter("risk_max", risk_max, "more than zero", risk_max > 0.0)?;
        self.solve("maximum return at a risk", risk, Goal::MostReturn { risk_max }).map_err(
            |error| match self.min_risk(risk) {
                Ok(least) if least.risk > risk_max => Error::RiskTarget { target: risk_max, min: least.risk },
                Ok(_) => error,
                Err(other) => other,
            },
        )
    }

    /// The portfolio with the highest ratio of expected excess return to risk; `riskless` is per row.
    ///
    /// # Errors
    /// [`Error::NoExcessReturn`], [`Error::NoRisk`]; as [`min_risk`](Self::min_risk) else.
    pub fn max_ratio(&self, risk: Risk, riskless: f64) -> Result<Portfolio, Error> {
        risk.validate()?;
        finite("riskless rate", &[riskless])?;
        match self.most_return() {
            Ok(max) if max <= riskless => return Err(Error::NoExcessReturn { riskless, max }),
            Ok(_) | Err(Error::Unbounded) => {}
            Err(error) => return Err(error),
        }
        match self.solve("maximum ratio", risk, Goal::MostPerRisk { riskless }) {
            Ok(mut it) if riskless.abs() <= 0.0 && self.costs.is_none() && it.risk > 0.0 => {
                // A target of the semideviation is not homogeneous and fixes the size by itself.
                if !matches!(risk, Risk::SemiDeviation { below } if below.abs() > 0.0) {
                    it.weights = enlarged(self.constraints, it.weights);
                    it.expected_return = net_return(&self.mean, None, &it.weights);
                    it.risk = risk.measure(&self.scenarios.of(&it.weights))?;
                }
                self.with_risk(risk, it)
            }
            Ok(it) => self.with_risk(risk, it),
            Err(Error::Unbounded) => Err(Error::NoRisk { risk: risk.name() }),
            other => other,
        }
    }

    fn with_risk(&self, risk: Risk, portfolio: Portfolio) -> Result<Portfolio, Error> {
        if portfolio.risk <= RISK_MIN * self.scenarios.scale() {
            return Err(Error::NoRisk { risk: risk.name() });
        }
        Ok(portfolio)
    }

    fn most_return(&self) -> Result<f64, Error> {
        let mut program = Program::default();
        program.columns(self.mean.len());
        self.constraints.lower(&mut program, 0);
        let income = self.income(&mut program, 0.0);
        program.minimise(&income.times(-1.0));
        let solved = program.solve("maximum return")?;
        Ok(net_return(&self.mean, self.costs, &solved.x[..self.mean.len()]))
    }

    /// For measures of the tail, rows that cannot matter are left out and the optimum of the rest is compared with them:
    /// where none of them reaches the level of the tail, it is the optimum over all rows, and where some do, they join.
    fn solve(&self, what: &'static str, risk: Risk, goal: Goal) -> Result<Portfolio, Error> {
        let mut rows = self.first_rows(risk);
        loop {
            let Lowered { program, amount, level, unit } = self.program(risk, goal, &rows);
            let solved = match program.solve(what) {
                Ok(solved) => solved,
                // What has no bound without some rows may have one with them; what is infeasible stays so.
                Err(Error::Unbounded | Error::NotOptimal { .. }) if rows.len() < self.scenarios.periods() => {
                    rows = (0..self.scenarios.periods()).collect();
                    continue;
                }
                Err(error) => return Err(error),
            };
            let one = unit.map_or(1.0, |it| solved.x[it]);
            let weights: Vec<f64> = solved.x[..self.mean.len()].iter().map(|it| it / one).collect();
            if rows.len() < self.scenarios.periods() {
                let level = level.at(&solved.x) / one * self.scenarios.scale();
                let missing = self.missing(&rows, &weights, level);
                if !missing.is_empty() {
                    rows.extend(missing);
                    rows.sort_unstable();
                    continue;
                }
            }
            let bound = amount.at(&solved.x) / one * self.scenarios.scale();
            return self.finish(what, (risk, bound), solved, weights);
        }
    }

    fn first_rows(&self, risk: Risk) -> Vec<usize> {
        let periods = self.scenarios.periods();
        let mut rows: Vec<usize> = (0..periods).collect();
        if !risk.by_rows() {
            return rows;
        }
        let tail = if let Risk::Cvar { tail } = risk { tail } else { 0.0 };
        let start = vec![1.0 / self.mean.len() as f64; self.mean.len()];
        let gains = self.scenarios.of(&start);
        rows.sort_by(|&a, &b| gains[a].total_cmp(&gains[b]).then(a.cmp(&b)));
        let count = FIRST_TAILS * tail * periods as f64 + self.mean.len() as f64;
        rows.truncate((count as usize).min(periods));
        rows.sort_unstable();
        rows
    }

    /// Rows left out whose loss exceeds `level` by more than rounding.
    fn missing(&self, rows: &[usize], weights: &[f64], level: f64) -> Vec<usize> {
        let gains = self.scenarios.of(weights);
        let slack = 1e-10 * self.scenarios.scale();
        let outside = (0..gains.len()).filter(|it| rows.binary_search(it).is_err());
        outside.filter(|&it| -gains[it] > level + slack).collect()
    }

    fn program(&self, risk: Risk, goal: Goal, rows: &[usize]) -> Lowered {
        let mut program = Program::default();
        program.columns(self.mean.len());
        let riskless = match goal {
            Goal::MostPerRisk { riskless } => Some(riskless),
            _ => None,
        };
        let unit = riskless.map(|_| program.homogenise());
        self.constraints.lower(&mut program, 0);
        let (amount, level) = risk.lower(&mut program, self.scenarios, rows);
        match goal {
            Goal::LeastRisk => program.minimise(&amount),
            Goal::MostReturn { risk_max } => {
                let income = self.income(&mut program, 0.0);
                program.minimise(&income.times(-1.0));
                let room = amount.clone().times(-1.0).plus(risk_max / self.scenarios.scale());
                program.at_least(Source::Risk, room);
            }
            Goal::MostPerRisk { riskless } => {
                let most = self.mean.iter().fold(0.0_f64, |most, it| most.max((it - riskless).abs()));
                let excess = self.income(&mut program, riskless).times(1.0 / most);
                let unit = unit.expect("a ratio is homogenised");
                let excess = Affine { constant: 0.0, ..excess.clone().term(unit, excess.constant) };
                program.end_homogenise();
                program.at_least(Source::Return, excess.plus(-1.0));
                program.minimise(&amount);
            }
        }
        Lowered { program, amount, level, unit }
    }

    fn income(&self, program: &mut Program, riskless: f64) -> Affine {
        let gross = Affine::row(0, &self.mean).plus(-riskless);
        match self.costs {
            Some(costs) => gross.and(&costs.lower(program, 0).times(-1.0)),
            None => gross,
        }
    }

    fn finish(
        &self,
        what: &'static str,
        (risk, bound): (Risk, f64),
        solved: Solved,
        weights: Vec<f64>,
    ) -> Result<Portfolio, Error> {
        let mut check = solved.check;
        let weights = settled(what, self.constraints, weights, &mut check)?;
        let expected_return = net_return(&self.mean, self.costs, &weights);
        let amount = risk.measure(&self.scenarios.of(&weights))?;
        if amount > bound + DEFINITION_MAX * bound.abs().max(self.scenarios.scale()) {
            let detail = format!("risk is {amount} by its definition, {bound} in the programme");
            return Err(Error::NotOptimal { what, tolerance: DEFINITION_MAX, detail });
        }
        Ok(Portfolio { weights, expected_return, risk: amount, check })
    }
}

/// Every measure of one portfolio, those of tails at `tail`.
///
/// # Errors
/// Not one finite weight for each asset, or a tail outside 0..1.
pub fn profile(scenarios: &Scenarios, weights: &[f64], tail: f64) -> Result<[(Risk, f64); 9], Error> {
    sized("weights", weights, scenarios.assets())?;
    let returns = scenarios.of(weights);
    let mut profile = Risk::all(tail).map(|it| (it, 0.0));
    for (risk, value) in &mut profile {
        *value = risk.measure(&returns)?;
    }
    Ok(profile)
}
