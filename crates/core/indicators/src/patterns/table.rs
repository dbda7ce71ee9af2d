//! The list of patterns: builds, documents and tests them all.

use std::fmt::Write as _;
use std::sync::LazyLock;

use super::define::definition;
use super::found::Kind;
use crate::spec::{Parameter, Range};

/// One pattern of the list.
#[derive(Clone, Debug)]
pub struct PatternSpec {
    /// Its name, in capitals.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Where its definition stands.
    pub source: &'static str,
    /// What is asked of it, in lines: its points, what must hold of them, what confirms it, its invalidation and its target.
    /// Made of the numbers that the finder uses; `tolerance` and `bars` are its parameters.
    pub definition: String,
    /// What its strength is the mean of.
    pub strength: &'static str,
    /// Its parameters as a signal, in the order in which they are written.
    pub parameters: Vec<Parameter>,
}

impl PatternSpec {
    /// Whether it is harmonic: known at C, with a zone in which D is awaited.
    #[must_use]
    pub fn is_harmonic(&self) -> bool {
        is_harmonic(self.kind)
    }
}

const BULKOWSKI_LO: &str = "Bulkowski, Encyclopedia of Chart Patterns (2005); Lo, Mamaysky and Wang (2000)";
const BULKOWSKI: &str = "Bulkowski, Encyclopedia of Chart Patterns (2005)";
const CARNEY: &str = "Carney, Harmonic Trading (2010)";
const FROST: &str = "Frost and Prechter, Elliott Wave Principle (1978)";

static TABLE: LazyLock<Vec<PatternSpec>> = LazyLock::new(|| {
    let entry = |name, kind, summary, source| PatternSpec {
        name,
        kind,
        summary,
        source,
        definition: String::new(),
        strength: strength(kind),
        parameters: parameters(kind),
    };
    let mut all = vec![
        entry(
            "HEAD_SHOULDERS",
            Kind::HeadShoulders,
            "Head and shoulders top: three tops, the middle one highest; bearish",
            BULKOWSKI_LO,
        ),
        entry(
            "INVERSE_HEAD_SHOULDERS",
            Kind::InverseHeadShoulders,
            "Head and shoulders bottom; bullish",
            BULKOWSKI_LO,
        ),
        entry("DOUBLE_TOP", Kind::DoubleTop, "Two tops of one height; bearish", BULKOWSKI_LO),
        entry("DOUBLE_BOTTOM", Kind::DoubleBottom, "Two bottoms of one depth; bullish", BULKOWSKI_LO),
        entry("TRIPLE_TOP", Kind::TripleTop, "Three tops of one height; bearish", BULKOWSKI),
        entry("TRIPLE_BOTTOM", Kind::TripleBottom, "Three bottoms of one depth; bullish", BULKOWSKI),
        entry(
            "ASCENDING_TRIANGLE",
            Kind::AscendingTriangle,
            "Flat top over a rising bottom; bullish",
            BULKOWSKI,
        ),
        entry(
            "DESCENDING_TRIANGLE",
            Kind::DescendingTriangle,
            "Flat bottom under a falling top; bearish",
            BULKOWSKI,
        ),
        entry(
            "SYMMETRICAL_TRIANGLE",
            Kind::SymmetricalTriangle,
            "Falling top over a rising bottom; the breakout decides",
            BULKOWSKI_LO,
        ),
        entry("RISING_WEDGE", Kind::RisingWedge, "Both lines rise and close; bearish", BULKOWSKI),
        entry("FALLING_WEDGE", Kind::FallingWedge, "Both lines fall and close; bullish", BULKOWSKI),
        entry("RECTANGLE", Kind::Rectangle, "Flat top over flat bottom; the breakout decides", BULKOWSKI_LO),
        entry("BULL_FLAG", Kind::BullFlag, "A small channel after a steep rise; bullish", BULKOWSKI),
        entry("BEAR_FLAG", Kind::BearFlag, "A small channel after a steep fall; bearish", BULKOWSKI),
        entry("BULL_PENNANT", Kind::BullPennant, "A small triangle after a steep rise; bullish", BULKOWSKI),
        entry("BEAR_PENNANT", Kind::BearPennant, "A small triangle after a steep fall; bearish", BULKOWSKI),
        entry(
            "GARTLEY",
            Kind::Gartley,
            "B at 0.618 of XA, D at 0.786; either way",
            "Pesavento, Fibonacci Ratios with Pattern Recognition (1997); Carney (2010)",
        ),
        entry("BAT", Kind::Bat, "B at 0.382 to 0.5 of XA, D at 0.886; either way", CARNEY),
        entry("BUTTERFLY", Kind::Butterfly, "B at 0.786 of XA, D at 1.27; either way", CARNEY),
        entry("CRAB", Kind::Crab, "B at 0.382 to 0.618 of XA, D at 1.618; either way", CARNEY),
        entry(
            "SHARK",
            Kind::Shark,
            "C beyond A, D at 0.886 to 1.13 of XA; either way",
            "Carney, Harmonic Trading, volume 3 (2016)",
        ),
        entry("CYPHER", Kind::Cypher, "C at 1.272 to 1.414 of XA, D at 0.786 of XC; either way", "Oglesbee"),
        entry(
            "ELLIOTT_FIFTH",
            Kind::ElliottFifth,
            "Waves 1 to 4 of an impulse, the fifth ahead; either way",
            FROST,
        ),
        entry(
            "ELLIOTT_IMPULSE",
            Kind::ElliottImpulse,
            "Five waves of an impulse, a correction ahead; either way",
            FROST,
        ),
        entry("ELLIOTT_ZIGZAG", Kind::ElliottZigzag, "An impulse corrected by a zigzag; either way", FROST),
        entry("ELLIOTT_FLAT", Kind::ElliottFlat, "An impulse corrected by a flat; either way", FROST),
    ];
    let names: Vec<(Kind, &str)> = all.iter().map(|it| (it.kind, it.name)).collect();
    for it in &mut all {
        // The kind that stands first in the list is drawn upright.
        let upright = names.iter().find(|of| of.0 == it.kind.mirrored() && of.0 < it.kind);
        it.definition = definition(it.kind, upright.map(|it| it.1));
    }
    all
});

