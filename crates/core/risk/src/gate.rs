//! The gate: runs a proposal through the layers and is the only maker of [`Approved`] orders.

use crate::approved::Approved;
use crate::config::{AssetLimits, ConfigError, GateConfig, InstrumentLimits};
use crate::layers::{
    Proposal, RiskLayer,
    collar::CollarLayer,
    duplicate::DuplicateLayer,
    exposure::{ExposureLayer, with},
    market::MarketLayer,
    mode::ModeLayer,
    position::PositionLayer,
    reduce::ReduceLayer,
    size::SizeLayer,
    throttle::ThrottleLayer,
    venue::VenueLayer,
};
use crate::loss::LossWatch;
use crate::mode::{ModeChange, ModeReason, ModeRefused, ModeSwitch};
use crate::portfolio::{Portfolio, Worst};
use crate::refusal::Refusal;
use crate::view::{Exposure, RiskView};
use scalp_types::{
    AssetId, Contract, Instrument, InstrumentId, Instruments, Mode, Money, OpenOrder, OrderId, OrderIntent,
    OrderKind, OrderRequest, Price, Qty, SelfTradePrevention, Side, StateHash, TimeInForce, Timestamp,
    TriggerSource, VenueRequest,
};
use serde::{Deserialize, Serialize};

/// The limits and everything they have to remember.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    config: GateConfig,
    limits: Vec<InstrumentLimits>,
    switch: ModeSwitch,
    /// One per entry of `config.assets`.
    losses: Vec<LossWatch>,
    portfolio: Portfolio,
    throttle: ThrottleLayer,
    last_id: Option<OrderId>,
    /// What an emergency last asked for and when, by instrument.
    asked: Vec<Option<(Asked, Timestamp)>>,
    refusals: Vec<u64>,
    approved: u64,
}

/// Kinds of refusal that every hash tells of.
const REFUSALS_FIRST: usize = 26;

/// What an emergency has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Asked {
    Cancel,
    Close,
}

/// What an emergency asks of one instrument now.
#[derive(Debug)]
pub enum EmergencyStep {
    /// Nothing is held and nothing is at work here.
    Flat,
    /// Orders are at work: cancel them first.
    Cancel(Approved<VenueRequest>),
    /// Close the position (or, beyond the venue's largest order, a part of it).
    Close(Approved<OrderRequest>),
    /// A close is under way; it is sent again when it is not answered in time.
    Wait {
        /// When to ask again.
        until: Timestamp,
    },
    /// What is held is smaller than the smallest order.
    Dust,
}

impl Gate {
    /// A gate in normal mode that has seen nothing.
    pub fn new(config: &GateConfig, instruments: &Instruments) -> Result<Self, ConfigError> {
        crate::config::check(config, instruments)?;
        let mut limits = vec![config.limits; instruments.len()];
        config.overrides.iter().for_each(|(id, it)| limits[id.index()] = *it);
        Ok(Self {
            limits,
            switch: ModeSwitch::new(config.cooldown),
            losses: config.assets.iter().copied().map(LossWatch::new).collect(),
            portfolio: Portfolio::new(instruments),
            throttle: ThrottleLayer::new(&config.messages, config.repeat),
            last_id: None,
            asked: vec![None; instruments.len()],
            refusals: vec![0; Refusal::NAMES.len()],
            approved: 0,
            config: config.clone(),
        })
    }

    /// Judges a wish. What passes is remembered (tokens, last id, exposure), what is refused is counted.
    pub fn review(
        &mut self,
        intent: &OrderIntent,
        id: OrderId,
        view: &RiskView<'_>,
    ) -> Result<Approved<OrderRequest>, Refusal> {
        let proposal = Proposal { intent: *intent, id, is_amend: false };
        let qty = self.pass(proposal, view)?;
        self.last_id = Some(id);
        Ok(Approved(OrderRequest {
            id,
            instrument: intent.instrument,
            side: intent.side,
            qty,
            kind: intent.kind,
            time_in_force: intent.time_in_force,
            post_only: intent.post_only,
            reduce_only: intent.reduce_only,
            trigger_source: intent.trigger_source,
            self_trade: intent.self_trade,
            link: intent.link,
        }))
    }

    /// Judges a change of an order at work, like an order of the size that would remain. The view's exposure still
    /// contains the order as it is.
    pub fn amend(
        &mut self,
        order: &OpenOrder,
        price: Option<Price>,
        qty: Option<Qty>,
        view: &RiskView<'_>,
    ) -> Result<Approved<VenueRequest>, Refusal> {
        let remaining = qty.unwrap_or(order.qty).checked_sub(order.filled).unwrap_or(Qty::ZERO);
        let kind = match (order.kind, price) {
            (kind, None) => kind,
            (OrderKind::Limit { .. }, Some(price)) => OrderKind::Limit { price },
            _ => return Err(self.count(Refusal::Malformed)),
        };
        let mut intent =
            OrderIntent::new(order.tag, order.instrument, order.side, remaining, kind, order.reason);
        intent.reduce_only = order.reduce_only;
        intent.link = order.link;
        let view = RiskView { exposure: without(&view.exposure, order), ..*view };
        let left = self.pass(Proposal { intent, id: order.id, is_amend: true }, &view)?;
        let qty = if qty.is_none() && left == remaining { None } else { Some(order.filled + left) };
        Ok(Approved(VenueRequest::Amend { order: order.id, instrument: order.instrument, price, qty }))
    }

