//! A file as a stream of lines, whatever it is packed in: plain, gzip (of one or many members), zstd, or zip (of one
//! or many files, read front to back). Memory is one buffer, whatever the length of the file; a line has a longest
//! length. What stands before damage is handed over before the damage is reported.

pub mod content;
mod unzip;

use crate::fault::Fault;
use crate::reader::{Position, ReadError};
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use unzip::{Content, Unzip};

/// Longest line in bytes; a longer one is an error (a recorded hour as one JSON array is some megabytes).
pub const LINE_BYTES_MAX: usize = 16 << 20;
/// The read buffer to begin with; it doubles only for a line that does not fit, up to [`LINE_BYTES_MAX`].
const BUFFER_BYTES: usize = 256 << 10;
/// Compressed bytes asked from the operating system at once.
const FILE_BYTES: usize = 128 << 10;

/// One line without its line end, lent until the next is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The text; not checked to be UTF-8.
    pub text: &'a [u8],
    /// From 1 in each file (each file of an archive).
    pub number: u64,
    /// Bytes of the unpacked file before this line.
    pub offset: u64,
}

/// A stream of lines.
pub struct Source {
    name: PathBuf,
    entry: PathBuf,
    read_before: Vec<(PathBuf, Content)>,
    format: &'static str,
    unpacked: Unpacked,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    searched: usize,
    line_end: u8,
    at_end: bool,
    failed: Option<Fault>,
    line: u64,
    offset: u64,
    lines: u64,
    taken: Arc<AtomicU64>,
    size: u64,
}

