//! Orders that are not meant: spoofing, layering, quote stuffing. They read what each message changed.

use crate::state::{plain, state};
use scalp_types::Side;

use super::gauge::{Alarm, Gauge};
use super::{Alert, Detector, Kind, LEVELS};
use crate::flow::{Explained, Fading, History, Priced, Prices, ROUNDING, Stream};
use crate::measure::{Change, Depth, Print};

/// Additions after which the limit of what is large is read anew.
const RENEW: u32 = 64;
/// Additions that are held before the past fades by half.
const MEMORY: u32 = 1_000_000;
/// Additions before any is large.
pub(crate) const SEEN_MIN: u32 = 500;
/// The share of an addition that must be gone, and not traded, for it to be taken back.
pub(crate) const GONE: f64 = 0.9;
/// How far additions are watched, in reaches of the levels that are looked at.
pub(crate) const REACHES: f64 = 2.0;
/// Seconds in which what was taken back counts half.
pub(crate) const TAKEN_HALF_LIFE: f64 = 5.0;
/// Seconds in which the usual rate of trades is forgotten by half.
pub(crate) const USUAL_HALF_LIFE: f64 = 600.0;

#[derive(Clone, Copy, Debug, Default)]
struct Watched {
    price: f64,
    side: Option<Side>,
    before: f64,
    added: f64,
    traded: f64,
    at: i64,
}

plain!(Watched { price, side, before, added, traded, at });

impl Priced for Watched {
    fn price(&self) -> f64 {
        self.price
    }
}

/// What was added to the book, was large for this book, and is gone again without trading.
#[derive(Clone, Copy, Debug)]
struct Fleeting {
    side: Side,
    /// Base units, over the limit of what is large.
    size: f64,
}

/// Watches large additions near the touch until they trade, are taken back, or have stood long enough to be meant.
#[derive(Clone, Debug)]
struct Watcher {
    quantile: f64,
    quick: u64,
    sizes: History,
    limit: Option<f64>,
    explained: Explained,
    watched: Prices<Watched>,
    large: u64,
    fleeting: u64,
}

state!(Watcher { sizes, limit, explained, watched, large, fleeting; quantile, quick });

impl Watcher {
    fn new(quantile: f64, quick: f64) -> Watcher {
        Watcher {
            quantile,
            quick: (quick * 1e9) as u64,
            sizes: History::new(MEMORY),
            limit: None,
            explained: Explained::new(),
            watched: Prices::new(),
            large: 0,
            fleeting: 0,
        }
    }

    fn on_book(&mut self, book: &Depth<'_>, mut gone: impl FnMut(Fleeting)) {
        let Some(touch) = book.touch() else { return };
        let mid = touch.mid();
        // As far again as the levels that are looked at.
        let reach = |side: &[crate::measure::Level]| {
            let last = side[..side.len().min(LEVELS)].last();
            last.map_or(0.0, |it| REACHES * (it.price - mid).abs())
        };
        let reaches = [reach(book.bids), reach(book.asks)];
        for change in book.changes {
            let away = (change.level.price - mid).abs();
            if away <= reaches[side(change.side)] {
                // Quotes at the touch come and go with every move of the price; they are no bait.
                let is_behind = match change.side {
                    Side::Buy => change.level.price < touch.bid.price,
                    Side::Sell => change.level.price > touch.ask.price,
                };
                if let Some(it) = self.on_change(book.at, change, is_behind) {
                    gone(it);
                }
            }
        }
    }

