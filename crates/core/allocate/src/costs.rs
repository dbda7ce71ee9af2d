//! What trading away from the weights held now costs, as a convex function of the new weights.

use crate::constraints::{Source, absolute};
use crate::error::{Error, sized};
use crate::program::{Affine, Cone, Program};
use serde::{Deserialize, Serialize};

/// Costs of changing weights, in units of return of the whole portfolio over the horizon of the expected returns. With
/// `d` the change of a weight, an asset costs `linear |d| + three_halves |d|^1.5 + quadratic d^2`: fees and half the
/// spread; the square-root law of impact (Almgren et al. 2005); linear impact (Almgren & Chriss 2000).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Weights held now.
    pub current: Vec<f64>,
    /// Per absolute change, e.g. 0.0005 for five basis points.
    pub linear: Vec<f64>,
    /// Per absolute change to the power 3/2.
    pub three_halves: Vec<f64>,
    /// Per squared change.
    pub quadratic: Vec<f64>,
}

impl Costs {
    /// The same linear cost for every asset and no impact.
    #[must_use]
    pub fn proportional(current: Vec<f64>, rate: f64) -> Self {
        let assets = current.len();
        Self {
            current,
            linear: vec![rate; assets],
            three_halves: vec![0.0; assets],
            quadratic: vec![0.0; assets],
        }
    }

    /// What it costs to go to `weights` from those held now.
    #[must_use]
    pub fn of(&self, weights: &[f64]) -> f64 {
        self.between(&self.current, weights)
    }

    /// What it costs to go from `before` to `after`.
    #[must_use]
    pub fn between(&self, before: &[f64], after: &[f64]) -> f64 {
        let mut cost = 0.0;
        let rates = self.linear.iter().zip(&self.three_halves).zip(&self.quadratic);
        for ((before, after), ((linear, three_halves), quadratic)) in before.iter().zip(after).zip(rates) {
            let size = (after - before).abs();
            cost += linear * size + three_halves * size * libm::sqrt(size) + quadratic * size * size;
        }
        cost
    }

    pub(crate) fn validate(&self, assets: usize) -> Result<(), Error> {
        sized("current weights of the costs", &self.current, assets)?;
        let rates =
            [("linear", &self.linear), ("three_halves", &self.three_halves), ("quadratic", &self.quadratic)];
        for (name, rates) in rates {
            sized(name, rates, assets)?;
            if let Some(value) = rates.iter().find(|it| **it < 0.0) {
                // A negative cost would make the programme other than convex.
                return Err(Error::Parameter { name, value: *value, expected: "zero or more" });
            }
        }
        Ok(())
    }

    /// An upper bound of the cost of the weights from column `first` on, tight where it is minimised.
    pub(crate) fn lower(&self, program: &mut Program, first: usize) -> Affine {
        let current = self.current.iter().enumerate();
        let changes: Vec<Affine> = current.map(|(at, it)| Affine::of(first + at).plus(-it)).collect();
        self.lower_changes(program, &changes)
    }

    /// The same for any changes of weights.
    pub(crate) fn lower_changes(&self, program: &mut Program, changes: &[Affine]) -> Affine {
        let mut cost = Affine::default();
        if self.linear.iter().any(|it| *it > 0.0) {
            let sizes = absolute(program, changes);
            cost = cost.and(&Affine::row(sizes.start, &self.linear));
        }
        for (asset, rate) in self.three_halves.iter().enumerate().filter(|(_, it)| **it > 0.0) {
            // size^(2/3) * 1^(1/3) >= |change|
            let size = program.column();
            let rows = vec![Affine::of(size), Affine::constant(1.0), changes[asset].clone()];
            program.cone(Cone::Power(2.0 / 3.0), Source::Definition, rows);
            cost = cost.term(size, *rate);
        }
        if self.quadratic.iter().any(|it| *it > 0.0) {
            // total * 1 >= sum of rate * change^2, as |(2 sqrt(rate) change, total - 1)| <= total + 1.
            let total = program.column();
            let mut rows = vec![Affine::of(total).plus(1.0), Affine::of(total).plus(-1.0)];
            for (asset, rate) in self.quadratic.iter().enumerate() {
                rows.push(changes[asset].clone().times(2.0 * libm::sqrt(*rate)));
            }
            program.cone(Cone::SecondOrder, Source::Definition, rows);
            cost = cost.term(total, 1.0);
        }
        cost
    }
}
