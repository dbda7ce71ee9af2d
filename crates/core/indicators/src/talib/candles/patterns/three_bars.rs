//! Patterns of three bars.

use super::super::{
    At, Base,
    Base::{Body, Range, Shadows, Short},
    Pattern, when,
};

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

pattern!(ThreeInside, 12, [(Body, 2), (Body, 1)], |b, _p| when(
    (b.top(1) < b.top(2))
        & (b.bottom(1) > b.bottom(2))
        & ((b.white(2) & b.black(0) & (b.c(0) < b.o(2))) | (b.black(2) & b.white(0) & (b.c(0) > b.o(2))))
        & (b.body(2) > b.body_long(2))
        & (b.body(1) <= b.body_short(1)),
    -b.color(2) * 100
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
