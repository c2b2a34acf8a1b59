//! The shop's phones as every call sees them: where each can be rung, and what each is doing in other calls. Kept over all
//! calls and all shops; a call only reads it, and is told what it waits for.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::event::Ways;
use super::leg::BindingId;
use super::record::CallId;
use crate::now::UnixMs;
use crate::routing::plan::PhoneId;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Phones {
    places: HashMap<PhoneId, Vec<BindingId>>,
    /// Those of them that a carrier leads to.
    behind_carriers: HashSet<BindingId>,
    /// The place of each cell, which a carrier can ring by its number, whether a trunk of ours leads there or not.
    numbers: HashMap<PhoneId, BindingId>,
    /// One telephone under several names: the phones of two shops at one address. By each but the first, the first.
    same: HashMap<PhoneId, PhoneId>,
    in_use: HashMap<PhoneId, InUse>,
    calls: HashMap<CallId, Shares>,
    waiting: HashMap<Awaited, BTreeSet<Age>>,
}

/// The older call has the smaller.
pub type Age = (UnixMs, CallId);

/// A phone that a call has a leg at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    pub phone: PhoneId,
    pub talks: bool,
}

/// What a waiting call is to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Awaited {
    /// The phone has hung up another call.
    Freed(PhoneId),
    /// Somebody is at this place, which was silent.
    Proof(BindingId),
}

/// The legs at one phone, over all calls.
#[derive(Clone, Copy, Debug, Default)]
struct InUse {
    legs: usize,
    talking: usize,
}

/// What one call has of the phones, and waits for.
#[derive(Clone, Debug, Default)]
struct Shares {
    uses: Vec<Use>,
    awaited: Vec<Awaited>,
}

impl Phones {
    /// Where this phone can be rung at this moment.
    pub fn of(&self, phone: PhoneId) -> &[BindingId] {
        self.places.get(&phone).map_or(&[], Vec::as_slice)
    }

    /// The same for a call whose phones are rung these ways.
    pub fn by(&self, ways: Ways, phone: PhoneId) -> &[BindingId] {
        match (ways, self.numbers.get(&phone)) {
            (Ways::SipAndNumbers | Ways::Numbers, Some(place)) => std::slice::from_ref(place),
            (Ways::Sip | Ways::SipAndNumbers, _) => self.of(phone),
            (Ways::Numbers, None) => &[],
        }
    }

    /// Whether this is the place of a cell.
    pub fn is_number(&self, place: BindingId) -> bool {
        self.numbers.values().any(|number| *number == place)
    }

    /// The places of the cells, in place of those that were known.
    pub fn set_numbers(&mut self, numbers: HashMap<PhoneId, BindingId>) {
        self.numbers = numbers;
    }

    pub fn add(&mut self, phone: PhoneId, binding: BindingId) {
        self.places.entry(phone).or_default().push(binding);
    }

    /// The same for a place that a carrier leads to.
    pub fn add_behind_a_carrier(&mut self, phone: PhoneId, binding: BindingId) {
        self.behind_carriers.insert(binding);
        self.add(phone, binding);
    }

    pub fn is_behind_a_carrier(&self, binding: BindingId) -> bool {
        self.behind_carriers.contains(&binding)
    }

    /// All places where phones could be rung, to be added anew.
    pub fn take_places(&mut self) -> HashMap<PhoneId, Vec<BindingId>> {
        self.behind_carriers.clear();
        std::mem::take(&mut self.places)
    }

    /// Places that were not in `before`.
    pub fn new_since(&self, before: &HashMap<PhoneId, Vec<BindingId>>) -> Vec<BindingId> {
        let known = |phone, binding| before.get(phone).is_some_and(|places| places.contains(binding));
        let places = self.places.iter().flat_map(|(phone, places)| places.iter().map(move |place| (phone, place)));
        let mut new: Vec<BindingId> = places.filter(|(phone, place)| !known(phone, place)).map(|(_, id)| *id).collect();
        new.sort();
        new
    }

    /// Phones that are one telephone: each but the first of them, with the first.
    pub fn set_same(&mut self, same: HashMap<PhoneId, PhoneId>) {
        self.same = same;
    }

