//! What a portfolio may look like, as it is asked for: bounds, budget, net and gross exposure, groups, trading; and which
//! options a conflict is made of.

use super::files::{asset, by_asset, is_toml, rows, toml};
use super::{Sample, StudyError};
use scalp_allocate::{Constraints, Costs, Error, Group, Range, Source, Turnover};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Assets that a message names.
const NAMED_MAX: usize = 6;
/// Absolute weights that sum to less are none.
const NOTHING: f64 = 1e-3;
/// What the weights sum to where nothing else is said.
const BUDGET: f64 = 1.0;

/// Limits and costs as they were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LimitArgs {
    /// Least and most weight of each asset.
    pub bounds: (f64, f64),
    /// What the weights sum to; without a range of net exposure 1 when absent.
    pub budget: Option<f64>,
    /// Without a budget the weights may sum to anything.
    pub no_budget: bool,
    /// What the weights may sum to.
    pub net: (Option<f64>, Option<f64>),
    /// Most that the absolute weights may sum to.
    pub gross_max: Option<f64>,
    /// Groups, as `NAME=ASSET+ASSET:MIN..MAX`.
    pub groups: Vec<String>,
    /// A file of bounds and groups.
    pub file: Option<PathBuf>,
    /// Weights held now, as `NAME=WEIGHT,...` or a file; nothing when absent.
    pub current: Option<String>,
    /// Most that the absolute changes may sum to.
    pub turnover_max: Option<f64>,
    /// Most that one weight may change.
    pub trade_max: Option<f64>,
    /// Fee and half spread, as a fraction of what is traded.
    pub cost: Option<f64>,
    /// Square-root impact: cost of trading a whole equity's worth, as a fraction of it.
    pub impact: Option<f64>,
    /// Steps that a portfolio is held for before it is changed again; a year of them when absent.
    pub holding: Option<f64>,
}

/// The same, ready for a programme.
#[derive(Debug, Clone)]
pub struct Limits {
    /// What is allowed.
    pub constraints: Constraints,
    /// Weights held now; nothing held where none were given.
    pub current: Vec<f64>,
    /// Whether weights held now were given.
    pub has_current: bool,
    /// Costs of one change, as a fraction of equity; none where no rate was given.
    pub costs: Option<Costs>,
    /// Changes in a year.
    pub changes_per_year: f64,
    /// The option that limits the risk.
    pub risk_option: &'static str,
    names: Vec<String>,
    /// Bounds that came from the file.
    own_bounds: Vec<bool>,
    group_names: Vec<String>,
    budget_given: bool,
    file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    bounds: BTreeMap<String, Bounds>,
    #[serde(default)]
    groups: BTreeMap<String, Members>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    min: Option<f64>,
    max: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    assets: Vec<String>,
    min: Option<f64>,
    max: Option<f64>,
}

/// A group while it is read.
#[derive(Debug, Clone, Default, PartialEq)]
struct Named {
    name: String,
    members: Vec<String>,
    min: Option<f64>,
    max: Option<f64>,
    /// What said so.
    place: String,
}

