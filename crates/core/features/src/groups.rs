//! Named, versioned groups of items, and the schemas that ship. A group never changes; a better one has a higher version.

use crate::error::Error;
use crate::expr::split_list;
use scalp_indicators::{Family, Spec, catalogue, find};

/// A group or a schema that ships.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// As it is written in a list, without the version.
    pub name: &'static str,
    /// Its version, written after an at sign.
    pub version: u16,
    /// What it is for, and which data it reads.
    pub summary: &'static str,
    members: fn() -> Vec<String>,
}

impl Group {
    /// Its items.
    #[must_use]
    pub fn members(&self) -> Vec<String> {
        (self.members)()
    }
}

fn list(text: &str) -> Vec<String> {
    split_list(text).into_iter().map(str::to_owned).collect()
}

const PRICE: &str =
    "PCTCHANGE(close,1), PCTCHANGE(close,5), PCTCHANGE(close,20), LOGRETURN(close,1), ROCP(5),
    RATIO(DELTA(close,open),open), RATIO(DELTA(high,low),close), RANGEPLACE(close,20),
    RATIO(DELTA(close,low),DELTA(high,low)), RATIO(close,SMA(20)), RATIO(close,SMA(50)), DIFF(close,1)";
const VOLUME: &str =
    "RATIO(volume,ROLLMEAN(volume,20)), PCTCHANGE(volume,1), ROLLZ(volume,20), ROLLSUM(volume,60),
    ROLLMEAN(volume,5), CMF(20), MFI(14), OBV, EFI(13), RATIO(close,VWAP_ROLLING(20))";
const BOOK: &str = "RATIO(spread,mid), BOOKSHARE(1), BOOKSHARE(5), RATIO(DELTA(MICROPRICE(1).price,mid),mid), BIDTOTAL(5),
    ASKTOTAL(5), RATIO(BIDTOTAL(5),ASKTOTAL(5)), DELTA(ASKVWAP(5),BIDVWAP(5)), LOGRETURN(mid,1), LOGRETURN(mid,20)";
const TECHNICAL: &str = "RSI(14), RSI(7), MACD(12,26,9), STOCH(5,3,0,3,0), ADX(14), PLUS_DI(14), MINUS_DI(14), CCI(14),
    WILLR(14), MOM(10), ROC(10), ATR(14), NATR(14), BBANDS(20,2,2,0), EMA(10), EMA(20), SMA(5), SMA(20), SMA(50), TRIX(15)";
const STATISTICAL: &str = "ROLLSTD(LOGRETURN(close,1),20), ROLLSTD(LOGRETURN(close,1),60), SKEW(20,real=LOGRETURN(close,1)),
    KURT(20,real=LOGRETURN(close,1)), ZSCORE(20), ROLLZ(close,50), CORR(LOGRETURN(close,1),LAG(LOGRETURN(close,1),1),20),
    PERCENTRANK(100)";
const INTERACTION: &str = "PRODUCT(PCTCHANGE(close,1),RATIO(volume,ROLLMEAN(volume,20))), PRODUCT(RSI(14),ADX(14)),
    RATIO(ATR(14),ROLLSTD(close,20)), CORR(PCTCHANGE(close,1),PCTCHANGE(volume,1),20), RATIO(EMA(10),EMA(20))";
const LAG: &str = "LAG(PCTCHANGE(close,1),1), LAG(PCTCHANGE(close,1),2), LAG(PCTCHANGE(close,1),3), LAG(PCTCHANGE(close,1),5),
    LAG(RSI(14),1), LAG(RSI(14),3), LAG(RATIO(volume,ROLLMEAN(volume,20)),1)";
const ROLLING: &str =
    "ROLLMEAN(close,5), ROLLMEAN(close,20), ROLLSTD(close,20), ROLLMIN(low,20), ROLLMAX(high,20),
    ROLLMEAN(volume,20), ROLLSUM(volume,20), RANGEPLACE(close,50)";
const TIME: &str = "HOUR, MINUTE, DAYOFWEEK, HOURSIN, HOURCOS, DAYOFWEEKSIN, DAYOFWEEKCOS";
const CROSS: &str = "CORR(PCTCHANGE(close,1),PCTCHANGE(ONBAR(leader),1),20), CORR(PCTCHANGE(close,1),PCTCHANGE(ONBAR(leader),1),100),
    BETA_ON(PCTCHANGE(close,1),PCTCHANGE(ONBAR(leader),1),100),
    DELTA(PCTCHANGE(close,20),PCTCHANGE(ONBAR(leader),20)), AGE(leader), MISSING(leader)";
