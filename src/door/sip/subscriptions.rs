//! Phones that want to hear how their colleagues' calls stand, for the lamps of their keys, or whether messages wait: SUBSCRIBE
//! and NOTIFY. Only a phone that proves its password may, of its own shop alone; what it may hear of, and how that stands, the
//! switchboard says.

use std::collections::{BTreeMap, HashMap};

use crate::call::leg::BindingId;
use crate::call::record::CallId;
use crate::now::{Mono, Now};
use crate::routing::plan::{PhoneId, ShopId};
use crate::sip::dialog::{DialogKey, Fit};
use crate::sip::dialog_info::{DialogInfo, Direction, Entry, Name, Remote, State as CallState};
use crate::sip::endpoint::{ClientTx, ServerTx};
use crate::sip::gate::Source;
use crate::sip::hop::Hop;
use crate::sip::message::{self, Header, Method, Received, other};
use crate::sip::message_summary::{self, Waiting};
use crate::sip::outgoing::USER_AGENT;
use crate::sip::subscription::{MIN_EXPIRES_S, PACKAGES, Package, State, Subscription, Wanted};
use crate::sip::transaction::timer::Deadlines;
use crate::sip::uri::Uri;

use super::names::OnAKey;
use super::{Begun, Calling, Party, SipDoor, Told, abilities, scheme_called};

/// The longest rows of keys that desk phones are sold with have some 60.
const OF_A_PHONE: usize = 64;
/// Thirty phones that watch each other, and as many again; each change of a phone is told to all who watch it.
const IN_ALL: usize = 2000;

/// What somebody wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watched {
    /// This phone's calls.
    Phone(PhoneId),
    /// The messages that wait in this shop.
    Messages(ShopId),
}

/// How that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Calls(Vec<InCall>),
    Messages(Waiting),
}

/// A call that a phone is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InCall {
    /// Its side of it.
    pub side: Party,
    pub stage: Stage,
    /// Whom it has called; `None`: it was called, by whoever is shown on it.
    pub called: Option<String>,
}

/// How far that call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Rings,
    Talks,
}

/// A SUBSCRIBE that is in order so far. Answered by [`SipDoor::begin_subscription`] or [`SipDoor::refuse_subscription`].
#[derive(Debug)]
pub struct Subscribing {
    tx: ServerTx,
    hop: Hop,
    request: Box<Received>,
    wanted: Wanted,
    pub package: Package,
    /// The user that has proved its password.
    pub by: String,
    /// Whom it is about.
    pub user: String,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    all: BTreeMap<u64, Watcher>,
    by_dialog: HashMap<DialogKey, u64>,
    asked: HashMap<ClientTx, u64>,
    /// Those that are over, while their last NOTIFY has no answer: whose they were.
    over: HashMap<u64, String>,
    deadlines: Deadlines<u64>,
    last: u64,
}

#[derive(Debug)]
struct Watcher {
    subscription: Subscription,
    key: DialogKey,
    by: String,
    /// Where it has registered, if it asks from there.
    place: Option<BindingId>,
    watched: Watched,
    /// What its documents call whom it is about.
    entity: Uri,
    /// As it stands now.
    news: News,
    /// The calls of the last document: each is over in one of the next.
    told: Vec<String>,
}

impl Subscriptions {
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        self.deadlines.next()
    }

    fn forget(&mut self, id: u64) {
        self.deadlines.stop(id);
        if let Some(watcher) = self.all.remove(&id) {
            self.by_dialog.remove(&watcher.key);
        }
    }

    /// It is over with the NOTIFY that is on its way.
    fn end(&mut self, id: u64) {
        if let Some(watcher) = self.all.get(&id) {
            self.over.insert(id, watcher.by.clone());
        }
        self.forget(id);
    }

    /// Whether this user, or everybody together, has as many as may be, whatever they were asked for: who only wants to know
    /// how it stands now, again and again, costs as much.
    fn are_full_for(&self, by: &str) -> bool {
        let all = || self.all.values().map(|watcher| &watcher.by).chain(self.over.values());
        all().count() >= IN_ALL || all().filter(|user| *user == by).count() >= OF_A_PHONE
    }

    /// The oldest that this user has of the same.
    fn oldest(&self, by: &str, watched: Watched) -> Option<u64> {
        self.all.iter().find(|(_, watcher)| watcher.by == by && watcher.watched == watched).map(|(id, _)| *id)
    }

    /// Who wants to hear of this.
    fn of(&self, watched: Watched) -> Vec<u64> {
        self.all.iter().filter(|(_, watcher)| watcher.watched == watched).map(|(id, _)| *id).collect()
    }
}

