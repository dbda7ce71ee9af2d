//! Who is at work in a folder of runs, so that what a killed process has left there can be removed.
//!
//! Everybody who makes files there holds a shared lock on the folder, which the system takes back when the process
//! ends, however it ends. Whoever comes and gets the folder alone knows that nobody is at work: what is unfinished then
//! will never be finished. Where a system does not lock folders, nothing is removed.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The folder within a folder of runs that holds converted and generated data.
pub const CACHE: &str = "cache";
/// A file in the folder of a run that has not ended.
pub const UNFINISHED: &str = ".unfinished";

/// While it lives, this process is at work in the folder.
#[derive(Debug)]
pub struct AtWork(#[expect(dead_code, reason = "held for its lock")] Option<File>);

impl AtWork {
    /// Comes to work in a folder of runs, which must exist. Removes what others have left who are gone.
    pub fn in_folder(runs: &Path) -> Self {
        let Ok(folder) = File::open(runs) else { return Self(None) };
        match folder.try_lock() {
            Ok(()) => remove_remains(runs),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(_)) => return Self(None),
        }
        // Between the two locks somebody else may have the folder alone; we have made nothing yet.
        let shared = folder.unlock().and_then(|()| folder.lock_shared());
        Self(shared.is_ok().then_some(folder))
    }
}

/// Unfinished runs, and unfinished files of the cache. What cannot be removed stays, and harms nobody.
fn remove_remains(runs: &Path) {
    for run in entries(runs).filter(|it| it.join(UNFINISHED).is_file()) {
        let _ = std::fs::remove_dir_all(run);
    }
    // Files that are whole have names without a dot before them.
    let is_hidden = |it: &PathBuf| it.file_name().is_some_and(|it| it.as_encoded_bytes().starts_with(b"."));
    for file in entries(&runs.join(CACHE)).filter(is_hidden).filter(|it| it.is_file()) {
        let _ = std::fs::remove_file(file);
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unfinished_goes_when_nobody_is_at_work_and_never_before() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["killed", "whole", "cache", "foreign"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        for name in
            ["killed/.unfinished", "killed/journal", "whole/report.json", "cache/a.events", "foreign/.x"]
        {
            std::fs::write(at(name), "").unwrap();
        }
        let torn = at("cache/.b.events.records0.17");
        std::fs::write(&torn, "").unwrap();
        let other = File::open(folder.path()).unwrap();
        other.lock_shared().unwrap();
        let _first = AtWork::in_folder(folder.path());
        assert!(torn.exists() && at("killed").exists(), "somebody may be at work on them");
        drop(other);
        let _second = AtWork::in_folder(folder.path());
        assert!(torn.exists() && at("killed").exists(), "we are ourselves");
        drop((_first, _second));
        let _alone = AtWork::in_folder(folder.path());
        assert!(!torn.exists() && !at("killed").exists());
        for name in ["whole/report.json", "cache/a.events", "foreign/.x"] {
            assert!(at(name).exists(), "{name}");
        }
    }
}
