//! Measures of the risk of a portfolio over scenarios: each by its definition, and as rows of a convex programme.
//!
//! All are convex and positively homogeneous in the weights ([`Risk::SemiDeviation`] for a target of zero), so that they
//! can be minimised, limited, put under a ratio and split into contributions. Drawdowns are of the uncompounded sum of
//! returns, whose highest point counts from the start at zero.

use crate::constraints::Source;
use crate::error::{Error, parameter};
use crate::program::{Affine, Cone, Program};
use crate::scenarios::Scenarios;
use serde::{Deserialize, Serialize};

/// A measure of risk; larger is worse. `tail` is the probability of the tail, e.g. 0.05.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Risk {
    /// Standard deviation of the rows, with the divisor of a sample.
    StandardDeviation,
    /// Mean absolute deviation from the mean (Konno & Yamazaki 1991).
    MeanAbsoluteDeviation,
    /// Root of the mean squared shortfall below a return, over all rows.
    SemiDeviation {
        /// The return below which a row counts.
        below: f64,
    },
    /// Mean loss in the worst tail (Rockafellar & Uryasev 2000).
    Cvar {
        /// Probability of the tail.
        tail: f64,
    },
    /// Entropic value at risk (Ahmadi-Javid 2012): the tightest Chernoff bound of both VaR and CVaR.
    Evar {
        /// Probability of the tail.
        tail: f64,
    },
    /// The largest loss of any row.
    WorstRealisation,
    /// Mean of the drawdowns in their worst tail (Chekhlov, Uryasev & Zabarankin 2005).
    Cdar {
        /// Probability of the tail.
        tail: f64,
    },
    /// The largest drawdown.
    MaxDrawdown,
    /// Root mean square of the drawdowns (Martin 1987).
    Ulcer,
}

