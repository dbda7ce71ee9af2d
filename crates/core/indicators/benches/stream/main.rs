//! Nanoseconds for one bar, in one run and in turns: single indicators beside the crates `ta`, `yata` and `kand`, and long
//! lists. Peers are used as their own types with the values that they ask for; ours by name out of the catalogue, with a
//! whole row, and as types where there are some; both check what they are given. A peer that computes something else is no
//! pair; where one smooths by another constant, or gives signals besides, its note says so.
//!
//!     cargo bench -p scalp-indicators --bench stream [-- PART-OF-A-NAME]

#![allow(clippy::disallowed_methods, reason = "a benchmark is told what to measure")]

mod kand_crate;
mod otherwise;
mod ours;
mod ta_crate;
mod yata_crate;

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};
use scalp_indicators::{Family, Range, Schema, Set, Spec, catalogue};

/// Rows of one pass, and how often each side walks them: as many as a processor does not learn by heart, which knows after
/// some passes over a few thousand bars which way each of them goes, as nobody does of a market; and few enough to lie in
/// its second cache.
const ROWS: usize = 32_768;
const PASSES: usize = 40;

/// Open, high, low, close, volume.
#[derive(Clone, Copy)]
struct Bar([f64; 5]);

type Pass = Box<dyn FnMut(&[Bar])>;

/// One indicator of ours and the same of a peer.
struct Contest {
    ours: &'static str,
    peer: &'static str,
    /// What the peer does otherwise, if it does.
    note: &'static str,
    theirs: Pass,
}

/// Walks rows with a state and a step, whose answer is kept from being optimised away. The state is in memory after each row,
/// as it is where rows come one by one.
fn pass<S: 'static, A>(mut state: S, step: impl Fn(&mut S, &Bar) -> A + 'static) -> Pass {
    Box::new(move |rows| {
        for row in rows {
            black_box(step(&mut state, row));
        }
    })
}

/// As `pass`, for a step that may have no answer: a program asks whether there is one, and goes on with it if there is.
fn answers<S: 'static, A>(mut state: S, step: impl Fn(&mut S, &Bar) -> Option<A> + 'static) -> Pass {
    Box::new(move |rows| {
        for row in rows {
            if let Some(answer) = step(&mut state, row) {
                black_box(answer);
            }
        }
    })
}

fn bars() -> Vec<Bar> {
    let mut z = 1_u64;
    let mut uniform = || {
        // SplitMix64 (Steele, Lea, Flood 2014).
        z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = z;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    };
    let mut close = 100.0;
    (0..ROWS)
        .map(|_| {
            let open = close;
            close = f64::clamp(close + uniform() - 0.5, 50.0, 150.0);
            let high = open.max(close) + 0.3 * uniform();
            let low = open.min(close) - 0.3 * uniform();
            Bar([open, high, low, close, 1000.0 + 500.0 * uniform()])
        })
        .collect()
}

/// Time that the processor gave to this thread, so that other work on the machine counts less.
fn nanoseconds(rows: &[Bar], pass: &mut Pass) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let start = now();
    pass(rows);
    (now() - start) / rows.len() as f64
}

fn single(filter: Option<&str>) {
    let rows = bars();
    let all = [ta_crate::contests(), yata_crate::contests(), kand_crate::contests()];
    let (mut count, mut by_name, mut like_for_like) = (0, 0, 0);
    println!(
        "| ours | peer | by name ns | as a type ns | peer ns | ours / peer | the peer |\n|---|---|---|---|---|---|---|"
    );
    for Contest { ours: name, peer, note, mut theirs } in all.into_iter().flatten() {
        if filter.is_some_and(|it| !name.contains(it)) {
            continue;
        }
        // Where there is no type, the name stands for it.
        let typed = ours::as_type(name);
        let is_typed = typed.is_some();
        let mut typed = typed.unwrap_or_else(|| ours::by_name(name));
        let mut named = ours::by_name(name);
        let mut best = [f64::MAX; 3];
        for _ in 0..PASSES {
            for (best, side) in best.iter_mut().zip([&mut named, &mut typed, &mut theirs]) {
                *best = best.min(nanoseconds(&rows, side));
            }
        }
        let [a, b, c] = best;
        let shown = if is_typed { format!("{b:.1}") } else { String::new() };
        println!("| {name} | {peer} | {a:.1} | {shown} | {c:.1} | {:.2} | {note} |", b / c);
        count += 1;
        by_name += usize::from(a <= c);
        like_for_like += usize::from(b <= c);
    }
    println!(
        "not slower than the peer: {by_name} of {count} by name, {like_for_like} as a type where there is one"
    );
}

fn reads_a_bar(it: &&Spec) -> bool {
    it.inputs.iter().all(|input| ["open", "high", "low", "close", "volume"].contains(&input.column))
}

/// Every indicator that reads nothing but a bar, the transforms of a single value and the candles left out, and then the
/// candles, until there are 150.
fn decision_list() -> String {
    let mut items: Vec<&str> = catalogue()
        .iter()
        .filter(reads_a_bar)
        .filter(|it| !matches!(it.family, Family::Transform | Family::Operator | Family::Candle))
        // Windows of hundreds of bars are looked at less often than at each bar.
        .filter(|it| {
            it.parameters.iter().all(|p| !matches!(p.range, Range::Whole { .. }) || p.default <= 130.0)
        })
        .map(|it| it.name)
        .take(110)
        .collect();
    items.extend(
        catalogue().iter().filter(|it| it.family == Family::Candle).map(|it| it.name).take(150 - items.len()),
    );
    items.join(",")
}

fn lists() {
    let rows = bars();
    let whole: Vec<&str> = catalogue().iter().filter(reads_a_bar).map(|it| it.name).collect();
    let candles: Vec<&str> =
        catalogue().iter().filter(|it| it.family == Family::Candle).map(|it| it.name).collect();
    for list in [decision_list(), whole.join(","), candles.join(",")] {
        let set = Set::parse(&list, &Schema::ohlcv()).expect("names of the catalogue");
        let counted = format!("{} indicators, {} values", set.indicators().len(), set.names().len());
        let out = Vec::with_capacity(set.names().len());
        let mut walk = pass((set, out), |(set, out), row| {
            set.push(&row.0, out).expect("finite rows");
            out.first().copied()
        });
        let best = (0..PASSES / 3).fold(f64::MAX, |best, _| best.min(nanoseconds(&rows, &mut walk)));
        println!("{counted} on one bar: {:.2} us", best / 1000.0);
    }
}

fn main() {
    let filter = std::env::args().skip(1).find(|it| !it.starts_with('-'));
    single(filter.as_deref());
    if filter.is_none() {
        lists();
        otherwise::print();
    }
}
