//! Walks of columns for TA-Lib's functions of running sums. What enters and leaves a sum is computed for many bars at once,
//! then the sums run in TA-Lib's order, and then the answers are computed for many bars at once.

use super::bind::Walk;
use super::steps::{Adaptive, Moments, Regression};
use super::{CORE, FuncId};
use crate::data::Column;

/// How many bars are walked at once, so that what lies between the passes stays near the processor.
const BLOCK: usize = 256;

pub(super) fn walk(id: FuncId) -> Option<Walk> {
    match id {
        FuncId::SMA => Some(rolling::<true>),
        FuncId::SUM => Some(rolling::<false>),
        FuncId::ER => Some(efficiency_ratio),
        FuncId::KAMA => Some(adaptive),
        FuncId::CMF => Some(money_flow),
        FuncId::ULTOSC => Some(ultimate_oscillator),
        FuncId::LINEARREG => Some(regression),
        FuncId::LINEARREG_SLOPE => Some(slope),
        FuncId::LINEARREG_ANGLE => Some(angle),
        FuncId::VAR => Some(variance),
        FuncId::STDDEV => Some(deviation),
        FuncId::CORREL => Some(correlation),
        FuncId::BETA => Some(beta),
        _ => None,
    }
}

/// Counts the bars that put nothing into a sum. When all that the sum holds are such, it is set to zero, as nothing but
/// rounding is left in it.
struct Empty {
    run: usize,
}

impl Empty {
    #[inline]
    fn take(&mut self, nothing: bool) -> usize {
        self.run = if nothing { self.run + 1 } else { 0 };
        self.run
    }
}

/// The sum of the last values or their mean, as the step has it.
fn rolling<const MEAN: bool>(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let answer = |sum: f64| if MEAN { sum / period } else { sum };
    let out = out.values.real(x.len() + 1 - n);
    if n == 1 {
        out.copy_from_slice(x);
        return true;
    }
    let mut sum = x[..n].iter().fold(0.0, |sum, x| sum + x);
    out[0] = answer(sum);
    for (to, (entering, leaving)) in out[1..].iter_mut().zip(x[n..].iter().zip(x)) {
        sum += entering - leaving;
        *to = answer(sum);
    }
    true
}

fn efficiency_ratio(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[n], [out]) = (inputs, p, out) else { return false };
    ratios(x, n as usize, out, |_, _, ratio| ratio);
    true
}

/// As the step has it.
fn adaptive(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[n], [out]) = (inputs, p, out) else { return false };
    if n <= 1.0 {
        out.values.real(x.len()).copy_from_slice(x);
        return true;
    }
    let mut gap = 0.0;
    ratios(x, n as usize, out, |now, change, ratio| {
        gap = Adaptive::gap(gap, change, ratio);
        now - gap
    });
    true
}

/// What `answer` makes of each value, its change, and how directly the last `n` changes went.
fn ratios(x: &[f64], n: usize, out: &mut Column, mut answer: impl FnMut(f64, f64, f64) -> f64) {
    let mut empty = Empty { run: 0 };
    let mut sum = 0.0;
    for pair in x[..n].windows(2) {
        sum += (pair[0] - pair[1]).abs();
        empty.take((pair[0] - pair[1]).abs() <= 0.0);
    }
    // What leaves before the first answer is nothing.
    let mut last = x[0];
    let ends = x.iter().zip(&x[n..]).zip(&x[n - 1..]);
    for (to, ((oldest, now), before)) in out.values.real(x.len() - n).iter_mut().zip(ends) {
        let way = now - oldest;
        sum -= (last - oldest).abs();
        let change = now - before;
        sum += change.abs();
        if change.abs() <= 0.0 {
            if empty.take(true) >= n {
                sum = 0.0;
            }
        } else {
            empty.run = 0;
        }
        last = *oldest;
        // A path of no length gives no number or an infinite one, which are 1 as well as what lies above it.
        let path = if sum > 0.0 { sum } else { 0.0 };
        let ratio = way.abs() / path;
        *to = answer(*now, change, if ratio < 1.0 { ratio } else { 1.0 });
    }
}

