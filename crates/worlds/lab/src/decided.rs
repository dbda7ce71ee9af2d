//! The features that a strategy decided by, as they stand in the result of a run: the last value of each, how old it is, and
//! how it went with what came after decisions. The page has them as they are; the summary tells them by symbol.

use crate::summary::label;
use scalp_features::importance::Relation;
use scalp_market::BarRule;
use scalp_report::data::{FeatureRow, Features, Weighed};
use scalp_strategy::{FeatureFacts, Strategy};
use scalp_types::{InstrumentId, Instruments, Timestamp};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

const fn weighed(it: Relation) -> Weighed {
    let Relation { decisions, effective, correlation, standard_error } = it;
    Weighed { decisions, effective, correlation, standard_error }
}

/// Of each instrument that is decided on by features, in the order of their symbols.
pub fn decided(
    strategy: &impl Strategy,
    instruments: &Instruments,
    bars: &[(InstrumentId, BarRule)],
) -> Vec<Features> {
    let of = |it: FeatureFacts| {
        let rows = it.features.into_iter().map(|it| FeatureRow {
            name: it.name,
            value: it.value,
            age_seconds: it.age.map(|it| it.nanos() as f64 / 1e9),
            at_decisions: weighed(it.at_decisions),
            at_entries: weighed(it.at_entries),
        });
        let instrument = label(instruments, instruments.get(it.instrument));
        let features = Features {
            instrument: instrument.clone(),
            at: it.at.nanos(),
            schema: strategy.schema(bars).map(|it| it.to_string()),
            outcome_bars: it.outcome_bars.map(|it| it as u64),
            outcome_half_life: it.outcome_half_life,
            rows: rows.collect(),
        };
        (instrument, features)
    };
    let by_symbol: BTreeMap<String, Features> = strategy.features().map(of).into_iter().collect();
    by_symbol.into_values().collect()
}

/// As a table by symbol, with times as text.
pub fn by_symbol<S: Serializer>(all: &[Features], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Told<'a> {
        #[serde(serialize_with = "as_text")]
        at: Timestamp,
        schema: Option<&'a str>,
        outcome_bars: Option<u64>,
        outcome_half_life: Option<f64>,
        features: &'a [FeatureRow],
    }
    serializer.collect_map(all.iter().map(|it| {
        let Features { instrument, at, schema, outcome_bars, outcome_half_life, rows } = it;
        let schema = schema.as_deref();
        let (outcome_bars, outcome_half_life) = (*outcome_bars, *outcome_half_life);
        (
            instrument,
            Told { at: Timestamp::from_nanos(*at), schema, outcome_bars, outcome_half_life, features: rows },
        )
    }))
}

fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Summary {
        #[serde(serialize_with = "by_symbol")]
        features: Vec<Features>,
    }

    #[test]
    fn the_summary_tells_by_symbol_what_the_page_tells_in_rows() {
        let row = FeatureRow { name: "RSI(14)".into(), value: Some(30.5), ..FeatureRow::default() };
        let of = |name: &str, at| Features {
            instrument: name.into(),
            at,
            schema: Some("83b1f6c12f843622".into()),
            outcome_bars: Some(10),
            outcome_half_life: None,
            rows: vec![row.clone()],
        };
        let told = serde_json::to_string(&Summary { features: vec![of("A", 0), of("B", 1)] }).unwrap();
        let rows = "[{\"name\":\"RSI(14)\",\"value\":30.5,\"age_seconds\":null,\
                    \"at_decisions\":{\"decisions\":0,\"effective\":0.0,\"correlation\":null,\"standard_error\":null},\
                    \"at_entries\":{\"decisions\":0,\"effective\":0.0,\"correlation\":null,\"standard_error\":null}}]";
        let one = |at: &str| {
            format!(
                "{{\"at\":{at:?},\"schema\":\"83b1f6c12f843622\",\"outcome_bars\":10,\"outcome_half_life\":null,\"features\":{rows}}}"
            )
        };
        let (a, b) = (one("1970-01-01T00:00:00.000000000Z"), one("1970-01-01T00:00:00.000000001Z"));
        assert_eq!(told, format!("{{\"features\":{{\"A\":{a},\"B\":{b}}}}}"));
    }
}
