//! `scalp data`: import, download, check, info, generate.

use crate::cli::{CheckArgs, DataCommand, DownloadArgs, GenerateArgs, ImportArgs, InfoArgs, SourceArgs};
use crate::show::Progress;
use anyhow::{Context, Result, anyhow, bail, ensure};
use scalp_config::{Config, ConfigError, Time};
use scalp_lab::{data, generate};
use scalp_tables::buffer::EventBuffer;
use scalp_tables::catalog::Catalog;
use scalp_tables::catalog::store::Repeat;
use scalp_tables::connection::{self, Connection};
use scalp_tables::detect::{Format, choices, detect};
use scalp_tables::download::{ArchiveQuery, DataSet, DownloadError, Downloader, Market, Outcome, Period};
use scalp_tables::eventfile::{EventFile, SidesEstimated, Summary};
use scalp_tables::import::{ImportError, ImportOptions, Observer, check_markets, clock_shift, import};
use scalp_tables::info::info;
use scalp_tables::mapping::Kind;
use scalp_tables::reader::{Position, ReadError, Reader};
use scalp_tables::source::with_damage;
use scalp_tables::symbols::{OTHERS_MAX, Others};
use scalp_tables::validate::{Report, ValidateOptions, Validator};
use scalp_types::{EventStream, InstrumentId, Instruments, MarketEvent, Span};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs a command.
pub fn run(command: &DataCommand) -> Result<ExitCode> {
    match command {
        DataCommand::Import(args) => run_import(args),
        DataCommand::Check(args) => check(args),
        DataCommand::Download(args) => download(args),
        DataCommand::Info(args) => show_info(args),
        DataCommand::Generate(args) => run_generate(args),
    }
}

/// The source as a configuration would describe it, so that both are read and checked alike.
fn described(args: &SourceArgs) -> Result<(Config, Instruments)> {
    args.paths.iter().try_for_each(|it| check_path("PATHS", it, "a file"))?;
    let text = |value: &str| toml::Value::String(value.to_owned());
    let needed = |name: &str, value: &Option<String>| {
        let expected = || anyhow!("--{name}: expected it, as the files do not tell it (see --help)");
        value.clone().ok_or_else(expected)
    };
    let mut instrument = toml::Table::new();
    for (key, value) in [("symbol", &args.symbol), ("tick", &args.tick), ("lot", &args.lot)] {
        instrument.insert(key.to_owned(), text(&needed(key, value)?));
    }
    let fields = [
        ("venue", &args.venue),
        ("contract", &args.contract),
        ("base", &args.base),
        ("quote", &args.quote),
        ("multiplier", &args.multiplier),
    ];
    instrument.extend(fields.map(|(key, value)| (key.to_owned(), text(value))));
    let mut source = toml::Table::new();
    let paths = args.paths.iter().map(|it| text(&it.to_string_lossy())).collect();
    source.insert("path".into(), toml::Value::Array(paths));
    source.insert("book_ticker".into(), args.book_ticker.into());
    source.insert("connection".into(), args.connection.clone().into());
    if args.shift_clock {
        source.insert("receive_shift".into(), text("smallest-latency-zero"));
    }
    if let Some(mapping) = &args.mapping {
        source.insert("format".into(), text("mapping"));
        if Path::new(mapping).is_file() {
            let file = std::fs::read_to_string(mapping).with_context(|| mapping.clone())?;
            let table: toml::Table = toml::from_str(&file).map_err(|e| {
                let before = &file[..e.span().map_or(0, |it| it.start).min(file.len())];
                let line = before.matches('\n').count() + 1;
                anyhow!("{mapping}:{line}: expected a mapping in TOML, got {}", e.message().trim())
            })?;
            source.insert("mapping".into(), table.into());
        } else {
            source.insert("mapping_name".into(), text(mapping));
        }
    }
    let mut whole = toml::Table::new();
    whole.insert("data".into(), vec![toml::Value::Table(source)].into());
    whole.insert("instrument".into(), vec![toml::Value::Table(instrument)].into());
    whole.insert("strategy".into(), toml::Table::new().into());
    let config =
        Config::parse(&toml::to_string(&whole)?, Path::new("command line")).map_err(not_an_instrument)?;
    data::check_mapping(&config, 0).map_err(|error| not_a_mapping(args, error))?;
    let instruments = config.instruments().map_err(not_an_instrument)?;
    Ok((config, instruments))
}