    /// The telephone that this phone is.
    pub fn telephone(&self, phone: PhoneId) -> PhoneId {
        self.same.get(&phone).copied().unwrap_or(phone)
    }

    /// Whether somebody talks at this phone, in whatever call.
    pub fn talks(&self, phone: PhoneId) -> bool {
        self.in_use.get(&self.telephone(phone)).is_some_and(|in_use| in_use.talking > 0)
    }

    /// Whether this phone rings, dials or talks, in whatever call.
    pub fn is_in_use(&self, phone: PhoneId) -> bool {
        self.in_use.contains_key(&self.telephone(phone))
    }

    /// Whether this phone rings for, or is in, another call than this one.
    pub fn is_in_another_call(&self, phone: PhoneId, call: CallId) -> bool {
        let phone = self.telephone(phone);
        let own = self.calls.get(&call).map_or(0, |shares| shares.uses.iter().filter(|own| own.phone == phone).count());
        self.in_use.get(&phone).is_some_and(|in_use| in_use.legs > own)
    }

    /// Takes down what a call has of the phones now, and waits for. Who is to be told that a phone is free: oldest first.
    pub fn note(
        &mut self,
        age: Age,
        uses: impl Iterator<Item = Use> + Clone,
        awaited: &[Awaited],
    ) -> Vec<(CallId, PhoneId)> {
        let (_, call) = age;
        let same = &self.same;
        let uses = uses.map(|used| Use { phone: same.get(&used.phone).copied().unwrap_or(used.phone), ..used });
        let known = self.calls.entry(call).or_default();
        if known.awaited != awaited {
            for gone in std::mem::replace(&mut known.awaited, awaited.to_vec()) {
                if let Some(ages) = self.waiting.get_mut(&gone) {
                    ages.remove(&age);
                    if ages.is_empty() {
                        self.waiting.remove(&gone);
                    }
                }
            }
            for awaited in awaited {
                self.waiting.entry(*awaited).or_default().insert(age);
            }
        }
        let mut freed = Vec::new();
        if !known.uses.iter().copied().eq(uses.clone()) {
            let before = std::mem::replace(&mut known.uses, uses.collect());
            freed = self.used_anew(call, &before);
        }
        if self.calls.get(&call).is_some_and(|shares| shares.uses.is_empty() && shares.awaited.is_empty()) {
            self.calls.remove(&call);
        }
        freed
    }

    /// Which silent places some call waits for.
    pub fn awaited_proofs(&self) -> impl Iterator<Item = BindingId> {
        self.waiting.keys().filter_map(|awaited| match awaited {
            Awaited::Proof(binding) => Some(*binding),
            Awaited::Freed(_) => None,
        })
    }

    /// The calls that wait for this, oldest first.
    pub fn waiting_for(&self, awaited: Awaited) -> Vec<CallId> {
        self.waiting.get(&awaited).into_iter().flatten().map(|(_, call)| *call).collect()
    }

