//! The short cut of a sweep is the engine, only quicker; and threads change nothing.
#![allow(clippy::unwrap_used, reason = "this is a test")]

use scalp_config::Config;
use scalp_lab::data::{instruments, load};
use scalp_lab::sweep::{ranked, run, run_engine};
use scalp_strategy::Shipped;
use scalp_types::Money;
use std::path::{Path, PathBuf};

fn shared(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data").join(path);
    assert!(path.exists(), "{} is missing: the recorded data belongs beside the checkout", path.display());
    path
}

fn config(extra: &str, folder: &Path) -> Config {
    let data = shared("klines-1m-usdm/AVAXUSDT-1m-2025-02.csv.zst");
    let text = format!(
        r#"
        [[data]]
        path = {data:?}
        end = "2025-02-05"
        [[instrument]]
        symbol = "AVAXUSDT"
        base = "AVAX"
        tick = 0.001
        lot = 1
        [account]
        balances = {{ USDT = 10000 }}
        [venue]
        no_margin_check = true
        fees = {{ maker = 0.0005, taker = 0.0005 }}
        latency = {{ entry = "0ns", response = "0ns" }}
        [strategy]
        name = "cross"
        order_qty = 3
        {extra}
        [sweep]
        less = ["fast", "slow"]
        [sweep.grid]
        fast = [2, 9, 30]
        slow = [3, 31, 200]
        [report]
        sample = "1h"
        folder = {folder:?}
        "#
    );
    Config::parse(&text, Path::new("test.toml")).unwrap()
}

#[test]
fn the_short_cut_gives_what_the_engine_gives_to_the_last_unit() {
    let folder = tempfile::tempdir().unwrap();
    for extra in ["", "short = false", "first_bar = 1", "short = false\nfirst_bar = 400"] {
        let config = config(extra, folder.path());
        let instruments = instruments(&config).unwrap();
        let tracks = load(&config, &instruments, &mut |_, _, _| ()).unwrap().tracks;
        let quick = run::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
        let slow = run_engine::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
        assert!(quick.fused && !slow.fused);
        assert_eq!(quick.jobs.len(), 7, "3 x 3 pairs less the two that are upside down");
        for (n, (quick, slow)) in quick.results.iter().zip(&slow.results).enumerate() {
            assert!(slow.fills > 2, "job {n} must trade to prove anything");
            let close =
                |it: &scalp_lab::sweep::JobResult| (it.orders, it.fills, it.fees, it.balance, it.equity);
            assert_eq!(close(quick), close(slow), "job {n} {extra:?}");
            assert_eq!(quick.curve, slow.curve, "curve of job {n} {extra:?}");
        }
    }
}

#[test]
fn data_played_twice_and_cut_is_the_same_data_in_both() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config("", folder.path());
    config.data[0].repeat = 2;
    config.sweep.as_mut().unwrap().bars = Some(9_000);
    let instruments = instruments(&config).unwrap();
    let tracks = load(&config, &instruments, &mut |_, _, _| ()).unwrap().tracks;
    let quick = run::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
    let slow = run_engine::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
    assert!(quick.fused && quick.events == 9_000 && slow.events == 9_000);
    for (quick, slow) in quick.results.iter().zip(&slow.results) {
        assert_eq!((quick.fills, quick.balance), (slow.fills, slow.balance));
    }
    assert_eq!(quick.result_hash(), slow.result_hash());
}

#[test]
fn slippage_is_paid_in_both() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config("", folder.path());
    config.venue.bars.slippage_ticks = 2;
    let instruments = instruments(&config).unwrap();
    let tracks = load(&config, &instruments, &mut |_, _, _| ()).unwrap().tracks;
    let quick = run::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
    let slow = run_engine::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
    assert!(quick.fused);
    assert_eq!(quick.result_hash(), slow.result_hash());
}

#[test]
fn what_the_short_cut_does_not_know_goes_through_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config("", folder.path());
    config.venue.no_margin_check = false;
    config.sweep.as_mut().unwrap().grid.remove("slow");
    config.sweep.as_mut().unwrap().less = None;
    config.strategy.insert("slow".into(), 200.into());
    let instruments = instruments(&config).unwrap();
    let tracks = load(&config, &instruments, &mut |_, _, _| ()).unwrap().tracks;
    assert!(!run::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap().fused);
}

#[test]
fn one_thread_and_many_give_one_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config("", folder.path());
    let instruments = instruments(&config).unwrap();
    let tracks = load(&config, &instruments, &mut |_, _, _| ()).unwrap().tracks;
    let mut hashes = Vec::new();
    for threads in [1, 2, 3, 7] {
        config.sweep.as_mut().unwrap().threads = Some(threads);
        let quick = run::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
        let slow = run_engine::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
        hashes.extend([quick.result_hash(), slow.result_hash()]);
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1);
}

#[test]
fn what_single_runs_would_say_is_said_of_the_sweep_once_with_the_number_of_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config("", folder.path());

    config.strategy = toml::toml! {
        name = "signal"
        order_qty = 3
        exit_long = "close < 0"
    };
    let grid: toml::Table =
        toml::toml! { enter_long = ["close > 0", "CANCELS(10).side > 0", "VPIN(50).vpin > 0"] };
    let sweep = config.sweep.as_mut().unwrap();
    sweep.less = None;
    sweep.grid = grid.try_into().unwrap();
    let instruments = instruments(&config).unwrap();
    let tracks = load(&config, &instruments, &mut |_, _, _| ()).unwrap().tracks;
    let swept = run::<Shipped>(&config, &instruments, &tracks, &|_, _| ()).unwrap();
    let said = ranked(&swept, Money::new(10_000 * 100_000_000), &config, scalp_report::data::Run::default())
        .warnings;
    println!("{said:#?}");
    assert_eq!(said.len(), 3);
    assert!(said[0].starts_with("2 of 3 jobs: No order was sent"), "{}", said[0]);
    assert!(said[1].starts_with("1 of 3 jobs: strategy.enter_long was not known at "), "{}", said[1]);
    assert!(said[2].ends_with("VPIN(50).vpin."), "{}", said[2]);
}
