//! Where segments are read from: the files of a directory, or bytes in memory.

use crate::damage::{Damage, ReadError};
use crate::frame::{SEGMENT_HEADER_BYTES, SegmentHead};
use crate::medium::segment_path;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where segments are read from.
#[derive(Debug)]
pub(crate) enum Source {
    Files { directory: PathBuf, open: Option<(u32, u64, File)> },
    Memory(Vec<Vec<u8>>),
}

impl Source {
    pub(crate) fn files(directory: &Path) -> Self {
        Self::Files { directory: directory.to_path_buf(), open: None }
    }

    /// Bytes of segment `index`.
    pub(crate) fn length(&self, index: u32) -> io::Result<u64> {
        match self {
            Self::Files { directory, .. } => Ok(std::fs::metadata(segment_path(directory, index))?.len()),
            Self::Memory(segments) => match segments.get(index as usize) {
                Some(bytes) => Ok(bytes.len() as u64),
                None => Err(io::ErrorKind::NotFound.into()),
            },
        }
    }

    /// Reads some bytes at `position`; 0 at the end.
    pub(crate) fn read_at(&mut self, index: u32, position: u64, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Files { directory, open } => {
                if !matches!(open, Some((it, ..)) if *it == index) {
                    *open = Some((index, 0, File::open(segment_path(directory, index))?));
                }
                let Some((_, at, file)) = open else { unreachable!("opened above") };
                if *at != position {
                    *at = file.seek(SeekFrom::Start(position))?;
                }
                let count = loop {
                    match file.read(into) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        other => break other?,
                    }
                };
                *at += count as u64;
                Ok(count)
            }
            Self::Memory(segments) => {
                let bytes = segments.get(index as usize).map_or(&[][..], Vec::as_slice);
                let rest = usize::try_from(position).ok().and_then(|it| bytes.get(it..)).unwrap_or(&[]);
                let count = rest.len().min(into.len());
                into[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            }
        }
    }

    /// `damage` with the name of its place.
    pub(crate) fn error(&self, segment: u32, position: u64, damage: Damage) -> ReadError {
        let place = match self {
            Self::Files { directory, .. } => segment_path(directory, segment).display().to_string(),
            Self::Memory(_) => format!("segment {segment} in memory"),
        };
        ReadError { place, segment, position, damage }
    }
}

/// The head of segment `index`; `None` when its bytes are not all there.
pub(crate) fn read_head(source: &mut Source, index: u32) -> Result<Option<SegmentHead>, Damage> {
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    let mut have = 0;
    while have < bytes.len() {
        match source.read_at(index, have as u64, &mut bytes[have..])? {
            0 => return Ok(None),
            count => have += count,
        }
    }
    Ok(Some(SegmentHead::read(&bytes)?))
}
