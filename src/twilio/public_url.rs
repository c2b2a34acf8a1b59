//! Where Twilio reaches us, by our own configuration: what a request says of it, in Host or any other header, is not
//! believed.

/// `[web] public_url`, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// As it is written, without a slash at its end.
    written: String,
    /// The same with the port added that is the scheme's own, or with its port left out.
    other: String,
    /// Without user and password.
    plain: String,
}

impl PublicUrl {
    /// Takes an `http://` or `https://` URL, as the configuration has checked it, with a user and password or without.
    pub fn new(url: &str) -> PublicUrl {
        let url = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        let user = &authority[..authority.len() - place.len()];
        let standard = if scheme.eq_ignore_ascii_case("http") { 80 } else { 443 };
        // The last colon outside of brackets (RFC 3986 §3.2.2).
        let host_end = place.find(']').unwrap_or(0);
        let other = match place[host_end..].rfind(':') {
            Some(at) => format!("{scheme}://{user}{}{path}", &place[..host_end + at]),
            None => format!("{scheme}://{user}{place}:{standard}{path}"),
        };
        PublicUrl { written: url.to_owned(), other, plain: format!("{scheme}://{place}{path}") }
    }

    /// The address of a request for `target` (path and query, as in its request line), in the two ways that Twilio signs
    /// it: with its port and without, whichever is written first.
    pub fn signed_as<'a>(&'a self, target: &'a str) -> [[&'a str; 2]; 2] {
        [[&self.written, target], [&self.other, target]]
    }

    /// The address of `target`, without user and password.
    pub fn for_the_log(&self, target: &str) -> String {
        format!("{}{target}", self.plain)
    }

    /// The address of `target`, whole.
    pub fn of(&self, target: &str) -> String {
        format!("{}{target}", self.written)
    }
}

impl std::fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_signed_with_its_port_and_without() {
        for (url, first, second) in [
            ("https://a.example", "https://a.example/t?q", "https://a.example:443/t?q"),
            ("https://a.example/", "https://a.example/t?q", "https://a.example:443/t?q"),
            ("https://a.example:443", "https://a.example:443/t?q", "https://a.example/t?q"),
            ("http://a.example", "http://a.example/t?q", "http://a.example:80/t?q"),
            ("https://a.example:8443/shop", "https://a.example:8443/shop/t?q", "https://a.example/shop/t?q"),
            ("https://u:p@a.example", "https://u:p@a.example/t?q", "https://u:p@a.example:443/t?q"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]/t?q", "https://[2001:db8::1]:443/t?q"),
            ("https://[2001:db8::1]:444", "https://[2001:db8::1]:444/t?q", "https://[2001:db8::1]/t?q"),
            ("https://a.example#ct=2000", "https://a.example/t?q", "https://a.example:443/t?q"),
        ] {
            let signed = PublicUrl::new(url).signed_as("/t?q").map(|parts| parts.concat());
            assert_eq!(signed, [first, second], "{url}");
        }
    }

    #[test]
    fn user_and_password_never_print() {
        let url = PublicUrl::new("https://twilio:hush@a.example:8443/shop");
        assert_eq!(format!("{url:?}"), "https://a.example:8443/shop");
        assert_eq!(url.for_the_log("/twilio/voice"), "https://a.example:8443/shop/twilio/voice");
        assert_eq!(url.of("/twilio/voice"), "https://twilio:hush@a.example:8443/shop/twilio/voice");
    }
}
