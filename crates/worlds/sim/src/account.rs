//! Our account at the venue: fills booked, funding, margin before a trade, liquidation after too many.

use crate::exchange::{Exchange, FORCED_ORDER_IDS};
use crate::orders::{Live, Slot, State};
use crate::pit::Detail;
use crate::replies::Replies;
use scalp_ledger::wallet::AMOUNT_MAX;
use scalp_ledger::{ChangeKind, LedgerChange, Margin, funding_amount};
use scalp_types::number::div_round;
use scalp_types::{
    AccountBody, AccountEvent, AssetId, CancelReason, Contract, Fill, FundingRate, InstrumentId, Liquidity,
    MarginMode, Money, OrderBody, OrderId, Price, Qty, Rate, RejectReason, Rounding, Side, TradeId,
};

/// Steps of one liquidation; what is left after so many closes at once.
const LIQUIDATION_STEPS_MAX: u32 = 64;

/// What an isolated position had when its liquidation began.
#[derive(Debug, Clone, Copy)]
struct Stake {
    /// The margin set aside for it; below zero when funding has taken more.
    margin: Money,
    /// The whole wallet.
    balance: Money,
}

impl Stake {
    /// What is left of the margin that closing has freed, with `margin` still set aside and `balance` in the wallet;
    /// negative when more than that has been lost.
    fn left(&self, margin: Money, balance: Money) -> Money {
        let freed = self.margin - margin;
        freed - (self.balance - balance)
    }
}

impl Exchange {
    /// Fills an order by at most `qty` at `price`: books it, says it, and ends the order when nothing remains.
    pub(crate) fn fill(
        &mut self,
        slot: Slot,
        price: Price,
        qty: Qty,
        liquidity: Liquidity,
        out: &mut Replies,
    ) {
        let Some(live) = self.orders.get(slot).copied() else { return };
        let request = live.request;
        let mut qty = qty.min(live.remaining());
        if qty <= Qty::ZERO {
            return;
        }
        if request.reduce_only {
            qty = qty.min(self.reducible(request.instrument, request.side));
            if qty.is_zero() {
                self.end(slot, CancelReason::ReduceOnly, out);
                return;
            }
        }
        let remaining = live.remaining() - qty;
        let Some((fill, kind)) =
            self.book(request.instrument, request.side, price, qty, remaining, liquidity)
        else {
            self.counts.unbookable += 1;
            self.end(slot, CancelReason::Venue, out);
            return;
        };
        self.counts.fills += 1;
        self.archive.filled(request.id, request.instrument, self.now, fill);
        self.say(request.id, request.instrument, OrderBody::Filled(fill), out);
        if let Some(it) = self.orders.get_mut(slot) {
            it.filled += qty;
        }
        if remaining.is_zero() {
            self.take_out(slot);
        } else if live.state == State::Resting {
            let queues = self.pits[request.instrument.index()].queues(request.side);
            if let Some(row) = queues.rows.iter_mut().find(|it| it.slot == slot) {
                row.remaining = remaining.get();
            }
        }
        self.filled_in_group(&request, slot, qty, out);
        if matches!(kind, ChangeKind::Closed | ChangeKind::Flipped) {
            self.drop_reduce_only(request.instrument, out);
        }
    }

    /// Fee and ledger of one fill; `None` when its value is beyond any account.
    fn book(
        &mut self,
        instrument: InstrumentId,
        side: Side,
        price: Price,
        qty: Qty,
        remaining: Qty,
        liquidity: Liquidity,
    ) -> Option<(Fill, ChangeKind)> {
        let terms = self.instruments.get(instrument);
        let value = terms.checked_value(price, qty).filter(|it| it.abs() <= AMOUNT_MAX)?;
        let fee = self.fees.charge(self.now, value, liquidity);
        let fill = Fill {
            trade: TradeId(self.trades + 1),
            side,
            price,
            qty,
            remaining,
            liquidity,
            fee,
            fee_asset: terms.settle,
            forced: false,
        };
        let margin = self.ledger.position(instrument).margin;
        let change = self.ledger.on_fill(terms, self.now, &fill).ok()?;
        self.trades += 1;
        if self.config.margin.enforced {
            self.margin_due = true;
            if self.ledger.terms(instrument).mode == MarginMode::Isolated {
                self.note_closed(instrument, margin, &fill, &change);
            }
        }
        Some((fill, change.kind))
    }

