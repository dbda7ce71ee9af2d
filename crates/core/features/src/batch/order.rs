//! The values in the middle of a window, or at any other place of its order, over a column. All rows of the column are ranked
//! once; a window is then a set of ranks, and the place that is asked for moves by one step at most from row to row. The work
//! a row does not depend on the length of the window.

use super::kernel::wide;
use crate::window::ABSENT;

/// A column and where each of its values stands among all; equal ones in the order of their rows.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    sorted: Vec<f64>,
    ranks: Vec<i32>,
}

/// The longest window whose members are looked at one by one.
const SHORT: usize = 64;
/// So many members are looked at together; the places of a shorter window are filled up with ranks above all.
const TOGETHER: usize = 8;

/// Digits are of so many bits.
const DIGIT: u32 = 11;

impl Ranks {
    /// Of finite values; none where there are more than ranks, or a zero below zero: which of two zeros stands where is then
    /// not told by their values.
    pub(super) fn new(x: &[f64]) -> Option<Ranks> {
        let is_negative_zero = |any: bool, it: &f64| any | (it.to_bits() == 1 << 63);
        if i32::try_from(x.len()).is_err() || x.chunks(4096).any(|it| it.iter().fold(false, is_negative_zero))
        {
            return None;
        }
        // Bits that rise with the value.
        let key = |x: f64| {
            let bits = x.to_bits();
            if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
        };
        let mut rows: Vec<(u64, i32)> = x.iter().zip(0..).map(|(&x, row)| (key(x), row)).collect();
        let mut other = vec![(0, 0); rows.len()];
        for shift in (0..u64::BITS).step_by(DIGIT as usize) {
            let digit = |it: &(u64, i32)| (it.0 >> shift) as usize & ((1 << DIGIT) - 1);
            let mut places = vec![0_usize; 1 << DIGIT];
            rows.iter().for_each(|it| places[digit(it)] += 1);
            // All alike here: they stand as they should.
            if places.contains(&rows.len()) {
                continue;
            }
            let mut from = 0;
            for place in &mut places {
                from += std::mem::replace(place, from);
            }
            for it in &rows {
                let place = &mut places[digit(it)];
                other[*place] = *it;
                *place += 1;
            }
            std::mem::swap(&mut rows, &mut other);
        }
        let mut ranks = vec![0; rows.len()];
        for (rank, (_, row)) in (0..).zip(&rows) {
            ranks[*row as usize] = rank;
        }
        Some(Ranks { sorted: rows.iter().map(|it| x[it.1 as usize]).collect(), ranks })
    }

    /// Of the column `x` that was ranked: what `say` makes of the values at places `at` and `at + 1` (from 0, in rising order) of each window of `n`; where the
    /// second is not `asked`, the first takes its place.
    pub(super) fn at(
        &self,
        n: usize,
        at: usize,
        asked: bool,
        x: &[f64],
        out: &mut [f64],
        say: impl Fn(f64, f64) -> f64,
    ) {
        let (silent, said) = out.split_at_mut((n - 1).min(self.ranks.len()));
        silent.fill(ABSENT);
        if n <= SHORT {
            return self.short(n, at, asked, x, said, say);
        }
        let Some((first, later)) = said.split_first_mut() else { return };
        let mut members = Members::new(self.ranks.len());
        let mut window = self.ranks[..n].to_vec();
        window.iter().for_each(|&it| members.insert(it as usize));
        let mut here = *window.select_nth_unstable(at).1 as usize;
        let answer = |members: &Members, here: usize| {
            let lower = self.sorted[here];
            say(lower, if asked { self.sorted[members.next(here).unwrap_or(here)] } else { lower })
        };
        *first = answer(&members, here);
        let mut below = at;
        for ((to, &new), &old) in later.iter_mut().zip(&self.ranks[n..]).zip(&self.ranks) {
            let (new, old) = (new as usize, old as usize);
            members.insert(new);
            members.remove(old);
            below = below + usize::from(new < here) - usize::from(old < here);
            if old == here {
                match members.next(here) {
                    Some(next) => here = next,
                    None => {
                        here = members.before(here).unwrap_or(here);
                        below -= 1;
                    }
                }
            }
            if below < at {
                here = members.next(here).unwrap_or(here);
                below += 1;
            } else if below > at {
                here = members.before(here).unwrap_or(here);
                below -= 1;
            }
            *to = answer(&members, here);
        }
    }
}

