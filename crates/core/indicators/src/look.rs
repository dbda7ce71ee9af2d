//! Steps that look at whole windows: over a column they read them where they lie.

use crate::data::Column;
use crate::kernel::{Exhausted, Kernel, SILENT, Shadow};
use crate::talib::Lent;
use crate::window::Window;

/// A step that looks at the last `n` values of each input, itself included. Over a column it reads them where they lie.
pub(crate) trait Look<const I: usize, const O: usize>: Clone + Send + Sync + 'static {
    /// Takes the windows of one row, oldest first, and writes the outputs that have a value.
    fn look(&mut self, windows: [&[f64]; I], out: &mut [f64; O]);
}

/// A [`Look`] and what it looks at.
struct View<L> {
    look: L,
    windows: Vec<Window>,
}

impl<L: Clone> Clone for View<L> {
    fn clone(&self) -> Self {
        View { look: self.look.clone(), windows: self.windows.clone() }
    }

    fn clone_from(&mut self, source: &Self) {
        self.look.clone_from(&source.look);
        self.windows.clone_from(&source.windows);
    }
}

/// A [`Look`] as a kernel.
#[derive(Clone)]
pub(crate) struct Looking<L> {
    live: View<L>,
    shadow: Shadow<View<L>>,
    n: usize,
    lookback: usize,
}

impl<L: Clone> Looking<L> {
    /// Looks at `n` values of each of `I` inputs.
    pub(crate) fn new<const I: usize>(fresh: L, n: usize, lookback: usize) -> Self {
        let live = View { look: fresh, windows: vec![Window::new(n); I] };
        Looking { live, shadow: Shadow::default(), n, lookback }
    }
}

/// What is said of a row: a call, and one for all that ask.
#[inline(never)]
fn look<L: Look<I, O>, const I: usize, const O: usize>(
    view: &mut View<L>,
    row: [f64; I],
    out: &mut [f64; O],
) {
    let View { look, windows } = view;
    for (window, x) in windows.iter_mut().zip(row) {
        window.push(x);
    }
    *out = [SILENT; O];
    if windows[0].full().is_some() {
        look.look(std::array::from_fn(|i| windows[i].full().unwrap_or(&[])), out);
    }
}

impl<L: Look<I, O>, const I: usize, const O: usize> Kernel<I, O> for Looking<L> {
    #[inline]
    fn push(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        look(&mut self.live, row, out);
        Ok(())
    }

    fn peek(&mut self, row: [f64; I], out: &mut [f64; O]) -> Result<(), Exhausted> {
        look(self.shadow.of(&self.live), row, out);
        Ok(())
    }

    fn batch(
        &mut self,
        inputs: &[&[f64]],
        rows: usize,
        _: Option<&Lent>,
        out: &mut [Column],
    ) -> Result<(), Exhausted> {
        let state = &mut self.live.look;
        let inputs: [&[f64]; I] = std::array::from_fn(|i| &inputs[i][..rows]);
        let mut columns: [&mut [f64]; O] = std::array::from_fn(|_| Default::default());
        for (k, column) in out.iter_mut().enumerate() {
            columns[k] = column.values.real(rows.saturating_sub(self.lookback));
        }
        for t in self.n - 1..rows {
            let mut answer = [SILENT; O];
            state.look(std::array::from_fn(|i| &inputs[i][t + 1 - self.n..=t]), &mut answer);
            if t >= self.lookback {
                for k in 0..O {
                    columns[k][t - self.lookback] = answer[k];
                }
            }
        }
        Ok(())
    }
}
