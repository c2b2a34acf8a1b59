//! A desk phone: rings, shows who calls, is picked up, is hung up on. A SIP user agent of its own (RFC 3261), which
//! can do what the demo needs of a phone and answers everything else as a phone should.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::task::JoinHandle;

use super::audio::Audio;
use super::line::{Awaits, Eye, Line, Told, What, lock};
use super::text::{Text, audio_address, chance, display_name, sdp, uri, user};
use super::tone::Voice;

/// So many past calls are remembered, to answer their repeated messages.
const REMEMBERED: usize = 8;
/// What a phone of the demo understands.
const ALLOW: &str = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n";

/// A phone on the desk. Put down (dropped), it answers nothing any more.
pub struct Phone {
    set: Arc<Set>,
    task: JoinHandle<()>,
}

/// The phone itself, shared by the hand that lifts the receiver and the task that reads the wire.
struct Set {
    line: Line,
    audio: Audio,
    eye: Eye,
    calls: Mutex<Vec<Incoming>>,
}

/// A call that came to this phone.
struct Incoming {
    invite: Text,
    from: SocketAddr,
    tag: String,
    phase: Phase,
    /// Our latest response to the INVITE, sent again when the INVITE is.
    response: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Ringing,
    /// The 200 left, the ACK has not come.
    PickedUp,
    Talking,
    Over,
}

impl Phone {
    /// Plugs a phone in at a free port of `ip`.
    pub async fn plug_in(ip: IpAddr, voice: Voice, voices: Arc<[Voice]>, eye: Eye) -> std::io::Result<Phone> {
        let line = Line::bind(ip).await?;
        let audio = Audio::bind(ip, voice, voices, eye.clone()).await?;
        let set = Arc::new(Set { line, audio, eye, calls: Mutex::default() });
        let task = tokio::spawn({
            let set = set.clone();
            async move {
                while let Ok((message, from)) = set.line.next().await {
                    set.read(message, from);
                }
            }
        });
        Ok(Phone { set, task })
    }

    /// Where it takes calls.
    pub fn address(&self) -> SocketAddr {
        self.set.line.address
    }

    /// Lifts the receiver, at once: two phones picked up one after the other by the same hand are microseconds apart.
    pub fn pick_up(&self) {
        self.set.pick_up();
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.task.abort();
        self.set.audio.stop();
    }
}

impl Set {
    fn pick_up(&self) {
        let mut calls = lock(&self.calls);
        let Some(call) = calls.iter_mut().find(|call| call.phase == Phase::Ringing) else {
            self.eye.saw(What::PicksUpTooLate);
            return;
        };
        call.phase = Phase::PickedUp;
        let more = format!("{}{ALLOW}", self.contact());
        call.response = call.invite.response("200 OK", &call.tag, &more, &sdp(self.audio.address));
        self.line.send_until_answered(call.ack(), call.from, call.response.clone());
        self.eye.saw(What::PicksUp);
    }

    fn read(&self, message: Text, from: SocketAddr) {
        let mut calls = lock(&self.calls);
        match message.method() {
            Some("INVITE") => self.invited(&mut calls, message, from),
            Some("ACK") => self.acknowledged(&mut calls, &message),
            Some("CANCEL") => self.cancelled(&mut calls, &message, from),
            Some("BYE") => self.hung_up_on(&mut calls, &message, from),
            Some("OPTIONS") => self.line.send(from, &message.response("200 OK", &tag(), ALLOW, "")),
            Some(_) => self.line.send(from, &message.response("405 Method Not Allowed", &tag(), ALLOW, "")),
            // It sends no requests, so it expects no responses.
            None => {}
        }
    }

    fn invited(&self, calls: &mut Vec<Incoming>, invite: Text, from: SocketAddr) {
        if let Some(same) = calls.iter().find(|call| call.invite.branch() == invite.branch()) {
            return self.line.send(from, &same.response);
        }
        let known = |call: &Incoming| call.invite.header("Call-ID") == invite.header("Call-ID");
        if calls.iter().any(known) {
            // A change to a running call: the phone keeps what it has (RFC 3261 §14.2).
            return self.line.send(from, &invite.response("488 Not Acceptable Here", &tag(), "", ""));
        }
        if calls.iter().any(|call| call.phase != Phase::Over) {
            return self.line.send(from, &invite.response("486 Busy Here", &tag(), "", ""));
        }
        if audio_address(&invite.body).is_none() {
            return self.line.send(from, &invite.response("488 Not Acceptable Here", &tag(), "", ""));
        }
        let caller = invite.header("From");
        let shown = What::Rings { name: display_name(caller), number: user(uri(caller)).to_owned() };
        self.eye.saw(shown);
        let tag = tag();
        let response = invite.response("180 Ringing", &tag, &self.contact(), "");
        self.line.send(from, &response);
        if calls.len() >= REMEMBERED {
            calls.remove(0);
        }
        calls.push(Incoming { invite, from, tag, phase: Phase::Ringing, response });
    }

