//! The people of the stories: what they do, and what they see and hear.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::carrier_sip::Says;
use crate::far_end::{End, FarEnd, Leg, Phase};
use crate::machine::{is_shop, shop_for};
use crate::phone::Habit;
use crate::shop::time;
use crate::text::{Text, address_of, uri_of};
use crate::world::World;

/// Which way a call comes into the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// A SIP trunk.
    Sip,
    /// Twilio, which hands the caller to our SIP port, or does as the shop was opened.
    Twilio,
}

/// All ways.
pub const DOORS: [Door; 2] = [Door::Sip, Door::Twilio];

/// The same story by each way.
pub fn through_both_doors(story: impl Fn(Door)) {
    for door in DOORS {
        eprintln!("by the door {door:?}:");
        story(door);
    }
}

/// Somebody at a telephone: a phone of the shop, a customer, a stranger.
#[derive(Clone)]
pub struct Person {
    pub(crate) world: Rc<RefCell<World>>,
    pub(crate) who: usize,
}

/// A staff phone.
pub type Phone = Person;

/// A customer, with what their next call will say.
pub struct Caller {
    pub says: Says,
    person: Person,
}

impl std::ops::Deref for Caller {
    type Target = Person;
    fn deref(&self) -> &Person {
        &self.person
    }
}

impl Caller {
    pub fn new(person: Person, display: &str, number: &str) -> Caller {
        let from = format!("\"{display}\" <sip:{number}@carrier.example>");
        let says = Says { from, ..Says::calling("+34911234567") };
        Caller { says, person }
    }

    pub fn calls_through(&self, door: Door) {
        match door {
            Door::Sip => self.calls(shop_for(self.address())),
            Door::Twilio => {
                // An address of Twilio's, which no trunk has.
                let host = u8::try_from(self.person.who % 50).expect("below fifty");
                self.act(|far_end, _| far_end.moves_to(std::net::Ipv4Addr::new(198, 51, 100, 200 + host).into()));
                let from = uri_of(&self.says.from).trim_start_matches("sip:").to_owned();
                let from = from.split('@').next().unwrap_or_default().to_owned();
                let called = self.says.called.clone();
                self.person.world.borrow_mut().at_twilio(|twilio, _| twilio.is_called(self.person.who, &from, &called));
            }
        }
    }

    /// Calls this address directly.
    pub fn calls(&self, to: std::net::SocketAddr) {
        self.act(|far_end, now| far_end.call(now, to, &self.says));
    }

