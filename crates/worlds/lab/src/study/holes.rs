//! Rows that a table should have and has not: a day without a row in a market that is open on all days. They are refused,
//! passed over or filled, as cells without a value are.

use super::{DAY_NS, FIRST_WEEKDAY, SATURDAY, SampleArgs, WEEK_DAYS, duration, is_weekend, minute};
use scalp_tables::panel::{Missing, Panel};
use scalp_types::Timestamp;

/// A table has a usual step when at least this share of its steps is that long, to a tenth.
const USUAL_SHARE: f64 = 0.9;
/// From how many usual steps on there is a hole.
const HOLE: f64 = 1.5;
/// The same share in markets that close, where weekends and nights are longer steps.
const USUAL_SHARE_CLOSING: f64 = 0.5;
/// Markets that close at weekends are closed no longer than this: the week after 11 September 2001 is not a hole.
const CLOSED_MAX: i64 = WEEK_DAYS * DAY_NS;

/// A step that is longer than the others: the row behind it, and how many are missing before that.
struct Hole {
    at: usize,
    rows: usize,
}

/// The steps of a table that are too long.
struct Holes {
    usual: i64,
    /// Whether the market closes at weekends.
    closes: bool,
    all: Vec<Hole>,
}

/// Looks for missing rows and does what was asked about missing values. Says what was done.
pub fn mend(panel: &mut Panel, args: &SampleArgs) -> Result<Option<String>, String> {
    let Some(holes) = Holes::of(&panel.times) else { return Ok(None) };
    let Some(first) = holes.all.first() else { return Ok(None) };
    let missing: usize = holes.all.iter().map(|it| it.rows).sum();
    let every = holes.every();
    // Which hours a market is open on no table says.
    let can_fill = !holes.closes || holes.usual == DAY_NS;
    match args.missing {
        Missing::Refuse => Err(format!(
            "time: between {} and {} {} missing where one is expected every {every}, {missing} in the whole table: add the rows, or take --missing drop (longer steps){}",
            minute(panel.times[first.at - 1]),
            minute(panel.times[first.at]),
            if first.rows == 1 { "a row is".to_owned() } else { format!("{} rows are", first.rows) },
            if can_fill { " or --missing carry (the value before stays)" } else { "" },
        )),
        Missing::Drop => Ok(Some(format!(
            "{missing} rows of one every {every} are missing, the first after {}: the steps across them are longer.",
            minute(panel.times[first.at - 1])
        ))),
        Missing::Carry if !can_fill => Err(format!(
            "time: {missing} of the rows expected every {every} are missing, the first after {}: which hours the market was open on is not known, so that they cannot be filled; take --missing drop",
            minute(panel.times[first.at - 1])
        )),
        Missing::Carry if missing > panel.times.len() => Err(format!(
            "time: {missing} of the rows expected every {every} are missing, more than the table has: they cannot be filled"
        )),
        Missing::Carry => {
            holes.fill(panel, args.is_returns);
            let with = if args.is_returns { "returns of zero" } else { "the values before them" };
            Ok(Some(format!("{missing} rows of one every {every} were missing and are filled with {with}.")))
        }
    }
}

impl Holes {
    /// Nothing for tables without a usual step. Of markets that close, only what is longer than any weekend with its
    /// holidays is a hole.
    fn of(times: &[Timestamp]) -> Option<Self> {
        let gaps: Vec<i64> = times.windows(2).map(|it| it[1].nanos() - it[0].nanos()).collect();
        let mut sorted = gaps.clone();
        sorted.sort_unstable();
        let usual = *sorted.get(sorted.len() / 2)?;
        let is_saturday = |it: &&Timestamp| (it.day() + FIRST_WEEKDAY).rem_euclid(WEEK_DAYS) == SATURDAY;
        // Where a week ends on Friday night elsewhere, a few rows may be on a Saturday here.
        let saturdays = times.iter().filter(is_saturday).count() * WEEK_DAYS as usize;
        let closes = usual <= DAY_NS && 2 * saturdays < times.len();
        let is_usual = |it: &&i64| (**it - usual).abs() <= usual / 10;
        let share = if closes { USUAL_SHARE_CLOSING } else { USUAL_SHARE };
        if (gaps.iter().filter(is_usual).count() as f64) < share * gaps.len() as f64 {
            return None;
        }
        let mut it = Self { usual, closes, all: Vec::new() };
        for (at, gap) in gaps.iter().enumerate() {
            let is_hole = if closes { *gap > CLOSED_MAX } else { *gap as f64 >= HOLE * usual as f64 };
            if is_hole {
                let rows = it.times(times[at], times[at + 1]).count().max(1);
                it.all.push(Hole { at: at + 1, rows });
            }
        }
        Some(it)
    }

    fn every(&self) -> String {
        let week = if self.closes { " of Monday to Friday" } else { "" };
        format!("{}{week}", duration(self.usual))
    }

