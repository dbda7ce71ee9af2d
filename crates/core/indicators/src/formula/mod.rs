//! The formula of each entry in one line, as it is computed here: with its seed, its constant of smoothing, and what it
//! says where a denominator is zero.

mod candles;
mod indicators;

use crate::spec::Spec;

/// What the signs in a formula mean, a line each.
pub const NOTATION: &[(&str, &str)] = &[
    ("o h l c v", "open, high, low, close and volume of the bar; time its beginning in milliseconds"),
    ("x, x0, x1", "the input that may be any column; n is timeperiod, other parameters carry their names"),
    ("x[k]", "the value k rows ago; x and x[0] are that of this row"),
    ("max(x, n), min(x, n), sum(x, n)", "over the last n rows, this one included"),
    ("SMA(x, n)", "sum(x, n) / n"),
    ("EMA(x, n)", "y = y[1] + 2 / (n + 1) * (x - y[1]); the first y is the mean of the first n values"),
    ("RMA(x, n)", "Wilder's: y = y[1] + (x - y[1]) / n; the first y is the mean of the first n values"),
    ("WMA(x, n)", "weights 1 to n, the newest the largest, over their sum"),
    ("MA(x, n)", "the average that matype names"),
    ("var(x, n), sd(x, n)", "variance and deviation with n in the denominator; sd1 with n - 1"),
    ("tp, mid", "(h + l + c) / 3, (h + l) / 2"),
    ("TR", "max(h - l, |h - c[1]|, |l - c[1]|), from the second row on"),
    ("ATR(n)", "RMA(TR, n)"),
    ("body, top, bottom", "of a candle: |c - o|, max(o, c), min(o, c)"),
    ("upper, lower", "its shadows: h - top, bottom - l"),
    ("white, black, color", "c >= o, c < o, and 1 or -1 for these"),
    ("long, short", "of a candle's body: body > and body < the mean body of the ten candles before it"),
    ("doji, bare", "body <= and shadow < 0.1 of the mean range h - l of the ten candles before it"),
    ("near, far, equal", "0.2, 0.6 and 0.05 of the mean range of the five candles before it"),
];

/// The formula of the entry `name`, in capitals.
pub(crate) fn formula(name: &str) -> Option<&'static str> {
    let table = if name.starts_with("CDL") { candles::FORMULAS } else { indicators::FORMULAS };
    table.binary_search_by(|it| it.0.cmp(name)).ok().map(|place| table[place].1)
}

impl Spec {
    /// The formula in one line, as it is computed here; [`NOTATION`] says what the signs mean.
    #[must_use]
    pub fn formula(&self) -> &'static str {
        // A test holds the tables to the catalogue.
        formula(self.name).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use std::collections::BTreeMap;

    #[test]
    fn every_entry_has_a_formula_of_its_own_and_no_formula_is_left_over() {
        let tables = [indicators::FORMULAS, candles::FORMULAS];
        for table in tables {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0), "found by bisection");
        }
        let names: Vec<&str> = catalogue().iter().map(|it| it.name).collect();
        let mut written: Vec<&str> = tables.concat().iter().map(|it| it.0).collect();
        written.sort_unstable();
        assert_eq!(written, names);
        let mut seen = BTreeMap::new();
        for spec in catalogue() {
            let text = spec.formula();
            assert!(text.len() > 3 && text.trim() == text && !text.contains('\n'), "{}: {text:?}", spec.name);
            assert_eq!(seen.insert(text, spec.name), None, "{} says what another says", spec.name);
        }
    }

    #[test]
    fn a_formula_names_each_output_where_there_are_several_and_each_parameter() {
        for spec in catalogue().iter().filter(|it| !it.name.starts_with("CDL")) {
            let text = spec.formula().to_lowercase();
            for output in spec.outputs.iter().filter(|_| spec.outputs.len() > 1) {
                assert!(text.contains(&output.name), "{}: {} is not in {text:?}", spec.name, output.name);
            }
            for parameter in &spec.parameters {
                let said = match parameter.name.as_str() {
                    "timeperiod" => text.contains('n'),
                    name if name.ends_with("matype") => text.contains("ma(") || text.contains(name),
                    name => text.contains(name),
                };
                assert!(said, "{}: {} is not in {text:?}", spec.name, parameter.name);
            }
        }
    }
}
