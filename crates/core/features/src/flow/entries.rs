//! The entries of the table, one after the other. Adding a measure means one file and one entry.

use super::book::{BookTable, DepthShape, Spread};
use super::hawkes::{Hawkes, Intensity};
use super::imbalance::{BookImbalance, LEVELS_MAX, OrderFlow};
use super::impact::{Amihud, Effective, Impact, NashSpread, Roll, Slope};
use super::price::{Microprice, StoikovPrice};
use super::queue::{Cancels, Queue};
use super::sign::{BulkBars, Deviation, TradeSign};
use super::table::{Entry, Family, Kept, Spec, Stream};
use super::trades::{Rate, TradeFlow, Whale};
use super::vpin::{Bucket, Split, Vpin};
use crate::detect::{
    Coordination, LEVELS as WATCHED, Layering, MomentumIgnition, QuoteStuffing, Spoofing, StopHunting,
    WashTrades, usual,
};
use crate::measure::Measure;

const LEVELS: (i32, i32) = (1, LEVELS_MAX as i32);
const EVENTS: (i32, i32) = (1, 100_000);
/// A half-life in seconds.
const HALF_LIFE: (f64, f64) = (1e-3, 1e6);
/// The length of a bar in seconds.
const SECONDS: (f64, f64) = (1e-3, 86_400.0);

fn kept(stream: impl Stream) -> Box<dyn Measure> {
    Box::new(Kept::new(stream))
}

pub(super) fn specs() -> Vec<Spec> {
    let mut specs = trades();
    specs.extend(book());
    specs.extend(flow());
    specs.extend(impact());
    specs.extend(alarms());
    specs
}

