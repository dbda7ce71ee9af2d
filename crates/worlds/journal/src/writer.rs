//! Appends events to the journal: frames into a buffer, blocks to the disk, a seal behind each block.
//!
//! An event that `append` took is in order and will be written; it is on the disk once [`Writer::sync`] has
//! returned (many appends, one sync: that is the group commit). When the disk refuses, the event is not taken,
//! nothing is lost, and the same call may be made again once there is room. After a failed sync nobody can know
//! what the disk holds, so the writer stops for good.

use crate::codec;
use crate::damage::ReadError;
use crate::frame::{self, BLOCK_BYTES, Chain, Check, Close, Kind, SEGMENT_HEADER_BYTES, SegmentHead};
use crate::medium::{Directory, DirectoryError, Medium, segments};
use crate::reader::{Ending, Reader};
use scalp_types::{Event, StateHash, Timestamp, VenueRequest};
use std::io;
use std::path::{Path, PathBuf};

/// A segment is ended by the first frame after this many bytes, unless configured otherwise.
pub const SEGMENT_BYTES: u64 = 1 << 28;

/// How to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterConfig {
    /// The next segment is begun once the current one has this many bytes; it may exceed them by one block and one
    /// frame.
    pub segment_bytes: u64,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self { segment_bytes: SEGMENT_BYTES }
    }
}

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk is full; the call may be repeated when it is not.
    #[error("disk full: journal segment {segment} at byte {position}: {source}")]
    Full {
        /// Which segment.
        segment: u32,
        /// Bytes of it that are written.
        position: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The disk refuses; the call may be repeated.
    #[error("journal segment {segment} at byte {position}: {source}")]
    Io {
        /// Which segment.
        segment: u32,
        /// Bytes of it that are written.
        position: u64,
        /// What the system said.
        source: io::Error,
    },
    /// A sync failed, now or before: what the disk holds is unknown.
    #[error("journal writer stopped: sync of segment {segment} failed: {message}")]
    Stopped {
        /// Which segment.
        segment: u32,
        /// What the system said.
        message: String,
    },
    /// The event is not the one that must come next.
    #[error("event {got} cannot follow: expected sequence number {expected}")]
    Order {
        /// The number that must come.
        expected: u64,
        /// The number given.
        got: u64,
    },
    /// The event's time is before the last one.
    #[error("event {seq} is at {at}, before the event it follows at {last}")]
    Time {
        /// The event.
        seq: u64,
        /// Its time.
        at: Timestamp,
        /// The last time.
        last: Timestamp,
    },
    /// The first event is not genesis, or a later one is.
    #[error("event {seq}: genesis is the first event, and no other")]
    Genesis {
        /// The event.
        seq: u64,
    },
    /// The journal was closed.
    #[error("journal is closed")]
    Closed,
    /// The event takes more bytes than a frame may have.
    #[error("event {seq} takes {bytes} bytes, at most {} fit", frame::FRAME_BYTES_MAX)]
    Size {
        /// The event.
        seq: u64,
        /// Its size.
        bytes: usize,
    },
}

/// Why a journal cannot be opened for writing.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// There is a journal already.
    #[error("{0} holds a journal already")]
    Exists(PathBuf),
    /// There is no journal to go on with.
    #[error("{0} holds no journal")]
    Missing(PathBuf),
    /// The journal was ended on purpose.
    #[error("{0} holds a journal that was closed")]
    Closed(PathBuf),
    /// What is there is damaged.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The first segment could not be made.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What was found when a journal was opened to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// The number of the next event.
    pub next_seq: u64,
    /// The time of the last event.
    pub last_at: Timestamp,
    /// Closed was excluded; open, or cut with what was cut off.
    pub ending: Ending,
}

