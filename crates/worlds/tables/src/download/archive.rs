//! Names of the files in the public Binance archive (github.com/binance/binance-public-data describes the layout).
//!
//! `data/{spot | futures/um | futures/cm}/{daily | monthly}/<set>/<SYMBOL>[/<interval>]/<file>.zip`, with
//! `<file>.zip.CHECKSUM` beside it.

use super::DownloadError;
use scalp_types::{Span, Timestamp};

/// At most this many files in one query: thirty years of days.
pub const FILES_MAX: usize = 11_000;

/// The archive's markets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Market {
    /// Spot.
    Spot,
    /// USD-margined futures.
    Usdm,
    /// Coin-margined futures.
    Coinm,
}

/// One file a day, or one a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A day; there from the day after.
    Daily,
    /// A calendar month; there from the first Monday after it.
    Monthly,
}

impl Period {
    const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Monthly => "monthly",
        }
    }
}

/// The archive's data sets, by its own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataSet {
    /// Bars of trades.
    Klines,
    /// Bars of the mark price.
    MarkPriceKlines,
    /// Bars of the index price.
    IndexPriceKlines,
    /// Bars of the premium index.
    PremiumIndexKlines,
    /// Every trade.
    Trades,
    /// Trades of one taker order at one price, joined.
    AggTrades,
    /// Best bid and ask.
    BookTicker,
    /// Depth within percentages of the price.
    BookDepth,
    /// Open interest and ratios.
    Metrics,
    /// Funding rates.
    FundingRate,
    /// Liquidations.
    LiquidationSnapshot,
}

const INTERVALS: [&str; 16] =
    ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1mo"];

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveQuery {
    /// Which market.
    pub market: Market,
    /// Which set.
    pub set: DataSet,
    /// The archive's symbol, e.g. `BTCUSDT`.
    pub symbol: String,
    /// Length of a bar, for the four sets of bars: `1m`, `1h`, `1mo`.
    pub interval: Option<String>,
    /// Daily or monthly files.
    pub period: Period,
    /// First day (any time within it); the first month for monthly files.
    pub first: Timestamp,
    /// Last day, included.
    pub last: Timestamp,
}

/// One file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveFile {
    /// Its folder, without a slash at either end.
    pub folder: String,
    /// Its name.
    pub name: String,
}

impl Market {
    const fn folder(self) -> &'static str {
        match self {
            Self::Spot => "spot",
            Self::Usdm => "futures/um",
            Self::Coinm => "futures/cm",
        }
    }
    /// By our names: `spot`, `um` (or `usdm`), `cm` (or `coinm`).
    pub fn parse(text: &str) -> Result<Self, DownloadError> {
        match text {
            "spot" => Ok(Self::Spot),
            "um" | "usdm" => Ok(Self::Usdm),
            "cm" | "coinm" => Ok(Self::Coinm),
            _ => Err(bad("market", "spot, um or cm", text)),
        }
    }
}

impl DataSet {
    /// All sets.
    pub const ALL: [Self; 11] = [
        Self::Klines,
        Self::MarkPriceKlines,
        Self::IndexPriceKlines,
        Self::PremiumIndexKlines,
        Self::Trades,
        Self::AggTrades,
        Self::BookTicker,
        Self::BookDepth,
        Self::Metrics,
        Self::FundingRate,
        Self::LiquidationSnapshot,
    ];
    /// The archive's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Klines => "klines",
            Self::MarkPriceKlines => "markPriceKlines",
            Self::IndexPriceKlines => "indexPriceKlines",
            Self::PremiumIndexKlines => "premiumIndexKlines",
            Self::Trades => "trades",
            Self::AggTrades => "aggTrades",
            Self::BookTicker => "bookTicker",
            Self::BookDepth => "bookDepth",
            Self::Metrics => "metrics",
            Self::FundingRate => "fundingRate",
            Self::LiquidationSnapshot => "liquidationSnapshot",
        }
    }
    /// By the archive's name.
    pub fn parse(text: &str) -> Result<Self, DownloadError> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|it| it.name() == text).ok_or_else(|| bad("set", names, text))
    }
    /// True for the sets of bars, which have an interval.
    pub const fn has_interval(self) -> bool {
        matches!(
            self,
            Self::Klines | Self::MarkPriceKlines | Self::IndexPriceKlines | Self::PremiumIndexKlines
        )
    }
    /// Whether the archive keeps this set for this market and period.
    const fn exists(self, market: Market, period: Period) -> bool {
        match self {
            Self::Klines | Self::Trades | Self::AggTrades => true,
            Self::MarkPriceKlines | Self::IndexPriceKlines | Self::PremiumIndexKlines | Self::BookTicker => {
                !matches!(market, Market::Spot)
            }
            Self::BookDepth | Self::Metrics | Self::LiquidationSnapshot => {
                !matches!(market, Market::Spot) && matches!(period, Period::Daily)
            }
            Self::FundingRate => !matches!(market, Market::Spot) && matches!(period, Period::Monthly),
        }
    }
}

