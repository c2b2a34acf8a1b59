//! Where the plan's phones are: fixed contacts, looked up again as they move, and registered ones, by phone.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::{Asked, Output, Protocol, Route, Switchboard, Ticket};
use crate::call::Call;
use crate::call::event::Input as CallInput;
use crate::call::leg::BindingId;
use crate::call::phones::{Awaited, Phones};
use crate::door::sip::{Place, Takes, User, Way};
use crate::now::{Now, UnixMs};
use crate::number::Number;
use crate::routing::plan::{Line, PhoneId, Plan};
use crate::sip::locate::{self, Found};
use crate::sip::transaction::timer::Deadlines;
use crate::sip::uri::{Scheme, Uri};

/// A contact's name is looked up again after this; phones move.
const RESOLVE_EVERY: Duration = Duration::from_secs(60);
/// By default a system asks three name servers twice, for 5 s each (resolv.conf(5)). Who has not answered by then is asked
/// again.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);
/// A contact that leads nowhere is looked up again after this.
const RESOLVE_AGAIN: Duration = Duration::from_secs(10);

/// The fixed contacts of the plan's phones, and what is known of the way to them.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    pub(super) by_phone: HashMap<PhoneId, Contact>,
    /// Where calls go out, by the place of their trunk in the configuration.
    by_trunk: BTreeMap<usize, Contact>,
    cells: HashMap<PhoneId, Cell>,
    pub(super) phones: Phones,
    pub(super) again: Deadlines<BindingId>,
    /// The places of each phone that has registered, and when it last did.
    pub(super) registered: HashMap<PhoneId, Vec<(SocketAddr, UnixMs)>>,
    /// When each address last answered anything of ours, or registered.
    pub(super) proven: HashMap<SocketAddr, UnixMs>,
}

#[derive(Debug)]
pub(super) struct Contact {
    text: String,
    binding: BindingId,
    pub(super) uri: Uri,
    pub(super) way: Option<Route>,
    /// A carrier's other servers, in order.
    others: Vec<Route>,
    looked_up: LookedUp,
}

/// Whether the name server has answered, if only that there is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookedUp {
    NotYet,
    Yes,
}

/// A cell is one place, whichever carrier leads to it.
#[derive(Debug)]
struct Cell {
    binding: BindingId,
    number: Number,
    /// The way there, when there is one.
    to: Option<SocketAddr>,
}

impl Contact {
    /// All ways there, the best first.
    fn ways(&self) -> impl Iterator<Item = Route> {
        self.way.into_iter().chain(self.others.iter().copied())
    }

    fn new(text: String, binding: BindingId, uri: Uri) -> Contact {
        Contact { text, binding, uri, way: None, others: Vec::new(), looked_up: LookedUp::NotYet }
    }
}

impl Contacts {
    /// Phones at one address are one telephone, whatever they are called and whichever shop's: each but the first of them,
    /// with the first.
    fn same_telephones(&self) -> HashMap<PhoneId, PhoneId> {
        let mut first: BTreeMap<&str, PhoneId> = BTreeMap::new();
        for (phone, contact) in &self.by_phone {
            let known = first.entry(contact.text.as_str()).or_insert(*phone);
            *known = (*known).min(*phone);
        }
        let first_of = |contact: &Contact| first.get(contact.text.as_str()).copied();
        let same = self.by_phone.iter().filter_map(|(phone, contact)| Some((*phone, first_of(contact)?)));
        same.filter(|(phone, first)| phone != first).collect()
    }

    /// All that have a name to be looked up.
    fn all(&self) -> impl Iterator<Item = &Contact> {
        self.by_phone.values().chain(self.by_trunk.values())
    }

