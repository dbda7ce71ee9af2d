//! Binance messages: the streams and the REST depth snapshot of USD-M futures, COIN-M futures and spot.

use super::{At, Decoder, id, millis, take_levels};
use crate::buffer::{EventBuffer, Stamp};
use crate::fault::Fault;
use crate::json::{Json, Value};
use crate::text::Grid;
use scalp_types::{
    Bar, Depth, DepthKind, FundingRate, InstrumentId, Level, MarkPrice, Price, PublicLiquidation, Quote,
    Rate, Side, Span, Timestamp, Trade, TradeId,
};

/// Which of the two streams that tell the same trades a capture is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TradeKind {
    Single,
    Aggregate,
}

/// The funding announced last for each instrument: it settles when a message announces the next.
#[derive(Debug, Default)]
pub(super) struct FundingMemory(Vec<(InstrumentId, Timestamp, Rate, Price)>);

/// The values of the one-letter keys of a message, by letter.
struct Letters<'a>([Option<Value<'a>>; 58]);

impl<'a> Letters<'a> {
    fn get(&self, letter: u8) -> Option<&'a [u8]> {
        self.0[usize::from(letter - b'A')].map(Value::text)
    }
    fn need(&self, letter: u8) -> Result<&'a [u8], Fault> {
        self.get(letter).ok_or_else(|| Fault::missing(name(letter)))
    }
    fn id(&self, letter: u8) -> Result<u64, Fault> {
        self.get(letter).map_or(Ok(0), |it| id(name(letter), it))
    }
}

/// A one-letter key as text, for errors.
fn name(letter: u8) -> &'static str {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz";
    let at = usize::from(letter.saturating_sub(b'A'));
    LETTERS.get(at..at + 1).unwrap_or("?")
}

/// What has been seen of a message while it is walked.
struct Message<'a> {
    letters: Letters<'a>,
    previous: Option<&'a [u8]>,
    snapshot: Option<&'a [u8]>,
    symbol: Option<&'a [u8]>,
    bids: Side2<'a>,
    asks: Side2<'a>,
    inner: Option<&'a [u8]>,
}

/// One side of a book message: not there, taken, or left for later because the symbol comes after it.
#[derive(Clone, Copy)]
enum Side2<'a> {
    Absent,
    Taken,
    Later(&'a [u8]),
}

impl Decoder {
    /// One message (the `data` of a combined stream, or bare); takes it from `json`.
    #[inline]
    pub(super) fn binance(
        &mut self,
        json: &mut Json<'_>,
        stream: &[u8],
        at: At,
        out: &mut EventBuffer,
    ) -> Result<(), Fault> {
        let mut it = Message {
            letters: Letters([None; 58]),
            previous: None,
            snapshot: None,
            symbol: None,
            bids: Side2::Absent,
            asks: Side2::Absent,
            inner: None,
        };
        let Self { symbols, bids, asks, .. } = self;
        json.object(|key, json| {
            if let [letter @ (b'A'..=b'Z' | b'a'..=b'z')] = key {
                let side = match letter {
                    b'b' => &mut it.bids,
                    b'a' => &mut it.asks,
                    _ => {
                        let value = json.value()?;
                        if *letter == b's' {
                            it.symbol = Some(value.text());
                        } else if let (b'o' | b'k', Value::Nested(inner)) = (letter, value) {
                            it.inner = Some(inner);
                        }
                        it.letters.0[usize::from(letter - b'A')] = Some(value);
                        return Ok(());
                    }
                };
                if json.peek() != b'[' {
                    it.letters.0[usize::from(letter - b'A')] = Some(json.value()?);
                    return Ok(());
                }
                let (field, levels) = if *letter == b'b' { ("b", &mut *bids) } else { ("a", &mut *asks) };
                let known = match it.symbol {
                    Some(symbol) => symbols.find(symbol)?,
                    None => symbols.only(),
                };
                *side = match known {
                    Some(known) => take_levels(json, known, field, levels).map(|()| Side2::Taken)?,
                    None => later(json)?,
                };
                return Ok(());
            }
            match key {
                b"pu" => it.previous = Some(json.value()?.text()),
                b"lastUpdateId" => it.snapshot = Some(json.value()?.text()),
                b"symbol" => it.symbol = Some(json.value()?.text()),
                b"bids" => it.bids = later(json)?,
                b"asks" => it.asks = later(json)?,
                _ => {
                    json.value()?;
                }
            }
            Ok(())
        })?;
        if it.snapshot.is_some() {
            return self.rest_snapshot(&it, at, out);
        }
        match it.letters.get(b'e') {
            Some(b"depthUpdate") => self.depth_update(&it, stream, at, out),
            Some(b"trade") => self.trade(&it, TradeKind::Single, at, out),
            Some(b"aggTrade") => self.trade(&it, TradeKind::Aggregate, at, out),
            Some(b"bookTicker") => self.book_ticker(&it, at, out),
            Some(b"markPriceUpdate") => self.mark_price(&it, at, out),
            Some(b"forceOrder") => self.force_order(&it, at, out),
            Some(b"kline") => self.kline(&it, at, out),
            None if it.letters.get(b'u').is_some() && it.letters.get(b'B').is_some() => {
                self.book_ticker(&it, at, out) // spot gives no event type
            }
            _ => {
                self.counts.unknown += 1;
                Ok(())
            }
        }
    }