fn trades() -> Vec<Spec> {
    vec![
        Entry::new("TRADE_SIGN", Family::Trades, "Who took the last trade, by each rule, and how often each is right")
            .source("Lee & Ready (1991), Journal of Finance 46; the tick test alone; the venue's word where it tells")
            .trades()
            .signs()
            .out(&[
                ("sign", "1 buy, -1 sell, 0 unknown"),
                ("lee_ready", "1, -1, 0"),
                ("tick", "1, -1, 0"),
                ("lee_ready_right", "share of trades"),
                ("tick_right", "share of trades"),
            ])
            .on_sides_where(|_, output| !matches!(output, "lee_ready" | "tick"))
            .warm("at the first trade; `lee_ready` at the first trade after a book, and never without one; the shares where both are there and the venue tells")
            .build(|_| kept(TradeSign::default())),
        Entry::new("BVC", Family::Trades, "The last finished bar, split into what buyers and what sellers took")
            .source("Easley, Lopez de Prado & O'Hara (2012), RFS 25, eq. 1: share = Phi(price change / its deviation)")
            .trades()
            .real("seconds", "Length of a bar; 0 makes each trade one", (0.0, 86_400.0), 60.0)
            .out(&[("share", "share bought"), ("bought", "base units"), ("sold", "base units")])
            .version(3)
            .warm("after 12 bars: the deviation needs ten changes")
            .build(|it| kept(BulkBars::new(it[0]))),
        Entry::new("TRADE_FLOW", Family::Trades, "What was bought less what was sold, of all that was traded")
            .source("(bought - sold) / (bought + sold), each with exponential weights of time; by volume and by count")
            .trades()
            .signs()
            .real("half_life", "Seconds in which a weight halves", HALF_LIFE, 60.0)
            .out(&[("volume", "-1 to 1"), ("count", "-1 to 1")])
            .on_sides()
            .warm("at the first trade whose side can be told")
            .build(|it| kept(TradeFlow::new(it[0]))),
        Entry::new("WHALE", Family::Trades, "Trades larger than a quantile of those before them")
            .source("quantile over a logarithmic histogram (bins of 1.6 %) of all sizes so far, fading by half each 200,000")
            .trades()
            .signs()
            .real("quantile", "The share of trades that are no whales", (0.5, 0.999_99), 0.99)
            .real("half_life", "Seconds in which a weight halves", HALF_LIFE, 300.0)
            .out(&[
                ("whale", "1 the last trade is a whale that bought, -1 that sold, 0 none"),
                ("rank", "share of former trades that were smaller"),
                ("limit", "base units"),
                ("share", "share of volume by whales"),
                ("net", "bought less sold by whales, share of volume"),
            ])
            .on_sides_where(|_, output| matches!(output, "whale" | "net"))
            .warm("after 100 trades")
            .build(|it| kept(Whale::new(it[0], it[1]))),
        Entry::new("RATE", Family::Intensity, "How often things happen, per second")
            .source("sum of exponential weights * ln 2 / half-life, over the weight that is known")
            .trades()
            .signs()
            .real("half_life", "Seconds in which a weight halves", HALF_LIFE, 10.0)
            .out(&[("buys", "1/s"), ("sells", "1/s"), ("volume", "base units/s"), ("messages", "1/s, of a book beside trades")])
            .fades()
            .version(3)
            .on_sides_where(|_, output| matches!(output, "buys" | "sells"))
            .warm("after one half-life; `messages` at the first message of a book")
            .build(|it| kept(Rate::new(it[0]))),
        Entry::new("HAWKES", Family::Intensity, "The self-exciting intensity of trades, of both sides and of each")
            .source("Hawkes (1971), Biometrika 58, exponential kernel; its likelihood by Ozaki (1979); `scalp features fit` finds mu, alpha and beta")
            .trades()
            .signs()
            .real("mu", "Trades per second that no other brings; `scalp features fit` finds it", (1e-9, 1e6), 1.0)
            .real("alpha", "What a trade adds, per second; `scalp features fit` finds it", (1e-9, 1e6), 0.5)
            .real("beta", "How fast that fades, per second; `scalp features fit` finds it", (1e-9, 1e6), 1.0)
            .out(&[("intensity", "1/s"), ("buys", "1/s"), ("sells", "1/s"), ("ratio", "times the long-run mean; silent where alpha is not below beta")])
            .fades()
            .version(2)
            .on_sides_where(|_, output| matches!(output, "buys" | "sells"))
            .warm("at the first trade")
            .build(|it| kept(Intensity::new(Hawkes { mu: it[0], alpha: it[1], beta: it[2] }))),
        Entry::new("VPIN", Family::Trades, "The probability of informed trading in volume time, and how toxic that is")
            .source("Easley, Lopez de Prado & O'Hara (2012), RFS 25, eq. 4: sum of |buys - sells| over n buckets / volume")
            .trades()
            .whole("buckets", "Buckets in the mean", (1, 10_000), 50)
            .real("volume", "Base units of a bucket; 0 makes it 50 trades of mean size (the formula says of which mean)", (0.0, 1e18), 0.0)
            .real("seconds", "Length of the bars that are split; 0 splits each trade", (0.0, 86_400.0), 1.0)
            .choice(
                "split",
                "By the bars' price change, or by the sign of each trade (then `seconds` plays no part)",
                &[(0, "BULK"), (1, "SIGN")],
            )
            .signs()
            .out(&[
                ("vpin", "0 to 1"),
                ("rank", "share of former values that were lower"),
                ("level", "0 normal, 1 cautious (rank 0.80), 2 defensive (0.95), 3 exit (0.99)"),
                ("plain_level", "0 normal, 1 cautious (0.2), 2 defensive (0.3), 3 exit (0.4)"),
                ("filled", "share of the open bucket"),
            ])
            .version(4)
            .on_sides_where(|arguments, output| arguments[3] != 0.0 && output != "filled")
            .warm("after `buckets` buckets; `rank` and `level` after 100 values more")
            .build(|it| {
                let bucket = if it[1] > 0.0 { Bucket::Volume(it[1]) } else { Bucket::Trades(f64::from(Bucket::TRADES)) };
                let split =
                    if it[3] == 0.0 { Split::Bulk(it[2], Deviation::Running) } else { Split::Sign };
                kept(Vpin::new(it[0] as usize, bucket, split))
            }),
    ]
}

