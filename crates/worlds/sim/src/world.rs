//! The world around one core: market data in two orders of time, messages on their way, timers.
//!
//! Rules for equal times. With two feeds: the exchange first takes all market data of that time, then its own due
//! times, then requests; after that the core gets market data, then replies, then timers. With one feed, where every
//! event is at once at the exchange and here, the order of the feed is the order of time: requests and replies of
//! that time come before its next event, and timers last.
//!
//! Rule for the end. A request that would reach the venue after the last market event of the data (the later of the
//! last in exchange order and the last in arrival order) is not executed, and when the core has that last event no
//! timer fires any more: there is no market left to trade in. Replies that are on their way still arrive, and questions
//! are still answered.

use crate::exchange::{Exchange, FORCED_ORDER_IDS};
use crate::faults::Fate;
use crate::latency::{Latency, LatencyConfig};
use crate::replies::{Part, Replies, ReplyBody};
use crate::source::{Feed, after};
use scalp_types::{
    AccountEvent, Full, Incoming, IncomingBody, MarketEvent, OrderEvent, Span, StreamError, Timer, TimerId,
    Timestamp, VenueRequest,
};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::ControlFlow;

/// Requests on their way at once; one more is refused by [`World::request`].
pub const REQUESTS_IN_FLIGHT_MAX: usize = 1 << 16;

/// Messages of one direction, by the time they arrive.
#[derive(Debug, Clone)]
struct Road<T> {
    messages: VecDeque<(Timestamp, T)>,
    overtaking: bool,
    last: Timestamp,
}

impl<T> Road<T> {
    fn new(overtaking: bool) -> Self {
        Self { messages: VecDeque::with_capacity(256), overtaking, last: Timestamp::MIN }
    }
    /// Without overtaking a later message arrives no earlier; at equal times the earlier sent comes first.
    fn send(&mut self, arrives: Timestamp, message: T) {
        if !self.overtaking {
            self.last = self.last.max(arrives);
            self.messages.push_back((self.last, message));
            return;
        }
        let place = self.messages.partition_point(|it| it.0 <= arrives);
        self.messages.insert(place, (arrives, message));
    }
    #[inline]
    fn next_at(&self) -> Timestamp {
        self.messages.front().map_or(Timestamp::MAX, |it| it.0)
    }
}

/// What has reached the core.
#[derive(Debug, Clone, Copy)]
pub enum Reached<'a> {
    /// Market data.
    Market(&'a MarketEvent<'a>),
    /// An answer about an order.
    Order(OrderEvent),
    /// A change of the account.
    Account(AccountEvent),
    /// A timer that came due.
    Timer(Timer),
}

/// What happens next.
enum Next {
    Market,
    Reply(ReplyBody),
    Timer(Timer),
    End,
}

/// The exchange, the roads to and from it, and the market as the core will see it.
pub struct World<F: Feed> {
    exchange: Exchange,
    /// What the exchange goes through, by exchange time.
    feed: F,
    /// What the core goes through, by arrival time; none when one order serves both.
    arrivals: Option<F>,
    feed_extra: Span,
    latency: Latency,
    requests: Road<VenueRequest>,
    replies: Road<ReplyBody>,
    fresh: Replies,
    timers: BinaryHeap<Reverse<(Timestamp, u64, TimerId)>>,
    timers_set: u64,
    feed_at: Timestamp,
    arrival_at: Timestamp,
    /// The last market event so far of a feed that has ended; of the whole data when both have.
    ended_at: Timestamp,
    now: Timestamp,
    stale: Stale,
    events: u64,
}

/// Which feed lent its head out and must be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stale {
    Nothing,
    Feed,
    Arrivals,
}

impl<F: Feed> World<F> {
    /// Two feeds of the same data: `feed` by exchange time, `arrivals` by arrival time.
    pub fn two_orders(
        exchange: Exchange,
        mut feed: F,
        mut arrivals: F,
        latency: &LatencyConfig,
        seed: u64,
    ) -> Result<Self, StreamError> {
        let feed_at = head(&mut feed)?;
        let arrival_at = head(&mut arrivals)?.saturating_add(latency.feed_extra);
        let mut world = Self::new(exchange, feed, latency, seed, feed_at);
        world.arrivals = Some(arrivals);
        world.arrival_at = arrival_at;
        world.feed_extra = latency.feed_extra;
        Ok(world)
    }

