//! People who use the page: owners, who may change everything, and staff. An installation never loses its last owner.

use super::db::{read, write, write_one};
use super::owners::{ABSOLUTE_END, IDLE_END, LINK_LASTS, LINK_REMEMBERED, SIGN_OUT_EVERYWHERE, before};
use super::plan::{NEXT_ID, RAISE_VERSION};
use super::row::parsed;
use super::tokens::{hash, random_hex};
use super::{OwnerId, Store, StoreError};
use crate::now::UnixMs;
use crate::routing::plan::PhoneId;
use crate::spelling::spelled_as;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Owner,
    /// Answer, claim and note.
    Staff,
}

spelled_as! {
    Role { Owner = "owner", Staff = "staff" }
}

/// Somebody who may use the page, or will when they have used their link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: OwnerId,
    pub email: String,
    pub role: Role,
    /// Their own.
    pub phone: Option<PhoneId>,
    /// They have chosen a password.
    pub is_set_up: bool,
    /// So many browsers are signed in.
    pub sign_ins: i64,
    /// When one of them was last here, to within some minutes.
    pub seen: Option<UnixMs>,
}

/// Whether a change was made that the last owner would not survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "nothing was changed for the last owner"]
pub enum PersonChange {
    Done,
    /// Nothing was changed: nobody would be left who may change anything.
    LastOwner,
}

const PEOPLE: &str = "SELECT o.id, o.email, o.role, o.phone_id, CAST(CASE WHEN o.password IS NULL THEN 0 ELSE 1 END AS BIGINT), \
     CAST(COUNT(s.hash) AS BIGINT), MAX(s.seen_ms) FROM owners o \
     LEFT JOIN sign_ins s ON s.owner_id = o.id AND s.began_ms > $1 AND s.seen_ms > $2 \
     GROUP BY o.id, o.email, o.role, o.phone_id, o.password ORDER BY o.email";
pub(super) const OWNER_ID: &str = "SELECT id FROM owners WHERE email = $1";
const PUT: &str = "INSERT INTO owners (id, email, role) VALUES ($1, $2, $3)";
const SET_ROLE: &str = "UPDATE owners SET role = $2 WHERE id = $1";
const SET_PHONE: &str = "UPDATE owners SET phone_id = $2 WHERE id = $1";
const PUT_LINK: &str = "INSERT INTO set_up_links (hash, owner_id, expires_ms) VALUES ($1, $2, $3)";
const DROP_LINKS: &str =
    "DELETE FROM set_up_links WHERE (owner_id = $1 AND used_ms IS NULL AND hash <> $2) OR expires_ms < $3";
const OTHER_OWNER: &str =
    "SELECT id FROM owners WHERE role = 'owner' AND password IS NOT NULL AND id <> $1 ORDER BY id LIMIT 1";
const IS_OWNER: &str = "SELECT id FROM owners WHERE id = $1 AND role = 'owner' AND password IS NOT NULL";
const ANYBODY: &str = "SELECT o.id FROM owners o WHERE o.email <> '' AND (o.password IS NOT NULL OR EXISTS (\
     SELECT 1 FROM set_up_links l WHERE l.owner_id = o.id AND l.used_ms IS NULL AND l.expires_ms > $1)) \
     ORDER BY o.id LIMIT 1";
const OWNERS: &str = "SELECT email FROM owners WHERE role = 'owner' AND password IS NOT NULL ORDER BY email";
const DROP: &str = "DELETE FROM owners WHERE id = $1";
const DROP_SET_UP: &str = "DELETE FROM set_up_links WHERE owner_id = $1";

/// Whoever uses the link of the first start says who they are when they use it.
const NOBODY_YET: &str = "";

/// id, e-mail, role, phone, whether set up, how many browsers, when one was last here.
type Row = (i64, String, String, Option<i64>, i64, i64, Option<i64>);

impl Store {
    /// Everybody, by their e-mail.
    pub async fn people(&self, now: UnixMs) -> Result<Vec<Person>, StoreError> {
        let (oldest, idle) = (before(now, ABSOLUTE_END), before(now, IDLE_END));
        let rows: Vec<Row> =
            read!(self.db, pool => sqlx::query_as(PEOPLE).bind(oldest).bind(idle).fetch_all(pool).await?);
        rows.into_iter().filter(|row| row.1 != NOBODY_YET).map(person).collect()
    }

    /// The e-mail of everybody who may change everything.
    pub async fn owners(&self) -> Result<Vec<String>, StoreError> {
        Ok(read!(self.db, pool => sqlx::query_scalar(OWNERS).fetch_all(pool).await?))
    }