/// 5 of price, 5 of volume, 6 of the book, 9 technical, over windows of up to 100 trades.
const TICK: &str = "LOGRETURN(price,1), LOGRETURN(price,20), ROLLSTD(LOGRETURN(price,1),99), RANGEPLACE(price,100), ROLLZ(price,100),
    RATIO(size,ROLLMEAN(size,100)), ROLLSUM(size,100), ROLLSTD(size,100), RATIO(ROLLSUM(signed,100),ROLLSUM(size,100)), ROLLZ(size,100),
    RATIO(spread,mid), BOOKSHARE(1), BOOKSHARE(5), RATIO(DELTA(MICROPRICE(1).price,mid),mid), RATIO(BIDTOTAL(5),ASKTOTAL(5)), LOGRETURN(mid,1),
    RSI(14,real=price), RATIO(MACD(12,26,9,real=price).macd,price), RATIO(MACD(12,26,9,real=price).macdhist,price),
    RATIO(price,EMA(10,real=price)), RATIO(price,SMA(20,real=price)), RATIO(STDDEV(20,1,real=price),price), ROCP(10,real=price),
    CMO(14,real=price), RATIO(price,LINEARREG(14,real=price))";
const FLOW: &str =
    "VPIN(50).vpin, OFI(5), TRADE_FLOW(60), RATE(10), WHALE(0.99,300), TRADE_SIGN.sign, KYLE.lambda";

/// The groups and schemas, in the order in which they are listed.
pub const GROUPS: &[Group] = &[
    Group {
        name: "GROUP:price",
        version: 1,
        summary: "Returns and place of the price (bars)",
        members: || list(PRICE),
    },
    Group {
        name: "GROUP:volume",
        version: 1,
        summary: "Volume and money flow (bars)",
        members: || list(VOLUME),
    },
    Group {
        name: "GROUP:book",
        version: 1,
        summary: "Spread, lean, depth (book of 5 levels)",
        members: || list(BOOK),
    },
    Group { name: "GROUP:technical", version: 1, summary: "Indicators (bars)", members: || list(TECHNICAL) },
    Group {
        name: "GROUP:statistical",
        version: 1,
        summary: "Moments and memory of returns (bars)",
        members: || list(STATISTICAL),
    },
    Group {
        name: "GROUP:interaction",
        version: 1,
        summary: "What is told by two together (bars)",
        members: || list(INTERACTION),
    },
    Group { name: "GROUP:lag", version: 1, summary: "What was before (bars)", members: || list(LAG) },
    Group { name: "GROUP:rolling", version: 1, summary: "Windows (bars)", members: || list(ROLLING) },
    Group { name: "GROUP:time", version: 1, summary: "Hour, minute, day (any data)", members: || list(TIME) },
    Group {
        name: "GROUP:cross-asset",
        version: 1,
        summary: "Beside another instrument (bars, and its close as the series `leader`)",
        members: || list(CROSS),
    },
    Group {
        name: "GROUP:flow",
        version: 1,
        summary: "Order flow (trades, book of 5 levels)",
        members: || list(FLOW),
    },
    Group {
        name: "SCHEMA:tick",
        version: 1,
        summary: "25 values of the last 100 trades: 5 of price, 5 of volume, 6 of the book, 9 technical (trades, book of 5 levels)",
        members: || list(TICK),
    },
    Group {
        name: "SCHEMA:model",
        version: 1,
        summary: "More than 50 values for a model (bars)",
        members: model,
    },
    Group {
        name: "SCHEMA:full",
        version: 1,
        summary: "More than 100 values of bars, trades and book",
        members: full,
    },
    Group {
        name: "SCHEMA:wide",
        version: 1,
        summary: "More than 1,000: the catalogue with several periods, on bars and on longer ones (bars of at most 15 minutes)",
        members: wide,
    },
    Group {
        name: "SCHEMA:wide",
        version: 2,
        summary: "The same without those that are the same number as another (bars of at most 15 minutes)",
        members: wide_apart,
    },
];

fn model() -> Vec<String> {
    [PRICE, VOLUME, TECHNICAL, STATISTICAL, TIME].iter().flat_map(|it| list(it)).collect()
}

fn full() -> Vec<String> {
    let all = [TICK, BOOK, PRICE, VOLUME, TECHNICAL, STATISTICAL, INTERACTION, LAG, ROLLING, TIME];
    all.iter().flat_map(|it| list(it)).collect()
}

