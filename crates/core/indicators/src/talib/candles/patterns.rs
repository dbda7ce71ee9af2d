//! Each pattern as TA-Lib defines it: the averages that it asks for, and what it says of a bar. `b.o(1)` is the open of the
//! bar before; `&` and `|` in place of `&&` and `||`, so that there is no branch.

use super::{BuildFn, FuncId, candle};

/// `pattern!(Name, bars before the first answer, [averages with how many bars ago], |bar, penetration| what it says)`, and where a bar
/// is costly to judge in full, `|bar, penetration| whether what it says stands`.
macro_rules! pattern {
    ($name:ident, $lookback:literal, [$($average:expr),*], |$b:ident, $p:ident| $said:expr) => {
        pattern!($name, $lookback, [$($average),*], |$b, $p| $said, |_b, _p| true);
    };
    ($name:ident, $lookback:literal, [$($average:expr),*], |$b:ident, $p:ident| $said:expr, |$s:ident, $q:ident| $stands:expr) => {
        #[derive(Clone, Copy)]
        pub(super) struct $name;

        impl Pattern for $name {
            const LOOKBACK: usize = $lookback;
            const AVERAGES: &'static [(Base, usize)] = &[$($average),*];

            #[inline(always)]
            fn look<const B: usize>($b: At<'_, '_, B>, $p: f64) -> i32 {
                $said
            }

            #[inline(always)]
            fn stands<const B: usize>($s: At<'_, '_, B>, $q: f64) -> bool {
                $stands
            }
        }
    };
}

mod more_bars;
mod one_bar;
mod three_bars;
mod two_bars;

macro_rules! patterns {
    ($($id:ident $group:ident::$name:ident;)*) => {
        /// What builds the pattern, if it is here.
        pub(in crate::talib) fn build(id: FuncId) -> Option<BuildFn> {
            match id {
                $(FuncId::$id => Some(candle::<$group::$name>),)*
                _ => None,
            }
        }
    };
}

patterns! {
    CDL2CROWS three_bars::TwoCrows;
    CDL3BLACKCROWS more_bars::ThreeBlackCrows;
    CDL3INSIDE three_bars::ThreeInside;
    CDL3LINESTRIKE more_bars::ThreeLineStrike;
    CDL3OUTSIDE three_bars::ThreeOutside;
    CDL3STARSINSOUTH three_bars::ThreeStarsInSouth;
    CDL3WHITESOLDIERS three_bars::ThreeWhiteSoldiers;
    CDLABANDONEDBABY three_bars::AbandonedBaby;
    CDLADVANCEBLOCK three_bars::AdvanceBlock;
    CDLBELTHOLD one_bar::BeltHold;
    CDLBREAKAWAY more_bars::Breakaway;
    CDLCLOSINGMARUBOZU one_bar::ClosingMarubozu;
    CDLCONCEALBABYSWALL more_bars::ConcealBabySwallow;
    CDLCOUNTERATTACK two_bars::Counterattack;
    CDLDARKCLOUDCOVER two_bars::DarkCloudCover;
    CDLDOJI one_bar::Doji;
    CDLDOJISTAR two_bars::DojiStar;
    CDLDRAGONFLYDOJI one_bar::DragonflyDoji;
    CDLENGULFING two_bars::Engulfing;
    CDLEVENINGDOJISTAR three_bars::EveningDojiStar;
    CDLEVENINGSTAR three_bars::EveningStar;
    CDLGAPSIDESIDEWHITE three_bars::GapSideBySideWhite;
    CDLGRAVESTONEDOJI one_bar::GravestoneDoji;
    CDLHAMMER two_bars::Hammer;
    CDLHANGINGMAN two_bars::HangingMan;
    CDLHARAMI two_bars::Harami;
    CDLHARAMICROSS two_bars::HaramiCross;
    CDLHIGHWAVE one_bar::HighWave;
    CDLHOMINGPIGEON two_bars::HomingPigeon;
    CDLIDENTICAL3CROWS three_bars::IdenticalThreeCrows;
    CDLINNECK two_bars::InNeck;
    CDLINVERTEDHAMMER two_bars::InvertedHammer;
    CDLKICKING two_bars::Kicking;
    CDLKICKINGBYLENGTH two_bars::KickingByLength;
    CDLLADDERBOTTOM more_bars::LadderBottom;
    CDLLONGLEGGEDDOJI one_bar::LongLeggedDoji;
    CDLLONGLINE one_bar::LongLine;
    CDLMARUBOZU one_bar::Marubozu;
    CDLMATCHINGLOW two_bars::MatchingLow;
    CDLMATHOLD more_bars::MatHold;
    CDLMORNINGDOJISTAR three_bars::MorningDojiStar;
    CDLMORNINGSTAR three_bars::MorningStar;
    CDLONNECK two_bars::OnNeck;
    CDLPIERCING two_bars::Piercing;
    CDLRICKSHAWMAN one_bar::RickshawMan;
    CDLRISEFALL3METHODS more_bars::RiseFallThreeMethods;
    CDLSEPARATINGLINES two_bars::SeparatingLines;
    CDLSHOOTINGSTAR two_bars::ShootingStar;
    CDLSHORTLINE one_bar::ShortLine;
    CDLSPINNINGTOP one_bar::SpinningTop;
    CDLSTALLEDPATTERN three_bars::StalledPattern;
    CDLSTICKSANDWICH three_bars::StickSandwich;
    CDLTAKURI one_bar::Takuri;
    CDLTASUKIGAP three_bars::TasukiGap;
    CDLTHRUSTING two_bars::Thrusting;
    CDLTRISTAR three_bars::Tristar;
    CDLUNIQUE3RIVER three_bars::UniqueThreeRiver;
    CDLUPSIDEGAP2CROWS three_bars::UpsideGapTwoCrows;
    CDLXSIDEGAP3METHODS three_bars::GapThreeMethods;
}
