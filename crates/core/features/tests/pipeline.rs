//! The pipeline as a whole: what it says is what the parts say alone, nothing knows the future, and what is wrong is named.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::float_cmp,
    reason = "tests only: exact answers"
)]

use proptest::prelude::*;
use scalp_features::measure::{Depth, Level, Print};
use scalp_features::scale::{ScaleRule, Scalers};
use scalp_features::schema::read_hash;
use scalp_features::{BarRow, Error, Observation, Outside, Pipeline, Schema, Sources, groups};
use scalp_indicators::Frame;
use scalp_types::Side;

const MINUTE: i64 = 60_000_000_000;

fn random(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

/// One event of a market.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    Bar(i64, [f64; 5]),
    Trade(Print),
    Book(i64, Vec<Level>, Vec<Level>),
}

fn market(seed: u64, minutes: i64) -> Vec<Event> {
    let (mut state, mut price, mut all) = (seed | 1, 100.0, Vec::new());
    for minute in 0..minutes {
        let at = minute * MINUTE;
        let open = price;
        let (mut high, mut low, mut volume) = (open, open, 0.0);
        for part in 1..6 {
            let at = at + part * MINUTE / 7;
            price *= 1.0 + 0.002 * (random(&mut state) - 0.5);
            let level = |n: f64, r: f64| Level { price: price + n, size: 1.0 + r };
            let side = |sign: f64, state: &mut u64| {
                (1..=6).map(|n| level(sign * 0.01 * f64::from(n), random(state))).collect::<Vec<_>>()
            };
            all.push(Event::Book(at, side(-1.0, &mut state), side(1.0, &mut state)));
            let size = 0.1 + random(&mut state);
            let aggressor = Some(if random(&mut state) < 0.5 { Side::Buy } else { Side::Sell });
            all.push(Event::Trade(Print { at, price, size, aggressor }));
            (high, low, volume) = (price.max(high), price.min(low), volume + size);
        }
        all.push(Event::Bar(at, [open, high, low, price, volume]));
    }
    all
}

fn feed(pipeline: &mut Pipeline, event: &Event) {
    match event {
        Event::Bar(at, values) => {
            pipeline.on_bar(&BarRow { open_at: *at, close_at: at + MINUTE, values }).unwrap();
        }
        Event::Trade(print) => pipeline.on_trade(print).unwrap(),
        Event::Book(at, bids, asks) => {
            pipeline.on_book(&Depth { at: *at, bids, asks, changes: &[] }).unwrap();
        }
    }
}

fn bits(pipeline: &mut Pipeline) -> Vec<u64> {
    pipeline.vector().raw().iter().map(|it| it.to_bits()).collect()
}

fn sources() -> Sources {
    let leader = Outside { name: "leader".into(), age_max: Some(10 * MINUTE), origin: "close end".into() };
    Sources { bar_span: Some(MINUTE), outside: vec![leader], ..Sources::market(10) }
}

fn fail(list: &str, sources: &Sources) -> String {
    Schema::parse(list, sources).unwrap_err().to_string()
}

#[test]
fn every_group_builds_and_the_counts_are_counted() {
    for group in groups::GROUPS {
        let schema = Schema::parse(&format!("{}@{}", group.name, group.version), &sources()).unwrap();
        println!("{}@{}: {} values", group.name, group.version, schema.len());
        let least = match group.name {
            "SCHEMA:tick" => {
                assert_eq!(schema.len(), 25);
                25
            }
            "SCHEMA:model" => 51,
            "SCHEMA:full" => 101,
            "SCHEMA:wide" => 1_001,
            _ => 5,
        };
        assert!(schema.len() >= least, "{}: {}", group.name, schema.len());
        let again = Schema::of_items(schema.names(), &sources()).unwrap();
        assert_eq!(again.hash(), schema.hash(), "a name written in full is that value");
        let mut names = schema.names().to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), schema.len(), "a value is counted once");
    }
}

