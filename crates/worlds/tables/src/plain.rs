//! Tables of trades that say themselves what they are, by the names of their columns: a time, a price, a size, perhaps a side.
//! Whoever reads such files reads them by these names.

use crate::mapping::{Column, Columns, Kind, Mapping, SideColumn, Time, TimeForm};
use crate::text::TimeUnit;

/// Names of the column of times, in the order in which they are looked for.
pub const TIME_NAMES: [&str; 11] = [
    "time",
    "timestamp",
    "datetime",
    "date",
    "open_time",
    "ts",
    "t_ms",
    "ts_ns",
    "exchange_timestamp",
    "transact_time",
    "time_seconds",
];
/// Names of the price of a trade.
pub const PRICE_NAMES: [&str; 2] = ["price", "price_ticks"];
/// Names of its size.
pub const SIZE_NAMES: [&str; 5] = ["size", "qty", "quantity", "amount", "volume"];
/// Names of the side that took.
pub const SIDE_NAMES: [&str; 6] = ["side", "aggressor", "aggressor_side", "taker", "taker_side", "direction"];
/// Names of whether the buyer made; `m` is what Binance calls it on the wire.
pub const MAKER_NAMES: [&str; 4] = ["is_buyer_maker", "buyer_maker", "isBuyerMaker", "m"];
/// Names of whether the taker bought.
pub const BUYER_NAMES: [&str; 2] = ["is_buy", "isBuy"];
/// What stands for a taker who bought, in small letters, and for one who sold. A bid and an ask are sides of a book.
pub const BUY: [&str; 5] = ["buy", "b", "1", "+1", "1.0"];
/// See [`BUY`].
pub const SELL: [&str; 4] = ["sell", "s", "-1", "-1.0"];
/// What stands for yes, in small letters, and for no.
pub const YES: [&str; 4] = ["true", "t", "1", "1.0"];
/// See [`YES`].
pub const NO: [&str; 4] = ["false", "f", "0", "0.0"];

/// Columns that trades do not have: a price and a size there are of a level of a book.
pub const OF_LEVELS: [&str; 4] = ["level", "is_snapshot", "update_type", "update_id"];
/// Others: of a candle, or of a book whose levels stand side by side.
const NOT_TRADES: [&str; 3] = ["open", "bid", "ask"];

/// Names of who took, in the order in which they are looked for.
pub fn taker_names() -> impl Iterator<Item = &'static str> {
    SIDE_NAMES.into_iter().chain(MAKER_NAMES).chain(BUYER_NAMES)
}

/// Of the columns that could be `what` by their names the first is read, in the order of `of`: which it is where there are others,
/// in words.
#[must_use]
pub fn choice(columns: &[String], what: &str, of: &[impl AsRef<str>]) -> Option<String> {
    let mut places: Vec<usize> = Vec::new();
    for name in of {
        let place = columns.iter().position(|it| it.eq_ignore_ascii_case(name.as_ref()));
        places.extend(place.filter(|it| !places.contains(it)));
    }
    let (first, others) = places.split_first()?;
    let others: Vec<&str> = others.iter().map(|&it| columns[it].as_str()).collect();
    let (first, others) = (&columns[*first], (!others.is_empty()).then(|| others.join(", "))?);
    Some(format!("{what} is read from the column {first}, and not from {others}"))
}

/// Every [`choice`] that there was in a table of trades.
#[must_use]
pub fn choices(columns: &[String]) -> Vec<String> {
    let takers: Vec<&str> = taker_names().collect();
    let all = [
        choice(columns, "the time of a row", &TIME_NAMES),
        choice(columns, "the price", &PRICE_NAMES),
        choice(columns, "the size", &SIZE_NAMES),
        choice(columns, "who took", &takers),
    ];
    all.into_iter().flatten().collect()
}

/// Whether the names in a first line are those of a plain table of trades.
pub(crate) fn has_trades(header: &[u8]) -> bool {
    trades(header, header).is_some()
}