/// Counts the bytes that go by, as they lie on disk.
struct Counted<R>(R, Arc<AtomicU64>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(out)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

enum Unpacked {
    Stream(Box<dyn Read + Send>),
    Zip(Box<Unzip<Box<dyn BufRead + Send>>>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({} as {}, line {})", self.name.display(), self.format, self.line)
    }
}

impl Source {
    /// Opens a file. How it is packed is told by its first bytes; a name that promises a packing which the bytes do
    /// not keep (`.gz`, `.zst`, `.zip`) is an error.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let file = open_file(path)?;
        let size = file.metadata().map_err(|e| io_fault(&e).in_file(path))?.len();
        let taken = Arc::new(AtomicU64::new(0));
        let mut reader = BufReader::with_capacity(FILE_BYTES, Counted(file, Arc::clone(&taken)));
        let head = reader.fill_buf().map_err(|e| io_fault(&e).in_file(path))?;
        if head.is_empty() {
            return Err(empty("rows of data").in_file(path));
        }
        let packing = Packing::of(head).map_err(|fault| fault.in_file(path))?;
        let promised = path.extension().and_then(|it| it.to_str()).and_then(Packing::promised);
        if let Some(promised) = promised
            && promised != packing
        {
            let expected = format!("{} data, as its name says", promised.name());
            return Err(Fault::file(expected, packing.name()).in_file(path));
        }
        let source = Self::unpack(path, packing, Box::new(reader))?;
        Ok(Self { taken, size, ..source })
    }

    /// Reads bytes in memory as if they were the content of a file of that name.
    pub fn from_bytes(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Self, ReadError> {
        let (name, bytes) = (Path::new(name), bytes.into());
        if bytes.is_empty() {
            return Err(empty("rows of data").in_file(name));
        }
        let packing = Packing::of(&bytes).map_err(|fault| fault.in_file(name))?;
        let size = bytes.len() as u64;
        Ok(Self { size, ..Self::unpack(name, packing, Box::new(Cursor::new(bytes)))? })
    }

    fn unpack(name: &Path, packing: Packing, reader: Box<dyn BufRead + Send>) -> Result<Self, ReadError> {
        let unpacked = match packing {
            Packing::Plain => Unpacked::Stream(Box::new(reader)),
            Packing::Gzip => Unpacked::Stream(Box::new(flate2::bufread::MultiGzDecoder::new(reader))),
            Packing::Zstd => Unpacked::Stream(Box::new(
                zstd::stream::read::Decoder::with_buffer(reader).map_err(|e| io_fault(&e).in_file(name))?,
            )),
            Packing::Zip => Unpacked::Zip(Box::new(Unzip::new(reader))),
        };
        let mut source = Self {
            name: name.into(),
            entry: name.into(),
            read_before: Vec::new(),
            format: packing.name(),
            unpacked,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            searched: 0,
            line_end: b'\n',
            at_end: false,
            failed: None,
            line: 0,
            offset: 0,
            lines: 0,
            taken: Arc::default(),
            size: 0,
        };
        if matches!(source.unpacked, Unpacked::Zip(_)) && !source.next_entry()? {
            return Err(Fault::file("a zip with at least one file", "one without any").in_file(name));
        }
        Ok(source)
    }

    /// The file as it was named when opened.
    pub fn name(&self) -> &Path {
        &self.name
    }
    /// The file being read: the name, or `archive!inner` inside an archive.
    pub fn entry(&self) -> &Path {
        &self.entry
    }
    /// Where it stands.
    pub fn position(&self) -> Position {
        let bytes = self.taken.load(Ordering::Relaxed);
        Position { line: self.line, rows: self.lines, bytes, bytes_total: Some(self.size) }
    }
    /// A fault in the line last handed out.
    #[cold]
    pub fn fault(&self, fault: Fault) -> ReadError {
        fault.at(&self.entry, self.line, self.offset)
    }

    /// The next line; `None` at the end. A file (or archive) without any line is an error. After an error the source
    /// says the same error again.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        loop {
            if self.line == 0 {
                self.look_at_first_line()?;
            }
            let window = &self.buffer[self.start..self.end];
            if let Some(length) = memchr::memchr(self.line_end, &window[self.searched..]) {
                let length = self.searched + length;
                self.check_line_ends(length)?;
                return Ok(Some(self.hand_out(length, 1)));
            }
            self.searched = window.len();
            if let Some(fault) = &self.failed {
                return Err(fault.clone().at(&self.entry, self.line + 1, self.offset));
            }
            if self.at_end {
                if !window.is_empty() {
                    let length = window.len();
                    self.check_line_ends(length)?;
                    return Ok(Some(self.hand_out(length, 0)));
                }
                if self.next_entry()? {
                    continue;
                }
                if self.lines == 0 {
                    return Err(empty("rows of data").in_file(&self.entry));
                }
                return Ok(None);
            }
            self.fill();
        }
    }

    /// What the first bytes of a file tell: that it is text, and how its lines end.
    fn look_at_first_line(&mut self) -> Result<(), ReadError> {
        let window = &self.buffer[self.start..self.end];
        if let Some(got) = no_text(window) {
            let expected = "text in UTF-8 (in a spreadsheet: save as CSV UTF-8)";
            return Err(Fault::file(expected, got).in_file(&self.entry));
        }
        let line_end = if ends_with_cr(window) { b'\r' } else { b'\n' };
        if std::mem::replace(&mut self.line_end, line_end) != line_end {
            self.searched = 0;
        }
        Ok(())
    }
    /// Where lines end with CR alone, no LF may stand in one: it would be two lines, or a part of one.
    fn check_line_ends(&self, length: usize) -> Result<(), ReadError> {
        let line = &self.buffer[self.start..][..length];
        if self.line_end == b'\r' && memchr::memchr(b'\n', line).is_some() {
            return Err(mixed_line_ends("CR alone, as in the first", line).at(
                &self.entry,
                self.line + 1,
                self.offset,
            ));
        }
        Ok(())
    }

    /// Lends the line of `length` bytes at the front, which ends with `line_end` more.
    fn hand_out(&mut self, length: usize, line_end: usize) -> Line<'_> {
        let from = self.start;
        let mut to = from + length;
        let offset = self.offset;
        self.start = to + line_end;
        self.offset += (length + line_end) as u64;
        self.searched = 0;
        self.line += 1;
        self.lines += 1;
        if to > from && self.buffer[to - 1] == b'\r' {
            to -= 1;
        }
        let mut text = &self.buffer[from..to];
        if self.line == 1 {
            text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        }
        Line { text, number: self.line, offset }
    }

    /// Moves what is left to the front, makes room, and reads once. Damage is kept until the lines before it are out.
    fn fill(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            if self.buffer.len() >= LINE_BYTES_MAX {
                let expected = format!("at most {LINE_BYTES_MAX} bytes");
                self.failed = Some(Fault::field("line", expected, &self.buffer));
                return;
            }
            let larger = (self.buffer.len() * 2).min(LINE_BYTES_MAX);
            self.buffer.resize(larger, 0);
        }
        let room = &mut self.buffer[self.end..];
        let read = match &mut self.unpacked {
            Unpacked::Stream(it) => it.read(room),
            Unpacked::Zip(it) => it.read(room),
        };
        match read {
            Ok(0) => self.at_end = true,
            Ok(n) => self.end += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => self.failed = Some(self.damage(&e)),
        }
    }

    /// Goes on to the next file of an archive that is not empty; false when there is none.
    fn next_entry(&mut self) -> Result<bool, ReadError> {
        let Unpacked::Zip(zip) = &mut self.unpacked else { return Ok(false) };
        // A head alone is no data and may stand in the archive as often as it likes.
        if self.line > 1
            && let Some(content) = zip.take_done()
        {
            if let Some((first, _)) = self.read_before.iter().find(|it| it.1 == content) {
                let got = format!("the content of {} a second time", first.display());
                return Err(Fault::file("each file of an archive once", got).in_file(&self.entry));
            }
            self.read_before.push((self.entry.clone(), content));
        }
        match zip.next_entry() {
            Ok(Some(inner)) => {
                self.entry = format!("{}!{inner}", self.name.display()).into();
                self.line = 0;
                self.offset = 0;
                self.at_end = false;
                if inner == "[Content_Types].xml" {
                    let expected = "a table as text (in a spreadsheet: save as CSV UTF-8)";
                    return Err(Fault::file(expected, "a spreadsheet").in_file(&self.name));
                }
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(e) => {
                let fault = self.damage(&e);
                self.failed = Some(fault.clone());
                Err(fault.at(&self.entry, self.line + 1, self.offset))
            }
        }
    }

    fn damage(&self, error: &std::io::Error) -> Fault {
        match error.kind() {
            ErrorKind::UnexpectedEof => Fault::Truncated(self.format),
            ErrorKind::Unsupported => {
                Fault::file("a zip of files stored or deflated, without a password", error.to_string())
            }
            _ if error.raw_os_error().is_some() => io_fault(error),
            _ => Fault::Damaged { format: self.format, detail: error.to_string().into() },
        }
    }
}

