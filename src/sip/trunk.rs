//! Our registration with a carrier (RFC 3261 §10): a router or a provider that sends its calls to whoever has registered.
//! One machine a trunk. It says what to send; who sends it and who reads the clock is somebody else.
//!
//! The password leaves here alone, and only as the digest of a REGISTER to an address of the registrar's own name: no
//! other request of ours is ever authenticated, whoever challenges it (CVE-2021-41158).

mod change;
mod connection;
mod failing;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use secrecy::SecretString;

use crate::chance::Chance;
use crate::now::Mono;

use super::address::Address;
use super::auth::{self, Challenge, Credentials};
use super::hop::{Hop, Interfaces, Protocol};
use super::locate::{self, Found, MOST_SERVERS};
use super::message::{Contacts, Header, Method, Received, other};
use super::outgoing::Outgoing;
use super::uri::Uri;

pub use change::{Change, Why};

/// A registrar may ask for more by 423; past a day it would be a mistake of its own.
const LONGEST_S: u32 = 86_400;
/// The refresh comes after so many percent of what was granted, by chance: 85 on average. A thousand shops that were
/// registered in the same second must not come back in the same second.
const REFRESH_PERCENT: std::ops::RangeInclusive<u64> = 80..=90;
/// A registrar that grants a second or two must not keep us busy.
const SOONEST_REFRESH: Duration = Duration::from_secs(2);
/// How long the name server is waited for.
const RESOLVE_FOR: Duration = Duration::from_secs(10);
/// A router forgets who may send us datagrams after 30 s or more (RFC 4787 §4.3 wants 120); this stays below. By a
/// connection it is how a peer that is gone without a word is found out: what is not confirmed for 32 s breaks it.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(25);
/// A server that is not the carrier's first is kept for this long; then the first is asked again.
const BACK_AFTER: Duration = Duration::from_secs(600);
/// While we are with such a one, the refresh comes after so many percent: should the first still be silent, there is time to
/// come back.
const REFRESH_PERCENT_ELSEWHERE: u32 = 50;

/// The account that we register with. Its registrar's addresses are peers too.
#[derive(Clone, Debug)]
pub struct Register {
    pub user: String,
    /// A name or an address, without brackets.
    pub host: String,
    pub port: Option<u16>,
    /// What it is reached by. By TCP and TLS its calls come by the connection that we open.
    pub protocol: Protocol,
    pub auth_user: String,
    pub password: SecretString,
    /// How long we ask to be registered for, in seconds: 60 to 3600.
    pub expires_s: u32,
}

