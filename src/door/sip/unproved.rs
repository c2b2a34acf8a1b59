//! A phone that nothing but the address of a datagram proves dials for a call that waits. Anybody can write that address, but
//! only whoever is there reads our 200, whose tag nobody can guess, and acknowledges it. So it is answered first, and has the
//! call once its ACK has come. Until then no call has changed: all phones ring on.
//!
//! To refuse such phones would serve nobody: a fixed telephone by UDP has no other way to show that it is there.

use std::collections::HashMap;

use crate::call::record::CallId;
use crate::now::Now;
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::ServerTx;
use crate::sip::message::{self, Header, Method, other};
use crate::sip::outgoing::{ALLOW, USER_AGENT};

use super::abilities::Peer;
use super::taking::Dialling;
use super::{Acked, Arrival, CallerState, Calling, SipDoor, Told, abilities, scheme_called};

/// Of one address. With one more the oldest is forgotten: who writes an address again and again must not keep the telephone
/// there from proving itself, nor have us repeat answers to it without end.
const MOST: usize = 4;
/// Nothing is said to anybody before the row is durable, and that is only a moment.
const NOT_YET: &str = "399 ringall \"Try again in a moment.\"";

/// Those that were answered, by their INVITE.
pub(super) type Unproved = HashMap<ServerTx, Answered>;

/// A phone that was answered, and wants this call.
#[derive(Debug)]
pub struct Answered {
    pub call: CallId,
    pub calling: Calling,
    dialling: Dialling,
    dialog: Box<Dialog>,
}

impl SipDoor {
    /// Answers a phone that wants this call and has proved nothing yet: [`Told::IsThere`] when it has.
    pub fn asks_whether_it_is_there(&mut self, now: Now, call: CallId, arrival: Arrival, calling: Calling) {
        let has_heard = self.callers.get(&call).is_some_and(|caller| match caller.state {
            CallerState::Answered(_) => true,
            CallerState::Waiting => caller.early.is_some(),
        });
        if !has_heard {
            return self.respond(now, arrival.tx, 480, vec![other("Warning", NOT_YET)]);
        }
        let Some(dialling) = self.dialling_for(now, call, arrival) else { return };
        let (tx, hop, local_tag) = (dialling.dialled.tx, dialling.hop, &dialling.dialled.local_tag);
        let Some(invite) = self.endpoint.request_of(tx) else { return };
        let dialog = Box::new(Dialog::as_callee(invite, local_tag, hop, &self.endpoint.interfaces));
        let mut ok = message::response_to(invite, 200, Some(local_tag));
        ok.headers.push(self.contact(&hop, scheme_called(invite)));
        ok.headers.push(Header::Allow(ALLOW.into()));
        ok.headers.push(abilities::supported(Peer::Phone));
        ok.headers.push(Header::Server(USER_AGENT.into()));
        ok.headers.push(Header::ContentType("application/sdp".into()));
        self.who_calls(call, &hop).into_iter().for_each(|who| ok.headers.push(who));
        ok.body = dialling.ours.write();
        self.endpoint.accept(now.mono, tx, &ok, local_tag);
        let mut there: Vec<_> = self.unproved.iter().filter(|(_, it)| it.dialling.hop.to == hop.to).collect();
        there.sort_by_key(|(tx, _)| **tx);
        let oldest = (there.len() >= MOST).then(|| there.first().map(|(tx, _)| **tx)).flatten();
        if let Some(oldest) = oldest {
            self.unproved.remove(&oldest);
            self.endpoint.stop_repeating(oldest);
        }
        self.unproved.insert(tx, Answered { call, calling, dialling, dialog });
    }

    /// The ACK of one of these. True if it was one.
    pub(super) fn has_acknowledged(&mut self, tx: ServerTx) -> bool {
        let answered = self.unproved.remove(&tx);
        let was_one = answered.is_some();
        self.told.extend(answered.map(|answered| Told::IsThere(Box::new(answered))));
        was_one
    }

    /// RFC 3261 §13.3.1.4: no ACK has come. True if it was to be one of these.
    pub(super) fn has_not_acknowledged(&mut self, now: Now, tx: ServerTx) -> bool {
        let Some(answered) = self.unproved.remove(&tx) else { return false };
        self.does_not_get_it(now, answered);
        true
    }

    /// It is there, and is connected by [`SipDoor::take`](super::SipDoor).
    pub fn gets_it(&mut self, answered: Answered) {
        let Answered { call, mut dialling, dialog, .. } = answered;
        dialling.proved = Some(dialog);
        dialling.dialled.acked = Acked::Yes;
        self.dialling.insert(call, dialling);
    }

    /// Somebody else has the call, or nobody wants it any more.
    pub fn does_not_get_it(&mut self, now: Now, answered: Answered) {
        let Answered { mut dialog, .. } = answered;
        let bye = dialog.request(Method::Bye, Vec::new(), None);
        self.endpoint.request(now.mono, dialog.hop, bye);
    }
}
