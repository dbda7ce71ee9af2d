//! GARCH models of one series, and what they expect.

use super::charts::volatility as charts;
use super::{Sample, StudyError, figure};
use scalp_quant::Error;
use scalp_quant::rng::Key;
use scalp_quant::tails::quantile;
use scalp_quant::volatility::{self, ErrorFamily, Fit, Kind, Mean, Spec};
use scalp_report::data::{Figure, Unit};
use scalp_report::study::{Cell, Section, Study};

/// Returns are fitted in per cent, as the field writes these models.
pub(super) const PERCENT: f64 = 100.0;
/// Most steps of a forecast.
const HORIZON_MAX: usize = 2_000;
/// Paths of the forecast's intervals, and the seed that they come from.
const PATHS: usize = 4_000;
const SEED: u64 = 1;
/// Why a model states no long-run variance.
const NO_CLOSED_FORM: &str = "EGARCH has no closed form of it";
const NEARLY_INTEGRATED: &str =
    "the persistence came to lie at 1: this series shows no mean variance to return to";
/// Chances of the intervals.
const CHANCES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
/// Windows of the cone; those of which the table holds at least [`WINDOWS_MIN`] side by side.
const CONE: [usize; 10] = [5, 10, 20, 30, 60, 90, 120, 180, 250, 365];
const WINDOWS_MIN: usize = 4;
/// Chances of the cone.
const CONE_CHANCES: [f64; 7] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0];
const NAMES: [&str; 7] = ["mu", "omega", "alpha", "gamma", "beta", "nu", "lambda"];

/// Fits a model to the logarithmic returns, in per cent, of the only column, and forecasts so many steps.
pub fn fit(sample: &Sample, spec: &Spec, horizon: usize) -> Result<Study, StudyError> {
    if horizon > HORIZON_MAX {
        return Err(StudyError::Asked(format!(
            "horizon: expected at most {HORIZON_MAX} steps, got {horizon}"
        )));
    }
    let asset = sample.single()?;
    let returns: Vec<f64> = sample.log_returns(asset).iter().map(|it| it * PERCENT).collect();
    let name = &sample.names[asset];
    let fit = volatility::fit(&returns, spec).map_err(StudyError::of(name))?;
    let mut study = Study {
        title: format!("{} of {name}, {} returns", title(spec), fit.n),
        sample: sample.described(),
        headline: headline(&fit, sample.per_year),
        sections: vec![parameters(&fit, spec), quality(&fit, sample.per_year)],
        notes: sample.notes.clone(),
        ..Study::default()
    };
    study.notes.push(
        "Logarithmic returns in per cent. Robust errors are those of Bollerslev and Wooldridge.".into(),
    );
    if fit.nearly_integrated {
        study.notes.push(
            "The persistence came to lie at 1: this series shows no mean variance to return to. A longer table, or one without a break in its volatility, may.".into(),
        );
    }
    let cone = Cone::of(&fit, &returns, sample.per_year);
    let mut ahead = None;
    if horizon > 0 {
        let found = Ahead::of(&fit, &returns, horizon).map_err(StudyError::of(name))?;
        study.sections.push(forecast(&found, sample.per_year));
        if spec.kind == Kind::Egarch && horizon > 1 {
            study.notes.push("Expected variances of EGARCH are exact for errors drawn again, each as likely, from those of the past.".into());
        }
        ahead = Some(found);
    }
    study.sections.extend(cone.section());
    study.charts = charts::charts(&charts::Drawn {
        sample,
        returns: &returns,
        fit: &fit,
        ahead: ahead.as_ref(),
        cone: &cone,
    });
    Ok(study)
}

/// What the model expects of the next steps.
pub(super) struct Ahead {
    /// Expected variances.
    pub variances: Vec<f64>,
    /// Variances of the paths at each step, by chance.
    pub quantiles: [Vec<f64>; 5],
    /// How many paths.
    pub paths: usize,
    /// Their seed.
    pub seed: u64,
}

