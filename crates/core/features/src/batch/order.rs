//! The values in the middle of a window, or at any other place of its order, over a column. All rows of the column are ranked
//! once. A short window looks at all its members at each row; a long one is a set of places in the order of two blocks of rows,
//! and the place that is asked for moves by one step at most from row to row, however long the window is.

use super::kernel::wide;
use crate::window::ABSENT;
use std::hint::select_unpredictable;

/// A column and where each of its values stands among all; equal ones in the order of their rows.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    ranks: Vec<i32>,
}

/// The longest window whose members are looked at one by one.
const SHORT: usize = 32;
/// So many members are looked at together; the places of a shorter window are filled up with ranks above all.
const TOGETHER: usize = 8;

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
        rows.sort_unstable();
        let mut ranks = vec![0; rows.len()];
        for (rank, (_, row)) in (0..).zip(&rows) {
            ranks[*row as usize] = rank;
        }
        Some(Ranks { ranks })
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
        self.long(n, at, asked, x, said, say);
    }

    /// The same of a long window: it is the rest of one block of `n` rows and the beginning of the next, so it is a set of
    /// places in the order of the two.
    fn long(
        &self,
        n: usize,
        at: usize,
        asked: bool,
        x: &[f64],
        said: &mut [f64],
        say: impl Fn(f64, f64) -> f64,
    ) {
        let Some((full, later)) = self.ranks.split_at_checked(n) else { return };
        let Some((first, mut said)) = said.split_first_mut() else { return };
        let mut rows = sorted(full);
        let value = |at: usize| x[row_of(rows[at])];
        *first = say(value(at), if asked { value(at + 1) } else { value(at) });
        let (mut places, mut values, mut members) =
            (vec![0; 2 * n], vec![0.0; 2 * n + 2], Members::default());
        for (block, ranks) in later.chunks(n).enumerate() {
            let (to, rest) = said.split_at_mut(ranks.len());
            said = rest;
            let new_rows = sorted(ranks);
            let x = &x[block * n..][..n + ranks.len()];
            merge(n, &rows, &new_rows, |place, row| {
                places[row] = place;
                values[place] = x[row];
            });
            let (old, new) = places.split_at(n);
            members.fill(old, x.len());
            let mut here = places[row_of(rows[at])];
            for ((to, &old), &new) in to.iter_mut().zip(old).zip(new) {
                members.exchange(old, new);
                let (above, below) = (members.next(here), members.before(here));
                // One more below is one too many, one less is one too few; for what goes itself a neighbour stands in.
                let more = new < here;
                let stays = select_unpredictable(old <= here && !more, above, here);
                here = select_unpredictable(old >= here && more, below, stays);
                let lower = values[here];
                *to = say(lower, if asked { values[members.next(here)] } else { lower });
            }
            rows = new_rows;
        }
    }
}

/// The ranks of a block with their rows in it, in rising order, and one above all.
fn sorted(ranks: &[i32]) -> Vec<u64> {
    let mut rows: Vec<u64> = ranks.iter().zip(0..).map(|(&rank, row)| (rank as u64) << 32 | row).collect();
    rows.sort_unstable();
    rows.push(u64::MAX);
    rows
}

fn row_of(sorted: u64) -> usize {
    sorted as u32 as usize
}

/// Tells each place in the order of two blocks, from 1 on, and its row from the first of the earlier block on, which has `n`.
fn merge(n: usize, earlier: &[u64], later: &[u64], mut tell: impl FnMut(usize, usize)) {
    let (mut a, mut b) = (0, 0);
    for place in 1..earlier.len() + later.len() - 1 {
        let is_earlier = earlier[a] < later[b];
        let (row_a, row_b) = (row_of(earlier[a]), n + row_of(later[b]));
        tell(place, select_unpredictable(is_earlier, row_a, row_b));
        a += usize::from(is_earlier);
        b += usize::from(!is_earlier);
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
        let value =
            |count: i32| members.below[..n].iter().position(|it| *it == count).map_or(ABSENT, |row| x[row]);
        *first = say(value(counts[0]), value(counts[1]));
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

/// The places that the members of a window have in the order of two blocks: a bit for each. The bits before the first place
/// and behind the last are always there, so that a search ends.
#[derive(Default)]
struct Members {
    words: Vec<u64>,
}

impl Members {
    /// The members stand at `places` of 1 to `last`.
    fn fill(&mut self, places: &[usize], last: usize) {
        self.words.clear();
        self.words.resize((last + 1) / 64 + 1, 0);
        places.iter().chain(&[0, last + 1]).for_each(|&it| self.words[it / 64] |= 1 << (it % 64));
    }

    #[inline]
    fn exchange(&mut self, old: usize, new: usize) {
        self.words[old / 64] &= !(1 << (old % 64));
        self.words[new / 64] |= 1 << (new % 64);
    }

    /// The lowest above `at`.
    #[inline]
    fn next(&self, at: usize) -> usize {
        let mut word = at / 64;
        let mut above = self.words[word] & ((u64::MAX << (at % 64)) << 1);
        while above == 0 {
            word += 1;
            above = self.words[word];
        }
        word * 64 + above.trailing_zeros() as usize
    }

    /// The highest below `at`.
    #[inline]
    fn before(&self, at: usize) -> usize {
        let mut word = at / 64;
        let mut below = self.words[word] & !(u64::MAX << (at % 64));
        while below == 0 {
            word -= 1;
            below = self.words[word];
        }
        word * 64 + 63 - below.leading_zeros() as usize
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
        assert!(Ranks::new(&[1.0, -0.0]).is_none(), "a zero below zero");
    }
}
