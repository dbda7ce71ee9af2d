//! Price against volume, where TA-Lib has nothing or another definition.

use super::entry::{Entry, kernel};
use crate::error::Error;
use crate::kernel::{Step, state};
use crate::spec::{Family::Volume, Spec};
use crate::typed::{Bar, NotFinite, checked, push, take, typed};
use crate::window::{Average, Before, Sum};

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

state! {
    struct VolumeFlow { close: Before, volume: Sum, average_before: Option<f64>, flow: Sum, averages: Sum, smooth: Average, threshold: f64, cap: f64 }
}

impl Step<2, 1> for VolumeFlow {
    fn step(&mut self, [close, volume]: [f64; 2], out: &mut [f64; 1]) {
        let before = self.close.push(close);
        let cap_from = std::mem::replace(&mut self.average_before, self.volume.mean(volume));
        let (Some(before), Some(average)) = (before, cap_from) else { return };
        let change = close - before;
        let counted = if change.abs() > self.threshold * close { change } else { 0.0 };
        let flow = self.flow.push(volume.min(average * self.cap) * counted);
        if let (Some(flow), Some(mean)) = (flow, self.averages.mean(average)) {
            let ratio = if mean > 0.0 { flow / mean } else { 0.0 };
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
        Entry::new("VFI", Volume, "Volume flow index on the close (Katsanos)", "EMA 3 of sum(min(v, cap * mean v before) * (c - c before where beyond threshold * c)) / mean of the mean volumes; 0 without volume")
            .of(&["close", "volume"])
            .period(1, 130)
            .real("threshold", "Part of the close that a change must exceed", (0.0, 1.0), 0.2)
            .real("cap", "Volume at most, in mean volumes", (0.0, 1e9), 2.5)
            .out(&["real"])
            .build(|p| {
                let n = p[0] as usize;
                let state = VolumeFlow { close: Before::default(), volume: Sum::new(n), average_before: None, flow: Sum::new(n), averages: Sum::new(n), smooth: Average::exponential(3), threshold: p[1], cap: p[2] };
                kernel(state, [2 * n + 1])
            }),
        Entry::new("PVOL", Volume, "Price times volume", "c * v")
            .of(&["close", "volume"])
            .out(&["real"])
            .build(|_| kernel(PriceVolume, [0])),
    ]
}
