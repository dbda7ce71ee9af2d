//! Events of one kind as Parquet columns, and back. One schema for each kind: times are `timestamp[ns, UTC]`, prices
//! and sizes are decimals of the instrument's own scale, so that any Arrow tool reads them as what they are.
//!
//! Every table starts with `exchange_at`, `arrived_at` and `seq`, the place of the event among all events of its
//! import. A depth event is one row for each level (bids, then asks) that repeats the event's own columns; without
//! levels it is one row whose `side`, `price` and `qty` are null.

pub mod read;
#[cfg(test)]
mod tests;
pub mod write;

pub use read::TableReader;
pub use write::{FinishedTable, TableWriter};

use crate::eventfile::Kind;
use crate::flat::{ColumnType, DIGITS_MAX, Field};
use crate::text::TimeUnit;
use scalp_types::Instrument;

/// Rows of a row group: what a reader must hold at once, about 8 MiB for the widest table.
pub const ROW_GROUP_ROWS: usize = 64 * 1024;
/// Rows that are read at once.
const BATCH_ROWS: usize = 8 * 1024;
/// Key of the instrument's declaration (JSON) in the metadata of every file.
pub const INSTRUMENT_KEY: &str = "scalp.instrument";
/// Key of the sources (JSON: path, bytes, sha256) in the metadata of every file.
pub const SOURCES_KEY: &str = "scalp.sources";

const SIDES: [&str; 2] = ["buy", "sell"];
const BOOK_SIDES: [&str; 2] = ["bid", "ask"];
const DEPTH_KINDS: [&str; 4] = ["delta", "snapshot", "top_snapshot", "clear"];
const ACTIONS: [&str; 5] = ["add", "modify", "delete", "fill", "clear"];
const STATUSES: [&str; 4] = ["trading", "cancel_only", "halted", "delisted"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Time,
    Span,
    Count,
    Small,
    Price,
    Qty,
    Rate,
    Money,
    Word,
}

/// Name, shape, and whether null is allowed.
type ColumnSpec = (&'static str, Shape, bool);

const LEADING: [ColumnSpec; 3] =
    [("exchange_at", Shape::Time, false), ("arrived_at", Shape::Time, false), ("seq", Shape::Count, false)];

const fn column_specs(kind: Kind) -> &'static [ColumnSpec] {
    use Shape::{Count, Money, Price, Qty, Rate, Small, Span, Time, Word};
    match kind {
        Kind::Trade => {
            &[("id", Count, false), ("price", Price, false), ("qty", Qty, false), ("taker", Word, false)]
        }
        Kind::Depth => &[
            ("update", Word, false),
            ("first_id", Count, false),
            ("last_id", Count, false),
            ("previous_id", Count, false),
            ("side", Word, true),
            ("price", Price, true),
            ("qty", Qty, true),
        ],
        Kind::Order => &[
            ("action", Word, false),
            ("id", Count, false),
            ("side", Word, false),
            ("price", Price, false),
            ("qty", Qty, false),
        ],
        Kind::Quote => &[
            ("id", Count, false),
            ("bid_price", Price, false),
            ("bid_qty", Qty, false),
            ("ask_price", Price, false),
            ("ask_qty", Qty, false),
        ],
        Kind::Bar => &[
            ("open_at", Time, false),
            ("span_ns", Span, false),
            ("open", Price, false),
            ("high", Price, false),
            ("low", Price, false),
            ("close", Price, false),
            ("volume", Qty, false),
            ("taker_buy", Qty, false),
            ("trades", Small, false),
        ],
        Kind::Funding => &[("rate", Rate, false), ("mark", Price, true)],
        Kind::Mark => &[("mark", Price, false), ("index", Price, true)],
        Kind::OpenInterest => &[("qty", Qty, false), ("value", Money, true)],
        Kind::Liquidation => &[("side", Word, false), ("price", Price, false), ("qty", Qty, false)],
        Kind::Status => &[("status", Word, false)],
    }
}

fn all_specs(kind: Kind) -> impl Iterator<Item = ColumnSpec> {
    LEADING.into_iter().chain(column_specs(kind).iter().copied())
}

/// A decimal column holds `units * step` with `places` digits after the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scaling {
    step: i128,
    places: u32,
}

impl Scaling {
    /// The scaling of a column of this instrument.
    fn of(shape: Shape, instrument: &Instrument) -> Self {
        let decimal = match shape {
            Shape::Price => instrument.spec.tick,
            Shape::Qty => instrument.spec.lot,
            Shape::Rate => return Self { step: 1, places: 12 },
            _ => return Self { step: 1, places: 8 },
        };
        let decimal = decimal.normalize();
        Self { step: decimal.mantissa(), places: decimal.scale() }
    }
    /// The number in the file, when it fits.
    fn unscaled(self, units: i128) -> Option<i128> {
        units.checked_mul(self.step).filter(|it| it.unsigned_abs() < 10_u128.pow(DIGITS_MAX))
    }
    fn units(self, unscaled: i128) -> Option<i128> {
        (unscaled % self.step == 0).then(|| unscaled / self.step)
    }
}

fn column_type(shape: Shape, scaling: Scaling) -> ColumnType {
    match shape {
        Shape::Time => ColumnType::Instant { unit: TimeUnit::Nanos, utc: true },
        Shape::Span => ColumnType::Whole { bits: 64, signed: true },
        Shape::Count => ColumnType::Whole { bits: 64, signed: false },
        Shape::Small => ColumnType::Whole { bits: 32, signed: false },
        Shape::Price | Shape::Qty | Shape::Rate | Shape::Money => {
            ColumnType::Decimal { digits: DIGITS_MAX, places: scaling.places }
        }
        Shape::Word => ColumnType::Text,
    }
}

fn fields(kind: Kind, instrument: &Instrument) -> Vec<Field> {
    let field = |(name, shape, nullable): ColumnSpec| {
        let holds = column_type(shape, Scaling::of(shape, instrument));
        Field { name: name.to_owned(), holds, nullable }
    };
    all_specs(kind).map(field).collect()
}
