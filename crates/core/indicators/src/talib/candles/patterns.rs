//! Each pattern as TA-Lib defines it: the averages that it asks for, and what it says of a bar. `b.o(1)` is the open of the
//! bar before; `&` and `|` in place of `&&` and `||`, so that there is no branch.

use super::{
    At, Base,
    Base::{Body, Range, Shadows, Short},
    BuildFn, FuncId, Pattern, candle, when,
};

/// `pattern!(Name, bars before the first answer, [averages with how many bars ago], |bar, penetration| what it says)`, and where a bar
/// is costly to judge in full, `|bar, penetration| whether what it says stands`.
macro_rules! pattern {
    ($name:ident, $lookback:literal, [$($average:expr),*], |$b:ident, $p:ident| $said:expr) => {
        pattern!($name, $lookback, [$($average),*], |$b, $p| $said, |_b, _p| true);
    };
    ($name:ident, $lookback:literal, [$($average:expr),*], |$b:ident, $p:ident| $said:expr, |$s:ident, $q:ident| $stands:expr) => {
        #[derive(Clone, Copy)]
        struct $name;

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

macro_rules! patterns {
    ($($id:ident $name:ident;)*) => {
        /// What builds the pattern, if it is here.
        pub(in crate::talib) fn build(id: FuncId) -> Option<BuildFn> {
            match id {
                $(FuncId::$id => Some(candle::<$name>),)*
                _ => None,
            }
        }
    };
}

patterns! {
    CDL2CROWS TwoCrows;
    CDL3BLACKCROWS ThreeBlackCrows;
    CDL3INSIDE ThreeInside;
    CDL3LINESTRIKE ThreeLineStrike;
    CDL3OUTSIDE ThreeOutside;
    CDL3STARSINSOUTH ThreeStarsInSouth;
    CDL3WHITESOLDIERS ThreeWhiteSoldiers;
    CDLABANDONEDBABY AbandonedBaby;
    CDLADVANCEBLOCK AdvanceBlock;
    CDLBELTHOLD BeltHold;
    CDLBREAKAWAY Breakaway;
    CDLCLOSINGMARUBOZU ClosingMarubozu;
    CDLCONCEALBABYSWALL ConcealBabySwallow;
    CDLCOUNTERATTACK Counterattack;
    CDLDARKCLOUDCOVER DarkCloudCover;
    CDLDOJI Doji;
    CDLDOJISTAR DojiStar;
    CDLDRAGONFLYDOJI DragonflyDoji;
    CDLENGULFING Engulfing;
    CDLEVENINGDOJISTAR EveningDojiStar;
    CDLEVENINGSTAR EveningStar;
    CDLGAPSIDESIDEWHITE GapSideBySideWhite;
    CDLGRAVESTONEDOJI GravestoneDoji;
    CDLHAMMER Hammer;
    CDLHANGINGMAN HangingMan;
    CDLHARAMI Harami;
    CDLHARAMICROSS HaramiCross;
    CDLHIGHWAVE HighWave;
    CDLHOMINGPIGEON HomingPigeon;
    CDLIDENTICAL3CROWS IdenticalThreeCrows;
    CDLINNECK InNeck;
    CDLINVERTEDHAMMER InvertedHammer;
    CDLKICKING Kicking;
    CDLKICKINGBYLENGTH KickingByLength;
    CDLLADDERBOTTOM LadderBottom;
    CDLLONGLEGGEDDOJI LongLeggedDoji;
    CDLLONGLINE LongLine;
    CDLMARUBOZU Marubozu;
    CDLMATCHINGLOW MatchingLow;
    CDLMATHOLD MatHold;
    CDLMORNINGDOJISTAR MorningDojiStar;
    CDLMORNINGSTAR MorningStar;
    CDLONNECK OnNeck;
    CDLPIERCING Piercing;
    CDLRICKSHAWMAN RickshawMan;
    CDLRISEFALL3METHODS RiseFallThreeMethods;
    CDLSEPARATINGLINES SeparatingLines;
    CDLSHOOTINGSTAR ShootingStar;
    CDLSHORTLINE ShortLine;
    CDLSPINNINGTOP SpinningTop;
    CDLSTALLEDPATTERN StalledPattern;
    CDLSTICKSANDWICH StickSandwich;
    CDLTAKURI Takuri;
    CDLTASUKIGAP TasukiGap;
    CDLTHRUSTING Thrusting;
    CDLTRISTAR Tristar;
    CDLUNIQUE3RIVER UniqueThreeRiver;
    CDLUPSIDEGAP2CROWS UpsideGapTwoCrows;
    CDLXSIDEGAP3METHODS GapThreeMethods;
}

pattern!(TwoCrows, 12, [(Body, 2)], |b, _p| when(
    b.white(2)
        & (b.body(2) > b.body_long(2))
        & b.black(1)
        & (b.bottom(1) > b.top(2))
        & b.black(0)
        & (b.o(0) < b.o(1))
        & (b.o(0) > b.c(1))
        & (b.c(0) > b.o(2))
        & (b.c(0) < b.c(2)),
    -100
));

pattern!(ThreeBlackCrows, 13, [(Range, 2), (Range, 1), (Range, 0)], |b, _p| when(
    b.white(3)
        & b.black(2)
        & b.black(1)
        & b.black(0)
        & (b.o(1) < b.o(2))
        & (b.o(1) > b.c(2))
        & (b.o(0) < b.o(1))
        & (b.o(0) > b.c(1))
        & (b.h(3) > b.c(2))
        & (b.c(2) > b.c(1))
        & (b.c(1) > b.c(0))
        & (b.lower(2) < b.shadow_very_short(2))
        & (b.lower(1) < b.shadow_very_short(1))
        & (b.lower(0) < b.shadow_very_short(0)),
    -100
));

pattern!(ThreeInside, 12, [(Body, 2), (Body, 1)], |b, _p| when(
    (b.top(1) < b.top(2))
        & (b.bottom(1) > b.bottom(2))
        & ((b.white(2) & b.black(0) & (b.c(0) < b.o(2))) | (b.black(2) & b.white(0) & (b.c(0) > b.o(2))))
        & (b.body(2) > b.body_long(2))
        & (b.body(1) <= b.body_short(1)),
    -b.color(2) * 100
));

pattern!(ThreeLineStrike, 8, [(Short, 3), (Short, 2)], |b, _p| when(
    (b.white(3) == b.white(2))
        & (b.white(2) == b.white(1))
        & (b.white(0) != b.white(1))
        & (b.o(2) >= b.bottom(3) - b.near(3))
        & (b.o(2) <= b.top(3) + b.near(3))
        & (b.o(1) >= b.bottom(2) - b.near(2))
        & (b.o(1) <= b.top(2) + b.near(2))
        & ((b.white(1) & (b.c(1) > b.c(2)) & (b.c(2) > b.c(3)) & (b.o(0) > b.c(1)) & (b.c(0) < b.o(3)))
            | (b.black(1) & (b.c(1) < b.c(2)) & (b.c(2) < b.c(3)) & (b.o(0) < b.c(1)) & (b.c(0) > b.o(3)))),
    b.color(1) * 100
));

pattern!(ThreeOutside, 3, [], |b, _p| when(
    (b.white(1) & b.black(2) & (b.c(1) > b.o(2)) & (b.o(1) < b.c(2)) & (b.c(0) > b.c(1)))
        | (b.black(1) & b.white(2) & (b.o(1) > b.c(2)) & (b.c(1) < b.o(2)) & (b.c(0) < b.c(1))),
    b.color(1) * 100
));

pattern!(ThreeStarsInSouth, 12, [(Body, 2), (Range, 1), (Body, 0), (Range, 0)], |b, _p| when(
    b.black(2)
        & b.black(1)
        & b.black(0)
        & (b.body(2) > b.body_long(2))
        & (b.lower(2) > b.shadow_long(2))
        & (b.body(1) < b.body(2))
        & (b.o(1) > b.c(2))
        & (b.o(1) <= b.h(2))
        & (b.l(1) < b.c(2))
        & (b.l(1) >= b.l(2))
        & (b.lower(1) > b.shadow_very_short(1))
        & (b.body(0) < b.body_short(0))
        & (b.lower(0) < b.shadow_very_short(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.l(0) > b.l(1))
        & (b.h(0) < b.h(1)),
    100
));

pattern!(
    ThreeWhiteSoldiers,
    12,
    [(Range, 2), (Range, 1), (Range, 0), (Short, 2), (Short, 1), (Body, 0)],
    |b, _p| when(
        b.white(2)
            & (b.upper(2) < b.shadow_very_short(2))
            & b.white(1)
            & (b.upper(1) < b.shadow_very_short(1))
            & b.white(0)
            & (b.upper(0) < b.shadow_very_short(0))
            & (b.c(0) > b.c(1))
            & (b.c(1) > b.c(2))
            & (b.o(1) > b.o(2))
            & (b.o(1) <= b.c(2) + b.near(2))
            & (b.o(0) > b.o(1))
            & (b.o(0) <= b.c(1) + b.near(1))
            & (b.body(1) > b.body(2) - b.far(2))
            & (b.body(0) > b.body(1) - b.far(1))
            & (b.body(0) > b.body_short(0)),
        100
    )
);

pattern!(
    AbandonedBaby,
    12,
    [(Body, 2), (Range, 1), (Body, 0)],
    |b, p| when(
        (b.body(2) > b.body_long(2))
            & (b.body(1) <= b.body_doji(1))
            & (b.body(0) > b.body_short(0))
            & ((b.white(2)
                & b.black(0)
                & (b.c(0) < b.c(2) - b.body(2) * p)
                & (b.l(1) > b.h(2))
                & (b.h(0) < b.l(1)))
                | (b.black(2) & b.white(0) & (b.h(1) < b.l(2)) & (b.l(0) > b.h(1)))),
        b.color(0) * 100
    ),
    |b, p| b.white(2) || b.c(0) > b.into_body(2, p)
);

pattern!(
    AdvanceBlock,
    12,
    [(Short, 2), (Short, 1), (Body, 2), (Shadows, 2), (Shadows, 0), (Shadows, 1)],
    |b, _p| when(
        b.white(2)
            & b.white(1)
            & b.white(0)
            & (b.c(0) > b.c(1))
            & (b.c(1) > b.c(2))
            & (b.o(1) > b.o(2))
            & (b.o(1) <= b.c(2) + b.near(2))
            & (b.o(0) > b.o(1))
            & (b.o(0) <= b.c(1) + b.near(1))
            & (b.body(2) > b.body_long(2))
            & (b.upper(2) < b.shadow_short(2))
            & (((b.body(1) < b.body(2) - b.far(2)) & (b.body(0) < b.body(1) + b.near(1)))
                | (b.body(0) < b.body(1) - b.far(1))
                | ((b.body(0) < b.body(1))
                    & (b.body(1) < b.body(2))
                    & ((b.upper(0) > b.shadow_short(0)) | (b.upper(1) > b.shadow_short(1))))
                | ((b.body(0) < b.body(1)) & (b.upper(0) > b.shadow_long(0)))),
        -100
    )
);

pattern!(BeltHold, 10, [(Body, 0), (Range, 0)], |b, _p| when(
    (b.body(0) > b.body_long(0))
        & ((b.white(0) & (b.lower(0) < b.shadow_very_short(0)))
            | (b.black(0) & (b.upper(0) < b.shadow_very_short(0)))),
    b.color(0) * 100
));

pattern!(Breakaway, 14, [(Body, 4)], |b, _p| when(
    (b.white(4) == b.white(3))
        & (b.white(3) == b.white(1))
        & (b.white(1) != b.white(0))
        & (b.body(4) > b.body_long(4))
        & ((b.black(4)
            & (b.top(3) < b.bottom(4))
            & (b.h(2) < b.h(3))
            & (b.l(2) < b.l(3))
            & (b.h(1) < b.h(2))
            & (b.l(1) < b.l(2))
            & (b.c(0) > b.o(3))
            & (b.c(0) < b.c(4)))
            | (b.white(4)
                & (b.bottom(3) > b.top(4))
                & (b.h(2) > b.h(3))
                & (b.l(2) > b.l(3))
                & (b.h(1) > b.h(2))
                & (b.l(1) > b.l(2))
                & (b.c(0) < b.o(3))
                & (b.c(0) > b.c(4)))),
    b.color(0) * 100
));

pattern!(ClosingMarubozu, 10, [(Body, 0), (Range, 0)], |b, _p| when(
    (b.body(0) > b.body_long(0))
        & ((b.white(0) & (b.upper(0) < b.shadow_very_short(0)))
            | (b.black(0) & (b.lower(0) < b.shadow_very_short(0)))),
    b.color(0) * 100
));

pattern!(ConcealBabySwallow, 13, [(Range, 3), (Range, 2), (Range, 1)], |b, _p| when(
    b.black(3)
        & b.black(2)
        & b.black(1)
        & b.black(0)
        & (b.lower(3) < b.shadow_very_short(3))
        & (b.upper(3) < b.shadow_very_short(3))
        & (b.lower(2) < b.shadow_very_short(2))
        & (b.upper(2) < b.shadow_very_short(2))
        & (b.top(1) < b.bottom(2))
        & (b.upper(1) > b.shadow_very_short(1))
        & (b.h(1) > b.c(2))
        & (b.h(0) > b.h(1))
        & (b.l(0) < b.l(1)),
    100
));

pattern!(Counterattack, 11, [(Body, 1), (Body, 0), (Short, 1)], |b, _p| when(
    (b.white(1) != b.white(0))
        & (b.body(1) > b.body_long(1))
        & (b.body(0) > b.body_long(0))
        & (b.c(0) <= b.c(1) + b.equal(1))
        & (b.c(0) >= b.c(1) - b.equal(1)),
    b.color(0) * 100
));

pattern!(DarkCloudCover, 11, [(Body, 1)], |b, p| when(
    b.white(1)
        & (b.body(1) > b.body_long(1))
        & b.black(0)
        & (b.o(0) > b.h(1))
        & (b.c(0) > b.o(1))
        & (b.c(0) < b.c(1) - b.body(1) * p),
    -100
));

pattern!(Doji, 10, [(Range, 0)], |b, _p| when(b.body(0) <= b.body_doji(0), 100));

pattern!(DojiStar, 11, [(Body, 1), (Range, 0)], |b, _p| when(
    (b.body(1) > b.body_long(1))
        & (b.body(0) <= b.body_doji(0))
        & ((b.white(1) & (b.bottom(0) > b.top(1))) | (b.black(1) & (b.top(0) < b.bottom(1)))),
    -b.color(1) * 100
));

pattern!(DragonflyDoji, 10, [(Range, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.lower(0) > b.shadow_very_short(0)),
    100
));

pattern!(Engulfing, 2, [], |b, _p| {
    #[allow(clippy::float_cmp, reason = "an end that is shared to the last bit counts less")]
    let inside = (b.o(0) != b.c(1)) & (b.c(0) != b.o(1));
    let size = if inside { 100 } else { 80 };
    when(
        (b.white(0)
            & b.black(1)
            & (((b.c(0) >= b.o(1)) & (b.o(0) < b.c(1))) | ((b.c(0) > b.o(1)) & (b.o(0) <= b.c(1)))))
            | (b.black(0)
                & b.white(1)
                & (((b.o(0) >= b.c(1)) & (b.c(0) < b.o(1))) | ((b.o(0) > b.c(1)) & (b.c(0) <= b.o(1))))),
        b.color(0) * size,
    )
});

pattern!(EveningDojiStar, 12, [(Body, 2), (Range, 1), (Body, 0)], |b, p| when(
    b.white(2)
        & b.black(0)
        & (b.bottom(1) > b.top(2))
        & (b.c(0) < b.c(2) - b.body(2) * p)
        & (b.body(2) > b.body_long(2))
        & (b.body(1) <= b.body_doji(1))
        & (b.body(0) > b.body_short(0)),
    -100
));

pattern!(EveningStar, 12, [(Body, 2), (Body, 1), (Body, 0)], |b, p| when(
    b.white(2)
        & b.black(0)
        & (b.bottom(1) > b.top(2))
        & (b.c(0) < b.c(2) - b.body(2) * p)
        & (b.body(2) > b.body_long(2))
        & (b.body(1) <= b.body_short(1))
        & (b.body(0) > b.body_short(0)),
    -100
));

pattern!(
    GapSideBySideWhite,
    7,
    [(Short, 1)],
    // A gap is rare, so the rest is asked only where there is one.
    |b, _p| when(b.bottom(1) > b.top(2), 100) - when(b.top(1) < b.bottom(2), 100),
    |b, _p| {
        let up = (b.bottom(1) > b.top(2)) & (b.bottom(0) > b.top(2));
        let down = (b.top(1) < b.bottom(2)) & (b.top(0) < b.bottom(2));
        (up | down)
            & b.white(1)
            & b.white(0)
            & (b.body(0) >= b.body(1) - b.near(1))
            & (b.body(0) <= b.body(1) + b.near(1))
            & (b.o(0) >= b.o(1) - b.equal(1))
            & (b.o(0) <= b.o(1) + b.equal(1))
    }
);

pattern!(GravestoneDoji, 10, [(Range, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0))
        & (b.lower(0) < b.shadow_very_short(0))
        & (b.upper(0) > b.shadow_very_short(0)),
    100
));

pattern!(Hammer, 11, [(Body, 0), (Range, 0), (Short, 1)], |b, _p| when(
    (b.body(0) < b.body_short(0))
        & (b.lower(0) > b.shadow_long(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.bottom(0) <= b.l(1) + b.near(1)),
    100
));

pattern!(HangingMan, 11, [(Body, 0), (Range, 0), (Short, 1)], |b, _p| when(
    (b.body(0) < b.body_short(0))
        & (b.lower(0) > b.shadow_long(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.bottom(0) >= b.h(1) - b.near(1)),
    -100
));

pattern!(Harami, 11, [(Body, 1), (Body, 0)], |b, _p| {
    let small = (b.body(1) > b.body_long(1)) & (b.body(0) <= b.body_short(0));
    let strict = (b.top(0) < b.top(1)) & (b.bottom(0) > b.bottom(1));
    let within = (b.top(0) <= b.top(1)) & (b.bottom(0) >= b.bottom(1));
    when(small & within, -b.color(1) * if strict { 100 } else { 80 })
});

pattern!(HaramiCross, 11, [(Body, 1), (Range, 0)], |b, _p| {
    let small = (b.body(1) > b.body_long(1)) & (b.body(0) <= b.body_doji(0));
    let strict = (b.top(0) < b.top(1)) & (b.bottom(0) > b.bottom(1));
    let within = (b.top(0) <= b.top(1)) & (b.bottom(0) >= b.bottom(1));
    when(small & within, -b.color(1) * if strict { 100 } else { 80 })
});

pattern!(HighWave, 10, [(Body, 0)], |b, _p| when(
    (b.body(0) < b.body_short(0))
        & (b.upper(0) > b.shadow_very_long(0))
        & (b.lower(0) > b.shadow_very_long(0)),
    b.color(0) * 100
));

pattern!(HomingPigeon, 11, [(Body, 1), (Body, 0)], |b, _p| when(
    b.black(1)
        & b.black(0)
        & (b.body(1) > b.body_long(1))
        & (b.body(0) <= b.body_short(0))
        & (b.o(0) < b.o(1))
        & (b.c(0) > b.c(1)),
    100
));

pattern!(
    IdenticalThreeCrows,
    12,
    [(Range, 2), (Range, 1), (Range, 0), (Short, 2), (Short, 1)],
    |b, _p| when(
        b.black(2)
            & (b.lower(2) < b.shadow_very_short(2))
            & b.black(1)
            & (b.lower(1) < b.shadow_very_short(1))
            & b.black(0)
            & (b.lower(0) < b.shadow_very_short(0))
            & (b.c(2) > b.c(1))
            & (b.c(1) > b.c(0))
            & (b.o(1) <= b.c(2) + b.equal(2))
            & (b.o(1) >= b.c(2) - b.equal(2))
            & (b.o(0) <= b.c(1) + b.equal(1))
            & (b.o(0) >= b.c(1) - b.equal(1)),
        -100
    )
);

pattern!(InNeck, 11, [(Body, 1), (Short, 1)], |b, _p| when(
    b.black(1)
        & (b.body(1) > b.body_long(1))
        & b.white(0)
        & (b.o(0) < b.l(1))
        & (b.c(0) <= b.c(1) + b.equal(1))
        & (b.c(0) >= b.c(1)),
    -100
));

pattern!(InvertedHammer, 11, [(Body, 0), (Range, 0)], |b, _p| when(
    (b.top(0) < b.bottom(1))
        & (b.body(0) < b.body_short(0))
        & (b.upper(0) > b.shadow_long(0))
        & (b.lower(0) < b.shadow_very_short(0)),
    100
));

pattern!(Kicking, 11, [(Body, 1), (Range, 1), (Body, 0), (Range, 0)], |b, _p| when(
    (b.white(1) != b.white(0))
        & (b.body(1) > b.body_long(1))
        & (b.upper(1) < b.shadow_very_short(1))
        & (b.lower(1) < b.shadow_very_short(1))
        & (b.body(0) > b.body_long(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.lower(0) < b.shadow_very_short(0))
        & ((b.black(1) & (b.l(0) > b.h(1))) | (b.white(1) & (b.h(0) < b.l(1)))),
    b.color(0) * 100
));

pattern!(KickingByLength, 11, [(Body, 1), (Range, 1), (Body, 0), (Range, 0)], |b, _p| when(
    (b.white(1) != b.white(0))
        & (b.body(1) > b.body_long(1))
        & (b.upper(1) < b.shadow_very_short(1))
        & (b.lower(1) < b.shadow_very_short(1))
        & (b.body(0) > b.body_long(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.lower(0) < b.shadow_very_short(0))
        & ((b.black(1) & (b.l(0) > b.h(1))) | (b.white(1) & (b.h(0) < b.l(1)))),
    100 * if b.body(0) > b.body(1) { b.color(0) } else { b.color(1) }
));

pattern!(LadderBottom, 14, [(Range, 1)], |b, _p| when(
    b.black(4)
        & b.black(3)
        & b.black(2)
        & (b.o(4) > b.o(3))
        & (b.o(3) > b.o(2))
        & (b.c(4) > b.c(3))
        & (b.c(3) > b.c(2))
        & b.black(1)
        & (b.upper(1) > b.shadow_very_short(1))
        & b.white(0)
        & (b.o(0) > b.o(1))
        & (b.c(0) > b.h(1)),
    100
));

pattern!(LongLeggedDoji, 10, [(Range, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0)) & ((b.lower(0) > b.shadow_long(0)) | (b.upper(0) > b.shadow_long(0))),
    100
));

pattern!(LongLine, 10, [(Body, 0), (Shadows, 0)], |b, _p| when(
    (b.body(0) > b.body_long(0)) & (b.upper(0) < b.shadow_short(0)) & (b.lower(0) < b.shadow_short(0)),
    b.color(0) * 100
));

pattern!(Marubozu, 10, [(Body, 0), (Range, 0)], |b, _p| when(
    (b.body(0) > b.body_long(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.lower(0) < b.shadow_very_short(0)),
    b.color(0) * 100
));

pattern!(MatchingLow, 6, [(Short, 1)], |b, _p| when(
    b.black(1) & b.black(0) & (b.c(0) <= b.c(1) + b.equal(1)) & (b.c(0) >= b.c(1) - b.equal(1)),
    100
));

pattern!(MatHold, 14, [(Body, 4), (Body, 3), (Body, 2), (Body, 1)], |b, p| when(
    b.white(4)
        & b.black(3)
        & b.white(0)
        & (b.bottom(3) > b.top(4))
        & (b.bottom(2) < b.c(4))
        & (b.bottom(1) < b.c(4))
        & (b.bottom(2) > b.c(4) - b.body(4) * p)
        & (b.bottom(1) > b.c(4) - b.body(4) * p)
        & (b.top(2) < b.o(3))
        & (b.top(1) < b.top(2))
        & (b.o(0) > b.c(1))
        & (b.c(0) > b.h(3).max(b.h(2)).max(b.h(1)))
        & (b.body(4) > b.body_long(4))
        & (b.body(3) < b.body_short(3))
        & (b.body(2) < b.body_short(2))
        & (b.body(1) < b.body_short(1)),
    100
));

pattern!(
    MorningDojiStar,
    12,
    [(Body, 2), (Range, 1), (Body, 0)],
    |b, _p| when(
        b.black(2)
            & b.white(0)
            & (b.top(1) < b.bottom(2))
            & (b.body(2) > b.body_long(2))
            & (b.body(1) <= b.body_doji(1))
            & (b.body(0) > b.body_short(0)),
        100
    ),
    |b, p| b.c(0) > b.into_body(2, p)
);

pattern!(
    MorningStar,
    12,
    [(Body, 2), (Body, 1), (Body, 0)],
    |b, _p| when(
        b.black(2)
            & b.white(0)
            & (b.top(1) < b.bottom(2))
            & (b.body(2) > b.body_long(2))
            & (b.body(1) <= b.body_short(1))
            & (b.body(0) > b.body_short(0)),
        100
    ),
    |b, p| b.c(0) > b.into_body(2, p)
);

pattern!(OnNeck, 11, [(Body, 1), (Short, 1)], |b, _p| when(
    b.black(1)
        & (b.body(1) > b.body_long(1))
        & b.white(0)
        & (b.o(0) < b.l(1))
        & (b.c(0) <= b.l(1) + b.equal(1))
        & (b.c(0) >= b.l(1) - b.equal(1)),
    -100
));

pattern!(Piercing, 11, [(Body, 1), (Body, 0)], |b, _p| when(
    b.black(1)
        & (b.body(1) > b.body_long(1))
        & b.white(0)
        & (b.body(0) > b.body_long(0))
        & (b.o(0) < b.l(1))
        & (b.c(0) < b.o(1))
        & (b.c(0) > b.c(1) + b.body(1) * 0.5),
    100
));

pattern!(RickshawMan, 10, [(Range, 0), (Short, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0))
        & (b.lower(0) > b.shadow_long(0))
        & (b.upper(0) > b.shadow_long(0))
        & ((b.bottom(0) <= b.l(0) + (b.h(0) - b.l(0)) / 2.0 + b.near(0))
            & (b.top(0) >= b.l(0) + (b.h(0) - b.l(0)) / 2.0 - b.near(0))),
    100
));

pattern!(RiseFallThreeMethods, 14, [(Body, 4), (Body, 3), (Body, 2), (Body, 1), (Body, 0)], |b, _p| when(
    (b.white(4) != b.white(3))
        & (b.white(3) == b.white(2))
        & (b.white(2) == b.white(1))
        & (b.white(1) != b.white(0))
        & (b.bottom(3) < b.h(4))
        & (b.top(3) > b.l(4))
        & (b.bottom(2) < b.h(4))
        & (b.top(2) > b.l(4))
        & (b.bottom(1) < b.h(4))
        & (b.top(1) > b.l(4))
        & (b.c(2) * b.sign(4) < b.c(3) * b.sign(4))
        & (b.c(1) * b.sign(4) < b.c(2) * b.sign(4))
        & (b.o(0) * b.sign(4) > b.c(1) * b.sign(4))
        & (b.c(0) * b.sign(4) > b.c(4) * b.sign(4))
        & (b.body(4) > b.body_long(4))
        & (b.body(3) < b.body_short(3))
        & (b.body(2) < b.body_short(2))
        & (b.body(1) < b.body_short(1))
        & (b.body(0) > b.body_long(0)),
    b.color(4) * 100
));

pattern!(SeparatingLines, 11, [(Short, 1), (Body, 0), (Range, 0)], |b, _p| when(
    (b.white(1) != b.white(0))
        & (b.o(0) <= b.o(1) + b.equal(1))
        & (b.o(0) >= b.o(1) - b.equal(1))
        & (b.body(0) > b.body_long(0))
        & ((b.white(0) & (b.lower(0) < b.shadow_very_short(0)))
            | (b.black(0) & (b.upper(0) < b.shadow_very_short(0)))),
    b.color(0) * 100
));

pattern!(ShootingStar, 11, [(Body, 0), (Range, 0)], |b, _p| when(
    (b.bottom(0) > b.top(1))
        & (b.body(0) < b.body_short(0))
        & (b.upper(0) > b.shadow_long(0))
        & (b.lower(0) < b.shadow_very_short(0)),
    -100
));

pattern!(ShortLine, 10, [(Body, 0), (Shadows, 0)], |b, _p| when(
    (b.body(0) < b.body_short(0)) & (b.upper(0) < b.shadow_short(0)) & (b.lower(0) < b.shadow_short(0)),
    b.color(0) * 100
));

pattern!(SpinningTop, 10, [(Body, 0)], |b, _p| when(
    (b.upper(0) > b.body(0)) & (b.lower(0) > b.body(0)) & (b.body(0) < b.body_short(0)),
    b.color(0) * 100
));

pattern!(
    StalledPattern,
    12,
    [(Body, 2), (Body, 1), (Range, 1), (Short, 2), (Body, 0), (Short, 1)],
    |b, _p| when(
        b.white(2)
            & b.white(1)
            & b.white(0)
            & (b.c(0) > b.c(1))
            & (b.c(1) > b.c(2))
            & (b.body(2) > b.body_long(2))
            & (b.body(1) > b.body_long(1))
            & (b.upper(1) < b.shadow_very_short(1))
            & (b.o(1) > b.o(2))
            & (b.o(1) <= b.c(2) + b.near(2))
            & (b.body(0) < b.body_short(0))
            & (b.o(0) >= b.c(1) - b.body(0) - b.near(1)),
        -100
    )
);

pattern!(StickSandwich, 7, [(Short, 2)], |b, _p| when(
    b.black(2)
        & b.white(1)
        & b.black(0)
        & (b.l(1) > b.c(2))
        & (b.c(0) <= b.c(2) + b.equal(2))
        & (b.c(0) >= b.c(2) - b.equal(2)),
    100
));

pattern!(Takuri, 10, [(Range, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.lower(0) > b.shadow_very_long(0)),
    100
));

pattern!(
    TasukiGap,
    7,
    [(Short, 1)],
    // A gap is rare, so the rest is asked only where there is one.
    |b, _p| when((b.bottom(1) > b.top(2)) | (b.top(1) < b.bottom(2)), b.color(1) * 100),
    |b, _p| {
        let up = (b.bottom(1) > b.top(2))
            & b.white(1)
            & b.black(0)
            & (b.o(0) < b.c(1))
            & (b.o(0) > b.o(1))
            & (b.c(0) < b.o(1))
            & (b.c(0) > b.top(2));
        let down = (b.top(1) < b.bottom(2))
            & b.black(1)
            & b.white(0)
            & (b.o(0) < b.o(1))
            & (b.o(0) > b.c(1))
            & (b.c(0) > b.o(1))
            & (b.c(0) < b.bottom(2));
        (up | down) & ((b.body(1) - b.body(0)).abs() < b.near(1))
    }
);

pattern!(Thrusting, 11, [(Body, 1), (Short, 1)], |b, _p| when(
    b.black(1)
        & (b.body(1) > b.body_long(1))
        & b.white(0)
        & (b.o(0) < b.l(1))
        & (b.c(0) > b.c(1) + b.equal(1))
        & (b.c(0) <= b.c(1) + b.body(1) * 0.5),
    -100
));

pattern!(Tristar, 12, [(Range, 2)], |b, _p| {
    let dojis = (b.body(2) <= b.body_doji(2)) & (b.body(1) <= b.body_doji(2)) & (b.body(0) <= b.body_doji(2));
    let above = (b.bottom(1) > b.top(2)) & (b.top(0) < b.top(1));
    let below = (b.top(1) < b.bottom(2)) & (b.bottom(0) > b.bottom(1));
    when(dojis & above, -100) + when(dojis & below, 100)
});

pattern!(UniqueThreeRiver, 12, [(Body, 2), (Body, 0)], |b, _p| when(
    b.black(2)
        & b.black(1)
        & b.white(0)
        & (b.c(1) > b.c(2))
        & (b.o(1) <= b.o(2))
        & (b.l(1) < b.l(2))
        & (b.o(0) > b.l(1))
        & (b.body(2) > b.body_long(2))
        & (b.body(0) < b.body_short(0)),
    100
));

pattern!(UpsideGapTwoCrows, 12, [(Body, 2), (Body, 1)], |b, _p| when(
    b.white(2)
        & (b.body(2) > b.body_long(2))
        & b.black(1)
        & (b.body(1) <= b.body_short(1))
        & (b.bottom(1) > b.top(2))
        & b.black(0)
        & (b.o(0) > b.o(1))
        & (b.c(0) < b.c(1))
        & (b.c(0) > b.c(2)),
    -100
));

pattern!(GapThreeMethods, 2, [], |b, _p| when(
    (b.white(2) == b.white(1))
        & (b.white(1) != b.white(0))
        & (b.o(0) < b.top(1))
        & (b.o(0) > b.bottom(1))
        & (b.c(0) < b.top(2))
        & (b.c(0) > b.bottom(2))
        & ((b.white(2) & (b.bottom(1) > b.top(2))) | (b.black(2) & (b.top(1) < b.bottom(2)))),
    b.color(2) * 100
));
