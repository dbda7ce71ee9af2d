//! What a profile says of shapes that repeat and shapes that are alone.

use super::join::Profile;
use super::windows::{exclusion_zone, is_missing};

/// Two windows that are near each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motif {
    /// Where the one starts: that with the least distance in the profile, the lower of equals.
    pub first: usize,
    /// Where its nearest neighbour starts, earlier or later.
    pub second: usize,
    /// How far they are apart.
    pub distance: f64,
}

impl Motif {
    /// `1 / (1 + distance)`: 1 for equal shapes.
    pub fn similarity(&self) -> f64 {
        1.0 / (1.0 + self.distance)
    }
}

/// A window that is far from all others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discord {
    /// Where it starts.
    pub index: usize,
    /// How far its nearest neighbour is.
    pub distance: f64,
}

/// Up to `most` motifs, the nearest first. The rule: the window with the least distance and its neighbour are one; the
/// windows that start `ceil(m/4)` or fewer from either are out; again. Meant for a series joined with itself. Two
/// constant windows are a motif too, at distance 0. What is out is no first of a motif any more, but may be the second of one: the
/// nearest shape to one that is left may be known already. [`motifs_apart`] leaves these out too.
pub fn motifs(profile: &Profile, most: usize) -> Vec<Motif> {
    chosen(profile, most, |_, _| true)
}

/// As [`motifs`], but for windows whose neighbour is out as well, so that no two of the motifs share a shape.
pub fn motifs_apart(profile: &Profile, most: usize) -> Vec<Motif> {
    chosen(profile, most, |open, second| open[second])
}

fn chosen(profile: &Profile, most: usize, may: impl Fn(&[bool], usize) -> bool) -> Vec<Motif> {
    let zone = exclusion_zone(profile.window);
    let mut open = vec![true; profile.nearest.len()];
    let mut found = Vec::new();
    while found.len() < most {
        let mut best: Option<Motif> = None;
        for (first, it) in profile.nearest.iter().enumerate() {
            let Some(it) = it.filter(|it| open[first] && may(&open, it.index)) else { continue };
            if best.is_none_or(|best| it.distance < best.distance) {
                best = Some(Motif { first, second: it.index, distance: it.distance });
            }
        }
        let Some(best) = best else { break };
        close(&mut open, best.first, zone);
        close(&mut open, best.second, zone);
        found.push(best);
    }
    found
}

/// Up to `most` discords, the farthest first. The rule: the window with the greatest distance, the lower of equals; the windows
/// that share a value with it are out; again. Windows without a neighbour are none.
pub fn discords(profile: &Profile, most: usize) -> Vec<Discord> {
    let mut open = vec![true; profile.nearest.len()];
    let mut found = Vec::new();
    while found.len() < most {
        let mut best: Option<Discord> = None;
        for (index, it) in profile.nearest.iter().enumerate() {
            let Some(it) = it.filter(|_| open[index]) else { continue };
            if best.is_none_or(|best| it.distance > best.distance) {
                best = Some(Discord { index, distance: it.distance });
            }
        }
        let Some(best) = best else { break };
        close(&mut open, best.index, profile.window.saturating_sub(1));
        found.push(best);
    }
    found
}

fn close(open: &mut [bool], at: usize, zone: usize) {
    let end = at.saturating_add(zone).saturating_add(1).min(open.len());
    open[at.saturating_sub(zone).min(end)..end].fill(false);
}

/// What followed the window of `window` prices that starts at `start`: the relative change of the price over the next
/// `horizon` values. `None` where they are not all there, either price is missing, or the last price of the window is not positive.
pub fn followed(prices: &[f64], start: usize, window: usize, horizon: usize) -> Option<f64> {
    let last = start.checked_add(window)?.checked_sub(1)?;
    let (before, after) = (*prices.get(last)?, *prices.get(last.checked_add(horizon)?)?);
    (before > 0.0 && !is_missing(before) && !is_missing(after)).then(|| after / before - 1.0)
}
