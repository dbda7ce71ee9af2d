//! Valid inputs, to begin from.

use scalp_config::Config;
use scalp_journal::frame::SEGMENT_HEADER_BYTES;
use scalp_journal::{Medium, Snapshots, Writer, WriterConfig};
use scalp_lab::analysis::{About, page};
use scalp_lab::backtest::{Looks, Plan, run};
use scalp_lab::feed::Track;
use scalp_lab::generate;
use scalp_report::data::ReportData;
use scalp_strategy::shipped::Shipped;
use scalp_tables::catalog::store::Repeat;
use scalp_tables::catalog::{Catalog, SourceFile};
use scalp_tables::eventfile::{EventFile, EventWriter, Kind};
use scalp_types::*;
use std::path::Path;
use std::sync::OnceLock;

/// The instruments that every target knows.
pub fn instruments() -> Instruments {
    let spec = |symbol: &str, tick: &str, lot: &str| InstrumentSpec {
        venue: "binance-usdm".into(),
        symbol: symbol.into(),
        contract: Contract::Linear,
        base: symbol[..3].into(),
        quote: "USDT".into(),
        tick: tick.parse().expect("a decimal"),
        lot: lot.parse().expect("a decimal"),
        multiplier: "1".parse().expect("a decimal"),
        liquidation_fee: "0".parse().expect("a decimal"),
        funding_hours: Some(8),
        ..InstrumentSpec::unlimited()
    };
    Instruments::new([
        spec("BTCUSDT", "0.10", "0.001"),
        spec("BTCUSD_PERP", "0.1", "1"),
        spec("BTC", "1", "0.00001"),
    ])
    .expect("these instruments can be")
}

/// Market events of most kinds, each handed to `each`.
fn market_events(mut each: impl FnMut(&MarketEvent<'_>)) {
    let level = |price, qty| Level { price: Price::new(price), qty: Qty::new(qty) };
    let (bids, asks) = ([level(5, 1), level(4, 2)], [level(6, 3), level(7, 0)]);
    let depth =
        Depth { kind: DepthKind::Delta, first_id: 1, last_id: 2, previous_id: 0, bids: &bids, asks: &asks };
    let bodies = [
        MarketBody::Trade(Trade { id: TradeId(7), price: Price::new(6), qty: Qty::new(2), taker: Side::Buy }),
        MarketBody::Depth(depth),
        MarketBody::Depth(Depth { kind: DepthKind::Snapshot, ..depth }),
        MarketBody::Depth(Depth { kind: DepthKind::Clear, bids: &[], asks: &[], ..depth }),
        MarketBody::Order(BookOrder {
            action: BookAction::Add,
            id: 4,
            side: Side::Sell,
            price: Price::new(6),
            qty: Qty::new(1),
        }),
        MarketBody::Quote(Quote { id: 3, bid: bids[0], ask: asks[0] }),
        MarketBody::Bar(Bar {
            open_at: Timestamp::from_nanos(0),
            span: Span::from_secs(60),
            open: Price::new(5),
            high: Price::new(7),
            low: Price::new(5),
            close: Price::new(6),
            volume: Qty::new(9),
            taker_buy: Qty::new(4),
            trades: 3,
        }),
        MarketBody::Funding(FundingRate { rate: Rate::new(100_000_000), mark: Some(Price::new(6)) }),
        MarketBody::Mark(MarkPrice { mark: Price::new(6), index: None }),
        MarketBody::OpenInterest(OpenInterest { qty: Qty::new(5), value: Some(Money::new(-3)) }),
        MarketBody::Liquidation(PublicLiquidation {
            side: Side::Buy,
            price: Price::new(6),
            qty: Qty::new(1),
        }),
        MarketBody::Status(TradingStatus::CancelOnly),
    ];
    for (n, body) in bodies.into_iter().enumerate() {
        let at = Timestamp::from_nanos(1_723_161_255_000_000_000 + n as i64);
        each(&MarketEvent {
            instrument: InstrumentId(0),
            exchange_at: at,
            arrived_at: at + Span::from_nanos(5),
            body,
        });
    }
}

/// One record each, and all behind one another.
pub fn wire() -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    market_events(|event| {
        let mut one = Vec::new();
        wire::encode(event, &mut one);
        all[0].extend_from_slice(&one);
        all.push(one);
    });
    all
}