    /// One feed whose events reach us when they happen (data with one time only).
    pub fn one_order(
        exchange: Exchange,
        mut feed: F,
        latency: &LatencyConfig,
        seed: u64,
    ) -> Result<Self, StreamError> {
        let feed_at = head(&mut feed)?;
        Ok(Self::new(exchange, feed, latency, seed, feed_at))
    }

    fn new(exchange: Exchange, feed: F, latency: &LatencyConfig, seed: u64, feed_at: Timestamp) -> Self {
        Self {
            exchange,
            feed,
            arrivals: None,
            feed_extra: Span::ZERO,
            latency: Latency::new(latency, seed),
            requests: Road::new(latency.overtaking),
            replies: Road::new(latency.overtaking),
            fresh: Replies::with_capacity(64),
            timers: BinaryHeap::with_capacity(64),
            timers_set: 0,
            feed_at,
            arrival_at: Timestamp::MAX,
            ended_at: Timestamp::MIN,
            now: Timestamp::MIN,
            stale: Stale::Nothing,
            events: 0,
        }
    }

    /// The earliest time of the data, before anything has been taken: where a schedule of the core may start.
    pub fn start_at(&self) -> Option<Timestamp> {
        let first = self.feed_at.min(self.arrival_at);
        (first != Timestamp::MAX).then_some(first)
    }
    /// The exchange, to look at.
    pub const fn exchange(&self) -> &Exchange {
        &self.exchange
    }
    /// Market events that have gone to the core.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Sends a request at `now`. `Err` when too many are on their way: nothing was sent then.
    pub fn request(&mut self, now: Timestamp, request: &VenueRequest) -> Result<(), Full> {
        if self.requests.messages.len() >= REQUESTS_IN_FLIGHT_MAX {
            return Err(Full);
        }
        if self.exchange.loses_request() {
            return Ok(());
        }
        let arrives = now.saturating_add(self.latency.entry(now));
        self.requests.send(arrives, *request);
        Ok(())
    }

    /// The core wants to be woken at `at`, or now if that has passed.
    pub fn set_timer(&mut self, id: TimerId, at: Timestamp) {
        self.timers_set += 1;
        self.timers.push(Reverse((at, self.timers_set, id)));
    }

    /// Requests that are on their way to the venue; once the world has ended, those that came too late.
    pub fn requests_on_their_way(&self) -> usize {
        self.requests.messages.len()
    }

