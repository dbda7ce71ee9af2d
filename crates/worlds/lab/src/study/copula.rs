//! What falls together: a t-copula of the returns, its tail dependence, and the tail of a portfolio under it.

use super::charts::steps;
use super::{Sample, StudyError, figure, weights};
use scalp_quant::Error;
use scalp_quant::dependence::copula::portfolio::PortfolioTails;
use scalp_quant::dependence::copula::tail::empirical_lower;
use scalp_quant::dependence::copula::{
    ArchimedeanCopula, Copula, CopulaPortfolio, DegreesOfFreedom, Family, GaussianCopula, GaussianPair,
    MarketRegime, StudentCopula, StudentFit, StudentPair, implied_correlation,
};
use scalp_quant::dependence::rank::{kendall_matrix, pseudo_observations};
use scalp_quant::matrix::Matrix;
use scalp_quant::montecarlo::Estimate;
use scalp_quant::rng::Key;
use scalp_quant::tails;
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Bars, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};

/// Draws of the simulated tails.
const DRAWS: std::ops::RangeInclusive<usize> = 1_000..=5_000_000;
/// Share of the worst steps in which joint falls are counted.
const WORST: f64 = 0.05;
/// More columns than this have too many pairs to read.
const COLUMNS_MAX: usize = 40;
/// Pairs that are listed: the nearest.
const PAIRS_MAX: usize = 45;
/// Draws behind the chart.
const CHART_DRAWS: u64 = 100_000;
const REGIMES: [(MarketRegime, &str); 4] = [
    (MarketRegime::Bull, "bull market"),
    (MarketRegime::Sideways, "sideways market"),
    (MarketRegime::Bear, "bear market"),
    (MarketRegime::Crisis, "crisis"),
];

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct CopulaArgs {
    /// Weight of each asset; equal ones when empty.
    pub weights: Vec<f64>,
    /// Draws of the simulated tails.
    pub draws: usize,
    /// Their seed.
    pub seed: u64,
}

/// The fit, and what it says about each pair and the portfolio.
pub fn copula(sample: &Sample, args: &CopulaArgs) -> Result<Study, StudyError> {
    let assets = sample.names.len();
    if !(2..=COLUMNS_MAX).contains(&assets) {
        return Err(StudyError::Asked(format!(
            "{}: dependence is asked of 2 to {COLUMNS_MAX} columns, the table has {assets}: name them with --column",
            sample.table
        )));
    }
    if !DRAWS.contains(&args.draws) {
        let (least, most) = (DRAWS.start(), DRAWS.end());
        return Err(StudyError::Asked(format!("--draws: expected {least} to {most}, got {}", args.draws)));
    }
    let held = weights::of(sample, &args.weights)?;
    let failed = || StudyError::of("the copula");
    let returns = Matrix::from_columns(&sample.returns).map_err(failed())?;
    let uniforms = pseudo_observations(&returns).map_err(failed())?;
    let fit = StudentCopula::fit(&returns, DegreesOfFreedom::default()).map_err(failed())?;
    let normal =
        implied_correlation(&returns).and_then(|it| GaussianCopula::new(&it.correlation)).map_err(failed())?;
    let tails = Tails::of(&returns, &held, &fit.copula, &normal, args).map_err(failed())?;
    let pairs = Pairs::of(sample, &returns, &uniforms, &fit).map_err(failed())?;
    let nu = fit.copula.nu();
    let mut sections = vec![fitted(&fit, &normal, &uniforms), pairs.section()];
    if assets == 2 {
        sections.push(families(&uniforms));
    }
    sections.push(tails.section(sample, &held));
    let mut notes = sample.notes.clone();
    notes.push("Correlations are sin(pi tau / 2) of Kendall's tau, the degrees of freedom the likeliest of 2.5 to 30 given them, for ranks over n + 1 (McNeil, Frey and Embrechts 2005). Tail dependence is the limit of the chance that one falls when the other does, the further out the nearer (Demarta and McNeil 2005); a normal copula has none.".into());
    notes.push(format!("Seen: steps in which both had their worst {} %, over {} % of all steps, which is seldom a whole number; chance alone gives {WORST}.", WORST * 100.0, WORST * 100.0));
    notes.push(format!("Tails of one step: each asset has the law of its own past, so that it alone never falls deeper than it did; {} draws, seed {}, the same for all. Degrees of freedom and correlations of the four markets are rules of the house (crisis: 3 and times 1.5, bear 5 and 1.2, sideways 10 and 1, bull 15 and 0.8), not estimates.", args.draws, args.seed));
    if fit.at_range_end {
        notes.push(format!("The degrees of freedom came to lie at the end of their range, {nu:.1}: above 30 the copula is as good as normal, below 2.5 wilder than a variance allows."));
    }
    if let Some(by) = fit.corrected_by {
        notes.push(format!("The pairwise correlations did not fit together: the nearest matrix that does is taken, {by:.3} away."));
    }
    let known = Ok::<f64, Error>;
    Ok(Study {
        title: format!("What falls together: {assets} columns, {} returns of each", sample.steps()),
        sample: sample.described(),
        headline: vec![
            figure("Degrees of freedom", FigureUnit::Ratio, known(nu), "the fewer, the more falls together"),
            figure("Largest tail dependence", FigureUnit::Share, known(pairs.largest()), "of two columns"),
            figure(
                "ES 99 %, t-copula",
                FigureUnit::Magnitude,
                known(tails.student.tail_99.expected_shortfall.value),
                "one step",
            ),
            figure(
                "ES 99 %, in a crisis",
                FigureUnit::Magnitude,
                known(tails.regimes[3].1.tail_99.expected_shortfall.value),
                "one step",
            ),
        ],
        charts: vec![joint(sample, &uniforms, &fit, &normal, &pairs, args.seed), tails.chart()],
        sections,
        notes,
    })
}

