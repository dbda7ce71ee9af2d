//! Trend scanning: a bar is labelled by the direction of the most significant trend that starts there.

use super::Span;
use crate::Error;
use crate::series::{check, check_parameter};

/// One labelled bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// From the bar to the end of the trend that was chosen.
    pub span: Span,
    /// t-ratio of the slope; its sign is the label, its size a weight. At most [`T_MAX`] in size.
    pub t: f64,
    /// +1, -1, or 0 for a path without slope.
    pub sign: i8,
}

/// An exact line would have an infinite t-ratio.
pub const T_MAX: f64 = 1e6;

/// Looks forward from each bar over `shortest` to `longest` bars (the bar itself included), regresses the values, e.g.
/// log closes, on time, and keeps the length with the largest t-ratio by size; the shorter of two equal ones. Bars too
/// late for the longest look are left out. Time: bars times `longest`.
pub fn trend_scanning(values: &[f64], shortest: usize, longest: usize) -> Result<Vec<Trend>, Error> {
    check_parameter("shortest", shortest as f64, shortest >= 3, "at least 3")?;
    check_parameter("longest", longest as f64, longest >= shortest, "at least the shortest")?;
    check("trend: values", values, longest)?;
    Ok((0..=values.len() - longest).map(|start| scan(values, start, shortest, longest)).collect())
}

fn scan(values: &[f64], start: usize, shortest: usize, longest: usize) -> Trend {
    // Sums over values less the first one keep their digits whatever the level.
    let base = values[start];
    let (mut sy, mut syy, mut sty) = (0.0, 0.0, 0.0);
    let mut best = Trend { span: Span { start, end: start + shortest - 1 }, t: 0.0, sign: 0 };
    for length in 1..=longest {
        let y = values[start + length - 1] - base;
        sy += y;
        syy += y * y;
        sty += (length - 1) as f64 * y;
        if length < shortest {
            continue;
        }
        let n = length as f64;
        let stt = n * (n * n - 1.0) / 12.0;
        let cov = sty - (n - 1.0) / 2.0 * sy;
        let total = (syy - sy * sy / n).max(0.0);
        let slope = cov / stt;
        let rest = (total - slope * cov).max(0.0);
        let error = libm::sqrt(rest / (n - 2.0) / stt);
        let t = if slope.abs() >= T_MAX * error { T_MAX.copysign(slope) } else { slope / error };
        // A flat path has neither slope nor error.
        let t = if slope.abs() > 0.0 { t } else { 0.0 };
        if t.abs() > best.t.abs() {
            let sign = if t > 0.0 { 1 } else { -1 };
            best = Trend { span: Span { start, end: start + length - 1 }, t, sign };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_then_down_is_found_from_its_start() {
        let noise = |i: usize| 0.05 * ((i * 37 % 11) as f64 - 5.0);
        let x: Vec<f64> =
            (0..60).map(|i| if i < 30 { i as f64 } else { 60.0 - i as f64 } + noise(i)).collect();
        let got = trend_scanning(&x, 5, 20).unwrap();
        assert_eq!(got.len(), 41);
        assert_eq!((got[0].sign, got[35].sign), (1, -1));
        // One that starts five bars before the top does not run beyond it.
        assert!(got[25].sign == 1 && got[25].span.end <= 31, "{:?}", got[25]);
    }

    #[test]
    fn the_t_ratio_is_that_of_least_squares() {
        let x = [1.0, 3.0, 2.0, 5.0, 4.0, 6.0];
        let got = trend_scanning(&x, 6, 6).unwrap()[0];
        let (one, time) = ([1.0; 6], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let fit = crate::regression::Ols::fit(&[&one, &time], &x).unwrap();
        assert!((got.t - fit.coef[1] / fit.std_err[1]).abs() < 1e-12);
    }

    #[test]
    fn lines_and_flats_have_finite_answers() {
        let line: Vec<f64> = (0..10).map(f64::from).collect();
        assert!(trend_scanning(&line, 3, 5).unwrap().iter().all(|t| t.sign == 1 && t.t <= T_MAX));
        assert!(trend_scanning(&[7.0; 10], 3, 5).unwrap().iter().all(|t| t.sign == 0 && t.t.abs() <= 0.0));
        assert!(trend_scanning(&line, 3, 11).is_err());
    }
}
