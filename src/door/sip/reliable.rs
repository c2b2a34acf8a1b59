//! Provisional responses that must arrive (RFC 3262), only where the other side requires it: a caller's ringing is repeated
//! until its PRACK comes, and a phone's is answered by one.

use std::collections::HashMap;
use std::time::Duration;

use crate::call::event::{CallerLeft, Input};
use crate::call::leg::LegId;
use crate::call::record::CallId;
use crate::now::{Mono, Now};
use crate::sip::dialog::Dialog;
use crate::sip::endpoint::ServerTx;
use crate::sip::hop::Hop;
use crate::sip::message::{self, CSeq, Header, Method, Received, Response, other};
use crate::sip::outgoing::ALLOW;
use crate::sip::transaction::timer::{Deadlines, T1, T1_64};

use super::abilities::RELIABLE;
use super::{Begun, Party, SipDoor, scheme_called};

/// More phones than anybody has behind one contact.
const MOST_DIALOGS: usize = 8;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Reliable {
    callers: HashMap<CallId, Said>,
    deadlines: Deadlines<CallId>,
    phones: HashMap<LegId, Vec<Heard>>,
}

/// What a caller was told reliably.
#[derive(Debug)]
struct Said {
    /// Of the latest.
    rseq: u32,
    /// `None`: its PRACK has come.
    unacknowledged: Option<Unacknowledged>,
}

#[derive(Debug)]
struct Unacknowledged {
    tx: ServerTx,
    /// Of the INVITE, which a PRACK names (RFC 3262 §7.2) when it may have been answered already.
    invite: CSeq,
    response: Response,
    interval: Duration,
    until: Mono,
}

/// A dialog of a phone that has begun with a reliable response: one for each To tag.
#[derive(Debug)]
struct Heard {
    dialog: Dialog,
    /// Of the latest that was acknowledged.
    rseq: u32,
}

impl Reliable {
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        self.deadlines.next()
    }

    /// The caller's INVITE has its final answer: nothing before it is repeated (§3). Its PRACK may still come.
    pub(super) fn answered(&mut self, call: CallId) {
        self.deadlines.stop(call);
    }

    pub(super) fn forget_caller(&mut self, call: CallId) {
        self.callers.remove(&call);
        self.deadlines.stop(call);
    }

    pub(super) fn forget_phone(&mut self, leg: LegId) {
        self.phones.remove(&leg);
    }

    /// The dialog that a phone's 2xx makes goes on from what was asked in it before (§5).
    pub(super) fn continues(&self, leg: LegId, dialog: &mut Dialog) {
        let heard = self.phones.get(&leg).into_iter().flatten();
        if let Some(early) = heard.into_iter().find(|early| early.dialog.remote_tag == dialog.remote_tag) {
            dialog.continues(&early.dialog);
        }
    }
}

impl SipDoor {
    /// Whether this caller requires that ringing arrives.
    pub(super) fn must_hear(&self, invite: ServerTx) -> bool {
        let invite = self.endpoint.request_of(invite);
        invite.is_some_and(|invite| invite.require.iter().any(|tag| tag == RELIABLE))
    }

    /// 180 that is repeated until its PRACK comes.
    pub(super) fn announce_reliably(&mut self, now: Now, call: CallId) {
        let Some(caller) = self.callers.get(&call) else { return };
        let rseq = match self.reliable.callers.get(&call) {
            // §3: not a second one before the first has arrived.
            Some(Said { unacknowledged: Some(_), .. }) => return,
            Some(said) => said.rseq.wrapping_add(1),
            // §3: from 1 to 2^31 - 1.
            None => (self.chance.word() >> 1).max(1),
        };
        let Some(tx) = caller.begun.theirs() else { return };
        let Some(invite) = self.endpoint.request_of(tx) else { return };
        let mut response = message::response_to(invite, 180, Some(&caller.local_tag));
        let required = [Header::Require(RELIABLE.into()), other("RSeq", &rseq.to_string())];
        let contact = self.contact(&caller.hop, scheme_called(invite));
        let headers = [contact, Header::Allow(ALLOW.into())].into_iter().chain(required);
        headers.for_each(|header| response.headers.push(header));
        let invite = invite.cseq.clone();
        self.endpoint.respond(now.mono, tx, &response);
        let unacknowledged = Some(Unacknowledged { tx, invite, response, interval: T1, until: now.mono + T1_64 });
        self.reliable.callers.insert(call, Said { rseq, unacknowledged });
        self.reliable.deadlines.set(call, now.mono + T1);
    }

    pub(super) fn reliable_timeout(&mut self, now: Now) {
        while let Some(call) = self.reliable.deadlines.pop_due(now.mono) {
            let Some(Said { unacknowledged: Some(said), .. }) = self.reliable.callers.get_mut(&call) else { continue };
            if said.until <= now.mono {
                // §3: in 64·T1 nobody has said that it arrived.
                let tx = said.tx;
                let tag = self.callers.get(&call).map(|caller| caller.local_tag.clone());
                self.endpoint.respond_plain(now.mono, tx, 504, tag.as_deref(), Vec::new());
                self.tell(call, Input::CallerLeft(CallerLeft::Lost, None));
                continue;
            }
            self.endpoint.respond(now.mono, said.tx, &said.response);
            said.interval *= 2;
            self.reliable.deadlines.set(call, (now.mono + said.interval).min(said.until));
        }
    }

    /// A PRACK of a caller: true if it is for what we said (§3). One that offers something finds their first offer still
    /// unanswered, so it cannot be (§5).
    pub(super) fn prack_came(&mut self, party: Party, prack: &Received) -> bool {
        let Party::Caller(call) = party else { return false };
        let Some(said) = self.reliable.callers.get_mut(&call) else { return false };
        let (Some(waiting), Some(rack)) = (&said.unacknowledged, &prack.rack) else { return false };
        if !prack.body.is_empty() || rack.rseq != said.rseq || rack.cseq != waiting.invite {
            return false;
        }
        said.unacknowledged = None;
        self.reliable.deadlines.stop(call);
        true
    }

    /// A phone requires that its ringing is acknowledged (§4): once, however often it comes.
    pub(super) fn acknowledge(&mut self, now: Now, leg: LegId, hop: Hop, response: &Received) {
        let Some(rseq) = response.rseq.filter(|_| response.require.iter().any(|tag| tag == RELIABLE)) else { return };
        let (Some(phone), Some(tag)) = (self.phones.get(&leg), response.to.tag()) else { return };
        let Begun::ByUs { invite, .. } = &phone.begun else { return };
        let heard = self.reliable.phones.entry(leg).or_default();
        let early = match heard.iter().position(|early| early.dialog.remote_tag == tag) {
            // §4: what comes out of order is to come again.
            Some(at) if rseq != heard[at].rseq.wrapping_add(1) => return,
            Some(at) => &mut heard[at],
            None if heard.len() == MOST_DIALOGS => return,
            None => {
                let mut dialog = Dialog::as_caller(invite, response, hop, &self.endpoint.interfaces);
                dialog.reach(&invite.uri, phone.hop);
                heard.push(Heard { dialog, rseq });
                heard.last_mut().expect("it was put there a line ago")
            }
        };
        early.rseq = rseq;
        let rack = other("RAck", &format!("{rseq} {} INVITE", invite.cseq));
        let prack = early.dialog.request(Method::PRack, vec![rack], None);
        self.endpoint.request(now.mono, early.dialog.hop, prack);
    }
}
