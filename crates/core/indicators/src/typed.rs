//! Indicators as types of their own, for a program that knows at compile time which it wants: the steps of the catalogue,
//! which the compiler sees through, so that one push is no call. Parameters and answers are those of the catalogue under the
//! same name.
//!
//! ```
//! use scalp_indicators::typed::{Macd, Sma};
//!
//! let mut sma = Sma::new(3)?;
//! assert_eq!(sma.push(1.0)?, None);
//! assert_eq!(sma.push(2.0)?, None);
//! assert_eq!(sma.push(3.0)?, Some(2.0));
//! assert!(sma.push(f64::NAN).is_err()); // refused, and without a trace
//! assert_eq!(sma.push(4.0)?, Some(3.0));
//!
//! let mut macd = Macd::new(12, 26, 9)?;
//! let last = (0..40).map(|i| macd.push(f64::from(i))).last();
//! assert!(matches!(last, Some(Ok(Some([_macd, _signal, _histogram])))));
//! assert!(Sma::new(0).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Asked once, at the door
//!
//! `push` takes bare numbers, and every indicator asks anew whether they are finite. A program with many indicators asks once,
//! when it makes a [`Value`] or a [`Bar`] of them, and `take` asks nothing more: warm-up is its only `None`, and the indicators
//! without one (`AD`, `BOP`, `HA`, `MEDPRICE`, `OBV`, `TYPPRICE`, `VWAP`, `WCLPRICE`) answer bare numbers. The answers are those of
//! `push`, to the last bit, and always finite. Only `EXP` and `COSH` above 709, `LN` of nothing or less, `ASIN` and `ACOS`
//! of more than one, and `VWMA` where nothing has traded in its window are silent later, too. (An indicator that has taken in a bare number beyond the bounds of a `Value` by
//! `push` may go on with a sum that is not finite, and `take` does not look for it.)
//!
//! ```
//! use scalp_indicators::typed::{Medprice, Sma, Value, Bar};
//!
//! let bar = Bar::new(10.0, 12.0, 9.0, 11.0, 500.0)?; // an error names the column
//! assert_eq!(Medprice::new()?.take(&bar), 10.5);
//! assert_eq!(Sma::new(1)?.take(bar.close()), Some(11.0));
//! assert_eq!(Sma::new(2)?.take(Value::new(11.0)?), None); // of a single number, and not warm yet
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A clone tries out a row that is not finished. Functions that go through the crate `ta-lib` are not here; the catalogue has
//! them.

use std::hint::cold_path;

use crate::data::Schema;
use crate::error::Error;
use crate::indicator::Indicator;
use crate::kernel::{SILENT, Step, are_finite};

pub use crate::own::averages::Swma;
pub use crate::own::bands::KeltnerEma;
pub use crate::own::flow::Eom;
pub use crate::talib::live::*;
pub use crate::value::{Bar, Unfit, Value};

/// A row was refused, because the input named is not finite. Nothing has changed by it, but that the numbers of rows count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite {
    /// The input, as [`Spec::inputs`](crate::Spec::inputs) names it.
    pub input: &'static str,
}

impl std::fmt::Display for NotFinite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is not finite", self.input)
    }
}

impl std::error::Error for NotFinite {}

/// The parameters, if the catalogue takes them.
pub(crate) fn checked(name: &str, parameters: &[f64]) -> Result<Vec<f64>, Error> {
    let written: Vec<String> = parameters.iter().map(f64::to_string).collect();
    let built = Indicator::parse(&format!("{name}({})", written.join(",")), &Schema::ohlcv())?;
    Ok(built.arguments().to_vec())
}

/// Steps, if all inputs are finite; the answer is whole or it is none.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the whole of a push is one function")]
pub(crate) fn push<S: Step<I, O>, const I: usize, const O: usize>(
    step: &mut S,
    row: [f64; I],
    names: &'static [&'static str; I],
) -> Result<Option<[f64; O]>, NotFinite> {
    if let Some(out) = step.warm::<false>(row) {
        return Ok(Some(out));
    }
    if S::WARMS {
        // Seen through and not a call, which would take the state along, and that would then live in memory.
        cold_path();
    }
    if !are_finite(&row) {
        step.pass();
        return Err(refusal(row, names));
    }
    let mut out = [SILENT; O];
    step.step(row, &mut out);
    Ok(are_finite(&out).then_some(out))
}

