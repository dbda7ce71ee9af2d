//! Random numbers by counter: a draw is a function of seed, stream name, substream and place, so that an answer does not
//! depend on the number of threads, nor on what others drew.
//!
//! A [`Key`] is a seed and a name. Under a key there are 2^64 substreams, one for each path of a simulation, and each has
//! 2^66 words. Everything uses integers, the four operations, square root and `libm` only: the same bits on every
//! machine. Who needs one word for each normal draws `normal_quantile(uniform())`, at about half the speed.

mod distributions;
mod philox;
mod ziggurat;

pub use distributions::{Gamma, Poisson};
pub use philox::philox4x64;

/// Seed and name of a family of streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key([u64; 2]);

impl Key {
    /// The key of this name under this seed: the same for ever, and independent of other names.
    pub fn named(seed: u64, name: &str) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self([seed, hash])
    }

    /// The key of this number under this seed.
    pub const fn numbered(seed: u64, number: u64) -> Self {
        Self([seed, number])
    }

    /// Substream `number`, from its first word.
    pub const fn stream(self, number: u64) -> Stream {
        Stream {
            key: self.0,
            substream: number,
            branch: 0,
            block: 0,
            words: [0; 4],
            used: 4,
            mirrored: false,
        }
    }
}

/// One substream, read word by word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u64; 2],
    substream: u64,
    /// 0 for the stream itself, the place of the split plus one for a split.
    branch: u64,
    block: u64,
    words: [u64; 4],
    used: usize,
    mirrored: bool,
}

impl Stream {
    /// The mirror image from here on: each uniform `u` becomes `1 - u`, each normal `z` becomes `-z`. Antithetic
    /// variates (Hammersley and Morton 1956) are a stream and its mirror image.
    #[must_use]
    pub const fn mirrored(mut self) -> Self {
        self.mirrored = !self.mirrored;
        self
    }

    /// A stream of its own for this place, which takes nothing from this one: for draws of varying number that must not
    /// shift what comes after. Two splits at the same word are the same stream.
    #[must_use]
    pub const fn split(&self) -> Self {
        Self {
            key: self.key,
            substream: self.substream,
            branch: self.block.wrapping_mul(4).wrapping_add(self.used as u64).wrapping_add(1),
            block: 0,
            words: [0; 4],
            used: 4,
            mirrored: self.mirrored,
        }
    }

    /// The next 64 bits. Not mirrored.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        if self.used == 4 {
            self.words = philox4x64([self.block, self.substream, self.branch, 0], self.key);
            self.block += 1;
            self.used = 0;
        }
        let word = self.words[self.used];
        self.used += 1;
        word
    }

    /// Uniform in (0, 1): one of the 2^52 middles of equal cells, so that neither end is reached and `1 - u` is exact.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        let u = middle(self.next_u64());
        if self.mirrored { 1.0 - u } else { u }
    }

    /// Uniform in `0..bound`; 0 for a bound of 0 (Lemire 2019 without the rejection: the bias is below bound / 2^64).
    /// Not mirrored.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Standard normal, by the ziggurat (Marsaglia and Tsang 2000) with layer, sign and place from different bits of one
    /// word. One draw in ninety takes more than one word; which, depends on the words alone. Mirrored exactly.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        let word = self.next_u64();
        let layer = (word & 0xff) as usize;
        let z = (word >> 11) as f64 * (1.0 / (1_u64 << 53) as f64) * ziggurat::X[layer];
        let z = if z < ziggurat::X[layer + 1] { z } else { self.normal_at_edge(layer, z) };
        let negative = (word & 0x100 != 0) ^ self.mirrored;
        if negative { -z } else { z }
    }

    /// What is left when a point fell outside the inner box of its layer: accepted under the curve, or drawn anew.
    #[cold]
    #[inline(never)]
    fn normal_at_edge(&mut self, layer: usize, z: f64) -> f64 {
        use ziggurat::{F, X};
        let (mut layer, mut z) = (layer, z);
        loop {
            if layer == 0 {
                return self.normal_tail();
            }
            let height = F[layer] + (F[layer + 1] - F[layer]) * middle(self.next_u64());
            if height < libm::exp(-z * z / 2.0) {
                return z;
            }
            let word = self.next_u64();
            layer = (word & 0xff) as usize;
            z = (word >> 11) as f64 * (1.0 / (1_u64 << 53) as f64) * X[layer];
            if z < X[layer + 1] {
                return z;
            }
        }
    }

    /// Beyond the last edge, by rejection from an exponential (Marsaglia 1964).
    fn normal_tail(&mut self) -> f64 {
        let edge = ziggurat::X[1];
        loop {
            let beyond = -libm::log(middle(self.next_u64())) / edge;
            let height = -libm::log(middle(self.next_u64()));
            if 2.0 * height >= beyond * beyond {
                return edge + beyond;
            }
        }
    }

    /// Exponential with mean 1.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// Fills with uniforms, as so many calls of [`Stream::uniform`].
    pub fn fill_uniform(&mut self, out: &mut [f64]) {
        for value in out {
            *value = self.uniform();
        }
    }

    /// Fills with standard normals, as so many calls of [`Stream::normal`].
    pub fn fill_normal(&mut self, out: &mut [f64]) {
        for value in out {
            *value = self.normal();
        }
    }
}

