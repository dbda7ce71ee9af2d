//! Nested clustered optimisation (Lopez de Prado 2016, 2019): optimise within clusters of assets that move together, then
//! between the clusters, each held as one asset. A programme then never sees the nearly equal assets whose difference it
//! would bet on.

use crate::covariance::Covariance;
use crate::error::Error;
use crate::hierarchy::clusters_by_gap;
use crate::tree::{Linkage, Tree, correlation_distance};

/// A nested portfolio and how it was put together.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// One weight per asset: that of the cluster times that within it.
    pub weights: Vec<f64>,
    /// The assets of each cluster.
    pub clusters: Vec<Vec<usize>>,
    /// The weight of each cluster.
    pub between: Vec<f64>,
}

/// Splits the assets by their correlations into `clusters` (chosen by the two-difference gap statistic when `None`), asks
/// `optimise` for the weights within each and for those of the clusters, and multiplies. `optimise` gets the expected
/// returns and the covariance of what it is to weigh, and answers one weight for each:
///
/// `|mean, covariance| Ok(MeanVariance::new(mean, covariance, &Constraints::long_only(mean.len()))?.min_volatility()?.weights)`
///
/// Limits of single assets are those of `optimise` and hold within clusters; products of weights keep signs and sums, but
/// not bounds of single assets.
///
/// # Errors
/// Not one finite mean per asset, an asset without variance, a number of clusters outside `1..=assets`, what `optimise`
/// refuses, and weights from it that are not finite or not as many as asked for.
pub fn nested(
    mean: &[f64],
    covariance: &Covariance,
    linkage: Linkage,
    clusters: Option<usize>,
    optimise: impl Fn(&[f64], &Covariance) -> Result<Vec<f64>, Error>,
) -> Result<Nested, Error> {
    let assets = covariance.size();
    crate::error::sized("expected returns", mean, assets)?;
    let distance = correlation_distance(covariance)?;
    let tree = Tree::of(assets, &distance, linkage)?;
    let count = clusters.unwrap_or_else(|| clusters_by_gap(&tree, assets, &distance));
    if count == 0 || count > assets {
        let expected = "at least 1 and at most the number of assets";
        return Err(Error::Parameter { name: "clusters", value: count as f64, expected });
    }
    let clusters = tree.clusters(count);
    let asked = |mean: &[f64], covariance: &Covariance| {
        let weights = optimise(mean, covariance)?;
        crate::error::sized("weights of a nested programme", &weights, mean.len())?;
        Ok::<_, Error>(weights)
    };
    let mut within = Vec::new();
    for cluster in &clusters {
        let part: Vec<f64> = cluster.iter().map(|it| mean[*it]).collect();
        let values = cluster.iter().flat_map(|a| cluster.iter().map(|b| covariance.at(*a, *b))).collect();
        within.push(asked(&part, &Covariance::new(cluster.len(), values)?)?);
    }
    let held = || clusters.iter().zip(&within);
    let joint = |(a, weights_a): (&Vec<usize>, &Vec<f64>), (b, weights_b): (&Vec<usize>, &Vec<f64>)| {
        let row = |x: usize| -> f64 { b.iter().zip(weights_b).map(|(&y, w)| w * covariance.at(x, y)).sum() };
        a.iter().zip(weights_a).map(|(&x, w)| w * row(x)).sum::<f64>()
    };
    let values = held().flat_map(|a| held().map(move |b| joint(a, b))).collect();
    let means: Vec<f64> =
        held().map(|(members, w)| members.iter().zip(w).map(|(&it, w)| w * mean[it]).sum()).collect();
    let between = asked(&means, &Covariance::new(count, values)?)?;
    let mut weights = vec![0.0; assets];
    for ((cluster, within), share) in held().zip(&between) {
        cluster.iter().zip(within).for_each(|(&it, w)| weights[it] = share * w);
    }
    Ok(Nested { weights, clusters, between })
}
