//! Bars of equal time for what is measured bar by bar. Prices are floats here: money is not kept in them.

use crate::measure::Print;

/// A finished bar.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bar {
    /// Price of the last trade.
    pub close: f64,
    /// Base units.
    pub volume: f64,
    /// Quote currency.
    pub value: f64,
    /// Base units, buys less sells.
    pub signed: f64,
    /// Sum of sign times the square root of value.
    pub signed_root: f64,
}

impl Bar {
    #[inline]
    fn add(&mut self, trade: &Print, sign: f64) {
        self.close = trade.price;
        self.volume += trade.size;
        self.value += trade.value();
        self.signed += sign * trade.size;
        self.signed_root += sign * trade.value().sqrt();
    }
}

/// Cuts trades into bars that begin at whole multiples of their length since 1970. A bar is finished by the first trade of
/// another one; bars without trades do not exist. A trade of the bar before the open one is late and counts with the open
/// one; one from further back closes it, so that a single wrong time holds nothing up.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    nanos: i64,
    open: Option<(i64, Bar)>,
}

impl Clock {
    /// Bars of `seconds`; of one trade each if that is zero.
    #[must_use]
    pub fn new(seconds: f64) -> Clock {
        Clock { nanos: (seconds * 1e9) as i64, open: None }
    }

    /// Takes a trade in, with its sign, and gives the bar that it finishes.
    #[inline]
    pub fn push(&mut self, trade: &Print, sign: f64) -> Option<Bar> {
        if self.nanos == 0 {
            let mut bar = Bar::default();
            bar.add(trade, sign);
            return Some(bar);
        }
        let index = trade.at.div_euclid(self.nanos);
        match &mut self.open {
            Some((open, bar)) if index == *open || index + 1 == *open => {
                bar.add(trade, sign);
                None
            }
            open => {
                let mut bar = Bar::default();
                bar.add(trade, sign);
                open.replace((index, bar)).map(|(_, finished)| finished)
            }
        }
    }
}

/// The last values of several columns, oldest first, in rings of one length.
#[derive(Clone, Debug)]
pub(crate) struct Rows<const N: usize> {
    rows: Box<[[f64; N]]>,
    next: usize,
    held: usize,
}

impl<const N: usize> Rows<N> {
    pub(crate) fn new(length: usize) -> Rows<N> {
        Rows { rows: vec![[0.0; N]; length.max(1)].into_boxed_slice(), next: 0, held: 0 }
    }

    /// Takes a row in and gives the one that falls out.
    #[inline]
    pub(crate) fn push(&mut self, row: [f64; N]) -> Option<[f64; N]> {
        let old = std::mem::replace(&mut self.rows[self.next], row);
        self.next = if self.next + 1 == self.rows.len() { 0 } else { self.next + 1 };
        if self.held == self.rows.len() {
            return Some(old);
        }
        self.held += 1;
        None
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.held == self.rows.len()
    }

    /// Whether the newest row is the last of the ring: true once in a length, when sums are made anew.
    #[inline]
    pub(crate) fn at_end(&self) -> bool {
        self.next == 0
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.held
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f64; N]> + Clone {
        let (newer, older) = self.rows[..self.held].split_at(if self.is_full() { self.next } else { 0 });
        older.iter().chain(newer)
    }
}
