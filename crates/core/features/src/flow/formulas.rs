//! What each measure computes, as a formula in words and signs. `w` is a weight that halves in `half_life`; `sign` is that
//! of the venue, else of Lee and Ready, else of the tick test; a rank is the share of former values that were lower.

use super::explained::{EXPLAINS, ROUNDING};
use super::history::STEPS;
use super::{book, queue, vpin};
use crate::detect::LEVELS;
use crate::detect::gauge::{self, HOLD, LIMITS, PATIENCE, RELEASE, SAMPLE};
use crate::detect::orders::{self, GONE, LAYERS_STRICT, REACHES, TAKEN_HALF_LIFE, USUAL_HALF_LIFE};
use crate::detect::prints::{self, BACK, CHANCE_MAX, PAIR_HALF_LIFE, PLACES, SAME_PRICE, WASH_STRICT};
use crate::detect::runs::STANDS;
use crate::detect::tape::USUAL;

/// The formula of the measure `name`; empty where there is no such measure.
pub(super) fn of(name: &str) -> String {
    let formula = formula(name);
    let strict = match name {
        "SPOOFING" | "QUOTE_STUFFING" | "COORDINATION" => Some(1.0),
        "LAYERING" => Some(LAYERS_STRICT),
        "WASH_TRADES" => Some(WASH_STRICT),
        "MOMENTUM_IGNITION" | "STOP_HUNTING" => None,
        _ => return formula,
    };
    let past = strict.map_or_else(
        || {
            format!(
                "trades of one time and one side are one order; what is found stands for {} s",
                seconds(STANDS)
            )
        },
        past,
    );
    format!("{formula}; {past}; {}", level())
}

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// What an alarm whose limit is `strict` times what is out of place takes for its past.
fn past(strict: f64) -> String {
    let most = if strict > 1.0 { format!("1 / {strict}") } else { "1".to_owned() };
    format!(
        "its past = a sample each {} s, in bins of {:.1} %, fading by half each {} samples, without those whose score is {most} or more, \
         for up to {} s in a row",
        seconds(SAMPLE),
        100.0 / STEPS as f64,
        gauge::MEMORY,
        seconds(PATIENCE)
    )
}

/// How a score raises and lowers a level.
fn level() -> String {
    let limits = LIMITS.map(|it| it.to_string()).join(", ");
    format!(
        "level = how many of {limits} the score reaches, at once; {} s after it was raised, or later, it falls to how many of {RELEASE} \
         times these the score still reaches",
        seconds(HOLD)
    )
}

/// How sizes are counted by those who look for odd ones.
fn sizes() -> String {
    format!(
        "sizes are told apart in that share by {PLACES} places of a hash of their bits, all counts halved after {} trades",
        prints::MEMORY
    )
}

/// What of a change was traded.
fn traded() -> String {
    format!(
        "what was traded at a price and has not been taken off yet counts until {} s pass without a trade there, each price for itself; sizes that \
         differ by less than {ROUNDING:e} of those they were counted from are equal",
        seconds(EXPLAINS as i64)
    )
}

