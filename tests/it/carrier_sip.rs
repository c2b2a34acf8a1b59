//! What only a caller does: an INVITE through the carrier's trunk, CANCEL, ACK.

use std::net::SocketAddr;
use std::time::Duration;

use crate::far_end::{End, FarEnd, Leg, PATIENCE, Phase};
use crate::text::{Text, compose, sdp, tag, uri_of};

/// What a caller's INVITE says.
#[derive(Clone, Debug)]
pub struct Says {
    /// The called number, in the request line and To.
    pub called: String,
    /// In place of the number in the request line.
    pub line_user: Option<String>,
    /// The From value without its tag.
    pub from: String,
    pub payloads: String,
    /// Lines added to the SDP.
    pub sdp_lines: Vec<String>,
    /// In place of the SDP's audio line.
    pub media_line: Option<String>,
    /// Headers added to the message.
    pub headers: Vec<(String, String)>,
    /// `false`: no SDP, the offer is to come in the 200 (RFC 3264 §4).
    pub offers: bool,
}

impl Says {
    /// What any telephone says that calls this number or user.
    pub fn calling(called: &str) -> Says {
        Says {
            called: called.to_owned(),
            line_user: None,
            from: "<sip:somebody@carrier.example>".to_owned(),
            payloads: "8 0 101".to_owned(),
            sdp_lines: Vec::new(),
            headers: Vec::new(),
            media_line: None,
            offers: true,
        }
    }
}

