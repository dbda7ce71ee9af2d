//! One bet with known outcomes.

use super::{FallArgs, MULTIPLES, NOTHING, check, known, said};
use crate::study::charts::steps;
use crate::study::{StudyError, count, figure};
use scalp_allocate::kelly::{self, Outcomes};
use scalp_allocate::ruin::{self, Diffusion};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};

const RUINS: &str = "an outcome ruins at this fraction";

/// One bet that can be made again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct BetArgs {
    /// Probability to win; with the odds, or outcomes in place of both.
    pub probability: Option<f64>,
    /// What is won per what is staked.
    pub odds: f64,
    /// Returns on the stake and their probabilities.
    pub outcomes: Vec<(f64, f64)>,
    /// Standard error of the probability, or of the expected return on the stake where outcomes are given.
    pub error: f64,
    /// Multiple of the full fraction that is taken.
    pub multiple: f64,
    /// Capital in stakes of one size, for ruin with a fixed stake.
    pub units: Option<u32>,
    /// Capital at which it ends well.
    pub goal: Option<u32>,
    /// Falls that are asked about.
    pub falls: FallArgs,
}

/// The fraction of one bet.
pub fn bet(args: &BetArgs) -> Result<Study, StudyError> {
    check(&args.falls)?;
    let (outcomes, scale) = match (args.probability, args.outcomes.is_empty()) {
        (Some(p), true) => {
            kelly::binary(p, args.odds).map_err(said("--probability, --odds"))?;
            let found = Outcomes::new(vec![args.odds, -1.0], vec![p, 1.0 - p]);
            (found.map_err(said("--probability, --odds"))?, args.odds + 1.0)
        }
        (None, false) => {
            let (returns, chances) = args.outcomes.iter().copied().unzip();
            (Outcomes::new(returns, chances).map_err(said("--outcome"))?, 1.0)
        }
        _ => {
            return Err(StudyError::Asked(
                "give either --probability (with --odds) or --outcome RETURN:PROBABILITY for each outcome"
                    .into(),
            ));
        }
    };
    if !(args.multiple > 0.0 && args.multiple.is_finite()) {
        return Err(StudyError::Asked(format!("--multiple: expected above 0, got {}", args.multiple)));
    }
    let full = match outcomes.fraction() {
        Err(scalp_allocate::Error::Unbounded) => {
            return Err(StudyError::Asked(
                "no outcome loses: the fraction has no bound, and such a bet is a mistake in the numbers"
                    .into(),
            ));
        }
        other => other.map_err(said("--outcome"))?,
    };
    let shrink = kelly::shrinkage(outcomes.mean(), scale * args.error).map_err(said("--error"))?;
    let taken = full * shrink * args.multiple;
    let mut section = Section::new("Bet");
    section.say("expected return on the stake", outcomes.mean());
    section.say("full Kelly fraction", full);
    section.say("kept for the error of the edge", shrink);
    section.say("multiple", args.multiple);
    section.say("fraction to stake", taken);
    section.say("growth per bet, full Kelly", growth(&outcomes, full));
    section.say("growth per bet, this fraction", growth(&outcomes, taken));
    let law = Law { outcomes: &outcomes, args };
    let mut sections = vec![section, law.multiples(full, &args.falls)];
    sections.extend(args.units.map(|units| law.fixed(units)).transpose()?);
    let mut notes = vec![
        "Kelly (1956): the fraction of equity with the most expected growth of its logarithm. An edge known to an error only keeps the share edge^2 / (edge^2 + error^2) of it (Baker and McHale 2013).".to_owned(),
        format!("Chances to fall to {} of the equity are of a Brownian motion with the growth and the spread of the logarithm of one bet: near for small stakes, too low for large ones.", args.falls.to),
    ];
    if full <= 0.0 {
        notes.push("The bet has no edge: stake nothing.".into());
    }
    Ok(Study {
        title: "How much to stake".into(),
        sample: match args.probability {
            Some(p) => format!("wins {} per stake with probability {p}, else loses the stake", args.odds),
            None => count(args.outcomes.len(), "outcome"),
        },
        headline: vec![
            known("Fraction to stake", FigureUnit::Magnitude, taken, "of the equity"),
            known("Full Kelly", FigureUnit::Magnitude, full, "most growth, deepest falls"),
            figure(
                "Growth per bet",
                FigureUnit::Percent,
                growth(&outcomes, taken),
                "of the logarithm of the equity",
            ),
        ],
        charts: vec![law.chart(full, taken)],
        sections,
        notes,
    })
}

/// Expected growth of the logarithm of the equity.
fn growth(outcomes: &Outcomes, fraction: f64) -> Result<f64, &'static str> {
    let found = outcomes.growth(fraction);
    if found.is_finite() { Ok(found) } else { Err(RUINS) }
}

