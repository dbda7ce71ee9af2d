//! What a person or a catalogue says about an instrument, before anything is checked.

use crate::time::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How a price and a size become value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contract {
    /// Coins change hands; value in the quote coin is `price * size`.
    Spot,
    /// A future settled in the quote coin: value is `price * size * multiplier`.
    Linear,
    /// A future settled in the base coin, sized in contracts of `multiplier` quote coins: value in the base coin
    /// is `size * multiplier / price`.
    Inverse,
}

/// One step of a venue's margin table: above `notional_floor`, positions need `maintenance * notional - deduction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarginTierSpec {
    /// Position value (settle currency) from which the step applies; the first must be 0.
    pub notional_floor: Decimal,
    /// Maintenance margin as a fraction of position value.
    pub maintenance: Decimal,
    /// Highest leverage a position of this value may have.
    pub leverage_max: u32,
}

/// What a person or a catalogue says about an instrument; checked by [`crate::Instruments::new`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentSpec {
    /// The venue's name, e.g. `binance-usdm`.
    pub venue: String,
    /// The venue's symbol, e.g. `BTCUSDT`.
    pub symbol: String,
    /// How value is computed.
    pub contract: Contract,
    /// What is traded, e.g. `BTC`.
    pub base: String,
    /// What the price is counted in, e.g. `USDT`.
    pub quote: String,
    /// Smallest price step.
    pub tick: Decimal,
    /// Smallest size step, in base coins (spot, linear) or contracts (inverse).
    pub lot: Decimal,
    /// Base coins per unit of size (linear; usually 1), or quote coins per contract (inverse).
    #[serde(default = "one")]
    pub multiplier: Decimal,
    /// Lowest and highest price the venue takes.
    #[serde(default)]
    pub price_min: Option<Decimal>,
    /// See `price_min`.
    #[serde(default)]
    pub price_max: Option<Decimal>,
    /// Smallest size of one order; one lot when absent.
    #[serde(default)]
    pub qty_min: Option<Decimal>,
    /// Largest size of one limit order.
    #[serde(default)]
    pub qty_max: Option<Decimal>,
    /// Largest size of one market order.
    #[serde(default)]
    pub market_qty_max: Option<Decimal>,
    /// Smallest value of one order, in the settle currency (reduce-only orders are exempt).
    #[serde(default)]
    pub notional_min: Option<Decimal>,
    /// A buy may not be priced above `mark * percent_up` (1.05 is 5 % above).
    #[serde(default)]
    pub percent_up: Option<Decimal>,
    /// A sell may not be priced below `mark * percent_down`.
    #[serde(default)]
    pub percent_down: Option<Decimal>,
    /// Most open orders at once.
    #[serde(default)]
    pub open_orders_max: Option<u32>,
    /// Margin table; none means no maintenance margin (spot).
    #[serde(default)]
    pub margin_tiers: Vec<MarginTierSpec>,
    /// Fee on what a liquidation closes, as a fraction of its value: from 0 to less than 1.
    #[serde(default)]
    pub liquidation_fee: Decimal,
    /// Hours between two funding payments; none for spot and dated futures.
    #[serde(default)]
    pub funding_hours: Option<u32>,
    /// When a dated future is delivered, ns since the epoch.
    #[serde(default)]
    pub expiry: Option<Timestamp>,
}

impl InstrumentSpec {
    /// Nothing but a linear contract with tick 1 and lot 1: no names, limits, margin or funding. What differs is said in
    /// front of it.
    pub fn unlimited() -> Self {
        Self {
            venue: String::new(),
            symbol: String::new(),
            contract: Contract::Linear,
            base: String::new(),
            quote: String::new(),
            tick: one(),
            lot: one(),
            multiplier: one(),
            price_min: None,
            price_max: None,
            qty_min: None,
            qty_max: None,
            market_qty_max: None,
            notional_min: None,
            percent_up: None,
            percent_down: None,
            open_orders_max: None,
            margin_tiers: Vec::new(),
            liquidation_fee: Decimal::ZERO,
            funding_hours: None,
            expiry: None,
        }
    }
}

fn one() -> Decimal {
    Decimal::ONE
}
