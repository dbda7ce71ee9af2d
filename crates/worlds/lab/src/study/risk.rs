//! How deep it can fall: ratios with their intervals, the tail by every method, drawdowns, who contributes, and whether
//! yesterday's forecasts held.

use super::{Sample, StudyError};
use scalp_quant::bootstrap::{Percentiles, Plan, RatioBootstrap};
use scalp_quant::rng::Key;
use scalp_quant::tails::{self, TailRisk};
use scalp_quant::volatility::{self, ErrorFamily, Kind, Spec};
use scalp_quant::{Error, performance};
use scalp_report::study::{Cell, Section, Study};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 10_000;
/// Confidences of the tail.
const CONFIDENCES: [f64; 2] = [0.95, 0.99];
/// Share of the losses that the extreme-value tail is fitted to.
const EXTREME_SHARE: f64 = 0.1;
/// Returns before the first forecast of the backtest.
const BACKTEST_WINDOW: usize = 250;

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskArgs {
    /// Weight of each asset; equal ones when empty.
    pub weights: Vec<f64>,
    /// Seed of the bootstrap.
    pub seed: u64,
}

/// The report on a portfolio that is brought back to its weights at every step.
pub fn report(sample: &Sample, args: &RiskArgs) -> Result<Study, StudyError> {
    let assets = sample.names.len();
    let weights = match args.weights.len() {
        0 => vec![1.0 / assets as f64; assets],
        n if n == assets => args.weights.clone(),
        n => {
            let names = sample.names.join(", ");
            return Err(StudyError::Asked(format!("weights: expected {assets} ({names}), got {n}")));
        }
    };
    let returns: Vec<f64> = (0..sample.steps())
        .map(|t| weights.iter().zip(&sample.returns).map(|(weight, asset)| weight * asset[t]).sum())
        .collect();
    let mut study = Study {
        title: format!("Risk of {} over {} returns", sample.names.join(", "), returns.len()),
        sections: vec![
            ratios(&returns, sample.per_year, args.seed)?,
            tail(&returns),
            drawdowns(&returns)?,
            backtest(&returns),
        ],
        notes: sample.notes.clone(),
    };
    if assets > 1 {
        study.sections.push(contributions(sample, &weights));
        study.notes.push("The portfolio is brought back to its weights at every step, without costs.".into());
    }
    study.notes.push(format!(
        "Value at risk and expected shortfall are of one step, losses positive. The historical value at risk of the steps before each step is tested on what came (Kupiec 1995, Christoffersen 1998). Intervals: {RESAMPLES} stationary bootstrap resamples, seed {}.",
        args.seed
    ));
    Ok(study)
}

