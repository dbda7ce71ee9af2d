//! Eigenvalues and eigenvectors of a symmetric matrix: Householder reduction to tridiagonal form and implicit QL
//! (Bowdler, Martin, Reinsch and Wilkinson 1968, the EISPACK procedures tred2 and tql2). Cost about 9 n^3 operations.

use super::Matrix;
use crate::{Error, given};

/// QL steps for one eigenvalue; two are usual.
const STEPS_MAX: usize = 60;

/// `A = V diag(values) V'`.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigen {
    /// In ascending order.
    pub values: Vec<f64>,
    /// Column `j` is the unit vector of value `j`.
    pub vectors: Matrix,
}

impl Eigen {
    /// Decomposes a symmetric matrix.
    pub fn of(matrix: &Matrix) -> Result<Self, Error> {
        matrix.require_symmetric("the matrix to decompose")?;
        // A power of two takes extremes out of the squares and costs no digit.
        let largest = matrix.values().iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let exponent = if largest > 0.0 { libm::frexp(largest).1.max(-1000) } else { 0 };
        let mut work = Tridiagonal::reduce(&matrix.scaled(libm::ldexp(1.0, -exponent)));
        work.diagonalise()?;
        let mut eigen = work.sorted();
        for value in &mut eigen.values {
            *value = libm::ldexp(*value, exponent);
        }
        given::finite("the eigenvalues, of a matrix near the end of the range of numbers,", &eigen.values)?;
        given::finite("the eigenvectors", eigen.vectors.values())?;
        Ok(eigen)
    }

    /// `V diag(f(values)) V'`, exactly symmetric.
    pub fn map(&self, mut f: impl FnMut(f64) -> f64) -> Matrix {
        let mapped: Vec<f64> = self.values.iter().map(|v| f(*v)).collect();
        Matrix::symmetric_from(self.values.len(), |i, j| {
            let pairs = self.vectors.row(i).iter().zip(self.vectors.row(j));
            pairs.zip(&mapped).map(|((a, b), m)| a * b * m).sum()
        })
    }
}

struct Tridiagonal {
    n: usize,
    vectors: Matrix,
    diagonal: Vec<f64>,
    /// `beside[i]` couples `i - 1` and `i` until the shift in `diagonalise`.
    beside: Vec<f64>,
}

impl Tridiagonal {
    fn reduce(matrix: &Matrix) -> Self {
        let n = matrix.rows();
        let mut v = matrix.clone();
        let mut d = v.row(n - 1).to_vec();
        let mut e = vec![0.0; n];
        for i in (1..n).rev() {
            let scale: f64 = d[..i].iter().map(|x| x.abs()).sum();
            let mut h = 0.0;
            if scale <= 0.0 {
                e[i] = d[i - 1];
                for j in 0..i {
                    d[j] = v[(i - 1, j)];
                    v[(i, j)] = 0.0;
                    v[(j, i)] = 0.0;
                }
            } else {
                for x in &mut d[..i] {
                    *x /= scale;
                    h += *x * *x;
                }
                let f = d[i - 1];
                let g = if f > 0.0 { -libm::sqrt(h) } else { libm::sqrt(h) };
                e[i] = scale * g;
                h -= f * g;
                d[i - 1] = f - g;
                e[..i].fill(0.0);
                for j in 0..i {
                    let f = d[j];
                    v[(j, i)] = f;
                    let mut g = e[j] + v[(j, j)] * f;
                    for k in j + 1..i {
                        g += v[(k, j)] * d[k];
                        e[k] += v[(k, j)] * f;
                    }
                    e[j] = g;
                }
                let mut f = 0.0;
                for j in 0..i {
                    e[j] /= h;
                    f += e[j] * d[j];
                }
                let half = f / (h + h);
                for j in 0..i {
                    e[j] -= half * d[j];
                }
                for j in 0..i {
                    let (f, g) = (d[j], e[j]);
                    for k in j..i {
                        v[(k, j)] -= f * e[k] + g * d[k];
                    }
                    d[j] = v[(i - 1, j)];
                    v[(i, j)] = 0.0;
                }
            }
            d[i] = h;
        }
        Self::accumulate(n, &mut v, &mut d);
        e[0] = 0.0;
        Self { n, vectors: v, diagonal: d, beside: e }
    }

    /// Multiplies the reflections together.
    fn accumulate(n: usize, v: &mut Matrix, d: &mut [f64]) {
        for i in 0..n - 1 {
            v[(n - 1, i)] = v[(i, i)];
            v[(i, i)] = 1.0;
            let h = d[i + 1];
            if h.abs() > 0.0 {
                for k in 0..=i {
                    d[k] = v[(k, i + 1)] / h;
                }
                for j in 0..=i {
                    let g: f64 = (0..=i).map(|k| v[(k, i + 1)] * v[(k, j)]).sum();
                    for k in 0..=i {
                        v[(k, j)] -= g * d[k];
                    }
                }
            }
            for k in 0..=i {
                v[(k, i + 1)] = 0.0;
            }
        }
        for j in 0..n {
            d[j] = v[(n - 1, j)];
            v[(n - 1, j)] = 0.0;
        }
        v[(n - 1, n - 1)] = 1.0;
    }

