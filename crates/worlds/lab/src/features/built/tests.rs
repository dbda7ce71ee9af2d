use super::super::table::{Beside, Books};
use super::super::{Asked, Cells, Computed, Plan, With, compute, read_all, select, write};
use super::*;
use scalp_features::measure::Level;
use std::num::NonZero;

const SECOND: i64 = 1_000_000_000;
const KINDS: [&str; 6] = [
    "10s",
    "trades=25",
    "volume=40",
    "value=4000",
    "imbalance=volume,trades_first=25,trades_min=5,trades_max=200,trades_span=10,flow_span=100",
    "run=tick,trades_first=25,trades_min=5,trades_max=200,trades_span=10,flow_span=100",
];
const LIST: [&str; 12] = [
    "open",
    "high",
    "low",
    "close",
    "volume",
    "RSI(5)",
    "ROLLZ(close,7)",
    "ONBAR(price)",
    "AGE(mid)",
    "HAWKES(1,0.5,1).intensity",
    "VPIN(5).vpin",
    "KYLE(5,10).lambda",
];

/// Numbers that look like none, always the same.
fn drawn(n: i64, of: i64) -> i64 {
    ((n.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x14_057B_7EF7)) >> 33).rem_euclid(of)
}

/// Trades with sizes of one decimal and a book beside them; from `altered` on others.
fn market(altered: usize) -> Table {
    let mut trades = Vec::new();
    let (mut at, mut ticks) = (1_700_000_000 * SECOND, 100_000);
    for n in 0..4_000_i64 {
        let key = if n as usize >= altered { n + 77_777 } else { n };
        at += drawn(key, 1_000_000_000);
        ticks += drawn(key + 13, 21) - 10;
        let aggressor = Some(if drawn(key + 5, 5) < 2 + (n / 300) % 2 { Side::Buy } else { Side::Sell });
        let size = (1 + drawn(key + 3, 47)) as f64 / 10.0;
        trades.push(Print { at, price: ticks as f64 / 1_000.0, size, aggressor });
    }
    let mut books = Books { levels: 1, ..Books::default() };
    for it in trades.iter().step_by(9) {
        books.times.push(it.at + SECOND / 10);
        books.bids.push(Level { price: it.price - 0.001, size: it.size + 1.0 });
        books.asks.push(Level { price: it.price + 0.001, size: 2.0 });
    }
    of_trades(trades, Some(books))
}

fn of_trades(trades: Vec<Print>, books: Option<Books>) -> Table {
    let times: Vec<i64> = trades.iter().map(|it| it.at).collect();
    let (written, beside) = (Cells::Whole(times.clone()), Beside { books, ..Beside::default() });
    Table { times, written, time_name: "time".into(), holds: Holds::Trades(trades), beside }
}

fn asked(bars: &str, threads: usize) -> Asked {
    Asked { threads: NonZero::new(threads).unwrap(), bars: Some(parse(bars).unwrap()), keep_going: false }
}

fn computed(table: &Table, bars: &str, list: &[&str]) -> Computed {
    compute(Path::new("trades"), table, list, &asked(bars, 1)).unwrap()
}

fn bits(column: &[f64]) -> Vec<u64> {
    column.iter().map(|it| it.to_bits()).collect()
}

