//! Binds a function of the `ta-lib` crate, with its stream, to a kernel.

use std::marker::PhantomData;

use ta_lib::{Core, OutRange, RetCode};

use super::{CORE, FuncId, own_walk};
use crate::data::Column;
use crate::kernel::{Exhausted, Kernel, SILENT, Step, Stepped, seated};
use crate::spec::Built;

/// A walk of whole columns of our own, where it is faster than the crate's and answers the same to the last bit; false where
/// it does not know the parameters. It is given the inputs, the parameters and the outputs.
pub(super) type Walk = fn(&[&[f64]], &[f64], &mut [Column]) -> bool;

/// Builds a kernel out of parameters; an error names the parameter and what it must be.
pub(super) type BuildFn = fn(&[f64]) -> Result<Built, (usize, String)>;

/// A function of the `ta-lib` crate, by the type of its stream.
pub(super) trait Function: Clone + Send + Sync + 'static {
    fn lookback(core: &Core, parameters: &[f64]) -> Result<usize, RetCode>;
    fn open(core: &Core, inputs: &[Vec<f64>], parameters: &[f64], out: &mut [f64]) -> Result<Self, RetCode>;
    fn take(&mut self, row: &[f64], out: &mut [f64]) -> Result<(), RetCode>;
    fn try_out(&self, row: &[f64], out: &mut [f64]) -> Result<(), RetCode>;
    /// Fills `len` values of each output for the last `len` of `rows` rows.
    fn walk(
        core: &Core,
        inputs: &[&[f64]],
        parameters: &[f64],
        rows: usize,
        len: usize,
        out: &mut [Column],
    ) -> Result<OutRange, RetCode>;
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

/// A function as a kernel: rows are gathered until the stream can open, which is when the first value is there.
struct Bound<S, const I: usize> {
    parameters: Vec<f64>,
    lookback: usize,
    history: [Vec<f64>; I],
    stream: Option<S>,
    walk: Option<Walk>,
}

impl<S: Clone, const I: usize> Clone for Bound<S, I> {
    fn clone(&self) -> Self {
        Bound {
            parameters: self.parameters.clone(),
            lookback: self.lookback,
            history: self.history.clone(),
            stream: self.stream.clone(),
            walk: self.walk,
        }
    }
}

fn lookback<S: Function>(parameters: &[f64]) -> Result<usize, (usize, String)> {
    // What passes the ranges and is refused nonetheless is a combination; it is told of the last parameter.
    let last = parameters.len().saturating_sub(1);
    let refused = |_| (last, "such that TA-Lib accepts it together with the other parameters".to_owned());
    S::lookback(&CORE, parameters).map_err(refused)
}

pub(super) fn build<S: Function, const I: usize, const O: usize>(
    parameters: &[f64],
    walk: Option<Walk>,
) -> Result<Built, (usize, String)> {
    let lookback = lookback::<S>(parameters)?;
    let kernel = Bound::<S, I> {
        parameters: parameters.to_vec(),
        lookback,
        history: [const { Vec::new() }; I],
        stream: None,
        walk,
    };
    Ok((seated::<_, I, O>(kernel), vec![lookback; O]))
}

impl<S: Function, const I: usize> Bound<S, I> {
    fn rows(&self) -> usize {
        self.history.first().map_or(0, Vec::len)
    }

    fn remember(&mut self, row: [f64; I]) {
        self.history.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    /// A row before there is a stream: with the last of the lookback it opens.
    #[cold]
    fn begin(&mut self, row: [f64; I], out: &mut [f64]) -> Result<(), Exhausted> {
        self.remember(row);
        if self.rows() <= self.lookback {
            out.fill(SILENT);
            return Ok(());
        }
        self.stream = Some(S::open(&CORE, &self.history, &self.parameters, out).map_err(|_| Exhausted)?);
        self.history.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}

impl<S: Function, const I: usize, const O: usize> Kernel<I, O> for Bound<S, I> {
    #[inline]
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        match &mut self.stream {
            Some(stream) => stream.take(&row, out).map_err(|_| Exhausted),
            None => self.begin(row, out),
        }
    }

    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        if let Some(stream) = &self.stream {
            return stream.try_out(&row, out).map_err(|_| Exhausted);
        }
        if self.rows() < self.lookback {
            out.fill(SILENT);
            return Ok(());
        }
        self.remember(row);
        let answer = S::open(&CORE, &self.history, &self.parameters, out);
        self.history.iter_mut().for_each(|column| column.truncate(column.len() - 1));
        answer.map(|_| ()).map_err(|_| Exhausted)
    }

