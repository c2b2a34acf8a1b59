//! A file of callers that somebody has looked at, and then takes in: what they did not see is not written.

use serde::{Deserialize, Serialize};

use super::contacts::{CONTACT, EDIT_CONTACT, IS_BLOCKED, Written, written};
use super::db::write;
use super::plan::RAISE_VERSION;
use super::row::text;
use super::tokens::{hash, random_hex};
use super::{Store, StoreError};
use crate::folded::folded;
use crate::now::UnixMs;
use crate::routing::plan::ShopId;

/// A caller of a file, as they are to be written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCard {
    /// In E.164.
    pub number: String,
    pub name: String,
    /// The whole note: what was there, and what the file says besides.
    pub note: String,
    /// Of what was written when it was looked at ([`Written::tag`]).
    pub seen: String,
}

/// What an import has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub added: usize,
    pub changed: usize,
    /// Somebody had written something else of them meanwhile: that stands.
    pub left: usize,
}

/// So many callers are written at a time: a call's row must not wait for all of them.
const AT_A_TIME: usize = 50;
/// Who looks at a file and goes away has done nothing; what they looked at goes too.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

const DROP_OLD: &str = "DELETE FROM caller_files WHERE made_ms < $1";
const PUT: &str = "INSERT INTO caller_files (hash, shop_id, made_ms, cards) VALUES ($1, $2, $3, $4)";
const TAKE: &str = "DELETE FROM caller_files WHERE hash = $1 AND shop_id = $2 RETURNING cards";

impl Store {
    /// Keeps what somebody has looked at for a day. The secret by which they take it in.
    pub async fn keep_file(&self, shop: ShopId, cards: &[FileCard], now: UnixMs) -> Result<String, StoreError> {
        let secret = random_hex()?;
        let json = text(&serde_json::to_string(cards).unwrap_or_default());
        write!(self.db, tx => {
            sqlx::query(DROP_OLD).bind(now.0 - KEPT_MS).execute(&mut *tx).await?;
            let query = sqlx::query(PUT).bind(hash(&secret)).bind(shop.0).bind(now.0).bind(&json);
            query.execute(&mut *tx).await?;
        });
        Ok(secret)
    }

    /// Drops what was looked at a day ago and never taken in.
    pub async fn drop_old_files(&self, now: UnixMs) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(DROP_OLD).bind(now.0 - KEPT_MS).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Takes in the file of this secret. `None`: it was taken in already, or is too old. A name that differs from one that
    /// somebody has written is taken only with `names`.
    pub async fn take_in(
        &self,
        shop: ShopId,
        secret: &str,
        names: bool,
        now: UnixMs,
    ) -> Result<Option<Imported>, StoreError> {
        let json: Option<String> = write!(self.db, tx => {
            sqlx::query(DROP_OLD).bind(now.0 - KEPT_MS).execute(&mut *tx).await?;
            sqlx::query_scalar(TAKE).bind(hash(secret)).bind(shop.0).fetch_optional(&mut *tx).await?
        });
        let Some(cards) = json.and_then(|json| serde_json::from_str::<Vec<FileCard>>(&json).ok()) else {
            return Ok(None);
        };
        let mut done = Imported::default();
        for cards in cards.chunks(AT_A_TIME) {
            let some = self.write_cards(shop, cards, names).await?;
            done.added += some.added;
            done.changed += some.changed;
            done.left += some.left;
        }
        Ok(Some(done))
    }

    async fn write_cards(&self, shop: ShopId, cards: &[FileCard], names: bool) -> Result<Imported, StoreError> {
        let mut done = Imported::default();
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            for card in cards {
                let number = card.number.as_str();
                let before = written!(tx, shop, number);
                if before.tag() != card.seen {
                    done.left += 1;
                    continue;
                }
                let is_new = before.name.is_empty() && before.note.is_empty();
                let name = if before.name.is_empty() || names { text(&card.name) } else { before.name.clone() };
                let name = if name.is_empty() { before.name.clone() } else { name };
                let note = text(&card.note);
                if name == before.name && note == before.note {
                    continue;
                }
                let query = sqlx::query(EDIT_CONTACT).bind(shop.0).bind(number).bind(&name).bind(&note);
                query.bind(folded(&name)).bind(folded(&note)).execute(&mut *tx).await?;
                if is_new { done.added += 1 } else { done.changed += 1 }
            }
        });
        Ok(done)
    }
}
