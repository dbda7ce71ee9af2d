//! Bars over recorded trades: a whole day of one market, and the golden tape.
#![allow(clippy::unwrap_used, reason = "a test may")]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests read files; the room itself does not"
)]

#[path = "common/recorded.rs"]
mod recorded;

use scalp_market::{BarRule, Bars, FlowCounts, FlowKind, FlowRule, FlowUnit};
use scalp_types::{Price, Qty, Side, Span, StateHash, Timestamp, Trade, TradeId};
use std::io::{BufRead, BufReader};

/// Binance spot SKYUSDT of 2025-10-10, the day of a liquidation cascade: 126,317 trades with the venue's aggressor.
const SKY: &str = "trades-20251010/binance_trades_2025-10-10_SKYUSDT.csv.zst";

fn sky() -> Vec<(Timestamp, Trade)> {
    let read = |line: String| {
        let cells: Vec<&str> = line.split(',').collect();
        let [_, _, at, _, id, side, price, amount] = cells[..] else { panic!("{SKY}: {line}") };
        let trade = Trade {
            id: TradeId(id.parse().unwrap()),
            price: Price::new(recorded::scaled(price, 5)),
            qty: Qty::new(recorded::scaled(amount, 0)),
            taker: if side == "buy" { Side::Buy } else { Side::Sell },
        };
        (Timestamp::from_nanos(at.parse::<i64>().unwrap() * 1_000), trade)
    };
    BufReader::new(recorded::open(SKY)).lines().skip(1).map(|it| read(it.unwrap())).collect()
}

/// Every closed bar and the state after every hundredth trade, in one number.
fn digest(rule: BarRule, tape: &[(Timestamp, Trade)]) -> (usize, u64) {
    let mut bars = Bars::new(rule).unwrap();
    let (mut hash, mut closed) = (StateHash::default(), 0);
    for (index, (at, trade)) in tape.iter().enumerate() {
        if let Some(bar) = bars.push(trade, *at) {
            closed += 1;
            for it in [bar.open, bar.high, bar.low, bar.close] {
                hash.absorb_signed(it.get());
            }
            hash.absorb_signed(bar.open_at.nanos());
            hash.absorb_signed(bar.volume.get());
            hash.absorb_signed(bar.taker_buy.get());
            hash.absorb(bar.trades.into());
        }
        if index % 100 == 0 {
            bars.digest(&mut hash);
        }
    }
    (closed, hash.get())
}

#[test]
fn plain_bars_of_a_recorded_day_are_what_they_always_were() {
    let tape = sky();
    assert_eq!(tape.len(), 126_317);
    for (rule, expected) in [
        (BarRule::Time(Span::from_secs(60)), (1_435, 1_755_420_034_852_688_375)),
        (BarRule::Tick(100), (1_263, 3_747_298_533_082_677_430)),
        (BarRule::Volume(Qty::new(1_000_000)), (156, 11_360_139_692_369_655_491)),
        (BarRule::Value(5_000_000_000), (187, 14_090_743_064_770_886_537)),
    ] {
        let got = digest(rule, &tape);
        println!("{rule:?}: {got:?}");
        assert_eq!(got, expected, "{rule:?}");
    }
}

/// The golden tape: 6,000 trades, sizes in lots, prices in ticks.
#[test]
fn volume_and_value_bars_of_the_golden_tape() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/golden");
    let read = |path: &str| {
        std::fs::read_to_string(format!("{golden}/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let want: serde_json::Value = serde_json::from_str(&read("micro/micro_101.json")).unwrap();
    let tape: Vec<(Timestamp, Trade)> = read("input/trades_101.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<i64> = line.split(',').map(|it| it.parse::<f64>().unwrap() as i64).collect();
            let taker = if cells[3] > 0 { Side::Buy } else { Side::Sell };
            let (price, qty) = (Price::new(cells[1]), Qty::new(cells[2]));
            (Timestamp::from_nanos(cells[0] * 1_000_000), Trade { id: TradeId(0), price, qty, taker })
        })
        .collect();
    assert_eq!(tape.len(), 6_000);
    let size = |kind: &str| want[kind]["threshold"].as_f64().unwrap() as i64;
    for (kind, rule) in [
        ("volume_bars", BarRule::Volume(Qty::new(size("volume_bars")))),
        ("dollar_bars", BarRule::Value(size("dollar_bars").into())),
    ] {
        let mut bars = Bars::new(rule).unwrap();
        let ends: Vec<usize> =
            (0..tape.len()).filter(|&i| bars.push(&tape[i].1, tape[i].0).is_some()).collect();
        let first: Vec<usize> = want[kind]["end_idx_first20"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_u64().unwrap() as usize)
            .collect();
        println!("{kind}: {} bars, worst deviation 0 of {} compared ends", ends.len(), first.len());
        assert_eq!(ends.len() as u64, want[kind]["count"].as_u64().unwrap(), "{kind}");
        assert_eq!(ends[..first.len()], first, "{kind}");
    }
}

/// Number of bars, the trades that close the first five, and how many were held: computed apart, in another language, from
/// the formulas, with sums over the whole tape.
#[test]
fn imbalance_and_run_bars_of_a_recorded_day() {
    let tape = sky();
    for (kind, unit, count, first, held, cut) in [
        (FlowKind::Imbalance, FlowUnit::Tick, 5_895, [99, 119, 139, 170, 241], 5_565, 0),
        (FlowKind::Imbalance, FlowUnit::Volume, 4_519, [99, 402, 487, 509, 606], 3_613, 1),
        (FlowKind::Imbalance, FlowUnit::Value, 4_528, [99, 402, 487, 509, 606], 3_612, 1),
        (FlowKind::Run, FlowUnit::Tick, 6_012, [99, 170, 273, 365, 469], 4_542, 0),
        (FlowKind::Run, FlowUnit::Volume, 1_814, [99, 254, 360, 467, 522], 298, 0),
        (FlowKind::Run, FlowUnit::Value, 1_770, [99, 254, 360, 467, 522], 279, 0),
    ] {
        let rule = FlowRule {
            kind,
            unit,
            trades_first: 100,
            trades_min: 20,
            trades_max: 1_000,
            trades_span: 20,
            flow_span: 1_000,
        };
        let mut bars = Bars::new(BarRule::Flow(rule)).unwrap();
        let (mut ends, mut counts) = (vec![], FlowCounts::default());
        for (index, (at, trade)) in tape.iter().enumerate() {
            if bars.push(trade, *at).is_some() {
                ends.push(index);
                // Of closed bars only; the one still open at the end may have been held already.
                counts = bars.flow().unwrap().counts();
            }
        }
        println!("{kind:?} {unit:?}: {} bars, {counts:?}", ends.len());
        assert_eq!((ends.len(), &ends[..5]), (count, &first[..]), "{kind:?} {unit:?}");
        assert_eq!((counts.held, counts.cut), (held, cut), "{kind:?} {unit:?}");
    }
}
