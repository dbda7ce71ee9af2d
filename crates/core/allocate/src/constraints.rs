//! What a portfolio may look like: bounds, budget, net and gross exposure, groups and turnover.

use crate::error::{Error, finite, parameter, sized};
use crate::program::{Affine, Program};
use serde::{Deserialize, Serialize};
use std::fmt;

/// From `min` to `max`, both included; infinite where there is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Least.
    pub min: f64,
    /// Most.
    pub max: f64,
}

impl Range {
    /// No limit.
    pub const FREE: Self = Self { min: f64::NEG_INFINITY, max: f64::INFINITY };
    /// From nothing to everything.
    pub const LONG: Self = Self { min: 0.0, max: 1.0 };

    /// From `min` to `max`.
    #[must_use]
    pub fn new(min: f64, max: f64) -> Self {
        Self { min, max }
    }

    fn violation(self, value: f64) -> f64 {
        (self.min - value).max(value - self.max).max(0.0)
    }
}

/// A limit on the sum of some weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The assets, each once.
    pub members: Vec<usize>,
    /// What their weights may sum to.
    pub sum: Range,
}

/// A limit on what is traded away from the weights held now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turnover {
    /// Weights held now.
    pub current: Vec<f64>,
    /// Most that the absolute changes may sum to; infinite for no limit.
    pub total_max: f64,
    /// Most that one weight may change; infinite for no limit.
    pub each_max: f64,
}

/// The set of allowed portfolios. Weights are fractions of equity; negative is short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constraints {
    /// Bounds of each weight; their number is the number of assets.
    pub bounds: Vec<Range>,
    /// What the weights sum to, where that is fixed.
    pub budget: Option<f64>,
    /// What the weights may sum to, where that is a range.
    pub net: Range,
    /// Most that the absolute weights may sum to; infinite for no limit.
    pub gross_max: f64,
    /// Limits on sums of some weights.
    pub groups: Vec<Group>,
    /// Limits on trading.
    pub turnover: Option<Turnover>,
}

/// Which constraint a row of a programme came from, so that a conflict can be told in the words of its asker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Least weight of an asset.
    Minimum(usize),
    /// Most weight of an asset.
    Maximum(usize),
    /// What the weights sum to.
    Budget,
    /// Least net exposure.
    NetMin,
    /// Most net exposure.
    NetMax,
    /// Most gross exposure.
    Gross,
    /// Least sum of a group, by its position.
    GroupMin(usize),
    /// Most sum of a group, by its position.
    GroupMax(usize),
    /// Most total turnover.
    Turnover,
    /// Most change of one asset.
    Trade(usize),
    /// A return that was asked for.
    Return,
    /// A risk that was asked for.
    Risk,
    /// A view on the scenarios, by its position.
    View(usize),
    /// A row that only defines an auxiliary variable and excludes nothing by itself.
    Definition,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Minimum(asset) => write!(f, "minimum of asset {asset}"),
            Self::Maximum(asset) => write!(f, "maximum of asset {asset}"),
            Self::Budget => write!(f, "budget"),
            Self::NetMin => write!(f, "minimum net exposure"),
            Self::NetMax => write!(f, "maximum net exposure"),
            Self::Gross => write!(f, "maximum gross exposure"),
            Self::GroupMin(group) => write!(f, "minimum of group {group}"),
            Self::GroupMax(group) => write!(f, "maximum of group {group}"),
            Self::Turnover => write!(f, "maximum turnover"),
            Self::Trade(asset) => write!(f, "maximum change of asset {asset}"),
            Self::Return => write!(f, "target return"),
            Self::Risk => write!(f, "target risk"),
            Self::View(view) => write!(f, "view {view}"),
            Self::Definition => write!(f, "definition"),
        }
    }
}

impl Constraints {
    /// Fully invested, nothing short.
    #[must_use]
    pub fn long_only(assets: usize) -> Self {
        Self { budget: Some(1.0), ..Self::bounded(assets, Range::LONG) }
    }