/// Every pattern, in the order of [`Kind::ALL`].
#[must_use]
pub fn table() -> &'static [PatternSpec] {
    &TABLE
}

/// The table as a page of Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = format!("# Patterns\n\n{} patterns, each a signal by its name.\n\n", table().len());
    page.push_str("| name | what | tolerance | source |\n|---|---|---|---|\n");
    for it in table() {
        let tolerance = it.parameters.iter().find(|p| p.name == "tolerance");
        let tolerance = tolerance.map_or_else(|| "none".to_owned(), |p| p.default.to_string());
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {tolerance} | {} |", it.name, it.summary, it.source);
    }
    page.push_str("\n## Parameters\n\nIn their order. The tolerance of a harmonic pattern is 0.05, from 0.001 to 0.2; flags, pennants and wave counts have none.\n\n");
    page.push_str("| name | what | default | range |\n|---|---|---|---|\n");
    for p in &parameters(Kind::HeadShoulders) {
        let default = match p.range {
            Range::Choice(values) => {
                values.iter().find(|it| it.0 == p.default as i64).map_or("", |it| it.1).to_owned()
            }
            _ => p.default.to_string(),
        };
        let _ = writeln!(page, "| `{}` | {} | {default} | {} |", p.name, p.hint, p.range);
    }
    page.push_str(
        "\n## Outputs\n\n`strength` is that of the pattern that speaks, 0 where none does. `invalidation` (the price beyond which a \
         close says that it was none), `target` and `bars` (since it was knowable) are of the pattern that speaks, and stay when it \
         has ended, until another speaks: at the bar whose close passes a level the strength is 0 and the level is there. They are \
         absent before the first pattern. A few wave counts (`ELLIOTT_FIFTH`, `ELLIOTT_ZIGZAG`, `ELLIOTT_FLAT`) have no target, as the \
         leg that is measured would end before the line that confirms them.\n",
    );
    page.push_str(
        "\n## Definitions\n\nTurns are known once they are confirmed as such, and a pattern with its last turn; it has at most `bars` bars from its \
         first point to its last. Of what else is asked the lines below are made by the numbers that the finders use. What differs by \
         rounding alone (1e-12 of the prices) is equal: at a bound that is included it holds, and a close on a line is not beyond it.\n",
    );
    for it in table() {
        let _ = writeln!(page, "\n### {}\n\n```text\n{}\n```", it.name, it.definition);
    }
    page.push_str("\n## Strength\n\nThe mean of parts, each 0 to 1.\n\n| pattern | parts |\n|---|---|\n");
    for it in table() {
        let _ = writeln!(page, "| `{}` | {} |", it.name, it.strength);
    }
    page
}

