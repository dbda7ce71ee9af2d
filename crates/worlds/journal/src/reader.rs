//! Reads a journal back and believes nothing: every crc, every number, every time, every seal.
//!
//! A tail that a crash tore off (a frame that was never written to its end) ends the reading and is reported with
//! its place. Anything else that is not as it was written stops with its segment and byte. Frames are lent as they
//! are verified; the hash of a block is verified at its seal, so damage that a forger has given a fitting crc is
//! found up to one block later.
//!
//! A reader that came to the end of an open journal may be asked again: it goes on with what has been appended
//! meanwhile, also in a new segment. That is how another process follows a journal.

use crate::codec::{self, BodyError};
use crate::damage::{Damage, ReadError};
use crate::frame::{
    BLOCK_BYTES, Chain, Check, Close, FRAME_HEADER_BYTES, Head, Kind, SEGMENT_HEADER_BYTES, SegmentHead, crc,
    crc_of_head,
};
use crate::medium::segments;
use crate::source::{Source, read_head};
use scalp_types::{Event, Genesis, Timestamp, VenueRequest};
use std::io;
use std::ops::Range;
use std::path::Path;

/// Bytes read ahead; a frame that is larger makes the buffer grow to its size.
const BUFFER_BYTES: usize = 16 * BLOCK_BYTES;
/// File systems fill what they had not written with zeros, in units of at least this.
const SECTOR_BYTES: u64 = 512;

/// What a frame says.
#[derive(Debug, Clone, Copy)]
pub enum Frame<'a> {
    /// An event.
    Event(Event<'a>),
    /// A request that the core made in the step of the event before.
    Request(VenueRequest),
    /// The state after the step of the event before.
    Check(Check),
    /// The end.
    Close(Close),
}

/// How a journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// On purpose.
    Closed(Close),
    /// After a whole frame: still being written, or the writer stopped there.
    Open,
    /// In the middle of a frame that was never written to its end.
    Cut {
        /// The last segment.
        segment: u32,
        /// Where its last whole frame ends.
        position: u64,
        /// Bytes after that, which are not used.
        bytes: u64,
    },
}

/// Reads one journal from its beginning, or from an event.
#[derive(Debug)]
pub struct Reader {
    source: Source,
    words: Vec<u64>,
    /// Bytes of the buffer that hold data not yet consumed.
    valid: Range<usize>,
    /// Place in the segment of the first of them.
    position: u64,
    /// First byte of the buffer that the hasher has not seen; never after `valid.start`.
    hashed: usize,
    hasher: Box<blake3::Hasher>,
    block_start: u64,
    segment: u32,
    opened: bool,
    rotated: bool,
    /// What a segment must go on from; `None` for the first one of a reader that begins in the middle.
    before: Option<Chain>,
    crc: u32,
    next_seq: u64,
    last_at: Timestamp,
    genesis: Option<Box<Genesis>>,
    ending: Ending,
}

/// Where a writer goes on.
pub(crate) struct End {
    pub segment: u32,
    pub position: u64,
    pub hasher: Box<blake3::Hasher>,
    pub block_bytes: usize,
    pub crc: u32,
    pub next_seq: u64,
    pub last_at: Timestamp,
}

/// A verified frame: its kind, and where in the buffer its body is.
#[derive(Debug, Clone)]
struct Found {
    kind: Kind,
    at: Timestamp,
    seq: u64,
    body: Range<usize>,
    position: u64,
}

impl Reader {
    /// From the beginning of the journal in `directory`.
    pub fn open(directory: &Path) -> Result<Self, ReadError> {
        let found = list(directory)?;
        let reader = Self::at_segment(Source::files(directory), 0, Some(Chain::default()));
        if found.is_empty() { Err(reader.error(0, Damage::Missing)) } else { Ok(reader) }
    }

