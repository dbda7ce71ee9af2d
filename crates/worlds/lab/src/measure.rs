//! What a run cost this machine: CPU time, wall time, memory.

use std::time::{Duration, Instant};

/// Starts when made; read at the end.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

/// Time spent between two looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// CPU seconds of all threads of this process.
    pub cpu_seconds: f64,
    /// Seconds on the wall.
    pub wall_seconds: f64,
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Self { wall: Instant::now(), cpu: process_cpu() }
    }
    /// Time since the start.
    pub fn spent(&self) -> Spent {
        Spent {
            cpu_seconds: process_cpu().saturating_sub(self.cpu).as_secs_f64(),
            wall_seconds: self.wall.elapsed().as_secs_f64(),
        }
    }
}

/// CPU time of this process so far, all threads.
pub fn process_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The most memory this process has held, in bytes; `None` where the system does not tell (it does on Linux).
pub fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_cpu_time_and_memory_is_told() {
        let watch = Stopwatch::start();
        let sum = (0..20_000_000_u64).fold(0, |sum: u64, n| std::hint::black_box(sum.wrapping_add(n)));
        assert!(sum > 0 && watch.spent().cpu_seconds > 0.0);
        if cfg!(target_os = "linux") {
            assert!(peak_rss_bytes().expect("Linux tells") > 100_000);
        }
    }
}
