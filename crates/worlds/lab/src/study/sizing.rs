//! How much of the equity to bet, from an edge: Kelly's fractions, with the ruin and the drawdowns that they bring.

use super::charts::steps;
use super::{Sample, SampleArgs, StudyError, figure};
use scalp_allocate::kelly::{self, Outcomes};
use scalp_allocate::ruin::{self, Diffusion};
use scalp_allocate::sizing::{AtrRisk, VolatilityTarget};
use scalp_allocate::{Constraints, Range};
use scalp_indicators::{Frame, Indicator, Schema};
use scalp_quant::performance;
use scalp_report::data::{Figure, Unit as FigureUnit};
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};
use scalp_tables::panel::{Holds, Panel, PanelPlan};
use std::path::Path;

/// Multiples of the full fraction that are compared.
const MULTIPLES: [f64; 5] = [2.0, 1.0, 0.5, 0.25, 0.1];
/// Rows of the joint programme: each brings an exponential cone.
const JOINT_ROWS_MAX: usize = 3_000;
/// Less growth than this a bet is nothing.
const NOTHING: f64 = 1e-12;

/// Falls that are asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FallArgs {
    /// Share of the equity that it falls to.
    pub to: f64,
    /// Most chance of that.
    pub chance: f64,
    /// Bets or years within which it may.
    pub within: f64,
}

fn said(option: &str) -> impl Fn(scalp_allocate::Error) -> StudyError {
    let option = option.to_owned();
    move |why| StudyError::Allocate(format!("{option}: {why}"))
}

fn check(falls: &FallArgs) -> Result<(), StudyError> {
    for (option, value) in [("fall-to", falls.to), ("chance", falls.chance)] {
        if !(value > 0.0 && value < 1.0) {
            return Err(StudyError::Asked(format!("--{option}: expected between 0 and 1, got {value}")));
        }
    }
    if !(falls.within > 0.0 && falls.within.is_finite()) {
        return Err(StudyError::Asked(format!("--within: expected above 0, got {}", falls.within)));
    }
    Ok(())
}

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
    section.say("growth per bet, full Kelly", outcomes.growth(full));
    section.say("growth per bet, this fraction", outcomes.growth(taken));
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
            None => format!("{} outcomes", args.outcomes.len()),
        },
        headline: vec![
            known("Fraction to stake", FigureUnit::Magnitude, taken, "of the equity"),
            known("Full Kelly", FigureUnit::Magnitude, full, "most growth, deepest falls"),
            known(
                "Growth per bet",
                FigureUnit::Percent,
                outcomes.growth(taken),
                "of the logarithm of the equity",
            ),
        ],
        charts: vec![law.chart(full, taken)],
        sections,
        notes,
    })
}

fn known(name: &str, unit: FigureUnit, value: f64, note: &str) -> Figure {
    figure(name, unit, Ok::<f64, String>(value), note)
}

/// A bet with what is asked of it.
struct Law<'a> {
    outcomes: &'a Outcomes,
    args: &'a BetArgs,
}

