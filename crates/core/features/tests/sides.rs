//! Which values rest on who took is told, and it is so: with other sides those change, and no other does.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests only")]

mod common;

use common::{Event, Market};
use scalp_features::flow::{self, Family};
use scalp_features::measure::Print;
use scalp_features::{Pipeline, Schema, Sources};
use scalp_types::Side;
use scalp_types::rng::Stream;

/// Every measure by default, with small windows, and what is made of some of them.
fn list() -> String {
    let measures = flow::catalogue().iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
    let more = "VPIN(5,20,1,SIGN), VPIN(5,20,1,BULK), KYLE(5,2), HASBROUCK(5,2), AMIHUD(5,2), BVC(2), ROLL(20), \
                EFFECTIVE_SPREAD(1,50), NASH_SPREAD(3,0,1,50), price, size, side, signed, mid, LAG(signed,2), ROLLMEAN(price,3), \
                ROLLMEAN(KYLE(5,2).lambda,3), RATIO(TRADE_FLOW(60).volume,mid), RSI(5,real=signed), RSI(5,real=price), AGE(side), \
                EMA(5,real=HAWKES(1,0.5,1).intensity), EMA(5,real=HAWKES(1,0.5,1).buys)";
    format!("{measures}, {more}")
}

/// The vectors after each event, where each trade has its own side, or another by a coin.
fn told(schema: &Schema, is_altered: bool) -> Vec<Vec<f64>> {
    let (mut market, mut coin) = (Market::new(11), Stream::named(5, "coin"));
    let mut pipeline = Pipeline::new(schema);
    let mut rows = Vec::new();
    for _ in 0..30_000 {
        match market.next() {
            Event::Trade(trade) => {
                let drawn = if coin.uniform() < 0.5 { Side::Buy } else { Side::Sell };
                let aggressor = if is_altered { Some(drawn) } else { trade.aggressor };
                pipeline.on_trade(&Print { aggressor, ..trade }).unwrap();
            }
            Event::Book(book) => pipeline.on_book(&book).unwrap(),
        }
        rows.push(pipeline.vector().raw().to_vec());
    }
    rows
}

#[test]
fn what_rests_on_sides_changes_with_them_and_nothing_else_does() {
    let sources = Sources { bars: false, ..Sources::market(30) };
    let schema = Schema::parse(&list(), &sources).unwrap();
    let (one, other) = (told(&schema, false), told(&schema, true));
    let on_sides = schema.on_sides();
    let (mut changed, mut still) = (0, Vec::new());
    for (at, title) in schema.titles().iter().enumerate() {
        let differs = |(a, b): (&Vec<f64>, &Vec<f64>)| {
            a[at].is_finite() != b[at].is_finite() || (a[at] - b[at]).abs() > 1e-9 * a[at].abs().max(1.0)
        };
        let is_changed = one.iter().zip(&other).any(differs);
        let is_said = on_sides.contains(&title.as_str());
        assert!(is_said || !is_changed, "{title} changes with the sides, and it is not said");
        changed += usize::from(is_changed);
        let speaks = one.iter().any(|row| row[at].is_finite());
        if is_said && !is_changed && speaks {
            still.push(title.as_str());
        }
    }
    println!("{changed} of {} change; said and still: {still:?}", schema.len());
    // An alarm that is not raised here says the same whoever took.
    let is_alarm = |title: &&str| {
        let name = title.split(['.', '(']).next().unwrap();
        flow::find(name).is_some_and(|it| it.family == Family::Alarm)
    };
    assert!(still.iter().all(is_alarm), "{still:?}");
    assert!(changed > 25, "{changed}");
    // Where no side is told, the columns are absent, and only what estimates them has a value.
    let estimated = schema.on_estimated_sides();
    let columns = ["side", "signed", "LAG(signed,2)", "RSI(5,real=signed)"];
    let rest: Vec<&str> = on_sides.iter().copied().filter(|it| !columns.contains(it)).collect();
    assert_eq!(estimated, rest);
}
