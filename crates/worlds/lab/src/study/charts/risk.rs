//! Growth, falls, volatility, distribution and tail of returns, the test of the value at risk, and who contributes.

use super::{BAND_95, Histogram, along, falls, growth, quantile_places, steps};
use crate::study::Sample;
use scalp_quant::special::{normal_cdf, normal_pdf, normal_quantile};
use scalp_quant::tails::{self, ParetoTail, StudentFit};
use scalp_quant::volatility::Fit;
use scalp_quant::{Error, performance};
use scalp_report::study::chart::{Axis, Bars, Chart, Colour, Plane, Shape, Unit};

/// Windows of the rolling volatility, in steps.
const WINDOWS: [usize; 2] = [30, 90];
/// Share of returns at either end that the histogram leaves out.
const CUT: f64 = 0.0025;
/// Share of the losses that the chart of the tail shows.
const TAIL_SHARE: f64 = 0.2;

/// What the charts are drawn from.
pub struct Drawn<'a> {
    /// The table.
    pub sample: &'a Sample,
    /// Returns of the portfolio.
    pub returns: &'a [f64],
    /// Student's t.
    pub student: &'a Result<StudentFit, Error>,
    /// The extreme-value tail of the losses.
    pub extreme: &'a Result<ParetoTail, Error>,
    /// The model of the volatility.
    pub fit: &'a Result<Fit, Error>,
    /// Forecasts of the value at risk, for each confidence those of the steps from the window on.
    pub forecasts: &'a [(f64, Result<Vec<f64>, Error>)],
    /// Steps before the first of them.
    pub window: usize,
}

/// All of them.
pub fn charts(drawn: &Drawn<'_>) -> Vec<Chart> {
    let mut out = course(drawn);
    out.extend([volatility(drawn), backtest(drawn), distribution(drawn), tail(drawn), quantiles(drawn)]);
    out
}

fn course(drawn: &Drawn<'_>) -> Vec<Chart> {
    let (axis, x) = along(drawn.sample, 0);
    let equity = growth(drawn.returns);
    let mut rise = Plane::new(axis.clone(), Axis::new("value of 1", Unit::Plain));
    rise.layer("value of 1", Colour::Blue, Shape::Line, x.clone(), equity.clone());
    let mut fall = Plane::new(axis, Axis::new("fall from the peak", Unit::Percent).from_zero());
    fall.layer("drawdown", Colour::Orange, Shape::Filled, x, falls(&equity));
    vec![
        Chart::plane("Growth", "Compounded returns, without costs.", rise),
        Chart::plane("Drawdown", "Fall from the highest value so far, the start included.", fall),
    ]
}

fn volatility(drawn: &Drawn<'_>) -> Chart {
    let name = "Volatility, annual";
    let (n, per_year) = (drawn.returns.len(), drawn.sample.per_year);
    if n < WINDOWS[0] {
        return Chart::missing(name, format!("a window has {} returns, there are {n}", WINDOWS[0]));
    }
    let mut plane = Plane::new(along(drawn.sample, n).0, Axis::new("volatility", Unit::Percent).from_zero());
    let mut note = String::from("Standard deviation of the returns of the window up to each time, annual.");
    if let Ok(fit) = drawn.fit
        && let Ok(variances) = fit.model.variances(drawn.returns, fit.backcast)
    {
        let y = variances[..n].iter().map(|it| libm::sqrt(it * per_year)).collect();
        plane.layer("GARCH-t", Colour::Grey, Shape::Line, along(drawn.sample, 0).1, y);
        note +=
            " GARCH-t: expected of each step from those before it, with parameters fitted to all of them.";
    }
    for (window, colour) in WINDOWS.into_iter().zip([Colour::Blue, Colour::Purple]) {
        if n < window {
            continue;
        }
        let of = |it: &[f64]| performance::volatility(it, per_year);
        match drawn.returns.windows(window).map(of).collect() {
            Ok(y) => {
                let (_, x) = along(drawn.sample, window - 1);
                plane.layer(&format!("{window} steps"), colour, Shape::Line, x, y);
            }
            Err(why) => return Chart::missing(name, why),
        }
    }
    Chart::plane(name, &note, plane)
}

