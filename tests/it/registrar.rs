//! A carrier that wants us to register: what it says, as text, and what it remembers. Its digest is worked out here, apart
//! from the product's.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use md5::{Digest, Md5};

use ringall::switchboard::Protocol;

use crate::text::{Text, compose, param, uri_of};

pub const USER: &str = "620";
pub const AUTH_USER: &str = "shop-620";
pub const PASSWORD: &str = "r0uter \"secret\"";
pub const REALM: &str = "fritz.box";
/// What a registrar is called when a story does not say.
pub const HOST: &str = "router.example";

#[derive(Debug)]
pub struct Registrar {
    pub address: SocketAddr,
    /// What it is reached by.
    pub by: Protocol,
    /// The name it is configured by.
    pub host: &'static str,
    pub mood: Mood,
    /// Seconds it grants, whatever was asked for.
    pub grants_s: u32,
    /// It says the granted time in Expires and repeats no Contact.
    pub terse: bool,
    /// Answers it gives to the next requests in place of its own: status and headers.
    pub script: VecDeque<(u16, Vec<(&'static str, String)>)>,
    /// The Contact that registered last, and until when.
    pub binding: Option<(String, Duration)>,
    /// Everything that arrived, repeats too.
    pub heard: Vec<(Duration, Text)>,
    /// Empty lines that arrived.
    pub keep_alives: Vec<Duration>,
    /// Requests whose digest was right.
    pub right: usize,
    pub password: String,
    pub nonce: u32,
    /// INVITEs that had to prove who sent them, or to prove it anew.
    pub calls_challenged: usize,
    pub last: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Challenges, and accepts who answers with its present nonce.
    Works,
    /// Like 407 proxies do.
    WorksAsProxy,
    /// Says nothing.
    Gone,
    /// Each answer is stale: it has a new nonce again and again.
    ForgetsAlways,
}

impl Registrar {
    pub fn at(address: SocketAddr) -> Registrar {
        Registrar {
            address,
            by: Protocol::Udp,
            host: HOST,
            mood: Mood::Works,
            grants_s: 300,
            terse: false,
            script: VecDeque::new(),
            binding: None,
            heard: Vec::new(),
            keep_alives: Vec::new(),
            right: 0,
            password: PASSWORD.to_owned(),
            nonce: 1,
            calls_challenged: 0,
            last: None,
        }
    }

    /// It restarts: what it knew of nonces and bindings is gone.
    pub fn forgets(&mut self) {
        self.nonce += 1;
        self.binding = None;
    }

    pub fn changes_the_password(&mut self) {
        self.password.push('!');
    }

    /// What it answers, should it.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) -> Option<String> {
        if self.mood == Mood::Gone {
            return None;
        }
        if bytes == b"\r\n\r\n" {
            self.keep_alives.push(now);
            return None;
        }
        let request = Text::read(bytes);
        self.heard.push((now, request.clone()));
        if let Some((branch, answer)) = &self.last
            && branch == request.branch()
        {
            return Some(answer.clone());
        }
        if request.method() == Some("INVITE") {
            self.calls_challenged += 1;
            let stale = if request.get("proxy-authorization").is_some() { ", stale=true" } else { "" };
            let value = format!("Digest realm=\"{REALM}\", nonce=\"nonce-{}\", qop=\"auth\"{stale}", self.nonce);
            return Some(response(&request, 407, vec![("Proxy-Authenticate", value)]));
        }
        assert_eq!(request.method(), Some("REGISTER"), "only REGISTER is sent to a registrar unasked");
        let answer = self.answer(now, &request);
        self.last = Some((request.branch().to_owned(), answer.clone()));
        Some(answer)
    }

    /// Whether this belongs to a call that goes out, and is let through: an INVITE that proves who sends it, and all that
    /// follows.
    pub fn lets_call(&self, bytes: &[u8]) -> bool {
        if bytes == b"\r\n\r\n" {
            return false;
        }
        let request = Text::read(bytes);
        match request.method() {
            Some("INVITE") => request
                .get("proxy-authorization")
                .is_some_and(|claim| matches!(self.check("INVITE", claim), Claim::Right)),
            Some("REGISTER") | None => false,
            Some(_) => true,
        }
    }

    fn answer(&mut self, now: Duration, request: &Text) -> String {
        if let Some((code, headers)) = self.script.pop_front() {
            return response(request, code, headers);
        }
        if self.mood == Mood::ForgetsAlways {
            self.nonce += 1;
        }
        let (code, asks, answers) = match self.mood {
            Mood::WorksAsProxy => (407, "Proxy-Authenticate", "proxy-authorization"),
            _ => (401, "WWW-Authenticate", "authorization"),
        };
        let challenge = |stale: &str| {
            let value = format!("Digest realm=\"{REALM}\", nonce=\"nonce-{}\", qop=\"auth\"{stale}", self.nonce);
            response(request, code, vec![(asks, value)])
        };
        let Some(claim) = request.get(answers) else { return challenge("") };
        match self.check("REGISTER", claim) {
            Claim::Wrong => challenge(""),
            Claim::Stale => challenge(", stale=true"),
            Claim::Right => {
                self.right += 1;
                self.bind(now, request)
            }
        }
    }

    fn bind(&mut self, now: Duration, request: &Text) -> String {
        let contact = uri_of(request.must("contact")).to_owned();
        if request.must("expires") == "0" {
            self.binding = None;
            return response(request, 200, vec![]);
        }
        self.binding = Some((contact.clone(), now + Duration::from_secs(self.grants_s.into())));
        let granted = self.grants_s.to_string();
        if self.terse {
            return response(request, 200, vec![("Expires", granted)]);
        }
        // Somebody else's binding of the same account stands first.
        let contacts = format!("<sip:other@198.51.100.99>;expires=7, <{contact}>;expires={granted}");
        response(request, 200, vec![("Contact", contacts), ("Expires", "9999".to_owned())])
    }

    fn check(&self, method: &str, claim: &str) -> Claim {
        // None of the values has a comma in it.
        let plain = |name: &str| {
            let said = claim
                .trim_start_matches("Digest ")
                .split(", ")
                .find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
            said.unwrap_or_else(|| panic!("no {name} in {claim}")).trim_matches('"').to_owned()
        };
        assert_eq!((plain("username").as_str(), plain("realm").as_str()), (AUTH_USER, REALM));
        let hash = |text: String| Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (ha1, ha2) =
            (hash(format!("{AUTH_USER}:{REALM}:{}", self.password)), hash(format!("{method}:{}", plain("uri"))));
        let (nonce, nc, cnonce) = (plain("nonce"), plain("nc"), plain("cnonce"));
        if plain("response") != hash(format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}")) {
            return Claim::Wrong;
        }
        if nonce == format!("nonce-{}", self.nonce) { Claim::Right } else { Claim::Stale }
    }
}

enum Claim {
    Right,
    Stale,
    Wrong,
}

fn response(request: &Text, code: u16, headers: Vec<(&'static str, String)>) -> String {
    let copied = ["via", "from", "call-id", "cseq"].map(|name| (name, request.must(name).to_owned()));
    let to = format!("{};tag=registrar", request.must("to"));
    let all: Vec<_> = copied.into_iter().chain([("to", to)]).chain(headers).collect();
    assert!(param(request.must("via"), "branch").is_some());
    compose(&format!("SIP/2.0 {code} Said"), &all, "")
}
