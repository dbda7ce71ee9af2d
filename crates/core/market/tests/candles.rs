//! Wrong highs, lows, opens and closes put into recorded candles, and crashes without any.
#![allow(clippy::unwrap_used, reason = "a test may")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests read files; the room itself does not"
)]

#[path = "common/recorded.rs"]
mod recorded;

use scalp_market::prints::candles::{Candle, CandleInspector, CandleVerdict, Part};
use scalp_types::rng::Stream;
use std::io::{BufRead, BufReader};

/// The columns are a time and then open, high, low, close and volume; a head is passed over.
fn candles(file: &str) -> Vec<Candle> {
    let lines = BufReader::new(recorded::open(file)).lines();
    let candle = |line: String| {
        let cells: Vec<f64> = line.split(',').skip(1).take(5).map_while(|it| it.parse().ok()).collect();
        let [open, high, low, close, volume] = cells[..] else { return None };
        Some(Candle { open, high, low, close, volume })
    };
    lines.filter_map(|it| candle(it.unwrap())).collect()
}

/// Hours of four years with the crashes of 2018-01, 2020-03-12 and 2021-05-19, minutes of a month with that of 2025-02-03, and
/// smaller files.
fn files() -> Vec<String> {
    let hours = ["AAVE", "BNB", "BTC", "EOS", "ETC", "ETH", "LTC", "MATIC", "TRX", "XLM", "XMR", "XRP"];
    let mut files: Vec<String> =
        hours.iter().map(|it| format!("ohlcv-1h-binance-12/{it}-USDT.csv.zst")).collect();
    files.extend(["AVAXUSDT", "NEARUSDT"].map(|it| format!("klines-1m-usdm/{it}-1m-2025-02.csv.zst")));
    files.extend(["ETH_BTC-5m", "XMR_BTC-5m", "UNITTEST_BTC-1m"].map(|it| format!("freqtrade/{it}.csv.gz")));
    files
}

/// What is put in: a part, and how far it is moved, in usual ranges or as a slipped point.
#[derive(Clone, Copy)]
enum Wrong {
    Slip,
    Ranges(f64),
    /// Times one and this.
    Share(f64),
    /// The last price, by twenty ranges, and the extreme with it.
    Close,
    Open,
}

const WRONGS: [(&str, Wrong); 8] = [
    ("a slipped point", Wrong::Slip),
    ("5 % to 35 %", Wrong::Share(0.05)),
    ("8 ranges", Wrong::Ranges(8.0)),
    ("12 ranges", Wrong::Ranges(12.0)),
    ("20 ranges", Wrong::Ranges(20.0)),
    ("50 ranges", Wrong::Ranges(50.0)),
    ("a close by 20 ranges", Wrong::Close),
    ("an open by 20 ranges", Wrong::Open),
];

fn plant(it: &mut Candle, wrong: Wrong, usual: f64, stream: &mut Stream) {
    let by = match wrong {
        Wrong::Slip => 10.0_f64.ln(),
        Wrong::Ranges(ranges) => ranges * usual,
        Wrong::Share(least) => (1.0 + least + 0.3 * stream.uniform()).ln(),
        Wrong::Close | Wrong::Open => 20.0 * usual,
    };
    let up = stream.below(2) == 0;
    let moved = if up { it.high * by.exp() } else { it.low / by.exp() };
    match wrong {
        Wrong::Close => it.close = moved,
        Wrong::Open => it.open = moved,
        _ => {}
    }
    *(if up { &mut it.high } else { &mut it.low }) = moved;
}

#[derive(Default)]
struct Score {
    candles: usize,
    wrong: usize,
    found: usize,
    alarms: usize,
    suspects: usize,
}

