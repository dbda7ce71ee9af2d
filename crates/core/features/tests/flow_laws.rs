//! What holds for every measure of the table.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests only")]

mod common;

use allocation_counter::measure;
use common::{Event, Market};
use scalp_features::flow::{self, Built};
use scalp_features::measure::{Change, Depth, Level, Measure, Print};
use scalp_features::state;
use scalp_indicators::{Error, Range, Request};
use scalp_types::Side;

fn build(text: &str) -> Result<Built, Error> {
    flow::build(&Request::parse(text).unwrap())
}

/// Every measure as it is by default, and with its first window small.
fn all() -> Vec<Built> {
    let mut all: Vec<Built> = flow::catalogue().iter().map(|it| build(it.name).unwrap()).collect();
    all.extend(flow::catalogue().iter().filter_map(|it| {
        let first = it.parameters.first()?;
        let small = match first.range {
            Range::Whole { min, .. } => f64::from(min),
            Range::Real { min, .. } => min,
            Range::Choice(_) => return None,
        };
        Some(build(&format!("{}({small})", it.name)).unwrap())
    }));
    all
}

fn feed(measure: &mut dyn Measure, event: &Event<'_>) {
    match event {
        Event::Trade(trade) => measure.on_trade(trade),
        Event::Book(book) => measure.on_book(book),
    }
}

fn read(built: &Built, out: &mut Vec<f64>) {
    // What no measure writes, so that an output that is not written shows.
    out.clear();
    out.resize(built.spec.outputs.len(), f64::INFINITY);
    built.measure.write(out);
    for (value, output) in out.iter().zip(&built.spec.outputs) {
        assert!(!value.is_infinite(), "{built}.{} is {value}", output.name);
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|it| it.to_bits()).collect()
}

#[test]
fn every_entry_is_described_and_speaks_in_time() {
    let mut names = Vec::new();
    for spec in flow::catalogue() {
        names.push(spec.name);
        for text in [spec.summary, spec.source, spec.warm_up] {
            assert!(!text.is_empty(), "{}", spec.name);
        }
        assert!(!spec.outputs.is_empty() && scalp_indicators::find(spec.name).is_none(), "{}", spec.name);
        assert!(spec.outputs.iter().all(|it| !it.unit.is_empty()), "{}", spec.name);
        let built = build(spec.name).unwrap();
        assert!(built.levels > 0 || !spec.reads.levels, "{}", spec.name);
        assert!(spec.reads.trades || spec.reads.levels || spec.reads.changes, "{}", spec.name);
    }
    println!("{} measures: {}", names.len(), names.join(" "));
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));

    let mut all: Vec<Built> = flow::catalogue().iter().map(|it| build(it.name).unwrap()).collect();
    let mut out = Vec::new();
    for it in &all {
        read(it, &mut out);
        assert!(out.iter().all(|value| value.is_nan()), "{it} speaks before it has seen anything");
    }
    let mut spoke: Vec<Vec<bool>> = all.iter().map(|it| vec![false; it.spec.outputs.len()]).collect();
    let mut market = Market::new(1);
    for i in 0..200_000 {
        let event = market.next();
        for (it, spoke) in all.iter_mut().zip(&mut spoke) {
            // Only what it says it reads; one rule of trade signs looks at a book where there is one.
            let reads = it.spec.reads;
            let looks = it.spec.outputs.iter().any(|it| it.name == "lee_ready");
            match &event {
                Event::Trade(trade) if reads.trades => it.measure.on_trade(trade),
                Event::Book(book) if reads.levels || reads.changes || looks => {
                    let changes = if reads.changes { book.changes } else { &[] };
                    let [bids, asks] = [book.bids, book.asks].map(|side| &side[..side.len().min(it.levels)]);
                    it.measure.on_book(&Depth { at: book.at, bids, asks, changes });
                }
                _ => {}
            }
            if i % 50 == 0 {
                read(it, &mut out);
                out.iter().zip(spoke).for_each(|(value, spoke)| *spoke |= value.is_finite());
            }
        }
    }
    for (it, spoke) in all.iter().zip(&spoke) {
        for (output, spoke) in it.spec.outputs.iter().zip(spoke) {
            // What counts the messages of a book is silent where none is read.
            let is_of_book = it.spec.name == "RATE" && output.name == "messages";
            assert!(*spoke != is_of_book, "{it}.{}: {spoke}", output.name);
        }
    }
}

