//! Which bars of one instrument were told before, and which are missing between them; each length of bar by itself.

use super::seen::Seen;
use scalp_types::Bar;

/// Lengths of bars told apart, and places within their length at which they begin; bars of more are not judged.
const LENGTHS_MAX: usize = 64;

const DAY: i64 = 86_400_000_000_000;

/// What was told.
#[derive(Debug, Default)]
pub(super) struct Bars {
    lengths: Vec<(i64, Ends)>,
}

/// Bars of one length.
#[derive(Debug)]
struct Ends {
    /// The latest end.
    end: i64,
    /// By where bars begin within their length.
    seen: Vec<(i64, Seen)>,
}

/// What a bar is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// New; so many between the latest of its length and it are missing.
    After(u64),
    /// The bar of this time was told before.
    Again,
}

impl Bars {
    /// Adds a bar.
    pub(super) fn add(&mut self, it: &Bar) -> Told {
        let (open, span) = (it.open_at.nanos(), it.span.nanos());
        let end = open.saturating_add(span);
        if span <= 0 {
            return Told::After(0);
        }
        // Calendar months differ in length and are one series.
        let is_month = (28 * DAY..=31 * DAY).contains(&span) && open % DAY == 0;
        let length = if is_month { DAY } else { span };
        let key = if is_month { 0 } else { span };
        let at = self.lengths.iter().position(|it| it.0 == key).unwrap_or_else(|| {
            self.lengths.push((key, Ends { end: open, seen: Vec::new() }));
            self.lengths.len() - 1
        });
        if at >= LENGTHS_MAX {
            self.lengths.truncate(LENGTHS_MAX);
            return Told::After(0);
        }
        let bars = &mut self.lengths[at].1;
        if !bars.is_new(open.rem_euclid(length), open.div_euclid(length)) {
            return Told::Again;
        }
        let hole = open.saturating_sub(bars.end).max(0) as u64;
        bars.end = bars.end.max(end);
        Told::After(hole.div_ceil(span as u64))
    }
}

impl Ends {
    fn is_new(&mut self, offset: i64, number: i64) -> bool {
        let known = self.seen.iter().position(|it| it.0 == offset);
        let at = match known {
            Some(at) => at,
            None if self.seen.len() == LENGTHS_MAX => return true,
            None => {
                self.seen.push((offset, Seen::default()));
                self.seen.len() - 1
            }
        };
        // The order of signed numbers, in unsigned ones.
        self.seen[at].1.insert(number.cast_unsigned() ^ 1 << 63)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::{Price, Qty, Span, Timestamp};

    const MINUTE: i64 = 60_000_000_000;

    fn bar(open_at: i64, span: i64) -> Bar {
        let price = Price::new(1);
        Bar {
            open_at: Timestamp::from_nanos(open_at),
            span: Span::from_nanos(span),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Qty::ZERO,
            taker_buy: Qty::ZERO,
            trades: 0,
        }
    }

    #[test]
    fn a_bar_told_far_back_is_known_and_holes_are_counted_by_length() {
        let mut bars = Bars::default();
        for n in 0..200_000 {
            assert_eq!(bars.add(&bar(n * MINUTE, MINUTE)), Told::After(0));
        }
        assert_eq!(bars.add(&bar(0, MINUTE)), Told::Again);
        assert_eq!(bars.add(&bar(-MINUTE, MINUTE)), Told::After(0), "before all others, and new");
        assert_eq!(bars.add(&bar(-MINUTE, MINUTE)), Told::Again);
        assert_eq!(bars.add(&bar(0, 60 * MINUTE)), Told::After(0), "of another length");
        assert_eq!(bars.add(&bar(MINUTE / 2, MINUTE)), Told::After(0), "begins elsewhere");
        assert_eq!(bars.add(&bar(200_003 * MINUTE, MINUTE)), Told::After(3));
        assert_eq!(bars.add(&bar(3 * 60 * MINUTE, 60 * MINUTE)), Told::After(2));
        assert_eq!(bars.add(&bar(i64::MAX - 1, MINUTE)), bars.add(&bar(i64::MAX - 1, 0)).max_missing());
    }

    impl Told {
        fn max_missing(self) -> Self {
            assert_eq!(self, Self::After(0));
            Self::After(((i64::MAX - 1 - 200_004 * MINUTE) as u64).div_ceil(MINUTE as u64))
        }
    }

    #[test]
    fn months_are_one_series() {
        let mut bars = Bars::default();
        let month = |year, month| Timestamp::from_date(year, month, 1).unwrap().nanos();
        let add = |bars: &mut Bars, year, at: u32| {
            let (open, next) =
                (month(year, at), if at == 12 { month(year + 1, 1) } else { month(year, at + 1) });
            bars.add(&bar(open, next - open))
        };
        for at in 1..=12 {
            assert_eq!(add(&mut bars, 2023, at), Told::After(0));
        }
        assert_eq!(add(&mut bars, 2023, 2), Told::Again);
        assert_eq!(add(&mut bars, 2024, 3), Told::After(2));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut bars = Bars::default();
        for n in 1..1_000 {
            bars.add(&bar(n * MINUTE, MINUTE + n));
            bars.add(&bar(n * MINUTE + n, MINUTE));
        }
        assert!(bars.lengths.len() <= LENGTHS_MAX);
        assert!(bars.lengths.iter().all(|it| it.1.seen.len() <= LENGTHS_MAX));
    }
}