    /// A new one-time link's secret for this person, who gets this role and is made when there is none. Links made for
    /// them earlier and not used stop working.
    pub async fn invite(&self, email: &str, role: Role, now: UnixMs) -> Result<String, StoreError> {
        let email = email.to_lowercase();
        let secret = random_hex()?;
        let hash = hash(&secret);
        let (expires, forgotten) = (now + LINK_LASTS, before(now, LINK_REMEMBERED));
        write!(self.db, tx => {
            let known: Option<i64> = sqlx::query_scalar(OWNER_ID).bind(&email).fetch_optional(&mut *tx).await?;
            let id = match known {
                Some(id) => {
                    sqlx::query(SET_ROLE).bind(id).bind(role.as_str()).execute(&mut *tx).await?;
                    id
                }
                None => {
                    let id: i64 = sqlx::query_scalar(NEXT_ID).fetch_one(&mut *tx).await?;
                    sqlx::query(PUT).bind(id).bind(&email).bind(role.as_str()).execute(&mut *tx).await?;
                    id
                }
            };
            sqlx::query(PUT_LINK).bind(&hash).bind(id).bind(expires.0).execute(&mut *tx).await?;
            sqlx::query(DROP_LINKS).bind(id).bind(&hash).bind(forgotten).execute(&mut *tx).await?;
        });
        Ok(secret)
    }

    /// A one-time link's secret for whoever sets this installation up; `None`: somebody has, or may still by their own link.
    pub async fn invite_the_first(&self, now: UnixMs) -> Result<Option<String>, StoreError> {
        let anybody: Option<i64> =
            read!(self.db, pool => sqlx::query_scalar(ANYBODY).bind(now.0).fetch_optional(pool).await?);
        if anybody.is_some() { Ok(None) } else { self.invite(NOBODY_YET, Role::Owner, now).await.map(Some) }
    }

    /// Gives somebody another role.
    pub async fn set_role(&self, person: OwnerId, role: Role) -> Result<PersonChange, StoreError> {
        Ok(write!(self.db, tx => {
            // On PostgreSQL the row of the version is what makes writers take turns: two owners must not let each other go.
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            if role == Role::Staff {
                let is: Option<i64> = sqlx::query_scalar(IS_OWNER).bind(person.0).fetch_optional(&mut *tx).await?;
                let other: Option<i64> =
                    sqlx::query_scalar(OTHER_OWNER).bind(person.0).fetch_optional(&mut *tx).await?;
                if is.is_some() && other.is_none() {
                    return Ok(PersonChange::LastOwner);
                }
            }
            sqlx::query(SET_ROLE).bind(person.0).bind(role.as_str()).execute(&mut *tx).await?;
            PersonChange::Done
        }))
    }

    /// Removes somebody: their browsers are signed out, their links work no more.
    pub async fn remove_person(&self, person: OwnerId) -> Result<PersonChange, StoreError> {
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let is: Option<i64> = sqlx::query_scalar(IS_OWNER).bind(person.0).fetch_optional(&mut *tx).await?;
            let other: Option<i64> = sqlx::query_scalar(OTHER_OWNER).bind(person.0).fetch_optional(&mut *tx).await?;
            if is.is_some() && other.is_none() {
                return Ok(PersonChange::LastOwner);
            }
            sqlx::query(SIGN_OUT_EVERYWHERE).bind(person.0).execute(&mut *tx).await?;
            sqlx::query(DROP_SET_UP).bind(person.0).execute(&mut *tx).await?;
            sqlx::query(DROP).bind(person.0).execute(&mut *tx).await?;
            PersonChange::Done
        }))
    }

    /// Which phone is theirs.
    pub async fn set_own_phone(&self, person: OwnerId, phone: Option<PhoneId>) -> Result<(), StoreError> {
        let phone = phone.map(|phone| phone.0);
        write_one!(self.db, pool => {
            sqlx::query(SET_PHONE).bind(person.0).bind(phone).execute(pool).await.map(|_| ())
        })?;
        Ok(())
    }

    /// All of somebody's browsers are signed in no more.
    pub async fn sign_out_everywhere(&self, person: OwnerId) -> Result<(), StoreError> {
        write_one!(self.db, pool => {
            sqlx::query(SIGN_OUT_EVERYWHERE).bind(person.0).execute(pool).await.map(|_| ())
        })?;
        Ok(())
    }
}

fn person((id, email, role, phone, is_set_up, sign_ins, seen): Row) -> Result<Person, StoreError> {
    Ok(Person {
        id: OwnerId(id),
        email,
        role: parsed("owners", "role", &role, Role::parse)?,
        phone: phone.map(PhoneId),
        is_set_up: is_set_up != 0,
        sign_ins,
        seen: seen.map(UnixMs),
    })
}
