//! TA-Lib's functions of the relative strength index, made of the index that the catalogue has: of a price that stands still it
//! stays what it was, however long, where the crate's leaves it once its averages are too small to shrink.

use ta_lib::MaStream;

use super::bind::{Bound, average};
use super::extremes::{BLOCK, Bottom, Extremes, Top, WINDOW_MAX};
use super::steps::{Change, ROCP, Strength};
use super::windows::position;
use super::{CORE, FuncId};
use crate::data::Column;
use crate::highest::Channel;
use crate::kernel::{Exhausted, Kernel, SILENT, Step, Stepped, seated, state};
use crate::spec::Built;
use crate::talib::Lent;
use crate::window::{Average, Sum, Window};

type Answer = Result<Built, (usize, String)>;

/// The index of a price that never moved, where the crate's own says half of all. (In `STOCHRSI` it is 0, as in the C library.)
const UNMOVED: f64 = 50.0;

/// The index after `x`, once it speaks.
fn told(index: &mut Strength, x: f64) -> Option<f64> {
    let mut said = [SILENT];
    index.step([x], &mut said);
    let [said] = said;
    (!said.is_nan()).then_some(if index.is_unmoved() { UNMOVED } else { said })
}

/// `STOCHRSI`: where the index lies among its last ones, and the average of that, of any kind: the crate's.
#[derive(Clone)]
struct PlacedIndex {
    index: Strength,
    channel: Channel,
    average: Bound<MaStream>,
    parameters: [f64; 4],
    lookback: usize,
}

pub(super) fn placed_index(p: &[f64]) -> Answer {
    let &[period, n, smooth, kind] = p else { return Err((0, "four values".to_owned())) };
    // What is refused is the average, whose parameters are the last two.
    let line =
        Bound::new::<1>(FuncId::MA, &[smooth, kind]).map_err(|(place, expected)| (2 + place, expected))?;
    let lookback = (period + n) as usize - 1 + line.lookback();
    let kernel = PlacedIndex {
        index: Strength::new(&[period]),
        channel: Channel::new(n as usize),
        average: line,
        parameters: [period, n, smooth, kind],
        lookback,
    };
    Ok((seated::<_, 1, 2>(kernel), vec![lookback; 2]))
}

impl PlacedIndex {
    /// The index after a row, and what it says.
    fn next(&self, row: [f64; 1]) -> (Strength, f64) {
        let (mut index, mut said) = (self.index.clone(), [SILENT]);
        index.step(row, &mut said);
        (index, said[0])
    }

    /// Its place, once there are as many as are looked at.
    fn place(&self, said: f64) -> Option<f64> {
        let is_placed = !said.is_nan() && self.channel.is_next_full();
        is_placed.then(|| position(self.channel.edges(said, said), said))
    }

    /// Both outputs, from the last of the lookback on; false where the index does not speak everywhere.
    fn walk(&self, x: &[f64], line: &mut [f64], smoothed: &mut [f64]) -> Result<bool, Exhausted> {
        let [period, n, smooth, kind] = self.parameters;
        let (first, n) = (period as usize, n as usize);
        let mut index = self.index.clone();
        let mut indices = vec![SILENT; x.len()];
        for (x, to) in x.iter().zip(&mut indices) {
            *to = index.warm::<false>([*x]).map_or_else(
                || {
                    let mut said = [SILENT];
                    index.step([*x], &mut said);
                    said[0]
                },
                |said| said[0],
            );
        }
        let indices = &indices[first..];
        if indices.iter().any(|it| it.is_nan()) {
            return Ok(false);
        }
        let mut places = vec![0.0; indices.len() + 1 - n];
        places_among(n, indices, &mut places);
        line.copy_from_slice(&places[places.len() - line.len()..]);
        let kind = average(kind).map_err(|_| Exhausted)?;
        let walked = CORE.ma(0, places.len() - 1, &places, smooth as i32, kind, smoothed);
        walked.map(|_| true).map_err(|_| Exhausted)
    }
}

/// Where each value lies among the last `n`, from the first that has so many.
fn places_among(n: usize, values: &[f64], places: &mut [f64]) {
    if n > WINDOW_MAX {
        let mut channel = Channel::new(n);
        let edges = values.iter().map(|it| channel.push(*it, *it)).skip(n - 1);
        for ((to, edges), now) in places.iter_mut().zip(edges).zip(&values[n - 1..]) {
            *to = edges.map_or(SILENT, |it| position(it, *now));
        }
        return;
    }
    let (mut tops, mut bottoms) = (Extremes::new(n), Extremes::new(n));
    for (k, to) in places.chunks_mut(BLOCK).enumerate() {
        let window = &values[k * BLOCK..k * BLOCK + to.len() + n - 1];
        let edges = tops.of::<Top>(window).iter().zip(bottoms.of::<Bottom>(window));
        for ((to, (top, bottom)), now) in to.iter_mut().zip(edges).zip(&window[n - 1..]) {
            *to = position((*top, *bottom), *now);
        }
    }
}