#[test]
fn a_reset_is_new_and_a_clone_goes_on_alike() {
    let mut out = (Vec::new(), Vec::new());
    for mut it in all() {
        let run = |built: &mut Built, market: &mut Market| {
            let mut seen = Vec::new();
            for _ in 0..3000 {
                feed(built.measure.as_mut(), &market.next());
                read(built, &mut out.0);
                seen.extend(bits(&out.0));
            }
            seen
        };
        let mut run = run;
        let first = run(&mut it, &mut Market::new(7));
        let mut copy = it.clone();
        it.measure.reset();
        read(&it, &mut out.1);
        assert!(out.1.iter().all(|value| value.is_nan()), "{it} speaks after a reset");
        assert_eq!(first, run(&mut it, &mut Market::new(7)), "{it} after a reset");
        let (a, b) = (run(&mut it, &mut Market::new(8)), run(&mut copy, &mut Market::new(8)));
        assert_eq!(a, b, "{it} and its clone");
    }
}

#[test]
fn what_was_put_away_comes_back_and_goes_on_alike() {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let (mut bytes_max, mut named) = (0, String::new());
    for new in all() {
        let (mut it, mut market) = (new.clone(), Market::new(7));
        // Half of the trades lie between two books, so that what a trade leaves for the next book is put away too.
        for moment in [1, 40, 700, 9_000] {
            for _ in 0..moment {
                feed(it.measure.as_mut(), &market.next());
            }
            let bytes = state::seal(5, &it.measure);
            let mut back = new.clone();
            state::unseal(5, &bytes, &mut back.measure).unwrap();
            assert_eq!(state::seal(5, &back.measure), bytes, "{it} put away again after {moment} events");
            for _ in 0..600 {
                let event = market.next();
                feed(it.measure.as_mut(), &event);
                feed(back.measure.as_mut(), &event);
                read(&it, &mut first);
                read(&back, &mut second);
                assert_eq!(bits(&first), bits(&second), "{it} brought back after {moment} events");
            }
            if bytes.len() > bytes_max {
                (bytes_max, named) = (bytes.len(), it.to_string());
            }
            let cut = state::unseal(5, &bytes[..bytes.len() - 1], &mut back.measure).unwrap_err().to_string();
            assert!(cut.starts_with("state"), "{cut}");
        }
    }
    println!("the largest state is that of {named}: {bytes_max} bytes");
}

#[test]
fn a_warm_event_costs_no_allocation() {
    let mut all = all();
    let (mut market, mut buffer) = (Market::new(3), vec![f64::NAN; 32]);
    for i in 0..30_000 {
        let event = market.next();
        for it in &mut all {
            let width = it.spec.outputs.len();
            let cost = measure(|| {
                feed(it.measure.as_mut(), &event);
                it.measure.write(&mut buffer[..width]);
            });
            assert!(i < 20_000 || cost.count_total == 0, "{it} allocates");
        }
    }
}

/// Sound, yet nothing a market would say: all sizes from 1e-18 to 1e18, prices that leap, empty and crossed books, times
/// that go anywhere.
#[test]
fn hostile_events_give_no_infinity_and_do_not_silence_for_good() {
    let mut stream = scalp_types::rng::Stream::named(5, "hostile");
    let mut all = all();
    let mut out = Vec::new();
    for i in 0..6000 {
        let mut number = |choices: &[f64]| choices[stream.below(choices.len() as u64) as usize];
        let sizes = [1e-18, 1e-9, 1.0, 3.0, 1e9, 1e18];
        let prices = [1e-18, 1e-3, 99.0, 100.0, 101.0, 1e18];
        let times = [i64::MIN as f64, -1.0, 0.0, 1e9, 1.7e18, 1.7e18 + i as f64 * 1e6, i64::MAX as f64];
        let at = number(&times) as i64;
        let mut side = |count: usize| -> Vec<Level> {
            (0..count).map(|_| Level { price: number(&prices), size: number(&sizes) }).collect()
        };
        let (bids, asks, prints, changed) = (side(i % 4), side(i % 3), side(1), side(2));
        let changes: Vec<Change> = changed
            .iter()
            .map(|level| Change {
                side: if i % 2 == 0 { Side::Buy } else { Side::Sell },
                level: Level { price: level.price, size: if i % 5 == 0 { 0.0 } else { level.size } },
                before: if i % 3 == 0 { 0.0 } else { changed[0].size },
            })
            .collect();
        let aggressor = [None, Some(Side::Buy), Some(Side::Sell)][i % 3];
        let print = Print { at, price: prints[0].price, size: prints[0].size, aggressor };
        let book = Depth { at, bids: &bids, asks: &asks, changes: &changes };
        assert!(print.is_sound() && book.is_sound());
        for it in &mut all {
            it.measure.on_trade(&print);
            it.measure.on_book(&book);
            read(it, &mut out);
        }
    }
    // What spoke in a quiet market speaks again in a quiet market.
    let (mut market, mut quiet) = (Market::new(2), Market::new(2));
    let mut fresh: Vec<Built> = all.clone();
    fresh.iter_mut().for_each(|it| it.measure.reset());
    for _ in 0..60_000 {
        let (event, same) = (market.next(), quiet.next());
        all.iter_mut().for_each(|it| feed(it.measure.as_mut(), &event));
        fresh.iter_mut().for_each(|it| feed(it.measure.as_mut(), &same));
    }
    let mut wanted = Vec::new();
    for (it, fresh) in all.iter().zip(&fresh) {
        read(it, &mut out);
        read(fresh, &mut wanted);
        for ((got, want), output) in out.iter().zip(&wanted).zip(&it.spec.outputs) {
            assert!(got.is_finite() || !want.is_finite(), "{it}.{} is silenced for good", output.name);
        }
    }
}

