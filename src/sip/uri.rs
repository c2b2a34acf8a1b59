//! `sip:`, `sips:` and `tel:` URIs (RFC 3261 §19.1, RFC 3966), and the one that calls for help wherever one is (RFC 5031).

use std::fmt;

use super::text::{self, Params};

/// A URI we can act upon.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Uri {
    pub scheme: Scheme,
    /// As written, escapes kept, with the `:password` should there be one; for `tel:` the number with its plus,
    /// for `urn:` what is asked for: `service:sos.fire`.
    /// `None`: no user part.
    pub user: Option<String>,
    /// Lower case; an IPv6 address without brackets. Empty for `tel:` and `urn:`.
    pub host: String,
    pub port: Option<u16>,
    /// `;name=value` in order, names lower case, values as written.
    pub params: Vec<(String, Option<String>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    Sip,
    Sips,
    Tel,
    /// `urn:service:sos` and what is below it; no other.
    Urn,
}

/// Why a text is no [`Uri`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// RFC 3261 §8.2.2.1: 416.
    #[error("the URI's scheme is not sip, sips or tel, nor is it urn:service:sos")]
    UnknownScheme,
    #[error("not a URI: write it like sip:user@host:port or tel:+15551234")]
    Malformed,
}

/// What calls for help is called, behind `urn:`.
const HELP: &str = "service:sos";

impl Uri {
    /// Reads a URI. Headers after a `?` are left out: they would let a stranger write into our requests.
    pub fn parse(text: &str) -> Result<Uri, UriError> {
        Self::parse_with_headers(text).map(|(uri, _)| uri)
    }

    /// Reads a URI, and says whether it had headers (`?name=value`), which are left out.
    pub(super) fn parse_with_headers(text: &str) -> Result<(Uri, bool), UriError> {
        let (scheme, rest) = text.split_once(':').ok_or(UriError::Malformed)?;
        if !is_visible(rest) {
            return Err(UriError::Malformed);
        }
        match scheme_of(scheme)? {
            Scheme::Tel => Ok((tel(rest)?, false)),
            Scheme::Urn => Ok((help(rest)?, false)),
            scheme => sip(scheme, rest),
        }
    }

    /// A `sip:` URI of our own making. `user` is any text: what the grammar does not allow in a user part is escaped.
    /// `host` is a name or an address, with or without brackets.
    pub fn sip(user: Option<&str>, host: &str, port: Option<u16>) -> Uri {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        Uri { scheme: Scheme::Sip, user: user.map(escaped), host, port, params: Params::new() }
    }

    /// The user part without password, its escapes read once: `%2541` is `%41`. Bytes that are not UTF-8 become `�`.
    /// For `tel:` the number, for `urn:` all of it. Empty when there is none.
    pub fn user_unescaped(&self) -> String {
        let user = self.user.as_deref().unwrap_or("");
        if self.scheme == Scheme::Urn {
            return user.to_owned();
        }
        unescaped(user.split_once(':').map_or(user, |(user, _password)| user))
    }

    /// The value of the parameter `name` (lower case), as written: `Some("")` when it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        text::param(&self.params, name)
    }

    /// Whether there is a parameter `name` (lower case), with or without value.
    pub fn has_param(&self, name: &str) -> bool {
        self.param(name).is_some()
    }

    /// The same URI with this parameter added, or replaced.
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> Uri {
        self.params.retain(|(known, _)| known != name);
        self.params.push((name.to_owned(), value.map(str::to_owned)));
        self
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Sip => "sip:",
            Scheme::Sips => "sips:",
            Scheme::Tel => "tel:",
            Scheme::Urn => "urn:",
        })?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if matches!(self.scheme, Scheme::Sip | Scheme::Sips) {
                f.write_str("@")?;
            }
        }
        text::write_host_port(f, &self.host, self.port)?;
        text::write_params(f, &self.params)
    }
}

fn scheme_of(text: &str) -> Result<Scheme, UriError> {
    if text.eq_ignore_ascii_case("sip") {
        return Ok(Scheme::Sip);
    }
    if text.eq_ignore_ascii_case("sips") {
        return Ok(Scheme::Sips);
    }
    if text.eq_ignore_ascii_case("tel") {
        return Ok(Scheme::Tel);
    }
    if text.eq_ignore_ascii_case("urn") {
        return Ok(Scheme::Urn);
    }
    let is_scheme = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    Err(if is_scheme { UriError::UnknownScheme } else { UriError::Malformed })
}

fn sip(scheme: Scheme, text: &str) -> Result<(Uri, bool), UriError> {
    // A raw `@` is allowed nowhere else, so a second one would mean that two readers see two hosts.
    let (user, rest) = match text.split_once('@') {
        Some((_, rest)) if rest.contains('@') => return Err(UriError::Malformed),
        Some((user, rest)) => ((!user.is_empty()).then(|| user.to_owned()), rest),
        None => (None, text),
    };
    let (rest, has_headers) = match rest.split_once('?') {
        Some((rest, _)) => (rest, true),
        None => (rest, false),
    };
    let (host, params) = rest.split_at(rest.find(';').unwrap_or(rest.len()));
    let (host, port) = text::host_port(host).ok_or(UriError::Malformed)?;
    Ok((Uri { scheme, user, host, port, params: params_of(params)? }, has_headers))
}

fn tel(text: &str) -> Result<Uri, UriError> {
    let (number, params) = text.split_at(text.find(';').unwrap_or(text.len()));
    let is_number = number.bytes().all(|b| b.is_ascii_hexdigit() || b"+-.()*#%".contains(&b));
    if number.is_empty() || !is_number {
        return Err(UriError::Malformed);
    }
    let user = Some(number.to_owned());
    Ok(Uri { scheme: Scheme::Tel, user, host: String::new(), port: None, params: params_of(params)? })
}

