//! What every indicator can do with rows that have been checked: step, try out a row, start again, and walk a column.

use crate::data::Column;
use crate::talib::Lent;

/// What a kernel writes where an output has no value. It never leaves the crate as a value: answers and columns tell it
/// as absence.
pub(crate) const SILENT: f64 = f64::NAN;

/// The bars that a kernel can count came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// A calculation over rows of its inputs, in the order of the spec, all finite.
pub(crate) trait Kernel: Send + Sync {
    /// Takes a row in and writes one value for each output.
    fn push(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), Exhausted>;

    /// Writes what `push` of the row would write, and remains as it was.
    fn peek(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), Exhausted>;

    /// Becomes as new.
    fn reset(&mut self);

    /// Walks whole columns of equal length, longer than the shortest lookback, as a new kernel would row by row. Of each
    /// column it sizes and fills `values` for the rows from that output's lookback on.
    fn batch(&self, inputs: &[&[f64]], rows: usize, out: &mut [Column]) -> Result<(), Exhausted>;

    /// As `batch`, over the whole columns of a frame that lends the averages of its bars; `inputs` are the bars they are of.
    fn batch_lent(
        &self,
        inputs: &[&[f64]],
        rows: usize,
        _lent: &Lent,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        self.batch(inputs, rows, out)
    }

    fn boxed_clone(&self) -> Box<dyn Kernel>;
}

/// A kernel written as one step: the arithmetic of streaming is that of the batch.
pub(crate) trait Step<const I: usize, const O: usize>: Clone + Send + Sync + 'static {
    /// Takes a row in and writes the outputs that have a value; the others hold [`SILENT`] already.
    fn step(&mut self, row: [f64; I], out: &mut [f64; O]);
}

/// A [`Step`] as a kernel. Trying out a row steps a shadow, which takes over the state without allocating.
#[derive(Clone)]
pub(crate) struct Stepped<S, const I: usize, const O: usize> {
    fresh: S,
    live: S,
    shadow: S,
    lookbacks: [usize; O],
    integer: bool,
}

impl<S: Step<I, O>, const I: usize, const O: usize> Stepped<S, I, O> {
    pub(crate) fn new(fresh: S, lookbacks: [usize; O]) -> Self {
        Stepped { live: fresh.clone(), shadow: fresh.clone(), fresh, lookbacks, integer: false }
    }

    /// The outputs are whole numbers.
    pub(crate) fn whole(mut self) -> Self {
        self.integer = true;
        self
    }
}

impl<S: Step<I, O>, const I: usize, const O: usize> Stepped<S, I, O> {
    #[inline]
    fn walk<T>(&self, inputs: [&[f64]; I], rows: usize, columns: [&mut [T]; O], cast: impl Fn(f64) -> T) {
        let mut state = self.fresh.clone();
        for t in 0..rows {
            let mut answer = [SILENT; O];
            state.step(std::array::from_fn(|i| inputs[i][t]), &mut answer);
            for k in 0..O {
                if t >= self.lookbacks[k] {
                    columns[k][t - self.lookbacks[k]] = cast(answer[k]);
                }
            }
        }
    }
}

fn step_into<S: Step<I, O>, const I: usize, const O: usize>(state: &mut S, row: &[f64], out: &mut [f64]) {
    let mut answer = [SILENT; O];
    state.step(std::array::from_fn(|i| row[i]), &mut answer);
    out.copy_from_slice(&answer);
}

impl<S: Step<I, O>, const I: usize, const O: usize> Kernel for Stepped<S, I, O> {
    fn push(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), Exhausted> {
        step_into(&mut self.live, row, out);
        Ok(())
    }

    fn peek(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), Exhausted> {
        self.shadow.clone_from(&self.live);
        step_into(&mut self.shadow, row, out);
        Ok(())
    }

    fn reset(&mut self) {
        self.live.clone_from(&self.fresh);
    }

    fn batch(&self, inputs: &[&[f64]], rows: usize, out: &mut [Column]) -> Result<(), Exhausted> {
        let inputs: [&[f64]; I] = std::array::from_fn(|i| &inputs[i][..rows]);
        let len = |k: usize| rows.saturating_sub(self.lookbacks[k]);
        if self.integer {
            let mut columns: [&mut [i32]; O] = std::array::from_fn(|_| Default::default());
            for (k, column) in out.iter_mut().enumerate() {
                columns[k] = column.values.integer(len(k));
            }
            self.walk(inputs, rows, columns, |value| value as i32);
        } else {
            let mut columns: [&mut [f64]; O] = std::array::from_fn(|_| Default::default());
            for (k, column) in out.iter_mut().enumerate() {
                columns[k] = column.values.real(len(k));
            }
            self.walk(inputs, rows, columns, |value| value);
        }
        Ok(())
    }

    fn boxed_clone(&self) -> Box<dyn Kernel> {
        Box::new(self.clone())
    }
}

/// Declares the state of a kernel with a `clone_from` that goes field by field, so that buffers are kept.
macro_rules! state {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(<const $n:ident: usize>)? { $($field:ident : $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name $(<const $n: usize>)? { $($field: $ty),* }

        impl $(<const $n: usize>)? Clone for $name $(<$n>)? {
            fn clone(&self) -> Self {
                Self { $($field: self.$field.clone()),* }
            }

            fn clone_from(&mut self, source: &Self) {
                $(self.$field.clone_from(&source.$field);)*
            }
        }
    };
}
pub(crate) use state;
