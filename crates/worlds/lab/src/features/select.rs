//! Which features of a list foretell the return of the next rows: chosen among the rows before each fold alone, scored on the
//! fold, and the same again with the targets shuffled, and of the same market with its steps by coin.

use super::compute::{Asked, Failed, compute, late_in_words};
use super::read::{Holds, Table as Rows};
use super::{FeaturesError, PageError, coin, plot};
use crate::selection::{
    self, Fold, Judgement, Score, Scored, Selection, SelectionError, SelectionPlan, Table,
};
use scalp_features::expr::split_list;
use scalp_quant::rng::Key;
use scalp_report::Study;
use scalp_report::data::{Better, Figure, Unit, Value};
use scalp_report::study::chart::{self, Chart, Colour};
use scalp_report::study::{Cell, Section};
use scalp_types::Timestamp;
use std::path::Path;

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
    /// What choosing is worth on rows that come later.
    pub judgement: Judgement,
    /// The same with the targets shuffled: what there is no edge in.
    pub shuffled: Judgement,
    /// The same of the market with its steps by coin, or why there is none.
    pub coin: Result<Judgement, String>,
    /// Whether the features of that were computed of its own candles; else they are those of the file.
    pub is_coin_whole: bool,
    /// Rows without a value of some feature, or without a target.
    pub incomplete: usize,
    /// When each row was, nanoseconds since 1970.
    pub times: Vec<i64>,
    /// The same of the rows that were looked at.
    pub looked_at: Vec<i64>,
    /// Items that were left out, each with the reason.
    pub left_out: Vec<String>,
    /// Trades that are in no bar, as they came after theirs had closed.
    pub late: u64,
}

/// Scores from here on are too good to be taken on trust: markets pay for a hundredth, and what knows the future scores so.
const TOO_GOOD: f64 = 0.2;
/// A feature that carries at least this part of what the best one does is named beside it.
const PART_OF_BEST: f64 = 0.5;

impl Answer {
    /// Whether the score lies above what chance explains, and above those of the sentinels.
    #[must_use]
    pub fn found(&self) -> bool {
        let score = self.judgement.score;
        let sentinels = [Some(&self.shuffled), self.coin.as_ref().ok()];
        score.is_above_chance() && sentinels.into_iter().flatten().all(|it| score.score > it.score.score)
    }
}

impl Answer {
    /// Where more was found than markets give: the features that carry it, the first the most.
    #[must_use]
    pub fn too_good(&self) -> Option<Vec<&str>> {
        if !self.found() || self.judgement.score.score < TOO_GOOD {
            return None;
        }
        let all = &self.judgement.importance;
        let best = all.first().map_or(0.0, |it| it.loss.mean);
        let carries = all.iter().take_while(|it| it.loss.mean >= PART_OF_BEST * best);
        Some(carries.map(|it| it.name.as_str()).collect())
    }
}

/// Items that are named where few rows have a value of all.
const LATE_NAMED: usize = 3;

/// The rows that have all features and a target.
struct Ready {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    targets: Vec<f64>,
    /// The prices of all rows, and the places of those that are ready.
    prices: Vec<f64>,
    places: Vec<usize>,
    times: Vec<i64>,
    left_out: Vec<String>,
    late: u64,
    /// The features that have a value in the fewest rows, with these.
    rarest: Vec<(String, usize)>,
}

/// Computes the features of the list and the return of the next rows, leaves out the rows that lack one, and chooses. The
/// return is that of the close, of trades that of the price, of books that of the middle.
pub fn answer(path: &Path, table: &Rows, question: &Question) -> Result<Answer, PageError> {
    let Question { horizon, plan, .. } = *question;
    let it = ready(path, table, question)?;
    let looked_at = it.places.iter().map(|&row| it.times[row]).collect();
    let threads = question.asked.threads;
    it.enough(&plan, horizon)?;
    let made = |targets| Table::new(it.names.clone(), it.columns.clone(), targets, horizon);
    let sentinel = |table: &Table| selection::judge(table, &SelectionPlan { shuffles: 0, ..plan }, threads);
    let all = made(it.targets.clone())?.with_steps(steps(&it.prices), it.places.clone())?;
    let (coin, is_coin_whole) = by_coin(path, table, question, &it);
    Ok(Answer {
        selection: selection::select(&all, &plan, threads)?,
        judgement: selection::judge(&all, &plan, threads)?,
        shuffled: sentinel(&made(shuffled(it.targets.clone(), plan.forest.seed))?)?,
        coin: coin.and_then(|it| sentinel(&it).map_err(PageError::from)).map_err(|e| e.to_string()),
        is_coin_whole,
        incomplete: it.times.len() - it.places.len(),
        looked_at,
        times: it.times,
        left_out: it.left_out,
        late: it.late,
    })
}

