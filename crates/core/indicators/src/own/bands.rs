//! Channels, clouds and stops that TA-Lib lacks or defines otherwise.

use super::entry::{Entry, kernel};
use crate::error::Error;
use crate::highest::Channel;
use crate::kernel::{SILENT, Step, state};
use crate::spec::{Family::Overlap, Family::Volatility, Spec};
use crate::talib::steps::{Keltner, MoneyFlow};
use crate::typed::{Bar, NotFinite, checked, push, take, typed};
use crate::window::{Average, Before, Sum, TrueRange, Window, mean, squares};

fn middle((top, bottom): (f64, f64)) -> f64 {
    (top + bottom) / 2.0
}

state! {
    struct Cloud { tenkan: Channel, kijun: Channel, wide: Channel, ahead_a: Window, ahead_b: Window }
}

impl Step<2, 6> for Cloud {
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 6]) {
        let tenkan = self.tenkan.push(high, low).map(middle);
        let kijun = self.kijun.push(high, low).map(middle);
        let wide = self.wide.push(high, low).map(middle);
        tenkan.into_iter().for_each(|it| out[0] = it);
        kijun.into_iter().for_each(|it| out[1] = it);
        if let (Some(tenkan), Some(kijun)) = (tenkan, kijun) {
            out[2] = (tenkan + kijun) / 2.0;
            self.ahead_a.push(out[2]).into_iter().for_each(|it| out[4] = it);
        }
        if let Some(wide) = wide {
            out[3] = wide;
            self.ahead_b.push(wide).into_iter().for_each(|it| out[5] = it);
        }
    }
}

state! {
    struct DonchianBefore { channel: Channel, before: Option<(f64, f64)> }
}

impl Step<2, 3> for DonchianBefore {
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 3]) {
        if let Some((upper, lower)) = self.before {
            *out = [upper, (upper + lower) / 2.0, lower];
        }
        self.before = self.channel.push(high, low);
    }
}

typed! {
    KeltnerEma "KELTNER_EMA" Keltner<0> = Keltner::<0>::new; (high low close) (timeperiod: u32 factor: f64) -> 3;
}

state! {
    struct SuperTrend { range: TrueRange, atr: Average, factor: f64, bands: Option<(f64, f64)>, up: bool }
}

impl Step<3, 2> for SuperTrend {
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 2]) {
        let Some(atr) = self.range.push(high, low, close).and_then(|it| self.atr.push(it)) else { return };
        let middle = (high + low) / 2.0;
        let (mut upper, mut lower) = (middle + self.factor * atr, middle - self.factor * atr);
        if let Some((upper_before, lower_before)) = self.bands {
            if close > upper_before {
                self.up = true;
            } else if close < lower_before {
                self.up = false;
            } else if self.up && lower < lower_before {
                lower = lower_before;
            } else if !self.up && upper > upper_before {
                upper = upper_before;
            }
        }
        self.bands = Some((upper, lower));
        *out = if self.up { [lower, 1.0] } else { [upper, -1.0] };
    }
}

state! {
    struct Chandelier { range: TrueRange, atr: Average, channel: Channel, factor: f64 }
}

impl Step<3, 2> for Chandelier {
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 2]) {
        let channel = self.channel.push(high, low);
        let atr = self.range.push(high, low, close).and_then(|it| self.atr.push(it));
        if let (Some(atr), Some((top, bottom))) = (atr, channel) {
            *out = [top - self.factor * atr, bottom + self.factor * atr];
        }
    }
}

state! {
    struct Squeeze { close: Window, range: TrueRange, band: Sum, deviations: f64, factor: f64 }
}

impl Step<3, 1> for Squeeze {
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        self.close.push(close);
        let range = self.range.push(high, low, close).and_then(|it| self.band.mean(it));
        if let (Some(range), Some(closes)) = (range, self.close.full()) {
            let basis = mean(closes);
            let bollinger = self.deviations * (squares(closes) / closes.len() as f64).sqrt();
            let keltner = self.factor * range;
            let inside = basis - bollinger > basis - keltner && basis + bollinger < basis + keltner;
            out[0] = f64::from(u8::from(inside));
        }
    }
}

state! {
    struct Aberration { price: Sum, range: TrueRange, atr: Average }
}

