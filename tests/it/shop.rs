//! The shop of the stories: opened with its phones, called by its customers, and idle at the end.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ringall::call::Drilled;
use ringall::call::record::{CallEvent, CallRecord, EventKind, VoiceMessage};
use std::num::NonZeroU16;

use ringall::config::{Outbound, Profile, Register, ShownAs, Srtp, Trunk};
use ringall::media::Kept;
use ringall::media::listens::Listens;
use ringall::media::player::Sound;
use ringall::now::UnixMs;
use ringall::routing::Plan;
use ringall::routing::hours::Hours;
use ringall::routing::plan::{Country, Language, Line, Part, PhoneId, Shop as Wishes, ShopId};
use ringall::sip::message_summary::Waiting;
use ringall::switchboard::{Change, Dictation, Due, Gauges, Medium, NotRung, OwnText, PhoneBecause, Purpose, Standing};
use ringall::utterance::{Names, SpokenName};

use crate::carrier_twilio::{Deed, Post, Then, Twilio};
use crate::cast::{Caller, Person, Phone};
use crate::far_end::FarEnd;
use crate::gateway::{Ails, GATEWAY, SECOND};
use crate::machine::{self, By, Router, Switchboard, WayOut, Webhooks, is_shop};
use crate::network::Network;
use crate::phone::Habit;
use crate::registering::Account;
use crate::registrar::{self, Registrar};
use crate::text::{Text, tag, uri_of};
use crate::trace::Sent;
use crate::world::World;

/// The one shop.
pub const RUIZ: ShopId = ShopId(1);
/// Longer than any timer of a finished call: 64*T1 of the last BYE, and as much again for its transaction.
const UNTIL_ALL_IS_DONE: Duration = Duration::from_secs(140);

pub struct Shop {
    pub counter: Phone,
    pub workshop: Phone,
    pub ana: Phone,
    /// All phones, these three first.
    pub phones: Vec<Phone>,
    world: Rc<RefCell<World>>,
    callers: std::cell::Cell<u8>,
    seed: u64,
}

/// A shop about to open.
pub struct Opening {
    phones: usize,
    later: Vec<(usize, Duration)>,
    give_up_after: Duration,
    numbers: Vec<String>,
    blocked: Vec<String>,
    by_stream: Vec<usize>,
    encrypted: Vec<usize>,
    srtp: Srtp,
    over_ipv6: Vec<usize>,
    known: Vec<(String, String, u32)>,
    never_called_back: Vec<String>,
    registering: Vec<usize>,
    network: Network,
    registers: Vec<Registrar>,
    registrar_nowhere: bool,
    router: Router,
    hours: Option<String>,
    language: Language,
    pairs: usize,
    cells: Vec<(usize, String)>,
    way_out: WayOut,
}

impl Shop {
    /// Open day and night, with three desk phones: Counter, Workshop and Ana's.
    pub fn open() -> Shop {
        Shop::opening().open()
    }

    pub fn opening() -> Opening {
        Opening {
            phones: 3,
            later: Vec::new(),
            give_up_after: Duration::from_secs(120),
            numbers: Vec::new(),
            blocked: Vec::new(),
            by_stream: Vec::new(),
            encrypted: Vec::new(),
            srtp: Srtp::Preferred,
            over_ipv6: Vec::new(),
            known: Vec::new(),
            never_called_back: Vec::new(),
            registering: Vec::new(),
            network: Network::good(),
            registers: Vec::new(),
            registrar_nowhere: false,
            router: Router::None,
            hours: None,
            language: Language::En,
            pairs: usize::MAX,
            cells: Vec::new(),
            way_out: WayOut::default(),
        }
    }

    /// It is Friday, eleven o'clock in the shop, which opens at half past four.
    pub fn closed() -> Shop {
        Shop::opening().hours("Mo-Fr 16:30-20:00").open()
    }

    /// A customer behind the carrier's trunk.
    pub fn caller(&self, display: &str, number: &str) -> Caller {
        self.somebody(display, number, Ipv4Addr::new(203, 0, 113, 10 + self.callers.get()))
    }

    /// One more telephone at this address, of nobody yet.
    pub fn telephone(&self, name: &str, address: &str) -> Phone {
        let far_end = FarEnd::new(name, address.parse().expect("an address and a port"), Habit::RINGS);
        let who = self.world.borrow_mut().add(far_end);
        Person::new(Rc::clone(&self.world), who)
    }

    /// Somebody outside, whom the carrier calls by this number.
    pub fn outside(&self, name: &str, number: &str) -> Phone {
        let nth = self.callers.get() + 1;
        self.callers.set(nth);
        let phone = self.telephone(name, &format!("198.51.100.{}:5060", 100 + nth));
        self.world.borrow_mut().gateway.add(number, phone.who);
        phone
    }

    /// Whether what this person sends to where they were invited from comes out at the other's telephone, before any answer.
    pub fn carries_sound_from(&self, from: &Phone, to: &Phone) -> bool {
        let (near, far) = (from.see(|far_end| far_end.audio), to.see(|far_end| far_end.audio));
        let port = from.invite_sent().audio().expect("an INVITE with SDP").port();
        self.world.borrow().media.delivers(near, port, 8).is_some_and(|(out, _)| out == far)
    }

