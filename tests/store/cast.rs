//! The databases the suite runs on, and the calls and shops it tells of.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use ringall::call::record::{
    CallEvent, CallId, CallRecord, Direction, Disposition, Door, EndedBy, EventKind, VoiceMessage,
};
use ringall::config::DatabaseUrl;
use ringall::media::recordings::Recordings;
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::routing::Because;
use ringall::routing::plan::{Country, ShopId};
use ringall::store::{LogWriter, ShopSettings, Store};
use ringall::switchboard::{LogEntry, Medium, Ticket};
use sqlx::{Connection, Executor};
use uuid::Uuid;

/// A database of a test's own.
pub struct Database {
    pub store: Store,
    pub url: String,
    /// For the journal; gone with the test.
    pub folder: tempfile::TempDir,
}

const POSTGRES: &str = "RINGALL_TEST_POSTGRES";
const REQUIRED: &str = "RINGALL_REQUIRE_PEERS";
/// Nothing in the suite takes long; what is still not there then never comes.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Database) -> F) {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ringall.db").display());
        let store = Store::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap();
        test(Database { store, url, folder }).await;
    });
}

pub fn on_postgres<F: Future<Output = ()>>(name: &str, test: impl FnOnce(Database) -> F) {
    let Ok(server) = std::env::var(POSTGRES) else {
        assert!(std::env::var_os(REQUIRED).is_none(), "{POSTGRES} names no server, and {REQUIRED} is set");
        eprintln!("skipped: {POSTGRES} names no PostgreSQL server");
        return;
    };
    run(async {
        // A schema is a database of its own here, and made in a fraction of the time.
        let schema = format!("ringall_{name}");
        let mut server_connection = sqlx::PgConnection::connect(&server).await.unwrap();
        let make = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
        server_connection.execute(sqlx::AssertSqlSafe(make)).await.unwrap();
        let url = format!("{server}?options[search_path]={schema}");
        let store = Store::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap();
        test(Database { store: store.clone(), url, folder: tempfile::tempdir().unwrap() }).await;
        store.close().await;
        server_connection.execute(sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"))).await.unwrap();
    });
}

pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(test);
}

impl Database {
    /// Opens the same database as another process would.
    pub async fn open_again(&self) -> Store {
        Store::open(&DatabaseUrl::parse(&self.url).unwrap()).await.unwrap()
    }

    /// What somebody with a database shell does.
    pub async fn shell(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if self.url.starts_with("sqlite:") {
            sqlx::SqliteConnection::connect(&self.url).await.unwrap().execute(sql).await.unwrap();
        } else {
            sqlx::PgConnection::connect(&self.url).await.unwrap().execute(sql).await.unwrap();
        }
    }

    /// What happened in a call, as its rows have it: number, time, kind and detail.
    pub async fn event_rows(&self, call: CallId) -> Vec<(i64, i64, String, String)> {
        const EVENTS: &str = "SELECT seq, at_ms, kind, detail FROM call_events WHERE call_id = $1 ORDER BY seq";
        let id = call.to_string();
        if self.url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
            sqlx::query_as(EVENTS).bind(id).fetch_all(&mut connection).await.unwrap()
        } else {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_as(EVENTS).bind(id).fetch_all(&mut connection).await.unwrap()
        }
    }

    pub fn recordings(&self) -> Recordings {
        Recordings::in_data_dir(&self.folder.path().join("data"))
    }

    pub fn journal(&self) -> PathBuf {
        self.folder.path().join("data").join("journal")
    }

    /// The service's log, and what it answers.
    pub fn log(&self) -> Log {
        let (answer, answers) = channel();
        Log { writer: start_log(&self.store, &self.journal(), answer), answers }
    }
}

fn start_log(store: &Store, journal: &Path, answer: Sender<Ticket>) -> LogWriter {
    let answered = move |ticket| {
        // A test that has ended hears no answers.
        let _ = answer.send(ticket);
    };
    LogWriter::start(store.clone(), journal.to_owned(), answered).unwrap()
}

pub struct Log {
    pub writer: LogWriter,
    answers: Receiver<Ticket>,
}

impl Log {
    /// Records a first row and waits until it is durable.
    pub fn record(&self, call: &CallRecord) {
        self.ask(1, Medium::Store, call);
        self.hears(1);
    }

    pub fn ask(&self, ticket: u64, medium: Medium, call: &CallRecord) {
        self.writer.record(Ticket(ticket), medium, Box::new(call.clone()));
    }

    pub fn hears(&self, ticket: u64) {
        assert_eq!(self.answers.recv_timeout(PATIENCE), Ok(Ticket(ticket)));
    }

    pub fn hears_nothing_more(&self) {
        assert!(self.answers.try_recv().is_err());
    }

