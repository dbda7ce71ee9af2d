//! Puts an equity curve on a fixed grid of event time, so that a return always covers the same span.

use super::{DAYS_PER_YEAR, MetricError, finite};
use scalp_types::{Span, Timestamp};

/// Grid points that one sampled series may hold: nineteen years of minutes.
pub const GRID_POINTS_MAX: usize = 10_000_000;
/// Runs shorter than this are sampled by the minute.
pub const MINUTE_GRID_BELOW: Span = Span::from_secs(2 * 86_400);
/// Runs shorter than this, and not sampled by the minute, are sampled by the hour; longer ones by the day.
pub const HOUR_GRID_BELOW: Span = Span::from_secs(60 * 86_400);

/// Equity on a fixed grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Time of the first value.
    pub first: Timestamp,
    /// Distance of two values.
    pub step: Span,
    /// Equity at `first + i * step`: the last observation at or before that time.
    pub equity: Vec<f64>,
}

impl Sampled {
    /// Steps in a year of 365 days.
    pub fn per_year(&self) -> f64 {
        per_year(self.step)
    }
    /// Simple returns of each step; see [`returns`].
    pub fn returns(&self) -> Result<Vec<f64>, MetricError> {
        returns(&self.equity)
    }
    /// Time of the value with this index.
    pub fn at(&self, index: usize) -> Timestamp {
        self.first.saturating_add(Span::from_nanos(self.step.nanos().saturating_mul(index as i64)))
    }
}

/// Steps of this span in a year of 365 days.
pub fn per_year(step: Span) -> f64 {
    DAYS_PER_YEAR * Span::DAY.nanos() as f64 / step.nanos() as f64
}

/// The grid that suits a run of this length: minutes below 2 days, hours below 60 days, else days. See [`step_for`].
pub fn natural_step(length: Span) -> Span {
    if length < MINUTE_GRID_BELOW {
        Span::from_secs(60)
    } else if length < HOUR_GRID_BELOW {
        Span::from_secs(3_600)
    } else {
        Span::DAY
    }
}

/// The grid for a run of this length whose equity was looked at every `sampled`: the smallest multiple of that which is
/// not below [`natural_step`]. A finer grid would find nothing new at most of its points and call that a return of zero.
pub fn step_for(length: Span, sampled: Span) -> Span {
    let natural = natural_step(length).nanos();
    let sampled = sampled.nanos().max(1);
    Span::from_nanos(sampled.saturating_mul((natural - 1) / sampled + 1))
}

/// Samples observations `(at[i], equity[i])`, in order of time, on a grid of whole multiples of `step` since the
/// epoch. The first value is the first observation; the last is the last observation, at the end of its step, so
/// that no profit is lost at the edges. A step without an observation repeats the value before it.
pub fn sample(at: &[Timestamp], equity: &[f64], step: Span) -> Result<Sampled, MetricError> {
    if at.len() != equity.len() {
        return Err(MetricError::Lengths { left: at.len(), right: equity.len() });
    }
    if step <= Span::ZERO {
        return Err(MetricError::OutOfRange { what: "the grid step (above zero)" });
    }
    let (Some(start), Some(end)) = (at.first(), at.last()) else {
        return Err(MetricError::TooShort { what: "an equity curve: observations", needs: 1, got: 0 });
    };
    finite(equity)?;
    if let Some(index) = at.windows(2).position(|pair| pair[1] < pair[0]) {
        return Err(MetricError::Disorder { index: index + 1 });
    }
    let nanos = i128::from(step.nanos());
    let base = i128::from(start.nanos()).div_euclid(nanos);
    let steps = -(-i128::from(end.nanos())).div_euclid(nanos) - base;
    let points = usize::try_from(steps).ok().filter(|steps| *steps < GRID_POINTS_MAX).ok_or(
        MetricError::OutOfRange {
            what: "the number of grid points (at most 10 million; take a longer step)",
        },
    )? + 1;
    let mut values = Vec::with_capacity(points);
    values.push(equity[0]);
    let mut next = 0;
    for point in 1..points {
        let time = (base + point as i128) * nanos;
        while next < at.len() && i128::from(at[next].nanos()) <= time {
            next += 1;
        }
        values.push(equity[next.max(1) - 1]);
    }
    if points == 1 && at.len() > 1 {
        // Everything happened at one instant, exactly on the grid.
        values[0] = equity[equity.len() - 1];
    }
    let first = i64::try_from(base * nanos).map_or(*start, Timestamp::from_nanos);
    Ok(Sampled { first, step, equity: values })
}

