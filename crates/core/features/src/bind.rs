//! Finds what the names of an item mean, checks its arguments, and adds what it needs to the plan. What two items share is
//! computed once.

use crate::entry::{self, Entry, Make, Point};
use crate::error::Error;
use crate::expr::{Call, Expr, span_text};
use crate::flow;
use crate::pair::Pair;
use crate::plan::{BAR, BOOK, Brings, CLOCKS_MAX, FIRST_FREE, Node, Stream, TIME, TRADE, Work};
use crate::scale::{Memory, ScaleRule, Scaler};
use crate::sources::{BAR_COLUMNS, BOOK_COLUMNS, Sources, TRADE_COLUMNS};
use crate::window::{Ends, Window};
use scalp_indicators::patterns;
use scalp_indicators::{Nearest, Schema as Columns, catalogue};
use std::collections::BTreeMap;

mod calls;

/// Where a value lies, how it is written in full, and what it steps with.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) slot: usize,
    pub(crate) name: String,
    pub(crate) clock: u64,
}

/// Gathers nodes while items are read.
#[derive(Debug)]
pub(crate) struct Binder<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) streams: Vec<Stream>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) slots: usize,
    /// Versions of what is used, by name.
    pub(crate) versions: BTreeMap<String, u16>,
    /// Levels of the book that are looked at.
    pub(crate) levels: usize,
    known: BTreeMap<String, usize>,
    clocks: u32,
    item: String,
    /// Whether a column of bars of a length that was asked for has been read since an item named one.
    reads_length: bool,
}

/// The item at the top of a binding.
type Item<'t> = &'t str;