#[derive(Default)]
struct Memory(Vec<Vec<u8>>, Option<Vec<u8>>);

impl Medium for Memory {
    fn prepare(&mut self, _: u32, head: &[u8; SEGMENT_HEADER_BYTES]) -> std::io::Result<()> {
        self.1 = Some(head.to_vec());
        Ok(())
    }
    fn advance(&mut self) -> std::io::Result<()> {
        self.0.extend(self.1.take());
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.last_mut().expect("a segment was prepared").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn sync(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn genesis() -> Genesis {
    Genesis {
        run: RunId(1),
        seed: 2,
        config_hash: [3; 32],
        instruments: instruments(),
        config: "x = 1\n".into(),
    }
}

/// Events other than the market's.
fn private_bodies() -> Vec<Body<'static>> {
    let at = Timestamp::from_nanos(9);
    let order = |body| {
        Body::Order(OrderEvent { order: OrderId(7), instrument: InstrumentId(0), exchange_at: at, body })
    };
    let account = |body| Body::Account(AccountEvent { exchange_at: at, body });
    vec![
        order(OrderBody::Accepted),
        order(OrderBody::Rejected(RejectReason::MinNotional)),
        order(OrderBody::Cancelled { reason: CancelReason::Group, filled: Qty::new(3) }),
        order(OrderBody::Filled(Fill {
            trade: TradeId(1),
            side: Side::Sell,
            price: Price::new(5),
            qty: Qty::new(1),
            remaining: Qty::ZERO,
            liquidity: Liquidity::Taker,
            fee: Money::new(-100),
            fee_asset: AssetId(0),
            forced: false,
        })),
        account(AccountBody::Transfer { asset: AssetId(0), amount: Money::new(1 << 70) }),
        account(AccountBody::Liquidated {
            instrument: InstrumentId(0),
            qty: Qty::new(-5),
            fee: Money::new(1),
        }),
        Body::Timer(Timer { id: TimerId(3), due: at }),
        Body::Command(Command { operator: 1, body: CommandBody::SetMode(Mode::Emergency) }),
    ]
}

fn journal_segments(close: bool) -> Vec<Vec<u8>> {
    let genesis = genesis();
    let mut writer = Writer::on(Memory::default(), WriterConfig::default()).expect("memory takes everything");
    let mut at = Timestamp::from_nanos(1);
    let mut seq = 0;
    let mut append = |writer: &mut Writer<Memory>, at, body: Body<'_>| {
        writer.append(&Event { seq, at, body }).expect("memory takes everything");
        seq += 1;
    };
    append(&mut writer, at, Body::Genesis(&genesis));
    for body in private_bodies() {
        at = at + Span::from_nanos(1);
        append(&mut writer, at, body);
    }
    market_events(|event| append(&mut writer, event.arrived_at, Body::Market(*event)));
    let cancel = VenueRequest::Cancel { order: OrderId(7), instrument: InstrumentId(0) };
    writer.append_request(&cancel).expect("memory takes everything");
    writer.append_check(StateHash::default()).expect("memory takes everything");
    if close {
        writer.close(StateHash::default()).expect("memory takes everything");
    } else {
        writer.sync().expect("memory takes everything");
    }
    writer.medium().0.clone()
}

/// A journal that was closed, one that was not.
pub fn journal() -> Vec<Vec<u8>> {
    let whole = |close| [vec![0, 0], journal_segments(close).concat()].concat();
    vec![whole(true), whole(false)]
}

/// Bodies for [`crate::journal::frames`], taken from a journal.
pub fn journal_frames() -> Vec<Vec<u8>> {
    use scalp_journal::codec::{encode_event, encode_request};
    let genesis = genesis();
    let at = Timestamp::from_nanos(1);
    let mut input = Vec::new();
    let mut add = |code: u8, flags: u8, body: &[u8]| {
        // Genesis is longer than a length can say; the start of it is enough.
        let body = &body[..body.len().min(255)];
        input.extend_from_slice(&[code, flags, body.len() as u8]);
        input.extend_from_slice(body);
    };
    let mut body = Vec::new();
    let small = Genesis { instruments: Instruments::default(), config: String::new(), ..genesis };
    encode_event(&Event { seq: 0, at, body: Body::Genesis(&small) }, &mut body);
    add(0, 0, &body);
    for (n, it) in private_bodies().into_iter().enumerate() {
        let mut body = at.nanos().to_le_bytes().to_vec();
        encode_event(&Event { seq: 1, at, body: it }, &mut body);
        add([2, 2, 2, 2, 3, 3, 4, 5][n], 1, &body);
    }
    body.clear();
    encode_request(&VenueRequest::CancelAll { instrument: InstrumentId(0) }, &mut body);
    add(6, 0, &body);
    add(7, 0, &[0; 16]);
    market_events(|event| {
        let mut body = Vec::new();
        wire::encode(event, &mut body);
        add(1, 0, &body);
    });
    vec![input]
}

/// A snapshot file.
pub fn snapshot() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a scratch folder can be made");
    let snapshots = Snapshots::open(folder.path()).expect("the folder is there");
    let path = snapshots.save(7, StateHash::default(), b"a state").expect("a small file fits");
    vec![std::fs::read(path).expect("it was just written")]
}

