//! How long the candles of a table are, by their times alone, and so when each was known. A candle is never longer than the step
//! to the next one; where steps are longer than most, times do not tell gaps from longer candles.

pub(crate) mod settle;

use crate::detect::span_in_name;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// Longer steps in a row are taken for gaps where gaps would look so in more than such a part of tables: steps of a length whose
/// candles begin as these do, and any other.
const CHANCE_MAX: f64 = 0.05;
const ODD_CHANCE_MAX: f64 = 0.001;
const DAY: i64 = 86_400_000_000_000;
/// Clocks of the world are apart by multiples of this: longer candles begin at multiples of it in all of them.
const QUARTER: i64 = 900_000_000_000;
/// The shortest month, and which part of steps that long is as even as months are: 28 to 31 days of all up to twice as many.
const MONTH: i64 = 28 * DAY;
const EVEN_PART: f64 = 1.0 / 15.0;
/// Of so many and more chance is told from what is more common.
const MANY: usize = 20;
/// So many rows before and behind show how often gaps come there.
const NEAR: usize = 32;
/// By so many standard deviations another step may be more common than the least.
const DEVIATIONS_MAX: f64 = 4.0;
/// Most that the share of even ones among longer steps says of the next.
const EVEN_MAX: f64 = 0.95;

/// The length of candles and when each was known.
#[derive(Debug)]
pub struct Lengths {
    /// The length of all, or of all but those in doubt.
    pub span: Option<i64>,
    /// When each was known, rising.
    pub close_at: Vec<i64>,
    /// The stretches that may be of longer candles. Each candle of them is known when the next one starts, and the last of a file
    /// as long after its start as the longest of its stretch took.
    pub doubts: Vec<Doubt>,
    /// Tables of one candle among others, which says nothing of its length.
    pub alone: Vec<usize>,
}

/// Candles that may be longer than most.
#[derive(Debug)]
pub struct Doubt {
    /// Where they are.
    pub rows: Range<usize>,
    /// The length that the first of them may have.
    pub length: i64,
    /// The chance that gaps would look so.
    chance: f64,
    /// Whether candles are made of such a length: it divides a day, or is one of days or months.
    is_usual: bool,
}

/// A table among others: its first row, and the length that its name says, nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The first row.
    pub from: usize,
    /// What the name says.
    pub said: Option<i64>,
}

impl Part {
    /// The table of a file, whose name may say the length of its candles. None of months, which have no one length.
    #[must_use]
    pub fn of(from: usize, path: &Path) -> Part {
        let length = span_in_name(path).filter(|it| !it.ends_with("mo"));
        let seconds = length.and_then(|it| i64::try_from(settle::seconds(&it)?).ok()).filter(|it| *it > 0);
        Part { from, said: seconds.and_then(|it| it.checked_mul(1_000_000_000)) }
    }
}

impl Lengths {
    /// Of one table whose times rise, of which nothing else is known.
    pub fn of(times: &[i64]) -> Lengths {
        Lengths::of_parts(times, &[Part { from: 0, said: None }])
    }

    /// Of one file of candles whose times rise. The length that its name says is believed as `scalp data import` believes it.
    pub fn of_file(path: &Path, times: &[i64]) -> Lengths {
        Lengths::of_parts(times, &[Part::of(0, path)])
    }

    /// Of tables one behind the other: each may be of its own length.
    pub fn of_parts(times: &[i64], parts: &[Part]) -> Lengths {
        let rows = |at: usize| parts[at].from..parts.get(at + 1).map_or(times.len(), |it| it.from);
        let believed: Vec<Option<i64>> = (0..parts.len())
            .map(|at| parts[at].said.filter(|said| settle::against(&times[rows(at)], *said).is_none()))
            .collect();
        let of_all =
            believed.first().copied().flatten().filter(|one| believed.iter().all(|it| *it == Some(*one)));
        let span = of_all.or_else(|| span(times));
        let mut lengths =
            Lengths { span, close_at: ends(times, span), doubts: Vec::new(), alone: Vec::new() };
        for (at, said) in believed.iter().enumerate() {
            let rows = rows(at);
            match (said, span) {
                (Some(said), _) => {
                    for row in rows {
                        let end = times[row].saturating_add(*said);
                        lengths.close_at[row] = times.get(row + 1).map_or(end, |next| end.min(*next));
                    }
                }
                (None, Some(_)) if rows.len() == 1 && parts.len() > 1 => lengths.alone.push(rows.start),
                (None, Some(least)) => lengths.look(times, least, rows),
                (None, None) => {}
            }
        }
        let Some(least) = span else { return lengths };
        for Doubt { rows, .. } in &lengths.doubts {
            let longest = rows.clone().filter_map(|row| Some(times.get(row + 1)? - times[row])).max();
            for row in rows.clone() {
                let end = times[row].saturating_add(longest.unwrap_or(least));
                // Another file may begin before so much is over.
                lengths.close_at[row] = times.get(row + 1).map_or(end, |next| end.min(*next));
            }
        }
        lengths
    }

