//! What should be told of the lengths of candles, which their times alone show.

use scalp_features::expr;
use scalp_tables::lengths::{Lengths, commonest};
use scalp_types::Timestamp;
use std::path::Path;

/// What should be known of it; `path` tells which file a row is of.
pub(super) fn remark<'a>(
    lengths: &Lengths,
    times: &[i64],
    path: impl Fn(usize) -> &'a Path,
) -> Option<String> {
    let Some(least) = lengths.span else { return uneven(path(0), times) };
    let name = |length: i64| expr::span_text(length);
    if let Some(first) = lengths.doubts.first() {
        let count: usize = lengths.doubts.iter().map(|it| it.rows.len()).sum();
        return Some(format!(
            "{}: its candles are of {}, and the one of {} may be of {}, or a gap follows it: {count} such are taken as known \
             when the next one starts",
            path(first.rows.start).display(),
            name(least),
            Timestamp::from_nanos(times[first.rows.start]),
            name(first.length)
        ));
    }
    lengths.alone.first().map(|&row| {
        let of = name(least);
        format!(
            "{}: of its one candle it is not told when it ends: it is taken for one of {of} like the others",
            path(row).display()
        )
    })
}

/// Of candles of no one length: which is the first that another length would fit, and what follows of it.
fn uneven(path: &Path, times: &[i64]) -> Option<String> {
    let most = commonest(times)?;
    let at = times.windows(2).position(|it| (it[1] - it[0]) % most != 0);
    let at = at.or_else(|| times.windows(2).position(|it| it[1] - it[0] != most))?;
    let (time, step) = (Timestamp::from_nanos(times[at]), times[at + 1] - times[at]);
    Some(format!(
        "{}: its candles are of no one length (most are {}, and the one of {time} is followed after {}): each is taken as known \
         when the next one starts",
        path.display(),
        expr::span_text(most),
        expr::span_text(step)
    ))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::needless_range_loop,
    reason = "tests only: rows are compared across columns"
)]
mod tests {
    use super::*;
    use crate::features::{Holds, With, read_all};
    use std::fmt::Write as _;
    use std::path::PathBuf;

    const MINUTE: i64 = 60_000_000_000;
    /// A whole day, minutes after 1970.
    const START: i64 = 28_000_800;

    /// Minutes after the start as times.
    fn times(minutes: impl IntoIterator<Item = i64>) -> Vec<i64> {
        minutes.into_iter().map(|it| (START + it) * MINUTE).collect()
    }

    fn hours(from: i64, count: i64) -> impl Iterator<Item = i64> {
        (0..count).map(move |it| from + it * 60)
    }

