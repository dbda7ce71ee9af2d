//! When a series changed: the best cuts of all of it (PELT), and two detectors that see the past alone (CUSUM, Bayesian
//! online).

use super::charts::along;
use super::{Sample, StudyError, figure, minute};
use scalp_quant::Error;
use scalp_quant::regime::bayesian::{Bayesian, Prior};
use scalp_quant::regime::cusum::Cusum;
use scalp_quant::regime::pelt::{Change, pelt};
use scalp_quant::regime::segment::characteristics;
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};

/// Longest series: the online detector looks at as many run lengths as it keeps at every step.
const STEPS_MAX: usize = 200_000;
/// Run lengths that are told apart.
const KEPT: usize = 1_000;
/// A change is found when it lies within so many steps with more than even chances.
const WITHIN: usize = 20;
const EVEN: f64 = 0.5;
/// Below this chance a change that was found is over.
const FORGOTTEN: f64 = 0.25;
/// Slack and threshold of CUSUM in standard deviations: a false alarm every 465 independent normal values (Hawkins and
/// Olwell 1998).
const SLACK: f64 = 0.5;
/// A belief about the variance worth so many values.
const SHAPE: f64 = 2.0;

/// What is asked beside the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangeArgs {
    /// What may change: the mean alone, or mean and variance.
    pub change: Change,
    /// Least steps between two cuts.
    pub shortest: usize,
    /// Penalty of a cut; that of the Bayesian criterion when absent.
    pub penalty: Option<f64>,
    /// Steps that a mean and variance are learnt from, at the start and after each alarm of CUSUM.
    pub calibration: usize,
    /// Threshold of CUSUM, in standard deviations.
    pub threshold: f64,
    /// Expected steps between two changes, for the online detector.
    pub mean_run: f64,
}

/// The changes of the logarithmic returns of the only column.
pub fn changes(sample: &Sample, args: &ChangeArgs) -> Result<Study, StudyError> {
    let asset = sample.single()?;
    let name = &sample.names[asset];
    let n = sample.steps();
    if n > STEPS_MAX {
        return Err(StudyError::Asked(format!(
            "{name}: expected at most {STEPS_MAX} returns, got {n}: take longer steps"
        )));
    }
    if args.calibration < 10 || args.calibration.saturating_mul(2) > n {
        return Err(StudyError::Asked(format!(
            "--calibration: expected 10 to half of the {n} returns, got {}",
            args.calibration
        )));
    }
    let failed = || StudyError::of(name);
    let values = sample.log_returns(asset);
    let cuts = pelt(&values, args.change, args.shortest, args.penalty).map_err(failed())?;
    let mut edges = vec![0];
    edges.extend(&cuts.starts);
    edges.push(n);
    let stretches: Vec<(usize, usize)> = edges.windows(2).map(|it| (it[0], it[1])).collect();
    let alarms = alarms(&values, args).map_err(failed())?;
    let online = Online::of(&values, args).map_err(failed())?;
    let what = match args.change {
        Change::Mean => "the mean",
        Change::MeanVariance => "mean and variance",
    };
    let mut notes = sample.notes.clone();
    notes.push(format!("Stretches (PELT, Killick, Fearnhead and Eckley 2012): the cuts of the whole series that fit best, {what} of normal returns differing between them, for a penalty of {}. It knows the future of each cut, and sees fat tails as changes of variance: take a larger --penalty for fewer.", args.penalty.map_or_else(|| "the parameters of a stretch times ln n".to_owned(), |it| it.to_string())));
    notes.push(format!("CUSUM (Page 1954): two-sided, slack {SLACK} and threshold {} standard deviations, of {}; mean and deviation are learnt from {} steps at the start and after each alarm. Returns with fat tails raise more false alarms than the normal ones of its tables.", args.threshold, match args.change { Change::Mean => "the returns", Change::MeanVariance => "their squares about the mean" }, args.calibration));
    notes.push(format!("Bayesian online (Adams and MacKay 2007): normal returns of unknown mean and variance, a change every {} steps expected; found when it lies within {WITHIN} steps with more than even chances. The prior is worth one value for the mean and four for the variance, and takes both from the first {} steps, in which therefore nothing is found.", args.mean_run, args.calibration));
    let known = Ok::<f64, Error>;
    let now = stretches[stretches.len() - 1];
    Ok(Study {
        title: format!("When {name} changed, {n} returns"),
        sample: sample.described(),
        headline: vec![
            figure("Stretches", FigureUnit::Count, known(stretches.len() as f64), "best cuts of all"),
            figure(
                "The present one, steps",
                FigureUnit::Count,
                known((now.1 - now.0) as f64),
                "by the same cuts",
            ),
            figure("Alarms of CUSUM", FigureUnit::Count, known(alarms.len() as f64), "seen as they came"),
            figure("Change now", FigureUnit::Share, known(online.last()), "within the last 20 steps, online"),
        ],
        charts: charts(sample, &values, &stretches, &online),
        sections: vec![
            table(sample, asset, &values, &stretches),
            alarm_table(sample, &alarms),
            online.section(sample),
        ],
        notes,
    })
}