impl Risk {
    /// Every measure, those with a tail at `tail`, the shortfall below zero.
    #[must_use]
    pub fn all(tail: f64) -> [Self; 9] {
        [
            Self::StandardDeviation,
            Self::MeanAbsoluteDeviation,
            Self::SemiDeviation { below: 0.0 },
            Self::Cvar { tail },
            Self::Evar { tail },
            Self::WorstRealisation,
            Self::Cdar { tail },
            Self::MaxDrawdown,
            Self::Ulcer,
        ]
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StandardDeviation => "standard deviation",
            Self::MeanAbsoluteDeviation => "mean absolute deviation",
            Self::SemiDeviation { .. } => "semideviation",
            Self::Cvar { .. } => "conditional value at risk",
            Self::Evar { .. } => "entropic value at risk",
            Self::WorstRealisation => "worst realisation",
            Self::Cdar { .. } => "conditional drawdown at risk",
            Self::MaxDrawdown => "maximum drawdown",
            Self::Ulcer => "ulcer index",
        }
    }

    pub(crate) fn validate(self) -> Result<(), Error> {
        match self {
            Self::Cvar { tail } | Self::Evar { tail } | Self::Cdar { tail } => {
                parameter("tail", tail, "between 0 and 1, both excluded", tail > 0.0 && tail < 1.0)
            }
            Self::SemiDeviation { below } => parameter("below", below, "finite", true),
            _ => Ok(()),
        }
    }

    /// The risk of a series of returns, by definition.
    ///
    /// # Errors
    /// Fewer than two returns, one that is not finite, or a tail outside 0..1.
    pub fn measure(self, returns: &[f64]) -> Result<f64, Error> {
        self.validate()?;
        crate::error::finite("returns", returns)?;
        if returns.len() < 2 {
            return Err(Error::TooFew { what: "returns", have: returns.len(), need: 2 });
        }
        let periods = returns.len() as f64;
        let mean = returns.iter().sum::<f64>() / periods;
        Ok(match self {
            Self::StandardDeviation => {
                let square: f64 = returns.iter().map(|it| (it - mean) * (it - mean)).sum();
                libm::sqrt(square / (periods - 1.0))
            }
            Self::MeanAbsoluteDeviation => returns.iter().map(|it| (it - mean).abs()).sum::<f64>() / periods,
            Self::SemiDeviation { below } => {
                let short = returns.iter().map(|it| (below - it).max(0.0));
                libm::sqrt(short.map(|it| it * it).sum::<f64>() / periods)
            }
            Self::Cvar { tail } => tail_mean(returns.iter().map(|it| -it).collect(), tail),
            Self::Evar { tail } => entropic(returns, tail),
            Self::WorstRealisation => returns.iter().fold(f64::NEG_INFINITY, |most, it| most.max(-it)),
            Self::Cdar { tail } => tail_mean(drawdowns(returns), tail),
            Self::MaxDrawdown => drawdowns(returns).into_iter().fold(0.0, f64::max),
            Self::Ulcer => {
                let square: f64 = drawdowns(returns).iter().map(|it| it * it).sum();
                libm::sqrt(square / periods)
            }
        })
    }

    /// Whether rows that are far from the tail may be left out of the programme until they are seen to matter.
    pub(crate) fn by_rows(self) -> bool {
        matches!(self, Self::Cvar { .. } | Self::WorstRealisation)
    }

    /// Writes the measure, over the given `rows`, of the weights in columns `0..assets`. Returned are an upper bound,
    /// tight where it is minimised and in units of the scale of the scenarios, and for measures [by rows](Self::by_rows)
    /// the level above which a loss counts.
    pub(crate) fn lower(
        self,
        program: &mut Program,
        scenarios: &Scenarios,
        rows: &[usize],
    ) -> (Affine, Affine) {
        let unit = 1.0 / scenarios.scale();
        let count = scenarios.periods() as f64;
        let gain = |row: usize| Affine::row(0, scenarios.row(row)).times(unit);
        let none = Affine::default();
        match self {
            Self::StandardDeviation => {
                let root = unit / libm::sqrt(count - 1.0);
                let rows = centred(scenarios).into_iter().map(|it| Affine::row(0, &it).times(root)).collect();
                (norm(program, rows), none)
            }
            Self::MeanAbsoluteDeviation => {
                // The deviations sum to zero, so half of their absolute sum lies above the mean.
                let above = program.columns(rows.len());
                for (column, row) in above.clone().zip(centred(scenarios)) {
                    program.at_least(Source::Definition, Affine::of(column));
                    let row = Affine::row(0, &row).times(-unit);
                    program.at_least(Source::Definition, row.term(column, 1.0));
                }
                (Affine::sum(above, 2.0 / count), none)
            }
            Self::SemiDeviation { below } => {
                let short = program.columns(rows.len());
                for (column, &row) in short.clone().zip(rows) {
                    program.at_least(Source::Definition, Affine::of(column));
                    let row = gain(row).plus(-below * unit);
                    program.at_least(Source::Definition, row.term(column, 1.0));
                }
                let root = 1.0 / libm::sqrt(count);
                (norm(program, short.map(|it| Affine::of(it).times(root)).collect()), none)
            }
            Self::Cvar { tail } => {
                let losses = rows.iter().map(|&row| gain(row).times(-1.0)).collect();
                tail_rows(program, losses, tail * count)
            }
            Self::Evar { tail } => {
                (entropic_rows(program, rows.iter().map(|&it| gain(it)), tail * count), none)
            }
            Self::WorstRealisation => {
                let worst = program.column();
                for &row in rows {
                    program.at_least(Source::Definition, gain(row).term(worst, 1.0));
                }
                (Affine::of(worst), Affine::of(worst))
            }
            Self::Cdar { tail } => {
                let falls = drawdown_columns(program, rows.iter().map(|&it| gain(it)));
                (tail_rows(program, falls.map(Affine::of).collect(), tail * count).0, none)
            }
            Self::MaxDrawdown => {
                let falls = drawdown_columns(program, rows.iter().map(|&it| gain(it)));
                let worst = program.column();
                for fall in falls {
                    program.at_least(Source::Definition, Affine::of(worst).term(fall, -1.0));
                }
                (Affine::of(worst), none)
            }
            Self::Ulcer => {
                let falls = drawdown_columns(program, rows.iter().map(|&it| gain(it)));
                let root = 1.0 / libm::sqrt(count);
                (norm(program, falls.map(|it| Affine::of(it).times(root)).collect()), none)
            }
        }
    }
}

