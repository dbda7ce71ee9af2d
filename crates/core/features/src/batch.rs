//! Whole columns over bars that are all there: each node of a schema once over its column, instead of all nodes at each bar.
//! The numbers are those of the [`crate::Pipeline`] to the last bit. Knows no threads: what is asked for can be asked of many.
//!
//! What steps with the bars, or with bars of one longer length, is computed here. Items that join several lengths, and ages,
//! are not: [`Batch::is_streamed`] says which values a pipeline has to compute.

mod kernel;
mod lanes;
mod logarithm;
mod order;
mod running;

use crate::entry::Moment;
use crate::plan::{BAR, Node, TIME, Work};
use crate::schema::Schema;
use crate::window::ABSENT;
use kernel::Input;
use order::Ranks;
use scalp_indicators::patterns::Bar;
use scalp_indicators::shape::Shape;
use scalp_indicators::{Column, Frame, Indicator, Schema as Columns, Values};
use std::sync::OnceLock;

pub use lanes::{BarColumns, Lanes};

/// Memory that is used again from one node to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    columns: Vec<Column>,
    /// Over the bars of a longer lane.
    longer: Vec<Vec<f64>>,
}

/// Computes the columns of a schema.
#[derive(Debug)]
pub struct Batch<'a> {
    schema: &'a Schema,
    lanes: &'a Lanes<'a>,
    frames: Vec<OnceLock<Frame<'a>>>,
    /// For each node the stream that it steps with; none if a pipeline has to compute it.
    steps: Vec<Option<usize>>,
    /// What a node says before it has stepped.
    before: Vec<f64>,
    /// For each slot the node that writes it.
    writer: Vec<Option<usize>>,
    /// For each slot the first row from which on every value is there, once somebody asked; none where there are gaps.
    whole: Vec<OnceLock<Option<usize>>>,
    /// For each slot the order of its values, once somebody asked; none where it does not tell.
    ranks: Vec<OnceLock<Option<Ranks>>>,
    /// The columns of the nodes that others read.
    kept: Vec<Option<Vec<Vec<f64>>>>,
    stages: Vec<Vec<usize>>,
}