/// The score alone, and whether [`answer`] would say that something was found: without lists, and without sentinels where the
/// score is not above chance anyway.
pub fn found(path: &Path, table: &Rows, question: &Question) -> Result<(Score, bool), PageError> {
    let plan = SelectionPlan { shuffles: 0, ..question.plan };
    let threads = question.asked.threads;
    let it = ready(path, table, question)?;
    it.enough(&plan, question.horizon)?;
    let made = Table::new(it.names.clone(), it.columns.clone(), it.targets.clone(), question.horizon)?;
    let score =
        selection::judge(&made.with_steps(steps(&it.prices), it.places.clone())?, &plan, threads)?.score;
    if !score.is_above_chance() {
        return Ok((score, false));
    }
    let targets = shuffled(it.targets.clone(), plan.forest.seed);
    let shuffled = Table::new(it.names.clone(), it.columns.clone(), targets, question.horizon)?;
    let is_above = |table: &Table| -> Result<bool, PageError> {
        Ok(score.score > selection::judge(table, &plan, threads)?.score.score)
    };
    let coin = by_coin(path, table, question, &it).0;
    // Where there is no path by coin it stands in nobody's way.
    let is_above_coin = coin.and_then(|it| is_above(&it)).unwrap_or(true);
    Ok((score, is_above(&shuffled)? && is_above_coin))
}