impl ArchiveQuery {
    /// The files of the query, in order of time.
    pub fn files(&self) -> Result<Vec<ArchiveFile>, DownloadError> {
        let symbol_fits = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_';
        if self.symbol.is_empty() || !self.symbol.bytes().all(symbol_fits) {
            return Err(bad("symbol", "capital letters and digits, e.g. BTCUSDT", &self.symbol));
        }
        self.check_set()?;
        if self.last < self.first {
            return Err(bad("last", format!("a day not before {}", day_of(self.first)), &day_of(self.last)));
        }
        let interval = self.interval()?;
        let period = self.period.name();
        let mut folder =
            format!("data/{}/{period}/{}/{}", self.market.folder(), self.set.name(), self.symbol);
        if let Some(interval) = interval {
            folder = format!("{folder}/{interval}");
        }
        let label = interval.unwrap_or(self.set.name());
        let dates = self.dates()?;
        let file = |date: String| {
            let name = format!("{}-{label}-{date}.zip", self.symbol);
            ArchiveFile { folder: folder.clone(), name }
        };
        Ok(dates.into_iter().map(file).collect())
    }

    fn check_set(&self) -> Result<(), DownloadError> {
        let (set, market) = (self.set.name(), self.market);
        if self.set.exists(market, self.period) {
            return Ok(());
        }
        let other = if self.period == Period::Daily { Period::Monthly } else { Period::Daily };
        if self.set.exists(market, other) {
            let expected = format!("{} files, which are all that the archive keeps of {set}", other.name());
            return Err(bad("period", expected, self.period.name()));
        }
        let kept = DataSet::ALL.into_iter().filter(|it| it.exists(market, self.period)).map(DataSet::name);
        let kept = kept.collect::<Vec<_>>().join(", ");
        Err(bad("set", format!("one that the archive keeps of {}: {kept}", market.folder()), set))
    }

    /// The archive writes a month `1mo`, where the exchange says `1M`.
    fn interval(&self) -> Result<Option<&str>, DownloadError> {
        match (self.set.has_interval(), self.interval.as_deref()) {
            (false, None) => Ok(None),
            (false, Some(it)) => Err(bad("interval", format!("none for {}", self.set.name()), it)),
            (true, Some("1M")) => Ok(Some("1mo")),
            (true, Some(it)) if INTERVALS.contains(&it) => Ok(Some(it)),
            (true, it) => Err(bad("interval", INTERVALS.join(", "), it.unwrap_or("none"))),
        }
    }
    fn dates(&self) -> Result<Vec<String>, DownloadError> {
        let mut dates: Vec<String> = Vec::new();
        let mut at = self.first.day_start();
        while at <= self.last {
            let (year, month, _) = at.date();
            let date = match self.period {
                Period::Daily => day_of(at),
                Period::Monthly => format!("{year:04}-{month:02}"),
            };
            if dates.last() != Some(&date) {
                dates.push(date);
            }
            if dates.len() > FILES_MAX {
                return Err(bad(
                    "last",
                    format!("at most {FILES_MAX} files from {}", day_of(self.first)),
                    &day_of(self.last),
                ));
            }
            let next = at.saturating_add(Span::DAY);
            if next == at {
                break;
            }
            at = next;
        }
        Ok(dates)
    }
}

/// The day of a time, as the archive writes it.
fn day_of(at: Timestamp) -> String {
    let (year, month, day) = at.date();
    format!("{year:04}-{month:02}-{day:02}")
}

fn bad(field: &'static str, expected: impl Into<String>, got: &str) -> DownloadError {
    DownloadError::Query { field, expected: expected.into(), got: got.into() }
}
