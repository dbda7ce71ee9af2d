//! What the same returns might have given in another order: resampling, whole or in blocks.
//!
//! Resample number `i` uses substream `i` of its key, so that any partition of the resamples over threads gives the same
//! bits. This crate starts no threads itself.

mod block_length;
mod geometric;
mod ratios;

pub use block_length::{BlockLength, optimal_block_length};
pub use ratios::{Percentiles, Plan, RatioBootstrap, RatioReport, Ratios};

use geometric::Geometric;

use crate::montecarlo::Paths;
use crate::rng::Stream;
use crate::{Error, given};

/// How a resample is put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// One value at a time (Efron 1979): dependence in time is destroyed.
    Independent,
    /// Blocks of this length that lie inside the series (Künsch 1989).
    MovingBlock {
        /// From 1 to the length of the series.
        length: usize,
    },
    /// Blocks of this length that wrap around the end (Politis and Romano 1992), so that all values are equally likely.
    CircularBlock {
        /// From 1 to the length of the series.
        length: usize,
    },
    /// Blocks of geometric length that wrap around the end (Politis and Romano 1994): the resample is stationary.
    Stationary {
        /// From 1 to the length of the series.
        mean_length: f64,
    },
}

/// Resamples one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Resampler {
    values: Vec<f64>,
    method: Method,
    /// Lengths of the blocks of the stationary method.
    lengths: Option<Geometric>,
}

impl Resampler {
    /// Refuses an empty series and blocks that are longer.
    pub fn new(values: &[f64], method: Method) -> Result<Self, Error> {
        given::series("the values to resample", values, 1)?;
        let n = values.len() as f64;
        let length = match method {
            Method::Independent => 1.0,
            Method::MovingBlock { length } | Method::CircularBlock { length } => length as f64,
            Method::Stationary { mean_length } => mean_length,
        };
        let expected = "from 1 to the length of the series is needed";
        given::parameter("the block length", length, (1.0..=n).contains(&length), expected)?;
        let is_stationary = matches!(method, Method::Stationary { .. });
        let lengths = is_stationary.then(|| Geometric::new(length));
        Ok(Self { values: values.to_vec(), method, lengths })
    }

    /// Shows a resample of `length` values, piece by piece.
    #[inline]
    pub fn pieces(&self, stream: &mut Stream, length: usize, see: impl FnMut(&[f64])) {
        let n = self.values.len();
        match self.method {
            Method::Independent => self.singles(stream, length, see),
            Method::MovingBlock { length: block } => {
                self.blocks(stream, length, n - block + 1, |_| block, see);
            }
            Method::CircularBlock { length: block } => self.blocks(stream, length, n, |_| block, see),
            Method::Stationary { .. } => {
                let lengths = self.lengths.as_ref().expect("new makes them for this method");
                self.blocks(stream, length, n, |stream| lengths.draw(stream), see);
            }
        }
    }

    /// Single values, handed on by the dozen: the loop that sees them is then as tight as for blocks.
    #[inline]
    fn singles(&self, stream: &mut Stream, length: usize, mut see: impl FnMut(&[f64])) {
        let n = self.values.len() as u64;
        let mut dozens = [0.0; 48];
        let mut left = length;
        while left > 0 {
            let piece = &mut dozens[..left.min(48)];
            for value in piece.iter_mut() {
                *value = self.values[stream.below(n) as usize];
            }
            left -= piece.len();
            see(piece);
        }
    }

    /// Blocks that start at any of the first `starts` values, the last of them cut short.
    #[inline]
    fn blocks(
        &self,
        stream: &mut Stream,
        length: usize,
        starts: usize,
        mut block: impl FnMut(&mut Stream) -> usize,
        mut see: impl FnMut(&[f64]),
    ) {
        let n = self.values.len();
        let mut left = length;
        while left > 0 {
            let mut from = stream.below(starts as u64) as usize;
            let mut rest = block(stream).min(left);
            left -= rest;
            while rest > 0 {
                let to = (from + rest).min(n);
                see(&self.values[from..to]);
                rest -= to - from;
                from = 0;
            }
        }
    }

    /// A resample as long as `out`.
    pub fn fill(&self, stream: &mut Stream, out: &mut [f64]) {
        let mut place = 0;
        self.pieces(stream, out.len(), |piece| {
            out[place..place + piece.len()].copy_from_slice(piece);
            place += piece.len();
        });
    }
}

/// Prices whose returns are resampled: the model-free Monte Carlo.
#[derive(Clone, Debug, PartialEq)]
pub struct ResampledPrices {
    resampler: Resampler,
    start: f64,
    steps: usize,
}

impl ResampledPrices {
    /// From simple returns per step, none below -1; `start` is above zero and `steps` at least 1.
    pub fn new(returns: &[f64], method: Method, start: f64, steps: usize) -> Result<Self, Error> {
        crate::performance::check(returns, 1)?;
        given::parameter("the price at the start", start, start > 0.0, "above zero is needed")?;
        given::parameter("the steps of a path", steps as f64, steps >= 1, "at least 1 is needed")?;
        Ok(Self { resampler: Resampler::new(returns, method)?, start, steps })
    }
}

impl Paths for ResampledPrices {
    fn steps(&self) -> usize {
        self.steps
    }

    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        out[0] = self.start;
        self.resampler.fill(stream, &mut out[1..]);
        for i in 1..out.len() {
            out[i] = out[i - 1] * (1.0 + out[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    const METHODS: [Method; 4] = [
        Method::Independent,
        Method::MovingBlock { length: 7 },
        Method::CircularBlock { length: 7 },
        Method::Stationary { mean_length: 7.0 },
    ];

    #[test]
    fn blocks_keep_neighbours_and_have_the_length_asked_for() {
        let values: Vec<f64> = (0..50).map(f64::from).collect();
        for (method, share) in METHODS.into_iter().zip([0.0, 6.0 / 7.0, 6.0 / 7.0, 6.0 / 7.0]) {
            let resampler = Resampler::new(&values, method).unwrap();
            let mut out = vec![0.0; 70_000];
            resampler.fill(&mut Key::named(1, "blocks").stream(0), &mut out);
            let joined = out.windows(2).filter(|w| ((w[0] + 1.0) % 50.0 - w[1]).abs() < 0.5).count();
            let got = joined as f64 / 69_999.0;
            // A new block continues the old one by chance in one of fifty.
            let want = share + (1.0 - share) / 50.0;
            println!("{method:?}: {got} of {want} are neighbours");
            assert!((got - want).abs() < 0.006);
            let mean = out.iter().sum::<f64>() / 70_000.0;
            assert!((mean - 24.5).abs() < 0.8, "{method:?}: {mean}");
        }
    }

    #[test]
    fn a_mean_length_of_one_draws_single_values() {
        let mut stream = Key::named(1, "single").stream(0);
        let lengths = Geometric::new(1.0);
        assert!((0..1000).all(|_| lengths.draw(&mut stream) == 1));
    }

    #[test]
    fn refuses_nothing_and_blocks_that_do_not_fit() {
        assert!(Resampler::new(&[], Method::Independent).is_err());
        for bad in [0, 4] {
            assert!(Resampler::new(&[1.0; 3], Method::MovingBlock { length: bad }).is_err());
            assert!(Resampler::new(&[1.0; 3], Method::CircularBlock { length: bad }).is_err());
        }
        assert!(Resampler::new(&[1.0; 3], Method::Stationary { mean_length: f64::NAN }).is_err());
        assert!(ResampledPrices::new(&[-1.5], Method::Independent, 1.0, 3).is_err());
    }
}
