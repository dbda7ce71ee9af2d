//! What breaks, by chance and by schedule. Each kind of fault has a stream of its own.

use crate::config::FaultRules;
use scalp_types::rng::Stream;
use scalp_types::{Span, Timestamp};

/// What happens to a reply on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    Lost,
    Twice,
    Late(Span),
}

#[derive(Debug, Clone)]
pub(crate) struct Faults {
    rules: FaultRules,
    rejects: Stream,
    requests: Stream,
    replies: Stream,
    pub on_replies: bool,
}

impl Faults {
    pub fn new(rules: &FaultRules, seed: u64) -> Self {
        Self {
            rejects: Stream::named(seed, "sim.faults.rejects"),
            requests: Stream::named(seed, "sim.faults.requests"),
            replies: Stream::named(seed, "sim.faults.replies"),
            on_replies: rules.lose_reply > 0.0 || rules.repeat_reply > 0.0 || rules.late_reply > 0.0,
            rules: rules.clone(),
        }
    }
    pub fn is_outage(&self, at: Timestamp) -> bool {
        self.rules.outages.iter().any(|&(from, until)| (from..until).contains(&at))
    }
    pub fn rejects(&mut self) -> bool {
        self.rules.reject > 0.0 && self.rejects.uniform() < self.rules.reject
    }
    pub fn loses_request(&mut self) -> bool {
        self.rules.lose_request > 0.0 && self.requests.uniform() < self.rules.lose_request
    }
    pub fn fate(&mut self) -> Fate {
        if !self.on_replies {
            return Fate::Arrives;
        }
        let draw = self.replies.uniform();
        let lost = self.rules.lose_reply;
        let twice = lost + self.rules.repeat_reply;
        let late = twice + self.rules.late_reply;
        match draw {
            it if it < lost => Fate::Lost,
            it if it < twice => Fate::Twice,
            it if it < late => Fate::Late(self.rules.late_by),
            _ => Fate::Arrives,
        }
    }
}
