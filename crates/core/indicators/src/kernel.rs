//! What every indicator can do with rows that have been checked: step, try out a row, start again, and walk a column.

use std::hint::cold_path;

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

    /// Whether [`Kernel::warm`] is written.
    const WARMS: bool = false;

    /// Whether `push` looks at the row itself: it is then given rows that are not finite too, and is as before after refusing one.
    const LOOKS: bool = false;

    /// The short way of most rows, as [`Step::warm`]. Either the row was finite and has been taken in, and this is what
    /// `push` would write; or nothing has happened, and the row is to be looked at and to go to `push`.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn warm<const ASKED: bool>(&mut self, _row: [f64; I]) -> Option<[f64; O]> {
        None
    }

    /// Writes what `push` of the row would write, and remains as it was.
    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted>;

    /// A row passed that it was not given, as an input had no value: only what tells rows by their number remembers that. One
    /// that `LOOKS` tells none.
    fn pass(&mut self) {}

    /// Walks whole columns of equal length, longer than the shortest lookback, as `push` would row by row. It is asked of a new
    /// kernel, and ends it. Of each column it sizes and fills `values` for the rows from that output's lookback on. A frame
    /// may lend the averages of the bars that `inputs` are.
    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        lent: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted>;
}

/// Any kernel, seated at the columns that it reads. One call takes the inputs out of a row, checks them and steps, so that
/// the number of inputs is known where they are read.
pub(crate) trait Seat: Send + Sync {
    /// From now on the inputs stand at `places` in rows `width` wide.
    fn seat(&mut self, width: usize, places: &[usize]);

    /// Takes a row in and lends the outputs; none if the row is not as wide as was said, if an input is not finite, or if
    /// the kernel is exhausted. Then it is as it was before, but that a row with an input that is not finite has passed.
    fn push(&mut self, row: &[f64]) -> Option<&[f64]>;

    /// Lends what `push` of the row would lend, and remains as it was.
    fn peek(&mut self, row: &[f64]) -> Option<&[f64]>;

    /// As [`Kernel::pass`].
    fn pass(&mut self);

    /// As [`Kernel::batch`].
    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        lent: Option<&Lent>,
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

impl<K: Kernel<I, O>, const I: usize, const O: usize> Seated<K, I, O> {
    /// Takes in a row that nobody has looked at.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the whole of a push is one function")]
    fn look(&mut self, row: [f64; I]) -> Option<&[f64]> {
        if !K::LOOKS && !are_finite(&row) {
            self.kernel.pass();
            return None;
        }
        self.kernel.push(row, &mut self.out).ok()?;
        Some(&self.out)
    }

    /// The long way: a call, so that what it needs does not stand about the short way.
    #[cold]
    #[inline(never)]
    fn look_slowly(&mut self, row: [f64; I]) -> Option<&[f64]> {
        self.look(row)
    }
}

impl<K: Kernel<I, O>, const I: usize, const O: usize> Seat for Seated<K, I, O> {
    fn seat(&mut self, width: usize, places: &[usize]) {
        self.width = width;
        self.places.copy_from_slice(places);
    }

    fn push(&mut self, row: &[f64]) -> Option<&[f64]> {
        let row = self.gather(row)?;
        if !K::WARMS {
            return self.look(row);
        }
        let Some(out) = self.kernel.warm::<false>(row) else {
            return self.look_slowly(row);
        };
        self.out = out;
        Some(&self.out)
    }

    fn peek(&mut self, row: &[f64]) -> Option<&[f64]> {
        let row = self.gather(row).filter(are_finite)?;
        self.kernel.peek(row, &mut self.out).ok()?;
        Some(&self.out)
    }

    fn pass(&mut self) {
        self.kernel.pass();
    }

    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        lent: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        self.kernel.batch(inputs, rows, lent, out)
    }

    fn boxed_clone(&self) -> Box<dyn Seat> {
        Box::new(self.clone())
    }
}

/// Whether all values are finite.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the row must not go through memory")]
pub(crate) fn are_finite<const I: usize>(row: &[f64; I]) -> bool {
    row.iter().all(|x| x.is_finite())
}

/// A kernel written as one step: the arithmetic of streaming is that of the batch.
pub(crate) trait Step<const I: usize, const O: usize>: Clone + Send + Sync + 'static {
    /// Whether whole columns are walked by the step too, where the crate `ta-lib` has a walk and there is no other of our own:
    /// the step's arithmetic is then another than the crate's, and they agree to rounding alone.
    const WALKS: bool = false;

    /// Whether [`Step::warm`] is written.
    const WARMS: bool = false;

    /// Whether the outputs are whole numbers.
    const INTEGER: bool = false;

    /// Takes a row in and writes the outputs that have a value; the others hold [`SILENT`] already.
    fn step(&mut self, row: [f64; I], out: &mut [f64; O]);

    /// As [`Kernel::pass`].
    fn pass(&mut self) {}

    /// The short way of most rows. Of a row that nobody has looked at: one question for all. Either every output has a value,
    /// and then the row was finite and has been taken in with what `step` would say of it, to the last bit; or nothing has
    /// happened, and the row is to be looked at and to go to `step`. Of a row that has been `ASKED` at the door, made of
    /// [`Value`](crate::typed::Value)s: only whether the state is there, and whether the formula has a value; see [`sound`] and
    /// [`stands`].
    ///
    /// What goes in must reach what is asked: a sum of an infinite value and finite ones is not finite, but a part of an
    /// infinite whole is. State that is not there yet is best NaN, which answers the question.
    ///
    /// Nothing here may be a call that is not seen through and takes the state along, as the state would then live in
    /// memory and not in registers.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn warm<const ASKED: bool>(&mut self, _row: [f64; I]) -> Option<[f64; O]> {
        None
    }
}

