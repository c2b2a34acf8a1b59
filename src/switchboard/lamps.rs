//! Which phones ring or talk, for the colleagues whose keys show it, of which nothing is kept while nobody watches; and how many
//! messages wait, for whoever has a lamp for that.

use std::collections::{BTreeSet, HashMap};

use super::Switchboard;
use crate::call::phones::Age;
use crate::call::record::{CallId, CallRecord};
use crate::call::{AtPhone, Call};
use crate::door::sip::{InCall, News, Party, Stage, Subscribing, Watched};
use crate::now::Now;
use crate::routing::plan::{Line, PhoneId, Shop, ShopId};
use crate::sip::message_summary::Waiting;
use crate::sip::subscription::Package;

/// What the calls that live have of the phones.
#[derive(Debug, Default)]
pub(super) struct Lamps {
    watch: Watch,
    calls: HashMap<CallId, (Age, Vec<(PhoneId, InCall)>)>,
    changed: BTreeSet<PhoneId>,
}

/// Whether anybody watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Watch {
    #[default]
    Nobody,
    Somebody,
}

impl Lamps {
    /// Takes down what this call has of the phones now.
    pub fn note(&mut self, call: &Call) {
        if self.watch == Watch::Nobody {
            return;
        }
        let (age, id) = (call.age(), call.record().id);
        let now: Vec<(PhoneId, InCall)> = call.at_phones().map(|(phone, at)| (phone, of(call.record(), at))).collect();
        let before = self.calls.get(&id).map_or(&[][..], |(_, before)| before);
        if *before == now {
            return;
        }
        self.changed.extend(before.iter().chain(&now).map(|(phone, _)| *phone));
        if now.is_empty() {
            self.calls.remove(&id);
        } else {
            self.calls.insert(id, (age, now));
        }
    }

    /// This call is gone.
    pub fn forget(&mut self, call: CallId) {
        let (_, gone) = self.calls.remove(&call).unzip();
        self.changed.extend(gone.into_iter().flatten().map(|(phone, _)| phone));
    }

    /// The calls of a telephone, the oldest first.
    fn at(&self, is_it: impl Fn(PhoneId) -> bool) -> News {
        let mut calls: Vec<_> = self.calls.values().collect();
        calls.sort_by_key(|(age, _)| *age);
        let own = calls.into_iter().flat_map(|(_, at)| at).filter(|(phone, _)| is_it(*phone));
        News::Calls(own.map(|(_, call)| call.clone()).collect())
    }
}

fn of(record: &CallRecord, at: AtPhone) -> InCall {
    let (side, stage) = match at {
        AtPhone::Rings(leg) => (Party::Phone(leg), Stage::Rings),
        AtPhone::Talks(leg) => (Party::Phone(leg), Stage::Talks),
        AtPhone::HasCalled => (Party::Caller(record.id), Stage::Talks),
    };
    InCall { side, stage, called: (at == AtPhone::HasCalled).then(|| record.called.clone()) }
}

impl Switchboard {
    /// A phone wants to hear of something of its shop's.
    pub(super) fn subscribing(&mut self, now: Now, subscribing: Subscribing) {
        match self.watched_by(&subscribing) {
            None => self.door.refuse_subscription(now, &subscribing),
            Some(watched) => {
                if let (Watched::Phone(_), Watch::Nobody) = (watched, self.lamps.watch) {
                    self.lamps.watch = Watch::Somebody;
                    self.calls.values().for_each(|call| self.lamps.note(call));
                }
                let news = self.news_of(watched);
                self.door.begin_subscription(now, subscribing, watched, news);
            }
        }
    }

    /// What it may hear of: a phone that is its colleague in a shop, or is itself, and is called by that user.
    fn watched_by(&self, subscribing: &Subscribing) -> Option<Watched> {
        let is_its = |shop: &&std::sync::Arc<Shop>| {
            let is_it = |line: &Line| matches!(line, Line::Registers { user, .. } if *user == subscribing.by);
            shop.phones.iter().any(|phone| is_it(&phone.line))
        };
        let mut shops = self.plan.shops.iter().filter(is_its);
        match subscribing.package {
            Package::MessageSummary => Some(Watched::Messages(shops.next()?.id)),
            Package::Dialog => shops.find_map(|shop| {
                let user = Some(&subscribing.user);
                let phone = shop.phones.iter().find(|phone| self.user_of(phone).as_ref() == user)?;
                Some(Watched::Phone(phone.id))
            }),
        }
    }

    /// A phone that is another shop's now, or nobody's, hears no more of this one's.
    pub(super) fn forget_watchers_elsewhere(&mut self) {
        let plan = self.plan.clone();
        self.door.keep_watchers(|by, watched| {
            let is_it = |line: &Line| matches!(line, Line::Registers { user, .. } if user == by);
            let its = plan.shops.iter().filter(|shop| shop.phones.iter().any(|phone| is_it(&phone.line)));
            its.into_iter().any(|shop| match watched {
                Watched::Phone(phone) => shop.phone(phone).is_some(),
                Watched::Messages(id) => shop.id == id,
            })
        });
    }

    fn news_of(&self, watched: Watched) -> News {
        match watched {
            Watched::Phone(phone) => {
                let phones = &self.contacts.phones;
                self.lamps.at(|known| phones.telephone(known) == phones.telephone(phone))
            }
            Watched::Messages(shop) => News::Messages(self.waiting.get(&shop).copied().unwrap_or_default()),
        }
    }

    /// Somebody has left a message, or heard one.
    pub(super) fn messages_wait(&mut self, now: Now, waiting: Vec<(ShopId, Waiting)>) {
        self.waiting = waiting.into_iter().collect();
        let watched: BTreeSet<Watched> = self.door.watched().collect();
        for watched in watched.into_iter().filter(|watched| matches!(watched, Watched::Messages(_))) {
            let news = self.news_of(watched);
            self.door.tell_watchers(now, watched, &news);
        }
    }

    /// Tells whoever watches what has changed.
    pub(super) fn light_lamps(&mut self, now: Now) {
        let changed = std::mem::take(&mut self.lamps.changed);
        if changed.is_empty() {
            return;
        }
        let phones = &self.contacts.phones;
        let changed: BTreeSet<PhoneId> = changed.into_iter().map(|phone| phones.telephone(phone)).collect();
        let watched: BTreeSet<Watched> = self.door.watched().collect();
        for watched in watched {
            if let Watched::Phone(phone) = watched
                && changed.contains(&self.contacts.phones.telephone(phone))
            {
                let news = self.news_of(watched);
                self.door.tell_watchers(now, watched, &news);
            }
        }
        if !self.door.watches_phones() {
            self.lamps = Lamps::default();
        }
    }
}