#[test]
fn a_kind_of_bars_is_written_with_the_keys_of_its_table() {
    assert_eq!(parse("5m").unwrap().time, Some(Length(scalp_types::Span::from_secs(300))));
    assert_eq!(parse("time=1w").unwrap().time, Some(Length(scalp_types::Span::from_secs(7 * 86_400))));
    assert_eq!(parse("trades=1000").unwrap().trades, Some(1000));
    assert_eq!(parse("value=1e6").unwrap().value, Some(Number(Decimal::from(1_000_000))));
    let flow = parse(KINDS[4]).unwrap().imbalance.unwrap();
    assert_eq!((flow.unit, flow.trades_max, flow.flow_span), (FlowUnit::Volume, 200, 100));
    for (text, part) in [
        ("volum=3", "did you mean volume"),
        ("trades=x", "trades: expected a whole number above zero, got \"x\""),
        ("trades", "expected a value behind it, as in trades=1000"),
        ("5 parsecs", "expected a length of time"),
        ("time=5", "time: expected a length of time"),
        ("value=much", "value: expected a number, got \"much\""),
        ("5m,6m", "expected one value"),
        ("time", "time: expected a value behind it, as in time=5m"),
        ("imbalance", "imbalance: expected a value behind it, as in imbalance=volume,trades_first="),
        ("run=lots", "run: unit: expected one of tick, volume, value behind run=, got \"lots\""),
        ("run=", "run: unit: expected one of tick, volume, value behind run=, got \"\""),
        ("run=volum", "did you mean volume"),
        ("trades=", "trades: expected a whole number above zero, got \"\", as in trades=1000"),
        ("volume=", "volume: expected a number, got \"\", as in volume=500"),
        ("value=", "value: expected a number, got \"\", as in value=1e6"),
        ("time=", "time: expected a length of time (1s, 5m, 1h, 1d), got \"\", as in time=5m"),
        (
            "run=tick,trades_first=3",
            "run: trades_min, trades_max, trades_span, flow_span: expected a whole number",
        ),
        ("run=tick,trade_first=3", "did you mean trades_first"),
        ("run=tick,trades_first=3,trades_first=4", "trades_first is there twice"),
        ("run=tick,trades_first", "expected KEY=VALUE"),
    ] {
        let told = parse(text).unwrap_err();
        assert!(told.contains(part), "{text}: {told}");
    }
    let table = market(usize::MAX);
    for (bars, part) in [
        ("0m", "--bars: time: expected a positive length of time"),
        ("trades=0", "--bars: trades: expected a whole number above zero"),
        ("volume=0", "--bars: volume: expected a size above zero"),
        ("value=0", "--bars: value: expected a value above zero"),
        ("value=-3", "--bars: value: expected a value above zero"),
        (
            "run=tick,trades_first=3,trades_min=5,trades_max=9,trades_span=1,flow_span=1",
            "--bars: run: expected whole numbers above zero and trades_min <= trades_first",
        ),
    ] {
        let told = compute(Path::new("trades"), &table, &["close"], &asked(bars, 1)).unwrap_err().to_string();
        assert!(told.contains(part), "{bars}: {told}");
    }
}

#[test]
fn each_key_that_is_left_out_is_named_with_an_example_that_works() {
    let table = market(usize::MAX);
    for kind in scalp_config::TradeBarsConfig::KINDS {
        let whole = example(kind);
        let works = |bars: &str| Plan::new(Path::new("trades"), &table, &["close"], &asked(bars, 1)).err();
        // No such bar closes in few trades; the words are right.
        let told = works(whole).map(|it| it.to_string()).unwrap_or_default();
        assert!(told.is_empty() || told.ends_with("no bar of this size closes in it"), "{whole}: {told}");
        let parts: Vec<&str> = whole.split(',').collect();
        for left_out in 0..parts.len() {
            let rest: Vec<&str> =
                parts.iter().enumerate().filter(|it| it.0 != left_out).map(|it| *it.1).collect();
            let (text, name) = match (left_out, parts.len()) {
                (0, 1) => (kind.to_owned(), kind),
                (0, _) => (format!("{kind}={}", rest.join(",")), "unit"),
                (at, _) => (rest.join(","), parts[at].split('=').next().unwrap()),
            };
            let told = parse(&text).unwrap_err();
            println!("{text}: {told}");
            let names =
                told.starts_with(&format!("{name}: ")) || told.starts_with(&format!("{kind}: {name}: "));
            assert!(names && told.contains("expected "), "{text}: {told}");
            let example = told.split(", as in ").nth(1).unwrap();
            assert_eq!(example, whole, "{told}");
            assert!(parse(example).is_ok());
        }
    }
}

