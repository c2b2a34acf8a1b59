//! Tablets beside the till that show the live call and nothing else. Each is paired by a one-time link and kept by a cookie
//! of its own kind, which opens no other page; of both only hashes are kept.

use std::time::Duration;

use super::db::{read, write, write_one};
use super::owners::before;
use super::plan::NEXT_ID;
use super::tokens::{hash, random_hex};
use super::{Store, StoreError};
use crate::now::UnixMs;
use crate::routing::plan::ShopId;

/// A screen, or a link that waits for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    pub id: i64,
    pub shop: ShopId,
    /// `None`: nobody has used the link yet.
    pub paired: Option<UnixMs>,
    /// When it was last here, to within some minutes.
    pub seen: Option<UnixMs>,
}

/// The tablet is in somebody's hand when the link is made.
pub const PAIRING_LASTS: Duration = Duration::from_secs(15 * 60);
/// A screen that has not come for so long is somebody else's tablet now.
pub const SCREEN_IDLE: Duration = Duration::from_secs(60 * 24 * 3600);
/// Coming back is written down at most so often.
const SEEN_EVERY: Duration = Duration::from_secs(600);

const PUT: &str = "INSERT INTO counter_screens (id, shop_id, pairing, pairing_expires_ms) VALUES ($1, $2, $3, $4)";
const DROP_OLD: &str = "DELETE FROM counter_screens WHERE (hash IS NULL AND pairing_expires_ms <= $1) OR seen_ms <= $2";
const PAIR: &str = "UPDATE counter_screens SET pairing = NULL, hash = $3, paired_ms = $2, seen_ms = $2 \
     WHERE pairing = $1 AND pairing_expires_ms > $2 RETURNING shop_id";
const WAITS: &str = "SELECT shop_id FROM counter_screens WHERE pairing = $1 AND pairing_expires_ms > $2";
const KNOWN: &str = "SELECT id, shop_id, seen_ms FROM counter_screens WHERE hash = $1 AND seen_ms > $2";
const SEEN: &str = "UPDATE counter_screens SET seen_ms = $1 WHERE id = $2";
const ALL: &str = "SELECT id, shop_id, paired_ms, seen_ms FROM counter_screens \
     WHERE shop_id = $1 AND (hash IS NOT NULL OR pairing_expires_ms > $2) ORDER BY id";
const DROP: &str = "DELETE FROM counter_screens WHERE id = $1 AND shop_id = $2";

impl Store {
    /// The secret of a link that pairs one tablet with this shop.
    pub async fn make_screen_link(&self, shop: ShopId, now: UnixMs) -> Result<String, StoreError> {
        let secret = random_hex()?;
        let (pairing, expires) = (hash(&secret), now + PAIRING_LASTS);
        let idle = before(now, SCREEN_IDLE);
        write!(self.db, tx => {
            let id: i64 = sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?;
            sqlx::query(DROP_OLD).bind(now.0).bind(idle).execute(&mut *tx).await?;
            sqlx::query(PUT).bind(id).bind(shop.0).bind(&pairing).bind(expires.0).execute(&mut *tx).await?;
        });
        Ok(secret)
    }

    /// The shop that a link still pairs with. Looking does not use it up.
    pub async fn screen_link(&self, secret: &str, now: UnixMs) -> Result<Option<ShopId>, StoreError> {
        let pairing = hash(secret);
        let shop: Option<i64> =
            read!(self.db, pool => sqlx::query_scalar(WAITS).bind(&pairing).bind(now.0).fetch_optional(pool).await?);
        Ok(shop.map(ShopId))
    }

    /// Uses the link up; the secret for the tablet's cookie. `None`: it is not known, used or too old.
    pub async fn pair_screen(&self, secret: &str, now: UnixMs) -> Result<Option<String>, StoreError> {
        let (pairing, cookie) = (hash(secret), random_hex()?);
        let kept = hash(&cookie);
        let shop: Option<i64> = write!(self.db, tx => {
            let query = sqlx::query_scalar(PAIR).bind(&pairing).bind(now.0).bind(&kept);
            query.fetch_optional(&mut *tx).await?
        });
        Ok(shop.map(|_| cookie))
    }

    /// The screen with this secret in its cookie.
    pub async fn screen(&self, secret: &str, now: UnixMs) -> Result<Option<ShopId>, StoreError> {
        let (hash, idle) = (hash(secret), before(now, SCREEN_IDLE));
        let row: Option<(i64, i64, i64)> =
            read!(self.db, pool => sqlx::query_as(KNOWN).bind(&hash).bind(idle).fetch_optional(pool).await?);
        let Some((id, shop, seen)) = row else { return Ok(None) };
        if Duration::from_millis(now.since(UnixMs(seen))) > SEEN_EVERY {
            write_one!(self.db, pool => sqlx::query(SEEN).bind(now.0).bind(id).execute(pool).await.map(|_| ()))?;
        }
        Ok(Some(ShopId(shop)))
    }

    /// All of a shop, and the links that wait.
    pub async fn screens(&self, shop: ShopId, now: UnixMs) -> Result<Vec<Screen>, StoreError> {
        let rows: Vec<(i64, i64, Option<i64>, Option<i64>)> =
            read!(self.db, pool => sqlx::query_as(ALL).bind(shop.0).bind(now.0).fetch_all(pool).await?);
        let screen = |(id, shop, paired, seen): (i64, i64, Option<i64>, Option<i64>)| Screen {
            id,
            shop: ShopId(shop),
            paired: paired.map(UnixMs),
            seen: seen.map(UnixMs),
        };
        Ok(rows.into_iter().map(screen).collect())
    }

    /// This screen, or link, of the shop is worth nothing from now on.
    pub async fn end_screen(&self, shop: ShopId, id: i64) -> Result<(), StoreError> {
        write_one!(self.db, pool => {
            sqlx::query(DROP).bind(id).bind(shop.0).execute(pool).await.map(|_| ())
        })?;
        Ok(())
    }
}
