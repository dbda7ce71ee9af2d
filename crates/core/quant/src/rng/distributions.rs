//! Draws of other laws. They take a varying number of words, each from the stream that it was given.

use super::Stream;
use crate::{Error, given};

/// Gamma law of a shape and scale 1 (Marsaglia and Tsang 2000).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamma {
    shape: f64,
    d: f64,
    c: f64,
}

impl Gamma {
    /// `shape` above zero.
    pub fn new(shape: f64) -> Result<Self, Error> {
        given::parameter("the shape of a gamma law", shape, shape > 0.0, "above zero is needed")?;
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        Ok(Self { shape, d, c: 1.0 / libm::sqrt(9.0 * d) })
    }

    /// One draw; mean and variance are the shape.
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        let whole = loop {
            let x = stream.normal();
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let (v, u) = (root * root * root, stream.uniform());
            let square = x * x;
            if u < 1.0 - 0.0331 * square * square
                || libm::log(u) < 0.5 * square + self.d * (1.0 - v + libm::log(v))
            {
                break self.d * v;
            }
        };
        // A shape below one is that of one more, times u^(1/shape).
        if self.shape < 1.0 { whole * libm::exp(libm::log(stream.uniform()) / self.shape) } else { whole }
    }
}

impl Stream {
    /// Student-t with the degrees of freedom that belong to `half`, the gamma law of half of them: `Gamma::new(nu / 2)`.
    pub fn student_t(&mut self, half: &Gamma) -> f64 {
        self.normal() * libm::sqrt(half.shape / half.draw(self))
    }
}

/// Poisson law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Poisson {
    mean: f64,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// Search from zero at one uniform; `exp(-mean)`.
    Search(f64),
    /// Transformed rejection PTRS (Hörmann 1993) with its constants.
    Reject { a: f64, b: f64, log_inverse_alpha: f64, squeeze: f64, log_mean: f64 },
}

/// Above this mean a search from zero takes longer than a rejection.
const SEARCH_MEAN_MAX: f64 = 10.0;
/// Largest mean: counts stay exact in `f64`.
const MEAN_MAX: f64 = 1e12;

impl Poisson {
    /// `mean` from zero to 1e12.
    pub fn new(mean: f64) -> Result<Self, Error> {
        given::parameter(
            "the mean of a Poisson law",
            mean,
            (0.0..=MEAN_MAX).contains(&mean),
            "from 0 to 1e12 is needed",
        )?;
        let way = if mean < SEARCH_MEAN_MAX {
            Way::Search(libm::exp(-mean))
        } else {
            let b = 0.931 + 2.53 * libm::sqrt(mean);
            Way::Reject {
                a: -0.059 + 0.024_83 * b,
                b,
                log_inverse_alpha: libm::log(1.1239 + 1.1328 / (b - 3.4)),
                squeeze: 0.9277 - 3.6224 / (b - 2.0),
                log_mean: libm::log(mean),
            }
        };
        Ok(Self { mean, way })
    }

    /// One draw.
    pub fn draw(&self, stream: &mut Stream) -> u64 {
        match self.way {
            Way::Search(none) => {
                let mut left = stream.uniform();
                let (mut count, mut probability) = (0_u64, none);
                // The probabilities of a mean below ten vanish long before 200, which bounds the search.
                while left > probability && count < 200 {
                    left -= probability;
                    count += 1;
                    probability *= self.mean / count as f64;
                }
                count
            }
            Way::Reject { a, b, log_inverse_alpha, squeeze, log_mean } => loop {
                let (u, v) = (stream.uniform() - 0.5, stream.uniform());
                let edge = 0.5 - u.abs();
                let count = libm::floor((2.0 * a / edge + b) * u + self.mean + 0.43);
                if edge >= 0.07 && v <= squeeze {
                    return count as u64;
                }
                if count < 0.0 || (edge < 0.013 && v > edge) {
                    continue;
                }
                let height = libm::log(v) + log_inverse_alpha - libm::log(a / (edge * edge) + b);
                if height <= -self.mean + count * log_mean - libm::lgamma(count + 1.0) {
                    return count as u64;
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    /// Mean, variance and their four-standard-error bands from the fourth moment of the sample.
    #[track_caller]
    fn check(name: &str, draws: &[f64], mean: f64, variance: f64) {
        let n = draws.len() as f64;
        let m = draws.iter().sum::<f64>() / n;
        let central = |k: i32| draws.iter().map(|x| libm::pow(x - m, f64::from(k))).sum::<f64>() / n;
        let (m2, m4) = (central(2), central(4));
        let (off_mean, off_variance) =
            ((m - mean) / (m2 / n).sqrt(), (m2 - variance) / ((m4 - m2 * m2) / n).sqrt());
        println!("{name}: mean off by {off_mean:.2}, variance by {off_variance:.2} standard errors");
        assert!(off_mean.abs() < 4.0 && off_variance.abs() < 4.0, "{name}");
    }

    #[test]
    fn draws_have_the_moments_of_their_laws() {
        let key = Key::named(11, "moments");
        let mut number = 0;
        let mut sample = |draw: &dyn Fn(&mut Stream) -> f64| {
            number += 1;
            let mut stream = key.stream(number);
            (0..400_000).map(|_| draw(&mut stream)).collect::<Vec<_>>()
        };
        check("uniform", &sample(&|s| s.uniform()), 0.5, 1.0 / 12.0);
        check("normal", &sample(&|s| s.normal()), 0.0, 1.0);
        check("exponential", &sample(&|s| s.exponential()), 1.0, 1.0);
        for shape in [0.3, 1.0, 2.5, 40.0] {
            let law = Gamma::new(shape).unwrap();
            check(&format!("gamma {shape}"), &sample(&|s| law.draw(s)), shape, shape);
        }
        for nu in [6.0, 12.0] {
            let half = Gamma::new(nu / 2.0).unwrap();
            check(&format!("student {nu}"), &sample(&|s| s.student_t(&half)), 0.0, nu / (nu - 2.0));
        }
        for mean in [0.0, 0.02, 3.0, 9.9, 10.0, 55.0, 1e4] {
            let law = Poisson::new(mean).unwrap();
            let draws = sample(&|s| law.draw(s) as f64);
            if mean > 0.0 {
                check(&format!("poisson {mean}"), &draws, mean, mean);
            } else {
                assert!(draws.iter().all(|d| d.abs() < 0.5));
            }
        }
    }

    #[test]
    fn refuses_what_is_no_law() {
        assert!(Gamma::new(0.0).is_err() && Gamma::new(f64::NAN).is_err());
        assert!(Poisson::new(-1.0).is_err() && Poisson::new(f64::INFINITY).is_err());
    }
}