    /// The owner changes something.
    pub fn changes(&self, change: impl FnOnce(&mut Wishes)) {
        let mut world = self.world.borrow_mut();
        let mut shops = world.plan.shops.clone();
        change(Arc::make_mut(&mut shops[0]));
        let version = world.plan.version + 1;
        world.change_plan(Plan { version, shops });
    }

    /// The owner has another shop, at this number, with these telephones at their fixed places.
    pub fn has_a_sister(&self, number: &str, phones: &[&Phone]) {
        let phones = (100..).zip(phones).map(|(id, phone)| at_a_fixed_place(id, phone)).collect();
        let mut world = self.world.borrow_mut();
        let mut shops = world.plan.shops.clone();
        let mut sister = Wishes::clone(&shops[0]);
        sister.id = ShopId(2);
        sister.name = "Ruiz Norte".to_owned();
        sister.numbers = vec![machine::number(number)];
        sister.phones = phones;
        shops.push(Arc::new(sister));
        let version = world.plan.version + 1;
        world.change_plan(Plan { version, shops });
    }

    /// The service is killed, and starts again.
    pub fn restarts(&self) {
        self.is_killed_and_starts_with(|_| {});
    }

    /// The service is killed, the owner changes something, and it starts again.
    pub fn is_killed_and_starts_with(&self, change: impl FnOnce(&mut Wishes)) {
        let mut world = self.world.borrow_mut();
        let mut wishes = Wishes::clone(&world.plan.shops[0]);
        change(&mut wishes);
        let version = world.plan.version + 1;
        world.restart(self.seed + 1, Plan { version, shops: vec![Arc::new(wishes)] });
    }

    /// Somebody the shop has never heard of, at an address of no trunk and no phone.
    pub fn stranger(&self) -> Caller {
        self.somebody("Stranger", "+34900666666", Ipv4Addr::new(198, 51, 100, 66))
    }

    /// A customer whose call comes from this address.
    pub fn caller_at(&self, display: &str, number: &str, address: SocketAddr) -> Caller {
        let who = self.world.borrow_mut().add(FarEnd::new(display, address, Habit::RINGS));
        Caller::new(Person::new(Rc::clone(&self.world), who), display, number)
    }

    /// The first carrier that the shop registers with.
    pub fn registrar<T>(&self, look: impl FnOnce(&mut Registrar) -> T) -> T {
        look(self.world.borrow_mut().registrars.first_mut().expect("opened with a registrar"))
    }

    /// Every connection that the shop has opened to carriers it registers with breaks.
    pub fn registrars_hang_up(&self) {
        self.world.borrow_mut().break_carriers();
    }

    /// How many connections to carriers that the shop registers with live.
    pub fn connections_to_registrars(&self) -> usize {
        self.world.borrow().carriers.len()
    }

    /// A customer whose call comes by the connection that the shop has registered by.
    pub fn caller_by_registrar(&self, display: &str, number: &str) -> Caller {
        let caller = self.somebody(display, number, Ipv4Addr::new(198, 51, 100, 21));
        caller.act(|far_end, _| far_end.speaks_by_registrar());
        caller
    }

    /// So many of the next requests for ports are lost.
    pub fn loses_ports(&self, requests: usize) {
        self.world.borrow_mut().media.unstocked = requests;
    }

    /// Where this name leads from now on.
    pub fn name_leads_to(&self, name: &str, phone: &Phone) {
        let address = phone.address();
        self.world.borrow_mut().names.insert(name.to_owned(), vec![address]);
    }

    /// Nobody ever says what becomes of so many of the next questions for names.
    pub fn leaves_unanswered(&self, questions: usize) {
        self.world.borrow_mut().unanswered = questions;
    }

    /// Where the registrar's name leads from now on.
    pub fn registrar_is_at(&self, addresses: &[SocketAddr]) {
        self.world.borrow_mut().names.insert(registrar::HOST.to_owned(), addresses.to_vec());
    }

    /// From now on the registrar's name has these servers, each with its priority.
    pub fn registrar_has_servers(&self, servers: &[(u16, SocketAddr)]) {
        self.world.borrow_mut().servers.insert(registrar::HOST.to_owned(), servers.to_vec());
    }

    /// What the owner was told of the trunks.
    pub fn trunk_changes(&self) -> Vec<(Duration, String, Change)> {
        self.world.borrow().trunks.clone()
    }

    /// What the owners were told is wrong in their shops.
    pub fn notices(&self) -> Vec<(Duration, ShopId, Due)> {
        self.world.borrow().notices.clone()
    }

    /// What the owner's page says is wrong now.
    pub fn standing_notices(&self) -> Vec<Standing> {
        self.world.borrow_mut().right_now().shops.remove(0).notices
    }

    /// The service is to stop.
    pub fn shuts_down(&self) {
        self.world.borrow_mut().drain();
    }

    /// A bug of ours ends the call that began last. Whether there was one.
    pub fn newest_call_breaks(&self) -> bool {
        let lives = self.gauges().calls_live > 0;
        if lives {
            self.world.borrow_mut().break_newest_call();
        }
        lives
    }

    /// Somebody at the page has this phone rung, so that whoever lifts it calls this customer.
    pub fn rings_to_call(&self, phone: &Phone, number: &str) -> Result<(), NotRung> {
        let purpose = Purpose::CallBack(machine::number(number));
        let phone = self.id_of(phone);
        self.world.borrow_mut().ring_phone(phone, purpose)
    }