    /// The same bounds for every asset and no other limit.
    #[must_use]
    pub fn bounded(assets: usize, range: Range) -> Self {
        Self {
            bounds: vec![range; assets],
            budget: None,
            net: Range::FREE,
            gross_max: f64::INFINITY,
            groups: Vec::new(),
            turnover: None,
        }
    }

    /// A book of long and short futures: each weight in -0.1..0.1, gross at most 1, net in -0.2..0.8.
    #[must_use]
    pub fn long_short(assets: usize) -> Self {
        Self { net: Range::new(-0.2, 0.8), gross_max: 1.0, ..Self::bounded(assets, Range::new(-0.1, 0.1)) }
    }

    /// How many assets.
    #[must_use]
    pub fn assets(&self) -> usize {
        self.bounds.len()
    }

    /// The largest amount by which `weights` break any of these limits, in units of weight; 0 when they keep all,
    /// infinite when there is not one finite weight for each asset or a limit cannot be read.
    #[must_use]
    pub fn violation(&self, weights: &[f64]) -> f64 {
        if weights.len() != self.assets() || self.validate().is_err() {
            return f64::INFINITY;
        }
        let net: f64 = weights.iter().sum();
        let gross: f64 = weights.iter().map(|it| it.abs()).sum();
        let mut worst = self.net.violation(net).max(gross - self.gross_max).max(0.0);
        if let Some(budget) = self.budget {
            worst = worst.max((net - budget).abs());
        }
        for (range, &weight) in self.bounds.iter().zip(weights) {
            worst = worst.max(range.violation(weight));
        }
        for group in &self.groups {
            worst = worst.max(group.sum.violation(group.members.iter().map(|&it| weights[it]).sum()));
        }
        if let Some(it) = &self.turnover {
            let mut total = 0.0;
            for (weight, current) in weights.iter().zip(&it.current) {
                total += (weight - current).abs();
                worst = worst.max((weight - current).abs() - it.each_max);
            }
            worst = worst.max(total - it.total_max);
        }
        if weights.iter().all(|it| it.is_finite()) { worst } else { f64::INFINITY }
    }

    /// That the limits can be read: NaN nowhere, members exist once, sizes agree.
    ///
    /// # Errors
    /// Names what cannot be read. Limits that exclude each other are found when a portfolio is sought.
    pub fn validate(&self) -> Result<(), Error> {
        let assets = self.assets();
        if assets == 0 {
            return Err(Error::TooFew { what: "assets", have: 0, need: 1 });
        }
        for (row, range) in self.bounds.iter().enumerate() {
            readable("bounds", row, *range)?;
        }
        readable("net exposure", 0, self.net)?;
        if let Some(budget) = self.budget {
            finite("budget", &[budget])?;
        }
        limit("gross_max", self.gross_max)?;
        for (row, group) in self.groups.iter().enumerate() {
            readable("groups", row, group.sum)?;
            let mut seen = vec![false; assets];
            for &member in &group.members {
                if member >= assets || std::mem::replace(&mut seen[member], true) {
                    let expected = "an asset of the portfolio, once in a group";
                    return Err(Error::Parameter { name: "group member", value: member as f64, expected });
                }
            }
        }
        if let Some(it) = &self.turnover {
            sized("current weights", &it.current, assets)?;
            limit("total_max", it.total_max)?;
            limit("each_max", it.each_max)?;
        }
        Ok(())
    }

    /// Puts rounding of the solver right: into the bounds exactly, the budget to rounding. What is moved is far below
    /// the tolerance of the check that follows.
    pub(crate) fn repair(&self, weights: &mut [f64]) {
        for (range, weight) in self.bounds.iter().zip(weights.iter_mut()) {
            *weight = weight.max(range.min).min(range.max);
        }
        let Some(budget) = self.budget else { return };
        let missing = budget - weights.iter().sum::<f64>();
        let room = |range: &Range, weight: f64| {
            let room = if missing > 0.0 { range.max - weight } else { weight - range.min };
            room.min(1.0)
        };
        let total: f64 = self.bounds.iter().zip(weights.iter()).map(|(range, &it)| room(range, it)).sum();
        if total < missing.abs() {
            return;
        }
        for (range, weight) in self.bounds.iter().zip(weights.iter_mut()) {
            *weight = (*weight + missing * room(range, *weight) / total).max(range.min).min(range.max);
        }
    }

