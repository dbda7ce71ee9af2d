//! Series from outside that rules read by a name: the values of a file, and the bars of another instrument of the run.
//!
//! No file is read here. Whoever builds a run reads those that [`With::file`] names and puts their values into the parameters
//! ([`With::fill`]); from there they go into the journal, so that a replay needs no file.

use super::reading::Scale;
use crate::parameters::{ParameterError, Setup};
use scalp_features::{Observation, Outside, Pipeline, Schema, Sources};
use scalp_types::{Bar, Instrument, InstrumentId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Most values of all files: they stand in the first record of the journal.
pub const VALUES_MAX: usize = 200_000;
/// Of more publications than these, between two events, those before are shown, as no more may wait.
const AT_ONCE: usize = 32;
/// Values of a series of another instrument's bars that wait until the rules' own time has come: of bars of a second for a day and
/// a half. Of more the oldest is passed over, never shown early.
const WAITING_MAX: usize = 131_072;
/// Of which so many have room from the start.
const WAITING_USUAL: usize = 64;
/// Columns of another instrument's bars, in the order of [`Scale::bar`].
const COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// A series as the parameters have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum With {
    /// As it was written: `NAME=FILE` with what may follow it (see `scalp features compute --with`), or `NAME=SYMBOL.close`.
    Written(String),
    /// The values of a file.
    Values(Values),
}

/// The values of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// The name by which rules read it.
    name: String,
    /// A value older than this, counted from its publication, is absent; nanoseconds.
    age_max: i64,
    /// See [`Outside::origin`].
    origin: String,
    /// Time, time of publication, and the bits of each value, in the order of their publication. A float would not come back from
    /// a text to the last bit.
    values: Vec<[i64; 3]>,
}

impl With {
    /// What was written, if it names a file that has not been read.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Written(text) if column_of(text).is_none() => Some(text),
            _ => None,
        }
    }

    /// Puts the values of the file in the place of its name. They stand in the order of their publication.
    pub fn fill(&mut self, name: String, age_max: i64, origin: String, values: &[Observation]) {
        let words = |it: &Observation| [it.event_at, it.published_at, it.value.to_bits().cast_signed()];
        *self = Self::Values(Values { name, age_max, origin, values: values.iter().map(words).collect() });
    }
}

/// The name, the instrument and the column of `NAME=SYMBOL.close`.
fn column_of(text: &str) -> Option<(&str, &str, usize)> {
    let (name, of) = text.split_once('=')?;
    let (symbol, column) = of.trim().rsplit_once('.')?;
    let place = COLUMNS.iter().position(|it| *it == column)?;
    Some((name.trim(), symbol.trim(), place))
}

/// Where the values of a series come from while a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Origin {
    File,
    Bars { of: InstrumentId, column: usize, scale: Scale },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Series {
    name: String,
    age_max: Option<i64>,
    /// See [`Outside::origin`].
    origin: String,
    from: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Value {
    series: usize,
    event_at: i64,
    published_at: i64,
    value: f64,
}

/// All series of a run, and how far they have been shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    series: Vec<Series>,
    /// Those of files in the order of their publication.
    values: Vec<Value>,
    next: usize,
    /// Those of bars of other instruments that have not been shown, in the order in which they were known.
    closed: VecDeque<Value>,
    /// Publications since the last were shown.
    waiting: usize,
}

impl Beside {
    /// Of the series that the parameters name, beside the rules' `own` instrument.
    pub fn build(all: &[With], setup: &Setup<'_>, own: &Instrument) -> Result<Self, ParameterError> {
        let mut beside = Self::default();
        for with in all {
            let series = match with {
                With::Written(text) => of_bars(text, setup, own)?,
                With::Values(it) => {
                    let series = beside.series.len();
                    beside.values.extend(it.values.iter().map(|&[event_at, published_at, bits]| {
                        let value = f64::from_bits(bits.cast_unsigned());
                        Value { series, event_at, published_at, value }
                    }));
                    let (name, origin) = (it.name.clone(), it.origin.clone());
                    Series { name, age_max: Some(it.age_max), origin, from: Origin::File }
                }
            };
            beside.series.push(series);
        }
        if beside.values.len() > VALUES_MAX {
            let expected =
                format!("at most {VALUES_MAX} of all files (another instrument of the run needs none)");
            return Err(ParameterError::new("with", format!("{} values", beside.values.len()), expected));
        }
        // Names that are columns, or none.
        let sources = Sources { outside: beside.sources(), ..Sources::market(1) };
        Schema::parse("close", &sources)
            .map_err(|e| ParameterError::new("with", "a list", format!("sound names: {e}")))?;
        // Of equal times in the order of the series.
        beside.values.sort_by_key(|it| it.published_at);
        if beside.reads_bars() {
            beside.closed.reserve(WAITING_USUAL);
        }
        Ok(beside)
    }

