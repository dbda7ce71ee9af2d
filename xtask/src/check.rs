//! The checks that keep `main` green.

use crate::run::{cargo, finish, root};
use crate::{arch, licences};
use anyhow::{Result, ensure};

/// Format, lints, architecture, licences, docs: the first that fails ends it.
pub fn lint() -> Result<()> {
    finish(&mut cargo(&["fmt", "--all", "--check"]))?;
    finish(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    arch::compare()?;
    licences::check()?;
    finish(cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Every test of the workspace. Tests on recorded data need the recordings beside the checkout.
pub fn tests(rest: &[String]) -> Result<()> {
    let data = root().join("../shared/data");
    ensure!(
        data.is_dir(),
        "the recorded market data is not at {}: tests that replay it would fail; put the data folder there",
        data.display()
    );
    finish(cargo(&["test", "--workspace", "--locked"]).args(rest))
}
