//! What the endpoint has heard, and who of us it is for.

use crate::call::event::{CallerLeft, Input, LegEnd};
use crate::now::Now;
use crate::sip::endpoint::{ClientTx, Event, ServerTx};
use crate::sip::gate::Source;
use crate::sip::hop::Hop;
use crate::sip::message::{Header, Method, Received};
use crate::sip::outgoing::{ALLOW, ALLOW_TO_PHONES};

use super::abilities::{self, Peer};
use super::{SipDoor, Told};

impl SipDoor {
    pub(super) fn drain_endpoint(&mut self, now: Now) {
        self.drain_events(now);
        while let Some(flow) = self.endpoint.flows.poll_gone() {
            self.registered_flow_gone(flow);
            self.registrars_flow_gone(now, flow);
        }
    }

    fn drain_events(&mut self, now: Now) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request { tx, hop, request } => self.request_came(now, tx, hop, *request),
                Event::Cancelled { tx } => {
                    if let Some(&call) = self.invites.get(&tx) {
                        self.tell(call, Input::CallerLeft(CallerLeft::HungUp, None));
                    } else {
                        self.taker_left(now, tx);
                    }
                }
                Event::Acked { tx, ack } => self.acked(now, tx, &ack),
                Event::NeverAcked { tx } => self.never_acked(now, tx),
                Event::Response { tx, hop, response } => {
                    if self.registrar_answered(now, tx, hop, &response) {
                        continue;
                    }
                    self.told.push_back(Told::Alive(hop.to));
                    if !self.proof_over(now, tx)
                        && !self.carrier_answered(now, tx, hop, &response)
                        && !self.presence_answered(now, tx, &hop, &response)
                        && !self.left_ringing_answered(now, tx, hop, &response)
                        && !self.notify_answered(now, tx, &response)
                    {
                        self.response_came(now, tx, hop, &response);
                    }
                }
                Event::TimedOut { tx } => {
                    if !self.question_is_lost(now, tx) {
                        self.phone_is_lost(now, tx, LegEnd::Silent);
                    }
                }
                Event::Broken { tx } => {
                    if !self.question_is_lost(now, tx) {
                        self.phone_is_lost(now, tx, LegEnd::Unavailable(503));
                    }
                }
                Event::Idle { flow } => {
                    // The other side's Contact is often a port where nobody listens: this connection is the way back.
                    let needed = self.trunks.need(flow) || self.dialog_hops().any(|hop| hop.flow() == Some(flow));
                    if needed { self.endpoint.keep_flow(now.mono, flow) } else { self.endpoint.flows.close(flow) }
                }
                Event::Unreachable { tx } => {
                    if let Some(&call) = self.invites.get(&tx) {
                        self.tell(call, Input::CallerLeft(CallerLeft::Lost, None));
                    } else {
                        self.taker_left(now, tx);
                    }
                }
            }
        }
    }

    /// Whether this was a REGISTER of ours, or a question whether somebody is there: nobody has answered.
    fn question_is_lost(&mut self, now: Now, tx: ClientTx) -> bool {
        self.registrar_silent(now, tx)
            || self.proof_over(now, tx)
            || self.carrier_silent(now, tx)
            || self.presence_silent(now, tx)
            || self.notify_is_lost(tx)
    }

    fn request_came(&mut self, now: Now, tx: ServerTx, hop: Hop, request: Received) {
        if request.to.tag().is_some() {
            return self.in_dialog(now, tx, hop, &request);
        }
        match request.method() {
            Some(Method::Invite) => self.invite_came(now, tx, hop, request),
            Some(Method::Register) => self.register_came(now, tx, hop, &request),
            Some(Method::Subscribe) => self.subscribe_came(now, tx, hop, request),
            Some(Method::Options) if let Err(unable) = abilities::extensions(&request) => {
                self.respond(now, tx, unable.code, unable.more);
            }
            Some(Method::Options) => {
                let accept = Header::Accept("application/sdp".into());
                let (allow, peer) = match self.source_of(&hop, &request) {
                    Source::Phone => (ALLOW_TO_PHONES, Peer::Phone),
                    Source::Trunk(_) | Source::Stranger => (ALLOW, Peer::Other),
                };
                let more = vec![Header::Allow(allow.into()), abilities::supported(peer), accept];
                self.respond(now, tx, 200, more);
            }
            _ => {
                let unable = abilities::method(&request);
                self.respond(now, tx, unable.code, unable.more);
            }
        }
    }
}