#[test]
fn an_indicator_in_the_pipeline_is_the_indicator_alone() {
    let events = market(7, 400);
    let bars: Vec<[f64; 5]> =
        events.iter().filter_map(|it| if let Event::Bar(_, bar) = it { Some(*bar) } else { None }).collect();
    let columns: Vec<Vec<f64>> = (0..5).map(|at| bars.iter().map(|it| it[at]).collect()).collect();
    let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let ohlcv = scalp_indicators::Schema::ohlcv();
    let frame = Frame::new(&ohlcv, &views).unwrap();
    let list = ["RSI(14)", "BBANDS(20,2,2,0).upperband", "CDLHAMMER", "ADX(14)", "OBV", "KURT(20)"];
    let mut pipeline = Pipeline::new(&Schema::of_items(&list, &Sources::bars()).unwrap());
    let wanted: Vec<_> = list
        .iter()
        .map(|it| scalp_indicators::Set::parse(it, &ohlcv).unwrap().batch(&frame).unwrap().remove(0))
        .collect();
    for (row, bar) in bars.iter().enumerate() {
        feed(&mut pipeline, &Event::Bar(row as i64 * MINUTE, *bar));
        let vector = pipeline.vector();
        for (place, column) in wanted.iter().enumerate() {
            assert_eq!(
                vector.get(place).map(f64::to_bits),
                column.at(row).map(f64::to_bits),
                "{}",
                list[place]
            );
        }
    }
}

#[test]
fn longer_bars_are_those_that_were_closed() {
    let schema = Schema::parse("close@5m, SMA(2)@5m, volume@5m, AGE(close@5m)", &sources()).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let mut seen = Vec::new();
    for minute in 0..17_i64 {
        if minute == 11 {
            continue; // a gap changes nothing of the interval
        }
        let close = minute as f64 + 1.0;
        feed(&mut pipeline, &Event::Bar(minute * MINUTE, [close, close, close, close, 1.0]));
        seen.push((minute, pipeline.get(0), pipeline.get(1), pipeline.get(2), pipeline.get(3)));
    }
    assert_eq!(seen[3], (3, None, None, None, None));
    assert_eq!(seen[4], (4, Some(5.0), None, Some(5.0), Some(0.0)));
    assert_eq!(seen[8], (8, Some(5.0), None, Some(5.0), Some(240.0)));
    assert_eq!(seen[9], (9, Some(10.0), Some(7.5), Some(5.0), Some(0.0)));
    assert_eq!(seen[13], (14, Some(15.0), Some(12.5), Some(4.0), Some(0.0)));
}

#[test]
fn a_series_from_outside_is_known_from_its_publication_and_grows_old() {
    let schema = Schema::parse(
        "leader, AGE(leader), MISSING(leader), FILL(leader,-1), RATIO(close,leader)",
        &sources(),
    );
    let mut pipeline = Pipeline::new(&schema.unwrap());
    let bar = |pipeline: &mut Pipeline, minute: i64| {
        feed(pipeline, &Event::Bar(minute * MINUTE, [8.0; 5]));
        (0..5).map(|it| pipeline.get(it)).collect::<Vec<_>>()
    };
    let observe = |event: i64, published: i64, value: f64| Observation {
        event_at: event * MINUTE,
        published_at: published * MINUTE,
        value,
    };
    pipeline.on_outside(0, observe(0, 2, 4.0)).unwrap();
    assert_eq!(bar(&mut pipeline, 0), [None, None, Some(1.0), Some(-1.0), None], "not yet published");
    assert_eq!(bar(&mut pipeline, 1), [Some(4.0), Some(0.0), Some(0.0), Some(4.0), Some(2.0)]);
    // Handed in late, about something earlier: not shown. A revision of the same: shown.
    pipeline.on_outside(0, observe(-1, 2, 100.0)).unwrap();
    assert_eq!(bar(&mut pipeline, 2)[0], Some(4.0));
    pipeline.on_outside(0, observe(0, 3, 5.0)).unwrap();
    assert_eq!(bar(&mut pipeline, 3)[..2], [Some(5.0), Some(60.0)]);
    // It ends: present until its greatest age, then absent for all to see.
    assert_eq!(bar(&mut pipeline, 12)[0], Some(5.0));
    assert_eq!(bar(&mut pipeline, 13), [None, Some(660.0), Some(1.0), Some(-1.0), None]);
    assert!(pipeline.on_outside(0, observe(20, 19, 1.0)).is_err(), "published before it happened");
    assert!(pipeline.on_outside(1, observe(20, 20, 1.0)).is_err());
    assert!(pipeline.on_outside(0, observe(20, 20, f64::NAN)).is_err());
}

