//! Technical analysis on columns and streams: indicators and candlestick patterns. Plain numbers in and out; no clock, no
//! file, no instrument.
//!
//! One shape for all. A [`Spec`] of the [`catalogue()`] says what an indicator is: name, parameters with defaults and
//! ranges, inputs, outputs, source. A text such as `RSI(14)` or `SMA(timeperiod=20, real=volume)` builds an [`Indicator`]
//! for the columns of a [`Schema`]; a list such as `RSI(14), BBANDS(20,2,2,0).upperband` builds a [`Set`]. The functions of
//! TA-Lib carry TA-Lib's names, parameter order and outputs.
//!
//! ```
//! use scalp_indicators::{Frame, Indicator, Schema};
//!
//! let schema = Schema::ohlcv();
//! let mut sma = Indicator::parse("SMA(3)", &schema)?;
//!
//! // Bar by bar: silent until warm.
//! let bar = |close: f64| [close, close + 1.0, close - 1.0, close, 10.0];
//! assert_eq!(sma.push(&bar(1.0))?.get(0), None);
//! assert_eq!(sma.push(&bar(2.0))?.get(0), None);
//! assert_eq!(sma.peek(&bar(6.0))?.get(0), Some(3.0)); // a bar that is not finished
//! assert_eq!(sma.push(&bar(3.0))?.get(0), Some(2.0));
//!
//! // Whole columns: the same numbers, to the last bit.
//! let column = [1.0, 2.0, 3.0];
//! let frame = Frame::new(&schema, &[&column, &column, &column, &column, &column])?;
//! assert_eq!(sma.batch(&frame)?[0].at(2), Some(2.0));
//! # Ok::<(), scalp_indicators::Error>(())
//! ```
//!
//! # What holds for every indicator
//!
//! Streaming equals batch to the last bit. A value at a bar depends on nothing after it. The first value comes exactly at
//! the lookback, and a warm row allocates nothing. A row that is not finite in a column that is read is refused and leaves
//! no trace but in the numbers of rows, so nothing after it is poisoned; over a [`Frame`] such rows are gaps. Absence is absence: where a formula has
//! no finite value (the logarithm of a negative number, a division by zero), the answer is none, never a number that is
//! not one. `tests/laws.rs` holds the whole catalogue to this.
//!
//! One limit: values are finite numbers of any size, and one so large that a square or a sum overflows (beyond about
//! 1e150) may silence a recursive indicator until it is reset. Prices are checked for sense before they come here.
//! Where zeros of both signs are the extreme of a window, it may be either of them.
//!
//! A row that is told by its number, as `MAXINDEX` does, is counted among all rows that came, also those that were
//! refused for a value. A stream that goes through the crate `ta-lib` ends after 100,000,001 rows with an error; reset
//! it then. Those with streams of our own do not end: all that TA-Lib lacks, and of TA-Lib the candlestick patterns but
//! the two of Hikkake, the Hilbert transform family and `MAMA`, `SMA`, `SUM`, `RSI`, `SMI`, `MOM` and the rates of
//! change, `CRSI`, `DOSC`, `MAX`, `MIN`, `MAXINDEX`, `MININDEX`, `MINMAXINDEX`, `ZIGZAG`, `KVO`, `MIDPOINT`, `MIDPRICE`, `DONCHIAN`,
//! `WILLR`, `AROON`, `AROONOSC`, `HA`, `OBV`, `AD`, `ADOSC`, `CMF`, `TRANGE`, `BOP`, `MEDPRICE`, `TYPPRICE`,
//! `WCLPRICE`, `AVGDEV`, `VHF`, `CCI`, `EMA`, `DEMA`, `TEMA`, `RMA`, `KAMA`, `MACD`, `KC`, `KST`, `DPO`, `SAR`,
//! `SUPERTREND`, `ATR`, `NATR`, `ADR`, `VAR`, `STDDEV`, `WMA`, `HMA`, `TRIMA`, `VWMA`, `VWAP`, `VIDYA`, `LINEARREG`,
//! `MFI`, `DX`, `PLUS_DI`, `MINUS_DI`, `PLUS_DM`, `MINUS_DM`, `EXP`, `LN`, `COSH`, `ASIN`, `ACOS`, `MEDIAN` of up to 64
//! rows, `PPO` on exponential averages, `BBANDS` and `MAVP` on simple ones, and `STOCHF`, `STOCH` and `KDJ` on these,
//! exponential ones or Wilder's. A frame longer than that is refused where the crate walks it.
//!
//! Of the catalogue 72 are also types, in [`typed`], for a program that knows at compile time what it wants: one push is then no
//! call, and of bars that were asked once at the door ([`typed::Bar`]) nothing is asked again.
//!
//! Shapes that repeat and shapes that are alone are found by the matrix profile, in [`profile`]. Chart patterns, harmonic
//! patterns and wave counts between turning points are in [`patterns`].
//!
//! # Where it differs from the C library
//!
//! All settings are TA-Lib's defaults, without an unstable period. `MININDEX`, `MAXINDEX` and `MINMAXINDEX` name the
//! later of two equal bars, the C library the earlier. Averages that are a running sum or an exponential one are added
//! in another order, and the stops (`SAR`, `SUPERTREND`) and `KVO` round a product before its sum; they agree to
//! rounding. `KVO` takes two sums of high, low and close for equal that differ by rounding alone, so that the unit of
//! the price changes nothing. Functions with a sine, a tangent or a decimal logarithm call the mathematics library of
//! the platform, so their last bit may differ between machines, as may what is built on them; `EXP`, `LN`, `COSH`,
//! `ASIN`, `ACOS`, those of the Hilbert transform and all that TA-Lib lacks call a pinned one.

mod catalogue;
mod data;
mod error;
mod formula;
mod highest;
mod indicator;
mod kernel;
mod look;
mod own;
pub mod patterns;
pub mod profile;
mod request;
mod scale;
mod set;
pub mod shape;
mod spec;
mod talib;
pub mod typed;
mod value;
mod window;

pub use catalogue::{catalogue, find, page};
pub use data::{Column, Frame, Schema, Values};
pub use error::{Error, Nearest, nearest};
pub use formula::NOTATION;
pub use indicator::{Answer, Indicator};
pub use request::Request;
pub use scale::Scale;
pub use set::Set;
pub use spec::{Cost, Family, Input, Output, Parameter, Range, Spec};
