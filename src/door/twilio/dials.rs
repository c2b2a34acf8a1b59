//! Whom a `<Dial>` rings, and what came of it. It takes no later legs and is over with the first that picks up, even a
//! mailbox; so all that is rung anew is rung by the next one.

use std::time::Duration;

use crate::call::Call;
use crate::call::event::{CallerLeft, Input, LegEnd, Ways};
use crate::call::leg::{BindingId, LegId, LegState};
use crate::call::record::CallId;
use crate::door::sip::Shown;
use crate::door::token::{self, Token};
use crate::now::{Mono, Now};
use crate::routing::plan::PhoneId;
use crate::twilio::read::{AfterDial, Bridged, Status};
use crate::twilio::twiml::{Dial, MOST_NOUNS, Noun, Verb};
use crate::twilio::{Document, Target};

use super::TwilioDoor;
use super::line::{Brought, By, Line, Running, Stage, WithWhom};

/// A `<Dial>` that is over sooner lets nobody's telephone ring twice.
const SHORTEST_RING: Duration = Duration::from_secs(5);
/// With nobody to ring the carrier asks again after this: somebody may have come.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// Where more numbers are to be rung than a `<Dial>` can, each gets its turn after this.
const TURN: Duration = Duration::from_secs(15);
/// Our own answer to a caller whom we cannot take at this moment, by their `<Dial>`'s first try at least.
const BUSY_HERE: u16 = 486;
/// A leg that was told to stop had got as far as an answer of ours: RFC 3261 §9.2.
const CANCELLED: u16 = 487;
/// A `<Dial>` that was over sooner may have had no time to reach us.
const REACHED_WITHIN: Duration = Duration::from_secs(5);
/// Taken back from our SIP port, the caller is asked about, or gone. It takes a carrier a second or two to say so.
pub(super) const ALONE_FOR: Duration = Duration::from_secs(10);

/// What waits for a caller who comes by SIP.
#[derive(Debug)]
pub struct Awaiting {
    /// To be rung now.
    pub phones: Vec<(LegId, PhoneId, BindingId)>,
    pub ringing_was_announced: bool,
}

/// What is to be done when a `<Dial>` is over, beside what its call is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAll {
    AsItWas,
    /// The caller is to be taken off our SIP port, should they still be there.
    TakeBack,
    /// Somebody had taken the call, the carrier has not connected them, and the caller still waits.
    NotConnected,
}