#[test]
fn fewer_than_two_trades_are_absent_and_never_neutral_unless_it_is_written() {
    let list = "SCHEMA:tick@1, FILL(LOGRETURN(price,1),0)";
    let schema = Schema::parse(list, &sources()).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let events = market(3, 200);
    feed(&mut pipeline, &events[1]);
    let vector = pipeline.vector();
    assert_eq!(vector.missing_count(), 25);
    assert_eq!(vector.get(25), Some(0.0));
    events.iter().for_each(|it| feed(&mut pipeline, it));
    assert_eq!(pipeline.vector().missing_count(), 0);
}

#[test]
fn the_future_altered_changes_nothing_of_the_past_and_a_clone_goes_on_alike() {
    let schema =
        Schema::parse("SCHEMA:full@1, GROUP:flow@1, RSI(14)@5m, STANDARD(RSI(7))", &sources()).unwrap();
    let events = market(11, 150);
    let cut = events.len() - 200;
    let mut altered = events.clone();
    let other = market(99, 150);
    for at in cut..events.len() {
        altered[at] = match (&events[at], &other[at]) {
            (Event::Bar(time, _), Event::Bar(_, bar)) => Event::Bar(*time, bar.map(|it| it * 3.0)),
            (_, other) => other.clone(),
        };
    }
    let (mut one, mut two) = (Pipeline::new(&schema), Pipeline::new(&schema));
    for at in 0..cut {
        feed(&mut one, &events[at]);
        feed(&mut two, &altered[at]);
        assert_eq!(bits(&mut one), bits(&mut two), "event {at}");
    }
    let mut kept = one.clone();
    let mut differ = 0;
    for at in cut..events.len() {
        feed(&mut one, &events[at]);
        feed(&mut two, &altered[at]);
        feed(&mut kept, &events[at]);
        assert_eq!(bits(&mut one), bits(&mut kept));
        differ += usize::from(bits(&mut one) != bits(&mut two));
    }
    assert!(differ > 100, "or the alteration was none");
    one.reset();
    let mut new = Pipeline::new(&schema);
    for event in &events {
        feed(&mut one, event);
        feed(&mut new, event);
        assert_eq!(bits(&mut one), bits(&mut new), "reset is new");
    }
}

/// Of bars alone, of trades and books alone, and of both; with indicators and windows over each.
const MIXED: &str = "SCHEMA:full@1, GROUP:flow@1, RSI(14)@5m, STANDARD(RSI(7)), EMA(20,real=MICROPRICE(20).price), \
    RSI(9,real=price), RSI(9,real=LAG(price,3)), SMA(5,real=ONBAR(mid)), LAG(ONBAR(VPIN(20).vpin),2), ROLLMIN(size,30), \
    ROLLZ(ATR(5),7), CORR(price,size,15), STANDARD(mid), CONFLUENCE(1,3,5).score, DOUBLE_TOP(swing=fractal,size=2), \
    DOUBLE_TOP(swing=fractal,size=2)@3m, MINUTE, AGE(RSI(9,real=price)), AGE(leader), LAG(leader,1), \
    MAXINDEX(9,real=LAG(price,3)), MINMAXINDEX(5,real=ONBAR(LAG(mid,2)))";

