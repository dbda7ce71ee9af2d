//! Which features of a list foretell the return of the next rows: chosen inside each training fold alone, scored on the
//! fold that the choice has not seen, and the same again with the targets shuffled.

use super::compute::{Asked, Failed, compute};
use super::read::Table as Rows;
use super::{PageError, plot};
use crate::selection::{self, Judgement, Scored, Selection, SelectionPlan, Table};
use scalp_features::expr::split_list;
use scalp_quant::rng::Key;
use scalp_quant::special::StudentT;
use scalp_report::Study;
use scalp_report::data::{Better, Figure, Interval, Unit, Value};
use scalp_report::study::chart::{self, Chart, Colour};
use scalp_report::study::{Cell, Section};
use scalp_types::Timestamp;
use std::path::Path;

/// Certainty of the interval about the score.
const LEVEL: f64 = 0.95;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The features, as a list of items.
    pub list: String,
    /// Rows that the target looks ahead.
    pub horizon: usize,
    /// How features are chosen, and the folds.
    pub plan: SelectionPlan,
    /// How they are computed.
    pub asked: Asked,
}

/// What is known of a file's features.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What all rows choose.
    pub selection: Selection,
    /// What choosing is worth on rows that it has not seen.
    pub judgement: Judgement,
    /// The same with the targets shuffled: what there is no edge in.
    pub sentinel: Judgement,
    /// Rows without a value of some feature, or without a target.
    pub incomplete: usize,
    /// When each row was, nanoseconds since 1970.
    pub times: Vec<i64>,
    /// Items that were left out, each with the reason.
    pub left_out: Vec<String>,
}

impl Answer {
    /// The interval of a score: what of it may be chance among the folds.
    fn interval(judgement: &Judgement) -> Option<Interval> {
        let free = judgement.folds.len() as f64 - 1.0;
        let t = StudentT::new(free).and_then(|it| it.quantile(0.5 + LEVEL / 2.0)).ok()?;
        let reach = t * judgement.standard_error;
        Some(Interval { low: judgement.score - reach, high: judgement.score + reach, level: LEVEL })
    }

    /// Whether the score lies above what chance among the folds explains, and above that of shuffled targets.
    #[must_use]
    pub fn found(&self) -> bool {
        let above = |low: Option<Interval>, than: f64| low.is_some_and(|it| it.low > than);
        above(Self::interval(&self.judgement), 0.0) && self.judgement.score > self.sentinel.score.abs()
    }
}

/// Computes the features of the list and the return of the next rows, leaves out the rows that lack one, and chooses. The
/// return is that of the close, of trades that of the price, of books that of the middle.
pub fn answer(path: &Path, table: &Rows, question: &Question) -> Result<Answer, PageError> {
    let price = question.asked.price(table);
    let items: Vec<&str> = std::iter::once(price).chain(split_list(&question.list)).collect();
    let computed = compute(path, table, &items, &question.asked)?;
    let (rows, ahead) = (computed.times.len(), question.horizon);
    if ahead == 0 || ahead >= rows {
        return Err(PageError::Asked(format!(
            "--horizon: expected 1 to {} rows, got {ahead}",
            rows.saturating_sub(1)
        )));
    }
    let mut features = computed.columns;
    let prices = features.remove(0).1;
    let mut left_out: Vec<String> = computed.failed.iter().map(|it: &Failed| it.error.to_string()).collect();
    for name in plot::silent(&features) {
        let what = format!("{name} has no value in any of the {rows} rows");
        if !question.asked.keep_going {
            return Err(PageError::Asked(what));
        }
        left_out.push(what);
        features.retain(|it| it.0 != name);
    }
    let target = |row: usize| {
        let (now, then) = (prices[row], prices[row + ahead]);
        (now > 0.0 && then > 0.0).then(|| then / now - 1.0).filter(|it| it.is_finite())
    };
    let complete: Vec<(usize, f64)> = (0..rows - ahead)
        .filter(|row| features.iter().all(|(_, values)| values[*row].is_finite()))
        .filter_map(|row| Some((row, target(row)?)))
        .collect();
    let column = |values: &[f64]| complete.iter().map(|(row, _)| values[*row]).collect();
    let columns: Vec<Vec<f64>> = features.iter().map(|it| column(&it.1)).collect();
    let names: Vec<String> = features.into_iter().map(|it| it.0).collect();
    let targets: Vec<f64> = complete.iter().map(|it| it.1).collect();
    let table = Table::new(names.clone(), columns.clone(), targets.clone(), ahead)?;
    let shuffled = Table::new(names, columns, shuffled(targets, question.plan.forest.seed), ahead)?;
    question.plan.check_folds(table.rows())?;
    let threads = question.asked.threads;
    Ok(Answer {
        selection: selection::select(&table, &question.plan, threads)?,
        judgement: selection::judge(&table, &question.plan, threads)?,
        sentinel: selection::judge(&shuffled, &SelectionPlan { shuffles: 0, ..question.plan }, threads)?,
        incomplete: rows - complete.len(),
        times: computed.times,
        left_out,
    })
}

