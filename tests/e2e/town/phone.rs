//! The shop's phones. What one does about a call is in the caller's script.

use std::time::SystemTime;

use super::ledger::{Deed, Side};
use super::text::{Message, request, sdp};
use super::{People, Timer};

/// A phone that was offered a call.
pub(super) struct Leg {
    socket: usize,
    call: Option<usize>,
    state: LegState,
    /// What an INVITE that comes again gets.
    last: String,
    /// What its 200 will be, its 487, and its BYE.
    ok: String,
    terminated: String,
    bye: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LegState {
    Ringing,
    Up,
    /// A final answer was given, and is not confirmed.
    Over,
}

pub(super) fn bye_key(call_id: &str) -> String {
    format!("bye of {call_id}")
}

fn final_key(call_id: &str) -> String {
    format!("answer of {call_id}")
}

impl People {
    pub(super) fn phone_is_asked(&mut self, at: usize, message: &Message<'_>) {
        let call_id = message.header("Call-ID");
        match message.method() {
            "INVITE" => match self.legs.get(call_id) {
                Some(leg) => self.send(at, &leg.last),
                None => self.phone_is_offered(at, message),
            },
            "CANCEL" => {
                self.send(at, &message.answer("200 OK", &tag(self.port(at)), "", ""));
                let Some(leg) = self.legs.get_mut(call_id) else { return };
                if leg.state == LegState::Ringing {
                    leg.state = LegState::Over;
                    leg.last.clone_from(&leg.terminated);
                    let text = leg.terminated.clone();
                    self.send_until_answered(at, final_key(call_id), text);
                }
            }
            "ACK" => {
                if self.repeats.remove(&final_key(call_id)).is_none() {
                    return;
                }
                let Some(leg) = self.legs.get(call_id) else { return };
                if leg.state == LegState::Over {
                    self.legs.remove(call_id);
                    return;
                }
                let deed = leg.call.map(|call| self.callers[call].entry.script.deed);
                if let Some(Deed::Talks { talks, hangs_up: Side::Phone, .. }) = deed {
                    self.after(talks, Timer::Leg(call_id.to_owned()));
                }
            }
            "BYE" => {
                self.repeats.remove(&final_key(call_id));
                self.repeats.remove(&bye_key(call_id));
                self.legs.remove(call_id);
                self.send(at, &message.answer("200 OK", "", "", ""));
            }
            _ => self.send(at, &message.answer("200 OK", &tag(self.port(at)), "", "")),
        }
    }

    fn phone_is_offered(&mut self, at: usize, invite: &Message<'_>) {
        let (port, call_id) = (self.port(at), invite.header("Call-ID"));
        let call = self.by_number.get(invite.caller()).copied();
        if let Some(call) = call {
            let offered = &mut self.callers[call].entry.offered;
            if !offered.contains(&port) {
                offered.push(port);
            }
        }
        let (tag, contact) = (tag(port), format!("Contact: <sip:127.0.0.1:{port}>\r\n"));
        let declines = call.is_none_or(|call| self.callers[call].entry.script.deed == Deed::IsDeclined);
        let last = match declines {
            true => invite.answer("603 Decline", &tag, "", ""),
            false => invite.answer("180 Ringing", &tag, &contact, ""),
        };
        let leg = Leg {
            socket: at,
            call,
            state: if declines { LegState::Over } else { LegState::Ringing },
            last: last.clone(),
            ok: invite.answer("200 OK", &tag, &contact, &sdp(self.media_port())),
            terminated: invite.answer("487 Request Terminated", &tag, "", ""),
            bye: bye(port, invite, &tag),
        };
        self.legs.insert(call_id.to_owned(), leg);
        match declines {
            true => self.send_until_answered(at, final_key(call_id), last),
            false => self.send(at, &last),
        }
    }

    /// The legs of this call that ring, in an order that does not depend on chance.
    pub(super) fn ringing(&self, call: usize) -> Vec<String> {
        let ringing = self.legs.iter().filter(|(_, leg)| leg.call == Some(call) && leg.state == LegState::Ringing);
        let mut legs: Vec<_> = ringing.map(|(call_id, leg)| (leg.socket, call_id.clone())).collect();
        legs.sort_unstable();
        legs.into_iter().map(|(_, call_id)| call_id).collect()
    }

    pub(super) fn waits_for(&self, call: usize) -> bool {
        let unconfirmed = |call_id: &String| self.repeats.contains_key(&final_key(call_id));
        let waits = |call_id: &String, leg: &Leg| leg.state == LegState::Ringing || unconfirmed(call_id);
        self.legs.iter().any(|(call_id, leg)| leg.call == Some(call) && waits(call_id, leg))
    }

    pub(super) fn phone_picks_up(&mut self, call_id: &str) {
        let Some(leg) = self.legs.get_mut(call_id) else { return };
        leg.state = LegState::Up;
        leg.last.clone_from(&leg.ok);
        let (socket, text) = (leg.socket, leg.ok.clone());
        if let Some(call) = leg.call {
            self.callers[call].entry.picked_up.get_or_insert_with(SystemTime::now);
        }
        self.send_until_answered(socket, final_key(call_id), text);
    }

    pub(super) fn phone_hangs_up(&mut self, call_id: &str) {
        let Some(leg) = self.legs.get(call_id) else { return };
        let (socket, text) = (leg.socket, leg.bye.clone());
        self.send_until_answered(socket, bye_key(call_id), text);
    }
}

fn tag(port: u16) -> String {
    format!("phone{port}")
}

/// The BYE that would end the call of this INVITE.
fn bye(port: u16, invite: &Message<'_>, tag: &str) -> String {
    let call_id = invite.header("Call-ID");
    let headers = format!(
        "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-bye-{call_id}\r\nFrom: {};tag={tag}\r\nTo: {}\r\n\
         Call-ID: {call_id}\r\nCSeq: 1 BYE\r\n",
        invite.header("To"),
        invite.header("From")
    );
    request("BYE", invite.contact(), &headers, "", "")
}
