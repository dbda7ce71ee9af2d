//! When a bar that the event in hand closed was known, and what had been heard of its instrument by then.

use super::InstrumentMarket;
use scalp_types::{Bar, Span, Timestamp, Trade};

/// Most time after the end of a bar within which what is in it may arrive, so that it counts as known at its end: whoever decides
/// by such bars hears of the end of their own as late.
const GRACE_MAX: Span = Span::from_secs(1);

/// So long after the end of a bar of this length what is in it may arrive, so that it counts as known at its end: a tenth of its
/// length, a second at most.
#[must_use]
pub fn grace(length: Span) -> Span {
    Span::from_nanos((length.nanos() / 10).min(GRACE_MAX.nanos()))
}

impl InstrumentMarket {
    /// When a bar that the event in hand closed was known, by the venue's clock: one of time at its end, or with the smaller bar
    /// behind it that closed it, as its last was missing; another with the trade or the smaller bar that closed it, and never before
    /// its start or what the venue had dated later by then: a trade in it, or a book beside it.
    #[must_use]
    pub fn known_at(&self, bar: &Bar) -> Timestamp {
        if bar.span > Span::ZERO {
            let end = bar.open_at.saturating_add(bar.span);
            let lies_behind = self.is_part_in_hand && self.part.0 >= end;
            return if lies_behind { self.part.0.saturating_add(self.part.1) } else { end };
        }
        let told =
            if self.is_trade_in_hand { self.trade_at } else { self.part.0.saturating_add(self.part.1) };
        told.max(self.latest_at).max(bar.open_at)
    }

    /// The latest arrival or time of the venue of anything of it, the event in hand included.
    #[must_use]
    #[inline]
    pub fn heard(&self) -> Timestamp {
        self.updated_at.max(self.latest_at)
    }

    /// When all of a bar that has just closed had been heard: [`Self::known_at`], or with what closed it and all before if
    /// that is later; one of time at its end, unless the last of what is in it came later than its [`grace`]. A trade that closes a bar of time is not part of it.
    #[must_use]
    pub fn heard_at(&self, bar: &Bar) -> Timestamp {
        let known_at = self.known_at(bar);
        if bar.span == Span::ZERO {
            return known_at.max(self.heard());
        }
        // Where nothing of the instrument lies behind the bar, another instrument has closed it.
        let is_with_it = self.is_part_in_hand || self.latest_at < known_at;
        let heard = if is_with_it && !self.was_refused { self.heard() } else { self.heard_before };
        if heard > known_at.saturating_add(grace(bar.span)) { heard } else { known_at }
    }

    /// Whether bars of it are made of the candles that are told of it: it has told some, and no trade.
    #[must_use]
    #[inline]
    pub const fn tells_candles(&self) -> bool {
        self.trade.is_none() && self.part.1.nanos() > 0
    }

    /// The latest time that the venue had stamped on anything of it, the event in hand included.
    #[must_use]
    pub const fn latest_at(&self) -> Timestamp {
        self.latest_at
    }

    /// The trade that closed such a bar and is part of it, with its time: the event in hand. None of a bar of time, which a trade
    /// closes that lies behind it.
    #[must_use]
    pub fn closing_trade(&self, bar: &Bar) -> Option<(Trade, Timestamp)> {
        let trade = self.trade.filter(|_| self.is_trade_in_hand && bar.span == Span::ZERO)?;
        Some((trade, self.trade_at))
    }
}
