//! Autocorrelations, resampled Sharpe ratios, the splits of the cross-validation, and power.

use super::{Histogram, autocorrelations, steps};
use crate::study::Sample;
use scalp_quant::bootstrap::{Plan, RatioBootstrap, Ratios};
use scalp_quant::edge::{Pbo, SharpeSample};
use scalp_quant::rng::Key;
use scalp_quant::{Error, performance};
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};

/// Columns that get a chart of their own.
pub const COLUMNS_MAX: usize = 12;
/// Lags of the autocorrelations.
const LAGS: usize = 30;
/// Resamples of the bootstrap, and the seed that they come from.
const RESAMPLES: usize = 10_000;
const SEED: u64 = 1;

/// Memory of the returns and of their size, for the first columns.
pub fn memory(sample: &Sample) -> Vec<Chart> {
    let note = "Of the logarithmic returns, and of their squares, whose memory is clusters of volatility.";
    let one = |(asset, name): (usize, &String)| {
        let returns = sample.log_returns(asset);
        let mean = returns.iter().sum::<f64>() / returns.len() as f64;
        let squares: Vec<f64> = returns.iter().map(|it| (it - mean) * (it - mean)).collect();
        let series =
            [("returns", Colour::Blue, &returns[..]), ("their squares", Colour::Orange, &squares[..])];
        autocorrelations(&format!("Autocorrelation of {name}"), note, &series, LAGS)
    };
    sample.names.iter().enumerate().take(COLUMNS_MAX).map(one).collect()
}

/// How the Sharpe ratio of a column varies when its returns are drawn again in blocks.
pub fn resampled(sample: &Sample, asset: usize, benchmark: f64, best: Option<f64>) -> Chart {
    let name = format!("Bootstrap of the Sharpe ratio, {}", sample.names[asset]);
    let returns = &sample.returns[asset];
    let run = || -> Result<Vec<f64>, Error> {
        let plan = Plan::new(sample.per_year, Key::named(SEED, "sharpe bootstrap"));
        let bootstrap = RatioBootstrap::new(returns, plan)?;
        let mut ratios = vec![Ratios::default(); RESAMPLES];
        bootstrap.evaluate(0, &mut ratios);
        Ok(ratios.iter().filter_map(|it| it.sharpe).collect())
    };
    let (ratios, own) = match run().and_then(|it| Ok((it, performance::sharpe(returns, sample.per_year)?))) {
        Ok(found) => found,
        Err(why) => return Chart::missing(&name, why),
    };
    let Some(bins) = Histogram::of(&ratios, 0.001) else {
        return Chart::missing(&name, "the resampled ratios do not differ");
    };
    let above = ratios.iter().filter(|it| **it > benchmark).count() as f64 / ratios.len() as f64;
    let mut plane = Plane::new(
        Axis::new("annual Sharpe ratio", Unit::Plain),
        Axis::new("resamples", Unit::Count).from_zero(),
    );
    plane.layer("resamples", Colour::Blue, Shape::Columns(bins.width), bins.left, bins.counts);
    plane.upright(&format!("this sample {own:.2}"), own);
    plane.upright(&format!("benchmark {benchmark}"), benchmark);
    if let Some(best) = best {
        plane.upright(&format!("best by luck {best:.2}"), best);
    }
    let note = format!(
        "Stationary bootstrap with automatic block length, {} resamples, seed {SEED}; {:.1} % above the benchmark. It knows only this sample, and nothing of how many were tried; the best by luck does.",
        ratios.len(),
        above * 100.0
    );
    Chart::plane(&name, &note, plane)
}

/// Where the best in sample ranked out of it, and what it earned there.
pub fn splits(pbo: &Pbo) -> [Chart; 2] {
    let rank = "Rank out of sample of the best in sample";
    let logits = match Histogram::of(&pbo.logits, 0.0) {
        None => Chart::missing(rank, "all splits agree"),
        Some(bins) => {
            let mut plane = Plane::new(
                Axis::new("logit of the rank", Unit::Plain),
                Axis::new("splits", Unit::Count).from_zero(),
            );
            plane.layer("splits", Colour::Blue, Shape::Columns(bins.width), bins.left, bins.counts);
            plane.upright("median", 0.0);
            let note = format!(
                "{} splits. At or below zero the strategy chosen in sample is in the worse half out of it: {:.1} % of them.",
                pbo.logits.len(),
                pbo.pbo * 100.0
            );
            Chart::plane(rank, &note, plane)
        }
    };
    let mut plane =
        Plane::new(Axis::new("in sample", Unit::Plain), Axis::new("out of sample", Unit::Plain).from_zero());
    plane.layer("splits", Colour::Blue, Shape::Dots, pbo.in_sample.clone(), pbo.out_of_sample.clone());
    let low = pbo.in_sample.iter().copied().fold(f64::INFINITY, f64::min);
    let high = pbo.in_sample.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    plane.layer("nothing lost", Colour::Ink, Shape::Dashed, vec![low, high], vec![low, high]);
    let note = format!(
        "Sharpe ratio per step of the strategy that was best in sample, one point a split. {:.1} % lost out of sample.",
        pbo.probability_of_loss * 100.0
    );
    [logits, Chart::plane("In and out of sample", &note, plane)]
}

/// Chance to tell an edge from none, by the length of the run.
pub fn power(sharpe: f64, per_year: f64, shape: (f64, f64), alphas: &[(f64, f64)], wanted: f64) -> Chart {
    let name = "Chance to find the edge";
    let per_step = sharpe / libm::sqrt(per_year);
    let sample = SharpeSample { sharpe: per_step, skew: shape.0, kurtosis: shape.1, observations: 2 };
    let longest = alphas.iter().map(|it| it.1).fold(0.0, f64::max) * 1.6;
    let mut plane = Plane::new(
        Axis::new("length of the run, years", Unit::Plain).from_zero(),
        Axis::new("chance to find it", Unit::Percent).from_zero(),
    );
    for ((alpha, _), colour) in alphas.iter().zip([Colour::Purple, Colour::Blue, Colour::Orange]) {
        let point = |years: f64| -> Result<(f64, f64), Error> {
            let returns = (years * per_year).max(2.0) as usize;
            Ok((years, sample.power(0.0, *alpha, returns)?))
        };
        let points = steps(2.0 / per_year, (longest / per_year).max(4.0 / per_year), 121);
        match points.into_iter().map(point).collect::<Result<Vec<_>, _>>() {
            Ok(points) => {
                let (x, y) = points.into_iter().unzip();
                plane.layer(&format!("error {alpha}"), colour, Shape::Line, x, y);
            }
            Err(why) => return Chart::missing(name, why),
        }
    }
    plane.level(&format!("{} %", wanted * 100.0), wanted);
    let note = format!(
        "One-sided test against a Sharpe ratio of zero, if the true one is {sharpe} a year; independent normal returns. An error of 0.05 finds an edge where there is none one time in twenty."
    );
    Chart::plane(name, &note, plane)
}
