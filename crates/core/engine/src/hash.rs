//! The hash of a run: each market event as it passes, and everything as it stands.

use crate::engine::Engine;
use scalp_strategy::Strategy;
use scalp_types::{MarketBody, MarketEvent, Price, Side, StateHash};

impl<S> Engine<S> {
    /// A market event: when, what and where, and its main numbers. The three are mixed into one word first, side by
    /// side, so that the chain from event to event is one multiplication long. The book itself is hashed whole at
    /// snapshots and at the end.
    // Called on two roads, and on the one that nearly all events take a call would show.
    #[inline(always)]
    pub(crate) fn absorb_market(&mut self, event: &MarketEvent<'_>) {
        const TURN: u32 = 32;
        // Odd constants: the digits of the golden ratio, and two of the primes of xxHash64 (Collet).
        const BY: [u64; 3] = [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9];
        let place = u64::from(event.instrument.0) << 8;
        let (kind, number) = match &event.body {
            MarketBody::Trade(it) => {
                let kind = if it.taker == Side::Buy { 1 } else { 2 };
                (kind, it.price.get() as u64 ^ (it.qty.get() as u64).rotate_left(TURN))
            }
            MarketBody::Depth(it) => {
                let levels = (it.bids.len() as u64) << TURN | it.asks.len() as u64;
                let book = &self.market.state(event.instrument).book;
                let price = |it: Option<Price>| it.map_or(0, |it| it.get() as u64);
                let touch = price(book.best_bid_price()) ^ price(book.best_ask_price()).rotate_left(TURN);
                (3, levels.rotate_left(16) ^ it.last_id.rotate_left(8) ^ touch)
            }
            MarketBody::Order(it) => {
                (4, it.id ^ (it.price.get() as u64).rotate_left(TURN) ^ it.qty.get() as u64)
            }
            MarketBody::Quote(it) => {
                (5, it.bid.price.get() as u64 ^ (it.ask.price.get() as u64).rotate_left(TURN))
            }
            MarketBody::Bar(it) => (6, it.close.get() as u64 ^ (it.volume.get() as u64).rotate_left(TURN)),
            MarketBody::Funding(it) => (7, it.rate.get() as u64),
            MarketBody::Mark(it) => (8, it.mark.get() as u64),
            MarketBody::OpenInterest(it) => (9, it.qty.get() as u64),
            MarketBody::Liquidation(it) => {
                (10, it.price.get() as u64 ^ (it.qty.get() as u64).rotate_left(TURN))
            }
            MarketBody::Status(it) => (11, *it as u64),
        };
        let words = [self.now.nanos() as u64, place | kind, number];
        let mixed = std::array::from_fn::<u64, 3, _>(|n| {
            words[n].wrapping_mul(BY[n]).rotate_left(TURN - 1 + n as u32)
        });
        self.hash.absorb(mixed[0] ^ mixed[1] ^ mixed[2]);
    }
}

impl<S: Strategy> Engine<S> {
    /// Everything, hashed: the way here, and books, positions, orders and strategy as they stand. Two runs agree on it
    /// when they agree on every event, action and state.
    pub fn state_hash(&self) -> StateHash {
        let mut hash = self.hash;
        self.digest(&mut hash);
        hash
    }

    /// The way here alone: every event, answer and action, without the state as it stands. Costs nothing to ask.
    pub const fn path_hash(&self) -> StateHash {
        self.hash
    }

    /// Folds the state as it stands into a hash.
    pub fn digest(&self, hash: &mut StateHash) {
        self.market.digest(hash);
        self.bars.iter().flatten().for_each(|it| it.digest(hash));
        self.watches.iter().for_each(|it| it.digest(hash));
        for it in self.held.iter().flatten() {
            hash.absorb_signed(it.exchange_at.nanos());
            hash.absorb_signed(it.trade.price.get());
            hash.absorb_signed(it.trade.qty.get());
        }
        self.ledger.digest(hash);
        self.gate.digest(hash);
        self.orders.digest(hash);
        self.timers.digest(hash);
        self.strategy.digest(hash);
        hash.absorb(self.next_seq);
    }

    pub(crate) fn absorb_digest(&mut self) {
        let mut hash = self.hash;
        self.digest(&mut hash);
        self.hash = hash;
    }
}
