//! What is asked of a pattern, in words made of the numbers that its finder uses: for pages and `describe`.

use super::found::Kind;
use super::rules::Rules;
use super::{channels, elliott, flags, harmonic, reversals};
use std::fmt::Write as _;

/// What is asked of a kind, as it stands upright.
pub(super) struct Definition {
    /// The turns, by name.
    pub(super) points: &'static str,
    /// What is measured of them.
    pub(super) terms: String,
    /// What must hold, a line each.
    pub(super) rules: Vec<String>,
    /// What confirms it, what says that it was none, and where it should go.
    pub(super) levels: Vec<String>,
}

/// The definition of a kind in lines; `mirror` is the name of the kind that it turns upside down, if it is one that does.
pub(super) fn definition(kind: Kind, mirror: Option<&str>) -> String {
    let rules = Rules::default();
    let of = match kind {
        Kind::HeadShoulders
        | Kind::InverseHeadShoulders
        | Kind::DoubleTop
        | Kind::DoubleBottom
        | Kind::TripleTop
        | Kind::TripleBottom => reversals::definition(kind, &rules),
        Kind::AscendingTriangle
        | Kind::DescendingTriangle
        | Kind::SymmetricalTriangle
        | Kind::RisingWedge
        | Kind::FallingWedge
        | Kind::Rectangle => channels::definition(kind, &rules),
        Kind::BullFlag | Kind::BearFlag | Kind::BullPennant | Kind::BearPennant => {
            flags::definition(kind, &rules)
        }
        Kind::ElliottFifth | Kind::ElliottImpulse | Kind::ElliottZigzag | Kind::ElliottFlat => {
            elliott::definition(kind)
        }
        Kind::Gartley | Kind::Bat | Kind::Butterfly | Kind::Crab | Kind::Shark | Kind::Cypher => {
            harmonic::definition(kind)
        }
    };
    let mut text = match mirror {
        Some(of) => format!("{of} upside down: the same of prices times -1, high for low and low for high\n"),
        None if kind.mirrored() == kind && !matches!(kind, Kind::SymmetricalTriangle | Kind::Rectangle) => {
            "as it stands upright; upside down (prices times -1, high for low) it points the other way\n"
                .to_owned()
        }
        None => String::new(),
    };
    // Writing to a string cannot fail.
    let _ = write!(text, "points: {}\n{}", of.points, of.terms);
    for line in of.rules.iter().chain(&of.levels) {
        let _ = write!(text, "\n{line}");
    }
    text
}
