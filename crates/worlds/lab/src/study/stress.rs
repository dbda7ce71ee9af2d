//! A portfolio under stress: the same draws in harder worlds.

use super::ahead::AheadArgs;
use super::{Sample, StudyError, count, figure, weights};
use scalp_quant::Error;
use scalp_quant::dependence::copula::{DegreesOfFreedom, MarketRegime, StudentCopula};
use scalp_quant::dependence::covariance::{correlation, sample as covariance};
use scalp_quant::matrix::Matrix;
use scalp_quant::montecarlo::stress::{Portfolio, Scenario, StressReport};
use scalp_quant::montecarlo::{Estimate, Stress};
use scalp_quant::rng::Key;
use scalp_quant::tails;
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Bars, Chart, Colour, Unit};
use scalp_report::study::{Cell, Section, Study};

/// Steps of all paths of one scenario.
const WORK_MAX: usize = 1_000_000_000;
/// Degrees of freedom at or below 2 have no variance.
const NU_MIN: f64 = 2.1;

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct StressArgs {
    /// Weight of each asset; equal ones when empty.
    pub weights: Vec<f64>,
    /// How far, how many paths, and their seed.
    pub ahead: AheadArgs,
    /// Degrees of freedom of the steps; fitted when absent.
    pub degrees: Option<f64>,
    /// Expected returns are zero, not those of the past.
    pub zero_drift: bool,
    /// Fall of all prices in the first step.
    pub crash: f64,
    /// Factor of the volatilities.
    pub volatility_factor: f64,
    /// Share of the way to one that correlations go.
    pub breakdown: f64,
    /// Fall at half time, half of which comes back.
    pub flash: f64,
    /// The market that it turns into at half time, and its factor of volatilities.
    pub regime: (MarketRegime, f64),
}

/// The report.
pub fn stress(sample: &Sample, args: &StressArgs) -> Result<Study, StudyError> {
    let held = weights::of(sample, &args.weights)?;
    let failed = || StudyError::of("the stress");
    let (portfolio, nu_from) = estimated(sample, &held, args).map_err(failed())?;
    let grid = args.ahead.grid(sample, WORK_MAX)?;
    let key = Key::named(args.ahead.seed, "risk stress");
    let mut rows = Vec::new();
    for (name, scenario) in scenarios(args) {
        let report = Stress::new(&portfolio, scenario, grid).and_then(|it| it.run(key, args.ahead.paths));
        rows.push((name, report.map_err(failed())?));
    }
    let mut world = Section::with_columns("World as estimated, annual", ["weight", "return", "volatility"]);
    for (at, name) in sample.names.iter().enumerate() {
        let cells = [held[at], portfolio.drifts[at], portfolio.volatilities[at]];
        world.row(name, cells.into_iter().map(Cell::from).collect());
    }
    let mut notes = sample.notes.clone();
    notes.push(format!(
        "{} paths of {}, seed {}, the same normal draws in all scenarios, so that their differences are not chance. Steps are Student-t with {:.2} degrees of freedom ({nu_from}), correlated as in the table; the portfolio is brought back to its weights at every step, without costs. Errors are standard errors of the simulation, not of the estimates.",
        args.ahead.paths,
        count(args.ahead.horizon, "step"),
        args.ahead.seed,
        portfolio.nu.unwrap_or(f64::INFINITY),
    ));
    notes.push("The crash comes in the first step, the flash crash at half time (half of it comes back in the next step), the other market from half time on; correlations go that share of their way to 1. Sizes of the scenarios are rules of the house and options of the command, not estimates. In the market it turns into, degrees of freedom and correlations are those of that market (crisis: 3 and times 1.5, bear 5 and 1.2, sideways 10 and 1, bull 15 and 0.8).".into());
    let known = Ok::<f64, Error>;
    let worst = rows.iter().map(|it| it.1.tail_99.expected_shortfall.value).fold(f64::MIN, f64::max);
    let deepest = rows.iter().map(|it| it.1.max_drawdown.value).fold(f64::MIN, f64::max);
    Ok(Study {
        title: format!(
            "{} under stress, {} ahead",
            count(sample.names.len(), "column"),
            count(args.ahead.horizon, "step")
        ),
        sample: sample.described(),
        headline: vec![
            figure(
                "ES 99 %, as estimated",
                FigureUnit::Magnitude,
                known(rows[0].1.tail_99.expected_shortfall.value),
                "over the horizon",
            ),
            figure("ES 99 %, worst scenario", FigureUnit::Magnitude, known(worst), "over the horizon"),
            figure(
                "Mean drawdown, as estimated",
                FigureUnit::Magnitude,
                known(rows[0].1.max_drawdown.value),
                "deepest of each path",
            ),
            figure(
                "Mean drawdown, worst scenario",
                FigureUnit::Magnitude,
                known(deepest),
                "deepest of each path",
            ),
        ],
        charts: vec![chart(&rows)],
        sections: vec![table(&rows), world],
        notes,
    })
}

