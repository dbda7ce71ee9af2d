//! The market of the pictures: a seeded stream of trades and books with a few episodes that detectors look for, minute
//! candles, and the close of another instrument.

use super::walk;
use crate::features::candles::Candles;
use crate::features::cells::Cells;
use crate::features::table::{Beside, Books, Holds, Series, Table};
use scalp_features::measure::{Level, Print};
use scalp_features::{Observation, Outside};
use scalp_quant::rng::{Key, Stream};
use scalp_types::Side;

/// Candles of a minute.
const MINUTES: usize = 20_000;
const MINUTE_NS: i64 = 60_000_000_000;
/// Seconds of trades and books.
const SECONDS: i64 = 9_000;
const SECOND_NS: i64 = 1_000_000_000;
/// The beginning of the trades and books, so that they end with the candles.
const FLOW_NS: i64 = walk::START_NS + MINUTES as i64 * MINUTE_NS - SECONDS * SECOND_NS;
const LEVELS: usize = 20;
/// Prices are whole multiples of this.
const TICK: f64 = 0.1;
/// The first bid, in ticks.
const BEGIN: i64 = 2_000;
const SEED: u64 = 20_260_102;

/// Tables that are the same at each run.
pub(super) struct Market {
    /// Rows are minutes; trades, books and the series `leader` lie beside.
    pub minutes: Table,
    /// Rows are trades; books lie beside.
    pub trades: Table,
    /// Rows are books.
    pub books: Table,
}

impl Market {
    pub(super) fn new(long: &Candles) -> Market {
        let mut maker = Maker::new();
        for half in 0..2 * SECONDS {
            maker.step(half);
        }
        let Maker { prints, books, .. } = maker;
        let times: Vec<i64> = prints.iter().map(|it| it.at).collect();
        let table = |times: Vec<i64>, holds: Holds, beside: Beside| Table {
            written: Cells::Whole(times.clone()),
            times,
            time_name: "time".into(),
            holds,
            beside,
        };
        let beside = Beside { books: Some(books.clone()), ..Beside::default() };
        let trades = table(times, Holds::Trades(prints.clone()), beside);
        let cut = |it: &[f64]| it[..MINUTES].to_vec();
        let prices = [&long.open, &long.high, &long.low, &long.close].map(|it| cut(it));
        let times = (0..MINUTES as i64).map(|it| walk::START_NS + it * MINUTE_NS).collect();
        let series = vec![leader(&prices[3])];
        let mut minutes = Table::candles(times, prices, cut(&long.volume));
        minutes.beside = Beside { trades: prints, books: Some(books.clone()), series, ..Beside::default() };
        let Books { times, levels, bids, asks } = books;
        let books = table(times, Holds::Books { levels, bids, asks }, Beside::default());
        Market { minutes, trades, books }
    }
}

/// Another instrument, whose close this one follows a minute later, with noise.
fn leader(close: &[f64]) -> Series {
    let mut noise = Key::named(SEED, "leader").stream(0);
    let value = |row: usize| {
        let ahead = close[(row + 1).min(close.len() - 1)];
        10.0 * ahead + 4.0 * noise.normal()
    };
    let values: Vec<f64> = (0..close.len()).map(value).collect();
    let observation = |(row, value): (usize, f64)| {
        let event_at = walk::START_NS + row as i64 * MINUTE_NS;
        Observation { event_at, published_at: event_at + MINUTE_NS, value }
    };
    let outside = Outside { name: "leader".into(), age_max: Some(10 * MINUTE_NS), origin: String::new() };
    Series { outside, observations: values.into_iter().enumerate().map(observation).collect() }
}

/// A book of 20 levels a side on a grid, and takers.
struct Maker {
    draw: Stream,
    /// The best bid in ticks; the best ask is `spread` above it.
    bid: i64,
    spread: i64,
    bids: Vec<f64>,
    asks: Vec<f64>,
    /// Which way takers lean, from -1 to 1.
    lean: f64,
    prints: Vec<Print>,
    books: Books,
}

impl Maker {
    fn new() -> Maker {
        let mut draw = Key::named(SEED, "market").stream(0);
        let mut side = || (0..LEVELS).map(|at| resting(&mut draw, at)).collect();
        let (bids, asks) = (side(), side());
        let books = Books { levels: LEVELS, ..Books::default() };
        Maker { draw, bid: BEGIN, spread: 1, bids, asks, lean: 0.0, prints: Vec::new(), books }
    }

    /// Half a second: some levels change, takers come, and what detectors look for happens at its time.
    fn step(&mut self, half: i64) {
        let at = FLOW_NS + half * SECOND_NS / 2;
        self.lean = 0.98 * self.lean + 0.12 * self.draw.normal();
        for level in 0..LEVELS {
            if self.draw.uniform() < 0.12 {
                self.bids[level] = resting(&mut self.draw, level);
            }
            if self.draw.uniform() < 0.12 {
                self.asks[level] = resting(&mut self.draw, level);
            }
        }
        let is_busy = (half / 240) % 5 == 3;
        let most = if is_busy { 5 } else { 2 };
        for order in 0..self.draw.below(most + 1) {
            // What is far from where it began is bought and sold back.
            let back = (BEGIN - self.bid) as f64 / 150.0;
            let share = 0.5 + 0.25 * self.lean.clamp(-1.0, 1.0) + back.clamp(-0.2, 0.2);
            let side = if self.draw.uniform() < share { Side::Buy } else { Side::Sell };
            let size = (50.0 * libm::exp(0.9 * self.draw.normal())).round() / 100.0 + 0.01;
            self.take(at + (order as i64 + 1) * 20_000_000, side, size);
        }
        // A wide spread closes again.
        if self.spread > 1 && self.draw.uniform() < 0.6 {
            self.spread -= 1;
            self.asks.insert(0, resting(&mut self.draw, 0));
            self.asks.truncate(LEVELS);
        }
        self.episode(half, at + 300_000_000);
        self.show(at + 400_000_000);
    }

