//! Recorded streams as rows of whole ticks and lots, and a player that replays them with a book. Fails with the path when a
//! file is missing.
#![allow(dead_code, reason = "each program uses its part")]

use parquet::file::reader::SerializedFileReader;
use parquet::record::Field;
use scalp_features::measure::{Change, Depth, Level, Print};
use scalp_types::Side;
use scalp_types::rng::Stream;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

#[derive(Clone, Debug)]
pub enum Body {
    Trade { ticks: i64, lots: i64, side: Side },
    Depth { is_snapshot: bool, levels: Vec<(Side, i64, i64)> },
}

#[derive(Clone, Debug)]
pub struct Row {
    pub at: i64,
    pub body: Body,
}

/// A stream of one instrument in the order of arrival.
#[derive(Clone, Debug)]
pub struct Tape {
    pub name: &'static str,
    /// Ticks in a unit of price, lots in a unit of size.
    pub ticks: f64,
    pub lots: f64,
    pub rows: Vec<Row>,
}

pub const SECOND: i64 = 1_000_000_000;

impl Tape {
    /// When it begins and ends.
    pub fn span(&self) -> (i64, i64) {
        (self.rows.first().unwrap().at, self.rows.last().unwrap().at)
    }

    pub fn hours(&self) -> f64 {
        let (from, to) = self.span();
        (to - from) as f64 / (3600 * SECOND) as f64
    }
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

/// `text` as a whole count of `10^-places`; digits beyond must be zero.
fn scaled(text: &str, places: usize) -> i64 {
    // Small sizes are written as 7.3e-7.
    if let Some((digits, power)) = text.split_once("e-") {
        let places = places - power.parse::<usize>().unwrap();
        return scaled(digits, places);
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let (kept, beyond) = part.split_at(part.len().min(places));
    assert!(beyond.bytes().all(|it| it == b'0'), "{text} has more than {places} places");
    format!("{whole}{kept:0<places$}").parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A raw websocket capture of Binance: depth and trades with the venue's time.
pub fn capture(name: &'static str, path: &str, price: usize, size: usize) -> Tape {
    let (mut rows, mut held, mut last_id) = (Vec::<Row>::new(), Vec::<(u64, Row)>::new(), None);
    for line in BufReader::new(open(path)).lines() {
        let line = line.unwrap();
        let (_, body) = line.split_once(' ').expect("a receive time and a message");
        if !["depthUpdate", "lastUpdateId", "\"e\":\"trade\""].iter().any(|it| body.contains(it)) {
            continue;
        }
        let value: Value = serde_json::from_str(body).unwrap();
        let data = value.get("data").unwrap_or(&value);
        let at = data["T"].as_i64().or(data["E"].as_i64()).unwrap_or(0) * 1_000_000;
        let text = |it: &Value| it.as_str().expect("a text").to_owned();
        if data["e"] == "trade" {
            if data.get("X").is_none_or(|it| it == "MARKET") {
                let side = if data["m"] == true { Side::Sell } else { Side::Buy };
                let (ticks, lots) = (scaled(&text(&data["p"]), price), scaled(&text(&data["q"]), size));
                rows.push(Row { at, body: Body::Trade { ticks, lots, side } });
            }
            continue;
        }
        let mut levels = Vec::new();
        for (side, keys) in [(Side::Buy, ["b", "bids"]), (Side::Sell, ["a", "asks"])] {
            let list = keys.iter().find_map(|key| data.get(key)).unwrap().as_array().unwrap();
            levels.extend(
                list.iter().map(|it| (side, scaled(&text(&it[0]), price), scaled(&text(&it[1]), size))),
            );
        }
        if let Some(id) = data.get("lastUpdateId") {
            let id = id.as_u64().unwrap();
            last_id = Some(id);
            let at = rows.last().map_or(at, |it| it.at);
            rows.push(Row { at, body: Body::Depth { is_snapshot: true, levels } });
            rows.extend(held.drain(..).filter(|(it, _)| *it > id).map(|(_, row)| row));
            continue;
        }
        let (id, row) =
            (data["u"].as_u64().unwrap(), Row { at, body: Body::Depth { is_snapshot: false, levels } });
        match last_id {
            None => held.push((id, row)),
            Some(last) if id > last => rows.push(row),
            Some(_) => {}
        }
    }
    // What comes before the snapshot has no book to stand on.
    let start = rows.iter().position(|it| matches!(it.body, Body::Depth { .. })).unwrap();
    rows.drain(..start);
    let ten = |places: usize| 10_f64.powi(places as i32);
    Tape { name, ticks: ten(price), lots: ten(size), rows }
}

/// A day of trades in the columns of Tardis.
pub fn trades(name: &'static str, path: &str, price: usize, size: usize) -> Tape {
    let read = |line: String| {
        let cells: Vec<&str> = line.split(',').collect();
        let [_, _, at, _, _, side, ticks, lots] = cells[..] else { panic!("{path}: {line}") };
        let side = if side == "buy" { Side::Buy } else { Side::Sell };
        Row {
            at: at.parse::<i64>().unwrap() * 1_000,
            body: Body::Trade { ticks: scaled(ticks, price), lots: scaled(lots, size), side },
        }
    };
    let rows: Vec<Row> = BufReader::new(open(path)).lines().skip(1).map(|it| read(it.unwrap())).collect();
    let ten = |places: usize| 10_f64.powi(places as i32);
    Tape { name, ticks: ten(price), lots: ten(size), rows }
}

/// A day of trades as the archive of Binance has them: no header, microseconds, the side by who made.
pub fn archive(name: &'static str, path: &str, price: usize, size: usize) -> Tape {
    let read = |line: String| {
        let cells: Vec<&str> = line.split(',').collect();
        let [_, ticks, lots, _, _, at, is_buyer_maker, _] = cells[..] else { panic!("{path}: {line}") };
        let side = if is_buyer_maker == "True" { Side::Sell } else { Side::Buy };
        Row {
            at: at.parse::<i64>().unwrap() * 1_000,
            body: Body::Trade { ticks: scaled(ticks, price), lots: scaled(lots, size), side },
        }
    };
    let rows: Vec<Row> = BufReader::new(open(path)).lines().map(|it| read(it.unwrap())).collect();
    let ten = |places: usize| 10_f64.powi(places as i32);
    Tape { name, ticks: ten(price), lots: ten(size), rows }
}

/// A day of trades as Gemini has them: seconds with milliseconds, the side by who made.
pub fn gemini(name: &'static str, path: &str, price: usize, size: usize) -> Tape {
    let read = |line: String| {
        let cells: Vec<&str> = line.split(',').collect();
        let [at, ticks, lots, is_buyer_maker] = cells[..] else { panic!("{path}: {line}") };
        let side = if is_buyer_maker == "1" { Side::Sell } else { Side::Buy };
        Row {
            at: scaled(at, 3) * 1_000_000,
            body: Body::Trade { ticks: scaled(ticks, price), lots: scaled(lots, size), side },
        }
    };
    let rows: Vec<Row> = BufReader::new(open(path)).lines().skip(1).map(|it| read(it.unwrap())).collect();
    let ten = |places: usize| 10_f64.powi(places as i32);
    Tape { name, ticks: ten(price), lots: ten(size), rows }
}

/// Prices and sizes of one book, bids and asks.
type Whole = [BTreeMap<i64, i64>; 2];

/// Whole books as what changed since the one before; a level that is gone is told as gone where the new book reaches that far,
/// because else it is only out of sight.
fn changes(books: impl IntoIterator<Item = (i64, Whole)>) -> Vec<Row> {
    let (mut rows, mut before) = (Vec::new(), Whole::default());
    for (at, now) in books {
        let mut levels = Vec::new();
        for (k, side) in [Side::Buy, Side::Sell].into_iter().enumerate() {
            let (Some((low, _)), Some((high, _))) = (now[k].first_key_value(), now[k].last_key_value())
            else {
                continue;
            };
            let is_in_sight = |ticks: i64| if k == 0 { ticks >= *low } else { ticks <= *high };
            for &ticks in before[k].keys().filter(|it| !now[k].contains_key(it) && is_in_sight(**it)) {
                levels.push((side, ticks, 0));
            }
            for (&ticks, &lots) in now[k].iter().filter(|it| before[k].get(it.0) != Some(it.1)) {
                levels.push((side, ticks, lots));
            }
        }
        rows.push(Row { at, body: Body::Depth { is_snapshot: rows.is_empty(), levels } });
        before = now;
    }
    rows
}

/// Books and trades in the order of their times, from the first book on.
fn joined(mut rows: Vec<Row>, trades: impl IntoIterator<Item = Row>) -> Vec<Row> {
    let begin = rows[0].at;
    rows.extend(trades.into_iter().filter(|it| it.at >= begin));
    rows.sort_by_key(|it| it.at);
    rows
}

fn nearest(value: f64, places: usize) -> i64 {
    (value * 10_f64.powi(places as i32)).round() as i64
}

/// Books of 20 levels each half second and the trades between them, of Hyperliquid.
pub fn snapshots(name: &'static str, coin: &str, price: usize, size: usize) -> Tape {
    let lines = |kind: &str| {
        let file = format!("l2snap-hyperliquid-20250904/{kind}_{coin}.csv.zst");
        BufReader::new(open(&file)).lines().skip(1).map(|it| it.unwrap()).collect::<Vec<_>>()
    };
    let whole = |text: &str, places: usize| nearest(text.parse().unwrap(), places);
    let milli = |text: &str| text.parse::<i64>().unwrap() * 1_000_000;
    let books = lines("orderbooks").into_iter().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let mut now = Whole::default();
        for level in cells[3..].chunks_exact(4) {
            for (k, pair) in level.chunks_exact(2).enumerate() {
                now[k].insert(whole(pair[0], price), whole(pair[1], size));
            }
        }
        (milli(cells[2]), now)
    });
    let trades = lines("trades").into_iter().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let [_, ticks, lots, side, _, at] = cells[..] else { panic!("{name}: {line}") };
        let side = if side == "buy" { Side::Buy } else { Side::Sell };
        Row { at: milli(at), body: Body::Trade { ticks: whole(ticks, price), lots: whole(lots, size), side } }
    });
    let rows = joined(changes(books), trades);
    let ten = |places: usize| 10_f64.powi(places as i32);
    Tape { name, ticks: ten(price), lots: ten(size), rows }
}

