//! A shop with two phones, a store on disk, and a call loop that says what a test tells it to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use hyper::body::Body as _;
use ringall::call::record::{
    CallEvent, CallId, CallRecord, Direction, Disposition, Door, EndedBy, EventKind, VoiceMessage,
};
use ringall::call::{Dictating, Drilled};
use ringall::config::{Config, DatabaseUrl};
use ringall::door::twilio::greeting_link::GreetingLinks;
use ringall::media::recordings::Recordings;
use ringall::media::wav;
use ringall::notice::{NoneRang, Notice};
use ringall::now::{Mono, Now, UnixMs};
use ringall::number::Number;
use ringall::provisioning::Site;
use ringall::routing::plan::{Country, Ha1, Language, Line, Phone, PhoneId, Plan, Shop, ShopId};
use ringall::routing::{Action, Because, Decision, NotDialled, Ring, Wave};
use ringall::sip::auth::NonceSecret;
use ringall::sip::stream::Reception;
use ringall::store::{Contact, LogHealth, LogWriter, ShopSettings, Store};
use ringall::switchboard::{
    Dictation, Doing, Gauges, LogEntry, Medium, NotRung, PhoneBecause, PhoneNow, Purpose, RightNow, ShopNow, Standing,
    Ticket,
};
use ringall::twilio::webhook::Webhooks;
use ringall::web::board::Question;
use ringall::web::{Board, Entrance, Feed, LinkFile, LiveGauges, Readiness, Web, live, metrics, router};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tower::ServiceExt;

/// 2026-12-24T17:05:00Z: what every clock shows here.
pub const NOW: UnixMs = UnixMs(1_798_131_900_000);

pub const JO: &str = "+34600999888";
/// A shop of this name has a second desk phone, in its workshop.
pub const TWO_DESKS: &str = "Norte";
/// Nobody's phone is rung to call it.
pub const PREMIUM: &str = "+34806123456";
/// The installation's own.
pub const SECRET: NonceSecret = NonceSecret([7; 32]);

/// The web of one or more shops, ready to be asked.
pub struct Place {
    pub router: Router,
    pub store: Store,
    pub recordings: Recordings,
    pub first_start: LinkFile,
    pub plan: Arc<Plan>,
    pub token: String,
    pub readiness: Arc<Readiness>,
    pub log_health: Arc<LogHealth>,
    pub gauges: Arc<LiveGauges>,
    /// What the call loop tells as it happens.
    pub feed: Feed,
    plan_changes: watch::Sender<Arc<Plan>>,
    /// What the call loop was asked to do, in order.
    asked: Arc<Mutex<Vec<Asked>>>,
    /// What somebody says at a phone for the greeting.
    spoken: Spoken,
    log: LogWriter,
    _disk: TempDir,
}

type Spoken = Arc<Mutex<Option<Dictation>>>;

/// What the call loop is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Ring(PhoneId, Purpose),
    TakenOn(ShopId, Number),
    Erased(ShopId, Number),
}

/// Somebody who listens to calls as they happen.
pub struct Events {
    body: Body,
}

/// One message: its id, its name and its data.
pub type Message = (String, String, Value);

impl Events {
    /// The id that a browser has before anything happens.
    pub async fn first_id(&mut self) -> String {
        let text = self.frame().await.expect("a first word");
        text.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned()
    }

    async fn frame(&mut self) -> Option<String> {
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut self.body).poll_frame(cx)).await?;
        Some(String::from_utf8(frame.expect("a frame").into_data().expect("data").to_vec()).expect("text"))
    }

    /// The next message; `None`: the stream has ended. Comments are passed over.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let text = self.frame().await?;
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            if let (Some(id), Some(name), Some(data)) = (field("id: "), field("event: "), field("data: ")) {
                assert!(text.ends_with("\n\n"), "{text}");
                return Some((id, name, serde_json::from_str(&data).expect("JSON")));
            }
            assert!(text.starts_with(':'), "neither a message nor a comment: {text}");
        }
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    /// The same, as text.
    pub text: String,
}