    /// What closing has left of the margin of an isolated position, in the event under way: what it freed, with its
    /// profit and less its fee.
    fn note_closed(&mut self, instrument: InstrumentId, margin: Money, fill: &Fill, change: &LedgerChange) {
        let closed = match change.kind {
            ChangeKind::Opened | ChangeKind::Grown => return,
            ChangeKind::Shrunk | ChangeKind::Closed => fill.qty,
            ChangeKind::Flipped => change.before.abs(),
        };
        let kept = match change.kind {
            ChangeKind::Flipped => Money::ZERO,
            _ => self.ledger.position(instrument).margin,
        };
        let (part, whole) = (i128::from(closed.get()), i128::from(fill.qty.get()));
        let fee = Money::new(div_round(fill.fee.get() * part, whole, Rounding::HalfEven));
        self.pits[instrument.index()].left += margin - kept + change.realised - fee;
    }

    /// An isolated position costs its own margin at most, however it was closed: what our own orders have lost beyond
    /// it in the event under way, the insurance fund pays.
    fn cover_isolated(&mut self, out: &mut Replies) {
        for at in 0..self.pits.len() {
            let left = std::mem::take(&mut self.pits[at].left);
            if left < Money::ZERO {
                let asset = self.instruments.get(self.pits[at].id).settle;
                let instrument = Some(self.pits[at].id);
                self.tell(AccountBody::Bankruptcy { asset, instrument, amount: -left }, out);
            }
        }
    }

    /// Reduce-only orders end when there is nothing left for them to reduce.
    fn drop_reduce_only(&mut self, instrument: InstrumentId, out: &mut Replies) {
        let mut at = 0;
        while let Some(&slot) = self.orders.of_instrument(instrument.index()).get(at) {
            let idle = self.orders.get(slot).is_some_and(|it| {
                it.request.reduce_only
                    && !matches!(it.state, State::Held | State::Taking)
                    && self.reducible(instrument, it.request.side).is_zero()
            });
            if idle {
                self.end(slot, CancelReason::ReduceOnly, out);
            } else {
                at += 1;
            }
        }
    }

    /// Funding settles: at the recorded mark, else at what margin is computed from.
    ///
    /// An isolated position pays out of its own wallet: Binance USD-M pushes `ACCOUNT_UPDATE` with reason `FUNDING_FEE`
    /// with the balance alone for a cross position, and with the isolated position and its `iw` for an isolated one
    /// (developers.binance.com, USD-M futures, "Event: Balance and Position Update"). So funding may take the isolated
    /// wallet below zero, which open profit may carry; where it does not, the position is liquidated, and what it owes
    /// beyond the margin set aside is the fund's, as any other loss of it.
    pub(crate) fn on_funding(&mut self, index: usize, funding: &FundingRate, out: &mut Replies) {
        let pit = &self.pits[index];
        let (instrument, position) = (pit.id, self.ledger.position(pit.id).qty);
        let Some(mark) = funding.mark.or_else(|| pit.margin_price()) else { return };
        if position.is_zero() {
            return;
        }
        if funding.rate.get().unsigned_abs() > Rate::ONE.unsigned_abs() {
            // Nobody pays more than the whole position: a damaged record.
            self.counts.unbookable += 1;
            return;
        }
        let Some(amount) = funding_amount(self.instruments.get(instrument), position, mark, funding.rate)
        else {
            self.counts.unbookable += 1;
            return;
        };
        self.tell(AccountBody::Funding { instrument, rate: funding.rate, mark, position, amount }, out);
        self.margin_due |= self.config.margin.enforced;
    }

    /// Books a change of the account and says it.
    fn tell(&mut self, body: AccountBody, out: &mut Replies) {
        let event = AccountEvent { exchange_at: self.now, body };
        match self.ledger.on_account(&self.instruments, &event) {
            Ok(()) => out.account(event),
            Err(_) => self.counts.unbookable += 1,
        }
    }

    /// Money put in or taken out by the owner of the account.
    pub fn transfer(&mut self, asset: AssetId, amount: Money, out: &mut Replies) {
        self.tell(AccountBody::Transfer { asset, amount }, out);
        self.margin_due |= self.config.margin.enforced;
    }

