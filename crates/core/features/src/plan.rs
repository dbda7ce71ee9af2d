//! What a schema is built into: streams of columns, and nodes that step when one of their streams does. Values lie in one
//! row of slots; what is absent is not a number there, and nowhere else.

use crate::confluence::{GROUPS, Groups};
use crate::entry::{Moment, Point, SideOf};
use crate::measure::{Depth, Level, Measure, Print};
use crate::pair::Pair;
use crate::scale::Scaler;
use crate::state::{Plain, Saved, State};
use crate::window::{ABSENT, Ends, Window};
use scalp_indicators::patterns::{Bar, Signal};
use scalp_indicators::{Indicator, Schema as Columns};
use std::ops::Range;

/// The clock of what changes with every event.
pub(crate) const TIME: u64 = 1;
/// The clocks of the base bars, the trades and the book.
pub(crate) const BAR: u64 = 1 << 1;
pub(crate) const TRADE: u64 = 1 << 2;
pub(crate) const BOOK: u64 = 1 << 3;
/// The first clock of series from outside and of longer bars.
pub(crate) const FIRST_FREE: u32 = 4;
/// Most clocks.
pub(crate) const CLOCKS_MAX: u32 = 64;

/// What a stream brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Brings {
    Bars,
    Trades,
    Book,
    /// Bars of this length, made of the base bars.
    Longer(i64),
    /// The series of this place among those from outside.
    Outside(usize),
}

/// A row of columns that change together.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) brings: Brings,
    pub(crate) clock: u64,
    pub(crate) slot: usize,
    pub(crate) columns: Columns,
}

/// Something that is computed.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) work: Work,
    /// The slots that it reads; of an indicator on the columns of a stream, those whose values it needs.
    pub(crate) inputs: Box<[u32]>,
    pub(crate) clock: u64,
    /// Its first output.
    pub(crate) slot: usize,
    pub(crate) width: usize,
    /// How it is written in full.
    pub(crate) name: String,
    /// What its indicator was fed, where that is kept.
    pub(crate) tape: Option<Tape>,
}

/// Rows that are kept of what an indicator was fed.
pub(crate) const ROWS_MAX: usize = 1_000_000;

/// What an indicator was fed: its state cannot be written down, and all of that makes it again.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    width: usize,
    rows: Vec<f64>,
    is_cut: bool,
}

impl Tape {
    fn push(&mut self, row: &[f64]) {
        if self.has_room() {
            self.rows.extend_from_slice(row);
        }
    }

    /// A row without values, which is refused again when all is fed again.
    fn pass(&mut self) {
        if self.has_room() {
            self.rows.resize(self.rows.len() + self.width, ABSENT);
        }
    }

    /// Whether another row can be kept; if not, that one is left out is noted.
    fn has_room(&mut self) -> bool {
        if self.rows.is_empty() {
            // At once, so that no later row has to make room.
            self.rows.reserve_exact(ROWS_MAX * self.width);
        }
        self.is_cut |= self.rows.len() >= ROWS_MAX * self.width;
        !self.is_cut
    }
}

/// A row in which an input has no value: what tells rows by their number counts it, and it is kept where that is kept.
#[cold]
fn pass(indicator: &mut Indicator, tape: Option<&mut Tape>) {
    indicator.pass();
    if let Some(tape) = tape.filter(|_| indicator.spec().outputs.iter().any(|it| it.is_row)) {
        tape.pass();
    }
}

/// What a node does.
pub(crate) enum Work {
    /// Reads the row of the stream of this place.
    Direct(Indicator, usize),
    /// Reads a row of other nodes' values.
    Nested(Indicator, Box<[f64]>),
    Window(Window),
    Ends(Ends),
    Pair(Pair),
    Point(Point, [f64; 2]),
    Moment(Moment, i64),
    Side(SideOf, usize),
    Age,
    OnBar,
    Standard(Scaler),
    /// A chart pattern over high, low, close, and volume where there is one.
    Pattern(Box<Signal>),
    /// The groups of one timeframe, over open, high, low, close and volume.
    Groups(Box<Groups>),
    /// The groups of several timeframes together.
    Joint(Joint),
    /// With how it is fed.
    Measure(Box<dyn Measure>, Feed),
}

