//! The downloader against a local server with the layout of the archive, and against its failures.

use super::*;
use scalp_types::Timestamp;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does when it is asked.
#[derive(Clone)]
enum Answer {
    Body(Vec<u8>),
    Status(u16),
    /// Promises the whole body and closes the connection after this much.
    Cut(Vec<u8>, usize),
}

/// Answers of a path, in turn; the last one stays.
type Script = BTreeMap<String, Vec<Answer>>;

struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves until the process ends.
    fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut script = script;
            for stream in listener.incoming() {
                serve(stream.unwrap(), &mut script, &log);
            }
        });
        Self { url, asked }
    }
    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn serve(mut stream: TcpStream, script: &mut Script, log: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    while lines.next().is_some_and(|it| it.is_ok_and(|it| !it.is_empty())) {}
    let path = first.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
    log.lock().unwrap().push(path.clone());
    let answer = match script.get_mut(&path) {
        None => Answer::Status(404),
        Some(answers) if answers.len() > 1 => answers.remove(0),
        Some(answers) => answers[0].clone(),
    };
    let head = |status: u16, length: usize| {
        format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n").into_bytes()
    };
    let bytes = match answer {
        Answer::Status(status) => head(status, 0),
        Answer::Body(body) => [head(200, body.len()), body].concat(),
        Answer::Cut(body, at) => [head(200, body.len()), body[..at].to_vec()].concat(),
    };
    // The client may be gone; that is its business.
    let _ = stream.write_all(&bytes);
}

fn day(day: u32) -> Timestamp {
    Timestamp::from_date(2024, 2, day).unwrap()
}

fn query() -> ArchiveQuery {
    ArchiveQuery {
        market: Market::Usdm,
        set: DataSet::Trades,
        symbol: "BTCUSDT".into(),
        interval: None,
        period: Period::Daily,
        first: day(27),
        last: day(29),
    }
}

const FOLDER: &str = "data/futures/um/daily/trades/BTCUSDT";

fn name(day: u32) -> String {
    format!("BTCUSDT-trades-2024-02-{day}.zip")
}

fn checksum(body: &[u8], name: &str) -> Answer {
    Answer::Body(format!("{}  {name}\n", hexadecimal(&Sha256::digest(body))).into_bytes())
}

fn whole(script: &mut Script, day: u32, body: &[u8]) {
    let path = format!("{FOLDER}/{}", name(day));
    script.insert(format!("{path}.CHECKSUM"), vec![checksum(body, &name(day))]);
    script.insert(path, vec![Answer::Body(body.to_vec())]);
}

fn fetch(server: &Server, folder: &Path) -> Report {
    let files = query().files().unwrap();
    let downloader = Downloader::new(&server.url, folder).with_backoff(Duration::from_millis(1));
    let mut seen = 0;
    let report = downloader.fetch_all(&files, &mut |_, _| seen += 1).unwrap();
    assert_eq!(seen, files.len());
    report
}

fn kept(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join(FOLDER)).unwrap();
    let mut names: Vec<_> =
        entries.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn days_are_fetched_checked_and_not_fetched_again_and_a_missing_day_is_reported() {
    let mut script = Script::new();
    let large = vec![7_u8; 300_000];
    whole(&mut script, 27, b"first");
    whole(&mut script, 29, &large);
    let server = Server::start(script);
    let folder = tempfile::tempdir().unwrap();
    let report = fetch(&server, folder.path());
    assert_eq!((report.fetched, report.bytes), (2, 300_005));
    assert_eq!(report.missing, [name(28)]);
    assert!(report.failed.is_empty());
    assert_eq!(std::fs::read(&report.files[1]).unwrap(), large);
    assert_eq!(kept(folder.path()).len(), 4, "two files and their checksums");
    let asked = server.asked();
    let again = fetch(&server, folder.path());
    assert_eq!((again.fetched, again.files.len()), (0, 2));
    assert_eq!(server.asked(), asked + 1, "only the missing day is asked for again");
    std::fs::write(&report.files[0], b"spoilt").unwrap();
    assert_eq!(fetch(&server, folder.path()).fetched, 1, "a spoilt file is fetched again");
    assert_eq!(std::fs::read(&report.files[0]).unwrap(), b"first");
}

