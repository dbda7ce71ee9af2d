//! Reads the recorded streams that tests and benches replay. Fails with the path when a file is missing.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests read files; the room itself does not"
)]

use scalp_types::{Depth, DepthKind, Level, Price, Qty, Side, Trade, TradeId};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};

/// One recorded depth message that owns its levels.
#[derive(Debug, Clone)]
pub struct Message {
    pub kind: DepthKind,
    pub first_id: u64,
    pub last_id: u64,
    pub previous_id: u64,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

impl Message {
    pub fn depth(&self) -> Depth<'_> {
        Depth {
            kind: self.kind,
            first_id: self.first_id,
            last_id: self.last_id,
            previous_id: self.previous_id,
            bids: &self.bids,
            asks: &self.asks,
        }
    }
}

/// Decimal places of prices and sizes.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    pub price: u32,
    pub size: u32,
}

pub fn open(path: &str) -> Box<dyn Read> {
    let full = format!("{}/../../../../shared/data/{path}", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::File::open(&full)
        .unwrap_or_else(|error| panic!("recorded data {full}: {error}; the tests of this room need it"));
    if path.ends_with(".zst") {
        Box::new(zstd::Decoder::new(file).unwrap())
    } else {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    }
}

pub fn json(path: &str) -> Value {
    serde_json::from_reader(BufReader::new(open(path))).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `text` as a whole count of `10^-places`; digits beyond must be zero.
pub fn scaled(text: &str, places: u32) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let (kept, beyond) = part.split_at(part.len().min(places as usize));
    assert!(beyond.bytes().all(|it| it == b'0'), "{text} has more than {places} places");
    let digits = format!("{whole}{kept:0<width$}", width = places as usize);
    digits.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected a text, got {value}"))
}

fn id(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

pub fn levels(value: &Value, grid: Grid) -> Vec<Level> {
    let level = |it: &Value| Level {
        price: Price::new(scaled(text(&it[0]), grid.price)),
        qty: Qty::new(scaled(text(&it[1]), grid.size)),
    };
    value.as_array().expect("an array of levels").iter().map(level).collect()
}

/// A Binance depth update or REST snapshot.
pub fn binance(value: &Value, grid: Grid) -> Message {
    let snapshot = value.get("lastUpdateId");
    Message {
        kind: if snapshot.is_some() { DepthKind::TopSnapshot } else { DepthKind::Delta },
        first_id: id(&value["U"]),
        last_id: snapshot.map_or_else(|| id(&value["u"]), id),
        previous_id: id(&value["pu"]),
        bids: levels(value.get("b").unwrap_or(&value["bids"]), grid),
        asks: levels(value.get("a").unwrap_or(&value["asks"]), grid),
    }
}

/// What a raw capture holds: depth messages (the REST snapshot among them, in the order of arrival) and trades.
pub struct Capture {
    pub depth: Vec<Message>,
    pub trades: Vec<Trade>,
}

impl Capture {
    pub fn level_count(&self) -> usize {
        self.depth.iter().map(|it| it.bids.len() + it.asks.len()).sum()
    }
}

pub fn capture(path: &str, grid: Grid) -> Capture {
    let mut all = Capture { depth: vec![], trades: vec![] };
    for line in BufReader::new(open(path)).lines() {
        let line = line.unwrap();
        let (_, body) = line.split_once(' ').expect("a receive time and a message");
        if !["depthUpdate", "lastUpdateId", "\"e\":\"trade\""].iter().any(|it| body.contains(it)) {
            continue;
        }
        let value: Value = serde_json::from_str(body).unwrap();
        let data = value.get("data").unwrap_or(&value);
        if data["e"] != "trade" {
            all.depth.push(binance(data, grid));
        } else if data["X"] == "MARKET" {
            all.trades.push(Trade {
                id: TradeId(id(&data["t"])),
                price: Price::new(scaled(text(&data["p"]), grid.price)),
                qty: Qty::new(scaled(text(&data["q"]), grid.size)),
                taker: if data["m"] == true { Side::Sell } else { Side::Buy },
            });
        }
    }
    all
}

pub const USDM_BTC: &str = "hftbacktest/usdm_btcusdt_20240808.gz";
pub const USDM_BTC_GRID: Grid = Grid { price: 1, size: 3 };

pub const XRP_500: &str = "nautilus/bench/xrpusdt_ob500_l2.csv.gz";

/// Messages of the Bybit 500-level book of W3: one snapshot, then changes.
pub fn xrp_500() -> Vec<Message> {
    let mut all: Vec<Message> = vec![];
    let mut last = String::new();
    for line in BufReader::new(open(XRP_500)).lines().skip(1) {
        let line = line.unwrap();
        let cells: Vec<&str> = line.split(',').collect();
        let [message, _, kind, side, price, qty] = cells[..] else { panic!("{XRP_500}: {line}") };
        if message != last {
            last = message.to_owned();
            let kind = if kind == "S" { DepthKind::Snapshot } else { DepthKind::Delta };
            let ids = (0, 0, 0);
            all.push(Message {
                kind,
                first_id: ids.0,
                last_id: ids.1,
                previous_id: ids.2,
                bids: vec![],
                asks: vec![],
            });
        }
        let level = Level { price: Price::new(scaled(price, 4)), qty: Qty::new(scaled(qty, 1)) };
        let it = all.last_mut().expect("just pushed");
        if side == "B" { it.bids.push(level) } else { it.asks.push(level) }
    }
    all
}