impl Limits {
    /// Reads what was asked for the assets of a table.
    pub fn of(sample: &Sample, args: &LimitArgs) -> Result<Self, StudyError> {
        let names = &sample.names;
        check(args)?;
        let mut bounds = vec![Range::new(args.bounds.0, args.bounds.1); names.len()];
        let mut own_bounds = vec![false; names.len()];
        let mut groups = Vec::new();
        for text in &args.groups {
            groups.push(group_of(text)?);
        }
        if let Some(path) = &args.file {
            let (own, more) = read(path)?;
            for (name, min, max, place) in own {
                let at = asset(names, &name, &place)?;
                if std::mem::replace(&mut own_bounds[at], true) {
                    return Err(StudyError::Asked(format!("{place}: expected bounds of {name} once")));
                }
                bounds[at] = Range::new(min.unwrap_or(args.bounds.0), max.unwrap_or(args.bounds.1));
            }
            groups.extend(more);
        }
        let ranged = args.net.0.is_some() || args.net.1.is_some();
        let budget = args.budget.or((!args.no_budget && !ranged).then_some(BUDGET));
        let current = match &args.current {
            Some(given) => by_asset(names, given, "weight", "--current")?,
            None => vec![None; names.len()],
        };
        let current: Vec<f64> = current.into_iter().map(|it| it.unwrap_or(0.0)).collect();
        let limited = args.turnover_max.is_some() || args.trade_max.is_some();
        let turnover = limited.then(|| Turnover {
            current: current.clone(),
            total_max: args.turnover_max.unwrap_or(f64::INFINITY),
            each_max: args.trade_max.unwrap_or(f64::INFINITY),
        });
        let mut group_names = Vec::new();
        let mut sums = Vec::new();
        for it in groups {
            let members = it.members.iter().map(|name| asset(names, name, &it.place));
            let members = members.collect::<Result<Vec<usize>, StudyError>>()?;
            let twice = (0..members.len()).find(|&at| members[..at].contains(&members[at]));
            if let Some(at) = twice {
                let name = &names[members[at]];
                return Err(StudyError::Asked(format!("{}: expected {name} once in a group", it.place)));
            }
            if group_names.contains(&it.name) {
                let Named { name, place, .. } = it;
                return Err(StudyError::Asked(format!("{place}: expected one group called {name}")));
            }
            let sum = Range::new(it.min.unwrap_or(f64::NEG_INFINITY), it.max.unwrap_or(f64::INFINITY));
            sums.push(Group { members, sum });
            group_names.push(it.name);
        }
        let constraints = Constraints {
            bounds,
            budget,
            net: Range::new(args.net.0.unwrap_or(f64::NEG_INFINITY), args.net.1.unwrap_or(f64::INFINITY)),
            gross_max: args.gross_max.unwrap_or(f64::INFINITY),
            groups: sums,
            turnover,
        };
        let costs = (args.cost.is_some() || args.impact.is_some()).then(|| Costs {
            three_halves: vec![args.impact.unwrap_or(0.0); names.len()],
            ..Costs::proportional(current.clone(), args.cost.unwrap_or(0.0))
        });
        Ok(Self {
            constraints,
            current,
            has_current: args.current.is_some(),
            costs,
            changes_per_year: sample.per_year / args.holding.unwrap_or(sample.per_year),
            risk_option: "--target",
            names: names.clone(),
            own_bounds,
            group_names,
            budget_given: args.budget.is_some(),
            file: args.file.as_ref().map_or_else(String::new, |it| it.display().to_string()),
        })
    }

    /// The costs as a rate of return over a time in which there are so many changes.
    pub fn costs_over(&self, changes: f64) -> Option<Costs> {
        let times = |rates: &[f64]| rates.iter().map(|it| it * changes).collect::<Vec<f64>>();
        self.costs.as_ref().map(|it| Costs {
            current: it.current.clone(),
            linear: times(&it.linear),
            three_halves: times(&it.three_halves),
            quadratic: times(&it.quadratic),
        })
    }

    /// A refusal in the words of the asker: assets by their names, limits by the options that set them.
    pub fn said(&self, error: &Error) -> StudyError {
        if let Error::Infeasible { conflict } = error {
            return StudyError::Allocate(format!(
                "no portfolio satisfies all of: {}; relax one of them",
                self.conflict(conflict).join(", ")
            ));
        }
        let text = super::portfolio::named(&error.to_string(), &self.names);
        let option = match error {
            Error::RiskTarget { .. } | Error::ReturnTarget { .. } => "--target: ",
            Error::Parameter { name: "gross_max", .. } => "--gross-max: ",
            Error::Parameter { name: "total_max", .. } => "--turnover-max: ",
            Error::Parameter { name: "each_max", .. } => "--trade-max: ",
            Error::Parameter { name: "linear", .. } => "--cost: ",
            Error::Parameter { name: "three_halves", .. } => "--impact: ",
            Error::Parameter { name: "radius", .. } => "--robust: ",
            _ => "",
        };
        StudyError::Allocate(format!("{option}{text}"))
    }

