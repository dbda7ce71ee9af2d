//! Events of every kind, by hand and by chance, in a form that owns its levels.
#![allow(dead_code, reason = "each test binary uses its own part")]

use proptest::collection::vec;
use proptest::prelude::*;
use scalp_journal::medium::Medium;
use scalp_journal::{Frame, ReadError, Reader, Writer, WriterConfig};
use scalp_types::*;

/// An event that owns what it says.
#[derive(Debug, Clone, PartialEq)]
pub enum Owned {
    Depth { kind: DepthKind, ids: [u64; 3], bids: Vec<Level>, asks: Vec<Level> },
    Market(MarketBody<'static>),
    Order(OrderEvent),
    Account(AccountEvent),
    Timer(Timer),
    Command(Command),
}

/// One of them, its arrival, and the step of time before the sequencer stamps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    pub after: u32,
    pub late: u8,
    pub what: Owned,
}

impl Made {
    /// Lends it as an event.
    pub fn lend<R>(&self, seq: u64, at: Timestamp, then: impl FnOnce(&Event<'_>) -> R) -> R {
        let market = |body| {
            let arrived_at = Timestamp::from_nanos(at.nanos() - i64::from(self.late));
            Body::Market(MarketEvent { instrument: InstrumentId(3), exchange_at: at, arrived_at, body })
        };
        let body = match &self.what {
            Owned::Depth { kind, ids, bids, asks } => market(MarketBody::Depth(Depth {
                kind: *kind,
                first_id: ids[0],
                last_id: ids[1],
                previous_id: ids[2],
                bids,
                asks,
            })),
            Owned::Market(it) => market(*it),
            Owned::Order(it) => Body::Order(*it),
            Owned::Account(it) => Body::Account(*it),
            Owned::Timer(it) => Body::Timer(*it),
            Owned::Command(it) => Body::Command(*it),
        };
        then(&Event { seq, at, body })
    }
}

pub fn genesis() -> Genesis {
    let spec = InstrumentSpec {
        venue: "binance-usdm".into(),
        symbol: "BTCUSDT".into(),
        contract: Contract::Linear,
        base: "BTC".into(),
        quote: "USDT".into(),
        tick: "0.10".parse().unwrap(),
        lot: "0.001".parse().unwrap(),
        multiplier: "1".parse().unwrap(),
        price_min: None,
        price_max: None,
        qty_min: None,
        qty_max: None,
        market_qty_max: None,
        notional_min: Some("100".parse().unwrap()),
        percent_up: None,
        percent_down: None,
        open_orders_max: Some(200),
        margin_tiers: vec![],
        liquidation_fee: "0.0125".parse().unwrap(),
        funding_hours: Some(8),
        expiry: None,
    };
    Genesis {
        run: RunId(42),
        seed: 7,
        config_hash: [9; 32],
        instruments: Instruments::new([spec]).unwrap(),
        config: "[risk]\nday_loss = \"0.05\"\n".into(),
    }
}

pub fn any_made() -> impl Strategy<Value = Made> {
    (any::<u32>(), prop_oneof![9 => Just(0), 1 => any::<u8>()], any_owned())
        .prop_map(|(after, late, what)| Made { after, late, what })
}

fn any_owned() -> impl Strategy<Value = Owned> {
    let level =
        (any::<i64>(), any::<i64>()).prop_map(|(p, q)| Level { price: Price::new(p), qty: Qty::new(q) });
    let kinds = [DepthKind::Delta, DepthKind::Snapshot, DepthKind::TopSnapshot, DepthKind::Clear];
    let side = || prop::sample::select(vec![Side::Buy, Side::Sell]);
    let words = || any::<[i64; 4]>();
    prop_oneof![
        (
            prop::sample::select(kinds.to_vec()),
            any::<[u64; 3]>(),
            vec(level.clone(), 0..30),
            vec(level, 0..30)
        )
            .prop_map(|(kind, ids, bids, asks)| Owned::Depth { kind, ids, bids, asks }),
        (words(), side()).prop_map(|(w, taker)| Owned::Market(MarketBody::Trade(Trade {
            id: TradeId(w[0] as u64),
            price: Price::new(w[1]),
            qty: Qty::new(w[2]),
            taker
        }))),
        (words(), any::<bool>()).prop_map(|(w, some)| Owned::Market(MarketBody::Mark(MarkPrice {
            mark: Price::new(w[0]),
            index: some.then_some(Price::new(w[1]))
        }))),
        (words(), side()).prop_map(|(w, side)| Owned::Order(OrderEvent {
            order: OrderId(w[0] as u64),
            instrument: InstrumentId(1),
            exchange_at: Timestamp::from_nanos(w[1]),
            body: OrderBody::Filled(Fill {
                trade: TradeId(w[2] as u64),
                side,
                price: Price::new(w[3]),
                qty: Qty::new(w[0]),
                remaining: Qty::new(w[1]),
                liquidity: Liquidity::Maker,
                fee: Money::new(i128::from(w[2]) * i128::from(w[3])),
                fee_asset: AssetId(1),
                forced: w[0] % 2 == 0,
            }),
        })),
        words().prop_map(|w| Owned::Order(OrderEvent {
            order: OrderId(w[0] as u64),
            instrument: InstrumentId(0),
            exchange_at: Timestamp::from_nanos(w[1]),
            body: OrderBody::Rejected(RejectReason::PercentPrice),
        })),
        words().prop_map(|w| Owned::Account(AccountEvent {
            exchange_at: Timestamp::from_nanos(w[0]),
            body: AccountBody::Funding {
                instrument: InstrumentId(2),
                rate: Rate::new(w[1]),
                mark: Price::new(w[2]),
                position: Qty::new(w[3]),
                amount: Money::new(i128::from(w[3]) << 60),
            },
        })),
        words()
            .prop_map(|w| Owned::Timer(Timer { id: TimerId(w[0] as u32), due: Timestamp::from_nanos(w[1]) })),
        any::<u32>().prop_map(|operator| Owned::Command(Command {
            operator,
            body: CommandBody::SetMode(Mode::Reduced)
        })),
    ]
}

/// A few events of every kind, always the same.
pub fn some(count: usize) -> Vec<Made> {
    let level = |p, q| Level { price: Price::new(p), qty: Qty::new(q) };
    let of = |n: usize| match n % 5 {
        0 => Owned::Depth {
            kind: DepthKind::Delta,
            ids: [n as u64, n as u64 + 1, 0],
            bids: vec![level(100, n as i64); n % 4],
            asks: vec![level(101, 0)],
        },
        1 => Owned::Market(MarketBody::Trade(Trade {
            id: TradeId(n as u64),
            price: Price::new(100),
            qty: Qty::new(3),
            taker: Side::Sell,
        })),
        2 => Owned::Timer(Timer { id: TimerId(n as u32), due: Timestamp::from_nanos(n as i64) }),
        3 => Owned::Order(OrderEvent {
            order: OrderId(n as u64),
            instrument: InstrumentId(0),
            exchange_at: Timestamp::from_nanos(5),
            body: OrderBody::Cancelled { reason: CancelReason::SelfTrade, filled: Qty::new(2) },
        }),
        _ => Owned::Account(AccountEvent {
            exchange_at: Timestamp::from_nanos(6),
            body: AccountBody::Transfer { asset: AssetId(0), amount: Money::new(-5) },
        }),
    };
    (0..count).map(|n| Made { after: n as u32, late: u8::from(n % 7 == 1), what: of(n) }).collect()
}

pub const START: i64 = 1_700_000_000_000_000_000;

/// Appends genesis and `events`; returns the time of the last.
pub fn append_all<M: Medium>(writer: &mut Writer<M>, events: &[Made]) {
    let genesis = genesis();
    let mut at = Timestamp::from_nanos(START);
    writer.append(&Event { seq: 0, at, body: Body::Genesis(&genesis) }).unwrap();
    for (n, made) in events.iter().enumerate() {
        at = at + Span::from_nanos(i64::from(made.after));
        made.lend(n as u64 + 1, at, |event| writer.append(event)).unwrap();
    }
}

/// Reads to the end or the first damage: how many events were as in `events`.
pub fn read_all(reader: &mut Reader, events: &[Made]) -> Result<u64, ReadError> {
    let genesis = genesis();
    let mut at = Timestamp::from_nanos(START);
    let mut count = 0;
    while let Some(frame) = reader.next_frame()? {
        let Frame::Event(event) = frame else { continue };
        assert_eq!(event.seq, count);
        if count == 0 {
            assert!(matches!(event.body, Body::Genesis(it) if *it == genesis));
        } else {
            let made = &events[count as usize - 1];
            at = at + Span::from_nanos(i64::from(made.after));
            assert_eq!(event.at, at);
            made.lend(count, at, |it| assert_eq!(format!("{it:?}"), format!("{event:?}")));
        }
        count += 1;
    }
    Ok(count)
}

/// A disk in memory: it can be full, refuse, and fail to sync.
#[derive(Debug, Default)]
pub struct Memory {
    pub segments: Vec<Vec<u8>>,
    pub prepared: Option<Vec<u8>>,
    /// Bytes that still fit; none means all.
    pub room: Option<usize>,
    pub sync_fails: bool,
    pub syncs: usize,
}

impl Medium for Memory {
    fn prepare(
        &mut self,
        _: u32,
        head: &[u8; scalp_journal::frame::SEGMENT_HEADER_BYTES],
    ) -> std::io::Result<()> {
        if self.room.is_some_and(|room| room < head.len()) {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.room = self.room.map(|room| room - head.len());
        self.prepared = Some(head.to_vec());
        Ok(())
    }
    fn advance(&mut self) -> std::io::Result<()> {
        self.segments.push(self.prepared.take().unwrap());
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = bytes.len().min(1000).min(self.room.unwrap_or(usize::MAX));
        if count == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.room = self.room.map(|room| room - count);
        self.segments.last_mut().unwrap().extend_from_slice(&bytes[..count]);
        Ok(count)
    }
    fn sync(&mut self) -> std::io::Result<()> {
        self.syncs += 1;
        if self.sync_fails { Err(std::io::Error::other("the disk went away")) } else { Ok(()) }
    }
}

/// Segments with `events` in them, closed.
pub fn journal_of(events: &[Made], config: WriterConfig) -> Vec<Vec<u8>> {
    let mut writer = Writer::on(Memory::default(), config).unwrap();
    append_all(&mut writer, events);
    writer.close(StateHash::from_bits(1)).unwrap();
    writer.medium().segments.clone()
}
