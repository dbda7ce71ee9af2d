//! A table of returns: a row is a period or a scenario, a column is an asset.

use crate::covariance::dot;
use crate::error::Error;

/// Simple returns, finite, at least two rows. For drawdowns the rows are in the order of time.
#[derive(Clone, Debug)]
pub struct Scenarios {
    assets: usize,
    values: Vec<f64>,
    scale: f64,
}

impl Scenarios {
    /// Checks and keeps a table given row by row.
    ///
    /// # Errors
    /// Fewer than two rows, an incomplete row, or a value that is not finite, with its row and column.
    pub fn new(assets: usize, values: Vec<f64>) -> Result<Self, Error> {
        if assets == 0 {
            return Err(Error::TooFew { what: "assets of the scenarios", have: 0, need: 1 });
        }
        let rows = values.len() / assets;
        if values.len() != rows * assets {
            return Err(Error::Size { what: "scenarios", have: values.len(), need: (rows + 1) * assets });
        }
        if rows < 2 {
            return Err(Error::TooFew { what: "rows of the scenarios", have: rows, need: 2 });
        }
        if let Some(at) = values.iter().position(|it| !it.is_finite()) {
            let (row, column) = (at / assets, at % assets);
            return Err(Error::NotFinite { what: "scenarios", row, column, value: values[at] });
        }
        let square: f64 = values.iter().map(|it| it * it).sum();
        let scale = libm::sqrt(square / values.len() as f64);
        Ok(Self { assets, values, scale: if scale > 0.0 { scale } else { 1.0 } })
    }

    /// How many assets.
    #[must_use]
    pub fn assets(&self) -> usize {
        self.assets
    }

    /// How many rows.
    #[must_use]
    pub fn periods(&self) -> usize {
        self.values.len() / self.assets
    }

    /// One row.
    #[must_use]
    pub fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.assets..(at + 1) * self.assets]
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.assets)
    }

    /// The mean return of each asset.
    #[must_use]
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.assets];
        for row in self.rows() {
            for (mean, value) in mean.iter_mut().zip(row) {
                *mean += value;
            }
        }
        mean.iter().map(|it| it / self.periods() as f64).collect()
    }

    /// The return of a portfolio in each row.
    #[must_use]
    pub fn of(&self, weights: &[f64]) -> Vec<f64> {
        self.rows().map(|row| dot(row, weights)).collect()
    }

    /// Root mean square of all values, by which programmes are scaled.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }
}
