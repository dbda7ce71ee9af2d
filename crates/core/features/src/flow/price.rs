//! Where the price is, between the quotes.

use super::rows::Rows;
use super::table::Stream;
use crate::measure::{Depth, Touch};
use crate::state::state;

/// `MICROPRICE`: the mid weighted by the sizes of the other side, and how it moves.
#[derive(Clone, Debug)]
pub(super) struct Microprice {
    rows: Rows<1>,
    out: [f64; 3],
}

state!(Microprice { rows, out });

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

/// Spreads that are told apart: of one, two, and three or more of the narrowest.
const SPREADS: usize = 3;
/// Imbalances that are told apart; an odd number, so that equal sizes lean to no side.
const SHARES: usize = 11;
const STATES: usize = SHARES * SPREADS;
/// Messages between two estimates.
const REFIT: u32 = 1000;
/// Messages after which the past counts half.
const MEMORY: u32 = 1_000_000;
/// Moves of the mid that are looked ahead, as in the paper.
const MOVES: usize = 6;

type Square = Box<[[f64; STATES]; STATES]>;

/// `STOIKOV_PRICE`: where the mid is expected to be after its next moves, learnt from how books of the same imbalance and
/// spread went on.
#[derive(Clone, Debug)]
pub(super) struct StoikovPrice {
    /// How often a state was followed by another while the mid stayed, and while it moved.
    stayed: Square,
    moved: Square,
    /// Sum of the moves out of a state, quote currency.
    change: [f64; STATES],
    visits: [f64; STATES],
    narrowest: f64,
    before: Option<(usize, f64)>,
    seen: u32,
    /// What is expected to be added to the mid, by state.
    adjustment: Option<[f64; STATES]>,
    work: Square,
}

state!(StoikovPrice { stayed, moved, change, visits, narrowest, before, seen, adjustment; work });

impl StoikovPrice {
    pub(super) fn new() -> StoikovPrice {
        let square = || Box::new([[0.0; STATES]; STATES]);
        StoikovPrice {
            stayed: square(),
            moved: square(),
            change: [0.0; STATES],
            visits: [0.0; STATES],
            narrowest: f64::INFINITY,
            before: None,
            seen: 0,
            adjustment: None,
            work: square(),
        }
    }

    fn state(&self, touch: &Touch) -> usize {
        let (bid, ask) = (touch.bid.size, touch.ask.size);
        let middle = (SHARES / 2) as f64;
        // Rounded half away from zero, so that what leans to one side is the mirror of what leans to the other.
        let lean = (0.5 * SHARES as f64 * (bid - ask) / (bid + ask)).round().clamp(-middle, middle);
        let wide = (touch.spread() / self.narrowest).round() as usize;
        (middle + lean) as usize * SPREADS + wide.clamp(1, SPREADS) - 1
    }

    /// Takes a passage in, and the same with bids and asks exchanged: only then does the price exist (section 3.2).
    fn count(&mut self, from: usize, to: usize, change: f64) {
        let mirror = |state: usize| (SHARES - 1 - state / SPREADS) * SPREADS + state % SPREADS;
        for (from, to, change) in [(from, to, change), (mirror(from), mirror(to), -change)] {
            let table = if change == 0.0 { &mut self.stayed } else { &mut self.moved };
            table[from][to] += 1.0;
            self.change[from] += change;
            self.visits[from] += 1.0;
        }
    }

    /// `G1 = (I - Q)^-1 R`, `B = (I - Q)^-1 T`, and the sum of `B^i G1`. A visit more than was counted, which moved by
    /// nothing, keeps `I - Q` regular.
    fn fit(&mut self) {
        let (stayed, moved, visits) = (&self.stayed, &self.moved, &self.visits);
        for (i, row) in self.work.iter_mut().enumerate() {
            for (j, it) in row.iter_mut().enumerate() {
                *it = f64::from(u8::from(i == j)) - stayed[i][j] / (visits[i] + 1.0);
            }
        }
        eliminate(&mut self.work);
        let mut step = [0.0; STATES];
        for ((step, change), visits) in step.iter_mut().zip(&self.change).zip(visits) {
            *step = change / (visits + 1.0);
        }
        solve(&self.work, &mut step);
        let mut sum = step;
        for _ in 1..MOVES {
            let mut next = [0.0; STATES];
            for (i, it) in next.iter_mut().enumerate() {
                *it = (0..STATES).map(|j| moved[i][j] * step[j]).sum::<f64>() / (visits[i] + 1.0);
            }
            solve(&self.work, &mut next);
            step = next;
            sum.iter_mut().zip(&step).for_each(|(sum, step)| *sum += step);
        }
        self.adjustment = Some(sum);
    }

