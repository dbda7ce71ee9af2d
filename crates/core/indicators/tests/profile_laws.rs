//! What the matrix profile promises, against a twin that is slow and plain.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests only: exact answers")]

use proptest::prelude::*;
use scalp_indicators::profile::{
    Error, Floss, Join, Neighbour, Profile, Stream, anomalies, arcs, changes, corrected_arcs, discords,
    distance_profile, exclusion_zone, followed, ideal_arcs, ideal_right_arcs, motifs, percentile, regimes,
};

/// The textbook: z-normalise both, sum the squares of the differences.
fn plain(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.iter().chain(y).any(|it| !it.is_finite()) {
        return None;
    }
    let m = x.len() as f64;
    let constant = |it: &[f64]| it.iter().all(|v| *v == it[0]);
    match (constant(x), constant(y)) {
        (true, true) => return Some(0.0),
        (true, false) | (false, true) => return Some(m.sqrt()),
        _ => {}
    }
    let normal = |it: &[f64]| -> Vec<f64> {
        let mean = it.iter().sum::<f64>() / m;
        let deviation = (it.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / m).sqrt();
        it.iter().map(|v| (v - mean) / deviation).collect()
    };
    Some(normal(x).iter().zip(normal(y)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt())
}

/// The nearest of each window among those that `counts` lets through.
fn twin(x: &[f64], y: &[f64], m: usize, counts: impl Fn(usize, usize) -> bool) -> Vec<Option<f64>> {
    let others = || y.windows(m).enumerate();
    let nearest = |(i, a): (usize, &[f64])| {
        others().filter(|(j, _)| counts(i, *j)).filter_map(|(_, b)| plain(a, b)).reduce(f64::min)
    };
    x.windows(m).enumerate().map(nearest).collect()
}

/// As near as the twin, and truly at the place that is named.
fn check(x: &[f64], y: &[f64], m: usize, got: &[Option<Neighbour>], want: &[Option<f64>]) -> f64 {
    assert_eq!(got.len(), want.len());
    let mut worst = 0.0f64;
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert_eq!(got.is_some(), want.is_some(), "window {i}: {got:?}, {want:?}");
        let (Some(got), Some(want)) = (got, want) else { continue };
        let tolerance = if *want < 1e-3 { 1e-4 } else { 1e-6 };
        let off = (got.distance - want).abs();
        assert!(off < tolerance, "window {i}: {got:?}, {want}");
        let there = plain(&x[i..i + m], &y[got.index..got.index + m]).unwrap();
        assert!((there - got.distance).abs() < tolerance, "window {i}: {got:?}, there {there}");
        if *want >= 1e-3 {
            worst = worst.max(off);
        }
    }
    worst
}

fn check_itself(x: &[f64], m: usize) -> f64 {
    let zone = exclusion_zone(m);
    let it = Join::of_itself(x, m).unwrap().profile();
    let nearest = check(x, x, m, &it.nearest, &twin(x, x, m, |i, j| i.abs_diff(j) > zone));
    let left = check(x, x, m, &it.left, &twin(x, x, m, |i, j| j + zone < i));
    let right = check(x, x, m, &it.right, &twin(x, x, m, |i, j| i + zone < j));
    nearest.max(left).max(right)
}

fn check_between(x: &[f64], y: &[f64], m: usize) -> f64 {
    let it = Join::between(x, y, m).unwrap().profile();
    let nearest = check(x, y, m, &it.nearest, &twin(x, y, m, |_, _| true));
    let left = check(x, y, m, &it.left, &twin(x, y, m, |i, j| j < i));
    let right = check(x, y, m, &it.right, &twin(x, y, m, |i, j| i <= j));
    nearest.max(left).max(right)
}

/// A walk, by a generator of Marsaglia.
fn walk(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut level = 100.0;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    (0..n)
        .map(|_| {
            level += next();
            level
        })
        .collect()
}

/// A walk with what makes trouble: a flat stretch, a repeat, missing values, a spike.
fn troubled(n: usize, seed: u64) -> Vec<f64> {
    let mut x = walk(n, seed);
    let at = n / 8;
    let flat = x[at];
    x[at..2 * at].fill(flat);
    let copy: Vec<f64> = x[3 * at..4 * at].to_vec();
    x[5 * at..6 * at].copy_from_slice(&copy);
    x[4 * at + 3] = f64::NAN;
    x[n - 2] = f64::INFINITY;
    x[7 * at] *= 1e6;
    x
}

