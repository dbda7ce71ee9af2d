//! The result of a run in one object: what is printed with `--json` and kept with the run.

use crate::decided::{by_symbol, decided};
use crate::drive::Driven;
use crate::measure::Spent;
use rust_decimal::Decimal;
use scalp_engine::{Engine, Fault};
use scalp_ledger::Ledger;
use scalp_market::BarRule;
use scalp_report::data::Features;
use scalp_sim::Exchange;
use scalp_strategy::Strategy;
use scalp_types::number::div_round;
use scalp_types::{AssetId, Instrument, InstrumentId, Instruments, Money, Price, Qty, Rounding, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// An exact decimal that is a plain JSON number with all its digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact(pub Decimal);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = serde_json::value::RawValue::from_string(self.0.normalize().to_string());
        raw.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
        let number = Decimal::from_str_exact(raw.get()).or_else(|_| Decimal::from_scientific(raw.get()));
        number.map(Self).map_err(serde::de::Error::custom)
    }
}

/// One number when there is one instrument or asset, else one for each by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// The only one.
    One(Exact),
    /// By name.
    Many(BTreeMap<String, Exact>),
}

impl OneOrMany {
    fn of(all: impl IntoIterator<Item = (String, Decimal)>) -> Self {
        let all: BTreeMap<String, Exact> = all.into_iter().map(|(name, it)| (name, Exact(it))).collect();
        match all.first_key_value() {
            Some((_, only)) if all.len() == 1 => Self::One(*only),
            _ => Self::Many(all),
        }
    }
}

/// One instrument at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtTheEnd {
    /// Signed position in units of the instrument.
    pub position: Exact,
    /// Profit booked, before fees.
    pub realised: Exact,
    /// Profit of what is open, at the mark or the middle of the touch.
    pub unrealised: Exact,
    /// Fees paid.
    pub fees: Exact,
    /// Funding received.
    pub funding: Exact,
    /// Best bid.
    pub bid: Option<Exact>,
    /// Best ask.
    pub ask: Option<Exact>,
    /// Last trade.
    pub last: Option<Exact>,
    /// Sum of best bid and best ask over all book messages.
    pub touch_sum: Exact,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run's name.
    pub name: String,
    /// The strategy's name.
    pub strategy: String,
    /// Version of the program.
    pub version: &'static str,
    /// First event, UTC.
    pub first_at: Option<String>,
    /// Last event, UTC.
    pub last_at: Option<String>,
    /// Market rows: one for each changed level, each cleared book and each other market event.
    pub events: u64,
    /// Market messages.
    pub messages: u64,
    /// Bars closed.
    pub bars: u64,
    /// Orders that reached the venue.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Orders sent.
    pub submits: u64,
    /// Cancels sent.
    pub cancels: u64,
    /// Amends sent.
    pub amends: u64,
    /// Refused by the venue.
    pub rejects: u64,
    /// Refused by our own risk gate.
    pub refused: u64,
    /// The same by the name of the refusal.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refused_kinds: BTreeMap<&'static str, u64>,
    /// Prints that were judged wrong, where they are watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong_prints: Option<u64>,
    /// Fills that a print in doubt brought, where prints are watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fills_in_doubt: Option<u64>,
    /// Steps of liquidations.
    pub liquidations: u64,
    /// Things that came in and could not be.
    pub faults: u64,
    /// The same by kind: see [`fault_name`].
    pub fault_kinds: BTreeMap<&'static str, u64>,
    /// Questions asked of the venue: about orders of unknown fate, and how the account stands.
    pub look_ups: u64,
    /// The venue's books are not ours at the end, and the figures are what the core believed.
    pub unreconciled: bool,
    /// Signed position in units, by symbol when there are several instruments.
    pub position: OneOrMany,
    /// Size traded, in units.
    pub volume: OneOrMany,
    /// Value traded, by settle asset when there are several.
    pub value: OneOrMany,
    /// Fees paid, by settle asset when there are several.
    pub fees: OneOrMany,
    /// Funding received.
    pub funding: OneOrMany,
    /// In the wallet.
    pub balance: OneOrMany,
    /// In the wallet, with the open profit at the mark or the middle of the touch.
    pub equity: OneOrMany,
    /// Each instrument, by symbol.
    pub instruments: BTreeMap<String, AtTheEnd>,
    /// CPU seconds of the run itself: from the first event to the last.
    pub cpu_seconds: f64,
    /// Wall seconds of the run itself.
    pub wall_seconds: f64,
    /// `events / cpu_seconds`.
    pub events_per_cpu_second: f64,
    /// CPU seconds spent before it on reading and converting the data; near zero when that was done before.
    pub load_cpu_seconds: f64,
    /// The most memory the process has held.
    pub peak_rss_bytes: Option<u64>,
    /// What was odd about the data, found while it was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the strategy has to say of the whole run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The features that the strategy decided by, in the order of symbols.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "by_symbol")]
    pub features: Vec<Features>,
    /// Hash of everything that went by and of the state at the end.
    pub state_hash: String,
    /// Where the run is kept.
    pub folder: Option<String>,
}

