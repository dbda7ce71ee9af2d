//! The Hilbert transform family (Ehlers, "Rocket Science for Traders", 2001) on one engine: dominant cycle period and
//! phase, phasor, sine wave, trend mode, trend line and MAMA. The definitions are TA-Lib's.
//!
//! TA-Lib takes two trigonometric functions for each bar of the cycle, at each bar. Their arguments are whole parts of a
//! circle of at most 50 steps, so they are read from a table here, in the same order of summation.

use std::sync::LazyLock;

use super::circle::sine_cosine;
use crate::kernel::{Step, Stepped, seated};
use crate::spec::Built;

/// The longest cycle, in bars.
const CYCLE_MAX: usize = 50;
const A: f64 = 0.0962;
const B: f64 = 0.5769;
const DEGREES: f64 = 180.0 / std::f64::consts::PI;
/// Rows before the Hilbert transform begins, where the first value is that of row 32, and where it is that of row 63.
const SHORT: (usize, usize) = (12, 32);
const LONG: (usize, usize) = (37, 63);

/// Sine and cosine of `i / n` of a circle, at `n * CYCLE_MAX + i`.
static CIRCLE: LazyLock<Vec<[f64; 2]>> = LazyLock::new(|| {
    let mut table = vec![[0.0, 1.0]; (CYCLE_MAX + 1) * CYCLE_MAX];
    for n in 1..=CYCLE_MAX {
        for i in 0..n {
            let angle = i as f64 * (libm::atan(1.0) * 8.0) / n as f64;
            table[n * CYCLE_MAX + i] = sine_cosine(angle);
        }
    }
    table
});

/// One of the four transforms: the delay lines of even and odd rows.
#[derive(Clone, Copy, Default)]
struct Line {
    delay: [[f64; 3]; 2],
    held: [f64; 2],
    input: [f64; 2],
}

impl Line {
    #[inline]
    fn transform(&mut self, x: f64, odd: usize, place: usize, adjust: f64) -> f64 {
        // What is known of earlier rows is summed first: the way from `x` to the answer is the shortest there is, and the
        // period of the next row waits at its end.
        let held = B * self.input[odd];
        let known = held - self.held[odd] - self.delay[odd][place];
        let scaled = A * x;
        self.delay[odd][place] = scaled;
        self.held[odd] = held;
        self.input[odd] = x;
        (scaled + known) * adjust
    }
}

/// The last 50 values, newest first at `from()`.
#[derive(Clone, Copy)]
struct Recent {
    /// Each value twice, 50 places apart, so that the last 50 always lie side by side.
    values: [f64; 2 * CYCLE_MAX],
    place: usize,
}

impl Recent {
    fn new() -> Recent {
        Recent { values: [0.0; 2 * CYCLE_MAX], place: 0 }
    }

    #[inline]
    fn put(&mut self, value: f64) {
        self.place = if self.place == 0 { CYCLE_MAX - 1 } else { self.place - 1 };
        self.values[self.place] = value;
        self.values[self.place + CYCLE_MAX] = value;
    }

    #[inline]
    fn newest(&self, n: usize) -> &[f64] {
        &self.values[self.place..self.place + n]
    }
}

/// What the engine knows of one row.
#[derive(Clone, Copy)]
struct Cycle {
    smoothed: f64,
    in_phase: f64,
    quadrature: f64,
}

/// The engine: smooths the price, transforms it, and follows the period of the dominant cycle.
#[derive(Clone, Copy)]
struct Engine {
    rows: usize,
    begins: usize,
    prices: [f64; 4],
    sub: f64,
    sum: f64,
    trailing: f64,
    place: usize,
    lines: [Line; 4],
    before2: [f64; 2],
    before3: [f64; 2],
    q2: f64,
    i2: f64,
    re: f64,
    im: f64,
    period: f64,
}

impl Engine {
    fn new(begins: usize) -> Engine {
        Engine {
            rows: 0,
            begins,
            prices: [0.0; 4],
            sub: 0.0,
            sum: 0.0,
            trailing: 0.0,
            place: 0,
            lines: [Line::default(); 4],
            before2: [0.0; 2],
            before3: [0.0; 2],
            q2: 0.0,
            i2: 0.0,
            re: 0.0,
            im: 0.0,
            period: 0.0,
        }
    }

