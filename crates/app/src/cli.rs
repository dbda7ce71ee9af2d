//! The commands and their options.

use crate::{backtest, data, doctor, features, replay, runs, study, sweep};
use anyhow::Result;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use scalp_strategy::Configured;
use std::path::PathBuf;
use std::process::ExitCode;

/// Backtests crypto futures against a realistic exchange: queue position, latency, fees, funding, liquidation.
///
/// Every run is deterministic and kept with its report; nothing here promises a profit.
#[derive(Parser)]
#[command(name = "scalp", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Trade recorded (or generated) markets and report what would have happened
    Backtest(BacktestArgs),
    /// Run a grid of parameters over one data set on all cores, ranked by the deflated Sharpe ratio
    Sweep(SweepArgs),
    /// Import, download, check, describe or generate market data
    Data {
        #[command(subcommand)]
        command: DataCommand,
    },
    /// Indicators, flow and features: what there is, and columns of it over a file
    Features {
        #[command(subcommand)]
        command: features::FeaturesCommand,
    },
    /// How deep a portfolio can fall, and what its ratios prove
    Risk {
        #[command(subcommand)]
        command: study::RiskCommand,
    },
    /// How much of each asset
    Portfolio {
        #[command(subcommand)]
        command: study::PortfolioCommand,
    },
    /// What tests say of a series, and whether an edge is luck
    Stats {
        #[command(subcommand)]
        command: study::StatsCommand,
    },
    /// How volatile a series is and will be
    Volatility {
        #[command(subcommand)]
        command: study::VolatilityCommand,
    },
    /// How much to bet on an edge, and what ruin and drawdowns that brings
    Size {
        #[command(subcommand)]
        command: study::SizeCommand,
    },
    /// What comes next in a series, by several models on one error report
    Forecast(study::AheadArgs),
    /// Run a kept run again from its journal alone, and compare every request and the state
    Replay(ReplayArgs),
    /// List the kept runs
    Runs(RunsArgs),
    /// Put two kept runs side by side
    Compare(CompareArgs),
    /// Write the page of a kept run again
    Report(ReportArgs),
    /// Check this machine and this program
    Doctor(DoctorArgs),
}

