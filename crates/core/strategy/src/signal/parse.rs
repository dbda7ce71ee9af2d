//! Reads a rule. Text in, a tree out; an error says at which column what was expected.
//!
//! ```text
//! rule       = all { "or" all }
//! all        = one { "and" one }
//! one        = "not" one | sum [ ( "<" | "<=" | ">" | ">=" | "==" | "!=" ) sum ]
//! sum        = product { ( "+" | "-" ) product }
//! product    = sign { ( "*" | "/" ) sign }
//! sign       = "-" sign | part
//! part       = number | feature | "(" rule ")"
//!            | ( "crosses_above" | "crosses_below" ) "(" sum "," sum ")"
//! feature    = name [ "(" anything ")" ] { "." output | "@" timeframe } | group
//! group      = ( "GROUP" | "SCHEMA" ) ":" name "@" version
//! ```
//!
//! A name is of letters, digits and underscores; what stands in the brackets of a feature is passed on as text. Words of the
//! grammar may be written in capitals. Blanks and line ends mean nothing.

use super::rule::{Comparison, Number, Rule, Step, Truth};

/// The longest rule, in bytes.
pub const RULE_BYTES_MAX: usize = 4_096;
/// How deep brackets, signs and `not` may stand within one another.
pub const DEPTH_MAX: usize = 32;
/// Most features of all rules together.
pub const ITEMS_MAX: usize = 64;
/// Words that are called with two numbers.
pub const CROSSINGS: [&str; 2] = ["crosses_above", "crosses_below"];
/// Words that begin the name of many features; whoever builds features says which ones.
const SETS: [&str; 2] = ["GROUP", "SCHEMA"];

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The column, counted in characters from 1.
    pub column: usize,
    /// What was expected there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at column {}, found {}", self.expected, self.column, self.found)
    }
}

/// A feature as a rule mentions it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Its text, without the blanks that mean nothing.
    pub text: String,
    /// The column where it begins.
    pub column: usize,
    /// The rule, counted in the order in which the rules were read.
    pub rule: usize,
}

/// The features of all rules read so far, each once.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    all: Vec<Mention>,
    rules: usize,
}

impl Mentions {
    /// In the order of their places.
    pub fn all(&self) -> &[Mention] {
        &self.all
    }

    /// The place of the feature `text`, which is added if it is new; `None` when there are too many.
    pub fn place(&mut self, text: String, column: usize) -> Option<u16> {
        let known = self.all.iter().position(|it| it.text == text);
        let place = known.unwrap_or(self.all.len());
        if known.is_none() {
            if place >= ITEMS_MAX {
                return None;
            }
            self.all.push(Mention { text, column, rule: self.rules });
        }
        u16::try_from(place).ok()
    }
}

/// Reads one rule; its features are added to `mentions`.
pub fn parse(text: &str, mentions: &mut Mentions) -> Result<Rule, Fault> {
    let mut reader = Reader { text, at: 0, depth: 0, mentions, items: Vec::new() };
    if text.len() > RULE_BYTES_MAX {
        let expected = format!("a rule of at most {RULE_BYTES_MAX} bytes");
        return Err(Fault { column: 1, expected, found: format!("{} bytes", text.len()) });
    }
    let whole = reader.any()?;
    reader.skip();
    if reader.at < text.len() {
        let expected = match reader.peek_comparison() {
            Some(_) => "and between two comparisons, as in 10 < RSI(14) and RSI(14) < 30,",
            None => "and, or, an operator, or the end of the rule",
        };
        return Err(reader.fault(expected));
    }
    let truth = reader.truth(whole, "a comparison such as RSI(14) < 30")?;
    if reader.items.is_empty() {
        reader.at = 0;
        let found = "numbers alone, which never change".to_owned();
        return Err(Fault { found, ..reader.fault("at least one feature, such as RSI(14)") });
    }
    let items = reader.items;
    mentions.rules += 1;
    Ok(Rule { text: text.to_owned(), truth, items })
}

