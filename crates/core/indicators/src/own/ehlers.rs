//! Filters of John Ehlers that tell the phase of a move by its own strength, so that their answers have no unit.

use super::averages::two_poles;
use super::entry::{Entry, kernel};
use crate::highest::largest;
use crate::kernel::{Step, state};
use crate::spec::{Family::Cycle, Family::Momentum, Spec};
use crate::window::{Before, Window, fold4, total};

state! {
    struct EvenBetterSine {
        alpha: f64,
        /// The weights of the super smoother.
        now: f64,
        past: [f64; 2],
        before: Before,
        high_pass: f64,
        /// The newest first.
        waves: [f64; 3],
        missing: usize,
    }
}

impl EvenBetterSine {
    fn new(p: &[f64]) -> EvenBetterSine {
        // (1 - sin a) / cos a of a = 2 pi / n, in the form that has a value where the cosine has none.
        let alpha = libm::tan(std::f64::consts::FRAC_PI_4 - std::f64::consts::PI / p[0]);
        let (now, past) = two_poles(p[1]);
        let (before, missing) = (Before::default(), p[0] as usize);
        EvenBetterSine { alpha, now, past, before, high_pass: 0.0, waves: [0.0; 3], missing }
    }
}

/// Zero for what is too small to be told with all its digits, so that what fades comes to an end.
fn faded(x: f64) -> f64 {
    if x.abs() < f64::MIN_POSITIVE { 0.0 } else { x }
}

impl Step<1, 1> for EvenBetterSine {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let change = self.before.push(x).map_or(0.0, |before| x - before);
        let high_pass = faded(0.5 * (1.0 + self.alpha) * change + self.alpha * self.high_pass);
        let [one, two, _] = self.waves;
        let wave = 0.5 * self.now * (high_pass + self.high_pass) + self.past[0] * one + self.past[1] * two;
        self.high_pass = high_pass;
        self.waves = [faded(wave), one, two];
        if self.missing > 0 {
            self.missing -= 1;
            return;
        }
        // As parts of the largest, whose squares neither overflow nor vanish.
        let size = largest(&self.waves.map(f64::abs));
        let parts = self.waves.map(|it| it / size);
        let power = parts.iter().fold(0.0, |sum, it| sum + it * it);
        out[0] = if size > 0.0 { total(&parts) / 3.0 / (power / 3.0).sqrt() } else { 0.0 };
    }
}

/// How much of the mean square is the newest: Ehlers's 0.04.
const NEWEST: f64 = 0.04;

state! {
    /// The distance of the smooth price from its past, by its root mean square.
    struct Flex {
        now: f64,
        weights: [f64; 2],
        /// Of the slope that is taken off: 1, or 0.
        slope: f64,
        before: Option<f64>,
        filters: [f64; 2],
        past: Window,
        deviation: f64,
    }
}

impl Flex {
    fn new(n: f64, slope: f64) -> Flex {
        let (now, weights) = two_poles(0.5 * n);
        let past = Window::new(n as usize);
        Flex { now, weights, slope, before: None, filters: [0.0; 2], past, deviation: 0.0 }
    }
}

impl Step<1, 1> for Flex {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let (before, [one, two]) = self.before.map_or((x, [x; 2]), |it| (it, self.filters));
        // The weights add up to one. By distances from the price a price that rests is left exactly as it is.
        let filter =
            x + (0.5 * self.now * (before - x) + self.weights[0] * (one - x) + self.weights[1] * (two - x));
        self.before = Some(x);
        self.filters = [filter, one];
        if let Some(past) = self.past.full() {
            let n = past.len() as f64;
            let mean = fold4(past, |it| filter - it) / n;
            // The sum of k slope over k = 1 to n, slope = (the oldest - filter) / n.
            let distance = mean - self.slope * (n + 1.0) / (2.0 * n) * (filter - past[0]);
            // The root of the mean square, whose squares neither overflow nor vanish.
            let square = (NEWEST.sqrt() * distance, (1.0 - NEWEST).sqrt() * self.deviation);
            self.deviation = libm::hypot(square.0, square.1);
            out[0] = if self.deviation > 0.0 { distance / self.deviation } else { 0.0 };
        }
        self.past.push(filter);
    }
}

pub(super) fn specs() -> Vec<Spec> {
    vec![
        Entry::new("EBSW", Cycle, "Even better sinewave: -1 to 1 (Ehlers 2013)", "a high pass and a super smoother; mean of three values over the root of their mean square (Ehlers, \"Cycle Analytics for Traders\", 2013, 12-1; pandas-ta `ebsw`, whose filter begins with a leap from zero to the price); 0 where the price never moved")
            .of_any()
            .whole("timeperiod", "The longest cycle that passes", 4, 40)
            .whole("smoothperiod", "Period of the super smoother", 1, 10)
            .out(&["real"])
            .build(|p| kernel(EvenBetterSine::new(p), [p[0] as usize])),
        Entry::new("REFLEX", Cycle, "Reflex: the smooth price against its own line (Ehlers 2020)", "how far the super smoother of n / 2 lies above the values on its line of n bars, on average, over the root of the mean square of that (Ehlers, \"Reflex: A New Zero-Lag Indicator\", S&C February 2020). pandas-ta `reflex` reads Ehlers's degrees as radians and begins at zero")
            .of_any()
            .period(2, 20)
            .out(&["real"])
            .window()
            .build(|p| kernel(Flex::new(p[0], 1.0), [p[0] as usize])),
        Entry::new("TRENDFLEX", Momentum, "Trendflex: the smooth price against its past (Ehlers 2020)", "how far the super smoother of n / 2 lies above its last n values, on average, over the root of the mean square of that (Ehlers, \"Reflex: A New Zero-Lag Indicator\", S&C February 2020). pandas-ta `trendflex` reads Ehlers's degrees as radians, begins at zero and leaves out the oldest value")
            .of_any()
            .period(2, 20)
            .out(&["real"])
            .window()
            .build(|p| kernel(Flex::new(p[0], 0.0), [p[0] as usize])),
    ]
}
