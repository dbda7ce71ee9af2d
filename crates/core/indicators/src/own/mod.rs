//! The indicators that TA-Lib lacks, or defines in another way than is widely expected. Each is one step, so streaming and
//! batch share their arithmetic. A window is summed anew often enough not to drift.

pub(crate) mod averages;
pub(crate) mod bands;
mod ehlers;
mod entry;
pub(crate) mod flow;
mod momentum;
mod statistics;
mod volatility;
mod vwap;

use crate::spec::Spec;

/// All entries.
pub(crate) fn specs() -> Vec<Spec> {
    [
        averages::specs(),
        bands::specs(),
        ehlers::specs(),
        momentum::specs(),
        volatility::specs(),
        flow::specs(),
        vwap::specs(),
        statistics::specs(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
