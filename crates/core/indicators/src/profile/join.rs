//! Finds the nearest neighbour of every window, along diagonals that a caller may divide among threads.
//!
//! A diagonal is the pairs of windows whose starts are equally far apart. Along it the covariance changes by two products
//! a step. Sixty-four diagonals are walked side by side: for one row, the columns lie next to each other, so that the loop
//! over them is a plain one. Whether any pair is better than what is known is answered for all of them at once, and only if
//! so are they looked at singly.

use std::ops::Range;

use super::Error;
use super::windows::{
    LANES, Windows, check_window, clipped, covariance, covariances, distance, exclusion_zone,
};

/// The nearest window and how far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// Where it starts.
    pub index: usize,
    /// The z-normalised Euclidean distance, `0..=2 sqrt(m)`.
    pub distance: f64,
}

/// The matrix profile: for each window of the first series its nearest neighbours. `None` where there is none: the window
/// misses a value, or all others on that side do or are in the exclusion zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Values in a window.
    pub window: usize,
    /// Neighbours this near are not counted; `None` for a join of two series.
    pub exclusion: Option<usize>,
    /// The nearest of all.
    pub nearest: Vec<Option<Neighbour>>,
    /// The nearest that starts earlier.
    pub left: Vec<Option<Neighbour>>,
    /// The nearest that starts later (for two series: not earlier).
    pub right: Vec<Option<Neighbour>>,
}

impl Profile {
    /// The distances to the nearest, infinite where there is none.
    pub fn distances(&self) -> Vec<f64> {
        self.nearest.iter().map(|it| it.map_or(f64::INFINITY, |it| it.distance)).collect()
    }

    /// Where the nearest starts.
    pub fn indices(&self) -> Vec<Option<usize>> {
        self.nearest.iter().map(|it| it.map(|it| it.index)).collect()
    }
}

/// The best correlation that is known for each window, and with which.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best {
    pub correlation: Vec<f64>,
    pub index: Vec<u32>,
}

/// No neighbour yet.
pub(super) const NOBODY: u32 = u32::MAX;

impl Best {
    fn none(n: usize) -> Best {
        Best { correlation: vec![f64::NEG_INFINITY; n], index: vec![NOBODY; n] }
    }

    /// Takes the candidate if it is better, or as good with a lower index.
    #[inline]
    fn offer(&mut self, at: usize, correlation: f64, index: u32) {
        let known = self.correlation[at];
        if correlation > known || (correlation >= known && index < self.index[at]) {
            self.correlation[at] = correlation;
            self.index[at] = index;
        }
    }

    fn merge(&mut self, other: &Best) {
        for (at, (correlation, index)) in other.correlation.iter().zip(&other.index).enumerate() {
            self.offer(at, *correlation, *index);
        }
    }
}

/// What some of the diagonals of a join found. Parts of one join merge in any order to the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    left: Best,
    right: Best,
}

impl Part {
    /// Takes over what is better in `other`; of equals the lower index wins. Errors if the parts are of different joins, as
    /// far as their lengths tell.
    pub fn merge(&mut self, other: &Part) -> Result<(), Error> {
        let (left_len, right_len) = (self.left.index.len(), other.left.index.len());
        if left_len != right_len {
            return Err(Error::Lengths { left: "this part", left_len, right: "the other", right_len });
        }
        self.left.merge(&other.left);
        self.right.merge(&other.right);
        Ok(())
    }
}

/// Two series, or one with itself, made ready. Shared by reference among as many threads as the caller likes.
#[derive(Clone, Debug)]
pub struct Join {
    first: Windows,
    /// Windows of `first` without the padding.
    first_count: usize,
    /// `None` if the series is joined with itself.
    second: Option<(Windows, usize)>,
    exclusion: usize,
    constants: bool,
}

impl Join {
    /// A series with itself. Needs a window of at least 3 values, and values enough that two windows are outside each other's
    /// exclusion zone.
    pub fn of_itself(series: &[f64], window: usize) -> Result<Join, Error> {
        check_window(window)?;
        let exclusion = exclusion_zone(window);
        let mut first = Windows::of("series", series, window, window.saturating_add(exclusion + 1))?;
        let first_count = first.count();
        let constants = first.has_constant();
        first.pad();
        Ok(Join { first, first_count, second: None, exclusion, constants })
    }