    /// With one more header in the INVITE.
    pub fn with_header(mut self, name: &str, value: &str) -> Caller {
        self.says.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With other codecs than A-law, μ-law and digits.
    pub fn with_codecs(mut self, payloads: &str) -> Caller {
        payloads.clone_into(&mut self.says.payloads);
        self
    }

    /// With this media line in place of audio.
    pub fn with_only_media(mut self, line: &str) -> Caller {
        self.says.media_line = Some(line.to_owned());
        self
    }

    /// Calls another number of the carrier's.
    pub fn calling_number(mut self, called: &str) -> Caller {
        called.clone_into(&mut self.says.called);
        self
    }

    /// The request line names this user, whatever number is in To.
    pub fn with_line_user(mut self, user: &str) -> Caller {
        self.says.line_user = Some(user.to_owned());
        self
    }

    /// Hears the ringing tone: a 180 came and nothing final.
    pub fn hears_ringing(&self) -> bool {
        let rings = |leg: &Leg| leg.statuses.iter().any(|(_, code)| *code == 180);
        self.last_leg(|leg| rings(leg) && leg.phase == Phase::Ringing)
    }

    /// Every response to the last INVITE, repeats too, in the order they came.
    pub fn answers(&self) -> Vec<u16> {
        self.answers_at().into_iter().map(|(_, code)| code).collect()
    }

    /// The same with the time each came at.
    pub fn answers_at(&self) -> Vec<(Duration, u16)> {
        self.last_leg(|leg| leg.statuses.clone())
    }

    /// Each different response to the last INVITE, in the order of its first coming.
    pub fn hears(&self) -> Vec<u16> {
        let mut codes = self.answers();
        let mut seen = Vec::new();
        codes.retain(|code| {
            !seen.contains(code) && {
                seen.push(*code);
                true
            }
        });
        codes
    }

    /// Speaks for so long, from now on, to whoever has answered.
    pub fn speaks_for(&self, how_long: &str) {
        let (from, to_port, voice) = self.line();
        let mut world = self.person.world.borrow_mut();
        let (now, until) = (world.now, world.now + time(how_long));
        world.media.hear(now, from, to_port, voice, until);
    }

    /// Presses the pound key.
    pub fn presses_pound(&self) {
        let (_, to_port, _) = self.line();
        let mut world = self.person.world.borrow_mut();
        let now = world.now;
        // The number that the far ends give to telephone-event.
        world.media.hear_pound(now, to_port, 101);
    }

    /// How many packets of the machine have come.
    pub fn packets_of_the_machine(&self) -> usize {
        let (_, to_port, _) = self.line();
        self.person.world.borrow().media.packets_played(to_port)
    }

    /// Where this caller's sound comes from, and to which port of the shop it goes, by which number.
    fn line(&self) -> (std::net::SocketAddr, u16, u8) {
        self.see(|far_end| {
            let leg = far_end.legs.last().expect("somebody on the telephone");
            let to = leg.send_audio_to.expect("somebody who was answered");
            (far_end.audio, to.port(), leg.voice.expect("a codec"))
        })
    }

    /// The last INVITE, as it was sent.
    pub fn invite(&self) -> Text {
        self.last_leg(|leg| leg.invite.clone())
    }

    /// The responses to the last INVITE as they came.
    pub fn responses(&self, code: u16) -> Vec<Text> {
        self.got(&format!("{code} INVITE"))
    }
}

impl Person {
    pub fn new(world: Rc<RefCell<World>>, who: usize) -> Person {
        Person { world, who }
    }

    pub fn name(&self) -> String {
        self.see(|far_end| far_end.name.clone())
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.see(|far_end| far_end.address)
    }

    /// Where it is called.
    pub fn uri(&self) -> String {
        self.see(|far_end| far_end.uri.clone())
    }

    /// It is there, but says nothing any more.
    pub fn falls_silent(&self) {
        self.act(|far_end, _| far_end.falls_silent());
    }

    /// Its ACKs are never sent, as if all were lost.
    pub fn never_acks(&self) {
        self.act(|far_end, _| far_end.acks = false);
    }

    /// It answers again.
    pub fn wakes_up(&self) {
        self.act(|far_end, _| far_end.wakes_up());
    }

    /// Whom each INVITE that began a call here was of, in the order they came: the number on the display.
    pub fn callers_shown(&self) -> Vec<String> {
        self.see(|far_end| far_end.legs.iter().map(|leg| shown_number(&leg.invite)).collect())
    }

    /// Everything of this label that came, repeats too: "CANCEL", "200 INVITE".
    pub fn got(&self, label: &str) -> Vec<Text> {
        self.see(|far_end| {
            far_end.heard.iter().filter(|(_, text)| text.label() == label).map(|(_, text)| text.clone()).collect()
        })
    }

    /// When each of this label came.
    pub fn got_at(&self, label: &str) -> Vec<Duration> {
        self.see(|far_end| far_end.heard.iter().filter(|(_, text)| text.label() == label).map(|(at, _)| *at).collect())
    }

    /// The labels of all that came, repeats too, in order.
    pub fn heard(&self) -> Vec<String> {
        self.see(|far_end| far_end.heard.iter().map(|(_, text)| text.label()).collect())
    }

    /// The last message that came of which this is true.
    pub fn last_heard(&self, is_it: impl Fn(&Text) -> bool) -> Option<Text> {
        self.see(|far_end| far_end.heard.iter().rev().find(|(_, text)| is_it(text)).map(|(_, text)| text.clone()))
    }

    /// How many messages have come.
    pub fn got_anything(&self) -> usize {
        self.see(|far_end| far_end.heard.len())
    }

    /// The last message that came.
    pub fn newest(&self) -> Option<Text> {
        self.see(|far_end| far_end.heard.last().map(|(_, text)| text.clone()))
    }

