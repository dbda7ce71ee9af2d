//! The table "who may import whom" of ARCHITECTURE.md against the manifests.

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Table = BTreeMap<String, BTreeSet<String>>;

/// Crates of others that the core ring may use; everything else needs a look at the law first.
const CORE_MAY_USE: [&str; 8] =
    ["bytemuck", "clarabel", "libm", "pulp", "rust_decimal", "serde", "ta-lib", "thiserror"];

/// Fails on any difference, naming it.
pub fn compare() -> Result<()> {
    let root = crate::run::root();
    let path = root.join("ARCHITECTURE.md");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let wanted = parse(&text);
    ensure!(!wanted.is_empty(), "{} has no table of rooms between the `arch` marks", path.display());
    let metadata = MetadataCommand::new().current_dir(&root).no_deps().exec()?;
    let mut found = Table::new();
    let mut faults = Vec::new();
    for package in &metadata.packages {
        let Some(room_of) = room(&package.name) else { continue };
        let normal = package.dependencies.iter().filter(|it| it.kind == DependencyKind::Normal);
        let (ours, others): (Vec<_>, Vec<_>) = normal.partition(|it| room(&it.name).is_some());
        found.insert(
            room_of.to_owned(),
            ours.iter().filter_map(|it| room(&it.name)).map(str::to_owned).collect(),
        );
        if package.manifest_path.as_str().contains("/crates/core/") {
            let foreign = others.iter().filter(|it| !CORE_MAY_USE.contains(&it.name.as_str()));
            faults.extend(foreign.map(|it| format!("{room_of} is in the core ring and uses {}", it.name)));
        }
    }
    faults.extend(differences(&wanted, &found));
    for file in sources(&root.join("crates/app/src"))? {
        let text = std::fs::read_to_string(&file)?;
        let place = |line: usize| format!("{}:{line}", file.strip_prefix(&root).unwrap_or(&file).display());
        let why = "the front door is compiled without optimisation, and a loop over strategies that it names with it";
        faults.extend(strategies_named(&text).map(|line| format!("{}: {why}", place(line))));
    }
    ensure!(faults.is_empty(), "ARCHITECTURE.md and the manifests differ:\n  {}", faults.join("\n  "));
    eprintln!("xtask: {} rooms as drawn", found.len());
    Ok(())
}

/// All files below a folder.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { files.extend(sources(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

/// Lines that name the shipped strategies, but for those that hand them on from a function that is generic itself.
fn strategies_named(text: &str) -> impl Iterator<Item = usize> {
    let names = |line: &str| line.contains("Shipped") && !line.contains("run::<scalp_strategy::Shipped>(");
    text.lines().enumerate().filter(move |(_, line)| names(line)).map(|(at, _)| at + 1)
}

/// The room of a package; the binary has the name of the platform.
fn room(package: &str) -> Option<&str> {
    if package == "scalp" { Some(package) } else { package.strip_prefix("scalp-") }
}

/// Lines `level room imports...` between the marks; `nothing` is no import.
fn parse(text: &str) -> Table {
    let inside = text.split("<!-- arch -->").nth(1).unwrap_or_default();
    let mut table = Table::new();
    for line in inside.lines() {
        let mut words = line.split_whitespace();
        let (Some(level), Some(room)) = (words.next(), words.next()) else { continue };
        if level.parse::<u8>().is_ok() {
            table.insert(room.to_owned(), words.filter(|it| *it != "nothing").map(str::to_owned).collect());
        }
    }
    table
}

fn differences(wanted: &Table, found: &Table) -> Vec<String> {
    let mut faults = Vec::new();
    for (room, imports) in found {
        let Some(allowed) = wanted.get(room) else {
            faults.push(format!("room {room} is not in the table"));
            continue;
        };
        faults.extend(
            imports.difference(allowed).map(|it| format!("{room} imports {it}, the table does not say so")),
        );
        faults.extend(
            allowed.difference(imports).map(|it| format!("the table lets {room} import {it}, it does not")),
        );
    }
    faults.extend(
        wanted.keys().filter(|it| !found.contains_key(*it)).map(|it| format!("room {it} is not built")),
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_over_strategies_that_the_front_door_names_is_found() {
        let text = "use scalp_lab::Plan;\nlet plan = Plan::<Shipped>::new(config)?;\n";
        assert_eq!(strategies_named(text).collect::<Vec<_>>(), [2]);
        let handed_on = "Command::Doctor(args) => doctor::run::<scalp_strategy::Shipped>(&args),";
        assert_eq!(strategies_named(handed_on).count(), 0);
    }

    #[test]
    fn finds_every_kind_of_difference() {
        let wanted = parse(
            "<!-- arch -->\n```text\n 0 types nothing\n 1 market types\n 2 sim types market\n```\n<!-- arch -->",
        );
        let mut found =
            parse("<!-- arch -->\n0 types nothing\n1 market types\n2 sim types engine\n<!-- arch -->");
        assert_eq!(differences(&wanted, &wanted), Vec::<String>::new());
        found.insert("node".into(), BTreeSet::new());
        found.remove("market");
        assert_eq!(
            differences(&wanted, &found),
            [
                "room node is not in the table",
                "sim imports engine, the table does not say so",
                "the table lets sim import market, it does not",
                "room market is not built",
            ]
        );
    }
}
