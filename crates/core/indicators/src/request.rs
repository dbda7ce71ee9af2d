//! Reads what an indicator is asked for: `RSI(14)`, `BBANDS(20,2,2,0).upperband`, `SMA(timeperiod=20, real=volume)`, and
//! lists of such items separated by commas.

use crate::catalogue::{catalogue, find};
use crate::error::{Error, Nearest, nearest};
use crate::spec::{Parameter, Range, Spec};

/// An item as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The name of the indicator.
    pub name: String,
    /// The arguments: a name where one was written, and the value.
    pub arguments: Vec<(Option<String>, String)>,
    /// The output, where one was named.
    pub output: Option<String>,
}

/// A request whose names have been found and whose values are in their ranges.
pub(crate) struct Resolved {
    pub(crate) spec: &'static Spec,
    pub(crate) arguments: Vec<f64>,
    pub(crate) columns: Vec<String>,
}

impl Request {
    /// Reads one item.
    pub fn parse(text: &str) -> Result<Request, Error> {
        let item = text.trim();
        let syntax = |expected| Error::Syntax { item: item.to_owned(), expected };
        let (head, output) = match (item.find('('), item.rfind(')')) {
            (None, None) => match item.split_once('.') {
                Some((head, output)) => (head, Some(output)),
                None => (item, None),
            },
            (Some(open), Some(close)) if open < close => match item[close + 1..].trim() {
                "" => (&item[..=close], None),
                rest => (
                    &item[..=close],
                    Some(rest.strip_prefix('.').ok_or_else(|| {
                        syntax("a full stop and an output, or the end, after the closing bracket")
                    })?),
                ),
            },
            _ => return Err(syntax("a closing bracket for each opening one")),
        };
        let (name, inside) = match head.split_once('(') {
            Some((name, inside)) => (name.trim(), inside.strip_suffix(')').unwrap_or(inside).trim()),
            None => (head.trim(), ""),
        };
        if name.is_empty() || !name.bytes().all(is_word) {
            return Err(syntax("a name of letters, digits and underscores, such as RSI"));
        }
        let output = output.map(str::trim);
        if output.is_some_and(|it| it.is_empty() || !it.bytes().all(is_word)) {
            return Err(syntax("an output of letters, digits and underscores after the full stop"));
        }
        let mut arguments = Vec::new();
        for argument in inside.split(',').filter(|_| !inside.is_empty()) {
            let (key, value) = match argument.split_once('=') {
                Some((key, value)) => (Some(key.trim().to_owned()), value.trim()),
                None => (None, argument.trim()),
            };
            if value.is_empty() || value.contains(['(', ')', '=']) || key.as_deref() == Some("") {
                return Err(syntax("arguments such as 14 or timeperiod=14, separated by commas"));
            }
            arguments.push((key, value.to_owned()));
        }
        Ok(Request { name: name.to_owned(), arguments, output: output.map(str::to_owned) })
    }

