//! The composition root: opens the store, binds the sockets, starts the shells and the loop, and takes them down in order.

mod by_webhook;
mod inherited;
mod ports;
mod sockets;
mod watches;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle as Task;

use self::inherited::Inherited;
use self::sockets::{Bound, Sockets};
use self::watches::PlanWatch;
use crate::alert;
use crate::clock;
use crate::config::{CertificateFiles, Config};
use crate::door::sip::RegistrationSettings;
use crate::door::twilio::greeting_link::GreetingLinks;
use crate::driver::{self, Inbox, Message, Shells};
use crate::media::Ports;
use crate::media::recordings::Recordings;
use crate::provisioning::Site;
use crate::resolve::NameServers;
use crate::sip::auth::NonceSecret;
use crate::sip::registrar::KeptUser;
use crate::speech::Speaker;
use crate::speech::transcriber::Transcriber;
use crate::store::bindings::BindingKeeper;
use crate::store::writer::LogWriter;
use crate::store::{Store, StoreError, journal_in};
use crate::switchboard::{Gauges, Settings, Switchboard};
use crate::tls::{CertificateKeeper, Connector, TlsError};
use crate::twilio::rest::RestError;
use crate::twilio::self_test::Prover;
use crate::utterance::Names;
use crate::web::listener::Listening;
use crate::web::{self, Board, Entrance, Limits, LinkFile, Listeners, LiveGauges, Readiness, Web, live};

/// How long a shutdown waits for phones and callers to confirm that their calls are over, and carriers that we leave.
const DRAIN: Duration = Duration::from_secs(3);
/// And for recordings to be safe on the disk: a little longer than a call waits for that.
const SEAL: Duration = Duration::from_secs(11);
/// How often it looks whether they have.
const DRAIN_LOOK_EVERY: Duration = Duration::from_millis(50);

