//! Owners: who may use the page. Of links and cookies only hashes are kept: they are 256 random bits, so a plain SHA-256
//! cannot be guessed back. Passwords come here hashed already.

use std::time::Duration;

use super::db::{read, write, write_one};
use super::people::OWNER_ID;
use super::plan::RAISE_VERSION;
use super::row::parsed;
use super::tokens::{hash, random_hex};
use super::{Role, Store, StoreError};
use crate::now::UnixMs;
use crate::routing::plan::{Language, PhoneId};

/// The database's name for an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OwnerId(pub i64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub id: OwnerId,
    /// In lower case.
    pub email: String,
    pub role: Role,
    /// Their own.
    pub phone: Option<PhoneId>,
    /// `None`: as the browser asks.
    pub language: Option<Language>,
}

/// What a set-up link is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    Good(Owner),
    Used,
    Expired,
    /// Never made, replaced by a newer one, or expired long ago.
    Unknown,
}

/// A set-up link is for the mail or the note it is sent in, not to be kept.
pub const LINK_LASTS: Duration = Duration::from_secs(3 * 24 * 3600);
/// An expired link is told from an unknown one for so long.
pub(super) const LINK_REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);
/// A browser that has not come for so long must sign in again.
pub const IDLE_END: Duration = Duration::from_secs(14 * 24 * 3600);
/// And every browser after so long, come what may.
pub const ABSOLUTE_END: Duration = Duration::from_secs(60 * 24 * 3600);
/// Coming back is written down at most so often.
const SEEN_EVERY: Duration = Duration::from_secs(600);

const PASSWORD: &str = "SELECT id, password FROM owners WHERE email = $1 AND password IS NOT NULL";
const SET_PASSWORD: &str = "UPDATE owners SET password = $1 WHERE id = $2";
const SET_EMAIL: &str = "UPDATE owners SET email = $1 WHERE id = $2";
/// Was invited, has never set themselves up, and has no link any more that is good.
const DROP_NEVER_CAME: &str = "DELETE FROM owners WHERE email = $1 AND id <> $2 AND password IS NULL AND NOT EXISTS (\
     SELECT 1 FROM set_up_links l WHERE l.owner_id = owners.id AND l.used_ms IS NULL AND l.expires_ms > $3)";
const SET_LANGUAGE: &str = "UPDATE owners SET language = $1 WHERE id = $2";
const LINK: &str = "SELECT o.id, o.email, o.role, o.phone_id, o.language, l.expires_ms, l.used_ms FROM set_up_links l \
     JOIN owners o ON o.id = l.owner_id WHERE l.hash = $1";
const USE_LINK: &str = "UPDATE set_up_links SET used_ms = $1 WHERE hash = $2 AND used_ms IS NULL AND expires_ms > $1 \
     RETURNING owner_id";
const PUT_SIGN_IN: &str = "INSERT INTO sign_ins (hash, owner_id, began_ms, seen_ms) VALUES ($1, $2, $3, $3)";
const SIGNED_IN: &str = "SELECT o.id, o.email, o.role, o.phone_id, o.language, s.seen_ms FROM sign_ins s \
     JOIN owners o ON o.id = s.owner_id WHERE s.hash = $1 AND s.began_ms > $2 AND s.seen_ms > $3";
const SEEN: &str = "UPDATE sign_ins SET seen_ms = $1 WHERE hash = $2";
const SIGN_OUT: &str = "DELETE FROM sign_ins WHERE hash = $1";
pub(super) const SIGN_OUT_EVERYWHERE: &str = "DELETE FROM sign_ins WHERE owner_id = $1";
const DROP_OLD_SIGN_INS: &str = "DELETE FROM sign_ins WHERE began_ms <= $1 OR seen_ms <= $2";

#[derive(sqlx::FromRow)]
struct LinkRow {
    id: i64,
    email: String,
    role: String,
    phone_id: Option<i64>,
    language: Option<String>,
    expires_ms: i64,
    used_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct SignInRow {
    id: i64,
    email: String,
    role: String,
    phone_id: Option<i64>,
    language: Option<String>,
    seen_ms: i64,
}

impl Store {
    /// [`Store::invite`] for an owner.
    pub async fn invite_owner(&self, email: &str, now: UnixMs) -> Result<String, StoreError> {
        self.invite(email, Role::Owner, now).await
    }

    /// What the link with this secret is worth. Looking does not use it up: mail programs look at links too.
    pub async fn set_up_link(&self, secret: &str, now: UnixMs) -> Result<Link, StoreError> {
        let hash = hash(secret);
        let row: Option<LinkRow> = read!(self.db, pool => sqlx::query_as(LINK).bind(&hash).fetch_optional(pool).await?);
        Ok(match row {
            None => Link::Unknown,
            Some(row) if row.used_ms.is_some() => Link::Used,
            Some(row) if row.expires_ms <= now.0 => Link::Expired,
            Some(row) => Link::Good(owner((row.id, row.email, row.role, row.phone_id, row.language))?),
        })
    }

    /// Uses the link up: its owner has this password from now on (an Argon2 hash), and all their browsers are signed
    /// out. Only [`Link::Good`] changed anything.
    pub async fn use_set_up_link(&self, secret: &str, password: &str, now: UnixMs) -> Result<Link, StoreError> {
        let link = self.set_up_link(secret, now).await?;
        let Link::Good(owner) = link else { return Ok(link) };
        let hash = hash(secret);
        let used: Option<i64> = write!(self.db, tx => {
            let used: Option<i64> =
                sqlx::query_scalar(USE_LINK).bind(now.0).bind(&hash).fetch_optional(&mut *tx).await?;
            if let Some(id) = used {
                sqlx::query(SET_PASSWORD).bind(password).bind(id).execute(&mut *tx).await?;
                sqlx::query(SIGN_OUT_EVERYWHERE).bind(id).execute(&mut *tx).await?;
            }
            used
        });
        // Somebody was quicker between the two.
        Ok(if used.is_some() { Link::Good(owner) } else { Link::Used })
    }

