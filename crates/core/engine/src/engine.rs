//! The engine: state as plain fields, and the step from an event to actions.

use crate::action::{Action, Actions};
use crate::config::{BuildError, EngineConfig, Recording};
use crate::doubt::{Held, held_of, watched};
use crate::exposure::Stale;
use crate::record::{Fault, Record, RecordBody};
use crate::timers::{Owner, Timers};
use scalp_execution::{Books, Effects, Orders, Stated};
use scalp_ledger::Ledger;
use scalp_market::{Bars, Market, MarketChange, Watch};
use scalp_risk::{Gate, ModeReason};
use scalp_strategy::{Interest, OpenOrders, Strategy, View, Wake};
use scalp_types::{
    AccountBody, AccountEvent, AssetId, Bar, Body, Command, CommandBody, Event, Genesis, InstrumentId,
    Instruments, Intents, MarketBody, MarketEvent, Mode, Money, OpenOrder, Price, Qty, RunId, Span,
    StateHash, Timer, Timestamp, Trade,
};
use serde::{Deserialize, Serialize};

/// Wishes that one decision may have; more are dropped and recorded.
pub const INTENTS_MAX: usize = 512;

/// The core: every event goes in through [`Engine::step`], and everything it wants comes out of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "S: Strategy")]
pub struct Engine<S> {
    pub(crate) run: RunId,
    pub(crate) config: EngineConfig,
    pub(crate) instruments: Instruments,
    pub(crate) market: Market,
    pub(crate) bars: Vec<Option<Bars>>,
    /// By instrument; none where nothing is watched.
    pub(crate) watches: Vec<Watch>,
    /// Trades that are in doubt, and those behind them, by instrument; none where prints are not watched.
    pub(crate) held: Vec<Held>,
    pub(crate) ledger: Ledger,
    pub(crate) gate: Gate,
    pub(crate) orders: Orders,
    pub(crate) strategy: S,
    pub(crate) timers: Timers,
    /// The number that the next event must have.
    pub(crate) next_seq: u64,
    pub(crate) now: Timestamp,
    pub(crate) hash: StateHash,
    /// When the equity is looked at next.
    look_at: Timestamp,
    sample_at: Timestamp,
    /// Assets that something settles in.
    settle: Vec<AssetId>,
    pub(crate) counters: Counters,
    /// What the strategy wants to hear of, and with it what the watches do.
    #[serde(skip, default = "no_interest")]
    interest: Interest,
    #[serde(skip, default = "no_interest")]
    watched: Interest,
    /// After a restore, all of them.
    #[serde(skip)]
    pub(crate) stale: Stale,
    #[serde(skip, default = "scratch_intents")]
    pub(crate) intents: Intents,
    #[serde(skip, default = "scratch_effects")]
    pub(crate) effects: Effects,
}

const fn no_interest() -> Interest {
    Interest::NONE
}
fn scratch_intents() -> Intents {
    Intents::with_capacity(INTENTS_MAX)
}
fn scratch_effects() -> Effects {
    Effects::with_capacity(INTENTS_MAX)
}

/// What has gone through the core so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Market events.
    pub market: u64,
    /// Bars closed, built here or given by the feed.
    pub bars: u64,
    /// Calls of the strategy.
    pub decisions: u64,
    /// Fills booked.
    pub fills: u64,
    /// Things that came in and cannot be.
    pub faults: u64,
    /// Wishes that never came to the gate.
    pub dropped: u64,
    /// Prints that were judged wrong.
    pub wrong_prints: u64,
}

/// The open orders, as the strategy may see them.
pub(crate) struct Lent<'a>(pub(crate) &'a Orders);

impl OpenOrders for Lent<'_> {
    #[inline]
    fn open(&self, instrument: InstrumentId) -> &[OpenOrder] {
        self.0.open(instrument)
    }
}

