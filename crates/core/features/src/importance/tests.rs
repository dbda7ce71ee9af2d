//! What is told of features, against the textbook and against what may not be told.

use super::*;
use proptest::prelude::*;

/// A seeded stream of numbers that look drawn from -1 to 1.
fn noise(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    std::iter::repeat_with(draw).take(n).collect()
}

fn prices(returns: &[f64]) -> Vec<f64> {
    let step = |price: &mut f64, it: &f64| {
        *price *= libm::exp(0.01 * it);
        Some(*price)
    };
    returns.iter().scan(100.0, step).collect()
}

fn entry(n: usize) -> Option<Side> {
    [None, Some(Side::Buy), None, None, Some(Side::Sell), None, None][n % 7]
}

/// A bar that is known as the next begins.
fn bar(n: usize) -> Moment {
    Moment { open_at: n as i64, known_at: n as i64 + 1, is_of_trades: false }
}

fn fed(prices: &[f64], feature: impl Fn(usize) -> Option<f64>, h: usize, half_life: f64) -> Importance {
    let mut importance = Importance::new(1, h, half_life).unwrap();
    for (n, price) in prices.iter().enumerate() {
        importance.on_decision(*price, bar(n), &[feature(n)], entry(n));
    }
    importance
}

/// The textbook formula in two passes over all joined decisions.
fn slow(pairs: &[(usize, f64, f64)], h: usize, half_life: f64) -> (f64, f64, f64) {
    let weight = |k: usize| libm::exp2(-((pairs.len() - 1 - k) as f64) / half_life);
    let sum = |of: &dyn Fn(&(usize, f64, f64)) -> f64| -> f64 {
        pairs.iter().enumerate().map(|(k, it)| weight(k) * of(it)).sum()
    };
    let all = sum(&|_| 1.0);
    let (x, y) = (sum(&|it| it.1) / all, sum(&|it| it.2) / all);
    let xy = sum(&|it| (it.1 - x) * (it.2 - y));
    let r = xy / (sum(&|it| (it.1 - x) * (it.1 - x)) * sum(&|it| (it.2 - y) * (it.2 - y))).sqrt();
    let (mut next, mut w, mut ww) = (0, 0.0, 0.0);
    for (k, it) in pairs.iter().enumerate() {
        if it.0 >= next {
            next = it.0 + h;
            w += weight(k);
            ww += weight(k) * weight(k);
        }
    }
    let n = w * w / ww;
    (n, r, ((1.0 - r * r) / (n - 2.0)).sqrt())
}

proptest! {
    #[test]
    fn it_is_the_textbook_formula_over_what_is_known_by_now(
        seed in 1..1_000_u64, h in 1..12_usize, half_life in 5.0..400.0_f64, level in -1e4..1e4_f64,
    ) {
        let (xs, price) = (noise(seed, 300), prices(&noise(seed + 7, 300)));
        let x = |n: usize| (n % 5 != 3).then(|| level + xs[n]);
        let importance = fed(&price, x, h, half_life);
        let joined = |enters: bool| -> Vec<(usize, f64, f64)> {
            let outcome = |n: usize| libm::log(price[n + h] / price[n]);
            let sign = |n: usize| entry(n).map(|it| if it == Side::Buy { 1.0 } else { -1.0 });
            let sign = |n: usize| if enters { sign(n) } else { Some(1.0) };
            (0..300 - h).filter_map(|n| Some((n, x(n)?, sign(n)? * outcome(n)))).collect()
        };
        for (enters, told) in [(false, importance.at_decisions(0)), (true, importance.at_entries(0))] {
            let pairs = joined(enters);
            let (n, r, error) = slow(&pairs, h, half_life);
            prop_assert_eq!(told.decisions, pairs.len() as u64);
            prop_assert!((told.effective / n - 1.0).abs() < 1e-9, "{} {}", told.effective, n);
            if n >= EFFECTIVE_MIN {
                prop_assert!((told.correlation.unwrap() - r).abs() < 1e-8, "{:?} {}", told, r);
                prop_assert!((told.standard_error.unwrap() / error - 1.0).abs() < 1e-6);
            } else {
                prop_assert_eq!((told.correlation, told.standard_error), (None, None));
            }
        }
    }
}

