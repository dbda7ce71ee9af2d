//! Which prices wander together: Johansen's tests over all columns, and Engle and Granger's of each pair.

use super::charts::along;
use super::{Sample, StudyError, count, figure};
use scalp_quant::Error;
use scalp_quant::hypothesis::cointegration::{Johansen, Level, RankTest, engle_granger, johansen};
use scalp_quant::hypothesis::unit_root::{Deterministic, Lags};
use scalp_quant::regression::Ols;
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape};
use scalp_report::study::{Cell, Section, Study};

const COLUMNS: std::ops::RangeInclusive<usize> = 2..=12;
/// A p-value below this speaks against the null hypothesis.
const LEVEL: f64 = 0.05;
const LAGS_MAX: usize = 100;

/// What is asked beside the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CointegrationArgs {
    /// What is taken off the levels first.
    pub deterministic: Deterministic,
    /// Lagged differences in the regressions of Johansen's test.
    pub lags: usize,
}

/// The tests, on logarithmic prices.
pub fn cointegration(sample: &Sample, args: CointegrationArgs) -> Result<Study, StudyError> {
    let Some(prices) = &sample.prices else {
        return Err(StudyError::Asked(
            "cointegration is asked of prices, the table holds returns: leave --returns out".into(),
        ));
    };
    let names = &sample.names;
    if !COLUMNS.contains(&names.len()) {
        let (least, most) = (COLUMNS.start(), COLUMNS.end());
        return Err(StudyError::Asked(format!(
            "{}: cointegration is asked of {least} to {most} columns, the table has {}: name them with --column",
            sample.table,
            names.len()
        )));
    }
    if args.lags > LAGS_MAX {
        return Err(StudyError::Asked(format!("--lags: expected at most {LAGS_MAX}, got {}", args.lags)));
    }
    let logs: Vec<Vec<f64>> = prices.iter().map(|it| it.iter().map(|it| libm::log(*it)).collect()).collect();
    let columns: Vec<&[f64]> = logs.iter().map(Vec::as_slice).collect();
    let found = johansen(&columns, args.deterministic, args.lags)
        .map_err(StudyError::of(&scalp_tables::panel::listed(names)))?;
    let rank = found.rank(Level::Five);
    let mut study = Study {
        title: format!("Cointegration of {} columns over {} prices", names.len(), logs[0].len()),
        sample: sample.described(),
        headline: headline(&found, rank, &logs),
        charts: vec![relation(sample, &found, &logs)],
        sections: vec![
            ranks("Trace test", &found.trace),
            ranks("Test of the largest eigenvalue", &found.max_eigen),
            relations(sample, &found, &logs),
            pairs(names, &columns),
        ],
        notes: sample.notes.clone(),
    };
    let taken = match args.deterministic {
        Deterministic::None => "nothing",
        Deterministic::Constant => "a constant",
        Deterministic::Trend => "a constant and a trend",
    };
    study.notes.push(format!("Logarithmic prices. Johansen (1988, 1991) with {} and {taken} taken off the levels; critical values of MacKinnon, Haug and Michelis (1996). Row by row from none: the first rank that is not rejected is the number of relations. A statistic above its critical value rejects.", count(args.lags, "lagged difference")));
    study.notes.push("Relations: how much of each logarithmic price stands in the combination, the largest of them 1. Half-life: steps until half of a deviation is gone, of a regression of its change on its level.".into());
    study.notes.push("Pairs (Engle and Granger 1987): the first on the second with a constant, lags by Akaike's criterion; the null hypothesis is that there is none. So many tests at once find something by chance alone, and what was cointegrated need not stay so.".into());
    if rank == names.len() {
        study.notes.push("All ranks are rejected: the columns look stationary themselves, and then any combination of them is.".into());
    }
    Ok(study)
}

/// The combination of the levels that an eigenvector names.
fn combined(vector: &[f64], logs: &[Vec<f64>]) -> Vec<f64> {
    let at = |t: usize| vector.iter().zip(logs).map(|(weight, log)| weight * log[t]).sum();
    (0..logs[0].len()).map(at).collect()
}

/// Steps until half of a deviation is gone.
fn half_life(values: &[f64]) -> Result<f64, String> {
    let (before, after) = (&values[..values.len() - 1], &values[1..]);
    let ones = vec![1.0; before.len()];
    let keep = Ols::fit(&[&ones, before], after).map_err(|e| e.to_string())?.coef[1];
    if keep > 0.0 && keep < 1.0 {
        return Ok(libm::log(0.5) / libm::log(keep));
    }
    Err(if keep <= 0.0 { "it turns around within a step" } else { "it does not revert" }.into())
}