/// An hour of books of 20 levels each third of a second and the trades between them, of StandX. Every book stands there
/// twice; the second is passed over.
pub fn standx(name: &'static str, hour: u32) -> Tape {
    let (price, size) = (2, 4);
    let table = |kind: &str| {
        let path = format!("l2snap-standx-btc/{kind}_BTC-USD_2026-01-06_{hour}.parquet");
        let full = format!("{}/../../../../shared/data/{path}", env!("CARGO_MANIFEST_DIR"));
        let file = std::fs::File::open(&full)
            .unwrap_or_else(|error| panic!("recorded data {full}: {error}; the tests of this room need it"));
        let reader = SerializedFileReader::new(file).unwrap();
        let rows = reader.into_iter().map(|it| it.unwrap().into_columns());
        rows.map(|it| it.into_iter().collect::<BTreeMap<String, Field>>()).collect::<Vec<_>>()
    };
    let time = |row: &BTreeMap<String, Field>| match &row["timestamp"] {
        Field::TimestampMillis(at) => at * 1_000_000,
        Field::TimestampMicros(at) => at * 1_000,
        Field::Long(at) => *at,
        other => panic!("a time: {other:?}"),
    };
    let number = |it: &Field| match it {
        Field::Double(it) => *it,
        Field::Str(it) => it.parse().unwrap(),
        other => panic!("a number: {other:?}"),
    };
    let list = |it: &Field| match it {
        Field::ListInternal(it) => it.elements().iter().map(number).collect::<Vec<_>>(),
        other => panic!("a list: {other:?}"),
    };
    let mut books: Vec<(i64, Whole)> = Vec::new();
    for row in table("orderbook") {
        let at = time(&row);
        if books.last().is_some_and(|it| it.0 == at) {
            continue;
        }
        let side = |name: &str| {
            let (prices, sizes) =
                (list(&row[&format!("{name}_prices")]), list(&row[&format!("{name}_quantities")]));
            let levels = prices.into_iter().zip(sizes).map(|it| (nearest(it.0, price), nearest(it.1, size)));
            levels.filter(|it| it.1 > 0).collect::<BTreeMap<i64, i64>>()
        };
        books.push((at, [side("bid"), side("ask")]));
    }
    let trades = table("trades").into_iter().map(|row| {
        let taker_buys = matches!(row["is_buyer_taker"], Field::Bool(true));
        let side = if taker_buys { Side::Buy } else { Side::Sell };
        let (ticks, lots) = (nearest(number(&row["price"]), price), nearest(number(&row["quantity"]), size));
        Row { at: time(&row), body: Body::Trade { ticks, lots: lots.max(1), side } }
    });
    let rows = joined(changes(books), trades);
    let ten = |places: usize| 10_f64.powi(places as i32);
    Tape { name, ticks: ten(price), lots: ten(size), rows }
}

