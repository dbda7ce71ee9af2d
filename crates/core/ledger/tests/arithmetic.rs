//! Small exact cases, worked out by hand.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use scalp_ledger::{ChangeKind, Ledger, LedgerConfig, MarginTerms, funding_amount};
use scalp_types::{AccountBody, AccountEvent, Fill, MarginMode, Money, Price, Qty, Rate, Side, Timestamp};
use support::{BTC, INVERSE, LINEAR, SPOT, TINY, USD, fill, instruments, usd};

fn ledger(mode: MarginMode, leverage: u32) -> Ledger {
    let config = LedgerConfig {
        terms: MarginTerms { mode, leverage },
        opening: vec![(USD, usd(1_000)), (BTC, usd(1))],
        ..LedgerConfig::default()
    };
    Ledger::new(&instruments(), &config).unwrap()
}

fn at(nanos: i64) -> Timestamp {
    Timestamp::from_nanos(nanos)
}

#[test]
fn a_flip_closes_one_round_trip_and_opens_the_next_and_its_fee_is_shared_by_size() {
    let instruments = instruments();
    let instrument = instruments.get(LINEAR);
    let mut ledger = ledger(MarginMode::Cross, 10);
    let opened = ledger.on_fill(instrument, at(1), &fill(Side::Buy, 100, 10)).unwrap();
    assert_eq!((opened.kind, opened.realised), (ChangeKind::Opened, Money::ZERO));
    let flip = Fill { fee: Money::new(40), ..fill(Side::Sell, 110, 40) };
    let flipped = ledger.on_fill(instrument, at(2), &flip).unwrap();
    assert_eq!((flipped.kind, flipped.realised), (ChangeKind::Flipped, usd(10)));
    let trip = flipped.round_trip.unwrap();
    assert_eq!((trip.side, trip.opened_at, trip.closed_at), (Side::Buy, at(1), at(2)));
    assert_eq!((trip.entry_value, trip.exit_value, trip.profit), (usd(100), usd(110), usd(10)));
    assert_eq!((trip.qty_max, trip.fills, trip.fees), (Qty::new(10), 2, Money::new(10)));
    let position = ledger.position(LINEAR);
    assert_eq!((position.qty, position.cost), (Qty::new(-30), usd(-330)));
    assert_eq!((position.trip.opened_at, position.trip.fees), (at(2), Money::new(30)));
    assert_eq!(ledger.balance(USD), usd(1_010) - Money::new(40));
    assert_eq!(position.average_price_f64(instrument), Some(110.0));
}

#[test]
fn a_liquidation_fee_belongs_to_the_round_trip_that_is_open_when_it_is_said() {
    let instruments = instruments();
    let instrument = instruments.get(LINEAR);
    let mut ledger = ledger(MarginMode::Cross, 10);
    let liquidated = |fee| AccountEvent {
        exchange_at: at(2),
        body: AccountBody::Liquidated { instrument: LINEAR, qty: Qty::new(10), fee: Money::new(fee) },
    };
    ledger.on_fill(instrument, at(1), &fill(Side::Buy, 100, 10)).unwrap();
    ledger.on_account(&instruments, &liquidated(30)).unwrap();
    let forced = Fill { fee: Money::new(4), forced: true, ..fill(Side::Sell, 90, 10) };
    let trip = ledger.on_fill(instrument, at(2), &forced).unwrap().round_trip.unwrap();
    assert_eq!((trip.liquidation_fees, trip.fees), (Money::new(30), Money::new(4)));
    assert_eq!(trip.net(), -usd(10) - Money::new(34));
    assert_eq!(ledger.balance(USD), usd(1_000) + trip.net());
    // Said when the trip has ended: in the position and the wallet alone.
    ledger.on_account(&instruments, &liquidated(5)).unwrap();
    assert_eq!(ledger.position(LINEAR).liquidation_fees, Money::new(35));
    assert_eq!(ledger.position(LINEAR).trip.liquidation_fees, Money::ZERO);
    assert_eq!(ledger.balance(USD), usd(1_000) + trip.net() - Money::new(5));
}

