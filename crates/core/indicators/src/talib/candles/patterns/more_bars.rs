//! Patterns of four and five bars.

use super::super::{
    At, Base,
    Base::{Body, Range, Short},
    Pattern, when,
};

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
