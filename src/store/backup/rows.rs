//! The rows of every table, from one store into another, whichever databases they have.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Row};

use super::super::db::{read, snapshot, write};
use super::super::plan::RAISE_VERSION;
use super::super::row::{MAX_ROWS, Texts};
use super::super::{Store, StoreError};
use super::BackupError;
use crate::now::UnixMs;

/// What becomes of rows that an installation has where a backup comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    /// The backup's take their place.
    Go,
    /// The same, but only those that this condition is true of; its `$1` is when the restore began. Who calls meanwhile,
    /// and what people then say of calls, is in no backup.
    GoWhere(&'static str),
    /// They open a door to somebody for a while: a backup has none, and who was shown out since must not come in again.
    End,
    /// They belong to this machine: the backup's come only where there are none.
    Stay,
}

/// Of a call that was over when the restore began.
macro_rules! of_old_call {
    () => {
        "call_id NOT IN (SELECT id FROM calls WHERE ended_ms IS NULL OR ended_ms >= $1)"
    };
}

/// Every table, parents before children.
const TABLES: [(&str, Own); 27] = [
    ("settings", Own::Stay),
    ("shops", Own::Go),
    ("shop_numbers", Own::Go),
    ("phones", Own::Go),
    ("closures", Own::Go),
    ("contacts", Own::Go),
    ("blocks", Own::Go),
    ("calls", Own::GoWhere("ended_ms < $1")),
    ("call_events", Own::GoWhere(of_old_call!())),
    ("tokens", Own::Go),
    ("bindings", Own::Stay),
    ("secrets", Own::Stay),
    ("voice_messages", Own::GoWhere(of_old_call!())),
    ("claims", Own::GoWhere("claimed_ms < $1")),
    ("settlements", Own::GoWhere("settled_ms < $1")),
    ("owners", Own::Go),
    ("set_up_links", Own::End),
    ("sign_ins", Own::End),
    ("provisioning_links", Own::Go),
    ("not_called_back", Own::Go),
    ("same_person", Own::Go),
    ("caller_files", Own::Go),
    ("greetings", Own::Go),
    ("counter_screens", Own::End),
    ("wrap_ups", Own::GoWhere(concat!("said_ms < $1 AND ", of_old_call!()))),
    ("promises", Own::GoWhere(concat!("made_ms < $1 AND ", of_old_call!()))),
    ("wanted_words", Own::Go),
];

const COLUMNS: &str = "SELECT name, type FROM pragma_table_info($1) ORDER BY cid";
const VERSION: &str = "SELECT value FROM settings WHERE name = 'plan_version'";
const LAST_ID: &str = "SELECT value FROM settings WHERE name = 'last_id'";
// A running service knows phones and shops by these: none may come to mean another.
const RAISE_LAST_ID: &str =
    "UPDATE settings SET value = CASE WHEN value < $1 THEN $1 ELSE value END WHERE name = 'last_id'";
const RAISE_RESTORES: &str = "UPDATE settings SET value = value + 1 WHERE name = 'restores'";
const CALLS: &str = "SELECT id FROM calls";

/// What a column of ours may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    Text,
}

/// A table, and the texts that read and write all of it.
struct Table {
    own: Own,
    columns: Vec<Kind>,
    /// Which of them says what call a row is of, where a call's rows may stay.
    call: Option<usize>,
    select: String,
    count: String,
    delete: String,
    insert: Texts,
}

impl Table {
    /// Those of [`TABLES`], by the columns that `sqlite` has.
    async fn all(sqlite: &Store) -> Result<Vec<Table>, StoreError> {
        let mut tables = Vec::with_capacity(TABLES.len());
        for (name, own) in TABLES {
            let columns: Vec<(String, String)> =
                read!(sqlite.db, pool => sqlx::query_as(COLUMNS).bind(name).fetch_all(pool).await?);
            let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
            let call = if name == "calls" { "id" } else { "call_id" };
            let call = names.iter().position(|name| *name == call).filter(|_| matches!(own, Own::GoWhere(_)));
            let names = names.join(", ");
            let kind = |(_, kind): &(String, String)| if kind == "TEXT" { Kind::Text } else { Kind::Integer };
            tables.push(Table {
                own,
                columns: columns.iter().map(kind).collect(),
                call,
                select: format!("SELECT {names} FROM {name}"),
                count: format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {name}"),
                delete: format!("DELETE FROM {name}"),
                insert: Texts::of(name, &names, "ON CONFLICT DO NOTHING"),
            });
        }
        Ok(tables)
    }
}

/// What the rows come to.
#[derive(Clone, Copy)]
enum Target {
    /// It has nothing but what a new database has.
    Backup,
    Installation(Moment),
}

/// What an installation was when a restore began.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub at: UnixMs,
    pub plan_version: i64,
}

/// All rows of `from`, as they are at one moment, in place of all that `to` has: a new backup, in SQLite.
pub(super) async fn copy(from: &Store, to: &Store) -> Result<(), BackupError> {
    put(from, to, &Table::all(to).await?, Target::Backup).await
}

/// All rows of the backup `from`, in SQLite, in place of those of `to`: at once, or not at all. Refused when somebody has
/// changed the settings since `began`: no copy would have them.
pub(super) async fn replace(from: &Store, to: &Store, began: Moment) -> Result<(), BackupError> {
    put(from, to, &Table::all(from).await?, Target::Installation(began)).await
}

