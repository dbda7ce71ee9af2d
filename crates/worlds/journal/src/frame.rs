//! Frames and segments as bytes. Little-endian, everything a multiple of 8 bytes, so that market records are read
//! in place.
//!
//! ```text
//! segment   0  magic "SCALPJNL"      8  u32 version   12  u32 index      16  u64 first sequence number
//!          24  i64 time before      32  32 bytes: chain before           64  u32 zero  68  u32 crc of 0..68
//!          72  frames
//!
//! frame     0  u32 crc of the rest, continued from the frame (or segment header) before
//!           4  u32 size of the frame, a multiple of 8
//!           8  u8 kind     9  u8 flags (bits 0..3 padding bytes, bit 3: a time comes first)
//!          10  u16 check of bytes 4..10 and 12..16        12  u32 low half of the sequence number
//!          16  [i64 time]  body  padding of zeros
//! ```
//!
//! The crc of a frame goes on from the frame before, so that a frame that was removed, repeated or moved shows at
//! once. Every block of frames (about [`BLOCK_BYTES`]) ends with a seal: the BLAKE3 hash of the block's bytes keyed
//! by the hash of the block before. Whoever knows the last hash knows the whole journal. The check of the header
//! tells a size that was damaged from a frame that was never written to its end.
//!
//! The number in a frame that is not an event is that of the next event.

use scalp_types::StateHash;

/// Bytes of a frame before its body.
pub const FRAME_HEADER_BYTES: usize = 16;
/// Bytes of a segment before its first frame.
pub const SEGMENT_HEADER_BYTES: usize = 72;
/// A frame longer than this is damage; a writer refuses to make one.
pub const FRAME_BYTES_MAX: usize = 1 << 25;
/// Frames are sealed when this many bytes of them have come together.
pub const BLOCK_BYTES: usize = 1 << 16;
/// The layout described above, with that of the bodies. It goes up whenever one of them changes: bodies do not say what
/// they are made of, and one of another layout could be read as something that it is not.
pub const VERSION: u32 = 2;

const MAGIC: [u8; 8] = *b"SCALPJNL";
const PADDING: u8 = 0b111;
const TIMED: u8 = 0b1000;

/// The hash over everything before a place in the journal.
pub type Chain = [u8; 32];

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The first event.
    Genesis = 1,
    /// A market event.
    Market = 2,
    /// An answer about an order.
    Order = 3,
    /// A change of the account.
    Account = 4,
    /// A timer.
    Timer = 5,
    /// A command.
    Command = 6,
    /// A request that the core made in the step before.
    Request = 16,
    /// The hash of the state after the step before.
    Check = 17,
    /// End of a block: its hash.
    Seal = 32,
    /// End of a segment: its hash; another segment follows.
    Rotate = 33,
    /// End of the journal: its hash.
    Close = 34,
}

impl Kind {
    const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Genesis,
            2 => Self::Market,
            3 => Self::Order,
            4 => Self::Account,
            5 => Self::Timer,
            6 => Self::Command,
            16 => Self::Request,
            17 => Self::Check,
            32 => Self::Seal,
            33 => Self::Rotate,
            34 => Self::Close,
            _ => return None,
        })
    }
    /// True when the frame is an event and takes a sequence number.
    #[inline]
    pub const fn is_event(self) -> bool {
        (self as u8) < Self::Request as u8
    }
    /// True when the frame ends a block.
    #[inline]
    pub const fn is_seal(self) -> bool {
        self as u8 >= Self::Seal as u8
    }
}

/// A point of comparison for replays: the state of the core after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// The last event that the state has absorbed.
    pub seq: u64,
    /// The rolling hash of the state.
    pub state: StateHash,
}

/// The last word of a journal that was ended on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// How many events there are.
    pub events: u64,
    /// The final hash of the state.
    pub state: StateHash,
}

/// The head of a frame, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The crc that the frame must have.
    pub crc: u32,
    /// Bytes of the whole frame.
    pub size: usize,
    /// What is in it.
    pub kind: Kind,
    /// Whether a time comes before the body.
    pub timed: bool,
    /// Zeros after the body.
    pub padding: usize,
    /// Low half of the sequence number.
    pub seq_low: u32,
}

impl Head {
    /// Reads the first bytes of a frame. `None` when they contradict themselves.
    #[inline]
    pub fn read(bytes: &[u8; FRAME_HEADER_BYTES]) -> Option<Self> {
        let words: [u64; 2] = bytemuck::cast(*bytes);
        let (low, high) = (words[0], words[1]);
        if header_check(low >> 32, high) != (high >> 16) as u16 {
            return None;
        }
        let flags = (high >> 8) as u8;
        let head = Self {
            crc: low as u32,
            size: (low >> 32) as usize,
            kind: Kind::from_code(high as u8)?,
            timed: flags & TIMED != 0,
            padding: usize::from(flags & PADDING),
            seq_low: (high >> 32) as u32,
        };
        let body_at = FRAME_HEADER_BYTES + if head.timed { 8 } else { 0 };
        let possible = head.size.is_multiple_of(8)
            && head.size <= FRAME_BYTES_MAX
            && head.size >= body_at + head.padding
            && flags & !(PADDING | TIMED) == 0;
        possible.then_some(head)
    }
}