fn backtest(drawn: &Drawn<'_>) -> Chart {
    let name = "Value at risk, tested";
    if drawn.returns.len() <= drawn.window {
        let (needed, n) = (drawn.window, drawn.returns.len());
        return Chart::missing(name, format!("needs more than {needed} returns, there are {n}"));
    }
    let (axis, x) = along(drawn.sample, drawn.window);
    let tested = &drawn.returns[drawn.window..];
    let mut plane = Plane::new(axis, Axis::new("return", Unit::Percent).from_zero());
    plane.layer("return", Colour::Grey, Shape::Line, x.clone(), tested.to_vec());
    let mut counts = Vec::new();
    for ((confidence, forecasts), colour) in drawn.forecasts.iter().zip([Colour::Blue, Colour::Orange]) {
        let forecasts = match forecasts {
            Ok(forecasts) => forecasts,
            Err(why) => return Chart::missing(name, why),
        };
        let percent = confidence * 100.0;
        let line: Vec<f64> = forecasts.iter().map(|it| -it).collect();
        let beyond: Vec<usize> = (0..tested.len()).filter(|at| tested[*at] < line[*at]).collect();
        counts.push(format!(
            "{percent} %: {} of {} beyond, {:.1} expected",
            beyond.len(),
            tested.len(),
            (1.0 - confidence) * tested.len() as f64
        ));
        plane.layer(&format!("VaR {percent} %"), colour, Shape::Line, x.clone(), line);
        let (hit_x, hit_y) = beyond.iter().map(|at| (x[*at], tested[*at])).unzip();
        plane.layer(&format!("beyond {percent} %"), colour, Shape::Dots, hit_x, hit_y);
    }
    let note = format!(
        "Historical value at risk of the {} steps before each step, drawn as a loss, against the return that came. {}.",
        drawn.window,
        counts.join("; ")
    );
    Chart::plane(name, &note, plane)
}

/// Mean and standard deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|it| (it - mean) * (it - mean)).sum();
    (mean, libm::sqrt(squares / (n - 1.0)))
}

fn distribution(drawn: &Drawn<'_>) -> Chart {
    let name = "Distribution of returns";
    let Some(bins) = Histogram::of(drawn.returns, CUT) else {
        return Chart::missing(name, "the returns do not differ");
    };
    let mut plane = Plane::new(
        Axis::new("return of one step", Unit::Percent),
        Axis::new("share of the returns", Unit::Percent).from_zero(),
    );
    let (low, high) = (bins.left[0], bins.left[bins.left.len() - 1] + bins.width);
    let x = steps(low, high, 161);
    let width = bins.width;
    plane.layer("returns", Colour::Blue, Shape::Columns(width), bins.left, bins.shares);
    let (mean, deviation) = moments(drawn.returns);
    let normal = x.iter().map(|it| normal_pdf((it - mean) / deviation) / deviation * width).collect();
    plane.layer("normal", Colour::Grey, Shape::Dashed, x.clone(), normal);
    let mut note = String::from("Share in each column, and what the fitted models expect there. ");
    if let Ok(fit) = drawn.student {
        let it = &fit.distribution;
        let y = x.iter().map(|x| it.t.pdf((x - it.location) / it.scale) / it.scale * width).collect();
        plane.layer("Student-t", Colour::Orange, Shape::Line, x, y);
        note += &format!("Student-t with {:.2} degrees of freedom, by maximum likelihood. ", it.t.nu());
    }
    for confidence in [0.95, 0.99] {
        if let Ok(it) = tails::historical_tail(drawn.returns, confidence) {
            plane.upright(&format!("VaR {} %", confidence * 100.0), -it.value_at_risk);
        }
    }
    note += &format!("{} of {} returns lie outside of the picture.", bins.outside, drawn.returns.len());
    Chart::plane(name, &note, plane)
}

