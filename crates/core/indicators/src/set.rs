//! Many indicators on one stream: a list such as `RSI(14), BBANDS(20,2,2,0).upperband` becomes one row of values. Items
//! that differ in their output alone share one calculation.

use crate::data::{Column, Frame, Schema};
use crate::error::Error;
use crate::indicator::{Answer, Indicator, said};
use crate::kernel::SILENT;
use crate::request::Request;

/// The indicators of a list, and which of their outputs it asks for.
#[derive(Clone, Debug)]
pub struct Set {
    indicators: Vec<Indicator>,
    /// For each value the indicator and the output that it comes from, and where it stands in what was said.
    picks: Vec<Pick>,
    names: Vec<String>,
    /// What the indicators said of the last row, all their outputs one after the other.
    said: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Pick {
    indicator: usize,
    output: usize,
    said: usize,
}

impl Set {
    /// Builds the items of `list` for rows of `schema`. An item without an output stands for all of its outputs, in their
    /// order.
    pub fn parse(list: &str, schema: &Schema) -> Result<Set, Error> {
        let mut set = Set { indicators: Vec::new(), picks: Vec::new(), names: Vec::new(), said: Vec::new() };
        for request in Request::parse_list(list)? {
            let built = Indicator::build(&request, schema)?;
            let spec = built.spec();
            let outputs = match &request.output {
                Some(name) => {
                    let place = spec.output(name)?;
                    place..place + 1
                }
                None => 0..spec.outputs.len(),
            };
            let title = built.to_string();
            let known = set.indicators.iter().position(|it| it.same_calculation(&built));
            let indicator = known.unwrap_or_else(|| {
                set.said.extend(spec.outputs.iter().map(|_| SILENT));
                set.indicators.push(built);
                set.indicators.len() - 1
            });
            let first: usize = set.indicators[..indicator].iter().map(|it| it.spec().outputs.len()).sum();
            for output in outputs {
                set.picks.push(Pick { indicator, output, said: first + output });
                let name = if spec.outputs.len() == 1 {
                    String::new()
                } else {
                    format!(".{}", spec.outputs[output].name)
                };
                set.names.push(format!("{title}{name}"));
            }
        }
        Ok(set)
    }

    /// The name of each value: the indicator with all its parameters, and the output where there are several.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The indicators, each calculation once.
    #[must_use]
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// How many rows pass before every value is there.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        self.picks.iter().map(|pick| self.indicators[pick.indicator].lookback(pick.output)).max().unwrap_or(0)
    }

    /// Takes a row in and puts the values into `out`, which is cleared first. An indicator that refuses the row is silent
    /// for it and remains as it was; the first refusal is returned, after all have been asked.
    pub fn push(&mut self, row: &[f64], out: &mut Vec<Option<f64>>) -> Result<(), Error> {
        self.ask(out, |it| it.push(row))
    }

    /// As [`Set::push`], for a row that is not finished: nothing remembers it.
    pub fn peek(&mut self, row: &[f64], out: &mut Vec<Option<f64>>) -> Result<(), Error> {
        self.ask(out, |it| it.peek(row))
    }

    /// Becomes as new.
    pub fn reset(&mut self) {
        self.indicators.iter_mut().for_each(Indicator::reset);
    }

    /// One column for each value over a frame.
    pub fn batch(&self, frame: &Frame<'_>) -> Result<Vec<Column>, Error> {
        let mut all = Vec::with_capacity(self.indicators.len());
        for indicator in &self.indicators {
            all.push(indicator.batch(frame)?);
        }
        Ok(self.picks.iter().map(|pick| all[pick.indicator][pick.output].clone()).collect())
    }

    fn ask(
        &mut self,
        out: &mut Vec<Option<f64>>,
        question: impl for<'a> Fn(&'a mut Indicator) -> Result<Answer<'a>, Error>,
    ) -> Result<(), Error> {
        let mut refusal = Ok(());
        let mut rest = self.said.as_mut_slice();
        for indicator in &mut self.indicators {
            let (said, others) = rest.split_at_mut(indicator.outputs());
            rest = others;
            match question(indicator) {
                Ok(answer) => said.iter_mut().zip(answer.values()).for_each(|(to, value)| *to = *value),
                Err(error) => {
                    said.fill(SILENT);
                    refusal = refusal.and(Err(error));
                }
            }
        }
        out.clear();
        out.extend(self.picks.iter().map(|pick| said(self.said[pick.said])));
        refusal
    }
}
