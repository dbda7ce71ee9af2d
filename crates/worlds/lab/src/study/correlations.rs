//! How correlations move: dynamic conditional correlation of several columns (DCC-GARCH).

use super::charts::along;
use super::{Sample, StudyError, count, figure};
use scalp_quant::Error;
use scalp_quant::volatility::{DccFit, DccStream, Spec, fit_dcc};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};

const COLUMNS: std::ops::RangeInclusive<usize> = 2..=30;
/// Returns are fitted in per cent, as the field writes these models.
const PERCENT: f64 = super::volatility::PERCENT;
/// Pairs that are listed and drawn: those whose correlation moves most.
const PAIRS_MAX: usize = 45;
const DRAWN: [Colour; 4] = [Colour::Blue, Colour::Orange, Colour::Purple, Colour::Gold];
const HORIZON_MAX: u32 = 2_000;

/// Two columns over time.
struct Pair {
    at: (usize, usize),
    /// Correlation of each return, given those before it.
    path: Vec<f64>,
}

impl Pair {
    fn span(&self) -> f64 {
        let low = self.path.iter().copied().fold(f64::INFINITY, f64::min);
        self.path.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low
    }
}

/// The fit, and the correlations expected so many steps ahead.
pub fn correlations(sample: &Sample, spec: &Spec, horizon: u32) -> Result<Study, StudyError> {
    let assets = sample.names.len();
    if !COLUMNS.contains(&assets) {
        let (least, most) = (COLUMNS.start(), COLUMNS.end());
        return Err(StudyError::Asked(format!(
            "{}: correlations are asked of {least} to {most} columns, the table has {assets}: name them with --column",
            sample.table
        )));
    }
    if !(1..=HORIZON_MAX).contains(&horizon) {
        return Err(StudyError::Asked(format!("--horizon: expected 1 to {HORIZON_MAX}, got {horizon}")));
    }
    let returns: Vec<Vec<f64>> =
        (0..assets).map(|it| sample.log_returns(it).iter().map(|it| it * PERCENT).collect()).collect();
    let columns: Vec<&[f64]> = returns.iter().map(Vec::as_slice).collect();
    let failed = || StudyError::of("dynamic correlations");
    let fit = fit_dcc(&columns, spec).map_err(failed())?;
    let ahead = fit.stream.forecast_correlation(horizon).map_err(failed())?;
    let mut pairs = paths(&fit, &columns).map_err(failed())?;
    pairs.sort_by(|a, b| b.span().total_cmp(&a.span()));
    let known = Ok::<f64, Error>;
    let now = |pair: &Pair| fit.stream.correlation(pair.at.0, pair.at.1).unwrap_or(0.0);
    let most = pairs.iter().map(now).fold(f64::MIN, f64::max);
    let mean = pairs.iter().map(now).sum::<f64>() / pairs.len() as f64;
    let mut notes = sample.notes.clone();
    notes.push("Dynamic conditional correlation (Engle 2002): each column has its own GARCH, and one pair of parameters moves all correlations; correlation targeting, fitted in two steps by the normal quasi-likelihood. No standard errors of that pair. Logarithmic returns.".into());
    notes.push(format!(
        "Ahead: {}, an approximation, as no exact form exists (Engle and Sheppard 2001).",
        count(horizon, "step")
    ));
    let (a, b) = (fit.model.a(), fit.model.b());
    let half = if a + b > 0.0 && a + b < 1.0 {
        Ok(libm::log(0.5) / libm::log(a + b))
    } else {
        Err("the persistence lies outside 0 to 1")
    };
    Ok(Study {
        title: format!("Correlations of {assets} columns, {} returns of each", sample.steps()),
        sample: sample.described(),
        headline: vec![
            figure("Mean correlation now", FigureUnit::Ratio, known(mean), "of all pairs, next step"),
            figure("Largest now", FigureUnit::Ratio, known(most), "next step"),
            figure("Half-life", FigureUnit::Ratio, half, "steps until half a disturbance is gone"),
        ],
        charts: vec![chart(sample, &pairs)],
        sections: vec![model(&fit, half), table(sample, &columns, &pairs, &now, &ahead), each(sample, &fit)],
        notes,
    })
}