    fn depth_update(
        &mut self,
        it: &Message<'_>,
        stream: &[u8],
        at: At,
        out: &mut EventBuffer,
    ) -> Result<(), Fault> {
        let symbol = it.symbol.ok_or_else(|| Fault::missing("s"))?;
        let Some(known) = self.symbols.find(symbol)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let time = it.letters.get(b'T').or_else(|| it.letters.get(b'E'));
        let stamp = self.stamp(&known, time, "T", at)?;
        take_side(it.bids, &known, "b", &mut self.bids)?;
        take_side(it.asks, &known, "a", &mut self.asks)?;
        // Where both sides have fewer levels than the stream tells, that is all there is. Changes may tell of those beyond as well, so
        // that one side alone, which has no word of its own here, says nothing of the other.
        let kind = match levels_of(stream) {
            None => DepthKind::Delta,
            Some(most) if self.bids.len().max(self.asks.len()) < most => DepthKind::Snapshot,
            Some(_) => DepthKind::TopSnapshot,
        };
        let depth = Depth {
            kind,
            first_id: it.letters.id(b'U')?,
            last_id: it.letters.id(b'u')?,
            previous_id: it.previous.map_or(Ok(0), |text| id("pu", text))?,
            bids: &self.bids,
            asks: &self.asks,
        };
        out.push_depth(stamp, at.line, &depth);
        self.counts.depths += 1;
        self.counts.levels += (self.bids.len() + self.asks.len()) as u64;
        Ok(())
    }

    /// The answer of `GET .../depth`, recorded among the stream: it names no symbol on USD-M and spot (the request does,
    /// where it was recorded too).
    fn rest_snapshot(&mut self, it: &Message<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let asked = (!self.asked.is_empty()).then_some(&self.asked[..]);
        let known = match it.symbol.or(asked) {
            Some(symbol) => self.symbols.find(symbol)?,
            None => Some(self.symbols.unnamed()?),
        };
        let Some(known) = known.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let time = it.letters.get(b'T').or_else(|| it.letters.get(b'E'));
        let stamp = self.stamp(&known, time, "T", at)?;
        take_side(it.bids, &known, "bids", &mut self.bids)?;
        take_side(it.asks, &known, "asks", &mut self.asks)?;
        let depth = Depth {
            kind: DepthKind::Snapshot,
            first_id: 0,
            last_id: id("lastUpdateId", it.snapshot.unwrap_or(b""))?,
            previous_id: 0,
            bids: &self.bids,
            asks: &self.asks,
        };
        out.push_depth(stamp, at.line, &depth);
        self.counts.snapshots += 1;
        self.counts.snapshot_levels += (self.bids.len() + self.asks.len()) as u64;
        Ok(())
    }