    /// Each option of a conflict once, with the assets that it concerns.
    fn conflict(&self, conflict: &[Source]) -> Vec<String> {
        let mut parts: Vec<(String, Vec<String>)> = Vec::new();
        for source in conflict {
            let (option, of) = self.option(source);
            match parts.iter_mut().find(|it| it.0 == option) {
                Some(part) => part.1.extend(of),
                None => parts.push((option, of.into_iter().collect())),
            }
        }
        let one = |(option, of): (String, Vec<String>)| match of.len() {
            0 => option,
            count => {
                let more = if count > NAMED_MAX {
                    format!(" and {} more", count - NAMED_MAX)
                } else {
                    String::new()
                };
                format!("{option} of {}{more}", of[..count.min(NAMED_MAX)].join(", "))
            }
        };
        parts.into_iter().map(one).collect()
    }

    fn option(&self, source: &Source) -> (String, Option<String>) {
        let name = |at: &usize| Some(self.names[*at].clone());
        let limits = &self.constraints;
        let turnover = limits.turnover.as_ref();
        match source {
            Source::Minimum(at) if self.own_bounds[*at] => {
                (format!("min {} in {}", limits.bounds[*at].min, self.file), name(at))
            }
            Source::Maximum(at) if self.own_bounds[*at] => {
                (format!("max {} in {}", limits.bounds[*at].max, self.file), name(at))
            }
            Source::Minimum(at) => (format!("--weight-min {}", limits.bounds[*at].min), name(at)),
            Source::Maximum(at) => (format!("--weight-max {}", limits.bounds[*at].max), name(at)),
            Source::Budget => {
                let sum = limits.budget.unwrap_or(BUDGET);
                let how = if self.budget_given { "" } else { " (when nothing else is said; --no-budget)" };
                (format!("--budget {sum}{how}"), None)
            }
            Source::NetMin => (format!("--net-min {}", limits.net.min), None),
            Source::NetMax => (format!("--net-max {}", limits.net.max), None),
            Source::Gross => (format!("--gross-max {}", limits.gross_max), None),
            Source::GroupMin(at) => {
                (format!("least {} of group {}", limits.groups[*at].sum.min, self.group_names[*at]), None)
            }
            Source::GroupMax(at) => {
                (format!("most {} of group {}", limits.groups[*at].sum.max, self.group_names[*at]), None)
            }
            Source::Turnover => (format!("--turnover-max {}", turnover.map_or(0.0, |it| it.total_max)), None),
            Source::Trade(at) => {
                (format!("--trade-max {}", turnover.map_or(0.0, |it| it.each_max)), name(at))
            }
            Source::Return => ("--target".into(), None),
            Source::Risk => (self.risk_option.into(), None),
            other => (other.to_string(), None),
        }
    }

    /// Which limits some weights break, each with its option.
    pub fn broken(&self, weights: &[f64], tolerance: f64) -> Vec<String> {
        let mut broken = Vec::new();
        let limits = &self.constraints;
        let mut test = |value: f64, range: Range, what: &str, sources: [Source; 2]| {
            let source = if value < range.min - tolerance {
                &sources[0]
            } else if value > range.max + tolerance {
                &sources[1]
            } else {
                return;
            };
            broken.push(format!("{what} {value:.4}, {}", self.option(source).0));
        };
        for (at, weight) in weights.iter().enumerate() {
            let what = format!("{} has", self.names[at]);
            test(*weight, limits.bounds[at], &what, [Source::Minimum(at), Source::Maximum(at)]);
        }
        let net: f64 = weights.iter().sum();
        if let Some(budget) = limits.budget {
            let range = Range::new(budget, budget);
            test(net, range, "the weights sum to", [Source::Budget, Source::Budget]);
        }
        test(net, limits.net, "the weights sum to", [Source::NetMin, Source::NetMax]);
        let gross: f64 = weights.iter().map(|it| it.abs()).sum();
        let range = Range::new(f64::NEG_INFINITY, limits.gross_max);
        test(gross, range, "the absolute weights sum to", [Source::Gross, Source::Gross]);
        for (at, group) in limits.groups.iter().enumerate() {
            let sum: f64 = group.members.iter().map(|it| weights[*it]).sum();
            let what = format!("group {} has", self.group_names[at]);
            test(sum, group.sum, &what, [Source::GroupMin(at), Source::GroupMax(at)]);
        }
        if let Some(turnover) = &limits.turnover {
            let most = |it: f64| Range::new(f64::NEG_INFINITY, it);
            let changes: Vec<f64> =
                weights.iter().zip(&turnover.current).map(|(a, b)| (a - b).abs()).collect();
            for (at, change) in changes.iter().enumerate() {
                let what = format!("{} changes by", self.names[at]);
                test(*change, most(turnover.each_max), &what, [Source::Trade(at), Source::Trade(at)]);
            }
            let total = changes.iter().sum();
            test(total, most(turnover.total_max), "turnover is", [Source::Turnover, Source::Turnover]);
        }
        broken
    }