/// Writes one journal.
#[derive(Debug)]
#[must_use = "close or sync the writer: what it still buffers is lost when it is dropped"]
pub struct Writer<M: Medium = Directory> {
    medium: M,
    config: WriterConfig,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are written.
    written: usize,
    /// Bytes of the buffer that the hasher has seen.
    hashed: usize,
    hasher: Box<blake3::Hasher>,
    /// Bytes since the last seal.
    block_bytes: usize,
    segment: u32,
    /// Bytes of the segment, buffered ones included.
    segment_bytes: u64,
    crc: u32,
    next_seq: u64,
    durable_seq: u64,
    last_at: Timestamp,
    /// The head of the next segment, while this one is being ended.
    turning: Option<[u8; SEGMENT_HEADER_BYTES]>,
    closed: Option<Close>,
    stopped: Option<String>,
}

impl Writer<Directory> {
    /// Begins a journal in a directory that holds none.
    pub fn create(directory: &Path, config: WriterConfig) -> Result<Self, OpenError> {
        let medium = Directory::lock(directory)?;
        let found = segments(directory)
            .map_err(|source| DirectoryError::Io { path: directory.to_path_buf(), source })?;
        if !found.is_empty() {
            return Err(OpenError::Exists(directory.to_path_buf()));
        }
        Ok(Self::on(medium, config)?)
    }

    /// Goes on with a journal that was not closed: reads its last segment, cuts off a torn tail, and is ready for
    /// the next event.
    pub fn resume(directory: &Path, config: WriterConfig) -> Result<(Self, Resumed), OpenError> {
        let mut medium = Directory::lock(directory)?;
        let io = |source| DirectoryError::Io { path: directory.to_path_buf(), source };
        let found = segments(directory).map_err(io)?;
        if found.is_empty() {
            return Err(OpenError::Missing(directory.to_path_buf()));
        }
        let mut reader = Reader::open_last(directory)?;
        while reader.next_frame()?.is_some() {}
        let ending = reader.ending();
        if matches!(ending, Ending::Closed(_)) {
            return Err(OpenError::Closed(directory.to_path_buf()));
        }
        if reader.next_seq() == 0 && reader.place().1 < SEGMENT_HEADER_BYTES as u64 {
            return Err(OpenError::Missing(directory.to_path_buf()));
        }
        let end = reader.end();
        medium.reopen(end.segment, end.position).map_err(io)?;
        medium.remove(end.segment + 1).map_err(io)?;
        let writer = Self {
            medium,
            config,
            buffer: Vec::with_capacity(2 * BLOCK_BYTES),
            written: 0,
            hashed: 0,
            hasher: end.hasher,
            block_bytes: end.block_bytes,
            segment: end.segment,
            segment_bytes: end.position,
            crc: end.crc,
            next_seq: end.next_seq,
            durable_seq: end.next_seq,
            last_at: end.last_at,
            turning: None,
            closed: None,
            stopped: None,
        };
        Ok((writer, Resumed { next_seq: end.next_seq, last_at: end.last_at, ending }))
    }
}

impl<M: Medium> Writer<M> {
    /// Begins a journal on `medium`.
    pub fn on(mut medium: M, config: WriterConfig) -> Result<Self, WriteError> {
        let head = SegmentHead { index: 0, first_seq: 0, last_at: i64::MIN, chain: Chain::default() };
        let bytes = head.to_bytes();
        medium.prepare(0, &bytes).and_then(|()| medium.advance()).map_err(|source| failed(0, 0, source))?;
        let mut hasher = Box::new(blake3::Hasher::new_keyed(&head.chain));
        hasher.update(&bytes);
        Ok(Self {
            medium,
            config,
            buffer: Vec::with_capacity(2 * BLOCK_BYTES),
            written: 0,
            hashed: 0,
            hasher,
            block_bytes: bytes.len(),
            segment: 0,
            segment_bytes: bytes.len() as u64,
            crc: frame::crc_of_head(&bytes),
            next_seq: 0,
            durable_seq: 0,
            last_at: Timestamp::MIN,
            turning: None,
            closed: None,
            stopped: None,
        })
    }

