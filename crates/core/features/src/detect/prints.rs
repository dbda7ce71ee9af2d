//! What equal prints tell: trades of one party with itself, and orders that are cut into equal pieces.

use super::gauge::{Alarm, Gauge};
use super::{Alert, Detector, Kind};
use crate::flow::{Classifier, Fading, Stream, seconds_between};
use crate::measure::{Depth, Print};
use crate::state::{plain, state};

/// Sizes that are counted; two that fall on one place are counted as one.
pub(crate) const PLACES: usize = 4096;
/// Trades after which all counts are halved.
pub(crate) const MEMORY: u32 = 50_000;
/// Trades before a size is rare.
pub(crate) const SEEN_MIN: u32 = 500;
/// Trades that are looked back at.
pub(crate) const BACK: usize = 64;
/// A pair that chance would bring more often than this is no sign.
pub(crate) const CHANCE_MAX: f64 = 0.02;

/// How often each size is traded, as a share of all trades.
#[derive(Clone, Debug)]
struct Sizes {
    counts: Box<[u32]>,
    total: u32,
}

state!(Sizes { counts, total });

impl Sizes {
    fn new() -> Sizes {
        Sizes { counts: vec![0; PLACES].into_boxed_slice(), total: 0 }
    }

    fn place(size: f64) -> usize {
        (size.to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize % PLACES
    }

    /// The share of trades of this size; none before [`SEEN_MIN`] trades, and of a size that was never seen.
    fn share(&self, size: f64) -> Option<f64> {
        let count = self.counts[Sizes::place(size)];
        (self.total >= SEEN_MIN && count > 0).then(|| f64::from(count) / f64::from(self.total))
    }

    fn push(&mut self, size: f64) {
        self.counts[Sizes::place(size)] += 1;
        self.total += 1;
        if self.total >= MEMORY {
            self.total = 0;
            for it in &mut self.counts {
                // Rounded up: what was seen stays seen.
                *it = it.div_ceil(2);
                self.total += *it;
            }
        }
    }
}

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
    sizes: Sizes,
    past: [Past; BACK],
    next: usize,
}

state!(Twins { sizes, past, next });

impl Twins {
    fn new() -> Twins {
        Twins { sizes: Sizes::new(), past: [Past::default(); BACK], next: 0 }
    }

