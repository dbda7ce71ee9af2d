//! A fitted model at work: volatility over time, response to news, what it expects, the cone, and what its errors show.

use super::{along, autocorrelations, quantile_places, steps};
use crate::study::Sample;
use crate::study::volatility::{Ahead, Cone, PERCENT, annual, long_run};
use scalp_quant::Error;
use scalp_quant::volatility::{Errors, Fit};
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};

/// Standard deviations that the response to news is drawn over.
const NEWS: f64 = 4.0;
const LAGS: usize = 30;

/// What the charts are drawn from.
pub struct Drawn<'a> {
    /// The table.
    pub sample: &'a Sample,
    /// Logarithmic returns in per cent.
    pub returns: &'a [f64],
    /// The model.
    pub fit: &'a Fit,
    /// What it expects, where that was asked.
    pub ahead: Option<&'a Ahead>,
    /// Realised volatilities by horizon.
    pub cone: &'a Cone,
}

/// All of them.
pub fn charts(drawn: &Drawn<'_>) -> Vec<Chart> {
    let mut out = vec![course(drawn)];
    out.extend(drawn.ahead.map(|it| ahead(drawn, it)));
    out.extend([news(drawn), cone(drawn)]);
    let residuals = drawn.fit.model.standardised(drawn.returns, drawn.fit.backcast);
    match residuals {
        Ok(residuals) => {
            out.push(quantiles(drawn, &residuals));
            out.push(left(drawn, &residuals));
        }
        Err(why) => out.push(Chart::missing("Standardised errors", why)),
    }
    out
}

fn course(drawn: &Drawn<'_>) -> Chart {
    let name = "Volatility of each step, annual";
    let (axis, x) = along(drawn.sample, 0);
    let per_year = drawn.sample.per_year;
    let variances = match drawn.fit.model.variances(drawn.returns, drawn.fit.backcast) {
        Ok(variances) => variances,
        Err(why) => return Chart::missing(name, why),
    };
    let mu = drawn.fit.model.params().mu;
    let mut plane = Plane::new(axis, Axis::new("volatility", Unit::Percent).from_zero());
    let sizes = drawn.returns.iter().map(|it| annual((it - mu) * (it - mu), per_year)).collect();
    plane.layer("size of the return", Colour::Grey, Shape::Dots, x.clone(), sizes);
    let expected = variances[..x.len()].iter().map(|it| annual(*it, per_year)).collect();
    plane.layer("model", Colour::Blue, Shape::Line, x, expected);
    if let Ok(variance) = long_run(drawn.fit) {
        plane.level("long run", annual(variance, per_year));
    }
    let note = "Expected of each step from those before it, with parameters fitted to all of them. The size of a return is its distance from the mean, annual.";
    Chart::plane(name, note, plane)
}

fn ahead(drawn: &Drawn<'_>, ahead: &Ahead) -> Chart {
    let per_year = drawn.sample.per_year;
    let x: Vec<f64> = (1..=ahead.variances.len()).map(|it| it as f64).collect();
    let mut plane =
        Plane::new(Axis::new("steps ahead", Unit::Count), Axis::new("annual volatility", Unit::Percent));
    let of = |it: &[f64]| -> Vec<f64> { it.iter().map(|it| annual(*it, per_year)).collect() };
    for (label, colour, lower, upper) in [
        ("90 % of the paths", Colour::Grey, &ahead.quantiles[0], &ahead.quantiles[4]),
        ("50 %", Colour::Blue, &ahead.quantiles[1], &ahead.quantiles[3]),
    ] {
        plane.layer(label, colour, Shape::Band(of(upper)), x.clone(), of(lower));
    }
    plane.layer("median path", Colour::Grey, Shape::Dashed, x.clone(), of(&ahead.quantiles[2]));
    plane.layer("expected", Colour::Blue, Shape::Line, x, of(&ahead.variances));
    if let Ok(variance) = long_run(drawn.fit) {
        plane.level("long run", annual(variance, per_year));
    }
    let note = format!(
        "Expected: root of the expected variance. Bands: {} paths that draw the standardised errors of the past again, seed {}; parameters are taken as known.",
        ahead.paths, ahead.seed
    );
    Chart::plane("Volatility ahead, annual", &note, plane)
}

fn news(drawn: &Drawn<'_>) -> Chart {
    let name = "Response to news";
    let (model, per_year) = (&drawn.fit.model, drawn.sample.per_year);
    let (rest, which) = match level(drawn) {
        Ok(it) => it,
        Err(why) => return Chart::missing(name, why),
    };
    let deviation = libm::sqrt(rest);
    let zs = steps(-NEWS, NEWS, 161);
    let found: Result<Vec<f64>, Error> = zs.iter().map(|z| model.after(rest, z * deviation)).collect();
    let mut plane = Plane::new(
        Axis::new("return less its mean", Unit::Percent),
        Axis::new("annual volatility of the next step", Unit::Percent),
    );
    match found {
        Ok(variances) => {
            let x = zs.iter().map(|z| z * deviation / PERCENT).collect();
            let y = variances.iter().map(|it| annual(*it, per_year)).collect();
            plane.layer("next volatility", Colour::Blue, Shape::Line, x, y);
            plane.level("before", annual(rest, per_year));
        }
        Err(why) => return Chart::missing(name, why),
    }
    Chart::plane(
        name,
        &format!(
            "What one return does to the volatility of the next step when before it was {which} (Engle and Ng 1993)."
        ),
        plane,
    )
}