/// The trades of MtGox on 2013-04-20 that are limit or market orders in dollars: whole seconds, so that all trades of one
/// second and side count as one order.
pub fn mtgox(name: &'static str) -> Tape {
    let mut rows = Vec::new();
    for line in BufReader::new(open("trades-mtgox-201304/april_trades.csv.zst")).lines() {
        let line = line.unwrap();
        let cells: Vec<&str> = line.split(',').collect();
        // Those of two currencies have one cell more.
        let [at, price, size, kind, _, _, _, _] = cells[..] else { continue };
        let Some(clock) = at.strip_prefix("2013-04-20 ") else { continue };
        let part = |from: usize| clock[from..from + 2].parse::<i64>().unwrap();
        // The source does not say which of 0 and 1 bought; for what is tested here they may be exchanged.
        let side = if kind == "1" { Side::Buy } else { Side::Sell };
        let whole = |text: &str, places: f64| text.parse::<f64>().map(|it| (it * places).round() as i64);
        // A few rows have no size.
        let (Ok(ticks), Ok(lots)) = (whole(price, 1e3), whole(size, 1e8)) else { continue };
        let at = (1_366_416_000 + 3600 * part(0) + 60 * part(3) + part(6)) * SECOND;
        rows.push(Row { at, body: Body::Trade { ticks, lots: lots.max(1), side } });
    }
    Tape { name, ticks: 1e3, lots: 1e8, rows }
}

