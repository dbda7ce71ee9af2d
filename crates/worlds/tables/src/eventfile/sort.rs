//! Puts entries into order with bounded memory: a buffer absorbs what is late by little, runs on disk absorb the
//! rest, and a merge joins the runs. Entries with one key keep the order in which they came.

use super::block::BlockWriter;
use crate::error::StoreError;
use std::marker::PhantomData;
use std::path::PathBuf;

/// Words held back to be ordered: 8 MiB. Half of it is written when it is full, so an entry may be late by 4 MiB of
/// entries without a second run.
pub const HOLD_WORDS: usize = 1 << 20;
/// At most this many runs are open; when one more is needed they are merged into one.
pub const RUNS_MAX: usize = 32;

/// What is sorted: where its key and its length are.
pub trait Entry {
    /// The sort key.
    fn key(words: &[i64]) -> i64;
    /// The length in words; `words` starts with the entry and goes on behind it.
    fn words(words: &[i64]) -> usize;
}

/// A record of the event file, by arrival.
#[derive(Debug)]
pub struct Record;
impl Entry for Record {
    #[inline]
    fn key(words: &[i64]) -> i64 {
        words[2]
    }
    #[inline]
    fn words(words: &[i64]) -> usize {
        words[0] as u32 as usize / 8
    }
}

/// An exchange time and a reference to a record.
#[derive(Debug)]
pub struct Reference;
impl Entry for Reference {
    #[inline]
    fn key(words: &[i64]) -> i64 {
        words[0]
    }
    #[inline]
    fn words(_: &[i64]) -> usize {
        2
    }
}

/// Parts of an event file while it is being made.
pub const RECORDS: &str = "records";
/// See [`RECORDS`].
pub const INDEX: &str = "index";

/// Where temporary files go (`<folder>/.<name>.<part><n>.<process>`) and how much may be held in memory.
#[derive(Debug, Clone)]
pub struct Scratch {
    /// The final path.
    pub path: PathBuf,
    /// Which part the names are for, so that two sorters do not meet.
    pub part: &'static str,
    /// No file may grow beyond this; see [`BlockWriter::create`].
    pub bytes_max: u64,
    /// Words held back to be ordered, usually [`HOLD_WORDS`].
    pub hold_words: usize,
}

impl Scratch {
    /// Whether a file of this name is one of these.
    pub fn is_name(name: &str) -> bool {
        let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        let mut parts = name.strip_prefix('.').unwrap_or_default().rsplit('.');
        let (process, part) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let number = part.strip_prefix(RECORDS).or_else(|| part.strip_prefix(INDEX));
        is_number(process) && number.is_some_and(is_number) && parts.next().is_some()
    }
    fn create(&self, number: usize) -> Result<BlockWriter, StoreError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = format!(".{name}.{}{number}.{}", self.part, std::process::id());
        let made = BlockWriter::create(self.path.with_file_name(temporary), &super::head(), self.bytes_max);
        // Whoever asked for the file knows it by the name it will have.
        made.map_err(|error| match error {
            StoreError::Io { doing, source, .. } => StoreError::Io { file: self.path.clone(), doing, source },
            other => other,
        })
    }
}

/// See the module.
#[derive(Debug)]
pub struct Sorter<E> {
    names: Scratch,
    held: Vec<i64>,
    /// The other half of a pair with `held`: what stays is copied here in order, then they change places.
    spare: Vec<i64>,
    /// Key and start within `held`, in the order they came.
    order: Vec<(i64, u32)>,
    sorted: bool,
    made: usize,
    /// Where keys are equal, the entries of an earlier run came earlier; see `run_for`.
    runs: Vec<BlockWriter>,
    entry: PhantomData<E>,
}

impl<E: Entry> Sorter<E> {
    /// Empty; makes its first file at once, so that an unwritable folder is noticed here.
    pub fn new(names: Scratch) -> Result<Self, StoreError> {
        let first = names.create(0)?;
        Ok(Self {
            held: Vec::with_capacity(names.hold_words),
            spare: Vec::with_capacity(names.hold_words / 2),
            order: Vec::with_capacity(names.hold_words / 6),
            sorted: true,
            made: 1,
            runs: vec![first],
            entry: PhantomData,
            names,
        })
    }
    /// Adds one entry.
    #[inline]
    pub fn push(&mut self, entry: &[i64]) -> Result<(), StoreError> {
        if self.held.len() + entry.len() > self.names.hold_words && !self.held.is_empty() {
            self.spill(self.names.hold_words / 2)?;
        }
        let key = E::key(entry);
        self.sorted &= self.order.last().is_none_or(|it| it.0 <= key);
        self.order.push((key, self.held.len() as u32));
        self.held.extend_from_slice(entry);
        Ok(())
    }
    /// Everything in order, in one run.
    pub fn finish(mut self) -> Result<BlockWriter, StoreError> {
        self.spill(0)?;
        if self.runs.len() > 1 {
            self.merge_runs()?;
        }
        Ok(self.runs.pop().expect("there is always a run"))
    }