#[test]
fn the_future_changes_nothing_and_an_outcome_counts_from_the_bar_that_makes_it_known() {
    let (h, n) = (6, 200);
    let (xs, price) = (noise(3, n), prices(&noise(4, n)));
    for cut in [40, 41, 120, 199] {
        let mut altered = price.clone();
        altered[cut..].iter_mut().for_each(|it| *it *= 3.0);
        let x = |n: usize| Some(xs[n]);
        assert_eq!(fed(&price[..cut], x, h, 50.0), fed(&altered[..cut], x, h, 50.0));
        let [as_it_was, otherwise] = [&price, &altered].map(|it| fed(&it[..=cut], x, h, 50.0));
        assert_eq!(as_it_was.at_decisions(0).decisions, (cut + 1 - h) as u64);
        assert_ne!(as_it_was.at_decisions(0), otherwise.at_decisions(0), "the bar itself is known");
        // What has not been joined yet weighs nothing, whatever it was.
        let hidden = |n: usize| Some(if n > cut - h { 1e6 } else { xs[n] });
        assert_eq!(fed(&price[..=cut], hidden, h, 50.0).at_decisions(0), as_it_was.at_decisions(0));
    }
}

#[test]
fn what_foretells_is_told_from_what_does_not() {
    let n = 4_000;
    let returns = noise(11, n);
    let price = prices(&returns);
    let drawn = noise(99, n);
    let foretells = fed(&price, |it| Some(returns.get(it + 1)? + drawn[it]), 1, 1e6).at_decisions(0);
    let r = foretells.correlation.unwrap();
    let error = foretells.standard_error.unwrap();
    assert!((r - 0.5_f64.sqrt()).abs() < 4.0 * error, "{r} of sqrt(1/2), error {error}");
    // Of 200 features without any relation about one in twenty lies beyond two errors, overlapping outcomes or not.
    for h in [1, 10] {
        let beyond = (0..200).filter(|seed| {
            let xs = noise(1_000 + seed, n);
            let told = fed(&price, |it| Some(xs[it]), h, 1e6).at_decisions(0);
            told.correlation.unwrap().abs() > 2.0 * told.standard_error.unwrap()
        });
        let beyond = beyond.count();
        assert!(beyond <= 20, "{beyond} of 200 at {h}");
    }
    // Nor where the feature is as slow as the outcomes overlap: a walk, which plain counting would call significant.
    let beyond = (0..200).filter(|seed| {
        let walk = noise(5_000 + seed, n);
        let slow = |it: usize| Some(walk[it.saturating_sub(20)..=it].iter().sum::<f64>());
        let told = fed(&price, slow, 20, 1e6).at_decisions(0);
        told.correlation.unwrap().abs() > 2.0 * told.standard_error.unwrap()
    });
    let beyond = beyond.count();
    assert!(beyond <= 24, "{beyond} of 200 slow features");
}

/// Bars in orders of some bars each: those of one order begin with the one before, and are known at one time or a little later.
fn moments(seed: u64, n: usize, is_of_trades: bool) -> Vec<Moment> {
    let (mut at, mut known) = (0, i64::MIN);
    let one = |it: &f64| {
        at += if *it < 0.2 { 0 } else { (it * 10.0) as i64 };
        known = known.max(at + ((it + 1.0) * 4.0) as i64);
        Moment { open_at: at, known_at: known, is_of_trades }
    };
    noise(seed, n).iter().map(one).collect()
}

fn fed_in_moments(
    prices: &[f64],
    moments: &[Moment],
    x: impl Fn(usize) -> f64,
    h: usize,
    half_life: f64,
) -> Importance {
    let mut importance = Importance::new(1, h, half_life).unwrap();
    for (n, (price, moment)) in prices.iter().zip(moments).enumerate() {
        importance.on_decision(*price, *moment, &[Some(x(n))], entry(n));
    }
    importance
}

