//! Who does not want to be called back. Every write raises the plan's version, so that the call loop hears of it.

use std::collections::BTreeSet;

use super::db::{read, write};
use super::plan::RAISE_VERSION;
use super::row::{number, parsed};
use super::{Store, StoreError};
use crate::caller::Callers;
use crate::number::Number;
use crate::routing::plan::ShopId;

const NOT_CALLED_BACK: &str = "SELECT number FROM not_called_back WHERE shop_id = $1";
const ALL_NOT_CALLED_BACK: &str = "SELECT shop_id, number FROM not_called_back";
pub(super) const IS_NOT_CALLED_BACK: &str = "SELECT number FROM not_called_back WHERE shop_id = $1 AND number = $2";
pub(super) const NEVER_CALL_BACK: &str =
    "INSERT INTO not_called_back (shop_id, number) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const CALL_BACK_AGAIN: &str = "DELETE FROM not_called_back WHERE shop_id = $1 AND number = $2";

impl Store {
    /// Whether they may be called back; if not, nobody owes them a call.
    pub async fn set_called_back(&self, shop: ShopId, number: &Number, may: bool) -> Result<(), StoreError> {
        let (sql, number) = (if may { CALL_BACK_AGAIN } else { NEVER_CALL_BACK }, number.as_str());
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            sqlx::query(sql).bind(shop.0).bind(number).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Whether they do not want to be called back.
    pub async fn is_not_called_back(&self, shop: ShopId, number: &Number) -> Result<bool, StoreError> {
        let found: Option<String> = read!(self.db, pool =>
            sqlx::query_scalar(IS_NOT_CALLED_BACK).bind(shop.0).bind(number.as_str()).fetch_optional(pool).await?);
        Ok(found.is_some())
    }

    /// Who does not want to be called back by this shop.
    pub(super) async fn not_called_back(&self, shop: ShopId) -> Result<BTreeSet<Number>, StoreError> {
        let rows: Vec<String> =
            read!(self.db, pool => sqlx::query_scalar(NOT_CALLED_BACK).bind(shop.0).fetch_all(pool).await?);
        rows.iter().map(|text| parsed("not_called_back", "number", text, number)).collect()
    }

    /// Adds to the index who does not want to be called back.
    pub(super) async fn add_not_called_back(&self, callers: &mut Callers) -> Result<(), StoreError> {
        let never: Vec<(i64, String)> =
            read!(self.db, pool => sqlx::query_as(ALL_NOT_CALLED_BACK).fetch_all(pool).await?);
        for (shop, text) in never {
            callers.never_call_back(ShopId(shop), parsed("not_called_back", "number", &text, number)?);
        }
        Ok(())
    }
}
