//! The permission to send. Only this room makes one, and none of its functions makes it larger.

use scalp_types::{InstrumentId, OrderId, OrderRequest, Qty, VenueQuery, VenueRequest};
use serde::{Deserialize, Serialize};

/// Something the gate has let through. The field is private to this room, and there is no `Clone`: a permission is
/// used once. (Serde is for snapshots of orders at work; a snapshot is trusted as the journal is.)
///
/// ```compile_fail,E0423
/// let forged = scalp_risk::Approved(5);
/// ```
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Approved<T>(pub(crate) T);

impl<T> Approved<T> {
    /// What was approved.
    #[inline]
    pub const fn get(&self) -> &T {
        &self.0
    }
    /// Gives up the permission, to carry it out.
    #[inline]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl Approved<OrderRequest> {
    /// As a request to the venue.
    #[inline]
    pub fn request(self) -> Approved<VenueRequest> {
        Approved(VenueRequest::Submit(self.0))
    }
    /// The same request under the same id: whoever takes orders by id takes it once, however often it comes.
    #[inline]
    pub const fn again(&self) -> Approved<VenueRequest> {
        Approved(VenueRequest::Submit(self.0))
    }
    /// The same for a venue that knows no groups: without its link.
    #[inline]
    pub const fn alone(&self) -> Approved<VenueRequest> {
        Approved(VenueRequest::Submit(OrderRequest { link: None, ..self.0 }))
    }
    /// Cuts `qty` off into an order of its own under `id`; the rest stays here, so the parts add up to the whole.
    /// `None`, and nothing changes, unless both parts are positive and the id is new.
    pub fn split(&mut self, qty: Qty, id: OrderId) -> Option<Self> {
        if qty <= Qty::ZERO || qty >= self.0.qty || id == self.0.id {
            return None;
        }
        self.0.qty -= qty;
        Some(Self(OrderRequest { id, qty, ..self.0 }))
    }
    /// Makes the order smaller. False, and nothing changes, unless `qty` is positive and not larger than it is.
    pub fn shrink(&mut self, qty: Qty) -> bool {
        let fits = qty > Qty::ZERO && qty <= self.0.qty;
        if fits {
            self.0.qty = qty;
        }
        fits
    }
    /// A change of the order's total size that stays within what was approved; `None` for more, or for nothing.
    pub fn resize(&self, qty: Qty) -> Option<Approved<VenueRequest>> {
        let fits = qty > Qty::ZERO && qty <= self.0.qty;
        let (order, instrument) = (self.0.id, self.0.instrument);
        fits.then_some(Approved(VenueRequest::Amend { order, instrument, price: None, qty: Some(qty) }))
    }
}

impl Approved<VenueRequest> {
    /// A cancel can only make less: everybody may ask for one.
    #[inline]
    pub const fn cancel(order: OrderId, instrument: InstrumentId) -> Self {
        Self(VenueRequest::Cancel { order, instrument })
    }
    /// A question changes nothing: everybody may ask.
    #[inline]
    pub const fn query(query: VenueQuery) -> Self {
        Self(VenueRequest::Query(query))
    }
    /// See [`Self::cancel`].
    #[inline]
    pub const fn cancel_all(instrument: InstrumentId) -> Self {
        Self(VenueRequest::CancelAll { instrument })
    }
}
