//! Labelled episodes of manipulation, laid into recorded streams from a seed, and the score of the detectors on them.
//!
//! An episode is what its name says it is, in terms of the stream it is laid into, not of a detector:
//! - spoofing: 4 to 8 orders of one side, each 1 to 3 times the largest of the first 20 levels, 2 to 8 levels from the
//!   touch, taken back after 0.3 to 2 s, 0.2 to 1 s apart;
//! - layering: 3 to 5 times 5 to 8 neighbouring levels of one side, each half to once the largest level, for 0.5 to 2 s;
//! - quote stuffing: 2 to 4 s of small orders put in and taken back at 4 to 10 times the stream's mean rate of changes;
//! - wash trades: for 60 s each 0.5 to 3 s a trade of an arbitrary size, and 50 to 800 ms later its reverse;
//! - coordination: for 40 s each 0.5 to 3 s the same arbitrary size on the same side;
//! - momentum ignition: 20 to 60 prints of one side push the price in 3 s by 4 to 8 times the root mean square of moves of
//!   5 s, and the price is back where it would have been 5 to 15 s later;
//! - stop hunting: 50 prints push the price in 5 to 10 s through the nearer extreme of 300 s by 2 to 5 times that root mean
//!   square, and it is back after 10 to 20 s.

#![allow(dead_code, reason = "each program uses its part")]

use super::tape::{Body, Event, Player, SECOND, Tape};
use scalp_features::detect::{Alert, Kind, LEVELS, WARNING, Watch};
use scalp_features::flow;
use scalp_indicators::Request;
use scalp_types::Side;
use scalp_types::rng::Stream;

/// What is laid into a stream at its time.
enum Deed {
    /// Puts an order in at a level, `share` of the largest, under a number.
    Place { order: usize, side: Side, level: usize, share: f64 },
    /// Takes all orders from the first to the last number back, in one message.
    Cancel { first: usize, last: usize },
    /// Puts so many small orders in and takes the ones before back.
    Stuff { count: usize, seed: u64 },
    /// Prints at the last price; the number ties pairs to one price.
    Print { side: Side, lots: i64, pair: Option<usize> },
}

/// An episode and the path by which it moves prices: (time, ticks away), linear in between.
pub struct Episode {
    pub from: i64,
    pub to: i64,
    path: Vec<(i64, f64)>,
}

impl Episode {
    fn moved(&self, at: i64) -> f64 {
        for pair in self.path.windows(2) {
            let [(t0, d0), (t1, d1)] = [pair[0], pair[1]];
            if (t0..t1).contains(&at) {
                return d0 + (d1 - d0) * (at - t0) as f64 / (t1 - t0) as f64;
            }
        }
        0.0
    }
}

pub struct Script {
    kind: Kind,
    deeds: Vec<(i64, Deed)>,
    pub episodes: Vec<Episode>,
}

fn between(stream: &mut Stream, low: f64, high: f64) -> f64 {
    low + (high - low) * stream.uniform()
}

fn seconds(value: f64) -> i64 {
    (value * SECOND as f64) as i64
}

/// Where an episode of this kind may lie: seconds of quiet before it, its length at most.
fn room(kind: Kind) -> (i64, i64) {
    match kind {
        Kind::Spoofing | Kind::Layering => (20, 22),
        Kind::QuoteStuffing => (20, 4),
        Kind::WashTrades => (240, 62),
        Kind::Coordination => (240, 42),
        Kind::MomentumIgnition => (900, 20),
        Kind::StopHunting => (900, 40),
    }
}

/// Seconds after its end in which an alert still is one of the episode.
fn grace(kind: Kind) -> i64 {
    match kind {
        Kind::MomentumIgnition => 30,
        Kind::StopHunting => 60,
        _ => 5,
    }
}

struct Last {
    times: Vec<i64>,
    ticks: Vec<i64>,
}

impl Last {
    fn of(tape: &Tape) -> Last {
        let mut it = Last { times: vec![], ticks: vec![] };
        for row in &tape.rows {
            if let Body::Trade { ticks, .. } = row.body {
                it.times.push(row.at);
                it.ticks.push(ticks);
            }
        }
        it
    }

