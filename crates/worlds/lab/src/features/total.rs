//! Sums of sizes that no float rounds on the way, each told by what is in it alone.

use super::built::{DIGITS_MAX, decimals};

/// Below this a whole number of a decimal's last digits has at most 15 of them, so that no other decimal is the same float.
const COUNT_MAX: f64 = 1e15;

/// A sum of sizes. As long as all of them are decimals of at most 15 digits it is counted in units of the last of them, and is the
/// float nearest to it; else floats are added in their order. Nothing outside of it plays a part.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total {
    floats: f64,
    /// In units of `digits` decimals; none where it cannot be counted.
    count: Count,
}

#[derive(Debug, Clone, Copy)]
enum Count {
    Of { digits: u32, power: f64, units: i128 },
    None,
}

impl Default for Count {
    fn default() -> Count {
        Count::Of { digits: 0, power: 1.0, units: 0 }
    }
}

impl Total {
    /// Adds a size.
    pub(super) fn add(&mut self, size: f64) {
        self.floats += size;
        let Count::Of { digits, power, units } = &mut self.count else { return };
        let here = (size * *power).round();
        if here.abs() < COUNT_MAX && (here / *power).to_bits() == size.to_bits() {
            *units += here as i128;
            return;
        }
        let Some(own) = decimals(std::iter::once(size)) else {
            self.count = Count::None;
            return;
        };
        // At most 15 digits behind the point, so that neither these nor any sum of sizes comes near the bounds of 128 bits.
        while *digits < own {
            (*digits, *power, *units) = (*digits + 1, *power * 10.0, *units * 10);
        }
        let of_own = (size * 10.0_f64.powi(own as i32)).round() as i128;
        *units += of_own * 10_i128.pow(*digits - own);
    }

    /// The sum.
    pub(super) fn get(&self) -> f64 {
        let Count::Of { digits, power, units } = self.count else { return self.floats };
        let whole = units as f64;
        if whole.abs() < 2.0_f64.powi(53) {
            return whole / power;
        }
        // Both would be rounded: the text is read as the nearest float.
        format!("{units}e-{digits}").parse().unwrap_or(self.floats)
    }
}

const _: () = assert!(DIGITS_MAX == 15);

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "tests only: exact answers")]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn total(sizes: &[f64]) -> f64 {
        let mut total = Total::default();
        sizes.iter().for_each(|it| total.add(*it));
        total.get()
    }

    #[test]
    fn decimals_are_summed_as_such() {
        assert_eq!(total(&[]), 0.0);
        assert_eq!(total(&[0.1; 10]), 1.0);
        assert_eq!(total(&[0.1, 0.2, 0.3]), 0.6);
        assert_eq!(total(&[12.3, 0.000_000_000_000_1, 8.1]), 20.400_000_000_000_1);
        assert_eq!(Ok(total(&[123_456_789_012.5, 0.000_001])), "123456789012.500001".parse());
        // By an independent sum in decimals.
        let mut state = 7_u64;
        for round in 0..200 {
            let mut sizes = Vec::new();
            let mut exact = Decimal::ZERO;
            for _ in 0..50 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let decimal = Decimal::new((state >> 34) as i64, (state >> 20) as u32 % (round % 9 + 1));
                sizes.push(decimal.to_string().parse::<f64>().expect("a number"));
                exact += decimal;
            }
            assert_eq!(Some(total(&sizes)), exact.to_string().parse().ok(), "{exact}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_added_as_a_float() {
        let sizes = [0.1, 0.2, 0.300_000_000_000_000_04];
        assert_eq!(total(&sizes), 0.1 + 0.2 + 0.300_000_000_000_000_04);
        assert!(total(&[0.1, f64::NAN]).is_nan());
    }
}
