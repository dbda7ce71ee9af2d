//! Whole columns over bars that are all there: each node of a schema once over its column, instead of all nodes at each bar.
//! The numbers are those of the [`crate::Pipeline`] to the last bit. Knows no threads: what is asked for can be asked of many.
//!
//! What steps with the bars, or with bars of one longer length, is computed here. Items that join several lengths, and ages,
//! are not: [`Batch::is_streamed`] says which values a pipeline has to compute.

mod kernel;

use crate::entry::Moment;
use crate::error::Error;
use crate::pipeline::{BarRow, Longer, set_bar};
use crate::plan::{BAR, Brings, Node, TIME, Work};
use crate::schema::Schema;
use crate::window::ABSENT;
use scalp_indicators::patterns::Bar;
use scalp_indicators::{Column, Frame, Indicator, Schema as Columns, Values};

/// The columns of every length of bars that a schema reads.
#[derive(Clone, Debug)]
pub struct Lanes {
    open_at: Vec<i64>,
    /// For each stream of the schema; none for what is no bars.
    lanes: Vec<Option<Lane>>,
}

#[derive(Clone, Debug)]
struct Lane {
    clock: u64,
    columns: Vec<Vec<f64>>,
    /// For each base bar how many of this lane had closed with it; none where they are the base bars.
    closed: Option<Vec<u32>>,
}

impl Lanes {
    /// Takes the bars in, in the order of their starts.
    pub fn new<'b>(schema: &Schema, bars: impl Iterator<Item = BarRow<'b>> + Clone) -> Result<Lanes, Error> {
        let width = 5 + schema.sources().bar_extra.len();
        let refuse = |key, expected: String, given: String| Err(Error::Input { key, expected, given });
        let mut starts: Vec<i64> = Vec::new();
        for bar in bars.clone() {
            if bar.values.len() != width {
                return refuse("bar.values", format!("{width} columns"), bar.values.len().to_string());
            }
            if let Some(last) = starts.last().filter(|it| **it > bar.open_at) {
                let expected = format!("a start at or after that of the last bar, {last}");
                return refuse("bar.open_at", expected, bar.open_at.to_string());
            }
            if bar.close_at < bar.open_at {
                return refuse(
                    "bar.close_at",
                    format!("at or after {}", bar.open_at),
                    bar.close_at.to_string(),
                );
            }
            starts.push(bar.open_at);
        }
        let mut lanes: Vec<Option<Lane>> = Vec::new();
        for stream in &schema.streams {
            let columns = vec![Vec::new(); width + 1];
            lanes.push(match stream.brings {
                Brings::Bars => Some(Lane { clock: stream.clock, columns, closed: None }),
                Brings::Longer(_) => Some(Lane { clock: stream.clock, columns, closed: Some(Vec::new()) }),
                _ => None,
            });
        }
        let mut row = vec![ABSENT; width + 1];
        for (stream, lane) in schema.streams.iter().zip(&mut lanes) {
            let Some(Lane { columns, closed, .. }) = lane else { continue };
            let mut longer = match stream.brings {
                Brings::Longer(span) => Some(Longer::new(span, width + 1)),
                _ => None,
            };
            for bar in bars.clone() {
                set_bar(&mut row, &bar);
                let mut put = |row: &[f64]| columns.iter_mut().zip(row).for_each(|(to, &x)| to.push(x));
                match &mut longer {
                    None => put(&row),
                    Some(it) => {
                        if it.is_behind(bar.open_at) {
                            put(it.end());
                        }
                        if it.take(&bar, &row) {
                            put(it.end());
                        }
                    }
                }
                if let Some(closed) = closed {
                    closed.push(columns[0].len() as u32);
                }
            }
        }
        Ok(Lanes { open_at: starts, lanes })
    }
}

/// Memory that is used again from one node to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    columns: Vec<Column>,
}