impl<'a> Batch<'a> {
    /// Of a schema whose bars are `lanes`.
    #[must_use]
    pub fn new(schema: &'a Schema, lanes: &'a Lanes<'a>) -> Batch<'a> {
        let mut writer = vec![None; schema.slots];
        for (at, node) in schema.nodes.iter().enumerate() {
            writer[node.slot..node.slot + node.width].fill(Some(at));
        }
        let kept = vec![None; schema.nodes.len()];
        let mut batch = Batch {
            schema,
            lanes,
            frames: vec![OnceLock::new(); schema.streams.len()],
            steps: Vec::new(),
            before: Vec::new(),
            writer,
            whole: vec![OnceLock::new(); schema.slots],
            ranks: vec![OnceLock::new(); schema.slots],
            kept,
            stages: vec![],
        };
        let mut depth: Vec<usize> = Vec::new();
        for node in &schema.nodes {
            let step = batch.step_of(node);
            batch.steps.push(step);
            let before = match &node.work {
                Work::Point(point, by) => {
                    let of =
                        |at: usize| node.inputs.get(at).map_or(ABSENT, |&it| batch.before_of(it as usize));
                    point.of(of(0), of(1), *by)
                }
                _ => ABSENT,
            };
            batch.before.push(before);
            let inner = node.inputs.iter().filter_map(|&it| batch.writer[it as usize]);
            depth.push(inner.map(|it| depth[it] + 1).max().unwrap_or(0));
        }
        // Only what a node that is computed here reads has to be kept.
        let mut is_read = vec![false; schema.nodes.len()];
        for (_, node) in schema.nodes.iter().enumerate().filter(|it| batch.steps[it.0].is_some()) {
            node.inputs.iter().filter_map(|&it| batch.writer[it as usize]).for_each(|it| is_read[it] = true);
        }
        for (at, &depth) in depth.iter().enumerate().filter(|it| is_read[it.0]) {
            batch.stages.resize(batch.stages.len().max(depth + 1), Vec::new());
            batch.stages[depth].push(at);
        }
        batch
    }

    fn before_of(&self, slot: usize) -> f64 {
        self.writer[slot].map_or(ABSENT, |it| self.before[it])
    }

    /// The stream that holds `slot`, if it is of bars.
    fn stream_at(&self, slot: usize) -> Option<usize> {
        let mut streams = self.schema.streams.iter();
        let at = streams.position(|it| (it.slot..it.slot + it.columns.width()).contains(&slot))?;
        self.lanes.lanes[at].as_ref().map(|_| at)
    }

    fn steps_with(&self, slot: usize) -> Option<usize> {
        match self.writer[slot] {
            Some(node) => self.steps[node],
            None => self.stream_at(slot),
        }
    }

    fn step_of(&self, node: &Node) -> Option<usize> {
        let clock = if node.clock & !(BAR | TIME) == 0 { BAR } else { node.clock };
        let lane = self.lanes.lanes.iter().position(|it| it.as_ref().is_some_and(|it| it.clock == clock))?;
        let mut inputs = node.inputs.iter().map(|&it| self.steps_with(it as usize));
        let is_here = match &node.work {
            Work::Age | Work::Side(..) | Work::Measure(..) | Work::Joint(_) => false,
            // Reads what any lane shows at a bar.
            Work::OnBar => inputs.all(|it| it.is_some()),
            _ => inputs.all(|it| it == Some(lane)),
        };
        is_here.then_some(lane)
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lanes.open_at.len()
    }

    /// Whether a pipeline has to compute the value at `place` of the schema.
    #[must_use]
    pub fn is_streamed(&self, place: usize) -> bool {
        self.steps_with(self.schema.picks[place]).is_none()
    }

    /// Nodes that others read, stage by stage: those of one may be computed at the same time, by [`Batch::node`], and must
    /// be handed to [`Batch::keep`] before those of the next.
    #[must_use]
    pub fn stages(&self) -> &[Vec<usize>] {
        &self.stages
    }

    /// Keeps the columns of a node for those who read it.
    pub fn keep(&mut self, node: usize, columns: Vec<Vec<f64>>) {
        self.kept[node] = Some(columns);
    }

    /// The node that computes the value at `place` of the schema, to ask for several of its outputs at once; none for a
    /// column of bars.
    #[must_use]
    pub fn node_of(&self, place: usize) -> Option<usize> {
        self.writer[self.schema.picks[place]]
    }

    /// Takes back the columns that were kept, so that their memory can be used again.
    pub fn into_kept(self) -> impl Iterator<Item = Vec<f64>> {
        self.kept.into_iter().flatten().flatten()
    }

    /// Writes the values at `places` over all base bars into `out`, a column for each; they are columns of bars, or belong
    /// to one node, and are not streamed. What the columns of `out` held is lost, their memory is used.
    pub fn columns(&self, places: &[usize], out: &mut [Vec<f64>], scratch: &mut Scratch) {
        let asked: Vec<usize> = places.iter().map(|&it| self.schema.picks[it]).collect();
        let firsts: Vec<usize> = (0..asked.len()).filter(|&at| !asked[..at].contains(&asked[at])).collect();
        if firsts.len() == asked.len() {
            return self.distinct(places, out, scratch);
        }
        // One that is asked for again, as an item that a group has too, is computed once.
        let mut once: Vec<Vec<f64>> = firsts.iter().map(|&at| std::mem::take(&mut out[at])).collect();
        let places: Vec<usize> = firsts.iter().map(|&at| places[at]).collect();
        self.distinct(&places, &mut once, scratch);
        for (slot, out) in asked.iter().zip(out) {
            let same = firsts.iter().position(|&at| asked[at] == *slot);
            out.clone_from(&once[same.expect("each is there for the first time somewhere")]);
        }
    }

    /// [`Batch::columns`] of places that differ.
    fn distinct(&self, places: &[usize], out: &mut [Vec<f64>], scratch: &mut Scratch) {
        let slots = || places.iter().map(|&it| self.schema.picks[it]);
        let node = places.first().and_then(|&it| self.node_of(it)).filter(|&it| self.kept[it].is_none());
        let Some(node) = node else {
            return slots().zip(out).for_each(|(slot, out)| self.show(slot, self.kept(slot), out));
        };
        let first = self.schema.nodes[node].slot;
        let wanted: Vec<usize> = slots().map(|it| it - first).collect();
        if self.closed(first).is_none() {
            return self.compute(node, &wanted, out, scratch);
        }
        let mut longer = std::mem::take(&mut scratch.longer);
        longer.resize_with(longer.len().max(wanted.len()), Vec::new);
        self.compute(node, &wanted, &mut longer[..wanted.len()], scratch);
        slots().zip(&longer).zip(out).for_each(|((slot, column), out)| self.show(slot, column, out));
        scratch.longer = longer;
    }

    /// For each base bar how many bars of the lane of `slot` had closed with it; none where they are the base bars.
    fn closed(&self, slot: usize) -> Option<&[u32]> {
        self.lanes.lanes[self.steps_with(slot)?].as_ref()?.closed.as_deref()
    }

    /// Writes a column of a lane as it stands at each base bar.
    fn show(&self, slot: usize, column: &[f64], out: &mut Vec<f64>) {
        let out = sized(out, self.rows());
        match self.closed(slot) {
            None => out.copy_from_slice(column),
            Some(closed) => {
                let before = self.before_of(slot);
                for (to, &closed) in out.iter_mut().zip(closed) {
                    *to = (closed as usize).checked_sub(1).map_or(before, |it| column[it]);
                }
            }
        }
    }

    /// Writes all outputs of a node that others read into `out`, a column for each, over the bars that it steps with.
    pub fn node(&self, node: usize, out: &mut Vec<Vec<f64>>, scratch: &mut Scratch) {
        let all: Vec<usize> = (0..self.schema.nodes[node].width).collect();
        out.resize_with(all.len(), Vec::new);
        self.compute(node, &all, out, scratch);
    }

    /// How many outputs a node has.
    #[must_use]
    pub fn width(&self, node: usize) -> usize {
        self.schema.nodes[node].width
    }

    /// A column that is there: of bars, or of a node that was kept.
    fn kept(&self, slot: usize) -> &[f64] {
        if let Some(node) = self.writer[slot] {
            let place = slot - self.schema.nodes[node].slot;
            return self.kept[node].as_ref().map_or(&[], |it| &it[place]);
        }
        let columns = |stream: usize| {
            let lane = self.lanes.lanes[stream].as_ref()?;
            lane.columns.get(slot - self.schema.streams[stream].slot)
        };
        self.stream_at(slot).and_then(columns).map_or(&[], |it| it)
    }

    /// A column that is there, for a kernel.
    fn input(&self, slot: u32) -> Input<'_> {
        let slot = slot as usize;
        let x = self.kept(slot);
        Input { x, whole: *self.whole[slot].get_or_init(|| kernel::whole_from(x)) }
    }

