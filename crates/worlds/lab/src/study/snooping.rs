//! Does the best of several strategies beat a benchmark, after the search for it is allowed for? White's reality check and
//! Hansen's test of superior predictive ability.

use super::{Sample, StudyError, count, figure};
use scalp_quant::Error;
use scalp_quant::bootstrap::optimal_block_length;
use scalp_quant::edge::{RealityCheck, Resampling, Spa, reality_check, superior_predictive_ability};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Bars, Chart, Colour, Unit};
use scalp_report::study::{Cell, Section, Study};

const RESAMPLES: std::ops::RangeInclusive<usize> = 100..=1_000_000;
/// Values read in all resamples together.
const WORK_MAX: usize = 20_000_000_000;

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct SnoopingArgs {
    /// The column that the others are to beat; zero when absent.
    pub benchmark: Option<String>,
    /// Mean length of a block, in steps; the longest that any of the strategies asks for when absent.
    pub block: Option<f64>,
    /// Resamples.
    pub resamples: usize,
    /// Their seed.
    pub seed: u64,
}

/// Both tests.
pub fn snooping(sample: &Sample, args: &SnoopingArgs) -> Result<Study, StudyError> {
    if !RESAMPLES.contains(&args.resamples) {
        let (least, most) = (RESAMPLES.start(), RESAMPLES.end());
        return Err(StudyError::Asked(format!(
            "--resamples: expected {least} to {most}, got {}",
            args.resamples
        )));
    }
    let benchmark = match &args.benchmark {
        Some(name) => Some(super::files::asset(&sample.names, name, "--benchmark")?),
        None => None,
    };
    let of = |at: usize| -> Vec<f64> {
        let base = benchmark.map(|it| &sample.returns[it]);
        sample.returns[at].iter().enumerate().map(|(t, it)| it - base.map_or(0.0, |base| base[t])).collect()
    };
    let strategies: Vec<usize> = (0..sample.names.len()).filter(|it| Some(*it) != benchmark).collect();
    if strategies.is_empty() {
        return Err(StudyError::Asked(format!(
            "{}: the table has no column beside the benchmark: give one for each strategy that was tried",
            sample.table
        )));
    }
    if sample.steps().saturating_mul(strategies.len()).saturating_mul(args.resamples) > WORK_MAX {
        return Err(StudyError::Asked(format!(
            "--resamples: {} of {} strategies over {} steps would take long: take fewer",
            args.resamples,
            strategies.len(),
            sample.steps()
        )));
    }
    let excess: Vec<Vec<f64>> = strategies.iter().map(|it| of(*it)).collect();
    let columns: Vec<&[f64]> = excess.iter().map(Vec::as_slice).collect();
    let name = |at: usize| sample.names[strategies[at]].as_str();
    let block = match args.block {
        Some(it) => it,
        None => {
            let mut longest = 1.0_f64;
            for (at, it) in excess.iter().enumerate() {
                let found = optimal_block_length(it).map_err(StudyError::of(name(at)))?;
                longest = longest.max(found.stationary);
            }
            longest
        }
    };
    let resampling = Resampling { seed: args.seed, resamples: args.resamples, block };
    let check = reality_check(&columns, resampling).map_err(StudyError::of("reality check"))?;
    let spa = superior_predictive_ability(&columns, resampling)
        .map_err(StudyError::of("superior predictive ability"))?;
    let mut notes = sample.notes.clone();
    let base = benchmark.map_or_else(|| "a return of zero".to_owned(), |it| sample.names[it].clone());
    notes.push(format!("The null hypothesis is that none of {} beats {base} in the mean. White's reality check (2000) loses power where poor strategies were tried with the good ones; Hansen's test (2005) studentises each and lets those that are clearly worse drop out: its consistent p is the one to use, the other two bound it.", count(strategies.len(), "strategy")));
    notes.push(format!("Stationary bootstrap, {}, blocks of {block:.2} steps in the mean{}, seed {}. The answer holds for the strategies in the table alone: leave out one that was tried, and the p is too small.", count(args.resamples, "resample"), if args.block.is_some() { "" } else { " (the longest that any of them asks for)" }, args.seed));
    let known = Ok::<f64, Error>;
    Ok(Study {
        title: format!("Does the best of {} beat {base}?", count(strategies.len(), "strategy")),
        sample: sample.described(),
        headline: vec![
            figure("p, superior ability", FigureUnit::Share, known(spa.p_consistent), "Hansen, consistent"),
            figure("p, reality check", FigureUnit::Share, known(check.p), "White"),
            figure(
                "Strategies",
                FigureUnit::Count,
                known(strategies.len() as f64),
                "tried, all in the table",
            ),
        ],
        charts: vec![chart(sample, &strategies, &excess, &base)],
        sections: vec![tests(&check, &spa, args.resamples, &name), each(sample, &strategies, &excess)],
        notes,
    })
}

fn tests<'a>(check: &RealityCheck, spa: &Spa, resamples: usize, name: &dyn Fn(usize) -> &'a str) -> Section {
    let columns = ["statistic", "p", "error of p", "best"];
    let mut section = Section::with_columns("Tests", columns);
    let mut add = |row: &str, statistic: f64, p: f64, best: usize| {
        let error = libm::sqrt(p * (1.0 - p) / resamples as f64);
        section.row(row, vec![statistic.into(), p.into(), error.into(), name(best).into()]);
    };
    add("reality check, White", check.statistic, check.p, check.best);
    add("superior ability, Hansen, lower", spa.statistic, spa.p_lower, spa.best);
    add("superior ability, Hansen, consistent", spa.statistic, spa.p_consistent, spa.best);
    add("superior ability, Hansen, upper", spa.statistic, spa.p_upper, spa.best);
    section
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn each(sample: &Sample, strategies: &[usize], excess: &[Vec<f64>]) -> Section {
    let columns = ["mean excess, annual", "its volatility, annual", "ratio"];
    let mut section = Section::with_columns("Over the benchmark", columns);
    for (at, values) in strategies.iter().zip(excess) {
        let m = mean(values);
        let n = values.len() as f64;
        let squares: f64 = values.iter().map(|it| (it - m) * (it - m)).sum();
        let deviation = libm::sqrt(squares / (n - 1.0) * sample.per_year);
        let annual = m * sample.per_year;
        let ratio = if deviation > 0.0 { Ok(annual / deviation) } else { Err("it does not vary") };
        section.row(&sample.names[*at], vec![annual.into(), Cell::from(deviation), ratio.into()]);
    }
    section
}

fn chart(sample: &Sample, strategies: &[usize], excess: &[Vec<f64>], base: &str) -> Chart {
    let row =
        |(at, values): (&usize, &Vec<f64>)| (sample.names[*at].clone(), vec![mean(values) * sample.per_year]);
    let bars = Bars {
        unit: Unit::Percent,
        columns: vec![("mean excess, annual".into(), Colour::Blue)],
        rows: strategies.iter().zip(excess).map(row).collect(),
    };
    Chart::bars(
        "Mean excess return",
        &format!("Over {base}, mean of the steps times the steps of a year."),
        bars,
    )
}
