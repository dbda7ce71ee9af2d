//! Trades nothing: a run that replays a market through the whole core and only looks on.

use crate::parameters::{ParameterError, Setup};
use crate::strategy::{Configured, Strategy};
use crate::view::View;
use crate::wake::{Interest, Wake};
use scalp_types::{Intents, StateHash};
use serde::{Deserialize, Serialize};

/// Parameters of [`Watch`]: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchParameters {}

/// The strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Watch {}

impl Strategy for Watch {
    #[inline]
    fn interest(&self) -> Interest {
        Interest::NONE
    }
    fn decide(&mut self, _: &Wake<'_>, _: &View<'_>, _: &mut Intents) {}
    fn digest(&self, _: &mut StateHash) {}
}

impl Configured for Watch {
    type Parameters = WatchParameters;

    fn build(_: &WatchParameters, _: &Setup<'_>) -> Result<Self, ParameterError> {
        Ok(Self {})
    }
}