/// Runs the filter again from its start and keeps every correlation.
fn paths(fit: &DccFit, columns: &[&[f64]]) -> Result<Vec<Pair>, Error> {
    let streams =
        fit.assets.iter().map(|it| it.model.stream(it.backcast)).collect::<Result<Vec<_>, Error>>()?;
    let mut stream = DccStream::new(&fit.model, streams)?;
    let steps = columns[0].len();
    let mut pairs = Vec::new();
    for i in 0..columns.len() {
        pairs.extend((i + 1..columns.len()).map(|j| Pair { at: (i, j), path: Vec::with_capacity(steps) }));
    }
    let mut row = vec![0.0; columns.len()];
    for t in 0..steps {
        for pair in &mut pairs {
            pair.path.push(stream.correlation(pair.at.0, pair.at.1).unwrap_or(0.0));
        }
        row.iter_mut().zip(columns).for_each(|(to, from)| *to = from[t]);
        if !stream.update(&row) {
            let expected = "returns that keep every variance finite";
            return Err(Error::OutOfRange { what: "returns", index: t, value: row[0], expected });
        }
    }
    Ok(pairs)
}

fn model(fit: &DccFit, half: Result<f64, &'static str>) -> Section {
    let mut section = Section::new("Model of the correlations");
    section.say("a, weight of the last products", fit.model.a());
    section.say("b, memory", fit.model.b());
    section.say("half-life in steps", half);
    section.say("log-likelihood beyond no correlation", fit.correlation_log_likelihood);
    section.say("steps of the search", fit.iterations);
    section
}

/// Correlation of two series of one length.
pub(super) fn correlation(x: &[f64], y: &[f64]) -> Result<f64, String> {
    let n = x.len() as f64;
    let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(y) {
        xy += (a - mx) * (b - my);
        xx += (a - mx) * (a - mx);
        yy += (b - my) * (b - my);
    }
    let size = libm::sqrt(xx) * libm::sqrt(yy);
    if size > 0.0 { Ok(xy / size) } else { Err("one of them does not vary".into()) }
}

fn table(
    sample: &Sample,
    columns: &[&[f64]],
    pairs: &[Pair],
    now: &dyn Fn(&Pair) -> f64,
    ahead: &[f64],
) -> Section {
    let all = pairs.len();
    let name = if all > PAIRS_MAX {
        format!("The {PAIRS_MAX} of {all} pairs that moved most")
    } else {
        "Pairs, the most moved first".into()
    };
    let mut section = Section::with_columns(&name, ["of the sample", "least", "most", "now", "ahead"]);
    for it in pairs.iter().take(PAIRS_MAX) {
        let (i, j) = it.at;
        let cells: Vec<Cell> = vec![
            correlation(columns[i], columns[j]).into(),
            it.path.iter().copied().fold(f64::INFINITY, f64::min).into(),
            it.path.iter().copied().fold(f64::NEG_INFINITY, f64::max).into(),
            now(it).into(),
            ahead[i * columns.len() + j].into(),
        ];
        section.row(&format!("{} and {}", sample.names[i], sample.names[j]), cells);
    }
    section
}

fn each(sample: &Sample, fit: &DccFit) -> Section {
    let columns = ["omega", "alpha", "gamma", "beta", "persistence", "volatility now, annual"];
    let mut section = Section::with_columns("Volatility of each", columns);
    for (name, it) in sample.names.iter().zip(&fit.assets) {
        let params = it.model.params();
        let now = super::volatility::annual(it.stream.variance(), sample.per_year);
        let cells = [params.omega, params.alpha, params.gamma, params.beta, it.model.persistence(), now];
        section.row(name, cells.into_iter().map(Cell::from).collect());
    }
    section
}

fn chart(sample: &Sample, pairs: &[Pair]) -> Chart {
    let (axis, x) = along(sample, 0);
    let mut plane = Plane::new(axis, Axis::new("correlation", Unit::Plain).from_zero());
    for (it, colour) in pairs.iter().zip(DRAWN) {
        let name = format!("{} and {}", sample.names[it.at.0], sample.names[it.at.1]);
        plane.layer(&name, colour, Shape::Line, x.clone(), it.path.clone());
    }
    let note = format!(
        "Of each return given those before it, by a model fitted to all. {} of {}: those that moved most.",
        pairs.len().min(DRAWN.len()),
        count(pairs.len(), "pair")
    );
    Chart::plane("Correlations over time", &note, plane)
}
