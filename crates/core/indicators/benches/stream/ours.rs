//! Ours: by name out of the catalogue, with a whole row, and as types of their own with the values that they ask for.

use scalp_indicators::typed::*;
use scalp_indicators::{Indicator, Schema, Set};

use crate::{Pass, Row, answers, pass};

/// Vegas' channels, which are four averages.
pub(crate) const VEGAS: &str = "EMA(144), EMA(169), EMA(576), EMA(676)";

pub(crate) fn by_name(text: &str) -> Pass<Row> {
    if text == VEGAS {
        let set = Set::parse(text, &Schema::ohlcv()).expect("names of the catalogue");
        return pass((set, Vec::with_capacity(4)), |(set, out), row: &Row| {
            set.push(&row.0, out).expect("finite rows");
            out.first().copied()
        });
    }
    let built = Indicator::parse(text, &Schema::ohlcv()).expect("a name of the catalogue");
    answers(built, |it, row: &Row| {
        // All outputs are computed; the first is read, as it is of the peers.
        it.push(&row.0).expect("finite rows").get(0)
    })
}

/// One line for each: the text of the contest, the type, its parameters, the columns that it reads, and what it takes of a bar that
/// has been asked at the door.
macro_rules! types {
    ($($text:literal $ty:ident($($p:expr),*) $($place:literal)+ => $($of:ident)+;)*) => {
        /// As a type, if there is one: asking each row, and of rows that have been asked.
        pub(crate) fn as_type(text: &str) -> Option<(Pass<Row>, Pass<Bar>)> {
            match text {
                VEGAS => {
                    let built = [144, 169, 576, 676].map(|n| Ema::new(n).expect("valid periods"));
                    let asking = pass(built.clone(), |all, row: &Row| {
                        all.each_mut().map(|it| it.push(row.0[3]).expect("finite rows"))
                    });
                    Some((asking, pass(built, |all, bar: &Bar| all.each_mut().map(|it| it.take(bar.close())))))
                }
                $($text => {
                    let built = $ty::new($($p),*).expect("parameters of the catalogue");
                    let asking = answers(built.clone(), |it, row: &Row| {
                        it.push($(row.0[$place]),+).expect("finite rows")
                    });
                    Some((asking, answers(built, |it, bar: &Bar| types!(@take it, bar, $($of)+))))
                })*
                _ => None,
            }
        }
    };
    (@take $it:ident, $bar:ident, bar) => { $it.take($bar) };
    (@take $it:ident, $bar:ident, $($column:ident)+) => { $it.take($($bar.$column()),+) };
}
types! {
    "SMA(14)" Sma(14) 3 => close;
    "EMA(14)" Ema(14) 3 => close;
    "RMA(14)" Rma(14) 3 => close;
    "WMA(14)" Wma(14) 3 => close;
    "DEMA(14)" Dema(14) 3 => close;
    "TEMA(14)" Tema(14) 3 => close;
    "HMA(14)" Hma(14) 3 => close;
    "VWMA(14)" Vwma(14) 3 4 => close volume;
    "LINEARREG(14)" Linearreg(14) 3 => close;
    "TRIMA(14)" Trima(14) 3 => close;
    "SWMA(14)" Swma(14) 3 => close;
    "KAMA(10)" Kama(10) 3 => close;
    "VIDYA(14,14)" Vidya(14, 14) 3 => close;
    "MACD(12,26,9)" Macd(12, 26, 9) 3 => close;
    "PPO(12,26,1)" Ppo(12, 26) 3 => close;
    "BBANDS(20,2,2,0)" Bbands(20, 2.0, 2.0) 3 => close;
    "STDDEV(14,1)" Stddev(14, 1.0) 3 => close;
    "VAR(14,1)" Var(14, 1.0) 3 => close;
    "AVGDEV(14)" Avgdev(14) 3 => close;
    "SUM(14)" Sum(14) 3 => close;
    "MAX(14)" Max(14) 3 => close;
    "MIN(14)" Min(14) 3 => close;
    "MIDPOINT(14)" Midpoint(14) 3 => close;
    "MOM(10)" Mom(10) 3 => close;
    "ROC(10)" Roc(10) 3 => close;
    "ROCP(10)" Rocp(10) 3 => close;
    "ROCR(10)" Rocr(10) 3 => close;
    "ROCR100(10)" Rocr100(10) 3 => close;
    "RSI(14)" Rsi(14) 3 => close;
    "OBV" Obv() 3 4 => bar;
    "TRANGE" Trange() 1 2 3 => bar;
    "ATR(14)" Atr(14) 1 2 3 => bar;
    "NATR(14)" Natr(14) 1 2 3 => bar;
    "ADR(14)" Adr(14) 1 2 => bar;
    "PLUS_DM(14)" PlusDm(14) 1 2 => bar;
    "MINUS_DM(14)" MinusDm(14) 1 2 => bar;
    "PLUS_DI(14)" PlusDi(14) 1 2 3 => bar;
    "MINUS_DI(14)" MinusDi(14) 1 2 3 => bar;
    "DX(14)" Dx(14) 1 2 3 => bar;
    "AROON(14)" Aroon(14) 1 2 => bar;
    "AROONOSC(14)" Aroonosc(14) 1 2 => bar;
    "WILLR(14)" Willr(14) 1 2 3 => bar;
    "MIDPRICE(14)" Midprice(14) 1 2 => bar;
    "DONCHIAN(20)" Donchian(20) 1 2 => bar;
    "STOCHF(14,1,0)" Stochf(14, 1) 1 2 3 => bar;
    "KELTNER_EMA(20,2)" KeltnerEma(20, 2.0) 1 2 3 => bar;
    "CCI(20)" Cci(20) 1 2 3 => bar;
    "MFI(14)" Mfi(14) 1 2 3 4 => bar;
    "CMF(20)" Cmf(20) 1 2 3 4 => bar;
    "DPO(21)" Dpo(21) 3 => close;
    "ER(14)" Er(14) 3 => close;
    "SAR(0.02,0.2)" Sar(0.02, 0.2) 1 2 => bar;
    "SUPERTREND(10,3)" Supertrend(10, 3.0) 1 2 3 => bar;
    "MAXINDEX(14)" Maxindex(14) 3 => close;
    "MININDEX(14)" Minindex(14) 3 => close;
    "EOM(13,1)" Eom(13, 1.0) 1 2 4 => bar;
    "KC(20,20,2)" Kc(20, 20, 2.0) 1 2 3 => bar;
    "KST(10,15,20,30,10,10,10,15,9)" Kst(10, 15, 20, 30, 10, 10, 10, 15, 9) 3 => close;
    "AD" Ad() 1 2 3 4 => bar;
    "ADOSC(3,10)" Adosc(3, 10) 1 2 3 4 => bar;
    "BOP" Bop() 0 1 2 3 => bar;
    "MEDPRICE" Medprice() 1 2 => bar;
    "TYPPRICE" Typprice() 1 2 3 => bar;
    "WCLPRICE" Wclprice() 1 2 3 => bar;
    "HA" Ha() 0 1 2 3 => bar;
    "VWAP" Vwap() 1 2 3 4 => bar;
    "SMI(13,2,25,9)" Smi(13, 2, 25, 9) 1 2 3 => bar;
}