    /// Refuses an order that the free margin does not carry.
    pub(crate) fn check_margin(&self, live: &Live, reference: Option<Price>) -> Result<(), RejectReason> {
        if !self.config.margin.enforced || live.request.reduce_only {
            return Ok(());
        }
        let Some(price) = reference else { return Ok(()) };
        let needed = self.margin_of(live, price)?;
        let free = self.free_margin(live.request.instrument, live.request.side);
        if needed > free { Err(RejectReason::InsufficientMargin) } else { Ok(()) }
    }

    /// The same for an amend: the order gives back what it had reserved.
    pub(crate) fn check_margin_of_change(&self, before: &Live, after: &Live) -> Result<(), RejectReason> {
        if !self.config.margin.enforced || after.request.reduce_only {
            return Ok(());
        }
        let (Some(old), Some(new)) = (before.limit, after.limit) else { return Ok(()) };
        let free = self.free_margin(after.request.instrument, after.request.side);
        let needed = self.margin_of(after, new)? - self.margin_of(before, old)?;
        if needed > free { Err(RejectReason::InsufficientMargin) } else { Ok(()) }
    }

    /// What the open part of an order ties up. Spot sells tie up coins; the part that closes a position nothing.
    fn margin_of(&self, live: &Live, price: Price) -> Result<Money, RejectReason> {
        let request = &live.request;
        let terms = self.instruments.get(request.instrument);
        let open = live.remaining();
        if terms.spec.contract == Contract::Spot && request.side == Side::Sell {
            let lots = i128::from(open.get());
            return Ok(Money::new(lots * self.coins_per_lot(request.instrument)));
        }
        let opening = match terms.spec.contract {
            Contract::Spot => open,
            _ => (open - self.reducible(request.instrument, request.side)).max(Qty::ZERO),
        };
        let margin = self.ledger.order_margin(terms, price, opening).ok_or(RejectReason::LotFilter)?;
        self.check_leverage(live, price, opening)?;
        Ok(margin)
    }

    /// The position after the order may not exceed the leverage of its margin tier.
    fn check_leverage(&self, live: &Live, price: Price, opening: Qty) -> Result<(), RejectReason> {
        let terms = self.instruments.get(live.request.instrument);
        let position = self.ledger.position(live.request.instrument).qty;
        let after = position.abs().checked_add(opening).ok_or(RejectReason::LotFilter)?;
        let value = terms.checked_value(price, after).ok_or(RejectReason::LotFilter)?;
        let leverage = self.ledger.terms(live.request.instrument).leverage;
        match terms.margin_tier(value) {
            Some(tier) if tier.leverage_max < leverage && !opening.is_zero() => Err(RejectReason::Leverage),
            _ => Ok(()),
        }
    }

    fn coins_per_lot(&self, instrument: InstrumentId) -> i128 {
        let spec = &self.instruments.get(instrument).spec;
        let lot = spec.lot.checked_mul(spec.multiplier).and_then(|it| Money::from_decimal(it).ok());
        lot.map_or(0, Money::get)
    }

    /// Free margin of the pool that an order of this instrument draws on, less what open orders have reserved.
    fn free_margin(&self, instrument: InstrumentId, side: Side) -> Money {
        let terms = self.instruments.get(instrument);
        let spot = terms.spec.contract == Contract::Spot;
        let asset = if spot && side == Side::Sell { terms.base } else { terms.settle };
        let free =
            self.ledger.margin(asset, &self.instruments, |it| self.pits[it.index()].margin_price()).free();
        let mut reserved = Money::ZERO;
        for it in self.instruments.iter() {
            let is_spot = it.spec.contract == Contract::Spot;
            for &slot in self.orders.of_instrument(it.id.index()) {
                let Some(live) = self.orders.get(slot) else { continue };
                let pays_in = if is_spot && live.request.side == Side::Sell { it.base } else { it.settle };
                // What waits for a bar has not met the market yet, and is going to.
                let waits = live.state == State::NextBar;
                let last = self.pits[it.id.index()].last.filter(|_| waits);
                let Some(price) = live.limit.or_else(|| live.request.kind.trigger()).or(last) else {
                    continue;
                };
                let may_fill = waits || live.state == State::Resting;
                if pays_in == asset && may_fill && !live.request.reduce_only {
                    reserved += self.margin_of(live, price).unwrap_or(Money::ZERO);
                }
            }
        }
        free - reserved
    }

