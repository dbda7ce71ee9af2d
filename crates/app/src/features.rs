//! `scalp features`: what can be computed, columns of it over a file, and pages about it.

use crate::charts::{self, PlotArgs, ReferenceArgs, SelectArgs};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use scalp_features::expr::{span, split_list};
use scalp_features::{entry, flow, groups};
use scalp_indicators::{self as indicators, patterns};
use scalp_lab::features::{Asked, Cache, Found, Plan, read, write_plan};
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

/// The commands below `scalp features`.
#[derive(Subcommand)]
pub enum FeaturesCommand {
    /// Everything that can be computed, counted
    List(ListArgs),
    /// Formula, source, parameters, outputs, warm-up and cost of one entry
    Describe(DescribeArgs),
    /// Compute a list of items over a file of candles, trades or books
    Compute(ComputeArgs),
    /// Draw a list of indicators and patterns on the candles of a file, as one page
    Plot(PlotArgs),
    /// Write the reference of all indicators and patterns as a folder of pages
    Reference(ReferenceArgs),
    /// Choose the features that foretell the return of the next rows, judged on rows that the choice has not seen
    Select(SelectArgs),
}

/// Options of `scalp features list`.
#[derive(Args)]
pub struct ListArgs {
    /// Only names or summaries with this text
    pub text: Option<String>,
}

/// Options of `scalp features describe`.
#[derive(Args)]
pub struct DescribeArgs {
    /// An entry such as RSI, VPIN or LAG, or a group such as GROUP:price@1
    pub name: String,
}

/// Options of `scalp features compute`.
#[derive(Args)]
pub struct ComputeArgs {
    /// CSV (plain or packed) or Parquet with the names of its columns: candles, trades or books
    #[arg(long)]
    pub input: PathBuf,
    /// Items, e.g. "RSI(14), BBANDS(20,2,2,0).upperband, LAG(close,1)"
    #[arg(long)]
    pub list: String,
    /// Where the columns go: Parquet where the name ends so, else CSV
    #[arg(long)]
    pub out: PathBuf,
    /// Of trades: build bars of this length (1m, 1h ...); a row is a bar then
    #[arg(long, value_name = "LENGTH")]
    pub bars: Option<String>,
    /// A folder where computed columns are kept and found again; it may be emptied at any time
    #[arg(long, value_name = "FOLDER")]
    pub cache: Option<PathBuf>,
    /// Leave out items that cannot be computed, name them, and go on; the exit status is 3 then
    #[arg(long)]
    pub keep_going: bool,
    /// Threads; all cores when absent
    #[arg(long)]
    pub threads: Option<NonZero<usize>>,
}

/// Runs a command.
pub fn run(command: &FeaturesCommand) -> Result<ExitCode> {
    match command {
        FeaturesCommand::List(args) => list(args),
        FeaturesCommand::Describe(args) => describe(args),
        FeaturesCommand::Compute(args) => run_compute(args),
        FeaturesCommand::Plot(args) => charts::plot(args),
        FeaturesCommand::Reference(args) => charts::reference(args),
        FeaturesCommand::Select(args) => charts::select(args),
    }
}

fn list(args: &ListArgs) -> Result<ExitCode> {
    let text = args.text.as_deref().unwrap_or_default().to_lowercase();
    let is_asked = |name: &str, summary: &str| {
        name.to_lowercase().contains(&text) || summary.to_lowercase().contains(&text)
    };
    let section = |title: &str, all: Vec<(String, String)>| -> Result<()> {
        let shown: Vec<_> = all.iter().filter(|it| is_asked(&it.0, &it.1)).collect();
        if !shown.is_empty() {
            say!("{title} ({})", shown.len());
            for (name, summary) in shown {
                say!("  {name:<24} {summary}");
            }
        }
        Ok(())
    };
    let all = indicators::catalogue().iter().map(|it| (it.name.to_owned(), it.summary.to_owned()));
    section("Indicators and candlestick patterns, on bars or any item", all.collect())?;
    let all = flow::catalogue().iter().map(|it| (it.name.to_owned(), it.summary.to_owned()));
    section("Measures of trades and books", all.collect())?;
    let all = patterns::table().iter().map(|it| (it.name.to_owned(), it.summary.to_owned()));
    section("Chart patterns, on bars", all.collect())?;
    let all = entry::ENTRIES.iter().map(|it| (it.name.to_owned(), it.summary.to_owned()));
    section("Windows, arithmetic, time, freshness", all.collect())?;
    let all = groups::GROUPS.iter().map(|it| (format!("{}@{}", it.name, it.version), it.summary.to_owned()));
    section("Groups and schemas", all.collect())?;
    Ok(ExitCode::SUCCESS)
}

