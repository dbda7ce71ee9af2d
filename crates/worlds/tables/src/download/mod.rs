//! Fetches files of the public Binance archive: names them, downloads them, checks them against their checksum, and
//! only then gives them their name. Blocking; the only place of this room that opens a socket.

pub mod archive;
#[cfg(test)]
mod tests;

pub use archive::{ArchiveFile, ArchiveQuery, DataSet, Market, Period};

use crate::catalog::{hash_file, hexadecimal};
use crate::error::StoreError;
use crate::temporary;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the archive is.
pub const BASE_URL: &str = "https://data.binance.vision";
/// A file is asked for this often before it counts as failed.
pub const ATTEMPTS_MAX: u32 = 5;
/// The wait before the second attempt; it doubles with every further one.
pub const BACKOFF: Duration = Duration::from_millis(500);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that sends nothing for this long is given up.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);
/// A checksum file is one line; more is not read.
const CHECKSUM_BYTES_MAX: u64 = 4_096;

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The query names something the archive does not have.
    #[error("{field}: expected {expected}, got {got:?}")]
    Query {
        /// Which part of the query.
        field: &'static str,
        /// What would have been accepted.
        expected: String,
        /// What was asked.
        got: String,
    },
    /// The server could not be reached or did not answer as it should, after all attempts.
    #[error("{url}: {what}, after {attempts} attempts")]
    Network {
        /// What was asked for.
        url: String,
        /// What went wrong last.
        what: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// What came is not what the checksum file promises, after all attempts.
    #[error("{url}: expected SHA-256 {expected}, got {got}")]
    Checksum {
        /// What was asked for.
        url: String,
        /// By the checksum file.
        expected: String,
        /// Of what came.
        got: String,
    },
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Downloaded and checked.
    Fetched {
        /// Its length.
        bytes: u64,
    },
    /// Was there already, and still has its checksum.
    Present,
    /// The archive does not have it.
    Missing,
}

/// What became of a query.
#[derive(Debug, Default)]
pub struct Report {
    /// Downloaded or present, ready to be imported, in order of time.
    pub files: Vec<PathBuf>,
    /// How many of them were downloaded now.
    pub fetched: u64,
    /// Bytes downloaded.
    pub bytes: u64,
    /// Days or months that the archive does not have, by file name.
    pub missing: Vec<String>,
    /// Files that could not be fetched.
    pub failed: Vec<(String, DownloadError)>,
}

/// Downloads into one folder.
#[derive(Debug)]
pub struct Downloader {
    agent: ureq::Agent,
    base_url: String,
    folder: PathBuf,
    backoff: Duration,
}

impl Report {
    /// The files of a query that are not there now, by why: `3 files are not there: 1 with a wrong checksum (A), ...`;
    /// `None` where all are.
    pub fn lacking(&self) -> Option<String> {
        let (wrong, unfetched): (Vec<_>, Vec<_>) =
            self.failed.iter().partition(|it| matches!(it.1, DownloadError::Checksum { .. }));
        let named = |it: &[&(String, DownloadError)]| it.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
        let kinds = [
            (named(&wrong), "with a wrong checksum"),
            (named(&unfetched), "could not be fetched"),
            (self.missing.clone(), "not in the archive"),
        ];
        let parts: Vec<String> = kinds.iter().filter(|it| !it.0.is_empty()).map(listed).collect();
        let count = self.failed.len() + self.missing.len();
        let files = if count == 1 { "1 file is" } else { &format!("{count} files are") };
        (count > 0).then(|| format!("{files} not there: {}", parts.join("; ")))
    }
}

/// Names that a message lists of each kind.
const NAMES_MAX: usize = 5;

