//! What the owner is told beside the phones when Twilio rings them: what that cannot do, and what could.

use crate::config::TwilioRing;
use crate::routing::plan::Language;
use crate::web::Web;
use crate::words;

/// Two sentences for `twilio_note.html`; `None`: all rings from here.
pub fn note(web: &Web, language: Language) -> Option<[&'static str; 2]> {
    let webhooks = web.webhooks.as_ref()?;
    (webhooks.ring() == TwilioRing::Dial).then(|| words::page::why_sip(language))
}
