//! Two files: shapes that both have and what followed them in each, and windows of the first whose shape the second never has.

mod page;

pub use page::study;

use super::{Followed, Question, RADIUS, alike, base, items, nearest_columns, pairs, refused, walked};
use crate::features::PageError;
use crate::features::compute::{Asked, Computed};
use crate::features::table::Table as Rows;
use scalp_indicators::profile::{Anomaly, Discord, Error, Join, Motif, Profile, anomalies, discords};
use std::path::Path;

/// One item of two files, and what it tells.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The item.
    pub name: String,
    /// Its values in the first file and in the second.
    pub values: [Vec<f64>; 2],
    /// Of each window of the first file the nearest of the second.
    pub profile: Profile,
    /// Shapes that both have, the nearest first: a window of the first file, one of the second, and what followed the
    /// windows of each file that look like the first of the two.
    pub pairs: Vec<(Motif, [Followed; 2])>,
    /// Windows of the first file that are like none of the second, the farthest first.
    pub alone: Vec<Discord>,
    /// Runs of unusual windows of the first file, in order.
    pub anomalies: Vec<Anomaly>,
}

/// What is known of the shapes of two files.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The items of both, computed.
    pub computed: [Computed; 2],
    /// The join of each.
    pub shared: Vec<Shared>,
    /// The mean return over the horizon after any row of each file.
    pub base: [Option<f64>; 2],
}

/// Computes the items of both files, each as it is asked for, and joins them. The second file is looked at as a whole, whenever
/// it was.
pub fn answer(files: [(&Path, &Rows, &Asked); 2], question: &Question) -> Result<Answer, PageError> {
    let made = |(path, table, asked): (&Path, &Rows, &Asked)| items(path, table, &question.list, asked);
    let [(first_prices, first), (second_prices, second)] = [made(files[0])?, made(files[1])?];
    let prices = [first_prices, second_prices];
    let mut shared = Vec::new();
    for (name, values) in &first.columns {
        // Left out of the second file, it was named there.
        let Some((_, others)) = second.columns.iter().find(|it| it.0 == *name) else { continue };
        shared.push(of(name, [values, others], &prices, question).map_err(|why| refused(name, &why))?);
    }
    if shared.is_empty() {
        return Err(PageError::Asked("expected an item that both files have, got none".into()));
    }
    let base = [base(&prices[0], question.horizon), base(&prices[1], question.horizon)];
    Ok(Answer { computed: [first, second], shared, base })
}

fn of(name: &str, values: [&[f64]; 2], prices: &[Vec<f64>; 2], question: &Question) -> Result<Shared, Error> {
    let window = question.window;
    let profile = walked(&Join::between(values[0], values[1], window)?, &question.asked)?;
    let told = |it: &Motif| {
        let query = &values[0][it.first..it.first + window];
        let of = |side: usize, seed: usize| {
            let starts = alike(query, values[side], RADIUS * it.distance, &[seed])?;
            Ok(Followed::after(starts, &prices[side], question))
        };
        Ok([of(0, it.first)?, of(1, it.second)?])
    };
    Ok(Shared {
        name: name.to_owned(),
        values: values.map(<[f64]>::to_vec),
        pairs: pairs(&profile, question.motifs, told)?,
        alone: discords(&profile, question.discords),
        anomalies: anomalies(&profile, question.percent, question.context)?,
        profile,
    })
}

/// The columns of the join: of each window of the first file the distance to its nearest of the second, and the row there where
/// that starts, counted from 0.
#[must_use]
pub fn columns(answer: &Answer) -> Computed {
    let of = answer.shared.iter().map(|it| (it.name.as_str(), it.profile.nearest.as_slice()));
    nearest_columns(&answer.computed[0], of)
}
