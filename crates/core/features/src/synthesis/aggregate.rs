//! What is said of the rows that a cutoff sees.

/// Values that [`Totals`] keeps the last of, for the volatility.
const LAST: usize = 20;

/// An aggregation: one number of many.
pub(super) struct Aggregation {
    pub(super) name: &'static str,
    pub(super) of: fn(&Totals) -> f64,
}

/// All of them. Without a value all but the sum and the count are absent; a deviation needs two values, the volatility (the
/// deviation of the last 20 values) needs 20.
pub(super) const AGGREGATIONS: [Aggregation; 7] = [
    Aggregation { name: "SUM", of: |it| it.sum },
    Aggregation { name: "MEAN", of: |it| if it.count > 0 { it.mean } else { f64::NAN } },
    Aggregation { name: "STD", of: |it| deviation(it.squares, it.count) },
    Aggregation { name: "MIN", of: |it| if it.count > 0 { it.min } else { f64::NAN } },
    Aggregation { name: "MAX", of: |it| if it.count > 0 { it.max } else { f64::NAN } },
    Aggregation { name: "COUNT", of: |it| it.count as f64 },
    Aggregation { name: "VOLATILITY", of: Totals::volatility },
];

/// Those that are also asked of rows with a label.
pub(super) const WHERE: [&str; 3] = ["SUM", "MEAN", "STD"];

/// What aggregations need of the values pushed so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    count: usize,
    sum: f64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
    last: [f64; LAST],
}

impl Totals {
    /// Takes a value in (Welford 1962).
    pub(super) fn push(&mut self, value: f64) {
        self.last[self.count % LAST] = value;
        self.count += 1;
        self.sum += value;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
        if self.count == 1 {
            (self.min, self.max) = (value, value);
        } else {
            (self.min, self.max) = (self.min.min(value), self.max.max(value));
        }
    }

    fn volatility(&self) -> f64 {
        if self.count < LAST {
            return f64::NAN;
        }
        let mean = self.last.iter().sum::<f64>() / LAST as f64;
        deviation(self.last.iter().map(|it| (it - mean) * (it - mean)).sum(), LAST)
    }
}

/// With `count - 1` degrees of freedom.
fn deviation(squares: f64, count: usize) -> f64 {
    if count < 2 { f64::NAN } else { (squares / (count - 1) as f64).sqrt() }
}
