//! Reads an item: `RSI(14)`, `BBANDS(20,2,2,0).upperband`, `LAG(RSI(14)@5m, 3)`. Text in, a tree out; knows no names.

use crate::error::Error;
use scalp_indicators::Request;

/// How deep calls may stand within calls.
pub const DEPTH_MAX: usize = 16;
/// The longest item, bytes.
pub const ITEM_BYTES_MAX: usize = 4_096;

/// A part of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number, with the text that it was written as.
    Number(f64, String),
    /// A name with or without arguments.
    Call(Call),
}

/// A name with its arguments, and what follows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The name as written.
    pub name: String,
    /// The arguments: a key where one was written, and the value.
    pub arguments: Vec<(Option<String>, Expr)>,
    /// The output after a full stop.
    pub output: Option<String>,
    /// The length of the bars after an at sign, nanoseconds.
    pub timeframe: Option<i64>,
}

impl Call {
    /// True for a bare name.
    pub(crate) fn is_bare(&self) -> bool {
        self.arguments.is_empty()
    }

    /// As it is asked of the catalogue of indicators, without arguments.
    pub(crate) fn request(&self) -> Request {
        Request { name: self.name.clone(), arguments: Vec::new(), output: self.output.clone() }
    }
}

impl std::fmt::Display for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expr::Number(_, text) => f.write_str(text),
            Expr::Call(call) => call.fmt(f),
        }
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        for (at, (key, value)) in self.arguments.iter().enumerate() {
            f.write_str(if at == 0 { "(" } else { "," })?;
            if let Some(key) = key {
                write!(f, "{key}=")?;
            }
            write!(f, "{value}")?;
        }
        f.write_str(if self.arguments.is_empty() { "" } else { ")" })?;
        if let Some(span) = self.timeframe {
            write!(f, "@{}", span_text(span))?;
        }
        match &self.output {
            Some(output) => write!(f, ".{output}"),
            None => Ok(()),
        }
    }
}