#[test]
fn each_kind_is_cut_where_its_rule_says_and_summed_to_the_last_digit() {
    let table = market(usize::MAX);
    let Holds::Trades(trades) = &table.holds else { panic!("trades") };
    for bars in KINDS {
        let made = computed(&table, bars, &LIST);
        let known = made.known.as_deref();
        assert_eq!(known.is_none(), bars == "10s", "only bars of time are known at their end");
        assert!(made.times.len() > 40, "{bars}: {}", made.times.len());
        let mut next = 0;
        for row in 0..made.times.len() {
            let column = |name: &str| made.columns.iter().find(|it| it.0 == name).unwrap().1[row];
            let end = known.map_or(made.times[row] + 10 * SECOND, |it| it[row]);
            if known.is_none() {
                while trades[next].at < made.times[row] {
                    next += 1;
                }
            }
            // A trade at the same time may belong to the next bar: sizes tell where it ends.
            let (mut tenths, from) = (0_i64, next);
            while (tenths as f64 / 10.0).to_bits() != column("volume").to_bits() {
                tenths += (trades[next].size * 10.0).round() as i64;
                next += 1;
                assert!(next <= trades.len(), "{bars}: the volume of row {row} is no sum of trades");
            }
            let part = &trades[from..next];
            let last = part.last().unwrap();
            assert!(last.at <= end && (known.is_none() || last.at == end), "{bars}: row {row}");
            assert_eq!((column("open"), column("close")), (part[0].price, last.price), "{bars}: row {row}");
            let high = part.iter().fold(f64::MIN, |most, it| most.max(it.price));
            let low = part.iter().fold(f64::MAX, |least, it| least.min(it.price));
            assert_eq!((column("high"), column("low")), (high, low), "{bars}: row {row}");
            let value = |part: &[Print]| part.iter().map(|it| it.price * it.size).sum::<f64>();
            assert_eq!(
                column("ONBAR(price)"),
                last.price,
                "{bars}: what closes it is told by then, row {row}"
            );
            match bars.split('=').next().unwrap() {
                "trades" => assert_eq!(part.len(), 25),
                "volume" => assert!(tenths >= 400 && tenths - (last.size * 10.0).round() as i64 <= 399),
                "value" => assert!(value(part) > 3_999.999 && value(&part[..part.len() - 1]) < 4_000.001),
                "10s" => {}
                _ => assert!((5..=200).contains(&part.len())),
            }
        }
    }
}

#[test]
fn what_comes_later_changes_no_bar_before_it_and_threads_change_nothing() {
    let (one, other) = (market(usize::MAX), market(2_000));
    let change = one.times[2_000].min(other.times[2_000]);
    for bars in KINDS {
        let (a, b) = (computed(&one, bars, &LIST), computed(&other, bars, &LIST));
        let end =
            |it: &Computed, row: usize| it.known.as_ref().map_or(it.times[row] + 10 * SECOND, |it| it[row]);
        let before = (0..a.times.len()).take_while(|&row| end(&a, row) < change).count();
        assert!(before > 20 && before + 10 < a.times.len(), "{bars}: {before}");
        assert_eq!(a.times[..before], b.times[..before], "{bars}");
        let mut differs = false;
        for (a, b) in a.columns.iter().zip(&b.columns) {
            assert_eq!(bits(&a.1[..before]), bits(&b.1[..before]), "{bars}: {}", a.0);
            differs |= bits(&a.1) != bits(&b.1);
        }
        assert!(differs, "{bars}: the second half is another");
        let four = compute(Path::new("trades"), &one, &LIST, &asked(bars, 4)).unwrap();
        let all = |it: &Computed| it.columns.iter().map(|it| bits(&it.1)).collect::<Vec<_>>();
        assert!(all(&a) == all(&four) && a.schema == four.schema, "{bars}");
    }
}

