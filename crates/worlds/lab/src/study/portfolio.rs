//! How much of each: weights by an objective, with the proof that they are optimal and what risk they carry.

use super::charts::portfolio as charts;
use super::files::by_asset;
use super::limits::{LimitArgs, Limits};
use super::moments::{self, Estimate, Moments};
use super::programme::{Asked, scenarios};
use super::{Sample, StudyError, count, figure, views};
use scalp_allocate::{Risk, Scenarios, lots, meanrisk, meanvariance};
use scalp_quant::performance;
use scalp_report::data::{Figure, Unit};
use scalp_report::study::{Cell, Section, Study};
use std::path::PathBuf;

const NO_VOLATILITY: &str = "the portfolio has no volatility";
/// Portfolios keep their limits to this, so that a smaller weight is none.
const WEIGHT_EXACT_TO: f64 = scalp_allocate::FEASIBLE;
/// Of the volatility of the loudest asset: less is rounding.
const VOLATILITY_MIN: f64 = 1e-6;
/// Limits broken by whole lots that are told.
const BROKEN_MAX: usize = 6;
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

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioArgs {
    /// What is to be best.
    pub objective: Objective,
    /// Which covariance.
    pub estimate: Estimate,
    /// Annual return of what bears no risk.
    pub riskless: f64,
    /// Limits and costs.
    pub limits: LimitArgs,
    /// How many standard errors the expected returns may be off in the worst case.
    pub robust: Option<f64>,
    /// A file of views.
    pub views: Option<PathBuf>,
    /// Tail probability of the measures that have one.
    pub tail: f64,
    /// Equity to be laid out in whole lots at the last prices.
    pub capital: Option<f64>,
    /// Units in a lot of each asset, as `NAME=UNITS,...` or a file; 1 where absent.
    pub lots: Option<String>,
    /// Whether charts are wanted: the frontier of hundreds of assets takes seconds.
    pub charts: bool,
}

/// The weights.
pub fn optimise(sample: &Sample, args: &PortfolioArgs) -> Result<Study, StudyError> {
    believable(sample, args)?;
    let limits = Limits::of(sample, &args.limits)?;
    let estimated = Moments::of(sample, args.estimate)?;
    let mut notes = Vec::new();
    let mut viewed_sections = Vec::new();
    let moments = match &args.views {
        None => estimated,
        Some(path) => {
            let found = views::taken(sample, &estimated, args.riskless, path)?;
            notes.extend(found.notes);
            viewed_sections = found.sections;
            found.moments
        }
    };
    let assets = sample.names.len();
    let scenarios = scenarios(sample).map_err(|e| limits.said(&e))?;
    let asked = Asked { sample, args, limits: &limits, moments: &moments, scenarios: &scenarios };
    let (weights, proof) = asked.solve()?;
    let earned = Earned::of(sample, &weights, args.riskless);
    let estimated = Estimated::of(&moments, &weights, args.riskless);
    let spread = Spread::of(&weights);
    let drawn = charts::Drawn {
        sample,
        mean: &moments.mean,
        covariance: &moments.covariance,
        constraints: &limits.constraints,
        weights: &weights,
        name: &args.objective.name(),
    };
    let mut study = Study {
        title: format!(
            "{}, {} of each: {}",
            count(assets, "asset"),
            count(sample.steps(), "return"),
            drawn.name
        ),
        sample: sample.described(),
        headline: headline(&earned, &estimated, &spread),
        charts: if args.charts { charts::charts(&drawn) } else { Vec::new() },
        sections: vec![table(sample, &moments, &weights), figures(earned, &estimated, &spread)],
        notes: sample.notes.clone(),
    };
    study.sections.extend(groups(&limits, &weights));
    study.sections.extend(trading(sample, &limits, &weights));
    study.sections.extend(viewed_sections);
    study.sections.push(measures(&scenarios, &weights, args.tail).map_err(|e| limits.said(&e))?);
    if let Some(portfolio) = proof {
        let mut section = Section::new("Proof of optimality");
        section.say("worst residual", portfolio.check.worst());
        section.say("largest break of a limit", limits.constraints.violation(&weights));
        study.sections.push(section);
    } else {
        study.notes.push("Weights from a tree answer no programme: there is no optimum to prove. Between assets that are equally near, and where the tree is halved, the order of the columns decides: another order may give other weights.".into());
    }
    if let Some(capital) = args.capital {
        let (section, broken) = laid_out(sample, &limits, &weights, capital, args.lots.as_deref())?;
        study.sections.push(section);
        study.notes.extend(broken);
    }
    if sample.steps() <= assets {
        study.notes.push(format!(
            "{} with {} each: what is best in so few rows is mostly chance.",
            count(assets, "asset"),
            count(sample.steps(), "return")
        ));
    }
    study.notes.extend(notes);
    if let Some(radius) = args.robust {
        study.notes.push(format!(
            "Robust (Goldfarb and Iyengar 2003): the objective takes the worst expected returns within {} of the estimates; the errors are those of the mean of {}. Frontier and figures are of the estimates themselves.",
            count(radius, "standard error"),
            count(sample.steps(), "return")
        ));
    }
    if limits.costs.is_some() {
        study.notes.push(format!(
            "Costs are of going once from the weights held now{} to these{}; the earned and estimated returns are without them.",
            if limits.has_current { "" } else { " (nothing, as --current was not given)" },
            match args.objective {
                Objective::MinVolatility | Objective::MinRisk(_) => ", and do not count in the objective, which looks at risk alone".into(),
                _ => format!(", and count {} a year in the objective", count(limits.changes_per_year, "time")),
            }
        ));
    }
    study.notes.push(
        "Earned: what the portfolio would have, brought back to its weights at every step, compounded, without costs. Estimated: the weighted mean of each asset's compounded growth (after views: of the returns that they leave) and the chosen covariance, which the objectives work with.".into(),
    );
    study.notes.push(
        "Estimated from the same rows that the weights are judged by: out of sample expect less return and more risk.".into(),
    );
    Ok(study)
}

