//! The answer for people: what was found and how sure that is, fold by fold, and the lists.

use super::{Answer, Question, TOO_GOOD, answer};
use crate::features::PageError;
use crate::features::remarks::Remarks;
use crate::features::table::Table as Rows;
use crate::selection::{Fold, Judgement, Score, Scored};
use scalp_report::Study;
use scalp_report::data::{Better, Figure, Unit, Value};
use scalp_report::study::chart::{self, Chart, Colour};
use scalp_report::study::{Cell, Section};
use scalp_types::Timestamp;
use std::path::Path;

/// The answer for people.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// As it is laid out, with all remarks among its notes.
    pub study: Study,
    /// Whether nothing was left out.
    pub is_whole: bool,
    /// What should be known of what the features were computed of.
    pub remarks: Remarks,
}

/// Answers for people.
pub fn study(path: &Path, table: &Rows, question: &Question) -> Result<Chosen, PageError> {
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
    verdict(&mut study, &answer, question);
    lists(&mut study, &answer, question.horizon);
    study.notes.push(format!(
        "{} rows lack a feature (warm-up, silence) or a target and are left out; {} are looked at.",
        answer.incomplete, answer.selection.rows
    ));
    study.notes.extend(answer.later.clone());
    study.notes.extend(answer.remarks.sentences());
    for why in &answer.left_out {
        study.notes.push(format!("Left out: {why}."));
    }
    study.notes.push(format!(
        "The lists are chosen on all rows, for use after the last of them: judge them by the score walking forward alone. Of a \
         hundred lists without an edge two or three are found by chance: what counts is the list that was asked first, not the best of many. \
         Seed {}.",
        question.plan.forest.seed
    ));
    Ok(Chosen { study, is_whole: answer.left_out.is_empty(), remarks: answer.remarks })
}

fn rows_in_words(rows: usize) -> String {
    if rows == 1 { "row".to_owned() } else { format!("{rows} rows") }
}

pub(super) fn verdict(study: &mut Study, answer: &Answer, question: &Question) {
    let columns = ["score", "standard error", "low", "high", "degrees of freedom"];
    let mut section = Section::of_records("Walking forward", "of", columns);
    let mut row = |name: &str, judgement: &Judgement| {
        let Judgement { score, folds, .. } = judgement;
        let interval = score.interval();
        let end = |it: Option<f64>| it.map_or(Cell::Empty, Cell::from);
        let (low, high) = (end(interval.map(|it| it.low)), end(interval.map(|it| it.high)));
        section.row(
            name,
            vec![score.score.into(), score.standard_error.into(), low, high, score.freedom.into()],
        );
        study.headline.push(Figure {
            name: name.into(),
            value: Value::Known(score.score),
            unit: Unit::Ratio,
            interval,
            better: Better::Higher,
            note: format!("rank correlation over {} folds", folds.len()),
        });
    };
    row("Score", &answer.judgement);
    row("Sentinel, targets shuffled", &answer.shuffled);
    if let Ok(coin) = &answer.coin {
        row("Sentinel, price by coin", coin);
    }
    study.sections.push(section);
    study.sections.push(folds(answer));
    let Judgement { score, folds, .. } = &answer.judgement;
    let told = format!("{:.4} with a standard error of {:.4}", score.score, score.standard_error);
    study.notes.push(if answer.found() {
        format!("Something was found: {told}, above what chance and the sentinels give.")
    } else {
        format!("Nothing was found: {told} is not above what chance and the sentinels give. {}", power(score))
    });
    if let Some(names) = answer.too_good() {
        study.notes.push(format!(
            "Too good: a score of {TOO_GOOD} or more is hardly ever earned, and often a column knows the future. Look first at {}: when was each \
             value known? A column of the file is taken as known at the end of its row, a series of --with at its publication.",
            names.join(", ")
        ));
    }
    let before = match question.plan.train_window {
        Some(window) => format!("the last {window} rows before it"),
        None => "all rows before it".to_owned(),
    };
    let test = folds.first().map_or(0, |it| it.test.len());
    study.notes.push(format!(
        "The score walks forward: each of {} folds of {test} rows is foretold by features chosen, and a forest and a line taught, on {before} \
         whose target was known when it began. It is a rank correlation: of the forecast among those before it in the fold, and of the \
         steps of the return, each by its sign and its size among those before the fold; about zero, as the mean of a fold is known only after it. The standard error \
         is told of the single steps, so that returns may overlap. Costs are not in it: a rank correlation is no profit.",
        folds.len()
    ));
    study.notes.push(sentinels(answer));
    let sentinels =
        [("shuffled targets", Some(&answer.shuffled)), ("prices by coin", answer.coin.as_ref().ok())];
    for (of, judgement) in sentinels {
        if judgement.and_then(|it| it.score.interval()).is_some_and(|it| it.low > 0.0) {
            study.notes.push(format!(
                "The sentinel is off: {of} score above nothing. By chance that happens three or four times in a hundred; more often, the scores \
                 here overstate."
            ));
        }
    }
}

