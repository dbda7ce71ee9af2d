//! Replay: the same events must make the core ask for the same things and end in the same state. Compares, and names
//! the first difference.

use crate::damage::ReadError;
use crate::frame::{Check, Close};
use crate::reader::{Ending, Frame, Reader};
use scalp_types::{Event, Full, StateHash, Venue, VenueRequest};

/// The first place where a replay went another way than the journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The n-th request of a step is another one, or is missing on one side.
    #[error("step {seq}, request {n}: journal has {journal:?}, replay made {replay:?}")]
    Request {
        /// The event of the step.
        seq: u64,
        /// Which of its requests, from 0.
        n: usize,
        /// What the journal holds.
        journal: Option<VenueRequest>,
        /// What the replay made.
        replay: Option<VenueRequest>,
    },
    /// The state is another one.
    #[error("state after event {seq}: journal has {journal}, replay is at {replay}")]
    State {
        /// The last event absorbed.
        seq: u64,
        /// The hash in the journal.
        journal: StateHash,
        /// The hash now.
        replay: StateHash,
    },
}

/// A venue that sends nothing and compares instead: what the core asks for in replay against what the journal says
/// it had asked for.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    seq: u64,
    made: Vec<VenueRequest>,
    matched: usize,
    first: Option<Difference>,
    requests: u64,
    checks: u64,
}

impl Venue for Recorder {
    fn request(&mut self, request: &VenueRequest) -> Result<(), Full> {
        self.made.push(*request);
        Ok(())
    }
}

impl Recorder {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The step of event `seq` begins; what the step before made beyond its journal is a difference.
    pub fn begin(&mut self, seq: u64) {
        self.settle();
        self.seq = seq;
    }

    /// The journal says that the step made this request.
    pub fn expect(&mut self, journal: &VenueRequest) {
        let replay = self.made.get(self.matched).copied();
        if replay != Some(*journal) {
            self.note_request(Some(*journal), replay);
        }
        self.matched += 1;
        self.requests += 1;
    }

    /// The journal says that the state was this after event `check.seq`; now it is `state`.
    pub fn compare(&mut self, check: Check, state: StateHash) {
        if check.state != state {
            self.note(Difference::State { seq: check.seq, journal: check.state, replay: state });
        }
        self.checks += 1;
    }

    /// The last step is over. The first difference, if there was one.
    pub fn finish(&mut self) -> Option<&Difference> {
        self.settle();
        self.first.as_ref()
    }

    /// The first difference so far.
    pub const fn difference(&self) -> Option<&Difference> {
        self.first.as_ref()
    }
    /// How many requests of the journal were compared.
    pub const fn requests(&self) -> u64 {
        self.requests
    }
    /// How many states were compared.
    pub const fn checks(&self) -> u64 {
        self.checks
    }

    fn settle(&mut self) {
        if let Some(&extra) = self.made.get(self.matched) {
            self.note_request(None, Some(extra));
        }
        self.made.clear();
        self.matched = 0;
    }

    fn note_request(&mut self, journal: Option<VenueRequest>, replay: Option<VenueRequest>) {
        self.note(Difference::Request { seq: self.seq, n: self.matched, journal, replay });
    }

    fn note(&mut self, difference: Difference) {
        self.first.get_or_insert(difference);
    }
}

/// What a replay found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Events stepped through.
    pub events: u64,
    /// Requests compared.
    pub requests: u64,
    /// States compared.
    pub checks: u64,
    /// The state at the end.
    pub state: StateHash,
    /// How the journal ended.
    pub ending: Ending,
    /// The first difference; nothing is replayed beyond it.
    pub difference: Option<Difference>,
}

/// Steps through what is left of the journal. `step` takes an event, hands the requests of its actions to the venue,
/// and returns the hash of the state after it.
///
/// Requests are compared only where the journal holds some: one that was written without them (a recording of the
/// inputs alone) is compared by its states. `with_requests` says which it is.
pub fn replay(
    reader: &mut Reader,
    with_requests: bool,
    mut step: impl FnMut(&Event<'_>, &mut Recorder) -> StateHash,
) -> Result<Replayed, ReadError> {
    let mut recorder = Recorder::new();
    let mut state = StateHash::default();
    let mut events = 0;
    while recorder.difference().is_none() {
        match reader.next_frame()? {
            Some(Frame::Event(event)) => {
                if with_requests {
                    recorder.begin(event.seq);
                } else {
                    recorder.made.clear();
                }
                state = step(&event, &mut recorder);
                events += 1;
            }
            Some(Frame::Request(request)) if with_requests => recorder.expect(&request),
            Some(Frame::Request(_)) => {}
            Some(Frame::Check(check)) => recorder.compare(check, state),
            Some(Frame::Close(Close { events, state: last })) => {
                recorder.compare(Check { seq: events.saturating_sub(1), state: last }, state);
            }
            None => break,
        }
    }
    if with_requests {
        recorder.settle();
    }
    Ok(Replayed {
        events,
        requests: recorder.requests,
        checks: recorder.checks,
        state,
        ending: reader.ending(),
        difference: recorder.first,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::{InstrumentId, OrderId};

    fn cancel(order: u64) -> VenueRequest {
        VenueRequest::Cancel { order: OrderId(order), instrument: InstrumentId(0) }
    }

    fn compared(made: &[&[u64]], journal: &[&[u64]]) -> Option<Difference> {
        let mut recorder = Recorder::new();
        for (seq, (made, journal)) in made.iter().zip(journal).enumerate() {
            recorder.begin(seq as u64);
            made.iter().for_each(|&it| recorder.request(&cancel(it)).unwrap());
            journal.iter().for_each(|&it| recorder.expect(&cancel(it)));
        }
        recorder.finish().cloned()
    }

    #[test]
    fn the_same_requests_are_no_difference() {
        assert_eq!(compared(&[&[1, 2], &[], &[3]], &[&[1, 2], &[], &[3]]), None);
    }

    #[test]
    fn the_first_difference_is_named_with_its_step_and_place() {
        let at = |seq, n, journal: Option<u64>, replay: Option<u64>| {
            Some(Difference::Request { seq, n, journal: journal.map(cancel), replay: replay.map(cancel) })
        };
        assert_eq!(compared(&[&[1], &[2, 9], &[7]], &[&[1], &[2, 3], &[8]]), at(1, 1, Some(3), Some(9)));
        assert_eq!(compared(&[&[1], &[2, 9]], &[&[1], &[2]]), at(1, 1, None, Some(9)));
        assert_eq!(compared(&[&[1], &[]], &[&[1], &[2]]), at(1, 0, Some(2), None));
        assert_eq!(compared(&[&[1, 2]], &[&[2, 1]]), at(0, 0, Some(2), Some(1)));
    }

    #[test]
    fn another_state_is_a_difference() {
        let mut recorder = Recorder::new();
        let [a, b] = [StateHash::from_bits(1), StateHash::from_bits(2)];
        recorder.begin(4);
        recorder.compare(Check { seq: 4, state: a }, a);
        assert_eq!(recorder.difference(), None);
        recorder.compare(Check { seq: 4, state: a }, b);
        assert_eq!(recorder.finish(), Some(&Difference::State { seq: 4, journal: a, replay: b }));
    }
}