impl SipDoor {
    /// A SUBSCRIBE outside all dialogs.
    pub(super) fn subscribe_came(&mut self, now: Now, tx: ServerTx, hop: Hop, request: Received) {
        if self.source_of(&hop, &request) != Source::Phone {
            let unable = abilities::method(&request);
            return self.respond(now, tx, unable.code, unable.more);
        }
        let Some(by) = self.subscriber(now, tx, hop, &request) else { return };
        let (package, wanted) = match read(&request) {
            Ok(read) => read,
            Err(unable) => return self.respond(now, tx, unable.code, unable.more),
        };
        let user = request.uri().map(Uri::user_unescaped).unwrap_or_default();
        let request = Box::new(request);
        self.told.push_back(Told::Subscribing(Subscribing { tx, hop, request, wanted, package, by, user }));
    }

    /// One within a dialog: it puts off the end, or is the end.
    pub(super) fn resubscribe_came(&mut self, now: Now, tx: ServerTx, hop: Hop, request: &Received) {
        let local_tag = request.to.tag().unwrap_or_default().to_owned();
        let key = DialogKey { call_id: request.call_id.clone(), local_tag };
        let Some(&id) = self.subscriptions.by_dialog.get(&key) else {
            return self.endpoint.respond_plain(now.mono, tx, 481, None, Vec::new());
        };
        let Some(by) = self.subscriber(now, tx, hop, request) else { return };
        let interfaces = self.endpoint.interfaces.clone();
        let Some(watcher) = self.subscriptions.all.get_mut(&id) else { return };
        let code = match watcher.subscription.takes(request) {
            _ if watcher.by != by => Some(403),
            Fit::NotThis => Some(481),
            Fit::OutOfOrder => Some(500),
            Fit::InOrder => None,
        };
        if let Some(code) = code {
            return self.endpoint.respond_plain(now.mono, tx, code, None, Vec::new());
        }
        let wanted = match read(request) {
            Ok((package, wanted)) if package == watcher.subscription.package => wanted,
            Ok(_) => return self.endpoint.respond_plain(now.mono, tx, 489, None, vec![events()]),
            Err(unable) => return self.endpoint.respond_plain(now.mono, tx, unable.code, None, unable.more),
        };
        watcher.subscription.retarget(request, hop, &interfaces);
        watcher.place = self.registrations.binding_at(&by, hop);
        self.agree(now, tx, id, request, hop, wanted);
        self.tell_watcher(now, id);
    }

    /// The user that has proved its password by this request, which has its answer otherwise. An address alone proves nothing.
    fn subscriber(&mut self, now: Now, tx: ServerTx, hop: Hop, request: &Received) -> Option<String> {
        match self.phone_asking(now, tx, hop, Method::Subscribe, request)? {
            Calling::User(user) => Some(user),
            Calling::At { .. } => {
                self.respond(now, tx, 403, Vec::new());
                None
            }
        }
    }

    /// There is no such phone in its shop.
    pub fn refuse_subscription(&mut self, now: Now, subscribing: &Subscribing) {
        self.respond(now, subscribing.tx, 404, Vec::new());
    }

    /// It hears of this from now on, at first as it stands.
    pub fn begin_subscription(&mut self, now: Now, subscribing: Subscribing, watched: Watched, news: News) {
        let Subscribing { tx, hop, request, wanted, package, by, user } = subscribing;
        if self.subscriptions.are_full_for(&by) {
            // A phone that has been started anew asks for all of it again, and knows nothing of what it had asked for before.
            match self.subscriptions.oldest(&by, watched) {
                Some(forgotten) => self.subscriptions.forget(forgotten),
                None => return self.respond(now, tx, 403, Vec::new()),
            }
        }
        let local_tag = self.chance.tag();
        let interfaces = &self.endpoint.interfaces;
        let mut subscription = Subscription::begin(&request, package, &local_tag, hop, interfaces);
        let entity = Uri::sip(Some(&user), &interfaces.sent_by(&hop).ip().to_string(), None);
        let key = DialogKey { call_id: request.call_id.clone(), local_tag };
        self.subscriptions.last += 1;
        let id = self.subscriptions.last;
        self.subscriptions.by_dialog.insert(key.clone(), id);
        let place = self.registrations.binding_at(&by, hop);
        if let Some(at) = place.and_then(|place| self.places.get(&place)) {
            subscription.reach(&at.uri, at.hop);
        }
        let watcher = Watcher { subscription, key, by, place, watched, entity, news, told: Vec::new() };
        self.subscriptions.all.insert(id, watcher);
        self.agree(now, tx, id, &request, hop, wanted);
        self.tell_watcher(now, id);
    }