    /// The windows of `first` with those of `second`: nothing is excluded. The profile is that of `first`.
    pub fn between(first: &[f64], second: &[f64], window: usize) -> Result<Join, Error> {
        let mut first = Windows::of("first series", first, window, window)?;
        let mut second = Windows::of("second series", second, window, window)?;
        let (first_count, second_count) = (first.count(), second.count());
        let constants = first.has_constant() || second.has_constant();
        first.pad();
        second.pad();
        Ok(Join { first, first_count, second: Some((second, second_count)), exclusion: 0, constants })
    }

    /// How many diagonals there are. For a series with itself diagonal `k` holds the pairs `ceil(m/4) + 1 + k` apart; for two
    /// series the diagonals in which the second starts not earlier come first, by distance, and then those in which it
    /// starts earlier.
    pub fn diagonals(&self) -> usize {
        match &self.second {
            None => self.first_count - self.exclusion - 1,
            Some((_, count)) => count + self.first_count - 1,
        }
    }

    /// Pairs of windows on a diagonal.
    fn pairs(&self, diagonal: usize) -> usize {
        match &self.second {
            None => self.first_count - self.exclusion - 1 - diagonal,
            Some((_, count)) if diagonal < *count => self.first_count.min(count - diagonal),
            Some((_, count)) => (self.first_count - (diagonal - count + 1)).min(*count),
        }
    }

    /// Divides the diagonals into at most `parts` ranges of about equal work.
    pub fn split(&self, parts: usize) -> Vec<Range<usize>> {
        let n = self.diagonals();
        let parts = parts.max(1) as u128;
        let whole: u128 = (0..n).map(|k| self.pairs(k) as u128).sum();
        let mut ranges = Vec::new();
        let (mut start, mut done) = (0, 0u128);
        for k in 0..n {
            done += self.pairs(k) as u128;
            if done * parts >= whole * (ranges.len() as u128 + 1) {
                ranges.push(start..k + 1);
                start = k + 1;
            }
        }
        ranges
    }

    /// What the diagonals of a range find. Pure, so that ranges may be calculated at the same time.
    pub fn part(&self, diagonals: Range<usize>) -> Result<Part, Error> {
        let have = self.diagonals();
        if diagonals.start > diagonals.end || diagonals.end > have {
            return Err(Error::Diagonals { start: diagonals.start, end: diagonals.end, have });
        }
        let n = self.first_count + LANES;
        let (mut left, mut right) = (Best::none(n), Best::none(n));
        match &self.second {
            None => {
                let range = diagonals.start + self.exclusion + 1..diagonals.end + self.exclusion + 1;
                self.walk(
                    Side { windows: &self.first, count: self.first_count },
                    Side { windows: &self.first, count: self.first_count },
                    range,
                    &mut right,
                    &mut left,
                );
            }
            Some((second, count)) => {
                let first = Side { windows: &self.first, count: self.first_count };
                let second = Side { windows: second, count: *count };
                // What the other series finds is not asked for, but costs next to nothing.
                let mut unused = Best::none(count + LANES);
                let later = diagonals.start.min(*count)..diagonals.end.min(*count);
                self.walk(first, second, later, &mut right, &mut unused);
                let earlier = diagonals.start.max(*count) - count + 1..diagonals.end.max(*count) - count + 1;
                self.walk(second, first, earlier, &mut unused, &mut left);
            }
        }
        Ok(Part { left, right })
    }

    fn walk(
        &self,
        rows: Side,
        columns: Side,
        range: Range<usize>,
        of_rows: &mut Best,
        of_columns: &mut Best,
    ) {
        let mut end = range.end;
        // From the far ones to the near: what a column meets then comes by rising row.
        while end > range.start {
            let start = end.saturating_sub(LANES).max(range.start);
            let block = Block { rows, columns, start, lanes: end - start };
            if self.constants {
                block.walk::<true>(of_rows, of_columns);
            } else {
                block.walk::<false>(of_rows, of_columns);
            }
            end = start;
        }
    }

    /// The profile that a part holds which has all diagonals.
    pub fn finish(&self, part: &Part) -> Result<Profile, Error> {
        let n = self.first_count;
        let (left_len, right_len) = (part.left.index.len() - LANES, n);
        if left_len != right_len {
            return Err(Error::Lengths { left: "the part", left_len, right: "the join", right_len });
        }
        let other = self.second.as_ref().map_or(&self.first, |(it, _)| it);
        let neighbour = |best: &Best, i: usize| {
            let index = best.index[i] as usize;
            if best.index[i] == NOBODY {
                return None;
            }
            distance(&self.first, i, other, index).map(|distance| Neighbour { index, distance })
        };
        let left: Vec<_> = (0..n).map(|i| neighbour(&part.left, i)).collect();
        let right: Vec<_> = (0..n).map(|i| neighbour(&part.right, i)).collect();
        let nearest = (0..n)
            .map(|i| if part.right.correlation[i] > part.left.correlation[i] { right[i] } else { left[i] })
            .collect();
        let exclusion = self.second.is_none().then_some(self.exclusion);
        Ok(Profile { window: self.first.window, exclusion, nearest, left, right })
    }

