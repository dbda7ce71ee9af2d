//! In which state a market is: a hidden Markov model of the returns of one column, filtered bar by bar.

use super::charts::along;
use super::{Sample, StudyError, count, figure, minute};
use scalp_quant::Error;
use scalp_quant::regime::hmm::{Filter, Fit, Hmm, Search};
use scalp_quant::regime::{Emission, Family};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};
use std::fmt::Write as _;
use std::path::PathBuf;

/// States that are told apart.
const STATES: std::ops::RangeInclusive<usize> = 1..=6;
/// Numbers of states whose fits are compared.
const COMPARED: usize = 4;
const STARTS_MAX: usize = 200;
/// Steps ahead that are looked at.
const AHEAD: [u32; 4] = [1, 5, 20, 60];
/// Returns are fitted in per cent, as the models of volatility are.
const PERCENT: f64 = 100.0;
const COLOURS: [Colour; 6] =
    [Colour::Blue, Colour::Gold, Colour::Orange, Colour::Purple, Colour::Grey, Colour::Ink];

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct RegimeArgs {
    /// How many states.
    pub states: usize,
    /// Law of the returns in each.
    pub family: Family,
    /// Random starts of the search beside the first.
    pub starts: usize,
    /// Their seed.
    pub seed: u64,
    /// Where the probabilities of each state at each time go.
    pub out: Option<PathBuf>,
}

/// The fit, and in which state the column was and is.
pub fn regimes(sample: &Sample, args: &RegimeArgs) -> Result<Study, StudyError> {
    let asset = sample.single()?;
    if !STATES.contains(&args.states) {
        let (least, most) = (STATES.start(), STATES.end());
        return Err(StudyError::Asked(format!("--states: expected {least} to {most}, got {}", args.states)));
    }
    if args.starts > STARTS_MAX {
        return Err(StudyError::Asked(format!(
            "--starts: expected at most {STARTS_MAX}, got {}",
            args.starts
        )));
    }
    let name = &sample.names[asset];
    let values: Vec<f64> = sample.log_returns(asset).iter().map(|it| it * PERCENT).collect();
    let search = |states| Search { family: args.family, states, starts: args.starts, seed: args.seed };
    let fit = Hmm::fit(&values, search(args.states)).map_err(StudyError::of(name))?;
    let run = Run::of(&fit.model, &values).map_err(StudyError::of(name))?;
    let law = match args.family {
        Family::Gaussian => "normal",
        Family::StudentT => "Student-t",
    };
    let mut study = Study {
        title: format!("{} of {name}, {law}, {} returns", count(args.states, "state"), values.len()),
        sample: sample.described(),
        headline: headline(sample, &fit, &run),
        charts: charts(sample, asset, &run),
        sections: vec![
            states(sample, &fit, &run),
            transitions(&fit.model),
            ahead(sample, &fit.model, &run.filter),
            counted(&values, &fit, &search),
        ],
        notes: sample.notes.clone(),
    };
    if let Some(path) = &args.out {
        super::files::write("--out", path, &run.csv(sample))?;
        study.notes.push(format!("Probabilities of each state at each time: {}.", path.display()));
    }
    study.notes.push(format!(
        "Fitted by expectation and maximisation (Baum et al. 1970) to logarithmic returns, the best of {} of {}, seed {}; states in order of their variance. The likelihood has many maxima.",
        fit.starts_used,
        count(args.starts + 1, "start"),
        args.seed
    ));
    study.notes.push("Filtered probabilities know the returns up to their own, but the model that they come from was fitted to all of them; smoothed ones know the future as well. For a test of a strategy, fit on the past alone.".into());
    Ok(study)
}

/// The filter over the whole series.
struct Run {
    filter: Filter,
    /// By step and state.
    filtered: Vec<Vec<f64>>,
    smoothed: Vec<Vec<f64>>,
    path: Vec<usize>,
}

