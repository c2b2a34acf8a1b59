//! What a shop is called and where it is, its numbers and where its notices go, as its owner sets them in the page.

use super::db::write;
use super::plan::{DROP_NUMBERS, NEXT_ID, NUMBER_TAKEN, PUT_NUMBER, PUT_SHOP, RAISE_VERSION, SHOP_ID};
use super::row::{parsed, text};
use super::{Store, StoreError};
use crate::notice::Address;
use crate::number::Number;
use crate::routing::Hours;
use crate::routing::plan::{Country, GIVE_UP_DEFAULT, Language, ShopId};

/// What every shop has from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopBasics {
    pub name: String,
    pub time_zone: chrono_tz::Tz,
    pub country: Country,
    pub language: Language,
}

const SET: &str = "UPDATE shops SET name = $2, time_zone = $3, country = $4, language = $5 WHERE id = $1";
const SET_CALLS_TO: &str = "UPDATE shops SET calls_to = $2 WHERE id = $1 AND (calls_to IS NULL OR calls_to = $3)";
const COUNTRY: &str = "SELECT country FROM shops WHERE id = $1";
const SET_NOTIFY: &str = "UPDATE shops SET notify = $2 WHERE id = $1";
const SHOP_NAME: &str = "SELECT name FROM shops WHERE id = $1";
const HOURS: &str = "SELECT hours FROM shops WHERE id = $1 AND hours IS NOT NULL UNION ALL \
     SELECT hours FROM phones WHERE shop_id = $1 AND hours IS NOT NULL UNION ALL \
     SELECT open_hours FROM closures WHERE shop_id = $1 AND open_hours IS NOT NULL";

impl Store {
    /// A new shop, of which nothing else is set.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when there is one of this name.
    pub async fn create_shop(&self, basics: &ShopBasics) -> Result<ShopId, StoreError> {
        let (name, country) = (text(&basics.name), basics.country.as_str());
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let known: Option<i64> = sqlx::query_scalar(SHOP_ID).bind(&name).fetch_optional(&mut *tx).await?;
            if known.is_some() {
                return Err(StoreError::Taken { what: "name", value: name.clone(), shop: name });
            }
            let id: i64 = sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?;
            let query = sqlx::query(PUT_SHOP).bind(id).bind(&name).bind(basics.time_zone.name()).bind(country);
            let query = query.bind(basics.language.as_str()).bind(None::<String>).bind(GIVE_UP_DEFAULT.as_secs() as i64).bind("");
            query.bind(country).bind(1_i64).execute(&mut *tx).await?;
            ShopId(id)
        }))
    }

    /// Sets them. In another country the phones may call there, unless the owner has said where.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another shop has this name; [`StoreError::OtherCountry`] when hours or an extra opening
    /// cannot be read for this country; [`StoreError::Gone`] when the shop is.
    pub async fn set_shop_basics(&self, shop: ShopId, basics: &ShopBasics) -> Result<(), StoreError> {
        let (name, country) = (text(&basics.name), basics.country.as_str());
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let known: Option<i64> = sqlx::query_scalar(SHOP_ID).bind(&name).fetch_optional(&mut *tx).await?;
            if known.is_some_and(|id| id != shop.0) {
                return Err(StoreError::Taken { what: "name", value: name.clone(), shop: name });
            }
            let old: Option<String> = sqlx::query_scalar(COUNTRY).bind(shop.0).fetch_optional(&mut *tx).await?;
            let old = parsed("shops", "country", &old.ok_or(StoreError::Gone { what: "shop" })?, Country::parse)?;
            if old != basics.country {
                let hours: Vec<String> = sqlx::query_scalar(HOURS).bind(shop.0).fetch_all(&mut *tx).await?;
                if hours.iter().any(|hours| Hours::parse(hours, basics.country).is_err()) {
                    return Err(StoreError::OtherCountry);
                }
                let query = sqlx::query(SET_CALLS_TO).bind(shop.0).bind(country).bind(old.as_str());
                query.execute(&mut *tx).await?;
            }
            let query = sqlx::query(SET).bind(shop.0).bind(&name).bind(basics.time_zone.name()).bind(country);
            query.bind(basics.language.as_str()).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// The numbers that are this shop's, in place of those before.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another shop has one of them; [`StoreError::Gone`] when the shop is.
    pub async fn set_numbers(&self, shop: ShopId, numbers: &[Number]) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let name: Option<String> = sqlx::query_scalar(SHOP_NAME).bind(shop.0).fetch_optional(&mut *tx).await?;
            let name = name.ok_or(StoreError::Gone { what: "shop" })?;
            sqlx::query(DROP_NUMBERS).bind(shop.0).execute(&mut *tx).await?;
            for (position, number) in (0_i64..).zip(numbers) {
                let other = sqlx::query_scalar(NUMBER_TAKEN).bind(number.as_str()).bind(&name);
                let other: Option<String> = other.fetch_optional(&mut *tx).await?;
                if let Some(shop) = other {
                    return Err(StoreError::Taken { what: "number", value: number.as_str().to_owned(), shop });
                }
                sqlx::query(PUT_NUMBER).bind(number.as_str()).bind(shop.0).bind(position).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Where notices go, in place of where they went.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is.
    pub async fn set_notify(&self, shop: ShopId, addresses: &[Address]) -> Result<(), StoreError> {
        let notify = text(&addresses.iter().map(Address::text).collect::<Vec<_>>().join("\n"));
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let set = sqlx::query(SET_NOTIFY).bind(shop.0).bind(&notify).execute(&mut *tx).await?;
            if set.rows_affected() == 0 {
                return Err(StoreError::Gone { what: "shop" });
            }
        });
        Ok(())
    }
}
