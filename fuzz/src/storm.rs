//! Mutated valid inputs, always the same for a seed: the poor man's fuzzer that needs no special build.

use crate::Target;
use scalp_types::rng::Stream;

/// An input never grows beyond this.
const BYTES_MAX: usize = 1 << 16;

/// Texts that have broken parsers before.
const NASTY: [&[u8]; 20] = [
    b"0",
    b"-1",
    b"NaN",
    b"1e30",
    b"-0.0",
    b"99999999999999999999999999",
    b"0.00000000000000000000000001",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"\"",
    b"\\u",
    b"{",
    b"[[[[[[[[",
    b"}",
    b",",
    b"\n",
    b"\0\0\0\0\0\0\0\0",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"",
];

/// Runs `target` on its seeds and on `rounds` mutations of them. A panic names the target and the round; the same
/// `seed` makes the same inputs.
pub fn storm(target: &Target, seed: u64, rounds: u32) {
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty(), "a storm begins with something");
    for input in &seeds {
        (target.run)(input);
    }
    let mut rng = Stream::named(seed, target.name);
    for round in 0..rounds {
        let input = mutated(&seeds, &mut rng);
        if std::panic::catch_unwind(|| (target.run)(&input)).is_err() {
            panic!("{} panicked in round {round} of seed {seed} on {:?}", target.name, Escaped(&input));
        }
    }
}

struct Escaped<'a>(&'a [u8]);

impl std::fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

fn mutated(seeds: &[Vec<u8>], rng: &mut Stream) -> Vec<u8> {
    let any = |rng: &mut Stream| &seeds[rng.below(seeds.len() as u64) as usize];
    let mut input = any(rng).clone();
    for _ in 0..1 + rng.below(4) {
        let at = rng.below(input.len() as u64 + 1) as usize;
        let end = (at + 1 + rng.below(16) as usize).min(input.len());
        match rng.below(8) {
            0 if at < input.len() => input[at] ^= 1 << rng.below(8),
            1 if at < input.len() => input[at] = rng.next_u64() as u8,
            2 => input.truncate(at),
            3 => drop(input.drain(at..end)),
            4 => drop(input.splice(at..end, NASTY[rng.below(NASTY.len() as u64) as usize].iter().copied())),
            5 => {
                let part = input[at..end].to_vec();
                drop(input.splice(at..at, part));
            }
            6 => {
                let other = any(rng);
                let from = rng.below(other.len() as u64 + 1) as usize;
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => number(&mut input, at, rng),
        }
        input.truncate(BYTES_MAX);
    }
    input
}

/// Replaces the run of digits at or after `at` by a nasty text.
fn number(input: &mut Vec<u8>, at: usize, rng: &mut Stream) {
    let digit = |it: &u8| it.is_ascii_digit() || *it == b'.';
    let Some(start) = input[at..].iter().position(digit).map(|it| at + it) else { return };
    let end = input[start..].iter().position(|it| !digit(it)).map_or(input.len(), |it| start + it);
    drop(input.splice(start..end, NASTY[rng.below(NASTY.len() as u64) as usize].iter().copied()));
}