    /// Of series whose values are all there.
    pub fn of_files<'a>(all: impl Iterator<Item = (&'a Outside, &'a [Observation])>) -> Self {
        let mut beside = Self::default();
        for (series, (it, values)) in all.enumerate() {
            let (name, origin) = (it.name.clone(), it.origin.clone());
            beside.series.push(Series { name, age_max: it.age_max, origin, from: Origin::File });
            beside.values.extend(values.iter().map(|it| {
                let Observation { event_at, published_at, value } = *it;
                Value { series, event_at, published_at, value }
            }));
        }
        beside.values.sort_by_key(|it| it.published_at);
        beside
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Whether one is made of the bars of another instrument.
    #[must_use]
    pub fn reads_bars(&self) -> bool {
        self.series.iter().any(|it| matches!(it.from, Origin::Bars { .. }))
    }

    /// As the pipeline knows them.
    pub fn sources(&self) -> Vec<Outside> {
        let outside = |it: &Series| {
            let (name, origin) = (it.name.clone(), it.origin.clone());
            Outside { name, age_max: it.age_max, origin }
        };
        self.series.iter().map(outside).collect()
    }

    /// Shows what files published until `at`, and the bars of other instruments that were known by then, before the event of that
    /// time; how many values these are.
    #[inline]
    pub fn publish(&mut self, pipeline: &mut Pipeline, at: i64) -> u64 {
        let mut shown = 0;
        loop {
            let is_due = |it: &&Value| it.published_at <= at;
            let of_file = self.values.get(self.next).filter(is_due);
            let of_bar = self.closed.front().filter(is_due);
            let value = match (of_file, of_bar) {
                (Some(file), Some(bar)) if bar.published_at < file.published_at => self.closed.pop_front(),
                (Some(&file), _) => {
                    self.next += 1;
                    Some(file)
                }
                (None, Some(_)) => self.closed.pop_front(),
                (None, None) => None,
            };
            let Some(value) = value else { return shown };
            self.show(pipeline, value);
            shown += 1;
        }
    }

    /// Takes the closed bar of another instrument in, known when all of it had been heard. It waits until the rules' own time has
    /// come so far ([`Self::publish`]), which stands still while nothing comes of their own instrument: their bar ends at its end, and
    /// what was known later has no place in it.
    pub fn on_bar(&mut self, instrument: InstrumentId, bar: &Bar, known_at: Timestamp) {
        let (event_at, published_at) = (bar.open_at.nanos(), known_at.nanos());
        for (series, it) in self.series.iter().enumerate() {
            let Origin::Bars { of, column, scale } = it.from else { continue };
            if of == instrument {
                let behind = self.closed.iter().rev().take_while(|it| it.published_at > published_at).count();
                let value = scale.bar(bar)[column];
                let place = self.closed.len() - behind;
                self.closed.insert(place, Value { series, event_at, published_at, value });
            }
        }
        while self.closed.len() > WAITING_MAX * self.series.len() {
            self.closed.pop_front();
        }
    }

    fn show(&mut self, pipeline: &mut Pipeline, value: Value) {
        let Value { series, event_at, published_at, value } = value;
        if self.waiting == AT_ONCE {
            pipeline.publish_until(published_at);
            self.waiting = 0;
        }
        self.waiting += 1;
        // What is not a number, or was published before it happened, is not shown, by the pipeline's own rule.
        let _ = pipeline.on_outside(series, Observation { event_at, published_at, value });
    }
}

