//! The machine under test, and what the harness needs from it: one place to look at when its interface changes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use std::num::NonZeroU16;

use ringall::config::{Outbound, Peer, Prefix, Profile, ShownAs, Srtp, Trunk};
use ringall::door::sip::RegistrationSettings;
use ringall::door::twilio::{RingBy, TwilioSettings};
use ringall::now::{Now, UnixMs};
use ringall::number::Number;
use ringall::routing::plan::ShopId;
use ringall::sip::auth::{Algorithm, NonceSecret};
use ringall::sip::hop::Interfaces;
use ringall::sip::registrar::KeptUser;
use ringall::sip::uri::Uri;
use ringall::{caller, media};

pub use ringall::switchboard::{Settings, Switchboard};

use crate::carrier_twilio::PUBLIC_URL;
use crate::gateway::{GATEWAY, SECOND};

/// Where the shop's SIP socket is.
pub const SHOP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 5060);
/// The same over IPv6.
pub const SHOP_V6: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1)), 5060);
/// Where the world finds the shop when a router stands before it, and what that router serves.
pub const OUTSIDE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)), 5060);
pub const INSIDE: Prefix = Prefix { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 0)), length: 24 };
/// The carrier's callers come from here.
const CARRIER: Prefix = Prefix { address: IpAddr::V4(Ipv4Addr::new(203, 0, 113, 0)), length: 24 };
const CARRIER_V6: Prefix =
    Prefix { address: IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0x203, 0, 0, 0, 0, 0)), length: 48 };

/// What the carrier is called where it has a name.
pub const CARRIER_NAME: &str = "carrier.example";
/// The installation's own.
pub const SECRET: NonceSecret = NonceSecret([7; 32]);

/// What stands between the shop and the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Router {
    None,
    /// Its address is [`OUTSIDE`], [`INSIDE`] it everybody has an address of their own, and the shop's ports are forwarded.
    Translates,
}

/// A machine as an earlier run has left its registrations, with the carrier's trunk and those that it registers with.
pub fn start(
    seed: u64,
    callers: caller::Callers,
    kept: Vec<(String, KeptUser)>,
    registered: Vec<Trunk>,
    router: Router,
    srtp: Srtp,
    way_out: &WayOut,
) -> Switchboard {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let settings = Settings { srtp, ..settings(kept, registered, router, way_out) };
    Switchboard::new(bytes, settings, media::Ports::new(2), callers)
}

/// Where the shop's sockets and listeners are.
pub fn interfaces() -> Interfaces {
    settings(Vec::new(), Vec::new(), Router::None, &WayOut::default()).interfaces()
}

/// How calls go out.
#[derive(Clone, Copy, Debug, Default)]
pub struct WayOut {
    pub shown_as: ShownAs,
    pub channels: Option<NonZeroU16>,
    pub by: By,
    /// Then by another carrier, which knows its address too.
    pub second: bool,
    /// Its name has two servers: [`GATEWAY`], and [`SECOND`] for when that is away.
    pub by_name: bool,
    /// What that carrier wants; `None`: the usual.
    pub profile: Option<&'static Profile>,
    pub webhooks: Webhooks,
}

/// How calls that come by webhook are rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Webhooks {
    /// The caller is brought to our SIP port.
    #[default]
    Sip,
    /// So too, and cells are rung by their numbers.
    Dial,
    /// Cells alone.
    Numbers,
}

impl WayOut {
    pub fn profile(&self) -> &'static Profile {
        self.profile.unwrap_or(Profile::generic())
    }
}

/// Which carriers take calls of the shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// The one that knows its address.
    #[default]
    Address,
    /// The one that it registers with.
    Registrar,
    Both,
}

/// Calls through this host.
pub fn outbound(host: &str, shown_as: ShownAs) -> Outbound {
    outbound_of(Profile::generic(), host, shown_as)
}

