//! The checks themselves, with what they remember of each instrument.

use super::bars::{self, Bars};
use super::histogram::Histogram;
use super::ids::{self, Counting, Ids};
use super::prints::{Candles, Prints};
use super::told::Told;
use super::{ClockOffset, Example, Finding, FindingKind, Report, UncountedIds, ValidateOptions, sync_rule};
use crate::eventfile::{Kind, latency};
use scalp_market::stamps::AHEAD_MAX;
use scalp_market::{Book, BookConfig, BookSync, Stamps, Verdict};
use scalp_types::{
    Bar, Depth, DepthKind, Instrument, Instruments, Level, MarketBody, MarketEvent, Price, Qty, Quote, Span,
    StateHash, Timestamp, Trade,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

/// Prices and sizes beyond this many ticks or lots are beyond any market (and beyond exact floats).
pub(super) const ABSURD: i64 = 1 << 53;
/// Returns seen before a jump is judged.
const JUMP_WARM_UP: u64 = 500;
/// Returns between two looks at their median.
const MEDIAN_EVERY: u64 = 256;
/// Returns are counted in units of 1e-12.
const RETURN_UNITS: f64 = 1e12;
/// The median length of normal returns times this is their standard deviation.
const MEDIAN_TO_DEVIATION: f64 = 1.4826;

#[derive(Debug)]
pub(super) struct Checks<'a> {
    instruments: &'a Instruments,
    options: ValidateOptions,
    pub(super) file: Rc<str>,
    states: Vec<Option<Box<State>>>,
    found: BTreeMap<FindingKind, Finding>,
    events: u64,
    unknown: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// What is remembered of one instrument.
#[derive(Debug)]
pub(super) struct State {
    tracks: [Track; Kind::ALL.len()],
    bars: Bars,
    arrived_at: Option<Timestamp>,
    ids: Ids,
    quote_id: u64,
    book: Book,
    sync: BookSync,
    latency: Histogram,
    latency_min: i64,
    has_two_times: bool,
    stamps: Stamps,
    /// Events that were not ahead of their arrival.
    arrived: u64,
    returns: Histogram,
    deviation: f64,
    price: Option<(Price, Timestamp)>,
    stale_told: bool,
    pub(super) prints: Prints,
    pub(super) candles: Vec<Candles>,
}

/// The times of one kind of event, its last content, and what was told.
#[derive(Debug, Default)]
struct Track {
    last: Option<Timestamp>,
    /// A step of more than [`AHEAD_MAX`] with the last row.
    leap: Option<Leap>,
    content: u64,
    told: Told,
}

/// A row whose time lies far behind that of the row before.
#[derive(Debug)]
struct Leap {
    file: Rc<str>,
    line: u64,
    before: Timestamp,
}

/// What a row is to those before it.
enum Again {
    /// New, as far as can be known.
    No,
    /// The row before it says the same at the same time.
    Neighbour,
    /// So many rows that end with it were told before.
    Rows(u64),
}

/// The event at hand, for findings.
pub(super) struct Place<'e> {
    pub(super) instrument: &'e Instrument,
    pub(super) at: Timestamp,
    pub(super) line: u64,
}

impl<'a> Checks<'a> {
    pub(super) fn new(instruments: &'a Instruments, options: ValidateOptions) -> Self {
        let states = instruments.iter().map(|_| None).collect();
        Self {
            instruments,
            options,
            file: Rc::from(""),
            states,
            found: BTreeMap::new(),
            events: 0,
            unknown: 0,
            first: None,
            last: None,
        }
    }

    pub(super) fn file(&mut self, file: &Path) {
        let file = file.to_string_lossy();
        if *file != *self.file {
            self.file = Rc::from(file);
        }
    }

