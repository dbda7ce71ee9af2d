//! Progress on standard error, for people.

use indicatif::{ProgressBar, ProgressStyle};
use scalp_types::Timestamp;
use std::path::Path;

/// One line that says how far something is; silent when standard error is not a terminal.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A new line.
    pub fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::no_length() };
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        Self { bar }
    }
    /// A file is being read.
    pub fn reading(&self, path: &Path, bytes: u64, total: Option<u64>) {
        let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into_owned());
        let share = total
            .filter(|it| *it > 0)
            .map_or_else(String::new, |it| format!(", {:.0} %", bytes as f64 * 100.0 / it as f64));
        self.bar.set_message(format!("reading {name}{share}"));
        self.bar.tick();
    }
    /// The run has come to this time.
    pub fn trading(&self, at: Timestamp, events: u64) {
        let at = at.to_string();
        self.bar.set_message(format!("{} {events} events", at.get(..19).unwrap_or(&at)));
        self.bar.tick();
    }
    /// Away with it.
    pub fn done(self) {
        self.bar.finish_and_clear();
    }
}