/// The mapping of a plain table of trades by its first line and the first of its rows; none where the names are not those of
/// one. Without a column of sides they are estimated by the tick rule.
pub(crate) fn trades(header: &[u8], row: &[u8]) -> Option<Mapping> {
    let cells = |line: &[u8]| -> Option<Vec<String>> {
        let text = std::str::from_utf8(line).ok()?.trim_end();
        Some(text.split(',').map(str::to_owned).collect())
    };
    let (names, first) = (cells(header)?, cells(row)?);
    let any =
        |all: &[&str]| all.iter().find_map(|it| names.iter().position(|is| is.eq_ignore_ascii_case(it)));
    let named = |at: usize| Column::Named(names[at].clone());
    if any(&NOT_TRADES).or_else(|| any(&OF_LEVELS)).is_some() {
        return None;
    }
    let at = any(&TIME_NAMES)?;
    let (price, qty) = (any(&PRICE_NAMES)?, any(&SIZE_NAMES)?);
    let unit = form(first.get(at)?)?;
    let values = |all: &[&str]| all.iter().flat_map(|it| written(it)).collect::<Vec<_>>();
    let of_side = any(&SIDE_NAMES).map(|it| (it, &BUY[..], &SELL[..]));
    // Where the buyer made, the taker sold.
    let side = of_side.or_else(|| any(&MAKER_NAMES).map(|it| (it, &NO[..], &YES[..])));
    let side = side.or_else(|| any(&BUYER_NAMES).map(|it| (it, &YES[..], &NO[..])));
    let side =
        side.map(|(at, buy, sell)| SideColumn { column: named(at), buy: values(buy), sell: values(sell) });
    Some(Mapping {
        kind: Kind::Trades,
        header: Some(true),
        delimiter: ',',
        time: Time { column: named(at), unit },
        time_is: Default::default(),
        arrival: None,
        symbol: any(&["symbol"]).map(named),
        tick_rule: side.is_none(),
        side,
        snapshot: None,
        levels: None,
        span: None,
        round_prices: false,
        round_sizes: false,
        zero_price: Default::default(),
        negative_prices: false,
        text_ids: true,
        fixed_places: None,
        columns: Columns {
            price: Some(named(price)),
            qty: Some(named(qty)),
            id: any(&["trade_id", "id"]).map(named),
            ..Columns::default()
        },
    })
}

/// A word as people write it: small, with a capital, and in capitals.
fn written(word: &str) -> Vec<String> {
    let capital = word[..1].to_uppercase() + &word[1..];
    let mut all = vec![word.to_owned(), capital, word.to_uppercase()];
    all.dedup();
    all
}

