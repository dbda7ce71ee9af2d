//! Mutual information: how much one value tells about another, whatever the shape of the relation.

use crate::Error;
use crate::given::{equal_lengths, series};
use crate::rng::Key;
use crate::special::digamma;
use core::cmp::Ordering;

/// Neighbours of a point that the estimate looks for; Kraskov and others advise 2 to 4.
const NEIGHBOURS: usize = 3;

/// Mutual information of two series in nats, at least 0: the first estimator of Kraskov, Stoegbauer and Grassberger (2004,
/// equation 8) with three neighbours, on the ranks of the values, as the information does not change under a rising
/// transform of either (their section II). `seed` draws the order of ties. At least 20 pairs.
///
/// Its standard deviation for independent series is near `1 / sqrt(n)`. Costs `O(n sqrt(n))` for independent series, less
/// for dependent ones.
pub fn mutual_information(x: &[f64], y: &[f64], seed: u64) -> Result<f64, Error> {
    equal_lengths("x", x.len(), "y", y.len())?;
    series("x", x, 20)?;
    series("y", y, 20)?;
    let n = x.len();
    for (what, values) in [("x", x), ("y", y)] {
        if values.windows(2).all(|it| it[0].partial_cmp(&it[1]) == Some(Ordering::Equal)) {
            return Err(Error::Constant { what });
        }
    }
    let x = Ranked::new(x, seed, "order of x");
    let y = Ranked::new(y, seed, "order of y");
    let mut y_by_x = vec![0_usize; n];
    x.rank.iter().zip(&y.rank).for_each(|(&u, &v)| y_by_x[u] = v);
    let psi: Vec<f64> = (0..=n).map(|it| digamma(it.max(1) as f64)).collect();
    let mut sum = 0.0;
    for (u, &v) in y_by_x.iter().enumerate() {
        let reach = reach(&x.place, &y.place, &y_by_x, u);
        sum += psi[x.nearer(u, reach) + 1] + psi[y.nearer(v, reach) + 1];
    }
    Ok((psi[NEIGHBOURS] + psi[n] - sum / n as f64).max(0.0))
}

/// Distance of the point whose x has rank `u` to its last neighbour, by the larger of the distances in x and y.
fn reach(x: &[f64], y: &[f64], y_by_x: &[usize], u: usize) -> f64 {
    let mut nearest = [f64::INFINITY; NEIGHBOURS];
    let mut look = |other: usize| {
        let mut far = (x[other] - x[u]).abs().max((y[y_by_x[other]] - y[y_by_x[u]]).abs());
        for kept in &mut nearest {
            if far < *kept {
                core::mem::swap(&mut far, kept);
            }
        }
        nearest[NEIGHBOURS - 1]
    };
    let mut last = f64::INFINITY;
    for step in 1..x.len() {
        // Ranks that differ by a step lie more than a step less one apart.
        if last <= (step - 1) as f64 {
            break;
        }
        if step <= u {
            last = look(u - step);
        }
        if u + step < x.len() {
            last = look(u + step);
        }
    }
    last
}

/// Values as ranks, each at a place of chance within its own cell, so that distances are without ties.
struct Ranked {
    /// The rank of each value, from 0.
    rank: Vec<usize>,
    /// Rank by rank, where it lies: the rank and a part of one.
    place: Vec<f64>,
}

impl Ranked {
    fn new(values: &[f64], seed: u64, name: &str) -> Self {
        let mut stream = Key::named(seed, name).stream(0);
        let mut sorted: Vec<(f64, u64, usize)> =
            values.iter().enumerate().map(|(i, &it)| (it, stream.next_u64(), i)).collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut rank = vec![0; values.len()];
        sorted.iter().enumerate().for_each(|(at, &(_, _, i))| rank[i] = at);
        Self { rank, place: (0..values.len()).map(|at| at as f64 + stream.uniform()).collect() }
    }

    /// How many others are nearer to the value of this rank than `reach`.
    fn nearer(&self, rank: usize, reach: f64) -> usize {
        let (from, to) = (self.place[rank] - reach, self.place[rank] + reach);
        let cells = reach as usize + 2;
        let low = rank.saturating_sub(cells);
        let high = (rank + cells).min(self.place.len());
        let first = low + self.place[low..high].partition_point(|it| *it <= from);
        let end = low + self.place[low..high].partition_point(|it| *it < to);
        (end - first).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::mutual_information;

    fn normals(name: &str, n: usize) -> Vec<f64> {
        let mut stream = crate::rng::Key::named(7, name).stream(0);
        (0..n).map(|_| stream.normal()).collect()
    }

    #[test]
    fn the_information_of_two_normals_is_the_closed_form() {
        let n = 5_000;
        let (x, e) = (normals("x", n), normals("e", n));
        for rho in [0.0, 0.3, 0.6, 0.9, 0.99_f64] {
            let y: Vec<f64> = x.iter().zip(&e).map(|(x, e)| rho * x + (1.0 - rho * rho).sqrt() * e).collect();
            let exact = -0.5 * libm::log(1.0 - rho * rho);
            let estimate = mutual_information(&x, &y, 1).unwrap();
            println!("rho {rho}: {estimate:.4} of {exact:.4}");
            assert!((estimate - exact).abs() < 3.0 / (n as f64).sqrt(), "rho {rho}: {estimate} of {exact}");
        }
    }

    #[test]
    fn a_relation_without_correlation_is_seen() {
        let x = normals("x", 2_000);
        let y: Vec<f64> = x.iter().zip(normals("e", 2_000)).map(|(x, e)| x * x + 0.1 * e).collect();
        assert!(mutual_information(&x, &y, 1).unwrap() > 0.8);
    }

    #[test]
    fn a_rising_transform_changes_nothing() {
        let x = normals("x", 500);
        let y: Vec<f64> = x.iter().zip(normals("e", 500)).map(|(x, e)| x + e).collect();
        let z: Vec<f64> = x.iter().map(|it| libm::exp(*it)).collect();
        let bits = |x: &[f64]| mutual_information(x, &y, 1).unwrap().to_bits();
        assert_eq!(bits(&x), bits(&z));
    }

    #[test]
    fn ties_tell_nothing_of_their_own() {
        let x: Vec<f64> = normals("x", 2_000).iter().map(|it| f64::from(*it > 1.0)).collect();
        let y = normals("y", 2_000);
        assert!(mutual_information(&x, &y, 1).unwrap() < 3.0 / 2_000.0_f64.sqrt());
    }

    #[test]
    fn what_cannot_be_measured_is_refused() {
        let x = normals("x", 30);
        let refused = |x: &[f64], y: &[f64]| mutual_information(x, y, 1).unwrap_err().to_string();
        assert!(refused(&x, &[1.0; 30]).contains("constant"));
        assert!(refused(&x, &x[1..]).contains("must be equal"));
        assert!(refused(&x[..10], &x[..10]).contains("at least 20"));
        let mut broken = x.clone();
        broken[4] = f64::NAN;
        assert!(refused(&broken, &x).contains("value 4"));
    }
}
