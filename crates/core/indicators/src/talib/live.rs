//! Streams of our own for TA-Lib's functions: the crate's own are a call away and check each value again. Where the arithmetic
//! is TA-Lib's in TA-Lib's order, whole columns are walked by the crate; where it is not, by the step or a walk of our own.

use super::FuncId;
use super::bind::{BuildFn, live};
use super::steps::*;
use super::transforms::{Cosine, Exponential, Logarithm};
use super::windows::Stochastic;
use crate::error::Error;
use crate::kernel::{Stepped, seated};
use crate::spec::Built;
use crate::typed::{NotFinite, checked, push, typed};
use crate::window::{Channel, Highest};
/// Each function with a stream of our own: its type, its name, the crate's stream, the step and how it is made of the
/// parameters, (inputs), (parameters), the number of outputs.
macro_rules! live {
    ($($name:ident $id:ident $text:literal $stream:ident $step:ty = $make:expr; ($($in:ident)+) ($($p:ident: $ty:ident)*) -> $o:tt;)*) => {
        /// What builds the function with a stream of our own, if it is here.
        pub(super) fn build(id: FuncId) -> Option<BuildFn> {
            let build: BuildFn = match id {
                $(FuncId::$id => |p| {
                    let make: fn(&[f64]) -> $step = $make;
                    live::<ta_lib::$stream, $step, { [$(stringify!($in)),+].len() }, $o>(FuncId::$id, make(p), p)
                },)*
                _ => return None,
            };
            Some(build)
        }

        typed! { $($name $text $step = $make; ($($in)+) ($($p: $ty)*) -> $o;)* }
    };
}

