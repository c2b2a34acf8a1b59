//! The cookie that keeps a browser signed in, and the mark that a form carries to show that it is ours.

use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::hex::hex;
use crate::routing::plan::PhoneId;
use crate::store::owners::ABSOLUTE_END;
use crate::store::screens::SCREEN_IDLE;

/// How the cookie is named and guarded: by the scheme of the address that browsers reach us at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// https: only sent over TLS, and only this very host can have set it.
    Host,
    /// http, on a machine or a network of the shop's own.
    Plain,
    /// The demo's: a cookie knows no port, and a service on the same machine keeps its own.
    Demo,
}

/// A secret as the store makes them: 64 hex digits.
const SECRET_DIGITS: usize = 64;
const SCREEN: &str = "-counter";
const PHONE: &str = "-phone";
const FEW: &str = "-few";
const A_WORKING_DAY_S: u64 = 10 * 60 * 60;

impl Cookie {
    pub fn of(public_url: &str) -> Cookie {
        if public_url.starts_with("https://") { Cookie::Host } else { Cookie::Plain }
    }

    /// Of the cookie for this; for nothing, what keeps a browser signed in.
    fn name(self, of: &str) -> String {
        let ours = match self {
            Cookie::Host => "__Host-ringall",
            Cookie::Plain => "ringall",
            Cookie::Demo => "ringall-demo",
        };
        format!("{ours}{of}")
    }

    /// The secret in the request's cookie, where it has one that could be ours.
    pub fn read(self, headers: &HeaderMap) -> Option<String> {
        self.secret(headers, &self.name(""))
    }

    fn value<'h>(self, of: &str, headers: &'h HeaderMap) -> Option<&'h str> {
        let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == of).map(|(_, value)| value)
    }

    /// What keeps a browser signed in.
    pub fn keep(self, secret: &str) -> HeaderValue {
        self.set(secret, ABSOLUTE_END.as_secs())
    }

    /// What makes a browser forget.
    pub fn forget(self) -> HeaderValue {
        self.set("", 0)
    }

    /// The secret of a screen beside the till: another cookie than that of a person, so that neither is taken for the other.
    pub fn screen(self, headers: &HeaderMap) -> Option<String> {
        self.secret(headers, &self.name(SCREEN))
    }

    /// What keeps a screen paired.
    pub fn keep_screen(self, secret: &str) -> HeaderValue {
        self.written(&self.name(SCREEN), secret, SCREEN_IDLE.as_secs())
    }

    fn secret(self, headers: &HeaderMap, name: &str) -> Option<String> {
        let secret = self.value(name, headers)?;
        let plausible = secret.len() == SECRET_DIGITS && secret.bytes().all(|digit| digit.is_ascii_hexdigit());
        plausible.then(|| secret.to_owned())
    }

    /// The phone that was last chosen in this browser.
    pub fn phone(self, headers: &HeaderMap) -> Option<PhoneId> {
        self.value(&self.name(PHONE), headers)?.parse().ok().map(PhoneId)
    }

    /// What makes a browser remember which phone was chosen.
    pub fn keep_phone(self, phone: PhoneId) -> HeaderValue {
        self.written(&self.name(PHONE), &phone.0.to_string(), ABSOLUTE_END.as_secs())
    }

    /// How many phones rang when somebody at this browser last said that they know how few it is.
    pub fn few_known(self, headers: &HeaderMap) -> Option<usize> {
        self.value(&self.name(FEW), headers)?.parse().ok()
    }

    /// What makes a browser remember that, for the rest of a working day.
    pub fn keep_few_known(self, phones: usize) -> HeaderValue {
        self.written(&self.name(FEW), &phones.to_string(), A_WORKING_DAY_S)
    }

    fn set(self, secret: &str, max_age_s: u64) -> HeaderValue {
        self.written(&self.name(""), secret, max_age_s)
    }

    fn written(self, name: &str, value: &str, max_age_s: u64) -> HeaderValue {
        let secure = match self {
            Cookie::Host => "; Secure",
            Cookie::Plain | Cookie::Demo => "",
        };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
        HeaderValue::try_from(text).expect("digits and our own words")
    }
}

/// What a form of a signed-in browser carries: nobody without the cookie's secret can make it.
pub fn form_mark(secret: &str) -> String {
    let digest = Sha256::new().chain_update("ringall form ").chain_update(secret).finalize();
    hex(&digest)
}

/// Takes as long for a wrong one as for a right one.
pub fn is_form_mark(given: &str, secret: &str) -> bool {
    given.as_bytes().ct_eq(form_mark(secret).as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn read(cookie: Cookie, lines: &[&str]) -> Option<String> {
        let line = |line: &&str| (header::COOKIE, HeaderValue::from_str(line).expect("a cookie of this test"));
        cookie.read(&lines.iter().map(line).collect())
    }

    #[test]
    fn over_https_the_cookie_is_the_hosts_alone() {
        let set = Cookie::of("https://phone.example.com").keep(SECRET);
        let set = set.to_str().expect("ASCII");
        assert!(
            set.starts_with(&format!("__Host-ringall={SECRET}; Path=/; HttpOnly; SameSite=Lax; Max-Age=")),
            "{set}"
        );
        assert!(set.ends_with("; Secure") && !set.contains("Domain"), "{set}");
        let plain = Cookie::of("http://localhost:8080").keep(SECRET);
        assert!(!plain.to_str().expect("ASCII").contains("Secure"));
        assert!(Cookie::Host.forget().to_str().expect("ASCII").contains("Max-Age=0"));
    }

    #[test]
    fn the_phone_that_was_chosen_is_remembered() {
        for cookie in [Cookie::Host, Cookie::Plain, Cookie::Demo] {
            let set = cookie.keep_phone(PhoneId(7));
            let pair = set.to_str().expect("ASCII").split(';').next().expect("a pair");
            let line = HeaderValue::from_str(&format!("a=b; {pair}")).expect("a cookie of this test");
            let headers: HeaderMap = [(header::COOKIE, line)].into_iter().collect();
            assert_eq!(cookie.phone(&headers), Some(PhoneId(7)));
            assert_eq!(cookie.read(&headers), None, "it signs nobody in");
        }
    }

    #[test]
    fn only_a_whole_secret_of_our_name_is_read() {
        let ours = format!("ringall={SECRET}");
        assert_eq!(read(Cookie::Plain, &[&ours]), Some(SECRET.to_owned()));
        assert_eq!(read(Cookie::Plain, &["a=b; c", &format!("x=1;  {ours} ; y=2")]), Some(SECRET.to_owned()));
        assert_eq!(read(Cookie::Host, &[&ours]), None, "a neighbour on http could have set it");
        let demos = format!("ringall-demo={SECRET}");
        assert_eq!((read(Cookie::Demo, &[&ours]), read(Cookie::Plain, &[&demos])), (None, None), "each has its own");
        assert_eq!(read(Cookie::Plain, &[&ours[..ours.len() - 1]]), None);
        assert_eq!(read(Cookie::Plain, &[&format!("{ours}0")]), None);
        assert_eq!(read(Cookie::Plain, &[]), None);
    }

    #[test]
    fn a_mark_fits_one_secret() {
        let mark = form_mark(SECRET);
        assert!(is_form_mark(&mark, SECRET) && !mark.contains(SECRET));
        assert!(!is_form_mark(&mark, &SECRET.replace('0', "1")));
        assert!(!is_form_mark("", SECRET));
    }
}