    /// Somebody at the page wants to see whether this phone rings.
    pub fn drills(&self, phone: &Phone) -> Result<(), NotRung> {
        let phone = self.id_of(phone);
        self.world.borrow_mut().ring_phone(phone, Purpose::Drill)
    }

    /// What came of that, as the page shows it.
    pub fn drilled(&self, phone: &Phone) -> Option<Drilled> {
        let id = self.id_of(phone);
        let now = self.world.borrow_mut().right_now();
        let phones = now.shops.iter().flat_map(|shop| &shop.phones);
        phones.filter(|phone| phone.phone == id).find_map(|phone| phone.drilled).map(|(drilled, _)| drilled)
    }

    /// Somebody at the page wants to say these words for the greeting at this phone.
    pub fn rings_to_speak(&self, phone: &Phone, words: &str) -> Result<(), NotRung> {
        let text = OwnText { language: Language::En, part: Part::Welcome, words: words.into() };
        let phone = self.id_of(phone);
        self.world.borrow_mut().ring_phone(phone, Purpose::Speak(text))
    }

    /// What came of that, as the page shows it.
    pub fn dictation(&self) -> Option<Dictation> {
        let now = self.world.borrow_mut().right_now();
        now.shops.into_iter().find_map(|shop| shop.dictation)
    }

    /// It is kept elsewhere, or of no use.
    pub fn nobody_wants_what_was_said(&self) {
        let at = self.dictation().expect("somebody has said something").at;
        self.world.borrow_mut().forget_dictation(RUIZ, at);
    }

    /// Somebody at the page wants to take the call of this number at this phone.
    pub fn picks_up_at(&self, phone: &Phone, number: &str) -> Result<(), NotRung> {
        let number = Some(machine::number(number));
        let call = self.log().into_iter().rev().find(|row| row.caller == number).expect("a call of theirs").id;
        let phone = self.id_of(phone);
        self.world.borrow_mut().ring_phone(phone, Purpose::PickUp(call))
    }

    /// Somebody at the page has taken it on to call this customer.
    pub fn somebody_takes_on(&self, number: &str) {
        self.world.borrow_mut().take_on(RUIZ, machine::number(number));
    }

    fn id_of(&self, phone: &Phone) -> PhoneId {
        let world = self.world.borrow();
        let known = world.plan.shops[0].phones.iter().find(|known| *known.name == *phone.name());
        known.expect("a phone of the shop").id
    }

    /// Everything the shop has sent, in order.
    pub fn all_it_said(&self) -> Vec<Sent> {
        self.world.borrow().trace.sent.iter().filter(|sent| is_shop(sent.from)).cloned().collect()
    }

    /// A customer whose carrier calls by a stream connection.
    pub fn caller_by_stream(&self, display: &str, number: &str) -> Caller {
        let caller = self.caller(display, number);
        caller.act(|far_end, _| far_end.speaks_by_stream());
        caller
    }

    /// A customer whose carrier calls over TLS.
    pub fn caller_encrypted(&self, display: &str, number: &str) -> Caller {
        let caller = self.caller(display, number);
        caller.act(|far_end, _| far_end.speaks_encrypted());
        caller
    }

    /// A customer whose carrier speaks IPv6.
    pub fn caller_over_ipv6(&self, display: &str, number: &str) -> Caller {
        let host = u16::from(self.callers.get()) + 1;
        self.somebody(display, number, Ipv6Addr::new(0x2001, 0xdb8, 0x203, 0, 0, 0, 0, host))
    }

    /// How many connections the shop has opened that live.
    pub fn connections_opened(&self) -> usize {
        self.world.borrow().streams.opened()
    }

    /// How many connections the shop has called known.
    pub fn trusted_connections(&self) -> usize {
        self.world.borrow().streams.trusted.len()
    }

    /// Whether this person's connection to the shop lives.
    pub fn is_connected(&self, person: &Person) -> bool {
        self.world.borrow().streams.of(person.who).is_some()
    }

    /// Whether a connection from this address is no stranger's before anybody has said a word.
    pub fn is_acquainted_with(&self, address: &str) -> bool {
        self.world.borrow().acquaintances.include(address.parse().expect("an address"))
    }

    /// How many messages the shop has left unread, of senders that sent too many, since this was last asked.
    pub fn left_unread(&self) -> u64 {
        self.world.borrow_mut().machine.as_mut().map_or(0, Switchboard::take_over_budget)
    }

    /// How many messages of strangers were read and got no answer since this was last asked.
    pub fn left_unheard(&self) -> u64 {
        self.world.borrow_mut().machine.as_mut().map_or(0, Switchboard::take_unheard)
    }

    /// How many calls went on without a durable row since this was last asked.
    pub fn calls_unrecorded(&self) -> u64 {
        self.world.borrow_mut().machine.as_mut().map_or(0, Switchboard::take_unrecorded)
    }

    fn somebody(&self, display: &str, number: &str, ip: impl Into<IpAddr>) -> Caller {
        self.callers.set(self.callers.get() + 1);
        let far_end = FarEnd::new(display, SocketAddr::new(ip.into(), 5060), Habit::RINGS);
        let who = self.world.borrow_mut().add(far_end);
        Caller::new(Person::new(Rc::clone(&self.world), who), display, number)
    }

