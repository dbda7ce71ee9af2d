//! Books of a table as a run's book would hold them: levels in order, each price once, and nothing crossed.

use scalp_features::measure::Level;

/// Rows of books that did not stand as a book does, and were put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mended {
    /// Rows whose levels were not in order, best first, each price once and without gaps.
    pub unsorted: usize,
    /// Rows in which a bid reached the best ask.
    pub crossed: usize,
}

impl Mended {
    /// The two together with those of another table.
    pub(super) fn add(&mut self, other: Mended) {
        self.unsorted += other.unsorted;
        self.crossed += other.crossed;
    }

    /// In words, where there is something to say.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let Mended { unsorted, crossed } = self;
        let parts = [
            (*unsorted, "with levels out of order, which were sorted"),
            (*crossed, "crossed, of which the bids from the best ask on were left out, as in a run"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|it| it.0 > 0).map(|(count, what)| format!("{count} {what}")).collect();
        (!parts.is_empty()).then(|| format!("rows of books: {}", parts.join("; ")))
    }
}

const NONE: Level = Level { price: 0.0, size: 0.0 };

/// Puts the books of all rows right, `levels` a side; a size of zero is no level. The rule is that of a run's book, which takes
/// the bids of a message first and then the asks: of two sizes at one price the last counts, and an ask pushes away the bids that
/// it reaches.
pub(super) fn mend(levels: usize, bids: &mut [Level], asks: &mut [Level]) -> Mended {
    let mut mended = Mended::default();
    for (bids, asks) in bids.chunks_mut(levels).zip(asks.chunks_mut(levels)) {
        let is_sorted = sort(bids, |it| -it.price) & sort(asks, |it| it.price);
        mended.unsorted += usize::from(!is_sorted);
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

/// Sorts a side by a rising key, levels that are not there last; whether it was in order before.
fn sort(side: &mut [Level], key: impl Fn(&Level) -> f64) -> bool {
    let is_there = |it: &Level| it.size > 0.0;
    let is_before = |a: &Level, b: &Level| !is_there(b) || is_there(a) && key(a) < key(b);
    if side.windows(2).all(|it| is_before(&it[0], &it[1])) {
        return true;
    }
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
    side[held..].fill(NONE);
    false
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
    fn what_was_put_right_is_told() {
        let level = |price| Level { price, size: 1.0 };
        let (mut bids, mut asks) = (
            [level(103.0), level(100.0), level(99.0), level(100.0)],
            [level(101.0), level(102.0), level(101.0), level(102.0)],
        );
        let mended = mend(2, &mut bids, &mut asks);
        assert_eq!(mended, Mended { unsorted: 1, crossed: 1 });
        assert_eq!(bids, [level(100.0), NONE, level(100.0), level(99.0)]);
        let words = mended.words().unwrap();
        assert!(words.contains("1 with levels out of order") && words.contains("1 crossed"), "{words}");
        assert_eq!(Mended::default().words(), None);
    }
}
