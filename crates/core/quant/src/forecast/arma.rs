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

    /// Covariance of the process with itself at lags `0..count` for a unit shock. `None` when the process is so near to a
    /// unit root that its partial autocorrelations cannot be told from one.
    fn autocovariances(&self, count: usize) -> Option<Vec<f64>> {
        // Of the AR part alone, by its partial autocorrelations: Levinson's recursion down, then up.
        let p = self.ar.len();
        let mut orders = vec![self.ar.clone()];
        let mut variance = 1.0;
        for k in (1..=p).rev() {
            let phi = orders.last().filter(|phi| phi[k - 1].abs() < 1.0)?;
            let r = phi[k - 1];
            let rest = (1.0 - r) * (1.0 + r);
            variance /= rest;
            let down = (0..k - 1).map(|j| (phi[j] + r * phi[k - 2 - j]) / rest).collect();
            orders.push(down);
        }
        if !variance.is_finite() {
            return None;
        }
        let q = self.ma.len();
        let mut of_ar: Vec<f64> = vec![variance];
        for lag in 1..count + q {
            let phi = &orders[p - lag.min(p)];
            of_ar.push(phi.iter().zip(of_ar.iter().rev()).map(|(a, c)| a * c).sum());
        }
        // Then the moving average over it.
        let theta: Vec<(usize, f64)> =
            (0..=q).map(|i| (i, self.shock(i))).filter(|(_, t)| t.abs() > 0.0).collect();
        let lagged = |lag: usize| {
            let pairs = theta.iter().flat_map(|a| theta.iter().map(move |b| (a, b)));
            pairs.map(|((i, a), (j, b))| a * b * of_ar[(lag + i).abs_diff(*j)]).sum()
        };
        Some((0..count).map(lagged).collect())
    }

    /// Covariance of the state, predicted from nothing, with the value it stands for.
    fn first_column(&self) -> Option<Vec<f64>> {
        let r = self.size();
        let (gamma, psi) = (self.autocovariances(r + 1)?, self.psi(r));
        let state = |i: usize| {
            (0..r - i).map(|k| self.ar_at(i + k) * gamma[k + 1] + self.shock(i + k) * psi[k]).sum()
        };
        let mut column: Vec<f64> = (1..r).map(state).collect();
        column.insert(0, gamma[0]);
        Some(column)
    }

    /// Runs the filter over a series of mean 0. The covariances of a stationary state change by a matrix of rank one from
    /// value to value (Morf, Sidhu & Kailath 1974), so that a step costs as much as the state is long and not its square.
    pub fn filter(&self, x: &[f64]) -> Option<Filtered> {
        let r = self.size();
        let mut ar = self.ar.clone();
        ar.resize(r, 0.0);
        // Moves a state by one step without a shock, and adds `by` times `extra`.
        let step = |state: &mut [f64], extra: &[f64], by: f64| {
            let first = state[0];
            for i in 0..r {
                let up = if i + 1 < r { state[i + 1] } else { 0.0 };
                state[i] = ar[i] * first + up + by * extra[i];
            }
        };
        let mut gain = self.first_column()?;
        let mut f = gain[0];
        step(&mut gain, &ar, 0.0);
        let mut change = gain.clone();
        let mut weight = -1.0 / f;
        let mut state = vec![0.0; r];
        let (mut squares, mut logs) = (0.0, 0.0);
        let mut innovations = Vec::with_capacity(x.len());
        let (mut ln_f, mut root_f) = (0.0, 1.0);
        let mut moved = vec![0.0; r];
        let mut settled = false;
        for value in x {
            if !settled {
                if f.is_nan() || f <= 0.0 {
                    return None;
                }
                (ln_f, root_f) = (libm::log(f), libm::sqrt(f));
            }
            let v = value - state[0];
            squares += v * v / f;
            logs += ln_f;
            innovations.push(v / root_f);
            step(&mut state, &gain, v / f);
            if settled {
                continue;
            }
            // In the end the filter knows all past shocks, and the covariance stays what it is.
            let largest = change.iter().fold(0.0f64, |m, c| m.max(c.abs()));
            settled = weight.abs() * largest * largest <= 1e-17;
            if settled {
                continue;
            }
            let first = change[0];
            moved.copy_from_slice(&change);
            step(&mut moved, &ar, 0.0);
            for ((change, moved), gain) in change.iter_mut().zip(&moved).zip(&mut gain) {
                *change = moved - *gain / f * first;
                *gain += moved * weight * first;
            }
            f += weight * first * first;
            weight -= weight * first * first / f * weight;
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

    /// The slow twin: the density of the whole series at once, from its covariance matrix.
    #[test]
    fn the_filter_is_the_density_of_the_whole_series() {
        use crate::matrix::{Cholesky, Matrix};
        let mut stream = crate::rng::Key::named(5, "arma twin").stream(0);
        let x: Vec<f64> = (0..40).map(|_| stream.normal()).collect();
        let mut long = vec![0.0; 12];
        (long[0], long[11]) = (0.5, -0.4);
        for (ar, ma) in [
            (vec![], vec![]),
            (vec![0.6, -0.3], vec![]),
            (vec![], vec![0.8, 0.1, -0.3]),
            (vec![0.9], vec![-0.4, 0.2]),
            (vec![0.2, 0.1, 0.5], vec![0.9]),
            (long.clone(), vec![0.3]),
            (vec![0.7], long),
            (vec![0.999_9], vec![0.99]),
        ] {
            let arma = Arma { ar, ma };
            let got = arma.filter(&x).unwrap();
            let gamma = arma.autocovariances(40).unwrap();
            let factor = Cholesky::of(&Matrix::from_fn(40, 40, |i, j| gamma[i.abs_diff(j)])).unwrap();
            let solved = factor.solve(&x).unwrap();
            let squares: f64 = x.iter().zip(&solved).map(|(a, b)| a * b).sum();
            println!("{arma:?}: {:e} {:e}", got.squares - squares, got.logs - factor.log_determinant());
            // Beside a unit root the first variance is 20,000 times the last, and so are the roundings of both ways.
            let tolerance = if gamma[0] > 1e3 { 1e-6 } else { 1e-10 };
            assert!((got.squares / squares - 1.0).abs() < tolerance);
            assert!((got.logs - factor.log_determinant()).abs() < tolerance);
            // And the variance of the process is what its weights of past shocks sum to.
            let psi: f64 = arma.psi(200_000).iter().map(|w| w * w).sum();
            assert!((psi / gamma[0] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn any_numbers_give_a_stationary_process() {
        for z in [[3.0, -8.0, 0.5], [100.0, 100.0, -100.0], [0.0, 0.0, 9.0]] {
            let arma = Arma { ar: stationary(&z), ma: vec![0.4] };
            let gamma = arma.autocovariances(1).unwrap();
            assert!(gamma[0] >= 1.0 && gamma[0].is_finite());
        }
    }
}
