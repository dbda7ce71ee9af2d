//! Half-spreads out of what a maker can measure. Units are those of the inputs; basis points throughout, or quote currency
//! throughout.

use scalp_quant::Error;

/// Refuses what is not finite or not above zero.
fn positive(name: &'static str, value: f64) -> Result<(), Error> {
    let expected = "a finite number above zero";
    if value.is_finite() && value > 0.0 { Ok(()) } else { Err(Error::Parameter { name, value, expected }) }
}

fn finite(name: &'static str, value: f64) -> Result<(), Error> {
    if value.is_finite() {
        Ok(())
    } else {
        Err(Error::Parameter { name, value, expected: "a finite number" })
    }
}

/// Makers who choose half-spreads at once, each for itself.
///
/// A taker goes to maker i with the share `exp(-sensitivity * d_i)` of the sum of these over all makers and, if there is
/// one, the outside option (another venue, or waiting) at its half-spread. Each fill earns `d_i - cost`. This is Bertrand
/// competition with logit demand (Anderson, de Palma & Thisse, *Discrete Choice Theory of Product Differentiation*, 1992,
/// chapter 7); adverse selection is the cost that an informed taker leaves behind (Glosten & Milgrom 1985). With growing
/// sensitivity it becomes the zero-profit quote of Bertrand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Game {
    /// Makers, two at least, or one with an outside option.
    pub makers: u32,
    /// What a fill costs: half the price impact of takers, and fees; may be negative by a rebate.
    pub cost: f64,
    /// By how much the logarithm of a share falls with a unit of half-spread.
    pub sensitivity: f64,
    /// The half-spread of the outside option, if there is one.
    pub outside: Option<f64>,
}

impl Game {
    fn check(&self) -> Result<(), Error> {
        finite("cost", self.cost)?;
        positive("sensitivity", self.sensitivity)?;
        self.outside.map_or(Ok(()), |it| finite("outside", it))?;
        let needed = if self.outside.is_some() { 1 } else { 2 };
        if self.makers < needed {
            let (value, expected) = (f64::from(self.makers), "2 or more, or 1 with an outside option");
            return Err(Error::Parameter { name: "makers", value, expected });
        }
        Ok(())
    }

    /// The share of one maker who quotes `own` while the others quote `others`.
    fn share(&self, own: f64, others: f64) -> f64 {
        let weight = |other: f64| libm::exp(self.sensitivity * (own - other));
        let outside = self.outside.map_or(0.0, weight);
        1.0 / (1.0 + f64::from(self.makers - 1) * weight(others) + outside)
    }

    /// What a maker earns for each taker that there is.
    #[must_use]
    pub fn profit(&self, own: f64, others: f64) -> f64 {
        (own - self.cost) * self.share(own, others)
    }

    /// The half-spread that every maker quotes in the only equilibrium: `d = cost + 1 / (sensitivity (1 - share))`.
    ///
    /// Without an outside option the share is 1/n and `d = cost + n / ((n - 1) sensitivity)`. With one the left side rises
    /// in d and the right falls, so bisection finds the crossing.
    pub fn half_spread(&self) -> Result<f64, Error> {
        self.check()?;
        let markup = |d: f64| 1.0 / (self.sensitivity * (1.0 - self.share(d, d)));
        if self.outside.is_none() {
            return Ok(self.cost + f64::from(self.makers) / (f64::from(self.makers - 1) * self.sensitivity));
        }
        // The markup is at least that of no share at all, and the share falls as d rises.
        let mut low = self.cost + 1.0 / self.sensitivity;
        let mut high = self.cost + markup(low);
        if !high.is_finite() {
            // A monopolist whose outside option is far away: let the bound grow until it is above.
            high = low + 1.0 / self.sensitivity;
            let mut steps = 0;
            while high - self.cost < markup(high) {
                high = self.cost + 2.0 * (high - self.cost);
                steps += 1;
                if steps > 1000 || !high.is_finite() {
                    let (what, detail) = ("the half-spread", "no bound was found".to_owned());
                    return Err(Error::NotConverged { what, iterations: steps, detail });
                }
            }
        }
        for _ in 0..200 {
            let middle = low + 0.5 * (high - low);
            if middle <= low || middle >= high {
                break;
            }
            if middle - self.cost < markup(middle) { low = middle } else { high = middle }
        }
        Ok(high)
    }
}