#[test]
fn a_busy_server_a_cut_connection_and_a_spoilt_body_are_tried_again() {
    let mut script = Script::new();
    let body = vec![1_u8; 50_000];
    for day in 27..30 {
        whole(&mut script, day, &body);
    }
    let good = Answer::Body(body.clone());
    let path = |day| format!("{FOLDER}/{}", name(day));
    script.insert(path(27), vec![Answer::Status(500), Answer::Status(503), good.clone()]);
    script.insert(path(28), vec![Answer::Cut(body.clone(), 20_000), good.clone()]);
    script.insert(path(29), vec![Answer::Body(vec![2; 50_000]), good]);
    let server = Server::start(script);
    let folder = tempfile::tempdir().unwrap();
    let report = fetch(&server, folder.path());
    assert_eq!(report.fetched, 3, "{:?}", report.failed);
    for path in &report.files {
        assert_eq!(std::fs::read(path).unwrap(), body);
    }
    assert_eq!(kept(folder.path()).len(), 6);
}

#[test]
fn what_stays_wrong_is_reported_and_leaves_no_file() {
    let mut script = Script::new();
    for day in 27..30 {
        whole(&mut script, day, b"body");
    }
    let path = |day| format!("{FOLDER}/{}", name(day));
    script.insert(format!("{}.CHECKSUM", path(27)), vec![checksum(b"other", &name(27))]);
    script.insert(path(28), vec![Answer::Cut(b"body".to_vec(), 2)]);
    script.insert(format!("{}.CHECKSUM", path(29)), vec![checksum(b"body", "another-file.zip")]);
    let server = Server::start(script);
    let folder = tempfile::tempdir().unwrap();
    let report = fetch(&server, folder.path());
    assert!(report.files.is_empty());
    let texts: Vec<String> = report.failed.iter().map(|it| it.1.to_string()).collect();
    assert!(
        texts[0].contains(
            "-27.zip: expected SHA-256 d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa, got "
        ),
        "{texts:?}"
    );
    assert!(texts[1].contains("the connection broke after 2 bytes"), "{texts:?}");
    assert!(texts[1].ends_with("after 5 attempts"), "{texts:?}");
    assert!(texts[2].contains("in the checksum file, got"), "{texts:?}");
    assert!(kept(folder.path()).is_empty());
    let name = |day: u32| format!("BTCUSDT-trades-2024-02-{day}.zip");
    let want = format!(
        "3 files are not there: 1 with a wrong checksum ({}); 2 could not be fetched ({}, {})",
        name(27),
        name(28),
        name(29)
    );
    assert_eq!(report.lacking(), Some(want));
    let many = Report { missing: (0..7).map(|it| it.to_string()).collect(), ..Report::default() };
    let want = "7 files are not there: 7 not in the archive (0, 1, 2, 3, 4 and 2 more)";
    assert_eq!((many.lacking().as_deref(), Report::default().lacking()), (Some(want), None));
    let bad = Downloader::new("nonsense", folder.path());
    let error = bad.fetch_all(&query().files().unwrap(), &mut |_, _| {}).unwrap_err().to_string();
    let want =
        "base_url: expected the address of a server, such as https://data.binance.vision, got \"nonsense\"";
    assert_eq!(error, want);
}

#[test]
fn a_refusal_is_not_repeated_and_nobody_listening_is_a_clear_error() {
    let file = &query().files().unwrap()[0];
    let script = Script::from([(format!("{FOLDER}/{}.CHECKSUM", name(27)), vec![Answer::Status(403)])]);
    let server = Server::start(script);
    let folder = tempfile::tempdir().unwrap();
    let quick = |url: &str| Downloader::new(url, folder.path()).with_backoff(Duration::from_millis(1));
    let error = quick(&server.url).fetch(file).unwrap_err();
    assert!(error.to_string().contains("the server answered 403, after 1 attempts"), "{error}");
    assert_eq!(server.asked(), 1);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = quick(&format!("http://{closed}/")).fetch(file).unwrap_err();
    assert!(matches!(error, DownloadError::Network { attempts: ATTEMPTS_MAX, .. }), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_stops_the_download() {
    let mut script = Script::new();
    whole(&mut script, 27, b"body");
    let server = Server::start(script);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), b"a file").unwrap();
    let files = query().files().unwrap();
    let error = Downloader::new(&server.url, folder.path()).fetch_all(&files, &mut |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("cannot create the folder"), "{error}");
}