/// What a registration is lent with each input.
#[derive(Debug)]
pub struct Given<'a> {
    pub now: Mono,
    pub interfaces: &'a Interfaces,
    pub chance: &'a mut Chance,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The registrar's name leads there, the best first; nowhere when empty.
    Resolved(&'a [Found]),
    /// A response to the REGISTER last sent, and where it came from.
    Answered { from: SocketAddr, response: &'a Received },
    /// No final response came to it.
    TimedOut,
    /// The time of [`Registration::poll_timeout`] has come.
    Timeout,
    /// The connection that we have registered by is gone.
    Fallen,
    /// The service shuts down: the carrier is told so.
    Leave,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Output {
    /// Look up the registrar's name and hand in [`Input::Resolved`].
    Resolve { protocol: Protocol, host: String, port: Option<u16> },
    /// Send this REGISTER. Responses to an earlier one no longer count.
    Send { hop: Hop, request: Box<Outgoing> },
    /// Send an empty line, so that the router on the way keeps the way back open (RFC 5626 §3.5.1).
    KeepAlive(Hop),
    /// The registrar sends us calls, or no longer does. Said once for each change.
    Changed(Change),
}

/// See the module.
#[derive(Debug)]
pub struct Registration {
    registrar: Uri,
    protocol: Protocol,
    /// The account at the carrier: From and To.
    account: Uri,
    credentials: Credentials,
    /// The user part of our Contact. Nobody can guess it, so a call to it comes from somebody the registrar told.
    contact_user: String,
    call_id: String,
    tag: String,
    cseq: u32,
    asks_s: u32,
    standing: Standing,
    step: Step,
    /// Attempts that failed since the last success.
    failures: u32,
    /// What the last of them failed by.
    trouble: Why,
    /// The last known addresses of the registrar, as they are tried: the one that answered last first.
    hops: Vec<Hop>,
    /// The same as they were found.
    found: Vec<Found>,
    /// When the carrier's first server is to be asked again, after another has taken us.
    back_at: Mono,
    /// The last address that confirmed us, should it be none of these, and by which protocol.
    answered_from: Option<(Protocol, IpAddr)>,
    asked: Option<Asked>,
    keep_alive: Option<Mono>,
    /// When the registrar last confirmed us.
    confirmed: Mono,
    /// Connections that fell soon after, one after the other.
    falls: u32,
    outputs: VecDeque<Output>,
}

/// What the registrar has said of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing yet.
    New,
    /// Calls come, until then unless it is confirmed again.
    Registered { until: Mono },
    /// Calls do not come, and that was said.
    Lost,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Resting {
        until: Mono,
    },
    Resolving {
        until: Mono,
    },
    Asking(Attempt),
    /// Our last words are on their way.
    Leaving(Attempt),
    Left,
}

/// A REGISTER on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempt {
    hop: Hop,
    /// How many of `hops` were tried before this one.
    tried: usize,
    answers: Answers,
    interval: Interval,
}

/// Challenges answered so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    None,
    One,
    /// The second only because the first answer was stale. There is no third: an ever new nonce would have us send for
    /// ever (AST-2020-002).
    Two,
}

/// Whether 423 was obeyed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interval {
    Ours,
    Theirs,
}

/// The challenge that our requests answer until the registrar asks anew.
#[derive(Clone, Debug)]
struct Asked {
    challenge: Challenge,
    header: &'static str,
    /// Requests made with this nonce.
    count: u32,
}

impl Registration {
    /// A registration that begins at its first [`Input::Timeout`], which is due at once.
    pub fn new(register: &Register, chance: &mut Chance) -> Registration {
        let Register { user, host, port, protocol, auth_user, password, expires_s } = register;
        Registration {
            registrar: Uri::sip(None, host, *port),
            protocol: *protocol,
            account: Uri::sip(Some(user), host, *port),
            credentials: Credentials { user: auth_user.clone(), password: password.clone() },
            contact_user: format!("{:016x}{:016x}", chance.bits(), chance.bits()),
            call_id: chance.call_id(),
            tag: chance.tag(),
            cseq: 0,
            asks_s: *expires_s,
            standing: Standing::New,
            step: Step::Resting { until: Mono::default() },
            failures: 0,
            trouble: Why::Silence,
            hops: Vec::new(),
            found: Vec::new(),
            back_at: Mono::default(),
            answered_from: None,
            asked: None,
            keep_alive: None,
            confirmed: Mono::default(),
            falls: 0,
            outputs: VecDeque::new(),
        }
    }

    /// The user part of our Contact, by which calls to this trunk are known.
    pub fn contact_user(&self) -> &str {
        &self.contact_user
    }

    /// The account's own user part: what a carrier writes where it names no number.
    pub fn account_user(&self) -> String {
        self.account.user_unescaped()
    }

    pub fn is_registered(&self) -> bool {
        matches!(self.standing, Standing::Registered { .. })
    }

    /// What the last attempt failed by, while we are not registered.
    pub fn trouble(&self) -> Option<Why> {
        (self.standing == Standing::Lost).then_some(self.trouble)
    }

    /// The addresses that the registrar's name leads to, and the one it last answered from, each by the protocol that we ask it
    /// by: its calls come so from there.
    pub fn ways(&self) -> impl Iterator<Item = (Protocol, IpAddr)> {
        self.hops.iter().map(|hop| (hop.protocol(), hop.to.ip())).chain(self.answered_from)
    }

