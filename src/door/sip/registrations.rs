//! Phones that register: every REGISTER is challenged, the same for everybody; what a phone has proved becomes places
//! where it can be rung, kept before the phone hears that they are (DESIGN §5, L7).

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::call::leg::BindingId;
use crate::hex::hex;
use crate::now::{Mono, Now, UnixMs};
use crate::routing::plan::{Ha1, PhoneId};
use crate::sip::auth::{Algorithm, Authenticated, Denied, Guard, NonceSecret};
use crate::sip::endpoint::ServerTx;
use crate::sip::gate::Source;
use crate::sip::hop::{FlowId, Hop};
use crate::sip::message::{self, Header, Method, Received, method_name, other};
use crate::sip::registrar::{Binding, KeptBinding, KeptUser, MIN_EXPIRES_S, Outcome, Refusal, Registrar};
use crate::sip::transaction::timer::Deadlines;
use crate::sip::uri::Uri;

use super::{Calling, Place, SipDoor, Told};

/// So long the store may take; then the phone hears its 200 all the same, because it works already.
const KEPT_WITHIN: Duration = Duration::from_millis(250);

/// What registering needs to know, told once at the start.
#[derive(Clone, Debug)]
pub struct RegistrationSettings {
    pub realm: String,
    pub digest: Algorithm,
    pub secret: NonceSecret,
    /// What an earlier run has kept, by user.
    pub kept: Vec<(String, KeptUser)>,
}

/// A phone of the plan that registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub phone: PhoneId,
    pub ha1: Ha1,
}

/// A place of a phone that has registered.
#[derive(Clone, Debug)]
pub struct Registered {
    pub phone: PhoneId,
    pub binding: BindingId,
    pub place: Place,
    /// When it last registered.
    pub proven_at: UnixMs,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Registrations {
    guard: Guard,
    registrar: Registrar,
    users: BTreeMap<String, User>,
    /// Of an earlier run, until the plan says whose they are.
    kept: Vec<(String, KeptUser)>,
    /// 200s that wait for the store.
    waiting: HashMap<ServerTx, String>,
    deadlines: Deadlines<ServerTx>,
    /// Connections in whose place phones have registered by others.
    replaced: Vec<FlowId>,
}

/// What a 401 says, and its To tag.
struct Challenge {
    header: Header,
    tag: String,
}

impl Registrations {
    pub(super) fn new(settings: RegistrationSettings) -> Registrations {
        Registrations {
            guard: Guard::new(&settings.realm, settings.digest, settings.secret),
            registrar: Registrar::default(),
            users: BTreeMap::new(),
            kept: settings.kept,
            waiting: HashMap::new(),
            deadlines: Deadlines::default(),
            replaced: Vec::new(),
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        [self.registrar.next_expiry(), self.deadlines.next()].into_iter().flatten().min()
    }

    /// Where the registered phones' messages come from.
    pub(super) fn sources(&self) -> impl Iterator<Item = Hop> {
        self.registrar.all().filter(|(_, binding)| binding.hop().is_some()).map(|(_, binding)| binding.source)
    }

    /// The connections that phones have registered by.
    pub(super) fn flows(&self) -> impl Iterator<Item = FlowId> {
        self.registrar.all().filter_map(|(_, binding)| binding.source.flow())
    }

    fn flows_of(&self, user: &str) -> impl Iterator<Item = FlowId> {
        self.registrar.of(user).iter().filter_map(|binding| binding.source.flow())
    }

    /// Where phones have registered from, those too that cannot be reached now.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.registrar.all().map(|(_, binding)| binding.source.to.ip())
    }

    /// Whether a phone that registered is at this address.
    fn are_at(&self, address: SocketAddr) -> bool {
        let at = |binding: &Binding| binding.source.to == address || binding.hop().is_some_and(|hop| hop.to == address);
        self.registrar.all().any(|(_, binding)| at(binding))
    }

    /// Whether this user can be reached anywhere.
    pub(super) fn is_registered(&self, user: &str) -> bool {
        self.registrar.of(user).iter().any(|binding| binding.hop().is_some())
    }

    /// The binding by which this user has registered from there.
    pub(super) fn binding_at(&self, user: &str, hop: Hop) -> Option<BindingId> {
        let is_it = |binding: &&Binding| binding.source == hop || binding.hop() == Some(hop);
        self.registrar.of(user).iter().find(is_it).map(|binding| BindingId(binding.id))
    }

    /// Where the binding of this number is called, and by which way; `None` while it cannot be.
    pub(super) fn place(&self, binding: u64) -> Option<(Uri, Hop)> {
        let (_, binding) = self.registrar.all().find(|(_, known)| known.id == binding)?;
        Some((binding.contact.uri.clone(), binding.hop()?))
    }