#[test]
fn names_follow_the_archive() {
    let check = |query: &ArchiveQuery, want: &[&str]| {
        let got: Vec<String> =
            query.files().unwrap().iter().map(|it| format!("{}/{}", it.folder, it.name)).collect();
        assert_eq!(got, want);
    };
    check(
        &ArchiveQuery { first: day(29), ..query() },
        &["data/futures/um/daily/trades/BTCUSDT/BTCUSDT-trades-2024-02-29.zip"],
    );
    let klines = ArchiveQuery {
        market: Market::Spot,
        set: DataSet::Klines,
        interval: Some("1M".into()),
        period: Period::Monthly,
        first: Timestamp::from_date(2023, 12, 31).unwrap(),
        ..query()
    };
    check(
        &klines,
        &[
            "data/spot/monthly/klines/BTCUSDT/1mo/BTCUSDT-1mo-2023-12.zip",
            "data/spot/monthly/klines/BTCUSDT/1mo/BTCUSDT-1mo-2024-01.zip",
            "data/spot/monthly/klines/BTCUSDT/1mo/BTCUSDT-1mo-2024-02.zip",
        ],
    );
    let funding = ArchiveQuery {
        market: Market::Coinm,
        set: DataSet::FundingRate,
        symbol: "BTCUSD_PERP".into(),
        period: Period::Monthly,
        ..query()
    };
    check(&funding, &["data/futures/cm/monthly/fundingRate/BTCUSD_PERP/BTCUSD_PERP-fundingRate-2024-02.zip"]);
}

#[test]
fn impossible_queries_are_refused_by_field() {
    let check = |query: ArchiveQuery, want: &str| {
        let error = query.files().unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    };
    check(ArchiveQuery { symbol: "../x".into(), ..query() }, "symbol: expected capital letters");
    check(
        ArchiveQuery { set: DataSet::FundingRate, ..query() },
        "period: expected monthly files, which are all that the archive keeps of fundingRate, got \"daily\"",
    );
    check(
        ArchiveQuery { market: Market::Spot, set: DataSet::BookTicker, ..query() },
        "set: expected one that the archive keeps of spot: klines, trades, aggTrades, got \"bookTicker\"",
    );
    check(ArchiveQuery { interval: Some("1m".into()), ..query() }, "interval: expected none for trades");
    check(ArchiveQuery { set: DataSet::Klines, ..query() }, "interval: expected 1s, 1m");
    check(
        ArchiveQuery { last: day(1), ..query() },
        "last: expected a day not before 2024-02-27, got \"2024-02-01\"",
    );
    check(
        ArchiveQuery { last: Timestamp::MAX, ..query() },
        "last: expected at most 11000 files from 2024-02-27, got \"2262-04-11\"",
    );
    assert!(Market::parse("usd").is_err());
    for set in DataSet::ALL {
        assert_eq!(DataSet::parse(set.name()).unwrap(), set);
    }
}

#[test]
fn what_another_process_is_fetching_is_not_cut_short() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.zip");
    let other = folder.path().join(format!(".x.zip.{}.part", std::process::id() + 1));
    let mut at_work = temporary::create(&other).unwrap();
    at_work.write_all(b"half").unwrap();
    let mut part = PartFile::create(&path).unwrap();
    assert!(part.fill(&b"whole"[..]).is_ok());
    part.keep().unwrap();
    assert_eq!(std::fs::read(&other).unwrap(), b"half");
    assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    drop(PartFile::create(&path).unwrap());
    let deep = folder.path().join("data/spot");
    std::fs::create_dir_all(&deep).unwrap();
    let moved = deep.join(other.file_name().unwrap());
    std::fs::rename(&other, &moved).unwrap();
    let foreign = deep.join(".x.part");
    std::fs::write(&foreign, "").unwrap();
    let downloader = Downloader::new("http://127.0.0.1:9", folder.path());
    downloader.fetch_all(&[], &mut |_, _| {}).unwrap();
    assert!(moved.exists(), "somebody is at work on it");
    drop(at_work);
    downloader.fetch_all(&[], &mut |_, _| {}).unwrap();
    assert!(!moved.exists() && foreign.exists());
}
