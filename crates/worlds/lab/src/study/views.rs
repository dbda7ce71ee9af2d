//! Views on returns and volatilities from a file, and what they make of the estimates: Black-Litterman or entropy pooling.

use super::files::{asset, toml};
use super::moments::Moments;
use super::{Sample, StudyError};
use scalp_allocate::pooling::{Pooled, PoolingView, pool};
use scalp_allocate::views::{Certainty, View, market_prior, posterior};
use scalp_allocate::{Covariance, Error, Range, Source};
use scalp_report::study::{Cell, Section};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Variance of the prior mean in multiples of the covariance, as He and Litterman have it.
const TAU: f64 = 0.05;
/// Aversion to risk of the market, as Black and Litterman have it.
const AVERSION: f64 = 2.5;
/// Below so many scenarios as diverse as the pooled ones the views rest on a handful of rows.
const SCENARIOS_MIN: f64 = 30.0;
/// Rounds within which views on volatilities come to rest about the means that they leave.
const ROUNDS_MAX: usize = 100;
/// Probabilities that all together move by less than this are at rest.
const SETTLED: f64 = 1e-10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Method {
    BlackLitterman,
    EntropyPooling,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    method: Method,
    tau: Option<f64>,
    aversion: Option<f64>,
    market: Option<BTreeMap<String, f64>>,
    confidence: Option<f64>,
    #[serde(default)]
    view: Vec<Given>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    weights: BTreeMap<String, f64>,
    #[serde(rename = "return")]
    expected: Option<f64>,
    return_min: Option<f64>,
    return_max: Option<f64>,
    volatility: Option<f64>,
    volatility_min: Option<f64>,
    volatility_max: Option<f64>,
    confidence: Option<f64>,
    variance: Option<f64>,
}

impl Given {
    fn returns(&self) -> Option<Range> {
        range(self.expected, self.return_min, self.return_max)
    }

    fn volatilities(&self) -> Option<Range> {
        range(self.volatility, self.volatility_min, self.volatility_max)
    }

    /// As a person says it.
    fn said(&self) -> String {
        let parts: Vec<String> = self
            .weights
            .iter()
            .map(|(name, weight)| {
                if (weight - 1.0).abs() <= 0.0 {
                    format!("+ {name}")
                } else if (weight + 1.0).abs() <= 0.0 {
                    format!("- {name}")
                } else {
                    format!("{} {} {name}", if *weight < 0.0 { "-" } else { "+" }, weight.abs())
                }
            })
            .collect();
        // Longs first, so that a spread reads from what is held.
        let (mut all, shorts): (Vec<&String>, Vec<&String>) =
            parts.iter().partition(|it| it.starts_with('+'));
        all.extend(shorts);
        let text = all.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        text.strip_prefix("+ ").unwrap_or(&text).to_owned()
    }
}

fn range(exact: Option<f64>, min: Option<f64>, max: Option<f64>) -> Option<Range> {
    match (exact, min, max) {
        (Some(it), _, _) => Some(Range::new(it, it)),
        (None, None, None) => None,
        (None, min, max) => Some(Range::new(min.unwrap_or(f64::NEG_INFINITY), max.unwrap_or(f64::INFINITY))),
    }
}

/// What views made of the estimates.
pub struct Viewed {
    /// Annual returns and covariance after the views.
    pub moments: Moments,
    /// Both beside each other, by asset and by view.
    pub sections: Vec<Section>,
    /// What the reader must know.
    pub notes: Vec<String>,
}

/// Reads a file of views and takes them into the estimates of a table.
pub fn taken(sample: &Sample, estimated: &Moments, riskless: f64, path: &Path) -> Result<Viewed, StudyError> {
    let file: File = toml(path)?;
    let at = path.display().to_string();
    let refused = |why: String| StudyError::Asked(format!("{at}: {why}"));
    if file.view.is_empty() {
        return Err(refused("expected at least one [[view]]".into()));
    }
    let pooling = file.method == Method::EntropyPooling;
    let foreign = [
        ("tau", file.tau.is_some() && pooling),
        ("aversion", file.aversion.is_some() && (pooling || file.market.is_none())),
        ("market", file.market.is_some() && pooling),
        ("confidence", file.confidence.is_some() && !pooling),
    ];
    if let Some((key, _)) = foreign.into_iter().find(|it| it.1) {
        let help = match key {
            "aversion" => "it goes with a [market], in the method black-litterman",
            "confidence" => "in the method black-litterman each view has its own",
            _ => "it belongs to the method black-litterman",
        };
        return Err(refused(format!("{key}: {help}: leave it out")));
    }
    let mut rows = Vec::new();
    for (number, view) in file.view.iter().enumerate() {
        rows.push(weights_of(sample, view, &format!("{at}: view {}", number + 1))?);
    }
    if pooling {
        pooled(sample, &file, &rows, &at)
    } else {
        litterman(sample, estimated, riskless, &file, &rows, &at)
    }
}

