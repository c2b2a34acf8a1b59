//! The owner's wishes: read as one plan, replaced a shop at a time.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::db::{read, write};
use super::greetings::{GREETINGS, GreetingRow};
use super::row::{number, parsed, text, unreadable};
use super::{Store, StoreError};
use crate::folded::folded;
use crate::notice::Address;
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::Plan;
use crate::routing::hours::Hours;
use crate::routing::local_time;
use crate::routing::plan::{
    Closure, Country, Ha1, Language, Line, Override, OverrideState, OwnGreeting, Phone, PhoneId, Shop, ShopId,
};

/// All that an owner has set for one shop.
#[derive(Clone, Debug)]
pub struct ShopSettings {
    /// When written, the ids in it say nothing: the store knows the shop and its phones by their names.
    pub shop: Shop,
    pub contacts: Vec<Contact>,
}

/// A caller the owner knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    pub number: Number,
    pub name: String,
    pub note: String,
}

const PLAN_VERSION: &str = "SELECT value FROM settings WHERE name = 'plan_version'";
const SHOPS: &str = "SELECT id, name, time_zone, country, calls_to, language, hours, give_up_after_s, notify, override_state, \
     override_until_ms, call_back_ring, drill_before_opening, greeting_also FROM shops ORDER BY id";
const NUMBERS: &str = "SELECT shop_id, number FROM shop_numbers ORDER BY shop_id, position";
const PHONES: &str = "SELECT id, shop_id, name, kind, line, ha1, after_s, hours, off_until_ms FROM phones \
     ORDER BY shop_id, position";
const CLOSURES: &str =
    "SELECT id, shop_id, from_local, to_local, why, open_hours FROM closures ORDER BY shop_id, from_local, id";
const BLOCKS: &str = "SELECT shop_id, number FROM blocks";
const CONTACTS: &str = "SELECT number, name, note FROM contacts WHERE shop_id = $1 ORDER BY number";

// Raising the version comes first in every write: on PostgreSQL its row is what makes writers take turns.
pub(super) const RAISE_VERSION: &str = "UPDATE settings SET value = value + 1 WHERE name = 'plan_version'";
pub(super) const NEXT_ID: &str = "UPDATE settings SET value = value + 1 WHERE name = 'last_id' RETURNING value";
pub(super) const SHOP_ID: &str = "SELECT id FROM shops WHERE name = $1";
pub(super) const NUMBER_TAKEN: &str = "SELECT s.name FROM shop_numbers n JOIN shops s ON s.id = n.shop_id \
     WHERE n.number = $1 AND s.name <> $2";
const USER_TAKEN: &str = "SELECT s.name FROM phones p JOIN shops s ON s.id = p.shop_id \
     WHERE p.kind = 'registers' AND p.line = $1 AND s.name <> $2";
pub(super) const PUT_SHOP: &str = "INSERT INTO shops (id, name, time_zone, country, language, hours, give_up_after_s, notify, \
     calls_to, call_back_ring) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE SET \
     time_zone = excluded.time_zone, country = excluded.country, calls_to = excluded.calls_to, language = excluded.language, hours = excluded.hours, \
     give_up_after_s = excluded.give_up_after_s, notify = excluded.notify, call_back_ring = excluded.call_back_ring";
const SET_CALL_BACK_RING: &str = "UPDATE shops SET call_back_ring = $2 WHERE id = $1";
const SET_DRILL_BEFORE_OPENING: &str = "UPDATE shops SET drill_before_opening = $2 WHERE id = $1";
pub(super) const DROP_NUMBERS: &str = "DELETE FROM shop_numbers WHERE shop_id = $1";
pub(super) const PUT_NUMBER: &str = "INSERT INTO shop_numbers (number, shop_id, position) VALUES ($1, $2, $3)";
const OLD_PHONES: &str = "SELECT id, name, off_until_ms, ha1 FROM phones WHERE shop_id = $1";
const DROP_PHONES: &str = "DELETE FROM phones WHERE shop_id = $1";
pub(super) const DROP_LINKS: &str = "DELETE FROM provisioning_links WHERE phone_id = $1";
pub(super) const PUT_PHONE: &str = "INSERT INTO phones (id, shop_id, position, name, kind, line, ha1, after_s, hours, \
     off_until_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const DROP_CLOSURES: &str = "DELETE FROM closures WHERE shop_id = $1";