    fn kept(&self, now: Now, user: &str) -> KeptUser {
        let bindings = self.registrar.kept(now, user);
        let known = self.users.get(user).filter(|_| !bindings.is_empty());
        KeptUser { password_mark: known.map(password_mark).unwrap_or_default(), bindings }
    }
}

impl SipDoor {
    /// The phones that may register, by user. Bindings of a user who is gone, or has another password now, are dropped.
    pub fn set_users(&mut self, now: Now, users: BTreeMap<String, User>) {
        let registrations = &mut self.registrations;
        for (user, kept) in std::mem::take(&mut registrations.kept) {
            let same = users.get(&user).is_some_and(|known| password_mark(known) == kept.password_mark);
            if same {
                for binding in kept.bindings {
                    if let Some(source) = self.endpoint.interfaces.today(binding.source) {
                        let id = registrations.registrar.restore(now, &user, KeptBinding { source, ..binding });
                        if let Some(id) = id {
                            self.proofs.restored(now.mono, id, &mut self.chance);
                        }
                    }
                }
            } else {
                let (waiting, kept) = (None, KeptUser::default());
                self.told.push_back(Told::KeepBindings { waiting, user, kept });
            }
        }
        let before = std::mem::replace(&mut registrations.users, users);
        for (user, old) in before {
            let same = registrations.users.get(&user).is_some_and(|new| new.ha1 == old.ha1);
            if !same && registrations.registrar.forget(&user) {
                let (waiting, kept) = (None, KeptUser::default());
                self.told.push_back(Told::KeepBindings { waiting, user, kept });
            }
        }
    }

    /// Every place where a registered phone can be reached, each phone's in the order of its registrations.
    pub fn registered(&self) -> impl Iterator<Item = Registered> {
        let registrations = &self.registrations;
        registrations.registrar.all().filter_map(|(user, binding)| {
            Some(Registered {
                phone: registrations.users.get(user)?.phone,
                binding: BindingId(binding.id),
                place: Place::of_phone(binding.contact.uri.clone(), binding.hop()?),
                proven_at: binding.registered,
            })
        })
    }

    /// A name for a place that is no registration.
    pub fn fresh_binding(&mut self) -> BindingId {
        BindingId(self.registrations.registrar.fresh_id())
    }

    /// What [`Told::KeepBindings`] asked for is durable.
    pub fn bindings_kept(&mut self, now: Now, tx: ServerTx) {
        self.registrations.deadlines.stop(tx);
        let Some(user) = self.registrations.waiting.remove(&tx) else { return };
        let contacts = self.registrations.registrar.contacts(now.mono, &user);
        let more = contacts.iter().map(message::contact).chain(date(now.wall)).collect();
        self.respond(now, tx, 200, more);
    }

    pub(super) fn register_came(&mut self, now: Now, tx: ServerTx, hop: Hop, request: &Received) {
        let user = match self.proved(now, Method::Register, request, |_| true) {
            Ok(user) => user,
            Err(Challenge { header, tag }) => return self.endpoint.respond_and_forget(tx, 401, &tag, vec![header]),
        };
        if let Some(flow) = hop.flow() {
            self.endpoint.flows.trust(flow);
        }
        // RFC 3261 §10.3, steps 2, 4 and 5, in an order that tells strangers nothing.
        if request.to.uri.user_unescaped() != user {
            return self.respond(now, tx, 403, Vec::new());
        }
        if !request.require.is_empty() {
            let unsupported = Header::Unsupported(request.require.join(", ").into());
            return self.respond(now, tx, 420, vec![unsupported]);
        }
        let before: Vec<FlowId> = self.registrations.flows_of(&user).collect();
        match self.registrations.registrar.register(now, &user, request, hop) {
            Ok(outcome) => {
                self.told.push_back(Told::Alive(hop.to));
                self.registrations.waiting.insert(tx, user.clone());
                match outcome {
                    Outcome::Asked => self.bindings_kept(now, tx),
                    Outcome::Changed => {
                        let left = before.into_iter().filter(|flow| Some(*flow) != hop.flow());
                        self.registrations.replaced.extend(left);
                        for binding in self.registrations.registrar.of(&user) {
                            self.proofs.registered(now.mono, binding.id, &mut self.chance);
                            // It may be called at another port than its words came from.
                            if binding.source == hop
                                && let Some(way) = binding.hop()
                            {
                                self.told.push_back(Told::Alive(way.to));
                            }
                        }
                        self.registrations.deadlines.set(tx, now.mono + KEPT_WITHIN);
                        let kept = self.registrations.kept(now, &user);
                        self.told.push_back(Told::KeepBindings { waiting: Some(tx), user, kept });
                    }
                }
            }
            Err(Refusal::TooBrief) => {
                let least = other("Min-Expires", &MIN_EXPIRES_S.to_string());
                self.respond(now, tx, 423, vec![least]);
            }
            Err(Refusal::OutOfOrder) => self.respond(now, tx, 500, Vec::new()),
            Err(Refusal::StarWithoutZero | Refusal::BadContact) => self.respond(now, tx, 400, Vec::new()),
            Err(Refusal::TooMany) => self.respond(now, tx, 403, Vec::new()),
        }
    }