/// When a return was complete, or its number.
fn when(sample: &Sample, at: usize) -> String {
    sample.times.get(at).map_or_else(|| format!("return {}", at + 1), |it| minute(*it))
}

fn table(sample: &Sample, asset: usize, values: &[f64], stretches: &[(usize, usize)]) -> Section {
    let columns = [
        "to",
        "steps",
        "mean, annual",
        "volatility, annual",
        "skewness",
        "kurtosis",
        "drawdown",
        "autocorrelation",
    ];
    let mut section = Section::with_columns("Stretches, from", columns);
    let mut value = vec![1.0];
    sample.returns[asset].iter().for_each(|it| value.push(value[value.len() - 1] * (1.0 + it)));
    for &(from, to) in stretches {
        let mut cells: Vec<Cell> = vec![when(sample, to - 1).as_str().into(), (to - from).into()];
        match characteristics(&value[from..=to]) {
            Ok(it) => {
                let flat = |it: Option<f64>| {
                    it.map_or_else(|| Cell::Undefined("it does not vary".into()), Cell::from)
                };
                cells.push((it.mean * sample.per_year).into());
                cells.push((it.volatility * libm::sqrt(sample.per_year)).into());
                cells.extend([
                    flat(it.skew),
                    flat(it.kurtosis),
                    it.max_drawdown.into(),
                    flat(it.autocorrelation),
                ]);
            }
            Err(why) => cells.extend(vec![Cell::Undefined(why.to_string()); columns.len() - 2]),
        }
        section.row(&when(sample, from), cells);
    }
    debug_assert!(values.len() + 1 == value.len(), "one value more than returns");
    section
}

/// A shift that CUSUM saw.
struct Shift {
    since: usize,
    at: usize,
    up: bool,
}

/// Mean and standard deviation.
fn learnt(values: &[f64]) -> Result<(f64, f64), Error> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / (n - 1.0);
    if variance > 0.0 {
        Ok((mean, libm::sqrt(variance)))
    } else {
        Err(Error::Constant { what: "returns to learn from" })
    }
}

fn alarms(values: &[f64], args: &ChangeArgs) -> Result<Vec<Shift>, Error> {
    let mut found = Vec::new();
    let mut from = 0;
    'learn: while from + args.calibration < values.len() {
        let past = &values[from..from + args.calibration];
        let (mean, deviation) = learnt(past)?;
        let squares: Vec<f64> = past.iter().map(|it| (it - mean) * (it - mean)).collect();
        let of_squares = learnt(&squares);
        let scaled = |it: f64| match (args.change, &of_squares) {
            (Change::MeanVariance, Ok((centre, spread))) => ((it - mean) * (it - mean) - centre) / spread,
            _ => (it - mean) / deviation,
        };
        let mut cusum = Cusum::new(0.0, SLACK, args.threshold)?;
        let start = from + args.calibration;
        for (number, value) in values[start..].iter().enumerate() {
            if let Some(alarm) = cusum.push(scaled(*value))? {
                let at = start + number;
                found.push(Shift { since: start + alarm.since as usize, at, up: alarm.up });
                from = at + 1;
                continue 'learn;
            }
        }
        break;
    }
    Ok(found)
}