fn money_flow(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close, volume], &[n], [out]) = (inputs, p, out) else { return false };
    let n = n as usize;
    if n > BLOCK {
        return false;
    }
    let mut flows = [0.0; 2 * BLOCK];
    let flow = |flows: &mut [f64], from: usize| {
        let bars = high[from..].iter().zip(&low[from..]).zip(&close[from..]).zip(&volume[from..]);
        for (to, (((high, low), close), volume)) in flows.iter_mut().zip(bars) {
            let range = high - low;
            let flow = (close - low - (high - close)) / range * volume;
            *to = if range > 0.0 { flow } else { 0.0 };
        }
    };
    let mut empty = Empty { run: 0 };
    let (mut money, mut total, mut last) = (0.0, 0.0, 0.0);
    // The flows of the bars before the block stand before those of the block; the one that leaves before the first answer
    // is nothing.
    flow(&mut flows[1..n], 0);
    for (flow, volume) in flows[1..n].iter().zip(volume) {
        money += flow;
        total += volume;
        empty.take(volume.abs() <= 0.0);
    }
    for (k, to) in out.values.real(close.len() + 1 - n).chunks_mut(BLOCK).enumerate() {
        let (len, from) = (to.len(), k * BLOCK);
        flow(&mut flows[n..n + len], from + n - 1);
        let entering = flows[n..].iter().zip(&volume[from + n - 1..]);
        let leaving = flows.iter().zip(&volume[from..]);
        for (to, (entering, leaving)) in to.iter_mut().zip(entering.zip(leaving)) {
            money -= leaving.0;
            total -= last;
            last = *leaving.1;
            money += entering.0;
            total += entering.1;
            if entering.1.abs() <= 0.0 {
                if empty.take(true) >= n {
                    (money, total) = (0.0, 0.0);
                }
            } else {
                empty.run = 0;
            }
            let ratio = money / total;
            *to = if total > 0.0 { ratio } else { 0.0 };
        }
        flows.copy_within(len..len + n, 0);
    }
    true
}

fn ultimate_oscillator(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[high, low, close], &[a, b, c], [out]) = (inputs, p, out) else { return false };
    let mut periods = [a as usize, b as usize, c as usize];
    periods.sort_unstable();
    let [short, middle, long] = periods;
    if long > BLOCK {
        return false;
    }
    // The true ranges, and the closes above the true lows, of the bars from the second on: those of the bars before the
    // block stand before those of the block.
    let (mut spans, mut gains) = ([0.0; 2 * BLOCK], [0.0; 2 * BLOCK]);
    let terms = |gains: &mut [f64], spans: &mut [f64], from: usize| {
        let bars = high[from + 1..].iter().zip(&low[from + 1..]).zip(&close[from + 1..]).zip(&close[from..]);
        for ((gain, span), (((high, low), close), before)) in gains.iter_mut().zip(spans).zip(bars) {
            let bottom = if *low < *before { *low } else { *before };
            let larger = |a: f64, b: f64| if a > b { a } else { b };
            let range = larger((before - high).abs(), high - low);
            *span = larger((before - low).abs(), range);
            *gain = close - bottom;
        }
    };
    let mut empty = Empty { run: 0 };
    let mut sums = [[0.0; 2]; 3];
    terms(&mut gains[1..long], &mut spans[1..long], 0);
    for i in 1..long {
        empty.take(spans[i] + gains[i].abs() <= 0.0);
        for (sum, period) in sums.iter_mut().zip(periods) {
            if i + period > long {
                *sum = [sum[0] + gains[i], sum[1] + spans[i]];
            }
        }
    }
    let [[mut gain1, mut span1], [mut gain2, mut span2], [mut gain3, mut span3]] = sums;
    let part = |weight: f64, gain: f64, span: f64| {
        let part = weight * (gain / span);
        if span > 0.0 { part } else { 0.0 }
    };
    // Of the shortest window its part, as the sums leave the divider idle; of the others the sums.
    let mut answers = [[0.0; BLOCK]; 5];
    for (k, to) in out.values.real(close.len() - long).chunks_mut(BLOCK).enumerate() {
        let len = to.len();
        terms(&mut gains[long..long + len], &mut spans[long..long + len], k * BLOCK + long - 1);
        let block = |from: usize| gains[from..][..len].iter().zip(&spans[from..][..len]);
        let [leaving1, leaving2, leaving3] = periods.map(|n| block(long + 1 - n));
        let leaving = leaving1.zip(leaving2).zip(leaving3);
        let [to1, to2, to3, to4, to5] = answers.each_mut().map(|it| it[..len].iter_mut());
        let all = to1.zip(to2.zip(to3)).zip(to4.zip(to5)).zip(block(long).zip(leaving));
        for (((to1, (to2, to3)), (to4, to5)), ((gain, span), ((one, two), three))) in all {
            gain1 += gain;
            gain2 += gain;
            gain3 += gain;
            span1 += span;
            span2 += span;
            span3 += span;
            if span + gain.abs() <= 0.0 {
                let run = empty.take(true);
                if run >= short {
                    (gain1, span1) = (0.0, 0.0);
                }
                if run >= middle {
                    (gain2, span2) = (0.0, 0.0);
                }
                if run >= long {
                    (gain3, span3) = (0.0, 0.0);
                }
            } else {
                empty.run = 0;
            }
            *to1 = part(4.0, gain1, span1);
            (*to2, *to3) = (gain2, span2);
            (*to4, *to5) = (gain3, span3);
            gain1 -= one.0;
            span1 -= one.1;
            gain2 -= two.0;
            span2 -= two.1;
            gain3 -= three.0;
            span3 -= three.1;
        }
        let [part1, gain2, span2, gain3, span3] = &answers;
        let others = gain2.iter().zip(span2).zip(gain3.iter().zip(span3));
        for ((to, part1), ((gain2, span2), (gain3, span3))) in to.iter_mut().zip(part1).zip(others) {
            let both = 0.0 + part1 + part(2.0, *gain2, *span2) + part(1.0, *gain3, *span3);
            *to = 100.0 * (both / 7.0);
        }
        gains.copy_within(len..len + long, 0);
        spans.copy_within(len..len + long, 0);
    }
    true
}

