//! One side of a book: sizes by price, with the next occupied price found by bit search. Knows no sides and no best:
//! keys are plain integers and larger is better, so an ask is kept under its negated price.
//!
//! Prices live in pages of 512 neighbouring keys: an array of sizes, one bit for each occupied key, and one bit for
//! each occupied word of bits. Pages are found by a direct-mapped table with linear probing (neighbouring pages never
//! collide), made when first needed and kept, so a price costs one page wherever it lies, and there is no window to
//! move when the market drifts. The number of pages is bounded; see [`Ladder::place`] for what happens when full.

/// Keys in one page. Its sizes fill one page of the machine's memory: most prices far from the touch are alone, and
/// what they cost is the memory that is touched for them.
const PAGE_KEYS: usize = 512;
const PAGE_BITS: u32 = 9;
const WORDS: usize = PAGE_KEYS / 64;
/// The tag of a slot without a page. Real tags are keys shifted right, so none is this small.
const NO_TAG: i64 = i64::MIN;
/// Slots for each page at least, so that far pages seldom meet in one; the table doubles as pages come.
const SLOTS_PER_PAGE: usize = 8;
/// Slots of a new table.
const SLOTS_MIN: usize = 128;

#[derive(Clone, bytemuck::Zeroable)]
struct Page {
    summary: u64,
    words: [u64; WORDS],
    lots: [i64; PAGE_KEYS],
}

#[derive(Clone)]
struct Slot {
    tag: i64,
    page: Option<Box<Page>>,
}

/// Where a page lies, in rising order of tags.
#[derive(Clone, Copy)]
struct PageRef {
    tag: i64,
    slot: u32,
}

/// Sizes in lots by key.
#[derive(Clone)]
pub(crate) struct Ladder {
    slots: Box<[Slot]>,
    order: Vec<PageRef>,
    pages_max: usize,
}

/// What became of a level whose page was not there.
pub(crate) enum Placed {
    /// Stored; this many levels on the worst page had to go for it.
    Stored { dropped: u64 },
    /// Not stored: every page is taken and holds better prices.
    Refused,
}

fn free_slots(count: usize) -> Box<[Slot]> {
    vec![Slot { tag: NO_TAG, page: None }; count].into_boxed_slice()
}

const fn tag_of(key: i64) -> i64 {
    key >> PAGE_BITS
}

const fn place_of(key: i64) -> usize {
    (key & (PAGE_KEYS as i64 - 1)) as usize
}

/// The bits of `word` at and below `bit`.
const fn at_and_below(word: u64, bit: usize) -> u64 {
    word & (u64::MAX >> (63 - bit))
}

const fn highest(word: u64) -> usize {
    63 - word.leading_zeros() as usize
}

impl Page {
    /// Fresh zeroed memory, so that a page with one far level need not be backed whole.
    fn empty() -> Box<Self> {
        bytemuck::zeroed_box()
    }

    /// Writes without branching on the size: whether a level comes, changes or goes cannot be predicted.
    #[inline]
    fn replace(&mut self, place: usize, lots: i64) -> i64 {
        let place = place & (PAGE_KEYS - 1);
        let (word, bit) = (place >> 6, place & 63);
        let before = std::mem::replace(&mut self.lots[place], lots);
        let bits = (self.words[word] & !(1 << bit)) | (u64::from(lots != 0) << bit);
        self.words[word] = bits;
        self.summary = (self.summary & !(1 << word)) | (u64::from(bits != 0) << word);
        before
    }

    /// The best occupied place at or below `place`.
    #[inline]
    fn at_or_below(&self, place: usize) -> Option<usize> {
        let word = place >> 6;
        let bits = at_and_below(self.words[word], place & 63);
        if bits != 0 {
            return Some(word << 6 | highest(bits));
        }
        if word == 0 {
            return None;
        }
        let words = at_and_below(self.summary, word - 1);
        (words != 0).then(|| {
            let word = highest(words);
            word << 6 | highest(self.words[word])
        })
    }

    fn levels(&self) -> u64 {
        self.words.iter().map(|it| u64::from(it.count_ones())).sum()
    }

