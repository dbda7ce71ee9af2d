//! Portfolios from a tree of assets, without inverting a matrix: hierarchical risk parity and equal risk contribution.

use crate::covariance::Covariance;
use crate::error::Error;
use crate::tree::{Linkage, Tree, correlation_distance};

/// Most clusters that [`equal_risk_contribution`] chooses by itself.
const CLUSTERS_MAX: usize = 10;

/// Hierarchical risk parity (Lopez de Prado 2016): the assets in the order of the tree are halved again and again, and
/// each half is weighted by the inverse of the variance of its inverse-variance portfolio. Long only, sums to one.
///
/// # Errors
/// An asset without variance.
pub fn risk_parity(covariance: &Covariance, linkage: Linkage) -> Result<Vec<f64>, Error> {
    let assets = covariance.size();
    let tree = Tree::of(assets, &correlation_distance(covariance)?, linkage)?;
    let order = tree.order();
    let mut weights = vec![1.0; assets];
    let mut open: Vec<&[usize]> = vec![&order];
    while let Some(part) = open.pop() {
        if part.len() < 2 {
            continue;
        }
        let (left, right) = part.split_at(part.len() / 2);
        let share = share_of_left(cluster_variance(covariance, left), cluster_variance(covariance, right));
        left.iter().for_each(|&it| weights[it] *= share);
        right.iter().for_each(|&it| weights[it] *= 1.0 - share);
        open.push(right);
        open.push(left);
    }
    Ok(weights)
}

/// Hierarchical equal risk contribution (Raffinot 2018) on variances: the tree is cut into clusters, the weight is split
/// down the tree by the inverse of the sum of cluster variances, and within a cluster by inverse variance.
/// The number of clusters is `clusters`, or else chosen by the two-difference gap statistic (Yue et al. 2008).
///
/// # Errors
/// An asset without variance, or a number of clusters outside `1..=assets`.
pub fn equal_risk_contribution(
    covariance: &Covariance,
    linkage: Linkage,
    clusters: Option<usize>,
) -> Result<Vec<f64>, Error> {
    let assets = covariance.size();
    let distance = correlation_distance(covariance)?;
    let tree = Tree::of(assets, &distance, linkage)?;
    let count = clusters.unwrap_or_else(|| clusters_by_gap(&tree, assets, &distance));
    if count == 0 || count > assets {
        let expected = "at least 1 and at most the number of assets";
        return Err(Error::Parameter { name: "clusters", value: count as f64, expected });
    }
    let clusters = tree.clusters(count);
    let mut of_asset = vec![0; assets];
    for (at, cluster) in clusters.iter().enumerate() {
        cluster.iter().for_each(|&it| of_asset[it] = at);
    }
    let variance: Vec<f64> = clusters.iter().map(|it| cluster_variance(covariance, it)).collect();
    let mut weights = vec![1.0; assets];
    for union in tree.unions.iter().rev().take(count - 1) {
        let (left, right) = (tree.leaves(union.left), tree.leaves(union.right));
        let risk = |leaves: &[usize]| {
            let mut parts: Vec<usize> = leaves.iter().map(|it| of_asset[*it]).collect();
            parts.sort_unstable();
            parts.dedup();
            parts.iter().map(|it| variance[*it]).sum::<f64>()
        };
        let share = share_of_left(risk(&left), risk(&right));
        left.iter().for_each(|&it| weights[it] *= share);
        right.iter().for_each(|&it| weights[it] *= 1.0 - share);
    }
    for cluster in &clusters {
        let inverse: Vec<f64> = cluster.iter().map(|&it| 1.0 / covariance.at(it, it)).collect();
        let total: f64 = inverse.iter().sum();
        cluster.iter().zip(inverse).for_each(|(&it, inverse)| weights[it] *= inverse / total);
    }
    Ok(weights)
}

fn share_of_left(left: f64, right: f64) -> f64 {
    if left + right > 0.0 { 1.0 - left / (left + right) } else { 0.5 }
}

/// The variance of the inverse-variance portfolio of some assets.
fn cluster_variance(covariance: &Covariance, members: &[usize]) -> f64 {
    let inverse: Vec<f64> = members.iter().map(|&it| 1.0 / covariance.at(it, it)).collect();
    let total: f64 = inverse.iter().sum();
    let mut variance = 0.0;
    for (&a, wa) in members.iter().zip(&inverse) {
        let row: f64 = members.iter().zip(&inverse).map(|(&b, wb)| wb * covariance.at(a, b)).sum();
        variance += wa * row;
    }
    variance / (total * total)
}

/// The number of clusters where the spread of distances within clusters bends most.
pub(crate) fn clusters_by_gap(tree: &Tree, assets: usize, distance: &[f64]) -> usize {
    if assets < 4 {
        return 1;
    }
    let most = (CLUSTERS_MAX as f64).min(libm::sqrt(assets as f64)) + 2.0;
    let counts = (2..=assets).take_while(|it| *it as f64 <= most);
    let spread: Vec<f64> = counts
        .map(|count| tree.clusters(count).iter().map(|it| spread_within(it, assets, distance)).sum())
        .collect();
    let mut best = (f64::NEG_INFINITY, 1);
    for (at, three) in spread.windows(3).enumerate() {
        let gap = three[2] + three[0] - 2.0 * three[1];
        if gap > best.0 {
            best = (gap, at + 2);
        }
    }
    best.1
}

/// The standard deviation of the distances between members.
fn spread_within(members: &[usize], assets: usize, distance: &[f64]) -> f64 {
    let mut between = Vec::new();
    for (at, a) in members.iter().enumerate() {
        between.extend(members[at + 1..].iter().map(|b| distance[a * assets + b]));
    }
    if between.is_empty() {
        return 0.0;
    }
    let mean = between.iter().sum::<f64>() / between.len() as f64;
    let square: f64 = between.iter().map(|it| (it - mean) * (it - mean)).sum();
    libm::sqrt(square / between.len() as f64)
}
