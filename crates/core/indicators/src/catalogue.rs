//! The catalogue: every indicator once, by name. It builds, documents and tests them all.

use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::spec::{Family, Range, Spec};
use crate::{own, talib};

static CATALOGUE: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let mut specs = talib::specs();
    specs.extend(own::specs());
    specs.sort_by_key(|it| it.name);
    specs
});

/// Every indicator, by name in rising order.
#[must_use]
pub fn catalogue() -> &'static [Spec] {
    &CATALOGUE
}

/// The indicator `name`, letter case aside.
#[must_use]
pub fn find(name: &str) -> Option<&'static Spec> {
    let name = name.to_ascii_uppercase();
    CATALOGUE.binary_search_by(|it| it.name.cmp(&name)).ok().map(|place| &CATALOGUE[place])
}

/// The catalogue as a page of Markdown: the count, and for each family a table of names, parameters, inputs, outputs and
/// sources.
#[must_use]
pub fn page() -> String {
    let outputs: usize = catalogue().iter().map(|it| it.outputs.len()).sum();
    let mut page = format!("# Indicators\n\n{} indicators with {outputs} outputs.\n", catalogue().len());
    for family in Family::ALL {
        let members: Vec<&Spec> = catalogue().iter().filter(|it| it.family == family).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "\n## {family:?} ({})\n\n| name | what | parameters | inputs | outputs | cost | source |\n|---|---|---|---|---|---|---|",
            members.len()
        );
        for it in members {
            let parameters: Vec<String> = it
                .parameters
                .iter()
                .map(|p| format!("{} = {} ({})", p.name, p.default, brief(p.range)))
                .collect();
            let inputs: Vec<&str> = it.inputs.iter().map(|input| input.name).collect();
            let outputs: Vec<&str> = it.outputs.iter().map(|output| output.name.as_str()).collect();
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} | {} | {:?} | {} |",
                it.name,
                it.summary,
                parameters.join("; "),
                inputs.join(", "),
                outputs.join(", "),
                it.cost,
                it.source
            );
        }
    }
    page
}

/// Very small and very large numbers in powers of ten.
fn short(x: f64) -> String {
    if x != 0.0 && (x.abs() < 1e-6 || x.abs() >= 1e12) { format!("{x:e}") } else { x.to_string() }
}

fn brief(range: Range) -> String {
    match range {
        Range::Whole { min, max } => format!("{min} to {max}"),
        Range::Real { min, max } if max < 1e30 => format!("{} to {}", short(min), short(max)),
        Range::Real { min, .. } if min > -1e30 => format!("from {}", short(min)),
        Range::Real { .. } => "any".to_owned(),
        Range::Choice(_) => "choice".to_owned(),
    }
}
