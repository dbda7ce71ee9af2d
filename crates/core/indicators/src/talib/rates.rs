//! Walks of columns for rates of change, several bars at once: to the last bit as the steps say it.

use super::FuncId;
use super::bind::Walk;
use super::steps::{Change, ROC, ROCP, ROCR, ROCR100};
use crate::data::Column;

pub(super) fn walk(id: FuncId) -> Option<Walk> {
    match id {
        FuncId::ROC => Some(changes::<ROC>),
        FuncId::ROCP => Some(changes::<ROCP>),
        FuncId::ROCR => Some(changes::<ROCR>),
        FuncId::ROCR100 => Some(changes::<ROCR100>),
        _ => None,
    }
}

fn changes<const KIND: u8>(inputs: &[&[f64]], p: &[f64], out: &mut [Column]) -> bool {
    let (&[x], &[n], [out]) = (inputs, p, out) else { return false };
    let n = n as usize;
    let out = out.values.real(x.len() - n);
    for (to, (now, before)) in out.iter_mut().zip(x[n..].iter().zip(x)) {
        let change = Change::<KIND>::value(*now, *before);
        *to = if before.abs() > 0.0 { change } else { 0.0 };
    }
    true
}
