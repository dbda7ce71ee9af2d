//! What a call of the catalogues becomes: measures of trades and books, chart patterns, confluence, indicators.

use super::{Binder, CATALOGUE_VERSION, Place, suffix};
use crate::confluence::{GROUPS, Groups};
use crate::entry::Entry;
use crate::error::Error;
use crate::expr::{Call, Expr, span_text};
use crate::flow;
use crate::plan::{BAR, BOOK, Brings, Feed, Joint, TIME, TRADE, Work};
use scalp_indicators::patterns;
use scalp_indicators::{Indicator, Range, Request, Schema as Columns, Spec};

/// Of the other patterns. 4: what reaches a bound but for rounding has reached it, also where a turn is known, and in what confirms
/// or ends a pattern.
const PATTERN_VERSION: u16 = 4;

/// Of harmonic patterns. 3: before D is known they speak once the price has reached its zone, and never beyond the target. 4: as the
/// others.
const HARMONIC_VERSION: u16 = 4;

/// Indicators whose meaning changed alone. `VFI` 3: Katsanos's, with a threshold in deviations of the price's changes. `KVO`
/// and `HILO` 3: prices that differ by rounding are equal. `ALPHATREND` 3: so is its threshold. `RSI`, `QQE`, `SMI` and
/// `TSI_SIGNAL` 3: of a price that stands still for very long; so `CRSI` and `DOSC`, and `STOCHRSI` of one that never moved, too.
/// `QQE` 4: of one that stands still nothing is crossed. Those that tell rows 3: rows with an empty cell count.
const RAISED: &[(&str, u16)] = &[
    ("VFI", 3),
    ("KVO", 3),
    ("HILO", 3),
    ("ALPHATREND", 3),
    ("RSI", 3),
    ("QQE", 4),
    ("STOCHRSI", 3),
    ("CRSI", 3),
    ("DOSC", 3),
    ("SMI", 3),
    ("TSI_SIGNAL", 3),
    ("MAXINDEX", 3),
    ("MININDEX", 3),
    ("MINMAXINDEX", 3),
    ("ZIGZAG", 3),
];

