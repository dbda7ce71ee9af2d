//! Enters and leaves by rules over named features: `enter_long = "RSI(14) < 30 and close > SMA(200)"`.
//!
//! At the close of each bar of one instrument every rule is asked once. A rule that is not known, because a feature in it is
//! still warming up, does not act. The grammar stands in [`parse`], the logic of the unknown in [`rule`], the features in
//! [`items`].
//!
//! - **Flat**, and no order is out: an entry whose rule holds, and whose own exit rule is known and does not hold, buys or sells
//!   `order_qty` at the market. If both entries would act, none does.
//! - **In a position**, and no entry or exit is out: if its exit rule holds, it is closed at the market. Only that, or the
//!   bracket, ends it: an entry to the other side does not turn it.
//! - **Bracket**, if wished: a stop-loss and a take-profit some average true ranges (Wilder, 1978) away from the close of the
//!   entry's bar, rounded to the tick away from it. The entry waits until the range is known. A position whose stop was refused
//!   or has expired is closed at once.
//!
//! The reason of an order and its side name the rule; its tag is `bar << 3 | place`, with the bars counted from 1 and the place
//! in [`PLACES`]. Beside it the table of orders says the rule with the values of its features.

pub mod items;
pub mod outside;
pub mod parse;
pub mod reading;
pub mod rule;

use crate::parameters::{self, ParameterError, Setup};
use crate::sizing::price_away;
use crate::strategy::{Configured, FeatureFact, FeatureFacts, Strategy};
use crate::view::View;
use crate::wake::{Interest, Wake};
use items::Items;
use outside::{Beside, With};
use parse::{Fault, ITEMS_MAX, Mentions};
use rule::{Moment, Rule};
use rust_decimal::Decimal;
use scalp_features::Importance;
use scalp_features::importance::{HALF_LIFE_MAX, HORIZON_MAX};
use scalp_features::schema::read_hash;
use scalp_market::BarRule;
use scalp_types::{
    Bar, GroupId, GroupLink, GroupRole, InstrumentId, Intent, Intents, OpenOrder, OrderBody, OrderEvent,
    OrderIntent, OrderKind, Price, Qty, Reason, Side, Span, StateHash, Timestamp, TriggerSource,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Longest average true range of a bracket, in bars.
pub const ATR_BARS_MAX: i64 = 10_000;

/// A rule that is not known at more than one bar in so many is remarked upon at the end of a run.
const UNKNOWN_PART: u64 = 10;

/// The keys of the rules, in the order of their places.
pub const RULES: [&str; 4] = ["enter_long", "exit_long", "enter_short", "exit_short"];

/// What the last three bits of a tag mean.
pub const PLACES: [&str; 7] =
    ["enter_long", "exit_long", "enter_short", "exit_short", "stop-loss", "take-profit", "without a stop"];

const ENTER_LONG: usize = 0;
const EXIT_LONG: usize = 1;
const ENTER_SHORT: usize = 2;
const EXIT_SHORT: usize = 3;
const STOP: u64 = 4;
const TAKE: u64 = 5;
const BARE: u64 = 6;

/// Parameters of [`Signal`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalParameters {
    /// `venue:symbol` or `symbol`; may be left out when the run has one instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<String>,
    /// Size of every entry, in base coins (inverse: contracts).
    #[serde(with = "scalp_types::exact")]
    pub order_qty: Decimal,
    /// The rule that buys while flat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter_long: Option<String>,
    /// The rule that closes a long position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_long: Option<String>,
    /// The rule that sells short while flat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter_short: Option<String>,
    /// The rule that closes a short position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_short: Option<String>,
    /// Series from outside that rules read by a name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<With>,
    /// Stop-loss distance in average true ranges; 0 places none.
    #[serde(default)]
    pub stop_atr: f64,
    /// Take-profit distance in average true ranges; 0 places none.
    #[serde(default)]
    pub take_atr: f64,
    /// Bars of the average true range.
    #[serde(default = "atr_bars")]
    pub atr_bars: u32,
    /// Bars from a decision to the return that its features are weighed by; 0 weighs none.
    #[serde(default = "outcome_bars")]
    pub outcome_bars: u32,
    /// Decisions in which the weight of one halves.
    #[serde(default = "outcome_half_life")]
    pub outcome_half_life: f64,
    /// The hash that the schema of the features must have, over the bars of the run; whoever starts the run compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_schema: Option<String>,
}

