//! The machine under test, and what the harness needs from it: one place to look at when its interface changes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ringall::config::{Peer, Prefix, Trunk};
use ringall::door::sip::RegistrationSettings;
use ringall::now::{Now, UnixMs};
use ringall::number::Number;
use ringall::routing::plan::ShopId;
use ringall::sip::auth::{Algorithm, NonceSecret};
use ringall::sip::registrar::KeptUser;
use ringall::{caller, media};

pub use ringall::switchboard::{Settings, Switchboard};

/// Where the shop's SIP socket is.
pub const SHOP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 5060);
/// The carrier's callers come from here.
const CARRIER: Prefix = Prefix { address: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 0)), length: 24 };

/// A machine as an earlier run has left its registrations, with the carrier's trunk and those that it registers with.
pub fn start(
    seed: u64,
    callers: caller::Callers,
    kept: Vec<(String, KeptUser)>,
    registered: Vec<Trunk>,
) -> Switchboard {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let carrier = Trunk { name: "carrier".to_owned(), peers: vec![Peer::Prefix(CARRIER)], register: None };
    let settings = Settings {
        sockets: vec![SHOP],
        external_ip: None,
        local_networks: vec![],
        registrations: RegistrationSettings {
            realm: "ringall".to_owned(),
            digest: Algorithm::Md5,
            secret: NonceSecret([7; 32]),
            kept,
        },
        trunks: [carrier].into_iter().chain(registered).collect(),
    };
    Switchboard::new(bytes, settings, media::Ports::new(2), callers)
}

pub fn number(e164: &str) -> Number {
    Number::from_e164(e164).unwrap_or_else(|| panic!("{e164} is no number"))
}

/// Callers the shop knows: number, name, calls so far.
pub fn callers(shop: ShopId, known: &[(String, String, u32)]) -> caller::Callers {
    let mut callers = caller::Callers::default();
    for (e164, name, calls) in known {
        let entry = caller::Entry { name: name.clone(), calls: *calls, last_spoken: None };
        callers.insert(shop, number(e164), entry);
    }
    callers
}

pub fn at(wall: UnixMs, elapsed: std::time::Duration) -> Now {
    Now { mono: ringall::now::Mono(elapsed), wall: wall + elapsed }
}