    /// Empties places `from..`, touching only what is occupied.
    fn clear_from(&mut self, from: usize) {
        let mut top = PAGE_KEYS - 1;
        while let Some(place) = self.at_or_below(top) {
            if place < from {
                return;
            }
            self.replace(place, 0);
            if place == 0 {
                return;
            }
            top = place - 1;
        }
    }
}

impl Ladder {
    /// No levels, and no pages yet.
    pub(crate) fn new(pages_max: usize) -> Self {
        let pages_max = pages_max.max(1);
        Self { slots: free_slots(SLOTS_MIN), order: Vec::with_capacity(pages_max), pages_max }
    }

    #[inline]
    fn find(&self, tag: i64) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            let slot = &self.slots[at];
            if slot.tag == tag {
                return Some(at);
            }
            if slot.tag == NO_TAG {
                return None;
            }
            at = (at + 1) & mask;
        }
    }

    #[inline]
    fn page(&self, tag: i64) -> Option<&Page> {
        self.find(tag).and_then(|at| self.slots[at].page.as_deref())
    }

    /// Lots at `key`; zero where there is no level.
    #[inline]
    pub(crate) fn get(&self, key: i64) -> i64 {
        self.page(tag_of(key)).map_or(0, |page| page.lots[place_of(key)])
    }

    /// Sets the lots at `key` and returns what was there; `None`, changing nothing, when the page does not exist.
    #[inline]
    pub(crate) fn replace(&mut self, key: i64, lots: i64) -> Option<i64> {
        let at = self.find(tag_of(key))?;
        self.slots[at].page.as_deref_mut().map(|page| page.replace(place_of(key), lots))
    }

    /// Makes the page of `key` and sets its lots. When all pages are taken, an empty one is reused; when none is
    /// empty, the page of the worst prices makes room (its levels are counted), unless `key` is worse still.
    #[cold]
    pub(crate) fn place(&mut self, key: i64, lots: i64) -> Placed {
        self.make_page(key, lots, true)
    }

    /// Like [`Self::place`], but nothing is dropped to make room.
    #[cold]
    pub(crate) fn place_if_room(&mut self, key: i64, lots: i64) -> Placed {
        self.make_page(key, lots, false)
    }

    fn make_page(&mut self, key: i64, lots: i64, may_drop: bool) -> Placed {
        let tag = tag_of(key);
        let mut dropped = 0;
        let page = if self.order.len() < self.pages_max {
            Page::empty()
        } else {
            let empty = self.order.iter().position(|it| self.at(*it).summary == 0);
            let victim = match empty {
                Some(index) => index,
                None if !may_drop || self.order[0].tag > tag => return Placed::Refused,
                None => 0,
            };
            dropped = self.at(self.order[victim]).levels();
            let mut page = self.take_out(victim);
            page.clear_from(0);
            page
        };
        self.put_in(tag, page);
        self.replace(key, lots);
        Placed::Stored { dropped }
    }

    fn at(&self, it: PageRef) -> &Page {
        self.slots[it.slot as usize].page.as_deref().expect("the order lists only slots with pages")
    }

    fn put_in(&mut self, tag: i64, page: Box<Page>) {
        if self.order.len() * SLOTS_PER_PAGE >= self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        while self.slots[at].tag != NO_TAG {
            at = (at + 1) & mask;
        }
        self.slots[at] = Slot { tag, page: Some(page) };
        let index = self.order.partition_point(|it| it.tag < tag);
        self.order.insert(index, PageRef { tag, slot: at as u32 });
    }

    fn grow(&mut self) {
        let slots = free_slots(self.slots.len() * 2);
        let mut before = std::mem::replace(&mut self.slots, slots);
        let room = Vec::with_capacity(self.pages_max);
        for it in std::mem::replace(&mut self.order, room) {
            let page = before[it.slot as usize].page.take().expect("the order lists only slots with pages");
            self.put_in(it.tag, page);
        }
    }

    /// Takes a page out and closes the gap it leaves in the table, so that probing still finds what follows it.
    fn take_out(&mut self, index: usize) -> Box<Page> {
        let hole = self.order.remove(index).slot as usize;
        let page = self.slots[hole].page.take().expect("the order lists only slots with pages");
        self.slots[hole].tag = NO_TAG;
        let mask = self.slots.len() - 1;
        let mut at = (hole + 1) & mask;
        while self.slots[at].tag != NO_TAG {
            let slot = std::mem::replace(&mut self.slots[at], Slot { tag: NO_TAG, page: None });
            let moved = self.order.partition_point(|it| it.tag < slot.tag);
            self.order.remove(moved);
            if let Some(page) = slot.page {
                self.put_in(slot.tag, page);
            }
            at = (at + 1) & mask;
        }
        page
    }

    /// The best occupied key at or below `key`.
    #[inline]
    pub(crate) fn at_or_below(&self, key: i64) -> Option<i64> {
        let tag = tag_of(key);
        if let Some(page) = self.page(tag)
            && let Some(place) = page.at_or_below(place_of(key))
        {
            return Some(tag << PAGE_BITS | place as i64);
        }
        self.on_pages_below(tag)
    }

    fn on_pages_below(&self, tag: i64) -> Option<i64> {
        let index = self.order.partition_point(|it| it.tag < tag);
        self.order[..index].iter().rev().find_map(|it| {
            let place = self.at(*it).at_or_below(PAGE_KEYS - 1)?;
            Some(it.tag << PAGE_BITS | place as i64)
        })
    }

    /// The best occupied key.
    pub(crate) fn top(&self) -> Option<i64> {
        self.on_pages_below(i64::MAX)
    }

    /// Empties every level at or above `key`.
    pub(crate) fn clear_from(&mut self, key: i64) {
        let tag = tag_of(key);
        let first = self.order.partition_point(|it| it.tag < tag);
        for index in first..self.order.len() {
            let it = self.order[index];
            let from = if it.tag == tag { place_of(key) } else { 0 };
            if let Some(page) = self.slots[it.slot as usize].page.as_deref_mut() {
                page.clear_from(from);
            }
        }
    }

    /// Empties every level; the pages stay.
    pub(crate) fn clear(&mut self) {
        self.clear_from(i64::MIN);
    }

    /// How many levels are occupied. Walks the pages.
    pub(crate) fn levels(&self) -> u64 {
        self.order.iter().map(|it| self.at(*it).levels()).sum()
    }

    /// Occupied keys and their lots, falling from `key`.
    #[inline]
    pub(crate) fn falling_from(&self, key: i64) -> Falling<'_> {
        let (tag, place) = (tag_of(key), place_of(key));
        let page = self.page(tag);
        let word = place >> 6;
        let bits = page.map_or(0, |it| at_and_below(it.words[word], place & 63));
        Falling { ladder: self, page, tag, word, bits }
    }
}

