//! What is looked at again and again while the service runs, beside its calls: the owner's settings, messages nobody has heard,
//! and call backs that are due.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::caller::{Callers, Contact};
use crate::clock;
use crate::driver::{Inbox, Message};
use crate::routing::Plan;
use crate::routing::plan::Line;
use crate::sip::auth::Algorithm;
use crate::store::{Overdue, Store, StoreError};
use crate::web::caught;

/// How often the service looks whether another process has changed the owner's settings (DESIGN §1).
const LOOK_AT_PLAN_EVERY: Duration = Duration::from_secs(1);
/// How often it looks how many messages nobody has heard: a lamp may be a second late.
const LOOK_AT_MESSAGES_EVERY: Duration = Duration::from_secs(1);
/// How often it looks whether somebody should have been called back by now: nobody waits for a notice by the second.
const LOOK_AT_CALL_BACKS_EVERY: Duration = Duration::from_secs(15);
/// How often it drops files of callers that were looked at and never taken in.
const DROP_OLD_FILES_EVERY: Duration = Duration::from_secs(24 * 3600);

/// The first look reads much of the log: no call waits for it, nor does whoever opens the page first.
pub(super) async fn look_for_owed(store: Store) {
    if let Err(error) = store.look_for_owed().await {
        tracing::error!(%error, "the log cannot be read for owed calls; it is read again when somebody asks");
    }
}

/// One look. A panic in it is a bug of ours: it is told, and the next look comes in its time, as do those of the others.
async fn looks<T>(at: &'static str, look: impl Future<Output = T>) -> Option<T> {
    let told = |panic: &_| {
        metrics::counter!("ringall_panics_total").increment(1);
        tracing::error!(at, panic = %panic, "a bug of ours: it is looked at again");
    };
    caught(look).await.inspect_err(told).ok()
}

/// Names and numbers that somebody has looked at before an import, and left, are nobody's to keep.
pub(super) async fn drop_old_files(store: Store) {
    let mut every = tokio::time::interval(DROP_OLD_FILES_EVERY);
    loop {
        every.tick().await;
        let dropped = looks("files of callers", store.drop_old_files(clock::now().wall)).await;
        if let Some(Err(error)) = dropped {
            tracing::error!(%error, "files of callers that nobody took in cannot be dropped; it is tried again in a day");
        }
    }
}

/// Looks each second how many messages nobody has heard: somebody may have left one, or played one.
pub(super) async fn watch_messages(store: Store, inbox: Inbox) {
    let mut every = tokio::time::interval(LOOK_AT_MESSAGES_EVERY);
    let mut known = None;
    loop {
        every.tick().await;
        // A store that fails is told of by whoever needs it; phones show what was known last.
        let Some(Ok(unheard)) = looks("messages", store.unheard()).await else { continue };
        if known.as_ref() != Some(&unheard)
            && let Some(Ok(waiting)) = looks("messages", store.waiting(&unheard)).await
        {
            inbox.send(Message::Waiting(waiting));
            known = Some(unheard);
        }
    }
}

/// Looks again and again whether a call back is due that nobody has taken on.
pub(super) async fn watch_call_backs(store: Store, inbox: Inbox, plans: watch::Receiver<Arc<Plan>>) {
    let mut every = tokio::time::interval(LOOK_AT_CALL_BACKS_EVERY);
    let mut overdue = Overdue::since(clock::now().wall);
    loop {
        every.tick().await;
        let plan = plans.borrow().clone();
        // A store that fails is told of by whoever needs it.
        let look = overdue.look(&store, &plan.shops, clock::now().wall);
        let Some(Ok(news)) = looks("call backs", look).await else { continue };
        for (shop, callers) in news {
            inbox.send(Message::CallBacksDue(shop, callers));
        }
    }
}

/// Looks each second whether somebody changed the owner's settings: this process, or another one.
pub(super) async fn watch_plan(
    store: Store,
    inbox: Inbox,
    (plans, contacts): (watch::Sender<Arc<Plan>>, watch::Sender<Arc<[Contact]>>),
    digest: Algorithm,
    written: Arc<Notify>,
) {
    name_unusable_passwords(&plans.borrow(), digest);
    let mut every = tokio::time::interval(LOOK_AT_PLAN_EVERY);
    let mut failing = false;
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = written.notified() => {}
        }
        let known = plans.borrow().version;
        let turn = async {
            match changed(&store, known).await {
                Ok(None) => failing = false,
                Ok(Some((plan, callers))) => {
                    failing = false;
                    let plan = Arc::new(plan);
                    name_unusable_passwords(&plan, digest);
                    contacts.send_replace(callers.contacts().into());
                    inbox.send(Message::Callers(callers));
                    inbox.send(Message::Plan(plan.clone()));
                    plans.send_replace(plan);
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::error!(%error, "the settings cannot be read; the last known ones hold");
                    }
                }
            }
        };
        looks("settings", turn).await;
    }
}

/// A hash made for one algorithm is of no use with another: such a phone cannot register, and somebody must hear why.
fn name_unusable_passwords(plan: &Plan, digest: Algorithm) {
    for phone in plan.shops.iter().flat_map(|shop| &shop.phones) {
        if let Line::Registers { ha1, .. } = &phone.line
            && ha1.0.len() != digest.hex_digits()
        {
            tracing::error!(
                phone = %phone.name,
                "this phone cannot register: its password was imported for another [sip] digest than {}; import the shop \
                 again with the password, or set digest back",
                digest.name()
            );
        }
    }
}

async fn changed(store: &Store, known: i64) -> Result<Option<(Plan, Callers)>, StoreError> {
    if store.plan_version().await? == known {
        return Ok(None);
    }
    // The loop counts calls by itself, and is ahead of the store.
    Ok(Some((store.plan().await?, store.callers_as_written().await?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_panics_is_followed_by_the_next() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let outcomes = runtime.block_on(async {
            let mut outcomes = Vec::new();
            for nth in 0..3 {
                let look = async {
                    assert_ne!(nth, 1, "a panic that this test wants");
                    nth
                };
                outcomes.push(looks("numbers", look).await);
            }
            outcomes
        });
        assert_eq!(outcomes, [Some(0), None, Some(2)]);
    }
}
