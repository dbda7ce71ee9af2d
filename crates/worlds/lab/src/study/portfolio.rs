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
use scalp_quant::performance;
use scalp_report::data::{Figure, Unit};
use scalp_report::study::{Cell, Section, Study};

const NO_VOLATILITY: &str = "the portfolio has no volatility";
/// Portfolios keep their limits to this, so that a smaller weight is none.
const WEIGHT_EXACT_TO: f64 = scalp_allocate::FEASIBLE;
/// Of the volatility of the loudest asset: less is rounding.
const VOLATILITY_MIN: f64 = 1e-6;
/// Broken limits that a message lists.
const BROKEN_MAX: usize = 3;
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
    if matches!(args.objective, Objective::RiskParity | Objective::Hrp | Objective::Herc) {
        keeps(sample, args, &weights)?;
    }
    let earned = Earned::of(sample, &weights, args.riskless);
    let estimated = Estimated::of(&moments, &weights, args.riskless);
    let spread = Spread::of(&weights);
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
        headline: headline(&earned, &estimated, &spread),
        charts: if args.charts { charts::charts(&drawn) } else { Vec::new() },
        sections: vec![table(sample, &moments, &weights), figures(earned, &estimated, &spread)],
        notes: sample.notes.clone(),
    };
    study.sections.push(measures(&scenarios, &weights, args.tail).map_err(said)?);
    if let Some(portfolio) = proof {
        let mut section = Section::new("Proof of optimality");
        section.say("worst residual", portfolio.check.worst());
        section.say("largest break of a limit", constraints.violation(&weights));
        study.sections.push(section);
    } else {
        study.notes.push("Weights from a tree answer no programme: there is no optimum to prove. Between assets that are equally near, and where the tree is halved, the order of the columns decides: another order may give other weights.".into());
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
        "Earned: what the portfolio would have, brought back to its weights at every step, compounded, without costs. Estimated: the weighted mean of each asset's compounded growth and the chosen covariance, which the objectives work with.".into(),
    );
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
        let found = performance::annual_return(returns, sample.per_year);
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

/// What the portfolio earned over the table, brought back to its weights at every step.
struct Earned {
    annual: Result<f64, scalp_quant::Error>,
    volatility: Result<f64, scalp_quant::Error>,
    sharpe: Result<f64, scalp_quant::Error>,
}

impl Earned {
    fn of(sample: &Sample, weights: &[f64], riskless: f64) -> Self {
        let at =
            |t: usize| weights.iter().zip(&sample.returns).map(|(weight, asset)| weight * asset[t]).sum();
        let returns: Vec<f64> = (0..sample.steps()).map(at).collect();
        let excess: Vec<f64> = returns.iter().map(|it| it - riskless / sample.per_year).collect();
        Self {
            annual: performance::annual_return(&returns, sample.per_year),
            volatility: performance::volatility(&returns, sample.per_year),
            sharpe: performance::sharpe(&excess, sample.per_year),
        }
    }
}

/// What the objectives expect of the portfolio: the weighted mean of the assets' growth, and the chosen covariance.
struct Estimated {
    mean: f64,
    volatility: f64,
    sharpe: Result<f64, &'static str>,
}

impl Estimated {
    fn of(moments: &Moments, weights: &[f64], riskless: f64) -> Self {
        let mean: f64 = weights.iter().zip(&moments.mean).map(|(weight, mean)| weight * mean).sum();
        let volatility = moments.covariance.volatility(weights);
        let assets = 0..moments.mean.len();
        let largest = assets.map(|it| moments.covariance.at(it, it)).fold(0.0, f64::max);
        let is_risky = volatility > VOLATILITY_MIN * libm::sqrt(largest);
        let sharpe = if is_risky { Ok((mean - riskless) / volatility) } else { Err(NO_VOLATILITY) };
        Self { mean, volatility, sharpe }
    }
}

/// How the weights are spread.
struct Spread {
    held: usize,
    effective: Result<f64, &'static str>,
    net: f64,
    gross: f64,
    largest: f64,
}

impl Spread {
    fn of(weights: &[f64]) -> Self {
        let squares: f64 = weights.iter().map(|it| it * it).sum();
        let gross: f64 = weights.iter().map(|it| it.abs()).sum();
        let larger = |most: f64, it: &f64| if it.abs() > most.abs() { *it } else { most };
        Self {
            held: weights.iter().filter(|it| it.abs() > HELD_MIN).count(),
            effective: if squares > 0.0 { Ok(gross * gross / squares) } else { Err("nothing is held") },
            net: weights.iter().sum(),
            gross,
            largest: weights.iter().fold(0.0, larger),
        }
    }
}

