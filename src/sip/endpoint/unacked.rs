//! 2xx of ours that want their ACK, which comes in a transaction of its own (RFC 3261 §13.3.1.4).

use std::sync::Arc;
use std::time::Duration;

use crate::now::Mono;

use super::super::message::{Received, Response};
use super::super::transaction::server::Input;
use super::super::transaction::timer::{T1, T1_64, T2};
use super::super::wire;
use super::connection::lead;
use super::server::{RequestKind, ServerKey, server_key};
use super::{Endpoint, Event, ServerTx, Timer, Transmit};

/// What an ACK has in common with the 2xx it answers (RFC 3261 §13.2.2.4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct AckKey {
    pub(super) call_id: String,
    pub(super) local_tag: String,
    pub(super) cseq: u32,
}

#[derive(Debug)]
pub(super) struct Unacked {
    pub(super) key: Arc<AckKey>,
    /// `None`: the ACK is here. The entry stays until its end timer, so that a repeated ACK still counts as known.
    pub(super) again: Option<Box<Transmit>>,
    pub(super) interval: Duration,
}

impl Endpoint {
    /// Accepts an INVITE: the 2xx is repeated until its ACK comes.
    pub fn accept(&mut self, now: Mono, tx: ServerTx, response: &Response, local_tag: &str) {
        let Ok(bytes) = wire::write_response(response) else { return };
        let Some(request) = self.request_of(tx) else { return };
        let key = Arc::new(AckKey {
            call_id: request.call_id.clone(),
            local_tag: local_tag.to_owned(),
            cseq: request.cseq.number,
        });
        self.serve(now, tx, Input::Success, Some(bytes.clone()));
        let Some(hop) = self.servers.get(&tx).map(|server| server.hop) else { return };
        let again = Some(Box::new(Transmit { hop, bytes }));
        self.by_ack.insert(key.clone(), tx);
        self.unacked.insert(tx, Unacked { key, again, interval: T1 });
        self.deadlines.set(Timer::AcceptedResend(tx), now + T1);
        self.deadlines.set(Timer::AcceptedEnd(tx), now + T1_64);
    }

    /// The other side has shown by other means that our 2xx arrived.
    pub fn stop_repeating(&mut self, tx: ServerTx) {
        if let Some(unacked) = self.unacked.get_mut(&tx) {
            unacked.again = None;
            self.deadlines.stop(Timer::AcceptedResend(tx));
        }
    }

    pub(super) fn ack_came(&mut self, now: Mono, ack: Received) {
        let invite = ServerKey { kind: RequestKind::Invite, ..server_key(&ack) };
        if let Some(&tx) = self.by_request.get(&invite) {
            self.serve(now, tx, Input::Ack, None);
        }
        if let Some(tx) = self.find_unacked(&ack)
            && let Some(unacked) = self.unacked.get_mut(&tx)
            && unacked.again.take().is_some()
        {
            self.deadlines.stop(Timer::AcceptedResend(tx));
            self.events.push_back(Event::Acked { tx, ack: Box::new(ack) });
        }
    }

    pub(super) fn find_unacked(&self, ack: &Received) -> Option<ServerTx> {
        let local_tag = ack.to.tag()?.to_owned();
        let key = AckKey { call_id: ack.call_id.clone(), local_tag, cseq: ack.cseq.number };
        self.by_ack.get(&key).copied()
    }

    /// The 2xx again.
    pub(super) fn repeat_accepted(&mut self, now: Mono, tx: ServerTx) {
        if let Some(unacked) = self.unacked.get_mut(&tx)
            && let Some(again) = &mut unacked.again
        {
            unacked.interval = (unacked.interval * 2).min(T2);
            lead(&mut self.flows, &mut self.deadlines, now, &mut again.hop);
            self.transmits.push_back(Transmit::clone(again));
            self.deadlines.set(Timer::AcceptedResend(tx), now + unacked.interval);
        }
    }

    /// No ACK is waited for any longer.
    pub(super) fn end_accepted(&mut self, tx: ServerTx) {
        self.deadlines.stop(Timer::AcceptedResend(tx));
        if let Some(unacked) = self.unacked.remove(&tx) {
            self.by_ack.remove(&unacked.key);
            if unacked.again.is_some() {
                self.events.push_back(Event::NeverAcked { tx });
            }
        }
    }
}