    /// The price smoothed by a weighted mean of four, from the fourth row on.
    #[inline]
    fn smooth(&mut self, price: f64) -> f64 {
        let t = self.rows;
        self.rows += 1;
        if t < 3 {
            self.prices[t] = price;
            self.sub += price;
            self.sum += price * (t + 1) as f64;
            return 0.0;
        }
        self.sub += price;
        self.sub -= self.trailing;
        self.sum += price * 4.0;
        self.prices[t % 4] = price;
        self.trailing = self.prices[(t + 1) % 4];
        let smoothed = self.sum * 0.1;
        self.sum -= self.sub;
        smoothed
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<Cycle> {
        let t = self.rows;
        let smoothed = self.smooth(price);
        if t < self.begins {
            return None;
        }
        let odd = t % 2;
        let adjust = 0.075 * self.period + 0.54;
        let in_phase = self.before3[odd];
        let detrender = self.lines[0].transform(smoothed, odd, self.place, adjust);
        let quadrature = self.lines[1].transform(detrender, odd, self.place, adjust);
        let j_i = self.lines[2].transform(in_phase, odd, self.place, adjust);
        let j_q = self.lines[3].transform(quadrature, odd, self.place, adjust);
        if odd == 0 {
            self.place = if self.place == 2 { 0 } else { self.place + 1 };
        }
        let q2 = 0.2 * quadrature + (0.2 * j_i + 0.8 * self.q2);
        let i2 = (0.2 * in_phase + 0.8 * self.i2) - 0.2 * j_q;
        self.before3[1 - odd] = self.before2[1 - odd];
        self.before2[1 - odd] = detrender;
        self.follow(q2, i2);
        Some(Cycle { smoothed, in_phase, quadrature })
    }

    /// The homodyne discriminator: the period out of the turn of the phasor since the row before.
    #[inline]
    fn follow(&mut self, q2: f64, i2: f64) {
        let (fifth_i2, fifth_q2) = (0.2 * self.i2, 0.2 * self.q2);
        self.re = i2 * fifth_i2 + (q2 * fifth_q2 + 0.8 * self.re);
        self.im = i2 * fifth_q2 + (0.8 * self.im - q2 * fifth_i2);
        self.q2 = q2;
        self.i2 = i2;
        let before = self.period;
        let mut period = before;
        if self.im != 0.0 && self.re != 0.0 {
            period = 2.0 * std::f64::consts::PI / libm::atan(self.im / self.re);
        }
        if period > 1.5 * before {
            period = 1.5 * before;
        }
        if period < 0.67 * before {
            period = 0.67 * before;
        }
        self.period = 0.2 * period.clamp(6.0, 50.0) + 0.8 * before;
    }
}

/// The period, smoothed once more.
#[derive(Clone, Copy)]
struct Period {
    engine: Engine,
    smooth: f64,
}

impl Period {
    fn new(begins: usize) -> Period {
        Period { engine: Engine::new(begins), smooth: 0.0 }
    }

    #[inline]
    fn step(&mut self, price: f64) -> Option<Cycle> {
        let cycle = self.engine.step(price)?;
        self.smooth = 0.33 * self.engine.period + 0.67 * self.smooth;
        Some(cycle)
    }

    /// The period in whole bars, at most the longest cycle.
    #[inline]
    fn bars(&self) -> usize {
        ((self.smooth + 0.5) as usize).min(CYCLE_MAX)
    }
}

/// The phase of the dominant cycle.
#[derive(Clone, Copy)]
struct Phase {
    period: Period,
    smoothed: Recent,
    degrees: f64,
}

impl Phase {
    fn new() -> Phase {
        Phase { period: Period::new(LONG.0), smoothed: Recent::new(), degrees: 0.0 }
    }

