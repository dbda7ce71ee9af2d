//! Columns of a file that are named like an entry of the catalogue: which of the two a list means.

use super::read::{Holds, Table};
use scalp_features::entry::{is_named, is_written};

/// What is told of the further columns of candles that are named like an entry, where the list has such a name: in capitals it
/// is the entry, else the column that is written so.
#[must_use]
pub fn named_alike(table: &Table, list: &str) -> Vec<String> {
    let Holds::Bars { extra, .. } = &table.holds else { return Vec::new() };
    let words = || list.split(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
    let is_meant = |column: &&String| is_named(column) && words().any(|it| it.eq_ignore_ascii_case(column));
    let told = |column: &String| {
        let entry = column.to_ascii_uppercase();
        if is_written(column) {
            format!("{column} is the entry of the catalogue: the column of this name in the file is not read")
        } else {
            format!("{column} is the column of the file, and {entry} the entry of the catalogue")
        }
    };
    extra.iter().filter(is_meant).map(told).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::super::compute::{Asked, compute};
    use super::*;
    use std::num::NonZero;
    use std::path::Path;

    fn table() -> Table {
        let close: Vec<f64> = (0..9).map(|it| 100.0 + f64::from(it % 4)).collect();
        let times = (0..9).map(|it| it * 60_000_000_000).collect();
        let columns = [close.clone(), close.clone(), close.clone(), close];
        let mut table = Table::candles(times, columns, vec![2.0; 9]);
        let Holds::Bars { columns, extra, .. } = &mut table.holds else { panic!("candles") };
        for (name, value) in [("OBV", 777.0), ("vwap", 888.0), ("funding", 1.0)] {
            extra.push(name.into());
            columns.push(vec![value; 9]);
        }
        table
    }

    #[test]
    fn a_name_in_capitals_is_the_entry_whatever_columns_there_are() {
        let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
        let all = |table: &Table, items: &[&str]| -> Vec<Vec<f64>> {
            let computed = compute(Path::new("bars"), table, items, &asked).unwrap();
            computed.columns.into_iter().map(|it| it.1).collect()
        };
        let entries = ["OBV", "obv", "VWAP", "SMA(OBV,2)"];
        let mut plain = table();
        let Holds::Bars { columns, extra, .. } = &mut plain.holds else { panic!("candles") };
        columns.truncate(5);
        extra.clear();
        assert_eq!(format!("{:?}", all(&table(), &entries)), format!("{:?}", all(&plain, &entries)));
        let column = all(&table(), &["vwap", "SMA(vwap,2)", "funding"]);
        let last = column.iter().map(|it| it[8]).collect::<Vec<f64>>();
        assert_eq!(last, [888.0, 888.0, 1.0]);
    }

    #[test]
    fn what_may_be_meant_is_told_where_the_list_has_the_name() {
        assert_eq!(
            named_alike(&table(), "SMA(obv,2), VWAP, FUNDING"),
            [
                "OBV is the entry of the catalogue: the column of this name in the file is not read",
                "vwap is the column of the file, and VWAP the entry of the catalogue"
            ]
        );
        assert!(named_alike(&table(), "RSI(14), funding, VWAP_ROLLING(20), GROUP:volume@1").is_empty());
    }
}
