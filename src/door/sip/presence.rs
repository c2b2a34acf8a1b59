//! Whether the other side of a conversation is still there. Both are asked when nothing is heard any more, by a re-INVITE
//! that changes nothing (RFC 3261 §14.1), which every telephone can answer; and either is where its session timer wants it.
//! Any answer but 408 and 481 comes from somebody who knows the call.

use std::collections::HashMap;

use crate::call::event::{CallerLeft, Input, LegEnd, Stop};
use crate::call::leg::LegId;
use crate::media::sdp::Description;
use crate::now::Now;
use crate::sip::endpoint::ClientTx;
use crate::sip::hop::Hop;
use crate::sip::message::{Method, Received};
use crate::sip::outgoing::{Body, Outgoing};

use super::timers::By;
use super::{Acked, CallerLeg, CallerState, Far, Party, SipDoor};

/// Our re-INVITEs and UPDATEs that have no final answer yet.
#[derive(Debug, Default)]
pub(super) struct Presence {
    asked: HashMap<ClientTx, Asked>,
    /// Those whose answer is of interest: not once the call is over.
    asking: HashMap<Party, ClientTx>,
}

/// One question.
#[derive(Debug)]
struct Asked {
    party: Party,
    why: Why,
    /// `None`: an UPDATE without one.
    offer: Option<Offered>,
}

/// What the 2xx of a re-INVITE needs even when the dialog is gone by then.
#[derive(Debug)]
struct Offered {
    ours: Description,
    hop: Hop,
    ack: Outgoing,
}

/// Why they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Nothing is heard.
    Silence,
    /// Their session timer wants a refresh.
    Timer(By),
}

impl Presence {
    /// Whether this side has a question of ours to answer.
    pub(super) fn asks(&self, party: Party) -> bool {
        self.asking.contains_key(&party)
    }

    /// Whether this side has an offer of ours to answer, in a re-INVITE.
    pub(super) fn offers(&self, party: Party) -> bool {
        let asked = self.asking.get(&party).and_then(|tx| self.asked.get(tx));
        asked.is_some_and(|asked| asked.offer.is_some())
    }

