//! Dependence of ranks, which no monotone change of scale can alter.

use crate::matrix::Matrix;
use crate::{Error, given};

/// Ranks from 1; equal values share the mean of their ranks.
pub fn ranks(values: &[f64]) -> Result<Vec<f64>, Error> {
    given::finite("the values to rank", values)?;
    let order = order_of(values);
    let mut out = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let run = run_length(order[from..].iter().map(|i| values[*i as usize]));
        // Ranks from + 1 to from + run.
        let rank = from as f64 + (run as f64 + 1.0) / 2.0;
        for i in &order[from..from + run] {
            out[*i as usize] = rank;
        }
        from += run;
    }
    Ok(out)
}

/// Pseudo-observations `rank / (n + 1)` of each column: what a copula is fitted to.
pub fn pseudo_observations(values: &Matrix) -> Result<Matrix, Error> {
    let scale = 1.0 / (values.rows() as f64 + 1.0);
    let columns: Vec<Vec<f64>> = (0..values.cols())
        .map(|j| Ok(ranks(&values.column(j))?.iter().map(|r| r * scale).collect()))
        .collect::<Result<_, Error>>()?;
    Matrix::from_columns(&columns)
}

/// Spearman's rank correlation: Pearson's of the ranks. Needs two pairs; a constant side is refused.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64, Error> {
    let n = pairs(x, y)?;
    let (a, b) = (ranks(x)?, ranks(y)?);
    let middle = (n as f64 + 1.0) / 2.0;
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (p, q) in a.iter().zip(&b) {
        xy += (p - middle) * (q - middle);
        xx += (p - middle) * (p - middle);
        yy += (q - middle) * (q - middle);
    }
    if xx <= 0.0 || yy <= 0.0 {
        return Err(Error::Constant { what: "a side of a rank correlation" });
    }
    Ok((xy / libm::sqrt(xx * yy)).clamp(-1.0, 1.0))
}

/// Kendall's tau-b, which corrects for ties, in `n log n` steps (Knight 1966). Needs two pairs; a constant side is
/// refused.
pub fn kendall(x: &[f64], y: &[f64]) -> Result<f64, Error> {
    let n = pairs(x, y)?;
    // Adding zero turns -0.0 into 0.0, which the total order of floats would tell apart.
    let mut both: Vec<(f64, f64)> = x.iter().zip(y).map(|(a, b)| (a + 0.0, b + 0.0)).collect();
    both.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let tied_x = tied_pairs(both.iter().map(|pair| pair.0));
    let tied_both = tied_pairs(both.iter().copied());
    let mut ordered_y: Vec<f64> = both.iter().map(|pair| pair.1).collect();
    let mut spare = vec![0.0; n];
    let swaps = merge_sort(&mut ordered_y, &mut spare);
    let tied_y = tied_pairs(ordered_y.iter().copied());
    let all = n as u64 * (n as u64 - 1) / 2;
    if tied_x == all || tied_y == all {
        return Err(Error::Constant { what: "a side of a rank correlation" });
    }
    let concordant_less_discordant = (all + tied_both) as f64 - (tied_x + tied_y + 2 * swaps) as f64;
    let scale = libm::sqrt((all - tied_x) as f64) * libm::sqrt((all - tied_y) as f64);
    Ok((concordant_less_discordant / scale).clamp(-1.0, 1.0))
}

/// Spearman's correlation of all pairs of columns.
pub fn spearman_matrix(values: &Matrix) -> Result<Matrix, Error> {
    pairwise(values, spearman)
}

/// Kendall's tau-b of all pairs of columns.
pub fn kendall_matrix(values: &Matrix) -> Result<Matrix, Error> {
    pairwise(values, kendall)
}

fn pairwise(values: &Matrix, of: impl Fn(&[f64], &[f64]) -> Result<f64, Error>) -> Result<Matrix, Error> {
    let columns: Vec<Vec<f64>> = (0..values.cols()).map(|j| values.column(j)).collect();
    let mut out = Matrix::identity(columns.len());
    for i in 0..columns.len() {
        for j in 0..i {
            out[(i, j)] = of(&columns[i], &columns[j])?;
            out[(j, i)] = out[(i, j)];
        }
    }
    Ok(out)
}

fn pairs(x: &[f64], y: &[f64]) -> Result<usize, Error> {
    given::equal_lengths("the left side", x.len(), "the right side", y.len())?;
    given::series("the left side", x, 2)?;
    given::finite("the right side", y)?;
    given::parameter("the number of pairs", x.len() as f64, x.len() < 1 << 31, "below 2^31 is needed")?;
    Ok(x.len())
}

