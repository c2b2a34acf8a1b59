//! All that is kept about one caller, erased. Their calls stay as rows of somebody who withheld their number: what is
//! counted stays true.

use uuid::Uuid;

use super::db::{read, write};
use super::plan::RAISE_VERSION;
use super::row::parsed;
use super::same_person::{LEAVE_PERSON, LEFT_ALONE, NAME_ANEW, leave_person};
use super::{Store, StoreError};
use crate::number::Number;
use crate::routing::plan::ShopId;

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the files of the recordings are still there"]
pub enum Erased {
    /// Nothing of them is in the database. These recordings were theirs: their files are to be deleted.
    Done { recordings: Vec<Uuid> },
    /// A call of theirs is going on; nothing was done.
    OnTheLine,
}

const LIVE: &str = "SELECT id FROM calls WHERE caller = $1 AND shop_id = $2 AND ended_ms IS NULL LIMIT 1";
pub(super) const RECORDINGS: &str = "SELECT m.recording FROM calls c JOIN voice_messages m ON m.call_id = c.id \
     WHERE c.caller = $1 AND c.shop_id = $2";
/// In this order; `$1` is the number, `$2` the shop. Whatever else is kept by a caller's number belongs here too.
pub(super) const ERASE: [&str; 13] = [
    "DELETE FROM voice_messages WHERE call_id IN (SELECT id FROM calls WHERE caller = $1 AND shop_id = $2)",
    // What ended a call may be words of the network about them: by whom it was ended is all that stays.
    "UPDATE call_events SET detail = COALESCE((SELECT c.ended_by FROM calls c WHERE c.id = call_events.call_id), '') \
     WHERE kind = 'ended' AND call_id IN (SELECT id FROM calls WHERE caller = $1 AND shop_id = $2)",
    // Whom a call was given to may be a number.
    "UPDATE call_events SET detail = '' WHERE kind = 'transferred' \
     AND call_id IN (SELECT id FROM calls WHERE caller = $1 AND shop_id = $2)",
    // The shop's own words for what callers want say nothing of who; whatever else was typed may.
    "UPDATE wrap_ups SET detail = '' WHERE wanted <> 'own' \
     AND call_id IN (SELECT id FROM calls WHERE caller = $1 AND shop_id = $2)",
    // Nobody can be promised anything any more, so nobody is asked.
    "UPDATE wrap_ups SET promise = 'nothing' WHERE promise = 'unasked' \
     AND call_id IN (SELECT id FROM calls WHERE caller = $1 AND shop_id = $2)",
    "DELETE FROM promises WHERE number = $1 AND shop_id = $2",
    "DELETE FROM contacts WHERE number = $1 AND shop_id = $2",
    "DELETE FROM blocks WHERE number = $1 AND shop_id = $2",
    "DELETE FROM claims WHERE number = $1 AND shop_id = $2",
    "DELETE FROM settlements WHERE number = $1 AND shop_id = $2",
    "DELETE FROM not_called_back WHERE number = $1 AND shop_id = $2",
    // What was dialled is the number too; what the call was called by its carrier is of no use any more.
    "UPDATE calls SET called = '' WHERE direction = 'out' AND caller = $1 AND shop_id = $2",
    // Last: it is found by the number no more.
    "UPDATE calls SET caller = NULL, caller_raw = '', caller_display = '', withheld = 1, nth_call = 0, \
     call_key = 'erased ' || id WHERE caller = $1 AND shop_id = $2",
];

// Other callers' calls that were given to them, as its number.
pub(super) const UNNAME: &str = "UPDATE call_events SET detail = '' WHERE kind = 'transferred' AND detail = $1 \
     AND EXISTS (SELECT 1 FROM calls c WHERE c.id = call_events.call_id AND c.shop_id = $2)";
// Files of callers that were looked at name them too, each shop's in one text.
const DROP_FILES: &str = "DELETE FROM caller_files WHERE shop_id = $1";

impl Store {
    /// Whether a call of theirs is going on.
    pub async fn is_on_the_line(&self, shop: ShopId, number: &Number) -> Result<bool, StoreError> {
        let live: Option<String> = read!(self.db, pool =>
            sqlx::query_scalar(LIVE).bind(number.as_str()).bind(shop.0).fetch_optional(pool).await?);
        Ok(live.is_some())
    }

    /// Erases everything about this caller of this shop, at once or not at all.
    pub async fn erase_caller(&self, shop: ShopId, number: &Number) -> Result<Erased, StoreError> {
        let number = number.as_str();
        let names: Vec<String> = write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let live: Option<String> =
                sqlx::query_scalar(LIVE).bind(number).bind(shop.0).fetch_optional(&mut *tx).await?;
            if live.is_some() {
                return Ok(Erased::OnTheLine);
            }
            let names = sqlx::query_scalar(RECORDINGS).bind(number).bind(shop.0).fetch_all(&mut *tx).await?;
            for sql in ERASE {
                sqlx::query(sql).bind(number).bind(shop.0).execute(&mut *tx).await?;
            }
            sqlx::query(UNNAME).bind(number).bind(shop.0).execute(&mut *tx).await?;
            sqlx::query(DROP_FILES).bind(shop.0).execute(&mut *tx).await?;
            leave_person!(tx, shop, number);
            names
        });
        let id = |name: &String| parsed("voice_messages", "recording", name, |text| Uuid::parse_str(text).ok());
        Ok(Erased::Done { recordings: names.iter().map(id).collect::<Result<_, _>>()? })
    }
}
