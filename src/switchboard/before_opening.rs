//! Ten minutes before a shop opens its phones ring once, where the owner wants that: a phone that is off is found before a
//! customer finds it. The opening is the one that callers are told of, so holidays, closed days, "closed until" and clock
//! changes are in it. Nobody is disturbed twice, and never while somebody calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::{NotRung, Purpose, Service, Switchboard};
use crate::call::Drilled;
use crate::notice::{Notice, Subject};
use crate::now::{Mono, Now, UnixMs};
use crate::routing::decision::Action;
use crate::routing::plan::{Line, Phone, PhoneId, Shop, ShopId};
use crate::routing::{Duty, standing, why_phone};

/// Long enough to find the plug, short enough that somebody is there.
pub const BEFORE: Duration = Duration::from_secs(10 * 60);
/// A call that lasts is waited for until there is so much left; then nobody is rung this time.
const AT_LATEST: Duration = Duration::from_secs(5 * 60);
/// Two openings closer together are one: the owner has moved it.
const APART: Duration = Duration::from_secs(30 * 60);
/// The wall clock may be set: it is not trusted for longer.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// While somebody calls.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// The shops that want it.
#[derive(Debug, Default)]
pub(super) struct BeforeOpening {
    shops: BTreeMap<ShopId, Watch>,
    look: Option<Mono>,
}

#[derive(Debug)]
struct Watch {
    /// What was due before is not made up for.
    since: UnixMs,
    /// The opening that the phones were last rung for.
    rung_for: Option<UnixMs>,
    /// Phones that were rung and have not ended.
    ringing: BTreeSet<PhoneId>,
    /// Phones that did not ring, and have not when they were rung to see whether they do.
    silent: BTreeMap<PhoneId, Arc<str>>,
    told: Told,
}

/// Whether the owner was told of the silent ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Yes,
    NotYet,
}

impl BeforeOpening {
    /// When [`Switchboard::openings_due`] has something to do, at the latest.
    pub fn next(&self) -> Option<Mono> {
        self.look
    }
}

impl Switchboard {
    /// The owner has changed something: the shops that want it are looked at.
    pub(super) fn watch_openings(&mut self, now: Now) {
        let wants = |shop: &Arc<Shop>| shop.drill_before_opening;
        let shops: BTreeSet<ShopId> = self.plan.shops.iter().filter(|shop| wants(shop)).map(|shop| shop.id).collect();
        let unwanted = self.before_opening.shops.extract_if(.., |shop, _| !shops.contains(shop));
        for (shop, _) in unwanted {
            self.notices.over(shop, Subject::Drill);
        }
        for shop in shops {
            self.before_opening.shops.entry(shop).or_insert_with(|| Watch {
                since: now.wall,
                rung_for: None,
                ringing: BTreeSet::new(),
                silent: BTreeMap::new(),
                told: Told::Yes,
            });
            self.tell_of_silent(now, shop);
        }
        self.before_opening.look = (!self.before_opening.shops.is_empty()).then_some(now.mono);
    }

    pub(super) fn openings_due(&mut self, now: Now) {
        if self.before_opening.look.is_none_or(|look| look > now.mono) {
            return;
        }
        let mut wait = LOOK_EVERY;
        for shop in self.before_opening.shops.keys().copied().collect::<Vec<_>>() {
            if let Some(shop) = self.plan.shop(shop).cloned() {
                wait = wait.min(self.look_at_opening(now, &shop));
            }
        }
        self.before_opening.look = Some(now.mono + wait);
    }

    /// When to look again.
    fn look_at_opening(&mut self, now: Now, shop: &Arc<Shop>) -> Duration {
        let Action::TakeMessage { opens: Some(opens) } = standing(shop, now.wall).action else { return LOOK_EVERY };
        let due = before(opens, BEFORE);
        if now.wall < due {
            return Duration::from_millis(due.since(now.wall)).min(LOOK_EVERY);
        }
        let Some(watch) = self.before_opening.shops.get(&shop.id) else { return LOOK_EVERY };
        let was_rung = watch.rung_for.is_some_and(|last| opens < last + APART);
        let is_late = due < watch.since || now.wall >= before(opens, AT_LATEST);
        // A break that is shorter is none.
        let was_closed = matches!(standing(shop, due).action, Action::TakeMessage { .. });
        if was_rung || is_late || !was_closed || self.service == Service::Draining {
            return LOOK_EVERY;
        }
        if self.calls.values().any(|call| call.record().shop == Some(shop.id)) {
            return LOOK_AGAIN;
        }
        if let Some(watch) = self.before_opening.shops.get_mut(&shop.id) {
            watch.rung_for = Some(opens);
            (watch.told, watch.silent) = (Told::NotYet, BTreeMap::new());
        }
        self.ring_before(now, shop, opens);
        LOOK_EVERY
    }