    /// 200 to a SUBSCRIBE (RFC 6665 §4.2.1.1).
    fn agree(&mut self, now: Now, tx: ServerTx, id: u64, request: &Received, hop: Hop, wanted: Wanted) {
        let Some(watcher) = self.subscriptions.all.get_mut(&id) else { return };
        watcher.subscription.until = wanted.until(now.mono);
        self.subscriptions.deadlines.set(id, watcher.subscription.until);
        let mut ok = message::response_to(request, 200, Some(&watcher.key.local_tag));
        ok.headers.push(self.contact(&hop, scheme_called(request)));
        ok.headers.push(Header::Expires(wanted.seconds().to_string().into()));
        ok.headers.push(events());
        ok.headers.push(Header::Server(USER_AGENT.into()));
        self.endpoint.respond(now.mono, tx, &ok);
    }

    /// The owner has changed something: whoever may not hear any more of what they hear of, hears nothing.
    pub fn keep_watchers(&mut self, may: impl Fn(&str, Watched) -> bool) {
        let all = self.subscriptions.all.iter();
        let left: Vec<u64> = all.filter(|(_, known)| !may(&known.by, known.watched)).map(|(id, _)| *id).collect();
        left.into_iter().for_each(|id| self.subscriptions.forget(id));
    }

    /// What anybody wants to hear of.
    pub fn watched(&self) -> impl Iterator<Item = Watched> {
        self.subscriptions.all.values().map(|watcher| watcher.watched)
    }

    /// Whether anybody wants to hear of phones.
    pub fn watches_phones(&self) -> bool {
        self.watched().any(|watched| matches!(watched, Watched::Phone(_)))
    }

    /// This is how it stands now.
    pub fn tell_watchers(&mut self, now: Now, watched: Watched, news: &News) {
        for id in self.subscriptions.of(watched) {
            let Some(watcher) = self.subscriptions.all.get_mut(&id) else { continue };
            if watcher.news != *news {
                watcher.news = news.clone();
                self.tell_watcher(now, id);
            }
        }
    }

    fn tell_watcher(&mut self, now: Now, id: u64) {
        let Some(watcher) = self.subscriptions.all.get_mut(&id) else { return };
        if !watcher.subscription.may_tell() {
            return;
        }
        let over = watcher.subscription.until <= now.mono;
        let (hop, scheme) = watcher.subscription.way();
        let contact = self.contact(&hop, scheme);
        let Some(document) = self.document(id) else { return };
        let Some(watcher) = self.subscriptions.all.get_mut(&id) else { return };
        let state = if over { State::Over } else { State::Active };
        let notify = watcher.subscription.notify(now.mono, state, contact, document);
        let tx = self.endpoint.request(now.mono, hop, notify);
        self.subscriptions.asked.insert(tx, id);
        if over {
            self.subscriptions.end(id);
        }
    }

    fn document(&mut self, id: u64) -> Option<Vec<u8>> {
        let watcher = self.subscriptions.all.get(&id)?;
        let calls = match &watcher.news {
            News::Messages(waiting) => return Some(message_summary::write(*waiting, &watcher.entity)),
            News::Calls(calls) => calls,
        };
        let mut dialogs: Vec<Entry> = calls.iter().filter_map(|call| self.entry(&watcher.entity, call)).collect();
        let live: Vec<String> = dialogs.iter().map(|entry| entry.id.clone()).collect();
        let over = watcher.told.iter().filter(|id| !live.contains(id));
        // Who has no call is told of in words too: an empty list leaves some telephones' lamps as they were.
        let idle = (live.is_empty() && watcher.told.is_empty()).then(|| watcher.entity.user_unescaped());
        dialogs.extend(over.cloned().chain(idle).map(|id| Entry {
            id,
            state: CallState::Terminated,
            name: None,
            direction: None,
            remote: None,
        }));
        let watcher = self.subscriptions.all.get_mut(&id)?;
        watcher.told = live;
        let version = watcher.subscription.next_version();
        Some(DialogInfo { entity: &watcher.entity, version, dialogs: &dialogs }.write())
    }

    /// A call as the phones of its shop may know it.
    fn entry(&self, entity: &Uri, call: &InCall) -> Option<Entry> {
        let at = |user: &str| Uri::sip(Some(user), &entity.host, None);
        let (id, name) = match call.side {
            Party::Phone(leg) => {
                let phone = self.phones.get(&leg)?;
                let name = match &phone.begun {
                    Begun::ByUs { .. } => phone.rings_as.as_ref().map(|_| {
                        let OnAKey { call_id, local_tag, remote_tag } = self.names.on_a_key(leg);
                        Name { call_id, local_tag, remote_tag }
                    }),
                    Begun::ByPhone(_) => None,
                };
                (format!("{}-{}", leg.call, leg.nth), name)
            }
            Party::Caller(call) => (call.to_string(), None),
        };
        let state = match call.stage {
            Stage::Rings => CallState::Early,
            Stage::Talks => CallState::Confirmed,
        };
        let remote = match &call.called {
            Some(called) => Remote { display: String::new(), uri: at(called) },
            None => self.shown_of(call.side.call(), &at)?,
        };
        let direction = if call.called.is_some() { Direction::Initiator } else { Direction::Recipient };
        // A conversation is nobody's to take.
        let name = name.filter(|_| call.stage == Stage::Rings);
        Some(Entry { id, state, name, direction: Some(direction), remote: Some(remote) })
    }

