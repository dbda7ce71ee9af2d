//! `scalp portfolio`: how much of each asset.

use super::AnnualArgs;
use anyhow::{Context, Result};
use clap::{Args, Subcommand, ValueEnum};
use scalp_allocate::Risk;
use scalp_lab::study::frontier::{self, FrontierArgs};
use scalp_lab::study::limits::LimitArgs;
use scalp_lab::study::moments::Estimate;
use scalp_lab::study::plan::{self, PlanArgs};
use scalp_lab::study::portfolio::{self, Objective, PortfolioArgs};
use std::path::PathBuf;
use std::process::ExitCode;

/// The commands below `scalp portfolio`.
#[derive(Subcommand)]
pub enum PortfolioCommand {
    /// Weights by an objective, with the proof that they are optimal
    ///
    /// Example: scalp portfolio optimise prices.csv --objective max-sharpe --group majors=BTC+ETH:0.2..0.6
    /// --current BTC=0.5,ETH=0.5 --turnover-max 0.3 --cost 0.0005
    Optimise(Box<OptimiseArgs>),
    /// The efficient frontier: as estimated, robust against errors of the estimates, and resampled
    ///
    /// Example: scalp portfolio frontier prices.csv --robust 1 --resample 200 --html frontier.html
    Frontier(Box<FrontierOptions>),
    /// Weights over several periods, each trade paid for
    ///
    /// Example: scalp portfolio plan prices.csv --current BTC=1 --cost 0.001 --periods 6 --every 5
    Plan(Box<PlanOptions>),
}

/// The table that a portfolio is made from, how its risk is estimated, and what the weights may be.
#[derive(Args)]
pub struct MarketOptions {
    #[command(flatten)]
    pub table: AnnualArgs,
    /// Estimate of the covariance
    #[arg(long, value_enum, default_value_t = Covariance::Sample)]
    pub covariance: Covariance,
    /// Span of the exponential covariance, in steps
    #[arg(long, default_value_t = 180.0, allow_negative_numbers = true)]
    pub span: f64,
    #[command(flatten)]
    pub limits: LimitOptions,
}

/// What portfolios of one time ahead have besides.
#[derive(Args)]
pub struct OutlookOptions {
    /// Annual return of what bears no risk
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub riskless: f64,
    /// Steps that a portfolio is held before it is changed again, over which costs are spread; a year when absent
    #[arg(long, value_name = "STEPS", allow_negative_numbers = true)]
    pub holding: Option<f64>,
    /// Views on returns or volatilities (TOML): Black-Litterman or entropy pooling
    #[arg(long, value_name = "FILE")]
    pub views: Option<PathBuf>,
}

/// Options of `scalp portfolio optimise`.
#[derive(Args)]
pub struct OptimiseArgs {
    #[command(flatten)]
    pub market: MarketOptions,
    #[command(flatten)]
    pub outlook: OutlookOptions,
    /// What the portfolio is to be best at
    #[arg(long, value_enum, default_value_t = Aim::MinVolatility)]
    pub objective: Aim,
    /// The annual volatility (efficient-risk) or return (efficient-return) that is asked for
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub target: Option<f64>,
    /// Measure of the objectives min-risk and max-ratio
    #[arg(long, value_enum, default_value_t = Measure::Cvar)]
    pub measure: Measure,
    /// Tail probability of measures that have one
    #[arg(long, default_value_t = 0.05, allow_negative_numbers = true)]
    pub tail: f64,
    /// The worst expected returns within so many standard errors of the estimates count (a robust portfolio)
    #[arg(long, value_name = "ERRORS", allow_negative_numbers = true)]
    pub robust: Option<f64>,
    /// Equity to be laid out in whole lots at the last prices
    #[arg(long, value_name = "MONEY", allow_negative_numbers = true)]
    pub capital: Option<f64>,
    /// Units in a lot, as BTC=0.001,ETH=0.01 or a CSV file with the columns asset and lot; 1 when absent
    #[arg(long, value_name = "LIST|FILE")]
    pub lots: Option<String>,
}

