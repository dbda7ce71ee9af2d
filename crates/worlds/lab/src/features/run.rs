//! The indicators that `[report] indicators` names, drawn on the bars of a run.

use super::Bars;
use super::plot::List;
use scalp_indicators::Schema;
use scalp_report::candles::Drawn;
use scalp_report::data::PriceBars;
use scalp_types::{Bar, Instrument};

/// What stands where a run has no bars to compute on.
const NO_BARS: &str = "No indicator is shown: the run had no bars; [bars] builds them from trades.";

/// The list of a configuration; none where nothing is named. What is wrong is told with its place.
pub fn list(items: &[String]) -> Result<Option<List>, (usize, String)> {
    let columns = ["time", "open", "high", "low", "close", "volume"];
    let parse = |text: &str| {
        let schema = Schema::new(&columns).map_err(|it| it.to_string())?;
        List::parse(text, false, schema).map_err(|it| it.to_string())
    };
    for (at, item) in items.iter().enumerate() {
        if item.trim().is_empty() {
            return Err((at, "expected an indicator such as SMA(20)".to_owned()));
        }
        parse(item).map_err(|why| (at, why))?;
    }
    if items.is_empty() {
        return Ok(None);
    }
    // Only their number can be wrong now.
    parse(&items.join(", ")).map(Some).map_err(|why| (items.len() - 1, why))
}

/// The bars of one instrument with the list drawn on them. Without bars, or where there are too few, `plain` remains with
/// a sentence about it.
#[must_use]
pub fn drawn(plain: PriceBars, instrument: &Instrument, bars: &[&Bar], list: &List) -> PriceBars {
    if bars.is_empty() {
        return PriceBars { drawn: Drawn { note: NO_BARS.into(), ..Drawn::default() }, ..plain };
    }
    let column = |of: fn(&Bar) -> scalp_types::Price| {
        bars.iter().map(|it| instrument.price_f64(of(it))).collect::<Vec<f64>>()
    };
    let prices = [column(|it| it.open), column(|it| it.high), column(|it| it.low), column(|it| it.close)];
    let volume = bars.iter().map(|it| instrument.qty_f64(it.volume)).collect();
    let bars = Bars::new(bars.iter().map(|it| it.open_at.nanos()).collect(), prices, volume);
    let drawn = match list.draw(&bars) {
        Ok((drawn, _)) => drawn,
        Err(why) => {
            return PriceBars {
                drawn: Drawn { note: format!("No indicator is shown: {why}."), ..Drawn::default() },
                ..plain
            };
        }
    };
    PriceBars {
        at_ns: bars.at_ns,
        open: bars.open,
        high: bars.high,
        low: bars.low,
        close: bars.close,
        drawn: Drawn { note: "The bars are those of the run.".into(), ..drawn },
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
        assert!(list(&["SMA(20)", "RSI(14)", "DOUBLE_TOP"]).unwrap().is_some());
        let (at, why) = list(&["SMA(20)", "BBAND(20)"]).unwrap_err();
        assert!(at == 1 && why.contains("did you mean BBANDS?"), "{why}");
        assert_eq!(list(&["SMA(20)", " "]).unwrap_err().0, 1);
        assert!(list(&["SMA(0)"]).unwrap_err().1.contains("SMA.timeperiod"));
    }
}
