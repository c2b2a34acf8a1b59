//! How calls go out through a carrier: to numbers that phones dial, and to the staff's cells.

use std::net::SocketAddr;
use std::time::Duration;

use crate::sip::uri::{Scheme, Uri};
use crate::toml_file::Section;

use super::{ConfigError, FromUser, Identity, NumberFormat, Peer, Profile, Register};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// Where INVITEs are sent.
    pub proxy: Uri,
    /// The host of the numbers that are called, and of ours: the registrar's where we register.
    pub domain: String,
    pub port: Option<u16>,
    pub shown_as: ShownAs,
    /// How often a carrier that we do not register with is asked whether it is there; `None`: never.
    pub ask_every: Option<Duration>,
    /// How numbers are written, those that are called and ours.
    pub numbers: NumberFormat,
    pub from: FromUser,
    /// Where the number to be shown stands besides From.
    pub identity: Option<Identity>,
}

/// Whose number a cell displays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShownAs {
    /// The shop's: every carrier lets that pass.
    #[default]
    Shop,
    /// The caller's, where the carrier lets it pass.
    Caller,
}

impl Outbound {
    /// Reads `outbound_proxy`, `caller_id`, `ask_every_s`, `numbers`, `from_user` and `identity`. Without a proxy calls go
    /// to the registrar, without that to the one host of the carrier's, and without that to the first peer that is one
    /// address.
    pub(super) fn read(
        section: &mut Section<'_>,
        register: Option<&Register>,
        peers: &[Peer],
        profile: &Profile,
    ) -> Result<Option<Outbound>, ConfigError> {
        let shown_as = match section.text("caller_id")? {
            Some(found) => found.parse("\"shop\" or \"caller\"", |text| match text {
                "shop" => Some(ShownAs::Shop),
                "caller" => Some(ShownAs::Caller),
                _ => None,
            })?,
            None => ShownAs::default(),
        };
        let numbers = match section.text("numbers")? {
            Some(found) => {
                let expected =
                    "\"+e164\", \"e164\", \"00\", \"north-american\" or \"national:COUNTRY\" such as \"national:ES\"";
                found.parse(expected, NumberFormat::parse)?
            }
            None => profile.numbers,
        };
        let from = match section.text("from_user")? {
            Some(found) => found.parse("\"account\" or \"number\"", FromUser::parse)?,
            None => profile.from,
        };
        let identity = match section.text("identity")? {
            Some(found) => {
                let expected = "\"p-asserted-identity\", \"p-preferred-identity\", \"remote-party-id\" or \"\"";
                found.parse(expected, Identity::parse)?
            }
            None => profile.identity,
        };
        let ask_every = section.integer("ask_every_s", 0..=LONGEST_ASK_EVERY_S)?;
        let ask_every = ask_every.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(ASK_EVERY_S);
        let ask_every = (ask_every > 0).then_some(Duration::from_secs(ask_every));
        let proxy = section.text("outbound_proxy")?.filter(|found| !found.value.is_empty());
        let proxy = proxy.map(|found| {
            found.parse("sip:HOST or sip:HOST:PORT, with ;transport=tcp perhaps", |text| {
                let uri = Uri::parse(text).ok()?;
                (uri.scheme == Scheme::Sip && uri.user.is_none() && !text.contains('?')).then_some(uri)
            })
        });
        let registrar = register.map(|account| (account.host.clone(), account.port));
        let by = register.and_then(|account| account.protocol.param());
        let registrar = registrar.or_else(|| Some((profile.host.filter(|_| proxy.is_none())?.to_owned(), None)));
        let peer = || peers.iter().find_map(Peer::single).map(SocketAddr::from);
        let (proxy, domain) = match (proxy.transpose()?, registrar, peer()) {
            (Some(proxy), Some(domain), _) => (proxy, domain),
            (Some(proxy), None, _) => {
                let domain = (proxy.host.clone(), proxy.port);
                (proxy, domain)
            }
            (None, Some((host, port)), _) => {
                let proxy = Uri::sip(None, &host, port);
                let proxy = match by {
                    Some(transport) => proxy.with_param("transport", Some(transport)),
                    None => proxy,
                };
                (proxy, (host, port))
            }
            (None, None, Some(peer)) => {
                let (host, port) = (peer.ip().to_string(), (peer.port() != DEFAULT_PORT).then_some(peer.port()));
                (Uri::sip(None, &host, port), (host, port))
            }
            (None, None, None) => return Ok(None),
        };
        let (domain, port) = domain;
        Ok(Some(Outbound { proxy, domain, port, shown_as, ask_every, numbers, from, identity }))
    }
}