/// A bet with what is asked of it.
struct Law<'a> {
    outcomes: &'a Outcomes,
    args: &'a BetArgs,
}

impl Law<'_> {
    /// Growth and spread of the logarithm of equity per bet.
    fn diffusion(&self, fraction: f64) -> Result<Diffusion, String> {
        let growth = growth(self.outcomes, fraction)?;
        let square: f64 =
            self.pairs().map(|(r, p)| p * libm::log1p(fraction * r) * libm::log1p(fraction * r)).sum();
        let spread = libm::sqrt((square - growth * growth).max(0.0));
        Diffusion::new(growth, spread).map_err(|e| e.to_string())
    }

    /// Returns on the stake with their probabilities, of those that can be.
    fn pairs(&self) -> Box<dyn Iterator<Item = (f64, f64)> + '_> {
        match self.args.probability {
            Some(p) => Box::new([(self.args.odds, p), (-1.0, 1.0 - p)].into_iter().filter(|it| it.1 > 0.0)),
            None => Box::new(self.args.outcomes.iter().copied().filter(|it| it.1 > 0.0)),
        }
    }

    fn multiples(&self, full: f64, falls: &FallArgs) -> Section {
        let columns = ["fraction", "growth per bet", "ever falls so deep", "within the bets", "time below"];
        let name = format!("Falls to {} of the equity, within {}", falls.to, count(falls.within, "bet"));
        let mut section = Section::with_columns(&name, columns);
        for multiple in MULTIPLES {
            let fraction = multiple * full;
            let law = if full > 0.0 { self.diffusion(fraction) } else { Err("the bet has no edge".into()) };
            let of = |get: &dyn Fn(Diffusion) -> Result<f64, scalp_allocate::Error>| -> Cell {
                law.clone().and_then(|it| get(it).map_err(|e| e.to_string())).into()
            };
            section.row(
                &format!("{multiple} of full Kelly"),
                vec![
                    fraction.into(),
                    growth(self.outcomes, fraction).into(),
                    of(&|it| it.ever_falls_to(falls.to)),
                    of(&|it| it.falls_to_within(falls.to, falls.within)),
                    of(&|it| it.time_below_peak(1.0 - falls.to)),
                ],
            );
        }
        let most = ruin::kelly_multiple_for(falls.to, falls.chance);
        section.row(
            &format!("most for a chance of {}", falls.chance),
            vec![most.map(|it| it * full).into(), "".into(), falls.chance.into(), "".into(), "".into()],
        );
        section
    }

    /// Stakes of one size.
    fn fixed(&self, units: u32) -> Result<Section, StudyError> {
        let mut section = Section::new(&format!("Ruin of {} of one size", count(units, "stake")));
        if let Some(p) = self.args.probability.filter(|_| (self.args.odds - 1.0).abs() <= 0.0) {
            section.say("chance to lose them all", ruin::gambler(p, units, None).map_err(said("--units"))?);
            if let Some(goal) = self.args.goal {
                let found = ruin::gambler(p, units, Some(goal)).map_err(said("--goal"))?;
                section.say(&format!("chance to lose them before {goal} are reached"), found);
            }
            return Ok(section);
        }
        if self.args.goal.is_some() {
            return Err(StudyError::Asked(
                "--goal: its chance has a closed form for odds of 1 alone: leave it out".into(),
            ));
        }
        let (returns, chances): (Vec<f64>, Vec<f64>) = self.pairs().unzip();
        let exponent = ruin::adjustment_coefficient(&returns, &chances);
        section.say("Lundberg's exponent", exponent.clone());
        section.say("chance to lose them all, at most", exponent.map(|it| libm::exp(-it * f64::from(units))));
        Ok(section)
    }

    fn chart(&self, full: f64, taken: f64) -> Chart {
        let name = "Growth by fraction";
        let worst = self.pairs().fold(0.0_f64, |worst, it| worst.min(it.0));
        if full <= NOTHING {
            return Chart::missing(name, "the bet has no edge");
        }
        let most = (2.5 * full).min(if worst < 0.0 { -0.999 / worst } else { 2.5 * full });
        let x = steps(0.0, most, 161);
        let y: Vec<f64> = x.iter().map(|it| self.outcomes.growth(*it)).collect();
        let mut plane = Plane::new(
            Axis::new("fraction of equity staked", Unit::Percent).from_zero(),
            Axis::new("growth per bet", Unit::Percent).from_zero(),
        );
        plane.layer("growth", Colour::Blue, Shape::Line, x, y);
        plane.upright("full Kelly", full);
        plane.upright("staked", taken);
        Chart::plane(
            name,
            "Expected growth of the logarithm of equity. Beyond full Kelly more is staked for less growth; at about twice it nothing grows.",
            plane,
        )
    }
}