    /// A cancel always passes.
    pub const fn cancel(order: OrderId, instrument: InstrumentId) -> Approved<VenueRequest> {
        Approved::<VenueRequest>::cancel(order, instrument)
    }

    /// Keeps the worst case of an instrument up to date: to be called when its position or its orders change.
    pub fn note(&mut self, instrument: &Instrument, price: Price, position: Qty, exposure: &Exposure) {
        self.portfolio.set(instrument.id, Worst::of(instrument, price, position, exposure));
    }

    /// True where limits count all instruments together, so that each must be noted at its present price.
    pub fn limits_exposure(&self) -> bool {
        self.config.assets.iter().any(|it| it.gross_max.is_some() || it.net_max.is_some())
    }

    /// Shows the equity of one asset to the loss stops; what they change is returned.
    pub fn on_equity(&mut self, now: Timestamp, asset: AssetId, equity: Money) -> Option<ModeChange> {
        let watch = self.losses.iter_mut().find(|it| it.limits().asset == asset)?;
        let news = watch.see(now, equity);
        if let Some(reason) = news.reason() {
            let action = if news.day_loss { self.config.day_loss } else { self.config.drawdown };
            if action.mode <= self.mode() {
                return None;
            }
            return self.switch.set(now, action.mode, reason, 0).expect("tightening is never refused");
        }
        let last = *self.switch.last().filter(|it| it.reason == ModeReason::DayLoss)?;
        if self.config.day_loss.resume_next_day && watch.is_new_day_since(&last) {
            return self.switch.set(now, last.old, ModeReason::NextDay, 0).ok().flatten();
        }
        None
    }