/// Lines as venues send them.
pub fn capture() -> Vec<Vec<u8>> {
    [
        r#"1723161255030314667 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[["58710.20","0.014"],["61510.90","0.000"]],"a":[["61900.00","1.211"]]}}"#,
        r#"1723161255088169167 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256313}}"#,
        r#"1723161255088176367 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}"#,
        r#"1723161255319702566 {"lastUpdateId":5123107852948,"E":1723161256501,"T":1723161256493,"bids":[["61800.20","2.909"],["61800.10","0.696"]],"asks":[["61800.30","1.0"]]}"#,
        r#"1723161256206292665 {"stream":"btcusd_perp@depth@0ms","data":{"e":"depthUpdate","E":1723161257476,"T":1723161257462,"s":"BTCUSD_PERP","ps":"BTCUSD","U":1007198631847,"u":1007198631985,"pu":1007198631835,"b":[["61786.5","89"],["61797.3","0"]],"a":[["61801.4","0"]]}}"#,
        r#"1723161254036059768 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255308,"s":"BTCUSDT","U":50093239203,"u":50093239207,"b":[["55653.80000000","0.00000000"]],"a":[["61838.00000000","0.32300000"]]}}"#,
        r#"1737918843893903000 {"channel":"l2Book","data":{"coin":"BTC","levels":[[{"n":5,"px":"105055.0","sz":"3.03622"}],[{"n":1,"px":"105056.0","sz":"0.1428"}]],"time":1737918843000}}"#,
        r#"1737918844167767000 {"channel":"trades","data":[{"coin":"BTC","hash":"0xde","px":"105056.0","side":"B","sz":"0.00219","tid":121451470284048,"time":1737918794873,"users":["0xe9","0x68"]}]}"#,
        r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1700000000000,"data":{"s":"BTCUSDT","b":[["61800.2","1.5"]],"a":[["61800.3","2"]],"u":5,"seq":9},"cts":1700000000001}"#,
        r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1700000000000,"data":[{"T":1700000000000,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"61800.3","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false}]}"#,
        r#"{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.1","i":"11784.6","P":"11784.2","r":"0.00038167","T":1562306400000}"#,
        r#"{"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1568014460893}}"#,
        r#"{"e":"kline","E":1638747660000,"s":"BTCUSDT","k":{"t":1638747660000,"T":1638747719999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"10.0","c":"20.0","h":"25.0","l":"5.0","v":"1000","n":100,"x":true,"q":"1.0","V":"500","Q":"0.5","B":"0"}}"#,
    ]
    .map(|line| format!("\x01{line}\n").into_bytes())
    .to_vec()
}

/// Numbers and times.
pub fn text() -> Vec<Vec<u8>> {
    [
        "61800.30",
        "0.00000001",
        "-5",
        "1e-7",
        "9223372036854775807",
        "1723161255030314667",
        "2021-01-01 00:00:00.123",
        "2025-10-10T21:14:03.123456Z",
    ]
    .map(|it| it.as_bytes().to_vec())
    .to_vec()
}

/// Plain text, and an empty file packed in each way.
pub fn source() -> Vec<Vec<u8>> {
    const GZIP: &[u8] =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03KJN\xe1J\x02\x00\xb1\xc6\xd5\x4c\x05\x00\x00\x00";
    const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x04\x00\x29\x00\x00a\nb\nc\x99\xe9\xd8\x51";
    const ZIP: &[u8] = b"PK\x03\x04\x0a\x00\x00\x00\x00\x00\x00\x00!\x00\x00\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00aa\n";
    vec![b"a,b,c\n1,2,3\n\r\n4,5,6".to_vec(), GZIP.to_vec(), ZSTD.to_vec(), ZIP.to_vec()]
}

/// Rows of the first kinds of table, each behind the number of its kind.
pub fn ready_made() -> Vec<Vec<u8>> {
    let rows = [
        "id,price,qty,quote_qty,time,is_buyer_maker\n1,61800.30,0.006,370.8,1723161256322,true\n2,61800.20,1,61800.2,1723161256323,false\n",
        "1,61800.30,0.006,1,2,1723161256322,true\n2,61800.20,1,3,3,1723161256323000,False,True\n",
        "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n5,61800.2,2.5,61800.3,1,1723161256313,1723161256314\n",
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n1638747660000,10.0,25.0,5.0,20.0,1000,1638747719999,1.0,100,500,0.5,0\n",
        "1638747660000,10.0,25.0,5.0,20.0,0,1638747719999,0,0,0,0,0\n",
        "calc_time,funding_interval_hours,last_funding_rate\n1704067200000,8,0.00037409\n",
        "create_time,symbol,sum_open_interest,sum_open_interest_value,a,b,c,d\n2024-01-01 00:05:00,BTCUSDT,80000.123,3400000000.5,1,1,1,1\n",
        "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\nbinance-futures,BTCUSDT,1580515200103000,1580515200105000,5,buy,9364.5,0.010\n",
        "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nbinance-futures,BTCUSDT,1580515200103000,1580515200105000,true,bid,9364.5,1\nbinance-futures,BTCUSDT,1580515200203000,1580515200205000,false,ask,9364.6,0\n",
    ];
    rows.iter().enumerate().map(|(kind, rows)| [&[kind as u8], rows.as_bytes()].concat()).collect()
}

/// Files that their first line tells apart.
pub fn by_header() -> Vec<Vec<u8>> {
    let head = "exchange,symbol,timestamp,local_timestamp";
    let row = "binance-futures,BTCUSDT,1580515200103000,1580515200105000";
    [
        format!("{head},id,side,price,amount\n{row},5,sell,9364.5,0.010\n"),
        format!("{head},is_snapshot,side,price,amount\n{row},false,ask,9364.6,0\n"),
        format!("{head},ask_amount,ask_price,bid_price,bid_amount\n{row},1,9364.6,9364.5,2\n"),
        format!(
            "{head},asks[0].price,asks[0].amount,bids[0].price,bids[0].amount\n{row},9364.6,1,9364.5,2\n"
        ),
        format!(
            "{head},funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price\n\
             {row},1580515200000000,0.0001,,100,9364.5,9364.1,9364.2\n"
        ),
        "BTCUSDT-aggTrades-2024-01-01.zip\n".into(),
        "BTCUSDT-1m-2024-01.csv\n".into(),
    ]
    .map(String::into_bytes)
    .to_vec()
}

/// The ready-made mappings, each with a line or two.
pub fn mapping() -> Vec<Vec<u8>> {
    let rows = "timestamp,price,qty,side\n1704067200000,61800.3,0.5,buy\n1704067200001,61800.2,1,sell\n";
    let with = |text: &str| [text.as_bytes(), b"\0", rows.as_bytes()].concat();
    scalp_tables::recorded::READY_MADE.iter().map(|(_, text)| with(text)).collect()
}

/// A small event file.
pub fn event_file() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a scratch folder can be made");
    let path = folder.path().join("seed.events");
    let mut writer = EventWriter::create(&path, &instruments()).expect("the folder is there");
    market_events(|event| writer.push(event).expect("a small file fits"));
    writer.finish().expect("a small file fits");
    vec![std::fs::read(path).expect("it was just written")]
}