impl Step<3, 4> for Aberration {
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 4]) {
        let middle = self.price.mean((high + low + close) / 3.0);
        let atr = self.range.push(high, low, close).and_then(|it| self.atr.push(it));
        middle.into_iter().for_each(|it| out[0] = it);
        if let Some(atr) = atr {
            out[3] = atr;
            if let Some(middle) = middle {
                out[1] = middle + atr;
                out[2] = middle - atr;
            }
        }
    }
}

/// Whether a price is above another by more than the rounding of a running mean.
fn is_above(price: f64, other: f64) -> bool {
    price - other > 1e-12 * (price.abs() + other.abs())
}

state! {
    struct HiLo { high: Sum, low: Sum, high_before: Before, low_before: Before, value: Option<f64> }
}

impl Step<3, 1> for HiLo {
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        let (Some(above), Some(below)) = (self.high.mean(high), self.low.mean(low)) else { return };
        let before = (self.high_before.push(above), self.low_before.push(below));
        let value = match before {
            (Some(was), _) if is_above(close, was) => below,
            (_, Some(was)) if is_above(was, close) => above,
            // Until the first crossing it is the side on which the close lies now.
            _ => self.value.unwrap_or(if is_above(below, close) { above } else { below }),
        };
        self.value = Some(value);
        out[0] = value;
    }
}

/// What running sums leave of a money flow index, which is of 100, by rounding: of a window of rises alone it is hardly ever 100.
const FLOW_ROUNDING: f64 = 1e-9;

state! {
    struct AlphaTrend { flow: MoneyFlow, range: TrueRange, mean: Sum, factor: f64, threshold: f64, line: Option<f64> }
}

impl Step<4, 1> for AlphaTrend {
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        let mut flow = [SILENT];
        self.flow.step([high, low, close, volume], &mut flow);
        let range = self.range.push(high, low, close).and_then(|it| self.mean.mean(it));
        let Some(width) = range.map(|it| self.factor * it) else { return };
        let line = if flow[0] >= self.threshold - FLOW_ROUNDING {
            self.line.map_or(low - width, |before| before.max(low - width))
        } else {
            self.line.map_or(high + width, |before| before.min(high + width))
        };
        self.line = Some(line);
        out[0] = line;
    }
}

