//! Where the phones that register are, kept over a restart (DESIGN §5, L7), and the secret that their challenges are
//! signed with.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::db::{read, write, write_one};
use super::row::{parsed, unreadable};
use super::{Store, StoreError};
use crate::hex::hex;
use crate::now::UnixMs;
use crate::sip::address::Address;
use crate::sip::auth::NonceSecret;
use crate::sip::hop::{Hop, Transport};
use crate::sip::registrar::{KeptBinding, KeptUser};
use crate::switchboard::{SocketId, Ticket};

/// A write that takes longer counts as failed.
const WRITE_LIMIT: Duration = Duration::from_secs(2);
/// A failed store is tried again after this. The phones work meanwhile; only a restart would forget them.
const RETRY_EVERY: Duration = Duration::from_secs(1);

const UDP: &str = "udp";
const TCP: &str = "tcp";
const TLS: &str = "tls";
const WS: &str = "ws";
const WSS: &str = "wss";

const BINDINGS: &str = "SELECT user_name, password_mark, contact, source, local_ip, socket, protocol, registered_ms, \
     expires_ms, call_id, cseq FROM bindings ORDER BY user_name, position";
const DROP_USER: &str = "DELETE FROM bindings WHERE user_name = $1";
const PUT_BINDING: &str = "INSERT INTO bindings (user_name, position, password_mark, contact, source, local_ip, socket, \
     protocol, registered_ms, expires_ms, call_id, cseq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const PUT_SECRET: &str = "INSERT INTO secrets (name, value) VALUES ('nonce', $1) ON CONFLICT (name) DO NOTHING";
const SECRET: &str = "SELECT value FROM secrets WHERE name = 'nonce'";

#[derive(sqlx::FromRow)]
struct BindingRow {
    user_name: String,
    password_mark: String,
    contact: String,
    source: String,
    local_ip: String,
    socket: i64,
    protocol: String,
    registered_ms: i64,
    expires_ms: i64,
    call_id: String,
    cseq: i64,
}

impl Store {
    /// All bindings that were kept, by user; those that have ended too.
    ///
    /// # Errors
    /// The database's own, or a value that this version of the program cannot read.
    pub async fn bindings(&self) -> Result<Vec<(String, KeptUser)>, StoreError> {
        let rows: Vec<BindingRow> = read!(self.db, pool => sqlx::query_as(BINDINGS).fetch_all(pool).await?);
        let mut users: Vec<(String, KeptUser)> = Vec::new();
        for row in rows {
            let (name, password_mark) = (row.user_name.clone(), row.password_mark.clone());
            let binding = row.into_binding()?;
            match users.last_mut().filter(|(user, _)| *user == name) {
                Some((_, kept)) => kept.bindings.push(binding),
                None => users.push((name, KeptUser { password_mark, bindings: vec![binding] })),
            }
        }
        Ok(users)
    }

    /// Makes these the bindings of these users, in one transaction.
    pub async fn keep_bindings(&self, users: &[(String, KeptUser)]) -> Result<(), StoreError> {
        write!(self.db, tx => {
            for (user, kept) in users {
                sqlx::query(DROP_USER).bind(user).execute(&mut *tx).await?;
                for (position, binding) in (0_i64..).zip(&kept.bindings) {
                    let query = sqlx::query(PUT_BINDING).bind(user).bind(position).bind(&kept.password_mark);
                    let query = query.bind(binding.contact.to_string()).bind(binding.source.to.to_string());
                    let (protocol, socket) = match binding.source.transport {
                        Transport::Udp(SocketId(socket)) => (UDP, i64::from(socket)),
                        // No connection outlives the process.
                        Transport::Tcp(_) => (TCP, 0),
                        Transport::Tls(_) => (TLS, 0),
                        Transport::Ws(_) => (WS, 0),
                        Transport::Wss(_) => (WSS, 0),
                    };
                    let query = query.bind(binding.source.local.to_string()).bind(socket).bind(protocol);
                    let query = query.bind(binding.registered.0).bind(binding.expires.0);
                    query.bind(&binding.call_id).bind(i64::from(binding.cseq)).execute(&mut *tx).await?;
                }
            }
        });
        Ok(())
    }

    /// The secret of this installation's challenges; made when it is asked for the first time.
    pub async fn nonce_secret(&self) -> Result<NonceSecret, StoreError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(StoreError::NoRandomness)?;
        let fresh = hex(&bytes);
        write_one!(self.db, pool => sqlx::query(PUT_SECRET).bind(&fresh).execute(pool).await.map(|_| ()))?;
        let kept: String = read!(self.db, pool => sqlx::query_scalar(SECRET).fetch_one(pool).await?);
        for (at, byte) in bytes.iter_mut().enumerate() {
            let digits = kept.get(at * 2..at * 2 + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            *byte = digits.ok_or_else(|| unreadable("secrets", "value", "(not shown)"))?;
        }
        Ok(NonceSecret(bytes))
    }
}