    pub fn hangs_up(&self) {
        self.act(|far_end, now| {
            for leg in 0..far_end.legs.len() {
                far_end.hang_up(now, leg);
            }
        });
        let who = self.who;
        self.world.borrow_mut().at_twilio(|twilio, now| twilio.caller_hangs_up(now, who));
    }

    pub fn talks(&self) -> bool {
        self.see(|far_end| far_end.legs.iter().any(|leg| leg.phase == Phase::Talking))
    }

    /// How many conversations this telephone has, those on hold too.
    pub fn conversations(&self) -> usize {
        self.see(|far_end| far_end.legs.iter().filter(|leg| leg.phase == Phase::Talking).count())
    }

    /// Whether what this person says comes out at the other's telephone, and the reverse.
    pub fn talks_with(&self, other: &Person) -> bool {
        self.is_heard_by(other) && other.is_heard_by(self)
    }

    /// Whether a packet sent to where the last SDP said comes out where the other listens.
    pub fn is_heard_by(&self, other: &Person) -> bool {
        let world = self.world.borrow();
        let (near, far) = (&world.far_ends[self.who], &world.far_ends[other.who]);
        let talking = |far_end: &FarEnd| far_end.legs.iter().rposition(|leg| leg.phase == Phase::Talking);
        let (Some(leg), Some(_)) = (talking(near), talking(far)) else { return false };
        let Some(to) = near.legs[leg].send_audio_to else { return false };
        assert!(is_shop(std::net::SocketAddr::new(to.ip(), 5060)), "the SDP sends audio to a stranger");
        let voice = near.legs[leg].voice;
        voice.and_then(|voice| world.media.delivers(near.audio, to.port(), voice)).is_some_and(|(out, payload)| {
            out == far.audio && far.payloads.split(' ').any(|known| known == payload.to_string())
        })
    }

    pub fn is_idle(&self) -> bool {
        self.see(FarEnd::is_idle)
    }

    /// How each of this person's calls ended, so far as they have.
    pub fn ends(&self) -> Vec<End> {
        self.see(|far_end| far_end.legs.iter().filter_map(|leg| leg.end).collect())
    }

    /// How many calls came or were made here.
    pub fn calls_seen(&self) -> usize {
        self.see(|far_end| far_end.legs.len())
    }

    // What a staff phone does.

    /// Calls through the shop, with these words.
    pub fn dials(&self, says: &Says) {
        let shop = shop_for(self.address());
        self.act(|far_end, now| far_end.call(now, shop, says));
    }

    /// The last INVITE that began a call here, sent or received.
    pub fn invite_sent(&self) -> Text {
        self.last_leg(|leg| leg.invite.clone())
    }

    /// Calls this user or number through the shop, with nothing to prove who it is.
    pub fn calls_user(&self, called: &str) {
        self.dials(&Says::calling(called));
    }

    /// Is ringing now.
    pub fn rings(&self) -> bool {
        self.see(|far_end| far_end.legs.iter().any(|leg| leg.phase == Phase::Ringing))
    }

    /// The oldest call that rings here is answered.
    pub fn picks_up(&self) {
        self.act(|far_end, now| {
            if let Some(leg) = waiting(far_end) {
                far_end.pick_up(now, leg);
            }
        });
    }

    /// A phone that had said nothing yet rings now.
    pub fn starts_to_ring(&self) {
        self.act(|far_end, now| {
            if let Some(leg) = waiting(far_end) {
                far_end.ring(now, leg);
            }
        });
    }

    /// A 183 with SDP: sound before anybody has picked up.
    pub fn plays_early_media(&self) {
        self.act(|far_end, _| {
            if let Some(leg) = waiting(far_end) {
                far_end.play_early_media(leg);
            }
        });
    }

    /// The oldest call that rings here gets this final answer.
    pub fn refuses(&self, code: u16) {
        self.act(|far_end, now| {
            if let Some(leg) = waiting(far_end) {
                far_end.refuse(now, leg, code);
            }
        });
    }

    /// Presses a key, heard beside the sound of the last call here (RFC 4733).
    pub fn presses(&self, key: char) {
        let Some(to) = self.last_leg(|leg| leg.send_audio_to) else { return };
        let event = match key {
            '#' => 11,
            digit => u8::try_from(digit.to_digit(10).expect("a digit")).expect("below ten"),
        };
        let mut world = self.world.borrow_mut();
        let now = world.now;
        // The number that the far ends give to telephone-event.
        world.media.hear_key(now, to.port(), 101, event);
    }

