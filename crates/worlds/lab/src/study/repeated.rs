//! Which columns of a table move as one, for the message when a matrix of them has no inverse.

use super::{Sample, StudyError};
use scalp_quant::Error;

/// A column whose part beside the others is smaller than this says nothing of its own.
const OWN_MIN: f64 = 1e-7;
/// A share of another column that counts as being made of it.
const SHARE_MIN: f64 = 1e-6;

impl Sample {
    /// The same refusal with the columns that it is about, where one is made of others.
    pub fn named(&self, error: StudyError) -> StudyError {
        let StudyError::Quant { what, why } = &error else { return error };
        let Some((column, of)) = self.made_of_others() else { return error };
        let about = match why {
            Error::Singular { .. } => true,
            // Of a strategy that does as its benchmark, nothing is left over it.
            Error::Constant { .. } => {
                *what == self.names[column] || of.iter().any(|it| *what == self.names[*it])
            }
            _ => false,
        };
        if !about {
            return error;
        }
        let names: Vec<&str> = of.iter().map(|it| self.names[*it].as_str()).collect();
        StudyError::Asked(format!(
            "{what}: {} moves as {} {}: leave one of them out, with --column for each of the others",
            self.names[column],
            names.join(" and "),
            if names.len() == 1 { "does" } else { "together do" }
        ))
    }

    /// The first column whose returns are a combination of those before it, and which these are. A constant column is not
    /// counted, it has a message of its own.
    fn made_of_others(&self) -> Option<(usize, Vec<usize>)> {
        // Gram and Schmidt, each column taken apart twice so that rounding is not left as a part of its own.
        let mut basis: Vec<Vec<f64>> = Vec::new();
        // Each base as a combination of columns.
        let mut made: Vec<Vec<f64>> = Vec::new();
        for (at, returns) in self.returns.iter().enumerate() {
            let mean = returns.iter().sum::<f64>() / returns.len() as f64;
            let mut left: Vec<f64> = returns.iter().map(|it| it - mean).collect();
            let size = length(&left);
            if size <= 0.0 {
                continue;
            }
            left.iter_mut().for_each(|it| *it /= size);
            let mut parts = vec![0.0; basis.len()];
            for _ in 0..2 {
                for (base, part) in basis.iter().zip(&mut parts) {
                    let along: f64 = left.iter().zip(base).map(|(a, b)| a * b).sum();
                    left.iter_mut().zip(base).for_each(|(a, b)| *a -= along * b);
                    *part += along;
                }
            }
            let mut columns = vec![0.0; self.returns.len()];
            for (part, combination) in parts.iter().zip(&made) {
                columns.iter_mut().zip(combination).for_each(|(column, share)| *column += part * share);
            }
            let own = length(&left);
            if own < OWN_MIN {
                let of = (0..columns.len()).filter(|it| columns[*it].abs() > SHARE_MIN).collect();
                return Some((at, of));
            }
            left.iter_mut().for_each(|it| *it /= own);
            columns.iter_mut().for_each(|it| *it /= -own);
            columns[at] = 1.0 / own;
            basis.push(left);
            made.push(columns);
        }
        None
    }
}

fn length(values: &[f64]) -> f64 {
    libm::sqrt(values.iter().map(|it| it * it).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(returns: Vec<Vec<f64>>) -> Sample {
        Sample {
            table: "t.csv".into(),
            names: ["A", "B", "C", "D"].into_iter().take(returns.len()).map(str::to_owned).collect(),
            times: Vec::new(),
            returns,
            prices: None,
            per_year: 365.0,
            notes: Vec::new(),
        }
    }

    #[test]
    fn the_columns_of_a_combination_are_found_and_no_others() {
        let noise = |seed: u64| -> Vec<f64> {
            (0..50_u64).map(|it| ((it * 7_919 + seed * 104_729) % 1_009) as f64 / 1_009.0).collect()
        };
        let (a, b, c) = (noise(1), noise(2), noise(3));
        let sum: Vec<f64> = a.iter().zip(&c).map(|(a, c)| 0.3 * a - 2.0 * c + 0.1).collect();
        assert_eq!(sample(vec![a.clone(), b.clone(), c.clone()]).made_of_others(), None);
        assert_eq!(sample(vec![a.clone(), b.clone(), c, sum]).made_of_others(), Some((3, vec![0, 2])));
        let twice: Vec<f64> = b.iter().map(|it| 2.0 * it).collect();
        assert_eq!(sample(vec![vec![0.1; 50], a, b, twice]).made_of_others(), Some((3, vec![2])));
    }
}
