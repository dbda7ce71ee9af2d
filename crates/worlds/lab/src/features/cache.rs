//! Columns that were computed before, each a file in a folder. A file is found by what its column was made of: the content of
//! the table, the item in full with the versions of all that it uses, the length of built bars, and the program that computed
//! it. When any of them changes the file is not found any more; nothing has to be told that it is out of date. A file that is
//! damaged counts as not there, and is written again.
//!
//! Files are never removed here: the folder may be emptied at any time.

use super::FeaturesError;
use super::compute::{Plan, Pool};
use super::table::{Beside, Books, Holds, Series, Table};
use scalp_features::measure::{Level, Print};
use scalp_features::{Observation, Schema};
use scalp_tables::reader::ReadError;
use scalp_types::StateHash;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The first bytes of a file, the last of which is the version of the layout.
const MAGIC: [u8; 8] = *b"scalpfc\x01";
/// Magic, key, rows.
const HEAD: usize = 8 + 32 + 8;

/// What a column was made of.
type Key = [u8; 32];

/// A folder of columns.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    program: Vec<u8>,
}

/// What a run found in the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Columns that were read.
    pub read: usize,
    /// Columns that were computed, and written.
    pub computed: usize,
    /// Files among those that were damaged.
    pub damaged: usize,
}

impl Cache {
    /// In a folder, which is made if it is not there. What another build of the program wrote is not read.
    pub fn new(folder: &Path) -> Result<Cache, FeaturesError> {
        let fault = |e: std::io::Error| FeaturesError::Write { file: folder.into(), what: e.to_string() };
        std::fs::create_dir_all(folder).map_err(fault)?;
        // A build may compute another last bit under the same versions; its file tells it from others.
        let own = std::env::current_exe().and_then(|it| it.metadata()).map_err(fault)?;
        let built = own.modified().map_err(fault)?.duration_since(std::time::UNIX_EPOCH);
        let built = built.map_or(0, |it| it.as_nanos());
        let program = format!("{} {} {built}", env!("CARGO_PKG_VERSION"), own.len());
        Ok(Cache { folder: folder.into(), program: program.into_bytes() })
    }

    /// Computes the columns of a plan as [`Plan::run`] does, except for those that are here, and adds those that were not.
    pub fn run(
        &self,
        plan: &Plan<'_>,
        most: usize,
        pool: &Pool,
        mut take: impl FnMut(usize, Vec<f64>) -> Result<(), FeaturesError>,
    ) -> Result<Found, FeaturesError> {
        let content = content(plan.table())?;
        let keys = plan.schema().names().iter().map(|name| self.key(&content, plan, name));
        let keys: Vec<Key> = keys.collect::<Result<_, FeaturesError>>()?;
        let is_absent = |place: &usize| !self.path(&keys[*place]).exists();
        let absent: Vec<usize> = (0..keys.len()).filter(is_absent).collect();
        let (mut found, mut next) = (Found::default(), 0);
        let names = |places: &[usize]| -> Vec<&str> {
            places.iter().map(|&it| plan.schema().names()[it].as_str()).collect()
        };
        let mut hand_on = |place: usize, column: Option<Vec<f64>>, found: &mut Found| {
            let column = match column {
                Some(computed) => {
                    found.computed += 1;
                    computed
                }
                None => match self.load(&keys[place], plan.times().len(), pool) {
                    Some(column) => {
                        found.read += 1;
                        return take(place, column);
                    }
                    // It was there, and is not what was written.
                    None => {
                        found.computed += 1;
                        found.damaged += 1;
                        let mut computed = Vec::new();
                        plan.of(&names(&[place]))?.run(1, pool, |_, column| {
                            computed = column;
                            Ok(())
                        })?;
                        computed
                    }
                },
            };
            self.save(&keys[place], &column)?;
            take(place, column)
        };
        if !absent.is_empty() {
            plan.of(&names(&absent))?.run(most, pool, |at, column| {
                for place in next..absent[at] {
                    hand_on(place, None, &mut found)?;
                }
                next = absent[at] + 1;
                hand_on(absent[at], Some(column), &mut found)
            })?;
        }
        for place in next..keys.len() {
            hand_on(place, None, &mut found)?;
        }
        Ok(found)
    }

