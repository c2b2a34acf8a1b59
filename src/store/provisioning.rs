//! Links by which desk phones fetch their settings. Only a hash of a link is kept: it is 128 random bits, so a plain
//! SHA-256 cannot be guessed back. The password it brings is nowhere until somebody asks with the link.

use std::time::Duration;

use secrecy::SecretString;

use super::db::{read, write, write_one};
use super::plan::RAISE_VERSION;
use super::row::parsed;
use super::tokens::{hash, random_hex};
use super::{Store, StoreError};
use crate::now::UnixMs;
use crate::provisioning::{Taker, password};
use crate::routing::plan::{Ha1, PhoneId};

/// A link is for the desk where the phone stands, not to be kept.
pub const LINK_LASTS: Duration = Duration::from_secs(24 * 3600);
/// A phone fetches its file more than once while it starts, and starts more than once; more often it is no phone.
pub const MOST_USES: i64 = 10;

/// Hex digits of a link's secret, 128 bits: beyond all guessing, and somebody may have to type it on a phone's keys.
const SECRET_DIGITS: usize = 32;

/// What a link brings while it is good.
#[derive(Clone, Debug)]
pub struct ProvisioningLink {
    pub phone: PhoneId,
    /// Not the phone's before [`Store::take_provisioning_link`].
    pub password: SecretString,
}

/// What became of a phone's link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkState {
    pub phone: PhoneId,
    pub expires: UnixMs,
    /// Who has its settings, and since when.
    pub taken: Option<(Taker, UnixMs)>,
}

const PHONE: &str = "SELECT id FROM phones WHERE id = $1 AND kind = 'registers'";
const PUT: &str = "INSERT INTO provisioning_links (phone_id, hash, salt, expires_ms, uses) VALUES ($1, $2, $3, $4, 0) \
     ON CONFLICT (phone_id) DO UPDATE SET hash = excluded.hash, salt = excluded.salt, expires_ms = excluded.expires_ms, \
     uses = 0, taken_by = NULL, taken_ms = NULL";
const EMPTY_OLD: &str = "UPDATE provisioning_links SET salt = '' WHERE expires_ms <= $1";
const GOOD: &str = "SELECT l.phone_id, l.salt FROM provisioning_links l JOIN phones p ON p.id = l.phone_id \
     WHERE l.hash = $1 AND l.expires_ms > $2 AND l.uses < $3 AND l.salt <> '' AND p.kind = 'registers'";
const TAKE: &str = "UPDATE provisioning_links SET uses = uses + 1, taken_by = $3, taken_ms = COALESCE(taken_ms, $2) \
     WHERE hash = $1 AND expires_ms > $2 AND uses < $4 AND (taken_by IS NULL OR (taken_by = $3 AND taken_by <> 'app')) \
     RETURNING phone_id";
const SET_HA1: &str = "UPDATE phones SET ha1 = $1 WHERE id = $2 AND kind = 'registers'";
const DROP: &str = "DELETE FROM provisioning_links WHERE phone_id = $1";
const STATES: &str = "SELECT phone_id, expires_ms, taken_by, taken_ms FROM provisioning_links ORDER BY phone_id";

#[derive(sqlx::FromRow)]
struct StateRow {
    phone_id: i64,
    expires_ms: i64,
    taken_by: Option<String>,
    taken_ms: Option<i64>,
}

impl Store {
    /// The secret of a new link for this phone; an earlier one stops working. The phone's password stays what it is until
    /// the link is used: a phone that rings goes on ringing until there is one in its place.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when there is no such phone, or it does not register.
    pub async fn make_provisioning_link(&self, phone: PhoneId, now: UnixMs) -> Result<String, StoreError> {
        let (mut secret, salt) = (random_hex()?, random_hex()?);
        secret.truncate(SECRET_DIGITS);
        let hash = hash(&secret);
        let expires = now + LINK_LASTS;
        write!(self.db, tx => {
            sqlx::query(EMPTY_OLD).bind(now.0).execute(&mut *tx).await?;
            let known: Option<i64> = sqlx::query_scalar(PHONE).bind(phone.0).fetch_optional(&mut *tx).await?;
            if known.is_none() {
                return Err(StoreError::Gone { what: "phone" });
            }
            let query = sqlx::query(PUT).bind(phone.0).bind(&hash).bind(&salt).bind(expires.0);
            query.execute(&mut *tx).await?;
        });
        Ok(secret)
    }

    /// What the link with this secret brings; `None` when it is not known, expired, used too often, or its phone is gone.
    pub async fn provisioning_link(&self, secret: &str, now: UnixMs) -> Result<Option<ProvisioningLink>, StoreError> {
        let hash = hash(secret);
        let row: Option<(i64, String)> = read!(self.db, pool => {
            sqlx::query_as(GOOD).bind(&hash).bind(now.0).bind(MOST_USES).fetch_optional(pool).await?
        });
        Ok(row.map(|(phone, salt)| ProvisioningLink { phone: PhoneId(phone), password: password(secret, &salt) }))
    }

    /// Gives the link's settings to `taker`: from now on the phone's password is the link's, by its hash `ha1`, and the
    /// one before is refused. Whether it may have them: whoever came first is the only one, and an app has one try.
    pub async fn take_provisioning_link(
        &self,
        secret: &str,
        taker: Taker,
        ha1: &Ha1,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let hash = hash(secret);
        let taker = taker.as_text();
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let query = sqlx::query_scalar(TAKE).bind(&hash).bind(now.0).bind(&taker).bind(MOST_USES);
            let phone: Option<i64> = query.fetch_optional(&mut *tx).await?;
            // Leaving here rolls back.
            let Some(phone) = phone else { return Ok(false) };
            let set = sqlx::query(SET_HA1).bind(&ha1.0).bind(phone).execute(&mut *tx).await?;
            if set.rows_affected() == 0 {
                return Ok(false);
            }
            true
        }))
    }

    /// This phone's link works no more. The password it may have brought stays.
    pub async fn end_provisioning_link(&self, phone: PhoneId) -> Result<(), StoreError> {
        write_one!(self.db, pool => sqlx::query(DROP).bind(phone.0).execute(pool).await.map(|_| ()))?;
        Ok(())
    }

    /// What became of each phone's newest link.
    pub async fn provisioning_links(&self) -> Result<Vec<LinkState>, StoreError> {
        let rows: Vec<StateRow> = read!(self.db, pool => sqlx::query_as(STATES).fetch_all(pool).await?);
        rows.into_iter().map(StateRow::into_state).collect()
    }
}

impl StateRow {
    fn into_state(self) -> Result<LinkState, StoreError> {
        let taken = match (self.taken_by, self.taken_ms) {
            (Some(taker), Some(at)) => {
                Some((parsed("provisioning_links", "taken_by", &taker, Taker::parse)?, UnixMs(at)))
            }
            _ => None,
        };
        Ok(LinkState { phone: PhoneId(self.phone_id), expires: UnixMs(self.expires_ms), taken })
    }
}
