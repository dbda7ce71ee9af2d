//! How deep it can fall: ratios with their intervals, the tail by every method, drawdowns, who contributes, and whether
//! yesterday's forecasts held.

use super::charts::risk as charts;
use super::{Sample, StudyError, figure, weights};
use scalp_quant::bootstrap::{Percentiles, Plan, RatioBootstrap};
use scalp_quant::rng::Key;
use scalp_quant::tails::{self, Forecast, ParetoTail, StudentFit, TailRisk};
use scalp_quant::volatility::{self, ErrorFamily, Fit, Kind, Spec};
use scalp_quant::{Error, performance};
use scalp_report::data::{Figure, Interval, Unit};
use scalp_report::study::chart::Chart;
use scalp_report::study::{Cell, Section, Study};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 10_000;
/// What an error is said of.
const RETURNS: &str = "the portfolio";
/// Confidences of the tail.
const CONFIDENCES: [f64; 2] = [0.95, 0.99];
/// Share of the losses that the extreme-value tail is fitted to.
const EXTREME_SHARE: f64 = 0.1;
/// Past exceedances that the dynamic quantile test looks at, as its authors do.
const DYNAMIC_LAGS: usize = 4;
/// Returns before the first forecast of the backtest.
const BACKTEST_WINDOW: usize = 250;

/// Confidences of the tests of expected shortfall; 97.5 % is that of the Basel committee (2019).
const SHORTFALL_CONFIDENCES: [f64; 3] = [0.95, 0.975, 0.99];
/// Series that their null is simulated by.
const SHORTFALL_TRIALS: usize = 1_000;

/// More assets than this are not named in the title.
const NAMES_MAX: usize = 5;

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
    let weights = weights::of(sample, &args.weights)?;
    let returns = weights::returns(sample, &weights);
    let (performance, mut headline) = ratios(&returns, sample.per_year, args.seed)?;
    let losses: Vec<f64> = returns.iter().map(|it| -it).collect();
    let models = Models {
        student: tails::fit_student(&returns),
        extreme: tails::fit_pareto_tail(&losses, EXTREME_SHARE),
        fit: volatility::fit(&returns, &Spec::new(Kind::Garch, ErrorFamily::StudentT)),
    };
    let (falls, deepest) = drawdowns(&returns)?;
    headline.push(deepest);
    for confidence in CONFIDENCES {
        headline.extend(tail_figures(&returns, confidence));
    }
    let forecasts = CONFIDENCES.map(|it| (it, forecasts(&returns, it)));
    let values = forecasts.clone().map(|(confidence, it)| {
        (confidence, it.map(|all| all.iter().map(|it| it.value_at_risk).collect::<Vec<f64>>()))
    });
    let drawn = charts::Drawn {
        sample,
        returns: &returns,
        student: &models.student,
        extreme: &models.extreme,
        fit: &models.fit,
        forecasts: &values,
        window: BACKTEST_WINDOW,
    };
    let mut study = Study {
        title: format!("Risk of {} over {} returns", listed(&sample.names), returns.len()),
        sample: sample.described(),
        headline,
        charts: charts::charts(&drawn),
        sections: vec![
            performance,
            tail(&returns, &models),
            falls,
            backtest(&returns, &forecasts, args.seed),
            conditional_backtest(&returns, args.seed),
        ],
        notes: sample.notes.clone(),
    };
    if assets > 1 {
        let (section, chart) = contributions(sample, &weights);
        study.sections.push(section);
        study.charts.push(chart);
        study.notes.push("The portfolio is brought back to its weights at every step, without costs.".into());
    }
    study.notes.push(format!(
        "GARCH-t tested: fitted once to the first half, and not again; each later return is forecast from those before it. Z1 and Z2 (Acerbi and Szekely 2014) are 0 on average where the expected shortfall is right and negative where it was too small; Z1 sees how large exceedances are, Z2 also how many. Their p are shares of {SHORTFALL_TRIALS} simulated series with a lower one."
    ));
    study.notes.push(format!(
        "Value at risk and expected shortfall are of one step, losses positive. The historical value at risk of the steps before each step is tested on what came (Kupiec 1995, Christoffersen 1998, Engle and Manganelli 2004), its expected shortfall on the losses beyond (McNeil and Frey 2000; one-sided: a small p says it was too small). Intervals: {RESAMPLES} stationary bootstrap resamples, seed {}.",
        args.seed
    ));
    Ok(study)
}

