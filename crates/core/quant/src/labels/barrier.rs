//! The triple-barrier method: a trade is closed by a profit target, a stop or the clock, whichever comes first.

use super::Span;
use crate::Error;
use crate::series::{check, check_parameter, check_same};

/// Prices bar by bar, all above zero. For labels by closes alone give the closes three times.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    /// Highest price of each bar.
    pub high: &'a [f64],
    /// Lowest price of each bar.
    pub low: &'a [f64],
    /// Last price of each bar.
    pub close: &'a [f64],
}

/// Where the barriers stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Barriers {
    /// Upper barrier in multiples of the width at the start; `None` for no such barrier.
    pub upper: Option<f64>,
    /// Lower barrier in multiples of the width at the start; `None` for no such barrier.
    pub lower: Option<f64>,
    /// Bars after the start at which the vertical barrier stands.
    pub horizon: usize,
}

/// Which barrier was reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// The upper one: label +1.
    Upper,
    /// The lower one: label -1.
    Lower,
    /// Neither within the horizon: label 0.
    Vertical,
}

impl Touch {
    /// +1, -1 or 0.
    pub fn sign(self) -> i8 {
        match self {
            Self::Upper => 1,
            Self::Lower => -1,
            Self::Vertical => 0,
        }
    }
}

/// One labelled bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// From the bar itself to the bar of the touch.
    pub span: Span,
    /// What was touched.
    pub touch: Touch,
    /// Log return from the close of the start to the close of the touch.
    pub log_return: f64,
}

/// Labels the bars in `starts` by the first barrier that the path reaches after them. `width` is the simple return that one
/// multiple stands for, known at the bar, e.g. [`ewm_deviation`]; a bar without one, or of zero where there are
/// barriers, is left out.
///
/// A bar so late that its horizon is not all seen is left out even if a barrier was touched: else the last labels would
/// be those of quick moves only. A bar that reaches both barriers counts as the lower one, as its order is unknown and
/// hope is no estimate.
pub fn triple_barrier(
    path: Path<'_>,
    width: &[Option<f64>],
    starts: impl IntoIterator<Item = usize>,
    barriers: Barriers,
) -> Result<Vec<Label>, Error> {
    let n = path.close.len();
    for (what, x) in [("close", path.close), ("high", path.high), ("low", path.low)] {
        check(what, x, 1)?;
        check_same(what, x.len(), "close", n)?;
        if let Some(index) = x.iter().position(|p| *p <= 0.0) {
            return Err(Error::OutOfRange { what, index, value: x[index], expected: "a price above 0" });
        }
    }
    check_same("width", width.len(), "close", n)?;
    if let Some((index, value)) = bad_width(width) {
        return Err(Error::OutOfRange { what: "width", index, value, expected: "finite and at least 0" });
    }
    for side in [barriers.upper, barriers.lower].into_iter().flatten() {
        check_parameter("barrier", side, side > 0.0, "above 0")?;
    }
    check_parameter("horizon", barriers.horizon as f64, barriers.horizon > 0, "at least 1")?;
    let Path { high, low, close } = path;
    let has_barrier = barriers.upper.or(barriers.lower).is_some();
    let mut out = Vec::new();
    for start in starts {
        // Not `start + horizon`, which a caller could make overflow.
        if start >= n || n - 1 - start < barriers.horizon {
            continue;
        }
        // Barriers of no width stand at the price itself: both are reached at once, which says nothing.
        let Some(width) = width[start].filter(|it| *it > 0.0 || !has_barrier) else { continue };
        let upper = barriers.upper.map_or(f64::INFINITY, |m| close[start] * (1.0 + m * width));
        let lower = barriers.lower.map_or(f64::NEG_INFINITY, |m| close[start] * (1.0 - m * width));
        let last = start + barriers.horizon;
        let (end, touch) = (start + 1..=last)
            .find_map(|bar| {
                if low[bar] <= lower {
                    Some((bar, Touch::Lower))
                } else {
                    (high[bar] >= upper).then_some((bar, Touch::Upper))
                }
            })
            .unwrap_or((last, Touch::Vertical));
        out.push(Label {
            span: Span { start, end },
            touch,
            log_return: libm::log(close[end] / close[start]),
        });
    }
    Ok(out)
}

