//! How far ahead paths go, how many there are, and from which seed.

use super::{Sample, StudyError};
use scalp_quant::montecarlo::Grid;

const PATHS: std::ops::RangeInclusive<usize> = 1_000..=1_000_000;

/// Paths of steps that have not come yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AheadArgs {
    /// Steps ahead.
    pub horizon: usize,
    /// How many paths.
    pub paths: usize,
    /// Their seed.
    pub seed: u64,
}

impl AheadArgs {
    /// The grid of a path. Refuses what would take more than `work_max` steps.
    pub fn grid(self, sample: &Sample, work_max: usize) -> Result<Grid, StudyError> {
        let Self { horizon, paths, .. } = self;
        if horizon == 0 {
            return Err(StudyError::Asked("--horizon: expected at least 1, got 0".into()));
        }
        if !PATHS.contains(&paths) {
            let (least, most) = (PATHS.start(), PATHS.end());
            return Err(StudyError::Asked(format!("--paths: expected {least} to {most}, got {paths}")));
        }
        if horizon.saturating_mul(paths) > work_max {
            return Err(StudyError::Asked(format!(
                "--horizon: {horizon} steps of {paths} paths are more than {work_max}: take fewer of one"
            )));
        }
        Grid::new(horizon, horizon as f64 / sample.per_year).map_err(StudyError::of("--horizon"))
    }
}