/// In the words of the command line, where a configuration would name the key.
fn not_an_instrument(error: ConfigError) -> anyhow::Error {
    match error {
        ConfigError::Key { key, problem, path } => match key.strip_prefix("instrument[0].") {
            Some(option) => anyhow!("--{option}: {problem}"),
            None if key == "data[0].connection" => anyhow!("--connection: {problem}"),
            None => ConfigError::Key { key, problem, path }.into(),
        },
        ConfigError::Instrument { source, .. } => source.into(),
        error => error.into(),
    }
}

/// The same of a mapping.
fn not_a_mapping(args: &SourceArgs, error: ConfigError) -> anyhow::Error {
    let (ConfigError::Key { key, problem, .. }, Some(given)) = (&error, &args.mapping) else {
        return error.into();
    };
    match key.strip_prefix("data[0].mapping") {
        Some("") => anyhow!("{given}: {problem}"),
        Some(key) if key.starts_with('.') => anyhow!("{given}: {}: {problem}", &key[1..]),
        _ => anyhow!("--mapping: {problem}, or a file with a mapping of your own"),
    }
}

/// Several files, one after the other, as one source.
struct Chain {
    config: Config,
    instruments: Instruments,
    left: std::vec::IntoIter<PathBuf>,
    file: PathBuf,
    reader: Option<Box<dyn Reader>>,
    before: Position,
    /// Trades of the files before whose side was estimated.
    sides_before: u64,
    events: usize,
    others: Others,
    /// The connections that the catalogue knows.
    stored: Vec<Connection>,
    /// The connections of the files before.
    connections: Vec<Connection>,
    /// Files that have none of the connections that were chosen, in words.
    passed_over: Vec<String>,
}

impl Chain {
    /// The end of a file.
    fn end_of_file(&mut self, of_file: Vec<Connection>) {
        if let Some(why) = connection::passed_over(self.config.data[0].connection.as_slice(), &of_file) {
            self.passed_over.push(format!("{}: {why}", self.file.display()));
        }
        connection::join(&mut self.connections, of_file);
    }

    /// The end of the last file: nothing at all for the instrument is a mistake in the command line, and so is a connection that
    /// no file has.
    fn end(&self) -> Result<bool, ReadError> {
        let chosen = self.config.data[0].connection.as_slice();
        if let Some(fault) = connection::lacking(chosen, &self.connections) {
            return Err(fault.in_file(&self.file));
        }
        if self.events > 0 {
            return Ok(false);
        }
        let symbol = &self.instruments.get(InstrumentId(0)).spec.symbol;
        let mut others = self.others.names();
        others.sort_unstable();
        let got = match others.len() {
            0 => "a source without any for it".to_owned(),
            count => {
                let more = if count < OTHERS_MAX { "" } else { " and perhaps more" };
                format!("a source without any for it, which holds {}{more}", others.join(", "))
            }
        };
        Err(ReadError::whole(&self.file, format!("events of {symbol}"), got))
    }

    fn new(config: Config, instruments: Instruments, paths: Vec<PathBuf>, stored: Vec<Connection>) -> Self {
        let file = paths.first().cloned().unwrap_or_default();
        Self {
            config,
            instruments,
            left: paths.into_iter(),
            file,
            reader: None,
            before: Position::default(),
            sides_before: 0,
            events: 0,
            others: Others::default(),
            stored,
            connections: Vec::new(),
            passed_over: Vec::new(),
        }
    }
}

