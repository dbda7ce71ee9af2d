//! Isotonic regression of a million scores. The aim is 100 ms.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use scalp_quant::calibration::Isotonic;
use scalp_quant::rng::Key;

fn isotonic(c: &mut Criterion) {
    let mut stream = Key::named(1, "bench").stream(0);
    let n = 1_000_000;
    let x: Vec<f64> = (0..n).map(|_| stream.uniform()).collect();
    let y: Vec<f64> = x.iter().map(|x| f64::from(u8::from(stream.uniform() < *x))).collect();
    let mut group = c.benchmark_group("calibration");
    group.sample_size(20);
    group.bench_function("isotonic fit, 1,000,000 scores", |b| {
        b.iter_batched(|| (), |()| Isotonic::fit(&x, &y).expect("finite scores"), BatchSize::PerIteration);
    });
    let map = Isotonic::fit(&x, &y).expect("finite scores");
    group.bench_function("isotonic predict", |b| {
        let mut at = 0.0;
        b.iter(|| {
            at = if at > 1.0 { 0.0 } else { at + 0.000_37 };
            map.predict(at)
        });
    });
    group.finish();
}

criterion_group!(benches, isotonic);
criterion_main!(benches);