    fn acknowledged(&self, calls: &mut [Incoming], ack: &Text) {
        let Some(call) = calls.iter_mut().find(|call| call.is_of(ack)) else { return };
        self.line.answered(&call.ack());
        if call.phase == Phase::PickedUp {
            call.phase = Phase::Talking;
            // An ACK of ours has no SDP: we answered the INVITE's offer, which was looked at when it rang.
            if let Some(to) = audio_address(&call.invite.body) {
                self.audio.start(to);
            }
        }
    }

    fn cancelled(&self, calls: &mut [Incoming], cancel: &Text, from: SocketAddr) {
        let Some(call) = calls.iter_mut().find(|call| call.invite.branch() == cancel.branch()) else {
            let gone = cancel.response("481 Call/Transaction Does Not Exist", &tag(), "", "");
            return self.line.send(from, &gone);
        };
        self.line.send(from, &cancel.response("200 OK", &call.tag, "", ""));
        if call.phase == Phase::Ringing {
            self.eye.saw(What::StopsRinging(Told::by(cancel)));
            call.phase = Phase::Over;
            call.response = call.invite.response("487 Request Terminated", &call.tag, "", "");
            self.line.send_until_answered(call.ack(), call.from, call.response.clone());
        }
    }

    fn hung_up_on(&self, calls: &mut [Incoming], bye: &Text, from: SocketAddr) {
        let Some(call) = calls.iter_mut().find(|call| call.is_of(bye)) else {
            return self.line.send(from, &bye.response("481 Call/Transaction Does Not Exist", &tag(), "", ""));
        };
        self.line.send(from, &bye.response("200 OK", &call.tag, "", ""));
        if matches!(call.phase, Phase::PickedUp | Phase::Talking) {
            call.phase = Phase::Over;
            self.line.answered(&call.ack());
            let hearing = self.audio.stop();
            self.eye.saw(What::IsHungUpOn(Told::by(bye), hearing));
        }
    }

    fn contact(&self) -> String {
        format!("Contact: <sip:{}>\r\n", self.line.address)
    }
}

impl Incoming {
    fn is_of(&self, request: &Text) -> bool {
        self.invite.header("Call-ID") == request.header("Call-ID")
    }

    /// What our final response waits for.
    fn ack(&self) -> Awaits {
        Awaits::Ack { call_id: self.invite.header("Call-ID").to_owned(), cseq: self.invite.cseq().0 }
    }
}

