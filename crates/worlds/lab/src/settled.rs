//! Fills and round trips as the venue's books have them: everything heard of a run, booked once more in the order in
//! which it happened there.
//!
//! The core books what it hears when it hears it. A fill whose answer was lost comes after later ones, funding after
//! the fill that closed its position, and what an insurance fund paid always after the loss that it paid for. The
//! money is the same in the end; which fill and which round trip it belongs to is known only here.

use crate::outcome::{FillLine, TripLine};
use scalp_ledger::{Ledger, LedgerConfig};
use scalp_types::{AccountBody, AccountEvent, AssetId, InstrumentId, Instruments, Money, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// The round trips of a run. What they changed in the wallet, closed and under way, is all that trading changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// Closed ones, in the order of closing.
    pub trips: Vec<TripLine>,
    /// What the one that is not closed has changed in the wallet so far, by instrument: profit of reductions, fees,
    /// funding.
    pub under_way: BTreeMap<InstrumentId, Money>,
}

/// Puts `fills` into the venue's order, each with the position and the profit that it left there, and returns the
/// round trips that they make, with the funding, liquidation fees and payments of the insurance fund in `account`.
pub fn settle(fills: &mut [FillLine], account: &[AccountEvent], instruments: &Instruments) -> Settled {
    fills.sort_by_key(|it| (it.at, it.fill.trade));
    let Ok(ledger) = Ledger::new(instruments, &LedgerConfig::default()) else { return Settled::default() };
    let changes = |it: &&AccountEvent| !matches!(it.body, AccountBody::Statement { .. });
    let mut account: Vec<AccountEvent> = account.iter().filter(changes).copied().collect();
    account.sort_by_key(|it| it.exchange_at);
    let mut books =
        Books { instruments, ledger, trips: Vec::new(), taken_over: vec![Money::ZERO; instruments.len()] };
    // Events of an earlier time come before a fill, those of its own time where they belong.
    let mut waiting = VecDeque::from(account);
    for fill in fills {
        while waiting.front().is_some_and(|it| it.exchange_at < fill.at) {
            books.on_account(&waiting.pop_front().expect("there is a first one"));
        }
        let mut n = 0;
        while waiting.get(n).is_some_and(|it| it.exchange_at == fill.at) {
            if books.is_before(&waiting[n], fill) {
                let event = waiting.remove(n).expect("it was just looked at");
                books.on_account(&event);
            } else {
                n += 1;
            }
        }
        books.on_fill(fill);
    }
    waiting.iter().for_each(|it| books.on_account(it));
    let under_way = books.ledger.open().iter().map(|id| (*id, books.under_way(*id))).collect();
    Settled { trips: books.trips, under_way }
}

struct Books<'a> {
    instruments: &'a Instruments,
    ledger: Ledger,
    trips: Vec<TripLine>,
    /// By instrument, what the fund has paid for the round trip under way.
    taken_over: Vec<Money>,
}