#[test]
fn a_series_with_itself_is_as_the_textbook_says() {
    let mut worst = 0.0f64;
    for (seed, m) in [(1, 3), (2, 8), (3, 17), (4, 50)] {
        worst = worst.max(check_itself(&walk(600, seed), m));
        worst = worst.max(check_itself(&troubled(600, seed), m));
    }
    println!("off by {worst:.3e} at most");
}

#[test]
fn two_series_are_as_the_textbook_says() {
    let mut worst = 0.0f64;
    for (n, l, m) in [(300, 500, 8), (500, 300, 20), (400, 60, 50), (50, 400, 50), (50, 50, 50)] {
        worst = worst.max(check_between(&walk(n, 5), &walk(l, 6), m));
        worst = worst.max(check_between(&troubled(n, 7), &troubled(l, 8), m));
    }
    println!("off by {worst:.3e} at most");
}

#[test]
fn scales_far_apart_do_not_spoil_each_other() {
    // Loud, quiet, loud, quiet by ten thousand million times, on a high level and on none.
    for level in [0.0, 1e4] {
        let noise = walk(800, 9);
        let loud = |i: usize| if (i / 200).is_multiple_of(2) { 1e10 } else { 1.0 };
        let x: Vec<f64> = noise.iter().enumerate().map(|(i, v)| level + (v - 100.0) * loud(i)).collect();
        check_itself(&x, 20);
    }
    let tiny: Vec<f64> = walk(300, 10).iter().map(|v| (v - 100.0) * 1e-90).collect();
    check_itself(&tiny, 10);
    let huge: Vec<f64> = walk(300, 10).iter().map(|v| v * 1e97).collect();
    check_itself(&huge, 10);
}

#[test]
fn a_long_diagonal_drifts_nowhere() {
    // Longer than the steps after which a covariance starts anew; compared at single windows, as the twin is slow.
    let x = walk(9000, 11);
    let m = 32;
    let profile = Join::of_itself(&x, m).unwrap().profile();
    let mut worst = 0.0f64;
    for i in (0..x.len() - m).step_by(701) {
        let want = x.windows(m).enumerate().filter(|(j, _)| j.abs_diff(i) > 8);
        let want = want.filter_map(|(_, it)| plain(&x[i..i + m], it)).reduce(f64::min).unwrap();
        worst = worst.max((profile.nearest[i].unwrap().distance - want).abs());
    }
    println!("off by {worst:.3e} at most");
    assert!(worst < 1e-9);
}

#[test]
fn missing_and_huge_values_touch_only_their_windows() {
    let clean = walk(200, 12);
    let m = 10;
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e101, f64::MAX] {
        for at in [0, 57, 199] {
            let mut x = clean.clone();
            x[at] = bad;
            let it = Join::of_itself(&x, m).unwrap().profile();
            for (i, found) in it.nearest.iter().enumerate() {
                assert_eq!(found.is_none(), (i..i + m).contains(&at), "window {i}, value {at} is {bad}");
            }
        }
    }
    let none = Join::of_itself(&[f64::NAN; 40], m).unwrap().profile();
    assert!(none.nearest.iter().all(Option::is_none));
    assert!(motifs(&none, 3).is_empty() && discords(&none, 3).is_empty());
    assert!(changes(&none, 95.0).is_err());
}

#[test]
fn of_equals_the_lower_index_wins() {
    let flat = Join::of_itself(&[7.0; 60], 8).unwrap().profile();
    for (i, it) in flat.nearest.iter().enumerate() {
        let want = if i > 2 { 0 } else { i + 3 };
        assert_eq!(*it, Some(Neighbour { index: want, distance: 0.0 }), "window {i}");
    }
    // A saw of period 5 repeats exactly.
    let saw: Vec<f64> = (0..100).map(|i| f64::from(i % 5)).collect();
    let profile = Join::of_itself(&saw, 10).unwrap().profile();
    for (i, it) in profile.nearest.iter().enumerate() {
        let want = if i < 5 { i + 5 } else { i % 5 };
        assert_eq!(it.unwrap().index, want, "window {i}");
    }
}

