//! A zip archive read front to back, one file after the other, without its directory at the end: so that what stands
//! before a cut can still be read, and memory stays flat. (PKWARE APPNOTE 6.3.10: sections 4.3.7 local file header,
//! 4.3.9 data descriptor, 4.5.3 zip64.)

use crc32fast::Hasher;
use flate2::bufread::DeflateDecoder;
use std::io::{BufRead, Error, ErrorKind, Read, Result};

const LOCAL_FILE: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const DIRECTORY: u32 = 0x0201_4b50;
const DIRECTORY_END: u32 = 0x0605_4b50;
/// Bit 3 of the flags: sizes and checksum follow the data instead of preceding it.
const SIZES_AFTER: u16 = 1 << 3;
const ENCRYPTED: u16 = 1;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// The files of an archive, in the order in which they stand in it.
pub struct Unzip<R: BufRead> {
    state: State<R>,
    entry: Entry,
    done: Option<Content>,
}

/// What tells the content of one file of an archive from that of another: its checksum and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    crc: u32,
    bytes: u64,
}

enum State<R: BufRead> {
    Between(R),
    Stored { inner: R, left: u64 },
    Deflated(DeflateDecoder<R>),
    Ended,
}

#[derive(Default)]
struct Entry {
    crc: Hasher,
    crc_expected: Option<u32>,
    bytes: u64,
    wide: bool,
}

impl<R: BufRead> Unzip<R> {
    /// At the start of an archive.
    pub fn new(inner: R) -> Self {
        Self { state: State::Between(inner), entry: Entry::default(), done: None }
    }

    /// What the file read last to its end contained; told once.
    pub fn take_done(&mut self) -> Option<Content> {
        self.done.take()
    }

    /// Goes to the next file and says its name; `None` when the directory begins. The file before must have been
    /// read to its end.
    pub fn next_entry(&mut self) -> Result<Option<String>> {
        let State::Between(mut inner) = std::mem::replace(&mut self.state, State::Ended) else {
            return Ok(None);
        };
        loop {
            match read_u32(&mut inner)? {
                LOCAL_FILE => {}
                DIRECTORY | DIRECTORY_END => return Ok(None),
                other => return Err(damaged(&format!("{other:#010x} where a file header should be"))),
            }
            let header = Header::read(&mut inner)?;
            if header.name.ends_with('/') && header.packed == 0 {
                continue; // a folder
            }
            self.entry = Entry {
                crc: Hasher::new(),
                crc_expected: (header.flags & SIZES_AFTER == 0).then_some(header.crc),
                bytes: 0,
                wide: header.wide,
            };
            self.state = match header.method {
                _ if header.flags & ENCRYPTED != 0 => return Err(unsupported("one with a password")),
                STORED if header.flags & SIZES_AFTER != 0 => {
                    return Err(unsupported("a stored file without its size"));
                }
                STORED => State::Stored { inner, left: header.packed },
                DEFLATED => State::Deflated(DeflateDecoder::new(inner)),
                other => return Err(unsupported(&format!("compression method {other}"))),
            };
            return Ok(Some(header.name));
        }
    }

    /// The file has been read to its end: compares the checksum and stands before the next header.
    fn finish(&mut self) -> Result<()> {
        let mut inner = match std::mem::replace(&mut self.state, State::Ended) {
            State::Stored { inner, .. } => inner,
            State::Deflated(decoder) => decoder.into_inner(),
            other => {
                self.state = other;
                return Ok(());
            }
        };
        if inner.fill_buf()?.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into()); // the directory always follows
        }
        let expected = match self.entry.crc_expected {
            Some(crc) => crc,
            None => {
                let first = read_u32(&mut inner)?;
                let crc = if first == DESCRIPTOR { read_u32(&mut inner)? } else { first };
                let sizes = if self.entry.wide { 16 } else { 8 };
                skip(&mut inner, sizes)?;
                crc
            }
        };
        let got = std::mem::take(&mut self.entry.crc).finalize();
        if got != expected {
            return Err(damaged(&format!("checksum is {got:08x}, expected {expected:08x}")));
        }
        self.done = Some(Content { crc: got, bytes: self.entry.bytes });
        self.state = State::Between(inner);
        Ok(())
    }
}

impl<R: BufRead> Read for Unzip<R> {
    /// Reads from the file at hand; 0 at its end.
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let read = match &mut self.state {
            State::Between(_) | State::Ended => return Ok(0),
            State::Deflated(decoder) => decoder.read(out)?,
            State::Stored { left: 0, .. } => 0,
            State::Stored { inner, left } => {
                let most = out.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                let read = inner.read(&mut out[..most])?;
                if read == 0 && most > 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                *left -= read as u64;
                read
            }
        };
        if read == 0 && !out.is_empty() {
            self.finish()?;
        }
        self.entry.crc.update(&out[..read]);
        self.entry.bytes += read as u64;
        Ok(read)
    }
}

struct Header {
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    wide: bool,
    name: String,
}

impl Header {
    /// Reads what follows the signature of a local file header.
    fn read(inner: &mut impl Read) -> Result<Self> {
        let mut fixed = [0; 26];
        inner.read_exact(&mut fixed)?;
        let u16_at = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let u32_at = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let mut name = vec![0; usize::from(u16_at(22))];
        inner.read_exact(&mut name)?;
        let mut extra = vec![0; usize::from(u16_at(24))];
        inner.read_exact(&mut extra)?;
        let (packed, unpacked) = (u32_at(14), u32_at(18));
        let wide = wide_sizes(&extra);
        let packed = match wide {
            Some(sizes) if packed == u32::MAX => {
                // The 64-bit sizes stand in the order unpacked, packed, each only when its short form is full.
                let at = if unpacked == u32::MAX { 8 } else { 0 };
                let size = sizes.get(at..at + 8).and_then(|it| it.try_into().ok()).map(u64::from_le_bytes);
                size.ok_or_else(|| damaged("zip64 sizes are missing"))?
            }
            _ => u64::from(packed),
        };
        Ok(Self {
            flags: u16_at(2),
            method: u16_at(4),
            crc: u32_at(10),
            packed,
            wide: wide.is_some(),
            name: String::from_utf8_lossy(&name).into_owned(),
        })
    }
}

/// The content of the zip64 field (id 1) among the extra fields.
fn wide_sizes(mut extra: &[u8]) -> Option<&[u8]> {
    while let [a, b, c, d, rest @ ..] = extra {
        let size = usize::from(u16::from_le_bytes([*c, *d])).min(rest.len());
        if u16::from_le_bytes([*a, *b]) == 1 {
            return Some(&rest[..size]);
        }
        extra = &rest[size..];
    }
    None
}

fn read_u32(inner: &mut impl Read) -> Result<u32> {
    let mut bytes = [0; 4];
    inner.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn skip(inner: &mut impl Read, count: usize) -> Result<()> {
    inner.read_exact(&mut [0; 16][..count])
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

/// What is whole and cannot be read.
fn unsupported(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, what)
}
