//! Lines over time: cleaned, thinned to what a screen can show, and packed into small JSON.

use crate::data::{PriceBars, Series};
use serde_json::{Value as Json, json};

/// Points of a line that a chart carries; more are thinned, keeping the lowest and highest of each stretch.
pub const LINE_POINTS_MAX: usize = 4_000;
/// Bars that a price chart carries; more are joined.
pub const BARS_MAX: usize = 20_000;
/// Fills that a price chart carries; of more, every k-th is kept.
pub const FILLS_MAX: usize = 20_000;
/// Orders that a price chart carries as lines; of more, every k-th is kept.
pub const ORDERS_MAX: usize = 10_000;
const NANOS_PER_MILLI: i64 = 1_000_000;

/// The points with finite values and times that do not go back.
pub fn clean(series: &Series) -> Series {
    let mut out = Series::default();
    for (at, value) in series.at_ns.iter().zip(&series.value) {
        if value.is_finite() && out.at_ns.last().is_none_or(|last| at >= last) {
            out.at_ns.push(*at);
            out.value.push(*value);
        }
    }
    out
}

/// Indices to keep so that at most about `max` remain: the first, the last, and of each stretch the lowest and highest.
pub fn thin(values: &[f64], max: usize) -> Vec<usize> {
    let n = values.len();
    if n <= max.max(4) {
        return (0..n).collect();
    }
    let stretches = (max - 2) / 2;
    let mut kept = vec![0];
    for stretch in 0..stretches {
        let (from, to) = (1 + stretch * (n - 2) / stretches, 1 + (stretch + 1) * (n - 2) / stretches);
        let (mut low, mut high) = (from, from);
        for i in from..to {
            if values[i] < values[low] {
                low = i;
            }
            if values[i] > values[high] {
                high = i;
            }
        }
        kept.push(low.min(high));
        if low != high {
            kept.push(low.max(high));
        }
    }
    kept.push(n - 1);
    kept
}

/// The last value at or before each time; `None` before the first.
pub fn at_times(series: &Series, times: &[i64]) -> Vec<Option<f64>> {
    let mut next = 0;
    times
        .iter()
        .map(|time| {
            while next < series.at_ns.len() && series.at_ns[next] <= *time {
                next += 1;
            }
            next.checked_sub(1).map(|i| series.value[i])
        })
        .collect()
}

/// The value at each time that the series has; `None` at others, and after its end.
pub fn only_at(series: &Series, times: &[i64]) -> Vec<Option<f64>> {
    let find = |time: &i64| series.at_ns.binary_search(time).ok().map(|i| series.value[i]);
    times.iter().map(find).collect()
}

/// Falls from the highest value so far, as fractions at or below zero.
pub fn drawdown(series: &Series) -> Series {
    let mut peak = f64::NEG_INFINITY;
    let value = series
        .value
        .iter()
        .map(|v| {
            peak = peak.max(*v);
            if peak > 0.0 { (v / peak - 1.0).min(0.0) } else { 0.0 }
        })
        .collect();
    Series { at_ns: series.at_ns.clone(), value }
}

