//! Cumulative sums (Page 1954): the quickest alarm that a mean has moved, in constant time and space.

use crate::Error;
use crate::series::check_parameter;
use serde::{Deserialize, Serialize};

/// A two-sided detector of shifts of a mean. With `slack` 0.5 and `threshold` 5 standard deviations a false alarm comes
/// every 465 independent normal values in the mean, a shift of one deviation is found after 10.4 (Hawkins & Olwell
/// 1998).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cusum {
    mean: f64,
    slack: f64,
    threshold: f64,
    up: f64,
    down: f64,
    seen: u64,
    up_since: u64,
    down_since: u64,
}

/// A mean has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Upwards?
    pub up: bool,
    /// Number of the first value, from 0, that the alarm's sum holds: the estimate of where the shift began.
    pub since: u64,
    /// Number of the value that raised it.
    pub at: u64,
}

impl Cusum {
    /// All three in the units of the values: `mean` that holds, `slack` that is let pass each time (half the shift to
    /// be found), `threshold` of the sum.
    pub fn new(mean: f64, slack: f64, threshold: f64) -> Result<Self, Error> {
        check_parameter("mean", mean, true, "finite")?;
        check_parameter("slack", slack, slack >= 0.0, "at least 0")?;
        check_parameter("threshold", threshold, threshold > 0.0, "above 0")?;
        Ok(Self { mean, slack, threshold, up: 0.0, down: 0.0, seen: 0, up_since: 0, down_since: 0 })
    }

    /// Takes one value; after an alarm both sums start again. A value that is not finite is refused and changes nothing.
    pub fn push(&mut self, x: f64) -> Result<Option<Alarm>, Error> {
        crate::series::check_value("CUSUM: value", self.seen, x)?;
        let at = self.seen;
        self.seen += 1;
        if self.up <= 0.0 {
            self.up_since = at;
        }
        if self.down <= 0.0 {
            self.down_since = at;
        }
        let d = x - self.mean;
        self.up = (self.up + d - self.slack).max(0.0);
        self.down = (self.down - d - self.slack).max(0.0);
        let up = self.up > self.threshold;
        if !up && self.down <= self.threshold {
            return Ok(None);
        }
        let since = if up { self.up_since } else { self.down_since };
        (self.up, self.down) = (0.0, 0.0);
        Ok(Some(Alarm { up, since, at }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn alarms_come_as_often_as_the_tables_say() {
        let mut stream = Key::named(3, "cusum").stream(0);
        let mut cusum = Cusum::new(0.0, 0.5, 4.0).unwrap();
        let n = 2_000_000;
        let alarms = (0..n).filter(|_| cusum.push(stream.normal()).unwrap().is_some()).count();
        // Two-sided average run length for h = 4, k = 0.5: 168. Its standard error here is about 1.6.
        let run = n as f64 / alarms as f64;
        println!("average run length {run:.1}");
        assert!((run - 168.0).abs() < 6.0, "{run}");
    }

    #[test]
    fn a_shift_is_dated_to_where_it_began() {
        let mut cusum = Cusum::new(0.0, 0.5, 5.0).unwrap();
        let alarm = (0..200u32).find_map(|i| cusum.push(if i < 100 { 0.0 } else { -2.0 }).unwrap());
        assert_eq!(alarm, Some(Alarm { up: false, since: 100, at: 103 }));
        assert!(cusum.push(f64::NAN).is_err());
    }
}
