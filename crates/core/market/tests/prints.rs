//! Wrong prints put into recorded markets, and a crash without any.
#![allow(clippy::unwrap_used, reason = "a test may")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests read files; the room itself does not"
)]

#[path = "common/recorded.rs"]
mod recorded;

use scalp_market::prints::{Inspector, LAG, RUN_MAX, Verdict};
use scalp_types::rng::Stream;
use std::io::{BufRead, BufReader};

fn prices(file: &str) -> Vec<f64> {
    let lines = BufReader::new(recorded::open(&format!("trades-20251010/{file}"))).lines();
    lines.skip(1).map(|line| line.unwrap().split(',').nth(6).unwrap().parse().unwrap()).collect()
}

/// What was said of prints that were made wrong (one in `every` or so), and of the others.
#[derive(Default)]
struct Score {
    prints: usize,
    wrong: usize,
    found: usize,
    alarms: usize,
    alarms_by_size: usize,
    /// The smallest z-score of a print that was taken for wrong.
    z_min: f64,
}

fn score(prices: &[f64], every: u64) -> Score {
    let mut stream = Stream::named(1, "injected");
    let mut inspector = Inspector::default();
    let (mut wrong, mut verdicts) = (vec![false; prices.len()], Vec::new());
    for (i, &price) in prices.iter().enumerate() {
        let mut price = price;
        if every > 0 && i > 3_000 && stream.below(every) == 0 {
            wrong[i] = true;
            price *= match stream.below(5) {
                0 => 10.0,
                1 => 0.1,
                2 => 1.05 + 0.3 * stream.uniform(),
                3 => 0.95 - 0.3 * stream.uniform(),
                _ => [1.03, 0.97][stream.below(2) as usize],
            };
        }
        let verdict = inspector.push(price);
        verdicts.extend(verdict.map(|it| (i - LAG, it)));
    }
    let count = |is_wrong: bool, of: fn(&Verdict) -> bool| {
        verdicts.iter().filter(|(i, it)| wrong[*i] == is_wrong && of(it)).count()
    };
    Score {
        prints: prices.len(),
        wrong: count(true, |_| true),
        found: count(true, Verdict::is_wrong),
        alarms: count(false, Verdict::is_wrong),
        alarms_by_size: count(false, |it| it.z > 10.0),
        z_min: verdicts.iter().filter(|it| it.1.is_wrong()).map(|it| it.1.z).fold(f64::INFINITY, f64::min),
    }
}

/// Markets of the crash that played no part in choosing the constants; prices fell by up to 83 % within minutes.
const JUDGES: [&str; 6] = [
    "binance-delivery_trades_2025-10-10_BCHUSD_PERP.csv.zst",
    "binance-delivery_trades_2025-10-10_DOTUSD_PERP.csv.zst",
    "binance_trades_2025-10-10_SKYUSDT.csv.zst",
    "coinbase_trades_2025-10-10_ADA-USD.csv.zst",
    "coinbase_trades_2025-10-10_LINK-USD.csv.zst",
    "gemini_trades_2025-10-10_DOGEUSD.csv.zst",
];

#[test]
fn a_wrong_print_is_told_from_a_crash() {
    let none = || Score { z_min: f64::INFINITY, ..Score::default() };
    let (mut clean, mut dirty) = (none(), none());
    let add = |to: &mut Score, it: &Score| {
        to.prints += it.prints;
        to.wrong += it.wrong;
        to.found += it.found;
        to.alarms += it.alarms;
        to.alarms_by_size += it.alarms_by_size;
        to.z_min = to.z_min.min(it.z_min);
    };
    for file in JUDGES {
        let prices = prices(file);
        let (untouched, altered) = (score(&prices, 0), score(&prices, 1_000));
        println!(
            "{file}: {} true prints, {} taken for wrong ({} by size alone); of {} wrong ones {} found, {} true ones with them",
            untouched.prints,
            untouched.alarms,
            untouched.alarms_by_size,
            altered.wrong,
            altered.found,
            altered.alarms
        );
        add(&mut clean, &untouched);
        add(&mut dirty, &altered);
    }
    let (share, all) = (dirty.found as f64 / dirty.wrong as f64, clean.prints);
    println!(
        "{all} true prints, {} taken for wrong ({} by size alone); {share:.3} of {} wrong ones found",
        clean.alarms, clean.alarms_by_size, dirty.wrong
    );
    println!("the nearest print that was taken for wrong has z = {:.1}", clean.z_min.min(dirty.z_min));
    assert!(share > 0.85, "only {share} of the wrong prints were found");
    assert_eq!((clean.alarms, dirty.alarms), (0, 0), "true prints");
    assert!(
        clean.alarms_by_size > 100 * clean.alarms.max(1),
        "the crash holds what size alone takes for wrong"
    );
}

