use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::notice::{NoneRang, Notice};
use crate::now::UnixMs;
use crate::routing::plan::Country;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const RUIZ: ShopId = ShopId(1);
/// 14:03 in Madrid.
const AT: UnixMs = UnixMs(1_795_179_780_000);
const PAGE: &str = "https://phone.example";

/// What a server does with its next visitor; with none left, the last holds.
#[derive(Clone, Copy, Debug)]
enum Does {
    Answers(u16),
    /// Sends them to this port.
    Redirects(u16),
    SaysNothing,
}

/// A server that notes what it was sent.
struct Server {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
}

#[derive(Clone, Debug)]
struct Got {
    head: String,
    body: String,
}

impl Server {
    async fn http(script: &[Does]) -> Server {
        let mut script = VecDeque::from_iter(script.iter().copied());
        Server::start(move |stream, got| {
            let does = if script.len() > 1 { script.pop_front() } else { script.front().copied() };
            tokio::spawn(one_request(stream, does.expect("a script has a line"), got));
        })
        .await
    }

    /// A mail server that answers the mailbox with this code.
    async fn smtp(rcpt: u16) -> Server {
        Server::start(move |stream, got| drop(tokio::spawn(one_mail(stream, rcpt, got)))).await
    }

    async fn start(mut visit: impl FnMut(TcpStream, Arc<Mutex<Vec<Got>>>) + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a port");
        let address = listener.local_addr().expect("it is bound");
        let got = Arc::new(Mutex::new(Vec::new()));
        let notes = got.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                visit(stream, notes.clone());
            }
        });
        Server { address, got }
    }

    fn url(&self) -> String {
        format!("http://{}/topic-hush?auth=tk_hush", self.address)
    }

    fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    async fn gets(&self, count: usize) -> Vec<Got> {
        until(|| (self.got().len() >= count).then(|| self.got())).await
    }
}

async fn one_request(mut stream: TcpStream, does: Does, got: Arc<Mutex<Vec<Got>>>) {
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
    got.lock().unwrap().push(Got { head, body: String::from_utf8(body).expect("UTF-8") });
    let answer = match does {
        Does::Answers(status) => format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n"),
        Does::Redirects(port) => {
            format!("HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n")
        }
        Does::SaysNothing => return std::future::pending().await,
    };
    stream.write_all(answer.as_bytes()).await.ok();
}

/// RFC 5321 §4.1, as much as a mail needs.
async fn one_mail(mut stream: TcpStream, rcpt: u16, got: Arc<Mutex<Vec<Got>>>) {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 mail.example\r\n").await.ok();
    let (mut head, mut body) = (String::new(), String::new());
    while let Ok(Some(line)) = lines.next_line().await {
        head += &format!("{line}\n");
        let answer = match line.split([' ', ':']).next() {
            Some("EHLO") => "250-mail.example\r\n250 AUTH PLAIN\r\n".to_owned(),
            Some("AUTH") => "235 2.7.0 Yes\r\n".to_owned(),
            Some("RCPT") => format!("{rcpt} 2.0.0 owner@example.com\r\n"),
            Some("DATA") => {
                writer.write_all(b"354 Go on\r\n").await.ok();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    body += &format!("{line}\n");
                }
                "250 2.0.0 Taken\r\n".to_owned()
            }
            Some("QUIT") => break,
            _ => "250 2.0.0 Yes\r\n".to_owned(),
        };
        writer.write_all(answer.as_bytes()).await.ok();
    }
    got.lock().unwrap().push(Got { head, body });
}

async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "it never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A shop whose owner is told at these addresses.
struct Desk {
    alerts: Alerts,
    plans: watch::Sender<Arc<Plan>>,
    task: JoinHandle<()>,
    log: Log,
    _listening: tracing::subscriber::DefaultGuard,
}