/// RFC 5031 §4.1: labels behind `sos` say whom one needs. Names are without case (§6).
fn help(text: &str) -> Result<Uri, UriError> {
    let name = text.to_ascii_lowercase();
    let labels = name.strip_prefix(HELP).ok_or(UriError::UnknownScheme)?;
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match labels.strip_prefix('.') {
        None if labels.is_empty() => {}
        Some(labels) if labels.split('.').all(is_label) => {}
        Some(_) | None => return Err(UriError::UnknownScheme),
    }
    Ok(Uri { scheme: Scheme::Urn, user: Some(name), host: String::new(), port: None, params: Params::new() })
}

/// Parameters of a URI. An escaped name is read, so that `%6C%72` is `lr`; values stay as written.
fn params_of(text: &str) -> Result<Params, UriError> {
    let mut params = text::params(text, text::Quotes::Kept).map_err(|_| UriError::Malformed)?;
    for (name, _) in params.iter_mut().filter(|(name, _)| name.contains('%')) {
        let plain = unescaped(name).to_ascii_lowercase();
        if text::is_token(&plain) && !plain.contains('%') {
            *name = plain;
        }
    }
    Ok(params)
}

/// No space, control character, quote, backslash or angle bracket: nothing that could end the URI early for another
/// reader.
fn is_visible(text: &str) -> bool {
    text::is_printable(text) && !text.bytes().any(|b| matches!(b, b' ' | b'<' | b'>' | b'"' | b'\\'))
}

/// Everything but RFC 3261's unreserved and user-unreserved characters as `%XX`.
fn escaped(user: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// `%XX` read once; a `%` that begins no escape stays.
pub(super) fn unescaped(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escape = match (byte, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escape {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn uris_come_out_as_they_went_in() {
        for text in [
            "sip:alice@atlanta.example",
            "sips:alice:secret@atlanta.example:5061;transport=tcp;lr",
            "sip:+15805550137@pbx.example;user=phone",
            "sip:[2001:db8::9]:5060;ob",
            "sip:bob@[2001:db8::9]",
            "sip:example.com",
            "tel:+34911234567",
            "tel:1001;phone-context=shop.example",
            "urn:service:sos",
            "urn:service:sos.fire",
            "sip:sips%3Auser%40example.com@example.net",
            "sip:user;par=u%40example.net@example.com",
            "sip:*98#@shop.example",
        ] {
            assert_eq!(uri(text).to_string(), text);
        }
    }

    #[test]
    fn the_parts_of_a_uri_are_told_apart() {
        let read = uri("SIP:user;par=u%40example.net@Example.COM:5070;Transport=TCP;lr");
        assert_eq!((read.scheme, read.host.as_str(), read.port), (Scheme::Sip, "example.com", Some(5070)));
        assert_eq!(read.user_unescaped(), "user;par=u@example.net");
        assert_eq!((read.param("transport"), read.has_param("lr"), read.has_param("par")), (Some("TCP"), true, false));
        assert_eq!(uri("sip:a:b@c").user_unescaped(), "a");
        assert_eq!(uri("tel:+1-201").user_unescaped(), "+1-201");
    }

    #[test]
    fn escapes_are_read_once() {
        assert_eq!(uri("sip:%75se%72@h").user_unescaped(), "user");
        assert_eq!(uri("sip:null-%00-null@h").user_unescaped(), "null-\0-null");
        assert_eq!(uri("sip:%2541%@h").user_unescaped(), "%41%");
        assert!(uri("sip:caller@h;%6C%72;n%61me=v%61lue%25%34%31").has_param("lr"));
        assert_eq!(uri("sip:c@h;n%61me=v%61lue%25").param("name"), Some("v%61lue%25"));
    }

    #[test]
    fn a_user_part_of_our_making_is_escaped() {
        let made = Uri::sip(Some("Ann @ <Counter>\r\n:%"), "[2001:DB8::1]", Some(5062));
        assert_eq!(made.to_string(), "sip:Ann%20%40%20%3CCounter%3E%0D%0A%3A%25@[2001:db8::1]:5062");
        assert_eq!(uri(&made.to_string()).user_unescaped(), "Ann @ <Counter>\r\n:%");
        assert_eq!(Uri::sip(Some("+34911234567"), "h", None).to_string(), "sip:+34911234567@h");
    }

    #[test]
    fn headers_in_a_uri_are_never_kept() {
        let (read, has_headers) = Uri::parse_with_headers("sip:u@h;x?Route=%3Csip:evil%3E").unwrap();
        assert_eq!((read.to_string().as_str(), has_headers), ("sip:u@h;x", true));
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for text in [
            "",
            "sip",
            "sip:",
            "sip:a@",
            "sip:a@b@c",
            "sip:a b@c",
            "sip:a@b;;",
            "sip:a@b:x",
            "<sip:a@b>",
            "tel:",
            "tel:call-me",
            "1x:y",
            "sip:a@2001:db8::1",
            "sip:a@b\u{0}",
            "sip:a@b c",
        ] {
            assert_eq!(Uri::parse(text), Err(UriError::Malformed), "{text:?}");
        }
        for text in [
            "mailto:a@b",
            "soap.beep://192.0.2.103:3002",
            "http://x",
            "urn:service:sos.",
            "urn:service:sosx",
            "urn:isbn:3",
        ] {
            assert_eq!(Uri::parse(text), Err(UriError::UnknownScheme), "{text:?}");
        }
    }
}
