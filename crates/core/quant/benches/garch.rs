//! Fits of GARCH(1,1) with Student-t errors and the update of a live filter, on simulated returns.
#![allow(clippy::unwrap_used, reason = "a bench stops where its input is wrong")]
#![allow(clippy::disallowed_methods, reason = "a bench may write the series it used")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use scalp_quant::special::StudentT;
use scalp_quant::volatility::{ErrorFamily, Errors, Garch, Kind, Params, Spec, fit};

/// Returns of a GARCH(1,1) with t errors of 5 degrees of freedom; uniforms from SplitMix64.
fn returns(n: usize) -> Vec<f64> {
    let params = Params {
        mu: 0.03,
        omega: 0.02,
        alpha: 0.08,
        gamma: 0.0,
        beta: 0.9,
        errors: Errors::StudentT { nu: 5.0 },
    };
    let t = StudentT::new(5.0).unwrap();
    let unit = t.unit_scale().unwrap();
    let mut stream = Garch::new(Kind::Garch, params).unwrap().stream(1.0).unwrap();
    let mut state = 7_u64;
    (0..n)
        .map(|_| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            let uniform = (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            let r = params.mu + stream.variance().sqrt() * unit * t.quantile(uniform).unwrap();
            stream.update(r).unwrap();
            r
        })
        .collect()
}

fn fits(c: &mut Criterion) {
    let series = returns(100_000);
    // For a comparison on the same numbers with other software.
    if let Ok(path) = std::env::var("GARCH_RETURNS_OUT") {
        let lines: Vec<String> = series.iter().map(|r| format!("{r:?}")).collect();
        std::fs::write(path, lines.join("\n")).unwrap();
    }
    let mut group = c.benchmark_group("fit");
    group.sample_size(20);
    for (name, kind, errors) in [
        ("garch-t", Kind::Garch, ErrorFamily::StudentT),
        ("gjr-skewt", Kind::Gjr, ErrorFamily::SkewedT),
        ("egarch-t", Kind::Egarch, ErrorFamily::StudentT),
    ] {
        for n in [2_000, 100_000] {
            let spec = Spec::new(kind, errors);
            let found = fit(&series[..n], &spec).unwrap();
            println!(
                "{name} {n}: {:?}, {} steps, {}",
                found.model.params(),
                found.iterations,
                found.log_likelihood
            );
            group.bench_function(format!("{name}/{n}"), |b| {
                b.iter(|| fit(black_box(&series[..n]), &spec).unwrap());
            });
        }
    }
    group.finish();
}

fn updates(c: &mut Criterion) {
    let series = returns(10_000);
    let mut group = c.benchmark_group("update");
    group.throughput(Throughput::Elements(series.len() as u64));
    for (name, kind) in [("garch", Kind::Garch), ("gjr", Kind::Gjr), ("egarch", Kind::Egarch)] {
        let model = fit(&series, &Spec::new(kind, ErrorFamily::Normal)).unwrap();
        let mut stream = model.stream;
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut sum = 0.0;
                for r in black_box(&series) {
                    sum += stream.update(*r).unwrap_or(0.0);
                }
                sum
            });
        });
    }
    group.finish();
}

criterion_group!(benches, fits, updates);
criterion_main!(benches);