    fn forget(&mut self, keep: f64) {
        let tables = self.stayed.iter_mut().chain(self.moved.iter_mut()).flatten();
        tables.chain(&mut self.change).chain(&mut self.visits).for_each(|it| *it *= keep);
    }
}

/// Replaces a matrix that is dominated by its diagonal by its factors, lower and upper, without exchanging rows.
fn eliminate(a: &mut [[f64; STATES]; STATES]) {
    for k in 0..STATES {
        let pivot = a[k];
        for row in &mut a[k + 1..] {
            let factor = row[k] / pivot[k];
            row[k] = factor;
            for (it, of) in row[k + 1..].iter_mut().zip(&pivot[k + 1..]) {
                *it -= factor * of;
            }
        }
    }
}

/// Solves in place with the factors.
fn solve(a: &[[f64; STATES]; STATES], x: &mut [f64; STATES]) {
    for i in 0..STATES {
        x[i] -= (0..i).map(|j| a[i][j] * x[j]).sum::<f64>();
    }
    for i in (0..STATES).rev() {
        x[i] = (x[i] - (i + 1..STATES).map(|j| a[i][j] * x[j]).sum::<f64>()) / a[i][i];
    }
}

impl Stream for StoikovPrice {
    fn on_book(&mut self, book: &Depth<'_>) {
        let Some(touch) = book.touch().filter(|it| it.spread() > 0.0) else {
            self.before = None;
            return;
        };
        if touch.spread() < 0.75 * self.narrowest {
            // The unit of spreads has changed: what was counted in the old one is of no use.
            self.forget(0.0);
            (self.narrowest, self.before, self.adjustment, self.seen) = (touch.spread(), None, None, 0);
        }
        let (state, mid) = (self.state(&touch), touch.mid());
        if let Some((from, earlier)) = self.before.replace((state, mid)) {
            // A leap of many spreads is another market; the paper knows moves of half a spread and of one.
            let limit = 10.0 * SPREADS as f64 * self.narrowest;
            let change = (mid - earlier).clamp(-limit, limit);
            // One mid out of other quotes may differ in its last bit.
            let is_rounding = change.abs() < 1e-6 * self.narrowest;
            self.count(from, state, if is_rounding { 0.0 } else { change });
            self.seen += 1;
            if self.seen.is_multiple_of(REFIT) {
                self.fit();
            }
            if self.seen == MEMORY {
                self.forget(0.5);
                self.seen = 0;
            }
        }
    }

    fn write(&self, out: &mut [f64]) {
        let (Some((state, mid)), Some(adjustment)) = (self.before, &self.adjustment) else {
            return out.fill(f64::NAN);
        };
        out[0] = mid + adjustment[state];
        out[1] = adjustment[state];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Level;

    /// A market whose mid moves up with the bid's share of the touch as its probability: the adjustment must rise with it,
    /// and be that of the other side with its sign turned.
    #[test]
    fn the_adjusted_price_learns_which_side_wins() {
        let mut stream = scalp_types::rng::Stream::named(1, "stoikov");
        let mut price = StoikovPrice::new();
        let (mut mid, mut share) = (1000.0, 0.5);
        for _ in 0..200_000 {
            if stream.uniform() < 0.1 {
                mid += if stream.uniform() < share { 0.5 } else { -0.5 };
                share = stream.uniform();
            }
            let (bids, asks) = (
                [Level { price: mid - 0.5, size: 0.001 + share }],
                [Level { price: mid + 0.5, size: 1.001 - share }],
            );
            price.on_book(&Depth { at: 0, bids: &bids, asks: &asks, changes: &[] });
        }
        let adjustment = price.adjustment.unwrap();
        for share in 0..SHARES {
            let got = adjustment[share * SPREADS];
            // After the first move the share is drawn anew, so that the next moves cancel.
            let want = (share as f64 - (SHARES / 2) as f64) / SHARES as f64;
            assert!((got - want).abs() < 0.02, "{share}: {got} {want}");
            assert!((got + adjustment[(SHARES - 1 - share) * SPREADS]).abs() < 1e-9);
        }
    }
}
