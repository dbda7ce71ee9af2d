//! Generated delays, fills and arrivals against the distributions they are named after: Kolmogorov-Smirnov at 1 in
//! 1,000 for the continuous ones, chi-squared for the counts.

use scalp_sim::draw;
use scalp_sim::latency::Latency;
use scalp_sim::{LatencyConfig, LatencyModel, Spikes};
use scalp_types::rng::Stream;
use scalp_types::{Span, Timestamp};

const N: usize = 20_000;

/// Largest distance between the sample's distribution and `cdf`, times sqrt(n); 1.95 is the 0.1 % point.
fn distance(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let each = sample.iter().enumerate().map(|(i, x)| {
        let f = cdf(*x);
        (f - i as f64 / n).abs().max(((i + 1) as f64 / n - f).abs())
    });
    each.fold(0.0, f64::max) * n.sqrt()
}

const KS_POINT: f64 = 1.95;

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// Integral of x^(a-1) (1-x)^(b-1) by Simpson's rule, over the whole: the regularised incomplete beta function.
fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    let area = |to: f64| {
        let steps = 400;
        let h = to / f64::from(steps);
        let f = |x: f64| libm::pow(x, a - 1.0) * libm::pow(1.0 - x, b - 1.0);
        (0..=steps).fold(0.0, |sum, i| {
            let weight = if i == 0 || i == steps { 1.0 } else { 2.0 + 2.0 * f64::from(i % 2) };
            sum + weight * f(f64::from(i) * h)
        }) * h
            / 3.0
    };
    area(x) / area(1.0)
}

#[test]
fn delays_are_log_normal_both_ways() {
    let (entry, response, sigma) = (Span::from_millis(5), Span::from_millis(3), 0.6);
    let config = LatencyConfig {
        model: LatencyModel::LogNormal { entry, response, sigma },
        ..LatencyConfig::constant(Span::ZERO, Span::ZERO)
    };
    let mut latency = Latency::new(&config, 11);
    let at = Timestamp::from_nanos(0);
    let cdf = |median: Span| move |x: f64| normal_cdf((x / median.nanos() as f64).ln() / sigma);
    let sample = (0..N).map(|_| latency.entry(at).nanos() as f64).collect();
    assert!(distance(sample, cdf(entry)) < KS_POINT);
    let sample = (0..N).map(|_| latency.response(at).nanos() as f64).collect();
    assert!(distance(sample, cdf(response)) < KS_POINT);
    let wrong = (0..N).map(|_| latency.entry(at).nanos() as f64 * 1.05).collect();
    assert!(distance(wrong, cdf(entry)) > KS_POINT, "the test sees a shift of 5 %");
}

#[test]
fn spikes_come_as_often_as_told_and_are_exponential() {
    let mean = Span::from_millis(50);
    let config = LatencyConfig {
        spikes: Some(Spikes { chance: 0.25, mean }),
        ..LatencyConfig::constant(Span::from_millis(1), Span::ZERO)
    };
    let mut latency = Latency::new(&config, 12);
    let delays = (0..4 * N).map(|_| latency.entry(Timestamp::from_nanos(0)).nanos() - 1_000_000);
    let spikes: Vec<f64> = delays.filter(|it| *it > 0).map(|it| it as f64).collect();
    assert!((spikes.len() as f64 / N as f64 - 1.0).abs() < 0.03);
    assert!(distance(spikes, |x| 1.0 - (-x / mean.nanos() as f64).exp()) < KS_POINT);
}

#[test]
fn shares_are_beta() {
    let mut stream = Stream::named(13, "shares");
    for (a, b) in [(2.0, 3.0), (5.0, 1.5), (1.0, 1.0)] {
        let sample = (0..N).map(|_| draw::beta(&mut stream, a, b)).collect();
        assert!(distance(sample, |x| beta_cdf(x, a, b)) < KS_POINT, "Beta({a}, {b})");
    }
}

#[test]
fn a_gamma_of_shape_one_is_exponential_and_small_shapes_keep_their_mean() {
    let mut stream = Stream::named(14, "gamma");
    let sample = (0..N).map(|_| draw::gamma(&mut stream, 1.0)).collect();
    assert!(distance(sample, |x| 1.0 - (-x).exp()) < KS_POINT);
    let mean = (0..N).map(|_| draw::gamma(&mut stream, 0.3)).sum::<f64>() / N as f64;
    assert!((mean - 0.3).abs() < 0.02);
}

#[test]
fn counts_are_poisson() {
    let mut stream = Stream::named(15, "counts");
    let mean = 4.0_f64;
    let mut seen = [0.0; 13];
    for _ in 0..N {
        seen[(draw::poisson(&mut stream, mean) as usize).min(12)] += 1.0;
    }
    let (mut p, mut rest, mut chi2) = ((-mean).exp(), 1.0, 0.0);
    for (k, seen) in seen.iter().enumerate() {
        let expected = if k == 12 { rest } else { p } * N as f64;
        chi2 += (seen - expected) * (seen - expected) / expected;
        rest -= p;
        p *= mean / (k + 1) as f64;
    }
    assert!(chi2 < 32.9, "chi-squared {chi2} with 12 degrees of freedom; 32.9 is the 0.1 % point");
    let large = (0..200).map(|_| draw::poisson(&mut stream, 2_000.0)).sum::<u64>() as f64 / 200.0;
    assert!((large - 2_000.0).abs() < 15.0, "{large}");
}
