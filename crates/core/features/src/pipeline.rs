//! The stream: bars, trades, books and series from outside in, one vector out. The same code in research and live. Nothing
//! is allocated once it is built.

use crate::error::Error;
use crate::measure::{Depth, Level, Print};
use crate::pace::Pace;
use crate::plan::{BAR, BOOK, Brings, Node, Now, TIME, TRADE, Work};
use crate::schema::Schema;
use crate::sources::Worth;
use crate::state::plain;
use crate::window::ABSENT;
use scalp_types::{Side, StateHash};
use std::ops::Range;

mod learnt;
mod longer;
mod vector;

pub(crate) use longer::Longer;
pub use vector::FeatureVector;

/// Observations of one series that wait for their publication.
pub const PENDING_MAX: usize = 64;

/// A finished bar.
#[derive(Clone, Copy, Debug)]
pub struct BarRow<'a> {
    /// Its start, nanoseconds since 1970.
    pub open_at: i64,
    /// When it was known, nanoseconds since 1970.
    pub close_at: i64,
    /// Open, high, low, close, volume, then the further columns of the sources. What is not finite is absent.
    pub values: &'a [f64],
}

/// A value of a series from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// What it is about, nanoseconds since 1970.
    pub event_at: i64,
    /// When it could be known, nanoseconds since 1970.
    pub published_at: i64,
    /// The value, finite.
    pub value: f64,
}

plain!(Observation { event_at, published_at, value });

/// A series from outside, as of now.
#[derive(Clone, Debug)]
struct Series {
    slot: usize,
    clock: u64,
    age_max: Option<i64>,
    shown: Option<Observation>,
    pending: Vec<Observation>,
}

impl Series {
    /// When it changes next: with the publication that waits first, or when what is shown has become too old. A publication of that
    /// very time is in time.
    fn due(&self, is_shown: bool) -> (i64, Due) {
        let next = self.pending.first().map_or(i64::MAX, |it| it.published_at);
        let shown = self.shown.as_ref().filter(|_| is_shown);
        let last = shown.zip(self.age_max).map(|(it, most)| it.published_at.saturating_add(most));
        match last.map(|it| it.saturating_add(1)) {
            Some(end) if end < next => (end, Due::End),
            _ => (next, Due::Publication),
        }
    }
}

/// How a series changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Publication,
    End,
}

/// Computes the vector of a schema, event by event.
#[derive(Clone, Debug)]
pub struct Pipeline {
    schema: StateHash,
    nodes: Vec<Node>,
    values: Vec<f64>,
    /// For each slot when it had a value last; the smallest number before that.
    known: Vec<i64>,
    rows: Vec<Range<usize>>,
    /// The nodes that a bar, a trade, a book wakes, in their order.
    by_bar: Vec<u32>,
    by_trade: Vec<u32>,
    by_book: Vec<u32>,
    bar_slot: Option<usize>,
    trade_slot: Option<usize>,
    book_slot: Option<usize>,
    bar_width: usize,
    longer: Vec<Longer>,
    outside: Vec<Series>,
    /// When a series changes next, as far as is known; see [`Series::due`].
    due: i64,
    picks: Vec<u32>,
    at: i64,
    stamp: i64,
    pace: Pace,
    /// See [`Now::until`]; written anew with each event.
    until: i64,
    bar_open_at: i64,
    worth: Worth,
    /// The levels of a book in units of base, where the venue counts contracts.
    lent: (Vec<Level>, Vec<Level>),
    scratch: Vec<f64>,
    vector: Vec<f64>,
    vector_known: Vec<i64>,
    missing: Vec<u64>,
}

