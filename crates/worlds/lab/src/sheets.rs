//! Every order, fill, round trip, balance change and equity sample of a run as tables.

use crate::analysis::{kind_in_words, reason_in_words, status_in_words};
use crate::export::{Column, Table};
use crate::outcome::{EquityLine, FillLine, OrderLine, Outcome};
use rust_decimal::Decimal;
use scalp_ledger::BalanceChange;
use scalp_types::{
    AccountBody, Instrument, InstrumentId, Instruments, Liquidity, Money, Price, Qty, Side, Timestamp,
};

/// All tables of a run; empty ones too, so that a reader finds every file.
pub fn sheets(outcome: &Outcome, instruments: &Instruments) -> Vec<Table> {
    let sheet = Sheet { instruments };
    vec![
        sheet.orders(outcome),
        sheet.fills(&outcome.fills),
        sheet.positions(&outcome.fills),
        sheet.trades(outcome),
        sheet.balances(&outcome.balances),
        sheet.account(outcome),
        sheet.equity(&outcome.equity),
    ]
}

/// Decimal places of prices and sizes, the most of any instrument.
const PLACES: u32 = 12;

struct Sheet<'a> {
    instruments: &'a Instruments,
}

impl Sheet<'_> {
    fn of(&self, id: InstrumentId) -> &Instrument {
        self.instruments.get(id)
    }
    fn price(&self, id: InstrumentId, price: Price) -> Decimal {
        self.of(id).price_decimal(price)
    }
    fn qty(&self, id: InstrumentId, qty: Qty) -> Decimal {
        self.of(id).qty_decimal(qty)
    }

    fn orders(&self, outcome: &Outcome) -> Table {
        let all: &[OrderLine] = &outcome.orders;
        let id = |it: &OrderLine| it.request.instrument;
        let price = |it: &OrderLine, price: Option<Price>| price.map(|price| self.price(id(it), price));
        Table::new("orders")
            .with("order", text(all, |it| Some(it.request.id.to_string())))
            .with("instrument", text(all, |it| Some(self.of(id(it)).name())))
            .with("side", text(all, |it| Some(side(it.request.side))))
            .with("kind", text(all, |it| Some(kind_in_words(it))))
            .with("reason", text(all, |it| Some(reason_in_words(Some(it.reason)).into())))
            .with("why", text(all, |it| outcome.whys.get(&it.request.id).cloned()))
            .with("price", decimal(all, |it| price(it, it.request.kind.limit())))
            .with("trigger", decimal(all, |it| price(it, it.request.kind.trigger())))
            .with("qty", decimal(all, |it| Some(self.qty(id(it), it.request.qty))))
            .with("first_price", decimal(all, |it| price(it, it.first_price)))
            .with("first_qty", decimal(all, |it| Some(self.qty(id(it), it.first_qty))))
            .with("filled", decimal(all, |it| Some(self.qty(id(it), it.filled))))
            .with("status", text(all, |it| Some(status_in_words(it))))
            .with("sent_at", time(all, |it| Some(it.sent_at)))
            .with("bid_at_decision", decimal(all, |it| price(it, it.arrival.map(|it| it.0))))
            .with("ask_at_decision", decimal(all, |it| price(it, it.arrival.map(|it| it.1))))
            .with("accepted_at", time(all, |it| it.accepted_at))
            .with("answer_at", time(all, |it| it.heard_at))
            .with("ended_at", time(all, |it| it.ended_at))
    }

    fn fills(&self, all: &[FillLine]) -> Table {
        Table::new("fills")
            .with("at", time(all, |it| Some(it.at)))
            .with("trade", whole(all, |it| Some(it.fill.trade.0 as i64)))
            .with("order", text(all, |it| Some(it.order.to_string())))
            .with("instrument", text(all, |it| Some(self.of(it.instrument).name())))
            .with("side", text(all, |it| Some(side(it.fill.side))))
            .with("price", decimal(all, |it| Some(self.price(it.instrument, it.fill.price))))
            .with("qty", decimal(all, |it| Some(self.qty(it.instrument, it.fill.qty))))
            .with("remaining", decimal(all, |it| Some(self.qty(it.instrument, it.fill.remaining))))
            .with("liquidity", text(all, |it| Some(liquidity(it.fill.liquidity))))
            .with("value", money(all, |it| Some(self.of(it.instrument).value(it.fill.price, it.fill.qty))))
            .with("fee", money(all, |it| Some(it.fill.fee)))
            .with(
                "fee_asset",
                text(all, |it| Some(self.instruments.assets()[it.fill.fee_asset.index()].clone())),
            )
            .with("realised", money(all, |it| Some(it.realised)))
            .with("reason", text(all, |it| Some(reason_in_words(it.reason).into())))
            .with("forced", text(all, |it| Some(if it.fill.forced { "yes" } else { "no" }.into())))
    }

    fn positions(&self, all: &[FillLine]) -> Table {
        Table::new("positions")
            .with("at", time(all, |it| Some(it.at)))
            .with("instrument", text(all, |it| Some(self.of(it.instrument).name())))
            .with("position", decimal(all, |it| Some(self.qty(it.instrument, it.position))))
            .with("price", decimal(all, |it| Some(self.price(it.instrument, it.fill.price))))
            .with("realised", money(all, |it| Some(it.realised)))
    }

    fn trades(&self, outcome: &Outcome) -> Table {
        let all = &outcome.trips[..];
        Table::new("trades")
            .with("instrument", text(all, |it| Some(self.of(it.trip.instrument).name())))
            .with("side", text(all, |it| Some(side(it.trip.side))))
            .with("opened_at", time(all, |it| Some(it.trip.opened_at)))
            .with("closed_at", time(all, |it| Some(it.trip.closed_at)))
            .with("qty_max", decimal(all, |it| Some(self.qty(it.trip.instrument, it.trip.qty_max))))
            .with("entry_value", money(all, |it| Some(it.trip.entry_value)))
            .with("exit_value", money(all, |it| Some(it.trip.exit_value)))
            .with("profit", money(all, |it| Some(it.trip.profit)))
            .with("fees", money(all, |it| Some(it.trip.fees)))
            .with("funding", money(all, |it| Some(it.trip.funding)))
            .with("liquidation_fees", money(all, |it| Some(it.trip.liquidation_fees)))
            .with("taken_over", money(all, |it| Some(it.taken_over)))
            .with("net", money(all, |it| Some(it.net())))
            .with("fills", whole(all, |it| Some(it.trip.fills.into())))
            .with("reason", text(all, |it| Some(reason_in_words(it.reason).into())))
    }

    fn balances(&self, all: &[BalanceChange]) -> Table {
        let asset = |it: &BalanceChange| self.instruments.assets()[it.asset.index()].clone();
        Table::new("balances")
            .with("at", time(all, |it| Some(it.at)))
            .with("asset", text(all, |it| Some(asset(it))))
            .with("cause", text(all, |it| Some(it.cause.name().into())))
            .with("instrument", text(all, |it| it.instrument.map(|id| self.of(id).name())))
            .with("amount", money(all, |it| Some(it.amount)))
            .with("balance", money(all, |it| Some(it.after)))
    }

    fn account(&self, outcome: &Outcome) -> Table {
        let all = &outcome.account[..];
        let kind = |body: &AccountBody| match body {
            AccountBody::Transfer { .. } => "transfer",
            AccountBody::Funding { .. } => "funding",
            AccountBody::Liquidated { .. } => "liquidation",
            AccountBody::Bankruptcy { .. } => "bankruptcy",
            AccountBody::Statement { .. } => "statement",
        };
        let instrument = |body: &AccountBody| match body {
            AccountBody::Funding { instrument, .. } | AccountBody::Liquidated { instrument, .. } => {
                Some(*instrument)
            }
            AccountBody::Bankruptcy { instrument, .. } => *instrument,
            _ => None,
        };
        let amount = |body: &AccountBody| match body {
            AccountBody::Transfer { amount, .. }
            | AccountBody::Funding { amount, .. }
            | AccountBody::Bankruptcy { amount, .. } => *amount,
            AccountBody::Liquidated { fee, .. } => -*fee,
            AccountBody::Statement { .. } => Money::ZERO,
        };
        let rate = |body: &AccountBody| match body {
            AccountBody::Funding { rate, .. } => Some(rate.to_decimal()),
            _ => None,
        };
        Table::new("account")
            .with("at", time(all, |it| Some(it.exchange_at)))
            .with("kind", text(all, |it| Some(kind(&it.body).into())))
            .with("instrument", text(all, |it| instrument(&it.body).map(|id| self.of(id).name())))
            .with("rate", decimal(all, |it| rate(&it.body)))
            .with("amount", money(all, |it| Some(amount(&it.body))))
    }

    fn equity(&self, all: &[EquityLine]) -> Table {
        Table::new("equity")
            .with("at", time(all, |it| Some(it.at)))
            .with("asset", text(all, |it| Some(self.instruments.assets()[it.asset.index()].clone())))
            .with("balance", money(all, |it| Some(it.balance)))
            .with("equity", money(all, |it| Some(it.equity)))
            .with("gross", money(all, |it| Some(it.gross)))
            .with("net", money(all, |it| Some(it.net)))
    }
}

fn side(side: Side) -> String {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
    .into()
}

fn liquidity(liquidity: Liquidity) -> String {
    match liquidity {
        Liquidity::Maker => "maker",
        Liquidity::Taker => "taker",
    }
    .into()
}

fn text<T>(all: &[T], of: impl Fn(&T) -> Option<String>) -> Column {
    Column::Text(all.iter().map(of).collect())
}
fn whole<T>(all: &[T], of: impl Fn(&T) -> Option<i64>) -> Column {
    Column::Whole(all.iter().map(of).collect())
}
fn time<T>(all: &[T], of: impl Fn(&T) -> Option<Timestamp>) -> Column {
    Column::Time(all.iter().map(of).collect())
}
fn decimal<T>(all: &[T], of: impl Fn(&T) -> Option<Decimal>) -> Column {
    Column::Decimal(all.iter().map(of).collect(), PLACES)
}
fn money<T>(all: &[T], of: impl Fn(&T) -> Option<Money>) -> Column {
    Column::Money(all.iter().map(of).collect())
}
