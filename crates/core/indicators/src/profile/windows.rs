//! What has to be known of each window of a series, value by value. Knows nothing of neighbours.

use super::Error;

/// Diagonals that are walked side by side; also how far the columns are padded.
pub(super) const LANES: usize = 64;
/// A covariance is calculated anew at least each so many steps along its diagonal, so that rounding cannot pile up.
const STEPS_MAX: usize = 4096;
/// A window whose norm is smaller than this part of what its predecessors had starts anew: what rounding left of
/// the large ones would be large to it.
const DROP: f64 = 1e-2;
/// Correlations above this count as equal.
const ONE: f64 = 1.0 - 1e-13;
/// A larger value counts as missing, because the product of two sums of squares could overflow.
const VALUE_MAX: f64 = 1e100;
/// A smaller sum of squared differences counts as none, because its reciprocal could overflow.
const SQUARES_MIN: f64 = 1e-200;

/// Windows whose starts are so many places apart, or fewer, are no neighbours: a quarter of the window, rounded up.
pub fn exclusion_zone(window: usize) -> usize {
    window.div_ceil(4)
}

pub(super) fn is_missing(x: f64) -> bool {
    // Written so that NaN is missing too.
    !matches!(x.abs().partial_cmp(&VALUE_MAX), Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal))
}

pub(super) fn check_window(window: usize) -> Result<(), Error> {
    if window < 3 { Err(Error::Window { given: window, least: 3 }) } else { Ok(()) }
}

/// The windows of a series, as columns. Column `i` belongs to the window that starts at value `i`.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub window: usize,
    /// The values, a missing one replaced by the one before it (by 0 at the start).
    pub values: Vec<f64>,
    pub mean: Vec<f64>,
    /// One over the norm of the centred window; 0 where it is constant, NaN where a value is missing. NaN compares
    /// false with everything, so such a window never becomes a neighbour.
    pub inverse: Vec<f64>,
    /// A half where the window is constant, else 0. The sum of two of them is the correlation by stumpy's rule if either
    /// is constant.
    pub half: Vec<f64>,
    /// Half the difference of the value that entered and the one that left.
    pub change: Vec<f64>,
    /// The sum of what both had above the means of their windows.
    pub height: Vec<f64>,
    /// Whether covariances start anew here.
    pub anew: Vec<bool>,
    /// How many values at the end are not missing.
    present: usize,
    /// How many values at the end are equal.
    equal: usize,
    /// The largest norm since the last start.
    norm_max: f64,
    /// Windows that were dropped from the front.
    pub dropped: usize,
}

impl Windows {
    /// For a stream of at most `values_max` values at a time.
    pub fn with_capacity(window: usize, values_max: usize) -> Windows {
        let room = || Vec::with_capacity(values_max);
        Windows {
            window,
            values: room(),
            mean: room(),
            inverse: room(),
            half: room(),
            change: room(),
            height: room(),
            anew: Vec::with_capacity(values_max),
            present: 0,
            equal: 0,
            norm_max: 0.0,
            dropped: 0,
        }
    }

    /// Of a whole series. `need` values must be there.
    pub fn of(what: &'static str, values: &[f64], window: usize, need: usize) -> Result<Windows, Error> {
        check_window(window)?;
        if values.len() < need {
            return Err(Error::TooShort { what, have: values.len(), need });
        }
        let most = u32::MAX as usize - LANES;
        if values.len() > most {
            return Err(Error::TooLong { what, have: values.len(), most });
        }
        let mut it = Windows::with_capacity(window, values.len() + LANES);
        for &x in values {
            it.push(x);
        }
        Ok(it)
    }

    /// How many windows there are.
    pub fn count(&self) -> usize {
        self.mean.len()
    }

    pub fn has_constant(&self) -> bool {
        self.half.iter().any(|it| *it > 0.0)
    }

    pub fn push(&mut self, x: f64) {
        let last = self.values.last().copied();
        let missing = is_missing(x);
        let value = if missing { last.unwrap_or(0.0) } else { x };
        self.present = if missing { 0 } else { self.present + 1 };
        let same = last.is_some_and(|it| it.to_bits() == value.to_bits() || (it - value).abs() <= 0.0);
        self.equal = if same { self.equal + 1 } else { 1 };
        self.values.push(value);
        if self.values.len() >= self.window {
            self.open();
        }
    }

