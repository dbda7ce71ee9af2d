//! The grid that returns are measured on: as fine as the length of a run suits, never finer than what is known of its
//! equity. A finer grid would find nothing new at most of its points and call that a return of zero.

use crate::feed::Track;
use crate::metrics::sampling::{natural_step, step_for};
use scalp_types::{MarketBody, Span, StreamError};

/// Prices that are looked at to find how far apart they are.
const PRICES_MAX: usize = 4_096;

/// The distance of two points and what decided it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The distance.
    pub step: Span,
    natural: Span,
    sampled: Span,
    prices: Span,
}

impl Grid {
    /// For a run of this length whose equity was looked at every `sampled`, and whose prices are `prices` apart.
    pub fn of(length: Span, sampled: Span, prices: Span) -> Self {
        let (natural, every) = (natural_step(length), sampled.nanos().max(1));
        // Equity is known at multiples of the sample alone.
        let known = ((prices.nanos().max(1) - 1) / every + 1).saturating_mul(every);
        Self { step: step_for(length, Span::from_nanos(known)), natural, sampled, prices }
    }

    /// Why the grid is what it is, as a sentence.
    pub fn reason(&self) -> String {
        let step = in_words(self.step);
        if self.prices > self.natural && self.prices > self.sampled {
            let prices = in_words(self.prices);
            format!("Returns are over {step}: the prices in the data are {prices} apart.")
        } else if self.sampled > self.natural {
            format!("Returns are over {step}: equity was sampled every {}.", in_words(self.sampled))
        } else {
            format!("Returns are over {step}, as suits the length of the run.")
        }
    }

    /// A sentence for a run whose equity was looked at less often than its length and its data ask for.
    pub fn warning(&self) -> Option<String> {
        let finest = self.natural.max(self.prices);
        (self.sampled > finest).then(|| {
            format!(
                "Equity was sampled every {}, so returns are over {} and not over {} as the length of the run allows: \
                 volatility, ratios and value at risk count those alone, and a fall between two samples is not seen.",
                in_words(self.sampled),
                in_words(self.step),
                in_words(finest)
            )
        })
    }
}

/// How far apart the prices of the finest track are: the median distance of the first of them. Zero when no track has
/// two.
pub fn prices_apart(tracks: &[Track]) -> Result<Span, StreamError> {
    let mut finest: Option<Span> = None;
    for track in tracks {
        let apart = apart(track)?;
        finest = match (finest, apart) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    Ok(finest.unwrap_or(Span::ZERO))
}

fn apart(track: &Track) -> Result<Option<Span>, StreamError> {
    let mut cursor = track.file.by_arrival().shifted(track.shift).between(track.start, track.end)?;
    let (mut last, mut gaps) = (None, Vec::new());
    for _ in 0..PRICES_MAX {
        let price = |event: &mut scalp_types::MarketEvent<'_>| {
            let moves = matches!(
                event.body,
                MarketBody::Trade(_)
                    | MarketBody::Depth(_)
                    | MarketBody::Order(_)
                    | MarketBody::Quote(_)
                    | MarketBody::Bar(_)
                    | MarketBody::Mark(_)
            );
            moves.then_some(event.arrived_at)
        };
        let Some(at) = cursor.hand(price)? else { break };
        let Some(at) = at else { continue };
        gaps.extend(last.map(|last| at - last).filter(|it| *it > Span::ZERO));
        last = Some(at);
    }
    let middle = gaps.len() / 2;
    Ok((!gaps.is_empty()).then(|| *gaps.select_nth_unstable(middle).1))
}

/// `1 hour`, `90 seconds`.
pub(super) fn in_words(step: Span) -> String {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];
    let unit = units.map(|(name, seconds)| (name, Span::from_secs(seconds).nanos()));
    let whole = unit.into_iter().find(|it| step >= Span::from_nanos(it.1) && step.nanos() % it.1 == 0);
    let Some((name, nanos)) = whole else { return format!("{} seconds", step.as_secs_f64()) };
    let count = step.nanos() / nanos;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_is_never_finer_than_the_prices_or_the_samples() {
        let (minute, hour, day) = (60, 3_600, 86_400);
        for (length, sampled, prices, step) in [
            (day, minute, 1, minute),
            (day, minute, hour, hour),
            (30 * day, minute, day, day),
            (30 * day, minute, 4 * hour, 4 * hour),
            (90 * day, hour, hour, day),
            (90 * day, hour, 7 * day, 7 * day),
            (day, 7 * minute, hour, 63 * minute),
            (day, hour, minute, hour),
            (day, minute, 61, 2 * minute),
        ] {
            let grid = Grid::of(Span::from_secs(length), Span::from_secs(sampled), Span::from_secs(prices));
            assert_eq!(
                grid.step,
                Span::from_secs(step),
                "{length} s, sampled every {sampled} s, prices {prices} s"
            );
        }
        assert_eq!(Grid::of(Span::ZERO, Span::from_secs(60), Span::ZERO).step, Span::from_secs(60));
    }

    #[test]
    fn what_decided_the_grid_is_said() {
        let of = |sampled, prices| Grid::of(Span::DAY, Span::from_secs(sampled), Span::from_secs(prices));
        assert_eq!(
            of(60, 3_600).reason(),
            "Returns are over 1 hour: the prices in the data are 1 hour apart."
        );
        assert_eq!(of(60, 1).reason(), "Returns are over 1 minute, as suits the length of the run.");
        assert_eq!(of(7_200, 1).reason(), "Returns are over 2 hours: equity was sampled every 2 hours.");
        assert!(of(7_200, 1).warning().is_some_and(|it| it.contains("not over 1 minute")));
        assert_eq!(of(3_600, 3_600).warning(), None, "no finer sample would have seen more");
    }
}
