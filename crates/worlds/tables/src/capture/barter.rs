//! Recordings of the barter crate, one `{"Item":{..}}` a line: trades and best bid and ask. Instruments are numbers there;
//! [`super::CaptureOptions::numbered`] names them.

use super::{At, Decoder, id};
use crate::buffer::{EventBuffer, Stamp};
use crate::fault::Fault;
use crate::json::{Json, Keys};
use crate::symbols::Known;
use crate::text::{datetime, unsigned};
use scalp_types::{Level, Price, Quote, Side, Timestamp, Trade, TradeId};

impl Decoder {
    /// `time_exchange` of a best bid and ask is the recorder's own clock: its stream carries no time of the venue.
    pub(super) fn barter(&mut self, item: &[u8], at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let item = Keys::of(Json::new(item))?;
        let number = item.need("instrument")?;
        let kind = Keys::of(Json::new(item.nested("kind")?))?;
        let quote = kind.nested("OrderBookL1");
        if quote.is_ok() && !self.options.quotes {
            self.counts.quotes_left_out += 1;
            return Ok(());
        }
        let place = unsigned(number).and_then(|it| usize::try_from(it).ok());
        let name = place.and_then(|at| self.options.numbered.get(at)).map_or(number, |it| it.as_bytes());
        let Some(known) = self.symbols.find(name)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let stamp = Stamp {
            instrument: known.id,
            exchange_at: time("time_exchange", &item)?,
            arrived_at: time("time_received", &item)?,
        };
        if let Ok(quote) = quote {
            let quote = Keys::of(Json::new(quote))?;
            let side = |name: &str| level(name, &quote, &known);
            out.push_quote(stamp, at.line, Quote { id: 0, bid: side("best_bid")?, ask: side("best_ask")? });
            self.counts.quotes += 1;
            return Ok(());
        }
        let Ok(trade) = kind.nested("Trade") else {
            self.counts.unknown += 1;
            return Ok(());
        };
        let trade = Keys::of(Json::new(trade))?;
        let trade = Trade {
            id: TradeId(id("id", trade.need("id")?)?),
            price: known.price("price", trade.need("price")?)?,
            qty: known.size("amount", trade.need("amount")?)?,
            taker: match trade.need("side")? {
                b"Buy" => Side::Buy,
                b"Sell" => Side::Sell,
                other => return Err(Fault::field("side", "Buy or Sell", other)),
            },
        };
        out.push_trade(stamp, at.line, trade);
        self.counts.trades += 1;
        Ok(())
    }
}

fn time(name: &str, item: &Keys<'_>) -> Result<Timestamp, Fault> {
    let text = item.need(name)?;
    datetime(text).ok_or_else(|| Fault::field(name, "a date and time in UTC", text))
}

/// `{"price":"87232.00","amount":"2.4"}`, or `null` for a side with nothing there.
fn level(name: &str, quote: &Keys<'_>, known: &Known) -> Result<Level, Fault> {
    if quote.get(name) == Some(b"null") {
        return Ok(Level { price: Price::new(0), qty: scalp_types::Qty::ZERO });
    }
    let level = Keys::of(Json::new(quote.nested(name)?))?;
    Ok(Level {
        price: known.price("price", level.need("price")?)?,
        qty: known.size("amount", level.need("amount")?)?,
    })
}
