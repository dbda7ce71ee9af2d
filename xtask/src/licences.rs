//! Every dependency's licence must be one we may ship under MIT OR Apache-2.0.

use anyhow::{Result, ensure};
use cargo_metadata::MetadataCommand;

const ALLOWED: [&str; 10] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unlicense",
    "Unicode-3.0",
    "0BSD",
    "CC0-1.0",
];
/// Data, not code: the root certificates.
const ALLOWED_DATA: &str = "CDLA-Permissive-2.0";

/// Fails with the list of packages whose licence expression cannot be met from the list.
pub fn check() -> Result<()> {
    let metadata = MetadataCommand::new().current_dir(crate::run::root()).exec()?;
    let mut bad: Vec<String> = Vec::new();
    let mut count = 0;
    for package in metadata.packages.iter().filter(|it| it.source.is_some()) {
        count += 1;
        let licence = package.license.as_deref().unwrap_or("none given");
        if !is_allowed(licence) {
            bad.push(format!("{} {}: {licence}", package.name, package.version));
        }
    }
    ensure!(bad.is_empty(), "dependencies under a licence that is not allowed:\n  {}", bad.join("\n  "));
    eprintln!("xtask: {count} dependencies, all under an allowed licence");
    Ok(())
}

/// An SPDX expression: one alternative of every OR, all parts of every AND.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    let part = |it: &str| {
        let it = it.trim().trim_end_matches("WITH LLVM-exception").trim();
        ALLOWED.contains(&it) || it == ALLOWED_DATA
    };
    if expression.contains(" AND ") && expression.contains(" OR ") {
        // `(A OR B) AND C`: every AND part needs one allowed alternative.
        return expression.split(" AND ").all(|it| it.split(" OR ").any(part));
    }
    expression.split(" OR ").any(|it| it.split(" AND ").all(part))
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn an_alternative_is_enough_and_a_conjunction_is_not() {
        assert!(is_allowed("MIT OR GPL-3.0"));
        assert!(is_allowed("Unlicense/MIT"));
        assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(is_allowed("Apache-2.0 AND ISC"));
        assert!(!is_allowed("MIT AND GPL-3.0"));
        assert!(!is_allowed("MPL-2.0"));
        assert!(!is_allowed("none given"));
    }
}
