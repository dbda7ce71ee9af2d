//! Writes an entry of the catalogue: its name and text, then its inputs, parameters and outputs, then what builds it.

use crate::kernel::{Step, Stepped, seated};
use crate::spec::{Built, Cost, Family, Input, Output, Parameter, Range, Spec};

/// The longest window, as in TA-Lib.
const PERIOD_MAX: i32 = 100_000;

pub(super) type Refused = (usize, String);

/// An entry on its way. What is not said is: constant cost, an answer for all inputs.
pub(super) struct Entry {
    spec: Spec,
}

impl Entry {
    pub(super) fn new(name: &'static str, family: Family, summary: &'static str, source: &str) -> Entry {
        let build = Box::new(|_: &[f64]| Err((0, "built".to_owned())));
        Entry {
            spec: Spec {
                name,
                family,
                summary,
                source: source.to_owned(),
                inputs: Vec::new(),
                parameters: Vec::new(),
                outputs: Vec::new(),
                partial: false,
                cost: Cost::Constant,
                build,
            },
        }
    }

    /// Inputs that read the columns of their names.
    pub(super) fn of(mut self, names: &[&'static str]) -> Entry {
        self.spec.inputs.extend(names.iter().map(|&name| Input { name, column: name }));
        self
    }

    /// One input that may be any column; the close where none is named.
    pub(super) fn of_any(mut self) -> Entry {
        self.spec.inputs.push(Input { name: "real", column: "close" });
        self
    }

    pub(super) fn whole(mut self, name: &str, hint: &'static str, min: i32, default: i32) -> Entry {
        let range = Range::Whole { min, max: PERIOD_MAX };
        self.spec.parameters.push(Parameter {
            name: name.to_owned(),
            hint,
            range,
            default: f64::from(default),
        });
        self
    }

    /// The usual window.
    pub(super) fn period(self, min: i32, default: i32) -> Entry {
        self.whole("timeperiod", "Rows in the window", min, default)
    }

    pub(super) fn real(
        mut self,
        name: &str,
        hint: &'static str,
        (min, max): (f64, f64),
        default: f64,
    ) -> Entry {
        self.spec.parameters.push(Parameter {
            name: name.to_owned(),
            hint,
            range: Range::Real { min, max },
            default,
        });
        self
    }

    /// Yes or no, as 1 or 0; no unless said.
    pub(super) fn flag(mut self, name: &str, hint: &'static str) -> Entry {
        let range = Range::Choice(&[(0, "NO"), (1, "YES")]);
        self.spec.parameters.push(Parameter { name: name.to_owned(), hint, range, default: 0.0 });
        self
    }

    pub(super) fn out(mut self, names: &[&str]) -> Entry {
        self.spec.outputs.extend(names.iter().map(|name| Output {
            name: (*name).to_owned(),
            integer: false,
            is_row: false,
        }));
        self
    }

    /// The work for a row grows with the period.
    pub(super) fn window(mut self) -> Entry {
        self.spec.cost = Cost::Window;
        self
    }

    /// Some finite inputs have no answer.
    pub(super) fn partial(mut self) -> Entry {
        self.spec.partial = true;
        self
    }

    pub(super) fn build(
        mut self,
        build: impl Fn(&[f64]) -> Result<Built, Refused> + Send + Sync + 'static,
    ) -> Spec {
        self.spec.build = Box::new(build);
        self.spec
    }
}

/// A step with the lookback of each output.
pub(super) fn kernel<S: Step<I, O>, const I: usize, const O: usize>(
    state: S,
    lookbacks: [usize; O],
) -> Result<Built, Refused> {
    Ok((seated(Stepped::new(state, lookbacks)), lookbacks.to_vec()))
}