    /// What reaches the core next, `None` when the data has ended and no reply is on its way.
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Incoming<'_>>, StreamError> {
        self.refresh()?;
        let next = if self.arrivals.is_some() { self.advance_two()? } else { self.advance_one() };
        match next {
            Next::Market => self.lend().map(Some),
            Next::Reply(body) => {
                let body = match body {
                    ReplyBody::Order(it) => IncomingBody::Order(it),
                    ReplyBody::Account(it) => IncomingBody::Account(it),
                };
                Ok(Some(Incoming { at: self.now, body }))
            }
            Next::Timer(timer) => Ok(Some(Incoming { at: self.now, body: IncomingBody::Timer(timer) })),
            Next::End => Ok(None),
        }
    }

    /// What [`World::next`] says, one after the other, handed to `to` where it lies, until `to` breaks: the fast way,
    /// for a driver that need not keep an event while it talks to the world. `None` when `next` says so.
    #[inline(always)]
    pub fn run<B>(
        &mut self,
        mut to: impl FnMut(Timestamp, Reached<'_>) -> ControlFlow<B>,
    ) -> Result<Option<B>, StreamError> {
        loop {
            self.refresh()?;
            let next = if self.arrivals.is_some() { self.advance_two()? } else { self.advance_one() };
            let flow = match next {
                Next::Market => self.hand(&mut to)?,
                Next::Reply(ReplyBody::Order(it)) => to(self.now, Reached::Order(it)),
                Next::Reply(ReplyBody::Account(it)) => to(self.now, Reached::Account(it)),
                Next::Timer(timer) => to(self.now, Reached::Timer(timer)),
                Next::End => return Ok(None),
            };
            if let ControlFlow::Break(it) = flow {
                return Ok(Some(it));
            }
        }
    }

    /// Market data of one moment; with one feed also what follows before anything else can happen.
    #[inline(always)]
    fn hand<B>(
        &mut self,
        to: &mut impl FnMut(Timestamp, Reached<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, StreamError> {
        if let Some(arrivals) = &mut self.arrivals {
            self.events += 1;
            self.stale = Stale::Arrivals;
            self.now = self.now.max(self.arrival_at);
            let now = self.now;
            return arrivals.lend(|event| to(now, Reached::Market(event)));
        }
        self.stale = Stale::Feed;
        // Requests, replies and the exchange's own times come before market data of the same time, timers behind it.
        let other = self.requests.next_at().min(self.replies.next_at()).min(self.exchange.next_due());
        let end = other.min(after(self.timer_at()));
        let Self { feed, feed_at, exchange, fresh, replies, latency, now, events, .. } = self;
        let mut flow = ControlFlow::Continue(());
        feed.lend_run(end, |at, event| {
            *events += 1;
            *feed_at = at;
            *now = (*now).max(at);
            exchange.on_market(event, fresh);
            let quiet = fresh.is_empty() && exchange.next_due() >= end;
            if !fresh.is_empty() {
                send_home(exchange, fresh, replies, latency);
            }
            flow = to(*now, Reached::Market(event));
            quiet && flow.is_continue()
        })?;
        Ok(flow)
    }

    #[inline]
    fn refresh(&mut self) -> Result<(), StreamError> {
        match self.stale {
            Stale::Nothing => return Ok(()),
            Stale::Feed => self.feed_on()?,
            Stale::Arrivals => {
                if let Some(arrivals) = &mut self.arrivals {
                    let at = head(arrivals)?.saturating_add(self.feed_extra);
                    if at == Timestamp::MAX {
                        self.ended_at = self.ended_at.max(self.arrival_at);
                    }
                    self.arrival_at = at;
                }
            }
        }
        self.stale = Stale::Nothing;
        Ok(())
    }

    /// The next event of the exchange's order becomes the head.
    #[inline]
    fn feed_on(&mut self) -> Result<(), StreamError> {
        let at = head(&mut self.feed)?;
        if at == Timestamp::MAX {
            self.ended_at = self.ended_at.max(self.feed_at);
        }
        self.feed_at = at;
        Ok(())
    }

    #[inline]
    fn lend(&mut self) -> Result<Incoming<'_>, StreamError> {
        self.events += 1;
        if let Some(arrivals) = &mut self.arrivals {
            self.stale = Stale::Arrivals;
            self.now = self.now.max(self.arrival_at);
            let event = arrivals.take()?;
            return Ok(Incoming { at: self.now, body: IncomingBody::Market(event) });
        }
        self.stale = Stale::Feed;
        self.now = self.now.max(self.feed_at);
        let event = self.feed.take()?;
        self.exchange.on_market(&event, &mut self.fresh);
        if !self.fresh.is_empty() {
            send_home(&mut self.exchange, &mut self.fresh, &mut self.replies, &mut self.latency);
        }
        Ok(Incoming { at: self.now, body: IncomingBody::Market(event) })
    }

    /// Lets the exchange live up to the next thing that reaches the core.
    #[inline]
    fn advance_two(&mut self) -> Result<Next, StreamError> {
        loop {
            if self.feed_at == Timestamp::MAX && self.arrival_at == Timestamp::MAX {
                return Ok(self.after_the_data());
            }
            let core = self.arrival_at.min(self.replies.next_at()).min(self.timer_at());
            // Market data of the exchange up to that time, then the exchange's own times and requests.
            let asked = self.requests.next_at().min(self.exchange.next_due());
            if self.feed_at <= asked {
                if self.feed_at <= core && self.feed_at != Timestamp::MAX {
                    let Self { feed, exchange, fresh, .. } = self;
                    feed.lend(|event| exchange.on_market(event, fresh))?;
                    self.feed_on()?;
                    if !self.fresh.is_empty() {
                        send_home(&mut self.exchange, &mut self.fresh, &mut self.replies, &mut self.latency);
                    }
                    continue;
                }
            } else if asked <= core {
                self.ask(asked);
                continue;
            }
            return Ok(self.deliver());
        }
    }

    #[inline]
    fn advance_one(&mut self) -> Next {
        loop {
            if self.feed_at == Timestamp::MAX {
                return self.after_the_data();
            }
            let reply = self.replies.next_at();
            let asked = self.requests.next_at().min(self.exchange.next_due());
            if asked <= self.feed_at.min(reply).min(self.timer_at()) && asked != Timestamp::MAX {
                self.ask(asked);
                continue;
            }
            if reply <= self.feed_at && reply <= self.timer_at() {
                return self.deliver_reply();
            }
            if self.feed_at <= self.timer_at() && self.feed_at != Timestamp::MAX {
                return Next::Market;
            }
            return self.deliver_timer();
        }
    }

    /// The exchange at a time of its own or of a request.
    fn ask(&mut self, at: Timestamp) {
        if self.exchange.next_due() <= at {
            self.exchange.on_time(at, &mut self.fresh);
        } else if let Some((at, request)) = self.requests.messages.pop_front() {
            self.exchange.on_request(at, &request, &mut self.fresh);
        }
        send_home(&mut self.exchange, &mut self.fresh, &mut self.replies, &mut self.latency);
    }

    fn deliver(&mut self) -> Next {
        let (reply, timer) = (self.replies.next_at(), self.timer_at());
        if self.arrival_at <= reply && self.arrival_at <= timer && self.arrival_at != Timestamp::MAX {
            return Next::Market;
        }
        if reply <= timer {
            return self.deliver_reply();
        }
        self.deliver_timer()
    }

    fn deliver_reply(&mut self) -> Next {
        match self.replies.messages.pop_front() {
            Some((at, body)) => {
                self.now = self.now.max(at);
                Next::Reply(body)
            }
            None => Next::End,
        }
    }

    /// The core has the last market event: what reached the venue by then is executed, and replies arrive. Requests
    /// of a later time stay on their way, and timers are not waited for.
    #[cold]
    fn after_the_data(&mut self) -> Next {
        loop {
            let asked = self.requests.next_at().min(self.exchange.next_due());
            if asked <= self.ended_at && asked <= self.replies.next_at() {
                self.ask(asked);
                continue;
            }
            // Questions need no market: they are answered after the end, too.
            let question =
                self.requests.messages.iter().position(|it| matches!(it.1, VenueRequest::Query(_)));
            let next_at = self.replies.next_at();
            let question = question.filter(|it| self.requests.messages[*it].0 <= next_at);
            let Some((at, question)) = question.and_then(|it| self.requests.messages.remove(it)) else {
                return self.deliver_reply();
            };
            self.exchange.on_request(at, &question, &mut self.fresh);
            send_home(&mut self.exchange, &mut self.fresh, &mut self.replies, &mut self.latency);
        }
    }

    fn deliver_timer(&mut self) -> Next {
        match self.timers.pop() {
            Some(Reverse((due, _, id))) => {
                self.now = self.now.max(due);
                Next::Timer(Timer { id, due })
            }
            None => Next::End,
        }
    }

    #[inline]
    fn timer_at(&self) -> Timestamp {
        self.timers.peek().map_or(Timestamp::MAX, |it| it.0.0)
    }
}

/// Replies get their delay, one by one and in order, and perhaps their fault.
#[cold]
fn send_home(
    exchange: &mut Exchange,
    fresh: &mut Replies,
    road: &mut Road<ReplyBody>,
    latency: &mut Latency,
) {
    let (mut arrives, mut fate) = (Timestamp::MIN, Fate::Arrives);
    for reply in fresh.as_slice() {
        if reply.part != Part::Further {
            arrives = reply.sent_at.saturating_add(latency.response(reply.sent_at));
            // News of the account has no id by which a repetition would be known, and nobody asks for it again, as
            // nobody asks for an order that he never sent.
            fate = match reply.body {
                _ if reply.part == Part::First => exchange.faults.fate(),
                ReplyBody::Order(it) if it.order.0 < FORCED_ORDER_IDS => exchange.faults.fate(),
                ReplyBody::Order(_) | ReplyBody::Account(_) => Fate::Arrives,
            };
        }
        match fate {
            Fate::Arrives => road.send(arrives, reply.body),
            Fate::Lost => {}
            Fate::Twice => {
                road.send(arrives, reply.body);
                road.send(arrives, reply.body);
            }
            Fate::Late(by) => road.send(arrives.saturating_add(by), reply.body),
        }
    }
    fresh.clear();
}

fn head<F: Feed>(feed: &mut F) -> Result<Timestamp, StreamError> {
    Ok(feed.next_at()?.unwrap_or(Timestamp::MAX))
}