    /// Appends the next event. On an error it was not taken.
    #[inline]
    pub fn append(&mut self, event: &Event<'_>) -> Result<(), WriteError> {
        self.check(event)?;
        self.make_room()?;
        let timed = codec::needs_time(event);
        let start = frame::begin(&mut self.buffer);
        if timed {
            self.buffer.extend_from_slice(&event.at.nanos().to_le_bytes());
        }
        let kind = codec::encode_event(event, &mut self.buffer);
        let bytes = self.buffer.len() - start;
        if bytes > frame::FRAME_BYTES_MAX - 8 {
            self.buffer.truncate(start);
            return Err(WriteError::Size { seq: event.seq, bytes });
        }
        self.finish(start, kind, timed);
        self.next_seq += 1;
        self.last_at = event.at;
        Ok(())
    }

    /// Appends a request that the core made in the step of the last event.
    pub fn append_request(&mut self, request: &VenueRequest) -> Result<(), WriteError> {
        self.make_room()?;
        let start = frame::begin(&mut self.buffer);
        let kind = codec::encode_request(request, &mut self.buffer);
        self.finish(start, kind, false);
        Ok(())
    }

    /// Appends the hash of the state after the step of the last event, for replays to compare with.
    pub fn append_check(&mut self, state: StateHash) -> Result<(), WriteError> {
        let Some(seq) = self.next_seq.checked_sub(1) else {
            return Err(WriteError::Genesis { seq: 0 });
        };
        self.make_room()?;
        let start = frame::begin(&mut self.buffer);
        let kind = codec::encode_check(Check { seq, state }, &mut self.buffer);
        self.finish(start, kind, false);
        Ok(())
    }

