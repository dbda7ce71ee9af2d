//! Distribution of the Kolmogorov-Smirnov distance. One sample: the choice of method by size and distance follows
//! Simard & L'Ecuyer (2011, Journal of Statistical Software 39.11). Two samples: the recursion of Hodges (1957) on the
//! upper tail itself.

use crate::special::ln_gamma;
use core::f64::consts::PI;

/// P(D_n >= d), two-sided.
pub(super) fn one_sample_sf(n: usize, d: f64) -> f64 {
    let nf = n as f64;
    let t = nf * d;
    let square = t * d;
    if t <= 0.5 {
        return 1.0;
    }
    if d >= 1.0 || square >= 370.0 {
        return 0.0;
    }
    let tail_from = if n <= 140 { 4.0 } else { 2.2 };
    if d >= 0.5 || square >= tail_from {
        // The chance that both one-sided distances are this large is below the rounding of their sum (exactly 0 from
        // d = 1/2 on).
        return (2.0 * smirnov_sf(n, d)).min(1.0);
    }
    if n <= 140 || nf * d * libm::sqrt(d) <= 1.4 {
        return (1.0 - durbin_cdf(n, d)).clamp(0.0, 1.0);
    }
    (1.0 - pelz_good_cdf(nf, d)).clamp(0.0, 1.0)
}

/// P(D_n^+ >= d): the finite sum of Birnbaum & Tingey (1951), each term through its logarithm.
fn smirnov_sf(n: usize, d: f64) -> f64 {
    let nf = n as f64;
    let log_factorials = ln_gamma(nf + 1.0);
    let mut sum = 0.0;
    for j in 0..=libm::floor(nf * (1.0 - d)) as usize {
        let jf = j as f64;
        let up = d + jf / nf;
        let down = 1.0 - up;
        // The last term may be 0^0.
        let fall = if j == n || down <= 0.0 {
            if j == n { 0.0 } else { continue }
        } else {
            (nf - jf) * libm::log(down)
        };
        let choose = log_factorials - ln_gamma(jf + 1.0) - ln_gamma(nf - jf + 1.0);
        sum += libm::exp(choose + (jf - 1.0) * libm::log(up) + fall);
    }
    (d * sum).min(1.0)
}

/// P(D_n <= d) by Durbin's matrix as Marsaglia, Tsang & Wang (2003) evaluate it.
fn durbin_cdf(n: usize, d: f64) -> f64 {
    let nd = n as f64 * d;
    let k = libm::ceil(nd) as usize;
    let h = k as f64 - nd;
    let m = 2 * k - 1;
    let mut matrix = vec![0.0; m * m];
    for i in 0..m {
        for j in 0..m {
            matrix[i * m + j] = if i + 1 >= j { 1.0 } else { 0.0 };
        }
    }
    let mut power = 1.0;
    for i in 0..m {
        power *= h;
        matrix[i * m] -= power;
        matrix[(m - 1) * m + (m - 1 - i)] -= power;
    }
    if 2.0 * h > 1.0 {
        matrix[(m - 1) * m] += libm::pow(2.0 * h - 1.0, m as f64);
    }
    for i in 0..m {
        for j in 0..m {
            if i + 1 > j {
                for g in 1..=(i + 1 - j) {
                    matrix[i * m + j] /= g as f64;
                }
            }
        }
    }
    let (raised, mut exponent) = raise(&matrix, m, n);
    let mut s = raised[(k - 1) * m + k - 1];
    for i in 1..=n {
        s *= i as f64 / n as f64;
        if s < 1e-140 {
            s *= 1e140;
            exponent -= 140;
        }
    }
    s * libm::pow(10.0, f64::from(exponent))
}

/// The n-th power of a square matrix, with a decimal exponent apart.
fn raise(matrix: &[f64], m: usize, n: usize) -> (Vec<f64>, i32) {
    if n == 1 {
        return (matrix.to_vec(), 0);
    }
    let (half, half_exponent) = raise(matrix, m, n / 2);
    let mut out = multiply(&half, &half, m);
    let mut exponent = 2 * half_exponent;
    if !n.is_multiple_of(2) {
        out = multiply(matrix, &out, m);
    }
    if out[(m / 2) * m + m / 2] > 1e140 {
        for v in &mut out {
            *v *= 1e-140;
        }
        exponent += 140;
    }
    (out, exponent)
}

