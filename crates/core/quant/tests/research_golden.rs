//! Labels, fractional differences and splits against their references, and the laws that splits keep.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail by panic and need not be the same on every machine"
)]

mod known;

use known::{Deviation, number, numbers, read};
use proptest::prelude::*;
use scalp_quant::fracdiff;
use scalp_quant::labels::{Barriers, Path, Span, ewm_deviation, triple_barrier};
use scalp_quant::split::{
    WalkForward, Window, combinatorial_purged, purged_kfold, purged_walk_forward, shuffled_labels,
    spans_ahead,
};

#[test]
fn fractional_differences_agree_with_the_reference() {
    let want = &read("ml/ffd_triple_barrier_eurusd800.json")["ffd"];
    let log: Vec<f64> = known::eurusd_close()[..800].iter().map(|c| libm::log(*c)).collect();
    let (d, threshold) = (number(&want["d"]), number(&want["threshold"]));
    let weights = fracdiff::weights(d, threshold).unwrap();
    assert_eq!(weights.len() as u64, want["n_weights"].as_u64().unwrap());
    let mut worst = Deviation::default();
    for (got, want) in weights.iter().zip(numbers(&want["weights_first20"])) {
        worst.absolute(*got, want);
    }
    let got = fracdiff::difference(&log, d, threshold).unwrap();
    for (got, want) in got.iter().step_by(5).zip(want["values_every5"].as_array().unwrap()) {
        match got {
            Some(got) => worst.absolute(*got, number(want)),
            None => assert!(want.is_null()),
        }
    }
    worst.at_most("fractional differences", 1e-10);
}

#[test]
fn triple_barrier_labels_are_those_of_the_reference() {
    let want = &read("ml/ffd_triple_barrier_eurusd800.json")["triple_barrier"];
    let close = &known::eurusd_close()[..800];
    let args = numbers(&want["args[vol_span,pt,sl,horizon]"]);
    let width = ewm_deviation(close, args[0]).unwrap();
    let mut worst = Deviation::default();
    for (got, want) in width.iter().step_by(10).zip(want["vol_every10"].as_array().unwrap()) {
        match got {
            Some(got) => worst.relative(*got, number(want)),
            None => assert!(want.is_null()),
        }
    }
    let barriers = Barriers { upper: Some(args[1]), lower: Some(args[2]), horizon: args[3] as usize };
    let path = Path { high: close, low: close, close };
    let got = triple_barrier(path, &width, args[0] as usize..close.len(), barriers).unwrap();
    let want = want["labels[i,touch,label]"].as_array().unwrap();
    assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        let got = [got.span.start as f64, got.span.end as f64, f64::from(got.touch.sign())];
        assert_eq!(got.to_vec(), numbers(want));
    }
    println!("triple barrier: {} labels exact", got.len());
    worst.at_most("exponentially weighted deviation", 1e-10);
}

#[test]
fn purged_folds_are_those_of_the_reference() {
    let want = read("ml/purged_kfold.json");
    let count = |name: &str| want[name].as_u64().unwrap() as usize;
    let spans = spans_ahead(count("n"), count("label_horizon_bars"));
    let got = purged_kfold(&spans, count("k"), count("embargo_bars")).unwrap();
    assert_eq!(got.len(), want["folds"].as_array().unwrap().len());
    for (got, want) in got.iter().zip(want["folds"].as_array().unwrap()) {
        let closed = |ranges: &[std::ops::Range<usize>]| -> Vec<Vec<f64>> {
            ranges.iter().map(|r| vec![r.start as f64, (r.end - 1) as f64]).collect()
        };
        assert_eq!(closed(&got.test), [numbers(&want["test"])]);
        let ranges: Vec<Vec<f64>> = want["train_ranges"].as_array().unwrap().iter().map(numbers).collect();
        assert_eq!(closed(&got.train), ranges);
    }
    println!("purged k-fold: {} folds exact", got.len());
}

/// Spans of random lengths, in order of their starts.
fn spans() -> impl Strategy<Value = Vec<Span>> {
    prop::collection::vec((0usize..4, 0usize..30), 30..150).prop_map(|steps| {
        let mut start = 0;
        steps
            .into_iter()
            .map(|(step, length)| {
                start += step;
                Span { start, end: start + length }
            })
            .collect()
    })
}

fn overlap(a: Span, b: Span) -> bool {
    a.start <= b.end && b.start <= a.end
}

