//! Streams of our own for TA-Lib's functions: the crate's own are a call away and check each value again. Where the arithmetic
//! is TA-Lib's in TA-Lib's order, whole columns are walked by the crate; where it is not, by the step or a walk of our own.

use super::FuncId;
use super::bind::{BuildFn, live};
use super::steps::*;
use super::transforms::{Arccosine, Arcsine, Cosine, Exponential, Logarithm};
use super::windows::Stochastic;
use crate::error::Error;
use crate::highest::{Channel, Highest};
use crate::kernel::{Stepped, seated};
use crate::spec::Built;
use crate::typed::{Bar, NotFinite, Value, checked, push, sure, take, typed};
/// Each function with a stream of our own: its type, its name, the step and how it is made of the
/// parameters, (inputs), (parameters), the number of outputs; `sure`, if there are always answers.
macro_rules! live {
    ($($name:ident $id:ident $text:literal $step:ty = $make:expr; ($($in:ident)+) ($($p:ident: $ty:ident)*) -> $o:tt $($sure:ident)?;)*) => {
        /// What builds the function with a stream of our own, if it is here.
        pub(super) fn build(id: FuncId) -> Option<BuildFn> {
            let build: BuildFn = match id {
                $(FuncId::$id => |p| {
                    let make: fn(&[f64]) -> $step = $make;
                    live::<$step, { [$(stringify!($in)),+].len() }, $o>(FuncId::$id, make(p), p)
                },)*
                _ => return None,
            };
            Some(build)
        }

        typed! { $($name $text $step = $make; ($($in)+) ($($p: $ty)*) -> $o $($sure)?;)* }
    };
}

