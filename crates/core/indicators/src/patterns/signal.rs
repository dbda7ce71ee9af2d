//! A pattern as a number for each bar, built by name: `HEAD_SHOULDERS(0.15)`, `GARTLEY(tolerance=0.05, swing=percent, size=3)`.

use super::bar::{Bar, Refused};
use super::detector::Patterns;
use super::found::{Found, State};
use super::rules::Rules;
use super::swings::{SwingRule, Swings};
use super::table::{PatternSpec, is_harmonic, table};
use crate::error::{Error, Nearest, nearest};
use crate::request::Request;

/// What is told of the pattern that speaks: its signed strength, the price beyond which a close says that it was none, the price
/// that it should reach, and the bars since the one at which it became knowable. When it ends, the strength is 0 and the others
/// stay, at that bar and until another pattern speaks: so a close beyond a level can be seen.
pub const OUTPUTS: [&str; 4] = ["strength", "invalidation", "target", "bars"];

/// The signed strength of a pattern at each bar: -1 (bearish) to 1 (bullish), 0 when there is none or its direction is open, and
/// nothing while no swing could be known. Of several alive the strongest speaks. By default a pattern speaks from its
/// breakout on (`since=confirmed`), else from when it is known (`since=known`), until it has reached its target, failed or expired.
///
/// A harmonic pattern is known at C, when the price must still go to D, against the way in which the pattern points: with
/// `since=known` it speaks once a bar has reached into the zone of D. Where the turn carries the price to the target before D is
/// known to be a swing it is silent, as there is nothing left to wait for.
#[derive(Clone, Debug)]
pub struct Signal {
    spec: &'static PatternSpec,
    arguments: Vec<f64>,
    forming: bool,
    patterns: Patterns,
    last: Option<Told>,
    close: f64,
}

/// What remains of a pattern that spoke.
#[derive(Clone, Copy, Debug)]
struct Told {
    invalidation: Option<f64>,
    target: Option<f64>,
    known_at: u64,
}

/// The name with all parameters.
impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.arguments.iter().map(f64::to_string).collect();
        write!(f, "{}({})", self.spec.name, parts.join(","))
    }
}

impl Signal {
    /// Builds what `text` names.
    pub fn parse(text: &str) -> Result<Signal, Error> {
        Signal::build(&Request::parse(text)?)
    }

    /// Builds what `request` names.
    pub fn build(request: &Request) -> Result<Signal, Error> {
        let unknown = || Error::UnknownIndicator {
            name: request.name.clone(),
            nearest: nearest(&request.name, table().iter().map(|it| it.name)),
        };
        let spec =
            table().iter().find(|it| it.name.eq_ignore_ascii_case(&request.name)).ok_or_else(unknown)?;
        if let Some(output) = &request.output {
            return Err(Error::UnknownOutput {
                indicator: spec.name,
                output: output.clone(),
                nearest: Nearest(None),
            });
        }
        let arguments = request.resolve_against(spec.name, &spec.parameters)?;
        let value = |name: &str| {
            let place = spec.parameters.iter().position(|it| it.name == name);
            place.map(|place| arguments[place])
        };
        let mut rules = Rules::default();
        match value("tolerance") {
            Some(it) if is_harmonic(spec.kind) => rules.ratio_tolerance = it,
            Some(it) => rules.tolerance = it,
            None => {}
        }
        let size = value("size").unwrap_or(2.0);
        rules.swings = match value("swing") {
            Some(1.0) => SwingRule::Percent(size),
            Some(2.0) => SwingRule::Fractal(if size.fract() == 0.0 { size as u32 } else { 0 }),
            _ => SwingRule::Atr { period: value("period").unwrap_or(14.0) as u32, multiple: size },
        };
        Swings::new(rules.swings).map_err(|error| match error {
            Error::BadParameter { expected, .. } => Error::BadParameter {
                indicator: spec.name,
                parameter: "size".to_owned(),
                given: size.to_string(),
                expected,
            },
            other => other,
        })?;
        rules.bars_max = value("bars").unwrap_or(500.0) as u32;
        let patterns = Patterns::new(rules, &[spec.kind])?;
        Ok(Signal {
            spec,
            forming: value("since") == Some(0.0),
            arguments,
            patterns,
            last: None,
            close: f64::NAN,
        })
    }

    /// What the pattern is.
    #[must_use]
    pub fn spec(&self) -> &'static PatternSpec {
        self.spec
    }

    /// The values of all parameters, in the order of the spec.
    #[must_use]
    pub fn arguments(&self) -> &[f64] {
        &self.arguments
    }

    /// Whether it speaks before its pattern is confirmed (`since=known`).
    #[must_use]
    pub fn speaks_early(&self) -> bool {
        self.forming
    }

    /// The patterns behind the number.
    #[must_use]
    pub fn patterns(&self) -> &Patterns {
        &self.patterns
    }

    /// How many bars pass in silence.
    #[must_use]
    pub fn warm_up(&self) -> u64 {
        self.patterns.warm_up()
    }

    /// Takes a finished bar in and answers for it. A refused bar leaves no trace.
    #[inline]
    pub fn push(&mut self, bar: &Bar) -> Result<Option<f64>, Refused> {
        self.patterns.push(bar)?;
        self.close = bar.close;
        let mut strength = 0.0;
        if let Some(it) = self.speaking() {
            strength = it.signed();
            self.last =
                Some(Told { invalidation: it.invalidation, target: it.target, known_at: it.known_at });
        }
        Ok((self.patterns.bars() > self.patterns.warm_up()).then_some(strength))
    }

    /// All of [`OUTPUTS`] as of the last bar; where none speaks the strength is 0, and the others are those of the pattern that spoke
    /// last, absent before the first. A few wave counts have no target: the leg that is measured would end before the line that
    /// confirms them. Nothing while no swing could be known.
    #[must_use]
    pub fn told(&self) -> [Option<f64>; OUTPUTS.len()] {
        if self.patterns.bars() <= self.patterns.warm_up() {
            return [None; OUTPUTS.len()];
        }
        let strength = self.speaking().map_or(0.0, Found::signed);
        let Some(it) = self.last else { return [Some(strength), None, None, None] };
        let since = self.patterns.bars() - 1 - it.known_at;
        [Some(strength), it.invalidation, it.target, Some(since as f64)]
    }

    /// What a new signal says of each of `bars`; nothing at those that are refused.
    #[must_use]
    pub fn batch(&self, bars: &[Bar]) -> Vec<Option<f64>> {
        let mut fresh = self.clone();
        fresh.reset();
        bars.iter().map(|bar| fresh.push(bar).ok().flatten()).collect()
    }

    /// Becomes as new.
    pub fn reset(&mut self) {
        self.patterns.reset();
        self.last = None;
        self.close = f64::NAN;
    }

    /// The strongest of those alive, if one has a direction; of equal ones the first.
    fn speaking(&self) -> Option<&Found> {
        let mut strongest: Option<&Found> = None;
        for it in self.patterns.alive() {
            if self.is_said(it) && it.is_stronger(strongest.map_or(0.0, Found::signed)) {
                strongest = Some(it);
            }
        }
        strongest
    }

    fn is_said(&self, it: &Found) -> bool {
        let is_known = self.forming && (it.zone.is_none() || it.entered_at.is_some());
        (is_known || it.state == State::Confirmed) && (it.zone.is_none() || !it.is_over(self.close))
    }
}