impl TwilioDoor {
    /// The next `<Dial>`: us, where the caller can be brought to us, and every number that is to ring now.
    pub(super) fn dial(&mut self, now: Now, id: CallId, (give_up_at, next_at): (Mono, Option<Mono>)) -> Document {
        let Some(line) = self.lines.get_mut(&id) else { return Document::hangup() };
        line.dials += 1;
        let nth = line.dials;
        let mut nouns = Vec::new();
        let mut brought = Brought::NotAsked;
        if line.ways != Ways::Numbers
            && let Some(at) = self.settings.as_ref().and_then(|settings| settings.sip.clone())
        {
            let token = self.tokens.write(Token { call: id, dial: nth });
            let mut uri = at;
            uri.user = Some("ring".to_owned());
            nouns.push(Noun::Sip { uri: format!("{uri}?{}={token}", token::HEADER), events: None });
            brought = Brought::NotYet;
        }
        let is_new = |line: &Line| line.legs.iter().filter(|(_, leg)| leg.dial.is_none()).count();
        let room = MOST_NOUNS - nouns.len();
        let waits_its_turn = self.lines.get(&id).is_some_and(|line| is_new(line) > room);
        let mut rung: Vec<(LegId, String)> = Vec::new();
        if let Some(line) = self.lines.get_mut(&id) {
            for (leg, number) in line.legs.iter_mut().filter(|(_, leg)| leg.dial.is_none()).take(room) {
                number.dial = Some(nth);
                rung.push((*leg, number.number.as_str().to_owned()));
            }
        }
        nouns.extend(rung.into_iter().map(|(leg, number)| {
            let of = |target| Some(self.url(target));
            Noun::Number {
                number,
                screen: of(Target::Screen { call: id.0, leg: leg.nth }),
                events: of(Target::Leg { call: id.0, leg: leg.nth }),
            }
        }));
        if nouns.is_empty() {
            let next = next_at.unwrap_or(now.mono + ASK_AGAIN).min(now.mono + ASK_AGAIN).min(give_up_at);
            let again = self.url(Target::Waited { call: id.0, nth });
            return Document(vec![Verb::Pause(next - now.mono), Verb::Redirect(again)]);
        }
        let turn = waits_its_turn.then(|| now.mono + TURN);
        let soonest = now.mono + SHORTEST_RING;
        let until = next_at.into_iter().chain(turn).map(|at| at.max(soonest)).min();
        let only_ours = self.lines.get(&id).is_some_and(|line| line.ways == Ways::Sip);
        // How long it rings by SIP we decide ourselves.
        let longest = self.profile().longest_ring();
        let rings = if only_ours { longest } else { until.unwrap_or(give_up_at).min(give_up_at) - now.mono };
        let rings = rings.min(longest);
        let action = Some(self.url(Target::AfterDial { call: id.0, nth }));
        let Some(line) = self.lines.get_mut(&id) else { return Document::hangup() };
        line.running = Some(Running { nth, brought, since: now.mono });
        // The word that stands for a withheld number is none, and carriers refuse calls from it.
        let is_number = line.shown.number.starts_with('+');
        let caller_id = line.shown.called.clone().filter(|_| !is_number);
        Document(vec![Verb::Dial(Dial { nouns, rings, caller_id, action })])
    }

    /// The caller has come by SIP. What waits for them; `None`: they are not expected, or were here already.
    pub fn bring(&mut self, token: Token, call_id: &str) -> Option<Awaiting> {
        let line = self.lines.get_mut(&token.call)?;
        let running = line.running.as_mut().filter(|running| running.nth == token.dial)?;
        if running.brought != Brought::NotYet || line.stage != Stage::Ringing {
            return None;
        }
        running.brought = Brought::By(call_id.to_owned());
        line.alone_at = None;
        Some(Awaiting { phones: std::mem::take(&mut line.held), ringing_was_announced: line.announced })
    }

    /// Whether this caller is sent to our SIP port while phones ring.
    pub fn sends_here(&self, call: CallId) -> bool {
        self.lines.get(&call).is_some_and(|line| line.ways != Ways::Numbers)
    }

    /// How phones are to show the caller.
    pub fn shown(&self, call: CallId) -> Option<Shown> {
        self.lines.get(&call).map(|line| line.shown.clone())
    }

    /// Whether the caller may have been taken back from our SIP port, and not have hung up.
    pub fn may_take_back(&self, call: CallId) -> bool {
        self.lines.get(&call).is_some_and(|line| line.ways == Ways::SipAndNumbers && line.stage == Stage::Ringing)
    }

    /// They have been: a number was picked up, or the `<Dial>` is over, or they have hung up after all. Not so while somebody
    /// is asked at a number.
    pub fn taken_back(&mut self, now: Now, id: CallId, call: Option<&Call>) {
        let is_asked =
            |leg: &LegId| matches!(call.and_then(|call| call.state_of(*leg)), Some(LegState::Screening { .. }));
        if let Some(line) = self.lines.get_mut(&id) {
            let is_in_doubt = line.running.is_some() && !line.legs.keys().any(is_asked);
            line.alone_at = is_in_doubt.then_some(now.mono + ALONE_FOR);
            self.set_deadline(id);
        }
    }