/// What the strength of a kind is the mean of.
fn strength(kind: Kind) -> &'static str {
    match kind {
        Kind::HeadShoulders | Kind::InverseHeadShoulders => {
            "shoulders level (1 equal, 0 at the tolerance); troughs level; shorter half / longer half; volume dries up \
             (early / (early + late), 0.5 unknown)"
        }
        Kind::DoubleTop | Kind::DoubleBottom => {
            "tops level; shorter half / longer half; first rise / twice the height, at most 1; volume dries up"
        }
        Kind::TripleTop | Kind::TripleBottom => "tops level; shorter half / longer half; volume dries up",
        Kind::BullFlag | Kind::BearFlag => {
            "little taken back (1 nothing, 0 at half the pole); lines parallel; volume dries up"
        }
        Kind::BullPennant | Kind::BearPennant => "little taken back; lines close equally; volume dries up",
        Kind::ElliottFifth => "waves 2, 3 and 4 of usual length; waves 2 and 4 alternate in depth",
        Kind::ElliottImpulse => "waves 2, 3, 4 and 5 of usual length; waves 2 and 4 alternate in depth",
        Kind::ElliottZigzag | Kind::ElliottFlat => {
            "waves 2, 3, 4, 5, B and C of usual length; waves 2 and 4 alternate in depth"
        }
        _ if is_harmonic(kind) => {
            "each ratio that has one place or range (1 inside it, 0 at the tolerance); D once it is known"
        }
        _ => {
            "three points on their line (1 on it, 0 at the tolerance); shortest leg / longest leg in bars; \
              volume dries up"
        }
    }
}

/// Whether the tolerance is one of ratios.
pub(super) fn is_harmonic(kind: Kind) -> bool {
    (Kind::Gartley..=Kind::Cypher).contains(&kind)
}

fn parameters(kind: Kind) -> Vec<Parameter> {
    let parameter =
        |name: &str, hint, range, default| Parameter { name: name.to_owned(), hint, range, default };
    let mut all = Vec::new();
    if is_harmonic(kind) {
        let range = Range::Real { min: 0.001, max: 0.2 };
        all.push(parameter("tolerance", "how far a ratio may lie off, as a part of it", range, 0.05));
    } else if kind < Kind::BullFlag {
        let range = Range::Real { min: 0.001, max: 0.5 };
        all.push(parameter("tolerance", "how far points may lie off, as a part of the height", range, 0.15));
    }
    all.push(parameter(
        "swing",
        "what makes a turn",
        Range::Choice(&[(0, "atr"), (1, "percent"), (2, "fractal")]),
        0.0,
    ));
    all.push(parameter(
        "size",
        "of a turn: average true ranges, per cent of the price, or bars to each side",
        Range::Real { min: 0.01, max: 1000.0 },
        2.0,
    ));
    all.push(parameter(
        "period",
        "bars of the average true range; plays no part in other turns",
        Range::Whole { min: 1, max: 100_000 },
        14.0,
    ));
    all.push(parameter(
        "since",
        "from when on it speaks: as soon as it is known, or once it is confirmed",
        Range::Choice(&[(0, "known"), (1, "confirmed")]),
        1.0,
    ));
    all.push(parameter(
        "bars",
        "the longest pattern, from its first point to its last",
        Range::Whole { min: 4, max: 1_000_000 },
        500.0,
    ));
    all
}
