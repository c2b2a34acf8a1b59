//! The phones of a shop, as its owner sets them one by one. Every write raises the plan's version with it, so that the
//! call loop has it at once.

use std::time::Duration;

use super::db::write;
use super::plan::{DROP_LINKS, NEXT_ID, PUT_PHONE, RAISE_VERSION, line_columns, seconds};
use super::row::text;
use super::{Store, StoreError};
use crate::now::UnixMs;
use crate::routing::Hours;
use crate::routing::plan::{Country, Phone, PhoneId, ShopId};

/// A call rings all of a wave at once: more phones than a small shop has, and fewer than a call could not bear.
pub const MAX_PHONES: i64 = 64;

const COUNTRY: &str = "SELECT country FROM shops WHERE id = $1";
const NAMED: &str = "SELECT id FROM phones WHERE shop_id = $1 AND name = $2";
const SAME_LINE: &str = "SELECT s.name FROM phones p JOIN shops s ON s.id = p.shop_id \
     WHERE p.kind = $1 AND p.line = $2 AND (p.kind = 'registers' OR p.shop_id = $3)";
const COUNT: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM phones WHERE shop_id = $1";
const LAST_POSITION: &str = "SELECT CAST(COALESCE(MAX(position), -1) AS BIGINT) FROM phones WHERE shop_id = $1";
const SET_NAME: &str = "UPDATE phones SET name = $3 WHERE shop_id = $1 AND id = $2";
const SET_HOURS: &str = "UPDATE phones SET hours = $3 WHERE shop_id = $1 AND id = $2";
const SET_AFTER: &str = "UPDATE phones SET after_s = $3 WHERE shop_id = $1 AND id = $2";
const SET_OFF_UNTIL: &str = "UPDATE phones SET off_until_ms = $3 WHERE shop_id = $1 AND id = $2";
const SET_HA1: &str = "UPDATE phones SET ha1 = $3 WHERE shop_id = $1 AND id = $2 AND kind = 'registers'";
const DROP: &str = "DELETE FROM phones WHERE shop_id = $1 AND id = $2";
const FORGET_OWN: &str = "UPDATE owners SET phone_id = NULL WHERE phone_id = $1";