fn whole(join: &Join, cuts: &[usize], backwards: bool) -> Profile {
    let mut cuts = cuts.to_vec();
    cuts.extend([0, join.diagonals()]);
    cuts.sort_unstable();
    let mut parts: Vec<_> = cuts.windows(2).map(|it| join.part(it[0]..it[1]).unwrap()).collect();
    if backwards {
        parts.reverse();
    }
    let mut sum = parts.remove(0);
    for it in &parts {
        sum.merge(it).unwrap();
    }
    join.finish(&sum).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// `Profile` compares its distances by value, and none is NaN, so equality is equality of bits (0 has no sign here).
    #[test]
    fn any_division_gives_the_same_bits(
        seed in 1u64..1000,
        m in 3usize..40,
        cuts in prop::collection::vec(0usize..1000, 0..6),
        backwards: bool,
    ) {
        let (x, y) = (troubled(400, seed), troubled(333, seed + 1));
        for join in [Join::of_itself(&x, m).unwrap(), Join::between(&x, &y, m).unwrap()] {
            let cuts: Vec<usize> = cuts.iter().map(|it| it % (join.diagonals() + 1)).collect();
            prop_assert_eq!(whole(&join, &cuts, backwards), join.profile());
            for parts in [1, 2, 3, 7] {
                let ranges = join.split(parts);
                prop_assert!(ranges.len() <= parts);
                prop_assert_eq!(ranges[0].start, 0);
                prop_assert!(ranges.windows(2).all(|it| it[0].end == it[1].start));
                prop_assert_eq!(ranges[ranges.len() - 1].end, join.diagonals());
                let cuts: Vec<usize> = ranges.iter().map(|it| it.end).collect();
                prop_assert_eq!(whole(&join, &cuts, backwards), join.profile());
            }
        }
    }

    #[test]
    fn any_values_are_as_the_textbook_says(
        // Few different values: flat stretches, repeats and ties abound.
        x in prop::collection::vec(prop_oneof![20 => (0i32..4).prop_map(f64::from), 1 => Just(f64::NAN)], 20..120),
        m in 3usize..9,
    ) {
        check_itself(&x, m);
        check_between(&x, &x[10..], m);
    }

    #[test]
    fn any_bits_are_answered_without_nan(
        x in prop::collection::vec(any::<f64>(), 0..60),
        m in 0usize..70,
    ) {
        let found = Join::of_itself(&x, m).map(|it| it.profile());
        if let Ok(found) = found {
            prop_assert!(found.nearest.iter().flatten().all(|it| it.distance.is_finite()));
        }
        let mut stream = Stream::growing(m.max(3), 200).unwrap();
        for it in &x {
            let found = stream.push(*it).unwrap();
            prop_assert!(found.is_none_or(|it| it.distance.is_finite()));
        }
    }

    #[test]
    fn a_growing_stream_is_the_join(seed in 1u64..1000, m in 3usize..40) {
        for x in [walk(300, seed), troubled(300, seed)] {
            let mut stream = Stream::growing(m, x.len()).unwrap();
            for (i, it) in x.iter().enumerate() {
                let newest = stream.push(*it).unwrap();
                if i + 1 == 200 || i + 1 == x.len() {
                    let batch = Join::of_itself(&x[..=i], m).unwrap().profile();
                    prop_assert_eq!(stream.nearest().collect::<Vec<_>>(), batch.nearest);
                    prop_assert_eq!(stream.right().collect::<Vec<_>>(), batch.right);
                    prop_assert_eq!(newest, *batch.left.last().unwrap());
                    prop_assert_eq!(stream.left().collect::<Vec<_>>(), batch.left);
                }
            }
            prop_assert_eq!(stream.push(1.0), Err(Error::Full { capacity: x.len() }));
        }
    }
}

#[test]
fn a_long_growing_stream_is_the_join_too() {
    let x = walk(5000, 13);
    let mut stream = Stream::growing(20, x.len()).unwrap();
    for it in &x {
        stream.push(*it).unwrap();
    }
    assert_eq!(stream.nearest().collect::<Vec<_>>(), Join::of_itself(&x, 20).unwrap().profile().nearest);
}

