//! Entropy pooling (Meucci 2008): the probabilities nearest to the prior ones under which given views hold.

use crate::certificate::Check;
use crate::constraints::{Range, Source};
use crate::covariance::dot;
use crate::error::{Error, finite, sized};
use crate::program::{Affine, Program};
use scalp_quant::matrix::{Cholesky, Matrix};

const STEPS_MAX: usize = 200;
/// Rounds of adding and dropping inequalities, in multiples of their number.
const ROUNDS_MAX: usize = 10;
/// What the difference from a view is brought to, in standard deviations of what is viewed.
const VIEW_MAX: f64 = 1e-11;

/// That the expectation of `values` is in a range; a fixed one has equal ends. `values` has one entry per scenario: the
/// return of an asset for a view on its mean, its square for one on its second moment, 0 or 1 for one on a probability.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolingView {
    /// One per scenario.
    pub values: Vec<f64>,
    /// What their expectation may be.
    pub expectation: Range,
}

/// Probabilities after the views.
#[derive(Clone, Debug, PartialEq)]
pub struct Pooled {
    /// One per scenario; they sum to 1.
    pub probabilities: Vec<f64>,
    /// Relative entropy to the prior, zero when nothing had to change.
    pub relative_entropy: f64,
    /// `exp` of the entropy: how many equally likely scenarios would be as diverse.
    pub effective_scenarios: f64,
    /// The residuals of optimality, in standard deviations of what is viewed. The probabilities are of the exponential form
    /// that stationarity asks for, so that nothing is left there.
    pub check: Check,
}

/// One side of a view: `sign * (expectation - target)` is zero, or zero or more.
struct Side {
    /// Centred by the target, scaled by the deviation under the prior, with the sign in.
    values: Vec<f64>,
    fixed: bool,
}

/// The probabilities with the least relative entropy to `prior` under which all views hold, by Newton's method on the dual.
///
/// # Errors
/// A prior that is not a distribution, a view that cannot be read; views that contradict each other or the range of the
/// scenarios, by name ([`Source::View`]); no convergence.
pub fn pool(prior: &[f64], views: &[PoolingView]) -> Result<Pooled, Error> {
    finite("prior probabilities", prior)?;
    if prior.len() < 2 {
        return Err(Error::TooFew { what: "scenarios", have: prior.len(), need: 2 });
    }
    if let Some(&value) = prior.iter().find(|it| **it <= 0.0) {
        return Err(Error::Parameter { name: "prior probability", value, expected: "more than zero" });
    }
    let total: f64 = prior.iter().sum();
    let off = (total - 1.0).abs() <= 1e-9;
    crate::error::parameter("sum of the prior probabilities", total, "1", off)?;
    let mut sides = Vec::new();
    for view in views {
        sized("values of a view", &view.values, prior.len())?;
        sides.extend(sides_of(view, prior)?);
    }
    let mut active: Vec<usize> = (0..sides.len()).filter(|it| sides[*it].fixed).collect();
    for _ in 0..=ROUNDS_MAX * (sides.len() + 1) {
        let Some((prices, probabilities)) = tilt(prior, &sides, &active) else { break };
        let drop = (0..active.len()).filter(|it| !sides[active[*it]].fixed && prices[*it] < -1e-12);
        if let Some(at) = drop.min_by(|a, b| prices[*a].total_cmp(&prices[*b])) {
            active.remove(at);
            continue;
        }
        let open = (0..sides.len()).filter(|it| !active.contains(it));
        let worst = open
            .map(|it| (dot(&sides[it].values, &probabilities), it))
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        match worst {
            Some((value, side)) if value < -VIEW_MAX => active.push(side),
            _ => {
                let check = certify(&sides, &active, &prices, &probabilities);
                return Ok(pooled(prior, probabilities, check));
            }
        }
    }
    Err(contradiction(prior.len(), views))
}

fn certify(sides: &[Side], active: &[usize], prices: &[f64], probabilities: &[f64]) -> Check {
    let mut check = Check::exact((probabilities.iter().sum::<f64>() - 1.0).abs());
    for (at, side) in sides.iter().enumerate() {
        let value = dot(&side.values, probabilities);
        let price = active.iter().position(|it| *it == at).map_or(0.0, |it| prices[it]);
        check.primal = check.primal.max(if side.fixed { value.abs() } else { -value });
        check.gap += (price * value).abs();
        if !side.fixed {
            check.dual = check.dual.max(-price);
        }
    }
    check
}

