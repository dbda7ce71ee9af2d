//! The size of one position: from an edge and a volatility to an amount, each step told.

use crate::error::{Error, parameter};
use crate::heat::{Exposure, HEAT_MAX, heat};
use crate::kelly;
use serde::{Deserialize, Serialize};

/// How far a position is scaled so that its volatility is the aim.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VolatilityTarget {
    /// Aim, in the unit of the volatility, e.g. 0.15 per year.
    pub target: f64,
    /// Most that is scaled up.
    pub scale_max: f64,
    /// Share of the way to the new scale that each step goes, from 0, never, to 1, at once.
    pub speed: f64,
}

impl Default for VolatilityTarget {
    fn default() -> Self {
        Self { target: 0.15, scale_max: 1.5, speed: 0.1 }
    }
}

impl VolatilityTarget {
    /// `min(target / volatility, scale_max)`.
    ///
    /// # Errors
    /// A volatility, an aim or a maximum that is not positive.
    pub fn scale(&self, volatility: f64) -> Result<f64, Error> {
        parameter("volatility", volatility, "more than zero", volatility > 0.0)?;
        parameter("target volatility", self.target, "more than zero", self.target > 0.0)?;
        parameter("scale_max", self.scale_max, "more than zero", self.scale_max > 0.0)?;
        Ok((self.target / volatility).min(self.scale_max))
    }

    /// The scale after one step from `before`. Downward it goes at once: risk does not wait.
    ///
    /// # Errors
    /// As [`scale`](Self::scale), or a speed outside 0..=1.
    pub fn step(&self, before: f64, volatility: f64) -> Result<f64, Error> {
        parameter("scale before", before, "zero or more", before >= 0.0)?;
        parameter("speed", self.speed, "from 0 to 1", (0.0..=1.0).contains(&self.speed))?;
        let aim = self.scale(volatility)?;
        Ok(if aim < before { aim } else { before + self.speed * (aim - before) })
    }

    /// An aim from `low` (0.10 by default) to `high` (0.30): the higher, the better the recent Sharpe ratio, in proportion
    /// from zero to `sharpe_full`.
    ///
    /// # Errors
    /// A range that is not one, or a `sharpe_full` that is not positive.
    pub fn adaptive(sharpe: f64, sharpe_full: f64, (low, high): (f64, f64)) -> Result<f64, Error> {
        parameter("Sharpe ratio", sharpe, "finite", true)?;
        parameter("sharpe_full", sharpe_full, "more than zero", sharpe_full > 0.0)?;
        parameter("low", low, "more than zero and at most high", low > 0.0 && low <= high)?;
        parameter("high", high, "finite", true)?;
        Ok(low + (sharpe / sharpe_full).clamp(0.0, 1.0) * (high - low))
    }
}

/// What a stop at a multiple of the average true range may lose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtrRisk {
    /// Equity, in the quote currency.
    pub equity: f64,
    /// Share of equity lost when the stop is reached, e.g. 0.01.
    pub risk: f64,
    /// Average true range, in the quote currency.
    pub atr: f64,
    /// Distance of the stop in average true ranges.
    pub multiple: f64,
}

impl AtrRisk {
    /// The quantity in the base currency: `equity * risk / (multiple * atr)`.
    ///
    /// # Errors
    /// Equity, range or multiple not positive, or a risk outside 0..=1.
    pub fn quantity(&self) -> Result<f64, Error> {
        parameter("equity", self.equity, "more than zero", self.equity > 0.0)?;
        parameter("risk", self.risk, "from 0 to 1", (0.0..=1.0).contains(&self.risk))?;
        parameter("average true range", self.atr, "more than zero", self.atr > 0.0)?;
        parameter("multiple", self.multiple, "more than zero", self.multiple > 0.0)?;
        Ok(self.equity * self.risk / (self.multiple * self.atr))
    }
}