#[test]
fn bars_given_back_as_a_series_are_seen_when_they_were_known() {
    let (folder, table) = (tempfile::tempdir().unwrap(), market(usize::MAX));
    let Holds::Trades(trades) = &table.holds else { panic!("trades") };
    let mut text = "time,price,size,side\n".to_owned();
    for it in trades {
        let side = if it.aggressor == Some(Side::Buy) { "buy" } else { "sell" };
        text += &format!("{},{},{},{side}\n", it.at, it.price, it.size);
    }
    let own = folder.path().join("trades.csv");
    std::fs::write(&own, text).unwrap();
    for bars in &KINDS[1..] {
        let made = computed(&table, bars, &["RSI(5)", "close"]);
        let known = made.known.clone().unwrap();
        for name in ["made.csv", "made.parquet"] {
            let file = folder.path().join(name);
            write(&file, &made).unwrap();
            let with = With::parse("--with", &format!("x={},column=close,age=1d", file.display())).unwrap();
            let joined = read_all(std::slice::from_ref(&own), &[with]).unwrap();
            let seen = compute(
                Path::new("trades"),
                &joined,
                &["x"],
                &Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false },
            )
            .unwrap();
            let mut told = 0;
            for (at, x) in seen.times.iter().zip(&seen.columns[0].1) {
                // The last that was known by then, of equal times the last of them.
                let row = known.partition_point(|it| it <= at).checked_sub(1);
                let want = row.map_or(f64::NAN, |row| made.columns[1].1[row]);
                assert!(
                    x.to_bits() == want.to_bits() || (x.is_nan() && want.is_nan()),
                    "{bars}, {name}: {at}"
                );
                told += usize::from(x.is_finite());
            }
            assert!(told > 3_000, "{told}");
        }
    }
}

#[test]
fn sizes_that_are_no_decimals_make_bars_of_time_and_trades_alone() {
    let mut table = market(usize::MAX);
    let Holds::Trades(trades) = &mut table.holds else { panic!("trades") };
    trades.iter_mut().for_each(|it| it.size /= 3.0);
    assert!(computed(&table, "trades=25", &["volume"]).columns[0].1.iter().all(|it| *it > 0.0));
    let told =
        compute(Path::new("trades"), &table, &["close"], &asked("volume=40", 1)).unwrap_err().to_string();
    assert!(told.contains("decimals of at most 15 digits"), "{told}");
    let mut table = market(usize::MAX);
    let Holds::Trades(trades) = &mut table.holds else { panic!("trades") };
    trades[1_234].aggressor = None;
    let told = compute(Path::new("trades"), &table, &["close"], &asked(KINDS[5], 1)).unwrap_err().to_string();
    assert!(told.contains("the side of each trade") && told.contains("row 1235"), "{told}");
}