/// One trade with someone who may know the value: Glosten & Milgrom (1985), Journal of Financial Economics 14, with two
/// values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GlostenMilgrom {
    /// The value if it is low.
    pub low: f64,
    /// The value if it is high.
    pub high: f64,
    /// The probability that it is high, between 0 and 1.
    pub belief: f64,
    /// The share of takers who know it, from 0 to 1; the others buy and sell alike.
    pub informed: f64,
}

/// Quotes that earn nothing on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quotes {
    /// The value expected after a sale to the maker.
    pub bid: f64,
    /// The value expected after a purchase from the maker.
    pub ask: f64,
}

impl GlostenMilgrom {
    /// The quotes: what the value is worth given a buy, and given a sell.
    pub fn quotes(&self) -> Result<Quotes, Error> {
        finite("low", self.low)?;
        finite("high", self.high)?;
        let expected = "a share from 0 to 1";
        for (name, value) in [("belief", self.belief), ("informed", self.informed)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(Error::Parameter { name, value, expected });
            }
        }
        if self.high < self.low {
            let expected = "no less than the low value";
            return Err(Error::Parameter { name: "high", value: self.high, expected });
        }
        let GlostenMilgrom { low, high, belief, informed } = *self;
        // Who knows buys when the value is high and sells when it is low.
        let buys = [0.5 * (1.0 - informed), 0.5 * (1.0 + informed)];
        let expected = |[low_likely, high_likely]: [f64; 2]| {
            let likely = belief * high_likely + (1.0 - belief) * low_likely;
            // Nobody trades on this side: the quote stays where the belief is.
            let after = if likely > 0.0 { belief * high_likely / likely } else { belief };
            low + after * (high - low)
        };
        Ok(Quotes { ask: expected(buys), bid: expected([buys[1], buys[0]]) })
    }
}

/// A maker who fears for its inventory: Avellaneda & Stoikov (2008), Quantitative Finance 8, eq. 29 and 30. Takers reach a
/// quote d away from the mid at a rate proportional to `exp(-decay * d)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AvellanedaStoikov {
    /// Risk aversion, per unit of wealth; above zero.
    pub aversion: f64,
    /// Variance of the mid in a second.
    pub variance: f64,
    /// Seconds until the inventory must be flat.
    pub horizon: f64,
    /// How fast fills thin out with the distance from the mid.
    pub decay: f64,
}

impl AvellanedaStoikov {
    /// How far both quotes stand from the reservation price.
    pub fn half_spread(&self) -> Result<f64, Error> {
        positive("aversion", self.aversion)?;
        positive("decay", self.decay)?;
        Ok(0.5 * self.inventory_cost()? + libm::log1p(self.aversion / self.decay) / self.aversion)
    }

    /// How far the reservation price lies above the mid with an inventory of `units`: below it when they are above zero.
    pub fn shift(&self, units: f64) -> Result<f64, Error> {
        finite("units", units)?;
        Ok(-units * self.inventory_cost()?)
    }