    pub(super) fn on_event(&mut self, event: &MarketEvent<'_>, line: u64) {
        self.events += 1;
        let Some(slot) = self.states.get_mut(event.instrument.index()) else {
            self.unknown += 1;
            return;
        };
        let instrument = self.instruments.get(event.instrument);
        let rule = self.options.sync.unwrap_or_else(|| sync_rule(&instrument.spec.venue));
        let mut state = slot.take().unwrap_or_else(|| Box::new(State::new(rule)));
        let at = event.exchange_at;
        self.first = Some(self.first.map_or(at, |it| it.min(at)));
        self.last = Some(self.last.map_or(at, |it| it.max(at)));
        let place = Place { instrument, at, line };
        let is_ahead = self.times(&mut state, event, &place);
        match event.body {
            MarketBody::Trade(it) => self.trade(&mut state, &it, &place),
            MarketBody::Depth(it) => self.depth(&mut state, &it, &place),
            MarketBody::Quote(it) => self.quote(&mut state, &it, &place),
            // One that is not believed is no candle yet: the one that follows is not told again.
            MarketBody::Bar(_) if is_ahead => {}
            MarketBody::Bar(it) => self.bar(&mut state, &it, &place),
            MarketBody::Mark(it) => {
                self.check_price(it.mark, "mark", &place);
                let index = it.index.map_or(-1, Price::get);
                self.far(&mut state, Kind::Mark, &[it.mark.get(), index], &place);
            }
            MarketBody::Liquidation(it) => {
                self.check_price(it.price, "price", &place);
                let words = [it.side.sign(), it.price.get(), it.qty.get()];
                self.far(&mut state, Kind::Liquidation, &words, &place);
            }
            MarketBody::Funding(it) => {
                self.far(&mut state, Kind::Funding, &[it.rate.get()], &place);
            }
            MarketBody::OpenInterest(it) => {
                self.far(&mut state, Kind::OpenInterest, &[it.qty.get()], &place);
            }
            MarketBody::Order(_) | MarketBody::Status(_) => {}
        }
        self.states[event.instrument.index()] = Some(state);
    }

    /// Gaps and disorder in time, and the clocks. Whether the time of the event is not believed.
    fn times(&mut self, state: &mut State, event: &MarketEvent<'_>, place: &Place<'_>) -> bool {
        let gap_limit = match event.body {
            MarketBody::Trade(_) | MarketBody::Depth(_) | MarketBody::Quote(_) => {
                Some(self.options.gap.nanos())
            }
            _ => None,
        };
        // Funding is announced before it settles, and tells nothing of the clock.
        let latency = latency(event).map(Span::nanos);
        let is_told_ahead = latency.is_some() && self.is_ahead(state, event, place);
        // Nor does a candle that still grows.
        let still_grows = is_told_ahead && matches!(event.body, MarketBody::Bar(_));
        if let Some(latency) = latency.filter(|_| !still_grows) {
            state.latency.add(latency);
            state.latency_min = state.latency_min.min(latency);
            state.has_two_times |= latency != 0;
        }
        if let Some(before) = state.arrived_at
            && event.arrived_at < before
        {
            self.find(FindingKind::ArrivalDisorder, place, || back(before, event.arrived_at));
        }
        state.arrived_at = Some(event.arrived_at);
        if still_grows {
            return true;
        }
        let before = state.track(Kind::of(&event.body)).last.replace(place.at);
        let Some(before) = before else { return is_told_ahead };
        let step = place.at.nanos().saturating_sub(before.nanos());
        let has_leapt = step > AHEAD_MAX.nanos() && !is_told_ahead;
        let leap = has_leapt.then(|| Leap { file: Rc::clone(&self.file), line: place.line, before });
        let leap = std::mem::replace(&mut state.track(Kind::of(&event.body)).leap, leap);
        if let Some(leap) = leap.filter(|it| place.at.saturating_add(AHEAD_MAX) >= it.before)
            && step < -AHEAD_MAX.nanos()
        {
            self.add(FindingKind::StampAhead, 1, || Example {
                file: leap.file.to_string(),
                line: leap.line,
                instrument: place.instrument.name(),
                at: before,
                detail: format!("between {} and {}", leap.before, place.at),
            });
        }
        if step < 0 {
            self.find(FindingKind::Disorder, place, || back(before, place.at));
        } else if gap_limit.is_some_and(|limit| step > limit) {
            self.find(FindingKind::TimeGap, place, || format!("{:.3} s after {before}", step as f64 / 1e9));
        }
        is_told_ahead
    }

    /// Whether the event was told as one whose stamp is not believed.
    fn is_ahead(&mut self, state: &mut State, event: &MarketEvent<'_>, place: &Place<'_>) -> bool {
        let (happened, arrived) = (event.exchange_at, event.arrived_at);
        if happened <= arrived {
            state.arrived += 1;
            if let MarketBody::Bar(bar) = &event.body {
                state.stamps.tell(bar);
            }
            return false;
        }
        if state.stamps.believe(event, state.arrived) {
            return false;
        }
        self.find(FindingKind::StampAhead, place, || {
            let nanos = happened.nanos().saturating_sub(arrived.nanos());
            format!("{:.3} s ahead of its arrival", nanos as f64 / 1e9)
        });
        true
    }

