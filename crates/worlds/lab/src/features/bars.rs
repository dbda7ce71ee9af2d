//! Bars out of any table of candles: CSV, plain or packed, or Parquet.

use super::PageError;
use scalp_indicators::{Frame, Schema};
use scalp_tables::panel::{Holds, Missing, Panel, PanelPlan};
use std::path::Path;

const NANOS_PER_MILLI: i64 = 1_000_000;
const PRICES: [&str; 4] = ["open", "high", "low", "close"];
const VOLUME: &str = "volume";
/// Decimals that prices are shown with at most.
const DECIMALS_MAX: u8 = 8;

/// Candles as columns of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// Beginning of each bar, ns.
    pub at_ns: Vec<i64>,
    /// First prices.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Last prices.
    pub close: Vec<f64>,
    /// Volumes; empty where the table has none.
    pub volume: Vec<f64>,
    /// Rows of the table that were left out because a value was missing.
    pub dropped: u64,
    time_ms: Vec<f64>,
}

impl Bars {
    /// Reads a table with the columns open, high, low, close, a column of times and, where it has one, volume.
    pub fn read(path: &Path) -> Result<Bars, PageError> {
        let plan = |columns: &[&str]| PanelPlan {
            holds: Holds::Numbers,
            missing: Missing::Drop,
            columns: columns.iter().map(|it| (*it).to_owned()).collect(),
        };
        let [open, high, low, close] = PRICES;
        let whole = Panel::read(path, &plan(&[open, high, low, close, VOLUME]));
        let panel = match whole {
            Ok(panel) => panel,
            // Without a volume the rest is still there; any other fault is found again.
            Err(_) => Panel::read(path, &plan(&PRICES))?,
        };
        if panel.times.is_empty() {
            let path = path.display();
            return Err(PageError::Asked(format!("{path}: expected a column of times, such as open_time")));
        }
        let at_ns = panel.times.iter().map(|it| it.nanos()).collect();
        let mut columns = panel.series.into_iter();
        let mut next = || columns.next().unwrap_or_default();
        let mut bars = Bars::new(at_ns, [next(), next(), next(), next()], next());
        bars.dropped = panel.dropped;
        Ok(bars)
    }

    /// Bars of columns of equal length; the prices are open, high, low, close, and the volume may be empty.
    #[must_use]
    pub fn new(at_ns: Vec<i64>, prices: [Vec<f64>; 4], volume: Vec<f64>) -> Bars {
        let time_ms = at_ns.iter().map(|it| (it / NANOS_PER_MILLI) as f64).collect();
        let [open, high, low, close] = prices;
        Bars { at_ns, open, high, low, close, volume, dropped: 0, time_ms }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at_ns.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at_ns.is_empty()
    }

    /// The columns with their names; `time` is in milliseconds since 1970.
    pub(super) fn named(&self) -> Vec<(&'static str, &[f64])> {
        let [open, high, low, close] = PRICES;
        let mut all = vec![
            ("time", self.time_ms.as_slice()),
            (open, &self.open),
            (high, &self.high),
            (low, &self.low),
            (close, &self.close),
        ];
        if !self.volume.is_empty() {
            all.push((VOLUME, &self.volume));
        }
        all
    }

    /// The names of the columns.
    pub fn schema(&self) -> Result<Schema, PageError> {
        let names: Vec<&str> = self.named().iter().map(|it| it.0).collect();
        Ok(Schema::new(&names)?)
    }

    /// The columns for indicators.
    pub fn frame<'a>(&'a self, schema: &Schema) -> Result<Frame<'a>, PageError> {
        let columns: Vec<&[f64]> = self.named().into_iter().map(|it| it.1).collect();
        Ok(Frame::new(schema, &columns)?)
    }

    /// Decimals that the prices have.
    #[must_use]
    pub fn decimals(&self) -> u8 {
        let places = |price: &f64| {
            let text = price.to_string();
            text.split_once('.').map_or(0, |it| it.1.len())
        };
        let most = self.close.iter().chain(&self.open).map(places).max().unwrap_or(0);
        u8::try_from(most).unwrap_or(DECIMALS_MAX).min(DECIMALS_MAX)
    }
}
