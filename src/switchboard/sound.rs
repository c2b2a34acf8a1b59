//! Sound, as the machine sees it: the stock of bound ports, what the packet threads report, and the closed shop's greeting.

use std::time::Duration;

use super::{LogEntry, Output, Switchboard};
use crate::call::event::{Input, Sealed, Stop};
use crate::call::leg::LegId;
use crate::call::record::{CallId, Disposition, VoiceMessage};
use crate::call::{Begin, Call, Dial};
use crate::greeting::Greeting;
use crate::media::{self, Family, Kept, Lane};
use crate::now::{Mono, Now, UnixMs};
use crate::routing::Outside;
use crate::routing::caller_id::CallerId;
use crate::routing::decision::{Action, Opening};
use crate::spoken_card;

/// Bound pairs kept ready in each lane: a second's worth at a hundred calls a second.
const STOCK: usize = 128;
/// Fewer than this, and more are asked for; in batches, because each request wakes the packet thread.
const STOCK_LOW: usize = 96;

/// A thousand are bound in a moment. What has not come by then never does, and is asked for again.
const STOCKED_WITHIN: Duration = Duration::from_secs(10);

/// The stock of one lane and family.
#[derive(Debug)]
pub(super) struct Shelf {
    lane: Lane,
    family: Family,
    /// Pairs asked for and not reported yet.
    coming: usize,
    /// Since when. `None`: since before the first input.
    asked: Option<Mono>,
    /// The range is used up: wait until a call gives ports back.
    pub(super) used_up: bool,
}

impl Shelf {
    pub(super) fn empty(lane: Lane, family: Family) -> Shelf {
        Shelf { lane, family, coming: 0, asked: None, used_up: false }
    }
}

impl Switchboard {
    /// `now`: of an input; `None` before the first.
    pub(super) fn keep_stocked(&mut self, now: Option<Mono>) {
        for shelf in &mut self.stock {
            if let Some(now) = now
                && now - *shelf.asked.get_or_insert(now) >= STOCKED_WITHIN
            {
                shelf.coming = 0;
            }
            let left = self.door.ports().left(shelf.lane, shelf.family) + shelf.coming;
            if left < STOCK_LOW && !shelf.used_up {
                let count = STOCK - left;
                shelf.coming += count;
                shelf.asked = now;
                let (lane, family) = (shelf.lane, shelf.family);
                self.outputs.push_back(Output::Media(media::Command::Stock { lane, family, count }));
            }
        }
    }

    /// A call can begin only while there are ports for its sound, or are about to be: the caller's pair, and the phones'.
    pub(super) fn with_ports(&mut self, family: Family, begin: Begin) -> Begin {
        let (pairs, otherwise) = match &begin {
            Begin::Decided(Action::Ring(_)) | Begin::Rings(..) => (2, Disposition::Missed),
            // Help is asked for whatever is left: ports may be free by then.
            Begin::Dial(Dial { to: Outside::Help(_), .. }) => return begin,
            Begin::Dial(Dial { to: Outside::Number(_), .. }) | Begin::Lift(_) => (2, Disposition::Missed),
            Begin::Decided(Action::TakeMessage { .. }) => (1, Disposition::NoMessage),
            Begin::Decided(Action::Refuse(_)) | Begin::Unservable(_) | Begin::NoPorts(_) => return begin,
        };
        if self.has_ports(family, pairs) { begin } else { Begin::NoPorts(otherwise) }
    }

    /// Whether there are so many pairs for one call, one or two, or are about to be.
    pub(super) fn has_ports(&mut self, family: Family, pairs: usize) -> bool {
        let ports = self.door.ports();
        let has_some = |shelf: &Shelf| match pairs {
            1 => ports.left(shelf.lane, family) > 0,
            _ => ports.has_two(shelf.lane, family),
        };
        let of_family = |shelf: &&Shelf| shelf.family == family;
        let has_ports = self.stock.iter().filter(of_family).any(|shelf| !shelf.used_up || has_some(shelf));
        if !has_ports {
            // Another program may have let go of some since: for the next call it is tried again.
            self.stock.iter_mut().for_each(|shelf| shelf.used_up = false);
        }
        has_ports
    }

    /// The shop's own greeting, in its language, from its real hours.
    pub(super) fn greet(&mut self, now: Now, id: CallId, opening: Opening) {
        let Some(shop) = self.calls.get(&id).and_then(Call::shop).cloned() else { return };
        if self.greet_by_webhook(now, id, &shop, opening) {
            return;
        }
        let name = self.names.get(shop.language, &shop.name);
        let greeting = Greeting::of_shop(&shop, name, opening, now.wall);
        self.door.greet(now, id, greeting.sounds().into());
    }