/// How a measure is fed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feed {
    /// Of trades and books.
    pub(crate) clocks: u64,
    /// Sizes as the venue counts them.
    pub(crate) is_written: bool,
    /// Whether it reads what messages of the book changed: it says nothing where none tells.
    pub(crate) reads_changes: bool,
    /// Whether one has told.
    pub(crate) is_told: bool,
    /// The outputs that rest on who took, a bit each.
    pub(crate) on_sides: u32,
}

impl Clone for Work {
    fn clone(&self) -> Work {
        match self {
            Work::Direct(it, stream) => Work::Direct(it.clone(), *stream),
            Work::Nested(it, row) => Work::Nested(it.clone(), row.clone()),
            Work::Window(it) => Work::Window(it.clone()),
            Work::Ends(it) => Work::Ends(it.clone()),
            Work::Pair(it) => Work::Pair(it.clone()),
            Work::Point(it, by) => Work::Point(*it, *by),
            Work::Moment(it, last) => Work::Moment(*it, *last),
            Work::Side(it, levels) => Work::Side(*it, *levels),
            Work::Age => Work::Age,
            Work::OnBar => Work::OnBar,
            Work::Standard(it) => Work::Standard(*it),
            Work::Pattern(it) => Work::Pattern(it.clone()),
            Work::Groups(it) => Work::Groups(it.clone()),
            Work::Joint(rule) => Work::Joint(*rule),
            Work::Measure(it, feed) => Work::Measure(it.boxed_clone(), *feed),
        }
    }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Work::Direct(..) => "indicator of a stream",
            Work::Nested(..) => "indicator of items",
            Work::Window(_) => "window",
            Work::Ends(_) => "ends",
            Work::Pair(_) => "pair",
            Work::Point(..) => "point",
            Work::Moment(..) => "moment",
            Work::Side(..) => "side of the book",
            Work::Age => "age",
            Work::OnBar => "on bar",
            Work::Standard(_) => "scaler",
            Work::Pattern(_) => "chart pattern",
            Work::Groups(_) => "groups of a timeframe",
            Work::Joint(_) => "confluence",
            Work::Measure(..) => "measure",
        })
    }
}

/// What a step knows beside the values.
pub(crate) struct Now<'a> {
    /// When it became known.
    pub(crate) at: i64,
    /// The time that the event bears: of a bar its start.
    pub(crate) stamp: i64,
    /// The same, but of a bar its end: until then what fades has faded. It may lie before `at`, which does not go back.
    pub(crate) until: i64,
    /// What ages are counted to: of a bar its end; of any other event the latest time heard of, which is the same whatever else is
    /// read.
    pub(crate) heard: i64,
    /// For each stream its row of slots.
    pub(crate) rows: &'a [Range<usize>],
    /// With sizes in units of base.
    pub(crate) trade: Option<&'a Print>,
    pub(crate) book: Option<&'a Depth<'a>>,
    /// The same with sizes as the venue counts them.
    pub(crate) written: (Option<&'a Print>, Option<&'a Depth<'a>>),
    /// Whether nothing is to be remembered.
    pub(crate) peek: bool,
}