/// Calls through this host, as this profile wants them.
pub fn outbound_of(profile: &Profile, host: &str, shown_as: ShownAs) -> Outbound {
    let proxy = Uri::sip(None, host, None);
    let Profile { numbers, from, identity, .. } = *profile;
    let ask_every = Some(Duration::from_secs(30));
    Outbound { proxy, domain: host.to_owned(), port: None, shown_as, ask_every, numbers, from, identity }
}

/// Where each family's listener for TLS is: at the shop's address, on the next port.
fn tls(shop: SocketAddr) -> SocketAddr {
    SocketAddr::new(shop.ip(), 5061)
}

/// UDP, TCP and TLS at one address of each family.
fn settings(kept: Vec<(String, KeptUser)>, registered: Vec<Trunk>, router: Router, way_out: &WayOut) -> Settings {
    let WayOut { shown_as, channels, by, second, by_name, profile: _, webhooks: _ } = *way_out;
    let called = way_out.profile().called.to_vec();
    let mut peers = vec![Peer::Prefix(CARRIER), Peer::Prefix(CARRIER_V6)];
    peers.extend(by_name.then_some(Peer::Exactly(SECOND)));
    let outbound_by_address = (by != By::Registrar).then(|| {
        let host = if by_name { CARRIER_NAME.to_owned() } else { GATEWAY.ip().to_string() };
        outbound_of(way_out.profile(), &host, shown_as)
    });
    let second = second.then(|| Trunk {
        name: "second".to_owned(),
        peers: vec![Peer::Exactly(SECOND)],
        register: None,
        outbound: Some(outbound(&SECOND.ip().to_string(), shown_as)),
        channels: None,
        called: called.clone(),
        authority: None,
    });
    let carrier = Trunk {
        name: "carrier".to_owned(),
        peers,
        register: None,
        outbound: outbound_by_address,
        channels,
        called,
        authority: None,
    };
    Settings {
        sockets: vec![SHOP, SHOP_V6],
        tcp: vec![SHOP, SHOP_V6],
        tls: vec![tls(SHOP), tls(SHOP_V6)],
        srtp: Srtp::Preferred,
        external_ip: (router == Router::Translates).then_some(OUTSIDE.ip()),
        local_networks: if router == Router::Translates { vec![INSIDE] } else { Vec::new() },
        twilio: Some(TwilioSettings {
            public_url: PUBLIC_URL.to_owned(),
            profile: ringall::twilio::Profile::Twilio,
            ring: if way_out.webhooks == Webhooks::Sip { RingBy::Sip } else { RingBy::Dial },
            sip: (way_out.webhooks != Webhooks::Numbers).then(|| Uri::sip(None, "pbx.example", None)),
        }),
        registrations: RegistrationSettings {
            realm: "ringall".to_owned(),
            digest: Algorithm::Md5,
            secret: SECRET,
            kept,
        },
        trunks: [carrier].into_iter().chain(second).chain(registered).collect(),
    }
}

/// The shop's address for somebody of this family.
pub fn shop_for(peer: SocketAddr) -> SocketAddr {
    if peer.is_ipv4() { SHOP } else { SHOP_V6 }
}

pub fn is_shop(address: SocketAddr) -> bool {
    [SHOP, SHOP_V6, OUTSIDE].contains(&address)
}

pub fn number(e164: &str) -> Number {
    Number::from_e164(e164).unwrap_or_else(|| panic!("{e164} is no number"))
}

/// Callers the shop knows: number, name, calls so far.
pub fn callers(shop: ShopId, known: &[(String, String, u32)], never_called_back: &[String]) -> caller::Callers {
    let mut callers = caller::Callers::default();
    for (e164, name, calls) in known {
        let entry = caller::Entry { name: name.clone(), calls: *calls, ..caller::Entry::default() };
        callers.insert(shop, number(e164), entry);
    }
    for e164 in never_called_back {
        callers.never_call_back(shop, number(e164));
    }
    callers
}

pub fn at(wall: UnixMs, elapsed: std::time::Duration) -> Now {
    Now { mono: ringall::now::Mono(elapsed), wall: wall + elapsed }
}
