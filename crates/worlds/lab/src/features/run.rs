//! The items that `[report] indicators` names, drawn on the bars of a run.

use super::compute::Asked;
use super::plot::{Wanted, picture};
use super::read::Table;
use scalp_features::{Schema, Sources, expr};
use scalp_report::candles::Drawn;
use scalp_report::data::PriceBars;
use scalp_types::{Bar, Instrument};
use std::num::NonZero;
use std::path::Path;

/// What stands where a run has no bars to compute on.
const NO_BARS: &str = "No indicator is shown: the run had no bars; [bars] builds them from trades.";

/// Items that were read and found sound.
#[derive(Debug, Clone)]
pub struct List(String);

/// The list of a configuration; none where nothing is named. What is wrong is told with its place.
pub fn list(items: &[String]) -> Result<Option<List>, (usize, String)> {
    for (at, item) in items.iter().enumerate() {
        if item.trim().is_empty() {
            return Err((at, "expected an indicator such as SMA(20)".to_owned()));
        }
        if let Some(before) = items[..at].iter().position(|it| it.trim() == item.trim()) {
            return Err((at, format!("{item} stands at place {} already", before + 1)));
        }
        for part in expr::split_list(item) {
            Schema::of_items(&[part], &Sources::bars()).map_err(|why| (at, why.to_string()))?;
        }
    }
    Ok(if items.is_empty() { None } else { Some(List(items.join(", "))) })
}

/// The bars of one instrument with the list drawn on them. Without bars, or where there are too few, `plain` remains with
/// a sentence about it.
#[must_use]
pub fn drawn(plain: PriceBars, instrument: &Instrument, bars: &[&Bar], list: &List) -> PriceBars {
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
    let wanted = Wanted { list: &list.0, patterns: false, asked: &asked };
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    #[test]
    fn what_is_wrong_in_a_configuration_is_told_with_its_place() {
        let list = |items: &[&str]| super::list(&items.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert!(list(&[]).unwrap().is_none());
        assert!(list(&["SMA(20)", "RSI(14)@1h", "DOUBLE_TOP", "LAG(SMA(RSI(14),9),2)"]).unwrap().is_some());
        let (at, why) = list(&["SMA(20)", "BBAND(20)"]).unwrap_err();
        assert!(at == 1 && why.contains("did you mean BBANDS?"), "{why}");
        assert_eq!(list(&["SMA(20)", " "]).unwrap_err().0, 1);
        assert!(list(&["SMA(0)"]).unwrap_err().1.contains("SMA.timeperiod"));
        assert!(list(&["SMA(9)", "SMA(9)"]).unwrap_err().1.contains("stands at place 1"));
        assert!(list(&["SMA(9"]).unwrap_err().1.contains("closing bracket"));
        assert!(list(&["VPIN(50)"]).unwrap_err().1.contains("reads trades"));
    }
}
