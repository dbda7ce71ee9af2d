//! `[risk]`: the limits of the gate. What is left out is not limited.

use super::load::ConfigError;
use super::schema::Config;
use super::value::{Length, Number};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use scalp_market::WatchConfig;
use scalp_risk::{
    AssetLimits, GateConfig, InstrumentLimits, LossAction, MessageLimit, Oversize, RepeatLimit,
};
use scalp_types::{AssetId, Instrument, Instruments, Mode, Money, Qty, Rate, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// `[risk]`
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskConfig {
    /// Largest size of one order, in units of the instrument.
    pub order_qty_max: Option<Number>,
    /// Largest value of one order, settle asset.
    pub order_notional_max: Option<Number>,
    /// Largest position of one instrument, open and unknown orders counted, in units.
    pub position_max: Option<Number>,
    /// What is too large is cut to what the limit leaves, instead of refused.
    pub shrink_oversize: bool,
    /// Most open orders of one instrument.
    pub instrument_orders_max: Option<u32>,
    /// Most open orders over all instruments.
    pub open_orders_max: Option<u32>,
    /// Farthest a price may be beyond the mark, in basis points.
    pub mark_collar_bps: Option<u32>,
    /// Farthest a price may be beyond the mid, in basis points.
    pub mid_collar_bps: Option<u32>,
    /// Largest sum of position values in one settle asset, open orders counted.
    pub gross_notional_max: Option<Number>,
    /// Largest net value in one settle asset, open orders counted.
    pub net_notional_max: Option<Number>,
    /// Most orders a second.
    pub orders_per_second: Option<u32>,
    /// Most orders a minute.
    pub orders_per_minute: Option<u32>,
    /// The same order again at most so often within `repeat_window`.
    pub repeat_max: Option<u32>,
    /// See `repeat_max`; one second when left out.
    pub repeat_window: Option<Length>,
    /// No order on a market that has been silent for longer.
    pub stale_after: Option<Length>,
    /// Refuse while the book lacks a side or is crossed.
    pub needs_book: bool,
    /// What a print that may be wrong does.
    pub wrong_prints: WrongPrints,
    /// Refuse while the spread is wider than so many times what is usual.
    pub spread_times_max: Option<u32>,
    /// Largest loss since the start of the UTC day, as a part of the equity then.
    pub day_loss_max: Option<Number>,
    /// Largest fall from the highest equity, as a part of it.
    pub drawdown_max: Option<Number>,
    /// The mode a loss stop trips to.
    pub loss_mode: LossMode,
    /// Whether the next UTC day undoes a day-loss stop.
    pub resume_next_day: bool,
    /// How long a stricter mode stays before a looser one is allowed.
    pub cooldown: Option<Length>,
}

/// What a print that may be wrong does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrongPrints {
    /// Nothing.
    #[default]
    Ignore,
    /// Nothing is opened until it is judged.
    Hold,
}

/// What a loss stop trips to.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossMode {
    /// Only orders that shrink a position.
    #[default]
    Reduced,
    /// No new orders.
    Paused,
    /// Cancel and close everything.
    Emergency,
}

impl Config {
    /// What the core watches of each feed.
    pub fn watch(&self) -> Result<WatchConfig, ConfigError> {
        let spread_times_max = self.risk.spread_times_max;
        if spread_times_max.is_some_and(|it| it < 2) {
            let expected = "expected 2 or more: half of all spreads are wider than the usual one";
            return Err(self.refuse("risk.spread_times_max", expected));
        }
        Ok(WatchConfig { prints: self.risk.wrong_prints == WrongPrints::Hold, spread_times_max })
    }

