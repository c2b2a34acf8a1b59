//! A telephone of somebody else, caller's or staff's: RFC 3261 as one end plays it, with its own timers. What only a
//! caller does is in `carrier_sip`, what only a phone does in `phone`.

use std::net::SocketAddr;
use std::time::Duration;

use crate::phone::Habit;
use crate::text::{self, Text, address_of, compose, tag, uri_of};

/// RFC 3261 §17.1.1.1.
pub const T1: Duration = Duration::from_millis(500);
/// The longest pause between repeats (RFC 3261 §17.1.2.2).
pub const T2: Duration = Duration::from_secs(4);
/// 64*T1: timers B, F, H and the wait for an ACK.
pub const PATIENCE: Duration = Duration::from_secs(32);

#[derive(Debug)]
pub struct FarEnd {
    pub name: String,
    pub address: SocketAddr,
    /// Where it is called: `sip:counter@192.0.2.11:5060`.
    pub uri: String,
    /// Where it wants its audio.
    pub audio: SocketAddr,
    /// The payload types it speaks, its favourite first.
    pub payloads: String,
    pub habit: Habit,
    pub line: Line,
    silent: bool,
    /// It answers an offer with every codec that it shares, not with one.
    pub answers_with_all: bool,
    pub protects: Protects,
    /// It refuses every re-INVITE and UPDATE with this.
    pub refuses_again: Option<u16>,
    /// Headers of that refusal.
    pub refuses_saying: Vec<(&'static str, String)>,
    /// Its ringing must arrive (RFC 3262): it is said until a PRACK comes.
    pub rings_reliably: bool,
    /// The Session-Expires of its first 200. Later ones agree to what is asked (RFC 4028).
    pub timer: Option<String>,
    /// The shortest session interval it agrees to, in seconds.
    pub min_se: u32,
    /// The methods it says it has, in its 2xx.
    pub allows: Option<String>,
    /// A caller whose ACKs are never sent is one whose ACKs are lost.
    pub acks: bool,
    /// Its subscriptions, by their Call-IDs.
    pub watches: Vec<String>,
    /// Datagrams of line ends alone.
    pub line_ends: Vec<Vec<u8>>,
    pub legs: Vec<Leg>,
    /// Everything that arrived, repeats too.
    pub heard: Vec<(Duration, Text)>,
    pub(crate) clients: Vec<Client>,
    /// Per leg: the address its INVITE came from or went to.
    pub(crate) sources: Vec<SocketAddr>,
    replies: Vec<Reply>,
    out: Vec<(SocketAddr, String)>,
    made: u64,
}

/// What it does when it is asked for protected sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protects {
    AsAsked,
    /// 488: it cannot.
    Refuses,
    /// It answers as if plain sound had been offered.
    Ignores,
}

/// How it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Datagrams,
    Stream,
    /// By a stream over TLS.
    Encrypted,
    /// By the connection that the shop has opened to a carrier.
    Registrar,
    /// By a WebSocket that it has opened.
    WebSocket,
    /// By stream, were there a cable.
    Unplugged,
}

/// One call at this end.
#[derive(Debug)]
pub struct Leg {
    pub call_id: String,
    pub phase: Phase,
    /// Set when the phase is [`Phase::Over`].
    pub end: Option<End>,
    /// The INVITE that began it, received or sent.
    pub invite: Text,
    /// Reason values of the CANCEL or BYE that came.
    pub reasons: Vec<String>,
    /// Every response to our INVITE, repeats too.
    pub statuses: Vec<(Duration, u16)>,
    /// Where the other side wants our audio.
    pub send_audio_to: Option<SocketAddr>,
    /// The payload type this end speaks in.
    pub voice: Option<u8>,
    /// Hung up before the protocol let us say so.
    pub(crate) wants_to_hang_up: bool,
    /// Our From or To value with its tag.
    pub(crate) local: String,
    pub(crate) remote: String,
    /// Where requests within the dialog go (RFC 3261 §12.1).
    pub(crate) target: String,
    pub(crate) routes: Vec<String>,
    pub(crate) cseq: u32,
    pub(crate) ack: Option<(SocketAddr, String)>,
    /// A final response of ours, repeated until its ACK.
    pub(crate) repeat: Option<Repeat>,
    /// What the phone's habit does next, and when.
    pub(crate) to_do: Vec<(Duration, crate::phone::Act)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Trying,
    Ringing,
    /// Our 200 has left, its ACK has not come.
    Answered,
    Talking,
    /// Our BYE has left.
    Ending,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The INVITE got this final answer.
    Refused(u16),
    /// CANCEL came before an answer.
    Cancelled,
    /// We said BYE.
    HungUp,
    /// The other side said BYE.
    TheyHungUp,
    /// Nobody answered our repeats.
    Silence,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub branch: String,
    pub method: String,
    pub text: String,
    pub to: SocketAddr,
    pub interval: Duration,
    /// The next repeat; `None`: no more of them.
    pub next: Option<Duration>,
    /// When it gives up; `None` while an INVITE has a provisional answer.
    pub until: Option<Duration>,
    pub done: bool,
    pub leg: usize,
}

