//! Features made by rule out of related tables: deep feature synthesis (Kanter and Veeramachaneni 2015, section 3) with cutoff
//! times.
//!
//! An [`Entity`] is a table of events (market data, orders, portfolio) whose rows belong to a key (an instrument) and have a
//! time at which they became known. For each [`Cutoff`] only rows of its key that were known by then are seen, by every
//! primitive: a percentile is that among the rows before, a cumulative sum that of the rows before. Rows of one time keep
//! their order, and one that becomes known at the cutoff itself is seen. What a table does not tell of ([`Coverage`]) is absent, and
//! not counted as nothing.
//!
//! Primitives are stacked up to the depth: those of rows (`DIFF(market.close)`), aggregations over the rows of the key
//! (`MEAN(DIFF(market.close))`), aggregations over rows with a label (`SUM(orders.size WHERE side = buy)`), and those that
//! join two aggregations (`SUB(MIN(market.close), MAX(market.close))`, each pair once, in the order in which they are made).

mod aggregate;
mod rows;

use aggregate::{AGGREGATIONS, Totals, WHERE};
use rows::{Joined, RowPrimitive, finite};

/// Most primitives that may stand on one another.
pub const DEPTH_MAX: usize = 3;

/// A column of an entity.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers; NaN where there is none.
    Numbers(Vec<f64>),
    /// Places in the list of texts beside them.
    Labels(Vec<usize>, Vec<String>),
}

/// A table of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    name: String,
    known_at: Vec<i64>,
    keys: Vec<usize>,
    numbers: Vec<(String, Vec<f64>)>,
    labels: Vec<(String, Vec<usize>, Vec<String>)>,
    coverage: Option<Coverage>,
}

/// The time of which a table tells everything. What happened before and after it is not known: no row there does not mean that
/// nothing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// All that became known after this is in the table.
    pub from: i64,
    /// The first time at which something was known.
    pub first: i64,
    /// All that became known up to this is in the table.
    pub until: i64,
}

impl Coverage {
    /// Whether the table tells all that a cutoff at this time sees: of its window, or without one of the past since the first row.
    #[must_use]
    pub fn covers(&self, at: i64, window: Option<i64>) -> bool {
        let is_begun = window.is_none_or(|it| at.saturating_sub(it) >= self.from);
        self.first <= at && at <= self.until && is_begun
    }
}

/// A row to be made: what was known of a key at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutoff {
    /// Whose rows are seen.
    pub key: usize,
    /// Up to when, in the unit of the entities' times.
    pub at: i64,
}

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SynthesisPlan {
    /// Primitives on one another, 1 to [`DEPTH_MAX`].
    pub depth: usize,
    /// Only rows that became known less than this before the cutoff are aggregated; all of the past without it.
    pub window: Option<i64>,
    /// More features than this are refused.
    pub features_max: usize,
}

impl Default for SynthesisPlan {
    fn default() -> Self {
        Self { depth: 2, window: None, features_max: 10_000 }
    }
}

/// A column that was made: a number for each cutoff, NaN where there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Synthesised {
    /// How it is made.
    pub name: String,
    /// Primitives on one another.
    pub depth: usize,
    /// In the order of the cutoffs.
    pub values: Vec<f64>,
}

/// Why nothing was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SynthesisError {
    /// A column or the keys have another length than the times.
    #[error("entity {entity}: {column} has {have} rows, the times {need}")]
    Length {
        /// Which.
        entity: String,
        /// Its column.
        column: String,
        /// Its rows.
        have: usize,
        /// Those of the times.
        need: usize,
    },
    /// Rows out of order.
    #[error("entity {entity}, row {row}: its time is before that of the row above")]
    Disorder {
        /// Which.
        entity: String,
        /// From 0.
        row: usize,
    },
    /// A label that is not listed.
    #[error("entity {entity}, column {column}, row {row}: label {label} of {labels}")]
    Label {
        /// Which.
        entity: String,
        /// Its column.
        column: String,
        /// From 0.
        row: usize,
        /// Its place.
        label: usize,
        /// How many are listed.
        labels: usize,
    },
    /// The depth.
    #[error("depth is {0}: 1 to {DEPTH_MAX}")]
    Depth(usize),
    /// The window.
    #[error("window is {0}: above zero")]
    Window(i64),
    /// Too much at once.
    #[error("{count} features would be made, {most} are allowed: raise features_max, or lower the depth")]
    TooMany {
        /// How many.
        count: usize,
        /// The bound.
        most: usize,
    },
    /// Two tables of one name.
    #[error("entity {0} is given twice")]
    Twice(String),
}