    /// Counts a call's phones in place of those `before`; the answer is who is to be told of a phone that is free.
    fn used_anew(&mut self, call: CallId, before: &[Use]) -> Vec<(CallId, PhoneId)> {
        let mut touched: Vec<(PhoneId, InUse)> = Vec::new();
        for gone in before {
            let in_use = self.in_use.entry(gone.phone).or_default();
            if touched.iter().all(|(phone, _)| *phone != gone.phone) {
                touched.push((gone.phone, *in_use));
            }
            in_use.legs = in_use.legs.saturating_sub(1);
            in_use.talking = in_use.talking.saturating_sub(usize::from(gone.talks));
        }
        for used in self.calls.get(&call).into_iter().flat_map(|shares| &shares.uses) {
            let in_use = self.in_use.entry(used.phone).or_default();
            in_use.legs += 1;
            in_use.talking += usize::from(used.talks);
        }
        let mut freed = Vec::new();
        for (phone, was) in touched {
            let is = self.in_use.get(&phone).copied().unwrap_or_default();
            if is.legs == 0 {
                self.in_use.remove(&phone);
            }
            if is.talking > 0 || is.legs >= was.legs && is.talking >= was.talking {
                continue;
            }
            let hung_up = was.talking > 0;
            let may_ring = |waiting: &CallId| hung_up || !self.is_in_another_call(phone, *waiting);
            // A phone that takes one call at a time rings for one: all of them would have it say no to each again.
            let told = if hung_up { usize::MAX } else { 1 };
            let waiting = self.waiting_for(Awaited::Freed(phone)).into_iter();
            freed.extend(waiting.filter(may_ring).take(told).map(|waiting| (waiting, phone)));
        }
        freed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const ANN: Age = age(1);
    const BEN: Age = age(2);
    const CLEO: Age = age(3);
    const COUNTER: PhoneId = PhoneId(1);

    const fn age(nth: u8) -> Age {
        (UnixMs(nth as i64), CallId(Uuid::from_u128(nth as u128)))
    }

    fn at_counter(talks: bool) -> std::iter::Once<Use> {
        std::iter::once(Use { phone: COUNTER, talks })
    }

    fn nothing() -> std::iter::Empty<Use> {
        std::iter::empty()
    }

    #[test]
    fn whoever_waits_is_told_of_a_phone_that_hung_up_oldest_first() {
        let mut phones = Phones::default();
        let wait = [Awaited::Freed(COUNTER)];
        assert!(phones.note(ANN, at_counter(true), &[]).is_empty());
        assert!(phones.note(CLEO, nothing(), &wait).is_empty());
        assert!(phones.note(BEN, nothing(), &wait).is_empty());
        assert!(phones.talks(COUNTER) && phones.is_in_another_call(COUNTER, BEN.1));
        assert!(!phones.is_in_another_call(COUNTER, ANN.1));
        assert_eq!(phones.note(ANN, nothing(), &[]), [(BEN.1, COUNTER), (CLEO.1, COUNTER)]);
        assert!(!phones.talks(COUNTER));
    }

    #[test]
    fn a_phone_with_a_second_conversation_is_not_free() {
        let mut phones = Phones::default();
        phones.note(ANN, at_counter(true), &[]);
        phones.note(BEN, at_counter(true), &[]);
        phones.note(CLEO, nothing(), &[Awaited::Freed(COUNTER)]);
        assert!(phones.note(ANN, nothing(), &[]).is_empty());
        assert_eq!(phones.note(BEN, nothing(), &[]), [(CLEO.1, COUNTER)]);
    }

    #[test]
    fn a_phone_that_stops_ringing_for_another_is_free_when_nothing_else_is_there() {
        let mut phones = Phones::default();
        phones.note(ANN, at_counter(false), &[]);
        phones.note(BEN, at_counter(false), &[]);
        phones.note(CLEO, nothing(), &[Awaited::Freed(COUNTER)]);
        assert!(phones.note(ANN, nothing(), &[]).is_empty());
        assert_eq!(phones.note(BEN, nothing(), &[]), [(CLEO.1, COUNTER)]);
        phones.note(CLEO, nothing(), &[]);
        assert!(phones.calls.is_empty() && phones.in_use.is_empty() && phones.waiting.is_empty());
    }

    #[test]
    fn a_phone_that_rings_for_one_at_a_time_is_free_for_the_oldest() {
        let mut phones = Phones::default();
        let wait = [Awaited::Freed(COUNTER)];
        phones.note(ANN, at_counter(false), &[]);
        phones.note(CLEO, nothing(), &wait);
        phones.note(BEN, nothing(), &wait);
        assert_eq!(phones.note(ANN, nothing(), &[]), [(BEN.1, COUNTER)]);
        phones.note(BEN, at_counter(false), &[]);
        assert_eq!(phones.note(BEN, nothing(), &[]), [(CLEO.1, COUNTER)]);
    }

    #[test]
    fn one_telephone_of_two_shops_is_in_use_for_both() {
        let mut phones = Phones::default();
        let (here, there) = (COUNTER, PhoneId(7));
        phones.set_same([(there, here)].into());
        phones.note(ANN, at_counter(true), &[]);
        assert!(phones.talks(there) && phones.is_in_another_call(there, BEN.1));
        phones.note(BEN, nothing(), &[Awaited::Freed(phones.telephone(there))]);
        assert_eq!(phones.note(ANN, nothing(), &[]), [(BEN.1, here)]);
    }
}
