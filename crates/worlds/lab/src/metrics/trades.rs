//! Statistics of closed round trips.

use super::{MetricError, finite, mean, needs};
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
}