#[test]
fn thirds_of_a_cost_that_does_not_divide_add_up_to_the_whole() {
    let instruments = instruments();
    let instrument = instruments.get(TINY);
    let mut ledger = ledger(MarginMode::Cross, 1);
    // 100 units of cost in three lots: 0.0000007 * 0.003 * ticks.
    ledger.on_fill(instrument, at(1), &fill(Side::Buy, 158_730_159, 3)).unwrap();
    let cost = ledger.position(TINY).cost;
    assert_ne!(cost.get() % 3, 0, "the case is about a remainder");
    let mut profit = Money::ZERO;
    for _ in 0..3 {
        profit += ledger.on_fill(instrument, at(2), &fill(Side::Sell, 158_730_159, 1)).unwrap().realised;
    }
    let one = instrument.value(Price::new(158_730_159), Qty::new(1));
    assert_eq!(profit, one + one + one - cost);
    assert_eq!(ledger.balance(USD), usd(1_000) + profit);
}

#[test]
fn an_inverse_short_gains_when_the_price_falls_and_is_paid_in_coin() {
    let instruments = instruments();
    let mut ledger = ledger(MarginMode::Cross, 10);
    ledger.on_fill(instruments.get(INVERSE), at(1), &fill(Side::Sell, 50_000, 10)).unwrap();
    let open = ledger.unrealised(instruments.get(INVERSE), Price::new(40_000));
    assert_eq!(open.to_string(), "0.00500000", "1000 / 40000 - 1000 / 50000");
    let closed = ledger.on_fill(instruments.get(INVERSE), at(2), &fill(Side::Buy, 40_000, 10)).unwrap();
    assert_eq!((closed.kind, closed.realised), (ChangeKind::Closed, open));
    assert_eq!(ledger.balance(BTC), usd(1) + open);
    assert_eq!(ledger.balance(USD), usd(1_000));
}

#[test]
fn spot_moves_coins_for_coins_and_counts_the_bought_ones_once() {
    let instruments = instruments();
    let mut ledger = ledger(MarginMode::Cross, 1);
    // 0.02 BTC at 20,000.00, a fee in BTC.
    let buy = Fill { fee: Money::new(2_000), fee_asset: BTC, ..fill(Side::Buy, 2_000_000, 2_000) };
    ledger.on_fill(instruments.get(SPOT), at(1), &buy).unwrap();
    assert_eq!(ledger.balance(USD), usd(600));
    assert_eq!(ledger.balance(BTC).to_string(), "1.01998000");
    let mark = |_| Some(Price::new(2_100_000));
    assert_eq!(ledger.equity(USD, &instruments, mark), usd(1_020), "400 dollars became 420 of coins");
    assert_eq!(ledger.equity(BTC, &instruments, mark).to_string(), "0.99998000", "only the fee is gone");
    assert_eq!(ledger.margin(USD, &instruments, mark).maintenance, Money::ZERO);
    let causes: Vec<_> = ledger.changes().map(|it| (it.cause.name(), it.amount.to_string())).collect();
    let text = |cause, amount: &str| (cause, amount.to_owned());
    assert_eq!(
        causes,
        [text("exchange", "-400.00000000"), text("exchange", "0.02000000"), text("fee", "-0.00002000")]
    );
}

#[test]
fn the_bankruptcy_price_is_where_nothing_is_left_on_both_sides_of_both_contracts() {
    let instruments = instruments();
    let of = |mode, id, side, price, lots| {
        let mut ledger = ledger(mode, 10);
        ledger.on_fill(instruments.get(id), at(1), &fill(side, price, lots)).unwrap();
        ledger.bankruptcy_price(id, &instruments, |_| None).map(Price::get)
    };
    use MarginMode::{Cross, Isolated};
    // 50 coins at 100 and a wallet of 1,000: 1000 + 50 (p - 100) = 0 and 1000 - 50 (p - 100) = 0; isolated 500 of it.
    assert_eq!(of(Cross, LINEAR, Side::Buy, 100, 500), Some(80));
    assert_eq!(of(Cross, LINEAR, Side::Sell, 100, 500), Some(120));
    assert_eq!(of(Isolated, LINEAR, Side::Buy, 100, 500), Some(90));
    assert_eq!(of(Isolated, LINEAR, Side::Sell, 100, 500), Some(110));
    // 100,000 dollars of contracts at 50,000 are 2 coins, and the wallet is 1 coin: a long loses 100000 / p - 2, so that
    // 100000 / p = 3, at 33,333.3; a short 2 - 100000 / p = 1, at 100,000 exactly.
    assert_eq!(of(Cross, INVERSE, Side::Buy, 50_000, 1_000), Some(33_333));
    assert_eq!(of(Cross, INVERSE, Side::Sell, 50_000, 1_000), Some(100_000));
    // A tenth is its margin: 100000 / p = 2.2 at 45,454.5, and 100000 / p = 1.8 at 55,555.6.
    assert_eq!(of(Isolated, INVERSE, Side::Buy, 50_000, 1_000), Some(45_454));
    assert_eq!(of(Isolated, INVERSE, Side::Sell, 50_000, 1_000), Some(55_556));
    // A short of 0.02 coins cannot lose the whole coin at any price; a long can: 1000 / p = 1.02.
    assert_eq!(of(Cross, INVERSE, Side::Sell, 50_000, 10), None);
    assert_eq!(of(Cross, INVERSE, Side::Buy, 50_000, 10), Some(980));
    assert_eq!(of(Cross, SPOT, Side::Buy, 1_000, 10), None, "what is owned is not owed");
    assert_eq!(ledger(Cross, 10).bankruptcy_price(LINEAR, &instruments, |_| None), None, "flat");
}