    fn at(&self, at: i64) -> f64 {
        self.ticks[self.times.partition_point(|it| *it <= at).max(1) - 1] as f64
    }

    /// Root mean square of moves of five seconds in the half hour before.
    fn usual(&self, at: i64) -> f64 {
        let squares: f64 = (1..=360)
            .map(|i| self.at(at - (i - 1) * 5 * SECOND) - self.at(at - i * 5 * SECOND))
            .map(|it| it * it)
            .sum();
        (squares / 360.0).sqrt().max(1.0)
    }

    fn extremes(&self, from: i64, to: i64) -> (f64, f64) {
        let (a, b) =
            (self.times.partition_point(|it| *it < from), self.times.partition_point(|it| *it <= to));
        let of = &self.ticks[a..b];
        let low = of.iter().min().map_or(f64::NAN, |it| *it as f64);
        (low, of.iter().max().map_or(f64::NAN, |it| *it as f64))
    }
}

fn median_lots(tape: &Tape) -> f64 {
    let mut lots: Vec<i64> = tape
        .rows
        .iter()
        .filter_map(|it| if let Body::Trade { lots, .. } = it.body { Some(lots) } else { None })
        .collect();
    lots.sort_unstable();
    lots[lots.len() / 2] as f64
}

fn change_rate(tape: &Tape) -> f64 {
    let changes: usize = tape
        .rows
        .iter()
        .map(|it| match &it.body {
            Body::Depth { is_snapshot: false, levels } => levels.len(),
            _ => 0,
        })
        .sum();
    changes as f64 / (tape.hours() * 3600.0)
}

impl Script {
    /// Nothing is laid in.
    pub fn empty(kind: Kind) -> Script {
        Script { kind, deeds: vec![], episodes: vec![] }
    }

    /// Up to `most` episodes of a kind from a seed, one after the other with quiet before each.
    pub fn of(kind: Kind, tape: &Tape, seed: u64, most: usize) -> Script {
        let mut stream = Stream::named(seed, "episodes");
        let (last, lots, rate) = (Last::of(tape), median_lots(tape), change_rate(tape));
        let (quiet, length) = room(kind);
        let (begin, end) = tape.span();
        let mut script = Script::empty(kind);
        // The detectors learn first: for a minute, and a twentieth of a long stream.
        let mut at = begin + (70 * SECOND).max((end - begin) / 20);
        let slack = (end - at) / most as i64 - (quiet + length + grace(kind)) * SECOND;
        while script.episodes.len() < most {
            at += quiet * SECOND + seconds(stream.uniform() * (slack.max(0) as f64 / SECOND as f64));
            if at + (length + grace(kind)) * SECOND > end {
                break;
            }
            let side = if stream.uniform() < 0.5 { Side::Buy } else { Side::Sell };
            match kind {
                Kind::Spoofing => script.spoof(at, side, &mut stream),
                Kind::Layering => script.layer(at, side, &mut stream),
                Kind::QuoteStuffing => script.stuff(at, rate, &mut stream),
                Kind::WashTrades => script.wash(at, side, lots, &mut stream),
                Kind::Coordination => script.repeat(at, side, lots, &mut stream),
                Kind::MomentumIgnition => script.ignite(at, side, lots, &last, &mut stream),
                Kind::StopHunting => script.hunt(at, lots, &last, &mut stream),
            }
            at += length * SECOND;
        }
        script.deeds.sort_by_key(|it| it.0);
        script
    }

    fn end(&mut self, from: i64, to: i64, path: Vec<(i64, f64)>) {
        self.episodes.push(Episode { from, to, path });
    }

    fn spoof(&mut self, from: i64, side: Side, stream: &mut Stream) {
        let mut at = from;
        for _ in 0..4 + stream.below(5) {
            let (order, level) = (self.deeds.len(), 2 + stream.below(7) as usize);
            self.deeds.push((at, Deed::Place { order, side, level, share: between(stream, 1.0, 3.0) }));
            at += seconds(between(stream, 0.3, 2.0));
            self.deeds.push((at, Deed::Cancel { first: order, last: order }));
            at += seconds(between(stream, 0.2, 1.0));
        }
        self.end(from, at, vec![]);
    }

