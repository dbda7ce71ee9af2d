//! The exact Gaussian likelihood of an ARMA process by the Kalman filter on Harvey's state space form (1989, section
//! 3.4), with stationary AR and invertible MA parts by construction.

use crate::ln_product::LnProduct;

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

/// The two sums of a likelihood: minus twice its logarithm is `n ln(2 pi variance) + logs + squares / variance`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    pub squares: f64,
    pub logs: f64,
}

/// Derivatives of a function of the evidence.
pub(super) struct Score {
    pub evidence: Evidence,
    /// By the AR coefficients, the first column given.
    pub ar: Vec<f64>,
    /// By the [first column](Arma::first_column).
    pub column: Vec<f64>,
    /// By the mean.
    pub mean: f64,
}

/// One value for each state: an array where there are few. What an array has beyond them stays 0.
trait Row: Clone + AsRef<[f64]> + AsMut<[f64]> {
    fn zeros(len: usize) -> Self;
}

impl<const W: usize> Row for [f64; W] {
    fn zeros(_: usize) -> Self {
        [0.0; W]
    }
}

impl Row for Vec<f64> {
    fn zeros(len: usize) -> Self {
        vec![0.0; len]
    }
}

/// A value in the filter, with what stood before it.
#[derive(Clone)]
struct Step<R> {
    /// Whether the covariance no longer changes.
    settled: bool,
    value: f64,
    /// The value less what was expected.
    error: f64,
    /// Relative variance of the error.
    f: f64,
    gain: R,
    /// The first entry of the change of the covariance, which is `weight` times its square, and the change moved by a step.
    change: f64,
    moved: R,
    weight: f64,
}

impl<R: Row> Step<R> {
    fn first(ar: &[f64], column: &[f64]) -> Self {
        let mut gain = R::zeros(column.len());
        gain.as_mut()[..column.len()].copy_from_slice(column);
        move_on(gain.as_mut(), ar, ar, 0.0);
        let f = column[0];
        let moved = R::zeros(column.len());
        Self { settled: false, value: 0.0, error: 0.0, f, gain, change: 0.0, moved, weight: -1.0 / f }
    }
}

/// Moves a state by one step without a shock, and adds `by` times `extra`.
#[inline]
fn move_on(state: &mut [f64], ar: &[f64], extra: &[f64], by: f64) {
    let first = state[0];
    let len = state.len();
    for i in 0..len {
        let up = if i + 1 < len { state[i + 1] } else { 0.0 };
        state[i] = ar[i] * first + up + by * extra[i];
    }
}