const fn atr_bars() -> u32 {
    14
}

const fn outcome_bars() -> u32 {
    10
}

const fn outcome_half_life() -> f64 {
    1_000.0
}

impl SignalParameters {
    fn rule(&self, place: usize) -> Option<&str> {
        let texts = [&self.enter_long, &self.exit_long, &self.enter_short, &self.exit_short];
        texts[place].as_deref()
    }
}

/// Distances of the exits, in average true ranges, and which feature these are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bracket {
    atr: u16,
    stop: Option<f64>,
    take: Option<f64>,
}

/// The rule of the last order, and the values of its features then.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Decision {
    place: usize,
    bar: u64,
    values: Vec<Option<f64>>,
}

/// The strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    instrument: InstrumentId,
    qty: Qty,
    bracket: Option<Bracket>,
    rules: [Option<Rule>; 4],
    items: Items,
    /// Bars at which each rule was not known.
    unknown: [u64; 4],
    group: GroupId,
    last: Decision,
    /// `None` where outcomes are not looked at, and where rules name no feature.
    importance: Option<Importance>,
}

impl Signal {
    /// The features that the rules read.
    pub const fn items(&self) -> &Items {
        &self.items
    }

    /// Why the last entry or exit by a rule was wished: the key, the bar, the rule, and the values of its features; `None`
    /// before the first.
    fn last_reason(&self) -> Option<String> {
        let last = &self.last;
        let rule = self.rules.get(last.place).and_then(Option::as_ref).filter(|_| last.bar > 0)?;
        let mut text = format!("{} at bar {}: {}; ", RULES[last.place], last.bar, rule.text);
        for (n, (place, value)) in rule.items.iter().zip(&last.values).enumerate() {
            let name = self.items.texts().get(usize::from(*place)).map_or("?", String::as_str);
            let comma = if n == 0 { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = match value {
                Some(value) => write!(text, "{comma}{name} = {value}"),
                None => write!(text, "{comma}{name} is absent"),
            };
        }
        Some(text)
    }

    fn on_bar(&mut self, bar: &Bar, view: &View<'_>, out: &mut Intents) {
        let market = view.market.state(self.instrument);
        self.items.on_bar(bar, market);
        let answers = self.ask();
        let entered = self.act(answers, bar, view, out);
        if let Some(importance) = &mut self.importance {
            let moment = self.items.moment(bar, market);
            importance.on_decision(self.items.price(bar.close), moment, self.items.now(), entered);
        }
    }

    /// Does what the answers ask for; the side of an entry, where there is one.
    fn act(
        &mut self,
        answers: [Option<bool>; 4],
        bar: &Bar,
        view: &View<'_>,
        out: &mut Intents,
    ) -> Option<Side> {
        let open = view.open(self.instrument);
        let Some(side) = view.position(self.instrument).side() else {
            if open.is_empty() {
                return self.enter(answers, bar.close, view, out);
            }
            if open.iter().all(|it| it.reduce_only) {
                // What is left of a bracket.
                out.push(Intent::CancelAll { instrument: self.instrument });
            }
            return None;
        };
        // One order at a time: until the last one has ended, its outcome is not known.
        if open.iter().any(|it| !is_bracket(it)) {
            return None;
        }
        let exit = if side == Side::Buy { EXIT_LONG } else { EXIT_SHORT };
        if answers[exit] == Some(true) {
            self.note(exit);
            self.leave(exit as u64, Reason::Exit, view, out);
        } else if self.is_bare(view) {
            self.leave(BARE, Reason::RiskReduction, view, out);
        }
        None
    }

    /// Asks every rule, whether its answer is needed or not, so that the count of the unknown is one of bars.
    fn ask(&mut self) -> [Option<bool>; 4] {
        let at = Moment { now: self.items.now(), before: self.items.before() };
        let mut answers = [None; 4];
        for ((answer, rule), unknown) in answers.iter_mut().zip(&self.rules).zip(&mut self.unknown) {
            let Some(rule) = rule else { continue };
            *answer = rule.truth.holds(at);
            *unknown += u64::from(answer.is_none());
        }
        answers
    }

    fn enter(
        &mut self,
        answers: [Option<bool>; 4],
        close: Price,
        view: &View<'_>,
        out: &mut Intents,
    ) -> Option<Side> {
        let may = |enter: usize, exit: usize| {
            let is_held_back = self.rules[exit].is_some() && answers[exit] != Some(false);
            answers[enter] == Some(true) && !is_held_back
        };
        let (place, side) = match (may(ENTER_LONG, EXIT_LONG), may(ENTER_SHORT, EXIT_SHORT)) {
            (true, false) => (ENTER_LONG, Side::Buy),
            (false, true) => (ENTER_SHORT, Side::Sell),
            _ => return None,
        };
        let exits = self.exits(side, close, view)?;
        self.note(place);
        let (tag, id) = (self.items.bars() << 3, self.instrument);
        let mut entry =
            OrderIntent::new(tag | place as u64, id, side, self.qty, OrderKind::Market, Reason::Signal);
        if self.bracket.is_none() {
            out.push(Intent::Place(entry));
            return Some(side);
        }
        let group = GroupId(self.items.bars());
        self.group = group;
        entry.link = Some(GroupLink { group, role: GroupRole::Parent });
        entry.trigger_source = TriggerSource::Last;
        out.push(Intent::Place(entry));
        let stop = exits.stop.map(|trigger| (STOP, OrderKind::StopMarket { trigger }, Reason::StopLoss));
        let take =
            exits.take.map(|trigger| (TAKE, OrderKind::TakeProfitMarket { trigger }, Reason::TakeProfit));
        for (place, kind, reason) in stop.into_iter().chain(take) {
            let mut exit = OrderIntent::new(tag | place, id, side.opposite(), self.qty, kind, reason);
            exit.link = Some(GroupLink { group, role: GroupRole::Child });
            exit.trigger_source = TriggerSource::Last;
            exit.reduce_only = true;
            out.push(Intent::Place(exit));
        }
        Some(side)
    }

    /// Prices of the bracket; `None` when it is wished and cannot be placed.
    fn exits(&self, side: Side, close: Price, view: &View<'_>) -> Option<Exits> {
        let Some(bracket) = &self.bracket else { return Some(Exits::default()) };
        let range = self.items.now().get(usize::from(bracket.atr)).copied().flatten()?;
        let atr = range / view.instruments.get(self.instrument).tick_f64();
        let (ticks, sign) = (close.get() as f64, side.sign() as f64);
        let place = |distance: Option<f64>, sign: f64, side: Side| match distance {
            Some(distance) => {
                price_away(ticks + sign * distance * atr, side).filter(|it| it.get() > 0).map(Some)
            }
            None => Some(None),
        };
        let stop = place(bracket.stop, -sign, side)?;
        let take = place(bracket.take, sign, side.opposite())?;
        (atr > 0.0).then_some(Exits { stop, take })
    }

    /// Remembers the rule that acts, with the values of its features.
    fn note(&mut self, place: usize) {
        self.last.place = place;
        self.last.bar = self.items.bars();
        self.last.values.clear();
        if let Some(rule) = &self.rules[place] {
            let value = |place: &u16| self.items.now().get(usize::from(*place)).copied().flatten();
            self.last.values.extend(rule.items.iter().map(value));
        }
    }

    /// Closes the position at the market; the bracket goes with it.
    fn leave(&self, place: u64, reason: Reason, view: &View<'_>, out: &mut Intents) {
        let position = view.position(self.instrument);
        let Some(side) = position.side() else { return };
        if self.bracket.is_some() {
            out.push(Intent::CancelGroup { group: self.group });
        }
        let tag = self.items.bars() << 3 | place;
        let mut intent = OrderIntent::new(
            tag,
            self.instrument,
            side.opposite(),
            position.abs(),
            OrderKind::Market,
            reason,
        );
        intent.reduce_only = true;
        out.push(Intent::Place(intent));
    }

    /// Whether a stop is wished and neither it nor anything that comes before or instead of it is out.
    fn is_bare(&self, view: &View<'_>) -> bool {
        let wants_stop = self.bracket.is_some_and(|it| it.stop.is_some());
        wants_stop && view.open(self.instrument).iter().all(|it| it.reason == Reason::TakeProfit)
    }

    /// A stop that was refused, or that ended without its group, leaves the position bare.
    fn on_order(&self, tag: u64, event: &OrderEvent, view: &View<'_>, out: &mut Intents) {
        let has_ended = matches!(event.body, OrderBody::Rejected(_) | OrderBody::Expired { .. });
        let is_ours = event.instrument == self.instrument && tag & 7 == STOP;
        if has_ended && is_ours && self.is_bare(view) {
            self.leave(BARE, Reason::RiskReduction, view, out);
        }
    }
}

/// Triggers of a bracket.
#[derive(Debug, Clone, Copy, Default)]
struct Exits {
    stop: Option<Price>,
    take: Option<Price>,
}

const fn is_bracket(order: &OpenOrder) -> bool {
    matches!(order.reason, Reason::StopLoss | Reason::TakeProfit)
}

impl Strategy for Signal {
    #[inline]
    fn interest(&self) -> Interest {
        let book = Interest::DEPTH.and(Interest::QUOTES).and(Interest::BOOK_CHANGES);
        let asked = [
            (self.items.reads_flow(), Interest::TRADES),
            (self.items.reads_book(), book),
            (self.bracket.is_some(), Interest::ORDERS),
        ];
        let asked = asked.into_iter().filter(|it| it.0);
        asked.fold(Interest::BARS, |all, it| all.and(it.1))
    }

    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
        match wake {
            Wake::Bar { instrument, bar } if *instrument == self.instrument => self.on_bar(bar, view, out),
            Wake::Bar { instrument, bar } => {
                self.items.on_other(*instrument, bar, view.market.state(*instrument).heard_at(bar));
            }
            Wake::Market(event) if event.instrument == self.instrument => {
                self.items.on_market(event, view.market.state(self.instrument));
            }
            Wake::Order { tag, event } => self.on_order(*tag, event, view, out),
            _ => {}
        }
    }

