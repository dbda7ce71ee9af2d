//! Workload W2 against hftbacktest 2.4.4: the same orders and the same fills at the same times, under the same rules.
//! The figures and the digests of the traces come from `xtask/peers/hftbacktest_w2.py`.

mod w2;

use scalp_sim::QueueModel;
use scalp_types::Span;
use w2::{BTC, Capture, ETH, Grid, W2B, W2C};

const POWER: QueueModel = QueueModel::Power { n: 2.0 };

/// What the peer printed.
struct Peer {
    submits: u64,
    cancels: u64,
    fills: u64,
    lots: i64,
    fee: &'static str,
    equity: &'static str,
    trace: &'static str,
}

/// FNV-1a, 64 bits.
fn digest(lines: &[String]) -> String {
    let value = lines.join("\n").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |value, byte| {
        (value ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{value:016x}")
}

fn check(grid: Grid, latency_ms: i64, queue: QueueModel, peer: &Peer) {
    check_on(BTC, grid, latency_ms, queue, peer);
}

fn check_on(capture: Capture, grid: Grid, latency_ms: i64, queue: QueueModel, peer: &Peer) {
    let (instruments, events) = (w2::instruments_of(capture), w2::events_of(capture));
    let out = w2::run_on(&instruments, &events, grid, Span::from_millis(latency_ms), queue);
    if let Ok(path) = std::env::var("W2_TRACE") {
        std::fs::write(path, out.trace.join("\n")).expect("W2_TRACE names a file that can be written");
    }
    let counters = (out.submits, out.cancels, out.fills);
    assert_eq!(counters, (peer.submits, peer.cancels, peer.fills), "submits, cancels, fills");
    assert_eq!(out.position, peer.lots, "position in lots");
    assert_eq!(out.fee.to_string(), peer.fee, "fee");
    assert_eq!(out.equity.to_string(), peer.equity, "equity");
    assert_eq!(digest(&out.trace), peer.trace, "every submit, cancel and fill with its time");
}

#[test]
fn the_grid_agrees_to_the_order_and_the_fill() {
    let peer = Peer {
        submits: 2_870,
        cancels: 1_692,
        fills: 1_075,
        lots: -70,
        fee: "132.66914900",
        equity: "-194.53664900",
        trace: "172fe38d6f19cab4",
    };
    check(W2B, 5, POWER, &peer);
}

#[test]
fn the_quote_of_one_level_agrees() {
    let peer = Peer {
        submits: 1_460,
        cancels: 737,
        fills: 575,
        lots: -10,
        fee: "70.96282740",
        equity: "-106.37732740",
        trace: "76edb1efcd2ae122",
    };
    check(W2C, 5, POWER, &peer);
}

#[test]
fn the_grid_agrees_without_latency() {
    let peer = Peer {
        submits: 2_857,
        cancels: 1_672,
        fills: 1_101,
        lots: -70,
        fee: "135.87817600",
        equity: "-203.31067600",
        trace: "d49320cb9a98a4a0",
    };
    check(W2B, 0, POWER, &peer);
}

#[test]
fn the_grid_agrees_with_a_tenth_of_a_second_of_latency() {
    let peer = Peer {
        submits: 2_740,
        cancels: 2_300,
        fills: 852,
        lots: -20,
        fee: "105.15811500",
        equity: "-157.66811500",
        trace: "555ed8ebd32e2acb",
    };
    check(W2B, 100, POWER, &peer);
}

#[test]
fn the_grid_agrees_under_the_risk_averse_queue() {
    let peer = Peer {
        submits: 2_865,
        cancels: 1_689,
        fills: 1_073,
        lots: -70,
        fee: "132.42234400",
        equity: "-194.29484400",
        trace: "afbb61cecc695212",
    };
    check(W2B, 5, QueueModel::RiskAverse, &peer);
}

#[test]
fn the_grid_agrees_under_the_logarithmic_queue() {
    let peer = Peer {
        submits: 2_858,
        cancels: 1_676,
        fills: 1_077,
        lots: -70,
        fee: "132.91647700",
        equity: "-194.01397700",
        trace: "5f2dd39975e6c5d5",
    };
    check(W2B, 5, QueueModel::Log, &peer);
}

#[test]
fn another_instrument_agrees_as_well() {
    let peer = Peer {
        submits: 3_227,
        cancels: 2_210,
        fills: 947,
        lots: 70,
        fee: "5.07849950",
        equity: "-6.79304950",
        trace: "e1b07f12321a9ba4",
    };
    check_on(ETH, W2B, 5, POWER, &peer);
    let peer = Peer {
        submits: 1_728,
        cancels: 895,
        fills: 663,
        lots: 50,
        fee: "3.55543222",
        equity: "-4.96408222",
        trace: "85fb6093ae150cf3",
    };
    check_on(ETH, W2C, 5, POWER, &peer);
}
