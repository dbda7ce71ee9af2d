//! `[[instrument]]`: what can be traded.

use super::value::Number;
use rust_decimal::Decimal;
use scalp_types::instrument::MarginTierSpec;
use scalp_types::{Contract, InstrumentSpec};
use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

/// `[[instrument]]`: as [`InstrumentSpec`], with numbers as people write them.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentConfig {
    /// The venue's name.
    #[serde(default = "venue")]
    pub venue: String,
    /// The venue's symbol.
    pub symbol: String,
    /// `spot`, `linear` or `inverse`.
    #[serde(default = "linear")]
    pub contract: Contract,
    /// What is traded.
    #[serde(default = "base")]
    pub base: String,
    /// What the price is counted in.
    #[serde(default = "quote")]
    pub quote: String,
    /// Smallest price step.
    pub tick: Number,
    /// Smallest size step.
    pub lot: Number,
    /// Base coins per unit of size (linear) or quote coins per contract (inverse).
    #[serde(default = "unit")]
    pub multiplier: Number,
    /// Lowest price the venue takes.
    #[serde(default)]
    pub price_min: Option<Number>,
    /// Highest price the venue takes.
    #[serde(default)]
    pub price_max: Option<Number>,
    /// Smallest size of one order.
    #[serde(default)]
    pub qty_min: Option<Number>,
    /// Largest size of one limit order.
    #[serde(default)]
    pub qty_max: Option<Number>,
    /// Largest size of one market order.
    #[serde(default)]
    pub market_qty_max: Option<Number>,
    /// Smallest value of one order.
    #[serde(default)]
    pub notional_min: Option<Number>,
    /// A buy may not be priced above `mark * percent_up`.
    #[serde(default)]
    pub percent_up: Option<Number>,
    /// A sell may not be priced below `mark * percent_down`.
    #[serde(default)]
    pub percent_down: Option<Number>,
    /// Most open orders at once.
    #[serde(default)]
    pub open_orders_max: Option<u32>,
    /// `[notional_floor, maintenance, leverage_max]` for each step of the margin table.
    #[serde(default)]
    pub margin_tiers: Vec<(Number, Number, u32)>,
    /// Fee on what a liquidation closes.
    #[serde(default)]
    pub liquidation_fee: Option<Number>,
    /// Hours between two funding payments.
    #[serde(default)]
    pub funding_hours: Option<u32>,
    /// Refused: the delivery of dated futures is not simulated.
    #[serde(default, deserialize_with = "no_delivery", skip_serializing)]
    pub expiry: (),
}

fn no_delivery<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    Option::<IgnoredAny>::deserialize(deserializer)?.map_or(Ok(()), |_| {
        Err(D::Error::custom(
            "the delivery of dated futures is not simulated; leave the key out and end the data before it",
        ))
    })
}

fn venue() -> String {
    "binance-usdm".into()
}
const fn linear() -> Contract {
    Contract::Linear
}
fn base() -> String {
    "BTC".into()
}
fn quote() -> String {
    "USDT".into()
}
const fn unit() -> Number {
    Number(Decimal::ONE)
}

impl InstrumentConfig {
    /// The declaration that the instrument table checks.
    pub fn spec(&self) -> InstrumentSpec {
        let number = |it: Option<Number>| it.map(|it| it.0);
        let tier = |&(floor, maintenance, leverage_max): &(Number, Number, u32)| MarginTierSpec {
            notional_floor: floor.0,
            maintenance: maintenance.0,
            leverage_max,
        };
        InstrumentSpec {
            venue: self.venue.clone(),
            symbol: self.symbol.clone(),
            contract: self.contract,
            base: self.base.clone(),
            quote: self.quote.clone(),
            tick: self.tick.0,
            lot: self.lot.0,
            multiplier: self.multiplier.0,
            price_min: number(self.price_min),
            price_max: number(self.price_max),
            qty_min: number(self.qty_min),
            qty_max: number(self.qty_max),
            market_qty_max: number(self.market_qty_max),
            notional_min: number(self.notional_min),
            percent_up: number(self.percent_up),
            percent_down: number(self.percent_down),
            open_orders_max: self.open_orders_max,
            margin_tiers: self.margin_tiers.iter().map(tier).collect(),
            liquidation_fee: self.liquidation_fee.map_or(Decimal::ZERO, |it| it.0),
            funding_hours: self.funding_hours,
            expiry: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InstrumentConfig;

    #[test]
    fn a_delivery_that_would_not_happen_is_refused() {
        let read = |more: &str| {
            let text = format!("symbol = \"BTCUSDT_260327\"\ntick = 0.1\nlot = 0.001\n{more}");
            toml::from_str::<InstrumentConfig>(&text).map_err(|e| e.message().to_owned())
        };
        assert!(read("").is_ok());
        let told = read("expiry = \"2026-03-27T08:00:00Z\"").unwrap_err();
        assert!(told.starts_with("the delivery of dated futures is not simulated"), "{told}");
    }
}
