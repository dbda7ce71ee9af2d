//! Books of a table as a run's book would hold them: levels in order, each price once, and nothing crossed.

use scalp_features::measure::Level;

/// Rows of books that did not stand as a book does, and were put right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mended {
    /// Rows with levels whose price or size cannot be.
    pub unsound: usize,
    /// The first cell of those, as an error would name it.
    pub first_unsound: Option<String>,
    /// Rows whose levels were not in order, best first and without gaps.
    pub unsorted: usize,
    /// Rows in which a price stood more than once on a side, so that sizes were lost.
    pub doubled: usize,
    /// Rows in which a bid reached the best ask.
    pub crossed: usize,
}

impl Mended {
    /// The two together with those of another table.
    pub(super) fn add(&mut self, other: Mended) {
        self.unsound += other.unsound;
        self.first_unsound = self.first_unsound.take().or(other.first_unsound);
        self.unsorted += other.unsorted;
        self.doubled += other.doubled;
        self.crossed += other.crossed;
    }

    /// In words, where there is something to say.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let Mended { unsound, first_unsound, unsorted, doubled, crossed } = self;
        let first = first_unsound.as_deref().unwrap_or_default();
        let parts = [
            (*unsound, format!("with a price or size that cannot be, whose levels were left out ({first})")),
            (*unsorted, "with levels out of order, which were sorted".to_owned()),
            (
                *doubled,
                "with a price more than once on a side, of whose sizes the last was read and the others were left out, as in a run"
                    .to_owned(),
            ),
            (
                *crossed,
                "crossed, of which the bids from the best ask on were left out, as in a run".to_owned(),
            ),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{count} {what}")).collect();
        (!parts.is_empty()).then(|| format!("rows of books: {}", parts.join("; ")))
    }
}

pub(super) const NONE: Level = Level { price: 0.0, size: 0.0 };

/// What a price and a size of a table are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Written {
    Level(Level),
    /// A cell has no value, or the size is zero: there is no level.
    Nothing,
    /// The price or the size of a level cannot be.
    WrongPrice,
    WrongSize,
}

impl Written {
    /// By the rule of trades: a level has a price and a size above zero.
    pub(super) fn of(price: f64, size: f64) -> Written {
        let one = Level { price: 1.0, size: 1.0 };
        match (price, size) {
            _ if size < 0.0 => Written::WrongSize,
            _ if price.is_nan() || size.is_nan() || size == 0.0 => Written::Nothing,
            _ if !(Level { size, ..one }).is_sound() => Written::WrongSize,
            _ if !(Level { price, ..one }).is_sound() => Written::WrongPrice,
            _ => Written::Level(Level { price, size }),
        }
    }
}

/// Puts the books of all rows right, `levels` a side; a size of zero is no level. The rule is that of a run's book, which takes
/// the bids of a message first and then the asks: of two sizes at one price the last counts, and an ask pushes away the bids that
/// it reaches.
pub(super) fn mend(levels: usize, bids: &mut [Level], asks: &mut [Level]) -> Mended {
    let mut mended = Mended::default();
    for (bids, asks) in bids.chunks_mut(levels).zip(asks.chunks_mut(levels)) {
        let found = [sort(bids, |it| -it.price), sort(asks, |it| it.price)];
        mended.unsorted += usize::from(found.iter().any(|it| !it.is_sorted));
        mended.doubled += usize::from(found.iter().any(|it| it.is_doubled));
        let ask = asks[0];
        let reaching =
            bids.iter().take_while(|it| it.size > 0.0 && ask.size > 0.0 && it.price >= ask.price).count();
        if reaching > 0 {
            mended.crossed += 1;
            bids.rotate_left(reaching);
            bids[levels - reaching..].fill(NONE);
        }
    }
    mended
}

/// How a side was before it was sorted.
struct Before {
    /// Whether no level stood behind a worse one, or behind one that is not there.
    is_sorted: bool,
    /// Whether a price had more than one level.
    is_doubled: bool,
}