#[test]
fn what_was_put_away_goes_on_alike_once_the_bars_are_fed_again() {
    let schema = Schema::parse(MIXED, &sources()).unwrap();
    let events = market(11, 150);
    let mut one = Pipeline::keeping(&schema);
    let observe = |pipeline: &mut Pipeline, at: usize| {
        let event_at = at as i64 * MINUTE / 11;
        let value = (at * 7 % 13) as f64;
        pipeline.on_outside(0, Observation { event_at, published_at: event_at + 3 * MINUTE, value }).unwrap();
    };
    let (mut back, mut spoken) = (None::<Pipeline>, 0);
    for (at, event) in events.iter().enumerate() {
        if at % 29 == 0 {
            one.save().unwrap();
            observe(&mut one, at);
            back.iter_mut().for_each(|it| observe(it, at));
        }
        feed(&mut one, event);
        if let Some(back) = &mut back {
            feed(back, event);
            assert_eq!(bits(back), bits(&mut one), "event {at}");
            spoken = one.vector().len() - one.vector().missing_count() as usize;
        }
        // Three times, each from the one before, and once within a bar.
        if [1_000, 1_203, 1_404].contains(&at) {
            let bytes = back.as_ref().unwrap_or(&one).save().unwrap();
            let mut new = Pipeline::keeping(&schema);
            events[..=at].iter().filter(|it| matches!(it, Event::Bar(..))).for_each(|it| feed(&mut new, it));
            new.load(&bytes).unwrap();
            assert_eq!(new.save().unwrap(), bytes, "put away again");
            back = Some(new);
        }
    }
    println!("{spoken} of {} values, {} bytes", schema.len(), one.save().unwrap().len());
    assert!(spoken > schema.len() - 10, "{spoken} of {}", schema.len());
}

#[test]
fn a_state_of_another_schema_or_damaged_is_refused_and_one_of_too_many_rows_is_not_made() {
    let schema = Schema::parse("RSI(9,real=price), close", &sources()).unwrap();
    let mut one = Pipeline::keeping(&schema);
    market(3, 20).iter().for_each(|it| feed(&mut one, it));
    let bytes = one.save().unwrap();
    let other = Schema::parse("RSI(8,real=price), close", &sources()).unwrap();
    let told = Pipeline::keeping(&other).load(&bytes).unwrap_err().to_string();
    assert!(told.contains("the state of"), "{told}");
    let mut damaged = bytes.clone();
    damaged[40] ^= 1;
    assert!(Pipeline::keeping(&schema).load(&damaged).is_err());
    // One that keeps nothing cannot take it.
    assert!(Pipeline::new(&schema).load(&bytes).is_err());
    let print = |at: i64| Print { at, price: 100.0 + (at % 7) as f64, size: 1.0, aggressor: None };
    (0..1_000_000).for_each(|at| one.on_trade(&print(at)).unwrap());
    let told = one.save().unwrap_err().to_string();
    assert!(told.contains("at most 1000000 rows fed to RSI(9"), "{told}");
}

#[test]
fn a_look_at_the_unfinished_bar_is_what_the_bar_says_and_leaves_no_trace() {
    let list = "SCHEMA:model@1, CORR(close,volume,10), RANGEPLACE(close,9), STANDARD(close,5,4)";
    let schema = Schema::parse(list, &Sources::bars()).unwrap();
    let (mut one, mut two) = (Pipeline::new(&schema), Pipeline::new(&schema));
    for event in &market(5, 150) {
        let Event::Bar(at, values) = event else { continue };
        let wrong = values.map(|it| it * 1.5);
        one.peek_bar(&BarRow { open_at: *at, close_at: at + MINUTE, values: &wrong }).unwrap();
        let peeked: Vec<u64> = one
            .peek_bar(&BarRow { open_at: *at, close_at: at + MINUTE, values })
            .unwrap()
            .raw()
            .iter()
            .map(|it| it.to_bits())
            .collect();
        feed(&mut one, event);
        feed(&mut two, event);
        assert_eq!(bits(&mut one), bits(&mut two));
        assert_eq!(peeked, bits(&mut two));
    }
}