    /// Hands everything to the operating system; other processes can read it then.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.check_not_stopped()?;
        self.absorb();
        while self.written < self.buffer.len() {
            match self.medium.write(&self.buffer[self.written..]) {
                Ok(0) => return Err(self.failed(io::ErrorKind::WriteZero.into())),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        self.buffer.clear();
        (self.written, self.hashed) = (0, 0);
        Ok(())
    }

    /// Returns when everything appended is on the disk.
    pub fn sync(&mut self) -> Result<(), WriteError> {
        self.turn()
    }

    /// Ends the journal with the final hash of the state, on the disk. On an error the call may be repeated; after
    /// it nothing can be appended.
    pub fn close(&mut self, state: StateHash) -> Result<Close, WriteError> {
        if self.closed.is_none() {
            self.sync()?;
            let close = Close { events: self.next_seq, state };
            self.seal(Kind::Close, &codec::encode_close(close));
            self.closed = Some(close);
        }
        self.sync()?;
        Ok(self.closed.expect("set above"))
    }

    /// The number that the next event must have.
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }
    /// Events with a number below this are on the disk.
    pub const fn durable_before(&self) -> u64 {
        self.durable_seq
    }
    /// Bytes of all frames in the current segment, and of its head.
    pub const fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }
    /// The current segment.
    pub const fn segment(&self) -> u32 {
        self.segment
    }
    /// What it writes to.
    pub const fn medium(&self) -> &M {
        &self.medium
    }
    /// What it writes to, to make room in.
    pub const fn medium_mut(&mut self) -> &mut M {
        &mut self.medium
    }

    #[inline]
    fn check(&self, event: &Event<'_>) -> Result<(), WriteError> {
        if event.seq != self.next_seq {
            return Err(WriteError::Order { expected: self.next_seq, got: event.seq });
        }
        if event.at < self.last_at {
            return Err(WriteError::Time { seq: event.seq, at: event.at, last: self.last_at });
        }
        if matches!(event.body, scalp_types::Body::Genesis(_)) != (event.seq == 0) {
            return Err(WriteError::Genesis { seq: event.seq });
        }
        Ok(())
    }

    /// Seals a full block and ends a full segment, before the next frame is begun.
    #[inline]
    fn make_room(&mut self) -> Result<(), WriteError> {
        if self.block_bytes >= BLOCK_BYTES
            || self.turning.is_some()
            || self.closed.is_some()
            || self.stopped.is_some()
        {
            self.make_room_slowly()?;
        }
        Ok(())
    }

    #[cold]
    fn make_room_slowly(&mut self) -> Result<(), WriteError> {
        if self.closed.is_some() {
            return Err(WriteError::Closed);
        }
        self.check_not_stopped()?;
        if self.turning.is_some() {
            self.turn()?;
        }
        if self.block_bytes < BLOCK_BYTES {
            return Ok(());
        }
        self.flush()?;
        if self.segment_bytes >= self.config.segment_bytes {
            return self.rotate();
        }
        self.seal(Kind::Seal, &[]);
        self.flush()
    }

    #[inline]
    fn finish(&mut self, start: usize, kind: Kind, timed: bool) {
        self.crc = frame::finish(&mut self.buffer, start, kind, timed, self.next_seq, self.crc);
        let bytes = self.buffer.len() - start;
        self.block_bytes += bytes;
        self.segment_bytes += bytes as u64;
    }

    fn absorb(&mut self) {
        self.hasher.update(&self.buffer[self.hashed..]);
        self.hashed = self.buffer.len();
    }

    /// Ends the block with a frame of `kind`, `facts` and the hash over both. Returns that hash.
    fn seal(&mut self, kind: Kind, facts: &[u8]) -> Chain {
        self.absorb();
        self.hasher.update(facts);
        let chain = *self.hasher.finalize().as_bytes();
        let start = frame::begin(&mut self.buffer);
        self.buffer.extend_from_slice(facts);
        self.buffer.extend_from_slice(&chain);
        self.finish(start, kind, false);
        self.hashed = self.buffer.len();
        *self.hasher = blake3::Hasher::new_keyed(&chain);
        self.block_bytes = 0;
        chain
    }

    /// Ends the segment. The next one exists before this one says that it is over, so that a crash between the two
    /// leaves a segment without frames and never a hole. The buffer is empty here.
    fn rotate(&mut self) -> Result<(), WriteError> {
        let chain = *self.hasher.clone().finalize().as_bytes();
        let next = self.segment + 1;
        let head =
            SegmentHead { index: next, first_seq: self.next_seq, last_at: self.last_at.nanos(), chain };
        let head = head.to_bytes();
        self.medium.prepare(next, &head).map_err(|source| self.failed(source))?;
        let sealed = self.seal(Kind::Rotate, &[]);
        assert_eq!(sealed, chain, "the next segment goes on from the hash of this one");
        self.turning = Some(head);
        self.turn()
    }

    /// Turns to the prepared segment once this one is whole on the disk. May be repeated after an error.
    fn turn(&mut self) -> Result<(), WriteError> {
        self.flush_and_sync()?;
        let Some(head) = self.turning else { return Ok(()) };
        self.medium.advance().map_err(|source| self.failed(source))?;
        self.hasher.update(&head);
        self.segment += 1;
        self.segment_bytes = head.len() as u64;
        self.block_bytes = head.len();
        self.crc = frame::crc_of_head(&head);
        self.turning = None;
        Ok(())
    }

    fn flush_and_sync(&mut self) -> Result<(), WriteError> {
        self.flush()?;
        if let Err(error) = self.medium.sync() {
            self.stopped = Some(error.to_string());
            return Err(WriteError::Stopped { segment: self.segment, message: error.to_string() });
        }
        self.durable_seq = self.next_seq;
        Ok(())
    }

    fn check_not_stopped(&self) -> Result<(), WriteError> {
        match &self.stopped {
            Some(message) => Err(WriteError::Stopped { segment: self.segment, message: message.clone() }),
            None => Ok(()),
        }
    }

    fn failed(&self, source: io::Error) -> WriteError {
        let unwritten = (self.buffer.len() - self.written) as u64;
        failed(self.segment, self.segment_bytes - unwritten, source)
    }
}

fn failed(segment: u32, position: u64, source: io::Error) -> WriteError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            WriteError::Full { segment, position, source }
        }
        _ => WriteError::Io { segment, position, source },
    }
}
