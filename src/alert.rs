//! Tells owners what is wrong in their shops, at the addresses they named: `https://…` by a POST of plain text, as ntfy
//! takes it, `mailto:…` through the server in `[mail]`. The call loop hands a notice over and never waits; each address
//! is tried a few times on its own, and what could not be delivered is in the log, once.
//!
//! Of an address the log says its host alone: who knows the rest may read along.

mod encoded_word;
mod mail;
mod post;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::config;
use crate::notice::Address;
use crate::routing::Plan;
use crate::routing::plan::{Language, Shop, ShopId};
use crate::switchboard::Due;
use crate::words;

use mail::Mailer;
use post::Poster;

/// Notices that wait for the task. One a shop in five minutes is the most there is: full is a task that does not run.
const WAITING: usize = 64;
/// Deliveries under way. Each ends within three minutes; more than this is many shops in trouble at once.
const UNDER_WAY: usize = 64;
/// What is under way when the service stops may end for so long.
const STOPPING: Duration = Duration::from_secs(2);

/// How long a delivery is tried.
#[derive(Clone, Debug)]
struct Patience {
    /// One attempt, from looking the name up to the answer.
    attempt: Duration,
    /// Before each further attempt.
    pauses: Vec<Duration>,
}

impl Default for Patience {
    /// A server that restarts is back within a minute or two, later the notice is old; a mail server that looks its visitors
    /// up takes its time with each.
    fn default() -> Patience {
        Patience { attempt: Duration::from_secs(20), pauses: [2, 15, 60].map(Duration::from_secs).to_vec() }
    }
}

/// The way in, for the call loop.
#[derive(Clone, Debug)]
pub struct Alerts {
    queue: mpsc::Sender<(ShopId, Due)>,
}

impl Alerts {
    /// Takes a notice, and never waits: one too many is counted and in the log.
    pub fn tell(&self, shop: ShopId, due: Due) {
        let code = due.notice.code();
        if self.queue.try_send((shop, due)).is_err() {
            metrics::counter!("ringall_notices_lost_total").increment(1);
            tracing::error!(notice = code, "a notice to the owner is lost: too many wait");
        }
    }
}

/// Starts telling. It ends when all [`Alerts`] are dropped, at most [`STOPPING`] later. `page` is the address of the page.
pub fn start(mail: Option<&config::Mail>, page: String, plans: watch::Receiver<Arc<Plan>>) -> (Alerts, JoinHandle<()>) {
    start_with(mail, page, plans, Patience::default())
}

fn start_with(
    mail: Option<&config::Mail>,
    page: String,
    plans: watch::Receiver<Arc<Plan>>,
    patience: Patience,
) -> (Alerts, JoinHandle<()>) {
    let (queue, notices) = mpsc::channel(WAITING);
    let ways = Arc::new(Ways { poster: Poster::new(), mailer: Mailer::new(mail), patience });
    let desk = Desk { ways, page, plans, notices, under_way: JoinSet::new(), without_mail: BTreeSet::new() };
    (Alerts { queue }, tokio::spawn(desk.run()))
}

/// What is told, in words.
#[derive(Debug, PartialEq, Eq)]
struct Letter {
    title: String,
    text: String,
    /// Where to read more.
    page: String,
}

impl Letter {
    fn new(shop: &Shop, due: &Due, page: &str) -> Letter {
        let language = shop.language;
        let said = words::notice::message(&due.notice, due.at, due.held_back, language, shop.time_zone);
        let see = words::notice::see(page, language);
        Letter {
            title: words::notice::title(&due.notice, &shop.name, language),
            text: format!("{said}\n\n{see}\n"),
            page: page.to_owned(),
        }
    }
}

struct Desk {
    ways: Arc<Ways>,
    page: String,
    plans: watch::Receiver<Arc<Plan>>,
    notices: mpsc::Receiver<(ShopId, Due)>,
    under_way: JoinSet<()>,
    /// Shops of which the log says that their mail goes nowhere.
    without_mail: BTreeSet<ShopId>,
}

impl Desk {
    async fn run(mut self) {
        self.look_at_addresses();
        loop {
            tokio::select! {
                told = self.notices.recv() => match told {
                    Some((shop, due)) => self.tell(shop, due),
                    None => break,
                },
                Ok(()) = self.plans.changed() => self.look_at_addresses(),
                Some(_) = self.under_way.join_next() => {}
            }
        }
        let under_way = &mut self.under_way;
        let ended = async { while under_way.join_next().await.is_some() {} };
        if tokio::time::timeout(STOPPING, ended).await.is_err() {
            let notices = self.under_way.len();
            metrics::counter!("ringall_notices_lost_total").increment(notices as u64);
            tracing::warn!(notices, "the service stopped before these notices were delivered");
        }
    }

