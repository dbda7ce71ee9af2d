//! How much of each: weights by an objective, with the proof that they are optimal and what risk they carry.

use super::charts::portfolio as charts;
use super::{Sample, StudyError, figure};
use scalp_allocate::{
    Constraints, Covariance, Linkage, MeanRisk, MeanVariance, Portfolio, Range, Risk, Scenarios, budgeting,
    hierarchy, lots, meanrisk, meanvariance,
};
use scalp_quant::dependence::covariance::{exponential, sample as of_sample, semicovariance};
use scalp_quant::dependence::shrinkage::{constant_variance, oracle_approximating};
use scalp_quant::matrix::Matrix;
use scalp_report::data::{Figure, Unit};
use scalp_report::study::{Cell, Section, Study};

const NO_VOLATILITY: &str = "the portfolio has no volatility";
/// Portfolios keep their limits to this, so that a smaller weight is none.
const WEIGHT_EXACT_TO: f64 = scalp_allocate::FEASIBLE;
/// A weight that counts as held.
const HELD_MIN: f64 = 1e-4;

/// What the portfolio is to be best at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Objective {
    /// Least variance.
    MinVolatility,
    /// Highest ratio of excess return to volatility.
    MaxSharpe,
    /// Highest return at this annual volatility.
    EfficientRisk(f64),
    /// Least volatility at this annual return.
    EfficientReturn(f64),
    /// Equal contributions to the variance.
    RiskParity,
    /// Hierarchical risk parity.
    Hrp,
    /// Hierarchical equal risk contribution.
    Herc,
    /// Least of a measure over the rows of the table.
    MinRisk(Risk),
    /// Highest ratio of excess return to a measure.
    MaxRatio(Risk),
}

impl Objective {
    /// Its name.
    pub fn name(self) -> String {
        match self {
            Self::MinVolatility => "least volatility".into(),
            Self::MaxSharpe => "highest Sharpe ratio".into(),
            Self::EfficientRisk(target) => format!("most return at volatility {target}"),
            Self::EfficientReturn(target) => format!("least volatility at return {target}"),
            Self::RiskParity => "risk parity".into(),
            Self::Hrp => "hierarchical risk parity".into(),
            Self::Herc => "hierarchical equal risk".into(),
            Self::MinRisk(risk) => format!("least {}", words(risk)),
            Self::MaxRatio(risk) => format!("most return by {}", words(risk)),
        }
    }
}

/// Which estimate of the covariance is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// Of the sample.
    Sample,
    /// Shrunk towards a constant variance (Ledoit and Wolf 2004).
    LedoitWolf,
    /// Oracle approximating shrinkage (Chen et al. 2010).
    Oas,
    /// Recent rows count more, with this span.
    Exponential(f64),
    /// Of losses only.
    Semi,
}

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioArgs {
    /// What is to be best.
    pub objective: Objective,
    /// Which covariance.
    pub estimate: Estimate,
    /// Annual return of what bears no risk.
    pub riskless: f64,
    /// Bounds of each weight.
    pub bounds: (f64, f64),
    /// What the weights sum to; no budget when absent.
    pub budget: Option<f64>,
    /// Most that the absolute weights may sum to.
    pub gross_max: Option<f64>,
    /// Tail probability of the measures that have one.
    pub tail: f64,
    /// Equity to be laid out in whole units at the last prices.
    pub value: Option<f64>,
    /// Whether charts are wanted: the frontier of hundreds of assets takes seconds.
    pub charts: bool,
}

/// Annual mean returns and covariance of a sample: compounded mean as the field has it, and the chosen estimate.
struct Moments {
    mean: Vec<f64>,
    covariance: Covariance,
}

