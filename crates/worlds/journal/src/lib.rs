//! Order and memory: gives every event its place, keeps it as checksummed, hash-chained bytes, and gives it back.
//!
//! The only room with a wall clock in it. It does not know what an event means to the core, nor what a state is:
//! snapshots are bytes to it, and a replay asks its caller to take the steps.

pub mod clock;
pub mod codec;
pub mod damage;
pub mod frame;
pub mod medium;
pub mod reader;
pub mod recover;
pub mod replay;
pub mod sequencer;
pub mod snapshot;
mod source;
pub mod window;
pub mod writer;

pub use clock::{Clock, VirtualClock, WallClock};
pub use damage::{Damage, ReadError};
pub use frame::{Check, Close};
pub use medium::{Directory, Medium};
pub use reader::{Ending, Frame, Reader};
pub use recover::{Recovery, recover};
pub use replay::{Difference, Recorder, replay};
pub use sequencer::Sequencer;
pub use snapshot::{Snapshot, Snapshots};
pub use window::{Window, Windows};
pub use writer::{WriteError, Writer, WriterConfig};
