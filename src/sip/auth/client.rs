//! The other side of the challenge: what a carrier asks of us (RFC 3261 §22.2, RFC 7616 §3.4, RFC 8760 §2.4).

use secrecy::{ExposeSecret, SecretString};

use super::fields::Fields;
use super::{Algorithm, Counted, ha1, ha2, response};

/// A user and the password in clear: a carrier's algorithm is known only when it asks.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub user: String,
    pub password: SecretString,
}

/// A challenge that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// As it came, its escapes kept: it goes back the same.
    pub realm: String,
    pub nonce: String,
    pub opaque: Option<String>,
    pub algorithm: Algorithm,
    pub qop: Qop,
    /// The nonce of the last answer was too old; the password was right (RFC 7616 §3.3).
    pub stale: bool,
}

/// What is protected besides who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qop {
    /// RFC 2069 had none.
    None,
    Auth,
    /// The body too; chosen only where nothing else is offered.
    AuthInt,
}

/// Reads one value of WWW-Authenticate or Proxy-Authenticate. `None`: not a digest, something missing, or an algorithm
/// or a qop we do not know, which must be ignored (RFC 7616 §3.3).
pub fn challenge(text: &str) -> Option<Challenge> {
    let fields = Fields::read(text)?;
    let qop = match fields.said("qop") {
        None => Qop::None,
        Some(offered) => {
            let offers = |qop: &str| offered.split(',').any(|one| one.trim().eq_ignore_ascii_case(qop));
            match (offers("auth"), offers("auth-int")) {
                (true, _) => Qop::Auth,
                (false, true) => Qop::AuthInt,
                // `qop=""` is what some old servers send for none.
                (false, false) if offered.trim().is_empty() => Qop::None,
                (false, false) => return None,
            }
        }
    };
    Some(Challenge {
        realm: fields.raw("realm")?.to_owned(),
        nonce: fields.raw("nonce")?.to_owned(),
        opaque: fields.raw("opaque").map(str::to_owned),
        algorithm: Algorithm::named(fields.said("algorithm").unwrap_or("MD5"))?,
        qop,
        stale: fields.said("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
    })
}

/// The strongest of several challenges for one realm; among equals the first, which the server prefers (RFC 8760 §2.4).
pub fn strongest(texts: &[String]) -> Option<Challenge> {
    let known = texts.iter().filter_map(|text| challenge(text));
    // `max_by_key` would take the last of equals.
    known.fold(None, |best: Option<Challenge>, next| match best {
        Some(best) if best.algorithm >= next.algorithm => Some(best),
        Some(_) | None => Some(next),
    })
}

impl Credentials {
    /// The value of Authorization (for a 401) or Proxy-Authorization (for a 407). `uri` is the request line's; `nc` counts
    /// the requests made with this nonce, from 1; `cnonce` is of our own making, hex or the like.
    pub fn answer(&self, challenge: &Challenge, method: &str, uri: &str, nc: u32, cnonce: &str, body: &[u8]) -> String {
        let Challenge { realm, nonce, algorithm, .. } = challenge;
        let ha1 = ha1(*algorithm, &self.user, realm, self.password.expose_secret());
        let nc = format!("{nc:08x}");
        let (qop, body) = match challenge.qop {
            Qop::None => (None, None),
            Qop::Auth => (Some("auth"), None),
            Qop::AuthInt => (Some("auth-int"), Some(body)),
        };
        let counted = qop.map(|qop| Counted { nc: &nc, cnonce, qop });
        let response = response(*algorithm, &ha1, nonce, counted, &ha2(*algorithm, method, uri, body));
        let user = self.user.replace('\\', "\\\\").replace('"', "\\\"");
        let mut value = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", \
             algorithm={}",
            algorithm.name()
        );
        if let Some(opaque) = &challenge.opaque {
            value += &format!(", opaque=\"{opaque}\"");
        }
        if let Some(qop) = qop {
            value += &format!(", cnonce=\"{cnonce}\", qop={qop}, nc={nc}");
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mufasa() -> Credentials {
        Credentials { user: "Mufasa".to_owned(), password: SecretString::from("Circle of Life") }
    }

    #[test]
    fn a_challenge_of_rfc_7616_is_answered() {
        let sha256 = "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        let md5 = sha256.replace("SHA-256", "MD5");
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (challenges, algorithm, response) in [
            (vec![md5.clone()], "MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                vec![md5, sha256.to_owned()],
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let challenge = strongest(&challenges).unwrap();
            let answer = mufasa().answer(&challenge, "GET", "/dir/index.html", 1, cnonce, b"");
            assert_eq!(
                answer,
                format!(
                    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                     nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", \
                     response=\"{response}\", algorithm={algorithm}, \
                     opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", cnonce=\"{cnonce}\", qop=auth, nc=00000001"
                )
            );
        }
    }

    #[test]
    fn auth_int_alone_covers_the_body() {
        let text = "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"";
        let challenge = challenge(text).unwrap();
        let answers: Vec<String> =
            [&b""[..], b"v=0"].map(|body| mufasa().answer(&challenge, "INVITE", "sip:b", 10, "c", body)).to_vec();
        assert!(answers[0].contains("qop=auth-int, nc=0000000a"), "{}", answers[0]);
        assert_ne!(answers[0], answers[1]);
        // H(H(Mufasa:a:Circle of Life):n:0000000a:c:auth-int:H(INVITE:sip:b:H())), by md5sum.
        assert!(answers[0].contains("response=\"2ce8c3d8cc62ffe5e39c5f0789d42e72\""), "{}", answers[0]);
    }

    #[test]
    fn what_cannot_be_answered_is_passed_over() {
        for text in [
            "Digest realm=\"a\"",
            "Digest nonce=\"n\"",
            "Digest realm=\"a\", nonce=\"n\", algorithm=SHA-512-256",
            "Digest realm=\"a\", nonce=\"n\", algorithm=MD5-sess",
            "Digest realm=\"a\", nonce=\"n\", qop=\"token\"",
            "Basic realm=\"a\"",
            "",
        ] {
            assert_eq!(challenge(text), None, "{text:?}");
        }
        let texts = ["Bearer x", "Digest realm=\"1\", nonce=\"n\"", "Digest realm=\"2\", nonce=\"n\""];
        assert_eq!(strongest(&texts.map(str::to_owned)).unwrap().realm, "1", "the server's own order");
        assert_eq!(strongest(&[]), None);
    }

    #[test]
    fn an_old_server_gets_an_old_answer() {
        let challenge = challenge("Digest realm=\"a \\\"b\\\"\", nonce=\"n\", stale=TRUE, qop=\"\"").unwrap();
        assert_eq!((challenge.qop, challenge.stale), (Qop::None, true));
        let answer = mufasa().answer(&challenge, "REGISTER", "sip:b", 1, "c", b"");
        assert!(answer.contains("realm=\"a \\\"b\\\"\"") && !answer.contains("cnonce"), "{answer}");
    }
}
