//! SIP by WebSocket (RFC 7118): a phone that speaks it as JsSIP does, but for its sound, which is plain RTP; and pages and
//! strangers that have no business there.

use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tungstenite::client::IntoClientRequest;
use tungstenite::http::HeaderValue;
use tungstenite::{Error, Message, WebSocket};

use crate::http;
use crate::installation::{Files, Installation, SHOP};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{Law, best_share};
use crate::town::text::{Message as Sip, authorization, request, sdp};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER_HZ: f64 = 440.0;
const PHONE_HZ: f64 = 1100.0;
/// What a stranger has to prove itself.
const STRANGER_FOR: Duration = Duration::from_secs(10);
const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";
/// Nobody finds it by that (RFC 7118 §5.5).
const HOST: &str = "df7jal23ls0d.invalid";

/// A client by WebSocket.
struct Client(WebSocket<TcpStream>);

impl Client {
    /// Connects from this loopback address; the status when it is refused.
    fn from(address: Ipv4Addr, web_port: u16, headers: &[(&'static str, &str)]) -> Result<Client, u16> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&(address, 0).into_socket()).expect("all of 127.0.0.0/8 is ours");
        socket.connect(&(Ipv4Addr::LOCALHOST, web_port).into_socket()).expect("it listens");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(LIMIT)).expect("not zero");
        let mut asks = format!("ws://127.0.0.1:{web_port}/sip").into_client_request().expect("a URL");
        for (name, value) in headers {
            asks.headers_mut().insert(*name, HeaderValue::from_str(value).expect("a header"));
        }
        match tungstenite::client::client(asks, stream) {
            Ok((socket, _)) => Ok(Client(socket)),
            Err(tungstenite::HandshakeError::Failure(Error::Http(response))) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    fn connects(installation: &Installation) -> Client {
        let asked = Client::from(Ipv4Addr::LOCALHOST, installation.web_port(), &[("Sec-WebSocket-Protocol", "sip")]);
        asked.expect("SIP is spoken here")
    }

    fn says(&mut self, text: String) {
        self.0.send(Message::Text(text.into())).expect("it is there");
    }

    /// The next message of SIP that `wanted` takes; whether we are there is answered meanwhile.
    fn hears(&mut self, wanted: impl Fn(&Sip<'_>) -> bool) -> String {
        let began = Instant::now();
        while began.elapsed() < LIMIT {
            let Message::Text(text) = self.0.read().expect("it speaks") else { continue };
            let sip = Sip::read(&text).expect("one message a frame");
            if wanted(&sip) {
                return text.as_str().to_owned();
            }
            if sip.method() == "OPTIONS" {
                let answer = sip.answer("200 OK", "phone", "", "");
                self.says(answer);
            }
        }
        panic!("it never came");
    }

    fn registers(&mut self) {
        let says = |cseq: u32, more: &str| {
            let headers = format!(
                "Via: SIP/2.0/WS {HOST};branch=z9hG4bK-register-{cseq}\r\nFrom: <sip:counter@127.0.0.1>;tag=phone\r\n\
                 To: <sip:counter@127.0.0.1>\r\nCall-ID: registration\r\nCSeq: {cseq} REGISTER\r\n\
                 Contact: <sip:x7@{HOST};transport=ws>;expires=300\r\nSupported: path, outbound\r\n"
            );
            request("REGISTER", "sip:127.0.0.1", &headers, more, "")
        };
        self.says(says(1, ""));
        let challenge = self.hears(|sip| sip.status() == Some(401));
        let challenge = Sip::read(&challenge).expect("just read").header("WWW-Authenticate").to_owned();
        self.says(says(2, &authorization(&challenge, "counter", "counter-secret", "sip:127.0.0.1")));
        let done = self.hears(|sip| sip.answers() == "REGISTER");
        assert_eq!(Sip::read(&done).expect("just read").status(), Some(200), "{done}");
    }

    /// Whether the other side has closed; waits so long for it.
    fn is_closed_within(&mut self, limit: Duration) -> bool {
        self.0.get_ref().set_read_timeout(Some(limit)).expect("not zero");
        match self.0.read() {
            Ok(Message::Close(_)) => true,
            Ok(other) => panic!("a stranger hears nothing: {other}"),
            Err(Error::Io(error)) => {
                !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
            }
            Err(_) => true,
        }
    }
}

/// An address for a socket that is bound before it connects.
trait IntoSocket {
    fn into_socket(self) -> socket2::SockAddr;
}

impl IntoSocket for (Ipv4Addr, u16) {
    fn into_socket(self) -> socket2::SockAddr {
        std::net::SocketAddr::from(self).into()
    }
}

fn rings(installation: &Installation) -> bool {
    installation.api("/api/v1/right-now")["phones"][0]["rings"].as_bool().expect("a bool")
}

#[test]
fn a_phone_by_web_socket_registers_rings_and_talks() {
    if !peers::present("a_phone_by_web_socket_registers_rings_and_talks", &["sipp"]) {
        return;
    }
    let installation = Installation::start(&format!("{SHOP}{COUNTER}"));
    let at_start = installation.gauges();
    let mut phone = Client::connects(&installation);
    phone.registers();
    assert!(rings(&installation));

    let [at_caller, at_phone] = [(CALLER_HZ), (PHONE_HZ)].map(|hz| Ear::on(ports::free(2), Law::Mu, hz));
    let caller = Sipp::plays(sipp::CALLER).pause_ms(2500).key("rtp", at_caller.port()).key("codecs", "0 101");
    let caller = caller.start(&installation.target());
    let invite = phone.hears(|sip| sip.method() == "INVITE");
    assert!(invite.starts_with(&format!("INVITE sip:x7@{HOST};transport=ws SIP/2.0\r\n")), "{invite}");
    let invite = Sip::read(&invite).expect("just read");
    assert!(invite.header("Via").starts_with("SIP/2.0/WS "), "{}", invite.header("Via"));
    let contact = format!("Contact: <sip:x7@{HOST};transport=ws>\r\n");
    phone.says(invite.answer("180 Ringing", "phone", &contact, ""));
    phone.says(invite.answer("200 OK", "phone", &contact, &sdp(at_phone.port())));
    phone.hears(|sip| sip.method() == "ACK");
    at_phone.speaks_to(invite.audio_port().expect("an offer"));
    at_caller.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    let bye = phone.hears(|sip| sip.method() == "BYE");
    phone.says(Sip::read(&bye).expect("just read").answer("200 OK", "phone", "", ""));
    caller.finish(LIMIT);
    let shares = [best_share(&at_phone.heard(), CALLER_HZ), best_share(&at_caller.heard(), PHONE_HZ)];
    assert!(shares.iter().all(|share| *share > 0.95), "both heard the other's tone: {shares:?}");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()));

    // A keep-alive of SIP's own, and one of WebSocket's.
    phone.says("\r\n\r\n".to_owned());
    let Message::Text(pong) = phone.0.read().expect("a pong") else { panic!("no text") };
    assert_eq!(pong.as_str(), "\r\n");
    phone.0.send(Message::Ping(b"there?".as_slice().into())).expect("it is there");
    assert_eq!(phone.0.read().expect("a pong"), Message::Pong(b"there?".as_slice().into()));

    drop(phone);
    let gone = until(Duration::from_secs(5), || (!rings(&installation)).then_some(()));
    assert!(gone.is_some(), "its connection is closed: nobody rings there");
    installation.returns_to(&at_start);
}

#[test]
fn other_pages_and_other_protocols_are_refused() {
    let installation = Installation::start(&format!("{SHOP}{COUNTER}"));
    let port = installation.web_port();
    let own = installation.web();
    let sip = ("Sec-WebSocket-Protocol", "sip");
    let asks = |headers: &[(&'static str, &str)]| Client::from(Ipv4Addr::LOCALHOST, port, headers).map(drop);
    assert_eq!(asks(&[sip, ("Origin", own.as_str())]), Ok(()), "a page of ours");
    for origin in ["https://evil.example", "null", "", "http://127.0.0.1"] {
        assert_eq!(asks(&[sip, ("Origin", origin)]), Err(403), "{origin:?}");
    }
    assert_eq!(asks(&[]), Err(400), "what would they speak?");
    assert_eq!(asks(&[("Sec-WebSocket-Protocol", "chat")]), Err(400));
    assert_eq!(http::get(port, "/sip", None).map(|reply| reply.status), Some(400), "no WebSocket");
}

#[test]
fn strangers_by_web_socket_hear_nothing_and_do_not_stay() {
    let installation = Installation::start(&format!("{SHOP}{COUNTER}"));
    let port = installation.web_port();
    let began = Instant::now();
    // The carrier's own address gives no right here.
    let mut silent: Vec<Client> = (0..40).map(|_| Client::connects(&installation)).collect();
    let evicted =
        silent.iter_mut().filter_map(|client| client.is_closed_within(Duration::from_millis(20)).then_some(()));
    assert_eq!(evicted.count(), 40 - 32, "of one address 32 may stay, the newest");
    let address = Ipv4Addr::new(127, 0, 0, 2);
    let mut mallory = Client::from(address, port, &[("Sec-WebSocket-Protocol", "sip")]).expect("SIP is spoken here");
    for text in ["nonsense", "\r\n\r\n", "INVITE sip:112@127.0.0.1 SIP/2.0\r\n\r\n"] {
        mallory.says(text.to_owned());
    }
    let headers = "Via: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\n\
                   CSeq: 1 INVITE\r\nContact: <sip:a@a.invalid;transport=ws>\r\n";
    mallory.says(request("INVITE", "sip:112@127.0.0.1", headers, "", &sdp(9)));
    assert!(mallory.is_closed_within(STRANGER_FOR * 2), "a stranger is still here");
    let stayed = began.elapsed();
    assert!(stayed > STRANGER_FOR - Duration::from_secs(2), "{stayed:?}");
    assert_eq!(installation.calls().len(), 0);
    // Longer than any message of SIP.
    let mut long = Client::connects(&installation);
    long.says("x".repeat(100_000));
    assert!(long.is_closed_within(Duration::from_secs(5)));
}

#[test]
fn behind_a_proxy_with_tls_it_is_an_encrypted_connection_of_the_client() {
    let files = Files::new();
    let web = files.web_port;
    files.edit_config(&format!("public_url = \"http://127.0.0.1:{web}\""), "public_url = \"https://phone.example\"");
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let headers =
        [("Sec-WebSocket-Protocol", "sip"), ("X-Forwarded-For", "192.0.2.77"), ("Origin", "https://phone.example")];
    let mut phone = Client::from(Ipv4Addr::LOCALHOST, web, &headers).expect("SIP is spoken here");
    phone.registers();
    let question = phone.hears(|sip| sip.method() == "OPTIONS");
    assert!(Sip::read(&question).expect("just read").header("Via").starts_with("SIP/2.0/WSS "), "{question}");
    assert!(rings(&installation));
}