#[test]
fn unsound_events_neither_panic_nor_give_an_infinity() {
    let odd = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300, 5e-324];
    let mut out = Vec::new();
    for mut it in all() {
        let mut market = Market::new(4);
        for (i, &price) in odd.iter().enumerate() {
            for &size in &odd {
                let print = Print { at: i as i64, price, size, aggressor: None };
                let level = [Level { price, size }];
                let changes = [Change { side: Side::Sell, level: level[0], before: price }];
                let book = Depth { at: 9, bids: &level, asks: &level, changes: &changes };
                assert!(!print.is_sound() && !book.is_sound());
                it.measure.on_trade(&print);
                it.measure.on_book(&book);
                read(&it, &mut out);
            }
            for _ in 0..300 {
                feed(it.measure.as_mut(), &market.next());
                read(&it, &mut out);
            }
        }
    }
}

#[test]
fn what_is_asked_for_wrongly_is_named() {
    for (text, want) in [
        ("VPINN", "unknown indicator \"VPINN\"; did you mean VPIN?"),
        ("VPIN(0)", "VPIN.buckets must be a whole number from 1 to 10000, got 0"),
        ("VPIN(bucket=3)", "VPIN has no parameter \"bucket\"; did you mean buckets?"),
        ("VPIN(1,2,3,BULK,5)", "VPIN takes 4 parameters at most, got 5"),
        ("VPIN(50, buckets=50)", "VPIN.buckets is given twice"),
        ("VPIN(split=HALF)", "VPIN.split must be one of 0 (BULK), 1 (SIGN), got HALF"),
        ("VPIN(close)", "VPIN.buckets must be a whole number from 1 to 10000, got close"),
    ] {
        assert_eq!(build(text).unwrap_err().to_string(), want);
    }
    let vpin = flow::find("vpin").unwrap();
    assert_eq!(vpin.output("RANK").unwrap(), 1);
    assert_eq!(
        vpin.output("ranks").unwrap_err().to_string(),
        "VPIN has no output \"ranks\"; did you mean rank?"
    );
    assert_eq!(build("vpin(20, split=sign)").unwrap().to_string(), "VPIN(20,0,1,1)");
    assert_eq!(build("OFI(level=7)").unwrap().levels, 7);
}

/// Bids for asks and buys for sells, prices mirrored: what leans to one side leans to the other by as much.
#[test]
fn what_has_a_side_changes_its_sign_in_the_mirror() {
    const TWICE_THE_CENTRE: f64 = 20_000.0;
    let mirrored = |level: &Level| Level { price: TWICE_THE_CENTRE - level.price, size: level.size };
    let outputs = [
        ("OFI(20)", "ofi"),
        ("OFI(20)", "scaled"),
        ("MLOFI(20,5)", "ofi"),
        ("BOOK_IMBALANCE", "total"),
        ("BOOK_IMBALANCE", "weighted"),
        ("MICROPRICE(20)", "lean"),
        ("MICROPRICE(20)", "momentum"),
        ("STOIKOV_PRICE", "adjustment"),
        ("TRADE_FLOW", "volume"),
        ("CANCELS", "side"),
        ("KYLE(10,1)", "alpha"),
    ];
    for (text, output) in outputs {
        let (mut plain, mut mirror) = (build(text).unwrap(), build(text).unwrap());
        let place = plain.spec.output(output).unwrap();
        let (mut market, mut out, mut spoke) = (Market::new(11), [vec![], vec![]], 0);
        for _ in 0..20_000 {
            let event = market.next();
            feed(plain.measure.as_mut(), &event);
            match &event {
                Event::Trade(it) => mirror.measure.on_trade(&Print {
                    price: TWICE_THE_CENTRE - it.price,
                    aggressor: it.aggressor.map(Side::opposite),
                    ..*it
                }),
                Event::Book(it) => {
                    let [asks, bids] =
                        [it.bids, it.asks].map(|side| side.iter().map(mirrored).collect::<Vec<_>>());
                    let change = |it: &Change| Change {
                        side: it.side.opposite(),
                        level: mirrored(&it.level),
                        before: it.before,
                    };
                    let changes: Vec<Change> = it.changes.iter().map(change).collect();
                    mirror.measure.on_book(&Depth { at: it.at, bids: &bids, asks: &asks, changes: &changes });
                }
            }
            read(&plain, &mut out[0]);
            read(&mirror, &mut out[1]);
            let (a, b) = (out[0][place], out[1][place]);
            assert_eq!(a.is_nan(), b.is_nan(), "{text}.{output}");
            if a.is_finite() {
                spoke += 1;
                assert!((a + b).abs() <= 1e-6 * a.abs().max(1e-3), "{text}.{output}: {a} and {b}");
            }
        }
        assert!(spoke > 1000, "{text}.{output}");
    }
}