#[inline]
fn middle(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_substream_is_the_cipher_of_its_counter() {
        let mut stream = Key::numbered(7, 9).stream(5);
        let got: Vec<u64> = (0..8).map(|_| stream.next_u64()).collect();
        assert_eq!(got[..4], philox4x64([0, 5, 0, 0], [7, 9]));
        assert_eq!(got[4..], philox4x64([1, 5, 0, 0], [7, 9]));
    }

    #[test]
    fn names_seeds_and_substreams_differ_and_repeat() {
        let first = |key: Key, number| key.stream(number).next_u64();
        let base = first(Key::named(1, "paths"), 0);
        assert_eq!(base, first(Key::named(1, "paths"), 0));
        assert_ne!(base, first(Key::named(1, "jumps"), 0));
        assert_ne!(base, first(Key::named(2, "paths"), 0));
        assert_ne!(base, first(Key::named(1, "paths"), 1));
    }

    #[test]
    fn uniforms_stay_inside_and_mirror_exactly() {
        assert!(middle(0) > 0.0 && middle(u64::MAX) < 1.0);
        let key = Key::named(3, "mirror");
        let (mut plain, mut mirror) = (key.stream(0), key.stream(0).mirrored());
        for _ in 0..1000 {
            assert_eq!(plain.uniform().to_bits(), (1.0 - mirror.uniform()).to_bits());
            assert_eq!(plain.normal().to_bits(), (-mirror.normal()).to_bits());
        }
    }

    #[test]
    fn the_bits_are_the_same_on_every_machine_for_ever() {
        let key = Key::named(1, "pinned");
        let mut stream = key.stream(0);
        let mut mix = 0_u64;
        let gamma = Gamma::new(1.7).expect("above zero");
        let poisson = Poisson::new(20.0).expect("above zero");
        for _ in 0..1000 {
            for value in [
                stream.uniform(),
                stream.normal(),
                stream.exponential(),
                gamma.draw(&mut stream),
                poisson.draw(&mut stream) as f64,
            ] {
                mix = mix.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ value.to_bits();
            }
        }
        assert_eq!(mix, 1_921_326_582_164_820_174);
    }

    #[test]
    fn a_split_takes_nothing_and_depends_on_its_place() {
        let mut stream = Key::named(6, "split").stream(1);
        let mut twin = stream.clone();
        let mut splits = vec![];
        for _ in 0..10 {
            splits.push(stream.split().next_u64());
            assert_eq!(stream.next_u64(), twin.next_u64());
        }
        let firsts = splits.len();
        splits.sort_unstable();
        splits.dedup();
        assert_eq!(splits.len(), firsts);
    }

    #[test]
    fn normals_fill_their_law_evenly_far_into_the_tails() {
        let mut stream = Key::named(5, "normal cells").stream(0);
        let n = 4_000_000;
        let (mut cells, mut far) = ([0_u32; 256], [0_u32; 4]);
        for _ in 0..n {
            let z = stream.normal();
            cells[((crate::special::normal_cdf(z) * 256.0) as usize).min(255)] += 1;
            for (count, edge) in far.iter_mut().zip([3.0, 3.5, 4.0, 4.5]) {
                *count += u32::from(z.abs() > edge);
            }
        }
        let want = f64::from(n) / 256.0;
        let chi: f64 = cells.iter().map(|c| (f64::from(*c) - want) * (f64::from(*c) - want) / want).sum();
        println!("chi-square {chi} with 255 degrees of freedom");
        // The 0.01 % and 99.99 % points.
        assert!((178.0..348.0).contains(&chi));
        for (count, edge) in far.iter().zip([3.0, 3.5, 4.0, 4.5]) {
            let want = 2.0 * crate::special::normal_sf(edge) * f64::from(n);
            println!("beyond {edge}: {count} of {want}");
            assert!((f64::from(*count) - want).abs() < 4.0 * want.sqrt());
        }
    }

    #[test]
    fn uniforms_fill_their_range_evenly() {
        let mut stream = Key::named(4, "cells").stream(0);
        let mut cells = [0_u32; 64];
        for _ in 0..640_000 {
            cells[(stream.uniform() * 64.0) as usize] += 1;
        }
        let chi: f64 = cells.iter().map(|c| (f64::from(*c) - 1e4) * (f64::from(*c) - 1e4) / 1e4).sum();
        // 63 degrees of freedom: the 0.1 % and 99.9 % points.
        assert!((34.0..104.0).contains(&chi), "{chi}");
        assert!((0..1000).all(|_| stream.below(3) < 3));
        assert_eq!(stream.below(0), 0);
    }
}
