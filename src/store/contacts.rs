//! What the owner has written down about a caller: name, note, blocked. Every write raises the plan's version with it.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::db::{read, write};
use super::plan::RAISE_VERSION;
use super::row::{asked, number, packed, parsed, text};
use super::{Store, StoreError};
use crate::folded::folded;
use crate::hex::hex;
use crate::number::Number;
use crate::routing::plan::ShopId;

/// A change of what is written down about a caller. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerEdit {
    /// Empty takes the name away.
    pub name: Option<String>,
    pub note: Option<String>,
    /// A blocked caller's calls are refused, and nobody owes them one.
    pub blocked: Option<bool>,
}

/// What is written down about a caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub name: String,
    pub note: String,
    pub blocked: bool,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edited {
    /// This is written now.
    Done(Written),
    /// Nothing was changed: this was written since it was looked at.
    ChangedMeanwhile(Written),
}

impl Written {
    /// Differs when anything of it does: a form carries it, to tell what its reader saw.
    pub fn tag(&self) -> String {
        let blocked = if self.blocked { "blocked" } else { "" };
        let digest = Sha256::new().chain_update(&self.name).chain_update([0]).chain_update(&self.note);
        hex(&digest.chain_update([0]).chain_update(blocked).finalize()[..8])
    }
}

pub(super) const EDIT_CONTACT: &str = "INSERT INTO contacts (shop_id, number, name, note, name_key, note_key) \
     VALUES ($1, $2, COALESCE($3, ''), COALESCE($4, ''), COALESCE($5, ''), COALESCE($6, '')) \
     ON CONFLICT (shop_id, number) DO UPDATE SET name = COALESCE($3, contacts.name), note = COALESCE($4, contacts.note), \
     name_key = COALESCE($5, contacts.name_key), note_key = COALESCE($6, contacts.note_key)";
const WITHOUT_KEYS: &str =
    "SELECT shop_id, number, name, note FROM contacts WHERE name_key IS NULL OR note_key IS NULL LIMIT 500";
const PUT_KEYS: &str = "UPDATE contacts SET name_key = $3, note_key = $4 WHERE shop_id = $1 AND number = $2";
const DROP_EMPTY: &str = "DELETE FROM contacts WHERE shop_id = $1 AND number = $2 AND name = '' AND note = ''";
const BLOCK: &str = "INSERT INTO blocks (shop_id, number) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const UNBLOCK: &str = "DELETE FROM blocks WHERE shop_id = $1 AND number = $2";
pub(super) const CONTACT: &str = "SELECT name, note FROM contacts WHERE shop_id = $1 AND number = $2";
pub(super) const IS_BLOCKED: &str = "SELECT number FROM blocks WHERE shop_id = $1 AND number = $2";
/// What is written of a caller, as this transaction sees it.
macro_rules! written {
    ($tx:ident, $shop:ident, $number:ident) => {{
        let contact: Option<(String, String)> =
            sqlx::query_as(CONTACT).bind($shop.0).bind($number).fetch_optional(&mut *$tx).await?;
        let blocked: Option<String> =
            sqlx::query_scalar(IS_BLOCKED).bind($shop.0).bind($number).fetch_optional(&mut *$tx).await?;
        let (name, note) = contact.unwrap_or_default();
        Written { name, note, blocked: blocked.is_some() }
    }};
}
pub(super) use written;
const WRITTEN_OF: &str = concat!(
    "WITH RECURSIVE ",
    asked!(),
    "SELECT a.number, COALESCE(k.name, ''), COALESCE(k.note, ''), ",
    "CAST(CASE WHEN b.number IS NULL THEN 0 ELSE 1 END AS BIGINT) FROM asked a ",
    "LEFT JOIN contacts k ON k.shop_id = $2 AND k.number = a.number ",
    "LEFT JOIN blocks b ON b.shop_id = $2 AND b.number = a.number ",
    "WHERE a.number <> '' AND (k.number IS NOT NULL OR b.number IS NOT NULL)"
);
/// So many callers are asked for by one statement.
const ASKED_AT_A_TIME: usize = 200;
const SHOP: &str = "SELECT id FROM shops WHERE id = $1";