impl Run {
    fn of(model: &Hmm, values: &[f64]) -> Result<Self, Error> {
        let mut filter = model.filter();
        let filtered =
            values.iter().map(|it| filter.push(*it).map(<[f64]>::to_vec)).collect::<Result<_, _>>()?;
        Ok(Self { filter, filtered, smoothed: model.smooth(values)?, path: model.viterbi(values)? })
    }

    fn csv(&self, sample: &Sample) -> String {
        let states = self.filter.probabilities().len();
        let mut text = String::from(if sample.times.is_empty() { "step" } else { "time" });
        (1..=states).for_each(|it| {
            let _ = write!(text, ",state_{it}");
        });
        text.push_str(",likeliest_path\n");
        for (t, row) in self.filtered.iter().enumerate() {
            match sample.times.get(t) {
                Some(time) => text.push_str(&time.to_string()),
                None => {
                    let _ = write!(text, "{}", t + 1);
                }
            }
            row.iter().for_each(|it| {
                let _ = write!(text, ",{it}");
            });
            let _ = writeln!(text, ",{}", self.path[t] + 1);
        }
        text
    }
}

/// Mean and variance of the returns of a state, in per cent; a variance that is infinite is none.
fn moments(emission: &Emission) -> (f64, Result<f64, String>) {
    match *emission {
        Emission::Gaussian { mean, variance } => (mean, Ok(variance)),
        Emission::StudentT { location, scale, df } => {
            let variance = if df > 2.0 {
                Ok(scale * scale * df / (df - 2.0))
            } else {
                Err("with 2 degrees of freedom or fewer there is no variance".to_owned())
            };
            (location, variance)
        }
    }
}

fn annual(sample: &Sample, variance: f64) -> f64 {
    libm::sqrt(variance * sample.per_year) / PERCENT
}

fn label(state: usize) -> String {
    format!("state {}", state + 1)
}

fn states(sample: &Sample, fit: &Fit, run: &Run) -> Section {
    let columns = [
        "mean, annual",
        "volatility, annual",
        "degrees of freedom",
        "mean stay, steps",
        "share of steps",
        "probability now",
    ];
    let mut section = Section::with_columns("States, calmest first", columns);
    for (state, emission) in fit.model.emissions().iter().enumerate() {
        let (mean, variance) = moments(emission);
        let df = match emission {
            Emission::Gaussian { .. } => Cell::from("normal"),
            Emission::StudentT { df, .. } => (*df).into(),
        };
        let stay = fit.model.mean_duration(state).filter(|it| it.is_finite());
        let stay = stay.map_or_else(|| Cell::Undefined("the state is never left".into()), Cell::from);
        let share = run.path.iter().filter(|it| **it == state).count() as f64 / run.path.len() as f64;
        let cells = vec![
            (mean * sample.per_year / PERCENT).into(),
            variance.map(|it| annual(sample, it)).into(),
            df,
            stay,
            share.into(),
            run.filter.probabilities()[state].into(),
        ];
        section.row(&label(state), cells);
    }
    section
}

fn transitions(model: &Hmm) -> Section {
    let mut section = Section::with_columns(
        "From one step to the next",
        (0..model.states()).map(|it| format!("to {}", label(it))),
    );
    for (state, row) in model.transition().iter().enumerate() {
        section.row(&format!("from {}", label(state)), row.iter().map(|it| Cell::from(*it)).collect());
    }
    section
}

/// Probabilities of the states, and the volatility of a return, so many steps ahead.
fn ahead(sample: &Sample, model: &Hmm, filter: &Filter) -> Section {
    let mut columns: Vec<String> = (0..model.states()).map(label).collect();
    columns.push("volatility, annual".into());
    let mut section = Section::with_columns("Ahead", columns);
    for steps in AHEAD {
        let chances = filter.forecast(steps);
        let mut cells: Vec<Cell> = chances.iter().map(|it| Cell::from(*it)).collect();
        cells.push(mixed(model, &chances).map(|it| annual(sample, it)).into());
        let plural = if steps == 1 { "step" } else { "steps" };
        section.row(&format!("{steps} {plural}"), cells);
    }
    section
}

