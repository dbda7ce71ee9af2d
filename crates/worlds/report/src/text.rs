//! Numbers, times and outside texts as people read them. Every text that reaches a page passes through here.

use crate::data::{Better, Figure, Unit, Value};

/// What stands where a number should be and is not.
pub const NOT_A_NUMBER: &str = "not a number";
const MINUS: char = '\u{2212}';

/// Outside text as HTML text or attribute: markup becomes entities; control and direction marks become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(visible(c)),
        }
    }
    out
}

/// Outside text for a terminal: nothing that moves the cursor, changes colours or the direction of writing.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { visible(c) }).collect()
}

fn visible(c: char) -> char {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    if turns || (c.is_control() && c != '\n' && c != '\t') { '\u{fffd}' } else { c }
}

/// A JSON text that may stand inside a `<script>` element, without direction marks.
pub fn script_json(value: &serde_json::Value) -> String {
    let text: String = value.to_string().chars().map(visible).collect();
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// A number with grouped thousands and this many decimals; very large ones in powers of ten.
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NOT_A_NUMBER.into();
    }
    if value.abs() >= 1e15 {
        return format!("{value:.3e}").replace('-', "\u{2212}");
    }
    let digits = format!("{:.*}", decimals.min(12), value.abs());
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut out = String::new();
    if value < 0.0 && digits.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push(MINUS);
    }
    for (index, c) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if !part.is_empty() {
        out.push('.');
        out.push_str(part);
    }
    out
}

/// The same with a plus sign where it is positive.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    let zero = !text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if value.is_finite() && value > 0.0 && !zero { format!("+{text}") } else { text }
}

/// A fraction in percent with its sign.
pub fn percent(fraction: f64) -> String {
    let value = fraction * 100.0;
    let decimals = if value.abs() >= 1000.0 { 0 } else { 2 };
    unit_after(signed(value, decimals), "\u{a0}%", value)
}

/// A share in percent without sign, and never rounded to certainty.
pub fn share(fraction: f64) -> String {
    let value = fraction * 100.0;
    if value > 99.95 && fraction < 1.0 {
        return "over\u{a0}99.9\u{a0}%".into();
    }
    if value > 0.0 && value < 0.05 {
        return "under\u{a0}0.1\u{a0}%".into();
    }
    unit_after(number(value, 1), "\u{a0}%", value)
}

fn unit_after(text: String, unit: &str, value: f64) -> String {
    if value.is_finite() { text + unit } else { text }
}

/// A length of time with two or three digits that matter.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return NOT_A_NUMBER.into();
    }
    let size = seconds.abs();
    if size < 1e-10 {
        return "0\u{a0}s".into();
    }
    let (scaled, unit) = match size {
        s if s < 1e-6 => (seconds * 1e9, "ns"),
        s if s < 1e-3 => (seconds * 1e6, "\u{b5}s"),
        s if s < 1.0 => (seconds * 1e3, "ms"),
        s if s < 120.0 => (seconds, "s"),
        s if s < 7_200.0 => (seconds / 60.0, "min"),
        s if s < 172_800.0 => (seconds / 3_600.0, "h"),
        _ => (seconds / 86_400.0, "days"),
    };
    let decimals = if scaled.abs() >= 100.0 { 0 } else { 1 };
    format!("{}\u{a0}{unit}", number(scaled, decimals))
}

/// A number of this unit; `decimals` are those of money.
pub fn in_unit(value: f64, unit: Unit, decimals: u8) -> String {
    match unit {
        Unit::Money => number(value, usize::from(decimals)),
        Unit::Percent => percent(value),
        Unit::Magnitude => percent(value).trim_start_matches('+').to_owned(),
        Unit::Share => share(value),
        Unit::Ratio => number(
            value,
            if value.abs() >= 1000.0 {
                0
            } else if value.abs() >= 100.0 {
                1
            } else {
                2
            },
        ),
        Unit::Count => number(value, 0),
        Unit::Seconds => duration(value),
        Unit::BasisPoints => unit_after(number(value, 2), "\u{a0}bp", value),
    }
}

