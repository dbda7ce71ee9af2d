//! The matrix profile of 50,000 values with windows of 100: on one thread, and on as many as there are cores. The library starts no
//! threads; here they are ours, because stumpy, to which this is compared (`benches/profile_stumpy.py`), uses all cores.

#![allow(clippy::disallowed_methods, reason = "a benchmark may start threads and ask how many there may be")]

use std::hint::black_box;
use std::thread;

use criterion::{Criterion, criterion_group, criterion_main};
use scalp_indicators::profile::{Join, Profile, Stream, distance_profile};

/// A walk whose steps are the sums of three linear congruential generators.
fn walk(n: usize) -> Vec<f64> {
    let mut state: u64 = 1;
    let mut level = 100.0;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    (0..n)
        .map(|_| {
            level += next() + next() + next();
            level
        })
        .collect()
}

fn threaded(x: &[f64], m: usize, threads: usize) -> Profile {
    let join = Join::of_itself(x, m).expect("long enough");
    // More ranges than threads would not help: the ranges are of equal work.
    let parts = thread::scope(|scope| {
        let work: Vec<_> = join
            .split(threads)
            .into_iter()
            .map(|range| scope.spawn(|| join.part(range).expect("a range of the join")))
            .collect();
        work.into_iter().map(|it| it.join().expect("no panic")).collect::<Vec<_>>()
    });
    let mut parts = parts.into_iter();
    let mut sum = parts.next().expect("at least one");
    for it in parts {
        sum.merge(&it).expect("of the same join");
    }
    join.finish(&sum).expect("of this join")
}

fn profiles(c: &mut Criterion) {
    let x = walk(50_000);
    let mut group = c.benchmark_group("self-join of 50,000 values, m = 100");
    group.sample_size(10);
    for threads in [1, thread::available_parallelism().map_or(1, Into::into)] {
        group.bench_function(format!("{threads} threads"), |b| {
            b.iter(|| black_box(threaded(&x, 100, threads)));
        });
    }
    group.finish();

    c.bench_function("one query of 100 in 50,000 values", |b| {
        b.iter(|| black_box(distance_profile(&x[7000..7100], &x)));
    });

    let mut stream = Stream::sliding(100, 5000).expect("long enough");
    let mut values = x.iter().cycle();
    for _ in 0..6000 {
        stream.push(*values.next().expect("a cycle")).expect("slides");
    }
    c.bench_function("one value into a stream of 5,000, m = 100", |b| {
        b.iter(|| black_box(stream.push(*values.next().expect("a cycle"))));
    });
}

criterion_group!(benches, profiles);
criterion_main!(benches);