impl Store {
    /// Writes down who this caller is; with `seen`, the tag of what was looked at, only when that is still what is written.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is.
    pub async fn edit_caller(
        &self,
        shop: ShopId,
        number: &Number,
        edit: &CallerEdit,
        seen: Option<&str>,
    ) -> Result<Edited, StoreError> {
        let (name, note) = (edit.name.as_deref().map(text), edit.note.as_deref().map(text));
        let number = number.as_str();
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let known: Option<i64> = sqlx::query_scalar(SHOP).bind(shop.0).fetch_optional(&mut *tx).await?;
            if known.is_none() {
                return Err(StoreError::Gone { what: "shop" });
            }
            let before = written!(tx, shop, number);
            if seen.is_some_and(|seen| seen != before.tag()) {
                return Ok(Edited::ChangedMeanwhile(before));
            }
            if name.is_some() || note.is_some() {
                let query = sqlx::query(EDIT_CONTACT).bind(shop.0).bind(number).bind(&name).bind(&note);
                let (name_key, note_key) = (name.as_deref().map(folded), note.as_deref().map(folded));
                query.bind(name_key).bind(note_key).execute(&mut *tx).await?;
                sqlx::query(DROP_EMPTY).bind(shop.0).bind(number).execute(&mut *tx).await?;
            }
            if let Some(blocked) = edit.blocked {
                let sql = if blocked { BLOCK } else { UNBLOCK };
                sqlx::query(sql).bind(shop.0).bind(number).execute(&mut *tx).await?;
            }
            Edited::Done(written!(tx, shop, number))
        }))
    }

    /// Folds what was written before it was kept folded.
    pub(super) async fn fold_contacts(&self) -> Result<(), StoreError> {
        loop {
            let rows: Vec<(i64, String, String, String)> =
                read!(self.db, pool => sqlx::query_as(WITHOUT_KEYS).fetch_all(pool).await?);
            if rows.is_empty() {
                return Ok(());
            }
            write!(self.db, tx => {
                for (shop, number, name, note) in &rows {
                    let query = sqlx::query(PUT_KEYS).bind(shop).bind(number).bind(folded(name)).bind(folded(note));
                    query.execute(&mut *tx).await?;
                }
            });
        }
    }

    /// What is written down about this caller; nothing, for one that nobody has written of.
    pub async fn written(&self, shop: ShopId, number: &Number) -> Result<Written, StoreError> {
        let number = number.as_str();
        let contact: Option<(String, String)> = read!(self.db, pool =>
            sqlx::query_as(CONTACT).bind(shop.0).bind(number).fetch_optional(pool).await?);
        let blocked: Option<String> = read!(self.db, pool =>
            sqlx::query_scalar(IS_BLOCKED).bind(shop.0).bind(number).fetch_optional(pool).await?);
        let (name, note) = contact.unwrap_or_default();
        Ok(Written { name, note, blocked: blocked.is_some() })
    }

    /// The same of many callers; of whom nothing is written is not there.
    pub async fn written_of(&self, shop: ShopId, callers: &[Number]) -> Result<HashMap<Number, Written>, StoreError> {
        let mut found = HashMap::new();
        for some in callers.chunks(ASKED_AT_A_TIME) {
            let asked = packed(some);
            let rows: Vec<(String, String, String, i64)> = read!(self.db, pool =>
                sqlx::query_as(WRITTEN_OF).bind(&asked).bind(shop.0).fetch_all(pool).await?);
            for (text, name, note, blocked) in rows {
                let number = parsed("contacts", "number", &text, number)?;
                found.insert(number, Written { name, note, blocked: blocked != 0 });
            }
        }
        Ok(found)
    }
}
