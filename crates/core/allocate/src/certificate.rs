//! Whether a primal and dual solution is an optimum, by our own arithmetic (Boyd & Vandenberghe 2004, section 5.5.3).

use crate::program::{Cone, Program};
use std::fmt;

/// The residuals of the conditions of optimality (Karush, Kuhn, Tucker), each relative to the numbers it is made of.
/// For a convex programme all four at zero prove the optimum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// How far the solution is outside its constraints.
    pub primal: f64,
    /// How far the gradient of the Lagrangian is from zero.
    pub stationarity: f64,
    /// How far the multipliers are outside the dual cones.
    pub dual: f64,
    /// How far the objective may still be from its optimum.
    pub gap: f64,
}

impl Check {
    /// What no residual may exceed.
    pub const TOLERANCE: f64 = 1e-7;

    /// Whether this proves an optimum within the tolerance.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.worst() <= Self::TOLERANCE
    }

    /// The largest residual.
    #[must_use]
    pub fn worst(&self) -> f64 {
        // Written so that NaN is the worst of all.
        [self.primal, self.stationarity, self.dual, self.gap]
            .into_iter()
            .fold(0.0, |most, it| if it <= most { most } else { it })
    }

    /// An answer in closed form or by enumeration, whose residuals are rounding only.
    pub(crate) fn exact(primal: f64) -> Self {
        Self { primal, stationarity: 0.0, dual: 0.0, gap: 0.0 }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { primal, stationarity, dual, gap } = self;
        write!(f, "primal {primal:.1e}, stationarity {stationarity:.1e}, dual {dual:.1e}, gap {gap:.1e}")
    }
}

/// The residuals of a solution. Multipliers are of the Lagrangian `1/2 x'Px + q'x - sum of z'(row values)`.
pub(crate) fn certify(program: &Program, x: &[f64], multipliers: &[Vec<f64>]) -> Check {
    let scale = program.objective_scale();
    let mut gradient: Vec<f64> = program.linear.iter().map(|it| it * scale).collect();
    let mut size: Vec<f64> = gradient.iter().map(|it| it.abs()).collect();
    let linear: f64 = gradient.iter().zip(x).map(|(q, x)| q * x).sum();
    let mut curve = 0.0;
    let mut add = |column: usize, value: f64| {
        gradient[column] += value;
        size[column] = size[column].max(value.abs());
    };
    for &(row, column, value) in &program.quadratic {
        let value = value * scale;
        add(row, value * x[column]);
        curve += value * x[row] * x[column];
        if row != column {
            add(column, value * x[row]);
            curve += value * x[row] * x[column];
        }
    }
    let (mut primal, mut dual, mut constants) = (0.0_f64, 0.0_f64, 0.0);
    let mut values = Vec::new();
    let mut prices = Vec::new();
    for (block, multipliers) in program.blocks.iter().zip(multipliers) {
        values.clear();
        prices.clear();
        let mut reach = 1.0_f64;
        for (row, price) in block.rows.iter().zip(multipliers) {
            let price = price * scale;
            let mut value = row.constant;
            reach = reach.max(row.constant.abs());
            for &(column, coefficient) in &row.terms {
                let part = coefficient * x[column];
                value += part;
                reach = reach.max(part.abs());
                add(column, -price * coefficient);
            }
            constants += price * row.constant;
            values.push(value);
            prices.push(price);
        }
        primal = worse(primal, outside(block.cone, &values) / reach);
        let most = prices.iter().fold(1.0_f64, |most, it| most.max(it.abs()));
        dual = worse(dual, outside_dual(block.cone, &prices) / most);
    }
    let mut stationarity = 0.0;
    for (gradient, size) in gradient.iter().zip(&size) {
        stationarity = worse(stationarity, gradient.abs() / size.max(1.0));
    }
    let (upper, lower) = (0.5 * curve + linear, -0.5 * curve - constants);
    // The constants enter the dual with the sign of the Lagrangian above.
    let gap = (upper - lower).abs() / (1.0 + upper.abs().max(lower.abs()));
    Check { primal, stationarity, dual, gap }
}

/// Moves what is left of the gradient of the Lagrangian into the multipliers of bounds on single columns, as far as they
/// stay zero or more. Any multipliers may serve as a proof; these make it sharper than those that the solver stopped at.
pub(crate) fn sharpen(program: &Program, x: &[f64], multipliers: &mut [Vec<f64>]) {
    let mut gradient = program.linear.clone();
    for &(row, column, value) in &program.quadratic {
        gradient[row] += value * x[column];
        if row != column {
            gradient[column] += value * x[row];
        }
    }
    for (block, multipliers) in program.blocks.iter().zip(multipliers.iter()) {
        for (row, price) in block.rows.iter().zip(multipliers) {
            for &(column, coefficient) in &row.terms {
                gradient[column] -= price * coefficient;
            }
        }
    }
    for (block, multipliers) in program.blocks.iter().zip(multipliers.iter_mut()) {
        if block.cone != Cone::NonNegative {
            continue;
        }
        if let [(column, coefficient)] = block.rows[0].terms[..] {
            let before = multipliers[0];
            let after = (before + gradient[column] / coefficient).max(0.0);
            // Not where it would buy stationarity at a bound that is far from binding.
            let room = block.rows[0].at(x).max(0.0);
            if (after - before).abs() * room <= 1e-2 * Check::TOLERANCE / program.objective_scale() {
                gradient[column] -= (after - before) * coefficient;
                multipliers[0] = after;
            }
        }
    }
}

