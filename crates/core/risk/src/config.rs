//! The limits. `None` means no limit; every other number is checked when the gate is built.

use crate::layers::{BUCKETS_MAX, REPEAT_MEMORY};
use scalp_types::{AssetId, InstrumentId, Instruments, Mode, Money, Qty, Rate, Span};
use serde::{Deserialize, Serialize};

/// What happens to an order that is too large but not wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Oversize {
    /// It is refused.
    #[default]
    Refuse,
    /// It is cut to what the limit leaves.
    Shrink,
}

/// Limits of one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InstrumentLimits {
    /// Largest size of one order.
    pub order_qty_max: Option<Qty>,
    /// Largest value of one order, in the settle asset.
    pub order_notional_max: Option<Money>,
    /// Largest position in either direction, open and unknown orders counted as filled.
    pub position_max: Option<Qty>,
    /// Most orders that have not ended.
    pub open_orders_max: Option<u32>,
}

/// Limits over all instruments that settle in one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetLimits {
    /// Which asset.
    pub asset: AssetId,
    /// Largest sum of the worst cases, in either direction.
    pub gross_max: Option<Money>,
    /// Largest net of the worst cases, in either direction.
    pub net_max: Option<Money>,
    /// Largest loss since the start of the UTC day, as a part of the equity then.
    pub day_loss_max: Option<Rate>,
    /// Largest fall from the highest equity, as a part of it.
    pub drawdown_max: Option<Rate>,
}

/// So many orders in such a time: a bucket of `count` tokens that refills evenly over `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageLimit {
    /// Tokens, positive.
    pub count: u32,
    /// Time to refill an empty bucket, at least one nanosecond per token.
    pub window: Span,
}

/// The same instrument, side, price and size at most so often in such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatLimit {
    /// How often, positive and at most [`crate::layers::REPEAT_MEMORY`].
    pub count: u32,
    /// Within.
    pub window: Span,
}

/// What a loss stop does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossAction {
    /// The mode it trips to; never `Normal`.
    pub mode: Mode,
    /// Day loss only: the next UTC day undoes it, once the cooldown has passed.
    pub resume_next_day: bool,
}

impl Default for LossAction {
    fn default() -> Self {
        Self { mode: Mode::Reduced, resume_next_day: false }
    }
}

/// Everything the gate is told at the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateConfig {
    /// For every instrument that is not listed below.
    pub limits: InstrumentLimits,
    /// For single instruments.
    pub overrides: Vec<(InstrumentId, InstrumentLimits)>,
    /// Per settle asset.
    pub assets: Vec<AssetLimits>,
    /// Refuse or shrink what is too large.
    pub oversize: Oversize,
    /// How far through the mark a price may be, in basis points.
    pub mark_collar_bps: Option<u32>,
    /// How far through the mid a price may be, in basis points.
    pub mid_collar_bps: Option<u32>,
    /// Oldest market data an order may be based on.
    pub data_age_max: Option<Span>,
    /// True to refuse while the book lacks a side or is crossed; false where the market has no book (bars, trades).
    pub needs_book: bool,
    /// Most orders that have not ended, over all instruments.
    pub open_orders_max: Option<u32>,
    /// Orders per time; at most [`crate::layers::BUCKETS_MAX`].
    pub messages: Vec<MessageLimit>,
    /// The same order again.
    pub repeat: Option<RepeatLimit>,
    /// What a day loss does.
    pub day_loss: LossAction,
    /// What a drawdown does.
    pub drawdown: LossAction,
    /// How long a stricter mode stays before a looser one is allowed.
    pub cooldown: Span,
    /// Emergency: how long a close is given before it is sent again.
    pub emergency_retry: Span,
}

impl Default for GateConfig {
    /// No limit except the venue's own.
    fn default() -> Self {
        Self {
            limits: InstrumentLimits::default(),
            overrides: Vec::new(),
            assets: Vec::new(),
            oversize: Oversize::Refuse,
            mark_collar_bps: None,
            mid_collar_bps: None,
            data_age_max: None,
            needs_book: false,
            open_orders_max: None,
            messages: Vec::new(),
            repeat: None,
            day_loss: LossAction::default(),
            drawdown: LossAction::default(),
            cooldown: Span::ZERO,
            emergency_retry: Span::from_secs(1),
        }
    }
}

/// Why a configuration cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("risk gate: {field} is {got}, expected {expected}")]
pub struct ConfigError {
    /// Which field.
    pub field: &'static str,
    /// What was given.
    pub got: String,
    /// What would have been accepted.
    pub expected: &'static str,
}

/// Checks every number.
pub(crate) fn check(config: &GateConfig, instruments: &Instruments) -> Result<(), ConfigError> {
    let bad = |field, got: String, expected| Err(ConfigError { field, got, expected });
    for (id, _) in &config.overrides {
        if id.index() >= instruments.len() {
            return bad("overrides", id.to_string(), "an instrument of this run");
        }
    }
    for limits in config.overrides.iter().map(|(_, it)| it).chain([&config.limits]) {
        let lots = [("order_qty_max", limits.order_qty_max), ("position_max", limits.position_max)];
        for (field, qty) in lots.into_iter().filter_map(|(field, it)| it.map(|it| (field, it))) {
            if qty < Qty::ZERO {
                return bad(field, qty.get().to_string(), "no negative size");
            }
        }
        if let Some(value) = limits.order_notional_max.filter(|it| *it < Money::ZERO) {
            return bad("order_notional_max", value.to_string(), "no negative value");
        }
    }
    for it in &config.assets {
        if it.asset.index() >= instruments.assets().len() {
            return bad("assets", it.asset.to_string(), "an asset of this run");
        }
        for (field, rate) in [("day_loss_max", it.day_loss_max), ("drawdown_max", it.drawdown_max)] {
            if let Some(rate) = rate.filter(|it| *it <= Rate::ZERO || it.get() > Rate::ONE) {
                return bad(field, rate.to_decimal().to_string(), "a part between 0 and 1");
            }
        }
    }
    for it in &config.messages {
        if it.count == 0 || it.window.nanos() < i64::from(it.count) {
            return bad("messages", format!("{it:?}"), "a count and a nanosecond or more for each");
        }
    }
    if config.messages.len() > BUCKETS_MAX {
        return bad("messages", config.messages.len().to_string(), "at most 4 limits");
    }
    if let Some(it) = config.repeat.filter(|it| it.count == 0 || it.count as usize > REPEAT_MEMORY) {
        return bad("repeat", it.count.to_string(), "a count from 1 to 64");
    }
    for (field, action) in [("day_loss", config.day_loss), ("drawdown", config.drawdown)] {
        if action.mode == Mode::Normal {
            return bad(field, "normal".into(), "reduced, paused or emergency");
        }
    }
    for (field, span) in [("cooldown", config.cooldown), ("emergency_retry", config.emergency_retry)] {
        if span < Span::ZERO {
            return bad(field, format!("{} ns", span.nanos()), "no negative time");
        }
    }
    Ok(())
}
