//! Whom nobody need call any more, and because of whom: so that nobody looks for a card that has gone.

use std::time::Duration;

use crate::call::record::Disposition;
use crate::now::UnixMs;
use crate::owed::is_unanswered;
use crate::store::{CallFilter, StoredCall};
use crate::web::fault::Fault;
use crate::web::frame::{View, shown};
use crate::web::owed::person;
use crate::web::who::{Who, seen};
use crate::words;
use crate::words::page::now as words_now;

/// For so long it is news.
const NEWS_FOR: Duration = Duration::from_secs(60 * 60);
/// So many lines at most, and as many conversations as are looked at for them.
const LINES: usize = 3;
const LOOKED_AT: u32 = 8;

/// The latest first.
pub async fn lately(view: &View) -> Result<Vec<String>, Fault> {
    let since = UnixMs(view.now.0.saturating_sub(i64::try_from(NEWS_FOR.as_millis()).unwrap_or(i64::MAX)));
    let store = &view.web.store;
    let moment = |at| words::page::moment_within(at, view.language(), view.shop.time_zone, view.now);
    let mut news: Vec<(UnixMs, String)> = Vec::new();
    let filter = CallFilter {
        shop: Some(view.shop.id),
        since: Some(since),
        disposition: Some(Disposition::Answered),
        limit: LOOKED_AT,
        ..CallFilter::default()
    };
    for call in store.calls(&filter).await? {
        if closed_something(&call, view).await? {
            let record = seen(&call.record);
            let at = record.answered.unwrap_or(record.started);
            let who = Who::of(&record, call.caller_name.as_deref(), view).name;
            let said = words_now::done(&who, record.answered_by.as_deref(), &moment(at), view.language());
            news.push((at, said));
        }
    }
    for settled in store.settled_since(view.shop.id, since).await? {
        let name = settled.name.as_deref().map(shown).filter(|name| !name.is_empty());
        let who = name.unwrap_or_else(|| settled.number.national(view.shop.country));
        let by = person(&settled.by);
        news.push((settled.at, words_now::settled(&who, settled.how, &by, &moment(settled.at), view.language())));
    }
    news.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(news.into_iter().map(|(_, said)| said).take(LINES).collect())
}

/// Whether a call was owed to this caller when somebody spoke with them.
async fn closed_something(call: &StoredCall, view: &View) -> Result<bool, Fault> {
    let record = &call.record;
    let Some(number) = record.caller.as_ref().filter(|_| !record.withheld) else { return Ok(false) };
    let store = &view.web.store;
    let before = store.last_spoken_before(view.shop.id, number, record.started).await?;
    let in_vain = |call: &StoredCall| is_unanswered(&call.record) && call.record.ended > before;
    for number in store.numbers_of(view.shop.id, number).await? {
        let filter = CallFilter {
            shop: Some(view.shop.id),
            caller: Some(number),
            since: before,
            before: Some(record.id),
            limit: LOOKED_AT,
            ..CallFilter::default()
        };
        if store.calls(&filter).await?.iter().any(in_vain) {
            return Ok(true);
        }
    }
    Ok(store.promised_between(view.shop.id, number, (before, record.started)).await?)
}