#[test]
fn candles_make_larger_ones_of_the_kinds_that_they_can_make() {
    let minutes = 1_000;
    let times: Vec<i64> = (0..minutes).filter(|it| it % 37 != 5).map(|it| it * 60 * SECOND).collect();
    let column =
        |of: &dyn Fn(i64) -> f64| times.iter().map(|at| of(at / (60 * SECOND))).collect::<Vec<f64>>();
    let close = |n: i64| (1_000 + drawn(n, 90)) as f64 / 10.0;
    let volume = |n: i64| (1 + drawn(n + 7, 90)) as f64 / 100.0;
    let prices = [column(&|n| close(n - 1)), column(&|_| 111.1), column(&|_| 90.1), column(&close)];
    let table = Table::candles(times.clone(), prices, column(&volume));
    let path = Path::new("candles");
    let larger = |bars: &str| table.larger(path, &parse(bars).unwrap());
    let all = |table: &Table| {
        let asked = Asked { threads: NonZero::new(2).unwrap(), bars: None, keep_going: false };
        compute(path, table, &["open", "close", "volume", "RSI(3)"], &asked).unwrap()
    };
    let five = all(&larger("5m").unwrap());
    // As @5m has them. One that lacks its last part is known with the next candle: until then it may still come.
    let known = five.known.clone().unwrap();
    for (row, at) in five.times.iter().enumerate() {
        let parts: Vec<i64> = times
            .iter()
            .filter(|it| (at..&(at + 300 * SECOND)).contains(it))
            .map(|it| it / (60 * SECOND))
            .collect();
        let hundredths: i64 = parts.iter().map(|&n| (volume(n) * 100.0).round() as i64).sum();
        assert_eq!(five.columns[2].1[row].to_bits(), (hundredths as f64 / 100.0).to_bits(), "{at}");
        let last = *parts.last().unwrap();
        assert_eq!(five.columns[1].1[row], close(last));
        let minute = if last % 5 == 4 {
            last
        } else {
            times.iter().find(|it| **it > last * 60 * SECOND).unwrap() / (60 * SECOND)
        };
        assert_eq!(known[row], (minute + 1) * 60 * SECOND, "{at}");
    }
    assert!(five.times.len() > 190);
    // Where none is missing, each is known at its end.
    let whole: Vec<i64> = (0..minutes).map(|it| it * 60 * SECOND).collect();
    let same = vec![1.0; whole.len()];
    let whole = Table::candles(whole, [(); 4].map(|()| same.clone()), same.clone());
    assert!(all(&whole.larger(path, &parse("5m").unwrap()).unwrap()).known.is_none());
    let made = all(&larger("volume=5").unwrap());
    let known = made.known.unwrap();
    let mut next = 0;
    for row in 0..made.times.len() {
        let (from, mut sum) = (next, 0.0);
        while sum < 5.0 - 1e-9 {
            sum += volume(times[next] / (60 * SECOND));
            next += 1;
        }
        assert_eq!((made.times[row], known[row]), (times[from], times[next - 1] + 60 * SECOND));
        assert!((made.columns[2].1[row] - sum).abs() < 1e-9);
    }
    assert_ne!(five.schema, made.schema);
    for (bars, part) in [
        (KINDS[4], "candles do not tell the side"),
        ("90s", "it does not divide"),
        ("volume=1e9", "no bar of this size closes"),
    ] {
        let told = larger(bars).unwrap_err().to_string();
        assert!(told.contains(part), "{bars}: {told}");
    }
    let told = |item: &str| {
        let larger = larger("volume=5").unwrap();
        let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
        compute(path, &larger, &[item], &asked).unwrap_err().to_string()
    };
    let longer = told("close@1h");
    assert!(longer.contains("bars that have no length of time (volume 5)"), "{longer}");
    let output = told("SMA(close.x,3)");
    assert!(output.contains("close is a column and has no output \"x\""), "{output}");
    // So no length can be written either, also where the bars are made of trades.
    let of_trades = compute(path, &market(usize::MAX), &["CONFLUENCE(1,5,15,0.5)"], &asked("trades=25", 1));
    for joint in [told("CONFLUENCE(1,5,15,0.5)"), of_trades.unwrap_err().to_string()] {
        assert!(joint.contains("CONFLUENCE needs bars of one length; these have none"), "{joint}");
    }
}

