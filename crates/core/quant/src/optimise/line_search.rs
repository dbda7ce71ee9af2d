//! A step along a descent direction that satisfies the strong Wolfe conditions (Nocedal & Wright, Numerical
//! Optimization, algorithms 3.5 and 3.6). Where the values differ by no more than their rounding, the slopes decide
//! (the approximate Wolfe condition of Hager & Zhang 2005), so that a search can reach the precision of its gradient
//! rather than the square root of it.

use super::dot;

const SUFFICIENT_DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
const TRIALS_MAX: usize = 60;
/// Differences of values below this, relative, are taken for rounding. A likelihood is a long sum.
const ROUNDING: f64 = 1e-14;

/// A point on the line.
#[derive(Clone, Copy)]
struct Point {
    step: f64,
    value: f64,
    slope: f64,
}

impl Point {
    fn is_finite(&self) -> bool {
        self.value.is_finite() && self.slope.is_finite()
    }
}

/// The line that is searched, and the room for the point under trial.
pub(super) struct Line<'a> {
    pub x: &'a [f64],
    pub value: f64,
    pub slope: f64,
    pub direction: &'a [f64],
    pub trial_x: &'a mut [f64],
    pub trial_gradient: &'a mut [f64],
    pub evaluations: &'a mut usize,
}

impl Line<'_> {
    /// Searches from the step `first`. On success the trial holds the new point and its gradient, and the value there is
    /// returned; `None` when no step lowers the function.
    pub(super) fn search(
        &mut self,
        f: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
        first: f64,
    ) -> Option<f64> {
        let mut before = Point { step: 0.0, value: self.value, slope: self.slope };
        let mut step = first;
        let mut ceiling = f64::INFINITY;
        for trial in 0..TRIALS_MAX {
            let here = self.at(f, step);
            if !here.is_finite() {
                ceiling = step;
                step = 0.5 * (before.step + step);
                if step <= before.step {
                    return None;
                }
                continue;
            }
            if self.done(&here) {
                return Some(here.value);
            }
            if self.too_high(&here) || (trial > 0 && here.value >= before.value && before.step > 0.0) {
                return self.zoom(f, before, here);
            }
            if here.slope >= 0.0 {
                return self.zoom(f, here, before);
            }
            before = here;
            step = if ceiling.is_finite() { 0.5 * (step + ceiling) } else { 2.0 * step };
        }
        self.settle(f, before)
    }

    /// Narrows an interval whose end `low` is the lowest seen and which holds a good step.
    fn zoom(
        &mut self,
        f: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
        mut low: Point,
        mut high: Point,
    ) -> Option<f64> {
        for _ in 0..TRIALS_MAX {
            let step = interpolate(&low, &high);
            if (step - low.step).abs() <= 0.0 || (step - high.step).abs() <= 0.0 {
                break;
            }
            let here = self.at(f, step);
            if self.done(&here) {
                return Some(here.value);
            }
            if !here.is_finite() || self.too_high(&here) || here.value >= low.value {
                high = here;
                continue;
            }
            if here.slope * (high.step - low.step) >= 0.0 {
                high = low;
            }
            low = here;
        }
        self.settle(f, low)
    }

    /// A decrease without the curvature condition is still a decrease.
    fn settle(&mut self, f: &mut impl FnMut(&[f64], &mut [f64]) -> f64, low: Point) -> Option<f64> {
        if low.step > 0.0 && low.value < self.value {
            return Some(self.at(f, low.step).value);
        }
        None
    }

    fn at(&mut self, f: &mut impl FnMut(&[f64], &mut [f64]) -> f64, step: f64) -> Point {
        for ((to, from), d) in self.trial_x.iter_mut().zip(self.x).zip(self.direction) {
            *to = from + step * d;
        }
        *self.evaluations += 1;
        let value = f(self.trial_x, self.trial_gradient);
        Point { step, value, slope: dot(self.trial_gradient, self.direction) }
    }

    fn too_high(&self, here: &Point) -> bool {
        here.value > self.value + SUFFICIENT_DECREASE * here.step * self.slope
    }

    fn done(&self, here: &Point) -> bool {
        if !here.is_finite() || here.slope.abs() > -CURVATURE * self.slope {
            return false;
        }
        let within_rounding = here.value <= self.value + ROUNDING * self.value.abs()
            && here.slope <= (2.0 * SUFFICIENT_DECREASE - 1.0) * self.slope;
        !self.too_high(here) || within_rounding
    }
}

/// The minimum of the cubic through two points and their slopes, kept away from the ends; the middle where there is none.
fn interpolate(low: &Point, high: &Point) -> f64 {
    let width = high.step - low.step;
    let middle = low.step + 0.5 * width;
    if !high.is_finite() {
        return middle;
    }
    let d1 = low.slope + high.slope - 3.0 * (low.value - high.value) / (low.step - high.step);
    let square = d1 * d1 - low.slope * high.slope;
    if square.is_nan() || square < 0.0 {
        return middle;
    }
    let d2 = square.sqrt() * width.signum();
    let step = high.step - width * (high.slope + d2 - d1) / (high.slope - low.slope + 2.0 * d2);
    let (least, most) = (low.step + 0.1 * width, low.step + 0.9 * width);
    if step.is_finite() { step.clamp(least.min(most), least.max(most)) } else { middle }
}