    fn layer(&mut self, from: i64, side: Side, stream: &mut Stream) {
        let mut at = from;
        for _ in 0..3 + stream.below(3) {
            let (first, count) = (self.deeds.len(), 5 + stream.below(4) as usize);
            for i in 0..count {
                let share = between(stream, 0.5, 1.0);
                self.deeds.push((at + i as i64, Deed::Place { order: first + i, side, level: 2 + i, share }));
            }
            at += seconds(between(stream, 0.5, 2.0));
            self.deeds.push((at, Deed::Cancel { first, last: first + count - 1 }));
            at += seconds(between(stream, 0.5, 2.0));
        }
        self.end(from, at, vec![]);
    }

    fn stuff(&mut self, from: i64, rate: f64, stream: &mut Stream) {
        let (times, length) = (between(stream, 4.0, 10.0), between(stream, 2.0, 4.0));
        let step = SECOND / 50;
        let count = (times * rate / 50.0 / 2.0).ceil() as usize;
        let to = from + seconds(length);
        let mut at = from;
        while at < to {
            self.deeds.push((at, Deed::Stuff { count, seed: stream.next_u64() }));
            at += step;
        }
        self.deeds.push((to, Deed::Stuff { count: 0, seed: 0 }));
        self.end(from, to, vec![]);
    }

    fn wash(&mut self, from: i64, mut side: Side, lots: f64, stream: &mut Stream) {
        let mut at = from;
        while at < from + 60 * SECOND {
            let lots = between(stream, 0.5 * lots, 20.0 * lots).ceil() as i64;
            let pair = Some(self.deeds.len());
            self.deeds.push((at, Deed::Print { side, lots, pair }));
            let later = at + seconds(between(stream, 0.05, 0.8));
            self.deeds.push((later, Deed::Print { side: side.opposite(), lots, pair }));
            side = if stream.uniform() < 0.5 { Side::Buy } else { Side::Sell };
            at += seconds(between(stream, 0.5, 3.0));
        }
        self.end(from, at, vec![]);
    }

    fn repeat(&mut self, from: i64, side: Side, lots: f64, stream: &mut Stream) {
        let lots = between(stream, 0.5 * lots, 20.0 * lots).ceil() as i64;
        let mut at = from;
        while at < from + 40 * SECOND {
            self.deeds.push((at, Deed::Print { side, lots, pair: None }));
            at += seconds(between(stream, 0.5, 3.0));
        }
        self.end(from, at, vec![]);
    }

    fn prints(&mut self, (from, to): (i64, i64), count: u64, side: Side, lots: f64, stream: &mut Stream) {
        for i in 0..count as i64 {
            let at = from + (to - from) * i / count as i64;
            let lots = between(stream, lots, 5.0 * lots).ceil() as i64;
            self.deeds.push((at, Deed::Print { side, lots, pair: None }));
        }
    }

    fn ignite(&mut self, from: i64, side: Side, lots: f64, last: &Last, stream: &mut Stream) {
        let far = side.sign() as f64 * between(stream, 4.0, 8.0) * last.usual(from);
        let top = from + 3 * SECOND;
        let to = top + seconds(between(stream, 5.0, 15.0));
        let count = 20 + stream.below(41);
        self.prints((from, top), count, side, lots, stream);
        self.end(from, to, vec![(from, 0.0), (top, far), (to, 0.0)]);
    }

    fn hunt(&mut self, from: i64, lots: f64, last: &Last, stream: &mut Stream) {
        let ((low, high), now) = (last.extremes(from - 300 * SECOND, from), last.at(from));
        let beyond = between(stream, 2.0, 5.0) * last.usual(from);
        let (side, far) = if high - now < now - low {
            (Side::Buy, high - now + beyond)
        } else {
            (Side::Sell, low - now - beyond)
        };
        let top = from + seconds(between(stream, 5.0, 10.0));
        let to = top + 2 * SECOND + seconds(between(stream, 10.0, 20.0));
        // Without the episode the price must have stayed inside, or it would be a break and no hunt.
        let (low_then, high_then) = last.extremes(from, to + 10 * SECOND);
        if !(far.is_finite() && low_then >= low && high_then <= high) {
            return;
        }
        self.prints((from, top), 50, side, lots, stream);
        self.end(from, to, vec![(from, 0.0), (top, far), (top + 2 * SECOND, far), (to, 0.0)]);
    }
}