#[test]
fn a_contract_is_worth_what_it_says() {
    let (inverse, mut coins) = (market(usize::MAX), market(usize::MAX));
    let mut contracts = inverse.clone();
    contracts.count_contracts(Path::new("trades"), Terms::parse("inverse,100").unwrap()).unwrap();
    let Holds::Trades(trades) = &mut coins.holds else { panic!("trades") };
    trades.iter_mut().for_each(|it| it.size = it.size * 100.0 / it.price);
    let books = coins.beside.books.as_mut().unwrap();
    books.bids.iter_mut().chain(&mut books.asks).for_each(|it| it.size = it.size * 100.0 / it.price);
    let list = [
        "AMIHUD(5,60)",
        "HASBROUCK(5,60)",
        "KYLE(5,60)",
        "VPIN(5)",
        "BVC(10)",
        "WHALE",
        "RATE(10).volume",
        "OFI(20,1)",
        "BOOK_TABLE(1)",
        "DEPTH(1)",
        "BIDVWAP(1)",
    ];
    let plain = Asked { threads: NonZero::new(2).unwrap(), bars: None, keep_going: false };
    let of = |table: &Table, list: &[&str]| compute(Path::new("trades"), table, list, &plain).unwrap();
    let (a, b) = (of(&contracts, &list), of(&coins, &list));
    let (mut compared, mut differs) = (0, 0);
    let linear = of(&inverse, &list);
    for ((a, b), linear) in a.columns.iter().zip(&b.columns).zip(&linear.columns) {
        assert_eq!(bits(&a.1), bits(&b.1), "{}", a.0);
        compared += a.1.iter().filter(|it| it.is_finite()).count();
        differs += usize::from(bits(&a.1) != bits(&linear.1));
    }
    assert!(compared > 20_000 && differs > 20, "{compared}, {differs}");
    assert_ne!(a.schema, linear.schema, "what a contract is worth is part of a schema");
    // Columns are as the venue counts, and a value bar of a contract worth so much is a bar of volume.
    assert_eq!(bits(&of(&contracts, &["size"]).columns[0].1), bits(&of(&inverse, &["size"]).columns[0].1));
    let (by_value, by_volume) =
        (computed(&contracts, "value=4000", &["volume"]), computed(&inverse, "volume=40", &["volume"]));
    assert_eq!(bits(&by_value.columns[0].1), bits(&by_volume.columns[0].1));
    // AMIHUD by hand: |log return| over 100 of the quote currency a contract.
    let amihud = &of(&contracts, &["AMIHUD(5,60)"]).columns[0].1;
    let Holds::Trades(trades) = &contracts.holds else { panic!("trades") };
    let mut minutes: Vec<(i64, f64, f64)> = Vec::new();
    for it in trades {
        let minute = it.at / (60 * SECOND);
        match minutes.last_mut().filter(|bar| bar.0 == minute) {
            Some(bar) => (bar.1, bar.2) = (it.price, bar.2 + 100.0 * it.size),
            None => minutes.push((minute, it.price, 100.0 * it.size)),
        }
    }
    let parts: Vec<f64> = minutes.windows(2).map(|it| (it[1].1 / it[0].1).ln().abs() / it[1].2).collect();
    let last = minutes.len() - 2;
    let want = parts[last - 5..last].iter().sum::<f64>() / 5.0;
    let got = amihud.last().unwrap();
    assert!((got / want - 1.0).abs() < 1e-12, "{got} and {want}");
    for (text, part) in [("inverse", "expected inverse"), ("inverse,0", "got"), ("cubic,3", "expected")] {
        assert!(Terms::parse(text).unwrap_err().contains(part), "{text}");
    }
    let mut candles =
        Table::candles(vec![0, 60], [vec![1.0; 2], vec![1.0; 2], vec![1.0; 2], vec![1.0; 2]], Vec::new());
    assert!(candles.count_contracts(Path::new("x"), Terms::default()).is_err());
}

/// Trades of an event file as they arrive: one in ten a minute and a half late.
fn recorded(path: &Path) {
    let Holds::Trades(trades) = &market(usize::MAX).holds else { panic!("trades") };
    let late = |n: usize| if n % 10 == 3 { 90 * SECOND } else { 0 };
    let mut events: Vec<(i64, &Print)> =
        trades.iter().enumerate().map(|(n, it)| (it.at + late(n), it)).collect();
    events.sort_by_key(|it| it.0);
    let lots = |it: f64, power: f64| (it * power).round() as i64;
    let row = |(arrived_at, it): (i64, &Print)| {
        (it.at, arrived_at, lots(it.price, 1_000.0), lots(it.size, 10.0), it.aggressor.unwrap())
    };
    written(path, events.into_iter().map(row));
}

