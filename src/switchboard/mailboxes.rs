//! Lines that pick up without a person: a cell's own mailbox, or its carrier's. Asked for a key they never have a call; one
//! that does so again and again is rung after the others, so that whoever carries it has time to pick up before it does.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::call::record::{CallEvent, EventKind};
use crate::routing::decision::{Ring, Wave};
use crate::routing::plan::{PhoneId, Plan, Shop, ShopId};

/// Once may be a pocket, twice bad luck.
const MARKED_AT: u32 = 3;
/// Most mailboxes pick up after 20 to 30 s; a call that comes so much later leaves them no time before a colleague has it.
const LATER: Duration = Duration::from_secs(15);

/// A cell that has picked up lately without a key, so many times in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyless {
    pub shop: ShopId,
    pub phone: String,
    pub times: u32,
}

/// What is known of a line as of now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    Mailbox(PhoneId, Arc<str>),
    /// A person picks up there.
    Person(PhoneId),
}

/// How often in a row each has picked up without a key.
#[derive(Debug, Default)]
pub(super) struct Mailboxes(HashMap<PhoneId, u32>);

impl Mailboxes {
    /// As the log of an earlier run has it.
    pub fn remember(&mut self, plan: &Plan, keyless: Vec<Keyless>) {
        for Keyless { shop, phone, times } in keyless {
            if let Some(id) = plan.shop(shop).and_then(|shop| id_of(shop, &phone)) {
                self.0.insert(id, times);
            }
        }
    }

    /// Takes notice of what happened at a phone.
    pub fn note(&mut self, shop: &Shop, event: &CallEvent) -> Option<Noted> {
        let name = event.phone.as_ref()?;
        let phone = id_of(shop, name)?;
        match event.kind {
            EventKind::NoKey => {
                let times = self.0.entry(phone).or_default();
                *times += 1;
                (*times == MARKED_AT).then(|| Noted::Mailbox(phone, name.clone()))
            }
            EventKind::Answered => self.0.remove(&phone).map(|_| Noted::Person(phone)),
            _ => None,
        }
    }

    /// The phone has another number now.
    pub fn forget(&mut self, phone: PhoneId) {
        self.0.remove(&phone);
    }

    pub fn is_one(&self, phone: PhoneId) -> bool {
        self.0.get(&phone).is_some_and(|times| *times >= MARKED_AT)
    }

    /// The same ring, with these lines in waves of their own behind.
    pub fn put_later(&self, mut ring: Ring) -> Ring {
        let mut later = Vec::new();
        for wave in &mut ring.waves {
            let (kept, moved): (Vec<PhoneId>, Vec<PhoneId>) =
                wave.phones.iter().partition(|phone| !self.is_one(**phone));
            wave.phones = kept;
            if !moved.is_empty() {
                later.push(Wave { after: wave.after + LATER, phones: moved });
            }
        }
        ring.waves.retain(|wave| !wave.phones.is_empty());
        ring.waves.extend(later);
        ring.waves.sort_by_key(|wave| wave.after);
        ring
    }
}

fn id_of(shop: &Shop, name: &str) -> Option<PhoneId> {
    shop.phones.iter().find(|phone| &*phone.name == name).map(|phone| phone.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVE_UP: Duration = Duration::from_secs(120);

    fn wave(after_s: u64, phones: &[i64]) -> Wave {
        Wave { after: Duration::from_secs(after_s), phones: phones.iter().map(|id| PhoneId(*id)).collect() }
    }

    #[test]
    fn mailboxes_ring_behind_their_wave() {
        let mailboxes = Mailboxes([(PhoneId(2), 3), (PhoneId(3), 2), (PhoneId(5), 9)].into());
        let ring = |waves: &[Wave]| Ring { waves: waves.to_vec(), give_up_after: GIVE_UP };
        let before = ring(&[wave(0, &[1, 2, 3]), wave(20, &[4, 5])]);
        let after = ring(&[wave(0, &[1, 3]), wave(15, &[2]), wave(20, &[4]), wave(35, &[5])]);
        assert_eq!(mailboxes.put_later(before), after);
        let alone = mailboxes.put_later(ring(&[wave(0, &[2])]));
        assert_eq!(
            alone,
            ring(&[wave(15, &[2])]),
            "with nobody else it is rung at once all the same: no wave waits for it"
        );
    }
}
