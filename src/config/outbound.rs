//! How calls go out through a carrier: to numbers that phones dial, and to the staff's cells.

use std::net::SocketAddr;

use crate::sip::uri::{Scheme, Uri};
use crate::toml_file::Section;

use super::{ConfigError, Peer, Register};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// Where INVITEs are sent.
    pub proxy: Uri,
    /// The host of the numbers that are called, and of ours: the registrar's where we register.
    pub domain: String,
    pub port: Option<u16>,
    pub shown_as: ShownAs,
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
    /// Reads `outbound_proxy` and `caller_id`. Without a proxy calls go to the registrar, and without that to the first peer
    /// that is one address.
    pub(super) fn read(
        section: &mut Section<'_>,
        register: Option<&Register>,
        peers: &[Peer],
    ) -> Result<Option<Outbound>, ConfigError> {
        let shown_as = match section.text("caller_id")? {
            Some(found) => found.parse("\"shop\" or \"caller\"", |text| match text {
                "shop" => Some(ShownAs::Shop),
                "caller" => Some(ShownAs::Caller),
                _ => None,
            })?,
            None => ShownAs::default(),
        };
        let proxy = section.text("outbound_proxy")?.filter(|found| !found.value.is_empty());
        let proxy = proxy.map(|found| {
            found.parse("sip:HOST or sip:HOST:PORT, with ;transport=tcp perhaps", |text| {
                let uri = Uri::parse(text).ok()?;
                (uri.scheme == Scheme::Sip && uri.user.is_none() && !text.contains('?')).then_some(uri)
            })
        });
        let registrar = register.map(|account| (account.host.clone(), account.port));
        let peer = || peers.iter().find_map(Peer::single).map(SocketAddr::from);
        let (proxy, domain) = match (proxy.transpose()?, registrar, peer()) {
            (Some(proxy), Some(domain), _) => (proxy, domain),
            (Some(proxy), None, _) => {
                let domain = (proxy.host.clone(), proxy.port);
                (proxy, domain)
            }
            (None, Some((host, port)), _) => (Uri::sip(None, &host, port), (host, port)),
            (None, None, Some(peer)) => {
                let (host, port) = (peer.ip().to_string(), (peer.port() != DEFAULT_PORT).then_some(peer.port()));
                (Uri::sip(None, &host, port), (host, port))
            }
            (None, None, None) => return Ok(None),
        };
        let (domain, port) = domain;
        Ok(Some(Outbound { proxy, domain, port, shown_as }))
    }
}

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
}