impl Place {
    /// "Ruiz" alone, open until 20:00; Jo Miller is known there.
    pub async fn of_one_shop() -> Place {
        Place::of(&["Ruiz"], Loop::Answers).await
    }

    /// The same, which takes calls by webhook.
    pub async fn with_webhooks(webhooks: Webhooks) -> Place {
        Place::made(&["Ruiz"], Loop::Answers, Some(webhooks)).await
    }

    pub async fn of(names: &[&str], the_loop: Loop) -> Place {
        Place::made(names, the_loop, None).await
    }

    async fn made(names: &[&str], the_loop: Loop, webhooks: Option<Webhooks>) -> Place {
        let disk = TempDir::new().expect("a temporary directory");
        let store = Store::open(&DatabaseUrl::Sqlite(disk.path().join("ringall.db"))).await.expect("a store");
        for name in names {
            store.replace_shop(&settings(name)).await.expect("a shop is stored");
        }
        let plan = Arc::new(store.plan().await.expect("the plan is read"));
        let log = LogWriter::start(store.clone(), disk.path().join("journal"), |_| ()).expect("the log starts");
        let (board, looks) = Board::new();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let spoken = Spoken::default();
        match the_loop {
            Loop::Answers => {
                drop(tokio::spawn(answer_looks(looks, plan.clone(), Vec::new(), asked.clone(), spoken.clone())))
            }
            Loop::HasTrouble => {
                let notice = Notice::NoPhoneRang(NoneRang::NoneReachable);
                let standing = Standing { notice, at: UnixMs(NOW.0 - 60_000) };
                drop(tokio::spawn(answer_looks(looks, plan.clone(), vec![standing], asked.clone(), spoken.clone())));
            }
            Loop::IsGone => drop(looks),
        }
        let log_health = Arc::new(LogHealth::default());
        let readiness = Arc::new(Readiness::new(log_health.clone()));
        readiness.set_sockets_bound(true);
        let gauges = Arc::new(LiveGauges::default());
        let recordings = Recordings::in_data_dir(disk.path());
        let (feed, telling) = live::feed(NOW);
        tokio::spawn(telling.run());
        let first_start = LinkFile::in_data_dir(disk.path());
        let plan_changes = watch::Sender::new(plan.clone());
        let web = Web {
            store: store.clone(),
            recordings: recordings.clone(),
            board,
            plan: plan_changes.subscribe(),
            plan_written: Arc::default(),
            listeners: feed.listeners(),
            gauges: gauges.clone(),
            counters: metrics::install(),
            readiness: readiness.clone(),
            names: watch::channel(Arc::default()).1,
            entrance: Entrance::new("http://localhost:8080"),
            site: Site::new(&config_of(PUBLIC_URL), 5060, None),
            // Nobody listens to what comes by it.
            reception: Reception::new(Arc::new(drop)),
            webhooks,
            greetings: GreetingLinks::new(SECRET),
            first_start: first_start.clone(),
            clock: || Now { mono: Mono(Duration::ZERO), wall: NOW },
        };
        let token = store.create_token("test").await.expect("a token is made");
        Place {
            router: router(web),
            store,
            recordings,
            first_start,
            plan,
            plan_changes,
            token,
            readiness,
            log_health,
            gauges,
            feed,
            asked,
            spoken,
            log,
            _disk: disk,
        }
    }

    /// Whoever was rung for the greeting is so far, or has said this.
    pub fn dictates(&self, step: Dictating, samples: Option<Vec<u8>>) {
        let mut spoken = self.spoken.lock().expect("nobody panics there");
        let dictation = spoken.as_mut().expect("somebody who was rung");
        (dictation.step, dictation.samples) = (step, samples.map(Into::into));
    }

