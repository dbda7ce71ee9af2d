//! An event file of one instrument as rows of features: what the rules of a run read of the same events.

use super::FeaturesError;
use super::larger::not_at_multiples;
use super::remarks::{Depths, Lost};
use super::table::Series;
use scalp_features::{BarRow, Pipeline, Schema};
use scalp_market::{Absurd, BarRule, Bars, InstrumentMarket, Market, MarketChange, Undivided};
use scalp_strategy::signal::outside::Beside;
use scalp_strategy::signal::reading::{Moments, Reading, Scale};
use scalp_tables::eventfile::{EventFile, Kind, SidesEstimated};
use scalp_types::{Bar, EventStream, Instrument, InstrumentId, MarketBody};
use std::path::Path;

/// An event file of one instrument.
#[derive(Debug, Clone)]
pub struct Recorded(EventFile);

/// What was found as an event file was played.
pub(super) struct Played {
    pub(super) lost: Lost,
    pub(super) depths: Depths,
}

/// The levels of the shorter side of the book that an event brought, as far as so many are looked at; none where it brought none.
fn book_levels(body: &MarketBody<'_>, market: &InstrumentMarket, levels: usize) -> Option<usize> {
    match body {
        MarketBody::Depth(_) if market.has_new_book => {
            let (bids, asks) = (market.book.bids().take(levels), market.book.asks().take(levels));
            Some(bids.count().min(asks.count()))
        }
        MarketBody::Quote(it) if !market.has_depth => {
            Some(usize::from(!it.bid.qty.is_zero() && !it.ask.qty.is_zero()))
        }
        _ => None,
    }
}

impl PartialEq for Recorded {
    fn eq(&self, other: &Self) -> bool {
        self.0.path() == other.0.path()
    }
}

impl Recorded {
    pub(super) fn open(path: &Path) -> Result<Recorded, FeaturesError> {
        let file = EventFile::open(path).map_err(|e| FeaturesError::table(path, e.to_string()))?;
        let names: Vec<String> = file.instruments().iter().map(|it| it.name()).collect();
        if names.len() != 1 {
            let what = format!("expected the events of one instrument, got {}", names.join(", "));
            return Err(FeaturesError::table(path, what));
        }
        Ok(Recorded(file))
    }

    /// The instrument that it is of.
    pub(super) fn instrument(&self) -> &Instrument {
        // Checked as it was opened.
        self.0.instruments().get(InstrumentId(0))
    }

    /// What features make of its prices and sizes.
    pub(super) fn scale(&self) -> Scale {
        Scale::of(self.instrument())
    }

    /// Whether books or quotes are among the events.
    pub(super) fn has_books(&self) -> bool {
        let is_book = |kind: Kind| matches!(kind, Kind::Depth | Kind::Quote);
        self.0.summary().kinds.iter().any(|it| it.events > 0 && is_book(it.kind))
    }

    /// Whether trades are among the events.
    pub(super) fn has_trades(&self) -> bool {
        self.0.summary().kinds.iter().any(|it| it.events > 0 && it.kind == Kind::Trade)
    }

    /// The trades whose side was estimated when the file was made.
    pub(super) fn sides_estimated(&self) -> Option<SidesEstimated> {
        self.0.summary().sides_estimated
    }

    /// Whether candles can be made of the events: of trades or of smaller candles, not of both, which would count each trade
    /// twice.
    fn check_bars(&self, rule: BarRule) -> Result<(), FeaturesError> {
        let has = |kind: Kind| self.0.summary().kinds.iter().any(|it| it.kind == kind && it.events > 0);
        if matches!(rule, BarRule::Flow(_)) && !has(Kind::Trade) {
            let what = "it holds no trades, and imbalance and run bars need the side of each: candles do not tell it";
            return Err(self.fault(what.to_owned()));
        }
        if has(Kind::Bar) && has(Kind::Trade) {
            let what = "it holds trades and candles: bars of both would count each trade twice; import one of them alone";
            return Err(self.fault(what.to_owned()));
        }
        Ok(())
    }

