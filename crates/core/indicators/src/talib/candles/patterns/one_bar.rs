//! Patterns of one bar.

use super::super::{
    At, Base,
    Base::{Body, Range, Shadows, Short},
    Pattern, when,
};

pattern!(BeltHold, 10, [(Body, 0), (Range, 0)], |b, _p| when(
    (b.body(0) > b.body_long(0))
        & ((b.white(0) & (b.lower(0) < b.shadow_very_short(0)))
            | (b.black(0) & (b.upper(0) < b.shadow_very_short(0)))),
    b.color(0) * 100
));

pattern!(ClosingMarubozu, 10, [(Body, 0), (Range, 0)], |b, _p| when(
    (b.body(0) > b.body_long(0))
        & ((b.white(0) & (b.upper(0) < b.shadow_very_short(0)))
            | (b.black(0) & (b.lower(0) < b.shadow_very_short(0)))),
    b.color(0) * 100
));

pattern!(Doji, 10, [(Range, 0)], |b, _p| when(b.body(0) <= b.body_doji(0), 100));

pattern!(DragonflyDoji, 10, [(Range, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.lower(0) > b.shadow_very_short(0)),
    100
));

pattern!(GravestoneDoji, 10, [(Range, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0))
        & (b.lower(0) < b.shadow_very_short(0))
        & (b.upper(0) > b.shadow_very_short(0)),
    100
));

pattern!(HighWave, 10, [(Body, 0)], |b, _p| when(
    (b.body(0) < b.body_short(0))
        & (b.upper(0) > b.shadow_very_long(0))
        & (b.lower(0) > b.shadow_very_long(0)),
    b.color(0) * 100
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

pattern!(RickshawMan, 10, [(Range, 0), (Short, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0))
        & (b.lower(0) > b.shadow_long(0))
        & (b.upper(0) > b.shadow_long(0))
        & ((b.bottom(0) <= b.l(0) + (b.h(0) - b.l(0)) / 2.0 + b.near(0))
            & (b.top(0) >= b.l(0) + (b.h(0) - b.l(0)) / 2.0 - b.near(0))),
    100
));

pattern!(ShortLine, 10, [(Body, 0), (Shadows, 0)], |b, _p| when(
    (b.body(0) < b.body_short(0)) & (b.upper(0) < b.shadow_short(0)) & (b.lower(0) < b.shadow_short(0)),
    b.color(0) * 100
));

pattern!(SpinningTop, 10, [(Body, 0)], |b, _p| when(
    (b.upper(0) > b.body(0)) & (b.lower(0) > b.body(0)) & (b.body(0) < b.body_short(0)),
    b.color(0) * 100
));

pattern!(Takuri, 10, [(Range, 0)], |b, _p| when(
    (b.body(0) <= b.body_doji(0))
        & (b.upper(0) < b.shadow_very_short(0))
        & (b.lower(0) > b.shadow_very_long(0)),
    100
));