fn listed((names, what): &(Vec<String>, &str)) -> String {
    let few = names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(NAMES_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{} {what} ({few}{more})", names.len())
}

impl Downloader {
    /// Downloads from `base_url` (see [`BASE_URL`]) into `folder`.
    pub fn new(base_url: &str, folder: &Path) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
        let mut config = ureq::Agent::config_builder();
        if local.iter().any(|it| base_url.starts_with(it)) {
            // A proxy of the environment has no business between us and this machine.
            config = config.proxy(None);
        }
        let config = config
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_per_read(Some(SILENCE_TIMEOUT))
            .http_status_as_error(false)
            .build();
        Self { agent: config.into(), base_url, folder: folder.into(), backoff: BACKOFF }
    }
    /// Waits this long before the second attempt, instead of [`BACKOFF`].
    pub fn with_backoff(mut self, backoff: Duration) -> Self {
        self.backoff = backoff;
        self
    }
    /// Fetches every file of the query. A missing or failed file does not stop the others; a disk that takes no more
    /// does, and an address that is none. What downloads that were killed have left in the folder is removed. `progress` is told each file and its outcome.
    pub fn fetch_all(
        &self,
        files: &[ArchiveFile],
        progress: &mut dyn FnMut(&ArchiveFile, &Result<Outcome, DownloadError>),
    ) -> Result<Report, DownloadError> {
        temporary::remove_left_below(&self.folder.join("data"), is_part);
        let mut report = Report::default();
        for file in files {
            let outcome = self.fetch(file);
            progress(file, &outcome);
            match outcome {
                Ok(Outcome::Missing) => report.missing.push(file.name.clone()),
                Ok(outcome) => {
                    report.files.push(self.path_of(file));
                    if let Outcome::Fetched { bytes } = outcome {
                        report.fetched += 1;
                        report.bytes += bytes;
                    }
                }
                Err(error @ (DownloadError::Store(_) | DownloadError::Query { .. })) => return Err(error),
                Err(error) => report.failed.push((file.name.clone(), error)),
            }
        }
        Ok(report)
    }
    /// Fetches one file, unless it is there and whole.
    pub fn fetch(&self, file: &ArchiveFile) -> Result<Outcome, DownloadError> {
        let path = self.path_of(file);
        if is_whole(&path)? {
            return Ok(Outcome::Present);
        }
        let parent = path.parent().expect("the path of a download has a folder");
        std::fs::create_dir_all(parent).map_err(|e| StoreError::io(parent, "create the folder", e))?;
        let url = format!("{}/{}/{}", self.base_url, file.folder, file.name);
        let mut backoff = self.backoff;
        let mut attempt = 1;
        loop {
            match self.attempt(&url, &file.name, &path) {
                Ok(outcome) => return Ok(outcome),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again(what)) if attempt == ATTEMPTS_MAX => {
                    return Err(match what {
                        Again::Network(what) => DownloadError::Network { url, what, attempts: attempt },
                        Again::Checksum { expected, got } => DownloadError::Checksum { url, expected, got },
                    });
                }
                Err(Failure::Again(_)) => {}
            }
            std::thread::sleep(backoff);
            backoff = backoff.saturating_mul(2);
            attempt += 1;
        }
    }
    /// Where a file is kept: the archive's own folders below ours, since spot and futures share names.
    pub fn path_of(&self, file: &ArchiveFile) -> PathBuf {
        self.folder.join(&file.folder).join(&file.name)
    }

    fn attempt(&self, url: &str, name: &str, path: &Path) -> Result<Outcome, Failure> {
        let Some(body) = self.get(&format!("{url}.CHECKSUM"))? else { return Ok(Outcome::Missing) };
        let mut line = String::new();
        let read = body.take(CHECKSUM_BYTES_MAX).read_to_string(&mut line);
        read.map_err(|e| Failure::Again(Again::Network(e.to_string())))?;
        let Some(expected) = parse_checksum(&line, name) else {
            let what = format!("expected \"<sha256>  {name}\" in the checksum file, got {:?}", clip(&line));
            return Err(Failure::Again(Again::Network(what)));
        };
        let Some(body) = self.get(url)? else { return Ok(Outcome::Missing) };
        let mut part = PartFile::create(path)?;
        let (bytes, got) = part.fill(body)?;
        if got != expected {
            return Err(Failure::Again(Again::Checksum { expected, got }));
        }
        part.keep()?;
        write_checksum(path, &format!("{expected}  {name}\n"))?;
        Ok(Outcome::Fetched { bytes })
    }
    /// The body, or `None` for 404.
    fn get(&self, url: &str) -> Result<Option<impl Read + use<>>, Failure> {
        let again = |what: String| Failure::Again(Again::Network(what));
        let response = self.agent.get(url).call().map_err(|e| match e {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Failure::Final(DownloadError::Query {
                field: "base_url",
                expected: format!("the address of a server, such as {BASE_URL}"),
                got: self.base_url.clone(),
            }),
            e => again(e.to_string()),
        })?;
        match response.status().as_u16() {
            200 => Ok(Some(response.into_body().into_reader())),
            404 => Ok(None),
            status @ (408 | 429 | 500..=599) => Err(again(format!("the server answered {status}"))),
            status => Err(Failure::Final(DownloadError::Network {
                url: url.into(),
                what: format!("the server answered {status}"),
                attempts: 1,
            })),
        }
    }
}