/// What the page says first.
fn headline(earned: &Earned, estimated: &Estimated, spread: &Spread) -> Vec<Figure> {
    let known = Ok::<f64, String>;
    let of = |it: &Result<f64, scalp_quant::Error>| it.clone();
    vec![
        figure("Annual return", Unit::Percent, of(&earned.annual), "earned in sample, rebalanced each step"),
        figure("Annual volatility", Unit::Magnitude, of(&earned.volatility), "of the same returns"),
        figure("Sharpe ratio", Unit::Ratio, of(&earned.sharpe), "of the same, over the riskless rate"),
        figure("Estimated return", Unit::Percent, known(estimated.mean), "weighted growth of the assets"),
        figure(
            "Estimated volatility",
            Unit::Magnitude,
            known(estimated.volatility),
            "by the chosen covariance",
        ),
        figure("Assets held", Unit::Count, known(spread.held as f64), "weights above 0.01 %"),
        figure("Effective assets", Unit::Ratio, spread.effective, "squared gross by the sum of squares"),
        figure("Net exposure", Unit::Percent, known(spread.net), "sum of the weights"),
        figure("Gross exposure", Unit::Magnitude, known(spread.gross), "sum of the absolute weights"),
        figure("Largest weight", Unit::Percent, known(spread.largest), "of one asset"),
    ]
}

fn figures(earned: Earned, estimated: &Estimated, spread: &Spread) -> Section {
    let mut section = Section::new("Portfolio");
    section.say("annual return, earned", earned.annual);
    section.say("annual volatility, earned", earned.volatility);
    section.say("Sharpe ratio, earned", earned.sharpe);
    section.say("annual return, estimated", estimated.mean);
    section.say("annual volatility, estimated", estimated.volatility);
    section.say("Sharpe ratio, estimated", estimated.sharpe);
    section.say("assets held", spread.held);
    section.say("effective assets", spread.effective);
    section.say("net exposure", spread.net);
    section.say("gross exposure", spread.gross);
    section.say("largest weight", spread.largest);
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
        Risk::Cdar { .. } => "CDaR, uncompounded",
        Risk::MaxDrawdown => "largest drawdown, uncompounded",
        Risk::Ulcer => "ulcer index, uncompounded",
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

/// Assets by their names where an error counts them: one pass, so that a column that is called like a count stays.
fn named(text: &str, names: &[String]) -> String {
    const COUNTED: &str = "asset ";
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(COUNTED) {
        let (before, after) = (&rest[..at], &rest[at + COUNTED.len()..]);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(before);
        match after[..digits].parse::<usize>().ok().and_then(|it| names.get(it)) {
            Some(name) => out.push_str(name),
            None => out.push_str(&rest[at..at + COUNTED.len() + digits]),
        }
        rest = &after[digits..];
    }
    out + rest
}

/// The objectives that have one solution whatever the limits: that it keeps them.
fn keeps(sample: &Sample, args: &PortfolioArgs, weights: &[f64]) -> Result<(), StudyError> {
    let mut broken = Vec::new();
    let (min, max) = args.bounds;
    for (name, weight) in sample.names.iter().zip(weights) {
        if *weight < min - WEIGHT_EXACT_TO {
            broken.push(format!("{name} has {weight:.4}, --weight-min is {min}"));
        } else if *weight > max + WEIGHT_EXACT_TO {
            broken.push(format!("{name} has {weight:.4}, --weight-max is {max}"));
        }
    }
    let net: f64 = weights.iter().sum();
    let gross: f64 = weights.iter().map(|it| it.abs()).sum();
    if let Some(budget) = args.budget.filter(|it| (net - it).abs() > WEIGHT_EXACT_TO) {
        broken.push(format!("the weights sum to {net:.4}, --budget is {budget}"));
    }
    if let Some(most) = args.gross_max.filter(|it| gross > it + WEIGHT_EXACT_TO) {
        broken.push(format!("the absolute weights sum to {gross:.4}, --gross-max is {most}"));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_named_even_where_columns_are_called_like_counts() {
        let names = ["asset 1".to_owned(), "B".to_owned()];
        let text = "maximum of asset 0, maximum of asset 1, asset 7, asset x";
        assert_eq!(named(text, &names), "maximum of asset 1, maximum of B, asset 7, asset x");
    }
}
