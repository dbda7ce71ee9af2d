//! The two traits of a strategy: how it decides, and how it is built from its parameters.

use crate::parameters::{ParameterError, Setup};
use crate::signal::outside::With;
use crate::view::View;
use crate::wake::{Interest, Wake};
use scalp_features::importance::Relation;
use scalp_market::BarRule;
use scalp_types::{InstrumentId, Intents, Span, StateHash, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Turns facts into wishes. Its state is serialised into snapshots, and must come back whole: after a restore it
/// decides as if nothing had happened.
pub trait Strategy: Serialize + DeserializeOwned {
    /// What wakes it. Asked again after every decision, so a strategy may sleep and wake by its state.
    fn interest(&self) -> Interest;

    /// Looks at `view` because of `wake`, and writes its wishes into `out`. Must not allocate once it is warm. What
    /// the risk gate does not let through simply never shows up among the open orders.
    fn decide(&mut self, wake: &Wake<'_>, view: &View<'_>, out: &mut Intents);

    /// Folds the whole state into a rolling hash.
    fn digest(&self, hash: &mut StateHash);

    /// In words, why the last decision placed the order with this tag, where there is more to say than its
    /// [`scalp_types::Reason`]. For people: asked beside the path of decisions, and may allocate.
    fn why(&self, _tag: u64) -> Option<String> {
        None
    }

    /// What a person should know of the whole run, such as a rule that could never be asked. Asked once, at its end.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// The features that it decides by, as of its last decision, where it decides by features. For people and other programs:
    /// asked beside the path of decisions, and may allocate.
    fn features(&self) -> Option<FeatureFacts> {
        None
    }

    /// The hash of the schema of these features, over what each instrument's bars are built by; those of an instrument that is
    /// not named come with the feed, and are known once there was one. None where no feature is read, or bars do not fit.
    fn schema(&self, _bars: &[(InstrumentId, BarRule)]) -> Option<StateHash> {
        None
    }

    /// Whether it reads the bars of other instruments when one of this instrument closes. Those that end with it or before are
    /// closed first then, though nothing has come of their instruments since.
    fn reads_others(&self, _closing: InstrumentId) -> bool {
        false
    }

    /// Refuses to be started over bars that a feature of it cannot be made of, such as one of 10 seconds over bars of a minute.
    /// Asked before the run, for what is known of the bars by then: by what those of an instrument are built, or how long those
    /// are that come with the feed. An instrument that is not named is not judged.
    fn check_bars(&self, _bars: &[(InstrumentId, BarRule)]) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// The features of a strategy as of its last decision.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureFacts {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// The bar that was decided upon last closed then.
    pub at: Timestamp,
    /// Bars from a decision to the outcome that it is weighed by; none where outcomes are not looked at.
    pub outcome_bars: Option<usize>,
    /// Decisions with a known outcome in which the weight of one halves.
    pub outcome_half_life: Option<f64>,
    /// In the order in which rules name them.
    pub features: Vec<FeatureFact>,
}

/// One feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureFact {
    /// As the rules have it.
    pub name: String,
    /// Its value; none while it is absent.
    pub value: Option<f64>,
    /// From when it was last computed to `at`; none where it never was.
    pub age: Option<Span>,
    /// How it went with the return after every decision.
    pub at_decisions: Relation,
    /// How it went with the return of the entries, in their direction.
    pub at_entries: Relation,
}

/// A strategy that can be built from configuration.
pub trait Configured: Strategy + Sized {
    /// Its section of the configuration.
    type Parameters: Serialize + DeserializeOwned + Clone + Send + Sync;

    /// The series from outside that the parameters name. Whoever builds a run puts the values of their files in first.
    fn series(_parameters: &mut Self::Parameters) -> &mut [With] {
        &mut []
    }

    /// Checks the parameters and builds the strategy, or names the key that cannot be used.
    fn build(parameters: &Self::Parameters, setup: &Setup<'_>) -> Result<Self, ParameterError>;
}
