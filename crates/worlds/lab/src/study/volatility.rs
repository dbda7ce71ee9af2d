//! GARCH models of one series, and what they expect.

use super::{Sample, StudyError};
use scalp_quant::volatility::{self, ErrorFamily, Fit, Kind, Mean, Spec};
use scalp_report::study::{Cell, Section, Study};

/// Returns are fitted in per cent, as the field writes these models.
const PERCENT: f64 = 100.0;
const NAMES: [&str; 7] = ["mu", "omega", "alpha", "gamma", "beta", "nu", "lambda"];

/// Fits a model to the logarithmic returns, in per cent, of the only column, and forecasts so many steps.
pub fn fit(sample: &Sample, spec: &Spec, horizon: usize) -> Result<Study, StudyError> {
    let asset = sample.single()?;
    let returns: Vec<f64> = sample.log_returns(asset).iter().map(|it| it * PERCENT).collect();
    let name = &sample.names[asset];
    let fit = volatility::fit(&returns, spec).map_err(StudyError::of(name))?;
    let mut study = Study {
        title: format!("{} of {name}, {} returns", title(spec), fit.n),
        sections: vec![parameters(&fit, spec), quality(&fit, sample.per_year)],
        notes: sample.notes.clone(),
    };
    study.notes.push(
        "Logarithmic returns in per cent. Robust errors are those of Bollerslev and Wooldridge.".into(),
    );
    if fit.nearly_integrated {
        study.notes.push(
            "The persistence came to lie at 1: this series shows no mean variance to return to.".into(),
        );
    }
    if horizon > 0 {
        study.sections.push(forecast(&fit, horizon, sample.per_year).map_err(StudyError::of(name))?);
    }
    Ok(study)
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
    let half_life = libm::log(0.5) / libm::log(fit.model.persistence());
    section.say("half-life in steps", half_life);
    let long_run = fit.model.long_run_variance().ok_or("the variance returns to no finite mean");
    section.say("long-run volatility, annual", long_run.map(|it| annual(it, per_year)));
    section.say("volatility of the next step, annual", annual(fit.stream.variance(), per_year));
    section.say("steps of the search", fit.iterations);
    section
}

fn forecast(fit: &Fit, horizon: usize, per_year: f64) -> Result<Section, scalp_quant::Error> {
    let mut section = Section::with_columns("Forecast", ["variance", "volatility", "volatility, annual"]);
    for (step, variance) in fit.forecast(horizon)?.into_iter().enumerate() {
        let cells = vec![variance.into(), libm::sqrt(variance).into(), annual(variance, per_year).into()];
        section.row(&format!("step {}", step + 1), cells);
    }
    Ok(section)
}

/// A variance of returns in per cent as annual volatility, a fraction.
fn annual(variance: f64, per_year: f64) -> f64 {
    libm::sqrt(variance * per_year) / PERCENT
}