    /// All of it, in one thread. The time grows with the square of the length and hardly with the window.
    pub fn profile(&self) -> Profile {
        self.part(0..self.diagonals())
            .and_then(|part| self.finish(&part))
            .expect("all diagonals are a range of the join, and its part is its own")
    }
}

/// The windows of one series, `count` of them before the padding.
#[derive(Clone, Copy)]
struct Side<'a> {
    windows: &'a Windows,
    count: usize,
}

/// Diagonals that are walked side by side: `start` and the next, `lanes` of them.
struct Block<'a> {
    rows: Side<'a>,
    columns: Side<'a>,
    start: usize,
    lanes: usize,
}

/// A slice of known length, so that the compiler needs no checks in the loops.
#[inline]
fn lanes(column: &[f64], at: usize) -> &[f64; LANES] {
    column[at..].first_chunk().expect("columns are padded by the lanes")
}

impl Block<'_> {
    /// `CONSTANTS`: whether any window of the join is constant. Without one, a half is 0 everywhere, and adding it changes nothing.
    fn walk<const CONSTANTS: bool>(&self, of_rows: &mut Best, of_columns: &mut Best) {
        let (rows, columns) = (self.rows.windows, self.columns.windows);
        let mut sums = [0.0; LANES];
        // Where the next column is that starts anew.
        let mut anew = self.start;
        for i in 0..self.rows.count.min(self.columns.count - self.start) {
            let j = i + self.start;
            if rows.anew[i] {
                covariances(rows, i, columns, j, &mut sums);
            } else {
                let (change, height) = (rows.change[i], rows.height[i]);
                let (changes, heights) = (lanes(&columns.change, j), lanes(&columns.height, j));
                for k in 0..LANES {
                    sums[k] += change * heights[k] + height * changes[k];
                }
                anew = anew.max(j);
                while anew < j + LANES && !columns.anew[anew] {
                    anew += 1;
                }
                for column in anew..j + LANES {
                    if columns.anew[column] {
                        sums[column - j] = covariance(rows, i, columns, column);
                    }
                }
            }
            let inverse = rows.inverse[i];
            if !inverse.is_nan() {
                self.compare::<CONSTANTS>(i, &sums, of_rows, of_columns);
            }
        }
    }

    /// Whether row `i` makes anything better, and what.
    #[inline]
    fn compare<const CONSTANTS: bool>(
        &self,
        i: usize,
        sums: &[f64; LANES],
        of_rows: &mut Best,
        of_columns: &mut Best,
    ) {
        let j = i + self.start;
        let (inverse, half) = (self.rows.windows.inverse[i], self.rows.windows.half[i]);
        let inverses = lanes(&self.columns.windows.inverse, j);
        let halves = lanes(&self.columns.windows.half, j);
        let known = lanes(&of_columns.correlation, j);
        let correlation = |k: usize| {
            let it = sums[k] * inverse * inverses[k];
            if CONSTANTS { it + (half + halves[k]) } else { it }
        };

        const WIDTH: usize = 8;
        let mut most = [f64::NEG_INFINITY; WIDTH];
        let mut gain = [f64::NEG_INFINITY; WIDTH];
        for base in (0..LANES).step_by(WIDTH) {
            for k in 0..WIDTH {
                let it = correlation(base + k);
                let more = it - known[base + k];
                most[k] = if it > most[k] { it } else { most[k] };
                gain[k] = if more > gain[k] { more } else { gain[k] };
            }
        }
        let fold =
            |it: [f64; WIDTH]| it.into_iter().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
        if clipped(fold(most)) >= of_rows.correlation[i] {
            for k in 0..self.lanes {
                of_rows.offer(i, clipped(correlation(k)), (j + k) as u32);
            }
        }
        if fold(gain) > 0.0 {
            let found: [f64; LANES] = std::array::from_fn(|k| clipped(correlation(k)));
            for (k, found) in found.into_iter().enumerate().take(self.lanes) {
                of_columns.offer(j + k, found, i as u32);
            }
        }
    }
}