impl Reader for Chain {
    fn read(&mut self, out: &mut EventBuffer) -> Result<bool, ReadError> {
        loop {
            if let Some(reader) = &mut self.reader {
                let before = out.len();
                let more = reader.read(out);
                if reader.file() != self.file {
                    self.file = reader.file().into();
                }
                let more = more?;
                self.events += out.len() - before;
                if more {
                    return Ok(true);
                }
                let position = self.position();
                (self.before.rows, self.before.bytes) = (position.rows, position.bytes);
                self.sides_before = self.sides_estimated();
                let unfinished = self.reader.as_ref().map_or(0, |it| it.unfinished());
                if unfinished > 0 {
                    self.passed_over.push(format!(
                        "{}: {unfinished} rows told of a candle before it was whole, or again what another did: what was told last counts",
                        self.file.display()
                    ));
                }
                let ended = self.reader.take().map(|it| it.connections());
                self.end_of_file(ended.unwrap_or_default());
                if !out.is_empty() {
                    return Ok(true);
                }
            }
            let Some(path) = self.left.next() else { return self.end() };
            let (source, instrument) = (&self.config.data[0], self.instruments.get(InstrumentId(0)));
            let known: Vec<Connection> = self.stored.iter().chain(&self.connections).cloned().collect();
            let opened = data::open_telling(source, &path, instrument, &self.others, &known);
            self.file = path;
            self.reader = Some(opened.map_err(|error| match error {
                data::DataError::Read(error) => error,
                other => ReadError::whole(&self.file, "a source that can be read", other.to_string()),
            })?);
        }
    }
    fn position(&self) -> Position {
        let now = self.reader.as_ref().map(|it| it.position()).unwrap_or_default();
        Position {
            line: now.line,
            rows: self.before.rows + now.rows,
            bytes: self.before.bytes + now.bytes,
            bytes_total: None,
        }
    }
    /// Within an archive the file of it that is being read.
    fn file(&self) -> &Path {
        &self.file
    }
    fn sides_estimated(&self) -> u64 {
        self.sides_before + self.reader.as_ref().map_or(0, |it| it.sides_estimated())
    }
    fn connections(&self) -> Vec<Connection> {
        let mut all = self.connections.clone();
        connection::join(&mut all, self.reader.as_ref().map_or_else(Vec::new, |it| it.connections()));
        all
    }
}

/// The constant that sets the recorder's clock right, where that is asked for: the same for all files, found by reading them once
/// before. Damage in them is told when they are read again.
fn shift_of_clock(args: &SourceArgs, mut chain: Chain, progress: &Progress) -> Option<Span> {
    args.shift_clock.then(|| clock_shift(&mut chain, &mut FirstLook { progress, file: PathBuf::new() }))
}

/// Passes the progress of a first pass to the terminal.
struct FirstLook<'a> {
    progress: &'a Progress,
    file: PathBuf,
}

impl Observer for FirstLook<'_> {
    fn on_file(&mut self, file: &Path) {
        if file != self.file {
            self.file = file.into();
        }
    }
    fn on_progress(&mut self, position: Position, _: u64) {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        self.progress.say(format!("finding the clock of {name}: {} rows", position.rows));
    }
}

/// Passes events to the validator and progress to the terminal.
struct Watch<'a> {
    validator: Validator<'a>,
    progress: &'a Progress,
    file: PathBuf,
}

impl Observer for Watch<'_> {
    fn on_event(&mut self, event: &MarketEvent<'_>, source: u64) {
        self.validator.on_event(event, source);
    }
    fn on_file(&mut self, file: &Path) {
        self.validator.file(file);
        if file != self.file {
            self.file = file.into();
        }
    }
    fn on_progress(&mut self, position: Position, events: u64) {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        self.progress.say(format!("reading {name}: {} rows, {events} events", position.rows));
    }
}

/// What an import came to.
struct Imported {
    done: Result<Summary, ImportError>,
    findings: Report,
    /// The file that was being read when it ended, counted from 1.
    file: usize,
    /// Files of which nothing was read, in words.
    passed_over: Vec<String>,
}