live! {
    Sma SMA "SMA" Rolling<true, true> = Rolling::new; (real) (timeperiod: u32) -> 1;
    Sum SUM "SUM" Rolling<false, true> = Rolling::new; (real) (timeperiod: u32) -> 1;
    Mom MOM "MOM" Change<MOM> = Change::new; (real) (timeperiod: u32) -> 1;
    Roc ROC "ROC" Change<ROC> = Change::new; (real) (timeperiod: u32) -> 1;
    Rocp ROCP "ROCP" Change<ROCP> = Change::new; (real) (timeperiod: u32) -> 1;
    Rocr ROCR "ROCR" Change<ROCR> = Change::new; (real) (timeperiod: u32) -> 1;
    Rocr100 ROCR100 "ROCR100" Change<ROCR100> = Change::new; (real) (timeperiod: u32) -> 1;
    Max MAX "MAX" Largest = |p| Largest(Highest::new(p[0] as usize)); (real) (timeperiod: u32) -> 1;
    Min MIN "MIN" Smallest = |p| Smallest(Highest::new(p[0] as usize)); (real) (timeperiod: u32) -> 1;
    Midpoint MIDPOINT "MIDPOINT" Middle = |p| Middle(Channel::new(p[0] as usize)); (real) (timeperiod: u32) -> 1;
    Midprice MIDPRICE "MIDPRICE" Middle = |p| Middle(Channel::new(p[0] as usize)); (high low) (timeperiod: u32) -> 1;
    Donchian DONCHIAN "DONCHIAN" Edges = |p| Edges(Channel::new(p[0] as usize)); (high low) (timeperiod: u32) -> 3;
    Willr WILLR "WILLR" Williams = |p| Williams(Channel::new(p[0] as usize)); (high low close) (timeperiod: u32) -> 1;
    Aroon AROON "AROON" Places = |p| Places::new(p[0]); (high low) (timeperiod: u32) -> 2;
    Aroonosc AROONOSC "AROONOSC" Places = |p| Places::new(p[0]); (high low) (timeperiod: u32) -> 1;
    Ha HA "HA" HeikinAshi = |_| HeikinAshi::new(); (open high low close) () -> 4 sure;
    Obv OBV "OBV" OnBalance = |_| OnBalance::new(); (close volume) () -> 1 sure;
    Ad AD "AD" Accumulation = |_| Accumulation { sum: 0.0 }; (high low close volume) () -> 1 sure;
    Cmf CMF "CMF" ChaikinFlow = |p| ChaikinFlow::new(p[0]); (high low close volume) (timeperiod: u32) -> 1;
    Er ER "ER" Efficiency = |p| Efficiency::new(p[0]); (real) (timeperiod: u32) -> 1;
    Kama KAMA "KAMA" Adaptive = |p| Adaptive::new(p[0]); (real) (timeperiod: u32) -> 1;
    Dpo DPO "DPO" Detrended = Detrended::new; (real) (timeperiod: u32) -> 1;
    Sar SAR "SAR" Parabolic = Parabolic::new; (high low) (acceleration: f64 maximum: f64) -> 1;
    Supertrend SUPERTREND "SUPERTREND" Trend = Trend::new; (high low close) (timeperiod: u32 multiplier: f64) -> 2;
    Maxindex MAXINDEX "MAXINDEX" Index<1> = |p| Index::new(p[0]); (real) (timeperiod: u32) -> 1;
    Minindex MININDEX "MININDEX" Index<0> = |p| Index::new(p[0]); (real) (timeperiod: u32) -> 1;
    Exp EXP "EXP" Exponential = |_| Exponential; (real) () -> 1;
    Cosh COSH "COSH" Cosine = |_| Cosine; (real) () -> 1;
    Asin ASIN "ASIN" Arcsine = |_| Arcsine; (real) () -> 1;
    Acos ACOS "ACOS" Arccosine = |_| Arccosine; (real) () -> 1;
    Ln LN "LN" Logarithm = |_| Logarithm; (real) () -> 1;
    Kc KC "KC" Keltner<1> = Keltner::<1>::typical; (high low close) (timeperiod: u32 atrperiod: u32 nbdev: f64) -> 3;
    Kst KST "KST" SureThing = SureThing::new; (real) (roc1period: u32 roc2period: u32 roc3period: u32 roc4period: u32 sma1period: u32 sma2period: u32 sma3period: u32 sma4period: u32 signalperiod: u32) -> 2;
    Adosc ADOSC "ADOSC" FlowOscillator = FlowOscillator::new; (high low close volume) (fastperiod: u32 slowperiod: u32) -> 1;
    Trange TRANGE "TRANGE" TrueRange = |_| TrueRange::default(); (high low close) () -> 1;
    Bop BOP "BOP" BalanceOfPower = |_| BalanceOfPower; (open high low close) () -> 1 sure;
    Medprice MEDPRICE "MEDPRICE" Median = |_| Median; (high low) () -> 1 sure;
    Typprice TYPPRICE "TYPPRICE" Typical = |_| Typical; (high low close) () -> 1 sure;
    Wclprice WCLPRICE "WCLPRICE" Weighted = |_| Weighted; (high low close) () -> 1 sure;
    Ema EMA "EMA" Smooth<true> = |p| Smooth::exponential(p[0]); (real) (timeperiod: u32) -> 1;
    Dema DEMA "DEMA" Dema2 = |p| Dema2(Chain::exponential(p)); (real) (timeperiod: u32) -> 1;
    Tema TEMA "TEMA" Tema3 = |p| Tema3(Chain::exponential(p)); (real) (timeperiod: u32) -> 1;
    Rma RMA "RMA" Smooth<true> = |p| Smooth::wilder(p[0]); (real) (timeperiod: u32) -> 1;
    Macd MACD "MACD" Divergence = Divergence::new; (real) (fastperiod: u32 slowperiod: u32 signalperiod: u32) -> 3;
    Atr ATR "ATR" AverageRange<false> = AverageRange::new; (high low close) (timeperiod: u32) -> 1;
    Natr NATR "NATR" AverageRange<true> = AverageRange::new; (high low close) (timeperiod: u32) -> 1;
    Var VAR "VAR" Variance = |p| Variance::new(p[0]); (real) (timeperiod: u32 nbdev: f64) -> 1;
    Stddev STDDEV "STDDEV" Deviation = Deviation::new; (real) (timeperiod: u32 nbdev: f64) -> 1;
    Wma WMA "WMA" Linear = |p| Linear::new(p[0]); (real) (timeperiod: u32) -> 1;
    Mfi MFI "MFI" MoneyFlow = |p| MoneyFlow::new(p[0]); (high low close volume) (timeperiod: u32) -> 1;
    Vwma VWMA "VWMA" VolumeWeighted = |p| VolumeWeighted::new(p); (real volume) (timeperiod: u32) -> 1;
    Linearreg LINEARREG "LINEARREG" Regression = |p| Regression::new(p[0]); (real) (timeperiod: u32) -> 1;
    PlusDm PLUS_DM "PLUS_DM" Moves<true> = |p| Moves::new(p[0]); (high low) (timeperiod: u32) -> 1;
    MinusDm MINUS_DM "MINUS_DM" Moves<false> = |p| Moves::new(p[0]); (high low) (timeperiod: u32) -> 1;
    Dx DX "DX" Directional<DX> = |p| Directional::new(p[0]); (high low close) (timeperiod: u32) -> 1;
    PlusDi PLUS_DI "PLUS_DI" Directional<PLUS> = |p| Directional::new(p[0]); (high low close) (timeperiod: u32) -> 1;
    Trima TRIMA "TRIMA" Triangle = Triangle::new; (real) (timeperiod: u32) -> 1;
    Vidya VIDYA "VIDYA" Dynamic = Dynamic::new; (real) (timeperiod: u32 cmoperiod: u32) -> 1;
    Hma HMA "HMA" Hull = |p| Hull::new(p[0]); (real) (timeperiod: u32) -> 1;
    Smi SMI "SMI" MomentumIndex = MomentumIndex::new; (high low close) (timeperiod: u32 fastperiod: u32 slowperiod: u32 signalperiod: u32) -> 2;
    Adr ADR "ADR" Ranges = Ranges::new; (high low) (timeperiod: u32) -> 1;
    Vwap VWAP "VWAP" SinceFirst = |_| SinceFirst::default(); (high low close volume) () -> 1 sure;
    MinusDi MINUS_DI "MINUS_DI" Directional<MINUS> = |p| Directional::new(p[0]); (high low close) (timeperiod: u32) -> 1;
}

