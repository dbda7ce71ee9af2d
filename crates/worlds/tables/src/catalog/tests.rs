//! The catalogue: what goes in comes back, twice the same file is refused, and a failure changes nothing.

use super::store::Repeat;
use super::*;
use crate::buffer::EventBuffer;
use crate::samples::{assert_same, drain, events, instruments, sorted, spec, trade};
use proptest::prelude::*;
use scalp_types::MarketEvent;

fn source(name: &str, content: &str) -> SourceFile {
    SourceFile { path: name.into(), bytes: content.len() as u64, sha256: content.into(), rows: None }
}

fn add(catalog: &mut Catalog, name: &str, buffer: &EventBuffer) -> Result<ImportEntry, StoreError> {
    let mut pending = catalog.begin(vec![source(name, name)], &instruments(), Repeat::Refuse)?;
    buffer.iter().for_each(|it| pending.push(&it).unwrap());
    pending.commit(None)
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(files_below(&path));
        } else {
            names.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    names.sort();
    names
}

const ALL: (Timestamp, Timestamp) = (Timestamp::MIN, Timestamp::MAX);

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn imports_come_back_bit_for_bit_in_order_of_arrival(
        parts in proptest::collection::vec(events(30), 1..4), from in 0_i64..40, length in 1_i64..40,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut catalog = Catalog::create(folder.path()).unwrap();
        let mut all = EventBuffer::new();
        for (n, part) in parts.iter().enumerate() {
            let entry = add(&mut catalog, &n.to_string(), part).unwrap();
            prop_assert_eq!(entry.tables.iter().map(|it| it.events).sum::<u64>(), part.len() as u64);
            sorted(part, |it| it.arrived_at).iter().for_each(|it| all.push(&it, 0));
        }
        let catalog = Catalog::open(folder.path()).unwrap();
        let want = sorted(&all, |it| it.arrived_at);
        // Ids of the catalogue are those of the first import that names an instrument.
        assert_same(&drain(&mut catalog.load_range(ALL.0, ALL.1, &[], &[]).unwrap()).unwrap(), &want);
        let at = |n: i64| Timestamp::from_nanos(1_700_000_000_000_000_000 + n * 6_000_000_000_000);
        let (start, end) = (at(from), at(from + length));
        let keep = |it: &MarketEvent<'_>| {
            (start..end).contains(&it.arrived_at)
                && it.instrument.0 == 1
                && [Kind::Trade, Kind::Depth].contains(&Kind::of(&it.body))
        };
        let mut some = EventBuffer::new();
        want.iter().filter(keep).for_each(|it| some.push(&it, 0));
        let kinds = [Kind::Trade, Kind::Depth];
        let mut got = catalog.load_range(start, end, &[("v", "B")], &kinds).unwrap();
        assert_same(&drain(&mut got).unwrap(), &some);
    }
}

fn three_days() -> EventBuffer {
    let mut buffer = EventBuffer::new();
    let day = 86_400_000_000_000;
    for n in 0..9 {
        trade(&mut buffer, (n % 2) as u16, n * day / 3, n * day / 3 + 5, n as u64);
    }
    buffer
}

#[test]
fn tables_are_partitioned_by_venue_instrument_kind_and_day() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::create(folder.path()).unwrap();
    let entry = add(&mut catalog, "a", &three_days()).unwrap();
    assert_eq!(entry.tables.len(), 6);
    let first = &entry.tables[0];
    assert_eq!(first.path, "tables/venue=v/instrument=A/kind=trade/date=1970-01-01/import-0001.parquet");
    assert_eq!((first.rows, first.events, first.first.nanos()), (2, 2, 5));
    assert!(entry.tables.iter().all(|it| folder.path().join(&it.path).is_file()));
    assert_eq!(catalog.instruments().len(), 2);
    let files = catalog.event_files(ALL.0, ALL.1, &[("v", "A")]).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].summary(), &entry.summary);
    assert!(catalog.event_files(Timestamp::from_nanos(i64::MAX / 2), ALL.1, &[]).unwrap().is_empty());
    let error = catalog.load_range(ALL.0, ALL.1, &[("v", "C")], &[]).err().unwrap();
    assert!(error.to_string().ends_with("no instrument v:C; there are v:A, v:B"), "{error}");
}

