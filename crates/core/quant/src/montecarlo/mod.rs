//! What might happen: paths of price models, what they come to, and how far chance alone explains the answer.
//!
//! A model is prepared for a [`Grid`] and then makes path number `i` from substream `i`. Paths do not know each other, so
//! that a caller may give [`evaluate`] any block of them on any thread: put together in order, the answers are the same
//! bits for every partition. This crate starts no threads itself.
//!
//! Rates, drifts and volatilities are per year, times in years.

pub mod estimate;
mod fourier;
pub mod fractional;
pub mod gbm;
pub mod heston;
pub mod merton;
pub mod ornstein_uhlenbeck;
pub mod outcome;
pub mod stress;

pub use estimate::Estimate;
pub use fractional::FractionalBrownian;
pub use gbm::GeometricBrownian;
pub use heston::Heston;
pub use merton::Merton;
pub use ornstein_uhlenbeck::OrnsteinUhlenbeck;
pub use outcome::PathOutcome;
pub use stress::Stress;

use crate::rng::{Key, Stream};
use crate::{Error, given};

/// Equal steps of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    steps: usize,
    dt: f64,
}

/// Most steps of a path.
pub const STEPS_MAX: usize = 1 << 24;

impl Grid {
    /// `steps` (1 to 2^24) over `horizon` years, which is above zero.
    pub fn new(steps: usize, horizon: f64) -> Result<Self, Error> {
        given::parameter(
            "the steps of a path",
            steps as f64,
            (1..=STEPS_MAX).contains(&steps),
            "1 to 2^24 are needed",
        )?;
        given::parameter("the horizon in years", horizon, horizon > 0.0, "above zero is needed")?;
        Ok(Self { steps, dt: horizon / steps as f64 })
    }

    /// Number of steps; a path has one value more.
    pub const fn steps(self) -> usize {
        self.steps
    }

    /// Length of a step in years.
    pub const fn dt(self) -> f64 {
        self.dt
    }
}

/// Makes paths.
pub trait Paths {
    /// Number of steps; a path has one value more.
    fn steps(&self) -> usize;

    /// Writes one path, the start included, into `out`, whose length is `steps() + 1`.
    fn path(&self, stream: &mut Stream, out: &mut [f64]);
}

/// How path numbers are mapped to random streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Path `i` has substream `i`.
    Independent,
    /// Paths `2k` and `2k + 1` are substream `k` and its mirror image; their mean varies less for monotone payoffs.
    Antithetic,
}

/// Where the randomness of a simulation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// Seed and name.
    pub key: Key,
    /// How paths share substreams.
    pub pairing: Pairing,
}

impl Draws {
    /// Independent paths.
    pub const fn independent(key: Key) -> Self {
        Self { key, pairing: Pairing::Independent }
    }

    /// Pairs of mirror images.
    pub const fn antithetic(key: Key) -> Self {
        Self { key, pairing: Pairing::Antithetic }
    }

    /// The stream of this path.
    pub const fn stream(self, path: u64) -> Stream {
        match self.pairing {
            Pairing::Independent => self.key.stream(path),
            Pairing::Antithetic if path.is_multiple_of(2) => self.key.stream(path / 2),
            Pairing::Antithetic => self.key.stream(path / 2).mirrored(),
        }
    }
}

/// What each of the paths `first .. first + out.len()` comes to: `of` sees the whole path, the start included.
pub fn evaluate<T>(
    model: &impl Paths,
    draws: Draws,
    first: u64,
    out: &mut [T],
    mut of: impl FnMut(&[f64]) -> T,
) {
    let mut path = vec![0.0; model.steps() + 1];
    for (number, value) in (first..).zip(out) {
        model.path(&mut draws.stream(number), &mut path);
        *value = of(&path);
    }
}

