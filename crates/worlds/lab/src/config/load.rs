//! From a file to a checked [`Config`].

use super::schema::Config;
use scalp_types::{InstrumentError, Instruments};
use std::path::{Path, PathBuf};

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not TOML.
    #[error("{}: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A key is unknown, missing, or its value is of the wrong kind or range.
    #[error("{}: {key}: {problem}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// The path of the key, e.g. `venue.fees.maker`.
        key: String,
        /// What was found and what was expected.
        problem: String,
    },
    /// An instrument contradicts itself.
    #[error("{}: instrument: {source}", path.display())]
    Instrument {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: InstrumentError,
    },
}

impl Config {
    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Checks a text; `path` names it in errors and is where relative paths are looked up first.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let syntax =
            |e: toml::de::Error| ConfigError::Syntax { path: path.to_owned(), message: e.to_string() };
        // A first pass for the syntax alone: its errors show the line.
        let _: toml::Table = toml::from_str(text).map_err(syntax)?;
        let deserializer = toml::Deserializer::parse(text).map_err(syntax)?;
        let mut config: Self =
            serde_path_to_error::deserialize(deserializer).map_err(|e| ConfigError::Key {
                path: path.to_owned(),
                key: key_of(&e.path().to_string()),
                problem: e.inner().message().trim().to_owned(),
            })?;
        config.text = text.to_owned();
        config.path = path.to_owned();
        config.check()?;
        Ok(config)
    }

    /// A refusal of `key`, in the words of this file.
    pub fn refuse(&self, key: impl Into<String>, problem: impl Into<String>) -> ConfigError {
        ConfigError::Key { path: self.path.clone(), key: key.into(), problem: problem.into() }
    }

    /// The instrument table.
    pub fn instruments(&self) -> Result<Instruments, ConfigError> {
        Instruments::new(self.instrument.iter().map(|it| it.spec()))
            .map_err(|source| ConfigError::Instrument { path: self.path.clone(), source })
    }

    /// A path of the configuration: beside the file first, then from the working directory.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        let beside = self.path.parent().map(|it| it.join(path)).filter(|it| it.exists());
        beside.unwrap_or_else(|| path.to_owned())
    }
}

/// The path of a key; a missing section has none.
fn key_of(path: &str) -> String {
    if path == "." { "top level".into() } else { path.to_owned() }
}