    /// The window that ends with the last value.
    fn open(&mut self) {
        let m = self.window;
        let at = self.values.len() - m;
        let values = &self.values[at..];
        // Twice, because the first mean of large values is off by what the second finds.
        let rough = values.iter().sum::<f64>() / m as f64;
        let mean = rough + values.iter().map(|x| x - rough).sum::<f64>() / m as f64;
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();

        let constant = self.equal >= m || squares < SQUARES_MIN;
        let norm = if constant { 0.0 } else { squares.sqrt() };
        let present = self.present >= m;
        self.inverse.push(match (present, constant) {
            (false, _) => f64::NAN,
            (true, true) => 0.0,
            (true, false) => 1.0 / norm,
        });
        self.half.push(if present && constant { 0.5 } else { 0.0 });
        if at == 0 {
            self.change.push(0.0);
            self.height.push(0.0);
        } else {
            let (left, entered) = (self.values[at - 1], self.values[at + m - 1]);
            self.change.push(0.5 * (entered - left));
            self.height.push((entered - mean) + (left - self.mean[at - 1]));
        }
        self.mean.push(mean);

        let dropped = norm > 0.0 && norm < DROP * self.norm_max;
        self.norm_max = if dropped { norm } else { self.norm_max.max(norm) };
        self.anew.push(dropped || (self.dropped + at).is_multiple_of(STEPS_MAX));
    }

    /// Forgets the first `n` values and their windows without giving memory back.
    pub fn drop_front(&mut self, n: usize) {
        self.values.drain(..n);
        for column in [&mut self.mean, &mut self.inverse, &mut self.half, &mut self.change, &mut self.height]
        {
            column.drain(..n);
        }
        self.anew.drain(..n);
        self.dropped += n;
    }

    /// Columns for a block of diagonals that runs over the end: windows that are nobody's neighbour.
    pub fn pad(&mut self) {
        for (column, blank) in [
            (&mut self.values, 0.0),
            (&mut self.mean, 0.0),
            (&mut self.inverse, f64::NAN),
            (&mut self.half, 0.0),
            (&mut self.change, 0.0),
            (&mut self.height, 0.0),
        ] {
            column.resize(column.len() + LANES, blank);
        }
        self.anew.resize(self.anew.len() + LANES, false);
    }
}

/// Calculates the covariances (times `m`) of window `i` of `rows` with `LANES` windows of `columns` from `j` on.
pub(super) fn covariances(rows: &Windows, i: usize, columns: &Windows, j: usize, out: &mut [f64; LANES]) {
    let m = rows.window;
    let mean = rows.mean[i];
    let means = &columns.mean[j..j + LANES];
    out.fill(0.0);
    for (x, values) in rows.values[i..i + m].iter().zip(columns.values[j..].windows(LANES)) {
        let x = x - mean;
        for ((sum, y), mean) in out.iter_mut().zip(values).zip(means) {
            *sum += x * (y - mean);
        }
    }
}

/// The same for one pair, by the same steps.
pub(super) fn covariance(rows: &Windows, i: usize, columns: &Windows, j: usize) -> f64 {
    let m = rows.window;
    let (mean_x, mean_y) = (rows.mean[i], columns.mean[j]);
    let pairs = rows.values[i..i + m].iter().zip(&columns.values[j..j + m]);
    let mut sum = 0.0;
    for (x, y) in pairs {
        sum += (x - mean_x) * (y - mean_y);
    }
    sum
}

/// What counts as the correlation when neighbours are compared.
#[inline]
pub(super) fn clipped(correlation: f64) -> f64 {
    if correlation > ONE { ONE } else { correlation }
}

/// The distance of two windows, from their values. `None` where either misses a value.
pub(super) fn distance(rows: &Windows, i: usize, columns: &Windows, j: usize) -> Option<f64> {
    let m = rows.window;
    let (p, q) = (rows.inverse[i], columns.inverse[j]);
    if p.is_nan() || q.is_nan() {
        return None;
    }
    match (rows.half[i] > 0.0, columns.half[j] > 0.0) {
        (true, true) => return Some(0.0),
        (true, false) | (false, true) => return Some((m as f64).sqrt()),
        (false, false) => {}
    }
    let (mean_x, mean_y) = (rows.mean[i], columns.mean[j]);
    let mut sums = [0.0; 4];
    let (x, y) = (&rows.values[i..i + m], &columns.values[j..j + m]);
    let mut add = |k: usize, x: f64, y: f64| {
        let gap = (x - mean_x) * p - (y - mean_y) * q;
        sums[k] += gap * gap;
    };
    let (xs, ys) = (x.chunks_exact(4), y.chunks_exact(4));
    for (k, (x, y)) in xs.remainder().iter().zip(ys.remainder()).enumerate() {
        add(k, *x, *y);
    }
    for (x, y) in xs.zip(ys) {
        for k in 0..4 {
            add(k, x[k], y[k]);
        }
    }
    Some((((sums[0] + sums[1]) + (sums[2] + sums[3])) * m as f64).sqrt())
}
