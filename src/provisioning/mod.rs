//! What a desk phone is told when it is connected by a link: one account with a new password, calls from here alone, a
//! ring that outlasts the shop's patience, and no missed call for what a colleague picked up. Each maker has a file of its
//! own; what is in it is the same.

mod file;
mod grandstream;
mod linphone;
mod poly;
mod snom;
mod text;
mod wall_clock;
mod yealink;

use std::net::IpAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;

use crate::config::{Config, Srtp};
use crate::hex::hex;
use crate::now::UnixMs;
use crate::plain_text::visible;
use crate::routing::plan::{Language, Phone, Shop};
use crate::sip::auth::Algorithm;
use wall_clock::WallClock;

pub use file::{File, Format, Hardware, Taker};

/// What every phone of the installation is told alike.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where phones fetch their settings, such as `https://phone.example.com`; no slash at the end.
    pub base: String,
    pub registrar: Registrar,
    pub realm: String,
    pub digest: Algorithm,
    /// The names of the carriers that the machine's file has: people are told, phones are not.
    pub carriers: Vec<String>,
}

/// Where phones register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registrar {
    /// A name or an address; IPv6 in brackets.
    pub host: String,
    pub port: u16,
    pub transport: Transport,
}

/// By what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Udp,
    /// With what is asked of the sound.
    Tls(Srtp),
}

impl Site {
    /// `udp_port` and `tls_port`: where we listen; the second only where TLS is set up, which is then what phones use.
    pub fn new(config: &Config, udp_port: u16, tls_port: Option<u16>) -> Site {
        let base = config.web.public_url.clone();
        let (port, transport) = match tls_port {
            Some(port) => (port, Transport::Tls(config.media.srtp)),
            None => (udp_port, Transport::Udp),
        };
        let registrar = Registrar { host: host(&base).to_owned(), port, transport };
        let carriers = config.trunks.iter().map(|trunk| trunk.name.clone()).collect();
        Site { base, registrar, realm: config.sip.realm.clone(), digest: config.sip.digest, carriers }
    }

    /// Whether only this machine itself can open a link.
    pub fn is_here_alone(&self) -> bool {
        is_loopback(host(&self.base))
    }

    /// Whether only a phone on this machine can register where phones are told to.
    pub fn registers_here_alone(&self) -> bool {
        is_loopback(&self.registrar.host)
    }

    /// Phones register at this address, unless the owner has said that there is a name for it.
    pub fn reached_at(mut self, address: Option<IpAddr>) -> Site {
        if let Some(address) = address.filter(|_| self.registers_here_alone()) {
            self.registrar.host = match address {
                IpAddr::V4(v4) => v4.to_string(),
                IpAddr::V6(v6) => format!("[{v6}]"),
            };
        }
        self
    }

    /// Whether what a phone fetches, its password too, can be read on the way.
    pub fn is_in_the_open(&self) -> bool {
        !self.base.to_ascii_lowercase().starts_with("https://")
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Of a URL, without its port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(end) = authority.find(']') {
        return &authority[..=end];
    }
    authority.split(':').next().unwrap_or_default()
}

/// A phone asks again this often whether it is known; half of it is how long a router forgets it at most.
const EXPIRES_S: u32 = 300;
/// A phone rings so much longer than a caller is let wait: we end the ringing, never the phone.
const RINGS_ON: Duration = Duration::from_secs(30);
/// Characters of a name on a phone's display; the largest show fewer.
const MOST_NAME: usize = 60;

/// What one phone is told.
pub struct Settings<'a> {
    site: &'a Site,
    user: &'a str,
    password: &'a SecretString,
    /// One line, without characters that only change how others look.
    name: String,
    language: Language,
    clock: WallClock,
    ring_s: u64,
}

impl<'a> Settings<'a> {
    /// For `phone` of `shop`, which registers as `user`; `now` tells which year's clock changes count.
    pub fn new(
        site: &'a Site,
        shop: &Shop,
        phone: &Phone,
        user: &'a str,
        password: &'a SecretString,
        now: UnixMs,
    ) -> Settings<'a> {
        Settings {
            site,
            user,
            password,
            name: visible(&phone.name).take(MOST_NAME).collect::<String>().trim().to_owned(),
            language: shop.language,
            clock: WallClock::of(shop.time_zone, now),
            ring_s: (shop.give_up_after + RINGS_ON).as_secs(),
        }
    }

    /// The file, as its maker's phones read it.
    pub fn written(&self, format: Format) -> String {
        match format {
            Format::Yealink(_) => yealink::written(self),
            Format::Grandstream(hardware) => grandstream::written(self, hardware),
            Format::Snom(_) => snom::written(self),
            Format::Poly(_) => poly::written(self),
            Format::Linphone => linphone::written(self),
        }
    }

    fn registrar(&self) -> &Registrar {
        &self.site.registrar
    }
}

/// The password that goes with a link: made of the link's own secret and of what we keep of it, so that neither gives it
/// away. 128 bits, in characters that every phone takes.
pub fn password(secret: &str, salt: &str) -> SecretString {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(b"sip password:");
    mac.update(secret.as_bytes());
    SecretString::from(hex(&mac.finalize().into_bytes()[..16]))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn phones_register_where_they_fetched() {
        for (url, expected) in [
            ("https://phone.example.com", "phone.example.com"),
            ("http://192.168.1.5:8080", "192.168.1.5"),
            ("http://[2001:db8::5]:8080", "[2001:db8::5]"),
            ("https://phone.example.com/ringall", "phone.example.com"),
        ] {
            assert_eq!(host(url), expected);
        }
    }

    #[test]
    fn what_reaches_nobody_or_can_be_read_is_known() {
        let site = |url: &str| {
            let mut config = Config::default();
            config.web.public_url = url.to_owned();
            Site::new(&config, 5060, None)
        };
        for here in ["http://localhost:8080", "https://LOCALHOST", "http://127.0.0.1", "http://[::1]:8080"] {
            assert!(site(here).is_here_alone(), "{here}");
        }
        assert!(!site("http://192.168.1.5:8080").is_here_alone());
        assert!(site("http://192.168.1.5:8080").is_in_the_open());
        assert!(!site("https://phone.example.com").is_in_the_open());
    }

    #[test]
    fn where_tls_is_set_up_phones_use_it() {
        let config = Config::default();
        assert_eq!(Site::new(&config, 5060, None).registrar.transport, Transport::Udp);
        let registrar = Site::new(&config, 5060, Some(5061)).registrar;
        assert_eq!((registrar.port, registrar.transport), (5061, Transport::Tls(Srtp::Preferred)));
    }

    #[test]
    fn a_password_needs_the_link_and_the_salt() {
        let [one, same, other_link, other_salt] =
            [("a", "1"), ("a", "1"), ("b", "1"), ("a", "2")].map(|(secret, salt)| password(secret, salt));
        assert_eq!(one.expose_secret(), same.expose_secret());
        assert_eq!(one.expose_secret().len(), 32);
        assert_ne!(one.expose_secret(), other_link.expose_secret());
        assert_ne!(one.expose_secret(), other_salt.expose_secret());
    }
}