/// Parameters of the calculator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sizing {
    /// Multiple of the full Kelly fraction, e.g. from [`KellyTable`](crate::regime::KellyTable).
    pub kelly_multiple: f64,
    /// Further multiple for a model that is wrong in ways its error does not tell.
    pub misspecification: f64,
    /// Most heat of all positions together with the new one.
    pub heat_max: f64,
    /// Most value of a position, as a share of the balance.
    pub position_max: f64,
    /// Least value of a trade, in the quote currency; below it nothing is traded.
    pub trade_min: f64,
    /// Aim of the volatility.
    pub volatility: VolatilityTarget,
}

impl Default for Sizing {
    fn default() -> Self {
        Self {
            kelly_multiple: 0.25,
            misspecification: 0.5,
            heat_max: HEAT_MAX,
            position_max: 0.05,
            trade_min: 10.0,
            volatility: VolatilityTarget::default(),
        }
    }
}

/// A chance to trade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance<'a> {
    /// Probability to win.
    pub probability: f64,
    /// What is won per what is lost.
    pub odds: f64,
    /// Standard error of the probability, zero where it is known.
    pub standard_error: f64,
    /// From 0 to 1.
    pub confidence: f64,
    /// Volatility in the unit of the target.
    pub volatility: f64,
    /// Volatility in the unit of heat, and liquidity, of the new position; its weight is not read.
    pub exposure: Exposure,
    /// Positions held.
    pub held: &'a [Exposure],
    /// Mean correlation with them.
    pub correlation: f64,
    /// Balance, in the quote currency.
    pub balance: f64,
}

/// Why a size is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nothing cut it.
    Kelly,
    /// The bet has no edge: zero.
    NoEdge,
    /// All positions together would be too hot: zero.
    Heat,
    /// The maximum of a position.
    PositionMax,
    /// Below the minimum of a trade: zero.
    TradeMin,
}

/// A size with its way there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Value to hold, in the quote currency.
    pub value: f64,
    /// The most it could have been: the balance times the maximum of a position.
    pub max: f64,
    /// The least that is traded.
    pub min: f64,
    /// The full Kelly fraction.
    pub kelly: f64,
    /// The fraction after all multiples, before heat and limits.
    pub fraction: f64,
    /// Heat with the new position.
    pub heat: f64,
    /// Why.
    pub bound: Bound,
}

impl Sizing {
    /// Kelly, less for confidence, error, model and correlation; nothing when too hot; scaled to the volatility; at most
    /// the maximum of a position; nothing below the minimum of a trade.
    ///
    /// # Errors
    /// A parameter out of range.
    pub fn size(&self, chance: &Chance<'_>) -> Result<Size, Error> {
        self.validate()?;
        let inside = (0.0..=1.0).contains(&chance.confidence);
        parameter("confidence", chance.confidence, "from 0 to 1", inside)?;
        parameter("balance", chance.balance, "zero or more", chance.balance >= 0.0)?;
        let kelly = kelly::binary(chance.probability, chance.odds)?;
        let edge = (chance.odds + 1.0) * chance.probability - 1.0;
        let error = (chance.odds + 1.0) * chance.standard_error;
        let fraction = kelly.max(0.0)
            * chance.confidence
            * self.kelly_multiple
            * self.misspecification
            * kelly::shrinkage(edge, error)?
            * kelly::correlation_factor(chance.held.len() + 1, chance.correlation)?;
        let mut together = chance.held.to_vec();
        let scaled = fraction * self.volatility.scale(chance.volatility)?;
        together.push(Exposure { weight: scaled.min(self.position_max), ..chance.exposure });
        let heat = heat(&together)?;
        let (max, min) = (chance.balance * self.position_max, self.trade_min);
        let wanted = chance.balance * scaled;
        let (value, bound) = if kelly <= 0.0 {
            (0.0, Bound::NoEdge)
        } else if heat > self.heat_max {
            (0.0, Bound::Heat)
        } else if wanted.min(max) < min {
            (0.0, Bound::TradeMin)
        } else if wanted > max {
            (max, Bound::PositionMax)
        } else {
            (wanted, Bound::Kelly)
        };
        Ok(Size { value, max, min, kelly, fraction, heat, bound })
    }