/// In an order that is drawn (Fisher and Yates).
fn shuffled(mut values: Vec<f64>, seed: u64) -> Vec<f64> {
    let mut stream = Key::named(seed, "shuffled targets").stream(0);
    for last in (1..values.len()).rev() {
        let other = stream.below(last as u64 + 1) as usize;
        values.swap(last, other);
    }
    values
}

/// The answer for people, and whether nothing was left out.
pub fn study(path: &Path, table: &Rows, question: &Question) -> Result<(Study, bool), PageError> {
    let answer = answer(path, table, question)?;
    let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    let (first, last) = (answer.times.first().copied(), answer.times.last().copied());
    let day = |ns: Option<i64>| {
        let text = Timestamp::from_nanos(ns.unwrap_or(0)).to_string();
        text.split_once('T').map_or(text.clone(), |it| it.0.to_owned())
    };
    let mut study = Study {
        title: format!("Features for the return of the next {}", rows_in_words(question.horizon)),
        sample: format!("{name} \u{b7} {} rows, {} to {}", answer.times.len(), day(first), day(last)),
        ..Study::default()
    };
    verdict(&mut study, &answer);
    lists(&mut study, &answer);
    study.notes.push(format!(
        "{} rows lack a feature (warm-up, silence) or a target and are left out; {} are looked at.",
        answer.incomplete, answer.selection.rows
    ));
    for why in &answer.left_out {
        study.notes.push(format!("Left out: {why}."));
    }
    study.notes.push(
        "The score is the rank correlation of what a forest of the chosen features foretold with what came, on folds that \
         neither choice nor forest has seen; rows whose target reaches into a fold are purged. Costs are not in it: a rank \
         correlation is no profit."
            .into(),
    );
    study.notes.push(format!(
        "The lists are chosen on all rows, for use after the last of them: judge them by the score out of fold alone. Seed {}.",
        question.plan.forest.seed
    ));
    Ok((study, answer.left_out.is_empty()))
}

fn rows_in_words(rows: usize) -> String {
    if rows == 1 { "row".to_owned() } else { format!("{rows} rows") }
}

fn verdict(study: &mut Study, answer: &Answer) {
    let mut section = Section::with_columns("Out of fold", ["score", "standard error", "low", "high"]);
    let mut headline = Vec::new();
    let both = [("Score", &answer.judgement), ("Sentinel, targets shuffled", &answer.sentinel)];
    for (name, judgement) in both {
        let interval = Answer::interval(judgement);
        let end = |it: Option<f64>| it.map_or(Cell::Undefined("too few folds".into()), Cell::from);
        section.row(
            name,
            vec![
                judgement.score.into(),
                judgement.standard_error.into(),
                end(interval.map(|it| it.low)),
                end(interval.map(|it| it.high)),
            ],
        );
        headline.push(Figure {
            name: name.into(),
            value: Value::Known(judgement.score),
            unit: Unit::Ratio,
            interval,
            better: Better::Higher,
            note: format!("rank correlation over {} folds", judgement.folds.len()),
        });
    }
    for (number, fold) in answer.judgement.folds.iter().enumerate() {
        let chosen = fold.selection.forest.iter().take(3).map(|it| it.name.as_str()).collect::<Vec<_>>();
        let none = || Cell::from("");
        section.row(
            &format!("fold {}: {}", number + 1, chosen.join(", ")),
            vec![fold.score.into(), none(), none(), none()],
        );
    }
    study.headline = headline;
    study.sections.push(section);
    let (score, error) = (answer.judgement.score, answer.judgement.standard_error);
    study.notes.push(if answer.found() {
        format!("Something was found: {score:.4} with a standard error of {error:.4} over the folds, above nothing and above shuffled targets.")
    } else {
        format!("Nothing was found: {score:.4} with a standard error of {error:.4} over the folds is not above what chance and shuffled targets give.")
    });
    if Answer::interval(&answer.sentinel).is_some_and(|it| it.low > 0.0) {
        study.notes.push(
            "The sentinel is off: shuffled targets score above nothing, so the scores here overstate.".into(),
        );
    }
}