    /// The first candle that is of another length than most, by all likelihood, and that length.
    fn another(times: &[i64]) -> Option<(usize, i64)> {
        let mut lengths = Lengths::of(times);
        if lengths.span.is_none() {
            // They have no length throughout: some begin off the grid, or there are two lengths.
            let most = commonest(times)?;
            lengths.look(times, most, 0..times.len());
            if let Some(found) = in_a_row(times, most) {
                return Some(found);
            }
        }
        let shorter = lengths.span.is_none().then(|| months_of_days(times)).flatten();
        if shorter.is_some() {
            return shorter;
        }
        let surest = lengths.doubts.iter().find(|it| it.is_usual && it.chance < ODD_CHANCE_MAX);
        surest.map(|it| (it.rows.start, it.length))
    }

    /// Finds what is in doubt of one part: rows in a row of which each is followed by a longer step than the least, all alike.
    fn look(&mut self, times: &[i64], least: i64, part: Range<usize>) {
        let gaps = Gaps::of(times, least);
        let step = |row: usize| times[row + 1] - times[row];
        let last = part.end.saturating_sub(1);
        let mut row = part.start;
        while row < last {
            if step(row) == least {
                row += 1;
                continue;
            }
            let (begin, mut kind) = (row, Alike::of(step(row)));
            row += 1;
            while row < last
                && step(row) != least
                && let Some(wider) = kind.with(step(row))
            {
                (kind, row) = (wider, row + 1);
            }
            let stretch = Stretch { rows: begin..row, kind, begins: begin == part.start, ends: row == last };
            if let Some(chance) = stretch.chance_of_gaps(times, &gaps) {
                // The last row of a part has the length of those before it, another one is followed by another step.
                let rows = begin..row + usize::from(stretch.ends);
                self.doubts.push(Doubt { rows, length: step(begin), chance, is_usual: kind.is_usual() });
            }
        }
    }
}

/// How the steps of a table lie that are longer than the least.
struct Gaps {
    least: i64,
    /// All steps, those that are longer, those that are longer and come behind a longer one, and the even multiples of the least.
    all: usize,
    longer: usize,
    behind: usize,
    even: usize,
}

impl Gaps {
    fn of(times: &[i64], least: i64) -> Gaps {
        let steps: Vec<i64> = times.windows(2).map(|it| it[1] - it[0]).collect();
        Gaps {
            least,
            all: steps.len(),
            longer: steps.iter().filter(|it| **it != least).count(),
            behind: steps.windows(2).filter(|it| it.iter().all(|it| *it != least)).count(),
            even: steps.iter().filter(|it| *it % (2 * least) == 0).count(),
        }
    }
}

/// Steps that candles of one length may make, with gaps between them: all multiples of the shortest, or as even as months are.
#[derive(Clone, Copy)]
struct Alike {
    shortest: i64,
    longest: i64,
    divisor: i64,
}

impl Alike {
    const fn of(step: i64) -> Alike {
        Alike { shortest: step, longest: step, divisor: step }
    }

    /// With another step; `None` where that is not like these.
    fn with(self, step: i64) -> Option<Alike> {
        let (mut divisor, mut rest) = (self.divisor, step);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        let all = Alike { shortest: self.shortest.min(step), longest: self.longest.max(step), divisor };
        (all.are_multiples() || all.are_months()).then_some(all)
    }

    const fn are_multiples(&self) -> bool {
        self.divisor == self.shortest
    }

    const fn is_usual(&self) -> bool {
        DAY % self.shortest == 0 || self.shortest % DAY == 0
    }

    const fn are_months(&self) -> bool {
        self.shortest >= MONTH && self.longest / 31 <= self.shortest / 28
    }
}

/// Rows none of which is followed by the least step, and whose steps are alike.
struct Stretch {
    rows: Range<usize>,
    kind: Alike,
    /// Whether the file begins or ends with them.
    begins: bool,
    ends: bool,
}

