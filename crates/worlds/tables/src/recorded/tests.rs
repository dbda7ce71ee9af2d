use super::*;
use crate::buffer::EventBuffer;
use crate::capture::CaptureOptions;
use crate::detect;
use crate::mapping::Table;
use crate::reader::Reader;
use crate::symbols::Symbols;
use crate::testing::{data, instruments};
use scalp_types::{MarketBody, Side};

/// What a file gave: events, and the facts that the READMEs beside the data state.
#[derive(Debug, Default, PartialEq)]
struct Facts {
    events: u64,
    levels: u64,
    buys: u64,
    low: f64,
    high: f64,
    first: String,
    last: String,
}

fn read(path: &str, symbols: &[(&str, &str, &str)]) -> Facts {
    let all = instruments(symbols);
    let symbols = Symbols::of_venue(&all, "v");
    let mut reader = detect::open(&data(path), symbols.skip_others(), CaptureOptions::default())
        .unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut facts = Facts { low: f64::MAX, ..Facts::default() };
    let mut out = EventBuffer::new();
    loop {
        let more = reader.read(&mut out).unwrap_or_else(|e| panic!("{path}: {e}"));
        for event in out.iter() {
            if facts.events == 0 {
                facts.first = event.exchange_at.to_string();
            }
            facts.last = event.exchange_at.to_string();
            facts.events += 1;
            let instrument = all.get(event.instrument);
            let mut seen = |low, high| {
                facts.low = facts.low.min(instrument.price_f64(low));
                facts.high = facts.high.max(instrument.price_f64(high));
            };
            match event.body {
                MarketBody::Trade(it) => {
                    seen(it.price, it.price);
                    facts.buys += u64::from(it.taker == Side::Buy);
                }
                MarketBody::Bar(it) => seen(it.low, it.high),
                MarketBody::Depth(it) => facts.levels += (it.bids.len() + it.asks.len()) as u64,
                _ => {}
            }
        }
        out.clear();
        if !more {
            return facts;
        }
    }
}

#[track_caller]
fn close(got: f64, want: f64) {
    assert!((got - want).abs() < 1e-9 * want, "{got} instead of {want}");
}

#[test]
fn every_ready_made_mapping_is_sound() {
    for (name, _) in READY_MADE {
        mapping(name).unwrap_or_else(|e| panic!("{name}: {e:?}"));
    }
    assert!(mapping("none").is_err());
}

#[test]
fn the_crash_prints_of_2025_10_10_survive() {
    for (file, symbol, tick, lot, rows, low, high, buys) in [
        (
            "binance-delivery_trades_2025-10-10_ATOMUSD_PERP",
            "ATOMUSD_PERP",
            "0.001",
            "1",
            116_501,
            1.055,
            4.188,
            49_959,
        ),
        (
            "binance-delivery_trades_2025-10-10_DOTUSD_PERP",
            "DOTUSD_PERP",
            "0.001",
            "1",
            206_062,
            0.696,
            4.289,
            94_603,
        ),
        ("binance_trades_2025-10-10_SKYUSDT", "SKYUSDT", "0.00001", "0.1", 126_317, 0.03491, 0.06866, 69_055),
        ("coinbase_trades_2025-10-10_SKY-USD", "SKY-USD", "0.00001", "0.1", 8_762, 0.03489, 0.06868, 5_402),
        (
            "gemini_trades_2025-10-10_DOGEUSD",
            "DOGEUSD",
            "0.00001",
            "0.00000001",
            8_348,
            0.18188,
            0.25391,
            4_032,
        ),
    ] {
        let facts = read(&format!("trades-20251010/{file}.csv.zst"), &[(symbol, tick, lot)]);
        assert_eq!((facts.events, facts.buys), (rows, buys), "{file}");
        close(facts.low, low);
        close(facts.high, high);
    }
}

