//! Records: why everything was done, in fixed-size values that cost no allocation.

use scalp_execution::{Change, Difference, EndedOrder};
use scalp_ledger::{BalanceChange, LedgerChange, LedgerError};
use scalp_market::{Undivided, WrongPrint};
use scalp_risk::{ModeChange, ModeRefused, Refusal};
use scalp_types::{
    AccountEvent, AssetId, Bar, Fill, GroupId, InstrumentId, Intent, Money, OrderEvent, OrderId, OrderIntent,
    OrderRequest, OrderStatus, Price, Reason, TimerId, Timestamp,
};

/// One record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// The event that caused it.
    pub seq: u64,
    /// The time of that event (of an equity sample: the time that it stands for).
    pub at: Timestamp,
    /// What is recorded.
    pub body: RecordBody,
}

/// The kinds of record. `Decisions` keeps all but those marked *full*.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "records live in buffers that are made once")]
pub enum RecordBody {
    /// The gate let an order through, perhaps smaller than wished.
    Approved {
        /// What was wished.
        intent: OrderIntent,
        /// What goes out.
        request: OrderRequest,
        /// Best bid and ask when it was decided, which its fills are compared with; the last trade as both where the
        /// data has no book.
        touch: Option<(Price, Price)>,
    },
    /// An emergency closes (part of) a position.
    Emergency {
        /// What goes out.
        request: OrderRequest,
        /// Best bid and ask when it was decided; the last trade as both where the data has no book.
        touch: Option<(Price, Price)>,
    },
    /// The gate said no.
    Refused {
        /// What was wished.
        intent: OrderIntent,
        /// Why not, with the numbers.
        refusal: Refusal,
    },
    /// A wish that never came to the gate.
    Dropped {
        /// What was wished.
        intent: Intent,
        /// Why.
        why: Drop,
    },
    /// *Full.* The venue answered about an order of ours.
    Order {
        /// The strategy's name for it.
        tag: u64,
        /// Where it stands now.
        status: OrderStatus,
        /// What the answer meant.
        change: Change,
        /// What the venue said.
        event: OrderEvent,
    },
    /// *Full.* The venue answered about an order of ours that had ended: an answer that others have overtaken.
    Late(OrderEvent),
    /// An order came to its end.
    Ended(EndedOrder),
    /// A fill, booked.
    Fill {
        /// Our id of the order.
        order: OrderId,
        /// The strategy's name for it; `None` when the venue made the order.
        tag: Option<u64>,
        /// Which instrument.
        instrument: InstrumentId,
        /// When it traded at the venue.
        exchange_at: Timestamp,
        /// Why the order was wished; `None` when the venue made it.
        reason: Option<Reason>,
        /// The fill.
        fill: Fill,
        /// What it did to the position.
        change: LedgerChange,
    },
    /// *Full.* One line of the ledger's journal.
    Balance(BalanceChange),
    /// Something else happened to the account.
    Account(AccountEvent),
    /// Fills had been booked in another order than at the venue: its cost of the position has been taken over.
    Adopted {
        /// Of which instrument.
        instrument: InstrumentId,
        /// The cost now, in its settle asset.
        cost: Money,
        /// The change of the profit booked so far.
        profit: Money,
    },
    /// *Full.* A bar closed.
    Bar {
        /// Of which instrument.
        instrument: InstrumentId,
        /// The bar.
        bar: Bar,
    },
    /// What one asset was worth.
    Equity {
        /// Which asset.
        asset: AssetId,
        /// In its wallet.
        balance: Money,
        /// With the open profit.
        equity: Money,
        /// Value of all positions that settle in it, positive.
        gross: Money,
        /// Value of the long ones less value of the short ones.
        net: Money,
    },
    /// The trading mode changed.
    Mode(ModeChange),
    /// A looser mode was asked for too soon.
    ModeRefused(ModeRefused),
    /// Something came in that cannot be; it was left out.
    Fault(Fault),
    /// A print was judged wrong, two prints or more after it came.
    WrongPrint {
        /// Of which instrument.
        instrument: InstrumentId,
        /// The print.
        print: WrongPrint,
    },
    /// A print was in doubt when it came; told with the next one.
    DoubtedPrint {
        /// Of which instrument.
        instrument: InstrumentId,
        /// When it came, by the exchange's clock.
        at: Timestamp,
        /// When the next one came.
        until: Timestamp,
        /// Its price.
        price: Price,
        /// What was usual then.
        usual: Price,
    },
}

/// Why a wish never came to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drop {
    /// More wishes in one decision than the engine takes.
    TooManyWishes,
    /// No room for more actions in this step.
    ActionsFull,
    /// No room for more open orders.
    OrdersFull,
    /// The order has ended, or never was.
    UnknownOrder(OrderId),
    /// A cancel is out already.
    NotCancellable(OrderId),
    /// An instrument of another run.
    UnknownInstrument(InstrumentId),
    /// The parent of its group was refused.
    ParentRefused(GroupId),
    /// A timer beyond those the engine keeps.
    UnknownTimer(TimerId),
}

/// What came in and cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An event of an instrument of another run.
    UnknownInstrument(InstrumentId),
    /// An answer about an order that is not ours. (A fill of such an order is booked all the same.)
    UnknownOrder(OrderId),
    /// The same fill again.
    DuplicateFill(OrderId),
    /// The ledger could not book it; trading is paused, because the books may be wrong from here on.
    Ledger(LedgerError),
    /// A second genesis.
    Genesis,
    /// The venue was asked as often as it may be and did not answer: about this order, or how the account stands. The
    /// order stays unknown.
    Unanswered {
        /// Which order; none for the account.
        order: Option<OrderId>,
        /// Its instrument.
        instrument: InstrumentId,
    },
    /// Our books are not the venue's, and no lost message explains it; trading is paused.
    Unreconciled(Difference),
    /// A bar of the feed does not lie whole in one of the bars that are to be made of it, and is in none.
    UndividedBar {
        /// Its instrument.
        instrument: InstrumentId,
        /// The two lengths.
        why: Undivided,
    },
}