    /// The rule that acted, and the values of its features; nothing of the orders of a bracket, whose reason says all.
    fn why(&self, tag: u64) -> Option<String> {
        let is_last = tag == self.last.bar << 3 | self.last.place as u64;
        is_last.then(|| self.last_reason()).flatten()
    }

    fn remarks(&self) -> Vec<String> {
        let bars = self.items.bars();
        let mut remarks: Vec<String> =
            self.items.misfit().into_iter().map(|it| format!("{it}; it is absent.")).collect();
        for (place, rule) in self.rules.iter().enumerate() {
            let (Some(rule), unknown) = (rule, self.unknown[place]) else { continue };
            if unknown.saturating_mul(UNKNOWN_PART) <= bars {
                continue;
            }
            let is_silent = |it: &&u16| self.items.now().get(usize::from(**it)).is_none_or(Option::is_none);
            let name = |it: &u16| self.items.texts().get(usize::from(*it)).map_or("?", String::as_str);
            let silent: Vec<&str> = rule.items.iter().filter(is_silent).map(name).collect();
            let mut text = format!("strategy.{} was not known at {unknown} of {bars} bars", RULES[place]);
            if !silent.is_empty() {
                // Writing to a string cannot fail.
                let _ = write!(text, "; absent still at the last: {}", silent.join(", "));
            }
            remarks.push(text + ".");
        }
        remarks
    }