fn plan(language: Language, notify: &[String]) -> Arc<Plan> {
    let shop = Shop {
        id: RUIZ,
        name: "Ferretería Ruiz".to_owned(),
        time_zone: chrono_tz::Europe::Madrid,
        country: Country(*b"ES"),
        calls_to: Vec::new(),
        call_back_ring: true,
        drill_before_opening: false,
        greeting: Default::default(),
        language,
        hours: None,
        numbers: Vec::new(),
        give_up_after: Duration::from_secs(120),
        notify: notify.iter().map(|text| Address::parse(text).expect(text)).collect(),
        phones: Vec::new(),
        closures: Vec::new(),
        hours_override: None,
        blocked: BTreeSet::new(),
    };
    Arc::new(Plan { version: 1, shops: vec![Arc::new(shop)] })
}

fn mail_at(server: &Server) -> config::Mail {
    let url = format!("smtp://shop:hush%40@{}", server.address);
    config::Mail { smtp_url: url.into(), from: "Ringall <ringall@example.com>".to_owned() }
}

impl Desk {
    fn opens(notify: &[String], mail: Option<config::Mail>) -> Desk {
        Desk::with_patience(notify, mail, Duration::from_secs(20))
    }

    /// Three pauses, of no length.
    fn with_patience(notify: &[String], mail: Option<config::Mail>, attempt: Duration) -> Desk {
        let log = Log::default();
        let listening = log.listen();
        let (plans, watched) = watch::channel(plan(Language::En, notify));
        let patience = Patience { attempt, pauses: vec![Duration::from_millis(1); 3] };
        let (alerts, task) = start_with(mail.as_ref(), PAGE.to_owned(), watched, patience);
        Desk { alerts, plans, task, log, _listening: listening }
    }

    fn tells(&self, held_back: u32) {
        let notice = Notice::NoPhoneRang(NoneRang::NoneReachable);
        self.alerts.tell(RUIZ, Due { notice, at: AT, held_back });
    }

    /// The service stops; what was logged.
    async fn closes(self) -> String {
        drop(self.alerts);
        tokio::time::timeout(PATIENCE, self.task).await.expect("it ends").expect("it does not panic");
        let log = self.log.text();
        assert!(!log.contains("hush"), "a secret is in the log: {log}");
        log
    }
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).finish();
        tracing::subscriber::set_default(lines)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_notice_is_posted_as_ntfy_takes_it() {
    let server = Server::http(&[Does::Answers(200)]).await;
    let desk = Desk::opens(&[server.url()], None);
    desk.tells(2);
    let got = server.gets(1).await.remove(0);
    assert!(got.head.starts_with("POST /topic-hush?auth=tk_hush HTTP/1.1\r\n"), "{}", got.head);
    let header = |name: &str| {
        let line = got.head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
        line.unwrap_or_else(|| panic!("no {name} in {}", got.head)).split_once(": ").expect("a header").1.to_owned()
    };
    assert_eq!(header("title:"), "=?UTF-8?Q?Ferreter=C3=ADa_Ruiz=3A_no_phone_rang?=");
    assert_eq!(header("content-type:"), "text/plain; charset=utf-8");
    assert_eq!(header("click:"), PAGE);
    assert_eq!(
        got.body,
        "14:03: a caller heard the busy tone, because no phone could be reached. It happened to 2 more callers since the last notice. Look \
         whether the phones are switched on, and whether the network works.\n\nWho called, and whom to call back: \
         https://phone.example\n"
    );
    let log = desk.closes().await;
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert!(log.contains("14:03: a caller heard the busy tone") && !log.contains("ERROR"), "{log}");
    assert_eq!(server.got().len(), 1);
}

#[tokio::test]
async fn the_shops_language_is_spoken() {
    let server = Server::http(&[Does::Answers(200)]).await;
    let desk = Desk::opens(&[], None);
    desk.plans.send_replace(plan(Language::Es, &[server.url()]));
    desk.tells(0);
    let got = server.gets(1).await.remove(0);
    assert!(got.body.starts_with("14:03: alguien llamó y oyó el tono de ocupado"), "{}", got.body);
    desk.closes().await;
}

