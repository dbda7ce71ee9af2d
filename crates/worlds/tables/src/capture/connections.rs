//! Which connection a frame came through, where a recording says it, and so of which market it is: two markets of one venue may
//! carry one symbol, and a book made of both is none.

use crate::connection::{Connection, choice, lacking, without_query};
use crate::fault::Fault;
use crate::symbols::{Known, Symbols};
use scalp_types::InstrumentId;

/// Connections of one recording, at most; more are an error.
pub const CONNECTIONS_MAX: usize = 1_024;

/// The connections of a recording, and those of them that are read.
#[derive(Debug, Default)]
pub(super) struct Connections {
    chosen: Vec<Box<str>>,
    /// Those of the files before.
    known: Vec<Connection>,
    all: Vec<Connection>,
    /// The one whose frame is being read.
    current: Option<usize>,
    /// The instrument that two markets carry, once that was seen. From then on it is only listed who carries what.
    torn: Option<Torn>,
}

/// An instrument that two markets carry.
#[derive(Debug)]
struct Torn {
    instrument: InstrumentId,
    symbol: String,
    at: usize,
}

impl Connections {
    pub(super) fn new(chosen: Vec<Box<str>>, known: Vec<Connection>) -> Self {
        Self { chosen, known, ..Self::default() }
    }

    /// The connection of this name, with its address where this frame says it.
    pub(super) fn find(&mut self, name: &[u8], address: &[u8]) -> Result<usize, Fault> {
        let at = match self.all.iter().position(|it| it.name.as_bytes() == name) {
            Some(at) => at,
            None if self.all.len() == CONNECTIONS_MAX => {
                return Err(Fault::field("conn", format!("at most {CONNECTIONS_MAX} connections"), name));
            }
            None => {
                let name = String::from_utf8_lossy(name).into_owned();
                let before = self.known.iter().rev().filter(|it| it.name == name);
                let address = before.filter_map(|it| it.address.clone()).next();
                let mut new = Connection { name, address, chosen: false, carries: Vec::new() };
                new.chosen = self.chosen.iter().any(|chosen| new.is_called(chosen));
                self.all.push(new);
                self.all.len() - 1
            }
        };
        if !address.is_empty() {
            let address = without_query(&String::from_utf8_lossy(address)).to_owned();
            let it = &mut self.all[at];
            it.address = Some(address);
            it.chosen = self.chosen.iter().any(|chosen| it.is_called(chosen));
        }
        Ok(at)
    }

    /// Whether frames of a connection are read.
    pub(super) fn is_read(&self, at: usize) -> bool {
        self.chosen.is_empty() || self.all[at].chosen
    }

    /// What is read from now on came through this connection; none where a line names none. Answers the one before.
    pub(super) fn set_current(&mut self, at: Option<usize>) -> Option<usize> {
        std::mem::replace(&mut self.current, at)
    }

    /// Whether lines that name no connection of their own came through one that is not read.
    #[inline]
    pub(super) fn is_passed_over(&self) -> bool {
        self.current.is_some_and(|at| !self.is_read(at))
    }

    /// All of them so far.
    pub(super) fn all(&self) -> &[Connection] {
        &self.all
    }

    /// Whether two markets were found to carry one instrument.
    pub(super) fn is_torn(&self) -> bool {
        self.torn.is_some()
    }

    /// Something of an instrument is told through the current connection.
    #[inline]
    fn told(&mut self, instrument: InstrumentId, symbol: &[u8]) -> Result<(), Fault> {
        match self.current {
            Some(at) if !self.all[at].carries.contains(&instrument) => self.carried(at, instrument, symbol),
            _ => Ok(()),
        }
    }

    /// The same for the first time.
    #[cold]
    fn carried(&mut self, at: usize, instrument: InstrumentId, symbol: &[u8]) -> Result<(), Fault> {
        self.all[at].carries.push(instrument);
        let new = &self.all[at];
        let is_other = |it: &Connection| it.carries.contains(&instrument) && it.is_other_market(new);
        if self.torn.is_some() || !self.all.iter().any(is_other) {
            return Ok(());
        }
        let symbol = String::from_utf8_lossy(symbol).into_owned();
        self.torn = Some(Torn { instrument, symbol, at });
        Err(self.fault().expect("it was just found"))
    }

    /// The fault of an instrument that two markets carry, with all connections known to carry it.
    #[cold]
    pub(super) fn fault(&self) -> Option<Fault> {
        let Torn { instrument, symbol, at } = self.torn.as_ref()?;
        let carriers = self.all.iter().filter(|it| it.carries.contains(instrument));
        let expected = choice(symbol, carriers);
        Some(Fault::field("connection", expected, self.all[*at].name.as_bytes()))
    }

    /// A connection that was chosen and is not there, once the recording was read.
    #[cold]
    pub(super) fn lacking(&self) -> Option<Fault> {
        lacking(&self.chosen, &self.all)
    }
}

/// The instruments that a capture is read for, each of one market.
#[derive(Debug)]
pub(super) struct OfOneMarket {
    symbols: Symbols,
    pub(super) connections: Connections,
}

impl OfOneMarket {
    pub(super) fn new(symbols: Symbols, connections: Connections) -> Self {
        Self { symbols, connections }
    }

    /// [`Symbols::find`], and a fault where another market has told of the instrument.
    #[inline]
    pub(super) fn find(&mut self, name: &[u8]) -> Result<Option<&Known>, Fault> {
        let found = self.symbols.find(name)?;
        if let Some(known) = found {
            self.connections.told(known.id, name)?;
        }
        Ok(found)
    }

    /// [`Symbols::only`].
    pub(super) fn only(&self) -> Option<&Known> {
        self.symbols.only()
    }

    /// [`Symbols::unnamed`], with the same fault.
    pub(super) fn unnamed(&mut self) -> Result<&Known, Fault> {
        let known = self.symbols.unnamed()?;
        self.connections.told(known.id, b"the instrument")?;
        Ok(known)
    }
}