    fn trade(&mut self, state: &mut State, it: &Trade, place: &Place<'_>) {
        self.check_price(it.price, "price", place);
        self.check_size(it.qty, true, "size", place);
        let id = it.id.0;
        if id == 0 {
            let words = [it.price.get(), it.qty.get(), it.taker.sign()];
            let again = state.track(Kind::Trade).again(place.at, &words, false);
            self.told_again(&again, false, place, || "same time, price, size and side".to_owned());
        } else {
            match state.ids.add(id) {
                ids::Told::New => {}
                ids::Told::Again => self.find(FindingKind::Duplicate, place, || format!("trade {id} again")),
                ids::Told::After(before) => {
                    if state.ids.examples.len() < self.options.examples {
                        let detail = format!("trade {id} after {before}");
                        state.ids.examples.push(example(&self.file, place, detail));
                    }
                }
            }
        }
        self.price_seen(state, it.price, place);
        self.print_seen(state, it.price, place);
    }

    fn depth(&mut self, state: &mut State, it: &Depth<'_>, place: &Place<'_>) {
        for level in it.bids.iter().chain(it.asks) {
            self.check_price(level.price, "level", place);
            self.check_size(level.qty, false, "level", place);
        }
        let mut hash = StateHash::default();
        [it.last_id, it.kind as u64, it.bids.len() as u64].into_iter().for_each(|word| hash.absorb(word));
        for level in it.bids.iter().chain(it.asks) {
            hash.absorb_signed(level.price.get());
            hash.absorb_signed(level.qty.get());
        }
        if it.kind != DepthKind::Clear {
            let has_id = it.last_id != 0;
            let again = state.track(Kind::Depth).again(place.at, &[hash.get().cast_signed()], has_id);
            self.told_again(&again, has_id, place, || "same levels at the same time".to_owned());
        }
        if matches!(it.kind, DepthKind::Snapshot | DepthKind::TopSnapshot) {
            for (side, name) in [(it.bids, "bid"), (it.asks, "ask")] {
                if let Some(price) = doubled(side) {
                    self.find(FindingKind::Doubled, place, || {
                        format!("{name} of {} ticks stands more than once", price.get())
                    });
                }
            }
        }
        match state.sync.on_depth(it, &mut state.book) {
            Verdict::Gap { expected, got } => {
                self.find(FindingKind::SequenceBreak, place, || format!("expected {expected}, got {got}"));
            }
            Verdict::Apply => {
                let (bid, ask) = match it.kind {
                    DepthKind::Snapshot | DepthKind::TopSnapshot => {
                        let live = |it: &&Level| it.qty > Qty::ZERO;
                        (
                            it.bids.iter().filter(live).map(|it| it.price).max(),
                            it.asks.iter().filter(live).map(|it| it.price).min(),
                        )
                    }
                    _ if state.book.is_crossed() => (Some(Price::new(1)), Some(Price::new(0))),
                    _ if state.book.is_locked() => (Some(Price::new(0)), Some(Price::new(0))),
                    _ => (None, None),
                };
                if let (Some(bid), Some(ask)) = (bid, ask) {
                    self.sides(bid, ask, place);
                }
            }
            Verdict::Stale | Verdict::Wait => {}
        }
    }

    fn quote(&mut self, state: &mut State, it: &Quote, place: &Place<'_>) {
        for side in [it.bid, it.ask] {
            self.check_size(side.qty, false, "size", place);
            if !side.qty.is_zero() {
                self.check_price(side.price, "price", place);
            }
        }
        let words = [it.bid.price.get(), it.bid.qty.get(), it.ask.price.get(), it.ask.qty.get()];
        let (track, id) = (state.track(Kind::Quote), it.id);
        if id != 0 {
            let again = track.again(place.at, &[id.cast_signed()], true);
            let is_last = std::mem::replace(&mut state.quote_id, id) == id;
            let again = if is_last && matches!(again, Again::No) { Again::Rows(1) } else { again };
            self.told_again(&again, true, place, || format!("update {id} again"));
        } else {
            let again = track.again(place.at, &words, false);
            self.told_again(&again, false, place, || "same quote at the same time".to_owned());
        }
        if !it.bid.qty.is_zero() && !it.ask.qty.is_zero() {
            self.sides(it.bid.price, it.ask.price, place);
        }
        if !it.bid.qty.is_zero() {
            self.price_seen(state, it.bid.price, place);
        }
    }