fn fitted(fit: &StudentFit, normal: &GaussianCopula, uniforms: &Matrix) -> Section {
    let mut section = Section::new("Fit");
    let of_normal = normal.ln_likelihood(uniforms);
    section.say("degrees of freedom", fit.copula.nu());
    section.say("log-likelihood", fit.ln_likelihood);
    section.say("log-likelihood of the normal copula", of_normal.clone());
    section.say("twice the difference", of_normal.map(|it| 2.0 * (fit.ln_likelihood - it)));
    section
}

/// Two columns.
struct Pair {
    at: (usize, usize),
    name: String,
    tau: f64,
    correlation: f64,
    tail: f64,
    seen: f64,
}

/// All pairs, the nearest first.
struct Pairs(Vec<Pair>);

impl Pairs {
    fn of(sample: &Sample, returns: &Matrix, uniforms: &Matrix, fit: &StudentFit) -> Result<Self, Error> {
        let (tau, tail) = (kendall_matrix(returns)?, fit.copula.tail_dependence()?);
        let mut all = Vec::new();
        for i in 0..sample.names.len() {
            for j in i + 1..sample.names.len() {
                all.push(Pair {
                    at: (i, j),
                    name: format!("{} and {}", sample.names[i], sample.names[j]),
                    tau: tau[(i, j)],
                    correlation: fit.copula.correlation()[(i, j)],
                    tail: tail[(i, j)],
                    seen: empirical_lower(&uniforms.column(i), &uniforms.column(j), WORST)?,
                });
            }
        }
        all.sort_by(|a, b| b.tail.total_cmp(&a.tail));
        Ok(Self(all))
    }

    fn largest(&self) -> f64 {
        self.0.first().map_or(0.0, |it| it.tail)
    }

    fn section(&self) -> Section {
        let all = self.0.len();
        let name =
            if all > PAIRS_MAX { format!("The {PAIRS_MAX} nearest of {all} pairs") } else { "Pairs".into() };
        let columns = ["Kendall's tau", "correlation", "tail dependence", "fell together, seen"];
        let mut section = Section::with_columns(&name, columns);
        for it in self.0.iter().take(PAIRS_MAX) {
            let cells = [it.tau, it.correlation, it.tail, it.seen];
            section.row(&it.name, cells.into_iter().map(Cell::from).collect());
        }
        section
    }
}

