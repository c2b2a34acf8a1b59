//! Strangers get nothing: no answer, no ring, no row.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_stranger_gets_no_answer_rings_nobody_and_leaves_no_row() {
    if !peers::present("a_stranger_gets_no_answer_rings_nobody_and_leaves_no_row", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let phone = phone.start(&target);

    // The trunk's one peer is 127.0.0.1.
    let stranger = UdpSocket::bind("127.0.0.2:0").expect("all of 127.0.0.0/8 is ours");
    let port = stranger.local_addr().expect("bound").port();
    for method in ["INVITE", "OPTIONS", "MESSAGE", "BYE"] {
        stranger.send_to(request(method, &target, port).as_bytes(), &target).expect("loopback takes it");
    }

    // A customer's call that went through whole came after the stranger's requests and has overtaken nothing.
    Sipp::plays(sipp::CALLER).start(&target).finish(LIMIT);
    let notes = phone.finish(LIMIT);
    assert_eq!(notes.iter().filter(|note| note.text.starts_with("offered")).count(), 1, "it rang once: {notes:?}");
    let call = installation.only_call();
    assert_eq!(call["caller"]["number"], "+34600999888", "the one row is the customer's");
    stranger.set_nonblocking(true).expect("a socket can");
    let mut answer = [0; 2048];
    let nothing = stranger.recv_from(&mut answer).expect_err("the stranger got an answer");
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_strangers_register_is_challenged_alike_for_known_and_unknown_users() {
    let counter = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"a long enough secret\"\n";
    let installation = Installation::start(&format!("{SHOP}{counter}"));
    let [known, unknown] = ["counter", "nobody1"].map(|user| {
        let stranger = UdpSocket::bind("127.0.0.2:0").expect("all of 127.0.0.0/8 is ours");
        stranger.set_read_timeout(Some(LIMIT)).expect("not zero");
        let port = stranger.local_addr().expect("bound").port();
        let register = request("REGISTER", &installation.target(), port).replace("shop", user);
        stranger.send_to(register.as_bytes(), installation.target()).expect("loopback takes it");
        let mut answer = [0; 2048];
        let length = stranger.recv(&mut answer).expect("a REGISTER is always challenged");
        let text = String::from_utf8_lossy(&answer[..length]).into_owned();
        without_what_differs(&text, user, port)
    });
    assert!(known.starts_with("SIP/2.0 401 "), "{known}");
    assert_eq!(known, unknown);
}

#[test]
fn a_wrong_password_takes_as_long_to_refuse_as_an_unknown_user() {
    const PROBES: usize = 300;
    let counter = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"a long enough secret\"\n";
    let installation = Installation::start(&format!("{SHOP}{counter}"));
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("loopback has a free port");
    stranger.set_read_timeout(Some(LIMIT)).expect("not zero");
    let port = stranger.local_addr().expect("bound").port();
    let asks = |user: &str, nth: usize, nonce: &str| {
        let credentials = format!(
            "Authorization: Digest username=\"{user}\", realm=\"ringall\", nonce=\"{nonce}\", uri=\"sip:shop\", \
             response=\"0123456789abcdef0123456789abcdef\", algorithm=MD5, cnonce=\"c\", qop=auth, nc=00000001\r\nContact:"
        );
        let register = request("REGISTER", &installation.target(), port).replace("shop", user);
        let register =
            register.replacen("Contact:", &credentials, 1).replace("branch=z9hG4bK", &format!("branch=z9hG4bK{nth}"));
        let mut answer = [0; 2048];
        let asked = Instant::now();
        stranger.send_to(register.as_bytes(), installation.target()).expect("loopback takes it");
        let length = stranger.recv(&mut answer).expect("a REGISTER is always answered");
        let took = asked.elapsed();
        let text = String::from_utf8_lossy(&answer[..length]).into_owned();
        assert!(text.starts_with("SIP/2.0 401 "), "{text}");
        let nonce =
            text.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
        (took, nonce)
    };
    let (_, nonce) = asks("nobody1", 0, "none");
    // In turns, so that whatever else this machine does strikes both alike.
    let mut took = [Vec::new(), Vec::new()];
    for nth in 1..=PROBES {
        for (who, user) in ["counter", "nobody1"].into_iter().enumerate() {
            took[who].push(asks(user, 2 * nth + who, &nonce).0);
        }
    }
    let [known, unknown] = took.map(|mut took| {
        took.sort();
        took[PROBES / 2]
    });
    let apart = known.abs_diff(unknown);
    let noise = (known.max(unknown) / 10).max(Duration::from_micros(20));
    assert!(apart <= noise, "median {known:?} for a known user, {unknown:?} for an unknown one");
}

/// Nonce, tag, user and port differ from one answer to the next by right.
fn without_what_differs(answer: &str, user: &str, port: u16) -> String {
    let blank = |line: &str| {
        let mut line = line.replace(user, "USER").replace(&port.to_string(), "PORT");
        for (begin, end) in [("nonce=\"", '"'), ("To: <sip:USER@127.0.0.1>;tag=", '\r')] {
            if let Some(at) = line.find(begin).map(|at| at + begin.len()) {
                let length = line[at..].find(end).unwrap_or(line.len() - at);
                line.replace_range(at..at + length, "…");
            }
        }
        line
    };
    answer.split("\r\n").map(blank).collect::<Vec<_>>().join("\n")
}

fn request(method: &str, target: &str, port: u16) -> String {
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";
    let (kind, body) = if method == "INVITE" { ("Content-Type: application/sdp\r\n", sdp) } else { ("", "") };
    format!(
        "{method} sip:shop@{target} SIP/2.0\r\n\
         Via: SIP/2.0/UDP 127.0.0.2:{port};branch=z9hG4bKstranger{method}\r\n\
         From: <sip:shop@127.0.0.1>;tag=stranger\r\n\
         To: <sip:shop@127.0.0.1>\r\n\
         Call-ID: stranger-{method}\r\n\
         CSeq: 1 {method}\r\n\
         Contact: <sip:shop@127.0.0.2:{port}>\r\n\
         Max-Forwards: 70\r\n\
         {kind}Content-Length: {length}\r\n\r\n{body}",
        length = body.len()
    )
}