fn lists(study: &mut Study, answer: &Answer) {
    let selection = &answer.selection;
    let mut forest = Section::with_columns("Chosen by the forest", ["share of gain", "steady on halves"]);
    for it in &selection.forest {
        let steady = selection.steadiness.iter().find(|other| other.name == it.name);
        let steady = steady.map_or(Cell::Undefined("not seen".into()), |it| it.share.into());
        forest.row(&it.name, vec![it.score.into(), steady]);
    }
    let mut worth = Section::with_columns(
        "Worth out of fold",
        ["score lost by shuffling", "standard error", "share of gain", "standard error of it", "folds"],
    );
    for it in &answer.judgement.importance {
        let (loss, gain) = (it.loss, it.gain);
        let numbers = [loss.mean, loss.standard_error, gain.mean, gain.standard_error];
        let cells = numbers.into_iter().map(Cell::from).chain([Cell::Text(it.folds.to_string())]);
        worth.row(&it.name, cells.collect());
    }
    let scored = |name: &str, columns: &[&str], of: &[Scored]| {
        let mut section = Section::with_columns(name, columns.iter().copied());
        for it in of {
            let p = it.p.map(Cell::from);
            section.row(&it.name, std::iter::once(it.score.into()).chain(p).collect());
        }
        section
    };
    let mut dropped = Section::with_columns("Dropped", ["repeats", "correlation"]);
    for it in &selection.dropped {
        let like = it.like.clone().unwrap_or_else(|| "never changes".into());
        let correlation = it.correlation.map_or(Cell::Text(String::new()), Cell::from);
        dropped.row(&it.name, vec![Cell::Text(like), correlation]);
    }
    study.sections.push(worth);
    study.notes.push(
        "Worth out of fold: what the rank correlation loses on rows of a fold when the feature's values are shuffled among \
         them, and its share of the gain in training; means over the folds with their standard errors, which are rather too \
         small, as folds share rows. Of features that tell the same each alone is worth little."
            .into(),
    );
    study.sections.push(forest);
    study.sections.push(scored("F-test of a line", &["F", "p"], &selection.f_test));
    study.sections.push(scored("Mutual information", &["nats"], &selection.information));
    study.sections.push(dropped);
    let rows = selection.forest.iter().map(|it| (it.name.clone(), vec![it.score])).collect();
    study.charts.push(Chart::bars(
        "What the forest used",
        "Share of the fall of squared error by splits on each chosen feature, on all rows. It tells what was used, not what it is worth.",
        chart::Bars { unit: chart::Unit::Percent, columns: vec![("share".into(), Colour::Blue)], rows },
    ));
    let folds = &answer.judgement.folds;
    let names = (1..=folds.len()).map(|it| format!("fold {it}"));
    let scores =
        folds.iter().zip(&answer.sentinel.folds).map(|(it, sentinel)| vec![it.score, sentinel.score]);
    study.charts.push(Chart::bars(
        "Score of each fold",
        "Rank correlation with what came, in order of time; beside it that of shuffled targets.",
        chart::Bars {
            unit: chart::Unit::Plain,
            columns: vec![("score".into(), Colour::Blue), ("shuffled".into(), Colour::Grey)],
            rows: names.zip(scores).collect(),
        },
    ));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;
    use std::num::NonZero;

    fn answer(bars: &Rows, question: &Question) -> Result<Answer, PageError> {
        super::answer(Path::new("bars"), bars, question)
    }

    /// A walk whose next step leans, by `edge`, on the place of the close in its bar.
    fn bars(rows: usize, edge: f64) -> Rows {
        let mut stream = Key::named(5, "select").stream(0);
        let (mut price, mut lean) = (100.0_f64, 0.0);
        let mut columns: [Vec<f64>; 4] = Default::default();
        let mut volume = Vec::new();
        for _ in 0..rows {
            let open = price;
            price *= 1.0 + 0.002 * (edge * lean + stream.normal());
            let (above, below) = (stream.uniform(), stream.uniform());
            let (high, low) = (open.max(price) + 0.3 * above, open.min(price) - 0.3 * below);
            lean = (price - low) / (high - low) * 3.5 - 1.75;
            let bar = [open, high, low, price];
            columns.iter_mut().zip(bar).for_each(|(column, it)| column.push(it));
            volume.push(1.0 + stream.uniform());
        }
        Rows::candles((0..rows as i64).map(|it| it * 60_000_000_000).collect(), columns, volume)
    }

    fn question(list: &str) -> Question {
        let mut plan = SelectionPlan { halves: 4, ..SelectionPlan::default() };
        plan.forest.trees = 30;
        let asked = Asked { threads: NonZero::new(2).unwrap(), bars: None, keep_going: false };
        Question { list: list.into(), horizon: 1, plan, asked }
    }

    const LIST: &str = "IBS, RSI(14), ATR(14), SMA(5), VWMA(9), CDLHAMMER";

    #[test]
    fn what_was_planted_is_found_and_the_shuffled_targets_show_none() {
        let answer = answer(&bars(3_000, 0.6), &question(LIST)).unwrap();
        assert_eq!(answer.selection.forest[0].name, "IBS");
        assert!(answer.found() && answer.judgement.score > 0.2, "{:?}", answer.judgement.score);
        assert!(answer.sentinel.score.abs() < 0.06, "{:?}", answer.sentinel.score);
        let most = &answer.judgement.importance[0];
        assert!(most.name == "IBS" && most.loss.mean > 3.0 * most.loss.standard_error, "{most:?}");
        let mut study = Study::default();
        lists(&mut study, &answer);
        let worth = study.sections.iter().find(|it| it.name == "Worth out of fold").unwrap();
        assert_eq!(worth.rows[0].0, "IBS");
    }

    #[test]
    fn a_walk_without_memory_has_nothing_and_it_is_said() {
        let bars = bars(2_000, 0.0);
        let answer = answer(&bars, &question(LIST)).unwrap();
        assert!(!answer.found(), "{:?}", answer.judgement.score);
        let mut study = Study::default();
        verdict(&mut study, &answer);
        assert!(study.notes[0].starts_with("Nothing was found"));
    }

    #[test]
    fn rows_that_lack_a_feature_or_a_target_are_left_out() {
        let bars = bars(500, 0.0);
        let mut asked = question("SMA(30), DOUBLE_TOP");
        asked.horizon = 7;
        let answer = answer(&bars, &asked).unwrap();
        assert_eq!(answer.incomplete, 29 + 7);
        assert_eq!(answer.selection.rows, 500 - 36);
    }

    #[test]
    fn what_cannot_be_asked_is_refused_by_name() {
        let bars = bars(300, 0.0);
        let refused = |asked: Question| answer(&bars, &asked).unwrap_err().to_string();
        assert!(refused(Question { horizon: 0, ..question(LIST) }).starts_with("--horizon"));
        assert!(refused(Question { horizon: 300, ..question(LIST) }).starts_with("--horizon"));
        assert!(refused(question("BBAND(20)")).contains("did you mean BBANDS?"));
        assert!(refused(question("ACOS")).contains("ACOS has no value"));
        assert!(refused(question("SMA(299)")).contains("rows are too few"));
        let mut many = question("IBS");
        many.plan.folds = 15;
        assert_eq!(refused(many), "15 folds are too many for 299 rows: at most 14, so that each has 20");
    }
}