impl Ahead {
    fn of(fit: &Fit, returns: &[f64], horizon: usize) -> Result<Self, Error> {
        let errors = fit.model.standardised(returns, fit.backcast)?;
        let key = Key::named(SEED, "volatility ahead");
        let mut at_step = vec![Vec::with_capacity(PATHS); horizon];
        let mu = fit.model.params().mu;
        for number in 0..PATHS {
            // Each path has random numbers of its own, so that its first steps are the same however far it goes.
            let mut draws = key.stream(number as u64);
            let mut path = fit.stream;
            for variances in &mut at_step {
                let variance = path.variance();
                variances.push(variance);
                let drawn = (draws.uniform() * errors.len() as f64) as usize;
                let value = mu + libm::sqrt(variance) * errors[drawn.min(errors.len() - 1)];
                path.update(value).ok_or(Error::Parameter {
                    name: "simulated variance",
                    value: variance,
                    expected: "such that the next is finite: the model explodes",
                })?;
            }
        }
        let mut quantiles: [Vec<f64>; 5] = Default::default();
        for (chance, out) in CHANCES.into_iter().zip(&mut quantiles) {
            *out = at_step.iter().map(|it| quantile(it, chance)).collect::<Result<_, _>>()?;
        }
        Ok(Self { variances: expected(fit, returns, horizon)?, quantiles, paths: PATHS, seed: SEED })
    }
}

/// Expected variances of the next steps: in closed form, of EGARCH for errors drawn again.
fn expected(fit: &Fit, returns: &[f64], horizon: usize) -> Result<Vec<f64>, Error> {
    if fit.model.kind() != Kind::Egarch {
        return fit.forecast(horizon);
    }
    let errors = fit.model.standardised(returns, fit.backcast)?;
    fit.model.forecast_again(fit.stream.variance(), &errors, horizon)
}

/// Realised volatilities of all windows of several lengths.
pub(super) struct Cone {
    /// The shortest first.
    pub rows: Vec<ConeRow>,
    /// What the model expects over as many steps ahead, annual.
    pub expected: Result<Vec<f64>, Error>,
}

/// Windows of one length.
pub(super) struct ConeRow {
    /// Their length.
    pub steps: usize,
    /// Annual volatilities by chance, least to most.
    pub quantiles: [f64; 7],
    /// Of the last window.
    pub now: f64,
}

impl Cone {
    fn of(fit: &Fit, returns: &[f64], per_year: f64) -> Self {
        let mut rows = Vec::new();
        for steps in CONE.into_iter().filter(|it| it * WINDOWS_MIN <= returns.len()) {
            let of = |it: &[f64]| annual(it.iter().map(|it| it * it).sum::<f64>() / steps as f64, per_year);
            let all: Vec<f64> = returns.windows(steps).map(of).collect();
            let mut quantiles = [0.0; 7];
            for (chance, out) in CONE_CHANCES.into_iter().zip(&mut quantiles) {
                // Volatilities of finite returns are finite and there is a window.
                *out = quantile(&all, chance).unwrap_or(0.0);
            }
            rows.push(ConeRow { steps, quantiles, now: all[all.len() - 1] });
        }
        let longest = rows.last().map_or(1, |it| it.steps);
        let expected = expected(fit, returns, longest).map(|variances| {
            let over = |row: &ConeRow| {
                annual(variances[..row.steps].iter().sum::<f64>() / row.steps as f64, per_year)
            };
            rows.iter().map(over).collect()
        });
        Self { rows, expected }
    }

    fn section(&self) -> Option<Section> {
        let columns = ["least", "10 %", "25 %", "median", "75 %", "90 %", "most", "now", "model, ahead"];
        let mut section = Section::with_columns("Volatility cone, annual", columns);
        for (at, row) in self.rows.iter().enumerate() {
            let mut cells: Vec<Cell> = row.quantiles.into_iter().map(Cell::from).collect();
            cells.push(row.now.into());
            cells.push(self.expected.as_ref().map(|it| it[at]).into());
            section.row(&format!("{} steps", row.steps), cells);
        }
        (!section.rows.is_empty()).then_some(section)
    }
}

/// Steps until half of a disturbance of the variance is gone.
fn half_life(fit: &Fit) -> Result<f64, &'static str> {
    let persistence = fit.model.persistence();
    if fit.nearly_integrated {
        return Err(NEARLY_INTEGRATED);
    }
    if persistence > 0.0 && persistence < 1.0 {
        return Ok(libm::log(0.5) / libm::log(persistence));
    }
    Err("the persistence lies outside 0 to 1")
}

