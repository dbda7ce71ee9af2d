//! Binds a function of the `ta-lib` crate to a kernel: its walk of whole columns, and its stream where there is none of our own.

use std::sync::Arc;

use ta_lib::{Core, OutRange, RetCode};

use super::{CORE, FuncId, own_walk, table};
use crate::data::Column;
use crate::kernel::{Exhausted, Kernel, SILENT, Step, Stepped, seated};
use crate::spec::{Built, Cost};
use crate::talib::Lent;

/// A walk of whole columns of our own, where it is faster than the crate's and answers the same to the last bit; false where
/// it does not know the parameters. It is given the inputs, the parameters and the outputs.
pub(super) type Walk = fn(&[&[f64]], &[f64], &mut [Column]) -> bool;

/// Builds a kernel out of parameters; an error names the parameter and what it must be.
pub(super) type BuildFn = fn(&[f64]) -> Result<Built, (usize, String)>;

/// A line of the table.
pub(super) struct Entry {
    pub(super) id: FuncId,
    pub(super) cost: Cost,
    /// The crate's walk of whole columns; none where ours is the only one.
    pub(super) columns: Option<Columns>,
    /// What builds the function with the crate's stream; none where ours knows all parameters.
    pub(super) build: Option<BuildFn>,
}

/// A function of the `ta-lib` crate over whole columns.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) lookback: fn(&Core, &[f64]) -> Result<usize, RetCode>,
    /// Fills so many values of each output for the last ones of so many rows. It is given the inputs, the parameters, both
    /// numbers and the outputs.
    pub(super) walk: WalkFn,
}

type WalkFn = fn(&Core, &[&[f64]], &[f64], (usize, usize), &mut [Column]) -> Result<OutRange, RetCode>;

/// The stream of a function of the `ta-lib` crate.
pub(super) trait Stream: Clone + Send + Sync + 'static {
    fn open(core: &Core, inputs: &[Vec<f64>], parameters: &[f64], out: &mut [f64]) -> Result<Self, RetCode>;
    fn take(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), RetCode>;
    fn try_out(&self, row: &[f64], out: &mut [f64]) -> Result<(), RetCode>;
}

/// What a stream answers, spread over the outputs.
pub(super) trait Emit {
    fn emit(self, out: &mut [f64]);
}

macro_rules! emit {
    ($($ty:ty: $($value:ident)+;)*) => {
        $(impl Emit for $ty {
            #[inline]
            fn emit(self, out: &mut [f64]) {
                #[allow(unused_parens, reason = "a single value is no tuple")]
                let ($($value),+) = self;
                for (to, value) in out.iter_mut().zip([$(f64::from($value)),+]) {
                    *to = value;
                }
            }
        })*
    };
}
emit! {
    f64: a;
    i32: a;
    (f64, f64): a b;
    (i32, i32): a b;
    (f64, i32): a b;
    (f64, f64, f64): a b c;
    (f64, i32, i32): a b c;
    (f64, f64, f64, f64): a b c d;
}

pub(super) fn whole(value: f64) -> Result<i32, RetCode> {
    // The value was checked against the range of the parameter, which lies within `i32`.
    Ok(value as i32)
}

pub(super) fn number(value: f64) -> Result<f64, RetCode> {
    Ok(value)
}

pub(super) fn average(value: f64) -> Result<ta_lib::MAType, RetCode> {
    ta_lib::MAType::try_from(value as i32).map_err(|_| RetCode::BadParam)
}

/// A function with its parameters, over whole columns: by our own walk where there is one, by the crate's where there is not.
/// Copies of a kernel share it.
struct Whole {
    parameters: Vec<f64>,
    lookback: usize,
    own: Option<Walk>,
    crates: Columns,
}

impl Whole {
    fn new(id: FuncId, parameters: &[f64]) -> Result<Arc<Whole>, (usize, String)> {
        // What passes the ranges and is refused nonetheless is a combination; it is told of the last parameter.
        let last = parameters.len().saturating_sub(1);
        let expected = match id {
            FuncId::FRAMA => "an even number, as its window has two halves",
            _ => "such that TA-Lib accepts it together with the other parameters",
        };
        let refused = || (last, expected.to_owned());
        let crates = table::columns(id).ok_or_else(refused)?;
        let lookback = (crates.lookback)(&CORE, parameters).map_err(|_| refused())?;
        Ok(Arc::new(Whole { parameters: parameters.to_vec(), lookback, own: own_walk(id), crates }))
    }