/// Replays a stream with what a script lays into it.
pub fn play(tape: &Tape, script: &Script, mut each: impl FnMut(&Event<'_>)) {
    let mut player = Player::new(tape, LEVELS);
    let mut orders: Vec<Option<(Side, i64, i64)>> = Vec::new();
    let mut small: Vec<(Side, i64)> = Vec::new();
    let mut pairs: Vec<Option<i64>> = Vec::new();
    let (mut next, mut episode) = (0, 0);
    for row in &tape.rows {
        while let Some((at, deed)) = script.deeds.get(next).filter(|it| it.0 <= row.at) {
            next += 1;
            // Never before what has been seen.
            let at = (*at).max(player.last_at);
            act(&mut player, at, deed, script, (&mut orders, &mut small, &mut pairs), &mut each);
        }
        while script.episodes.get(episode).is_some_and(|it| it.to < row.at) {
            episode += 1;
        }
        let moved = script.episodes.get(episode).map_or(0.0, |it| it.moved(row.at));
        match &row.body {
            Body::Trade { ticks, lots, side } => {
                let print = player.trade(row.at, (*ticks + moved as i64).max(1), *lots, *side);
                player.last_trade = Some(*ticks);
                each(&print);
            }
            Body::Depth { is_snapshot, levels } => {
                player.begin();
                player.take(*is_snapshot, levels);
                each(&player.book(row.at));
            }
        }
    }
}

type Laid<'a> = (&'a mut Vec<Option<(Side, i64, i64)>>, &'a mut Vec<(Side, i64)>, &'a mut Vec<Option<i64>>);

