//! Volatility as it was within each day, whether prices jumped, and what the days before say of the next (HAR).

use super::charts::millis;
use super::files::write;
use super::{DAY_NS, Sample, StudyError, figure, minute, steps_per_year};
use scalp_quant::Error;
use scalp_quant::volatility::{HarFit, JumpTest, fit_har, jump_test};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section, Study};
use scalp_types::Timestamp;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Returns of a day that the test for jumps needs.
const RETURNS_MIN: usize = 10;
/// Share of the usual returns of a day that the first and the last day of a table need: they may have begun before it, or not
/// be over.
const EDGE_MIN: f64 = 0.9;
/// A day has jumped below this p-value.
const LEVEL: f64 = 0.01;
/// Lags of the standard errors of the regression.
const LAGS: usize = 5;
/// Days in the longest mean of the regression.
const MONTH: usize = 22;
const NAMES: [&str; 4] = ["constant", "day before", "week before", "month before"];

/// What is asked beside the table.
#[derive(Debug, Clone, PartialEq)]
pub struct RealisedArgs {
    /// Times are the ends of the steps: one at midnight belongs to the day before.
    pub times_end: bool,
    /// Where the days go.
    pub out: Option<PathBuf>,
}

/// One day.
struct Day {
    start: Timestamp,
    returns: usize,
    test: JumpTest,
}

/// The days of the only column.
pub fn realised(sample: &Sample, args: &RealisedArgs) -> Result<Study, StudyError> {
    let asset = sample.single()?;
    let name = &sample.names[asset];
    if sample.times.is_empty() {
        return Err(StudyError::Asked(format!(
            "{}: days are told by times, and the table has none",
            sample.table
        )));
    }
    let (mut days, short) = days(sample, asset, args.times_end).map_err(StudyError::of(name))?;
    let parts = whole(&mut days);
    if days.is_empty() {
        return Err(StudyError::Asked(format!(
            "{name}: no day has {RETURNS_MIN} returns: realised volatility is of the steps within a day, take a table of hours or minutes"
        )));
    }
    let starts: Vec<Timestamp> = days.iter().map(|it| it.start).collect();
    let per_year = steps_per_year(&starts).map_or(super::YEAR_DAYS, |it| it.0);
    let variances: Vec<f64> = days.iter().map(|it| it.test.realised).collect();
    let har = fit_har(&variances, LAGS.min(variances.len().saturating_sub(MONTH + 1)));
    let next = har.clone().and_then(|it| it.model.forecast(&variances));
    let annual = |variance: f64| libm::sqrt(variance * per_year);
    let jumped = days.iter().filter(|it| it.test.p_value < LEVEL).count();
    let mut notes = sample.notes.clone();
    if let Some(path) = &args.out {
        write("--out", path, &csv(&days))?;
        notes.push(format!("Days: {}, variances of one day.", path.display()));
    }
    notes.push(format!("Days of UTC of at least {RETURNS_MIN} returns, {per_year} a year{}; a return belongs to the day of its row{}.{parts}", if short > 0 { format!("; {short} days with fewer are left out") } else { String::new() }, if args.times_end { ", at midnight to the day before" } else { "" }));
    notes.push("Realised variance is the sum of squared logarithmic returns of the day; bipower variation that of the products of neighbours, which jumps do not reach (Barndorff-Nielsen and Shephard 2004). Jumps: ratio test in the form of Huang and Tauchen (2005); so many days at 1 % find one in a hundred by chance.".into());
    notes.push(format!("HAR (Corsi 2009): the realised variance of a day on those of the day, the 5 and the {MONTH} days before, by least squares; errors of Newey and West with {LAGS} lags. The regression does not keep a forecast positive; one that is not is refused."));
    let known = Ok::<f64, Error>;
    let mean = variances.iter().sum::<f64>() / variances.len() as f64;
    let last = &days[days.len() - 1];
    Ok(Study {
        title: format!("Realised volatility of {name}, {} days", days.len()),
        sample: sample.described(),
        headline: vec![
            figure("Last day", FigureUnit::Magnitude, known(annual(last.test.realised)), "annual"),
            figure("Next day, HAR", FigureUnit::Magnitude, next.clone().map(annual), "annual"),
            figure(
                "All days",
                FigureUnit::Magnitude,
                known(annual(mean)),
                "annual, root of the mean variance",
            ),
            figure("Days with jumps", FigureUnit::Share, known(jumped as f64 / days.len() as f64), "at 1 %"),
        ],
        charts: vec![chart(&days, &har, &annual)],
        sections: vec![
            summary(&days, jumped, &annual),
            regression(&har, &next, &annual),
            jumps(&days, &annual),
        ],
        notes,
    })
}

/// Returns by the day of their row; days of too few returns are counted.
fn days(sample: &Sample, asset: usize, times_end: bool) -> Result<(Vec<Day>, usize), Error> {
    let logs = sample.log_returns(asset);
    let of = |at: usize| (sample.times[at].nanos() - i64::from(times_end)).div_euclid(DAY_NS);
    let (mut found, mut short) = (Vec::new(), 0);
    let mut from = 0;
    while from < logs.len() {
        let day = of(from);
        let to = (from..logs.len()).find(|it| of(*it) != day).unwrap_or(logs.len());
        let returns = &logs[from..to];
        if returns.len() < RETURNS_MIN {
            short += 1;
        } else {
            match jump_test(returns) {
                Ok(test) => {
                    found.push(Day { start: Timestamp::from_nanos(day * DAY_NS), returns: to - from, test })
                }
                // A day on which nothing moved says nothing about jumps.
                Err(Error::Constant { .. }) => short += 1,
                Err(why) => return Err(why),
            }
        }
        from = to;
    }
    Ok((found, short))
}

