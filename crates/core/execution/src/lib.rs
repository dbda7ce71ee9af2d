//! How we get it: every order from its permission to its one end, whatever the venue answers, twice, late or never.
//! Pure: it knows no strategy and no book; what is to be done comes out as [`Effects`].

pub mod answers;
pub mod effects;
pub mod groups;
mod homes;
pub mod ids;
pub mod look_up;
pub mod orders;
pub mod recent;
pub mod reconcile;
pub mod work;

pub use effects::{Change, Effect, Effects, EndedOrder, OrderChange, Quality};
pub use groups::GroupsBy;
pub use ids::Ids;
pub use orders::{CancelOutcome, OPEN_ORDERS_MAX, Orders, OrdersConfig, SubmitError};
pub use reconcile::{Books, Difference, Stated};
