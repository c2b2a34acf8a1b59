//! What a call by webhook costs at least: axum, the signature, and the call's first row and two events in the log. Nobody
//! decides anything here, and no call lives. It runs in a process of its own, whose time is counted as the service's is.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use ringall::call::record::{CallEvent, CallId, CallRecord, Direction, Door, EventKind};
use ringall::chance::Chance;
use ringall::clock;
use ringall::config::DatabaseUrl;
use ringall::number::Number;
use ringall::routing::Because;
use ringall::routing::plan::ShopId;
use ringall::store::Store;
use ringall::store::writer::LogWriter;
use ringall::switchboard::{LogEntry, Medium, Ticket};
use ringall::twilio::Form;
use ringall::twilio::public_url::PublicUrl;
use ringall::twilio::signature::{Content, Keys, Signed};
use secrecy::SecretString;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// The benchmark's own first argument where it is to be this.
pub const ARGUMENT: &str = "--floor";
const STARTS_WITHIN: Duration = Duration::from_secs(20);

type Waiting = Arc<Mutex<HashMap<Ticket, oneshot::Sender<()>>>>;

struct Floor {
    keys: Keys,
    public_url: PublicUrl,
    log: LogWriter,
    waiting: Waiting,
    chance: Mutex<Chance>,
    last_ticket: AtomicU64,
}

/// It, in its process; ends with it.
pub struct Running(Child);

impl Running {
    pub fn start(port: u16, database: &str) -> Running {
        let own = std::env::current_exe().expect("this program has a file");
        let mut command = Command::new(own);
        command.args([ARGUMENT, &port.to_string(), database]).stdout(Stdio::null());
        let running = Running(command.spawn().expect("it starts"));
        let began = std::time::Instant::now();
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(began.elapsed() < STARTS_WITHIN, "it does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves for ever.
pub fn serve(port: u16, database: PathBuf, token: &SecretString) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let journal = database.with_extension("journal");
        let store = Store::open(&DatabaseUrl::Sqlite(database)).await.expect("a database");
        let waiting = Waiting::default();
        let asked = waiting.clone();
        let answered = move |ticket| {
            let waits = asked.lock().expect("nobody panics").remove(&ticket);
            // Whoever asked may have gone.
            let _ = waits.map(|waits| waits.send(()));
        };
        let floor = Floor {
            keys: Keys::new([token]),
            public_url: PublicUrl::new(&format!("http://127.0.0.1:{port}")),
            log: LogWriter::start(store, journal, answered).expect("a thread"),
            waiting,
            chance: Mutex::new(Chance::new([7; 32])),
            last_ticket: AtomicU64::new(0),
        };
        let router = Router::new().route("/twilio/voice", post(answer)).with_state(Arc::new(floor));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("the port is free");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(converse(stream, router.clone()));
        }
    });
}

async fn converse(stream: TcpStream, router: Router) {
    stream.set_nodelay(true).expect("a socket");
    let service = hyper_util::service::TowerToHyperService::new(router);
    let io = hyper_util::rt::TokioIo::new(stream);
    // Whoever measures goes away in the end.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
}

async fn answer(
    State(floor): State<Arc<Floor>>,
    headers: HeaderMap,
    body: Bytes,
) -> ([(&'static str, &'static str); 1], String) {
    let form = Form::parse(&body).expect("a form");
    let signature = headers["x-twilio-signature"].to_str().expect("text");
    let signed = Signed { target: "/twilio/voice", content: Content::Form(&form) };
    floor.keys.check(&floor.public_url, signed, signature).expect("it is signed");
    let said = |key| form.one(key).expect("once").expect("it is there").to_owned();
    let (sid, from, to) = (said("CallSid"), said("From"), said("To"));

    let (answer, answered) = oneshot::channel();
    let ticket = Ticket(floor.last_ticket.fetch_add(1, Ordering::Relaxed));
    floor.waiting.lock().expect("nobody panics").insert(ticket, answer);
    let at = clock::now().wall;
    let id = CallId(floor.chance.lock().expect("nobody panics").uuid(at));
    let record = CallRecord {
        id,
        shop: Some(ShopId(1)),
        direction: Direction::In,
        caller: Number::from_e164(&from),
        caller_raw: from,
        caller_display: String::new(),
        withheld: false,
        called: to,
        door: Door::Twilio,
        key: sid.clone(),
        started: at,
        answered: None,
        ended: None,
        disposition: None,
        because: Because::NoHours,
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: 1,
    };
    floor.log.record(ticket, Medium::Store, Box::new(record));
    for (seq, kind) in [(1, EventKind::Arrived), (2, EventKind::Offered)] {
        floor.log.log(LogEntry::Event(CallEvent { call: id, seq, at, kind, phone: None, detail: String::new() }));
    }
    answered.await.expect("its row is durable");
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Dial answerOnBridge=\"true\" timeout=\"30\" \
         action=\"/twilio/voice?after={sid}\"><Number>+34600111222</Number></Dial></Response>\n"
    );
    ([("content-type", "text/xml; charset=utf-8")], document)
}