/// Reads a file to its end for nothing but its checksums: what is damaged in it, if something is.
pub fn damage(path: &Path) -> Option<ReadError> {
    let read = |mut source: Source| {
        while source.next_line()?.is_some() {}
        Ok(())
    };
    Source::open(path).and_then(read).err()
}

/// What cannot be read in a packed file whose checksum fails is not the row's fault: says the damage first.
#[cold]
pub fn with_damage(error: ReadError) -> ReadError {
    const EXPECTED: &str = "an undamaged archive";
    let file = match &error {
        ReadError::File { expected, .. } if **expected == *EXPECTED => return error, // said already
        ReadError::Field { file, .. } | ReadError::File { file, .. } => file,
        _ => return error,
    };
    let name = file.to_string_lossy();
    let archive = name.split_once('!').map_or_else(|| file.clone(), |it| PathBuf::from(it.0));
    let mut head = [0; 8];
    // Of a pipe nothing may ever come.
    let is_plain = archive.metadata().is_ok_and(|it| it.is_file());
    let opened = is_plain.then(|| File::open(&archive).ok()).flatten();
    let read = opened.map_or(0, |mut it| it.read(&mut head).unwrap_or(0));
    let is_packed = Packing::of(&head[..read]).is_ok_and(|it| it != Packing::Plain);
    let damage = is_packed.then(|| damage(&archive)).flatten();
    match damage {
        Some(ReadError::Damaged { expected: _, got, .. }) => {
            let got = format!("damaged data ({got}), which shows first in {error}");
            ReadError::whole(&archive, EXPECTED, got)
        }
        _ => error,
    }
}

