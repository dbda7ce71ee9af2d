//! What the trading mode allows.

use super::{Proposal, RiskLayer, Verdict};
use crate::refusal::Refusal;
use crate::view::RiskView;
use scalp_types::{Mode, Qty, Side};

/// Normal allows everything, reduced what shrinks a position, paused and emergency nothing (the gate's own closing
/// orders of an emergency do not pass through here).
#[derive(Debug)]
pub struct ModeLayer {
    /// The mode now.
    pub mode: Mode,
}

impl RiskLayer for ModeLayer {
    fn review(&self, proposal: &Proposal, view: &RiskView<'_>) -> Verdict {
        match self.mode {
            Mode::Normal => Verdict::Allow,
            Mode::Reduced => {
                let room = closable(proposal.intent.side, view);
                let got = proposal.intent.qty;
                if room <= Qty::ZERO {
                    Verdict::Refuse(Refusal::OnlyReducing { limit: Qty::ZERO, got })
                } else if got > room {
                    Verdict::Shrink(room)
                } else {
                    Verdict::Allow
                }
            }
            mode @ (Mode::Paused | Mode::Emergency) => Verdict::Refuse(Refusal::Mode { mode }),
        }
    }
}

/// What an order of this side could close that no other order of that side is closing already.
pub(super) fn closable(side: Side, view: &RiskView<'_>) -> Qty {
    if view.position.side() != Some(side.opposite()) {
        return Qty::ZERO;
    }
    let it = &view.exposure;
    let busy = match side {
        Side::Buy => [it.open_buy, it.unknown_buy, it.closing_buy],
        Side::Sell => [it.open_sell, it.unknown_sell, it.closing_sell],
    };
    let busy: i128 = busy.iter().map(|it| i128::from(it.get())).sum();
    let room = i128::from(view.position.get()).abs() - busy;
    Qty::new(room.clamp(0, i128::from(i64::MAX)) as i64)
}