pub(super) const PUT_CLOSURE: &str =
    "INSERT INTO closures (id, shop_id, from_local, to_local, why, open_hours) VALUES ($1, $2, $3, $4, $5, $6)";
const DROP_CONTACTS: &str = "DELETE FROM contacts WHERE shop_id = $1";
const PUT_CONTACT: &str = "INSERT INTO contacts (shop_id, number, name, note, name_key, note_key) \
     VALUES ($1, $2, $3, $4, $5, $6)";
const DROP_BLOCKS: &str = "DELETE FROM blocks WHERE shop_id = $1";
const PUT_BLOCK: &str = "INSERT INTO blocks (shop_id, number) VALUES ($1, $2)";

#[derive(sqlx::FromRow)]
struct ShopRow {
    id: i64,
    name: String,
    time_zone: String,
    country: String,
    calls_to: Option<String>,
    language: String,
    hours: Option<String>,
    give_up_after_s: i64,
    notify: String,
    override_state: Option<String>,
    override_until_ms: Option<i64>,
    call_back_ring: i64,
    drill_before_opening: i64,
    greeting_also: Option<String>,
}

#[derive(sqlx::FromRow)]
struct PhoneRow {
    id: i64,
    shop_id: i64,
    name: String,
    kind: String,
    line: String,
    ha1: Option<String>,
    after_s: i64,
    hours: Option<String>,
    off_until_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct ClosureRow {
    id: i64,
    shop_id: i64,
    from_local: String,
    to_local: String,
    why: String,
    open_hours: Option<String>,
}

impl Store {
    /// The whole plan.
    ///
    /// # Errors
    /// A value in the tables that this version of the program cannot read, besides the database's own.
    pub async fn plan(&self) -> Result<Plan, StoreError> {
        // The version first, and again at the end: a write in between is read anew, so that no plan mixes two.
        loop {
            let version = self.plan_version().await?;
            let shops = self.shops().await?;
            if self.plan_version().await? == version {
                return Ok(Plan { version, shops });
            }
        }
    }

    /// Raised by every write of the owner's settings, by whichever process.
    pub async fn plan_version(&self) -> Result<i64, StoreError> {
        Ok(read!(self.db, pool => sqlx::query_scalar(PLAN_VERSION).fetch_one(pool).await?))
    }

    /// All that is set for the shop of this name.
    pub async fn shop_settings(&self, name: &str) -> Result<Option<ShopSettings>, StoreError> {
        let plan = self.plan().await?;
        let Some(shop) = plan.shops.iter().find(|shop| shop.name == name) else { return Ok(None) };
        let rows: Vec<(String, String, String)> =
            read!(self.db, pool => sqlx::query_as(CONTACTS).bind(shop.id.0).fetch_all(pool).await?);
        let contact = |(text, name, note): (String, String, String)| {
            Ok(Contact { number: parsed("contacts", "number", &text, number)?, name, note })
        };
        let contacts = rows.into_iter().map(contact).collect::<Result<_, StoreError>>()?;
        Ok(Some(ShopSettings { shop: Shop::clone(shop), contacts }))
    }