    /// Where a phone can be rung, and when it last proved that.
    pub(super) fn places_of(&self, phone: PhoneId) -> Vec<(SocketAddr, Option<UnixMs>)> {
        let fixed = self.by_phone.get(&phone).and_then(|contact| contact.way).map(|way| (way.to, None));
        let fixed = fixed.or_else(|| Some((self.cells.get(&phone)?.to?, None)));
        let registered = self.registered.get(&phone).into_iter().flatten().map(|&(to, at)| (to, Some(at)));
        let proven = |(to, at): (SocketAddr, Option<UnixMs>)| (to, self.proven.get(&to).copied().max(at));
        fixed.into_iter().chain(registered).map(proven).collect()
    }
}

impl Switchboard {
    pub(super) fn plan_changed(&mut self, now: Now, plan: Arc<Plan>) {
        let mut contacts = HashMap::new();
        let mut users = BTreeMap::new();
        let mut cells = HashMap::new();
        for phone in plan.shops.iter().flat_map(|shop| &shop.phones) {
            let text = match &phone.line {
                Line::Fixed { contact } => contact,
                Line::Registers { user, ha1 } => {
                    users.insert(user.clone(), User { phone: phone.id, ha1: ha1.clone() });
                    continue;
                }
                Line::Cell { number } => {
                    let known = self.contacts.cells.remove(&phone.id).filter(|cell| cell.number == *number);
                    if known.is_none() {
                        self.mailboxes.forget(phone.id);
                    }
                    let new = || Cell { binding: self.door.fresh_binding(), number: number.clone(), to: None };
                    cells.insert(phone.id, known.unwrap_or_else(new));
                    continue;
                }
            };
            let known = self.contacts.by_phone.remove(&phone.id).filter(|contact| contact.text == *text);
            let contact = known.or_else(|| {
                let uri = Uri::parse(text).ok()?;
                Some(Contact::new(text.clone(), self.door.fresh_binding(), uri))
            });
            contacts.extend(contact.map(|contact| (phone.id, contact)));
        }
        self.contacts.by_phone = contacts;
        self.contacts.cells = cells;
        if self.contacts.by_trunk.is_empty() {
            let outbound = self.door.outbound_proxies();
            let contact = |uri: Uri, binding| Contact::new(uri.to_string(), binding, uri);
            let found = outbound.into_iter().map(|(trunk, uri)| (trunk, contact(uri, self.door.fresh_binding())));
            self.contacts.by_trunk = found.collect();
        }
        self.door.set_users(now, users);
        self.plan = plan;
        self.dictations.forget_shops_beside(&self.plan);
        self.drills.forget_phones_beside(&self.plan);
        self.watch_openings(now);
        self.plan.shops.iter().for_each(|shop| shop.country.warm_up());
        self.forget_watchers_elsewhere();
        let unknown = self.contacts.all().filter(|contact| contact.way.is_none());
        for binding in unknown.map(|contact| contact.binding).collect::<Vec<_>>() {
            self.resolve(now, binding);
        }
        self.contacts.phones.set_same(self.contacts.same_telephones());
        self.reach_trunks(now);
        self.set_places(now);
    }

    pub(super) fn resolve(&mut self, now: Now, binding: BindingId) {
        if let Some(contact) = self.contacts.by_trunk.values().find(|contact| contact.binding == binding) {
            let (host, port) = (contact.uri.host.clone(), contact.uri.port);
            let said = contact.uri.has_param("transport") || contact.uri.scheme == Scheme::Sips;
            let asked_by = Protocol::asked_by(&contact.uri);
            if asked_by.is_some() {
                self.awaits_answer(now, binding);
                self.find_carrier(Asked::Resolve(binding), asked_by.filter(|_| said), host, port);
            }
            return;
        }
        let Some(contact) = self.contacts.all().find(|contact| contact.binding == binding) else { return };
        // A contact that asks for what we do not speak leads nowhere.
        let Some(protocol) = Protocol::asked_by(&contact.uri) else { return };
        let (host, port) = (contact.uri.host.clone(), contact.uri.port);
        self.awaits_answer(now, binding);
        let ticket = self.ticket(Asked::Resolve(binding));
        self.outputs.push_back(Output::Resolve { ticket, protocol, host, port });
    }