    fn sides(&mut self, bid: Price, ask: Price, place: &Place<'_>) {
        if bid > ask {
            self.find(FindingKind::Crossed, place, || "the best bid is above the best ask".to_owned());
        } else if bid == ask {
            self.find(FindingKind::Locked, place, || "the best bid equals the best ask".to_owned());
        }
    }

    fn bar(&mut self, state: &mut State, it: &Bar, place: &Place<'_>) {
        for (price, name) in [(it.open, "open"), (it.high, "high"), (it.low, "low"), (it.close, "close")] {
            self.check_price(price, name, place);
        }
        self.check_size(it.volume, false, "volume", place);
        if it.low > it.open.min(it.close) || it.high < it.open.max(it.close) || it.taker_buy > it.volume {
            let (low, high) = (it.low.get(), it.high.get());
            self.find(FindingKind::BadBar, place, || {
                format!("open {} close {} low {low} high {high} ticks", it.open.get(), it.close.get())
            });
        }
        let told = state.bars.add(it);
        if let bars::Told::After(_) = told {
            self.candle_seen(state, it, place);
        }
        match told {
            bars::Told::Again => {
                self.find(FindingKind::Duplicate, place, || format!("bar of {} again", it.open_at));
            }
            bars::Told::After(0) => {}
            bars::Told::After(missing) => {
                self.find(FindingKind::MissingBars, place, || format!("{missing} before {}", it.open_at));
                self.found.entry(FindingKind::MissingBars).and_modify(|it| it.missing += missing);
            }
        }
        self.price_seen(state, it.close, place);
    }

    /// Jumps and stale stretches.
    fn price_seen(&mut self, state: &mut State, price: Price, place: &Place<'_>) {
        let Some((before, since)) = state.price else {
            state.price = Some((price, place.at));
            return;
        };
        if price == before {
            let still = place.at.nanos().saturating_sub(since.nanos());
            if still > self.options.stale.nanos() && !std::mem::replace(&mut state.stale_told, true) {
                self.find(FindingKind::Stale, place, || format!("no change since {since}"));
            }
            return;
        }
        state.price = Some((price, place.at));
        state.stale_told = false;
        if before.get() <= 0 || price.get() <= 0 {
            return; // marked as bad already
        }
        let length = (price.get() as f64 / before.get() as f64).ln().abs();
        let seen = state.returns.count();
        let limit = (self.options.jump_deviations * state.deviation).max(self.options.jump_min);
        if seen >= JUMP_WARM_UP && length > limit {
            self.find(FindingKind::Jump, place, || {
                format!("{} to {} ticks ({:.2} %)", before.get(), price.get(), length * 100.0)
            });
        }
        state.returns.add((length * RETURN_UNITS) as i64);
        if seen % MEDIAN_EVERY == MEDIAN_EVERY - 1 {
            let median = state.returns.percentile(0.5).unwrap_or(0);
            state.deviation = MEDIAN_TO_DEVIATION * median as f64 / RETURN_UNITS;
        }
    }

    fn check_price(&mut self, price: Price, name: &str, place: &Place<'_>) {
        if price.get() <= 0 || price.get() > ABSURD {
            self.find(FindingKind::BadPrice, place, || format!("{name} is {} ticks", price.get()));
        }
    }
    fn check_size(&mut self, qty: Qty, needed: bool, name: &str, place: &Place<'_>) {
        if qty.get() < i64::from(needed) || qty.get() > ABSURD {
            self.find(FindingKind::BadSize, place, || format!("{name} is {} lots", qty.get()));
        }
    }

    /// Rows of a kind that is not compared with its neighbour: one value may well be told twice in a row.
    fn far(&mut self, state: &mut State, kind: Kind, words: &[i64], place: &Place<'_>) {
        let again = state.track(kind).again(place.at, words, false);
        if matches!(again, Again::Rows(_)) {
            self.told_again(&again, false, place, || "same value at the same time".to_owned());
        }
    }
    fn told_again(&mut self, again: &Again, has_id: bool, place: &Place<'_>, what: impl FnOnce() -> String) {
        let (kind, count) = match *again {
            Again::No => return,
            Again::Neighbour if !has_id => (FindingKind::Repeat, 1),
            Again::Neighbour => (FindingKind::Duplicate, 1),
            Again::Rows(count) => (FindingKind::Duplicate, count),
        };
        let file = Rc::clone(&self.file);
        self.add(kind, count, || {
            let rows = if count > 1 { format!(", and the {} rows before", count - 1) } else { String::new() };
            example(&file, place, what() + &rows)
        });
    }

