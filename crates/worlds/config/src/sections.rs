//! The sections whose keys belong to another room: the strategy's and the synthetic market's.

use super::load::{ConfigError, in_words};
use super::schema::Config;
use scalp_sim::synthetic::SyntheticConfig;
use serde::de::DeserializeOwned;

impl Config {
    /// The section `[strategy]` in the words of the strategy.
    pub fn strategy_parameters<P: DeserializeOwned>(&self) -> Result<P, ConfigError> {
        let read = |table: &toml::Table| -> Result<P, (String, String)> {
            serde_path_to_error::deserialize(toml::Value::Table(table.clone()))
                .map_err(|e| (e.path().to_string(), e.inner().message().trim().to_owned()))
        };
        read(&self.strategy).map_err(|(at, message)| {
            // The name chooses which keys there are, so that the error names none: it is the one without which the error
            // is another.
            let is_other = |key: &&String| {
                let mut without = self.strategy.clone();
                without.remove(*key);
                read(&without).err().is_none_or(|it| it.1 != message)
            };
            let culprit = || self.strategy.keys().filter(|it| *it != "name").find(is_other).cloned();
            let named = match at.as_str() {
                "." if message.starts_with("invalid ") => culprit(),
                "." => None,
                _ => Some(at),
            };
            let key = named.map_or("strategy".into(), |it| format!("strategy.{it}"));
            self.refuse(key, in_words(&message))
        })
    }

    /// The parameters of the synthetic market: `[synthetic]`, with the run's seed where it names none.
    pub fn synthetic_parameters(&self) -> Result<SyntheticConfig, ConfigError> {
        let mut table = self.synthetic.clone().unwrap_or_default();
        table.entry("seed").or_insert_with(|| toml::Value::Integer(self.run.seed.cast_signed()));
        let parsed = serde_path_to_error::deserialize(toml::Value::Table(table));
        let synthetic: SyntheticConfig = parsed.map_err(|e| {
            let path = e.path().to_string();
            let key = if path == "." { "synthetic".into() } else { format!("synthetic.{path}") };
            self.refuse(key, e.inner().message().trim())
        })?;
        synthetic.check().map_err(|e| self.refuse("synthetic", e.to_string()))?;
        Ok(synthetic)
    }
}
