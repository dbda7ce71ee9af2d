//! Bybit v5 public messages: order book snapshots and deltas, trades, closed bars, liquidations.

use super::{At, Decoder, id, take_levels};
use crate::buffer::{EventBuffer, Stamp};
use crate::fault::Fault;
use crate::json::{Json, Keys, Value};
use crate::text::unsigned;
use scalp_types::{Bar, Depth, DepthKind, PublicLiquidation, Side, Span, Trade, TradeId};

impl Decoder {
    pub(super) fn bybit(
        &mut self,
        topic: &[u8],
        message: Json<'_>,
        at: At,
        out: &mut EventBuffer,
    ) -> Result<(), Fault> {
        let mut parts = topic.split(|&c| c == b'.');
        let (kind, symbol) = (parts.next().unwrap_or(b""), topic.rsplit(|&c| c == b'.').next());
        match kind {
            b"orderbook" => self.bybit_book(message, at, out),
            b"publicTrade" => self.bybit_each(message, at, out, Self::bybit_trade),
            b"allLiquidation" => self.bybit_each(message, at, out, Self::bybit_liquidation),
            b"kline" => {
                let symbol = symbol.unwrap_or(b"");
                self.bybit_each(message, at, out, |it, keys, at, out| it.bybit_kline(symbol, keys, at, out))
            }
            _ => {
                self.counts.unknown += 1;
                Ok(())
            }
        }
    }

    fn bybit_book(&mut self, message: Json<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let (mut kind, mut sent, mut matched, mut data) = (None, None, None, None);
        let mut message = message;
        message.object(|key, json| {
            let value = json.value()?;
            match key {
                b"type" => kind = Some(value.text()),
                b"ts" => sent = Some(value.text()),
                b"cts" => matched = Some(value.text()),
                b"data" => data = Some(value),
                _ => {}
            }
            Ok(())
        })?;
        let Some(Value::Nested(data)) = data else { return Err(Fault::missing("data")) };
        let (mut symbol, mut bids, mut asks, mut update) = (None, None, None, None);
        Json::new(data).object(|key, json| {
            let value = json.value()?;
            match (key, value) {
                (b"s", it) => symbol = Some(it.text()),
                (b"u", it) => update = Some(it.text()),
                (b"b", Value::Nested(it)) => bids = Some(it),
                (b"a", Value::Nested(it)) => asks = Some(it),
                _ => {}
            }
            Ok(())
        })?;
        let Some(known) = self.symbols.find(symbol.ok_or_else(|| Fault::missing("s"))?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let update = id("u", update.ok_or_else(|| Fault::missing("u"))?)?;
        let kind = match kind {
            // After a restart of the service, update 1 is a whole book whatever its type says.
            Some(b"delta") if update != 1 => DepthKind::Delta,
            Some(b"delta" | b"snapshot") => DepthKind::Snapshot,
            other => return Err(Fault::field("type", "snapshot or delta", other.unwrap_or(b""))),
        };
        let stamp = self.stamp(&known, matched.or(sent), "cts", at)?;
        let side = |text: Option<&[u8]>, field, levels: &mut Vec<_>| {
            let text = text.ok_or_else(|| Fault::missing(field))?;
            take_levels(&mut Json::new(text), &known, field, levels)
        };
        side(bids, "b", &mut self.bids)?;
        side(asks, "a", &mut self.asks)?;
        let depth = Depth {
            kind,
            first_id: update,
            last_id: update,
            previous_id: if kind == DepthKind::Delta { update.saturating_sub(1) } else { 0 },
            bids: &self.bids,
            asks: &self.asks,
        };
        out.push_depth(stamp, at.line, &depth);
        let levels = (self.bids.len() + self.asks.len()) as u64;
        if kind == DepthKind::Delta {
            self.counts.depths += 1;
            self.counts.levels += levels;
        } else {
            self.counts.snapshots += 1;
            self.counts.snapshot_levels += levels;
        }
        Ok(())
    }

    /// Messages whose `data` is an array of alike objects.
    fn bybit_each(
        &mut self,
        message: Json<'_>,
        at: At,
        out: &mut EventBuffer,
        each: impl Fn(&mut Self, &Keys<'_>, At, &mut EventBuffer) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let message = Keys::of(message)?;
        Json::new(message.nested("data")?).array(|json| match json.value()? {
            Value::Nested(it) => each(self, &Keys::of(Json::new(it))?, at, out),
            other => Err(Fault::field("data", "objects", other.text())),
        })
    }

    fn bybit_trade(&mut self, it: &Keys<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let Some(known) = self.symbols.find(it.need("s")?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let trade = Trade {
            // Derivatives name trades by a UUID: no number stands for it.
            id: TradeId(it.get("i").and_then(unsigned).unwrap_or(0)),
            price: known.price("p", it.need("p")?)?,
            qty: known.size("v", it.need("v")?)?,
            taker: side(it.need("S")?)?,
        };
        out.push_trade(self.stamp(&known, it.get("T"), "T", at)?, at.line, trade);
        self.counts.trades += 1;
        Ok(())
    }

    /// The side is that of the position which was closed.
    fn bybit_liquidation(&mut self, it: &Keys<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let Some(known) = self.symbols.find(it.need("s")?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let liquidation = PublicLiquidation {
            side: side(it.need("S")?)?.opposite(),
            price: known.price("p", it.need("p")?)?,
            qty: known.size("v", it.need("v")?)?,
        };
        out.push_liquidation(self.stamp(&known, it.get("T"), "T", at)?, at.line, liquidation);
        self.counts.others += 1;
        Ok(())
    }

    fn bybit_kline(
        &mut self,
        symbol: &[u8],
        it: &Keys<'_>,
        at: At,
        out: &mut EventBuffer,
    ) -> Result<(), Fault> {
        if it.need("confirm")? != b"true" {
            self.counts.unknown += 1;
            return Ok(());
        }
        let Some(known) = self.symbols.find(symbol)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let open_at = super::millis("start", it.need("start")?)?;
        let close_at = super::millis("end", it.need("end")?)?.saturating_add(Span::from_millis(1));
        let price = |key: &str| known.price(key, it.need(key)?);
        let bar = Bar {
            open_at,
            span: Span::from_nanos(close_at.nanos().saturating_sub(open_at.nanos())),
            open: price("open")?,
            high: price("high")?,
            low: price("low")?,
            close: price("close")?,
            volume: known.size("volume", it.need("volume")?)?,
            taker_buy: scalp_types::Qty::ZERO,
            trades: 0,
        };
        let arrived_at = at.arrived.unwrap_or(close_at);
        out.push_bar(Stamp { instrument: known.id, exchange_at: close_at, arrived_at }, at.line, bar);
        self.counts.others += 1;
        Ok(())
    }
}

fn side(text: &[u8]) -> Result<Side, Fault> {
    match text {
        b"Buy" => Ok(Side::Buy),
        b"Sell" => Ok(Side::Sell),
        other => Err(Fault::field("S", "Buy or Sell", other)),
    }
}
