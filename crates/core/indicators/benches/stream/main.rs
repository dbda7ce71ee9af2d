//! Nanoseconds for one bar, in one run and in turns: single indicators beside the crates `ta`, `yata` and `kand`, and long
//! lists. Peers are used as their own types with the values that they ask for; ours by name out of the catalogue, with a
//! whole row, and as types where there are some: with bare numbers, of which each indicator asks whether they are finite, and with bars
//! that were asked before, once for all. A peer that computes something else is no
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
use scalp_indicators::typed::Bar;
use scalp_indicators::{Family, Range, Schema, Set, Spec, catalogue};

/// Rows of one pass, and how often each side walks them: as many as a processor does not learn by heart, which knows after
/// some passes over a few thousand bars which way each of them goes, as nobody does of a market; and few enough to lie in
/// its second cache.
const ROWS: usize = 16_384;
const PASSES: usize = 3;
/// How often all states are made anew: where a window happens to lie among the bars can make it a fifth slower, on either side.
const ROUNDS: usize = 9;

/// Open, high, low, close, volume, as they come.
#[derive(Clone, Copy)]
struct Row([f64; 5]);

type Pass<R> = Box<dyn FnMut(&[R])>;

/// One indicator of ours and the same of a peer.
struct Contest {
    ours: &'static str,
    peer: &'static str,
    /// What the peer does otherwise, if it does.
    note: &'static str,
    theirs: Pass<Row>,
}

/// Walks rows with a state and a step, whose answer is kept from being optimised away. The state is in memory after each row,
/// as it is where rows come one by one.
fn pass<S: 'static, R, A>(mut state: S, step: impl Fn(&mut S, &R) -> A + 'static) -> Pass<R> {
    Box::new(move |rows| {
        for row in rows {
            black_box(step(&mut state, row));
        }
    })
}

/// What a step of ours says: where there may be no answer, a program asks whether there is one, and goes on with it if there is.
trait Said {
    fn go_on(self);
}

impl<A> Said for Option<A> {
    #[inline(always)]
    fn go_on(self) {
        if let Some(answer) = self {
            black_box(answer);
        }
    }
}

impl Said for f64 {
    #[inline(always)]
    fn go_on(self) {
        black_box(self);
    }
}

impl<const O: usize> Said for [f64; O] {
    #[inline(always)]
    fn go_on(self) {
        black_box(self);
    }
}

/// As `pass`, for a step that says what it has.
fn answers<S: 'static, R, A: Said>(mut state: S, step: impl Fn(&mut S, &R) -> A + 'static) -> Pass<R> {
    Box::new(move |rows| {
        for row in rows {
            step(&mut state, row).go_on();
        }
    })
}

fn bars() -> Vec<Row> {
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
            Row([open, high, low, close, 1000.0 + 500.0 * uniform()])
        })
        .collect()
}

/// Time that the processor gave to this thread, so that other work on the machine counts less. The rows are walked twice, and the
/// first walk brings them near the processor, as bars that were asked lie beside those that were not.
fn nanoseconds<R>(rows: &[R], pass: &mut Pass<R>) -> f64 {
    pass(rows);
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let start = now();
    pass(rows);
    (now() - start) / rows.len() as f64
}

/// A bar that has been asked at the door.
fn asked(&Row([open, high, low, close, volume]): &Row) -> Bar {
    Bar::new(open, high, low, close, volume).expect("a bar that is fit")
}

fn single(filter: Option<&str>) {
    let rows = bars();
    let asked_rows: Vec<Bar> = rows.iter().map(asked).collect();
    let all = || [ta_crate::contests(), yata_crate::contests(), kand_crate::contests()].into_iter().flatten();
    let mut best: Vec<[f64; 4]> = all().map(|_| [f64::MAX; 4]).collect();
    let mut apart: Vec<Vec<f64>> = Vec::new();
    for round in 0..ROUNDS {
        for (Contest { ours: name, mut theirs, .. }, best) in all().zip(&mut best) {
            if filter.is_some_and(|it| !name.contains(it)) {
                continue;
            }
            let mut typed = ours::as_type(name);
            let mut named = ours::by_name(name);
            for turn in 0..PASSES {
                // The peer goes first as often as it goes last.
                if (round + turn) % 2 == 0 {
                    best[3] = best[3].min(nanoseconds(&rows, &mut theirs));
                }
                best[0] = best[0].min(nanoseconds(&rows, &mut named));
                if let Some((asking, taking)) = &mut typed {
                    best[1] = best[1].min(nanoseconds(&rows, asking));
                    best[2] = best[2].min(nanoseconds(&asked_rows, taking));
                }
                if (round + turn) % 2 == 1 {
                    best[3] = best[3].min(nanoseconds(&rows, &mut theirs));
                }
            }
            // So that the next states lie elsewhere.
            apart.push(vec![0.0; 37 + 22 * round]);
        }
    }
    let (mut count, mut holds) = (0, [0; 3]);
    println!(
        "ns a bar: by name and as a type, where every indicator asks whether its row is finite; as a type of bars that were asked \
         once, before; and the peer, which never asks"
    );
    println!(
        "| ours | peer | by name | a type | asked once | peer | by name / peer | type / peer | asked once / peer | the peer |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (Contest { ours: name, peer, note, .. }, best) in all().zip(best) {
        if filter.is_some_and(|it| !name.contains(it)) {
            continue;
        }
        // Where there is no type, the name stands for it.
        let is_typed = best[1] < f64::MAX;
        let ours = if is_typed { [best[0], best[1], best[2]] } else { [best[0]; 3] };
        let shown = |x: f64| if is_typed { format!("{x:.2}") } else { String::new() };
        let parts = ours.map(|it| it / best[3]);
        println!(
            "| {name} | {peer} | {:.2} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {note} |",
            best[0],
            shown(best[1]),
            shown(best[2]),
            best[3],
            parts[0],
            parts[1],
            parts[2],
        );
        count += 1;
        holds.iter_mut().zip(parts).for_each(|(holds, part)| *holds += usize::from(part <= 1.0));
    }
    println!(
        "not slower than the peer, of {count}: {} by name; where there is a type {} as it, {} as it of bars asked once",
        holds[0], holds[1], holds[2]
    );
    let mut door = pass((), |(), row: &Row| asked(row));
    let best = (0..ROUNDS * PASSES).fold(f64::MAX, |best, _| best.min(nanoseconds(&rows, &mut door)));
    println!("asking a bar at the door, five values and their order: {best:.2} ns");
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
        let mut walk = pass((set, out), |(set, out), row: &Row| {
            set.push(&row.0, out).expect("finite rows");
            out.first().copied()
        });
        let best = (0..13).fold(f64::MAX, |best, _| best.min(nanoseconds(&rows, &mut walk)));
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