impl BindingRow {
    fn into_binding(self) -> Result<KeptBinding, StoreError> {
        let number = |column, value: i64| unreadable("bindings", column, &value.to_string());
        let transport = match self.protocol.as_str() {
            UDP => Transport::Udp(SocketId(u8::try_from(self.socket).map_err(|_| number("socket", self.socket))?)),
            TCP => Transport::Tcp(None),
            TLS => Transport::Tls(None),
            WS => Transport::Ws(None),
            WSS => Transport::Wss(None),
            _ => return Err(unreadable("bindings", "protocol", &self.protocol)),
        };
        Ok(KeptBinding {
            contact: parsed("bindings", "contact", &self.contact, |text| Address::parse(text).ok())?,
            source: Hop {
                transport,
                to: parsed("bindings", "source", &self.source, |text| text.parse::<SocketAddr>().ok())?,
                local: parsed("bindings", "local_ip", &self.local_ip, |text| text.parse::<IpAddr>().ok())?,
                server: None,
            },
            registered: UnixMs(self.registered_ms),
            expires: UnixMs(self.expires_ms),
            call_id: self.call_id,
            cseq: u32::try_from(self.cseq).map_err(|_| number("cseq", self.cseq))?,
        })
    }
}

/// Writes bindings without ever making the loop wait. What comes while a write is under way goes together into the next.
pub struct BindingKeeper {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

/// At most one entry a user: the latest is all that counts.
#[derive(Default)]
struct Waiting {
    users: HashMap<String, KeptUser>,
    tickets: Vec<Ticket>,
    closed: bool,
}

impl BindingKeeper {
    /// Starts the keeper on the runtime this is called in. `answered` is called for each ticket when its bindings, or later
    /// ones, are durable; it must not block.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(store: Store, answered: impl Fn(Ticket) + Send + 'static) -> BindingKeeper {
        let shared = Arc::new(Shared::default());
        tokio::spawn(run(store, shared.clone(), answered));
        BindingKeeper { shared }
    }

    /// Keeps these bindings of this user in place of all earlier ones.
    pub fn keep(&self, ticket: Ticket, user: String, kept: KeptUser) {
        let mut waiting = self.shared.waiting();
        waiting.users.insert(user, kept);
        waiting.tickets.push(ticket);
        drop(waiting);
        self.shared.wake.notify_one();
    }
}

impl Drop for BindingKeeper {
    /// The keeper writes what it has and ends.
    fn drop(&mut self) {
        self.shared.waiting().closed = true;
        self.shared.wake.notify_one();
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it holds the lock; were it so, the entries would still be whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that waits, and whether nothing more will come.
    fn take(&self) -> (HashMap<String, KeptUser>, Vec<Ticket>, bool) {
        let mut waiting = self.waiting();
        (std::mem::take(&mut waiting.users), std::mem::take(&mut waiting.tickets), waiting.closed)
    }

    /// What could not be written waits again, unless something later has come.
    fn put_back(&self, users: Vec<(String, KeptUser)>, tickets: Vec<Ticket>) {
        let mut waiting = self.waiting();
        for (user, kept) in users {
            waiting.users.entry(user).or_insert(kept);
        }
        waiting.tickets.splice(..0, tickets);
    }
}

async fn run(store: Store, shared: Arc<Shared>, answered: impl Fn(Ticket) + Send + 'static) {
    let mut failing = false;
    loop {
        let (users, tickets, closed) = shared.take();
        if users.is_empty() {
            if closed {
                return;
            }
            shared.wake.notified().await;
            continue;
        }
        let users: Vec<(String, KeptUser)> = users.into_iter().collect();
        let written = match tokio::time::timeout(WRITE_LIMIT, store.keep_bindings(&users)).await {
            Ok(written) => written,
            Err(_) => Err(StoreError::TooSlow(WRITE_LIMIT)),
        };
        match written {
            Ok(()) => {
                failing = false;
                tickets.into_iter().for_each(&answered);
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(%error, "registrations cannot be stored; until they are, a restart forgets them");
                }
                if closed {
                    return;
                }
                shared.put_back(users, tickets);
                tokio::time::sleep(RETRY_EVERY).await;
            }
        }
    }
}
