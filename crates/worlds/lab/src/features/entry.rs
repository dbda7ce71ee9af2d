//! From where the return after a row is counted: from the price that held when the row was known.

use super::compute::Computed;
use scalp_market::grace;
use scalp_types::Span;
use std::borrow::Cow;

/// When each row was known, as those who decide by such rows count it: a candle that arrived within its [`grace`] at its end. None where
/// each was known at its end, as the next began.
fn known(computed: &Computed) -> Option<Cow<'_, [i64]>> {
    let times = &computed.times;
    match (&computed.known, computed.length) {
        (Some(known), Some(length)) => {
            let grace = grace(Span::from_nanos(length)).nanos();
            let one = |(known, time): (&i64, &i64)| {
                let end = time.saturating_add(length);
                if *known <= end.saturating_add(grace) { end } else { *known }
            };
            Some(known.iter().zip(times).map(one).collect())
        }
        (Some(known), None) => Some(known.into()),
        (None, _) => computed.are_moments.then(|| times.into()),
    }
}

/// Of each row the one from whose price the return after it is counted: itself, or where later rows had begun before it was known,
/// or were known with it, the last of those: all trades of one order have one time, and whoever acts on the first of them finds the
/// price that the last has left. A bar of trades without a length that begins at the moment at which a row was known has part in that
/// moment, too. None lies before its row, and they never fall. Of the last rows no later one may tell.
pub(super) fn entries(computed: &Computed) -> Vec<usize> {
    let rows = computed.times.len();
    let times = &computed.times;
    let Some(known) = known(computed) else { return (0..rows).collect() };
    let is_part = |row: usize, known_by: i64| {
        times[row] < known_by || known[row] <= known_by || computed.are_moments && times[row] == known_by
    };
    let (mut entry, mut known_by) = (0, i64::MIN);
    let of = |row: usize| {
        entry = entry.max(row);
        // A row was known when all before it were.
        known_by = known_by.max(known[row]);
        while entry + 1 < rows && is_part(entry + 1, known_by) {
            entry += 1;
        }
        entry
    };
    (0..rows).map(of).collect()
}