/// Below the two minutes after which the owner hears of a carrier that is gone, and not far above what routers remember
/// (RFC 4787 §4.3).
const ASK_EVERY_S: u64 = 30;
/// Asked less often than this, it would be of no use.
const LONGEST_ASK_EVERY_S: i64 = 3600;
/// RFC 3261 §19.1.2.
const DEFAULT_PORT: u16 = 5060;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn outbound(keys: &str) -> Option<Outbound> {
        let text = format!("[[trunk]]\nname = \"a\"\n{keys}");
        let files = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let config = Config::read(&text, Path::new("ringall.toml"), &|_| None, &files);
        config.unwrap_or_else(|error| panic!("{error}")).trunks.remove(0).outbound
    }

    /// Where INVITEs go, and the host of the numbers in them.
    fn way(keys: &str) -> (String, String) {
        let Outbound { proxy, domain, port, .. } = outbound(keys).expect("a way out");
        (proxy.to_string(), port.map_or(domain.clone(), |port| format!("{domain}:{port}")))
    }

    const ACCOUNT: &str = "register = \"sip:620@fritz.box\"\npassword = \"x\"\n";

    #[test]
    fn calls_go_to_the_proxy_or_the_registrar_or_the_one_peer() {
        let both = |to: &str| ("sip:".to_owned() + to, to.to_owned());
        assert_eq!(way(ACCOUNT), both("fritz.box"));
        let proxy = "outbound_proxy = \"sip:out.example:5070;transport=tcp\"\n";
        let way_of = way(&(ACCOUNT.to_owned() + proxy));
        assert_eq!(way_of, ("sip:out.example:5070;transport=tcp".to_owned(), "fritz.box".to_owned()));
        assert_eq!(way(&format!("peers = []\n{proxy}")).1, "out.example:5070");
        assert_eq!(way("peers = [\"203.0.113.0/24\", \"198.51.100.7:5080\"]"), both("198.51.100.7:5080"));
        assert_eq!(way("peers = [\"198.51.100.7\"]"), both("198.51.100.7"));
        assert_eq!(outbound("peers = [\"203.0.113.0/24\"]"), None, "which of them?");
    }

    #[test]
    fn the_shops_number_is_shown_unless_it_says_otherwise() {
        assert_eq!(outbound(ACCOUNT).unwrap().shown_as, ShownAs::Shop);
        assert_eq!(outbound(&format!("{ACCOUNT}caller_id = \"caller\"")).unwrap().shown_as, ShownAs::Caller);
    }

    #[test]
    fn what_the_owner_writes_stands_above_the_profile() {
        let sipgate = "profile = \"sipgate\"\nregister = \"1234567t0\"\npassword = \"x\"\n";
        let of = |keys: &str| {
            let Outbound { numbers, from, identity, .. } = outbound(&format!("{sipgate}{keys}")).unwrap();
            (numbers, from, identity)
        };
        assert_eq!(of(""), (NumberFormat::E164, FromUser::Account, Some(Identity::Preferred)));
        let all = "numbers = \"00\"\nfrom_user = \"number\"\nidentity = \"\"";
        assert_eq!(of(all), (NumberFormat::Zeros, FromUser::Number, None));
        assert_eq!(way(sipgate).0, "sip:sipconnect.sipgate.de");
        assert_eq!(way("profile = \"telnyx\"").0, "sip:sip.telnyx.com");
        assert_eq!(outbound("profile = \"twilio\""), None, "each trunk there has a name of its own");
        assert_eq!(way("profile = \"twilio\"\noutbound_proxy = \"sip:a.pstn.twilio.com\"").1, "a.pstn.twilio.com");
    }

    #[test]
    fn how_often_a_carrier_is_asked_can_be_said() {
        let every = |keys: &str| outbound(&format!("peers = [\"198.51.100.7\"]\n{keys}")).unwrap().ask_every;
        let s = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!([every(""), every("ask_every_s = 60"), every("ask_every_s = 0")], [s(30), s(60), None]);
    }
}
