//! Calls that come by webhook, through Twilio's door: decided as any other, by the same rows and the same machine. Where
//! their callers are brought to our SIP port they are callers there, of the same call.

use std::sync::Arc;

use super::{CallInput, CallOutput, Decided, Output, Service, Switchboard, Ticket, clean};
use crate::call::event::{CallerLeft, Sealed};
use crate::call::leg::LegId;
use crate::call::record::{CallId, Door};
use crate::call::{Begin, Call};
use crate::caller::{Card, NamedBy};
use crate::door::sip::Arrival;
use crate::door::token::Token;
use crate::door::twilio::greeting_link::GreetingId;
use crate::door::twilio::{AfterAll, Asked, Greets, Request, Spoken, written};
use crate::greeting::Greeting;
use crate::media::Kept;
use crate::now::Now;
use crate::routing::caller_id::Identity;
use crate::routing::decision::{Action, CallerId, Offer, Opening};
use crate::routing::plan::{Country, Language, Line, Shop};
use crate::routing::{decide, shop_called};
use crate::twilio::read::{AfterDial, Bridged, Party, RecordingState, Says, Status};
use crate::twilio::twiml::Reject;
use crate::twilio::work::Recording;
use crate::twilio::{Document, Webhook, twiml};

/// Somebody who calls by webhook.
struct Calls {
    sid: String,
    /// What makes it one call: the carrier's name of it, and more where that has a row already.
    key: String,
    party: Party,
}

impl Switchboard {
    pub(super) fn webhook(&mut self, now: Now, ticket: Ticket, webhook: Webhook) {
        let Webhook { call_sid: sid, call, party, says, .. } = webhook;
        let id = self.twilio.find(call, &sid);
        let leg = |leg: u16| call.map(|call| LegId { call: CallId(call), nth: leg });
        let request = Request(ticket.0);
        match says {
            Says::Voice => match id {
                Some(id) => self.twilio.ask(id, request, Asked::Voice),
                None => {
                    let key = sid.clone();
                    self.called_by_webhook(now, request, Asked::Voice, Calls { sid, key, party });
                }
            },
            Says::AfterDial(AfterDial { nth, .. }) | Says::Waited { nth } => {
                let asked = Asked::Earlier(call.unwrap_or_default(), nth);
                let key = format!("{sid} after {nth} of {}", call.unwrap_or_default());
                match (says, id) {
                    // Once more: it was answered, by the call that began with it.
                    _ if let Some(id) = self.twilio.was_asked(&sid, asked) => self.twilio.ask(id, request, asked),
                    (Says::AfterDial(after), Some(id)) if call == Some(id.0) => {
                        if !self.dial_is_over(now, id, &after) {
                            return self.twilio.ask(id, request, Asked::AfterDial(nth));
                        }
                        // Somebody had it, and the caller waits all the same: they are rung for as if they called anew.
                        self.called_by_webhook(now, request, asked, Calls { sid, key, party });
                    }
                    (Says::AfterDial(after), _) if has_talked(&after) => self.reply(ticket, Document::hangup()),
                    (Says::Waited { .. }, Some(id)) if call == Some(id.0) => {
                        self.twilio.ask(id, request, Asked::Waited(nth));
                    }
                    (_, Some(id)) => self.twilio.ask(id, request, asked),
                    // A process before this one had begun it.
                    (_, None) => self.called_by_webhook(now, request, asked, Calls { sid, key, party }),
                }
            }
            Says::Leg { leg: nth, child, status, sip_status: _ } => {
                if let Some(leg) = leg(nth) {
                    self.twilio.leg_changed(leg, child, status);
                }
                self.reply(ticket, Document::default());
            }
            Says::Screen { leg: nth, child } => match (id, leg(nth)) {
                (Some(id), Some(leg)) => {
                    self.twilio.picked_up(leg, child);
                    self.twilio.ask(id, request, Asked::Screen(leg));
                }
                _ => self.reply(ticket, Document::hangup()),
            },
            Says::Accepted { leg: nth, child, digits } => match (id, leg(nth)) {
                (Some(id), Some(leg)) if !digits.is_empty() => {
                    self.twilio.accepted(leg, child);
                    self.twilio.ask(id, request, Asked::Accepted(leg));
                }
                (Some(id), _) => self.twilio.ask(id, request, Asked::NoKey),
                (None, _) => self.reply(ticket, Document::hangup()),
            },
            Says::Recorded { recording, ended } => match id {
                Some(id) => {
                    self.twilio.caller_spoke(now, id, ended, recording);
                    self.twilio.ask(id, request, Asked::Recorded);
                }
                None => {
                    // Of before a crash.
                    if let (Some(call), Some(recording)) = (call, recording) {
                        self.twilio.recording_ready(now, CallId(call), recording, RecordingState::Ready);
                    }
                    self.reply(ticket, Document::hangup());
                }
            },
            Says::RecordingReady { recording, state } => {
                if let Some(id) = id.or(call.map(CallId)) {
                    self.twilio.recording_ready(now, id, recording, state);
                }
                self.reply(ticket, Document::default());
            }
            Says::Status { status } => {
                if let Some(id) = id.filter(|_| status.is_final()) {
                    self.twilio.caller_is_gone(now, id);
                }
                self.reply(ticket, Document::default());
            }
        }
    }