/// Options of `scalp backtest`.
#[derive(Args)]
pub struct BacktestArgs {
    /// Configuration (TOML); without it a generated market is traded
    pub config: Option<PathBuf>,
    /// Print one JSON object on standard output, and nothing else there
    #[arg(long)]
    pub json: bool,
    /// Keep runs below this folder instead of the configured one
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// Options of `scalp sweep`.
#[derive(Args)]
pub struct SweepArgs {
    /// Configuration (TOML) with a [sweep] section
    pub config: PathBuf,
    /// Threads; all cores when absent
    #[arg(long)]
    pub threads: Option<std::num::NonZero<usize>>,
    /// Print one JSON object on standard output, and nothing else there
    #[arg(long)]
    pub json: bool,
    /// Keep runs below this folder instead of the configured one
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// The commands below `scalp data`.
#[derive(Subcommand)]
pub enum DataCommand {
    /// Read files of others into a catalogue: Parquet tables for any tool, and an event file for replay
    Import(ImportArgs),
    /// Fetch files of the public Binance archive, each checked against its checksum
    Download(DownloadArgs),
    /// Look for gaps, duplicates, disorder, crossed books, jumps and wrong clocks; nothing is changed
    Check(CheckArgs),
    /// Say what is in an event file or a catalogue
    Info(InfoArgs),
    /// Write a synthetic market to an event file
    Generate(GenerateArgs),
}

/// What a file holds and how it is read.
#[derive(Args, Clone)]
pub struct SourceArgs {
    /// Files, read in this order
    #[arg(required = true, value_parser = any_path())]
    pub paths: Vec<PathBuf>,
    /// The venue's symbol; required, as tick and lot are, but by `check` of an event file, which tells them
    #[arg(long)]
    pub symbol: Option<String>,
    /// Smallest price step
    #[arg(long, allow_hyphen_values = true)]
    pub tick: Option<String>,
    /// Smallest size step, in base coins or contracts
    #[arg(long, allow_hyphen_values = true)]
    pub lot: Option<String>,
    /// The venue's name; it also says how book messages are numbered
    #[arg(long, default_value = "binance-usdm")]
    pub venue: String,
    /// spot, linear or inverse
    #[arg(long, default_value = "linear")]
    pub contract: String,
    /// What is traded
    #[arg(long, default_value = "BTC")]
    pub base: String,
    /// What the price is counted in
    #[arg(long, default_value = "USDT")]
    pub quote: String,
    /// Base coins per unit (linear), quote coins per contract (inverse)
    #[arg(long, default_value = "1", allow_hyphen_values = true)]
    pub multiplier: String,
    /// A ready-made mapping, or a TOML file with one of your own; found out when absent
    #[arg(long)]
    pub mapping: Option<String>,
    /// Captures: shift all receive times so that the smallest feed latency is zero
    #[arg(long)]
    pub shift_clock: bool,
    /// Captures: read best-bid-ask messages as well
    #[arg(long)]
    pub book_ticker: bool,
    /// Captures: read only the connection of this name or address; can be given several times
    #[arg(long, value_name = "NAME")]
    pub connection: Vec<String>,
}

/// Options of `scalp data import`.
#[derive(Args)]
pub struct ImportArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// The catalogue; made when it is not there
    #[arg(long, default_value = "catalog", value_parser = any_path())]
    pub into: PathBuf,
    /// Replace an earlier import of the same files
    #[arg(long)]
    pub replace: bool,
    /// Keep what comes before the damage of a file that cannot be read to its end
    #[arg(long)]
    pub partial: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `scalp data check`.
#[derive(Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `scalp data download`.
#[derive(Args)]
pub struct DownloadArgs {
    /// spot, um (USD-M futures) or cm (COIN-M futures)
    #[arg(long, default_value = "um")]
    pub market: String,
    /// klines, aggTrades, trades, bookTicker, fundingRate, markPriceKlines ...
    #[arg(long, default_value = "aggTrades")]
    pub set: String,
    /// The archive's symbol, e.g. BTCUSDT
    pub symbol: String,
    /// First day, e.g. 2025-10-10
    pub first: String,
    /// Last day, included; the first day when absent
    pub last: Option<String>,
    /// Length of a kline, e.g. 1m
    #[arg(long)]
    pub interval: Option<String>,
    /// Monthly files instead of daily ones
    #[arg(long)]
    pub monthly: bool,
    /// Where the files go
    #[arg(long, default_value = "downloads", value_parser = any_path())]
    pub into: PathBuf,
    /// Where the archive is
    #[arg(long, default_value = scalp_tables::download::BASE_URL)]
    pub base_url: String,
}

/// Options of `scalp data info`.
#[derive(Args)]
pub struct InfoArgs {
    /// An event file or a catalogue
    #[arg(value_parser = any_path())]
    pub path: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `scalp data generate`.
#[derive(Args)]
pub struct GenerateArgs {
    /// Configuration (TOML) whose [synthetic] section describes the market; its defaults otherwise
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// Seed, instead of the configured one
    #[arg(long, allow_negative_numbers = true)]
    pub seed: Option<i64>,
    /// Length in hours, instead of the configured one
    #[arg(long, allow_negative_numbers = true)]
    pub hours: Option<f64>,
    /// The event file to write
    #[arg(long, default_value = "synthetic.events", value_parser = any_path())]
    pub out: PathBuf,
}

/// Any path, the empty one too: the command refuses it in its own words.
fn any_path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Options of `scalp replay`.
#[derive(Args)]
pub struct ReplayArgs {
    /// A run (its id, the beginning or end of it, or `last`), or the folder of a journal
    pub run: String,
    /// Where runs are kept
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// Options of `scalp runs`.
#[derive(Args)]
pub struct RunsArgs {
    /// Where runs are kept
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Options of `scalp compare`.
#[derive(Args)]
pub struct CompareArgs {
    /// A run: its id, the beginning or end of it, or `last`
    pub a: String,
    /// Another run
    pub b: String,
    /// Where runs are kept
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Where the page goes
    #[arg(long, default_value = "compare.html")]
    pub out: PathBuf,
}

/// Options of `scalp report`.
#[derive(Args)]
pub struct ReportArgs {
    /// A run: its id, the beginning or end of it, or `last`
    #[arg(default_value = "last")]
    pub run: String,
    /// Where runs are kept
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// Options of `scalp doctor`.
#[derive(Args)]
pub struct DoctorArgs {
    /// Where runs are kept
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    pub folder: PathBuf,
}

impl Cli {
    /// Carries out the command.
    pub fn run<S: Configured>(self) -> Result<ExitCode> {
        match self.command {
            Command::Backtest(args) => backtest::run::<S>(&args),
            Command::Sweep(args) => sweep::run::<S>(&args),
            Command::Data { command } => data::run(&command),
            Command::Features { command } => features::run(&command),
            Command::Risk { command } => study::risk(&command),
            Command::Portfolio { command } => study::portfolio(&command),
            Command::Stats { command } => study::statistics(&command),
            Command::Volatility { command } => study::volatility(&command),
            Command::Size { command } => study::size(&command),
            Command::Forecast(args) => study::forecast(&args),
            Command::Replay(args) => replay::run::<S>(&args),
            Command::Runs(args) => runs::list(&args),
            Command::Compare(args) => runs::compare(&args),
            Command::Report(args) => runs::report(&args),
            Command::Doctor(args) => doctor::run::<scalp_strategy::Shipped>(&args),
        }
    }
}
