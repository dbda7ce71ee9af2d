//! From where the return after a row is counted: from the price that held when the row was known.

use super::compute::Computed;

/// Of each row the one from whose price the return after it is counted: itself, or where later rows had begun before it was known
/// the last of those. None lies before its row, and they never fall. Of the last rows no later one may tell.
pub(super) fn entries(computed: &Computed) -> Vec<usize> {
    let rows = computed.times.len();
    let Some(known) = &computed.known else { return (0..rows).collect() };
    let (mut entry, mut known_by) = (0, i64::MIN);
    let of = |row: usize| {
        entry = entry.max(row);
        // A row was known when all before it were.
        known_by = known_by.max(known[row]);
        while computed.times.get(entry + 1).is_some_and(|begun| *begun < known_by) {
            entry += 1;
        }
        entry
    };
    (0..rows).map(of).collect()
}

/// What is said of rows that were known so late that returns are counted from later ones; none where there are none.
pub(super) fn late(computed: &Computed, entries: &[usize]) -> Option<String> {
    let rows = entries.iter().enumerate().filter(|(row, entry)| *entry > row).count();
    let known = computed.known.as_deref().filter(|_| rows > 0)?;
    // A row was known before the next began where it has no part in this.
    let behind = entries.iter().enumerate().filter(|(row, entry)| *entry > row);
    let most = behind.map(|(row, _)| known[row].saturating_sub(computed.times[row + 1])).max()?;
    Some(format!(
        "{rows} of {} rows were known only after a later one had begun, at most {:.3} s after: the return after them is counted from the \
         price that held when they were known, not from their own.",
        entries.len(),
        most as f64 / 1e9
    ))
}

#[cfg(test)]
mod tests {
    use super::super::Remarks;
    use super::super::cells::Cells;
    use super::*;

    /// Of seconds.
    fn rows(times: &[i64], known: Option<&[i64]>) -> Computed {
        let nanos = |it: &[i64]| it.iter().map(|it| it * 1_000_000_000).collect::<Vec<_>>();
        Computed {
            times: nanos(times),
            written: Cells::Whole(nanos(times)),
            known: known.map(nanos),
            time_name: "time".into(),
            columns: Vec::new(),
            failed: Vec::new(),
            schema: 0,
            remarks: Remarks::default(),
        }
    }

    #[test]
    fn a_return_begins_where_the_price_stood_when_the_row_was_known() {
        let times = [0, 10, 20, 30, 40];
        let ends = rows(&times, Some(&[10, 20, 30, 40, 50]));
        assert_eq!(entries(&ends), [0, 1, 2, 3, 4]);
        assert_eq!((entries(&rows(&times, None)), late(&ends, &entries(&ends))), (entries(&ends), None));
        // The first is known as the third has begun and the fourth has not; whoever is behind waits for it, too.
        let behind = rows(&times, Some(&[25, 24, 30, 41, 99]));
        assert_eq!(entries(&behind), [2, 2, 2, 4, 4]);
        let told = late(&behind, &entries(&behind));
        assert!(told.is_some_and(|it| it.starts_with("3 of 5 rows") && it.contains("at most 15.000 s")));
        // Nothing was traded between the end of the first and the third: the price was still that of its close.
        assert_eq!(entries(&rows(&[0, 40, 50], Some(&[35, 50, 60]))), [0, 1, 2]);
    }
}
