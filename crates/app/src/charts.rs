//! `scalp features plot`, `reference`, `select`, `fit`, `matrix-profile` and `synthesise`: pages for people out of lists of features,
//! and features that are made by rule.

use crate::features::{InputArgs, check_out, check_read, done, items, left_out, say_beside};
use crate::study::{AnswerArgs, write_page};
use anyhow::{Context, Result, ensure};
use clap::Args;
use scalp_features::expr::span;
use scalp_lab::features::matrix_profile::{join, past};
use scalp_lab::features::plot::{Page, Wanted, page};
use scalp_lab::features::select::Question;
use scalp_lab::features::synthesis::{self, Cutoffs, Making, Named};
use scalp_lab::features::{fit, matrix_profile, read_all, reference, select, write};
use scalp_lab::selection::SelectionPlan;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `scalp features plot`.
#[derive(Args)]
pub struct PlotArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Items separated by commas, such as "SMA(20), BBANDS(20,2,2,0), RSI(14)@1h, CDLHAMMER, DOUBLE_TOP"
    #[arg(long, default_value = "")]
    pub list: String,
    /// Also mark candlestick patterns (but those of one plain candle) and draw all chart patterns
    #[arg(long)]
    pub patterns: bool,
    /// Where the page goes
    #[arg(long, default_value = "features.html", value_name = "FILE")]
    pub out: PathBuf,
}

/// Options of `scalp features reference`.
#[derive(Args)]
pub struct ReferenceArgs {
    /// The folder for the pages; it is made where it is not there
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
}

/// Options of `scalp features select`.
#[derive(Args)]
pub struct SelectArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// The features, separated by commas, such as "RSI(14), LAG(RSI(14),3), ATR(14)@1h, IBS"
    #[arg(long)]
    pub list: String,
    /// Rows that the return looks ahead
    #[arg(long, value_name = "ROWS")]
    pub horizon: usize,
    /// Folds that judge, one after the other in time; each is foretold by what was chosen on the rows before it
    #[arg(long, default_value_t = SelectionPlan::default().folds)]
    pub folds: usize,
    /// Choose on so many of the last rows before a fold; all rows before it when absent
    #[arg(long, value_name = "ROWS")]
    pub train_window: Option<usize>,
    /// How many features the forest keeps
    #[arg(long, default_value_t = SelectionPlan::default().top)]
    pub top: usize,
    /// Seed of the forest and of the sentinels
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// Options of `scalp features fit`.
#[derive(Args)]
pub struct FitArgs {
    /// The measure whose parameters are fitted: HAWKES
    #[arg(value_name = "NAME", default_value = "HAWKES")]
    pub name: String,
    /// Trades: CSV (plain or packed), Parquet, a folder of such files, or an event file; say it again for more
    #[arg(long, value_name = "FILE", required = true)]
    pub input: Vec<PathBuf>,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// Options of `scalp features matrix-profile`.
#[derive(Args)]
pub struct MatrixProfileArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Items separated by commas, such as "close, volume"; each has a profile of its own
    #[arg(long, default_value = "close")]
    pub list: String,
    /// Rows in a window
    #[arg(long, default_value_t = 50, value_name = "ROWS")]
    pub window: usize,
    /// Motifs at most: pairs of windows that are near each other
    #[arg(long, default_value_t = 10, conflicts_with = "past")]
    pub motifs: usize,
    /// Rows after a motif over which the return is taken
    #[arg(long, default_value_t = 10, value_name = "ROWS")]
    pub horizon: usize,
    /// Discords at most: windows that are far from all others
    #[arg(long, default_value_t = 5, conflicts_with = "past")]
    pub discords: usize,
    /// Windows farther from all others than this share of windows are unusual, in per cent
    #[arg(long, default_value_t = 99.0, value_name = "PERCENT")]
    pub above: f64,
    /// Windows told on either side of unusual ones
    #[arg(long, default_value_t = 10, value_name = "ROWS", conflicts_with = "past")]
    pub context: usize,
    /// Changes of regime at most
    #[arg(long, default_value_t = 5, conflicts_with_all = ["past", "join"])]
    pub regimes: usize,
    /// Another file with the same items: shapes that both have, and what of --input it never has; say it again for more of it.
    /// Bars that --bars asks for are built of both; candles of which they cannot be made stay as they are
    #[arg(long, value_name = "FILE")]
    pub join: Vec<PathBuf>,
    /// What was known as each window ended: its nearest earlier window, what had followed such windows, changes as they showed
    #[arg(long, conflicts_with = "join")]
    pub past: bool,
    /// With --past: the last rows that a window is judged by and changes are sought in; 20 windows when absent
    #[arg(long, value_name = "ROWS", requires = "past")]
    pub held: Option<usize>,
    /// With --past: a change shows when fewer arcs than this share of those expected run over a place
    #[arg(long, value_name = "SHARE", requires = "past", default_value_t = ARCS_BELOW)]
    pub arcs_below: f64,
    /// Also write distance and nearest window of each row: Parquet where the name ends so, else CSV
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub answer: AnswerArgs,
}

