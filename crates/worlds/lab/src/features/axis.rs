//! Where a column of a list is drawn, told by the item that it is headed with: over the price, in a pane below with its
//! levels, or as marks at candles.

use scalp_features::expr::{Call, Expr, parse};
use scalp_features::flow;
use scalp_indicators::{Scale, find, patterns};
use scalp_report::candles::Form;

/// Columns on the scale of the price.
const PRICES: [&str; 8] = ["open", "high", "low", "close", "price", "bid", "ask", "mid"];
/// Outputs of measures that are prices.
const PRICE_OUTPUTS: [&str; 4] =
    ["MICROPRICE.price", "STOIKOV_PRICE.price", "BOOK_TABLE.bid_vwap", "BOOK_TABLE.ask_vwap"];
/// Windows and the like whose values are on the scale of what they read.
const KEEPS_SCALE: [&str; 7] = ["LAG", "ROLLMEAN", "ROLLMIN", "ROLLMAX", "FILL", "CLIP", "ONBAR"];
/// What holds between one change and the next.
const STEPS: [&str; 8] = [
    "MISSING",
    "SIGN",
    "HOUR",
    "MINUTE",
    "DAYOFWEEK",
    "CONFLUENCE.aligned",
    "CONFLUENCE.side",
    "WHALE.whale",
];

/// What a column is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// The candles.
    Price,
    /// A pane of its own.
    Pane,
    /// The candles, as marks of this name.
    Marks(&'static str),
}

/// How a column is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    pub(super) on: On,
    pub(super) form: Form,
    pub(super) levels: &'static [f64],
    /// The item without its output: columns of one share a pane.
    pub(super) item: String,
}

/// How the column with this heading is drawn.
pub(super) fn look(title: &str) -> Look {
    let Ok(call) = parse(title) else {
        return Look { on: On::Pane, form: Form::Line, levels: &[], item: title.to_owned() };
    };
    let name = call.name.to_ascii_uppercase();
    let output = call.output.clone().unwrap_or_default().to_ascii_lowercase();
    let spec = find(&name);
    let place = spec.and_then(|it| it.output(&output).ok()).unwrap_or(0);
    let is_plain = call.timeframe.is_none();
    let on = match spec {
        Some(spec) if spec.scale(place) == Scale::Mark && is_plain => On::Marks(spec.summary),
        _ if is_price(&call) => On::Price,
        _ => On::Pane,
    };
    let whole = spec.is_some_and(|it| it.outputs[place].integer);
    let of = spec.map_or(output.as_str(), |it| it.outputs[place].name.as_str());
    let form = match form(&name, of, whole) {
        // A longer candle's value holds until the next has closed.
        Form::Line if !is_plain => Form::Step,
        form => form,
    };
    let item = Call { output: None, ..call }.to_string();
    Look { on, form, levels: levels(&name), item }
}

/// Whether the values lie on the scale of the price.
fn is_price(call: &Call) -> bool {
    let name = call.name.to_ascii_uppercase();
    if call.arguments.is_empty() && PRICES.contains(&call.name.as_str()) {
        return true;
    }
    let items = || {
        call.arguments.iter().filter_map(|(_, value)| match value {
            Expr::Call(it) => Some(it),
            Expr::Number(..) => None,
        })
    };
    if KEEPS_SCALE.contains(&name.as_str()) {
        return items().next().is_some_and(is_price);
    }
    if let Some(spec) = find(&name) {
        let output = call.output.as_deref().unwrap_or_default();
        let place = spec.output(output).unwrap_or(0);
        return match spec.scale(place) {
            Scale::Price => items().all(is_price),
            Scale::Input if items().next().is_some() => items().all(is_price),
            Scale::Input => spec.inputs.iter().all(|it| it.name != "real" || PRICES.contains(&it.column)),
            Scale::Own | Scale::Mark => false,
        };
    }
    if matches!(call.output.as_deref(), Some("invalidation" | "target")) && is_pattern(&name) {
        return true;
    }
    if let Some(spec) = flow::find(&name) {
        let output = format!("{}.{}", spec.name, call.output.as_deref().unwrap_or_default());
        return PRICE_OUTPUTS.iter().any(|it| it.eq_ignore_ascii_case(&output));
    }
    matches!(name.as_str(), "BIDVWAP" | "ASKVWAP")
}