impl Law<'_> {
    /// Growth and spread of the logarithm of equity per bet.
    fn diffusion(&self, fraction: f64) -> Result<Diffusion, String> {
        let growth = self.outcomes.growth(fraction);
        if !growth.is_finite() {
            return Err("an outcome ruins at this fraction".into());
        }
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
        let name = format!("Falls to {} of the equity, within {} bets", falls.to, falls.within);
        let mut section = Section::with_columns(&name, columns);
        for multiple in MULTIPLES {
            let fraction = multiple * full;
            let growth = self.outcomes.growth(fraction);
            let law = if full > 0.0 { self.diffusion(fraction) } else { Err("the bet has no edge".into()) };
            let of = |get: &dyn Fn(Diffusion) -> Result<f64, scalp_allocate::Error>| -> Cell {
                law.clone().and_then(|it| get(it).map_err(|e| e.to_string())).into()
            };
            let growth = if growth.is_finite() {
                Cell::from(growth)
            } else {
                Cell::Undefined("an outcome ruins at this fraction".into())
            };
            section.row(
                &format!("{multiple} of full Kelly"),
                vec![
                    fraction.into(),
                    growth,
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
        let mut section = Section::new(&format!("Ruin of {units} stakes of one size"));
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

/// Sizes of columns of returns.
#[derive(Debug, Clone, PartialEq)]
pub struct ReturnsArgs {
    /// Annual return of what bears no risk.
    pub riskless: f64,
    /// Multiple of the full fraction that is taken.
    pub multiple: f64,
    /// Annual volatility that is aimed at.
    pub target: f64,
    /// Most that is scaled up.
    pub scale_max: f64,
    /// Most that the absolute fractions sum to.
    pub gross_max: f64,
    /// Whether fractions may be below zero.
    pub short: bool,
    /// Falls that are asked about.
    pub falls: FallArgs,
}

/// Mean and variance of a column over a year, with the standard error of the mean.
struct Edge {
    mean: f64,
    variance: f64,
    error: f64,
}

impl Edge {
    fn of(returns: &[f64], per_year: f64) -> Result<Self, scalp_quant::Error> {
        // Refuses what is too short or does not vary.
        let volatility = performance::volatility(returns, per_year)?;
        performance::sharpe(returns, per_year)?;
        let n = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / n * per_year;
        Ok(Self { mean, variance: volatility * volatility, error: volatility / libm::sqrt(n / per_year) })
    }
}

/// The fractions of each column, and of all together.
pub fn returns(sample: &Sample, args: &ReturnsArgs) -> Result<Study, StudyError> {
    check(&args.falls)?;
    for (option, value) in [
        ("multiple", args.multiple),
        ("target-volatility", args.target),
        ("scale-max", args.scale_max),
        ("gross-max", args.gross_max),
    ] {
        if !(value > 0.0 && value.is_finite()) {
            return Err(StudyError::Asked(format!("--{option}: expected above 0, got {value}")));
        }
    }
    if !args.riskless.is_finite() {
        return Err(StudyError::Asked(format!(
            "--riskless: expected a finite number, got {}",
            args.riskless
        )));
    }
    let per_step = args.riskless / sample.per_year;
    let target =
        VolatilityTarget { target: args.target, scale_max: args.scale_max, ..VolatilityTarget::default() };
    let columns = [
        "mean excess",
        "error",
        "volatility",
        "full Kelly",
        "full Kelly, of the rows",
        "kept for the error",
        "fraction",
        "scale to the target",
    ];
    let mut section = Section::with_columns("Each column alone, annual", columns);
    for (name, all) in sample.names.iter().zip(&sample.returns) {
        let excess: Vec<f64> = all.iter().map(|it| it - per_step).collect();
        let edge = Edge::of(&excess, sample.per_year).map_err(StudyError::of(name))?;
        let full = kelly::continuous(edge.mean, 0.0, edge.variance).map_err(said(name))?;
        let keep = kelly::shrinkage(edge.mean, edge.error).map_err(said(name))?;
        let of_rows = Outcomes::of_history(&excess).and_then(|it| it.fraction());
        let scale = target.scale(libm::sqrt(edge.variance)).map_err(said("--target-volatility"))?;
        let cells = vec![
            edge.mean.into(),
            edge.error.into(),
            libm::sqrt(edge.variance).into(),
            full.into(),
            of_rows.into(),
            keep.into(),
            (full * keep * args.multiple).into(),
            scale.into(),
        ];
        section.row(name, cells);
    }
    let joint = Joint::of(sample, args, per_step)?;
    let mut notes = sample.notes.clone();
    notes.push("Full Kelly: mean excess over variance, for normal returns traded continuously (Merton 1969); of the rows: the fraction of most growth if each past return were as likely again, zero or more. An edge known to an error only keeps the share mean^2 / (mean^2 + error^2) (Baker and McHale 2013); the fraction is that times the multiple. The scale brings the volatility to the target at once.".into());
    notes.push(format!("All together: most expected growth over the rows, gross at most {}, {}; what is best in the rows that it is judged by is too large out of them. Falls are of a Brownian motion with that growth and volatility (Thorp 2006).", args.gross_max, if args.short { "below zero is short" } else { "none below zero" }));
    Ok(Study {
        title: format!("How much of {} columns, {} returns of each", sample.names.len(), sample.steps()),
        sample: sample.described(),
        headline: vec![
            known("Gross, full Kelly", FigureUnit::Magnitude, joint.gross(), "all columns together"),
            known(
                "Growth, full Kelly",
                FigureUnit::Percent,
                joint.growth * sample.per_year,
                "annual, of the logarithm, in sample",
            ),
            known("Volatility, full Kelly", FigureUnit::Magnitude, libm::sqrt(joint.edge.variance), "annual"),
        ],
        charts: vec![joint.chart(args)],
        sections: vec![section, joint.table(sample, args), joint.falls(args), joint.proof()],
        notes,
    })
}

/// All columns together.
struct Joint {
    fractions: Vec<f64>,
    /// Per row.
    growth: f64,
    worst_residual: f64,
    edge: Edge,
}

impl Joint {
    fn of(sample: &Sample, args: &ReturnsArgs, per_step: f64) -> Result<Self, StudyError> {
        let steps = sample.steps();
        if steps > JOINT_ROWS_MAX {
            return Err(StudyError::Asked(format!(
                "{}: {steps} rows, the joint fractions are of {JOINT_ROWS_MAX} at most: take longer steps, or a shorter table",
                sample.table
            )));
        }
        let rows: Vec<Vec<f64>> =
            (0..steps).map(|t| sample.returns.iter().map(|it| it[t] - per_step).collect()).collect();
        let low = if args.short { -args.gross_max } else { 0.0 };
        let constraints = Constraints {
            gross_max: args.gross_max,
            ..Constraints::bounded(sample.names.len(), Range::new(low, args.gross_max))
        };
        let chances = vec![1.0 / steps as f64; steps];
        let found = kelly::joint(&rows, &chances, &constraints)
            .map_err(|e| StudyError::Allocate(super::portfolio::named(&e.to_string(), &sample.names)))?;
        let held: Vec<f64> =
            rows.iter().map(|row| row.iter().zip(&found.fractions).map(|(r, f)| r * f).sum()).collect();
        let gross: f64 = found.fractions.iter().map(|it| it.abs()).sum();
        let edge = if gross > NOTHING {
            Edge::of(&held, sample.per_year).map_err(StudyError::of("all columns together"))?
        } else {
            Edge { mean: 0.0, variance: 0.0, error: 0.0 }
        };
        let worst_residual = found.check.worst();
        Ok(Self { fractions: found.fractions, growth: found.growth, worst_residual, edge })
    }

    fn gross(&self) -> f64 {
        self.fractions.iter().map(|it| it.abs()).sum()
    }

    fn table(&self, sample: &Sample, args: &ReturnsArgs) -> Section {
        let mut section = Section {
            exact_to: scalp_allocate::FEASIBLE,
            ..Section::with_columns("All together", ["full Kelly", "times the multiple"])
        };
        for (name, it) in sample.names.iter().zip(&self.fractions) {
            section.row(name, vec![(*it).into(), (it * args.multiple).into()]);
        }
        section.row("gross", vec![self.gross().into(), (self.gross() * args.multiple).into()]);
        section.row("growth, annual", vec![(self.growth * sample.per_year).into(), "".into()]);
        section
    }

    fn proof(&self) -> Section {
        let mut section = Section::new("Proof of optimality");
        section.say("worst residual", self.worst_residual);
        section
    }

    /// Growth and volatility of a multiple of the fractions, annual.
    fn at(&self, multiple: f64) -> (f64, f64) {
        let growth = multiple * self.edge.mean - 0.5 * multiple * multiple * self.edge.variance;
        (growth, multiple * libm::sqrt(self.edge.variance))
    }

    fn falls(&self, args: &ReturnsArgs) -> Section {
        let falls = &args.falls;
        let columns =
            ["growth, annual", "volatility, annual", "ever falls so deep", "within the years", "time below"];
        let name = format!("Falls to {} of the equity, within {} years", falls.to, falls.within);
        let mut section = Section::with_columns(&name, columns);
        let mut all = MULTIPLES.to_vec();
        if !all.iter().any(|it| (it - args.multiple).abs() <= 0.0) {
            all.push(args.multiple);
            all.sort_by(|a, b| b.total_cmp(a));
        }
        for multiple in all {
            let (growth, volatility) = self.at(multiple);
            let law = Diffusion::new(growth, volatility);
            let of = |get: &dyn Fn(Diffusion) -> Result<f64, scalp_allocate::Error>| -> Cell {
                match &law {
                    Ok(it) => get(*it).into(),
                    Err(_) => Cell::Undefined("nothing is held: no column has an edge".into()),
                }
            };
            let cells = vec![
                growth.into(),
                volatility.into(),
                of(&|it| it.ever_falls_to(falls.to)),
                of(&|it| it.falls_to_within(falls.to, falls.within)),
                of(&|it| it.time_below_peak(1.0 - falls.to)),
            ];
            section.row(&format!("{multiple} of full Kelly"), cells);
        }
        section
    }

    fn chart(&self, args: &ReturnsArgs) -> Chart {
        let name = "Growth by multiple";
        if self.edge.variance <= NOTHING {
            return Chart::missing(name, "nothing is held: no column has an edge");
        }
        let x = steps(0.0, 2.5, 126);
        let mut plane = Plane::new(
            Axis::new("multiple of the fractions", Unit::Plain).from_zero(),
            Axis::new("annual", Unit::Percent).from_zero(),
        );
        plane.layer(
            "growth",
            Colour::Blue,
            Shape::Line,
            x.clone(),
            x.iter().map(|it| self.at(*it).0).collect(),
        );
        let (fall_x, fall_y): (Vec<f64>, Vec<f64>) = x
            .iter()
            .filter_map(|it| {
                let (growth, volatility) = self.at(*it);
                Some((*it, Diffusion::new(growth, volatility).ok()?.ever_falls_to(args.falls.to).ok()?))
            })
            .unzip();
        plane.layer(
            &format!("chance to fall to {}", args.falls.to),
            Colour::Orange,
            Shape::Line,
            fall_x,
            fall_y,
        );
        plane.upright("taken", args.multiple);
        Chart::plane(
            name,
            "Of the columns together, as a Brownian motion with the mean and the variance of the rows; in sample.",
            plane,
        )
    }
}

/// Size of a position by the range of its market.
#[derive(Debug, Clone, PartialEq)]
pub struct StopArgs {
    /// Equity, in the currency of the prices.
    pub equity: f64,
    /// Share of it that the stop may lose.
    pub risk: f64,
    /// Candles of the average true range.
    pub length: usize,
    /// Distance of the stop in average true ranges.
    pub multiple: f64,
    /// Fees of both sides, as a fraction of what is traded.
    pub fee: f64,
}

/// The quantity whose stop loses what may be lost, at the last candle of a table.
pub fn stop(path: &Path, sample_args: &SampleArgs, args: &StopArgs) -> Result<Study, StudyError> {
    let columns = ["high", "low", "close"].map(str::to_owned).to_vec();
    let panel =
        Panel::read(path, &PanelPlan { holds: Holds::Prices, missing: sample_args.missing, columns })?;
    let [high, low, close] = [&panel.series[0], &panel.series[1], &panel.series[2]];
    let rows = close.len();
    for at in 0..rows {
        if high[at] < low[at] || close[at] > high[at] || close[at] < low[at] {
            return Err(StudyError::Asked(format!(
                "{}, row {} of values: expected low <= close <= high, got {}, {}, {}: mend the candle",
                path.display(),
                at + 1,
                low[at],
                close[at],
                high[at]
            )));
        }
    }
    if !(args.fee >= 0.0 && args.fee < 1.0) {
        return Err(StudyError::Asked(format!("--fee: expected 0 to below 1, got {}", args.fee)));
    }
    let schema = Schema::ohlcv();
    let failed = |e: scalp_indicators::Error| StudyError::Asked(format!("--length: {e}"));
    let indicator = Indicator::parse(&format!("ATR({})", args.length), &schema).map_err(failed)?;
    // Open and volume have no part in it.
    let frame = Frame::new(&schema, &[close, high, low, close, close]).map_err(failed)?;
    let found = indicator.batch(&frame).map_err(failed)?;
    let atr = found[0].at(rows - 1).ok_or_else(|| {
        StudyError::Asked(format!(
            "{}: {rows} candles are too few for an average true range of {}: take a table with more rows, or a shorter --length",
            path.display(),
            args.length
        ))
    })?;
    let price = close[rows - 1];
    let bare = AtrRisk { equity: args.equity, risk: args.risk, atr, multiple: args.multiple };
    let quantity = bare.quantity().map_err(said("the stop"))?;
    let distance = args.multiple * atr;
    // Fees are lost beside the distance: both sides, about at the price now.
    let with_fees = args.equity * args.risk / (distance + args.fee * price);
    let mut section = Section::with_columns("Size", ["value", "of the price"]);
    let mut say = |name: &str, value: f64, share: Option<f64>| {
        section.row(name, vec![value.into(), share.map_or_else(|| Cell::from(""), Cell::from)]);
    };
    say("last close", price, None);
    say(&format!("average true range of {}", args.length), atr, Some(atr / price));
    say("distance of the stop", distance, Some(distance / price));
    say("stop of a long", price - distance, Some(1.0 - distance / price));
    say("stop of a short", price + distance, Some(1.0 + distance / price));
    say("quantity", quantity, None);
    say("quantity, fees counted", with_fees, None);
    say("value, fees counted", with_fees * price, None);
    say("leverage, fees counted", with_fees * price / args.equity, None);
    say("lost at the stop, fees counted", with_fees * (distance + args.fee * price), None);
    let mut notes = Vec::new();
    if price <= distance {
        notes.push("The stop of a long lies at or below zero: it can never be reached.".to_owned());
    }
    notes.push(
        "Wilder's average true range. A stop is no promise: in a gap more is lost than the distance.".into(),
    );
    let file = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    Ok(Study {
        title: "Size by the range of the market".into(),
        sample: format!("{file}: {rows} candles"),
        headline: vec![
            known("Quantity", FigureUnit::Ratio, with_fees, "fees counted"),
            known("Stop distance", FigureUnit::Magnitude, distance / price, "of the price"),
            known("Leverage", FigureUnit::Ratio, with_fees * price / args.equity, "value over equity"),
        ],
        sections: vec![section],
        notes,
        ..Study::default()
    })
}