/// Windows that are held when `--held` is absent, and arcs below which a change shows when nothing else is said.
const HELD_WINDOWS: usize = 20;
const ARCS_BELOW: f64 = 0.3;

/// Options of `scalp features synthesise`.
#[derive(Args)]
pub struct SynthesiseArgs {
    /// A table of events and its name, such as market=bars.csv or trades=trades.csv; say it again for more. Further keys
    /// stand behind it: published=COLUMN (when a row could be known) or delay=10m
    #[arg(long, value_name = "NAME=FILE", required = true)]
    pub entity: Vec<String>,
    /// A cutoff at each whole multiple of this length
    #[arg(long, value_name = "LENGTH", conflicts_with = "cutoffs", required_unless_present = "cutoffs")]
    pub every: Option<String>,
    /// A table with a column of times: the cutoffs
    #[arg(long, value_name = "FILE")]
    pub cutoffs: Option<PathBuf>,
    /// Primitives that stand on one another at most, 1 to 3
    #[arg(long, default_value_t = 2)]
    pub depth: usize,
    /// Aggregate only what became known less than this before the cutoff; all of the past when absent
    #[arg(long, value_name = "LENGTH")]
    pub window: Option<String>,
    /// More features than this are refused
    #[arg(long, default_value_t = 10_000)]
    pub features_max: usize,
    /// Take these columns alone, such as market.close,trades.size; all but times, identifiers and what never changes when absent
    #[arg(long, value_name = "TABLE.COLUMN", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Where the columns go: Parquet where the name ends so, else CSV
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Draws a page.
pub fn plot(args: &PlotArgs) -> Result<ExitCode> {
    if args.list.trim().is_empty() {
        ensure!(args.patterns, "--list: expected items such as \"SMA(20), RSI(14)\", or --patterns");
    } else {
        items(&args.list)?;
    }
    let (table, asked) = args.input.read(&args.list, &[("--out", &args.out)])?;
    let wanted = Wanted { list: &args.list, patterns: args.patterns, asked: &asked };
    let Page { text, failed, remarks } =
        page(args.input.name(), &table, &wanted).context("the list cannot be drawn")?;
    write_page("--out", &args.out, &text)?;
    say_beside(&remarks.found);
    left_out(failed.iter().map(|it| it.error.to_string()));
    say!("Page: {}", args.out.display());
    Ok(done(failed.is_empty()))
}

/// Writes the reference.
pub fn reference(args: &ReferenceArgs) -> Result<ExitCode> {
    let pages = reference::write(&args.out).context("the reference cannot be written")?;
    say!("{pages} pages, beginning with {}", args.out.join("index.html").display());
    Ok(ExitCode::SUCCESS)
}

/// Chooses features.
pub fn select(args: &SelectArgs) -> Result<ExitCode> {
    items(&args.list)?;
    let html = args.answer.html.as_deref().map(|it| ("--html", it));
    let (table, asked) = args.input.read(&args.list, html.as_slice())?;
    let (folds, top, train_window) = (args.folds, args.top, args.train_window);
    let mut plan = SelectionPlan { folds, top, train_window, ..SelectionPlan::default() };
    plan.forest.seed = args.seed;
    let question = Question { list: args.list.clone(), horizon: args.horizon, plan, asked };
    let chosen = select::study(args.input.name(), &table, &question).context("nothing can be chosen")?;
    args.answer.give("features select", &chosen.study)?;
    say_beside(&chosen.remarks.found);
    Ok(done(chosen.is_whole))
}

/// Fits a measure to trades.
pub fn fit(args: &FitArgs) -> Result<ExitCode> {
    let name = &args.name;
    ensure!(
        name.eq_ignore_ascii_case("HAWKES"),
        "NAME: expected HAWKES, the measure that is fitted, got {name:?}"
    );
    let read: Vec<&Path> = args.input.iter().map(PathBuf::as_path).collect();
    args.answer.html.iter().try_for_each(|it| check_out("--html", it, &read))?;
    read.iter().try_for_each(|it| check_read("--input", it))?;
    let table = read_all(&args.input, &[])?;
    say_beside(&table.remarks());
    let path = read.first().copied().unwrap_or(Path::new("--input"));
    let answer = fit::answer(path, &table).context("nothing can be fitted")?;
    args.answer.give("features fit", &fit::study(path, &answer))?;
    Ok(ExitCode::SUCCESS)
}

/// Finds shapes.
pub fn matrix_profile(args: &MatrixProfileArgs) -> Result<ExitCode> {
    items(&args.list)?;
    ensure!(args.horizon > 0, "--horizon: expected at least 1 row, got 0");
    ensure!((0.0..=100.0).contains(&args.above), "--above: expected 0 to 100 per cent, got {}", args.above);
    let (held, least) = (args.held.unwrap_or(HELD_WINDOWS.saturating_mul(args.window)), args.window);
    ensure!(held >= least, "--held: expected at least a window, {least} rows, got {held}");
    let arcs_below = args.arcs_below;
    ensure!((0.0..=1.0).contains(&arcs_below), "--arcs-below: expected 0 to 1, got {arcs_below}");
    let outputs = [("--html", args.answer.html.as_deref()), ("--out", args.out.as_deref())];
    let outputs: Vec<(&str, &Path)> =
        outputs.into_iter().filter_map(|(name, it)| Some((name, it?))).collect();
    let joined: Vec<&Path> = args.join.iter().map(PathBuf::as_path).collect();
    outputs.iter().try_for_each(|(option, path)| check_out(option, path, &joined))?;
    let (table, asked, second) = if joined.is_empty() {
        let (table, asked) = args.input.read(&args.list, &outputs)?;
        (table, asked, None)
    } else {
        let [(table, asked), second] = args.input.read_two(&args.list, &args.join, &outputs)?;
        (table, asked, Some(second))
    };
    let question = matrix_profile::Question {
        list: args.list.clone(),
        window: args.window,
        motifs: args.motifs,
        discords: args.discords,
        horizon: args.horizon,
        percent: args.above,
        context: args.context,
        regimes: args.regimes,
        asked,
    };
    let path = args.input.name();
    let none = "there is no matrix profile";
    let (study, columns, failed, found) =
        if let (Some(first), Some((second, of_second))) = (joined.first(), &second) {
            let both = [(path, &table, &question.asked), (*first, second, of_second)];
            let answer = join::answer(both, &question).context(none)?;
            let failed = answer.computed.iter().flat_map(|it| it.failed.clone()).collect();
            let found = answer.computed.iter().flat_map(|it| it.remarks.found.clone()).collect();
            (join::study([path, first], &answer, &question), join::columns(&answer), failed, found)
        } else if args.past {
            let memory = past::Memory { held, arcs_below };
            let answer = past::answer(path, &table, &question, &memory).context(none)?;
            let rows = answer.computed.times.len();
            if let Some(held) = args.held.filter(|it| *it > rows) {
                anyhow::bail!("--held: expected at most the {rows} rows of the file, got {held}");
            }
            let study = past::study(path, &answer, &question, &memory);
            let columns = past::columns(&answer, &question);
            (study, columns, answer.computed.failed, answer.computed.remarks.found)
        } else {
            let answer = matrix_profile::answer(path, &table, &question).context(none)?;
            let study = matrix_profile::study(path, &answer, &question);
            let columns = matrix_profile::columns(&answer);
            (study, columns, answer.computed.failed, answer.computed.remarks.found)
        };
    if let Some(out) = &args.out {
        write(out, &columns)?;
    }
    args.answer.give("features matrix-profile", &study)?;
    say_beside(&found);
    left_out(failed.iter().map(|it| it.error.to_string()));
    Ok(done(failed.is_empty()))
}

/// Makes features by rule.
pub fn synthesise(args: &SynthesiseArgs) -> Result<ExitCode> {
    let length = |option: &str, text: &str| {
        span(text).with_context(|| format!("{option}: expected 1s, 5m, 1h or 1d, got {text:?}"))
    };
    let entities =
        args.entity.iter().map(|it| Named::parse(it).map_err(|e| anyhow::anyhow!("--entity: {e}")));
    let entities: Vec<Named> = entities.collect::<Result<_>>()?;
    let read: Vec<&Path> = entities.iter().map(Named::file).chain(args.cutoffs.as_deref()).collect();
    check_out("--out", &args.out, &read)?;
    read.iter().try_for_each(|it| check_read("--entity", it))?;
    let cutoffs = match (&args.every, &args.cutoffs) {
        (_, Some(path)) => Cutoffs::Of(path.clone()),
        (Some(every), None) => Cutoffs::Every(length("--every", every)?),
        (None, None) => anyhow::bail!("--every: expected a length such as 1h, or --cutoffs"),
    };
    let window = args.window.as_deref().map(|it| length("--window", it)).transpose()?;
    let columns = args.columns.iter().map(|it| it.trim().to_owned()).collect();
    let making = Making { cutoffs, depth: args.depth, window, features_max: args.features_max, columns };
    let synthesis::Made { computed: made, passed_over } =
        synthesis::synthesise(&entities, &making).context("nothing can be made")?;
    if !passed_over.is_empty() {
        say!("Passed over: {}", passed_over.join(", "));
    }
    write(&args.out, &made)?;
    say_beside(&made.remarks.read);
    let (columns, rows) = (made.columns.len(), made.times.len());
    say!("{columns} features at {rows} cutoffs: {}", args.out.display());
    Ok(ExitCode::SUCCESS)
}