fn ready(path: &Path, table: &Rows, question: &Question) -> Result<Ready, PageError> {
    if let Holds::Bars { span: None, .. } = &table.holds
        && table.beside.bar_kind.is_empty()
        && (!table.beside.series.is_empty()
            || !table.beside.trades.is_empty()
            || table.beside.books.is_some())
    {
        // Such a candle is known when the next begins, and what stands beside it has moved since its close.
        let what = "its candles are of no one length, so what stands beside them was known after the close from which \
                    returns are counted: choose without it";
        return Err(FeaturesError::table(path, what).into());
    }
    let price = question.asked.price(table);
    let items: Vec<&str> = std::iter::once(price).chain(split_list(&question.list)).collect();
    let computed = compute(path, table, &items, &question.asked)?;
    let (rows, ahead) = (computed.times.len(), question.horizon);
    if ahead == 0 {
        return Err(PageError::Asked("--horizon: expected at least 1 row, got 0".into()));
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
    let complete: Vec<(usize, f64)> = (0..rows.saturating_sub(ahead))
        .filter(|row| features.iter().all(|(_, values)| values[*row].is_finite()))
        .filter_map(|row| Some((row, gain(&prices, row, ahead)?)))
        .collect();
    let spoken = |of: &[f64]| of.iter().filter(|it| it.is_finite()).count();
    let mut rarest: Vec<(String, usize)> =
        features.iter().map(|(name, values)| (name.clone(), spoken(values))).collect();
    rarest.sort_by_key(|it| it.1);
    rarest.truncate(LATE_NAMED);
    let (places, targets): (Vec<usize>, Vec<f64>) = complete.into_iter().unzip();
    let column = |values: &[f64]| places.iter().map(|row| values[*row]).collect();
    let columns = features.iter().map(|it| column(&it.1)).collect();
    let names = features.into_iter().map(|it| it.0).collect();
    let (times, late) = (computed.times, computed.late);
    Ok(Ready { names, columns, targets, prices, places, times, left_out, late, rarest })
}

impl Ready {
    /// Whether its rows are enough; if not, which features have a value in few of those of the file.
    fn enough(&self, plan: &SelectionPlan, horizon: usize) -> Result<(), PageError> {
        let all = self.times.len();
        plan.walk(self.places.len(), horizon).map(drop).map_err(|why| {
            let rare = self.rarest.iter().filter(|it| it.1 < all);
            let named: Vec<String> = rare.map(|(name, rows)| format!("{name} in {rows}")).collect();
            match why {
                why if named.is_empty() || matches!(why, SelectionError::Plan { .. }) => PageError::from(why),
                why => PageError::Asked(format!(
                    "{why}; the file has {all}, and of its features these have a value in the fewest: {}",
                    named.join(", ")
                )),
            }
        })
    }

    fn table(self, ahead: usize) -> Result<Table, PageError> {
        let table = Table::new(self.names, self.columns, self.targets, ahead)?;
        Ok(table.with_steps(steps(&self.prices), self.places)?)
    }
}

/// The return from each row to the next. Where a price is missing nothing happens until there is one again.
fn steps(prices: &[f64]) -> Vec<f64> {
    let mut before: Option<f64> = None;
    let mut out = Vec::with_capacity(prices.len());
    for &price in prices {
        let price = Some(price).filter(|it| *it > 0.0 && it.is_finite());
        let step = before.zip(price).map_or(0.0, |(before, price)| price / before - 1.0);
        out.push(if step.is_finite() { step } else { 0.0 });
        before = price.or(before);
    }
    // The first row has none before it.
    out.drain(..1.min(out.len()));
    out
}

/// The return from a row to the one so many rows ahead.
fn gain(prices: &[f64], row: usize, ahead: usize) -> Option<f64> {
    let (now, then) = (prices[row], prices[row + ahead]);
    (now > 0.0 && then > 0.0).then(|| then / now - 1.0).filter(|it| it.is_finite())
}

/// The same question of a market whose steps go by coin, and whether its features are its own: of candles they are computed of
/// those, of trades and books they stay those of the file.
fn by_coin(path: &Path, table: &Rows, question: &Question, real: &Ready) -> (Result<Table, PageError>, bool) {
    let (seed, ahead) = (question.plan.forest.seed, question.horizon);
    if let Some(table) = coin::candles(table, seed) {
        let made = ready(path, &table, question);
        let made = made.and_then(|it| it.table(ahead));
        return (made, true);
    }
    let made = || {
        let none = || PageError::Asked("a price is not above zero".into());
        let prices = coin::prices(&real.prices, seed).ok_or_else(none)?;
        let targets = real.places.iter().map(|&row| gain(&prices, row, ahead).unwrap_or(0.0)).collect();
        let (names, columns) = (real.names.clone(), real.columns.clone());
        Ok(Table::new(names, columns, targets, ahead)?.with_steps(steps(&prices), real.places.clone())?)
    };
    (made(), false)
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
    verdict(&mut study, &answer, question);
    lists(&mut study, &answer, question.horizon);
    study.notes.push(format!(
        "{} rows lack a feature (warm-up, silence) or a target and are left out; {} are looked at.",
        answer.incomplete, answer.selection.rows
    ));
    study.notes.extend(late_in_words(answer.late).map(|it| format!("{it}.")));
    for why in &answer.left_out {
        study.notes.push(format!("Left out: {why}."));
    }
    study.notes.push(format!(
        "The lists are chosen on all rows, for use after the last of them: judge them by the score walking forward alone. Of a \
         hundred lists without an edge two or three are found by chance: what counts is the list that was asked first, not the best of many. \
         Seed {}.",
        question.plan.forest.seed
    ));
    Ok((study, answer.left_out.is_empty()))
}

fn rows_in_words(rows: usize) -> String {
    if rows == 1 { "row".to_owned() } else { format!("{rows} rows") }
}

fn verdict(study: &mut Study, answer: &Answer, question: &Question) {
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

fn lists(study: &mut Study, answer: &Answer, horizon: usize) {
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
    if horizon > 1 {
        study.notes.push(format!(
            "F counts rows whose targets overlap once: its degrees of freedom are the rows divided by {horizon}, less two, so that it is about a \
             {horizon}th of the F of all rows."
        ));
    }
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;
    use crate::selection::OverFolds;
    use scalp_features::measure::Print;
    use std::num::NonZero;

    fn answer(bars: &Rows, question: &Question) -> Result<Answer, PageError> {
        super::answer(Path::new("bars"), bars, question)
    }

    /// A walk whose next step leans, by `edge`, on the place of the close in its bar.
    fn bars(rows: usize, edge: f64) -> Rows {
        path(rows, edge, 0.0, 5)
    }

    fn path(rows: usize, edge: f64, drift: f64, seed: u64) -> Rows {
        let mut stream = Key::named(seed, "select").stream(0);
        let (mut price, mut lean) = (100.0_f64, 0.0);
        let mut columns: [Vec<f64>; 4] = Default::default();
        let mut volume = Vec::new();
        for _ in 0..rows {
            let open = price;
            price *= 1.0 + 0.002 * (edge * lean + drift + stream.normal());
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
        assert!(answer.found() && answer.judgement.score.score > 0.2, "{:?}", answer.judgement.score);
        for sentinel in [&answer.shuffled, answer.coin.as_ref().unwrap()] {
            assert!(sentinel.score.score.abs() < 0.08, "{:?}", sentinel.score);
        }
        let most = &answer.judgement.importance[0];
        assert!(most.name == "IBS" && most.loss.mean > 3.0 * most.loss.standard_error, "{most:?}");
        let mut study = Study::default();
        lists(&mut study, &answer, 1);
        let worth = study.sections.iter().find(|it| it.name == "Worth in the folds").unwrap();
        assert_eq!(worth.rows[0].0, "IBS");
    }

    #[test]
    fn a_walk_without_memory_has_nothing_and_it_is_said() {
        let bars = bars(2_000, 0.0);
        let answer = answer(&bars, &question(LIST)).unwrap();
        assert!(!answer.found(), "{:?}", answer.judgement.score);
        let mut study = Study::default();
        verdict(&mut study, &answer, &question(LIST));
        assert!(study.notes[0].starts_with("Nothing was found"));
    }

    /// A column that knows the future, well or badly: the close `ahead` rows later less this one, with so much noise.
    fn with_leak(rows: usize, ahead: usize, noise: f64) -> Rows {
        let mut table = bars(rows, 0.0);
        let mut stream = Key::named(3, "leak").stream(0);
        let Holds::Bars { columns, extra, .. } = &mut table.holds else { panic!("candles") };
        let close = &columns[3];
        let leak = (0..rows).map(|row| {
            let later = close[(row + ahead).min(rows - 1)];
            later / close[row] - 1.0 + noise * 0.002 * (ahead as f64).sqrt() * stream.normal()
        });
        extra.push("oracle".into());
        let leak = leak.collect();
        columns.push(leak);
        table
    }

    #[test]
    fn a_column_that_knows_the_future_is_found_and_warned_of_by_name() {
        for (horizon, noise) in [(1, 0.0), (1, 2.0), (20, 0.0), (20, 2.0)] {
            let mut asked = question("IBS, RSI(14), oracle, ATR(14), SMA(5)");
            asked.horizon = horizon;
            let answer = answer(&with_leak(3_000, horizon, noise), &asked).unwrap();
            let named = answer.too_good();
            assert_eq!(named, Some(vec!["oracle"]), "{horizon}, {noise}: {:?}", answer.judgement.score);
            let mut study = Study::default();
            verdict(&mut study, &answer, &asked);
            assert!(
                study.notes[1].starts_with("Too good") && study.notes[1].contains("oracle"),
                "{:?}",
                study.notes
            );
        }
        assert!(answer(&bars(3_000, 0.1), &question(LIST)).unwrap().too_good().is_none());
    }

    #[test]
    fn steps_add_up_to_the_price_and_a_missing_one_is_passed_over() {
        let made = steps(&[100.0, 110.0, f64::NAN, 121.0, 60.5]);
        let want = [0.1, 0.0, 0.1, -0.5];
        assert!(made.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{made:?}");
        assert!(steps(&[]).is_empty());
    }

    /// How many of so many paths are found, and their mean score in its own standard errors.
    fn found(list: &str, horizon: usize, paths: u64, [edge, drift]: [f64; 2]) -> (usize, f64) {
        let mut asked = question(list);
        asked.horizon = horizon;
        (asked.plan.forest.trees, asked.plan.information_rows, asked.plan.shuffles) = (10, 100, 0);
        let judged = |seed: u64| {
            let it = ready(Path::new("bars"), &path(2_000, edge, drift, seed), &asked).unwrap();
            let table = it.table(horizon).unwrap();
            selection::judge(&table, &asked.plan, asked.asked.threads).unwrap().score
        };
        let scores: Vec<Score> = (0..paths).map(judged).collect();
        let found = scores.iter().filter(|it| it.is_above_chance()).count();
        let mean = OverFolds::of(&scores.iter().map(|it| it.score).collect::<Vec<f64>>());
        println!(
            "{list}, {horizon} ahead, edge {edge}, drift {drift}: {found} of {paths} found, mean {:.4} +- {:.4}",
            mean.mean, mean.standard_error
        );
        (found, mean.mean / mean.standard_error)
    }

    /// What keeps a level tells a judge who trains on later rows where the path went, and a correlation about the mean of a fold
    /// takes it for a forecast. About three of a hundred such walks are found.
    #[test]
    fn no_edge_is_found_in_walks_whatever_keeps_a_level_and_however_far_targets_overlap() {
        let levels = "RSI(14), SMA(100), ROLLZ(close,200), ATR(14), LINEARREG_SLOPE(100), LAG(close,100), ROCP(50), STDDEV(100,1)";
        let still = "IBS, RSI(14), ROCP(5)";
        for (list, horizon, drift) in
            [("close, SMA(50)", 20, 0.0), (levels, 100, 0.0), (levels, 1, 0.0), (still, 20, 0.05)]
        {
            let (found, off) = found(list, horizon, 32, [0.0, drift]);
            assert!(found <= 3 && off.abs() < 3.0, "{list}: {found} found, {off} errors off zero");
        }
        let (found, _) = found("IBS, close, SMA(50)", 1, 10, [0.25, 0.0]);
        assert_eq!(found, 10, "and what was planted is found");
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
        for horizon in [300, usize::MAX] {
            let far = refused(Question { horizon, ..question(LIST) });
            assert!(
                far.starts_with("0 rows with all features and a target are too few for returns of"),
                "{far}"
            );
        }
        assert!(refused(question("BBAND(20)")).contains("did you mean BBANDS?"));
        assert!(refused(question("ACOS")).contains("ACOS has no value"));
        let few = refused(question("SMA(299)"));
        assert_eq!(
            few,
            "1 rows with all features and a target are too few: 201 are needed; the file has 300, and of its features these have a value \
             in the fewest: SMA(299) in 2"
        );
        for folds in [0, 1] {
            let mut asked = question("IBS");
            asked.plan.folds = folds;
            assert_eq!(refused(asked), format!("folds is {folds}: at least 2"));
        }
        let far = refused(Question { horizon: 40, ..question("IBS") });
        assert!(
            far.contains("260 rows with all features and a target are too few for returns of 40 rows: 460 are needed, so that 8 stretches"),
            "{far}"
        );
        let mut thin = bars.clone();
        if let Holds::Bars { span, .. } = &mut thin.holds {
            *span = None;
        }
        assert!(answer(&thin, &question("IBS")).is_ok());
        let print = Print { at: thin.times[0], price: 1.0, size: 1.0, aggressor: None };
        thin.beside.trades.push(print);
        let said = answer(&thin, &question("IBS")).unwrap_err().to_string();
        assert!(said.contains("candles are of no one length"), "{said}");
        let mut many = question("IBS");
        many.plan.folds = 15;
        assert_eq!(
            refused(many),
            "15 folds are too many for 299 rows: at most 9, so that each has 20 beside the first 101, which only teach"
        );
    }
}
