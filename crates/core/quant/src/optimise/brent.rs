//! One variable: a bracket by golden steps, a minimum and a root by Brent's methods (Algorithms for Minimization without
//! Derivatives, 1973, chapters 4 and 5).
#![allow(clippy::float_cmp, reason = "these methods ask whether two of their points are the same point")]

use crate::Error;

const ITERATIONS_MAX: usize = 200;
/// (3 - sqrt 5) / 2.
const GOLDEN_SMALL: f64 = 0.381_966_011_250_105_1;
/// (1 + sqrt 5) / 2.
const GOLDEN: f64 = 1.618_033_988_749_895;

/// Three points, the middle one the lowest: a minimum of a continuous function lies between the outer two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bracket {
    /// Left end.
    pub left: f64,
    /// A point between, where the function is no higher than at either end.
    pub middle: f64,
    /// Right end.
    pub right: f64,
}

/// A minimum on a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minimum1d {
    /// Where.
    pub x: f64,
    /// How low.
    pub value: f64,
    /// Half of the width in which the minimum is known to lie.
    pub uncertainty: f64,
    /// Steps taken.
    pub iterations: usize,
}

/// A zero of a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Root {
    /// Where.
    pub x: f64,
    /// The value there: not exactly zero.
    pub residual: f64,
    /// Steps taken.
    pub iterations: usize,
}

/// Walks downhill from `a` and `b` by golden steps until the function rises again. `NotConverged` where it falls for
/// ever, or is not finite at the two points.
pub fn bracket(what: &'static str, mut f: impl FnMut(f64) -> f64, a: f64, b: f64) -> Result<Bracket, Error> {
    let (mut fa, mut fb) = (f(a), f(b));
    if !fa.is_finite() || !fb.is_finite() || a == b {
        let detail = format!("cannot start from {a} and {b}");
        return Err(Error::NotConverged { what, iterations: 0, detail });
    }
    let (mut a, mut b) = (a, b);
    if fb > fa {
        std::mem::swap(&mut a, &mut b);
        std::mem::swap(&mut fa, &mut fb);
    }
    for _ in 0..ITERATIONS_MAX {
        let c = b + GOLDEN * (b - a);
        if !c.is_finite() {
            break;
        }
        let fc = f(c);
        if fc.is_nan() || fc >= fb {
            return Ok(Bracket { left: a.min(c), middle: b, right: a.max(c) });
        }
        (a, b, fb) = (b, c, fc);
    }
    let detail = format!("it still falls at {b}");
    Err(Error::NotConverged { what, iterations: ITERATIONS_MAX, detail })
}

