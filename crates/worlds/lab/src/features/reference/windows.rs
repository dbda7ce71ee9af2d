//! Articles about windows, arithmetic, time and freshness: an example, a source and a unit for each.

use super::article::{Article, Needs, Row, WINDOWS, short};
use scalp_features::entry;

/// The article of an entry.
pub(super) fn window(spec: &'static entry::Entry) -> Article {
    let row = |it: &entry::EntryParameter| Row {
        name: it.name.to_owned(),
        default: it.default.map_or_else(String::new, |it| it.to_string()),
        range: short(&it.expected()),
        hint: hint(it.name).to_owned(),
    };
    let needs = match spec.name {
        "ASKTOTAL" | "BIDTOTAL" | "ASKVWAP" | "BIDVWAP" | "BOOKSHARE" => Needs::Books,
        _ => Needs::Candles,
    };
    let outputs: Vec<(String, String)> = match spec.outputs {
        [] => vec![("value".to_owned(), unit(spec.name).to_owned())],
        all => all.iter().map(|it| ((*it).to_owned(), "-1 to 1".to_owned())).collect(),
    };
    Article {
        name: spec.name.to_owned(),
        summary: spec.summary.to_owned(),
        section: WINDOWS,
        formula: spec.formula(),
        source: source(spec.name).to_owned(),
        parameters: spec.parameters.iter().map(row).collect(),
        reads: match (spec.inputs, needs) {
            ([], Needs::Books) => "levels of the book".to_owned(),
            ([], _) if spec.name == "CONFLUENCE" => "open, high, low, close, volume".to_owned(),
            ([], _) => "the time".to_owned(),
            (all, _) => format!("{}: any items or columns", all.join(", ")),
        },
        outputs,
        warm_up: spec.warm_up.to_owned(),
        cost: match spec.name {
            "CONFLUENCE" => "O(1) a bar: some hundred nanoseconds for each length",
            "ASKTOTAL" | "BIDTOTAL" | "ASKVWAP" | "BIDVWAP" | "BOOKSHARE" => "a pass over the levels",
            _ => "O(1) a value, on average",
        }
        .to_owned(),
        facts: vec![("Version", spec.version.to_string())],
        example: example(spec.name).to_owned(),
        needs,
    }
}

/// An item of each entry that can be computed as it stands.
fn example(name: &str) -> &'static str {
    match name {
        "ABS" => "ABS(DIFF(close,1))",
        "AGE" => "AGE(close@1h)",
        "ASKTOTAL" => "ASKTOTAL(5)",
        "ASKVWAP" => "ASKVWAP(5)",
        "BETA_ON" => "BETA_ON(LOGRETURN(close,1),LOGRETURN(volume,1),50)",
        "BIDTOTAL" => "BIDTOTAL(5)",
        "BIDVWAP" => "BIDVWAP(5)",
        "BOOKSHARE" => "BOOKSHARE(5)",
        "CLIP" => "CLIP(RSI(14),30,70)",
        "CONFLUENCE" => "CONFLUENCE(1,5,15,0.5)",
        "CORR" => "CORR(close,volume,50)",
        "COV" => "COV(close,volume,50)",
        "DAYOFWEEK" => "DAYOFWEEK",
        "DAYOFWEEKCOS" => "DAYOFWEEKCOS",
        "DAYOFWEEKSIN" => "DAYOFWEEKSIN",
        "DELTA" => "DELTA(close,open)",
        "DIFF" => "DIFF(close,1)",
        "EWSTANDARD" => "EWSTANDARD(RSI(14),50)",
        "FILL" => "FILL(SMA(50),0)",
        "HOUR" => "HOUR",
        "HOURCOS" => "HOURCOS",
        "HOURSIN" => "HOURSIN",
        "LAG" => "LAG(close,3)",
        "LOGRETURN" => "LOGRETURN(close,1)",
        "MINUTE" => "MINUTE",
        "MINUTECOS" => "MINUTECOS",
        "MINUTESIN" => "MINUTESIN",
        "MISSING" => "MISSING(SMA(50))",
        "ONBAR" => "ONBAR(RSI(14))",
        "PCTCHANGE" => "PCTCHANGE(close,5)",
        "PRODUCT" => "PRODUCT(close,volume)",
        "RANGEPLACE" => "RANGEPLACE(close,20)",
        "RATIO" => "RATIO(close,SMA(20))",
        "ROLLMAX" => "ROLLMAX(high,20)",
        "ROLLMEAN" => "ROLLMEAN(close,20)",
        "ROLLMIN" => "ROLLMIN(low,20)",
        "ROLLSTD" => "ROLLSTD(close,20)",
        "ROLLSUM" => "ROLLSUM(volume,20)",
        "ROLLVAR" => "ROLLVAR(close,20)",
        "ROLLZ" => "ROLLZ(close,50)",
        "SIGN" => "SIGN(DIFF(close,1))",
        "STANDARD" => "STANDARD(RSI(14))",
        _ => "",
    }
}