/// Simple returns `e[i] / e[i-1] - 1` of an equity series. Fails when any value but the last is not positive, or the last
/// is below zero: nobody's return is worse than the loss of all.
pub fn returns(equity: &[f64]) -> Result<Vec<f64>, MetricError> {
    finite(equity)?;
    let mut out = Vec::with_capacity(equity.len().saturating_sub(1));
    for (index, pair) in equity.windows(2).enumerate() {
        if pair[0] <= 0.0 {
            return Err(MetricError::Ruined { index });
        }
        out.push(pair[1] / pair[0] - 1.0);
    }
    if let Some(index) = equity.len().checked_sub(1).filter(|last| *last > 0 && equity[*last] < 0.0) {
        return Err(MetricError::Ruined { index });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: &[i64]) -> Vec<Timestamp> {
        seconds.iter().map(|s| Timestamp::from_secs(*s).unwrap()).collect()
    }

    #[test]
    fn takes_the_last_observation_at_or_before_each_grid_point() {
        let got = sample(&at(&[30, 60, 61, 240]), &[1.0, 2.0, 3.0, 4.0], Span::from_secs(60)).unwrap();
        assert_eq!(got.equity, [1.0, 2.0, 3.0, 3.0, 4.0]);
        assert_eq!(got.first, Timestamp::from_secs(0).unwrap());
        assert_eq!(got.at(4), Timestamp::from_secs(240).unwrap());
    }

    #[test]
    fn keeps_the_first_and_the_last_value_when_the_ends_lie_between_grid_points() {
        let got = sample(&at(&[70, 100, 130]), &[5.0, 6.0, 7.0], Span::from_secs(60)).unwrap();
        assert_eq!(got.equity, [5.0, 6.0, 7.0]);
    }

    #[test]
    fn one_observation_is_a_series_of_at_least_one_value_and_no_profit() {
        assert_eq!(sample(&at(&[60]), &[5.0], Span::from_secs(60)).unwrap().equity, [5.0]);
        assert_eq!(sample(&at(&[61]), &[5.0], Span::from_secs(60)).unwrap().equity, [5.0, 5.0]);
    }

    #[test]
    fn refuses_disorder_emptiness_ruin_and_a_grid_beyond_memory() {
        let minute = Span::from_secs(60);
        assert_eq!(sample(&at(&[9, 8]), &[1.0, 1.0], minute), Err(MetricError::Disorder { index: 1 }));
        assert!(matches!(sample(&[], &[], minute), Err(MetricError::TooShort { .. })));
        assert_eq!(sample(&at(&[1]), &[], minute), Err(MetricError::Lengths { left: 1, right: 0 }));
        let ends = [Timestamp::MIN, Timestamp::MAX];
        assert!(matches!(
            sample(&ends, &[1.0, 1.0], Span::from_nanos(1)),
            Err(MetricError::OutOfRange { .. })
        ));
        assert_eq!(returns(&[1.0, 0.0, 1.0]), Err(MetricError::Ruined { index: 1 }));
        assert_eq!(returns(&[1.0, 0.0]).unwrap(), [-1.0]);
        assert_eq!(returns(&[1.0, -0.1]), Err(MetricError::Ruined { index: 1 }));
        assert_eq!(returns(&[1.0, f64::NAN]), Err(MetricError::NotFinite { index: 1 }));
    }

    #[test]
    fn a_year_has_365_days() {
        assert!((per_year(Span::DAY) - 365.0).abs() < 1e-12);
        assert!((per_year(Span::from_secs(3600)) - 8760.0).abs() < 1e-9);
        assert_eq!(natural_step(Span::from_secs(3600)), Span::from_secs(60));
        assert_eq!(natural_step(Span::from_secs(59 * 86_400)), Span::from_secs(3600));
        assert_eq!(natural_step(Span::from_secs(60 * 86_400)), Span::DAY);
    }

    #[test]
    fn the_grid_is_a_multiple_of_the_samples_and_never_finer() {
        let days = |n: i64| Span::from_secs(n * 86_400);
        for (length, sampled, step) in [
            (days(1), 60, 60),
            (days(1), 1, 60),
            (days(1), 45, 90),
            (days(1), 3_600, 3_600),
            (days(30), 60, 3_600),
            (days(30), 7 * 60, 63 * 60),
            (days(30), 12 * 3_600, 12 * 3_600),
            (days(30), 30 * 86_400, 30 * 86_400),
            (days(90), 3_600, 86_400),
            (days(90), 10 * 3_600, 30 * 3_600),
        ] {
            let step = Span::from_secs(step);
            assert_eq!(
                step_for(length, Span::from_secs(sampled)),
                step,
                "{length:?} sampled every {sampled} s"
            );
        }
    }
}