    fn find(&mut self, kind: FindingKind, place: &Place<'_>, detail: impl FnOnce() -> String) {
        let file = Rc::clone(&self.file);
        self.add(kind, 1, || example(&file, place, detail()));
    }

    pub(super) fn add(&mut self, kind: FindingKind, count: u64, example: impl FnOnce() -> Example) {
        let finding = self.found.entry(kind).or_insert_with(|| Finding {
            kind,
            count: 0,
            missing: 0,
            examples: vec![],
        });
        finding.count += count;
        if finding.examples.len() < self.options.examples {
            finding.examples.push(example());
        }
    }

    pub(super) fn finish(mut self) -> Report {
        let (mut clocks, mut uncounted_ids) = (Vec::new(), Vec::new());
        for (state, instrument) in self.states.iter_mut().zip(self.instruments.iter()) {
            let Some(state) = state else { continue };
            if state.has_two_times {
                clocks.push(ClockOffset {
                    instrument: instrument.name(),
                    count: state.latency.count(),
                    min_ns: state.latency_min,
                    p50_ns: state.latency.percentile(0.5).unwrap_or(0),
                    p99_ns: state.latency.percentile(0.99).unwrap_or(0),
                    negative_share: state.latency.share_below_zero(),
                });
            }
            let ids = std::mem::take(&mut state.ids);
            match ids.counting() {
                Counting::Whole => {}
                Counting::Not { ids, runs } => {
                    uncounted_ids.push(UncountedIds { instrument: instrument.name(), ids, runs });
                }
                Counting::Broken { gaps, missing } => {
                    let kind = FindingKind::IdGap;
                    let finding = self.found.entry(kind).or_insert_with(|| Finding {
                        kind,
                        count: 0,
                        missing: 0,
                        examples: vec![],
                    });
                    finding.count += gaps;
                    finding.missing = finding.missing.saturating_add(missing);
                    let room = self.options.examples.saturating_sub(finding.examples.len());
                    finding.examples.extend(ids.examples.into_iter().take(room));
                }
            }
        }
        Report {
            events: self.events,
            unknown_instruments: self.unknown,
            first: self.first,
            last: self.last,
            findings: self.found.into_values().collect(),
            arrival_shift: None,
            sides_estimated: None,
            choices: Vec::new(),
            clocks,
            uncounted_ids,
        }
    }
}

impl State {
    fn new(rule: scalp_market::SyncRule) -> Self {
        Self {
            tracks: std::array::from_fn(|_| Track::default()),
            bars: Bars::default(),
            arrived_at: None,
            ids: Ids::default(),
            quote_id: 0,
            book: Book::new(BookConfig::default()),
            sync: BookSync::new(rule),
            latency: Histogram::new(),
            latency_min: i64::MAX,
            has_two_times: false,
            stamps: Stamps::default(),
            arrived: 0,
            returns: Histogram::new(),
            deviation: 0.0,
            price: None,
            stale_told: false,
            prints: Prints::default(),
            candles: Vec::new(),
        }
    }
    fn track(&mut self, kind: Kind) -> &mut Track {
        &mut self.tracks[kind as usize]
    }
}

impl Track {
    /// What a row of this content is to those before it; remembers it.
    fn again(&mut self, at: Timestamp, words: &[i64], has_id: bool) -> Again {
        let mut hash = StateHash::default();
        hash.absorb_signed(at.nanos());
        words.iter().for_each(|&word| hash.absorb_signed(word));
        let hash = hash.get();
        let before = std::mem::replace(&mut self.content, hash);
        match self.told.add(at.nanos(), hash, has_id) {
            0 if before == hash && !self.told.is_behind() => Again::Neighbour,
            0 => Again::No,
            count => Again::Rows(count),
        }
    }
}

fn example(file: &str, place: &Place<'_>, detail: String) -> Example {
    Example {
        file: file.to_owned(),
        line: place.line,
        instrument: place.instrument.name(),
        at: place.at,
        detail,
    }
}

fn back(before: Timestamp, now: Timestamp) -> String {
    format!("{now} after {before}")
}

/// The first price that levels have more than once; those of size zero are none.
fn doubled(levels: &[Level]) -> Option<Price> {
    let mut there = levels.iter().filter(|it| it.qty > Qty::ZERO).map(|it| it.price);
    let next = there.clone().skip(1);
    let (rise, fall) =
        there.clone().zip(next).fold((true, true), |it, (a, b)| (it.0 && a < b, it.1 && a > b));
    let mut seen = BTreeSet::new();
    if rise || fall { None } else { there.find(|it| !seen.insert(*it)) }
}