    /// What the call loop was asked to do until now.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody panics there").clone()
    }

    /// The service has the plan that is in the store now.
    pub async fn plan_is_read(&self) -> Arc<Plan> {
        let plan = Arc::new(self.store.plan().await.expect("the plan is read"));
        self.plan_changes.send_replace(plan.clone());
        plan
    }

    pub async fn stores(&self, record: CallRecord, events: impl IntoIterator<Item = CallEvent>) {
        self.log.record(Ticket(0), Medium::Store, Box::new(record));
        for event in events {
            self.log.log(LogEntry::Event(event));
        }
        self.log.flush().await.expect("the log is durable");
    }

    /// The same of a call without events, once the log is flushed.
    pub fn stores_later(&self, record: CallRecord) {
        self.log.record(Ticket(0), Medium::Store, Box::new(record));
    }

    pub async fn flushes(&self) {
        self.log.flush().await.expect("the log is durable");
    }

    /// The caller of this call has left a message with these samples, 100 s after the call began.
    pub async fn stores_message(&self, call: &CallRecord, samples: &[u8]) {
        let ms = u64::try_from(samples.len() / 8).expect("a length of this test");
        let (recorded, length) = (UnixMs(call.started.0 + 100_000), Duration::from_millis(ms));
        let message = VoiceMessage { call: call.id, recorded, length, voice: length / 2 };
        let header = wav::header(u32::try_from(samples.len()).expect("a length of this test"));
        std::fs::create_dir_all(self.recordings.dir()).expect("a folder for messages");
        let file = [&header[..], samples].concat();
        std::fs::write(self.recordings.path(call.id.0), file).expect("the recording is written");
        self.log.log(LogEntry::Message(message));
        self.log.flush().await.expect("the log is durable");
    }

    /// Asks with the token.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[("authorization", &format!("Bearer {}", self.token))], None).await
    }

    pub async fn get_in(&self, language: &str, path: &str) -> Answer {
        let token = format!("Bearer {}", self.token);
        self.ask(Method::GET, path, &[("authorization", &token), ("accept-language", language)], None).await
    }

    /// Sends JSON with the token.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send_as(method, path, &[], &body.to_string()).await
    }

    /// Sends this with the token and these headers; as JSON, unless they say otherwise.
    pub async fn send_as(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let token = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", token.as_str())];
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("content-type", "application/json"));
        }
        all.extend_from_slice(headers);
        self.request(method, path, &all, None, Body::from(body.to_owned())).await
    }

    /// Posts this with exactly these headers.
    pub async fn posts(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.request(Method::POST, path, headers, None, Body::from(body.to_owned())).await
    }

    /// Listens with the token and these headers.
    pub async fn listen(&self, path: &str, headers: &[(&str, &str)]) -> Events {
        let mut request = Request::get(path).header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request of this test");
        let response = self.router.clone().oneshot(request).await.expect("a router is infallible");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Events { body: response.into_body() }
    }

    /// Asks with exactly these headers, from this peer.
    pub async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], peer: Option<&str>) -> Answer {
        self.request(method, path, headers, peer, Body::empty()).await
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        peer: Option<&str>,
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).expect("a request of this test");
        if let Some(peer) = peer {
            let peer: std::net::SocketAddr = peer.parse().expect("an address of this test");
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let response = self.router.clone().oneshot(request).await.expect("a router is infallible");
        let (parts, body) = response.into_parts();
        if parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream") {
            // It has no end.
            return Answer { status: parts.status, headers: parts.headers, bytes: Vec::new(), text: String::new() };
        }
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the whole body").to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, bytes, text }
    }
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A good answer's JSON.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/json");
        self.json()
    }

    /// A refusal's JSON.
    #[track_caller]
    pub fn problem(&self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status.as_u16());
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 20), "says nothing: {}", self.text);
        problem
    }
}

/// Where phones reach the page.
pub const PUBLIC_URL: &str = "https://phone.example.com";

