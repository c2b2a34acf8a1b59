//! A customer's telephone, as a carrier brings it: calls the shop, hears ringing, talks, hangs up. A SIP user agent
//! of its own (RFC 3261).

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::task::JoinHandle;

use super::audio::{Audio, Sound};
use super::line::{Awaits, Eye, Line, Told, What, lock};
use super::text::{Text, audio_address, chance, sdp, uri, with_body};
use super::tone::Voice;

/// Looks whether the call's row can be read in the store, now.
pub type Look = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// A customer with a telephone. Dropped, it answers nothing any more.
pub struct Caller {
    set: Arc<Set>,
    task: JoinHandle<()>,
}

struct Set {
    line: Line,
    audio: Audio,
    eye: Eye,
    number: String,
    look: Look,
    call: Mutex<Option<Call>>,
}

/// The caller's one call.
struct Call {
    /// Where the INVITE went; all later requests go there too.
    to: SocketAddr,
    /// Request line's URI, From, To and Call-ID of the INVITE.
    uri: String,
    from_header: String,
    to_header: String,
    call_id: String,
    branch: String,
    manner: Manner,
    phase: Phase,
}

/// What the caller does when somebody answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    SpeaksAtOnce,
    Listens,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Calling,
    HearsRinging,
    /// `ack` is sent again for every repeated 200 (RFC 3261 §13.2.2.4).
    Talking {
        ack: String,
    },
    /// A CANCEL or BYE is on its way.
    HangingUp {
        ack: Option<String>,
    },
    Over,
}

/// CSeq numbers of the one INVITE and the one BYE.
const INVITE: u32 = 1;
const BYE: u32 = 2;

impl Caller {
    /// Plugs the telephone in at a free port of `ip`. `look` is asked the moment ringing is heard.
    pub async fn plug_in(
        ip: IpAddr,
        number: &str,
        voice: Voice,
        voices: Arc<[Voice]>,
        eye: Eye,
        look: Look,
    ) -> std::io::Result<Caller> {
        let line = Line::bind(ip).await?;
        let audio = Audio::bind(ip, voice, voices, eye.clone()).await?;
        let set = Arc::new(Set { line, audio, eye, number: number.to_owned(), look, call: Mutex::default() });
        let task = tokio::spawn({
            let set = set.clone();
            async move {
                while let Ok((message, from)) = set.line.next().await {
                    set.read(message, from, Instant::now()).await;
                }
            }
        });
        Ok(Caller { set, task })
    }

    /// Where its calls come from.
    pub fn address(&self) -> SocketAddr {
        self.set.line.address
    }

    /// Dials `called` at the SIP server `to`. Returns when the INVITE has left.
    pub fn dial(&self, called: &str, to: SocketAddr) -> Instant {
        self.set.dial(called, to, Manner::SpeaksAtOnce)
    }

    /// The same, to listen first: what is to be said waits for [`Caller::speak`].
    pub fn dial_to_listen(&self, called: &str, to: SocketAddr) -> Instant {
        self.set.dial(called, to, Manner::Listens)
    }

    /// Begins to speak to whoever has answered.
    pub fn speak(&self) {
        self.set.audio.speak();
    }

    /// What has been heard since the answer.
    pub fn sound(&self) -> Sound {
        self.set.audio.sound()
    }

    /// Puts the receiver down: CANCEL while it rings, BYE while they talk.
    pub fn hang_up(&self) {
        self.set.hang_up();
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.task.abort();
        self.set.audio.stop();
    }
}

