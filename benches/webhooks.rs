//! Calls that come by webhook, against the release build: how many signed first requests a second are answered, each with
//! its row on the disk, how long the slowest take, and what one costs.
//!
//!     cargo bench --bench webhooks [-- CALLS]
//!
//! 20,000 calls over 16 connections when nothing is said. Exits with 1 when an answer is not the document that rings the
//! shop's cell, or a call has no row. The second row is what HTTP and the log alone cost, with nobody between them: all
//! else is what the service itself takes.

// Each of them has more than is used here.
#![allow(dead_code)]

#[path = "floor/mod.rs"]
mod floor;
#[path = "../tests/e2e/http.rs"]
mod http;
#[path = "../tests/e2e/installation.rs"]
mod installation;
#[path = "../tests/e2e/ports.rs"]
mod ports;
#[path = "../tests/e2e/process.rs"]
mod process;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ringall::config::DatabaseUrl;
use ringall::twilio::Form;
use ringall::twilio::public_url::PublicUrl;
use ringall::twilio::signature::{Content, Keys, Signed};
use secrecy::SecretString;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use installation::{Files, Installation, SHOP};

const CONNECTIONS: usize = 16;
/// Before the clock runs.
const WARM_UP: usize = 500;
const SID: &str = "AC00000000000000000000000000000000";
const TOKEN: &str = "a token of this measurement";
/// The system counts time in hundredths of a second (`sysconf(_SC_CLK_TCK)` on every Linux).
const TICKS_A_SECOND: f64 = 100.0;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [argument, port, database] = arguments.as_slice()
        && argument == floor::ARGUMENT
    {
        floor::serve(port.parse().expect("a port"), database.into(), &SecretString::from(TOKEN));
    }
    let calls: usize = arguments.first().map_or(20_000, |text| text.parse().expect("how many calls"));
    let files = Files::new();
    let port = files.web_port;
    files.edit_config("[sip]\n", &format!("[twilio]\naccount_sid = \"{SID}\"\nauth_token = \"{TOKEN}\"\n\n[sip]\n"));
    let shop = format!("{SHOP}\n[[phone]]\nname = \"Ana's cell\"\nnumber = \"+34600111222\"\n");
    let installation = Installation::start_with(files, &shop);
    let ours = measure(installation.pid(), port, calls, &installation.database());

    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("floor.db");
    let port = ports::free(1);
    let floor = floor::Running::start(port, &database.display().to_string());
    let least = measure(floor.pid(), port, calls, &DatabaseUrl::Sqlite(database));

    // Other programs take the same processors: what one costs says more than how many there were.
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    println!("{calls} first webhooks over {CONNECTIONS} connections, each with its row on the disk (load {load})\n");
    println!("| | a second | p50 | p99 | the slowest | CPU each | answered | rows |");
    println!("|---|---|---|---|---|---|---|---|");
    println!("| ringall | {ours} |");
    println!("| HTTP and the log alone | {least} |");
    if [&ours, &least].iter().all(|measured| measured.is_whole()) {
        return ExitCode::SUCCESS;
    }
    println!("answers are wrong or rows are missing:\n{}", installation.log());
    ExitCode::FAILURE
}

struct Measured {
    /// Sorted.
    took: Vec<Duration>,
    seconds: f64,
    cpu_s: f64,
    right: usize,
    rows: usize,
}

/// So many calls, after those of the warm-up.
fn measure(pid: u32, port: u16, calls: usize, database: &DatabaseUrl) -> Measured {
    let requests = signed(port, WARM_UP + calls);
    let (warm_up, measured) = requests.split_at(WARM_UP);
    let wrong = run(port, warm_up).1;
    let (cpu, began) = (cpu_s(pid), Instant::now());
    let (mut took, more) = run(port, measured);
    let (seconds, cpu_s) = (began.elapsed().as_secs_f64(), cpu_s(pid) - cpu);
    took.sort_unstable();
    Measured { took, seconds, cpu_s, right: WARM_UP + calls - wrong - more, rows: rows(database) }
}