/// Copulas of two assets by their likelihood.
fn families(uniforms: &Matrix) -> Section {
    let columns = ["parameter", "log-likelihood", "AIC", "lower tail", "upper tail"];
    let mut section = Section::with_columns("Copulas of the pair", columns);
    let mut add = |name: &str, found: Result<(f64, f64, f64, [f64; 2]), Error>| {
        let cells = match found {
            Ok((parameter, likelihood, count, tails)) => {
                let aic = 2.0 * count - 2.0 * likelihood;
                [parameter, likelihood, aic, tails[0], tails[1]].into_iter().map(Cell::from).collect()
            }
            Err(why) => vec![Cell::Undefined(why.to_string()); columns.len()],
        };
        section.row(name, cells);
    };
    add(
        "normal, correlation",
        GaussianPair::fit(uniforms).map(|it| (it.rho, it.ln_likelihood, 1.0, [0.0; 2])),
    );
    let student = StudentPair::fit(uniforms, DegreesOfFreedom::default());
    let tail = |nu, rho| scalp_quant::dependence::copula::tail::student(nu, rho);
    add(
        "Student-t, degrees of freedom",
        student.and_then(|it| Ok((it.nu, it.ln_likelihood, 2.0, [tail(it.nu, it.rho)?; 2]))),
    );
    for (name, family, survival) in [
        ("Clayton", Family::Clayton, false),
        ("survival Clayton", Family::Clayton, true),
        ("Gumbel", Family::Gumbel, false),
        ("survival Gumbel", Family::Gumbel, true),
        ("Frank", Family::Frank, false),
    ] {
        let found = ArchimedeanCopula::fit(family, uniforms, survival).map(|it| {
            let tails = it.copula.tail_dependence();
            (it.copula.theta(), it.ln_likelihood, 1.0, [tails.lower, tails.upper])
        });
        add(name, found);
    }
    section
}

/// The tail of the portfolio under each copula.
struct Tails {
    normal: PortfolioTails,
    student: PortfolioTails,
    regimes: Vec<(&'static str, PortfolioTails)>,
}

impl Tails {
    fn of(
        returns: &Matrix,
        held: &[f64],
        student: &StudentCopula,
        normal: &GaussianCopula,
        args: &CopulaArgs,
    ) -> Result<Self, Error> {
        let portfolio = CopulaPortfolio::new(returns, held)?;
        let key = Key::named(args.seed, "copula tails");
        let mut regimes = Vec::new();
        for (regime, name) in REGIMES {
            let copula = regime.copula(student.correlation())?;
            regimes.push((name, portfolio.tails(&copula, key, args.draws)?));
        }
        Ok(Self {
            normal: portfolio.tails(normal, key, args.draws)?,
            student: portfolio.tails(student, key, args.draws)?,
            regimes,
        })
    }

    fn rows(&self) -> Vec<(&'static str, &PortfolioTails)> {
        let mut rows = vec![("normal copula", &self.normal), ("t-copula, as fitted", &self.student)];
        rows.extend(self.regimes.iter().map(|it| (it.0, &it.1)));
        rows
    }

    fn section(&self, sample: &Sample, held: &[f64]) -> Section {
        let columns = [
            "VaR 95 %",
            "VaR 95 %, error",
            "ES 95 %",
            "ES 95 %, error",
            "VaR 99 %",
            "VaR 99 %, error",
            "ES 99 %",
            "ES 99 %, error",
        ];
        let mut section = Section::with_columns("Tail of the portfolio, one step", columns);
        let past = weights::returns(sample, held);
        let mut cells = Vec::new();
        for confidence in [0.95, 0.99] {
            let found = tails::historical_tail(&past, confidence);
            cells.push(found.as_ref().map(|it| it.value_at_risk).into());
            cells.push(Cell::from(""));
            cells.push(found.map(|it| it.expected_shortfall).into());
            cells.push(Cell::from(""));
        }
        section.row("as it was", cells);
        for (name, it) in self.rows() {
            let estimates = [
                it.tail_95.value_at_risk,
                it.tail_95.expected_shortfall,
                it.tail_99.value_at_risk,
                it.tail_99.expected_shortfall,
            ];
            let both = |it: Estimate| [Cell::from(it.value), Cell::from(it.standard_error)];
            section.row(name, estimates.into_iter().flat_map(both).collect());
        }
        section
    }