    fn on_change(&mut self, at: i64, change: &Change, is_behind: bool) -> Option<Fleeting> {
        let added = change.level.size - change.before;
        let price = change.level.price;
        if added > 0.0 {
            if !is_behind {
                return None;
            }
            // A difference of decimals that lies below the edge of a bin by rounding is on it.
            let size = added + ROUNDING * change.level.size;
            if self.limit.is_some_and(|limit| size >= limit) {
                self.large += 1;
                let (side, before) = (Some(change.side), change.before);
                let quick = self.quick;
                let is_over = |it: &Watched| it.side.is_none() || at.abs_diff(it.at) > quick;
                self.watched.set(Watched { price, side, before, added, traded: 0.0, at }, is_over);
            }
            self.sizes.push(size);
            if self.sizes.len() >= SEEN_MIN
                && (self.limit.is_none() || self.sizes.len().is_multiple_of(RENEW))
            {
                self.limit = self.sizes.quantile(self.quantile);
            }
            return None;
        }
        let watched = self.watched.get(price).filter(|it| it.side == Some(change.side))?;
        watched.traded += self.explained.take(at, change);
        let left = (change.level.size - watched.before).max(0.0);
        let most = (1.0 - GONE) * watched.added + ROUNDING * (watched.before + watched.added);
        if left > most {
            return None;
        }
        let it = std::mem::replace(watched, Watched { price, ..Watched::default() });
        let is_quick = at >= it.at && at.abs_diff(it.at) <= self.quick;
        if !is_quick || it.traded > most {
            return None;
        }
        self.fleeting += 1;
        Some(Fleeting { side: change.side, size: it.added / self.limit? })
    }

    /// What a message adds to each side, in units of what is large.
    fn added(&self, book: &Depth<'_>) -> [f64; 2] {
        let mut added = [0.0; 2];
        if let Some(limit) = self.limit {
            for change in book.changes {
                added[side(change.side)] += (change.level.size - change.before).max(0.0) / limit;
            }
        }
        added
    }

    /// The share of large additions that were taken back at once; none while there are none.
    fn share(&self) -> f64 {
        if self.large == 0 { 0.0 } else { self.fleeting as f64 / self.large as f64 }
    }
}

fn side(of: Side) -> usize {
    usize::from(of == Side::Sell)
}

/// `SPOOFING`: large orders near the touch that are taken back within seconds, without trading, on one side more than on
/// the other.
///
/// Large is above the 99.5 % quantile of additions behind the touch. Each that is taken back without being put elsewhere by
/// the same message counts with its size over that quantile, and fades with a half-life of five seconds; the activity is the
/// difference of the sides. The limit is 2.5 times its 90 % quantile, and three such orders at least. A change takes as many
/// steps as the prices that are held of late have binary digits.
#[derive(Clone, Debug)]
pub struct Spoofing {
    watcher: Watcher,
    fading: Fading,
    sums: [f64; 2],
    gauge: Gauge,
    alarm: Alarm,
}

state!(Spoofing { watcher, fading, sums, gauge, alarm });

impl Spoofing {
    /// What is taken back within `quick` seconds was not meant.
    #[must_use]
    pub fn new(quick: f64) -> Spoofing {
        Spoofing {
            watcher: Watcher::new(0.995, quick),
            fading: Fading::new(TAKEN_HALF_LIFE),
            sums: [0.0; 2],
            gauge: Gauge::new(0.9, 2.5, 3.0),
            alarm: Alarm::new(Kind::Spoofing),
        }
    }
}

impl Stream for Spoofing {
    fn on_trade(&mut self, trade: &Print) {
        self.watcher.explained.on_trade(trade);
        self.alarm.pass();
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        let keep = self.fading.step(book.at);
        self.sums.iter_mut().for_each(|it| *it *= keep);
        let mut gone = [0.0; 2];
        self.watcher.on_book(book, |it| gone[side(it.side)] += it.size);
        if gone.iter().any(|it| *it > 0.0) {
            // An order that is put elsewhere on its side by the same message has moved, not vanished.
            let added = self.watcher.added(book);
            for i in 0..2 {
                self.sums[i] += (gone[i] - added[i]).max(0.0);
            }
        }
        let activity = (self.sums[0] - self.sums[1]).abs();
        let score = self.gauge.score(book.at, activity);
        self.alarm.update(book.at, score, [self.sums[0], self.sums[1], self.watcher.share()]);
    }

    fn write(&self, out: &mut [f64]) {
        self.alarm.write(out);
    }
}

impl Detector for Spoofing {
    fn alert(&self) -> Option<Alert> {
        self.alarm.alert()
    }
}