/// Drawdowns of the running sum, in units of return, after each row.
fn drawdowns(returns: &[f64]) -> Vec<f64> {
    let mut fall = 0.0_f64;
    let step = |it: &f64| {
        fall = (fall - it).max(0.0);
        fall
    };
    returns.iter().map(step).collect()
}

/// Mean of the worst `tail` of equally likely values, the last of them counted in part.
fn tail_mean(mut values: Vec<f64>, tail: f64) -> f64 {
    values.sort_by(|a, b| b.total_cmp(a));
    let mass = tail * values.len() as f64;
    let whole = (libm::floor(mass) as usize).min(values.len() - 1);
    let sum: f64 = values[..whole].iter().sum();
    (sum + (mass - whole as f64) * values[whole]) / mass
}

/// `inf over t of t ln(mean exp(loss / t) / tail)`, convex in `t`, by golden section in `ln t`.
fn entropic(returns: &[f64], tail: f64) -> f64 {
    let most = returns.iter().fold(f64::NEG_INFINITY, |most, it| most.max(-it));
    let spread = most + returns.iter().fold(f64::NEG_INFINITY, |most, it| most.max(*it));
    if spread <= 0.0 {
        return most;
    }
    let bound = libm::log(tail * returns.len() as f64);
    let value = |log: f64| {
        let t = spread * libm::exp(log);
        let sum: f64 = returns.iter().map(|it| libm::exp((-it - most) / t)).sum();
        most + t * (libm::log(sum) - bound)
    };
    if bound <= 0.0 {
        // The tail is less than one row: the bound falls to the worst loss as t falls to zero.
        return most;
    }
    let ratio = 0.618_033_988_749_894_8;
    let (mut low, mut high) = (-20.0, 10.0);
    let (mut left, mut right) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut at_left, mut at_right) = (value(left), value(right));
    for _ in 0..100 {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - ratio * (high - low);
            at_left = value(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + ratio * (high - low);
            at_right = value(right);
        }
    }
    at_left.min(at_right)
}

fn centred(scenarios: &Scenarios) -> Vec<Vec<f64>> {
    let mean = scenarios.mean();
    let row = |row: &[f64]| row.iter().zip(&mean).map(|(it, mean)| it - mean).collect();
    scenarios.rows().map(row).collect()
}

fn norm(program: &mut Program, rows: Vec<Affine>) -> Affine {
    let length = program.column();
    let mut cone = vec![Affine::of(length)];
    cone.extend(rows);
    program.cone(Cone::SecondOrder, Source::Definition, cone);
    Affine::of(length)
}

/// `level + sum of what exceeds it / mass`, and the level.
fn tail_rows(program: &mut Program, losses: Vec<Affine>, mass: f64) -> (Affine, Affine) {
    let level = program.column();
    let excess = program.columns(losses.len());
    for (column, loss) in excess.clone().zip(losses) {
        program.at_least(Source::Definition, Affine::of(column));
        let room = loss.times(-1.0).term(column, 1.0).term(level, 1.0);
        program.at_least(Source::Definition, room);
    }
    (Affine::sum(excess, 1.0 / mass).term(level, 1.0), Affine::of(level))
}

/// `s - t ln mass` with `sum of t exp((loss - s) / t) <= t`.
fn entropic_rows(program: &mut Program, gains: impl Iterator<Item = Affine>, mass: f64) -> Affine {
    let (s, t) = (program.column(), program.column());
    let mut total = Affine::of(t);
    for gain in gains {
        let part = program.column();
        total = total.term(part, -1.0);
        let rows = vec![gain.times(-1.0).term(s, -1.0), Affine::of(t), Affine::of(part)];
        program.cone(Cone::Exponential, Source::Definition, rows);
    }
    program.at_least(Source::Definition, total);
    Affine::of(s).term(t, -libm::log(mass))
}

/// A column for each row, at least the drawdown there.
fn drawdown_columns(
    program: &mut Program,
    gains: impl ExactSizeIterator<Item = Affine>,
) -> std::ops::Range<usize> {
    let falls = program.columns(gains.len());
    for (fall, gain) in falls.clone().zip(gains) {
        program.at_least(Source::Definition, Affine::of(fall));
        let mut room = gain.term(fall, 1.0);
        if fall > falls.start {
            room = room.term(fall - 1, -1.0);
        }
        program.at_least(Source::Definition, room);
    }
    falls
}
