//! The matrix profile of a series that grows, or of its last values, value by value. Allocates when it is made, never after.

use super::Error;
use super::join::Neighbour;
use super::windows::{Windows, check_window, clipped, covariance, distance, exclusion_zone};

/// The matrix profile of a series with itself, kept up to date (STAMPI of Yeh et al. 2016, with the covariances carried along). A
/// value costs time in proportion to the windows that are held.
///
/// Places count from the first value that was ever pushed. A growing stream holds, bit for bit, what [`super::Join`]
/// answers for the values so far. In a sliding one the oldest value leaves when a new one comes; a window keeps the
/// neighbour it has found even after that has left (as stumpy's `stumpi` does).
#[derive(Clone, Debug)]
pub struct Stream {
    windows: Windows,
    /// Covariance of each window with the newest.
    sums: Vec<f64>,
    left: Vec<Found>,
    right: Vec<Found>,
    /// Windows before this one have left, but their memory is not yet used again.
    first: usize,
    /// Values that are held.
    length: usize,
    slides: bool,
    pub(super) exclusion: usize,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    correlation: f64,
    /// Means nothing while the correlation is minus infinity.
    neighbour: Neighbour,
}

const NOTHING: Found =
    Found { correlation: f64::NEG_INFINITY, neighbour: Neighbour { index: 0, distance: f64::INFINITY } };

impl Found {
    fn get(&self) -> Option<Neighbour> {
        (self.correlation > f64::NEG_INFINITY).then_some(self.neighbour)
    }
}

impl Stream {
    /// Keeps all values, at most `capacity`, and then answers [`Error::Full`].
    pub fn growing(window: usize, capacity: usize) -> Result<Stream, Error> {
        Stream::new(window, capacity, false)
    }

    /// Keeps the last `length` values.
    pub fn sliding(window: usize, length: usize) -> Result<Stream, Error> {
        Stream::new(window, length, true)
    }

    fn new(window: usize, length: usize, slides: bool) -> Result<Stream, Error> {
        check_window(window)?;
        let exclusion = exclusion_zone(window);
        let need = window.saturating_add(exclusion + 1);
        if length < need {
            return Err(Error::TooShort { what: "stream", have: length, need });
        }
        let most = u32::MAX as usize / 2;
        if length > most {
            return Err(Error::TooLong { what: "stream", have: length, most });
        }
        let room = if slides { 2 * length } else { length };
        Ok(Stream {
            windows: Windows::with_capacity(window, room),
            sums: Vec::with_capacity(room),
            left: Vec::with_capacity(room),
            right: Vec::with_capacity(room),
            first: 0,
            length,
            slides,
            exclusion,
        })
    }

    /// The place of the first window that is held.
    pub fn first(&self) -> usize {
        self.windows.dropped + self.first
    }

    /// How many windows are held.
    pub fn len(&self) -> usize {
        self.left.len() - self.first
    }

    /// Whether no window is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The nearest neighbour of each window that is held, the first first.
    pub fn nearest(&self) -> impl Iterator<Item = Option<Neighbour>> + '_ {
        let pairs = self.left[self.first..].iter().zip(&self.right[self.first..]);
        pairs.map(|(left, right)| if right.correlation > left.correlation { right.get() } else { left.get() })
    }

    /// The nearest that starts earlier.
    pub fn left(&self) -> impl Iterator<Item = Option<Neighbour>> + '_ {
        self.left[self.first..].iter().map(Found::get)
    }

    /// The nearest that starts later.
    pub fn right(&self) -> impl Iterator<Item = Option<Neighbour>> + '_ {
        self.right[self.first..].iter().map(Found::get)
    }

    /// Takes a value, which may be missing (NaN), and answers the nearest earlier neighbour of the window that it ends: `None`
    /// while there is no window, if it misses a value, or if nothing is far enough from it.
    pub fn push(&mut self, x: f64) -> Result<Option<Neighbour>, Error> {
        if self.windows.values.len() - self.first == self.length {
            if !self.slides {
                return Err(Error::Full { capacity: self.length });
            }
            self.first += 1;
            if self.first == self.length {
                self.forget();
            }
        }
        self.windows.push(x);
        if self.windows.count() == self.left.len() {
            return Ok(None);
        }
        self.sums.push(0.0);
        self.left.push(NOTHING);
        self.right.push(NOTHING);
        self.step();
        Ok(self.meet())
    }

    /// Uses the memory of the values that have left again.
    fn forget(&mut self) {
        self.windows.drop_front(self.first);
        self.sums.drain(..self.first);
        self.left.drain(..self.first);
        self.right.drain(..self.first);
        self.first = 0;
    }

    /// The covariances with the window before become those with the newest, by the steps of [`super::Join`].
    fn step(&mut self) {
        let Stream { windows, sums, first, .. } = self;
        let (first, new) = (*first, sums.len() - 1);
        if windows.anew[new] {
            for (row, sum) in sums.iter_mut().enumerate().skip(first) {
                *sum = covariance(windows, row, windows, new);
            }
            return;
        }
        sums.copy_within(first..new, first + 1);
        let (change, height) = (windows.change[new], windows.height[new]);
        let rows = windows.change[first..].iter().zip(&windows.height[first..]);
        for (sum, (row_change, row_height)) in sums[first..].iter_mut().zip(rows).skip(1) {
            *sum += row_change * height + row_height * change;
        }
        sums[first] = covariance(windows, first, windows, new);
        for (row, anew) in windows.anew.iter().enumerate().skip(first) {
            if *anew {
                sums[row] = covariance(windows, row, windows, new);
            }
        }
    }

    /// The newest window meets all that are far enough from it.
    fn meet(&mut self) -> Option<Neighbour> {
        let Stream { windows, sums, left, right, first, exclusion, .. } = self;
        let new = sums.len() - 1;
        let (inverse, half) = (windows.inverse[new], windows.half[new]);
        if inverse.is_nan() {
            return None;
        }
        let mut best = NOTHING.correlation;
        let mut best_row = 0;
        for row in *first..new.saturating_sub(*exclusion).max(*first) {
            let it = sums[row] * windows.inverse[row] * inverse + (windows.half[row] + half);
            let it = clipped(it);
            if it > best {
                (best, best_row) = (it, row);
            }
            if it > right[row].correlation {
                let index = windows.dropped + new;
                let distance = distance(windows, row, windows, new).unwrap_or(f64::INFINITY);
                right[row] = Found { correlation: it, neighbour: Neighbour { index, distance } };
            }
        }
        if best > NOTHING.correlation {
            let distance = distance(windows, new, windows, best_row).unwrap_or(f64::INFINITY);
            let neighbour = Neighbour { index: windows.dropped + best_row, distance };
            left[new] = Found { correlation: best, neighbour };
        }
        left[new].get()
    }
}
