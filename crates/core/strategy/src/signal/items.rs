//! The features that rules read: a list of texts built once, a closed bar in, a value or silence for each.
//!
//! This is the one file that knows who computes features. Today these are the columns of a bar, the indicators and the
//! patterns of `scalp-indicators`, over the closed bars of one instrument.
//!
//! An indicator cannot be written down, and a recursive one depends on every bar before. So the bars themselves are kept, up to
//! [`BARS_MAX`], and put away with the strategy; what comes back takes them in again and is the same to the last bit. After more
//! bars than that everything goes on, but putting the strategy away is refused.

use crate::sizing::PriceScale;
use scalp_indicators::patterns::{self, table};
use scalp_indicators::{Error, Indicator, Request, Schema, Set, catalogue, nearest};
use scalp_types::{Bar, Instrument, Price, Qty, StateHash};
use serde::{Deserialize, Serialize, Serializer};

/// A strategy that has seen more bars cannot be put away: 40 bytes each are kept until then.
pub const BARS_MAX: usize = 1_000_000;

const COLUMNS: [&str; 5] = ["open", "high", "low", "close", "volume"];
const HIGH: usize = 1;
const LOW: usize = 2;
const CLOSE: usize = 3;
const VOLUME: usize = 4;

/// Exact becomes belief: prices in quote coins, volume in units of the instrument.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Scale {
    price: PriceScale,
    lot: f64,
    lots: f64,
}

impl Scale {
    fn of(instrument: &Instrument) -> Self {
        let lot = instrument.spec.lot.normalize();
        let lots = (0..lot.scale()).fold(1.0, |power, _| power * 10.0);
        Self { price: PriceScale::of(instrument), lot: lot.mantissa() as f64, lots }
    }

    fn row(&self, bar: &Kept) -> [f64; 5] {
        let [open, high, low, close] = bar.prices.map(|it| self.price.to_f64(it));
        [open, high, low, close, bar.volume.get() as f64 * self.lot / self.lots]
    }
}

/// A bar as it is kept: open, high, low, close, and volume.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Kept {
    prices: [Price; 4],
    volume: Qty,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Column(usize),
    Indicator(usize),
    Pattern(usize),
}

/// The features of a list, and what they said of the last two bars.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Items {
    texts: Vec<String>,
    scale: Scale,
    sources: Vec<Source>,
    set: Option<Set>,
    said: Vec<Option<f64>>,
    patterns: Vec<patterns::Signal>,
    now: Vec<Option<f64>>,
    before: Vec<Option<f64>>,
    bars: u64,
    path: StateHash,
    kept: Vec<Kept>,
}

/// A feature that cannot be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbuilt {
    /// Its place in the list.
    pub place: usize,
    /// Why.
    pub why: String,
}

impl Items {
    /// Builds the features that `texts` name, for the bars of `instrument`.
    pub fn build(texts: Vec<String>, instrument: &Instrument) -> Result<Self, Unbuilt> {
        Self::with_scale(texts, Scale::of(instrument))
    }

    fn with_scale(texts: Vec<String>, scale: Scale) -> Result<Self, Unbuilt> {
        let schema = Schema::ohlcv();
        let (mut sources, mut indicators, mut built) = (Vec::new(), Vec::new(), Vec::new());
        for (place, text) in texts.iter().enumerate() {
            let source = match COLUMNS.iter().position(|it| it == text) {
                Some(column) => Source::Column(column),
                None => match one(text, &schema).map_err(|why| Unbuilt { place, why })? {
                    Some(pattern) => {
                        built.push(pattern);
                        Source::Pattern(built.len() - 1)
                    }
                    None => {
                        indicators.push(text.as_str());
                        Source::Indicator(indicators.len() - 1)
                    }
                },
            };
            sources.push(source);
        }
        let set = (!indicators.is_empty()).then(|| Set::parse(&indicators.join(", "), &schema)).transpose();
        let set = set.map_err(|error| Unbuilt { place: 0, why: error.to_string() })?;
        let silent = vec![None; texts.len()];
        Ok(Self {
            said: Vec::with_capacity(indicators.len()),
            sources,
            set,
            patterns: built,
            now: silent.clone(),
            before: silent,
            bars: 0,
            path: StateHash::default(),
            kept: Vec::new(),
            scale,
            texts,
        })
    }