    /// Whether the row was late enough to have a phase.
    #[inline]
    fn step(&mut self, price: f64, circle: &[[f64; 2]]) -> bool {
        let Some(cycle) = self.period.step(price) else { return false };
        self.smoothed.put(cycle.smoothed);
        let n = self.period.bars();
        let (mut real, mut imaginary) = (0.0, 0.0);
        for ([sine, cosine], x) in circle[n * CYCLE_MAX..].iter().zip(self.smoothed.newest(n)) {
            real += sine * x;
            imaginary += cosine * x;
        }
        if imaginary != 0.0 {
            self.degrees = libm::atan(real / imaginary) * DEGREES;
        } else if real < 0.0 {
            self.degrees -= 90.0;
        } else if real > 0.0 {
            self.degrees += 90.0;
        }
        self.degrees += 90.0;
        // The lag of one bar of the weighted mean.
        self.degrees += 360.0 / self.period.smooth;
        if imaginary < 0.0 {
            self.degrees += 180.0;
        }
        if self.degrees > 315.0 {
            self.degrees -= 360.0;
        }
        true
    }

    /// The sine wave, and the one that leads it by 45 degrees.
    #[inline]
    fn waves(&self) -> (f64, f64) {
        (libm::sin(self.degrees / DEGREES), libm::sin((self.degrees + 45.0) / DEGREES))
    }
}

/// The mean of the raw price over the dominant cycle, and the weighted mean of the last four of these.
#[derive(Clone, Copy)]
struct Trend {
    prices: Recent,
    before: [f64; 3],
}

impl Trend {
    fn new() -> Trend {
        Trend { prices: Recent::new(), before: [0.0; 3] }
    }

    #[inline]
    fn line(&mut self, bars: usize) -> f64 {
        let sum = self.prices.newest(bars).iter().fold(0.0, |sum, x| sum + x);
        let mean = if bars > 0 { sum / bars as f64 } else { sum };
        let [one, two, three] = self.before;
        self.before = [mean, one, two];
        (4.0 * mean + 3.0 * one + 2.0 * two + three) / 10.0
    }
}

macro_rules! plain {
    ($($name:ident { $($field:ident : $ty:ty),* })*) => {
        $(#[derive(Clone)]
        struct $name { $($field: $ty),* })*
    };
}

plain! {
    DcPeriod { period: Period }
    Phasor { engine: Engine }
    DcPhase { phase: Phase, circle: &'static [[f64; 2]] }
    Sine { phase: Phase, circle: &'static [[f64; 2]] }
    Trendline { period: Period, trend: Trend }
    TrendMode { phase: Phase, circle: &'static [[f64; 2]], trend: Trend, waves: (f64, f64), days: usize }
    Mama { engine: Engine, fast: f64, slow: f64, phase: f64, mama: f64, fama: f64 }
}

impl Step<1, 1> for DcPeriod {
    #[inline]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 1]) {
        if self.period.step(price).is_some() && self.period.engine.rows > SHORT.1 {
            out[0] = self.period.smooth;
        }
    }
}

impl Step<1, 2> for Phasor {
    #[inline]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 2]) {
        if let Some(cycle) = self.engine.step(price)
            && self.engine.rows > SHORT.1
        {
            *out = [cycle.in_phase, cycle.quadrature];
        }
    }
}

impl Step<1, 1> for DcPhase {
    #[inline]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 1]) {
        if self.phase.step(price, self.circle) && self.phase.period.engine.rows > LONG.1 {
            out[0] = self.phase.degrees;
        }
    }
}

impl Step<1, 2> for Sine {
    #[inline]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 2]) {
        if self.phase.step(price, self.circle) && self.phase.period.engine.rows > LONG.1 {
            let (sine, lead) = self.phase.waves();
            *out = [sine, lead];
        }
    }
}

impl Step<1, 1> for Trendline {
    #[inline]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 1]) {
        self.trend.prices.put(price);
        if self.period.step(price).is_some() {
            let line = self.trend.line(self.period.bars());
            if self.period.engine.rows > LONG.1 {
                out[0] = line;
            }
        }
    }
}

impl Step<1, 1> for TrendMode {
    const INTEGER: bool = true;