/// Writes the paths from number `first` one behind the other into `out`, whose length is a multiple of `steps() + 1`.
pub fn simulate(model: &impl Paths, draws: Draws, first: u64, out: &mut [f64]) -> Result<(), Error> {
    let length = model.steps() + 1;
    let whole = out.len() / length;
    given::equal_lengths("the place for paths", out.len(), "whole paths", whole * length)?;
    for (number, path) in (first..).zip(out.chunks_exact_mut(length)) {
        model.path(&mut draws.stream(number), path);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn models() -> Vec<Box<dyn Paths>> {
        let grid = Grid::new(13, 0.5).unwrap();
        let heston = heston::Parameters {
            start: 100.0,
            drift: 0.03,
            variance: 0.25,
            reversion: 2.0,
            mean_variance: 0.36,
            volatility_of_variance: 0.9,
            correlation: -0.6,
        };
        let jumps = merton::Parameters {
            start: 100.0,
            drift: 0.05,
            volatility: 0.5,
            jumps_per_year: 40.0,
            jump_mean: -0.04,
            jump_deviation: 0.08,
        };
        vec![
            Box::new(
                GeometricBrownian::new(gbm::Parameters { start: 100.0, drift: 0.05, volatility: 0.6 }, grid)
                    .unwrap(),
            ),
            Box::new(Merton::new(jumps, grid).unwrap()),
            Box::new(Heston::new(heston, heston::Scheme::QuadraticExponential, grid).unwrap()),
            Box::new(Heston::new(heston, heston::Scheme::FullTruncationEuler, grid).unwrap()),
            Box::new(
                OrnsteinUhlenbeck::new(
                    ornstein_uhlenbeck::Parameters { start: 1.0, reversion: 3.0, mean: 0.2, volatility: 0.4 },
                    grid,
                )
                .unwrap(),
            ),
            Box::new(
                FractionalBrownian::new(fractional::Parameters { start: 0.0, hurst: 0.7, scale: 1.0 }, grid)
                    .unwrap(),
            ),
        ]
    }

    struct Any<'a>(&'a dyn Paths);

    impl Paths for Any<'_> {
        fn steps(&self) -> usize {
            self.0.steps()
        }
        fn path(&self, stream: &mut Stream, out: &mut [f64]) {
            self.0.path(stream, out);
        }
    }

    proptest! {
        #[test]
        fn any_partition_gives_the_same_bits(cuts in prop::collection::vec(0_usize..60, 0..6), mirrored: bool) {
            let key = Key::named(1, "partition");
            let draws = if mirrored { Draws::antithetic(key) } else { Draws::independent(key) };
            let mut cuts = cuts;
            cuts.extend([0, 60]);
            cuts.sort_unstable();
            for model in &models() {
                let model = Any(model.as_ref());
                let length = model.steps() + 1;
                let mut whole = vec![0.0; 60 * length];
                simulate(&model, draws, 1000, &mut whole).unwrap();
                let mut parts = vec![0.0; 60 * length];
                // From the last block to the first, as threads might.
                for pair in cuts.windows(2).rev() {
                    simulate(&model, draws, 1000 + pair[0] as u64, &mut parts[pair[0] * length..pair[1] * length]).unwrap();
                }
                prop_assert!(whole.iter().zip(&parts).all(|(a, b)| a.to_bits() == b.to_bits()));
                prop_assert!(whole.iter().all(|v| v.is_finite()));
            }
        }
    }

    #[test]
    fn refuses_a_grid_of_nothing_and_a_place_that_cuts_a_path() {
        assert!(Grid::new(0, 1.0).is_err() && Grid::new(1, 0.0).is_err() && Grid::new(1, f64::NAN).is_err());
        let grid = Grid::new(4, 1.0).unwrap();
        let model = GeometricBrownian::new(gbm::Parameters { start: 1.0, drift: 0.0, volatility: 0.1 }, grid)
            .unwrap();
        let draws = Draws::independent(Key::named(1, "cut"));
        assert!(simulate(&model, draws, 0, &mut [0.0; 9]).is_err());
        assert!(simulate(&model, draws, 0, &mut [0.0; 10]).is_ok());
    }
}
