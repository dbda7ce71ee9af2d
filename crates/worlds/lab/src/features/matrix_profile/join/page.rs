//! The page of two files: what they share, and what the first has alone.

use super::super::page::{
    COLOURS, DRAWN, Drawn, OTHERS_DRAWN, Overlay, distance_note, distances, sample, time,
};
use super::super::{Question, RADIUS, mean_and_error};
use super::{Answer, Shared};
use scalp_report::Study;
use scalp_report::study::chart::{Chart, Colour};
use scalp_report::study::{Cell, Section};
use std::path::Path;

/// The answer for people.
#[must_use]
pub fn study(paths: [&Path; 2], answer: &Answer, question: &Question) -> Study {
    let times = [&answer.computed[0].times, &answer.computed[1].times];
    let mut study = Study {
        title: format!("What two files share, in windows of {} rows", question.window),
        sample: format!("{}; {}", sample(paths[0], times[0]), sample(paths[1], times[1])),
        ..Study::default()
    };
    for shared in &answer.shared {
        sections(&mut study, shared, times, question);
        charts(&mut study, shared, times, question);
    }
    let base = answer.base.map(|it| it.map_or("unknown".to_owned(), |it| format!("{it:.6}")));
    study.notes.push(distance_note(question.window));
    study.notes.push(format!(
        "Return after: of the price over the {} rows behind each window within {RADIUS} times the distance of the pair from its \
         first window, in either file; after any row it was {} in the first and {} in the second. The pairs were chosen on the \
         same rows: what followed is a description, no forecast.",
        question.horizon, base[0], base[1]
    ));
    study.notes.push(
        "Of each window of the first file the nearest of the second is sought in all of it, at later times too; where both span \
         one time, two series that move together are near for that alone. Swap the files for what the second has alone."
            .into(),
    );
    study.notes.extend(answer.computed.iter().flat_map(|it| it.remarks.sentences()));
    study
}

fn sections(study: &mut Study, shared: &Shared, times: [&Vec<i64>; 2], question: &Question) {
    let at = |side: usize, row: usize| times[side].get(row).map_or_else(String::new, |it| time(*it));
    let item = shared.name.as_str();
    let mut both = Section::about(
        item,
        "shapes of both",
        "number",
        [
            "in the first",
            "in the second",
            "distance",
            "windows of the first",
            "return after",
            "standard error",
            "windows of the second",
            "return after there",
            "its standard error",
        ],
    );
    for (number, (pair, after)) in shared.pairs.iter().enumerate() {
        let mut cells =
            vec![Cell::Text(at(0, pair.first)), Cell::Text(at(1, pair.second)), pair.distance.into()];
        for it in after {
            let (mean, error) = mean_and_error(&it.returns);
            cells.push(it.starts.len().into());
            cells.push(mean.ok_or("no row follows").into());
            cells.push(error.ok_or("one window alone").into());
        }
        both.row(&format!("{}", number + 1), cells);
    }
    let mut alone = Section::about(
        item,
        "of the first alone",
        "number",
        ["from", "to", "distance", "nearest in the second"],
    );
    for (number, it) in shared.alone.iter().enumerate() {
        let nearest = shared.profile.nearest[it.index].map_or_else(String::new, |it| at(1, it.index));
        let ends = at(0, it.index + question.window - 1);
        let cells = vec![at(0, it.index).as_str().into(), ends.as_str().into(), it.distance.into()];
        alone.row(&format!("{}", number + 1), cells.into_iter().chain([Cell::Text(nearest)]).collect());
    }
    study.notes.push(format!(
        "{}: {} runs of windows of the first file lie above {} % of the distances.",
        shared.name,
        shared.anomalies.len(),
        question.percent
    ));
    study.sections.extend([both, alone].into_iter().filter(|it| !it.rows.is_empty()));
}

fn charts(study: &mut Study, shared: &Shared, times: [&Vec<i64>; 2], question: &Question) {
    let (window, name) = (question.window, &shared.name);
    let mut series = [0, 1].map(|side| Drawn::new(name, times[side], &shared.values[side]));
    for ((number, (pair, _)), colour) in shared.pairs.iter().take(DRAWN).enumerate().zip(COLOURS) {
        for (side, start) in [(0, pair.first), (1, pair.second)] {
            series[side].rows(&format!("shape {}", number + 1), colour, start..start + window);
        }
    }
    if let Some(it) = shared.alone.first() {
        series[0].rows("not in the second", Colour::Orange, it.index..it.index + window);
    }
    let [first, second] = series.map(|it| it.plane);
    let note =
        "Where the shapes stand that both have, and the window that is farthest from all of the second file.";
    study.charts.push(Chart::plane(&format!("{name}: the first file"), note, first));
    let note = "Where the same shapes stand here.";
    study.charts.push(Chart::plane(&format!("{name}: the second file"), note, second));
    for (number, (pair, after)) in shared.pairs.iter().take(DRAWN).enumerate() {
        let mut overlay = Overlay::new(window);
        let others = after[1].starts.iter().filter(|it| **it != pair.second);
        for start in others.take(OTHERS_DRAWN) {
            overlay.window(&time(times[1][*start]), Colour::Grey, &shared.values[1], *start);
        }
        let named =
            |side: usize, row: usize| format!("{}: {}", ["first", "second"][side], time(times[side][row]));
        overlay.window(&named(0, pair.first), Colour::Blue, &shared.values[0], pair.first);
        overlay.window(&named(1, pair.second), Colour::Orange, &shared.values[1], pair.second);
        let note =
            "The window of either file brought to mean 0 and deviation 1; in grey others of the second.";
        study.charts.push(Chart::plane(&format!("{name}: shape {}", number + 1), note, overlay.plane));
    }
    let note = "Of each window of the first file, at its start, the distance to the nearest of the second. High: it never occurs there.";
    let distances = distances(&shared.profile.nearest, times[0], question.percent);
    study.charts.push(Chart::plane(&format!("{name}: distance to the second file"), note, distances));
}