impl Store {
    /// Adds a phone behind the others, and returns its id; the one in `phone` says nothing.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the shop has a phone of this name, address or number, or any shop one of this user;
    /// [`StoreError::TooMany`] above [`MAX_PHONES`]; [`StoreError::Gone`] when the shop is.
    pub async fn add_phone(&self, shop: ShopId, phone: &Phone) -> Result<PhoneId, StoreError> {
        let (kind, line, ha1) = line_columns(&phone.line);
        let hours = phone.hours.as_ref().map(Hours::as_str);
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let country: Option<String> = sqlx::query_scalar(COUNTRY).bind(shop.0).fetch_optional(&mut *tx).await?;
            of_country(phone.hours.as_ref(), country)?;
            let named: Option<i64> =
                sqlx::query_scalar(NAMED).bind(shop.0).bind(&*phone.name).fetch_optional(&mut *tx).await?;
            if named.is_some() {
                return Err(taken("name", &phone.name, String::new()));
            }
            let same = sqlx::query_scalar(SAME_LINE).bind(kind).bind(line).bind(shop.0);
            let same: Option<String> = same.fetch_optional(&mut *tx).await?;
            if let Some(by) = same {
                return Err(taken("line", line, by));
            }
            let there: i64 = sqlx::query_scalar(COUNT).bind(shop.0).fetch_one(&mut *tx).await?;
            if there >= MAX_PHONES {
                return Err(StoreError::TooMany { what: "phones", most: MAX_PHONES });
            }
            let last: i64 = sqlx::query_scalar(LAST_POSITION).bind(shop.0).fetch_one(&mut *tx).await?;
            let id: i64 = sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?;
            let query = sqlx::query(PUT_PHONE).bind(id).bind(shop.0).bind(last + 1).bind(text(&phone.name));
            let query = query.bind(kind).bind(line).bind(ha1).bind(seconds(phone.after)).bind(hours);
            query.bind(phone.off_until.map(|until| until.0)).execute(&mut *tx).await?;
            PhoneId(id)
        }))
    }

    /// # Errors
    /// [`StoreError::Taken`] when another phone of the shop has this name; [`StoreError::Gone`] when the phone is.
    pub async fn rename_phone(&self, shop: ShopId, phone: PhoneId, name: &str) -> Result<(), StoreError> {
        let name = text(name);
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let named: Option<i64> =
                sqlx::query_scalar(NAMED).bind(shop.0).bind(&name).fetch_optional(&mut *tx).await?;
            if named.is_some_and(|id| id != phone.0) {
                return Err(taken("name", &name, String::new()));
            }
            let set = sqlx::query(SET_NAME).bind(shop.0).bind(phone.0).bind(&name).execute(&mut *tx).await?;
            there(set.rows_affected())?;
        });
        Ok(())
    }

    /// Hours of its own; `None`: the shop's.
    ///
    /// # Errors
    /// [`StoreError::OtherCountry`] when they were read for another country than the shop's; [`StoreError::Gone`] when the
    /// phone is.
    pub async fn set_phone_hours(&self, shop: ShopId, phone: PhoneId, hours: Option<&Hours>) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let country: Option<String> = sqlx::query_scalar(COUNTRY).bind(shop.0).fetch_optional(&mut *tx).await?;
            of_country(hours, country)?;
            let query = sqlx::query(SET_HOURS).bind(shop.0).bind(phone.0).bind(hours.map(Hours::as_str));
            there(query.execute(&mut *tx).await?.rows_affected())?;
        });
        Ok(())
    }

    /// Its wave: rung so long after the call began.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the phone is.
    pub async fn set_phone_wave(&self, shop: ShopId, phone: PhoneId, after: Duration) -> Result<(), StoreError> {
        self.set_of_phone(SET_AFTER, shop, phone, Some(seconds(after))).await
    }

    /// "I'm off until …"; `None`: back at work.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the phone is.
    pub async fn set_phone_off(&self, shop: ShopId, phone: PhoneId, until: Option<UnixMs>) -> Result<(), StoreError> {
        self.set_of_phone(SET_OFF_UNTIL, shop, phone, until.map(|until| until.0)).await
    }

    /// Another password, by its hash: the one before is refused from now on, and a link that waits works no more.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when there is no such phone, or it does not register.
    pub async fn set_phone_password(&self, shop: ShopId, phone: PhoneId, ha1: &str) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let set = sqlx::query(SET_HA1).bind(shop.0).bind(phone.0).bind(ha1).execute(&mut *tx).await?;
            there(set.rows_affected())?;
            sqlx::query(DROP_LINKS).bind(phone.0).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Removes a phone. Whether it was there.
    pub async fn remove_phone(&self, shop: ShopId, phone: PhoneId) -> Result<bool, StoreError> {
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let dropped = sqlx::query(DROP).bind(shop.0).bind(phone.0).execute(&mut *tx).await?.rows_affected();
            if dropped == 0 {
                return Ok(false);
            }
            sqlx::query(DROP_LINKS).bind(phone.0).execute(&mut *tx).await?;
            sqlx::query(FORGET_OWN).bind(phone.0).execute(&mut *tx).await?;
            true
        }))
    }

    async fn set_of_phone(
        &self,
        statement: &'static str,
        shop: ShopId,
        phone: PhoneId,
        value: Option<i64>,
    ) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let query = sqlx::query(statement).bind(shop.0).bind(phone.0).bind(value);
            there(query.execute(&mut *tx).await?.rows_affected())?;
        });
        Ok(())
    }
}

fn there(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::Gone { what: "phone" }) } else { Ok(()) }
}

fn taken(what: &'static str, value: &str, shop: String) -> StoreError {
    StoreError::Taken { what, value: value.to_owned(), shop }
}

/// Hours must have been read for the shop's country: the next reading would fail at days that are not known there.
fn of_country(hours: Option<&Hours>, stored: Option<String>) -> Result<(), StoreError> {
    let stored = stored.ok_or(StoreError::Gone { what: "shop" })?;
    let country = Country::parse(&stored);
    if hours.is_some_and(|hours| Some(hours.country()) != country) { Err(StoreError::OtherCountry) } else { Ok(()) }
}