/// The series of `NAME=SYMBOL.close`.
fn of_bars(text: &str, setup: &Setup<'_>, own: &Instrument) -> Result<Series, ParameterError> {
    let refuse = |expected: String| Err(ParameterError::new("with", format!("{text:?}"), expected));
    let Some((name, symbol, column)) = column_of(text) else {
        return refuse("NAME=SYMBOL.close of another instrument, or NAME=FILE where files are read".into());
    };
    let of = match setup.instrument(Some(symbol)) {
        Ok(of) if of.id != own.id => of,
        Ok(_) => return refuse(format!("another instrument: {} is there by its own name", COLUMNS[column])),
        Err(e) => return refuse(format!("an instrument of the run: {}", e.expected)),
    };
    Ok(Series {
        name: name.to_owned(),
        age_max: None,
        origin: format!("{} of the bars of {symbol}", COLUMNS[column]),
        from: Origin::Bars { of: of.id, column, scale: Scale::of(of) },
    })
}

#[cfg(test)]
mod tests {
    use super::super::items::Items;
    use super::super::{Signal, SignalParameters};
    use super::*;
    use crate::fixtures::{Stage, instruments};
    use crate::strategy::{Configured, Strategy};
    use rust_decimal::Decimal;
    use scalp_market::Market;
    use scalp_types::{Level, MarketBody, MarketEvent, Price, Qty, Quote, Span, StateHash};

    const SECOND: i64 = 1_000_000_000;

    fn written(text: &str) -> With {
        With::Written(text.into())
    }

    fn filled(values: &[(i64, f64)]) -> With {
        let mut with = written("funding=funding.csv,age=1m");
        assert_eq!(with.file(), Some("funding=funding.csv,age=1m"));
        let observation = |&(at, value)| Observation { event_at: at, published_at: at + SECOND, value };
        with.fill(
            "funding".into(),
            5 * SECOND,
            "rate".into(),
            &values.iter().map(observation).collect::<Vec<_>>(),
        );
        with
    }

    fn parameters(rule: &str, with: Vec<With>) -> SignalParameters {
        SignalParameters {
            instrument: Some("A".into()),
            order_qty: Decimal::new(10, 3),
            enter_long: Some(rule.into()),
            exit_long: Some("close < 0".into()),
            enter_short: None,
            exit_short: None,
            with,
            expect_schema: None,
            stop_atr: 0.0,
            take_atr: 0.0,
            atr_bars: 14,
            outcome_bars: 0,
            outcome_half_life: 1.0,
        }
    }

    fn build(p: &SignalParameters) -> Result<Signal, String> {
        let setup = Setup { instruments: &instruments(&["A", "B"]), seed: 0, bars: &[] };
        Signal::build(p, &setup).map_err(|it| it.to_string())
    }

    #[test]
    fn rules_read_the_bars_of_another_instrument_as_they_had_closed_by_then() {
        let rule = "leader > 0 and CORR(close,leader,3) > -2 and LAG(amount,1) >= 0 and LAG(RATIO(close,leader),1) > 0";
        let with = vec![written("leader=B.close"), written("amount = v:B.volume")];
        let mut signal = build(&parameters(rule, with)).unwrap();
        assert_eq!(
            signal.items().texts()[..4],
            ["leader", "CORR(close,leader,3)", "LAG(amount,1)", "LAG(RATIO(close,leader),1)"]
        );
        let mut stage = Stage::new(&["A", "B"]);
        stage.bar(&mut signal, 0, 1_000);
        assert_eq!(signal.items().now()[..4], [None; 4]);
        let (closes, leaders) = ([1_010, 1_030, 1_000, 1_040], [500, 510, 490, 530]);
        let mut answers = 0;
        for (close, leader) in closes.into_iter().zip(leaders) {
            stage.bar(&mut signal, 1, leader);
            answers += stage.bar(&mut signal, 0, close).len();
            assert_eq!(signal.items().now()[0], Some(leader as f64 / 10.0));
        }
        assert_eq!(
            signal.items().now()[3],
            Some(100.0 / 49.0),
            "the ratio of the bar before, not of an old close and a new leader"
        );
        let mean = |x: [f64; 3]| x.iter().sum::<f64>() / 3.0;
        let (a, b) = ([103.0, 100.0, 104.0], [51.0, 49.0, 53.0]);
        let cov =
            |a: [f64; 3], b: [f64; 3]| (0..3).map(|at| (a[at] - mean(a)) * (b[at] - mean(b))).sum::<f64>();
        let want = cov(a, b) / (cov(a, a) * cov(b, b)).sqrt();
        assert!((signal.items().now()[1].unwrap() - want).abs() < 1e-9);
        assert!(answers > 0, "and the rule acts");
    }