fn headline(found: &Johansen, rank: usize, logs: &[Vec<f64>]) -> Vec<scalp_report::data::Figure> {
    let known = Ok::<f64, Error>;
    let first = found.trace[0];
    vec![
        figure("Relations", FigureUnit::Count, known(rank as f64), "by the trace test at 5 %"),
        figure("Trace statistic", FigureUnit::Ratio, known(first.statistic), "against none"),
        figure("Its critical value", FigureUnit::Ratio, known(first.critical[1]), "at 5 %"),
        figure(
            "Half-life",
            FigureUnit::Ratio,
            half_life(&combined(&found.vectors[0], logs)),
            "steps, of the first relation",
        ),
    ]
}

fn ranks(name: &str, tests: &[RankTest]) -> Section {
    let mut section = Section::with_columns(name, ["statistic", "10 %", "5 %", "1 %", "says"]);
    for (rank, it) in tests.iter().enumerate() {
        let says = match it.critical {
            [_, _, one] if it.statistic > one => "more, at 1 %",
            [_, five, _] if it.statistic > five => "more, at 5 %",
            [ten, _, _] if it.statistic > ten => "more, at 10 %",
            _ => "not more shown",
        };
        let null = match rank {
            0 => "none".to_owned(),
            rank => format!("at most {rank}"),
        };
        let [ten, five, one] = it.critical;
        let cells = vec![it.statistic.into(), ten.into(), five.into(), one.into(), says.into()];
        section.row(&null, cells);
    }
    section
}

fn relations(sample: &Sample, found: &Johansen, logs: &[Vec<f64>]) -> Section {
    let mut columns = vec!["eigenvalue".to_owned(), "half-life".into()];
    columns.extend(sample.names.iter().cloned());
    let mut section = Section::with_columns("Relations, strongest first", columns);
    for (at, (value, vector)) in found.eigenvalues.iter().zip(&found.vectors).enumerate() {
        let mut cells: Vec<Cell> = vec![(*value).into(), half_life(&combined(vector, logs)).into()];
        let largest = vector.iter().fold(0.0_f64, |most, it| if it.abs() > most.abs() { *it } else { most });
        let unit = if largest.abs() > 0.0 { largest } else { 1.0 };
        cells.extend(vector.iter().map(|it| Cell::from(it / unit)));
        section.row(&format!("relation {}", at + 1), cells);
    }
    section
}

fn pairs(names: &[String], logs: &[&[f64]]) -> Section {
    let columns = ["statistic", "p", "hedge ratio", "half-life", "says"];
    let mut section = Section::with_columns("Pairs, Engle and Granger", columns);
    for (i, one) in names.iter().enumerate() {
        for (j, other) in names.iter().enumerate().skip(i + 1) {
            let cells = match engle_granger(logs[i], &[logs[j]], false, Lags::Aic(None)) {
                Ok(it) => {
                    let says = if it.test.p < LEVEL { "cointegrated" } else { "none shown" };
                    let spread: Vec<f64> =
                        logs[i].iter().zip(logs[j]).map(|(a, b)| a - it.hedge[0] * b).collect();
                    let half = half_life(&spread);
                    vec![
                        it.test.statistic.into(),
                        it.test.p.into(),
                        it.hedge[0].into(),
                        half.into(),
                        says.into(),
                    ]
                }
                Err(why) => vec![Cell::Undefined(why.to_string()); columns.len()],
            };
            section.row(&format!("{one} on {other}"), cells);
        }
    }
    section
}

/// The strongest relation over time.
fn relation(sample: &Sample, found: &Johansen, logs: &[Vec<f64>]) -> Chart {
    let (axis, x) = along(sample, 0);
    let values = combined(&found.vectors[0], logs);
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = libm::sqrt(values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / (n - 1.0));
    let scaled: Vec<f64> = values[1..].iter().map(|it| (it - mean) / deviation).collect();
    let mut plane = Plane::new(axis, Axis::new("standard deviations", Default::default()));
    plane.layer("strongest relation", Colour::Blue, Shape::Line, x, scaled);
    plane.level("mean", 0.0);
    Chart::plane(
        "The strongest relation",
        "The combination of logarithmic prices of the largest eigenvalue, less its mean, by its standard deviation; in sample. Where no relation is shown it may wander away.",
        plane,
    )
}
