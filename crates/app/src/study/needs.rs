//! Which option is read only beside which other one: given without it, it is refused and not passed over.
//!
//! One table for all questions about a table; whether an option was typed is what the parser of the command line says.

use anyhow::{Result, bail};
use clap::ArgMatches;
use clap::parser::ValueSource;

/// What must hold for an option to be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// Another option has one of these values, typed or by default.
    Is(&'static str, &'static [&'static str]),
    /// Another option has none of these values.
    IsNot(&'static str, &'static [&'static str]),
    /// One of these options was typed.
    With(&'static [&'static str]),
    /// Another option was not typed.
    Without(&'static str),
}

/// Options of one command that are read under one condition.
#[derive(Debug)]
pub struct Need {
    /// The words of the command.
    pub command: &'static [&'static str],
    /// The options, by the names of their fields.
    pub options: &'static [&'static str],
    /// When they are read.
    pub when: When,
}

const fn need(command: &'static [&'static str], options: &'static [&'static str], when: When) -> Need {
    Need { command, options, when }
}

const REGIMES: &[&str] = &["risk", "regimes"];
const SIMULATE: &[&str] = &["risk", "simulate"];
const OPTIMISE: &[&str] = &["portfolio", "optimise"];
const FRONTIER: &[&str] = &["portfolio", "frontier"];
const PLAN: &[&str] = &["portfolio", "plan"];
const DSR: &[&str] = &["stats", "dsr"];
const LABELS: &[&str] = &["stats", "labels"];
const SPLITS: &[&str] = &["stats", "splits"];
const BET: &[&str] = &["size", "bet"];

/// Objectives that look at expected returns of each asset.
const BY_RETURN: &[&str] = &["max-sharpe", "efficient-risk", "efficient-return"];
const EXPONENTIAL: When = When::Is("covariance", &["exponential"]);
const COSTS: When = When::With(&["cost", "impact"]);
const CURRENT: When = When::With(&["current"]);
const TRADED: &[&str] = &["turnover_max", "trade_max"];
const BARRIERS: &[&str] = &["span", "upper", "lower", "horizon", "candles"];

/// Every option of the study commands that is not always read.
pub const NEEDS: &[Need] = &[
    need(REGIMES, &["seed"], When::IsNot("starts", &["0"])),
    need(SIMULATE, &["drift"], When::Is("model", &["gbm", "merton", "heston"])),
    need(SIMULATE, &["volatility"], When::Is("model", &["gbm", "merton", "heston", "ou", "fbm"])),
    need(SIMULATE, &["jumps", "jump_mean", "jump_deviation"], When::Is("model", &["merton"])),
    need(SIMULATE, &["reversion"], When::Is("model", &["heston", "ou"])),
    need(SIMULATE, &["mean"], When::Is("model", &["ou"])),
    need(SIMULATE, &["vol_of_variance", "correlation", "volatility_now"], When::Is("model", &["heston"])),
    need(SIMULATE, &["hurst"], When::Is("model", &["fbm"])),
    need(SIMULATE, &["block"], When::Is("model", &["stationary", "block"])),
    need(OPTIMISE, &["target"], When::Is("objective", &["efficient-risk", "efficient-return"])),
    need(OPTIMISE, &["measure"], When::Is("objective", &["min-risk", "max-ratio"])),
    need(OPTIMISE, &["span"], EXPONENTIAL),
    need(OPTIMISE, &["holding"], COSTS),
    need(
        OPTIMISE,
        &["holding"],
        When::Is("objective", &["max-sharpe", "efficient-risk", "efficient-return", "max-ratio"]),
    ),
    need(OPTIMISE, &["cost", "impact"], When::IsNot("objective", &["risk-parity", "hrp", "herc"])),
    need(OPTIMISE, &["robust"], When::Is("objective", BY_RETURN)),
    need(OPTIMISE, &["views"], When::IsNot("objective", &["min-risk", "max-ratio"])),
    need(OPTIMISE, TRADED, CURRENT),
    need(OPTIMISE, &["no_budget"], When::Without("budget")),
    need(OPTIMISE, &["lots"], When::With(&["capital"])),
    need(FRONTIER, &["span"], EXPONENTIAL),
    need(FRONTIER, &["holding"], COSTS),
    need(FRONTIER, TRADED, CURRENT),
    need(FRONTIER, &["no_budget"], When::Without("budget")),
    need(FRONTIER, &["seed"], When::With(&["resample"])),
    // Rows that are drawn anew know neither costs nor views.
    need(FRONTIER, &["cost", "impact", "views"], When::Without("resample")),
    need(PLAN, &["span"], EXPONENTIAL),
    need(PLAN, TRADED, CURRENT),
    need(PLAN, &["no_budget"], When::Without("budget")),
    need(PLAN, &["periods"], When::Without("expected")),
    need(DSR, &["variance"], When::IsNot("trials", &["1"])),
    need(LABELS, BARRIERS, When::Is("method", &["triple-barrier"])),
    need(LABELS, &["shortest", "longest"], When::Is("method", &["trend-scanning"])),
    need(SPLITS, &["tested"], When::Is("method", &["combinatorial"])),
    need(SPLITS, &["test", "window", "gap"], When::Is("method", &["walk-forward"])),
    need(SPLITS, &["horizon"], When::Without("labels")),
    need(BET, &["odds"], When::With(&["probability"])),
    need(BET, &["goal"], When::With(&["units"])),
];

