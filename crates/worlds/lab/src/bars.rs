//! Whether `[bars]` can be made of the data.

use crate::feed::Track;
use scalp_config::{Config, ConfigError, Length};
use scalp_market::BarRule;
use scalp_tables::eventfile::Kind;
use scalp_types::{EventStream, Instrument, InstrumentId, Instruments, MarketBody, Span, Timestamp};

/// Refuses `[bars]` that could not be made of the data: a run without a single bar would look like a strategy that
/// never wished to trade.
pub(crate) fn check_bars(
    config: &Config,
    instruments: &Instruments,
    tracks: &[Track],
) -> Result<(), ConfigError> {
    let Some(key) = config.bars.key() else { return Ok(()) };
    let has = |it: &Instrument, kind: Kind| {
        let of_it = |track: &&Track| track.file.instruments().find(&it.spec.venue, &it.spec.symbol).is_some();
        let events =
            |track: &Track| track.file.summary().kinds.iter().any(|it| it.kind == kind && it.events > 0);
        tracks.iter().filter(of_it).any(events)
    };
    let (trades, bars) = (|it: &Instrument| has(it, Kind::Trade), |it: &Instrument| has(it, Kind::Bar));
    if config.bars.needs_trades() {
        if let Some(it) = instruments.iter().find(|it| bars(it) && !trades(it)) {
            let why = "bars do not tell the side of each trade";
            return Err(config.refuse(key, format!("expected data with trades of {}: {why}", it.name())));
        }
        if !instruments.iter().any(trades) {
            return Err(config.refuse(key, "expected data with trades, found none"));
        }
    } else if !instruments.iter().any(|it| trades(it) || bars(it)) {
        return Err(config.refuse(key, "expected data with trades or smaller bars, found none"));
    }
    if let Some(it) = instruments.iter().find(|it| trades(it) && bars(it)) {
        let why = "every trade would count twice";
        return Err(
            config.refuse(key, format!("expected trades or bars of {}, found both: {why}", it.name()))
        );
    }
    check_lengths(config, key, tracks)?;
    check_parts(config, tracks)
}

/// Refuses candles of two lengths of one instrument over one stretch of time.
fn check_lengths(config: &Config, key: &str, tracks: &[Track]) -> Result<(), ConfigError> {
    let mut seen: Vec<(String, Span, [Timestamp; 2])> = Vec::new();
    for track in tracks {
        let Some((first, last)) = track.file.summary().exchange else { continue };
        let (first, last) = (first.max(track.start), last.min(track.end));
        for (id, span) in spans_of_bars(track) {
            let name = track.file.instruments().get(id).name();
            let other =
                seen.iter().find(|it| it.0 == name && it.1 != span && first.max(it.2[0]) < last.min(it.2[1]));
            if let Some((_, before, _)) = other {
                let (before, span) = (before.as_secs_f64(), span.as_secs_f64());
                let problem = format!(
                    "expected candles of one length of {name}, found {before} s and {span} s over one stretch of time: \
                     every trade would count twice"
                );
                return Err(config.refuse(key, problem));
            }
            seen.push((name, span, [first, last]));
        }
    }
    Ok(())
}

/// Refuses `[bars] time` that the bars of the data do not divide: a part would reach beyond the end of its bar.
fn check_parts(config: &Config, tracks: &[Track]) -> Result<(), ConfigError> {
    let Some(Length(whole)) = config.bars.time else { return Ok(()) };
    for track in tracks {
        let mut parts = spans_of_bars(track).into_iter().map(|it| it.1);
        if let Some(part) = parts.find(|it| whole.nanos() % it.nanos() != 0) {
            let (whole, part) = (whole.as_secs_f64(), part.as_secs_f64());
            let problem = format!("is {whole} s, expected a multiple of {part} s, the bars of the data");
            return Err(config.refuse("bars.time", problem));
        }
    }
    Ok(())
}

/// The bars that come with a track, by the instruments of the run.
pub(crate) fn given_bars(track: &Track, instruments: &Instruments) -> Vec<(InstrumentId, BarRule)> {
    let known = |(id, span): (InstrumentId, Span)| {
        let spec = &track.file.instruments().get(id).spec;
        Some((instruments.find(&spec.venue, &spec.symbol)?.id, BarRule::Time(span)))
    };
    spans_of_bars(track).into_iter().filter_map(known).collect()
}

/// Events in which each instrument of a file must show its first bar, counted from the first of any, to be known before the run.
const LOOKED_MAX: usize = 100_000;

/// How long the first bar of each instrument of a track is, where it holds any; bars without a length are left out. What cannot
/// be read is told of by the run.
fn spans_of_bars(track: &Track) -> Vec<(InstrumentId, Span)> {
    let mut found: Vec<(InstrumentId, Span)> = Vec::new();
    if !track.file.summary().kinds.iter().any(|it| it.kind == Kind::Bar && it.events > 0) {
        return found;
    }
    let (mut stream, mut looked) = (track.file.by_exchange(), 0);
    while let Ok(Some(event)) = stream.next()
        && looked < LOOKED_MAX
        && found.len() < track.file.instruments().len()
    {
        if let MarketBody::Bar(bar) = event.body
            && found.iter().all(|it| it.0 != event.instrument)
        {
            found.push((event.instrument, bar.span));
        }
        looked += usize::from(!found.is_empty());
    }
    found.retain(|it| it.1 > Span::ZERO);
    found
}
