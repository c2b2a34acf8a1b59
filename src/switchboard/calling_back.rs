//! Customers are called back with a phone of the shop in somebody's hand: the phones ring for whoever has just given up, or
//! one of them for somebody who asks for it at the page; whoever lifts it is put through. It goes out as if they had dialled
//! it, within the same limits (`routing::dialling`). And who was called and calls in returns that call: the phone that
//! called them says so.

use std::sync::Arc;
use std::time::Duration;

use super::dictations::OwnText;
use super::{CallId, CallInput, CallRecord, Direction, Disposition, Door, Service, Switchboard};
use crate::call::event::NotRung;
use crate::call::leg::{BindingId, LegId};
use crate::call::record::EndedBy;
use crate::call::{Call, Lift, Lifter, Occasion, Then};
use crate::caller::Card;
use crate::media::player::Sound;
use crate::media::ringing::ringing;
use crate::notice::Notice;
use crate::now::{Mono, Now, UnixMs};
use crate::number::Number;
use crate::routing::decision::{Because, Ring};
use crate::routing::dialling::AT_ONCE;
use crate::routing::plan::{Line, Phone, PhoneId, Shop, ShopId};
use crate::routing::{CallerId, Dialling, Duty, NotDialled, Outside, Proof, decide_outside, why_phone};
use crate::spoken_card;
use crate::words;

/// So long after a customer has given up the phones ring for them: who was on the way to the phone is there by then, and who
/// wanted to try again has.
pub const RING_AFTER: Duration = Duration::from_secs(20);
/// Who has waited less long has changed their mind, or dialled wrong.
pub const WAITED: Duration = Duration::from_secs(10);
/// So long they ring, once.
pub const RINGS_FOR: Duration = Duration::from_secs(20);
/// The same for somebody who has asked for it and stands there.
pub const ASKED_RINGS_FOR: Duration = Duration::from_secs(30);
/// Who calls in so long after a phone has called them returns that call.
pub const RETURNS_WITHIN: Duration = Duration::from_secs(15 * 60);
/// More than so many at a time are no customers, but a flood. They are owed a call all the same.
const MOST_WAITING: usize = 16;
/// A little longer than it rings there at most, so that the tone does not end before.
const TONE: Duration = Duration::from_secs(185);
/// The phone comes to the ear.
const LEAD: Duration = Duration::from_millis(500);

/// What a phone is rung for by somebody who looks at the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To call this customer.
    CallBack(Number),
    /// To take this call, which waits for somebody.
    PickUp(CallId),
    /// To see whether it rings.
    Drill,
    /// To say the greeting's own words at it.
    Speak(OwnText),
}

/// Whom phones will ring for, and whom they have called.
#[derive(Debug, Default)]
pub(super) struct CallBacks {
    /// The earliest first.
    waiting: Vec<Waiting>,
    called: Vec<Called>,
}

#[derive(Debug)]
struct Waiting {
    at: Mono,
    shop: ShopId,
    number: Number,
}

/// A customer whom a phone has called.
#[derive(Debug)]
struct Called {
    at: UnixMs,
    shop: ShopId,
    number: Number,
    by: PhoneId,
}

impl CallBacks {
    pub fn next(&self) -> Option<Mono> {
        self.waiting.first().map(|waiting| waiting.at)
    }

    /// Somebody has spoken with them, or is about to.
    pub fn forget(&mut self, shop: ShopId, number: &Number) {
        self.waiting.retain(|waiting| waiting.shop != shop || waiting.number != *number);
    }

    /// This phone calls this customer.
    pub fn calls(&mut self, now: Now, shop: ShopId, number: &Number, by: PhoneId) {
        self.called.retain(|called| {
            Duration::from_millis(now.wall.since(called.at)) <= RETURNS_WITHIN
                && (called.shop != shop || called.number != *number)
        });
        self.called.push(Called { at: now.wall, shop, number: number.clone(), by });
    }

    /// Which phone has called them lately.
    fn called_by(&self, now: Now, shop: ShopId, number: &Number) -> Option<PhoneId> {
        let called = self.called.iter().find(|called| called.shop == shop && called.number == *number)?;
        (Duration::from_millis(now.wall.since(called.at)) <= RETURNS_WITHIN).then_some(called.by)
    }
}

