//! `scalp replay`.

use crate::cli::ReplayArgs;
use anyhow::{Context, Result, bail};
use scalp_lab::replay::replay;
use scalp_lab::store::Runs;
use scalp_strategy::Configured;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs the command.
pub fn run<S: Configured>(args: &ReplayArgs) -> Result<ExitCode> {
    let given = Path::new(&args.run);
    let (folder, expected) = if given.is_dir() {
        (given.to_owned(), None)
    } else {
        let kept = Runs::at(&args.folder).find(&args.run)?;
        (kept.file("journal"), Some(expected_hash(&kept.file("summary.json"))?))
    };
    let again = replay::<S>(&folder)?;
    let it = &again.replayed;
    say!("{} events, {} requests and {} states compared", it.events, it.requests, it.checks);
    say!("journal      {}", ending(&it.ending));
    say!("state hash   {}", again.state_hash);
    if let Some(difference) = &it.difference {
        bail!("the replay differs: {difference:?}");
    }
    match expected {
        Some(expected) if expected != again.state_hash.to_string() => {
            bail!("the run ended in {expected}, the replay in {}", again.state_hash)
        }
        Some(_) => say!("The replay is the run, to the last bit."),
        None => say!("The replay agrees with the journal."),
    }
    Ok(ExitCode::SUCCESS)
}

fn ending(ending: &scalp_journal::Ending) -> String {
    match ending {
        scalp_journal::Ending::Closed(_) => "closed on purpose".into(),
        scalp_journal::Ending::Open => "not closed: the run did not end".into(),
        scalp_journal::Ending::Cut { segment, position, bytes } => {
            format!(
                "torn: segment {segment} was cut at byte {position}, {bytes} bytes behind it are not used"
            )
        }
    }
}

fn expected_hash(path: &PathBuf) -> Result<String> {
    let text = std::fs::read(path).with_context(|| path.display().to_string())?;
    let summary: serde_json::Value =
        serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
    let hash =
        summary["state_hash"].as_str().with_context(|| format!("{}: no state_hash", path.display()))?;
    Ok(hash.to_owned())
}
