//! A grid of parameters over one data set: decoded once, run on all cores, ranked with the deflated Sharpe ratio.
//!
//! Every job is one backtest. A moving-average cross on recorded bars takes a short cut ([`fused`]) that gives the
//! same orders, fills and money as the engine; everything else goes through the engine.

pub mod fused;
mod grid;
mod rank;

pub use grid::{Job, jobs};
pub use rank::{Measured, ranked};

use crate::analysis::prices_apart;
use crate::backtest::{Looks, Plan, RunError, run as run_plan};
use crate::feed::Track;
use crate::measure::{Spent, Stopwatch};
use crate::parallel;
use scalp_config::Config;
use scalp_strategy::Configured;
use scalp_types::{Instruments, Money, Span, StateHash, Timestamp};

/// What one job came to.
#[derive(Debug, Clone, PartialEq)]
pub struct JobResult {
    /// Orders that reached the venue.
    pub orders: u64,
    /// Fills.
    pub fills: u64,
    /// Fees paid.
    pub fees: Money,
    /// In the wallet at the end.
    pub balance: Money,
    /// With the open profit.
    pub equity: Money,
    /// The venue's books are not ours at the end.
    pub unreconciled: bool,
    /// What a single run of it would say above its figures, of the data and by the strategy.
    pub said: Vec<String>,
    /// Equity over time.
    pub curve: Vec<(Timestamp, Money)>,
}

/// A sweep that has been run.
#[derive(Debug)]
pub struct Swept {
    /// The jobs, by number.
    pub jobs: Vec<Job>,
    /// Their results, by number.
    pub results: Vec<JobResult>,
    /// What all of them cost together.
    pub spent: Spent,
    /// Market events of each job.
    pub events: u64,
    /// Whether the short cut was taken.
    pub fused: bool,
    /// Threads that worked.
    pub threads: usize,
    /// How far apart the prices in the data are.
    pub prices_apart: Span,
}

impl Swept {
    /// The numbers of the jobs that ended with other books than the venue's: their figures are what the core believed.
    pub fn unreconciled(&self) -> Vec<usize> {
        (0..self.results.len()).filter(|n| self.results[*n].unreconciled).collect()
    }

    /// Hash of every result by number: the same on any number of threads.
    pub fn result_hash(&self) -> StateHash {
        let mut hash = StateHash::default();
        for it in &self.results {
            hash.absorb(it.orders);
            hash.absorb(it.fills);
            for money in [it.fees, it.balance, it.equity] {
                hash.absorb_wide(money.get());
            }
            for (at, equity) in &it.curve {
                hash.absorb_signed(at.nanos());
                hash.absorb_wide(equity.get());
            }
        }
        hash
    }
}

/// Runs every job of a configuration, by the short cut where it may be taken. `tick` is told how many are done.
pub fn run<S: Configured>(
    config: &Config,
    instruments: &Instruments,
    tracks: &[Track],
    tick: &(dyn Fn(usize, usize) + Sync),
) -> Result<Swept, RunError> {
    let jobs = jobs(config)?;
    let plans = plans::<S>(config, instruments, &jobs)?;
    let watch = Stopwatch::start();
    let Some(fused) = fused::Fused::prepare(config, instruments, tracks, &jobs)? else {
        return through_engine(config, plans, jobs, tracks, tick);
    };
    let threads = threads(config, jobs.len());
    let results = fused.run(&jobs, threads, tick);
    let events = fused.bars() as u64;
    let prices_apart = prices_apart(tracks)?;
    Ok(Swept { jobs, results, spent: watch.spent(), events, fused: true, threads, prices_apart })
}

/// Runs every job of a configuration through the engine, whatever the strategy.
pub fn run_engine<S: Configured>(
    config: &Config,
    instruments: &Instruments,
    tracks: &[Track],
    tick: &(dyn Fn(usize, usize) + Sync),
) -> Result<Swept, RunError> {
    let jobs = jobs(config)?;
    let plans = plans::<S>(config, instruments, &jobs)?;
    through_engine(config, plans, jobs, tracks, tick)
}

/// Every plan is checked before the first job runs: a grid with a value that cannot be says so at once.
fn plans<S: Configured>(
    config: &Config,
    instruments: &Instruments,
    jobs: &[Job],
) -> Result<Vec<Plan<S>>, RunError> {
    jobs.iter().map(|job| Plan::<S>::new(job.config(config), instruments.clone())).collect()
}

fn threads(config: &Config, jobs: usize) -> usize {
    let wanted = config.sweep.as_ref().and_then(|it| it.threads);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    wanted.unwrap_or(cores).clamp(1, jobs.max(1))
}

fn through_engine<S: Configured>(
    config: &Config,
    plans: Vec<Plan<S>>,
    jobs: Vec<Job>,
    tracks: &[Track],
    tick: &(dyn Fn(usize, usize) + Sync),
) -> Result<Swept, RunError> {
    let threads = threads(config, jobs.len());
    let watch = Stopwatch::start();
    // The same bars as the short cut would take.
    let most = config.sweep.as_ref().and_then(|it| it.bars).map(|it| it as u64);
    let tracks: Vec<Track> =
        tracks.iter().map(|it| Track { events_max: most.or(it.events_max), ..it.clone() }).collect();
    let results = parallel::map_told(plans.len(), threads, tick, &|number| {
        let finished = run_plan(&plans[number], &tracks, Looks::default())?;
        Ok((finished.summary.events, result_of(&plans[number], &finished)))
    });
    let results = results.into_iter().collect::<Result<Vec<_>, RunError>>()?;
    let events = results.first().map_or(0, |it| it.0);
    let results = results.into_iter().map(|it| it.1).collect();
    let prices_apart = prices_apart(&tracks)?;
    Ok(Swept { jobs, results, spent: watch.spent(), events, fused: false, threads, prices_apart })
}

fn result_of<S: Configured>(plan: &Plan<S>, finished: &crate::backtest::Finished) -> JobResult {
    let asset = plan.instruments.iter().next().map(|it| it.settle);
    let samples = finished.outcome.equity.iter().filter(|it| Some(it.asset) == asset);
    let balance = samples.clone().next_back().map_or(finished.opening, |it| it.balance);
    JobResult {
        orders: finished.summary.orders,
        fills: finished.summary.fills,
        fees: asset.map_or(Money::ZERO, |it| finished.outcome.fees(it)),
        balance,
        equity: finished.closing,
        unreconciled: finished.summary.unreconciled,
        said: finished.summary.warnings.iter().chain(&finished.summary.remarks).cloned().collect(),
        curve: samples.map(|it| (it.at, it.equity)).collect(),
    }
}
