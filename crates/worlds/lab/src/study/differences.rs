//! As stationary as needed with as much memory left as possible: fractional differences of a price, by order.

use super::charts::along;
use super::correlations::correlation;
use super::files::write;
use super::{Sample, StudyError, figure};
use scalp_quant::Error;
use scalp_quant::fracdiff;
use scalp_quant::hypothesis::Test;
use scalp_quant::hypothesis::unit_root::{Deterministic, Lags, adf};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Section, Study};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Orders that are compared, in twentieths.
const ORDERS: usize = 20;
/// A p-value below this speaks against a unit root.
const LEVEL: f64 = 0.05;
/// Fewer differences than this are not tested.
const LEFT_MIN: usize = 30;

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct DifferenceArgs {
    /// The order that is drawn and written; the least that is stationary when absent.
    pub order: Option<f64>,
    /// Weights below this are left out.
    pub threshold: f64,
    /// Where the differences go.
    pub out: Option<PathBuf>,
}

/// One order.
struct Row {
    order: f64,
    width: usize,
    test: Result<Test, Error>,
    memory: Result<f64, String>,
    values: Vec<Option<f64>>,
}

impl Row {
    fn of(logs: &[f64], order: f64, threshold: f64) -> Result<Self, Error> {
        let width = fracdiff::weights(order, threshold)?.len();
        let values = fracdiff::difference(logs, order, threshold)?;
        let left: Vec<f64> = values.iter().copied().flatten().collect();
        let test = if left.len() < LEFT_MIN {
            Err(Error::TooShort { what: "fractional differences", have: left.len(), need: LEFT_MIN })
        } else {
            adf(&left, Deterministic::Constant, Lags::Aic(None)).map(|it| it.test)
        };
        // The memory that is left: how they go with the series that they come from.
        let memory = correlation(&left, &logs[logs.len() - left.len()..]);
        Ok(Self { order, width, test, memory, values })
    }
}

/// The orders of the only column.
pub fn difference(sample: &Sample, args: &DifferenceArgs) -> Result<Study, StudyError> {
    let asset = sample.single()?;
    let name = &sample.names[asset];
    let Some(prices) = &sample.prices else {
        return Err(StudyError::Asked(
            "fractional differences are of prices, the table holds returns: leave --returns out".into(),
        ));
    };
    let logs: Vec<f64> = prices[asset].iter().map(|it| libm::log(*it)).collect();
    let failed = || StudyError::of(name);
    let mut rows = Vec::new();
    for at in 0..=ORDERS {
        rows.push(Row::of(&logs, at as f64 / ORDERS as f64, args.threshold).map_err(failed())?);
    }
    let stationary = rows.iter().position(|it| it.test.as_ref().is_ok_and(|it| it.p < LEVEL));
    let chosen = match (args.order, stationary) {
        (Some(order), _) => Some(Row::of(&logs, order, args.threshold).map_err(failed())?),
        (None, Some(at)) => Some(Row::of(&logs, rows[at].order, args.threshold).map_err(failed())?),
        (None, None) => None,
    };
    let mut notes = sample.notes.clone();
    if let Some(path) = &args.out {
        let Some(row) = &chosen else {
            return Err(StudyError::Asked(format!(
                "{name}: no order up to 1 is stationary at {LEVEL}, so that there is none to write: name one with --order"
            )));
        };
        write("--out", path, &csv(sample, row))?;
        notes.push(format!("Differences of order {}: {}.", row.order, path.display()));
    }
    let mut section = Section::with_columns("Orders", ["weights", "ADF", "p", "memory", "says"]);
    for row in &rows {
        let says =
            row.test.as_ref().map(|it| if it.p < LEVEL { "stationary" } else { "unit root not excluded" });
        section.row(
            &format!("{:.2}", row.order),
            vec![
                row.width.into(),
                row.test.as_ref().map(|it| it.statistic).into(),
                row.test.as_ref().map(|it| it.p).into(),
                row.memory.as_ref().copied().into(),
                says.into(),
            ],
        );
    }
    notes.push(format!("Differences of the logarithmic price with a window of fixed width (Lopez de Prado 2018, chapter 5): weights below {} are left out, and the first values with them. Memory: correlation with the logarithmic price itself. ADF with a constant, lags by Akaike's criterion, on as many values as each order leaves.", args.threshold));
    let least = stationary.map(|at| rows[at].order).ok_or("no order up to 1 is");
    let memory =
        stationary.map_or(Err("no order up to 1 is stationary".to_owned()), |at| rows[at].memory.clone());
    Ok(Study {
        title: format!("Fractional differences of {name}, {} prices", logs.len()),
        sample: sample.described(),
        headline: vec![
            figure("Least stationary order", FigureUnit::Ratio, least, "ADF at 5 %, in steps of 0.05"),
            figure("Memory left", FigureUnit::Share, memory, "correlation with the price"),
        ],
        charts: charts(sample, &rows, chosen.as_ref()),
        sections: vec![section],
        notes,
    })
}

fn csv(sample: &Sample, row: &Row) -> String {
    let mut text =
        String::from(if sample.times.is_empty() { "step,difference\n" } else { "time,difference\n" });
    // The first price has no return, and the sample no time of it.
    for (at, value) in row.values.iter().enumerate().skip(1) {
        let Some(value) = value else { continue };
        let _ = match sample.times.get(at - 1) {
            Some(time) => writeln!(text, "{time},{value}"),
            None => writeln!(text, "{at},{value}"),
        };
    }
    text
}

fn charts(sample: &Sample, rows: &[Row], chosen: Option<&Row>) -> Vec<Chart> {
    let mut plane = Plane::new(
        Axis::new("order", Unit::Plain),
        Axis::new("p of ADF, and memory", Unit::Plain).from_zero(),
    );
    let of = |get: &dyn Fn(&Row) -> Option<f64>| -> (Vec<f64>, Vec<f64>) {
        rows.iter().filter_map(|it| Some((it.order, get(it)?))).unzip()
    };
    let (x, y) = of(&|it| it.test.as_ref().ok().map(|it| it.p));
    plane.layer("p of ADF", Colour::Orange, Shape::Line, x, y);
    let (x, y) = of(&|it| it.memory.as_ref().ok().copied());
    plane.layer("memory", Colour::Blue, Shape::Line, x, y);
    plane.level("5 %", LEVEL);
    let first = Chart::plane(
        "Stationarity against memory",
        "By order: the p-value of the unit root falls, and the correlation with the price with it.",
        plane,
    );
    let Some(row) = chosen else {
        return vec![
            first,
            Chart::missing("The differences", "no order up to 1 is stationary: name one with --order"),
        ];
    };
    let (axis, x) = along(sample, 0);
    let mut plane = Plane::new(axis, Axis::new("difference", Unit::Plain));
    let (x, y) = row.values[1..].iter().zip(x).filter_map(|(value, x)| Some((x, (*value)?))).unzip();
    plane.layer("difference", Colour::Blue, Shape::Line, x, y);
    let note = format!("Order {}, {} weights; each value knows the past alone.", row.order, row.width);
    vec![first, Chart::plane("The differences", &note, plane)]
}