    fn key(&self, content: &Key, plan: &Plan<'_>, name: &str) -> Result<Key, FeaturesError> {
        let item = Schema::of_items(&[name], plan.schema().sources())?;
        let mut hash = Sha256::new();
        hash.update(content);
        hash.update(format!("{:?}", plan.bars()).as_bytes());
        for part in [item.canonical().as_bytes(), &self.program] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Ok(hash.finalize().into())
    }

    fn path(&self, key: &Key) -> PathBuf {
        let name: String = key.iter().map(|it| format!("{it:02x}")).collect();
        self.folder.join(name)
    }

    /// The column of a key; none if it is not there, not whole, or not what was written.
    fn load(&self, key: &Key, rows: usize, pool: &Pool) -> Option<Vec<f64>> {
        let mut file = File::open(self.path(key)).ok()?;
        if file.metadata().ok()?.len() != (HEAD + 8 * rows + 8) as u64 {
            return None;
        }
        let mut head = [0; HEAD];
        file.read_exact(&mut head).ok()?;
        if head != head_of(key, rows) {
            return None;
        }
        let (mut column, mut hash) = (pool.column(), StateHash::default());
        column.clear();
        column.reserve(rows);
        let mut bytes = [0; 8 * 4096];
        while column.len() < rows {
            let part = &mut bytes[..8 * 4096.min(rows - column.len())];
            file.read_exact(part).ok()?;
            for word in part.as_chunks::<8>().0 {
                let word = u64::from_le_bytes(*word);
                hash.absorb(word);
                column.push(f64::from_bits(word));
            }
        }
        let mut written = [0; 8];
        file.read_exact(&mut written).ok()?;
        (u64::from_le_bytes(written) == hash.get()).then_some(column)
    }

    /// Writes a column beside its name, and moves it there when it is whole.
    fn save(&self, key: &Key, column: &[f64]) -> Result<(), FeaturesError> {
        let path = self.path(key);
        let temporary = path.with_extension(format!("{}.part", std::process::id()));
        let mut hash = StateHash::default();
        let mut write = || -> std::io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(&head_of(key, column.len()))?;
            let mut bytes = Vec::with_capacity(8 * 4096);
            for part in column.chunks(4096) {
                bytes.clear();
                for value in part {
                    hash.absorb(value.to_bits());
                    bytes.extend(value.to_bits().to_le_bytes());
                }
                file.write_all(&bytes)?;
            }
            file.write_all(&hash.get().to_le_bytes())?;
            std::fs::rename(&temporary, &path)
        };
        write().map_err(|e| {
            // What is left is of no use to anybody; that it cannot be removed is not the first fault.
            let _ = std::fs::remove_file(&temporary);
            FeaturesError::Write { file: path.clone(), what: e.to_string() }
        })
    }
}

fn head_of(key: &Key, rows: usize) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&MAGIC);
    head[8..40].copy_from_slice(key);
    head[40..].copy_from_slice(&(rows as u64).to_le_bytes());
    head
}