/// Computes the columns of a schema.
#[derive(Debug)]
pub struct Batch<'a> {
    schema: &'a Schema,
    lanes: &'a Lanes,
    frames: Vec<Option<Frame<'a>>>,
    /// For each node the stream that it steps with; none if a pipeline has to compute it.
    steps: Vec<Option<usize>>,
    /// What a node says before it has stepped.
    before: Vec<f64>,
    /// For each slot the node that writes it.
    writer: Vec<Option<usize>>,
    /// The columns of the nodes that others read.
    kept: Vec<Option<Vec<Vec<f64>>>>,
    stages: Vec<Vec<usize>>,
}

impl<'a> Batch<'a> {
    /// Of a schema whose bars are `lanes`.
    pub fn new(schema: &'a Schema, lanes: &'a Lanes) -> Result<Batch<'a>, Error> {
        let fault = |source| Error::Indicator { item: "bars".to_owned(), source };
        let mut frames = Vec::new();
        for (stream, lane) in schema.streams.iter().zip(&lanes.lanes) {
            frames.push(match lane {
                Some(lane) => {
                    let views: Vec<&[f64]> = lane.columns.iter().map(Vec::as_slice).collect();
                    Some(Frame::new(&stream.columns, &views).map_err(fault)?)
                }
                None => None,
            });
        }
        let mut writer = vec![None; schema.slots];
        for (at, node) in schema.nodes.iter().enumerate() {
            writer[node.slot..node.slot + node.width].fill(Some(at));
        }
        let kept = vec![None; schema.nodes.len()];
        let mut batch = Batch {
            schema,
            lanes,
            frames,
            steps: Vec::new(),
            before: Vec::new(),
            writer,
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
        Ok(batch)
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

    /// The values at `places` over all base bars; they are columns of bars, or belong to one node, and are not streamed.
    #[must_use]
    pub fn columns(&self, places: &[usize], scratch: &mut Scratch) -> Vec<Vec<f64>> {
        let slots = || places.iter().map(|&it| self.schema.picks[it]);
        let Some(node) = places.first().and_then(|&it| self.node_of(it)) else {
            return slots().map(|it| self.shown(it, self.kept(it).to_vec())).collect();
        };
        let first = self.schema.nodes[node].slot;
        if let Some(kept) = &self.kept[node] {
            return slots().map(|it| self.shown(it, kept[it - first].clone())).collect();
        }
        let wanted: Vec<usize> = slots().map(|it| it - first).collect();
        let columns = self.compute(node, &wanted, scratch);
        slots().zip(columns).map(|(slot, column)| self.shown(slot, column)).collect()
    }

    /// A column of a lane as it stands at each base bar.
    fn shown(&self, slot: usize, column: Vec<f64>) -> Vec<f64> {
        let lane = self.steps_with(slot).and_then(|it| self.lanes.lanes[it].as_ref());
        match lane.and_then(|it| it.closed.as_ref()) {
            None => column,
            Some(closed) => {
                let before = self.before_of(slot);
                let at = |&closed: &u32| (closed as usize).checked_sub(1).map_or(before, |it| column[it]);
                closed.iter().map(at).collect()
            }
        }
    }

    /// The columns of all outputs of a node that others read, over the bars that it steps with.
    #[must_use]
    pub fn node(&self, node: usize, scratch: &mut Scratch) -> Vec<Vec<f64>> {
        let all: Vec<usize> = (0..self.schema.nodes[node].width).collect();
        self.compute(node, &all, scratch)
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
        self.stream_at(slot).and_then(columns).map_or(&[], Vec::as_slice)
    }

    fn compute(&self, place: usize, wanted: &[usize], scratch: &mut Scratch) -> Vec<Vec<f64>> {
        let node = &self.schema.nodes[place];
        let input = |at: usize| self.kept(node.inputs[at] as usize);
        let column = match &node.work {
            Work::Direct(indicator, stream) => {
                let Some(frame) = &self.frames[*stream] else { return Vec::new() };
                return indicate(indicator, frame, wanted, scratch);
            }
            Work::Nested(indicator, _) => {
                let views: Vec<&[f64]> = (0..node.inputs.len()).map(input).collect();
                let names: Vec<String> = (0..views.len()).map(|at| format!("in{at}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let frame = Columns::new(&names).and_then(|names| Frame::new(&names, &views));
                let frame = frame.expect("columns of one lane, and names that differ");
                return indicate(indicator, &frame, wanted, scratch);
            }
            Work::Groups(groups) => {
                let mut groups = groups.clone();
                let mut columns = vec![Vec::new(); node.width];
                for row in 0..input(0).len() {
                    let bar = std::array::from_fn(|at| input(at)[row]);
                    let said = groups.push(&bar).ok().flatten();
                    for (at, column) in columns.iter_mut().enumerate() {
                        column.push(said.map_or(ABSENT, |it| it[at]));
                    }
                }
                return columns;
            }
            Work::Window(window) => kernel::window(window, input(0)),
            Work::Ends(ends) => kernel::ends(ends, input(0)),
            Work::Pair(pair) => kernel::pair(pair, input(0), input(1)),
            Work::Standard(scaler) => {
                let mut scaler = *scaler;
                let step = |&x: &f64| if x.is_finite() { scaler.step(x) } else { ABSENT };
                input(0).iter().map(step).collect()
            }
            Work::Point(point, by) if node.inputs.len() > 1 => {
                input(0).iter().zip(input(1)).map(|(&a, &b)| point.of(a, b, *by)).collect()
            }
            Work::Point(point, by) => input(0).iter().map(|&a| point.of(a, ABSENT, *by)).collect(),
            Work::Moment(moment, _) => self.moments(*moment),
            Work::Pattern(signal) => {
                let mut signal = signal.clone();
                let has_volume = node.inputs.len() > 3;
                let say = |row: usize| {
                    let volume = if has_volume { input(3)[row] } else { 0.0 };
                    let bar = Bar { high: input(0)[row], low: input(1)[row], close: input(2)[row], volume };
                    signal.push(&bar).ok().flatten().unwrap_or(ABSENT)
                };
                (0..input(0).len()).map(say).collect()
            }
            Work::OnBar => self.shown(node.inputs[0] as usize, input(0).to_vec()),
            // Streamed.
            Work::Age | Work::Side(..) | Work::Measure(..) | Work::Joint(_) => return Vec::new(),
        };
        vec![column]
    }

    fn moments(&self, moment: Moment) -> Vec<f64> {
        let (mut last, mut said) = (None, ABSENT);
        let at = |&at: &i64| {
            let minute = at.div_euclid(60_000_000_000);
            if last.replace(minute) != Some(minute) {
                said = moment.of(minute);
            }
            said
        };
        self.lanes.open_at.iter().map(at).collect()
    }
}

/// The outputs at `wanted` of an indicator.
fn indicate(
    indicator: &Indicator,
    frame: &Frame<'_>,
    wanted: &[usize],
    scratch: &mut Scratch,
) -> Vec<Vec<f64>> {
    let rows = frame.rows();
    // Fewer rows than the first answer needs: silent throughout. As many rows as an indicator can count do not fit here.
    if indicator.batch_into(frame, &mut scratch.columns).is_err() {
        return vec![vec![ABSENT; rows]; wanted.len()];
    }
    let dense = |column: &Column| {
        let mut all = Vec::with_capacity(rows);
        all.resize(column.first.min(rows), ABSENT);
        match &column.values {
            Values::Real(values) => {
                all.extend(values.iter().map(|&it| if it.is_finite() { it } else { ABSENT }));
            }
            Values::Integer(values) => all.extend(values.iter().map(|&it| f64::from(it))),
        }
        column.gaps.iter().for_each(|&row| all[row] = ABSENT);
        all.resize(rows, ABSENT);
        all
    };
    wanted.iter().map(|&it| dense(&scratch.columns[it])).collect()
}
