//! Trades that bring trades: the self-exciting process of Hawkes (1971) with an exponential kernel. Its intensity is
//! `mu + alpha * sum of exp(-beta * (t - t_i))` over the events before t; a share `alpha / beta` of them are children of
//! others. The likelihood is computed by the recursion of Ozaki (1979), in one pass.

use crate::state::state;
use scalp_quant::Error;
use scalp_quant::matrix::{Cholesky, Matrix};
use scalp_quant::optimise::{Bounds, Stop, lbfgs_in_box};

use super::decay::seconds_between;
use super::sign::Classifier;
use super::table::Stream;
use crate::measure::{Depth, Print};

/// The parameters of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hawkes {
    /// Events per second that no other brings.
    pub mu: f64,
    /// What an event adds to the intensity, per second.
    pub alpha: f64,
    /// How fast that fades, per second.
    pub beta: f64,
}

/// A fitted process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// The parameters.
    pub process: Hawkes,
    /// Its log-likelihood on what it was fitted to.
    pub log_likelihood: f64,
    /// Where the search ended at an edge of its range: the likelihood has no peak within that, and this process is no estimate.
    pub edge: Option<Edge>,
}

/// An edge of the range in which a fit searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Hardly an event comes by itself.
    NoneAlone,
    /// No event brings another: they come at an even rate.
    NoChildren,
    /// Each event brings one at least: the process explodes.
    Explodes,
    /// What excites fades as slowly as the search goes.
    Slowest,
    /// What excites fades as fast as the search goes. Events at one time are the likelier the faster it does, without end.
    Fastest,
    /// All events come by themselves, and more of them than there are.
    AllAlone,
}

/// How far a fit may be off: standard errors from the curvature of the likelihood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Errors {
    /// Of `mu`.
    pub mu: f64,
    /// Of `alpha`.
    pub alpha: f64,
    /// Of `beta`.
    pub beta: f64,
    /// Of `alpha / beta`.
    pub branching: f64,
}

/// Nearer to an edge than this share of the range is at it.
const AT_EDGE: f64 = 1e-6;
/// Edges of the logarithm of beta over the events per second.
const BETA_EDGES: [f64; 2] = [-8.0, 12.0];
/// Steps of the differences that the curvature is taken from, as a share of a parameter.
const STEP: f64 = 1e-4;

impl Hawkes {
    /// The share of events that others bring; the process explodes from 1 on.
    #[must_use]
    pub fn branching(&self) -> f64 {
        self.alpha / self.beta
    }

    /// Log-likelihood of events at `times` (seconds, rising, ties allowed) between 0 and `end`.
    pub fn log_likelihood(&self, times: &[f64], end: f64) -> Result<f64, Error> {
        check(times, end, 1)?;
        let given = [self.mu, self.alpha, self.beta];
        if let Some(index) = given.iter().position(|it| !(it.is_finite() && *it > 0.0)) {
            let name = ["mu", "alpha", "beta"][index];
            return Err(Error::Parameter { name, value: given[index], expected: "a number above zero" });
        }
        Ok(self.likelihood(times, end, &mut [0.0; 3]))
    }