impl Set {
    fn dial(&self, called: &str, to: SocketAddr, manner: Manner) -> Instant {
        // Whoever answers may speak before we know of the answer.
        self.audio.forget();
        let (me, number) = (self.line.address, &self.number);
        let call = Call {
            to,
            uri: format!("sip:{called}@{to}"),
            // A carrier sends a number; the name is the shop's to know.
            from_header: format!("<sip:{number}@{me}>;tag={:x}", chance()),
            to_header: format!("<sip:{called}@{to}>"),
            call_id: format!("{:x}@{}", chance(), me.ip()),
            branch: branch(),
            manner,
            phase: Phase::Calling,
        };
        let more = format!(
            "Contact: <sip:{number}@{me}>\r\nP-Asserted-Identity: <sip:{number}@{me}>\r\n\
             Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n"
        );
        let body = sdp(self.audio.address);
        let invite = self.request(&call, "INVITE", INVITE, &call.branch, &more, &body);
        let awaits = Awaits::Answer { method: "INVITE", branch: call.branch.clone() };
        *lock(&self.call) = Some(call);
        let left = Instant::now();
        self.line.send_until_answered(awaits, to, invite);
        left
    }

    fn hang_up(&self) {
        let mut slot = lock(&self.call);
        let Some(call) = slot.as_mut() else { return };
        self.audio.hush();
        match call.phase.clone() {
            Phase::Calling | Phase::HearsRinging => {
                // The CANCEL has the INVITE's branch (RFC 3261 §9.1).
                let cancel = self.request(call, "CANCEL", INVITE, &call.branch, "", "");
                let awaits = Awaits::Answer { method: "CANCEL", branch: call.branch.clone() };
                self.line.send_until_answered(awaits, call.to, cancel);
                call.phase = Phase::HangingUp { ack: None };
            }
            Phase::Talking { ack } => {
                self.bye(call);
                call.phase = Phase::HangingUp { ack: Some(ack) };
            }
            Phase::HangingUp { .. } | Phase::Over => {}
        }
    }

    async fn read(&self, message: Text, from: SocketAddr, at: Instant) {
        let Some(status) = message.status() else { return self.asked(&message, from, at) };
        let rings = {
            let mut slot = lock(&self.call);
            let Some(call) = slot.as_mut().filter(|call| call.call_id == message.header("Call-ID")) else { return };
            match message.cseq() {
                (INVITE, "INVITE") => self.invite_answered(call, status, &message, at),
                (INVITE, "CANCEL") => {
                    self.line.answered(&Awaits::Answer { method: "CANCEL", branch: call.branch.clone() });
                    false
                }
                (BYE, "BYE") => {
                    let awaits = Awaits::Answer { method: "BYE", branch: message.branch().to_owned() };
                    if status >= 200 && self.line.answered(&awaits) {
                        self.hung_up(call, at);
                    }
                    false
                }
                _ => false,
            }
        };
        if rings {
            // Before anything else is read: is the call in the log already?
            let logged = (self.look)().await;
            self.eye.saw_at(at, What::HearsRinging { logged });
        }
    }

    /// True when this is the response that lets the caller hear ringing.
    fn invite_answered(&self, call: &mut Call, status: u16, response: &Text, at: Instant) -> bool {
        self.line.answered(&Awaits::Answer { method: "INVITE", branch: call.branch.clone() });
        match status {
            180..=199 => {
                let first = call.phase == Phase::Calling;
                if first {
                    call.phase = Phase::HearsRinging;
                }
                return first;
            }
            200..=299 => self.accepted(call, response, at),
            300.. => {
                // The ACK of a refusal has the INVITE's branch and the response's To (RFC 3261 §17.1.1.3).
                call.to_header = response.header("To").to_owned();
                let ack = self.request(call, "ACK", INVITE, &call.branch, "", "");
                self.line.send(call.to, &ack);
                match call.phase {
                    Phase::HangingUp { .. } => self.hung_up(call, at),
                    Phase::Calling | Phase::HearsRinging => {
                        call.phase = Phase::Over;
                        self.eye.saw_at(at, What::IsRefused(status));
                    }
                    Phase::Talking { .. } | Phase::Over => {}
                }
            }
            _ => {}
        }
        false
    }