impl<S: Strategy> Engine<S> {
    /// Builds the core. The first event to step is the genesis itself, with sequence number 0: at its time the strategy
    /// is woken with [`Wake::Start`].
    pub fn new(genesis: &Genesis, strategy: S, config: EngineConfig) -> Result<Self, BuildError> {
        let instruments = genesis.instruments.clone();
        for (field, span) in [("equity_every", config.equity_every), ("risk_every", Some(config.risk_every))]
        {
            if let Some(span) = span.filter(|it| *it <= Span::ZERO) {
                return Err(BuildError::Span { field, span });
            }
        }
        let mut bars: Vec<Option<Bars>> = vec![None; instruments.len()];
        for &(id, rule) in &config.bars {
            let slot = bars.get_mut(id.index()).filter(|it| it.is_none()).ok_or(BuildError::Bars(id))?;
            *slot = Some(Bars::new(rule).map_err(|_| BuildError::Bars(id))?);
        }
        if config.watch.spread_times_max == Some(0) {
            return Err(BuildError::SpreadTimes);
        }
        let watched = watched(&config.watch);
        let count = if watched == Interest::NONE { 0 } else { instruments.len() };
        let mut settle: Vec<AssetId> = instruments.iter().map(|it| it.settle).collect();
        settle.sort_unstable();
        settle.dedup();
        let mut market = Market::with_config(&instruments, &config.market);
        market.tell_changes(strategy.interest().contains(Interest::BOOK_CHANGES));
        let gate = Gate::new(&config.gate, &instruments)?;
        Ok(Self {
            run: genesis.run,
            market,
            bars,
            // One by one: a copy would not keep the room.
            watches: (0..count).map(|_| Watch::new(&config.watch)).collect(),
            held: held_of(&config.watch, instruments.len()),
            ledger: Ledger::new(&instruments, &config.ledger)?,
            stale: Stale::all(if gate.limits_exposure() { instruments.len() } else { 0 }),
            gate,
            orders: Orders::new(instruments.len(), config.orders),
            interest: strategy.interest().and(watched),
            watched,
            strategy,
            timers: Timers::new(),
            next_seq: 0,
            now: Timestamp::MIN,
            hash: StateHash::default(),
            look_at: Timestamp::MIN,
            sample_at: Timestamp::MIN,
            settle,
            counters: Counters::default(),
            intents: scratch_intents(),
            effects: scratch_effects(),
            config,
            instruments,
        })
    }

    /// Takes one event in and writes what is to be done into `out`, which the caller has cleared.
    ///
    /// # Panics
    /// When the sequence number is not the next one: then the driver has lost or repeated an event.
    #[inline]
    pub fn step(&mut self, event: &Event<'_>, out: &mut Actions) {
        self.come_to(event.seq, event.at, out);
        match &event.body {
            Body::Market(it) => self.on_market(it, out),
            Body::Order(it) => self.on_order(it, out),
            Body::Account(it) => self.on_account(it, out),
            Body::Timer(it) => self.on_timer(it, out),
            Body::Command(it) => self.on_command(it, out),
            Body::Genesis(it) => self.on_genesis(it, out),
        }
    }

    /// [`Engine::step`] for a market event that has not been put into an [`Event`].
    ///
    /// # Panics
    /// As [`Engine::step`].
    #[inline]
    pub fn step_market(&mut self, seq: u64, at: Timestamp, event: &MarketEvent<'_>, out: &mut Actions) {
        self.come_to(seq, at, out);
        self.on_market(event, out);
    }

    #[inline]
    fn come_to(&mut self, seq: u64, at: Timestamp, out: &mut Actions) {
        assert!(seq == self.next_seq, "events arrive in order, without gaps, the genesis first");
        self.next_seq += 1;
        if at >= self.look_at {
            self.look(at, out);
        }
        self.now = self.now.max(at);
    }

    #[inline]
    fn on_market(&mut self, event: &MarketEvent<'_>, out: &mut Actions) {
        let id = event.instrument;
        if id.index() >= self.instruments.len() {
            return self.fault(Fault::UnknownInstrument(id), out);
        }
        if event.arrived_at < event.exchange_at {
            return self.on_ahead(event, out);
        }
        self.on_dated(event, out);
    }

    /// An event that arrived before it happened.
    #[cold]
    #[inline(never)]
    fn on_ahead(&mut self, event: &MarketEvent<'_>, out: &mut Actions) {
        let event = self.market.dated(event);
        self.on_dated(&event, out);
    }

    // Called on two roads, and on the one that nearly all events take a call would show.
    #[inline(always)]
    fn on_dated(&mut self, event: &MarketEvent<'_>, out: &mut Actions) {
        let id = event.instrument;
        self.counters.market += 1;
        if !self.held.is_empty()
            && let MarketBody::Trade(trade) = &event.body
        {
            return self.on_doubtable(event, trade, out);
        }
        let change = self.market.on_event(event);
        self.absorb_market(event);
        self.stale.add(id);
        if let MarketChange::Refused(_) = change {
            // Counted by the market; nobody acts on what cannot be.
            return;
        }
        match &event.body {
            // The road that nearly all trades take: nobody wants to hear of the trade itself.
            MarketBody::Trade(trade) if !self.interest.contains(Interest::TRADES) => {
                self.build_bar(id, trade, event.exchange_at, out);
            }
            body if self.interest.contains(Interest::of(body)) => self.on_awaited(event, out),
            MarketBody::Bar(bar) => self.on_given_bar(id, bar, event.exchange_at, out),
            _ => self.end_bar(id, event.exchange_at, out),
        }
    }