    /// Which limits whole lots break. That they do not sum to the budget is told as what is left over.
    pub fn broken_by_lots(&self, weights: &[f64]) -> Vec<String> {
        let constraints = Constraints { budget: None, ..self.constraints.clone() };
        Self { constraints, ..self.clone() }.broken(weights, scalp_allocate::FEASIBLE)
    }

    /// Whether these weights are a solver's rounding of holding nothing at all, which the limits allow.
    pub fn is_nothing(&self, weights: &[f64]) -> bool {
        let gross: f64 = weights.iter().map(|it| it.abs()).sum();
        gross <= NOTHING && self.constraints.violation(&vec![0.0; weights.len()]) <= scalp_allocate::FEASIBLE
    }

    /// Names of the groups, in the order of the constraints.
    pub fn group_names(&self) -> &[String] {
        &self.group_names
    }
}

/// That each number can be read.
fn check(args: &LimitArgs) -> Result<(), StudyError> {
    let numbers = [
        ("weight-min", Some(args.bounds.0)),
        ("weight-max", Some(args.bounds.1)),
        ("net-min", args.net.0),
        ("net-max", args.net.1),
        ("gross-max", args.gross_max),
        ("turnover-max", args.turnover_max),
        ("trade-max", args.trade_max),
    ];
    for (option, value) in numbers {
        if value.is_some_and(f64::is_nan) {
            return Err(StudyError::Asked(format!("--{option}: expected a number, got NaN")));
        }
    }
    for (option, value) in [("budget", args.budget), ("cost", args.cost), ("impact", args.impact)] {
        if let Some(it) = value.filter(|it| !it.is_finite()) {
            return Err(StudyError::Asked(format!("--{option}: expected a finite number, got {it}")));
        }
    }
    match args.holding.filter(|it| !(*it > 0.0 && it.is_finite())) {
        Some(it) => Err(StudyError::Asked(format!("--holding: expected steps above 0, got {it}"))),
        None => Ok(()),
    }
}

/// `NAME=ASSET+ASSET:MIN..MAX`, either end of the range left out where it is free.
fn group_of(text: &str) -> Result<Named, StudyError> {
    let wanted = || {
        StudyError::Asked(format!(
            "--group: expected NAME=ASSET+ASSET:LEAST..MOST such as majors=BTC+ETH:0.2..0.6 (either end may be left out), got {text:?}"
        ))
    };
    let (name, rest) = text.split_once('=').ok_or_else(wanted)?;
    let (members, range) = rest.rsplit_once(':').ok_or_else(wanted)?;
    let (min, max) = range.split_once("..").ok_or_else(wanted)?;
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        text => text.parse::<f64>().ok().filter(|it| it.is_finite()).map(Some).ok_or_else(wanted),
    };
    let (min, max) = (end(min)?, end(max)?);
    let members: Vec<String> = members.split('+').map(|it| it.trim().to_owned()).collect();
    if name.trim().is_empty() || members.iter().any(String::is_empty) || (min.is_none() && max.is_none()) {
        return Err(wanted());
    }
    Ok(Named { name: name.trim().to_owned(), members, min, max, place: format!("--group {text}") })
}