    /// Writes the entries with the lowest keys until at most `keep` words are held.
    fn spill(&mut self, keep: usize) -> Result<(), StoreError> {
        if !self.sorted {
            self.order.sort_by_key(|it| it.0);
        }
        let mut words_left = self.held.len();
        let mut written = 0;
        for n in 0..self.order.len() {
            if words_left <= keep {
                break;
            }
            let (key, start) = self.order[n];
            let rest = &self.held[start as usize..];
            let count = E::words(rest);
            let run = self.run_for(key)?;
            self.runs[run].push(key, &self.held[start as usize..][..count])?;
            words_left -= count;
            written = n + 1;
        }
        self.compact(written);
        Ok(())
    }
    /// Forgets the first `written` entries and moves the others to the front, in key order.
    fn compact(&mut self, written: usize) {
        self.spare.clear();
        self.order.drain(..written);
        for it in &mut self.order {
            let rest = &self.held[it.1 as usize..];
            it.1 = self.spare.len() as u32;
            self.spare.extend_from_slice(&rest[..E::words(rest)]);
        }
        std::mem::swap(&mut self.held, &mut self.spare);
        self.sorted = true;
    }
    /// The first run that ends at or before this key. The ends of runs only rise, so a later entry with the same key
    /// can not land in an earlier run: a merge that prefers the earlier run keeps ties in the order they came.
    fn run_for(&mut self, key: i64) -> Result<usize, StoreError> {
        let fits = |run: &BlockWriter| run.last_key().is_none_or(|last| last <= key);
        if let Some(at) = self.runs.iter().position(fits) {
            return Ok(at);
        }
        if self.runs.len() == RUNS_MAX {
            self.merge_runs()?;
            if fits(&self.runs[0]) {
                return Ok(0);
            }
        }
        let run = self.names.create(self.made)?;
        self.made += 1;
        self.runs.push(run);
        Ok(self.runs.len() - 1)
    }
    fn merge_runs(&mut self) -> Result<(), StoreError> {
        let mut target = self.names.create(self.made)?;
        self.made += 1;
        for run in &mut self.runs {
            run.close_block()?;
        }
        let mut readers = self.runs.iter().map(RunReader::<E>::new).collect::<Result<Vec<_>, _>>()?;
        loop {
            let mut best: Option<(i64, usize)> = None;
            for (n, reader) in readers.iter().enumerate() {
                if let Some(key) = reader.key()
                    && best.is_none_or(|it| key < it.0)
                {
                    best = Some((key, n));
                }
            }
            let Some((key, n)) = best else { break };
            target.push(key, readers[n].entry())?;
            readers[n].advance()?;
        }
        drop(readers);
        self.runs = vec![target];
        Ok(())
    }
}

/// Reads a run from its start.
struct RunReader<'a, E> {
    run: &'a BlockWriter,
    words: Vec<i64>,
    at: usize,
    block: usize,
    entry: PhantomData<E>,
}

impl<'a, E: Entry> RunReader<'a, E> {
    fn new(run: &'a BlockWriter) -> Result<Self, StoreError> {
        let mut it = Self { run, words: Vec::new(), at: 0, block: 0, entry: PhantomData };
        it.fill()?;
        Ok(it)
    }
    fn key(&self) -> Option<i64> {
        self.words.get(self.at..).filter(|it| !it.is_empty()).map(E::key)
    }
    fn entry(&self) -> &[i64] {
        let rest = &self.words[self.at..];
        &rest[..E::words(rest)]
    }
    fn advance(&mut self) -> Result<(), StoreError> {
        self.at += E::words(&self.words[self.at..]);
        if self.at == self.words.len() { self.fill() } else { Ok(()) }
    }
    fn fill(&mut self) -> Result<(), StoreError> {
        self.at = 0;
        self.words.clear();
        if self.block < self.run.table().len() {
            self.run.load(self.block, &mut self.words)?;
            self.block += 1;
        }
        Ok(())
    }
}
