//! Which rows that have no id of their own were told before, however far away: by their time and content.
//!
//! A feed goes forward, so only a row whose time lies behind can have been told before, and it is looked for at its
//! time alone. Rows are remembered one by one, older ones by blocks of rows that follow one another in time, each with
//! the sum of their hashes: a copy of a whole block is known again, wherever it stands.

use std::collections::{BTreeSet, VecDeque};

/// Rows remembered one by one: 16 MiB.
const ROWS_MAX: usize = 1 << 20;
/// Rows of a block to begin with; where blocks become too many, each two that stand beside each other become one.
const BLOCK_ROWS: u64 = 256;
/// Blocks held at most: 2 MiB.
const BLOCKS_MAX: usize = 1 << 16;
/// Rows held that came late and had not been told; the earliest is forgotten first.
const LATE_MAX: usize = 1 << 16;
/// Rows of one time looked back at for a row that has an id.
const SAME_TIME_MAX: usize = 64;

/// What was told of one kind of one instrument.
#[derive(Debug)]
pub(super) struct Told {
    latest: i64,
    is_behind: bool,
    /// Time and hash of the rows told in order of time.
    rows: VecDeque<(i64, u64)>,
    late: BTreeSet<(i64, u64)>,
    blocks: Vec<Block>,
    block_rows: u64,
    /// The block whose rows are being told again.
    again: Option<Again>,
    rows_max: usize,
}

/// Rows between two times, both included.
#[derive(Debug, Clone, Copy)]
struct Block {
    first: i64,
    last: i64,
    rows: u64,
    sum: u64,
}

/// What was told again of a block so far.
#[derive(Debug, Clone, Copy)]
struct Again {
    place: usize,
    at: i64,
    rows: u64,
    sum: u64,
}

impl Default for Told {
    fn default() -> Self {
        Self::remembering(ROWS_MAX)
    }
}

impl Told {
    fn remembering(rows_max: usize) -> Self {
        Self {
            latest: i64::MIN,
            is_behind: false,
            rows: VecDeque::new(),
            late: BTreeSet::new(),
            blocks: Vec::new(),
            block_rows: BLOCK_ROWS,
            again: None,
            rows_max,
        }
    }

    /// Adds a row by its time and the hash of its time and content. Answers how many rows are known by it to have been
    /// told before: none, itself, or a whole block that it ends. A book may return to what it was within one instant, so
    /// a row of the latest time counts only where it has an id, or where time had gone back before it.
    #[inline]
    pub(super) fn add(&mut self, at: i64, hash: u64, has_id: bool) -> u64 {
        if at > self.latest {
            self.latest = at;
            self.is_behind = false;
        } else if at < self.latest || self.is_behind {
            self.is_behind = true;
            return self.add_behind(at, hash);
        } else if has_id {
            let same_time = self.rows.iter().rev().take(SAME_TIME_MAX).take_while(|it| it.0 == at);
            if same_time.into_iter().any(|it| it.1 == hash) {
                return 1;
            }
        }
        self.remember(at, hash)
    }
    #[inline]
    fn remember(&mut self, at: i64, hash: u64) -> u64 {
        // Before it grows: the queue doubles when it is full.
        if self.rows.len() == self.rows_max {
            self.make_block();
        }
        self.rows.push_back((at, hash));
        0
    }