/// The variance that news comes upon, and what it is.
fn level(drawn: &Drawn<'_>) -> Result<(f64, &'static str), Error> {
    if let Some(log) = drawn.fit.model.mean_log_variance()? {
        return Ok((libm::exp(log), "at the long-run mean of its logarithm"));
    }
    if let Ok(variance) = long_run(drawn.fit) {
        return Ok((variance, "at its long-run level"));
    }
    let mu = drawn.fit.model.params().mu;
    let squares: f64 = drawn.returns.iter().map(|it| (it - mu) * (it - mu)).sum();
    Ok((squares / drawn.returns.len() as f64, "at that of the sample, as the model has no long-run level"))
}

fn cone(drawn: &Drawn<'_>) -> Chart {
    let name = "Volatility cone, annual";
    let rows = &drawn.cone.rows;
    if rows.len() < 2 {
        return Chart::missing(
            name,
            format!("{} returns are too few for windows of several lengths", drawn.returns.len()),
        );
    }
    let x: Vec<f64> = rows.iter().map(|it| it.steps as f64).collect();
    let of = |at: usize| -> Vec<f64> { rows.iter().map(|it| it.quantiles[at]).collect() };
    let mut plane = Plane::new(
        Axis::new("steps of the window", Unit::Count).logarithmic(),
        Axis::new("annual volatility", Unit::Percent).from_zero(),
    );
    plane.layer("least to most", Colour::Grey, Shape::Band(of(6)), x.clone(), of(0));
    plane.layer("10 to 90 %", Colour::Blue, Shape::Band(of(5)), x.clone(), of(1));
    plane.layer("25 to 75 %", Colour::Blue, Shape::Band(of(4)), x.clone(), of(2));
    plane.layer("median", Colour::Blue, Shape::Line, x.clone(), of(3));
    plane.layer("now", Colour::Orange, Shape::Line, x.clone(), rows.iter().map(|it| it.now).collect());
    if let Ok(expected) = &drawn.cone.expected {
        plane.layer("model, ahead", Colour::Purple, Shape::Dashed, x, expected.clone());
    }
    let note = "Realised volatility, the root of the mean squared return, of all windows of each length; they overlap, so that long ones are few independent ones. The model's is over as many steps ahead.";
    Chart::plane(name, note, plane)
}

fn quantiles(drawn: &Drawn<'_>, residuals: &[f64]) -> Chart {
    let name = "Errors against their distribution";
    let mut sorted = residuals.to_vec();
    sorted.sort_by(f64::total_cmp);
    let errors = drawn.fit.model.params().errors;
    let points: Result<Vec<(f64, f64)>, Error> = quantile_places(sorted.len())
        .into_iter()
        .map(|at| Ok((errors.quantile((at as f64 + 0.5) / sorted.len() as f64)?, sorted[at])))
        .collect();
    let (x, y): (Vec<f64>, Vec<f64>) = match points {
        Ok(points) => points.into_iter().unzip(),
        Err(why) => return Chart::missing(name, why),
    };
    let mut plane = Plane::new(
        Axis::new("error that the distribution expects", Unit::Plain),
        Axis::new("error that was", Unit::Plain),
    );
    let ends = vec![x[0].max(sorted[0]), x[x.len() - 1].min(sorted[sorted.len() - 1])];
    plane.layer("alike", Colour::Ink, Shape::Dashed, ends.clone(), ends);
    plane.layer("errors", Colour::Blue, Shape::Dots, x, y);
    let which = match errors {
        Errors::Normal => "the normal".to_owned(),
        Errors::StudentT { nu } => format!("Student's t with {nu:.2} degrees of freedom"),
        Errors::SkewedT { nu, lambda } => {
            format!("Hansen's skewed t with {nu:.2} degrees of freedom and skewness {lambda:.3}")
        }
    };
    Chart::plane(
        name,
        &format!("Standardised errors, sorted, against the quantiles of {which}, at (rank - 1/2) / n."),
        plane,
    )
}

/// What the model leaves of the clusters.
fn left(drawn: &Drawn<'_>, residuals: &[f64]) -> Chart {
    let mu = drawn.fit.model.params().mu;
    let before: Vec<f64> = drawn.returns.iter().map(|it| (it - mu) * (it - mu)).collect();
    let after: Vec<f64> = residuals.iter().map(|it| it * it).collect();
    let series =
        [("squared returns", Colour::Grey, &before[..]), ("squared errors", Colour::Blue, &after[..])];
    autocorrelations(
        "Clusters before and after the model",
        "Autocorrelation of the squared returns less their mean, and of the squared standardised errors: a model that fits leaves none.",
        &series,
        LAGS,
    )
}
