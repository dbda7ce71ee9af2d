//! From weights to whole lots, with what is left over.

use crate::error::{Error, parameter, sized};

/// Nodes after which the integer search gives what it has found so far.
const NODES_MAX: usize = 200_000;

/// Whole lots of each asset.
#[derive(Clone, Debug, PartialEq)]
pub struct Lots {
    /// Signed number of lots by asset; negative is short.
    pub counts: Vec<i64>,
    /// Value that is not spent: the value given less the absolute value of all lots.
    pub leftover: f64,
    /// Sum of the absolute differences between what was asked and what the lots are worth.
    pub tracking_error: f64,
    /// Whether no other lots have a smaller sum of tracking error and leftover.
    pub proven: bool,
}

/// Most lots of one asset; above it their value loses its digits.
const LOTS_MAX: f64 = 1e12;

struct Order {
    /// Asked value by asset, without sign.
    asked: Vec<f64>,
    prices: Vec<f64>,
    signs: Vec<i64>,
    value: f64,
}

/// Rounds down, then buys one lot after the other of the asset that is farthest below its weight and can be afforded
/// (the method of `PyPortfolioOpt`). `prices` are of one lot; `value` is the equity that the weights are fractions of.
/// The absolute value of all lots stays within what the weights ask for.
///
/// # Errors
/// A price or a value that is not positive, or a weight that is not finite.
pub fn greedy(weights: &[f64], prices: &[f64], value: f64) -> Result<Lots, Error> {
    let order = Order::new(weights, prices, value)?;
    let budget: f64 = order.asked.iter().sum();
    let mut counts: Vec<i64> = order
        .asked
        .iter()
        .zip(&order.prices)
        .map(|(asked, price)| libm::floor(asked / price) as i64)
        .collect();
    // Heavier first, so that of equal deficits the heavier asset is served.
    let mut rank: Vec<usize> = (0..counts.len()).collect();
    rank.sort_by(|&a, &b| order.asked[b].total_cmp(&order.asked[a]));
    loop {
        let spent = order.spent(&counts);
        let mut best: Option<(f64, usize)> = None;
        for &asset in rank.iter().filter(|it| order.prices[**it] <= budget - spent) {
            let held = counts[asset] as f64 * order.prices[asset];
            let share = if spent > 0.0 { held / spent } else { 0.0 };
            let deficit = order.asked[asset] / budget - share;
            if deficit > best.map_or(0.0, |it| it.0) {
                best = Some((deficit, asset));
            }
        }
        match best {
            Some((_, asset)) => counts[asset] += 1,
            None => return Ok(order.lots(counts, false)),
        }
    }
}

/// The lots with the least sum of tracking error and leftover, by depth-first branch and bound from the greedy answer on.
/// Exact up to two hundred thousand nodes; past them it is the best found, and `proven` is false.
///
/// # Errors
/// As [`greedy`].
pub fn nearest(weights: &[f64], prices: &[f64], value: f64) -> Result<Lots, Error> {
    let start = greedy(weights, prices, value)?;
    let order = Order::new(weights, prices, value)?;
    let mut rank: Vec<usize> = (0..order.asked.len()).filter(|it| order.asked[*it] > 0.0).collect();
    // Large lots first: they decide most, the small ones fill up.
    rank.sort_by(|&a, &b| order.prices[b].total_cmp(&order.prices[a]).then(a.cmp(&b)));
    let mut rest = vec![0.0; rank.len() + 1];
    for at in (0..rank.len()).rev() {
        rest[at] = rest[at + 1] + order.asked[rank[at]];
    }
    let counts: Vec<i64> = start.counts.iter().map(|it| it.abs()).collect();
    let mut search = Search {
        order: &order,
        rank: &rank,
        rest: &rest,
        best: (order.short(&counts), counts.clone()),
        counts: vec![0; counts.len()],
        nodes: 0,
    };
    search.descend(0, rest[0], 0.0);
    let (nodes, best) = (search.nodes, search.best.1);
    Ok(order.lots(best, nodes < NODES_MAX))
}

