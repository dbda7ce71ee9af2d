//! Where runs are kept: a folder for each, with everything that is needed to look at it again.

use crate::at_work::{AtWork, UNFINISHED};
use crate::export::{ExportError, Table};
use scalp_report::data::ReportData;
use scalp_types::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A run that cannot be kept, found or read.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it was when it was written.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A table cannot be written.
    #[error(transparent)]
    Table(#[from] ExportError),
    /// No run has this id.
    #[error("no run {id:?} in {}; `scalp runs` lists them", folder.display())]
    Unknown {
        /// What was asked for.
        id: String,
        /// Where.
        folder: PathBuf,
    },
    /// The id begins more than one run's.
    #[error("{id:?} begins the ids of several runs: {}", found.join(", "))]
    Ambiguous {
        /// What was asked for.
        id: String,
        /// Which runs.
        found: Vec<String>,
    },
}

/// All runs of one folder.
#[derive(Debug, Clone)]
pub struct Runs {
    folder: PathBuf,
}

/// One kept run.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its id, the name of its folder.
    pub id: String,
    /// Its folder.
    pub path: PathBuf,
    /// Of a run under way: nobody takes its folder for one that was left behind.
    #[expect(dead_code, reason = "held for its lock")]
    at_work: Option<Arc<AtWork>>,
}

const DATA: &str = "report.json";
/// Characters of a run's name in the name of its folder.
const NAME_MAX: usize = 80;

impl Runs {
    /// The runs of a folder, which need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Makes the folder of a new run: the time it was started, and its name. Until it is [`Kept::finished`] it counts as
    /// unfinished, and is removed by whoever comes after this process is gone.
    pub fn create(&self, name: &str, at: Timestamp) -> Result<Kept, KeptError> {
        let clean: String = name
            .chars()
            .take(NAME_MAX)
            .map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' })
            .collect();
        let at = at.to_string();
        let stamp: String = at.chars().take(23).filter(|c| c.is_ascii_digit() || *c == 'T').collect();
        let folder = |source| KeptError::Io { path: self.folder.clone(), source };
        std::fs::create_dir_all(&self.folder).map_err(folder)?;
        let at_work = Arc::new(AtWork::in_folder(&self.folder));
        for n in 1.. {
            let id = if n == 1 { format!("{stamp}-{clean}") } else { format!("{stamp}-{clean}-{n}") };
            let path = self.folder.join(&id);
            match std::fs::create_dir(&path) {
                Ok(()) => {
                    let kept = Kept { id, path, at_work: Some(at_work) };
                    kept.write(UNFINISHED, b"")?;
                    return Ok(kept);
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => {}
                Err(source) => return Err(KeptError::Io { path, source }),
            }
        }
        unreachable!("a number is free sooner or later")
    }

    /// All runs that were finished, the oldest first.
    pub fn list(&self) -> Result<Vec<Kept>, KeptError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(KeptError::Io { path: self.folder.clone(), source }),
        };
        let mut all: Vec<Kept> = entries
            .flatten()
            .map(|it| Kept {
                id: it.file_name().to_string_lossy().into_owned(),
                path: it.path(),
                at_work: None,
            })
            .filter(|it| it.path.join(DATA).is_file())
            .collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(all)
    }

    /// A run by its id, the beginning of it, or `last`.
    pub fn find(&self, id: &str) -> Result<Kept, KeptError> {
        let all = self.list()?;
        let unknown = || KeptError::Unknown { id: id.into(), folder: self.folder.clone() };
        if id == "last" {
            return all.last().cloned().ok_or_else(unknown);
        }
        if let Some(exact) = all.iter().find(|it| it.id == id) {
            return Ok(exact.clone());
        }
        let named: Vec<&Kept> = all.iter().filter(|it| it.name() == Some(id)).collect();
        if let [one] = named[..] {
            return Ok(one.clone());
        }
        let found: Vec<&Kept> =
            all.iter().filter(|it| it.id.starts_with(id) || it.id.ends_with(id)).collect();
        match found[..] {
            [one] => Ok(one.clone()),
            [] => Err(unknown()),
            _ => Err(KeptError::Ambiguous {
                id: id.into(),
                found: found.iter().map(|it| it.id.clone()).collect(),
            }),
        }
    }
}

impl Kept {
    /// The name within the id, behind the time; where a number was added to it, with that number.
    fn name(&self) -> Option<&str> {
        self.id.split_once('-').map(|it| it.1)
    }

    /// The run has ended, and everything of it is written.
    pub fn finished(&self) -> Result<(), KeptError> {
        let path = self.path.join(UNFINISHED);
        std::fs::remove_file(&path).map_err(|source| KeptError::Io { path, source })
    }
    /// Writes a file of the run.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, KeptError> {
        let path = self.path.join(name);
        std::fs::write(&path, bytes).map_err(|source| KeptError::Io { path: path.clone(), source })?;
        Ok(path)
    }
    /// Writes tables, each as CSV and Parquet.
    pub fn write_tables(&self, tables: &[Table]) -> Result<(), KeptError> {
        tables.iter().try_for_each(|it| it.write(&self.path)).map_err(KeptError::from)
    }
    /// Writes what the page is made from; from then on the run is listed.
    pub fn write_data(&self, data: &ReportData) -> Result<PathBuf, KeptError> {
        self.write(DATA, &serde_json::to_vec(data).expect("plain numbers and texts become JSON"))
    }
    /// Reads what the page is made from.
    pub fn data(&self) -> Result<ReportData, KeptError> {
        let path = self.path.join(DATA);
        let bytes = std::fs::read(&path).map_err(|source| KeptError::Io { path: path.clone(), source })?;
        serde_json::from_slice(&bytes).map_err(|e| KeptError::Damaged { path, message: e.to_string() })
    }
    /// A file of the run.
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_by_id_by_part_of_it_and_as_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let runs = Runs::at(folder.path());
        assert!(runs.list().unwrap().is_empty());
        let at = Timestamp::from_date(2026, 1, 2).unwrap();
        let first = runs.create("a b/c", at).unwrap();
        let second = runs.create("a b/c", at).unwrap();
        assert_eq!(first.id, "20260102T000000000-a-b-c");
        assert_eq!(second.id, "20260102T000000000-a-b-c-2");
        assert!(runs.list().unwrap().is_empty(), "a run that did not finish is not listed");
        first.write_data(&ReportData::default()).unwrap();
        second.write_data(&ReportData::default()).unwrap();
        assert_eq!(runs.find("last").unwrap().id, second.id);
        assert_eq!(runs.find(&first.id).unwrap().id, first.id);
        assert!(matches!(runs.find("2026"), Err(KeptError::Ambiguous { .. })));
        assert!(matches!(runs.find("1999"), Err(KeptError::Unknown { .. })));
        let named = runs.create("c", at).unwrap();
        named.write_data(&ReportData::default()).unwrap();
        assert_eq!(runs.find("c").unwrap().id, named.id, "by its whole name, though another ends in it");
        second.write(DATA, b"{").unwrap();
        assert!(second.data().unwrap_err().to_string().contains("report.json: "));
    }

    #[test]
    fn a_file_where_the_folder_should_be_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs");
        std::fs::write(&path, "").unwrap();
        let error = Runs::at(&path).create("x", Timestamp::from_nanos(0)).unwrap_err().to_string();
        assert!(error.contains("runs"), "{error}");
    }
}