/// The unit in which a figure is printed: where less is better, a percentage is a size and has no plus sign.
pub fn unit_of(figure: &Figure) -> Unit {
    match (figure.unit, figure.better) {
        (Unit::Percent, Better::Lower) => Unit::Magnitude,
        (unit, _) => unit,
    }
}

/// A value or its reason.
pub fn value(value: &Value, unit: Unit, decimals: u8) -> String {
    match value {
        Value::Known(known) => in_unit(*known, unit, decimals),
        Value::Missing(why) => why.clone(),
    }
}

/// Year, month, day, hour, minute, second and nanosecond of a UTC instant (Hinnant, `civil_from_days`).
pub fn civil(ns: i64) -> (i64, u32, u32, u32, u32, u32, u32) {
    const DAY: i64 = 86_400_000_000_000;
    let (days, rest) = (ns.div_euclid(DAY), ns.rem_euclid(DAY));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = (if mp < 10 { mp + 3 } else { mp - 9 }) as u32;
    let year = yoe + era * 400 + i64::from(month <= 2);
    let seconds = rest / 1_000_000_000;
    let of_day = seconds as u32;
    (year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60, (rest % 1_000_000_000) as u32)
}

/// `2024-08-08`.
pub fn date(ns: i64) -> String {
    let (year, month, day, ..) = civil(ns);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2024-08-08 23:54:15`, with milliseconds when `fine`.
pub fn time(ns: i64, fine: bool) -> String {
    let (.., h, m, s, n) = civil(ns);
    let millis = if fine { format!(".{:03}", n / 1_000_000) } else { String::new() };
    format!("{} {h:02}:{m:02}:{s:02}{millis}", date(ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_direction_marks_lose_their_power() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(escape("a\u{202e}b\u{7}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(plain("a\u{1b}[31m\nb"), "a\u{fffd}[31m b");
        assert!(!script_json(&serde_json::json!("</script><!--")).contains('<'));
    }

    #[test]
    fn numbers_are_grouped_and_zero_has_no_sign() {
        assert_eq!(number(1234567.891, 2), "1,234,567.89");
        assert_eq!(number(-1234.5, 1), "\u{2212}1,234.5");
        assert_eq!(number(-0.0001, 2), "0.00");
        assert_eq!(number(123.0, 0), "123");
        assert_eq!(signed(0.001, 2), "0.00");
        assert_eq!(signed(2.0, 1), "+2.0");
        assert_eq!(number(f64::NAN, 2), NOT_A_NUMBER);
        assert_eq!(number(1e30, 2), "1.000e30");
        assert_eq!(percent(f64::INFINITY), NOT_A_NUMBER);
        assert_eq!(in_unit(0.0841, Unit::Magnitude, 2), "8.41\u{a0}%");
        let drawdown = Figure { unit: Unit::Percent, better: Better::Lower, ..Figure::default() };
        assert_eq!(unit_of(&drawdown), Unit::Magnitude);
    }

    #[test]
    fn shares_are_never_rounded_to_certainty() {
        assert_eq!(share(0.99999), "over\u{a0}99.9\u{a0}%");
        assert_eq!(share(0.00001), "under\u{a0}0.1\u{a0}%");
        assert_eq!((share(1.0), share(0.0)), ("100.0\u{a0}%".into(), "0.0\u{a0}%".into()));
    }

    #[test]
    fn durations_pick_their_unit() {
        assert_eq!(duration(0.000_000_5), "500\u{a0}ns");
        assert_eq!(duration(0.0421), "42.1\u{a0}ms");
        assert_eq!(duration(90.0), "90.0\u{a0}s");
        assert_eq!(duration(86_400.0), "24.0\u{a0}h");
        assert_eq!(duration(864_000.0), "10.0\u{a0}days");
    }

    #[test]
    fn times_are_utc() {
        assert_eq!(time(1_723_161_255_123_456_789, true), "2024-08-08 23:54:15.123");
        assert_eq!(time(-1, false), "1969-12-31 23:59:59");
        assert_eq!(date(951_782_400_000_000_000), "2000-02-29");
    }
}