    /// Takes a closed bar in. Bars in which a feature cannot be computed leave it silent.
    pub fn push(&mut self, bar: &Bar) {
        let bar = Kept { prices: [bar.open, bar.high, bar.low, bar.close], volume: bar.volume };
        if self.kept.is_empty() {
            // At once, so that no later bar has to make room.
            self.kept.reserve_exact(BARS_MAX);
        }
        if self.kept.len() < BARS_MAX {
            self.kept.push(bar);
        }
        self.take_in(&bar);
    }

    fn take_in(&mut self, bar: &Kept) {
        self.bars += 1;
        bar.prices.iter().for_each(|it| self.path.absorb_signed(it.get()));
        self.path.absorb_signed(bar.volume.get());
        let row = self.scale.row(bar);
        std::mem::swap(&mut self.now, &mut self.before);
        if let Some(set) = &mut self.set {
            // Numbers that were integers are finite; what else is refused is silent already.
            let _ = set.push(&row, &mut self.said);
        }
        let shape = patterns::Bar { high: row[HIGH], low: row[LOW], close: row[CLOSE], volume: row[VOLUME] };
        for (value, source) in self.now.iter_mut().zip(&self.sources) {
            *value = match *source {
                Source::Column(column) => Some(row[column]),
                Source::Indicator(place) => self.said.get(place).copied().flatten(),
                Source::Pattern(place) => self.patterns[place].push(&shape).ok().flatten(),
            };
        }
    }

    /// The text of each feature.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// What each said of the last bar; `None` while it is warming up, and where its formula has no finite value.
    pub fn now(&self) -> &[Option<f64>] {
        &self.now
    }

    /// The same of the bar before.
    pub fn before(&self) -> &[Option<f64>] {
        &self.before
    }

    /// How many bars have been taken in.
    pub const fn bars(&self) -> u64 {
        self.bars
    }

    /// Folds all bars so far, and what they made of the features, into a rolling hash.
    pub fn digest(&self, hash: &mut StateHash) {
        hash.absorb(self.bars);
        hash.absorb(self.path.get());
        for value in self.now.iter().chain(&self.before) {
            hash.absorb(value.map_or(u64::MAX, f64::to_bits));
        }
    }
}

/// Checks that `text` is one value: a pattern, or `None` for an indicator.
fn one(text: &str, schema: &Schema) -> Result<Option<patterns::Signal>, String> {
    if text.contains('@') {
        return Err("a timeframe after @ is not there yet: features read the bars of the run".to_owned());
    }
    let request = Request::parse(text).map_err(|error| match error {
        Error::Syntax { item, .. } if item.matches('(').count() > 1 => {
            format!("a feature of a feature ({item}) is not there yet: an argument is a number or a column")
        }
        other => other.to_string(),
    })?;
    if table().iter().any(|it| it.name.eq_ignore_ascii_case(&request.name)) {
        return patterns::Signal::build(&request).map(Some).map_err(|error| error.to_string());
    }
    let indicator = Indicator::build(&request, schema).map_err(|error| match error {
        Error::UnknownIndicator { name, .. } => format!("unknown feature {name:?}{}", near(&name)),
        other => other.to_string(),
    })?;
    let outputs = &indicator.spec().outputs;
    if request.output.is_none() && outputs.len() > 1 {
        let names: Vec<&str> = outputs.iter().map(|it| it.name.as_str()).collect();
        return Err(format!(
            "{text} has several outputs: name one of {} after a full stop",
            names.join(", ")
        ));
    }
    Ok(None)
}

/// The name that may have been meant.
fn near(name: &str) -> impl std::fmt::Display {
    let indicators = catalogue().iter().map(|it| it.name);
    let patterns = table().iter().map(|it| it.name);
    nearest(name, indicators.chain(patterns).chain(COLUMNS).chain(super::parse::CROSSINGS))
}

/// What was built from the same texts and has seen the same bars is the same.
impl PartialEq for Items {
    fn eq(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.bars, it.path, it.scale);
        of(self) == of(other) && self.texts == other.texts && self.kept == other.kept
    }
}

/// As it is put away.
#[derive(Deserialize)]
struct Stored {
    texts: Vec<String>,
    scale: Scale,
    kept: Vec<Kept>,
}