fn pooled(prior: &[f64], probabilities: Vec<f64>, check: Check) -> Pooled {
    let (mut relative_entropy, mut entropy) = (0.0, 0.0);
    for (p, q) in probabilities.iter().zip(prior) {
        if *p > 0.0 {
            relative_entropy += p * libm::log(p / q);
            entropy -= p * libm::log(*p);
        }
    }
    let relative_entropy = relative_entropy.max(0.0);
    Pooled { probabilities, relative_entropy, effective_scenarios: libm::exp(entropy), check }
}

fn sides_of(view: &PoolingView, prior: &[f64]) -> Result<Vec<Side>, Error> {
    let Range { min, max } = view.expectation;
    if min.is_nan() || max.is_nan() || min > max {
        let expected = "a range with min at most max";
        return Err(Error::Parameter { name: "expectation of a view", value: min, expected });
    }
    let mean = dot(&view.values, prior);
    let variance: f64 = view.values.iter().zip(prior).map(|(it, q)| q * (it - mean) * (it - mean)).sum();
    if variance <= 0.0 {
        return Err(Error::Quant(scalp_quant::Error::Constant { what: "values of a view" }));
    }
    let unit = libm::sqrt(variance);
    let side = |target: f64, sign: f64, fixed: bool| Side {
        values: view.values.iter().map(|it| sign * (it - target) / unit).collect(),
        fixed,
    };
    if max <= min {
        return Ok(vec![side(min, 1.0, true)]);
    }
    let mut sides = Vec::new();
    if min.is_finite() {
        sides.push(side(min, 1.0, false));
    }
    if max.is_finite() {
        sides.push(side(max, -1.0, false));
    }
    Ok(sides)
}

/// The tilt `p = q exp(prices'values) / total` under which the active sides have expectation zero: the minimum over the
/// prices of the logarithm of the total. Nothing when there is none.
fn tilt(prior: &[f64], sides: &[Side], active: &[usize]) -> Option<(Vec<f64>, Vec<f64>)> {
    let mut prices = vec![0.0; active.len()];
    let (mut now, mut probabilities) = tilted(prior, sides, active, &prices);
    for _ in 0..STEPS_MAX {
        let gradient: Vec<f64> = active.iter().map(|it| dot(&sides[*it].values, &probabilities)).collect();
        let left = gradient.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
        if left <= VIEW_MAX {
            return Some((prices, probabilities));
        }
        let mut curvature = Matrix::zeros(active.len(), active.len());
        for (a, ga) in gradient.iter().enumerate() {
            let weighted: Vec<f64> =
                sides[active[a]].values.iter().zip(&probabilities).map(|(it, p)| it * p).collect();
            for b in 0..=a {
                let value = dot(&weighted, &sides[active[b]].values) - ga * gradient[b];
                curvature[(a, b)] = value;
                curvature[(b, a)] = value;
            }
            // Views that repeat each other leave a direction without curvature.
            curvature[(a, a)] *= 1.0 + 1e-12;
        }
        let step = Cholesky::of(&curvature).and_then(|it| it.solve(&gradient)).ok()?;
        let descent = dot(&gradient, &step);
        let mut length = 1.0;
        loop {
            let next: Vec<f64> =
                prices.iter().zip(&step).map(|(price, step)| price - length * step).collect();
            let (value, tilted) = tilted(prior, sides, active, &next);
            if value <= now - 0.1 * length * descent + 1e-15 * (1.0 + now.abs()) {
                (prices, now, probabilities) = (next, value, tilted);
                break;
            }
            length *= 0.5;
            if length < 1e-12 {
                return None;
            }
        }
    }
    None
}

