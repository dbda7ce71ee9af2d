//! What was learnt, put away as bytes and taken back in: what comes back goes on to the last bit.
//!
//! A state is loaded into something that was built alike: what building fixes (lengths of windows, half-lives, limits) is not
//! written. Every struct lists all of its fields, those that change and those that building fixes, so that a field that is added
//! and forgotten does not compile.

use crate::error::Error;
use scalp_types::{Side, StateHash};

/// Version of the bytes. A change of what any struct writes must raise it.
const VERSION: u64 = 7;

/// Something with a state.
pub trait State {
    /// Appends what has changed since it was built.
    fn save(&self, to: &mut Vec<u8>);
    /// Takes back what [`State::save`] wrote. What does not fit is remembered by `from`, and leaves any state.
    fn load(&mut self, from: &mut Saved<'_>);
}

/// A value that is its own state.
pub(crate) trait Plain: Copy {
    fn put(self, to: &mut Vec<u8>);
    fn take(from: &mut Saved<'_>) -> Self;
}

/// Bytes that are read back.
#[derive(Debug)]
pub struct Saved<'a> {
    rest: &'a [u8],
    is_damaged: bool,
}

impl Saved<'_> {
    /// Remembers that something does not fit.
    pub(crate) fn refuse(&mut self) {
        self.is_damaged = true;
    }

    /// Whether something did not fit.
    pub(crate) fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    fn word<const N: usize>(&mut self) -> [u8; N] {
        match self.rest.split_first_chunk() {
            Some((word, rest)) => {
                self.rest = rest;
                *word
            }
            None => {
                self.is_damaged = true;
                [0; N]
            }
        }
    }
}

