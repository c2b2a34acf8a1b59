//! A server in Twilio's place: it notes what it is asked, refuses what Twilio's published description of its interface
//! (version 2010-04-01) does not have, and answers as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ringall::config::{Twilio, TwilioProfile, TwilioRing};
use ringall::twilio::Form;
use ringall::twilio::rest::Rest;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub const SID: &str = "AC00000000000000000000000000000000";
const TOKEN: &str = "hush";
const ROOT: &str = "/2010-04-01";

/// What it does with its next visitor; the last holds.
#[derive(Clone, Debug)]
pub enum Does {
    Answers(u16, Vec<u8>),
    /// With this header besides.
    AnswersWith(u16, &'static str),
    /// Promises more than it sends.
    BreaksOff,
    SaysNothing,
}

impl Does {
    pub fn json(status: u16, body: &Value) -> Does {
        Does::Answers(status, body.to_string().into_bytes())
    }
}

/// A request as it came, well-formed by the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// `GET`, and the path behind the account.
    pub asked: String,
    /// Of the query or the body, in their order.
    pub fields: Vec<(String, String)>,
}

pub struct StandIn {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
}

impl StandIn {
    pub async fn that(script: impl IntoIterator<Item = Does>) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a port");
        let address = listener.local_addr().expect("it is bound");
        let got = Arc::new(Mutex::new(Vec::new()));
        let (notes, mut script) = (got.clone(), VecDeque::from_iter(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let does = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
                tokio::spawn(serve(stream, does.expect("a script has a line"), notes.clone()));
            }
        });
        StandIn { address, got }
    }

    /// What asks it.
    pub fn rest(&self) -> Rest {
        let account = Twilio {
            account_sid: SID.to_owned(),
            auth_token: SecretString::from(TOKEN),
            next_auth_token: None,
            ring: TwilioRing::Dial,
            sip: None,
            profile: TwilioProfile::Twilio,
        };
        let rest = Rest::at_root(&account, &format!("http://{}{ROOT}", self.address));
        rest.expect("this machine has certificates of authorities").waiting(Duration::from_millis(500))
    }

    /// Where it keeps a recording.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{ROOT}/Accounts/{SID}{path}", self.address)
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().expect("no test panics with it").clone()
    }
}

/// One request on a connection, then it is closed.
async fn serve(mut stream: TcpStream, does: Does, got: Arc<Mutex<Vec<Got>>>) {
    let mut reader = BufReader::new(&mut stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await.unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.expect("the whole body");
    let wrong = match described(&head, &body) {
        Ok(request) => {
            got.lock().expect("no test panics with it").push(request);
            None
        }
        Err(wrong) => Some(wrong),
    };
    let answer = |status: u16, header: &str, body: &[u8], length: usize| {
        let head = format!("HTTP/1.1 {status} So\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        [head.as_bytes(), body].concat()
    };
    let bytes = match (wrong, does) {
        // As Twilio answers what it cannot take.
        (Some(wrong), _) => {
            let body = json!({"code": 20001, "message": wrong, "status": 400}).to_string();
            answer(400, "", body.as_bytes(), body.len())
        }
        (None, Does::Answers(status, body)) => answer(status, "", &body, body.len()),
        (None, Does::AnswersWith(status, header)) => answer(status, header, b"", 0),
        (None, Does::BreaksOff) => answer(200, "", b"{\"sid\": \"CA", 4096),
        (None, Does::SaysNothing) => return std::future::pending().await,
    };
    stream.write_all(&bytes).await.ok();
}

/// The fields of each request, from `twilio_api_v2010`.
const DESCRIBED: [(&str, &str, &[&str]); 7] = [
    (
        "GET",
        "/IncomingPhoneNumbers.json",
        &["Beta", "FriendlyName", "PhoneNumber", "Origin", "PageSize", "Page", "PageToken"],
    ),
    (
        "POST",
        "/IncomingPhoneNumbers/PN",
        &[
            "FriendlyName",
            "StatusCallback",
            "StatusCallbackMethod",
            "TrunkSid",
            "VoiceApplicationSid",
            "VoiceCallerIdLookup",
            "VoiceFallbackMethod",
            "VoiceFallbackUrl",
            "VoiceMethod",
            "VoiceReceiveMode",
            "VoiceUrl",
        ],
    ),
    ("GET", "/Calls/CA", &["DateCreated", "DateCreated<", "DateCreated>", "Page", "PageSize", "PageToken"]),
    ("GET", "/Recordings/RE", &["RequestedChannels"]),
    ("DELETE", "/Recordings/RE", &[]),
    (
        "POST",
        "/Calls.json",
        &[
            "To",
            "From",
            "Method",
            "FallbackUrl",
            "FallbackMethod",
            "StatusCallback",
            "StatusCallbackEvent",
            "StatusCallbackMethod",
            "SendDigits",
            "Timeout",
            "Url",
            "Twiml",
            "CallerId",
            "CallReason",
            "CallToken",
            "TimeLimit",
        ],
    ),
    (
        "POST",
        "/Calls/CA",
        &[
            "Url",
            "Method",
            "Status",
            "FallbackUrl",
            "FallbackMethod",
            "StatusCallback",
            "StatusCallbackMethod",
            "Twiml",
            "TimeLimit",
        ],
    ),
];

fn described(head: &str, body: &[u8]) -> Result<Got, String> {
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    };
    let credentials = format!("Basic {}", STANDARD.encode(format!("{SID}:{TOKEN}")));
    if header("authorization") != Some(&credentials) {
        return Err(format!("Authenticate: {:?}", header("authorization")));
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix(&format!("{ROOT}/Accounts/{SID}")).ok_or_else(|| format!("no account: {path}"))?;
    if method == "POST" && header("content-type") != Some("application/x-www-form-urlencoded") {
        return Err(format!("a body of {:?}", header("content-type")));
    }
    let text = if method == "POST" { body } else { query.as_bytes() };
    let fields = Form::parse(text).map_err(|error| error.to_string())?.pairs().to_vec();
    let entry = DESCRIBED.iter().find(|(verb, begins, _)| *verb == method && path.starts_with(begins));
    let (_, _, known) = entry.ok_or_else(|| format!("no {method} {path}"))?;
    for (name, value) in &fields {
        if !known.contains(&name.as_str()) {
            return Err(format!("no field {name} of {method} {path}"));
        }
        let fits = match name.as_str() {
            "Url" | "VoiceUrl" | "StatusCallback" | "VoiceFallbackUrl" => value.starts_with("https://"),
            name if name.ends_with("Method") => ["GET", "POST"].contains(&value.as_str()),
            "To" | "From" => value.starts_with('+'),
            "Status" => ["canceled", "completed"].contains(&value.as_str()),
            "StatusCallbackEvent" => ["initiated", "ringing", "answered", "completed"].contains(&value.as_str()),
            "Timeout" => value.parse::<u16>().is_ok_and(|seconds| seconds <= 600),
            _ => true,
        };
        if !fits {
            return Err(format!("{name} cannot be {value}"));
        }
    }
    Ok(Got { asked: format!("{method} {path}"), fields })
}