impl Switchboard {
    /// A call's facts have changed: perhaps its caller has given up.
    pub(super) fn perhaps_gave_up(&mut self, now: Now, record: &CallRecord) {
        let (Some(shop), Some(number)) = (record.shop, &record.caller) else { return };
        let gave_up = record.direction == Direction::In
            && record.disposition == Some(Disposition::Missed)
            && record.ended_by == Some(EndedBy::Caller)
            && !record.withheld;
        let waited = Duration::from_millis(record.ring_ms(now.wall));
        if gave_up && waited >= WAITED && self.rings_back(shop, number) && self.call_backs.waiting.len() < MOST_WAITING
        {
            self.call_backs.forget(shop, number);
            let waiting = Waiting { at: now.mono + RING_AFTER, shop, number: number.clone() };
            self.call_backs.waiting.push(waiting);
        }
    }

    /// Whether the owner wants it, and for this customer.
    fn rings_back(&self, shop: ShopId, number: &Number) -> bool {
        // Who shows the shop's own number is somebody else.
        let may_be = |shop: &Arc<Shop>| !shop.blocked.contains(number) && !shop.numbers.contains(number);
        self.plan.shop(shop).is_some_and(|shop| shop.call_back_ring && may_be(shop))
    }

    pub(super) fn call_backs_due(&mut self, now: Now) {
        while self.call_backs.next().is_some_and(|at| at <= now.mono) {
            let Waiting { shop, number, .. } = self.call_backs.waiting.remove(0);
            if self.rings_back(shop, &number) && self.callers.may_call_back(shop, &number) {
                self.ring_back(now, shop, &number);
            }
        }
    }

    /// The shop's free phones ring for somebody who has given up. Of a shop that has closed since none is on duty.
    fn ring_back(&mut self, now: Now, shop: ShopId, number: &Number) {
        let Some(shop) = self.plan.shop(shop).cloned() else { return };
        if self.service == Service::Draining || self.is_in_touch(shop.id, number) {
            return;
        }
        let is_free = |phone: &&Phone| {
            why_phone(&shop, phone, now.wall) == Duty::Rings && !self.contacts.phones.is_in_use(phone.id)
        };
        let phones: Vec<Phone> = shop.phones.iter().filter(is_free).cloned().collect();
        // Who is not rung is still owed a call.
        let _ = self.begin_to_lift(now, &shop, number, &phones, Occasion::Missed);
    }

    /// Whether this customer is in a call with the shop, or about to be.
    fn is_in_touch(&self, shop: ShopId, number: &Number) -> bool {
        let mut records = self.calls.values().map(Call::record);
        records
            .any(|record| record.shop == Some(shop) && record.caller.as_ref() == Some(number) && record.ended.is_none())
    }

    /// Somebody at the page has a phone rung.
    ///
    /// # Errors
    /// Why it does not ring.
    pub(super) fn ring_for(&mut self, now: Now, phone: PhoneId, purpose: &Purpose) -> Result<(), NotRung> {
        if self.service == Service::Draining {
            return Err(NotRung::Closing);
        }
        let of_shop = |shop: &Arc<Shop>| Some((shop.clone(), shop.phone(phone)?.clone()));
        let found = self.plan.shops.iter().find_map(of_shop);
        let (shop, phone) =
            found.filter(|(_, phone)| !matches!(phone.line, Line::Cell { .. })).ok_or(NotRung::NoPhone)?;
        if let Purpose::PickUp(call) = purpose {
            let waits = self.calls.get(call).filter(|call| call.waits().is_some() && call.maker() != Some(phone.id));
            let waits = waits.filter(|call| call.record().shop == Some(shop.id)).ok_or(NotRung::Gone)?;
            // Whom a carrier keeps for itself no phone of ours can be connected with.
            if !self.can_be_brought(waits) {
                return Err(NotRung::Gone);
            }
        }
        if self.contacts.phones.of(phone.id).is_empty() {
            return Err(NotRung::Unreachable);
        }
        if self.contacts.phones.talks(phone.id) {
            return Err(NotRung::Busy);
        }
        match purpose {
            Purpose::PickUp(call) => self.feed(now, *call, CallInput::WantedAt(phone.id)),
            Purpose::CallBack(_) | Purpose::Drill | Purpose::Speak(_) if self.contacts.phones.is_in_use(phone.id) => {
                return Err(NotRung::Busy);
            }
            Purpose::Drill => self.begin_drill(now, &shop, &phone)?,
            Purpose::Speak(text) => self.begin_dictation(now, &shop, &phone, text)?,
            Purpose::CallBack(number) => {
                self.not_needed(now, shop.id, number, &[Occasion::Missed]);
                if self.is_in_touch(shop.id, number) {
                    return Err(NotRung::InTouch);
                }
                self.make_room(now, &shop, &[Occasion::Missed]);
                self.begin_to_lift(now, &shop, number, &[phone], Occasion::Asked)?;
            }
        }
        Ok(())
    }

