//! A panic is a bug of ours, contained to the call whose input was being handled (DESIGN §1): that one ends for everybody in
//! it, and the others go on.

use super::{Asked, CallId, LogEntry, Output, Switchboard};
use crate::call::{Call, Dictating};
use crate::now::Now;

/// The call that is being told something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Busy {
    call: CallId,
    /// How many outputs there were when that began: of other calls, or of this one before.
    outputs: usize,
}

impl Switchboard {
    /// What happens from here on happens in this call.
    pub(super) fn begins_with(&mut self, call: CallId) {
        self.busy_with = Some(Busy { call, outputs: self.outputs.len() });
    }

    /// Handling an input has panicked. The call in which it has is ended, and what that wanted of it is dropped; what other
    /// calls wanted is not: an input that ends one may begin another, and each has its row. Returns the call, if it was in one.
    /// Should this panic too, because of another call, it is to be called again.
    pub fn after_panic(&mut self, now: Now) -> Option<CallId> {
        let Busy { call, outputs } = self.busy_with.take()?;
        self.outputs.truncate(outputs);
        // Others whose time had come with this one's have been told nothing yet.
        for call in self.calls.values() {
            if let Some(at) = call.poll_timeout() {
                self.deadlines.set(call.record().id, at);
            }
        }
        self.abandon(now, call);
        Some(call)
    }

    /// Ends a call that cannot go on, whatever it is about, and closes its row. Poll the outputs, as of an input.
    pub fn abandon(&mut self, now: Now, call: CallId) {
        let is_here = self.door.has_caller(call);
        self.door.abandon(now, call);
        self.twilio.abandon(now, call, is_here);
        // Its first row may be among what was dropped: nobody answers for that.
        self.asked.retain(|_, asked| !matches!(asked, Asked::Record(asked) if *asked == call));
        if let Some(lost) = self.forget_call(call) {
            self.lamps.forget(call);
            self.freed.extend(self.contacts.phones.note(lost.age(), std::iter::empty(), &[]));
            self.count_talk(now, lost.record());
            if lost.is_written() {
                self.outputs.push_back(Output::Log(LogEntry::Changed(Box::new(lost.crashed(now)))));
            }
        }
        // Of a phone that rang for the page alone somebody waits to hear.
        if let Some(phone) = self.drills.cut_short(call) {
            self.was_drilled(now, phone, None);
        }
        self.dictations.goes(now, call, Dictating::IsOver);
        self.tell_of_free_phones(now);
        self.come_to_rest(now);
    }

    /// What is kept of a live call beside it goes with it.
    pub(super) fn forget_call(&mut self, call: CallId) -> Option<Box<Call>> {
        self.door.expect_no_more(call);
        self.deadlines.stop(call);
        self.lifts.remove(&call);
        self.dialled_by.remove(&call);
        self.calls.remove(&call)
    }

    /// The calls that live, the oldest first.
    pub fn live_calls(&self) -> Vec<CallId> {
        let mut calls: Vec<CallId> = self.calls.keys().copied().collect();
        calls.sort_unstable();
        calls
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::{FlowId, Input, LogEntry, Output, Settings, Switchboard, Ticket};
    use crate::call::record::{CallId, EndedBy};
    use crate::caller::Callers;
    use crate::config::Srtp;
    use crate::door::sip::RegistrationSettings;
    use crate::media::Ports;
    use crate::now::{Mono, Now, UnixMs};
    use crate::routing::plan::{Country, GIVE_UP_DEFAULT, Language, Plan, Shop, ShopId};
    use crate::sip::auth::{Algorithm, NonceSecret};
    use crate::twilio::Webhook;
    use crate::twilio::read::{Party, Says};

    fn at(seconds: u64) -> Now {
        let since = Duration::from_secs(seconds);
        Now { mono: Mono(since), wall: UnixMs(1_795_168_800_000) + since }
    }

    /// An open shop, of which nothing else is set.
    fn open() -> Switchboard {
        let settings = Settings {
            sockets: vec!["192.0.2.1:5060".parse().expect("an address")],
            tcp: Vec::new(),
            tls: Vec::new(),
            external_ip: None,
            local_networks: Vec::new(),
            trunks: Vec::new(),
            srtp: Srtp::Preferred,
            registrations: RegistrationSettings {
                realm: "ringall".to_owned(),
                digest: Algorithm::Md5,
                secret: NonceSecret([7; 32]),
                kept: Vec::new(),
            },
            twilio: None,
        };
        let mut switchboard = Switchboard::new([1; 32], settings, Ports::new(2), Callers::default());
        let shop =
            Shop::new(ShopId(1), "Ruiz", chrono_tz::Europe::Madrid, Country(*b"ES"), Language::En, GIVE_UP_DEFAULT);
        switchboard.handle(at(0), Input::PlanChanged(Arc::new(Plan { version: 1, shops: vec![Arc::new(shop)] })));
        switchboard
    }

    fn is_called(switchboard: &mut Switchboard, nth: u64) -> CallId {
        let webhook = Webhook {
            account_sid: String::new(),
            call_sid: format!("CA{nth}"),
            call: None,
            delivery: None,
            party: Party { from: format!("+3460011122{nth}"), to: "+34911234567".to_owned(), ..Party::default() },
            says: Says::Voice,
        };
        switchboard.handle(at(nth), Input::Webhook { ticket: Ticket(nth), webhook: Box::new(webhook) });
        *switchboard.live_calls().last().expect("a call")
    }

    #[test]
    fn what_other_calls_want_and_wait_for_in_the_same_moment_is_not_lost() {
        let mut switchboard = open();
        let (ann, jo) = (is_called(&mut switchboard, 1), is_called(&mut switchboard, 2));
        switchboard.outputs.clear();
        let wanted = |flow| Output::Close { flow: FlowId::Accepted(flow) };

        // Time has come for both calls. One has wanted something, and then it happens to the other.
        let due: Vec<CallId> = std::iter::from_fn(|| switchboard.deadlines.pop_due(at(600).mono)).collect();
        assert_eq!(due, [ann, jo]);
        switchboard.outputs.push_back(wanted(1));
        switchboard.begins_with(ann);
        switchboard.outputs.push_back(wanted(2));

        assert_eq!(switchboard.after_panic(at(600)), Some(ann));
        assert_eq!(switchboard.live_calls(), [jo]);
        assert!(switchboard.deadlines.next().is_some(), "whoever calls next to it is told of their time yet");
        let outputs: Vec<Output> = std::iter::from_fn(|| switchboard.poll_output()).collect();
        assert!(outputs.contains(&wanted(1)) && !outputs.contains(&wanted(2)), "{outputs:?}");
        let is_closed = |output: &Output| match output {
            Output::Log(LogEntry::Changed(record)) => record.id == ann && record.ended_by == Some(EndedBy::Crash),
            _ => false,
        };
        assert!(outputs.iter().any(is_closed), "{outputs:?}");
        assert_eq!(switchboard.after_panic(at(600)), None, "it was in no call");
    }
}