impl FarEnd {
    /// Sends an INVITE; its leg is the last one from now on.
    pub fn call(&mut self, now: Duration, to: SocketAddr, says: &Says) {
        let (call_id, branch, own) = (self.fresh("call"), self.fresh("z9hG4bK"), self.fresh("tag"));
        let uri_of = |called: &str| match called.starts_with("urn:") {
            true => called.to_owned(),
            false => format!("sip:{called}@{to}"),
        };
        let uri = uri_of(&says.called);
        let line = uri_of(says.line_user.as_ref().unwrap_or(&says.called));
        let (local, remote) = (format!("{};tag={own}", says.from), format!("<{uri}>"));
        let mut headers = vec![
            ("Via", format!("SIP/2.0/{} {};branch={branch};rport", self.protocol(), self.address)),
            ("Max-Forwards", "60".to_owned()),
            ("From", local.clone()),
            ("To", remote.clone()),
            ("Call-ID", call_id.clone()),
            ("CSeq", "1 INVITE".to_owned()),
            ("Contact", format!("<{}>", self.uri)),
            ("Allow", "ACK, BYE, CANCEL, INVITE, OPTIONS".to_owned()),
        ];
        headers.extend(says.headers.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let mut body = String::new();
        if says.offers {
            headers.push(("Content-Type", "application/sdp".to_owned()));
            body = sdp(self.audio, &says.payloads, "sendrecv", &says.sdp_lines);
            if let Some(line) = &says.media_line {
                let audio = body.split("\r\n").find(|line| line.starts_with("m=")).unwrap_or_default().to_owned();
                body = body.replace(&audio, line);
            }
            self.payloads.clone_from(&says.payloads);
        }
        let text = compose(&format!("INVITE {line} SIP/2.0"), &headers, &body);
        let invite = Text::read(text.as_bytes());
        self.legs.push(Leg::new(call_id, invite, local, remote, line));
        self.sources.push(to);
        self.send_client(now, self.legs.len() - 1, "INVITE", branch, to, text);
    }

    pub(crate) fn calls_out(&self, leg: usize) -> bool {
        tag(self.legs[leg].invite.must("from")) == tag(&self.legs[leg].local)
    }

    pub(crate) fn invite_answered(&mut self, now: Duration, leg: usize, code: u16, response: &Text) {
        self.legs[leg].statuses.push((now, code));
        let branch = self.legs[leg].invite.branch().to_owned();
        let cancels = self.cancels(leg);
        let ours = |client: &&mut crate::far_end::Client| client.branch == branch && client.method == "INVITE";
        let client = self.clients.iter_mut().find(ours).expect("found by its branch a moment ago");
        let first_final = !client.done && code >= 200;
        client.next = None;
        match code {
            100..200 => {
                if !client.done && !cancels {
                    client.until = None;
                }
                if code >= 180 && self.legs[leg].phase == Phase::Trying {
                    self.legs[leg].phase = Phase::Ringing;
                }
                if self.legs[leg].wants_to_hang_up {
                    self.cancel(now, leg);
                }
            }
            200..300 => {
                client.done = true;
                if first_final {
                    self.talk(leg, response);
                }
                self.repeat_ack(leg);
                if first_final && self.legs[leg].wants_to_hang_up {
                    self.bye(now, leg);
                }
            }
            _ => {
                client.done = true;
                let to = client.to;
                self.ack_refusal(leg, to, response);
                self.legs[leg].over(End::Refused(code));
            }
        }
    }

    /// Hangs up before any final answer: CANCEL, once a provisional one has come (RFC 3261 §9.1).
    pub(crate) fn give_up(&mut self, now: Duration, leg: usize) {
        self.legs[leg].wants_to_hang_up = true;
        if !self.legs[leg].statuses.is_empty() {
            self.cancel(now, leg);
        }
    }

    fn cancels(&self, leg: usize) -> bool {
        let branch = self.legs[leg].invite.branch();
        self.clients.iter().any(|client| client.branch == branch && client.method == "CANCEL")
    }

    fn cancel(&mut self, now: Duration, leg: usize) {
        if self.cancels(leg) {
            return;
        }
        let invite = self.legs[leg].invite.clone();
        let branch = invite.branch().to_owned();
        let ours = |client: &&mut crate::far_end::Client| client.branch == branch && client.method == "INVITE";
        let client = self.clients.iter_mut().find(ours).expect("a leg of ours began with an INVITE");
        client.until = Some(now + PATIENCE);
        let to = client.to;
        let text = same_transaction(&invite, "CANCEL", invite.must("to"));
        self.send_client(now, leg, "CANCEL", branch, to, text);
    }

    fn talk(&mut self, at: usize, ok: &Text) {
        let contact = ok.all("contact").first().copied().unwrap_or_else(|| panic!("a 200 to INVITE without Contact"));
        assert!(tag(ok.must("to")).is_some(), "a 200 to INVITE without a To tag");
        let leg = &mut self.legs[at];
        leg.phase = Phase::Talking;
        leg.remote = ok.must("to").to_owned();
        leg.target = uri_of(contact).to_owned();
        leg.routes = ok.all("record-route").into_iter().rev().map(str::to_owned).collect();
        leg.send_audio_to = ok.audio();
        leg.voice = ok.voice();
        let offered_late = leg.invite.body.is_empty();
        let branch = self.fresh("z9hG4bK");
        let answer = if offered_late { sdp(self.audio, "0 101", "sendrecv", &[]) } else { String::new() };
        let number = self.legs[at].invite.cseq().0;
        self.legs[at].ack = Some(self.ack_of(at, number, &branch, &answer));
    }

    /// Every 2xx gets the same ACK (RFC 3261 §13.2.2.4).
    fn repeat_ack(&mut self, leg: usize) {
        if let Some((to, text)) = self.legs[leg].ack.clone().filter(|_| self.acks) {
            self.send(to, text);
        }
    }

    fn ack_refusal(&mut self, leg: usize, to: SocketAddr, response: &Text) {
        let text = same_transaction(&self.legs[leg].invite, "ACK", response.must("to"));
        self.send(to, text);
    }
}

/// A CANCEL, or the ACK of a refusal: it belongs to the INVITE's own transaction (RFC 3261 §9.1, §17.1.1.3).
fn same_transaction(invite: &Text, method: &str, to: &str) -> String {
    let headers = [
        ("Via", invite.must("via").to_owned()),
        ("Max-Forwards", "70".to_owned()),
        ("From", invite.must("from").to_owned()),
        ("To", to.to_owned()),
        ("Call-ID", invite.must("call-id").to_owned()),
        ("CSeq", format!("{} {method}", invite.cseq().0)),
    ];
    compose(&format!("{method} {} SIP/2.0", invite.uri()), &headers, "")
}