    /// Time has gone back and not passed the latest yet.
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind
    }

    fn add_behind(&mut self, at: i64, hash: u64) -> u64 {
        let place = self.blocks.partition_point(|it| it.last < at);
        if let Some(block) = self.blocks.get(place) {
            return if block.first <= at {
                self.add_to_block(place, at, hash)
            } else {
                self.add_late(at, hash)
            };
        }
        let from = self.rows.partition_point(|it| it.0 < at);
        let was_told = self.rows.range(from..).take_while(|it| it.0 == at).any(|it| it.1 == hash);
        if was_told {
            return 1;
        }
        if at == self.latest { self.remember(at, hash) } else { self.add_late(at, hash) }
    }
    fn add_late(&mut self, at: i64, hash: u64) -> u64 {
        if !self.late.insert((at, hash)) {
            return 1;
        }
        if self.late.len() > LATE_MAX {
            self.late.pop_first();
        }
        0
    }
    /// One more row of a block; all of them are known once their number and their sum are the block's.
    fn add_to_block(&mut self, place: usize, at: i64, hash: u64) -> u64 {
        let before = self.again.filter(|it| it.place == place && it.at <= at);
        let (rows, sum) = before.map_or((0, 0), |it| (it.rows, it.sum));
        let (rows, sum) = (rows + 1, sum.wrapping_add(hash));
        let block = self.blocks[place];
        let is_whole = (rows, sum) == (block.rows, block.sum);
        self.again = (!is_whole).then_some(Again { place, at, rows, sum });
        if is_whole { rows } else { 0 }
    }

    /// Makes a block of the earliest rows; those of one time stay together.
    #[cold]
    fn make_block(&mut self) {
        let Some(&(first, _)) = self.rows.front() else { return };
        let mut block = Block { first, last: first, rows: 0, sum: 0 };
        while let Some(&(at, hash)) = self.rows.front() {
            if block.rows >= self.block_rows && at != block.last {
                break;
            }
            self.rows.pop_front();
            (block.last, block.rows, block.sum) = (at, block.rows + 1, block.sum.wrapping_add(hash));
        }
        self.blocks.push(block);
        if self.blocks.len() == BLOCKS_MAX {
            let joined = self.blocks.chunks(2).map(|it| Block {
                first: it[0].first,
                last: it[it.len() - 1].last,
                rows: it.iter().map(|it| it.rows).sum(),
                sum: it.iter().fold(0, |sum, it| sum.wrapping_add(it.sum)),
            });
            self.blocks = joined.collect();
            self.block_rows *= 2;
            self.again = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scalp_types::StateHash;

    fn hash(at: i64, content: i64) -> u64 {
        let mut hash = StateHash::default();
        hash.absorb_signed(at);
        hash.absorb_signed(content);
        hash.get()
    }
    fn again(told: &mut Told, rows: impl IntoIterator<Item = (i64, i64)>) -> u64 {
        rows.into_iter().map(|(at, content)| told.add(at, hash(at, content), false)).sum()
    }
    fn feed(count: i64) -> impl DoubleEndedIterator<Item = (i64, i64)> + Clone {
        (0..count).map(|n| (n / 3, n * 7_919 % 101))
    }

    #[test]
    fn a_copy_is_known_to_the_row_near_and_by_blocks_far_away() {
        for (rows_max, blocks) in [(1 << 20, 0), (1_000, 1)] {
            let mut told = Told::remembering(rows_max);
            assert_eq!(again(&mut told, feed(10_000)), 0);
            assert_eq!(told.blocks.is_empty(), blocks == 0);
            assert_eq!(again(&mut told, feed(10_000)), 10_000, "{rows_max}");
            assert_eq!(again(&mut told, feed(10_000).take(5_000)), 5_000 - blocks * (5_000 % 258));
            assert_eq!(again(&mut told, feed(20_000).skip(10_000)), 0, "what goes on is new");
        }
    }

    #[test]
    fn another_row_among_a_copy_spares_its_block_alone() {
        let mut told = Told::remembering(1_000);
        again(&mut told, feed(10_000));
        let changed = feed(10_000).map(|(at, content)| (at, content + i64::from(at == 500)));
        assert_eq!(again(&mut told, changed), 10_000 - 258);
    }

    #[test]
    fn what_returns_within_an_instant_is_not_told_again_unless_it_has_an_id() {
        let (mut told, rows) = (Told::default(), [(1, 5), (1, 6), (1, 5), (2, 7), (2, 8), (2, 7)]);
        assert_eq!(again(&mut told, rows), 0);
        let mut told = Told::default();
        let with_id = rows.map(|(at, content)| told.add(at, hash(at, content), true));
        assert_eq!(with_id, [0, 0, 1, 0, 0, 1]);
        // Late is not twice; the same late row again is.
        let mut told = Told::default();
        assert_eq!(again(&mut told, [(1, 1), (3, 3), (2, 2), (4, 4)]), 0);
        assert_eq!(again(&mut told, [(2, 2), (1, 1), (4, 4), (4, 5), (5, 5)]), 3);
    }

    #[test]
    fn what_is_remembered_is_bounded_whatever_the_length() {
        let mut told = Told::remembering(1_000);
        let count = 2 * BLOCKS_MAX as i64 * BLOCK_ROWS as i64 + 12_345;
        let rows = |count| (0..count).map(|n| (n, n % 7));
        assert_eq!(again(&mut told, rows(count)), 0);
        assert!(told.blocks.len() < BLOCKS_MAX && told.rows.len() <= 1_000, "{}", told.blocks.len());
        let found = again(&mut told, rows(count));
        assert_eq!(found, count as u64, "a copy of all of it");
        let mut told = Told::default();
        assert_eq!(again(&mut told, std::iter::once((i64::MAX, 0)).chain(rows(3 * LATE_MAX as i64))), 0);
        assert_eq!(told.late.len(), LATE_MAX);
        // Rows of one time only, the latest included.
        let mut told = Told::remembering(1_000);
        assert_eq!(again(&mut told, (0..5_000).map(|n| (1, n))), 0);
        assert!(told.rows.len() <= 1_000);
        assert_eq!(again(&mut told, [(2, 1), (0, 1)]), 0);
    }

    proptest! {
        /// Never more than a set of all rows would find, and the same where all are remembered.
        #[test]
        fn it_finds_what_a_set_of_all_rows_finds(
            steps in proptest::collection::vec((-4_i64..6, 0_i64..3), 1..400),
            rows_max in 1_usize..64,
        ) {
            let (mut all, mut few) = (Told::default(), Told::remembering(rows_max));
            let (mut set, mut at, mut latest, mut behind) = (BTreeSet::new(), 0, i64::MIN, false);
            let (mut found_all, mut found_few, mut found_set) = (0, 0, 0);
            for (step, content) in steps {
                at += step;
                behind = at < latest || (behind && at == latest);
                latest = latest.max(at);
                let is_new = set.insert((at, content));
                found_set += u64::from(behind && !is_new);
                found_all += all.add(at, hash(at, content), false);
                found_few += few.add(at, hash(at, content), false);
            }
            prop_assert_eq!(found_all, found_set);
            prop_assert!(few.rows.len() <= rows_max);
            prop_assert!(found_few <= found_set);
        }
    }
}
