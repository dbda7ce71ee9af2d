//! Prices weighted by volume: rolling, by session, from an anchor; and the profile of volume over price.

use super::entry::{Entry, kernel};
use crate::highest::{largest, smallest};
use crate::kernel::{Step, state};
use crate::spec::{Family::Volume, Spec};
use crate::window::{Sum, Window};

state! {
    struct Rolling { money: Sum, volume: Sum }
}

impl Step<4, 1> for Rolling {
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        let typical = (high + low + close) / 3.0;
        if let (Some(money), Some(volume)) = (self.money.push(typical * volume), self.volume.push(volume)) {
            out[0] = money / volume;
        }
    }
}

state! {
    struct Session { length: f64, offset: f64, session: Option<f64>, money: f64, volume: f64 }
}

impl Step<5, 1> for Session {
    fn step(&mut self, [high, low, close, volume, time]: [f64; 5], out: &mut [f64; 1]) {
        let session = Some(((time - self.offset) / self.length).floor());
        if self.session != session {
            self.session = session;
            self.money = 0.0;
            self.volume = 0.0;
        }
        self.money += (high + low + close) / 3.0 * volume;
        self.volume += volume;
        out[0] = self.money / self.volume;
    }
}

state! {
    struct Anchored { anchor: f64, money: f64, volume: f64 }
}

impl Step<5, 1> for Anchored {
    fn step(&mut self, [high, low, close, volume, time]: [f64; 5], out: &mut [f64; 1]) {
        if time >= self.anchor {
            self.money += (high + low + close) / 3.0 * volume;
            self.volume += volume;
            out[0] = self.money / self.volume;
        }
    }
}

state! {
    struct Profile { high: Window, low: Window, volume: Window, bins: Vec<f64>, share: f64 }
}

impl Step<3, 3> for Profile {
    fn step(&mut self, [high, low, volume]: [f64; 3], out: &mut [f64; 3]) {
        self.high.push(high);
        self.low.push(low);
        self.volume.push(volume);
        let (Some(highs), Some(lows), Some(volumes)) =
            (self.high.full(), self.low.full(), self.volume.full())
        else {
            return;
        };
        let (bottom, top) = (smallest(lows), largest(highs));
        let width = (top - bottom) / self.bins.len() as f64;
        if width <= 0.0 {
            *out = [bottom; 3];
            return;
        }
        self.bins.fill(0.0);
        for ((high, low), volume) in highs.iter().zip(lows).zip(volumes) {
            spread(&mut self.bins, (low - bottom) / width, (high - bottom) / width, *volume);
        }
        let (poc, from, to) = value_area(&self.bins, self.share);
        *out = [
            bottom + (poc as f64 + 0.5) * width,
            bottom + (to as f64 + 1.0) * width,
            bottom + from as f64 * width,
        ];
    }
}

/// Spreads a volume evenly from `low` to `high`, both in bins.
fn spread(bins: &mut [f64], low: f64, high: f64, volume: f64) {
    let last = bins.len() - 1;
    let from = (low as usize).min(last);
    let to = (high as usize).min(last);
    if from == to {
        bins[from] += volume;
        return;
    }
    let per_bin = volume / (high - low);
    for (k, bin) in bins.iter_mut().enumerate().take(to + 1).skip(from) {
        *bin += per_bin * ((k as f64 + 1.0).min(high) - (k as f64).max(low)).max(0.0);
    }
}

/// The fullest bin (the lowest of equals), and the bins around it that hold the share: at each step the fuller neighbour
/// joins, the upper one of equals.
fn value_area(bins: &[f64], share: f64) -> (usize, usize, usize) {
    let poc = (0..bins.len()).fold(0, |best, k| if bins[k] > bins[best] { k } else { best });
    let wanted = share * bins.iter().fold(0.0, |sum, x| sum + x);
    let (mut from, mut to, mut held) = (poc, poc, bins[poc]);
    while held < wanted && (from > 0 || to + 1 < bins.len()) {
        let above = bins.get(to + 1).copied();
        let below = if from > 0 { Some(bins[from - 1]) } else { None };
        match (above, below) {
            (Some(above), below) if below.is_none_or(|it| above >= it) => {
                to += 1;
                held += above;
            }
            (_, Some(below)) => {
                from -= 1;
                held += below;
            }
            _ => break,
        }
    }
    (poc, from, to)
}

pub(super) fn specs() -> Vec<Spec> {
    let tape = ["high", "low", "close", "volume"];
    let timed = ["high", "low", "close", "volume", "time"];
    let time = (-8.64e15, 8.64e15);
    vec![
        Entry::new("VWAP_ROLLING", Volume, "Volume weighted price of the last bars", "sum(tp * v) / sum(v), tp = (high + low + close) / 3; silent without volume")
            .of(&tape)
            .period(1, 20)
            .out(&["real"])
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(Rolling { money: Sum::new(n), volume: Sum::new(n) }, [n - 1])
            }),
        Entry::new("VWAP_SESSION", Volume, "Volume weighted price since the session began", "sum(tp * v) / sum(v) since the last multiple of the session's length after the offset; time in milliseconds since 1970 UTC, so the default is the UTC day; silent without volume")
            .of(&timed)
            .real("session", "Length of a session in milliseconds", (1.0, 8.64e15), 86_400_000.0)
            .real("offset", "Begin of a session in milliseconds", time, 0.0)
            .out(&["real"])
            .partial()
            .build(|p| kernel(Session { length: p[0], offset: p[1], session: None, money: 0.0, volume: 0.0 }, [0])),
        Entry::new("VWAP_ANCHORED", Volume, "Volume weighted price since a moment", "sum(tp * v) / sum(v) over bars whose time is at or after the anchor; silent before it and without volume")
            .of(&timed)
            .real("anchor", "The moment, in milliseconds since 1970 UTC", time, 0.0)
            .out(&["real"])
            .partial()
            .build(|p| kernel(Anchored { anchor: p[0], money: 0.0, volume: 0.0 }, [0])),
        Entry::new("VOLUME_PROFILE", Volume, "Volume profile: point of control and value area", "the volume of each bar is spread evenly over its range; the point of control is the middle of the fullest bin, the value area grows around it by the fuller neighbour until it holds the share")
            .of(&["high", "low", "volume"])
            .period(1, 60)
            .whole("bins", "Bins between the lowest low and the highest high", 1, 24)
            .real("share", "Share of the volume inside the value area", (0.0, 1.0), 0.7)
            .out(&["poc", "valuehigh", "valuelow"])
            .window()
            .build(|p| {
                let n = p[0] as usize;
                let state = Profile { high: Window::new(n), low: Window::new(n), volume: Window::new(n), bins: vec![0.0; p[1] as usize], share: p[2] };
                kernel(state, [n - 1; 3])
            }),
    ]
}
