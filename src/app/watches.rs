//! What is looked at again and again while the service runs, beside its calls: the owner's settings, messages nobody has heard,
//! and call backs that are due.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::call::record::CallId;
use crate::caller::{Callers, Contact};
use crate::clock;
use crate::driver::{Inbox, Message};
use crate::routing::Plan;
use crate::routing::plan::Line;
use crate::sip::auth::Algorithm;
use crate::store::{LogHealth, Overdue, Store, StoreError};
use crate::web::caught;

/// How often the service looks whether another process has changed the owner's settings (DESIGN §1).
const LOOK_AT_PLAN_EVERY: Duration = Duration::from_secs(1);
/// How often it looks how many messages nobody has heard: a lamp may be a second late.
const LOOK_AT_MESSAGES_EVERY: Duration = Duration::from_secs(1);
/// How often it looks whether somebody should have been called back by now: nobody waits for a notice by the second.
const LOOK_AT_CALL_BACKS_EVERY: Duration = Duration::from_secs(15);
/// So often callers are counted while new calls begin: after that, one that rings just then counts twice till the next start.
const COUNTED_AT_MOST: u32 = 5;
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

/// Looks each second whether somebody changed the owner's settings, or put a backup back: this process, or another one.
pub(super) struct PlanWatch {
    pub store: Store,
    /// How often a backup had been put back when the log was read.
    pub restores: i64,
    pub digest: Algorithm,
    pub log: Arc<LogHealth>,
    /// This process has changed them.
    pub written: Arc<Notify>,
}

impl PlanWatch {
    pub async fn run(
        mut self,
        inbox: Inbox,
        (plans, contacts): (watch::Sender<Arc<Plan>>, watch::Sender<Arc<[Contact]>>),
    ) {
        name_unusable_passwords(&plans.borrow(), self.digest);
        let mut every = tokio::time::interval(LOOK_AT_PLAN_EVERY);
        let mut failing = false;
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = self.written.notified() => {}
            }
            let known = plans.borrow().version;
            let turn = async {
                match self.changed(known).await {
                    Ok(None) => failing = false,
                    Ok(Some((plan, callers, log))) => {
                        failing = false;
                        let plan = Arc::new(plan);
                        name_unusable_passwords(&plan, self.digest);
                        contacts.send_replace(callers.contacts().into());
                        let is_restored = matches!(log, Log::Restored { .. });
                        inbox.send(match log {
                            Log::AsItWas => Message::Callers(callers),
                            Log::Restored { counted } => Message::LogRestored { callers, counted },
                        });
                        inbox.send(Message::Plan(plan.clone()));
                        plans.send_replace(plan);
                        if is_restored {
                            tracing::info!("a backup was put back: settings and log are read anew");
                        }
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

    async fn changed(&mut self, known: i64) -> Result<Option<(Plan, Callers, Log)>, StoreError> {
        if self.store.plan_version().await? == known {
            return Ok(None);
        }
        let restores = self.store.restores().await?;
        if restores != self.restores && self.log.store_fails() {
            // What came while a backup was put back is in the journal, and soon in the store.
            return Ok(None);
        }
        let plan = self.store.plan().await?;
        if restores == self.restores {
            // The loop counts calls by itself, and is ahead of the store.
            return Ok(Some((plan, self.store.callers_as_written().await?, Log::AsItWas)));
        }
        let (callers, counted) = self.counted().await?;
        self.store.forget_candidates().await;
        self.restores = restores;
        Ok(Some((plan, callers, Log::Restored { counted })))
    }

    /// Everybody whom the log knows, and the open calls that they count: read again where a call has begun meanwhile.
    async fn counted(&self) -> Result<(Callers, HashSet<CallId>), StoreError> {
        let mut turn = 1;
        loop {
            let open = self.store.open_calls().await?;
            let callers = self.store.callers().await?;
            if turn == COUNTED_AT_MOST || self.store.open_calls().await?.is_subset(&open) {
                return Ok((callers, open));
            }
            turn += 1;
        }
    }
}

/// What was read beside the settings.
enum Log {
    AsItWas,
    Restored { counted: HashSet<CallId> },
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