/// See [`Ladder::falling_from`]. Stands on one word of one page and holds the bits not yet told.
#[derive(Clone)]
pub(crate) struct Falling<'a> {
    ladder: &'a Ladder,
    page: Option<&'a Page>,
    tag: i64,
    word: usize,
    bits: u64,
}

impl Iterator for Falling<'_> {
    type Item = (i64, i64);

    #[inline]
    fn next(&mut self) -> Option<(i64, i64)> {
        if self.bits == 0 {
            self.descend()?;
        }
        let page = self.page?;
        let bit = highest(self.bits);
        self.bits ^= 1 << bit;
        let place = (self.word << 6 | bit) & (PAGE_KEYS - 1);
        Some((self.tag << PAGE_BITS | place as i64, page.lots[place]))
    }
}

impl Falling<'_> {
    /// Moves to the next word that has bits, on this page or on one below. `None` at the end.
    fn descend(&mut self) -> Option<()> {
        let words = match self.page {
            Some(page) if self.word > 0 => at_and_below(page.summary, self.word - 1),
            _ => 0,
        };
        if words == 0 {
            let key = self.ladder.on_pages_below(self.tag)?;
            *self = self.ladder.falling_from(key);
            return Some(());
        }
        self.word = highest(words);
        self.bits = self.page?.words[self.word];
        Some(())
    }
}