/// Thin markets of that day: what they move by between two trades hides more.
const THIN: [&str; 4] = [
    "coinbase_trades_2025-10-10_SKY-USD.csv.zst",
    "coinbase_trades_2025-10-10_POL-USD.csv.zst",
    "coinbase_trades_2025-10-10_ATOM-USD.csv.zst",
    "gemini_trades_2025-10-10_LINKUSD.csv.zst",
];

#[test]
fn a_thin_market_hides_more_and_still_no_crash_is_taken_for_wrong() {
    let (mut prints, mut found, mut wrong) = (0, 0, 0);
    for file in THIN {
        let prices = prices(file);
        let (untouched, altered) = (score(&prices, 0), score(&prices, 200));
        println!(
            "{file}: {} true prints, {} of {} wrong ones found",
            untouched.prints, altered.found, altered.wrong
        );
        assert_eq!((untouched.alarms, altered.alarms), (0, 0), "true prints of {file}");
        prints += untouched.prints;
        found += altered.found;
        wrong += altered.wrong;
    }
    println!("{prints} true prints; {:.3} of {wrong} wrong ones found", found as f64 / wrong as f64);
    assert!(found * 2 > wrong, "{found} of {wrong}");
}

/// Of wrong prints in runs of `run`, all of a run wrong by one factor but for a little: those found at once, those found after
/// the fact, all; and how many true prints are taken for wrong.
fn runs(prices: &[f64], run: usize) -> [usize; 4] {
    let mut stream = Stream::named(2, "runs");
    let mut inspector = Inspector::default();
    let (mut left, mut factor, mut quiet) = (0, 1.0, 0);
    let mut wrong = vec![false; prices.len()];
    let mut said = vec![[false; 2]; prices.len()];
    for (i, &price) in prices.iter().enumerate() {
        let mut price = price;
        quiet += 1;
        if left == 0 && run > 0 && i > 3_000 && quiet > 100 && stream.below(1_000) == 0 {
            (left, quiet) = (run, 0);
            factor = match stream.below(5) {
                0 => 10.0,
                1 => 0.1,
                2 => 1.05 + 0.3 * stream.uniform(),
                3 => 0.95 - 0.3 * stream.uniform(),
                _ => [1.03, 0.97][stream.below(2) as usize],
            };
        }
        if left > 0 {
            (left, wrong[i], price) = (left - 1, true, price * factor);
        }
        let verdict = inspector.push(price);
        if i >= LAG {
            said[i - LAG][0] = verdict.is_some_and(|it| it.is_wrong());
            for (back, taken) in inspector.taken_back().into_iter().enumerate().filter(|it| it.1) {
                assert!(taken && !said[i - LAG - 1 - back][0], "it passed");
                said[i - LAG - 1 - back][1] = true;
            }
        }
    }
    let count =
        |of: &dyn Fn(bool, [bool; 2]) -> bool| (0..said.len()).filter(|i| of(wrong[*i], said[*i])).count();
    [
        count(&|wrong, it| wrong && it[0]),
        count(&|wrong, it| wrong && it[1]),
        count(&|wrong, _| wrong),
        count(&|wrong, it| !wrong && (it[0] || it[1])),
    ]
}