impl Pipeline {
    /// Of a schema, with nothing seen.
    #[must_use]
    pub fn new(schema: &Schema) -> Pipeline {
        let stream = |brings: &Brings| schema.streams.iter().find(|it| it.brings == *brings);
        let slot = |brings: &Brings| stream(brings).map(|it| it.slot);
        let woken = |mask: u64| {
            let all = schema.nodes.iter().enumerate();
            all.filter(|it| it.1.wakes() & mask != 0).map(|it| it.0 as u32).collect::<Vec<u32>>()
        };
        let (mut longer, mut outside) = (Vec::new(), Vec::new());
        for it in &schema.streams {
            match it.brings {
                Brings::Longer(span) => {
                    let of = Longer::new(span, it.columns.width());
                    longer.push(of.shown_at(it.slot, it.clock));
                }
                Brings::Outside(place) => outside.push(Series {
                    slot: it.slot,
                    clock: it.clock,
                    age_max: schema.sources().outside[place].age_max,
                    shown: None,
                    pending: Vec::with_capacity(PENDING_MAX),
                }),
                Brings::Bars | Brings::Trades | Brings::Book => {}
            }
        }
        let (count, levels) = (schema.len(), schema.sources().book_levels);
        let mut pipeline = Pipeline {
            schema: schema.hash(),
            nodes: schema.nodes.clone(),
            values: vec![ABSENT; schema.slots],
            known: vec![i64::MIN; schema.slots],
            rows: schema.streams.iter().map(|it| it.slot..it.slot + it.columns.width()).collect(),
            by_bar: woken(BAR | TIME),
            by_trade: woken(TRADE | TIME),
            by_book: woken(BOOK | TIME),
            bar_slot: slot(&Brings::Bars),
            trade_slot: slot(&Brings::Trades),
            book_slot: slot(&Brings::Book),
            bar_width: stream(&Brings::Bars).map_or(0, |it| it.columns.width()),
            longer,
            outside,
            due: i64::MAX,
            picks: schema.picks.iter().map(|&it| it as u32).collect(),
            at: i64::MIN,
            stamp: i64::MIN,
            until: i64::MIN,
            pace: Pace::NEW,
            bar_open_at: i64::MIN,
            worth: schema.sources().worth,
            lent: match schema.sources().worth {
                Worth::Base => (Vec::new(), Vec::new()),
                _ => (Vec::with_capacity(levels), Vec::with_capacity(levels)),
            },
            scratch: vec![ABSENT; schema.slots],
            vector: vec![ABSENT; count],
            vector_known: vec![i64::MIN; count],
            missing: vec![0; count.div_ceil(64)],
        };
        pipeline.begin();
        pipeline
    }

    /// What has a value before anything was seen: neutral numbers, and that things are missing.
    fn begin(&mut self) {
        let now = Now {
            at: self.at,
            stamp: self.stamp,
            until: self.until,
            heard: self.at,
            rows: &self.rows,
            trade: None,
            book: None,
            written: (None, None),
            peek: false,
        };
        for node in &mut self.nodes {
            if matches!(node.work, Work::Point(..)) {
                node.step(&now, &mut self.values, &self.known);
            }
        }
    }

    /// Becomes as new.
    pub fn reset(&mut self) {
        self.nodes.iter_mut().for_each(Node::reset);
        self.values.fill(ABSENT);
        self.known.fill(i64::MIN);
        for it in &mut self.longer {
            it.open_at = None;
        }
        for it in &mut self.outside {
            it.shown = None;
            it.pending.clear();
        }
        self.due = i64::MAX;
        [self.at, self.stamp, self.until, self.bar_open_at] = [i64::MIN; 4];
        self.pace = Pace::NEW;
        self.begin();
    }

    /// A bar closed. Bars come in the order of their starts; one that starts before the last, or closes before it starts,
    /// is refused.
    pub fn on_bar(&mut self, bar: &BarRow<'_>) -> Result<(), Error> {
        let slot = self.check_bar(bar)?;
        self.until = bar.close_at;
        self.move_to(bar.close_at);
        self.bar_open_at = bar.open_at;
        // A longer bar whose end lies behind: no part reached it, and this one begins the next.
        let mut closed = 0;
        for it in &mut self.longer {
            if it.is_behind(bar.open_at) {
                closed |= it.close(&mut self.values, &mut self.known, self.at);
            }
        }
        if closed != 0 {
            self.pass_all(closed, bar.close_at);
        }
        self.stamp = bar.open_at;
        set_bar(&mut self.values[slot..slot + self.bar_width], bar);
        self.note(slot, self.bar_width);
        let row = slot..slot + self.bar_width;
        let mut closed = 0;
        for it in &mut self.longer {
            if it.take(bar, &self.values[row.clone()]) {
                closed |= it.close(&mut self.values, &mut self.known, self.at);
            }
        }
        if closed == 0 {
            self.pass_bar(None)
        } else {
            self.pass_all(BAR | TIME | closed, bar.close_at)
        }
        Ok(())
    }