#[test]
fn the_same_file_and_a_changed_file_are_refused_unless_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::create(folder.path()).unwrap();
    let table = instruments();
    add(&mut catalog, "a.csv", &three_days()).unwrap();
    let before = files_below(folder.path());
    let refused = |catalog: &mut Catalog, it: SourceFile| {
        catalog.begin(vec![it], &table, Repeat::Refuse).err().unwrap().to_string()
    };
    let again = refused(&mut catalog, source("a.csv", "a.csv"));
    let text = "a.csv: the same file was imported before, as import 1; replace it to import again";
    assert_eq!(again, text);
    let renamed = refused(&mut catalog, source("b.csv", "a.csv"));
    assert!(renamed.contains("b.csv: the same file was imported before as a.csv"), "{renamed}");
    let changed = refused(&mut catalog, source("a.csv", "other"));
    assert!(changed.contains("the file has changed since import 1: expected SHA-256 a.csv, got other"));
    assert_eq!(files_below(folder.path()), before);

    let mut pending = catalog.begin(vec![source("a.csv", "other")], &table, Repeat::Replace).unwrap();
    let mut one = EventBuffer::new();
    trade(&mut one, 1, 1, 2, 3);
    pending.push(&one.get(0).unwrap()).unwrap();
    pending.commit(Some("line 7 was damaged".into())).unwrap();
    assert_eq!(catalog.manifest().imports.len(), 1);
    assert_eq!(catalog.manifest().imports[0].number, 2);
    let names = files_below(folder.path());
    assert_eq!(names, ["import-0002.events", "import-0002.parquet", "manifest.json", "manifest.lock"]);
    let part = refused(&mut catalog, source("a.csv", "other"));
    assert!(part.contains("as import 2 (in part: line 7 was damaged)"), "{part}");
}

#[test]
fn an_import_that_is_given_up_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::create(folder.path()).unwrap();
    let before = std::fs::read(folder.path().join(MANIFEST)).unwrap();
    let table = instruments();
    let mut pending = catalog.begin(vec![source("a", "a")], &table, Repeat::Refuse).unwrap();
    three_days().iter().for_each(|it| pending.push(&it).unwrap());
    drop(pending);
    assert_eq!(std::fs::read(folder.path().join(MANIFEST)).unwrap(), before);
    assert_eq!(files_below(folder.path()), ["manifest.json", "manifest.lock"]);
    // A file where a folder must be: the tables cannot be written.
    std::fs::write(folder.path().join("tables"), b"x").unwrap();
    let error = add(&mut catalog, "a", &three_days()).unwrap_err();
    assert!(error.to_string().contains("cannot create the folder"), "{error}");
    assert_eq!(files_below(folder.path()), ["manifest.json", "manifest.lock", "tables"]);
    assert!(catalog.manifest().imports.is_empty());
}

#[test]
fn two_imports_at_once_and_other_ticks_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = Catalog::create(folder.path()).unwrap();
    let mut two = Catalog::open(folder.path()).unwrap();
    let table = instruments();
    let pending = one.begin(vec![source("a", "a")], &table, Repeat::Refuse).unwrap();
    let error = two.begin(vec![source("b", "b")], &table, Repeat::Refuse).unwrap_err();
    assert!(error.to_string().ends_with("another import into this catalogue is running"), "{error}");
    pending.commit(None).unwrap();
    let other = Instruments::new([spec("A", "0.5", "0.001")]).unwrap();
    let error = two.begin(vec![source("b", "b")], &other, Repeat::Refuse).unwrap_err();
    assert!(error.to_string().contains("v:A is kept with tick 0.1, lot 0.001"), "{error}");
    assert_eq!(two.manifest().imports.len(), 1, "the manifest is read again under the lock");
}

#[test]
fn a_catalogue_made_by_two_at_once_keeps_what_the_first_imported() {
    let folder = tempfile::tempdir().unwrap();
    // Both saw no manifest; the other one has made it, and is importing.
    let held = Catalog { folder: folder.path().into(), manifest: Manifest::default() }.lock().unwrap();
    let error = Catalog::create(folder.path()).unwrap_err();
    assert!(error.to_string().ends_with("another import into this catalogue is running"), "{error}");
    assert!(!folder.path().join(MANIFEST).exists());
    drop(held);
    let folders: Vec<_> = (0..8).map(|n| folder.path().join(format!("{n}"))).collect();
    for folder in folders {
        let imported: usize = std::thread::scope(|scope| {
            let one = |n: usize| {
                let folder = &folder;
                scope.spawn(move || {
                    let mut catalog = Catalog::create(folder).ok()?;
                    add(&mut catalog, &format!("{n}.csv"), &three_days()).ok()
                })
            };
            let all: Vec<_> = (0..8).map(one).collect();
            all.into_iter().filter_map(|it| it.join().unwrap()).count()
        });
        assert!(imported > 0);
        assert_eq!(Catalog::open(&folder).unwrap().manifest().imports.len(), imported);
    }
}