    /// An answer sets another time to ask again. Whoever asks the name servers may stay silent (DESIGN §1).
    fn awaits_answer(&mut self, now: Now, binding: BindingId) {
        self.contacts.again.set(binding, now.mono + ANSWERED_WITHIN);
    }

    /// Looks for a carrier: its name alone may have several servers, with a port it has said where it is (RFC 3263 §4.2).
    pub(super) fn find_carrier(&mut self, asked: Asked, protocol: Option<Protocol>, host: String, port: Option<u16>) {
        let ticket = self.ticket(asked);
        self.outputs.push_back(match (port, host.parse::<IpAddr>()) {
            (None, Err(_)) => Output::Locate { ticket, protocol, host },
            (port, _) => Output::Resolve { ticket, protocol: protocol.unwrap_or(Protocol::Udp), host, port },
        });
    }

    /// A name that was asked for leads there, the best first.
    pub(super) fn found(&mut self, now: Now, ticket: Ticket, found: &[Found]) {
        match self.asked.remove(&ticket) {
            Some(Asked::Resolve(binding)) => {
                // What was asked before in vain is answered with it. A late answer is as good as another.
                self.asked.retain(|_, asked| !matches!(asked, Asked::Resolve(asked) if *asked == binding));
                self.resolved(now, binding, found);
            }
            Some(Asked::Registrar(trunk)) => self.door.registrar_resolved(now, trunk, found),
            Some(Asked::Record(_) | Asked::KeepBindings(_)) | None => {}
        }
    }

    fn resolved(&mut self, now: Now, binding: BindingId, found: &[Found]) {
        let registers = |(trunk, _): &(&usize, &Contact)| self.door.registers(**trunk);
        let is_ours = |(_, contact): (&usize, &Contact)| contact.binding == binding;
        // With everybody else a call would be deaf: what they say within it goes to our Contact.
        let by_flow = self.contacts.by_trunk.iter().filter(registers).any(is_ours);
        let found: Vec<Found> =
            found.iter().filter(|found| by_flow || self.door.is_found_by(&found.hop)).copied().collect();
        let contacts = self.contacts.by_phone.values_mut().chain(self.contacts.by_trunk.values_mut());
        let Some(contact) = contacts.into_iter().find(|contact| contact.binding == binding) else { return };
        // What was known stays good when a name server is silent for once.
        if !found.is_empty() {
            let mut ways = locate::keeping(&found, contact.way).into_iter();
            contact.way = ways.next();
            contact.others = ways.collect();
        }
        contact.looked_up = LookedUp::Yes;
        let is_name = contact.uri.host.parse::<IpAddr>().is_err();
        match contact.way {
            None => self.contacts.again.set(binding, now.mono + RESOLVE_AGAIN),
            Some(_) if is_name => self.contacts.again.set(binding, now.mono + RESOLVE_EVERY),
            Some(_) => self.contacts.again.stop(binding),
        }
        self.reach_trunks(now);
        self.set_places(now);
    }

    /// Carriers that cells are called by are asked whether they are there. For what a phone dials alone nobody is asked: who
    /// dials hears what becomes of it.
    fn reach_trunks(&mut self, now: Now) {
        if self.contacts.cells.is_empty() {
            return;
        }
        let found = self.contacts.by_trunk.iter().filter(|(_, contact)| contact.looked_up == LookedUp::Yes);
        let found = found.map(|(trunk, contact)| (*trunk, contact.ways().collect()));
        for (trunk, ways) in found.collect::<Vec<_>>() {
            self.door.reach_trunk(now, trunk, ways);
        }
    }