    /// Standard errors of parameters that were fitted to these events: the inverse of the observed information, by central
    /// differences of the exact gradient (Ogata 1978 for the asymptotics). Refused where the likelihood has no peak here.
    pub fn standard_errors(&self, times: &[f64], end: f64) -> Result<Errors, Error> {
        self.log_likelihood(times, end)?;
        let at = [self.mu, self.alpha, self.beta];
        let mut rows = vec![vec![0.0; 3]; 3];
        for (i, row) in rows.iter_mut().enumerate() {
            let gradient = |step: f64| {
                let (mut x, mut out) = (at, [0.0; 3]);
                x[i] += step;
                Hawkes { mu: x[0], alpha: x[1], beta: x[2] }.likelihood(times, end, &mut out);
                out
            };
            let step = STEP * at[i];
            let (above, below) = (gradient(step), gradient(-step));
            row.iter_mut().enumerate().for_each(|(j, to)| *to = (below[j] - above[j]) / (2.0 * step));
        }
        let symmetric: Vec<Vec<f64>> =
            (0..3).map(|i| (0..3).map(|j| 0.5 * (rows[i][j] + rows[j][i])).collect()).collect();
        let inverse = Cholesky::of(&Matrix::from_rows(&symmetric)?)?.inverse();
        let slope = [0.0, 1.0 / self.beta, -self.alpha / (self.beta * self.beta)];
        let diagonal = inverse.diagonal();
        let branching = inverse.quadratic_form(&slope)?;
        let root = |it: f64| it.max(0.0).sqrt();
        let [mu, alpha, beta] = [diagonal[0], diagonal[1], diagonal[2]].map(root);
        Ok(Errors { mu, alpha, beta, branching: root(branching) })
    }

    /// How much the process was expected to bring between each event and the one before it, the first counted from 0: numbers of
    /// an exponential distribution with mean one where the process is the true one (Papangelou 1972, the theorem of time change).
    pub fn waits(&self, times: &[f64], end: f64) -> Result<Vec<f64>, Error> {
        self.log_likelihood(times, end)?;
        let (mut excited, mut before) = (0.0, 0.0);
        let mut waits = Vec::with_capacity(times.len());
        for &time in times {
            let wait: f64 = time - before;
            let gone = -libm::expm1(-self.beta * wait);
            waits.push(self.mu * wait + self.alpha / self.beta * excited * gone);
            excited = 1.0 + excited * (1.0 - gone);
            before = time;
        }
        Ok(waits)
    }

    /// With the derivatives by mu, alpha and beta.
    fn likelihood(&self, times: &[f64], end: f64, gradient: &mut [f64; 3]) -> f64 {
        let Hawkes { mu, alpha, beta } = *self;
        let (mut sum, mut d_mu, mut d_alpha, mut d_beta) = (0.0, 0.0, 0.0, 0.0);
        let (mut excited, mut slope, mut before) = (0.0, 0.0, None);
        for &time in times {
            if let Some(before) = before {
                let wait: f64 = time - before;
                let keep = libm::exp(-beta * wait);
                excited = keep * (1.0 + excited);
                slope = keep * slope - wait * excited;
            }
            before = Some(time);
            let intensity = mu + alpha * excited;
            sum += libm::log(intensity);
            d_mu += 1.0 / intensity;
            d_alpha += excited / intensity;
            d_beta += alpha * slope / intensity;
            let left = end - time;
            let gone = libm::exp(-beta * left);
            sum -= alpha / beta * (1.0 - gone);
            d_alpha -= (1.0 - gone) / beta;
            d_beta += alpha / (beta * beta) * (1.0 - gone) - alpha / beta * left * gone;
        }
        *gradient = [d_mu - end, d_alpha, d_beta];
        sum - mu * end
    }

