//! The carriers' way out: calls to one reach the cells, by their number. What a cell says comes from that carrier too.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::text::{Text, compose, tag};

/// Where the carrier takes calls.
pub const GATEWAY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 250)), 5060);

/// And another carrier.
pub const SECOND: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 250)), 5060);

/// What a carrier does in place of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ails {
    /// It says nothing.
    Silent,
    /// Every INVITE gets 100, and nothing else; OPTIONS gets 200.
    Tries,
    /// Every INVITE gets this answer; OPTIONS gets 200.
    Refuses(u16),
    /// Everything gets this answer.
    RefusesAll(u16),
    /// It answers INVITEs alone.
    IgnoresOptions,
}

/// What becomes of a message that has come to a carrier.
pub enum Taken {
    /// It is this far end's.
    To(usize),
    Answered(String),
    Nothing,
}

#[derive(Debug, Default)]
pub struct Gateway {
    /// Carriers that do not work as they should.
    pub ails: BTreeMap<SocketAddr, Ails>,
    /// When each OPTIONS came, and where.
    pub questions: Vec<(Duration, SocketAddr)>,
    /// Which far end has which number.
    numbers: BTreeMap<String, usize>,
    /// By Call-ID: which far end has the call, and the carrier's address that it came by.
    calls: BTreeMap<String, (usize, SocketAddr)>,
    /// Every INVITE that asked for a number, in order; repeats are not counted.
    pub invites: Vec<Text>,
    /// Which carrier each of them came to.
    pub asked: Vec<SocketAddr>,
}

impl Gateway {
    /// This far end is called by this number.
    pub fn add(&mut self, number: &str, who: usize) {
        self.numbers.insert(number.to_owned(), who);
    }

    /// A message has come to the carrier here.
    pub fn take(&mut self, now: Duration, at: SocketAddr, bytes: &[u8]) -> Taken {
        let text = Text::read(bytes);
        let ails = self.ails.get(&at).copied();
        match (text.method(), ails) {
            (Some("OPTIONS"), _) => self.questions.push((now, at)),
            (Some("INVITE"), Some(_)) => self.note(at, &text),
            _ => {}
        }
        match (text.method(), ails) {
            (_, Some(Ails::Silent)) | (Some("ACK"), Some(Ails::Refuses(_) | Ails::RefusesAll(_))) => Taken::Nothing,
            (Some("OPTIONS"), Some(Ails::IgnoresOptions)) => Taken::Nothing,
            (Some("OPTIONS" | "CANCEL"), Some(Ails::Tries)) => Taken::Answered(response(&text, 200)),
            (Some("INVITE"), Some(Ails::Tries)) => Taken::Answered(response(&text, 100)),
            (Some("OPTIONS"), None | Some(Ails::Refuses(_))) => Taken::Answered(response(&text, 200)),
            (Some("OPTIONS"), Some(Ails::RefusesAll(code)))
            | (Some("INVITE"), Some(Ails::Refuses(code) | Ails::RefusesAll(code))) => {
                Taken::Answered(response(&text, code))
            }
            _ => self.route(at, bytes).map_or(Taken::Nothing, Taken::To),
        }
    }

    fn note(&mut self, at: SocketAddr, text: &Text) {
        let begins = text.method() == Some("INVITE") && tag(text.must("to")).is_none();
        if begins && self.invites.iter().all(|invite| invite.branch() != text.branch()) {
            self.invites.push(text.clone());
            self.asked.push(at);
        }
    }

    /// Whose this message is that has come to the carrier here.
    fn route(&mut self, at: SocketAddr, bytes: &[u8]) -> Option<usize> {
        let text = Text::read(bytes);
        self.note(at, &text);
        let call_id = text.get("call-id")?.to_owned();
        if let Some((who, _)) = self.calls.get(&call_id) {
            return Some(*who);
        }
        let user = text.uri().strip_prefix("sip:")?.split('@').next()?.to_owned();
        let who = *self.numbers.get(&user)?;
        self.calls.insert(call_id, (who, at));
        Some(who)
    }

    /// The address that the shop sees this message come from: the carrier's, where it belongs to a call that came by it.
    pub fn seen_from(&self, who: usize, bytes: &[u8]) -> Option<SocketAddr> {
        if !self.numbers.values().any(|cell| *cell == who) {
            return None;
        }
        let call_id = Text::read(bytes).get("call-id")?.to_owned();
        self.calls.get(&call_id).map(|(_, at)| *at)
    }
}

fn response(request: &Text, code: u16) -> String {
    let copied = ["via", "from", "call-id", "cseq"].map(|name| (name, request.must(name).to_owned()));
    let all: Vec<_> = copied.into_iter().chain([("to", format!("{};tag=carrier", request.must("to")))]).collect();
    compose(&format!("SIP/2.0 {code} Said"), &all, "")
}
