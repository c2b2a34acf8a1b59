//! Phones that register, with a password that is their user's name and `-secret`.

use std::time::SystemTime;

use super::People;
use super::text::{Message, authorization, request};

pub(super) struct Registration {
    socket: usize,
    user: String,
    expires_s: u32,
    pub(super) answer: Option<(u16, SystemTime)>,
}

/// The registration whose Call-ID this is.
pub(super) fn of(call_id: &str) -> Option<usize> {
    call_id.strip_prefix("registration-")?.split('@').next()?.parse().ok()
}

fn key(registration: usize) -> String {
    format!("registration {registration}")
}

impl People {
    pub(super) fn register(&mut self, port: u16, user: &str, expires_s: u32) -> usize {
        let socket = self.sockets.iter().position(|(own, _)| *own == port).expect("a phone of this town");
        let registration = self.registrations.len();
        self.registrations.push(Registration { socket, user: user.to_owned(), expires_s, answer: None });
        let text = self.registers(registration, 1, "");
        self.send_until_answered(socket, key(registration), text);
        registration
    }

    pub(super) fn registrar_answers(&mut self, registration: usize, status: u16, message: &Message<'_>) {
        self.repeats.remove(&key(registration));
        let own = &self.registrations[registration];
        let socket = own.socket;
        // The second is for the password that was proved.
        if status == 401 && message.header("CSeq").starts_with("1 ") {
            let challenge = message.header("WWW-Authenticate");
            let password = format!("{}-secret", own.user);
            let proof = authorization(challenge, &own.user, &password, &format!("sip:{}", self.target));
            let text = self.registers(registration, 2, &proof);
            self.send_until_answered(socket, key(registration), text);
        } else if status >= 200 {
            self.registrations[registration].answer.get_or_insert((status, SystemTime::now()));
        }
    }

    fn registers(&self, registration: usize, cseq: u32, more: &str) -> String {
        let Registration { socket, user, expires_s, .. } = &self.registrations[registration];
        let (port, target) = (self.port(*socket), self.target);
        let headers = format!(
            "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-registration-{registration}-{cseq}\r\n\
             From: <sip:{user}@{target}>;tag=phone\r\nTo: <sip:{user}@{target}>\r\n\
             Call-ID: registration-{registration}@town\r\nCSeq: {cseq} REGISTER\r\n\
             Contact: <sip:{user}@127.0.0.1:{port}>\r\nExpires: {expires_s}\r\n"
        );
        request("REGISTER", &format!("sip:{target}"), &headers, more, "")
    }
}