/// Traded size and value of one instrument.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traded {
    /// Lots.
    pub qty: i128,
    /// Value in the settle asset.
    pub value: Money,
}

/// What a summary is made from, beside the engine and the exchange.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The run's name.
    pub name: &'a str,
    /// The strategy's name.
    pub strategy: &'a str,
    /// What went by.
    pub driven: &'a Driven,
    /// What the run cost.
    pub spent: Spent,
    /// What reading the data cost.
    pub loading: Spent,
    /// By instrument.
    pub traded: &'a [Traded],
    /// By instrument, in ticks.
    pub touch_sums: &'a [i128],
    /// What came in and could not be.
    pub faults: &'a [(Timestamp, Fault)],
    /// Fills that a print in doubt brought.
    pub fills_in_doubt: u64,
    /// What was odd about the data.
    pub warnings: &'a [String],
    /// What bars are built by.
    pub bars: &'a [(InstrumentId, BarRule)],
}

impl Summary {
    /// Of a run that has ended.
    pub fn of<S: Strategy>(engine: &Engine<S>, exchange: &Exchange, facts: &Facts<'_>) -> Self {
        let instruments = engine.instruments();
        let counts = exchange.counts();
        let driven = facts.driven;
        let settle = settle_assets(instruments);
        let asset = |id: AssetId| instruments.assets()[id.index()].clone();
        let by_asset = |of: &dyn Fn(AssetId) -> Money| {
            OneOrMany::of(settle.iter().map(|&id| (asset(id), of(id).to_decimal())))
        };
        let in_asset = |id: AssetId, of: &dyn Fn(&Instrument) -> Money| {
            instruments.iter().filter(|it| it.settle == id).map(of).sum::<Money>()
        };
        let by_symbol = |of: &dyn Fn(&Instrument) -> Decimal| {
            OneOrMany::of(instruments.iter().map(|it| (label(instruments, it), of(it))))
        };
        let position = |it: &Instrument| engine.ledger().position(it.id);
        Self {
            name: facts.name.into(),
            strategy: facts.strategy.into(),
            version: env!("CARGO_PKG_VERSION"),
            first_at: driven.first_at.map(|it| it.to_string()),
            last_at: driven.first_at.map(|_| driven.last_at.to_string()),
            events: driven.rows,
            messages: driven.messages,
            bars: engine.counters().bars,
            orders: counts.submits,
            fills: engine.counters().fills,
            submits: driven.submits,
            cancels: driven.cancels,
            amends: driven.amends,
            rejects: counts.rejects,
            refused: engine.gate().refusals().map(|(_, count)| count).sum(),
            refused_kinds: engine.gate().refusals().filter(|it| it.1 > 0).collect(),
            wrong_prints: engine.watches_prints().then_some(engine.counters().wrong_prints),
            fills_in_doubt: engine.watches_prints().then_some(facts.fills_in_doubt),
            liquidations: counts.liquidations,
            faults: engine.counters().faults,
            fault_kinds: fault_kinds(facts.faults),
            look_ups: driven.look_ups,
            unreconciled: !is_reconciled(engine.ledger(), exchange.ledger(), instruments),
            position: by_symbol(&|it| it.qty_decimal(position(it).qty)),
            volume: by_symbol(&|it| lots(it, facts.traded[it.id.index()].qty)),
            value: by_asset(&|id| in_asset(id, &|it| facts.traded[it.id.index()].value)),
            fees: by_asset(&|id| in_asset(id, &|it| position(it).fees)),
            funding: by_asset(&|id| in_asset(id, &|it| position(it).funding)),
            balance: by_asset(&|id| engine.ledger().balance(id)),
            equity: by_asset(&|id| equity(engine, id)),
            instruments: instruments
                .iter()
                .map(|it| (label(instruments, it), at_the_end(engine, it, facts.touch_sums[it.id.index()])))
                .collect(),
            cpu_seconds: facts.spent.cpu_seconds,
            wall_seconds: facts.spent.wall_seconds,
            events_per_cpu_second: driven.rows as f64 / facts.spent.cpu_seconds.max(1e-9),
            load_cpu_seconds: facts.loading.cpu_seconds,
            peak_rss_bytes: crate::measure::peak_rss_bytes(),
            warnings: facts.warnings.to_vec(),
            remarks: engine.strategy().remarks(),
            features: decided(engine.strategy(), instruments, facts.bars),
            state_hash: engine.state_hash().to_string(),
            folder: None,
        }
    }
}