/// Names of the assets, or how many there are.
fn listed(names: &[String]) -> String {
    if names.len() > NAMES_MAX { format!("{} assets", names.len()) } else { names.join(", ") }
}

/// Fitted once, for the table and the charts.
struct Models {
    student: Result<StudentFit, Error>,
    extreme: Result<ParetoTail, Error>,
    fit: Result<Fit, Error>,
}

fn ratios(returns: &[f64], per_year: f64, seed: u64) -> Result<(Section, Vec<Figure>), StudyError> {
    let mut headline = Vec::new();
    let mut section = Section::with_columns("Performance", ["value", "5 %", "50 %", "95 %"]);
    let bootstrap = RatioBootstrap::new(returns, Plan::new(per_year, Key::named(seed, "risk report")));
    let report = bootstrap.and_then(|it| it.run(RESAMPLES));
    let report = report.map_err(StudyError::of(RETURNS))?;
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
        let shown = match name {
            "annual return" => Some(("Annual return", Unit::Percent, "compounded")),
            "annual volatility" => Some(("Annual volatility", Unit::Magnitude, "standard deviation")),
            "Sharpe ratio" => Some(("Sharpe ratio", Unit::Ratio, "annual, over zero")),
            _ => None,
        };
        if let Some((label, unit, note)) = shown {
            let mut it = figure(label, unit, value.clone(), note);
            it.interval = interval.map(|it| Interval { low: it.p5, high: it.p95, level: 0.9 });
            headline.push(it);
        }
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
    Ok((section, headline))
}

fn tail_figures(returns: &[f64], confidence: f64) -> [Figure; 2] {
    let percent = confidence * 100.0;
    let found = tails::historical_tail(returns, confidence);
    let of = |get: fn(&TailRisk) -> f64| found.as_ref().map(get);
    let names = [format!("VaR {percent} %"), format!("ES {percent} %")];
    [
        figure(&names[0], Unit::Magnitude, of(|it| it.value_at_risk), "one step, historical"),
        figure(&names[1], Unit::Magnitude, of(|it| it.expected_shortfall), "one step, historical"),
    ]
}

fn tail(returns: &[f64], models: &Models) -> Section {
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
    add("Student-t", &|it| models.student.clone()?.distribution.tail(it));
    add("Cornish-Fisher", &|it| tails::CornishFisher::new(returns)?.tail(it));
    add("extreme value", &|it| models.extreme.clone()?.tail(it));
    let fit = &models.fit;
    add("GARCH-t, now", &|it| tails::conditional_tail(&fit.clone()?.stream, it, 1));
    add("filtered historical, now", &|it| tails::filtered_historical(&fit.clone()?, returns, it));
    add("conditional extreme, now", &|it| {
        tails::conditional_extreme(&fit.clone()?, returns, EXTREME_SHARE, it)
    });
    let cells = CONFIDENCES.iter().flat_map(|it| [tails::entropic_var(returns, *it).into(), Cell::from("")]);
    section.row("entropic", cells.collect());
    section
}

fn drawdowns(returns: &[f64]) -> Result<(Section, Figure), StudyError> {
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
    let deepest = Ok::<f64, Error>(found.max);
    Ok((section, figure("Deepest drawdown", Unit::Magnitude, deepest, "from the highest value so far")))
}

/// Historical value at risk and expected shortfall of the window before each step.
fn forecasts(returns: &[f64], confidence: f64) -> Result<Vec<TailRisk>, Error> {
    let windows = returns.windows(BACKTEST_WINDOW).take(returns.len().saturating_sub(BACKTEST_WINDOW));
    windows.map(|it| tails::historical_tail(it, confidence)).collect()
}