    /// What to do, until there is no more.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Timeout`] is wanted at the latest.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let step = match self.step {
            Step::Resting { until } | Step::Resolving { until } => Some(until),
            Step::Asking(_) | Step::Leaving(_) | Step::Left => None,
        };
        let standing = match self.standing {
            Standing::Registered { until } => Some(until),
            Standing::New | Standing::Lost => None,
        };
        [step, standing, self.keep_alive].into_iter().flatten().min()
    }

    /// Something happened. Poll the outputs until there are none before the next input.
    pub fn handle(&mut self, given: &mut Given<'_>, input: Input<'_>) {
        match input {
            Input::Resolved(hops) => self.resolved(given, hops),
            Input::Answered { from, response } => self.answered(given, from, response),
            Input::TimedOut => match self.step {
                Step::Asking(attempt) => self.try_next(given, attempt, Why::Silence, None),
                Step::Leaving(_) => self.left(),
                Step::Resting { .. } | Step::Resolving { .. } | Step::Left => {}
            },
            Input::Timeout => self.timeout(given),
            Input::Fallen => self.fallen(given),
            Input::Leave => self.leave(given),
        }
    }

    fn timeout(&mut self, given: &mut Given<'_>) {
        if let Standing::Registered { until } = self.standing
            && until <= given.now
        {
            // What was granted is over, and was not renewed in time.
            self.lose(self.trouble);
        }
        if let Some(at) = self.keep_alive
            && at <= given.now
        {
            self.keep_alive = Some(given.now + KEEP_ALIVE_EVERY);
            self.outputs.extend(self.hops.first().copied().map(Output::KeepAlive));
        }
        match self.step {
            Step::Resting { until } if until <= given.now => {
                self.step = Step::Resolving { until: given.now + RESOLVE_FOR };
                let (host, port) = (self.registrar.host.clone(), self.registrar.port);
                self.outputs.push_back(Output::Resolve { protocol: self.protocol, host, port });
            }
            Step::Resolving { until } if until <= given.now => self.resolved(given, &[]),
            Step::Resting { .. } | Step::Resolving { .. } | Step::Asking(_) | Step::Leaving(_) | Step::Left => {}
        }
    }

    fn resolved(&mut self, given: &mut Given<'_>, found: &[Found]) {
        if !found.is_empty() && matches!(self.step, Step::Resolving { .. } | Step::Resting { .. }) {
            // Who has our registration is asked first; a name with several addresses may list them in any order.
            let known = self.hops.first().copied();
            let stays = given.now < self.back_at && found.iter().any(|found| Some(found.hop) == known);
            let best_first = locate::keeping(found, known);
            self.hops = match known.filter(|_| stays) {
                Some(known) => {
                    std::iter::once(known).chain(best_first.into_iter().filter(|hop| *hop != known)).collect()
                }
                None => best_first,
            };
            self.hops.truncate(MOST_SERVERS);
            self.found = found.to_vec();
        }
        // An answer that came too late is good for the next time.
        let Step::Resolving { .. } = self.step else { return };
        // What was known stays good while the name server is silent.
        match self.hops.first().copied() {
            Some(hop) => self.ask(given, Attempt { hop, tried: 0, answers: Answers::None, interval: Interval::Ours }),
            None => self.fail(given, Why::NoAddress, None),
        }
    }

    fn answered(&mut self, given: &mut Given<'_>, from: SocketAddr, response: &Received) {
        let code = response.code().unwrap_or_default();
        match (self.step, code) {
            (_, ..=199) | (Step::Resting { .. } | Step::Resolving { .. } | Step::Left, _) => {}
            (Step::Asking(attempt) | Step::Leaving(attempt), 401 | 407) => {
                self.challenged(given, attempt, response);
            }
            (Step::Leaving(_), _) => self.left(),
            (Step::Asking(attempt), 200..=299) => self.confirmed(given, attempt, from, response),
            (Step::Asking(attempt), 423) => match (attempt.interval, response.min_expires) {
                (Interval::Ours, Some(least)) if least > self.asks_s => {
                    self.asks_s = least.min(LONGEST_S);
                    self.ask(given, Attempt { interval: Interval::Theirs, ..attempt });
                }
                _ => self.refused(given, Why::Refused(code)),
            },
            (Step::Asking(attempt), 408 | 480 | 500..=599) => {
                let retry_after = response.retry_after.map(|seconds| Duration::from_secs(seconds.into()));
                self.try_next(given, attempt, Why::Refused(code), retry_after);
            }
            // 3xx too: who may have our password's digest is for the owner to say.
            (Step::Asking(_), _) => self.refused(given, Why::Refused(code)),
        }
    }

    fn challenged(&mut self, given: &mut Given<'_>, attempt: Attempt, response: &Received) {
        let header = if response.code() == Some(407) { "Proxy-Authorization" } else { "Authorization" };
        let known = auth::strongest(&response.challenges);
        let why = match (known, attempt.answers) {
            (None, _) => Why::Unanswerable,
            (Some(challenge), Answers::None) => {
                let attempt = Attempt { answers: Answers::One, ..attempt };
                return self.answer(given, attempt, challenge, header);
            }
            (Some(challenge), Answers::One) if challenge.stale => {
                let attempt = Attempt { answers: Answers::Two, ..attempt };
                return self.answer(given, attempt, challenge, header);
            }
            (Some(challenge), Answers::One | Answers::Two) if challenge.stale => Why::Unanswerable,
            (Some(_), Answers::One | Answers::Two) => Why::WrongPassword,
        };
        self.asked = None;
        match self.step {
            Step::Leaving(_) => self.left(),
            _ => self.refused(given, why),
        }
    }

    fn answer(&mut self, given: &mut Given<'_>, attempt: Attempt, challenge: Challenge, header: &'static str) {
        self.asked = Some(Asked { challenge, header, count: 0 });
        self.ask(given, attempt);
    }

    /// The registrar has our Contact (RFC 3261 §10.2.4: as long as its own words say, not ours).
    fn confirmed(&mut self, given: &mut Given<'_>, attempt: Attempt, from: SocketAddr, response: &Received) {
        let contacts: &[Address] = match &response.contacts {
            Contacts::All => &[],
            Contacts::These(contacts) => contacts,
        };
        let ours = contacts.iter().find(|contact| contact.uri.user.as_deref() == Some(self.contact_user.as_str()));
        let granted_s = ours.and_then(|contact| contact.param("expires")?.parse().ok()).or(response.expires);
        let granted_s = granted_s.unwrap_or(self.asks_s).min(LONGEST_S);
        if granted_s == 0 {
            return self.refused(given, Why::Refused(response.code().unwrap_or_default()));
        }
        let granted = Duration::from_secs(granted_s.into());
        let percent = match self.is_best(attempt.hop) {
            true => between(given.chance, *REFRESH_PERCENT.start(), *REFRESH_PERCENT.end()),
            false => {
                if self.back_at <= given.now {
                    self.back_at = given.now + BACK_AFTER;
                }
                REFRESH_PERCENT_ELSEWHERE
            }
        };
        let refresh = (granted * percent / 100).max(SOONEST_REFRESH);
        self.failures = 0;
        self.confirmed = given.now;
        self.trouble = Why::Silence;
        self.answered_from = Some((attempt.hop.protocol(), from.ip()));
        if let Some(at) = self.hops.iter().position(|hop| *hop == attempt.hop) {
            self.hops.swap(0, at);
        }
        self.step = Step::Resting { until: given.now + refresh };
        // Never shorter than until the refresh is due, and its answer had time to come.
        let until = given.now + granted.max(refresh + SOONEST_REFRESH);
        let before = std::mem::replace(&mut self.standing, Standing::Registered { until });
        if !matches!(before, Standing::Registered { .. }) {
            self.outputs.push_back(Output::Changed(Change::Registered { registrar: attempt.hop.to, granted }));
        }
        let is_kept = self.protocol.is_stream() || !given.interfaces.is_local(attempt.hop.to.ip());
        self.keep_alive = is_kept.then(|| given.now + KEEP_ALIVE_EVERY);
    }

    /// Whether the carrier names no server before this one.
    fn is_best(&self, hop: Hop) -> bool {
        let best = self.found.iter().map(|found| found.priority).min();
        self.found.iter().all(|found| found.hop != hop || Some(found.priority) == best)
    }

    /// The way by which the registrar last answered, while we are registered.
    pub fn way(&self) -> Option<Hop> {
        self.hops.first().copied().filter(|_| self.is_registered())
    }

    /// A registrar that has, or may have, our Contact is told to forget it (RFC 3261 §10.2.2).
    fn leave(&mut self, given: &mut Given<'_>) {
        let hop = match self.step {
            Step::Asking(attempt) => Some(attempt.hop),
            Step::Resting { .. } | Step::Resolving { .. } if self.is_registered() => self.hops.first().copied(),
            Step::Resting { .. } | Step::Resolving { .. } => None,
            Step::Leaving(_) | Step::Left => return,
        };
        match hop {
            Some(hop) => {
                let attempt = Attempt { hop, tried: 0, answers: Answers::None, interval: Interval::Theirs };
                self.step = Step::Leaving(attempt);
                self.ask(given, attempt);
            }
            None => self.left(),
        }
    }

    fn left(&mut self) {
        self.step = Step::Left;
        self.keep_alive = None;
        if std::mem::replace(&mut self.standing, Standing::Lost) != Standing::Lost {
            self.outputs.push_back(Output::Changed(Change::Lost(Why::Left)));
        }
    }

    /// Sends the REGISTER of this attempt.
    fn ask(&mut self, given: &mut Given<'_>, attempt: Attempt) {
        let expires_s = match self.step {
            Step::Leaving(_) => {
                self.step = Step::Leaving(attempt);
                0
            }
            Step::Resting { .. } | Step::Resolving { .. } | Step::Asking(_) | Step::Left => {
                self.step = Step::Asking(attempt);
                self.asks_s
            }
        };
        self.cseq += 1;
        let contact = Uri::sip(
            Some(&self.contact_user),
            &given.interfaces.sent_by(&attempt.hop).ip().to_string(),
            Some(given.interfaces.sent_by(&attempt.hop).port()),
        );
        let contact = match self.protocol.param() {
            Some(transport) => contact.with_param("transport", Some(transport)),
            None => contact,
        };
        let mut more = vec![
            super::message::contact(&Address::new(contact)),
            Header::Expires(expires_s.to_string().into()),
            Header::Allow(super::outgoing::ALLOW.into()),
        ];
        if let Some(asked) = &mut self.asked {
            asked.count = asked.count.saturating_add(1);
            let cnonce = given.chance.tag();
            let uri = self.registrar.to_string();
            let value = self.credentials.answer(&asked.challenge, "REGISTER", &uri, asked.count, &cnonce, &[]);
            more.push(other(asked.header, &value));
        }
        let request = Outgoing {
            method: Method::Register,
            uri: self.registrar.clone(),
            from: Address::new(self.account.clone()).with_tag(&self.tag),
            to: Address::new(self.account.clone()),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            routes: Vec::new(),
            more,
            body: None,
        };
        self.outputs.push_back(Output::Send { hop: attempt.hop, request: Box::new(request) });
    }
}

/// A number from `low` to `high`, both included and below 2^32.
fn between(chance: &mut Chance, low: u64, high: u64) -> u32 {
    u32::try_from(low + chance.bits() % (high - low + 1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
