//! The entries that the catalogues of indicators and measures lack: windows over any item, arithmetic of items, time,
//! freshness, totals of a book. One table builds and documents them all.

use crate::confluence;
use crate::pair::PairKind;
use crate::window::{EndKind, Kind};
use scalp_indicators::patterns;

/// A parameter of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryParameter {
    /// Its key.
    pub name: &'static str,
    /// Whether only whole numbers will do.
    pub whole: bool,
    /// The smallest allowed.
    pub min: f64,
    /// The largest allowed.
    pub max: f64,
    /// Its value when none is given; without one it must be given.
    pub default: Option<f64>,
}

impl EntryParameter {
    /// What it must be, in words.
    #[must_use]
    pub fn expected(&self) -> String {
        if self.min <= -ANY && self.max >= ANY {
            return "a finite number".into();
        }
        let kind = if self.whole { "a whole number" } else { "a number" };
        format!("{kind} from {} to {}", self.min, self.max)
    }
}

/// An entry.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name, in capitals.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    formula: &'static str,
    /// The items that it reads, in their order.
    pub inputs: &'static [&'static str],
    /// Its parameters, written after the items.
    pub parameters: &'static [EntryParameter],
    /// Its outputs, where it has several.
    pub outputs: &'static [&'static str],
    /// When the first value comes.
    pub warm_up: &'static str,
    /// Raised when its meaning changes: schemas that use it have another hash from then on.
    pub version: u16,
    pub(crate) make: Make,
}

impl Entry {
    /// The formula. The patterns in it are those that are asked.
    #[must_use]
    pub fn formula(&self) -> String {
        if self.make != Make::Confluence {
            return self.formula.to_owned();
        }
        let and = |names: &[&str]| match names {
            [all @ .., last] => format!("{} and {last}", all.join(", ")),
            [] => String::new(),
        };
        let is_asked = |it: &&patterns::PatternSpec| confluence::CHART.contains(&it.kind);
        let charts: Vec<&str> = patterns::table().iter().filter(is_asked).map(|it| it.name).collect();
        self.formula.replace("CANDLES", &and(&confluence::CANDLES)).replace("PATTERNS", &and(&charts))
    }
}

/// What an entry is built as.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Make {
    Window(Kind),
    Ends(EndKind),
    Pair(PairKind),
    Point(Point),
    Moment(Moment),
    Side(SideOf),
    Age,
    OnBar,
    Standard { fading: bool },
    Confluence,
}

/// Arithmetic without memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Point {
    Ratio,
    Delta,
    Product,
    Abs,
    Sign,
    Clip,
    Fill,
    Missing,
}

/// What a moment of time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Hour,
    HourSin,
    HourCos,
    Minute,
    MinuteSin,
    MinuteCos,
    Day,
    DaySin,
    DayCos,
}

/// Totals over the levels of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SideOf {
    BidTotal,
    AskTotal,
    BidVwap,
    AskVwap,
    Imbalance,
}

const fn steps(min: u32) -> EntryParameter {
    EntryParameter { name: "n", whole: true, min: min as f64, max: 100_000.0, default: None }
}
const ANY: f64 = 1e300;
const fn number(name: &'static str) -> EntryParameter {
    EntryParameter { name, whole: false, min: -ANY, max: ANY, default: None }
}
const LEVELS: EntryParameter =
    EntryParameter { name: "levels", whole: true, min: 1.0, max: 1_000.0, default: Some(5.0) };
const CLIP: EntryParameter =
    EntryParameter { name: "clip", whole: false, min: 0.001, max: 1e6, default: Some(10.0) };
const WARM: EntryParameter =
    EntryParameter { name: "warm", whole: true, min: 2.0, max: 1e6, default: Some(100.0) };
const HALF_LIFE: EntryParameter =
    EntryParameter { name: "half_life", whole: false, min: 0.1, max: 1e9, default: None };

const LAGGED: &str = "after n further values of the item";
const FULL: &str = "with the n-th value of the item";
const ITEM: &[&str] = &["item"];
const TWO: &[&str] = &["a", "b"];
const AT_ONCE: &str = "with the item";
const WITH_BOOK: &str = "with the first book that has such levels";
const N1: &[EntryParameter] = &[steps(1)];
const N2: &[EntryParameter] = &[steps(2)];
const SIDE: &[EntryParameter] = &[LEVELS];

