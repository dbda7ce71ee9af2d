//! The features that a strategy decided by, as they stand in the result of a run: the last value of each, how old it is, and
//! how it went with what came after decisions.

use crate::summary::label;
use scalp_features::importance::Relation;
use scalp_report::data::{FeatureRow, Features, Weighed};
use scalp_strategy::{FeatureFacts, Strategy};
use scalp_types::{Instruments, Timestamp};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Of one instrument.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decided {
    /// The close of the last bar that was decided upon.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// Bars from a decision to its outcome; none where outcomes were not looked at.
    pub outcome_bars: Option<usize>,
    /// Decisions in which the weight of one halves.
    pub outcome_half_life: Option<f64>,
    /// In the order in which rules name them.
    pub features: Vec<DecidedBy>,
}

fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// One feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecidedBy {
    /// As the rules have it.
    pub name: String,
    /// Its last value; none while it is absent.
    pub value: Option<f64>,
    /// Seconds since it was computed last; none where it never was.
    pub age_seconds: Option<f64>,
    /// At every decision, with the return that followed.
    pub at_decisions: Weight,
    /// At entries, with the return that followed in their direction.
    pub at_entries: Weight,
}

/// What a feature had to do with outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Weight {
    /// Decisions with a value and a known outcome.
    pub decisions: u64,
    /// The effective number of those whose outcomes do not overlap.
    pub effective: f64,
    /// The correlation; none where too little is known.
    pub correlation: Option<f64>,
    /// Its standard error.
    pub standard_error: Option<f64>,
}

impl From<Relation> for Weight {
    fn from(it: Relation) -> Self {
        let Relation { decisions, effective, correlation, standard_error } = it;
        Self { decisions, effective, correlation, standard_error }
    }
}

/// By symbol, of what decides by features.
pub fn decided(strategy: &impl Strategy, instruments: &Instruments) -> BTreeMap<String, Decided> {
    let of = |it: FeatureFacts| {
        let features = it.features.into_iter().map(|it| DecidedBy {
            name: it.name,
            value: it.value,
            age_seconds: it.age.map(|it| it.nanos() as f64 / 1e9),
            at_decisions: it.at_decisions.into(),
            at_entries: it.at_entries.into(),
        });
        let decided = Decided {
            at: it.at,
            outcome_bars: it.outcome_bars,
            outcome_half_life: it.outcome_half_life,
            features: features.collect(),
        };
        (label(instruments, instruments.get(it.instrument)), decided)
    };
    strategy.features().map(of).into_iter().collect()
}

/// For the page.
pub fn features(decided: &BTreeMap<String, Decided>) -> Vec<Features> {
    let weighed = |it: &Weight| Weighed {
        decisions: it.decisions,
        effective: it.effective,
        correlation: it.correlation,
        standard_error: it.standard_error,
    };
    let row = |it: &DecidedBy| FeatureRow {
        name: it.name.clone(),
        value: it.value,
        age_seconds: it.age_seconds,
        at_decisions: weighed(&it.at_decisions),
        at_entries: weighed(&it.at_entries),
    };
    let of = |(instrument, it): (&String, &Decided)| Features {
        instrument: instrument.clone(),
        at: it.at.nanos(),
        outcome_bars: it.outcome_bars.map(|it| it as u64),
        outcome_half_life: it.outcome_half_life,
        rows: it.features.iter().map(row).collect(),
    };
    decided.iter().map(of).collect()
}