    fn accepted(&self, call: &mut Call, response: &Text, at: Instant) {
        match &call.phase {
            Phase::Calling | Phase::HearsRinging => {
                let ack = self.ack(call, response);
                call.phase = Phase::Talking { ack };
                if let Some(to) = audio_address(&response.body) {
                    match call.manner {
                        Manner::SpeaksAtOnce => self.audio.start(to),
                        Manner::Listens => self.audio.listen_to(to),
                    }
                }
                self.eye.saw_at(at, What::IsAnswered);
            }
            Phase::Talking { ack } | Phase::HangingUp { ack: Some(ack) } => self.line.send(call.to, ack),
            Phase::HangingUp { ack: None } => {
                // Our CANCEL and the answer crossed: take the call, then end it (RFC 3261 §9.1).
                let ack = self.ack(call, response);
                self.bye(call);
                call.phase = Phase::HangingUp { ack: Some(ack) };
            }
            Phase::Over => {}
        }
    }

    /// Sends the ACK of a 200, whose Contact and To the dialog goes by from now on.
    fn ack(&self, call: &mut Call, response: &Text) -> String {
        call.uri = uri(response.header("Contact")).to_owned();
        call.to_header = response.header("To").to_owned();
        let ack = self.request(call, "ACK", INVITE, &branch(), "", "");
        self.line.send(call.to, &ack);
        ack
    }

    fn bye(&self, call: &Call) {
        let branch = branch();
        let bye = self.request(call, "BYE", BYE, &branch, "", "");
        self.line.send_until_answered(Awaits::Answer { method: "BYE", branch }, call.to, bye);
    }

    fn hung_up(&self, call: &mut Call, at: Instant) {
        call.phase = Phase::Over;
        let hearing = self.audio.stop();
        self.eye.saw_at(at, What::HungUp(hearing));
    }

    /// A request of the other side.
    fn asked(&self, request: &Text, from: SocketAddr, at: Instant) {
        let mut slot = lock(&self.call);
        let ours = slot.as_mut().filter(|call| call.call_id == request.header("Call-ID"));
        let answer = match (request.method(), ours) {
            (Some("ACK"), _) => return,
            (Some("BYE"), Some(call)) => {
                if matches!(call.phase, Phase::Talking { .. }) {
                    call.phase = Phase::Over;
                    let hearing = self.audio.stop();
                    self.eye.saw_at(at, What::IsHungUpOn(Told::by(request), hearing));
                }
                "200 OK"
            }
            (Some("OPTIONS"), _) => "200 OK",
            // A change to a running call: it stays as it is (RFC 3261 §14.2).
            (Some("INVITE"), Some(_)) => "488 Not Acceptable Here",
            (Some("BYE" | "INVITE" | "CANCEL"), _) => "481 Call/Transaction Does Not Exist",
            _ => "405 Method Not Allowed",
        };
        self.line.send(from, &request.response(answer, &format!("{:x}", chance()), "", ""));
    }

    fn request(&self, call: &Call, method: &str, cseq: u32, branch: &str, more: &str, body: &str) -> String {
        let text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {me};rport;branch={branch}\r\nMax-Forwards: 70\r\n\
             From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n{more}",
            uri = call.uri,
            me = self.line.address,
            from = call.from_header,
            to = call.to_header,
            call_id = call.call_id,
        );
        with_body(text, body)
    }
}