    fn features(&self) -> Option<FeatureFacts> {
        let last = self.items.last()?;
        let importance = self.importance.as_ref();
        let fact = |(place, name): (usize, &String)| FeatureFact {
            name: name.clone(),
            value: last.get(place),
            age: last.age(place, last.at()).map(Span::from_nanos),
            at_decisions: importance.map(|it| it.at_decisions(place)).unwrap_or_default(),
            at_entries: importance.map(|it| it.at_entries(place)).unwrap_or_default(),
        };
        Some(FeatureFacts {
            instrument: self.instrument,
            at: Timestamp::from_nanos(last.at()),
            outcome_bars: importance.map(Importance::horizon),
            outcome_half_life: importance.map(Importance::half_life),
            features: self.items.texts().iter().enumerate().map(fact).collect(),
        })
    }

    fn schema(&self, bars: &[(InstrumentId, BarRule)]) -> Option<StateHash> {
        let rule = bars.iter().find(|it| it.0 == self.instrument).map(|it| it.1);
        self.items.schema(rule)
    }

    fn reads_others(&self, closing: InstrumentId) -> bool {
        closing == self.instrument && self.items.reads_others()
    }

    fn check_bars(&self, bars: &[(InstrumentId, BarRule)]) -> Result<(), ParameterError> {
        let own = bars.iter().filter(|it| it.0 == self.instrument);
        let Some(unfit) = own.filter_map(|it| self.items.unfit(it.1)).next() else { return Ok(()) };
        let reads = |rule: &Rule| rule.items.iter().any(|it| usize::from(*it) == unfit.place);
        let places = self.rules.iter().enumerate();
        let (place, rule) = places
            .filter_map(|(place, rule)| Some((place, rule.as_ref()?)))
            .find(|it| reads(it.1))
            .expect("what a bracket reads is made of any bars");
        let expected = format!("features that the bars of the run have: {}", unfit.why);
        Err(ParameterError::new(RULES[place], format!("{:?}", rule.text), expected))
    }