/// A day of a made market in which nobody manipulates: orders arrive in bursts that excite themselves, each is filled in
/// one to five prints, sizes have a heavy tail and prefer round numbers, the price is a walk of ticks with a bounce between
/// bid and ask, and its volatility changes by the hour.
pub fn made(name: &'static str, seed: u64) -> Tape {
    let (mut order, mut price) = (Stream::named(seed, "orders"), Stream::named(seed, "price"));
    let (mut at, mut mid, mut excited, mut rows) =
        (1_760_000_000 * SECOND, 20_000.0_f64, 0.0_f64, Vec::new());
    let (end, mut calm) = (at + 24 * 3600 * SECOND, 1.0_f64);
    while at < end {
        // Hawkes by thinning: 0.4 orders a second of themselves, each brings 0.6 more within about two seconds.
        let most = 0.4 + 0.3 * excited;
        let wait = order.exponential() / most;
        at += (wait * SECOND as f64) as i64 + 1;
        excited *= (-0.5 * wait).exp();
        if order.uniform() * most > 0.4 + 0.3 * excited {
            continue;
        }
        excited += 1.0;
        calm = (calm.ln() * (-wait / 3600.0).exp() + (wait / 3600.0).sqrt() * 0.7 * price.normal()).exp();
        mid = (mid + calm * 0.8 * price.normal()).max(1_000.0);
        let side = if order.uniform() < 0.5 { Side::Buy } else { Side::Sell };
        let raw = (3.0 + 1.4 * order.normal()).exp();
        for _ in 0..1 + order.below(5) * order.below(2) {
            let part = raw * (0.2 + order.uniform());
            let lots = if order.uniform() < 0.3 { (part / 10.0).ceil() * 10.0 } else { part.ceil() };
            let ticks = (mid + side.sign() as f64).round() as i64;
            rows.push(Row { at, body: Body::Trade { ticks, lots: lots as i64, side } });
        }
    }
    Tape { name, ticks: 100.0, lots: 10.0, rows }
}

/// What a player hands on.
pub enum Event<'a> {
    Trade(Print),
    Book(Depth<'a>),
}

/// A book with orders laid over it that the recording does not have.
pub struct Player {
    ticks: f64,
    lots: f64,
    width: usize,
    /// Prices and sizes with what is laid over.
    sides: [BTreeMap<i64, i64>; 2],
    over: [BTreeMap<i64, i64>; 2],
    bids: Vec<Level>,
    asks: Vec<Level>,
    changes: Vec<Change>,
    pub last_trade: Option<i64>,
    pub last_at: i64,
}

fn place(side: Side) -> usize {
    usize::from(side == Side::Sell)
}