    /// Why a candle is not part of bars of time: because of its length, or of where it and others begin.
    fn undivided(&self, why: &Undivided, part: &Bar) -> String {
        let (own, whole) = (why.part.nanos(), why.bar.nanos());
        if own <= 0 || whole % own != 0 || part.open_at.candle_start(part.span) == part.open_at {
            return why.to_string();
        }
        not_at_multiples(own, whole, self.0.summary().bars_off.map_or(part.open_at, |it| it.first))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Feeds the events in the order of their arrival, and says when a row is whole: at each bar, made of trades and of smaller
    /// bars, where bars are asked for, else at each trade and each book. Bars and books are made by what makes them in a run
    /// without `book_sync`, so the values are those of a run. `row` is told the time of a row, of a bar its start, and when it was
    /// known: with the arrival of the event and of all before, a bar as [`InstrumentMarket::heard_at`] says. Books are counted by
    /// whether they have so many `levels` a side.
    pub(super) fn play(
        &self,
        (schema, pipeline): (&Schema, &mut Pipeline),
        series: &[Series],
        rule: Option<BarRule>,
        levels: usize,
        mut row: impl FnMut(i64, i64, &mut Pipeline),
    ) -> Result<Played, FeaturesError> {
        if let Some(rule) = rule {
            self.check_bars(rule)?;
        }
        let (instruments, instrument, scale) = (self.0.instruments(), self.instrument(), self.scale());
        let are_rows = rule.is_none();
        let mut reading =
            if are_rows { Reading::of_rows(schema, scale) } else { Reading::new(schema, scale) };
        let mut market = Market::new(instruments);
        market.tell_changes(reading.reads_book());
        // The rule was checked.
        let mut bars = rule.and_then(|it| Bars::new(it).ok());
        let mut moments = Moments::default();
        let mut beside = Beside::of_files(series.iter().map(|it| (&it.outside, it.observations.as_slice())));
        let (mut stream, mut depths, mut unfinished) = (self.0.by_arrival(), Depths::of(levels), 0);
        while let Some(event) = stream.next().map_err(|e| self.fault(e.to_string()))? {
            let event = market.dated(&event);
            if let MarketChange::Refused(why) = market.on_event(&event) {
                unfinished += u64::from(why == Absurd::Stamp);
                continue;
            }
            if levels > 1
                && let Some(there) = book_levels(&event.body, market.state(instrument.id), levels)
            {
                depths.see(there);
            }
            let closed = match (&event.body, &mut bars) {
                (MarketBody::Trade(trade), Some(bars)) => [bars.push(trade, event.exchange_at), None],
                (MarketBody::Bar(part), Some(bars)) => {
                    bars.push_bar(part).map_err(|why| self.fault(self.undivided(&why, part)))?
                }
                // As in a run, where whatever the venue says at a time says that the time has come, but of bars of candles.
                (_, Some(bars)) if !market.state(instrument.id).tells_candles() => {
                    [bars.on_time(event.exchange_at), None]
                }
                _ => [None, None],
            };
            let mut is_fed = false;
            for bar in closed.into_iter().flatten() {
                let state = market.state(instrument.id);
                let (open_at, close_at) = moments.of(bar.open_at, bar.span, state.known_at(&bar));
                let values = scale.bar(&bar);
                beside.publish(pipeline, close_at);
                is_fed = reading.feed_closing(pipeline, &bar, state);
                // One that the pipeline refuses, as it starts before the last, says nothing.
                if pipeline.on_bar(&BarRow { open_at, close_at, values: &values }).is_ok() {
                    row(open_at, state.heard_at(&bar).nanos().max(close_at), pipeline);
                }
            }
            let is_row =
                matches!(event.body, MarketBody::Trade(_) | MarketBody::Depth(_) | MarketBody::Quote(_));
            if is_fed {
                continue;
            }
            beside.publish(pipeline, event.exchange_at.nanos());
            let is_fed = reading.feed(pipeline, &event, market.state(instrument.id));
            if are_rows && is_row {
                // A quote beside a book tells nothing but the time.
                if !is_fed {
                    pipeline.on_time(event.exchange_at.nanos());
                }
                row(event.exchange_at.nanos(), market.state(instrument.id).heard().nanos(), pipeline);
            }
        }
        let repeated = market.state(instrument.id).health.bars_repeated;
        Ok(Played { lost: Lost { late: bars.map_or(0, |it| it.late()), repeated, unfinished }, depths })
    }

    fn fault(&self, what: String) -> FeaturesError {
        FeaturesError::table(self.0.path(), what)
    }
}
