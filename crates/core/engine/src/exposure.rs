//! What positions and orders could come to, kept up to date for limits that count all instruments together: which of them
//! may have another worst case than the one that was noted, and noting those anew.

use crate::engine::Engine;
use scalp_strategy::Strategy;
use scalp_types::InstrumentId;

/// Instruments whose price, position or orders may have changed since they were noted; none where nothing limits them
/// together.
#[derive(Debug, Default)]
pub(crate) struct Stale {
    /// By instrument.
    is_stale: Vec<bool>,
    /// Each once.
    list: Vec<InstrumentId>,
}

impl Stale {
    /// All of so many.
    pub(crate) fn all(instruments: usize) -> Self {
        let mut all = Self { is_stale: vec![false; instruments], list: Vec::with_capacity(instruments) };
        all.add_all();
        all
    }

    #[inline]
    pub(crate) fn add(&mut self, id: InstrumentId) {
        if let Some(is_stale) = self.is_stale.get_mut(id.index())
            && !*is_stale
        {
            *is_stale = true;
            self.list.push(id);
        }
    }

    pub(crate) fn add_all(&mut self) {
        (0..self.is_stale.len()).for_each(|it| self.add(InstrumentId(it as u16)));
    }
}

impl<S: Strategy> Engine<S> {
    /// Keeps the gate's sum of worst cases up to date.
    pub(crate) fn note_exposure(&mut self, id: InstrumentId) {
        if let Some(price) = self.mark(id) {
            let exposure = self.orders.exposure(id);
            self.gate.note(self.instruments.get(id), price, self.position(id), &exposure);
        }
    }

    /// Notes at its present price each instrument that is not noted so: the sums are those of a walk over all of them. What has
    /// orders is noted every time, as these may end without an event of their own; what has neither a position nor orders, and
    /// was noted so, is worth nothing at any price.
    pub(crate) fn note_stale(&mut self) {
        let mut kept = 0;
        for at in 0..self.stale.list.len() {
            let id = self.stale.list[at];
            let has_orders = !self.orders.open(id).is_empty();
            if has_orders || !self.position(id).is_zero() || !self.gate.portfolio().is_nothing(id) {
                self.note_exposure(id);
            }
            self.stale.is_stale[id.index()] = has_orders;
            if has_orders {
                self.stale.list[kept] = id;
                kept += 1;
            }
        }
        self.stale.list.truncate(kept);
        debug_assert!(self.is_noted(), "what is not stale is noted as it stands");
    }

    /// Whether a walk over all instruments would change nothing, where limits count them together.
    fn is_noted(&self) -> bool {
        (0..self.stale.is_stale.len()).all(|it| {
            let id = InstrumentId(it as u16);
            let noted = self.gate.portfolio().worst(id);
            let (instrument, exposure) = (self.instruments.get(id), self.orders.exposure(id));
            let of =
                |price| scalp_risk::portfolio::Worst::of(instrument, price, self.position(id), &exposure);
            self.mark(id).is_none_or(|price| of(price) == noted)
        })
    }
}
