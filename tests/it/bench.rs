//! The bare machine on a bench: bytes in, bytes out, and a store and packet threads that always do as they are told. No
//! far ends: what comes in may be anything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ringall::caller::Callers;
use ringall::config::Srtp;
use ringall::now::UnixMs;
use ringall::routing::Plan;
use ringall::routing::plan::{Country, Language, Line, Phone, PhoneId, Shop as Wishes, ShopId};
use ringall::switchboard::{Gauges, Input, Output, SocketId};

use crate::fake_media::FakeMedia;
use crate::machine::{self, Router, SHOP, Switchboard};
use crate::text::Text;

/// A carrier's address.
pub const CARRIER: &str = "203.0.113.99:5060";
/// Where the phone with a fixed address is.
pub const WORKSHOP: &str = "192.0.2.11:5060";
/// Nobody's.
pub const ELSEWHERE: &str = "198.51.100.66:5060";

const MORNING: UnixMs = UnixMs(1_795_168_800_000);

pub struct Bench {
    machine: Switchboard,
    media: FakeMedia,
    now: Duration,
}

/// What the machine sent.
pub struct Said {
    pub to: SocketAddr,
    pub text: Text,
}

impl Bench {
    /// An open shop with the phone Workshop at its fixed address and these that register.
    pub fn with(registering: Vec<Line>) -> Bench {
        let workshop = Line::Fixed { contact: format!("sip:workshop@{WORKSHOP}") };
        let phones = registering.into_iter().chain([workshop]).zip(1..);
        let phones = phones.map(|(line, id)| Phone {
            id: PhoneId(id),
            name: Arc::from(format!("Phone {id}")),
            line,
            after: Duration::ZERO,
            hours: None,
            off_until: None,
        });
        let wishes = Wishes {
            id: ShopId(1),
            name: "Ferretería Ruiz".to_owned(),
            time_zone: chrono_tz::Europe::Madrid,
            country: Country(*b"ES"),
            calls_to: Vec::new(),
            call_back_ring: true,
            drill_before_opening: false,
            greeting: Default::default(),
            language: Language::En,
            hours: None,
            numbers: Vec::new(),
            give_up_after: Duration::from_secs(30),
            notify: Vec::new(),
            phones: phones.collect(),
            closures: Vec::new(),
            hours_override: None,
            blocked: Default::default(),
        };
        let way_out = machine::WayOut::default();
        let callers = Callers::default();
        let machine = machine::start(1, callers, Vec::new(), Vec::new(), Router::None, Srtp::Preferred, &way_out);
        let mut bench = Bench { machine, media: FakeMedia::default(), now: Duration::ZERO };
        bench.hand_in(Input::PlanChanged(Arc::new(Plan { version: 1, shops: vec![Arc::new(wishes)] })));
        bench
    }

    /// A datagram comes from this address.
    pub fn receive(&mut self, from: &str, bytes: &[u8]) -> Vec<Said> {
        let from = from.parse().expect("an address and a port");
        let admitted = self.machine.admit(machine::at(MORNING, self.now), SocketId(0), from, bytes);
        admitted.map(|datagram| self.hand_in(Input::Datagram { datagram, local: SHOP.ip() })).unwrap_or_default()
    }

    /// Lets time pass, with every timer that is due in it.
    pub fn wait(&mut self, time: Duration) -> Vec<Said> {
        let end = self.now + time;
        let mut said = Vec::new();
        while let Some(due) = self.machine.poll_timeout().filter(|due| due.0 <= end) {
            self.now = self.now.max(due.0);
            said.extend(self.hand_in(Input::Timeout));
        }
        self.now = end;
        said
    }

    pub fn gauges(&self) -> Gauges {
        self.machine.gauges()
    }

    fn hand_in(&mut self, input: Input<'_>) -> Vec<Said> {
        self.machine.handle(machine::at(MORNING, self.now), input);
        let mut said = Vec::new();
        while let Some(output) = self.machine.poll_output() {
            let answer = match output {
                Output::Send { to, bytes, .. } => {
                    said.push(Said { to, text: Text::read(&bytes) });
                    None
                }
                Output::Record { ticket, .. } => Some(Input::Recorded { ticket }),
                Output::KeepBindings { ticket, .. } => Some(Input::BindingsKept { ticket }),
                Output::Resolve { ticket, protocol, host, port } => {
                    let to = host.parse().ok().map(|ip| SocketAddr::new(ip, port.unwrap_or(5060)));
                    let interfaces = machine::interfaces();
                    let route = to.and_then(|to| interfaces.hop_to(protocol, to, machine::shop_for(to).ip()));
                    Some(Input::Resolved { ticket, routes: route.into_iter().collect() })
                }
                Output::Locate { ticket, .. } => Some(Input::Located { ticket, servers: Vec::new() }),
                // Nobody listens anywhere.
                Output::Connect { flow, .. } => Some(Input::FlowFailed { flow }),
                Output::Write { .. } | Output::Trust { .. } | Output::Close { .. } | Output::Acquaintances(_) => None,
                Output::Media(command) => {
                    self.media.perform(self.now, command).into_iter().next().map(|(_, fact)| Input::Media(fact))
                }
                Output::Log(_) | Output::Seen { .. } | Output::PhoneRings { .. } => None,
                Output::Reply { .. } | Output::Twilio(_) => None,
                Output::Trunk { .. } | Output::Notify { .. } => None,
            };
            if let Some(answer) = answer {
                said.extend(self.hand_in(answer));
            }
        }
        said
    }
}