    /// A `<Dial>` is over.
    pub fn dial_is_over(&mut self, now: Now, id: CallId, call: Option<&Call>, after: &AfterDial) -> AfterAll {
        let Some(line) = self.lines.get_mut(&id) else { return AfterAll::AsItWas };
        line.alone_at = None;
        let was_taken = matches!(line.stage, Stage::Talking | Stage::Over);
        let Some(running) = line.running.take_if(|running| running.nth == after.nth) else { return AfterAll::AsItWas };
        let caller_is_gone = after.status == Status::Canceled || after.caller.is_some_and(Status::is_final);
        let talks_with = call.and_then(Call::is_heard_by);
        let bridged = match after.bridged {
            Bridged::Yes => true,
            Bridged::No => false,
            Bridged::NotSaid => talks_with.is_some() && after.status == Status::Completed,
        };
        let by = if caller_is_gone { By::Caller } else { By::Staff };
        if bridged {
            self.ended(now, id, call, by, WithWhom::Somebody(after.child.clone()));
            // Whoever they talked with: nobody is rung again.
            if let Some(line) = self.lines.get_mut(&id).filter(|line| line.stage == Stage::Ringing) {
                line.stage = Stage::Over;
            }
            return AfterAll::AsItWas;
        }
        if let Some(leg) = talks_with
            && self.is_number_leg(leg)
        {
            self.tell(id, Input::CallerLeft(CallerLeft::NotConnected, None));
        }
        if was_taken {
            let waits = after.bridged == Bridged::No && !caller_is_gone;
            return if waits { AfterAll::NotConnected } else { AfterAll::AsItWas };
        }
        for (leg, input) in self.what_became_of(id, call, after.nth, caller_is_gone) {
            if let Input::LegEnded(..) = input
                && let Some(line) = self.lines.get_mut(&id)
            {
                line.legs.remove(&leg);
            }
            self.tell(id, input);
        }
        if caller_is_gone {
            self.caller_hung_up(id);
        } else if running.brought == Brought::NotYet && is_out_of_reach(now, running.since, after.sip_status) {
            self.numbers_alone(id);
        }
        if matches!(running.brought, Brought::By(_)) { AfterAll::TakeBack } else { AfterAll::AsItWas }
    }

    /// Whoever called is gone from the carrier too: they have not been taken back from our SIP port.
    pub(super) fn caller_hung_up(&mut self, id: CallId) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.stage = Stage::Over;
        }
        self.tell(id, Input::CallerLeft(CallerLeft::HungUp, None));
    }

    /// The carrier cannot reach our SIP port.
    pub(super) fn numbers_alone(&mut self, id: CallId) {
        if let Some(line) = self.lines.get_mut(&id) {
            line.ways = Ways::Numbers;
            self.tell(id, Input::NumbersAlone);
        }
    }

    /// What the numbers of a `<Dial>` that is over have done.
    fn what_became_of(&self, id: CallId, call: Option<&Call>, nth: u32, caller_is_gone: bool) -> Vec<(LegId, Input)> {
        let Some(line) = self.lines.get(&id) else { return Vec::new() };
        let rung = line.legs.iter().filter(|(_, leg)| leg.dial == Some(nth));
        let became = rung.map(|(leg, number)| {
            let input = match (call.and_then(|call| call.state_of(*leg)), number.end) {
                // That says nothing of whoever was rung.
                _ if caller_is_gone => Input::LegEnded(*leg, LegEnd::Cut),
                // It has picked up, and pressed nothing: a mailbox.
                (Some(LegState::Screening { .. }), _) => Input::NobodyPressed(*leg),
                (_, Some(Status::Busy)) => Input::LegEnded(*leg, LegEnd::Busy),
                // The carrier does not call this number at all.
                (_, Some(Status::Failed)) => Input::LegEnded(*leg, LegEnd::Unavailable(404)),
                _ => Input::LegEnded(*leg, LegEnd::Cut),
            };
            (*leg, input)
        });
        became.collect()
    }
}

/// Whether the carrier cannot reach our SIP port, for all that a `<Dial>` has told which has not brought the caller.
fn is_out_of_reach(now: Now, since: Mono, sip_status: Option<u16>) -> bool {
    match sip_status {
        Some(BUSY_HERE | CANCELLED) => false,
        Some(_) => true,
        // Whoever had picked up first, perhaps a mailbox, has stopped that leg with all others.
        None => now.mono - since >= REACHED_WITHIN,
    }
}