    /// So that the next event is `seq`. Begins with the segment that holds it: what lies in segments before is
    /// neither read nor verified.
    pub fn open_at(directory: &Path, seq: u64) -> Result<Self, ReadError> {
        let mut source = Source::files(directory);
        let mut begin = 0;
        for index in list(directory)?.into_iter().rev() {
            match read_head(&mut source, index) {
                Ok(Some(head)) if head.first_seq <= seq => {
                    begin = index;
                    break;
                }
                Ok(_) => {}
                Err(damage) => return Err(source.error(index, 0, damage)),
            }
        }
        let mut reader =
            if begin == 0 { Self::open(directory)? } else { Self::at_segment(source, begin, None) };
        reader.skip_to(seq)?;
        Ok(reader)
    }

    /// From the beginning of the last segment.
    pub(crate) fn open_last(directory: &Path) -> Result<Self, ReadError> {
        let source = Source::files(directory);
        let found = list(directory)?;
        let with_frames =
            |index: &&u32| source.length(**index).is_ok_and(|it| it > SEGMENT_HEADER_BYTES as u64);
        match found.iter().rev().find(with_frames) {
            None | Some(0) => Self::open(directory),
            Some(&index) => Ok(Self::at_segment(source, index, None)),
        }
    }

    /// From bytes in memory, one vector for each segment.
    pub fn from_memory(segments: Vec<Vec<u8>>) -> Self {
        Self::at_segment(Source::Memory(segments), 0, Some(Chain::default()))
    }

    fn at_segment(source: Source, segment: u32, before: Option<Chain>) -> Self {
        Self {
            source,
            words: vec![0; BUFFER_BYTES / 8],
            valid: 0..0,
            position: 0,
            hashed: 0,
            hasher: Box::new(blake3::Hasher::new()),
            block_start: 0,
            segment,
            opened: false,
            rotated: false,
            before,
            crc: 0,
            next_seq: 0,
            last_at: Timestamp::MIN,
            genesis: None,
            ending: Ending::Open,
        }
    }

    /// The next frame; `None` at the end, which [`Self::ending`] describes. Lent until the following call.
    #[inline]
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, ReadError> {
        let Some(found) = self.find()? else { return Ok(None) };
        self.frame(found).map(Some)
    }

    /// The next event, passing over all other frames.
    #[inline]
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, ReadError> {
        loop {
            let Some(found) = self.find()? else { return Ok(None) };
            if found.kind.is_event() {
                return self.event(&found).map(Some);
            }
        }
    }