/// What is said of rows after which the return is counted from a later one, as that had begun before they were known or was known
/// with them; none where there are none.
pub(super) fn told(computed: &Computed, entries: &[usize]) -> Option<String> {
    let all = entries.len();
    let (mut late, mut together, mut most) = (0_usize, 0_usize, 0);
    let (known, mut known_by) = (known(computed), i64::MIN);
    for (row, entry) in entries.iter().enumerate() {
        known_by = known_by.max(known.as_ref().map_or(computed.times[row], |it| it[row]));
        // A row was known before the next began where it has no part in this.
        match known_by.saturating_sub(computed.times.get(row + 1).copied().unwrap_or(i64::MAX)) {
            after if *entry > row && after > 0 => (late, most) = (late + 1, after.max(most)),
            _ => together += usize::from(*entry > row),
        }
    }
    let late = (late > 0).then(|| {
        format!(
            "{late} of {all} rows were known only after a later one had begun, at most {:.3} s after: the return after them is \
             counted from the price that held when they were known, not from their own.",
            most as f64 / 1e9
        )
    });
    let together = (together > 0).then(|| {
        format!(
            "{together} of {all} rows were known at the same time as a later one, as the trades of one order are: the return after \
             them is counted from the last price of that time, not from their own."
        )
    });
    match (late, together) {
        (Some(late), Some(together)) => Some(format!("{late} {together}")),
        (late, together) => late.or(together),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::super::cells::Cells;
    use super::super::{Asked, Remarks, compute, parse_bars, read_all};
    use super::*;
    use std::num::NonZero;
    use std::path::{Path, PathBuf};

    /// Of seconds.
    fn rows(times: &[i64], known: Option<&[i64]>, are_moments: bool) -> Computed {
        let nanos = |it: &[i64]| it.iter().map(|it| it * 1_000_000_000).collect::<Vec<_>>();
        Computed {
            times: nanos(times),
            written: Cells::Whole(nanos(times)),
            known: known.map(nanos),
            length: None,
            are_moments,
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
        let ends = rows(&times, Some(&[10, 20, 30, 40, 50]), false);
        assert_eq!(entries(&ends), [0, 1, 2, 3, 4]);
        let candles = rows(&times, None, false);
        assert_eq!((entries(&candles), told(&ends, &entries(&ends))), (entries(&ends), None));
        // The first is known as the third has begun and the fourth has not; whoever is behind waits for it, too.
        let behind = rows(&times, Some(&[25, 24, 30, 41, 99]), false);
        assert_eq!(entries(&behind), [2, 2, 2, 4, 4]);
        let said = told(&behind, &entries(&behind)).unwrap();
        assert!(said.starts_with("3 of 5 rows") && said.contains("at most 15.000 s"), "{said}");
        assert!(!said.contains("same time"), "{said}");
        // Nothing was traded between the end of the first and the third: the price was still that of its close.
        assert_eq!(entries(&rows(&[0, 40, 50], Some(&[35, 50, 60]), false)), [0, 1, 2]);
    }

    /// A recorder has each some tenths of a second after its end; only what is later by more than a tenth of its length is late.
    #[test]
    fn candles_that_arrive_within_their_grace_count_from_their_own_close() {
        let of = |length: Option<i64>, known: &[i64; 4]| {
            let made = rows(&[0, 10, 20, 30], Some(known), false);
            let made = Computed { length: length.map(|it| it * 1_000_000_000), ..made };
            let entries = entries(&made);
            let told = told(&made, &entries);
            (entries, told.is_some())
        };
        assert_eq!(of(Some(10), &[11, 21, 31, 41]), (vec![0, 1, 2, 3], false));
        assert_eq!(of(Some(10), &[11, 22, 31, 41]), (vec![0, 2, 2, 3], true));
        assert_eq!(of(Some(5), &[6, 16, 26, 36]), (vec![0, 1, 2, 3], false), "nothing had begun");
        assert_eq!(of(None, &[11, 21, 31, 41]), (vec![1, 2, 3, 3], true), "of no one length");
    }

    #[test]
    fn rows_of_one_moment_share_the_price_that_the_last_of_them_left() {
        let times = [0, 10, 10, 10, 20, 20, 30];
        let shared = [0, 3, 3, 3, 5, 5, 6];
        let trades = rows(&times, None, true);
        assert_eq!(entries(&trades), shared);
        let said = told(&trades, &shared).unwrap();
        assert!(said.starts_with("3 of 7 rows were known at the same time"), "{said}");
        // The same whether they arrived at their times or a little later.
        for later in [0, 1, 9] {
            let known = times.map(|it| it + later);
            assert_eq!(entries(&rows(&times, Some(&known), true)), shared, "{later}");
        }
        // Whatever arrived at one time was known together, and so was what happened at that time.
        assert_eq!(entries(&rows(&[0, 1, 2, 3], Some(&[3, 3, 3, 4]), true)), [3, 3, 3, 3]);
        assert_eq!(entries(&rows(&[0, 1, 2, 3], Some(&[2, 2, 2, 4]), false)), [2, 2, 2, 3]);
        // Bars of trades that have no length: the second begins with trades of the order that closed the first, the third does not.
        let bars = rows(&[0, 10, 15, 20], Some(&[10, 14, 20, 30]), true);
        assert_eq!(entries(&bars), [1, 1, 3, 3]);
        let apart = rows(&times[..2], None, true);
        assert_eq!((entries(&apart), told(&apart, &entries(&apart))), (vec![0, 1], None));
    }

    /// Candles that begin at these seconds, with when each was known where that is told.
    fn candles(folder: &Path, name: &str, rows: &[(i64, Option<i64>)]) -> PathBuf {
        let head = if rows[0].1.is_some() { ",known_at" } else { "" };
        let row = |(at, known): &(i64, Option<i64>)| {
            let [at, known] = [Some(*at), *known].map(|it| it.map(|it| START + it));
            let [at, known] = [at, known].map(|it| it.map_or(String::new(), |it| format!(",{it}000000000")));
            format!("{},5,6,4,5,1{known}\n", &at[1..])
        };
        let rows: String = rows.iter().map(row).collect();
        let file = folder.join(name);
        std::fs::write(&file, format!("time,open,high,low,close,volume{head}\n{rows}")).expect("a file");
        file
    }

    const START: i64 = 1_700_000_040;

    /// In seconds, with the entries.
    fn known(files: &[PathBuf], bars: Option<&str>) -> Result<(Option<Vec<i64>>, Vec<usize>), String> {
        let mut table = read_all(files, &[]).map_err(|it| it.to_string())?;
        if let Some(bars) = bars {
            table = table.larger(&files[0], &parse_bars(bars)?).map_err(|it| it.to_string())?;
        }
        let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: false };
        let made = compute(&files[0], &table, &["close"], &asked).map_err(|it| it.to_string())?;
        let seconds = |it: &Vec<i64>| it.iter().map(|it| it / 1_000_000_000 - START).collect();
        Ok((made.known.as_ref().map(seconds), entries(&made)))
    }

    #[test]
    fn candles_of_a_table_are_known_when_it_tells() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |name: &str, rows: &[(i64, Option<i64>)]| candles(folder.path(), name, rows);
        let late = [(0, Some(25)), (10, Some(20)), (20, Some(30)), (30, Some(62)), (40, Some(63))];
        let file = of("late.csv", &late);
        let told = known(std::slice::from_ref(&file), None).expect("sound");
        assert_eq!(told, (Some(vec![25, 20, 30, 62, 63]), vec![2, 2, 2, 4, 4]));
        // Of larger ones when all parts were, and of those of another file at their ends.
        let whole = known(std::slice::from_ref(&file), Some("20s"));
        assert_eq!(whole.map(|it| it.0), Ok(Some(vec![25, 62])));
        let ends = of("ends.csv", &[(50, None), (60, None), (70, None)]);
        let both = known(&[ends.clone(), file], None).map(|it| it.0);
        assert_eq!(both, Ok(Some(vec![25, 20, 30, 62, 63, 60, 70, 80])));
        // None where all were known at their end: there is nothing to tell.
        let own = of("own.csv", &[(0, Some(10)), (10, Some(20)), (20, Some(30))]);
        assert_eq!(known(&[own], None).map(|it| it.0), Ok(None));
        assert_eq!(known(&[ends], None).map(|it| it.0), Ok(None));
        // One that a gap follows is not taken for a longer one.
        let gap = [(0, Some(10)), (3_600, Some(3_610)), (7_200, Some(7_210))];
        let thin: Vec<_> = (0..90).map(|it| (it * 10 - 900, Some(it * 10 - 890))).chain(gap).collect();
        assert_eq!(known(&[of("thin.csv", &thin)], None).map(|it| it.0), Ok(None));
        // Those of no one length end then, and not when the next begins.
        let uneven = of("uneven.csv", &[(0, Some(5)), (7, Some(9)), (10, Some(30)), (29, Some(29))]);
        assert_eq!(known(&[uneven], None), Ok((Some(vec![5, 9, 30, 30]), vec![0, 1, 3, 3])));
        let early = of("early.csv", &[(0, Some(10)), (10, Some(15)), (20, Some(30))]);
        let told = known(&[early], None).expect_err("it would be known before its end");
        assert!(
            told.contains("early.csv: line 3: published at 2023-") && told.contains("10s ends"),
            "{told}"
        );
        let before = of("before.csv", &[(0, Some(10)), (10, Some(9)), (20, Some(30))]);
        let told = known(&[before], None).expect_err("it would be known before it began");
        assert!(told.contains("before.csv:3: known_at: expected a time at or after"), "{told}");
        let trades = folder.path().join("trades.csv");
        std::fs::write(&trades, "timestamp,price,size,side,known_at\n1700000000001,5,1,buy,1700000000002\n")
            .expect("a file");
        let remarks = read_all(&[trades], &[]).expect("sound").remarks();
        assert!(remarks.iter().any(|it| it.contains("known_at is not read")), "{remarks:?}");
    }
}