    fn frame(&self, stream: usize) -> &Frame<'a> {
        self.frames[stream].get_or_init(|| {
            let lane = self.lanes.lanes[stream].as_ref();
            let views: Vec<&[f64]> =
                lane.map_or(Vec::new(), |it| it.columns.iter().map(|it| &**it).collect());
            let frame = Frame::new(&self.schema.streams[stream].columns, &views);
            frame.expect("columns of one lane are as many as its stream has, and of one length")
        })
    }

    /// Writes the outputs at `wanted` of a node over the bars that it steps with.
    fn compute(&self, place: usize, wanted: &[usize], out: &mut [Vec<f64>], scratch: &mut Scratch) {
        let node = &self.schema.nodes[place];
        let input = |at: usize| self.input(node.inputs[at]);
        let lane = self.steps[place].and_then(|it| self.lanes.lanes[it].as_ref());
        let rows = lane.map_or(0, |it| it.columns[0].len());
        if let Work::Direct(indicator, _) | Work::Nested(indicator, _) = &node.work
            && (self.order(indicator, &node.inputs, rows, out)
                || self.shape(indicator, &node.inputs, rows, out))
        {
            return;
        }
        match &node.work {
            Work::Direct(indicator, stream) => {
                return indicate(indicator, self.frame(*stream), wanted, out, scratch);
            }
            Work::Nested(indicator, _) => {
                let views: Vec<&[f64]> = node.inputs.iter().map(|&it| self.kept(it as usize)).collect();
                let names: Vec<String> = (0..views.len()).map(|at| format!("in{at}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let frame = Columns::new(&names).and_then(|names| Frame::new(&names, &views));
                let frame = frame.expect("columns of one lane, and names that differ");
                return indicate(indicator, &frame, wanted, out, scratch);
            }
            Work::Pattern(signal) => {
                let mut signal = signal.clone();
                out.iter_mut().for_each(Vec::clear);
                let columns: Vec<&[f64]> = node.inputs.iter().map(|&it| self.kept(it as usize)).collect();
                for row in 0..rows {
                    let volume = columns.get(3).map_or(0.0, |it| it[row]);
                    let bar =
                        Bar { high: columns[0][row], low: columns[1][row], close: columns[2][row], volume };
                    let told = signal.push(&bar).map(|_| signal.told()).unwrap_or_default();
                    for (column, &at) in out.iter_mut().zip(wanted) {
                        column.push(told[at].unwrap_or(ABSENT));
                    }
                }
                return;
            }
            Work::Groups(groups) => {
                let mut groups = groups.clone();
                out.iter_mut().for_each(Vec::clear);
                let columns: [&[f64]; 5] = std::array::from_fn(|at| self.kept(node.inputs[at] as usize));
                for row in 0..rows {
                    let bar = columns.map(|it| it[row]);
                    let said = groups.push(&bar).ok().flatten();
                    for (column, &at) in out.iter_mut().zip(wanted) {
                        column.push(said.map_or(ABSENT, |it| it[at]));
                    }
                }
                return;
            }
            _ => {}
        }
        let Some(out) = out.first_mut() else { return };
        if let Work::OnBar = node.work {
            let slot = node.inputs[0] as usize;
            return self.show(slot, self.kept(slot), out);
        }
        let out = sized(out, rows);
        match &node.work {
            Work::Window(window) => kernel::window(window, input(0), out),
            Work::Ends(ends) => kernel::ends(ends, input(0), out),
            Work::Pair(pair) => kernel::pair(pair, input(0), input(1), out),
            Work::Standard(scaler) => {
                let mut scaler = *scaler;
                for (to, &x) in out.iter_mut().zip(input(0).x) {
                    *to = if x.is_finite() { scaler.step(x) } else { ABSENT };
                }
            }
            Work::Point(point, by) => {
                let b = if node.inputs.len() > 1 { input(1).x } else { input(0).x };
                kernel::point(*point, *by, input(0).x, b, out);
            }
            Work::Moment(moment, _) => self.moments(*moment, out),
            // Done above, or streamed.
            Work::Direct(..) | Work::Nested(..) | Work::Groups(_) | Work::Pattern(_) | Work::OnBar => {}
            Work::Age | Work::Side(..) | Work::Measure(..) | Work::Joint(_) => {}
        }
    }

    /// Writes an indicator that tells a place of the order of its window, if it is one and the column has an order.
    fn order(&self, indicator: &Indicator, inputs: &[u32], rows: usize, out: &mut [Vec<f64>]) -> bool {
        let (arguments, [out], [slot]) = (indicator.arguments(), out, inputs) else { return false };
        let n = arguments.first().map_or(0, |&it| it as usize);
        let share = match indicator.spec().name {
            "MEDIAN" => 0.5,
            "QUANTILE" => arguments[1],
            _ => return false,
        };
        let Input { x, whole: Some(first) } = self.input(*slot) else { return false };
        let x = &x[first..];
        let ranks = self.ranks[*slot as usize].get_or_init(|| Ranks::new(x));
        let Some(ranks) = ranks else { return false };
        let at = share * (n - 1) as f64;
        let (place, part) = (at.floor() as usize, at.fract());
        let (silent, said) = sized(out, rows).split_at_mut(first);
        silent.fill(ABSENT);
        match indicator.spec().name {
            "MEDIAN" if part > 0.0 => ranks.at(n, place, true, x, said, |lower, upper| (lower + upper) / 2.0),
            "MEDIAN" => ranks.at(n, place, false, x, said, |middle, _| middle),
            _ => ranks.at(n, place, part > 0.0, x, said, |lower, upper| lower + (upper - lower) * part),
        }
        true
    }

    /// Writes an indicator of the shape of its window's values, if it is one and the column has no gaps.
    fn shape(&self, indicator: &Indicator, inputs: &[u32], rows: usize, out: &mut [Vec<f64>]) -> bool {
        let (&[n], [out], [slot]) = (indicator.arguments(), out, inputs) else { return false };
        let kind = match indicator.spec().name {
            "SKEW" => Shape::Skew,
            "KURT" => Shape::Kurt,
            _ => return false,
        };
        let Input { x, whole: Some(first) } = self.input(*slot) else { return false };
        let (silent, said) = sized(out, rows).split_at_mut(first);
        silent.fill(ABSENT);
        kernel::shape(kind, n as usize, &x[first..], said);
        true
    }

    fn moments(&self, moment: Moment, out: &mut [f64]) {
        // Each comes again after a week.
        let week: Vec<f64> = (0..WEEK).map(|minute| moment.of(minute)).collect();
        for (to, at) in out.iter_mut().zip(self.lanes.open_at) {
            let minute = at.div_euclid(60_000_000_000).rem_euclid(WEEK);
            *to = week[minute as usize];
        }
    }
}

/// Minutes in a week.
const WEEK: i64 = 7 * 24 * 60;

/// A buffer of this length whose content is to be written. One that is kept is only cut or grown; a new one comes zeroed
/// from the system, without a pass over it.
fn sized(column: &mut Vec<f64>, rows: usize) -> &mut [f64] {
    if column.capacity() < rows {
        *column = vec![0.0; rows];
    } else {
        column.resize(rows, 0.0);
    }
    column
}

/// Writes the outputs at `wanted` of an indicator.
fn indicate(
    indicator: &Indicator,
    frame: &Frame<'_>,
    wanted: &[usize],
    out: &mut [Vec<f64>],
    scratch: &mut Scratch,
) {
    let rows = frame.rows();
    // Fewer rows than the first answer needs: silent throughout. As many rows as an indicator can count do not fit here.
    if indicator.batch_into(frame, &mut scratch.columns).is_err() {
        return out.iter_mut().for_each(|it| sized(it, rows).fill(ABSENT));
    }
    for (out, &place) in out.iter_mut().zip(wanted) {
        let (out, column) = (sized(out, rows), &scratch.columns[place]);
        let (silent, said) = out.split_at_mut(column.first.min(rows));
        silent.fill(ABSENT);
        match &column.values {
            Values::Real(values) => {
                for (to, &it) in said.iter_mut().zip(values) {
                    *to = if it.is_finite() { it } else { ABSENT };
                }
            }
            Values::Integer(values) => said.iter_mut().zip(values).for_each(|(to, &it)| *to = f64::from(it)),
        }
        let there = column.values.len().min(said.len());
        said[there..].fill(ABSENT);
        column.gaps.iter().for_each(|&row| out[row] = ABSENT);
    }
}