fn book() -> Vec<Spec> {
    vec![
        Entry::new("SPREAD", Family::Book, "Ask less bid, and how wide that is for this instrument")
            .source("spread / mid; mean with exponential weights over messages; rank among all spreads before")
            .real("half_life", "Messages in which a weight halves", (1.0, 1e9), 1000.0)
            .levels(1)
            .out(&[("spread", "quote currency"), ("bps", "of the mid"), ("mean_bps", "of the mid"), ("rank", "share of former spreads that were narrower")])
            .warm("at the first book; `rank` at the second")
            .build(|it| kept(Spread::new(it[0]))),
        Entry::new("DEPTH", Family::Book, "What rests, and how fast it grows with the distance from the mid")
            .source("slope of cumulated size on distance, least squares through the mid; after Naes & Skjeltorp (2006)")
            .whole("levels", "Levels of each side", LEVELS, 10)
            .levels_of_last()
            .window()
            .out(&[("bids", "base units"), ("asks", "base units"), ("bid_slope", "base units per bp"), ("ask_slope", "base units per bp")])
            .warm("at the first book")
            .build(|it| kept(DepthShape::new(it[0] as usize))),
        Entry::new("BOOK_TABLE", Family::Book, "Volume, mean size and volume-weighted price of each side")
            .source("sum(size), mean(size), sum(price * size) / sum(size)")
            .whole("levels", "Levels of each side", LEVELS, 10)
            .levels_of_last()
            .window()
            .out(&[
                ("bid_volume", "base units"),
                ("ask_volume", "base units"),
                ("bid_mean", "base units"),
                ("ask_mean", "base units"),
                ("bid_vwap", "quote currency"),
                ("ask_vwap", "quote currency"),
                ("ratio", "bid volume / ask volume"),
                ("vwap_spread", "quote currency"),
            ])
            .warm("at the first book")
            .build(|it| kept(BookTable::new(it[0] as usize))),
        Entry::new("BOOK_IMBALANCE", Family::Book, "Which side of the book weighs more")
            .source("(bids - asks) / (bids + asks): of all levels, with weights 1/level, and at the last level alone")
            .whole("levels", "Levels of each side", LEVELS, 5)
            .levels_of_last()
            .window()
            .out(&[("total", "-1 to 1"), ("weighted", "-1 to 1"), ("at_level", "-1 to 1")])
            .warm("at the first book; an empty side counts as nothing, two of them are silent")
            .build(|it| kept(BookImbalance::new(it[0] as usize))),
        Entry::new("MICROPRICE", Family::Book, "The mid weighted by the sizes of the other side, and how it moves")
            .source("(bid * ask size + ask * bid size) / (sum of sizes); momentum: mean change over the lookback")
            .whole("lookback", "Messages over which the mean change is taken", EVENTS, 100)
            .levels(1)
            .out(&[("price", "quote currency"), ("lean", "spreads above the mid"), ("momentum", "quote currency per message")])
            .warm("at the first book; `momentum` after `lookback` more")
            .build(|it| kept(Microprice::new(it[0] as usize))),
        Entry::new("STOIKOV_PRICE", Family::Book, "Where the mid is expected after its next moves, given imbalance and spread")
            .source("Stoikov (2018), Quantitative Finance 18, eq. 9 and section 3: 11 imbalances, 3 spreads, 6 moves, refitted each 1000 books")
            .levels(1)
            .out(&[("price", "quote currency"), ("adjustment", "quote currency above the mid")])
            .warm("after 1000 books without an empty side")
            .build(|_| kept(StoikovPrice::new())),
    ]
}