    /// The parameters of greatest likelihood for events at `times` (seconds, rising, ties allowed) between 0 and `end`.
    /// Needs 20 events. The share of children is kept below 0.999. Searched from three starts with the exact gradient, over
    /// the logarithms of mu and beta and the share: beta from e^-8 to e^12 times the events per second. Where events share a time
    /// the likelihood rises with beta without end, and such a fit often ends at an edge ([`Fitted::edge`]).
    pub fn fit(times: &[f64], end: f64) -> Result<Fitted, Error> {
        check(times, end, 20)?;
        let rate = times.len() as f64 / end;
        let lower = [libm::log(rate) - 12.0, 1e-6, libm::log(rate) + BETA_EDGES[0]];
        let upper = [libm::log(rate) + 1.0, 0.999, libm::log(rate) + BETA_EDGES[1]];
        let bounds = Bounds { lower: &lower, upper: &upper };
        let stop = Stop::new("the Hawkes process");
        let of = |x: &[f64]| {
            let beta = libm::exp(x[2]);
            Hawkes { mu: libm::exp(x[0]), alpha: x[1] * beta, beta }
        };
        let edge = |x: &[f64]| {
            let edges = [
                (1, [Edge::NoChildren, Edge::Explodes]),
                (2, [Edge::Slowest, Edge::Fastest]),
                (0, [Edge::NoneAlone, Edge::AllAlone]),
            ];
            edges.into_iter().find_map(|(i, [low, high])| {
                let near = AT_EDGE * (upper[i] - lower[i]);
                let is_low = (x[i] - lower[i] <= near).then_some(low);
                is_low.or_else(|| (upper[i] - x[i] <= near).then_some(high))
            })
        };
        let scale = 1.0 / times.len() as f64;
        let mut value = |x: &[f64], gradient: &mut [f64]| {
            let (it, mut d) = (of(x), [0.0; 3]);
            let likelihood = it.likelihood(times, end, &mut d);
            gradient[0] = -scale * it.mu * d[0];
            gradient[1] = -scale * it.beta * d[1];
            gradient[2] = -scale * it.beta * (d[2] + x[1] * d[1]);
            -scale * likelihood
        };
        let mut best: Option<Fitted> = None;
        let mut failure = None;
        for speed in [0.5, 5.0, 50.0] {
            let start = [libm::log(0.5 * rate), 0.5, libm::log(speed * rate)];
            match lbfgs_in_box(&mut value, &start, bounds, &stop) {
                Ok(minimum) => {
                    let process = of(&minimum.x);
                    let log_likelihood = process.likelihood(times, end, &mut [0.0; 3]);
                    if best.is_none_or(|it| log_likelihood > it.log_likelihood) {
                        best = Some(Fitted { process, log_likelihood, edge: edge(&minimum.x) });
                    }
                }
                Err(error) => failure = Some(error),
            }
        }
        match (best, failure) {
            (Some(best), _) => Ok(best),
            (None, Some(error)) => Err(error),
            (None, None) => unreachable!("there is a start"),
        }
    }
}

fn check(times: &[f64], end: f64, needed: usize) -> Result<(), Error> {
    if times.len() < needed {
        return Err(Error::TooShort { what: "times", have: times.len(), need: needed });
    }
    if let Some(index) = times.iter().position(|it| !it.is_finite()) {
        return Err(Error::NotFinite { what: "times", index, value: times[index] });
    }
    let expected = "a time from 0 on, not before the one in front of it, and not after the end";
    let is_wrong = |i: usize| times[i] < 0.0 || (i > 0 && times[i] < times[i - 1]) || times[i] > end;
    if let Some(index) = (0..times.len()).find(|&i| is_wrong(i)) {
        return Err(Error::OutOfRange { what: "times", index, value: times[index], expected });
    }
    if !(end.is_finite() && end > 0.0) {
        return Err(Error::Parameter { name: "end", value: end, expected: "a finite number above zero" });
    }
    Ok(())
}

/// `HAWKES`: the intensity of trades, of both sides and of each. A side excites itself only.
#[derive(Clone, Debug)]
pub(super) struct Intensity {
    process: Hawkes,
    classifier: Classifier,
    at: Option<i64>,
    excited: [f64; 2],
}

state!(Intensity { classifier, at, excited; process });

impl Intensity {
    pub(super) fn new(process: Hawkes) -> Intensity {
        Intensity { process, classifier: Classifier::default(), at: None, excited: [0.0; 2] }
    }

    fn step(&mut self, at: i64) {
        self.excited = self.excited_at(at);
        self.at = Some(at);
    }

    /// What has excited, faded until `at`.
    fn excited_at(&self, at: i64) -> [f64; 2] {
        let seconds = self.at.map_or(0.0, |before| seconds_between(before, at));
        if seconds == 0.0 {
            return self.excited;
        }
        let keep = libm::exp(-self.process.beta * seconds);
        // What has faded beyond all meaning is zero: numbers without a full fraction are slow.
        self.excited.map(|it| if it > 1e-200 { it * keep } else { 0.0 })
    }
}