    /// Takes in where the phones are. Whoever waits hears of a place that is new, or reached by another way.
    pub(super) fn set_places(&mut self, now: Now) {
        let before = self.contacts.phones.take_places();
        let mut places = HashMap::new();
        for (phone, contact) in &self.contacts.by_phone {
            if let Some(hop) = contact.way {
                self.contacts.phones.add(*phone, contact.binding);
                places.insert(contact.binding, Place::of_phone(contact.uri.clone(), hop));
            }
        }
        let numbers = self.contacts.cells.iter().map(|(phone, cell)| (*phone, cell.binding)).collect();
        self.contacts.phones.set_numbers(numbers);
        let ways = self.ways_out();
        for (phone, cell) in &mut self.contacts.cells {
            let to_it = ways.iter().filter_map(|&(trunk, hop)| {
                let uri = self.door.cell_uri(trunk, &cell.number)?;
                Some(Way { uri, hop, trunk })
            });
            let place = Place::of_cell(to_it.collect());
            cell.to = place.as_ref().map(|place| place.hop.to);
            if let Some(place) = place {
                self.contacts.phones.add_behind_a_carrier(*phone, cell.binding);
                places.insert(cell.binding, place);
            }
        }
        self.contacts.registered.clear();
        for registered in self.door.registered() {
            self.contacts.phones.add(registered.phone, registered.binding);
            let proven = self.contacts.registered.entry(registered.phone).or_default();
            proven.push((registered.place.hop.to, registered.proven_at));
            places.insert(registered.binding, registered.place);
        }
        // Of an address where nobody is any more, nothing is kept.
        self.contacts.proven.retain(|address, _| places.values().any(|place| place.hop.to == *address));
        let moved = self.door.set_places(now, places);
        self.stop_left_ringing(now);
        self.look_for_phones_again();
        let new = self.contacts.phones.new_since(&before);
        let news = new.into_iter().map(CallInput::Proven).chain(moved.into_iter().map(CallInput::Moved));
        let news: Vec<CallInput> = news.collect();
        if !news.is_empty() {
            let mut waiting: Vec<_> = self.calls.values().filter(|call| call.is_ringing()).map(Call::age).collect();
            waiting.sort();
            for (_, call) in waiting {
                for input in &news {
                    self.feed(now, call, input.clone());
                }
            }
        }
    }

    /// The carriers that take calls and the ways to them, in the order of the configuration; last those that may not. Of a
    /// carrier's servers the one that is known to work goes first.
    pub(super) fn ways_out(&self) -> Vec<(usize, Route)> {
        self.ways_that(Takes::Yes).chain(self.ways_that(Takes::InDoubt)).collect()
    }

    /// The same, and behind them the carriers that would not know us.
    pub(super) fn all_ways_out(&self) -> Vec<(usize, Route)> {
        self.ways_out().into_iter().chain(self.ways_that(Takes::No)).collect()
    }

    fn ways_that(&self, takes: Takes) -> impl Iterator<Item = (usize, Route)> {
        let so = move |(trunk, _): &(&usize, &Contact)| self.door.takes_calls(**trunk) == takes;
        self.contacts.by_trunk.iter().filter(so).flat_map(|(trunk, contact)| {
            let works = self.door.working_way(*trunk);
            let (first, others): (Vec<Route>, Vec<Route>) = contact.ways().partition(|way| Some(*way) == works);
            first.into_iter().chain(others).map(|way| (*trunk, way))
        })
    }

    /// An address has answered us, or registered: somebody is there.
    pub(super) fn is_alive(&mut self, now: Now, address: SocketAddr) {
        self.contacts.proven.insert(address, now.wall);
        let proven = self.contacts.phones.awaited_proofs().filter(|place| self.door.is_at(*place, address));
        let mut proven: Vec<BindingId> = proven.collect();
        proven.sort();
        for place in proven {
            for call in self.contacts.phones.waiting_for(Awaited::Proof(place)) {
                self.feed(now, call, CallInput::Proven(place));
            }
        }
    }
}
