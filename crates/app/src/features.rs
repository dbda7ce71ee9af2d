//! `scalp features`: what can be computed, and columns of it over files.

use crate::charts::{self, FitArgs, MatrixProfileArgs, PlotArgs, ReferenceArgs, SelectArgs, SynthesiseArgs};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use scalp_config::TradeBarsConfig;
use scalp_features::expr::split_list;
use scalp_features::schema::read_hash;
use scalp_lab::features::reference::{Entry, names, text};
use scalp_lab::features::{
    Asked, Cache, FeaturesError, Found, Holds, Kept, Plan, Table, Terms, With, Written, named_alike,
    parse_bars, read_all, write_plan,
};
use scalp_types::StateHash;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The commands below `scalp features`.
#[derive(Subcommand)]
pub enum FeaturesCommand {
    /// Everything that can be computed, counted
    List(ListArgs),
    /// Formula, source, parameters, outputs, warm-up and cost of one entry
    Describe(DescribeArgs),
    /// Compute a list of items over candles, trades or books
    Compute(ComputeArgs),
    /// Draw a list of items on candles, as one page
    Plot(PlotArgs),
    /// Write the reference of everything that can be computed as a folder of pages
    Reference(ReferenceArgs),
    /// Choose the features that foretell the return of the next rows, judged walking forward on rows that come later
    Select(SelectArgs),
    /// Fit the parameters of HAWKES to the trades of a file, with standard errors and a test
    Fit(FitArgs),
    /// Shapes that come again and what followed them, windows like no other, and changes of regime
    MatrixProfile(MatrixProfileArgs),
    /// Make features by rule out of tables of events: what was known of them at each cutoff
    Synthesise(SynthesiseArgs),
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

/// What is read, and how.
#[derive(Args)]
pub struct InputArgs {
    /// CSV (plain or packed) or Parquet with the names of its columns, or a folder of such files: candles, trades or books;
    /// say it again for more
    #[arg(long, value_name = "FILE", required = true)]
    pub input: Vec<PathBuf>,
    /// A series from outside, such as leader=eth.csv or funding=f.csv,column=rate,delay=10m,age=9h; say it again for more
    #[arg(long, value_name = "NAME=FILE")]
    pub with: Vec<String>,
    /// Of trades, event files and candles: build bars of this length (1m, 1h ...), or trades=1000, volume=500, value=1e6,
    /// imbalance=volume,trades_first=1000,... or run=...: the kinds of [bars]; a row is a bar then
    #[arg(long, value_name = "BARS")]
    pub bars: Option<String>,
    /// Of trades and books whose sizes count contracts: inverse,100 (each worth 100 of the quote currency) or linear,0.01
    #[arg(long, value_name = "KIND,MULTIPLIER")]
    pub contract: Option<String>,
    /// Leave out items that cannot be computed, name them, and go on; the exit status is 3 then
    #[arg(long)]
    pub keep_going: bool,
    /// Threads; all cores when absent
    #[arg(long)]
    pub threads: Option<NonZero<usize>>,
}

/// Options of `scalp features compute`.
#[derive(Args)]
pub struct ComputeArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Items, e.g. "RSI(14), BBANDS(20,2,2,0).upperband, LAG(close,1)"
    #[arg(long)]
    pub list: String,
    /// Where the columns go: Parquet where the name ends so, else CSV
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Write only the rows at which a rule holds, e.g. "RSI(14) < 30 and close > SMA(200)"; where it is not known it does not
    #[arg(long = "where", value_name = "RULE")]
    pub only: Option<String>,
    /// A folder where computed columns are kept and found again; it may be emptied at any time
    #[arg(long, value_name = "FOLDER")]
    pub cache: Option<PathBuf>,
    /// Compute only if the schema has this hash, as an earlier call told it; another is refused, and nothing is written
    #[arg(long, value_name = "HASH", value_parser = read_hash)]
    pub expect_schema: Option<StateHash>,
}