fn config_of(public_url: &str) -> Config {
    let mut config = Config::default();
    config.web.public_url = public_url.to_owned();
    config
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Loop {
    Answers,
    /// The same, and in every shop no phone rang a minute ago.
    HasTrouble,
    IsGone,
}

/// The call loop: Jo's call rings at the first shop; nobody calls the others.
async fn answer_looks(
    mut questions: mpsc::Receiver<Question>,
    plan: Arc<Plan>,
    notices: Vec<Standing>,
    told: Arc<Mutex<Vec<Asked>>>,
    spoken: Spoken,
) {
    while let Some(question) = questions.recv().await {
        let look = match question {
            Question::Look(look) => look,
            Question::Ring { phone, purpose, answer } => {
                let outcome = match &purpose {
                    Purpose::CallBack(number) if number.as_str() == PREMIUM => {
                        Err(NotRung::Number(NotDialled::Premium))
                    }
                    Purpose::Drill if is_cell(&plan, phone) => Err(NotRung::NoPhone),
                    Purpose::CallBack(_) | Purpose::Drill => Ok(()),
                    Purpose::Speak(text) => {
                        let (text, step) = (text.clone(), Dictating::Rings);
                        let dictation = Dictation { text, phone, at: NOW, step, samples: None };
                        *spoken.lock().expect("nobody panics here") = Some(dictation);
                        Ok(())
                    }
                    Purpose::PickUp(call) if *call == ringing(plan.shops[0].id, 5).id => Ok(()),
                    Purpose::PickUp(_) => Err(NotRung::Gone),
                };
                told.lock().expect("nobody panics here").push(Asked::Ring(phone, purpose));
                let _ = answer.send(outcome);
                continue;
            }
            Question::DictationForgotten { shop: _, at } => {
                spoken.lock().expect("nobody panics here").take_if(|dictation| dictation.at == at);
                continue;
            }
            Question::TakenOn { shop, number } => {
                told.lock().expect("nobody panics here").push(Asked::TakenOn(shop, number));
                continue;
            }
            Question::Erased { shop, number } => {
                told.lock().expect("nobody panics here").push(Asked::Erased(shop, number));
                continue;
            }
        };
        let dictation = spoken.lock().expect("nobody panics here").clone();
        let shops = plan.shops.iter().map(|shop| shop_now(shop, &notices, dictation.clone())).collect();
        let calls = plan.shops.first().map(|shop| ringing(shop.id, 5)).into_iter().collect();
        // The web may have stopped waiting.
        let _ = look.send(RightNow { shops, calls, gauges: Gauges::default() });
    }
}

fn is_cell(plan: &Plan, id: PhoneId) -> bool {
    let mut phones = plan.shops.iter().flat_map(|shop| &shop.phones);
    phones.any(|phone| phone.id == id && matches!(phone.line, Line::Cell { .. }))
}

fn shop_now(shop: &Shop, notices: &[Standing], dictation: Option<Dictation>) -> ShopNow {
    let [counter, cell] = [shop.phones[0].id, shop.phones[1].id];
    let ring = Ring {
        waves: vec![Wave { after: Duration::ZERO, phones: vec![counter] }],
        give_up_after: Duration::from_secs(120),
    };
    ShopNow {
        shop: shop.id,
        decision: Decision { shop: Some(shop.id), action: Action::Ring(ring), because: open() },
        phones: [
            PhoneNow {
                phone: counter,
                rings: true,
                because: PhoneBecause::InAWave,
                doing: Doing::Nothing,
                proven_at: Some(UnixMs(NOW.0 - 1_000)),
                drilled: Some((Drilled::Rang, UnixMs(NOW.0 - 5_000))),
            },
            PhoneNow {
                phone: cell,
                rings: false,
                because: PhoneBecause::OffNow,
                doing: Doing::Nothing,
                proven_at: None,
                drilled: None,
            },
        ]
        .into_iter()
        .chain(shop.phones.get(2).map(|workshop| PhoneNow {
            phone: workshop.id,
            rings: true,
            because: PhoneBecause::InAWave,
            doing: Doing::Nothing,
            proven_at: Some(NOW),
            drilled: None,
        }))
        .collect(),
        notices: notices.to_vec(),
        dictation,
    }
}

pub fn open() -> Because {
    Because::OpenHours { until: Some(UnixMs(NOW.0 + 6_900_000)) }
}

fn settings(name: &str) -> ShopSettings {
    let phone = |name: &str, line| Phone {
        id: PhoneId(0),
        name: name.into(),
        line,
        after: Duration::ZERO,
        hours: None,
        off_until: None,
    };
    let user = name.to_lowercase();
    let ha1 = || Ha1("0123456789abcdef0123456789abcdef".to_owned());
    let workshop = phone("Workshop", Line::Registers { user: format!("{user}-workshop"), ha1: ha1() });
    let shop = Shop {
        id: ShopId(0),
        name: name.to_owned(),
        time_zone: chrono_tz::Europe::Madrid,
        country: Country(*b"ES"),
        calls_to: Vec::new(),
        call_back_ring: true,
        drill_before_opening: false,
        greeting: Default::default(),
        language: Language::Es,
        hours: None,
        numbers: Vec::new(),
        give_up_after: Duration::from_secs(120),
        notify: Vec::new(),
        phones: [
            phone("Counter", Line::Registers { user, ha1: ha1() }),
            phone("Ana's cell", Line::Cell { number: number("+34600111222") }),
        ]
        .into_iter()
        .chain((name == TWO_DESKS).then_some(workshop))
        .collect(),
        closures: Vec::new(),
        hours_override: None,
        blocked: Default::default(),
    };
    ShopSettings { shop, contacts: vec![Contact { number: number(JO), name: "Jo Miller".into(), note: String::new() }] }
}

pub fn number(e164: &str) -> Number {
    Number::parse(e164, Country(*b"ES")).expect("a number of this test")
}

pub fn id(n: u8) -> CallId {
    CallId(uuid::Uuid::from_u128(0x019b_5000_0000_7000_8000_0000_0000_0000 + u128::from(n)))
}

/// Call `n` from Jo: it began `n` minutes after 17:00 and rings.
pub fn ringing(shop: ShopId, n: u8) -> CallRecord {
    CallRecord {
        id: id(n),
        shop: Some(shop),
        direction: Direction::In,
        caller: Some(number(JO)),
        caller_raw: "600999888".into(),
        caller_display: "whoever".into(),
        withheld: false,
        called: "911234567".into(),
        door: Door::Sip,
        key: format!("call-{n}"),
        started: UnixMs(NOW.0 - 300_000 + 60_000 * i64::from(n)),
        answered: None,
        ended: None,
        disposition: None,
        because: open(),
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: u32::from(n),
    }
}

/// Call `n` from Jo: the counter picked up after 5 s and they spoke for 42 s.
pub fn answered(shop: ShopId, n: u8) -> CallRecord {
    let ringing = ringing(shop, n);
    CallRecord {
        answered: Some(UnixMs(ringing.started.0 + 5_000)),
        ended: Some(UnixMs(ringing.started.0 + 47_000)),
        disposition: Some(Disposition::Answered),
        ended_by: Some(EndedBy::Caller),
        answered_by: Some("Counter".into()),
        ..ringing
    }
}

/// Call `n` from Jo: nobody picked up for 20 s.
pub fn missed(shop: ShopId, n: u8) -> CallRecord {
    let ringing = ringing(shop, n);
    CallRecord {
        ended: Some(UnixMs(ringing.started.0 + 20_000)),
        disposition: Some(Disposition::Missed),
        ended_by: Some(EndedBy::Caller),
        ..ringing
    }
}

/// Call `n`, from nobody knows whom: nobody picked up.
pub fn missed_withheld(shop: ShopId, n: u8) -> CallRecord {
    CallRecord {
        caller: None,
        caller_raw: String::new(),
        caller_display: String::new(),
        withheld: true,
        nth_call_from_caller: 0,
        ..missed(shop, n)
    }
}

pub fn event(record: &CallRecord, seq: u32, kind: EventKind, phone: Option<&str>) -> CallEvent {
    let at = UnixMs(record.started.0 + i64::from(seq));
    CallEvent { call: record.id, seq, at, kind, phone: phone.map(Into::into), detail: String::new() }
}