    fn digest(&self, hash: &mut StateHash) {
        self.items.digest(hash);
        self.unknown.iter().for_each(|it| hash.absorb(*it));
        hash.absorb(self.group.0);
        hash.absorb(self.last.bar << 2 | self.last.place as u64);
        self.last.values.iter().for_each(|it| hash.absorb(it.map_or(u64::MAX, f64::to_bits)));
        if let Some(it) = &self.importance {
            it.digest(hash);
        }
    }
}

impl Configured for Signal {
    type Parameters = SignalParameters;

    fn series(parameters: &mut SignalParameters) -> &mut [With] {
        &mut parameters.with
    }

    fn build(parameters: &SignalParameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
        let p = parameters;
        let instrument = setup.instrument(p.instrument.as_deref())?;
        let qty = parameters::order_qty("order_qty", p.order_qty, instrument)?;
        if let Some(text) = &p.expect_schema {
            read_hash(text).map_err(|why| {
                let expected = why.strip_prefix("expected ").unwrap_or(&why);
                ParameterError::new("expect_schema", format!("{text:?}"), expected)
            })?;
        }
        let mut mentions = Mentions::default();
        let mut keys = Vec::new();
        let mut rules = [const { None }; 4];
        for (place, rule) in rules.iter_mut().enumerate() {
            let Some(text) = p.rule(place) else { continue };
            let read = parse::parse(text, &mut mentions);
            *rule = Some(read.map_err(|fault| refuse(place, text, &fault))?);
            keys.push(place);
        }
        let distance = |key, value| parameters::number(key, value, 0.0..=1_000.0);
        let or_none = |value: f64| (value > 0.0).then_some(value);
        let (stop, take) =
            (or_none(distance("stop_atr", p.stop_atr)?), or_none(distance("take_atr", p.take_atr)?));
        let atr_bars = parameters::whole("atr_bars", p.atr_bars.into(), 1..=ATR_BARS_MAX)?;
        let has_bracket = stop.is_some() || take.is_some();
        check(p, has_bracket)?;
        let bracket = if has_bracket {
            let key = if stop.is_some() { "stop_atr" } else { "take_atr" };
            let expected = format!("at most {} different features in all rules beside it", ITEMS_MAX - 1);
            let atr = mentions.place(format!("ATR({atr_bars})"), 1);
            let atr = atr.ok_or_else(|| ParameterError::new(key, "one feature too many", expected))?;
            Some(Bracket { atr, stop, take })
        } else {
            None
        };
        let texts = mentions.all().iter().map(|it| it.text.clone()).collect();
        let beside = Beside::build(&p.with, setup, instrument)?;
        let rule = setup.bars.iter().find(|it| it.0 == instrument.id).map(|it| it.1);
        let items = Items::build(texts, instrument, beside, rule).map_err(|unbuilt| {
            let mention = &mentions.all()[unbuilt.place];
            let place = keys.get(mention.rule).copied().unwrap_or_default();
            let text = p.rule(place).unwrap_or_default();
            let expected = format!("a feature at column {}: {}", mention.column, unbuilt.why);
            ParameterError::new(RULES[place], format!("{text:?}"), expected)
        })?;
        let importance = match items.texts().len() {
            0 => None,
            features => importance(p, features)?,
        };
        Ok(Self {
            importance,
            instrument: instrument.id,
            qty,
            bracket,
            rules,
            unknown: [0; 4],
            group: GroupId(0),
            last: Decision { values: Vec::with_capacity(items.texts().len()), ..Decision::default() },
            items,
        })
    }
}