/// How many there were of each kind.
pub fn fault_kinds(faults: &[(Timestamp, Fault)]) -> BTreeMap<&'static str, u64> {
    let mut kinds = BTreeMap::new();
    faults.iter().for_each(|it| *kinds.entry(fault_name(&it.1)).or_default() += 1);
    kinds
}

/// The kind of a fault, in a stable word for files.
pub const fn fault_name(fault: &Fault) -> &'static str {
    match fault {
        Fault::UnknownInstrument(_) => "unknown_instrument",
        Fault::UnknownOrder(_) => "unknown_order",
        Fault::DuplicateFill(_) => "duplicate_fill",
        Fault::Ledger(_) => "ledger",
        Fault::Genesis => "genesis",
        Fault::Unanswered { .. } => "unanswered",
        Fault::Unreconciled(_) => "unreconciled",
        Fault::UndividedBar { .. } => "undivided_bar",
    }
}

/// The symbol, or venue and symbol where the symbol alone is not enough.
pub fn label(instruments: &Instruments, it: &Instrument) -> String {
    let twice = instruments.iter().filter(|other| other.spec.symbol == it.spec.symbol).count() > 1;
    if twice { it.name() } else { it.spec.symbol.clone() }
}

/// True when two books tell the same story: the same positions, and the same money. Profit that one has booked and the
/// other still holds open, because fills came in another order, is no difference.
pub fn is_reconciled(ours: &Ledger, theirs: &Ledger, instruments: &Instruments) -> bool {
    instruments.iter().all(|it| ours.position(it.id).qty == theirs.position(it.id).qty)
        && settle_assets(instruments)
            .into_iter()
            .all(|it| ours.cash(it, instruments) == theirs.cash(it, instruments))
}

/// The assets that something settles in, by id.
pub fn settle_assets(instruments: &Instruments) -> Vec<AssetId> {
    let mut all: Vec<AssetId> = instruments.iter().map(|it| it.settle).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Wallet and open profit of one asset. Where there is no mark price, positions are valued at the exact middle of the
/// touch, which may lie between two ticks.
pub fn equity<S: Strategy>(engine: &Engine<S>, asset: AssetId) -> Money {
    let instruments = engine.instruments();
    let open = instruments.iter().filter(|it| it.settle == asset).map(|it| unrealised(engine, it));
    let coins: Money = instruments
        .iter()
        .filter(|it| it.settle == asset && it.spec.contract == scalp_types::Contract::Spot)
        .filter_map(|it| it.checked_value(engine.mark(it.id)?, engine.position(it.id)))
        .sum();
    engine.ledger().balance(asset) + open.sum() + coins
}

fn unrealised<S: Strategy>(engine: &Engine<S>, instrument: &Instrument) -> Money {
    let ledger = engine.ledger();
    if instrument.spec.contract == scalp_types::Contract::Spot {
        return Money::ZERO;
    }
    let touch = engine.market().touch(instrument.id);
    match (touch.mark, touch.bid, touch.ask) {
        (None, Some(bid), Some(ask)) => {
            let both = ledger.unrealised(instrument, bid.price) + ledger.unrealised(instrument, ask.price);
            Money::new(div_round(both.get(), 2, Rounding::HalfEven))
        }
        _ => engine.mark(instrument.id).map_or(Money::ZERO, |mark| ledger.unrealised(instrument, mark)),
    }
}

fn at_the_end<S: Strategy>(engine: &Engine<S>, it: &Instrument, touch_sum: i128) -> AtTheEnd {
    let position = engine.ledger().position(it.id);
    let touch = engine.market().touch(it.id);
    let price = |price: Price| Exact(it.price_decimal(price));
    AtTheEnd {
        position: Exact(it.qty_decimal(position.qty)),
        realised: Exact(position.realised.to_decimal()),
        unrealised: Exact(unrealised(engine, it).to_decimal()),
        fees: Exact(position.fees.to_decimal()),
        funding: Exact(position.funding.to_decimal()),
        bid: touch.bid.map(|level| price(level.price)),
        ask: touch.ask.map(|level| price(level.price)),
        last: touch.last.map(price),
        touch_sum: Exact(wide(touch_sum) * it.spec.tick),
    }
}

fn lots(it: &Instrument, lots: i128) -> Decimal {
    i64::try_from(lots).map_or_else(|_| wide(lots) * it.spec.lot, |lots| it.qty_decimal(Qty::new(lots)))
}

fn wide(count: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(count, 0).unwrap_or(Decimal::MAX)
}

/// Traded size and value, by instrument.
pub fn traded(
    instruments: &Instruments,
    fills: impl Iterator<Item = (InstrumentId, Price, Qty)>,
) -> Vec<Traded> {
    let mut all = vec![Traded::default(); instruments.len()];
    for (id, price, qty) in fills {
        let it = &mut all[id.index()];
        it.qty += i128::from(qty.get());
        it.value += instruments.get(id).value(price, qty);
    }
    all
}