    fn shown_of(&self, call: CallId, at: &impl Fn(&str) -> Uri) -> Option<Remote> {
        let shown = &self.callers.get(&call)?.shown;
        let user = if shown.number.is_empty() { "anonymous" } else { shown.number.as_str() };
        Some(Remote { display: shown.card.clone(), uri: at(user) })
    }

    /// A phone that has registered from elsewhere is told there from now on, and what is still on its way to where it was is told
    /// anew: nobody may answer there.
    pub(super) fn follow_watchers(&mut self, now: Now) {
        let Subscriptions { all, asked, .. } = &mut self.subscriptions;
        let mut unheard = Vec::new();
        for (&id, watcher) in all {
            let place = watcher.place.and_then(|place| self.places.get(&place));
            if let Some(place) = place.filter(|place| place.hop != watcher.subscription.way().0) {
                watcher.subscription.reach(&place.uri, place.hop);
                let before = asked.len();
                asked.retain(|_, told| *told != id);
                if asked.len() < before {
                    watcher.subscription.was_told();
                    unheard.push(id);
                }
            }
        }
        unheard.into_iter().for_each(|id| self.tell_watcher(now, id));
    }

    /// A NOTIFY was answered; true if it was one.
    pub(super) fn notify_answered(&mut self, now: Now, tx: ClientTx, response: &Received) -> bool {
        let code = response.code().unwrap_or_default();
        if code < 200 {
            return self.subscriptions.asked.contains_key(&tx);
        }
        let Some(id) = self.subscriptions.asked.remove(&tx) else { return false };
        self.subscriptions.over.remove(&id);
        match code {
            200..=299 => {
                let newer = self.subscriptions.all.get_mut(&id).is_some_and(|watcher| watcher.subscription.was_told());
                if newer {
                    self.tell_watcher(now, id);
                }
            }
            // RFC 6665 §4.2.2: whoever does not want it is not told again.
            _ => self.subscriptions.forget(id),
        }
        true
    }

    /// Nobody has answered a NOTIFY; true if it was one.
    pub(super) fn notify_is_lost(&mut self, tx: ClientTx) -> bool {
        let Some(id) = self.subscriptions.asked.remove(&tx) else { return false };
        self.subscriptions.over.remove(&id);
        self.subscriptions.forget(id);
        true
    }

    /// Those that have run out are told so.
    pub(super) fn subscriptions_timeout(&mut self, now: Now) {
        while let Some(id) = self.subscriptions.deadlines.pop_due(now.mono) {
            let is_over = self.subscriptions.all.get(&id).is_some_and(|watcher| watcher.subscription.until <= now.mono);
            if is_over {
                self.tell_watcher(now, id);
                // One whose last NOTIFY has no answer hears no more.
                self.subscriptions.forget(id);
            }
        }
    }

    /// Whoever is not registered any more, or has another password, hears nothing any more.
    pub(super) fn forget_watchers_who_left(&mut self) {
        let here = |watcher: &Watcher| self.registrations.is_registered(&watcher.by);
        let left = self.subscriptions.all.iter().filter(|(_, watcher)| !here(watcher)).map(|(id, _)| *id);
        for id in left.collect::<Vec<_>>() {
            self.subscriptions.forget(id);
        }
    }
}

/// What a SUBSCRIBE is for, and for how long.
///
/// # Errors
/// The refusal: 489 for what we do not tell of, 406 where our documents cannot be read, 423 for too short a time.
fn read(request: &Received) -> Result<(Package, Wanted), abilities::Unable> {
    let unable = |code, more| abilities::Unable { code, more };
    abilities::extensions(request)?;
    let package = request.event.as_ref().and_then(Package::of).ok_or_else(|| unable(489, vec![events()]))?;
    let media_type = package.media_type();
    let reads = |kinds: &Vec<String>| {
        kinds.is_empty() || kinds.iter().any(|kind| kind == media_type || kind == "application/*" || kind == "*/*")
    };
    if !request.accept.as_ref().is_none_or(reads) {
        return Err(unable(406, vec![Header::Accept(media_type.into())]));
    }
    let least = || vec![other("Min-Expires", &MIN_EXPIRES_S.to_string())];
    let wanted = Wanted::read(request).map_err(|_| unable(423, least()))?;
    Ok((package, wanted))
}

fn events() -> Header {
    other("Allow-Events", PACKAGES)
}