fn tilted(prior: &[f64], sides: &[Side], active: &[usize], prices: &[f64]) -> (f64, Vec<f64>) {
    let mut tilt: Vec<f64> = prior.iter().map(|it| libm::log(*it)).collect();
    for (&side, &price) in active.iter().zip(prices) {
        tilt.iter_mut().zip(&sides[side].values).for_each(|(tilt, it)| *tilt += price * it);
    }
    let most = tilt.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    tilt.iter_mut().for_each(|it| *it = libm::exp(*it - most));
    let total: f64 = tilt.iter().sum();
    tilt.iter_mut().for_each(|it| *it /= total);
    (most + libm::log(total), tilt)
}

/// Which views exclude each other, found by a linear programme over the probabilities.
fn contradiction(scenarios: usize, views: &[PoolingView]) -> Error {
    let what = "entropy pooling";
    let mut program = Program::default();
    let columns = program.columns(scenarios);
    for column in columns.clone() {
        program.at_least(Source::Definition, Affine::of(column));
    }
    program.equal(Source::Definition, Affine::sum(columns, 1.0).plus(-1.0));
    for (at, view) in views.iter().enumerate() {
        let unit = view.values.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
        let expectation = Affine::row(0, &view.values).times(1.0 / unit);
        let Range { min, max } = view.expectation;
        if max <= min {
            program.equal(Source::View(at), expectation.plus(-min / unit));
        } else {
            let range = Range::new(min / unit, max / unit);
            program.in_range((Source::View(at), Source::View(at)), &expectation, range);
        }
    }
    match program.solve(what) {
        Err(error) => error,
        Ok(_) => Error::NotOptimal {
            what,
            tolerance: VIEW_MAX,
            detail: "the views hold only where some scenario has no probability left".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_on_a_die_gives_the_law_of_boltzmann() {
        // Jaynes' die: of all laws with mean 4.5 the one with most entropy has p(k) proportional to x^k.
        let values: Vec<f64> = (1..=6).map(f64::from).collect();
        let view = PoolingView { values: values.clone(), expectation: Range::new(4.5, 4.5) };
        let pooled = pool(&[1.0 / 6.0; 6], &[view]).unwrap();
        let published = [0.05435, 0.07877, 0.11416, 0.16545, 0.23977, 0.34749];
        for (got, want) in pooled.probabilities.iter().zip(published) {
            assert!((got - want).abs() < 1e-5, "{got} {want}");
        }
        assert!((dot(&values, &pooled.probabilities) - 4.5).abs() < 1e-10);
        assert!(pooled.check.worst() < 1e-10);
    }

    #[test]
    fn an_inequality_that_holds_already_changes_nothing() {
        let values: Vec<f64> = (1..=6).map(f64::from).collect();
        let view = PoolingView { values, expectation: Range::new(2.0, 4.0) };
        let pooled = pool(&[1.0 / 6.0; 6], &[view]).unwrap();
        assert!(pooled.relative_entropy < 1e-15);
        assert!((pooled.effective_scenarios - 6.0).abs() < 1e-12);
    }

    #[test]
    fn an_inequality_that_does_not_hold_binds() {
        let values: Vec<f64> = (1..=6).map(f64::from).collect();
        let range = PoolingView { values: values.clone(), expectation: Range::new(4.0, 5.0) };
        let fixed = PoolingView { values, expectation: Range::new(4.0, 4.0) };
        let (range, fixed) = (pool(&[1.0 / 6.0; 6], &[range]), pool(&[1.0 / 6.0; 6], &[fixed]));
        let (range, fixed) = (range.unwrap().probabilities, fixed.unwrap().probabilities);
        assert!(range.iter().zip(&fixed).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn views_that_contradict_each_other_are_named() {
        let values: Vec<f64> = (1..=6).map(f64::from).collect();
        let view =
            |min: f64, max: f64| PoolingView { values: values.clone(), expectation: Range::new(min, max) };
        let answer = pool(&[1.0 / 6.0; 6], &[view(1.0, 6.0), view(2.0, 2.5), view(4.0, 5.0)]);
        let conflict = vec![Source::View(1), Source::View(2)];
        assert_eq!(answer, Err(Error::Infeasible { conflict }));
        let beyond = pool(&[1.0 / 6.0; 6], &[view(7.0, 7.0)]);
        assert_eq!(beyond, Err(Error::Infeasible { conflict: vec![Source::View(0)] }));
    }
}
