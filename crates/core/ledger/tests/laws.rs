//! The laws of the ledger over random sessions, against a twin that keeps the books the naive way: it never nets,
//! never averages and never realises, but adds up the value of every fill and asks what closing out would bring.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use proptest::prelude::*;
use scalp_ledger::{Cause, Ledger, LedgerConfig, LedgerError, MarginTerms};
use scalp_types::{
    AccountBody, AccountEvent, AssetId, Contract, Fill, InstrumentId, Instruments, MarginMode, Money, Price,
    Qty, Rate, Side, Timestamp,
};
use support::{BNB, BTC, LINEAR, USD, fill, instruments, usd};

#[derive(Debug, Clone)]
enum Op {
    Fill(InstrumentId, Fill),
    Account(AccountBody),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let a_fill = (0..4_u16, any::<bool>(), 1..100_000_i64, 1..50_i64, -500..5_000_i128, 0..3_u16);
    let a_fill = a_fill.prop_map(|(instrument, buys, price, qty, fee, fee_asset)| {
        let side = if buys { Side::Buy } else { Side::Sell };
        let fee = Money::new(fee * 997);
        Op::Fill(
            InstrumentId(instrument),
            Fill { fee, fee_asset: AssetId(fee_asset), ..fill(side, price, qty) },
        )
    });
    let an_event = (0..4_u8, 0..4_u16, -1_000_000..1_000_000_i128).prop_map(|(kind, id, units)| {
        let (instrument, amount) = (InstrumentId(id), Money::new(units));
        Op::Account(match kind {
            0 => AccountBody::Transfer { asset: AssetId(id % 3), amount },
            1 => AccountBody::Bankruptcy { asset: AssetId(id % 3), instrument: None, amount },
            2 => AccountBody::Liquidated { instrument, qty: Qty::ZERO, fee: amount },
            _ => {
                let (mark, position) = (Price::new(1), Qty::ZERO);
                AccountBody::Funding { instrument, rate: Rate::ZERO, mark, position, amount }
            }
        })
    });
    prop::collection::vec(prop_oneof![5 => a_fill, 1 => an_event], 1..60)
}

/// Everything that ever moved, added up.
struct Twin<'a> {
    instruments: &'a Instruments,
    /// What came and went by asset: transfers, fees, funding and the like.
    other: [i128; 3],
    fees: [i128; 3],
    /// By instrument: signed size, and the sum of the signed values of all fills.
    size: [i64; 4],
    value: [i128; 4],
}

impl Twin<'_> {
    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Fill(id, ref fill) => {
                let n = id.index();
                let signed = fill.qty.signed(fill.side).get();
                // A fill through zero is two: what closes is rounded apart from what opens.
                let against = self.size[n].signum() * signed.signum() < 0;
                let closing =
                    if against { signed.signum() * signed.abs().min(self.size[n].abs()) } else { 0 };
                for part in [closing, signed - closing] {
                    let value = self.instruments.get(id).value(fill.price, Qty::new(part));
                    self.value[n] += value.get();
                }
                self.size[n] += signed;
                self.other[fill.fee_asset.index()] -= fill.fee.get();
                self.fees[fill.fee_asset.index()] += fill.fee.get();
            }
            Op::Account(body) => {
                let (asset, amount) = match body {
                    AccountBody::Transfer { asset, amount }
                    | AccountBody::Bankruptcy { asset, amount, .. } => (asset, amount),
                    AccountBody::Funding { instrument, amount, .. } => {
                        (self.instruments.get(instrument).settle, amount)
                    }
                    AccountBody::Liquidated { instrument, fee, .. } => {
                        (self.instruments.get(instrument).settle, -fee)
                    }
                    AccountBody::Statement { .. } => return,
                };
                self.other[asset.index()] += amount.get();
            }
        }
    }

    /// What would be there if every position were closed out at these prices, for nothing.
    fn closed_out(&self, asset: AssetId, marks: &[Price; 4]) -> i128 {
        let mut sum = self.other[asset.index()];
        for it in self.instruments.iter().filter(|it| it.settle == asset) {
            let n = it.id.index();
            let worth = it.value(marks[n], Qty::new(self.size[n])).get();
            sum += if it.spec.contract == Contract::Inverse {
                self.value[n] - worth
            } else {
                worth - self.value[n]
            };
        }
        sum
    }
}