fn alarm_table(sample: &Sample, alarms: &[Shift]) -> Section {
    let mut section = Section::with_columns("Alarms of CUSUM, at", ["since", "delay, steps", "which way"]);
    for it in alarms {
        let way = if it.up { "up" } else { "down" };
        section.row(
            &when(sample, it.at),
            vec![when(sample, it.since).as_str().into(), (it.at - it.since).into(), way.into()],
        );
    }
    if alarms.is_empty() {
        section.row("none", vec!["".into(), "".into(), "".into()]);
    }
    section
}

/// What the online detector said.
struct Online {
    /// At each step, the probability that the last change lies within [`WITHIN`] steps.
    recent: Vec<f64>,
    /// When a change was found, and when it was.
    found: Vec<(usize, usize)>,
}

impl Online {
    fn of(values: &[f64], args: &ChangeArgs) -> Result<Self, Error> {
        let (mean, deviation) = learnt(&values[..args.calibration])?;
        let prior =
            Prior { mean, mean_weight: 1.0, shape: SHAPE, scale: deviation * deviation * (SHAPE - 1.0) };
        let mut detector = Bayesian::new(prior, args.mean_run, KEPT.min(values.len().max(2)))?;
        let (mut recent, mut found) = (Vec::with_capacity(values.len()), Vec::new());
        let mut is_open = true;
        for (at, value) in values.iter().enumerate() {
            detector.push(*value)?;
            // The prior knows the steps that it was learnt from: what is found in them was not seen as it came.
            let chance =
                if at < args.calibration.max(WITHIN) { 0.0 } else { detector.changed_within(WITHIN) };
            if chance > EVEN && is_open {
                let run = &detector.run_lengths()[1..=WITHIN.min(detector.run_lengths().len() - 1)];
                let likeliest =
                    (0..run.len()).fold(0, |best, it| if run[it] > run[best] { it } else { best });
                found.push((at, at - likeliest.min(at)));
                is_open = false;
            }
            // One change is found once: it is forgotten before the next.
            is_open |= chance < FORGOTTEN;
            recent.push(chance);
        }
        Ok(Self { recent, found })
    }

    fn last(&self) -> f64 {
        self.recent.last().copied().unwrap_or(0.0)
    }

    fn section(&self, sample: &Sample) -> Section {
        let mut section =
            Section::with_columns("Bayesian online, found at", ["since", "delay, steps", "probability"]);
        for &(at, since) in &self.found {
            let cells = vec![
                when(sample, since).as_str().into(),
                (at - since.min(at)).into(),
                self.recent[at].into(),
            ];
            section.row(&when(sample, at), cells);
        }
        if self.found.is_empty() {
            section.row("none", vec!["".into(), "".into(), "".into()]);
        }
        section
    }
}

fn charts(sample: &Sample, values: &[f64], stretches: &[(usize, usize)], online: &Online) -> Vec<Chart> {
    let (axis, x) = along(sample, 0);
    let year = libm::sqrt(sample.per_year);
    let mut plane = Plane::new(axis.clone(), Axis::new("annual", Unit::Percent).from_zero());
    plane.layer(
        "size of each return",
        Colour::Grey,
        Shape::Dots,
        x.clone(),
        values.iter().map(|it| it.abs() * year).collect(),
    );
    let mut line = Vec::with_capacity(values.len());
    let mut drift = Vec::with_capacity(values.len());
    for &(from, to) in stretches {
        let part = &values[from..to];
        let mean = part.iter().sum::<f64>() / part.len() as f64;
        let square = part.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / part.len() as f64;
        line.extend(vec![libm::sqrt(square) * year; part.len()]);
        drift.extend(vec![mean * sample.per_year; part.len()]);
    }
    plane.layer("volatility of the stretch", Colour::Blue, Shape::Line, x.clone(), line);
    plane.layer("mean of the stretch", Colour::Orange, Shape::Line, x.clone(), drift);
    let mut recent = Plane::new(axis, Axis::new("probability", Unit::Percent).from_zero());
    recent.layer("a change within 20 steps", Colour::Purple, Shape::Line, x, online.recent.clone());
    recent.level("even", EVEN);
    vec![
        Chart::plane(
            "Stretches",
            "Logarithmic returns by size, with mean and volatility of each stretch between two cuts, which know the whole series.",
            plane,
        ),
        Chart::plane(
            "Change, seen as it comes",
            "Bayesian online detector: from the returns up to each. The steps that the prior is learnt from are left out.",
            recent,
        ),
    ]
}