live! {
    Sma SMA "SMA" SmaStream Rolling<true> = Rolling::new; (real) (timeperiod: u32) -> 1;
    Sum SUM "SUM" SumStream Rolling<false> = Rolling::new; (real) (timeperiod: u32) -> 1;
    Mom MOM "MOM" MomStream Change<MOM> = Change::new; (real) (timeperiod: u32) -> 1;
    Roc ROC "ROC" RocStream Change<ROC> = Change::new; (real) (timeperiod: u32) -> 1;
    Rocp ROCP "ROCP" RocpStream Change<ROCP> = Change::new; (real) (timeperiod: u32) -> 1;
    Rocr ROCR "ROCR" RocrStream Change<ROCR> = Change::new; (real) (timeperiod: u32) -> 1;
    Rocr100 ROCR100 "ROCR100" Rocr100Stream Change<ROCR100> = Change::new; (real) (timeperiod: u32) -> 1;
    Max MAX "MAX" MaxStream Largest = |p| Largest(Highest::new(p[0] as usize)); (real) (timeperiod: u32) -> 1;
    Min MIN "MIN" MinStream Smallest = |p| Smallest(Highest::new(p[0] as usize)); (real) (timeperiod: u32) -> 1;
    Midpoint MIDPOINT "MIDPOINT" MidpointStream Middle = |p| Middle(Channel::new(p[0] as usize)); (real) (timeperiod: u32) -> 1;
    Midprice MIDPRICE "MIDPRICE" MidpriceStream Middle = |p| Middle(Channel::new(p[0] as usize)); (high low) (timeperiod: u32) -> 1;
    Donchian DONCHIAN "DONCHIAN" DonchianStream Edges = |p| Edges(Channel::new(p[0] as usize)); (high low) (timeperiod: u32) -> 3;
    Willr WILLR "WILLR" WillrStream Williams = |p| Williams(Channel::new(p[0] as usize)); (high low close) (timeperiod: u32) -> 1;
    Aroon AROON "AROON" AroonStream Places = |p| Places::new(p[0]); (high low) (timeperiod: u32) -> 2;
    Aroonosc AROONOSC "AROONOSC" AroonoscStream Places = |p| Places::new(p[0]); (high low) (timeperiod: u32) -> 1;
    Ha HA "HA" HaStream HeikinAshi = |_| HeikinAshi::new(); (open high low close) () -> 4;
    Obv OBV "OBV" ObvStream OnBalance = |_| OnBalance::new(); (close volume) () -> 1;
    Ad AD "AD" AdStream Accumulation = |_| Accumulation { sum: 0.0 }; (high low close volume) () -> 1;
    Cmf CMF "CMF" CmfStream ChaikinFlow = |p| ChaikinFlow::new(p[0]); (high low close volume) (timeperiod: u32) -> 1;
    Dpo DPO "DPO" DpoStream Detrended = Detrended::new; (real) (timeperiod: u32) -> 1;
    Sar SAR "SAR" SarStream Parabolic = Parabolic::new; (high low) (acceleration: f64 maximum: f64) -> 1;
    Supertrend SUPERTREND "SUPERTREND" SupertrendStream Trend = Trend::new; (high low close) (timeperiod: u32 multiplier: f64) -> 2;
    Maxindex MAXINDEX "MAXINDEX" MaxindexStream Index<1> = |p| Index::new(p[0]); (real) (timeperiod: u32) -> 1;
    Minindex MININDEX "MININDEX" MinindexStream Index<0> = |p| Index::new(p[0]); (real) (timeperiod: u32) -> 1;
    Exp EXP "EXP" ExpStream Exponential = |_| Exponential; (real) () -> 1;
    Cosh COSH "COSH" CoshStream Cosine = |_| Cosine; (real) () -> 1;
    Ln LN "LN" LnStream Logarithm = |_| Logarithm; (real) () -> 1;
    Kc KC "KC" KcStream Keltner<1> = Keltner::<1>::typical; (high low close) (timeperiod: u32 atrperiod: u32 nbdev: f64) -> 3;
    Kst KST "KST" KstStream SureThing = SureThing::new; (real) (roc1period: u32 roc2period: u32 roc3period: u32 roc4period: u32 sma1period: u32 sma2period: u32 sma3period: u32 sma4period: u32 signalperiod: u32) -> 2;
    Adosc ADOSC "ADOSC" AdoscStream FlowOscillator = FlowOscillator::new; (high low close volume) (fastperiod: u32 slowperiod: u32) -> 1;
    Trange TRANGE "TRANGE" TrangeStream TrueRange = |_| TrueRange::default(); (high low close) () -> 1;
    Bop BOP "BOP" BopStream BalanceOfPower = |_| BalanceOfPower; (open high low close) () -> 1;
    Medprice MEDPRICE "MEDPRICE" MedpriceStream Median = |_| Median; (high low) () -> 1;
    Typprice TYPPRICE "TYPPRICE" TyppriceStream Typical = |_| Typical; (high low close) () -> 1;
    Wclprice WCLPRICE "WCLPRICE" WclpriceStream Weighted = |_| Weighted; (high low close) () -> 1;
    Ema EMA "EMA" EmaStream Smooth<true> = |p| Smooth::exponential(p[0]); (real) (timeperiod: u32) -> 1;
    Dema DEMA "DEMA" DemaStream Dema2 = |p| Dema2(Chain::exponential(p)); (real) (timeperiod: u32) -> 1;
    Tema TEMA "TEMA" TemaStream Tema3 = |p| Tema3(Chain::exponential(p)); (real) (timeperiod: u32) -> 1;
    Rma RMA "RMA" RmaStream Smooth<true> = |p| Smooth::wilder(p[0]); (real) (timeperiod: u32) -> 1;
    Macd MACD "MACD" MacdStream Divergence = Divergence::new; (real) (fastperiod: u32 slowperiod: u32 signalperiod: u32) -> 3;
    Atr ATR "ATR" AtrStream AverageRange<false> = AverageRange::new; (high low close) (timeperiod: u32) -> 1;
    Natr NATR "NATR" NatrStream AverageRange<true> = AverageRange::new; (high low close) (timeperiod: u32) -> 1;
    Var VAR "VAR" VarStream Variance = |p| Variance::new(p[0]); (real) (timeperiod: u32 nbdev: f64) -> 1;
    Stddev STDDEV "STDDEV" StddevStream Deviation = Deviation::new; (real) (timeperiod: u32 nbdev: f64) -> 1;
    Wma WMA "WMA" WmaStream Linear = |p| Linear::new(p[0]); (real) (timeperiod: u32) -> 1;
    Mfi MFI "MFI" MfiStream MoneyFlow = |p| MoneyFlow::new(p[0]); (high low close volume) (timeperiod: u32) -> 1;
    Vwma VWMA "VWMA" VwmaStream VolumeWeighted = |p| VolumeWeighted::new(p); (real volume) (timeperiod: u32) -> 1;
    Linearreg LINEARREG "LINEARREG" LinearregStream Regression = |p| Regression::new(p[0]); (real) (timeperiod: u32) -> 1;
    PlusDm PLUS_DM "PLUS_DM" PlusDmStream Moves<true> = |p| Moves::new(p[0]); (high low) (timeperiod: u32) -> 1;
    MinusDm MINUS_DM "MINUS_DM" MinusDmStream Moves<false> = |p| Moves::new(p[0]); (high low) (timeperiod: u32) -> 1;
    Dx DX "DX" DxStream Directional<DX> = |p| Directional::new(p[0]); (high low close) (timeperiod: u32) -> 1;
    PlusDi PLUS_DI "PLUS_DI" PlusDiStream Directional<PLUS> = |p| Directional::new(p[0]); (high low close) (timeperiod: u32) -> 1;
    Trima TRIMA "TRIMA" TrimaStream Triangle = Triangle::new; (real) (timeperiod: u32) -> 1;
    Vidya VIDYA "VIDYA" VidyaStream Dynamic = Dynamic::new; (real) (timeperiod: u32 cmoperiod: u32) -> 1;
    Hma HMA "HMA" HmaStream Hull = |p| Hull::new(p[0]); (real) (timeperiod: u32) -> 1;
    Adr ADR "ADR" AdrStream Ranges = Ranges::new; (high low) (timeperiod: u32) -> 1;
    Vwap VWAP "VWAP" VwapStream SinceFirst = |_| SinceFirst::default(); (high low close volume) () -> 1;
    MinusDi MINUS_DI "MINUS_DI" MinusDiStream Directional<MINUS> = |p| Directional::new(p[0]); (high low close) (timeperiod: u32) -> 1;
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
    live::<ta_lib::PpoStream, _, 1, 1>(FuncId::PPO, Percentage::new(p), p)
}

/// Bollinger's bands about the simple average.
pub(super) fn bollinger(p: &[f64]) -> Result<Built, (usize, String)> {
    if p[3].abs() > 0.0 {
        return Err((3, "a simple average".to_owned()));
    }
    live::<ta_lib::BbandsStream, _, 1, 3>(FuncId::BBANDS, Bollinger::new(p), p)
}