    /// A market event that somebody wants to hear of: the watches first, as everything after may be decided by it.
    #[inline(never)]
    fn on_awaited(&mut self, event: &MarketEvent<'_>, out: &mut Actions) {
        if !self.watches.is_empty() {
            self.watch(event);
        }
        let id = event.instrument;
        match &event.body {
            MarketBody::Trade(trade) => self.build_bar(id, trade, event.exchange_at, out),
            // The strategy hears of bars as they close.
            MarketBody::Bar(bar) => return self.on_given_bar(id, bar, event.exchange_at, out),
            _ => self.end_bar(id, event.exchange_at, out),
        }
        if self.strategy.interest().contains(Interest::of(&event.body)) {
            self.wake(&Wake::Market(event), out);
        }
    }

    // Called on three roads, and on the one that nearly all trades take a call would show.
    #[inline(always)]
    pub(crate) fn build_bar(&mut self, id: InstrumentId, trade: &Trade, at: Timestamp, out: &mut Actions) {
        let closed = match &mut self.bars[id.index()] {
            Some(bars) => bars.push(trade, at),
            None => None,
        };
        if let Some(bar) = closed {
            self.on_built_bar(id, &bar, out);
        }
    }

    /// Whatever the venue says of an instrument at a time says that the time has come. Not of bars that are made of candles: the last
    /// of a bar arrives after its end, so one closes with that, or with the next.
    #[inline]
    fn end_bar(&mut self, id: InstrumentId, at: Timestamp, out: &mut Actions) {
        let closed = match &mut self.bars[id.index()] {
            Some(bars) if !self.market.state(id).tells_candles() => bars.on_time(at),
            _ => None,
        };
        if let Some(bar) = closed {
            self.on_built_bar(id, &bar, out);
        }
    }

    /// A bar that was built here has closed.
    #[inline]
    fn on_built_bar(&mut self, id: InstrumentId, bar: &Bar, out: &mut Actions) {
        if self.strategy.reads_others(id) {
            self.close_others(id, bar.open_at.saturating_add(bar.span), out);
        }
        self.market.close_bar(id, bar);
        self.on_bar(id, bar, out);
    }

    /// Closes the bars of the other instruments that are over at a time, so that what is decided then does not depend on which
    /// of them had an event since; but for those of candles, which close with these.
    #[cold]
    fn close_others(&mut self, id: InstrumentId, at: Timestamp, out: &mut Actions) {
        for other in (0..self.bars.len()).map(|it| InstrumentId(it as u16)).filter(|it| *it != id) {
            let of_trades = !self.market.state(other).tells_candles();
            let closed =
                self.bars[other.index()].as_mut().filter(|_| of_trades).and_then(|it| it.on_time(at));
            if let Some(bar) = closed {
                self.market.close_bar(other, &bar);
                self.on_bar(other, &bar, out);
            }
        }
    }

    /// A bar of the feed: a part of a larger one where a rule asks for that, else itself.
    fn on_given_bar(&mut self, instrument: InstrumentId, bar: &Bar, at: Timestamp, out: &mut Actions) {
        if !self.watches.is_empty() {
            self.watch_bar(instrument, bar, at, out);
        }
        let Some(bars) = &mut self.bars[instrument.index()] else {
            return self.on_bar(instrument, bar, out);
        };
        if self.market.state(instrument).trade.is_some() {
            // Its trades are in the bars already.
            return;
        }
        match bars.push_bar(bar) {
            Ok(closed) => {
                for closed in closed.into_iter().flatten() {
                    self.on_built_bar(instrument, &closed, out);
                }
            }
            Err(why) => self.fault(Fault::UndividedBar { instrument, why }, out),
        }
    }

    fn on_bar(&mut self, instrument: InstrumentId, bar: &Bar, out: &mut Actions) {
        self.counters.bars += 1;
        self.hash.absorb_signed(bar.close.get());
        if self.config.recording == Recording::Full {
            self.record(RecordBody::Bar { instrument, bar: *bar }, out);
        }
        if self.interest.contains(Interest::BARS) {
            self.wake(&Wake::Bar { instrument, bar }, out);
        }
    }