    /// A customer calls, or somebody calls them: nobody need ring for them any more, nor lift a phone that does.
    pub(super) fn not_needed(&mut self, now: Now, shop: ShopId, number: &Number, which: &[Occasion]) {
        self.call_backs.forget(shop, number);
        let theirs = |record: &CallRecord| record.shop == Some(shop) && record.caller.as_ref() == Some(number);
        self.stop_lifting(now, which, &theirs);
    }

    /// Somebody at a phone is not refused because nobody has lifted another one yet.
    pub(super) fn make_room(&mut self, now: Now, shop: &Shop, which: &[Occasion]) {
        if self.out_now(shop.id) >= AT_ONCE {
            self.stop_lifting(now, which, &|record| record.shop == Some(shop.id));
        }
    }

    /// A customer who calls goes before one who may be called back: the phones are theirs, and whoever lifts one has them. The
    /// other is still owed a call.
    pub(super) fn ring_for_nobody_else(&mut self, now: Now, shop: ShopId, ring: &Ring) {
        let whom = [Occasion::Missed, Occasion::Drill, Occasion::Speak];
        self.stop_lifting(now, &whom, &|record| record.shop == Some(shop));
        // Whoever speaks for the greeting goes on while another phone rings; where none would, they have the only one.
        let phones = &self.contacts.phones;
        let rings = |phone: &PhoneId| !phones.of(*phone).is_empty() && !phones.talks(*phone);
        if !ring.waves.first().is_some_and(|wave| wave.phones.iter().any(rings)) {
            self.not_needed_by(now, |call| call.is_dictated() && call.record().shop == Some(shop));
        }
    }

    fn stop_lifting(&mut self, now: Now, which: &[Occasion], whose: &dyn Fn(&CallRecord) -> bool) {
        self.not_needed_by(now, |call| call.lifting().is_some_and(|why| which.contains(&why)) && whose(call.record()));
    }

    fn not_needed_by(&mut self, now: Now, which: impl Fn(&Call) -> bool) {
        let begun = self.lifts.iter().filter(|id| self.calls.get(id).is_some_and(&which));
        let calls: Vec<CallId> = begun.copied().collect();
        for call in calls {
            self.feed(now, call, CallInput::NotNeeded);
        }
    }