#[test]
fn a_value_that_is_missing_in_a_bar_poisons_nothing() {
    let schema =
        Schema::parse("RSI(5), ROLLMEAN(close,3), ROLLSTD(volume,3), EMA(4)@5m", &sources()).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    for (row, event) in market(21, 60).iter().filter(|it| matches!(it, Event::Bar(..))).enumerate() {
        let Event::Bar(at, mut bar) = event.clone() else { unreachable!() };
        if row == 20 {
            bar[3] = f64::NAN;
            bar[4] = f64::INFINITY;
        }
        feed(&mut pipeline, &Event::Bar(at, bar));
        let vector = pipeline.vector();
        if row == 20 {
            assert_eq!(vector.missing()[0] & 0b111, 0b111);
        } else if row > 30 {
            assert_eq!(vector.missing_count(), 0);
        }
        assert!(vector.raw().iter().all(|it| it.is_finite() || it.is_nan()));
    }
}

#[test]
fn a_row_that_is_told_by_its_number_is_that_row_of_the_table() {
    let list = "MAX(9), MAXINDEX(9), MIN(9), MINMAXINDEX(9), MAX(3,real=LAG(close,4)), MAXINDEX(3,real=LAG(close,4)), ZIGZAG(0.1,1), LAG(close,4)";
    let schema = Schema::parse(list, &sources()).unwrap();
    let mut pipeline = Pipeline::new(&schema);
    let (mut table, mut late, mut told) = (Vec::<[f64; 5]>::new(), Vec::new(), 0);
    for event in &market(21, 200) {
        let Event::Bar(at, mut bar) = event.clone() else { continue };
        if [20, 41, 42, 90].contains(&table.len()) {
            bar[3] = f64::NAN;
        }
        if table.len() == 60 {
            bar[1] = f64::NAN;
        }
        table.push(bar);
        let row = BarRow { open_at: at, close_at: at + MINUTE, values: &bar };
        let peeked: Vec<u64> = pipeline.peek_bar(&row).unwrap().raw().iter().map(|it| it.to_bits()).collect();
        feed(&mut pipeline, &Event::Bar(at, bar));
        assert_eq!(peeked, bits(&mut pipeline));
        let said = pipeline.vector().raw().to_vec();
        late.push(said[10]);
        let at = |place: usize, column: usize| table[said[place] as usize][column];
        if said[..4].iter().all(|it| it.is_finite()) {
            assert_eq!([at(1, 3), at(4, 3), at(3, 3)], [said[0], said[0], said[2]]);
            told += 1;
        }
        if said[6].is_finite() {
            assert_eq!(late[said[6] as usize], said[5]);
        }
        if said[7].is_finite() {
            assert_eq!(at(9, if said[8] > 0.0 { 1 } else { 2 }), said[7]);
        }
    }
    assert!(told > 150, "{told}");
}

#[test]
fn the_hash_changes_with_every_item_parameter_and_series() {
    let of = |list: &str, sources: &Sources| Schema::parse(list, sources).unwrap().hash();
    let all = sources();
    let base = of("RSI(14), close", &all);
    assert_eq!(base, of(" RSI(timeperiod=14),close ", &all), "the same values in other words");
    assert_eq!(base, of("RSI,close", &all), "a default written out or not");
    for other in
        ["RSI(15), close", "close, RSI(14)", "RSI(14)", "RSI(14)@5m, close", "RSI(14,real=open), close"]
    {
        assert_ne!(base, of(other, &all), "{other}");
    }
    let mut aged = all.clone();
    aged.outside[0].age_max = Some(1);
    let mut hourly = all.clone();
    hourly.bar_span = Some(60 * MINUTE);
    let ticks = |kind: &str| Sources { bar_span: None, bar_kind: kind.into(), ..all.clone() };
    let silent = Sources { no_volume: true, ..all.clone() };
    let mut other = all.clone();
    other.outside[0].origin = "volume end".into();
    let mut different = vec![of("RSI(14), leader", &all)];
    for sources in [&aged, &hourly, &ticks("trades 1000"), &ticks("trades 500"), &ticks(""), &silent, &other]
    {
        let hash = of("RSI(14), leader", sources);
        assert!(!different.contains(&hash), "{sources:?}");
        different.push(hash);
    }
    let (own, of_aged) = (of("RSI(14), close", &all), of("RSI(14), close", &aged));
    assert_eq!(own, of_aged, "a series that nothing reads");
    assert_eq!(read_hash(&base.to_string()), Ok(base));
    assert!(read_hash("83b1").is_err() && read_hash("+3b1f6c12f843622").is_err());
    let schema = Schema::parse("LAG(RSI,2)", &all).unwrap();
    assert_eq!(schema.canonical(), "LAG(RSI(14),2)\nwith LAG 1\nwith RSI 3\nbars 60000000000");
    let schema = Schema::parse("close, leader", &all).unwrap();
    assert_eq!(schema.canonical(), "close\nleader\nbars 60000000000\noutside leader 600000000000 close end");
}