    fn inventory_cost(&self) -> Result<f64, Error> {
        for (name, value) in
            [("variance", self.variance), ("horizon", self.horizon), ("aversion", self.aversion)]
        {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::Parameter { name, value, expected: "a finite number from 0 on" });
            }
        }
        Ok(self.aversion * self.variance * self.horizon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn games() -> Vec<Game> {
        let mut games = Vec::new();
        for makers in [1, 2, 3, 10, 1000] {
            for (cost, sensitivity) in [(1.0, 0.5), (-0.5, 3.0), (20.0, 40.0)] {
                for outside in [None, Some(0.5), Some(5.0), Some(1e4)] {
                    if makers > 1 || outside.is_some() {
                        games.push(Game { makers, cost, sensitivity, outside });
                    }
                }
            }
        }
        games
    }

    #[test]
    fn nobody_gains_by_another_quote() {
        for game in games() {
            let d = game.half_spread().unwrap();
            let best = game.profit(d, d);
            for i in -2000..=2000 {
                let other = d + f64::from(i) * 0.01 / game.sensitivity;
                assert!(game.profit(other, d) <= best * (1.0 + 1e-12), "{game:?}: {other} beats {d}");
            }
        }
    }

    #[test]
    fn competition_ends_at_cost_and_monopoly_does_not() {
        let game = |makers, sensitivity| Game { makers, cost: 2.0, sensitivity, outside: None };
        assert!((game(2, 1.0).half_spread().unwrap() - 4.0).abs() < 1e-12);
        assert!((game(1_000_000, 1.0).half_spread().unwrap() - 3.0).abs() < 1e-5);
        assert!((game(2, 1e9).half_spread().unwrap() - 2.0).abs() < 1e-8, "Bertrand");
        assert!(game(1, 1.0).half_spread().is_err());
        for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert!(game(3, bad).half_spread().is_err());
        }
    }

    #[test]
    fn the_price_of_information() {
        // At even odds the half-spread is the informed share of half the distance of the values.
        let quotes = GlostenMilgrom { low: 90.0, high: 110.0, belief: 0.5, informed: 0.3 }.quotes().unwrap();
        assert!((quotes.ask - 103.0).abs() < 1e-12 && (quotes.bid - 97.0).abs() < 1e-12);
        // By hand, eq. of Bayes: 0.2 * 0.8 / (0.2 * 0.8 + 0.8 * 0.2) = 1/2.
        let quotes = GlostenMilgrom { low: 0.0, high: 1.0, belief: 0.2, informed: 0.6 }.quotes().unwrap();
        assert!((quotes.ask - 0.5).abs() < 1e-12);
        assert!((quotes.bid - 0.2 * 0.2 / (0.2 * 0.2 + 0.8 * 0.8)).abs() < 1e-12);
        // Quotes are zero-profit: a maker who sells at the ask and buys at the bid earns what it loses.
        let all = GlostenMilgrom { low: 0.0, high: 1.0, belief: 1.0, informed: 1.0 }.quotes().unwrap();
        assert!((all.ask - 1.0).abs() < 1e-12 && all.bid.is_finite());
        assert!(GlostenMilgrom { low: 0.0, high: 1.0, belief: 1.5, informed: 0.0 }.quotes().is_err());
        assert!(GlostenMilgrom { low: 2.0, high: 1.0, belief: 0.5, informed: 0.0 }.quotes().is_err());
    }

    #[test]
    fn the_price_of_inventory_is_that_of_the_paper() {
        // The paper's numbers: sigma 2, T - t 1, gamma 0.1, k 1.5; its spread is 0.4 + 20 ln(1 + 0.1 / 1.5) = 1.69.
        let maker = AvellanedaStoikov { aversion: 0.1, variance: 4.0, horizon: 1.0, decay: 1.5 };
        assert!((2.0 * maker.half_spread().unwrap() - 1.690_770_422).abs() < 1e-8);
        assert!((maker.shift(3.0).unwrap() + 1.2).abs() < 1e-12);
        // Without risk and with little aversion the distance is 1 / decay.
        let calm = AvellanedaStoikov { aversion: 1e-9, variance: 0.0, horizon: 1.0, decay: 2.0 };
        assert!((calm.half_spread().unwrap() - 0.5).abs() < 1e-8);
        assert!(AvellanedaStoikov { decay: 0.0, ..maker }.half_spread().is_err());
        assert!(AvellanedaStoikov { variance: f64::NAN, ..maker }.shift(1.0).is_err());
    }
}