    /// Looks whether any pool has fallen to its maintenance margin, closes what must be closed, and marks the prices
    /// at which to look again.
    #[cold]
    pub(crate) fn look_at_margin(&mut self, out: &mut Replies) {
        self.margin_due = false;
        if !self.config.margin.enforced {
            return;
        }
        self.cover_isolated(out);
        for id in self.ledger.open().to_vec() {
            let terms = self.instruments.get(id);
            if terms.spec.contract == Contract::Spot || self.ledger.position(id).is_flat() {
                continue;
            }
            if self.pool(id).is_liquidated() {
                self.liquidate(id, out);
            }
        }
        self.cover_debts(out);
        // A liquidation has its own account of what it left.
        self.pits.iter_mut().for_each(|it| it.left = Money::ZERO);
        self.margin_due = false;
        self.set_bands();
    }

    /// The margin of the pool that keeps this position alive.
    fn pool(&self, id: InstrumentId) -> Margin {
        let terms = self.instruments.get(id);
        if self.ledger.terms(id).mode == MarginMode::Isolated {
            return self.ledger.isolated_margin(terms, self.pits[id.index()].margin_price());
        }
        self.ledger.margin(terms.settle, &self.instruments, |it| self.pits[it.index()].margin_price())
    }

    /// Orders of the pool are cancelled first; then the position is closed step by step until the margin
    /// suffices again.
    fn liquidate(&mut self, id: InstrumentId, out: &mut Replies) {
        let (settle, isolated) =
            (self.instruments.get(id).settle, self.ledger.terms(id).mode == MarginMode::Isolated);
        for at in 0..self.pits.len() {
            let other = self.pits[at].id;
            let shares_pool = self.instruments.get(other).settle == settle
                && self.ledger.terms(other).mode == MarginMode::Cross;
            if other == id || (!isolated && shares_pool) {
                self.cancel_all(other, CancelReason::Liquidation, out);
            }
        }
        let stake = isolated
            .then(|| Stake { margin: self.ledger.position(id).margin, balance: self.ledger.balance(settle) });
        for step in 0..LIQUIDATION_STEPS_MAX {
            let held = self.ledger.position(id).qty;
            if held.is_zero() || !self.pool(id).is_liquidated() {
                return;
            }
            let share = self.config.margin.liquidation_share;
            let part = (held.abs().get() as f64 * share).ceil() as i64;
            let last = step + 1 == LIQUIDATION_STEPS_MAX;
            let qty = if last { held.abs() } else { Qty::new(part.clamp(1, held.abs().get())) };
            self.close(id, held, qty, stake, out);
        }
    }

    /// Closes part of a position at what is displayed; the rest goes at [`Self::forced_price`]. The fee is said before
    /// the fills, so that it belongs to the round trip that they may end.
    fn close(&mut self, id: InstrumentId, held: Qty, qty: Qty, stake: Option<Stake>, out: &mut Replies) {
        let side = if held > Qty::ZERO { Side::Sell } else { Side::Buy };
        let mut levels = Vec::new();
        let pit = &self.pits[id.index()];
        if pit.detail > Detail::Bars {
            pit.available(side.opposite(), None, qty.get(), &mut levels);
        }
        self.forced += 1;
        let order = OrderId(FORCED_ORDER_IDS + self.forced);
        let mut last = pit.best(side.opposite()).or_else(|| pit.margin_price());
        let (mut open, mut value, mut fills) = (qty, Money::ZERO, Vec::with_capacity(levels.len() + 1));
        let mut levels = levels.into_iter();
        while open > Qty::ZERO {
            let level = levels.next();
            let part = level.map_or(open, |it| it.qty.min(open));
            let price = level.map(|it| it.price).or_else(|| self.forced_price(id, side, last?, open));
            let Some(price) = price else { break };
            if level.is_some() {
                self.pits[id.index()].take(side.opposite(), price, part);
                last = Some(price);
            }
            let Some((fill, _)) = self.book(id, side, price, part, open - part, Liquidity::Taker) else {
                self.counts.unbookable += 1;
                break;
            };
            fills.push(Fill { forced: true, ..fill });
            open -= part;
            // What has been booked has a value.
            value += self.instruments.get(id).value(price, part).abs();
        }
        let closed = qty - open;
        self.counts.liquidations += 1;
        let terms = self.instruments.get(id);
        let (settle, balance) = (terms.settle, self.ledger.balance(terms.settle));
        // What the step leaves for the fee: of the margin set aside for what has been closed, or of the wallet.
        let left = stake.map_or(balance, |it| it.left(self.ledger.position(id).margin, balance));
        // The insurance fund takes its fee, but not what is not there.
        let fee = value.times(terms.liquidation_fee, Rounding::HalfEven);
        let fee = fee.min(left.min(balance).max(Money::ZERO));
        self.tell(AccountBody::Liquidated { instrument: id, qty: closed.signed(side.opposite()), fee }, out);
        for fill in fills {
            self.archive.filled(order, id, self.now, fill);
            self.say(order, id, OrderBody::Filled(fill), out);
        }
        // An isolated position costs its own margin at most: what it has lost beyond, the insurance fund pays.
        if stake.is_some() && left < Money::ZERO {
            self.tell(AccountBody::Bankruptcy { asset: settle, instrument: Some(id), amount: -left }, out);
        }
    }