    /// Keys that nothing reads without another: who writes one means something by it.
    pub(super) fn refuse_unread(&self) -> Result<(), ConfigError> {
        let risk = &self.risk;
        let has_sizes = [
            risk.order_qty_max,
            risk.order_notional_max,
            risk.position_max,
            risk.gross_notional_max,
            risk.net_notional_max,
        ];
        let has_losses = risk.day_loss_max.is_some() || risk.drawdown_max.is_some();
        let sizes = "order_qty_max, order_notional_max, position_max, gross_notional_max or net_notional_max";
        let all = [
            ("shrink_oversize", has_sizes.iter().any(Option::is_some), sizes),
            ("repeat_window", risk.repeat_max.is_some(), "repeat_max"),
            ("loss_mode", has_losses, "day_loss_max or drawdown_max"),
            ("resume_next_day", risk.day_loss_max.is_some(), "day_loss_max"),
        ];
        let text = toml::from_str::<toml::Table>(&self.text).unwrap_or_default();
        // A switch that is written down as off is off either way.
        let is_off = |it: &toml::Value| it.as_bool() == Some(false);
        let is_written =
            |key: &str| text.get("risk").and_then(|it| it.get(key)).is_some_and(|it| !is_off(it));
        match all.iter().find(|(key, is_read, _)| !is_read && is_written(key)) {
            Some((key, _, needs)) => {
                Err(self
                    .refuse(format!("risk.{key}"), format!("is read only with {needs}, which is not there")))
            }
            None => Ok(()),
        }
    }

    /// What the risk gate is told.
    pub fn gate(&self, instruments: &Instruments) -> Result<GateConfig, ConfigError> {
        let risk = &self.risk;
        let overrides: Result<Vec<_>, _> =
            instruments.iter().map(|it| Ok((it.id, self.instrument_limits(it)?))).collect();
        let mut assets = Vec::new();
        if risk.gross_notional_max.is_some()
            || risk.net_notional_max.is_some()
            || risk.day_loss_max.is_some()
            || risk.drawdown_max.is_some()
        {
            let settle: BTreeSet<AssetId> = instruments.iter().map(|it| it.settle).collect();
            for asset in settle {
                assets.push(self.asset_limits(asset)?);
            }
        }
        let per = |count: Option<u32>, secs| {
            count.map(|count| MessageLimit { count, window: Span::from_secs(secs) })
        };
        let mode = match risk.loss_mode {
            LossMode::Reduced => Mode::Reduced,
            LossMode::Paused => Mode::Paused,
            LossMode::Emergency => Mode::Emergency,
        };
        let window = risk.repeat_window.map_or(Span::from_secs(1), |it| it.0);
        Ok(GateConfig {
            overrides: overrides?,
            assets,
            oversize: if risk.shrink_oversize { Oversize::Shrink } else { Oversize::Refuse },
            mark_collar_bps: risk.mark_collar_bps,
            mid_collar_bps: risk.mid_collar_bps,
            data_age_max: risk.stale_after.map(|it| it.0),
            needs_book: risk.needs_book,
            open_orders_max: risk.open_orders_max,
            messages: [per(risk.orders_per_second, 1), per(risk.orders_per_minute, 60)]
                .into_iter()
                .flatten()
                .collect(),
            repeat: risk.repeat_max.map(|count| RepeatLimit { count, window }),
            day_loss: LossAction { mode, resume_next_day: risk.resume_next_day },
            drawdown: LossAction { mode, resume_next_day: false },
            cooldown: risk.cooldown.map_or(Span::ZERO, |it| it.0),
            ..GateConfig::default()
        })
    }

    fn instrument_limits(&self, instrument: &Instrument) -> Result<InstrumentLimits, ConfigError> {
        let risk = &self.risk;
        // A limit that is not a whole number of lots is rounded down: a limit never allows more than it says.
        let lots = |key: &str, value: Option<Number>| {
            let Some(value) = value else { return Ok(None) };
            if value.0 > Decimal::ZERO && value.0 < instrument.spec.lot {
                let (lot, symbol) = (instrument.spec.lot, &instrument.spec.symbol);
                let problem = format!("is {}, expected at least one lot of {symbol} ({lot}), or 0", value.0);
                return Err(self.refuse(key, problem));
            }
            let lots = value.0.checked_div(instrument.spec.lot).and_then(|it| it.floor().to_i64());
            match lots.filter(|it| *it >= 0) {
                Some(lots) => Ok(Some(Qty::new(lots))),
                None => {
                    Err(self.refuse(key, format!("is {}, expected a size that is not negative", value.0)))
                }
            }
        };
        Ok(InstrumentLimits {
            order_qty_max: lots("risk.order_qty_max", risk.order_qty_max)?,
            order_notional_max: self.money("risk.order_notional_max", risk.order_notional_max)?,
            position_max: lots("risk.position_max", risk.position_max)?,
            open_orders_max: risk.instrument_orders_max,
        })
    }