typed! {
    Bbands "BBANDS" Bollinger = Bollinger::new; (real) (timeperiod: u32 nbdevup: f64 nbdevdn: f64; 0.0) -> 3;
    Rsi "RSI" Strength = Strength::new; (real) (timeperiod: u32) -> 1;
    Ppo "PPO" Percentage = Percentage::new; (real) (fastperiod: u32 slowperiod: u32; 1.0) -> 1;
    Cci "CCI" CommodityChannel = |p| CommodityChannel::new(p[0]); (high low close) (timeperiod: u32) -> 1;
    Avgdev "AVGDEV" AverageDeviation = |p| AverageDeviation::new(p[0]); (real) (timeperiod: u32) -> 1;
    Stochf "STOCHF" Stochastic<2> = Stochastic::fast; (high low close) (fastk_period: u32 fastd_period: u32; 0.0) -> 2;
}

/// The relative strength, of which the crate gives another answer for a price that never moved.
pub(super) fn strength(p: &[f64]) -> Result<Built, (usize, String)> {
    Ok((seated(Stepped::new(Strength::new(p), [p[0] as usize])), vec![p[0] as usize]))
}

/// The difference of exponential averages in per cent.
pub(super) fn percentage(p: &[f64]) -> Result<Built, (usize, String)> {
    if p[2].to_bits() != 1.0_f64.to_bits() {
        return Err((2, "an exponential average".to_owned()));
    }
    live::<_, 1, 1>(FuncId::PPO, Percentage::new(p), p)
}

/// The rows of both extremes.
pub(super) fn extreme_rows(p: &[f64]) -> Result<Built, (usize, String)> {
    live::<_, 1, 2>(FuncId::MINMAXINDEX, ExtremeRows::new(p[0]), p)
}

/// The legs between turns of a given size.
pub(super) fn legs(p: &[f64]) -> Result<Built, (usize, String)> {
    live::<_, 2, 3>(FuncId::ZIGZAG, Legs::new(p), p)
}

/// Klinger's oscillator, of which the crate takes rounding for a rise or a fall.
pub(super) fn klinger(p: &[f64]) -> Result<Built, (usize, String)> {
    live::<_, 4, 2>(FuncId::KVO, Klinger::new(p), p)
}

/// Bollinger's bands about the simple average.
pub(super) fn bollinger(p: &[f64]) -> Result<Built, (usize, String)> {
    if p[3].abs() > 0.0 {
        return Err((3, "a simple average".to_owned()));
    }
    live::<_, 1, 3>(FuncId::BBANDS, Bollinger::new(p), p)
}