/// The files of a small catalogue, by their path below it. Made once.
pub fn catalog() -> &'static [(String, Vec<u8>)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a scratch folder can be made");
        let mut catalog = Catalog::create(folder.path()).expect("the folder is there");
        let source =
            SourceFile { path: "/data/seed.csv".into(), bytes: 7, sha256: "0".repeat(64), rows: None };
        let mut import = catalog.begin(vec![source], &instruments(), Repeat::Refuse).expect("it is empty");
        market_events(|event| import.push(event).expect("a small file fits"));
        let entry = import.commit(Some("cut off".into())).expect("a small catalogue fits");
        let tables = entry.tables.into_iter().map(|it| it.path);
        let names = ["manifest.json".to_owned(), entry.events].into_iter().chain(tables);
        let read = |name: &String| std::fs::read(folder.path().join(name)).expect("it was just written");
        names.map(|name| (name.clone(), read(&name))).collect()
    })
}

/// The manifest of the catalogue.
pub fn manifest() -> Vec<Vec<u8>> {
    vec![catalog()[0].1.clone()]
}

/// The tables of the catalogue, each behind the number of its kind.
pub fn table() -> Vec<Vec<u8>> {
    let numbered = |(name, content): &(String, Vec<u8>)| {
        let kind = Kind::ALL.iter().position(|it| name.contains(&format!("kind={}/", it.name())))?;
        Some([&[kind as u8], content.as_slice()].concat())
    };
    catalog().iter().filter_map(numbered).collect()
}