/// An event file of trades: time, arrival, ticks, lots, and who took.
fn written(path: &Path, trades: impl IntoIterator<Item = (i64, i64, i64, i64, Side)>) {
    use scalp_tables::eventfile::EventWriter;
    use scalp_types::{MarketBody, MarketEvent};
    let spec = InstrumentSpec {
        base: "B".into(),
        quote: "Q".into(),
        symbol: "S".into(),
        tick: Decimal::new(1, 3),
        lot: Decimal::new(1, 1),
        ..InstrumentSpec::unlimited()
    };
    let all = Instruments::new(vec![spec]).unwrap();
    let mut writer = EventWriter::create(path, &all).unwrap();
    for (exchange_at, arrived_at, ticks, lots, taker) in trades {
        let trade = Trade { id: TradeId(0), price: Price::new(ticks), qty: Qty::new(lots), taker };
        writer
            .push(&MarketEvent {
                instrument: InstrumentId(0),
                exchange_at: Timestamp::from_nanos(exchange_at),
                arrived_at: Timestamp::from_nanos(arrived_at),
                body: MarketBody::Trade(trade),
            })
            .unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn rows_that_came_late_say_when_they_were_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.events");
    recorded(&path);
    let table = read_all(std::slice::from_ref(&path), &[]).unwrap();
    let plain = Asked { threads: NonZero::new(2).unwrap(), bars: None, keep_going: false };
    let made = compute(&path, &table, &["price"], &plain).unwrap();
    assert!(!made.times.is_sorted(), "the times are those of the venue");
    let known = made.known.clone().expect("some rows came late");
    assert!(known.is_sorted() && known.iter().zip(&made.times).all(|(known, at)| known >= at));
    let late = known.iter().zip(&made.times).filter(|(known, at)| *known - *at >= 80 * SECOND).count();
    assert!((350..450).contains(&late), "{late}");
    // Given back, a value is seen from then on, though its times fall.
    let out = folder.path().join("out.csv");
    write(&out, &made).unwrap();
    assert!(std::fs::read_to_string(&out).unwrap().starts_with("time,known_at,price\n"));
    let with = With::parse("--with", &format!("x={},column=price,age=1d", out.display())).unwrap();
    let (_, values) = super::super::observations(&with).unwrap();
    assert_eq!(values.len(), known.len());
    assert!(values.iter().zip(&known).all(|(value, known)| value.published_at == *known));
    // A bar of trades was known when the last of it had arrived.
    let bars = compute(&path, &table, &["close"], &asked("trades=25", 1)).unwrap().known.unwrap();
    let by_hand: Vec<i64> = known.chunks_exact(25).map(|it| it[24]).collect();
    assert_eq!(bars, by_hand);
    // A return after a row is counted from where the price stood when it was known, and that is told.
    let mut plan = crate::selection::SelectionPlan { halves: 2, shuffles: 0, ..Default::default() };
    plan.forest.trees = 5;
    let asked_of =
        select::Question { list: "LAG(price,1), LAG(price,7)".into(), horizon: 1, plan, asked: plain };
    let behind = (0..known.len()).filter(|&row| {
        let next = made.times.get(row + 1);
        next.is_some_and(|next| *next < known[row])
    });
    let (behind, rows) = (behind.count(), known.len());
    let told = select::answer(&path, &table, &asked_of).unwrap().later.unwrap();
    assert!(behind > 300 && told.starts_with(&format!("{behind} of {rows} rows were known only")), "{told}");
    // Bars of the others are cut as they come, and none begins before the one before it.
    for bars in &KINDS[1..] {
        let made = compute(&path, &table, &["close", "RSI(3)"], &asked(bars, 1)).unwrap();
        assert!(made.times.len() > 40 && made.times.is_sorted() && made.known.unwrap().is_sorted(), "{bars}");
    }
}

#[test]
fn a_bar_of_time_was_known_at_its_end_unless_the_last_in_it_came_later_than_a_tenth_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.events");
    // A tenth of the bar, and a second at most.
    for (bars, length, grace) in [("5s", 5, SECOND / 2), ("10s", 10, SECOND), ("1m", 60, SECOND)] {
        let end = length * SECOND;
        for (arrived_at, want) in [
            (end, end),
            (end + grace, end),
            (end + grace + 1, end + grace + 1),
            (end + 2 * SECOND, end + 2 * SECOND),
        ] {
            let trades = [(SECOND, SECOND), (end - SECOND / 10, arrived_at), (2 * end, 2 * end)];
            written(&path, trades.map(|(at, arrived_at)| (at, arrived_at, 100, 1, Side::Buy)));
            let table = read_all(std::slice::from_ref(&path), &[]).unwrap();
            let made = compute(&path, &table, &["close"], &asked(bars, 1)).unwrap();
            assert_eq!(made.times, [0], "{bars}");
            // All at their ends need no column that says so.
            assert_eq!(made.known, (want > end).then(|| vec![want]), "{bars}, {arrived_at}");
        }
    }
}

