//! The times and kinds of orders: a multivariate Hawkes process with one exponential kernel, drawn by thinning
//! (Ogata, "On Lewis' simulation method for point processes", 1981). Between events the excitation only fades, so the
//! intensity just after the last event bounds what follows.

use super::config::{FlowConfig, SyntheticError};
use scalp_types::rng::Stream;

/// Kinds of order.
pub const KINDS: usize = 6;
/// The kinds, in the order of the arrays below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A market order that buys.
    MarketBuy,
    /// A market order that sells.
    MarketSell,
    /// A limit order to buy.
    LimitBid,
    /// A limit order to sell.
    LimitAsk,
    /// Part of the bids goes.
    CancelBid,
    /// Part of the asks goes.
    CancelAsk,
}

const ALL: [Kind; KINDS] =
    [Kind::MarketBuy, Kind::MarketSell, Kind::LimitBid, Kind::LimitAsk, Kind::CancelBid, Kind::CancelAsk];

/// Mean numbers of children: `BRANCHES[child][parent]`.
pub type Branches = [[f64; KINDS]; KINDS];

/// The children of each kind that each kind causes.
pub fn branches(config: &FlowConfig) -> Branches {
    let same = config.trade_by_trade * config.same_side;
    let cross = config.trade_by_trade - same;
    let (lt, ct) = (config.limit_by_trade, config.cancel_by_trade);
    let (lb, cb) = (config.limit_by_book, config.cancel_by_book);
    // Columns: buy, sell, bid, ask, cancelled bid, cancelled ask. A buy takes asks, so asks come after it.
    [
        [same, cross, 0.0, 0.0, 0.0, 0.0],
        [cross, same, 0.0, 0.0, 0.0, 0.0],
        [0.0, lt, lb, 0.0, lb, 0.0],
        [lt, 0.0, 0.0, lb, 0.0, lb],
        [0.0, ct, cb, 0.0, cb, 0.0],
        [ct, 0.0, 0.0, cb, 0.0, cb],
    ]
}

/// An order that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// When, seconds since the start.
    pub at: f64,
    /// Which kind.
    pub kind: Kind,
    /// How likely a market order was a buy just before: what could be expected.
    pub buying: f64,
}

/// One instrument's flow.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Events a second that nothing causes, at activity one.
    base: [f64; KINDS],
    /// `jump[parent]`: what an event adds to the intensities.
    jump: Branches,
    /// How fast that fades, per second.
    decay: f64,
    excited: [f64; KINDS],
    /// Seconds since the start that `excited` is right at.
    at: f64,
    rng: Stream,
}

impl Flow {
    /// The flow of `config`, with every mean rate multiplied by `activity`.
    pub fn new(config: &FlowConfig, activity: f64, rng: Stream) -> Result<Self, SyntheticError> {
        let branches = branches(config);
        let means = [
            config.trades / 2.0,
            config.trades / 2.0,
            config.limits / 2.0,
            config.limits / 2.0,
            config.cancels / 2.0,
            config.cancels / 2.0,
        ];
        if config.trade_by_trade >= 1.0 || config.limit_by_book + config.cancel_by_book >= 1.0 {
            return Err(SyntheticError::Flow(
                "an event causes one event of its own sort or more, so that the flow grows without end",
            ));
        }
        // The means are what the base rates become: mean = base + branches * mean.
        let mut base = [0.0; KINDS];
        for kind in 0..KINDS {
            let caused: f64 = (0..KINDS).map(|parent| branches[kind][parent] * means[parent]).sum();
            base[kind] = (means[kind] - caused) * activity;
            if base[kind] < 0.0 {
                return Err(SyntheticError::Flow(
                    "market orders and the book would cause more limit orders or cancels than there are",
                ));
            }
        }
        let decay = 1_000.0 / config.memory_ms;
        let mut jump = [[0.0; KINDS]; KINDS];
        for (parent, adds) in jump.iter_mut().enumerate() {
            for (child, add) in adds.iter_mut().enumerate() {
                *add = branches[child][parent] * decay;
            }
        }
        Ok(Self { base, jump, decay, excited: [0.0; KINDS], at: 0.0, rng })
    }

