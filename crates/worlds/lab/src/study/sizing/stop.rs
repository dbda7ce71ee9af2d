//! A position whose stop loses what may be lost.

use super::{known, said};
use crate::study::StudyError;
use scalp_allocate::sizing::AtrRisk;
use scalp_indicators::{Frame, Indicator, Schema};
use scalp_report::data::Unit as FigureUnit;
use scalp_report::study::{Cell, Section, Study};
use scalp_tables::panel::{Holds, Missing, Panel, PanelPlan};
use std::path::Path;

/// Size of a position by the range of its market.
#[derive(Debug, Clone, PartialEq)]
pub struct StopArgs {
    /// Equity, in the currency of the prices.
    pub equity: f64,
    /// Share of it that the stop may lose.
    pub risk: f64,
    /// Candles of the average true range.
    pub length: usize,
    /// Distance of the stop in average true ranges.
    pub multiple: f64,
    /// Fees of both sides, as a fraction of what is traded.
    pub fee: f64,
}

/// The quantity whose stop loses what may be lost, at the last candle of a table.
pub fn stop(path: &Path, missing: Missing, args: &StopArgs) -> Result<Study, StudyError> {
    let columns = ["high", "low", "close"].map(str::to_owned).to_vec();
    let panel = Panel::read(path, &PanelPlan { holds: Holds::Prices, missing, columns })?;
    let [high, low, close] = [&panel.series[0], &panel.series[1], &panel.series[2]];
    let rows = close.len();
    for at in 0..rows {
        if high[at] < low[at] || close[at] > high[at] || close[at] < low[at] {
            return Err(StudyError::Asked(format!(
                "{}, row {} of values: expected low <= close <= high, got {}, {}, {}: mend the candle",
                path.display(),
                at + 1,
                low[at],
                close[at],
                high[at]
            )));
        }
    }
    if !(args.fee >= 0.0 && args.fee < 1.0) {
        return Err(StudyError::Asked(format!("--fee: expected 0 to below 1, got {}", args.fee)));
    }
    let schema = Schema::ohlcv();
    let failed = |e: scalp_indicators::Error| StudyError::Asked(format!("--length: {e}"));
    let indicator = Indicator::parse(&format!("ATR({})", args.length), &schema).map_err(failed)?;
    // Open and volume have no part in it.
    let frame = Frame::new(&schema, &[close, high, low, close, close]).map_err(failed)?;
    let found = indicator.batch(&frame).map_err(failed)?;
    let atr = found[0].at(rows - 1).ok_or_else(|| {
        StudyError::Asked(format!(
            "{}: {rows} candles are too few for an average true range of {}: take a table with more rows, or a shorter --length",
            path.display(),
            args.length
        ))
    })?;
    let price = close[rows - 1];
    let bare = AtrRisk { equity: args.equity, risk: args.risk, atr, multiple: args.multiple };
    let quantity = bare.quantity().map_err(said("the stop"))?;
    let distance = args.multiple * atr;
    // Fees are lost beside the distance: both sides, about at the price now.
    let with_fees = args.equity * args.risk / (distance + args.fee * price);
    let mut section = Section::with_columns("Size", ["value", "of the price"]);
    let mut say = |name: &str, value: f64, share: Option<f64>| {
        section.row(name, vec![value.into(), share.map_or_else(|| Cell::from(""), Cell::from)]);
    };
    say("last close", price, None);
    say(&format!("average true range of {}", args.length), atr, Some(atr / price));
    say("distance of the stop", distance, Some(distance / price));
    say("stop of a long", price - distance, Some(1.0 - distance / price));
    say("stop of a short", price + distance, Some(1.0 + distance / price));
    say("quantity", quantity, None);
    say("quantity, fees counted", with_fees, None);
    say("value, fees counted", with_fees * price, None);
    say("leverage, fees counted", with_fees * price / args.equity, None);
    say("lost at the stop, fees counted", with_fees * (distance + args.fee * price), None);
    let mut notes = Vec::new();
    if price <= distance {
        notes.push("The stop of a long lies at or below zero: it can never be reached.".to_owned());
    }
    notes.push(
        "Wilder's average true range. A stop is no promise: in a gap more is lost than the distance.".into(),
    );
    let file = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
    Ok(Study {
        title: "Size by the range of the market".into(),
        sample: format!("{file}: {rows} candles"),
        headline: vec![
            known("Quantity", FigureUnit::Ratio, with_fees, "fees counted"),
            known("Stop distance", FigureUnit::Magnitude, distance / price, "of the price"),
            known("Leverage", FigureUnit::Ratio, with_fees * price / args.equity, "value over equity"),
        ],
        sections: vec![section],
        notes,
        ..Study::default()
    })
}
