//! Sizes between two ticks: the most confidence-weighted return after costs, within gross, step and position limits.
//!
//! `maximise sum of edge w - cost |w - current|` with `sum |w| <= gross_max`, `|w - current| <= step_max` and
//! `|w| <= position_max` is separable but for one budget, so that filling the budget with the steepest segments first is
//! exact: no iteration, no factorisation, nothing to warm up.

use crate::certificate::Check;
use crate::constraints::Source;
use crate::error::{Error, parameter, sized};

/// Limits of the programme, in fractions of equity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Most that the absolute weights may sum to.
    pub gross_max: f64,
    /// Most that a weight may change at once.
    pub step_max: f64,
    /// Most absolute weight of one asset.
    pub position_max: f64,
    /// Cost per absolute change, in units of return.
    pub cost: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { gross_max: 1.0, step_max: 0.1, position_max: 0.05, cost: 0.001 }
    }
}

/// A stretch of one asset's weight away from zero with one gain per unit.
#[derive(Clone, Copy, Debug)]
struct Segment {
    asset: usize,
    gain: f64,
    length: f64,
    direction: f64,
}

/// Sizes many times over without allocating once warm.
#[derive(Clone, Debug)]
pub struct Sizer {
    limits: Limits,
    segments: Vec<Segment>,
}

/// What there is to decide on.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Weights held now.
    pub current: &'a [f64],
    /// Expected return by asset.
    pub expected: &'a [f64],
    /// From 0 to 1 by asset.
    pub confidence: &'a [f64],
}

impl Sizer {
    /// With these limits.
    ///
    /// # Errors
    /// A limit that is negative or not finite.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        for (name, value) in [
            ("gross_max", limits.gross_max),
            ("step_max", limits.step_max),
            ("position_max", limits.position_max),
            ("cost", limits.cost),
        ] {
            parameter(name, value, "zero or more", value >= 0.0)?;
        }
        Ok(Self { limits, segments: Vec::new() })
    }

    /// Writes the best weights into `weights`.
    ///
    /// # Errors
    /// Input that cannot be read; [`Error::Infeasible`] where a position cannot come within its limit in one step, or all
    /// of them together not within the gross limit.
    pub fn size(&mut self, moment: Moment<'_>, weights: &mut Vec<f64>) -> Result<Check, Error> {
        self.nearest_to_zero(moment, weights)?;
        let mut left = self.limits.gross_max - weights.iter().map(|it| it.abs()).sum::<f64>();
        if left < -1e-12 {
            return Err(self.too_large(moment));
        }
        self.collect(moment, weights);
        self.segments.sort_unstable_by(|a, b| b.gain.total_cmp(&a.gain).then(a.asset.cmp(&b.asset)));
        let mut price = 0.0;
        for segment in &self.segments {
            let length = segment.length.min(left);
            weights[segment.asset] += segment.direction * length;
            left -= length;
            if length < segment.length {
                price = segment.gain;
                break;
            }
        }
        self.check(moment, weights, price)
    }

    fn range(&self, current: f64) -> (f64, f64) {
        let Limits { step_max, position_max, .. } = self.limits;
        ((current - step_max).max(-position_max), (current + step_max).min(position_max))
    }

    fn nearest_to_zero(&self, moment: Moment<'_>, weights: &mut Vec<f64>) -> Result<(), Error> {
        let assets = moment.current.len();
        sized("current weights", moment.current, assets)?;
        sized("expected returns", moment.expected, assets)?;
        sized("confidence", moment.confidence, assets)?;
        for &value in moment.confidence {
            parameter("confidence", value, "from 0 to 1", (0.0..=1.0).contains(&value))?;
        }
        weights.clear();
        for (asset, &current) in moment.current.iter().enumerate() {
            let (low, high) = self.range(current);
            if low > high {
                let bound = if current > 0.0 { Source::Maximum(asset) } else { Source::Minimum(asset) };
                return Err(Error::Infeasible { conflict: vec![bound, Source::Trade(asset)] });
            }
            weights.push(0.0_f64.max(low).min(high));
        }
        Ok(())
    }

    /// The stretches away from zero that gain something. The gain falls outward, so they are taken in order.
    fn collect(&mut self, moment: Moment<'_>, weights: &[f64]) {
        self.segments.clear();
        let cost = self.limits.cost;
        for (asset, &start) in weights.iter().enumerate() {
            let current = moment.current[asset];
            let edge = moment.expected[asset] * moment.confidence[asset];
            let (low, high) = self.range(current);
            for (direction, end) in [(1.0, high), (-1.0, low)] {
                if start * direction < 0.0 {
                    continue;
                }
                // Up to the weight held now the costs fall, from there on they rise.
                let turn = (current * direction).max(start * direction).min(end * direction);
                let stretches = [
                    (edge * direction + cost, turn - start * direction),
                    (edge * direction - cost, end * direction - turn),
                ];
                for (gain, length) in stretches {
                    if gain > 0.0 && length > 0.0 {
                        self.segments.push(Segment { asset, gain, length, direction });
                    }
                }
            }
        }
    }

    /// The gap between what is gained and the least that the price of gross exposure proves to be the most.
    fn check(&self, moment: Moment<'_>, weights: &[f64], price: f64) -> Result<Check, Error> {
        let (mut primal, mut gained, mut bound, mut gross, mut scale) = (0.0_f64, 0.0, 0.0, 0.0, 0.0_f64);
        for (asset, &weight) in weights.iter().enumerate() {
            let current = moment.current[asset];
            let edge = moment.expected[asset] * moment.confidence[asset];
            let (low, high) = self.range(current);
            let value = |w: f64| edge * w - self.limits.cost * (w - current).abs();
            let ends = [low, high, 0.0_f64.max(low).min(high), current.max(low).min(high)];
            bound += ends.into_iter().map(|w| value(w) - price * w.abs()).fold(f64::NEG_INFINITY, f64::max);
            gained += value(weight);
            gross += weight.abs();
            scale = scale.max(edge.abs());
            primal = primal.max(low - weight).max(weight - high);
        }
        bound += price * self.limits.gross_max;
        primal = primal.max(gross - self.limits.gross_max);
        let scale = (scale + self.limits.cost) * (self.limits.gross_max + gross);
        let gap = if scale > 0.0 { (bound - gained).abs() / scale } else { 0.0 };
        let check = Check { gap, ..Check::exact(primal) };
        if check.passes() {
            return Ok(check);
        }
        let detail = check.to_string();
        Err(Error::NotOptimal { what: "real-time sizes", tolerance: Check::TOLERANCE, detail })
    }

    /// The positions that cannot be brought down far enough in one step.
    fn too_large(&self, moment: Moment<'_>) -> Error {
        let mut rest: Vec<(f64, usize)> = moment
            .current
            .iter()
            .enumerate()
            .map(|(asset, current)| ((current.abs() - self.limits.step_max).max(0.0), asset))
            .collect();
        rest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut sum = 0.0;
        let mut conflict = vec![Source::Gross];
        for (least, asset) in rest {
            if sum > self.limits.gross_max {
                break;
            }
            sum += least;
            conflict.push(Source::Trade(asset));
        }
        conflict.sort();
        Error::Infeasible { conflict }
    }
}