async fn put(from: &Store, to: &Store, tables: &[Table], into: Target) -> Result<(), BackupError> {
    let places = to.db.places();
    snapshot!(from.db, source => write!(to.db, target => {
        if let Target::Installation(began) = into {
            // First of all, as in every write of the settings: whoever else writes them waits, and has nothing yet that
            // this waits for.
            sqlx::query(RAISE_VERSION).execute(&mut *target).await?;
            let version: i64 = sqlx::query_scalar(VERSION).fetch_one(&mut *target).await?;
            if version != began.plan_version + 1 {
                return Err(BackupError::ChangedMeanwhile);
            }
            let last_id: i64 = sqlx::query_scalar(LAST_ID).fetch_one(&mut *source).await?;
            sqlx::query(RAISE_LAST_ID).bind(last_id).execute(&mut *target).await?;
            sqlx::query(RAISE_RESTORES).execute(&mut *target).await?;
        }
        for table in tables.iter().rev() {
            let delete = match (into, table.own) {
                (Target::Backup, _) | (_, Own::Go | Own::End) => sqlx::query(AssertSqlSafe(table.delete.clone())),
                (Target::Installation(began), Own::GoWhere(old)) => {
                    sqlx::query(AssertSqlSafe(format!("{} WHERE {old}", table.delete))).bind(began.at.0)
                }
                (Target::Installation(_), Own::Stay) => continue,
            };
            delete.execute(&mut *target).await?;
        }
        // A call that stays has all its rows, also where the backup has it from when it lived.
        let stay: Vec<String> = sqlx::query_scalar(CALLS).fetch_all(&mut *target).await?;
        let stay: HashSet<String> = stay.into_iter().collect();
        for table in tables.iter().filter(|table| table.own != Own::End) {
            if matches!((into, table.own), (Target::Installation(_), Own::Stay)) {
                let own: i64 = sqlx::query_scalar(AssertSqlSafe(table.count.clone())).fetch_one(&mut *target).await?;
                if own > 0 {
                    continue;
                }
            }
            let mut rows = sqlx::query(AssertSqlSafe(table.select.clone())).fetch(&mut *source);
            let mut batch = Vec::with_capacity(MAX_ROWS);
            loop {
                let row = rows.try_next().await?;
                let is_last = row.is_none();
                if let Some(row) = row {
                    let stays = match table.call {
                        Some(at) => stay.contains(row.try_get::<&str, _>(at)?),
                        None => false,
                    };
                    if !stays {
                        batch.push(row);
                    }
                }
                if batch.len() == MAX_ROWS || (is_last && !batch.is_empty()) {
                    let text = table.insert.text(places, batch.len()).to_owned();
                    let mut query = sqlx::query(AssertSqlSafe(text));
                    for row in &batch {
                        for (at, kind) in table.columns.iter().enumerate() {
                            query = match kind {
                                Kind::Integer => query.bind(row.try_get::<Option<i64>, _>(at)?),
                                Kind::Text => query.bind(row.try_get::<Option<String>, _>(at)?),
                            };
                        }
                    }
                    query.execute(&mut *target).await?;
                    batch.clear();
                }
                if is_last {
                    break;
                }
            }
        }
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::DatabaseUrl;
    use crate::store::db::Db;

    /// What names a table that this one's rows need.
    const PARENTS: &str = "SELECT \"table\" FROM pragma_foreign_key_list($1)";
    const NAMES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name <> '_sqlx_migrations'";
    const TYPES: &str = "SELECT DISTINCT t.type FROM sqlite_master m, pragma_table_info(m.name) t \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '_sqlx_migrations'";

    #[tokio::test]
    async fn every_table_is_backed_up_behind_those_it_needs() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&DatabaseUrl::Sqlite(folder.path().join("ringall.db"))).await.unwrap();
        let Db::Sqlite { readers, .. } = &*store.db else { panic!("it is SQLite") };
        let there: Vec<String> = sqlx::query_scalar(NAMES).fetch_all(readers).await.unwrap();
        let listed = BTreeSet::from(TABLES.map(|(name, _)| name));
        assert_eq!(listed, there.iter().map(String::as_str).collect(), "the list is to have every table");
        for (at, (name, _)) in TABLES.iter().enumerate() {
            let parents: Vec<String> = sqlx::query_scalar(PARENTS).bind(name).fetch_all(readers).await.unwrap();
            for parent in parents {
                assert!(TABLES[..at].iter().any(|(before, _)| *before == parent), "{parent} comes before {name}");
            }
        }
        let types: BTreeSet<String> = sqlx::query_scalar(TYPES).fetch_all(readers).await.unwrap().into_iter().collect();
        assert_eq!(types, ["BIGINT", "TEXT"].map(str::to_owned).into(), "migrations have these alone");
    }

    #[tokio::test]
    async fn settings_that_somebody_changes_meanwhile_are_not_lost() {
        const SHOP: &str = "INSERT INTO shops (id, name, time_zone, country, language, give_up_after_s, notify) \
             VALUES (1, 'Ruiz', 'Europe/Madrid', 'ES', 'es', 30, '')";
        let folder = tempfile::tempdir().unwrap();
        let store = async |name: &str| Store::open(&DatabaseUrl::Sqlite(folder.path().join(name))).await.unwrap();
        let (backup, installation) = (store("backup.db").await, store("ringall.db").await);
        let Db::Sqlite { writer, .. } = &*backup.db else { panic!("it is SQLite") };
        sqlx::query(SHOP).execute(&mut *writer.turn().await.unwrap()).await.unwrap();
        let plan_version = installation.plan_version().await.unwrap();
        let began = |plan_version| Moment { at: UnixMs(0), plan_version };
        let outcome = replace(&backup, &installation, began(plan_version - 1)).await;
        assert!(matches!(outcome, Err(BackupError::ChangedMeanwhile)), "{outcome:?}");
        assert!(installation.plan().await.unwrap().shops.is_empty());
        replace(&backup, &installation, began(plan_version)).await.unwrap();
        assert_eq!(installation.plan().await.unwrap().shops.len(), 1);
    }
}
