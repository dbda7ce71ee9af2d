//! The exact Gaussian likelihood of an ARMA process by the Kalman filter on Harvey's state space form (1989, section
//! 3.4), with stationary AR and invertible MA parts by construction.

/// Coefficients `x_t = sum ar_i x_{t-i} + e_t + sum ma_j e_{t-j}`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arma {
    pub ar: Vec<f64>,
    pub ma: Vec<f64>,
}

/// What the filter leaves.
pub(super) struct Filtered {
    /// Sum of squared standardised innovations over the innovations' relative variances.
    pub squares: f64,
    /// Sum of the logarithms of the relative variances.
    pub logs: f64,
    /// Standardised by the relative variance: `v / sqrt(f)`.
    pub innovations: Vec<f64>,
    /// State after the last value, predicted for the next.
    pub state: Vec<f64>,
}

/// Partial autocorrelations of any size become coefficients of a stationary process: `r = z / sqrt(1 + z^2)`, then
/// Durbin and Levinson's recursion (Monahan 1984).
pub(super) fn stationary(z: &[f64]) -> Vec<f64> {
    let mut phi: Vec<f64> = Vec::with_capacity(z.len());
    for (k, z) in z.iter().enumerate() {
        let r = z / libm::sqrt(1.0 + z * z);
        let before = phi.clone();
        for (j, p) in phi.iter_mut().enumerate() {
            *p -= r * before[k - 1 - j];
        }
        phi.push(r);
    }
    phi
}

impl Arma {
    fn size(&self) -> usize {
        self.ar.len().max(self.ma.len() + 1)
    }

    fn ar_at(&self, i: usize) -> f64 {
        self.ar.get(i).copied().unwrap_or(0.0)
    }

    /// Loading of the shock on state i.
    fn shock(&self, i: usize) -> f64 {
        if i == 0 { 1.0 } else { self.ma.get(i - 1).copied().unwrap_or(0.0) }
    }

    /// Stationary covariance of the state for a unit shock: the sum over all past shocks, doubled at every step.
    /// `None` when it does not settle, so near is the process to a unit root.
    fn stationary_covariance(&self) -> Option<Vec<f64>> {
        let r = self.size();
        let mut p: Vec<f64> = (0..r * r).map(|k| self.shock(k / r) * self.shock(k % r)).collect();
        let mut a = vec![0.0; r * r];
        for i in 0..r {
            a[i * r] = self.ar_at(i);
            if i + 1 < r {
                a[i * r + i + 1] = 1.0;
            }
        }
        for _ in 0..60 {
            let ap = multiply(&a, &p, r, false);
            let step = multiply(&ap, &a, r, true);
            let mut size = 0.0f64;
            let mut change = 0.0f64;
            for (p, s) in p.iter_mut().zip(&step) {
                *p += s;
                size = size.max(p.abs());
                change = change.max(s.abs());
            }
            if !size.is_finite() {
                return None;
            }
            if change <= 1e-17 * size {
                return Some(p);
            }
            a = multiply(&a, &a, r, false);
        }
        None
    }

    /// Runs the filter over a series of mean 0.
    pub fn filter(&self, x: &[f64]) -> Option<Filtered> {
        let r = self.size();
        let mut p = self.stationary_covariance()?;
        let mut state = vec![0.0; r];
        let mut gain = vec![0.0; r];
        let (mut squares, mut logs) = (0.0, 0.0);
        let mut innovations = Vec::with_capacity(x.len());
        let mut next = vec![0.0; r * r];
        let mut f = p[0];
        let mut settled = false;
        for value in x {
            if !settled {
                f = p[0];
                if f.is_nan() || f <= 0.0 {
                    return None;
                }
            }
            let v = value - state[0];
            squares += v * v / f;
            logs += libm::log(f);
            innovations.push(v / libm::sqrt(f));
            // Update and predict in one: the gain is that of the predicted state.
            if !settled {
                for i in 0..r {
                    let up = if i + 1 < r { p[(i + 1) * r] } else { 0.0 };
                    gain[i] = (self.ar_at(i) * p[0] + up) / f;
                }
            }
            let first = state[0];
            for i in 0..r {
                let up = if i + 1 < r { state[i + 1] } else { 0.0 };
                state[i] = self.ar_at(i) * first + up + gain[i] * v;
            }
            if !settled {
                for i in 0..r {
                    for j in 0..r {
                        let at = |a: usize, b: usize| if a < r && b < r { p[a * r + b] } else { 0.0 };
                        let moved = self.ar_at(i) * self.ar_at(j) * p[0]
                            + self.ar_at(i) * at(0, j + 1)
                            + self.ar_at(j) * at(i + 1, 0)
                            + at(i + 1, j + 1);
                        next[i * r + j] = moved + self.shock(i) * self.shock(j) - gain[i] * gain[j] * f;
                    }
                }
                // In the end the filter knows all past shocks, and the covariance stays what it is.
                settled = next.iter().zip(&p).all(|(a, b)| (a - b).abs() <= 1e-15);
                core::mem::swap(&mut p, &mut next);
                if settled {
                    f = p[0];
                }
            }
        }
        Some(Filtered { squares, logs, innovations, state })
    }

    /// Expected values after the filter's last.
    pub fn predict(&self, state: &[f64], horizon: usize) -> Vec<f64> {
        let r = self.size();
        let mut state = state.to_vec();
        (0..horizon)
            .map(|_| {
                let first = state[0];
                for i in 0..r {
                    let up = if i + 1 < r { state[i + 1] } else { 0.0 };
                    state[i] = self.ar_at(i) * first + up;
                }
                first
            })
            .collect()
    }

    /// Weights of past shocks in the value, the present one's first.
    pub fn psi(&self, count: usize) -> Vec<f64> {
        let mut psi: Vec<f64> = Vec::with_capacity(count);
        for k in 0..count {
            let past: f64 = self.ar.iter().take(k).enumerate().map(|(i, a)| a * psi[k - 1 - i]).sum();
            psi.push(past + self.shock(k));
        }
        psi
    }
}

/// Product of two square matrices, the second transposed if asked for.
fn multiply(a: &[f64], b: &[f64], r: usize, transposed: bool) -> Vec<f64> {
    let mut out = vec![0.0; r * r];
    for i in 0..r {
        for j in 0..r {
            out[i * r + j] =
                (0..r).map(|k| a[i * r + k] * if transposed { b[j * r + k] } else { b[k * r + j] }).sum();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_of_an_ar1_is_its_formula() {
        let arma = Arma { ar: vec![0.6], ma: vec![] };
        let x = [1.0, 0.2, -0.7, 0.4];
        let got = arma.filter(&x).unwrap();
        let rest: f64 = x.windows(2).map(|w| (w[1] - 0.6 * w[0]) * (w[1] - 0.6 * w[0])).sum();
        assert!((got.squares - (x[0] * x[0] * (1.0 - 0.36) + rest)).abs() < 1e-12);
        assert!((got.logs + libm::log(1.0 - 0.36)).abs() < 1e-12);
        assert!((arma.predict(&got.state, 2)[1] - 0.36 * 0.4).abs() < 1e-12);
    }

    #[test]
    fn any_numbers_give_a_stationary_process() {
        for z in [[3.0, -8.0, 0.5], [100.0, 100.0, -100.0], [0.0, 0.0, 9.0]] {
            let arma = Arma { ar: stationary(&z), ma: vec![0.4] };
            let p = arma.stationary_covariance().unwrap();
            assert!(p[0] >= 1.0 && p[0].is_finite());
        }
    }
}