fn scenarios(args: &StressArgs) -> Vec<(String, Scenario)> {
    let (regime, volatility_factor) = args.regime;
    let market = match regime {
        MarketRegime::Crisis => "crisis",
        MarketRegime::Bear => "bear market",
        MarketRegime::Sideways => "sideways market",
        MarketRegime::Bull => "bull market",
    };
    vec![
        ("as estimated".into(), Scenario::Baseline),
        (format!("crash of {} %", args.crash * 100.0), Scenario::MarketCrash { fall: args.crash }),
        (
            format!("volatility x {}", args.volatility_factor),
            Scenario::VolatilityRise { factor: args.volatility_factor },
        ),
        (
            format!("correlations {} % to 1", args.breakdown * 100.0),
            Scenario::CorrelationBreakdown { share: args.breakdown },
        ),
        (
            format!("flash crash of {} %", args.flash * 100.0),
            Scenario::FlashCrash { fall: args.flash, recovered: 0.5 },
        ),
        (
            format!("{market}, volatility x {volatility_factor}"),
            Scenario::RegimeChange { regime, volatility_factor },
        ),
    ]
}

/// The world of the table, and where its degrees of freedom come from.
fn estimated(sample: &Sample, held: &[f64], args: &StressArgs) -> Result<(Portfolio, &'static str), Error> {
    let returns = Matrix::from_columns(&sample.returns)?;
    let covariance = covariance(&returns)?;
    let (nu, from) = match args.degrees {
        Some(it) => (it, "given"),
        None if sample.names.len() > 1 => {
            (StudentCopula::fit(&returns, DegreesOfFreedom::default())?.copula.nu(), "of the fitted t-copula")
        }
        None => (tails::fit_student(&sample.returns[0])?.distribution.t.nu().max(NU_MIN), "fitted"),
    };
    let drift = |returns: &Vec<f64>| returns.iter().sum::<f64>() / returns.len() as f64 * sample.per_year;
    let drifts = sample.returns.iter().map(|it| if args.zero_drift { 0.0 } else { drift(it) }).collect();
    let volatilities = (0..held.len()).map(|it| libm::sqrt(covariance[(it, it)] * sample.per_year)).collect();
    let correlation = correlation(&returns)?;
    Ok((Portfolio { weights: held.to_vec(), drifts, volatilities, correlation, nu: Some(nu) }, from))
}

fn table(rows: &[(String, StressReport)]) -> Section {
    let columns = [
        "total return",
        "total return, error",
        "volatility",
        "volatility, error",
        "drawdown",
        "drawdown, error",
        "VaR 99 %",
        "VaR 99 %, error",
        "ES 99 %",
        "ES 99 %, error",
    ];
    let mut section = Section::with_columns("Scenarios", columns);
    for (name, it) in rows {
        let all = [
            it.total_return,
            it.volatility,
            it.max_drawdown,
            it.tail_99.value_at_risk,
            it.tail_99.expected_shortfall,
        ];
        let both = |it: Estimate| [Cell::from(it.value), Cell::from(it.standard_error)];
        section.row(name, all.into_iter().flat_map(both).collect());
    }
    section
}

fn chart(rows: &[(String, StressReport)]) -> Chart {
    let of = |it: &StressReport| vec![it.tail_99.expected_shortfall.value, it.max_drawdown.value];
    let bars = Bars {
        unit: Unit::Percent,
        columns: vec![("ES 99 %".into(), Colour::Orange), ("mean drawdown".into(), Colour::Blue)],
        rows: rows.iter().map(|(name, it)| (name.clone(), of(it))).collect(),
    };
    Chart::bars("Losses by scenario", "Over the whole horizon, as shares of the capital at the start.", bars)
}