/// A branch that names a transaction of RFC 3261 (§8.1.1.7).
fn branch() -> String {
    format!("z9hG4bK{:x}", chance())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::super::line::Seen;
    use super::super::phone::Phone;
    use super::*;

    const IP: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const JO: Voice = Voice(350);
    const COUNTER: Voice = Voice(450);
    const NUMBER: &str = "+34600999888";
    /// Far above what anything here takes; only a fault waits so long.
    const PATIENCE: Duration = Duration::from_secs(10);

    struct Table {
        seen: UnboundedReceiver<Seen>,
        caller: Caller,
        phone: Phone,
    }

    /// A caller and a phone with nothing between them.
    async fn table(logged: bool) -> Table {
        let (story, seen) = unbounded_channel();
        let voices: Arc<[Voice]> = Arc::new([JO, COUNTER]);
        let eye = |who: &str| Eye { who: who.into(), story: story.clone() };
        let look: Look = Arc::new(move || Box::pin(async move { logged }));
        let caller = Caller::plug_in(IP, NUMBER, JO, voices.clone(), eye("Jo"), look).await.expect("a free port");
        let phone = Phone::plug_in(IP, COUNTER, voices, eye("Counter")).await.expect("a free port");
        Table { seen, caller, phone }
    }

    impl Table {
        async fn next(&mut self) -> (String, What) {
            let seen = tokio::time::timeout(PATIENCE, self.seen.recv()).await.expect("in time").expect("open");
            (seen.who.to_string(), seen.what)
        }

        /// The next facts, in the order of who saw them: two sides see theirs in either order.
        async fn next_two(&mut self) -> Vec<(String, What)> {
            let mut facts = vec![self.next().await, self.next().await];
            facts.sort_by(|a, b| a.0.cmp(&b.0));
            facts
        }

        async fn rings(&mut self, logged: bool) {
            self.caller.dial("counter", self.phone.address());
            let facts = self.next_two().await;
            let shown = What::Rings { name: String::new(), number: NUMBER.into() };
            assert_eq!(facts, [("Counter".into(), shown), ("Jo".into(), What::HearsRinging { logged })]);
        }
    }

    #[tokio::test]
    async fn both_sides_hear_each_other_until_the_caller_hangs_up() {
        let mut table = table(true).await;
        table.rings(true).await;
        table.phone.pick_up();
        assert_eq!(table.next_two().await, [("Counter".into(), What::PicksUp), ("Jo".into(), What::IsAnswered)]);
        let heard = table.next_two().await;
        assert_eq!(heard, [("Counter".into(), What::Hears(JO)), ("Jo".into(), What::Hears(COUNTER))]);
        table.caller.hang_up();
        let ends = table.next_two().await;
        let [(_, What::IsHungUpOn(Told::Plainly, phone)), (_, What::HungUp(caller))] = &ends[..] else {
            panic!("{ends:?}");
        };
        assert!(caller.said >= 5 && phone.said >= 5, "{caller:?} {phone:?}");
        assert_eq!((phone.came, caller.came), (phone.of(JO), caller.of(COUNTER)));
        assert!(caller.came >= 5 && caller.came <= phone.said, "{caller:?} {phone:?}");
    }

    #[tokio::test]
    async fn a_call_not_in_the_log_when_it_rings_is_noticed() {
        table(false).await.rings(false).await;
    }

    #[tokio::test]
    async fn a_second_call_after_the_first_rings_again() {
        let mut table = table(true).await;
        for _ in 0..2 {
            table.rings(true).await;
            table.phone.pick_up();
            table.next_two().await;
            table.caller.hang_up();
            let mut ends = table.next_two().await;
            // A voice may have been heard before the receiver was down.
            while matches!(ends[0].1, What::Hears(_)) || matches!(ends[1].1, What::Hears(_)) {
                ends = table.next_two().await;
            }
        }
    }

    #[tokio::test]
    async fn hanging_up_while_it_rings_leaves_a_missed_call_and_a_late_hand_finds_nothing() {
        let mut table = table(true).await;
        table.rings(true).await;
        table.caller.hang_up();
        let ends = table.next_two().await;
        assert!(matches!(
            &ends[..],
            [(_, What::StopsRinging(Told::Plainly)), (_, What::HungUp(hearing))] if hearing.came == 0
        ));
        table.phone.pick_up();
        assert_eq!(table.next().await, ("Counter".into(), What::PicksUpTooLate));
    }

    #[tokio::test]
    async fn a_busy_phone_refuses_a_second_caller() {
        let mut table = table(true).await;
        table.rings(true).await;
        let (story, mut other) = unbounded_channel();
        let look: Look = Arc::new(|| Box::pin(async { true }));
        let eye = Eye { who: "Al".into(), story };
        let al = Caller::plug_in(IP, "+34600999777", Voice(550), Arc::new([]), eye, look).await.expect("a free port");
        al.dial("counter", table.phone.address());
        let seen = tokio::time::timeout(PATIENCE, other.recv()).await.expect("in time").expect("open");
        assert_eq!(seen.what, What::IsRefused(486));
    }
}