impl Node {
    /// Computes the outputs from the values. `known` says for each slot when it had a value last, and is the smallest
    /// number before that.
    #[inline]
    pub(crate) fn step(&mut self, now: &Now<'_>, values: &mut [f64], known: &[i64]) {
        let slot = self.slot;
        let input = |at: usize| values[self.inputs[at] as usize];
        let answer = match &mut self.work {
            Work::Direct(indicator, stream) => {
                let whole = self.inputs.iter().all(|&it| values[it as usize].is_finite());
                let row = now.rows[*stream].clone();
                let said = match (whole, now.peek) {
                    (false, true) => None,
                    (false, false) => {
                        pass(indicator, self.tape.as_mut());
                        None
                    }
                    (true, false) => {
                        if let Some(tape) = &mut self.tape {
                            tape.push(&values[row.clone()]);
                        }
                        indicator.push(&values[row]).ok()
                    }
                    (true, true) => indicator.peek(&values[row]).ok(),
                };
                return write(said, &mut values[slot..slot + self.width]);
            }
            Work::Nested(indicator, row) => {
                let mut whole = true;
                for (to, &from) in row.iter_mut().zip(&self.inputs) {
                    *to = values[from as usize];
                    whole &= to.is_finite();
                }
                let said = match (whole, now.peek) {
                    (false, true) => None,
                    (false, false) => {
                        pass(indicator, self.tape.as_mut());
                        None
                    }
                    (true, false) => {
                        if let Some(tape) = &mut self.tape {
                            tape.push(row);
                        }
                        indicator.push(row).ok()
                    }
                    (true, true) => indicator.peek(row).ok(),
                };
                return write(said, &mut values[slot..slot + self.width]);
            }
            Work::Measure(_, feed) if feed.reads_changes && !feed.is_told => {
                return values[slot..slot + self.width].fill(ABSENT);
            }
            Work::Measure(measure, _) => {
                return measure.write_at(now.until, &mut values[slot..slot + self.width]);
            }
            Work::Moment(moment, last) => {
                let minute = now.stamp.div_euclid(60_000_000_000);
                if minute == *last {
                    return;
                }
                *last = if now.peek { i64::MIN } else { minute };
                moment.of(minute)
            }
            Work::Window(it) => match input(0) {
                x if !x.is_finite() => ABSENT,
                x if now.peek => it.peek(x),
                x => it.push(x),
            },
            Work::Ends(it) => match input(0) {
                x if !x.is_finite() => ABSENT,
                x if now.peek => it.peek(x),
                x => it.push(x),
            },
            Work::Pair(it) => match (input(0), input(1)) {
                (a, b) if !(a.is_finite() && b.is_finite()) => ABSENT,
                (a, b) if now.peek => it.peek(a, b),
                (a, b) => it.push(a, b),
            },
            Work::Standard(it) => match input(0) {
                x if !x.is_finite() => ABSENT,
                x if now.peek => it.scaled(x).unwrap_or(ABSENT),
                x => it.step(x),
            },
            Work::Pattern(signal) => {
                let volume = if self.inputs.len() > 3 { input(3) } else { 0.0 };
                let bar = Bar { high: input(0), low: input(1), close: input(2), volume };
                let told = if now.peek {
                    let mut tried = signal.as_ref().clone();
                    tried.push(&bar).map(|_| tried.told())
                } else {
                    signal.push(&bar).map(|_| signal.told())
                };
                let told = told.unwrap_or_default().map(|it| it.unwrap_or(ABSENT));
                values[slot..slot + told.len()].copy_from_slice(&told);
                return;
            }
            Work::Groups(groups) => {
                let row = std::array::from_fn(input);
                let said = if now.peek { groups.as_ref().clone().push(&row) } else { groups.push(&row) };
                let said = said.ok().flatten().unwrap_or([ABSENT; GROUPS]);
                values[slot..slot + GROUPS].copy_from_slice(&said);
                return;
            }
            Work::Joint(rule) => {
                let said = rule.said(&self.inputs, values);
                values[slot..slot + JOINT_OUTPUTS.len()].copy_from_slice(&said);
                return;
            }
            Work::Point(point, by) => {
                let b = if self.inputs.len() > 1 { input(1) } else { ABSENT };
                point.of(input(0), b, *by)
            }
            Work::OnBar => input(0),
            Work::Age => match known[self.inputs[0] as usize] {
                i64::MIN => ABSENT,
                // Of a bar, what has been fed beyond it was known before the row is.
                known => now.heard.saturating_sub(known).max(0) as f64 / 1e9,
            },
            Work::Side(side, levels) => now.book.map_or(ABSENT, |book| side.of(book, *levels)),
        };
        values[slot] = answer;
    }

    /// Shows a measure the event, whether or not it speaks because of it.
    #[inline]
    pub(crate) fn feed(&mut self, now: &Now<'_>) {
        if let Work::Measure(measure, feed) = &mut self.work {
            let (trade, book) = if feed.is_written { now.written } else { (now.trade, now.book) };
            if let Some(trade) = trade.filter(|_| feed.clocks & TRADE != 0) {
                measure.on_trade(trade);
            }
            if let Some(book) = book.filter(|_| feed.clocks & BOOK != 0) {
                feed.is_told |= !book.changes.is_empty();
                measure.on_book(book);
            }
        }
    }

    /// What wakes it.
    pub(crate) fn wakes(&self) -> u64 {
        match self.work {
            Work::Measure(_, feed) => self.clock | feed.clocks,
            _ => self.clock,
        }
    }

