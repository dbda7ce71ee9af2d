//! Returns by calendar: months of a year, days of a week, or hours of a day, by the length of the run.

use crate::data::Series;
use crate::text::{civil, date, escape, number};
use std::fmt::Write as _;

const DAY: i64 = 86_400_000_000_000;
const HOUR: i64 = 3_600_000_000_000;
/// Runs of at least this many days are shown by months.
pub const MONTHS_FROM_DAYS: i64 = 60;
/// Runs of at least this many days, and not by months, are shown by days; shorter ones by hours.
pub const DAYS_FROM_DAYS: i64 = 3;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Month,
    Day,
    Hour,
}

/// A table of returns: a row key, a column, the return of that cell.
struct Calendar {
    by: By,
    rows: Vec<(String, Vec<Option<f64>>, Option<f64>)>,
}

/// The table as HTML with its heading, or a sentence why there is none.
pub fn html(equity: &Series) -> String {
    let Some(calendar) = build(equity) else {
        return "<p class=\"note\">Not enough data for a table of returns (needs two equity values above zero).</p>".into();
    };
    let (name, columns): (_, Vec<String>) = match calendar.by {
        By::Month => ("month", MONTHS.iter().map(|s| (*s).into()).collect()),
        By::Day => ("day", WEEKDAYS.iter().map(|s| (*s).into()).collect()),
        By::Hour => ("hour", (0..24).map(|h| format!("{h:02}")).collect()),
    };
    let (first, total) = match calendar.by {
        By::Month => ("Year", "Year"),
        By::Day => ("Week of", "Week"),
        By::Hour => ("Day", "Day"),
    };
    let largest =
        calendar.rows.iter().flat_map(|r| r.1.iter().flatten()).fold(0.0_f64, |m, v| m.max(v.abs()));
    let mut out = format!(
        "<p class=\"note\">Return by {name} in percent of the equity at its start, UTC. A dot: outside the run.</p>\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Returns by {name}\"><table class=\"calendar\">\
         <thead><tr><th scope=\"col\">{first}</th>"
    );
    for column in &columns {
        let _ = write!(out, "<th scope=\"col\">{column}</th>");
    }
    let _ = write!(out, "<th scope=\"col\">{total}</th></tr></thead><tbody>");
    for (key, cells, sum) in &calendar.rows {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escape(key));
        for cell in cells {
            out.push_str(&cell_html(*cell, largest, ""));
        }
        out.push_str(&cell_html(*sum, f64::INFINITY, " total"));
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

fn cell_html(cell: Option<f64>, largest: f64, class: &str) -> String {
    let Some(value) = cell else { return "<td class=\"o\">\u{b7}</td>".into() };
    let sign = if value > 0.0 {
        "p"
    } else if value < 0.0 {
        "n"
    } else {
        "z"
    };
    let tint = if largest > 0.0 && largest.is_finite() { value.abs() / largest } else { 0.0 };
    let sign = if class.is_empty() { sign } else { "" };
    format!("<td class=\"{sign}{class}\" style=\"--v:{tint:.2}\">{}</td>", number(value * 100.0, 2))
}

fn build(equity: &Series) -> Option<Calendar> {
    let (start, end) = (*equity.at_ns.first()?, *equity.at_ns.last()?);
    if equity.value.len() < 2 || equity.value[0] <= 0.0 {
        return None;
    }
    let days = (end - start) / DAY;
    let by = if days >= MONTHS_FROM_DAYS {
        By::Month
    } else if days >= DAYS_FROM_DAYS {
        By::Day
    } else {
        By::Hour
    };
    let columns = match by {
        By::Month => 12,
        By::Day => 7,
        By::Hour => 24,
    };
    let mut rows: Vec<(i64, Vec<Option<f64>>, f64)> = Vec::new();
    // The first value only opens: a run that starts at midnight has no return on the day before.
    let mut opening = equity.value[0];
    let mut index = 1;
    while index < equity.at_ns.len() {
        let cell = place(equity.at_ns[index], by);
        let mut last = index;
        while last + 1 < equity.at_ns.len() && place(equity.at_ns[last + 1], by) == cell {
            last += 1;
        }
        let closing = equity.value[last];
        if rows.last().is_none_or(|row| row.0 != cell.0) {
            rows.push((cell.0, vec![None; columns], opening));
        }
        if let Some(row) = rows.last_mut() {
            row.1[cell.1] = (opening > 0.0).then(|| closing / opening - 1.0);
        }
        opening = closing;
        index = last + 1;
    }
    let closings: Vec<f64> = rows.iter().skip(1).map(|row| row.2).chain([opening]).collect();
    let rows = rows
        .into_iter()
        .zip(closings)
        .map(|((key, cells, first), last)| {
            let name = if by == By::Month { key.to_string() } else { date(key) };
            (name, cells, (first > 0.0).then(|| last / first - 1.0))
        })
        .collect();
    Some(Calendar { by, rows })
}

/// Row key and column of an instant. A value exactly at the start of a period closes the period before it.
fn place(ns: i64, by: By) -> (i64, usize) {
    let ns = ns.saturating_sub(1);
    match by {
        By::Month => {
            let (year, month, ..) = civil(ns);
            (year, month as usize - 1)
        }
        By::Day => {
            let day = ns.div_euclid(DAY);
            let weekday = (day + 3).rem_euclid(7); // 1970-01-01 was a Thursday
            ((day - weekday) * DAY, weekday as usize)
        }
        By::Hour => (ns.div_euclid(DAY) * DAY, (ns.rem_euclid(DAY) / HOUR) as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn daily(start_day: i64, values: &[f64]) -> Series {
        Series {
            at_ns: (0..values.len() as i64).map(|d| (start_day + d) * DAY).collect(),
            value: values.to_vec(),
        }
    }

    #[test]
    fn months_multiply_to_the_year() {
        let values: Vec<f64> = (0..400).map(|i| 100.0 * 1.001_f64.powi(i)).collect();
        let got = build(&daily(19_000, &values)).unwrap();
        for (_, cells, total) in &got.rows {
            let product: f64 = cells.iter().flatten().map(|r| 1.0 + r).product();
            assert!((product - 1.0 - total.unwrap()).abs() < 1e-12);
        }
        let all: f64 = got.rows.iter().map(|r| 1.0 + r.2.unwrap()).product();
        assert!((all - values[399] / 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_value_at_midnight_closes_the_day_before() {
        // 1970-01-05 was a Monday.
        let got = build(&daily(4, &[100.0, 110.0, 99.0, 99.0, 99.0])).unwrap();
        assert_eq!((got.rows.len(), got.rows[0].0.as_str()), (1, "1970-01-05"));
        assert!((got.rows[0].1[0].unwrap() - 0.1).abs() < 1e-12);
        assert!((got.rows[0].1[1].unwrap() + 0.1).abs() < 1e-12);
    }

    #[test]
    fn short_runs_are_shown_by_hours_and_empty_ones_say_so() {
        let minutes =
            Series { at_ns: (0..180).map(|m| m * 60_000_000_000).collect(), value: vec![100.0; 180] };
        let text = html(&minutes);
        assert!(text.contains("Return by hour") && text.contains("0.00"));
        assert!(html(&Series::default()).contains("Not enough data"));
    }
}
