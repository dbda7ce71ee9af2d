//! The types answer what the catalogue answers under their names, to the last bit, and refuse what it refuses.

#![allow(clippy::unwrap_used, reason = "tests only")]

use proptest::prelude::*;
use scalp_indicators::typed::*;
use scalp_indicators::{Indicator, Schema};

/// What a type says, as the outputs of the catalogue.
trait Spoken {
    fn outputs(self) -> Option<Vec<u64>>;
}

impl Spoken for Option<f64> {
    fn outputs(self) -> Option<Vec<u64>> {
        self.map(|it| vec![it.to_bits()])
    }
}

impl<const O: usize> Spoken for Option<[f64; O]> {
    fn outputs(self) -> Option<Vec<u64>> {
        self.map(|it| it.map(f64::to_bits).to_vec())
    }
}

macro_rules! same {
    ($bars:expr; $($text:literal $ty:ident($($p:expr),*) $($place:literal)+;)*) => {
        $(
            let mut named = Indicator::parse($text, &Schema::ohlcv()).unwrap();
            let mut typed = $ty::new($($p),*).unwrap();
            let mut spoken = 0;
            for (t, row) in $bars.iter().enumerate() {
                // A row that is not finite leaves no trace in either.
                let mut broken = *row;
                let places = [$($place),+];
                broken[places[t % places.len()]] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY][t / places.len() % 3];
                prop_assert!(named.push(&broken).is_err());
                prop_assert!(typed.push($(broken[$place]),+).is_err(), $text);
                // All outputs or none: the basis of a channel may speak before its bands, which a type does not tell.
                let want: Option<Vec<u64>> = named.push(row).unwrap().iter().map(|it| it.map(f64::to_bits)).collect();
                let got = typed.push($(row[$place]),+).unwrap().outputs();
                prop_assert_eq!(&got, &want, "{} at {}", $text, t);
                spoken += usize::from(got.is_some());
            }
            prop_assert!(spoken > 100, $text);
        )*
    };
}

fn bars() -> impl Strategy<Value = Vec<[f64; 5]>> {
    let step = (-3.0_f64..3.0, 0_i32..5, 0_i32..5, 0_i32..9);
    prop::collection::vec(step, 200..500).prop_map(|steps| {
        let mut close = 100.0_f64;
        let bar = |(change, up, down, volume): (f64, i32, i32, i32)| {
            let open = close;
            close = (close + change).clamp(20.0, 500.0);
            let (top, bottom) = (open.max(close), open.min(close));
            [open, top + f64::from(up) * 0.1, bottom - f64::from(down) * 0.1, close, f64::from(volume)]
        };
        steps.into_iter().map(bar).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]

    #[test]
    fn a_type_answers_as_its_name(bars in bars()) {
        same! {
            bars;
            "SMA(14)" Sma(14) 3;
            "EMA(14)" Ema(14) 3;
            "RMA(14)" Rma(14) 3;
            "WMA(14)" Wma(14) 3;
            "DEMA(14)" Dema(14) 3;
            "TEMA(14)" Tema(14) 3;
            "HMA(14)" Hma(14) 3;
            "VWMA(14)" Vwma(14) 3 4;
            "LINEARREG(14)" Linearreg(14) 3;
            "PLUS_DM(14)" PlusDm(14) 1 2;
            "MINUS_DM(14)" MinusDm(14) 1 2;
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
            "EXP" Exp() 3;
            "COSH" Cosh() 3;
            "LN" Ln() 3;
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
    }
}

#[test]
fn what_the_catalogue_refuses_is_refused() {
    assert!(Sma::new(0).is_err());
    assert!(Macd::new(1, 26, 9).is_err());
    assert!(Bbands::new(20, f64::NAN, 2.0).is_err());
    let refused = Obv::new().unwrap().push(1.0, f64::INFINITY).unwrap_err();
    assert_eq!(refused, NotFinite { input: "volume" });
    assert_eq!(refused.to_string(), "volume is not finite");
}
