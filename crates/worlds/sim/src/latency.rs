//! How long messages take: to the venue (entry) and back (response).

use crate::draw;
use scalp_types::rng::Stream;
use scalp_types::{Span, Timestamp};
use std::sync::Arc;

/// One recorded round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencySample {
    /// When the request was sent.
    pub at: Timestamp,
    /// From us to the venue.
    pub entry: Span,
    /// From the venue to us.
    pub response: Span,
}

/// Where delays come from.
#[derive(Debug, Clone, PartialEq)]
pub enum LatencyModel {
    /// Always the same.
    Constant {
        /// From us to the venue.
        entry: Span,
        /// From the venue to us.
        response: Span,
    },
    /// Log-normal around these medians.
    LogNormal {
        /// Median from us to the venue.
        entry: Span,
        /// Median from the venue to us.
        response: Span,
        /// Standard deviation of the logarithm, both ways.
        sigma: f64,
    },
    /// Recorded round trips by rising time, interpolated between neighbours; the first and last hold beyond the ends.
    Replayed(Arc<[LatencySample]>),
}

/// Sudden longer delays on top of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spikes {
    /// Chance per message.
    pub chance: f64,
    /// Mean of the exponential extra delay.
    pub mean: Span,
}

/// How long requests and replies take.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyConfig {
    /// Where delays come from.
    pub model: LatencyModel,
    /// Sudden longer delays.
    pub spikes: Option<Spikes>,
    /// Messages of one direction may overtake one another; otherwise a later one arrives no earlier.
    pub overtaking: bool,
    /// Market data takes this much longer to us than recorded.
    pub feed_extra: Span,
}

impl Default for LatencyConfig {
    /// No delay at all.
    fn default() -> Self {
        Self::constant(Span::ZERO, Span::ZERO)
    }
}

impl LatencyConfig {
    /// The same delay always.
    pub const fn constant(entry: Span, response: Span) -> Self {
        Self {
            model: LatencyModel::Constant { entry, response },
            spikes: None,
            overtaking: false,
            feed_extra: Span::ZERO,
        }
    }
}

/// Draws delays. Entry and response have streams of their own.
#[derive(Debug, Clone)]
pub struct Latency {
    model: LatencyModel,
    spikes: Option<Spikes>,
    entry: Direction,
    response: Direction,
}

#[derive(Debug, Clone)]
struct Direction {
    stream: Stream,
    /// Where the last recorded sample was found: times mostly rise.
    cursor: usize,
}

/// Delays longer than this are cut: an hour.
const DELAY_NS_MAX: f64 = 3.6e12;

impl Latency {
    /// From a configuration and the seed of the run.
    pub fn new(config: &LatencyConfig, seed: u64) -> Self {
        let direction = |name| Direction { stream: Stream::named(seed, name), cursor: 0 };
        Self {
            model: config.model.clone(),
            spikes: config.spikes,
            entry: direction("sim.latency.entry"),
            response: direction("sim.latency.response"),
        }
    }

    /// From us to the venue, for a request sent at `at`.
    #[inline]
    pub fn entry(&mut self, at: Timestamp) -> Span {
        if let (LatencyModel::Constant { entry, .. }, None) = (&self.model, &self.spikes) {
            return *entry;
        }
        draw_delay(&self.model, self.spikes, &mut self.entry, at, |it| it.entry)
    }
    /// From the venue to us, for a reply sent at `at`.
    #[inline]
    pub fn response(&mut self, at: Timestamp) -> Span {
        if let (LatencyModel::Constant { response, .. }, None) = (&self.model, &self.spikes) {
            return *response;
        }
        draw_delay(&self.model, self.spikes, &mut self.response, at, |it| it.response)
    }
}

fn draw_delay(
    model: &LatencyModel,
    spikes: Option<Spikes>,
    direction: &mut Direction,
    at: Timestamp,
    which: impl Fn(&LatencySample) -> Span,
) -> Span {
    let base = match model {
        &LatencyModel::Constant { entry, response } => which(&LatencySample { at, entry, response }),
        &LatencyModel::LogNormal { entry, response, sigma } => {
            let median = which(&LatencySample { at, entry, response });
            whole_nanos(draw::log_normal(&mut direction.stream, median.nanos() as f64, sigma))
        }
        LatencyModel::Replayed(samples) => replayed(samples, &mut direction.cursor, at, which),
    };
    match spikes {
        Some(it) if direction.stream.uniform() < it.chance => Span::from_nanos(
            base.nanos()
                .saturating_add(whole_nanos(it.mean.nanos() as f64 * direction.stream.exponential()).nanos()),
        ),
        _ => base,
    }
}

fn whole_nanos(nanos: f64) -> Span {
    Span::from_nanos(nanos.clamp(0.0, DELAY_NS_MAX) as i64)
}

/// Linear between the neighbours in time; zero without any sample.
fn replayed(
    samples: &[LatencySample],
    cursor: &mut usize,
    at: Timestamp,
    which: impl Fn(&LatencySample) -> Span,
) -> Span {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Span::ZERO };
    if at <= first.at {
        return which(first);
    }
    if at >= last.at {
        return which(last);
    }
    if samples[*cursor].at > at {
        *cursor = 0;
    }
    while samples[*cursor + 1].at <= at {
        *cursor += 1;
    }
    let (a, b) = (&samples[*cursor], &samples[*cursor + 1]);
    let (width, into) = (
        i128::from(b.at.nanos()) - i128::from(a.at.nanos()),
        i128::from(at.nanos()) - i128::from(a.at.nanos()),
    );
    let (from, to) = (i128::from(which(a).nanos()), i128::from(which(b).nanos()));
    Span::from_nanos((from + (to - from) * into / width.max(1)) as i64)
}