#[test]
fn recorded_candles_funding_and_trades_have_the_rows_that_their_readmes_state() {
    let fine = |symbol| [(symbol, "0.00000001", "0.00000001")];
    let facts = read("ohlcv-1h-binance-12/AAVE-USDT.csv.zst", &fine("AAVE-USDT"));
    assert_eq!(facts.events, 10_610);
    assert_eq!(facts.first, "2020-10-15T04:00:00.000000000Z", "a bar is known at its close");
    let facts = read("ohlcv-1d-14/BTCUSDT.csv.zst", &fine("BTCUSDT"));
    assert_eq!((facts.events, &*facts.first), (2_328, "2017-08-18T00:00:00.000000000Z"));
    let long = "ohlcv-1d-binance-all/binance_daily_ohlcv_2017.csv.zst";
    let one = read(long, &fine("BTC/USDT"));
    assert_eq!(one.events, 137);
    let facts = read("klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst", &[("AVAXUSDT", "0.001", "1")]);
    assert_eq!((facts.events, &*facts.last), (40_320, "2025-03-01T00:00:00.000000000Z"));
    let facts = read("funding-8h-binance/BTC_USDT_USDT-8h-funding_rate.csv.zst", &fine("BTC"));
    assert_eq!((facts.events, &*facts.first), (2_531, "2019-09-10T08:00:00.000000000Z"));
    let facts = read(
        "aggtrades-btcusdc-spot/BTCUSDC-aggTrades-2025-10-04.csv.zst",
        &[("BTCUSDC", "0.01", "0.00001")],
    );
    assert_eq!((facts.events, &*facts.first), (140_489, "2025-10-04T00:00:00.061015000Z"));
    close(facts.low, 121_605.75);
    close(facts.high, 122_920.97);
    assert_eq!(
        read("l1-gemini-ethusd/gemini__eth-usd__2021-07-01__market-depth.csv.zst", &fine("E")).events,
        72_180
    );
    assert_eq!(
        read("l1-gemini-ethusd/gemini__eth-usd__2021-07-01__trade.csv.zst", &fine("E")).events,
        25_222
    );
    let facts = read("l2snap-hyperliquid-20250904/orderbooks_BTC.csv.zst", &[("B", "1", "0.00001")]);
    assert_eq!((facts.events, facts.levels), (3_785, 151_400));
    assert_eq!(
        read("l2snap-hyperliquid-20250904/prices_BTC.csv.zst", &[("B", "1", "0.00001")]).events,
        27_791
    );
    assert_eq!(
        read("l2snap-hyperliquid-20250904/trades_ETH.csv.zst", &[("B", "0.1", "0.0001")]).events,
        6_884
    );
}

#[test]
fn files_of_other_engines_are_read() {
    let fine = |symbol| [(symbol, "0.00000001", "0.00000001")];
    for (file, rows) in [
        ("freqtrade/XRP_USDT_USDT-5m-futures.csv.gz", 1_999),
        ("freqtrade/XRP_USDT_USDT-1h-mark.csv.gz", 100),
        ("freqtrade/XRP_USDT_USDT-8h-funding_rate.csv.gz", 91),
        ("freqtrade/UNITTEST_BTC-1m.csv.gz", 13_681),
        ("freqtrade/ETH_BTC-5m.csv.gz", 5_760),
        ("freqtrade/XRP_ETH-trades.csv.gz", 12_477),
        ("freqtrade/ETHUSDT-public_trades_list.csv.gz", 1_000),
        ("nautilus/bench/btcusdt_spot_trades.csv.gz", 2_001),
        ("nautilus/bench/btcusdt_perp_quotes.csv.gz", 15_000),
        ("nautilus/market/btc_perp_1m_bars_20211231_20220201.csv.gz", 45_031),
        ("lean/cryptofuture__binance__minute__btcusd__20221213_trade.zip", 1_439),
        ("lean/cryptofuture__binance__minute__btcusd__20221213_quote.zip", 1_104),
        ("lean/cryptofuture__bybit__margin_interest__btcusd.csv", 3),
    ] {
        assert_eq!(read(file, &fine("X")).events, rows, "{file}");
    }
    let facts = read("nautilus/bench/xrpusdt_ob500_l2.csv.gz", &fine("X"));
    assert_eq!((facts.events, facts.levels), (50, 3_966), "rows of one message are one event");
    let facts = read("lean/cryptofuture__dydx__minute__btcusd__20260101_trade.zip", &fine("X"));
    assert_eq!((facts.events, &*facts.first), (1_410, "2026-01-01T00:01:00.000000000Z"));
    let facts = read("lean/cryptofuture__dydx__minute__btcusd__20260101_quote.zip", &fine("X"));
    assert_eq!(
        &*facts.first, "2026-01-01T00:01:00.000000000Z",
        "the last quote of a minute is known at its end"
    );
    let facts = read("nautilus/market/binance_btcusdt_usdm_depth_snapshot_20221101.csv", &fine("BTCUSDT"));
    assert_eq!((facts.events, facts.levels), (1, 100));
}

#[test]
fn tardis_files_are_read() {
    let fine = |symbol| [(symbol, "0.01", "0.001")];
    let dir = "nautilus/market/tardis";
    assert_eq!(read(&format!("{dir}/bitmex_trades_XBTUSD.csv"), &fine("XBTUSD")).events, 10);
    assert_eq!(read(&format!("{dir}/huobi-dm-swap_quotes_BTC-USD.csv"), &fine("BTC-USD")).events, 10);
    let book = read(&format!("{dir}/deribit_incremental_book_L2_BTC-PERPETUAL.csv"), &fine("BTC-PERPETUAL"));
    assert_eq!(book.levels, 15);
    for count in [5, 25] {
        let path = format!("{dir}/binance-futures_book_snapshot_{count}_BTCUSDT.csv");
        let facts = read(&path, &fine("BTCUSDT"));
        assert_eq!(facts.levels, facts.events * 2 * count, "{path}");
    }
}