/// Opens a file for reading, with one clear error for a path that is not one.
pub fn open_file(path: &Path) -> Result<File, ReadError> {
    let fault = |e: &std::io::Error| match e.kind() {
        ErrorKind::NotFound => Fault::Missing.in_file(path),
        _ => io_fault(e).in_file(path),
    };
    let kind = std::fs::metadata(path).map_err(|e| fault(&e))?;
    if kind.is_dir() {
        return Err(Fault::file("a file", "a directory").in_file(path));
    }
    // What is read is looked at first: of a pipe or a device the beginning would be gone, or nothing would ever come.
    if !kind.is_file() {
        return Err(Fault::file("a plain file, as it is read twice", "a pipe or a device").in_file(path));
    }
    File::open(path).map_err(|e| fault(&e))
}

fn empty(expected: &str) -> Fault {
    Fault::file(expected, "an empty file")
}

fn io_fault(error: &std::io::Error) -> Fault {
    Fault::Io(error.to_string().into())
}

/// A line that holds a line end of another kind than the file's.
#[cold]
pub(crate) fn mixed_line_ends(expected: &str, line: &[u8]) -> Fault {
    Fault::field("line ends", format!("one kind of line end in the whole file: {expected}"), line)
}

/// True when the first line ends with CR and no LF behind it, as spreadsheets on old Macs write.
fn ends_with_cr(text: &[u8]) -> bool {
    let Some(at) = memchr::memchr2(b'\r', b'\n', text) else { return false };
    let after = text[at..].iter().find(|&&it| it != b'\r');
    text[at] == b'\r' && after.is_some_and(|&it| it != b'\n')
}

/// Bytes looked at for zeros, which no text has.
const HEAD_BYTES: usize = 256;

/// What bytes are that are no text of ours.
fn no_text(head: &[u8]) -> Option<&'static str> {
    let has_zeros = memchr::memchr(0, &head[..head.len().min(HEAD_BYTES)]).is_some();
    match head {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("text in UTF-16"),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some("text in UTF-16"),
        _ if has_zeros => Some("bytes that are no text"),
        _ => None,
    }
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
    Zip,
}

impl Packing {
    fn of(head: &[u8]) -> Result<Self, Fault> {
        let foreign = match head {
            [b'7', b'z', 0xbc, 0xaf, ..] => "a 7z archive",
            [b'R', b'a', b'r', b'!', ..] => "a RAR archive",
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => "a bzip2 archive",
            [0xfd, b'7', b'z', b'X', b'Z', ..] => "an xz archive",
            [0x04, 0x22, 0x4d, 0x18, ..] => "an lz4 archive",
            [0xd0, 0xcf, 0x11, 0xe0, ..] => "a spreadsheet (save as CSV UTF-8)",
            _ => "",
        };
        if !foreign.is_empty() {
            return Err(Fault::file("text, plain or packed with gzip, zstd or zip", foreign));
        }
        Ok(match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            _ => Self::Plain,
        })
    }
    fn promised(extension: &str) -> Option<Self> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "gz" => Self::Gzip,
            "zst" => Self::Zstd,
            "zip" => Self::Zip,
            _ => return None,
        })
    }
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "text",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        }
    }
}

#[cfg(test)]
mod tests;