/// These forecasts against what came.
fn backtest(returns: &[f64], forecasts: &[(f64, Result<Vec<TailRisk>, Error>)], seed: u64) -> Section {
    let name = format!("VaR of {BACKTEST_WINDOW} steps, tested");
    let columns =
        ["expected", "exceeded", "p coverage", "p independence", "p both", "p dynamic quantile", "p ES"];
    let mut section = Section::with_columns(&name, columns);
    for (confidence, forecasts) in forecasts {
        let row = format!("{} %", confidence * 100.0);
        let Some(tested) = returns.get(BACKTEST_WINDOW..).filter(|it| !it.is_empty()) else {
            let reason = format!("needs more than {BACKTEST_WINDOW} returns, there are {}", returns.len());
            section.row(&row, vec![Cell::Undefined(reason); columns.len()]);
            continue;
        };
        let values: Result<Vec<f64>, Error> = forecasts
            .as_ref()
            .map(|all| all.iter().map(|it| it.value_at_risk).collect())
            .map_err(Clone::clone);
        let hits = values.clone().and_then(|it| tails::exceedances(tested, &it));
        let dynamic = values.and_then(|it| tails::dynamic_quantile(tested, &it, *confidence, DYNAMIC_LAGS));
        let still = vec![1.0; tested.len()];
        let shortfall =
            forecasts.clone().and_then(|it| tails::mcneil_frey(tested, &it, &still, RESAMPLES, seed));
        let on = |test: &dyn Fn(&[bool]) -> Result<f64, Error>| -> Cell {
            hits.as_ref().map_err(Clone::clone).and_then(|it| test(it)).into()
        };
        let cells = vec![
            ((1.0 - confidence) * tested.len() as f64).into(),
            hits.as_ref().map(|it| it.iter().filter(|it| **it).count()).into(),
            on(&|it| tails::kupiec(it, *confidence).map(|it| it.p_value)),
            on(&|it| tails::christoffersen(it).map(|it| it.test.p_value)),
            on(&|it| tails::conditional_coverage(it, *confidence).map(|it| it.p_value)),
            dynamic.map(|it| it.p_value).into(),
            shortfall.map(|it| it.p_value).into(),
        ];
        section.row(&row, cells);
    }
    section
}

/// Forecasts of a GARCH with Student-t errors, fitted to the first half, against what came in the second.
fn conditional_backtest(returns: &[f64], seed: u64) -> Section {
    let columns = [
        "expected",
        "exceeded",
        "p coverage",
        "p independence",
        "p both",
        "p dynamic quantile",
        "p ES",
        "Z1",
        "p Z1",
        "Z2",
        "p Z2",
    ];
    let mut section = Section::with_columns("GARCH-t, tested on the second half", columns);
    let (past, tested) = returns.split_at(returns.len() / 2);
    let found = filtered(past, tested);
    for confidence in SHORTFALL_CONFIDENCES {
        let row = format!("{} %", confidence * 100.0);
        let cells = match &found {
            Ok((forecasts, errors)) => judged(tested, forecasts, errors, confidence, seed)
                .unwrap_or_else(|why| vec![Cell::Undefined(why.to_string()); columns.len()]),
            Err(why) => vec![Cell::Undefined(why.to_string()); columns.len()],
        };
        section.row(&row, cells);
    }
    section
}

/// Mean and deviation of each tested return, given those before it, and the law of the errors.
fn filtered(past: &[f64], tested: &[f64]) -> Result<(Vec<Forecast>, volatility::Errors), Error> {
    if past.len() < BACKTEST_WINDOW {
        return Err(Error::TooShort {
            what: "GARCH-t, tested",
            have: past.len() * 2,
            need: BACKTEST_WINDOW * 2,
        });
    }
    let fit = volatility::fit(past, &Spec::new(Kind::Garch, ErrorFamily::StudentT))?;
    let params = *fit.model.params();
    let mut stream = fit.stream;
    let mut forecasts = Vec::with_capacity(tested.len());
    for (index, value) in tested.iter().enumerate() {
        forecasts.push(Forecast { mean: params.mu, deviation: libm::sqrt(stream.variance()) });
        let expected = "a return that keeps the variance finite";
        let what = "returns";
        stream.update(*value).ok_or(Error::OutOfRange { what, index, value: *value, expected })?;
    }
    Ok((forecasts, params.errors))
}