#[test]
fn a_sliding_stream_is_as_its_rule_says() {
    let (m, length) = (12, 100);
    let zone = exclusion_zone(m);
    let x = troubled(700, 14);
    let mut stream = Stream::sliding(m, length).unwrap();
    let mut best: Vec<Option<f64>> = Vec::new();
    for (i, it) in x.iter().enumerate() {
        stream.push(*it).unwrap();
        if i + 1 < m {
            continue;
        }
        let new = i + 1 - m;
        let first = (i + 1).saturating_sub(length);
        best.push(None);
        for j in first..new.saturating_sub(zone).max(first) {
            let found = plain(&x[j..j + m], &x[new..new + m]);
            for at in [j, new] {
                best[at] = [best[at], found].into_iter().flatten().reduce(f64::min);
            }
        }
        assert_eq!((stream.first(), stream.len()), (first, new + 1 - first));
        for (at, got) in (first..=new).zip(stream.nearest()) {
            assert_eq!(got.is_some(), best[at].is_some(), "window {at} at value {i}");
            let (Some(got), Some(want)) = (got, best[at]) else { continue };
            let tolerance = if want < 1e-3 { 1e-4 } else { 1e-6 };
            assert!((got.distance - want).abs() < tolerance, "window {at} at value {i}: {got:?}, {want}");
        }
    }
}

#[test]
fn a_query_is_as_the_textbook_says() {
    let x = troubled(400, 15);
    let query = &x[100..130];
    let got = distance_profile(query, &x).unwrap();
    for (got, it) in got.iter().zip(x.windows(30)) {
        match (got, plain(query, it)) {
            (Some(got), Some(want)) => assert!((got - want).abs() < 1e-6),
            (got, want) => assert_eq!(*got, want),
        }
    }
    assert!(got[100].unwrap() < 1e-9);
    assert!(matches!(distance_profile(&[1.0, f64::NAN, 2.0], &x), Err(Error::NotFinite { index: 1, .. })));
    assert_eq!(distance_profile(&[1.0, 2.0], &x), Err(Error::Window { given: 2, least: 3 }));
    assert!(matches!(distance_profile(&x[..30], &x[..20]), Err(Error::TooShort { need: 30, .. })));
}

#[test]
fn what_cannot_be_is_refused() {
    let x = walk(100, 16);
    assert_eq!(Join::of_itself(&x, 2).unwrap_err(), Error::Window { given: 2, least: 3 });
    assert!(Join::of_itself(&x[..13], 10).is_err());
    assert_eq!(Join::of_itself(&x[..14], 10).unwrap().diagonals(), 1);
    assert!(Join::of_itself(&[], 10).is_err() && Join::between(&x, &[], 10).is_err());
    assert!(Join::of_itself(&x, usize::MAX).is_err());
    let join = Join::of_itself(&x, 10).unwrap();
    let have = join.diagonals();
    assert_eq!(join.part(0..have + 1), Err(Error::Diagonals { start: 0, end: have + 1, have }));
    let shorter = Join::of_itself(&x[..90], 10).unwrap();
    let mut part = shorter.part(0..1).unwrap();
    assert!(part.merge(&join.part(0..1).unwrap()).is_err() && join.finish(&part).is_err());
    // No diagonals find nothing.
    assert!(join.finish(&join.part(5..5).unwrap()).unwrap().nearest.iter().all(Option::is_none));
    assert!(Stream::growing(10, 13).is_err() && Stream::sliding(2, 100).is_err());
    assert!(Floss::new(&x, 10, vec![1.0; 3], 0).is_err());
    assert!(Floss::new(&x, 10, vec![f64::NAN; 91], 0).is_err());
}

#[test]
fn motifs_and_discords_are_where_they_were_planted() {
    let mut x = walk(500, 17);
    let shape: Vec<f64> = (0..20).map(|i| f64::from(i * i % 13)).collect();
    for (at, scale) in [(50, 1.0), (300, 3.0)] {
        for (x, y) in x[at..].iter_mut().zip(&shape) {
            *x = 100.0 + scale * y;
        }
    }
    let profile = Join::of_itself(&x, 20).unwrap().profile();
    let best = motifs(&profile, 10);
    assert_eq!((best[0].first, best[0].second), (50, 300));
    assert!(best[0].similarity() > 1.0 - 1e-6);
    assert!(best.windows(2).all(|it| it[0].distance <= it[1].distance));
    let alone = discords(&profile, 5);
    for (k, a) in alone.iter().enumerate() {
        assert!(alone[k + 1..].iter().all(|b| a.index.abs_diff(b.index) >= 20 && a.distance >= b.distance));
    }
}