fn formula(name: &str) -> String {
    let ranked = |memory: u32| {
        format!(
            "rank in bins of {:.1} % of the value, so that it counts what is lower by more than one, fading by half each {memory} values",
            100.0 / STEPS as f64
        )
    };
    match name {
        "VPIN" => format!(
            "{}; {}; volume = 0: V = {} mean sizes as a bucket opens, the trade in hand among them; what a trade weighs in this mean \
             halves in {} trades, and its size counts with at most {} medians of all sizes, in the same bins, as they were when the last bucket \
             before it opened; a bucket is full to 1e-12 of the largest trade in it, limits and bins are reached to 1e-9",
            constant(name),
            ranked(vpin::MEMORY),
            vpin::Bucket::TRADES,
            vpin::SIZES_HALF_LIFE,
            vpin::MEDIANS_MAX,
        ),
        "SPREAD" => format!("{}; {} (of bps)", constant(name), ranked(book::MEMORY)),
        "CANCELS" => format!(
            "{}; cancels counts the levels of which something was; {}; {} (of cancels)",
            constant(name),
            traded(),
            ranked(queue::MEMORY)
        ),
        "SPOOFING" | "LAYERING" => format!(
            "{}; w halves in {TAKEN_HALF_LIFE} s; additions behind the touch and within {REACHES} times the reach of {LEVELS} levels count, from {} on, \
             quantiles of them in bins of {:.1} %; taken back: {:.0} % gone within quick seconds, at most {:.0} % of it traded, less what the \
             message adds to that side; {}",
            constant(name),
            orders::SEEN_MIN,
            100.0 / STEPS as f64,
            100.0 * GONE,
            100.0 * (1.0 - GONE),
            traded(),
        ),
        "QUOTE_STUFFING" => {
            format!(
                "{}; rates with w, their mean with one that halves in {USUAL_HALF_LIFE} s",
                constant(name)
            )
        }
        "WASH_TRADES" => format!(
            "activity = sum w of pairs of exactly one size, one bought and one sold, at prices at most {} bp apart, within seconds and {BACK} trades, each trade in one \
             pair; w halves in {PAIR_HALF_LIFE} s; share of the size among all trades * trades from one to the other <= {CHANCE_MAX}, after {} trades; \
             {}; score = activity / max(5.2 * q90 of its past, 5.2)",
            1e4 * SAME_PRICE,
            prints::SEEN_MIN,
            sizes(),
        ),
        "COORDINATION" => format!(
            "{}; trades of one time, size and side are one order of n; {}; of two sizes at one place n counts the later one alone, from 1, \
             where fewer than 2 are left of the other, else 1",
            constant(name),
            sizes()
        ),
        "MOMENTUM_IGNITION" | "STOP_HUNTING" => {
            format!("{}; the rms and the usual m with a w that halves in {USUAL} s", constant(name))
        }
        _ => constant(name).to_owned(),
    }
}