#[test]
fn margin_follows_the_mark_and_liquidation_comes_at_the_tick() {
    let instruments = instruments();
    let mut ledger = ledger(MarginMode::Cross, 10);
    // 50 coins at 100: value 5,000; maintenance 2.5 % less 15.
    ledger.on_fill(instruments.get(LINEAR), at(1), &fill(Side::Buy, 100, 500)).unwrap();
    let margin = ledger.margin(USD, &instruments, |_| Some(Price::new(90)));
    assert_eq!((margin.unrealised, margin.initial), (usd(-500), usd(450)));
    assert_eq!((margin.equity(), margin.free()), (usd(500), usd(50)));
    assert_eq!(margin.maintenance.to_string(), "97.50000000");
    // 1000 + 50 (p - 100) <= 1.25 p - 15, so p <= 81.74.
    assert_eq!(ledger.liquidation_price(LINEAR, &instruments, |_| None), Some(Price::new(81)));
    assert!(ledger.margin(USD, &instruments, |_| Some(Price::new(81))).is_liquidated());
    assert!(!ledger.margin(USD, &instruments, |_| Some(Price::new(82))).is_liquidated());
}

#[test]
fn isolated_margin_is_set_aside_and_given_back_in_proportion() {
    let instruments = instruments();
    let instrument = instruments.get(LINEAR);
    let mut ledger = ledger(MarginMode::Isolated, 10);
    ledger.on_fill(instrument, at(1), &fill(Side::Sell, 100, 100)).unwrap();
    assert_eq!(ledger.position(LINEAR).margin, usd(100));
    assert_eq!(ledger.margin(USD, &instruments, |_| None).free(), usd(900));
    ledger.on_fill(instrument, at(2), &fill(Side::Buy, 100, 25)).unwrap();
    assert_eq!(ledger.position(LINEAR).margin, usd(75));
    let flip = ledger.on_fill(instrument, at(3), &fill(Side::Buy, 200, 100)).unwrap();
    assert_eq!(flip.realised, usd(-750));
    assert_eq!(ledger.position(LINEAR).margin, usd(50), "25 lots at 200, a tenth of 500");
    assert!(ledger.leverage_fits(instrument, usd(19_999)));
    assert!(!ledger.leverage_fits(instrument, usd(20_000)));
}

#[test]
fn a_long_pays_a_positive_funding_rate_and_the_trip_remembers() {
    let instruments = instruments();
    let mut ledger = ledger(MarginMode::Cross, 10);
    ledger.on_fill(instruments.get(LINEAR), at(1), &fill(Side::Buy, 100, 100)).unwrap();
    let (rate, mark, position) = (Rate::new(Rate::ONE / 10_000), Price::new(120), Qty::new(100));
    let amount = funding_amount(instruments.get(LINEAR), position, mark, rate).unwrap();
    assert_eq!(amount.to_string(), "-0.12000000");
    let body = AccountBody::Funding { instrument: LINEAR, rate, mark, position, amount };
    ledger.on_account(&instruments, &AccountEvent { exchange_at: at(2), body }).unwrap();
    let trip =
        ledger.on_fill(instruments.get(LINEAR), at(3), &fill(Side::Sell, 100, 100)).unwrap().round_trip;
    assert_eq!(trip.unwrap().net(), amount);
    assert_eq!(ledger.position(LINEAR).funding, amount);
}