fn judged(
    tested: &[f64],
    forecasts: &[Forecast],
    errors: &volatility::Errors,
    confidence: f64,
    seed: u64,
) -> Result<Vec<Cell>, Error> {
    let p = 1.0 - confidence;
    let (at, beyond) = (errors.quantile(p)?, errors.tail_mean(p)?);
    let tails: Vec<TailRisk> = forecasts
        .iter()
        .map(|it| TailRisk {
            value_at_risk: -(it.mean + it.deviation * at),
            expected_shortfall: -(it.mean + it.deviation * beyond),
        })
        .collect();
    let values: Vec<f64> = tails.iter().map(|it| it.value_at_risk).collect();
    let deviations: Vec<f64> = forecasts.iter().map(|it| it.deviation).collect();
    let hits = tails::exceedances(tested, &values)?;
    let residuals = tails::mcneil_frey(tested, &tails, &deviations, RESAMPLES, seed);
    let sizes = tails::acerbi_szekely(tested, forecasts, errors, confidence, SHORTFALL_TRIALS, seed);
    let of_z1 = |value: fn(&tails::ShortfallTest) -> Option<f64>| -> Cell {
        match &sizes {
            Ok(it) => value(it)
                .map_or_else(|| Cell::Undefined("no loss was beyond the value at risk".into()), Cell::from),
            Err(why) => Cell::Undefined(why.to_string()),
        }
    };
    Ok(vec![
        (p * tested.len() as f64).into(),
        hits.iter().filter(|it| **it).count().into(),
        tails::kupiec(&hits, confidence).map(|it| it.p_value).into(),
        tails::christoffersen(&hits).map(|it| it.test.p_value).into(),
        tails::conditional_coverage(&hits, confidence).map(|it| it.p_value).into(),
        tails::dynamic_quantile(tested, &values, confidence, DYNAMIC_LAGS).map(|it| it.p_value).into(),
        residuals.map(|it| it.p_value).into(),
        of_z1(|it| it.z1),
        of_z1(|it| it.p_value_1),
        sizes.as_ref().map(|it| it.z2).into(),
        sizes.as_ref().map(|it| it.p_value_2).into(),
    ])
}

fn contributions(sample: &Sample, weights: &[f64]) -> (Section, Chart) {
    let mut section =
        Section::with_columns("Parts of the ES 95 %", ["weight", "part", "share", "without it"]);
    let series: Vec<&[f64]> = sample.returns.iter().map(Vec::as_slice).collect();
    let found = tails::historical_contributions(weights, &series, CONFIDENCES[0]);
    let shares: Result<Vec<f64>, String> = match &found {
        Ok(it) if it.total > 0.0 => Ok(it.component.iter().map(|part| part / it.total).collect()),
        Ok(_) => Err("the expected shortfall is no loss, so that it has no shares".into()),
        Err(why) => Err(why.to_string()),
    };
    for (at, name) in sample.names.iter().enumerate() {
        let of = |get: &dyn Fn(&tails::Contributions) -> f64| Cell::from(found.as_ref().map(get));
        let cells = vec![
            weights[at].into(),
            of(&|it| it.component[at]),
            shares.as_ref().map(|it| it[at]).into(),
            of(&|it| it.total - it.incremental[at]),
        ];
        section.row(name, cells);
    }
    let whole = shares.as_ref().map(|it| it.iter().sum::<f64>());
    section.row(
        "all",
        vec![weights.iter().sum::<f64>().into(), found.map(|it| it.total).into(), whole.into(), "".into()],
    );
    (section, charts::contributions(&sample.names, weights, shares))
}