fn order_of(values: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..values.len() as u32).collect();
    order.sort_unstable_by(|a, b| values[*a as usize].total_cmp(&values[*b as usize]).then(a.cmp(b)));
    order
}

/// How many values at the front are equal.
fn run_length<T: PartialEq>(mut values: impl Iterator<Item = T>) -> usize {
    let Some(first) = values.next() else { return 0 };
    1 + values.take_while(|v| *v == first).count()
}

/// Pairs of equal values in a sequence whose equals are neighbours.
fn tied_pairs<T: PartialEq>(values: impl Iterator<Item = T>) -> u64 {
    let (mut total, mut run) = (0_u64, 0_u64);
    let mut last = None;
    for value in values {
        if last.as_ref() == Some(&value) {
            run += 1;
            total += run;
        } else {
            run = 0;
            last = Some(value);
        }
    }
    total
}

/// Sorts ascending; the number of exchanges of neighbours that this would take.
fn merge_sort(values: &mut [f64], spare: &mut [f64]) -> u64 {
    let n = values.len();
    if n < 2 {
        return 0;
    }
    let middle = n / 2;
    let mut swaps = merge_sort(&mut values[..middle], &mut spare[..middle]);
    swaps += merge_sort(&mut values[middle..], &mut spare[middle..]);
    let (mut left, mut right) = (0, middle);
    for place in spare.iter_mut() {
        if right == n || (left < middle && values[left] <= values[right]) {
            *place = values[left];
            left += 1;
        } else {
            *place = values[right];
            right += 1;
            swaps += (middle - left) as u64;
        }
    }
    values.copy_from_slice(spare);
    swaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow twin: every pair.
    fn naive_kendall(x: &[f64], y: &[f64]) -> f64 {
        let (mut sum, mut untied_x, mut untied_y) = (0.0, 0.0, 0.0);
        let sign = |d: f64| {
            if d > 0.0 {
                1.0
            } else if d < 0.0 {
                -1.0
            } else {
                0.0
            }
        };
        for i in 0..x.len() {
            for j in 0..i {
                let (a, b): (f64, f64) = (sign(x[i] - x[j]), sign(y[i] - y[j]));
                sum += a * b;
                untied_x += a.abs();
                untied_y += b.abs();
            }
        }
        sum / f64::sqrt(untied_x * untied_y)
    }

    #[test]
    fn ties_share_ranks() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, 3.0]).unwrap(), [4.0, 1.0, 4.0, 2.0, 4.0]);
        assert_eq!(ranks(&[]).unwrap(), [0.0; 0]);
        assert!((kendall(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]).unwrap() + 1.0).abs() < 1e-15);
        assert!((spearman(&[1.0, 2.0, 3.0], &[1.0, 4.0, 9.0]).unwrap() - 1.0).abs() < 1e-15);
        assert!(kendall(&[1.0, 1.0], &[1.0, 2.0]).is_err());
        assert!(spearman(&[1.0, 2.0], &[1.0, 1.0]).is_err());
        assert!(kendall(&[1.0], &[1.0]).is_err() && kendall(&[1.0, 2.0], &[1.0]).is_err());
        assert!(ranks(&[f64::NAN]).is_err());
    }

    proptest! {
        #[test]
        fn kendall_agrees_with_its_slow_twin(x in prop::collection::vec((-6_i8..6, -6_i8..6), 2..60)) {
            let (a, b): (Vec<f64>, Vec<f64>) = x.iter().map(|(a, b)| (f64::from(*a), f64::from(*b))).unzip();
            if let Ok(got) = kendall(&a, &b) {
                prop_assert!((got - naive_kendall(&a, &b)).abs() < 1e-12);
            } else {
                prop_assert!(!naive_kendall(&a, &b).is_finite());
            }
        }

        #[test]
        fn a_monotone_change_of_scale_alters_nothing(x in prop::collection::vec((-9.0..9.0, -9.0..9.0), 3..40)) {
            let (a, b): (Vec<f64>, Vec<f64>) = x.into_iter().unzip();
            let bent: Vec<f64> = a.iter().map(|v| libm::exp(*v)).collect();
            prop_assert_eq!(kendall(&a, &b), kendall(&bent, &b));
            prop_assert_eq!(spearman(&a, &b), spearman(&bent, &b));
        }
    }
}
