//! Ours: by name out of the catalogue, with a whole row, and as types of their own with the values that they ask for.

use scalp_indicators::typed::*;
use scalp_indicators::{Indicator, Schema, Set};

use crate::{Pass, answers, pass};

/// Vegas' channels, which are four averages.
pub(crate) const VEGAS: &str = "EMA(144), EMA(169), EMA(576), EMA(676)";

pub(crate) fn by_name(text: &str) -> Pass {
    if text == VEGAS {
        let set = Set::parse(text, &Schema::ohlcv()).expect("names of the catalogue");
        return pass((set, Vec::with_capacity(4)), |(set, out), row| {
            set.push(&row.0, out).expect("finite rows");
            out.first().copied()
        });
    }
    let built = Indicator::parse(text, &Schema::ohlcv()).expect("a name of the catalogue");
    answers(built, |it, row| {
        // All outputs are computed; the first is read, as it is of the peers.
        it.push(&row.0).expect("finite rows").get(0)
    })
}

/// One line for each: the text of the contest, the type, its parameters, and the columns that it reads.
macro_rules! types {
    ($($text:literal $ty:ident($($p:expr),*) $($place:literal)+;)*) => {
        /// As a type, if there is one.
        pub(crate) fn as_type(text: &str) -> Option<Pass> {
            match text {
                VEGAS => {
                    let built = [144, 169, 576, 676].map(|n| Ema::new(n).expect("valid periods"));
                    Some(pass(built, |all, row| all.each_mut().map(|it| it.push(row.0[3]).expect("finite rows"))))
                }
                $($text => {
                    let built = $ty::new($($p),*).expect("parameters of the catalogue");
                    Some(answers(built, |it, row| it.push($(row.0[$place]),+).expect("finite rows")))
                })*
                _ => None,
            }
        }
    };
}
types! {
    "SMA(14)" Sma(14) 3;
    "EMA(14)" Ema(14) 3;
    "RMA(14)" Rma(14) 3;
    "WMA(14)" Wma(14) 3;
    "DEMA(14)" Dema(14) 3;
    "TEMA(14)" Tema(14) 3;
    "HMA(14)" Hma(14) 3;
    "VWMA(14)" Vwma(14) 3 4;
    "LINEARREG(14)" Linearreg(14) 3;
    "TRIMA(14)" Trima(14) 3;
    "SWMA(14)" Swma(14) 3;
    "VIDYA(14,14)" Vidya(14, 14) 3;
    "MACD(12,26,9)" Macd(12, 26, 9) 3;
    "PPO(12,26,1)" Ppo(12, 26) 3;
    "BBANDS(20,2,2,0)" Bbands(20, 2.0, 2.0) 3;
    "STDDEV(14,1)" Stddev(14, 1.0) 3;
    "VAR(14,1)" Var(14, 1.0) 3;
    "AVGDEV(14)" Avgdev(14) 3;
    "SUM(14)" Sum(14) 3;
    "MAX(14)" Max(14) 3;
    "MIN(14)" Min(14) 3;
    "MIDPOINT(14)" Midpoint(14) 3;
    "MOM(10)" Mom(10) 3;
    "ROC(10)" Roc(10) 3;
    "ROCP(10)" Rocp(10) 3;
    "ROCR(10)" Rocr(10) 3;
    "ROCR100(10)" Rocr100(10) 3;
    "RSI(14)" Rsi(14) 3;
    "OBV" Obv() 3 4;
    "TRANGE" Trange() 1 2 3;
    "ATR(14)" Atr(14) 1 2 3;
    "NATR(14)" Natr(14) 1 2 3;
    "ADR(14)" Adr(14) 1 2;
    "PLUS_DM(14)" PlusDm(14) 1 2;
    "MINUS_DM(14)" MinusDm(14) 1 2;
    "PLUS_DI(14)" PlusDi(14) 1 2 3;
    "MINUS_DI(14)" MinusDi(14) 1 2 3;
    "DX(14)" Dx(14) 1 2 3;
    "AROON(14)" Aroon(14) 1 2;
    "AROONOSC(14)" Aroonosc(14) 1 2;
    "WILLR(14)" Willr(14) 1 2 3;
    "MIDPRICE(14)" Midprice(14) 1 2;
    "DONCHIAN(20)" Donchian(20) 1 2;
    "STOCHF(14,1,0)" Stochf(14, 1) 1 2 3;
    "KELTNER_EMA(20,2)" KeltnerEma(20, 2.0) 1 2 3;
    "CCI(20)" Cci(20) 1 2 3;
    "MFI(14)" Mfi(14) 1 2 3 4;
    "CMF(20)" Cmf(20) 1 2 3 4;
    "DPO(21)" Dpo(21) 3;
    "ER(14)" Er(14) 3;
    "SAR(0.02,0.2)" Sar(0.02, 0.2) 1 2;
    "SUPERTREND(10,3)" Supertrend(10, 3.0) 1 2 3;
    "MAXINDEX(14)" Maxindex(14) 3;
    "MININDEX(14)" Minindex(14) 3;
    "EOM(13,1)" Eom(13, 1.0) 1 2 4;
    "KC(20,20,2)" Kc(20, 20, 2.0) 1 2 3;
    "KST(10,15,20,30,10,10,10,15,9)" Kst(10, 15, 20, 30, 10, 10, 10, 15, 9) 3;
    "AD" Ad() 1 2 3 4;
    "ADOSC(3,10)" Adosc(3, 10) 1 2 3 4;
    "BOP" Bop() 0 1 2 3;
    "MEDPRICE" Medprice() 1 2;
    "TYPPRICE" Typprice() 1 2 3;
    "WCLPRICE" Wclprice() 1 2 3;
    "HA" Ha() 0 1 2 3;
    "VWAP" Vwap() 1 2 3 4;
}
