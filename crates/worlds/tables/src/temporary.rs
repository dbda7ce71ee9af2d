//! Files while they are being made, under names with a dot before them, and what a maker has left who was killed.
//!
//! Whoever makes such a file holds a lock on it, which the system takes back when the process ends, however it ends.
//! Whoever comes next and gets the lock knows that nobody is at work on the file. Where a system does not lock files,
//! nothing is removed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

/// How often, and with which pauses, it is tried to get a file that somebody is just looking at.
const ATTEMPTS_MAX: u32 = 100;
const PAUSE: Duration = Duration::from_millis(2);
/// How deep folders are searched.
const DEPTH_MAX: u32 = 16;

/// Makes a file of a name that no other process uses, or empties it, and locks it until it is closed.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    for _ in 0..ATTEMPTS_MAX {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        match file.try_lock() {
            // Whoever removes what was left may have taken it for that before it was locked.
            Ok(()) if !path.exists() => {}
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
    Err(io::Error::other("another writer is at work on it"))
}

/// Removes from a folder the files that `is_ours` knows by their names and nobody is at work on. What cannot be removed
/// stays, and harms nobody.
pub(crate) fn remove_left(folder: &Path, is_ours: fn(&str) -> bool) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_left = is_ours(&entry.file_name().to_string_lossy());
        if is_left && entry.file_type().is_ok_and(|it| it.is_file()) {
            remove_unless_locked(&entry.path());
        }
    }
}

/// The same in a folder and all below it.
pub(crate) fn remove_left_below(folder: &Path, is_ours: fn(&str) -> bool) {
    fn remove(folder: &Path, depth: u32, is_ours: fn(&str) -> bool) {
        remove_left(folder, is_ours);
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let folders = entries.flatten().filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
        folders.filter(|_| depth < DEPTH_MAX).for_each(|it| remove(&it.path(), depth + 1, is_ours));
    }
    remove(folder, 0, is_ours);
}

fn remove_unless_locked(path: &Path) {
    // Held until the file is gone, so that no maker takes it up meanwhile.
    if let Ok(file) = File::open(path)
        && file.try_lock().is_ok()
    {
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_is_at_work_on_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [".left", "deep/.left", "kept", "deep/kept"] {
            std::fs::write(at(name), "x").unwrap();
        }
        let working = create(&at(".working")).unwrap();
        let ours = |name: &str| name.starts_with('.');
        remove_left(folder.path(), ours);
        assert!(!at(".left").exists() && at("deep/.left").exists());
        remove_left_below(folder.path(), ours);
        assert!(!at("deep/.left").exists());
        for name in [".working", "kept", "deep/kept"] {
            assert!(at(name).exists(), "{name}");
        }
        drop(working);
        remove_left(folder.path(), ours);
        assert!(!at(".working").exists());
    }

    #[test]
    fn one_file_has_one_maker_and_makers_that_meet_a_remover_keep_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".one");
        let first = create(&path).unwrap();
        assert_eq!(create(&path).unwrap_err().to_string(), "another writer is at work on it");
        drop(first);
        std::thread::scope(|scope| {
            scope.spawn(|| (0..2_000).for_each(|_| remove_left(folder.path(), |name| name.starts_with('.'))));
            for n in 0..500 {
                let path = folder.path().join(format!(".{n}"));
                let _file = create(&path).unwrap();
                assert!(path.exists());
                std::fs::rename(&path, folder.path().join(n.to_string())).unwrap();
            }
        });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 500);
    }
}