#[test]
fn wrong_prints_in_a_row_are_taken_back_once_the_price_is_where_it_was() {
    for run in [0, 1, 2, 3, 4, RUN_MAX, RUN_MAX + 1] {
        let mut all = [0; 4];
        for file in JUDGES {
            runs(&prices(file), run).iter().zip(&mut all).for_each(|(one, all)| *all += one);
        }
        let [at_once, later, wrong, alarms] = all;
        println!(
            "runs of {run}: {at_once} at once and {later} later of {wrong}; {alarms} true prints taken for wrong"
        );
        assert_eq!(alarms, 0, "true prints");
        if run > RUN_MAX {
            assert!(later * 100 <= wrong && at_once * 2 < wrong, "as long as that it is a level");
        } else {
            assert!((at_once + later) as f64 >= 0.85 * wrong as f64, "of runs of {run}");
            assert_eq!(later > 0, run > LAG, "after the fact where two prints do not tell");
        }
    }
}

#[test]
fn a_verdict_waits_for_two_prints_and_no_more() {
    let prices = prices(JUDGES[5]);
    let verdicts = |prices: &[f64]| {
        let mut inspector = Inspector::default();
        prices.iter().map(|it| inspector.push(*it)).collect::<Vec<_>>()
    };
    let end = 5_000;
    let mut altered = prices[..end + 500].to_vec();
    altered[end..].iter_mut().for_each(|it| *it *= 3.0);
    let (before, after) = (verdicts(&prices[..end + 500]), verdicts(&altered));
    assert_eq!(before[..end], after[..end]);
    assert_ne!(before[end..], after[end..]);
    let first = before.iter().position(|it| it.is_some_and(|it| it.probability.is_some())).unwrap();
    println!("the first verdict is spoken with print {first}");
    assert!((1_024..2_048).contains(&first), "a fit is spread over some prints: {first}");
    assert!(before[end - 1].is_some_and(|it| it.probability.is_some() && it.price.is_finite()));
}

/// As recorded on USD-M BTCUSDT at 2024-08-08T23:57:24: an order takes hundreds of levels within a millisecond, and those who
/// sell at the bid that was there before it look far away, measured by steps so small.
#[test]
fn the_other_side_of_a_book_that_was_swept_is_no_wrong_print() {
    let mut stream = Stream::named(4, "sweeps");
    let (mut price, mut prices) = (600_000.0, Vec::new());
    for _ in 0..40 {
        for _ in 0..100 {
            price += [-1.0, 0.0, 0.0, 1.0][stream.below(4) as usize];
            prices.push(price);
        }
        let (bid, sign) = (price, [-1.0, 1.0][stream.below(2) as usize]);
        for _ in 0..200 {
            price += sign * stream.below(2) as f64;
            prices.push(price);
        }
        prices.extend([bid, bid, price, price, bid, price, price]);
    }
    let mut inspector = Inspector::with_step(1.0);
    let (mut wrong, mut doubted, mut far) = (0, 0, 0);
    for price in &prices {
        let verdict = inspector.push(*price);
        wrong += usize::from(verdict.is_some_and(|it| it.is_wrong()));
        far += usize::from(verdict.is_some_and(|it| it.z > 10.0));
        doubted += usize::from(inspector.is_in_doubt());
    }
    println!("{wrong} taken for wrong, {doubted} in doubt, {far} far by size");
    assert_eq!((wrong, doubted), (0, 0));
    assert!(far > 30, "they look far: {far}");
    // What was not traded at is told all the same.
    let verdicts = [price + 9_000.0, price, price].map(|it| inspector.push(it));
    assert!(verdicts[2].is_some_and(|it| it.is_wrong()), "{verdicts:?}");
}

#[test]
fn a_flat_or_impossible_price_is_no_verdict() {
    let mut inspector = Inspector::default();
    assert!((0..5_000).all(|_| inspector.push(100.0).is_none()), "nothing to compare with");
    for price in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(inspector.push(price).is_none() && !inspector.is_in_doubt());
    }
    let said: Vec<Verdict> = (0..5_000).filter_map(|i| inspector.push([1e-300, 1e300, 5.0][i % 3])).collect();
    assert!(
        said.iter().all(|it| it.z.is_finite() && it.probability.is_none_or(|p| (0.0..=1.0).contains(&p)))
    );
}