/// What is said of one candle in 200 that is made wrong, from `first` on, and of the others.
fn score(all: &[Candle], wrong: Option<Wrong>, first: usize) -> Score {
    let mut stream = Stream::named(1, "injected");
    let mut inspector = CandleInspector::with_step(0.0);
    let (mut score, mut usual, mut was_wrong) = (Score::default(), 0.0_f64, false);
    for (n, it) in all.iter().enumerate() {
        let (mut candle, range) = (*it, (it.high / it.low).ln());
        let is_wrong = n >= first && usual > 0.0 && wrong.is_some() && stream.below(200) == 0;
        if let Some(wrong) = wrong.filter(|_| is_wrong) {
            plant(&mut candle, wrong, usual, &mut stream);
        }
        usual = if usual == 0.0 { range } else { usual + (range - usual) / 256.0 };
        let verdicts: Vec<CandleVerdict> = inspector.push(&candle).into_iter().flatten().collect();
        let says_wrong = verdicts.iter().any(CandleVerdict::is_wrong);
        score.candles += 1;
        score.wrong += usize::from(was_wrong);
        score.found += usize::from(was_wrong && says_wrong);
        score.alarms += usize::from(!was_wrong && says_wrong);
        score.suspects += usize::from(!was_wrong && !verdicts.is_empty());
        was_wrong = is_wrong;
    }
    score
}

#[test]
fn a_wrong_high_or_low_is_told_from_a_crash() {
    let files: Vec<(String, Vec<Candle>)> =
        files().into_iter().map(|it| (it.clone(), candles(&it))).collect();
    let sum = |wrong: Option<Wrong>, first: usize| {
        files.iter().map(|it| score(&it.1, wrong, first)).fold(Score::default(), |all, it| Score {
            candles: all.candles + it.candles,
            wrong: all.wrong + it.wrong,
            found: all.found + it.found,
            alarms: all.alarms + it.alarms,
            suspects: all.suspects + it.suspects,
        })
    };
    let clean = sum(None, 0);
    println!(
        "{} true candles, {} taken for wrong ({} beyond their neighbours by four ranges)",
        clean.candles, clean.alarms, clean.suspects
    );
    assert!(clean.candles > 450_000 && clean.alarms <= 1, "{} true ones taken for wrong", clean.alarms);
    assert!(clean.suspects >= 50, "there are wicks: {}", clean.suspects);
    // Some stand among the first candles, of which none is judged: what is learnt of those is not spoilt.
    let least = [
        (1_500, [0.98, 0.4, 0.0, 0.2, 0.7, 0.95, 0.7, 0.7]),
        (100, [0.93, 0.33, 0.0, 0.2, 0.7, 0.9, 0.6, 0.6]),
    ];
    for (first, least) in least {
        for ((name, wrong), least) in WRONGS.iter().zip(least) {
            let it = sum(Some(*wrong), first);
            let (recall, said) = (it.found as f64 / it.wrong as f64, it.found + it.alarms);
            let precision = it.found as f64 / said.max(1) as f64;
            println!(
                "from candle {first}, {name}: {} of {} found ({:.1} %), {} true ones with them, precision {:.2} %",
                it.found,
                it.wrong,
                recall * 100.0,
                it.alarms,
                precision * 100.0
            );
            assert!(it.wrong > 1_000 && recall >= least, "{name}: {recall}");
            assert!(it.alarms <= 4, "{name}: {} true ones", it.alarms);
        }
    }
}

/// Days of the crashes, hour by hour.
#[test]
fn no_candle_of_a_crash_is_taken_for_wrong() {
    for (file, from, least) in [
        ("BTC", "2020-03-12", 0.35),
        ("ETH", "2020-03-12", 0.4),
        ("XRP", "2021-05-19", 0.4),
        ("EOS", "2021-05-19", 0.4),
    ] {
        let all = candles(&format!("ohlcv-1h-binance-12/{file}-USDT.csv.zst"));
        let (mut inspector, mut said) = (CandleInspector::with_step(0.0), 0);
        for it in &all {
            said += inspector.push(it).iter().flatten().filter(|it| it.is_wrong()).count();
        }
        let fell = all.windows(24).map(|it| 1.0 - it[23].low / it[0].open).fold(0.0, f64::max);
        println!("{file} with {from}: falls by {:.0} % within a day, {said} told", fell * 100.0);
        assert!(fell > least && said == 0);
    }
}

fn calm(n: usize) -> Vec<Candle> {
    let mut stream = Stream::named(3, "calm");
    let mut open = 10_000.0;
    let mut one = || {
        let close = open + stream.below(41) as f64 - 20.0;
        let (high, low) = (
            f64::max(open, close) + stream.below(20) as f64,
            f64::min(open, close) - stream.below(20) as f64,
        );
        let candle = Candle { open, high, low, close, volume: 50.0 + stream.below(100) as f64 };
        open = close;
        candle
    };
    (0..n).map(|_| one()).collect()
}