    fn reply(&mut self, ticket: Ticket, document: Document) {
        self.outputs.push_back(Output::Reply { ticket, document });
    }

    /// What a caller has said is on the disk, or cannot be had.
    pub(super) fn recording_fetched(&mut self, now: Now, call: CallId, recording: Option<Recording>, kept: Kept) {
        match recording {
            Some(recording) => self.twilio.fetched(recording, &kept),
            None if self.twilio.none_found(call) => return,
            None => {}
        }
        let later = match kept {
            Kept::Message { length, voice } => self.twilio.hears_later(now, call, Sealed::Message { length, voice }),
            Kept::Nothing => self.twilio.hears_later(now, call, Sealed::Nothing),
            Kept::Lost => false,
        };
        if !later {
            self.sealed(now, call, kept);
        }
    }

    /// All questions that can be answered by now.
    pub(super) fn answer_webhooks(&mut self, now: Now) {
        for id in self.twilio.waiting() {
            let answers = self.twilio.answers(now, id, self.calls.get(&id), &self.contacts.phones);
            for (Request(ticket), document) in answers {
                self.reply(Ticket(ticket), document);
            }
        }
    }

    pub(super) fn webhooks_due(&mut self, now: Now) {
        let calls = &self.calls;
        self.twilio.handle_timeout(now, |id| calls.get(&id).map(Call::connected_with));
    }

    fn called_by_webhook(&mut self, now: Now, request: Request, asked: Asked, calls: Calls) {
        let Calls { sid, key, party } = calls;
        let called = vec![number_of(&party.to)];
        let user = number_of(&party.from);
        let identity = Identity { display: &party.name, user: &user, ..Identity::default() };
        if self.service == Service::Draining {
            return self.reply(Ticket(request.0), self.while_we_stop(now, identity, &called));
        }
        let Decided { shop, caller, action, card, shown, facts } = self.decided(now, identity, &called);
        let begin = match action {
            Action::Ring(ring) => Begin::Rings(self.mailboxes.put_later(ring), self.twilio.ways()),
            Action::TakeMessage { .. } | Action::Refuse(_) => Begin::Decided(action),
        };
        let spoken = spoken(shop.as_ref(), card, caller, facts.nth);
        let record = self.first_row(now, shop.as_ref(), facts, clean(&called[0]), Door::Twilio, key);
        let id = record.id;
        self.twilio.open(id, sid, shown, spoken);
        self.twilio.ask(id, request, asked);
        self.begins_with(id);
        let call = Call::new(now, record, shop, begin, &self.contacts.phones);
        self.calls.insert(call);
        self.drain_call(now, id);
        self.busy_with = None;
        self.tell_of_free_phones(now);
    }

    /// No call begins any more, and who calls an open shop is to reach somebody all the same.
    fn while_we_stop(&self, now: Now, identity: Identity<'_>, called: &[String]) -> Document {
        let country = shop_called(&self.plan, called).map_or(Country::UNKNOWN, |shop| shop.country);
        let offer = Offer { caller: CallerId::read(identity, country), called: called.to_vec() };
        match decide(&self.plan, &offer, now.wall).action {
            Action::Ring(_) => twiml::fallback(&self.plan, called, self.twilio.profile()),
            Action::TakeMessage { .. } | Action::Refuse(_) => Document::reject(Reject::Busy),
        }
    }

    /// Whether somebody had taken the call, and the caller was never connected with them.
    fn dial_is_over(&mut self, now: Now, id: CallId, after: &AfterDial) -> bool {
        match self.twilio.dial_is_over(now, id, self.calls.get(&id), after) {
            AfterAll::NotConnected => return true,
            AfterAll::TakeBack => self.take_back(now, id),
            AfterAll::AsItWas => {}
        }
        false
    }

    /// The caller is at our SIP port no more, and may come again.
    fn take_back(&mut self, now: Now, id: CallId) {
        if self.door.has_caller(id) && self.calls.get(&id).is_some_and(Call::is_ringing) {
            self.door.let_go(now, id);
            self.feed(now, id, CallInput::TakenBack);
        }
    }

    /// What the SIP door says of a call, as it is meant where the caller is at Twilio: one whom the carrier takes back from us
    /// has not hung up.
    pub(super) fn said_of_the_caller(&mut self, now: Now, id: CallId, input: CallInput) {
        let ringing = || self.calls.get(&id).is_some_and(Call::is_ringing);
        if let CallInput::CallerLeft(CallerLeft::HungUp, _) = input
            && self.twilio.may_take_back(id)
            && ringing()
        {
            self.twilio.taken_back(now, id, self.calls.get(&id));
            return self.take_back(now, id);
        }
        self.feed(now, id, input);
    }