    fn tell(&mut self, shop: ShopId, due: Due) {
        let plan = self.plans.borrow().clone();
        // The owner has deleted it this second.
        let Some(shop) = plan.shop(shop) else { return };
        let said = words::notice::message(&due.notice, due.at, due.held_back, Language::En, shop.time_zone);
        tracing::warn!(shop = %shop.name, notice = due.notice.code(), told = shop.notify.len(), "{said}");
        let letter = Arc::new(Letter::new(shop, &due, &self.page));
        for address in shop.notify.iter().cloned() {
            if self.under_way.len() >= UNDER_WAY {
                metrics::counter!("ringall_notices_lost_total").increment(1);
                tracing::error!(to = address.for_the_log(), "a notice was not sent: too many others are under way");
                continue;
            }
            self.under_way.spawn(deliver(self.ways.clone(), address, letter.clone()));
        }
    }

    /// The shop is set in one file and the mail server in another: who has only the one hears it now, and not when the
    /// phones are dead.
    fn look_at_addresses(&mut self) {
        let plan = self.plans.borrow_and_update().clone();
        let mut without = BTreeSet::new();
        for shop in plan.shops.iter().filter(|shop| !self.ways.mailer.is_set() && wants_mail(shop)) {
            if !self.without_mail.contains(&shop.id) {
                tracing::warn!(shop = %shop.name, "{NO_MAIL}");
            }
            without.insert(shop.id);
        }
        self.without_mail = without;
    }
}

/// What to do where a shop wants its notices by mail and no server takes ours.
pub const NO_MAIL: &str = "this shop's `notify` names a mailbox, and no mail can be sent: set smtp_url and from under \
                           [mail] in the machine's configuration";

/// Whether notices of this shop go to a mailbox.
pub fn wants_mail(shop: &Shop) -> bool {
    shop.notify.iter().any(|address| matches!(address, Address::Mail { .. }))
}

/// Whether the mail server lets us in: it is greeted, with user and password where there are, and sent nothing.
///
/// # Errors
/// Why not, in words without a secret.
pub async fn greets(mail: &config::Mail) -> Result<(), String> {
    let mailer = Mailer::new(Some(mail));
    let greeted = tokio::time::timeout(Patience::default().attempt, mailer.greets());
    greeted.await.unwrap_or(Err(Undelivered::Slow)).map_err(|error| error.to_string())
}

/// Sends a notice that says that it is none to all addresses of a shop, once; what became of each, by its host.
pub async fn send_test(mail: Option<&config::Mail>, page: &str, shop: &Shop) -> Vec<(String, Result<(), String>)> {
    let ways = Ways { poster: Poster::new(), mailer: Mailer::new(mail), patience: Patience::default() };
    let (title, said) = words::notice::test(&shop.name, shop.language);
    let see = words::notice::see(page, shop.language);
    let letter = Letter { title, text: format!("{said}\n\n{see}\n"), page: page.to_owned() };
    let mut sent = Vec::new();
    for address in &shop.notify {
        let attempt = ways.attempt(address, &letter).await.map_err(|error| error.to_string());
        sent.push((address.for_the_log().to_owned(), attempt));
    }
    sent
}

/// The ways out, shared by all deliveries.
struct Ways {
    poster: Poster,
    mailer: Mailer,
    patience: Patience,
}

impl Ways {
    async fn attempt(&self, address: &Address, letter: &Letter) -> Result<(), Undelivered> {
        let sent = async {
            match address {
                Address::Post { url, .. } => self.poster.post(url, letter).await,
                Address::Mail { to } => self.mailer.mail(to, letter).await,
            }
        };
        tokio::time::timeout(self.patience.attempt, sent).await.unwrap_or(Err(Undelivered::Slow))
    }
}

/// Tries one address, until it has the notice or there is no use in trying.
async fn deliver(ways: Arc<Ways>, address: Address, letter: Arc<Letter>) {
    let mut pauses = ways.patience.pauses.iter();
    loop {
        let Err(undelivered) = ways.attempt(&address, &letter).await else {
            metrics::counter!("ringall_notices_sent_total").increment(1);
            return;
        };
        match pauses.next().filter(|_| undelivered.is_worth_another_try()) {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => {
                metrics::counter!("ringall_notices_lost_total").increment(1);
                tracing::error!(to = address.for_the_log(), "a notice to the owner was not delivered: {undelivered}");
                return;
            }
        }
    }
}

/// Why an attempt failed. Each says what to do, where there is something, and no secret.
#[derive(Debug, thiserror::Error)]
enum Undelivered {
    #[error("it did not answer in time")]
    Slow,
    #[error("it cannot be reached: {0}")]
    NotReached(String),
    #[error("it answered {0}")]
    Trouble(u16),
    #[error("it answered {0}; look whether the address in the shop's `notify` is right")]
    Refused(u16),
    #[error("it answered {0}, which leads elsewhere; write the address that it leads to into the shop's `notify`")]
    Elsewhere(u16),
    #[error("{0}")]
    Impossible(String),
}

impl Undelivered {
    fn is_worth_another_try(&self) -> bool {
        match self {
            Undelivered::Slow | Undelivered::NotReached(_) | Undelivered::Trouble(_) => true,
            Undelivered::Refused(_) | Undelivered::Elsewhere(_) | Undelivered::Impossible(_) => false,
        }
    }
}