#[tokio::test]
async fn a_server_in_trouble_is_tried_again() {
    let server = Server::http(&[Does::Answers(503), Does::Answers(429), Does::Answers(200)]).await;
    let desk = Desk::opens(&[server.url()], None);
    desk.tells(0);
    assert_eq!(server.gets(3).await.len(), 3);
    let log = desk.closes().await;
    assert!(!log.contains("not delivered"), "{log}");
    assert_eq!(server.got().len(), 3);
}

#[tokio::test]
async fn after_the_last_attempt_the_log_says_so_once() {
    let server = Server::http(&[Does::Answers(500)]).await;
    let desk = Desk::opens(&[server.url()], None);
    desk.tells(0);
    server.gets(4).await;
    let log = desk.closes().await;
    assert_eq!(log.matches("was not delivered: it answered 500").count(), 1, "{log}");
    assert!(log.contains("to=\"127.0.0.1\""), "{log}");
    assert_eq!(server.got().len(), 4, "once, and three times more");
}

#[tokio::test]
async fn a_refusal_is_final() {
    let server = Server::http(&[Does::Answers(403)]).await;
    let desk = Desk::opens(&[server.url()], None);
    desk.tells(0);
    server.gets(1).await;
    let log = desk.closes().await;
    assert!(log.contains("it answered 403; look whether the address"), "{log}");
    assert_eq!(server.got().len(), 1);
}

#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let other = Server::http(&[Does::Answers(200)]).await;
    let server = Server::http(&[Does::Redirects(other.address.port())]).await;
    let desk = Desk::opens(&[server.url()], None);
    desk.tells(0);
    server.gets(1).await;
    let log = desk.closes().await;
    assert!(log.contains("it answered 307, which leads elsewhere"), "{log}");
    assert_eq!((server.got().len(), other.got().len()), (1, 0));
}

#[tokio::test]
async fn a_server_that_says_nothing_keeps_no_other_waiting() {
    let deaf = Server::http(&[Does::SaysNothing]).await;
    let server = Server::http(&[Does::Answers(200)]).await;
    let desk = Desk::with_patience(&[deaf.url(), server.url()], None, Duration::from_millis(200));
    desk.tells(0);
    server.gets(1).await;
    deaf.gets(4).await;
    let log = until(|| Some(desk.log.text()).filter(|log| log.contains("not delivered"))).await;
    assert!(log.contains("it did not answer in time"), "{log}");
    desk.closes().await;
}

#[tokio::test]
async fn nobody_there_is_said_without_the_address() {
    let gone = Server::http(&[Does::Answers(200)]).await.address;
    // The port of a listener that was: taken by nobody so soon.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a port");
    let nobody = listener.local_addr().expect("it is bound");
    drop(listener);
    assert_ne!(gone, nobody);
    let desk = Desk::opens(&[format!("http://{nobody}/topic-hush")], None);
    desk.tells(0);
    let log = until(|| Some(desk.log.text()).filter(|log| log.contains("not delivered"))).await;
    assert!(log.contains("it cannot be reached: ") && log.contains("refused"), "{log}");
    desk.closes().await;
}

#[tokio::test]
async fn the_loop_is_never_kept_waiting() {
    let deaf = Server::http(&[Does::SaysNothing]).await;
    let desk = Desk::opens(&[deaf.url()], None);
    for _ in 0..10 * WAITING {
        desk.tells(0);
    }
    let log = desk.log.text();
    assert!(log.contains("a notice to the owner is lost: too many wait"), "{log}");
    let asked = Instant::now();
    let log = desk.closes().await;
    assert!(asked.elapsed() >= STOPPING, "what is under way may end");
    assert!(log.contains("the service stopped before these notices were delivered"), "{log}");
    assert!(deaf.got().len() <= UNDER_WAY);
}

