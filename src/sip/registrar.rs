//! Where the phones of each user are (RFC 3261 §10.3). A REGISTER changes all it asks for, or nothing.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::address::Address;
use super::hop::{FlowId, Hop, Protocol, Transport};
use super::message::{Contacts, Received};
use super::uri::{Scheme, Uri};
use crate::now::{Mono, Now, UnixMs};

/// A shorter life is refused with 423: a phone that registers all the time keeps a small machine busy with it.
pub const MIN_EXPIRES_S: u32 = 60;
/// What a phone gets that does not ask: short enough that one without power is soon known to be gone.
const DEFAULT_EXPIRES_S: u32 = 300;
/// A longer life is shortened to this.
const MAX_EXPIRES_S: u32 = 3600;
/// One user's phones ring together, but a person has a handful.
const MAX_BINDINGS: usize = 8;
/// A Contact's text is kept and sent back; real ones have 60 to 300 bytes.
const MAX_CONTACT: usize = 1024;
/// What a 200 gives back of a Contact's parameters besides `expires`.
const GIVEN_BACK: [&str; 3] = ["q", INSTANCE, REG_ID];
/// RFC 5626 §4.1, §4.2.
const INSTANCE: &str = "+sip.instance";
const REG_ID: &str = "reg-id";

/// One place where a user's phone is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Stays when the phone registers again from there; never used twice in a run.
    pub id: u64,
    /// As the phone wrote it, without display name and without most parameters. What stood behind a `?` never gets here.
    pub contact: Address,
    /// Where its REGISTER came from; by TCP or TLS without a connection once that is closed.
    pub source: Hop,
    pub registered: UnixMs,
    until: Mono,
    call_id: String,
    cseq: u32,
}

/// A binding as it outlives the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptBinding {
    pub contact: Address,
    pub source: Hop,
    pub registered: UnixMs,
    pub expires: UnixMs,
    pub call_id: String,
    pub cseq: u32,
}

/// The bindings of one user, as they outlive the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptUser {
    /// Tells whether the password is still the one they were made with; empty when there are none.
    pub password_mark: String,
    pub bindings: Vec<KeptBinding>,
}

/// What a REGISTER did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It only asked.
    Asked,
    Changed,
}

/// Why a REGISTER did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a registration shorter than {MIN_EXPIRES_S} s; ask for more")]
    TooBrief,
    /// RFC 3261 §10.3, step 7.
    #[error("the CSeq is not above that of the last REGISTER with this Call-ID")]
    OutOfOrder,
    #[error("Contact: * goes with Expires: 0 alone")]
    StarWithoutZero,
    #[error("a Contact that is no sip: address (or over TLS sips:), or longer than {MAX_CONTACT} bytes")]
    BadContact,
    #[error("more than {MAX_BINDINGS} contacts")]
    TooMany,
}

/// See the module. Users are names that somebody else has authenticated.
#[derive(Debug, Default)]
pub struct Registrar {
    users: BTreeMap<String, Vec<Binding>>,
    last_id: u64,
}

impl Registrar {
    /// Carries out a REGISTER of `user` that came from `source`.
    ///
    /// # Errors
    /// See [`Refusal`]; nothing has changed then.
    pub fn register(&mut self, now: Now, user: &str, request: &Received, source: Hop) -> Result<Outcome, Refusal> {
        let mut bindings = self.users.get(user).cloned().unwrap_or_default();
        bindings.retain(|binding| binding.until > now.mono);
        let wanted = match &request.contacts {
            Contacts::These(contacts) if contacts.is_empty() => return Ok(Outcome::Asked),
            Contacts::These(contacts) if contacts.len() > MAX_BINDINGS => return Err(Refusal::TooMany),
            Contacts::These(contacts) => {
                let read = |contact| Wanted::read(contact, request.expires, source.protocol());
                contacts.iter().map(read).collect::<Result<_, _>>()?
            }
            Contacts::All if request.expires == Some(0) => Vec::new(),
            Contacts::All => return Err(Refusal::StarWithoutZero),
        };
        let is_later = |binding: &Binding| binding.call_id == request.call_id && binding.cseq >= request.cseq.number;
        if bindings.iter().any(is_later) {
            return Err(Refusal::OutOfOrder);
        }
        if request.contacts == Contacts::All {
            bindings.clear();
        }
        let (mut named, mut moved) = (Vec::new(), false);
        for wanted in wanted {
            let known = wanted.position(&bindings, &named);
            let Some(life) = wanted.life else {
                known.map(|at| bindings.remove(at));
                continue;
            };
            let id = match known {
                Some(at) => bindings.remove(at).id,
                None => {
                    moved = true;
                    self.fresh_id()
                }
            };
            named.push(id);
            bindings.push(Binding {
                id,
                contact: wanted.contact,
                source,
                registered: now.wall,
                until: now.mono + life,
                call_id: request.call_id.clone(),
                cseq: request.cseq.number,
            });
        }
        if moved {
            // The same phone at a new address says so under its old Call-ID (§10.2); the old address is nobody's now.
            bindings.retain(|binding| named.contains(&binding.id) || binding.call_id != request.call_id);
        }
        // The longest silent ones give way: a phone that is here now is worth more than one that may be gone. They stand
        // first, because a binding that is refreshed moves to the end.
        let too_many = bindings.len().saturating_sub(MAX_BINDINGS);
        bindings.drain(..too_many);
        self.put(user, bindings);
        Ok(Outcome::Changed)
    }