/// `LAYERING`: depth on several levels of one side that appeared within seconds and is taken back at once, with nothing
/// put in its place.
///
/// Counted are additions behind the touch above their 95 % quantile. Those that one message takes back on at least three
/// levels of a side count together, less what the message adds to that side (quotes that only move are no layers), and fade
/// with a half-life of five seconds. The limit is 2.3 times the 90 % quantile of the difference of the sides, 2.3 times what one
/// message in a hundred takes back, and 6.9 such additions at least. On a feed of changes that one takes nothing back; between
/// whole books half a second apart several levels go by themselves, each time for seconds only, so that the quantile over
/// time, which does not learn from what is loud for a moment, never comes to know it. A change takes as many steps as in `SPOOFING`.
#[derive(Clone, Debug)]
pub struct Layering {
    watcher: Watcher,
    fading: Fading,
    sums: [f64; 2],
    levels: f64,
    /// What each message takes back, most of them nothing.
    taken: History,
    usual: f64,
    gauge: Gauge,
    alarm: Alarm,
}

state!(Layering { watcher, fading, sums, levels, taken, usual, gauge, alarm });

/// Levels that must go together.
pub(crate) const LAYERS_MIN: u32 = 3;
/// Messages before one in a hundred is known.
const MESSAGES_MIN: u32 = 200;
/// This quantile of what messages take back, so many times, is not out of place.
const TAKEN_USUAL: (f64, f64) = (0.99, 2.0);
/// The limit is so many times what is out of place.
pub(crate) const LAYERS_STRICT: f64 = 1.15;

impl Layering {
    /// What is taken back within `quick` seconds was not meant.
    #[must_use]
    pub fn new(quick: f64) -> Layering {
        Layering {
            watcher: Watcher::new(0.95, quick),
            fading: Fading::new(TAKEN_HALF_LIFE),
            sums: [0.0; 2],
            levels: 0.0,
            taken: History::new(MEMORY),
            usual: 0.0,
            gauge: Gauge::new(0.9, 2.0, 6.0),
            alarm: Alarm::new(Kind::Layering),
        }
    }
}

impl Stream for Layering {
    fn on_trade(&mut self, trade: &Print) {
        self.watcher.explained.on_trade(trade);
        self.alarm.pass();
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        let keep = self.fading.step(book.at);
        self.sums.iter_mut().for_each(|it| *it *= keep);
        let (mut gone, mut count) = ([0.0; 2], [0_u32; 2]);
        self.watcher.on_book(book, |it| {
            gone[side(it.side)] += it.size;
            count[side(it.side)] += 1;
        });
        let mut taken = 0.0_f64;
        if count.iter().any(|it| *it >= LAYERS_MIN) {
            let added = self.watcher.added(book);
            for i in 0..2 {
                if count[i] >= LAYERS_MIN {
                    let net = (gone[i] - added[i]).max(0.0);
                    self.sums[i] += net;
                    taken = taken.max(net);
                    self.levels = f64::from(count[i]);
                }
            }
        }
        let activity = (self.sums[0] - self.sums[1]).abs();
        let score = self.gauge.score_above(book.at, activity, TAKEN_USUAL.1 * self.usual);
        let score = score.map(|it| it / LAYERS_STRICT);
        // Learnt after it was judged.
        self.taken.push(taken);
        if self.taken.len() >= MESSAGES_MIN {
            self.usual = self.taken.quantile(TAKEN_USUAL.0).unwrap_or(0.0);
        }
        self.alarm.update(book.at, score, [self.sums[0], self.sums[1], self.levels]);
    }

    fn write(&self, out: &mut [f64]) {
        self.alarm.write(out);
    }
}

impl Detector for Layering {
    fn alert(&self) -> Option<Alert> {
        self.alarm.alert()
    }
}