    fn walk(&self, inputs: &[&[f64]], rows: usize, out: &mut [Column]) -> Result<(), Exhausted> {
        if self.own.is_some_and(|walk| walk(inputs, &self.parameters, out)) {
            return Ok(());
        }
        let len = rows - self.lookback;
        let walked = (self.crates.walk)(&CORE, inputs, &self.parameters, (rows, len), out);
        let range = walked.map_err(|_| Exhausted)?;
        debug_assert_eq!((range.beg_idx, range.count), (self.lookback, len), "the lookback is exact");
        Ok(())
    }
}

/// The rows before a stream can open.
#[derive(Clone)]
struct History {
    columns: Vec<Vec<f64>>,
    lookback: usize,
}

impl History {
    /// Takes a row in, and has no answer to it.
    #[inline(never)]
    fn push(&mut self, row: &[f64], out: &mut [f64]) {
        self.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(*value));
        out.fill(SILENT);
    }

    #[inline(never)]
    fn pop(&mut self) {
        self.columns.iter_mut().for_each(|column| column.truncate(column.len() - 1));
    }

    #[inline(never)]
    fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
    }

    /// Whether a stream can open.
    fn is_whole(&self) -> bool {
        self.columns.first().is_some_and(|it| it.len() > self.lookback)
    }
}

/// A function as a kernel: rows are gathered until the stream can open, which is when the first value is there.
#[derive(Clone)]
pub(super) struct Bound<S> {
    whole: Arc<Whole>,
    history: History,
    stream: Option<S>,
}

pub(super) fn build<S: Stream, const I: usize, const O: usize>(
    id: FuncId,
    parameters: &[f64],
) -> Result<Built, (usize, String)> {
    let kernel = Bound::<S>::new::<I>(id, parameters)?;
    let lookback = kernel.lookback();
    Ok((seated::<_, I, O>(kernel), vec![lookback; O]))
}

impl<S: Stream> Bound<S> {
    pub(super) fn new<const I: usize>(id: FuncId, parameters: &[f64]) -> Result<Bound<S>, (usize, String)> {
        let whole = Whole::new(id, parameters)?;
        let history = History { columns: vec![Vec::new(); I], lookback: whole.lookback };
        Ok(Bound { whole, history, stream: None })
    }

    /// The rows before the first value.
    pub(super) fn lookback(&self) -> usize {
        self.whole.lookback
    }

    fn open(&self, out: &mut [f64]) -> Result<S, Exhausted> {
        S::open(&CORE, &self.history.columns, &self.whole.parameters, out).map_err(|_| Exhausted)
    }

    /// A row before there is a stream: with the last of the lookback it opens.
    #[cold]
    fn begin(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), Exhausted> {
        if !row.iter().all(|x| x.is_finite()) {
            return Err(Exhausted);
        }
        self.history.push(row, out);
        if self.history.is_whole() {
            self.stream = Some(self.open(out)?);
            self.history.clear();
        }
        Ok(())
    }

    /// What [`Bound::begin`] would answer.
    #[cold]
    fn try_beginning(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), Exhausted> {
        self.history.push(row, out);
        let opened = if self.history.is_whole() { self.open(out).map(|_| ()) } else { Ok(()) };
        self.history.pop();
        opened
    }
}

impl<S: Stream, const I: usize, const O: usize> Kernel<I, O> for Bound<S> {
    // The crate's stream does.
    const LOOKS: bool = true;

    #[inline]
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        match &mut self.stream {
            Some(stream) => stream.take(&row, out).map_err(|_| Exhausted),
            None => self.begin(&row, out),
        }
    }

    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        match &self.stream {
            Some(stream) => stream.try_out(&row, out).map_err(|_| Exhausted),
            None => self.try_beginning(&row, out),
        }
    }

    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        _: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        self.whole.walk(inputs, rows, out)
    }
}

/// A stream of our own beside a walk of whole columns, which answer the same to the last bit; where they would not, the stream
/// walks the columns too.
#[derive(Clone)]
struct Live<S, const I: usize, const O: usize> {
    stream: Stepped<S, I, O>,
    whole: Arc<Whole>,
}

