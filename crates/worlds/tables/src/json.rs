//! A checked scanner over JSON text: walks objects and arrays in place, lends strings and numbers as bytes, allocates
//! nothing. It accepts all JSON; a few things that are not JSON pass in values that nobody asks for.

use crate::fault::Fault;

/// Objects and arrays within one another, at most; deeper is an error.
const DEPTH_MAX: usize = 64;

/// A place in JSON text.
#[derive(Debug, Clone)]
pub struct Json<'a> {
    text: &'a [u8],
    at: usize,
}

/// A value, without its quotes if it is a string. Escapes inside are left as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string, still escaped.
    Text(&'a [u8]),
    /// A number, `true`, `false` or `null`.
    Bare(&'a [u8]),
    /// An object or array, whole.
    Nested(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The characters of a string or of a bare value; nothing for an object or array.
    pub const fn text(self) -> &'a [u8] {
        match self {
            Self::Text(it) | Self::Bare(it) => it,
            Self::Nested(_) => b"",
        }
    }
}

impl<'a> Json<'a> {
    /// At the start of a text.
    pub const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The next character that is not white, without taking it; 0 at the end.
    #[inline]
    pub fn peek(&mut self) -> u8 {
        while let Some(&c) = self.text.get(self.at) {
            if !matches!(c, b' ' | b'\t' | b'\r' | b'\n') {
                return c;
            }
            self.at += 1;
        }
        0
    }

    /// Takes this character if it comes next.
    #[inline]
    pub fn take(&mut self, c: u8) -> bool {
        let there = self.text.get(self.at) == Some(&c) || self.peek() == c;
        self.at += usize::from(there && self.at < self.text.len());
        there
    }

    /// Takes this text if it comes next, to the letter.
    #[inline]
    pub fn take_exactly(&mut self, text: &[u8]) -> bool {
        let there = self.text[self.at..].starts_with(text);
        self.at += if there { text.len() } else { 0 };
        there
    }

    /// Takes this character or says what is there instead.
    #[inline]
    pub fn expect(&mut self, c: u8) -> Result<(), Fault> {
        if self.take(c) { Ok(()) } else { Err(self.broken(&format!("{:?}", char::from(c)))) }
    }

    /// Nothing but white may be left.
    pub fn end(&mut self) -> Result<(), Fault> {
        if self.peek() == 0 && self.at == self.text.len() { Ok(()) } else { Err(self.broken("the end")) }
    }

    /// A fault at this place.
    #[cold]
    pub fn broken(&self, expected: &str) -> Fault {
        Fault::field(&format!("json at byte {}", self.at), expected, &self.text[self.at..])
    }

    /// A string without its quotes, still escaped.
    #[inline]
    pub fn string(&mut self) -> Result<&'a [u8], Fault> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => {
                    self.at = start.min(self.text.len());
                    return Err(self.broken("a string with its end"));
                }
            }
        }
        self.at += 1;
        Ok(&self.text[start..self.at - 1])
    }

    /// A number, `true`, `false` or `null`, as it stands.
    #[inline]
    fn bare(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        while let Some(&c) = self.text.get(self.at) {
            if !(c.is_ascii_alphanumeric() || matches!(c, b'-' | b'+' | b'.')) {
                break;
            }
            self.at += 1;
        }
        if self.at == start { Err(self.broken("a value")) } else { Ok(&self.text[start..self.at]) }
    }

    /// Any value.
    #[inline]
    pub fn value(&mut self) -> Result<Value<'a>, Fault> {
        match self.peek() {
            b'"' => self.string().map(Value::Text),
            b'{' | b'[' => {
                let start = self.at;
                self.skip_nested()?;
                Ok(Value::Nested(&self.text[start..self.at]))
            }
            _ => self.bare().map(Value::Bare),
        }
    }

    /// Leaves an object or array out: brackets are counted, strings are passed over.
    fn skip_nested(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let mut depth = 0;
        while let Some(&c) = self.text.get(self.at) {
            match c {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => {
                    depth += 1;
                    if depth > DEPTH_MAX {
                        return Err(self.broken("at most 64 levels of nesting"));
                    }
                }
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
        self.at = start;
        Err(self.broken("an object or array with its end"))
    }

    /// Walks an object: `each` is given every key and must take its value.
    #[inline]
    pub fn object(
        &mut self,
        mut each: impl FnMut(&'a [u8], &mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.expect(b'{')?;
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            self.peek();
            let key = self.string()?;
            self.expect(b':')?;
            each(key, self)?;
            if !self.take(b',') {
                return self.expect(b'}');
            }
        }
    }

    /// Walks an array: `each` must take one element.
    #[inline]
    pub fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.expect(b'[')?;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.take(b',') {
                return self.expect(b']');
            }
        }
    }
}

