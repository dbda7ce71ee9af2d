//! On which scale the values of an output lie, so that a chart knows what is drawn over the candles.

use crate::indicator::Indicator;
use crate::spec::{Family, Spec};

/// The scale of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// That of the price: it is drawn over the candles.
    Price,
    /// That of the input which may be any column: of the price where it reads a price.
    Input,
    /// One of its own: it is drawn in a pane below.
    Own,
    /// A candlestick pattern: below zero, zero or above it, a mark at the candle.
    Mark,
}

/// Prices of a bar, by the names of their columns.
const PRICES: [&str; 4] = ["open", "high", "low", "close"];

impl Spec {
    /// The scale of the output at `place`.
    #[must_use]
    pub fn scale(&self, place: usize) -> Scale {
        let output = self.outputs.get(place).map_or("", |it| it.name.as_str());
        let level = if self.inputs.iter().any(|it| it.name == "real") { Scale::Input } else { Scale::Price };
        match (self.family, self.name, output) {
            (Family::Candle, ..) => Scale::Mark,
            // Its stops are negative while it is short.
            (_, "SAREXT", _) | (_, _, "trend" | "direction" | "pivotidx" | "atr") => Scale::Own,
            (Family::Overlap, ..)
            | (_, "ABERRATION" | "AVGPRICE" | "HA" | "MEDPRICE" | "TYPPRICE" | "WCLPRICE", _)
            | (_, "VOLUME_PROFILE" | "VWAP" | "VWAP_ANCHORED" | "VWAP_ROLLING" | "VWAP_SESSION", _)
            | (_, "LINEARREG" | "LINEARREG_INTERCEPT" | "TSF" | "MEDIAN" | "PERCENTILE" | "QUANTILE", _)
            | (_, "MAX" | "MIN" | "MINMAX" | "CEIL" | "FLOOR", _) => level,
            _ => Scale::Own,
        }
    }
}

impl Indicator {
    /// Whether the output at `place` lies on the scale of the price, with the columns that are read.
    #[must_use]
    pub fn is_on_price(&self, place: usize) -> bool {
        let mut inputs = self.spec().inputs.iter().zip(self.columns());
        match self.spec().scale(place) {
            Scale::Price => true,
            Scale::Input => {
                inputs.all(|(input, column)| input.name != "real" || PRICES.contains(&column.as_str()))
            }
            Scale::Own | Scale::Mark => false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests only")]
mod tests {
    use super::*;
    use crate::{Frame, Schema, catalogue};

    /// A walk about 40,000, which no oscillator reaches and no sum of prices stays at.
    fn walk() -> Vec<Vec<f64>> {
        let mut columns = vec![Vec::new(); 7];
        let (mut close, mut state) = (40_000.0_f64, 7_u64);
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1_u64 << 31) as f64
        };
        for t in 0..600 {
            let open = close;
            close += (draw() - 0.5) * 200.0 + (40_000.0 - close) * 0.01;
            let bar = [
                f64::from(t) * 60_000.0,
                open,
                open.max(close) + draw() * 50.0,
                open.min(close) - draw() * 50.0,
                close,
                1.0 + draw() * 9.0,
                2.0 + (draw() * 20.0).floor(),
            ];
            columns.iter_mut().zip(bar).for_each(|(column, x)| column.push(x));
        }
        columns
    }

    #[test]
    fn what_is_drawn_over_the_candles_lies_among_them_and_nothing_else_does() {
        let names = ["time", "open", "high", "low", "close", "volume", "periods"];
        let schema = Schema::new(&names).unwrap();
        let columns = walk();
        let frame = Frame::new(&schema, &columns.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        for spec in catalogue() {
            let indicator = Indicator::parse(spec.name, &schema).unwrap();
            for (place, column) in indicator.batch(&frame).unwrap().iter().enumerate() {
                let values: Vec<f64> = (column.first..600).filter_map(|row| column.at(row)).collect();
                let near = values.iter().filter(|it| (**it - 40_000.0).abs() < 8_000.0).count();
                // The arc cosine of a price is silence.
                let among = near * 10 > values.len() * 9;
                assert!(spec.partial || !values.is_empty(), "{}", spec.name);
                assert_eq!(indicator.is_on_price(place), among, "{}.{}", spec.name, spec.outputs[place].name);
            }
        }
    }

    #[test]
    fn an_average_of_the_volume_is_not_drawn_over_the_candles() {
        let schema = Schema::ohlcv();
        assert!(Indicator::parse("SMA(9)", &schema).unwrap().is_on_price(0));
        assert!(!Indicator::parse("SMA(9, real=volume)", &schema).unwrap().is_on_price(0));
        let bands = Indicator::parse("SUPERTREND", &schema).unwrap();
        assert!(bands.is_on_price(0) && !bands.is_on_price(1));
        assert_eq!(crate::find("CDLDOJI").unwrap().scale(0), Scale::Mark);
    }
}
