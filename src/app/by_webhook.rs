//! What Twilio's door is started with.

use std::path::Path;

use tokio::sync::mpsc;

use crate::call::record::CallId;
use crate::config::{Twilio, TwilioRing};
use crate::door::twilio::{RingBy, TwilioSettings};
use crate::driver::{Inbox, Message};
use crate::media::recordings::Recordings;
use crate::store::Store;
use crate::twilio::Work;
use crate::twilio::errands::{Errands, Patience};
use crate::twilio::rest::{Rest, RestError};
use crate::twilio::webhook::Webhooks;

/// How the core takes calls of this account.
pub(super) fn settings(account: &Twilio, public_url: &str) -> TwilioSettings {
    TwilioSettings {
        public_url: public_url.to_owned(),
        profile: account.profile(),
        ring: match account.ring {
            TwilioRing::Dial => RingBy::Dial,
            TwilioRing::Sip => RingBy::Sip,
        },
        sip: account.sip.clone(),
    }
}

/// What takes this account's requests in, and hands them to the loop.
pub(super) fn webhooks(account: &Twilio, public_url: &str, inbox: &Inbox) -> Webhooks {
    let inbox = inbox.clone();
    let hand = move |webhook, answer| inbox.try_send(Message::Webhook(webhook, answer));
    Webhooks::new(account, public_url, Box::new(hand))
}

/// Starts what is asked of the account by REST; it ends with the loop.
pub(super) fn run_errands(
    account: &Twilio,
    data_dir: &Path,
    recordings: &Recordings,
    store: &Store,
    inbox: &Inbox,
) -> Result<mpsc::Sender<Work>, RestError> {
    let fetched = inbox.clone();
    let errands = Errands {
        rest: Rest::new(account)?,
        recordings: recordings.clone(),
        folder: Errands::folder_in(data_dir),
        store: store.clone(),
        tell: Box::new(move |call, recording, kept| {
            fetched.send(Message::RecordingFetched { call: CallId(call), recording: recording.cloned(), kept });
        }),
        patience: Patience::default(),
    };
    Ok(errands.start().0)
}