/// How an attempt failed.
enum Failure {
    Again(Again),
    Final(DownloadError),
}

/// What another attempt may mend.
enum Again {
    Network(String),
    Checksum { expected: String, got: String },
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Final(error.into())
    }
}

fn clip(text: &str) -> String {
    text.chars().take(crate::reader::GOT_CHARS_MAX).collect()
}

/// The hash of a line `<sha256>  <name>`, in lower case; `None` when it is not one, or of another file.
fn parse_checksum(line: &str, name: &str) -> Option<String> {
    let mut parts = line.split_whitespace();
    let (hash, of) = (parts.next()?, parts.next()?);
    let valid = hash.len() == 64 && hash.bytes().all(|it| it.is_ascii_hexdigit());
    (valid && of.trim_start_matches('*') == name).then(|| hash.to_ascii_lowercase())
}

fn checksum_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.CHECKSUM"))
}

/// True when the file is there with the checksum that was stored beside it.
fn is_whole(path: &Path) -> Result<bool, StoreError> {
    if path.is_dir() {
        return Err(StoreError::Directory { file: path.into() });
    }
    let (Ok(line), true) = (std::fs::read_to_string(checksum_path(path)), path.exists()) else {
        return Ok(false);
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match parse_checksum(&line, &name) {
        Some(expected) => Ok(hash_file(path)?.sha256 == expected),
        None => Ok(false),
    }
}

fn write_checksum(path: &Path, line: &str) -> Result<(), StoreError> {
    let path = checksum_path(path);
    std::fs::write(&path, line).map_err(|e| StoreError::io(&path, "write", e))
}

/// Whether a file of this name is the part of a download: `.<file>.zip.<process>.part`.
fn is_part(name: &str) -> bool {
    let parts =
        name.strip_prefix('.').and_then(|it| it.strip_suffix(".part")).and_then(|it| it.rsplit_once('.'));
    parts.is_some_and(|(file, process)| {
        file.ends_with(".zip") && !process.is_empty() && process.bytes().all(|it| it.is_ascii_digit())
    })
}

/// A file that is removed unless it is kept.
struct PartFile {
    file: Option<File>,
    part: PathBuf,
    path: PathBuf,
}

impl PartFile {
    fn create(path: &Path) -> Result<Self, StoreError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Of this process alone: two that fetch the same file do not write into each other's.
        let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = temporary::create(&part).map_err(|e| StoreError::io(&part, "create", e))?;
        Ok(Self { file: Some(file), part, path: path.into() })
    }
    /// Takes the whole body; answers its length and hash.
    fn fill(&mut self, mut body: impl Read) -> Result<(u64, String), Failure> {
        let file = self.file.as_mut().expect("the file is open until it is kept");
        let mut hash = Sha256::new();
        let mut chunk = vec![0_u8; 1 << 16];
        let mut bytes = 0_u64;
        loop {
            let count = match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(e) => {
                    let what = format!("the connection broke after {bytes} bytes: {e}");
                    return Err(Failure::Again(Again::Network(what)));
                }
            };
            hash.update(&chunk[..count]);
            file.write_all(&chunk[..count]).map_err(|e| StoreError::io(&self.part, "write", e))?;
            bytes += count as u64;
        }
        Ok((bytes, hexadecimal(&hash.finalize())))
    }
    fn keep(mut self) -> Result<(), StoreError> {
        let file = self.file.take().expect("the file is open until it is kept");
        file.sync_all().map_err(|e| StoreError::io(&self.part, "write to the disk", e))?;
        std::fs::rename(&self.part, &self.path)
            .map_err(|e| StoreError::io(&self.path, "rename to this name", e))
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // A temporary file of ours; when it cannot be removed there is nobody left to tell.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}