impl InputArgs {
    /// The table, and how it is computed. Of the columns that `list` may mean, those are told that are named like an entry.
    /// `outputs` are written later: what is wrong with them is said before anything is
    /// read.
    pub fn read(&self, list: &str, outputs: &[(&str, &Path)]) -> Result<(Table, Asked)> {
        let mut table = self.read_own(outputs)?;
        if let Some(terms) = self.terms()? {
            table.count_contracts(self.name(), terms)?;
        }
        let (mut table, bars, stays) = larger(table, self.name(), self.bars()?);
        if let Some(why) = stays {
            return Err(why.into());
        }
        let alike = named_alike(&table, list);
        table.beside.remarks.extend(alike);
        say_beside(&table.remarks());
        Ok((table, self.asked(bars)))
    }

    /// The table of `--input` as it was read.
    fn read_own(&self, outputs: &[(&str, &Path)]) -> Result<Table> {
        // What is wrong with these is told before anything is read.
        self.bars()?;
        self.terms()?;
        let with = self.series()?;
        let read: Vec<&Path> =
            self.input.iter().chain(with.iter().map(|it| &it.file)).map(PathBuf::as_path).collect();
        outputs.iter().try_for_each(|(option, path)| check_out(option, path, &read))?;
        read.iter().try_for_each(|it| check_read("--input", it))?;
        Ok(read_all(&self.input, &with)?)
    }

    fn asked(&self, bars: Option<TradeBarsConfig>) -> Asked {
        Asked { threads: self.threads.unwrap_or_else(cores), bars, keep_going: self.keep_going }
    }

    /// The series from outside.
    fn series(&self) -> Result<Vec<With>> {
        let with =
            self.with.iter().map(|it| With::parse("--with", it).map_err(|e| anyhow::anyhow!("--with: {e}")));
        with.collect()
    }

    /// As [`InputArgs::read`], and other files that they are compared with, with the same series beside them. `--bars` is of both:
    /// of trades and event files bars are built, and candles are made larger. Candles of which such bars cannot be made stay as
    /// they are, which is said; both may not. `--contract` likewise is of both, or of the one that holds trades or books.
    pub fn read_two(
        &self,
        list: &str,
        files: &[PathBuf],
        outputs: &[(&str, &Path)],
    ) -> Result<[(Table, Asked); 2]> {
        files.iter().try_for_each(|it| check_read("--join", it))?;
        let real = |it: &PathBuf| it.canonicalize().ok();
        let own: Vec<_> = self.input.iter().filter_map(real).collect();
        if let Some(it) = files.iter().find(|it| real(it).is_some_and(|it| own.contains(&it))) {
            bail!("--join: {} is read as --input: each window would meet itself", it.display());
        }
        let (mut table, mut other) = (self.read_own(outputs)?, read_all(files, &self.series()?)?);
        let path = files.first().map_or(Path::new("--join"), PathBuf::as_path);
        if let Some(terms) = self.terms()? {
            count_both([(&mut table, self.name()), (&mut other, path)], terms)?;
        }
        let (own, other) = (larger(table, self.name(), self.bars()?), larger(other, path, self.bars()?));
        if let (Some(why), Some(other)) = (&own.2, &other.2) {
            bail!("of neither file can such bars be made: {why}; {other}");
        }
        Ok([own, other].map(|(mut table, bars, stays)| {
            let alike = named_alike(&table, list);
            table.beside.remarks.extend(alike);
            table.beside.remarks.extend(stays.map(|why| format!("{why}: its candles stay as they are")));
            say_beside(&table.remarks());
            (table, self.asked(bars))
        }))
    }

    fn bars(&self) -> Result<Option<TradeBarsConfig>> {
        self.bars.as_deref().map(parse_bars).transpose().map_err(|what| anyhow::anyhow!("--bars: {what}"))
    }