#[test]
fn a_size_that_is_no_decimal_changes_no_bar_before_its_own() {
    let table = |last: f64| {
        let mut table = market(usize::MAX);
        let Holds::Trades(trades) = &mut table.holds else { panic!("trades") };
        let at = trades.len() - 5;
        trades[at].size = last;
        table
    };
    for bars in ["1m", "trades=30"] {
        let list = ["close", "volume", "OBV"];
        let (plain, other) = (computed(&table(0.3), bars, &list), computed(&table(0.1 + 0.2), bars, &list));
        let rows = plain.times.len() - 2;
        assert!(rows > 30, "{bars}");
        for (a, b) in plain.columns.iter().zip(&other.columns) {
            assert_eq!(bits(&a.1[..rows]), bits(&b.1[..rows]), "{bars}: {}", a.0);
        }
    }
    // Larger candles of candles likewise.
    let hours = |last: f64| {
        let mut volume: Vec<f64> = (0..400).map(|it| (1 + drawn(it, 47)) as f64 / 10.0).collect();
        volume[398] = last;
        let price = || vec![1.0; 400];
        let times = (0..400).map(|it| it * 3_600 * SECOND).collect();
        let table = Table::candles(times, [price(), price(), price(), price()], volume);
        let larger = table.larger(Path::new("hours"), &parse("8h").unwrap()).unwrap();
        let Holds::Bars { columns, .. } = larger.holds else { panic!("candles") };
        bits(&columns[4][..48])
    };
    assert_eq!(hours(0.3), hours(0.1 + 0.2));
}

#[test]
fn no_item_has_the_name_of_the_times() {
    let folder = tempfile::tempdir().unwrap();
    let made = computed(&market(usize::MAX), "trades=25", &["time", "close"]);
    let path = folder.path().join("out.csv");
    write(&path, &made).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("timestamp,known_at,time,close\n"));
    let path = folder.path().join("out.parquet");
    write(&path, &made).unwrap();
    let reader = scalp_tables::flat::Reader::open(std::fs::File::open(&path).unwrap(), 100).unwrap();
    let names: Vec<&str> = reader.fields().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["timestamp", "known_at", "time", "close"]);
}

#[test]
fn of_a_group_what_can_be_computed_is() {
    let times: Vec<i64> = (0..400).map(|it| it * 3_600 * SECOND).collect();
    let column = |k: i64| (0..400).map(|it| 100.0 + drawn(it + k, 40) as f64 / 10.0).collect::<Vec<f64>>();
    let [open, close] = [column(0), column(1)];
    let high = open.iter().zip(&close).map(|(a, b)| a.max(*b) + 1.0).collect();
    let low = open.iter().zip(&close).map(|(a, b)| a.min(*b) - 1.0).collect();
    let table = Table::candles(times, [open, high, low, close], column(2));
    let keep = |list: &[&str]| {
        let asked = Asked { threads: NonZero::new(4).unwrap(), bars: None, keep_going: true };
        compute(Path::new("hours"), &table, list, &asked)
    };
    let made = keep(&["SCHEMA:wide@1", "RSI(14)"]).unwrap();
    let [left] = &made.failed[..] else { panic!("{:?}", made.failed) };
    let told = left.error.to_string();
    println!("{} columns; {told}", made.columns.len());
    assert!(
        left.item == "SCHEMA:wide@1" && told.contains("members are left out") && told.contains("@15m"),
        "{told}"
    );
    assert!(told.contains("more") && told.len() < 1_500, "the first few are named: {told}");
    assert!(made.columns.len() > 700 && made.columns.iter().all(|it| !it.0.contains("@15m")));
    let told = keep(&["NOPE", "RSI(14"]).unwrap_err().to_string();
    assert!(
        told.contains("every item is left out") && told.contains("NOPE") && told.contains("RSI(14"),
        "{told}"
    );
    let strict = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
    assert!(compute(Path::new("hours"), &table, &["SCHEMA:wide@1"], &strict).is_err());
}

#[test]
fn a_length_that_no_candle_reaches_is_refused() {
    for (bars, part) in
        [("1w", "no candle of this length ends in it"), ("volume=1e9", "no bar of this size closes in it")]
    {
        let told = compute(Path::new("x"), &market(usize::MAX), &["close"], &asked(bars, 1))
            .unwrap_err()
            .to_string();
        assert!(told.contains(part), "{told}");
    }
}