    fn check_bar(&self, bar: &BarRow<'_>) -> Result<usize, Error> {
        let refuse = |key, expected: String, given: String| Err(Error::Input { key, expected, given });
        let Some(slot) = self.bar_slot else {
            return refuse("bar", "no bar: the sources have none".into(), "one".into());
        };
        // The column of times is ours.
        let width = self.bar_width - 1;
        if bar.values.len() != width {
            return refuse("bar.values", format!("{width} columns"), bar.values.len().to_string());
        }
        if bar.open_at < self.bar_open_at {
            let expected = format!("a start at or after that of the last bar, {}", self.bar_open_at);
            return refuse("bar.open_at", expected, bar.open_at.to_string());
        }
        if bar.close_at < bar.open_at {
            return refuse("bar.close_at", format!("at or after {}", bar.open_at), bar.close_at.to_string());
        }
        Ok(slot)
    }

    /// What the vector would be if this bar closed now; nothing is remembered. Longer bars stay as they were.
    pub fn peek_bar(&mut self, bar: &BarRow<'_>) -> Result<FeatureVector<'_>, Error> {
        let slot = self.check_bar(bar)?;
        self.scratch.copy_from_slice(&self.values);
        set_bar(&mut self.scratch[slot..slot + self.bar_width], bar);
        let (at, stamp) = (self.at.max(bar.close_at), bar.open_at);
        let until = bar.close_at;
        let now = Now {
            at,
            stamp,
            until,
            heard: until,
            rows: &self.rows,
            trade: None,
            book: None,
            written: (None, None),
            peek: true,
        };
        for &node in &self.by_bar {
            let node = &mut self.nodes[node as usize];
            if node.clock & (BAR | TIME) != 0 {
                node.step(&now, &mut self.scratch, &self.known);
            }
        }
        for (place, &slot) in self.picks.iter().enumerate() {
            self.vector[place] = self.scratch[slot as usize];
            self.vector_known[place] = if self.vector[place].is_finite() { at } else { i64::MIN };
        }
        Ok(self.gathered(at))
    }

    /// A trade. Trades come in the order of arrival; one that is not sound is refused.
    #[inline]
    pub fn on_trade(&mut self, trade: &Print) -> Result<(), Error> {
        let slot = match self.trade_slot {
            Some(slot) if trade.is_sound() => slot,
            _ => return Err(self.refused_trade(trade)),
        };
        let base = Print { size: self.worth.base(trade.price, trade.size), ..*trade };
        if !base.is_sound() {
            return Err(self.refused_trade(&base));
        }
        let told = Print { at: self.pace.of(trade.at), ..*trade };
        let base = Print { at: told.at, ..base };
        self.until = told.at;
        self.move_to(trade.at);
        self.stamp = trade.at;
        let side = match trade.aggressor {
            Some(Side::Buy) => 1.0,
            Some(Side::Sell) => -1.0,
            None => ABSENT,
        };
        self.values[slot..slot + 4].copy_from_slice(&[trade.price, trade.size, side, trade.size * side]);
        self.note(slot, 4);
        let now = Now {
            at: self.at,
            stamp: self.stamp,
            until: self.until,
            heard: self.at,
            rows: &self.rows,
            trade: Some(&base),
            book: None,
            written: (Some(&told), None),
            peek: false,
        };
        run(&self.by_trade, &mut self.nodes, &mut self.values, &mut self.known, &now, TRADE | TIME);
        Ok(())
    }

    #[cold]
    fn refused_trade(&self, trade: &Print) -> Error {
        let (expected, given) = match self.trade_slot {
            None => ("no trade: the sources have none", "one".to_owned()),
            Some(_) => ("a price and a size above zero", format!("{} and {}", trade.price, trade.size)),
        };
        Error::Input { key: "trade", expected: expected.into(), given }
    }

    /// The book after a message. One that is not sound is refused.
    #[inline]
    pub fn on_book(&mut self, book: &Depth<'_>) -> Result<(), Error> {
        let Some(slot) = self.book_slot.filter(|_| book.is_sound()) else {
            let expected = if self.book_slot.is_some() {
                "levels with prices and sizes above zero"
            } else {
                "no book: the sources have none"
            };
            return Err(Error::Input { key: "book", expected: expected.into(), given: "another".into() });
        };
        let at = self.pace.of(book.at);
        self.until = at;
        self.move_to(book.at);
        self.stamp = book.at;
        let book = &Depth { at, ..*book };
        let (bid, ask) = (book.bids.first(), book.asks.first());
        let of = |it: Option<f64>| it.unwrap_or(ABSENT);
        let touch = book.touch();
        self.values[slot..slot + 6].copy_from_slice(&[
            of(bid.map(|it| it.price)),
            of(ask.map(|it| it.price)),
            of(bid.map(|it| it.size)),
            of(ask.map(|it| it.size)),
            of(touch.map(|it| it.mid())),
            of(touch.map(|it| it.spread())),
        ]);
        self.note(slot, 6);
        let (mut bids, mut asks) = std::mem::take(&mut self.lent);
        let base = self.in_base(book, &mut bids, &mut asks);
        let now = Now {
            at: self.at,
            stamp: self.stamp,
            until: self.until,
            heard: self.at,
            rows: &self.rows,
            trade: None,
            book: Some(&base),
            written: (None, Some(book)),
            peek: false,
        };
        run(&self.by_book, &mut self.nodes, &mut self.values, &mut self.known, &now, BOOK | TIME);
        self.lent = (bids, asks);
        Ok(())
    }

    /// The book in units of base, whose levels are written into what is lent where they are counted otherwise.
    #[inline]
    fn in_base<'a>(&self, book: &Depth<'a>, bids: &'a mut Vec<Level>, asks: &'a mut Vec<Level>) -> Depth<'a> {
        if self.worth == Worth::Base {
            return *book;
        }
        for (to, from) in [(&mut *bids, book.bids), (&mut *asks, book.asks)] {
            let base = |it: &Level| Level { size: self.worth.base(it.price, it.size), ..*it };
            to.clear();
            to.extend(from.iter().map(base));
        }
        Depth { bids, asks, ..*book }
    }

    /// A value of the series at `series` among those of the sources. It is shown from its publication on, however early it
    /// is handed in; of two, the one about the later event is shown, and a revision replaces what it revises.
    pub fn on_outside(&mut self, series: usize, observation: Observation) -> Result<(), Error> {
        let refuse = |key, expected: &str, given: String| {
            Err(Error::Input { key, expected: expected.to_owned(), given })
        };
        if !observation.value.is_finite() {
            return refuse("outside.value", "a finite number", observation.value.to_string());
        }
        if observation.published_at < observation.event_at {
            let given = observation.published_at.to_string();
            return refuse("outside.published_at", "a time at or after that of the event", given);
        }
        let Some(it) = self.outside.get_mut(series) else {
            return refuse("outside.series", "the place of a series of the sources", series.to_string());
        };
        if it.pending.len() == PENDING_MAX {
            return refuse(
                "outside",
                "at most 64 values of a series before their publication",
                "more".into(),
            );
        }
        let place = it.pending.partition_point(|it| it.published_at <= observation.published_at);
        it.pending.insert(place, observation);
        self.due = self.due.min(observation.published_at);
        self.publish(self.at);
        Ok(())
    }

    /// The time has come so far: what has been published until then is shown, and what comes now is known since then, however early it
    /// is dated. Nothing steps.
    pub fn publish_until(&mut self, at: i64) {
        self.at = self.at.max(at);
        self.publish(self.at);
    }

    /// Time passed without an event: what has been published is shown, what is too old is absent.
    pub fn on_time(&mut self, at: i64) {
        self.until = at;
        self.move_to(at);
        self.stamp = self.stamp.max(at);
        self.pass_all(TIME, self.at);
    }

    fn move_to(&mut self, at: i64) {
        self.at = self.at.max(at);
        self.publish(self.at);
    }

    #[inline]
    fn publish(&mut self, until: i64) {
        if self.due <= until {
            self.show(until);
        }
    }

    /// Changes the series one after the other in the order of time, of equal times in their own order, and what is made of them with
    /// each: so it is the same whether many events come between two publications or none.
    fn show(&mut self, until: i64) {
        loop {
            let mut next = (i64::MAX, 0, Due::Publication);
            for (place, it) in self.outside.iter().enumerate() {
                let (at, due) = it.due(self.values[it.slot].is_finite());
                if at < next.0 {
                    next = (at, place, due);
                }
            }
            let (at, place, due) = next;
            self.due = at;
            if at > until || at == i64::MAX {
                return;
            }
            let it = &mut self.outside[place];
            let (slot, clock) = (it.slot, it.clock);
            match due {
                Due::End => self.values[slot] = ABSENT,
                Due::Publication => {
                    let next = it.pending.remove(0);
                    if it.shown.is_some_and(|shown| shown.event_at > next.event_at) {
                        continue;
                    }
                    it.shown = Some(next);
                    self.values[slot] = next.value;
                    self.known[slot] = next.published_at;
                }
            }
            // What time alone changes is brought up to it: an age beside the series is that at the publication, not at whatever
            // event came last.
            self.pass_as_of(clock | TIME, at, [at; 3]);
        }
    }

    #[inline]
    fn note(&mut self, slot: usize, width: usize) {
        for at in slot..slot + width {
            if self.values[at].is_finite() {
                self.known[at] = self.at;
            }
        }
    }

    fn pass_bar(&mut self, book: Option<&Depth<'_>>) {
        let now = Now {
            at: self.at,
            stamp: self.stamp,
            until: self.until,
            heard: self.until,
            rows: &self.rows,
            trade: None,
            book,
            written: (None, book),
            peek: false,
        };
        run(&self.by_bar, &mut self.nodes, &mut self.values, &mut self.known, &now, BAR | TIME);
    }

    /// Steps whatever has one of the clocks, with ages counted to `heard`; what speaks is known since now.
    fn pass_all(&mut self, clocks: u64, heard: i64) {
        self.pass_as_of(clocks, self.at, [self.stamp, self.until, heard]);
    }

    fn pass_as_of(&mut self, clocks: u64, at: i64, [stamp, until, heard]: [i64; 3]) {
        let now = Now {
            at,
            stamp,
            until,
            heard,
            rows: &self.rows,
            trade: None,
            book: None,
            written: (None, None),
            peek: false,
        };
        for node in self.nodes.iter_mut().filter(|it| it.clock & clocks != 0) {
            step(node, &mut self.values, &mut self.known, &now, clocks);
        }
    }

    /// The vector as of the last event.
    #[inline]
    pub fn vector(&mut self) -> FeatureVector<'_> {
        for ((to, known), &slot) in self.vector.iter_mut().zip(&mut self.vector_known).zip(&self.picks) {
            *to = self.values[slot as usize];
            *known = self.known[slot as usize];
        }
        self.gathered(self.at)
    }

    /// One value as of the last event, without gathering all of them.
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize) -> Option<f64> {
        let slot = *self.picks.get(place)?;
        Some(self.values[slot as usize]).filter(|it| it.is_finite())
    }

    fn gathered(&mut self, at: i64) -> FeatureVector<'_> {
        for (word, values) in self.missing.iter_mut().zip(self.vector.chunks(64)) {
            *word = 0;
            for (bit, value) in values.iter().enumerate() {
                *word |= u64::from(!value.is_finite()) << bit;
            }
        }
        FeatureVector {
            schema: self.schema,
            at,
            values: &self.vector,
            known: &self.vector_known,
            missing: &self.missing,
        }
    }
}