/// Turns derivatives by the state after [`move_on`] into those before it; answers with that by the multiple of the gain. The
/// state had `first` in front, and the gain was added `scaled` times.
#[inline]
fn step_back(
    state: &mut [f64],
    coefficients: &[f64],
    gain: &[f64],
    (first, scaled): (f64, f64),
    (by_ar, by_gain): (&mut [f64], &mut [f64]),
) -> f64 {
    let (mut by_scaled, mut by_first, mut carried) = (0.0, 0.0, 0.0);
    for i in 0..state.len() {
        let by = state[i];
        by_ar[i] += by * first;
        by_gain[i] += by * scaled;
        by_scaled += by * gain[i];
        by_first += by * coefficients[i];
        state[i] = carried;
        carried = by;
    }
    state[0] += by_first;
    by_scaled
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
    /// Length of the state.
    pub fn size(&self) -> usize {
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
    pub fn first_column(&self) -> Option<Vec<f64>> {
        let r = self.size();
        let (gamma, psi) = (self.autocovariances(r + 1)?, self.psi(r));
        let state = |i: usize| {
            (0..r - i).map(|k| self.ar_at(i + k) * gamma[k + 1] + self.shock(i + k) * psi[k]).sum()
        };
        let mut column: Vec<f64> = (1..r).map(state).collect();
        column.insert(0, gamma[0]);
        Some(column)
    }

    /// Runs the filter over a series of mean 0.
    pub fn filter(&self, x: &[f64]) -> Option<Filtered> {
        let mut innovations = Vec::with_capacity(x.len());
        let (ended, state) = self.forward::<Vec<f64>>(x, 0.0, |step| {
            innovations.push(step.error / libm::sqrt(step.f));
        })?;
        Some(Filtered { squares: ended.squares, logs: ended.logs, innovations, state })
    }

    /// Squares and logarithms of the filter alone, over `x` less `mean`.
    pub fn evidence(&self, x: &[f64], mean: f64) -> Option<Evidence> {
        // An array whose length is known to the compiler is several times faster.
        match self.size() {
            0..=4 => Some(self.forward::<[f64; 4]>(x, mean, |_| {})?.0),
            5..=9 => Some(self.forward::<[f64; 9]>(x, mean, |_| {})?.0),
            _ => Some(self.forward::<Vec<f64>>(x, mean, |_| {})?.0),
        }
    }

    /// The filter. The covariances of a stationary state change by a matrix of rank one from value to value (Morf, Sidhu &
    /// Kailath 1974), so that a step costs as much as the state is long and not its square. Answers with the last state.
    fn forward<R: Row>(
        &self,
        x: &[f64],
        mean: f64,
        mut see: impl FnMut(&Step<R>),
    ) -> Option<(Evidence, Vec<f64>)> {
        let r = self.size();
        let mut ar = R::zeros(r);
        ar.as_mut()[..self.ar.len()].copy_from_slice(&self.ar);
        let ar = ar.as_ref();
        let mut state = R::zeros(r);
        let mut step = Step::<R>::first(ar, &self.first_column()?);
        let (mut squares, mut logs) = (0.0, LnProduct::default());
        let mut change = step.gain.clone();
        let mut settled = 0;
        let mut inverse = 1.0 / step.f;
        for (t, value) in x.iter().enumerate() {
            if !(step.settled || step.f > 0.0 && step.f < f64::MAX) {
                return None;
            }
            step.value = value - mean;
            step.error = step.value - state.as_ref()[0];
            let scaled = step.error * inverse;
            squares += step.error * scaled;
            move_on(state.as_mut(), ar, step.gain.as_ref(), scaled);
            if step.settled {
                see(&step);
                continue;
            }
            logs.push(step.f);
            settled = t + 1;
            step.change = change.as_ref()[0];
            step.moved.as_mut().copy_from_slice(change.as_ref());
            move_on(step.moved.as_mut(), ar, ar, 0.0);
            see(&step);
            let (shrink, grow) = (step.change * inverse, step.change * step.weight);
            let rows = change.as_mut().iter_mut().zip(step.moved.as_ref()).zip(step.gain.as_mut());
            for ((change, moved), gain) in rows {
                *change = moved - *gain * shrink;
                *gain += moved * grow;
            }
            let before = step.f;
            step.f += step.change * grow;
            inverse = 1.0 / step.f;
            step.weight *= before * inverse;
            // In the end the filter knows all past shocks, and the covariance stays what it is.
            let largest = change.as_ref().iter().fold(0.0f64, |m, c| m.max(c.abs()));
            step.settled = step.weight.abs() * largest * largest <= 1e-17;
        }
        let logs = logs.ln() + (x.len() - settled) as f64 * libm::log(step.f);
        Some((Evidence { squares, logs }, state.as_ref()[..r].to_vec()))
    }

    /// The evidence, and the derivatives of `weights(evidence)` by what the filter is made of, where `weights` gives the
    /// derivatives by the squares and the logarithms. One pass forth and one back, as long as three without derivatives.
    pub fn score(&self, x: &[f64], mean: f64, weights: impl Fn(&Evidence) -> [f64; 2]) -> Option<Score> {
        match self.size() {
            0..=4 => self.backward::<[f64; 4]>(x, mean, weights),
            5..=9 => self.backward::<[f64; 9]>(x, mean, weights),
            _ => self.backward::<Vec<f64>>(x, mean, weights),
        }
    }

    /// Goes through [`forward`](Self::forward) from its end (reverse differentiation): `state`, `gain`, ... are derivatives
    /// by the variables of that name.
    fn backward<R: Row>(
        &self,
        x: &[f64],
        mean: f64,
        weights: impl Fn(&Evidence) -> [f64; 2],
    ) -> Option<Score> {
        let r = self.size();
        let mut steps: Vec<Step<R>> = Vec::with_capacity(x.len());
        let mut settled: Vec<[f64; 2]> = Vec::new();
        let mut last: Option<Step<R>> = None;
        let (evidence, _) = self.forward::<R>(x, mean, |step| {
            if step.settled {
                settled.push([step.value, step.error]);
                if last.is_none() {
                    last = Some(step.clone());
                }
            } else {
                steps.push(step.clone());
            }
        })?;
        let [by_squares, by_logs] = weights(&evidence);
        let mut padded = R::zeros(r);
        padded.as_mut()[..self.ar.len()].copy_from_slice(&self.ar);
        let coefficients = padded.as_ref();
        let (mut ar, mut state, mut gain, mut change) = (R::zeros(r), R::zeros(r), R::zeros(r), R::zeros(r));
        let (mut f, mut weight, mut by_mean) = (0.0, 0.0, 0.0);
        // What the errors are weighed with stays what it is here.
        if let Some(last) = last {
            let inverse = 1.0 / last.f;
            for [value, error] in settled.into_iter().rev() {
                let scaled = error * inverse;
                let by_scaled = step_back(
                    state.as_mut(),
                    coefficients,
                    last.gain.as_ref(),
                    (value - error, scaled),
                    (ar.as_mut(), gain.as_mut()),
                );
                f -= by_scaled * scaled * inverse + by_squares * scaled * scaled;
                f += by_logs * inverse;
                let by_error = by_scaled * inverse + 2.0 * by_squares * scaled;
                state.as_mut()[0] -= by_error;
                by_mean -= by_error;
            }
        }
        let mut inverse_after =
            steps.last().map_or(0.0, |step| 1.0 / (step.f + step.change * step.change * step.weight));
        for step in steps.iter().rev() {
            let inverse = 1.0 / step.f;
            let (first, grow, shrink) = (step.change, step.change * step.weight, step.change * inverse);
            // Derivatives by the variables after the step become those before it.
            let by_weight = weight * inverse_after;
            let by_after = f - by_weight * step.weight * step.f * inverse_after;
            f = by_after + by_weight * step.weight;
            weight = by_weight * step.f + by_after * first * first;
            inverse_after = inverse;
            let mut by_first = 2.0 * by_after * grow;
            let (mut by_grow, mut by_shrink) = (0.0, 0.0);
            let mut moved = 0.0;
            let mut carried = 0.0;
            let rows = gain.as_mut().iter_mut().zip(change.as_mut()).zip(ar.as_mut());
            let given = step.gain.as_ref().iter().zip(step.moved.as_ref()).zip(coefficients);
            for (((by_gain, by_change), by_ar), ((gain, now), coefficient)) in rows.zip(given) {
                by_grow += *by_gain * now;
                by_shrink -= *by_change * gain;
                let by_moved = *by_change + *by_gain * grow;
                *by_gain -= *by_change * shrink;
                *by_ar += by_moved * first;
                moved += by_moved * coefficient;
                // The state of this place came from the next.
                *by_change = carried;
                carried = by_moved;
            }
            by_first += by_grow * step.weight + by_shrink * inverse + moved;
            weight += by_grow * first;
            f -= by_shrink * first * inverse * inverse;
            change.as_mut()[0] += by_first;
            let scaled = step.error * inverse;
            let by_scaled = step_back(
                state.as_mut(),
                coefficients,
                step.gain.as_ref(),
                (step.value - step.error, scaled),
                (ar.as_mut(), gain.as_mut()),
            );
            f -= by_scaled * scaled * inverse + by_squares * scaled * scaled;
            f += by_logs * inverse;
            let by_error = by_scaled * inverse + 2.0 * by_squares * scaled;
            state.as_mut()[0] -= by_error;
            by_mean -= by_error;
        }
        // The first step: gain and change are the moved column, f is its first, the weight its negative inverse.
        let column = self.first_column()?;
        f += weight / (column[0] * column[0]);
        let (mut by_column, mut by_first) = (vec![0.0; r], f);
        for i in 0..r {
            let by_gain = gain.as_ref()[i] + change.as_ref()[i];
            ar.as_mut()[i] += by_gain * column[0];
            by_first += by_gain * coefficients[i];
            if i + 1 < r {
                by_column[i + 1] = by_gain;
            }
        }
        by_column[0] = by_first;
        Some(Score { evidence, ar: ar.as_ref()[..self.ar.len()].to_vec(), column: by_column, mean: by_mean })
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

    /// The score against differences of the evidence, by everything the filter is made of.
    #[test]
    fn the_score_is_a_difference_of_the_evidence() {
        let mut stream = crate::rng::Key::named(6, "arma score").stream(0);
        let x: Vec<f64> = (0..300).map(|_| stream.normal()).collect();
        let (mut long, mut worst) = (vec![0.0; 12], 0.0_f64);
        (long[0], long[11]) = (0.5, -0.4);
        for (ar, ma) in [
            (vec![], vec![]),
            (vec![0.6, -0.3], vec![]),
            (vec![], vec![0.8, 0.1, -0.3]),
            (vec![0.9], vec![-0.4, 0.2, 0.1, 0.1, 0.2]),
            (vec![0.2, 0.1, 0.5], vec![-0.9]),
            (long.clone(), vec![0.3]),
            (vec![0.7], long),
        ] {
            let arma = Arma { ar, ma };
            let value = |arma: &Arma, mean: f64| {
                let it = arma.evidence(&x, mean).unwrap();
                libm::log(it.squares) + 0.01 * it.logs
            };
            let score = arma.score(&x, 0.1, |it| [1.0 / it.squares, 0.01]).unwrap();
            let made = |arma: &Arma| {
                let column = arma.first_column().unwrap();
                let of = |by: &[f64], what: &[f64]| by.iter().zip(what).map(|(a, b)| a * b).sum::<f64>();
                of(&score.ar, &arma.ar) + of(&score.column, &column)
            };
            let h = 1e-5;
            let mut see = |got: f64, want: f64| worst = worst.max((got - want).abs() / want.abs().max(1.0));
            see(score.mean, (value(&arma, 0.1 + h) - value(&arma, 0.1 - h)) / (2.0 * h));
            for place in 0..arma.ar.len() + arma.ma.len() {
                let moved = |by: f64| {
                    let mut it = arma.clone();
                    match place.checked_sub(it.ar.len()) {
                        None => it.ar[place] += by,
                        Some(place) => it.ma[place] += by,
                    }
                    it
                };
                let (up, down) = (moved(h), moved(-h));
                see((made(&up) - made(&down)) / (2.0 * h), (value(&up, 0.1) - value(&down, 0.1)) / (2.0 * h));
            }
        }
        println!("score against differences: worst deviation {worst:.1e}");
        // The differences have an error of h^2 themselves, large beside a unit root.
        assert!(worst < 1e-6);
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