    /// Who calls, in the shop's language, twice.
    pub(super) fn screen(&mut self, now: Now, leg: LegId) {
        // Where the carrier rings a number, it asks us what to say.
        if self.twilio.is_number_leg(leg) {
            return;
        }
        let Some((shop, record)) = self.calls.get(&leg.call).and_then(|call| Some((call.shop()?, call.record())))
        else {
            return self.door.hang_up(now, leg, Stop::Finished);
        };
        let caller = match &record.caller {
            Some(number) => CallerId::Known(number.clone()),
            None if record.withheld => CallerId::Withheld,
            None => CallerId::Other(record.caller_raw.clone()),
        };
        let language = shop.language;
        let card = self.callers.card(shop, &caller, &record.caller_display, language);
        let name = spoken_card::name_of(&self.names, &card, language);
        let card = spoken_card::card(language, shop.country, name, &caller, record.nth_call_from_caller);
        self.door.screen(now, leg, spoken_card::asked_twice(&card));
    }

    /// Why a key would be of no use any more.
    pub(super) fn dismiss(&mut self, now: Now, leg: LegId, why: Stop) {
        if self.twilio.stop(leg) {
            return;
        }
        let call = self.calls.get(&leg.call);
        let language = call.and_then(Call::shop).map(|shop| shop.language).unwrap_or_default();
        let words = match why {
            Stop::AnsweredElsewhere => {
                let who = call.and_then(|call| call.record().answered_by.clone());
                let who = who.and_then(|who| spoken_card::phone_name(&self.names, &who, language));
                Some(spoken_card::taken(language, who))
            }
            Stop::CallerGaveUp | Stop::NobodyAnswered => Some(spoken_card::gone(language)),
            Stop::Finished | Stop::Moved | Stop::Lost => None,
        };
        let sounds = words.map_or_else(|| Vec::new().into(), |words| spoken_card::once(&words));
        self.door.dismiss(now, leg, why, sounds);
    }

    pub(super) fn media(&mut self, now: Now, fact: media::Fact) {
        match fact {
            media::Fact::Stocked { lane, family, pairs, short } => {
                let of_it = |shelf: &&mut Shelf| (shelf.lane, shelf.family) == (lane, family);
                if let Some(shelf) = self.stock.iter_mut().find(of_it) {
                    shelf.coming = shelf.coming.saturating_sub(pairs.len() + short);
                    shelf.used_up = short > 0;
                }
                self.door.ports().stock(pairs);
            }
            media::Fact::Greeted { recording } => self.feed(now, CallId(recording), Input::Greeted),
            media::Fact::RecordingEnded { recording } => {
                self.feed(now, CallId(recording), Input::RecordingEnded);
            }
            media::Fact::Dictated { recording, samples } => {
                self.dictations.said(CallId(recording), samples);
                self.feed(now, CallId(recording), Input::RecordingEnded);
            }
            media::Fact::Sealed { recording, kept } => self.sealed(now, CallId(recording), kept),
            media::Fact::Pressed { relay, key: _ } => self.door.was_pressed(relay),
            media::Fact::Asked { relay } => self.door.was_played(now, relay),
            media::Fact::Silent { relay } => self.feed_talk(now, relay, Input::Silent),
            media::Fact::Heard { relay } => self.feed_talk(now, relay, Input::Heard),
            media::Fact::FaxHeard { relay } => self.feed_talk(now, relay, Input::FaxHeard),
            // No call hangs on these.
            media::Fact::Latched { .. } | media::Fact::Relayed { .. } => {}
        }
    }

    /// The call may have ended while the packet thread was saying it.
    fn feed_talk(&mut self, now: Now, relay: media::RelayId, input: Input) {
        if let Some(call) = self.door.call_of(relay) {
            self.feed(now, call, input);
        }
    }

    pub(super) fn sealed(&mut self, now: Now, call: CallId, kept: Kept) {
        let over = match kept {
            Kept::Lost => *self.refused.entry(call).or_insert(now.wall),
            Kept::Message { .. } | Kept::Nothing => self.refused.remove(&call).unwrap_or(now.wall),
        };
        let sealed = match kept {
            Kept::Message { length, voice } => Sealed::Message { length, voice },
            Kept::Nothing => Sealed::Nothing,
            Kept::Lost => Sealed::Lost,
        };
        if self.calls.contains_key(&call) {
            return self.feed(now, call, Input::Sealed(sealed));
        }
        // The disk took longer than the call has waited, or had refused it, or a bug of ours had ended the call: it is a
        // message all the same.
        if let Sealed::Message { length, voice } = sealed {
            let recorded = UnixMs(over.0.saturating_sub(i64::try_from(length.as_millis()).unwrap_or(0)));
            self.outputs.push_back(Output::Log(LogEntry::Message(VoiceMessage { call, recorded, length, voice })));
        }
    }
}