/// The hash of all of a table that a column can depend on.
fn content(table: &Table) -> Result<Key, FeaturesError> {
    // Each field is named, so that one that is added is not forgotten here.
    let Table { times, written: _, time_name: _, holds, beside } = table;
    let mut hash = Sha256::new();
    words(&mut hash, times.iter().map(|&it| it as u64));
    match holds {
        Holds::Bars { columns, close_at, extra, span, no_volume } => {
            hash.update([1, u8::from(*no_volume), u8::from(span.is_some())]);
            hash.update(span.unwrap_or(0).to_le_bytes());
            hash.update(format!("{extra:?}"));
            words(&mut hash, close_at.iter().map(|&it| it as u64));
            columns.iter().for_each(|it| words(&mut hash, it.iter().map(|it| it.to_bits())));
        }
        Holds::Trades(trades) => {
            hash.update([2]);
            prints(&mut hash, trades);
        }
        Holds::Books { levels, bids, asks } => {
            hash.update([3]);
            sides(&mut hash, *levels, bids, asks);
        }
        Holds::Events(recorded) => {
            hash.update([4]);
            let path = recorded.path();
            let mut file = File::open(path).map_err(|e| ReadError::io(path, "open", e))?;
            let mut part = vec![0; 1 << 16];
            loop {
                match file.read(&mut part).map_err(|e| ReadError::io(path, "read", e))? {
                    0 => break,
                    got => hash.update(&part[..got]),
                }
            }
        }
    }
    // What cannot be read makes no value, what was put right is in the books, and when candles of no one length were known is their
    // end.
    let Beside {
        trades,
        books,
        series,
        unreadable: _,
        mended: _,
        instrument: _,
        exchange: _,
        choices: _,
        unread_book: _,
        remarks: _,
        terms: _,
        bar_kind: _,
        known: _,
    } = beside;
    prints(&mut hash, trades);
    hash.update([u8::from(books.is_some())]);
    if let Some(Books { times, levels, bids, asks }) = books {
        words(&mut hash, times.iter().map(|&it| it as u64));
        sides(&mut hash, *levels, bids, asks);
    }
    for Series { outside, observations } in series {
        hash.update(format!("{outside:?}"));
        let of = |it: &Observation| [it.event_at as u64, it.published_at as u64, it.value.to_bits()];
        words(&mut hash, observations.iter().flat_map(of));
    }
    Ok(hash.finalize().into())
}

fn prints(hash: &mut Sha256, prints: &[Print]) {
    let side = |it: &Print| it.aggressor.map_or(0, |it| 1 + it as u64);
    words(hash, prints.iter().flat_map(|it| [it.at as u64, it.price.to_bits(), it.size.to_bits(), side(it)]));
}

fn sides(hash: &mut Sha256, levels: usize, bids: &[Level], asks: &[Level]) {
    let all = bids.iter().chain(asks).flat_map(|it| [it.price.to_bits(), it.size.to_bits()]);
    words(hash, std::iter::once(levels as u64).chain(all));
}

