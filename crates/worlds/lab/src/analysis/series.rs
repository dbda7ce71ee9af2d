//! Curves over time: equity, what buying and holding would have made, how much of the account was in use.

use super::Ended;
use scalp_report::data::{Series, Usage};
use scalp_types::{Contract, Money, Timestamp};

/// Equity over time in the page's asset, from the opening to the exact end.
pub fn equity_series(run: &Ended<'_>) -> Series {
    let mut series = Series::default();
    let mut put = |at: Timestamp, equity: Money| {
        if series.at_ns.last().is_none_or(|last| *last < at.nanos()) {
            series.at_ns.push(at.nanos());
            series.value.push(equity.to_f64());
        } else if let Some(last) = series.value.last_mut() {
            *last = equity.to_f64();
        }
    };
    put(run.first_at, run.opening);
    for line in run.outcome.equity.iter().filter(|it| it.asset == run.asset && it.at > run.first_at) {
        put(line.at, line.equity);
    }
    put(run.last_at, run.closing);
    series
}

/// The opening equity spread evenly over the instruments at their first price and held without leverage, costs or
/// funding, at the times of `equity`, each at the last price at or before it. It begins with the opening equity: the
/// first price of a bar is its open, older than the first event. Behind an inverse contract stands the coin that it
/// settles in: held without leverage, it is worth itself at every price.
pub fn buy_and_hold(run: &Ended<'_>, equity: &Series) -> Series {
    let traces: Vec<_> = run
        .counted()
        .filter_map(|it| Some((it, run.traces.get(it.id), run.traces.get(it.id).first()?)))
        .collect();
    if traces.is_empty() {
        return Series::default();
    }
    let opening = run.opening.to_f64();
    let value_at = |at: i64| {
        let growth = traces.iter().map(|(it, trace, first)| {
            let (price, first) = (trace.price_at(Timestamp::from_nanos(at)), first.get() as f64);
            let ratio = price.map_or(1.0, |price| price.get() as f64 / first);
            if it.spec.contract == Contract::Inverse { 1.0 } else { ratio }
        });
        opening * growth.sum::<f64>() / traces.len() as f64
    };
    let point = |(n, at): (usize, &i64)| if n == 0 { opening } else { value_at(*at) };
    Series { at_ns: equity.at_ns.clone(), value: equity.at_ns.iter().enumerate().map(point).collect() }
}

/// What holding means where it is not a price that moves: the coin of an inverse contract, counted in itself.
pub fn hold_note(run: &Ended<'_>, asset: &str) -> String {
    let is_inverse = run.counted().any(|it| it.spec.contract == Contract::Inverse);
    if !is_inverse {
        return String::new();
    }
    format!("For inverse contracts that is {asset} kept as it is: counted in {asset} it never changes.")
}

/// Exposure, leverage and margin as parts of equity, at each sample with equity above zero.
pub fn usage(run: &Ended<'_>) -> Usage {
    let mut usage = Usage::default();
    for line in run.outcome.equity.iter().filter(|it| it.asset == run.asset && it.equity > Money::ZERO) {
        if usage.at_ns.last().is_some_and(|last| *last >= line.at.nanos()) {
            continue;
        }
        let equity = line.equity.to_f64();
        usage.at_ns.push(line.at.nanos());
        usage.exposure.push(line.net.to_f64() / equity);
        usage.leverage.push(line.gross.to_f64() / equity);
        usage.margin.push(line.gross.to_f64() / equity / f64::from(run.leverage));
    }
    usage
}