    /// The earlier trade of the same size that `fits`, nearest first; it will not be found again.
    fn find(&mut self, trade: &Print, sign: f64, seconds: f64, fits: impl Fn(&Past) -> bool) -> Option<Past> {
        let mut found = None;
        // A size that was never seen has no twin, and one that chance alone would bring among two trades is no sign.
        if let Some(share) = self.sizes.share(trade.size).filter(|it| *it <= CHANCE_MAX) {
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
        self.sizes.push(trade.size);
        let is_used = found.is_some();
        self.past[self.next] = Past { at: trade.at, price: trade.price, size: trade.size, sign, is_used };
        self.next = (self.next + 1) % BACK;
        found
    }
}

/// `WASH_TRADES`: pairs of trades of the same odd size, one bought and one sold, at prices at most 1 bp apart, shortly after
/// each other.
///
/// A size is odd when chance would bring it less than once in fifty times among the trades of the window. Each pair counts
/// one and fades with a half-life of 30 seconds; the limit is 5.2 times the 90 % quantile, and 5.2 pairs at least; what is above
/// four of either is not learnt. Without accounts this is all that can be seen: a washer who varies sizes, waits longer, or
/// crosses several prices is not found, and two strangers who trade the same odd size are.
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

/// The limit is so many times what is out of place.
pub(crate) const WASH_STRICT: f64 = 1.3;

/// Prices of a pair differ by no more than this share.
pub(crate) const SAME_PRICE: f64 = 1e-4;
/// Seconds in which a pair counts half.
pub(crate) const PAIR_HALF_LIFE: f64 = 30.0;

impl WashTrades {
    /// Pairs within `seconds`.
    #[must_use]
    pub fn new(seconds: f64) -> WashTrades {
        WashTrades {
            seconds,
            classifier: Classifier::default(),
            twins: Twins::new(),
            fading: Fading::new(PAIR_HALF_LIFE),
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
        let score = self.gauge.score(trade.at, self.pairs).map(|it| it / WASH_STRICT);
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

/// Orders of one size and one side, fading.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    size: f64,
    at: i64,
    count: f64,
}

plain!(Series { size, at, count });

/// `COORDINATION`: the same odd size again and again on one side.
///
/// Public trades name nobody, so whether several traders act together cannot be seen: not who trades, not who knows whom,
/// not what was agreed. What can be seen is that orders are too alike to be strangers'. Of each size and side the orders are
/// counted, fading by half in `half_life` seconds, and compared with how many chance brings: the share of this size among all
/// trades, times the trades of that side, fading alike. The activity is how many deviations of a Poisson count lie between,
/// `(n - 1 - m) / sqrt(m + 1)`, the largest of late, fading; so it is alike on busy and on quiet markets, and a
/// size that is common does not count. The limit is its 90 % quantile, and 8 at least. One trader who cuts an order into
/// equal pieces looks the same, and many do.
#[derive(Clone, Debug)]
pub struct Coordination {
    classifier: Classifier,
    sizes: Sizes,
    series: Box<[Series]>,
    rate: f64,
    fading: Fading,
    /// Trades bought and sold, fading.
    trades: [f64; 2],
    activity: f64,
    evidence: [f64; 3],
    gauge: Gauge,
    alarm: Alarm,
}

state!(Coordination { classifier, sizes, series, fading, trades, activity, evidence, gauge, alarm; rate });

impl Coordination {
    /// Orders count half after `half_life` seconds.
    #[must_use]
    pub fn new(half_life: f64) -> Coordination {
        Coordination {
            classifier: Classifier::default(),
            sizes: Sizes::new(),
            series: vec![Series::default(); 2 * PLACES].into_boxed_slice(),
            rate: std::f64::consts::LN_2 / half_life,
            fading: Fading::new(half_life),
            trades: [0.0; 2],
            activity: 0.0,
            evidence: [0.0; 3],
            gauge: Gauge::new(0.9, 1.0, 8.0),
            alarm: Alarm::new(Kind::Coordination),
        }
    }

    /// Orders of the size and side of this one of late, this one included.
    fn count(&mut self, trade: &Print, sign: f64) -> f64 {
        let is_sold = usize::from(sign < 0.0);
        let it = &mut self.series[2 * Sizes::place(trade.size) + is_sold];
        let late = it.count * libm::exp(-self.rate * seconds_between(it.at, trade.at));
        if it.size.to_bits() == trade.size.to_bits() {
            // Prints of one time are pieces of one order.
            it.count = if it.at == trade.at { it.count } else { late + 1.0 };
            it.at = trade.at;
        } else if late < 2.0 {
            // Two sizes that fall on one place displace each other.
            *it = Series { size: trade.size, at: trade.at, count: 1.0 };
        } else {
            return 1.0;
        }
        it.count
    }
}

impl Stream for Coordination {
    fn on_trade(&mut self, trade: &Print) {
        let sign = self.classifier.on_trade(trade).best();
        let keep = self.fading.step(trade.at);
        self.trades.iter_mut().for_each(|it| *it *= keep);
        self.activity *= keep;
        if sign != 0.0 {
            let of_side = &mut self.trades[usize::from(sign < 0.0)];
            *of_side += 1.0;
            let of_side = *of_side;
            let count = self.count(trade, sign);
            if let Some(share) = self.sizes.share(trade.size) {
                let chance = share * of_side;
                let excess = (count - 1.0 - chance) / (chance + 1.0).sqrt();
                if excess >= self.activity {
                    (self.activity, self.evidence) = (excess, [sign * count, chance, trade.size]);
                }
            }
        }
        self.sizes.push(trade.size);
        let score = self.gauge.score(trade.at, self.activity);
        self.alarm.update(trade.at, score, self.evidence);
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

    #[test]
    fn a_series_of_one_odd_size_is_found_on_a_busy_and_on_a_quiet_market_alike() {
        for gap in [20, 200, 1000] {
            let mut it = Coordination::new(40.0);
            let mut alerts = Vec::new();
            let mut print = |at: i64, size: f64, side: Side| {
                it.on_trade(&Print { at: at * MILLI, price: 100.0, size, aggressor: Some(side) });
                alerts.extend(it.alert());
            };
            let end = 800_000;
            let mut next = 700_000;
            for at in (0..end).step_by(gap) {
                let i = at as i64 / gap as i64;
                let side = if i % 3 == 0 { Side::Buy } else { Side::Sell };
                print(at as i64, 1.0 + ((i * i) % 97) as f64, side);
                while at >= next {
                    print(next as i64 + 1, 3.777, Side::Buy);
                    next += 1_100;
                }
            }
            assert!(alerts.iter().any(|it| it.level >= 2), "{gap}: {alerts:?}");
            assert!(alerts.iter().all(|it| it.at > 700_000 * MILLI), "{gap}: usual trading raises nothing");
            assert!(alerts.iter().all(|it| it.evidence[2].to_bits() == 3.777_f64.to_bits()), "{alerts:?}");
        }
    }
}
