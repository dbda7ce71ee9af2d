//! What people see while they wait, and the time on the wall.

use indicatif::{ProgressBar, ProgressStyle};
use scalp_report::terminal::Style;
use scalp_types::Timestamp;
use std::io::IsTerminal;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// One line on standard error that says how far something is; silent when that is not a terminal.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A new line.
    pub fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        Self { bar }
    }
    /// Something is being done.
    pub fn say(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
        self.bar.tick();
    }
    /// A file is being read.
    pub fn reading(&self, path: &Path, bytes: u64, total: Option<u64>) {
        let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
        let share =
            total.filter(|it| *it > 0).map(|it| format!(", {:.0} %", bytes as f64 * 100.0 / it as f64));
        self.say(format!("reading {name}{}", share.unwrap_or_default()));
    }
    /// The market is being generated up to this time.
    pub fn generating(&self, at: Timestamp, events: u64) {
        self.say(format!("generating a market: {}, {events} events", minute(at)));
    }
    /// The run has come to this time.
    pub fn trading(&self, at: Timestamp, events: u64) {
        self.say(format!("trading: {}, {events} events", minute(at)));
    }
    /// Away with it.
    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}

fn minute(at: Timestamp) -> String {
    let at = at.to_string();
    at.get(..16).unwrap_or(&at).replace('T', " ")
}

/// How the terminal is to be written to.
pub fn style() -> Style {
    let variable = |name| std::env::var(name).ok();
    let columns = variable("COLUMNS").or_else(|| Some(console::Term::stdout().size_checked()?.1.to_string()));
    Style::of(columns.as_deref(), variable("NO_COLOR").as_deref(), std::io::stdout().is_terminal())
}

/// The time on the wall.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Writes to standard output.
pub fn out(text: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    out.write_fmt(text)
        .and_then(|()| out.flush())
        .map_err(|e| anyhow::Error::new(e).context("standard output"))
}