    /// Lets the world run: "250 ms", "20 s", "2 min".
    pub fn wait(&self, how_long: &str) {
        self.world.borrow_mut().run_for(time(how_long));
    }

    /// The same for a time that was counted.
    pub fn waits(&self, how_long: Duration) {
        self.world.borrow_mut().run_for(how_long);
    }

    pub fn now(&self) -> Duration {
        self.world.borrow().now
    }

    /// The next so many messages of this label from this person never arrive.
    pub fn loses_from(&self, person: &Person, label: &str, times: usize) {
        let from = Some(person.address());
        self.world.borrow_mut().network.lose(times, label, from, None);
    }

    /// The next so many messages of this label to this person never arrive.
    pub fn loses_to(&self, person: &Person, label: &str, times: usize) {
        let to = Some(person.address());
        self.world.borrow_mut().network.lose(times, label, None, to);
    }

    /// What the shop sent to this person, lost or not, in order.
    pub fn sent_to(&self, person: &Person) -> Vec<Sent> {
        self.said_to(person.address())
    }

    /// What the shop sent to this address.
    pub fn said_to(&self, to: SocketAddr) -> Vec<Sent> {
        let world = self.world.borrow();
        world.trace.sent.iter().filter(|sent| is_shop(sent.from) && sent.to == to).cloned().collect()
    }

    /// When the shop sent messages of this label to this person.
    pub fn sent_at(&self, person: &Person, label: &str) -> Vec<Duration> {
        self.sent_to(person).into_iter().filter(|sent| sent.text.label() == label).map(|sent| sent.at).collect()
    }

    /// Everything the shop has sent to anybody.
    pub fn said(&self) -> usize {
        self.world.borrow().trace.sent.iter().filter(|sent| is_shop(sent.from)).count()
    }

    /// How many phones ring now.
    pub fn phones_that_ring(&self) -> usize {
        self.phones.iter().filter(|phone| phone.rings()).count()
    }

    /// The log, in the order the calls came.
    pub fn log(&self) -> Vec<CallRecord> {
        let mut rows: Vec<CallRecord> = self.world.borrow().store.rows.values().cloned().collect();
        rows.sort_by_key(|row| (row.started, row.id));
        rows
    }

    /// The log's only row.
    pub fn row(&self) -> CallRecord {
        let rows = self.log();
        assert_eq!(rows.len(), 1, "one call is one row");
        rows.into_iter().next().expect("counted a line ago")
    }

    /// What happened, in order.
    pub fn events(&self) -> Vec<CallEvent> {
        self.world.borrow().store.events.clone()
    }

    /// Whose phones an event of this kind happened at, in order; a call's own events name nobody.
    pub fn events_of(&self, kind: EventKind) -> Vec<String> {
        let events = self.events().into_iter().filter(|event| event.kind == kind);
        events.map(|event| event.phone.map(|phone| phone.to_string()).unwrap_or_default()).collect()
    }

    /// What the last event says beside its kind.
    pub fn last_detail(&self) -> String {
        self.events().last().map(|event| event.detail.clone()).unwrap_or_default()
    }

    /// The messages that callers have left.
    pub fn inbox(&self) -> Vec<VoiceMessage> {
        self.world.borrow().store.messages.clone()
    }

    /// What the last greeting said.
    pub fn greeting(&self) -> Arc<[Sound]> {
        self.world.borrow().media.greetings.last().cloned().expect("somebody was greeted")
    }

    /// What each cell that picked up was told, in order.
    pub fn questions(&self) -> Vec<Arc<[Sound]>> {
        self.world.borrow().media.questions.clone()
    }

    /// By what the last cell that picked up is heard.
    pub fn listens_for_keys(&self) -> Listens {
        self.world.borrow().media.listens.clone()
    }

    /// A voice has spoken this as the shop's name, and took so long to say it.
    pub fn a_voice_speaks(&self, text: &str, how_long: &str) -> SpokenName {
        let samples = usize::try_from(time(how_long).as_micros() / 125).expect("seconds");
        let name = SpokenName { text: text.to_owned(), samples: vec![1; samples].into() };
        let mut names = Names::default();
        for language in [Language::En, Language::Es] {
            names.insert(language, name.clone());
        }
        self.world.borrow_mut().speak_names(names);
        name
    }

    /// From now on the carrier here does this; `None`: its work.
    pub fn carrier_ails(&self, carrier: SocketAddr, ails: Option<Ails>) {
        let known = &mut self.world.borrow_mut().gateway.ails;
        match ails {
            Some(ails) => known.insert(carrier, ails),
            None => known.remove(&carrier),
        };
    }

    /// When carriers were asked whether they are there, and which.
    pub fn questions_to_carriers(&self) -> Vec<(Duration, SocketAddr)> {
        self.world.borrow().gateway.questions.clone()
    }

    /// Which carrier each call to a cell was asked of, in order.
    pub fn carriers_asked(&self) -> Vec<SocketAddr> {
        self.world.borrow().gateway.asked.clone()
    }

    /// INVITEs that asked the carrier for a number, in order.
    pub fn asked_the_carrier(&self) -> Vec<Text> {
        self.world.borrow().gateway.invites.clone()
    }