fn run_import(args: &ImportArgs) -> Result<ExitCode> {
    check_path("--into", &args.into, "the folder of the catalogue")?;
    let (config, instruments) = described(&args.source)?;
    let mut catalog = Catalog::create(&args.into)?;
    let mut whole = |paths: &[PathBuf]| import_files(args, &config, &instruments, paths, &mut catalog);
    // At equal times the file that is read first goes first, and a trade meets the book that stood before it.
    let mut paths = args.source.paths.clone();
    paths.sort_by_cached_key(|it| is_of_books(it));
    let imported = whole(&paths);
    match imported.done {
        Ok(kept) => {
            say_imported(args, &kept, &imported.findings, &imported.passed_over)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(ImportError::Stopped { kept, error }) => {
            say_imported(args, &kept, &imported.findings, &imported.passed_over)?;
            bail!("{error}; the {} events before it are kept", kept.events)
        }
        // The files before the damaged one are good: they are read again, without it.
        Err(ImportError::Read(error)) if imported.file > 1 => {
            let good = imported.file - 1;
            let Imported { done: Ok(kept), findings, passed_over, .. } = whole(&paths[..good]) else {
                return Err(error.into());
            };
            say_imported(args, &kept, &findings, &passed_over)?;
            let events = kept.events;
            let files = if good == 1 { "the file".into() } else { format!("the {good} files") };
            bail!("{error}; nothing of it is kept, and the {events} events of {files} before it are")
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a table is of books or quotes by its own head.
fn is_of_books(path: &Path) -> bool {
    let Ok(Format::Table { mapping, .. }) = detect(path) else { return false };
    matches!(mapping.kind, Kind::Quotes | Kind::QuoteSides | Kind::Book | Kind::Snapshots)
}

fn import_files(
    args: &ImportArgs,
    config: &Config,
    instruments: &Instruments,
    paths: &[PathBuf],
    catalog: &mut Catalog,
) -> Imported {
    let stored = catalog.connections();
    let new_chain = || Chain::new(config.clone(), instruments.clone(), paths.to_vec(), stored.clone());
    let mut chain = new_chain();
    let repeat = if args.replace { Repeat::Replace } else { Repeat::Refuse };
    let progress = Progress::new(args.json);
    let shift = shift_of_clock(&args.source, new_chain(), &progress);
    let options = ImportOptions { repeat, partial: args.partial, arrival_shift: shift.unwrap_or(Span::ZERO) };
    let validator = Validator::new(instruments, ValidateOptions::default());
    let mut watch = Watch { validator, progress: &progress, file: chain.file.clone() };
    let done = import(catalog, &mut chain, paths, instruments, &options, &mut watch);
    let choices = choices_of(&args.source);
    let findings = Report { arrival_shift: shift, choices, ..watch.validator.finish() };
    progress.done();
    let (done, file) = (done.map(|it| it.summary), paths.len() - chain.left.len());
    Imported { done, findings, file, passed_over: chain.passed_over }
}

/// By which columns the files are read where several could be meant: each with the first file where that is so.
fn choices_of(args: &SourceArgs) -> Vec<String> {
    let files = if args.mapping.is_none() { &args.paths[..] } else { &[] };
    let mut all: Vec<(&PathBuf, String)> = Vec::new();
    for path in files {
        for what in choices(path) {
            if all.iter().all(|it| it.1 != what) {
                all.push((path, what));
            }
        }
    }
    all.into_iter().map(|(path, what)| format!("{}: {what}", path.display())).collect()
}

fn say_imported(args: &ImportArgs, kept: &Summary, findings: &Report, passed_over: &[String]) -> Result<()> {
    let Summary { events, sides_estimated, bars_off, .. } = kept;
    if args.json {
        let folder = args.into.display().to_string();
        let object = serde_json::json!({
            "catalog": folder, "events": events, "sides_estimated": sides_estimated, "passed_over": passed_over,
            "bars_off": bars_off, "findings": findings
        });
        say!("{}", serde_json::to_string_pretty(&object)?);
    } else {
        say!("{events} events imported into {}", args.into.display());
        if let Some(sides) = sides_estimated {
            say!("{}", sides.words());
        }
        for it in passed_over {
            say!("{it}");
        }
        if let Some(off) = bars_off {
            say!("{}", off.words());
        }
        say_raw!("{findings}");
    }
    Ok(())
}

fn check(args: &CheckArgs) -> Result<ExitCode> {
    if args.source.paths.iter().any(|it| it.extension().is_some_and(|it| it == "events")) {
        return check_events(args);
    }
    let (config, instruments) = described(&args.source)?;
    let new_chain = || Chain::new(config.clone(), instruments.clone(), args.source.paths.clone(), Vec::new());
    let mut chain = new_chain();
    let mut validator = Validator::new(&instruments, ValidateOptions::default());
    let progress = Progress::new(args.json);
    let shift = shift_of_clock(&args.source, new_chain(), &progress);
    let mut buffer = EventBuffer::new();
    let stopped = loop {
        buffer.clear();
        let more = chain.read(&mut buffer);
        buffer.shift_arrivals(0, shift.unwrap_or(Span::ZERO));
        validator.file(chain.file());
        buffer.iter_with_source().for_each(|(event, line)| validator.on_event(&event, line));
        progress.say(format!("checking {}: {} rows", chain.file().display(), chain.position().rows));
        match more {
            Ok(true) => {}
            Ok(false) => break None,
            Err(error) => break Some(with_damage(error)),
        }
    };
    progress.done();
    // What was found in two markets that were read as one says nothing of either.
    if stopped.is_none() {
        check_markets(&chain, &instruments)?;
    }
    let sides_estimated = SidesEstimated::by_ticks(chain.sides_estimated());
    let choices = choices_of(&args.source);
    let report = Report { arrival_shift: shift, sides_estimated, choices, ..validator.finish() };
    // The report as an object has no room for it.
    chain.passed_over.iter().for_each(|it| eprintln!("{it}"));
    // Of a source that could not be read to its end, "nothing found" would be said of what was never looked at.
    if stopped.is_none() || !report.is_clean() {
        if args.json {
            say!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            say_raw!("{report}");
        }
    }
    match stopped {
        Some(error) => Err(error.into()),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// An event file describes its instruments itself. Findings name the events in order of arrival, counted from 1.
fn check_events(args: &CheckArgs) -> Result<ExitCode> {
    let [path] = &args.source.paths[..] else {
        bail!("PATHS: expected one event file and nothing beside it, as it has instruments of its own");
    };
    ensure!(
        !args.source.shift_clock,
        "--shift-clock: an event file is checked as it is: shift the clock as you import it"
    );
    ensure!(args.source.connection.is_empty(), "--connection: an event file knows no connections");
    let file = EventFile::open(path)?;
    let mut validator = Validator::new(file.instruments(), ValidateOptions::default());
    validator.file(path);
    let (mut stream, mut place) = (file.by_arrival(), 0);
    while let Some(event) = stream.next()? {
        place += 1;
        validator.on_event(&event, place);
    }
    let sides_estimated = file.summary().sides_estimated;
    let report = Report { sides_estimated, ..validator.finish() };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        say_raw!("{report}");
    }
    Ok(ExitCode::SUCCESS)
}

fn download(args: &DownloadArgs) -> Result<ExitCode> {
    check_path("--into", &args.into, "the folder that files go to")?;
    let day = |option: &str, text: &str| {
        Time::parse(text)
            .map(|it| it.0)
            .with_context(|| format!("{option}: expected a day such as 2025-10-10, got {text:?}"))
    };
    let first = day("FIRST", &args.first)?;
    let query = ArchiveQuery {
        market: Market::parse(&args.market).map_err(by_option)?,
        set: DataSet::parse(&args.set).map_err(by_option)?,
        symbol: args.symbol.clone(),
        interval: args.interval.clone(),
        period: if args.monthly { Period::Monthly } else { Period::Daily },
        first,
        last: args.last.as_deref().map_or(Ok(first), |it| day("LAST", it))?,
    };
    let files = query.files().map_err(by_option)?;
    let downloader = Downloader::new(&args.base_url, &args.into);
    let mut told = |file: &scalp_tables::download::ArchiveFile, outcome: &Result<Outcome, _>| {
        let name = &file.name;
        let line = match outcome {
            Ok(Outcome::Fetched { bytes }) => format!("{name}: {bytes} bytes, checksum holds"),
            Ok(Outcome::Present) => format!("{name}: there already, checksum holds"),
            Ok(Outcome::Missing) => format!("{name}: the archive does not have it"),
            // What stops the download as a whole is the error of the command.
            Err(DownloadError::Query { .. } | DownloadError::Store(_)) => return,
            Err(error) => format!("{name}: {error}"),
        };
        // Progress: the result is told at the end, and counts.
        eprintln!("{line}");
    };
    let report = downloader.fetch_all(&files, &mut told).map_err(by_option)?;
    say!("{} of {} files in {}", report.files.len(), files.len(), args.into.display());
    match report.lacking() {
        None => Ok(ExitCode::SUCCESS),
        Some(why) => bail!("{why}"),
    }
}

/// A query that cannot be, in the words of the command line.
fn by_option(error: DownloadError) -> anyhow::Error {
    let DownloadError::Query { field, expected, got } = error else { return error.into() };
    let option = match field {
        "market" => "--market",
        "set" => "--set",
        "interval" => "--interval",
        "period" => "--monthly",
        "base_url" => "--base-url",
        "symbol" => "SYMBOL",
        "last" => "LAST",
        other => other,
    };
    anyhow!("{option}: expected {expected}, got {got:?}")
}

/// Refuses an empty path, which a shell makes of a variable that nobody set.
fn check_path(option: &str, path: &Path, what: &str) -> Result<()> {
    if path.as_os_str().is_empty() {
        bail!("{option}: expected {what}, got an empty path");
    }
    Ok(())
}

fn show_info(args: &InfoArgs) -> Result<ExitCode> {
    check_path("PATH", &args.path, "an event file or a catalogue")?;
    let info = info(&args.path)?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&info)?);
        return Ok(ExitCode::SUCCESS);
    }
    say!("{}", info.path);
    say!("  instruments  {}", info.instruments.join(", "));
    say!("  events       {}", info.events);
    for it in &info.kinds {
        say!("    {:<14}{}", it.kind.name(), it.events);
    }
    say!("  levels       {}", info.levels);
    for (name, span) in [("exchange", info.exchange), ("arrival", info.arrival)] {
        if let Some((first, last)) = span {
            say!("  {name:<13}{first} to {last}");
        }
    }
    if let Some(sides) = info.sides_estimated {
        say!("  sides        {}", sides.words());
    }
    if let Some(latency) = info.latency_min {
        say!("  smallest feed latency  {:.6} s", latency.as_secs_f64());
    }
    if let Some(shift) = info.arrival_shift {
        say!("  receive times shifted  {:+.9} s", shift.as_secs_f64());
    }
    for it in &info.imports {
        let shifted = |it: Span| format!(", receive times shifted by {:+.9} s", it.as_secs_f64());
        let shifted = it.arrival_shift.map_or_else(String::new, shifted);
        let stopped = it.stopped.as_ref().map_or_else(String::new, |why| format!(", stopped: {why}"));
        say!("  import {}: {} events from {}{shifted}{stopped}", it.number, it.events, it.sources.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}

fn run_generate(args: &GenerateArgs) -> Result<ExitCode> {
    check_path("--out", &args.out, "the event file to write")?;
    crate::features::check_plain("--out", &args.out)?;
    let mut config = match &args.config {
        Some(path) => Config::load(path)?,
        None => Config::parse("[strategy]", Path::new("command line"))?,
    };
    let table = config.synthetic.get_or_insert_default();
    table.extend(args.seed.map(|it| ("seed".to_owned(), it.into())));
    table.extend(args.hours.map(|it| ("hours".to_owned(), it.into())));
    let synthetic = config.synthetic_parameters().map_err(|error| match error {
        ConfigError::Key { key, problem, .. } if args.config.is_none() => {
            anyhow!("--{}: {problem}", key.strip_prefix("synthetic.").unwrap_or("hours"))
        }
        error => error.into(),
    })?;
    let progress = Progress::new(false);
    let summary = generate::write(synthetic, &args.out, &mut |at, events| progress.generating(at, events))?;
    progress.done();
    say!("{} events written to {}", summary.events, args.out.display());
    Ok(ExitCode::SUCCESS)
}
