//! Events: the only way in. The core is a function of these and of nothing else.

use crate::account::AccountEvent;
use crate::ids::{RunId, TimerId};
use crate::instrument::Instruments;
use crate::market::MarketEvent;
use crate::order::OrderEvent;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One event in the one total order. `seq` counts from 0 without gaps; `at` never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Place in the order.
    pub seq: u64,
    /// Now.
    pub at: Timestamp,
    /// What happened.
    pub body: Body<'a>,
}

/// The kinds of event.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// The first event: builds the engine.
    Genesis(&'a Genesis),
    /// The market.
    Market(MarketEvent<'a>),
    /// An answer about an order.
    Order(OrderEvent),
    /// A change of the account.
    Account(AccountEvent),
    /// A timer that the core asked for.
    Timer(Timer),
    /// An operator.
    Command(Command),
}

/// An event before it has a place in the order.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// When it reached us.
    pub at: Timestamp,
    /// What happened.
    pub body: IncomingBody<'a>,
}

/// What can come in once the engine has been built.
#[derive(Debug, Clone, Copy)]
pub enum IncomingBody<'a> {
    /// The market.
    Market(MarketEvent<'a>),
    /// An answer about an order.
    Order(OrderEvent),
    /// A change of the account.
    Account(AccountEvent),
    /// A timer.
    Timer(Timer),
    /// An operator.
    Command(Command),
}

impl<'a> IncomingBody<'a> {
    /// The same, as the body of a sequenced event.
    #[inline]
    pub const fn into_body(self) -> Body<'a> {
        match self {
            Self::Market(it) => Body::Market(it),
            Self::Order(it) => Body::Order(it),
            Self::Account(it) => Body::Account(it),
            Self::Timer(it) => Body::Timer(it),
            Self::Command(it) => Body::Command(it),
        }
    }
}

/// Everything the engine is built from, so that a journal alone can rebuild a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Which run.
    pub run: RunId,
    /// Seeds every random stream.
    pub seed: u64,
    /// Hash of the whole configuration as text.
    pub config_hash: [u8; 32],
    /// The instruments, by id.
    pub instruments: Instruments,
    /// The configuration of the core as text (JSON), so that a replay needs no other file.
    pub config: String,
}

/// A timer that came due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Which.
    pub id: TimerId,
    /// When it was to come; the event's `at` may be later.
    pub due: Timestamp,
}

/// How far trading may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything the limits allow.
    #[default]
    Normal,
    /// Only orders that shrink a position.
    Reduced,
    /// No new orders; what is open stays.
    Paused,
    /// Cancel everything, close everything.
    Emergency,
}

/// An operator's command: an event like any other, journaled with who and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Who, as an index into the operators known to the node; 0 is the program itself.
    pub operator: u32,
    /// What.
    pub body: CommandBody,
}

/// The kinds of command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandBody {
    /// Change the trading mode.
    SetMode(Mode),
    /// Ask for a snapshot of the state.
    Snapshot,
    /// Ask the venue how everything stands: messages may have been lost (a stream was cut, a run is about to end).
    Reconcile,
}