    /// The same for the link of the first start, whose owner says now what their e-mail is: all of it or nothing, so that
    /// nobody's password ends up under another's address.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when somebody else has that e-mail; the link is good then as before.
    pub async fn use_first_link(
        &self,
        secret: &str,
        email: &str,
        password: &str,
        now: UnixMs,
    ) -> Result<Link, StoreError> {
        let link = self.set_up_link(secret, now).await?;
        let Link::Good(owner) = link else { return Ok(link) };
        let (hash, email) = (hash(secret), email.to_lowercase());
        let used: Option<i64> = write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let used: Option<i64> =
                sqlx::query_scalar(USE_LINK).bind(now.0).bind(&hash).fetch_optional(&mut *tx).await?;
            if let Some(id) = used {
                sqlx::query(DROP_NEVER_CAME).bind(&email).bind(id).bind(now.0).execute(&mut *tx).await?;
                let known: Option<i64> = sqlx::query_scalar(OWNER_ID).bind(&email).fetch_optional(&mut *tx).await?;
                if known.is_some_and(|known| known != id) {
                    return Err(StoreError::Taken { what: "e-mail", value: email, shop: String::new() });
                }
                sqlx::query(SET_EMAIL).bind(&email).bind(id).execute(&mut *tx).await?;
                sqlx::query(SET_PASSWORD).bind(password).bind(id).execute(&mut *tx).await?;
                sqlx::query(SIGN_OUT_EVERYWHERE).bind(id).execute(&mut *tx).await?;
            }
            used
        });
        // Somebody was quicker between the two.
        Ok(if used.is_some() { Link::Good(Owner { email, ..owner }) } else { Link::Used })
    }

    /// The owner of this address and their password's hash; `None` also for one who has not set any.
    pub async fn owner_password(&self, email: &str) -> Result<Option<(OwnerId, String)>, StoreError> {
        let email = email.to_lowercase();
        let row: Option<(i64, String)> =
            read!(self.db, pool => sqlx::query_as(PASSWORD).bind(&email).fetch_optional(pool).await?);
        Ok(row.map(|(id, password)| (OwnerId(id), password)))
    }

    /// Signs a browser in; the secret for its cookie.
    pub async fn sign_in(&self, owner: OwnerId, now: UnixMs) -> Result<String, StoreError> {
        let secret = random_hex()?;
        let hash = hash(&secret);
        let (oldest, idle) = (before(now, ABSOLUTE_END), before(now, IDLE_END));
        write!(self.db, tx => {
            sqlx::query(DROP_OLD_SIGN_INS).bind(oldest).bind(idle).execute(&mut *tx).await?;
            sqlx::query(PUT_SIGN_IN).bind(&hash).bind(owner.0).bind(now.0).execute(&mut *tx).await?;
        });
        Ok(secret)
    }

    /// Whose browser has this secret in its cookie, if it is signed in.
    pub async fn signed_in(&self, secret: &str, now: UnixMs) -> Result<Option<Owner>, StoreError> {
        let hash = hash(secret);
        let (oldest, idle) = (before(now, ABSOLUTE_END), before(now, IDLE_END));
        let row: Option<SignInRow> = read!(self.db, pool => {
            sqlx::query_as(SIGNED_IN).bind(&hash).bind(oldest).bind(idle).fetch_optional(pool).await?
        });
        let Some(row) = row else { return Ok(None) };
        if now.since(UnixMs(row.seen_ms)) > millis(SEEN_EVERY).unsigned_abs() {
            write_one!(self.db, pool => sqlx::query(SEEN).bind(now.0).bind(&hash).execute(pool).await.map(|_| ()))?;
        }
        owner((row.id, row.email, row.role, row.phone_id, row.language)).map(Some)
    }

    /// The browser with this secret is signed in no more.
    pub async fn sign_out(&self, secret: &str) -> Result<(), StoreError> {
        let hash = hash(secret);
        write_one!(self.db, pool => sqlx::query(SIGN_OUT).bind(&hash).execute(pool).await.map(|_| ()))?;
        Ok(())
    }

    /// The language in which this owner reads the page; `None`: as the browser asks.
    pub async fn set_owner_language(&self, owner: OwnerId, spoken: Option<Language>) -> Result<(), StoreError> {
        let spoken = spoken.map(Language::as_str);
        write_one!(self.db, pool => {
            sqlx::query(SET_LANGUAGE).bind(spoken).bind(owner.0).execute(pool).await.map(|_| ())
        })?;
        Ok(())
    }
}

/// id, e-mail, role, phone and language.
type Columns = (i64, String, String, Option<i64>, Option<String>);

fn owner((id, email, role, phone, spoken): Columns) -> Result<Owner, StoreError> {
    Ok(Owner {
        id: OwnerId(id),
        email,
        role: parsed("owners", "role", &role, Role::parse)?,
        phone: phone.map(PhoneId),
        language: spoken.map(|text| parsed("owners", "language", &text, Language::parse)).transpose()?,
    })
}

pub(super) fn before(now: UnixMs, span: Duration) -> i64 {
    now.0.saturating_sub(millis(span))
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
