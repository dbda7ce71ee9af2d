//! Dense ids: each indexes an array; strings stay at the edge.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($int:ty)) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, Pod, Zeroable,
        )]
        #[repr(transparent)]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl $name {
            /// The id as an array index.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

id!(/// An instrument of this run: an index into [`crate::Instruments`].
    InstrumentId(u16));
id!(/// A venue of this run.
    VenueId(u16));
id!(/// A currency or coin of this run: an index into the asset names of [`crate::Instruments`].
    AssetId(u16));
id!(/// Our id of an order, unique over the run and derived from it: never reused, never random.
    OrderId(u64));
id!(/// A set of orders that live and die together (OCO, OTO, bracket).
    GroupId(u64));
id!(/// The venue's id of a trade or fill.
    TradeId(u64));
id!(/// A timer asked for by the core.
    TimerId(u32));
id!(/// One run of the engine; part of every order id that leaves it.
    RunId(u32));