#[test]
fn what_a_killed_import_left_is_removed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::create(folder.path()).unwrap();
    add(&mut catalog, "a", &three_days()).unwrap();
    let tables = folder.path().join("tables/venue=v/instrument=A/kind=trade");
    std::fs::create_dir_all(tables.join("date=2001-01-01")).unwrap();
    let remains = [
        folder.path().join("events/.import-0002.events.records0.77"),
        folder.path().join("events/import-0002.events"),
        tables.join("date=2001-01-01/import-0002.parquet"),
        tables.join("date=1970-01-01/.import-0002.parquet.part"),
        folder.path().join(MANIFEST_PART),
    ];
    let kept = [folder.path().join("events/notes.txt"), tables.join("date=1970-01-01/import-0001.parquet")];
    remains.iter().chain(&kept[..1]).for_each(|it| std::fs::write(it, b"x").unwrap());
    drop(catalog.begin(vec![source("b", "b")], &instruments(), Repeat::Refuse).unwrap());
    for it in &remains {
        assert!(!it.exists(), "{}", it.display());
    }
    for it in &kept {
        assert!(it.exists(), "{}", it.display());
    }
    // One that is refused removes them, too.
    remains.iter().for_each(|it| std::fs::write(it, b"x").unwrap());
    catalog.begin(vec![source("a", "a")], &instruments(), Repeat::Refuse).unwrap_err();
    assert!(remains.iter().all(|it| !it.exists()));
}

#[test]
fn a_manifest_names_no_file_outside_and_no_import_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::create(folder.path()).unwrap();
    let entry = add(&mut catalog, "a", &three_days()).unwrap();
    let manifest = folder.path().join(MANIFEST);
    let text = std::fs::read_to_string(&manifest).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        std::fs::write(&manifest, text.replacen(from, to, 1)).unwrap();
        Catalog::open(folder.path()).unwrap_err().to_string()
    };
    for elsewhere in ["../precious", "/etc/precious", "events/../../precious"] {
        for name in [&entry.events, &entry.tables[0].path] {
            let error = refused(name, elsewhere);
            assert!(error.contains("expected files below the folder of the catalogue"), "{error}");
            assert!(error.contains(elsewhere), "{error}");
        }
    }
    let error = refused("\"next_import\": 2", "\"next_import\": 1");
    assert!(error.ends_with("expected imports with numbers of their own below 1, got import 1"), "{error}");
    std::fs::write(&manifest, text.replacen("\"next_import\": 2", "\"next_import\": 4294967295", 1)).unwrap();
    let error = add(&mut catalog, "b", &three_days()).unwrap_err();
    assert!(error.to_string().ends_with("no number is left for another import"), "{error}");
}

#[test]
fn a_damaged_or_foreign_manifest_and_a_missing_table_are_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Catalog::open(folder.path()).unwrap_err().to_string().contains("cannot open"));
    let mut catalog = Catalog::create(folder.path()).unwrap();
    let entry = add(&mut catalog, "a", &three_days()).unwrap();
    std::fs::remove_file(folder.path().join(&entry.tables[3].path)).unwrap();
    let error = drain(&mut catalog.load_range(ALL.0, ALL.1, &[], &[]).unwrap()).unwrap_err();
    assert!(error.source_name.ends_with("import-0001.parquet"), "{error}");
    let manifest = folder.path().join(MANIFEST);
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replacen("\"version\": 1", "\"version\": 9", 1)).unwrap();
    let error = Catalog::open(folder.path()).unwrap_err();
    assert!(error.to_string().ends_with("expected version 1, got version 9"), "{error}");
    std::fs::write(&manifest, "{").unwrap();
    assert!(Catalog::open(folder.path()).unwrap_err().to_string().contains("expected a manifest"));
    assert!(Catalog::create(folder.path()).is_err(), "a damaged manifest is never overwritten");
}

#[test]
fn names_become_safe_parts_of_paths_and_files_are_hashed_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalog = Catalog::create(folder.path()).unwrap();
    let odd = Instruments::new([spec("../A/B T", "1", "1")]).unwrap();
    let mut pending = catalog.begin(vec![], &odd, Repeat::Refuse).unwrap();
    let mut one = EventBuffer::new();
    trade(&mut one, 0, 1, 2, 3);
    pending.push(&one.get(0).unwrap()).unwrap();
    let entry = pending.commit(None).unwrap();
    assert!(entry.tables[0].path.contains("/instrument=%2E.%2FA%2FB%20T/"), "{}", entry.tables[0].path);
    let path = folder.path().join("abc");
    std::fs::write(&path, "abc").unwrap();
    let hash = hash_file(&path).unwrap();
    // FIPS 180-2, appendix B.1.
    assert_eq!(hash.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(hash.bytes, 3);
    assert!(hash_file(folder.path()).is_err());
}