    /// Where and how the journal ended; meaningful once `next_frame` has returned `None`.
    pub const fn ending(&self) -> Ending {
        self.ending
    }
    /// The number of the next event.
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }
    /// The time of the last event; [`Timestamp::MIN`] before the first.
    pub const fn last_at(&self) -> Timestamp {
        self.last_at
    }
    /// The first event, once it has been read.
    pub fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_deref()
    }
    /// The place of the next frame: segment and byte.
    pub const fn place(&self) -> (u32, u64) {
        (self.segment, self.position)
    }

    /// Reads on, verifying, until the next event is `seq`.
    pub fn skip_to(&mut self, seq: u64) -> Result<(), ReadError> {
        while self.next_seq < seq {
            if self.next_event()?.is_none() {
                let damage = Damage::Short { have: self.next_seq, wanted: seq };
                return Err(self.error(self.position, damage));
            }
        }
        Ok(())
    }

    pub(crate) fn end(mut self) -> End {
        self.absorb();
        End {
            segment: self.segment,
            position: self.position,
            hasher: self.hasher,
            block_bytes: (self.position - self.block_start) as usize,
            crc: self.crc,
            next_seq: self.next_seq,
            last_at: self.last_at,
        }
    }

    fn frame(&mut self, found: Found) -> Result<Frame<'_>, ReadError> {
        if found.kind.is_event() {
            return self.event(&found).map(Frame::Event);
        }
        let body = &bytemuck::cast_slice(&self.words)[found.body.clone()];
        let frame = match found.kind {
            Kind::Request => codec::decode_request(body).map(Frame::Request),
            Kind::Check => codec::decode_check(body).map(Frame::Check),
            _ => match self.ending {
                Ending::Closed(close) => Ok(Frame::Close(close)),
                Ending::Open | Ending::Cut { .. } => unreachable!("only the last seal is handed out"),
            },
        };
        frame.map_err(|damage| self.source.error(self.segment, found.position, damage.into()))
    }

    #[inline]
    fn event(&mut self, found: &Found) -> Result<Event<'_>, ReadError> {
        let body = &bytemuck::cast_slice(&self.words)[found.body.clone()];
        let body = if found.kind == Kind::Genesis {
            codec::decode_genesis(body)
                .map(|it| scalp_types::Body::Genesis(self.genesis.insert(Box::new(it))))
        } else {
            codec::decode_event(found.kind, body)
        };
        match body {
            Ok(body) => Ok(Event { seq: found.seq, at: found.at, body }),
            Err(damage) => Err(self.source.error(self.segment, found.position, damage.into())),
        }
    }

    /// Verifies frames up to the next one that has something to say.
    fn find(&mut self) -> Result<Option<Found>, ReadError> {
        loop {
            if !self.opened && !self.open_segment()? {
                return Ok(None);
            }
            let have = self.fill(FRAME_HEADER_BYTES)?;
            if matches!(self.ending, Ending::Closed(_)) {
                return self.after_close(have);
            }
            self.ending = Ending::Open;
            if self.rotated {
                if have > 0 {
                    return Err(self.error(self.position, Damage::Order("end")));
                }
                self.turn()?;
                continue;
            }
            if have == 0 {
                return self.at_end(0);
            }
            let Some(head) = self.head(have)? else { return self.at_end(have) };
            let found = self.verify(&head)?;
            if !found.kind.is_seal() {
                return Ok(Some(found));
            }
            self.check_seal(&head, &found)?;
            if found.kind == Kind::Close {
                return Ok(Some(found));
            }
        }
    }

    /// The head of the next frame, if the whole frame is there.
    #[inline]
    fn head(&mut self, have: usize) -> Result<Option<Head>, ReadError> {
        let Some(bytes) = self.bytes().first_chunk() else { return Ok(None) };
        let Some(head) = Head::read(bytes) else {
            return if self.is_zero_from_a_sector(FRAME_HEADER_BYTES)? {
                Ok(None)
            } else {
                Err(self.error(self.position, Damage::Head))
            };
        };
        if head.size > have && head.size > self.fill(head.size)? {
            return Ok(None);
        }
        let got = crc(self.crc, &self.bytes()[4..head.size]);
        if got != head.crc {
            return if self.is_zero_from_a_sector(head.size)? {
                Ok(None)
            } else {
                Err(self.error(self.position, Damage::Crc { expected: head.crc, got }))
            };
        }
        Ok(Some(head))
    }

    /// Checks what the frame says against what must come, and steps over it.
    #[inline]
    fn verify(&mut self, head: &Head) -> Result<Found, ReadError> {
        let seq = self.next_seq;
        if head.seq_low != seq as u32 {
            return Err(self.error(self.position, Damage::Seq { expected: seq }));
        }
        let start = self.valid.start;
        let mut body = start + FRAME_HEADER_BYTES..start + head.size - head.padding;
        let bytes: &[u8] = bytemuck::cast_slice(&self.words);
        let mut at = self.last_at;
        let time_from = |at: usize| {
            Timestamp::from_nanos(i64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes")))
        };
        if head.timed {
            at = time_from(body.start);
            body.start += 8;
        } else if head.kind == Kind::Market {
            // The arrival time of a market record: see `types::wire`.
            const ARRIVED_AT: usize = 16;
            if body.len() < ARRIVED_AT + 8 {
                let damage = BodyError::Size { have: body.len(), expected: ARRIVED_AT + 8 };
                return Err(self.error(self.position, damage.into()));
            }
            at = time_from(body.start + ARRIVED_AT);
        }
        if head.kind.is_event() {
            if (head.kind == Kind::Genesis) != (seq == 0) {
                return Err(self.error(self.position, Damage::Genesis));
            }
            if at < self.last_at {
                return Err(self.error(self.position, Damage::Time { seq }));
            }
            self.last_at = at;
            self.next_seq += 1;
        }
        let found = Found { kind: head.kind, at, seq, body, position: self.position };
        self.crc = head.crc;
        self.position += head.size as u64;
        self.valid.start += head.size;
        Ok(found)
    }

    /// Compares the hash of the block with its seal and begins the next block.
    fn check_seal(&mut self, head: &Head, found: &Found) -> Result<(), ReadError> {
        let damage = |size| BodyError::Size { have: found.body.len(), expected: size };
        let facts = if found.kind == Kind::Close { codec::CLOSE_BYTES } else { 0 };
        let frame_start = self.valid.start - head.size;
        let bytes: &[u8] = bytemuck::cast_slice(&self.words);
        let body = &bytes[found.body.clone()];
        let Some((facts, chain)) = body.split_at_checked(facts) else {
            return Err(self.error(found.position, damage(facts).into()));
        };
        let Ok(expected) = Chain::try_from(chain) else {
            return Err(self.error(found.position, damage(facts.len() + 32).into()));
        };
        self.hasher.update(&bytes[self.hashed..frame_start]);
        self.hasher.update(facts);
        if *self.hasher.finalize().as_bytes() != expected {
            return Err(self.error(self.block_start, Damage::Chain));
        }
        if found.kind == Kind::Close {
            let close = codec::decode_close(facts).map_err(|it| self.error(found.position, it.into()))?;
            if close.events != self.next_seq {
                return Err(self.error(found.position, Damage::Seq { expected: self.next_seq }));
            }
            self.ending = Ending::Closed(close);
        }
        *self.hasher = blake3::Hasher::new_keyed(&expected);
        self.hashed = self.valid.start;
        self.block_start = self.position;
        self.before = Some(expected);
        self.rotated = found.kind == Kind::Rotate;
        Ok(())
    }

    fn open_segment(&mut self) -> Result<bool, ReadError> {
        let length = match self.source.length(self.segment) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.error(0, Damage::Missing));
            }
            Err(error) => return Err(self.error(0, error.into())),
        };
        if length < SEGMENT_HEADER_BYTES as u64 {
            if self.source.length(self.segment + 1).is_ok() {
                return Err(self.error(0, Damage::SegmentHead));
            }
            self.ending = Ending::Cut { segment: self.segment, position: 0, bytes: length };
            return Ok(false);
        }
        (self.valid, self.position, self.hashed) = (0..0, 0, 0);
        self.fill(SEGMENT_HEADER_BYTES)?;
        let bytes = *self.bytes().first_chunk().ok_or_else(|| self.error(0, Damage::SegmentHead))?;
        let head = SegmentHead::read(&bytes).map_err(|e| self.error(0, e.into()))?;
        self.check_order(&head)?;
        *self.hasher = blake3::Hasher::new_keyed(&head.chain);
        self.crc = crc_of_head(&bytes);
        self.next_seq = head.first_seq;
        self.last_at = Timestamp::from_nanos(head.last_at);
        self.before = Some(head.chain);
        (self.block_start, self.opened, self.rotated) = (0, true, false);
        self.valid.start = SEGMENT_HEADER_BYTES;
        self.position = SEGMENT_HEADER_BYTES as u64;
        Ok(true)
    }

    fn check_order(&self, head: &SegmentHead) -> Result<(), ReadError> {
        let differs = |what| Err(self.error(0, Damage::Order(what)));
        if head.index != self.segment {
            return differs("index");
        }
        let Some(before) = self.before else { return Ok(()) };
        if head.chain != before {
            return differs("hash");
        }
        if head.first_seq != self.next_seq {
            return differs("sequence number");
        }
        if head.last_at != self.last_at.nanos() {
            return differs("time");
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<(), ReadError> {
        self.segment += 1;
        self.opened = false;
        if self.source.length(self.segment).is_err() {
            let error = self.error(0, Damage::Missing);
            self.segment -= 1;
            self.opened = true;
            return Err(error);
        }
        self.rotated = false;
        Ok(())
    }

    /// Nothing whole is left: says how the journal ends. The segment after this one may only be an empty shell that
    /// a writer made just before it crashed.
    fn at_end(&mut self, left: usize) -> Result<Option<Found>, ReadError> {
        if self.source.length(self.segment + 1).is_ok_and(|it| it > SEGMENT_HEADER_BYTES as u64)
            && !self.has_grown(left)?
        {
            return Err(self.error(self.position, Damage::Unended));
        }
        if left > 0 {
            let bytes = self.segment_length()?.saturating_sub(self.position);
            self.ending = Ending::Cut { segment: self.segment, position: self.position, bytes };
        }
        Ok(None)
    }

    fn after_close(&mut self, have: usize) -> Result<Option<Found>, ReadError> {
        if have > 0 || self.source.length(self.segment + 1).is_ok() {
            return Err(self.error(self.position, Damage::AfterClose));
        }
        Ok(None)
    }

    /// True when a writer has appended since the buffer was filled.
    fn has_grown(&mut self, left: usize) -> Result<bool, ReadError> {
        Ok(self.segment_length()? > self.position + left as u64)
    }

    /// True when the file is zero from a sector boundary within the next `within` bytes to its end: the file system
    /// had made room and not yet written it when the machine stopped.
    fn is_zero_from_a_sector(&mut self, within: usize) -> Result<bool, ReadError> {
        let length = self.segment_length()?;
        let limit = length.min(self.position + within as u64);
        let mut zero_from = self.position.next_multiple_of(SECTOR_BYTES);
        let mut at = zero_from;
        let mut chunk = [0_u8; SECTOR_BYTES as usize];
        while at < length && zero_from < limit {
            let count = self.source.read_at(self.segment, at, &mut chunk);
            let count = count.map_err(|error| self.error(at, error.into()))?;
            if count == 0 {
                break;
            }
            at += count as u64;
            if chunk[..count].iter().any(|&it| it != 0) {
                zero_from = at.next_multiple_of(SECTOR_BYTES);
            }
        }
        Ok(zero_from < limit)
    }

    fn segment_length(&mut self) -> Result<u64, ReadError> {
        self.source.length(self.segment).map_err(|error| self.error(self.position, error.into()))
    }

    /// Tries to have `need` bytes in the buffer and says how many there are.
    #[inline]
    fn fill(&mut self, need: usize) -> Result<usize, ReadError> {
        if self.valid.len() < need { self.fill_slowly(need) } else { Ok(self.valid.len()) }
    }

    #[cold]
    fn fill_slowly(&mut self, need: usize) -> Result<usize, ReadError> {
        if self.valid.start + need > self.words.len() * 8 {
            self.absorb();
            bytemuck::cast_slice_mut::<u64, u8>(&mut self.words).copy_within(self.valid.clone(), 0);
            self.valid = 0..self.valid.len();
            self.hashed = 0;
            if need > self.words.len() * 8 {
                self.words.resize(need.div_ceil(8), 0);
            }
        }
        while self.valid.len() < need {
            let place = self.position + self.valid.len() as u64;
            let free = &mut bytemuck::cast_slice_mut(&mut self.words)[self.valid.end..];
            match self.source.read_at(self.segment, place, free) {
                Ok(0) => break,
                Ok(count) => self.valid.end += count,
                Err(error) => return Err(self.error(place, error.into())),
            }
        }
        Ok(self.valid.len())
    }

    /// Shows the hasher everything consumed so far.
    fn absorb(&mut self) {
        let bytes: &[u8] = bytemuck::cast_slice(&self.words);
        self.hasher.update(&bytes[self.hashed..self.valid.start]);
        self.hashed = self.valid.start;
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[self.valid.clone()]
    }

    fn error(&self, position: u64, damage: Damage) -> ReadError {
        self.source.error(self.segment, position, damage)
    }
}

fn list(directory: &Path) -> Result<Vec<u32>, ReadError> {
    segments(directory).map_err(|error| ReadError {
        place: directory.display().to_string(),
        segment: 0,
        position: 0,
        damage: error.into(),
    })
}
