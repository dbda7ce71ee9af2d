//! The tolerances: how near to its definition a shape must be.

use super::swings::{SwingRule, Swings};
use crate::error::Error;

/// What is asked of a shape. Distances are parts of the shape's own height, so that an hour and a week, a cent and a
/// thousand dollars are judged alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Which turns are points.
    pub swings: SwingRule,
    /// How far points that should lie on one level or line may lie apart, as a part of the height; above 0 to 0.5. Lo,
    /// Mamaysky and Wang (2000) allow 1.5 per cent of the price to each side, for daily shares about a seventh of a
    /// pattern.
    pub tolerance: f64,
    /// How far a ratio of a harmonic pattern may lie off, as a part of the ratio; above 0 to 0.2.
    pub ratio_tolerance: f64,
    /// The most that a line which counts as flat may rise or fall over the pattern, as a part of the height at its start; 0
    /// or more, below `slope`.
    pub flat: f64,
    /// The least that a line which counts as sloping must rise or fall, likewise; and the least by which the lines of a wedge
    /// or a pennant must come closer. Up to 1.
    pub slope: f64,
    /// How many times as long as the other one half of a head and shoulders, a double or a triple top may be; 1 to 100.
    pub symmetry: f64,
    /// The most of its pole that a flag or pennant may take back; above 0 and below 1.
    pub retrace: f64,
    /// The longest pattern, in bars from its first to its last point; 4 to 1,000,000.
    pub bars_max: u32,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            swings: SwingRule::Atr { period: 14, multiple: 2.0 },
            tolerance: 0.15,
            ratio_tolerance: 0.05,
            flat: 0.1,
            slope: 0.25,
            symmetry: 2.5,
            retrace: 0.5,
            bars_max: 500,
        }
    }
}

impl Rules {
    /// Whether every value is in its range; the finder of swings if so.
    pub(super) fn check(&self) -> Result<Swings, Error> {
        let within = [
            ("tolerance", self.tolerance, self.tolerance > 0.0 && self.tolerance <= 0.5, "above 0 to 0.5"),
            (
                "ratio_tolerance",
                self.ratio_tolerance,
                self.ratio_tolerance > 0.0 && self.ratio_tolerance <= 0.2,
                "above 0 to 0.2",
            ),
            ("flat", self.flat, self.flat >= 0.0 && self.flat < self.slope, "0 or more and below slope"),
            ("slope", self.slope, self.slope > 0.0 && self.slope <= 1.0, "above 0 to 1"),
            ("symmetry", self.symmetry, self.symmetry >= 1.0 && self.symmetry <= 100.0, "1 to 100"),
            ("retrace", self.retrace, self.retrace > 0.0 && self.retrace < 1.0, "above 0 and below 1"),
            ("bars_max", f64::from(self.bars_max), (4..=1_000_000).contains(&self.bars_max), "4 to 1000000"),
        ];
        for (parameter, given, sound, expected) in within {
            if !sound {
                return Err(Error::BadParameter {
                    indicator: "patterns",
                    parameter: parameter.to_owned(),
                    given: given.to_string(),
                    expected: format!("a number {expected}"),
                });
            }
        }
        Swings::new(self.swings)
    }
}