fn describe(args: &DescribeArgs) -> Result<ExitCode> {
    let name = args.name.trim();
    if let Some(it) = indicators::find(name) {
        say!(
            "{}: {}\n\nfamily   {:?}\nformula  {}\nsource   {}",
            it.name,
            it.summary,
            it.family,
            it.formula(),
            it.source
        );
        let inputs: Vec<String> = it.inputs.iter().map(|it| format!("{} ({})", it.name, it.column)).collect();
        say!("inputs   {}", inputs.join(", "));
        it.parameters.iter().try_for_each(parameter)?;
        let outputs: Vec<&str> = it.outputs.iter().map(|it| it.name.as_str()).collect();
        say!("outputs  {}", outputs.join(", "));
        if let Ok(built) = indicators::Indicator::parse(it.name, &indicators::Schema::ohlcv()) {
            say!("warm-up  {} bars with the defaults", built.warm_up());
        }
        say!(
            "cost     {:?}{}",
            it.cost,
            if it.partial { "; silent where the formula has no finite value" } else { "" }
        );
    } else if let Some(it) = flow::find(name) {
        say!("{}: {}\n\nfamily   {:?}\nsource   {}", it.name, it.summary, it.family, it.source);
        it.parameters.iter().try_for_each(parameter)?;
        for output in &it.outputs {
            say!("output   {}: {}", output.name, output.unit);
        }
        say!("reads    {:?}\nwarm-up  {}\ncost     {:?}", it.reads, it.warm_up, it.cost);
    } else if let Some(it) = patterns::table().iter().find(|it| it.name.eq_ignore_ascii_case(name)) {
        say!("{}: {}\n\nsource   {}", it.name, it.summary, it.source);
        it.parameters.iter().try_for_each(parameter)?;
        say!(
            "output   from -1 (bearish) to 1 (bullish), 0 where there is none; its size is the mean of: {}",
            it.strength
        );
        if let Ok(built) = patterns::Signal::parse(it.name) {
            say!("warm-up  {} bars with the defaults", built.warm_up());
        }
    } else if let Some(it) = entry::find(name) {
        say!("{}: {}\n\nformula  {}", it.name, it.summary, it.formula);
        say!("items    {}", if it.inputs.is_empty() { "none".into() } else { it.inputs.join(", ") });
        for of in it.parameters {
            let default = of.default.map_or_else(|| "no default".into(), |it| it.to_string());
            say!("param    {}: {} ({default})", of.name, of.expected());
        }
        if !it.outputs.is_empty() {
            say!("outputs  {}", it.outputs.join(", "));
        }
        say!("warm-up  {}\nversion  {}", it.warm_up, it.version);
    } else if let Some(it) = groups::GROUPS.iter().find(|it| format!("{}@{}", it.name, it.version) == name) {
        say!("{name}: {}\n", it.summary);
        it.members().iter().try_for_each(|it| -> Result<()> {
            say!("{it}");
            Ok(())
        })?;
    } else {
        let names = indicators::catalogue().iter().map(|it| it.name);
        let names = names.chain(flow::catalogue().iter().map(|it| it.name));
        let names = names.chain(patterns::table().iter().map(|it| it.name));
        let names = names.chain(entry::ENTRIES.iter().map(|it| it.name));
        bail!("unknown name {name:?}{}", indicators::Nearest::among(name, names));
    }
    Ok(ExitCode::SUCCESS)
}

fn parameter(it: &indicators::Parameter) -> Result<()> {
    say!("param    {} = {}: {} ({})", it.name, it.default, it.hint, it.range);
    Ok(())
}

fn run_compute(args: &ComputeArgs) -> Result<ExitCode> {
    let bars = match &args.bars {
        Some(text) => {
            Some(span(text).with_context(|| format!("--bars: expected 1s, 5m, 1h or 1d, got {text:?}"))?)
        }
        None => None,
    };
    let items = split_list(&args.list);
    ensure!(!items.is_empty(), "--list: expected at least one item such as RSI(14), got none");
    let cores = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let asked = Asked { threads: args.threads.unwrap_or(cores), bars, keep_going: args.keep_going };
    let table = read(&args.input)?;
    let plan = Plan::new(&args.input, &table, &items, &asked)?;
    let cache = args.cache.as_deref().map(Cache::new).transpose()?;
    let found = write_plan(&args.out, &plan, cache.as_ref())?;
    for it in plan.failed() {
        eprintln!("left out: {}", it.error);
    }
    let (columns, rows) = (plan.titles().len(), plan.times().len());
    say!("{columns} columns, {rows} rows, schema {:016x}: {}", plan.hash(), args.out.display());
    if cache.is_some() {
        let Found { read, computed, damaged } = found;
        let damaged =
            if damaged > 0 { format!(", {damaged} of them for a damaged file") } else { String::new() };
        say!("cache: {read} columns read, {computed} computed{damaged}");
    }
    Ok(if plan.failed().is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}