/// The last answer to a request, for its repeats.
#[derive(Debug)]
struct Reply {
    branch: String,
    method: String,
    to: SocketAddr,
    text: String,
}

#[derive(Debug)]
pub(crate) struct Repeat {
    pub to: SocketAddr,
    pub text: String,
    pub cseq: u32,
    pub interval: Duration,
    pub next: Duration,
    pub until: Duration,
}

impl FarEnd {
    pub fn new(name: &str, address: SocketAddr, habit: Habit) -> FarEnd {
        FarEnd {
            name: name.to_owned(),
            address,
            uri: format!("sip:{}@{address}", name.to_lowercase().replace(' ', "-")),
            audio: SocketAddr::new(address.ip(), 40_000),
            payloads: "8 0 101".to_owned(),
            habit,
            line: Line::Datagrams,
            silent: false,
            answers_with_all: false,
            protects: Protects::AsAsked,
            refuses_again: None,
            refuses_saying: Vec::new(),
            rings_reliably: false,
            timer: None,
            min_se: 90,
            allows: None,
            acks: true,
            watches: Vec::new(),
            line_ends: Vec::new(),
            legs: Vec::new(),
            heard: Vec::new(),
            clients: Vec::new(),
            sources: Vec::new(),
            replies: Vec::new(),
            out: Vec::new(),
            made: 0,
        }
    }

    /// All its calls are over, and nobody asks about them any more.
    pub fn forget_the_past(&mut self) {
        assert!(self.is_idle(), "{} still has a call: {:?}", self.name, self.legs.last());
        self.legs.clear();
        self.sources.clear();
        self.clients.clear();
        self.replies.clear();
        self.heard.clear();
    }

    /// It is at this address from now on.
    pub fn moves_to(&mut self, ip: std::net::IpAddr) {
        self.address.set_ip(ip);
        self.audio.set_ip(ip);
        self.uri = format!("sip:{}@{}", self.name.to_lowercase().replace(' ', "-"), self.address);
    }

    /// By stream connections from now on.
    pub fn speaks_by_stream(&mut self) {
        self.line = Line::Stream;
        self.uri += ";transport=tcp";
    }

    /// By stream connections over TLS from now on.
    pub fn speaks_encrypted(&mut self) {
        self.line = Line::Encrypted;
        self.uri += ";transport=tls";
    }

    /// By a WebSocket from now on: nobody can call it at any address (RFC 7118 §5.5).
    pub fn speaks_by_web_socket(&mut self) {
        self.line = Line::WebSocket;
        self.uri = format!("sip:{}@df7jal23ls0d.invalid;transport=ws", self.name.to_lowercase());
    }

    /// By the carrier that the shop has registered with, and its connection.
    pub fn speaks_by_registrar(&mut self) {
        self.line = Line::Registrar;
        self.uri += ";transport=tcp";
    }

    /// It is there, but says nothing any more.
    pub fn falls_silent(&mut self) {
        self.silent = true;
    }

    /// It answers again.
    pub fn wakes_up(&mut self) {
        self.silent = false;
    }

    /// The cable is out: nothing comes or goes any more, and whatever it was in is over.
    pub fn is_unplugged(&mut self) {
        self.line = Line::Unplugged;
        self.clients.clear();
        for leg in &mut self.legs {
            leg.over(End::Silence);
            leg.repeat = None;
        }
    }