fn told(all: &[Candle]) -> Vec<(usize, Part, f64)> {
    let mut inspector = CandleInspector::with_step(1.0);
    let verdicts = all.iter().enumerate().flat_map(|(n, it)| inspector.push(it).map(|it| (n, it)));
    let wrong = verdicts.filter_map(|(n, it)| Some((n, it?))).filter(|it| it.1.is_wrong());
    wrong.map(|(n, it)| (n - 1, it.part, it.price)).collect()
}

#[test]
fn the_part_that_is_wrong_is_named_and_what_stays_is_none() {
    let calm = calm(3_000);
    assert_eq!(told(&calm), []);
    let with = |change: &dyn Fn(&mut Vec<Candle>)| {
        let mut all = calm.clone();
        change(&mut all);
        told(&all)
    };
    assert_eq!(with(&|it| it[2_500].high = 14_000.0), [(2_500, Part::High, 14_000.0)]);
    assert_eq!(with(&|it| it[2_500].low = 1_000.0), [(2_500, Part::Low, 1_000.0)]);
    let close = |it: &mut Vec<Candle>| (it[2_500].close, it[2_500].high) = (14_000.0, 14_001.0);
    assert_eq!(with(&close), [(2_500, Part::Close, 14_000.0), (2_500, Part::High, 14_001.0)]);
    let open = |it: &mut Vec<Candle>| (it[2_500].open, it[2_500].low) = (1_000.0, 1_000.0);
    assert_eq!(with(&open), [(2_500, Part::Open, 1_000.0), (2_500, Part::Low, 1_000.0)]);
    // It falls to the half within a candle, and stays; or comes back in the next.
    let halve = |it: &mut Candle| {
        (it.open, it.high, it.low, it.close) = (it.open / 2.0, it.high / 2.0, it.low / 2.0, it.close / 2.0);
    };
    let crash = |it: &mut Vec<Candle>| {
        (it[2_500].low, it[2_500].close) = (it[2_501].low / 2.0, it[2_501].open / 2.0);
        it[2_501..].iter_mut().for_each(halve);
    };
    assert_eq!(with(&crash), []);
    let back = |it: &mut Vec<Candle>| {
        (it[2_500].low, it[2_500].close) = (5_000.0, 5_100.0);
        (it[2_501].open, it[2_501].low) = (5_100.0, 5_050.0);
    };
    assert_eq!(with(&back), []);
    assert_eq!(with(&|it| it[2_999].high = 14_000.0), [], "the last has no candle after it");
    assert_eq!(with(&|it| it[200].high = 14_000.0), [], "nothing is known yet");
}

#[test]
fn a_verdict_waits_for_one_candle_and_no_more() {
    let verdicts = |all: &[Candle]| {
        let mut inspector = CandleInspector::with_step(0.0);
        all.iter().map(|it| inspector.push(it)).collect::<Vec<_>>()
    };
    let mut before = calm(3_000);
    (0..3_000).step_by(90).for_each(|n| before[n].high += 900.0);
    let mut after = before.clone();
    after[2_000..].iter_mut().for_each(|it| it.high *= 1.4);
    let (before, after) = (verdicts(&before), verdicts(&after));
    assert!(before[..2_000] == after[..2_000] && before[2_000..] != after[2_000..]);
    assert!(before[..2_000].iter().flatten().flatten().any(|it| it.is_wrong()));
}

#[test]
fn a_candle_that_cannot_be_and_a_flat_market_are_no_verdict() {
    let mut inspector = CandleInspector::with_step(0.0);
    let flat = Candle { open: 5.0, high: 5.0, low: 5.0, close: 5.0, volume: 0.0 };
    assert!((0..5_000).all(|_| inspector.push(&flat) == [None; 4]), "nothing to compare with");
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for candle in
            [Candle { low: bad, ..flat }, Candle { high: bad, ..flat }, Candle { open: bad, ..flat }]
        {
            assert_eq!(inspector.push(&candle), [None; 4], "{candle:?}");
        }
    }
    for n in 0..5_000 {
        let high = [1e300, 5.0, 6.0][n % 3];
        let said = inspector.push(&Candle { high, low: 1e-300, volume: f64::MAX, ..flat });
        assert!(
            said.iter()
                .flatten()
                .all(|it| it.z.is_finite() && it.probability.is_none_or(|p| (0.0..=1.0).contains(&p)))
        );
    }
}