    /// Keeps what its indicator is fed from now on.
    pub(crate) fn keep(&mut self, rows: &[Range<usize>]) {
        let width = match &self.work {
            Work::Direct(_, stream) => rows[*stream].len(),
            Work::Nested(_, row) => row.len(),
            _ => return,
        };
        self.tape = Some(Tape { width, rows: Vec::new(), is_cut: false });
    }

    /// Whether its indicator has been fed more than is kept.
    pub(crate) fn is_cut(&self) -> bool {
        self.tape.as_ref().is_some_and(|it| it.is_cut)
    }

    pub(crate) fn reset(&mut self) {
        if let Some(tape) = &mut self.tape {
            tape.rows.clear();
            tape.is_cut = false;
        }
        match &mut self.work {
            Work::Direct(it, _) | Work::Nested(it, _) => it.reset(),
            Work::Window(it) => it.reset(),
            Work::Ends(it) => it.reset(),
            Work::Pair(it) => it.reset(),
            Work::Standard(it) => it.reset(),
            Work::Measure(it, feed) => {
                feed.is_told = false;
                it.reset();
            }
            Work::Moment(_, last) => *last = i64::MIN,
            Work::Pattern(it) => it.reset(),
            Work::Groups(it) => it.reset(),
            Work::Joint(_) | Work::Point(..) | Work::Side(..) | Work::Age | Work::OnBar => {}
        }
    }
}

/// Indicators and what is built of them are made again: of what they were fed where that is kept, else by whoever loads, from
/// the bars.
impl State for Node {
    fn save(&self, to: &mut Vec<u8>) {
        match &self.work {
            Work::Direct(..) | Work::Nested(..) => {
                let rows = self.tape.as_ref().map_or(&[][..], |it| &it.rows);
                rows.save(to);
            }
            Work::Window(it) => it.save(to),
            Work::Ends(it) => it.save(to),
            Work::Pair(it) => it.save(to),
            Work::Moment(_, last) => last.save(to),
            Work::Standard(it) => it.save(to),
            Work::Measure(it, feed) => {
                feed.is_told.save(to);
                it.save(to);
            }
            Work::Pattern(_) | Work::Groups(_) => {}
            Work::Joint(_) | Work::Point(..) | Work::Side(..) | Work::Age | Work::OnBar => {}
        }
    }

    fn load(&mut self, from: &mut Saved<'_>) {
        let Self { work, tape, .. } = self;
        let indicator = match work {
            Work::Direct(it, _) | Work::Nested(it, _) => it,
            Work::Window(it) => return it.load(from),
            Work::Ends(it) => return it.load(from),
            Work::Pair(it) => return it.load(from),
            Work::Moment(_, last) => return last.load(from),
            Work::Standard(it) => return it.load(from),
            Work::Measure(it, feed) => {
                feed.is_told.load(from);
                return it.load(from);
            }
            Work::Pattern(_) | Work::Groups(_) => return,
            Work::Joint(_) | Work::Point(..) | Work::Side(..) | Work::Age | Work::OnBar => return,
        };
        let count = usize::take(from);
        let Some(tape) = tape.as_mut().filter(|it| count <= ROWS_MAX * it.width && count % it.width == 0)
        else {
            return if count > 0 {
                from.refuse()
            };
        };
        tape.rows.clear();
        indicator.reset();
        let mut row = vec![0.0; tape.width];
        for _ in 0..count / tape.width {
            row.iter_mut().for_each(|it| *it = f64::take(from));
            tape.push(&row);
            // What was refused then is refused again.
            let _ = indicator.push(&row);
        }
    }
}

/// The outputs of [`Work::Joint`]: the groups, what they make together, and the strength of each timeframe.
pub(crate) const JOINT_OUTPUTS: &[&str] = &[
    "trend",
    "momentum",
    "volatility",
    "volume",
    "patterns",
    "score",
    "aligned",
    "side",
    "short",
    "middle",
    "long",
];

/// How timeframes are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Joint {
    /// The score from which on there is a side.
    pub(crate) threshold: f64,
    /// What each timeframe weighs.
    pub(crate) weights: [f64; 3],
}