    pub fn changed(&self, call: &CallRecord) {
        self.writer.log(LogEntry::Changed(Box::new(call.clone())));
    }

    pub fn event(&self, call: &CallRecord, seq: u32, kind: EventKind) {
        self.writer.log(LogEntry::Event(event(call, seq, kind)));
    }

    pub fn message(&self, message: VoiceMessage) {
        self.writer.log(LogEntry::Message(message));
    }

    /// A whole call as it is logged: first row, last facts.
    pub async fn whole(&self, call: &CallRecord) {
        self.record(call);
        self.changed(call);
        self.writer.flush().await.unwrap();
        assert_eq!(self.writer.counts().failed_commits, 0, "the rows are in the journal: the database was too slow");
    }
}

pub fn event(call: &CallRecord, seq: u32, kind: EventKind) -> CallEvent {
    let at = UnixMs(call.started.0 + i64::from(seq));
    CallEvent { call: call.id, seq, at, kind, phone: Some(Arc::from("Counter")), detail: "486".to_owned() }
}

/// What the caller of this call said, 20 s after it began: 7 s, of which 5 s are voice.
pub fn message(call: &CallRecord) -> VoiceMessage {
    let [length, voice] = [7, 5].map(Duration::from_secs);
    VoiceMessage { call: call.id, recorded: UnixMs(call.started.0 + 20_000), length, voice }
}

pub fn number(text: &str) -> Number {
    Number::parse(text, Country(*b"ES")).unwrap()
}

pub fn jo() -> Number {
    number("+34600999888")
}

/// The `n`th call of a test, `n` seconds after the first, from Jo to shop 1: ringing, nothing decided yet.
pub fn call(n: u16) -> CallRecord {
    let started = 1_764_000_000_000 + i64::from(n) * 1000;
    // As version 7 does: the time in front.
    let id = Uuid::from_u128((started.unsigned_abs() as u128) << 80 | 0x7000_8000_0000_0000_0000);
    CallRecord {
        id: CallId(id),
        shop: Some(ShopId(1)),
        direction: Direction::In,
        caller: Some(jo()),
        caller_raw: "0600999888".to_owned(),
        caller_display: "Jo «Miller» ☎".to_owned(),
        withheld: false,
        called: "+34911234567".to_owned(),
        door: Door::Sip,
        key: format!("call-{n}@carrier;tag={n};1"),
        started: UnixMs(started),
        answered: None,
        ended: None,
        disposition: None,
        because: Because::OpenHours { until: Some(UnixMs(started + 3_600_000)) },
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: 1,
    }
}

/// The same call when Counter has answered it and Jo has hung up.
pub fn answered(n: u16) -> CallRecord {
    let call = call(n);
    let at = |ms| Some(UnixMs(call.started.0 + ms));
    CallRecord {
        answered: at(4_000),
        ended: at(64_000),
        disposition: Some(Disposition::Answered),
        ended_by: Some(EndedBy::Caller),
        answered_by: Some(Arc::from("Counter")),
        ..call
    }
}

/// The same call when nobody picked up.
pub fn missed(n: u16) -> CallRecord {
    let call = call(n);
    let ended = Some(UnixMs(call.started.0 + 30_000));
    CallRecord { ended, disposition: Some(Disposition::Missed), ended_by: Some(EndedBy::Caller), ..call }
}

/// A shop with one of everything.
pub const RUIZ: &str = r#"
[shop]
name = "Ferretería Ruiz"
time_zone = "Europe/Madrid"
country = "ES"
calls_to = ["ES", "PT"]
language = "es"
hours = "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off"
numbers = ["+34911234567", "+34911234568"]
give_up_after_s = 90
notify = ["https://ntfy.example/ruiz", "mailto:owner@example.com"]
call_back_ring = false

[[phone]]
name = "Counter"
user = "counter"
password = "secret"

[[phone]]
name = "Workshop"
contact = "sip:workshop@192.0.2.10:5060"

[[phone]]
name = "Ana's cell"
number = "+34600111222"
after_s = 15
hours = "Mo-Fr 08:00-20:00"

[[closure]]
from = "2026-12-24T14:00"
to = "2026-12-26T09:00"
why = "Christmas"

[[closure]]
from = "2026-12-31T00:00"
to = "2027-01-01T00:00"
why = "Stocktaking"
open = "10:00-12:00"

[[contact]]
number = "+34600999888"
name = "Jo Miller"
note = """Wants the "blue" door
and two hinges"""

[[block]]
number = "+34900000000"
"#;

pub fn shop(text: &str) -> ShopSettings {
    ringall::cli::shop_file::read(text, Path::new("shop.toml"), "ringall", ringall::sip::auth::Algorithm::Md5).unwrap()
}