    /// Makes the shop of this name what `new` says, whole, or leaves it as it is. A phone that keeps its name keeps its
    /// id and its "off until"; the shop keeps its id, its override and its calls.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another shop has one of its numbers or users.
    pub async fn replace_shop(&self, new: &ShopSettings) -> Result<ShopId, StoreError> {
        let shop = &new.shop;
        let notify = text(&shop.notify.iter().map(Address::text).collect::<Vec<_>>().join("\n"));
        let country = String::from_utf8_lossy(&shop.country.0).into_owned();
        let calls_to = shop.calls_to.iter().map(Country::as_str).collect::<Vec<_>>().join(" ");
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            for number in &shop.numbers {
                let other = sqlx::query_scalar(NUMBER_TAKEN).bind(number.as_str()).bind(&shop.name);
                refuse_taken("number", number.as_str(), other.fetch_optional(&mut *tx).await?)?;
            }
            for phone in &shop.phones {
                let Line::Registers { user, .. } = &phone.line else { continue };
                let other = sqlx::query_scalar(USER_TAKEN).bind(user).bind(&shop.name);
                refuse_taken("user", user, other.fetch_optional(&mut *tx).await?)?;
            }

            let known: Option<i64> = sqlx::query_scalar(SHOP_ID).bind(&shop.name).fetch_optional(&mut *tx).await?;
            let id = match known {
                Some(id) => id,
                None => sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?,
            };
            let query = sqlx::query(PUT_SHOP).bind(id).bind(&shop.name).bind(shop.time_zone.name()).bind(&country);
            let query = query.bind(shop.language.as_str()).bind(shop.hours.as_ref().map(Hours::as_str));
            let query = query.bind(seconds(shop.give_up_after)).bind(&notify).bind(&calls_to);
            query.bind(i64::from(shop.call_back_ring)).execute(&mut *tx).await?;

            sqlx::query(DROP_NUMBERS).bind(id).execute(&mut *tx).await?;
            for (position, number) in (0_i64..).zip(&shop.numbers) {
                sqlx::query(PUT_NUMBER).bind(number.as_str()).bind(id).bind(position).execute(&mut *tx).await?;
            }

            let old: Vec<(i64, String, Option<i64>, Option<String>)> =
                sqlx::query_as(OLD_PHONES).bind(id).fetch_all(&mut *tx).await?;
            let mut old: HashMap<String, (i64, Option<i64>, Option<String>)> =
                old.into_iter().map(|(id, name, off_until, ha1)| (name, (id, off_until, ha1))).collect();
            sqlx::query(DROP_PHONES).bind(id).execute(&mut *tx).await?;
            for (position, phone) in (0_i64..).zip(&shop.phones) {
                let (phone_id, off_until, old_ha1) = match old.remove(&*phone.name) {
                    Some(known) => known,
                    None => (sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?, None, None),
                };
                let (kind, line, ha1) = line_columns(&phone.line);
                // A link brings a password of its own: it must not undo the one that the owner has just set.
                if old_ha1.as_deref() != ha1 {
                    sqlx::query(DROP_LINKS).bind(phone_id).execute(&mut *tx).await?;
                }
                let query = sqlx::query(PUT_PHONE).bind(phone_id).bind(id).bind(position).bind(&*phone.name);
                let query = query.bind(kind).bind(line).bind(ha1).bind(seconds(phone.after));
                let hours = phone.hours.as_ref().map(Hours::as_str);
                query.bind(hours).bind(off_until).execute(&mut *tx).await?;
            }
            for (gone, ..) in old.into_values() {
                sqlx::query(DROP_LINKS).bind(gone).execute(&mut *tx).await?;
            }

            sqlx::query(DROP_CLOSURES).bind(id).execute(&mut *tx).await?;
            for closure in &shop.closures {
                let closure_id: i64 = sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?;
                let query = sqlx::query(PUT_CLOSURE).bind(closure_id).bind(id).bind(local_time::written(closure.from));
                let query = query.bind(local_time::written(closure.to)).bind(text(&closure.why));
                query.bind(closure.open.as_ref().map(Hours::as_str)).execute(&mut *tx).await?;
            }

            sqlx::query(DROP_CONTACTS).bind(id).execute(&mut *tx).await?;
            for contact in &new.contacts {
                let query = sqlx::query(PUT_CONTACT).bind(id).bind(contact.number.as_str());
                let query = query.bind(text(&contact.name)).bind(text(&contact.note));
                query.bind(folded(&contact.name)).bind(folded(&contact.note)).execute(&mut *tx).await?;
            }

            sqlx::query(DROP_BLOCKS).bind(id).execute(&mut *tx).await?;
            for number in &shop.blocked {
                sqlx::query(PUT_BLOCK).bind(id).bind(number.as_str()).execute(&mut *tx).await?;
            }
            ShopId(id)
        }))
    }

    /// Whether free phones of `shop` ring once for a caller who has just given up.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is.
    pub async fn set_call_back_ring(&self, shop: ShopId, rings: bool) -> Result<(), StoreError> {
        self.switch(SET_CALL_BACK_RING, shop, rings).await
    }

    /// Whether the phones of `shop` ring once ten minutes before each opening.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the shop is.
    pub async fn set_drill_before_opening(&self, shop: ShopId, rings: bool) -> Result<(), StoreError> {
        self.switch(SET_DRILL_BEFORE_OPENING, shop, rings).await
    }

    async fn switch(&self, sql: &'static str, shop: ShopId, on: bool) -> Result<(), StoreError> {
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let set = sqlx::query(sql).bind(shop.0).bind(i64::from(on)).execute(&mut *tx).await?;
            if set.rows_affected() == 0 {
                return Err(StoreError::Gone { what: "shop" });
            }
        });
        Ok(())
    }

    async fn shops(&self) -> Result<Vec<Arc<Shop>>, StoreError> {
        let shops: Vec<ShopRow> = read!(self.db, pool => sqlx::query_as(SHOPS).fetch_all(pool).await?);
        let numbers: Vec<(i64, String)> = read!(self.db, pool => sqlx::query_as(NUMBERS).fetch_all(pool).await?);
        let phones: Vec<PhoneRow> = read!(self.db, pool => sqlx::query_as(PHONES).fetch_all(pool).await?);
        let closures: Vec<ClosureRow> = read!(self.db, pool => sqlx::query_as(CLOSURES).fetch_all(pool).await?);
        let blocks: Vec<(i64, String)> = read!(self.db, pool => sqlx::query_as(BLOCKS).fetch_all(pool).await?);
        let greetings: Vec<GreetingRow> = read!(self.db, pool => sqlx::query_as(GREETINGS).fetch_all(pool).await?);

        let mut whole = shops.into_iter().map(ShopRow::into_shop).collect::<Result<Vec<_>, _>>()?;
        // What belongs to no shop was written after the shops were read; the plan is then read anew.
        let at = |whole: &[Shop], id: i64| whole.iter().position(|shop| shop.id.0 == id);
        for (shop, text) in numbers {
            let Some(at) = at(&whole, shop) else { continue };
            whole[at].numbers.push(parsed("shop_numbers", "number", &text, number)?);
        }
        for phone in phones {
            let Some(at) = at(&whole, phone.shop_id) else { continue };
            let country = whole[at].country;
            whole[at].phones.push(phone.into_phone(country)?);
        }
        for closure in closures {
            let Some(at) = at(&whole, closure.shop_id) else { continue };
            let country = whole[at].country;
            whole[at].closures.push(closure.into_closure(country)?);
        }
        for (shop, text) in blocks {
            let Some(at) = at(&whole, shop) else { continue };
            whole[at].blocked.insert(parsed("blocks", "number", &text, number)?);
        }
        for greeting in greetings {
            let Some(at) = at(&whole, greeting.shop_id) else { continue };
            whole[at].greeting.words.push(greeting.into_words()?);
        }
        Ok(whole.into_iter().map(Arc::new).collect())
    }
}

