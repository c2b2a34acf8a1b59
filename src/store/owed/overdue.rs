//! Who should have been called back by now, and nobody has taken it on: news once for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::now::UnixMs;
use crate::routing::plan::{Shop, ShopId};
use crate::store::{Store, StoreError};

/// Whom the owner knows of.
#[derive(Debug)]
pub struct Overdue {
    started: UnixMs,
    known: BTreeMap<ShopId, BTreeSet<Waiting>>,
}

/// Since when somebody waits, by whichever number they call: who waits again is another.
type Waiting = UnixMs;

/// A shop that owes more callers a call has other troubles than which of them it is.
const MOST: usize = 200;

impl Overdue {
    /// Whoever was due before the service started was told of by the one before: one that starts again and again must not
    /// tell of them each time.
    pub fn since(started: UnixMs) -> Overdue {
        Overdue { started, known: BTreeMap::new() }
    }

    /// How many wait so at each shop: of the shops where there is one more than at the last look, or none any more.
    ///
    /// # Errors
    /// The log cannot be read; the next look tells all the same.
    pub async fn look(
        &mut self,
        store: &Store,
        shops: &[Arc<Shop>],
        now: UnixMs,
    ) -> Result<Vec<(ShopId, u32)>, StoreError> {
        let mut news = Vec::new();
        for shop in shops {
            let owed = store.owed(shop, None, MOST).await?;
            let unclaimed = owed.into_iter().filter(|caller| caller.claim.is_none());
            let late = unclaimed.filter_map(|caller| {
                let due = caller.owed.due.filter(|due| *due <= now)?;
                Some((caller.owed.since, due))
            });
            let late: Vec<(Waiting, UnixMs)> = late.collect();
            let count = u32::try_from(late.len()).unwrap_or(u32::MAX);
            let known = self.known.entry(shop.id).or_insert_with(|| {
                let before = late.iter().filter(|(_, due)| *due < self.started);
                before.map(|(waiting, _)| *waiting).collect()
            });
            let late: BTreeSet<Waiting> = late.into_iter().map(|(waiting, _)| waiting).collect();
            let none_any_more = late.is_empty() && !known.is_empty();
            if none_any_more || !late.is_subset(known) {
                news.push((shop.id, count));
            }
            *known = late;
        }
        Ok(news)
    }
}