impl Order {
    fn new(weights: &[f64], prices: &[f64], value: f64) -> Result<Self, Error> {
        sized("weights", weights, prices.len())?;
        crate::error::finite("prices", prices)?;
        parameter("value", value, "more than zero", value > 0.0)?;
        if let Some(&price) = prices.iter().find(|it| **it <= 0.0) {
            return Err(Error::Parameter {
                name: "price of a lot",
                value: price,
                expected: "more than zero",
            });
        }
        for (weight, price) in weights.iter().zip(prices) {
            let lots = weight.abs() * value / price;
            parameter("number of lots", lots, "at most 10^12; join small lots", lots <= LOTS_MAX)?;
        }
        Ok(Self {
            asked: weights.iter().map(|it| it.abs() * value).collect(),
            prices: prices.to_vec(),
            signs: weights.iter().map(|it| if *it < 0.0 { -1 } else { 1 }).collect(),
            value,
        })
    }

    fn spent(&self, counts: &[i64]) -> f64 {
        counts.iter().zip(&self.prices).map(|(count, price)| *count as f64 * price).sum()
    }

    /// What is asked and not served. The sum of tracking error and leftover is twice this plus a constant.
    fn short(&self, counts: &[i64]) -> f64 {
        let served = counts.iter().zip(&self.prices).map(|(count, price)| *count as f64 * price);
        self.asked.iter().zip(served).map(|(asked, served)| (asked - served).max(0.0)).sum()
    }

    fn lots(&self, counts: Vec<i64>, proven: bool) -> Lots {
        let served = counts.iter().zip(&self.prices).map(|(count, price)| *count as f64 * price);
        let tracking_error =
            self.asked.iter().zip(served).map(|(asked, served)| (asked - served).abs()).sum();
        let leftover = self.value - self.spent(&counts);
        let counts = counts.iter().zip(&self.signs).map(|(count, sign)| count * sign).collect();
        Lots { counts, leftover, tracking_error, proven }
    }
}

struct Search<'a> {
    order: &'a Order,
    rank: &'a [usize],
    /// What the assets from a rank on ask for.
    rest: &'a [f64],
    best: (f64, Vec<i64>),
    counts: Vec<i64>,
    nodes: usize,
}

impl Search<'_> {
    /// Tries the lots of the asset at rank `at`, with `left` to spend and `short` not served so far.
    fn descend(&mut self, at: usize, left: f64, short: f64) {
        // Even with lots of any size the rest could not be served better than its money allows.
        let bound = short + (self.rest[at] - left).max(0.0);
        if bound >= self.best.0 - 1e-9 || self.nodes >= NODES_MAX {
            return;
        }
        self.nodes += 1;
        let Some(&asset) = self.rank.get(at) else {
            self.best = (short, self.counts.clone());
            return;
        };
        let (asked, price) = (self.order.asked[asset], self.order.prices[asset]);
        let affordable = libm::floor((left + 1e-9) / price) as i64;
        let most = (libm::floor(asked / price) as i64 + 1).min(affordable);
        for count in (0..=most).rev() {
            let cost = count as f64 * price;
            let missing = (asked - cost).max(0.0);
            if short + missing >= self.best.0 - 1e-9 {
                break;
            }
            self.counts[asset] = count;
            self.descend(at + 1, left - cost, short + missing);
        }
        self.counts[asset] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_is_as_good_as_trying_everything() {
        let weights = [0.31, 0.23, -0.27, 0.19];
        let prices = [7.3, 11.9, 3.7, 23.1];
        let found = nearest(&weights, &prices, 100.0).unwrap();
        assert!(found.proven);
        let order = Order::new(&weights, &prices, 100.0).unwrap();
        let mut best = f64::INFINITY;
        for code in 0..6 * 4 * 10 * 3 {
            let counts: Vec<i64> =
                [code % 6, code / 6 % 4, code / 24 % 10, code / 240].map(i64::from).to_vec();
            if order.spent(&counts) <= 100.0 {
                let lots = order.lots(counts, true);
                best = best.min(lots.tracking_error + lots.leftover);
            }
        }
        assert!((found.tracking_error + found.leftover - best).abs() < 1e-9);
        assert!(found.counts[2] < 0);
    }

    #[test]
    fn lots_too_large_for_the_value_leave_everything_over() {
        let lots = nearest(&[0.5, 0.5], &[1000.0, 900.0], 100.0).unwrap();
        assert_eq!(lots.counts, [0, 0]);
        assert!((lots.leftover - 100.0).abs() < 1e-12);
        assert!(greedy(&[0.5], &[0.0], 100.0).is_err());
    }
}