impl Entity {
    /// A table in order of the times at which its rows became known.
    pub fn new(
        name: &str,
        known_at: Vec<i64>,
        keys: Vec<usize>,
        columns: Vec<(String, Values)>,
    ) -> Result<Self, SynthesisError> {
        let length = |column: &str, have: usize| {
            let (entity, column, need) = (name.to_owned(), column.to_owned(), known_at.len());
            if have == need { Ok(()) } else { Err(SynthesisError::Length { entity, column, have, need }) }
        };
        length("the key", keys.len())?;
        if let Some(row) = known_at.windows(2).position(|it| it[1] < it[0]) {
            return Err(SynthesisError::Disorder { entity: name.to_owned(), row: row + 1 });
        }
        let (mut numbers, mut labels) = (Vec::new(), Vec::new());
        for (column, values) in columns {
            match values {
                Values::Numbers(values) => {
                    length(&column, values.len())?;
                    numbers.push((column, values));
                }
                Values::Labels(places, texts) => {
                    length(&column, places.len())?;
                    if let Some(row) = places.iter().position(|it| *it >= texts.len()) {
                        let (label, labels) = (places[row], texts.len());
                        return Err(SynthesisError::Label {
                            entity: name.to_owned(),
                            column,
                            row,
                            label,
                            labels,
                        });
                    }
                    labels.push((column, places, texts));
                }
            }
        }
        Ok(Self { name: name.to_owned(), known_at, keys, numbers, labels, coverage: None })
    }

    /// The table with the time of which it tells everything: its features are absent at cutoffs that see beyond it. Without it
    /// nothing happened before the first row nor after the last.
    #[must_use]
    pub fn covering(self, coverage: Coverage) -> Self {
        Self { coverage: Some(coverage), ..self }
    }
}

/// Makes every feature of the plan for every cutoff. The order of the features depends on the entities' columns alone.
pub fn synthesise(
    entities: &[Entity],
    cutoffs: &[Cutoff],
    plan: &SynthesisPlan,
) -> Result<Vec<Synthesised>, SynthesisError> {
    if plan.depth == 0 || plan.depth > DEPTH_MAX {
        return Err(SynthesisError::Depth(plan.depth));
    }
    if let Some(window) = plan.window.filter(|it| *it <= 0) {
        return Err(SynthesisError::Window(window));
    }
    let repeated = |(i, it): &(usize, &Entity)| entities[..*i].iter().any(|before| before.name == it.name);
    if let Some((_, twice)) = entities.iter().enumerate().find(repeated) {
        return Err(SynthesisError::Twice(twice.name.clone()));
    }
    let count = entities.iter().map(|it| count(it, plan.depth)).fold(0, usize::saturating_add);
    if count > plan.features_max {
        return Err(SynthesisError::TooMany { count, most: plan.features_max });
    }
    let mut out = Vec::with_capacity(count);
    for entity in entities {
        let seen = Seen::new(entity, cutoffs, plan.window);
        let mut aggregated = Vec::new();
        for series in series(entity, plan.depth - 1) {
            let totals = seen.totals(&series.values, |_| true);
            aggregated.extend(AGGREGATIONS.iter().map(|it| Synthesised {
                name: format!("{}({})", it.name, series.name),
                depth: series.depth + 1,
                values: seen.values(&totals, it.of),
            }));
        }
        let mut conditional = Vec::new();
        for (label, places, texts) in &entity.labels {
            for (column, values) in &entity.numbers {
                for (place, text) in texts.iter().enumerate() {
                    let totals = seen.totals(values, |row| places[row] == place);
                    conditional.extend(AGGREGATIONS.iter().filter(|it| WHERE.contains(&it.name)).map(|it| {
                        Synthesised {
                            name: format!("{}({}.{column} WHERE {label} = {text})", it.name, entity.name),
                            depth: 1,
                            values: seen.values(&totals, it.of),
                        }
                    }));
                }
            }
        }
        let joined = joined(&aggregated, plan.depth);
        out.extend(aggregated);
        out.extend(conditional);
        out.extend(joined);
    }
    Ok(out)
}

/// How many features [`synthesise`] makes of an entity.
fn count(entity: &Entity, depth: usize) -> usize {
    let numbers = entity.numbers.len();
    let pairs = numbers * numbers.saturating_sub(1);
    // By depth of the rows: the columns; one primitive on a column or on two; a second one on one of those.
    let (ones, twos) = (RowPrimitive::ALL.len(), Joined::ALL.len());
    let first = numbers * ones + pairs / 2 * twos;
    let rows = [numbers, first, first * ones];
    let made: usize = rows[..depth].iter().sum::<usize>() * AGGREGATIONS.len();
    let conditional: usize = entity.labels.iter().map(|it| it.2.len()).sum::<usize>() * numbers * WHERE.len();
    let flat = numbers * AGGREGATIONS.len();
    let joined = if depth > 1 { flat * flat.saturating_sub(1) / 2 * twos } else { 0 };
    made + conditional + joined
}

/// A column of an entity, or what primitives of rows made of one.
struct Series {
    name: String,
    depth: usize,
    values: Vec<f64>,
}