impl Stretch {
    /// The chance that these rows are followed by gaps, if it is so small that they may be longer candles: that so many longer
    /// steps come in a row, by how they do elsewhere in the file, as gaps lie together in quiet hours; and that gaps, which
    /// have any length, are alike as these are.
    fn chance_of_gaps(&self, times: &[i64], gaps: &Gaps) -> Option<f64> {
        let Stretch { rows, kind, begins, ends } = self;
        let (is_inside, length, count) = (!begins && !ends, kind.shortest, rows.len());
        // A single one inside is a gap, and a step shorter than most says nothing of longer candles.
        if length < gaps.least || (is_inside && count < 2) {
            return None;
        }
        // A part of longer steps alone has its own length.
        if *begins && *ends {
            return Some(0.0);
        }
        let further = i32::try_from(count - 1).unwrap_or(i32::MAX);
        // Elsewhere, one more than was seen, so that what was never seen is not impossible. Where a file begins or ends is no chance.
        let (longer, behind) = (gaps.longer - count, gaps.behind.saturating_sub(count - 1));
        let share = (longer + 1) as f64 / (gaps.all - count + 1) as f64;
        // As often as behind another, or as near these rows.
        let near: Vec<usize> = (rows.start.saturating_sub(NEAR)..rows.start)
            .chain(rows.end..(rows.end + NEAR).min(gaps.all))
            .collect();
        let longer_near = near.iter().filter(|row| times[**row + 1] - times[**row] != gaps.least).count();
        let next = ((behind + 1) as f64 / (longer + 2) as f64)
            .max((longer_near + 1) as f64 / (near.len() + 2) as f64)
            .min(1.0);
        let places = if is_inside { gaps.all as f64 } else { 1.0 };
        let in_a_row = places * share * next.powi(further);
        let times_least = length / gaps.least;
        let is_multiple = if times_least == 2 {
            ((gaps.even.saturating_sub(count) + 1) as f64 / (longer + 2) as f64).clamp(0.5, EVEN_MAX)
        } else {
            1.0 / times_least as f64
        };
        // Candles of a length that divides a day, or of days, begin at multiples of it.
        let whole = length.min(QUARTER);
        let begin_whole =
            kind.is_usual() && kind.are_multiples() && rows.clone().all(|row| times[row] % whole == 0);
        let (chance, chance_max) = if kind.are_months() {
            (in_a_row * EVEN_PART.powi(further.saturating_add(1)), CHANCE_MAX)
        } else if begin_whole {
            let of_start = gaps.least as f64 / whole.max(gaps.least) as f64;
            (in_a_row * is_multiple.powi(further) * of_start, CHANCE_MAX)
        } else if count > 1 + usize::from(is_inside) {
            // Two gaps side by side are seen now and then.
            (in_a_row * is_multiple.powi(further), ODD_CHANCE_MAX)
        } else {
            return None;
        };
        (chance < chance_max).then_some(chance)
    }
}

/// When each candle is known: its length after its start where all are of one length, else (calendar months) when the next
/// one starts, and the last as long after its start as the longest took.
#[must_use]
pub fn ends(open_at: &[i64], span: Option<i64>) -> Vec<i64> {
    if let Some(span) = span {
        return open_at.iter().map(|it| it.saturating_add(span)).collect();
    }
    let longest = open_at.windows(2).map(|it| it[1] - it[0]).max().unwrap_or(1);
    let last = open_at.last().map(|it| it.saturating_add(longest));
    open_at.iter().skip(1).copied().chain(last).collect()
}

/// The smallest distance of two rows, if all are multiples of it, none is more common but for chance, and none comes so often in a
/// row that it is no gap but the length of other candles. A row too many among hours, or hours before minutes, would else make
/// minutes of them all, and each be known long before its end.
fn span(times: &[i64]) -> Option<i64> {
    let steps = times.windows(2).map(|it| it[1].saturating_sub(it[0]));
    let least = steps.clone().min().filter(|it| *it > 0)?;
    // How often each step comes, and how often in a row at most.
    let mut counts: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    let (mut last, mut in_a_row) = (least, 0);
    for step in steps {
        if step % least != 0 {
            return None;
        }
        in_a_row = if step == last { in_a_row + 1 } else { 1 };
        last = step;
        let (count, longest) = counts.entry(step).or_default();
        (*count, *longest) = (*count + 1, in_a_row.max(*longest));
    }
    let all = times.len() - 1;
    let (of_least, _) = counts.remove(&least)?;
    // Where hardly one candle in ten is there, two seconds are as common as one.
    let by_chance = if of_least < MANY { 0.0 } else { DEVIATIONS_MAX };
    let is_rarer = |count: usize| count as f64 <= of_least as f64 + by_chance * (count as f64).sqrt();
    let are_gaps = counts.iter().all(|(step, &(count, longest))| {
        is_rarer(count) && !is_a_length([*step, least], count, longest, all)
    });
    are_gaps.then_some(least)
}

/// The first of calendar months that is shorter than the commonest: they are of no one number of days.
fn months_of_days(times: &[i64]) -> Option<(usize, i64)> {
    let most = commonest(times).filter(|it| *it >= MONTH)?;
    let step = |row: usize| times[row + 1] - times[row];
    (0..times.len().saturating_sub(1)).map(|row| (row, step(row))).find(|it| it.1 < most)
}

