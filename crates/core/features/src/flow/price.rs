//! Where the price is, between the quotes.

use super::bars::Rows;
use super::table::Stream;
use crate::measure::Depth;

/// `MICROPRICE`: the mid weighted by the sizes of the other side, and how it moves.
#[derive(Clone, Debug)]
pub(super) struct Microprice {
    rows: Rows<1>,
    out: [f64; 3],
}

impl Microprice {
    pub(super) fn new(lookback: usize) -> Microprice {
        Microprice { rows: Rows::new(lookback + 1), out: [f64::NAN; 3] }
    }
}

impl Stream for Microprice {
    fn on_book(&mut self, book: &Depth<'_>) {
        let Some(touch) = book.touch() else {
            self.out = [f64::NAN; 3];
            return;
        };
        let share = touch.bid.size / (touch.bid.size + touch.ask.size);
        // From the nearer price, so that equal quotes give exactly themselves.
        let price = touch.bid.price + share * touch.spread();
        self.rows.push([price]);
        let momentum = match self.rows.iter().next() {
            Some(oldest) if self.rows.is_full() => (price - oldest[0]) / (self.rows.len() - 1) as f64,
            _ => f64::NAN,
        };
        self.out = [price, share - 0.5, momentum];
    }

    fn write(&self, out: &mut [f64]) {
        out.copy_from_slice(&self.out);
    }
}
