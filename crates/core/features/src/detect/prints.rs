//! What equal prints tell: trades of one party with itself, and orders that are cut into equal pieces.

use super::gauge::{Alarm, Gauge};
use super::{Alert, Detector, Kind};
use crate::flow::{Classifier, Fading, Stream, seconds_between};
use crate::measure::{Depth, Print};
use crate::state::{plain, state};

/// Sizes that are counted; two that fall on one place are counted as one.
const PLACES: usize = 4096;
/// Trades after which all counts are halved.
const MEMORY: u32 = 50_000;
/// Trades before a size is rare.
const SEEN_MIN: u32 = 500;
/// Trades that are looked back at.
const BACK: usize = 64;
/// A pair that chance would bring more often than this is no sign.
const CHANCE_MAX: f64 = 0.02;

#[derive(Clone, Copy, Debug, Default)]
struct Past {
    at: i64,
    price: f64,
    size: f64,
    sign: f64,
    is_used: bool,
}

plain!(Past { at, price, size, sign, is_used });

/// Finds, for a trade, an earlier one of exactly the same size, where that size is so rare that chance does not explain it.
#[derive(Clone, Debug)]
struct Twins {
    counts: Box<[u32]>,
    total: u32,
    past: [Past; BACK],
    next: usize,
}

state!(Twins { counts, total, past, next });

impl Twins {
    fn new() -> Twins {
        Twins { counts: vec![0; PLACES].into_boxed_slice(), total: 0, past: [Past::default(); BACK], next: 0 }
    }

    /// The earlier trade of the same size that `fits`, nearest first; it will not be found again.
    fn find(&mut self, trade: &Print, sign: f64, seconds: f64, fits: impl Fn(&Past) -> bool) -> Option<Past> {
        let place = (trade.size.to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize % PLACES;
        let share = f64::from(self.counts[place]) / f64::from(self.total.max(1));
        let mut found = None;
        // A size that was never seen has no twin, and one that chance alone would bring among two trades is no sign.
        if self.total >= SEEN_MIN && share > 0.0 && share <= CHANCE_MAX {
            let mut within = 0.0;
            for back in 1..=BACK {
                let it = &mut self.past[(self.next + BACK - back) % BACK];
                if it.size == 0.0 || seconds_between(it.at, trade.at) > seconds || trade.at < it.at {
                    break;
                }
                within += 1.0;
                let is_twin = it.size.to_bits() == trade.size.to_bits() && !it.is_used;
                // Among so many trades chance brings the size this often.
                if is_twin && share * within <= CHANCE_MAX && fits(it) {
                    it.is_used = true;
                    found = Some(*it);
                    break;
                }
            }
        }
        self.counts[place] += 1;
        self.total += 1;
        if self.total >= MEMORY {
            self.total = 0;
            for it in &mut self.counts {
                // Rounded up: what was seen stays seen.
                *it = it.div_ceil(2);
                self.total += *it;
            }
        }
        let is_used = found.is_some();
        self.past[self.next] = Past { at: trade.at, price: trade.price, size: trade.size, sign, is_used };
        self.next = (self.next + 1) % BACK;
        found
    }
}

/// `WASH_TRADES`: pairs of trades of the same odd size, one bought and one sold, at one price, shortly after each other.
///
/// A size is odd when chance would bring it less than once in fifty times among the trades of the window. Each pair counts
/// one and fades with a half-life of 30 seconds; the limit is four times the 90 % quantile, and four pairs at least. Without accounts this is all that can be seen: a washer who varies sizes,
/// waits longer, or crosses several prices is not found, and two strangers who trade the same odd size are.
#[derive(Clone, Debug)]
pub struct WashTrades {
    seconds: f64,
    classifier: Classifier,
    twins: Twins,
    fading: Fading,
    pairs: f64,
    paired: f64,
    volume: f64,
    gauge: Gauge,
    alarm: Alarm,
}

state!(WashTrades { classifier, twins, fading, pairs, paired, volume, gauge, alarm; seconds });

/// Prices of a pair differ by no more than this share.
const SAME_PRICE: f64 = 1e-4;

impl WashTrades {
    /// Pairs within `seconds`.
    #[must_use]
    pub fn new(seconds: f64) -> WashTrades {
        WashTrades {
            seconds,
            classifier: Classifier::default(),
            twins: Twins::new(),
            fading: Fading::new(30.0),
            pairs: 0.0,
            paired: 0.0,
            volume: 0.0,
            gauge: Gauge::new(0.9, 4.0, 4.0),
            alarm: Alarm::new(Kind::WashTrades),
        }
    }
}

impl Stream for WashTrades {
    fn on_trade(&mut self, trade: &Print) {
        let sign = self.classifier.on_trade(trade).best();
        let keep = self.fading.step(trade.at);
        for it in [&mut self.pairs, &mut self.paired, &mut self.volume] {
            *it *= keep;
        }
        self.volume += trade.size;
        let fits =
            |it: &Past| it.sign * sign < 0.0 && (it.price - trade.price).abs() <= SAME_PRICE * trade.price;
        if self.twins.find(trade, sign, self.seconds, fits).is_some() {
            self.pairs += 1.0;
            self.paired += 2.0 * trade.size;
        }
        let score = self.gauge.score(trade.at, self.pairs);
        let share = (self.paired / self.volume).clamp(0.0, 1.0);
        self.alarm.update(trade.at, score, [self.pairs, self.paired, share]);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.classifier.on_book(book);
        self.alarm.pass();
    }

