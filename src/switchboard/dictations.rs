//! Somebody of the shop says the greeting's own words at a phone, which is rung for it: one at a time in each shop. What they
//! have said waits here until somebody at the page keeps it, has it taken away or says something else, or the process ends.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{CallId, Switchboard};
use crate::call::event::NotRung;
use crate::call::leg::{BindingId, LegId};
use crate::call::{Call, Dictating, Lift, Lifter, Occasion, Then};
use crate::greeting::{self, own};
use crate::now::{Mono, Now, UnixMs};
use crate::routing::plan::{Language, Part, Phone, PhoneId, Plan, Shop, ShopId};
use crate::words;

/// So long it rings: whoever has asked for it goes there.
pub const SPEAK_RINGS_FOR: Duration = Duration::from_secs(30);

/// From asking for it until it is over, whoever has forgotten to say so: ringing, being told, speaking.
const LASTS_AT_MOST: Duration = Duration::from_secs(100);
/// What was said is handed over in an instant. Where it is not there is nothing.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(5);

/// What somebody wants to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnText {
    pub language: Language,
    pub part: Part,
    /// In writing.
    pub words: Arc<str>,
}

/// How it went, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dictation {
    pub text: OwnText,
    pub phone: PhoneId,
    pub at: UnixMs,
    pub step: Dictating,
    /// What was said, μ-law, once it is over. Empty: nothing.
    pub samples: Option<Arc<[u8]>>,
}

/// The last of each shop.
#[derive(Debug, Default)]
pub(super) struct Dictations(HashMap<ShopId, Last>);

#[derive(Debug)]
struct Last {
    call: CallId,
    dictation: Dictation,
    /// By then it goes on no more.
    until: Mono,
}

impl Dictation {
    /// Whether somebody need but wait to see more of it.
    pub fn goes_on(&self) -> bool {
        match self.step {
            Dictating::Asked | Dictating::Rings | Dictating::IsTold | Dictating::Speaks => true,
            Dictating::IsOver => self.samples.is_none(),
            Dictating::NotLifted | Dictating::MadeWay => false,
        }
    }
}

impl Dictations {
    pub fn last(&self, shop: ShopId) -> Option<Dictation> {
        self.0.get(&shop).map(|last| last.dictation.clone())
    }

    /// Nobody wants the one of then any more.
    pub fn forget(&mut self, shop: ShopId, at: UnixMs) {
        if self.last(shop).is_some_and(|dictation| dictation.at == at && !dictation.goes_on()) {
            self.0.remove(&shop);
        }
    }

    pub fn forget_shops_beside(&mut self, plan: &Plan) {
        self.0.retain(|shop, _| plan.shop(*shop).is_some());
    }

    fn of(&mut self, call: CallId) -> Option<&mut Last> {
        self.0.values_mut().find(|last| last.call == call)
    }

    pub fn goes(&mut self, now: Now, call: CallId, step: Dictating) {
        let Some(Last { dictation, until, .. }) = self.of(call) else { return };
        if step == Dictating::IsOver {
            *until = now.mono + HANDED_OVER_WITHIN;
            // Who has hung up before the beep has said nothing; of all others the recorder tells.
            if dictation.step != Dictating::Speaks {
                dictation.samples.get_or_insert_with(|| Arc::from([]));
            }
        }
        dictation.step = step;
    }

    pub fn said(&mut self, call: CallId, samples: Vec<u8>) {
        // Half a sentence is of no use.
        if let Some(last) = self.of(call).filter(|last| last.dictation.step != Dictating::MadeWay) {
            last.dictation.samples = Some(samples.into());
        }
    }

    /// When [`Dictations::due`] has something to do, at the latest.
    pub fn next(&self) -> Option<Mono> {
        self.0.values().filter(|last| last.dictation.goes_on()).map(|last| last.until).min()
    }

    /// Nobody has told of an end: it is over, and nothing was said.
    pub fn due(&mut self, now: Now) {
        let is_due = |last: &&mut Last| last.until <= now.mono && last.dictation.goes_on();
        for Last { dictation, .. } in self.0.values_mut().filter(is_due) {
            dictation.step = Dictating::IsOver;
            dictation.samples.get_or_insert_with(|| Arc::from([]));
        }
    }
}

impl Switchboard {
    /// Rings this phone, which is free and not behind a carrier, for whoever wants to say this.
    pub(super) fn begin_dictation(
        &mut self,
        now: Now,
        shop: &Arc<Shop>,
        phone: &Phone,
        text: &OwnText,
    ) -> Result<(), NotRung> {
        if self.dictations.last(shop.id).is_some_and(|dictation| dictation.goes_on()) {
            return Err(NotRung::Busy);
        }
        let place: BindingId = self.contacts.phones.of(phone.id).first().copied().ok_or(NotRung::Unreachable)?;
        let lift = Lift {
            occasion: Occasion::Speak,
            phones: vec![Lifter { phone: phone.id, user: String::new() }],
            then: Then::Speaks,
            within: SPEAK_RINGS_FOR,
        };
        let id = CallId(self.chance.uuid(now.wall));
        let dictation =
            Dictation { text: text.clone(), phone: phone.id, at: now.wall, step: Dictating::Asked, samples: None };
        let last = Last { call: id, dictation, until: now.mono + LASTS_AT_MOST };
        let before = self.dictations.0.insert(shop.id, last);
        let begun = self.ring_ours(now, id, shop, lift, place, ("greeting", words::speak(shop.language)));
        if begun.is_err() {
            self.dictations.0.remove(&shop.id);
            self.dictations.0.extend(before.map(|before| (shop.id, before)));
        }
        begun
    }

    /// Somebody has lifted the phone: they hear what to do, in the shop's language.
    pub(super) fn dictate(&mut self, now: Now, leg: LegId) {
        let language = self.calls.get(&leg.call).and_then(Call::shop).map(|shop| shop.language).unwrap_or_default();
        self.door.dictate(now, leg, own::asked_for(language), greeting::LENGTH_MAX);
    }
}