/// Where the definition of an entry comes from.
fn source(name: &str) -> &'static str {
    match name {
        "AGE" => {
            "definition of this library: how long ago what is shown became known, of a series from outside its publication"
        }
        "MISSING" | "FILL" => {
            "definition of this library: what is absent is never a number unless it is asked for"
        }
        "ONBAR" => {
            "definition of this library: the last value known at the close of a candle, as an as-of join gives it"
        }
        "CLIP" => "definition; as numpy `clip`",
        "ASKTOTAL" | "BIDTOTAL" | "ASKVWAP" | "BIDVWAP" => {
            "definition; all levels and both sides at once: BOOK_TABLE"
        }
        "BOOKSHARE" => {
            "definition; after Cartea, Donnelly & Jaimungal (2018), Applied Mathematical Finance 25, on volume imbalance"
        }
        "BETA_ON" => {
            "least squares of a on b; of returns on those of a market: Sharpe (1964), Journal of Finance 19"
        }
        "CONFLUENCE" => {
            "definition of this library; its indicators are those of their own pages, and weights and scales are conventions, not estimates"
        }
        "CORR" | "COV" => {
            "Pearson (1895), Proceedings of the Royal Society 58; as pandas `rolling(n).corr` and `cov`"
        }
        "STANDARD" => "definition; mean and variance by Welford (1962), Technometrics 4, of the past alone",
        "EWSTANDARD" => "definition; exponential weights, of the past alone",
        "ROLLMIN" | "ROLLMAX" | "RANGEPLACE" => {
            "definition; Lemire (2006), Nordic Journal of Computing 13, for the queues; as pandas `rolling(n)`"
        }
        "ROLLMEAN" | "ROLLSUM" | "ROLLSTD" | "ROLLVAR" | "ROLLZ" => {
            "definition; as pandas `rolling(n)`, ddof 1"
        }
        "LAG" | "DIFF" | "PCTCHANGE" => "definition; as pandas `shift`, `diff` and `pct_change`",
        "LOGRETURN" => "definition; as numpy `log` of the ratio of shifted values",
        name if name.starts_with("HOUR") || name.starts_with("MINUTE") || name.starts_with("DAYOFWEEK") => {
            "definition; sine and cosine make the end of a cycle its beginning"
        }
        _ => "definition",
    }
}

/// What a parameter of an entry is for.
fn hint(name: &str) -> &'static str {
    match name {
        "n" => "Values of the item",
        "levels" => "Levels of each side",
        "clip" => "Deviations beyond which it is cut",
        "warm" => "Values before the first answer",
        "half_life" => "Values in which a weight halves",
        "low" => "Smallest that is let through",
        "high" => "Largest that is let through",
        "neutral" => "What stands for none",
        "short" | "middle" | "long" => "Length of the bars, times that of the candles",
        "short_weight" | "middle_weight" | "long_weight" => "Weight of the bars of that length",
        "threshold" => "Score from which on there is a side",
        _ => "",
    }
}

/// The unit of an entry's value.
fn unit(name: &str) -> &'static str {
    match name {
        "AGE" => "seconds",
        "ASKTOTAL" | "BIDTOTAL" => "base units",
        "ASKVWAP" | "BIDVWAP" => "quote currency",
        "BOOKSHARE" | "CORR" => "-1 to 1",
        "BETA_ON" | "RATIO" => "units of a over units of b",
        "COV" | "PRODUCT" => "units of a times units of b",
        "LOGRETURN" | "PCTCHANGE" => "share",
        "MISSING" => "0 or 1",
        "RANGEPLACE" => "0 to 1",
        "ROLLZ" | "STANDARD" | "EWSTANDARD" => "standard deviations",
        "SIGN" => "-1, 0 or 1",
        "ROLLVAR" => "units of the item, squared",
        "HOUR" => "0 to 23",
        "MINUTE" => "0 to 59",
        "DAYOFWEEK" => "0 to 6",
        name if name.ends_with("SIN") || name.ends_with("COS") => "-1 to 1",
        _ => "units of the item",
    }
}