proptest! {
    #[test]
    fn the_return_begins_at_the_last_bar_of_the_moment(
        seed in 1..1_000_u64, h in 1..12_usize, of_trades: bool,
    ) {
        let n = 300;
        let (xs, price) = (noise(seed, n), prices(&noise(seed + 7, n)));
        let moments = moments(seed + 9, n, of_trades);
        let entries = |at: usize| {
            let by = moments[at].known_at;
            let is_part = |it: &&Moment| match of_trades {
                true => it.open_at <= by || it.known_at <= by,
                false => it.open_at < by || it.known_at <= by,
            };
            at + moments[at + 1..].iter().take_while(is_part).count()
        };
        prop_assert!((0..n).filter(|it| entries(*it) > it + 1).count() > 20);
        let importance = fed_in_moments(&price, &moments, |it| xs[it], h, 80.0);
        for (enters, told) in [(false, importance.at_decisions(0)), (true, importance.at_entries(0))] {
            let sign = |at: usize| entry(at).map(|it| it.sign() as f64);
            let sign = |at: usize| if enters { sign(at) } else { Some(1.0) };
            let joined = |at: usize| {
                let from = entries(at);
                Some((from, xs[at], sign(at)? * libm::log(price.get(from + h)? / price[from])))
            };
            let pairs: Vec<_> = (0..n).filter_map(joined).collect();
            let (n, r, error) = slow(&pairs, h, 80.0);
            prop_assert_eq!(told.decisions, pairs.len() as u64);
            prop_assert!((told.effective / n - 1.0).abs() < 1e-9, "{} {}", told.effective, n);
            prop_assert!((told.correlation.unwrap() - r).abs() < 1e-8, "{:?} {}", told, r);
            prop_assert!((told.standard_error.unwrap() / error - 1.0).abs() < 1e-6);
        }
    }
}

/// Each order is of two bars of one time, the second of which goes on where the first went; the next order knows nothing of it.
#[test]
fn the_rest_of_an_order_is_not_foretold_by_its_first_part() {
    let n = 8_000;
    let orders = noise(21, n / 2);
    let returns: Vec<f64> = (0..n).map(|it| orders[it / 2]).collect();
    let price = prices(&returns);
    let moment = |it: usize| Moment { open_at: it as i64 / 2, known_at: it as i64 / 2, is_of_trades: true };
    let moments: Vec<Moment> = (0..n).map(moment).collect();
    for h in [1, 3] {
        let told = fed_in_moments(&price, &moments, |it| returns[it], h, 1e6).at_decisions(0);
        let (r, error) = (told.correlation.unwrap(), told.standard_error.unwrap());
        assert!(r.abs() < 3.0 * error, "{r} +- {error}");
        let from_its_own = fed(&price, |it| Some(returns[it]), h, 1e6).at_decisions(0);
        let (r, error) = (from_its_own.correlation.unwrap(), from_its_own.standard_error.unwrap());
        assert!(r > 4.0 * error, "from its own price it would be: {r} +- {error}");
    }
}

#[test]
fn of_an_order_without_end_the_oldest_decisions_count_for_nothing() {
    let (h, beyond) = (3, 50);
    let mut importance = Importance::new(1, h, 1e9).unwrap();
    let mut on = |n: usize, at: i64| {
        let moment = Moment { open_at: at, known_at: at, is_of_trades: true };
        importance.on_decision(100.0 + (n * n % 7) as f64, moment, &[Some((n % 5) as f64)], None);
        importance.clone()
    };
    let all = HELD_MAX + h + beyond;
    (0..all).for_each(|it| assert!(on(it, 0).waiting.len() <= HELD_MAX + h));
    let told: Vec<u64> = (0..6).map(|it| on(it, 1 + it as i64).at_decisions(0).decisions).collect();
    // With the third bar after the order all of it that there was room for.
    let kept = (HELD_MAX + h - 2) as u64;
    assert_eq!(told, [0, 0, kept, kept + 1, kept + 2, kept + 3]);
}