    fn chart(&self) -> Chart {
        let rows = self.rows();
        let of = |it: &PortfolioTails| {
            vec![it.tail_95.expected_shortfall.value, it.tail_99.expected_shortfall.value]
        };
        let bars = Bars {
            unit: Unit::Percent,
            columns: vec![("ES 95 %".into(), Colour::Blue), ("ES 99 %".into(), Colour::Orange)],
            rows: rows.into_iter().map(|(name, it)| (name.to_owned(), of(it))).collect(),
        };
        Chart::bars(
            "Expected shortfall by copula",
            "One step of the portfolio. The four markets are rules of the house; each asset alone has the law of its own past in all of them.",
            bars,
        )
    }
}

/// How often the nearest two fall together, the further out.
fn joint(
    sample: &Sample,
    uniforms: &Matrix,
    fit: &StudentFit,
    normal: &GaussianCopula,
    pairs: &Pairs,
    seed: u64,
) -> Chart {
    let name = "Falling together";
    let Some(pair) = pairs.0.first() else { return Chart::missing(name, "there is no pair") };
    let (i, j) = pair.at;
    let n = uniforms.rows() as f64;
    let levels: Vec<f64> = steps(libm::log((10.0 / n).clamp(0.005, 0.25)), libm::log(0.5), 40)
        .into_iter()
        .map(libm::exp)
        .collect();
    let make = || -> Result<Plane, Error> {
        let mut plane = Plane::new(
            Axis::new("worst share of the steps", Unit::Percent).logarithmic(),
            Axis::new("chance that both are in it", Unit::Percent).from_zero(),
        );
        let (u, v) = (uniforms.column(i), uniforms.column(j));
        let seen: Vec<f64> =
            levels.iter().map(|q| empirical_lower(&u, &v, *q)).collect::<Result<_, Error>>()?;
        plane.layer("seen", Colour::Ink, Shape::Dots, levels.clone(), seen);
        let mut drawn = |label: &str, colour, copula: &dyn Draw| -> Result<(), Error> {
            let (u, v) = copula.pair(seed, (i, j));
            let found: Vec<f64> =
                levels.iter().map(|q| empirical_lower(&u, &v, *q)).collect::<Result<_, Error>>()?;
            plane.layer(label, colour, Shape::Line, levels.clone(), found);
            Ok(())
        };
        drawn("t-copula", Colour::Blue, &fit.copula)?;
        drawn("normal copula", Colour::Orange, normal)?;
        plane.level("limit of the t-copula", pair.tail);
        Ok(plane)
    };
    let note = format!(
        "{} and {}, the two of the largest tail dependence: given that one has a step among its worst, the chance that the other has too. Of the copulas {CHART_DRAWS} draws, seed {seed}. Independent ones would lie on the share itself.",
        sample.names[i], sample.names[j]
    );
    Chart::made(name, &note, make())
}

/// Draws of two columns.
trait Draw {
    fn pair(&self, seed: u64, at: (usize, usize)) -> (Vec<f64>, Vec<f64>);
}

impl<C: Copula> Draw for C {
    fn pair(&self, seed: u64, at: (usize, usize)) -> (Vec<f64>, Vec<f64>) {
        let key = Key::named(seed, "falling together");
        let mut out = vec![0.0; self.dimension()];
        let one = |number| {
            self.draw(&mut key.stream(number), &mut out);
            (out[at.0], out[at.1])
        };
        (0..CHART_DRAWS).map(one).unzip()
    }
}