/// The weights.
pub fn optimise(sample: &Sample, args: &PortfolioArgs) -> Result<Study, StudyError> {
    let said = |e: scalp_allocate::Error| StudyError::Allocate(named(&e.to_string(), &sample.names));
    believable(sample, args)?;
    let moments = moments(sample, args.estimate)?;
    let assets = sample.names.len();
    let constraints = Constraints {
        budget: args.budget,
        gross_max: args.gross_max.unwrap_or(f64::INFINITY),
        ..Constraints::bounded(assets, Range::new(args.bounds.0, args.bounds.1))
    };
    let rows: Vec<f64> =
        (0..sample.steps()).flat_map(|t| sample.returns.iter().map(move |asset| asset[t])).collect();
    let scenarios = Scenarios::new(assets, rows).map_err(said)?;
    let mean_variance = || MeanVariance::new(&moments.mean, &moments.covariance, &constraints);
    let mean_risk = || MeanRisk::new(&scenarios, &constraints);
    let per_step = args.riskless / sample.per_year;
    let bare = |weights: Vec<f64>| (weights, None);
    let whole = |it: Portfolio| (it.weights.clone(), Some(it));
    let (weights, proof) = match args.objective {
        Objective::MinVolatility => mean_variance().and_then(|it| it.min_volatility()).map(whole),
        Objective::MaxSharpe => mean_variance().and_then(|it| it.max_sharpe(args.riskless)).map(whole),
        Objective::EfficientRisk(risk) => mean_variance().and_then(|it| it.efficient_risk(risk)).map(whole),
        Objective::EfficientReturn(it) => mean_variance().and_then(|m| m.efficient_return(it)).map(whole),
        Objective::RiskParity => {
            budgeting::risk_budget(&moments.covariance, &budgeting::parity(assets)).map(whole)
        }
        Objective::Hrp => hierarchy::risk_parity(&moments.covariance, Linkage::Single).map(bare),
        Objective::Herc => {
            hierarchy::equal_risk_contribution(&moments.covariance, Linkage::Ward, None).map(bare)
        }
        Objective::MinRisk(risk) => mean_risk().and_then(|it| it.min_risk(risk)).map(whole),
        Objective::MaxRatio(risk) => mean_risk().and_then(|it| it.max_ratio(risk, per_step)).map(whole),
    }
    .map_err(said)?;
    let drawn = charts::Drawn {
        sample,
        mean: &moments.mean,
        covariance: &moments.covariance,
        constraints: &constraints,
        weights: &weights,
        name: &args.objective.name(),
    };
    let mut study = Study {
        title: format!("{assets} assets, {} returns of each: {}", sample.steps(), drawn.name),
        sample: sample.described(),
        headline: headline(&moments, &weights, args.riskless),
        charts: if args.charts { charts::charts(&drawn) } else { Vec::new() },
        sections: vec![table(sample, &moments, &weights), figures(&moments, &weights, args.riskless)],
        notes: sample.notes.clone(),
    };
    study.sections.push(measures(&scenarios, &weights, args.tail).map_err(said)?);
    if let Some(portfolio) = proof {
        let mut section = Section::new("Proof of optimality");
        section.say("worst residual", portfolio.check.worst());
        section.say("largest break of a limit", constraints.violation(&weights));
        study.sections.push(section);
    } else {
        study.notes.push("Weights from a tree answer no programme: bounds and budget play no part.".into());
    }
    if let Some(value) = args.value {
        study.sections.push(laid_out(sample, &weights, value)?);
    }
    if sample.steps() <= assets {
        study.notes.push(format!(
            "{assets} assets with {} returns each: what is best in so few rows is mostly chance.",
            sample.steps()
        ));
    }
    study.notes.push(
        "Estimated from the same rows that the weights are judged by: out of sample expect less return and more risk.".into(),
    );
    Ok(study)
}