    /// A backup is put back: the log knows this caller alone then, and so many calls of theirs that are in the store.
    pub fn gets_a_backup_knowing(&self, number: &str, name: &str, calls: u32) {
        let shop = self.world.borrow().plan.shops[0].id;
        let callers = machine::callers(shop, &[(number.to_owned(), name.to_owned(), calls)], &[]);
        self.world.borrow_mut().log_restored(callers);
    }

    /// The log says that so many messages wait in this shop, of which nobody has heard the first so many.
    pub fn messages_wait(&self, shop: ShopId, new: u32, old: u32) {
        self.world.borrow_mut().messages_wait(vec![(shop, Waiting { new, old })]);
    }

    /// How many greetings were begun.
    pub fn greetings(&self) -> usize {
        self.world.borrow().media.greetings.len()
    }

    /// What the clock on the wall shows.
    pub fn wall(&self) -> UnixMs {
        self.world.borrow().wall()
    }

    /// What it showed then.
    pub fn wall_at(&self, at: Duration) -> UnixMs {
        self.world.borrow().wall_at(at)
    }

    /// From now on nobody greets or records any more, and nobody says so.
    pub fn machine_is_dead(&self) {
        self.world.borrow_mut().media.machine_is_dead = true;
    }

    /// From now on a recording takes so long to be safe; `None`: the disk takes none. What it had refused it takes then.
    pub fn disk_takes(&self, latency: Option<&str>) {
        let mut world = self.world.borrow_mut();
        let facts = world.media.disk_takes(latency.map(time));
        world.tell(facts);
    }

    /// From now on each row takes this long to be durable; `None`: it stalls.
    pub fn store_takes(&self, latency: Option<&str>) {
        self.world.borrow_mut().store.latency = latency.map(time);
    }

    /// The same for the journal beside the store.
    pub fn journal_takes(&self, latency: Option<&str>) {
        self.world.borrow_mut().store.journal_latency = latency.map(time);
    }

    /// What stalled gets through now.
    pub fn stalled_rows_get_through(&self) {
        self.store_takes(Some("1 ms"));
        self.journal_takes(Some("1 ms"));
        self.world.borrow_mut().release_stalled();
    }

    /// When each row was asked to be made durable, and where.
    pub fn asked_to_record(&self) -> Vec<(Duration, Medium)> {
        self.world.borrow().store.asked.iter().map(|(at, _, medium)| (*at, *medium)).collect()
    }

    /// When each row was durable, and where.
    pub fn durable(&self) -> Vec<(Duration, Medium)> {
        self.world.borrow().store.durable.iter().map(|(at, _, medium)| (*at, *medium)).collect()
    }

    pub fn gauges(&self) -> Gauges {
        self.world.borrow().machine.as_ref().expect("an open shop has a machine").gauges()
    }

    /// How long ago the phone of this name last proved that it can be reached; `None`: it cannot be, or never has.
    pub fn proven_ago(&self, name: &str) -> Option<Duration> {
        let mut world = self.world.borrow_mut();
        let phone = world.plan.shops[0].phones.iter().find(|phone| &*phone.name == name).map(|phone| phone.id);
        let now = world.right_now();
        let phone = now.shops[0].phones.iter().find(|known| Some(known.phone) == phone);
        let proven_at = phone.unwrap_or_else(|| panic!("no phone {name}")).proven_at?;
        Some(Duration::from_millis(world.wall().since(proven_at)))
    }

    /// Why the phone of this name would ring, or not.
    pub fn why_rings(&self, name: &str) -> PhoneBecause {
        let mut world = self.world.borrow_mut();
        let phone = world.plan.shops[0].phones.iter().find(|phone| &*phone.name == name).map(|phone| phone.id);
        let now = world.right_now();
        let phone = now.shops[0].phones.iter().find(|known| Some(known.phone) == phone);
        phone.unwrap_or_else(|| panic!("no phone {name}")).because.clone()
    }

    /// Nothing leaked: after a while nobody is on a telephone, no timer of a call runs, every row is closed, and the
    /// gauges are where they started.
    #[track_caller]
    pub fn is_idle(&self) {
        self.is_idle_on_our_side();
        for far_end in &self.world.borrow().far_ends {
            assert!(far_end.is_idle(), "{} still has a call: {:?}", far_end.name, far_end.legs.last());
        }
    }

    /// The same, whatever the far ends believe: a word that was under way when its connection broke is lost for good.
    #[track_caller]
    pub fn is_idle_on_our_side(&self) {
        self.world.borrow_mut().run_for(UNTIL_ALL_IS_DONE);
        assert_eq!(self.gauges(), Gauges::default(), "something leaked");
        let world = self.world.borrow();
        assert!(world.media.relays().is_empty(), "a relay still runs");
        world.store.check_events();
        let mut keys = BTreeSet::new();
        for row in world.store.rows.values() {
            assert!(row.ended.is_some() && row.disposition.is_some(), "an open row: {row:?}");
            assert!(keys.insert(&row.key), "two rows of one call: {}", row.key);
        }
        assert!(world.twilio.is_idle(), "somebody is still at Twilio, or waits for a document");
        drop(world);
        self.every_heard_call_has_its_row();
    }

    /// Looks at Twilio.
    pub fn twilio<T>(&self, look: impl FnOnce(&mut Twilio) -> T) -> T {
        look(&mut self.world.borrow_mut().twilio)
    }