    /// The trading mode.
    pub const fn mode(&self) -> Mode {
        self.switch.mode()
    }
    /// Changes the mode: stricter at once, looser after the cooldown. `Ok(None)` when it is that mode already.
    pub fn set_mode(
        &mut self,
        now: Timestamp,
        mode: Mode,
        reason: ModeReason,
        operator: u32,
    ) -> Result<Option<ModeChange>, ModeRefused> {
        self.switch.set(now, mode, reason, operator)
    }
    /// The latest changes of mode, oldest first (at most [`crate::mode::HISTORY`]).
    pub fn mode_changes(&self) -> &[ModeChange] {
        self.switch.history()
    }
    /// The loss stops of one asset, if it has any.
    pub fn losses(&self, asset: AssetId) -> Option<&LossWatch> {
        self.losses.iter().find(|it| it.limits().asset == asset)
    }
    /// What is noted of all instruments.
    pub const fn portfolio(&self) -> &Portfolio {
        &self.portfolio
    }
    /// Refusals so far, by name.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Refusal::NAMES.iter().copied().zip(self.refusals.iter().copied())
    }
    /// Orders and amends let through so far.
    pub const fn approved(&self) -> u64 {
        self.approved
    }

    /// In emergency mode: what to do about this instrument now. To be asked for every instrument, again after every
    /// answer and when the wait is over, until all are flat. `id` is used when an order comes of it.
    pub fn emergency_step(&mut self, view: &RiskView<'_>, id: OrderId) -> EmergencyStep {
        debug_assert!(self.mode() == Mode::Emergency, "only an emergency closes without being asked");
        let index = view.instrument.id.index();
        let has_orders = view.exposure.orders > 0;
        let side = view.position.side();
        let is_answered = match self.asked[index] {
            None => true,
            Some((Asked::Cancel, _)) => !has_orders,
            Some((Asked::Close, _)) => side.is_none(),
        };
        if let Some((_, at)) = self.asked[index].filter(|_| !is_answered) {
            let until = at.saturating_add(self.config.emergency_retry);
            if view.now < until {
                return EmergencyStep::Wait { until };
            }
        }
        if has_orders {
            self.asked[index] = Some((Asked::Cancel, view.now));
            return EmergencyStep::Cancel(Approved::<VenueRequest>::cancel_all(view.instrument.id));
        }
        let Some(side) = side else {
            self.asked[index] = None;
            return EmergencyStep::Flat;
        };
        let filters = &view.instrument.filters;
        let held = Qty::new(view.position.get().saturating_abs());
        if held < filters.qty_min {
            return EmergencyStep::Dust;
        }
        self.asked[index] = Some((Asked::Close, view.now));
        self.last_id = self.last_id.max(Some(id));
        EmergencyStep::Close(Approved(OrderRequest {
            id,
            instrument: view.instrument.id,
            side: side.opposite(),
            qty: filters.market_qty_max.or(filters.qty_max).map_or(held, |largest| held.min(largest)),
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Ioc,
            post_only: false,
            reduce_only: view.instrument.spec.contract != Contract::Spot,
            trigger_source: TriggerSource::Last,
            self_trade: SelfTradePrevention::CancelMaker,
            link: None,
        }))
    }

    /// Folds the state into a rolling hash.
    pub fn digest(&self, hash: &mut StateHash) {
        self.switch.digest(hash);
        self.losses.iter().for_each(|it| it.digest(hash));
        self.portfolio.digest(hash);
        self.throttle.digest(hash);
        for (asked, at) in self.asked.iter().flatten() {
            hash.absorb(*asked as u64);
            hash.absorb_signed(at.nanos());
        }
        hash.absorb(self.last_id.map_or(0, |it| it.0));
        let (first, later) = self.refusals.split_at(REFUSALS_FIRST);
        first.iter().for_each(|it| hash.absorb(*it));
        hash.absorb(self.approved);
        // Kinds that came later say nothing where there are none, so that hashes written down before them stay.
        for (kind, count) in later.iter().enumerate().filter(|it| *it.1 > 0) {
            hash.absorb(kind as u64);
            hash.absorb(*count);
        }
    }

    /// The size that is left after all layers.
    fn pass(&mut self, mut proposal: Proposal, view: &RiskView<'_>) -> Result<Qty, Refusal> {
        debug_assert!(
            view.instrument.id == proposal.intent.instrument,
            "the view is of the order's instrument"
        );
        if let Err(refusal) = self.judge(&mut proposal, view) {
            return Err(self.count(refusal));
        }
        self.throttle.take(&proposal, view.now);
        self.approved += 1;
        if let Some(price) = view.mark.or(proposal.reference(view)) {
            let exposure = if proposal.intent.reduce_only {
                view.exposure
            } else {
                with(&view.exposure, &proposal, proposal.intent.qty)
            };
            self.note(view.instrument, price, view.position, &exposure);
        }
        Ok(proposal.intent.qty)
    }

    /// The layers in their fixed order, written out: a loop over a table would jump ten times to an address that the
    /// processor has to guess.
    fn judge(&self, proposal: &mut Proposal, view: &RiskView<'_>) -> Result<(), Refusal> {
        let config = &self.config;
        let limits = &self.limits[proposal.intent.instrument.index()];
        let oversize = config.oversize;
        ModeLayer { mode: self.mode() }.review(proposal, view).apply(proposal)?;
        MarketLayer { age_max: config.data_age_max, needs_book: config.needs_book }
            .review(proposal, view)
            .apply(proposal)?;
        DuplicateLayer { last: self.last_id }.review(proposal, view).apply(proposal)?;
        ReduceLayer.review(proposal, view).apply(proposal)?;
        SizeLayer { limits, oversize }.review(proposal, view).apply(proposal)?;
        CollarLayer { mark_bps: config.mark_collar_bps, mid_bps: config.mid_collar_bps }
            .review(proposal, view)
            .apply(proposal)?;
        PositionLayer { limits, oversize }.review(proposal, view).apply(proposal)?;
        let of_asset = self.asset_limits(view.instrument.settle);
        ExposureLayer { limits: of_asset, portfolio: &self.portfolio, oversize }
            .review(proposal, view)
            .apply(proposal)?;
        // The eight clamps that shape size by belief (volatility, value at risk, expected shortfall, heat, correlation,
        // leverage, crisis, smallest size) belong here, and are not built yet.
        VenueLayer { limits, open_orders_max: config.open_orders_max }
            .review(proposal, view)
            .apply(proposal)?;
        self.throttle.review(proposal, view).apply(proposal)
    }

    fn asset_limits(&self, asset: AssetId) -> Option<&AssetLimits> {
        self.config.assets.iter().find(|it| it.asset == asset)
    }

    fn count(&mut self, refusal: Refusal) -> Refusal {
        self.refusals[refusal.index()] += 1;
        refusal
    }
}

/// The exposure without what is left of this order.
fn without(exposure: &Exposure, order: &OpenOrder) -> Exposure {
    let mut rest = *exposure;
    let side = match (order.reduce_only, order.side, order.status) {
        (true, Side::Buy, _) => &mut rest.closing_buy,
        (true, Side::Sell, _) => &mut rest.closing_sell,
        (false, Side::Buy, scalp_types::OrderStatus::Unknown) => &mut rest.unknown_buy,
        (false, Side::Sell, scalp_types::OrderStatus::Unknown) => &mut rest.unknown_sell,
        (false, Side::Buy, _) => &mut rest.open_buy,
        (false, Side::Sell, _) => &mut rest.open_sell,
    };
    *side = Qty::new(side.get().saturating_sub(order.remaining().get()).max(0));
    rest
}
