//! The order of an ARIMA model by the stepwise search of Hyndman & Khandakar (2008, Journal of Statistical Software
//! 27.3): differences by KPSS tests, a seasonal one by the strength of the season, then neighbours of the best model so far
//! by the corrected Akaike criterion.

use super::arima::{Arima, DIFFERENCES_MAX, ORDER_MAX, Order, SeasonalOrder, difference};
use super::stl::{Windows, stl};
use crate::Error;
use crate::hypothesis::unit_root::differences_needed;
use crate::series::moments;

/// Strength of a season from which on it is differenced away, as in the package `forecast` of R.
const SEASON_STRONG: f64 = 0.64;
/// Largest P and Q that the search tries.
const SEASONAL_TRIED_MAX: usize = 2;

/// Bounds of the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepwise {
    /// Largest p and q, at most 8; 5 is usual.
    pub order_max: usize,
    /// Largest d, at most 2.
    pub differences_max: usize,
    /// Models tried at most; 94 is usual.
    pub models_max: usize,
}

impl Default for Stepwise {
    fn default() -> Self {
        Self { order_max: 5, differences_max: 2, models_max: 94 }
    }
}

impl Arima {
    /// Chooses the order and fits it. A constant is tried for up to one difference. A neighbour that cannot be fitted is
    /// passed over; if none can, the first refusal is the answer.
    pub fn auto(x: &[f64], bounds: Stepwise) -> Result<Self, Error> {
        Self::search(x, bounds, None, 0)
    }

    /// Chooses the order of a seasonal model and fits it, with P and Q of at most 2. Needs two whole periods.
    pub fn auto_seasonal(x: &[f64], period: usize, bounds: Stepwise) -> Result<Self, Error> {
        let d = usize::from(season_strength(x, period)? > SEASON_STRONG);
        Self::search(x, bounds, Some(period), d)
    }

    fn search(x: &[f64], bounds: Stepwise, period: Option<usize>, seasonal_d: usize) -> Result<Self, Error> {
        let limit = |name, value: usize, max: usize| {
            crate::series::check_parameter(name, value as f64, value <= max, "within the limits of the room")
        };
        limit("order_max", bounds.order_max, ORDER_MAX)?;
        limit("differences_max", bounds.differences_max, DIFFERENCES_MAX)?;
        let unseasonal = match period {
            Some(period) if seasonal_d > 0 => difference(x, period),
            _ => x.to_vec(),
        };
        let d = differences_needed(&unseasonal, bounds.differences_max)?;
        let may = d + seasonal_d <= 1;
        let top = [bounds.order_max, bounds.order_max, SEASONAL_TRIED_MAX, SEASONAL_TRIED_MAX];
        let mut tried: Vec<([usize; 4], bool)> = Vec::new();
        let mut best: Option<(Self, [usize; 4])> = None;
        let mut refused = None;
        // Counts of AR, MA, seasonal AR, seasonal MA terms.
        let mut attempt = |counts: [usize; 4], constant: bool, best: &mut Option<(Self, [usize; 4])>| {
            if tried.contains(&(counts, constant)) || tried.len() >= bounds.models_max {
                return false;
            }
            tried.push((counts, constant));
            let [p, q, seasonal_p, seasonal_q] = counts;
            let seasonal =
                period.map(|period| SeasonalOrder { p: seasonal_p, d: seasonal_d, q: seasonal_q, period });
            let order = Order { p, d, q, constant };
            let fitted = match seasonal {
                Some(seasonal) => Self::fit_seasonal(x, order, seasonal),
                None => Self::fit(x, order),
            };
            match fitted {
                Ok(model) if best.as_ref().is_none_or(|b| model.aicc < b.0.aicc) => {
                    *best = Some((model, counts));
                    true
                }
                Ok(_) => false,
                Err(error) => {
                    refused.get_or_insert(error);
                    false
                }
            }
        };
        let season = usize::from(period.is_some());
        for (p, q, seasonal_p, seasonal_q, constant) in [
            (2, 2, season, season, may),
            (0, 0, 0, 0, may),
            (1, 0, season, 0, may),
            (0, 1, 0, season, may),
            (0, 0, 0, 0, false),
        ] {
            attempt([p.min(top[0]), q.min(top[1]), seasonal_p, seasonal_q], constant, &mut best);
        }
        while let Some((now, constant)) = best.as_ref().map(|b| (b.1, b.0.order.constant)) {
            // The first neighbour that is better is the next centre, as in the paper.
            let better = neighbours(period.is_some()).any(|moves| {
                let mut next = now;
                for ((count, by), top) in next.iter_mut().zip(moves).zip(top) {
                    match count.checked_add_signed(by).filter(|it| *it <= top) {
                        Some(moved) => *count = moved,
                        None => return false,
                    }
                }
                attempt(next, constant, &mut best)
            });
            let better = better || (may && attempt(now, !constant, &mut best));
            if !better {
                break;
            }
        }
        match (best, refused) {
            (Some((model, _)), _) => Ok(model),
            (None, Some(error)) => Err(error),
            (None, None) => Err(Error::Parameter { name: "models_max", value: 0.0, expected: "at least 1" }),
        }
    }
}

/// One more or one less of each kind of term, and of both kinds of a part.
fn neighbours(seasonal: bool) -> impl Iterator<Item = [isize; 4]> {
    const STEPS: [(isize, isize); 8] = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (-1, 1), (1, -1)];
    let parts = if seasonal { 2 } else { 1 };
    (0..parts).rev().flat_map(|part| {
        STEPS.into_iter().map(move |(p, q)| if part == 0 { [p, q, 0, 0] } else { [0, 0, p, q] })
    })
}

/// Share of the variance without trend that is the season's (Wang, Smith & Hyndman 2006): 0 for none, 1 for nothing else.
fn season_strength(x: &[f64], period: usize) -> Result<f64, Error> {
    let parts = stl(x, period, Windows { seasonal: 11, trend: None, robust: false })?;
    let variance = |values: &[f64]| moments(values).m2;
    let moving: Vec<f64> = parts.seasons[0].iter().zip(&parts.rest).map(|(s, r)| s + r).collect();
    let all = variance(&moving);
    Ok(if all > 0.0 { (1.0 - variance(&parts.rest) / all).max(0.0) } else { 0.0 })
}