/// Of those in which no constant is named, or the part that names none.
fn constant(name: &str) -> &'static str {
    match name {
        "TRADE_SIGN" => {
            "lee_ready = sign(price - mid), at the mid the tick test; tick = sign(price - price before), unchanged as before"
        }
        "BVC" => {
            "share = Phi((close - close before) / sd); bought = share * volume; sold = volume - bought; sd of bar changes, each at most 10 medians or 5 sd (the first ten as soon as they have a median), w halves in 100 bars"
        }
        "TRADE_FLOW" => {
            "volume = (sum w * bought - sum w * sold) / (sum w * bought + sum w * sold); count = the same of numbers of trades"
        }
        "WHALE" => {
            "limit = quantile of all sizes before; whale = sign where size > limit, else 0; share = sum w * size of whales / sum w * size; \
             net = the same with signs"
        }
        "RATE" => {
            "rate = sum w * amount * (ln 2 / half_life) / (1 - 2^(-seconds since the first event / half_life))"
        }
        "HAWKES" => {
            "side: mu / 2 + alpha * sum over its trades of exp(-beta * (t - t_i)); intensity = buys + sells; ratio = intensity * (1 - alpha / beta) / mu"
        }
        "VPIN" => {
            "vpin = sum of |V_buy - V_sell| over n buckets / sum of V; BULK: V_buy = V * Phi(bar change / sd), sd as in BVC; SIGN: by the sign of each trade; \
             level = how many of 0.80, 0.95, 0.99 the rank reaches"
        }
        "SPREAD" => "spread = ask - bid; bps = 10000 * spread / mid; mean_bps = sum w * bps / sum w",
        "DEPTH" => {
            "bids, asks = sum of sizes; slope = sum(d_i * D_i) / sum(d_i^2), d_i = 10000 * |price_i - mid| / mid, D_i = sum of sizes up to level i"
        }
        "BOOK_TABLE" => {
            "volume = sum(size); mean = volume / levels; vwap = sum(price * size) / volume; ratio = bid_volume / ask_volume; vwap_spread = ask_vwap - bid_vwap"
        }
        "BOOK_IMBALANCE" => {
            "(B - A) / (B + A): total over the levels; weighted with sizes / level number; at_level of the last level alone"
        }
        "MICROPRICE" => {
            "price = bid + I * (ask - bid), I = bid size / (bid size + ask size); lean = I - 1/2; momentum = (price - price lookback messages before) / lookback"
        }
        "STOIKOV_PRICE" => {
            "price = mid + sum over i = 0..5 of B^i * G1, G1 = (I - Q)^-1 * R, B = (I - Q)^-1 * T: Q, T = passages between states of imbalance and \
             spread without and with a move of the mid, R = the mean move out of a state"
        }
        "OFI" => {
            "e = [bid >= bid before] * bid size - [bid <= bid before] * bid size before - [ask <= ask before] * ask size + [ask >= ask before] * ask size before; \
             ofi = sum of e; scaled = ofi / mean size of the level"
        }
        "MLOFI" => {
            "ofi = sum over messages and levels of e (see OFI); scaled = ofi / (mean size of a level * levels)"
        }
        "QUEUE" => {
            "ahead = size at the best price; age += seconds, times old size / new size where it grows, 0 at a new price; wait = ahead / (sum w * what left * ln 2 / half_life)"
        }
        "CANCELS" => {
            "cancelled = sizes that shrink less what was traded at their price; rates = sum w * amount * ln 2 / half_life; \
             share = cancelled / (cancelled + traded); side = (bids - asks) / (bids + asks)"
        }
        "KYLE" => {
            "close change = alpha + lambda * (bought - sold) + error, least squares over n bars; t = lambda / its standard error; absent where bought - sold is the same in all bars, but for rounding (1e-12 of the volume)"
        }
        "HASBROUCK" => {
            "ln(close / close before) = alpha + lambda * sum(sign * sqrt(price * size)) + error, least squares over n bars; absent where that sum is the same in all bars, but for rounding (1e-12 of the sum without signs)"
        }
        "AMIHUD" => "illiquidity = mean over n bars of |ln(close / close before)| / sum(price * size)",
        "ROLL" => {
            "spread = 2 * sqrt(-cov(change, change before)) over n pairs of trades, 0 where the covariance is not below zero; bps = 10000 * spread / price"
        }
        "EFFECTIVE_SPREAD" => {
            "effective = 20000 * sign * (price - mid) / mid; realised = 20000 * sign * (price - mid after horizon) / mid; impact = effective - realised; means with w by trades"
        }
        "NASH_SPREAD" => {
            "half_spread = cost + n / ((n - 1) * sensitivity); cost = impact / 2 + fee; impact as in EFFECTIVE_SPREAD; sensitivity = 1 / mean of 10000 * |price - mid| / mid"
        }
        "SPOOFING" => {
            "activity = |bids - asks|, each sum w * size / q99.5 of additions larger than that quantile, behind the touch, that are taken back within quick seconds; \
             score = activity / max(2.5 * q90 of its past, 3)"
        }
        "LAYERING" => {
            "activity = |bids - asks|, each sum w of additions above their 95 % quantile that one message takes back on 3 levels or more; \
             score = activity / max(2.3 * q90 of its past, 2.3 * q99 of what messages take back, 6.9)"
        }
        "QUOTE_STUFFING" => {
            "activity = changes per second / (1 + trades per second / their mean); score = activity / max(2.5 * q90 of its past, 100)"
        }
        "COORDINATION" => {
            "m = share of the size among all trades * trades of its side, n = orders of that size and side, all fading by half in half_life; activity = largest of late of (n - 1 - m) / sqrt(m + 1); score = activity / max(q90 of its past, 8)"
        }
        "MOMENTUM_IGNITION" => {
            "score = length / (2.5 * rms of moves of 5 s) of a move whose orders are (n - m) / sqrt(m + 1) >= 6 above the usual m and (bought - sold) / n >= 0.7 of its side, of which 60 % comes back within seconds of its furthest price"
        }
        "STOP_HUNTING" => {
            "score = (extreme - level) / (0.7 * rms of moves of 5 s) of a run through the highest or lowest price of lookback, with orders (n - m) / sqrt(m + 1) >= 6 above the usual m in 10 s and (bought - sold) / n >= 0.7 of its side, that is back within 30 s of its furthest price"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::gauge::SAMPLES_MIN;
    use crate::detect::{orders, prints};

    #[test]
    fn the_pages_name_what_is_computed() {
        let of = super::of;
        for part in ["at most 1 bp apart", "64 trades", "halves in 30 s", "<= 0.02, after 500 trades"] {
            assert!(of("WASH_TRADES").contains(part), "{part}");
        }
        for name in ["SPOOFING", "LAYERING"] {
            for part in [
                "halves in 5 s",
                "2 times the reach of 20 levels",
                "from 500 on",
                "90 % gone",
                "at most 10 %",
            ] {
                assert!(of(name).contains(part), "{name}: {part}");
            }
        }
        for name in ["QUOTE_STUFFING", "MOMENTUM_IGNITION", "STOP_HUNTING"] {
            assert!(of(name).contains("halves in 600 s"), "{name}");
        }
        for name in ["SPREAD", "VPIN", "CANCELS"] {
            assert!(of(name).contains("bins of 1.6 %"), "{name}");
        }
        for name in ["CANCELS", "SPOOFING", "LAYERING"] {
            for part in ["until 1 s pass without a trade", "each price for itself", "less than 1e-12 of"] {
                assert!(of(name).contains(part), "{name}: {part}");
            }
        }
        for name in ["WASH_TRADES", "COORDINATION"] {
            assert!(of(name).contains("4096 places of a hash"), "{name}");
        }
        for name in ["COORDINATION", "MOMENTUM_IGNITION", "STOP_HUNTING"] {
            assert!(of(name).contains("trades of one time"), "{name}");
        }
        let learnt =
            |name: &str| of(name).split_once("without those whose score is ").map(|it| it.1.to_owned());
        for (name, most) in [
            ("SPOOFING", "1 or"),
            ("LAYERING", "1 / 1.15 or"),
            ("QUOTE_STUFFING", "1 or"),
            ("WASH_TRADES", "1 / 1.3 or"),
            ("COORDINATION", "1 or"),
        ] {
            let told = learnt(name).unwrap_or_default();
            assert!(told.starts_with(&format!("{most} more, for up to 300 s")), "{name}: {told}");
        }
        for it in super::super::catalogue() {
            let is_alarm = it.family == super::super::Family::Alarm;
            let told = ["1, 1.5, 2, 3, 5 the score", "3 s after it was raised", "how many of 0.7 times"];
            assert!(told.iter().all(|part| of(it.name).contains(part) == is_alarm), "{}", it.name);
        }
        // What stands in the line on when they speak.
        let warm = |name: &str| super::super::find(name).map_or("", |it| it.warm_up);
        let samples = format!("after {SAMPLES_MIN} samples");
        for (name, least) in [
            ("SPOOFING", orders::SEEN_MIN),
            ("LAYERING", orders::SEEN_MIN),
            ("WASH_TRADES", prints::SEEN_MIN),
        ] {
            assert!(warm(name).starts_with(&samples) && warm(name).contains(&least.to_string()), "{name}");
        }
    }

    #[test]
    fn every_measure_has_a_formula() {
        for it in super::super::catalogue() {
            assert!(it.formula.len() > 20, "{}", it.name);
        }
        assert_eq!(super::of("RSI"), "");
    }
}
