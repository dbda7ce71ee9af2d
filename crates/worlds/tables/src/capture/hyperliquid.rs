//! Hyperliquid messages: `l2Book` (the best 20 levels, whole) and `trades`.

use super::{At, Decoder, LEVELS_MAX, id};
use crate::buffer::EventBuffer;
use crate::fault::Fault;
use crate::json::{Json, Value};
use crate::symbols::Known;
use scalp_types::{Depth, DepthKind, Level, Side, Trade, TradeId};

/// Levels a side of an `l2Book`, where there are so many.
const LEVELS_MOST: usize = 20;

impl Decoder {
    pub(super) fn hyperliquid(
        &mut self,
        channel: &[u8],
        data: &[u8],
        at: At,
        out: &mut EventBuffer,
    ) -> Result<(), Fault> {
        match channel {
            b"l2Book" => self.hyperliquid_book(data, at, out),
            b"trades" => Json::new(data).array(|json| match json.value()? {
                Value::Nested(it) => self.hyperliquid_trade(it, at, out),
                other => Err(Fault::field("data", "objects", other.text())),
            }),
            _ => {
                self.counts.unknown += 1;
                Ok(())
            }
        }
    }

    fn hyperliquid_book(&mut self, data: &[u8], at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let (mut coin, mut time, mut levels) = (None, None, None);
        Json::new(data).object(|key, json| {
            let value = json.value()?;
            match (key, value) {
                (b"coin", it) => coin = Some(it.text()),
                (b"time", it) => time = Some(it.text()),
                (b"levels", Value::Nested(it)) => levels = Some(it),
                _ => {}
            }
            Ok(())
        })?;
        let Some(known) = self.symbols.find(coin.ok_or_else(|| Fault::missing("coin"))?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let stamp = self.stamp(&known, Some(time.ok_or_else(|| Fault::missing("time"))?), "time", at)?;
        let mut json = Json::new(levels.ok_or_else(|| Fault::missing("levels"))?);
        json.expect(b'[')?;
        side_of_book(&mut json, &known, &mut self.bids)?;
        json.expect(b',')?;
        side_of_book(&mut json, &known, &mut self.asks)?;
        json.expect(b']')?;
        // A side with fewer has no more, and nothing but such snapshots is told of the book.
        let is_whole = self.bids.len().min(self.asks.len()) < LEVELS_MOST;
        let depth = Depth {
            kind: if is_whole { DepthKind::Snapshot } else { DepthKind::TopSnapshot },
            first_id: 0,
            last_id: 0,
            previous_id: 0,
            bids: &self.bids,
            asks: &self.asks,
        };
        out.push_depth(stamp, at.line, &depth);
        self.counts.snapshots += 1;
        self.counts.snapshot_levels += (self.bids.len() + self.asks.len()) as u64;
        Ok(())
    }

    fn hyperliquid_trade(&mut self, data: &[u8], at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let (mut coin, mut time, mut price, mut size, mut side, mut trade) =
            (None, None, None, None, None, None);
        Json::new(data).object(|key, json| {
            let value = json.value()?.text();
            match key {
                b"coin" => coin = Some(value),
                b"time" => time = Some(value),
                b"px" => price = Some(value),
                b"sz" => size = Some(value),
                b"side" => side = Some(value),
                b"tid" => trade = Some(value),
                _ => {}
            }
            Ok(())
        })?;
        let need = |it: Option<_>, field: &str| it.ok_or_else(|| Fault::missing(field));
        let Some(known) = self.symbols.find(need(coin, "coin")?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let trade = Trade {
            id: TradeId(id("tid", need(trade, "tid")?)?),
            price: known.price("px", need(price, "px")?)?,
            qty: known.size("sz", need(size, "sz")?)?,
            taker: match need(side, "side")? {
                b"B" => Side::Buy,
                b"A" => Side::Sell,
                other => return Err(Fault::field("side", "B or A", other)),
            },
        };
        out.push_trade(self.stamp(&known, Some(need(time, "time")?), "time", at)?, at.line, trade);
        self.counts.trades += 1;
        Ok(())
    }
}

/// Takes `[{"px":"105055.0","sz":"3.03622","n":5}, ...]`.
fn side_of_book(json: &mut Json<'_>, known: &Known, levels: &mut Vec<Level>) -> Result<(), Fault> {
    levels.clear();
    json.array(|json| {
        let (mut price, mut size) = (None, None);
        json.object(|key, json| {
            let value = json.value()?.text();
            match key {
                b"px" => price = Some(known.price("px", value)?),
                b"sz" => size = Some(known.size("sz", value)?),
                _ => {}
            }
            Ok(())
        })?;
        if levels.len() == LEVELS_MAX {
            return Err(Fault::field("levels", format!("at most {LEVELS_MAX} levels"), b"more"));
        }
        levels.push(Level {
            price: price.ok_or_else(|| Fault::missing("px"))?,
            qty: size.ok_or_else(|| Fault::missing("sz"))?,
        });
        Ok(())
    })
}