    /// A number for a binding, never given twice.
    pub fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// A binding of before the restart takes its place again, with what is left of its life. The answer is its number;
    /// `None` when nothing is left.
    pub fn restore(&mut self, now: Now, user: &str, kept: KeptBinding) -> Option<u64> {
        let left = Duration::from_millis(kept.expires.since(now.wall));
        if left.is_zero() {
            return None;
        }
        let id = self.fresh_id();
        let binding = Binding {
            id,
            contact: kept.contact,
            source: kept.source,
            registered: kept.registered,
            // A clock that was set back in between must not keep a phone for days.
            until: now.mono + left.min(Duration::from_secs(MAX_EXPIRES_S.into())),
            call_id: kept.call_id,
            cseq: kept.cseq,
        };
        self.users.entry(user.to_owned()).or_default().push(binding);
        Some(id)
    }

    /// The user's bindings as they are to be kept.
    pub fn kept(&self, now: Now, user: &str) -> Vec<KeptBinding> {
        let keep = |binding: &Binding| KeptBinding {
            contact: binding.contact.clone(),
            source: binding.source,
            registered: binding.registered,
            expires: now.wall + (binding.until - now.mono),
            call_id: binding.call_id.clone(),
            cseq: binding.cseq,
        };
        self.of(user).iter().map(keep).collect()
    }

    /// The values of Contact in a 200: every binding with the seconds left to it (§10.3, step 8).
    pub fn contacts(&self, now: Mono, user: &str) -> Vec<Address> {
        let live = self.of(user).iter().filter(|binding| binding.until > now);
        let with_expires = |binding: &Binding| {
            let left = (binding.until - now).as_millis().div_ceil(1000);
            binding.contact.clone().with_param("expires", Some(&left.to_string()))
        };
        live.map(with_expires).collect()
    }

    /// The user's bindings, the longest silent first.
    pub fn of(&self, user: &str) -> &[Binding] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    /// All bindings, with their users.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Binding)> {
        self.users.iter().flat_map(|(user, bindings)| bindings.iter().map(|binding| (user.as_str(), binding)))
    }

    /// Forgets a user's bindings. Whether there were any.
    pub fn forget(&mut self, user: &str) -> bool {
        self.users.remove(user).is_some()
    }

    /// This connection is closed. Who registered by it stays registered, but cannot be reached until a REGISTER comes by
    /// another. Whether there was anybody.
    pub fn flow_closed(&mut self, flow: FlowId) -> bool {
        let by_it = |binding: &&mut Binding| binding.source.flow() == Some(flow);
        let mut cut_off = self.users.values_mut().flatten().filter(by_it).peekable();
        let anybody = cut_off.peek().is_some();
        cut_off.for_each(|binding| binding.source = binding.source.without_flow());
        anybody
    }

    /// Ends what is due, and says whose.
    pub fn expire(&mut self, now: Mono) -> Vec<String> {
        let is_due = |bindings: &Vec<Binding>| bindings.iter().any(|binding| binding.until <= now);
        let due = self.users.iter().filter(|(_, bindings)| is_due(bindings));
        let due: Vec<String> = due.map(|(user, _)| user.clone()).collect();
        for user in &due {
            let mut bindings = self.users.remove(user).unwrap_or_default();
            bindings.retain(|binding| binding.until > now);
            self.put(user, bindings);
        }
        due
    }

    /// When [`Registrar::expire`] wants to be called at the latest.
    pub fn next_expiry(&self) -> Option<Mono> {
        self.users.values().flatten().map(|binding| binding.until).min()
    }

    fn put(&mut self, user: &str, bindings: Vec<Binding>) {
        if bindings.is_empty() {
            self.users.remove(user);
        } else {
            self.users.insert(user.to_owned(), bindings);
        }
    }
}

