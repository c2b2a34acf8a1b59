//! The shop's own words in its greeting. Words and sound are one row: a greeting that was answered "saved" is whole.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::db::write;
use super::plan::RAISE_VERSION;
use super::row::{parsed, text, unreadable};
use super::{Store, StoreError};
use crate::routing::plan::{Language, OwnWords, Part, ShopId};

pub(super) const GREETINGS: &str =
    "SELECT shop_id, language, part, words, samples FROM greetings ORDER BY shop_id, language, part";
const SHOP: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM shops WHERE id = $1";
const PUT: &str = "INSERT INTO greetings (shop_id, language, part, words, samples) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (shop_id, language, part) DO UPDATE SET words = excluded.words, samples = excluded.samples";
const DROP: &str = "DELETE FROM greetings WHERE shop_id = $1 AND language = $2 AND part = $3";
const SET_ALSO: &str = "UPDATE shops SET greeting_also = $2 WHERE id = $1";

#[derive(sqlx::FromRow)]
pub(super) struct GreetingRow {
    pub shop_id: i64,
    language: String,
    part: String,
    words: String,
    samples: String,
}

impl GreetingRow {
    pub(super) fn into_words(self) -> Result<OwnWords, StoreError> {
        // The sound itself is nothing for a log.
        let samples = STANDARD.decode(&self.samples).map_err(|_| unreadable("greetings", "samples", "(a sound)"))?;
        Ok(OwnWords {
            language: parsed("greetings", "language", &self.language, Language::parse)?,
            part: parsed("greetings", "part", &self.part, Part::parse)?,
            words: self.words.into(),
            samples: samples.into(),
        })
    }
}

impl Store {
    /// Puts these words in the place of the shop's own of the same language and part.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is.
    pub async fn set_own_words(&self, shop: ShopId, own: &OwnWords) -> Result<(), StoreError> {
        let samples = STANDARD.encode(&own.samples);
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let known: i64 = sqlx::query_scalar(SHOP).bind(shop.0).fetch_one(&mut *tx).await?;
            if known == 0 {
                return Err(StoreError::Gone { what: "shop" });
            }
            let query = sqlx::query(PUT).bind(shop.0).bind(own.language.as_str()).bind(own.part.as_str());
            query.bind(text(&own.words)).bind(&samples).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Our voice says this part again.
    ///
    /// # Errors
    /// The database's own.
    pub async fn drop_own_words(&self, shop: ShopId, language: Language, part: Part) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let query = sqlx::query(DROP).bind(shop.0).bind(language.as_str()).bind(part.as_str());
            query.execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// A language that the greeting speaks after the shop's own.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is.
    pub async fn set_greeting_also(&self, shop: ShopId, also: Option<Language>) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let query = sqlx::query(SET_ALSO).bind(shop.0).bind(also.map(Language::as_str));
            if query.execute(&mut *tx).await?.rows_affected() == 0 {
                return Err(StoreError::Gone { what: "shop" });
            }
        });
        Ok(())
    }
}