    #[inline]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 1]) {
        self.trend.prices.put(price);
        let before = self.phase.degrees;
        if !self.phase.step(price, self.circle) {
            return;
        }
        let smooth = self.phase.period.smooth;
        let line = self.trend.line(self.phase.period.bars());
        let (sine, lead) = self.phase.waves();
        let (sine_before, lead_before) = std::mem::replace(&mut self.waves, (sine, lead));
        let mut trend = true;
        if (sine > lead && sine_before <= lead_before) || (sine < lead && sine_before >= lead_before) {
            self.days = 0;
            trend = false;
        }
        self.days += 1;
        let turn = self.phase.degrees - before;
        let even = turn > 0.67 * 360.0 / smooth && turn < 1.5 * 360.0 / smooth;
        if (self.days as f64) < 0.5 * smooth || (smooth != 0.0 && even) {
            trend = false;
        }
        let smoothed = self.phase.smoothed.newest(1)[0];
        if line != 0.0 && ((smoothed - line) / line).abs() >= 0.015 {
            trend = true;
        }
        if self.phase.period.engine.rows > LONG.1 {
            out[0] = f64::from(u8::from(trend));
        }
    }
}

impl Step<1, 2> for Mama {
    #[inline]
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 2]) {
        let Some(cycle) = self.engine.step(price) else { return };
        let phase =
            if cycle.in_phase == 0.0 { 0.0 } else { libm::atan(cycle.quadrature / cycle.in_phase) * DEGREES };
        let turn = (self.phase - phase).max(1.0);
        self.phase = phase;
        let alpha = if turn > 1.0 { (self.fast / turn).max(self.slow) } else { self.fast };
        self.mama = alpha * price + (1.0 - alpha) * self.mama;
        self.fama = 0.5 * alpha * self.mama + (1.0 - 0.5 * alpha) * self.fama;
        if self.engine.rows > SHORT.1 {
            *out = [self.mama, self.fama];
        }
    }
}

pub(super) fn dc_period(_: &[f64]) -> Result<Built, (usize, String)> {
    let state = DcPeriod { period: Period::new(SHORT.0) };
    Ok((seated(Stepped::new(state, [SHORT.1])), vec![SHORT.1]))
}

pub(super) fn phasor(_: &[f64]) -> Result<Built, (usize, String)> {
    let state = Phasor { engine: Engine::new(SHORT.0) };
    Ok((seated(Stepped::new(state, [SHORT.1; 2])), vec![SHORT.1; 2]))
}

pub(super) fn dc_phase(_: &[f64]) -> Result<Built, (usize, String)> {
    let state = DcPhase { phase: Phase::new(), circle: &CIRCLE };
    Ok((seated(Stepped::new(state, [LONG.1])), vec![LONG.1]))
}

pub(super) fn sine(_: &[f64]) -> Result<Built, (usize, String)> {
    let state = Sine { phase: Phase::new(), circle: &CIRCLE };
    Ok((seated(Stepped::new(state, [LONG.1; 2])), vec![LONG.1; 2]))
}

pub(super) fn trendline(_: &[f64]) -> Result<Built, (usize, String)> {
    let state = Trendline { period: Period::new(LONG.0), trend: Trend::new() };
    Ok((seated(Stepped::new(state, [LONG.1])), vec![LONG.1]))
}

pub(super) fn trend_mode(_: &[f64]) -> Result<Built, (usize, String)> {
    let state =
        TrendMode { phase: Phase::new(), circle: &CIRCLE, trend: Trend::new(), waves: (0.0, 0.0), days: 0 };
    Ok((seated(Stepped::new(state, [LONG.1])), vec![LONG.1]))
}

pub(super) fn mama(parameters: &[f64]) -> Result<Built, (usize, String)> {
    let &[fast, slow] = parameters else { return Err((0, "given with slowlimit".to_owned())) };
    let state = Mama { engine: Engine::new(SHORT.0), fast, slow, phase: 0.0, mama: 0.0, fama: 0.0 };
    Ok((seated(Stepped::new(state, [SHORT.1; 2])), vec![SHORT.1; 2]))
}
