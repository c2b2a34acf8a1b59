//! The carrier's way out: calls to it reach the cells, by their number. What a cell says comes from the carrier too.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::text::Text;

/// Where the carrier takes calls.
pub const GATEWAY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 250)), 5060);

#[derive(Debug, Default)]
pub struct Gateway {
    /// Which far end has which number.
    numbers: BTreeMap<String, usize>,
    /// By Call-ID: which far end has the call, and the carrier's address that it came by.
    calls: BTreeMap<String, (usize, SocketAddr)>,
    /// Every INVITE that asked for a number, in order.
    pub invites: Vec<Text>,
}

impl Gateway {
    /// This far end is called by this number.
    pub fn add(&mut self, number: &str, who: usize) {
        self.numbers.insert(number.to_owned(), who);
    }

    /// Whose this message is that has come to the carrier here.
    pub fn route(&mut self, at: SocketAddr, bytes: &[u8]) -> Option<usize> {
        let text = Text::read(bytes);
        let call_id = text.get("call-id")?.to_owned();
        if let Some((who, _)) = self.calls.get(&call_id) {
            return Some(*who);
        }
        let user = text.uri().strip_prefix("sip:")?.split('@').next()?.to_owned();
        if text.method() == Some("INVITE") {
            self.invites.push(text);
        }
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
