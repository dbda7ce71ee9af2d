//! Lengths of geometric law, mostly read from a table: the logarithm that gives them costs more than a block.

use crate::rng::Stream;

/// Equal cells of the uniform number.
const CELLS: usize = 2_048;
/// Nearer to a whole number than this, the rounding of the logarithm decides.
const MARGIN: f64 = 1e-6;
/// The cell holds more than one length.
const ASK: u32 = 0;

/// Whole numbers from one on, each larger one less likely by one factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Geometric {
    /// `1 / ln(1 - 1 / mean)`.
    per_log: f64,
    /// The length of every number in a cell, or [`ASK`].
    lengths: Vec<u32>,
}

impl Geometric {
    /// Of this mean, at least 1.
    pub fn new(mean: f64) -> Self {
        let per_log = 1.0 / libm::log1p(-1.0 / mean);
        // How many lengths lie below a uniform number; none lie below 1, and the logarithm of 0 has no end.
        let beyond = |cell: usize| libm::log(cell as f64 / CELLS as f64) * per_log;
        let lengths = (0..CELLS).map(|cell| {
            let (least, most) = (beyond(cell + 1) - MARGIN, beyond(cell) + MARGIN);
            let is_known = most.is_finite() && most < f64::from(u32::MAX);
            let is_one = is_known && least.max(0.0) as u32 == most as u32;
            if is_one { 1 + most as u32 } else { ASK }
        });
        Self { per_log, lengths: lengths.collect() }
    }

    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> usize {
        let uniform = stream.uniform();
        match self.lengths[(uniform * CELLS as f64) as usize] {
            ASK => self.asked(uniform),
            length => length as usize,
        }
    }

    #[cold]
    fn asked(&self, uniform: f64) -> usize {
        // For a mean of one the logarithm is minus infinity, its inverse zero, and the block one value.
        1 + (libm::log(uniform) * self.per_log) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn the_table_gives_what_the_logarithm_gives() {
        for mean in [1.0, 1.000_1, 1.5, 2.0, 10.0, 47.3, 1e3, 1e6] {
            let lengths = Geometric::new(mean);
            let told = lengths.lengths.iter().filter(|it| **it != ASK).count();
            println!("mean {mean}: {told} of {CELLS} cells hold one length");
            let key = Key::named(5, "geometric");
            let (mut drawn, mut again) = (key.stream(0), key.stream(0));
            for _ in 0..200_000 {
                assert_eq!(lengths.draw(&mut drawn), lengths.asked(again.uniform()), "mean {mean}");
            }
            // Both ends of every cell, and the numbers beside them.
            for cell in 1..CELLS {
                let edge = cell as f64 / CELLS as f64;
                for uniform in [edge, edge.next_down(), edge.next_up()] {
                    let told = lengths.lengths[(uniform * CELLS as f64) as usize];
                    assert!(told == ASK || told as usize == lengths.asked(uniform), "mean {mean}: {uniform}");
                }
            }
        }
    }
}