pub(super) fn live<S: Step<I, O>, const I: usize, const O: usize>(
    id: FuncId,
    step: S,
    parameters: &[f64],
) -> Result<Built, (usize, String)> {
    let whole = Whole::new(id, parameters)?;
    let lookback = whole.lookback;
    let kernel = Live::<S, I, O> { stream: Stepped::new(step, [lookback; O]), whole };
    Ok((seated(kernel), vec![lookback; O]))
}

impl<S: Step<I, O>, const I: usize, const O: usize> Kernel<I, O> for Live<S, I, O> {
    const WARMS: bool = S::WARMS;

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn warm<const ASKED: bool>(&mut self, row: [f64; I]) -> Option<[f64; O]> {
        self.stream.warm::<ASKED>(row)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        self.stream.push(row, out)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "it is a call already")]
    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        self.stream.peek(row, out)
    }

    fn pass(&mut self) {
        self.stream.pass();
    }

    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        lent: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        if S::WALKS { self.stream.batch(inputs, rows, lent, out) } else { self.whole.walk(inputs, rows, out) }
    }
}

/// One line for each function: its name and how its cost grows; then, where the crate walks its columns, the crate's methods,
/// (inputs), (parameters) and (outputs); then, where the crate streams it, what opens the stream and its type.
macro_rules! bind {
    ($($id:ident $cost:ident $($batch:ident $lookback:ident $in:tt $p:tt $out:tt $($open:ident $stream:ident)?)?;)*) => {
        $($($(bind! { @stream $open $stream $in $p })?)?)*

        /// In TA-Lib's order.
        pub(super) static ENTRIES: &[Entry] = &[$(Entry {
            id: FuncId::$id,
            cost: Cost::$cost,
            columns: bind!(@columns $($batch $lookback $in $p $out)?),
            build: bind!(@build $id $($($stream $in $out)?)?),
        }),*];
    };
    (@stream $open:ident $stream:ident ($($in:ident)+) ($($p:ident : $kind:ident)*)) => {
        impl Stream for ta_lib::$stream {
            fn open(core: &Core, inputs: &[Vec<f64>], parameters: &[f64], out: &mut [f64]) -> Result<Self, RetCode> {
                let &[$($p),*] = parameters else { return Err(RetCode::BadParam) };
                let [$($in),+] = inputs else { return Err(RetCode::BadParam) };
                let (stream, value) = core.$open($($in,)+ $($kind($p)?),*)?;
                value.emit(out);
                Ok(stream)
            }

            #[inline]
            fn take(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), RetCode> {
                let &[$($in),+] = row else { return Err(RetCode::BadParam) };
                self.update($($in),+)?.emit(out);
                Ok(())
            }

            #[inline]
            fn try_out(&self, row: &[f64], out: &mut [f64]) -> Result<(), RetCode> {
                let &[$($in),+] = row else { return Err(RetCode::BadParam) };
                self.peek($($in),+)?.emit(out);
                Ok(())
            }
        }
    };
    (@columns) => { None };
    (@columns $batch:ident $lookback:ident ($($in:ident)+) ($($p:ident : $kind:ident)*) ($($out:ident : $values:ident)+)) => {
        Some(Columns {
            lookback: |core, parameters| {
                let &[$($p),*] = parameters else { return Err(RetCode::BadParam) };
                core.$lookback($($kind($p)?),*)
            },
            walk: |core, inputs, parameters, (rows, len), out| {
                let &[$($p),*] = parameters else { return Err(RetCode::BadParam) };
                let &[$($in),+] = inputs else { return Err(RetCode::BadParam) };
                let [$($out),+] = out else { return Err(RetCode::BadParam) };
                core.$batch(0, rows - 1, $($in,)+ $($kind($p)?,)* $($out.values.$values(len)),+)
            },
        })
    };
    (@build $id:ident) => { None };
    (@build $id:ident $stream:ident ($($in:ident)+) ($($out:ident : $values:ident)+)) => {
        Some(|parameters| build::<
            ta_lib::$stream,
            { [$(stringify!($in)),+].len() },
            { [$(stringify!($out)),+].len() },
        >(FuncId::$id, parameters))
    };
}
pub(super) use bind;