/// Variance of a mixture of the states.
fn mixed(model: &Hmm, chances: &[f64]) -> Result<f64, String> {
    let (mut mean, mut square) = (0.0, 0.0);
    for (chance, emission) in chances.iter().zip(model.emissions()) {
        let (at, variance) = moments(emission);
        mean += chance * at;
        square += chance * (variance? + at * at);
    }
    Ok(square - mean * mean)
}

/// How many states the series asks for.
fn counted(values: &[f64], fit: &Fit, search: &dyn Fn(usize) -> Search) -> Section {
    let mut section = Section::with_columns("Number of states", ["log-likelihood", "BIC, less is better"]);
    for states in 1..=COMPARED.max(fit.model.states()) {
        let other =
            if states == fit.model.states() { Ok(fit.clone()) } else { Hmm::fit(values, search(states)) };
        let cells = match other {
            Ok(it) => vec![it.log_likelihood.into(), it.bic(values.len()).into()],
            Err(why) => vec![Cell::Undefined(why.to_string()); 2],
        };
        section.row(&format!("{states} {}", if states == 1 { "state" } else { "states" }), cells);
    }
    section
}

fn headline(sample: &Sample, fit: &Fit, run: &Run) -> Vec<scalp_report::data::Figure> {
    let known = Ok::<f64, String>;
    let now = run.filter.probabilities();
    let wildest = now.len() - 1;
    let likeliest = (0..now.len()).fold(0, |best, it| if now[it] > now[best] { it } else { best });
    let next = mixed(&fit.model, &run.filter.forecast(1)).map(|it| annual(sample, it));
    vec![
        figure("Likeliest state now", FigureUnit::Count, known((likeliest + 1) as f64), "1 is the calmest"),
        figure("Probability of it", FigureUnit::Share, known(now[likeliest]), "filtered"),
        figure("Probability of the wildest", FigureUnit::Share, known(now[wildest]), "filtered"),
        figure("Volatility, next step", FigureUnit::Magnitude, next, "annual"),
    ]
}

fn charts(sample: &Sample, asset: usize, run: &Run) -> Vec<Chart> {
    let (axis, x) = along(sample, 0);
    let states = run.filter.probabilities().len();
    let mut plane = Plane::new(axis.clone(), Axis::new("probability", Unit::Percent).from_zero());
    let wildest: Vec<f64> = run.smoothed.iter().map(|it| it[states - 1]).collect();
    plane.layer("wildest, smoothed", Colour::Grey, Shape::Dashed, x.clone(), wildest);
    for state in (0..states).filter(|it| states == 1 || *it > 0) {
        let y = run.filtered.iter().map(|it| it[state]).collect();
        let colour = COLOURS[(state + usize::from(states == 2)) % COLOURS.len()];
        plane.layer(&label(state), colour, Shape::Line, x.clone(), y);
    }
    let mut growth = Plane::new(axis, Axis::new("value of 1", Unit::Plain));
    let value = super::charts::growth(&sample.returns[asset]);
    growth.layer("value of 1", Colour::Grey, Shape::Line, x.clone(), value.clone());
    // One layer of points for each state but the calmest: what the wild ones did to the value.
    for state in 1..states {
        let at: Vec<usize> = (0..value.len()).filter(|it| run.path[*it] == state).collect();
        if !at.is_empty() {
            let colour = COLOURS[(state + usize::from(states == 2)) % COLOURS.len()];
            let (x, y) = at.iter().map(|it| (x[*it], value[*it])).unzip();
            growth.layer(&label(state), colour, Shape::Dots, x, y);
        }
    }
    let last = sample.times.last().map_or_else(String::new, |it| format!(" Last: {}.", minute(*it)));
    vec![
        Chart::plane(
            "Probability of each state",
            &format!(
                "Filtered: from the returns up to each, by a model fitted to all; the calmest is what is missing to 100 %. Smoothed: from all returns.{last}"
            ),
            plane,
        ),
        Chart::plane(
            "Likeliest path",
            "Points: where the likeliest path of states (Viterbi), which knows all returns, is not in the calmest.",
            growth,
        ),
    ]
}