/// Opens a frame at the end of `out`; the body is appended by the caller, then [`finish`] is called.
#[inline]
pub fn begin(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME_HEADER_BYTES]);
    start
}

/// Pads and heads the frame that begins at `start`. Returns its crc, from which the next frame goes on.
#[inline]
pub fn finish(out: &mut Vec<u8>, start: usize, kind: Kind, timed: bool, seq: u64, crc_before: u32) -> u32 {
    let padding = (out.len() - start).wrapping_neg() % 8;
    out.extend_from_slice(&[0; 8][..padding]);
    let frame = &mut out[start..];
    let size = u32::try_from(frame.len()).expect("a frame stays below 4 GiB");
    let flags = padding as u8 | if timed { TIMED } else { 0 };
    let high = u64::from(kind as u8) | u64::from(flags) << 8 | u64::from(seq as u32) << 32;
    let high = high | u64::from(header_check(u64::from(size), high)) << 16;
    frame[4..8].copy_from_slice(&size.to_le_bytes());
    frame[8..16].copy_from_slice(&high.to_le_bytes());
    let crc = crc(crc_before, &frame[4..]);
    frame[..4].copy_from_slice(&crc.to_le_bytes());
    crc
}

/// The crc of `bytes`, going on from `before`.
#[inline]
pub fn crc(before: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(before);
    hasher.update(bytes);
    hasher.finalize()
}

/// Sixteen bits that change with any one bit of the size or of the second word (less the check itself): each factor
/// is odd, and no shifted factor has its high bits all equal, so one changed bit always reaches the result.
#[inline]
const fn header_check(size: u64, high: u64) -> u16 {
    const SIZE: u64 = 0x9e37_79b9_7f4a_7c15;
    const HIGH: u64 = 0xd1b5_4a32_d192_ed03;
    let high = high & !(0xffff << 16);
    ((size.wrapping_mul(SIZE) >> 48) ^ (high.wrapping_mul(HIGH) >> 48)) as u16
}

/// The crc of a segment's head, from which its first frame goes on.
pub fn crc_of_head(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> u32 {
    u32::from_le_bytes([bytes[68], bytes[69], bytes[70], bytes[71]])
}

/// The head of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHead {
    /// Its place among the segments, from 0.
    pub index: u32,
    /// The number of its first event.
    pub first_seq: u64,
    /// The time of the last event before it, ns; `i64::MIN` when there is none.
    pub last_at: i64,
    /// The hash over everything before it.
    pub chain: Chain,
}

/// Why the head of a segment cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadError {
    /// It is not as it was written, or no head at all.
    Damaged,
    /// It is whole, and of this layout.
    Version(u32),
}

impl SegmentHead {
    /// The bytes of the head.
    pub fn to_bytes(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.index.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first_seq.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.last_at.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.chain);
        let crc = crc(0, &bytes[..68]);
        bytes[68..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the head.
    pub fn read(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Result<Self, HeadError> {
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        if bytes[..8] != MAGIC || u32_at(68) != crc(0, &bytes[..68]) {
            return Err(HeadError::Damaged);
        }
        if u32_at(8) != VERSION {
            return Err(HeadError::Version(u32_at(8)));
        }
        if u32_at(64) != 0 {
            return Err(HeadError::Damaged);
        }
        Ok(Self {
            index: u32_at(12),
            first_seq: u64_at(16),
            last_at: u64_at(24) as i64,
            chain: bytes[32..64].try_into().expect("thirty-two bytes"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let start = begin(&mut out);
        out.extend_from_slice(body);
        finish(&mut out, start, Kind::Order, false, 0x1_2345_6789, 77);
        out
    }

    #[test]
    fn a_frame_is_padded_to_eight_bytes_and_says_by_how_much() {
        for length in 0..20 {
            let bytes = frame(&vec![0xaa; length]);
            assert_eq!(bytes.len() % 8, 0);
            let head = Head::read(bytes[..16].try_into().unwrap()).unwrap();
            assert_eq!(head.size, bytes.len());
            assert_eq!(head.size - FRAME_HEADER_BYTES - head.padding, length);
            assert_eq!((head.kind, head.seq_low), (Kind::Order, 0x2345_6789));
            assert_eq!(head.crc, crc(77, &bytes[4..]));
        }
    }

    #[test]
    fn one_changed_bit_of_the_head_is_always_seen() {
        for length in [0, 5, 1000] {
            let bytes = frame(&vec![1; length]);
            for bit in 32..128 {
                let mut head: [u8; 16] = bytes[..16].try_into().unwrap();
                head[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Head::read(&head), None, "bit {bit}");
            }
        }
    }

    #[test]
    fn one_changed_bit_of_a_segment_head_is_always_seen() {
        let head = SegmentHead { index: 3, first_seq: 9, last_at: -1, chain: [7; 32] };
        let bytes = head.to_bytes();
        assert_eq!(SegmentHead::read(&bytes), Ok(head));
        for bit in 0..8 * SEGMENT_HEADER_BYTES {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHead::read(&changed), Err(HeadError::Damaged), "bit {bit}");
        }
    }
}