/// A part of a rule, and where it begins.
struct Part {
    at: usize,
    kind: Kind,
}

enum Kind {
    Number(Number),
    Truth(Truth),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    mentions: &'a mut Mentions,
    items: Vec<u16>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn column(&self, at: usize) -> usize {
        self.text[..at].chars().count() + 1
    }

    fn fault(&self, expected: impl Into<String>) -> Fault {
        let rest = self.rest();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = match rest.chars().next() {
            Some(c) if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            Some(c) => c.len_utf8(),
            None => 0,
        };
        let found = if end == 0 { "the end".to_owned() } else { format!("{:?}", &rest[..end]) };
        Fault { column: self.column(self.at), expected: expected.into(), found }
    }

    fn take(&mut self, symbol: &str) -> bool {
        self.skip();
        let is_there = self.rest().starts_with(symbol);
        if is_there {
            self.at += symbol.len();
        }
        is_there
    }

    /// The word that comes next, without going past it.
    fn word(&mut self) -> &'a str {
        self.skip();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let word = self.word();
        let is_there = word.eq_ignore_ascii_case(wanted);
        if is_there {
            self.at += word.len();
        }
        is_there
    }

    fn truth(&self, part: Part, expected: &str) -> Result<Truth, Fault> {
        match part.kind {
            Kind::Truth(it) => Ok(it),
            Kind::Number(_) => Err(Fault {
                column: self.column(part.at),
                expected: expected.to_owned(),
                found: "a number that is compared with nothing".to_owned(),
            }),
        }
    }

    fn number(&self, part: Part) -> Result<Number, Fault> {
        match part.kind {
            Kind::Number(it) => Ok(it),
            Kind::Truth(_) => Err(Fault {
                column: self.column(part.at),
                expected: "a number or a feature".to_owned(),
                found: "a comparison".to_owned(),
            }),
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(
                self.fault(format!("at most {DEPTH_MAX} brackets, signs and nots within one another"))
            );
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Parts joined by one word.
    fn joined(
        &mut self,
        word: &str,
        read: impl Fn(&mut Self) -> Result<Part, Fault>,
        join: impl Fn(Vec<Truth>) -> Truth,
    ) -> Result<Part, Fault> {
        let first = read(self)?;
        let at = first.at;
        if !self.take_word(word) {
            return Ok(first);
        }
        let expected = format!("a comparison on each side of {word}");
        let mut parts = vec![self.truth(first, &expected)?];
        loop {
            let next = read(self)?;
            parts.push(self.truth(next, &expected)?);
            if !self.take_word(word) {
                return Ok(Part { at, kind: Kind::Truth(join(parts)) });
            }
        }
    }

    fn any(&mut self) -> Result<Part, Fault> {
        self.joined("or", Self::all, Truth::Any)
    }

    fn all(&mut self) -> Result<Part, Fault> {
        self.joined("and", Self::one, Truth::All)
    }

    fn one(&mut self) -> Result<Part, Fault> {
        self.skip();
        let at = self.at;
        if self.take_word("not") {
            let of = self.deeper(Self::one)?;
            let of = self.truth(of, "a comparison after not")?;
            return Ok(Part { at, kind: Kind::Truth(Truth::Not(Box::new(of))) });
        }
        let left = self.sum()?;
        let Some((how, symbol)) = self.peek_comparison() else {
            if self.take("=") {
                self.at -= 1;
                return Err(self.fault("== to compare"));
            }
            return Ok(left);
        };
        let a = self.number(left)?;
        self.at += symbol.len();
        let right = self.sum()?;
        let b = self.number(right)?;
        Ok(Part { at, kind: Kind::Truth(Truth::Compare(a, how, b)) })
    }

    fn peek_comparison(&mut self) -> Option<(Comparison, &'static str)> {
        self.skip();
        let signs = [
            (Comparison::AtMost, "<="),
            (Comparison::AtLeast, ">="),
            (Comparison::Equal, "=="),
            (Comparison::Unequal, "!="),
            (Comparison::Less, "<"),
            (Comparison::More, ">"),
        ];
        signs.into_iter().find(|(_, sign)| self.rest().starts_with(sign))
    }

    fn chain(
        &mut self,
        steps: [(&str, Step); 2],
        read: impl Fn(&mut Self) -> Result<Part, Fault>,
    ) -> Result<Part, Fault> {
        let first = read(self)?;
        let mut rest = Vec::new();
        while let Some((_, step)) = steps.into_iter().find(|(sign, _)| self.take(sign)) {
            let next = read(self)?;
            rest.push((step, self.number(next)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let (at, first) = (first.at, self.number(first)?);
        Ok(Part { at, kind: Kind::Number(Number::Chain(Box::new(first), rest)) })
    }

    fn sum(&mut self) -> Result<Part, Fault> {
        self.chain([("+", Step::Add), ("-", Step::Subtract)], Self::product)
    }

    fn product(&mut self) -> Result<Part, Fault> {
        self.chain([("*", Step::Multiply), ("/", Step::Divide)], Self::sign)
    }

    fn sign(&mut self) -> Result<Part, Fault> {
        self.skip();
        let at = self.at;
        if self.take("-") {
            let of = self.deeper(Self::sign)?;
            let of = self.number(of)?;
            return Ok(Part { at, kind: Kind::Number(Number::Negative(Box::new(of))) });
        }
        self.part()
    }

    fn part(&mut self) -> Result<Part, Fault> {
        self.skip();
        let at = self.at;
        match self.rest().bytes().next() {
            Some(b'(') => {
                self.at += 1;
                let inner = self.deeper(Self::any)?;
                if !self.take(")") {
                    return Err(
                        self.fault(format!("a bracket that closes the one at column {}", self.column(at)))
                    );
                }
                Ok(Part { at, kind: inner.kind })
            }
            Some(c) if c.is_ascii_digit() || c == b'.' => {
                Ok(Part { at, kind: Kind::Number(Number::Constant(self.constant()?)) })
            }
            Some(c) if c.is_ascii_alphabetic() || c == b'_' => {
                let word = self.word();
                if ["and", "or", "not"].iter().any(|it| it.eq_ignore_ascii_case(word)) {
                    return Err(self.fault("a number or a feature"));
                }
                let kind = match CROSSINGS.iter().position(|it| it.eq_ignore_ascii_case(word)) {
                    Some(place) => Kind::Truth(self.crossing(word, place == 0)?),
                    None => Kind::Number(Number::Item(self.item()?)),
                };
                Ok(Part { at, kind })
            }
            Some(b'&' | b'|' | b'!') => Err(self.fault("a number or a feature (the words are and, or, not)")),
            _ => Err(self.fault("a number or a feature")),
        }
    }

    fn constant(&mut self) -> Result<f64, Fault> {
        let bytes = self.rest().as_bytes();
        let mut end = 0;
        while let Some(&c) = bytes.get(end) {
            let after_power = end > 0 && matches!(bytes[end - 1], b'e' | b'E');
            if !(c.is_ascii_alphanumeric() || c == b'.' || (after_power && matches!(c, b'-' | b'+'))) {
                break;
            }
            end += 1;
        }
        let text = &self.rest()[..end];
        let value = text.parse::<f64>().ok().filter(|it| it.is_finite());
        let expected = "a finite number such as 30 or 0.5";
        let value = value.ok_or_else(|| Fault { found: format!("{text:?}"), ..self.fault(expected) })?;
        self.at += end;
        Ok(value)
    }

    fn crossing(&mut self, word: &str, above: bool) -> Result<Truth, Fault> {
        self.at += word.len();
        if !self.take("(") {
            return Err(self.fault(format!("two numbers in brackets after {word}")));
        }
        let (a, b) = self.deeper(|it| {
            let a = it.sum()?;
            let a = it.number(a)?;
            if !it.take(",") {
                return Err(it.fault(format!("a comma and the second number of {word}")));
            }
            let b = it.sum()?;
            Ok((a, it.number(b)?))
        })?;
        if !self.take(")") {
            return Err(self.fault(format!("a bracket that closes {word}")));
        }
        Ok(Truth::Crosses { a, b, above })
    }

    /// A feature: its text goes to whoever builds features.
    fn item(&mut self) -> Result<u16, Fault> {
        let start = self.at;
        let word = self.word();
        self.at += word.len();
        if SETS.contains(&word) && self.rest().starts_with(':') {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-');
            let end = self.rest().find(|c| !is_name(c)).unwrap_or(self.rest().len());
            self.at += end;
        }
        let after_name = self.at;
        if self.take("(") {
            let open = self.at - 1;
            let mut depth = 1_usize;
            let end = self.rest().bytes().position(|c| {
                depth = match c {
                    b'(' => depth + 1,
                    b')' => depth - 1,
                    _ => depth,
                };
                depth == 0
            });
            let Some(end) = end else {
                let column = self.column(open);
                self.at = self.text.len();
                return Err(self.fault(format!("a bracket that closes the one at column {column}")));
            };
            self.at += end + 1;
        } else {
            self.at = after_name;
        }
        while self.rest().starts_with(['.', '@']) {
            self.at += 1;
            let word = self.word();
            if word.is_empty() {
                return Err(
                    self.fault("an output after the full stop, or a length of bars such as 5m after @,")
                );
            }
            self.at += word.len();
        }
        let column = self.column(start);
        let place = self.mentions.place(compact(&self.text[start..self.at]), column);
        let Some(place) = place else {
            self.at = start;
            return Err(self.fault(format!("at most {ITEMS_MAX} different features in all rules")));
        };
        if !self.items.contains(&place) {
            self.items.push(place);
        }
        Ok(place)
    }
}

/// Without the blanks that part nothing: one stays between two words.
fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if blank && is_word(c) && out.chars().last().is_some_and(is_word) {
            out.push(' ');
        }
        blank = false;
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Fault {
        parse(text, &mut Mentions::default()).expect_err(text)
    }

    #[test]
    fn features_are_gathered_once_with_their_places() {
        let mut mentions = Mentions::default();
        let first = parse("RSI(14) < 30 and close > SMA( 200 ) and RSI( 14 )>5", &mut mentions).unwrap();
        let second = parse("LAG(RSI(14)@5m, 3) > MACD(12,26,9)@4h.macd or close<1", &mut mentions).unwrap();
        let texts: Vec<&str> = mentions.all().iter().map(|it| it.text.as_str()).collect();
        assert_eq!(texts, ["RSI(14)", "close", "SMA(200)", "LAG(RSI(14)@5m,3)", "MACD(12,26,9)@4h.macd"]);
        assert_eq!((first.items, second.items), (vec![0, 1, 2], vec![3, 4, 1]));
        let places: Vec<_> = mentions.all().iter().map(|it| (it.rule, it.column)).collect();
        assert_eq!(places, [(0, 1), (0, 18), (0, 26), (1, 1), (1, 22)]);
    }

    #[test]
    fn only_blanks_that_mean_nothing_are_taken_out() {
        assert_eq!(compact("SMA( 20 , real = volume ) "), "SMA(20,real=volume)");
        assert_eq!(compact("RSI(1 4)"), "RSI(1 4)", "two numbers stay two numbers");
    }

    #[test]
    fn what_cannot_be_read_says_where_and_what_was_expected() {
        for (text, column, expected, found) in [
            ("", 1, "a number or a feature", "the end"),
            ("RSI(14) <", 10, "a number or a feature", "the end"),
            ("RSI(14) << 30", 10, "a number or a feature", "\"<\""),
            ("RSI(14) = 30", 9, "== to compare", "\"=\""),
            ("RSI(14) < 30 and", 17, "a number or a feature", "the end"),
            ("RSI(14) < 30 close", 14, "and, or, an operator", "\"close\""),
            ("RSI(14 < 30", 12, "closes the one at column 4", "the end"),
            ("(RSI(14) < 30", 14, "closes the one at column 1", "the end"),
            ("RSI(14) < 30)", 13, "the end of the rule", "\")\""),
            ("10 < RSI(14) < 30", 14, "and between two comparisons", "\"<\""),
            ("RSI(14) < 3o", 11, "a finite number", "\"3o\""),
            ("RSI(14) < 1e999", 11, "a finite number", "\"1e999\""),
            ("RSI(14) < 30 && close > 1", 14, "and, or, an operator", "\"&\""),
            ("! close > 1", 1, "the words are and, or, not", "\"!\""),
            ("crosses_above(close)", 20, "a comma and the second number", "\")\""),
            ("crosses_above close", 15, "two numbers in brackets", "\"close\""),
            ("MACD(12,26,9). < 1", 16, "an output after the full stop", "\"<\""),
            ("RSI(14)@ > 1", 10, "a length of bars such as 5m", "\">\""),
            ("größe > 1", 3, "and, or, an operator", "\"öße\""),
        ] {
            let fault = refused(text);
            assert!(fault.expected.contains(expected), "{text}: {fault}");
            assert_eq!((fault.column, fault.found.as_str()), (column, found), "{text}: {fault}");
        }
    }

    #[test]
    fn a_rule_that_compares_nothing_is_refused() {
        for (text, column) in
            [("RSI(14)", 1), ("close > 1 and RSI(14)", 15), ("not close", 5), ("(close) or close > 1", 1)]
        {
            let fault = refused(text);
            assert_eq!(
                (fault.column, fault.found.as_str()),
                (column, "a number that is compared with nothing"),
                "{text}"
            );
        }
        assert_eq!(refused("1 < 2").found, "numbers alone, which never change");
        for text in
            ["(close > 1) > 0", "(close > 1) + 1 > 0", "crosses_above(close, 1) < 2", "-(close > 1) < 2"]
        {
            assert_eq!(refused(text).found, "a comparison", "{text}");
        }
    }

    #[test]
    fn length_depth_and_number_of_features_are_bounded() {
        let nested = |n: usize| format!("{}close > 1{}", "(".repeat(n), ")".repeat(n));
        assert!(parse(&nested(DEPTH_MAX), &mut Mentions::default()).is_ok());
        for text in [
            nested(DEPTH_MAX + 1),
            format!("close > {}1", "-".repeat(1_000)),
            format!("{}close > 1", "not ".repeat(900)),
        ] {
            assert!(refused(&text).expected.contains("at most 32 brackets"), "{text}");
        }
        let long = vec!["close > 1"; 280].join(" and ");
        assert!(parse(&long, &mut Mentions::default()).is_ok(), "a chain is not deep");
        assert!(refused(&"close > 1 and ".repeat(1_000)).expected.contains("at most 4096 bytes"));
        let many: Vec<String> = (1..=ITEMS_MAX + 1).map(|n| format!("SMA({n}) > 1")).collect();
        assert!(parse(&many[1..].join(" or "), &mut Mentions::default()).is_ok());
        assert!(refused(&many.join(" or ")).expected.contains("at most 64 different features"));
    }

    #[test]
    fn any_text_is_read_or_refused() {
        let mut seed = 7_u64;
        let alphabet: Vec<char> = "a9.(),<>=!+-*/@ andornotß\u{0}\"".chars().collect();
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..1 + seed % 24 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push(alphabet[(seed >> 33) as usize % alphabet.len()]);
            }
            if let Err(fault) = parse(&text, &mut Mentions::default()) {
                assert!(fault.column <= text.chars().count() + 1, "{text:?}: {fault}");
            }
        }
    }
}