const fn multiple(name: &'static str, default: f64) -> EntryParameter {
    EntryParameter { name, whole: true, min: 1.0, max: 100_000.0, default: Some(default) }
}
const FRAMES: &[EntryParameter] = &[
    multiple("short", 1.0),
    multiple("middle", 5.0),
    multiple("long", 15.0),
    EntryParameter { name: "threshold", whole: false, min: 0.0, max: 1.0, default: Some(0.5) },
    weight("short_weight"),
    weight("middle_weight"),
    weight("long_weight"),
];

const fn weight(name: &'static str) -> EntryParameter {
    EntryParameter { name, whole: false, min: 1e-6, max: 1e6, default: Some(1.0) }
}

const fn outputs(make: Make) -> &'static [&'static str] {
    if matches!(make, Make::Confluence) { crate::plan::JOINT_OUTPUTS } else { &[] }
}

/// What sums a window says other last digits since version 2; an age beside trades or books is counted to the latest time that the
/// venue had stamped since version 2; the chart patterns of a confluence hold at their bounds, and through their lives since
/// version 3.
const fn version(make: Make) -> u16 {
    use Kind::{Mean, Standing, Std, Sum, Var};
    match make {
        Make::Confluence => 3,
        Make::Age | Make::Window(Mean | Std | Sum | Var | Standing) => 2,
        _ => 1,
    }
}

macro_rules! entries {
    ($($name:literal $make:expr, $inputs:expr, $parameters:expr, $warm:expr, $summary:literal, $formula:literal;)*) => {
        /// The entries, by name in rising order.
        pub const ENTRIES: &[Entry] = &[$(Entry {
            name: $name, summary: $summary, formula: $formula, inputs: $inputs, parameters: $parameters,
            outputs: outputs($make), warm_up: $warm, version: version($make), make: $make,
        }),*];
    };
}

