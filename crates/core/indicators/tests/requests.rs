//! What is asked for in words, and what is answered when it is wrong: the error names the key.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

use scalp_indicators::{Column, Error, Frame, Indicator, Request, Schema, Set, catalogue, find, page};

fn refusal(text: &str) -> String {
    match Set::parse(text, &Schema::ohlcv()) {
        Ok(set) => panic!("{text} was read as {:?}", set.names()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_list_becomes_one_row_of_values() {
    let schema = Schema::ohlcv();
    let mut set = Set::parse(
        " RSI(14), BBANDS(20,2,2,0).upperband ,cdlhammer,BBANDS(20,2,2,SMA).lowerband, SMA(timeperiod=5, real=volume),MACD",
        &schema,
    )
    .unwrap();
    let names = [
        "RSI(14)",
        "BBANDS(20,2,2,0).upperband",
        "CDLHAMMER",
        "BBANDS(20,2,2,0).lowerband",
        "SMA(5,real=volume)",
        "MACD(12,26,9).macd",
        "MACD(12,26,9).macdsignal",
        "MACD(12,26,9).macdhist",
    ];
    assert_eq!(set.names(), names);
    assert_eq!(set.indicators().len(), 5, "the two bands are one calculation");
    assert_eq!(set.warm_up(), 33);
    let rows: Vec<[f64; 5]> = (0..40)
        .map(|i| {
            let close = 100.0 + f64::from((i * 37) % 11);
            [close - 0.5, close + 1.0, close - 1.0, close, f64::from(i)]
        })
        .collect();
    let columns: Vec<Vec<f64>> = (0..5).map(|k| rows.iter().map(|it| it[k]).collect()).collect();
    let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let whole: Vec<Column> = set.batch(&Frame::new(&schema, &slices).unwrap()).unwrap();
    let (mut peeked, mut out) = (Vec::new(), Vec::new());
    for (i, row) in rows.iter().enumerate() {
        set.peek(row, &mut peeked).unwrap();
        set.push(row, &mut out).unwrap();
        assert_eq!(peeked, out);
        assert_eq!(out, whole.iter().map(|it| it.at(i)).collect::<Vec<_>>());
        assert_eq!(out.iter().all(Option::is_some), i >= set.warm_up());
    }
    assert_eq!(out[4], Some(37.0), "the mean of the last five volumes");
    set.reset();
    set.push(&rows[0], &mut out).unwrap();
    assert!(out[..5].iter().all(Option::is_none));
}

#[test]
fn a_wrong_name_is_told_with_the_nearest() {
    assert_eq!(refusal("RSJ(14)"), "unknown indicator \"RSJ\"; did you mean RSI?");
    assert_eq!(refusal("RSI(timeperio=14)"), "RSI has no parameter \"timeperio\"; did you mean timeperiod?");
    let all = "RSI has no parameter \"length\"; did you mean timeperiod, real?";
    assert_eq!(refusal("RSI(length=14)"), all, "where none is near there are all");
    assert_eq!(refusal("BBANDS.uperband"), "BBANDS has no output \"uperband\"; did you mean upperband?");
    assert_eq!(
        refusal("BBANDS.up"),
        "BBANDS has no output \"up\"; did you mean upperband, middleband, lowerband?"
    );
    assert_eq!(
        refusal("SMA(20,real=clos)"),
        "SMA.real needs the column \"clos\", which is not there; there are open, high, low, close, volume"
    );
    assert_eq!(
        refusal("MAVP"),
        "MAVP.periods needs the column \"periods\", which is not there; there are open, high, low, close, volume"
    );
    assert_eq!(
        refusal("VWAP_SESSION"),
        "VWAP_SESSION.time needs the column \"time\", which is not there; there are open, high, low, close, volume"
    );
}

#[test]
fn a_wrong_value_is_told_with_its_range() {
    assert_eq!(refusal("RSI(0)"), "RSI.timeperiod must be a whole number from 2 to 100000, got 0");
    assert_eq!(refusal("RSI(14.5)"), "RSI.timeperiod must be a whole number from 2 to 100000, got 14.5");
    assert_eq!(refusal("RSI(fast)"), "RSI.timeperiod must be a whole number from 2 to 100000, got fast");
    assert_eq!(refusal("RSI(NaN)"), "RSI.timeperiod must be a whole number from 2 to 100000, got NaN");
    assert_eq!(refusal("RSI(14,3)"), "RSI takes 1 parameter at most, got 2");
    assert_eq!(refusal("RSI(14,3,real=close)"), "RSI takes 1 parameter at most, got 2");
    assert_eq!(refusal("BBANDS(timeperiod=20,2,2,0,5)"), "BBANDS takes 4 parameters at most, got 5");
    assert_eq!(refusal("CDLHAMMER(3)"), "CDLHAMMER takes no parameters, got 1");
    assert_eq!(refusal("RSI(14,timeperiod=3)"), "RSI.timeperiod is given twice");
    assert_eq!(refusal("SMA(3,real=open,real=high)"), "SMA.real is given twice");
    assert!(refusal("MA(30,FOO)").starts_with("MA.matype must be one of 0 (SMA), 1 (EMA),"));
    assert_eq!(refusal("BBANDS(20,inf)"), "BBANDS.nbdevup must be a finite number, got inf");
    for spec in catalogue() {
        for parameter in &spec.parameters {
            let text = format!("{}({}=-1e300)", spec.name, parameter.name);
            let schema = Schema::new(&["open", "high", "low", "close", "volume", "periods", "time"]).unwrap();
            let error = Indicator::parse(&text, &schema).unwrap_err().to_string();
            assert!(error.contains(&format!("{}.{}", spec.name, parameter.name)), "{error}");
        }
    }
}

#[test]
fn what_does_not_read_as_an_item_is_refused() {
    for text in [
        "",
        ",",
        "RSI(",
        "RSI)",
        "RSI(14))",
        "RSI(14)x",
        "RSI(14).",
        "RSI(,)",
        "RSI(=3)",
        "RSI(14),",
        "RS I",
        "RSI(a=b=c)",
        "é(1)",
        "RSI(14).é",
    ] {
        assert!(matches!(Request::parse_list(text), Err(Error::Syntax { .. })), "{text:?}");
    }
    assert!(matches!(Indicator::parse("MACD.macd", &Schema::ohlcv()), Err(Error::Syntax { .. })));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}", list in "[A-Z(),.=0-9a-z \\-]{0,60}") {
        let _ = Set::parse(&text, &Schema::ohlcv());
        let _ = Set::parse(&list, &Schema::ohlcv());
    }
}

#[test]
fn wrong_data_are_refused_by_name() {
    let schema = Schema::ohlcv();
    let (long, short) = (vec![1.0; 20], vec![1.0; 19]);
    let ragged = Frame::new(&schema, &[&long, &long, &long, &short, &long]).unwrap_err();
    assert_eq!(ragged.to_string(), "the column \"close\" has 19 rows, the first column has 20");
    assert_eq!(Frame::new(&schema, &[&long]).unwrap_err(), Error::Width { expected: 5, given: 1 });
    let frame = Frame::new(&schema, &[&long, &long, &long, &long, &long]).unwrap();
    let mut rsi = Indicator::parse("RSI(20)", &schema).unwrap();
    assert_eq!(
        rsi.batch(&frame).unwrap_err().to_string(),
        "RSI(20) needs 21 rows for its first value, there are 20"
    );
    assert_eq!(rsi.push(&[1.0; 4]).unwrap_err(), Error::Width { expected: 5, given: 4 });
    let error = rsi.push(&[1.0, 1.0, 1.0, f64::NAN, 1.0]).unwrap_err();
    assert_eq!(error.to_string(), "RSI: the column \"close\" is not finite");
    assert_eq!(rsi.rows(), 0);
    rsi.push(&[f64::NAN, 1.0, 1.0, 1.0, 1.0]).unwrap();
    assert_eq!(rsi.rows(), 1, "what it does not read may be anything");
    assert_eq!(Schema::new(&["a", "a"]).unwrap_err(), Error::RepeatedColumn("a".to_owned()));
}

#[test]
fn a_set_goes_on_where_one_of_its_indicators_is_refused() {
    let mut set = Set::parse("SMA(2,real=volume),SMA(2)", &Schema::ohlcv()).unwrap();
    let mut out = Vec::new();
    set.push(&[1.0; 5], &mut out).unwrap();
    set.push(&[1.0, 1.0, 1.0, 3.0, f64::NAN], &mut out).unwrap_err();
    assert_eq!(out, [None, Some(2.0)]);
    set.push(&[1.0, 1.0, 1.0, 5.0, 3.0], &mut out).unwrap();
    assert_eq!(out, [Some(2.0), Some(4.0)]);
}

#[test]
fn the_catalogue_counts_itself() {
    let names: Vec<&str> = catalogue().iter().map(|it| it.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "each name once, in order");
    assert_eq!(find("rsi").unwrap().name, "RSI");
    let page = page();
    assert!(page.starts_with(&format!("# Indicators\n\n{} indicators with ", names.len())));
    assert_eq!(page.lines().filter(|it| it.starts_with("| `")).count(), names.len());
    for spec in catalogue() {
        assert!(!spec.summary.is_empty() && !spec.source.is_empty(), "{}", spec.name);
        assert!(!spec.inputs.is_empty() && !spec.outputs.is_empty(), "{}", spec.name);
    }
    let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/INDICATORS.md")).unwrap();
    assert!(written == page, "INDICATORS.md is what `page` gives; write it anew");
    let outputs: usize = catalogue().iter().map(|it| it.outputs.len()).sum();
    println!("{} indicators with {outputs} outputs", names.len());
}

/// Writes the page; run it by name after the catalogue has changed.
#[test]
#[ignore = "writes a file of the repository"]
fn write_the_page() {
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/INDICATORS.md"), page()).unwrap();
}