/// Where a step other than the commonest comes so often in a row that it is the length of other candles, and that length.
fn in_a_row(times: &[i64], most: i64) -> Option<(usize, i64)> {
    let steps: Vec<i64> = times.windows(2).map(|it| it[1] - it[0]).collect();
    let mut row = 0;
    for stretch in steps.chunk_by(|a, b| a == b) {
        let (step, count) = (stretch[0], steps.iter().filter(|it| **it == stretch[0]).count());
        if step != most && stretch.len() > 2 && is_a_length([step, most], count, stretch.len(), steps.len()) {
            return Some((row, step));
        }
        row += stretch.len();
    }
    None
}

/// Whether a step that is `count` of `all` comes `longest` times in a row where gaps would do so in less than one of a million
/// files: all * share^longest, the expected number of such runs. Where hardly a candle is there its share is larger, but one in so
/// many gaps has this length at most.
fn is_a_length([step, usual]: [i64; 2], count: usize, longest: usize, all: usize) -> bool {
    let of_gaps = if step > usual { usual as f64 / step as f64 } else { 0.0 };
    let share = (count as f64 / all as f64).max(of_gaps);
    longest > 2 && all as f64 * share.powi(i32::try_from(longest).unwrap_or(i32::MAX)) < 1e-6
}

/// The step between two times that is most common, of equally common ones the shortest.
#[must_use]
pub fn commonest(times: &[i64]) -> Option<i64> {
    let mut counts = BTreeMap::new();
    for pair in times.windows(2).filter(|it| it[1] > it[0]) {
        *counts.entry(pair[1] - pair[0]).or_insert(0_usize) += 1;
    }
    counts.iter().max_by_key(|it| (*it.1, Reverse(*it.0))).map(|it| *it.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    const SECOND: i64 = 1_000_000_000;

    /// Candles of recorded coins that trade seldom, where those without a trade are left out.
    #[test]
    fn quiet_hours_are_no_longer_candles() {
        let folder =
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/trades-20251010"));
        let (mut tapes, mut in_doubt) = (0, 0);
        for file in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            let name = file.display().to_string();
            if !name.ends_with(".csv.zst") {
                continue;
            }
            let mut source = Source::open(&file).unwrap();
            assert!(source.next_line().unwrap().unwrap().text.starts_with(b"exchange,symbol,timestamp,"));
            let mut trades = Vec::new();
            while let Some(line) = source.next_line().unwrap() {
                let time = line.text.split(|it| *it == b',').nth(2).unwrap();
                trades.push(std::str::from_utf8(time).unwrap().parse::<i64>().unwrap() * 1_000);
            }
            trades.sort_unstable();
            for seconds in [1, 5, 10, 15, 30, 60, 300, 900] {
                let mut times: Vec<i64> =
                    trades.iter().map(|it| it - it.rem_euclid(seconds * SECOND)).collect();
                times.dedup();
                let lengths = Lengths::of(&times);
                assert_eq!(lengths.span, Some(seconds * SECOND), "{name}");
                assert_eq!(Lengths::another(&times), None, "{name} in {seconds} s");
                in_doubt += usize::from(!lengths.doubts.is_empty());
            }
            tapes += 1;
        }
        assert_eq!(tapes, 20);
        assert!(in_doubt <= 8, "{in_doubt} of 160, where one in twenty may be");
    }

    #[test]
    fn a_name_that_is_believed_leaves_no_doubt() {
        let minutes = |it: i64| it * 60 * SECOND;
        // Minutes, and three of five minutes: gaps, if the name says so.
        let times: Vec<i64> = (0..500).chain((0..3).map(|it| 500 + it * 5)).map(minutes).collect();
        let (named, unnamed) = (Lengths::of_file(Path::new("X-1m.csv"), &times), Lengths::of(&times));
        assert_eq!(named.close_at, ends(&times, Some(minutes(1))));
        assert_eq!((named.doubts.len(), unnamed.doubts.len()), (0, 1));
        assert_eq!(unnamed.close_at[501], minutes(510));
        // Not where candles of it would overlap.
        let wrong = Lengths::of_file(Path::new("X-1h.csv"), &times);
        assert_eq!((wrong.span, wrong.close_at), (unnamed.span, unnamed.close_at));
        // Each file of several by its own name.
        let parts = [Part::of(0, Path::new("a-1m.csv")), Part::of(500, Path::new("b-5m.csv"))];
        let both = Lengths::of_parts(&times, &parts);
        assert!(both.doubts.is_empty());
        assert_eq!([both.close_at[499], both.close_at[500]], [minutes(500), minutes(505)]);
    }
}