impl Measured {
    fn is_whole(&self) -> bool {
        let all = WARM_UP + self.took.len();
        (self.right, self.rows) == (all, all)
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |part: f64| self.took[((self.took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
        let calls = self.took.len() as f64;
        let (rate, each) = (calls / self.seconds, self.cpu_s * 1_000_000.0 / calls);
        let (p50, p99, slowest) = (ms(0.5), ms(0.99), ms(1.0));
        write!(
            f,
            "{rate:.0} | {p50:.2} ms | {p99:.2} ms | {slowest:.2} ms | {each:.1} µs | {} | {}",
            self.right, self.rows
        )
    }
}

/// So many requests, each of a call of its own.
fn signed(port: u16, count: usize) -> Vec<Vec<u8>> {
    let keys = Keys::new([&SecretString::from(TOKEN)]);
    let public_url = PublicUrl::new(&format!("http://127.0.0.1:{port}"));
    let request = |n: usize| {
        let (call, caller) = (format!("CA{n:032x}"), format!("%2B346{:08}", n % 90_000_000));
        let body = format!(
            "AccountSid={SID}&ApiVersion=2010-04-01&CallSid={call}&CallStatus=ringing&CallToken=%7B%22parentCallInfoToken%22\
             %3A%22eyJhbGciOiJFUzI1NiJ9.e30.c2ln%22%2C%22identityHeaderTokens%22%3A%5B%5D%7D&Called=%2B34911234567&CalledCity=&\
             CalledCountry=ES&CalledState=&CalledZip=&Caller={caller}&CallerCity=&CallerCountry=ES&CallerState=&CallerZip=&\
             Direction=inbound&From={caller}&FromCity=&FromCountry=ES&FromState=&FromZip=&To=%2B34911234567&ToCity=&\
             ToCountry=ES&ToState=&ToZip="
        );
        let form = Form::parse(body.as_bytes()).expect("a form");
        let signed = Signed { target: "/twilio/voice", content: Content::Form(&form) };
        let signature = keys.sign(&public_url, signed).expect("a key");
        format!(
            "POST /twilio/voice HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: TwilioProxy/1.1\r\n\
             Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nX-Twilio-Signature: {signature}\r\n\
             I-Twilio-Idempotency-Token: {n:032x}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    (0..count).map(request).collect()
}

/// Sends them all; how long each answer took, and how many were wrong.
fn run(port: u16, requests: &[Vec<u8>]) -> (Vec<Duration>, usize) {
    let parts = requests.chunks(requests.len().div_ceil(CONNECTIONS));
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || converse(port, part))).collect();
        let mut all = (Vec::with_capacity(requests.len()), 0);
        for thread in threads {
            let (took, wrong) = thread.join().expect("a connection does not panic");
            all.0.extend(took);
            all.1 += wrong;
        }
        all
    })
}

fn converse(port: u16, requests: &[Vec<u8>]) -> (Vec<Duration>, usize) {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("somebody listens");
    stream.set_nodelay(true).expect("a socket");
    let mut reader = BufReader::new(stream);
    let mut wrong = 0;
    let took = requests.iter().map(|request| {
        let began = Instant::now();
        reader.get_mut().write_all(request).expect("it is sent");
        let document = answer(&mut reader);
        let took = began.elapsed();
        wrong += usize::from(!document.contains("+34600111222</Number>"));
        took
    });
    (took.collect(), wrong)
}

/// The body of an answer; what is no 200 comes with its first line.
fn answer(reader: &mut BufReader<TcpStream>) -> String {
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).expect("an answer");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("an answer");
        if line == "\r\n" || line.is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the whole answer");
    let body = String::from_utf8_lossy(&body).into_owned();
    if first.contains(" 200 ") { body } else { first }
}

/// What a process has used, in seconds (proc(5), utime and stime).
fn cpu_s(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process lives");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().collect();
    let ticks: f64 = [fields[11], fields[12]].iter().map(|ticks| ticks.parse::<f64>().expect("ticks")).sum();
    ticks / TICKS_A_SECOND
}

/// Calls in the log at this moment.
fn rows(url: &DatabaseUrl) -> usize {
    let DatabaseUrl::Sqlite(path) = url else { panic!("an installation of tests has SQLite") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut connection = SqliteConnectOptions::new().filename(path).connect().await.expect("the file opens");
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM calls").fetch_one(&mut connection).await.expect("a count");
        usize::try_from(count).expect("not negative")
    })
}