    /// Somebody at Twilio does something.
    pub fn at_twilio(&self, act: impl FnOnce(&mut Twilio, Duration) -> Vec<Deed>) {
        self.world.borrow_mut().at_twilio(act);
    }

    /// The owner's wishes as they are.
    pub fn plan(&self) -> Plan {
        self.world.borrow().plan.clone()
    }

    /// This very request comes, and is answered with this once its row is durable.
    pub fn posts(&self, path: &str, form: &str) -> String {
        let before = self.twilio(|twilio| twilio.exchanged.len());
        let post = Post { path: path.to_owned(), form: form.to_owned(), then: Then::Discard };
        self.world.borrow_mut().at_twilio(|_, _| vec![Deed::Post(Duration::ZERO, post)]);
        self.wait("5 ms");
        self.twilio(|twilio| twilio.exchanged[before..].last().expect("an answer").document.clone())
    }

    /// By which number our URLs name the leg of this cell.
    pub fn leg_rung_at(&self, number: &str) -> String {
        let document = self.twilio(|twilio| twilio.exchanged[0].document.clone());
        let noun = document.split("<Number").find(|noun| noun.contains(number)).expect("it is rung");
        let url = noun.split("/twilio/screen/").nth(1).expect("it is asked for a key");
        url.split('"').next().and_then(|path| path.split('/').nth(1)).expect("a leg").to_owned()
    }

    /// What a recording at Twilio holds.
    pub fn records_there(&self, kept: Kept) {
        self.world.borrow_mut().recorded_there = kept;
    }

    /// Nobody is on a telephone: what was told and logged so far is looked at and put away. The rows of the log.
    #[track_caller]
    pub fn forgets_what_is_over(&self) -> Vec<CallRecord> {
        self.every_heard_call_has_its_row();
        let rows = self.log();
        assert!(rows.iter().all(|row| row.ended.is_some() && row.disposition.is_some()), "an open row");
        let mut world = self.world.borrow_mut();
        world.store.check_events();
        world.store.forget_the_past();
        world.trace.sent.clear();
        world.trace.notes.clear();
        world.far_ends.iter_mut().for_each(FarEnd::forget_the_past);
        rows
    }

    /// How many characters it takes to write down all that the machine knows.
    pub fn size_of_its_memory(&self) -> usize {
        format!("{:?}", self.world.borrow().machine).len()
    }

    /// Whoever heard ringing, an answer or busy has one row, and it was durable before: in the store, in the journal,
    /// or both had stalled as long as a customer bears (DESIGN §5, L1 and L2).
    fn every_heard_call_has_its_row(&self) {
        let world = self.world.borrow();
        let store = &world.store;
        let begins = |text: &Text| text.method() == Some("INVITE") && tag(text.must("to")).is_none();
        let ours = |sent: &&Sent| is_shop(sent.from) && begins(&sent.text);
        let ours: BTreeSet<&str> = world.trace.sent.iter().filter(ours).map(|sent| sent.text.must("call-id")).collect();
        for sent in world.trace.sent.iter().filter(|sent| is_shop(sent.from)) {
            let heard = ["180 INVITE", "200 INVITE", "486 INVITE", "487 INVITE", "404 INVITE"];
            if !heard.contains(&sent.text.label().as_str()) {
                continue;
            }
            let call_id = sent.text.must("call-id");
            // An answer to a phone that we called ourselves, within its call.
            if ours.contains(call_id) {
                continue;
            }
            let rows: Vec<_> = store.rows.values().filter(|row| row.key.contains(&format!("{call_id} "))).collect();
            // A phone that dials for a call that waits is a leg of that one.
            let replaces = |sent: &&Sent| sent.text.must("call-id") == call_id && sent.text.get("replaces").is_some();
            let takes = || world.trace.sent.iter().any(|sent| replaces(&sent));
            // A caller whom we have sent for is one who called by webhook.
            if rows.is_empty() && uri_of(sent.text.must("to")).starts_with("sip:ring-") {
                continue;
            }
            if rows.is_empty() && (uri_of(sent.text.must("to")).starts_with("sip:*8@") || takes()) {
                continue;
            }
            assert_eq!(rows.len(), 1, "{} was sent for a call with {} rows", sent.text.start, rows.len());
            let durable = store.durable.iter().any(|(at, id, _)| *id == rows[0].id && *at <= sent.at);
            let asked = store.asked.iter().find(|(_, id, _)| *id == rows[0].id).map(|(at, ..)| *at);
            let borne = asked.is_some_and(|asked| sent.at - asked >= Duration::from_millis(500));
            assert!(durable || borne, "{} left at {:?}, before its row was durable", sent.text.start, sent.at);
        }
    }
}

impl Opening {
    /// So many desk phones: Counter, Workshop, Ana, Phone 4, …; at least three.
    pub fn phones(mut self, count: usize) -> Opening {
        self.phones = count.max(3);
        self
    }

    /// The phone at this place (0 is Counter) rings later than the others.
    pub fn later(mut self, phone: usize, after: &str) -> Opening {
        self.later.push((phone, time(after)));
        self
    }

    /// The phone at this place (0 is Counter) is rung by a stream connection.
    pub fn by_stream(mut self, phone: usize) -> Opening {
        self.by_stream.push(phone);
        self
    }