    fn terms(&self) -> Result<Option<Terms>> {
        let terms = self.contract.as_deref().map(Terms::parse).transpose();
        terms.map_err(|what| anyhow::anyhow!("--contract: {what}"))
    }

    /// How errors name what is read.
    pub fn name(&self) -> &Path {
        self.input.first().map_or(Path::new("--input"), PathBuf::as_path)
    }
}

/// Says of two tables what a contract is worth. Of one that counts none it is said; both may not be such.
fn count_both(both: [(&mut Table, &Path); 2], terms: Terms) -> Result<()> {
    let are_uncounted = both.iter().all(|it| it.0.counts_none().is_some());
    for (table, path) in both {
        match table.counts_none() {
            Some(why) if !are_uncounted => {
                let what = format!("{}: --contract is of the other file: {why}", path.display());
                table.beside.remarks.push(what);
            }
            _ => table.count_contracts(path, terms)?,
        }
    }
    Ok(())
}

/// A table with the bars that are still to be built of it: candles are made larger at once, or stay as they are for a reason.
fn larger(
    table: Table,
    path: &Path,
    bars: Option<TradeBarsConfig>,
) -> (Table, Option<TradeBarsConfig>, Option<FeaturesError>) {
    match (&table.holds, bars) {
        (Holds::Bars { .. }, Some(bars)) => match table.larger(path, &bars) {
            Ok(larger) => (larger, None, None),
            Err(why) => (table, None, Some(why)),
        },
        _ => (table, bars, None),
    }
}

/// All cores.
pub fn cores() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// What is read is looked at first and read then: of a pipe or a device the beginning would be gone. What is not there is told
/// by whoever reads it.
pub fn check_read(option: &str, path: &Path) -> Result<()> {
    let is_lasting = path.metadata().map_or(true, |it| it.is_file() || it.is_dir());
    ensure!(
        is_lasting,
        "{option}: {} is no plain file, and is read twice: write it to a file first",
        path.display()
    );
    Ok(())
}

/// What is written is put in the place of what is there: that may be a file, and no device, pipe or link, which would be gone.
pub fn check_plain(option: &str, path: &Path) -> Result<()> {
    let is_plain = path.symlink_metadata().map_or(true, |it| it.is_file());
    ensure!(is_plain, "{option}: {} is there and is no plain file: name another", path.display());
    Ok(())
}

/// A file that can be written: its folder is there, nothing but a file is in its place, and it is none of those that are read.
pub fn check_out(option: &str, path: &Path, read: &[&Path]) -> Result<()> {
    ensure!(!path.is_dir(), "{option}: {} is a folder: name a file", path.display());
    check_plain(option, path)?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ensure!(folder.is_dir(), "{option}: the folder {} is not there", folder.display());
    let real = |it: &Path| it.canonicalize().ok();
    let (own, folder) = (real(path), real(folder));
    // What lies in a folder that is read would be read the next time.
    let is_read =
        |it: &&Path| real(it).is_some_and(|it| own.as_ref() == Some(&it) || folder.as_ref() == Some(&it));
    if let Some(it) = read.iter().find(|it| is_read(it)) {
        bail!("{option}: {} would be written over or into what is read, {}", path.display(), it.display());
    }
    Ok(())
}

/// The items of a list, none of them twice.
pub fn items(list: &str) -> Result<Vec<&str>> {
    let items = split_list(list);
    ensure!(!items.is_empty(), "--list: expected at least one item such as RSI(14), got none");
    if let Some(at) = (1..items.len()).find(|&at| items[..at].contains(&items[at])) {
        bail!("--list: {} is there twice", items[at]);
    }
    Ok(items)
}

