//! Whether both sides of a conversation that has fallen silent are still there: each is asked by a re-INVITE that changes
//! nothing (RFC 3261 §14.1), which every telephone can answer. Any answer but 408 and 481 comes from somebody who knows
//! the call.

use std::collections::HashMap;

use crate::call::event::{CallerLeft, Input, LegEnd, Stop};
use crate::call::leg::LegId;
use crate::media::Which;
use crate::media::sdp::Description;
use crate::now::Now;
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Method, Received};
use crate::sip::outgoing::{ALLOW, Body, Outgoing};

use super::{Acked, CallerLeg, CallerState, Far, Party, SipDoor};

/// Our re-INVITEs that have no final answer yet.
#[derive(Debug, Default)]
pub(super) struct Presence {
    asked: HashMap<ClientTx, Asked>,
    /// Those whose answer is of interest: not once the call is over.
    asking: HashMap<Party, ClientTx>,
}

/// One re-INVITE, with what its 2xx needs even when the dialog is gone by then.
#[derive(Debug)]
struct Asked {
    party: Party,
    ours: Description,
    hop: Hop,
    ack: Outgoing,
}

impl Presence {
    /// Whether this side has a re-INVITE of ours to answer.
    pub(super) fn asks(&self, party: Party) -> bool {
        self.asking.contains_key(&party)
    }

    /// The re-INVITE of this transaction has come to an end. True if somebody still wants to know.
    fn over(&mut self, tx: ClientTx) -> Option<(Asked, bool)> {
        let asked = self.asked.remove(&tx)?;
        let wanted = self.asking.get(&asked.party) == Some(&tx);
        if wanted {
            self.asking.remove(&asked.party);
        }
        Some((asked, wanted))
    }
}

impl SipDoor {
    /// Asks the caller and the phone that they talk with.
    pub(super) fn ask_both(&mut self, now: Now, leg: LegId) {
        self.ask(now, Party::Caller(leg.call));
        self.ask(now, Party::Phone(leg));
    }

    fn ask(&mut self, now: Now, party: Party) {
        // Whoever is about to acknowledge or to answer something has just been heard of, and RFC 3261 §14.1 wants one
        // INVITE at a time; that no ACK ever comes is seen there.
        if self.presence.asks(party) || self.awaited.values().any(|awaited| awaited.party() == party) {
            return;
        }
        let Some(ours) = self.last_said_to(party) else { return };
        let way = self.dialog_of(party).map(|dialog| (dialog.hop, dialog.target().scheme));
        let Some((hop, scheme)) = way else { return };
        let more = vec![self.contact(&hop, scheme), Header::Allow(ALLOW.into())];
        let Some(dialog) = self.dialog_of(party) else { return };
        let invite = dialog.request(Method::Invite, more, Some(Body::sdp(ours.write())));
        let ack = dialog.ack(invite.cseq, None);
        let tx = self.endpoint.request(now.mono, hop, invite);
        self.presence.asked.insert(tx, Asked { party, ours, hop, ack });
        self.presence.asking.insert(party, tx);
    }

    /// What stands between us and this side of a conversation: offered again it changes nothing, not even a hold.
    fn last_said_to(&mut self, party: Party) -> Option<Description> {
        let call = match party {
            Party::Caller(call) => call,
            Party::Phone(leg) => leg.call,
        };
        let CallerLeg { state: CallerState::Answered(conversation), .. } = self.callers.get(&call)? else {
            return None;
        };
        match (party, &conversation.with) {
            (Party::Caller(_), _) => (conversation.acked == Acked::Yes).then(|| conversation.ours.clone()),
            (Party::Phone(leg), Far::Phone(with)) if *with == leg => Some(conversation.phone_ours.clone()),
            (Party::Phone(_), Far::Phone(_) | Far::Machine { .. }) => None,
        }
    }

    /// One of them is heard again.
    pub(super) fn stop_asking_both(&mut self, now: Now, leg: LegId) {
        self.stop_asking(now, Party::Caller(leg.call));
        self.stop_asking(now, Party::Phone(leg));
    }

    /// The answer is of no interest any more.
    pub(super) fn stop_asking(&mut self, now: Now, party: Party) {
        if let Some(tx) = self.presence.asking.remove(&party) {
            self.endpoint.cancel(now.mono, tx, Vec::new());
        }
    }

    /// An answer has come; true if it was to such a re-INVITE.
    pub(super) fn presence_answered(&mut self, now: Now, tx: ClientTx, hop: &Hop, response: &Received) -> bool {
        let code = response.code().unwrap_or_default();
        if code < 200 {
            return self.presence.asked.contains_key(&tx);
        }
        let Some((asked, wanted)) = self.presence.over(tx) else { return false };
        match code {
            200..=299 => self.is_there(now, tx, asked, wanted, hop, response),
            // RFC 3261 §12.2.1.2: there is no such call at the other end.
            408 | 481 if wanted => self.is_gone(now, asked.party),
            // Who refuses is there.
            _ => {}
        }
        true
    }

    /// No answer has come; true if it was to be one to such a re-INVITE.
    pub(super) fn presence_silent(&mut self, now: Now, tx: ClientTx) -> bool {
        let Some((asked, wanted)) = self.presence.over(tx) else { return false };
        if wanted {
            self.is_gone(now, asked.party);
        }
        true
    }

    fn is_there(&mut self, now: Now, tx: ClientTx, asked: Asked, wanted: bool, hop: &Hop, ok: &Received) {
        let Asked { party, ours, hop: asked_by, ack } = asked;
        let interfaces = self.endpoint.interfaces.clone();
        let (ack_by, ack) = match self.dialog_of(party).filter(|_| wanted) {
            Some(dialog) => {
                dialog.retarget(ok, *hop, &interfaces);
                (dialog.hop, dialog.ack(ack.cseq, None))
            }
            None => (asked_by, ack),
        };
        let to_tag = ok.to.tag().unwrap_or_default().to_owned();
        self.endpoint.ack(now.mono, tx, to_tag, ack_by, &ack);
        // An answer that cannot be read changes nothing: what was agreed before still stands.
        if wanted && let Ok(Some(theirs)) = self.read_offer(&ok.body, hop) {
            let (call, which) = match party {
                Party::Caller(call) => (call, Which::A),
                Party::Phone(leg) => (leg.call, Which::B),
            };
            self.agree_anew(call, which, theirs, ours);
        }
    }

    fn is_gone(&mut self, now: Now, party: Party) {
        match party {
            Party::Caller(call) => {
                self.bye_caller(now, call, Stop::Lost);
                self.tell(call, Input::CallerLeft(CallerLeft::Lost, None));
            }
            Party::Phone(leg) => {
                self.tell(leg.call, Input::LegEnded(leg, LegEnd::Silent));
                self.hang_up(now, leg, Stop::Lost);
            }
        }
    }
}