/// The slope of the line of least squares through the last `n` values, into `out`.
fn slopes(x: &[f64], n: usize, out: &mut [f64]) {
    let period = n as f64;
    let sum_x = period * (n - 1) as f64 * 0.5;
    let squares = period * (n - 1) as f64 * (2 * n - 1) as f64 / 6.0;
    let divisor = sum_x * sum_x - period * squares;
    lines(x, n, out, |sum, aged| (period * aged - sum_x * sum) / divisor);
}

/// As the step says it.
fn regression(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[n], [out]) = (inputs, p, out) else { return false };
    let line = Regression::new(n);
    let out = out.values.real(x.len() + 1 - n as usize);
    lines(x, n as usize, out, |sum, aged| line.value(sum, aged));
    true
}

/// What `answer` makes of the sum of the last `n` values and of the sum of these times their age, into `out`.
fn lines(x: &[f64], n: usize, out: &mut [f64], answer: impl Fn(f64, f64) -> f64) {
    let period = n as f64;
    // The sum of the values, of the values times their age, and of their sizes; the last is kept below zero, as the
    // compiler would else pair it with the first and make the chain of sums longer.
    let fresh = |window: &[f64]| {
        let ages = (0..n).rev();
        window
            .iter()
            .zip(ages)
            .fold([0.0; 3], |[sum, aged, less], (x, age)| [sum + x, aged + age as f64 * x, less - x.abs()])
    };
    let [mut sum, mut aged, mut less] = fresh(&x[..n]);
    out[0] = answer(sum, aged);
    let mut left = 32 * n;
    let leaving_entering = x.iter().zip(&x[n..]).enumerate();
    for (to, (i, (leaving, entering))) in out[1..].iter_mut().zip(leaving_entering) {
        let weighted = period * leaving;
        aged = aged + sum - weighted;
        sum = sum - leaving + entering;
        less = less + leaving.abs() - entering.abs();
        left -= 1;
        if left == 0 || -weighted.abs() < 100.0 * less {
            left = 32 * n;
            [sum, aged, less] = fresh(&x[i + 1..=i + n]);
        }
        *to = answer(sum, aged);
    }
}

fn slope(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[n], [out]) = (inputs, p, out) else { return false };
    slopes(x, n as usize, out.values.real(x.len() + 1 - n as usize));
    true
}

