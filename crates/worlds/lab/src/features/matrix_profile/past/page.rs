//! The page of what was known: matches and what they foretold, windows like none before, changes of regime as they showed.

use super::super::page::{DRAWN, Drawn, OTHERS_DRAWN, Overlay, distance_note, ms, sample, time};
use super::super::{EDGE, Question, RADIUS, mean_and_error};
use super::{Answer, Known, Match, Memory};
use scalp_report::Study;
use scalp_report::study::chart::{Axis, Chart, Colour, Plane, Shape, Unit};
use scalp_report::study::{Cell, Section};
use std::path::Path;

/// Matches and lone windows that are told one by one: the last ones, so that no outcome chooses them.
const SHOWN: usize = 25;

/// The answer for people.
#[must_use]
pub fn study(path: &Path, answer: &Answer, question: &Question, memory: &Memory) -> Study {
    let times = &answer.computed.times;
    let mut study = Study {
        title: format!("What was known of windows of {} rows as they ended", question.window),
        sample: sample(path, times),
        ..Study::default()
    };
    for known in &answer.known {
        sections(&mut study, known, times, question, memory);
        charts(&mut study, known, times, question);
    }
    let base = answer.base.map_or("unknown".to_owned(), |it| format!("{it:.6}"));
    study.notes.push(format!(
        "{} Each window meets those before it alone, and is judged by the distances of the last {} windows: nearer than {} % of \
         them is a match, farther than {} % is like none before. Of a run the first is told, with the time of its last row: a \
         candle is known at its end.",
        distance_note(question.window),
        memory.held,
        question.percent,
        question.percent
    ));
    study.notes.push(format!(
        "Foretold: the mean return over {} rows after the earlier windows within {RADIUS} times the distance of the nearest, as \
         far as it was known when the match ended. Came: the return after the match. After any row it was {base}. Costs are \
         in none of it.",
        question.horizon
    ));
    study.notes.extend(answer.later.clone());
    study.notes.extend(answer.computed.remarks.sentences());
    study
}

fn sections(study: &mut Study, known: &Known, times: &[i64], question: &Question, memory: &Memory) {
    let at = |row: usize| Cell::Text(times.get(row).map_or_else(String::new, |it| time(*it)));
    let item = known.name.as_str();
    let end = |start: usize| start + question.window - 1;
    study.sections.push(worth(known));
    let mut matches = Section::about(
        item,
        "matches",
        "number",
        ["known at", "nearest from", "distance", "earlier", "foretold", "standard error", "came"],
    );
    for it in last(&known.matches) {
        let (mean, error) = mean_and_error(&it.before.returns);
        matches.row(
            &format!("{}", matches.rows.len() + 1),
            vec![
                at(end(it.start)),
                at(it.nearest.index),
                it.nearest.distance.into(),
                it.before.starts.len().into(),
                mean.ok_or("nothing had followed").into(),
                error.ok_or("fewer than two").into(),
                it.came.ok_or("not yet").into(),
            ],
        );
    }
    let mut alone = Section::about(item, "like none before", "number", ["known at", "from", "distance"]);
    for start in last(&known.alone) {
        let distance = known.left[*start].map_or(f64::NAN, |it| it.distance);
        let cells = vec![at(end(*start)), at(*start), distance.into()];
        alone.row(&format!("{}", alone.rows.len() + 1), cells);
    }
    let mut changes = Section::about(
        item,
        "changes of regime",
        "number",
        ["known at", "at", "rows later", "arcs of those expected"],
    );
    for it in known.changes.iter().flatten() {
        let cells = vec![at(it.known_at), at(it.at), (it.known_at - it.at).into(), it.arcs.into()];
        changes.row(&format!("{}", changes.rows.len() + 1), cells);
    }
    for (what, all) in [("matches", known.matches.len()), ("windows like none before", known.alone.len())] {
        if all > SHOWN {
            study.notes.push(format!("{}: {all} {what}; the last {SHOWN} are told.", known.name));
        }
    }
    study.notes.push(match &known.changes {
        None => format!(
            "{}: changes of regime need {} rows held, and as many rows.",
            known.name,
            (2 * EDGE + 1) * question.window
        ),
        Some(_) => format!(
            "{}: a change of regime shows when fewer than {} of the arcs that chance would send run over a place, in the last {} \
             rows (FLOSS); {} rows behind it are needed, so it shows late.",
            known.name,
            memory.arcs_below,
            memory.held,
            EDGE * question.window
        ),
    });
    study.sections.extend([matches, alone, changes].into_iter().filter(|it| !it.rows.is_empty()));
}