/// Words, and how many they were.
fn words(hash: &mut Sha256, words: impl Iterator<Item = u64>) {
    let (mut bytes, mut count) = (Vec::with_capacity(8 * 4096), 0_u64);
    for word in words {
        bytes.extend(word.to_le_bytes());
        count += 1;
        if bytes.len() == 8 * 4096 {
            hash.update(&bytes);
            bytes.clear();
        }
    }
    hash.update(&bytes);
    hash.update(count.to_le_bytes());
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::super::{Asked, Cells};
    use super::*;
    use scalp_tables::lengths::ends;
    use std::num::NonZero;

    const LIST: [&str; 4] = ["RSI(3)", "AGE(close@10m)", "BBANDS(5,2,2,0)", "LAG(close,2)"];

    fn table(change: f64) -> Table {
        let times: Vec<i64> = (0..500).map(|it| it * 60_000_000_000).collect();
        let column = |k: usize| (0..500).map(|row| ((row * 37 + k * 11) % 101) as f64 + change).collect();
        let close_at = ends(&times, Some(60_000_000_000));
        let span = Some(60_000_000_000);
        let columns = (0..5).map(column).collect();
        let holds = Holds::Bars { columns, close_at, extra: Vec::new(), span, no_volume: false };
        Table {
            written: Cells::Whole(times.clone()),
            times,
            time_name: "time".into(),
            holds,
            beside: Beside::default(),
        }
    }

    fn columns(cache: Option<&Cache>, table: &Table, list: &[&str]) -> (Vec<Vec<u64>>, Found) {
        let asked = Asked { threads: NonZero::new(2).unwrap(), bars: None, keep_going: false };
        let plan = Plan::new(Path::new("table"), table, list, &asked).unwrap();
        let (pool, mut all) = (Pool::default(), Vec::new());
        let mut take = |place: usize, column: Vec<f64>| {
            assert_eq!(place, all.len(), "in their order");
            all.push(column.iter().map(|it| it.to_bits()).collect());
            pool.put(column);
            Ok(())
        };
        let found = match cache {
            Some(cache) => cache.run(&plan, 2, &pool, &mut take).unwrap(),
            None => plan.run(2, &pool, &mut take).map(|()| Found::default()).unwrap(),
        };
        (all, found)
    }

    fn found(read: usize, computed: usize, damaged: usize) -> Found {
        Found { read, computed, damaged }
    }

    #[test]
    fn what_was_computed_is_read_and_what_differs_is_computed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path()).unwrap();
        let table_now = table(0.0);
        let (want, _) = columns(None, &table_now, &LIST);
        assert_eq!(columns(Some(&cache), &table_now, &LIST), (want.clone(), found(0, 6, 0)));
        assert_eq!(columns(Some(&cache), &table_now, &LIST), (want, found(6, 0, 0)));
        // Another list finds what it shares.
        let other = ["RSI(4)", "LAG(close,2)", "RSI(3)", "DIFF(close,1)"];
        let (want, _) = columns(None, &table_now, &other);
        assert_eq!(columns(Some(&cache), &table_now, &other), (want, found(2, 2, 0)));
        // Another content, by as little as may be, shares nothing.
        for change in [0, 4] {
            let mut table = table(0.0);
            let Holds::Bars { columns: values, .. } = &mut table.holds else { panic!("bars") };
            values[change][499] = values[change][499].next_up();
            let (want, _) = columns(None, &table, &LIST);
            assert_eq!(columns(Some(&cache), &table, &LIST), (want, found(0, 6, 0)));
        }
        let mut other = table(0.0);
        other.times[499] += 1;
        assert_eq!(columns(Some(&cache), &other, &LIST).1, found(0, 6, 0));
        // Nor does what lies beside.
        let mut other = table(0.0);
        let print = Print { at: 7, price: 1.0, size: 1.0, aggressor: None };
        other.beside.trades.push(print);
        assert_eq!(columns(Some(&cache), &other, &LIST).1, found(0, 6, 0));
        other.beside.trades[0].size = 2.0;
        assert_eq!(columns(Some(&cache), &other, &LIST).1, found(0, 6, 0));
        let outside = scalp_features::Outside { name: "leader".into(), age_max: None, origin: String::new() };
        let value = |value| Observation { event_at: 1, published_at: 2, value };
        other.beside.series.push(Series { outside, observations: vec![value(1.0)] });
        assert_eq!(columns(Some(&cache), &other, &LIST).1, found(0, 6, 0));
        other.beside.series[0].observations[0] = value(2.0);
        assert_eq!(columns(Some(&cache), &other, &LIST).1, found(0, 6, 0));
    }

    #[test]
    fn another_program_reads_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache::new(folder.path()).unwrap();
        let table = table(0.0);
        columns(Some(&cache), &table, &LIST);
        cache.program.push(b'!');
        assert_eq!(columns(Some(&cache), &table, &LIST).1, found(0, 6, 0));
    }

    #[test]
    fn a_damaged_file_is_computed_again_and_made_good() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path()).unwrap();
        let table = table(0.0);
        let (want, _) = columns(Some(&cache), &table, &LIST);
        let files: Vec<PathBuf> =
            std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
        assert_eq!(files.len(), 6);
        let whole = std::fs::read(&files[2]).unwrap();
        let flipped = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            bytes
        };
        let other_file = std::fs::read(&files[3]).unwrap();
        let damages = [
            Vec::new(),
            whole[..whole.len() - 1].to_vec(),
            [whole.clone(), vec![0]].concat(),
            flipped(0),
            flipped(20),
            flipped(41),
            flipped(HEAD + 8 * 77 + 6),
            flipped(whole.len() - 3),
            other_file,
        ];
        for damage in damages {
            std::fs::write(&files[2], damage).unwrap();
            assert_eq!(columns(Some(&cache), &table, &LIST), (want.clone(), found(5, 1, 1)));
            assert_eq!(columns(Some(&cache), &table, &LIST), (want.clone(), found(6, 0, 0)));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Cache::new(&file.path().join("below")).unwrap_err().to_string();
        assert!(error.contains("below"), "{error}");
    }
}