fn act(
    player: &mut Player,
    at: i64,
    deed: &Deed,
    script: &Script,
    (orders, small, pairs): Laid<'_>,
    each: &mut impl FnMut(&Event<'_>),
) {
    player.begin();
    match deed {
        Deed::Place { order, side, level, share } => {
            let Some(ticks) = player.price(*side, *level) else { return };
            let lots = (share * player.largest(*side) as f64).ceil() as i64;
            player.lay(*side, ticks, lots);
            orders.resize(orders.len().max(order + 1), None);
            orders[*order] = Some((*side, ticks, lots));
        }
        Deed::Cancel { first, last } => {
            for it in orders.iter_mut().take(last + 1).skip(*first) {
                if let Some((side, ticks, lots)) = it.take() {
                    player.take_back(side, ticks, lots);
                }
            }
        }
        Deed::Stuff { count, seed } => {
            for (side, ticks) in small.drain(..) {
                player.take_back(side, ticks, 1);
            }
            let mut stream = Stream::named(*seed, "stuff");
            for _ in 0..*count {
                let side = if stream.uniform() < 0.5 { Side::Buy } else { Side::Sell };
                if let Some(ticks) = player.price(side, stream.below(LEVELS as u64) as usize) {
                    player.lay(side, ticks, 1);
                    small.push((side, ticks));
                }
            }
        }
        Deed::Print { side, lots, pair } => {
            let Some(ticks) = player.last_trade else { return };
            let moved = script.episodes.iter().map(|it| it.moved(at)).find(|it| *it != 0.0).unwrap_or(0.0);
            let mut ticks_now = (ticks + moved as i64).max(1);
            if let Some(pair) = pair {
                pairs.resize(pairs.len().max(pair + 1), None);
                ticks_now = *pairs[*pair].get_or_insert(ticks_now);
            }
            let print = player.trade(at, ticks_now, *lots, *side);
            player.last_trade = Some(ticks);
            each(&print);
            return;
        }
    }
    each(&player.book(at));
}

/// What one kind of alert was worth.
#[derive(Clone, Debug, Default)]
pub struct Score {
    pub episodes: u32,
    pub found: u32,
    /// Incidents with episodes laid in: alerts less than ten seconds apart are one.
    pub incidents: u32,
    pub right: u32,
    /// Seconds from the begin of an episode to its first alert.
    pub delays: Vec<f64>,
    /// Incidents on the stream as it was recorded, and its hours.
    pub false_alarms: u32,
    pub hours: f64,
    /// Seconds in which a level of warning or above stood on that stream.
    pub loud_seconds: f64,
}

impl Score {
    pub fn add(&mut self, other: &Score) {
        self.episodes += other.episodes;
        self.found += other.found;
        self.incidents += other.incidents;
        self.right += other.right;
        self.delays.extend(&other.delays);
        self.false_alarms += other.false_alarms;
        self.hours += other.hours;
        self.loud_seconds += other.loud_seconds;
    }

    pub fn recall(&self) -> f64 {
        f64::from(self.found) / f64::from(self.episodes.max(1))
    }

    pub fn precision(&self) -> f64 {
        f64::from(self.right) / f64::from(self.incidents.max(1))
    }

    pub fn median_delay(&self) -> f64 {
        let mut sorted = self.delays.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    pub fn alarms_per_hour(&self) -> f64 {
        f64::from(self.false_alarms) / self.hours
    }
}

/// The interval of Wilson (1927) for `k` of `n`, 95 %.
pub fn wilson(k: u32, n: u32) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let (n, z) = (f64::from(n), 1.959_963_984_540_054_f64);
    let p = f64::from(k) / n;
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

fn alerts(tape: &Tape, script: &Script) -> Vec<Alert> {
    let (mut watch, mut all) = (Watch::new(), Vec::new());
    let kind = script.kind;
    play(tape, script, |event| {
        let keep = |it: Alert| {
            if it.kind == kind && it.level >= WARNING {
                all.push(it);
            }
        };
        match event {
            Event::Trade(trade) => watch.on_trade(trade, keep),
            Event::Book(book) => watch.on_book(book, keep),
        }
    });
    all
}

/// Incidents as (first alert, last alert).
fn incidents(alerts: &[Alert]) -> Vec<(i64, i64)> {
    let mut all: Vec<(i64, i64)> = Vec::new();
    for it in alerts {
        match all.last_mut() {
            Some(last) if it.at < last.1 + 10 * SECOND => last.1 = it.at,
            _ => all.push((it.at, it.at)),
        }
    }
    all
}

/// The stream as it was recorded: everything found is counted as false, though some of it may be real.
pub fn untouched(kind: Kind, tape: &Tape) -> Score {
    let all = alerts(tape, &Script::empty(kind));
    // The first minute is silent.
    let hours = tape.hours() - 1.0 / 60.0;
    let loud_seconds = loud_seconds(kind, tape);
    Score { false_alarms: incidents(&all).len() as u32, hours, loud_seconds, ..Score::default() }
}

/// What a detector writes after each event: its time, level and score.
fn written(kind: Kind, tape: &Tape, script: &Script, mut each: impl FnMut(i64, f64, f64)) {
    let name = match kind {
        Kind::Spoofing => "SPOOFING",
        Kind::Layering => "LAYERING",
        Kind::QuoteStuffing => "QUOTE_STUFFING",
        Kind::WashTrades => "WASH_TRADES",
        Kind::Coordination => "COORDINATION",
        Kind::MomentumIgnition => "MOMENTUM_IGNITION",
        Kind::StopHunting => "STOP_HUNTING",
    };
    let mut built = flow::build(&Request::parse(name).unwrap()).unwrap();
    let mut out = vec![f64::NAN; built.spec.outputs.len()];
    play(tape, script, |event| {
        let at = match event {
            Event::Trade(it) => {
                built.measure.on_trade(it);
                it.at
            }
            Event::Book(it) => {
                built.measure.on_book(it);
                it.at
            }
        };
        built.measure.write(&mut out);
        each(at, out[0], out[1]);
    });
}

/// For how long a level of warning or above stands on the stream as it was recorded.
fn loud_seconds(kind: Kind, tape: &Tape) -> f64 {
    let (mut loud, mut before) = (0, None::<(i64, bool)>);
    written(kind, tape, &Script::empty(kind), |at, level, _| {
        if let Some((then, true)) = before {
            loud += (at - then).max(0);
        }
        before = Some((at, level >= f64::from(WARNING)));
    });
    loud as f64 / SECOND as f64
}

/// The best that a limit of this stream's own could give at so many alarms an hour.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hindsight {
    /// The score from which on the stream as recorded has no more alarms than that: chosen on all of it.
    pub limit: f64,
    /// Episodes that reach it.
    pub found: u32,
    pub episodes: u32,
}

/// What limits by the past of each instrument cannot pass: one that knows the whole stream without the episodes.
pub fn with_hindsight(kind: Kind, tape: &Tape, seeds: &[u64], most: usize, per_hour: f64) -> Hindsight {
    let scores = |script: &Script| {
        let mut all: Vec<(i64, f64)> = Vec::new();
        written(kind, tape, script, |at, _, score| {
            if score > 0.0 {
                all.push((at, score));
            }
        });
        all
    };
    let recorded = scores(&Script::empty(kind));
    let hours = tape.hours() - 1.0 / 60.0;
    let alarms = |limit: f64| {
        let mut last = i64::MIN / 2;
        let mut count = 0_u32;
        for (at, _) in recorded.iter().filter(|it| it.1 >= limit) {
            count += u32::from(*at >= last + 10 * SECOND);
            last = *at;
        }
        f64::from(count) / hours
    };
    let limits = (10..500).map(|it| f64::from(it) / 20.0);
    let limit = limits.into_iter().find(|it| alarms(*it) <= per_hour).unwrap_or(f64::INFINITY);
    let mut it = Hindsight { limit, ..Hindsight::default() };
    for &seed in seeds {
        let script = Script::of(kind, tape, seed, most);
        let reached: Vec<i64> =
            scores(&script).into_iter().filter(|it| it.1 >= limit).map(|it| it.0).collect();
        for episode in &script.episodes {
            let of = episode.from..=episode.to + grace(kind) * SECOND;
            it.episodes += 1;
            it.found += u32::from(reached.iter().any(|at| of.contains(at)));
        }
    }
    it
}

/// What each of some scores would give as a limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtLimit {
    /// Alarms an hour on the stream as recorded.
    pub per_hour: f64,
    /// Episodes that reach it.
    pub found: u32,
    pub episodes: u32,
}