/// `QUOTE_STUFFING`: far more changes of levels than usual, without trades to show for them.
///
/// The activity is the rate of changes over one plus the rate of trades relative to its own mean, so that a busy market is
/// not taken for a stuffed one. The limit is 2.5 times its 90 % quantile, and 100 changes a second at least. Constant time.
#[derive(Clone, Debug)]
pub struct QuoteStuffing {
    fading: Fading,
    changes: f64,
    trades: f64,
    slow: Fading,
    trades_usual: f64,
    known: f64,
    gauge: Gauge,
    alarm: Alarm,
}

state!(QuoteStuffing { fading, changes, trades, slow, trades_usual, known, gauge, alarm });

impl QuoteStuffing {
    /// Rates with a half-life of `half_life` seconds.
    #[must_use]
    pub fn new(half_life: f64) -> QuoteStuffing {
        QuoteStuffing {
            fading: Fading::new(half_life),
            changes: 0.0,
            trades: 0.0,
            slow: Fading::new(USUAL_HALF_LIFE),
            trades_usual: 0.0,
            known: 0.0,
            gauge: Gauge::new(0.9, 2.5, 100.0),
            alarm: Alarm::new(Kind::QuoteStuffing),
        }
    }

    fn step(&mut self, at: i64) {
        let (keep, slowly) = (self.fading.step(at), self.slow.step(at));
        self.changes *= keep;
        self.trades *= keep;
        self.trades_usual *= slowly;
        self.known = 1.0 - (1.0 - self.known) * slowly;
    }
}

impl Stream for QuoteStuffing {
    fn on_trade(&mut self, trade: &Print) {
        self.step(trade.at);
        self.trades += 1.0;
        self.trades_usual += 1.0;
        self.alarm.pass();
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.step(book.at);
        self.changes += book.changes.len() as f64;
        let rate = self.changes * self.fading.rate();
        let trades = self.trades * self.fading.rate();
        let usual = self.trades_usual * self.slow.rate() / self.known;
        let busy = if usual > 0.0 { trades / usual } else { 0.0 };
        let score = self.gauge.score(book.at, rate / (1.0 + busy));
        self.alarm.update(book.at, score, [rate, trades, busy]);
    }

    fn write(&self, out: &mut [f64]) {
        self.alarm.write(out);
    }
}