#[test]
fn what_cannot_be_is_refused_and_what_does_not_move_says_nothing() {
    for (h, half_life, key) in [
        (0, 10.0, "horizon"),
        (10_001, 10.0, "horizon"),
        (3, 0.5, "half_life"),
        (3, f64::NAN, "half_life"),
        (3, f64::INFINITY, "half_life"),
    ] {
        let error = Importance::new(2, h, half_life).unwrap_err().to_string();
        assert!(error.starts_with(key), "{error}");
    }
    let price = prices(&noise(5, 100));
    let flat = fed(&price, |_| Some(0.1), 2, 20.0).at_decisions(0);
    assert_eq!((flat.decisions, flat.correlation, flat.standard_error), (98, None, None));
    let after_a_move = fed(&price, |n| Some(if n == 1 { 1e9 } else { 0.3 }), 2, 1.0).at_decisions(0);
    assert_eq!(after_a_move.correlation, None, "{after_a_move:?}");
    let still = fed(&[5.0; 100], |n| Some(n as f64), 2, 20.0).at_decisions(0);
    assert_eq!(still.correlation, None);
    let absent = fed(&price, |n| Some(if n % 2 == 0 { f64::NAN } else { f64::INFINITY }), 2, 20.0);
    assert_eq!(absent.at_decisions(0), Relation::default());
    let past_all = fed(&price, |n| Some(if n == 9 { 1e200 } else { (n * n % 7) as f64 }), 2, 20.0);
    let without = fed(&price, |n| (n != 9).then_some((n * n % 7) as f64), 2, 20.0);
    assert_eq!(past_all.at_decisions(0), without.at_decisions(0));
    assert!(past_all.at_decisions(0).correlation.is_some());
    let none = fed(&[0.0, -1.0, f64::NAN, 0.0, f64::INFINITY, 0.0], |_| Some(1.0), 1, 20.0);
    assert_eq!(none.at_decisions(0).decisions, 0);
    assert_eq!(none.at_entries(7), Relation::default());
}

#[test]
fn what_was_put_away_comes_back_whole_or_not_at_all() {
    // Of numbers that a text holds to the last bit.
    let price: Vec<f64> = (0..60).map(|n| f64::from(1 << (n % 5))).collect();
    let mut importance = fed(&price, |n| (n > 9).then_some(n as f64 % 7.0), 4, 1.0);
    importance.all[0] = Link { joined: 7, weight: 1.5, next: 9, ..Link::default() };
    importance.entered[0] = Link::default();
    let text = serde_json::to_string(&importance).unwrap();
    assert_eq!(serde_json::from_str::<Importance>(&text).unwrap(), importance);
    for (from, to) in [("\"features\":1", "\"features\":2"), ("\"half_life\":1.0", "\"half_life\":0.5")] {
        assert!(text.contains(from), "{text}");
        assert!(serde_json::from_str::<Importance>(&text.replace(from, to)).is_err(), "{to}");
    }
    for (key, value) in [("waiting", serde_json::json!([])), ("held", serde_json::json!(9))] {
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json[key] = value;
        assert!(serde_json::from_value::<Importance>(json).is_err(), "{key}");
    }
}

#[test]
fn it_goes_on_within_an_order_as_if_it_had_not_been_put_away() {
    let n = 200;
    let (xs, price, moments) = (noise(3, n), prices(&noise(4, n)), moments(5, n, true));
    let mut whole = Importance::new(1, 4, 50.0).unwrap();
    let mut others: Vec<Importance> = Vec::new();
    let mut held = 0;
    for (n, moment) in moments.iter().enumerate() {
        for it in std::iter::once(&mut whole).chain(&mut others) {
            it.on_decision(price[n], *moment, &[Some(xs[n])], entry(n));
        }
        if n % 10 == 0 {
            held = held.max(whole.held);
            others.push(serde_json::from_value(serde_json::to_value(&whole).unwrap()).unwrap());
        }
    }
    assert!(held > 2 && others.iter().all(|it| *it == whole), "{held}");
}

#[test]
fn a_decision_allocates_nothing() {
    let mut importance = Importance::new(64, 10, 100.0).unwrap();
    let values: Vec<Option<f64>> = noise(1, 64).into_iter().map(Some).collect();
    let mut on = |n: usize, moment: Moment| {
        let price = 100.0 + (n % 7) as f64;
        allocation_counter::measure(|| importance.on_decision(price, moment, &values, Some(Side::Buy)))
            .count_total
    };
    // Heard in time, and each after a dozen more had begun.
    assert_eq!((0..1_000).map(|n| on(n, bar(n))).sum::<u64>(), 0);
    let late = |n: usize| Moment { known_at: n as i64 + 13, ..bar(n) };
    assert_eq!((1_000..2_000).map(|n| on(n, late(n))).sum::<u64>(), 0);
    let order = |n: usize| {
        let at = 10_000 + n as i64 / 3_000;
        Moment { open_at: at, known_at: at, is_of_trades: true }
    };
    assert!((0..100).map(|n| on(n, order(n))).sum::<u64>() > 0, "the first long order makes room");
    assert_eq!((100..10_000).map(|n| on(n, order(n))).sum::<u64>(), 0);
}