    /// Closes connections that nobody is registered by any more since their phone has come by another, unless somebody talks
    /// by them or rings there: a phone that lost its network says nothing of the connection it had.
    pub(super) fn close_replaced(&mut self) {
        for flow in std::mem::take(&mut self.registrations.replaced) {
            let is_it = |hop: Hop| hop.flow() == Some(flow);
            let needed = self.registrations.flows().any(|registered| registered == flow)
                || self.callers.values().any(|caller| is_it(caller.hop))
                || self.phones.values().any(|phone| is_it(phone.hop))
                || self.dialog_hops().any(is_it);
            if !needed {
                self.endpoint.flows.close(flow);
            }
        }
    }

    /// Phones that registered by this connection cannot be reached until they come by another.
    pub(super) fn registered_flow_gone(&mut self, flow: FlowId) {
        if self.registrations.registrar.flow_closed(flow) {
            self.told.push_back(Told::PlacesChanged);
        }
    }

    /// Which phone it is that dials. A phone that registers proves it each time; the answer to one that has not is a
    /// challenge, the same for every user (DESIGN §5). One at a fixed address has nothing to prove it with.
    pub(super) fn phone_calling(&mut self, now: Now, tx: ServerTx, hop: Hop, invite: &Received) -> Option<Calling> {
        self.phone_asking(now, tx, hop, Method::Invite, invite)
    }

    /// The same of any request.
    pub(super) fn phone_asking(
        &mut self,
        now: Now,
        tx: ServerTx,
        hop: Hop,
        method: Method,
        request: &Received,
    ) -> Option<Calling> {
        if !self.registrations.are_at(hop.to) {
            return Some(Calling::At { from: hop, user: request.from.uri.user_unescaped() });
        }
        let called = self.numbers_called(request, Source::Phone);
        // Else whoever can change the request on its way has the phone call whom they like. Some telephones name the server
        // alone.
        let is_for = |proved: &Authenticated| {
            let named = Uri::parse(&proved.uri).ok().map(|uri| uri.user_unescaped());
            named.is_some_and(|named| named.is_empty() || called.first() == Some(&named))
        };
        match self.proved(now, method, request, is_for) {
            Ok(user) => Some(Calling::User(user)),
            Err(Challenge { header, tag }) => {
                // Kept until its ACK: after our 100 the phone would not ask again by itself.
                self.endpoint.respond_plain(now.mono, tx, 401, Some(&tag), vec![header]);
                None
            }
        }
    }

    /// The user whose password this request proves, if that proof is for what the request wants.
    fn proved(
        &mut self,
        now: Now,
        method: Method,
        request: &Received,
        is_for: impl Fn(&Authenticated) -> bool,
    ) -> Result<String, Challenge> {
        let salt = self.chance.bits();
        let Registrations { guard, users, .. } = &mut self.registrations;
        let digits = guard.algorithm().hex_digits();
        // A hash made with another algorithm proves nothing: its user is as good as unknown.
        let ha1_of = |user: &str| users.get(user).map(|user| user.ha1.0.as_str()).filter(|ha1| ha1.len() == digits);
        let checked = guard.check(now.wall, method_name(&method), &request.authorization, ha1_of);
        let checked = checked.and_then(|proved| if is_for(&proved) { Ok(proved.user) } else { Err(Denied::Unproved) });
        checked.map_err(|denied| {
            let from_tag = request.from.tag().unwrap_or_default();
            let branch = request.via.branch().unwrap_or_default();
            Challenge {
                header: Header::WwwAuthenticate(guard.challenge(now.wall, salt, denied).into()),
                tag: guard.tag(&format!("{} {from_tag} {branch}", request.call_id)),
            }
        })
    }

    pub(super) fn registrations_timeout(&mut self, now: Now) {
        while let Some(tx) = self.registrations.deadlines.pop_due(now.mono) {
            self.bindings_kept(now, tx);
        }
        for user in self.registrations.registrar.expire(now.mono) {
            let kept = self.registrations.kept(now, &user);
            self.told.push_back(Told::KeepBindings { waiting: None, user, kept });
        }
    }
}

/// Whether this is a request to register, from whomever.
pub(super) fn is_register(message: &Received) -> bool {
    message.method() == Some(&Method::Register) && message.to.tag().is_none()
}

/// Differs when the password does. Of the hash, not the hash itself: it stands in more places than one.
fn password_mark(user: &User) -> String {
    let digest = Sha256::digest(user.ha1.0.as_bytes());
    hex(&digest[..8])
}

/// Phones without another clock set theirs by it (RFC 3261 §10.3, step 8; §20.17).
fn date(now: UnixMs) -> Option<Header> {
    let at = chrono::DateTime::from_timestamp_millis(now.0)?;
    Some(other("Date", &at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()))
}