/// That the covariance can carry what is asked of it.
fn believable(sample: &Sample, args: &PortfolioArgs) -> Result<(), StudyError> {
    if !args.riskless.is_finite() {
        return Err(StudyError::Asked(format!(
            "--riskless: expected a finite number, got {}",
            args.riskless
        )));
    }
    moments::enough(sample)?;
    let by_tree = matches!(args.objective, Objective::Hrp | Objective::Herc);
    let by_rows = matches!(args.objective, Objective::MinRisk(_) | Objective::MaxRatio(_));
    if !by_tree && !by_rows {
        moments::invertible(sample, args.estimate)?;
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

/// What each group has, beside what it may.
fn groups(limits: &Limits, weights: &[f64]) -> Option<Section> {
    let columns = ["weight", "least", "most"];
    let mut section = Section { exact_to: WEIGHT_EXACT_TO, ..Section::with_columns("Groups", columns) };
    for (name, group) in limits.group_names().iter().zip(&limits.constraints.groups) {
        let sum: f64 = group.members.iter().map(|it| weights[*it]).sum();
        let end = |it: f64| if it.is_finite() { Cell::from(it) } else { Cell::from("free") };
        section.row(name, vec![sum.into(), end(group.sum.min), end(group.sum.max)]);
    }
    (!section.rows.is_empty()).then_some(section)
}

/// What is traded away from the weights held now, and what that costs.
fn trading(sample: &Sample, limits: &Limits, weights: &[f64]) -> Option<Section> {
    if !limits.has_current && limits.costs.is_none() {
        return None;
    }
    let columns = ["held now", "weight", "change"];
    let mut section = Section { exact_to: WEIGHT_EXACT_TO, ..Section::with_columns("Trading", columns) };
    let mut turnover = 0.0;
    for ((name, before), after) in sample.names.iter().zip(&limits.current).zip(weights) {
        turnover += (after - before).abs();
        section.row(name, vec![(*before).into(), (*after).into(), (after - before).into()]);
    }
    section.row("turnover", vec!["".into(), "".into(), turnover.into()]);
    if let Some(costs) = &limits.costs {
        section.row("cost, of equity", vec!["".into(), "".into(), costs.of(weights).into()]);
    }
    Some(section)
}

fn laid_out(
    sample: &Sample,
    limits: &Limits,
    weights: &[f64],
    capital: f64,
    units: Option<&str>,
) -> Result<(Section, Option<String>), StudyError> {
    let Some(prices) = &sample.prices else {
        return Err(StudyError::Asked("--capital: whole lots need prices: the table holds returns".into()));
    };
    let units = units.map(|it| by_asset(&sample.names, it, "lot", "--lots")).transpose()?;
    let lot = |at: usize| units.as_ref().and_then(|it| it[at]).unwrap_or(1.0);
    for (at, name) in sample.names.iter().enumerate() {
        if lot(at) <= 0.0 {
            let got = lot(at);
            return Err(StudyError::Asked(format!("--lots: {name}: expected units above zero, got {got}")));
        }
    }
    let last: Vec<f64> = prices.iter().filter_map(|it| it.last().copied()).collect();
    let of_lot: Vec<f64> = last.iter().enumerate().map(|(at, price)| price * lot(at)).collect();
    let found = lots::nearest(weights, &of_lot, capital)
        .map_err(|e| StudyError::Allocate(format!("--capital: {}", named(&e.to_string(), &sample.names))))?;
    let columns = ["lots", "units", "price", "value", "weight"];
    let mut section = Section::with_columns(&format!("Whole lots for {capital}"), columns);
    for (at, name) in sample.names.iter().enumerate() {
        let count = found.counts[at] as f64;
        let held = count * of_lot[at];
        let cells = [count, count * lot(at), last[at], held, held / capital];
        section.row(name, cells.into_iter().map(Cell::from).collect());
    }
    let blank = || Cell::from("");
    let held: Vec<f64> = found.counts.iter().zip(&of_lot).map(|(n, price)| *n as f64 * price).collect();
    // What is sold short brings money in, so that this is not the capital less all that the lots are worth.
    let cash = capital - held.iter().sum::<f64>();
    section.row("left over", vec![blank(), blank(), blank(), cash.into(), (cash / capital).into()]);
    let proven = if found.proven { "no other lots are nearer" } else { "the nearest that were found" };
    section
        .row("tracking error", vec![blank(), blank(), proven.into(), found.tracking_error.into(), blank()]);
    let of_equity: Vec<f64> = held.iter().map(|it| it / capital).collect();
    let broken = limits.broken_by_lots(&of_equity);
    let said = (!broken.is_empty()).then(|| {
        let more = broken.len().saturating_sub(BROKEN_MAX);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!(
            "The whole lots are the nearest to the weights, and break what these keep: {}{more}. Take smaller lots (--lots), more capital, or narrower limits.",
            broken[..broken.len().min(BROKEN_MAX)].join("; ")
        )
    });
    Ok((section, said))
}

/// Assets by their names where an error counts them: one pass, so that a column that is called like a count stays.
pub(super) fn named(text: &str, names: &[String]) -> String {
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