impl Stream for Intensity {
    fn on_trade(&mut self, trade: &Print) {
        self.step(trade.at);
        let sign = self.classifier.on_trade(trade).best();
        // One whose side cannot be told excites both by half.
        self.excited[0] += 0.5 + 0.5 * sign;
        self.excited[1] += 0.5 - 0.5 * sign;
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        if self.at.is_some() {
            self.step(book.at);
        }
        self.classifier.on_book(book);
    }

    fn write(&self, out: &mut [f64]) {
        self.write_at(i64::MIN, out);
    }

    fn write_at(&self, at: i64, out: &mut [f64]) {
        if self.at.is_none() {
            return out.fill(f64::NAN);
        }
        let Hawkes { mu, alpha, .. } = self.process;
        let [buy, sell] = self.excited_at(at).map(|it| 0.5 * mu + alpha * it);
        out[0] = buy + sell;
        out[1] = buy;
        out[2] = sell;
        // A process that explodes has no long-run mean.
        let rest = 1.0 - self.process.branching();
        out[3] = if rest > 0.0 { (buy + sell) * rest / mu } else { f64::NAN };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ogata's thinning (1981).
    fn simulated(process: Hawkes, end: f64) -> Vec<f64> {
        simulated_with(process, end, 3)
    }

    fn simulated_with(process: Hawkes, end: f64, seed: u64) -> Vec<f64> {
        let mut stream = scalp_types::rng::Stream::named(seed, "hawkes");
        let (mut now, mut excited, mut times) = (0.0, 0.0, Vec::new());
        loop {
            let bound = process.mu + process.alpha * excited;
            let wait = stream.exponential() / bound;
            now += wait;
            excited *= libm::exp(-process.beta * wait);
            if now > end {
                return times;
            }
            if stream.uniform() * bound <= process.mu + process.alpha * excited {
                times.push(now);
                excited += 1.0;
            }
        }
    }

    #[test]
    fn the_gradient_is_that_of_differences() {
        let process = Hawkes { mu: 0.7, alpha: 0.9, beta: 1.7 };
        let times = simulated(process, 100.0);
        let mut gradient = [0.0; 3];
        process.likelihood(&times, 100.0, &mut gradient);
        for i in 0..3 {
            let moved = |step: f64| {
                let mut x = [process.mu, process.alpha, process.beta];
                x[i] += step;
                Hawkes { mu: x[0], alpha: x[1], beta: x[2] }.log_likelihood(&times, 100.0).unwrap()
            };
            let wanted = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            assert!(
                (gradient[i] - wanted).abs() < 1e-4 * wanted.abs().max(1.0),
                "{i}: {gradient:?} {wanted}"
            );
        }
    }

    #[test]
    fn a_process_that_explodes_has_no_long_run_mean_to_be_compared_with() {
        let ratio = |alpha: f64| {
            let mut it = Intensity::new(Hawkes { mu: 1.0, alpha, beta: 1.0 });
            it.on_trade(&Print { at: 0, price: 1.0, size: 1.0, aggressor: None });
            let mut out = [f64::NAN; 4];
            it.write(&mut out);
            assert!(out[..3].iter().all(|it| *it > 0.0), "{out:?}");
            out[3]
        };
        assert!(ratio(0.5) > 0.0);
        assert!(ratio(1.0).is_nan() && ratio(2.0).is_nan());
    }

    #[test]
    fn a_fit_finds_the_process_that_was_simulated() {
        let process = Hawkes { mu: 0.5, alpha: 1.2, beta: 2.0 };
        let times = simulated(process, 20_000.0);
        let fitted = Hawkes::fit(&times, 20_000.0).unwrap();
        assert_eq!(fitted.edge, None);
        println!("{} events: {fitted:?}", times.len());
        assert!(fitted.log_likelihood >= process.log_likelihood(&times, 20_000.0).unwrap());
        assert!((fitted.process.mu - 0.5).abs() < 0.03);
        assert!((fitted.process.branching() - 0.6).abs() < 0.03);
        assert!((fitted.process.beta - 2.0).abs() < 0.15);
    }

    #[test]
    fn errors_are_the_deviation_of_fits_and_waits_are_those_of_the_true_process() {
        let (process, end) = (Hawkes { mu: 0.5, alpha: 1.2, beta: 2.0 }, 2_000.0);
        let (mut off, mut said) = ([0.0; 4], [0.0; 4]);
        let runs = 60;
        for seed in 0..runs {
            let times = simulated_with(process, end, seed);
            let it = Hawkes::fit(&times, end).unwrap().process;
            let errors = it.standard_errors(&times, end).unwrap();
            let found = [it.mu - 0.5, it.alpha - 1.2, it.beta - 2.0, it.branching() - 0.6];
            let told = [errors.mu, errors.alpha, errors.beta, errors.branching];
            for i in 0..4 {
                off[i] += found[i] * found[i] / runs as f64;
                said[i] += told[i] * told[i] / runs as f64;
            }
        }
        for i in 0..4 {
            let ratio = (said[i] / off[i]).sqrt();
            println!("parameter {i}: error told over deviation {ratio:.3}");
            assert!((0.75..1.33).contains(&ratio));
        }
        let times = simulated_with(process, 20_000.0, 3);
        let test = |process: Hawkes| {
            let waits = process.waits(&times, 20_000.0).unwrap();
            scalp_quant::hypothesis::samples::ks_one_sample(&waits, |x| 1.0 - libm::exp(-x)).unwrap().p
        };
        assert!(test(process) > 0.01, "the true process is not refused");
        let poisson = Hawkes { mu: times.len() as f64 / 20_000.0, alpha: 1e-6, beta: 1.0 };
        assert!(test(poisson) < 1e-6, "one without excitement is");
    }

    /// Orders of three events each at one time: a process that fades faster is likelier, whatever is tried. At an even rate nothing
    /// brings anything.
    #[test]
    fn a_likelihood_without_a_peak_ends_at_an_edge_that_is_told() {
        let mut stream = scalp_types::rng::Stream::named(9, "edges");
        let mut now = 0.0;
        let mut orders: Vec<f64> = Vec::new();
        for _ in 0..500 {
            now += stream.exponential();
            orders.extend([now; 3]);
        }
        let fitted = Hawkes::fit(&orders, now).unwrap();
        assert_eq!(fitted.edge, Some(Edge::Fastest), "{fitted:?}");
        let Hawkes { mu, alpha, beta } = fitted.process;
        let faster = Hawkes { mu, alpha: 10.0 * alpha, beta: 10.0 * beta };
        assert!(faster.log_likelihood(&orders, now).unwrap() > fitted.log_likelihood);
        let even: Vec<f64> = (1..=500).map(f64::from).collect();
        assert_eq!(Hawkes::fit(&even, 500.0).unwrap().edge, Some(Edge::NoChildren));
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_by_name() {
        assert!(matches!(Hawkes::fit(&[1.0, 2.0], 3.0), Err(Error::TooShort { .. })));
        let mut times: Vec<f64> = (0..30).map(f64::from).collect();
        assert!(matches!(Hawkes::fit(&times, 10.0), Err(Error::OutOfRange { index: 11, .. })));
        times[4] = f64::NAN;
        assert!(matches!(Hawkes::fit(&times, 30.0), Err(Error::NotFinite { index: 4, .. })));
        assert!(Hawkes::fit(&[0.0; 30], 0.0).is_err());
        let explosive = Hawkes { mu: 0.0, alpha: 1.0, beta: 1.0 };
        assert!(explosive.log_likelihood(&[1.0], 2.0).is_err());
        // All at one time: an answer or a refusal, never a panic.
        assert!(
            Hawkes::fit(&[1.0; 30], 2.0).is_ok_and(|it| it.log_likelihood.is_finite())
                || Hawkes::fit(&[1.0; 30], 2.0).is_err()
        );
    }
}
