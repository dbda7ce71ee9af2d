//! Files that are found on disk as they are: recognised by name and content, Parquet of others and our own, and the
//! manifest of a catalogue.

use scalp_tables::buffer::EventBuffer;
use scalp_tables::capture::CaptureOptions;
use scalp_tables::catalog::Catalog;
use scalp_tables::columns::TableReader;
use scalp_tables::detect;
use scalp_tables::eventfile::Kind;
use scalp_tables::info::info;
use scalp_tables::mapping::{Mapping, Table};
use scalp_tables::reader::Reader;
use scalp_tables::recorded::mapping;
use scalp_tables::symbols::Symbols;
use scalp_types::{EventStream, InstrumentId, Timestamp};
use std::path::{Component, Path, PathBuf};
use std::sync::Once;
use tempfile::TempDir;

use crate::seeds;
use crate::tables::usable;

/// Writes a file into a folder that lives as long as the thread: making one for every input would take longer than
/// most inputs.
pub fn scratch(name: &str, content: &[u8]) -> PathBuf {
    thread_local!(static FOLDER: TempDir = tempfile::tempdir().expect("a scratch folder can be made"));
    let path = FOLDER.with(|it| it.path().join(name));
    let parent = path.parent().expect("it lies in the scratch folder");
    // A file that is cut and written again is flushed to the disk by some file systems; a new one is not.
    let _ = std::fs::remove_file(&path);
    let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, content));
    written.expect("the scratch folder takes a small file");
    path
}

/// The trades of a catalogue of ours, as any other Parquet file.
const OWN_TRADES: &str = "kind = \"trades\"\ntime = { column = \"exchange_at\", unit = \"ns\" }\n\
    arrival = { column = \"arrived_at\", unit = \"ns\" }\nside = { column = \"taker\", buy = [\"buy\"], sell = [\"sell\"] }\n\
    [columns]\nid = \"id\"\nprice = \"price\"\nqty = \"qty\"\n";

/// A name, a zero byte, a checksum file (none when it is empty), a zero byte, and a file: what it is, is found out.
pub fn sniff(bytes: &[u8]) {
    let_panics_be_caught();
    let mut parts = bytes.splitn(3, |&it| it == 0);
    let (Some(name), Some(checksum), Some(content)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let Ok(name) = std::str::from_utf8(name) else { return };
    let plain = Path::new(name).components().all(|it| matches!(it, Component::Normal(_)));
    if !plain || name.is_empty() || name.len() > 200 || name.contains('/') {
        return;
    }
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join(name);
    if std::fs::write(&path, content).is_err() {
        return;
    }
    if !checksum.is_empty()
        && std::fs::write(folder.path().join(format!("{name}.CHECKSUM")), checksum).is_err()
    {
        return;
    }
    let instruments = seeds::instruments();
    let symbols = instruments.iter().fold(Symbols::none(), |all, it| all.with(&it.spec.symbol, it));
    let Ok(mut reader) = detect::open(&path, symbols.skip_others(), CaptureOptions::default()) else {
        return;
    };
    read(&mut *reader);
}

/// The reader of Parquet files turns the panics of its library into errors. libFuzzer would stop at the panic itself;
/// with this hook it stops at one that nobody has caught, and only that is told.
fn let_panics_be_caught() {
    static ONCE: Once = Once::new();
    if cfg!(feature = "libfuzzer") {
        ONCE.call_once(|| {
            std::panic::set_hook(Box::new(|panic| {
                let file = panic.location().map_or("", |it| it.file());
                if !file.contains("/parquet-") {
                    eprintln!("{panic}");
                }
            }));
        });
    }
}

/// A Parquet file of others; the first byte says by which mapping.
pub fn parquet(bytes: &[u8]) {
    let_panics_be_caught();
    const READY_MADE: [&str; 4] = [
        "nautilus-parquet-trades",
        "nautilus-parquet-quotes",
        "nautilus-fixed64-quotes",
        "nautilus-fixed128-quotes",
    ];
    let Some((&which, content)) = bytes.split_first() else { return };
    let mapping = match READY_MADE.get(usize::from(which) % (READY_MADE.len() + 1)) {
        Some(name) => mapping(name),
        None => Mapping::parse(OWN_TRADES),
    };
    let mapping = mapping.expect("these mappings are ready-made");
    let path = scratch("input.parquet", content);
    let instruments = seeds::instruments();
    let symbols = Symbols::one(instruments.get(InstrumentId(0))).skip_others();
    if let Ok(mut table) = Table::open(&path, mapping, symbols) {
        read(&mut table);
    }
}

fn read(reader: &mut dyn Reader) {
    let instruments = seeds::instruments();
    let mut out = EventBuffer::new();
    while let Ok(true) = reader.read(&mut out) {
        usable(&out, &instruments);
        out.clear();
    }
    usable(&out, &instruments);
}

/// A table of a catalogue; the first byte says of which kind.
pub fn table(bytes: &[u8]) {
    let_panics_be_caught();
    let Some((&which, content)) = bytes.split_first() else { return };
    let kind = Kind::ALL[usize::from(which) % Kind::ALL.len()];
    let path = scratch("input.parquet", content);
    let instruments = seeds::instruments();
    let Ok(mut table) = TableReader::open(&path, kind, instruments.get(InstrumentId(0))) else { return };
    let mut out = EventBuffer::new();
    while let Ok(true) = table.read(&mut out) {
        usable(&out, &instruments);
        out.clear();
    }
}

/// The manifest of a catalogue whose other files are there and sound.
pub fn manifest(bytes: &[u8]) {
    thread_local!(static OTHERS: () = seeds::catalog().iter().for_each(|(name, it)| drop(scratch(name, it))));
    OTHERS.with(|()| ());
    let path = scratch("manifest.json", bytes);
    let folder = path.parent().expect("it lies in the scratch folder");
    let _ = info(folder);
    let Ok(catalog) = Catalog::open(folder) else { return };
    let (start, end) = (Timestamp::MIN, Timestamp::MAX);
    let _ = catalog.event_files(start, end, &[]);
    if let Ok(mut stream) = catalog.load_range(start, end, &[], &[]) {
        while let Ok(Some(_)) = stream.next() {}
    }
}