impl ShopRow {
    fn into_shop(self) -> Result<Shop, StoreError> {
        let country = parsed("shops", "country", &self.country, Country::parse)?;
        let hours_override = match (self.override_state, self.override_until_ms) {
            (Some(state), Some(until)) => Some(Override {
                state: parsed("shops", "override_state", &state, OverrideState::parse)?,
                until: UnixMs(until),
            }),
            _ => None,
        };
        let also =
            self.greeting_also.map(|also| parsed("shops", "greeting_also", &also, Language::parse)).transpose()?;
        Ok(Shop {
            id: ShopId(self.id),
            time_zone: parsed("shops", "time_zone", &self.time_zone, |text| text.parse().ok())?,
            country,
            calls_to: match &self.calls_to {
                Some(text) => text
                    .split_whitespace()
                    .map(|code| parsed("shops", "calls_to", code, Country::parse))
                    .collect::<Result<_, _>>()?,
                None => vec![country],
            },
            language: parsed("shops", "language", &self.language, Language::parse)?,
            hours: hours("shops", self.hours, country)?,
            numbers: Vec::new(),
            give_up_after: duration("shops", "give_up_after_s", self.give_up_after_s)?,
            // One that an earlier version took and this one does not is nobody's reason to ring no phone.
            notify: self.notify.lines().filter_map(|line| Address::parse(line).ok()).collect(),
            phones: Vec::new(),
            closures: Vec::new(),
            hours_override,
            blocked: BTreeSet::new(),
            call_back_ring: self.call_back_ring != 0,
            drill_before_opening: self.drill_before_opening != 0,
            greeting: OwnGreeting { words: Vec::new(), also },
            name: self.name,
        })
    }
}