impl Player {
    pub fn new(tape: &Tape, width: usize) -> Player {
        Player {
            ticks: tape.ticks,
            lots: tape.lots,
            width,
            sides: Default::default(),
            over: Default::default(),
            bids: vec![],
            asks: vec![],
            changes: vec![],
            last_trade: None,
            last_at: 0,
        }
    }

    fn set(&mut self, side: Side, ticks: i64, lots: i64) {
        let book = &mut self.sides[place(side)];
        let before = if lots == 0 { book.remove(&ticks) } else { book.insert(ticks, lots) }.unwrap_or(0);
        if before != lots {
            let level = Level { price: ticks as f64 / self.ticks, size: lots as f64 / self.lots };
            self.changes.push(Change { side, level, before: before as f64 / self.lots });
        }
    }

    /// Lays `lots` more (or fewer) over a price.
    pub fn lay(&mut self, side: Side, ticks: i64, lots: i64) {
        *self.over[place(side)].entry(ticks).or_insert(0) += lots;
        let before = self.sides[place(side)].get(&ticks).copied().unwrap_or(0);
        self.set(side, ticks, before + lots);
    }

    /// Takes back what was laid, as far as it still lies.
    pub fn take_back(&mut self, side: Side, ticks: i64, lots: i64) {
        let lies = self.over[place(side)].get(&ticks).copied().unwrap_or(0);
        self.lay(side, ticks, -lots.min(lies));
    }

    /// The price at `level` of a side, counted from zero.
    pub fn price(&self, side: Side, level: usize) -> Option<i64> {
        let book = &self.sides[place(side)];
        if side == Side::Buy { book.keys().nth_back(level).copied() } else { book.keys().nth(level).copied() }
    }

    /// The largest size on the first levels of a side, lots, without what is laid over.
    pub fn largest(&self, side: Side) -> i64 {
        let (book, over) = (&self.sides[place(side)], &self.over[place(side)]);
        let own = |(ticks, lots): (&i64, &i64)| lots - over.get(ticks).copied().unwrap_or(0);
        let width = self.width;
        let most = if side == Side::Buy {
            book.iter().rev().take(width).map(own).max()
        } else {
            book.iter().take(width).map(own).max()
        };
        most.unwrap_or(1).max(1)
    }

    pub fn trade(&mut self, at: i64, ticks: i64, lots: i64, side: Side) -> Event<'static> {
        self.last_trade = Some(ticks);
        self.last_at = at;
        let (price, size) = (ticks as f64 / self.ticks, lots as f64 / self.lots);
        Event::Trade(Print { at, price, size, aggressor: Some(side) })
    }

    /// Forgets what was changed: a message begins.
    pub fn begin(&mut self) {
        self.changes.clear();
    }

    pub fn take(&mut self, is_snapshot: bool, levels: &[(Side, i64, i64)]) {
        if is_snapshot {
            for side in [Side::Buy, Side::Sell] {
                let all: Vec<i64> = self.sides[place(side)].keys().copied().collect();
                all.into_iter().for_each(|ticks| self.set(side, ticks, 0));
            }
        }
        for &(side, ticks, lots) in levels {
            let over = self.over[place(side)].get(&ticks).copied().unwrap_or(0);
            self.set(side, ticks, lots + over);
        }
        // An order that the market runs into is taken away by who laid it.
        for side in [Side::Buy, Side::Sell] {
            while let (Some(bid), Some(ask)) = (self.price(Side::Buy, 0), self.price(Side::Sell, 0))
                && bid >= ask
            {
                let ticks = if side == Side::Buy { bid } else { ask };
                let Some(lots) = self.over[place(side)].get(&ticks).copied().filter(|it| *it > 0) else {
                    break;
                };
                self.lay(side, ticks, -lots);
            }
        }
    }

    /// The book as it is now, with what was changed since the message began.
    pub fn book(&mut self, at: i64) -> Event<'_> {
        self.last_at = at;
        let level = |(ticks, lots): (&i64, &i64)| Level {
            price: *ticks as f64 / self.ticks,
            size: *lots as f64 / self.lots,
        };
        self.bids.clear();
        self.bids.extend(self.sides[0].iter().rev().take(self.width).map(level));
        self.asks.clear();
        self.asks.extend(self.sides[1].iter().take(self.width).map(level));
        Event::Book(Depth { at, bids: &self.bids, asks: &self.asks, changes: &self.changes })
    }
}
