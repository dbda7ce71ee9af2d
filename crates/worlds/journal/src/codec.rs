//! Bodies of frames: market events in the layout of `types::wire`, everything else by postcard. Pure.

use crate::frame::{Check, Close, Kind};
use scalp_types::wire::{self, WireError};
use scalp_types::{Body, Event, Genesis, StateHash, VenueRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// No body but the market's and genesis takes more bytes than this.
const SMALL_BYTES_MAX: usize = 256;
/// Bytes of a [`Check`].
const CHECK_BYTES: usize = 16;
/// Bytes of a [`Close`] before its hash.
pub const CLOSE_BYTES: usize = 16;

/// Why the body of a frame cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A market record is damaged.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Postcard could not read it.
    #[error("body is not what its kind says: {0}")]
    Postcard(#[from] postcard::Error),
    /// Bytes are left over, or missing.
    #[error("body has {have} bytes, expected {expected}")]
    Size {
        /// What is there.
        have: usize,
        /// What should be there.
        expected: usize,
    },
}

/// Appends the body of an event (after its time, if the frame has one) and says what kind it is.
#[inline]
pub fn encode_event(event: &Event<'_>, out: &mut Vec<u8>) -> Kind {
    match &event.body {
        Body::Market(it) => {
            wire::encode(it, out);
            Kind::Market
        }
        Body::Order(it) => small(it, out, Kind::Order),
        Body::Account(it) => small(it, out, Kind::Account),
        Body::Timer(it) => small(it, out, Kind::Timer),
        Body::Command(it) => small(it, out, Kind::Command),
        Body::Genesis(it) => {
            let bytes = postcard::to_allocvec(*it).expect("postcard writes any genesis to memory");
            out.extend_from_slice(&bytes);
            Kind::Genesis
        }
    }
}

/// True when the event's time must be written before its body: a market event usually carries it already.
#[inline]
pub fn needs_time(event: &Event<'_>) -> bool {
    !matches!(&event.body, Body::Market(it) if it.arrived_at == event.at)
}

/// Appends a request.
pub fn encode_request(request: &VenueRequest, out: &mut Vec<u8>) -> Kind {
    small(request, out, Kind::Request)
}

/// Appends a point of comparison.
pub fn encode_check(check: Check, out: &mut Vec<u8>) -> Kind {
    out.extend_from_slice(&check.seq.to_le_bytes());
    out.extend_from_slice(&check.state.get().to_le_bytes());
    Kind::Check
}

/// The last word, less its hash.
pub fn encode_close(close: Close) -> [u8; CLOSE_BYTES] {
    bytemuck::cast([close.events, close.state.get()])
}

fn small(value: &impl Serialize, out: &mut Vec<u8>, kind: Kind) -> Kind {
    let mut buffer = [0; SMALL_BYTES_MAX];
    let bytes = postcard::to_slice(value, &mut buffer).expect("a body without lists is below 256 bytes");
    out.extend_from_slice(bytes);
    kind
}

/// Reads the body of an event other than genesis. `bytes` must be aligned to 8.
#[inline]
pub fn decode_event(kind: Kind, bytes: &[u8]) -> Result<Body<'_>, BodyError> {
    Ok(match kind {
        Kind::Market => {
            let (event, size) = wire::decode(bytes)?;
            if size != bytes.len() {
                return Err(BodyError::Size { have: bytes.len(), expected: size });
            }
            Body::Market(event)
        }
        Kind::Order => Body::Order(whole(bytes)?),
        Kind::Account => Body::Account(whole(bytes)?),
        Kind::Timer => Body::Timer(whole(bytes)?),
        Kind::Command => Body::Command(whole(bytes)?),
        Kind::Genesis | Kind::Request | Kind::Check | Kind::Seal | Kind::Rotate | Kind::Close => {
            unreachable!("asked for the event in a frame that holds none")
        }
    })
}

/// Reads genesis.
pub fn decode_genesis(bytes: &[u8]) -> Result<Genesis, BodyError> {
    whole(bytes)
}

/// Reads a request.
pub fn decode_request(bytes: &[u8]) -> Result<VenueRequest, BodyError> {
    whole(bytes)
}

/// Reads a point of comparison.
pub fn decode_check(bytes: &[u8]) -> Result<Check, BodyError> {
    let [seq, state] = words::<2>(bytes, CHECK_BYTES)?;
    Ok(Check { seq, state: StateHash::from_bits(state) })
}

/// Reads the last word, less its hash.
pub fn decode_close(bytes: &[u8]) -> Result<Close, BodyError> {
    let [events, state] = words::<2>(bytes, CLOSE_BYTES)?;
    Ok(Close { events, state: StateHash::from_bits(state) })
}

fn words<const N: usize>(bytes: &[u8], expected: usize) -> Result<[u64; N], BodyError> {
    if bytes.len() != expected {
        return Err(BodyError::Size { have: bytes.len(), expected });
    }
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(chunk.try_into().expect("chunks of eight"));
    }
    Ok(words)
}

fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BodyError> {
    let (value, rest) = postcard::take_from_bytes(bytes)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(BodyError::Size { have: bytes.len(), expected: bytes.len() - rest.len() })
    }
}