/// What the weights may be, and what trading costs. Weights and costs are fractions of equity.
#[derive(Args)]
pub struct LimitOptions {
    /// Least weight of an asset
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub weight_min: f64,
    /// Most weight of an asset
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub weight_max: f64,
    /// What the weights sum to; 1 when neither this nor --net-min, --net-max or --no-budget is given
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub budget: Option<f64>,
    /// The weights may sum to anything
    #[arg(long)]
    pub no_budget: bool,
    /// Least that the weights may sum to
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub net_min: Option<f64>,
    /// Most that the weights may sum to
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub net_max: Option<f64>,
    /// Most that the absolute weights may sum to
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub gross_max: Option<f64>,
    /// What some weights may sum to, as majors=BTC+ETH:0.2..0.6 (either end may be left out); say it again for more
    #[arg(long = "group", value_name = "NAME=ASSET+ASSET:LEAST..MOST")]
    pub groups: Vec<String>,
    /// Bounds of single assets and groups: CSV with the columns asset, group, min, max, or TOML
    #[arg(long, value_name = "FILE")]
    pub limits: Option<PathBuf>,
    /// Weights held now, as BTC=0.4,ETH=0.6 or a CSV file with the columns asset and weight; 0 for those not named
    #[arg(long, value_name = "LIST|FILE")]
    pub current: Option<String>,
    /// Most that the absolute changes from --current may sum to
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub turnover_max: Option<f64>,
    /// Most that one weight may change from --current
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub trade_max: Option<f64>,
    /// Fee and half spread, as a fraction of what is traded: 0.0005 for 5 basis points
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub cost: Option<f64>,
    /// Square-root impact: what trading a whole equity's worth of an asset would cost, as a fraction of it
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub impact: Option<f64>,
}

impl LimitOptions {
    fn plan(&self, holding: Option<f64>) -> LimitArgs {
        LimitArgs {
            bounds: (self.weight_min, self.weight_max),
            budget: self.budget,
            no_budget: self.no_budget,
            net: (self.net_min, self.net_max),
            gross_max: self.gross_max,
            groups: self.groups.clone(),
            file: self.limits.clone(),
            current: self.current.clone(),
            turnover_max: self.turnover_max,
            trade_max: self.trade_max,
            cost: self.cost,
            impact: self.impact,
            holding,
        }
    }
}