/// What could have been found with such an error: what lies 2.8 of them above zero passes a bar of 2.24 in seven of ten.
fn power(score: &Score) -> String {
    let reach = 2.8 * score.standard_error;
    format!(
        "With this error a forecast whose true score is {reach:.3} would be found in seven of ten files; an edge below that stays unseen."
    )
}

/// What the sentinels are and what they cannot see.
fn sentinels(answer: &Answer) -> String {
    let shuffled = "Shuffled targets have no edge, and no memory either: they show what a forest makes of noise, and nothing of \
                    returns that overlap or of features that wander.";
    match (&answer.coin, answer.is_coin_whole) {
        (Ok(_), true) => format!(
            "{shuffled} The price by coin is these candles with each step turned over by the toss of a coin, and the features \
             computed of those: it has their volatility, overlap and wandering, and no direction to be found. It is one path; what \
             stands beside the candles stays as it is."
        ),
        (Ok(_), false) => format!(
            "{shuffled} The price by coin takes the steps of this price with the toss of a coin; the features stay those of the file. \
             It shows what overlapping returns make of features that wander, and not what features make of the path that they come \
             from: only candles are computed anew."
        ),
        (Err(why), _) => format!("{shuffled} There is no sentinel of a price by coin: {why}."),
    }
}

fn folds(answer: &Answer) -> Section {
    let columns = ["rows that taught", "from", "to", "score", "chosen"];
    let mut section = Section::of_records("Folds", "fold", columns);
    let time = |row: usize| {
        let at = answer.looked_at.get(row).copied();
        at.map_or(Cell::Empty, |it| Cell::Text(Timestamp::from_nanos(it).to_string()))
    };
    for (number, Fold { train, test, selection, score, .. }) in answer.judgement.folds.iter().enumerate() {
        let chosen = selection.forest.iter().map(|it| it.name.clone()).collect();
        let cells = vec![
            train.len().into(),
            time(test.start),
            time(test.end.saturating_sub(1)),
            (*score).into(),
            Cell::Names(chosen),
        ];
        section.row(&(number + 1).to_string(), cells);
    }
    section
}