/// The columns and all that at most `depth` primitives of rows make of them.
fn series(entity: &Entity, depth: usize) -> Vec<Series> {
    let columns: Vec<Series> = entity
        .numbers
        .iter()
        .map(|(column, values)| Series {
            name: format!("{}.{column}", entity.name),
            depth: 0,
            values: values.clone(),
        })
        .collect();
    let mut all = columns;
    let mut from = 0;
    for level in 1..=depth {
        let before = all.len();
        for i in from..before {
            for it in RowPrimitive::ALL {
                let name = format!("{}({})", it.name(), all[i].name);
                let values = it.apply(&all[i].values, &entity.keys);
                all.push(Series { name, depth: level, values });
            }
        }
        if level == 1 {
            for i in 0..before {
                for j in i + 1..before {
                    for it in Joined::ALL {
                        let name = format!("{}({}, {})", it.name(), all[i].name, all[j].name);
                        let pairs = all[i].values.iter().zip(&all[j].values);
                        let values = pairs.map(|(a, b)| it.of(*a, *b)).collect();
                        all.push(Series { name, depth: 1, values });
                    }
                }
            }
        }
        from = before;
    }
    all
}

/// Two aggregations of columns joined, where the depth allows.
fn joined(aggregated: &[Synthesised], depth: usize) -> Vec<Synthesised> {
    let flat: Vec<&Synthesised> = aggregated.iter().filter(|it| it.depth == 1).collect();
    let mut out = Vec::new();
    for (i, a) in flat.iter().enumerate().filter(|_| depth > 1) {
        for b in &flat[i + 1..] {
            out.extend(Joined::ALL.iter().map(|it| Synthesised {
                name: format!("{}({}, {})", it.name(), a.name, b.name),
                depth: 2,
                values: a.values.iter().zip(&b.values).map(|(a, b)| it.of(*a, *b)).collect(),
            }));
        }
    }
    out
}

/// Which rows of an entity each cutoff sees.
struct Seen {
    /// The rows of each key, in their order.
    by_key: Vec<Vec<usize>>,
    /// For each cutoff: its key, and the run of that key's rows.
    runs: Vec<(usize, core::ops::Range<usize>)>,
    /// The cutoffs in order of their time.
    order: Vec<usize>,
    /// For each cutoff whether the entity tells all of what it sees.
    covered: Vec<bool>,
    windowed: bool,
}

impl Seen {
    fn new(entity: &Entity, cutoffs: &[Cutoff], window: Option<i64>) -> Self {
        let most = entity.keys.iter().chain(cutoffs.iter().map(|it| &it.key)).max();
        let mut by_key = vec![Vec::new(); most.map_or(0, |it| it + 1)];
        entity.keys.iter().enumerate().for_each(|(row, &key)| by_key[key].push(row));
        let runs = cutoffs
            .iter()
            .map(|cutoff| {
                let rows: &Vec<usize> = &by_key[cutoff.key];
                let end = rows.partition_point(|&row| entity.known_at[row] <= cutoff.at);
                let first = window.map_or(0, |it| {
                    let since = cutoff.at.saturating_sub(it);
                    rows.partition_point(|&row| entity.known_at[row] <= since)
                });
                (cutoff.key, first..end)
            })
            .collect();
        let mut order: Vec<usize> = (0..cutoffs.len()).collect();
        order.sort_by_key(|&it| cutoffs[it].at);
        let is_covered = |it: &Cutoff| entity.coverage.is_none_or(|all| all.covers(it.at, window));
        let covered = cutoffs.iter().map(is_covered).collect();
        Self { by_key, runs, order, covered, windowed: window.is_some() }
    }

    /// An aggregation at each cutoff, absent where the entity does not tell all.
    fn values(&self, totals: &[Totals], of: fn(&Totals) -> f64) -> Vec<f64> {
        let value =
            |(totals, covered): (&Totals, &bool)| if *covered { finite(of(totals)) } else { f64::NAN };
        totals.iter().zip(&self.covered).map(value).collect()
    }

    /// For each cutoff the totals of what it sees and `wanted` accepts. Numbers that are absent are passed over.
    fn totals(&self, values: &[f64], wanted: impl Fn(usize) -> bool) -> Vec<Totals> {
        let push = |totals: &mut Totals, rows: &[usize]| {
            let seen = rows.iter().filter(|&&row| wanted(row) && values[row].is_finite());
            seen.for_each(|&row| totals.push(values[row]));
        };
        let mut out = vec![Totals::default(); self.runs.len()];
        let mut running = vec![(0, Totals::default()); self.by_key.len()];
        for &place in &self.order {
            let (key, run) = &self.runs[place];
            let rows = &self.by_key[*key];
            if self.windowed {
                push(&mut out[place], &rows[run.clone()]);
            } else {
                let (done, totals) = &mut running[*key];
                push(totals, &rows[*done..run.end]);
                *done = run.end;
                out[place] = totals.clone();
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
