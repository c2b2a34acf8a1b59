//! A customer who says of themselves what they like, and a phone that rings for them and is never picked up: over bare
//! sockets, for what no well-behaved program would send.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use crate::town::text::{Message, request, sdp};

const LIMIT: Duration = Duration::from_secs(30);
/// How often the phone looks whether it is over.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub struct Customer {
    socket: UdpSocket,
    port: u16,
    target: String,
    calls: u32,
}

/// A call that has been placed.
pub struct Placed {
    pub at: SystemTime,
    headers: String,
    to: String,
    nth: u32,
}

impl Customer {
    /// Who calls by the carrier 127.0.0.1.
    pub fn of(target: &str) -> Customer {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        socket.set_read_timeout(Some(LIMIT)).expect("not zero");
        let port = socket.local_addr().expect("bound").port();
        Customer { socket, port, target: target.to_owned(), calls: 0 }
    }

    /// Calls `to`; `from` is a header's value without its tag, `more` are whole lines. `Err`: the status that it was
    /// refused with.
    pub fn calls(&mut self, to: &str, from: &str, more: &str) -> Result<Placed, u16> {
        self.calls += 1;
        let (nth, port, target) = (self.calls, self.port, &self.target);
        let to = format!("sip:{to}@{target}");
        let headers = format!(
            "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKcustomer{nth}\r\nFrom: {from};tag=customer{nth}\r\n\
             Call-ID: customer-{nth}-{port}\r\n"
        );
        let invite = format!("To: <{to}>\r\nCSeq: 1 INVITE\r\nContact: <sip:customer@127.0.0.1:{port}>\r\n{more}");
        let placed = Placed { at: SystemTime::now(), headers, to, nth };
        // Nobody speaks: where the sound would go does not matter.
        self.sends(&request("INVITE", &placed.to, &placed.headers, &invite, &sdp(9)));
        match self.hears(&placed, "INVITE", |status| status >= 180) {
            (180..=199, _) => Ok(placed),
            (status, tagged) => {
                self.acknowledges(&placed, &tagged);
                Err(status)
            }
        }
    }

    pub fn gives_up(&self, placed: &Placed) {
        let cancel = format!("To: <{}>\r\nCSeq: 1 CANCEL\r\n", placed.to);
        self.sends(&request("CANCEL", &placed.to, &placed.headers, &cancel, ""));
        let (_, tagged) = self.hears(placed, "INVITE", |status| status >= 300);
        self.acknowledges(placed, &tagged);
    }

    fn acknowledges(&self, placed: &Placed, tagged: &str) {
        let ack = format!("To: {tagged}\r\nCSeq: 1 ACK\r\n");
        self.sends(&request("ACK", &placed.to, &placed.headers, &ack, ""));
    }

    fn sends(&self, text: &str) {
        self.socket.send_to(text.as_bytes(), &self.target).expect("loopback takes it");
    }

    /// The first such status of a response to the call's `method`, and the response's To.
    fn hears(&self, placed: &Placed, method: &str, wanted: impl Fn(u16) -> bool) -> (u16, String) {
        let mut bytes = [0; 65_536];
        loop {
            let length = self.socket.recv(&mut bytes).expect("an answer comes in time");
            let text = String::from_utf8_lossy(&bytes[..length]);
            let Some(message) = Message::read(&text) else { continue };
            let of_it = message.header("Via").contains(&format!("customer{};", placed.nth))
                || message.header("Via").ends_with(&format!("customer{}", placed.nth));
            match message.status().filter(|_| of_it && message.answers() == method) {
                Some(status) if wanted(status) => return (status, message.header("To").to_owned()),
                _ => {}
            }
        }
    }
}

/// A phone at a fixed address that only rings.
pub struct Ringer {
    pub port: u16,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ringer {
    pub fn start() -> Ringer {
        Ringer::at(0)
    }

    /// At this port of 127.0.0.1; 0: at any.
    pub fn at(port: u16) -> Ringer {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).expect("loopback has a free port");
        socket.set_read_timeout(Some(LOOK_EVERY)).expect("not zero");
        let port = socket.local_addr().expect("bound").port();
        let over = Arc::new(AtomicBool::new(false));
        let is_over = over.clone();
        let thread = std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                rings(&socket, port);
            }
        });
        Ringer { port, over, thread: Some(thread) }
    }
}

impl Drop for Ringer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn rings(socket: &UdpSocket, port: u16) {
    let mut bytes = [0; 65_536];
    let Ok((length, from)) = socket.recv_from(&mut bytes) else { return };
    let text = String::from_utf8_lossy(&bytes[..length]);
    let Some(message) = Message::read(&text) else { return };
    let contact = format!("Contact: <sip:ringer@127.0.0.1:{port}>\r\n");
    let answers = |answer: String| {
        // A service that is gone needs none.
        let _ = socket.send_to(answer.as_bytes(), from);
    };
    match message.method() {
        "INVITE" => answers(message.answer("180 Ringing", "ringer", &contact, "")),
        "CANCEL" => {
            answers(message.answer("200 OK", "ringer", "", ""));
            answers(message.answer("487 Request Terminated", "ringer", "", "").replace(" CANCEL\r\n", " INVITE\r\n"));
        }
        "OPTIONS" => answers(message.answer("200 OK", "ringer", &contact, "")),
        _ => {}
    }
}