fn flow() -> Vec<Spec> {
    vec![
        Entry::new("OFI", Family::Flow, "Order-flow imbalance at one level, over the last messages")
            .source("Cont, Kukanov & Stoikov (2014), Journal of Financial Econometrics 12, eq. 4 and 5")
            .whole("messages", "Messages in the sum", EVENTS, 100)
            .whole("level", "The level, 1 being the touch", LEVELS, 1)
            .levels_of_last()
            .out(&[("ofi", "base units"), ("scaled", "mean sizes of the level, fading by half in `messages`"), ("last", "base units of the last message")])
            .version(2)
            .warm("after `messages` + 1 books; `last` at the second")
            .build(|it| {
                let level = it[1] as usize;
                kept(OrderFlow::new(it[0] as usize, level - 1, level))
            }),
        Entry::new("MLOFI", Family::Flow, "Order-flow imbalance summed over levels, over the last messages")
            .source("Xu, Gould & Howison (2018), arXiv 1907.06230; scaled by depth as in Cont, Cucuringu & Zhang (2023)")
            .whole("messages", "Messages in the sum", EVENTS, 100)
            .whole("levels", "Levels of each side", LEVELS, 10)
            .levels_of_last()
            .window()
            .out(&[("ofi", "base units"), ("scaled", "mean sizes of a level, fading by half in `messages`; a level"), ("last", "base units of the last message")])
            .version(2)
            .warm("after `messages` + 1 books; `last` at the second")
            .build(|it| kept(OrderFlow::new(it[0] as usize, 0, it[1] as usize))),
        Entry::new("QUEUE", Family::Flow, "What an order that joins the best price now would stand behind")
            .source("size, size-weighted age, and size over the rate at which the front of the queue leaves (trades and cancels)")
            .levels(1)
            .real("half_life", "Seconds in which a weight of the rate halves", HALF_LIFE, 10.0)
            .out(&[
                ("bid_ahead", "base units"),
                ("ask_ahead", "base units"),
                ("bid_age", "s"),
                ("ask_age", "s"),
                ("bid_wait", "s"),
                ("ask_wait", "s"),
            ])
            .fades()
            .version(2)
            .warm("at the first book; the waits after one half-life")
            .build(|it| kept(Queue::new(it[0]))),
        Entry::new("CANCELS", Family::Flow, "What is put into the book and taken back")
            .source("sizes that shrink without a trade at their price in the second before; rates with exponential weights")
            .trades()
            .changes()
            .real("half_life", "Seconds in which a weight halves", HALF_LIFE, 1.0)
            .out(&[
                ("cancels", "levels/s"),
                ("cancelled", "base units/s"),
                ("added", "base units/s"),
                ("share", "share of what left the book"),
                ("side", "-1 to 1, bids less asks"),
                ("rank", "share of former rates that were lower: a burst is near 1"),
            ])
            .fades()
            .prices()
            .version(3)
            .warm("after one half-life")
            .build(|it| kept(Cancels::new(it[0]))),
    ]
}

