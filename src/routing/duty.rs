//! Which phones of an open shop ring, and why the others do not.

use crate::now::UnixMs;
use crate::routing::calendar::Standing;
use crate::routing::decision::Because;
use crate::routing::plan::{Line, Phone, Shop};

/// Whether a call now would ring a phone, as far as the owner's wishes say; reachable or not is the switchboard's to
/// know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duty {
    /// It rings, in its wave.
    Rings,
    /// The shop is closed: no phone rings.
    ShopClosed(Because),
    /// A cell of a shop without hours: nobody's pocket rings at night by oversight.
    CellWithoutShopHours,
    /// "I'm off until …".
    OffUntil(UnixMs),
    /// Outside its own hours; `until` is when they begin (`None`: not within a year).
    OutsideOwnHours { until: Option<UnixMs> },
}

/// Why a call at `now` would ring this phone of `shop`, or not.
pub fn why_phone(shop: &Shop, phone: &Phone, now: UnixMs) -> Duty {
    of_phone(phone, &Standing::at(shop, now), shop, now)
}

/// The same, when the shop's own standing is known already.
pub(super) fn of_phone(phone: &Phone, standing: &Standing, shop: &Shop, now: UnixMs) -> Duty {
    match standing {
        Standing::Closed { because, .. } => return Duty::ShopClosed(because.clone()),
        Standing::Open(Because::NoHours) if matches!(phone.line, Line::Cell { .. }) => {
            return Duty::CellWithoutShopHours;
        }
        Standing::Open(_) => {}
    }
    if let Some(until) = phone.off_until.filter(|until| now < *until) {
        return Duty::OffUntil(until);
    }
    match phone.hours.as_ref().map(|hours| hours.at(shop.time_zone, now)) {
        Some(own) if !own.is_open() => Duty::OutsideOwnHours { until: own.until() },
        _ => Duty::Rings,
    }
}