    /// Reads a list of items separated by commas. An empty list is refused.
    pub fn parse_list(text: &str) -> Result<Vec<Request>, Error> {
        let mut items = Vec::new();
        let (mut from, mut depth) = (0, 0_usize);
        for (i, c) in text.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    items.push(Request::parse(&text[from..i])?);
                    from = i + 1;
                }
                _ => {}
            }
        }
        items.push(Request::parse(&text[from..])?);
        Ok(items)
    }

    pub(crate) fn resolve(&self) -> Result<Resolved, Error> {
        let unknown = || Error::UnknownIndicator {
            name: self.name.clone(),
            nearest: nearest(&self.name, catalogue().iter().map(|it| it.name)),
        };
        let spec = find(&self.name).ok_or_else(unknown)?;
        let mut columns: Vec<Option<String>> = vec![None; spec.inputs.len()];
        let arguments = self.assign(spec.name, &spec.parameters, |key, value| {
            let place = spec.inputs.iter().position(|it| it.name.eq_ignore_ascii_case(key));
            match place {
                Some(place) if columns[place].replace(value.to_owned()).is_some() => {
                    Err(Error::Repeated { indicator: spec.name, parameter: key.to_owned() })
                }
                Some(_) => Ok(()),
                None => Err(unknown_parameter(
                    spec.name,
                    key,
                    &spec.parameters,
                    spec.inputs.iter().map(|it| it.name),
                )),
            }
        })?;
        Ok(Resolved {
            spec,
            arguments,
            columns: columns
                .into_iter()
                .zip(&spec.inputs)
                .map(|(it, of)| it.unwrap_or_else(|| of.column.to_owned()))
                .collect(),
        })
    }

    /// The values of `parameters` in their order, as the arguments of this request give them, for a table of other things
    /// than indicators; `owner` is the name that errors carry.
    pub fn resolve_against(&self, owner: &'static str, parameters: &[Parameter]) -> Result<Vec<f64>, Error> {
        self.assign(owner, parameters, |key, _| {
            Err(unknown_parameter(owner, key, parameters, std::iter::empty()))
        })
    }

    /// Values for `parameters`; a key that is none of them goes to `other`.
    fn assign(
        &self,
        owner: &'static str,
        parameters: &[Parameter],
        mut other: impl FnMut(&str, &str) -> Result<(), Error>,
    ) -> Result<Vec<f64>, Error> {
        let mut given: Vec<Option<f64>> = vec![None; parameters.len()];
        for (i, (key, value)) in self.arguments.iter().enumerate() {
            let place = match key {
                None if i < parameters.len() => i,
                None => {
                    let is_parameter =
                        |key: &String| parameters.iter().any(|it| it.name.eq_ignore_ascii_case(key));
                    let written = self.arguments.iter().filter(|it| it.0.as_ref().is_none_or(is_parameter));
                    let (most, given) = (parameters.len(), written.count());
                    return Err(Error::TooManyArguments { indicator: owner, most, given });
                }
                Some(key) => match parameters.iter().position(|it| it.name.eq_ignore_ascii_case(key)) {
                    Some(place) => place,
                    None => {
                        other(key, value)?;
                        continue;
                    }
                },
            };
            let parameter = &parameters[place];
            if given[place].replace(read(owner, parameter, value)?).is_some() {
                return Err(Error::Repeated { indicator: owner, parameter: parameter.name.clone() });
            }
        }
        Ok(given.iter().zip(parameters).map(|(it, of)| it.unwrap_or(of.default)).collect())
    }
}

impl Spec {
    /// The nearest output, or where none is near all of them.
    fn near_output(&self, name: &str) -> Nearest {
        let names = || self.outputs.iter().map(|it| it.name.as_str());
        let near = nearest(name, names());
        Nearest(near.0.or_else(|| Some(names().collect::<Vec<_>>().join(", "))))
    }

    /// The place of the output `name`.
    pub fn output(&self, name: &str) -> Result<usize, Error> {
        self.outputs.iter().position(|it| it.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
            Error::UnknownOutput {
                indicator: self.name,
                output: name.to_owned(),
                nearest: self.near_output(name),
            }
        })
    }
}

/// With the nearest parameter or input, or where none is near all of them.
fn unknown_parameter(
    owner: &'static str,
    key: &str,
    parameters: &[Parameter],
    inputs: impl Iterator<Item = &'static str>,
) -> Error {
    let inputs: Vec<&str> = inputs.collect();
    let names = || parameters.iter().map(|it| it.name.as_str()).chain(inputs.iter().copied());
    let all = || Some(names().collect::<Vec<_>>().join(", ")).filter(|it| !it.is_empty());
    let nearest = Nearest(nearest(key, names()).0.or_else(all));
    Error::UnknownParameter { indicator: owner, parameter: key.to_owned(), nearest }
}

fn read(indicator: &'static str, parameter: &Parameter, text: &str) -> Result<f64, Error> {
    let number = text.parse::<f64>().ok().filter(|it| it.is_finite());
    let value = match parameter.range {
        Range::Whole { min, max } => {
            number.filter(|it| it.fract() == 0.0 && *it >= f64::from(min) && *it <= f64::from(max))
        }
        Range::Real { min, max } => number.filter(|it| *it >= min && *it <= max),
        Range::Choice(values) => values
            .iter()
            .find(|(of, name)| name.eq_ignore_ascii_case(text) || number == Some(*of as f64))
            .map(|(of, _)| *of as f64),
    };
    value.ok_or_else(|| Error::BadParameter {
        indicator,
        parameter: parameter.name.clone(),
        given: text.to_owned(),
        expected: parameter.range.to_string(),
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
