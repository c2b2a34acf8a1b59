//! Our side of the challenge: one for everybody, known user or not, and the check of what comes back (RFC 3261 §22.4,
//! RFC 7616 §3.3, §3.4).

use subtle::ConstantTimeEq;

use super::fields::Fields;
use super::nonce::{NonceSecret, Nonces};
use super::{Algorithm, Counted, ha2, response};
use crate::now::UnixMs;

/// Who may be who. One a realm.
#[derive(Debug)]
pub struct Guard {
    realm: String,
    algorithm: Algorithm,
    nonces: Nonces,
    /// Stands in for the password of a user that does not exist, so that checking takes as long.
    nobody: String,
}

/// A user who has proved to know the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    pub user: String,
    /// What they have proved it for, as they wrote it: a URI (RFC 7616 §3.4.6).
    pub uri: String,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No credentials for this realm: most first requests.
    Unproved,
    /// The password is right, but the nonce is too old, was used before, or is none of ours: the same again with a new
    /// one will do (`stale=true`).
    Stale,
    /// The user does not exist, or the password is wrong; nobody is told which.
    Wrong,
}

impl Guard {
    pub fn new(realm: &str, algorithm: Algorithm, secret: NonceSecret) -> Guard {
        let nobody = "0".repeat(algorithm.hex_digits());
        Guard { realm: realm.to_owned(), algorithm, nonces: Nonces::new(secret), nobody }
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The value of WWW-Authenticate. `salt` is 64 bits of chance.
    pub fn challenge(&self, now: UnixMs, salt: u64, why: Denied) -> String {
        let (realm, nonce, algorithm) = (&self.realm, self.nonces.make(now, salt), self.algorithm.name());
        let stale = if why == Denied::Stale { ", stale=true" } else { "" };
        format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
    }

    /// The To tag of a challenge that is not remembered: the same for every repeat of one request (RFC 3261 §8.2.7).
    pub fn tag(&self, request: &str) -> String {
        self.nonces.tag(request)
    }

    /// Checks the credentials of a request (its Authorization values). `ha1_of` gives the hash of a user's password in
    /// the guard's own algorithm.
    ///
    /// The digest's `uri` is not compared with the request line's, which proxies on the way may have changed: whoever acts
    /// upon what that line names compares what it acts upon.
    pub fn check<'a>(
        &mut self,
        now: UnixMs,
        method: &str,
        authorization: &[String],
        ha1_of: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Authenticated, Denied> {
        // Of several, the last: a phone that keeps old ones adds to them.
        let mut read = authorization.iter().rev().filter_map(|header| Fields::read(header));
        let ours = read.find(|fields| fields.said("realm") == Some(self.realm.as_str()));
        let Some(claim) = ours.as_ref().and_then(Claim::read).filter(|claim| claim.algorithm == self.algorithm) else {
            return Err(Denied::Unproved);
        };
        let ha1 = ha1_of(&claim.user);
        let (exists, ha1) = (ha1.is_some(), ha1.unwrap_or(&self.nobody));
        let ha2 = ha2(self.algorithm, method, &claim.uri, None);
        let nc = claim.count.as_ref().map(|count| (count.nc.as_str(), count.cnonce.as_str()));
        let counted = nc.map(|(nc, cnonce)| Counted { nc, cnonce, qop: "auth" });
        let expected = response(self.algorithm, ha1, &claim.nonce, counted, &ha2);
        let is_right = bool::from(expected.as_bytes().ct_eq(claim.response.as_bytes()));
        let stamp = self.nonces.read(now, &claim.nonce);
        if !(is_right && exists) {
            return Err(Denied::Wrong);
        }
        let count = claim.count.as_ref().map_or(0, |count| count.number);
        match stamp {
            Some(stamp) if self.nonces.spend(now, stamp, count) => {
                Ok(Authenticated { user: claim.user, uri: claim.uri })
            }
            Some(_) | None => Err(Denied::Stale),
        }
    }
}

/// What credentials say, with everything that must be there.
struct Claim {
    user: String,
    nonce: String,
    uri: String,
    /// Lower case.
    response: String,
    algorithm: Algorithm,
    /// `None`: no qop, as RFC 2069 had it.
    count: Option<Count>,
}

struct Count {
    /// As written.
    nc: String,
    number: u32,
    cnonce: String,
}

impl Claim {
    fn read(fields: &Fields) -> Option<Claim> {
        let count = match fields.said("qop") {
            None => None,
            // Some phones quote it, which the grammar does not have.
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let nc = fields.said("nc")?;
                let is_count = nc.len() == 8 && nc.bytes().all(|digit| digit.is_ascii_hexdigit());
                let number = is_count.then(|| u32::from_str_radix(nc, 16).ok()).flatten()?;
                Some(Count { nc: nc.to_owned(), number, cnonce: fields.raw("cnonce")?.to_owned() })
            }
            // auth-int was not offered.
            Some(_) => return None,
        };
        Some(Claim {
            user: fields.said("username")?.to_owned(),
            nonce: fields.raw("nonce")?.to_owned(),
            uri: fields.raw("uri")?.to_owned(),
            response: fields.said("response")?.to_ascii_lowercase(),
            // Absent is MD5 (RFC 7616 §3.3).
            algorithm: Algorithm::named(fields.said("algorithm").unwrap_or("MD5"))?,
            count,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::SecretString;

    use super::*;
    use crate::sip::auth::{Challenge, Credentials, Qop, challenge, ha1};

    const NOON: UnixMs = UnixMs(1_795_176_000_000);

    fn guard(algorithm: Algorithm) -> Guard {
        Guard::new("ringall", algorithm, NonceSecret([7; 32]))
    }

    fn credentials(user: &str, password: &str) -> Credentials {
        Credentials { user: user.to_owned(), password: SecretString::from(password) }
    }

    fn challenged(guard: &Guard, salt: u64) -> Challenge {
        challenge(&guard.challenge(NOON, salt, Denied::Unproved)).expect("our own challenge can be read")
    }

    /// Checks against the one user "counter", whose password is "secret".
    fn check(guard: &mut Guard, now: UnixMs, header: &str) -> Result<Authenticated, Denied> {
        let hash = ha1(guard.algorithm(), "counter", "ringall", "secret");
        guard.check(now, "REGISTER", &[header.to_owned()], |user| (user == "counter").then_some(hash.as_str()))
    }

    fn answer(challenge: &Challenge, user: &str, password: &str, nc: u32) -> String {
        credentials(user, password).answer(challenge, "REGISTER", "sip:192.0.2.1", nc, "c0ffee", b"")
    }

    #[test]
    fn who_knows_the_password_is_let_in() {
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            let mut guard = guard(algorithm);
            let challenge = challenged(&guard, 1);
            assert_eq!((challenge.algorithm, challenge.qop, challenge.stale), (algorithm, Qop::Auth, false));
            let counter = Ok(Authenticated { user: "counter".to_owned(), uri: "sip:192.0.2.1".to_owned() });
            assert_eq!(check(&mut guard, NOON, &answer(&challenge, "counter", "secret", 1)), counter);
            let second = answer(&challenge, "counter", "secret", 0x10);
            assert!(second.contains("nc=00000010"), "hex: {second}");
            assert_eq!(check(&mut guard, NOON, &second), counter);
        }
    }

    #[test]
    fn without_a_qop_a_nonce_is_good_once() {
        let mut guard = guard(Algorithm::Md5);
        let challenge = Challenge { qop: Qop::None, ..challenged(&guard, 1) };
        let old = answer(&challenge, "counter", "secret", 1);
        assert!(!old.contains("qop") && !old.contains("nc="), "{old}");
        assert!(check(&mut guard, NOON, &old).is_ok());
        assert_eq!(check(&mut guard, NOON, &old), Err(Denied::Stale));
    }

    #[test]
    fn a_replay_a_lower_count_and_an_old_nonce_are_stale() {
        let mut guard = guard(Algorithm::Md5);
        let challenge = challenged(&guard, 1);
        let [first, second] = [1, 2].map(|nc| answer(&challenge, "counter", "secret", nc));
        assert!(check(&mut guard, NOON, &second).is_ok());
        for replayed in [&second, &first] {
            assert_eq!(check(&mut guard, NOON, replayed), Err(Denied::Stale));
        }
        let late = answer(&challenged(&guard, 2), "counter", "secret", 1);
        assert_eq!(check(&mut guard, NOON + Duration::from_secs(60), &late), Err(Denied::Stale));
        assert!(guard.challenge(NOON, 3, Denied::Stale).contains("stale=true"));
    }

    #[test]
    fn an_unknown_user_and_a_wrong_password_are_one_and_the_same() {
        let mut guard = guard(Algorithm::Md5);
        let challenge = challenged(&guard, 1);
        let long_ago = NOON + Duration::from_secs(600);
        for (user, password) in [("counter", "wrong"), ("nobody", "secret"), ("", "")] {
            let header = answer(&challenge, user, password, 1);
            assert_eq!(check(&mut guard, NOON, &header), Err(Denied::Wrong), "{user}");
            assert_eq!(check(&mut guard, long_ago, &header), Err(Denied::Wrong), "{user}: stale says nothing");
        }
        // The hash that stands in for nobody's password opens nothing.
        let nobody = "0".repeat(32);
        let nobodys = response(
            Algorithm::Md5,
            &nobody,
            &challenge.nonce,
            Some(Counted { nc: "00000001", cnonce: "c", qop: "auth" }),
            &ha2(Algorithm::Md5, "REGISTER", "sip:a", None),
        );
        let forged = format!(
            "Digest username=\"x\", realm=\"ringall\", nonce=\"{}\", uri=\"sip:a\", response=\"{nobodys}\", cnonce=\"c\", \
             qop=auth, nc=00000001",
            challenge.nonce
        );
        assert_eq!(check(&mut guard, NOON, &forged), Err(Denied::Wrong));
    }

    #[test]
    fn another_method_is_another_request() {
        let mut guard = guard(Algorithm::Md5);
        let header = credentials("counter", "secret").answer(&challenged(&guard, 1), "INVITE", "sip:a", 1, "c", b"");
        assert_eq!(check(&mut guard, NOON, &header), Err(Denied::Wrong));
    }

    #[test]
    fn credentials_that_lack_something_prove_nothing() {
        let mut guard = guard(Algorithm::Md5);
        let whole = answer(&challenged(&guard, 1), "counter", "secret", 1);
        for field in ["username", "realm", "nonce", "uri", "response", "nc", "cnonce"] {
            let without: Vec<&str> = whole.strip_prefix("Digest ").unwrap().split(", ").collect();
            let without: Vec<&str> =
                without.into_iter().filter(|part| !part.starts_with(&format!("{field}="))).collect();
            let header = format!("Digest {}", without.join(", "));
            assert_eq!(check(&mut guard, NOON, &header), Err(Denied::Unproved), "{header}");
        }
        for (from, to) in [
            ("realm=\"ringall\"", "realm=\"elsewhere\""),
            ("algorithm=MD5", "algorithm=SHA-256"),
            ("algorithm=MD5", "algorithm=MD5-sess"),
            ("qop=auth", "qop=auth-int"),
            ("nc=00000001", "nc=1"),
            ("nc=00000001", "nc=0000000g"),
            ("nc=00000001", "nc=+0000001"),
            ("Digest", "Basic"),
        ] {
            assert!(whole.contains(from), "{from}");
            assert_eq!(check(&mut guard, NOON, &whole.replace(from, to)), Err(Denied::Unproved), "{to}");
        }
        assert!(guard.check(NOON, "REGISTER", &[], |_| None).is_err());
        assert!(check(&mut guard, NOON, &whole).is_ok(), "and whole they are good");
    }

    #[test]
    fn among_several_realms_ours_counts() {
        let mut guard = guard(Algorithm::Md5);
        let ours = answer(&challenged(&guard, 1), "counter", "secret", 1);
        let foreign = ours.replace("realm=\"ringall\"", "realm=\"elsewhere\"");
        let hash = ha1(Algorithm::Md5, "counter", "ringall", "secret");
        let checked = guard.check(NOON, "REGISTER", &[ours, foreign], |_| Some(hash.as_str()));
        assert_eq!(checked.map(|proved| proved.user), Ok("counter".to_owned()));
    }
}
