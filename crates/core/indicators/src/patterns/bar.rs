//! The bar that patterns read, and which bars are refused.

/// A finished bar. The open plays no part in any pattern here.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bar {
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded size; zero throughout where it is not known.
    pub volume: f64,
}

/// The largest price or volume that is read: beyond it, products would overflow.
pub const VALUE_MAX: f64 = 1e100;

/// Why a bar was refused. It left no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A value is not finite, or beyond [`VALUE_MAX`].
    #[error("the column {0:?} is not a finite number within 1e100")]
    NotFinite(&'static str),
    /// The low lies above the high.
    #[error("the low lies above the high")]
    Inverted,
    /// The close lies outside of the range of its bar.
    #[error("the close lies outside of low and high")]
    CloseOutside,
    /// The volume is negative.
    #[error("the volume is negative")]
    NegativeVolume,
}

impl Bar {
    /// Whether this is a bar that can be read. Prices may be negative (spreads).
    #[inline]
    pub fn check(&self) -> Result<(), Refused> {
        // One test for the usual case: every comparison with a value that is not a number is false.
        let sound = self.low <= self.close
            && self.close <= self.high
            && self.low >= -VALUE_MAX
            && self.high <= VALUE_MAX
            && self.volume >= 0.0
            && self.volume <= VALUE_MAX;
        if sound { Ok(()) } else { Err(self.fault()) }
    }

    #[cold]
    fn fault(&self) -> Refused {
        let columns =
            [("high", self.high), ("low", self.low), ("close", self.close), ("volume", self.volume)];
        let absurd = |x: f64| !(x.is_finite() && x.abs() <= VALUE_MAX);
        match columns.iter().find(|(_, value)| absurd(*value)) {
            Some((name, _)) => Refused::NotFinite(name),
            None if self.low > self.high => Refused::Inverted,
            None if self.volume < 0.0 => Refused::NegativeVolume,
            None => Refused::CloseOutside,
        }
    }
}
