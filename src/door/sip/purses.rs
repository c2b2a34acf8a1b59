//! Out of whose purse a message is paid for, told before it is read: by where it comes from, and where that says nothing by
//! whom its first line calls, if that is something nobody can guess.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::call::record::CallId;
use crate::now::Now;
use crate::sip::budget::{About, Budgets, Payer, Spent, Whence};
use crate::sip::gate::Source;
use crate::sip::hop::{Hop, Protocol};
use crate::sip::wire;

use super::SipDoor;

#[derive(Debug, Default)]
pub(super) struct Purses {
    budgets: Budgets,
    /// Where each live call's caller is, be it nobody whom the gate knows: one whom Twilio has brought to us.
    callers: HashMap<CallId, Whence>,
    /// How many of them are there.
    there: HashMap<Whence, usize>,
    /// Servers that calls go out by: they answer from there, and need not be among those that may call.
    servers: HashMap<SocketAddr, usize>,
}

impl Purses {
    /// This call's caller is there now.
    pub fn caller_is(&mut self, call: CallId, hop: &Hop) {
        self.caller_left(call);
        let whence = Whence::of(hop);
        self.callers.insert(call, whence);
        *self.there.entry(whence).or_default() += 1;
    }

    /// This call has no caller any more.
    pub fn caller_left(&mut self, call: CallId) {
        let Some(whence) = self.callers.remove(&call) else { return };
        if let Some(count) = self.there.get_mut(&whence) {
            *count -= 1;
            if *count == 0 {
                self.there.remove(&whence);
            }
        }
    }

    /// Calls go out by this trunk these ways. Connections that we open are known by themselves.
    pub fn trunk_is_at(&mut self, trunk: usize, hops: &[Hop]) {
        self.servers.retain(|_, of| *of != trunk);
        let datagrams = hops.iter().filter(|hop| hop.protocol() == Protocol::Udp);
        self.servers.extend(datagrams.map(|hop| (hop.to, trunk)));
    }
}

impl SipDoor {
    /// Something has come from there: whether it may be read at all.
    pub fn spend(&mut self, now: Now, from: &Hop, bytes: &[u8]) -> Spent {
        let payer = self.payer(now, from, bytes);
        self.purses.budgets.spend(now.mono, payer, About::read(bytes))
    }

    fn payer(&self, now: Now, from: &Hop, bytes: &[u8]) -> Payer {
        let whence = Whence::of(from);
        match self.gate.source(from) {
            Source::Trunk(trunk) => return Payer::Trunk(trunk),
            Source::Phone => return Payer::Known(whence),
            Source::Stranger => {}
        }
        if from.flow().is_some_and(|flow| self.endpoint.flows.is_known(flow)) || self.purses.there.contains_key(&whence)
        {
            return Payer::Known(whence);
        }
        if let Some(&trunk) = self.purses.servers.get(&from.to).filter(|_| from.protocol() == Protocol::Udp) {
            return Payer::Trunk(trunk);
        }
        if let Some(user) = wire::user_called(bytes) {
            if let Some(token) = self.tokens.read(user, now.wall) {
                return Payer::SentFor(token.call.0.as_u128());
            }
            if let Some(trunk) = self.gate.trunk_called(user) {
                return Payer::Trunk(trunk);
            }
        }
        let ip = from.to.ip();
        match from.flow() {
            Some(flow) if self.acquaintances.include(ip) => Payer::House(flow, ip),
            Some(_) | None => Payer::Stranger(ip),
        }
    }
}