    /// The phone at this place (0 is Counter) speaks by TLS.
    pub fn encrypted(mut self, phone: usize) -> Opening {
        self.encrypted.push(phone);
        self
    }

    /// Phones that are called by TLS ring with protected sound or not at all.
    pub fn protected_or_not_at_all(mut self) -> Opening {
        self.srtp = Srtp::Required;
        self
    }

    /// The phone at this place (0 is Counter) has an IPv6 address.
    pub fn over_ipv6(mut self, phone: usize) -> Opening {
        self.over_ipv6.push(phone);
        self
    }

    pub fn giving_up_after(mut self, how_long: &str) -> Opening {
        self.give_up_after = time(how_long);
        self
    }

    /// The shop's own numbers; with none, every called number is the shop's.
    pub fn at_number(mut self, number: &str) -> Opening {
        self.numbers.push(number.to_owned());
        self
    }

    pub fn blocking(mut self, number: &str) -> Opening {
        self.blocked.push(number.to_owned());
        self
    }

    /// A customer who has called so many times before.
    pub fn knowing(mut self, number: &str, name: &str, calls: u32) -> Opening {
        self.known.push((number.to_owned(), name.to_owned(), calls));
        self
    }

    /// The phone at this place (0 is Counter) registers, as `Account::of` of its name in lower case.
    pub fn registering(mut self, phone: usize) -> Opening {
        self.registering.push(phone);
        self
    }

    /// A router stands between the shop and the world; carriers find the shop at [`machine::OUTSIDE`].
    pub fn behind_a_router(mut self) -> Opening {
        self.router = Router::Translates;
        self
    }

    /// As the owner writes them; without, it is open day and night.
    pub fn hours(mut self, hours: &str) -> Opening {
        self.hours = Some(hours.to_owned());
        self
    }

    /// What its greeting speaks.
    pub fn speaking(mut self, language: Language) -> Opening {
        self.language = language;
        self
    }

    /// With so many pairs of media ports and no more.
    pub fn with_pairs(mut self, pairs: usize) -> Opening {
        self.pairs = pairs;
        self
    }

    /// The phone at this place (0 is Counter) is a cell with this number. Cells ring by the shop's hours only: it has some.
    pub fn cell(mut self, phone: usize, number: &str) -> Opening {
        self.cells.push((phone, number.to_owned()));
        self.hours.get_or_insert("24/7".to_owned());
        self
    }

    /// Who has this number does not want to be called back.
    pub fn never_calling_back(mut self, number: &str) -> Opening {
        self.never_called_back.push(number.to_owned());
        self
    }

    /// The carrier lets the caller's own number pass to cells.
    pub fn showing_callers(mut self) -> Opening {
        self.way_out.shown_as = ShownAs::Caller;
        self
    }

    /// The carrier carries so many calls at once.
    pub fn with_channels(mut self, channels: u16) -> Opening {
        self.way_out.channels = NonZeroU16::new(channels);
        self
    }

    /// The carrier is known by its name, and has a second server for when the first is away.
    pub fn with_two_servers(mut self) -> Opening {
        self.way_out.by_name = true;
        self
    }

    /// The carrier wants things as this profile says.
    pub fn by_profile(mut self, profile: &'static Profile) -> Opening {
        self.way_out.profile = Some(profile);
        self
    }

    /// Calls by webhook are rung so.
    pub fn by_webhook(mut self, webhooks: Webhooks) -> Opening {
        self.way_out.webhooks = webhooks;
        self
    }

    /// There is another carrier that calls can go out by.
    pub fn with_a_second_carrier(mut self) -> Opening {
        self.way_out.second = true;
        self
    }

    /// Calls go out by the carrier that the shop registers with.
    pub fn calling_by_registrar(mut self) -> Opening {
        self.way_out.by = By::Registrar;
        self
    }

    /// And by the carrier that the shop registers with as well.
    pub fn calling_by_registrar_too(mut self) -> Opening {
        self.way_out.by = By::Both;
        self
    }

    pub fn over(mut self, network: Network) -> Opening {
        self.network = network;
        self
    }

    /// The shop registers with this carrier, which knows it by no address.
    pub fn registering_with(mut self, registrar: Registrar) -> Opening {
        self.registers.push(registrar);
        self
    }

    /// At first the registrar's name leads nowhere.
    pub fn with_registrar_nowhere(mut self) -> Opening {
        self.registrar_nowhere = true;
        self
    }