impl PhoneRow {
    fn into_phone(self, country: Country) -> Result<Phone, StoreError> {
        let line = match (self.kind.as_str(), self.ha1) {
            ("registers", Some(ha1)) => Line::Registers { user: self.line, ha1: Ha1(ha1) },
            ("fixed", None) => Line::Fixed { contact: self.line },
            ("cell", None) => Line::Cell { number: parsed("phones", "line", &self.line, number)? },
            _ => return Err(unreadable("phones", "kind", &self.kind)),
        };
        Ok(Phone {
            id: PhoneId(self.id),
            name: Arc::from(self.name),
            line,
            after: duration("phones", "after_s", self.after_s)?,
            hours: hours("phones", self.hours, country)?,
            off_until: self.off_until_ms.map(UnixMs),
        })
    }
}

impl ClosureRow {
    fn into_closure(self, country: Country) -> Result<Closure, StoreError> {
        Ok(Closure {
            id: self.id,
            from: parsed("closures", "from_local", &self.from_local, local_time::read_minute)?,
            to: parsed("closures", "to_local", &self.to_local, local_time::read_minute)?,
            why: self.why,
            open: hours("closures", self.open_hours, country)?,
        })
    }
}

fn refuse_taken(what: &'static str, value: &str, shop: Option<String>) -> Result<(), StoreError> {
    match shop {
        Some(shop) => Err(StoreError::Taken { what, value: value.to_owned(), shop }),
        None => Ok(()),
    }
}

pub(super) fn line_columns(line: &Line) -> (&'static str, &str, Option<&str>) {
    match line {
        Line::Registers { user, ha1 } => ("registers", user, Some(&ha1.0)),
        Line::Fixed { contact } => ("fixed", contact, None),
        Line::Cell { number } => ("cell", number.as_str(), None),
    }
}

pub(super) fn hours(table: &'static str, text: Option<String>, country: Country) -> Result<Option<Hours>, StoreError> {
    text.map(|text| parsed(table, "hours", &text, |text| Hours::parse(text, country).ok())).transpose()
}

pub(super) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

fn duration(table: &'static str, column: &'static str, seconds: i64) -> Result<Duration, StoreError> {
    u64::try_from(seconds).map(Duration::from_secs).map_err(|_| unreadable(table, column, &seconds.to_string()))
}