/// Refuses the first option of a command line that nothing would read.
pub fn check(line: &ArgMatches) -> Result<()> {
    let mut words = Vec::new();
    let mut leaf = line;
    while let Some((word, below)) = leaf.subcommand() {
        words.push(word);
        leaf = below;
    }
    for need in NEEDS.iter().filter(|it| it.command == words) {
        let typed = need.options.iter().find(|it| is_typed(leaf, it));
        let Some(option) = typed.filter(|_| !holds(leaf, need.when)) else { continue };
        bail!("{}: {}, or leave {} out", flag(option), remedy(need.when), flag(option));
    }
    Ok(())
}

fn is_typed(line: &ArgMatches, option: &str) -> bool {
    line.value_source(option) == Some(ValueSource::CommandLine)
}

fn holds(line: &ArgMatches, when: When) -> bool {
    match when {
        When::Is(option, values) => has(line, option, values),
        When::IsNot(option, values) => !has(line, option, values),
        When::With(options) => options.iter().any(|it| is_typed(line, it)),
        When::Without(option) => !is_typed(line, option),
    }
}

/// Whether an option has one of these values; numbers may be spelt in any way.
fn has(line: &ArgMatches, option: &str, values: &[&str]) -> bool {
    let same = |given: &str, value: &str| match (given.parse::<f64>(), value.parse::<f64>()) {
        (Ok(given), Ok(value)) => (given - value).abs() <= 0.0,
        _ => given == value,
    };
    let mut given = line.get_raw(option).into_iter().flatten().filter_map(|it| it.to_str());
    given.any(|it| values.iter().any(|value| same(it, value)))
}

fn remedy(when: When) -> String {
    match when {
        When::Is(option, values) => {
            let flag = flag(option);
            format!("it is read with {flag} {} alone: say {flag} {}", or(values), values[0])
        }
        When::IsNot(option, values) => {
            let flag = flag(option);
            format!("{flag} {} does not read it: take another {flag}", or(values))
        }
        When::With(options) => {
            let flags: Vec<String> = options.iter().map(|it| flag(it)).collect();
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            format!("it is read beside {} alone: say that too", or(&flags))
        }
        When::Without(option) => format!("{} excludes it: leave that out", flag(option)),
    }
}

fn flag(option: &str) -> String {
    format!("--{}", option.replace('_', "-"))
}