impl Ranks {
    /// The same of a short window: each member knows how many others are below it.
    fn short(
        &self,
        n: usize,
        at: usize,
        asked: bool,
        x: &[f64],
        said: &mut [f64],
        say: impl Fn(f64, f64) -> f64,
    ) {
        let (full, later) = self.ranks.split_at(n.min(self.ranks.len()));
        let Some((first, said)) = said.split_first_mut() else { return };
        let mut members = Short { members: [i32::MAX; SHORT], below: [NOBODY; SHORT], last: (0, 0) };
        members.members[..n].copy_from_slice(full);
        for (below, rank) in members.below.iter_mut().zip(full) {
            *below = full.iter().filter(|it| *it < rank).count() as i32;
        }
        members.last = (0, members.below[0]);
        let places = n.next_multiple_of(TOGETHER);
        let counts = [at as i32, at as i32 + i32::from(asked)];
        let answer = |[lower, upper]: [i32; 2]| say(self.sorted[lower as usize], self.sorted[upper as usize]);
        let place =
            |count: i32| members.below[..n].iter().position(|it| *it == count).map_or(0, |it| full[it]);
        *first = answer(counts.map(place));
        wide(
            #[inline(always)]
            || {
                let mut place = 0;
                let windows = x[1..].windows(n).zip(later).zip(&self.ranks);
                for (to, ((x, &new), &old)) in said.iter_mut().zip(windows) {
                    // From its place on round the ring the members stand in the order of their rows. They are read where they
                    // were, which is nearer than the order of all.
                    let age = |at: i32| (at - place + if at > place { 0 } else { n as i32 } - 1) as usize;
                    let [lower, upper] = members.exchange(places, place, [old, new], counts);
                    *to = say(x[age(lower)], x[age(upper)]);
                    place = if place as usize + 1 == n { 0 } else { place + 1 };
                }
            },
        );
    }
}

/// Stands where a place has no member with a count.
const NOBODY: i32 = i32::MIN;

/// The members of a short window, in the order in which they came, and how many are below each.
struct Short {
    members: [i32; SHORT],
    below: [i32; SHORT],
    /// The place of the last one that came, and how many are below it: not among the others yet, so that nothing waits for
    /// it to be written.
    last: (i32, i32),
}

