//! The Tasuki gap, decided by comparisons that do not branch. The definition is TA-Lib's.

use crate::kernel::{Step, Stepped};
use crate::spec::Built;

#[derive(Clone)]
struct TasukiGap {
    seen: usize,
    /// Open and close one and two bars ago.
    one: [f64; 2],
    two: [f64; 2],
    /// Ranges of the bars up to the one before, the newest at `place`.
    ranges: [f64; 8],
    near: f64,
}

impl Step<4, 1> for TasukiGap {
    #[inline]
    fn step(&mut self, [open, high, low, close]: [f64; 4], out: &mut [f64; 1]) {
        let t = self.seen;
        self.seen += 1;
        let [one_open, one_close] = self.one;
        let [two_open, two_close] = self.two;
        if t >= 7 {
            let (two_top, two_bottom) = (two_open.max(two_close), two_open.min(two_close));
            let body = (one_close - one_open).abs();
            let similar = (body - (close - open).abs()).abs() < 0.2 * (self.near / 5.0);
            let white = one_close >= one_open;
            let up = (one_open > two_top) & white & (close < open) & (open < one_close) & (open > one_open);
            let up = up & (close < one_open) & (close > two_top);
            let down =
                (one_open < two_bottom) & !white & (close >= open) & (open < one_open) & (open > one_close);
            let down = down & (close > one_open) & (close < two_bottom);
            out[0] = f64::from(i8::from(up & similar) - i8::from(down & similar)) * 100.0;
        }
        // The mean of the ranges of the five bars before the one before.
        let newest = self.ranges[(t + 7) % 8];
        if t >= 7 {
            self.near += newest - self.ranges[(t + 2) % 8];
        } else if t >= 2 {
            self.near += newest;
        }
        self.ranges[t % 8] = high - low;
        self.two = self.one;
        self.one = [open, close];
    }
}

pub(super) fn tasuki_gap(_: &[f64]) -> Result<Built, (usize, String)> {
    let state = TasukiGap { seen: 0, one: [0.0; 2], two: [0.0; 2], ranges: [0.0; 8], near: 0.0 };
    Ok((Box::new(Stepped::new(state, [7]).whole()), vec![7]))
}