entries! {
    "ABS" Make::Point(Point::Abs), ITEM, &[], AT_ONCE, "Size without sign", "|x|";
    "AGE" Make::Age, ITEM, &[], AT_ONCE, "Freshness: seconds since the item had a value", "now - time of the last value (for a series from outside: of its publication)";
    "ASKTOTAL" Make::Side(SideOf::AskTotal), &[], SIDE, WITH_BOOK, "Size offered in the best levels", "sum of the sizes of the best asks";
    "ASKVWAP" Make::Side(SideOf::AskVwap), &[], SIDE, WITH_BOOK, "Mean price of the best asks, weighted by size", "sum(price * size) / sum(size)";
    "BETA_ON" Make::Pair(PairKind::Beta), TWO, N2, FULL, "Slope of one item on another", "cov(a, b) / var(b) over n values; absent where b does not move";
    "BIDTOTAL" Make::Side(SideOf::BidTotal), &[], SIDE, WITH_BOOK, "Size bid in the best levels", "sum of the sizes of the best bids";
    "BIDVWAP" Make::Side(SideOf::BidVwap), &[], SIDE, WITH_BOOK, "Mean price of the best bids, weighted by size", "sum(price * size) / sum(size)";
    "BOOKSHARE" Make::Side(SideOf::Imbalance), &[], SIDE, WITH_BOOK, "How the best levels lean, from -1 to 1", "(bid total - ask total) / (bid total + ask total)";
    "CLIP" Make::Point(Point::Clip), ITEM, &[number("low"), number("high")], AT_ONCE, "Kept within bounds", "min(max(x, low), high)";
    "CONFLUENCE" Make::Confluence, &[], FRAMES, "with the 101st bar of the longest timeframe", "How far three lengths of bars agree, each -1 to 1", "each the mean, by weight, over bars of short, middle and long times the length (of the candles, or after @), cut to -1 and 1:\ntrend = mean of (EMA(20) - EMA(50)) / (2 ATR(14)) and (PLUS_DI(14) - MINUS_DI(14)) / (PLUS_DI(14) + MINUS_DI(14))\nmomentum = mean of (RSI(14) - 50) / 50 and MACD(12,26,9).macdhist / (0.5 ATR(14))\nvolatility = ATR(14) / ATR(100) - 1\nvolume = CMF(20)\npatterns = mean of the sum of CANDLES, each -1 to 1, and the strongest confirmed of PATTERNS, as they are where nothing is said; harmonic patterns and wave counts play no part\nstrength = mean of trend, momentum, volume and patterns of one length (outputs short, middle, long); score = sum(strength * weight) / sum(weight) over the lengths; aligned = 1 where all have one sign; side = sign of the score from the threshold on; all 0 where ATR is 0";
    "CORR" Make::Pair(PairKind::Corr), TWO, N2, FULL, "Rolling correlation of two items", "Pearson over n values; absent where one of them does not move";
    "COV" Make::Pair(PairKind::Cov), TWO, N2, FULL, "Rolling covariance of two items", "n - 1 in the denominator";
    "DAYOFWEEK" Make::Moment(Moment::Day), &[], &[], "at once", "Day of the week, 0 is Monday", "UTC; of a bar the day on which it opened";
    "DAYOFWEEKCOS" Make::Moment(Moment::DayCos), &[], &[], "at once", "Cosine of the day of the week", "cos(2 pi day / 7)";
    "DAYOFWEEKSIN" Make::Moment(Moment::DaySin), &[], &[], "at once", "Sine of the day of the week", "sin(2 pi day / 7)";
    "DELTA" Make::Point(Point::Delta), TWO, &[], "with both items", "One item less another", "a - b";
    "DIFF" Make::Window(Kind::Diff), ITEM, N1, LAGGED, "Change over n steps", "x - x[n before]";
    "EWSTANDARD" Make::Standard { fading: true }, ITEM, &[HALF_LIFE, WARM, CLIP], "after `warm` values", "Standardised by the past, which fades", "(x - mean) / deviation of the values before it, with weights w that halve every half_life values; deviation = sqrt(sum(w d^2) / (sum(w) - sum(w^2) / sum(w))), d = distance from the weighted mean: with equal weights n - 1 below";
    "FILL" Make::Point(Point::Fill), ITEM, &[number("neutral")], "at once", "A neutral number where the item is absent", "x, or the number";
    "HOUR" Make::Moment(Moment::Hour), &[], &[], "at once", "Hour of the day", "UTC; of a bar the hour in which it opened";
    "HOURCOS" Make::Moment(Moment::HourCos), &[], &[], "at once", "Cosine of the hour", "cos(2 pi hour / 24)";
    "HOURSIN" Make::Moment(Moment::HourSin), &[], &[], "at once", "Sine of the hour", "sin(2 pi hour / 24)";
    "LAG" Make::Window(Kind::Lag), ITEM, N1, LAGGED, "The value n steps before", "x[n before]";
    "LOGRETURN" Make::Window(Kind::LogReturn), ITEM, N1, LAGGED, "Logarithmic return over n steps", "ln(x / x[n before]); absent where the ratio is not above zero";
    "MINUTE" Make::Moment(Moment::Minute), &[], &[], "at once", "Minute of the hour", "UTC; of a bar the minute in which it opened";
    "MINUTECOS" Make::Moment(Moment::MinuteCos), &[], &[], "at once", "Cosine of the minute", "cos(2 pi minute / 60)";
    "MINUTESIN" Make::Moment(Moment::MinuteSin), &[], &[], "at once", "Sine of the minute", "sin(2 pi minute / 60)";
    "MISSING" Make::Point(Point::Missing), ITEM, &[], "at once", "Whether the item is absent", "1 if absent, else 0";
    "ONBAR" Make::OnBar, ITEM, &[], "with the next bar", "The item as it stands when a bar closes", "x, taken at the close of each bar; its steps are bars from then on";
    "PCTCHANGE" Make::Window(Kind::PctChange), ITEM, N1, LAGGED, "Simple return over n steps", "x / x[n before] - 1";
    "PRODUCT" Make::Point(Point::Product), TWO, &[], "with both items", "One item times another", "a * b";
    "RANGEPLACE" Make::Ends(EndKind::Place), ITEM, N2, FULL, "Place within the range of n values, from 0 to 1", "(x - min) / (max - min); absent where nothing moved";
    "RATIO" Make::Point(Point::Ratio), TWO, &[], "with both items", "One item over another", "a / b; absent where b is zero";
    "ROLLMAX" Make::Ends(EndKind::Max), ITEM, N1, FULL, "Largest of n values", "max";
    "ROLLMEAN" Make::Window(Kind::Mean), ITEM, N1, FULL, "Mean of n values", "sum / n";
    "ROLLMIN" Make::Ends(EndKind::Min), ITEM, N1, FULL, "Smallest of n values", "min";
    "ROLLSTD" Make::Window(Kind::Std), ITEM, N2, FULL, "Standard deviation of n values", "n - 1 in the denominator";
    "ROLLSUM" Make::Window(Kind::Sum), ITEM, N1, FULL, "Sum of n values", "sum";
    "ROLLVAR" Make::Window(Kind::Var), ITEM, N2, FULL, "Variance of n values", "n - 1 in the denominator";
    "ROLLZ" Make::Window(Kind::Standing), ITEM, N2, FULL, "Distance from the mean of n values in deviations", "(x - mean) / sd, n - 1 in the denominator; absent where nothing moved (ZSCORE has n)";
    "SIGN" Make::Point(Point::Sign), ITEM, &[], AT_ONCE, "Direction", "1, 0 or -1";
    "STANDARD" Make::Standard { fading: false }, ITEM, &[WARM, CLIP], "after `warm` values", "Standardised by the past", "(x - mean) / deviation (n - 1 below) of all values before it, clipped";
}