impl Joint {
    /// The means of the groups over the timeframes by weight, and the strength of each; absent while one of them is.
    fn said(&self, inputs: &[u32], values: &[f64]) -> [f64; JOINT_OUTPUTS.len()] {
        let (mut said, mut up, mut down) = ([0.0; JOINT_OUTPUTS.len()], true, true);
        for (place, (frame, weight)) in inputs.chunks(GROUPS).zip(self.weights).enumerate() {
            let groups: [f64; GROUPS] = std::array::from_fn(|at| values[frame[at] as usize]);
            let [trend, momentum, _, volume, patterns] = groups;
            let strength = (trend + momentum + volume + patterns) / 4.0;
            if !strength.is_finite() {
                return [ABSENT; JOINT_OUTPUTS.len()];
            }
            said.iter_mut().zip(groups).for_each(|(to, it)| *to += weight * it);
            said[GROUPS] += weight * strength;
            said[GROUPS + 3 + place] = strength;
            up &= strength > 0.0;
            down &= strength < 0.0;
        }
        let all: f64 = self.weights.iter().sum();
        said[..=GROUPS].iter_mut().for_each(|it| *it /= all);
        let score = said[GROUPS];
        said[GROUPS + 1] = f64::from(up || down);
        said[GROUPS + 2] = if score != 0.0 && score.abs() >= self.threshold { score.signum() } else { 0.0 };
        said
    }
}

#[inline]
fn write(said: Option<scalp_indicators::Answer<'_>>, out: &mut [f64]) {
    match said {
        Some(answer) => {
            for (place, to) in out.iter_mut().enumerate() {
                *to = answer.get(place).unwrap_or(ABSENT);
            }
        }
        None => out.fill(ABSENT),
    }
}

impl Point {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "over a column the kind is known, and nothing is left to ask")]
    pub(crate) fn of(self, a: f64, b: f64, by: [f64; 2]) -> f64 {
        let answer = match self {
            Point::Ratio => a / b,
            Point::Delta => a - b,
            Point::Product => a * b,
            Point::Abs => a.abs(),
            Point::Sign if a == 0.0 => 0.0,
            Point::Sign if a.is_finite() => a.signum(),
            Point::Sign => ABSENT,
            Point::Clip => a.max(by[0]).min(by[1]) + 0.0 * a,
            Point::Fill => return if a.is_finite() { a } else { by[0] },
            Point::Missing => return f64::from(!a.is_finite()),
        };
        if answer.is_finite() { answer } else { ABSENT }
    }
}

impl Moment {
    /// Of a minute since 1970.
    pub(crate) fn of(self, minute: i64) -> f64 {
        let minute_of_hour = minute.rem_euclid(60) as f64;
        let hour = minute.div_euclid(60).rem_euclid(24) as f64;
        // 1970 began on a Thursday.
        let day = (minute.div_euclid(1440) + 3).rem_euclid(7) as f64;
        let turn = |part: f64, whole: f64| 2.0 * std::f64::consts::PI * part / whole;
        match self {
            Moment::Hour => hour,
            Moment::HourSin => libm::sin(turn(hour, 24.0)),
            Moment::HourCos => libm::cos(turn(hour, 24.0)),
            Moment::Minute => minute_of_hour,
            Moment::MinuteSin => libm::sin(turn(minute_of_hour, 60.0)),
            Moment::MinuteCos => libm::cos(turn(minute_of_hour, 60.0)),
            Moment::Day => day,
            Moment::DaySin => libm::sin(turn(day, 7.0)),
            Moment::DayCos => libm::cos(turn(day, 7.0)),
        }
    }
}

impl SideOf {
    /// Absent where a side has no level.
    fn of(self, book: &Depth<'_>, levels: usize) -> f64 {
        let best = |side: &[Level]| {
            let side = &side[..side.len().min(levels)];
            let size: f64 = side.iter().map(|it| it.size).sum();
            let value: f64 = side.iter().map(|it| it.price * it.size).sum();
            (if side.is_empty() { ABSENT } else { size }, value)
        };
        let answer = match self {
            SideOf::BidTotal => best(book.bids).0,
            SideOf::AskTotal => best(book.asks).0,
            SideOf::BidVwap => vwap(best(book.bids)),
            SideOf::AskVwap => vwap(best(book.asks)),
            SideOf::Imbalance => {
                let (bid, ask) = (best(book.bids).0, best(book.asks).0);
                (bid - ask) / (bid + ask)
            }
        };
        if answer.is_finite() { answer } else { ABSENT }
    }
}

fn vwap((size, value): (f64, f64)) -> f64 {
    value / size
}