/// Undoes the escapes of a string into `out`, which is cleared.
pub fn unescape(text: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    out.clear();
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let (plain, used) = match &rest[at + 1..] {
            [c @ (b'"' | b'\\' | b'/'), ..] => (char::from(*c), 2),
            [b'n', ..] => ('\n', 2),
            [b't', ..] => ('\t', 2),
            [b'r', ..] => ('\r', 2),
            [b'b', ..] => ('\u{8}', 2),
            [b'f', ..] => ('\u{c}', 2),
            [b'u', hex @ ..] => {
                let hex = hex.get(..4).and_then(|it| std::str::from_utf8(it).ok());
                let code = hex.and_then(|it| u32::from_str_radix(it, 16).ok());
                // Half of a surrogate pair stands for a letter that no number or symbol holds.
                (code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
            }
            _ => return Err(Fault::field("json escape", "one of \"\\/nrtbfu", &rest[at..])),
        };
        let mut bytes = [0; 4];
        out.extend_from_slice(plain.encode_utf8(&mut bytes).as_bytes());
        rest = rest.get(at + used..).unwrap_or(&[]);
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// The keys of an object, by name.
#[derive(Debug)]
pub struct Keys<'a>(Vec<(&'a [u8], Value<'a>)>);

impl<'a> Keys<'a> {
    /// The object that comes next.
    pub fn of(mut json: Json<'a>) -> Result<Self, Fault> {
        let mut all = Vec::with_capacity(16);
        json.object(|key, json| {
            all.push((key, json.value()?));
            Ok(())
        })?;
        Ok(Self(all))
    }
    /// The characters of a string or bare value.
    pub fn get(&self, key: &str) -> Option<&'a [u8]> {
        self.0.iter().find(|it| it.0 == key.as_bytes()).map(|it| it.1.text())
    }
    /// An object or array; an error when it is not there.
    pub fn nested(&self, key: &str) -> Result<&'a [u8], Fault> {
        match self.0.iter().find(|it| it.0 == key.as_bytes()) {
            Some((_, Value::Nested(it))) => Ok(it),
            _ => Err(Fault::missing(key)),
        }
    }
    /// The characters of a string or bare value; an error when it is not there.
    pub fn need(&self, key: &str) -> Result<&'a [u8], Fault> {
        self.get(key).ok_or_else(|| Fault::missing(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(text: &str) -> Result<Vec<String>, Fault> {
        let mut all = Vec::new();
        let mut json = Json::new(text.as_bytes());
        json.object(|key, json| {
            let value = json.value()?;
            all.push(format!(
                "{}={}",
                String::from_utf8_lossy(key),
                String::from_utf8_lossy(match value {
                    Value::Nested(it) => it,
                    other => other.text(),
                })
            ));
            Ok(())
        })?;
        json.end()?;
        Ok(all)
    }

    #[test]
    fn objects_are_walked_with_or_without_blanks() {
        let want = ["a=1", r#"b=x\"y"#, r#"c=[{"d":"]"}, 2]"#, "e=true", "f=-1.5e3"];
        let tight = r#"{"a":1,"b":"x\"y","c":[{"d":"]"}, 2],"e":true,"f":-1.5e3}"#;
        assert_eq!(keys(tight).unwrap(), want);
        let wide =
            " { \"a\" : 1 ,\t\"b\" : \"x\\\"y\" , \"c\":[{\"d\":\"]\"}, 2] , \"e\":true, \"f\" : -1.5e3 } ";
        assert_eq!(keys(wide).unwrap(), want);
        assert_eq!(keys("{}").unwrap(), [""; 0]);
    }

    #[test]
    fn broken_text_is_an_error_that_says_where() {
        for text in [
            "",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1,}",
            "{\"a\":\"x}",
            "{\"a\":[1}",
            "{}x",
            "{a:1}",
            "{\"a\":\"\\",
        ] {
            assert!(keys(text).is_err(), "{text}");
        }
        let error = keys("{\"a\" 1}").unwrap_err();
        assert_eq!(error, Fault::field("json at byte 5", "':'", b"1}"));
        assert!(keys(&"[".repeat(100)).is_err());
        assert!(keys(&format!("{{\"a\":{}}}", "[".repeat(100))).is_err());
    }

    #[test]
    fn escapes_are_undone() {
        let mut out = Vec::new();
        unescape(br#"{\"a\":\"\u0041\\\/\n\"}"#, &mut out).unwrap();
        assert_eq!(out, b"{\"a\":\"A\\/\n\"}");
        assert!(unescape(br"\x", &mut out).is_err());
        assert!(unescape(b"\\", &mut out).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_or_refused(text in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = keys(&String::from_utf8_lossy(&text));
            let _ = Json::new(&text).value();
            let _ = unescape(&text, &mut Vec::new());
        }
        #[test]
        fn bracketlike_bytes_are_walked_or_refused(text in r#"[\[\]{}",:\\a1 ]{0,40}"#) {
            let _ = keys(&text);
            let _ = Json::new(text.as_bytes()).value();
        }
    }
}