fn event(body: AccountBody) -> AccountEvent {
    AccountEvent { exchange_at: Timestamp::from_nanos(7), body }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn cash_and_open_profit_balance_to_zero_error_against_a_naive_twin(
        ops in ops(), marks in prop::array::uniform4(1..200_000_i64), isolated in any::<bool>(),
    ) {
        let instruments = instruments();
        let marks = marks.map(Price::new);
        let mode = if isolated { MarginMode::Isolated } else { MarginMode::Cross };
        let config = LedgerConfig {
            terms: MarginTerms { mode, leverage: 3 },
            opening: vec![(USD, usd(1_000)), (BTC, usd(2))],
            ..LedgerConfig::default()
        };
        let mut ledger = Ledger::new(&instruments, &config).unwrap();
        let mut twin =
            Twin { instruments: &instruments, other: [0; 3], fees: [0; 3], size: [0; 4], value: [0; 4] };
        twin.other[USD.index()] = usd(1_000).get();
        twin.other[BTC.index()] = usd(2).get();
        let mut cash = [usd(2), usd(1_000), Money::ZERO];
        let mut trips = [Money::ZERO; 4];
        for op in &ops {
            match op {
                Op::Fill(id, fill) => {
                    let change = ledger.on_fill(instruments.get(*id), Timestamp::from_nanos(7), fill).unwrap();
                    prop_assert_eq!(change.after - change.before, fill.qty.signed(fill.side));
                    if let Some(trip) = change.round_trip {
                        trips[id.index()] += trip.profit;
                        let whole = match instruments.get(*id).spec.contract {
                            Contract::Inverse => trip.entry_value - trip.exit_value,
                            _ => trip.exit_value - trip.entry_value,
                        };
                        prop_assert_eq!(Money::new(whole.get() * i128::from(trip.side.sign())), trip.profit);
                    }
                }
                Op::Account(body) => ledger.on_account(&instruments, &event(*body)).unwrap(),
            }
            twin.apply(op);
            for line in ledger.changes() {
                cash[line.asset.index()] += line.amount;
                prop_assert_eq!(line.after, cash[line.asset.index()]);
            }
        }
        for asset in [BTC, USD, BNB] {
            let equity = ledger.equity(asset, &instruments, |id| Some(marks[id.index()]));
            prop_assert_eq!(equity.get(), twin.closed_out(asset, &marks));
            prop_assert_eq!(ledger.balance(asset), cash[asset.index()], "the journal adds up to the balance");
            prop_assert_eq!(ledger.wallet(asset).brought_by(Cause::Fee).get(), -twin.fees[asset.index()]);
        }
        for it in instruments.iter() {
            let position = ledger.position(it.id);
            prop_assert_eq!(position.qty.get(), twin.size[it.id.index()]);
            prop_assert_eq!(trips[it.id.index()] + position.trip.profit, position.realised);
            prop_assert!(!position.is_flat() || (position.cost.is_zero() && position.margin.is_zero()));
        }
        prop_assert!(ledger.open().windows(2).all(|it| it[0] < it[1]));
        prop_assert_eq!(ledger.open().len(), twin.size.iter().filter(|it| **it != 0).count());
        prop_assert_eq!(ledger.audit(&instruments), Ok(()));
        let bytes = postcard::to_stdvec(&ledger).unwrap();
        prop_assert_eq!(&postcard::from_bytes::<Ledger>(&bytes).unwrap(), &ledger);
    }

    #[test]
    fn the_liquidation_price_is_the_first_tick_that_liquidates(
        inverse in any::<bool>(), isolated in any::<bool>(), buys in any::<bool>(), price in 50..3_000_i64,
        lots in 1..4_000_i64, wallet in 0..3_000_i64, leverage in 1..25_u32,
    ) {
        let instruments = instruments();
        let id = InstrumentId(u16::from(inverse));
        let instrument = instruments.get(id);
        let (side, wallet) = (if buys { Side::Buy } else { Side::Sell }, if inverse { wallet / 100 } else { wallet });
        let mode = if isolated { MarginMode::Isolated } else { MarginMode::Cross };
        let config = LedgerConfig {
            terms: MarginTerms { mode, leverage },
            opening: vec![(instrument.settle, usd(wallet))],
            ..LedgerConfig::default()
        };
        let mut ledger = Ledger::new(&instruments, &config).unwrap();
        ledger.on_fill(instrument, Timestamp::from_nanos(1), &fill(side, price, lots)).unwrap();
        let is_taken = |ticks: &i64| {
            let mark = Some(Price::new(*ticks));
            let pool = if isolated {
                ledger.isolated_margin(instrument, mark)
            } else {
                ledger.margin(instrument.settle, &instruments, |_| mark)
            };
            pool.is_liquidated()
        };
        let found = ledger.liquidation_price(id, &instruments, |_| None).map(Price::get);
        const HIGHEST: i64 = 12_000;
        let naive = if buys { (1..=HIGHEST).rev().find(is_taken) } else { (1..=HIGHEST).find(is_taken) };
        if found.is_none_or(|it| it <= HIGHEST) {
            prop_assert_eq!(found, naive);
        } else {
            prop_assert_eq!(naive, if buys { Some(HIGHEST) } else { None });
        }
    }

    #[test]
    fn at_the_bankruptcy_price_nothing_is_left_and_a_tick_before_something_is(
        inverse in any::<bool>(), isolated in any::<bool>(), buys in any::<bool>(), price in 50..3_000_i64,
        lots in 1..4_000_i64, wallet in 0..3_000_i64, leverage in 1..25_u32, other in 1..2_000_i64,
    ) {
        let instruments = instruments();
        let id = InstrumentId(u16::from(inverse));
        let instrument = instruments.get(id);
        let (side, wallet) = (if buys { Side::Buy } else { Side::Sell }, if inverse { wallet / 100 } else { wallet });
        let mode = if isolated { MarginMode::Isolated } else { MarginMode::Cross };
        let config = LedgerConfig {
            terms: MarginTerms { mode, leverage },
            opening: vec![(instrument.settle, usd(wallet))],
            ..LedgerConfig::default()
        };
        let mut ledger = Ledger::new(&instruments, &config).unwrap();
        ledger.on_fill(instrument, Timestamp::from_nanos(1), &fill(side, price, lots)).unwrap();
        // A second position of the account stands at its own mark throughout.
        let second = InstrumentId(u16::from(!inverse));
        ledger.on_fill(instruments.get(second), Timestamp::from_nanos(2), &fill(side, 1_000, 3)).unwrap();
        let standing = Some(Price::new(other));
        let equity = |ticks: i64| {
            let mark = Some(Price::new(ticks));
            if isolated {
                ledger.isolated_margin(instrument, mark).equity()
            } else {
                let of = |it| if it == id { mark } else { standing };
                ledger.margin(instrument.settle, &instruments, of).equity()
            }
        };
        let found = ledger.bankruptcy_price(id, &instruments, |_| standing).map(Price::get);
        const FAR: i64 = 1_000_000_000;
        match found.filter(|it| *it < FAR) {
            Some(ticks) => {
                prop_assert!(equity(ticks) <= Money::ZERO, "{} is left at {ticks}", equity(ticks));
                // One tick on the safe side, unless the position was bankrupt at every price.
                let before = ticks + side.sign();
                prop_assert!(equity(before) > Money::ZERO, "{} is left at {before}", equity(before));
            }
            None => {
                let left = equity(if buys { 1 } else { FAR });
                prop_assert!(left > Money::ZERO, "{left} is left at the last price");
            }
        }
    }

    #[test]
    fn no_outside_number_panics_and_what_is_refused_changes_nothing(
        price in any::<i64>(), qty in any::<i64>(), fee in any::<i128>(), id in 0..9_u16, mark in any::<i64>(),
    ) {
        let instruments = instruments();
        let config = LedgerConfig { opening: vec![(USD, usd(1))], ..LedgerConfig::default() };
        let mut ledger = Ledger::new(&instruments, &config).unwrap();
        ledger.on_fill(instruments.get(LINEAR), Timestamp::MIN, &fill(Side::Buy, 100, 7)).unwrap();
        for side in [Side::Buy, Side::Sell] {
            let before = ledger.clone();
            let wild = Fill { fee: Money::new(fee), fee_asset: AssetId(id), ..fill(side, price, qty) };
            let instrument = instruments.get(InstrumentId(id % 4));
            if ledger.on_fill(instrument, Timestamp::MAX, &wild).is_err() {
                prop_assert_eq!(ledger.position(LINEAR), before.position(LINEAR));
                prop_assert_eq!(ledger.balance(USD), before.balance(USD));
                prop_assert_eq!(ledger.changes().count(), 0);
            }
            let wild = AccountBody::Liquidated { instrument: InstrumentId(id), qty: Qty::new(qty), fee: Money::new(fee) };
            let _ = ledger.on_account(&instruments, &event(wild));
            let wild = AccountBody::Transfer { asset: AssetId(id), amount: Money::new(fee) };
            let _ = ledger.on_account(&instruments, &event(wild));
            let mark = |_| Some(Price::new(mark));
            for asset in [BTC, USD, BNB] {
                let _ = ledger.equity(asset, &instruments, mark);
                let _ = ledger.margin(asset, &instruments, mark).ratio_f64();
            }
            for it in instruments.iter() {
                let _ = ledger.liquidation_price(it.id, &instruments, mark);
            }
            prop_assert_eq!(ledger.audit(&instruments), Ok(()));
        }
    }
}

#[test]
fn a_fill_of_nothing_and_an_unknown_asset_are_refused_by_name() {
    let instruments = instruments();
    let mut ledger = Ledger::new(&instruments, &LedgerConfig::default()).unwrap();
    let refused =
        ledger.on_fill(instruments.get(LINEAR), Timestamp::MIN, &fill(Side::Buy, 100, 0)).unwrap_err();
    assert_eq!(refused.to_string(), "fill of 0 lots in instrument 0, expected a positive size");
    let event = event(AccountBody::Transfer { asset: AssetId(9), amount: usd(1) });
    assert_eq!(ledger.on_account(&instruments, &event), Err(LedgerError::UnknownAsset(AssetId(9))));
}