/// Bounds of an asset: its name, least, most, and what says so.
type Own = (String, Option<f64>, Option<f64>, String);

/// The bounds and groups of a file: TOML by its name, else CSV.
fn read(path: &std::path::Path) -> Result<(Vec<Own>, Vec<Named>), StudyError> {
    if is_toml(path) {
        let file: File = toml(path)?;
        let place = |what: &str, name: &str| format!("{}: {what}.{name}", path.display());
        let finite = |it: Option<f64>, place: &str| match it {
            Some(it) if !it.is_finite() => {
                Err(StudyError::Asked(format!("{place}: expected a finite number, got {it}")))
            }
            it => Ok(it),
        };
        let mut own = Vec::new();
        for (name, it) in file.bounds {
            let place = place("bounds", &name);
            own.push((name, finite(it.min, &place)?, finite(it.max, &place)?, place));
        }
        let mut groups = Vec::new();
        for (name, it) in file.groups {
            let place = place("groups", &name);
            let (min, max) = (finite(it.min, &place)?, finite(it.max, &place)?);
            groups.push(Named { name, members: it.assets, min, max, place });
        }
        return Ok((own, groups));
    }
    let mut own = Vec::new();
    let mut groups: Vec<Named> = Vec::new();
    for row in rows(path, &["asset", "group", "min", "max"], 1)? {
        let (min, max) = (row.number(2, "min")?, row.number(3, "max")?);
        let (name, group) = (&row.cells[0], &row.cells[1]);
        if group.is_empty() {
            own.push((name.clone(), min, max, row.place));
            continue;
        }
        let known = groups.iter().position(|it| it.name == *group);
        let at = known.unwrap_or_else(|| {
            groups.push(Named { name: group.clone(), place: row.place.clone(), ..Named::default() });
            groups.len() - 1
        });
        groups[at].members.push(name.clone());
        for (what, value, kept) in [("min", min, true), ("max", max, false)] {
            let Some(value) = value else { continue };
            let place = if kept { &mut groups[at].min } else { &mut groups[at].max };
            if place.is_some_and(|it| (it - value).abs() > 0.0) {
                return Err(StudyError::Asked(format!(
                    "{}: {what}: expected one {what} for all rows of group {group}, got {value} after {}",
                    row.place,
                    place.unwrap_or(0.0)
                )));
            }
            *place = Some(value);
        }
    }
    Ok((own, groups))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_read_from_one_word() {
        let group = group_of("majors=BTC+ETH:..0.6").unwrap();
        assert_eq!((group.min, group.max, group.members.len()), (None, Some(0.6), 2));
        for text in ["majors", "a=b", "a=b:1", "a=b:..", "=b:0..1", "a=:0..1", "a=b:x..1", "a=b:0..nan"] {
            assert!(group_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_conflict_names_its_options_once_each() {
        let sample = Sample {
            names: vec!["A".into(), "B".into(), "C".into()],
            returns: vec![vec![0.0]; 3],
            per_year: 365.0,
            table: "t".into(),
            times: Vec::new(),
            prices: None,
            notes: Vec::new(),
        };
        let args =
            LimitArgs { bounds: (0.0, 0.2), groups: vec!["g=A+B:0.9..".into()], ..LimitArgs::default() };
        let limits = Limits::of(&sample, &args).unwrap();
        let conflict = [Source::Maximum(0), Source::Maximum(1), Source::GroupMin(0)];
        assert_eq!(
            limits.conflict(&conflict),
            ["--weight-max 0.2 of A, B", "least 0.9 of group g"].map(str::to_owned)
        );
        let broken = limits.broken(&[0.1, 0.1, 0.8], 1e-9);
        assert_eq!(broken, ["C has 0.8000, --weight-max 0.2", "group g has 0.2000, least 0.9 of group g"]);
    }
}