fn bad_width(width: &[Option<f64>]) -> Option<(usize, f64)> {
    width.iter().enumerate().find_map(|(i, w)| w.filter(|w| !w.is_finite() || *w < 0.0).map(|w| (i, w)))
}

/// Exponentially weighted standard deviation of log returns, known at each bar: weights fall by `1 - 2/(span + 1)`, the
/// first return starts the mean, and the bias of the weights is taken off, as
/// `ewm(span, adjust=False).std()` of pandas does. `None` until two returns are seen.
pub fn ewm_deviation(close: &[f64], span: f64) -> Result<Vec<Option<f64>>, Error> {
    check("close", close, 1)?;
    check_parameter("span", span, span >= 1.0, "at least 1")?;
    if let Some(index) = close.iter().position(|p| *p <= 0.0) {
        return Err(Error::OutOfRange {
            what: "close",
            index,
            value: close[index],
            expected: "a price above 0",
        });
    }
    let alpha = 2.0 / (span + 1.0);
    let mut out = vec![None];
    // Sums of the weights and of their squares, the weights adding up to 1.
    let (mut mean, mut variance, mut squares) = (0.0, 0.0, 1.0);
    for (seen, pair) in close.windows(2).enumerate() {
        let x = libm::log(pair[1]) - libm::log(pair[0]);
        if seen == 0 {
            mean = x;
            out.push(None);
            continue;
        }
        let before = mean;
        mean = (1.0 - alpha) * before + alpha * x;
        variance =
            (1.0 - alpha) * (variance + (before - mean) * (before - mean)) + alpha * (x - mean) * (x - mean);
        squares = (1.0 - alpha) * (1.0 - alpha) * squares + alpha * alpha;
        let free = 1.0 - squares;
        out.push((free > 0.0).then(|| libm::sqrt((variance / free).max(0.0))));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(high: &[f64], low: &[f64], close: &[f64], barriers: Barriers) -> Vec<(usize, usize, i8)> {
        let width = vec![Some(0.01); close.len()];
        let got = triple_barrier(Path { high, low, close }, &width, 0..close.len(), barriers).unwrap();
        got.into_iter().map(|l| (l.span.start, l.span.end, l.touch.sign())).collect()
    }

    #[test]
    fn a_bar_that_reaches_both_counts_as_the_stop() {
        let barriers = Barriers { upper: Some(1.0), lower: Some(1.0), horizon: 1 };
        assert_eq!(labels(&[100.0, 103.0], &[100.0, 97.0], &[100.0, 102.0], barriers), [(0, 1, -1)]);
    }

    #[test]
    fn without_barriers_the_clock_decides_and_the_unseen_is_left_out() {
        let barriers = Barriers { upper: None, lower: None, horizon: 2 };
        let x = [100.0, 150.0, 90.0, 100.0];
        assert_eq!(labels(&x, &x, &x, barriers), [(0, 2, 0), (1, 3, 0)]);
    }

    #[test]
    fn a_price_that_stood_still_has_no_barriers_to_reach() {
        let x = [100.0; 4];
        let of = |barriers| {
            let path = Path { high: &x, low: &x, close: &x };
            triple_barrier(path, &ewm_deviation(&x, 10.0).unwrap(), 0..4, barriers).unwrap()
        };
        assert_eq!(of(Barriers { upper: Some(2.0), lower: Some(2.0), horizon: 1 }), []);
        assert_eq!(of(Barriers { upper: None, lower: None, horizon: 1 }).len(), 1);
    }

    #[test]
    fn prices_that_are_none_are_refused() {
        let x = [100.0, 0.0, 90.0];
        let path = Path { high: &x, low: &x, close: &x };
        let barriers = Barriers { upper: Some(1.0), lower: None, horizon: 1 };
        assert!(matches!(
            triple_barrier(path, &[Some(0.1); 3], 0..3, barriers),
            Err(Error::OutOfRange { index: 1, .. })
        ));
        assert!(ewm_deviation(&x, 10.0).is_err());
    }
}