fn angle(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[n], [out]) = (inputs, p, out) else { return false };
    let mut slope = vec![0.0; x.len() + 1 - n as usize];
    slopes(x, n as usize, &mut slope);
    let out = out.values.real(slope.len());
    let done = CORE.atan(0, slope.len() - 1, &slope, out).is_ok();
    out.iter_mut().for_each(|it| *it *= 180.0 / std::f64::consts::PI);
    done
}

fn variance(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    variances(inputs, p, out, |variance| variance)
}

fn deviation(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    variances(inputs, p, out, |variance| variance.sqrt() * p[1])
}

/// What `answer` makes of the variances, as the step says them.
fn variances(inputs: &[&[f64]], p: &[f64], out: &mut [Column], answer: impl Fn(f64) -> f64) -> bool {
    let (&[x], [out]) = (inputs, out) else { return false };
    let n = p[0] as usize;
    let mut moments = Moments::new(p[0]);
    let out = out.values.real(x.len() + 1 - n);
    out[0] = answer(moments.anew(x[n - 1], (&x[..n], &[])));
    for (i, (to, (leaving, entering))) in out[1..].iter_mut().zip(x.iter().zip(&x[n..])).enumerate() {
        let warm = moments.warm(*entering, *leaving);
        *to = answer(warm.unwrap_or_else(|| moments.anew(*entering, (&x[i + 1..=i + n], &[]))));
    }
    true
}

/// The sums of two series and their products, each less a shift near its mean.
#[derive(Clone, Copy, Default)]
struct Pairs {
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Pairs {
    #[inline]
    fn add(&mut self, x: f64, y: f64) {
        self.x += x;
        self.xx += x * x;
        self.xy += x * y;
        self.y += y;
        self.yy += y * y;
    }

    #[inline]
    fn remove(&mut self, x: f64, y: f64) {
        self.x -= x;
        self.xx -= x * x;
        self.xy -= x * y;
        self.y -= y;
        self.yy -= y * y;
    }

    fn of(x: &[f64], y: &[f64], shift: [f64; 2]) -> Pairs {
        let mut pairs = Pairs::default();
        x.iter().zip(y).for_each(|(x, y)| pairs.add(x - shift[0], y - shift[1]));
        pairs
    }
}

/// Sums of squares and products about the means.
struct Spread {
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Spread {
    #[inline]
    fn of(sums: &Pairs, part: f64) -> Spread {
        Spread {
            xx: sums.xx - sums.x * sums.x * part,
            yy: sums.yy - sums.y * sums.y * part,
            xy: sums.xy - sums.x * sums.y * part,
        }
    }
}

fn correlation(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x, y], &[n], [out]) = (inputs, p, out) else { return false };
    let n = n as usize;
    let part = 1.0 / n as f64;
    let mut shift = [x[0], y[0]];
    let mut sums = Pairs::of(&x[..n - 1], &y[..n - 1], shift);
    let mut peaks = [sums.xx, sums.yy];
    let mut left = 32 * n;
    let rows = x.len() + 1 - n;
    let out = &mut out.values.real(rows)[..rows];
    let (entering_x, entering_y) = (&x[n - 1..][..rows], &y[n - 1..][..rows]);
    let (leaving_x, leaving_y) = (&x[..rows], &y[..rows]);
    // By one index: as many iterators as there are columns would not fit into the registers.
    for from in 0..rows {
        sums.add(entering_x[from] - shift[0], entering_y[from] - shift[1]);
        peaks[0] = if sums.xx > peaks[0] { sums.xx } else { peaks[0] };
        peaks[1] = if sums.yy > peaks[1] { sums.yy } else { peaks[1] };
        let mut now = Spread::of(&sums, part);
        left -= 1;
        if now.xx < 0.000_001 * peaks[0] || now.yy < 0.000_001 * peaks[1] || left == 0 {
            left = 32 * n;
            (sums, now, shift) = anew(&x[from..from + n], &y[from..from + n], part);
            peaks = [sums.xx, sums.yy];
            now.xx = if now.xx < 0.0 { 0.0 } else { now.xx };
            now.yy = if now.yy < 0.0 { 0.0 } else { now.yy };
        }
        let both = now.xx * now.yy;
        let tiny = 0.000_000_000_000_01;
        out[from] = if now.xx > tiny * sums.xx && now.yy > tiny * sums.yy && both > 0.0 {
            let r = now.xy / both.sqrt();
            let r = if r < 1.0 { r } else { 1.0 };
            if r > -1.0 { r } else { -1.0 }
        } else {
            0.0
        };
        sums.remove(leaving_x[from] - shift[0], leaving_y[from] - shift[1]);
    }
    true
}

