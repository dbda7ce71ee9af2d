//! Where a series changes its regime: few windows there have their nearest neighbour on the other side (FLUSS), and the same
//! as values come in (FLOSS). Gharghabi et al., Matrix Profile VIII, ICDM 2017.

use super::stream::Stream;
use super::{Error, Neighbour};

/// How many arcs from a window to its nearest neighbour run over each place. A window without a neighbour has no arc.
/// Fails on a neighbour beyond the end.
pub fn arcs(indices: &[Option<usize>]) -> Result<Vec<f64>, Error> {
    let mut counts = vec![0.0; indices.len()];
    count_arcs(indices.iter().copied(), &mut counts)?;
    Ok(counts)
}

fn count_arcs(indices: impl Iterator<Item = Option<usize>>, counts: &mut [f64]) -> Result<(), Error> {
    counts.fill(0.0);
    for (i, it) in indices.enumerate() {
        let it = it.unwrap_or(i);
        if it >= counts.len() {
            let expected = "it must be the place of a window";
            return Err(Error::Parameter { name: "the index of a neighbour", value: it as f64, expected });
        }
        counts[i.min(it)] += 1.0;
        counts[i.max(it)] -= 1.0;
    }
    let mut sum = 0.0;
    for it in counts {
        sum += *it;
        *it = sum;
    }
    Ok(())
}

/// How many arcs run over each of `n` places on average, if every neighbour is equally likely: `2 (i + 1)(n - 1 - i) / n`.
///
/// The parabola of height `n / 2` of the paper. stumpy approximates it by a beta density that it fits to simulated indices; the
/// two differ by some per cent.
pub fn ideal_arcs(n: usize) -> Vec<f64> {
    (0..n).map(|i| 2.0 * (i + 1) as f64 * (n - 1 - i) as f64 / n as f64).collect()
}

/// The same where a neighbour is equally likely any of the later windows: the sum over `j <= i` of `(n - 1 - i) / (n - 1 - j)`.
pub fn ideal_right_arcs(n: usize) -> Vec<f64> {
    let mut sum = 0.0;
    (0..n)
        .map(|i| {
            let later = (n - 1 - i) as f64;
            if later > 0.0 {
                sum += 1.0 / later;
            }
            later * sum
        })
        .collect()
}

/// The arcs over each place as a part of what is to be expected there, at most 1; low where the regime changes. The `edge` places
/// at either end (usually 5 times the window) are 1, because few arcs can run over them, and so is a place where none is
/// expected. Fails if `ideal` is not as long as the indices, or holds a number that is negative or not finite.
pub fn corrected_arcs(indices: &[Option<usize>], ideal: &[f64], edge: usize) -> Result<Vec<f64>, Error> {
    check_ideal(ideal, indices.len())?;
    let mut curve = arcs(indices)?;
    correct(&mut curve, ideal, edge);
    Ok(curve)
}

fn check_ideal(ideal: &[f64], n: usize) -> Result<(), Error> {
    if ideal.len() != n {
        let (left_len, right_len) = (ideal.len(), n);
        return Err(Error::Lengths { left: "the ideal curve", left_len, right: "the profile", right_len });
    }
    match ideal.iter().find(|it| !(it.is_finite() && **it >= 0.0)) {
        Some(it) => {
            let expected = "finite numbers of at least 0 are needed";
            Err(Error::Parameter { name: "the ideal curve", value: *it, expected })
        }
        None => Ok(()),
    }
}

fn correct(curve: &mut [f64], ideal: &[f64], edge: usize) {
    let n = curve.len();
    for (i, (it, ideal)) in curve.iter_mut().zip(ideal).enumerate() {
        let inside = i >= edge && n - i > edge && *ideal > 0.0;
        *it = if inside { (*it / ideal).min(1.0) } else { 1.0 };
    }
}

/// Up to `most` places where the regime changes, the surest first (REA of the paper): the lowest place of the corrected curve, then
/// the next that is not within `zone` of it (usually 5 times the window), and so on while the curve is below 1.
pub fn regimes(corrected: &[f64], most: usize, zone: usize) -> Vec<usize> {
    let mut curve = corrected.to_vec();
    let mut found = Vec::new();
    while found.len() < most {
        let mut best: Option<(usize, f64)> = None;
        for (i, it) in curve.iter().enumerate() {
            if *it < 1.0 && best.is_none_or(|best| *it < best.1) {
                best = Some((i, *it));
            }
        }
        let Some((at, _)) = best else { break };
        let end = at.saturating_add(zone).min(curve.len());
        // The place itself is always out, so that a zone of 0 comes to an end.
        curve[at] = 1.0;
        curve[at.saturating_sub(zone)..end].fill(1.0);
        found.push(at);
    }
    found
}

/// The corrected arc curve of the last values of a stream. The arcs run to the nearest later window only, because an earlier one may
/// have left. A new value allocates nothing.
///
/// As in stumpy's `floss`, a window that comes after the first values may be a neighbour from `ceil(m/4)` places on, one nearer
/// than in a join.
#[derive(Clone, Debug)]
pub struct Floss {
    stream: Stream,
    ideal: Vec<f64>,
    edge: usize,
    curve: Vec<f64>,
}

impl Floss {
    /// Starts with the values of `initial` and keeps as many. `ideal` is usually [`ideal_right_arcs`] of the number of windows,
    /// `edge` as for [`corrected_arcs`].
    pub fn new(initial: &[f64], window: usize, ideal: Vec<f64>, edge: usize) -> Result<Floss, Error> {
        let mut stream = Stream::sliding(window, initial.len())?;
        for &x in initial {
            stream.push(x)?;
        }
        stream.exclusion -= 1;
        check_ideal(&ideal, stream.len())?;
        let curve = vec![1.0; stream.len()];
        let mut it = Floss { stream, ideal, edge, curve };
        it.update()?;
        Ok(it)
    }

    /// Takes a value, which may be missing (NaN), lets the oldest go and answers the corrected curve of the windows that are held.
    pub fn push(&mut self, x: f64) -> Result<&[f64], Error> {
        self.stream.push(x)?;
        self.update()?;
        Ok(&self.curve)
    }

    fn update(&mut self) -> Result<(), Error> {
        let first = self.stream.first();
        let later = self.stream.right().map(|it| it.map(|it: Neighbour| it.index - first));
        count_arcs(later, &mut self.curve)?;
        correct(&mut self.curve, &self.ideal, self.edge);
        Ok(())
    }

    /// The corrected curve as it stands.
    pub fn curve(&self) -> &[f64] {
        &self.curve
    }

    /// The stream below: its profile and the place of its first window.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }
}