    #[test]
    fn values_of_a_file_are_seen_from_their_publication_until_they_are_too_old_and_come_back_with_a_snapshot()
    {
        let values: Vec<(i64, f64)> =
            (0..200).map(|n| (n * SECOND / 7, 0.1 * n as f64)).chain([(40 * SECOND, 7.0)]).collect();
        let rule = "funding > 100 or LAG(funding,3) > 100 or SMA(RATIO(close,funding),4) < 0 or SMA(3,real=close) < 0 or back > 1e9";
        let p = parameters(rule, vec![filled(&values), written("back=B.low")]);
        // As it stands in a journal.
        let p: SignalParameters = serde_json::from_str(&serde_json::to_string(&p).unwrap()).unwrap();
        let mut whole = build(&p).unwrap();
        let (mut stage, mut seen, mut spoken) = (Stage::new(&["A", "B"]), Vec::new(), [0; 5]);
        let mut others: Vec<(Signal, Stage)> = Vec::new();
        for step in 0..50_i64 {
            if [0, 3, 20, 31, 41].contains(&step) {
                let back = postcard::from_bytes(&postcard::to_allocvec(&whole).unwrap()).unwrap();
                assert_eq!(whole, back, "put away at {step}");
                let mut other = Stage::new(&["A", "B"]);
                other.now = stage.now;
                others.push((back, other));
            }
            let of = usize::from(step % 3 == 1);
            let close = 1_000 + step * 7 % 13;
            stage.bar(&mut whole, of as u16, close);
            let digest = |it: &Signal| {
                let mut hash = StateHash::default();
                it.digest(&mut hash);
                hash
            };
            for (back, stage) in &mut others {
                stage.bar(back, of as u16, close);
                assert_eq!(digest(back), digest(&whole), "step {step}");
            }
            if of == 0 {
                let end = stage.now.nanos();
                let last = values
                    .iter()
                    .rfind(|it| it.0 + SECOND <= end)
                    .filter(|it| end - it.0 - SECOND <= 5 * SECOND);
                assert_eq!(whole.items().now()[0], last.map(|it| it.1), "step {step}");
                whole
                    .items()
                    .now()
                    .iter()
                    .zip(&mut spoken)
                    .for_each(|(it, count)| *count += i32::from(it.is_some()));
                seen.push(last.is_some());
            }
        }
        assert!(seen.contains(&true) && seen.contains(&false));
        assert!(spoken.iter().all(|it| *it > 3), "{spoken:?}");
    }

    /// Their own bar ends at its end however late it closes, as its instrument is quiet: what the other did meanwhile has no place
    /// in it, however much that is.
    #[test]
    fn bars_of_another_instrument_wait_until_the_own_time_has_come() {
        let instruments = instruments(&["A", "B"]);
        let setup = Setup { instruments: &instruments, seed: 0, bars: &[] };
        let own = instruments.get(InstrumentId(0));
        let mut beside = Beside::build(&[written("leader=B.close")], &setup, own).unwrap();
        let sources = Sources { outside: beside.sources(), ..Sources::market(1) };
        let schema = Schema::parse("leader, AGE(leader), LAG(leader,1), price", &sources).unwrap();
        let mut pipeline = Pipeline::new(&schema);
        let bar = |beside: &mut Beside, n: i64| {
            let (open_at, price) = (Timestamp::from_nanos(n * SECOND), Price::new(1_000 + n));
            let span = Span::from_secs(1);
            let qty = Qty::new(1);
            let bar = Bar {
                open_at,
                span,
                open: price,
                high: price,
                low: price,
                close: price,
                volume: qty,
                taker_buy: qty,
                trades: 1,
            };
            beside.on_bar(InstrumentId(1), &bar, open_at.saturating_add(span));
        };
        (0..9).for_each(|n| bar(&mut beside, n));
        // One of a third instrument, or a late one, may be known before those that wait.
        (11..6_000).chain([9, 10]).for_each(|n| bar(&mut beside, n));
        let mut seen = |n: i64, beside: &mut Beside| {
            beside.publish(&mut pipeline, (n + 1) * SECOND);
            let row =
                scalp_features::BarRow { open_at: n * SECOND, close_at: (n + 1) * SECOND, values: &[1.0; 5] };
            pipeline.on_bar(&row).unwrap();
            [0, 1, 2].map(|it| pipeline.get(it))
        };
        assert_eq!(seen(10, &mut beside), [101.0, 0.0, 100.9].map(Some));
        assert_eq!(seen(30, &mut beside), [103.0, 0.0, 102.9].map(Some));
        assert_eq!(seen(6_020, &mut beside), [699.9, 21.0, 699.8].map(Some));
        // More than may wait: the oldest are passed over, and nothing is shown early.
        let waiting = WAITING_MAX as i64;
        (7_000..7_010 + waiting).for_each(|n| bar(&mut beside, n));
        assert_eq!(seen(7_005, &mut beside)[0], Some(699.9));
        assert_eq!(seen(7_010, &mut beside)[0], Some(801.0));
    }