    fn diagonalise(&mut self) -> Result<(), Error> {
        let (n, d, e) = (self.n, &mut self.diagonal, &mut self.beside);
        e.rotate_left(1);
        e[n - 1] = 0.0;
        let (mut shift, mut largest) = (0.0, 0.0_f64);
        for l in 0..n {
            largest = largest.max(d[l].abs() + e[l].abs());
            let mut steps = 0;
            loop {
                let m = (l..n).find(|m| e[*m].abs() <= f64::EPSILON * largest).unwrap_or(n - 1);
                if m == l {
                    break;
                }
                steps += 1;
                if steps > STEPS_MAX {
                    return Err(Error::NotConverged {
                        what: "the symmetric eigenvalue iteration",
                        iterations: STEPS_MAX,
                        detail: format!("eigenvalue {l} still couples by {:e}", e[l]),
                    });
                }
                shift += ql_step(l, m, d, e, &mut self.vectors);
            }
            d[l] += shift;
            e[l] = 0.0;
        }
        Ok(())
    }

    fn sorted(self) -> Eigen {
        let mut order: Vec<usize> = (0..self.n).collect();
        order.sort_by(|a, b| self.diagonal[*a].total_cmp(&self.diagonal[*b]));
        Eigen {
            values: order.iter().map(|i| self.diagonal[*i]).collect(),
            vectors: Matrix::from_fn(self.n, self.n, |i, j| self.vectors[(i, order[j])]),
        }
    }
}

/// One implicit QL step on rows `l..=m`; the shift that it took off the diagonal.
fn ql_step(l: usize, m: usize, d: &mut [f64], e: &mut [f64], v: &mut Matrix) -> f64 {
    let n = d.len();
    let g = d[l];
    let p = (d[l + 1] - g) / (2.0 * e[l]);
    let r = if p < 0.0 { -libm::hypot(p, 1.0) } else { libm::hypot(p, 1.0) };
    d[l] = e[l] / (p + r);
    d[l + 1] = e[l] * (p + r);
    let next = d[l + 1];
    let shift = g - d[l];
    for value in &mut d[l + 2..n] {
        *value -= shift;
    }
    let mut p = d[m];
    let (mut c, mut c2, mut c3) = (1.0, 1.0, 1.0);
    let (mut s, mut s2) = (0.0, 0.0);
    let beside = e[l + 1];
    for i in (l..m).rev() {
        (c3, c2, s2) = (c2, c, s);
        let g = c * e[i];
        let h = c * p;
        let r = libm::hypot(p, e[i]);
        e[i + 1] = s * r;
        s = e[i] / r;
        c = p / r;
        p = c * d[i] - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]);
        for k in 0..n {
            let row = v.row_mut(k);
            let h = row[i + 1];
            row[i + 1] = s * row[i] + c * h;
            row[i] = c * row[i] - s * h;
        }
    }
    let p = -s * s2 * c3 * beside * e[l] / next;
    e[l] = s * p;
    d[l] = c * p;
    shift
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use proptest::prelude::*;

    fn check(a: &Matrix) {
        let eigen = Eigen::of(a).unwrap();
        let n = a.rows();
        let scale = 1e-300 + a.values().iter().fold(0.0, |m: f64, v| m.max(v.abs())) * n as f64;
        assert!(eigen.values.is_sorted());
        let back = eigen.map(|v| v);
        for (got, want) in back.values().iter().zip(a.values()) {
            assert!((got - want).abs() < 1e-13 * scale, "{got} {want}");
        }
        let unit = eigen.vectors.transposed().times(&eigen.vectors).unwrap();
        for (got, want) in unit.values().iter().zip(Matrix::identity(n).values()) {
            assert!((got - want).abs() < 1e-13 * n as f64);
        }
    }

    #[test]
    fn knows_the_second_difference_matrix() {
        let n = 50;
        let a = Matrix::symmetric_from(n, |i, j| if i == j { 2.0 } else { -f64::from(u8::from(i == j + 1)) });
        let eigen = Eigen::of(&a).unwrap();
        for (k, value) in eigen.values.iter().enumerate() {
            let half = std::f64::consts::PI * (k + 1) as f64 / (2.0 * (n + 1) as f64);
            let want = 4.0 * libm::sin(half) * libm::sin(half);
            assert!((value - want).abs() < 1e-13, "{k}: {value} {want}");
        }
        check(&a);
    }

    #[test]
    fn copes_with_one_row_zeros_ties_and_wide_scales() {
        check(&Matrix::from_rows(&[[3.0]]).unwrap());
        check(&Matrix::zeros(4, 4));
        check(&Matrix::identity(7));
        check(&Matrix::symmetric_from(5, |_, _| 1.0));
        check(&Matrix::symmetric_from(6, |i, j| libm::pow(10.0, -((i + j) as f64))));
        check(&Matrix::symmetric_from(4, |i, j| 1e-200 * (i + j) as f64));
    }

    proptest! {
        #[test]
        fn rebuilds_any_matrix(n in 1_usize..24, seed in 0_u64..1000) {
            let mut stream = Key::numbered(seed, 1).stream(0);
            check(&Matrix::symmetric_from(n, |_, _| stream.normal()));
        }
    }
}