    /// Whoever has lifted it speaks for so long, from now on.
    pub fn says_something_for(&self, how_long: &str) {
        let from = self.see(|far_end| far_end.audio);
        let (to, voice) = self.last_leg(|leg| (leg.send_audio_to, leg.voice));
        let mut world = self.world.borrow_mut();
        let (now, until) = (world.now, world.now + time(how_long));
        world.media.hear(now, from, to.expect("somebody who talks").port(), voice.expect("a codec"), until);
    }

    /// Whether a machine of the shop's speaks here.
    pub fn is_spoken_to(&self) -> bool {
        let to = self.last_leg(|leg| leg.send_audio_to);
        to.is_some_and(|to| self.world.borrow().media.asks_at(to.port()))
    }

    pub fn has_habit(&self, habit: Habit) {
        self.act(|far_end, _| far_end.habit = habit);
    }

    /// The payload types it knows, its favourite first.
    pub fn speaks(&self, payloads: &str) {
        self.act(|far_end, _| payloads.clone_into(&mut far_end.payloads));
    }

    /// The phone's list of missed calls is not empty.
    pub fn shows_missed_call(&self) -> bool {
        self.see(FarEnd::missed_calls) > 0
    }

    /// What the display said when it last rang: name and user of From.
    pub fn display(&self) -> (String, String) {
        self.last_leg(|leg| {
            let from = leg.invite.must("from");
            let name = from.split('<').next().unwrap_or_default().trim().trim_matches('"').to_owned();
            (name, shown_number(&leg.invite))
        })
    }

    /// The Reason values of the last call here, as they came.
    pub fn reasons(&self) -> Vec<String> {
        self.last_leg(|leg| leg.reasons.clone())
    }

    /// Sends these very words to the shop.
    pub fn says_to_the_shop(&self, message: &str) {
        self.world.borrow_mut().say(self.who, message.as_bytes().to_vec());
    }

    /// Its connections to the shop break, none can be had from now on, and whoever held it puts it down.
    pub fn is_unplugged(&self) {
        self.act(|far_end, _| far_end.is_unplugged());
        self.world.borrow_mut().break_streams(self.who);
    }

    /// Its connections to the shop break; new ones can be had.
    pub fn loses_its_connection(&self) {
        self.world.borrow_mut().break_streams(self.who);
    }

    /// Datagrams of line ends alone that came.
    pub fn line_ends(&self) -> Vec<Vec<u8>> {
        self.see(|far_end| far_end.line_ends.clone())
    }

    /// Says nonsense by its connection to the shop.
    pub fn garbles(&self) {
        self.world.borrow_mut().garble(self.who);
    }

    fn last_leg<T>(&self, look: impl FnOnce(&Leg) -> T) -> T {
        self.see(|far_end| look(far_end.legs.last().unwrap_or_else(|| panic!("{} has had no call", far_end.name))))
    }

    pub(crate) fn see<T>(&self, look: impl FnOnce(&FarEnd) -> T) -> T {
        look(&self.world.borrow().far_ends[self.who])
    }

    pub(crate) fn act<T>(&self, act: impl FnOnce(&mut FarEnd, Duration) -> T) -> T {
        self.world.borrow_mut().act(self.who, act)
    }
}

/// The number or user that an INVITE shows.
fn shown_number(invite: &Text) -> String {
    uri_of(invite.must("from")).trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned()
}

/// The oldest call that waits for an answer here.
fn waiting(far_end: &FarEnd) -> Option<usize> {
    far_end.legs.iter().position(|leg| matches!(leg.phase, Phase::Trying | Phase::Ringing))
}

/// A phone that is picked up by itself so long after its INVITE, without a ring before.
pub fn picks_up_by_itself(after: &str) -> Habit {
    Habit { rings_after: None, then: Some((time(after), crate::phone::Act::PickUp)) }
}

/// The address in a URI such as a Contact's.
pub fn contact_address(message: &Text) -> Option<std::net::SocketAddr> {
    address_of(uri_of(message.get("contact")?))
}