/// Whether what a row is in is finite, where the state is known to be there: not asked of a row that has been.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the value must not go through memory")]
pub(crate) fn sound<const ASKED: bool>(value: f64) -> bool {
    ASKED || value.is_finite()
}

/// Whether what a row and the state are in is finite, where the state is NaN until it is there: of a row that has been asked
/// only the latter is left.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the value must not go through memory")]
pub(crate) fn stands<const ASKED: bool>(value: f64) -> bool {
    if ASKED { !value.is_nan() } else { value.is_finite() }
}

/// What steps in place of a state when a row is tried out. From the second time on it takes the state over without allocating.
pub(crate) struct Shadow<S>(Option<S>);

impl<S> Default for Shadow<S> {
    fn default() -> Self {
        Shadow(None)
    }
}

/// A copy of a kernel makes a shadow of its own when it needs one.
impl<S> Clone for Shadow<S> {
    fn clone(&self) -> Self {
        Shadow(None)
    }
}

impl<S: Clone> Shadow<S> {
    /// The shadow, as `live` is.
    #[inline]
    pub(crate) fn of(&mut self, live: &S) -> &mut S {
        match &mut self.0 {
            Some(shadow) => {
                shadow.clone_from(live);
                shadow
            }
            none => none.insert(copied(live)),
        }
    }
}

/// A call, and one for all that copy.
#[inline(never)]
fn copied<S: Clone>(state: &S) -> S {
    state.clone()
}

/// A [`Step`] as a kernel. Trying out a row steps a shadow.
pub(crate) struct Stepped<S, const I: usize, const O: usize> {
    live: S,
    shadow: Shadow<S>,
    lookbacks: [usize; O],
}

impl<S: Clone, const I: usize, const O: usize> Clone for Stepped<S, I, O> {
    fn clone(&self) -> Self {
        Stepped { live: copied(&self.live), shadow: Shadow::default(), lookbacks: self.lookbacks }
    }
}

/// What the step says of a row, the long way: a call, as a row seldom takes it, and one for all that ask.
#[inline(never)]
fn slowly<S: Step<I, O>, const I: usize, const O: usize>(state: &mut S, row: [f64; I]) -> [f64; O] {
    let mut answer = [SILENT; O];
    state.step(row, &mut answer);
    answer
}

impl<S: Step<I, O>, const I: usize, const O: usize> Stepped<S, I, O> {
    pub(crate) fn new(fresh: S, lookbacks: [usize; O]) -> Self {
        Stepped { live: fresh, shadow: Shadow::default(), lookbacks }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the cast is known where it is called")]
    fn walk<T>(&self, inputs: [&[f64]; I], rows: usize, columns: [&mut [T]; O], cast: impl Fn(f64) -> T) {
        let mut state = copied(&self.live);
        let warm_up = self.lookbacks.iter().fold(0, |a: usize, b| a.max(*b)).min(rows);
        for t in 0..warm_up {
            let answer = slowly(&mut state, std::array::from_fn(|i| inputs[i][t]));
            for k in 0..O {
                if t >= self.lookbacks[k] {
                    columns[k][t - self.lookbacks[k]] = cast(answer[k]);
                }
            }
        }
        // Slices of one length, so that no place in them need be checked; and a state that no call sees, which can stay out of
        // memory.
        let mut state = state;
        let len = rows - warm_up;
        let inputs: [&[f64]; I] = inputs.map(|it| &it[warm_up..][..len]);
        let mut from = self.lookbacks.iter();
        let columns =
            columns.map(|it| &mut it[warm_up - from.next().map_or(0, |it| *it).min(warm_up)..][..len]);
        for t in 0..len {
            let row = std::array::from_fn(|i| inputs[i][t]);
            let answer = state.warm::<false>(row).unwrap_or_else(|| {
                if S::WARMS {
                    cold_path();
                }
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
    const WARMS: bool = S::WARMS;

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn warm<const ASKED: bool>(&mut self, row: [f64; I]) -> Option<[f64; O]> {
        self.live.warm::<ASKED>(row)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        if S::WARMS {
            *out = slowly(&mut self.live, row);
        } else {
            *out = [SILENT; O];
            self.live.step(row, out);
        }
        Ok(())
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is a call already")]
    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        *out = slowly(self.shadow.of(&self.live), row);
        Ok(())
    }

    fn pass(&mut self) {
        self.live.pass();
    }

    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        _: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        let inputs: [&[f64]; I] = std::array::from_fn(|i| &inputs[i][..rows]);
        let len = |k: usize| rows.saturating_sub(self.lookbacks[k]);
        if S::INTEGER {
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
