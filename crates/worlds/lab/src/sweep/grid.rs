//! The jobs of a sweep: every combination of the values of its axes, numbered.

use scalp_config::{Config, ConfigError, GridAxis};
use std::collections::BTreeMap;

/// Most jobs of one sweep.
pub const JOBS_MAX: usize = 1_000_000;

/// One combination.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its place: the same on any number of threads.
    pub number: usize,
    /// The keys of `[strategy]` that it sets.
    pub values: BTreeMap<String, toml::Value>,
}

impl Job {
    /// The configuration of this job.
    pub fn config(&self, config: &Config) -> Config {
        let mut config = config.clone();
        config.strategy.extend(self.values.iter().map(|(key, value)| (key.clone(), value.clone())));
        config.sweep = None;
        config
    }
    /// A whole number among its values, or among the fixed parameters.
    pub fn whole(&self, key: &str, config: &Config) -> Option<i64> {
        self.values.get(key).or_else(|| config.strategy.get(key))?.as_integer()
    }
}

/// All combinations, the last key turning fastest.
pub fn jobs(config: &Config) -> Result<Vec<Job>, ConfigError> {
    let Some(sweep) = &config.sweep else {
        return Err(
            config.refuse("sweep", "expected [sweep.grid] with the values of at least one key of [strategy]")
        );
    };
    if sweep.grid.is_empty() {
        return Err(config.refuse("sweep.grid", "expected the values of at least one key of [strategy]"));
    }
    let mut axes = Vec::new();
    for (key, axis) in &sweep.grid {
        axes.push((key.clone(), values(config, key, axis)?));
    }
    let total = axes.iter().try_fold(1_usize, |all, (_, values)| all.checked_mul(values.len()));
    let Some(total) = total.filter(|it| *it <= JOBS_MAX) else {
        return Err(config.refuse("sweep.grid", format!("expected at most {JOBS_MAX} combinations")));
    };
    let mut jobs = Vec::with_capacity(total);
    for place in 0..total {
        let mut rest = place;
        let mut values = BTreeMap::new();
        for (key, all) in axes.iter().rev() {
            values.insert(key.clone(), all[rest % all.len()].clone());
            rest /= all.len();
        }
        if is_wanted(config, &values)? {
            jobs.push(Job { number: jobs.len(), values });
        }
    }
    if jobs.is_empty() {
        return Err(config.refuse("sweep.less", "expected at least one combination that it lets through"));
    }
    Ok(jobs)
}

fn values(config: &Config, key: &str, axis: &GridAxis) -> Result<Vec<toml::Value>, ConfigError> {
    let refuse = |problem: &str| Err(config.refuse(format!("sweep.grid.{key}"), problem));
    match axis {
        GridAxis::Values(values) if values.is_empty() => refuse("expected at least one value"),
        GridAxis::Values(values) => Ok(values.clone()),
        GridAxis::Range { from, to, step } if *step > 0 && from <= to => {
            let steps = to.checked_sub(*from).map(|it| it / step).filter(|it| *it < JOBS_MAX as i64);
            let Some(steps) = steps else { return refuse("expected at most 1000000 values") };
            Ok((0..=steps).map(|n| toml::Value::Integer(from + n * step)).collect())
        }
        GridAxis::Range { .. } => refuse("expected from <= to and a step above 0"),
    }
}

/// Whether `less = ["a", "b"]` lets this combination through.
fn is_wanted(config: &Config, values: &BTreeMap<String, toml::Value>) -> Result<bool, ConfigError> {
    let Some((low, high)) = config.sweep.as_ref().and_then(|it| it.less.as_ref()) else { return Ok(true) };
    let number = |key: &String| {
        let value =
            values.get(key).and_then(|it| it.as_float().or_else(|| it.as_integer().map(|it| it as f64)));
        value.ok_or_else(|| {
            config.refuse("sweep.less", format!("{key:?} is not a key of the grid with numbers"))
        })
    };
    Ok(number(low)? < number(high)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn grid(axis: &str) -> Result<Vec<Job>, String> {
        let text = format!("[strategy]\n[sweep.grid]\nfast = {axis}\n");
        let config = Config::parse(&text, Path::new("test.toml")).unwrap();
        jobs(&config).map_err(|e| e.to_string())
    }

    #[test]
    fn a_range_ends_at_or_before_its_last_value() {
        assert_eq!(grid("{ from = 2, to = 7, step = 2 }").unwrap().len(), 3);
        assert_eq!(grid("{ from = -3, to = -3, step = 9223372036854775807 }").unwrap().len(), 1);
    }

    #[test]
    fn a_range_without_measure_is_refused() {
        for axis in [
            "{ from = -9223372036854775808, to = 9223372036854775807, step = 1 }",
            "{ from = -1, to = 9223372036854775807, step = 1 }",
            "{ from = 0, to = 1000000, step = 1 }",
        ] {
            let error = grid(axis).unwrap_err();
            assert!(error.ends_with("sweep.grid.fast: expected at most 1000000 values"), "{error}");
        }
    }
}