    fn reset(&mut self) {
        self.stream = None;
        self.history.iter_mut().for_each(Vec::clear);
    }

    fn batch(&self, inputs: &[&[f64]], rows: usize, out: &mut [Column]) -> Result<(), Exhausted> {
        columns::<S>((self.lookback, &self.parameters, self.walk), inputs, rows, out)
    }
}

/// Walks whole columns, by our own loop where there is one.
fn columns<S: Function>(
    (lookback, parameters, walk): (usize, &[f64], Option<Walk>),
    inputs: &[&[f64]],
    rows: usize,
    out: &mut [Column],
) -> Result<(), Exhausted> {
    if walk.is_some_and(|walk| walk(inputs, parameters, out)) {
        return Ok(());
    }
    let len = rows - lookback;
    let range = S::walk(&CORE, inputs, parameters, rows, len, out).map_err(|_| Exhausted)?;
    debug_assert_eq!((range.beg_idx, range.count), (lookback, len), "the lookback is exact");
    Ok(())
}

/// A stream of our own beside the crate's walk of whole columns, which answer the same to the last bit; where they do not,
/// the stream walks the columns too.
struct Live<F, S, const I: usize, const O: usize> {
    stream: Stepped<S, I, O>,
    parameters: Vec<f64>,
    lookback: usize,
    walk: Option<Walk>,
    function: PhantomData<F>,
}

impl<F, S: Step<I, O>, const I: usize, const O: usize> Clone for Live<F, S, I, O> {
    fn clone(&self) -> Self {
        Live {
            stream: self.stream.clone(),
            parameters: self.parameters.clone(),
            lookback: self.lookback,
            walk: self.walk,
            function: PhantomData,
        }
    }
}

pub(super) fn live<F: Function, S: Step<I, O>, const I: usize, const O: usize>(
    id: FuncId,
    step: S,
    parameters: &[f64],
) -> Result<Built, (usize, String)> {
    let lookback = lookback::<F>(parameters)?;
    let kernel = Live::<F, S, I, O> {
        stream: Stepped::new(step, [lookback; O]),
        parameters: parameters.to_vec(),
        lookback,
        walk: own_walk(id),
        function: PhantomData,
    };
    Ok((seated(kernel), vec![lookback; O]))
}

impl<F: Function, S: Step<I, O>, const I: usize, const O: usize> Kernel<I, O> for Live<F, S, I, O> {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn warm(&mut self, row: [f64; I]) -> Option<[f64; O]> {
        self.stream.warm(row)
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        self.stream.push(row, out)
    }

    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        self.stream.peek(row, out)
    }

    fn reset(&mut self) {
        Kernel::<I, O>::reset(&mut self.stream);
    }

    fn batch(&self, inputs: &[&[f64]], rows: usize, out: &mut [Column]) -> Result<(), Exhausted> {
        if S::WALKS && self.walk.is_none() {
            return self.stream.batch(inputs, rows, out);
        }
        columns::<F>((self.lookback, &self.parameters, self.walk), inputs, rows, out)
    }
}

/// One line for each function: its name, its methods, its stream, its inputs, its parameters and its outputs.
macro_rules! bind {
    ($($id:ident $cost:ident $batch:ident $lookback:ident $open:ident $stream:ident
        ($($in:ident)+) ($($p:ident : $kind:ident)*) ($($out:ident : $values:ident)+);)*) => {
        $(impl Function for ta_lib::$stream {
            fn lookback(core: &Core, parameters: &[f64]) -> Result<usize, RetCode> {
                let &[$($p),*] = parameters else { return Err(RetCode::BadParam) };
                core.$lookback($($kind($p)?),*)
            }

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

            fn walk(
                core: &Core,
                inputs: &[&[f64]],
                parameters: &[f64],
                rows: usize,
                len: usize,
                out: &mut [Column],
            ) -> Result<OutRange, RetCode> {
                let &[$($p),*] = parameters else { return Err(RetCode::BadParam) };
                let &[$($in),+] = inputs else { return Err(RetCode::BadParam) };
                let [$($out),+] = out else { return Err(RetCode::BadParam) };
                core.$batch(0, rows - 1, $($in,)+ $($kind($p)?,)* $($out.values.$values(len)),+)
            }
        })*

        /// Each function with its cost and what builds it.
        pub(super) const ENTRIES: &[(FuncId, Cost, BuildFn)] = &[
            $((FuncId::$id, Cost::$cost, |parameters| build::<
                ta_lib::$stream,
                { [$(stringify!($in)),+].len() },
                { [$(stringify!($out)),+].len() },
            >(parameters, own_walk(FuncId::$id)))),*
        ];
    };
}
pub(super) use bind;
