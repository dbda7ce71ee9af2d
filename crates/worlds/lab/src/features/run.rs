//! The items that `[report] indicators` names, drawn on the bars of a run.

use super::compute::Asked;
use super::plot::{Wanted, picture};
use super::table::Table;
use scalp_config::IndicatorList;
use scalp_report::candles::Drawn;
use scalp_report::data::PriceBars;
use scalp_types::{Bar, Instrument};
use std::num::NonZero;
use std::path::Path;

/// What stands where a run has no bars to compute on.
const NO_BARS: &str = "No indicator is shown: the run had no bars; [bars] builds them from trades.";

/// The bars of one instrument with the list drawn on them. Without bars, or where there are too few, `plain` remains with
/// a sentence about it.
#[must_use]
pub fn drawn(plain: PriceBars, instrument: &Instrument, bars: &[&Bar], list: &IndicatorList) -> PriceBars {
    let only_note =
        |plain: PriceBars, note: String| PriceBars { drawn: Drawn { note, ..Drawn::default() }, ..plain };
    if bars.is_empty() {
        return only_note(plain, NO_BARS.into());
    }
    let column = |of: fn(&Bar) -> scalp_types::Price| {
        bars.iter().map(|it| instrument.price_f64(of(it))).collect::<Vec<f64>>()
    };
    let prices = [column(|it| it.open), column(|it| it.high), column(|it| it.low), column(|it| it.close)];
    let volume: Vec<f64> = bars.iter().map(|it| instrument.qty_f64(it.volume)).collect();
    let table = Table::candles(bars.iter().map(|it| it.open_at.nanos()).collect(), prices, volume);
    let asked = Asked { threads: NonZero::<usize>::MIN, bars: None, keep_going: true };
    let wanted = Wanted { list: list.as_str(), patterns: false, asked: &asked };
    let made = match picture(Path::new(&plain.instrument), &table, &wanted) {
        Ok(made) => made,
        Err(why) => return only_note(plain, format!("No indicator is shown: {why}.")),
    };
    let mut note = "The bars are those of the run.".to_owned();
    for it in &made.failed {
        note = format!("{note} Left out: {}.", it.error);
    }
    let note = format!("{note} {}", made.drawn.note).trim_end().to_owned();
    let candles = made.candles;
    PriceBars {
        at_ns: candles.at_ns,
        open: candles.open,
        high: candles.high,
        low: candles.low,
        close: candles.close,
        drawn: Drawn { note, ..made.drawn },
        ..plain
    }
}