fn weights_of(sample: &Sample, view: &Given, place: &str) -> Result<Vec<f64>, StudyError> {
    let mut weights = vec![0.0; sample.names.len()];
    for (name, weight) in &view.weights {
        if !weight.is_finite() {
            return Err(StudyError::Asked(format!(
                "{place}: weights: expected a finite number for {name}, got {weight}"
            )));
        }
        weights[asset(&sample.names, name, &format!("{place}: weights"))?] = *weight;
    }
    if weights.iter().all(|it| it.abs() <= 0.0) {
        return Err(StudyError::Asked(format!("{place}: weights: expected at least one other than zero")));
    }
    let all = [
        view.expected,
        view.return_min,
        view.return_max,
        view.volatility,
        view.volatility_min,
        view.volatility_max,
        view.confidence,
        view.variance,
    ];
    if let Some(it) = all.into_iter().flatten().find(|it| !it.is_finite()) {
        return Err(StudyError::Asked(format!("{place}: expected finite numbers, got {it}")));
    }
    Ok(weights)
}

fn litterman(
    sample: &Sample,
    estimated: &Moments,
    riskless: f64,
    file: &File,
    rows: &[Vec<f64>],
    at: &str,
) -> Result<Viewed, StudyError> {
    let said = |e: Error| {
        StudyError::Allocate(format!("{at}: {}", super::portfolio::named(&e.to_string(), &sample.names)))
    };
    let (prior, source) = match &file.market {
        Some(market) => {
            let mut sizes = vec![0.0; sample.names.len()];
            for (name, size) in market {
                sizes[asset(&sample.names, name, &format!("{at}: market"))?] = *size;
            }
            let aversion = file.aversion.unwrap_or(AVERSION);
            let mean = market_prior(&estimated.covariance, &sizes, aversion, riskless).map_err(said)?;
            (mean, format!("that of a market with these capitalisations at an aversion of {aversion}"))
        }
        None => (estimated.mean.clone(), "the estimate of the table".to_owned()),
    };
    let mut views = Vec::new();
    for (number, (given, weights)) in file.view.iter().zip(rows).enumerate() {
        let place = format!("{at}: view {}", number + 1);
        let refused = |why: &str| Err(StudyError::Asked(format!("{place}: {why}")));
        let Some(expected) = given.expected else {
            return refused(
                "expected `return = NUMBER`: in the method black-litterman a view is on one return (ranges and volatilities are for entropy-pooling)",
            );
        };
        if given.return_min.is_some() || given.return_max.is_some() || given.volatilities().is_some() {
            return refused("ranges and volatilities are for entropy-pooling: leave them out");
        }
        let certainty = match (given.confidence, given.variance) {
            (Some(_), Some(_)) => return refused("confidence and variance say the same: leave one out"),
            (Some(it), None) => Certainty::Confidence(it),
            (None, Some(it)) => Certainty::Variance(it),
            (None, None) => Certainty::LikePrior,
        };
        views.push(View { weights: weights.clone(), expected, certainty });
    }
    let tau = file.tau.unwrap_or(TAU);
    let found = posterior(&estimated.covariance, &prior, tau, &views).map_err(said)?;
    let after = Moments { mean: found.mean, covariance: found.covariance };
    let before = Moments { mean: prior, covariance: estimated.covariance.clone() };
    let note = format!(
        "Black-Litterman (1992), tau {tau}: the prior return is {source}; a view without a confidence is as uncertain as the prior about the same portfolio; a confidence is the share of the way from prior to view (Idzorek 2005). The covariance holds what is left unknown about the mean, so that it grows."
    );
    Ok(Viewed { sections: beside(sample, &before, &after, file, rows), moments: after, notes: vec![note] })
}