impl Short {
    /// Puts a rank where another was; the places of the members that have so many below them then.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
    fn exchange(&mut self, places: usize, place: i32, [old, new]: [i32; 2], counts: [i32; 2]) -> [i32; 2] {
        let (mut under, mut found) = ([0; TOGETHER], [[0; TOGETHER]; 2]);
        let members = self.members[..places].as_chunks_mut::<TOGETHER>().0;
        let below = self.below[..places].as_chunks_mut::<TOGETHER>().0;
        for (chunk, (members, below)) in members.iter_mut().zip(below).enumerate() {
            let from = (chunk * TOGETHER) as i32;
            // Each step for all of them before the next, and choices without branches.
            let mut counts_now = *below;
            for (k, count) in (from..).zip(&mut counts_now) {
                *count = choose(k == self.last.0, self.last.1, *count);
            }
            for k in 0..TOGETHER {
                let (more, less) = (i32::from(members[k] > new), i32::from(members[k] > old));
                counts_now[k] = counts_now[k].wrapping_add(more).wrapping_sub(less);
                under[k] = i32::wrapping_add(under[k], i32::from(members[k] < new));
            }
            for k in 0..TOGETHER {
                members[k] = choose(from + k as i32 == place, new, members[k]);
                counts_now[k] = choose(from + k as i32 == place, NOBODY, counts_now[k]);
            }
            for k in 0..TOGETHER {
                found[0][k] |= choose(counts_now[k] == counts[0], from + k as i32, 0);
                found[1][k] |= choose(counts_now[k] == counts[1], from + k as i32, 0);
            }
            *below = counts_now;
        }
        // What goes was counted too.
        let mut sum = -i32::from(old < new);
        let mut all = [0; 2];
        for k in 0..TOGETHER {
            sum = sum.wrapping_add(under[k]);
            all = [all[0] | found[0][k], all[1] | found[1][k]];
        }
        self.last = (place, sum);
        [choose(sum == counts[0], place, all[0]), choose(sum == counts[1], place, all[1])]
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled for each kind of processor")]
fn choose(first: bool, a: i32, b: i32) -> i32 {
    let mask = -i32::from(first);
    (a & mask) | (b & !mask)
}

/// A set of ranks: a bit for each, and above it bits that tell which words are not empty.
struct Members {
    levels: Vec<Vec<u64>>,
}

impl Members {
    fn new(most: usize) -> Members {
        let mut levels = vec![vec![0; most.div_ceil(64).max(1)]];
        while levels[levels.len() - 1].len() > 1 {
            levels.push(vec![0; levels[levels.len() - 1].len().div_ceil(64)]);
        }
        Members { levels }
    }

    #[inline]
    fn insert(&mut self, mut at: usize) {
        for level in &mut self.levels {
            level[at / 64] |= 1 << (at % 64);
            at /= 64;
        }
    }

    #[inline]
    fn remove(&mut self, mut at: usize) {
        // Whether a word became empty is not foreseeable, so nothing branches on it.
        let mut is_empty = true;
        for level in &mut self.levels {
            let word = &mut level[at / 64];
            *word &= !(u64::from(is_empty) << (at % 64));
            is_empty = *word == 0;
            at /= 64;
        }
    }

    /// The smallest above `at`.
    #[inline]
    fn next(&self, mut at: usize) -> Option<usize> {
        for (level, words) in self.levels.iter().enumerate() {
            let above = words[at / 64] & ((u64::MAX << (at % 64)) << 1);
            if above != 0 {
                let mut found = at / 64 * 64 + above.trailing_zeros() as usize;
                for words in self.levels[..level].iter().rev() {
                    found = found * 64 + words[found].trailing_zeros() as usize;
                }
                return Some(found);
            }
            at /= 64;
        }
        None
    }

    /// The largest below `at`.
    #[inline]
    fn before(&self, mut at: usize) -> Option<usize> {
        for (level, words) in self.levels.iter().enumerate() {
            let under = words[at / 64] & !(u64::MAX << (at % 64));
            if under != 0 {
                let mut found = at / 64 * 64 + under.ilog2() as usize;
                for words in self.levels[..level].iter().rev() {
                    found = found * 64 + words[found].ilog2() as usize;
                }
                return Some(found);
            }
            at /= 64;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_place_of_the_order_is_that_of_the_sorted_window(
            xs in prop::collection::vec(-9..9_i32, 0..400), n in 1..90_usize, at in 0..90_usize,
        ) {
            let xs: Vec<f64> = xs.iter().map(|&it| f64::from(it) * 0.3 + 0.05).collect();
            let at = at % n;
            let mut out = vec![7.0; xs.len()];
            Ranks::new(&xs).unwrap().at(n, at, at + 1 < n, &xs, &mut out, |a, b| 1e3 * a + b);
            for (row, said) in out.iter().enumerate() {
                let Some(from) = (row + 1).checked_sub(n) else { prop_assert!(said.is_nan()); continue };
                let mut window = xs[from..=row].to_vec();
                window.sort_by(f64::total_cmp);
                let want = 1e3 * window[at] + window[if at + 1 < n { at + 1 } else { at }];
                prop_assert_eq!(said.to_bits(), want.to_bits());
            }
        }
    }

    #[test]
    fn ranks_are_those_of_the_order_of_all_numbers() {
        let xs = [3.0, -1e300, 5e-324, 0.0, -5e-324, 1e300, 3.0, f64::MAX, f64::MIN, -2.5];
        let ranks = Ranks::new(&xs).unwrap();
        assert_eq!(ranks.ranks, [6, 1, 5, 4, 3, 8, 7, 9, 0, 2]);
        assert!(ranks.sorted.windows(2).all(|it| it[0] <= it[1]));
        assert!(Ranks::new(&[1.0, -0.0]).is_none(), "a zero below zero");
    }
}
