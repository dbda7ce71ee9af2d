//! The last vector of each instrument, with the time of each value: what the live core, and whoever asks it, reads between two
//! events. Built once for a schema and so many instruments; nothing is allocated after that.

use crate::error::Error;
use crate::pipeline::FeatureVector;
use crate::schema::Schema;
use crate::state::{seal, state, unseal};
use crate::window::ABSENT;
use scalp_types::{InstrumentId, StateHash};

/// The last vectors of one schema, by instrument.
#[derive(Clone, Debug)]
pub struct Latest {
    schema: StateHash,
    titles: Box<[String]>,
    /// Places in the order of their titles.
    sorted: Box<[u32]>,
    /// When each instrument had its vector; the smallest number before the first.
    at: Box<[i64]>,
    values: Box<[f64]>,
    known: Box<[i64]>,
}

state!(Latest { at, values, known; schema, titles, sorted });

/// The last vector of one instrument.
#[derive(Clone, Copy, Debug)]
pub struct Last<'a> {
    of: &'a Latest,
    at: i64,
    values: &'a [f64],
    known: &'a [i64],
}

impl Latest {
    /// Room for `instruments` vectors of `schema`, none of them known.
    #[must_use]
    pub fn new(schema: &Schema, instruments: usize) -> Latest {
        let titles = schema.titles();
        let mut sorted: Vec<u32> = (0..titles.len() as u32).collect();
        sorted.sort_by(|a, b| titles[*a as usize].cmp(&titles[*b as usize]));
        Latest {
            schema: schema.hash(),
            titles: titles.into(),
            sorted: sorted.into(),
            at: vec![i64::MIN; instruments].into(),
            values: vec![ABSENT; instruments * titles.len()].into(),
            known: vec![i64::MIN; instruments * titles.len()].into(),
        }
    }

    /// Takes the vector of an instrument in, in place of the one before. A copy of its values; constant memory.
    ///
    /// # Errors
    /// A vector of another schema, or an instrument beyond those there is room for; nothing is changed then.
    #[inline]
    pub fn keep(&mut self, instrument: InstrumentId, vector: &FeatureVector<'_>) -> Result<(), Error> {
        let (width, place) = (self.titles.len(), instrument.index());
        if vector.schema() != self.schema || place >= self.at.len() {
            return Err(self.refused(instrument, vector));
        }
        let row = place * width..(place + 1) * width;
        self.at[place] = vector.at();
        self.values[row.clone()].copy_from_slice(vector.raw());
        self.known[row].copy_from_slice(vector.known());
        Ok(())
    }

    #[cold]
    fn refused(&self, instrument: InstrumentId, vector: &FeatureVector<'_>) -> Error {
        if vector.schema() == self.schema {
            let (key, most) = ("instrument", self.at.len());
            return Error::Input {
                key,
                expected: format!("one of {most}"),
                given: instrument.index().to_string(),
            };
        }
        let (key, expected) = ("vector.schema", self.schema.to_string());
        Error::Input { key, expected, given: vector.schema().to_string() }
    }

    /// The last vector of an instrument; none before its first.
    #[inline]
    #[must_use]
    pub fn of(&self, instrument: InstrumentId) -> Option<Last<'_>> {
        let (width, place) = (self.titles.len(), instrument.index());
        let at = *self.at.get(place).filter(|it| **it > i64::MIN)?;
        let row = place * width..(place + 1) * width;
        Some(Last { of: self, at, values: &self.values[row.clone()], known: &self.known[row] })
    }

    /// The place of the value with this title ([`Schema::titles`]): to be asked once, or at each reading in
    /// `log2(values)` comparisons.
    #[must_use]
    pub fn place(&self, title: &str) -> Option<usize> {
        let found = self.sorted.binary_search_by(|it| self.titles[*it as usize].as_str().cmp(title));
        found.ok().map(|it| self.sorted[it] as usize)
    }

    /// The titles of the values, in their order.
    #[must_use]
    pub fn titles(&self) -> &[String] {
        &self.titles
    }

    /// All vectors with their times, as bytes.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        seal(self.schema.get(), self)
    }

    /// Takes back what [`Latest::save`] wrote.
    ///
    /// # Errors
    /// Bytes that are damaged, of another version, of another schema, or of another count of instruments; it may not be used
    /// then.
    pub fn load(&mut self, bytes: &[u8]) -> Result<(), Error> {
        unseal(self.schema.get(), bytes, self)
    }

    /// Folds all vectors and their times into a rolling hash.
    pub fn digest(&self, hash: &mut StateHash) {
        self.at.iter().chain(&self.known).for_each(|it| hash.absorb_signed(*it));
        // Of all that is not a number one pattern of bits: which of them a processor makes is not said anywhere.
        let bits = |it: &f64| if it.is_nan() { u64::MAX } else { it.to_bits() };
        self.values.iter().for_each(|it| hash.absorb(bits(it)));
    }
}