    pub(crate) fn protocol(&self) -> &'static str {
        match self.line {
            Line::Datagrams => "UDP",
            Line::Stream | Line::Unplugged | Line::Registrar => "TCP",
            Line::Encrypted => "TLS",
            Line::WebSocket => "WS",
        }
    }

    pub fn receive(&mut self, now: Duration, from: SocketAddr, bytes: &[u8]) {
        let text = Text::read(bytes);
        self.heard.push((now, text.clone()));
        if self.silent {
            return;
        }
        match text.method().map(str::to_owned) {
            Some(method) => self.request(now, from, &method, &text),
            None => self.response(now, &text),
        }
    }

    /// What is to be sent, in order.
    pub fn take_out(&mut self) -> Vec<(SocketAddr, String)> {
        std::mem::take(&mut self.out)
    }

    pub fn deadline(&self) -> Option<Duration> {
        let clients = self.clients.iter().filter(|client| !client.done);
        let of_clients = clients.flat_map(|client| [client.next, client.until]).flatten();
        let repeats = self.legs.iter().filter_map(|leg| leg.repeat.as_ref());
        let of_repeats = repeats.map(|repeat| repeat.next.min(repeat.until));
        let of_habits = self.legs.iter().flat_map(|leg| leg.to_do.iter().map(|(at, _)| *at));
        of_clients.chain(of_repeats).chain(of_habits).min()
    }

    pub fn tick(&mut self, now: Duration) {
        self.tick_clients(now);
        self.tick_repeats(now);
        self.tick_habits(now);
    }

    pub fn is_idle(&self) -> bool {
        self.deadline().is_none() && self.legs.iter().all(|leg| leg.phase == Phase::Over)
    }

    /// Hangs up call `leg` at whatever stage it is.
    pub fn hang_up(&mut self, now: Duration, leg: usize) {
        match self.legs[leg].phase {
            Phase::Trying | Phase::Ringing if self.calls_out(leg) => self.give_up(now, leg),
            Phase::Trying | Phase::Ringing => self.refuse(now, leg, 486),
            Phase::Answered => self.legs[leg].wants_to_hang_up = true,
            Phase::Talking => self.bye(now, leg),
            Phase::Ending | Phase::Over => {}
        }
    }

    fn request(&mut self, now: Duration, from: SocketAddr, method: &str, text: &Text) {
        for header in ["via", "from", "to", "call-id", "cseq"] {
            text.must(header);
        }
        assert_eq!(text.cseq().1, method, "CSeq names another method");
        assert!(method == "ACK" || text.get("max-forwards").is_some(), "no Max-Forwards in {}", text.start);
        if method == "ACK" {
            return self.acked(now, text);
        }
        let branch = text.branch();
        if let Some(reply) = self.replies.iter().find(|reply| reply.branch == branch && reply.method == method) {
            self.out.push((reply.to, reply.text.clone()));
            return;
        }
        let leg = self.legs.iter().rposition(|leg| leg.call_id == text.must("call-id"));
        match (method, leg) {
            ("INVITE", Some(leg)) if self.legs[leg].invite.branch() == branch => {}
            ("INVITE", Some(leg)) if tag(text.must("to")).is_some() => self.invited_again(now, from, leg, text),
            ("INVITE", _) => self.invited(now, from, text),
            ("CANCEL", Some(leg)) if self.legs[leg].invite.branch() == branch => self.cancelled(now, from, leg, text),
            ("BYE", Some(leg)) => {
                self.check_dialog(leg, text);
                self.reply(from, text, 200, "OK", &[], "");
                let leg = &mut self.legs[leg];
                leg.reasons.extend(text.all("reason").into_iter().map(str::to_owned));
                leg.over(End::TheyHungUp);
                leg.repeat = None;
            }
            ("PRACK", Some(leg)) => {
                self.check_dialog(leg, text);
                let rack = format!("7 {}", self.legs[leg].invite.must("cseq"));
                let fits = self.rings_reliably && text.must("rack") == rack && text.body.is_empty();
                assert!(fits, "a PRACK for nothing: {text:?}");
                if self.legs[leg].phase == Phase::Ringing {
                    self.legs[leg].repeat = None;
                }
                self.reply(from, text, 200, "OK", &[], "");
            }
            ("UPDATE", Some(leg)) => self.updated(from, leg, text),
            ("NOTIFY", Some(leg)) => {
                self.check_dialog(leg, text);
                assert!(text.get("event").is_some() && text.get("subscription-state").is_some(), "{text:?}");
                self.reply(from, text, 200, "OK", &[], "");
            }
            ("NOTIFY", None) if self.watches.iter().any(|known| known == text.must("call-id")) => {
                assert!(text.get("event").is_some() && text.get("subscription-state").is_some(), "{text:?}");
                self.reply(from, text, 200, "OK", &[], "");
            }
            ("OPTIONS", _) => self.reply(from, text, 200, "OK", &[], ""),
            _ => self.reply(from, text, 481, "Call/Transaction Does Not Exist", &[], ""),
        }
    }

    /// An UPDATE that offers nothing, which is all the shop sends.
    fn updated(&mut self, from: SocketAddr, leg: usize, update: &Text) {
        self.check_dialog(leg, update);
        assert!(update.get("contact").is_some() && update.body.is_empty(), "{update:?}");
        if let Some(code) = self.refuses_again {
            return self.reply(from, update, code, "No", &self.refuses_saying.clone(), "");
        }
        if self.finds_too_small(update) {
            return self.reply(from, update, 422, "No", &[("Min-SE", self.min_se.to_string())], "");
        }
        let headers = self.of_a_2xx(update);
        self.reply(from, update, 200, "OK", &headers, "");
    }

    fn finds_too_small(&self, request: &Text) -> bool {
        let asked = request.get("session-expires").and_then(|value| value.split(';').next()?.parse().ok());
        asked.is_some_and(|asked: u32| asked < self.min_se)
    }

    /// Contact, and what this end says of its methods and its timer.
    fn of_a_2xx(&self, request: &Text) -> Vec<(&'static str, String)> {
        let asked = request.get("session-expires").map(str::to_owned);
        let again = tag(request.must("to")).is_some();
        let timer = if again { asked.filter(|_| self.timer.is_some()) } else { self.timer.clone() };
        let headers = [("Allow", self.allows.clone()), ("Session-Expires", timer)];
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        [("Contact", format!("<{}>", self.uri))].into_iter().chain(headers).collect()
    }

    /// A re-INVITE: agreed to, as most phones do.
    fn invited_again(&mut self, now: Duration, from: SocketAddr, leg: usize, invite: &Text) {
        self.check_dialog(leg, invite);
        if let Some(code) = self.refuses_again {
            return self.reply(from, invite, code, "No", &self.refuses_saying.clone(), "");
        }
        if self.finds_too_small(invite) {
            return self.reply(from, invite, 422, "No", &[("Min-SE", self.min_se.to_string())], "");
        }
        // RFC 3261 §14.2: not while its own waits for an answer.
        let asks = |client: &Client| client.leg == leg && client.method == "INVITE" && !client.done;
        if self.clients.iter().any(asks) {
            return self.reply(from, invite, 491, "Request Pending", &[], "");
        }
        if let Some(audio) = invite.audio() {
            self.legs[leg].send_audio_to = Some(audio);
            self.legs[leg].voice = invite.voice();
        }
        // RFC 3264 §6.1: whoever holds goes on holding.
        let direction = match invite.body.split("\r\n").find(|line| ["a=recvonly", "a=inactive"].contains(line)) {
            Some("a=recvonly") => "sendonly",
            Some(_) => "inactive",
            None => "sendrecv",
        };
        let body = text::sdp(self.audio, &self.payloads.clone(), direction, &[]);
        self.answer(now, from, leg, invite, &body);
    }

    /// A 200 with SDP to an INVITE, repeated until its ACK (RFC 3261 §13.3.1.4).
    pub(crate) fn answer(&mut self, now: Duration, to: SocketAddr, leg: usize, invite: &Text, body: &str) {
        let mut headers = self.of_a_2xx(invite);
        headers.push(("Content-Type", "application/sdp".to_owned()));
        let body = match (invite.crypto(), self.protects) {
            (Some(offered), Protects::AsAsked) => text::protected(body, offered),
            (Some(_), Protects::Refuses | Protects::Ignores) | (None, _) => body.to_owned(),
        };
        self.reply(to, invite, 200, "OK", &headers, &body);
        self.repeat_until_acked(now, leg, invite.cseq().0);
    }

    pub(crate) fn repeat_until_acked(&mut self, now: Duration, leg: usize, cseq: u32) {
        let (to, text) = self.out.last().cloned().expect("a reply was just made");
        let (next, until) = (now + T1, now + PATIENCE);
        self.legs[leg].repeat = Some(Repeat { to, text, cseq, interval: T1, next, until });
    }

    fn acked(&mut self, now: Duration, ack: &Text) {
        let (number, _) = ack.cseq();
        let awaits = |leg: &Leg| leg.repeat.as_ref().is_some_and(|repeat| repeat.cseq == number);
        let ours = |leg: &Leg| leg.call_id == ack.must("call-id") && awaits(leg);
        let Some(at) = self.legs.iter().rposition(ours) else { return };
        let leg = &mut self.legs[at];
        leg.repeat = None;
        if leg.phase == Phase::Answered {
            leg.phase = Phase::Talking;
            if leg.wants_to_hang_up {
                self.bye(now, at);
            }
        }
    }

    fn check_dialog(&self, leg: usize, request: &Text) {
        let leg = &self.legs[leg];
        assert_eq!(tag(request.must("from")), tag(&leg.remote), "{}: a From tag of another dialog", request.start);
        assert_eq!(tag(request.must("to")), tag(&leg.local), "{}: a To tag of another dialog", request.start);
    }

    /// Answers a request and remembers the answer for its repeats.
    pub(crate) fn reply(
        &mut self,
        to: SocketAddr,
        request: &Text,
        code: u16,
        phrase: &str,
        extra: &[(&str, String)],
        body: &str,
    ) {
        let leg = self.legs.iter().rfind(|leg| leg.call_id == request.must("call-id"));
        let mut headers: Vec<(&str, String)> =
            request.all("via").into_iter().map(|via| ("Via", via.to_owned())).collect();
        let own = leg.and_then(|leg| tag(&leg.local)).unwrap_or("stateless").to_owned();
        let to_value = request.must("to");
        let tagged = code == 100 || tag(to_value).is_some();
        headers.push(("From", request.must("from").to_owned()));
        headers.push(("To", if tagged { to_value.to_owned() } else { format!("{to_value};tag={own}") }));
        headers.push(("Call-ID", request.must("call-id").to_owned()));
        headers.push(("CSeq", request.must("cseq").to_owned()));
        headers.extend(request.all("record-route").into_iter().map(|route| ("Record-Route", route.to_owned())));
        headers.extend(extra.iter().cloned());
        let text = compose(&format!("SIP/2.0 {code} {phrase}"), &headers, body);
        let (branch, method) = (request.branch().to_owned(), request.method().unwrap_or_default().to_owned());
        self.replies.retain(|reply| reply.branch != branch || reply.method != method);
        self.replies.push(Reply { branch, method, to, text: text.clone() });
        self.out.push((to, text));
    }

    fn response(&mut self, now: Duration, response: &Text) {
        let (_, method) = response.cseq();
        let code = response.code().unwrap_or_else(|| panic!("neither request nor response: {}", response.start));
        let ours = |client: &&mut Client| client.branch == response.branch() && client.method == method;
        let Some(client) = self.clients.iter_mut().find(ours) else { return };
        let leg = client.leg;
        if method == "INVITE" && !self.legs[leg].began_with(response.branch()) {
            let at = self.clients.iter().position(|client| client.branch == response.branch());
            return self.reinvite_answered(leg, at.expect("found a moment ago"), response);
        }
        if method == "INVITE" {
            return self.invite_answered(now, leg, code, response);
        }
        if code < 200 {
            client.interval = T2;
            return;
        }
        client.done = true;
        if method == "BYE" {
            self.legs[leg].over(End::HungUp);
        }
    }

    /// Says BYE to an established call.
    pub(crate) fn bye(&mut self, now: Duration, leg: usize) {
        self.bye_with(now, leg, &[]);
    }

    pub(crate) fn bye_with(&mut self, now: Duration, leg: usize, headers: &[(&str, String)]) {
        self.legs[leg].cseq += 1;
        self.legs[leg].phase = Phase::Ending;
        let branch = self.fresh("z9hG4bK");
        let (to, text) = self.within_dialog_with(leg, "BYE", &branch, headers, "");
        self.send_client(now, leg, "BYE", branch, to, text);
    }

    /// A request in the dialog: to the remote target through the route set (RFC 3261 §12.2.1.1).
    pub(crate) fn within_dialog(&self, leg: usize, method: &str, branch: &str, body: &str) -> (SocketAddr, String) {
        let sdp = [("Content-Type", "application/sdp".to_owned())];
        self.within_dialog_with(leg, method, branch, if body.is_empty() { &[] } else { &sdp }, body)
    }

    /// The ACK of the 2xx to the INVITE with this number, whatever was asked since (RFC 3261 §13.2.2.4).
    pub(crate) fn ack_of(&mut self, leg: usize, number: u32, branch: &str, body: &str) -> (SocketAddr, String) {
        let latest = std::mem::replace(&mut self.legs[leg].cseq, number);
        let ack = self.within_dialog(leg, "ACK", branch, body);
        self.legs[leg].cseq = latest;
        ack
    }

    /// The same with headers of its own.
    pub(crate) fn within_dialog_with(
        &self,
        leg: usize,
        method: &str,
        branch: &str,
        more: &[(&str, String)],
        body: &str,
    ) -> (SocketAddr, String) {
        let leg = &self.legs[leg];
        let mut headers = vec![
            ("Via", format!("SIP/2.0/{} {};branch={branch};rport", self.protocol(), self.address)),
            ("Max-Forwards", "70".to_owned()),
            ("From", leg.local.clone()),
            ("To", leg.remote.clone()),
            ("Call-ID", leg.call_id.clone()),
            ("CSeq", format!("{} {method}", leg.cseq)),
        ];
        headers.extend(leg.routes.iter().map(|route| ("Route", route.clone())));
        headers.extend(more.iter().cloned());
        let hop = leg.routes.first().map_or(leg.target.as_str(), |route| uri_of(route));
        let to = address_of(hop).unwrap_or_else(|| panic!("{method} has nowhere to go: Contact or Route is {hop:?}"));
        (to, compose(&format!("{method} {} SIP/2.0", leg.target), &headers, body))
    }

    pub(crate) fn send_client(
        &mut self,
        now: Duration,
        leg: usize,
        method: &str,
        branch: String,
        to: SocketAddr,
        text: String,
    ) {
        self.out.push((to, text.clone()));
        self.clients.push(Client {
            branch,
            method: method.to_owned(),
            text,
            to,
            interval: T1,
            // A stream loses nothing (RFC 3261 §17.1.1.2).
            next: (self.line == Line::Datagrams).then_some(now + T1),
            until: Some(now + PATIENCE),
            done: false,
            leg,
        });
    }

    pub(crate) fn send(&mut self, to: SocketAddr, text: String) {
        self.out.push((to, text));
    }

    /// A name nobody else has.
    pub(crate) fn fresh(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}{}-{}", self.name.to_lowercase().replace(' ', ""), self.made)
    }

    fn tick_clients(&mut self, now: Duration) {
        for client in self.clients.iter_mut().filter(|client| !client.done) {
            if client.until.is_some_and(|until| until <= now) {
                client.done = true;
                let leg = &mut self.legs[client.leg];
                match client.method.as_str() {
                    "BYE" => leg.over(End::HungUp),
                    "INVITE" => leg.over(End::Silence),
                    _ => {}
                }
            } else if client.next.is_some_and(|next| next <= now) {
                self.out.push((client.to, client.text.clone()));
                client.interval *= 2;
                if client.method != "INVITE" {
                    client.interval = client.interval.min(T2);
                }
                client.next = Some(now + client.interval);
            }
        }
    }

    fn tick_repeats(&mut self, now: Duration) {
        for at in 0..self.legs.len() {
            let leg = &mut self.legs[at];
            let Some(repeat) = &mut leg.repeat else { continue };
            if repeat.until <= now {
                leg.repeat = None;
                match leg.phase {
                    Phase::Answered => self.bye(now, at),
                    _ => leg.over(End::Silence),
                }
            } else if repeat.next <= now {
                repeat.interval = (repeat.interval * 2).min(T2);
                repeat.next = now + repeat.interval;
                self.out.push((repeat.to, repeat.text.clone()));
            }
        }
    }
}

impl Leg {
    pub(crate) fn new(call_id: String, invite: Text, local: String, remote: String, target: String) -> Leg {
        Leg {
            call_id,
            phase: Phase::Trying,
            end: None,
            invite,
            reasons: Vec::new(),
            statuses: Vec::new(),
            send_audio_to: None,
            voice: None,
            wants_to_hang_up: false,
            local,
            remote,
            target,
            routes: Vec::new(),
            cseq: 1,
            ack: None,
            repeat: None,
            to_do: Vec::new(),
        }
    }

    /// The first end is the one that counts.
    pub(crate) fn over(&mut self, end: End) {
        if self.end.is_none() {
            self.end = Some(end);
        }
        self.phase = Phase::Over;
        self.to_do.clear();
    }
}