#[test]
fn what_followed_is_the_relative_change() {
    let x = [1.0, 2.0, 4.0, 8.0, f64::NAN, 0.0, 3.0];
    assert_eq!(followed(&x, 0, 2, 2), Some(3.0));
    assert_eq!(followed(&x, 0, 2, 3), None);
    assert_eq!(followed(&x, 4, 2, 1), None);
    assert_eq!(followed(&x, 5, 2, 1), None);
    assert_eq!(followed(&x, usize::MAX, 2, 1), None);
    assert_eq!(followed(&x, 0, 0, 1), None);
}

#[test]
fn changes_keep_their_distance_and_anomalies_their_context() {
    let nearest = |it: &[f64]| -> Profile {
        let nearest: Vec<_> = it.iter().map(|d| Some(Neighbour { index: 0, distance: *d })).collect();
        Profile { window: 4, exclusion: None, left: nearest.clone(), right: nearest.clone(), nearest }
    };
    let mut x = [1.0; 40];
    for at in [2, 4, 5, 6, 8, 30] {
        x[at] = 9.0;
    }
    x[5] = 10.0;
    let profile = nearest(&x);
    // The 2 is too near to the start, 5 and 6 to 4.
    assert_eq!(changes(&profile, 80.0).unwrap(), [4, 8, 30]);
    let found = anomalies(&profile, 80.0, 3).unwrap();
    assert_eq!(found.len(), 4);
    assert_eq!((found[0].windows.clone(), found[0].context.clone()), (2..3, 0..6));
    assert_eq!((found[1].windows.clone(), found[1].peak, found[1].distance), (4..7, 5, 10.0));
    // Nothing is above the greatest.
    assert_eq!(changes(&profile, 100.0).unwrap(), [0usize; 0]);
    assert!(changes(&profile, 101.0).is_err() && anomalies(&profile, f64::NAN, 1).is_err());
    assert_eq!(percentile(&[4.0, 1.0, 2.0, 3.0], 50.0), Ok(2.5));
    assert_eq!(percentile(&[1.0, 2.0], 100.0), Ok(2.0));
    assert!(percentile(&[], 50.0).is_err() && percentile(&[f64::NAN], 50.0).is_err());
}

#[test]
fn arcs_are_counted_as_the_paper_says() {
    // 0-2, 1-3, 2-1, 3-0; the last has no neighbour.
    let index = [Some(2), Some(3), Some(1), Some(0), None];
    assert_eq!(arcs(&index).unwrap(), [2.0, 4.0, 2.0, 0.0, 0.0]);
    assert!(arcs(&[Some(1)]).is_err());
    assert_eq!(ideal_arcs(4), [1.5, 2.0, 1.5, 0.0]);
    let right = ideal_right_arcs(4);
    assert_eq!((right[0], right[1], right[3]), (1.0, 2.0 * (1.0 / 3.0 + 0.5), 0.0));
    let curve = corrected_arcs(&index, &[4.0; 5], 1).unwrap();
    assert_eq!(curve, [1.0, 1.0, 0.5, 0.0, 1.0]);
    assert_eq!(regimes(&curve, 5, 1), [3]);
    assert_eq!(regimes(&curve, 5, 0), [3, 2]);
    assert!(corrected_arcs(&index, &[4.0; 4], 1).is_err());
    assert!(ideal_arcs(0).is_empty() && ideal_right_arcs(0).is_empty() && arcs(&[]).unwrap().is_empty());
}

#[test]
fn a_change_of_regime_is_found() {
    let mut x: Vec<f64> = (0..600).map(|i| f64::from(i % 17)).collect();
    for (i, it) in x.iter_mut().enumerate().skip(300) {
        *it = ((i * i) % 23) as f64;
    }
    let noise = walk(600, 18);
    let x: Vec<f64> = x.iter().zip(&noise).map(|(a, b)| a + 0.1 * b).collect();
    let profile = Join::of_itself(&x, 25).unwrap().profile();
    let curve = corrected_arcs(&profile.indices(), &ideal_arcs(profile.nearest.len()), 50).unwrap();
    let found = regimes(&curve, 1, 50);
    assert!(found[0].abs_diff(300) < 40, "{found:?}");
}