/// Sorts a side by a rising key, levels that are not there last, and each price once.
fn sort(side: &mut [Level], key: impl Fn(&Level) -> f64) -> Before {
    let is_there = |it: &Level| it.size > 0.0;
    let is_before = |a: &Level, b: &Level| !is_there(b) || is_there(a) && key(a) < key(b);
    if side.windows(2).all(|it| is_before(&it[0], &it[1])) {
        return Before { is_sorted: true, is_doubled: false };
    }
    let is_not_behind = |a: &Level, b: &Level| !is_there(b) || is_there(a) && key(a) <= key(b);
    let is_sorted = side.windows(2).all(|it| is_not_behind(&it[0], &it[1]));
    let there = side.iter().filter(|it| is_there(it)).count();
    // Stable: of one price the last stays last.
    side.sort_by(|a, b| is_there(b).cmp(&is_there(a)).then(key(a).total_cmp(&key(b))));
    let mut held = 0;
    for at in 0..side.len() {
        if held > 0 && is_there(&side[at]) && key(&side[held - 1]).total_cmp(&key(&side[at])).is_eq() {
            side[held - 1] = side[at];
        } else {
            side[held] = side[at];
            held += 1;
        }
    }
    // From here on are levels that are not there, which were counted as held like any other.
    let kept = side[..held].iter().filter(|it| is_there(it)).count();
    side[held..].fill(NONE);
    Before { is_sorted, is_doubled: kept < there }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_market::{Book, BookConfig};
    use scalp_types::{Depth, DepthKind, Price, Qty};

    fn draw(state: &mut u64) -> i64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 40) as i64
    }

    #[test]
    fn a_table_of_books_is_the_book_of_a_run() {
        let mut state = 7;
        let (mut crossed, mut unsorted) = (0, 0);
        for _ in 0..3_000 {
            let mut side = |from: i64| -> Vec<scalp_types::Level> {
                let one = |state: &mut u64| (Price::new(from + draw(state) % 9), Qty::new(draw(state) % 5));
                (0..4)
                    .map(|_| one(&mut state))
                    .map(|(price, qty)| scalp_types::Level { price, qty })
                    .collect()
            };
            let (bids, asks) = (side(100), side(106));
            let mut book = Book::new(BookConfig::default());
            // A level of nothing is not in a snapshot.
            let listed = |it: &[scalp_types::Level]| {
                it.iter().copied().filter(|it| !it.qty.is_zero()).collect::<Vec<_>>()
            };
            let (b, a) = (listed(&bids), listed(&asks));
            let kind = DepthKind::Snapshot;
            book.apply(&Depth { kind, bids: &b, asks: &a, first_id: 0, last_id: 0, previous_id: 0 });
            let float = |it: &scalp_types::Level| match it.qty.get() {
                0 => NONE,
                lots => Level { price: it.price.get() as f64, size: lots as f64 },
            };
            let (mut own_bids, mut own_asks) =
                (bids.iter().map(float).collect::<Vec<_>>(), asks.iter().map(float).collect::<Vec<_>>());
            let mended = mend(4, &mut own_bids, &mut own_asks);
            let whole = |it: Vec<scalp_types::Level>| it.iter().map(float).collect::<Vec<_>>();
            let there = |it: &[Level]| it.iter().copied().take_while(|it| it.size > 0.0).collect::<Vec<_>>();
            assert_eq!(there(&own_bids), whole(book.bids().collect()), "{bids:?} {asks:?}");
            assert_eq!(there(&own_asks), whole(book.asks().collect()), "{bids:?} {asks:?}");
            crossed += mended.crossed;
            unsorted += mended.unsorted;
            assert_eq!(mend(4, &mut own_bids, &mut own_asks), Mended::default(), "once is enough");
        }
        assert!(crossed > 300 && crossed < 2_700 && unsorted > 1_000, "{crossed} {unsorted}");
    }

    #[test]
    fn a_level_has_a_price_and_a_size_above_zero_and_nothing_is_no_level() {
        let of = |price: f64, size: f64| Written::of(price, size);
        assert_eq!(of(9.0, 2.0), Written::Level(Level { price: 9.0, size: 2.0 }));
        for (price, size) in [(9.0, 0.0), (0.0, 0.0), (-1.0, 0.0), (f64::NAN, 3.0), (9.0, f64::NAN)] {
            assert_eq!(of(price, size), Written::Nothing, "{price} {size}");
        }
        for (price, size) in [(9.0, -2.0), (0.0, -2.0), (f64::NAN, -2.0), (9.0, 1e300), (9.0, 1e-300)] {
            assert_eq!(of(price, size), Written::WrongSize, "{price} {size}");
        }
        for (price, size) in [(0.0, 2.0), (-9.0, 2.0), (1e300, 2.0)] {
            assert_eq!(of(price, size), Written::WrongPrice, "{price} {size}");
        }
    }

    #[test]
    fn what_was_put_right_is_told() {
        let level = |price| Level { price, size: 1.0 };
        let (mut bids, mut asks) = (
            [level(103.0), level(100.0), level(99.0), level(100.0)],
            [level(101.0), level(102.0), level(101.0), level(102.0)],
        );
        let mended = mend(2, &mut bids, &mut asks);
        assert_eq!(mended, Mended { unsorted: 1, crossed: 1, ..Mended::default() });
        assert_eq!(bids, [level(100.0), NONE, level(100.0), level(99.0)]);
        let words = mended.words().unwrap();
        assert!(words.contains("1 with levels out of order") && words.contains("1 crossed"), "{words}");
        assert_eq!(Mended::default().words(), None);
        // Of one price twice the last size is read, as in a run, and what is lost is told; nothing was out of order.
        let sized = |price, size| Level { price, size };
        let (mut bids, mut asks) =
            ([sized(98.8, 0.81), sized(98.8, 0.41), sized(98.5, 1.95)], [sized(99.0, 1.0), NONE, NONE]);
        let mended = mend(3, &mut bids, &mut asks);
        assert_eq!(mended, Mended { doubled: 1, ..Mended::default() });
        assert_eq!(bids, [sized(98.8, 0.41), sized(98.5, 1.95), NONE]);
        let words = mended.words().unwrap();
        assert!(
            words.starts_with("rows of books: 1 with a price more than once on a side, of whose sizes"),
            "{words}"
        );
    }
}
