//! `scalp risk`: how deep it can fall.

use super::{AnnualArgs, TableArgs};
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use scalp_lab::study::ahead::AheadArgs;
use scalp_lab::study::copula::{self, CopulaArgs};
use scalp_lab::study::regimes::{self, RegimeArgs};
use scalp_lab::study::risk::{self, RiskArgs};
use scalp_lab::study::simulate::{self, Given, SimulateArgs};
use scalp_lab::study::stress::{self, StressArgs};
use scalp_quant::dependence::copula::MarketRegime;
use scalp_quant::regime::Family;
use std::path::PathBuf;
use std::process::ExitCode;

/// The commands below `scalp risk`.
#[derive(Subcommand)]
pub enum RiskCommand {
    /// Ratios with their intervals, the tail by every method, drawdowns, contributions, and a backtest of the VaR
    Report(RiskReportArgs),
    /// What falls together: a t-copula, its tail dependence, and the portfolio's tail under it and in four markets
    ///
    /// Example: scalp risk copula prices.csv --weights 0.6,0.4
    Copula(CopulaOptions),
    /// In which state a market is: a hidden Markov model, filtered step by step
    ///
    /// Example: scalp risk regimes btc.csv --states 3 --errors student-t --out states.csv
    Regimes(RegimeOptions),
    /// The same portfolio in six harder worlds: crash, volatility, correlations, flash crash, another market
    ///
    /// Example: scalp risk stress prices.csv --horizon 30 --crash 0.4 --market bear
    Stress(Box<StressOptions>),
    /// Paths of a model of one column, and what they come to, each number with its standard error
    ///
    /// Example: scalp risk simulate btc.csv --model merton --horizon 30
    Simulate(Box<SimulateOptions>),
}

/// The portfolio that is asked about.
#[derive(Args)]
pub struct HeldOptions {
    /// Weight of each asset, in the order of the columns; equal ones when absent
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    pub weights: Vec<f64>,
}

