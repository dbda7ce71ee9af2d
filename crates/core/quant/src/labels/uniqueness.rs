//! Labels whose spans overlap are not independent: their number at each bar, the weight that is left to each, and a
//! bootstrap that avoids drawing the same bars twice.

use super::{Span, check_spans};
use crate::Error;
use crate::rng::Key;
use crate::series::check;

/// Number of labels that look at each of `bars` bars.
pub fn concurrency(spans: &[Span], bars: usize) -> Result<Vec<u32>, Error> {
    check_spans(spans, bars)?;
    let mut change = vec![0i64; bars + 1];
    for span in spans {
        change[span.start] += 1;
        change[span.end + 1] -= 1;
    }
    let mut now = 0i64;
    Ok(change[..bars]
        .iter()
        .map(|c| {
            now += c;
            now as u32
        })
        .collect())
}

/// For each label, the mean over its bars of one by the number of labels there: 1 if it stands alone.
pub fn average_uniqueness(spans: &[Span], bars: usize) -> Result<Vec<f64>, Error> {
    let counts = concurrency(spans, bars)?;
    // Sums from the first bar on make each label one subtraction.
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for c in counts {
        sum += if c > 0 { 1.0 / f64::from(c) } else { 0.0 };
        sums.push(sum);
    }
    Ok(spans.iter().map(|s| (sums[s.end + 1] - sums[s.start]) / (s.end + 1 - s.start) as f64).collect())
}

/// Weights by attributed return: the size of the log returns under each label, each shared among the labels that look
/// at it; scaled to add up to the number of labels. `returns[t]` is the return of bar `t` on the one before; a label's
/// own start bar earns nothing.
pub fn return_weights(spans: &[Span], returns: &[f64]) -> Result<Vec<f64>, Error> {
    check("returns", returns, 1)?;
    let counts = concurrency(spans, returns.len())?;
    let weight = |s: &Span| {
        let shared = |t: usize| if counts[t] > 0 { returns[t] / f64::from(counts[t]) } else { 0.0 };
        (s.start + 1..=s.end).map(shared).sum::<f64>().abs()
    };
    let raw: Vec<f64> = spans.iter().map(weight).collect();
    let total: f64 = raw.iter().sum();
    if total <= 0.0 {
        return Err(Error::Constant { what: "prices under the labels" });
    }
    Ok(raw.iter().map(|w| w * spans.len() as f64 / total).collect())
}

/// Draws `draws` labels with replacement, each with a chance in proportion to the uniqueness it would have beside those
/// drawn before (chapter 4.5.3). Returns their places. Time: draws times the bars under all spans.
pub fn sequential_bootstrap(
    spans: &[Span],
    bars: usize,
    draws: usize,
    seed: u64,
) -> Result<Vec<usize>, Error> {
    if spans.is_empty() {
        return Err(Error::TooShort { what: "bootstrap: labels", have: 0, need: 1 });
    }
    check_spans(spans, bars)?;
    let mut stream = Key::named(seed, "sequential bootstrap").stream(0);
    let mut counts = vec![0u32; bars];
    let mut chances = vec![0.0; spans.len()];
    let mut out = Vec::with_capacity(draws);
    for _ in 0..draws {
        for (chance, span) in chances.iter_mut().zip(spans) {
            let sum: f64 = counts[span.start..=span.end].iter().map(|c| 1.0 / f64::from(c + 1)).sum();
            *chance = sum / (span.end + 1 - span.start) as f64;
        }
        let total: f64 = chances.iter().sum();
        let mut left = stream.uniform() * total;
        let mut drawn = spans.len() - 1;
        for (i, chance) in chances.iter().enumerate() {
            left -= chance;
            if left < 0.0 {
                drawn = i;
                break;
            }
        }
        for count in &mut counts[spans[drawn].start..=spans[drawn].end] {
            *count += 1;
        }
        out.push(drawn);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPANS: [Span; 3] =
        [Span { start: 0, end: 2 }, Span { start: 2, end: 3 }, Span { start: 4, end: 5 }];

    #[test]
    fn uniqueness_of_the_example_in_the_book() {
        // Section 4.5.3: labels over bars 0-2, 2-3 and 4-5.
        assert_eq!(concurrency(&SPANS, 6).unwrap(), [1, 1, 2, 1, 1, 1]);
        let got = average_uniqueness(&SPANS, 6).unwrap();
        for (got, want) in got.into_iter().zip([5.0 / 6.0, 0.75, 1.0]) {
            assert!((got - want).abs() < 1e-15);
        }
    }

    #[test]
    fn chances_after_one_draw_are_those_of_the_book() {
        // After label 1 was drawn the chances are 5/14, 3/14 and 6/14.
        let (mut seen, mut after) = (0.0f64, [0.0f64; 3]);
        for seed in 0..40_000 {
            let draws = sequential_bootstrap(&SPANS, 6, 2, seed).unwrap();
            if draws[0] == 1 {
                seen += 1.0;
                after[draws[1]] += 1.0;
            }
        }
        for (got, want) in after.into_iter().zip([5.0, 3.0, 6.0]) {
            let (p, share) = (want / 14.0, got / seen);
            assert!((share - p).abs() < 4.0 * libm::sqrt(p * (1.0 - p) / seen), "{share} {p}");
        }
    }

    #[test]
    fn return_weights_share_what_overlaps() {
        let got = return_weights(&SPANS, &[9.0, 0.1, 0.2, 0.1, 9.0, -0.3]).unwrap();
        // 0.1 + 0.2/2, then 0.1 (bar 2 is its own start), then 0.3; together 0.6 for three labels.
        for (got, want) in got.into_iter().zip([1.0, 0.5, 1.5]) {
            assert!((got - want).abs() < 1e-14, "{got} {want}");
        }
    }

    #[test]
    fn spans_outside_the_bars_are_refused() {
        assert!(matches!(concurrency(&SPANS, 5), Err(Error::OutOfRange { index: 2, .. })));
        assert!(sequential_bootstrap(&[], 5, 1, 0).is_err());
    }
}