    fn on_account(&mut self, event: &AccountEvent, out: &mut Actions) {
        if let AccountBody::Statement { instrument, position, cost, cash, upto, more } = event.body {
            let books = Books { position, cost, cash };
            return self
                .on_statement(&Stated { instrument, as_of: event.exchange_at, books, upto, more }, out);
        }
        match self.ledger.on_account(&self.instruments, event) {
            Ok(()) => {
                self.stale.add_all();
                self.record(RecordBody::Account(*event), out);
                self.record_balances(out);
                self.ledger.digest(&mut self.hash);
                self.check_losses(out);
            }
            Err(error) => self.distrust(Fault::Ledger(error), out),
        }
    }

    fn on_timer(&mut self, timer: &Timer, out: &mut Actions) {
        let owner = self.timers.take(timer);
        self.hash.absorb(u64::from(timer.id.0));
        self.hash.absorb_signed(self.now.nanos());
        match owner {
            Some(Owner::Strategy) => self.wake(&Wake::Timer(*timer), out),
            Some(Owner::House) => self.on_house_time(out),
            None => {}
        }
    }

    fn on_command(&mut self, command: &Command, out: &mut Actions) {
        match command.body {
            CommandBody::SetMode(mode) => {
                match self.gate.set_mode(self.now, mode, ModeReason::Command, command.operator) {
                    Ok(Some(change)) => self.on_mode(change, out),
                    Ok(None) => {}
                    Err(refused) => self.record(RecordBody::ModeRefused(refused), out),
                }
                self.hash.absorb(self.gate.mode() as u64);
            }
            CommandBody::Reconcile => self.reconcile(out),
            CommandBody::Snapshot => {
                self.absorb_digest();
                out.push(Action::Snapshot);
            }
        }
    }

