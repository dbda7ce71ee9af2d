//! Writes an event file: events in any order in, one file in order of arrival out.

use super::block::{BlockEntry, BlockWriter};
use super::sort::{HOLD_WORDS, INDEX, RECORDS, Record, Reference, Scratch, Sorter};
use super::{Disorder, Kind, KindCount, MAGIC, SidesEstimated, Summary, Trailer, crc_of};
use crate::connection::Connection;
use crate::error::StoreError;
use crate::temporary;
use scalp_types::{Instruments, MarketEvent, Span, Timestamp, wire};
use std::path::{Path, PathBuf};

/// Writes an event file. Memory is bounded (about 20 MiB); events may come in any order. Nothing appears under the
/// final name before [`EventWriter::finish`] has succeeded; a writer that is dropped leaves nothing behind, and what one
/// leaves in a folder that is killed the next in that folder removes.
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    scratch: Scratch,
    instruments: usize,
    summary: Summary,
    records: Sorter<Record>,
    words: Vec<i64>,
    /// The latest times so far, while both have only risen.
    rising: Option<(Timestamp, Timestamp)>,
}

impl EventWriter {
    /// Starts a file at `path` for these instruments.
    pub fn create(path: &Path, instruments: &Instruments) -> Result<Self, StoreError> {
        Self::with_limits(path, instruments, u64::MAX, HOLD_WORDS)
    }
    /// The same, for a file (and temporary files) of at most `bytes_max` each, where what does not fit is answered
    /// as a full disk would be; `hold_words` is how much is held in memory to be ordered.
    pub fn with_limits(
        path: &Path,
        instruments: &Instruments,
        bytes_max: u64,
        hold_words: usize,
    ) -> Result<Self, StoreError> {
        if path.is_dir() {
            return Err(StoreError::Directory { file: path.into() });
        }
        if path.file_name().is_none() {
            return Err(StoreError::refused(path, "expected the name of a file"));
        }
        if let Some(folder) = path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            temporary::remove_left(folder, Scratch::is_name);
        }
        let scratch = Scratch { path: path.into(), part: RECORDS, bytes_max, hold_words };
        Ok(Self {
            path: path.into(),
            records: Sorter::new(scratch.clone())?,
            scratch,
            instruments: instruments.len(),
            summary: Summary {
                instruments: instruments.iter().map(|it| it.spec.clone()).collect(),
                ..Summary::default()
            },
            words: Vec::new(),
            rising: Some((Timestamp::MIN, Timestamp::MIN)),
        })
    }
    /// Adds one event.
    pub fn push(&mut self, event: &MarketEvent<'_>) -> Result<(), StoreError> {
        if event.instrument.index() >= self.instruments {
            let what =
                format!("instrument {} is not one of the {} declared", event.instrument, self.instruments);
            return Err(StoreError::refused(&self.path, what));
        }
        self.words.clear();
        let size = wire::encode_words(event, &mut self.words);
        if size > wire::RECORD_BYTES_MAX {
            let what = format!("one event of {size} bytes, expected at most {}", wire::RECORD_BYTES_MAX);
            return Err(StoreError::refused(&self.path, what));
        }
        self.records.push(&self.words)?;
        self.summary.add(event);
        self.rising = self.rising.filter(|it| it.0 <= event.exchange_at && it.1 <= event.arrived_at);
        self.rising = self.rising.map(|_| (event.exchange_at, event.arrived_at));
        Ok(())
    }
    /// Says that rows of the source went back in time.
    pub fn set_disorder(&mut self, disorder: Option<Disorder>) {
        self.summary.disorder = disorder;
    }
    /// Says of how many trades the source told no side. Of a source that is stored in part it may have read more than was
    /// written.
    pub fn set_sides_estimated(&mut self, trades: u64) {
        let is_trade = |it: &&KindCount| it.kind == Kind::Trade;
        let written = self.summary.kinds.iter().find(is_trade).map_or(0, |it| it.events);
        self.summary.sides_estimated = SidesEstimated::by_ticks(trades.min(written));
    }
    /// Says that every arrival of the source was moved by so much before it was pushed.
    pub fn set_arrival_shift(&mut self, shift: Span) {
        self.summary.arrival_shift = Some(shift).filter(|it| *it != Span::ZERO);
    }
    /// Says through which connections the source was recorded.
    pub fn set_connections(&mut self, connections: Vec<Connection>) {
        self.summary.connections = connections;
    }
    /// What was written so far; `one_order` is known only at the end.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
    /// Orders what is out of order, writes index and summary and gives the file its name.
    pub fn finish(self) -> Result<Summary, StoreError> {
        let Self { path, scratch, mut summary, records, rising, .. } = self;
        let mut file = records.finish()?;
        file.close_block()?;
        let record_blocks = file.table().len();
        summary.one_order = rising.is_some();
        if rising.is_none() {
            summary.one_order = !write_index(&mut file, scratch)?;
        }
        write_footer(&mut file, record_blocks, &summary)?;
        file.keep(&path)?;
        Ok(summary)
    }
}

/// Appends references in order of exchange time; false, and nothing appended, when that is the order of the records.
fn write_index(file: &mut BlockWriter, scratch: Scratch) -> Result<bool, StoreError> {
    let mut sorter = Sorter::<Reference>::new(Scratch { part: INDEX, ..scratch })?;
    let mut block = Vec::new();
    let (mut rising, mut last) = (true, i64::MIN);
    for number in 0..file.table().len() {
        file.load(number, &mut block)?;
        let mut at = 0;
        while at < block.len() {
            let exchange_at = block[at + 1];
            rising &= last <= exchange_at;
            last = exchange_at;
            sorter.push(&[exchange_at, reference(number, at)])?;
            at += block[at] as u32 as usize / 8;
        }
    }
    if rising {
        return Ok(false);
    }
    let mut sorted = sorter.finish()?;
    sorted.close_block()?;
    for number in 0..sorted.table().len() {
        sorted.load(number, &mut block)?;
        for pair in block.chunks_exact(2) {
            file.push(pair[0], &pair[1..])?;
        }
    }
    file.close_block()?;
    Ok(true)
}

/// Block number and word within the block, as one word.
fn reference(block: usize, word: usize) -> i64 {
    let block = u32::try_from(block).expect("fewer than 2^32 blocks");
    let word = u32::try_from(word).expect("a block is shorter than 2^32 words");
    i64::from(block) << 32 | i64::from(word)
}

fn write_footer(file: &mut BlockWriter, record_blocks: usize, summary: &Summary) -> Result<(), StoreError> {
    let footer_at = file.at();
    let json = serde_json::to_vec(summary).expect("a summary is plain data");
    let mut footer = bytemuck::cast_slice::<BlockEntry, u8>(file.table()).to_vec();
    footer.extend_from_slice(&json);
    let mut trailer = Trailer {
        footer_at,
        record_blocks: record_blocks as u64,
        index_blocks: (file.table().len() - record_blocks) as u64,
        summary_bytes: json.len() as u64,
        footer_crc: crc_of(&footer),
        reserved: [0; 4],
        crc: 0,
        magic: MAGIC,
    };
    trailer.crc = crc_of(&bytemuck::bytes_of(&trailer)[..52]);
    file.write_bytes(&footer)?;
    file.write_bytes(bytemuck::bytes_of(&trailer))
}
