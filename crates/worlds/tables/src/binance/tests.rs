use super::*;

#[test]
fn names_of_the_archive_are_understood() {
    let read = |path: &str| archive_name(Path::new(path));
    let is = |path: &str, set, symbol: &str, interval: Option<&str>| {
        let want = ArchiveName { set, symbol: symbol.into(), interval: interval.map(Into::into) };
        assert_eq!(read(path), Some(want), "{path}");
    };
    is("BTCUSDT-aggTrades-2025-10-04.csv.zst", Set::AggTrades, "BTCUSDT", None);
    is("d/BTCUSDT-trades-2025-10.zip", Set::Trades, "BTCUSDT", None);
    is("BTCUSD_PERP-1m-2024-01-02.csv", Set::Klines, "BTCUSD_PERP", Some("1m"));
    is("markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2024-01.zip", Set::MarkPriceKlines, "BTCUSDT", Some("1h"));
    is("BTCUSDT-fundingRate-2024-01.zip", Set::FundingRate, "BTCUSDT", None);
    for other in ["BTCUSDT.csv", "BTC_USDT-8h-funding_rate.csv", "AAVE-USDT.csv.zst", "a-b-c.csv", ""] {
        assert_eq!(read(other), None, "{other}");
    }
    is("klines/BTCUSDT/1mo/BTCUSDT-1mo-2024-01.zip", Set::Klines, "BTCUSDT", Some("1mo"));
    is("indexPriceKlines/BTCUSD/1h/BTCUSD-1h-2024-01.zip", Set::IndexPriceKlines, "BTCUSD", Some("1h"));
    assert!(mapping(Set::Klines, Some("1y")).is_err());
}

#[test]
fn an_index_is_never_taken_for_a_mark() {
    let error = |path: &str| crate::detect::detect(Path::new(path)).unwrap_err().to_string();
    let error = error("indexPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2024-01.zip");
    assert!(error.contains("got candles of the index price alone"), "{error}");
    assert!(mapping(Set::PremiumIndexKlines, Some("1h")).is_err());
    assert!(mapping(Set::MarkPriceKlines, Some("1h")).is_ok());
}

#[test]
fn a_checksum_beside_the_file_must_agree() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("BTCUSDT-trades-2025-10.zip");
    std::fs::write(&file, b"abc").unwrap();
    assert!(!verify_checksum(&file).unwrap());
    let beside = folder.path().join("BTCUSDT-trades-2025-10.zip.CHECKSUM");
    // The published digest of "abc" (FIPS 180-2, appendix B.1).
    let good = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    std::fs::write(&beside, format!("{good}  BTCUSDT-trades-2025-10.zip\n")).unwrap();
    assert!(verify_checksum(&file).unwrap());
    std::fs::write(&file, b"abd").unwrap();
    let error = verify_checksum(&file).unwrap_err().to_string();
    assert!(
        error.contains(&format!("expected sha256 {good}")) && error.contains("got sha256 a52d159f"),
        "{error}"
    );
    std::fs::write(&beside, "nonsense").unwrap();
    assert!(verify_checksum(&file).unwrap_err().to_string().contains("64 hexadecimal digits"));
}