impl Serialize for Items {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Lent<'a> {
            texts: &'a [String],
            scale: Scale,
            kept: &'a [Kept],
        }
        if self.bars > self.kept.len() as u64 {
            return Err(serde::ser::Error::custom(format!(
                "the strategy signal has seen {} bars and can be put away with {BARS_MAX} at most; replay the run from the \
                 start of its journal",
                self.bars
            )));
        }
        Lent { texts: &self.texts, scale: self.scale, kept: &self.kept }.serialize(serializer)
    }
}

impl TryFrom<Stored> for Items {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        if stored.kept.len() > BARS_MAX {
            return Err(format!("at most {BARS_MAX} bars are kept, got {}", stored.kept.len()));
        }
        let mut items = Self::with_scale(stored.texts, stored.scale).map_err(|it| it.why)?;
        items.kept.reserve_exact(BARS_MAX);
        for bar in &stored.kept {
            items.kept.push(*bar);
            items.take_in(bar);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::instrument;
    use scalp_types::{Span, Timestamp};

    fn bar(step: i64) -> Bar {
        let close = 600_000 + (step * step * 37) % 9_000 - step % 7 * 300;
        Bar {
            open_at: Timestamp::from_nanos(step),
            span: Span::ZERO,
            open: Price::new(close - 100),
            high: Price::new(close + 200),
            low: Price::new(close - 300),
            close: Price::new(close),
            volume: Qty::new(1 + step % 11),
            taker_buy: Qty::ZERO,
            trades: 1,
        }
    }

    fn items(texts: &[&str]) -> Items {
        let texts = texts.iter().map(|it| (*it).to_owned()).collect();
        Items::build(texts, &instrument("0.1", "0.001")).unwrap()
    }

    #[test]
    fn each_feature_says_what_it_says_alone() {
        let texts = [
            "close",
            "RSI(14)",
            "volume",
            "DOUBLE_TOP(swing=fractal,size=2)",
            "BBANDS(20,2,2,0).upperband",
            "rsi(14)",
        ];
        let mut items = items(&texts);
        let schema = Schema::ohlcv();
        let mut set = Set::parse("RSI(14), BBANDS(20,2,2,0).upperband", &schema).unwrap();
        let mut pattern = patterns::Signal::parse(texts[3]).unwrap();
        let (mut out, mut before, mut spoken) = (Vec::new(), vec![None; 6], [0; 6]);
        for step in 0..400 {
            let it = bar(step);
            // Decimal texts become the floats nearest to them.
            let value = |ticks: i64| format!("{}.{}", ticks / 10, ticks % 10).parse::<f64>().unwrap();
            let [open, high, low, close] = [it.open, it.high, it.low, it.close].map(|it| value(it.get()));
            let volume = format!("0.{:03}", it.volume.get()).parse::<f64>().unwrap();
            set.push(&[open, high, low, close, volume], &mut out).unwrap();
            let shape = patterns::Bar { high, low, close, volume };
            let said = pattern.push(&shape).unwrap();
            items.push(&it);
            assert_eq!(items.now(), [Some(close), out[0], Some(volume), said, out[1], out[0]]);
            assert_eq!(items.before(), before);
            before = items.now().to_vec();
            before.iter().zip(&mut spoken).for_each(|(it, count)| *count += u32::from(it.is_some()));
        }
        assert_eq!(items.bars(), 400);
        assert!(spoken.iter().all(|it| *it > 300), "{spoken:?}");
    }

    #[test]
    fn beyond_the_bars_that_are_kept_it_goes_on_and_is_not_put_away() {
        let mut items = items(&["close"]);
        for step in 0..BARS_MAX as i64 {
            items.push(&bar(step % 1_000));
        }
        assert!(postcard::to_allocvec(&items).is_ok(), "full, and whole");
        items.push(&bar(3));
        assert_eq!((items.bars(), items.now()[0]), (1_000_001, Some(bar(3).close.get() as f64 / 10.0)));
        let refused = serde_json::to_string(&items).unwrap_err().to_string();
        assert!(refused.contains("has seen 1000001 bars") && refused.contains("replay the run"), "{refused}");
    }

    #[test]
    fn what_was_put_away_and_damaged_is_refused() {
        let text = serde_json::to_string(&items(&["RSI(14)"])).unwrap();
        assert!(serde_json::from_str::<Items>(&text).is_ok());
        let damaged = serde_json::from_str::<Items>(&text.replace("RSI", "XYZ")).unwrap_err().to_string();
        assert!(damaged.contains("unknown feature"), "{damaged}");
    }
}