    /// The next event before `until` (seconds since the start), when the base rates are multiplied by `factor`.
    /// `None`: none comes before; ask again from there.
    pub fn next(&mut self, until: f64, factor: &[f64; KINDS]) -> Option<Arrival> {
        let mut base = self.base;
        for (rate, factor) in base.iter_mut().zip(factor) {
            *rate *= factor;
        }
        let base_sum: f64 = base.iter().sum();
        loop {
            let excited: f64 = self.excited.iter().sum();
            let bound = base_sum + excited;
            let wait = if bound > 0.0 { self.rng.exponential() / bound } else { f64::INFINITY };
            if self.at + wait >= until {
                self.fade(until - self.at);
                self.at = until;
                return None;
            }
            self.fade(wait);
            self.at += wait;
            let mut place = self.rng.uniform() * bound;
            for kind in ALL {
                let rate = base[kind as usize] + self.excited[kind as usize];
                if place < rate {
                    let [buy, sell] = [0, 1].map(|it| base[it] + self.excited[it]);
                    let buying = if buy + sell > 0.0 { buy / (buy + sell) } else { 0.5 };
                    for (excited, jump) in self.excited.iter_mut().zip(&self.jump[kind as usize]) {
                        *excited += jump;
                    }
                    return Some(Arrival { at: self.at, kind, buying });
                }
                place -= rate;
            }
        }
    }

    fn fade(&mut self, seconds: f64) {
        let factor = libm::exp(-self.decay * seconds);
        for excited in &mut self.excited {
            *excited *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts of market orders (and of everything) in windows of `window` seconds.
    fn counts(config: &FlowConfig, seed: u64, window: f64, windows: usize) -> (Vec<f64>, [f64; KINDS]) {
        let mut flow = Flow::new(config, 1.0, Stream::named(seed, "test")).unwrap();
        let mut trades = vec![0.0; windows];
        let mut all = [0.0; KINDS];
        let factor = [1.0; KINDS];
        let end = window * windows as f64;
        while let Some(Arrival { at, kind, .. }) = flow.next(end, &factor) {
            all[kind as usize] += 1.0;
            if matches!(kind, Kind::MarketBuy | Kind::MarketSell) {
                trades[((at / window) as usize).min(windows - 1)] += 1.0;
            }
        }
        (trades, all.map(|it| it / end))
    }

    fn mean_and_variance(x: &[f64]) -> (f64, f64) {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        (mean, x.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / (x.len() - 1) as f64)
    }

    #[test]
    fn the_mean_rates_are_those_asked_for() {
        let config = FlowConfig::default();
        let (_, rates) = counts(&config, 3, 10.0, 3_000);
        let wanted =
            [config.trades, config.trades, config.limits, config.limits, config.cancels, config.cancels];
        for (kind, (rate, wanted)) in rates.iter().zip(wanted).enumerate() {
            assert!((rate / (wanted / 2.0) - 1.0).abs() < 0.06, "kind {kind}: {rate} of {}", wanted / 2.0);
        }
    }

    #[test]
    fn the_branching_number_is_recovered_from_the_counts() {
        // In windows much longer than the memory, variance / mean = 1 / (1 - n)^2 (Hawkes and Oakes 1974).
        for wanted in [0.3, 0.6, 0.8] {
            let config = FlowConfig {
                trade_by_trade: wanted,
                limit_by_trade: 0.1,
                cancel_by_trade: 0.1,
                ..FlowConfig::default()
            };
            let (trades, _) = counts(&config, 11, 40.0, 4_000);
            let (mean, variance) = mean_and_variance(&trades);
            let found = 1.0 - (mean / variance).sqrt();
            assert!((found - wanted).abs() < 0.05, "branching {found}, asked for {wanted}");
        }
    }

    #[test]
    fn trades_without_children_are_poisson() {
        let config = FlowConfig { trade_by_trade: 0.0, ..FlowConfig::default() };
        let (trades, _) = counts(&config, 5, 10.0, 5_000);
        let (mean, variance) = mean_and_variance(&trades);
        assert!((variance / mean - 1.0).abs() < 0.07, "variance / mean is {}", variance / mean);
    }

    #[test]
    fn a_flow_that_would_explode_is_refused() {
        let explodes = FlowConfig { trade_by_trade: 1.0, ..FlowConfig::default() };
        assert!(Flow::new(&explodes, 1.0, Stream::named(1, "x")).is_err());
        let starves = FlowConfig { limits: 0.1, ..FlowConfig::default() };
        assert!(Flow::new(&starves, 1.0, Stream::named(1, "x")).is_err());
    }

    #[test]
    fn a_flow_without_any_rate_is_silent() {
        let config = FlowConfig { trades: 0.0, limits: 0.0, cancels: 0.0, ..FlowConfig::default() };
        let mut flow = Flow::new(&config, 1.0, Stream::named(1, "x")).unwrap();
        assert_eq!(flow.next(1e9, &[1.0; KINDS]), None);
    }
}