impl Binder<'_> {
    pub(super) fn measure(
        &mut self,
        spec: &'static flow::Spec,
        call: &Call,
    ) -> Result<Vec<(Place, Option<String>)>, Error> {
        if call.timeframe.is_some() {
            return Err(self.unfit(format!("{} reads trades and books, not bars of a length", spec.name)));
        }
        let mut request = call.request();
        for (key, value) in &call.arguments {
            request.arguments.push((key.clone(), value.to_string()));
        }
        let built = spec.build(&request).map_err(|it| self.refused(it))?;
        let reads = spec.reads;
        if reads.trades && !self.sources.trades {
            return Err(self.absent(format!("{} reads trades, and there are none", spec.name)));
        }
        if reads.levels || reads.changes {
            self.book(built.levels)?;
        } else {
            self.levels = self.levels.max(built.levels.min(self.sources.book_levels));
        }
        // Those who sign trades look at the book where there is one, and speak at trades.
        let reads_book = reads.levels || reads.changes;
        let clock = if reads.trades { TRADE } else { 0 } | if reads_book { BOOK } else { 0 };
        let looks = built.levels > 0 && self.sources.book_levels > 0;
        let feeds = clock | if looks { BOOK } else { 0 };
        let clock = clock | if spec.fades { TIME } else { 0 };
        let name = built.to_string();
        self.versions.insert(spec.name.to_owned(), spec.version);
        let node = match self.known.get(&name) {
            Some(&known) => known,
            None => {
                let width = spec.outputs.len();
                let (is_written, reads_changes) = (spec.as_written(), reads.changes);
                let on_sides = spec.outputs.iter().rev().fold(0, |bits, it| {
                    bits << 1 | u32::from(spec.rests_on_sides(&built.arguments, it.name))
                });
                let feed = Feed { clocks: feeds, is_written, reads_changes, is_told: false, on_sides };
                self.add(name, Work::Measure(built.measure, feed), Vec::new(), clock, width)
            }
        };
        let names: Vec<&str> = spec.outputs.iter().map(|it| it.name).collect();
        let only = match &call.output {
            Some(output) => Some(spec.output(output).map_err(|it| self.refused(it))?),
            None => None,
        };
        Ok(self.outputs(node, &names, only))
    }

    /// The slots of the columns `names` of the bars of a length, and their stream.
    fn bar_slots(&mut self, names: &[&str], span: Option<i64>) -> Result<(Vec<usize>, usize), Error> {
        let stream = self.bars(span)?;
        let mut slots = Vec::new();
        for name in names {
            slots.extend(self.column(name, span)?.map(|it| it.slot));
        }
        Ok((slots, stream))
    }

    pub(super) fn pattern(
        &mut self,
        spec: &'static patterns::PatternSpec,
        call: &Call,
        span: Option<i64>,
    ) -> Result<Vec<(Place, Option<String>)>, Error> {
        let mut request = call.request();
        // Without an output a pattern is its strength.
        let only = match request.output.take() {
            Some(output) => {
                let place = patterns::OUTPUTS.iter().position(|it| it.eq_ignore_ascii_case(&output));
                let known = || {
                    format!("{} has no output {output:?}; it has {}", spec.name, patterns::OUTPUTS.join(", "))
                };
                place.ok_or_else(|| self.unfit(known()))?
            }
            None => 0,
        };
        for (key, value) in &call.arguments {
            request.arguments.push((key.clone(), value.to_string()));
        }
        let signal = patterns::Signal::build(&request).map_err(|it| self.refused(it))?;
        let names = if self.sources.no_volume {
            // The strength is another one without volumes.
            self.versions.insert("no volume".to_owned(), 1);
            &["high", "low", "close"][..]
        } else {
            &["high", "low", "close", "volume"]
        };
        let (inputs, stream) = self.bar_slots(names, span)?;
        let version = if spec.is_harmonic() { HARMONIC_VERSION } else { PATTERN_VERSION };
        self.versions.insert(spec.name.to_owned(), version);
        if only > 0 {
            // Since version 2 they stay when their pattern has ended.
            self.versions.insert(format!("{} levels", spec.name), 2);
        }
        let name = format!("{signal}{}", suffix(&self.streams[stream]));
        let clock = self.streams[stream].clock;
        let node = match self.known.get(&name) {
            Some(&known) => known,
            None => self.add(name, Work::Pattern(Box::new(signal)), inputs, clock, patterns::OUTPUTS.len()),
        };
        if call.output.is_none() {
            let strength = &self.nodes[node];
            return Ok(vec![(Place { slot: strength.slot, name: strength.name.clone(), clock }, None)]);
        }
        Ok(self.outputs(node, &patterns::OUTPUTS, Some(only)))
    }

    pub(super) fn confluence(
        &mut self,
        entry: &'static Entry,
        call: &Call,
        span: Option<i64>,
    ) -> Result<Vec<(Place, Option<String>)>, Error> {
        let (_, numbers) = self.arguments(entry, call, span)?;
        let &[short, middle, long, threshold, a, b, c] = numbers.as_slice() else {
            return Err(self.unfit("expected three multiples, a threshold and three weights"));
        };
        let (multiples, rule) = ([short, middle, long], Joint { threshold, weights: [a, b, c] });
        if multiples.windows(2).any(|it| it[0] >= it[1]) {
            return Err(self.unfit(format!(
                "CONFLUENCE.short must be below CONFLUENCE.middle, and that below CONFLUENCE.long, got {multiples:?}"
            )));
        }
        let only = match &call.output {
            Some(output) => {
                let place = entry.outputs.iter().position(|it| it.eq_ignore_ascii_case(output));
                let known =
                    || format!("CONFLUENCE has no output {output:?}; it has {}", entry.outputs.join(", "));
                Some(place.ok_or_else(|| self.unfit(known()))?)
            }
            None => None,
        };
        let base = span.or(self.sources.bar_span);
        let base = base.ok_or_else(|| {
            let have_none = self.sources.bars_uneven || !self.sources.bar_kind.is_empty();
            let remedy = match self.sources.bar_names().next() {
                None => "there are none (bars can be built from trades, as with --bars 1m)",
                Some(_) if have_none => "these have none",
                Some(_) => "write @1h or another",
            };
            self.unfit(format!("CONFLUENCE needs bars of one length; {remedy}"))
        })?;
        let (mut inputs, mut clock) = (Vec::new(), BAR);
        for multiple in multiples {
            let length = base.checked_mul(multiple as i64).filter(|it| *it <= i64::MAX / 4);
            let length = length.ok_or_else(|| self.unfit(format!("{multiple} such bars are too long")))?;
            let names = ["open", "high", "low", "close", "volume"];
            let (slots, stream) = self.bar_slots(&names, Some(length))?;
            let of = self.streams[stream].clock;
            // Not a name that an item could be written as.
            let name = format!("groups of {}", span_text(length));
            let node = match self.known.get(&name) {
                Some(&known) => known,
                None => {
                    let groups = Groups::new().map_err(|it| self.refused(it))?;
                    self.add(name, Work::Groups(Box::new(groups)), slots, of, GROUPS)
                }
            };
            let slot = self.nodes[node].slot;
            inputs.extend(slot..slot + GROUPS);
            clock |= of;
        }
        // Weights that are alike are not part of the name: there were none before.
        let are_alike = rule.weights.iter().all(|it| it.to_bits() == 1.0_f64.to_bits());
        let named = if are_alike { &numbers[..4] } else { &numbers };
        let written: Vec<String> = named.iter().map(f64::to_string).collect();
        let at = match span.filter(|it| Some(*it) != self.sources.bar_span) {
            Some(span) => format!("@{}", span_text(span)),
            None => String::new(),
        };
        let name = format!("{}({}){at}", entry.name, written.join(","));
        let node = match self.known.get(&name) {
            Some(&known) => known,
            None => self.add(name, Work::Joint(rule), inputs, clock, entry.outputs.len()),
        };
        Ok(self.outputs(node, entry.outputs, only))
    }

    pub(super) fn indicator(
        &mut self,
        spec: &'static Spec,
        call: &Call,
        span: Option<i64>,
    ) -> Result<Vec<(Place, Option<String>)>, Error> {
        let mut request = call.request();
        let mut items: Vec<Option<Place>> = vec![None; spec.inputs.len()];
        let mut given = 0;
        for (key, value) in &call.arguments {
            let input = match (key, value) {
                (Some(key), _) => spec.inputs.iter().position(|it| it.name.eq_ignore_ascii_case(key)),
                (None, Expr::Call(_)) if !is_choice(spec, given, value) => {
                    let free = items.iter().position(Option::is_none);
                    Some(free.ok_or_else(|| {
                        self.unfit(format!("{} has no further input for {value}", spec.name))
                    })?)
                }
                _ => None,
            };
            match input {
                Some(place) => {
                    let name = spec.inputs[place].name;
                    if items[place].is_some() {
                        return Err(self.unfit(format!("{}.{name} is given twice", spec.name)));
                    }
                    items[place] = Some(self.argument(value, span)?);
                }
                None => {
                    given += usize::from(key.is_none());
                    request.arguments.push((key.clone(), value.to_string()));
                }
            }
        }
        let mut places = Vec::new();
        for (input, item) in spec.inputs.iter().zip(items) {
            let place = match item {
                Some(place) => place,
                None => self.column(input.column, span)?.ok_or_else(|| {
                    let there = self.there();
                    self.absent(format!(
                        "{}.{} reads the column {}, and there are {there}; name another: {}({}=...)",
                        spec.name, input.name, input.column, spec.name, input.name
                    ))
                })?,
            };
            places.push(place);
        }
        let node = self.indicator_node(spec, &request, &places)?;
        let names: Vec<&str> = spec.outputs.iter().map(|it| it.name.as_str()).collect();
        let only = match &call.output {
            Some(output) => Some(spec.output(output).map_err(|it| self.refused(it))?),
            None => None,
        };
        Ok(self.outputs(node, &names, only))
    }

    pub(super) fn there(&self) -> String {
        let all = self.streams.iter().filter(|it| !matches!(it.brings, Brings::Longer(_)));
        let names: Vec<&str> =
            all.flat_map(|it| (0..it.columns.width()).map(|at| it.columns.name(at))).collect();
        if names.is_empty() { "none".into() } else { names.join(", ") }
    }

    fn indicator_node(
        &mut self,
        spec: &'static Spec,
        request: &Request,
        places: &[Place],
    ) -> Result<usize, Error> {
        let raised = RAISED.iter().find(|it| it.0 == spec.name);
        self.versions.insert(spec.name.to_owned(), raised.map_or(CATALOGUE_VERSION, |it| it.1));
        let joint = places.iter().fold(0, |all, it| all | it.clock);
        self.check_steps(spec.name, joint)?;
        let clock = self.beat(joint);
        let of = |it: &Place| {
            self.streams.iter().position(|s| (s.slot..s.slot + s.columns.width()).contains(&it.slot))
        };
        let stream = places.first().and_then(of).filter(|at| places.iter().all(|it| of(it) == Some(*at)));
        let mut request = Request { output: None, ..request.clone() };
        let private: Vec<String> = (0..places.len()).map(|at| format!("in{at}")).collect();
        for (at, (input, place)) in spec.inputs.iter().zip(places).enumerate() {
            let column = match stream {
                Some(stream) => {
                    let it = &self.streams[stream];
                    it.columns.name(place.slot - it.slot).to_owned()
                }
                None => private[at].clone(),
            };
            request.arguments.push((Some(input.name.to_owned()), column));
        }
        let built = match stream {
            Some(stream) => Indicator::build(&request, &self.streams[stream].columns),
            None => {
                let names: Vec<&str> = private.iter().map(String::as_str).collect();
                Columns::new(&names).and_then(|columns| Indicator::build(&request, &columns))
            }
        };
        let built = built.map_err(|it| self.refused(it))?;
        let mut written: Vec<String> = built.arguments().iter().map(f64::to_string).collect();
        for (input, place) in spec.inputs.iter().zip(places) {
            let bare = stream.is_some_and(|it| {
                let it = &self.streams[it];
                it.columns.name(place.slot - it.slot) == input.column
            });
            if !bare {
                written.push(format!("{}={}", input.name, place.name));
            }
        }
        let arguments = if written.is_empty() { String::new() } else { format!("({})", written.join(",")) };
        let at = stream.map_or(String::new(), |it| suffix(&self.streams[it]));
        let name = format!("{}{arguments}{at}", spec.name);
        if let Some(&known) = self.known.get(&name) {
            return Ok(known);
        }
        let width = spec.outputs.len();
        let work = match stream {
            Some(stream) => Work::Direct(built, stream),
            None => Work::Nested(built, vec![0.0; places.len()].into_boxed_slice()),
        };
        Ok(self.add(name, work, places.iter().map(|it| it.slot).collect(), clock, width))
    }
}

/// Whether the argument at `place` is a choice by name, such as the EMA of `BBANDS(20,2,2,EMA)`.
fn is_choice(spec: &Spec, place: usize, value: &Expr) -> bool {
    let Expr::Call(call) = value else { return false };
    let Some(parameter) = spec.parameters.get(place) else { return false };
    match parameter.range {
        Range::Choice(values) => {
            call.is_bare() && values.iter().any(|(_, name)| name.eq_ignore_ascii_case(&call.name))
        }
        _ => false,
    }
}