/// Steps a row that has been asked at the door; what has no value is NaN.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the whole of a push is one function")]
pub(crate) fn sure<S: Step<I, O>, const I: usize, const O: usize>(step: &mut S, row: [f64; I]) -> [f64; O] {
    if let Some(out) = step.warm::<true>(row) {
        return out;
    }
    if S::WARMS {
        cold_path();
    }
    let mut out = [SILENT; O];
    step.step(row, &mut out);
    out
}

/// Steps a row that has been asked at the door; the answer is whole or it is none.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the whole of a push is one function")]
pub(crate) fn take<S: Step<I, O>, const I: usize, const O: usize>(
    step: &mut S,
    row: [f64; I],
) -> Option<[f64; O]> {
    if let Some(out) = step.warm::<true>(row) {
        return Some(out);
    }
    if S::WARMS {
        cold_path();
    }
    let mut out = [SILENT; O];
    step.step(row, &mut out);
    are_finite(&out).then_some(out)
}

#[cold]
fn refusal<const I: usize>(row: [f64; I], names: &'static [&'static str; I]) -> NotFinite {
    let place = row.iter().position(|x| !x.is_finite()).unwrap_or(0);
    NotFinite { input: names[place] }
}

/// Declares types around steps: name, name in the catalogue, step, how it is made of parameters, (inputs), (parameters, and
/// those that are fixed), the number of outputs; `sure`, if there are always answers.
macro_rules! typed {
    ($($name:ident $text:literal $step:ty = $make:expr; ($($in:ident)+) ($($p:ident: $ty:ident)* $(; $fixed:literal)?) -> $o:tt $($sure:ident)?;)*) => {$(
        #[doc = concat!("`", $text, "` of the catalogue.")]
        #[derive(Clone)]
        pub struct $name {
            step: $step,
        }

        impl $name {
            /// A new one; an error where the catalogue refuses the parameters.
            #[allow(clippy::too_many_arguments, reason = "as many as the function has")]
            pub fn new($($p: $ty),*) -> Result<Self, Error> {
                let parameters = checked($text, &[$(f64::from($p),)* $($fixed)?])?;
                let make: fn(&[f64]) -> $step = $make;
                Ok($name { step: make(&parameters) })
            }

            /// Takes a finished row in and answers for it: none while it is warming up, and where the formula has no
            /// finite value. After an error it is as before.
            #[inline(always)]
            #[allow(clippy::inline_always, reason = "a push is no call, wherever and however often it is written")]
            pub fn push(&mut self, $($in: f64),+) -> Result<Option<typed!(@answer $o)>, NotFinite> {
                let out: Option<[f64; $o]> = push(&mut self.step, [$($in),+], &[$(stringify!($in)),+])?;
                Ok(typed!(@spoken $o, out))
            }

            typed!(@take ($($in)+) $o $($sure)?);
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
    (@take (real) $o:tt) => {
        typed!(@said [real: Value] [real.get()] $o);
    };
    (@take (real volume) $o:tt) => {
        typed!(@said [real: Value, volume: Value] [real.get(), volume.get()] $o);
    };
    (@take ($($in:ident)+) $o:tt sure) => {
        /// As [`push`](Self::push), of a bar that has been looked at: asks nothing, and always answers.
        #[inline(always)]
        #[allow(clippy::inline_always, reason = "a push is no call, wherever and however often it is written")]
        pub fn take(&mut self, bar: &Bar) -> typed!(@answer $o) {
            let out: [f64; $o] = sure(&mut self.step, [$(bar.$in().get()),+]);
            typed!(@bare $o, out)
        }
    };
    (@take ($($in:ident)+) $o:tt) => {
        typed!(@said [bar: &Bar] [$(bar.$in().get()),+] $o);
    };
    (@said [$($given:tt)+] [$($value:expr),+] $o:tt) => {
        /// As [`push`](Self::push), of what has been looked at: asks nothing, and is silent while it is warming up.
        #[inline(always)]
        #[allow(clippy::inline_always, reason = "a push is no call, wherever and however often it is written")]
        pub fn take(&mut self, $($given)+) -> Option<typed!(@answer $o)> {
            let out: Option<[f64; $o]> = take(&mut self.step, [$($value),+]);
            typed!(@spoken $o, out)
        }
    };
    (@bare 1, $out:ident) => { $out[0] };
    (@bare $o:tt, $out:ident) => { $out };
    (@answer 1) => { f64 };
    (@answer $o:tt) => { [f64; $o] };
    (@spoken 1, $out:ident) => { $out.map(|[it]| it) };
    (@spoken $o:tt, $out:ident) => { $out };
}
pub(crate) use typed;
