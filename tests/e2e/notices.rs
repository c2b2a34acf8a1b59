//! No phone can be rung: the owner is told where they want to be told, once, and not whom they missed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::installation::{Files, Installation, SHOP};
use crate::process::until;

const LIMIT: Duration = Duration::from_secs(60);
const PHONE: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"a long enough secret\"\n";

/// What the owner's telephone shows: the head and the text of each POST.
#[derive(Clone, Default)]
pub struct Received(Arc<Mutex<Vec<(String, String)>>>);

impl Received {
    /// Takes POSTs at the port that is returned.
    pub fn starts(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let received = self.0.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(&mut stream);
                let (mut head, mut length) = (String::new(), 0);
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().expect("a length");
                    }
                    head += &std::mem::take(&mut line);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("the whole text");
                received.lock().expect("nobody panicked").push((head, String::from_utf8_lossy(&body).into_owned()));
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("it still listens");
            }
        });
        port
    }

    pub fn all(&self) -> Vec<(String, String)> {
        self.0.lock().expect("nobody panicked").clone()
    }
}

/// A customer of the carrier calls, and takes no part but to acknowledge the end.
fn calls(installation: &Installation, nth: u16) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
    socket.set_read_timeout(Some(LIMIT)).expect("not zero");
    socket
        .send_to(request("INVITE", installation, &socket, nth, "").as_bytes(), installation.target())
        .expect("loopback");
    socket
}

/// Waits until they hear how it ends.
fn hears(installation: &Installation, socket: &UdpSocket, nth: u16) -> u16 {
    let mut answer = [0; 4096];
    loop {
        let length = socket.recv(&mut answer).expect("there is an answer within the minute");
        let text = String::from_utf8_lossy(&answer[..length]).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        if status >= 200 {
            let to = text.lines().find_map(|line| line.strip_prefix("To: ")).expect("a To");
            let tag = to.split_once(";tag=").map_or(String::new(), |(_, tag)| format!(";tag={tag}"));
            let ack = request("ACK", installation, socket, nth, &tag);
            socket.send_to(ack.as_bytes(), installation.target()).expect("loopback");
            return status;
        }
    }
}

fn request(method: &str, installation: &Installation, socket: &UdpSocket, nth: u16, to_tag: &str) -> String {
    let (target, port) = (installation.target(), socket.local_addr().expect("bound").port());
    let sdp = if method == "INVITE" {
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
    } else {
        ""
    };
    let content = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:911234567@{target} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKcall{nth}\r\n\
         Max-Forwards: 70\r\nFrom: \"Jo Miller\" <sip:+346009998{nth:02}@carrier.example>;tag=jo{nth}\r\n\
         To: <sip:911234567@{target}>{to_tag}\r\nCall-ID: call-{nth}@carrier.example\r\nCSeq: 1 {method}\r\n\
         Contact: <sip:jo@127.0.0.1:{port}>\r\n{content}Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

#[test]
fn the_owner_is_told_once_that_no_phone_is_connected() {
    let received = Received::default();
    let port = received.starts();
    let notify = format!("notify = [\"http://127.0.0.1:{port}/ruiz-topic\"]\n");
    let installation = Installation::start(&format!("{SHOP}{notify}{PHONE}"));
    let callers: Vec<UdpSocket> = (0..4).map(|nth| calls(&installation, nth)).collect();
    for (nth, caller) in (0..).zip(&callers) {
        assert_eq!(hears(&installation, caller, nth), 486, "{}", installation.log());
    }
    installation.ended_calls(4);
    let got = until(LIMIT, || Some(received.all()).filter(|got| !got.is_empty()));
    let (head, text) = got.unwrap_or_else(|| panic!("nobody was told:\n{}", installation.log())).remove(0);
    assert!(head.starts_with("POST /ruiz-topic HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("\r\ntitle: ruiz hardware: no phone rang\r\n"), "{head}");
    assert!(text.contains("a caller heard the busy tone, because no phone is connected."), "{text}");
    assert!(text.contains(&format!("http://127.0.0.1:{}", installation.web_port())), "{text}");
    assert!(!text.contains("6009998") && !text.contains("Jo"), "who called is told to whoever is signed in: {text}");

    let notices = installation.api("/api/v1/right-now")["notices"].clone();
    assert_eq!(notices[0]["code"], "no_phone_registered", "{notices}");
    let log = installation.log();
    assert_eq!(log.matches("because no phone is connected.").count(), 1, "{log}");
    assert!(!log.contains("ruiz-topic"), "who knows the topic may read along: {log}");
    assert_eq!(installation.metric("ringall_notices_sent_total"), Some(1.0));
    installation.stop();
    assert_eq!(received.all().len(), 1, "four callers, one notice");
}

#[test]
fn a_mailbox_without_a_mail_server_is_said_at_the_import_and_at_the_start() {
    let files = Files::new();
    files.write("shop.toml", &format!("{SHOP}notify = [\"mailto:owner@example.com\"]\n"));
    let import = files.run(&["import", &files.path("shop.toml").display().to_string()]);
    let said = String::from_utf8_lossy(&import.stderr).into_owned();
    let what = "names a mailbox, and no mail can be sent: set smtp_url and from under [mail]";
    assert!(import.status.success() && said.contains(what), "{said}");
    let mut service = files.serve();
    service.wait_for(what, LIMIT);
    drop(service);

    files.write("shop.toml", &format!("{SHOP}notify = [\"sms:+34600111222\"]\n"));
    let import = files.run(&["import", &files.path("shop.toml").display().to_string()]);
    let said = String::from_utf8_lossy(&import.stderr).into_owned();
    assert_eq!(import.status.code(), Some(2), "{said}");
    assert!(said.contains("shop.notify[0]: expected an address such as"), "{said}");
    assert!(said.contains("sms") && said.contains("which nothing is sent by"), "{said}");
    assert!(!said.contains("600111222"), "an address may be a secret: {said}");
}
