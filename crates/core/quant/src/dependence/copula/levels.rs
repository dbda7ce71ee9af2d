//! Student-t quantiles of many probabilities for one number of degrees of freedom after another, as a fit asks for them.

use crate::Error;
use crate::matrix::Matrix;
use crate::special::StudentT;

/// The distinct probabilities of a sample, and where each stands. Pseudo-observations of n days have n levels only,
/// however many assets there are.
pub(super) struct Levels {
    /// Probability of the nearer tail, within (0, 0.5].
    tails: Vec<f64>,
    upper: Vec<bool>,
    /// How often each occurs.
    counts: Vec<f64>,
    /// Row by row, the level of each value.
    places: Vec<u32>,
    /// Quantiles of the tails, positive, from the last call; the start of the next.
    roots: Vec<f64>,
    /// Quantiles with their sign.
    quantiles: Vec<f64>,
}

/// Halley steps before the safe search takes over.
const STEPS_MAX: usize = 5;

impl Levels {
    pub(super) fn of(uniforms: &Matrix) -> Self {
        let mut order: Vec<u32> = (0..uniforms.values().len() as u32).collect();
        let values = uniforms.values();
        order.sort_unstable_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]));
        let mut it = Self {
            tails: vec![],
            upper: vec![],
            counts: vec![],
            places: vec![0; order.len()],
            roots: vec![],
            quantiles: vec![],
        };
        let mut last = 0.0;
        for place in order {
            let p = values[place as usize];
            if p > last {
                it.tails.push(p.min(1.0 - p));
                it.upper.push(p > 0.5);
                it.counts.push(0.0);
                last = p;
            }
            it.places[place as usize] = (it.tails.len() - 1) as u32;
            *it.counts.last_mut().expect("a level was pushed for the first value") += 1.0;
        }
        it.quantiles = vec![0.0; it.tails.len()];
        it
    }

    /// Moves to another number of degrees of freedom.
    pub(super) fn set(&mut self, law: &StudentT) -> Result<(), Error> {
        let fresh = self.roots.is_empty();
        if fresh {
            self.roots = vec![0.0; self.tails.len()];
        }
        for (i, tail) in self.tails.iter().enumerate() {
            let near = if fresh { None } else { halley(law, *tail, self.roots[i]) };
            let root = match near {
                Some(root) => root,
                None => -law.quantile(*tail)?,
            };
            self.roots[i] = root;
            self.quantiles[i] = if self.upper[i] { root } else { -root };
        }
        Ok(())
    }

    /// Number of values.
    pub(super) const fn len(&self) -> usize {
        self.places.len()
    }

    /// Quantile of the value at this place, counted row by row.
    #[inline]
    pub(super) fn quantile(&self, place: usize) -> f64 {
        self.quantiles[self.places[place] as usize]
    }

    /// Sum of the log densities of all values.
    pub(super) fn ln_density(&self, law: &StudentT) -> f64 {
        self.roots.iter().zip(&self.counts).map(|(x, count)| count * law.ln_pdf(*x)).sum()
    }
}

/// The `x > 0` with `sf(x) = tail` from a start nearby, whose error each step cubes; `None` when it was not near.
fn halley(law: &StudentT, tail: f64, start: f64) -> Option<f64> {
    let nu = law.nu();
    let mut x = start;
    for _ in 0..STEPS_MAX {
        let newton = (law.sf(x) - tail) / law.pdf(x);
        let bend = -(nu + 1.0) * x / (nu + x * x);
        let step = newton / (1.0 + 0.5 * bend * newton);
        if step.is_nan() || step.abs() > 0.3 * x {
            return None;
        }
        x += step;
        if step.abs() <= 1e-6 * x {
            return Some(x);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_safe_search_after_every_move() {
        let values: Vec<f64> = (1..200).map(|i| f64::from(i) / 200.0).chain([0.5, 0.5]).collect();
        let uniforms = Matrix::new(values.len(), 1, values.clone()).unwrap();
        let mut levels = Levels::of(&uniforms);
        assert_eq!(levels.tails.len(), 199);
        let mut worst = 0.0_f64;
        for nu in [2.0, 2.1, 30.0, 8.0, 8.001, 3.0, 100.0] {
            let law = StudentT::new(nu).unwrap();
            levels.set(&law).unwrap();
            for (place, p) in values.iter().enumerate() {
                let want = law.quantile(*p).unwrap();
                worst = worst.max((levels.quantile(place) - want).abs() / want.abs().max(0.1));
            }
            let sum: f64 = values.iter().map(|p| law.ln_pdf(law.quantile(*p).unwrap())).sum();
            assert!((levels.ln_density(&law) - sum).abs() < 1e-10);
        }
        println!("worst relative deviation of a quantile: {worst:e}");
        assert!(worst < 1e-13);
    }
}