    /// What a forced sale of `rest` gets beyond the last displayed price: on bars that price and the slippage, else by
    /// [`crate::config::Beyond`]. Where that has nothing, the position keeps the rest if the margin suffices again; if
    /// not, the venue's fund takes it over at the bankruptcy price, or at what was displayed if that is worse. So does
    /// Binance: a liquidation order is immediate-or-cancel; who is still short of margin after it is closed at the
    /// bankruptcy price, and the insurance fund takes the position over (Binance, "Liquidation Protocols").
    fn forced_price(&self, id: InstrumentId, side: Side, last: Price, rest: Qty) -> Option<Price> {
        let price = if self.pits[id.index()].detail <= Detail::Bars {
            self.slipped(last, side)
        } else if let Some(price) = self.beyond(side, last, rest) {
            price
        } else if self.pool(id).is_liquidated() {
            let mark = |it: InstrumentId| self.pits[it.index()].margin_price();
            let bankrupt = self.ledger.bankruptcy_price(id, &self.instruments, mark).unwrap_or(last);
            if side == Side::Sell { last.min(bankrupt) } else { last.max(bankrupt) }
        } else {
            return None;
        };
        // Nobody is paid for taking a position.
        Some(price.max(Price::new(1)))
    }

    /// A wallet below zero with nothing left to close is set back to zero, visibly.
    fn cover_debts(&mut self, out: &mut Replies) {
        for at in 0..self.instruments.assets().len() {
            let asset = AssetId(u16::try_from(at).expect("asset ids are 16 bits wide"));
            let balance = self.ledger.balance(asset);
            let holds = self.ledger.open().iter().any(|it| self.instruments.get(*it).settle == asset);
            if balance < Money::ZERO && !holds {
                self.tell(AccountBody::Bankruptcy { asset, instrument: None, amount: -balance }, out);
            }
        }
    }

    /// Around each position, how far its price may go before the pool can have lost half of what is above its
    /// maintenance margin, if every other position loses as much.
    fn set_bands(&mut self) {
        for pit in &mut self.pits {
            pit.band = (i64::MIN, i64::MAX);
        }
        let open = self.ledger.open().to_vec();
        for &id in &open {
            let terms = self.instruments.get(id);
            let Some(now) = self.pits[id.index()].margin_price() else { continue };
            if terms.spec.contract == Contract::Spot {
                continue;
            }
            let pool = self.pool(id);
            let room = (pool.equity() - pool.maintenance).max(Money::ZERO);
            let room = room.get() / (4 * open.len() as i128);
            let value = terms.checked_value(now, self.ledger.position(id).qty).map_or(0, |it| it.get().abs());
            // A move of x of the price costs at most (1 + maintenance) x of the value, below 2x; the inverse
            // contract's value moves faster when the price falls, which the further half allows for.
            let ticks = if value == 0 { 0 } else { room.saturating_mul(i128::from(now.get())) / value };
            let ticks = i64::try_from(ticks / 2).unwrap_or(i64::MAX).max(0);
            self.pits[id.index()].band = (now.get().saturating_sub(ticks), now.get().saturating_add(ticks));
        }
    }
}
