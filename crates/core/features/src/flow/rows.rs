//! The last rows of several columns, and sums over them.

use crate::state::state;

/// The last values of several columns, oldest first, in rings of one length.
#[derive(Clone, Debug)]
pub(crate) struct Rows<const N: usize> {
    rows: Box<[[f64; N]]>,
    next: usize,
    held: usize,
}

state!(Rows<const N: usize> { rows, next, held });

impl<const N: usize> Rows<N> {
    pub(crate) fn new(length: usize) -> Rows<N> {
        Rows { rows: vec![[0.0; N]; length.max(1)].into_boxed_slice(), next: 0, held: 0 }
    }

    /// Takes a row in, in place of the oldest where there is no room.
    #[inline]
    pub(crate) fn push(&mut self, row: [f64; N]) {
        self.rows[self.next] = row;
        self.next = if self.next + 1 == self.rows.len() { 0 } else { self.next + 1 };
        self.held = (self.held + 1).min(self.rows.len());
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.held == self.rows.len()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.held
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[f64; N]> + Clone {
        let (newer, older) = self.rows[..self.held].split_at(if self.is_full() { self.next } else { 0 });
        older.iter().chain(newer)
    }
}

/// The sums over the last rows, in constant time on average. Nothing is ever subtracted from a sum, so that an enormous value
/// leaves nothing behind when it goes: each time the ring has gone round, the sums from each place to its end are laid down, and
/// the sums of the window are one of those and what has come since.
#[derive(Clone, Debug)]
pub(crate) struct Totals<const N: usize> {
    rows: Rows<N>,
    rest: Box<[[f64; N]]>,
    late: [f64; N],
}

state!(Totals<const N: usize> { rows, rest, late });

impl<const N: usize> Totals<N> {
    pub(crate) fn new(length: usize) -> Totals<N> {
        let rows = Rows::new(length);
        Totals { rest: rows.rows.clone(), rows, late: [0.0; N] }
    }

    /// Takes a row in.
    #[inline]
    pub(crate) fn push(&mut self, row: [f64; N]) {
        self.rows.push(row);
        if self.rows.next != 0 {
            self.late = plus(self.late, row);
            return;
        }
        // The ring lies from its oldest row on.
        let mut total = [0.0; N];
        for (row, rest) in self.rows.rows.iter().zip(&mut self.rest).rev() {
            total = plus(total, *row);
            *rest = total;
        }
        self.late = [0.0; N];
    }

    /// The sums of the last rows; none until there are as many as were asked for.
    #[inline]
    pub(crate) fn sums(&self) -> Option<[f64; N]> {
        self.rows.is_full().then(|| plus(self.rest[self.rows.next], self.late))
    }

    /// Over how many rows the sums are.
    #[inline]
    pub(crate) fn length(&self) -> usize {
        self.rest.len()
    }

    /// The newest row.
    pub(crate) fn last(&self) -> Option<[f64; N]> {
        let place = self.rows.next.checked_sub(1).unwrap_or(self.rows.rows.len() - 1);
        (self.rows.len() > 0).then(|| self.rows.rows[place])
    }
}

#[inline]
fn plus<const N: usize>(mut sums: [f64; N], row: [f64; N]) -> [f64; N] {
    sums.iter_mut().zip(row).for_each(|(sum, it)| *sum += it);
    sums
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "whole numbers")]
mod tests {
    use super::*;

    #[test]
    fn rows_come_oldest_first() {
        let mut rows = Rows::new(3);
        for i in 0..5 {
            rows.push([f64::from(i)]);
            assert_eq!(rows.is_full(), i >= 2);
        }
        assert_eq!(rows.iter().map(|it| it[0]).collect::<Vec<_>>(), [2.0, 3.0, 4.0]);
    }

    #[test]
    fn an_enormous_row_leaves_no_trace_from_the_step_on_at_which_it_goes() {
        let usual = |at: usize| [100.1 + (at * 7 % 11) as f64, 0.3 - (at * 5 % 13) as f64];
        for n in [1, 2, 7, 10] {
            for spike in [1e9, -1e15, 1e100] {
                for place in 20..20 + n {
                    let mut totals = Totals::new(n);
                    for at in 0..60 {
                        totals.push(if at == place { [spike; 2] } else { usual(at) });
                        let Some(sums) = totals.sums() else { continue };
                        if (place..place + n).contains(&at) {
                            continue;
                        }
                        for (column, got) in sums.iter().enumerate() {
                            let want: f64 = (at + 1 - n..=at).map(|at| usual(at)[column]).sum();
                            assert!(
                                (got - want).abs() < 1e-11,
                                "{n} {spike} at {place}: {got} for {want} at {at}"
                            );
                        }
                        assert_eq!(totals.last(), Some(usual(at)));
                    }
                }
            }
        }
    }
}