/// The entry `name`, letter case aside.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    let name = name.to_ascii_uppercase();
    ENTRIES.binary_search_by(|it| it.name.cmp(name.as_str())).ok().map(|place| &ENTRIES[place])
}

/// Whether `name` is that of an entry, of any catalogue, as the catalogue writes it: in capitals. Such a name means the entry,
/// whatever columns and series there are; in small letters it is a column or series of that name where there is one.
#[must_use]
pub fn is_written(name: &str) -> bool {
    is_named(name) && !name.bytes().any(|it| it.is_ascii_lowercase())
}

/// Whether an entry of any catalogue has this name, letter case aside.
#[must_use]
pub fn is_named(name: &str) -> bool {
    find(name).is_some()
        || scalp_indicators::find(name).is_some()
        || crate::flow::find(name).is_some()
        || scalp_indicators::patterns::table().iter().any(|it| it.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_of_a_confluence_names_the_patterns_that_it_asks() {
        let text = find("CONFLUENCE").unwrap().formula();
        let is_named =
            |name: &str| text.split(|c: char| c != '_' && !c.is_alphanumeric()).any(|it| it == name);
        for it in patterns::table() {
            let is_asked = !it.is_harmonic() && !it.name.starts_with("ELLIOTT");
            assert_eq!(is_named(it.name), is_asked, "{}: {text}", it.name);
            assert_eq!(confluence::CHART.contains(&it.kind), is_asked, "{}", it.name);
        }
        assert!(confluence::CANDLES.iter().all(|it| is_named(it)), "{text}");
        assert!(!is_named("CANDLES") && !is_named("PATTERNS"), "{text}");
    }

    #[test]
    fn entries_stand_in_order_and_no_indicator_has_the_name_of_one() {
        assert!(ENTRIES.windows(2).all(|it| it[0].name < it[1].name));
        for it in ENTRIES {
            assert_eq!(find(&it.name.to_lowercase()).unwrap().name, it.name);
            assert!(scalp_indicators::find(it.name).is_none(), "{}", it.name);
        }
        assert!(find("RSI").is_none());
    }

    #[test]
    fn every_name_is_in_capitals_and_no_column_that_is_always_there_is_written_so() {
        let names = scalp_indicators::catalogue().iter().map(|it| it.name);
        let names = names.chain(crate::flow::catalogue().iter().map(|it| it.name));
        let names = names.chain(scalp_indicators::patterns::table().iter().map(|it| it.name));
        for name in names.chain(ENTRIES.iter().map(|it| it.name)) {
            assert!(
                is_written(name) && is_named(&name.to_lowercase()) && !is_written(&name.to_lowercase()),
                "{name}"
            );
        }
        use crate::sources::{BAR_COLUMNS, BOOK_COLUMNS, TRADE_COLUMNS};
        assert!(!BAR_COLUMNS.iter().chain(&TRADE_COLUMNS).chain(&BOOK_COLUMNS).any(|it| is_written(it)));
    }
}