    fn validate(&self) -> Result<(), Error> {
        for (name, value) in [
            ("kelly_multiple", self.kelly_multiple),
            ("misspecification", self.misspecification),
            ("position_max", self.position_max),
        ] {
            parameter(name, value, "from 0 to 1", (0.0..=1.0).contains(&value))?;
        }
        parameter("heat_max", self.heat_max, "zero or more", self.heat_max >= 0.0)?;
        parameter("trade_min", self.trade_min, "zero or more", self.trade_min >= 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance(held: &[Exposure]) -> Chance<'_> {
        Chance {
            probability: 0.6,
            odds: 1.0,
            standard_error: 0.0,
            confidence: 1.0,
            volatility: 0.15,
            exposure: Exposure { weight: 0.0, volatility: 0.02, liquidity: 1.0 },
            held,
            correlation: 0.0,
            balance: 10_000.0,
        }
    }

    #[test]
    fn a_plain_chance_is_kelly_times_the_multiples() {
        // 0.2 of Kelly, a quarter of it, half of that.
        let size = Sizing::default().size(&chance(&[])).unwrap();
        assert!((size.value - 250.0).abs() < 1e-9);
        assert_eq!(size.bound, Bound::Kelly);
        assert!((size.max - 500.0).abs() < 1e-9);
    }

    #[test]
    fn each_bound_tells_its_name() {
        let sizing = Sizing::default();
        let no_edge = Chance { probability: 0.5, ..chance(&[]) };
        assert_eq!(sizing.size(&no_edge).unwrap().bound, Bound::NoEdge);
        let hot = [Exposure { weight: 0.5, volatility: 0.5, liquidity: 1.0 }];
        let size = sizing.size(&chance(&hot)).unwrap();
        assert_eq!((size.bound, size.value.to_bits()), (Bound::Heat, 0));
        let sure = Chance { probability: 0.95, ..chance(&[]) };
        let size = sizing.size(&sure).unwrap();
        assert_eq!(size.bound, Bound::PositionMax);
        assert!((size.value - 500.0).abs() < 1e-9);
        let poor = Chance { balance: 100.0, ..chance(&[]) };
        assert_eq!(sizing.size(&poor).unwrap().bound, Bound::TradeMin);
        assert!(sizing.size(&Chance { volatility: 0.0, ..chance(&[]) }).is_err());
        assert!(sizing.size(&Chance { confidence: 1.5, ..chance(&[]) }).is_err());
    }

    #[test]
    fn doubt_only_shrinks() {
        let sizing = Sizing::default();
        let plain = sizing.size(&chance(&[])).unwrap().value;
        let held = [Exposure { weight: 0.1, volatility: 0.02, liquidity: 1.0 }];
        for doubtful in [
            Chance { confidence: 0.5, ..chance(&[]) },
            Chance { standard_error: 0.1, ..chance(&[]) },
            Chance { correlation: 0.8, ..chance(&held) },
            Chance { volatility: 0.3, ..chance(&[]) },
        ] {
            assert!(sizing.size(&doubtful).unwrap().value < plain);
        }
    }

    #[test]
    fn volatility_targets_fall_at_once_and_rise_slowly() {
        let target = VolatilityTarget::default();
        assert!((target.scale(0.30).unwrap() - 0.5).abs() < 1e-15);
        assert!((target.scale(0.01).unwrap() - 1.5).abs() < 1e-15);
        assert!((target.step(1.0, 0.30).unwrap() - 0.5).abs() < 1e-15);
        assert!((target.step(0.5, 0.15).unwrap() - 0.55).abs() < 1e-15);
        assert!(target.scale(f64::NAN).is_err());
        let aim = VolatilityTarget::adaptive(1.0, 2.0, (0.10, 0.30)).unwrap();
        assert!((aim - 0.20).abs() < 1e-15);
    }

    #[test]
    fn a_stop_at_two_ranges_loses_the_risk() {
        let atr = AtrRisk { equity: 10_000.0, risk: 0.01, atr: 50.0, multiple: 2.0 };
        let quantity = atr.quantity().unwrap();
        assert!((quantity * 2.0 * 50.0 - 100.0).abs() < 1e-12);
        assert!(AtrRisk { atr: 0.0, ..atr }.quantity().is_err());
    }
}