/// How a time is written, by the first of them. Whole numbers may have decimals further down.
fn form(first: &str) -> Option<TimeForm> {
    let first = first.trim();
    let whole = first.split_once('.').map_or(first, |it| it.0);
    // Eight digits are a day.
    let is_count = whole.len() != 8 && !whole.is_empty() && whole.bytes().all(|it| it.is_ascii_digit());
    if !is_count {
        return (!first.is_empty()).then_some(TimeForm::Text);
    }
    let count = whole.parse().ok()?;
    Some(match TimeUnit::of_magnitude(count).filter(|_| TimeUnit::doubt(count).is_none()) {
        Some(TimeUnit::Secs) => TimeForm::S,
        Some(TimeUnit::Millis) => TimeForm::Ms,
        Some(TimeUnit::Micros) => TimeForm::Us,
        Some(TimeUnit::Nanos) => TimeForm::Ns,
        // Which takes digits that are a date, and says what it expects.
        None => TimeForm::Auto,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use crate::buffer::EventBuffer;
    use crate::capture::CaptureOptions;
    use crate::symbols::Symbols;

    /// The trades of a file, told without a mapping.
    fn read(text: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, text).unwrap();
        let all = crate::testing::instruments(&[("X", "0.01", "0.1")]);
        let mut reader = crate::detect::open(&path, Symbols::of_venue(&all, "v"), CaptureOptions::default())
            .map_err(|it| it.to_string())?;
        let mut buffer = EventBuffer::new();
        while reader.read(&mut buffer).map_err(|it| it.to_string())? {}
        Ok(buffer.iter().map(|it| format!("{} {:?}", it.exchange_at, it.body)).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_table_of_trades_is_read_by_the_names_of_its_columns() {
        let want =
            read("timestamp,price,size,side\n1700000000000,100.01,1.5,buy\n1700000000500,100.00,0.1,sell\n")
                .unwrap();
        assert!(want.contains("10001") && want.contains("Buy") && want.contains("Sell"), "{want}");
        for other in [
            "Timestamp,Price,Qty,Side\n1700000000,100.01,1.5,BUY\n1700000000.5,100.00,0.1,SELL\n",
            "side,amount,price,datetime\nb,1.5,100.01,2023-11-14T22:13:20Z\ns,0.1,100.00,2023-11-14T22:13:20.5Z\n",
            "ts,price,quantity,is_buyer_maker\n1700000000000000,100.01,1.5,False\n1700000000500000,100.00,0.1,True\n",
            "time,price,size,direction\n1700000000,100.01,1.5,buy\n1700000000.5,100.00,0.1,sell\n",
            "time,price,qty,m\n1700000000,100.01,1.5,false\n1700000000.5,100.00,0.1,true\n",
            "time,price,qty,is_buy\n1700000000,100.01,1.5,true\n1700000000.5,100.00,0.1,false\n",
            "time,price,qty,side\n20231114221320,100.01,1.5,buy\n2023-11-14T22:13:20.5Z,100.00,0.1,sell\n",
            // Without a side by the tick rule, whose first trade counts as bought.
            "time,price,volume\n1700000000.0,100.01,1.5\n1700000000.5,100.00,0.1\n",
        ] {
            assert_eq!(read(other).as_deref(), Ok(want.as_str()), "{other}");
        }
    }

    /// Dates without signs are dates, hours of them may be seconds of 2034, and clocks of before 1990 are nobody's.
    #[test]
    fn times_that_can_be_read_in_two_ways_are_refused() {
        let said = |time: &str| read(&format!("time,price,size,side\n{time},100.01,1.5,buy\n"));
        for (time, want) in [
            ("20250201", "2025-02-01T00:00:00"),
            ("202502011639", "2025-02-01T16:39:00"),
            ("20250201163915", "2025-02-01T16:39:15"),
        ] {
            let read = said(time).unwrap();
            assert!(read.starts_with(want), "{time}: {read}");
        }
        for (time, want) in [
            ("2025020116", "expected a time that can be read in one way"),
            ("2502011639", "expected a time that can be read in one way"),
            ("473385600", "in the years 1990 to 2100, or a date"),
            ("0", "in the years 1990 to 2100, or a date"),
            ("202501", "in the years 1990 to 2100, or a date"),
            ("45689.5", "in the years 1990 to 2100, or a date"),
        ] {
            let told = said(time).unwrap_err();
            assert!(told.contains("x.csv:2: time: ") && told.contains(want), "{time}: {told}");
        }
    }

    #[test]
    fn what_is_no_table_of_trades_is_told_what_it_lacks() {
        for text in ["timestamp,size,side\n1,2,buy\n", "time,level,price,size\n1,1,2,3\n", "a,b\n1,2\n"] {
            assert!(read(text).unwrap_err().contains("a mapping of its own"), "{text}");
        }
        let empty = read("timestamp,price,size,side\n").unwrap_err();
        assert!(empty.contains("expected a trade below the names of the columns"), "{empty}");
        let off = read("timestamp,price,size,side\n1700000000000,100.015,1.5,buy\n").unwrap_err();
        assert!(off.contains("price"), "{off}");
    }
}