/// The mean variance in the long run.
pub(super) fn long_run(fit: &Fit) -> Result<f64, &'static str> {
    fit.long_run_variance().ok_or(if fit.nearly_integrated { NEARLY_INTEGRATED } else { NO_CLOSED_FORM })
}

fn headline(fit: &Fit, per_year: f64) -> Vec<Figure> {
    let known = Ok::<f64, Error>;
    let persistence = fit.model.persistence();
    vec![
        figure(
            "Volatility now",
            Unit::Magnitude,
            known(annual(fit.stream.variance(), per_year)),
            "of the next step, annual",
        ),
        figure(
            "Long-run volatility",
            Unit::Magnitude,
            long_run(fit).map(|it| annual(it, per_year)),
            "annual",
        ),
        figure("Persistence", Unit::Share, known(persistence), "of a disturbance, from step to step"),
        figure("Half-life", Unit::Ratio, half_life(fit), "steps until half a disturbance is gone"),
    ]
}

fn title(spec: &Spec) -> String {
    let kind = match spec.kind {
        Kind::Garch => "GARCH(1,1)",
        Kind::Gjr => "GJR-GARCH(1,1)",
        Kind::Egarch => "EGARCH(1,1)",
    };
    let errors = match spec.errors {
        ErrorFamily::Normal => "normal",
        ErrorFamily::StudentT => "Student-t",
        ErrorFamily::SkewedT => "skewed-t",
    };
    let mean = if spec.mean == Mean::Zero { ", zero mean" } else { "" };
    format!("{kind} with {errors} errors{mean}")
}

fn parameters(fit: &Fit, spec: &Spec) -> Section {
    let mut section = Section::with_columns("Parameters", ["value", "error", "robust error", "robust t"]);
    let params = fit.model.params();
    let (nu, lambda) = match params.errors {
        volatility::Errors::Normal => (None, None),
        volatility::Errors::StudentT { nu } => (Some(nu), None),
        volatility::Errors::SkewedT { nu, lambda } => (Some(nu), Some(lambda)),
    };
    let values = [
        (spec.mean == Mean::Constant).then_some(params.mu),
        Some(params.omega),
        Some(params.alpha),
        (spec.kind != Kind::Garch).then_some(params.gamma),
        Some(params.beta),
        nu,
        lambda,
    ];
    for (at, name) in NAMES.iter().enumerate() {
        let Some(value) = values[at] else { continue };
        let none = || Cell::Undefined("the likelihood is flat at its maximum: no error can be stated".into());
        let error = |robust: bool| {
            let all = fit.standard_errors.as_ref()?;
            if robust { all.robust[at] } else { all.classical[at] }
        };
        let cell = |it: Option<f64>| it.map_or_else(none, Cell::from);
        let t = error(true).map(|it| value / it);
        section.row(name, vec![value.into(), cell(error(false)), cell(error(true)), cell(t)]);
    }
    section
}

fn quality(fit: &Fit, per_year: f64) -> Section {
    let mut section = Section::new("Fit");
    section.say("log-likelihood", fit.log_likelihood);
    section.say("AIC", fit.aic());
    section.say("BIC", fit.bic());
    section.say("persistence", fit.model.persistence());
    section.say("half-life in steps", half_life(fit));
    section.say("long-run volatility, annual", long_run(fit).map(|it| annual(it, per_year)));
    section.say("volatility of the next step, annual", annual(fit.stream.variance(), per_year));
    section.say("steps of the search", fit.iterations);
    section
}

fn forecast(ahead: &Ahead, per_year: f64) -> Section {
    let columns = ["variance", "volatility", "volatility, annual", "annual, 5 %", "annual, 95 %"];
    let mut section = Section::with_columns("Forecast", columns);
    for (step, variance) in ahead.variances.iter().copied().enumerate() {
        let of = |chance: usize| annual(ahead.quantiles[chance][step], per_year).into();
        let expected = annual(variance, per_year).into();
        let cells = vec![variance.into(), libm::sqrt(variance).into(), expected, of(0), of(4)];
        section.row(&format!("step {}", step + 1), cells);
    }
    section
}

/// A variance of returns in per cent as annual volatility, a fraction.
pub(super) fn annual(variance: f64, per_year: f64) -> f64 {
    libm::sqrt(variance * per_year) / PERCENT
}