impl Binding {
    /// Where a request to it goes: to the address in its Contact when its REGISTER came from that host, else to where that
    /// came from, because what the phone thinks of its own address is not true here: a router in between (RFC 5626 §5.3
    /// calls this the flow), a name, a proxy.
    ///
    /// Who registered by a connection is reached by it alone, whatever its Contact says; `None` when it is closed.
    pub fn hop(&self) -> Option<Hop> {
        match self.source.transport {
            Transport::Udp(_) => Some(self.by_datagram()),
            Transport::Tcp(flow) | Transport::Tls(flow) | Transport::Ws(flow) | Transport::Wss(flow) => {
                flow.map(|_| self.source)
            }
        }
    }

    fn by_datagram(&self) -> Hop {
        let source = self.source.to.ip().to_canonical();
        match self.contact.uri.host.parse::<IpAddr>() {
            Ok(ip) if ip.to_canonical() == source => {
                let to = SocketAddr::new(self.source.to.ip(), self.contact.uri.port.unwrap_or(5060));
                Hop { to, ..self.source }
            }
            Ok(_) | Err(_) => self.source,
        }
    }
}

/// One Contact of a REGISTER.
struct Wanted {
    contact: Address,
    /// `None`: to be removed.
    life: Option<Duration>,
}

impl Wanted {
    fn read(contact: &Address, expires: Option<u32>, by: Protocol) -> Result<Wanted, Refusal> {
        match contact.uri.scheme {
            Scheme::Sip => {}
            // A promise of TLS (RFC 3261 §26.2.2): only the phone's own TLS connection can keep it.
            Scheme::Sips if by.is_encrypted() => {}
            Scheme::Sips | Scheme::Tel | Scheme::Urn => return Err(Refusal::BadContact),
        }
        // A malformed one counts as none (§10.2.1.1).
        let own = contact.param("expires").and_then(|expires| expires.parse::<u32>().ok());
        let life = match own.or(expires).unwrap_or(DEFAULT_EXPIRES_S) {
            0 => None,
            asked if asked < MIN_EXPIRES_S => return Err(Refusal::TooBrief),
            asked => Some(Duration::from_secs(asked.min(MAX_EXPIRES_S).into())),
        };
        let params = contact.params.iter().filter(|(name, _)| GIVEN_BACK.contains(&name.as_str())).cloned().collect();
        let contact = Address { display: String::new(), uri: contact.uri.clone(), params };
        if contact.to_string().len() > MAX_CONTACT {
            return Err(Refusal::BadContact);
        }
        Ok(Wanted { contact, life })
    }

    /// The binding this is about: the same device by its own word (RFC 5626 §6), else the same URI. Those in `named` are
    /// of this very request.
    fn position(&self, bindings: &[Binding], named: &[u64]) -> Option<usize> {
        let device = |contact: &Address| {
            let instance = contact.param(INSTANCE)?.to_owned();
            Some((instance, contact.param(REG_ID).map(str::to_owned)))
        };
        let own = device(&self.contact);
        let is_device = |binding: &Binding| own.is_some() && device(&binding.contact) == own;
        // Two devices behind two routers may have the same address each in its own house.
        let is_place = |binding: &Binding| {
            let another = own.is_some() && device(&binding.contact).is_some();
            !another && is_same(&binding.contact.uri, &self.contact.uri)
        };
        let find = |is: &dyn Fn(&Binding) -> bool| {
            bindings.iter().position(|binding| !named.contains(&binding.id) && is(binding))
        };
        find(&is_device).or_else(|| find(&is_place))
    }
}

/// RFC 3261 §19.1.4, but for escapes: phones repeat what they wrote.
fn is_same(one: &Uri, other: &Uri) -> bool {
    let telling = ["transport", "user", "ttl", "method", "maddr"];
    let agree = |(name, value): &(String, Option<String>), other: &Uri| match other.param(name) {
        Some(theirs) => theirs.eq_ignore_ascii_case(value.as_deref().unwrap_or("")),
        None => !telling.contains(&name.as_str()),
    };
    (one.scheme, &one.user, &one.host, one.port) == (other.scheme, &other.user, &other.host, other.port)
        && one.params.iter().all(|param| agree(param, other))
        && other.params.iter().all(|param| agree(param, one))
}

#[cfg(test)]
mod tests;