fn pooled(sample: &Sample, file: &File, rows: &[Vec<f64>], at: &str) -> Result<Viewed, StudyError> {
    let steps = sample.steps();
    let per_year = sample.per_year;
    let prior = vec![1.0 / steps as f64; steps];
    let before = weighted(sample, &prior)?;
    let confidence = file.confidence.unwrap_or(1.0);
    if !(confidence > 0.0 && confidence <= 1.0) {
        return Err(StudyError::Asked(format!("{at}: confidence: expected above 0 to 1, got {confidence}")));
    }
    let mut views = Vec::new();
    let mut numbers = Vec::new();
    let mut spreads = Vec::new();
    for (number, (given, weights)) in file.view.iter().zip(rows).enumerate() {
        let place = format!("{at}: view {}", number + 1);
        let refused = |why: &str| Err(StudyError::Asked(format!("{place}: {why}")));
        if given.confidence.is_some() || given.variance.is_some() {
            return refused(
                "in the method entropy-pooling one `confidence` stands above all views: leave it out here",
            );
        }
        let both = |exact: Option<f64>, min: Option<f64>, max: Option<f64>| {
            exact.is_some() && (min.or(max)).is_some()
        };
        if both(given.expected, given.return_min, given.return_max)
            || both(given.volatility, given.volatility_min, given.volatility_max)
        {
            return refused("one number or a range, not both");
        }
        let returns: Vec<f64> =
            (0..steps).map(|t| weights.iter().zip(&sample.returns).map(|(w, r)| w * r[t]).sum()).collect();
        let ranges = (given.returns(), given.volatilities());
        if let Some(range) = ranges.0 {
            let expectation = Range::new(range.min / per_year, range.max / per_year);
            views.push(PoolingView { values: returns.clone(), expectation });
            numbers.push(number);
        }
        if let Some(range) = ranges.1 {
            if range.min < 0.0 && range.min.is_finite() {
                return refused("a volatility is zero or more");
            }
            spreads.push(Spread { view: views.len(), returns, range });
            views.push(PoolingView { values: vec![0.0; steps], expectation: range });
            numbers.push(number);
        }
        if ranges.0.is_none() && ranges.1.is_none() {
            return refused(
                "expected `return`, `return_min`, `return_max`, `volatility`, `volatility_min` or `volatility_max`",
            );
        }
    }
    let said = |error: Error| match error {
        Error::Infeasible { conflict } => {
            let told: Vec<String> = conflict
                .iter()
                .map(|it| match it {
                    Source::View(view) => {
                        let number = numbers.get(*view).copied().unwrap_or(*view);
                        format!("view {} ({})", number + 1, file.view[number].said())
                    }
                    other => other.to_string(),
                })
                .collect();
            StudyError::Allocate(format!(
                "{at}: no probabilities of the {steps} rows satisfy all of: {}; relax one of them, or take a table in which such returns occur",
                told.join(", ")
            ))
        }
        other => StudyError::Allocate(format!("{at}: {other}")),
    };
    let found = settled(&prior, &mut views, &spreads, per_year).map_err(said)?;
    let Some(found) = found else {
        return Err(StudyError::Asked(format!(
            "{at}: the views on volatilities and returns pull at each other and found no rest: take narrower ones, or fewer"
        )));
    };
    let mixed: Vec<f64> = prior
        .iter()
        .zip(&found.probabilities)
        .map(|(a, b)| (1.0 - confidence) * a + confidence * b)
        .collect();
    let after = weighted(sample, &mixed)?;
    let mut sections = beside(sample, &before, &after, file, rows);
    let mut section = Section::new("Entropy pooling");
    section.say("rows", steps);
    section.say("rows as diverse, after the views", found.effective_scenarios);
    section.say("relative entropy", found.relative_entropy);
    section.say("confidence", confidence);
    section.say("worst residual", found.check.worst());
    sections.push(section);
    let mut notes = vec!["Entropy pooling (Meucci 2008): the rows are given the probabilities nearest to equal ones under which the views hold, volatilities about the means that these give. Returns are means of simple returns times the steps of a year, and the covariance is that of the rows under these probabilities; with a confidence below 1 both sets of probabilities are mixed.".to_owned()];
    if found.effective_scenarios < SCENARIOS_MIN {
        notes.push(format!(
            "The views leave the diversity of {:.0} rows: what follows rests on a handful of them.",
            found.effective_scenarios
        ));
    }
    Ok(Viewed { moments: after, sections, notes })
}

/// A view on a volatility: its place among the views, the returns of its portfolio, and what is asked.
struct Spread {
    view: usize,
    returns: Vec<f64>,
    range: Range,
}

impl Spread {
    /// The view on the squares about the mean under these probabilities; of as many rows as they leave.
    fn about(&self, probabilities: &[f64], per_year: f64) -> PoolingView {
        let centre: f64 = self.returns.iter().zip(probabilities).map(|(r, p)| r * p).sum();
        let kept = 1.0 - probabilities.iter().map(|it| it * it).sum::<f64>();
        let square = |it: f64| if it.is_finite() { it * it / per_year * kept } else { it };
        let min = if self.range.min > 0.0 { square(self.range.min) } else { f64::NEG_INFINITY };
        PoolingView {
            values: self.returns.iter().map(|it| (it - centre) * (it - centre)).collect(),
            expectation: Range::new(min, square(self.range.max)),
        }
    }
}