    /// Rings these phones, and puts whoever lifts one through to this customer.
    fn begin_to_lift(
        &mut self,
        now: Now,
        shop: &Arc<Shop>,
        number: &Number,
        phones: &[Phone],
        occasion: Occasion,
    ) -> Result<(), NotRung> {
        // Only a phone that has proved who it is calls outside: by its password, when it registered.
        let lifter = |phone: &Phone| match &phone.line {
            Line::Registers { user, .. } => Some(Lifter { phone: phone.id, user: user.clone() }),
            Line::Fixed { .. } | Line::Cell { .. } => None,
        };
        let proof = if phones.iter().any(|phone| lifter(phone).is_some()) { Proof::Password } else { Proof::Address };
        // Those too that may still go out because phones ring for them.
        let calls = |why: Occasion| !matches!(why, Occasion::Drill | Occasion::Speak);
        let rings = |call: &&Call| call.lifting().is_some_and(calls) && call.record().shop == Some(shop.id);
        let out = self.out(now, shop, self.calls.values().filter(rings).count());
        let to = match decide_outside(shop, number.as_str(), proof, out) {
            Dialling::Goes(Outside::Number(number)) => number,
            Dialling::Goes(Outside::Help(_)) | Dialling::NoNumber => {
                return Err(NotRung::Number(NotDialled::NoNumber));
            }
            Dialling::Refused(_, why) => {
                if let (Occasion::Asked, true, [phone, ..]) = (occasion, why.is_suspicious(), phones) {
                    self.notify(now, shop.id, Notice::NotDialled { name: phone.name.clone(), why });
                }
                return Err(NotRung::Number(why));
            }
        };
        let carriers = self.carriers(&Outside::Number(to.clone())).len();
        if carriers == 0 {
            return Err(NotRung::Number(NotDialled::NoWayOut));
        }
        let lifters: Vec<Lifter> = phones.iter().filter_map(lifter).collect();
        let places = |lifter: &Lifter| self.contacts.phones.of(lifter.phone).first().copied();
        let place: BindingId = lifters.iter().find_map(places).ok_or(NotRung::Unreachable)?;
        let within = match occasion {
            Occasion::Missed => RINGS_FOR,
            Occasion::Asked | Occasion::Drill | Occasion::Speak => ASKED_RINGS_FOR,
        };
        let then = Then::Calls { to: to.clone(), carriers };
        let lift = Lift { occasion, phones: lifters, then, within };
        let word = match occasion {
            Occasion::Missed => words::missed(shop.language),
            Occasion::Asked | Occasion::Drill | Occasion::Speak => words::to_call(shop.language),
        };
        let card = self.card_of(shop, &to).titled(word);
        let id = CallId(self.chance.uuid(now.wall));
        self.ring_ours(now, id, shop, lift, place, (to.as_str(), &card))
    }

    /// Somebody has lifted a phone: they hear whom we call, where there is a voice for it, and that it rings.
    pub(super) fn lifted(&mut self, now: Now, leg: LegId) {
        let call = self.calls.get(&leg.call);
        let known = call.and_then(|call| Some((call.shop()?.clone(), call.record().caller.clone()?, call.maker()?)));
        let Some((shop, number, phone)) = known else { return };
        self.gone_out.count(&shop, now);
        self.call_backs.calls(now, shop.id, &number, phone);
        let card = self.card_of(&shop, &number);
        let name = spoken_card::name_of(&self.names, &card, shop.language);
        let name = name.map(|name| Sound::Recorded(name.samples.clone()));
        let sounds = [Sound::silence(LEAD)].into_iter().chain(name).chain(ringing(TONE));
        self.door.lift(now, leg, sounds.collect());
    }

    /// What the phone that has called this caller shows, if one has lately.
    pub(super) fn returns(&self, now: Now, shop: &Shop, caller: &CallerId, card: &Card) -> Option<(PhoneId, String)> {
        let phone = self.call_backs.called_by(now, shop.id, caller.number()?)?;
        Some((phone, card.titled(words::returns(shop.language))))
    }

    fn card_of(&self, shop: &Shop, number: &Number) -> Card {
        self.callers.card(shop, &CallerId::Known(number.clone()), "", shop.language)
    }
}

/// Its first row, should somebody lift a phone; where there is no customer none is ever written.
pub(super) fn first_row(id: CallId, now: Now, shop: &Shop, number: Option<Number>) -> CallRecord {
    let is_to_customer = number.is_some();
    CallRecord {
        id,
        shop: Some(shop.id),
        direction: Direction::Out,
        called: number.as_ref().map_or_else(String::new, |number| number.as_str().to_owned()),
        caller: number,
        caller_raw: String::new(),
        caller_display: String::new(),
        withheld: false,
        door: Door::Sip,
        // No carrier has named it.
        key: id.to_string(),
        started: now.wall,
        answered: None,
        ended: None,
        disposition: None,
        // Of a drill there is nobody outside, nor where somebody of the shop speaks.
        because: if is_to_customer { Because::CalledOut } else { Because::Colleague },
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: 0,
    }
}