#[tokio::test]
async fn what_is_under_way_when_the_service_stops_still_arrives() {
    let server = Server::http(&[Does::Answers(500), Does::Answers(200)]).await;
    let desk = Desk::opens(&[server.url()], None);
    desk.tells(0);
    let log = desk.closes().await;
    assert_eq!(server.got().len(), 2, "{log}");
}

#[tokio::test]
async fn a_notice_is_mailed() {
    let server = Server::smtp(250).await;
    let desk = Desk::opens(&["mailto:owner@example.com".to_owned()], Some(mail_at(&server)));
    desk.tells(0);
    let got = server.gets(1).await.remove(0);
    // \0shop\0hush@
    assert!(got.head.contains("AUTH PLAIN AHNob3AAaHVzaEA=\n"), "{}", got.head);
    assert!(got.head.contains("MAIL FROM:<ringall@example.com>"), "{}", got.head);
    assert!(got.head.contains("RCPT TO:<owner@example.com>"), "{}", got.head);
    for line in ["From: Ringall <ringall@example.com>", "To: owner@example.com", "Auto-Submitted: auto-generated"] {
        assert!(got.body.lines().any(|have| have == line), "{line}: {}", got.body);
    }
    for begins in ["Subject: =?utf-8?", "Date: ", "Message-ID: <", "Content-Type: text/plain; charset=utf-8"] {
        assert!(got.body.lines().any(|have| have.starts_with(begins)), "{begins}: {}", got.body);
    }
    assert!(
        got.body.contains("14:03: a caller heard the busy tone, because no phone could be reached."),
        "{}",
        got.body
    );
    assert!(got.body.contains("https://phone.example"), "{}", got.body);
    let log = desk.closes().await;
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn a_mailbox_that_is_refused_is_said_once_and_one_in_trouble_is_tried_again() {
    for (code, visits, said) in [(550, 1, "it answered 550; look whether"), (450, 4, "it answered 450")] {
        let server = Server::smtp(code).await;
        let desk = Desk::opens(&["mailto:owner@example.com".to_owned()], Some(mail_at(&server)));
        desk.tells(0);
        server.gets(visits).await;
        let log = desk.closes().await;
        assert_eq!(log.matches("was not delivered").count(), 1, "{log}");
        assert!(log.contains(said) && log.contains("a mailbox at example.com") && !log.contains("owner@"), "{log}");
        assert_eq!(server.got().len(), visits);
    }
}

#[tokio::test]
async fn a_mailbox_without_a_mail_server_is_warned_of_at_the_start_and_once() {
    let desk = Desk::opens(&["mailto:owner@example.com".to_owned()], None);
    let warned = |log: String| log.contains(NO_MAIL).then_some(log);
    let log = until(|| warned(desk.log.text())).await;
    assert!(log.contains("Ferretería Ruiz"), "{log}");
    desk.plans.send_replace(plan(Language::Es, &["mailto:owner@example.com".to_owned()]));
    desk.tells(0);
    until(|| desk.log.text().contains("was not delivered").then_some(())).await;
    let log = desk.closes().await;
    assert_eq!(log.lines().filter(|line| line.contains("WARN") && line.contains(NO_MAIL)).count(), 1, "{log}");
}

#[tokio::test]
async fn a_mail_section_of_no_use_is_said_at_the_start() {
    for (url, from) in [("smtp://127.0.0.1:99999", "a@b"), ("smtp://127.0.0.1", "Ana <a@b@c>")] {
        let mail = config::Mail { smtp_url: url.into(), from: from.to_owned() };
        let desk = Desk::opens(&["mailto:owner@example.com".to_owned()], Some(mail));
        let log = desk.closes().await;
        assert!(log.contains("no mail can be sent: mail."), "{log}");
    }
}
