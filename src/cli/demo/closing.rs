//! The owner closes the shop for a while, as on the page, and opens it again. The service is asked whether it knows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveTime};

use super::log::{self, RightNow};
use super::story::{Fault, Service};
use crate::clock;
use crate::now::UnixMs;
use crate::routing::local_time;
use crate::routing::plan::{Override, OverrideState, Shop, ShopId};

/// The service sees what the owner says within a second or two.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What was said, to be taken back by [`Closing::end`].
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    pub until: UnixMs,
    shop: ShopId,
    before: Option<Override>,
}

/// Closes the shop until half past four. When this returns, a call is a call to a closed shop.
///
/// # Errors
/// The service does not see it, or cannot be asked; the shop is as it was then.
pub async fn close(service: &Service, shop: &Shop) -> Result<Closing, Fault> {
    let until = next_half_past_four(shop, clock::now().wall);
    let closing = Closing { until, shop: shop.id, before: shop.hours_override };
    service.store.set_override(shop.id, Some(closing.said())).await?;
    match becomes(service, Door::Closed).await {
        Ok(true) => Ok(closing),
        failed => {
            closing.end(service).await?;
            failed.and(Err(Fault::StaysOpen))
        }
    }
}

impl Closing {
    fn said(&self) -> Override {
        Override { state: OverrideState::Closed, until: self.until }
    }

    /// What held before holds again, unless somebody has said something else since. Returns when the service knows.
    ///
    /// # Errors
    /// The store cannot be written, or the service cannot be asked.
    pub async fn end(self, service: &Service) -> Result<(), Fault> {
        let Some(shop) = the_shop(service).await? else { return Ok(()) };
        if shop.id == self.shop && shop.hours_override == Some(self.said()) {
            service.store.set_override(self.shop, self.before).await?;
            if self.before.is_none() {
                becomes(service, Door::Open).await?;
            }
        }
        Ok(())
    }
}

/// The demo's one shop, as it is stored; `None`: somebody has replaced it.
///
/// # Errors
/// The store cannot be read.
pub async fn the_shop(service: &Service) -> Result<Option<Arc<Shop>>, Fault> {
    Ok(service.store.plan().await?.shops.first().cloned())
}

/// Whether the service says that the shop is open.
///
/// # Errors
/// It cannot be asked.
pub async fn is_open(service: &Service) -> Result<bool, Fault> {
    let asked = service.api.read::<RightNow>(log::RIGHT_NOW).await;
    asked.map(|now| now.open).map_err(|why| Fault::Api { path: log::RIGHT_NOW, why })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Closed,
}

/// Waits until the service says so. False: it does not come to that.
async fn becomes(service: &Service, door: Door) -> Result<bool, Fault> {
    let deadline = Instant::now() + PATIENCE;
    while is_open(service).await? != (door == Door::Open) {
        if Instant::now() > deadline {
            return Ok(false);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(true)
}

/// Today's, or tomorrow's when that has passed.
fn next_half_past_four(shop: &Shop, now: UnixMs) -> UnixMs {
    let half_past_four = NaiveTime::from_hms_opt(16, 30, 0).unwrap_or(NaiveTime::MIN);
    let today = local_time::local(shop.time_zone, now).date();
    let at = |date: chrono::NaiveDate| local_time::earliest(shop.time_zone, date.and_time(half_past_four));
    let today_at = at(today);
    if today_at > now { today_at } else { today.checked_add_days(Days::new(1)).map_or(today_at, at) }
}
