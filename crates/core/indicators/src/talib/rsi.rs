//! The relative strength index (Wilder, "New Concepts in Technical Trading Systems", 1978), as the C library answers: a
//! price that has not moved at all has an index of 0, where the Rust crate says 50.

use crate::kernel::{Step, Stepped, seated};
use crate::spec::Built;

#[derive(Clone)]
pub(crate) struct Rsi {
    period: usize,
    seen: usize,
    before: f64,
    gain: f64,
    loss: f64,
}

impl Rsi {
    pub(crate) fn new(p: &[f64]) -> Rsi {
        Rsi { period: p[0] as usize, seen: 0, before: 0.0, gain: 0.0, loss: 0.0 }
    }
}

impl Step<1, 1> for Rsi {
    #[inline]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 1]) {
        let change = price - std::mem::replace(&mut self.before, price);
        let gain = if change > 0.0 { change } else { 0.0 };
        let n = self.period as f64;
        if self.seen <= self.period {
            self.seen += 1;
            if self.seen == 1 {
                return;
            }
            self.gain += gain;
            self.loss += gain - change;
            if self.seen <= self.period {
                return;
            }
            self.gain *= 1.0 / n;
            self.loss *= 1.0 / n;
        } else {
            self.gain = (self.gain * (n - 1.0) + gain) * (1.0 / n);
            self.loss = (self.loss * (n - 1.0) + (gain - change)) * (1.0 / n);
        }
        let both = self.gain + self.loss;
        out[0] = if both > 0.0 { 100.0 * (self.gain / both) } else { 0.0 };
    }
}

pub(super) fn rsi(parameters: &[f64]) -> Result<Built, (usize, String)> {
    let period = parameters[0] as usize;
    Ok((seated(Stepped::new(Rsi::new(parameters), [period])), vec![period]))
}