/// That the covariance can carry what is asked of it.
fn believable(sample: &Sample, args: &PortfolioArgs) -> Result<(), StudyError> {
    let (assets, steps) = (sample.names.len(), sample.steps());
    for (option, value) in
        [("riskless", args.riskless), ("weight-min", args.bounds.0), ("weight-max", args.bounds.1)]
    {
        if value.is_nan() || (option == "riskless" && value.is_infinite()) {
            return Err(StudyError::Asked(format!("--{option}: expected a number, got {value}")));
        }
    }
    if steps < 2 {
        return Err(StudyError::Asked(format!(
            "{}: a covariance needs at least 2 returns, there is {steps}: take a table with more rows",
            sample.table
        )));
    }
    let by_tree = matches!(args.objective, Objective::Hrp | Objective::Herc);
    let by_rows = matches!(args.objective, Objective::MinRisk(_) | Objective::MaxRatio(_));
    let is_shrunk = matches!(args.estimate, Estimate::LedoitWolf | Estimate::Oas);
    if steps <= assets && !is_shrunk && !by_tree && !by_rows {
        return Err(StudyError::Asked(format!(
            "{}: {assets} columns with {steps} returns each: this covariance sees no risk at all in some portfolios; take --covariance ledoit-wolf or oas, fewer columns (--column) or more rows",
            sample.table
        )));
    }
    if by_tree || args.objective == Objective::RiskParity {
        let still = |returns: &Vec<f64>| returns.iter().all(|it| (it - returns[0]).abs() <= 0.0);
        if let Some(at) = sample.returns.iter().position(still) {
            return Err(StudyError::Asked(format!(
                "{}: {}: its returns do not vary, so that it has no risk to share: leave it out, with --column for each of the others",
                sample.table, sample.names[at]
            )));
        }
    }
    Ok(())
}

fn moments(sample: &Sample, estimate: Estimate) -> Result<Moments, StudyError> {
    let failed = || StudyError::of("covariance");
    let matrix = Matrix::from_columns(&sample.returns).map_err(failed())?;
    let found = match estimate {
        Estimate::Sample => of_sample(&matrix),
        Estimate::LedoitWolf => constant_variance(&matrix).map(|it| it.covariance),
        Estimate::Oas => oracle_approximating(&matrix).map(|it| it.covariance),
        Estimate::Exponential(span) => exponential(&matrix, span),
        Estimate::Semi => semicovariance(&matrix, 0.0),
    };
    let annual = found.map_err(failed())?.scaled(sample.per_year);
    let covariance =
        Covariance::of(&annual).map_err(|e| StudyError::Allocate(named(&e.to_string(), &sample.names)))?;
    let mut mean = Vec::new();
    for (name, returns) in sample.names.iter().zip(&sample.returns) {
        let found = scalp_quant::performance::annual_return(returns, sample.per_year);
        mean.push(found.map_err(StudyError::of(name))?);
    }
    Ok(Moments { mean, covariance })
}

fn table(sample: &Sample, moments: &Moments, weights: &[f64]) -> Section {
    let columns = ["weight", "annual return", "annual volatility", "share of the risk"];
    let mut section = Section { exact_to: WEIGHT_EXACT_TO, ..Section::with_columns("Weights", columns) };
    let shares = meanvariance::risk_contributions(&moments.covariance, weights);
    let total: f64 = shares.iter().sum();
    for (at, name) in sample.names.iter().enumerate() {
        let volatility = libm::sqrt(moments.covariance.at(at, at));
        let share = if total > 0.0 { Ok(shares[at] / total) } else { Err(NO_VOLATILITY) };
        let cells = vec![weights[at].into(), moments.mean[at].into(), volatility.into(), share.into()];
        section.row(name, cells);
    }
    section
}

