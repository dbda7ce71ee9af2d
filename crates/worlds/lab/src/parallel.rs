//! Work in numbered pieces on several threads, answered in the order of the numbers.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More threads than this are not started, however many are asked for: each takes memory, and the machine has fewer cores.
pub(crate) const THREADS_MAX: usize = 512;

/// `job` of every number below `count`, in order. Which thread does which is chance; a job that depends on its number alone
/// gives the same answer on any number of threads.
pub(crate) fn map<T: Send>(threads: NonZero<usize>, count: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    map_told(count, threads.get().min(count).min(THREADS_MAX), &|_, _| {}, &job)
}

/// As [`map`], and tells `tick` how many of how many are done.
pub(crate) fn map_told<T: Send>(
    count: usize,
    threads: usize,
    tick: &(dyn Fn(usize, usize) + Sync),
    job: &(dyn Fn(usize) -> T + Sync),
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let slots: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(slot) = slots.get(number) else { return };
                let result = job(number);
                *slot.lock().expect("no job panics while it holds its slot") = Some(result);
                tick(done.fetch_add(1, Ordering::Relaxed) + 1, count);
            }
        };
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let result = |it: Mutex<Option<T>>| it.into_inner().ok().flatten().expect("every job was run");
    slots.into_iter().map(result).collect()
}
