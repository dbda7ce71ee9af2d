//! Sums of logarithms as logarithms of products: mantissas are multiplied and exponents added, so that a likelihood over a
//! million values takes a few thousand logarithms.

/// The logarithm of a long product of positive normal numbers.
pub(crate) struct LnProduct {
    mantissa: f64,
    exponent: i64,
}

impl Default for LnProduct {
    fn default() -> Self {
        Self { mantissa: 1.0, exponent: 0 }
    }
}

impl LnProduct {
    const MANTISSA: u64 = (1 << 52) - 1;
    const ONE: u64 = 1023 << 52;

    #[inline]
    pub fn push(&mut self, x: f64) {
        let bits = x.to_bits();
        self.exponent += (bits >> 52) as i64 - 1023;
        self.mantissa *= f64::from_bits(bits & Self::MANTISSA | Self::ONE);
        if self.mantissa > 1e300 {
            let bits = self.mantissa.to_bits();
            self.exponent += (bits >> 52) as i64 - 1023;
            self.mantissa = f64::from_bits(bits & Self::MANTISSA | Self::ONE);
        }
    }

    pub fn ln(&self) -> f64 {
        self.exponent as f64 * std::f64::consts::LN_2 + libm::log(self.mantissa)
    }
}