pub(super) fn lists(study: &mut Study, answer: &Answer, horizon: usize) {
    let selection = &answer.selection;
    let mut forest =
        Section::of_records("Chosen by the forest", "feature", ["share of gain", "steady on halves"]);
    for it in &selection.forest {
        let steady = selection.steadiness.iter().find(|other| other.name == it.name);
        let steady = steady.map_or(Cell::Empty, |it| it.share.into());
        forest.row(&it.name, vec![it.score.into(), steady]);
    }
    let mut worth = Section::of_records(
        "Worth in the folds",
        "feature",
        ["score lost by shuffling", "standard error", "share of gain", "standard error of it", "folds"],
    );
    for it in &answer.judgement.importance {
        let (loss, gain) = (it.loss, it.gain);
        let numbers = [loss.mean, loss.standard_error, gain.mean, gain.standard_error];
        let cells = numbers.into_iter().map(Cell::from).chain([Cell::from(it.folds)]);
        worth.row(&it.name, cells.collect());
    }
    let scored = |name: &str, columns: &[&str], of: &[Scored]| {
        let mut section = Section::of_records(name, "feature", columns.iter().copied());
        for it in of {
            let p = it.p.map(Cell::from);
            section.row(&it.name, std::iter::once(it.score.into()).chain(p).collect());
        }
        section
    };
    let mut dropped = Section::of_records("Dropped", "feature", ["repeats", "correlation"]);
    for it in &selection.dropped {
        let like = it.like.clone().map_or(Cell::Empty, Cell::Text);
        let correlation = it.correlation.map_or(Cell::Empty, Cell::from);
        dropped.row(&it.name, vec![like, correlation]);
    }
    study.sections.push(worth);
    study.notes.push(
        "Worth in the folds: what the score loses on the rows of a fold when the feature's values are shuffled among them, and \
         its share of the gain in training; means over the folds with their standard errors, which are rather too small, as \
         folds share the rows that teach. Of features that tell the same each alone is worth little."
            .into(),
    );
    if selection.dropped.iter().any(|it| it.like.is_none()) {
        study.notes.push("Dropped without one that it repeats: it never changes.".into());
    }
    let shared = (selection.witnesses.round() as usize) < selection.rows / horizon;
    if horizon > 1 || shared {
        let share = if shared {
            " Rows that became known together share a return, and weigh as so many."
        } else {
            ""
        };
        study.notes.push(format!(
            "F counts rows whose targets overlap once: its degrees of freedom are {:.0} of {} rows, less two, and F is as many times \
             smaller than that of all rows.{share}",
            selection.witnesses, selection.rows
        ));
    }
    if selection.information_rows < selection.rows {
        study.notes.push(format!(
            "Mutual information is that of {} of the rows, evenly spaced.",
            selection.information_rows
        ));
    }
    study.sections.push(forest);
    study.sections.push(scored("F-test of a line", &["F", "p"], &selection.f_test));
    study.sections.push(scored("Mutual information", &["nats"], &selection.information));
    if let Some(values) = answer.few_changes {
        study.notes.push(format!(
            "The price moves on few ticks: nine in ten of its changes over {} are one of {values}. What tells the price, as a short \
             return does, then tells which returns can follow at all, and its mutual information is large without a word on where the \
             price goes: look at the F-test and at the worth in the folds first.",
            rows_in_words(horizon)
        ));
    }
    study.sections.push(dropped);
    let rows = selection.forest.iter().map(|it| (it.name.clone(), vec![it.score])).collect();
    study.charts.push(Chart::bars(
        "What the forest used",
        "Share of the fall of squared error by splits on each chosen feature, on all rows. It tells what was used, not what it is worth.",
        chart::Bars { unit: chart::Unit::Percent, columns: vec![("share".into(), Colour::Blue)], rows },
    ));
    let folds = &answer.judgement.folds;
    let names = (1..=folds.len()).map(|it| format!("fold {it}"));
    let mut columns = vec![("score".into(), Colour::Blue), ("shuffled".into(), Colour::Grey)];
    let mut beside = vec![&answer.shuffled.folds];
    if let Ok(coin) = &answer.coin {
        columns.push(("by coin".into(), Colour::Purple));
        beside.push(&coin.folds);
    }
    let scores = (0..folds.len())
        .map(|at| std::iter::once(folds).chain(beside.iter().copied()).map(|it| it[at].score).collect());
    study.charts.push(Chart::bars(
        "Score of each fold",
        "Rank correlation with what came, in order of time; beside it those of the sentinels.",
        chart::Bars { unit: chart::Unit::Plain, columns, rows: names.zip(scores).collect() },
    ));
}
