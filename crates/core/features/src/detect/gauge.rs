//! From an activity to a score, and from a score to a level.

use super::{Alert, Kind};
use crate::flow::History;
use crate::state::state;

/// Scores from which on a level from 1 to 5 is reached.
pub const LIMITS: [f64; 5] = [1.0, 1.5, 2.0, 3.0, 5.0];
/// The level from which on a strategy should act: what is measured counts from here.
pub const WARNING: u8 = 2;
/// A level falls below this share of the score that raises it.
pub(crate) const RELEASE: f64 = 0.7;
/// And not before this time, in nanoseconds.
pub(crate) const HOLD: i64 = 3_000_000_000;

/// Between two samples of an activity, in nanoseconds.
pub(crate) const SAMPLE: i64 = 1_000_000_000;
/// Samples before a score is given.
pub(crate) const SAMPLES_MIN: u32 = 60;
/// Samples that are held before the past fades by half: a day.
pub(crate) const MEMORY: u32 = 86_400;

/// What is out of place is not learnt from for this long, in nanoseconds; then it is the new usual.
pub(crate) const PATIENCE: i64 = 300_000_000_000;

/// Divides an activity by what is usual for it. A detector whose limit is higher than that divides further: what is out of
/// place but below its limit would else be learnt, and where trades are few an episode would be the usual before it is told.
#[derive(Clone, Debug)]
pub(super) struct Gauge {
    history: History,
    quantile: f64,
    factor: f64,
    floor: f64,
    next: Option<i64>,
    limit: Option<f64>,
    /// Since when the score has been above one.
    loud: Option<i64>,
}

state!(Gauge { history, next, limit, loud; quantile, factor, floor });

impl Gauge {
    /// The limit is `factor` times the `quantile` of the past, and `floor` at least, in units of the activity, which are
    /// themselves multiples of something usual.
    pub(super) fn new(quantile: f64, factor: f64, floor: f64) -> Gauge {
        Gauge { history: History::new(MEMORY), quantile, factor, floor, next: None, limit: None, loud: None }
    }

    /// The score of `activity` at `at`; none during the first samples.
    #[inline]
    pub(super) fn score(&mut self, at: i64, activity: f64) -> Option<f64> {
        self.score_above(at, activity, 0.0)
    }

    /// The same with a limit of `least` at least.
    #[inline]
    pub(super) fn score_above(&mut self, at: i64, activity: f64, least: f64) -> Option<f64> {
        // Judged by what was usual before.
        let score = self.limit.map(|limit| activity / limit.max(least));
        let is_due = self.next.is_none_or(|next| at >= next || at < next.saturating_sub(2 * SAMPLE));
        if is_due {
            self.next = Some(at.saturating_add(SAMPLE));
            self.loud = score.filter(|it| *it >= 1.0).map(|_| self.loud.unwrap_or(at));
            if self.loud.is_some_and(|since| since <= at && at < since.saturating_add(PATIENCE)) {
                return score;
            }
            self.history.push(activity);
            if self.history.len() >= SAMPLES_MIN {
                let usual = self.history.quantile(self.quantile).unwrap_or(0.0);
                self.limit = Some((self.factor * usual).max(self.floor));
            }
        }
        score
    }
}

/// Holds the level of a detector.
#[derive(Clone, Debug)]
pub(super) struct Alarm {
    kind: Kind,
    level: u8,
    raised_at: i64,
    score: Option<f64>,
    evidence: [f64; 3],
    alert: Option<Alert>,
}

state!(Alarm { level, raised_at, score, evidence, alert; kind });

impl Alarm {
    pub(super) fn new(kind: Kind) -> Alarm {
        Alarm { kind, level: 0, raised_at: 0, score: None, evidence: [0.0; 3], alert: None }
    }

    #[inline]
    pub(super) fn update(&mut self, at: i64, score: Option<f64>, evidence: [f64; 3]) {
        (self.score, self.evidence, self.alert) = (score, evidence, None);
        let Some(score) = score else { return };
        let reached = LIMITS.iter().filter(|limit| score >= **limit).count() as u8;
        if reached > self.level {
            (self.level, self.raised_at) = (reached, at);
            self.alert = Some(Alert { kind: self.kind, level: reached, score, at, evidence });
        } else if self.level > 0 && (at >= self.raised_at.saturating_add(HOLD) || at < self.raised_at) {
            let kept = LIMITS.iter().filter(|limit| score >= RELEASE * **limit).count() as u8;
            self.level = self.level.min(kept);
        }
    }

    /// An event that the detector does not read.
    #[inline]
    pub(super) fn pass(&mut self) {
        self.alert = None;
    }

    #[inline]
    pub(super) fn alert(&self) -> Option<Alert> {
        self.alert
    }

    #[cfg(test)]
    pub(super) fn level(&self) -> u8 {
        self.level
    }

    pub(super) fn write(&self, out: &mut [f64]) {
        let Some(score) = self.score else { return out.fill(f64::NAN) };
        out[0] = f64::from(self.level);
        out[1] = score;
        out[2..].copy_from_slice(&self.evidence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn a_level_rises_at_once_and_falls_late() {
        let mut alarm = Alarm::new(Kind::Spoofing);
        let mut step = |seconds: i64, score: f64| {
            alarm.update(seconds * SECOND, Some(score), [0.0; 3]);
            (alarm.level, alarm.alert.is_some())
        };
        assert_eq!(step(0, 0.9), (0, false));
        assert_eq!(step(1, 1.0), (1, true));
        assert_eq!(step(1, 2.5), (3, true));
        assert_eq!(step(2, 0.0), (3, false), "held");
        assert_eq!(step(4, 1.5), (3, false), "more than 0.7 of what raised it");
        assert_eq!(step(5, 1.3), (2, false));
        assert_eq!(step(6, 1.6), (2, false), "no new alert without a rise");
        assert_eq!(step(7, 0.0), (0, false));
        assert_eq!(step(8, 9.0), (5, true));
    }

    #[test]
    fn what_is_usual_has_a_score_below_its_limit() {
        let mut gauge = Gauge::new(0.99, 2.0, 0.0);
        for i in 0..60 {
            assert_eq!(gauge.score(i * SECOND, 4.0), None);
        }
        for i in 60..300 {
            let usual = gauge.score(i * SECOND, 4.0).unwrap();
            assert!(usual > 0.49 && usual <= 0.5, "{usual}");
        }
        // Many calls within a second are one sample, too few to be the usual.
        (0..1000).for_each(|_| assert!(gauge.score(300 * SECOND, 40.0).unwrap() > 4.9));
    }
}