    /// A taker eats into a side; a level that is empty moves the price.
    fn take(&mut self, at: i64, side: Side, mut size: f64) {
        let asked = size;
        let price = match side {
            Side::Buy => self.bid + self.spread,
            Side::Sell => self.bid,
        };
        let of = if side == Side::Buy { &mut self.asks } else { &mut self.bids };
        while size >= of[0] {
            size -= of[0];
            of.remove(0);
            of.push(resting(&mut self.draw, LEVELS - 1));
            match side {
                Side::Buy => self.spread += 1,
                Side::Sell => (self.bid, self.spread) = (self.bid - 1, self.spread + 1),
            }
        }
        of[0] -= size;
        // Makers follow: the other side steps up.
        while self.spread > 3 {
            self.spread -= 1;
            if side == Side::Buy {
                self.bid += 1;
                self.bids.insert(0, resting(&mut self.draw, 0));
                self.bids.truncate(LEVELS);
            } else {
                self.asks.insert(0, resting(&mut self.draw, 0));
                self.asks.truncate(LEVELS);
            }
        }
        self.print(at, price, side, asked);
    }

    fn print(&mut self, at: i64, ticks: i64, side: Side, size: f64) {
        let at = self.prints.last().map_or(at, |it| at.max(it.at));
        self.prints.push(Print { at, price: price(ticks), size, aggressor: Some(side) });
    }

    fn show(&mut self, at: i64) {
        let at = self.books.times.last().map_or(at, |it| at.max(*it));
        self.books.times.push(at);
        let side = |from: i64, by: i64, sizes: &[f64]| {
            let level = |(place, size): (usize, &f64)| Level {
                price: price(from + by * place as i64),
                size: (size * 1e4).round() / 1e4 + 1e-4,
            };
            sizes.iter().enumerate().map(level).collect::<Vec<_>>()
        };
        self.books.bids.extend(side(self.bid, -1, &self.bids));
        self.books.asks.extend(side(self.bid + self.spread, 1, &self.asks));
    }

    /// Orders that are not meant, trades of one hand, and prices that are pushed, each at its time.
    fn episode(&mut self, half: i64, at: i64) {
        let (second, is_whole) = (half / 2, half % 2 == 0);
        let phase = second % 10;
        match second {
            // One large bid behind the best, back within two seconds.
            6_300..6_400 if is_whole && phase < 3 => self.bids[3] = if phase < 2 { 60.0 } else { 1.0 },
            // Six layers of asks that come and go together.
            6_800..6_900 if is_whole && phase < 3 => {
                self.asks[3..9].iter_mut().for_each(|it| *it = if phase < 2 { 12.0 } else { 1.0 });
            }
            // Hundreds of messages in a second, and hardly a trade.
            7_300..7_303 => {
                for message in 0..150 {
                    let size = 1.0 + f64::from(message % 2);
                    self.bids[5..9].iter_mut().for_each(|it| *it = size);
                    self.asks[5..9].iter_mut().for_each(|it| *it = size);
                    self.show(at - 250_000_000 + i64::from(message) * 2_000_000);
                }
            }
            // Bought and sold at one price, in one odd size.
            7_700..7_760 if is_whole && second % 4 == 0 => {
                let size = 3.217 + (second % 97) as f64 / 1e3;
                let ticks = self.bid;
                self.print(at, ticks, Side::Buy, size);
                self.print(at + 10_000_000, ticks, Side::Sell, size);
            }
            // The same odd size again and again.
            8_000..8_100 if is_whole && second % 5 == 0 => {
                let ticks = self.bid + self.spread;
                self.print(at, ticks, Side::Buy, 7.7771);
            }
            // Pushed up, followed, undone.
            8_400..8_403 => (0..5).for_each(|it| self.take(at + it * 1_000_000, Side::Buy, 9.0)),
            8_406..8_412 => (0..3).for_each(|it| self.take(at + it * 1_000_000, Side::Sell, 9.0)),
            // Through the low of the last minutes, and back.
            8_700..8_704 => (0..12).for_each(|it| self.take(at + it * 1_000_000, Side::Sell, 4.5)),
            8_708..8_714 => (0..5).for_each(|it| self.take(at + it * 1_000_000, Side::Buy, 9.0)),
            _ => {}
        }
    }
}

fn price(ticks: i64) -> f64 {
    (ticks as f64 * TICK * 1e3).round() / 1e3
}

/// What rests at a level.
fn resting(draw: &mut Stream, level: usize) -> f64 {
    (2.0 + 0.25 * level as f64) * (0.4 + 1.2 * draw.uniform())
}