    pub fn open(self) -> Shop {
        let seed = self.network.seed;
        let mut world = World::new(self.network);
        world.router = self.router;
        world.media.range = self.pairs;
        world.way_out = self.way_out;
        world.servers.insert(machine::CARRIER_NAME.to_owned(), vec![(20, SECOND), (10, GATEWAY)]);
        let names = ["Counter", "Workshop", "Ana"].map(str::to_owned).into_iter();
        let names: Vec<String> = names.chain((4..).map(|n| format!("Phone {n}"))).take(self.phones).collect();
        let mut phones = Vec::new();
        for (at, name) in (0u8..).zip(&names) {
            let ip: IpAddr = match self.over_ipv6.contains(&usize::from(at)) {
                false => Ipv4Addr::new(192, 0, 2, 10 + at).into(),
                true => Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 0x10 + u16::from(at)).into(),
            };
            let mut far_end = FarEnd::new(name, SocketAddr::new(ip, 5060), Habit::RINGS);
            if self.by_stream.contains(&usize::from(at)) {
                far_end.speaks_by_stream();
            }
            if self.encrypted.contains(&usize::from(at)) {
                far_end.speaks_encrypted();
            }
            phones.push(ringall::routing::plan::Phone {
                id: PhoneId(i64::from(at) + 1),
                name: Arc::from(name.as_str()),
                line: match self.cells.iter().find(|(n, _)| *n == usize::from(at)) {
                    Some((_, number)) => Line::Cell { number: machine::number(number) },
                    None if self.registering.contains(&usize::from(at)) => Account::of(&name.to_lowercase()).line(),
                    None => Line::Fixed { contact: far_end.uri.clone() },
                },
                after: self.later.iter().find(|(n, _)| *n == usize::from(at)).map_or(Duration::ZERO, |(_, t)| *t),
                hours: None,
                off_until: None,
            });
            let who = world.add(far_end);
            if let Some((_, number)) = self.cells.iter().find(|(n, _)| *n == usize::from(at)) {
                world.gateway.add(number, who);
            }
        }
        let wishes = Wishes {
            id: RUIZ,
            name: "Ferretería Ruiz".to_owned(),
            time_zone: chrono_tz::Europe::Madrid,
            country: Country(*b"ES"),
            calls_to: vec![Country(*b"ES")],
            call_back_ring: true,
            drill_before_opening: false,
            greeting: Default::default(),
            language: self.language,
            hours: self.hours.map(|hours| Hours::parse(&hours, Country(*b"ES")).expect("hours of a story")),
            numbers: self.numbers.iter().map(|number| machine::number(number)).collect(),
            give_up_after: self.give_up_after,
            notify: Vec::new(),
            phones,
            closures: Vec::new(),
            hours_override: None,
            blocked: self.blocked.iter().map(|number| machine::number(number)).collect(),
        };
        let registered = self.registers.iter().map(|registrar| Trunk {
            name: registrar.host.to_owned(),
            peers: Vec::new(),
            register: Some(Register {
                user: registrar::USER.to_owned(),
                host: registrar.host.to_owned(),
                port: None,
                protocol: registrar.by,
                auth_user: registrar::AUTH_USER.to_owned(),
                password: registrar::PASSWORD.into(),
                expires_s: self.way_out.profile().expires_s,
            }),
            outbound: (self.way_out.by != By::Address).then(|| {
                let outbound = machine::outbound_of(self.way_out.profile(), registrar.host, self.way_out.shown_as);
                let by = registrar.by.param();
                let proxy = by.map_or_else(
                    || outbound.proxy.clone(),
                    |by| outbound.proxy.clone().with_param("transport", Some(by)),
                );
                Outbound { proxy, ..outbound }
            }),
            channels: None,
            called: self.way_out.profile().called.to_vec(),
            authority: None,
        });
        world.registered = registered.collect();
        for registrar in self.registers {
            let found = if self.registrar_nowhere { Vec::new() } else { vec![registrar.address] };
            world.names.insert(registrar.host.to_owned(), found);
            world.trace.names.push((registrar.address, "registrar".to_owned()));
            world.registrars.push(registrar);
        }
        world.machine = Some(machine::start(
            seed,
            machine::callers(RUIZ, &self.known, &self.never_called_back),
            Vec::new(),
            world.registered.clone(),
            self.router,
            self.srtp,
            &self.way_out,
        ));
        world.change_plan(Plan { version: 1, shops: vec![Arc::new(wishes)] });
        // Names are resolved and ports bound before the door opens.
        world.run_for(Duration::from_millis(50));
        let world = Rc::new(RefCell::new(world));
        let phones: Vec<Phone> = (0..names.len()).map(|who| Person::new(Rc::clone(&world), who)).collect();
        Shop {
            counter: phones[0].clone(),
            workshop: phones[1].clone(),
            ana: phones[2].clone(),
            phones,
            world,
            callers: std::cell::Cell::new(0),
            seed,
        }
    }
}

impl Drop for Shop {
    /// A story that failed shows what was on the wire.
    fn drop(&mut self) {
        if std::thread::panicking() {
            match self.world.try_borrow() {
                Ok(world) => eprintln!("seed {}; what happened:\n{}", self.seed, world.trace),
                Err(_) => eprintln!("seed {}", self.seed),
            }
        }
    }
}

/// What a plan says of a telephone that does not register.
fn at_a_fixed_place(id: i64, phone: &Phone) -> ringall::routing::plan::Phone {
    ringall::routing::plan::Phone {
        id: PhoneId(id),
        name: Arc::from(phone.name()),
        line: Line::Fixed { contact: phone.uri() },
        after: Duration::ZERO,
        hours: None,
        off_until: None,
    }
}

/// "250 ms", "20 s", "2 min".
pub fn time(text: &str) -> Duration {
    let (count, unit) = text.split_once(' ').unwrap_or_else(|| panic!("how long is {text:?}?"));
    let count: u64 = count.parse().unwrap_or_else(|_| panic!("how long is {text:?}?"));
    match unit {
        "ms" => Duration::from_millis(count),
        "s" => Duration::from_secs(count),
        "min" => Duration::from_secs(60 * count),
        _ => panic!("how long is {text:?}?"),
    }
}