    /// Candles of the feed that arrive after their ends, quotes ten times a second beside them, and values as often.
    #[test]
    fn a_series_beside_late_candles_is_the_same_whether_the_book_is_read_or_not() {
        const TENTH: i64 = SECOND / 10;
        let instruments = instruments(&["A"]);
        let setup = Setup { instruments: &instruments, seed: 0, bars: &[] };
        let own = instruments.get(InstrumentId(0));
        let values: Vec<_> = (0..2_000).map(|n| (n * TENTH + 7 - SECOND, (n * n % 97) as f64)).collect();
        let items = |texts: &[&str]| {
            let beside = Beside::build(&[filled(&values)], &setup, own).unwrap();
            Items::build(texts.iter().map(|it| (*it).to_owned()).collect(), own, beside, None).unwrap()
        };
        let texts =
            ["funding", "LAG(funding,1)", "AGE(funding)", "CORR(close,funding,6)", "AGE(close@5s)", "mid"];
        let mut all = [items(&texts[..5]), items(&texts), items(&texts[..1])];
        let mut market = Market::new(&instruments);
        market.tell_changes(true);
        let at = Timestamp::from_nanos;
        let (mut newer, mut spoken) = (0, [0; 5]);
        for tick in 1..1_500 {
            let now = tick * TENTH;
            // It comes 50 to 950 milliseconds after its end.
            let n = tick / 10 - 1;
            if n >= 0 && tick % 10 == 1 + n * 7 % 9 {
                let (price, span) = (Price::new(1_000 + n * n % 13), Span::from_secs(1));
                let (open_at, qty) = (at(n * SECOND), Qty::new(1));
                let bar = Bar {
                    open_at,
                    span,
                    open: price,
                    high: price,
                    low: price,
                    close: price,
                    volume: qty,
                    taker_buy: qty,
                    trades: 1,
                };
                let event = MarketEvent {
                    instrument: InstrumentId(0),
                    exchange_at: open_at.saturating_add(span),
                    arrived_at: at(now - TENTH / 2),
                    body: MarketBody::Bar(bar),
                };
                market.on_event(&event);
                let [alone, beside_book, least] = &mut all;
                for it in [&mut *alone, beside_book, least] {
                    it.on_bar(&bar, market.state(InstrumentId(0)));
                    *it = postcard::from_bytes(&postcard::to_allocvec(it).unwrap()).unwrap();
                }
                assert_eq!(alone.now(), &beside_book.now()[..5], "bar {n}");
                assert_eq!(alone.now()[0], least.now()[0], "bar {n}");
                // The last quote was dated a tenth before.
                let heard = values[(tick - 2) as usize].1;
                assert_eq!(alone.now()[0], Some(heard), "bar {n}");
                newer += i32::from((heard - values[(n * 10 + 9) as usize].1).abs() > 0.5);
                let speaks = alone.now().iter().zip(&mut spoken);
                speaks.for_each(|(it, count)| *count += i32::from(it.is_some()));
            }
            let level = |price| Level { price: Price::new(price), qty: Qty::new(1) };
            let quote = Quote { id: 0, bid: level(1_000 + tick % 5), ask: level(1_010) };
            let body = MarketBody::Quote(quote);
            let event =
                MarketEvent { instrument: InstrumentId(0), exchange_at: at(now), arrived_at: at(now), body };
            market.on_event(&event);
            all[1].on_market(&event, market.state(InstrumentId(0)));
        }
        assert!(newer > 50 && spoken.iter().all(|it| *it > 100), "{newer} {spoken:?}");
    }

