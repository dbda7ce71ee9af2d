//! The rows at which a rule holds, where only those are to be written. The rules are those of a run's `signal`.

use super::FeaturesError;
use super::cache::Cache;
use super::compute::Plan;
use scalp_strategy::signal::parse::{Mentions, parse};
use scalp_strategy::signal::rule::Moment;

/// The rows that a rule keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Their places, rising.
    pub rows: Vec<usize>,
    /// How many more there are at which it is not known whether the rule holds; they are not kept.
    pub unknown: usize,
}

impl Kept {
    /// Asks `rule` at every row of the plan's table. Its features are of the same table; a cache is used as it is for columns.
    pub fn by(rule: &str, plan: &Plan<'_>, cache: Option<&Cache>) -> Result<Kept, FeaturesError> {
        let fault = |what: String| FeaturesError::Rule { rule: rule.to_owned(), what };
        let mut mentions = Mentions::default();
        let asked = parse(rule, &mut mentions).map_err(|it| fault(format!("expected {it}")))?;
        let items: Vec<&str> = mentions.all().iter().map(|it| it.text.as_str()).collect();
        for item in &items {
            let columns = plan.schema_of(item)?.len();
            if columns != 1 {
                return Err(fault(format!("{item} has {columns} values: name one of them")));
            }
        }
        let columns = plan.of(&items)?.computed_with(cache)?.0.columns;
        let row = |at: usize, values: &mut Vec<Option<f64>>| {
            values.clear();
            values.extend(columns.iter().map(|it| Some(it.1[at]).filter(|it| it.is_finite())));
        };
        let (mut now, mut before) = (Vec::new(), Vec::new());
        let mut kept = Kept { rows: Vec::new(), unknown: 0 };
        for at in 0..plan.times().len() {
            std::mem::swap(&mut now, &mut before);
            row(at, &mut now);
            match asked.truth.holds(Moment { now: &now, before: &before }) {
                Some(true) => kept.rows.push(at),
                Some(false) => {}
                None => kept.unknown += 1,
            }
        }
        Ok(kept)
    }

    /// Of a column the rows that are kept.
    pub(super) fn of<T: Copy>(&self, column: &[T]) -> Vec<T> {
        self.rows.iter().map(|&it| column[it]).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::super::{Asked, Table, write_plan};
    use super::*;
    use scalp_tables::flat::{Reader, Values};
    use std::num::NonZero;
    use std::path::Path;

    const MINUTE: i64 = 60_000_000_000;

    fn table() -> Table {
        let close: Vec<f64> = [10.0, 12.0, 11.0, 14.0, 13.0, 15.0].into();
        let times = (0..6).map(|it| it * MINUTE).collect();
        Table::candles(times, [close.clone(), close.clone(), close.clone(), close], vec![1.0; 6])
    }

    fn kept(rule: &str) -> Result<Kept, FeaturesError> {
        let (table, asked) =
            (table(), Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: true });
        Kept::by(rule, &Plan::new(Path::new("table"), &table, &["close"], &asked).unwrap(), None)
    }

    #[test]
    fn a_rule_keeps_the_rows_at_which_it_holds_and_counts_those_that_it_does_not_know() {
        let rows = |rule: &str| kept(rule).map(|it| (it.rows, it.unknown)).unwrap();
        assert_eq!(rows("close > 11"), (vec![1, 3, 4, 5], 0));
        // The first row has no row before it.
        assert_eq!(rows("close > LAG(close,1)"), (vec![1, 3, 5], 1));
        assert_eq!(rows("close > LAG(close,1) or close == 10"), (vec![0, 1, 3, 5], 0));
        assert_eq!(rows("crosses_above(close, 11.5)"), (vec![1, 3], 1));
        assert_eq!(rows("close > 99"), (vec![], 0));
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_said_and_no_item_of_it_is_left_out() {
        let told = |rule: &str| kept(rule).unwrap_err().to_string();
        assert_eq!(told("close >"), "\"close >\": expected a number or a feature at column 8, found the end");
        assert_eq!(
            told("BBANDS(2,2,2,0) > 1"),
            "\"BBANDS(2,2,2,0) > 1\": BBANDS(2,2,2,0) has 3 values: name one of them"
        );
        assert!(told("RSY(14) > 1").starts_with("RSY(14): unknown name \"RSY\""), "{}", told("RSY(14) > 1"));
    }

    #[test]
    fn both_kinds_of_file_hold_the_rows_that_are_kept_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (table, asked) =
            (table(), Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false });
        let plan = Plan::new(Path::new("table"), &table, &["close", "LAG(close,4)"], &asked).unwrap();
        let kept = Kept::by("close > 11 and LAG(close,3) < 99", &plan, None).unwrap();
        let path = folder.path().join("out.csv");
        let written = write_plan(&path, &plan, None, Some(&kept)).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "time,close,\"LAG(close,4)\"\n\
            180000000000,14,\n240000000000,13,10\n300000000000,15,12\n"
        );
        assert!(written.silent.is_empty());
        let path = folder.path().join("out.parquet");
        write_plan(&path, &plan, None, Some(&kept)).unwrap();
        let mut reader = Reader::open(std::fs::File::open(&path).unwrap(), 100).unwrap();
        let batch = reader.next_batch().unwrap().unwrap();
        let Values::Real(lags) = &batch.columns[2].values else { panic!("numbers") };
        assert_eq!((batch.rows, &lags[1..], batch.columns[2].has(0)), (3, &[10.0, 12.0][..], false));

        // None at all: the head of a file, and columns without a value.
        let none = Kept::by("close > 99", &plan, None).unwrap();
        for name in ["none.csv", "none.parquet"] {
            let written = write_plan(&folder.path().join(name), &plan, None, Some(&none)).unwrap();
            assert_eq!(written.silent, ["close", "LAG(close,4)"], "{name}");
        }
    }
}