impl Kernel<1, 2> for PlacedIndex {
    fn push(&mut self, row: [f64; 1], out: &mut [f64; 2]) -> Result<(), Exhausted> {
        *out = [SILENT; 2];
        let (index, said) = self.next(row);
        let place = self.place(said);
        if let Some(place) = place {
            let mut smoothed = [SILENT];
            self.average.push([place], &mut smoothed)?;
            if !smoothed[0].is_nan() {
                *out = [place, smoothed[0]];
            }
        }
        if !said.is_nan() {
            self.channel.push(said, said);
        }
        self.index = index;
        Ok(())
    }

    fn peek(&mut self, row: [f64; 1], out: &mut [f64; 2]) -> Result<(), Exhausted> {
        *out = [SILENT; 2];
        let (_, said) = self.next(row);
        if let Some(place) = self.place(said) {
            let mut smoothed = [SILENT];
            self.average.peek([place], &mut smoothed)?;
            if !smoothed[0].is_nan() {
                *out = [place, smoothed[0]];
            }
        }
        Ok(())
    }

    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        _: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        let (&[x], [line, smoothed]) = (inputs, out) else { return Err(Exhausted) };
        let len = rows - self.lookback;
        let (line, smoothed) = (line.values.real(len), smoothed.values.real(len));
        if self.walk(&x[..rows], line, smoothed)? {
            return Ok(());
        }
        for (row, x) in x[..rows].iter().enumerate() {
            let mut said = [SILENT; 2];
            self.push([*x], &mut said)?;
            if let Some(place) = row.checked_sub(self.lookback) {
                [line[place], smoothed[place]] = said;
            }
        }
        Ok(())
    }
}

state! {
    /// `CRSI` (Connors, "An Introduction to ConnorsRSI", 2012): the mean of an index of the price, of one of the length of its run,
    /// and of the rank of its change among those before.
    struct Connors {
        index: Strength,
        runs: Strength,
        change: Change<ROCP>,
        changes: Window,
        before: f64,
        run: f64,
    }
}

impl Step<1, 1> for Connors {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let index = told(&mut self.index, x);
        let mut change = [SILENT];
        self.change.step([x], &mut change);
        let before = std::mem::replace(&mut self.before, x);
        if before.is_nan() {
            return;
        }
        self.run = if x > before {
            self.run.max(0.0) + 1.0
        } else if x < before {
            self.run.min(0.0) - 1.0
        } else {
            0.0
        };
        let runs = told(&mut self.runs, self.run);
        self.changes.push(change[0]);
        if let (Some(index), Some(runs), Some(changes)) = (index, runs, self.changes.full()) {
            let n = changes.len() - 1;
            let now = changes[n];
            let below = changes.iter().fold(0_u32, |count, it| count + u32::from(*it < now));
            out[0] = (index + runs + f64::from(below) / n as f64 * 100.0) / 3.0;
        }
    }
}

pub(super) fn connors(p: &[f64]) -> Answer {
    let &[period, streak, rank] = p else { return Err((0, "three values".to_owned())) };
    let state = Connors {
        index: Strength::new(&[period]),
        runs: Strength::new(&[streak]),
        change: Change::new(&[1.0]),
        changes: Window::new(rank as usize + 1),
        before: SILENT,
        run: 0.0,
    };
    let lookback = period.max(streak + 1.0).max(rank + 1.0) as usize;
    Ok((seated(Stepped::new(state, [lookback])), vec![lookback]))
}

state! {
    /// `DOSC` (Brown, "Technical Analysis for the Trading Professional", 1999): the index smoothed twice, less its own mean.
    struct Derivative { index: Strength, first: Average, second: Average, mean: Sum }
}

impl Step<1, 1> for Derivative {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let index = told(&mut self.index, x);
        let smooth = index.and_then(|it| self.first.push(it)).and_then(|it| self.second.push(it));
        if let Some((smooth, mean)) = smooth.and_then(|it| Some((it, self.mean.mean(it)?))) {
            out[0] = smooth - mean;
        }
    }
}

pub(super) fn derivative(p: &[f64]) -> Answer {
    let &[period, first, second, signal] = p else { return Err((0, "four values".to_owned())) };
    let state = Derivative {
        index: Strength::new(&[period]),
        first: Average::exponential(first as usize),
        second: Average::exponential(second as usize),
        mean: Sum::new(signal as usize),
    };
    let lookback = (period + first + second + signal) as usize - 3;
    Ok((seated(Stepped::new(state, [lookback])), vec![lookback]))
}
