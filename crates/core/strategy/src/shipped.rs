//! The strategies that ship with the platform, as one closed set chosen by name.

use crate::control::{BuyAndHold, BuyAndHoldParameters, RandomEntry, RandomEntryParameters};
use crate::cross::{Cross, CrossParameters};
use crate::grid::{Grid, GridParameters};
use crate::parameters::{ParameterError, Setup};
use crate::signal::outside::With;
use crate::signal::{Signal, SignalParameters};
use crate::strategy::{Configured, FeatureFacts, Strategy};
use crate::trend::{Trend, TrendParameters};
use crate::view::View;
use crate::wake::{Interest, Wake};
use crate::watch::{Watch, WatchParameters};
use scalp_market::BarRule;
use scalp_types::{InstrumentId, Intents, StateHash};
use serde::{Deserialize, Serialize};

macro_rules! shipped {
    ($($(#[$doc:meta])* $name:literal $variant:ident($strategy:ty, $parameters:ty),)*) => {
        /// The parameters of one shipped strategy; the key `name` says which.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "name")]
        pub enum ShippedParameters {
            $($(#[$doc])* #[serde(rename = $name)] $variant($parameters),)*
        }

        /// One shipped strategy.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "there is one of it in an engine")]
        pub enum Shipped {
            $($(#[$doc])* $variant($strategy),)*
        }

        /// The names, in the order of the documentation.
        pub const NAMES: &[&str] = &[$($name),*];

        impl ShippedParameters {
            /// The name.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }
        }

        impl Strategy for Shipped {
            #[inline]
            fn interest(&self) -> Interest {
                match self { $(Self::$variant(it) => it.interest(),)* }
            }
            #[inline]
            fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents) {
                match self { $(Self::$variant(it) => it.decide(wake, view, out),)* }
            }
            fn digest(&self, hash: &mut StateHash) {
                match self { $(Self::$variant(it) => it.digest(hash),)* }
            }
            fn why(&self, tag: u64) -> Option<String> {
                match self { $(Self::$variant(it) => it.why(tag),)* }
            }
            fn remarks(&self) -> Vec<String> {
                match self { $(Self::$variant(it) => it.remarks(),)* }
            }
            fn features(&self) -> Option<FeatureFacts> {
                match self { $(Self::$variant(it) => it.features(),)* }
            }
            fn schema(&self, bars: &[(InstrumentId, BarRule)]) -> Option<StateHash> {
                match self { $(Self::$variant(it) => it.schema(bars),)* }
            }
            fn reads_others(&self, closing: InstrumentId) -> bool {
                match self { $(Self::$variant(it) => it.reads_others(closing),)* }
            }
            fn check_bars(&self, bars: &[(InstrumentId, BarRule)]) -> Result<(), ParameterError> {
                match self { $(Self::$variant(it) => it.check_bars(bars),)* }
            }
        }

        impl Configured for Shipped {
            type Parameters = ShippedParameters;

            fn series(parameters: &mut ShippedParameters) -> &mut [With] {
                match parameters { $(ShippedParameters::$variant(it) => <$strategy>::series(it),)* }
            }

            fn build(parameters: &ShippedParameters, setup: &Setup<'_>) -> Result<Self, ParameterError> {
                Ok(match parameters {
                    $(ShippedParameters::$variant(it) => Self::$variant(<$strategy>::build(it, setup)?),)*
                })
            }
        }
    };
}

shipped! {
    /// Moving-average cross.
    "cross" Cross(Cross, CrossParameters),
    /// Grid market maker.
    "grid" Grid(Grid, GridParameters),
    /// Trend follower with brackets.
    "trend" Trend(Trend, TrendParameters),
    /// Rules over named features.
    "signal" Signal(Signal, SignalParameters),
    /// Control: random entries.
    "random-entry" RandomEntry(RandomEntry, RandomEntryParameters),
    /// Control: buy and hold.
    "buy-and-hold" BuyAndHold(BuyAndHold, BuyAndHoldParameters),
    /// Looks on.
    "watch" Watch(Watch, WatchParameters),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Stage, instruments};

    fn build(json: &str) -> Result<Shipped, String> {
        let parameters: ShippedParameters = serde_json::from_str(json).map_err(|it| it.to_string())?;
        let all = instruments(&["A"]);
        Shipped::build(&parameters, &Setup { instruments: &all, seed: 3, bars: &[] })
            .map_err(|it| it.to_string())
    }

    const ALL: [&str; 7] = [
        r#"{"name":"cross","fast":2,"slow":3,"order_qty":"0.01"}"#,
        r#"{"name":"grid","order_qty":"0.01","levels":3}"#,
        r#"{"name":"trend","entry_bars":4,"atr_bars":3}"#,
        r#"{"name":"signal","order_qty":"0.01","enter_long":"EMA(3) > EMA(9) and RSI(5) < 60","exit_long":"close < EMA(9)","stop_atr":2}"#,
        r#"{"name":"random-entry","entry_probability":0.5,"holding_bars":2,"order_qty":"0.01"}"#,
        r#"{"name":"buy-and-hold"}"#,
        r#"{"name":"watch"}"#,
    ];

    #[test]
    fn each_name_builds_its_strategy_and_only_known_keys_are_taken() {
        for (text, name) in ALL.iter().zip(NAMES) {
            let parameters: ShippedParameters = serde_json::from_str(text).unwrap();
            assert_eq!(parameters.name(), *name);
            build(text).unwrap();
            let unknown = text.replace('}', r#","colour":"red"}"#);
            assert!(build(&unknown).unwrap_err().contains("unknown field `colour`"), "{name}");
        }
        let unknown = build(r#"{"name":"oracle"}"#).unwrap_err();
        assert!(
            unknown.contains("`cross`, `grid`, `trend`, `signal`, `random-entry`, `buy-and-hold`, `watch`"),
            "{unknown}"
        );
        assert!(build(r#"{"name":"cross"}"#).unwrap_err().contains("order_qty"));
    }

    /// What happens over bars and timers, as text.
    fn play(strategy: &mut Shipped, stage: &mut Stage, from: i64, to: i64) -> String {
        let mut log = String::new();
        for step in from..to {
            let close = 10_000 + (step * step * 37) % 900 - step % 7 * 30;
            stage.quote(0, close - 1, close + 1);
            let bar = stage.candle(strategy, 0, close + 20, close - 20, close);
            let timer = stage.timer(strategy);
            log += &format!("{bar:?} {timer:?}\n");
        }
        log
    }

    #[test]
    fn a_strategy_that_was_put_away_goes_on_as_if_nothing_had_happened() {
        for text in ALL {
            let mut whole = build(text).unwrap();
            let mut stage = Stage::new(&["A"]);
            play(&mut whole, &mut stage, 0, 60);
            let bytes = postcard::to_allocvec(&whole).unwrap();
            let mut resumed: Shipped = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(resumed, whole);
            let now = stage.now;
            let log = play(&mut whole, &mut stage, 60, 120);
            let mut other = Stage::new(&["A"]);
            other.now = now;
            assert_eq!(play(&mut resumed, &mut other, 60, 120), log, "{text}");
            let (mut one, mut two) = (StateHash::default(), StateHash::default());
            whole.digest(&mut one);
            resumed.digest(&mut two);
            assert_eq!(one, two);
        }
    }
}