fn impact() -> Vec<Spec> {
    vec![
        Entry::new("KYLE", Family::Impact, "How far a unit of signed volume moves the price")
            .source("Kyle (1985), Econometrica 53: least squares of the price change of a bar on its signed volume")
            .trades()
            .signs()
            .whole("bars", "Bars in the regression", (3, 10_000), 60)
            .real("seconds", "Length of a bar", SECONDS, 60.0)
            .window()
            .out(&[("lambda", "quote currency per base unit"), ("alpha", "quote currency"), ("t", "t-value of lambda"), ("r2", "share explained")])
            .on_sides()
            .version(2)
            .warm("after `bars` + 1 bars and the trade that ends the last")
            .build(|it| kept(Slope::new(Impact::Kyle, it[0] as usize, it[1]))),
        Entry::new("HASBROUCK", Family::Impact, "How far the log price moves with the signed square root of value")
            .source("Hasbrouck (2009), Journal of Finance 64, section III: least squares of a bar's log return on the sum of sign * sqrt(value)")
            .trades()
            .signs()
            .whole("bars", "Bars in the regression", (3, 10_000), 60)
            .real("seconds", "Length of a bar", SECONDS, 60.0)
            .window()
            .out(&[("lambda", "per root of quote currency"), ("alpha", "log return"), ("t", "t-value of lambda"), ("r2", "share explained")])
            .on_sides()
            .version(2)
            .warm("after `bars` + 1 bars and the trade that ends the last")
            .build(|it| kept(Slope::new(Impact::Hasbrouck, it[0] as usize, it[1]))),
        Entry::new("AMIHUD", Family::Impact, "How far the price moves for the value that is traded")
            .source("Amihud (2002), Journal of Financial Markets 5: mean of |log return| / value over bars")
            .trades()
            .whole("bars", "Bars in the mean", (1, 10_000), 60)
            .real("seconds", "Length of a bar", SECONDS, 60.0)
            .window()
            .out(&[("illiquidity", "per quote currency")])
            .warm("after `bars` + 1 bars and the trade that ends the last")
            .build(|it| kept(Amihud::new(it[0] as usize, it[1]))),
        Entry::new("ROLL", Family::Impact, "The spread that the bounce of trades between bid and ask shows")
            .source("Roll (1984), Journal of Finance 39: 2 sqrt(-cov of neighbouring changes, n - 1 below), 0 where they do not bounce")
            .trades()
            .whole("trades", "Pairs of changes in the covariance", (2, 100_000), 500)
            .out(&[("spread", "quote currency"), ("bps", "of the last price"), ("covariance", "quote currency squared")])
            .version(2)
            .warm("after `trades` + 2 trades")
            .build(|it| kept(Roll::new(it[0] as usize))),
        Entry::new("EFFECTIVE_SPREAD", Family::Impact, "What takers pay, and what of it makers keep")
            .source("Huang & Stoll (1996), Journal of Financial Economics 41: 2 sign (price - mid) / mid = realised + impact")
            .trades()
            .levels(1)
            .real("horizon", "Seconds until the mid that is compared", SECONDS, 5.0)
            .real("half_life", "Trades in which a weight halves", (1.0, 1e9), 1000.0)
            .out(&[("effective", "bps"), ("realised", "bps"), ("impact", "bps")])
            .on_sides()
            .warm("`horizon` after the first trade with a book")
            .build(|it| kept(Effective::new(it[0], it[1]))),
        Entry::new("NASH_SPREAD", Family::Impact, "The half-spread at which no maker gains by another one")
            .source("the equilibrium of n makers under logit demand: Anderson, de Palma & Thisse (1992), Discrete Choice Theory of Product Differentiation, chapter 7")
            .trades()
            .levels(1)
            .whole("makers", "Makers who compete", (2, 1_000_000), 5)
            .real("fee", "What a maker pays for a fill, basis points; a rebate is below zero", (-100.0, 100.0), 0.0)
            .real("horizon", "Seconds until the mid that impact is measured by", SECONDS, 5.0)
            .real("half_life", "Trades in which a weight halves", (1.0, 1e9), 1000.0)
            .out(&[("half_spread", "bps"), ("cost", "bps"), ("sensitivity", "per bp")])
            .on_sides_where(|_, output| output != "sensitivity")
            .warm("`horizon` after the first trade with a book")
            .build(|it| kept(NashSpread::new(it[0], it[1], it[2], it[3]))),
    ]
}

const LEVEL: (&str, &str) = ("level", "0 none, 1 information to 5 critical");
const SCORE: (&str, &str) = ("score", "times the limit of this instrument");

