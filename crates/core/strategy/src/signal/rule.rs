//! A rule over features: what it means. Reads texts in `parse`; knows no feature, only the place of its value.
//!
//! Three-valued, as Kleene's strong logic (Introduction to Metamathematics, 1952, section 64): what is not known yet makes a
//! comparison unknown; `unknown and false` is false, `unknown or true` is true, and every other answer that hangs on the
//! unknown is unknown. A quotient by zero, or a number beyond the floats, is not known either.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The values of all features when a bar closed, and when the bar before it closed.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// At this bar.
    pub now: &'a [Option<f64>],
    /// At the bar before.
    pub before: &'a [Option<f64>],
}

/// An operation of arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Plus.
    Add,
    /// Minus.
    Subtract,
    /// Times.
    Multiply,
    /// Over.
    Divide,
}

/// A part of a rule that is a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Number {
    /// As written.
    Constant(f64),
    /// The feature at this place.
    Item(u16),
    /// With the other sign.
    Negative(Box<Number>),
    /// From left to right.
    Chain(Box<Number>, Vec<(Step, Number)>),
}

impl Number {
    /// What it comes to; `None` while a feature in it is absent, and where there is no finite answer.
    pub fn value(&self, values: &[Option<f64>]) -> Option<f64> {
        match self {
            Self::Constant(value) => Some(*value),
            Self::Item(place) => values.get(usize::from(*place)).copied().flatten(),
            Self::Negative(of) => Some(-of.value(values)?),
            Self::Chain(first, rest) => {
                let mut sum = first.value(values)?;
                for (step, number) in rest {
                    let next = number.value(values)?;
                    sum = match step {
                        Step::Add => sum + next,
                        Step::Subtract => sum - next,
                        Step::Multiply => sum * next,
                        Step::Divide => sum / next,
                    };
                    if !sum.is_finite() {
                        return None;
                    }
                }
                Some(sum)
            }
        }
    }
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

impl Comparison {
    const fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::More => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Equal => ordering.is_eq(),
            Self::Unequal => ordering.is_ne(),
        }
    }
}

/// A part of a rule that is true or false.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Truth {
    /// Two numbers compared.
    Compare(Number, Comparison, Number),
    /// One number goes past another: at this bar beyond it, at the bar before not yet.
    Crosses {
        /// The one that moves.
        a: Number,
        /// The line.
        b: Number,
        /// Upward, or downward.
        above: bool,
    },
    /// The opposite.
    Not(Box<Truth>),
    /// Every one of them.
    All(Vec<Truth>),
    /// At least one of them.
    Any(Vec<Truth>),
}

impl Truth {
    /// Whether it holds; `None` when that is not known.
    pub fn holds(&self, at: Moment<'_>) -> Option<bool> {
        match self {
            Self::Compare(a, how, b) => compare(a, b, at.now).map(|it| how.holds(it)),
            Self::Crosses { a, b, above } => {
                let (now, before) = (compare(a, b, at.now)?, compare(a, b, at.before)?);
                Some(if *above { now.is_gt() && before.is_le() } else { now.is_lt() && before.is_ge() })
            }
            Self::Not(of) => of.holds(at).map(|it| !it),
            Self::All(parts) => decide(parts, at, false),
            Self::Any(parts) => decide(parts, at, true),
        }
    }
}

fn compare(a: &Number, b: &Number, values: &[Option<f64>]) -> Option<Ordering> {
    a.value(values)?.partial_cmp(&b.value(values)?)
}

/// `decisive` if one part says so, the opposite if all say the opposite, unknown otherwise.
fn decide(parts: &[Truth], at: Moment<'_>, decisive: bool) -> Option<bool> {
    let mut answer = Some(!decisive);
    for part in parts {
        match part.holds(at) {
            Some(it) if it == decisive => return Some(decisive),
            Some(_) => {}
            None => answer = None,
        }
    }
    answer
}

