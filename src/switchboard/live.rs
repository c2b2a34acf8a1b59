//! The calls that live: each is told what happens in it, and what it wants is passed on.

use std::collections::{HashMap, HashSet};

use crate::call::Call;
use crate::call::event::{Input as CallInput, Output as CallOutput};
use crate::call::record::{CallId, CallRecord, Direction, Disposition};
use crate::caller::Callers;
use crate::now::Now;

use super::{Asked, LogEntry, Output, Switchboard};

/// By their ids. Each has a box of its own: a table of calls that grows would move them all while the next waits.
#[derive(Debug, Default)]
pub(super) struct LiveCalls(HashMap<CallId, Box<Call>>);

impl LiveCalls {
    pub fn insert(&mut self, call: Call) {
        self.0.insert(call.record().id, Box::new(call));
    }

    pub fn remove(&mut self, id: &CallId) -> Option<Box<Call>> {
        self.0.remove(id)
    }

    pub fn get(&self, id: &CallId) -> Option<&Call> {
        self.0.get(id).map(Box::as_ref)
    }

    pub fn get_mut(&mut self, id: &CallId) -> Option<&mut Call> {
        self.0.get_mut(id).map(Box::as_mut)
    }

    pub fn contains_key(&self, id: &CallId) -> bool {
        self.0.contains_key(id)
    }

    pub fn keys(&self) -> impl Iterator<Item = &CallId> {
        self.0.keys()
    }

    pub fn values(&self) -> impl Iterator<Item = &Call> {
        self.0.values().map(Box::as_ref)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Switchboard {
    pub(super) fn feed(&mut self, now: Now, id: CallId, input: CallInput) {
        self.feed_alone(now, id, input);
        self.tell_of_free_phones(now);
    }

    fn feed_alone(&mut self, now: Now, id: CallId, input: CallInput) {
        self.begins_with(id);
        if let Some(call) = self.calls.get_mut(&id) {
            call.handle(now, input, &self.contacts.phones);
            self.drain_call(now, id);
        }
        self.busy_with = None;
    }

    /// A phone that has hung up rings for whoever waits, before anything else happens: the oldest first.
    pub(super) fn tell_of_free_phones(&mut self, now: Now) {
        while let Some((call, phone)) = self.freed.pop_front() {
            self.feed_alone(now, call, CallInput::Freed(phone));
        }
    }

    pub(super) fn drain_call(&mut self, now: Now, id: CallId) {
        let shop = self.calls.get(&id).and_then(|call| call.record().shop);
        while let Some(output) = self.calls.get_mut(&id).and_then(Call::poll_output) {
            match output {
                CallOutput::Record { medium, record } => {
                    let ticket = self.ticket(Asked::Record(id));
                    self.outputs.push_back(Output::Record { ticket, medium, record });
                }
                CallOutput::Unrecorded => self.unrecorded += 1,
                CallOutput::Log(event) => {
                    self.read_event(now, &event);
                    self.outputs.push_back(Output::Log(LogEntry::Event(event)));
                }
                CallOutput::Changed(record) => {
                    if !self.calls.get(&id).is_some_and(Call::may_be_unanswered) {
                        self.note_spoken(&record);
                    }
                    self.perhaps_gave_up(now, &record);
                    self.outputs.push_back(Output::Log(LogEntry::Changed(record)));
                }
                CallOutput::Keep(message) => self.outputs.push_back(Output::Log(LogEntry::Message(message))),
                CallOutput::Notify(notice) => {
                    if let Some(shop) = shop {
                        self.notify(now, shop, notice);
                    }
                }
                CallOutput::Greet(closed) => self.greet(now, id, closed.opening()),
                CallOutput::Screen { leg } => self.screen(now, leg),
                CallOutput::Dial { leg, to } => self.dial(now, leg, &to),
                CallOutput::Lift { leg } => self.lifted(now, leg),
                CallOutput::Dictate { leg } => self.dictate(now, leg),
                CallOutput::Dictating(step) => self.dictations.goes(now, id, step),
                CallOutput::Drilled { phone, drilled } => {
                    self.drills.note(now, phone, drilled);
                    self.was_drilled(now, phone, drilled);
                }
                CallOutput::Dismiss { leg, why } => self.dismiss(now, leg, why),
                CallOutput::Answer { .. } => {
                    // Until now whoever has picked up could be gone before.
                    if let Some(record) = self.calls.get(&id).map(|call| call.record().clone()) {
                        self.note_spoken(&record);
                    }
                    self.at_the_door(now, id, &output);
                }
                CallOutput::Ring { .. }
                | CallOutput::Take { .. }
                | CallOutput::Join { .. }
                | CallOutput::Adopt { .. }
                | CallOutput::Succeed { .. }
                | CallOutput::Tell { .. }
                | CallOutput::Stop { .. }
                | CallOutput::HangUp { .. }
                | CallOutput::Announce
                | CallOutput::LetHear { .. }
                | CallOutput::Refuse(_)
                | CallOutput::HangUpCaller(_)
                | CallOutput::AskBoth { .. }
                | CallOutput::StopAsking { .. } => self.at_the_door(now, id, &output),
            }
        }
        let Some(call) = self.calls.get(&id) else { return };
        self.lamps.note(call);
        self.freed.extend(self.contacts.phones.note(call.age(), call.uses(), call.awaited()));
        match call.poll_timeout() {
            Some(at) => self.deadlines.set(id, at),
            None => self.deadlines.stop(id),
        }
        if call.is_over() {
            self.twilio.call_is_over(now, id, call.record());
            if let Some(over) = self.forget_call(id) {
                self.count_talk(now, over.record());
            }
        }
    }

    /// A backup was put back. Of the calls that live now, `callers` counts those in `counted`: the others, whose row has not
    /// come yet, count as they did.
    pub(super) fn log_restored(&mut self, callers: Callers, counted: &HashSet<CallId>) {
        self.callers = callers;
        let is_missing = |record: &&CallRecord| {
            let counts = record.direction == Direction::In && record.disposition != Some(Disposition::Refused);
            counts && !counted.contains(&record.id)
        };
        for record in self.calls.values().map(Call::record).filter(is_missing) {
            if let (Some(shop), Some(number)) = (record.shop, &record.caller) {
                self.callers.note_call(shop, number);
            }
        }
    }

    /// Somebody speaks with this customer, or has.
    fn note_spoken(&mut self, record: &CallRecord) {
        let spoken = record.answered.filter(|_| record.disposition == Some(Disposition::Answered));
        if let (Some(shop), Some(number), Some(at)) = (record.shop, &record.caller, spoken) {
            self.callers.note_spoken(shop, number, record.ended.unwrap_or(at));
            for number in self.callers.numbers(shop, number) {
                self.call_backs.forget(shop, number);
            }
        }
    }
}
