//! Blocks: stretches of 8-byte words with a CRC, the unit of reading, checking and caching.

use crate::error::StoreError;
use crate::temporary;
use bytemuck::{Pod, Zeroable};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A block is closed when it holds this much. Small enough to stay in the second-level cache between the copy from
/// the page cache and the decoding, large enough that a read costs nothing per event (measured: 96 to 768 KiB are
/// equal within noise).
pub const BLOCK_BYTES: usize = 192 * 1024;
const BLOCK_WORDS: usize = BLOCK_BYTES / 8;
/// No block is longer than the longest record and one usual block.
const BLOCK_WORDS_MAX: usize = scalp_types::wire::RECORD_BYTES_MAX / 8 + BLOCK_WORDS;

/// Where a block is, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct BlockEntry {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Length in words of 8 bytes.
    pub words: u32,
    /// CRC32 of its bytes.
    pub crc: u32,
    /// How many entries (records, references) it holds.
    pub entries: u64,
    /// Sort key of its first entry, ns since the epoch.
    pub first: i64,
    /// Sort key of its last entry.
    pub last: i64,
}

impl BlockEntry {
    /// Length in bytes.
    pub const fn bytes(&self) -> u64 {
        self.words as u64 * 8
    }
}

/// Writes blocks one after the other into a file that disappears when it is dropped before it was kept.
#[derive(Debug)]
pub struct BlockWriter {
    path: PathBuf,
    file: Option<File>,
    at: u64,
    bytes_max: u64,
    words: Vec<i64>,
    open: Option<(i64, i64, u64)>,
    table: Vec<BlockEntry>,
}

impl BlockWriter {
    /// Makes the file `path`, whose first bytes are `head`; it may not grow beyond `bytes_max`.
    pub fn create(path: PathBuf, head: &[u8], bytes_max: u64) -> Result<Self, StoreError> {
        let file = temporary::create(&path).map_err(|e| StoreError::io(&path, "create", e))?;
        let mut it = Self {
            path,
            file: Some(file),
            at: 0,
            bytes_max,
            words: Vec::with_capacity(BLOCK_WORDS),
            open: None,
            table: Vec::new(),
        };
        it.write_bytes(head)?;
        Ok(it)
    }
    /// Adds one entry of words with its sort key.
    #[inline]
    pub fn push(&mut self, key: i64, entry: &[i64]) -> Result<(), StoreError> {
        if self.words.len() + entry.len() > BLOCK_WORDS && !self.words.is_empty() {
            self.close_block()?;
        }
        self.words.extend_from_slice(entry);
        let (first, _, entries) = self.open.unwrap_or((key, key, 0));
        self.open = Some((first, key, entries + 1));
        Ok(())
    }
    /// The place the next entry of this length will get: block number and word within it.
    pub fn next_place(&self, words: usize) -> (usize, usize) {
        if self.words.len() + words > BLOCK_WORDS && !self.words.is_empty() {
            (self.table.len() + 1, 0)
        } else {
            (self.table.len(), self.words.len())
        }
    }
    /// The key of the last entry.
    pub fn last_key(&self) -> Option<i64> {
        self.open.map(|it| it.1).or_else(|| self.table.last().map(|it| it.last))
    }
    /// Writes what is pending as a block.
    pub fn close_block(&mut self) -> Result<(), StoreError> {
        let Some((first, last, entries)) = self.open.take() else { return Ok(()) };
        let words = std::mem::take(&mut self.words);
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        let offset = self.at;
        let crc = crc32fast::hash(bytes);
        self.write_bytes(bytes)?;
        let count = u32::try_from(words.len()).expect("a block is shorter than 32 GiB");
        self.table.push(BlockEntry { offset, words: count, crc, entries, first, last });
        self.words = words;
        self.words.clear();
        Ok(())
    }
    /// Appends bytes that belong to no block.
    pub fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let end = self.at + bytes.len() as u64;
        if end > self.bytes_max {
            let full = io::Error::from(io::ErrorKind::StorageFull);
            return Err(StoreError::io(&self.path, "write", full));
        }
        let file = self.file.as_mut().expect("the file is open until it is kept");
        file.write_all(bytes).map_err(|e| StoreError::io(&self.path, "write", e))?;
        self.at = end;
        Ok(())
    }
    /// Bytes written so far.
    pub fn at(&self) -> u64 {
        self.at
    }
    /// The blocks written so far.
    pub fn table(&self) -> &[BlockEntry] {
        &self.table
    }
    /// Reads the block at `index` of the table back.
    pub fn load(&self, index: usize, words: &mut Vec<i64>) -> Result<(), StoreError> {
        let file = self.file.as_ref().expect("the file is open until it is kept");
        load(&self.path, file, &self.table[index], words)
    }
    /// Makes the file durable and gives it its final name.
    pub fn keep(mut self, path: &Path) -> Result<(), StoreError> {
        let file = self.file.as_ref().expect("the file is open until it is kept");
        file.sync_all().map_err(|e| StoreError::io(&self.path, "write to the disk", e))?;
        std::fs::rename(&self.path, path).map_err(|e| StoreError::io(path, "rename to this name", e))?;
        self.file = None;
        sync_folder(path)
    }
}

impl Drop for BlockWriter {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // The file is a temporary one of ours; when it cannot be removed there is nobody left to tell.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Makes a rename durable where folders can be synced.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = File::open(parent).and_then(|it| it.sync_all());
        folder.map_err(|e| StoreError::io(parent, "sync the folder", e))?;
    }
    Ok(())
}

/// Reads one block into `words` and checks it.
pub fn load(path: &Path, file: &File, entry: &BlockEntry, words: &mut Vec<i64>) -> Result<(), StoreError> {
    let count = entry.words as usize;
    if count > BLOCK_WORDS_MAX {
        return Err(StoreError::damaged(path, entry.offset, format!("a block of {count} words")));
    }
    words.resize(count, 0);
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(words);
    read_at(file, bytes, entry.offset).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => StoreError::damaged(path, entry.offset, "the file is cut off"),
        _ => StoreError::io(path, "read", e),
    })?;
    if crc32fast::hash(bytes) != entry.crc {
        let what = format!("wrong CRC of the block of {} bytes from here", bytes.len());
        return Err(StoreError::damaged(path, entry.offset, what));
    }
    Ok(())
}

#[cfg(unix)]
pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
pub(crate) fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}