fn sum_of(bytes: &[u8]) -> u64 {
    let mut hash = StateHash::default();
    hash.absorb(bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        hash.absorb(chunk.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
    }
    hash.get()
}

/// Puts a state away under a name (a hash of what it was built of), which whoever takes it back must know.
pub fn seal(name: u64, state: &impl State) -> Vec<u8> {
    let mut bytes = Vec::new();
    VERSION.put(&mut bytes);
    name.put(&mut bytes);
    state.save(&mut bytes);
    let sum = sum_of(&bytes);
    sum.put(&mut bytes);
    bytes
}

/// Takes back what [`seal`] has put away. After an error the state is any.
///
/// # Errors
/// Bytes that are damaged, cut, of another version, of another name, or of what was built in another way.
pub fn unseal(name: u64, bytes: &[u8], state: &mut impl State) -> Result<(), Error> {
    let refuse = |expected: &str, given: String| {
        Err(Error::Input { key: "state", expected: expected.to_owned(), given })
    };
    let Some((body, sum)) = bytes.split_last_chunk() else {
        return refuse("a state that was put away", format!("{} bytes", bytes.len()));
    };
    if u64::from_le_bytes(*sum) != sum_of(body) {
        return refuse("bytes as they were put away", "a sum of them that differs".to_owned());
    }
    let mut from = Saved { rest: body, is_damaged: false };
    let (version, given) = (u64::take(&mut from), u64::take(&mut from));
    if version != VERSION {
        return refuse(&format!("version {VERSION}"), version.to_string());
    }
    if given != name {
        return refuse(&format!("the state of {name:016x}"), format!("that of {given:016x}"));
    }
    state.load(&mut from);
    if from.is_damaged || !from.rest.is_empty() {
        return refuse("a state of what was built alike", format!("{} bytes that do not fit", body.len()));
    }
    Ok(())
}

macro_rules! plain_words {
    ($($type:ty),*) => {$(
        impl Plain for $type {
            fn put(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
            fn take(from: &mut Saved<'_>) -> Self {
                <$type>::from_le_bytes(from.word())
            }
        }
    )*};
}

plain_words!(u8, u32, u64, i64, f64);

impl Plain for usize {
    fn put(self, to: &mut Vec<u8>) {
        (self as u64).put(to);
    }
    fn take(from: &mut Saved<'_>) -> Self {
        usize::try_from(u64::take(from)).unwrap_or_else(|_| {
            from.refuse();
            0
        })
    }
}

impl Plain for bool {
    fn put(self, to: &mut Vec<u8>) {
        u8::from(self).put(to);
    }
    fn take(from: &mut Saved<'_>) -> Self {
        let byte = u8::take(from);
        if byte > 1 {
            from.refuse();
        }
        byte == 1
    }
}

impl Plain for Side {
    fn put(self, to: &mut Vec<u8>) {
        (self == Side::Sell).put(to);
    }
    fn take(from: &mut Saved<'_>) -> Self {
        if bool::take(from) { Side::Sell } else { Side::Buy }
    }
}

impl<T: Plain> Plain for Option<T> {
    fn put(self, to: &mut Vec<u8>) {
        self.is_some().put(to);
        if let Some(it) = self {
            it.put(to);
        }
    }
    fn take(from: &mut Saved<'_>) -> Self {
        bool::take(from).then(|| T::take(from))
    }
}

impl<A: Plain, B: Plain> Plain for (A, B) {
    fn put(self, to: &mut Vec<u8>) {
        self.0.put(to);
        self.1.put(to);
    }
    fn take(from: &mut Saved<'_>) -> Self {
        let first = A::take(from);
        (first, B::take(from))
    }
}

impl<T: Plain, const N: usize> Plain for [T; N] {
    fn put(self, to: &mut Vec<u8>) {
        self.into_iter().for_each(|it| it.put(to));
    }
    fn take(from: &mut Saved<'_>) -> Self {
        std::array::from_fn(|_| T::take(from))
    }
}

impl<T: Plain> State for T {
    fn save(&self, to: &mut Vec<u8>) {
        self.put(to);
    }
    fn load(&mut self, from: &mut Saved<'_>) {
        *self = T::take(from);
    }
}

/// As many as there were when it was built.
impl<T: State> State for [T] {
    fn save(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        self.iter().for_each(|it| it.save(to));
    }
    fn load(&mut self, from: &mut Saved<'_>) {
        if usize::take(from) != self.len() {
            return from.refuse();
        }
        self.iter_mut().for_each(|it| it.load(from));
    }
}

impl<T: State> State for Box<[T]> {
    fn save(&self, to: &mut Vec<u8>) {
        (**self).save(to);
    }
    fn load(&mut self, from: &mut Saved<'_>) {
        (**self).load(from);
    }
}

impl<T: State, const N: usize> State for Box<[T; N]> {
    fn save(&self, to: &mut Vec<u8>) {
        self.as_slice().save(to);
    }
    fn load(&mut self, from: &mut Saved<'_>) {
        self.as_mut_slice().load(from);
    }
}

/// `state!(Type { fields that change; fields that building fixes })`.
macro_rules! state {
    ($type:ident $(<const $n:ident: $of:ty>)? { $($kept:ident),* $(; $($built:ident),+)? }) => {
        impl $(<const $n: $of>)? $crate::state::State for $type $(<$n>)? {
            fn save(&self, to: &mut Vec<u8>) {
                let Self { $($kept,)* $($($built: _,)+)? } = self;
                $($crate::state::State::save($kept, to);)*
            }
            fn load(&mut self, from: &mut $crate::state::Saved<'_>) {
                let Self { $($kept,)* $($($built: _,)+)? } = self;
                $($crate::state::State::load($kept, from);)*
            }
        }
    };
}

/// `plain!(Type { every field })`.
macro_rules! plain {
    ($type:ident { $($field:ident),* }) => {
        impl $crate::state::Plain for $type {
            fn put(self, to: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::state::Plain::put($field, to);)*
            }
            fn take(from: &mut $crate::state::Saved<'_>) -> Self {
                $(let $field = $crate::state::Plain::take(from);)*
                Self { $($field),* }
            }
        }
    };
}

pub(crate) use {plain, state};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_what_was_put_away_and_nothing_else_comes_back() {
        let state = (-0.0_f64, [Some((7_usize, Side::Sell)), None, Some((0, Side::Buy))]);
        let bytes = seal(9, &state);
        let mut back = (1.0, [None; 3]);
        unseal(9, &bytes, &mut back).unwrap();
        assert_eq!((back.0.to_bits(), back.1), (state.0.to_bits(), state.1));
        let said = |name: u64, bytes: &[u8]| {
            let mut back = (1.0_f64, [None::<(usize, Side)>; 3]);
            unseal(name, bytes, &mut back).unwrap_err().to_string()
        };
        assert!(said(8, &bytes).contains("0000000000000009"), "{}", said(8, &bytes));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 16;
            assert!(said(9, &damaged).starts_with("state"), "byte {at}: {}", said(9, &damaged));
            assert!(said(9, &bytes[..at]).starts_with("state"), "cut at {at}");
        }
        // Of another shape, and whole.
        let mut other = (0.0_f64, [None::<(usize, Side)>; 4]);
        assert!(unseal(9, &bytes, &mut other).unwrap_err().to_string().contains("do not fit"));
        let mut windows = (vec![0.0; 3].into_boxed_slice(), vec![0.0; 4].into_boxed_slice());
        let bytes = seal(1, &windows.0);
        assert!(unseal(1, &bytes, &mut windows.0).is_ok());
        assert!(unseal(1, &bytes, &mut windows.1).is_err());
    }
}