/// The table of trades, as a file of others, behind the number of each mapping.
pub fn parquet() -> Vec<Vec<u8>> {
    let trades = catalog().iter().find(|(name, _)| name.contains("kind=trade/"));
    let (_, content) = trades.expect("there is a trade in the catalogue");
    [4, 0, 2].iter().map(|which| [&[*which], content.as_slice()].concat()).collect()
}

/// Files under names that tell what they are, and under names that do not.
pub fn sniff() -> Vec<Vec<u8>> {
    const SUM: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  x.csv\n";
    let named =
        |name: &str, sum: &[u8], content: &[u8]| [name.as_bytes(), b"\0", sum, b"\0", content].concat();
    let rows: &[u8] = b"1,61800.30,0.006,370.8,1723161256322,true\n";
    let candles: &[u8] = b"date,open,high,low,close,volume\n2024-01-01 00:00:00,10.0,25.0,5.0,20.0,1000\n";
    let mut all = vec![
        named("BTCUSDT-trades-2024-01-01.csv", b"", rows),
        named("BTCUSDT-trades-2024-01-01.csv", SUM, rows),
        named("BTCUSDT-1h-2024-01.csv", b"", b"1638747660000,10.0,25.0,5.0,20.0,0,1638747719999,0,0,0,0,0\n"),
        named("BTC_USDT-1d.csv", b"", candles),
        named("20221213_btcusdt_minute_trade.csv", b"", b"60000,10.0,25.0,5.0,20.0,1000\n"),
        named("spot_trades.parquet", b"", &parquet()[0][1..]),
    ];
    all.extend(by_header().iter().map(|it| named("input.csv", b"", it)));
    all.extend(capture().iter().map(|it| named("input.txt", b"", &it[1..])));
    all.extend(source().iter().map(|it| named("input", b"", it)));
    all
}

