//! Parameters of strategies: checked once at the start, each refusal naming the key and what was expected.

use rust_decimal::Decimal;
use scalp_market::BarRule;
use scalp_types::{Instrument, InstrumentId, Instruments, Qty};

/// What a strategy is built from beside its own parameters.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// The instruments of the run.
    pub instruments: &'a Instruments,
    /// The seed of the run; a strategy that draws takes a named stream of it.
    pub seed: u64,
    /// What bars are built by, for each instrument of which they are built; those of the others come with the feed.
    pub bars: &'a [(InstrumentId, BarRule)],
}

/// A parameter that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("strategy.{key} is {value}, expected {expected}")]
pub struct ParameterError {
    /// The key below `[strategy]`.
    pub key: &'static str,
    /// What was given.
    pub value: String,
    /// What would have been accepted.
    pub expected: String,
}

impl ParameterError {
    /// For a key, its value as given, and what would have been accepted.
    pub fn new(key: &'static str, value: impl ToString, expected: impl ToString) -> Self {
        Self { key, value: value.to_string(), expected: expected.to_string() }
    }
}

impl<'a> Setup<'a> {
    /// The instrument named `venue:symbol` or `symbol`; the only one when no name is given.
    pub fn instrument(&self, name: Option<&str>) -> Result<&'a Instrument, ParameterError> {
        let bad =
            |value: &str, expected| Err(ParameterError::new("instrument", format!("{value:?}"), expected));
        let Some(name) = name else {
            let mut all = self.instruments.iter();
            return match (all.next(), all.next()) {
                (Some(only), None) => Ok(only),
                _ => bad("", format!("one of {}, because the run has not exactly one", self.names())),
            };
        };
        let mut found = self.instruments.iter().filter(|it| it.name() == name || it.spec.symbol == name);
        match (found.next(), found.next()) {
            (Some(it), None) => Ok(it),
            (None, _) => bad(name, format!("one of {}", self.names())),
            (Some(_), Some(_)) => bad(name, format!("the venue too: one of {}", self.names())),
        }
    }

    /// The instruments named; all of them, by id, when the list is empty.
    pub fn instruments(&self, names: &[String]) -> Result<Vec<&'a Instrument>, ParameterError> {
        if names.is_empty() {
            return Ok(self.instruments.iter().collect());
        }
        let mut found: Vec<&Instrument> = Vec::with_capacity(names.len());
        for name in names {
            let it = self.instrument(Some(name))?;
            if found.iter().any(|other| other.id == it.id) {
                return Err(ParameterError::new("instruments", format!("{name:?}"), "each instrument once"));
            }
            found.push(it);
        }
        Ok(found)
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.instruments.iter().map(Instrument::name).collect();
        names.join(", ")
    }
}

/// A positive size on the instrument's lot grid and above its smallest order.
pub fn order_qty(key: &'static str, value: Decimal, instrument: &Instrument) -> Result<Qty, ParameterError> {
    let qty = instrument.qty(value).map_err(|_| {
        ParameterError::new(key, value, format!("a multiple of the lot {}", instrument.spec.lot))
    })?;
    if qty < instrument.filters.qty_min || qty <= Qty::ZERO {
        let least = instrument.qty_decimal(instrument.filters.qty_min.max(Qty::new(1)));
        return Err(ParameterError::new(key, value, format!("at least {least}")));
    }
    Ok(qty)
}

/// `value`, when it lies in `range`.
pub fn whole(
    key: &'static str,
    value: i64,
    range: std::ops::RangeInclusive<i64>,
) -> Result<i64, ParameterError> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ParameterError::new(key, value, format!("a whole number from {} to {}", range.start(), range.end())))
}

/// `value`, when it is a number that lies in `range`.
pub fn number(
    key: &'static str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
) -> Result<f64, ParameterError> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ParameterError::new(key, value, format!("a number from {} to {}", range.start(), range.end())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::instruments;

    #[test]
    fn an_instrument_is_found_by_symbol_by_full_name_or_as_the_only_one() {
        let one = instruments(&["BTCUSDT"]);
        let setup = Setup { instruments: &one, seed: 0, bars: &[] };
        for name in [None, Some("BTCUSDT"), Some("v:BTCUSDT")] {
            assert_eq!(setup.instrument(name).unwrap().spec.symbol, "BTCUSDT");
        }
        let error = setup.instrument(Some("ETHUSDT")).unwrap_err();
        assert_eq!(error.to_string(), "strategy.instrument is \"ETHUSDT\", expected one of v:BTCUSDT");
    }

    #[test]
    fn without_a_name_several_instruments_are_ambiguous() {
        let two = instruments(&["A", "B"]);
        let setup = Setup { instruments: &two, seed: 0, bars: &[] };
        assert!(setup.instrument(None).unwrap_err().to_string().contains("one of v:A, v:B"));
        assert_eq!(setup.instruments(&[]).unwrap().len(), 2);
        assert!(setup.instruments(&["A".into(), "v:A".into()]).is_err());
    }

    #[test]
    fn numbers_out_of_range_name_their_key() {
        assert_eq!(
            whole("fast", 0, 1..=10).unwrap_err().to_string(),
            "strategy.fast is 0, expected a whole number from 1 to 10"
        );
        assert!(number("skew_ticks", f64::NAN, 0.0..=1.0).is_err());
        let one = instruments(&["A"]);
        let it = one.iter().next().unwrap();
        assert!(order_qty("order_qty", Decimal::new(-1, 3), it).is_err());
        assert!(order_qty("order_qty", Decimal::new(1, 9), it).unwrap_err().to_string().contains("lot"));
        assert_eq!(order_qty("order_qty", Decimal::new(10, 3), it), Ok(Qty::new(10)));
    }
}