    /// A quote that the venue dates ten seconds ahead says nothing of what had been published when the candle came.
    #[test]
    fn no_series_is_read_beyond_the_arrival_of_a_candle() {
        const TENTH: i64 = SECOND / 10;
        let instruments = instruments(&["A"]);
        let setup = Setup { instruments: &instruments, seed: 0, bars: &[] };
        let own = instruments.get(InstrumentId(0));
        let values: Vec<_> = (0..200).map(|n| (n * TENTH - SECOND, n as f64)).collect();
        let beside = Beside::build(&[filled(&values)], &setup, own).unwrap();
        let mut items = Items::build(vec!["funding".to_owned()], own, beside, None).unwrap();
        let mut market = Market::new(&instruments);
        let at = Timestamp::from_nanos;
        let mut feed = |exchange_at, arrived_at, body| {
            let (exchange_at, arrived_at) = (at(exchange_at), at(arrived_at));
            market.on_event(&MarketEvent { instrument: InstrumentId(0), exchange_at, arrived_at, body });
        };
        let level = |price| Level { price: Price::new(price), qty: Qty::new(1) };
        feed(12 * SECOND, 2 * SECOND, MarketBody::Quote(Quote { id: 0, bid: level(9), ask: level(11) }));
        let (price, qty) = (Price::new(10), Qty::new(1));
        let bar = Bar {
            open_at: at(SECOND),
            span: Span::from_secs(1),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: qty,
            taker_buy: qty,
            trades: 1,
        };
        feed(2 * SECOND, 2 * SECOND + 3 * TENTH, MarketBody::Bar(bar));
        items.on_bar(&bar, market.state(InstrumentId(0)));
        assert_eq!(items.now()[0], Some(23.0));
    }

    #[test]
    fn what_is_no_series_is_refused_by_name() {
        let told = |rule: &str, with: &[&str]| {
            build(&parameters(rule, with.iter().map(|it| written(it)).collect())).unwrap_err()
        };
        for (with, want) in [
            ("leader=C.close", "an instrument of the run: one of v:A, v:B"),
            ("leader=A.close", "another instrument: close is there by its own name"),
            ("leader=near.csv", "NAME=FILE where files are read"),
            ("leader", "NAME=SYMBOL.close of another instrument"),
        ] {
            let error = told("leader > 0", &[with]);
            assert!(error.starts_with("strategy.with is") && error.contains(want), "{error}");
        }
        for (with, want) in [
            ("close=B.close", "named twice among the columns and series"),
            ("mid=B.close", "a column of trades or books has this name"),
            ("my leader=B.close", "expected a name of letters"),
        ] {
            let error = told("close > 0", &[with]);
            assert!(error.starts_with("strategy.with is") && error.contains(want), "{error}");
        }
        let given = r#"one is given as in with = ["follower=FILE"], or of another instrument of the run ["follower=SYMBOL.close"]"#;
        for (rule, with, want) in [
            (
                "follower > 0",
                &["leader=B.close", "amount=B.volume"][..],
                r#"unknown feature "follower": no series of this name is given (the series that are given are leader, amount); "#,
            ),
            (
                "LAG(follower.close, 2) > 0",
                &[],
                r#"unknown feature "follower": no series of this name is given (no series is given); "#,
            ),
        ] {
            let error = told(rule, with);
            assert!(error.contains(&format!("{want}{given}")), "{error}");
        }
        let near = told("laeder.volume > 0", &["leader=B.close"]);
        assert!(
            near.contains("(the series that are given are leader); did you mean leader?; one is"),
            "{near}"
        );
        assert!(near.contains(r#"["laeder=SYMBOL.volume"]"#), "{near}");
        let output = told("leader.close > 0", &["leader=B.close"]);
        assert!(output.contains("leader is a series of with, which is one value"), "{output}");
    }
}
