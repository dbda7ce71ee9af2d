//! What a pipeline has learnt, written down and taken back: one that goes on is that one to the last bit.

use super::{Observation, PENDING_MAX, Pipeline, Series};
use crate::error::Error;
use crate::plan::{Brings, ROWS_MAX, Stream};
use crate::schema::Schema;
use crate::state::{Plain, Saved, State, seal, unseal};

impl Pipeline {
    /// As [`Pipeline::new`], and keeps what indicators of trades and books are fed, up to a million rows each, because their
    /// state cannot be written down: [`Pipeline::save`] needs it.
    #[must_use]
    pub fn keeping(schema: &Schema) -> Pipeline {
        let mut pipeline = Pipeline::new(schema);
        let of_bars = |it: &&Stream| matches!(it.brings, Brings::Bars | Brings::Longer(_));
        let clocks = schema.streams.iter().filter(of_bars).fold(0, |all, it| all | it.clock);
        let mut is_of_bars = vec![false; schema.slots];
        for it in schema.streams.iter().filter(of_bars) {
            is_of_bars[it.slot..it.slot + it.columns.width()].fill(true);
        }
        for node in &mut pipeline.nodes {
            if node.clock & !clocks == 0 && node.inputs.iter().all(|&it| is_of_bars[it as usize]) {
                is_of_bars[node.slot..node.slot + node.width].fill(true);
            } else {
                node.keep(&pipeline.rows);
            }
        }
        pipeline
    }

    /// What it has learnt, as bytes, except for indicators and patterns of bars alone: see [`Pipeline::load`]. Of one that was
    /// made by [`Pipeline::keeping`].
    ///
    /// # Errors
    /// An indicator of trades or the book has been fed more than a million rows.
    pub fn save(&self) -> Result<Vec<u8>, Error> {
        match self.nodes.iter().find(|it| it.is_cut()) {
            None => Ok(seal(self.schema.get(), self)),
            Some(node) => Err(Error::Input {
                key: "state",
                expected: format!("at most {ROWS_MAX} rows fed to {}", node.name),
                given: "more".to_owned(),
            }),
        }
    }

    /// Takes back what [`Pipeline::save`] wrote, and goes on as that one to the last bit. It must be new, of the same schema and
    /// made by [`Pipeline::keeping`], and have been fed the same bars and nothing else.
    ///
    /// # Errors
    /// Bytes that are damaged, of another version or of another schema; it may not be used then.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), Error> {
        unseal(self.schema.get(), bytes, self)
    }
}

impl State for Series {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { slot: _, clock: _, age_max: _, shown, pending } = self;
        shown.save(to);
        pending.as_slice().save(to);
    }

    fn load(&mut self, from: &mut Saved<'_>) {
        self.shown.load(from);
        let count = usize::take(from);
        if count > PENDING_MAX {
            return from.refuse();
        }
        self.pending.clear();
        self.pending.extend((0..count).map(|_| Observation::take(from)));
    }
}

/// What is built, and what is written anew before each use, is left out.
impl State for Pipeline {
    fn save(&self, to: &mut Vec<u8>) {
        let Self { nodes, values, known, longer, outside, at, stamp, bar_open_at, pace, .. } = self;
        nodes.as_slice().save(to);
        values.as_slice().save(to);
        known.as_slice().save(to);
        longer.as_slice().save(to);
        outside.as_slice().save(to);
        [*at, *stamp, *bar_open_at].save(to);
        pace.save(to);
    }

    fn load(&mut self, from: &mut Saved<'_>) {
        self.nodes.as_mut_slice().load(from);
        self.values.as_mut_slice().load(from);
        self.known.as_mut_slice().load(from);
        self.longer.as_mut_slice().load(from);
        self.outside.as_mut_slice().load(from);
        [self.at, self.stamp, self.bar_open_at] = Plain::take(from);
        self.pace.load(from);
        self.due = i64::MIN;
    }
}
