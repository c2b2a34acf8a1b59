//! What either end says in a conversation: it puts the other on hold, changes its codecs, sends a fax, or asks for
//! things that nobody here does.

use std::time::Duration;

use crate::cast::Person;
use crate::far_end::{FarEnd, Leg, Phase};
use crate::text::{Text, compose, sdp, tag, uri_of};

/// A new offer of one end.
#[derive(Clone, Debug)]
pub struct Offers {
    pub payloads: String,
    /// `sendonly` and `inactive` are a hold (RFC 3264 §8.4).
    pub direction: &'static str,
    /// In place of the SDP's audio line.
    pub media_line: Option<String>,
    /// Headers added to the message.
    pub headers: Vec<(&'static str, String)>,
}

impl Offers {
    /// What most ends know.
    pub fn direction(direction: &'static str) -> Offers {
        Offers { payloads: "8 0 101".to_owned(), direction, media_line: None, headers: Vec::new() }
    }

    pub fn payloads(mut self, payloads: &str) -> Offers {
        payloads.clone_into(&mut self.payloads);
        self
    }

    pub fn media_line(mut self, line: &str) -> Offers {
        self.media_line = Some(line.to_owned());
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Offers {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn body(&self, far_end: &FarEnd) -> String {
        let body = sdp(far_end.audio, &self.payloads, self.direction, &[]);
        let audio = body.split("\r\n").find(|line| line.starts_with("m=")).unwrap_or_default().to_owned();
        self.media_line.as_ref().map_or(body.clone(), |line| body.replace(&audio, line))
    }
}

impl FarEnd {
    /// The conversation this end has.
    fn conversation(&self) -> usize {
        let leg = self.legs.iter().rposition(|leg| leg.phase == Phase::Talking);
        leg.unwrap_or_else(|| panic!("{} talks with nobody", self.name))
    }

    /// Sends this request in the conversation.
    fn ask(&mut self, now: Duration, method: &str, headers: &[(&str, String)], body: &str) {
        let leg = self.conversation();
        self.ask_at(now, leg, method, headers, body);
    }

    /// The same in the call of this place.
    fn ask_at(&mut self, now: Duration, leg: usize, method: &str, headers: &[(&str, String)], body: &str) {
        self.legs[leg].cseq += 1;
        let branch = self.fresh("z9hG4bK");
        let (to, text) = self.within_dialog_with(leg, method, &branch, headers, body);
        self.send_client(now, leg, method, branch, to, text);
    }

    /// What names the call of this place to the other side (RFC 3891 §6.1).
    pub fn names_call(&self, leg: usize) -> String {
        let leg = &self.legs[leg];
        let of = |value: &str| tag(value).unwrap_or("0").to_owned();
        format!("{};to-tag={};from-tag={}", leg.call_id, of(&leg.remote), of(&leg.local))
    }

    /// The same while the call rings, here or at the other end: in the dialog that the 180 has begun (RFC 3261 §12.1.2).
    fn ask_early(&mut self, now: Duration, method: &str, headers: &[(&str, String)], body: &str) {
        let at = self.legs.iter().rposition(|leg| leg.phase == Phase::Ringing).expect("it rings");
        if self.calls_out(at) {
            let rings = |(_, text): &&(Duration, Text)| text.label() == "180 INVITE";
            let ringing = self.heard.iter().rfind(rings).map(|(_, text)| text.clone()).expect("it rings");
            self.legs[at].remote = ringing.must("to").to_owned();
            self.legs[at].target = uri_of(ringing.must("contact")).to_owned();
        }
        self.legs[at].cseq += 1;
        let branch = self.fresh("z9hG4bK");
        let (to, text) = self.within_dialog_with(at, method, &branch, headers, body);
        self.send_client(now, at, method, branch, to, text);
    }

    fn reinvite(&mut self, now: Duration, headers: &[(&str, String)], body: &str) {
        let mut all = vec![("Contact", format!("<{}>", self.uri))];
        if !body.is_empty() {
            all.push(("Content-Type", "application/sdp".to_owned()));
        }
        all.extend(headers.iter().cloned());
        self.ask(now, "INVITE", &all, body);
    }

    /// The answer to a re-INVITE of this end.
    pub(crate) fn reinvite_answered(&mut self, at: usize, client: usize, response: &Text) {
        let code = response.code().unwrap_or_default();
        if code < 200 {
            self.clients[client].until = None;
            self.clients[client].next = None;
            return;
        }
        let first = !std::mem::replace(&mut self.clients[client].done, true);
        let (to, reinvite) = (self.clients[client].to, Text::read(self.clients[client].text.as_bytes()));
        if code >= 300 {
            let headers = [
                ("Via", reinvite.must("via").to_owned()),
                ("Max-Forwards", "70".to_owned()),
                ("From", reinvite.must("from").to_owned()),
                ("To", response.must("to").to_owned()),
                ("Call-ID", reinvite.must("call-id").to_owned()),
                ("CSeq", format!("{} ACK", reinvite.cseq().0)),
            ];
            let ack = compose(&format!("ACK {} SIP/2.0", reinvite.uri()), &headers, "");
            return self.send(to, ack);
        }
        if first {
            let leg = &mut self.legs[at];
            let contact = response.all("contact").first().copied().unwrap_or_else(|| panic!("a 200 without Contact"));
            leg.target = uri_of(contact).to_owned();
            (leg.send_audio_to, leg.voice) = (response.audio(), response.voice());
            let offered_late = reinvite.body.is_empty();
            let branch = self.fresh("z9hG4bK");
            let answer =
                if offered_late { sdp(self.audio, &self.payloads.clone(), "sendrecv", &[]) } else { String::new() };
            self.legs[at].ack = Some(self.ack_of(at, reinvite.cseq().0, &branch, &answer));
        }
        if let Some((to, text)) = self.legs[at].ack.clone() {
            self.send(to, text);
        }
    }
}

impl Leg {
    /// Whether this branch is that of the INVITE which began the call.
    pub(crate) fn began_with(&self, branch: &str) -> bool {
        self.invite.branch() == branch
    }
}

impl Person {
    /// A re-INVITE.
    pub fn offers(&self, offers: &Offers) {
        self.act(|far_end, now| {
            if offers.media_line.is_none() {
                far_end.payloads.clone_from(&offers.payloads);
            }
            let body = offers.body(far_end);
            far_end.reinvite(now, &offers.headers, &body);
        });
    }

    /// The same by UPDATE.
    pub fn updates(&self, offers: &Offers) {
        self.act(|far_end, now| {
            if offers.media_line.is_none() {
                far_end.payloads.clone_from(&offers.payloads);
            }
            let body = offers.body(far_end);
            let (contact, kind) = (format!("<{}>", far_end.uri), "application/sdp".to_owned());
            let own = [("Contact", contact), ("Content-Type", kind)];
            let headers: Vec<(&str, String)> = own.into_iter().chain(offers.headers.iter().cloned()).collect();
            far_end.ask(now, "UPDATE", &headers, &body);
        });
    }

    /// An UPDATE that offers nothing: it says where they are.
    pub fn updates_its_contact(&self) {
        self.act(|far_end, now| {
            let contact = [("Contact", format!("<{}>", far_end.uri))];
            far_end.ask(now, "UPDATE", &contact, "");
        });
    }

    /// Any request in a call that nobody has answered yet.
    pub fn asks_while_it_rings(&self, method: &str, headers: &[(&str, &str)], body: &str) {
        let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.act(|far_end, now| far_end.ask_early(now, method, &headers, body));
    }

    /// A re-INVITE without SDP: the other side is to offer.
    pub fn asks_for_an_offer(&self) {
        self.act(|far_end, now| far_end.reinvite(now, &[], ""));
    }

    pub fn holds(&self) {
        self.offers(&Offers::direction("sendonly"));
    }

    pub fn takes_back(&self) {
        self.offers(&Offers::direction("sendrecv"));
    }

    /// Any other request in the conversation.
    pub fn asks(&self, method: &str, headers: &[(&str, &str)], body: &str) {
        let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.act(|far_end, now| far_end.ask(now, method, &headers, body));
    }

    /// The transfer key, once somebody else was asked: whoever is at the call of the first place is to talk with whoever is at
    /// that of the second (RFC 5589 §7.1).
    pub fn puts_together(&self, at: usize, with: usize) {
        let replaces = self.see(|far_end| far_end.names_call(with));
        self.refers_at(at, &replaces);
    }

    /// The same with this as the other call.
    pub fn refers_at(&self, at: usize, replaces: &str) {
        let replaces = replaces.replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
        let to = format!("<sip:whoever@192.0.2.1?Replaces={replaces}&Require=replaces>");
        self.act(|far_end, now| far_end.ask_at(now, at, "REFER", &[("Refer-To", to)], ""));
    }

    /// Hangs up and says why.
    pub fn hangs_up_saying(&self, reason: &str) {
        self.act(|far_end, now| far_end.bye_with(now, far_end.conversation(), &[("Reason", reason.to_owned())]));
    }

    /// The last answer to a request of this method.
    #[track_caller]
    pub fn answer_to(&self, method: &str) -> Text {
        let label = |text: &Text| text.code().is_some_and(|code| code >= 200) && text.cseq().1 == method;
        self.last_heard(label).unwrap_or_else(|| panic!("{} heard no answer to {method}", self.name()))
    }
}
