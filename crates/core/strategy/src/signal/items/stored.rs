//! How the features of rules are put away and brought back: the bars as they are, and of what else was read what was learnt.

use super::super::outside::Beside;
use super::super::reading::Scale;
use super::{BARS_MAX, Computed, Items, Kept};
use scalp_market::BarRule;
use serde::{Deserialize, Serialize, Serializer};

/// What was built from the same texts and has seen the same is the same.
impl PartialEq for Items {
    fn eq(&self, other: &Self) -> bool {
        let of = |it: &Self| (it.bars, it.flow, it.path, it.scale);
        let is_same = of(self) == of(other) && self.texts == other.texts && self.kept == other.kept;
        is_same && self.beside == other.beside
    }
}

/// As it is put away.
#[derive(Deserialize)]
pub(super) struct Stored {
    texts: Vec<String>,
    scale: Scale,
    rule: Option<BarRule>,
    kept: Vec<Kept>,
    flow: Option<Flow>,
    beside: Beside,
}

/// What the bars alone do not make again.
#[derive(Serialize, Deserialize)]
struct Flow {
    taken: u64,
    now: Vec<Option<f64>>,
    before: Vec<Option<f64>>,
    pipeline: Vec<u8>,
    latest: Vec<u8>,
}

impl Items {
    fn flow(&self) -> Result<Option<Flow>, String> {
        let Some(computed) = self.computed.as_ref().filter(|_| self.learns_beside()) else {
            return Ok(None);
        };
        let pipeline = computed.pipeline.save().map_err(|it| it.to_string())?;
        let latest = computed.latest.save();
        let (now, before) = (self.now.clone(), self.before.clone());
        Ok(Some(Flow { taken: self.flow, now, before, pipeline, latest }))
    }
}

impl Serialize for Items {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Lent<'a> {
            texts: &'a [String],
            scale: Scale,
            rule: Option<BarRule>,
            kept: &'a [Kept],
            flow: Option<Flow>,
            beside: &'a Beside,
        }
        let flow = if self.bars > self.kept.len() as u64 {
            Err(format!("it has seen {} bars and {BARS_MAX} are kept", self.bars))
        } else {
            self.flow()
        };
        let flow = flow.map_err(|why| {
            let remedy = "replay the run from the start of its journal";
            serde::ser::Error::custom(format!("the strategy signal cannot be put away: {why}; {remedy}"))
        })?;
        let Self { texts, scale, rule, kept, beside, .. } = self;
        Lent { texts, scale: *scale, rule: *rule, kept, flow, beside }.serialize(serializer)
    }
}

impl TryFrom<Stored> for Items {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        if stored.kept.len() > BARS_MAX {
            return Err(format!("at most {BARS_MAX} bars are kept, got {}", stored.kept.len()));
        }
        let mut items =
            Self::with_scale(stored.texts, stored.scale, stored.beside, stored.rule).map_err(|it| it.why)?;
        items.kept.reserve_exact(BARS_MAX);
        for bar in &stored.kept {
            items.kept.push(*bar);
            items.take_in(bar);
        }
        let learns_beside = items.learns_beside() && items.computed.is_some();
        match (stored.flow, &mut items.computed) {
            (None, _) if !learns_beside => Ok(items),
            (Some(flow), Some(Computed { pipeline, latest, .. })) if learns_beside => {
                let width = items.now.len();
                if flow.now.len() != width || flow.before.len() != width {
                    return Err(format!("expected {width} values, got {}", flow.now.len()));
                }
                pipeline.load(&flow.pipeline).map_err(|it| it.to_string())?;
                latest.load(&flow.latest).map_err(|it| it.to_string())?;
                (items.flow, items.now, items.before) = (flow.taken, flow.now, flow.before);
                Ok(items)
            }
            _ => Err(
                "expected what was learnt of trades, books and series where these are read, and only there"
                    .into(),
            ),
        }
    }
}