#[inline]
fn step(node: &mut Node, values: &mut [f64], known: &mut [i64], now: &Now<'_>, clocks: u64) {
    node.step(now, values, known);
    // What only fades or is measured again as time passes has not become known again.
    let own = node.clock & !TIME;
    let is_new = own == 0 || own & clocks != 0;
    for at in node.slot..node.slot + node.width {
        if values[at].is_finite() && (is_new || known[at] == i64::MIN) {
            known[at] = now.at;
        }
    }
}

#[inline]
fn run(list: &[u32], nodes: &mut [Node], values: &mut [f64], known: &mut [i64], now: &Now<'_>, clocks: u64) {
    for &place in list {
        let node = &mut nodes[place as usize];
        node.feed(now);
        if node.clock & clocks != 0 {
            step(node, values, known, now, clocks);
        }
    }
}

/// The columns of a bar in the order of its stream; what is not finite is absent.
pub(crate) fn set_bar(row: &mut [f64], bar: &BarRow<'_>) {
    let clean = |x: f64| if x.is_finite() { x } else { ABSENT };
    for (to, &x) in row.iter_mut().zip(&bar.values[..5]) {
        *to = clean(x);
    }
    row[5] = bar.open_at.div_euclid(1_000_000) as f64;
    for (to, &x) in row[6..].iter_mut().zip(&bar.values[5..]) {
        *to = clean(x);
    }
}
