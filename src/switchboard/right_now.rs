//! This moment, as the page and the API show it.

use super::{Dictation, Gauges, Standing, Switchboard};
use crate::call::Drilled;
use crate::call::record::CallRecord;
use crate::now::{Now, UnixMs};
use crate::routing::decision::{Because, Decision, Offer};
use crate::routing::plan::{PhoneId, Shop, ShopId};
use crate::routing::{CallerId, Duty, decide, why_phone};

/// What the page and the API show of this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightNow {
    pub shops: Vec<ShopNow>,
    /// Live calls, oldest first.
    pub calls: Vec<CallRecord>,
    pub gauges: Gauges,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopNow {
    pub shop: ShopId,
    /// What a caller with an unremarkable number would get now.
    pub decision: Decision,
    pub phones: Vec<PhoneNow>,
    /// What the owner was told of, and is not known to be over.
    pub notices: Vec<Standing>,
    /// Somebody says the greeting's own words at a phone, or has.
    pub dictation: Option<Dictation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNow {
    pub phone: PhoneId,
    /// Whether a call now would ring it.
    pub rings: bool,
    pub because: PhoneBecause,
    pub doing: Doing,
    /// When it last answered anything of ours, or registered.
    pub proven_at: Option<UnixMs>,
    /// What came of ringing it last to see whether it does.
    pub drilled: Option<(Drilled, UnixMs)>,
}

/// What a phone is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Nothing,
    /// It rings, or dials.
    Rings,
    Talks,
}

/// Why a phone would ring, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneBecause {
    /// The shop's decision is to ring, and this phone is in a wave.
    InAWave,
    /// The same, but later than the owner set it: it has picked up several times in a row without a key.
    ALikelyMailbox,
    /// The shop would not ring at all.
    ShopDoesNotRing(Because),
    /// Its own hours, or its "off until".
    OffNow,
    /// No binding, or its address leads nowhere.
    Unreachable,
}

impl Switchboard {
    pub(super) fn right_now(&self, now: Now) -> RightNow {
        let shops = self.plan.shops.iter().map(|shop| self.shop_now(now, shop)).collect();
        let written = self.calls.values().filter(|call| call.is_written());
        let mut calls: Vec<CallRecord> = written.map(|call| call.record().clone()).collect();
        calls.sort_by_key(|record| (record.started, record.id));
        RightNow { shops, calls, gauges: self.gauges() }
    }

    /// What a caller of this shop with an unremarkable number would get now.
    pub(super) fn decision_now(&self, now: Now, shop: &Shop) -> Decision {
        let called = shop.numbers.iter().map(|number| number.as_str().to_owned()).collect();
        decide(&self.plan, &Offer { caller: CallerId::Withheld, called }, now.wall)
    }

    fn shop_now(&self, now: Now, shop: &Shop) -> ShopNow {
        let decision = self.decision_now(now, shop);
        let phones = shop.phones.iter().map(|phone| {
            let places = self.contacts.places_of(phone.id);
            let because = match why_phone(shop, phone, now.wall) {
                Duty::ShopClosed(because) => PhoneBecause::ShopDoesNotRing(because),
                Duty::CellWithoutShopHours | Duty::OffUntil(_) | Duty::OutsideOwnHours { .. } => PhoneBecause::OffNow,
                Duty::Rings if places.is_empty() => PhoneBecause::Unreachable,
                Duty::Rings if self.mailboxes.is_one(phone.id) => PhoneBecause::ALikelyMailbox,
                Duty::Rings => PhoneBecause::InAWave,
            };
            PhoneNow {
                phone: phone.id,
                rings: matches!(because, PhoneBecause::InAWave | PhoneBecause::ALikelyMailbox),
                because,
                doing: match &self.contacts.phones {
                    phones if phones.talks(phone.id) => Doing::Talks,
                    phones if phones.is_in_use(phone.id) => Doing::Rings,
                    _ => Doing::Nothing,
                },
                proven_at: places.into_iter().filter_map(|(_, proven_at)| proven_at).max(),
                drilled: self.drills.last(phone.id),
            }
        });
        let notices = self.notices.standing(now.wall, shop.id).collect();
        let dictation = self.dictations.last(shop.id);
        ShopNow { shop: shop.id, decision, phones: phones.collect(), notices, dictation }
    }
}