#[test]
fn what_is_wrong_is_named() {
    let all = sources();
    for (list, says) in [
        ("", "from 1 to"),
        ("RSI(0)", "RSI.timeperiod must be a whole number from"),
        ("RSJ(14)", "did you mean"),
        ("LAG(close)", "LAG.n must be a whole number from 1 to 100000, got none"),
        ("LAG(close,0)", "LAG.n must be a whole number from 1 to 100000, got 0"),
        ("LAG(close,1.5)", "LAG.n must be a whole number"),
        ("LAG(close,1,2)", "LAG.arguments must be at most 2, got 3"),
        ("LAG(close,m=2)", "LAG.m must be one of item, n"),
        ("LAG(item=close,n=2,n=3)", "LAG.n must be given once"),
        ("LAG(BBANDS(20),1)", "has several outputs; name one: upperband, middleband, lowerband"),
        ("BBANDS(20).midleband", "did you mean middleband"),
        ("RSI(14)@7s", "it does not divide"),
        ("HOUR@5m", "@5m changes nothing in HOUR@5m"),
        ("LAG(RSI(14)@5m,1)@10m", "@10m changes nothing in LAG(RSI(14)@5m,1)@10m"),
        ("ONBAR(price)@5m", "price is not a column of bars"),
        ("mid@5m", "not a column of bars"),
        ("LAG(HOUR,1)", "write ONBAR"),
        ("SMA(3,real=HOUR)", "write ONBAR"),
        ("CLIP(close,3,2)", "CLIP.low must be at most CLIP.high"),
        ("GROUP:magic@1", "unknown group"),
        ("GROUP:price@9", "there are GROUP:price@1"),
        ("BIDTOTAL(11)", "reads 11 levels of a book, and there are 10"),
        ("VPIN(0)", "VPIN.buckets must be"),
        ("VPIN(50)@5m", "not bars of a length"),
        ("sentiment", "unknown name \"sentiment\""),
        ("clos", "did you mean close?"),
        ("VARIANCE(20)", "did you mean VAR?"),
        ("SLOPE(5)", "did you mean LINEARREG_SLOPE?"),
        ("KC(20,10,nan)", "expected a finite number where nan stands"),
        ("LAG(close,inf)", "LAG.n must be a whole number from 1 to 100000, got inf"),
        ("RSI(14,9)", "RSI takes 1 parameter at most, got 2"),
        ("RSI(14,9,8,7)", "RSI takes 1 parameter at most, got 4"),
        ("CDLHAMMER(3)", "CDLHAMMER takes no parameters, got 1"),
        ("DIV(close,7)", "DIV takes no parameters, got 1"),
        ("VPIN(50,0,1,0,9)", "VPIN takes 4 parameters at most, got 5"),
    ] {
        let error = fail(list, &all);
        assert!(error.contains(says), "{list}: {error}");
    }
    assert!(fail("VPIN(50)", &Sources::bars()).contains("reads trades, and there are none"));
    let trades = Sources { trades: true, ..Sources::default() };
    assert!(
        fail("RSI(14)", &trades).contains("there are price, size, side, signed"),
        "{}",
        fail("RSI(14)", &trades)
    );
    assert!(Schema::parse("TRADE_SIGN.tick, TRADE_SIGN", &trades).is_ok(), "the tick rule needs no book");
    let told = fail("ROLLMIN(low,20)", &trades);
    assert!(told.ends_with("reads the column low, and there are price, size, side, signed"), "{told}");
    assert!(Schema::parse("RSI(14,real=price), RSI(price,14)", &trades).is_ok());
    let twice = Sources { bar_extra: vec!["close".into()], ..Sources::bars() };
    assert!(matches!(Schema::parse("close", &twice), Err(Error::Sources { .. })));
    let mut pipeline = Pipeline::new(&Schema::parse("close", &Sources::bars()).unwrap());
    let bar = |at: i64| BarRow { open_at: at, close_at: at + 1, values: &[1.0; 5] };
    pipeline.on_bar(&bar(10)).unwrap();
    assert!(pipeline.on_bar(&bar(9)).unwrap_err().to_string().contains("bar.open_at"));
    assert!(pipeline.on_bar(&BarRow { values: &[1.0; 4], ..bar(11) }).is_err());
    let print = Print { at: 0, price: 1.0, size: 1.0, aggressor: None };
    assert!(pipeline.on_trade(&print).is_err());
}