#[test]
fn the_page_of_measures_is_that_of_the_table() {
    let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/FLOW.md")).unwrap();
    assert!(written == flow::page(), "FLOW.md is what `flow::page` gives; write it anew");
}

/// A price of 1e9, or a size of it, among usual ones: once it has left the window, sums over the window are those of a market
/// that never saw it.
#[test]
fn an_enormous_event_leaves_nothing_in_the_sums_of_a_window() {
    let n = 50;
    let trade = |at: usize| Print {
        at: at as i64 * 1_000_000_000,
        price: 100.1 + (at * 7 % 11) as f64 * 0.013,
        size: 1.3 + (at * 5 % 13) as f64 * 0.17,
        aggressor: Some(if at.is_multiple_of(3) { Side::Sell } else { Side::Buy }),
    };
    let level = |price: f64, size: f64| Level { price, size };
    for place in 200..200 + n {
        for enormous in [1e9, 1e14] {
            let run = |is_wrong: bool| {
                let mut all = ["ROLL(50)", "OFI(50)", "MLOFI(50,2)"].map(|it| build(it).unwrap());
                let mut last = Vec::new();
                for at in 0..place + 2 * n {
                    let wrong = is_wrong && at == place;
                    let it = trade(at);
                    let print = Print { price: if wrong { enormous } else { it.price }, ..it };
                    let size = if wrong { enormous } else { it.size };
                    let bids = [level(100.0, size), level(99.0, it.size)];
                    let asks = [level(101.0, 2.0), level(102.0, 3.0)];
                    let book = Depth { at: it.at, bids: &bids, asks: &asks, changes: &[] };
                    for built in &mut all {
                        built.measure.on_trade(&print);
                        built.measure.on_book(&book);
                    }
                    let mut out = vec![0.0; 3];
                    last.clear();
                    // What fades, such as the mean size of a level, fades.
                    for (built, outputs) in all.iter().zip([[0, 2], [0, 2], [0, 2]]) {
                        built.measure.write(&mut out);
                        last.extend(outputs.map(|it| out[it]));
                    }
                    if at == place + n + 2 {
                        break;
                    }
                }
                last
            };
            for (got, want) in run(true).into_iter().zip(run(false)) {
                assert!((got - want).abs() < 1e-9, "{enormous} at {place}: {got} for {want}");
            }
        }
    }
}

/// One print of another world does not read as calm: the deviation that splits bars takes little of it.
#[test]
fn a_wrong_print_does_not_switch_vpin_off() {
    let mut market = scalp_types::rng::Stream::named(3, "vpin");
    let mut price = 100.0;
    let trades: Vec<Print> = (0..6_000)
        .map(|at| {
            price += 0.1 * (market.uniform() * 7.0 - 3.5).round();
            Print { at: at * 1_000_000_000, price, size: 0.5 + market.uniform(), aggressor: None }
        })
        .collect();
    let mean = |wrong: Option<usize>| {
        let mut vpin = build("VPIN(20,20,1,0)").unwrap();
        let (mut out, mut sum) = (vec![0.0; 5], 0.0);
        for (n, it) in trades.iter().enumerate() {
            let price = if wrong == Some(n) { 1e9 } else { it.price };
            vpin.measure.on_trade(&Print { price, ..*it });
            vpin.measure.write(&mut out);
            sum += if n >= 4_000 { out[0] } else { 0.0 };
        }
        sum / 2_000.0
    };
    let (got, want) = (mean(Some(3_000)), mean(None));
    assert!((got / want - 1.0).abs() < 0.05, "{got} for {want}");
}

/// Writes the page; run it by name after the catalogue has changed.
#[test]
#[ignore = "writes a file of the repository"]
fn write_the_page() {
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/FLOW.md"), flow::page()).unwrap();
}