/// The sums of a window anew, about its means; about its last values where it hardly moves.
#[cold]
fn anew(x: &[f64], y: &[f64], part: f64) -> (Pairs, Spread, [f64; 2]) {
    let total = |values: &[f64]| values.iter().fold(0.0, |sum, x| sum + x);
    let mut shift = [total(x) * part, total(y) * part];
    let mut sums = Pairs::of(x, y, shift);
    let mut spread = Spread::of(&sums, part);
    let flat = [spread.xx < 0.000_001 * sums.xx, spread.yy < 0.000_001 * sums.yy];
    if flat[0] || flat[1] {
        if flat[0] {
            shift[0] = x[x.len() - 1];
        }
        if flat[1] {
            shift[1] = y[y.len() - 1];
        }
        sums = Pairs::of(x, y, shift);
        spread = Spread::of(&sums, part);
    }
    (sums, spread, shift)
}

fn beta(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x, y], &[period], [out]) = (inputs, p, out) else { return false };
    let n = period as usize;
    let block = BLOCK.max(n);
    let returns = |to: &mut [f64], prices: &[f64]| {
        for ((to, now), before) in to.iter_mut().zip(&prices[1..]).zip(prices) {
            let change = (now - before) / before;
            *to = if before.abs() > 0.0 { change } else { 0.0 };
        }
    };
    // The returns of the window before the block, and those of the block.
    let (mut of_x, mut of_y) = (vec![0.0; n - 1 + block], vec![0.0; n - 1 + block]);
    returns(&mut of_x[..n], x);
    returns(&mut of_y[..n], y);
    let mut shift = [of_x[0], of_y[0]];
    let mut sums = Pairs::of(&of_x[..n - 1], &of_y[..n - 1], shift);
    let mut gone = [0.0; 2];
    let mut left = 32 * n;
    for (k, to) in out.values.real(x.len() - n).chunks_mut(block).enumerate() {
        let len = to.len();
        returns(&mut of_x[n - 1..][..len], &x[k * block + n - 1..]);
        returns(&mut of_y[n - 1..][..len], &y[k * block + n - 1..]);
        let entering = of_x[n - 1..].iter().zip(&of_y[n - 1..]);
        let leaving = of_x.iter().zip(&of_y);
        for (j, ((to, entering), leaving)) in to.iter_mut().zip(entering).zip(leaving).enumerate() {
            sums.add(entering.0 - shift[0], entering.1 - shift[1]);
            let mut scale = period * sums.xx;
            let mut spread = scale - sums.x * sums.x;
            left -= 1;
            let lost = gone[0] > 1000.0 * sums.xx || gone[1] > 1000.0 * sums.yy;
            if spread < 0.000_001 * scale || lost || left == 0 {
                left = 32 * n;
                let (x, y) = (&of_x[j..j + n], &of_y[j..j + n]);
                let total = |values: &[f64]| values.iter().fold(0.0, |sum, x| sum + x);
                shift = [total(x) / period, total(y) / period];
                sums = Pairs::of(x, y, shift);
                scale = period * sums.xx;
                spread = scale - sums.x * sums.x;
                spread = if spread < 0.0 { 0.0 } else { spread };
            }
            let told = spread > 0.000_000_000_000_01 * scale;
            *to = if told { (period * sums.xy - sums.x * sums.y) / spread } else { 0.0 };
            let (x, y) = (leaving.0 - shift[0], leaving.1 - shift[1]);
            gone = [x * x, y * y];
            sums.remove(x, y);
        }
        of_x.copy_within(len..len + n - 1, 0);
        of_y.copy_within(len..len + n - 1, 0);
    }
    true
}