/// What weighs so many features by outcomes, where that is wished.
fn importance(p: &SignalParameters, features: usize) -> Result<Option<Importance>, ParameterError> {
    let bars = parameters::whole("outcome_bars", p.outcome_bars.into(), 0..=HORIZON_MAX as i64)?;
    let half_life = parameters::number("outcome_half_life", p.outcome_half_life, 1.0..=HALF_LIFE_MAX)?;
    Ok((bars > 0)
        .then(|| Importance::new(features, bars as usize, half_life).expect("both numbers are in range")))
}

fn refuse(place: usize, text: &str, fault: &Fault) -> ParameterError {
    ParameterError::new(RULES[place], format!("{text:?}"), fault)
}

/// Each exit belongs to an entry, and each entry can be left.
fn check(p: &SignalParameters, has_bracket: bool) -> Result<(), ParameterError> {
    let missing = |place: usize, expected: &str| Err(ParameterError::new(RULES[place], "missing", expected));
    for (enter, exit) in [(ENTER_LONG, EXIT_LONG), (ENTER_SHORT, EXIT_SHORT)] {
        match (p.rule(enter), p.rule(exit)) {
            (None, Some(_)) => {
                return missing(enter, &format!("a rule, because {} is given", RULES[exit]));
            }
            (Some(_), None) if !has_bracket => {
                return missing(
                    exit,
                    &format!(
                        "a rule, because {} is given and there is no stop_atr or take_atr",
                        RULES[enter]
                    ),
                );
            }
            _ => {}
        }
    }
    if p.rule(ENTER_LONG).or(p.rule(ENTER_SHORT)).is_none() {
        return missing(ENTER_LONG, "a rule, here or in enter_short");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