    /// When rows between two are expected.
    fn times(&self, before: Timestamp, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        let Self { usual, closes, .. } = *self;
        let steps = (after.nanos() - before.nanos()) as f64 / usual as f64;
        let rows = (steps.round() as i64).max(2) - 1;
        let all = (1..=rows).map(move |it| Timestamp::from_nanos(before.nanos() + usual * it));
        all.filter(move |it| !(closes && is_weekend(*it)))
    }

    fn fill(&self, panel: &mut Panel, is_returns: bool) {
        // From the last to the first, so that the places of those before stay.
        for hole in self.all.iter().rev() {
            let times: Vec<Timestamp> = self.times(panel.times[hole.at - 1], panel.times[hole.at]).collect();
            let rows = times.len();
            panel.times.splice(hole.at..hole.at, times);
            for series in &mut panel.series {
                let value = if is_returns { 0.0 } else { series[hole.at - 1] };
                series.splice(hole.at..hole.at, std::iter::repeat_n(value, rows));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(days: &[i64]) -> Panel {
        Panel {
            times: days.iter().map(|it| Timestamp::from_nanos(it * DAY_NS)).collect(),
            names: vec!["A".into()],
            series: vec![days.iter().map(|it| 1.0 + *it as f64).collect()],
            dropped: 0,
            carried: 0,
        }
    }

    fn asked(missing: Missing, is_returns: bool) -> SampleArgs {
        SampleArgs { is_returns, columns: Vec::new(), missing, year: crate::study::Year::Unasked }
    }

    /// Thirty days without the eleventh and the twelfth.
    fn with_hole() -> Panel {
        panel(&(0..30).filter(|it| !(10..12).contains(it)).collect::<Vec<_>>())
    }

    #[test]
    fn a_missing_day_is_refused_with_its_place_and_what_helps() {
        let said = mend(&mut with_hole(), &asked(Missing::Refuse, false)).unwrap_err();
        for part in ["between 1970-01-10 and 1970-01-13 2 rows are missing", "every 1 d", "--missing carry"] {
            assert!(said.contains(part), "{part} in {said}");
        }
    }

    #[test]
    fn missing_days_are_passed_over_or_filled_when_asked() {
        let mut passed = with_hole();
        assert!(mend(&mut passed, &asked(Missing::Drop, false)).unwrap().unwrap().contains("2 rows"));
        assert_eq!(passed, with_hole());
        let mut filled = with_hole();
        mend(&mut filled, &asked(Missing::Carry, false)).unwrap();
        assert_eq!(filled.times, panel(&(0..30).collect::<Vec<_>>()).times);
        assert_eq!(filled.series[0][9..13], [10.0, 10.0, 10.0, 13.0]);
        let mut returns = with_hole();
        mend(&mut returns, &asked(Missing::Carry, true)).unwrap();
        assert_eq!(returns.series[0][9..13], [10.0, 0.0, 0.0, 13.0]);
    }

    #[test]
    fn markets_that_close_and_tables_without_a_usual_step_have_no_holes() {
        let weekdays: Vec<i64> = (0..60).filter(|it| (it + 3) % 7 < 5 && *it != 20).collect();
        let uneven: Vec<i64> = (0..40).map(|it| it * (it + 1)).collect();
        for days in [weekdays, uneven, vec![0], vec![0, 9]] {
            assert_eq!(mend(&mut panel(&days), &asked(Missing::Refuse, false)), Ok(None), "{days:?}");
        }
        // Hours from Sunday night to the first two of Saturday, for ten weeks from a Thursday on.
        let open = |hour: &i64| !(50..96).contains(&(hour % 168));
        let mut forex = panel(&[]);
        forex.times = (0..1_680).filter(open).map(|it| Timestamp::from_nanos(it * DAY_NS / 24)).collect();
        forex.series[0] = vec![1.0; forex.times.len()];
        assert_eq!(mend(&mut forex, &asked(Missing::Refuse, false)), Ok(None));
    }

    #[test]
    fn a_market_that_closes_at_weekends_is_not_closed_for_weeks() {
        let weekdays = |without: std::ops::Range<i64>| -> Vec<i64> {
            (0..120).filter(|it| (it + 3) % 7 < 5 && !without.contains(it)).collect()
        };
        // From a Friday to the Friday after, as in September 2001; and to the Friday two weeks after.
        assert_eq!(mend(&mut panel(&weekdays(51..57)), &asked(Missing::Refuse, false)), Ok(None));
        let said = mend(&mut panel(&weekdays(51..64)), &asked(Missing::Refuse, false)).unwrap_err();
        assert!(
            said.contains("9 rows are missing where one is expected every 1 d of Monday to Friday"),
            "{said}"
        );
        let mut filled = panel(&weekdays(51..64));
        mend(&mut filled, &asked(Missing::Carry, false)).unwrap();
        assert_eq!(filled.times, panel(&weekdays(0..0)).times);
    }
}
