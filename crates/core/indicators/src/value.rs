//! Numbers that have been looked at once, at the door, and carry that in their type, so that nothing behind it asks again.

/// Two to a power.
const fn two_to(power: i64) -> f64 {
    f64::from_bits(((1023 + power) as u64) << 52)
}

/// Why a number or a bar is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not a number, or neither 0 nor of a size from [`Value::LEAST`] to [`Value::MOST`].
    #[error("{0} is not a finite number of a size from 4.9e-91 to 2.0e90, nor 0")]
    Size(&'static str),
    /// The low lies above the high.
    #[error("the low lies above the high")]
    Inverted,
    /// The open or the close lies outside of low and high.
    #[error("the {0} lies outside of low and high")]
    Outside(&'static str),
    /// The volume is negative.
    #[error("the volume is negative")]
    NegativeVolume,
}

/// A number that has been looked at: 0, or of a size from [`Value::LEAST`] to [`Value::MOST`], negative or not.
///
/// Within these bounds nothing that indicators make of numbers leaves what is finite. A sum of fewer than 2^64 of them is below
/// 2^364. All are whole multiples of 2^-352, so what is left of a sum when numbers leave it is 0 or no smaller than that. A
/// product of two is below 2^600, and 2^664 when summed; what is left of such a sum is 0 or above 2^-653. So no quotient of
/// sums, of products or of both, and no sum of quotients, reaches 2^1024, where what is finite ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Value(f64);

impl Value {
    /// The largest size, 2^300.
    pub const MOST: f64 = two_to(300);
    /// The smallest size but 0, 2^-300.
    pub const LEAST: f64 = two_to(-300);

    /// Looks at a number; an error if it is not finite, too large, or too small to be told from 0.
    #[inline]
    pub fn new(x: f64) -> Result<Value, Unfit> {
        if Value::is_fit(x) { Ok(Value(x)) } else { Err(Unfit::Size("the value")) }
    }

    /// The number.
    #[must_use]
    #[inline]
    pub fn get(self) -> f64 {
        self.0
    }

    #[inline]
    fn is_fit(x: f64) -> bool {
        let size = x.abs();
        // What is not a number is not at most anything.
        size <= Value::MOST && (size >= Value::LEAST || size <= 0.0)
    }
}

/// A finished bar that has been looked at: five [`Value`]s, open and close between low and high, and no negative volume. Prices
/// may be negative (spreads).
///
/// ```
/// use scalp_indicators::typed::{Ad, Atr, Bar, Unfit};
///
/// let (mut ad, mut atr) = (Ad::new()?, Atr::new(2)?);
/// for close in [10.0, 11.0, 10.5, 12.0] {
///     let bar = Bar::new(close, close + 0.5, close - 0.5, close, 100.0)?; // asked here, once for both
///     let _sum: f64 = ad.take(&bar);
///     let _range: Option<f64> = atr.take(&bar); // none while it is warming up
/// }
/// assert_eq!(Bar::new(1.0, 2.0, f64::NAN, 1.0, 0.0), Err(Unfit::Size("low")));
/// assert_eq!(Bar::new(1.0, 2.0, 0.5, 3.0, 0.0), Err(Unfit::Outside("close")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    open: Value,
    high: Value,
    low: Value,
    close: Value,
    volume: Value,
}

impl Bar {
    /// Looks at a bar.
    #[inline]
    pub fn new(open: f64, high: f64, low: f64, close: f64, volume: f64) -> Result<Bar, Unfit> {
        let bar = Bar {
            open: Value(open),
            high: Value(high),
            low: Value(low),
            close: Value(close),
            volume: Value(volume),
        };
        if bar.is_fit() { Ok(bar) } else { Err(bar.fault()) }
    }

    #[inline]
    fn is_fit(&self) -> bool {
        let [open, high, low, close, volume] =
            [self.open, self.high, self.low, self.close, self.volume].map(Value::get);
        // Without a branch between them, as nearly all bars are fit.
        let sizes = Value::is_fit(open)
            & Value::is_fit(high)
            & Value::is_fit(low)
            & Value::is_fit(close)
            & Value::is_fit(volume);
        sizes & (low <= open) & (open <= high) & (low <= close) & (close <= high) & (volume >= 0.0)
    }

    #[cold]
    fn fault(&self) -> Unfit {
        let columns = [
            ("open", self.open),
            ("high", self.high),
            ("low", self.low),
            ("close", self.close),
            ("volume", self.volume),
        ];
        match columns.iter().find(|(_, it)| !Value::is_fit(it.0)) {
            Some((name, _)) => Unfit::Size(name),
            None if self.low > self.high => Unfit::Inverted,
            None if self.volume.0 < 0.0 => Unfit::NegativeVolume,
            None if self.open < self.low || self.open > self.high => Unfit::Outside("open"),
            None => Unfit::Outside("close"),
        }
    }
}

macro_rules! columns {
    ($($name:ident $text:literal)*) => {
        impl Bar {
            $(
                #[doc = $text]
                #[must_use]
                #[inline]
                pub fn $name(&self) -> Value {
                    self.$name
                }
            )*
        }
    };
}
columns! {
    open "The first price."
    high "The highest price."
    low "The lowest price."
    close "The last price."
    volume "What was traded."
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests only: exact answers")]

    use super::*;

    #[test]
    fn the_bounds_of_a_value_are_its_last_ones() {
        assert_eq!(Value::MOST, libm::ldexp(1.0, 300));
        assert_eq!(Value::LEAST, libm::ldexp(1.0, -300));
        for x in [0.0, -0.0, 1.0, -37.63, Value::MOST, -Value::MOST, Value::LEAST, -Value::LEAST] {
            assert_eq!(Value::new(x).unwrap().get().to_bits(), x.to_bits());
        }
        let (above, below) = (Value::MOST.next_up(), Value::LEAST.next_down());
        for x in [above, -above, below, -below, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]
        {
            assert_eq!(Value::new(x), Err(Unfit::Size("the value")), "{x:e}");
        }
    }

    #[test]
    fn a_bar_is_refused_by_the_first_thing_that_is_wrong_with_it() {
        let good = [2.0, 4.0, 1.0, 3.0, 0.0];
        let with = |place: usize, x: f64| {
            let mut bar = good;
            bar[place] = x;
            let [open, high, low, close, volume] = bar;
            Bar::new(open, high, low, close, volume).map(|_| ())
        };
        assert_eq!(with(4, 0.0), Ok(()));
        for (place, name) in ["open", "high", "low", "close", "volume"].into_iter().enumerate() {
            for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e100, 1e-100] {
                assert_eq!(with(place, x), Err(Unfit::Size(name)), "{name} {x}");
            }
        }
        assert_eq!(with(1, 0.5), Err(Unfit::Inverted));
        assert_eq!(with(0, 4.5), Err(Unfit::Outside("open")));
        assert_eq!(with(0, 0.5), Err(Unfit::Outside("open")));
        assert_eq!(with(3, 4.5), Err(Unfit::Outside("close")));
        assert_eq!(with(4, -1.0), Err(Unfit::NegativeVolume));
        let spread = Bar::new(-2.0, -1.0, -4.0, -3.0, 5.0).unwrap();
        assert_eq!((spread.low().get(), spread.volume().get()), (-4.0, 5.0));
    }
}