/// Why the service could not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(
        "the data folder {0} cannot be written: {1}; create it, or set data_dir to a folder that this user may write"
    )]
    DataDir(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("sip.udp: cannot listen on {0}: {1}; stop what uses that port, or set another address")]
    SipSocket(SocketAddr, #[source] std::io::Error),
    #[error("sip.tcp: cannot listen on {0}: {1}; stop what uses that port, set another address, or tcp = [] for none")]
    SipListener(SocketAddr, #[source] std::io::Error),
    #[error("sip.tls: cannot listen on {0}: {1}; stop what uses that port, set another address, or tls = [] for none")]
    SipTlsListener(SocketAddr, #[source] std::io::Error),
    /// A matter of the configuration: nothing of ours was touched before.
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("sip.udp: no address to listen on; set at least one, such as \"0.0.0.0:5060\"")]
    NoSipSocket,
    #[error("web.listen: cannot listen on {0}: {1}; stop what uses that port, or set another address")]
    WebSocket(SocketAddr, #[source] std::io::Error),
    #[error("media.ports: {0}")]
    Media(#[source] std::io::Error),
    #[error("twilio: {0}")]
    Twilio(#[from] RestError),
    #[error("the operating system gave no {0}: {1}")]
    System(&'static str, #[source] std::io::Error),
}

/// The service, running.
pub struct Running {
    /// The SIP sockets' addresses, as bound.
    pub sip: Vec<SocketAddr>,
    pub web: SocketAddr,
    pub store: Store,
    gauges: Arc<LiveGauges>,
    listeners: Listeners,
    readiness: Arc<Readiness>,
    inbox: Inbox,
    driver: JoinHandle<LogWriter>,
    stop_web: oneshot::Sender<()>,
    web_task: Task<()>,
    watching: Task<()>,
    looking: Task<()>,
    speaking: Option<Task<()>>,
    writing_down: Option<Task<()>>,
    alerting: Task<()>,
    following: Vec<Task<()>>,
}

/// Whether all calls were over before the service stopped.
#[derive(PartialEq, Eq)]
enum Drained {
    Yes,
    No,
}

impl Running {
    /// Starts everything. When this returns, calls are taken.
    ///
    /// # Errors
    /// See [`AppError`]; nothing keeps running then.
    pub async fn start(config: Config) -> Result<Running, AppError> {
        let entrance = Entrance::new(&config.web.public_url);
        Running::start_within(config, entrance, |pages| pages).await
    }

    /// The same, entered as the caller wants it, and with pages of the caller's `around` those of the service.
    ///
    /// # Errors
    /// See [`AppError`]; nothing keeps running then.
    pub async fn start_within(
        config: Config,
        entrance: Entrance,
        around: impl FnOnce(web::Router) -> web::Router,
    ) -> Result<Running, AppError> {
        let certificate = opened(config.sip.certificate.as_ref()).await?;
        let web_certificate = opened(config.web.certificate.as_ref()).await?;
        let mut connector = Connector::believing_the_public();
        for trunk in &config.trunks {
            if let Some(authority) = &trunk.authority {
                connector.believe(trunk.hosts(), authority).await?;
            }
        }
        let (data_dir, public_url) = (config.data_dir.clone(), config.web.public_url.clone());
        std::fs::create_dir_all(&data_dir).map_err(|error| AppError::DataDir(data_dir.clone(), error))?;
        let store = Store::open(&config.database).await?;
        let Sockets { udp, streams, web, bound } = Sockets::bind(&config, certificate.as_ref()).await?;
        let (journal, recordings) = (journal_in(&data_dir), Recordings::in_data_dir(&data_dir));
        let Inherited { secret, kept, plan, restores, callers, news } =
            Inherited::take(&store, &data_dir, &recordings).await?;
        let (contacts_sender, contacts) = watch::channel(callers.contacts().into());
        let (plan_sender, plan_receiver) = watch::channel(plan.clone());

        let prepared = driver::prepare().map_err(|error| AppError::System("event queue", error))?;
        let (inbox, reception) = (prepared.inbox(), prepared.reception());
        let lanes = ports::lanes();
        let (media, first_stock) = ports::start(&config, &bound, lanes, &recordings, &inbox)?;
        let recorded = inbox.clone();
        let log = LogWriter::start(store.clone(), journal, move |ticket| recorded.send(Message::Recorded(ticket)))?;
        let log_health = log.health();
        // Before the loop runs, which counts from its first step.
        let counters = web::metrics::install();
        for trunk in config.trunks.iter().filter(|trunk| trunk.register.is_some()) {
            web::metrics::set_trunk_registered(&trunk.name, false);
        }
        let settings = settings(&config, &bound, secret.clone(), kept);
        let interfaces = settings.interfaces();
        let switchboard = Switchboard::new(seed()?, settings, Ports::new(lanes), callers);
        let kept = inbox.clone();
        let bindings = BindingKeeper::start(store.clone(), move |ticket| kept.send(Message::BindingsKept(ticket)));
        let (feed, telling) = live::feed(clock::now().wall);
        let listeners = feed.listeners();
        tokio::spawn(telling.run());
        let (alerts, alerting) = alert::start(config.mail.as_ref(), public_url.clone(), plan_receiver.clone());
        let errands = |account| by_webhook::run_errands(account, &data_dir, &recordings, &store, &inbox);
        let gauges = Arc::new(LiveGauges::default());
        let shells = Shells {
            log,
            bindings,
            media,
            gauges: gauges.clone(),
            alerts,
            feed,
            name_servers: NameServers::at(&config.sip.name_servers),
            runtime: tokio::runtime::Handle::current(),
            twilio: config.twilio.as_ref().map(errands).transpose()?,
        };
        // Before the loop runs: a phone that registers at this very moment must not hear that it is unknown.
        inbox.send(Message::Plan(plan));
        news.tell(&inbox);
        let driver = prepared
            .start(switchboard, udp, streams, interfaces, shells, connector)
            .map_err(|error| AppError::System("thread for the call loop", error))?;
        first_stock.wait().await;

        let (board, mut questions) = Board::new();
        let asks = inbox.clone();
        let looking = tokio::spawn(async move {
            while let Some(question) = questions.recv().await {
                asks.send(Message::Asked(question));
            }
        });
        let plan_written = Arc::new(Notify::new());
        tokio::spawn(watches::look_for_owed(store.clone()));
        let counted = watches::watch_messages(store.clone(), inbox.clone());
        let due = watches::watch_call_backs(store.clone(), inbox.clone(), plan_receiver.clone());
        let tidied = watches::drop_old_files(store.clone());
        let told = (plan_sender, contacts_sender);
        let watch = PlanWatch {
            store: store.clone(),
            restores,
            digest: config.sip.digest,
            log: log_health.clone(),
            written: plan_written.clone(),
        };
        let watched = watch.run(inbox.clone(), told);
        let watching = tokio::spawn(async {
            tokio::join!(watched, counted, due, tidied);
        });
        let (names_sender, names) = watch::channel(Arc::default());
        let speaking = config.speech.say.clone().map(|say| {
            let inbox = inbox.clone();
            let tell = move |spoken: Names| {
                names_sender.send_replace(Arc::new(spoken.clone()));
                inbox.send(Message::Names(spoken));
            };
            tokio::spawn(Speaker::new(say, &data_dir, tell).run(plan_receiver.clone(), contacts))
        });
        let writing_down = config.speech.transcribe.clone().map(|command| {
            let transcriber = Transcriber::new(command, store.clone(), recordings.clone(), &data_dir);
            tokio::spawn(transcriber.run(plan_receiver.clone(), clock::now().wall))
        });

        let readiness = Arc::new(Readiness::new(log_health));
        readiness.set_sockets_bound(true);
        let webhooks = |account| by_webhook::webhooks(account, &public_url, &inbox).told_by(Prover::new(secret.0));
        let router = around(web::router(Web {
            store: store.clone(),
            board,
            plan: plan_receiver,
            plan_written,
            listeners: listeners.clone(),
            gauges: gauges.clone(),
            counters,
            readiness: readiness.clone(),
            names,
            entrance,
            site: site(&config, &bound),
            reception,
            webhooks: config.twilio.as_ref().map(webhooks),
            greetings: GreetingLinks::new(secret.clone()),
            first_start: LinkFile::in_data_dir(&data_dir),
            recordings,
            clock: clock::now,
        }));
        let (stop_web, stopped) = oneshot::channel::<()>();
        let listening = match &web_certificate {
            Some(certificate) => Listening::encrypted(web, certificate.acceptor()),
            None => Listening::from(web),
        };
        let web_task = tokio::spawn(web::serve(listening, router, Limits::default(), async move {
            // Dropped without a word is a stop too.
            let _ = stopped.await;
        }));
        let certificates = [(certificate, "SIP over TLS"), (web_certificate, "the page")].into_iter();
        let certificates = certificates.filter_map(|(certificate, what)| Some((certificate?, what)));
        let following = certificates.map(|(certificate, what)| tokio::spawn(certificate.follow(what))).collect();
        let Bound { udp: sip, tcp, tls, web } = bound;
        tracing::info!(udp = ?sip, ?tcp, ?tls, %web, "ringall takes calls");
        Ok(Running {
            sip,
            web,
            store,
            gauges,
            listeners,
            readiness,
            inbox,
            driver,
            stop_web,
            web_task,
            watching,
            looking,
            speaking,
            writing_down,
            alerting,
            following,
        })
    }

    /// Ends live calls, refuses new ones, and returns when the log is safe.
    ///
    /// # Errors
    /// The log could not be made durable within 10 s.
    pub async fn stop(self) -> Result<(), StoreError> {
        self.readiness.set_sockets_bound(false);
        self.inbox.send(Message::Drain);
        let asked = clock::now().mono;
        let drained = loop {
            // The loop sets the gauges after each wake; the first look comes after it has seen `Drain`.
            tokio::time::sleep(DRAIN_LOOK_EVERY).await;
            let Gauges { calls_live, legs, .. } = self.gauges.get();
            if calls_live == 0 && legs == 0 && self.gauges.trunks_registered() == 0 {
                break Drained::Yes;
            }
            // A call without legs waits for its recording to be safe.
            let patience = if legs == 0 && calls_live > 0 { SEAL } else { DRAIN };
            if clock::now().mono - asked > patience {
                break Drained::No;
            }
        };
        if drained == Drained::No {
            tracing::warn!("not every call was ended in order: a phone, a carrier or the disk did not answer in time");
        }
        self.watching.abort();
        self.looking.abort();
        self.listeners.end();
        self.speaking.inspect(Task::abort);
        self.writing_down.inspect(Task::abort);
        self.following.iter().for_each(Task::abort);
        let _ = self.stop_web.send(());
        let _ = self.web_task.await;
        self.inbox.send(Message::Stop);
        let driver = self.driver;
        let flushed = match tokio::task::spawn_blocking(move || driver.join()).await {
            Ok(Ok(log)) => log.flush().await,
            Ok(Err(_)) | Err(_) => {
                tracing::error!("the call loop had ended by a panic");
                Ok(())
            }
        };
        // It has ended with the loop, or soon will.
        let _ = self.alerting.await;
        flushed
    }
}

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// See [`AppError`].
pub async fn serve(config: Config) -> Result<(), AppError> {
    let (listen, public_url) = (config.web.listen, config.web.public_url.clone());
    let file = LinkFile::in_data_dir(&config.data_dir);
    let running = Running::start(config).await?;
    match running.store.invite_the_first(clock::now().wall).await? {
        Some(secret) => {
            let words = web::first_start::welcome(&secret, listen, running.web.port(), &public_url);
            tell_the_first(&words, &file).await;
        }
        None => file.remove().await,
    }
    stop_asked().await?;
    tracing::info!("stopping: live calls are ended, new ones get 503");
    running.stop().await?;
    Ok(())
}

/// Shows the one-time link to whoever sits at the terminal. Where there is none, what is printed ends up in a log, which more
/// people read than may become the owner: it says where the link is.
async fn tell_the_first(words: &str, file: &LinkFile) {
    let mut stdout = std::io::stdout();
    if stdout.is_terminal() {
        file.remove().await;
        // Nobody may be there to read it.
        let _ = stdout.write_all(words.as_bytes());
        return;
    }
    match file.hold(words).await {
        Ok(()) => tracing::info!(
            file = %file.path().display(),
            "nobody has an account yet: this file holds a one-time link; `ringall owner invite EMAIL` makes one too"
        ),
        Err(error) => tracing::warn!(
            %error,
            file = %file.path().display(),
            "nobody has an account yet, and the file for a one-time link cannot be written; `ringall owner invite EMAIL` \
             makes one"
        ),
    }
}

/// Returns on SIGTERM or Ctrl-C.
///
/// # Errors
/// The system does not let us listen to signals.
pub async fn stop_asked() -> Result<(), AppError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(|error| AppError::System("signals", error))?;
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

async fn opened(certificate: Option<&CertificateFiles>) -> Result<Option<CertificateKeeper>, TlsError> {
    match certificate {
        Some(files) => CertificateKeeper::open(files.clone()).await.map(Some),
        None => Ok(None),
    }
}

fn settings(config: &Config, bound: &Bound, secret: NonceSecret, kept: Vec<(String, KeptUser)>) -> Settings {
    let registrations =
        RegistrationSettings { realm: config.sip.realm.clone(), digest: config.sip.digest, secret, kept };
    Settings {
        sockets: bound.udp.clone(),
        tcp: bound.tcp.clone(),
        tls: bound.tls.clone(),
        external_ip: config.sip.external_ip,
        local_networks: config.sip.local_networks.clone(),
        trunks: config.trunks.clone(),
        srtp: config.media.srtp,
        twilio: config.twilio.as_ref().map(|account| by_webhook::settings(account, &config.web.public_url)),
        registrations,
    }
}

/// What phones are told that are connected by a link.
fn site(config: &Config, bound: &Bound) -> Site {
    let udp_port = bound.udp.first().map_or(5060, SocketAddr::port);
    let site = Site::new(config, udp_port, bound.tls.first().map(SocketAddr::port));
    // Phones elsewhere do not know this machine by the name it has for itself.
    site.reached_at(if bound.is_heard_elsewhere() { web::first_start::lan_address() } else { None })
}

fn seed() -> Result<[u8; 32], AppError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| AppError::System("randomness", std::io::Error::other(error.to_string())))?;
    Ok(seed)
}