/// Whether multipliers prove that no solution exists (Farkas): they cancel every column and yet ask for less than zero.
pub(crate) fn proves_infeasible(program: &Program, multipliers: &[Vec<f64>]) -> bool {
    let most = multipliers.iter().flatten().fold(0.0_f64, |most, it| most.max(it.abs()));
    if most <= 0.0 || !most.is_finite() {
        return false;
    }
    let mut columns = vec![0.0; program.size];
    let mut asked = 0.0;
    let mut dual = 0.0_f64;
    for (block, multipliers) in program.blocks.iter().zip(multipliers) {
        let prices: Vec<f64> = multipliers.iter().map(|it| it / most).collect();
        dual = worse(dual, outside_dual(block.cone, &prices));
        for (row, price) in block.rows.iter().zip(&prices) {
            asked += price * row.constant;
            for &(column, value) in &row.terms {
                columns[column] += price * value;
            }
        }
    }
    let left = columns.iter().fold(0.0_f64, |most, it| worse(most, it.abs()));
    asked < 0.0 && worse(left, dual) <= 1e-6 * asked.abs()
}

/// Whether a direction proves that the objective has no bound: it falls along it for ever, and no cone is left.
pub(crate) fn proves_unbounded(program: &Program, direction: &[f64]) -> bool {
    let most = direction.iter().fold(0.0_f64, |most, it| worse(most, it.abs()));
    if most <= 0.0 || !most.is_finite() {
        return false;
    }
    let x: Vec<f64> = direction.iter().map(|it| it / most).collect();
    let scale = program.objective_scale();
    let slope: f64 = program.linear.iter().zip(&x).map(|(q, x)| q * x * scale).sum();
    let mut curved = vec![0.0; program.size];
    for &(row, column, value) in &program.quadratic {
        curved[row] += value * scale * x[column];
        if row != column {
            curved[column] += value * scale * x[row];
        }
    }
    let mut left = curved.iter().fold(0.0_f64, |most, it| worse(most, it.abs()));
    for block in &program.blocks {
        let values: Vec<f64> = block.rows.iter().map(|row| row.at(&x) - row.constant).collect();
        left = worse(left, outside(block.cone, &values));
    }
    slope < 0.0 && left <= 1e-6 * slope.abs()
}

fn worse(left: f64, right: f64) -> f64 {
    if right <= left { left } else { right }
}

/// How far values are outside a cone, in their own unit.
fn outside(cone: Cone, values: &[f64]) -> f64 {
    match cone {
        Cone::Zero => values.iter().fold(0.0, |most, it| worse(most, it.abs())),
        Cone::NonNegative => values.iter().fold(0.0, |most, it| worse(most, -it)),
        Cone::SecondOrder => worse(0.0, norm(&values[1..]) - values[0]),
        Cone::Exponential => {
            let (a, b, c) = (values[0], values[1], values[2]);
            if b > 0.0 { worse(0.0, b * libm::exp(a / b) - c) } else { worse(worse(-b, -c), a) }
        }
        Cone::Power(p) => {
            let (a, b) = (values[0].max(0.0), values[1].max(0.0));
            let reach = libm::pow(a, p) * libm::pow(b, 1.0 - p);
            worse(worse(worse(0.0, -values[0]), -values[1]), values[2].abs() - reach)
        }
    }
}

/// How far multipliers are outside the dual of a cone.
fn outside_dual(cone: Cone, prices: &[f64]) -> f64 {
    match cone {
        Cone::Zero => 0.0,
        Cone::NonNegative | Cone::SecondOrder => outside(cone, prices),
        Cone::Exponential => {
            // u < 0 and -u exp(v / u) <= e w, closed by u = 0 with v, w >= 0.
            let (u, v, w) = (prices[0], prices[1], prices[2]);
            if u < 0.0 {
                worse(0.0, -u * libm::exp(v / u - 1.0) - w)
            } else {
                worse(worse(worse(0.0, u), -v), -w)
            }
        }
        Cone::Power(p) => {
            let (a, b) = (prices[0].max(0.0) / p, prices[1].max(0.0) / (1.0 - p));
            let reach = libm::pow(a, p) * libm::pow(b, 1.0 - p);
            worse(worse(worse(0.0, -prices[0]), -prices[1]), prices[2].abs() - reach)
        }
    }
}

fn norm(values: &[f64]) -> f64 {
    libm::sqrt(values.iter().map(|it| it * it).sum())
}