/// Options of `scalp risk report`.
#[derive(Args)]
pub struct RiskReportArgs {
    #[command(flatten)]
    pub table: AnnualArgs,
    #[command(flatten)]
    pub held: HeldOptions,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Options of `scalp risk copula`.
#[derive(Args)]
pub struct CopulaOptions {
    #[command(flatten)]
    pub table: TableArgs,
    #[command(flatten)]
    pub held: HeldOptions,
    /// Draws of the simulated tails
    #[arg(long, default_value_t = 100_000)]
    pub draws: usize,
    /// Seed of the draws
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Laws of the returns in a state.
#[derive(Clone, Copy, ValueEnum)]
pub enum Law {
    /// Normal
    Normal,
    /// Student's t: outliers make no state of their own
    StudentT,
}

/// Options of `scalp risk regimes`.
#[derive(Args)]
pub struct RegimeOptions {
    #[command(flatten)]
    pub table: AnnualArgs,
    /// States that are told apart, 1 to 6
    #[arg(long, default_value_t = 2)]
    pub states: usize,
    /// Law of the returns in each state
    #[arg(long, value_enum, default_value_t = Law::StudentT)]
    pub errors: Law,
    /// Random starts of the search beside the first
    #[arg(long, default_value_t = 5)]
    pub starts: usize,
    /// Seed of the starts
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Also write the filtered probabilities of each time (CSV), to a new file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Paths of steps ahead.
#[derive(Args)]
pub struct AheadOptions {
    /// Steps ahead
    #[arg(long, default_value_t = 30)]
    pub horizon: usize,
    /// How many paths (of each scenario)
    #[arg(long, default_value_t = 10_000)]
    pub paths: usize,
    /// Seed of the paths
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl AheadOptions {
    fn plan(&self) -> AheadArgs {
        AheadArgs { horizon: self.horizon, paths: self.paths, seed: self.seed }
    }
}

/// What a market may turn into.
#[derive(Clone, Copy, ValueEnum)]
pub enum Market {
    /// 3 degrees of freedom, correlations times 1.5
    Crisis,
    /// 5 degrees of freedom, correlations times 1.2
    Bear,
    /// 10 degrees of freedom, correlations as they are
    Sideways,
    /// 15 degrees of freedom, correlations times 0.8
    Bull,
}

/// Options of `scalp risk stress`.
#[derive(Args)]
pub struct StressOptions {
    #[command(flatten)]
    pub table: AnnualArgs,
    #[command(flatten)]
    pub held: HeldOptions,
    #[command(flatten)]
    pub ahead: AheadOptions,
    /// Degrees of freedom of the steps, above 2; fitted when absent
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub degrees: Option<f64>,
    /// Expect no return, instead of that of the past
    #[arg(long)]
    pub zero_drift: bool,
    /// Fall of every price in the first step, as a fraction
    #[arg(long, default_value_t = 0.3, allow_negative_numbers = true)]
    pub crash: f64,
    /// What volatilities are multiplied by
    #[arg(long, default_value_t = 1.5, allow_negative_numbers = true)]
    pub volatility_factor: f64,
    /// How far correlations go on their way to 1, as a fraction
    #[arg(long, default_value_t = 0.8, allow_negative_numbers = true)]
    pub breakdown: f64,
    /// Fall at half time, half of which comes back, as a fraction
    #[arg(long, default_value_t = 0.2, allow_negative_numbers = true)]
    pub flash: f64,
    /// The market that it turns into at half time
    #[arg(long, value_enum, default_value_t = Market::Crisis)]
    pub market: Market,
    /// What volatilities are multiplied by in that market
    #[arg(long, default_value_t = 2.0, allow_negative_numbers = true)]
    pub market_factor: f64,
}

/// Ways to make paths.
#[derive(Clone, Copy, ValueEnum)]
pub enum PathModel {
    /// Geometric Brownian motion
    Gbm,
    /// With jumps
    Merton,
    /// With a variance of its own: needs --reversion, --vol-of-variance, --correlation
    Heston,
    /// The logarithm of the price reverts (Ornstein-Uhlenbeck)
    Ou,
    /// Fractional Brownian motion of the logarithm
    Fbm,
    /// Past returns again, in blocks of geometric length
    Stationary,
    /// Past returns again, in blocks of one length
    Block,
}

/// Options of `scalp risk simulate`. Rates and volatilities are per year; what is not given is estimated from the table.
#[derive(Args)]
pub struct SimulateOptions {
    #[command(flatten)]
    pub table: AnnualArgs,
    /// The model
    #[arg(long, value_enum, default_value_t = PathModel::Stationary)]
    pub model: PathModel,
    #[command(flatten)]
    pub ahead: AheadOptions,
    /// Price at the start; the last one of the table when absent
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    pub start: Option<f64>,
    /// gbm, merton, heston: the expected price grows by its exponential, per year
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub drift: Option<f64>,
    /// gbm, merton, heston, ou, fbm: standard deviation of logarithmic returns over a year
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub volatility: Option<f64>,
    /// merton: expected jumps in a year; give all three of a jump or none, which are estimated then
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub jumps: Option<f64>,
    /// merton: mean of the logarithm of a jump
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub jump_mean: Option<f64>,
    /// merton: standard deviation of the logarithm of a jump
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub jump_deviation: Option<f64>,
    /// heston, ou: speed of reversion, per year (half of a deviation is gone after 0.69 over it)
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub reversion: Option<f64>,
    /// ou: price that is returned to
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    pub mean: Option<f64>,
    /// heston: volatility of the variance
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub vol_of_variance: Option<f64>,
    /// heston: correlation of price and variance, -1 to 1
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub correlation: Option<f64>,
    /// heston: volatility at the start; that of the long run when absent
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub volatility_now: Option<f64>,
    /// fbm: Hurst's exponent, 0 to 1 (0.5 is a random walk)
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub hurst: Option<f64>,
    /// stationary, block: length of a block in steps; chosen from the table when absent
    #[arg(long, value_name = "STEPS", allow_negative_numbers = true)]
    pub block: Option<f64>,
}

/// Runs `scalp risk`.
pub fn risk(command: &RiskCommand) -> Result<ExitCode> {
    match command {
        RiskCommand::Report(args) => {
            let asked = RiskArgs { weights: args.held.weights.clone(), seed: args.seed };
            args.table.ask("risk report", |it| risk::report(it, &asked))
        }
        RiskCommand::Copula(args) => {
            let asked = CopulaArgs { weights: args.held.weights.clone(), draws: args.draws, seed: args.seed };
            args.table.ask("risk copula", |it| copula::copula(it, &asked))
        }
        RiskCommand::Regimes(args) => {
            let family = match args.errors {
                Law::Normal => Family::Gaussian,
                Law::StudentT => Family::StudentT,
            };
            let (states, starts, seed) = (args.states, args.starts, args.seed);
            let asked = RegimeArgs { states, family, starts, seed, out: args.out.clone() };
            args.table.ask("risk regimes", |it| regimes::regimes(it, &asked))
        }
        RiskCommand::Stress(args) => {
            let market = match args.market {
                Market::Crisis => MarketRegime::Crisis,
                Market::Bear => MarketRegime::Bear,
                Market::Sideways => MarketRegime::Sideways,
                Market::Bull => MarketRegime::Bull,
            };
            let asked = StressArgs {
                weights: args.held.weights.clone(),
                ahead: args.ahead.plan(),
                degrees: args.degrees,
                zero_drift: args.zero_drift,
                crash: args.crash,
                volatility_factor: args.volatility_factor,
                breakdown: args.breakdown,
                flash: args.flash,
                regime: (market, args.market_factor),
            };
            args.table.ask("risk stress", |it| stress::stress(it, &asked))
        }
        RiskCommand::Simulate(args) => paths(args),
    }
}

fn paths(args: &SimulateOptions) -> Result<ExitCode> {
    let model = match args.model {
        PathModel::Gbm => simulate::Model::Gbm,
        PathModel::Merton => simulate::Model::Merton,
        PathModel::Heston => simulate::Model::Heston,
        PathModel::Ou => simulate::Model::OrnsteinUhlenbeck,
        PathModel::Fbm => simulate::Model::Fractional,
        PathModel::Stationary => simulate::Model::Stationary,
        PathModel::Block => simulate::Model::Block,
    };
    let given = Given {
        start: args.start,
        drift: args.drift,
        volatility: args.volatility,
        jumps: args.jumps,
        jump_mean: args.jump_mean,
        jump_deviation: args.jump_deviation,
        reversion: args.reversion,
        mean: args.mean,
        vol_of_variance: args.vol_of_variance,
        correlation: args.correlation,
        volatility_now: args.volatility_now,
        hurst: args.hurst,
        block: args.block,
    };
    let asked = SimulateArgs { model, ahead: args.ahead.plan(), given };
    args.table.ask("risk simulate", |it| simulate::simulate(it, &asked))
}