fn alarms() -> Vec<Spec> {
    vec![
        Entry::new("SPOOFING", Family::Alarm, "Large orders near the touch that are taken back before they trade")
            .source("after Lee, Eom & Park (2013), Journal of Financial Markets 16, on orders far behind the touch that are taken back; limits are of this library")
            .trades()
            .changes()
            .levels(WATCHED)
            .real("quick", "Seconds within which an order that is taken back was not meant", (0.01, 3600.0), usual::QUICK)
            .out(&[LEVEL, SCORE, ("bids", "times what is large, fading"), ("asks", "times what is large, fading"), ("share", "of large orders, taken back at once")])
            .prices()
            .version(2)
            .warm("after 60 samples, one a second; no addition is large before 500 of them")
            .build(|it| kept(Spoofing::new(it[0]))),
        Entry::new("LAYERING", Family::Alarm, "Depth on several levels of one side that appears and disappears as one")
            .source("the practice that Commission Delegated Regulation (EU) 2016/522, annex II, names layering and spoofing; limits are of this library")
            .trades()
            .changes()
            .levels(WATCHED)
            .real("quick", "Seconds within which an order that is taken back was not meant", (0.01, 3600.0), usual::QUICK)
            .out(&[LEVEL, SCORE, ("bids", "times what is large, fading"), ("asks", "times what is large, fading"), ("layers", "levels that went together last")])
            .prices()
            .version(4)
            .warm("after 60 samples, one a second; no addition is large before 500 of them")
            .build(|it| kept(Layering::new(it[0]))),
        Entry::new("QUOTE_STUFFING", Family::Alarm, "Far more changes of the book than usual, without trades to show for them")
            .source("after Egginton, Van Ness & Van Ness (2016), Financial Management 45, on bursts of quotes; limits are of this library")
            .trades()
            .changes()
            .levels(WATCHED)
            .real("half_life", "Seconds in which a weight halves", HALF_LIFE, usual::STUFFING_HALF_LIFE)
            .out(&[LEVEL, SCORE, ("changes", "1/s"), ("trades", "1/s"), ("busy", "times the usual rate of trades")])
            .warm("after 60 samples, one a second")
            .build(|it| kept(QuoteStuffing::new(it[0]))),
        Entry::new("WASH_TRADES", Family::Alarm, "Pairs of trades of one odd size, bought and sold at nearly one price")
            .source("after Cong, Li, Tang & Yang (2023), Management Science 69, on wash trading; pairs of one odd size are of this library, as public trades name nobody")
            .trades()
            .signs()
            .real("seconds", "Between the two of a pair at most", SECONDS, usual::PAIR)
            .out(&[LEVEL, SCORE, ("pairs", "fading"), ("paired", "base units, fading"), ("share", "of volume")])
            .version(2)
            .on_sides()
            .warm("after 60 samples, one a second with a trade in it; no size is odd before 500 trades")
            .build(|it| kept(WashTrades::new(it[0]))),
        Entry::new("COORDINATION", Family::Alarm, "The same odd size again and again on one side")
            .source("definition of this library: deviations of a Poisson count of orders of one size; public trades name nobody, so one who cuts an order looks the same")
            .trades()
            .signs()
            .real("half_life", "Seconds in which a weight halves", HALF_LIFE, usual::REPEAT)
            .out(&[
                LEVEL,
                SCORE,
                ("orders", "of one size, fading; below zero where they sell"),
                ("chance", "how many chance brings"),
                ("size", "base units"),
            ])
            .version(2)
            .on_sides()
            .warm("after 60 samples, one a second with a trade in it; no size is odd before 500 trades")
            .build(|it| kept(Coordination::new(it[0]))),
        Entry::new("MOMENTUM_IGNITION", Family::Alarm, "A burst in one direction that is followed, then undone")
            .source("the pattern as described by the SEC, release 34-61358 (2010); limits are of this library")
            .trades()
            .signs()
            .real("seconds", "After its end, within which the move must be undone", (1.0, 3600.0), usual::UNDONE)
            .out(&[LEVEL, SCORE, ("length", "bps"), ("undone", "share"), ("excess", "orders above usual, deviations")])
            .version(2)
            .on_sides()
            .warm("after 60 moves of five seconds, one a second")
            .build(|it| kept(MomentumIgnition::new(it[0]))),
        Entry::new("STOP_HUNTING", Family::Alarm, "A run through a recent extreme, where stops lie, and back")
            .source("stops cluster beyond extremes: Osler (2005), Journal of International Money and Finance 24; limits are of this library")
            .trades()
            .signs()
            .real("lookback", "Seconds whose highest and lowest price are the levels", (16.0, 1000.0), usual::LOOKBACK)
            .window()
            .out(&[LEVEL, SCORE, ("length", "bps beyond the level"), ("level_price", "quote currency"), ("excess", "orders above usual, deviations")])
            .version(2)
            .on_sides()
            .warm("after `lookback` seconds")
            .build(|it| kept(StopHunting::new(it[0]))),
    ]
}