#[test]
fn a_crash_is_in_doubt_for_a_few_prints_at_a_time() {
    let (mut all, mut doubted, mut longest) = (0, 0, 0);
    for file in JUDGES {
        let (mut inspector, mut run) = (Inspector::default(), 0);
        for price in prices(file) {
            inspector.push(price);
            run = if inspector.is_in_doubt() { run + 1 } else { 0 };
            let believed = inspector.believed().unwrap();
            assert!(
                believed.to_bits() == price.to_bits() || run > 0,
                "{believed} for {price} without a doubt"
            );
            all += 1;
            doubted += usize::from(run > 0);
            longest = longest.max(run);
        }
    }
    println!("{doubted} of {all} prints came in a doubt; the longest lasted {longest} prints");
    assert!(doubted * 200 < all, "{doubted} of {all}");
    assert!(longest <= 12, "{longest} prints");
}

#[test]
fn a_doubt_ends_with_the_price_or_with_the_verdict() {
    let calm = &prices(JUDGES[5])[..4_000];
    let last = calm[3_999];
    let after = |factors: &[f64]| -> Vec<bool> {
        let mut inspector = Inspector::default();
        for price in calm {
            inspector.push(*price);
        }
        assert!(!inspector.is_in_doubt());
        let step = |factor: &f64| {
            inspector.push(last * factor);
            assert_eq!(
                inspector.believed(),
                Some(if inspector.is_in_doubt() && *factor < 1.0 { last } else { last * factor })
            );
            inspector.is_in_doubt()
        };
        factors.iter().map(step).collect()
    };
    assert_eq!(after(&[0.5, 1.0, 1.0, 1.0]), [true, true, false, false], "one wrong print");
    assert_eq!(after(&[0.5, 0.5, 1.0, 1.0]), [true, true, true, false], "two");
    assert_eq!(after(&[0.5, 0.5, 0.5, 0.5]), [true, true, false, false], "a new level");
    assert_eq!(after(&[0.5, 1.0, 0.5, 1.0, 1.0]), [true, true, true, true, false], "one after another");
}

#[test]
fn one_that_was_put_away_or_reset_goes_on_as_it_should() {
    let prices = &prices(JUDGES[5])[..8_300];
    let mut whole = Inspector::default();
    let verdicts: Vec<_> = prices.iter().map(|it| whole.push(*it)).collect();
    let hash = |it: &Inspector| {
        let mut hash = scalp_types::StateHash::default();
        it.digest(&mut hash);
        hash
    };
    // In the middle of fits and between them.
    for cut in [1, 9, 1_030, 1_500, 4_200, 8_150] {
        let mut one = Inspector::default();
        for price in &prices[..cut] {
            one.push(*price);
        }
        let bytes = postcard::to_allocvec(&one).unwrap();
        let mut again: Inspector = postcard::from_bytes(&bytes).unwrap();
        assert_eq!((&again, hash(&again)), (&one, hash(&one)));
        let rest: Vec<_> = prices[cut..].iter().map(|it| again.push(*it)).collect();
        assert_eq!(rest, verdicts[cut..], "cut at {cut}");
        assert_eq!(hash(&again), hash(&whole));
        assert_ne!(hash(&one), hash(&whole));
        one.reset();
        assert_eq!(one, Inspector::default());
    }
}

#[test]
fn a_step_of_the_grid_after_a_long_calm_is_no_doubt() {
    let doubts = |step: f64| {
        let mut inspector = Inspector::with_step(step);
        let mut count = 0;
        for n in 0..60_000_i64 {
            // A tick up for one print in 5,000.
            inspector.push(if n % 5_000 == 4_999 { 1_001.0 } else { 1_000.0 });
            count += i32::from(inspector.is_in_doubt());
        }
        count
    };
    assert!(doubts(0.0) > 0, "by its distance alone it is");
    assert_eq!(doubts(1.0), 0);
}
