//! Where a value stands among those seen before it: ranks and quantiles of a stream, in bounded memory.

use crate::state::{Plain, Saved, State};

/// Bins to a doubling of the value; a power of two. Neighbouring bins differ by less than 1.6 %.
pub(crate) const STEPS: usize = 64;
/// Doublings that are told apart: from 2^-64 to 2^64, more than what a sound event can have. What lies outside counts with
/// the bin at the end.
const DOUBLINGS: usize = 128;
const BINS: usize = STEPS * DOUBLINGS;
const LOWEST: i32 = -64;

/// Counts of values above zero on a logarithmic scale, as a tree of partial sums (Fenwick 1994): a value goes in and its
/// rank comes out in thirteen steps each, 32 KB. All counts are halved when `memory` values are held, so that what is long
/// past fades.
#[derive(Clone, Debug)]
pub(crate) struct History {
    tree: Box<[u32]>,
    held: u32,
    memory: u32,
}

impl History {
    /// `memory` is how many values are held before the counts are halved.
    pub(crate) fn new(memory: u32) -> History {
        History { tree: vec![0; BINS + 1].into_boxed_slice(), held: 0, memory: memory.max(2) }
    }

    /// How many values are held; those that have faded are not counted.
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.held
    }

    /// Takes a value in; one that is not above zero counts with the smallest.
    #[inline]
    pub(crate) fn push(&mut self, value: f64) {
        let mut place = bin(value) + 1;
        while place <= BINS {
            self.tree[place] += 1;
            place += place & place.wrapping_neg();
        }
        self.held += 1;
        if self.held >= self.memory {
            self.halve();
        }
    }

    /// The share of values in lower bins; none while nothing is held.
    #[inline]
    pub(crate) fn rank(&self, value: f64) -> Option<f64> {
        if self.held == 0 {
            return None;
        }
        let (mut place, mut below) = (bin(value), 0_u32);
        while place > 0 {
            below += self.tree[place];
            place &= place - 1;
        }
        Some(f64::from(below) / f64::from(self.held))
    }

    /// The upper end of the bin in which the share `p` is reached; none while nothing is held.
    #[inline]
    pub(crate) fn quantile(&self, p: f64) -> Option<f64> {
        if self.held == 0 {
            return None;
        }
        let mut wanted = ((p * f64::from(self.held)) as u32).min(self.held - 1);
        let (mut place, mut step) = (0, BINS);
        while step > 0 {
            let next = place + step;
            if next <= BINS && self.tree[next] <= wanted {
                wanted -= self.tree[next];
                place = next;
            }
            step /= 2;
        }
        Some(edge(place + 1))
    }

    #[cold]
    fn halve(&mut self) {
        undo(&mut self.tree);
        self.held = 0;
        for place in 1..=BINS {
            self.tree[place] /= 2;
            self.held += self.tree[place];
        }
        build(&mut self.tree);
    }
}

/// Makes a tree of counts, in place.
fn build(tree: &mut [u32]) {
    for place in 1..=BINS {
        let parent = place + (place & place.wrapping_neg());
        if parent <= BINS {
            tree[parent] += tree[place];
        }
    }
}

/// Makes counts of a tree, in place.
fn undo(tree: &mut [u32]) {
    for place in (1..=BINS).rev() {
        let parent = place + (place & place.wrapping_neg());
        if parent <= BINS {
            tree[parent] -= tree[place];
        }
    }
}

/// Most bins are empty, so the others are written with their places.
impl State for History {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { tree, held: _, memory: _ } = self;
        let mut counts = tree.clone();
        undo(&mut counts);
        let full = || counts.iter().enumerate().filter(|it| *it.1 > 0);
        full().count().put(to);
        full().for_each(|(place, &count)| (place, u64::from(count)).put(to));
    }

    fn load(&mut self, from: &mut Saved<'_>) {
        self.tree.fill(0);
        self.held = 0;
        for _ in 0..usize::take(from).min(BINS) {
            let (place, count) = <(usize, u64)>::take(from);
            let held = u32::try_from(count).ok().and_then(|it| self.held.checked_add(it));
            let bin = self.tree.get_mut(place).filter(|it| place > 0 && **it == 0);
            let (Some(bin), Some(held)) = (bin, held.filter(|it| *it < self.memory)) else {
                return from.refuse();
            };
            (*bin, self.held) = (count as u32, held);
        }
        build(&mut self.tree);
    }
}

/// The bin of a value: its exponent and the first six bits of its fraction.
#[inline]
fn bin(value: f64) -> usize {
    let zero = ((1023 + LOWEST) as u64) << 6;
    let top = (value.max(0.0).to_bits() >> 46).saturating_sub(zero);
    (top as usize).min(BINS - 1)
}

/// Where bin `place` begins.
fn edge(place: usize) -> f64 {
    f64::from_bits((place as u64 + (((1023 + LOWEST) as u64) << 6)) << 46)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_quantiles_are_those_of_sorting_within_a_bin() {
        let mut history = History::new(1 << 30);
        let values: Vec<f64> = (0..5000).map(|i| f64::from((i * 7919) % 5003 + 1) * 0.01).collect();
        values.iter().for_each(|&it| history.push(it));
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        for p in [0.01, 0.25, 0.5, 0.9, 0.99] {
            let want = sorted[(p * 5000.0) as usize];
            let got = history.quantile(p).unwrap();
            assert!(got >= want && got / want < 1.0 + 2.0 / STEPS as f64, "{p}: {got} {want}");
            let rank = history.rank(want).unwrap();
            assert!(rank <= p + 1e-9 && rank > p - 0.02, "{p}: {rank}");
        }
    }

    #[test]
    fn the_unit_that_values_are_counted_in_plays_no_part() {
        // Sizes of coins that trade by the billion, and prices that are fractions of a millionth.
        let told = |unit: f64| {
            let mut history = History::new(1 << 30);
            (1..=1000).for_each(|i| history.push(unit * f64::from(i * 7919 % 1009)));
            let ranks: Vec<f64> = (0..20).map(|i| history.rank(unit * f64::from(50 * i)).unwrap()).collect();
            (ranks, history.quantile(0.99).unwrap() / unit)
        };
        for unit in [1.0 / (1_u64 << 48) as f64, (1_u64 << 33) as f64, (1_u64 << 50) as f64] {
            assert_eq!(told(1.0), told(unit));
        }
    }

    #[test]
    fn the_past_fades_by_half_and_the_ends_take_what_is_outside() {
        let mut history = History::new(100);
        (0..99).for_each(|_| history.push(1.0));
        assert_eq!(history.len(), 99);
        history.push(1.0);
        assert_eq!(history.len(), 50);
        for odd in [0.0, -1.0, f64::NAN, 1e300, f64::INFINITY, 5e-324] {
            history.push(odd);
            assert!(history.rank(odd).unwrap() <= 1.0);
        }
        let top = (0..5).fold(History::new(9), |mut it, _| {
            it.push(3.0);
            it
        });
        assert!(top.quantile(1.0).unwrap() < 3.1, "no higher than the highest");
        assert!(history.quantile(0.0).unwrap() > 0.0 && history.quantile(1.0).unwrap().is_finite());
        assert_eq!(History::new(9).rank(1.0), None);
        assert_eq!(History::new(9).quantile(0.5), None);
    }
}
