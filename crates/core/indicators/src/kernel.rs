//! What every indicator can do with rows that have been checked: step, try out a row, start again, and walk a column.

use crate::data::Column;
use crate::talib::Lent;

/// What a kernel writes where an output has no value. It never leaves the crate as a value: answers and columns tell it
/// as absence.
pub(crate) const SILENT: f64 = f64::NAN;

/// The bars that a kernel can count came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// A calculation over rows of `I` inputs, in the order of the spec, all finite. It answers with `O` outputs.
pub(crate) trait Kernel<const I: usize, const O: usize>: Clone + Send + Sync + 'static {
    /// Takes a row in and writes one value for each output.
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted>;

    /// As [`Step::warm`].
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn warm(&mut self, _row: [f64; I]) -> Option<[f64; O]> {
        None
    }

    /// Writes what `push` of the row would write, and remains as it was.
    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted>;

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
}

/// Any kernel, seated at the columns that it reads. One call takes the inputs out of a row, checks them and steps, so that
/// the number of inputs is known where they are read.
pub(crate) trait Seat: Send + Sync {
    /// From now on the inputs stand at `places` in rows `width` wide.
    fn seat(&mut self, width: usize, places: &[usize]);

    /// Takes a row in and lends the outputs; none if the row is not as wide as was said, if an input is not finite, or if
    /// the kernel is exhausted. Then it is as it was before.
    fn push(&mut self, row: &[f64]) -> Option<&[f64]>;

    /// Lends what `push` of the row would lend, and remains as it was.
    fn peek(&mut self, row: &[f64]) -> Option<&[f64]>;

    fn reset(&mut self);
    fn batch(&self, inputs: &[&[f64]], rows: usize, out: &mut [Column]) -> Result<(), Exhausted>;
    fn batch_lent(
        &self,
        inputs: &[&[f64]],
        rows: usize,
        lent: &Lent,
        out: &mut [Column],
    ) -> Result<(), Exhausted>;
    fn boxed_clone(&self) -> Box<dyn Seat>;
}

#[derive(Clone)]
struct Seated<K, const I: usize, const O: usize> {
    width: usize,
    places: [usize; I],
    out: [f64; O],
    kernel: K,
}

/// The kernel with a seat, which [`Seat::seat`] has yet to place.
pub(crate) fn seated<K: Kernel<I, O>, const I: usize, const O: usize>(kernel: K) -> Box<dyn Seat> {
    Box::new(Seated { width: 0, places: [0; I], out: [SILENT; O], kernel })
}

impl<K, const I: usize, const O: usize> Seated<K, I, O> {
    /// The inputs of a row, if it is as wide as it should be.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the whole of a push is one function")]
    fn gather(&self, row: &[f64]) -> Option<[f64; I]> {
        (row.len() == self.width).then(|| self.places.map(|place| row[place]))
    }
}

impl<K: Kernel<I, O>, const I: usize, const O: usize> Seat for Seated<K, I, O> {
    fn seat(&mut self, width: usize, places: &[usize]) {
        self.width = width;
        self.places.copy_from_slice(places);
    }

    fn push(&mut self, row: &[f64]) -> Option<&[f64]> {
        let row = self.gather(row)?;
        if let Some(out) = self.kernel.warm(row) {
            self.out = out;
            return Some(&self.out);
        }
        if !are_finite(&row) {
            return None;
        }
        self.kernel.push(row, &mut self.out).ok()?;
        Some(&self.out)
    }

    fn peek(&mut self, row: &[f64]) -> Option<&[f64]> {
        let row = self.gather(row).filter(are_finite)?;
        self.kernel.peek(row, &mut self.out).ok()?;
        Some(&self.out)
    }

    fn reset(&mut self) {
        self.kernel.reset();
    }

    fn batch(&self, inputs: &[&[f64]], rows: usize, out: &mut [Column]) -> Result<(), Exhausted> {
        self.kernel.batch(inputs, rows, out)
    }

