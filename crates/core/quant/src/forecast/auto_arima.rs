//! The order of an ARIMA model by the stepwise search of Hyndman & Khandakar (2008, Journal of Statistical Software
//! 27.3): differences by KPSS tests, then neighbours of the best model so far by the corrected Akaike criterion.

use super::arima::{Arima, DIFFERENCES_MAX, ORDER_MAX, Order};
use crate::Error;
use crate::hypothesis::unit_root::differences_needed;

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
        let limit = |name, value: usize, max: usize| {
            crate::series::check_parameter(name, value as f64, value <= max, "within the limits of the room")
        };
        limit("order_max", bounds.order_max, ORDER_MAX)?;
        limit("differences_max", bounds.differences_max, DIFFERENCES_MAX)?;
        let d = differences_needed(x, bounds.differences_max)?;
        let may = d <= 1;
        let top = bounds.order_max;
        let starts = [(2, 2, may), (0, 0, may), (1, 0, may), (0, 1, may), (0, 0, false)];
        let mut tried: Vec<Order> = Vec::new();
        let mut best: Option<Self> = None;
        let mut refused = None;
        let mut attempt = |order: Order, best: &mut Option<Self>| {
            if tried.contains(&order) || tried.len() >= bounds.models_max {
                return false;
            }
            tried.push(order);
            match Self::fit(x, order) {
                Ok(model) if best.as_ref().is_none_or(|b| model.aicc < b.aicc) => {
                    *best = Some(model);
                    true
                }
                Ok(_) => false,
                Err(error) => {
                    refused.get_or_insert(error);
                    false
                }
            }
        };
        for (p, q, constant) in starts {
            attempt(Order { p: p.min(top), d, q: q.min(top), constant }, &mut best);
        }
        while let Some(now) = best.as_ref().map(|b| b.order) {
            let moves: [(isize, isize, bool); 9] = [
                (-1, 0, false),
                (1, 0, false),
                (0, -1, false),
                (0, 1, false),
                (-1, -1, false),
                (1, 1, false),
                (-1, 1, false),
                (1, -1, false),
                (0, 0, true),
            ];
            // The first neighbour that is better is the next centre, as in the paper.
            let better = moves.into_iter().any(|(p, q, toggle)| {
                let (Some(p), Some(q)) = (now.p.checked_add_signed(p), now.q.checked_add_signed(q)) else {
                    return false;
                };
                let constant = if toggle { !now.constant } else { now.constant };
                p <= top && q <= top && (may || !constant) && attempt(Order { p, d, q, constant }, &mut best)
            });
            if !better {
                break;
            }
        }
        match (best, refused) {
            (Some(model), _) => Ok(model),
            (None, Some(error)) => Err(error),
            (None, None) => Err(Error::Parameter { name: "models_max", value: 0.0, expected: "at least 1" }),
        }
    }
}