    fn trade(
        &mut self,
        it: &Message<'_>,
        kind: TradeKind,
        at: At,
        out: &mut EventBuffer,
    ) -> Result<(), Fault> {
        if *self.trade_kind.get_or_insert(kind) != kind {
            self.counts.trades_told_twice += 1;
            return Ok(());
        }
        let Some(known) = self.symbols.find(it.letters.need(b's')?)? else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        if it.letters.get(b'X').is_some_and(|x| x != b"MARKET") {
            self.counts.trades_not_market += 1;
            return Ok(());
        }
        let trade = Trade {
            id: TradeId(it.letters.id(if kind == TradeKind::Single { b't' } else { b'a' })?),
            price: known.price("p", it.letters.need(b'p')?)?,
            qty: known.size("q", it.letters.need(b'q')?)?,
            taker: match it.letters.need(b'm')? {
                b"true" => Side::Sell,
                b"false" => Side::Buy,
                other => return Err(Fault::field("m", "true or false", other)),
            },
        };
        let known = *known;
        let time = it.letters.get(b'T').or_else(|| it.letters.get(b'E'));
        out.push_trade(self.stamp(&known, time, "T", at)?, at.line, trade);
        self.counts.trades += 1;
        Ok(())
    }

    fn book_ticker(&mut self, it: &Message<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        if !self.options.quotes {
            self.counts.quotes_left_out += 1;
            return Ok(());
        }
        let Some(known) = self.symbols.find(it.letters.need(b's')?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let side = |price: u8, qty: u8| -> Result<Level, Fault> {
            let qty = known.size(name(qty), it.letters.need(qty)?)?;
            if qty.is_zero() {
                return Ok(Level { price: Price::new(0), qty });
            }
            Ok(Level { price: known.price(name(price), it.letters.need(price)?)?, qty })
        };
        let quote = Quote { id: it.letters.id(b'u')?, bid: side(b'b', b'B')?, ask: side(b'a', b'A')? };
        let time = it.letters.get(b'T').or_else(|| it.letters.get(b'E'));
        out.push_quote(self.stamp(&known, time, "T", at)?, at.line, quote);
        self.counts.quotes += 1;
        Ok(())
    }

    /// Mark and index price. The rate in it settles at the time it names; so it becomes a funding event, at that time,
    /// once a later message names the next time.
    fn mark_price(&mut self, it: &Message<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let Some(known) = self.symbols.find(it.letters.need(b's')?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let stamp = self.stamp(&known, it.letters.get(b'E'), "E", at)?;
        let mark = known.price_near("p", it.letters.need(b'p')?)?;
        let index = it.letters.get(b'i').map(|text| known.price_near("i", text)).transpose()?;
        if let (Some(rate), Some(next)) = (it.letters.get(b'r'), it.letters.get(b'T'))
            && !rate.is_empty()
            && next != b"0"
        {
            let next = millis("T", next)?;
            let grid = Grid::places(12);
            let units = grid.count(rate).map_err(|e| crate::symbols::number_fault("r", grid, e, rate))?;
            if let Some((settled, rate, mark)) = self.funding.announce(known.id, next, Rate::new(units), mark)
            {
                let stamp = Stamp { exchange_at: settled, ..stamp };
                out.push_funding(stamp, at.line, FundingRate { rate, mark: Some(mark) });
                self.counts.others += 1;
            }
        }
        out.push_mark(stamp, at.line, MarkPrice { mark, index });
        self.counts.others += 1;
        Ok(())
    }

    fn force_order(&mut self, it: &Message<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let order = letters(it.inner.ok_or_else(|| Fault::missing("o"))?)?;
        let Some(known) = self.symbols.find(order.need(b's')?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let liquidation = PublicLiquidation {
            side: match order.need(b'S')? {
                b"BUY" => Side::Buy,
                b"SELL" => Side::Sell,
                other => return Err(Fault::field("S", "BUY or SELL", other)),
            },
            price: known.price("p", order.need(b'p')?)?,
            qty: known.size("q", order.need(b'q')?)?,
        };
        let time = order.get(b'T').or_else(|| it.letters.get(b'E'));
        out.push_liquidation(self.stamp(&known, time, "T", at)?, at.line, liquidation);
        self.counts.others += 1;
        Ok(())
    }

    /// Only closed bars become events.
    fn kline(&mut self, it: &Message<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let bar = letters(it.inner.ok_or_else(|| Fault::missing("k"))?)?;
        if bar.need(b'x')? != b"true" {
            self.counts.unknown += 1;
            return Ok(());
        }
        let Some(known) = self.symbols.find(bar.need(b's')?)?.copied() else {
            self.counts.other_symbols += 1;
            return Ok(());
        };
        let open_at = millis("t", bar.need(b't')?)?;
        let close_at = millis("T", bar.need(b'T')?)?.saturating_add(Span::from_millis(1));
        let price = |letter: u8| known.price(name(letter), bar.need(letter)?);
        let size = |letter: u8| known.size(name(letter), bar.need(letter)?);
        let trades = bar.id(b'n')?;
        let event = Bar {
            open_at,
            span: Span::from_nanos(close_at.nanos().saturating_sub(open_at.nanos())),
            open: price(b'o')?,
            high: price(b'h')?,
            low: price(b'l')?,
            close: price(b'c')?,
            volume: size(b'v')?,
            taker_buy: size(b'V')?,
            trades: u32::try_from(trades).map_err(|_| {
                Fault::field("n", "a count below 4,294,967,296", bar.get(b'n').unwrap_or(b""))
            })?,
        };
        let stamp =
            Stamp { instrument: known.id, exchange_at: close_at, arrived_at: at.arrived.unwrap_or(close_at) };
        out.push_bar(stamp, at.line, event);
        self.counts.others += 1;
        Ok(())
    }
}

impl FundingMemory {
    /// Remembers what is announced; gives back what has settled by the announcement of a later time.
    fn announce(
        &mut self,
        instrument: InstrumentId,
        next: Timestamp,
        rate: Rate,
        mark: Price,
    ) -> Option<(Timestamp, Rate, Price)> {
        let Some(last) = self.0.iter_mut().find(|it| it.0 == instrument) else {
            self.0.push((instrument, next, rate, mark));
            return None;
        };
        let settled = (next > last.1).then_some((last.1, last.2, last.3));
        *last = (instrument, next, rate, mark);
        settled
    }
}

fn letters(text: &[u8]) -> Result<Letters<'_>, Fault> {
    let mut all = Letters([None; 58]);
    Json::new(text).object(|key, json| {
        let value = json.value()?;
        if let [letter @ (b'A'..=b'Z' | b'a'..=b'z')] = key {
            all.0[usize::from(letter - b'A')] = Some(value);
        }
        Ok(())
    })?;
    Ok(all)
}

fn later<'a>(json: &mut Json<'a>) -> Result<Side2<'a>, Fault> {
    match json.value()? {
        Value::Nested(it) => Ok(Side2::Later(it)),
        other => Err(Fault::field("levels", "an array", other.text())),
    }
}

fn take_side(
    side: Side2<'_>,
    known: &crate::symbols::Known,
    field: &str,
    levels: &mut Vec<Level>,
) -> Result<(), Fault> {
    match side {
        Side2::Taken => Ok(()),
        Side2::Absent => Err(Fault::missing(field)),
        Side2::Later(text) => take_levels(&mut Json::new(text), known, field, levels),
    }
}

/// `btcusdt@depth5`, `@depth20@100ms`: the best levels whole, so many a side; `@depth`, `@depth@100ms`: changes.
fn levels_of(stream: &[u8]) -> Option<usize> {
    const DEPTH: &[u8] = b"@depth";
    let at = stream.windows(DEPTH.len()).position(|it| it == DEPTH)?;
    let count = stream[at + DEPTH.len()..].iter().take_while(|it| it.is_ascii_digit());
    let count = count.fold(0_usize, |all, it| all.saturating_mul(10).saturating_add(usize::from(it - b'0')));
    (count > 0).then_some(count)
}
