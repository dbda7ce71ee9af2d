//! What can be wrong with a journal, and where.

use crate::codec::BodyError;
use crate::frame::{HeadError, VERSION};
use std::io;

/// A journal that is not as it was written.
#[derive(Debug, thiserror::Error)]
#[error("journal {place}, byte {position}: {damage}")]
pub struct ReadError {
    /// The segment's file.
    pub place: String,
    /// The segment.
    pub segment: u32,
    /// The byte in it.
    pub position: u64,
    /// What is wrong.
    pub damage: Damage,
}

/// The kinds of damage.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The segment must be there and is not.
    #[error("segment is missing")]
    Missing,
    /// The head of the segment is damaged.
    #[error("head of the segment is damaged")]
    SegmentHead,
    /// The segment is whole, and was written in another layout.
    #[error("written in version {found} of the journal, expected version {VERSION}")]
    Version {
        /// What it was written in.
        found: u32,
    },
    /// The segment does not go on from the one before: it was moved, replaced or altered.
    #[error("segment does not go on from the one before it ({0} differs)")]
    Order(&'static str),
    /// The segment was not ended, and yet another one with frames follows.
    #[error("segment is not ended, and another one follows")]
    Unended,
    /// The head of a frame is damaged.
    #[error("head of a frame is damaged")]
    Head,
    /// The bytes of a frame do not match its checksum, or do not follow the frame before.
    #[error("checksum is {got:08x}, expected {expected:08x}")]
    Crc {
        /// What the frame says.
        expected: u32,
        /// What its bytes give.
        got: u32,
    },
    /// The bytes of a block do not match its seal.
    #[error("hash of the block does not match its seal")]
    Chain,
    /// A sequence number is not the next one.
    #[error("expected the frame of event {expected}")]
    Seq {
        /// The number expected.
        expected: u64,
    },
    /// A time is before the one of the event before.
    #[error("time of event {seq} is before the event it follows")]
    Time {
        /// The event.
        seq: u64,
    },
    /// Genesis is not the first event, or not the only one.
    #[error("genesis is the first event, and no other")]
    Genesis,
    /// The body of a frame cannot be read.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// Something follows the end.
    #[error("something follows the end of the journal")]
    AfterClose,
    /// The journal ends before the event asked for.
    #[error("journal ends at event {have}, before event {wanted}")]
    Short {
        /// Events there are.
        have: u64,
        /// The event asked for.
        wanted: u64,
    },
}

impl From<HeadError> for Damage {
    fn from(error: HeadError) -> Self {
        match error {
            HeadError::Damaged => Self::SegmentHead,
            HeadError::Version(found) => Self::Version { found },
        }
    }
}