/// Options of `scalp portfolio frontier`.
#[derive(Args)]
pub struct FrontierOptions {
    #[command(flatten)]
    pub market: MarketOptions,
    #[command(flatten)]
    pub outlook: OutlookOptions,
    /// Portfolios from the quietest to the one that earns most
    #[arg(long, default_value_t = 15)]
    pub points: usize,
    /// A robust frontier beside it: the worst expected returns within so many standard errors count
    #[arg(long, value_name = "ERRORS", allow_negative_numbers = true)]
    pub robust: Option<f64>,
    /// A resampled frontier beside it: the mean over so many worlds drawn from the rows
    #[arg(long, value_name = "WORLDS")]
    pub resample: Option<usize>,
    /// Seed of these worlds
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Options of `scalp portfolio plan`.
#[derive(Args)]
pub struct PlanOptions {
    #[command(flatten)]
    pub market: MarketOptions,
    /// Periods ahead
    #[arg(long, default_value_t = 5)]
    pub periods: usize,
    /// Steps of the table in a period
    #[arg(long, default_value_t = 1.0, value_name = "STEPS", allow_negative_numbers = true)]
    pub every: f64,
    /// Returns of each asset over each period: a table with a row a period and the columns of the assets; those of the
    /// past when absent
    #[arg(long, value_name = "FILE")]
    pub expected: Option<PathBuf>,
    /// Half of it times the variance is taken off the return of each period
    #[arg(long, default_value_t = 5.0, allow_negative_numbers = true)]
    pub aversion: f64,
    /// Most annual volatility in each period
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub volatility_max: Option<f64>,
}

/// What the portfolio is to be best at.
#[derive(Clone, Copy, ValueEnum)]
pub enum Aim {
    /// Least variance
    MinVolatility,
    /// Highest ratio of excess return to volatility
    MaxSharpe,
    /// Highest return at a volatility
    EfficientRisk,
    /// Least volatility at a return
    EfficientReturn,
    /// Equal contributions to the variance
    RiskParity,
    /// Hierarchical risk parity
    Hrp,
    /// Hierarchical equal risk contribution
    Herc,
    /// Least of a measure over the rows
    MinRisk,
    /// Highest ratio of excess return to a measure
    MaxRatio,
}

/// Measures of risk over the rows of the table.
#[derive(Clone, Copy, ValueEnum)]
pub enum Measure {
    /// Standard deviation
    Deviation,
    /// Mean absolute deviation
    Mad,
    /// Root mean square of the losses
    SemiDeviation,
    /// Mean loss in the tail
    Cvar,
    /// Entropic value at risk
    Evar,
    /// The largest loss
    Worst,
    /// Mean drawdown in the tail
    Cdar,
    /// The largest drawdown
    MaxDrawdown,
    /// Root mean square of the drawdowns
    Ulcer,
}

/// Estimates of the covariance.
#[derive(Clone, Copy, ValueEnum)]
pub enum Covariance {
    /// Of the sample
    Sample,
    /// Shrunk towards a constant variance
    LedoitWolf,
    /// Oracle approximating shrinkage
    Oas,
    /// Recent rows count more
    Exponential,
    /// Of losses only
    Semi,
}

/// Runs `scalp portfolio`.
pub fn portfolio(command: &PortfolioCommand) -> Result<ExitCode> {
    match command {
        PortfolioCommand::Optimise(args) => optimise(args),
        PortfolioCommand::Frontier(args) => {
            let asked = FrontierArgs {
                estimate: args.market.estimate(),
                riskless: args.outlook.riskless,
                limits: args.market.limits.plan(args.outlook.holding),
                views: args.outlook.views.clone(),
                points: args.points,
                robust: args.robust,
                resample: args.resample,
                seed: args.seed,
            };
            args.market.table.ask("portfolio frontier", |it| frontier::frontier(it, &asked))
        }
        PortfolioCommand::Plan(args) => {
            let asked = PlanArgs {
                estimate: args.market.estimate(),
                limits: args.market.limits.plan(None),
                periods: args.periods,
                every: args.every,
                aversion: args.aversion,
                volatility_max: args.volatility_max,
                expected: args.expected.clone(),
            };
            args.market.table.ask("portfolio plan", |it| plan::plan(it, &asked))
        }
    }
}

impl MarketOptions {
    fn estimate(&self) -> Estimate {
        match self.covariance {
            Covariance::Sample => Estimate::Sample,
            Covariance::LedoitWolf => Estimate::LedoitWolf,
            Covariance::Oas => Estimate::Oas,
            Covariance::Exponential => Estimate::Exponential(self.span),
            Covariance::Semi => Estimate::Semi,
        }
    }
}

fn optimise(args: &OptimiseArgs) -> Result<ExitCode> {
    let tail = args.tail;
    let measure = match args.measure {
        Measure::Deviation => Risk::StandardDeviation,
        Measure::Mad => Risk::MeanAbsoluteDeviation,
        Measure::SemiDeviation => Risk::SemiDeviation { below: 0.0 },
        Measure::Cvar => Risk::Cvar { tail },
        Measure::Evar => Risk::Evar { tail },
        Measure::Worst => Risk::WorstRealisation,
        Measure::Cdar => Risk::Cdar { tail },
        Measure::MaxDrawdown => Risk::MaxDrawdown,
        Measure::Ulcer => Risk::Ulcer,
    };
    let target = || args.target.context("this objective needs --target: an annual volatility or return");
    let objective = match args.objective {
        Aim::MinVolatility => Objective::MinVolatility,
        Aim::MaxSharpe => Objective::MaxSharpe,
        Aim::EfficientRisk => Objective::EfficientRisk(target()?),
        Aim::EfficientReturn => Objective::EfficientReturn(target()?),
        Aim::RiskParity => Objective::RiskParity,
        Aim::Hrp => Objective::Hrp,
        Aim::Herc => Objective::Herc,
        Aim::MinRisk => Objective::MinRisk(measure),
        Aim::MaxRatio => Objective::MaxRatio(measure),
    };
    let answer = &args.market.table.table.answer;
    let asked = PortfolioArgs {
        objective,
        estimate: args.market.estimate(),
        riskless: args.outlook.riskless,
        limits: args.market.limits.plan(args.outlook.holding),
        robust: args.robust,
        views: args.outlook.views.clone(),
        tail,
        capital: args.capital,
        lots: args.lots.clone(),
        charts: answer.json || answer.html.is_some(),
    };
    args.market.table.ask("portfolio optimise", |it| portfolio::optimise(it, &asked))
}
