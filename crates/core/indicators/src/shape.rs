//! Skewness and kurtosis of the last values, each corrected for bias, out of sums of powers that run along. One definition for
//! streams and for columns that are computed side by side.

/// What is told of the shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `sqrt(n (n - 1)) / (n - 2) * m3 / m2^1.5`, of three values at least.
    Skew,
    /// `(n - 1) / ((n - 2)(n - 3)) * ((n + 1) m4 / m2^2 - 3 (n - 1))`, of four values at least.
    Kurt,
}

impl Shape {
    /// Of `n` values, out of the sums of the first four powers of `value - shift`, where `shift` is one of them: it is then at
    /// most `sqrt(n - 1)` deviations from the mean (Samuelson 1968), and what cancels are as many digits as `n` has, or half as
    /// many more for the skewness. Not finite where all values are equal.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "compiled for each kind of processor where columns are computed")]
    #[must_use]
    pub fn of_sums(self, n: f64, sums: [f64; 4]) -> f64 {
        let part = 1.0 / n;
        let [mean, two, three, four] = [sums[0] * part, sums[1] * part, sums[2] * part, sums[3] * part];
        let square = mean * mean;
        let m2 = two - square;
        match self {
            Shape::Skew => {
                let m3 = three - mean * (3.0 * two - 2.0 * square);
                (n * (n - 1.0)).sqrt() / (n - 2.0) * m3 / (m2 * m2.sqrt())
            }
            Shape::Kurt => {
                let m4 = four - mean * (4.0 * three - mean * (6.0 * two - 3.0 * square));
                (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * m4 / (m2 * m2) - 3.0 * (n - 1.0))
            }
        }
    }
}