fn or(all: &[&str]) -> String {
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => all.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, Command, CommandFactory as _};

    /// Of every table.
    const TABLE: &[&str] = &["table", "returns", "columns", "missing", "json", "html", "periods_per_year"];
    /// Of every portfolio.
    const LIMITS: &[&str] = &[
        "covariance",
        "weight_min",
        "weight_max",
        "budget",
        "net_min",
        "net_max",
        "gross_max",
        "groups",
        "limits",
        "current",
    ];
    /// What each command always reads. A new option stands here or in the table of needs.
    const ALWAYS: &[(&[&str], &[&str])] = &[
        (&["risk", "report"], &["weights", "seed"]),
        (&["risk", "copula"], &["weights", "draws", "seed"]),
        (REGIMES, &["states", "errors", "starts", "out"]),
        (
            &["risk", "stress"],
            &[
                "weights",
                "horizon",
                "paths",
                "seed",
                "degrees",
                "zero_drift",
                "crash",
                "volatility_factor",
                "breakdown",
                "flash",
                "market",
                "market_factor",
            ],
        ),
        (SIMULATE, &["model", "horizon", "paths", "seed", "start"]),
        (OPTIMISE, &["objective", "tail", "riskless", "capital"]),
        (FRONTIER, &["riskless", "points", "robust", "resample"]),
        (PLAN, &["every", "expected", "aversion", "volatility_max", "cost", "impact"]),
        (&["stats", "test"], &["with"]),
        (DSR, &["trials", "benchmark"]),
        (&["stats", "pbo"], &["blocks"]),
        (&["stats", "power"], &["sharpe"]),
        (&["stats", "calibration"], &["probability", "outcome", "bins", "folds", "horizon"]),
        (&["stats", "cointegration"], &["levels", "lags"]),
        (&["stats", "spa"], &["benchmark", "block", "resamples", "seed"]),
        (&["stats", "changes"], &["of", "shortest", "penalty", "calibration", "threshold", "mean_run"]),
        (LABELS, &["method", "every", "out"]),
        (&["stats", "difference"], &["order", "threshold", "out"]),
        (SPLITS, &["method", "folds", "labels", "embargo", "out"]),
        (&["volatility", "fit"], &["model", "errors", "zero_mean"]),
        (&["volatility", "forecast"], &["model", "errors", "zero_mean", "horizon"]),
        (&["volatility", "correlations"], &["model", "errors", "zero_mean", "horizon"]),
        (&["volatility", "realised"], &["times_end", "out"]),
        (&["forecast"], &["model", "horizon", "season", "level", "origins", "seed"]),
        (BET, &["probability", "outcomes", "error", "multiple", "units", "within", "fall_to", "chance"]),
        (
            &["size", "returns"],
            &[
                "riskless",
                "multiple",
                "target_volatility",
                "scale_max",
                "gross_max",
                "short",
                "within",
                "fall_to",
                "chance",
            ],
        ),
        (&["size", "programme"], &["gross_max", "step_max", "position_max", "cost"]),
        (&["size", "stop"], &["equity", "risk", "length", "multiple", "fee"]),
    ];

    fn command(words: &[&str]) -> Command {
        words.iter().fold(crate::cli::Cli::command(), |it, word| {
            it.find_subcommand(word).unwrap_or_else(|| panic!("no command {words:?}")).clone()
        })
    }

    fn argument<'a>(command: &'a Command, id: &str) -> &'a Arg {
        let found = command.get_arguments().find(|it| it.get_id() == id);
        found.unwrap_or_else(|| panic!("{}: no option {id}", command.get_name()))
    }

    /// The option as it may be typed, with a value where it takes one.
    fn typed(command: &Command, id: &str, value: Option<&str>) -> Vec<String> {
        let arg = argument(command, id);
        assert_eq!(arg.get_long().map(|it| format!("--{it}")), Some(flag(id)), "named as it is typed");
        if !arg.get_action().takes_values() {
            return vec![flag(id)];
        }
        let possible = arg.get_possible_values();
        let own = possible.first().map_or("1", |it| it.get_name());
        vec![flag(id), value.unwrap_or(own).to_owned()]
    }

    /// A value of the option that is none of these.
    fn other(command: &Command, id: &str, values: &[&str]) -> String {
        let possible = argument(command, id).get_possible_values();
        let found = possible.iter().map(|it| it.get_name()).find(|it| !values.contains(it));
        found.unwrap_or("7").to_owned()
    }

    /// What makes the condition hold, or not.
    fn made(command: &Command, when: When, holds: bool) -> Vec<String> {
        match when {
            When::Is(id, values) | When::IsNot(id, values) => {
                let is = matches!(when, When::Is(..)) == holds;
                let value = if is { values[0].to_owned() } else { other(command, id, values) };
                typed(command, id, Some(&value))
            }
            When::With(ids) if holds => typed(command, ids[0], None),
            When::Without(id) if !holds => typed(command, id, None),
            When::With(_) | When::Without(_) => Vec::new(),
        }
    }

    fn checked(words: &[&str], more: &[String]) -> Result<()> {
        let leaf = command(words);
        let mut line = vec!["scalp".to_owned()];
        line.extend(words.iter().map(|it| (*it).to_owned()));
        line.extend_from_slice(more);
        for arg in leaf.get_arguments().filter(|it| it.is_required_set()) {
            let id = arg.get_id().as_str();
            match arg.is_positional() {
                true => line.push("table.csv".into()),
                false if more.contains(&flag(id)) => {}
                false => line.extend(typed(&leaf, id, None)),
            }
        }
        let parsed = crate::cli::Cli::command().try_get_matches_from(&line);
        check(&parsed.unwrap_or_else(|e| panic!("{line:?}: {e}")))
    }

    #[test]
    fn an_option_that_nothing_reads_is_refused_and_passes_with_what_it_needs() {
        let mut count = 0;
        for need in NEEDS {
            let leaf = command(need.command);
            for option in need.options {
                let own = typed(&leaf, option, None);
                let without = [own.clone(), made(&leaf, need.when, false)].concat();
                let said = checked(need.command, &without).expect_err("nothing reads it").to_string();
                assert!(said.contains(&flag(option)) && said.ends_with("out"), "{said}");
                let all = NEEDS.iter().filter(|it| it.command == need.command && it.options.contains(option));
                let given: Vec<String> = all.flat_map(|it| made(&leaf, it.when, true)).collect();
                checked(need.command, &[own, given].concat()).expect("everything that it needs is there");
                count += 1;
            }
        }
        println!("{count} options refused and taken");
    }

    #[test]
    fn every_option_is_always_read_or_stands_in_the_table() {
        let mut leaves = Vec::new();
        for group in ["risk", "portfolio", "stats", "volatility", "size"] {
            let names = command(&[group]);
            leaves.extend(names.get_subcommands().map(|it| vec![group.to_owned(), it.get_name().to_owned()]));
        }
        leaves.push(vec!["forecast".into()]);
        for words in leaves.iter().filter(|it| it.last().is_some_and(|it| it != "help")) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let always = ALWAYS.iter().find(|it| it.0 == words).map_or(&[][..], |it| it.1);
            for arg in command(&words).get_arguments() {
                let id = arg.get_id().as_str();
                let shared = TABLE.contains(&id) || (words[0] == "portfolio" && LIMITS.contains(&id));
                let needs = NEEDS.iter().any(|it| it.command == words && it.options.contains(&id));
                let listed = always.contains(&id);
                assert!(id == "help" || shared || needs || listed, "{words:?}: {id} is in no list");
                assert!(!(needs && (listed || shared)), "{words:?}: {id} is in two lists");
            }
        }
    }

    #[test]
    fn a_default_that_is_typed_counts_and_numbers_may_be_spelt_in_any_way() {
        let words = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let said = checked(OPTIMISE, &words(&["--span", "180"])).unwrap_err().to_string();
        assert_eq!(
            said,
            "--span: it is read with --covariance exponential alone: say --covariance exponential, or leave --span out"
        );
        assert!(checked(DSR, &words(&["--trials", "1.0", "--variance", "0.1"])).is_err());
        assert!(checked(DSR, &words(&["--trials", "2", "--variance", "0.1"])).is_ok());
        assert!(checked(OPTIMISE, &[]).is_ok());
    }
}
