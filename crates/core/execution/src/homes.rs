//! Which instrument an order at work belongs to. Ids rise, so a new order goes to the end of a sorted list, and the few
//! that most strategies have at work share two or three cache lines; a hash table would scatter them over its whole room.

use scalp_types::{InstrumentId, OrderId};

/// By rising id. Taking one out moves those after it: 16 bytes each.
#[derive(Debug, Default)]
pub(crate) struct Homes(Vec<(OrderId, InstrumentId)>);

impl Homes {
    /// Room for so many; within it, nothing is allocated.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }
    #[inline]
    pub const fn len(&self) -> usize {
        self.0.len()
    }
    #[inline]
    pub fn get(&self, order: OrderId) -> Option<InstrumentId> {
        self.find(order).ok().map(|at| self.0[at].1)
    }
    /// The newest order.
    pub fn last(&self) -> Option<OrderId> {
        self.0.last().map(|it| it.0)
    }
    /// Puts an order in, or moves it to another instrument.
    #[inline]
    pub fn insert(&mut self, order: OrderId, instrument: InstrumentId) {
        if self.0.last().is_none_or(|it| it.0 < order) {
            return self.0.push((order, instrument));
        }
        match self.find(order) {
            Ok(at) => self.0[at].1 = instrument,
            Err(at) => self.0.insert(at, (order, instrument)),
        }
    }
    pub fn remove(&mut self, order: OrderId) {
        if let Ok(at) = self.find(order) {
            self.0.remove(at);
        }
    }
    fn find(&self, order: OrderId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&order, |it| it.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_answers_as_a_map_does(steps in proptest::collection::vec((any::<bool>(), 0_u64..40, 0_u16..4), 0..200)) {
            let (mut homes, mut map) = (Homes::default(), BTreeMap::new());
            for (put, id, instrument) in steps {
                let (id, instrument) = (OrderId(id), InstrumentId(instrument));
                if put {
                    homes.insert(id, instrument);
                    map.insert(id, instrument);
                } else {
                    homes.remove(id);
                    map.remove(&id);
                }
                prop_assert_eq!(homes.len(), map.len());
                prop_assert_eq!(homes.last(), map.keys().next_back().copied());
                for id in (0..40).map(OrderId) {
                    prop_assert_eq!(homes.get(id), map.get(&id).copied());
                }
            }
        }
    }
}
