//! Digest authentication (RFC 3261 §22, RFC 7616, RFC 8760): as a server that challenges ([`Guard`]), and as a client
//! that answers a carrier's challenge ([`Credentials`]).

mod client;
mod fields;
mod guard;
mod nonce;

use crate::hex::hex;
use md5::Md5;
use sha2::{Digest, Sha256};

pub use client::{Challenge, Credentials, Qop, challenge, strongest};
pub use guard::{Authenticated, Denied, Guard};
pub use nonce::NonceSecret;

/// What a digest is made with. Ordered by strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Understood by every phone, and weak: who reads one answer on the wire can try passwords at home.
    #[default]
    Md5,
    /// RFC 8760; not understood by every phone.
    Sha256,
}

impl Algorithm {
    /// As the `algorithm` parameter says it (RFC 7616 §3.3).
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    /// Reads an `algorithm` parameter; case does not count. `None` for those we do not know, the `-sess` forms included.
    pub fn named(name: &str) -> Option<Algorithm> {
        [Algorithm::Md5, Algorithm::Sha256].into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// How many hex digits a hash has: what tells the one kind of stored hash from the other.
    pub fn hex_digits(self) -> usize {
        match self {
            Algorithm::Md5 => 32,
            Algorithm::Sha256 => 64,
        }
    }

    /// The hash of `text` in lower-case hex.
    fn hash(self, text: &[u8]) -> String {
        match self {
            Algorithm::Md5 => hex(&Md5::digest(text)),
            Algorithm::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

/// H(user:realm:password), what is kept in place of a password (RFC 7616 §3.4.2), in lower-case hex.
pub fn ha1(algorithm: Algorithm, user: &str, realm: &str, password: &str) -> String {
    algorithm.hash(format!("{user}:{realm}:{password}").as_bytes())
}

/// H(method:uri) (RFC 7616 §3.4.3); with the body's hash as well for `auth-int`.
fn ha2(algorithm: Algorithm, method: &str, uri: &str, body: Option<&[u8]>) -> String {
    match body {
        None => algorithm.hash(format!("{method}:{uri}").as_bytes()),
        Some(body) => algorithm.hash(format!("{method}:{uri}:{}", algorithm.hash(body)).as_bytes()),
    }
}

/// What stands between nonce and HA2 where there is a qop.
#[derive(Clone, Copy)]
struct Counted<'a> {
    /// As written on the wire: eight hex digits.
    nc: &'a str,
    cnonce: &'a str,
    qop: &'a str,
}

/// The response (RFC 7616 §3.4.1); without a qop as RFC 2069 had it.
fn response(algorithm: Algorithm, ha1: &str, nonce: &str, counted: Option<Counted<'_>>, ha2: &str) -> String {
    let text = match counted {
        Some(Counted { nc, cnonce, qop }) => format!("{ha1}:{nonce}:{nc}:{cnonce}:{qop}:{ha2}"),
        None => format!("{ha1}:{nonce}:{ha2}"),
    };
    algorithm.hash(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2617 §3.5, and RFC 7616 §3.9.1 with both algorithms.
    #[test]
    fn the_examples_of_the_rfcs_come_out() {
        struct Example {
            algorithm: Algorithm,
            realm: &'static str,
            password: &'static str,
            nonce: &'static str,
            cnonce: &'static str,
            response: &'static str,
        }
        let nonce_7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let cnonce_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for example in [
            Example {
                algorithm: Algorithm::Md5,
                realm: "testrealm@host.com",
                password: "Circle Of Life",
                nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                cnonce: "0a4f113b",
                response: "6629fae49393a05397450978507c4ef1",
            },
            Example {
                algorithm: Algorithm::Md5,
                realm: "http-auth@example.org",
                password: "Circle of Life",
                nonce: nonce_7616,
                cnonce: cnonce_7616,
                response: "8ca523f5e9506fed4657c9700eebdbec",
            },
            Example {
                algorithm: Algorithm::Sha256,
                realm: "http-auth@example.org",
                password: "Circle of Life",
                nonce: nonce_7616,
                cnonce: cnonce_7616,
                response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            },
        ] {
            let ha1 = ha1(example.algorithm, "Mufasa", example.realm, example.password);
            assert_eq!(ha1.len(), example.algorithm.hex_digits());
            let ha2 = ha2(example.algorithm, "GET", "/dir/index.html", None);
            let counted = Counted { nc: "00000001", cnonce: example.cnonce, qop: "auth" };
            let made = response(example.algorithm, &ha1, example.nonce, Some(counted), &ha2);
            assert_eq!(made, example.response, "{} in {}", example.algorithm.name(), example.realm);
        }
    }

    #[test]
    fn algorithms_are_named_in_any_case_and_only_ours() {
        assert_eq!(Algorithm::named("md5"), Some(Algorithm::Md5));
        assert_eq!(Algorithm::named("sha-256"), Some(Algorithm::Sha256));
        for unknown in ["", "MD5-sess", "SHA-256-sess", "SHA-512-256", "SHA256"] {
            assert_eq!(Algorithm::named(unknown), None, "{unknown}");
        }
    }
}