fn tail(drawn: &Drawn<'_>) -> Chart {
    let name = "Tail of the losses";
    let n = drawn.returns.len();
    let mut losses: Vec<f64> = drawn.returns.iter().map(|it| -it).filter(|it| *it > 0.0).collect();
    losses.sort_by(|a, b| b.total_cmp(a));
    losses.truncate(((n as f64 * TAIL_SHARE) as usize).max(2));
    let (Some(worst), Some(least)) = (losses.first().copied(), losses.last().copied()) else {
        return Chart::missing(name, "there is no loss");
    };
    if worst <= least {
        return Chart::missing(name, "the losses do not differ");
    }
    let mut plane = Plane::new(
        Axis::new("loss of one step", Unit::Percent),
        Axis::new("chance of a larger loss", Unit::Percent).logarithmic(),
    );
    let chances: Vec<f64> = (1..=losses.len()).map(|rank| rank as f64 / (n + 1) as f64).collect();
    let floor = 0.3 / (n + 1) as f64;
    let x = steps(least, worst * 1.1, 121);
    let mut curve = |label: &str, colour, shape, of: &dyn Fn(f64) -> f64| {
        let points = x.iter().map(|x| (*x, of(*x))).filter(|it| it.1 >= floor);
        let (x, y) = points.unzip();
        plane.layer(label, colour, shape, x, y);
    };
    let (mean, deviation) = moments(drawn.returns);
    curve("normal", Colour::Grey, Shape::Dashed, &|it| normal_cdf((-it - mean) / deviation));
    let mut note =
        format!("The {} largest of {n} returns by loss, each with the chance rank / (n + 1).", losses.len());
    if let Ok(fit) = drawn.student {
        let tail = &fit.distribution;
        curve("Student-t", Colour::Orange, Shape::Line, &|it| tail.t.cdf((-it - tail.location) / tail.scale));
    }
    if let Ok(tail) = drawn.extreme {
        curve("extreme value", Colour::Purple, Shape::Line, &|it| beyond(tail, it));
        let [error, _] = tail.standard_errors;
        note += &format!(
            " Generalised Pareto beyond {:.3} %, {} losses, shape {:.3} \u{b1} {:.3} (95 %).",
            tail.threshold * 100.0,
            tail.exceedances,
            tail.shape,
            BAND_95 * error
        );
    }
    plane.layer("losses", Colour::Blue, Shape::Dots, losses, chances);
    Chart::plane(name, &note, plane)
}

/// Chance of a loss beyond this one under a fitted tail; 0 before its threshold, where it says nothing.
fn beyond(tail: &ParetoTail, loss: f64) -> f64 {
    if loss < tail.threshold {
        return 0.0;
    }
    let excess = (loss - tail.threshold) / tail.scale;
    if tail.shape.abs() < 1e-12 {
        return tail.share * libm::exp(-excess);
    }
    let base = 1.0 + tail.shape * excess;
    if base <= 0.0 { 0.0 } else { tail.share * libm::pow(base, -1.0 / tail.shape) }
}

fn quantiles(drawn: &Drawn<'_>) -> Chart {
    let name = "Quantiles against models";
    let mut sorted = drawn.returns.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (mean, deviation) = moments(&sorted);
    if deviation <= 0.0 {
        return Chart::missing(name, "the returns do not differ");
    }
    let mut plane = Plane::new(
        Axis::new("return that the model expects", Unit::Percent),
        Axis::new("return that was", Unit::Percent),
    );
    let places = quantile_places(sorted.len());
    let chance = |at: usize| (at as f64 + 0.5) / sorted.len() as f64;
    let of = |model: &dyn Fn(f64) -> Result<f64, Error>| -> Result<(Vec<f64>, Vec<f64>), Error> {
        places.iter().map(|at| Ok((model(chance(*at))?, sorted[*at]))).collect()
    };
    let ends = [sorted[0], sorted[sorted.len() - 1]];
    plane.layer("alike", Colour::Ink, Shape::Dashed, ends.to_vec(), ends.to_vec());
    let mut add = |label, colour, found: Result<(Vec<f64>, Vec<f64>), Error>| {
        if let Ok((x, y)) = found {
            plane.layer(label, colour, Shape::Dots, x, y);
        }
    };
    add("normal", Colour::Grey, of(&|p| normal_quantile(p).map(|z| mean + deviation * z)));
    if let Ok(fit) = drawn.student {
        let it = &fit.distribution;
        add("Student-t", Colour::Orange, of(&|p| it.t.quantile(p).map(|z| it.location + it.scale * z)));
    }
    Chart::plane(
        name,
        "Sorted returns against the quantiles of the fitted models at (rank - 1/2) / n. Below the line on the left: deeper losses than the model has.",
        plane,
    )
}

/// Weights and parts of the expected shortfall, side by side.
pub fn contributions(names: &[String], weights: &[f64], shares: Result<Vec<f64>, String>) -> Chart {
    let name = "Parts of the expected shortfall";
    let shares = match shares {
        Ok(shares) => shares,
        Err(why) => return Chart::missing(name, why),
    };
    let row = |(at, name): (usize, &String)| (name.clone(), vec![weights[at], shares[at]]);
    let bars = Bars {
        unit: Unit::Percent,
        columns: vec![("weight".into(), Colour::Grey), ("share of the ES 95 %".into(), Colour::Orange)],
        rows: names.iter().enumerate().map(row).collect(),
    };
    Chart::bars(
        name,
        "Euler's parts over the steps of the historical tail; they sum to 100 %. Below zero: the asset softens the tail.",
        bars,
    )
}