    /// Writes these limits on the weights in columns `first..first + assets` of a programme.
    pub(crate) fn lower(&self, program: &mut Program, first: usize) {
        let current = self.turnover.as_ref().map_or(&[][..], |it| &it.current);
        let changes = current.iter().enumerate().map(|(at, it)| Affine::of(first + at).plus(-it)).collect();
        self.lower_changing(program, first, changes);
    }

    /// The same, with turnover counted on `changes`.
    pub(crate) fn lower_changing(&self, program: &mut Program, first: usize, changes: Vec<Affine>) {
        self.lower_weights(program, first);
        if self.gross_max.is_finite() {
            let weights: Vec<Affine> = (first..first + self.assets()).map(Affine::of).collect();
            let sum = Affine::sum(absolute(program, &weights), -1.0).plus(self.gross_max);
            program.at_least(Source::Gross, sum);
        }
        let Some(turnover) = &self.turnover else { return };
        if turnover.each_max.is_finite() {
            let range = Range::new(-turnover.each_max, turnover.each_max);
            for (asset, change) in changes.iter().enumerate() {
                program.in_range((Source::Trade(asset), Source::Trade(asset)), change, range);
            }
        }
        if turnover.total_max.is_finite() {
            let sum = Affine::sum(absolute(program, &changes), -1.0).plus(turnover.total_max);
            program.at_least(Source::Turnover, sum);
        }
    }

    fn lower_weights(&self, program: &mut Program, first: usize) {
        let assets = self.assets();
        // A maximum that the budget and the other minima imply would only make the programme larger.
        let least: f64 = self.bounds.iter().map(|it| it.min).sum();
        let spare = self.budget.map_or(f64::INFINITY, |it| it - least);
        for (asset, range) in self.bounds.iter().enumerate() {
            let weight = Affine::of(first + asset);
            let implied = spare >= 0.0 && range.min + spare <= range.max;
            let max = if implied { f64::INFINITY } else { range.max };
            let range = Range::new(range.min, max);
            program.in_range((Source::Minimum(asset), Source::Maximum(asset)), &weight, range);
        }
        let net = Affine::sum(first..first + assets, 1.0);
        if let Some(budget) = self.budget {
            program.equal(Source::Budget, net.clone().plus(-budget));
        }
        program.in_range((Source::NetMin, Source::NetMax), &net, self.net);
        for (at, group) in self.groups.iter().enumerate() {
            let sum = Affine::sum(group.members.iter().map(|it| first + it), 1.0);
            program.in_range((Source::GroupMin(at), Source::GroupMax(at)), &sum, group.sum);
        }
    }
}

/// New columns that are at least the absolute values.
pub(crate) fn absolute(program: &mut Program, values: &[Affine]) -> std::ops::Range<usize> {
    let sizes = program.columns(values.len());
    for (size, value) in sizes.clone().zip(values) {
        program.at_least(Source::Definition, value.clone().times(-1.0).term(size, 1.0));
        program.at_least(Source::Definition, value.clone().term(size, 1.0));
    }
    sizes
}

fn readable(what: &'static str, row: usize, range: Range) -> Result<(), Error> {
    if range.min.is_nan() || range.min == f64::INFINITY {
        return Err(Error::NotFinite { what, row, column: 0, value: range.min });
    }
    if range.max.is_nan() || range.max == f64::NEG_INFINITY {
        return Err(Error::NotFinite { what, row, column: 1, value: range.max });
    }
    Ok(())
}

fn limit(name: &'static str, value: f64) -> Result<(), Error> {
    if value == f64::INFINITY { Ok(()) } else { parameter(name, value, "zero or more", value >= 0.0) }
}