impl Detector for QuoteStuffing {
    fn alert(&self) -> Option<Alert> {
        self.alarm.alert()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::*;
    use crate::measure::Level;

    const SECOND: i64 = 1_000_000_000;

    /// Bids 99, 98, 97 and asks 101, 102, 103, of size 1; only what changes is told.
    fn message(watcher: &mut Watcher, at: i64, changes: &[(f64, f64, f64)]) -> Vec<f64> {
        let side = |prices: [f64; 3]| prices.map(|price| Level { price, size: 1.0 });
        let changes: Vec<Change> = changes
            .iter()
            .map(|&(price, before, size)| {
                let side = if price < 100.0 { Side::Buy } else { Side::Sell };
                Change { side, level: Level { price, size }, before }
            })
            .collect();
        let (bids, asks) = (side([99.0, 98.0, 97.0]), side([101.0, 102.0, 103.0]));
        let mut gone = Vec::new();
        watcher.on_book(&Depth { at, bids: &bids, asks: &asks, changes: &changes }, |it| gone.push(it.size));
        gone
    }

    /// A watcher that has seen enough additions of one unit to know that ten are large.
    fn watcher() -> Watcher {
        let mut watcher = Watcher::new(0.99, 5.0);
        for _ in 0..SEEN_MIN {
            assert!(message(&mut watcher, 0, &[(97.0, 0.0, 1.0), (97.0, 1.0, 0.0)]).is_empty());
        }
        watcher
    }

    #[test]
    fn only_what_is_large_behind_the_touch_quick_and_not_traded_is_fleeting() {
        let gone = |changes: [(f64, f64, f64); 2], wait: i64, trade: Option<f64>| {
            let mut watcher = watcher();
            assert!(message(&mut watcher, SECOND, &changes[..1]).is_empty());
            if let Some(size) = trade {
                let price = changes[0].0;
                watcher.explained.on_trade(&Print { at: SECOND + wait, price, size, aggressor: None });
            }
            message(&mut watcher, SECOND + wait, &changes[1..]).len()
        };
        let baited = [(98.0, 1.0, 11.0), (98.0, 11.0, 1.0)];
        assert_eq!(gone(baited, SECOND, None), 1);
        assert_eq!(gone(baited, 6 * SECOND, None), 0, "it stood");
        assert_eq!(gone(baited, SECOND, Some(9.0)), 0, "it traded");
        assert_eq!(gone(baited, SECOND, Some(0.5)), 1, "it hardly traded");
        assert_eq!(gone([(98.0, 1.0, 11.0), (98.0, 11.0, 5.0)], SECOND, None), 0, "much of it stays");
        assert_eq!(gone([(99.0, 1.0, 11.0), (99.0, 11.0, 1.0)], SECOND, None), 0, "at the touch");
        assert_eq!(gone([(98.0, 1.0, 1.5), (98.0, 1.5, 1.0)], SECOND, None), 0, "small");
        assert_eq!(gone([(60.0, 0.0, 10.0), (60.0, 10.0, 0.0)], SECOND, None), 0, "far away");
    }

    /// Nine tenths of 1.7 are 1.53, and what 1.9 less 0.2 leaves is not exactly 1.7: neither decides.
    #[test]
    fn what_is_gone_and_what_was_traded_is_judged_but_for_rounding() {
        for (lots, unit) in [(10, 1.0), (10, 10.0), (20, 3.0), (70, 1e3), (1_230, 7.0)] {
            let size = |lots: i32| f64::from(lots) / unit;
            for rest in [2, 4, 8] {
                let mut watcher = Watcher::new(0.99, 5.0);
                for _ in 0..SEEN_MIN {
                    message(&mut watcher, 0, &[(97.0, 0.0, size(1)), (97.0, size(1), 0.0)]);
                }
                let (all, tenth) = (rest + lots, lots / 10);
                message(&mut watcher, SECOND, &[(98.0, size(rest), size(all))]);
                let trade = Print { at: SECOND, price: 98.0, size: size(tenth), aggressor: None };
                watcher.explained.on_trade(&trade);
                let gone = message(&mut watcher, 2 * SECOND, &[(98.0, size(all), size(rest + tenth))]);
                assert_eq!(gone.len(), 1, "{lots} of {unit}, a tenth of it traded and a tenth left");
            }
        }
    }

    /// Additions of one lot, written as what decimals leave, lie in one bin of sizes.
    #[test]
    fn additions_of_one_size_are_of_one_bin() {
        let mut watcher = Watcher::new(0.01, 5.0);
        for i in 0..2_000_u32 {
            let before = f64::from(i % 97) / 100.0;
            let after = f64::from(i % 97 + 100) / 100.0;
            message(&mut watcher, 0, &[(97.0, before, after), (97.0, after, before)]);
        }
        assert_eq!(watcher.large, 0, "none is larger than the others");
    }

    #[test]
    fn an_order_that_moves_is_not_taken_back() {
        let mut spoofing = Spoofing::new(5.0);
        spoofing.watcher = watcher();
        let mut step = |at: i64, changes: &[(f64, f64, f64)]| {
            let side = |prices: [f64; 3]| prices.map(|price| Level { price, size: 1.0 });
            let changes: Vec<Change> = changes
                .iter()
                .map(|&(price, before, size)| Change {
                    side: Side::Buy,
                    level: Level { price, size },
                    before,
                })
                .collect();
            let (bids, asks) = (side([99.0, 98.0, 97.0]), side([101.0, 102.0, 103.0]));
            spoofing.on_book(&Depth { at, bids: &bids, asks: &asks, changes: &changes });
            spoofing.sums[0]
        };
        step(SECOND, &[(98.0, 0.0, 10.0)]);
        assert_eq!(step(2 * SECOND, &[(98.0, 10.0, 0.0), (97.0, 0.0, 10.0)]), 0.0, "moved");
        assert!(step(3 * SECOND, &[(97.0, 10.0, 0.0)]) > 1.0, "taken back");
    }
}