fn last<T>(all: &[T]) -> &[T] {
    &all[all.len().saturating_sub(SHOWN)..]
}

/// What foretelling was worth.
fn worth(known: &Known) -> Section {
    let mut section = Section::about(&known.name, "foretold and came", "figure", ["value", "standard error"]);
    let n = known.worth.matches as f64;
    let none = || Cell::Undefined("too few matches".into());
    let counted = Cell::Empty;
    section.row("matches whose returns do not overlap", vec![known.worth.matches.into(), counted]);
    let share = known.worth.right as f64 / n;
    let (share, error) =
        if n > 0.0 { (share.into(), (share * (1.0 - share) / n).sqrt().into()) } else { (none(), none()) };
    section.row("sign foretold", vec![share, error]);
    let correlation = known.worth.correlation;
    let error = correlation.filter(|_| n > 2.0).map(|it| ((1.0 - it * it) / (n - 2.0)).sqrt());
    let cells = [correlation, error].map(|it| it.map_or_else(none, Cell::from));
    section.row("correlation of foretold and came", cells.to_vec());
    section
}

fn charts(study: &mut Study, known: &Known, times: &[i64], question: &Question) {
    let (window, name) = (question.window, &known.name);
    let end = |start: usize| start + window - 1;
    let dots = |starts: &mut dyn Iterator<Item = usize>| -> (Vec<f64>, Vec<f64>) {
        let rows = starts.map(end).filter(|row| known.values[*row].is_finite());
        rows.map(|row| (ms(times, row), known.values[row])).unzip()
    };
    let mut series = Drawn::new(name, times, &known.values);
    let (x, y) = dots(&mut known.matches.iter().map(|it| it.start));
    series.plane.layer("a match ended", Colour::Blue, Shape::Dots, x, y);
    let (x, y) = dots(&mut known.alone.iter().copied());
    series.plane.layer("like none before", Colour::Orange, Shape::Dots, x, y);
    for it in known.changes.iter().flatten() {
        series.plane.upright("change shows", ms(times, it.known_at));
    }
    let note = "Each dot stands where it was known.";
    study.charts.push(Chart::plane(&format!("{name}: what was known"), note, series.plane));

    // Numbered as in the table.
    for (number, it) in last(&known.matches).iter().enumerate().rev().take(DRAWN) {
        let overlay = overlay(it, known, times, window);
        let note = "A late match, with the nearest window before it, brought to mean 0 and deviation 1; in grey other earlier ones.";
        study.charts.push(Chart::plane(&format!("{name}: match {}", number + 1), note, overlay));
    }

    let axis = Axis::new("distance to the nearest earlier", Unit::Plain).from_zero();
    let mut distances = Plane::new(Axis::new("", Unit::Time), axis);
    let mut line = |name: &str, colour: Colour, of: &dyn Fn(usize) -> Option<f64>| {
        let known = (0..known.left.len()).filter_map(|at| Some((ms(times, end(at)), of(at)?)));
        let (x, y) = known.unzip();
        distances.layer(name, colour, Shape::Line, x, y);
    };
    line("distance", Colour::Blue, &|at| known.left[at].map(|it| it.distance));
    line("a match below", Colour::Purple, &|at| known.limits[at].map(|it| it[0]));
    line("like none before above", Colour::Gold, &|at| known.limits[at].map(|it| it[1]));
    let note = "At the end of each window, with the limits by which it was judged.";
    study.charts.push(Chart::plane(&format!("{name}: left matrix profile"), note, distances));
}

fn overlay(it: &Match, known: &Known, times: &[i64], window: usize) -> Plane {
    let mut overlay = Overlay::new(window);
    for start in it.before.starts.iter().filter(|at| **at != it.nearest.index).take(OTHERS_DRAWN) {
        overlay.window(&time(times[*start]), Colour::Grey, &known.values, *start);
    }
    for (start, colour) in [(it.nearest.index, Colour::Orange), (it.start, Colour::Blue)] {
        overlay.window(&time(times[start]), colour, &known.values, start);
    }
    overlay.plane
}
