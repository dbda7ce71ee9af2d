//! Frontier, weights, shares of the risk and growth of a portfolio.

use super::{along, falls, growth};
use crate::study::Sample;
use scalp_allocate::{Constraints, Covariance, MeanVariance, budgeting, meanvariance};
use scalp_report::study::chart::{Axis, Bars, Body, Chart, Colour, Plane, Shape, Unit};

/// Portfolios of the frontier that is drawn.
const POINTS: usize = 25;
/// More assets than this have a frontier of fewer points, and no names beside them.
const ASSETS_MANY: usize = 60;
const POINTS_OF_MANY: usize = 9;
const IN_SAMPLE: &str = "In sample: estimated and judged on the same rows.";

/// What the charts are drawn from.
pub struct Drawn<'a> {
    /// The table.
    pub sample: &'a Sample,
    /// Annual returns by asset.
    pub mean: &'a [f64],
    /// Annual covariance.
    pub covariance: &'a Covariance,
    /// What is allowed.
    pub constraints: &'a Constraints,
    /// The portfolio.
    pub weights: &'a [f64],
    /// What it is best at.
    pub name: &'a str,
}

/// All of them.
pub fn charts(drawn: &Drawn<'_>) -> Vec<Chart> {
    let assets = drawn.weights.len();
    let equal = vec![1.0 / assets as f64; assets];
    let parity = budgeting::risk_budget(drawn.covariance, &budgeting::parity(assets)).map(|it| it.weights);
    let mut out =
        vec![frontier(drawn, &equal, parity.as_deref().ok()), weights(drawn, &equal, parity.as_deref().ok())];
    out.push(shares(drawn, parity.as_deref().ok()));
    out.extend(course(drawn, &equal));
    out
}

fn place(drawn: &Drawn<'_>, weights: &[f64]) -> (f64, f64) {
    let mean = weights.iter().zip(drawn.mean).map(|(weight, mean)| weight * mean).sum();
    (drawn.covariance.volatility(weights), mean)
}

fn frontier(drawn: &Drawn<'_>, equal: &[f64], parity: Option<&[f64]>) -> Chart {
    let name = "Efficient frontier";
    let assets = drawn.weights.len();
    let mut plane = Plane::new(
        Axis::new("annual volatility", Unit::Percent).from_zero(),
        Axis::new("annual return", Unit::Percent),
    );
    let points = if assets > ASSETS_MANY { POINTS_OF_MANY } else { POINTS };
    let found =
        MeanVariance::new(drawn.mean, drawn.covariance, drawn.constraints).and_then(|it| it.frontier(points));
    let mut note = format!(
        "{IN_SAMPLE} Least volatility at each return, of {points} portfolios under the same limits, from the quietest to the one that earned most."
    );
    match found {
        Ok(found) => {
            let (x, y) = found.iter().map(|it| (it.risk, it.expected_return)).unzip();
            plane.layer("frontier", Colour::Blue, Shape::Line, x, y);
        }
        Err(why) => note = format!("{IN_SAMPLE} The frontier cannot be drawn: {why}."),
    }
    let own = (0..assets).map(|at| (libm::sqrt(drawn.covariance.at(at, at)), drawn.mean[at]));
    let (x, y): (Vec<f64>, Vec<f64>) = own.unzip();
    let is_many = assets > ASSETS_MANY;
    let shape = if is_many { Shape::Dots } else { Shape::Named(drawn.sample.names.clone()) };
    plane.layer("assets", Colour::Grey, shape, x, y);
    let mut one = |label: &str, colour, weights: &[f64]| {
        let (x, y) = place(drawn, weights);
        plane.layer(label, colour, Shape::Named(vec![label.to_owned()]), vec![x], vec![y]);
    };
    one("equal weights", Colour::Gold, equal);
    if let Some(parity) = parity.filter(|_| drawn.name != "risk parity") {
        one("risk parity", Colour::Purple, parity);
    }
    one(drawn.name, Colour::Orange, drawn.weights);
    Chart::plane(name, &note, plane)
}

fn weights(drawn: &Drawn<'_>, equal: &[f64], parity: Option<&[f64]>) -> Chart {
    let mut bars = Bars { unit: Unit::Percent, ..Bars::default() };
    let mut columns: Vec<(&str, Colour, &[f64])> =
        vec![(drawn.name, Colour::Orange, drawn.weights), ("equal weights", Colour::Gold, equal)];
    if let Some(parity) = parity.filter(|_| drawn.name != "risk parity") {
        columns.push(("risk parity", Colour::Purple, parity));
    }
    bars.columns = columns.iter().map(|it| (it.0.to_owned(), it.1)).collect();
    let row = |(at, name): (usize, &String)| (name.clone(), columns.iter().map(|it| it.2[at]).collect());
    bars.rows = drawn.sample.names.iter().enumerate().map(row).collect();
    Chart::bars(
        "Weights",
        "Fractions of equity. Equal weights and risk parity are without the limits asked for.",
        bars,
    )
}

fn shares(drawn: &Drawn<'_>, parity: Option<&[f64]>) -> Chart {
    let share = |weights: &[f64]| -> Option<Vec<f64>> {
        let parts = meanvariance::risk_contributions(drawn.covariance, weights);
        let total: f64 = parts.iter().sum();
        (total > 0.0).then(|| parts.iter().map(|it| it / total).collect())
    };
    let name = "Shares of the risk";
    let Some(own) = share(drawn.weights) else {
        return Chart::missing(name, "the portfolio has no variance");
    };
    let mut columns = vec![(drawn.name, Colour::Orange, own)];
    if let Some(parity) = parity.filter(|_| drawn.name != "risk parity").and_then(share) {
        columns.push(("risk parity", Colour::Purple, parity));
    }
    let row = |(at, name): (usize, &String)| (name.clone(), columns.iter().map(|it| it.2[at]).collect());
    let bars = Bars {
        unit: Unit::Percent,
        columns: columns.iter().map(|it| (it.0.to_owned(), it.1)).collect(),
        rows: drawn.sample.names.iter().enumerate().map(row).collect(),
    };
    Chart { name: name.into(), note: "Euler's parts of the volatility over the whole; those of all assets sum to 100 %. Below zero: the asset lowers the risk.".into(), body: Ok(Body::Bars(bars)) }
}

fn course(drawn: &Drawn<'_>, equal: &[f64]) -> [Chart; 2] {
    let sample = drawn.sample;
    let of = |weights: &[f64]| -> Vec<f64> {
        let at =
            |t: usize| weights.iter().zip(&sample.returns).map(|(weight, asset)| weight * asset[t]).sum();
        growth(&(0..sample.steps()).map(at).collect::<Vec<f64>>())
    };
    let (own, even) = (of(drawn.weights), of(equal));
    let (axis, x) = along(sample, 0);
    let mut rise = Plane::new(axis.clone(), Axis::new("value of 1", Unit::Plain));
    rise.layer("equal weights", Colour::Gold, Shape::Dashed, x.clone(), even.clone());
    rise.layer(drawn.name, Colour::Orange, Shape::Line, x.clone(), own.clone());
    let mut fall = Plane::new(axis, Axis::new("fall from the peak", Unit::Percent).from_zero());
    fall.layer("equal weights", Colour::Gold, Shape::Dashed, x.clone(), falls(&even));
    fall.layer(drawn.name, Colour::Orange, Shape::Filled, x, falls(&own));
    let note = format!("{IN_SAMPLE} Brought back to its weights at every step, without costs.");
    [Chart::plane("Growth", &note, rise), Chart::plane("Drawdown", &note, fall)]
}
