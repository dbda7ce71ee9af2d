//! Statistics of closed round trips, and what luck had to do with them.

use super::{MetricError, finite, mean, needs};
use scalp_quant::bootstrap::{Method, Percentiles, Resampler};
use scalp_quant::rng::Key;
use scalp_types::{Span, Timestamp};

/// One closed round trip, after all costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClosedTrade {
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed.
    pub closed: Timestamp,
    /// Profit in currency, after fees and funding.
    pub profit: f64,
}

/// Counts and means of the round trips of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradeStats {
    /// Round trips.
    pub count: usize,
    /// Those with a profit above zero.
    pub wins: usize,
    /// Those with a profit below zero.
    pub losses: usize,
    /// `wins / count`.
    pub win_rate: f64,
    /// Mean profit of a round trip, in currency.
    pub expectancy: f64,
    /// Mean time held.
    pub mean_duration: Span,
    /// Largest profit of one round trip.
    pub best: f64,
    /// Smallest profit of one round trip.
    pub worst: f64,
}

/// Statistics of at least one round trip.
pub fn stats(trades: &[ClosedTrade]) -> Result<TradeStats, MetricError> {
    needs("trade statistics: closed trades", 1, trades.len())?;
    let profits = profits(trades);
    finite(&profits)?;
    let wins = profits.iter().filter(|p| **p > 0.0).count();
    let held: i128 = trades.iter().map(|t| i128::from(t.closed.nanos()) - i128::from(t.opened.nanos())).sum();
    Ok(TradeStats {
        count: trades.len(),
        wins,
        losses: profits.iter().filter(|p| **p < 0.0).count(),
        win_rate: wins as f64 / trades.len() as f64,
        expectancy: mean(&profits),
        mean_duration: Span::from_nanos(i64::try_from(held / trades.len() as i128).unwrap_or(i64::MAX)),
        best: profits.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        worst: profits.iter().copied().fold(f64::INFINITY, f64::min),
    })
}

/// The profits alone.
pub fn profits(trades: &[ClosedTrade]) -> Vec<f64> {
    trades.iter().map(|t| t.profit).collect()
}

/// Profit factor: sum of the winning profits over the sum of the losing ones, as a positive number.
pub fn profit_factor(profits: &[f64]) -> Result<f64, MetricError> {
    needs("the profit factor: closed trades", 1, profits.len())?;
    finite(profits)?;
    let gains: f64 = profits.iter().map(|p| p.max(0.0)).sum();
    let losses: f64 = profits.iter().map(|p| -p.min(0.0)).sum();
    if losses > 0.0 {
        Ok(gains / losses)
    } else {
        Err(MetricError::Undefined { what: "the profit factor", why: "there is no losing trade" })
    }
}

/// Payoff: mean winning profit over mean losing one, as a positive number.
pub fn payoff(profits: &[f64]) -> Result<f64, MetricError> {
    let factor = profit_factor(profits)?;
    let wins = profits.iter().filter(|p| **p > 0.0).count();
    let losses = profits.iter().filter(|p| **p < 0.0).count();
    if wins == 0 {
        return Err(MetricError::Undefined { what: "the payoff", why: "there is no winning trade" });
    }
    Ok(factor * losses as f64 / wins as f64)
}

/// Fewest round trips worth resampling.
pub const RESAMPLED_MIN: usize = 20;

/// Resampled figures of the profits of closed trades; `None` where one does not exist (no losing trade) in more than one
/// resample of twenty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradeBootstrap {
    /// Mean profit of a trade, in currency.
    pub expectancy: Option<Percentiles>,
    /// Profit factor.
    pub profit_factor: Option<Percentiles>,
    /// Share of winning trades.
    pub win_rate: Option<Percentiles>,
}