/// Configurations that ship, and one that sets every section.
pub fn config() -> Vec<Vec<u8>> {
    const TEXTS: [&str; 7] = [
        include_str!("../../config/backtest.toml"),
        include_str!("../../config/workloads/w2a.toml"),
        include_str!("../../config/workloads/w3.toml"),
        include_str!("../../config/workloads/w4.toml"),
        include_str!("../../config/examples/crash-inverse.toml"),
        include_str!("../../config/examples/trend-hourly.toml"),
        include_str!("everything.toml"),
    ];
    TEXTS.map(|it| it.as_bytes().to_vec()).to_vec()
}

/// Recorded round trips.
pub fn latency() -> Vec<Vec<u8>> {
    let head = "at_ns,entry_ns,response_ns\n";
    [format!("{head}1700000000000000000,4000000,5000000\n1700000001000000000,0,1\n"), head.into()]
        .map(String::into_bytes)
        .to_vec()
}

/// The plans of the configurations that need no file, as a journal describes them.
fn plans() -> Vec<Plan<Shipped>> {
    let plan = |text: Vec<u8>| {
        let text = String::from_utf8(text).expect("configurations are text");
        let mut config =
            Config::parse(&text, Path::new("seed.toml")).expect("configurations that ship are sound");
        config.venue.latency.recorded = None;
        let market = config.synthetic_parameters().ok()?;
        let instruments = match config.data.is_empty() {
            true => generate::instruments(&market),
            false => config.instruments().ok()?,
        };
        Plan::new(config, instruments).ok()
    };
    config().into_iter().filter_map(plan).collect()
}

/// Cores of each strategy that ships.
pub fn core() -> Vec<Vec<u8>> {
    plans().iter().map(|it| it.genesis().config.into_bytes()).collect()
}

/// The data of the page of a run of some minutes, and an empty one.
pub fn report() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a scratch folder can be made");
    let mut plan = plans().swap_remove(0);
    plan.config.report.resamples = 20;
    plan.config.report.controls = 2;
    let text = "[strategy]\n[synthetic]\nhours = 0.2\n";
    let config = Config::parse(text, Path::new("seed.toml")).expect("a short market can be");
    let market = config.synthetic_parameters().expect("a short market can be");
    let path = folder.path().join("seed.events");
    generate::write(market, &path, &mut |_, _| {}).expect("a small file fits");
    let track = Track {
        file: EventFile::open(&path).expect("it was just written"),
        shift: Span::ZERO,
        start: Timestamp::MIN,
        end: Timestamp::MAX,
        repeat: 1,
        gap: Span::ZERO,
        events_max: None,
    };
    let looks = Looks { traces: true, full: true, ..Looks::default() };
    let finished = run(&plan, &[track], looks).expect("a short run ends");
    let about = About { id: "seed".into(), command: None, synthetic: true, files: vec![] };
    let data = page(&plan, &finished, &about).expect("a run with prices has a page");
    [data, ReportData::default()]
        .map(|it| serde_json::to_vec(&it).expect("plain numbers and texts become JSON"))
        .to_vec()
}