fn multiply(a: &[f64], b: &[f64], m: usize) -> Vec<f64> {
    let mut out = vec![0.0; m * m];
    for i in 0..m {
        for k in 0..m {
            let v = a[i * m + k];
            for j in 0..m {
                out[i * m + j] += v * b[k * m + j];
            }
        }
    }
    out
}

/// P(D_n <= d), asymptotic with three correction terms: Pelz & Good (1976), formulas 2.4 to 2.7.
fn pelz_good_cdf(n: f64, d: f64) -> f64 {
    let z = libm::sqrt(n) * d;
    let (z2, p2) = (z * z, PI * PI);
    let (z4, p4) = (z2 * z2, p2 * p2);
    let (z6, p6) = (z4 * z2, p4 * p2);
    let mut k = [0.0; 4];
    let (mut extra2, mut extra3) = (0.0, 0.0);
    for i in 1..=(libm::ceil(16.0 * z / PI) as usize).max(1) {
        let half = i as f64 - 0.5;
        let h2 = half * half;
        let e = libm::exp(-p2 * h2 / (2.0 * z2));
        k[0] += e;
        k[1] += (p2 * h2 - z2) * e;
        k[2] += (6.0 * z6 + 2.0 * z4 + p2 * (2.0 * z4 - 5.0 * z2) * h2 + p4 * (1.0 - 2.0 * z2) * h2 * h2) * e;
        k[3] += (-30.0 * z6 - 90.0 * z6 * z2
            + p2 * (135.0 * z4 - 96.0 * z6) * h2
            + p4 * (212.0 * z4 - 60.0 * z2) * h2 * h2
            + p6 * (5.0 - 30.0 * z2) * h2 * h2 * h2)
            * e;
        let whole = i as f64 * i as f64;
        let e = libm::exp(-p2 * whole / (2.0 * z2));
        extra2 += p2 * whole * e;
        extra3 += (3.0 * p2 * whole * z2 - p4 * whole * whole) * e;
    }
    let root = libm::sqrt(2.0 * PI);
    let half_root = libm::sqrt(PI / 2.0);
    let k0 = k[0] * root / z;
    // The sums above run over positive odd halves only, which the factor 2 makes good.
    let k1 = 2.0 * k[1] * half_root / (6.0 * z4);
    let k2 = 2.0 * k[2] * half_root / (72.0 * z6 * z) - 2.0 * extra2 * half_root / (36.0 * z2 * z);
    let k3 = 2.0 * k[3] * half_root / (6480.0 * z6 * z4) + 2.0 * extra3 * half_root / (216.0 * z6);
    k0 + k1 / libm::sqrt(n) + k2 / n + k3 / (n * libm::sqrt(n))
}

/// P(max |i n - j m| >= steps) over all equally likely orders of m and n values without ties.
pub(super) fn two_sample_exact_sf(m: usize, n: usize, steps: u64) -> f64 {
    let outside = |i: usize, j: usize| (i as u64 * n as u64).abs_diff(j as u64 * m as u64) >= steps;
    // u[j]: the chance that the way to (i, j) has been outside.
    let mut u = vec![0.0; n + 1];
    u[0] = f64::from(u8::from(outside(0, 0)));
    for j in 1..=n {
        u[j] = if outside(0, j) { 1.0 } else { u[j - 1] };
    }
    for i in 1..=m {
        if outside(i, 0) {
            u[0] = 1.0;
        }
        for j in 1..=n {
            u[j] = if outside(i, j) {
                1.0
            } else {
                let all = (i + j) as f64;
                i as f64 / all * u[j] + j as f64 / all * u[j - 1]
            };
        }
    }
    u[n].min(1.0)
}

/// The one-sample distribution at the harmonic sample size, rounded: what SciPy calls `asymp`.
pub(super) fn two_sample_asymptotic_sf(m: usize, n: usize, d: f64) -> f64 {
    let (m, n) = (m as f64, n as f64);
    one_sample_sf(libm::round(m * n / (m + n)) as usize, d)
}