impl<'a> Last<'a> {
    /// When it was known, nanoseconds since 1970.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.at
    }

    /// The values side by side; not a number where absent, and nowhere else.
    #[must_use]
    pub fn raw(&self) -> &'a [f64] {
        self.values
    }

    /// The value at `place`; none where it is absent.
    #[inline]
    #[must_use]
    pub fn get(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().filter(|it| it.is_finite())
    }

    /// The value with this title; none where it is absent, and where there is no such title.
    #[must_use]
    pub fn named(&self, title: &str) -> Option<f64> {
        self.get(self.of.place(title)?)
    }

    /// Nanoseconds from when the value at `place` was last computed (of a series from outside: published) to `now`; none where
    /// it never was. A value that has become absent goes on ageing.
    #[must_use]
    pub fn age(&self, place: usize, now: i64) -> Option<i64> {
        let known = *self.known.get(place)?;
        (known > i64::MIN).then(|| now.saturating_sub(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Print;
    use crate::{BarRow, Pipeline, Sources};
    use scalp_types::Side;

    fn bar(pipeline: &mut Pipeline, n: i64) {
        let close = 100.0 + (n * n % 17) as f64;
        let values = [close, close + 1.0, close - 1.0, close, 5.0];
        pipeline.on_bar(&BarRow { open_at: n * 60, close_at: n * 60 + 60, values: &values }).unwrap();
    }

    fn id(place: u16) -> InstrumentId {
        InstrumentId(place)
    }

    #[test]
    fn each_instrument_has_its_last_vector_by_name_by_place_and_whole() {
        let schema = Schema::parse("RSI(5), MACD(3,6,3), close, price, SMA(4)", &Sources::market(0)).unwrap();
        let mut latest = Latest::new(&schema, 3);
        let mut pipelines = [Pipeline::new(&schema), Pipeline::new(&schema)];
        assert!(latest.of(id(0)).is_none() && latest.of(id(3)).is_none());
        for n in 0..40 {
            for (place, pipeline) in pipelines.iter_mut().enumerate() {
                bar(pipeline, n + 7 * place as i64);
                latest.keep(id(place as u16), &pipeline.vector()).unwrap();
            }
        }
        let trade = Print { at: 2_500, price: 7.0, size: 1.0, aggressor: Some(Side::Buy) };
        pipelines[1].on_trade(&trade).unwrap();
        latest.keep(id(1), &pipelines[1].vector()).unwrap();
        assert!(latest.of(id(2)).is_none(), "never seen");
        for (place, pipeline) in pipelines.iter_mut().enumerate() {
            let last = latest.of(id(place as u16)).unwrap();
            let vector = pipeline.vector();
            assert_eq!(last.at(), vector.at());
            let bits = |all: &[f64]| all.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(last.raw()), bits(vector.raw()));
            for (at, title) in schema.titles().iter().enumerate() {
                assert_eq!(latest.place(title), Some(at));
                assert_eq!(last.named(title), vector.get(at));
                assert_eq!(last.age(at, vector.at()), vector.age(at), "{title}");
            }
        }
        let [first, second] = [0, 1].map(|it| latest.of(id(it)).unwrap());
        assert_eq!((first.named("price"), first.age(latest.place("price").unwrap(), 9_000)), (None, None));
        assert_eq!(second.named("price"), Some(7.0));
        let close = latest.place("close").unwrap();
        assert_eq!(second.age(close, 3_000), Some(3_000 - 47 * 60), "as old as the bar that brought it");
        assert_eq!((first.named("RSI(6)"), first.get(99), first.age(99, 0)), (None, None, None));
    }

    #[test]
    fn another_schema_and_an_instrument_without_room_are_refused_and_change_nothing() {
        let sources = Sources::market(0);
        let (one, other) =
            (Schema::parse("close", &sources).unwrap(), Schema::parse("open", &sources).unwrap());
        let mut latest = Latest::new(&one, 1);
        let (mut a, mut b) = (Pipeline::new(&one), Pipeline::new(&other));
        bar(&mut a, 3);
        bar(&mut b, 3);
        assert!(latest.keep(id(0), &b.vector()).unwrap_err().to_string().starts_with("vector.schema"));
        let beyond = latest.keep(id(1), &a.vector()).unwrap_err().to_string();
        assert_eq!(beyond, "instrument: expected one of 1, got 1");
        assert!(latest.of(id(0)).is_none());
        latest.keep(id(0), &a.vector()).unwrap();
        let mut back = Latest::new(&one, 1);
        back.load(&latest.save()).unwrap();
        assert_eq!(back.of(id(0)).unwrap().named("close"), latest.of(id(0)).unwrap().named("close"));
        assert!(Latest::new(&one, 2).load(&latest.save()).is_err(), "room for another count");
        assert!(Latest::new(&other, 1).load(&latest.save()).is_err(), "another schema");
    }
}