    /// Rings each phone that is to ring when the shop opens. A cell's call would cost money.
    fn ring_before(&mut self, now: Now, shop: &Arc<Shop>, opens: UnixMs) {
        let is_rung =
            |phone: &&Phone| !matches!(phone.line, Line::Cell { .. }) && why_phone(shop, phone, opens) == Duty::Rings;
        let phones: Vec<&Phone> = shop.phones.iter().filter(is_rung).collect();
        if let Some(watch) = self.before_opening.shops.get_mut(&shop.id) {
            watch.ringing = phones.iter().map(|phone| phone.id).collect();
        }
        for phone in phones {
            let not_rung = self.ring_for(now, phone.id, &Purpose::Drill).err();
            match not_rung {
                None => {}
                Some(NotRung::Unreachable) => {
                    self.drills.note(now, phone.id, Some(Drilled::Silent));
                    self.was_drilled(now, phone.id, Some(Drilled::Silent));
                }
                // One that is in use is there.
                Some(NotRung::Busy) => self.was_drilled(now, phone.id, Some(Drilled::Rang)),
                Some(_) => self.was_drilled(now, phone.id, None),
            }
        }
        // There may be none.
        self.tell_of_silent(now, shop.id);
    }

    /// A phone of this name rings for somebody: it is not silent any more.
    pub(super) fn has_rung(&mut self, now: Now, shop: ShopId, name: &str) {
        let Some(watch) = self.before_opening.shops.get_mut(&shop) else { return };
        let before = watch.silent.len();
        watch.silent.retain(|_, silent| **silent != *name);
        if watch.silent.len() < before {
            self.tell_of_silent(now, shop);
        }
    }

    /// What has come of ringing this phone, whoever wanted it; `None`: it was cut short.
    pub(super) fn was_drilled(&mut self, now: Now, phone: PhoneId, drilled: Option<Drilled>) {
        let has_it = |shop: &&Arc<Shop>| shop.phone(phone).is_some();
        let Some(shop) = self.plan.shops.iter().find(has_it).cloned() else { return };
        let Some(watch) = self.before_opening.shops.get_mut(&shop.id) else { return };
        let was_rung = match drilled {
            Some(Drilled::Asked) => return,
            Some(Drilled::Rings) => false,
            Some(Drilled::Lifted | Drilled::Rang | Drilled::Silent) | None => watch.ringing.remove(&phone),
        };
        match (drilled, shop.phone(phone)) {
            (Some(Drilled::Silent), Some(known)) if was_rung => {
                watch.silent.insert(phone, known.name.clone());
            }
            (Some(Drilled::Silent) | None, _) => {}
            (_, _) => {
                watch.silent.remove(&phone);
            }
        }
        self.tell_of_silent(now, shop.id);
    }

    /// Once all have ended, the owner is told of the silent ones; there may be none any more.
    fn tell_of_silent(&mut self, now: Now, shop: ShopId) {
        let Some(known) = self.plan.shop(shop) else { return };
        let Some(watch) = self.before_opening.shops.get_mut(&shop) else { return };
        // One that the shop has no more need not ring.
        watch.ringing.retain(|phone| known.phone(*phone).is_some());
        watch.silent.retain(|phone, _| known.phone(*phone).is_some());
        if !watch.ringing.is_empty() {
            return;
        }
        if watch.silent.is_empty() {
            watch.told = Told::Yes;
            return self.notices.over(shop, Subject::Drill);
        }
        let notice = Notice::DidNotRing { names: watch.silent.values().cloned().collect() };
        match std::mem::replace(&mut watch.told, Told::Yes) {
            Told::NotYet => self.notify(now, shop, notice),
            // One that was named may ring by now.
            Told::Yes => self.notices.is_now(shop, &notice),
        }
    }
}

fn before(at: UnixMs, by: Duration) -> UnixMs {
    UnixMs(at.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}