    fn asset_limits(&self, asset: AssetId) -> Result<AssetLimits, ConfigError> {
        let risk = &self.risk;
        let part = |key: &str, value: Option<Number>| {
            let Some(value) = value else { return Ok(None) };
            if value.0 <= Decimal::ZERO || value.0 > Decimal::ONE {
                return Err(
                    self.refuse(key, format!("is {}, expected a part above 0 and at most 1", value.0))
                );
            }
            Rate::from_decimal(value.0).map(Some).map_err(|e| self.refuse(key, e.to_string()))
        };
        Ok(AssetLimits {
            asset,
            gross_max: self.money("risk.gross_notional_max", risk.gross_notional_max)?,
            net_max: self.money("risk.net_notional_max", risk.net_notional_max)?,
            day_loss_max: part("risk.day_loss_max", risk.day_loss_max)?,
            drawdown_max: part("risk.drawdown_max", risk.drawdown_max)?,
        })
    }

    fn money(&self, key: &str, value: Option<Number>) -> Result<Option<Money>, ConfigError> {
        let Some(value) = value else { return Ok(None) };
        if value.0 < Decimal::ZERO {
            return Err(self.refuse(key, format!("is {}, expected an amount that is not negative", value.0)));
        }
        Money::from_decimal(value.0).map(Some).map_err(|e| self.refuse(key, e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(risk: &str) -> Result<Config, String> {
        let text = format!("[strategy]\nname = \"watch\"\n[risk]\n{risk}\n");
        Config::parse(&text, Path::new("r.toml")).map_err(|e| e.to_string())
    }

    #[test]
    fn a_key_that_nothing_reads_without_its_limit_is_refused() {
        for (key, limit) in [
            ("shrink_oversize = true", "position_max = 1"),
            ("shrink_oversize = true", "gross_notional_max = 1"),
            ("repeat_window = \"2s\"", "repeat_max = 3"),
            ("loss_mode = \"paused\"", "drawdown_max = 0.1"),
            ("loss_mode = \"reduced\"", "day_loss_max = 0.1"),
            ("resume_next_day = true", "day_loss_max = 0.1"),
        ] {
            let name = key.split(' ').next().unwrap();
            let refused = read(key).unwrap_err();
            assert!(refused.starts_with(&format!("r.toml: risk.{name}: is read only with ")), "{refused}");
            read(&format!("{key}\n{limit}")).unwrap();
        }
        let refused = read("drawdown_max = 0.1\nresume_next_day = true").unwrap_err();
        assert_eq!(
            refused,
            "r.toml: risk.resume_next_day: is read only with day_loss_max, which is not there"
        );
        read("shrink_oversize = false\nresume_next_day = false\ncooldown = \"1m\"").unwrap();
    }

    #[test]
    fn prices_in_doubt_are_watched_when_it_is_said() {
        let watch = |risk: &str| read(risk).unwrap().watch().map_err(|e| e.to_string());
        assert_eq!(watch(""), Ok(WatchConfig::default()));
        assert_eq!(watch("wrong_prints = \"ignore\""), Ok(WatchConfig::default()));
        let both = WatchConfig { prints: true, spread_times_max: Some(20) };
        assert_eq!(watch("wrong_prints = \"hold\"\nspread_times_max = 20"), Ok(both));
        for few in [0, 1] {
            let refused = watch(&format!("spread_times_max = {few}")).unwrap_err();
            assert!(refused.contains("risk.spread_times_max: expected 2 or more"), "{refused}");
        }
        assert!(
            read("wrong_prints = true").unwrap_err().contains("risk.wrong_prints: expected a word in quotes")
        );
        assert!(read("wrong_prints = \"drop\"").unwrap_err().contains("expected `ignore` or `hold`"));
    }
}