/// Whether it is the name of a chart pattern.
fn is_pattern(name: &str) -> bool {
    patterns::table().iter().any(|it| it.name == name)
}

/// How the values of an output are drawn.
pub(super) fn form(name: &str, output: &str, integer: bool) -> Form {
    match (name, output) {
        ("SAR" | "SAREXT", _) => Form::Dots,
        (_, "invalidation" | "target" | "bars") => Form::Step,
        (_, "macdhist") | ("AO" | "AC" | "SQZMOM", "real" | "momentum") | ("FORCE" | "FRACTAL", _) => {
            Form::Columns
        }
        ("ZIGZAG" | "HILO" | "PVR" | "TD_SEQUENCE" | "SQUEEZE", _) => Form::Step,
        (_, "direction" | "trend" | "level" | "plain_level" | "sign") => Form::Step,
        _ if integer => Form::Step,
        _ if STEPS.iter().any(|it| *it == name || it.split_once('.') == Some((name, output))) => Form::Step,
        _ => Form::Line,
    }
}

/// The levels that readers of an oscillator look for.
pub(super) fn levels(name: &str) -> &'static [f64] {
    match name {
        "RSI" | "LRSI" | "IMI" => &[30.0, 70.0],
        "STOCH" | "STOCHF" | "STOCHRSI" | "KDJ" | "MFI" => &[20.0, 80.0],
        "STC" => &[25.0, 75.0],
        "WILLR" => &[-80.0, -20.0],
        "CCI" => &[-100.0, 100.0],
        "ADX" | "ADXR" | "DX" => &[25.0],
        "CMO" | "CMOU" => &[-50.0, 50.0],
        "PERCENTB" => &[0.0, 1.0],
        "CRSI" => &[10.0, 90.0],
        "CHOP" | "CHOPTR" => &[38.2, 61.8],
        "ULTOSC" => &[30.0, 70.0],
        "WAVETREND" => &[-60.0, 60.0],
        "RVI" | "RVIR" | "PSL" => &[50.0],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_drawn_where_its_scale_is() {
        for title in [
            "SMA(20)",
            "SMA(RSI(14)@1h,20)",
            "BBANDS(20,2,2,0).upperband",
            "close@1d",
            "LAG(EMA(9),3)",
            "MICROPRICE(100).price",
            "SMA(20,real=high)",
            "ROLLMAX(high,20)",
            "BIDVWAP(5)",
            "SMA(20)@1h",
            "SUPERTREND(3).supertrend",
            "DOUBLE_TOP.target",
            "GARTLEY(0.05).invalidation",
        ] {
            let want = if title.contains("RSI") { On::Pane } else { On::Price };
            assert_eq!(look(title).on, want, "{title}");
        }
        for title in [
            "RSI(14)",
            "SMA(20,real=volume)",
            "SUPERTREND(3).trend",
            "VPIN(50).vpin",
            "MICROPRICE(100).lean",
            // It is zero while nothing is found.
            "STOP_HUNTING(300).level_price",
            "HOUR",
            "DIFF(close,1)",
            "DOUBLE_TOP",
            "DOUBLE_TOP.bars",
            "CDLDOJI@1h",
            "SMA(volume,20)",
        ] {
            assert_eq!(look(title).on, On::Pane, "{title}");
        }
        assert_eq!(look("CDLHAMMER").on, On::Marks(find("CDLHAMMER").expect("a pattern").summary));
    }

    #[test]
    fn outputs_of_one_item_share_a_pane_and_longer_candles_are_steps() {
        let (a, b) = (look("MACD(3,5,2).macd"), look("MACD(3,5,2).macdhist"));
        assert_eq!((a.item.as_str(), a.form), ("MACD(3,5,2)", Form::Line));
        assert_eq!((b.item.as_str(), b.form), ("MACD(3,5,2)", Form::Columns));
        assert_eq!(look("RSI(14)@1h").form, Form::Step);
        assert_eq!(look("RSI(14)").levels, [30.0, 70.0]);
        assert_eq!(look("VPIN(50).level").form, Form::Step);
    }
}