#[test]
fn parquet_packed_with_brotli_is_read() {
    let fine = [("X", "0.01", "0.000001")];
    let trades = read("nautilus/market/binance_btcusdt_spot_trades_20210108.parquet", &fine);
    let same = read("nautilus/bench/btcusdt_spot_trades.csv.gz", &fine);
    assert_eq!(trades.events, 2_001);
    assert_eq!(trades, same, "the same trades as CSV");
    let quotes = read("nautilus/market/binance_btcusdt_spot_quotes_20210108.parquet", &fine);
    assert_eq!((quotes.events, quotes.first.get(..23)), (451, Some("2021-01-08T00:00:01.076")));
}

/// All events of a file, as text.
fn lines(path: &str, symbol: (&str, &str, &str)) -> Vec<String> {
    let all = instruments(&[symbol]);
    let mut reader =
        detect::open(&data(path), Symbols::of_venue(&all, "v"), CaptureOptions::default()).unwrap();
    let (mut out, mut lines) = (EventBuffer::new(), Vec::new());
    loop {
        let more = reader.read(&mut out).unwrap_or_else(|e| panic!("{path}: {e}"));
        lines.extend(out.iter().map(|it| format!("{} {:?}", it.exchange_at, it.body)));
        out.clear();
        if !more {
            return lines;
        }
    }
}

#[test]
fn fixed_point_columns_give_the_very_quotes_of_the_same_data_as_text() {
    let fine = ("X", "0.1", "0.001");
    let binary = lines("nautilus/market/binance_btcusdt_perp_quotes_20231201_nautilus64.parquet", fine);
    let text = lines("nautilus/bench/btcusdt_perp_quotes.csv.gz", fine);
    assert_eq!(binary.len(), 15_000);
    assert_eq!(binary, text);
    let wide = lines("nautilus/market/fx_eurusd_quotes_2019_nautilus128.parquet", ("X", "0.00001", "1"));
    assert_eq!(wide.len(), 10_000);
    assert!(wide[0].starts_with("2019-01-01T") && wide[0].contains("114"), "{}", wide[0]);
}

#[test]
fn fixed_point_columns_without_their_places_are_one_clear_error() {
    let all = instruments(&[("X", "0.1", "0.001")]);
    let path = data("nautilus/market/binance_btcusdt_perp_quotes_20231201_nautilus64.parquet");
    let mut mapping = mapping("nautilus-fixed64-quotes").unwrap();
    mapping.fixed_places = None;
    let mut table = Table::open(&path, mapping.clone(), Symbols::of_venue(&all, "v")).unwrap();
    let error = table.read(&mut EventBuffer::new()).unwrap_err().to_string();
    assert!(error.contains("bid: expected a decimal number, got \"(binary of 8 bytes)\""), "{error}");
    mapping.fixed_places = Some(39);
    let error = Table::open(&path, mapping, Symbols::of_venue(&all, "v")).unwrap_err().to_string();
    assert!(error.contains("fixed_places: expected at most 38"), "{error}");
}

#[test]
fn trades_without_a_side_and_trades_of_mtgox_are_read() {
    let fine = [("X", "0.00001", "0.00000001")];
    let facts = read("freqtrade/kraken_BCHEUR-trades.csv.gz", &fine);
    assert_eq!((facts.events, &*facts.first), (148, "2023-01-01T00:03:56.000000000Z"));
    let facts = read("trades-mtgox-201304/april_trades.csv.zst", &fine);
    assert_eq!((facts.events, facts.buys), (469_100, 238_375), "every trade, and 0 is a bid");
    assert_eq!(&*facts.last, "2013-05-03T20:28:29.000000000Z");
    close(facts.low, 50.01);
    let facts = read("trades-mtgox-201304/hawkes_all_trades.csv.zst", &fine);
    assert_eq!((facts.events, facts.buys), (5_000, 2_944));
}

#[test]
fn parquet_books_with_lists_are_read() {
    let fine = [("BTC-USD", "0.01", "0.00000001")];
    let facts = read("l2snap-standx-btc/orderbook_BTC-USD_2026-01-06_13.parquet", &fine);
    assert_eq!((facts.events, facts.first.get(..23)), (21_790, Some("2026-01-06T13:00:07.180")));
    let facts = read("l2snap-standx-btc/trades_BTC-USD_2026-01-06_13.parquet", &fine);
    assert_eq!(facts.events, 6_719);
}
