//! The guide names every key of the configuration, and the first configuration shows them.

use scalp_config::Config;
use scalp_sim::synthetic::SyntheticConfig;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::path::Path;

const GUIDE: &str = include_str!("../../../../docs/configuration.md");
const FIRST: &str = include_str!("../../../../config/backtest.toml");

/// The fields that a `deny_unknown_fields` type names when it meets a key it does not know.
fn fields<T: DeserializeOwned>(text: &str) -> BTreeSet<String> {
    let error = toml::from_str::<T>(text).map(drop).expect_err("an unknown key is refused").to_string();
    let (_, expected) = error.split_once("expected").expect("the error names what was expected");
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Sections of the configuration whose keys are the same for every run.
const SECTIONS: [&str; 15] = [
    "[run]",
    "[[data]]",
    "[[instrument]]",
    "[account]",
    "[venue]",
    "[venue.fees]",
    "[[venue.fees.tiers]]",
    "[venue.latency]",
    "[venue.bars]",
    "[venue.limits]",
    "[venue.faults]",
    "[risk]",
    "[bars]",
    "[report]",
    "[sweep]",
];

fn missing(names: impl IntoIterator<Item = String>) -> Vec<String> {
    names.into_iter().filter(|name| !GUIDE.contains(&format!("`{name}`"))).collect()
}

/// The keys of a section, or of the top level.
fn keys_of(section: &str) -> BTreeSet<String> {
    fields::<Config>(&format!("{section}\nnothing_of_this_name = 1"))
}

#[test]
fn the_guide_names_every_key_of_the_schema() {
    let top = keys_of("");
    let mut names: BTreeSet<String> = SECTIONS.iter().flat_map(|it| keys_of(it)).collect();
    assert!(names.len() > 90, "only {} keys were found", names.len());
    // Sections have a heading instead of a row.
    names.extend(top);
    names.retain(|it| {
        ![format!("## [{it}]"), format!("## [[{it}]]"), format!("**`[venue.{it}]`**")]
            .iter()
            .any(|head| GUIDE.contains(head))
    });
    assert_eq!(
        missing(names),
        Vec::<String>::new(),
        "keys of the schema that docs/configuration.md does not name"
    );
}

/// Every key of a table and of the tables in it.
fn keys(value: &toml::Value, into: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, inner) in table {
                into.insert(key.clone());
                keys(inner, into);
            }
        }
        toml::Value::Array(all) => all.iter().for_each(|it| keys(it, into)),
        _ => {}
    }
}

#[test]
fn the_guide_names_every_key_of_the_synthetic_market() {
    let mut names = BTreeSet::new();
    keys(&toml::Value::try_from(SyntheticConfig::default()).unwrap(), &mut names);
    names.extend(fields::<SyntheticConfig>("[[crashes]]\nnothing_of_this_name = 1"));
    let headed = |it: &String| GUIDE.contains(&format!("synthetic.{it}]"));
    names.retain(|it| !headed(it));
    assert!(names.len() > 40, "only {} keys were found", names.len());
    assert_eq!(missing(names), Vec::<String>::new(), "keys that docs/configuration.md does not name");
}

#[test]
fn the_models_of_the_venue_are_named_with_their_keys() {
    for text in [
        "`\"risk-averse\"`",
        "`\"power\"`",
        "`\"log\"`",
        "`n`",
        "`\"nothing\"`",
        "`\"worse\"`",
        "`ticks`",
        "`\"impact\"`",
        "`k`",
        "`sigma`",
        "`daily_volume`",
        "`\"through-only\"`",
        "`\"empty\"`",
        "`\"chance\"`",
        "`reach`",
        "`alpha`",
        "`beta`",
    ] {
        assert!(GUIDE.contains(text), "docs/configuration.md does not name {text}");
    }
}

/// Lines of the first configuration that stand for a key, commented out or not.
fn shown(text: &str) -> BTreeSet<&str> {
    text.lines()
        .map(|it| it.trim_start_matches("# "))
        .filter_map(|it| it.split_once(" = "))
        .map(|(key, _)| key)
        .filter(|it| it.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
        .collect()
}

#[test]
fn the_first_configuration_is_valid_and_shows_the_keys_that_the_guide_names() {
    let config = Config::parse(FIRST, Path::new("config/backtest.toml")).unwrap();
    assert!(config.data.is_empty(), "the first run needs nothing prepared");
    let shown = shown(FIRST);
    assert!(shown.len() > 60, "only {} keys are shown", shown.len());
    for section in
        ["[run]", "[[data]]", "[[instrument]]", "[account]", "[venue.latency]", "[venue.limits]", "[report]"]
    {
        let names = keys_of(section);
        let hidden: Vec<String> = names
            .into_iter()
            // The one stands in an example of its own, the other is refused wherever it stands.
            .filter(|it| it != "mapping" && it != "expiry" && !shown.contains(it.as_str()))
            .collect();
        assert_eq!(hidden, Vec::<String>::new(), "keys of {section} that config/backtest.toml does not show");
    }
}

const FEATURES: &str = include_str!("../../../../docs/features.md");

/// What stands between two lines of the guide to features.
fn between(from: &str, to: &str) -> &'static str {
    let (_, rest) = FEATURES.split_once(from).expect("the guide has the beginning");
    rest.split_once(to).expect("the guide has the end").0
}

fn cells(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("| ").filter(|it| !it.starts_with("---") && !it.starts_with("pandas-ta"))?;
    line.trim_end_matches(" |").split_once(" | ")
}

fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Who comes from another library finds names that are here, and none that are said to be missing.
#[test]
fn the_names_that_the_guide_gives_for_those_of_pandas_ta_are_here() {
    let same = between("`describe` tells:\n\n", "\n\n`vfi`");
    let same: Vec<&str> = same.split_whitespace().collect();
    assert!(same.len() > 80 && same.is_sorted_by(|a, b| a < b), "{same:?}");
    for name in &same {
        assert!(scalp_indicators::find(name).is_some(), "{name}");
    }
    let sources =
        scalp_features::Sources { bar_span: Some(60_000_000_000), ..scalp_features::Sources::bars() };
    let here = between("| pandas-ta | here |\n", "\nNot here:");
    let (mut rows, mut items) = (0, 0);
    for (_, ours) in here.lines().filter_map(cells) {
        rows += 1;
        for item in named(ours) {
            let is_there = match item {
                // What is said of it stands in a rule.
                rule if rule.contains(" and ") => rule.split(" and ").all(|it| it.contains("LAG(")),
                item => {
                    scalp_features::Schema::parse(item, &sources).map_err(|e| panic!("{item}: {e}")).is_ok()
                }
            };
            assert!(is_there, "{item}");
            items += 1;
        }
    }
    assert!(rows > 20 && items > 40, "{rows} rows, {items} items");
    let missing = between("\nNot here:\n", "\n## Output");
    let missing: Vec<&str> = missing.lines().filter_map(cells).flat_map(|it| named(it.0)).collect();
    assert!(missing.len() > 10, "{missing:?}");
    for name in missing {
        assert!(!scalp_features::entry::is_named(name) && !same.contains(&name), "{name} is here");
    }
}
