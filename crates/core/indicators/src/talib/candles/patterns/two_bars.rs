//! Patterns of two bars, and of one bar against the bar before it.

use super::super::{
    At, Base,
    Base::{Body, Range, Short},
    Pattern, when,
};

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

pattern!(DojiStar, 11, [(Body, 1), (Range, 0)], |b, _p| when(
    (b.body(1) > b.body_long(1))
        & (b.body(0) <= b.body_doji(0))
        & ((b.white(1) & (b.bottom(0) > b.top(1))) | (b.black(1) & (b.top(0) < b.bottom(1)))),
    -b.color(1) * 100
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

pattern!(HomingPigeon, 11, [(Body, 1), (Body, 0)], |b, _p| when(
    b.black(1)
        & b.black(0)
        & (b.body(1) > b.body_long(1))
        & (b.body(0) <= b.body_short(0))
        & (b.o(0) < b.o(1))
        & (b.c(0) > b.c(1)),
    100
));

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

pattern!(MatchingLow, 6, [(Short, 1)], |b, _p| when(
    b.black(1) & b.black(0) & (b.c(0) <= b.c(1) + b.equal(1)) & (b.c(0) >= b.c(1) - b.equal(1)),
    100
));

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

pattern!(Thrusting, 11, [(Body, 1), (Short, 1)], |b, _p| when(
    b.black(1)
        & (b.body(1) > b.body_long(1))
        & b.white(0)
        & (b.o(0) < b.l(1))
        & (b.c(0) > b.c(1) + b.equal(1))
        & (b.c(0) <= b.c(1) + b.body(1) * 0.5),
    -100
));