/// For every one of `limits`, alarms and recall.
pub fn at_limits(kind: Kind, tape: &Tape, seeds: &[u64], most: usize, limits: &[f64]) -> Vec<AtLimit> {
    let scores = |script: &Script| {
        let mut all: Vec<(i64, f64)> = Vec::new();
        written(kind, tape, script, |at, _, score| {
            if score >= limits[0] {
                all.push((at, score));
            }
        });
        all
    };
    let recorded = scores(&Script::empty(kind));
    let hours = tape.hours() - 1.0 / 60.0;
    let mut all = vec![AtLimit::default(); limits.len()];
    for (it, &limit) in all.iter_mut().zip(limits) {
        let (mut last, mut count) = (i64::MIN / 2, 0_u32);
        for (at, _) in recorded.iter().filter(|it| it.1 >= limit) {
            count += u32::from(*at >= last + 10 * SECOND);
            last = *at;
        }
        it.per_hour = f64::from(count) / hours;
    }
    for &seed in seeds {
        let script = Script::of(kind, tape, seed, most);
        let reached = scores(&script);
        for episode in &script.episodes {
            let of = episode.from..=episode.to + grace(kind) * SECOND;
            let within = reached.iter().filter(|it| of.contains(&it.0));
            let best = within.map(|it| it.1).fold(0.0, f64::max);
            for (it, &limit) in all.iter_mut().zip(limits) {
                it.episodes += 1;
                it.found += u32::from(best >= limit);
            }
        }
    }
    all
}

/// With episodes of one seed laid in.
pub fn laid(kind: Kind, tape: &Tape, seed: u64, most: usize) -> Score {
    let script = Script::of(kind, tape, seed, most);
    let all = alerts(tape, &script);
    let is_of = |it: &Episode, at: i64| (it.from..=it.to + grace(kind) * SECOND).contains(&at);
    let mut score = Score { episodes: script.episodes.len() as u32, ..Score::default() };
    for (first, last) in incidents(&all) {
        score.incidents += 1;
        let is_right = script.episodes.iter().any(|it| is_of(it, first) || is_of(it, last));
        score.right += u32::from(is_right);
    }
    for it in &script.episodes {
        if let Some(alert) = all.iter().find(|alert| is_of(it, alert.at)) {
            score.found += 1;
            score.delays.push((alert.at - it.from) as f64 / SECOND as f64);
        }
    }
    score
}
