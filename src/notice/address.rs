//! Where a notice goes, as the owner writes it.

use std::fmt;
use std::net::IpAddr;

/// No address that anybody uses is longer.
const MOST_BYTES: usize = 2000;

/// Where notices go. It is as good as a password where it names a topic that anybody may read: it never prints whole.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A page that takes plain text by POST, as ntfy does. By http:// only on this machine or in a private network.
    Post { url: String, host: String },
    /// A mailbox.
    Mail { to: String },
}

/// Why an address was not taken. Says what to write instead, and nothing of the address but its scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("the scheme {0:?}, which nothing is sent by")]
    Scheme(String),
    #[error("something without a scheme")]
    NoScheme,
    #[error("http:// to the internet, where anybody reads along; write https://")]
    InTheOpen,
    #[error("an address without a host")]
    NoHost,
    #[error("a mailto: address without a name, an @ and a host, or with more than those")]
    NotAMailbox,
    #[error("spaces, control characters, or more than {MOST_BYTES} bytes")]
    Characters,
}

impl Address {
    /// Reads `https://…`, `http://…` to this machine or a private network, or `mailto:NAME@HOST`.
    ///
    /// # Errors
    /// See [`AddressError`].
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        if text.len() > MOST_BYTES || text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(AddressError::Characters);
        }
        let (scheme, rest) = text.split_once(':').ok_or(AddressError::NoScheme)?;
        match (scheme.to_ascii_lowercase().as_str(), rest.strip_prefix("//")) {
            ("https", Some(rest)) => Address::post(text, rest),
            ("http", Some(rest)) => match Address::post(text, rest)? {
                Address::Post { host, .. } if !is_near(&host) => Err(AddressError::InTheOpen),
                near => Ok(near),
            },
            ("mailto", None) => match is_mailbox(rest) {
                true => Ok(Address::Mail { to: rest.to_owned() }),
                false => Err(AddressError::NotAMailbox),
            },
            ("https" | "http", None) => Err(AddressError::NoHost),
            ("mailto", Some(_)) => Err(AddressError::NotAMailbox),
            // What only looks like a scheme may be anything, a secret too.
            (scheme, _) if is_scheme(scheme) => Err(AddressError::Scheme(scheme.to_owned())),
            _ => Err(AddressError::NoScheme),
        }
    }

    fn post(url: &str, rest: &str) -> Result<Address, AddressError> {
        let host = host_of(rest).ok_or(AddressError::NoHost)?;
        Ok(Address::Post { url: url.to_owned(), host: host.to_ascii_lowercase() })
    }

    /// As the owner wrote it, whole: for the owner's own file and the store.
    pub fn text(&self) -> String {
        match self {
            Address::Post { url, .. } => url.clone(),
            Address::Mail { to } => format!("mailto:{to}"),
        }
    }

    /// What may be said of it in the log: "ntfy.example", "a mailbox at example.com".
    pub fn for_the_log(&self) -> String {
        match self {
            Address::Post { host, .. } => host.clone(),
            Address::Mail { to } => format!("a mailbox at {}", to.rsplit_once('@').map_or("?", |(_, host)| host)),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.for_the_log())
    }
}

/// Whether only this machine or its network is meant: an address of theirs, or `localhost`. Any other name may lead
/// anywhere.
pub(crate) fn is_near(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => false,
    }
}

/// The host of what stands behind `scheme://` (RFC 3986 §3.2), without brackets.
pub(crate) fn host_of(rest: &str) -> Option<&str> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => rest.split_once(']').filter(|(ip, _)| ip.parse::<std::net::Ipv6Addr>().is_ok())?,
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let port_fits = match port.strip_prefix(':') {
        Some(port) => port.parse::<u16>().is_ok_and(|port| port != 0),
        None => port.is_empty(),
    };
    let plain = |c: char| c.is_alphanumeric() || ".-_:".contains(c);
    (!host.is_empty() && port_fits && host.chars().all(plain)).then_some(host)
}

/// RFC 3986 §3.1.
fn is_scheme(text: &str) -> bool {
    let rest = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.len() <= 20 && text.chars().all(rest)
}

/// One mailbox, and no header fields behind a `?` (RFC 6068 §2).
fn is_mailbox(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(['@', '?', ',', ';', '<', '>', '"', '%', '\\']);
    text.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_taken_come_back_as_they_were() {
        for (text, log) in [
            ("https://ntfy.example/ruiz", "ntfy.example"),
            ("https://user:pass@NTFY.example:8443/ruiz?auth=tk_1#x", "ntfy.example"),
            ("https://ntfy.example", "ntfy.example"),
            ("https://münchen.example/a", "münchen.example"),
            ("http://127.0.0.1:8080/a", "127.0.0.1"),
            ("http://localhost/a", "localhost"),
            ("http://192.168.1.9/a", "192.168.1.9"),
            ("http://10.0.0.1/a", "10.0.0.1"),
            ("http://[::1]:80/a", "::1"),
            ("http://[fd00::1]/a", "fd00::1"),
            ("mailto:owner@example.com", "a mailbox at example.com"),
        ] {
            let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(address.text(), text);
            assert_eq!((address.for_the_log().as_str(), format!("{address:?}").as_str()), (log, log));
        }
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        let open = ["http://ntfy.example/a", "http://8.8.8.8/a", "http://172.32.0.1", "http://127.0.0.1.example/"];
        let open = open.into_iter().chain(["http://127.0.0.1@evil.example/", "http://[2001:db8::1]/"]);
        open.for_each(|text| assert_eq!(Address::parse(text), Err(AddressError::InTheOpen), "{text}"));
        for text in
            ["https://", "https:///a", "https://:80/a", "https://a:b/", "https://[::1/a", "https:a", "https://a:0"]
        {
            assert_eq!(Address::parse(text), Err(AddressError::NoHost), "{text}");
        }
        for text in
            ["mailto:", "mailto:a", "mailto:@b", "mailto:a@b@c", "mailto:a@b?cc=d@e", "mailto:a@b,c@d", "mailto://a@b"]
        {
            assert_eq!(Address::parse(text), Err(AddressError::NotAMailbox), "{text}");
        }
        for text in ["https://a b/", "mailto:a@b\r\nBcc: c@d", "https://a/\u{7}"] {
            assert_eq!(Address::parse(text), Err(AddressError::Characters), "{text:?}");
        }
        assert_eq!(Address::parse("ntfy.example"), Err(AddressError::NoScheme));
        assert_eq!(Address::parse("ftp://a/b"), Err(AddressError::Scheme("ftp".to_owned())));
        assert_eq!(Address::parse("tel:+34600111222"), Err(AddressError::Scheme("tel".to_owned())));
        assert_eq!(Address::parse("my secret".replace(' ', "%").as_str()), Err(AddressError::NoScheme));
        assert!(Address::parse(&format!("https://a/{}", "b".repeat(MOST_BYTES))).is_err());
    }
}