impl<'a> Binder<'a> {
    pub(crate) fn new(sources: &'a Sources) -> Result<Binder<'a>, Error> {
        sources.check()?;
        let mut binder = Binder {
            sources,
            streams: Vec::new(),
            nodes: Vec::new(),
            slots: 0,
            versions: BTreeMap::new(),
            levels: 0,
            known: BTreeMap::new(),
            clocks: FIRST_FREE,
            item: String::new(),
            reads_length: false,
        };
        if sources.bars {
            binder.stream(Brings::Bars, BAR, &sources.bar_names().collect::<Vec<_>>())?;
        }
        if sources.trades {
            binder.stream(Brings::Trades, TRADE, &TRADE_COLUMNS)?;
        }
        if sources.book_levels > 0 {
            binder.stream(Brings::Book, BOOK, &BOOK_COLUMNS)?;
        }
        for (at, it) in sources.outside.iter().enumerate() {
            let clock = binder.clock()?;
            binder.stream(Brings::Outside(at), clock, &[it.name.as_str()])?;
        }
        Ok(binder)
    }

    fn clock(&mut self) -> Result<u64, Error> {
        if self.clocks == CLOCKS_MAX {
            let what = format!(
                "at most {} lengths of bars and series from outside in one schema",
                CLOCKS_MAX - FIRST_FREE
            );
            return Err(self.unfit(what));
        }
        self.clocks += 1;
        Ok(1 << (self.clocks - 1))
    }

    fn stream(&mut self, brings: Brings, clock: u64, names: &[&str]) -> Result<usize, Error> {
        let columns =
            Columns::new(names).map_err(|source| Error::Indicator { item: self.item.clone(), source })?;
        self.streams.push(Stream { brings, clock, slot: self.slots, columns });
        self.slots += names.len();
        Ok(self.streams.len() - 1)
    }

    fn unfit(&self, what: impl Into<String>) -> Error {
        Error::Unfit { item: self.item.clone(), what: what.into() }
    }

    fn absent(&self, what: impl Into<String>) -> Error {
        Error::NotThere { item: self.item.clone(), what: what.into() }
    }

    fn refused(&self, source: scalp_indicators::Error) -> Error {
        Error::Indicator { item: self.item.clone(), source }
    }

    /// Adds an item; one place for each of its values, with the output where there are several.
    pub(crate) fn item(
        &mut self,
        item: Item<'_>,
        call: &Call,
    ) -> Result<Vec<(Place, Option<String>)>, Error> {
        item.clone_into(&mut self.item);
        self.call(call, None)
    }

    /// The value of an argument.
    fn argument(&mut self, expr: &Expr, span: Option<i64>) -> Result<Place, Error> {
        let Expr::Call(call) = expr else {
            return Err(self.unfit(format!("expected an item or a column where {expr} stands")));
        };
        let mut places = self.call(call, span)?;
        if places.len() > 1 {
            let outputs: Vec<&str> = places.iter().filter_map(|it| it.1.as_deref()).collect();
            return Err(self.unfit(format!("{call} has several outputs; name one: {}", outputs.join(", "))));
        }
        Ok(places.remove(0).0)
    }

    fn call(&mut self, call: &Call, outer: Option<i64>) -> Result<Vec<(Place, Option<String>)>, Error> {
        let Some(span) = call.timeframe else { return self.called(call, outer) };
        let before = std::mem::replace(&mut self.reads_length, false);
        let places = self.called(call, Some(span))?;
        let reads = std::mem::replace(&mut self.reads_length, before);
        if !reads && Some(span) != self.sources.bar_span {
            let span = span_text(span);
            return Err(
                self.unfit(format!("@{span} changes nothing in {call}: no column of bars is read there"))
            );
        }
        Ok(places)
    }

    fn called(&mut self, call: &Call, span: Option<i64>) -> Result<Vec<(Place, Option<String>)>, Error> {
        if call.is_bare()
            && call.output.is_none()
            && !entry::is_written(&call.name)
            && let Some(place) = self.column(&call.name, span)?
        {
            return Ok(vec![(place, None)]);
        }
        if let Some(entry) = entry::find(&call.name) {
            if entry.make == Make::Confluence {
                return self.confluence(entry, call, span);
            }
            if let Some(output) = &call.output {
                return Err(self.unfit(format!("{} has one value and no output {output:?}", entry.name)));
            }
            return Ok(vec![(self.entry(entry, call, span)?, None)]);
        }
        if let Some(spec) = patterns::table().iter().find(|it| it.name.eq_ignore_ascii_case(&call.name)) {
            return self.pattern(spec, call, span);
        }
        if let Some(spec) = scalp_indicators::find(&call.name) {
            return self.indicator(spec, call, span);
        }
        if let Some(spec) = flow::find(&call.name) {
            return self.measure(spec, call);
        }
        let bars = self.sources.bar_names().collect::<Vec<_>>();
        let columns = bars.iter().copied().chain(TRADE_COLUMNS).chain(BOOK_COLUMNS);
        if columns.clone().any(|it| it == call.name) {
            let (item, name, there) = (self.item.clone(), call.name.clone(), self.there());
            if let Some(output) = &call.output
                && there.split(", ").any(|it| it == name)
            {
                return Err(self.unfit(format!("{name} is a column and has no output {output:?}")));
            }
            return Err(Error::NoColumn { item, name, there });
        }
        if ["nan", "inf", "infinity"].iter().any(|it| it.eq_ignore_ascii_case(&call.name)) {
            return Err(self.unfit(format!("expected a finite number where {} stands", call.name)));
        }
        let names = catalogue().iter().map(|it| it.name);
        let names = names.chain(flow::catalogue().iter().map(|it| it.name));
        let names = names.chain(patterns::table().iter().map(|it| it.name));
        let names = names.chain(entry::ENTRIES.iter().map(|it| it.name)).chain(columns);
        let names = names.chain(self.sources.outside.iter().map(|it| it.name.as_str()));
        let nearest = Nearest::among(&call.name, names);
        Err(Error::UnknownName { item: self.item.clone(), name: call.name.clone(), nearest })
    }

    /// The stream of bars of this length.
    fn bars(&mut self, span: Option<i64>) -> Result<usize, Error> {
        self.reads_length |= span.is_some();
        let base = self.streams.iter().position(|it| it.brings == Brings::Bars);
        let Some(base) = base else {
            return Err(self.absent("reads bars, and there are none (bars can be built from trades)"));
        };
        let Some(span) = span.filter(|it| Some(*it) != self.sources.bar_span) else { return Ok(base) };
        if !self.sources.bar_kind.is_empty() {
            let (span, kind) = (span_text(span), &self.sources.bar_kind);
            return Err(self.unfit(format!(
                "bars of {span} cannot be made of bars that have no length of time ({kind})"
            )));
        }
        if self.sources.bars_uneven {
            let span = span_text(span);
            return Err(
                self.unfit(format!("bars of {span} cannot be made of bars that are of no one length"))
            );
        }
        if let Some(known) = self.streams.iter().position(|it| it.brings == Brings::Longer(span)) {
            return Ok(known);
        }
        if let Some(part) = self.sources.bar_span.filter(|part| span % part != 0) {
            return Err(self.unfit(undivided(span, part)));
        }
        let clock = self.clock()?;
        let names: Vec<&str> = self.sources.bar_names().collect();
        self.stream(Brings::Longer(span), clock, &names)
    }

    /// The column `name`, if a stream has it.
    fn column(&mut self, name: &str, span: Option<i64>) -> Result<Option<Place>, Error> {
        if self.sources.bar_names().any(|it| it == name) && self.sources.bars {
            if name == "volume" && self.sources.no_volume {
                let there: Vec<&str> = self.sources.bar_names().filter(|it| *it != name).collect();
                let there = there.join(", ");
                return Err(self.absent(format!("reads the column volume, and there are {there}")));
            }
            let longer = span.filter(|it| Some(*it) != self.sources.bar_span);
            if let (Some(span), false) = (longer, BAR_COLUMNS.contains(&name)) {
                // A count adds up, an open interest does not, and the name does not tell.
                return Err(self.unfit(format!(
                    "whether {name} adds up over a bar of {} is not known: ROLLSUM({name},n) does, and {name} \
                     without a length is the last one",
                    span_text(span)
                )));
            }
            let stream = self.bars(span)?;
            return Ok(self.place_of(stream, name));
        }
        let others = self.streams.iter().position(|it| {
            !matches!(it.brings, Brings::Bars | Brings::Longer(_)) && it.columns.place(name).is_some()
        });
        if others.is_some() && span.is_some() {
            return Err(self.unfit(format!("{name} is not a column of bars and has no @length")));
        }
        Ok(others.and_then(|stream| self.place_of(stream, name)))
    }

    fn place_of(&self, stream: usize, name: &str) -> Option<Place> {
        let it = &self.streams[stream];
        let place = it.columns.place(name)?;
        Some(Place { slot: it.slot + place, name: format!("{name}{}", suffix(it)), clock: it.clock })
    }

    fn add(&mut self, name: String, work: Work, inputs: Vec<usize>, clock: u64, width: usize) -> usize {
        let inputs = inputs.into_iter().map(|it| it as u32).collect();
        self.nodes.push(Node {
            work,
            inputs,
            clock,
            slot: self.slots,
            width,
            name: name.clone(),
            tape: None,
        });
        self.slots += width;
        self.known.insert(name, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    fn entry(&mut self, entry: &'static Entry, call: &Call, span: Option<i64>) -> Result<Place, Error> {
        let (items, numbers) = self.arguments(entry, call, span)?;
        self.make(entry, &items, &numbers)
    }

    /// The items and the numbers of an entry, each checked.
    fn arguments(
        &mut self,
        entry: &'static Entry,
        call: &Call,
        span: Option<i64>,
    ) -> Result<(Vec<Place>, Vec<f64>), Error> {
        let bad = |parameter: &str, expected: String, given: String| Error::BadArgument {
            item: call.to_string(),
            entry: entry.name.to_owned(),
            parameter: parameter.to_owned(),
            expected,
            given,
        };
        let mut items: Vec<Option<Place>> = vec![None; entry.inputs.len()];
        let mut numbers: Vec<Option<f64>> = vec![None; entry.parameters.len()];
        for (at, (key, value)) in call.arguments.iter().enumerate() {
            let names = || entry.inputs.iter().copied().chain(entry.parameters.iter().map(|it| it.name));
            let place = match key {
                None => at,
                Some(key) => names().position(|it| it.eq_ignore_ascii_case(key)).ok_or_else(|| {
                    let nearest = Nearest::among(key, names());
                    let known: Vec<&str> = names().collect();
                    bad(key, format!("one of {}{nearest}", known.join(", ")), format!("{key}={value}"))
                })?,
            };
            let most = entry.inputs.len() + entry.parameters.len();
            if place >= most {
                return Err(bad("arguments", format!("at most {most}"), call.arguments.len().to_string()));
            }
            let (name, taken) = match place.checked_sub(entry.inputs.len()) {
                None => {
                    let taken = items[place].is_some();
                    items[place] = Some(self.argument(value, span)?);
                    (entry.inputs[place], taken)
                }
                Some(place) => {
                    let parameter = &entry.parameters[place];
                    let number = match value {
                        Expr::Number(number, _) => Some(*number),
                        Expr::Call(_) => None,
                    };
                    let fits = |it: &f64| {
                        (parameter.min..=parameter.max).contains(it)
                            && !(parameter.whole && it.fract() != 0.0)
                    };
                    let number = number
                        .filter(fits)
                        .ok_or_else(|| bad(parameter.name, parameter.expected(), value.to_string()))?;
                    (parameter.name, numbers[place].replace(number).is_some())
                }
            };
            if taken {
                return Err(bad(name, "given once".into(), "it twice".into()));
            }
        }
        for (name, given) in entry.inputs.iter().zip(&items) {
            if given.is_none() {
                return Err(bad(name, "an item such as close or RSI(14)".into(), "none".into()));
            }
        }
        for (parameter, number) in entry.parameters.iter().zip(&mut numbers) {
            *number = number.or(parameter.default);
            if number.is_none() {
                return Err(bad(parameter.name, parameter.expected(), "none".into()));
            }
        }
        let items: Vec<Place> = items.into_iter().flatten().collect();
        let numbers: Vec<f64> = numbers.into_iter().flatten().collect();
        self.versions.insert(entry.name.to_owned(), entry.version);
        Ok((items, numbers))
    }

    fn make(&mut self, entry: &Entry, items: &[Place], numbers: &[f64]) -> Result<Place, Error> {
        let written = items.iter().map(|it| it.name.clone()).chain(numbers.iter().map(f64::to_string));
        let written: Vec<String> = written.collect();
        let name = match written.len() {
            0 => entry.name.to_owned(),
            _ => format!("{}({})", entry.name, written.join(",")),
        };
        if let Some(&known) = self.known.get(&name) {
            let node = &self.nodes[known];
            return Ok(Place { slot: node.slot, name, clock: node.clock });
        }
        let joint = items.iter().fold(0, |all, it| all | it.clock);
        let beat = self.beat(joint);
        let n = numbers.first().map_or(0, |it| *it as usize);
        let (work, clock) = match entry.make {
            Make::Window(kind) => (Work::Window(Window::new(kind, n)), beat),
            Make::Ends(kind) => (Work::Ends(Ends::new(kind, n)), beat),
            Make::Pair(kind) => (Work::Pair(Pair::new(kind, n)), beat),
            Make::Standard { fading } => {
                let (memory, rest) = match numbers {
                    [half_life, rest @ ..] if fading => (Memory::HalfLife(*half_life), rest),
                    all => (Memory::All, all),
                };
                let rule = ScaleRule { memory, warm_up: rest[0] as u32, clip: rest[1] };
                (Work::Standard(Scaler::new(rule)?), beat)
            }
            Make::Point(point) => {
                let by = [n_th(numbers, 0), n_th(numbers, 1)];
                if point == Point::Clip && by[0] > by[1] {
                    return Err(self
                        .unfit(format!("CLIP.low must be at most CLIP.high, got {} and {}", by[0], by[1])));
                }
                (Work::Point(point, by), joint)
            }
            Make::Confluence => return Err(self.unfit("several outputs")),
            Make::Moment(moment) => (Work::Moment(moment, i64::MIN), TIME),
            Make::Age => (Work::Age, TIME),
            Make::OnBar => {
                self.bars(None)?;
                (Work::OnBar, BAR)
            }
            Make::Side(side) => {
                self.book(n)?;
                (Work::Side(side, n), BOOK)
            }
        };
        if matches!(entry.make, Make::Window(_) | Make::Ends(_) | Make::Pair(_) | Make::Standard { .. }) {
            self.check_steps(entry.name, joint)?;
        }
        let inputs = items.iter().map(|it| it.slot).collect();
        let node = self.add(name.clone(), work, inputs, clock, 1);
        Ok(Place { slot: self.nodes[node].slot, name, clock })
    }

    /// What an item that remembers steps with, where the values that it reads change with `clocks`. It steps with one of them, and
    /// takes the others as they stand then: the bars (of several lengths the shortest), else the trades, else the book. Several
    /// series from outside are joined at the rows. Items without a memory have all clocks of what they read, so that they are up to
    /// date whoever asks, and what remembers them finds its own among those.
    fn beat(&self, clocks: u64) -> u64 {
        let strikes = clocks & !TIME;
        if strikes.count_ones() <= 1 {
            return if strikes == 0 { clocks } else { strikes };
        }
        let longer = self.streams.iter().filter_map(|it| match it.brings {
            Brings::Longer(span) if it.clock & strikes != 0 => Some((span, it.clock)),
            _ => None,
        });
        let rows =
            [(self.sources.bars, BAR), (self.sources.trades, TRADE), (self.sources.book_levels > 0, BOOK)];
        let rows = rows.into_iter().find(|it| it.0).map_or(strikes, |it| it.1);
        let first = [TRADE, BOOK].into_iter().find(|it| strikes & it != 0);
        match longer.min() {
            _ if strikes & BAR != 0 => BAR,
            Some((_, clock)) => clock,
            None => first.unwrap_or(rows),
        }
    }

    /// Whether there is something to count for an item that remembers what changes with `clocks`.
    fn check_steps(&mut self, name: &str, clocks: u64) -> Result<(), Error> {
        if clocks & !TIME == 0 {
            let what = "counts steps, and what changes with time alone has none; write ONBAR(...) around it";
            return Err(self.unfit(format!("{name} {what}")));
        }
        if self.beat(clocks) != clocks {
            self.versions.insert("steps".to_owned(), STEPS_VERSION);
        }
        Ok(())
    }

    /// So many levels of the book are read.
    fn book(&mut self, levels: usize) -> Result<(), Error> {
        let there = self.sources.book_levels;
        if there == 0 {
            return Err(self.absent("reads a book, and there is none"));
        }
        if there < levels {
            return Err(self.absent(format!("reads {levels} levels of a book, and there are {there}")));
        }
        self.levels = self.levels.max(levels);
        Ok(())
    }

    /// The places of a node's outputs; of one of them where it was named.
    fn outputs(&self, node: usize, names: &[&str], only: Option<usize>) -> Vec<(Place, Option<String>)> {
        let node = &self.nodes[node];
        let places = names.iter().enumerate().filter(|(at, _)| only.is_none_or(|it| it == *at));
        let places = places.map(|(at, output)| {
            let name = if names.len() == 1 { node.name.clone() } else { format!("{}.{output}", node.name) };
            let suffix = (names.len() > 1 && only.is_none()).then(|| (*output).to_owned());
            (Place { slot: node.slot + at, name, clock: node.clock }, suffix)
        });
        places.collect()
    }
}

/// Raised when an indicator or pattern changes its meaning. 2: `PGO` is 0 where a price stopped moving, and deviations,
/// exponential averages and what is made of them have other last digits.
pub const CATALOGUE_VERSION: u16 = 2;

/// Raised when items that join several clocks step in another way; part of the hash of those alone. 2: they step with one clock,
/// and no longer with each of them.
const STEPS_VERSION: u16 = 2;

fn suffix(stream: &Stream) -> String {
    match stream.brings {
        Brings::Longer(span) => format!("@{}", span_text(span)),
        _ => String::new(),
    }
}

fn n_th(numbers: &[f64], at: usize) -> f64 {
    numbers.get(at).copied().unwrap_or(0.0)
}

/// Why bars of `span` cannot be made of bars of `part`, with the nearest lengths that can.
fn undivided(span: i64, part: i64) -> String {
    let below = span / part * part;
    let near = [Some(below).filter(|it| *it > 0), below.checked_add(part)].into_iter().flatten();
    let near: Vec<String> = near.map(|it| format!("@{}", span_text(it))).collect();
    let (near, span, part) = (near.join(" or "), span_text(span), span_text(part));
    format!("bars of {span} cannot be made of bars of {part}: it does not divide; the nearest is {near}")
}