    /// Whether this call's caller is here, or is sent for while phones ring.
    pub(super) fn can_be_brought(&self, call: &Call) -> bool {
        let id = call.record().id;
        !self.twilio.has(id) || self.door.has_caller(id) || (call.is_ringing() && self.twilio.sends_here(id))
    }

    /// A caller whom we have sent for comes by SIP.
    pub(super) fn sent_for(&mut self, now: Now, arrival: Arrival, token: Token) {
        let id = token.call;
        let rings = self.calls.get(&id).is_some_and(Call::is_ringing) && !self.door.has_caller(id);
        // The caller's pair, and the phones'.
        let has_ports = rings && arrival.unservable().is_none() && self.has_ports(arrival.family(), 2);
        let brought = has_ports.then(|| self.twilio.bring(token, &arrival.call_id)).flatten();
        let (Some(awaiting), Some(shown)) = (brought, self.twilio.shown(id)) else {
            return self.door.send_back(now, &arrival);
        };
        self.door.open(id, arrival, shown, None);
        for (leg, phone, binding) in awaiting.phones {
            self.door.perform(now, id, &CallOutput::Ring { leg, phone, binding });
        }
        if awaiting.ringing_was_announced {
            self.door.perform(now, id, &CallOutput::Announce);
        }
    }

    /// Does what a call asks of the doors.
    pub(super) fn at_the_door(&mut self, now: Now, id: CallId, output: &CallOutput) {
        if !self.twilio.has(id) {
            return self.door.perform(now, id, output);
        }
        let is_here = self.door.has_caller(id);
        match output {
            CallOutput::Ring { leg, phone, binding }
                if self.twilio.rings_by_number(id, *binding, &self.contacts.phones) =>
            {
                let number = self.plan.shops.iter().find_map(|shop| match &shop.phone(*phone)?.line {
                    Line::Cell { number } => Some(number.clone()),
                    Line::Registers { .. } | Line::Fixed { .. } => None,
                });
                match number {
                    Some(number) => self.twilio.ring_number(*leg, number),
                    None => self.door.perform(now, id, output),
                }
            }
            CallOutput::Ring { leg, phone, binding } if !is_here => self.twilio.hold(*leg, *phone, *binding),
            CallOutput::Stop { leg, .. } | CallOutput::HangUp { leg, .. } => {
                if !self.twilio.stop(*leg) {
                    self.door.perform(now, id, output);
                }
            }
            CallOutput::Announce => {
                self.twilio.announce(id);
                if is_here {
                    self.door.perform(now, id, output);
                }
            }
            CallOutput::Answer { leg } => {
                self.twilio.answered(now, *leg);
                if !self.twilio.is_number_leg(*leg) {
                    self.door.perform(now, id, output);
                }
            }
            CallOutput::Refuse(answer) => {
                self.twilio.refused(id, *answer);
                self.door.perform(now, id, output);
            }
            CallOutput::HangUpCaller(_) => {
                self.twilio.hung_up(id, is_here);
                self.door.perform(now, id, output);
            }
            output => self.door.perform(now, id, output),
        }
    }

    /// The shop's greeting for a caller at Twilio: its own recording where it has one, else in words. Says whether it was one.
    pub(super) fn greet_by_webhook(&mut self, now: Now, id: CallId, shop: &Shop, opening: Opening) -> bool {
        if !self.twilio.has(id) {
            return false;
        }
        let heard = Greeting::of_shop(shop, self.names.get(shop.language, &shop.name), opening, now.wall);
        let greets = if heard.has_own_words(shop) {
            Greets::Played(GreetingId::of(&heard, shop, opening, now.wall))
        } else {
            let name = written(&shop.name);
            let name = Some(&name).filter(|name| !name.text.is_empty());
            Greets::Said(Greeting::of_shop(shop, name, opening, now.wall).text())
        };
        self.twilio.greet(id, greets);
        true
    }
}

/// What the carrier's voice says of this caller. The owner's own name for them alone: anybody can send any other.
fn spoken(shop: Option<&Arc<Shop>>, card: Option<Card>, caller: CallerId, nth: u32) -> Spoken {
    let (language, country) =
        shop.map_or((Language::default(), Country::UNKNOWN), |shop| (shop.language, shop.country));
    let name = card.filter(|card| card.named_by == NamedBy::Owner).map(|card| written(&card.name));
    Spoken { language, country, name, caller, nth }
}

/// Whether a `<Dial>` that is over has connected the caller with somebody, for all that its news say.
fn has_talked(after: &AfterDial) -> bool {
    match after.bridged {
        Bridged::Yes => true,
        Bridged::NotSaid => after.status == Status::Completed,
        Bridged::No => false,
    }
}

/// The number in what a carrier calls a caller: bare, or the user of `sip:…` and `client:…`.
fn number_of(text: &str) -> String {
    let text = text.strip_prefix("sip:").or_else(|| text.strip_prefix("client:")).unwrap_or(text);
    text.split('@').next().unwrap_or_default().to_owned()
}