/// Runs a command.
pub fn run(command: &FeaturesCommand) -> Result<ExitCode> {
    match command {
        FeaturesCommand::List(args) => list(args),
        FeaturesCommand::Describe(args) => describe(args),
        FeaturesCommand::Compute(args) => compute(args),
        FeaturesCommand::Plot(args) => charts::plot(args),
        FeaturesCommand::Reference(args) => charts::reference(args),
        FeaturesCommand::Select(args) => charts::select(args),
        FeaturesCommand::Fit(args) => charts::fit(args),
        FeaturesCommand::MatrixProfile(args) => charts::matrix_profile(args),
        FeaturesCommand::Synthesise(args) => charts::synthesise(args),
    }
}

fn list(args: &ListArgs) -> Result<ExitCode> {
    let text = args.text.as_deref().unwrap_or_default().to_lowercase();
    let is_asked =
        |it: &Entry| it.name.to_lowercase().contains(&text) || it.summary.to_lowercase().contains(&text);
    let mut is_found = false;
    for (title, all) in names() {
        let shown: Vec<Entry> = all.into_iter().filter(is_asked).collect();
        if !shown.is_empty() {
            is_found = true;
            say!("{title} ({})", shown.len());
            for it in shown {
                say!("  {:<24} {}", it.name, it.summary);
            }
        }
    }
    ensure!(is_found, "no entry has {text:?} in its name or summary");
    Ok(ExitCode::SUCCESS)
}

fn describe(args: &DescribeArgs) -> Result<ExitCode> {
    // An item is described by its entry: RSI(14) and BBANDS(20,2,2,0).upperband as RSI and BBANDS; groups have no brackets.
    let name = args.name.split('(').next().unwrap_or_default().trim();
    say_raw!("{}", text(name)?);
    Ok(ExitCode::SUCCESS)
}

fn compute(args: &ComputeArgs) -> Result<ExitCode> {
    let items = items(&args.list)?;
    let (table, asked) = args.input.read(&args.list, &[("--out", &args.out)])?;
    let plan = Plan::new(args.input.name(), &table, &items, &asked)?;
    if let Some(expected) = args.expect_schema.filter(|it| it.get() != plan.hash()) {
        bail!(
            "--expect-schema: expected {expected}, and these items over these inputs have {:016x}: a name, a parameter, a \
             version, the length of the candles, or a series from outside differs",
            plan.hash()
        );
    }
    let cache = args.cache.as_deref().map(Cache::new).transpose()?;
    let kept =
        args.only.as_deref().map(|it| Kept::by(it, &plan, cache.as_ref()).context("--where")).transpose()?;
    let Written { found, silent } = write_plan(&args.out, &plan, cache.as_ref(), kept.as_ref())?;
    left_out(plan.failed().iter().map(|it| it.error.to_string()));
    let all = plan.times().len();
    let rows = kept.as_ref().map_or(all, |it| it.rows.len());
    if !silent.is_empty() {
        eprintln!("without a value in any of the {rows} rows: {}", silent.join(", "));
    }
    say_beside(&plan.remarks().found);
    let columns = plan.titles().len();
    let of = kept.map_or(String::new(), |it| format!(" of {all} (not known at {})", it.unknown));
    say!("{columns} columns, {rows} rows{of}, schema {:016x}: {}", plan.hash(), args.out.display());
    if cache.is_some() {
        let Found { read, computed, damaged } = found;
        let damaged =
            if damaged > 0 { format!(", {damaged} of them for a damaged file") } else { String::new() };
        say!("cache: {read} columns read, {computed} computed{damaged}");
    }
    Ok(done(plan.failed().is_empty()))
}

/// Says on the error stream what should be known of an answer.
pub fn say_beside(remarks: &[String]) {
    remarks.iter().for_each(|it| eprintln!("{it}"));
}

/// Names what was left out.
pub fn left_out(what: impl Iterator<Item = String>) {
    what.for_each(|it| eprintln!("left out: {it}"));
}

/// The exit status: 3 where something was left out.
pub fn done(is_whole: bool) -> ExitCode {
    if is_whole { ExitCode::SUCCESS } else { ExitCode::from(3) }
}