proptest! {
    #[test]
    fn nothing_that_trains_looks_at_a_bar_of_the_test(spans in spans(), embargo in 0usize..10) {
        for split in purged_kfold(&spans, 5, embargo).unwrap() {
            for i in split.train_samples() {
                for j in split.test_samples() {
                    prop_assert!(i != j && !overlap(spans[i], spans[j]));
                    prop_assert!(spans[i].start < spans[j].start || spans[i].start > spans[j].end + embargo);
                }
            }
        }
    }

    #[test]
    fn combinatorial_tests_cover_each_path_once(spans in spans(), embargo in 0usize..10) {
        let got = combinatorial_purged(&spans, 6, 2, embargo).unwrap();
        prop_assert_eq!((got.splits.len(), got.paths.len()), (15, 5));
        for split in &got.splits {
            for i in split.train_samples() {
                for j in split.test_samples() {
                    prop_assert!(!overlap(spans[i], spans[j]));
                }
            }
        }
        let mut used = std::collections::BTreeSet::new();
        for path in &got.paths {
            for (group, split) in path.iter().enumerate() {
                let tests: Vec<usize> = got.splits[*split].test_samples().collect();
                prop_assert!(got.groups[group].clone().all(|i| tests.contains(&i)));
                prop_assert!(used.insert((group, *split)));
            }
        }
        prop_assert_eq!(used.len(), 30);
    }

    #[test]
    fn walking_forward_learns_from_the_past_only(spans in spans(), gap in 0usize..8, embargo in 0usize..8) {
        let walk = WalkForward { splits: 3, test: 5, window: Window::Growing, purge_gap: gap, embargo };
        let Ok(splits) = purged_walk_forward(&spans, walk) else { return Ok(()) };
        for (number, split) in splits.iter().enumerate() {
            for i in split.train_samples() {
                for j in split.test_samples() {
                    prop_assert!(i < j && spans[i].end < spans[j].start);
                    prop_assert!(spans[j].start - spans[i].start > gap);
                }
                for earlier in &splits[..number] {
                    let end = earlier.test_samples().map(|j| spans[j].end).max().unwrap();
                    prop_assert!(spans[i].start <= end || spans[i].start > end + embargo);
                }
            }
        }
        let sliding = WalkForward { window: Window::Sliding(7), ..walk };
        for (slid, grown) in purged_walk_forward(&spans, sliding).unwrap().iter().zip(&splits) {
            let all: Vec<usize> = grown.train_samples().collect();
            let last: Vec<usize> = slid.train_samples().collect();
            prop_assert_eq!(&all[all.len().saturating_sub(7)..], &last[..]);
        }
    }
}

#[test]
fn the_sentinel_tells_a_leak_from_knowledge() {
    // A feature that foretells the next move a little.
    let n = 3000;
    let feature: Vec<f64> = (0..n).map(|i| ((i * 7919 % 1009) as f64 - 504.0) / 504.0).collect();
    let noise: Vec<f64> = (0..n).map(|i| ((i * 104_729 % 997) as f64 - 498.0) / 498.0).collect();
    let moves: Vec<f64> = feature.iter().zip(&noise).map(|(f, e)| 0.3 * f + e).collect();
    // Trains the sign of the correlation on the first half and trades it in the second.
    let honest = |labels: &[f64]| {
        let slope: f64 = feature.iter().zip(labels).take(n / 2).map(|(f, l)| f * l).sum::<f64>() / 500.0;
        let profit: Vec<f64> = (n / 2..n).map(|i| slope * feature[i] * moves[i]).collect();
        Ok(sharpe(&profit))
    };
    let got = shuffled_labels(&moves, 200, 5, honest).unwrap();
    println!(
        "honest {:.3}, leak {:.4} +- {:.4}, p {:.4}",
        got.honest,
        got.leak,
        got.standard_error.unwrap(),
        got.p
    );
    assert!(got.passes(0.1) && got.honest > 0.1 && got.p < 0.6);
    // A model that sees the outcome it is judged by scores whatever it was taught.
    let leaky = |_: &[f64]| Ok(sharpe(&moves.iter().map(|m| m.abs()).collect::<Vec<_>>()));
    assert!(!shuffled_labels(&moves, 20, 5, leaky).unwrap().passes(0.1));
}

fn sharpe(x: &[f64]) -> f64 {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let variance = x.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / x.len() as f64;
    if variance > 0.0 { mean / variance.sqrt() } else { 0.0 }
}