impl Books<'_> {
    /// Of two things at one time: funding came when the position was what it was computed from, the fee of a
    /// liquidation is told before its fills, and what the fund pays is known after them.
    fn is_before(&self, event: &AccountEvent, fill: &FillLine) -> bool {
        match event.body {
            AccountBody::Funding { instrument, position, .. } => {
                instrument == fill.instrument && position == self.ledger.position(instrument).qty
            }
            AccountBody::Liquidated { instrument, .. } => instrument == fill.instrument && fill.fill.forced,
            _ => false,
        }
    }

    fn on_fill(&mut self, line: &mut FillLine) {
        let instrument = self.instruments.get(line.instrument);
        // What the core could book can be booked in another order too, but for amounts at the very limit.
        let Ok(change) = self.ledger.on_fill(instrument, line.at, &line.fill) else { return };
        line.position = change.after;
        line.realised = change.realised;
        if let Some(trip) = change.round_trip {
            let taken_over = std::mem::take(&mut self.taken_over[line.instrument.index()]);
            self.trips.push(TripLine { trip, reason: line.reason, taken_over });
        }
    }

    fn on_account(&mut self, event: &AccountEvent) {
        let booked = self.ledger.on_account(self.instruments, event);
        if let (Ok(()), AccountBody::Bankruptcy { asset, instrument, amount }) = (booked, event.body) {
            match instrument {
                Some(id) => self.cover_position(id, event.exchange_at, amount),
                None => self.cover_wallet(asset, amount),
            }
        }
    }

    fn under_way(&self, id: InstrumentId) -> Money {
        let trip = &self.ledger.position(id).trip;
        trip.profit - trip.fees + trip.funding - trip.liquidation_fees + self.taken_over[id.index()]
    }

    /// What an isolated position has lost beyond its margin belongs to the round trip that ended with it, else to the
    /// one under way.
    fn cover_position(&mut self, id: InstrumentId, at: Timestamp, amount: Money) {
        let held = !self.ledger.position(id).is_flat();
        let last = self.trips.iter_mut().rev().find(|it| it.trip.instrument == id);
        match last {
            Some(it) if it.trip.closed_at == at || !held => it.taken_over += amount,
            _ => self.taken_over[id.index()] += amount,
        }
    }

    /// A wallet is below zero by the last of its losses: the debt belongs to the round trips that ended last, to each
    /// as far as it lost.
    fn cover_wallet(&mut self, asset: AssetId, amount: Money) {
        let mut open = amount;
        for it in self.trips.iter_mut().rev() {
            if open.is_zero() {
                break;
            }
            let lost = -it.net();
            if self.instruments.get(it.trip.instrument).settle == asset && lost > Money::ZERO {
                let part = lost.min(open);
                it.taken_over += part;
                open -= part;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalp_types::{Fill, InstrumentSpec, Liquidity, OrderId, Price, Qty, Rate, Side, TradeId};

    const ONE: InstrumentId = InstrumentId(0);
    const TWO: InstrumentId = InstrumentId(1);
    const DOLLAR: AssetId = AssetId(1);

    fn instruments() -> Instruments {
        let spec = |symbol: &str| InstrumentSpec {
            venue: "v".into(),
            symbol: symbol.into(),
            contract: scalp_types::Contract::Linear,
            base: "B".into(),
            quote: "Q".into(),
            tick: "1".parse().unwrap(),
            lot: "1".parse().unwrap(),
            ..InstrumentSpec::unlimited()
        };
        Instruments::new([spec("ONE"), spec("TWO")]).unwrap()
    }

    fn coins(whole: i64) -> Money {
        Money::new(i128::from(whole) * Money::ONE)
    }

    /// A fill as the core booked it: without a profit, at a position that was not the venue's.
    fn fill(at: i64, trade: u64, id: InstrumentId, qty: i64, price: i64) -> FillLine {
        let side = if qty > 0 { Side::Buy } else { Side::Sell };
        FillLine {
            at: Timestamp::from_nanos(at),
            order: OrderId(trade),
            instrument: id,
            reason: None,
            fill: Fill {
                trade: TradeId(trade),
                side,
                price: Price::new(price),
                qty: Qty::new(qty.abs()),
                remaining: Qty::ZERO,
                liquidity: Liquidity::Taker,
                fee: Money::ZERO,
                fee_asset: DOLLAR,
                forced: false,
            },
            position: Qty::new(999),
            realised: Money::ZERO,
        }
    }

    fn event(at: i64, body: AccountBody) -> AccountEvent {
        AccountEvent { exchange_at: Timestamp::from_nanos(at), body }
    }
    fn funding(at: i64, position: i64, amount: i64) -> AccountEvent {
        let (rate, mark, position) = (Rate::ZERO, Price::new(1), Qty::new(position));
        event(at, AccountBody::Funding { instrument: ONE, rate, mark, position, amount: coins(amount) })
    }
    fn fund(at: i64, instrument: Option<InstrumentId>, amount: i64) -> AccountEvent {
        event(at, AccountBody::Bankruptcy { asset: DOLLAR, instrument, amount: coins(amount) })
    }
    fn nets(settled: &Settled) -> Vec<Money> {
        settled.trips.iter().map(TripLine::net).collect()
    }

    #[test]
    fn a_fill_heard_late_is_booked_where_it_belongs() {
        // Bought at 10 and 20, sold at 30; the second purchase was heard of after the sale.
        let mut fills = [fill(1, 1, ONE, 1, 10), fill(3, 3, ONE, -2, 30), fill(2, 2, ONE, 1, 20)];
        let settled = settle(&mut fills, &[], &instruments());
        let rows: Vec<_> = fills.iter().map(|it| (it.fill.trade.0, it.position.get(), it.realised)).collect();
        assert_eq!(rows, [(1, 1, coins(0)), (2, 2, coins(0)), (3, 0, coins(30))]);
        assert_eq!((nets(&settled), settled.under_way.len()), (vec![coins(30)], 0));
    }

    #[test]
    fn funding_heard_after_the_position_is_closed_belongs_to_its_round_trip() {
        let mut fills = [fill(1, 1, ONE, 2, 10), fill(5, 2, ONE, -2, 10), fill(5, 3, ONE, 1, 10)];
        // At the very time of the closing, from the position before and from the one after it.
        let settled = settle(&mut fills, &[funding(5, 1, 7), funding(5, 2, -3)], &instruments());
        assert_eq!(nets(&settled), [coins(-3)]);
        assert_eq!(settled.under_way[&ONE], coins(7));
    }

    #[test]
    fn what_the_fund_bore_is_no_loss_of_the_round_trip_that_it_was_paid_for() {
        // Two isolated positions end at one time, each beyond its margin.
        let mut fills = [
            fill(1, 1, ONE, 1, 1_000),
            fill(1, 2, TWO, 1, 1_000),
            fill(9, 3, ONE, -1, 100),
            fill(9, 4, TWO, -1, 200),
        ];
        let account = [fund(9, Some(TWO), 700), fund(9, Some(ONE), 800)];
        assert_eq!(nets(&settle(&mut fills, &account, &instruments())), [coins(-100), coins(-100)]);
        // A part of the position was closed beyond its margin; the rest is still held.
        let mut fills = [fill(1, 1, ONE, 2, 1_000), fill(9, 2, ONE, -1, 100)];
        let settled = settle(&mut fills, &[fund(9, Some(ONE), 800)], &instruments());
        assert_eq!((nets(&settled), settled.under_way[&ONE]), (vec![], coins(-100)));
    }

    #[test]
    fn a_debt_of_the_whole_wallet_is_the_end_of_its_losses() {
        let mut fills = [
            fill(1, 1, ONE, 1, 1_000),
            fill(2, 2, ONE, -1, 500),
            fill(3, 3, ONE, 1, 1_000),
            fill(3, 4, TWO, 1, 1_000),
            fill(3, 5, TWO, -1, 1_100),
            fill(9, 6, ONE, -1, 300),
        ];
        let settled = settle(&mut fills, &[fund(9, None, 900)], &instruments());
        // 700 of the last loss and 200 of the one before; what was won stays.
        assert_eq!(nets(&settled), [coins(-300), coins(100), coins(0)]);
    }
}
