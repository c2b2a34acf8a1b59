//! Via (RFC 3261 §20.42, RFC 3581).

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::text::{self, Quotes};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Via {
    /// Upper case: "UDP", "TCP", "TLS", "WS", "WSS", or what else came.
    pub transport: String,
    /// Lower case; an IPv6 address without brackets.
    pub host: String,
    pub port: Option<u16>,
    /// `branch`, `received`, `rport` and others in order; names lower case, values as written.
    pub params: Vec<(String, Option<String>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Via: write it like SIP/2.0/UDP host:port;branch=z9hG4bK1")]
pub struct ViaError;

impl Via {
    /// A Via of our own: asks for `rport`.
    pub fn new(transport: &str, host: &str, port: Option<u16>, branch: &str) -> Via {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let params = vec![("branch".to_owned(), Some(branch.to_owned())), ("rport".to_owned(), None)];
        Via { transport: transport.to_ascii_uppercase(), host, port, params }
    }

    /// Reads one value; spaces are allowed wherever RFC 3261 allows them.
    pub fn parse(text: &str) -> Result<Via, ViaError> {
        Self::read(text).ok_or(ViaError)
    }

    fn read(text: &str) -> Option<Via> {
        let (protocol, rest) = text.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        if !text::trim(protocol).eq_ignore_ascii_case("SIP") || text::trim(version) != "2.0" {
            return None;
        }
        let rest = text::trim(rest);
        let (transport, rest) = rest.split_once([' ', '\t'])?;
        if !text::is_token(transport) {
            return None;
        }
        let (sent_by, params) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
        let (host, port) = text::host_port(text::trim(sent_by))?;
        let params = text::params(params, Quotes::Kept).ok()?;
        if text::is_repeated(&params, "branch") {
            return None;
        }
        Some(Via { transport: transport.to_ascii_uppercase(), host, port, params })
    }

    /// The transaction's name. `None` when there is none (RFC 2543).
    pub fn branch(&self) -> Option<&str> {
        self.param("branch").filter(|branch| !branch.is_empty())
    }

    /// The value of the parameter `name` (lower case), as written: `Some("")` when it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        text::param(&self.params, name)
    }

    /// Sets the parameter `name` (lower case) in its place, or adds it at the end.
    pub fn set_param(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self.params.iter_mut().find(|(known, _)| known == name) {
            Some(param) => param.1 = value,
            None => self.params.push((name.to_owned(), value)),
        }
    }

    /// Writes down where the message really came from (RFC 3261 §18.2.1, RFC 3581 §4). A `received` or a filled
    /// `rport` that came with it is the sender's invention and goes.
    pub fn stamp(&mut self, source: SocketAddr) {
        let ip = source.ip().to_canonical();
        if self.param("rport").is_some() {
            self.set_param("rport", Some(&source.port().to_string()));
            self.set_param("received", Some(&ip.to_string()));
        } else if self.sent_by_ip() != Some(ip) {
            self.set_param("received", Some(&ip.to_string()));
        } else {
            self.params.retain(|(name, _)| name != "received");
        }
    }

    /// Where a response goes whose request came from `source` over UDP (RFC 3261 §18.2.2, RFC 3581 §4): always to the
    /// address it came from, so that nobody can point us at a third party; `maddr` is not looked at for the same
    /// reason. The port is the sender's when it asked for that (`rport`), or when its sent-by names another address
    /// than it came from: then it sits behind a NAT and did not know better. Else the port of sent-by.
    pub fn response_target(&self, source: SocketAddr) -> SocketAddr {
        let behind_nat = self.sent_by_ip().is_some_and(|ip| ip != source.ip().to_canonical());
        if self.param("rport").is_some() || behind_nat {
            return source;
        }
        SocketAddr::new(source.ip(), self.port.unwrap_or(self.default_port()))
    }

    /// The address in sent-by, where it is one and not a name.
    fn sent_by_ip(&self) -> Option<IpAddr> {
        self.host.parse().ok().map(|ip: IpAddr| ip.to_canonical())
    }

    fn default_port(&self) -> u16 {
        if matches!(self.transport.as_str(), "TLS" | "WSS") { 5061 } else { 5060 }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SIP/2.0/")?;
        f.write_str(&self.transport)?;
        f.write_str(" ")?;
        text::write_host_port(f, &self.host, self.port)?;
        text::write_params(f, &self.params)
    }
}

/// The values of a Via line, each as written. An empty place is refused: it would be an empty hop.
pub(super) fn values(text: &str) -> impl Iterator<Item = Result<&str, ViaError>> {
    text::values(text).map(|value| if value.is_empty() { Err(ViaError) } else { Ok(value) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(text: &str) -> Via {
        Via::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_via_is_read_whatever_its_spaces() {
        let read = via("SIP  /    2.0   / udp  Host.Example : 5070  ; branch=   z9hG4bK30239 ;rport");
        assert_eq!(read.to_string(), "SIP/2.0/UDP host.example:5070;branch=z9hG4bK30239;rport");
        assert_eq!(read.branch(), Some("z9hG4bK30239"));
        let six = via("SIP/2.0/TCP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111");
        assert_eq!((six.host.as_str(), six.port), ("2001:db8::9:1", None));
        assert_eq!(six.to_string(), "SIP/2.0/TCP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111");
        assert_eq!(via("SIP/2.0/UNKNOWN t4.example.com").branch(), None);
    }

    #[test]
    fn what_is_no_via_is_refused() {
        for text in [
            "",
            "SIP/2.0/UDP",
            "SIP/7.0/UDP a",
            "SIP/2.0/U<P a",
            "HTTP/2.0/TCP a",
            "SIP/2.0/UDP a;;",
            "SIP/2.0/UDP ;a",
            "SIP/2.0/UDP a;branch=1;branch=2",
            "SIP/2.0/UDP 2001:db8::1",
            "SIP/2.0/UDP a b",
        ] {
            assert_eq!(Via::parse(text), Err(ViaError), "{text:?}");
        }
    }

    #[test]
    fn a_response_goes_back_where_its_request_came_from() {
        for (text, source, target) in [
            // RFC 3261 §18.2.2: the source's address, sent-by's port.
            ("SIP/2.0/UDP host5.example.net", "192.0.2.9:40000", "192.0.2.9:5060"),
            ("SIP/2.0/UDP host5.example.net:5070", "192.0.2.9:40000", "192.0.2.9:5070"),
            ("SIP/2.0/UDP 192.0.2.9:5070", "192.0.2.9:40000", "192.0.2.9:5070"),
            ("SIP/2.0/UDP [2001:db8::1]", "[2001:db8::1]:9", "[2001:db8::1]:5060"),
            // RFC 3581 §4.
            ("SIP/2.0/UDP host5.example.net:5070;rport", "192.0.2.9:40000", "192.0.2.9:40000"),
            // Behind a NAT, and silent about it.
            ("SIP/2.0/UDP 10.0.0.5:5060", "192.0.2.9:40000", "192.0.2.9:40000"),
            // Nobody points us at somebody else.
            ("SIP/2.0/UDP a;maddr=198.51.100.1;received=198.51.100.2", "192.0.2.9:40000", "192.0.2.9:5060"),
        ] {
            let (source, target): (SocketAddr, SocketAddr) = (source.parse().unwrap(), target.parse().unwrap());
            assert_eq!(via(text).response_target(source), target, "{text}");
            let mut stamped = via(text);
            stamped.stamp(source);
            assert_eq!(stamped.response_target(source), target, "{text}, stamped");
        }
    }

    #[test]
    fn the_stamp_tells_the_truth() {
        for (text, stamped) in [
            ("SIP/2.0/UDP a:1;rport;branch=b", "SIP/2.0/UDP a:1;rport=40000;branch=b;received=192.0.2.9"),
            ("SIP/2.0/UDP a:1;branch=b", "SIP/2.0/UDP a:1;branch=b;received=192.0.2.9"),
            ("SIP/2.0/UDP 192.0.2.9;branch=b;received=9.9.9.9", "SIP/2.0/UDP 192.0.2.9;branch=b"),
            ("SIP/2.0/UDP 10.0.0.1;received=9.9.9.9;rport=7", "SIP/2.0/UDP 10.0.0.1;received=192.0.2.9;rport=40000"),
        ] {
            let mut via = via(text);
            via.stamp("[::ffff:192.0.2.9]:40000".parse().unwrap());
            assert_eq!(via.to_string(), stamped);
        }
    }
}