/// The minimum in a bracket, to a relative `tolerance` of its place (not below `1.5e-8`: the value of a smooth function
/// does not change visibly over less). By parabolas, golden section where they do not serve.
pub fn minimum(
    what: &'static str,
    mut f: impl FnMut(f64) -> f64,
    within: Bracket,
    tolerance: f64,
) -> Result<Minimum1d, Error> {
    let Bracket { left: mut a, middle, right: mut b } = within;
    if !(a.is_finite() && b.is_finite() && a < middle && middle < b) {
        let detail = format!("{a}, {middle}, {b} is no bracket");
        return Err(Error::NotConverged { what, iterations: 0, detail });
    }
    let tolerance = tolerance.max(1.5e-8);
    let mut ask = |x: f64| {
        let value = f(x);
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let (mut x, mut w, mut v) = (middle, middle, middle);
    let mut fx = ask(x);
    let (mut fw, mut fv) = (fx, fx);
    let (mut last, mut before_last) = (0.0_f64, 0.0_f64);
    for iterations in 0..ITERATIONS_MAX {
        let centre = 0.5 * (a + b);
        let close = tolerance * x.abs() + 1e-12;
        if (x - centre).abs() <= 2.0 * close - 0.5 * (b - a) {
            if !fx.is_finite() {
                break;
            }
            return Ok(Minimum1d { x, value: fx, uncertainty: 0.5 * (b - a), iterations });
        }
        let mut golden = true;
        if before_last.abs() > close {
            let r = (x - w) * (fx - fv);
            let mut q = (x - v) * (fx - fw);
            let mut p = (x - v) * q - (x - w) * r;
            q = 2.0 * (q - r);
            if q > 0.0 {
                p = -p;
            }
            q = q.abs();
            if p.abs() < (0.5 * q * before_last).abs() && p > q * (a - x) && p < q * (b - x) {
                before_last = last;
                last = p / q;
                let u = x + last;
                if u - a < 2.0 * close || b - u < 2.0 * close {
                    last = close.copysign(centre - x);
                }
                golden = false;
            }
        }
        if golden {
            before_last = if x >= centre { a - x } else { b - x };
            last = GOLDEN_SMALL * before_last;
        }
        let u = if last.abs() >= close { x + last } else { x + close.copysign(last) };
        let fu = ask(u);
        if fu <= fx {
            if u >= x {
                a = x
            } else {
                b = x
            }
            (v, fv, w, fw, x, fx) = (w, fw, x, fx, u, fu);
        } else {
            if u < x {
                a = u
            } else {
                b = u
            }
            if fu <= fw || w == x {
                (v, fv, w, fw) = (w, fw, u, fu);
            } else if fu <= fv || v == x || v == w {
                (v, fv) = (u, fu);
            }
        }
    }
    let detail = format!("still between {a} and {b}");
    Err(Error::NotConverged { what, iterations: ITERATIONS_MAX, detail })
}

/// The root between two points where the function differs in sign, to within `tolerance` plus a few roundings of its
/// place (0 asks for all that `f64` gives). By inverse interpolation, bisection where it does not serve.
pub fn root(
    what: &'static str,
    mut f: impl FnMut(f64) -> f64,
    left: f64,
    right: f64,
    tolerance: f64,
) -> Result<Root, Error> {
    let (mut a, mut b) = (left, right);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa.is_nan() || fb.is_nan() || (fa > 0.0 && fb > 0.0) || (fa < 0.0 && fb < 0.0) {
        let detail = format!("no change of sign: {fa} at {left}, {fb} at {right}");
        return Err(Error::NotConverged { what, iterations: 0, detail });
    }
    let (mut c, mut fc) = (a, fa);
    let mut step = b - a;
    let mut step_before = step;
    for iterations in 0..ITERATIONS_MAX {
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let close = 2.0 * f64::EPSILON * b.abs() + 0.5 * tolerance;
        let half = 0.5 * (c - b);
        if half.abs() <= close || fb == 0.0 {
            return Ok(Root { x: b, residual: fb, iterations });
        }
        if step_before.abs() < close || fa.abs() <= fb.abs() {
            step = half;
            step_before = half;
        } else {
            let s = fb / fa;
            let (mut p, mut q) = if a == c {
                (2.0 * half * s, 1.0 - s)
            } else {
                let (q, r) = (fa / fc, fb / fc);
                (s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0)), (q - 1.0) * (r - 1.0) * (s - 1.0))
            };
            if p > 0.0 {
                q = -q
            } else {
                p = -p
            }
            if 2.0 * p < 3.0 * half * q - (close * q).abs() && p < (0.5 * step_before * q).abs() {
                step_before = step;
                step = p / q;
            } else {
                step = half;
                step_before = half;
            }
        }
        (a, fa) = (b, fb);
        b += if step.abs() > close { step } else { close.copysign(half) };
        fb = f(b);
        if fb.is_nan() {
            let detail = format!("not a number at {b}");
            return Err(Error::NotConverged { what, iterations, detail });
        }
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
            step = b - a;
            step_before = step;
        }
    }
    let detail = format!("still between {b} and {c}");
    Err(Error::NotConverged { what, iterations: ITERATIONS_MAX, detail })
}