/// Resamples the profits of closed trades one by one, with replacement (Efron 1979). Needs [`RESAMPLED_MIN`] finite
/// profits and one resample.
pub fn resampled(profits: &[f64], resamples: u32, seed: u64) -> Result<TradeBootstrap, MetricError> {
    needs("a bootstrap of trades: closed trades", RESAMPLED_MIN, profits.len())?;
    finite(profits)?;
    if !(1..=1_000_000).contains(&resamples) {
        return Err(MetricError::OutOfRange { what: "the number of resamples (1 to 1,000,000)" });
    }
    let (resampler, key) =
        (Resampler::new(profits, Method::Independent)?, Key::named(seed, "trade bootstrap"));
    let (n, count) = (profits.len() as f64, resamples as usize);
    let mut figures: [Vec<f64>; 3] = std::array::from_fn(|_| Vec::with_capacity(count));
    let [means, factors, rates] = &mut figures;
    for number in 0..u64::from(resamples) {
        let (mut gains, mut losses, mut wins) = (0.0, 0.0, 0_u64);
        resampler.pieces(&mut key.stream(number), profits.len(), |piece| {
            for profit in piece {
                gains += profit.max(0.0);
                losses -= profit.min(0.0);
                wins += u64::from(*profit > 0.0);
            }
        });
        means.push((gains - losses) / n);
        rates.push(wins as f64 / n);
        if losses > 0.0 {
            factors.push(gains / losses);
        }
    }
    Ok(TradeBootstrap {
        expectancy: Percentiles::of_defined(means, count),
        profit_factor: Percentiles::of_defined(factors, count),
        win_rate: Percentiles::of_defined(rates, count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(profit: f64, seconds: i64) -> ClosedTrade {
        ClosedTrade {
            opened: Timestamp::from_secs(100).unwrap(),
            closed: Timestamp::from_secs(100 + seconds).unwrap(),
            profit,
        }
    }

    #[test]
    fn four_trades_by_hand() {
        let trades = [trade(10.0, 60), trade(-5.0, 120), trade(0.0, 0), trade(20.0, 60)];
        let got = stats(&trades).unwrap();
        assert_eq!((got.count, got.wins, got.losses), (4, 2, 1));
        assert!((got.win_rate - 0.5).abs() < 1e-15);
        assert!((got.expectancy - 6.25).abs() < 1e-15);
        assert_eq!(got.mean_duration, Span::from_secs(60));
        assert!((profit_factor(&profits(&trades)).unwrap() - 6.0).abs() < 1e-15);
        assert!((payoff(&profits(&trades)).unwrap() - 3.0).abs() < 1e-15);
    }

    #[test]
    fn no_trade_and_no_loss_have_their_reasons() {
        assert!(matches!(stats(&[]), Err(MetricError::TooShort { needs: 1, got: 0, .. })));
        assert!(matches!(profit_factor(&[1.0]), Err(MetricError::Undefined { .. })));
        assert!(matches!(payoff(&[-1.0]), Err(MetricError::Undefined { .. })));
    }

    #[test]
    fn the_spread_of_the_mean_is_that_of_theory() {
        let mut stream = Key::named(3, "trades").stream(0);
        let profits: Vec<f64> = (0..400).map(|_| 0.1 + stream.normal()).collect();
        let got = resampled(&profits, 4_000, 5).unwrap().expectancy.unwrap();
        let middle = mean(&profits);
        let squares: f64 = profits.iter().map(|p| (p - middle) * (p - middle)).sum();
        let error = libm::sqrt(squares / 400.0 / 400.0);
        assert!(((got.p95 - got.p5) / (2.0 * 1.644_853_6 * error) - 1.0).abs() < 0.05);
        assert!((got.p50 - middle).abs() < 0.1 * error);
        assert_eq!(resampled(&profits, 100, 1), resampled(&profits, 100, 1));
        assert_ne!(resampled(&profits, 100, 1), resampled(&profits, 100, 2));
    }

    #[test]
    fn trades_that_always_win_have_no_factor_and_few_are_refused() {
        assert_eq!(resampled(&[1.0; 40], 50, 1).unwrap().profit_factor, None);
        assert!(resampled(&[1.0; 19], 50, 1).is_err());
        assert!(resampled(&[1.0; 40], 0, 1).is_err() && resampled(&[1.0; 40], 1_000_001, 1).is_err());
        assert!(resampled(&[f64::NAN; 40], 50, 1).is_err());
    }
}
