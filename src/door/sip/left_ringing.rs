//! Phones that a crash left ringing. Their INVITEs are taken up as if they had been sent here, so that all that follows a
//! CANCEL is as ever: a phone that stops is acknowledged, one that has picked up meanwhile is hung up on.

use std::collections::HashMap;

use crate::call::leg::BindingId;
use crate::call::record::CallId;
use crate::now::Now;
use crate::routing::Outside;
use crate::sip::address::Address;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Method, Received, other};
use crate::sip::outgoing::Outgoing;
use crate::sip::uri::Uri;

use super::{Place, Shown, SipDoor, Way};

/// A place is rung once in a call, and again after it has stopped by itself. Who has stopped four times is left to its own
/// timer.
const MOST_INVITES: u32 = 4;

/// The INVITEs that were taken up, until they have their final answer.
pub(super) type LeftRinging = HashMap<ClientTx, (Outgoing, Hop)>;

impl SipDoor {
    /// Stops whatever rings at this place for a call that died with the process before this one.
    pub fn stop_left_ringing(&mut self, now: Now, call: CallId, shown: &Shown, place: BindingId) {
        let Some(Place { uri, hop, trunk, others }) = self.places.get(&place).cloned() else { return };
        let Some(trunk) = trunk else {
            let from = self.shown_as(&hop, &shown.number);
            return self.stop_at(now, call, uri, hop, &from, 1);
        };
        for Way { uri, hop, trunk } in std::iter::once(Way { uri, hop, trunk }).chain(others) {
            let (from, _) = self.shown_to_cell(trunk, shown);
            self.stop_at(now, call, uri, hop, &from, self.invites_as_one(trunk));
        }
    }

    /// Stops whatever rings outside, by this way, since a phone of the shop has dialled it.
    pub fn stop_left_dialled(&mut self, now: Now, call: CallId, to: &Outside, called: Option<&str>, way: (usize, Hop)) {
        let (trunk, hop) = way;
        let Some(uri) = self.outside_uri(trunk, to) else { return };
        let (from, _) = self.shown_as_shop(trunk, called);
        self.stop_at(now, call, uri, hop, &from, self.invites_as_one(trunk));
    }

    /// Which of them were sent nobody knows any more: to a CANCEL of another the answer is 481, and no harm is done.
    fn stop_at(&mut self, now: Now, call: CallId, uri: Uri, hop: Hop, from: &Address, as_one: u32) {
        for nth in 1..=MOST_INVITES {
            let named = self.names.of(call, &uri, hop.to.ip(), nth);
            for cseq in 1..=as_one {
                let invite = Outgoing {
                    method: Method::Invite,
                    to: Address::new(uri.clone()),
                    uri: uri.clone(),
                    from: from.clone().with_tag(&named.tag),
                    call_id: named.call_id.clone(),
                    cseq,
                    routes: Vec::new(),
                    more: Vec::new(),
                    body: None,
                };
                let branch = match cseq {
                    1 => named.branch.clone(),
                    again => self.names.branch_again(&named.call_id, again),
                };
                let tx = self.endpoint.take_up(now.mono, hop, invite.clone(), branch);
                self.left_ringing.insert(tx, (invite, hop));
                self.endpoint.cancel(now.mono, tx, reason());
            }
        }
    }

    /// The caller of a phone's INVITE, without a name and a tag.
    pub(super) fn shown_as(&self, hop: &Hop, number: &str) -> Address {
        let sent_by = self.endpoint.interfaces.sent_by(hop);
        let (user, host) = match number {
            // RFC 3323 §4.1.1.3
            "" => ("anonymous", "anonymous.invalid".to_owned()),
            number => (number, sent_by.ip().to_string()),
        };
        Address::new(Uri::sip(Some(user), &host, None))
    }

    /// An answer has come; true if it was to such an INVITE.
    pub(super) fn left_ringing_answered(&mut self, now: Now, tx: ClientTx, hop: Hop, response: &Received) -> bool {
        let Some((invite, reached)) = self.left_ringing.get(&tx) else { return false };
        match response.code().unwrap_or_default() {
            ..200 => {}
            200..=299 => {
                let mut dialog = Dialog::as_caller(invite, response, hop, &self.endpoint.interfaces);
                dialog.reach(&invite.uri, *reached);
                let tag = dialog.remote_tag.clone();
                self.endpoint.ack(now.mono, tx, tag, dialog.hop, &dialog.ack(invite.cseq, None));
                let bye = dialog.request(Method::Bye, reason(), None);
                self.endpoint.request(now.mono, dialog.hop, bye);
                self.left_ringing.remove(&tx);
            }
            _ => {
                self.left_ringing.remove(&tx);
            }
        }
        true
    }
}

/// RFC 3326: Q.850's "temporary failure". Nobody has the call, so the phone shows that it was missed.
fn reason() -> Vec<Header> {
    vec![other("Reason", "Q.850;cause=41;text=\"Temporary failure\"")]
}