/// Several lists of times as one ascending list without repeats.
pub fn union(lists: &[&[i64]]) -> Vec<i64> {
    let mut all: Vec<i64> = lists.concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// Times as milliseconds: start, unit, and steps in that unit. `d[0]` is zero.
pub fn pack_times(at_ns: &[i64]) -> Json {
    let millis: Vec<i64> = at_ns.iter().map(|ns| ns.div_euclid(NANOS_PER_MILLI)).collect();
    let steps: Vec<i64> = millis.windows(2).map(|w| w[1].saturating_sub(w[0])).collect();
    let unit = steps.iter().fold(0, |unit, step| greatest_divisor(unit, step.abs())).max(1);
    let mut d = vec![0];
    d.extend(steps.iter().map(|step| step / unit));
    d.truncate(at_ns.len());
    json!({ "t": millis.first().copied().unwrap_or(0), "u": unit, "d": d })
}

fn greatest_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

/// Values as steps of integers over a power of ten, exact to `decimals` digits after the point.
pub fn pack(values: impl IntoIterator<Item = Option<f64>>, decimals: i32) -> Json {
    let scale = 10_f64.powi(decimals);
    let mut before = 0_i64;
    let d: Vec<Option<i64>> = values
        .into_iter()
        .map(|value| {
            let scaled = value.filter(|v| v.is_finite()).map(|v| (v * scale).round())?;
            let now = scaled.clamp(-9e15, 9e15) as i64;
            let step = now - before;
            before = now;
            Some(step)
        })
        .collect();
    json!({ "e": decimals, "d": d })
}

/// Decimals that show a ten-thousandth of the spread of these values.
pub fn decimals_for(values: impl IntoIterator<Item = f64>) -> i32 {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in values.into_iter().filter(|v| v.is_finite()) {
        low = low.min(v);
        high = high.max(v);
    }
    let spread = if high > low { high - low } else { high.abs().max(1.0) };
    if spread.is_finite() { (4.0 - spread.log10().floor()).clamp(-3.0, 10.0) as i32 } else { 0 }
}

/// Bars joined so that at most [`BARS_MAX`] remain, how many stand in one, and for each bar the one that it went into.
pub fn join_bars(bars: &PriceBars) -> (PriceBars, usize, Vec<Option<usize>>) {
    let n = bars.at_ns.len().min(bars.close.len());
    let candles = [&bars.open, &bars.high, &bars.low].iter().all(|column| column.len() >= n);
    let whole = |i: usize| {
        let row = if candles {
            [bars.open[i], bars.high[i], bars.low[i], bars.close[i]]
        } else {
            [bars.close[i]; 4]
        };
        row.iter().all(|v| v.is_finite()).then_some(row)
    };
    let join = n.div_ceil(BARS_MAX).max(1);
    let mut out =
        PriceBars { instrument: bars.instrument.clone(), decimals: bars.decimals, ..Default::default() };
    let mut in_bar = 0;
    let mut groups = vec![None; n];
    for (i, group) in groups.iter_mut().enumerate() {
        let Some([open, high, low, close]) = whole(i) else { continue };
        if out.at_ns.last().is_some_and(|last| bars.at_ns[i] < *last) {
            continue;
        }
        let last = out.close.len();
        if in_bar == 0 || last == 0 {
            out.at_ns.push(bars.at_ns[i]);
            out.open.push(open);
            out.high.push(high);
            out.low.push(low);
            out.close.push(close);
        } else {
            out.high[last - 1] = out.high[last - 1].max(high);
            out.low[last - 1] = out.low[last - 1].min(low);
            out.close[last - 1] = close;
        }
        *group = Some(out.close.len() - 1);
        in_bar = (in_bar + 1) % join;
    }
    if !candles && join == 1 {
        out.open.clear();
        out.high.clear();
        out.low.clear();
    }
    (out, join, groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(json: &Json) -> Vec<f64> {
        let mut sum = 0.0;
        let scale = 10_f64.powi(json["e"].as_i64().unwrap() as i32);
        json["d"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| {
                sum += d.as_f64().unwrap();
                sum / scale
            })
            .collect()
    }

    #[test]
    fn thinning_keeps_the_ends_and_the_extremes() {
        let values: Vec<f64> =
            (0..100_000).map(|i| if i == 54_321 { -9.0 } else { f64::from(i % 1000) / 1000.0 }).collect();
        let kept = thin(&values, 400);
        assert!(kept.len() <= 400);
        assert!(kept.windows(2).all(|w| w[0] < w[1]));
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, 99_999));
        assert!(kept.contains(&54_321));
        assert_eq!(thin(&values[..3], 400), [0, 1, 2]);
        assert!(thin(&[], 400).is_empty());
    }

    #[test]
    fn packing_keeps_the_digits_asked_for() {
        let values = [1.0, 1.5, -2.25, 1e6];
        let packed = pack(values.map(Some), 3);
        for (a, b) in unpack(&packed).iter().zip(values) {
            assert!((a - b).abs() < 1e-9);
        }
        assert_eq!(pack([Some(f64::NAN), None], 2)["d"], json!([null, null]));
        assert_eq!(
            pack_times(&[60_000_000_000, 120_000_000_000, 240_000_000_000]),
            json!({"t": 60000, "u": 60000, "d": [0, 1, 2]})
        );
        assert_eq!(pack_times(&[])["d"], json!([]));
    }

    #[test]
    fn a_value_holds_until_the_next_one() {
        let series = Series { at_ns: vec![10, 20], value: vec![1.0, 2.0] };
        assert_eq!(
            at_times(&series, &[5, 10, 15, 20, 99]),
            [None, Some(1.0), Some(1.0), Some(2.0), Some(2.0)]
        );
    }

    #[test]
    fn cleaning_drops_what_is_no_number_or_goes_back() {
        let dirty = Series { at_ns: vec![1, 2, 3, 2, 4], value: vec![1.0, f64::NAN, 3.0, 9.0, 4.0] };
        assert_eq!(clean(&dirty).at_ns, [1, 3, 4]);
    }

    #[test]
    fn joined_bars_keep_first_open_last_close_and_extremes() {
        let n = BARS_MAX + 1;
        let column = |add: f64| (0..n).map(|i| i as f64 + add).collect::<Vec<_>>();
        let bars = PriceBars {
            at_ns: (0..n as i64).collect(),
            open: column(0.0),
            high: column(2.0),
            low: column(-2.0),
            close: column(1.0),
            ..Default::default()
        };
        let (joined, in_one, groups) = join_bars(&bars);
        assert_eq!((in_one, joined.close.len()), (2, n.div_ceil(2)));
        assert_eq!(groups[..3], [Some(0), Some(0), Some(1)]);
        assert_eq!((joined.open[0], joined.high[0], joined.low[0], joined.close[0]), (0.0, 3.0, -2.0, 2.0));
    }
}