    fn write(&self, out: &mut [f64]) {
        self.alarm.write(out);
    }
}

impl Detector for WashTrades {
    fn alert(&self) -> Option<Alert> {
        self.alarm.alert()
    }
}

/// `COORDINATION`: the same odd size again and again on one side.
///
/// Public trades name nobody, so whether several traders act together cannot be seen: not who trades, not who knows whom,
/// not what was agreed. What can be seen is that prints are too alike to be strangers': each that repeats the size and the
/// side of another within the window, where chance would bring the size less than once in fifty times, counts one and fades
/// with a half-life of 30 seconds; the activity is the difference of the sides, its limit four times the 90 % quantile, and
/// four repeats at least. One trader who cuts an order into equal pieces looks the same.
#[derive(Clone, Debug)]
pub struct Coordination {
    seconds: f64,
    classifier: Classifier,
    twins: Twins,
    fading: Fading,
    repeats: [f64; 2],
    trades: f64,
    gauge: Gauge,
    alarm: Alarm,
}

state!(Coordination { classifier, twins, fading, repeats, trades, gauge, alarm; seconds });

impl Coordination {
    /// Repeats within `seconds`.
    #[must_use]
    pub fn new(seconds: f64) -> Coordination {
        Coordination {
            seconds,
            classifier: Classifier::default(),
            twins: Twins::new(),
            fading: Fading::new(30.0),
            repeats: [0.0; 2],
            trades: 0.0,
            gauge: Gauge::new(0.9, 4.0, 4.0),
            alarm: Alarm::new(Kind::Coordination),
        }
    }
}

impl Stream for Coordination {
    fn on_trade(&mut self, trade: &Print) {
        let sign = self.classifier.on_trade(trade).best();
        let keep = self.fading.step(trade.at);
        self.repeats.iter_mut().for_each(|it| *it *= keep);
        self.trades = self.trades * keep + 1.0;
        // Pieces of one sweep are one order: they come at one time.
        let fits = |it: &Past| it.sign * sign > 0.0 && it.at != trade.at;
        if self.twins.find(trade, sign, self.seconds, fits).is_some() {
            self.repeats[usize::from(sign < 0.0)] += 1.0;
        }
        let activity = (self.repeats[0] - self.repeats[1]).abs();
        let score = self.gauge.score(trade.at, activity);
        let share = (self.repeats[0] + self.repeats[1]) / self.trades;
        self.alarm.update(trade.at, score, [self.repeats[0], self.repeats[1], share]);
    }

    fn on_book(&mut self, book: &Depth<'_>) {
        self.classifier.on_book(book);
        self.alarm.pass();
    }

    fn write(&self, out: &mut [f64]) {
        self.alarm.write(out);
    }
}

impl Detector for Coordination {
    fn alert(&self) -> Option<Alert> {
        self.alarm.alert()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::Side;

    const MILLI: i64 = 1_000_000;

    /// Trades of the usual sizes, bought and sold, ten a second.
    fn usual(wash: &mut WashTrades, from: i64, count: i64) -> i64 {
        for i in 0..count {
            let aggressor = Some(if i % 3 == 0 { Side::Buy } else { Side::Sell });
            let size = 1.0 + ((i * i) % 7) as f64;
            wash.on_trade(&Print { at: from + i * 100 * MILLI, price: 100.0, size, aggressor });
        }
        from + count * 100 * MILLI
    }

    fn pair(wash: &mut WashTrades, at: i64, size: f64, back: (i64, f64, Side)) -> f64 {
        let (wait, price, side) = back;
        let before = wash.pairs;
        wash.on_trade(&Print { at, price: 100.0, size, aggressor: Some(Side::Buy) });
        wash.on_trade(&Print { at: at + wait * MILLI, price, size, aggressor: Some(side) });
        wash.pairs - before
    }

    #[test]
    fn a_pair_is_of_one_odd_size_both_ways_at_one_price_soon() {
        let mut wash = WashTrades::new(2.0);
        let at = usual(&mut wash, 0, 1000);
        let mut tried = 0;
        let mut found = |size: f64, back| {
            tried += 1;
            pair(&mut wash, at + tried * 60_000 * MILLI, size, back) > 0.5
        };
        assert!(found(3.777, (200, 100.0, Side::Sell)));
        assert!(!found(3.778, (200, 100.0, Side::Buy)), "both bought");
        assert!(!found(3.779, (200, 101.0, Side::Sell)), "another price");
        assert!(!found(3.780, (2100, 100.0, Side::Sell)), "too late");
        assert!(!found(2.0, (200, 100.0, Side::Sell)), "a size as any other");
    }

    #[test]
    fn pairs_raise_an_alarm_and_usual_trading_does_not() {
        let mut wash = WashTrades::new(2.0);
        let mut at = usual(&mut wash, 0, 2000);
        assert_eq!(wash.alarm.alert(), None);
        let mut alerts = Vec::new();
        for i in 0..30 {
            pair(&mut wash, at, 5.0 + f64::from(i) * 0.013, (300, 100.0, Side::Sell));
            alerts.extend(wash.alert());
            at += 1000 * MILLI;
        }
        assert!(alerts.iter().any(|it| it.level >= 3), "{alerts:?}");
        assert!(alerts.windows(2).all(|it| it[0].level < it[1].level), "one alert a rise");
    }
}