/// Cuts a list at the commas and line ends that stand outside brackets; empty pieces are left out.
pub fn split_list(text: &str) -> Vec<&str> {
    let (mut items, mut from, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | '\n' | ';' if depth == 0 => {
                items.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    items.push(text[from..].trim());
    items.retain(|it| !it.is_empty());
    items
}

/// Reads one item.
pub fn parse(text: &str) -> Result<Call, Error> {
    let item = text.trim();
    let mut reader = Reader { item, rest: item };
    if item.len() > ITEM_BYTES_MAX {
        return Err(reader.syntax(format!("at most {ITEM_BYTES_MAX} characters")));
    }
    let call = match reader.expr(0)? {
        Expr::Call(call) => call,
        Expr::Number(..) => return Err(reader.syntax("a name such as RSI(14), not a number")),
    };
    reader.skip();
    if !reader.rest.is_empty() {
        return Err(reader.syntax(format!("the end of the item before {:?}", reader.rest)));
    }
    Ok(call)
}

/// Reads the call that `text` begins with, and says what is left of it.
pub fn parse_prefix(text: &str) -> Result<(Call, &str), Error> {
    let mut reader = Reader { item: text, rest: text };
    match reader.expr(0)? {
        Expr::Call(call) => Ok((call, reader.rest)),
        Expr::Number(..) => Err(reader.syntax("a name such as RSI(14), not a number")),
    }
}

struct Reader<'a> {
    item: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn syntax(&self, expected: impl Into<String>) -> Error {
        Error::Syntax { item: self.item.to_owned(), expected: expected.into() }
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self, of: impl Fn(u8) -> bool) -> &'a str {
        let end = self.rest.bytes().position(|c| !of(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn expr(&mut self, depth: usize) -> Result<Expr, Error> {
        if depth > DEPTH_MAX {
            return Err(self.syntax(format!("at most {DEPTH_MAX} calls within calls")));
        }
        self.skip();
        match self.rest.bytes().next() {
            Some(c) if c.is_ascii_digit() || matches!(c, b'-' | b'+' | b'.') => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == b'_' => self.call(depth).map(Expr::Call),
            _ => Err(self.syntax("a name or a number")),
        }
    }

    fn number(&mut self) -> Result<Expr, Error> {
        let bytes = self.rest.as_bytes();
        let mut end = usize::from(matches!(bytes.first(), Some(b'-' | b'+')));
        while let Some(&c) = bytes.get(end) {
            let is_sign_of_power =
                matches!(c, b'-' | b'+') && matches!(bytes[end - 1], b'e' | b'E') && end > 1;
            if !(c.is_ascii_digit() || matches!(c, b'.' | b'e' | b'E') || is_sign_of_power) {
                break;
            }
            end += 1;
        }
        let (text, rest) = self.rest.split_at(end);
        let value = text.parse::<f64>().ok().filter(|it| it.is_finite());
        let value = value.ok_or_else(|| self.syntax(format!("a finite number, not {text:?}")))?;
        self.rest = rest;
        Ok(Expr::Number(value, text.to_owned()))
    }

    fn call(&mut self, depth: usize) -> Result<Call, Error> {
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == b'_').to_owned();
        let mut call = Call { name, arguments: Vec::new(), output: None, timeframe: None };
        let before = self.rest;
        self.skip();
        if self.take('(') {
            self.arguments(&mut call, depth)?;
        } else {
            self.rest = before;
        }
        while self.suffix(&mut call)? {}
        Ok(call)
    }

    fn arguments(&mut self, call: &mut Call, depth: usize) -> Result<(), Error> {
        self.skip();
        if self.take(')') {
            return Ok(());
        }
        loop {
            let value = self.expr(depth + 1)?;
            self.skip();
            let argument = if self.take('=') {
                match value {
                    Expr::Call(key) if key.is_bare() && key.output.is_none() && key.timeframe.is_none() => {
                        (Some(key.name), self.expr(depth + 1)?)
                    }
                    other => return Err(self.syntax(format!("a key before =, not {other}"))),
                }
            } else {
                (None, value)
            };
            call.arguments.push(argument);
            self.skip();
            if self.take(')') {
                return Ok(());
            }
            if !self.take(',') {
                return Err(self.syntax("a comma or a closing bracket after each argument"));
            }
        }
    }

    /// One of `.output` and `@5m`, each at most once.
    fn suffix(&mut self, call: &mut Call) -> Result<bool, Error> {
        if call.timeframe.is_none() && self.take('@') {
            let word = self.word(|c| c.is_ascii_alphanumeric());
            let span = span(word);
            call.timeframe =
                Some(span.ok_or_else(|| self.syntax("a length of bars after @, such as 5m, 1h or 1d"))?);
            return Ok(true);
        }
        let is_output = self.rest.as_bytes().get(1).is_some_and(u8::is_ascii_alphabetic);
        if call.output.is_none() && is_output && self.take('.') {
            call.output = Some(self.word(|c| c.is_ascii_alphanumeric() || c == b'_').to_owned());
            return Ok(true);
        }
        Ok(false)
    }
}

const UNITS: [(char, i64); 5] = [
    ('w', 604_800_000_000_000),
    ('d', 86_400_000_000_000),
    ('h', 3_600_000_000_000),
    ('m', 60_000_000_000),
    ('s', 1_000_000_000),
];

/// A length of time such as `5m`, in nanoseconds.
pub fn span(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let (_, nanos) = UNITS.iter().find(|(of, _)| *of == unit)?;
    let count = &text[..text.len() - 1];
    let is_count = !count.is_empty() && count.bytes().all(|c| c.is_ascii_digit());
    let count = is_count.then(|| count.parse::<i64>().ok()).flatten().filter(|it| *it > 0)?;
    // A time is never later than this after another.
    count.checked_mul(*nanos).filter(|it| *it <= i64::MAX / 4)
}

/// The text of a length of time, in the largest unit that divides it.
pub fn span_text(nanos: i64) -> String {
    match UNITS.iter().find(|(_, unit)| nanos % unit == 0) {
        Some((unit, of)) => format!("{}{unit}", nanos / of),
        None => format!("{}s", nanos as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        for text in [
            "RSI(14)",
            "BBANDS(20,2,2,0).upperband",
            "CDLHAMMER",
            "LAG(RSI(14)@5m,3)",
            "SMA(20,real=RSI(14))",
            "CLIP(close,-1.5,2e3)",
            "close@1h",
            "MACD(12,26,9)@4h.macdsignal",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(parse(" RSI ( 14 ) ").unwrap().to_string(), "RSI(14)");
        assert_eq!(parse("MACD(12,26,9).macd@4h").unwrap().to_string(), "MACD(12,26,9)@4h.macd");
    }

    #[test]
    fn what_cannot_be_read_says_what_was_expected() {
        for (text, expected) in [
            ("", "a name or a number"),
            ("14", "not a number"),
            ("RSI(14", "a comma or a closing bracket"),
            ("RSI(14))", "the end of the item before \")\""),
            ("RSI(,)", "a name or a number"),
            ("RSI(1.2.3)", "a finite number"),
            ("RSI(14)@5", "a length of bars"),
            ("RSI(14)@0m", "a length of bars"),
            ("RSI(3=4)", "a key before ="),
            ("a b", "the end of the item"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let deep = format!("{}close{}", "ABS(".repeat(40), ")".repeat(40));
        assert!(parse(&deep).unwrap_err().to_string().contains("calls within calls"));
    }

    #[test]
    fn a_list_is_cut_outside_brackets_only() {
        assert_eq!(split_list("RSI(14), CORR(a,b,3)\nclose,"), ["RSI(14)", "CORR(a,b,3)", "close"]);
        assert!(split_list(" , ").is_empty());
    }

    #[test]
    fn lengths_of_time_go_both_ways() {
        for text in ["1s", "5m", "4h", "1d", "2w"] {
            assert_eq!(span_text(span(text).unwrap()), text);
        }
        for text in ["", "m", "0m", "-1m", "1y", "99999999999999999w", "1.5h", "5\u{fc}"] {
            assert_eq!(span(text), None, "{text}");
        }
    }
}
