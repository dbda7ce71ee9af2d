//! The types answer what the catalogue answers under their names, to the last bit, and refuse what it refuses; and bars that were
//! asked at the door get the same answers, whatever their size.

#![allow(clippy::unwrap_used, reason = "tests only")]

use proptest::prelude::*;
use scalp_indicators::typed::*;
use scalp_indicators::{Indicator, Schema};

/// What a type says, as the outputs of the catalogue.
trait Spoken {
    fn outputs(self) -> Option<Vec<u64>>;
}

impl Spoken for f64 {
    fn outputs(self) -> Option<Vec<u64>> {
        Some(vec![self.to_bits()])
    }
}

impl<const O: usize> Spoken for [f64; O] {
    fn outputs(self) -> Option<Vec<u64>> {
        Some(self.map(f64::to_bits).to_vec())
    }
}

impl<A: Spoken> Spoken for Option<A> {
    fn outputs(self) -> Option<Vec<u64>> {
        self.and_then(Spoken::outputs)
    }
}

/// All types: the text of the catalogue, the type and its parameters, the columns that it reads of a row, and what it takes of a
/// bar.
macro_rules! all_types {
    ($check:ident, $bars:expr) => {
        $check! {
            $bars;
            "SMA(14)" Sma(14) 3 => close;
            "EMA(14)" Ema(14) 3 => close;
            "RMA(14)" Rma(14) 3 => close;
            "WMA(14)" Wma(14) 3 => close;
            "DEMA(14)" Dema(14) 3 => close;
            "TEMA(14)" Tema(14) 3 => close;
            "HMA(14)" Hma(14) 3 => close;
            "VWMA(14)" Vwma(14) 3 4 => close volume;
            "LINEARREG(14)" Linearreg(14) 3 => close;
            "PLUS_DM(14)" PlusDm(14) 1 2 => bar;
            "MINUS_DM(14)" MinusDm(14) 1 2 => bar;
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
            "EXP" Exp() 3 => close;
            "COSH" Cosh() 3 => close;
            "LN" Ln() 3 => close;
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
    };
}

macro_rules! as_its_name {
    ($bars:expr; $($text:literal $ty:ident($($p:expr),*) $($place:literal)+ => $($of:ident)+;)*) => {
        $(
            let mut named = Indicator::parse($text, &Schema::ohlcv()).unwrap();
            let mut typed = $ty::new($($p),*).unwrap();
            let mut spoken = 0;
            for (t, row) in $bars.iter().enumerate() {
                // A row that is not finite leaves no trace in either, but in the numbers of rows, alike in both.
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

/// These are silent where their formula has no value, however well the row was looked at.
const SILENT: [&str; 4] = ["EXP", "COSH", "LN", "VWMA(14)"];

macro_rules! asked_at_the_door {
    ($bars:expr; $($text:literal $ty:ident($($p:expr),*) $($place:literal)+ => $($of:ident)+;)*) => {
        $(
            let mut asking = $ty::new($($p),*).unwrap();
            let mut asked = $ty::new($($p),*).unwrap();
            let mut has_spoken = false;
            for (t, row) in $bars.iter().enumerate() {
                let [open, high, low, close, volume] = *row;
                let bar = Bar::new(open, high, low, close, volume).unwrap();
                let want = asking.push($(row[$place]),+).unwrap().outputs();
                let got = asked_at_the_door!(@take asked, bar, $($of)+).outputs();
                prop_assert_eq!(&got, &want, "{} at {}", $text, t);
                let finite = got.iter().flatten().all(|it| f64::from_bits(*it).is_finite());
                prop_assert!(finite, "{} at {}", $text, t);
                let is_silent = has_spoken && got.is_none() && !SILENT.contains(&$text);
                prop_assert!(!is_silent, "{} is silent at {}", $text, t);
                has_spoken |= got.is_some();
            }
            prop_assert!(has_spoken || SILENT.contains(&$text), $text);
        )*
    };
    (@take $it:ident, $bar:ident, bar) => { $it.take(&$bar) };
    (@take $it:ident, $bar:ident, $($column:ident)+) => { $it.take($($bar.$column()),+) };
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

/// Numbers up to both bounds of what is taken: zeros, the bounds themselves, any size between them with all digits, and sizes that
/// stay together for a while.
fn numbers() -> impl Strategy<Value = f64> {
    let [least, most] = [scalp_indicators::typed::Value::LEAST, scalp_indicators::typed::Value::MOST];
    let size = (1.0_f64..2.0, -300_i32..300).prop_map(|(x, power)| libm::ldexp(x, power));
    let near = (1.0_f64..2.0, 0_i32..8).prop_map(|(x, power)| libm::ldexp(x, power));
    let positive = prop_oneof![
        1 => Just(0.0),
        1 => Just(least),
        2 => Just(most),
        1 => Just(most.next_down()),
        4 => size,
        12 => near,
    ];
    (positive, prop::bool::weighted(0.3)).prop_map(|(x, negative)| if negative { -x } else { x })
}

/// Bars out of such numbers, that stand still at times, with or without volume.
fn extreme_bars() -> impl Strategy<Value = Vec<[f64; 5]>> {
    let bar = (prop::array::uniform4(numbers()), numbers(), 1_usize..40, 0_u8..8);
    let runs = prop::collection::vec(bar, 60..200);
    runs.prop_map(|runs| {
        let mut bars = Vec::new();
        for (mut prices, volume, times, kind) in runs {
            prices.sort_by(f64::total_cmp);
            let [low, one, other, high] = prices;
            let bar = match kind {
                0 => [high, high, high, high, 0.0],
                1 => [low, high, low, high, volume.abs()],
                2 => [other, high, low, one, 0.0],
                3..=5 => [other, high, low, one, volume.abs()],
                _ => [one, high, low, other, volume.abs()],
            };
            bars.extend(std::iter::repeat_n(bar, if kind < 3 { times } else { 1 }));
        }
        bars
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8) })]

    #[test]
    fn a_type_answers_as_its_name(bars in bars()) {
        all_types!(as_its_name, bars);
    }

    #[test]
    fn a_bar_asked_once_gets_the_same_answers(bars in bars()) {
        all_types!(asked_at_the_door, bars);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn no_bar_that_is_taken_makes_an_answer_that_is_not_finite(bars in extreme_bars()) {
        all_types!(asked_at_the_door, bars);
    }
}

#[test]
fn arcs_answer_as_their_names_and_of_more_than_one_not_at_all() {
    let closes = Schema::new(&["close"]).unwrap();
    let mut named = ["ASIN", "ACOS"].map(|name| Indicator::parse(name, &closes).unwrap());
    let (mut sine, mut cosine) = (Asin::new().unwrap(), Acos::new().unwrap());
    for x in (-1200..=1200).map(|i| f64::from(i) * 1e-3) {
        let want = named.each_mut().map(|it| it.push(&[x]).unwrap().get(0).map(f64::to_bits));
        let asked = Value::new(x).unwrap();
        for got in [[sine.push(x).unwrap(), cosine.push(x).unwrap()], [sine.take(asked), cosine.take(asked)]]
        {
            assert_eq!(got.map(|it| it.map(f64::to_bits)), want, "{x}");
            assert_eq!(got[0].is_some(), x.abs() <= 1.0, "{x}");
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