    /// The question of this transaction has come to an end. True if somebody still wants to know.
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
        self.ask(now, Party::Caller(leg.call), Why::Silence);
        self.ask(now, Party::Phone(leg), Why::Silence);
    }

    /// True if they are asked now; false if something else is being asked or answered.
    pub(super) fn ask(&mut self, now: Now, party: Party, why: Why) -> bool {
        // Whoever is about to acknowledge or to answer something has just been heard of, and RFC 3261 §14.1 wants one
        // INVITE at a time; that no ACK ever comes is seen there.
        if self.presence.asking.contains_key(&party) || self.awaited.values().any(|awaited| awaited.party() == party) {
            return false;
        }
        let Some(ours) = self.last_said_to(party) else { return false };
        let way = self.dialog_of(party).map(|dialog| (dialog.hop, dialog.target().scheme));
        let Some((hop, scheme)) = way else { return false };
        let mut more = vec![self.contact(&hop, scheme), self.allow(party), self.supported(party)];
        more.extend(self.timers.headers(party));
        let Some(dialog) = self.dialog_of(party) else { return false };
        let (request, offer) = match why {
            Why::Timer(By::Update) => (dialog.request(Method::Update, more, None), None),
            Why::Timer(By::Reinvite) | Why::Silence => {
                let invite = dialog.request(Method::Invite, more, Some(Body::sdp(ours.write())));
                let ack = dialog.ack(invite.cseq, None);
                (invite, Some(Offered { ours, hop, ack }))
            }
        };
        let tx = self.endpoint.request(now.mono, hop, request);
        self.presence.asked.insert(tx, Asked { party, why, offer });
        self.presence.asking.insert(party, tx);
        true
    }

    /// What stands between us and this side of a conversation: offered again it changes nothing, not even a hold.
    fn last_said_to(&self, party: Party) -> Option<Description> {
        let call = match party {
            Party::Caller(call) => call,
            Party::Phone(leg) => leg.call,
        };
        let CallerLeg { state: CallerState::Answered(conversation), .. } = self.callers.get(&call)? else {
            return None;
        };
        match (party, &conversation.with) {
            (Party::Caller(_), _) => (conversation.acked == Acked::Yes).then(|| conversation.ours.clone()),
            (Party::Phone(leg), Far::Phone(with)) if *with == leg && self.may_be_asked(leg) => {
                Some(conversation.phone_ours.clone())
            }
            (Party::Phone(_), Far::Phone(_) | Far::Machine { .. } | Far::Tone { .. }) => None,
        }
    }

    /// One of them is heard again. What a timer wants is asked all the same.
    pub(super) fn stop_asking_both(&mut self, now: Now, leg: LegId) {
        for party in [Party::Caller(leg.call), Party::Phone(leg)] {
            let asked = self.presence.asking.get(&party).and_then(|tx| self.presence.asked.get(tx));
            if asked.is_some_and(|asked| asked.why == Why::Silence) {
                self.forget_question(now, party);
            }
        }
    }

    /// The dialog is over: nothing more is asked in it.
    pub(super) fn stop_asking(&mut self, now: Now, party: Party) {
        self.timers.stop(party);
        self.forget_question(now, party);
    }

    /// The answer is of no interest any more.
    fn forget_question(&mut self, now: Now, party: Party) {
        if let Some(tx) = self.presence.asking.remove(&party) {
            self.endpoint.cancel(now.mono, tx, Vec::new());
        }
    }

    /// An answer has come; true if it was to such a question.
    pub(super) fn presence_answered(&mut self, now: Now, tx: ClientTx, hop: &Hop, response: &Received) -> bool {
        let code = response.code().unwrap_or_default();
        if code < 200 {
            return self.presence.asked.contains_key(&tx);
        }
        let Some((asked, wanted)) = self.presence.over(tx) else { return false };
        let Asked { party, why, .. } = asked;
        match (code, why) {
            (200..=299, _) => {
                // Whoever was asked for another reason has been refreshed all the same.
                if wanted || self.timers.runs(party) {
                    self.timers.accepted(now.mono, party, response);
                }
                self.is_there(now, tx, asked, wanted, hop, response);
            }
            // RFC 3261 §12.2.1.2: there is no such call at the other end.
            (408 | 481, _) if wanted => self.is_gone(now, party),
            // Who refuses is there.
            (_, Why::Timer(by)) if wanted => self.refresh_refused(now, party, by, response),
            (_, Why::Timer(_) | Why::Silence) => {}
        }
        true
    }

    /// No answer has come; true if it was to be one to such a question.
    pub(super) fn presence_silent(&mut self, now: Now, tx: ClientTx) -> bool {
        let Some((asked, wanted)) = self.presence.over(tx) else { return false };
        if wanted {
            self.is_gone(now, asked.party);
        }
        true
    }

    fn is_there(&mut self, now: Now, tx: ClientTx, asked: Asked, wanted: bool, hop: &Hop, ok: &Received) {
        let Asked { party, offer, .. } = asked;
        let interfaces = self.endpoint.interfaces.clone();
        let mut moved = None;
        if let Some(dialog) = self.dialog_of(party).filter(|_| wanted) {
            dialog.retarget(ok, *hop, &interfaces);
            moved = offer.as_ref().map(|offer| (dialog.hop, dialog.ack(offer.ack.cseq, None)));
        }
        let Some(Offered { ours, hop: asked_by, ack }) = offer else { return };
        let (ack_by, ack) = moved.unwrap_or((asked_by, ack));
        let to_tag = ok.to.tag().unwrap_or_default().to_owned();
        self.endpoint.ack(now.mono, tx, to_tag, ack_by, &ack);
        // An answer that cannot be read changes nothing: what was agreed before still stands.
        if wanted && let Ok(Some(theirs)) = self.read_offer(&ok.body, hop) {
            self.agree_anew(party.call(), party.which(), theirs, ours);
        }
    }

    /// They are gone, or their session has run out: the call is over.
    pub(super) fn is_gone(&mut self, now: Now, party: Party) {
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