fn ratios(returns: &[f64], per_year: f64, seed: u64) -> Result<Section, StudyError> {
    let mut section = Section::with_columns("Performance", ["value", "5 %", "50 %", "95 %"]);
    let bootstrap = RatioBootstrap::new(returns, Plan::new(per_year, Key::named(seed, "risk report")));
    let report = bootstrap.and_then(|it| it.run(RESAMPLES));
    let report = report.map_err(StudyError::of("the returns"))?;
    type Figure = (&'static str, Result<f64, Error>, Option<Percentiles>);
    let figures: [Figure; 9] = [
        ("total return", performance::total_return(returns), report.total_return),
        ("annual return", performance::annual_return(returns, per_year), report.annual_return),
        ("annual volatility", performance::volatility(returns, per_year), report.volatility),
        ("Sharpe ratio", performance::sharpe(returns, per_year), report.sharpe),
        ("Sortino ratio", performance::sortino(returns, per_year), report.sortino),
        ("Calmar ratio", performance::calmar(returns, per_year), report.calmar),
        ("Omega ratio", performance::omega(returns, 0.0), report.omega),
        ("win rate", performance::win_rate(returns), report.win_rate),
        ("Kelly's share", performance::kelly(returns), report.kelly),
    ];
    for (name, value, interval) in figures {
        let mut cells = vec![value.into()];
        let none = || Cell::Undefined("not defined in more than one resample of twenty".into());
        let of = |get: fn(&Percentiles) -> f64| interval.as_ref().map_or_else(none, |it| get(it).into());
        cells.extend([of(|it| it.p5), of(|it| it.p50), of(|it| it.p95)]);
        section.row(name, cells);
    }
    let empty = || Cell::from("");
    for (name, it) in [
        ("probability of a profit", report.probability_of_profit),
        ("probability of falling 10 %", report.probability_of_drawdown),
    ] {
        section.row(name, vec![it.value.into(), empty(), empty(), empty()]);
    }
    Ok(section)
}

fn tail(returns: &[f64]) -> Section {
    let columns = CONFIDENCES.map(|it| it * 100.0).map(|it| [format!("VaR {it} %"), format!("ES {it} %")]);
    let mut section = Section::with_columns("Tail of one step", columns.into_iter().flatten());
    let mut add = |name: &str, of: &dyn Fn(f64) -> Result<TailRisk, Error>| {
        let cells = CONFIDENCES.iter().flat_map(|confidence| {
            let found = of(*confidence);
            [
                found.as_ref().map(|it| it.value_at_risk).into(),
                found.as_ref().map(|it| it.expected_shortfall).into(),
            ]
        });
        section.row(name, cells.collect());
    };
    add("historical", &|it| tails::historical_tail(returns, it));
    add("normal", &|it| tails::normal_tail(returns, it, 1.0));
    let student = tails::fit_student(returns);
    add("Student-t", &|it| student.clone()?.distribution.tail(it));
    add("Cornish-Fisher", &|it| tails::CornishFisher::new(returns)?.tail(it));
    let losses: Vec<f64> = returns.iter().map(|it| -it).collect();
    add("extreme value", &|it| tails::fit_pareto_tail(&losses, EXTREME_SHARE)?.tail(it));
    let fit = volatility::fit(returns, &Spec::new(Kind::Garch, ErrorFamily::StudentT));
    add("GARCH-t, now", &|it| tails::conditional_tail(&fit.clone()?.stream, it, 1));
    add("filtered historical, now", &|it| tails::filtered_historical(&fit.clone()?, returns, it));
    add("conditional extreme, now", &|it| {
        tails::conditional_extreme(&fit.clone()?, returns, EXTREME_SHARE, it)
    });
    let cells = CONFIDENCES.iter().flat_map(|it| [tails::entropic_var(returns, *it).into(), Cell::from("")]);
    section.row("entropic", cells.collect());
    section
}

fn drawdowns(returns: &[f64]) -> Result<Section, StudyError> {
    let mut equity = vec![1.0];
    returns.iter().for_each(|it| equity.push(equity[equity.len() - 1] * (1.0 + it)));
    let found = tails::drawdowns(&equity).map_err(StudyError::of("the equity"))?;
    let mut section = Section::new("Drawdowns");
    section.say("deepest", found.max);
    section.say("mean", found.average);
    section.say("ulcer index", found.ulcer);
    section.say("conditional, 95 %", found.conditional(CONFIDENCES[0]));
    section.say("longest, steps", found.longest);
    section.say("now, steps", found.current);
    Ok(section)
}

/// Historical value at risk of the window before each step, against what came.
fn backtest(returns: &[f64]) -> Section {
    let name = format!("VaR of {BACKTEST_WINDOW} steps, tested");
    let columns = ["expected", "exceeded", "p coverage", "p independence", "p both"];
    let mut section = Section::with_columns(&name, columns);
    for confidence in CONFIDENCES {
        let row = format!("{} %", confidence * 100.0);
        let Some(tested) = returns.get(BACKTEST_WINDOW..).filter(|it| !it.is_empty()) else {
            let reason = format!("needs more than {BACKTEST_WINDOW} returns, there are {}", returns.len());
            section.row(&row, vec![Cell::Undefined(reason); columns.len()]);
            continue;
        };
        let forecasts: Result<Vec<f64>, Error> = (0..tested.len())
            .map(|at| tails::historical_tail(&returns[at..at + BACKTEST_WINDOW], confidence))
            .map(|it| it.map(|it| it.value_at_risk))
            .collect();
        let hits = forecasts.and_then(|it| tails::exceedances(tested, &it));
        let on = |test: &dyn Fn(&[bool]) -> Result<f64, Error>| -> Cell {
            hits.as_ref().map_err(Clone::clone).and_then(|it| test(it)).into()
        };
        let cells = vec![
            ((1.0 - confidence) * tested.len() as f64).into(),
            hits.as_ref().map(|it| it.iter().filter(|it| **it).count()).into(),
            on(&|it| tails::kupiec(it, confidence).map(|it| it.p_value)),
            on(&|it| tails::christoffersen(it).map(|it| it.test.p_value)),
            on(&|it| tails::conditional_coverage(it, confidence).map(|it| it.p_value)),
        ];
        section.row(&row, cells);
    }
    section
}

fn contributions(sample: &Sample, weights: &[f64]) -> Section {
    let mut section =
        Section::with_columns("Parts of the ES 95 %", ["weight", "part", "share", "without it"]);
    let series: Vec<&[f64]> = sample.returns.iter().map(Vec::as_slice).collect();
    let found = tails::historical_contributions(weights, &series, CONFIDENCES[0]);
    for (at, name) in sample.names.iter().enumerate() {
        let of = |get: &dyn Fn(&tails::Contributions) -> f64| Cell::from(found.as_ref().map(get));
        let cells = vec![
            weights[at].into(),
            of(&|it| it.component[at]),
            of(&|it| it.component[at] / it.total),
            of(&|it| it.total - it.incremental[at]),
        ];
        section.row(name, cells);
    }
    section.row(
        "all",
        vec![weights.iter().sum::<f64>().into(), found.map(|it| it.total).into(), 1.0.into(), "".into()],
    );
    section
}