/// The probabilities nearest to the prior under which the views hold, those on volatilities about the means that these very
/// probabilities give: solved again about the mean found until it stays. None where it does not come to rest.
fn settled(
    prior: &[f64],
    views: &mut [PoolingView],
    spreads: &[Spread],
    per_year: f64,
) -> Result<Option<Pooled>, Error> {
    // From where the views on returns alone lead: about the mean before them a volatility may be out of reach.
    let is_spread = |at: usize| spreads.iter().any(|it| it.view == at);
    let on_returns: Vec<PoolingView> =
        views.iter().enumerate().filter(|it| !is_spread(it.0)).map(|it| it.1.clone()).collect();
    let mut probabilities = prior.to_vec();
    if !on_returns.is_empty() && !spreads.is_empty() {
        // What conflicts is told below, with all views.
        if let Ok(found) = pool(prior, &on_returns) {
            probabilities = found.probabilities;
        }
    }
    for _ in 0..ROUNDS_MAX {
        for it in spreads {
            views[it.view] = it.about(&probabilities, per_year);
        }
        let found = pool(prior, views)?;
        let moved: f64 = found
            .probabilities
            .iter()
            .zip(&probabilities)
            .map(|(after, before)| (after - before).abs())
            .sum();
        if spreads.is_empty() || moved < SETTLED {
            return Ok(Some(found));
        }
        probabilities.clone_from(&found.probabilities);
    }
    Ok(None)
}

/// Annual moments under probabilities of the rows, the covariance as that of the sample where all are equal.
fn weighted(sample: &Sample, probabilities: &[f64]) -> Result<Moments, StudyError> {
    let assets = sample.names.len();
    let mean: Vec<f64> = sample
        .returns
        .iter()
        .map(|returns| returns.iter().zip(probabilities).map(|(r, p)| r * p).sum())
        .collect();
    // 1 - sum of squares is the unbiased divisor of weighted rows, n - 1 over n for equal ones.
    let kept = 1.0 - probabilities.iter().map(|it| it * it).sum::<f64>();
    let mut values = vec![0.0; assets * assets];
    for (t, p) in probabilities.iter().enumerate() {
        for i in 0..assets {
            for j in 0..assets {
                let product = (sample.returns[i][t] - mean[i]) * (sample.returns[j][t] - mean[j]);
                values[i * assets + j] += p * product * sample.per_year / kept;
            }
        }
    }
    let covariance = Covariance::new(assets, values)
        .map_err(|e| StudyError::Allocate(super::portfolio::named(&e.to_string(), &sample.names)))?;
    Ok(Moments { mean: mean.iter().map(|it| it * sample.per_year).collect(), covariance })
}

/// Prior and posterior, by asset and by view.
fn beside(
    sample: &Sample,
    before: &Moments,
    after: &Moments,
    file: &File,
    rows: &[Vec<f64>],
) -> Vec<Section> {
    let columns = ["prior return", "posterior return", "prior volatility", "posterior volatility"];
    let mut assets = Section::with_columns("Prior and posterior, annual", columns);
    for (at, name) in sample.names.iter().enumerate() {
        let volatility = |it: &Moments| libm::sqrt(it.covariance.at(at, at));
        let cells = [before.mean[at], after.mean[at], volatility(before), volatility(after)];
        assets.row(name, cells.into_iter().map(Cell::from).collect());
    }
    let asked = ["asked", "prior return", "posterior return", "prior volatility", "posterior volatility"];
    let mut views = Section::with_columns("Views, annual", asked);
    for (view, weights) in file.view.iter().zip(rows) {
        let (one, other) = (before.place(weights), after.place(weights));
        let mut cells: Vec<Cell> = vec![asked_of(view).as_str().into()];
        cells.extend([one.0, other.0, one.1, other.1].map(Cell::from));
        views.row(&view.said(), cells);
    }
    vec![assets, views]
}

fn asked_of(view: &Given) -> String {
    let of = |what: &str, range: Option<Range>| {
        range.map(|it| match (it.min.is_finite(), it.max.is_finite()) {
            (true, true) if it.max - it.min <= 0.0 => format!("{what} {}", it.min),
            (true, true) => format!("{what} {} to {}", it.min, it.max),
            (true, false) => format!("{what} {} or more", it.min),
            _ => format!("{what} {} or less", it.max),
        })
    };
    let confidence = view.confidence.map(|it| format!("confidence {it}"));
    let variance = view.variance.map(|it| format!("variance {it}"));
    let parts = [of("return", view.returns()), of("volatility", view.volatilities()), confidence, variance];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