    fn batch_lent(
        &self,
        inputs: &[&[f64]],
        rows: usize,
        lent: &Lent,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        self.kernel.batch_lent(inputs, rows, lent, out)
    }

    fn boxed_clone(&self) -> Box<dyn Seat> {
        Box::new(self.clone())
    }
}

/// Whether all values are finite.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the row must not go through memory")]
pub(crate) fn are_finite<const I: usize>(row: &[f64; I]) -> bool {
    // Zero times a finite value is zero; of the others nothing comes but NaN, which no sum hides.
    row.iter().fold(0.0, |sum, x| sum + x * 0.0) == 0.0
}

/// A kernel written as one step: the arithmetic of streaming is that of the batch.
pub(crate) trait Step<const I: usize, const O: usize>: Clone + Send + Sync + 'static {
    /// Whether whole columns are walked by the step too, where the crate `ta-lib` has a walk: the step's arithmetic is then
    /// another than the crate's, and they agree to rounding alone.
    const WALKS: bool = false;

    /// Takes a row in and writes the outputs that have a value; the others hold [`SILENT`] already.
    fn step(&mut self, row: [f64; I], out: &mut [f64; O]);

    /// The short way of most rows, which nobody has looked at: one question for all. Either every output has a value, and
    /// then the row was finite and has been taken in with what `step` would say of it, to the last bit; or nothing has
    /// happened, and the row is to be looked at and to go to `step`.
    ///
    /// What goes in must reach what is asked: a sum of an infinite value and finite ones is not finite, but a part of an
    /// infinite whole is. State that is not there yet is best NaN, which answers the question.
    ///
    /// Nothing here may be a call that is not seen through and takes the state along, as the state would then live in
    /// memory and not in registers.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn warm(&mut self, _row: [f64; I]) -> Option<[f64; O]> {
        None
    }
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
        let warm_up = self.lookbacks.iter().fold(0, |a: usize, b| a.max(*b)).min(rows);
        for t in 0..warm_up {
            let mut answer = [SILENT; O];
            state.step(std::array::from_fn(|i| inputs[i][t]), &mut answer);
            for k in 0..O {
                if t >= self.lookbacks[k] {
                    columns[k][t - self.lookbacks[k]] = cast(answer[k]);
                }
            }
        }
        // Slices of one length, so that no place in them need be checked.
        let len = rows - warm_up;
        let inputs: [&[f64]; I] = inputs.map(|it| &it[warm_up..][..len]);
        let mut from = self.lookbacks.iter();
        let columns =
            columns.map(|it| &mut it[warm_up - from.next().map_or(0, |it| *it).min(warm_up)..][..len]);
        for t in 0..len {
            let row = std::array::from_fn(|i| inputs[i][t]);
            let answer = state.warm(row).unwrap_or_else(|| {
                let mut answer = [SILENT; O];
                state.step(row, &mut answer);
                answer
            });
            for k in 0..O {
                columns[k][t] = cast(answer[k]);
            }
        }
    }
}

impl<S: Step<I, O>, const I: usize, const O: usize> Kernel<I, O> for Stepped<S, I, O> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn warm(&mut self, row: [f64; I]) -> Option<[f64; O]> {
        self.live.warm(row)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        *out = [SILENT; O];
        self.live.step(row, out);
        Ok(())
    }

    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        self.shadow.clone_from(&self.live);
        *out = [SILENT; O];
        self.shadow.step(row, out);
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
}

/// Declares the state of a kernel with a `clone_from` that goes field by field, so that buffers are kept.
macro_rules! state {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(<const $n:ident: usize>)? { $($(#[$field_meta:meta])* $field:ident : $ty:ty),* $(,)? }) => {
        $(#[$meta])*
        $vis struct $name $(<const $n: usize>)? { $($(#[$field_meta])* $field: $ty),* }

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
