//! Instruments and fills for the tests of this room.
#![allow(dead_code, reason = "each test binary uses its own part")]

use scalp_types::{
    AssetId, Fill, InstrumentId, InstrumentSpec, Instruments, Liquidity, Money, Price, Qty, Side, TradeId,
};

/// Asset 0 is the coin, asset 1 the dollar, asset 2 a coin that only fees are paid in.
pub const BTC: AssetId = AssetId(0);
pub const USD: AssetId = AssetId(1);
pub const BNB: AssetId = AssetId(2);
pub const LINEAR: InstrumentId = InstrumentId(0);
pub const INVERSE: InstrumentId = InstrumentId(1);
pub const SPOT: InstrumentId = InstrumentId(2);
/// Tick and lot far below 1e-8: every value is rounded.
pub const TINY: InstrumentId = InstrumentId(3);

const TIERS: &str = r#""margin_tiers": [
    {"notional_floor": "0", "maintenance": "0.01", "leverage_max": 50},
    {"notional_floor": "1000", "maintenance": "0.025", "leverage_max": 20},
    {"notional_floor": "20000", "maintenance": "0.1", "leverage_max": 5}]"#;

pub fn instruments() -> Instruments {
    let specs = [
        format!(
            r#"{{"venue": "v", "symbol": "LIN", "contract": "linear", "base": "BTC", "quote": "USD",
                "tick": "1", "lot": "0.1", {TIERS}}}"#
        ),
        r#"{"venue": "v", "symbol": "INV", "contract": "inverse", "base": "BTC", "quote": "USD",
            "tick": "1", "lot": "1", "multiplier": "100", "margin_tiers": [
                {"notional_floor": "0", "maintenance": "0.01", "leverage_max": 50},
                {"notional_floor": "20", "maintenance": "0.05", "leverage_max": 10}]}"#
            .into(),
        r#"{"venue": "v", "symbol": "SPOT", "contract": "spot", "base": "BTC", "quote": "USD",
            "tick": "0.01", "lot": "0.00001"}"#
            .into(),
        r#"{"venue": "v", "symbol": "TINY", "contract": "linear", "base": "BNB", "quote": "USD",
            "tick": "0.0000007", "lot": "0.003"}"#
            .into(),
    ];
    Instruments::new(specs.iter().map(|it| serde_json::from_str::<InstrumentSpec>(it).unwrap())).unwrap()
}

pub fn fill(side: Side, price: i64, qty: i64) -> Fill {
    Fill {
        trade: TradeId(0),
        side,
        price: Price::new(price),
        qty: Qty::new(qty),
        remaining: Qty::ZERO,
        liquidity: Liquidity::Taker,
        fee: Money::ZERO,
        fee_asset: USD,
        forced: false,
    }
}

pub fn usd(whole: i64) -> Money {
    Money::new(i128::from(whole) * Money::ONE)
}