pub(super) fn specs() -> Vec<Spec> {
    vec![
        Entry::new("ICHIMOKU_CLOUD", Overlap, "Ichimoku cloud with what is known at the bar", "mid(n) = (max high + min low) / 2; tenkan mid(9), kijun mid(26), spana (tenkan + kijun) / 2, spanb mid(52); cloudA, cloudB: the spans of 26 bars ago, which lie at this bar. No lagging span: it would look ahead")
            .of(&["high", "low"])
            .whole("tenkanperiod", "Rows of the conversion line", 1, 9)
            .whole("kijunperiod", "Rows of the base line, and of the shift", 1, 26)
            .whole("senkoubperiod", "Rows of the second span", 1, 52)
            .out(&["tenkan", "kijun", "spana", "spanb", "clouda", "cloudb"])
            .window()
            .build(|p| {
                let [tenkan, kijun, wide] = [p[0] as usize, p[1] as usize, p[2] as usize];
                let a = tenkan.max(kijun) - 1;
                let state = Cloud { tenkan: Channel::new(tenkan), kijun: Channel::new(kijun), wide: Channel::new(wide), ahead_a: Window::new(kijun), ahead_b: Window::new(kijun) };
                kernel(state, [tenkan - 1, kijun - 1, a, wide - 1, a + kijun, wide - 1 + kijun])
            }),
        Entry::new("DONCHIAN_PREV", Overlap, "Donchian channel of the bars before this one", "max high and min low of the n bars before; the channel that a breakout is measured against")
            .of(&["high", "low"])
            .period(1, 20)
            .out(&["upperband", "middleband", "lowerband"])
            .window()
            .build(|p| {
                let n = p[0] as usize;
                kernel(DonchianBefore { channel: Channel::new(n), before: None }, [n; 3])
            }),
        Entry::new("KELTNER_EMA", Overlap, "Keltner channel on exponential averages of close and true range", "basis EMA(close); bands basis +- factor * EMA(true range), seeded by simple means (pandas-ta `kc`)")
            .of(&["high", "low", "close"])
            .period(1, 20)
            .real("factor", "Width in average ranges", (0.0, 1000.0), 2.0)
            .out(&["upperband", "middleband", "lowerband"])
            .build(|p| {
                let n = p[0] as usize;
                kernel(Keltner::<0>::new(p), [n, n - 1, n])
            }),
        Entry::new("SUPERTREND_RMA", Overlap, "SuperTrend whose first direction is up", "(high + low) / 2 +- factor * ATR (Wilder), bands that only tighten, turned by a close beyond the band before (pandas-ta `supertrend`); direction 1 or -1")
            .of(&["high", "low", "close"])
            .period(1, 7)
            .real("factor", "Width in average ranges", (0.0, 1000.0), 3.0)
            .out(&["supertrend", "direction"])
            .build(|p| {
                let n = p[0] as usize;
                let state = SuperTrend { range: TrueRange::default(), atr: Average::wilder(n), factor: p[1], bands: None, up: true };
                kernel(state, [n; 2])
            }),
        Entry::new("CHANDELIER", Overlap, "Chandelier exit (Le Beau)", "max high - factor * ATR for longs, min low + factor * ATR for shorts")
            .of(&["high", "low", "close"])
            .period(1, 22)
            .real("factor", "Distance in average ranges", (0.0, 1000.0), 3.0)
            .out(&["long", "short"])
            .window()
            .build(|p| {
                let n = p[0] as usize;
                let state = Chandelier { range: TrueRange::default(), atr: Average::wilder(n), channel: Channel::new(n), factor: p[1] };
                kernel(state, [n; 2])
            }),
        Entry::new("ALPHATREND", Overlap, "AlphaTrend: a line that the range pushes where the money flows (Ozbilgic 2021)", "the larger of itself and low - factor * range while MFI is not below the threshold, else the smaller of itself and high + factor * range; range SMA(true range) (K. Ozbilgic, script of TradingView; pandas-ta `alphatrend`). The script begins at zero")
            .of(&["high", "low", "close", "volume"])
            .period(2, 14)
            .real("factor", "Distance in average ranges", (0.0, 1000.0), 1.0)
            .real("threshold", "The money flow index from which on the line is below", (0.0, 100.0), 50.0)
            .out(&["real"])
            .build(|p| {
                let n = p[0] as usize;
                let state = AlphaTrend { flow: MoneyFlow::new(p[0]), range: TrueRange::default(), mean: Sum::new(n), factor: p[1], threshold: p[2], line: None };
                kernel(state, [n])
            }),
        Entry::new("SQUEEZE", Volatility, "Whether the Bollinger bands lie inside the Keltner channel", "1 if SMA +- d sd is inside SMA +- f SMA(true range), else 0 (Carter; pandas-ta `squeeze`)")
            .of(&["high", "low", "close"])
            .period(1, 20)
            .real("deviations", "Width of the Bollinger bands", (0.0, 1000.0), 2.0)
            .real("factor", "Width of the Keltner channel", (0.0, 1000.0), 1.5)
            .out(&["on"])
            .window()
            .build(|p| {
                let n = p[0] as usize;
                let state = Squeeze { close: Window::new(n), range: TrueRange::default(), band: Sum::new(n), deviations: p[1], factor: p[2] };
                kernel(state, [n])
            }),
        Entry::new("ABERRATION", Volatility, "Aberration: typical price with a band of the average true range", "middle SMA(typical price, n); bands middle +- ATR(m) (pandas-ta `aberration`)")
            .of(&["high", "low", "close"])
            .period(1, 5)
            .whole("atrperiod", "Rows of the range", 1, 15)
            .out(&["middleband", "upperband", "lowerband", "atr"])
            .build(|p| {
                let [n, m] = [p[0] as usize, p[1] as usize];
                let both = (n - 1).max(m);
                let state = Aberration { price: Sum::new(n), range: TrueRange::default(), atr: Average::wilder(m) };
                kernel(state, [n - 1, both, both, m])
            }),
        Entry::new("HILO", Overlap, "Gann HiLo activator", "mean of lows after a close above the mean of highs of the bar before, mean of highs after one below the mean of lows, else as it was")
            .of(&["high", "low", "close"])
            .whole("highperiod", "Rows of the mean of highs", 1, 13)
            .whole("lowperiod", "Rows of the mean of lows", 1, 21)
            .out(&["real"])
            .build(|p| {
                let [high, low] = [p[0] as usize, p[1] as usize];
                let state = HiLo { high: Sum::new(high), low: Sum::new(low), high_before: Before::default(), low_before: Before::default(), value: None };
                kernel(state, [high.max(low) - 1])
            }),
    ]
}
