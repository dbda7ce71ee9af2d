//! Which features of a list foretell the return of the next rows: chosen among the rows before each fold alone, scored on the
//! fold, and the same again with the targets shuffled, and of the same market with its steps by coin.

mod page;

pub use page::{Chosen, study};

use super::built::decimals;
use super::compute::{Asked, Failed, compute};
use super::entry::{entries, told};
use super::remarks::Remarks;
use super::table::{Holds, Table as Rows};
use super::{FeaturesError, PageError, coin, plot};
use crate::selection::{self, Judgement, Score, Selection, SelectionError, SelectionPlan, Table};
use scalp_features::expr::split_list;
use scalp_quant::rng::Key;
use std::collections::BTreeMap;
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
    /// What is said of rows after which the return is counted from a later one, as they were known no sooner; none where there are
    /// none.
    pub later: Option<String>,
    /// So many values make up nine in ten changes of the price over the horizon, where they are few: mutual information is then large
    /// for what tells the price.
    pub few_changes: Option<usize>,
    /// What should be known of what the features were computed of.
    pub remarks: Remarks,
}

/// Nine in ten changes among this many values or fewer are few: in seeded walks of normal steps in ticks, 5,000 rows, the mutual
/// information of a return with the next is 1.5 nats at 7 values, 0.3 at 27, 0.1 at 40, 0.03 at 66, and 0 at 97.
const FEW_CHANGES: usize = 64;

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
    /// The prices of all rows, the places of those that are ready, and from where the return after each of these is counted.
    prices: Vec<f64>,
    places: Vec<usize>,
    entries: Vec<usize>,
    later: Option<String>,
    times: Vec<i64>,
    left_out: Vec<String>,
    remarks: Remarks,
    /// The features that have a value in the fewest rows, with these.
    rarest: Vec<(String, usize)>,
}

/// Computes the features of the list and the return of the next rows, leaves out the rows that lack one, and chooses. The
/// return is that of the close, of trades that of the price, of books that of the middle, from the one that held when the row was
/// known.
pub fn answer(path: &Path, table: &Rows, question: &Question) -> Result<Answer, PageError> {
    let Question { horizon, plan, .. } = *question;
    let it = ready(path, table, question)?;
    let looked_at = it.places.iter().map(|&row| it.times[row]).collect();
    let threads = question.asked.threads;
    it.enough(&plan, horizon)?;
    let made = |targets| Table::new(it.names.clone(), it.columns.clone(), targets, horizon);
    let sentinel = |table: &Table| selection::judge(table, &SelectionPlan { shuffles: 0, ..plan }, threads);
    let all = it.with_steps(made(it.targets.clone())?, &it.prices)?;
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
        later: it.later,
        few_changes: few_changes(&it.prices, &it.entries, horizon),
        left_out: it.left_out,
        remarks: it.remarks,
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
    let score = selection::judge(&it.with_steps(made, &it.prices)?, &plan, threads)?.score;
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
        && table.beside.known.is_none()
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
    let entries = entries(&computed);
    let later = told(&computed, &entries);
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
        .filter_map(|row| Some((row, target(&prices, &entries, row, ahead)?)))
        .collect();
    let spoken = |of: &[f64]| of.iter().filter(|it| it.is_finite()).count();
    let mut rarest: Vec<(String, usize)> =
        features.iter().map(|(name, values)| (name.clone(), spoken(values))).collect();
    rarest.sort_by_key(|it| it.1);
    rarest.truncate(LATE_NAMED);
    let (places, targets): (Vec<usize>, Vec<f64>) = complete.into_iter().unzip();
    let column = |values: &[f64]| places.iter().map(|row| values[*row]).collect();
    let columns = features.iter().map(|it| column(&it.1)).collect();
    let entries = places.iter().map(|row| entries[*row]).collect();
    let names = features.into_iter().map(|it| it.0).collect();
    let (times, remarks) = (computed.times, computed.remarks);
    Ok(Ready { names, columns, targets, prices, places, entries, later, times, left_out, remarks, rarest })
}

impl Ready {
    /// Whether its rows are enough; if not, which features have a value in few of those of the file.
    fn enough(&self, plan: &SelectionPlan, horizon: usize) -> Result<(), PageError> {
        let all = self.times.len();
        plan.walk(self.places.len(), horizon).map(drop).map_err(|why| {
            let rare = self.rarest.iter().filter(|it| it.1 < all);
            let named: Vec<String> = rare.map(|(name, rows)| format!("{name} in {rows}")).collect();
            let later = self.later.as_ref().map_or(String::new(), |it| format!(". {it}"));
            match why {
                why if matches!(why, SelectionError::Plan { .. }) => PageError::from(why),
                why if named.is_empty() && later.is_empty() => PageError::from(why),
                why if named.is_empty() => PageError::Asked(format!("{why}; the file has {all}{later}")),
                why => PageError::Asked(format!(
                    "{why}; the file has {all}, and of its features these have a value in the fewest: {}{later}",
                    named.join(", ")
                )),
            }
        })
    }

    fn table(self, ahead: usize) -> Result<Table, PageError> {
        let table = Table::new(self.names, self.columns, self.targets, ahead)?;
        Ok(table.with_steps(steps(&self.prices), self.places, self.entries)?)
    }

    /// A table of these rows with the steps of a price.
    fn with_steps(&self, table: Table, prices: &[f64]) -> Result<Table, SelectionError> {
        table.with_steps(steps(prices), self.places.clone(), self.entries.clone())
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

/// The return after a row, from the price that held when it was known.
fn target(prices: &[f64], entries: &[usize], row: usize, ahead: usize) -> Option<f64> {
    gain(prices, entries[row], ahead)
}

/// The return from a row to the one so many rows ahead, if there is one.
fn gain(prices: &[f64], row: usize, ahead: usize) -> Option<f64> {
    let (now, then) = (prices[row], *prices.get(row.checked_add(ahead)?)?);
    (now > 0.0 && then > 0.0).then(|| then / now - 1.0).filter(|it| it.is_finite())
}

/// The fewest values that make up nine in ten changes over so many rows, where they are few; none where the prices are no decimals.
fn few_changes(prices: &[f64], entries: &[usize], ahead: usize) -> Option<usize> {
    let digits = decimals(prices.iter().copied().filter(|it| it.is_finite()))?;
    let power = (0..digits).fold(1.0, |power, _| power * 10.0);
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for &row in entries {
        let change = (prices[row + ahead] * power).round() - (prices[row] * power).round();
        *counts.entry(change as i64).or_default() += 1;
    }
    let mut counts: Vec<usize> = counts.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let mut covered = 0;
    let values = counts.iter().take_while(|it| {
        let is_short = 10 * covered < 9 * entries.len();
        covered += **it;
        is_short
    });
    Some(values.count()).filter(|it| *it <= FEW_CHANGES)
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
        let targets = real.entries.iter().map(|&row| gain(&prices, row, ahead).unwrap_or(0.0)).collect();
        let (names, columns) = (real.names.clone(), real.columns.clone());
        Ok(real.with_steps(Table::new(names, columns, targets, ahead)?, &prices)?)
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests;