fn tag() -> String {
    format!("{:x}", chance())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::{Duration, Instant};

    use tokio::net::UdpSocket;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::super::line::Seen;
    use super::*;

    const IP: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const PATIENCE: Duration = Duration::from_secs(10);

    /// A phone, and a bare socket that speaks to it line by line.
    struct Bench {
        phone: Phone,
        wire: UdpSocket,
        seen: UnboundedReceiver<Seen>,
    }

    async fn bench() -> Bench {
        let (story, seen) = unbounded_channel();
        let eye = Eye { who: "Ana".into(), story };
        let phone = Phone::plug_in(IP, Voice(650), Arc::new([Voice(650)]), eye).await.expect("a free port");
        let wire = UdpSocket::bind((IP, 0)).await.expect("a free port");
        wire.connect(phone.address()).await.expect("loopback");
        Bench { phone, wire, seen }
    }

    impl Bench {
        /// Sends a request of the one call on this bench; `branch` names its transaction.
        async fn send(&self, method: &str, branch: &str, more: &str) {
            let here = self.wire.local_addr().expect("bound");
            let body = if method == "INVITE" { sdp(here) } else { String::new() };
            let text = format!(
                "{method} sip:ana@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{branch}\r\n\
                 From: \"Jo Miller 3rd call\" <sip:+34600999888@{here}>;tag=a\r\nTo: <sip:ana@127.0.0.1>\r\n\
                 Call-ID: one\r\nCSeq: 1 {method}\r\n{more}Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            self.wire.send(text.as_bytes()).await.expect("loopback");
        }

        async fn status(&self) -> (u16, String) {
            let mut buffer = [0; 4096];
            let length = tokio::time::timeout(PATIENCE, self.wire.recv(&mut buffer)).await.expect("in time");
            let answer = Text::read(&buffer[..length.expect("loopback")]).expect("a message");
            (answer.status().expect("a response"), answer.cseq().1.to_owned())
        }

        async fn saw(&mut self) -> What {
            tokio::time::timeout(PATIENCE, self.seen.recv()).await.expect("in time").expect("open").what
        }

        async fn rings(&mut self) {
            self.send("INVITE", "1", "").await;
            assert_eq!(self.status().await.0, 180);
            let shown = What::Rings { name: "Jo Miller 3rd call".into(), number: "+34600999888".into() };
            assert_eq!(self.saw().await, shown);
        }
    }

    const ELSEWHERE: &str = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\nReason: Q.850;cause=26\r\n";

    #[tokio::test]
    async fn a_repeated_invite_rings_once() {
        let mut bench = bench().await;
        bench.rings().await;
        bench.send("INVITE", "1", "").await;
        assert_eq!(bench.status().await.0, 180);
        assert!(bench.seen.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_cancel_is_answered_and_its_reason_shown() {
        for (reason, told) in [(ELSEWHERE, Told::Elsewhere), ("Reason: Q.850;cause=16\r\n", Told::Plainly)] {
            let mut bench = bench().await;
            bench.rings().await;
            bench.send("CANCEL", "1", reason).await;
            assert_eq!(bench.status().await, (200, "CANCEL".into()));
            assert_eq!(bench.status().await, (487, "INVITE".into()));
            assert_eq!(bench.saw().await, What::StopsRinging(told));
            bench.send("ACK", "1", "").await;
            // A late repetition of the INVITE does not ring again.
            bench.send("INVITE", "1", "").await;
            assert_eq!(bench.status().await.0, 487);
            assert!(bench.seen.try_recv().is_err());
        }
    }

    #[tokio::test]
    async fn an_answer_is_repeated_until_its_ack() {
        let mut bench = bench().await;
        bench.rings().await;
        let before = Instant::now();
        bench.phone.pick_up();
        assert_eq!(bench.status().await, (200, "INVITE".into()));
        assert_eq!(bench.status().await, (200, "INVITE".into()));
        assert!(before.elapsed() >= Duration::from_millis(500));
        bench.send("ACK", "2", "").await;
        bench.send("BYE", "3", ELSEWHERE).await;
        // Only RTP and the BYE's answer come now.
        assert_eq!(bench.status().await, (200, "BYE".into()));
        assert_eq!(bench.saw().await, What::PicksUp);
        assert!(matches!(bench.saw().await, What::IsHungUpOn(Told::Elsewhere, _)));
        assert!(!bench.phone.set.line.answered(&Awaits::Ack { call_id: "one".into(), cseq: 1 }));
    }

    #[tokio::test]
    async fn a_cancel_after_the_answer_changes_nothing() {
        let mut bench = bench().await;
        bench.rings().await;
        bench.phone.pick_up();
        assert_eq!(bench.status().await, (200, "INVITE".into()));
        bench.send("CANCEL", "1", ELSEWHERE).await;
        assert_eq!(bench.status().await, (200, "CANCEL".into()));
        bench.send("ACK", "2", "").await;
        bench.send("BYE", "3", ELSEWHERE).await;
        assert_eq!(bench.status().await, (200, "BYE".into()));
        assert_eq!(bench.saw().await, What::PicksUp);
        assert!(matches!(bench.saw().await, What::IsHungUpOn(Told::Elsewhere, _)));
    }

    #[tokio::test]
    async fn what_belongs_to_no_call_is_refused_and_a_question_answered() {
        let bench = bench().await;
        for (method, status) in [("BYE", 481), ("CANCEL", 481), ("OPTIONS", 200), ("PUBLISH", 405)] {
            bench.send(method, method, "").await;
            assert_eq!(bench.status().await, (status, method.into()));
        }
    }
}