#[test]
fn frozen_scalers_belong_to_their_schema() {
    let schema = Schema::parse("close, volume", &Sources::bars()).unwrap();
    let closes: Vec<f64> = (0..200).map(f64::from).collect();
    let flat = vec![1.0; 200];
    let fitted = Scalers::fit(&schema, &[&closes, &flat], ScaleRule::STANDARD).unwrap();
    assert!(Scalers::fit(&schema, &[&closes], ScaleRule::STANDARD).is_err());
    let mut pipeline = Pipeline::new(&schema);
    feed(&mut pipeline, &Event::Bar(0, [99.5, 99.5, 99.5, 99.5, 1.0]));
    let mut out = [None; 2];
    fitted.apply(&pipeline.vector(), &mut out).unwrap();
    assert!(out[0].unwrap().abs() < 1e-12);
    assert_eq!(out[1], None, "what never moved has no scale");
    let other = Schema::parse("close, open", &Sources::bars()).unwrap();
    assert!(fitted.apply(&Pipeline::new(&other).vector(), &mut out).is_err());
}

/// Labels shuffled: what is learnt on one half of a series gives no edge on the other. The rule is the sign of the
/// correlation of each feature with the label, learnt on the first half; the Sharpe ratio a step is that of the second.
#[test]
fn shuffled_labels_give_no_edge() {
    let schema = Schema::parse("SCHEMA:model@1", &Sources::bars()).unwrap();
    let (mut ratios, mut state) = (Vec::new(), 77_u64);
    for seed in 1..=12_u64 {
        let mut pipeline = Pipeline::new(&schema);
        let (mut rows, mut closes) = (Vec::new(), Vec::new());
        for event in market(seed * 7_919, 1_200).iter().filter(|it| matches!(it, Event::Bar(..))) {
            feed(&mut pipeline, event);
            rows.push(pipeline.vector().raw().to_vec());
            let Event::Bar(_, bar) = event else { unreachable!() };
            closes.push(bar[3]);
        }
        let mut labels: Vec<f64> = closes.windows(2).map(|it| it[1] / it[0] - 1.0).collect();
        for at in (1..labels.len()).rev() {
            labels.swap(at, (random(&mut state) * (at + 1) as f64) as usize);
        }
        let (from, half) = (150, 650);
        let width = schema.len();
        let mean =
            |place: usize| (from..half).map(|row| rows[row][place]).sum::<f64>() / (half - from) as f64;
        let means: Vec<f64> = (0..width).map(mean).collect();
        let votes: Vec<f64> = (0..width)
            .map(|place| {
                (from..half).map(|row| (rows[row][place] - means[place]) * labels[row]).sum::<f64>().signum()
            })
            .collect();
        let gains: Vec<f64> = (half..labels.len())
            .map(|row| {
                let vote: f64 = (0..width).map(|p| votes[p] * (rows[row][p] - means[p]).signum()).sum();
                vote.signum() * labels[row]
            })
            .collect();
        let n = gains.len() as f64;
        let average = gains.iter().sum::<f64>() / n;
        let deviation = (gains.iter().map(|it| (it - average).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        ratios.push(average / deviation);
    }
    let n = ratios.len() as f64;
    let mean = ratios.iter().sum::<f64>() / n;
    let error = (ratios.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
    println!("Sharpe ratio a step over {n} shuffled series: {mean:.4} +- {error:.4}");
    assert!(mean.abs() < 0.1 && error < 0.05);
    assert!(mean.abs() < 4.0 * error.max(0.005));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_text_is_read_or_refused(text in "[A-Za-z0-9_(),.@=: -]{0,40}") {
        let _ = Schema::parse(&text, &sources());
    }
}

/// Series change in the order of time, each with what is made of them, whether events come between their publications or not.
#[test]
fn what_is_made_of_series_does_not_depend_on_the_events_between_their_publications() {
    let outside = |name: &str, minutes: i64| Outside {
        name: name.into(),
        age_max: Some(minutes * MINUTE),
        origin: String::new(),
    };
    let sources = Sources { outside: vec![outside("x", 3), outside("y", 7)], ..Sources::market(1) };
    let list = "x, AGE(x), LAG(x,1), AGE(LAG(x,1)), FILL(x,0), AGE(FILL(x,0)), CORR(x,y,3), AGE(CORR(x,y,3)), \
                SMA(2,real=x), ROLLMEAN(RATIO(x,y),3), AGE(RATIO(close,y)), LAG(MISSING(y),2), MISSING(x), AGE(DELTA(AGE(x),x)), \
                LAG(DELTA(AGE(y),x),1), ROLLMEAN(DELTA(MINUTE,x),3), SMA(3,real=DELTA(AGE(x),x))";
    let schema = Schema::parse(list, &sources).unwrap();
    let (mut state, mut spoken) = (11, vec![0; schema.len()]);
    let mut publications: Vec<(usize, i64)> =
        (0..400).map(|n| (n % 2, (random(&mut state) * 500.0 * MINUTE as f64) as i64)).collect();
    publications.sort_by_key(|it| it.1);
    let mut pipelines = [Pipeline::new(&schema), Pipeline::new(&schema)];
    let mut next = 0;
    for minute in 0..520 {
        let end = (minute + 1) * MINUTE;
        while let Some(&(series, at)) = publications.get(next).filter(|it| it.1 <= end) {
            let value = (next * next % 101) as f64;
            for (place, pipeline) in pipelines.iter_mut().enumerate() {
                pipeline.on_outside(series, Observation { event_at: at, published_at: at, value }).unwrap();
                if place == 1 {
                    // Trades that nothing in the list reads: one with the publication, and some of the time after it.
                    for later in [0, MINUTE / 2, 4 * MINUTE] {
                        let at = (at + later).min(end);
                        let trade = Print { at, price: 1.0, size: 1.0, aggressor: None };
                        let comes_first = publications.get(next + 1).is_none_or(|it| at < it.1);
                        if comes_first {
                            pipeline.on_trade(&trade).ok();
                            pipeline.on_time(at);
                        }
                    }
                }
            }
            next += 1;
        }
        let seen = pipelines.each_mut().map(|pipeline| {
            feed(pipeline, &Event::Bar(minute * MINUTE, [8.0 + (minute % 5) as f64; 5]));
            pipeline.vector().raw().iter().map(|it| it.to_bits()).collect::<Vec<_>>()
        });
        assert_eq!(seen[0], seen[1], "minute {minute}");
        for (count, bits) in spoken.iter_mut().zip(&seen[0]) {
            *count += i32::from(f64::from_bits(*bits).is_finite());
        }
    }
    assert!(next == 400 && spoken.iter().all(|it| *it > 60), "{spoken:?}");
}
