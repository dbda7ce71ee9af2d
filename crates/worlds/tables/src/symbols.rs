//! Which names in a file are which instruments of the run, with the steps of their prices and sizes.

use crate::fault::Fault;
use crate::text::{Grid, NumberFault};
use scalp_types::{Instrument, InstrumentId, Instruments, Price, Qty};
use std::sync::{Arc, Mutex};

/// Names of others that are remembered.
pub const OTHERS_MAX: usize = 64;

/// An instrument that rows are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The instrument.
    pub id: InstrumentId,
    /// Turns price text into ticks.
    pub price: Grid,
    /// Turns size text into lots.
    pub size: Grid,
}

impl Known {
    /// A price that can be traded: on the grid and above zero.
    #[inline]
    pub fn price(&self, field: &str, text: &[u8]) -> Result<Price, Fault> {
        match self.price.count(text) {
            Ok(ticks) if ticks > 0 => Ok(Price::new(ticks)),
            Ok(_) => Err(Fault::field(field, "a price above zero", text)),
            Err(e) => Err(number_fault(field, self.price, e, text)),
        }
    }
    /// A size on the grid, zero or more.
    #[inline]
    pub fn size(&self, field: &str, text: &[u8]) -> Result<Qty, Fault> {
        match self.size.count(text) {
            Ok(lots) if lots >= 0 => Ok(Qty::new(lots)),
            Ok(_) => Err(Fault::field(field, "a size of zero or more", text)),
            Err(e) => Err(number_fault(field, self.size, e, text)),
        }
    }
    /// A price that need not be on the grid (mark, index): the nearest tick.
    #[inline]
    pub fn price_near(&self, field: &str, text: &[u8]) -> Result<Price, Fault> {
        match self.price.nearest(text) {
            Ok((ticks, _)) if ticks > 0 => Ok(Price::new(ticks)),
            Ok(_) => Err(Fault::field(field, "a price above zero", text)),
            Err(e) => Err(number_fault(field, self.price, e, text)),
        }
    }
}

/// The fault of a number that is not on its grid.
#[cold]
pub fn number_fault(field: &str, grid: Grid, fault: NumberFault, text: &[u8]) -> Fault {
    match fault {
        NumberFault::OffGrid => Fault::off_grid(field, grid.unit(), text),
        NumberFault::OutOfRange => {
            Fault::field(field, format!("at most {} steps of {}", i64::MAX, grid.unit()), text)
        }
        NumberFault::NotANumber => Fault::field(field, "a decimal number", text),
    }
}

/// The names of instruments whose rows were left out, as they first came: [`OTHERS_MAX`] of them at most. A clone is another
/// look at the same names.
#[derive(Debug, Clone, Default)]
pub struct Others(Arc<Mutex<Vec<String>>>);

impl Others {
    /// The names so far.
    pub fn names(&self) -> Vec<String> {
        self.0.lock().expect("nobody panics while adding a name").clone()
    }
    fn add(&self, name: &[u8]) {
        let mut names = self.0.lock().expect("nobody panics while adding a name");
        if names.len() < OTHERS_MAX && !names.iter().any(|it| it.as_bytes() == name) {
            names.push(String::from_utf8_lossy(name).into_owned());
        }
    }
}

/// The instruments that a file is read for.
#[derive(Debug, Clone, Default)]
pub struct Symbols {
    all: Vec<(Box<str>, Known)>,
    last: usize,
    skip_others: bool,
    others: Option<Others>,
    /// The one left out last: rows of one name follow one another.
    other: Vec<u8>,
}

impl Symbols {
    /// None yet; add with [`Self::with`].
    pub fn none() -> Self {
        Self::default()
    }
    /// One instrument under its own symbol.
    pub fn one(instrument: &Instrument) -> Self {
        Self::none().with(&instrument.spec.symbol, instrument)
    }
    /// All instruments of a venue under their own symbols.
    pub fn of_venue(instruments: &Instruments, venue: &str) -> Self {
        let of_venue = instruments.iter().filter(|it| it.spec.venue == venue);
        of_venue.fold(Self::none(), |all, it| all.with(&it.spec.symbol, it))
    }
    /// One more instrument, under the name that the file has for it. Panics for a tick or lot of more than 18 digits.
    pub fn with(mut self, name: &str, instrument: &Instrument) -> Self {
        let (price, size) = Grid::of(instrument).expect("ticks and lots have at most 18 digits");
        self.all.push((name.into(), Known { id: instrument.id, price, size }));
        self
    }
    /// Leaves rows of other symbols out instead of refusing them.
    pub fn skip_others(mut self) -> Self {
        self.skip_others = true;
        self
    }
    /// The same, and the names of the others are told.
    pub fn tell_others(self, others: &Others) -> Self {
        Self { others: Some(others.clone()), ..self.skip_others() }
    }
    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|it| &*it.0)
    }
    /// The only instrument; `None` when there are none or several.
    pub fn only(&self) -> Option<&Known> {
        match &self.all[..] {
            [(_, one)] => Some(one),
            _ => None,
        }
    }
    /// The only instrument, for rows that name none.
    pub fn unnamed(&self) -> Result<&Known, Fault> {
        self.only().ok_or_else(|| {
            let names = self.names().collect::<Vec<_>>().join(", ");
            Fault::field("symbol", format!("a name in the row, or one instrument instead of ({names})"), b"")
        })
    }
    /// The instrument of this name; `None` when rows of others are left out; else an error.
    #[inline]
    pub fn find(&mut self, name: &[u8]) -> Result<Option<&Known>, Fault> {
        if self.all.get(self.last).is_none_or(|it| it.0.as_bytes() != name) {
            match self.all.iter().position(|it| it.0.as_bytes() == name) {
                Some(at) => self.last = at,
                None if self.skip_others => {
                    if let Some(others) = self.others.as_ref().filter(|_| self.other != name) {
                        self.other = name.to_vec();
                        others.add(name);
                    }
                    return Ok(None);
                }
                None => return Err(Fault::unknown_instrument(name, self.names())),
            }
        }
        Ok(self.all.get(self.last).map(|it| &it.1))
    }
}
