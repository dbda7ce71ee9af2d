//! A warm stream of the matrix profile allocates nothing, and neither does a growing one below its capacity.

#![allow(clippy::unwrap_used, reason = "tests only")]

use scalp_indicators::profile::{Floss, Stream, ideal_right_arcs};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator unchanged; the counter is a plain thread-local cell.
#[allow(unsafe_code, reason = "an allocator that counts can only be written this way; tests only")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|it| it.set(it.get() + 1));
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn value(i: usize) -> f64 {
    if i % 97 == 5 { f64::NAN } else { ((i * 7919) % 1009) as f64 }
}

fn allocations(mut work: impl FnMut()) -> u64 {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

#[test]
fn a_value_costs_no_allocation() {
    assert!(allocations(|| drop(vec![0u8; 100])) > 0, "the counter counts");

    let mut growing = Stream::growing(12, 900).unwrap();
    assert_eq!(
        allocations(|| {
            for i in 0..900 {
                growing.push(value(i)).unwrap();
            }
        }),
        0
    );

    let mut sliding = Stream::sliding(12, 100).unwrap();
    assert_eq!(
        allocations(|| {
            for i in 0..900 {
                sliding.push(value(i)).unwrap();
            }
        }),
        0
    );

    let initial: Vec<f64> = (0..200).map(value).collect();
    let mut floss = Floss::new(&initial, 12, ideal_right_arcs(189), 12).unwrap();
    assert_eq!(
        allocations(|| {
            for i in 200..900 {
                floss.push(value(i)).unwrap();
            }
        }),
        0
    );
}
