//! The hours of a shop and what stands above them, as its owner sets them one by one. Every write raises the plan's
//! version with it.

use super::db::{read, write};
use super::plan::{NEXT_ID, PUT_CLOSURE, RAISE_VERSION, hours};
use super::row::{parsed, text};
use super::{Store, StoreError};
use crate::routing::closed_days::DayChange;
use crate::routing::plan::{Closure, Country, Override, ShopId};
use crate::routing::{Hours, HoursTag, local_time};

/// What became of hours that somebody wanted to save.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "somebody else may have saved other hours first"]
pub enum Saved {
    Done,
    /// Nothing was saved: the hours are no longer those that this change was made from, but these.
    ChangedMeanwhile(Option<Hours>),
}

/// Every call looks at all closures of its shop, and again for each that follows another without a gap: so many are
/// looked at in a few milliseconds, and last for decades.
pub const MAX_CLOSURES: i64 = 1000;

const HOURS: &str = "SELECT hours, country FROM shops WHERE id = $1";
const SET_HOURS: &str = "UPDATE shops SET hours = $2 WHERE id = $1";
const SET_OVERRIDE: &str = "UPDATE shops SET override_state = $2, override_until_ms = $3 WHERE id = $1";
const COUNT_CLOSURES: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM closures WHERE shop_id = $1";
const CLOSED_DAYS_YEAR: &str = "SELECT closed_days_year FROM shops WHERE id = $1";
const SET_CLOSED_DAYS_YEAR: &str = "UPDATE shops SET closed_days_year = $2 WHERE id = $1";
const DROP_CLOSURE: &str = "DELETE FROM closures WHERE shop_id = $1 AND id = $2";

impl Store {
    /// Sets the weekly hours; `None`: none are set, and the desk phones ring day and night. With `seen`, only if the
    /// hours are still those of that tag.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is; [`StoreError::OtherCountry`] when they were read for another country than the
    /// shop's.
    pub async fn set_hours(
        &self,
        shop: ShopId,
        new: Option<&Hours>,
        seen: Option<&HoursTag>,
    ) -> Result<Saved, StoreError> {
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let row: Option<(Option<String>, String)> =
                sqlx::query_as(HOURS).bind(shop.0).fetch_optional(&mut *tx).await?;
            let Some((stored, country)) = row else { return Err(StoreError::Gone { what: "shop" }) };
            let country = of_country(new, &country)?;
            let stored = hours("shops", stored, country)?;
            if seen.is_some_and(|seen| *seen != HoursTag::of(stored.as_ref())) {
                // Leaving here rolls back.
                return Ok(Saved::ChangedMeanwhile(stored));
            }
            sqlx::query(SET_HOURS).bind(shop.0).bind(new.map(Hours::as_str)).execute(&mut *tx).await?;
            Saved::Done
        }))
    }

    /// "Open now until …", "close now until …"; `None` takes it back.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is.
    pub async fn set_override(&self, shop: ShopId, said: Option<Override>) -> Result<(), StoreError> {
        let state = said.map(|said| said.state.as_str());
        let until = said.map(|said| said.until.0);
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let set = sqlx::query(SET_OVERRIDE).bind(shop.0).bind(state).bind(until).execute(&mut *tx).await?;
            if set.rows_affected() == 0 {
                return Err(StoreError::Gone { what: "shop" });
            }
        });
        Ok(())
    }

    /// Adds a dated closure or extra opening, and returns its id; the one in `closure` says nothing.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] above [`MAX_CLOSURES`]; [`StoreError::Gone`] when the shop is; [`StoreError::OtherCountry`]
    /// when its hours were read for another country than the shop's.
    pub async fn add_closure(&self, shop: ShopId, closure: &Closure) -> Result<i64, StoreError> {
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let known: Option<(Option<String>, String)> =
                sqlx::query_as(HOURS).bind(shop.0).fetch_optional(&mut *tx).await?;
            let Some((_, country)) = known else { return Err(StoreError::Gone { what: "shop" }) };
            of_country(closure.open.as_ref(), &country)?;
            let there: i64 = sqlx::query_scalar(COUNT_CLOSURES).bind(shop.0).fetch_one(&mut *tx).await?;
            if there >= MAX_CLOSURES {
                return Err(StoreError::TooMany { what: "closures", most: MAX_CLOSURES });
            }
            let id: i64 = sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?;
            let query = sqlx::query(PUT_CLOSURE).bind(id).bind(shop.0).bind(local_time::written(closure.from));
            let query = query.bind(local_time::written(closure.to)).bind(text(&closure.why));
            query.bind(closure.open.as_ref().map(Hours::as_str)).execute(&mut *tx).await?;
            id
        }))
    }

    /// The last year whose closed days the owner has said; 0: none.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is.
    pub async fn closed_days_year(&self, shop: ShopId) -> Result<i32, StoreError> {
        let year: Option<i64> =
            read!(self.db, pool => sqlx::query_scalar(CLOSED_DAYS_YEAR).bind(shop.0).fetch_optional(pool).await?);
        let year = year.ok_or(StoreError::Gone { what: "shop" })?;
        Ok(i32::try_from(year).unwrap_or(0))
    }

    /// Writes down all that the owner has said of single days, or nothing of it, and that `year` has been asked about.
    ///
    /// # Errors
    /// [`StoreError::TooMany`] above [`MAX_CLOSURES`]; [`StoreError::Gone`] when the shop is; [`StoreError::OtherCountry`]
    /// when its hours were read for another country than the shop's.
    pub async fn set_closed_days(&self, shop: ShopId, days: &[DayChange], year: i32) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let known: Option<(Option<String>, String)> =
                sqlx::query_as(HOURS).bind(shop.0).fetch_optional(&mut *tx).await?;
            let Some((_, country)) = known else { return Err(StoreError::Gone { what: "shop" }) };
            for id in days.iter().flat_map(|day| &day.delete) {
                sqlx::query(DROP_CLOSURE).bind(shop.0).bind(*id).execute(&mut *tx).await?;
            }
            for closure in days.iter().filter_map(|day| day.add.as_ref()) {
                of_country(closure.open.as_ref(), &country)?;
                let id: i64 = sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?;
                let query = sqlx::query(PUT_CLOSURE).bind(id).bind(shop.0).bind(local_time::written(closure.from));
                let query = query.bind(local_time::written(closure.to)).bind(text(&closure.why));
                query.bind(closure.open.as_ref().map(Hours::as_str)).execute(&mut *tx).await?;
            }
            let there: i64 = sqlx::query_scalar(COUNT_CLOSURES).bind(shop.0).fetch_one(&mut *tx).await?;
            if there > MAX_CLOSURES {
                return Err(StoreError::TooMany { what: "closures", most: MAX_CLOSURES });
            }
            sqlx::query(SET_CLOSED_DAYS_YEAR).bind(shop.0).bind(i64::from(year)).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Deletes a closure or extra opening of this shop. Whether it was there.
    pub async fn delete_closure(&self, shop: ShopId, id: i64) -> Result<bool, StoreError> {
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let dropped = sqlx::query(DROP_CLOSURE).bind(shop.0).bind(id).execute(&mut *tx).await?.rows_affected();
            if dropped == 0 {
                return Ok(false);
            }
            true
        }))
    }
}

/// The shop's country, for which hours must have been read: the next reading would fail at days that are not known there.
fn of_country(new: Option<&Hours>, stored: &str) -> Result<Country, StoreError> {
    let country = parsed("shops", "country", stored, Country::parse)?;
    if new.is_some_and(|new| new.country() != country) { Err(StoreError::OtherCountry) } else { Ok(country) }
}