    fn on_genesis(&mut self, genesis: &Genesis, out: &mut Actions) {
        if self.next_seq != 1 {
            return self.fault(Fault::Genesis, out);
        }
        self.hash.absorb(u64::from(genesis.run.0));
        self.hash.absorb(genesis.seed);
        for word in genesis.config_hash.chunks_exact(8) {
            self.hash.absorb(word.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
        }
        self.orders.start(self.now);
        self.wake(&Wake::Start, out);
        self.arm(out);
    }

    /// Calls the strategy and carries out what it wishes.
    #[inline]
    pub(crate) fn wake(&mut self, wake: &Wake<'_>, out: &mut Actions) {
        self.counters.decisions += 1;
        let lent = Lent(&self.orders);
        let view = View {
            now: self.now,
            instruments: &self.instruments,
            market: &self.market,
            ledger: &self.ledger,
            orders: &lent,
        };
        self.strategy.decide(wake, &view, &mut self.intents);
        self.interest = self.strategy.interest().and(self.watched);
        if !self.intents.as_slice().is_empty() {
            self.carry_out(out);
        }
    }

    /// True when the strategy wants to hear of it.
    #[inline]
    pub(crate) fn is_awaited(&self, interest: Interest) -> bool {
        self.interest.contains(interest)
    }

    /// Samples the equity as it stood at the last mark of the grid, before the event at `at` is taken in, and shows it
    /// to the loss stops.
    #[cold]
    fn look(&mut self, at: Timestamp, out: &mut Actions) {
        if self.now > Timestamp::MIN {
            self.check_losses(out);
            if let Some(every) = self.config.equity_every.filter(|_| at >= self.sample_at) {
                self.sample(floor(at, every), out);
            }
        }
        if let Some(every) = self.config.equity_every {
            self.sample_at = floor(at, every).saturating_add(every);
        }
        let risk_at = floor(at, self.config.risk_every).saturating_add(self.config.risk_every);
        self.look_at = match self.config.equity_every {
            Some(_) if self.config.gate.assets.is_empty() => self.sample_at,
            Some(_) => self.sample_at.min(risk_at),
            None if self.config.gate.assets.is_empty() => Timestamp::MAX,
            None => risk_at,
        };
    }

    /// Records what each asset is worth now, as of `at`. Also to be called once after the last event.
    pub fn sample(&mut self, at: Timestamp, out: &mut Actions) {
        if self.config.recording == Recording::Off {
            return;
        }
        for index in 0..self.settle.len() {
            let asset = self.settle[index];
            let (mut gross, mut net) = (Money::ZERO, Money::ZERO);
            for &id in self.ledger.open() {
                let it = self.instruments.get(id);
                let value =
                    self.mark(id).and_then(|mark| it.checked_value(mark, self.ledger.position(id).qty));
                if let Some(value) = value.filter(|_| it.settle == asset) {
                    gross = gross.checked_add(value.abs()).unwrap_or(gross);
                    net = net.checked_add(value).unwrap_or(net);
                }
            }
            let (balance, equity) = (self.ledger.balance(asset), self.equity(asset));
            let body = RecordBody::Equity { asset, balance, equity, gross, net };
            out.record(Record { seq: self.next_seq.saturating_sub(1), at, body });
        }
    }

    /// Shows the equity to the loss stops.
    pub(crate) fn check_losses(&mut self, out: &mut Actions) {
        for index in 0..self.config.gate.assets.len() {
            let asset = self.config.gate.assets[index].asset;
            let equity = self.equity(asset);
            if let Some(change) = self.gate.on_equity(self.now, asset, equity) {
                self.on_mode(change, out);
            }
        }
    }

    /// What a position is valued at: the mark price, else the middle of the touch, else the last trade; while that is in
    /// doubt, the last that is not.
    #[inline]
    pub fn mark(&self, instrument: InstrumentId) -> Option<Price> {
        let believed = self.believed(instrument);
        believed.or_else(|| scalp_strategy::view::mark(&self.market, instrument))
    }
    /// What is held of an instrument, in signed lots.
    #[inline]
    pub fn position(&self, instrument: InstrumentId) -> Qty {
        self.ledger.position(instrument).qty
    }
    /// Balance and open profit of one asset.
    pub fn equity(&self, asset: AssetId) -> Money {
        self.ledger.equity(asset, &self.instruments, |it| self.mark(it))
    }
    /// Which run this is.
    pub const fn run(&self) -> RunId {
        self.run
    }
    /// The instruments.
    pub const fn instruments(&self) -> &Instruments {
        &self.instruments
    }
    /// Books, last trades, marks.
    pub const fn market(&self) -> &Market {
        &self.market
    }
    /// Positions and balances.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    /// Limits, mode, refusals.
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }
    /// Orders at work, with counters.
    pub const fn orders(&self) -> &Orders {
        &self.orders
    }
    /// True when the venue should be asked how everything stands before these books are believed: messages are known to
    /// get lost, or something is in doubt.
    pub fn is_in_doubt(&self) -> bool {
        self.config.orders.reconcile_every.is_some() || self.orders.is_doubtful()
    }
    /// Trades of an instrument that are in no bar, as theirs had closed when they came.
    pub fn late_trades(&self, instrument: InstrumentId) -> u64 {
        self.bars[instrument.index()].as_ref().map_or(0, Bars::late)
    }
    /// Whether prints are judged: see [`EngineConfig::watch`].
    pub const fn watches_prints(&self) -> bool {
        self.config.watch.prints
    }
    /// The strategy.
    pub const fn strategy(&self) -> &S {
        &self.strategy
    }
    /// The time of the last event.
    pub const fn now(&self) -> Timestamp {
        self.now
    }
    /// The number that the next event must have.
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }
    /// What has gone through so far.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The trading mode changed: recorded, hashed, and an emergency begins at once.
    pub(crate) fn on_mode(&mut self, change: scalp_risk::ModeChange, out: &mut Actions) {
        self.hash.absorb(change.new as u64);
        self.record(RecordBody::Mode(change), out);
        if change.new == Mode::Emergency {
            self.liquidate_all(out);
        }
    }

    /// The books may be wrong from here on: nothing new is sent until somebody has looked.
    pub(crate) fn distrust(&mut self, fault: Fault, out: &mut Actions) {
        self.fault(fault, out);
        if self.gate.mode() < Mode::Paused
            && let Ok(Some(change)) = self.gate.set_mode(self.now, Mode::Paused, ModeReason::Integrity, 0)
        {
            self.on_mode(change, out);
        }
    }

    #[cold]
    pub(crate) fn fault(&mut self, fault: Fault, out: &mut Actions) {
        self.counters.faults += 1;
        self.record(RecordBody::Fault(fault), out);
    }

    #[inline]
    pub(crate) fn record(&self, body: RecordBody, out: &mut Actions) {
        if self.config.recording != Recording::Off {
            out.record(Record { seq: self.next_seq - 1, at: self.now, body });
        }
    }

    pub(crate) fn record_balances(&self, out: &mut Actions) {
        if self.config.recording == Recording::Full {
            self.ledger.changes().for_each(|it| self.record(RecordBody::Balance(*it), out));
        }
    }

    /// After a restore: what is not kept in a snapshot.
    pub(crate) fn after_restore(&mut self) {
        self.stale = Stale::all(if self.gate.limits_exposure() { self.instruments.len() } else { 0 });
        self.interest = self.strategy.interest();
        self.market.tell_changes(self.interest.contains(Interest::BOOK_CHANGES));
    }
}

/// The largest mark of the grid not after `at`.
fn floor(at: Timestamp, every: Span) -> Timestamp {
    Timestamp::from_nanos(at.nanos().saturating_sub(at.nanos().rem_euclid(every.nanos())))
}