/// Every indicator of the catalogue that reads a bar alone, with its own parameters and with its first period made longer
/// and shorter, on the bars themselves, of 15 minutes and of an hour. Functions of one value (logarithms, angles) are left out:
/// they say nothing of a price. Each name is one calculation; outputs are counted each. What came into the catalogue later is
/// left out, as a group never changes.
fn wide() -> Vec<String> {
    let mut all = Vec::new();
    for spec in catalogue().iter().filter(|it| !LATER.contains(&it.name)) {
        let reads_bar = spec.inputs.iter().all(|it| crate::sources::BAR_COLUMNS.contains(&it.column));
        if !reads_bar || matches!(spec.family, Family::Transform | Family::Operator) {
            continue;
        }
        for it in periods(spec) {
            all.extend(LENGTHS.map(|length| format!("{it}{length}")));
        }
    }
    all
}

/// Entries that are younger than the wide schemas: they belong into a next version of them.
const LATER: &[&str] = &["ALPHATREND", "EBSW", "HWC", "QQE", "REFLEX", "RWI", "SSF3", "TMO", "TRENDFLEX"];

/// Lengths of the candles of the wide schemas, as they are written behind an item.
const LENGTHS: [&str; 3] = ["", "@15m", "@1h"];

/// An indicator with its own parameters, then with its first period made shorter and longer.
fn periods(spec: &Spec) -> Vec<String> {
    let mut written = vec![spec.name.to_owned()];
    if let Some(period) = spec.parameters.first().filter(|it| it.name == "timeperiod") {
        for factor in [0.5, 2.0, 4.0] {
            let n = (period.default * factor).round();
            if (5.0..=400.0).contains(&n) {
                written.push(format!("{}({n})", spec.name));
            }
        }
    }
    written
}

/// Outputs that are those of another entry at the parameters of the wide schemas: `*` stands for all of them.
const TWINS: &[(&str, &str, &str)] = &[
    ("ACCBANDS", "middleband", "BBANDS.middleband"),
    ("APO", "*", "MACD.macd"),
    ("CHAIKIN_VOLATILITY", "*", "CVI, but for the first values"),
    ("FISHER_MIDPOINT", "*", "FISHER.fisher"),
    ("HA", "haclose", "AVGPRICE"),
    ("ICHIMOKU_CLOUD", "kijun", "ICHIMOKU.kijunsen"),
    ("ICHIMOKU_CLOUD", "spana", "ICHIMOKU.senkouspana"),
    ("ICHIMOKU_CLOUD", "spanb", "ICHIMOKU.senkouspanb"),
    ("ICHIMOKU_CLOUD", "tenkan", "ICHIMOKU.tenkansen"),
    ("KSTEXT", "*", "KST"),
    ("MA", "*", "SMA"),
    ("QUANTILE", "*", "MEDIAN"),
    ("STOCHF", "fastd", "STOCH.slowk"),
    ("TSI_SIGNAL", "tsi", "TSI"),
    ("VWAP_ANCHORED", "*", "VWAP"),
];

/// Outputs that do not read the period: they are there once.
const ONCE: &[(&str, &str)] = &[("ABERRATION", "atr"), ("EOM", "raw"), ("THERMOMETER", "heat")];

/// The wide schema without what is the same by definition.
fn wide_apart() -> Vec<String> {
    let mut all = Vec::new();
    for item in wide() {
        let name = item.split(['(', '@']).next().unwrap_or_default();
        let Some(spec) = find(name) else { continue };
        let is_twin = |output: &str| TWINS.iter().any(|it| it.0 == name && (it.1 == "*" || it.1 == output));
        let is_again = |output: &str| item.contains('(') && ONCE.contains(&(name, output));
        let outputs: Vec<&str> = spec.outputs.iter().map(|it| it.name.as_str()).collect();
        let kept: Vec<&str> = outputs.iter().copied().filter(|it| !is_twin(it) && !is_again(it)).collect();
        if kept.len() == outputs.len() {
            all.push(item);
        } else {
            all.extend(kept.into_iter().map(|it| format!("{item}.{it}")));
        }
    }
    all
}

/// The members of `GROUP:name@version` or `SCHEMA:name@version`; none for an item that is neither.
pub(crate) fn expand(item: &str) -> Result<Option<Vec<String>>, Error> {
    if !(item.starts_with("GROUP:") || item.starts_with("SCHEMA:")) {
        return Ok(None);
    }
    let known = GROUPS.iter().find(|it| format!("{}@{}", it.name, it.version) == item);
    let known = known.ok_or_else(|| {
        let all: Vec<String> = GROUPS.iter().map(|it| format!("{}@{}", it.name, it.version)).collect();
        Error::UnknownGroup { name: item.to_owned(), known: all.join(", ") }
    })?;
    Ok(Some(known.members()))
}
