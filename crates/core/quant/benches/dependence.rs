//! Fits of dependence: ten assets over 750 days.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use criterion::{Criterion, criterion_group, criterion_main};
use scalp_quant::dependence::copula::{Copula, DegreesOfFreedom, StudentCopula};
use scalp_quant::dependence::{covariance, denoise, rank, shrinkage};
use scalp_quant::matrix::{Eigen, Matrix, nearest_correlation};
use scalp_quant::rng::Key;
use std::hint::black_box;

/// Draws from a t-copula with equal correlations and five degrees of freedom.
fn panel(days: usize, assets: usize) -> Matrix {
    let rows: Vec<[f64; 1]> = vec![[1.0]; assets];
    let ones = Matrix::from_rows(&rows).unwrap();
    let all = ones.times(&ones.transposed()).unwrap();
    let mixed: Vec<Vec<f64>> = (0..assets)
        .map(|i| (0..assets).map(|j| if i == j { 1.0 } else { 0.4 * all.row(i)[j] }).collect())
        .collect();
    let copula = StudentCopula::new(&Matrix::from_rows(&mixed).unwrap(), 5.0).unwrap();
    let key = Key::named(1, "panel");
    let mut out = vec![vec![0.0; assets]; days];
    for (t, row) in out.iter_mut().enumerate() {
        copula.draw(&mut key.stream(t as u64), row);
    }
    Matrix::from_rows(&out).unwrap()
}

fn fits(c: &mut Criterion) {
    let returns = panel(750, 10);
    let mut group = c.benchmark_group("10_assets_750_days");
    group.sample_size(20);
    group.bench_function("t_copula_fit", |b| {
        b.iter(|| StudentCopula::fit(black_box(&returns), DegreesOfFreedom::default()).unwrap());
    });
    group.bench_function("kendall_matrix", |b| b.iter(|| rank::kendall_matrix(black_box(&returns)).unwrap()));
    group.bench_function("sample_covariance", |b| {
        b.iter(|| covariance::sample(black_box(&returns)).unwrap());
    });
    group.bench_function("ledoit_wolf", |b| {
        b.iter(|| shrinkage::constant_variance(black_box(&returns)).unwrap());
    });
    group.finish();
    let wide = panel(500, 100);
    let correlation = covariance::correlation(&wide).unwrap();
    let mut group = c.benchmark_group("100_assets");
    group.sample_size(10);
    group.bench_function("eigen", |b| b.iter(|| Eigen::of(black_box(&correlation)).unwrap()));
    group.bench_function("denoise", |b| {
        b.iter(|| denoise::constant_residual(black_box(&correlation), 500).unwrap());
    });
    // Correlations of a short history, half as high again: no longer positive definite.
    let crude: Vec<Vec<f64>> = (0..100)
        .map(|i| {
            let scaled = correlation.row(i).iter().enumerate();
            scaled.map(|(j, r)| if i == j { 1.0 } else { (1.5 * r).clamp(-0.95, 0.95) }).collect()
        })
        .collect();
    let crude = Matrix::from_rows(&crude).unwrap();
    group.bench_function("nearest_correlation", |b| {
        b.iter(|| nearest_correlation(black_box(&crude), 1e-6).unwrap());
    });
}

criterion_group!(benches, fits);
criterion_main!(benches);
