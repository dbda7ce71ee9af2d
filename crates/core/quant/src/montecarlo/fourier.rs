//! The discrete Fourier transform of a power of two (Cooley and Tukey 1965).

use std::f64::consts::PI;

/// A transform of one length, with its roots of unity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fourier {
    n: usize,
    /// `exp(-2 pi i k / n)` for the first half.
    roots: Vec<(f64, f64)>,
}

impl Fourier {
    /// `n` is a power of two.
    pub(super) fn new(n: usize) -> Self {
        let roots = (0..n / 2)
            .map(|k| {
                let angle = -2.0 * PI * k as f64 / n as f64;
                (libm::cos(angle), libm::sin(angle))
            })
            .collect();
        Self { n, roots }
    }

    /// `X_j = sum_k x_k exp(-2 pi i j k / n)`, in place.
    pub(super) fn transform(&self, real: &mut [f64], imaginary: &mut [f64]) {
        let n = self.n;
        let mut j = 0;
        for i in 1..n {
            let mut bit = n >> 1;
            while j & bit != 0 {
                j ^= bit;
                bit >>= 1;
            }
            j |= bit;
            if i < j {
                real.swap(i, j);
                imaginary.swap(i, j);
            }
        }
        let mut half = 1;
        while half < n {
            let stride = n / (2 * half);
            for from in (0..n).step_by(2 * half) {
                for k in 0..half {
                    let (c, s) = self.roots[k * stride];
                    let (a, b) = (from + k, from + k + half);
                    let re = real[b] * c - imaginary[b] * s;
                    let im = real[b] * s + imaginary[b] * c;
                    real[b] = real[a] - re;
                    imaginary[b] = imaginary[a] - im;
                    real[a] += re;
                    imaginary[a] += im;
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_sum_that_defines_it() {
        for n in [1_usize, 2, 8, 32] {
            let x: Vec<(f64, f64)> =
                (0..n).map(|k| (libm::sin(k as f64), libm::cos(3.0 * k as f64))).collect();
            let (mut re, mut im): (Vec<f64>, Vec<f64>) = x.iter().copied().unzip();
            Fourier::new(n).transform(&mut re, &mut im);
            for j in 0..n {
                let (mut a, mut b) = (0.0, 0.0);
                for (k, (r, i)) in x.iter().enumerate() {
                    let angle = -2.0 * PI * (j * k) as f64 / n as f64;
                    a += r * libm::cos(angle) - i * libm::sin(angle);
                    b += r * libm::sin(angle) + i * libm::cos(angle);
                }
                assert!((re[j] - a).abs() < 1e-12 && (im[j] - b).abs() < 1e-12);
            }
        }
    }
}