/// Takes a first and a last day that are not whole out, and says so: half a day's variance is not that of a day.
fn whole(days: &mut Vec<Day>) -> String {
    let mut counts: Vec<usize> = days.iter().map(|it| it.returns).collect();
    counts.sort_unstable();
    let Some(usual) = counts.get(counts.len() / 2).map(|it| *it as f64) else { return String::new() };
    let mut said = String::new();
    let is_part = |it: Option<&Day>| it.is_some_and(|it| (it.returns as f64) < EDGE_MIN * usual);
    let mut say = |name: &str, day: &Day| {
        let _ = write!(
            said,
            " The {name} day of the table, {}, is left out: it has {} returns of the usual {usual}.",
            minute(day.start),
            day.returns
        );
    };
    if is_part(days.last())
        && let Some(day) = days.pop()
    {
        say("last", &day);
    }
    if is_part(days.first()) {
        say("first", &days.remove(0));
    }
    said
}

fn summary(days: &[Day], jumped: usize, annual: &dyn Fn(f64) -> f64) -> Section {
    let mut section = Section::new("Days");
    let count = days.len() as f64;
    let mean = |get: fn(&JumpTest) -> f64| days.iter().map(|it| get(&it.test)).sum::<f64>() / count;
    section.say("days", days.len());
    section.say("returns of a day, mean", days.iter().map(|it| it.returns as f64).sum::<f64>() / count);
    section.say("realised volatility, annual", annual(mean(|it| it.realised)));
    section.say("without jumps (bipower), annual", annual(mean(|it| it.bipower)));
    section.say("share of the variance in jumps", 1.0 - mean(|it| it.bipower) / mean(|it| it.realised));
    section.say("days with jumps at 1 %", jumped);
    section.say("last day, annual", annual(days[days.len() - 1].test.realised));
    section
}

fn regression(
    har: &Result<HarFit, Error>,
    next: &Result<f64, Error>,
    annual: &dyn Fn(f64) -> f64,
) -> Section {
    let mut section = Section::with_columns("HAR", ["value", "error"]);
    for (at, name) in NAMES.into_iter().enumerate() {
        let of = |get: &dyn Fn(&HarFit) -> f64| Cell::from(har.as_ref().map(get));
        section.row(name, vec![of(&|it| it.model.coefficients[at]), of(&|it| it.standard_errors[at])]);
    }
    section.row("share explained", vec![har.as_ref().map(|it| it.r_squared).into(), "".into()]);
    section.row("days explained", vec![har.as_ref().map(|it| it.n).into(), "".into()]);
    section.row("next day, variance", vec![next.clone().into(), "".into()]);
    section.row("next day, volatility, annual", vec![next.clone().map(annual).into(), "".into()]);
    section
}

fn jumps(days: &[Day], annual: &dyn Fn(f64) -> f64) -> Section {
    let columns = ["realised, annual", "bipower, annual", "share in jumps", "statistic", "p"];
    let mut section = Section::with_columns("The ten largest jumps", columns);
    let mut largest: Vec<&Day> = days.iter().filter(|it| it.test.p_value < LEVEL).collect();
    largest.sort_by(|a, b| b.test.statistic.total_cmp(&a.test.statistic));
    for it in largest.into_iter().take(10) {
        let test = &it.test;
        let cells = [annual(test.realised), annual(test.bipower), test.ratio, test.statistic, test.p_value];
        section.row(&minute(it.start), cells.into_iter().map(Cell::from).collect());
    }
    if section.rows.is_empty() {
        section.row("none", vec![Cell::from(""); columns.len()]);
    }
    section
}

fn csv(days: &[Day]) -> String {
    let mut text = String::from("day,returns,realised_variance,bipower_variance,jump_statistic,p\n");
    for Day { start, returns, test } in days {
        let _ = writeln!(
            text,
            "{},{returns},{},{},{},{}",
            minute(*start),
            test.realised,
            test.bipower,
            test.statistic,
            test.p_value
        );
    }
    text
}

fn chart(days: &[Day], har: &Result<HarFit, Error>, annual: &dyn Fn(f64) -> f64) -> Chart {
    let x: Vec<f64> = days.iter().map(|it| millis(it.start)).collect();
    let mut plane =
        Plane::new(Axis::new("day", Unit::Time), Axis::new("annual volatility", Unit::Percent).from_zero());
    plane.layer(
        "realised",
        Colour::Grey,
        Shape::Line,
        x.clone(),
        days.iter().map(|it| annual(it.test.realised)).collect(),
    );
    if let Ok(har) = har {
        let variances: Vec<f64> = days.iter().map(|it| it.test.realised).collect();
        let fitted = (MONTH..days.len())
            .filter_map(|at| Some((x[at], annual(har.model.forecast(&variances[..at]).ok()?))));
        let (x, y): (Vec<f64>, Vec<f64>) = fitted.unzip();
        plane.layer("HAR, the day before", Colour::Blue, Shape::Line, x, y);
    }
    let (x, y): (Vec<f64>, Vec<f64>) = days
        .iter()
        .filter(|it| it.test.p_value < LEVEL)
        .map(|it| (millis(it.start), annual(it.test.realised)))
        .unzip();
    if !x.is_empty() {
        plane.layer("with jumps", Colour::Orange, Shape::Dots, x, y);
    }
    Chart::plane(
        "Volatility of each day",
        "From the returns within each day; HAR is fitted to all days and said of each the day before.",
        plane,
    )
}