/// A rule, and the text that it was read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// As written.
    pub text: String,
    /// What it asks.
    pub truth: Truth,
    /// The places of the features that it reads, in the order in which they are written, each once.
    pub items: Vec<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::parse::{Mentions, parse};

    /// Reads a rule over features that are called `a`, `b`, ... in the order of their first mention.
    fn truth(text: &str) -> Truth {
        parse(text, &mut Mentions::default()).unwrap_or_else(|e| panic!("{text}: {e:?}")).truth
    }

    fn holds(text: &str, now: &[Option<f64>]) -> Option<bool> {
        truth(text).holds(Moment { now, before: &[] })
    }

    const T: &str = "1 < a";
    const VALUES: [(Option<f64>, Option<bool>); 3] =
        [(Some(2.0), Some(true)), (Some(0.0), Some(false)), (None, None)];

    #[test]
    fn the_unknown_follows_the_tables_of_kleene() {
        for (a, x) in VALUES {
            assert_eq!(holds("not a > 1", &[a]), x.map(|it| !it));
            for (b, y) in VALUES {
                let and = match (x, y) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                let or = match (x, y) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                assert_eq!(holds(&format!("{T} and b > 1"), &[a, b]), and, "{x:?} and {y:?}");
                assert_eq!(holds(&format!("{T} or b > 1"), &[a, b]), or, "{x:?} or {y:?}");
            }
        }
    }

    #[test]
    fn every_comparison_means_what_its_sign_says() {
        for (sign, below, level, above) in [
            ("<", true, false, false),
            ("<=", true, true, false),
            (">", false, false, true),
            (">=", false, true, true),
            ("==", false, true, false),
            ("!=", true, false, true),
        ] {
            let text = format!("a {sign} 5");
            let of = |value: f64| holds(&text, &[Some(value)]);
            assert_eq!((of(4.0), of(5.0), of(6.0)), (Some(below), Some(level), Some(above)), "{sign}");
        }
    }

    #[test]
    fn arithmetic_binds_as_in_school_and_goes_from_left_to_right() {
        for (text, value) in [
            ("2 + 3 * 4", 14.0),
            ("(2 + 3) * 4", 20.0),
            ("10 - 4 - 3", 3.0),
            ("12 / 3 / 2", 2.0),
            ("-2 * -3", 6.0),
            ("- (1 + 1)", -2.0),
            ("1.5e2 + .5", 150.5),
            ("2 * a", 6.0),
        ] {
            assert_eq!(holds(&format!("a * 0 + {text} == {value:?}"), &[Some(3.0)]), Some(true), "{text}");
        }
    }

    #[test]
    fn not_binds_tighter_than_and_and_that_tighter_than_or() {
        let of = |text: &str| holds(text, &[Some(1.0)]);
        assert_eq!(of("a > 0 or a > 5 and a > 5"), Some(true));
        assert_eq!(of("(a > 0 or a > 5) and a > 5"), Some(false));
        assert_eq!(of("not a > 5 and a > 5"), Some(false));
        assert_eq!(of("not (a > 5 and a > 5)"), Some(true));
    }

    #[test]
    fn what_has_no_finite_answer_is_unknown() {
        assert_eq!(holds("a / b > 1", &[Some(1.0), Some(0.0)]), None);
        assert_eq!(holds("a / b > 1", &[Some(0.0), Some(0.0)]), None);
        assert_eq!(holds("a * a > 1", &[Some(1e200)]), None);
        assert_eq!(holds("a > 1", &[]), None, "a value that is not there");
    }

    #[test]
    fn a_crossing_needs_both_bars() {
        let cross = |text: &str, before: [Option<f64>; 2], now: [Option<f64>; 2]| {
            truth(text).holds(Moment { now: &now, before: &before })
        };
        let (above, below) = ("crosses_above(a, b)", "crosses_below(a, b)");
        let p = |a: f64, b: f64| [Some(a), Some(b)];
        assert_eq!(cross(above, p(1.0, 2.0), p(3.0, 2.0)), Some(true));
        assert_eq!(cross(above, p(2.0, 2.0), p(3.0, 2.0)), Some(true), "from the line itself");
        assert_eq!(cross(above, p(3.0, 2.0), p(4.0, 2.0)), Some(false), "was above already");
        assert_eq!(cross(above, p(1.0, 2.0), p(2.0, 2.0)), Some(false), "on the line is not above it");
        assert_eq!(cross(below, p(3.0, 2.0), p(1.0, 2.0)), Some(true));
        assert_eq!(cross(below, p(1.0, 2.0), p(1.0, 2.0)), Some(false));
        assert_eq!(cross(above, [None, Some(2.0)], p(3.0, 2.0)), None);
        assert_eq!(cross(above, p(1.0, 2.0), [Some(3.0), None]), None);
    }
}
