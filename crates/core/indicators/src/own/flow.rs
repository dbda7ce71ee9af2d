//! Price against volume, where TA-Lib has nothing or another definition.

use super::entry::{Entry, kernel};
use crate::error::Error;
use crate::kernel::{Step, state};
use crate::spec::{Family::Volume, Spec};
use crate::typed::{Bar, NotFinite, checked, push, take, typed};
use crate::window::{Average, Before, Sum, Window, squares};

typed! {
    Eom "EOM" EaseOfMovement = EaseOfMovement::new; (high low volume) (timeperiod: u32 divisor: f64) -> 2;
}

state! {
    pub(crate) struct EaseOfMovement { middle: Before, divisor: f64, mean: Sum }
}

impl EaseOfMovement {
    fn new(p: &[f64]) -> EaseOfMovement {
        EaseOfMovement { middle: Before::default(), divisor: p[1], mean: Sum::new(p[0] as usize) }
    }
}

impl Step<3, 2> for EaseOfMovement {
    #[inline(always)]
    fn step(&mut self, [high, low, volume]: [f64; 3], out: &mut [f64; 2]) {
        let middle = (high + low) / 2.0;
        let Some(before) = self.middle.push(middle) else { return };
        // Without volume the price moved with no effort to measure it by, and without a range there was no move in the
        // bar: both count as no ease, so that the mean goes on.
        let ease = if volume > 0.0 { (middle - before) * (high - low) * self.divisor / volume } else { 0.0 };
        out[0] = ease;
        self.mean.mean(ease).into_iter().for_each(|it| out[1] = it);
    }
}

state! {
    struct Force { close: Before }
}

impl Step<2, 1> for Force {
    fn step(&mut self, [close, volume]: [f64; 2], out: &mut [f64; 1]) {
        if let Some(before) = self.close.push(close) {
            out[0] = (close - before) * volume;
        }
    }
}

state! {
    struct VolumeOscillator { fast: Sum, slow: Sum }
}

impl Step<1, 1> for VolumeOscillator {
    fn step(&mut self, [volume]: [f64; 1], out: &mut [f64; 1]) {
        if let (Some(fast), Some(slow)) = (self.fast.mean(volume), self.slow.mean(volume)) {
            out[0] = 100.0 * (fast - slow) / slow;
        }
    }
}

state! {
    struct VolumeRank { close: Before, volume: Before }
}

impl Step<2, 1> for VolumeRank {
    fn step(&mut self, [close, volume]: [f64; 2], out: &mut [f64; 1]) {
        let up = self.close.push(close).is_none_or(|before| close >= before);
        let more = self.volume.push(volume).is_none_or(|before| volume >= before);
        out[0] = match (up, more) {
            (true, true) => 1.0,
            (true, false) => 2.0,
            (false, true) => 3.0,
            (false, false) => 4.0,
        };
    }
}

/// Changes of the price by whose deviation one is small.
const CHANGES: usize = 30;

state! {
    struct VolumeFlow { typical: Before, changes: Window, volume: Sum, average_before: Option<f64>, flow: Sum, smooth: Average, coef: f64, vcoef: f64 }
}

impl Step<4, 1> for VolumeFlow {
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        let typical = (high + low + close) / 3.0;
        let before = self.typical.push(typical);
        let average = std::mem::replace(&mut self.average_before, self.volume.mean(volume));
        let Some(before) = before else { return };
        // Where a price has no logarithm it counts as not moved, so that the deviation goes on.
        self.changes.push(if typical > 0.0 && before > 0.0 { libm::log(typical / before) } else { 0.0 });
        let (Some(changes), Some(average)) = (self.changes.full(), average) else { return };
        let cutoff = self.coef * (squares(changes) / CHANGES as f64).sqrt() * close;
        let (moved, counted) = (typical - before, volume.min(self.vcoef * average));
        let flow = if moved > cutoff {
            counted
        } else if moved < -cutoff {
            -counted
        } else {
            0.0
        };
        if let Some(flow) = self.flow.push(flow) {
            let ratio = if average > 0.0 { flow / average } else { 0.0 };
            self.smooth.push(ratio).into_iter().for_each(|it| out[0] = it);
        }
    }
}

#[derive(Clone)]
struct PriceVolume;

impl Step<2, 1> for PriceVolume {
    fn step(&mut self, [close, volume]: [f64; 2], out: &mut [f64; 1]) {
        out[0] = close * volume;
    }
}

pub(super) fn specs() -> Vec<Spec> {
    vec![
        Entry::new("EOM", Volume, "Ease of movement and its mean", "((h + l) / 2 - before) / ((v / divisor) / (h - l)) (Arms; pandas-ta `eom`); zero without volume")
            .of(&["high", "low", "volume"])
            .period(1, 14)
            .real("divisor", "Scale of the volume", (1e-12, 1e18), 1e8)
            .out(&["raw", "mean"])
            .build(|p| {
                let n = p[0] as usize;
                kernel(EaseOfMovement::new(p), [1, n])
            }),
        Entry::new("FORCE", Volume, "Force index of one bar (Elder)", "(c - c before) * v; smoothed it is TA-Lib's EFI")
            .of(&["close", "volume"])
            .out(&["real"])
            .build(|_| kernel(Force { close: Before::default() }, [1])),
        Entry::new("VOSC", Volume, "Volume oscillator", "100 * (SMA(v, fast) - SMA(v, slow)) / SMA(v, slow); silent without volume")
            .of(&["volume"])
            .whole("fastperiod", "Rows of the fast mean", 1, 14)
            .whole("slowperiod", "Rows of the slow mean", 1, 28)
            .out(&["real"])
            .partial()
            .build(|p| {
                let [fast, slow] = [p[0] as usize, p[1] as usize];
                kernel(VolumeOscillator { fast: Sum::new(fast), slow: Sum::new(slow) }, [fast.max(slow) - 1])
            }),
        Entry::new("PVR", Volume, "Price volume rank", "1 price and volume not lower, 2 volume lower, 3 price lower, 4 both lower (Mackey); 1 at the first bar")
            .of(&["close", "volume"])
            .out(&["rank"])
            .build(|_| kernel(VolumeRank { close: Before::default(), volume: Before::default() }, [0])),
        Entry::new("VFI", Volume, "Volume flow indicator (Katsanos)", "Katsanos (2004), Technical Analysis of Stocks and Commodities 22(6): volumes signed by the change of the typical price, where it is more than coef times the deviation of 30 log changes times the close, and capped at vcoef mean volumes; 0 without volume")
            .of(&["high", "low", "close", "volume"])
            .period(1, 130)
            .real("coef", "Change of the price that counts, in deviations of 30 changes: 0.2 of days, 0.1 within a day", (0.0, 1e6), 0.2)
            .real("vcoef", "Volume at most, in mean volumes", (0.0, 1e9), 2.5)
            .out(&["real"])
            .build(|p| {
                let n = p[0] as usize;
                let state = VolumeFlow { typical: Before::default(), changes: Window::new(CHANGES), volume: Sum::new(n), average_before: None, flow: Sum::new(n), smooth: Average::exponential(3), coef: p[1], vcoef: p[2] };
                kernel(state, [n.max(CHANGES) + n + 1])
            }),
        Entry::new("PVOL", Volume, "Price times volume", "c * v")
            .of(&["close", "volume"])
            .out(&["real"])
            .build(|_| kernel(PriceVolume, [0])),
    ]
}
