//! What a process before this one has left in the store and the data folder.

use std::path::Path;
use std::sync::Arc;

use crate::caller::Callers;
use crate::clock;
use crate::driver::{Inbox, Message};
use crate::media::recordings::Recordings;
use crate::routing::Plan;
use crate::sip::auth::NonceSecret;
use crate::sip::registrar::KeptUser;
use crate::store::{Beside, Store, StoreError, journal_in};
use crate::switchboard::{Keyless, LeftRinging, WentOut};
use crate::twilio::errands::Errands;

/// What of it the calls need.
pub(super) struct Inherited {
    pub secret: NonceSecret,
    /// Phones that had registered.
    pub kept: Vec<(String, KeptUser)>,
    pub plan: Arc<Plan>,
    /// How often a backup had been put back when these were read.
    pub restores: i64,
    pub callers: Callers,
    pub news: News,
}

/// What the loop hears before its first call.
pub(super) struct News {
    left_ringing: Vec<LeftRinging>,
    keyless: Vec<Keyless>,
    gone_out: Vec<WentOut>,
}

impl Inherited {
    /// Brings to an end what was cut off, and reads the rest. Only where the sockets are bound: another service that still
    /// runs here holds them, and this would harm its live calls.
    pub async fn take(store: &Store, data_dir: &Path, recordings: &Recordings) -> Result<Inherited, StoreError> {
        let now = clock::now().wall;
        let replayed = store.replay_journal(&journal_in(data_dir)).await?;
        let closed = store.close_open_rows(now).await?;
        let (keyless, gone_out) = (store.keyless().await?, store.gone_out(now).await?);
        if replayed > 0 || closed.rows > 0 {
            tracing::warn!(
                replayed,
                closed = closed.rows,
                "the service had not ended in order: calls of then were closed in the log"
            );
        }
        let secret = store.nonce_secret().await?;
        let kept = store.bindings().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the stored registrations are lost; each phone rings again once it has registered");
            Vec::new()
        });
        let beside = Beside { recordings: recordings.clone(), notes: Errands::folder_in(data_dir) };
        if let Err(error) = store.settle_restore(&beside, data_dir).await {
            tracing::error!(%error, "a restore was killed, and its messages cannot be put in their places: restore again");
        }
        store.salvage_messages(recordings).await;
        let restores = store.restores().await?;
        let (plan, callers) = (Arc::new(store.plan().await?), store.callers().await?);
        let news = News { left_ringing: closed.left_ringing, keyless, gone_out };
        Ok(Inherited { secret, kept, plan, restores, callers, news })
    }
}

impl News {
    pub fn tell(self, inbox: &Inbox) {
        inbox.send(Message::LeftRinging(self.left_ringing));
        inbox.send(Message::Keyless(self.keyless));
        inbox.send(Message::GoneOut(self.gone_out));
    }
}
