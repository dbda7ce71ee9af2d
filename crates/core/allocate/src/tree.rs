//! Hierarchical clustering of assets by their correlations.

use crate::covariance::Covariance;
use crate::error::Error;

/// How the distance between two clusters is made from the distances of their members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// The nearest pair.
    Single,
    /// The farthest pair.
    Complete,
    /// The mean over pairs.
    Average,
    /// The growth of the variance within clusters (Ward 1963).
    Ward,
}

/// One union. Leaves are `0..n`; the union made at step `k` is `n + k`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Union {
    /// The member with the smaller number.
    pub left: usize,
    /// The other.
    pub right: usize,
    /// Distance at which they were joined.
    pub distance: f64,
}

/// A binary tree over assets, unions in the order of their distances.
#[derive(Clone, Debug)]
pub struct Tree {
    /// `n - 1` unions.
    pub unions: Vec<Union>,
    assets: usize,
}

/// `sqrt((1 - correlation) / 2)` for each pair (Mantegna 1999), row by row.
///
/// # Errors
/// An asset without variance has no correlation.
pub fn correlation_distance(covariance: &Covariance) -> Result<Vec<f64>, Error> {
    let size = covariance.size();
    let mut deviation = Vec::new();
    for asset in 0..size {
        let variance = covariance.at(asset, asset);
        crate::error::parameter("variance of an asset", variance, "more than zero", variance > 0.0)?;
        deviation.push(libm::sqrt(variance));
    }
    let mut distance = vec![0.0; size * size];
    for a in 0..size {
        for b in 0..a {
            let correlation = covariance.at(a, b) / (deviation[a] * deviation[b]);
            let it = libm::sqrt(((1.0 - correlation) / 2.0).clamp(0.0, 1.0));
            distance[a * size + b] = it;
            distance[b * size + a] = it;
        }
    }
    Ok(distance)
}

impl Tree {
    /// Joins the two nearest clusters until one is left (Lance & Williams 1967). Of equal distances the pair with the
    /// smaller numbers goes first.
    ///
    /// # Errors
    /// No assets, or not one finite distance for each pair, row by row.
    pub fn of(assets: usize, distance: &[f64], linkage: Linkage) -> Result<Self, Error> {
        if assets == 0 {
            return Err(Error::TooFew { what: "assets of a tree", have: 0, need: 1 });
        }
        crate::error::sized("distances", distance, assets * assets)?;
        let mut distance = distance.to_vec();
        let mut name: Vec<usize> = (0..assets).collect();
        let mut count = vec![1.0; assets];
        let mut alive: Vec<usize> = (0..assets).collect();
        let mut unions = Vec::new();
        while alive.len() > 1 {
            let (a, b) = nearest(assets, &distance, &alive);
            let between = distance[a * assets + b];
            let (left, right) = (name[a].min(name[b]), name[a].max(name[b]));
            unions.push(Union { left, right, distance: between });
            alive.retain(|it| *it != b);
            for &other in alive.iter().filter(|it| **it != a) {
                let (x, y) = (distance[a * assets + other], distance[b * assets + other]);
                let joined = match linkage {
                    Linkage::Single => x.min(y),
                    Linkage::Complete => x.max(y),
                    Linkage::Average => (count[a] * x + count[b] * y) / (count[a] + count[b]),
                    Linkage::Ward => {
                        let c = count[other];
                        let sum = (count[a] + c) * x * x + (count[b] + c) * y * y - c * between * between;
                        libm::sqrt((sum / (count[a] + count[b] + c)).max(0.0))
                    }
                };
                distance[a * assets + other] = joined;
                distance[other * assets + a] = joined;
            }
            count[a] += count[b];
            name[a] = assets + unions.len() - 1;
        }
        Ok(Self { unions, assets })
    }

    /// The assets below a node, from left to right.
    pub(crate) fn leaves(&self, node: usize) -> Vec<usize> {
        let (mut leaves, mut open) = (Vec::new(), vec![node]);
        while let Some(node) = open.pop() {
            if node < self.assets {
                leaves.push(node);
            } else {
                let union = self.unions[node - self.assets];
                open.push(union.right);
                open.push(union.left);
            }
        }
        leaves
    }

    /// All assets, those that are alike side by side.
    #[must_use]
    pub fn order(&self) -> Vec<usize> {
        self.leaves(2 * self.assets - 2)
    }

    /// The `count` clusters that are left when the last `count - 1` unions are undone.
    #[must_use]
    pub fn clusters(&self, count: usize) -> Vec<Vec<usize>> {
        let kept = self.assets - count.clamp(1, self.assets);
        let mut top: Vec<usize> = (0..self.assets).collect();
        for (step, union) in self.unions[..kept].iter().enumerate() {
            top.retain(|it| *it != union.left && *it != union.right);
            top.push(self.assets + step);
        }
        top.into_iter().map(|it| self.leaves(it)).collect()
    }
}

fn nearest(assets: usize, distance: &[f64], alive: &[usize]) -> (usize, usize) {
    let mut best = (f64::INFINITY, 0, 0);
    for (at, &a) in alive.iter().enumerate() {
        let row = &distance[a * assets..(a + 1) * assets];
        for &b in &alive[at + 1..] {
            if row[b] < best.0 {
                best = (row[b], a, b);
            }
        }
    }
    (best.1, best.2)
}