    fn file(folder: &Path, name: &str, minutes: impl IntoIterator<Item = i64>) -> PathBuf {
        let mut text = "time,open,high,low,close,volume\n".to_owned();
        for it in minutes {
            writeln!(text, "{},1,2,0.5,{},1", (START + it) * 60, 1.0 + it as f64 * 1e-4).unwrap();
        }
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// An hour among minutes is not known a minute after its start, however few hours there are.
    #[test]
    fn few_candles_of_another_length_are_known_at_their_end() {
        for count in 2..6 {
            for (name, minutes) in [
                ("behind", (0..1_440).chain(hours(1_440, count)).collect::<Vec<_>>()),
                ("before", hours(0, count).chain(count * 60..count * 60 + 1_440).collect()),
                ("between", (0..1_440).chain(hours(1_440, count + 1)).chain(2_160..3_000).collect()),
            ] {
                let all = times(minutes.clone());
                let lengths = Lengths::of(&all);
                assert!(remark(&lengths, &all, |_| Path::new("x.csv")).is_some(), "{name} {count}");
                let hour = minutes.iter().position(|it| *it == if name == "before" { 0 } else { 1_440 });
                let from = hour.unwrap();
                for row in from..from + count as usize {
                    assert_eq!((lengths.close_at[row] - all[row]) / MINUTE, 60, "{name} {count}: row {row}");
                }
            }
        }
    }

    /// Lengths of the first and the next candles, whatever they are and wherever they begin, and longer ones still behind them.
    #[test]
    fn no_candle_is_known_before_its_end() {
        const DAY: i64 = 1_440;
        let every =
            |from: i64, length: i64, count: i64| (0..count).map(move |it| (from + it * length, length));
        let months = [31, 29, 31, 30].iter().scan(3 * DAY, |at, days| {
            let from = std::mem::replace(at, *at + days * DAY);
            Some((from, days * DAY))
        });
        let minutes = |from: i64| every(from, 1, DAY);
        for (name, candles) in [
            ("months behind hours", every(-33 * DAY, 60, 36 * 24).chain(months.clone()).collect::<Vec<_>>()),
            ("months behind days", every(-300 * DAY, DAY, 303).chain(months).collect()),
            (
                "days, hours, minutes",
                every(0, DAY, 3).chain(every(3 * DAY, 60, 3)).chain(minutes(3 * DAY + 180)).collect(),
            ),
            (
                "minutes, hours, days",
                minutes(0).chain(every(2 * DAY - 180, 60, 3)).chain(every(2 * DAY, DAY, 3)).collect(),
            ),
            (
                "minutes, fives, hours",
                minutes(0).chain(every(DAY + 45, 5, 3)).chain(every(DAY + 60, 60, 3)).collect(),
            ),
            ("sevens", minutes(0).chain(every(DAY, 7, 4)).collect()),
            ("off the hour", minutes(0).chain(every(DAY + 7, 60, 4)).collect()),
        ] {
            let all = times(candles.iter().map(|it| it.0));
            let lengths = Lengths::of(&all);
            for (row, (_, length)) in candles.iter().enumerate() {
                assert!(lengths.close_at[row] >= all[row] + length * MINUTE, "{name}: row {row}");
            }
            assert!(remark(&lengths, &all, |_| Path::new("x.csv")).is_some(), "{name}");
        }
    }

    #[test]
    fn each_file_has_its_own_length() {
        let folder = tempfile::tempdir().unwrap();
        let minutes = file(folder.path(), "minutes.csv", 0..1_440);
        let known = |files: &[PathBuf]| {
            let table = read_all(files, &[]).unwrap();
            let Holds::Bars { close_at, .. } = &table.holds else { panic!("candles") };
            let known = (0..close_at.len()).map(|row| (close_at[row] - table.times[row]) / MINUTE);
            (known.collect::<Vec<_>>(), table.beside.remarks)
        };
        for count in 2..7 {
            let hours = file(folder.path(), "hours.csv", hours(1_440, count));
            let (known, remarks) = known(&[minutes.clone(), hours]);
            assert!(known[..1_440].iter().all(|it| *it == 1) && known[1_440..].iter().all(|it| *it == 60));
            assert!(remarks.len() == 1 && remarks[0].contains("hours.csv: ") || count > 4, "{remarks:?}");
        }
        // Of two files that are both short, too.
        let few = file(folder.path(), "few.csv", 0..5);
        let later = file(folder.path(), "later.csv", [60, 120]);
        assert_eq!(known(&[few, later]).0, [1, 1, 1, 1, 1, 60, 60]);
        // One candle alone is like the others, which is said.
        let one = file(folder.path(), "one.csv", [1_440]);
        let (known, remarks) = known(&[minutes, one]);
        assert_eq!(known, [1; 1_441]);
        assert!(remarks.len() == 1 && remarks[0].contains("one.csv: of its one candle"), "{remarks:?}");
    }

    #[test]
    fn a_series_of_two_lengths_is_shown_at_the_end_of_each_candle() {
        let folder = tempfile::tempdir().unwrap();
        let rows = file(folder.path(), "rows.csv", 0..1_800);
        let both = file(folder.path(), "both.csv", (0..1_440).chain(hours(1_440, 3)));
        let with = With::parse("--with", &format!("d={},age=30d", both.display())).unwrap();
        let table = read_all(&[rows], &[with]).unwrap();
        let known: Vec<i64> = table.beside.series[0].observations[1_439..]
            .iter()
            .map(|it| it.published_at / MINUTE - START)
            .collect();
        assert_eq!(known, [1_440, 1_500, 1_560, 1_620]);
        let remarks = &table.beside.remarks;
        assert!(
            remarks.len() == 1 && remarks[0].contains("may be of 1h, or a gap follows it: 3"),
            "{remarks:?}"
        );
    }

    /// Gaps stay gaps: of an outage, of a coin that trades seldom, of nights and weekends.
    #[test]
    fn gaps_are_no_candles() {
        let mut state = 7_u64;
        let mut chance = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        let thin: Vec<i64> = (0..6_000).filter(|it| *it == 0 || !chance().is_multiple_of(3)).collect();
        let outage: Vec<i64> = (0..1_440).chain(1_500..2_000).chain(2_100..3_000).collect();
        // The exchange was away for two hours before the last minute, and a day began an hour late.
        let ends = (0..1_440).chain([1_560]).collect();
        let days: Vec<i64> = (0..800).filter(|it| it % 7 < 5).map(|it| it * 1_440).collect();
        let sessions: Vec<i64> =
            (0..40).flat_map(|day| (870..1_260).map(move |it| day * 1_440 + it)).collect();
        for (name, minutes) in
            [("thin", thin), ("outage", outage), ("ends", ends), ("days", days), ("sessions", sessions)]
        {
            let (all, least) = (times(minutes.clone()), if name == "days" { 1_440 } else { 1 });
            let lengths = Lengths::of(&all);
            assert_eq!(lengths.span, Some(least * MINUTE), "{name}");
            assert_eq!(remark(&lengths, &all, |_| Path::new("x.csv")), None, "{name}");
            assert!((0..all.len()).all(|row| lengths.close_at[row] - all[row] == least * MINUTE), "{name}");
        }
    }
}