/// What the page says first.
fn headline(moments: &Moments, weights: &[f64], riskless: f64) -> Vec<Figure> {
    let mean: f64 = weights.iter().zip(&moments.mean).map(|(weight, mean)| weight * mean).sum();
    let volatility = moments.covariance.volatility(weights);
    let held = weights.iter().filter(|it| it.abs() > HELD_MIN).count();
    let squares: f64 = weights.iter().map(|it| it * it).sum();
    let gross: f64 = weights.iter().map(|it| it.abs()).sum();
    let known = Ok::<f64, String>;
    let effective = if squares > 0.0 { Ok(gross * gross / squares) } else { Err("nothing is held") };
    let sharpe = if volatility > 0.0 { Ok((mean - riskless) / volatility) } else { Err(NO_VOLATILITY) };
    vec![
        figure("Annual return", Unit::Percent, known(mean), "in sample, compounded by asset"),
        figure("Annual volatility", Unit::Magnitude, known(volatility), "by the chosen covariance"),
        figure("Sharpe ratio", Unit::Ratio, sharpe, "in sample, over the riskless rate"),
        figure("Assets held", Unit::Count, known(held as f64), "weights above 0.01 %"),
        figure("Effective assets", Unit::Ratio, effective, "squared gross by the sum of squares"),
        figure("Net exposure", Unit::Percent, known(weights.iter().sum()), "sum of the weights"),
        figure("Gross exposure", Unit::Magnitude, known(gross), "sum of the absolute weights"),
        figure(
            "Largest weight",
            Unit::Percent,
            known(
                weights
                    .iter()
                    .copied()
                    .fold(0.0, |most: f64, it| if it.abs() > most.abs() { it } else { most }),
            ),
            "of one asset",
        ),
    ]
}

fn figures(moments: &Moments, weights: &[f64], riskless: f64) -> Section {
    let mut section = Section::new("Portfolio");
    let mean: f64 = weights.iter().zip(&moments.mean).map(|(weight, mean)| weight * mean).sum();
    let volatility = moments.covariance.volatility(weights);
    section.say("annual return", mean);
    section.say("annual volatility", volatility);
    let sharpe = if volatility > 0.0 { Ok((mean - riskless) / volatility) } else { Err(NO_VOLATILITY) };
    section.say("Sharpe ratio", sharpe);
    section.say("net exposure", weights.iter().sum::<f64>());
    section.say("gross exposure", weights.iter().map(|it| it.abs()).sum::<f64>());
    section
}

fn measures(scenarios: &Scenarios, weights: &[f64], tail: f64) -> Result<Section, scalp_allocate::Error> {
    let mut section = Section::new(&format!("Risk of one step, tail {tail}"));
    for (risk, value) in meanrisk::profile(scenarios, weights, tail)? {
        section.say(words(risk), value);
    }
    Ok(section)
}

fn words(risk: Risk) -> &'static str {
    match risk {
        Risk::StandardDeviation => "standard deviation",
        Risk::MeanAbsoluteDeviation => "mean absolute deviation",
        Risk::SemiDeviation { .. } => "semi-deviation",
        Risk::Cvar { .. } => "conditional value at risk",
        Risk::Evar { .. } => "entropic value at risk",
        Risk::WorstRealisation => "worst realisation",
        Risk::Cdar { .. } => "conditional drawdown at risk",
        Risk::MaxDrawdown => "largest drawdown",
        Risk::Ulcer => "ulcer index",
    }
}

fn laid_out(sample: &Sample, weights: &[f64], value: f64) -> Result<Section, StudyError> {
    let Some(prices) = &sample.prices else {
        return Err(StudyError::Asked("whole units need prices: the table holds returns".into()));
    };
    let last: Vec<f64> = prices.iter().filter_map(|it| it.last().copied()).collect();
    let found = lots::nearest(weights, &last, value).map_err(|e| StudyError::Allocate(e.to_string()))?;
    let mut section = Section::with_columns(&format!("Whole units for {value}"), ["units", "price", "value"]);
    for (at, name) in sample.names.iter().enumerate() {
        let count = found.counts[at] as f64;
        section.row(name, vec![count.into(), last[at].into(), (count * last[at]).into()]);
    }
    section.row("left over", vec![Cell::from(""), "".into(), found.leftover.into()]);
    Ok(section)
}

/// Assets by their names where an error counts them.
fn named(text: &str, names: &[String]) -> String {
    let mut out = text.to_owned();
    for (at, name) in names.iter().enumerate().rev() {
        out = out.replace(&format!("asset {at}"), name);
    }
    out
}
