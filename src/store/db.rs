//! The one file that names a database. SQLite has one connection that writes and a few that read; PostgreSQL one pool.

mod look;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgPool, SqliteConnection, SqlitePool};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::StoreError;
use crate::config::DatabaseUrl;

pub use look::{Condition, look};

#[derive(Debug)]
pub(super) enum Db {
    Sqlite { writer: SqliteWriter, readers: SqlitePool },
    Postgres(PgPool),
}

/// Where a statement's values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Places {
    /// `$1`, `$2`, …
    Numbered,
    /// `?`, each the next.
    InOrder,
}

/// The one connection that writes. Whoever writes waits for his turn here and not in a pool: a pool of one wakes the
/// runtime twice for each turn, which costs as much as the statement.
#[derive(Debug)]
pub(super) struct SqliteWriter(Mutex<Option<SqliteConnection>>);

impl SqliteWriter {
    /// # Errors
    /// The store is closed.
    pub(super) async fn turn(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, sqlx::Error> {
        MutexGuard::try_map(self.0.lock().await, Option::as_mut).map_err(|_| sqlx::Error::PoolClosed)
    }

    async fn close(&self) {
        if let Some(connection) = self.0.lock().await.take()
            && let Err(error) = connection.close().await
        {
            tracing::error!(%error, "the database was not closed in order; its write-ahead log is kept");
        }
    }
}

/// Runs `$body` with `$pool` as something to read from, whichever database it is.
macro_rules! read {
    ($db:expr, $pool:ident => $body:expr) => {
        match &*$db {
            $crate::store::db::Db::Sqlite { readers: $pool, .. } => $body,
            $crate::store::db::Db::Postgres($pool) => $body,
        }
    };
}

/// Runs `$body` in a transaction that `$tx` names, and commits it. A `?` inside rolls back.
macro_rules! write {
    ($db:expr, $tx:ident => $body:expr) => {
        match &*$db {
            $crate::store::db::Db::Sqlite { writer, .. } => {
                // Asking for the write lock at once: a transaction that reads first could not wait for it.
                let mut turn = writer.turn().await?;
                let mut $tx = sqlx::Connection::begin_with(&mut *turn, "BEGIN IMMEDIATE").await?;
                let out = $body;
                $tx.commit().await?;
                out
            }
            $crate::store::db::Db::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let out = $body;
                $tx.commit().await?;
                out
            }
        }
    };
}

/// Runs `$body` with `$tx` as something to read from that stays as it is now, whatever is written meanwhile.
macro_rules! snapshot {
    ($db:expr, $tx:ident => $body:expr) => {
        match &*$db {
            $crate::store::db::Db::Sqlite { readers, .. } => {
                let mut $tx = readers.begin().await?;
                $body
            }
            $crate::store::db::Db::Postgres(pool) => {
                let mut $tx = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                $body
            }
        }
    };
}

/// Runs `$body`, one statement that is a transaction of its own, with `$to` as something to write to.
macro_rules! write_one {
    ($db:expr, $to:ident => $body:expr) => {
        match &*$db {
            $crate::store::db::Db::Sqlite { writer, .. } => {
                let mut turn = writer.turn().await?;
                let $to = &mut *turn;
                $body
            }
            $crate::store::db::Db::Postgres($to) => $body,
        }
    };
}

pub(super) use {read, snapshot, write, write_one};

/// How long a writer waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The write-ahead log grows to 16 MB of pages before it is copied into the file.
const CHECKPOINT_PAGES: &str = "4000";
/// A page that cannot get a connection for so long answers with an error rather than hanging.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages read in parallel; more readers than cores of a small machine gain nothing.
const READERS: u32 = 4;
/// Pages that a reader keeps, as KiB with a minus sign: a quarter of SQLite's own choice. Each reader fills its share for
/// good as soon as somebody has read the log from end to end, and the system keeps the file's pages as well.
const READER_CACHE: &str = "-512";
/// The log's statements come in one text per number of rows (`store::row`); all of them stay prepared.
const STATEMENTS: usize = 256;
/// Up to this size the whole file is checked at start, which takes well under a second; above, only its schema.
const CHECKED_BYTES: u64 = 64 * 1024 * 1024;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

const CHECK: &str = "PRAGMA quick_check(1)";
const SCHEMA: &str = "SELECT COUNT(*) FROM sqlite_master";
const SYNCHRONOUS: &str = "PRAGMA synchronous";
const JOURNAL_MODE: &str = "PRAGMA journal_mode";
const FSYNC: &str = "SELECT current_setting('fsync')";
const SYNCHRONOUS_COMMIT: &str = "SELECT current_setting('synchronous_commit')";

impl Db {
    pub(super) async fn open(url: &DatabaseUrl) -> Result<Db, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path).await,
            DatabaseUrl::Postgres(url) => open_postgres(url.expose_secret()).await,
        }
    }

    /// Whether the database is a library here rather than a server elsewhere.
    pub(super) fn is_this_process(&self) -> bool {
        matches!(self, Db::Sqlite { .. })
    }

    /// How the texts of long statements mark where a value goes. SQLite reads `$1` too, but looks each number up in a list
    /// of all: of ten calls' rows that costs as much as writing them.
    pub(super) fn places(&self) -> Places {
        match self {
            Db::Sqlite { .. } => Places::InOrder,
            Db::Postgres(_) => Places::Numbered,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Db::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(path: &Path) -> Result<Db, StoreError> {
    let bytes = look_at_file(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL loses commits in a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // Pages that change with each call are copied back into the file once for many of them.
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .statement_cache_capacity(STATEMENTS)
        // What matters of a statement is its error, and that is ours to report.
        .disable_statement_logging();
    let damaged = |error: sqlx::Error| explain_sqlite(path, error);
    let mut writer = options.connect().await.map_err(damaged)?;
    let _tables: i64 = sqlx::query_scalar(SCHEMA).fetch_one(&mut writer).await.map_err(damaged)?;
    if bytes <= CHECKED_BYTES {
        let verdict: String = sqlx::query_scalar(CHECK).fetch_one(&mut writer).await.map_err(damaged)?;
        if verdict != "ok" {
            return Err(StoreError::Damaged { path: path.to_owned(), detail: verdict.replace('\n', "; ") });
        }
    }
    let mode: String = sqlx::query_scalar(JOURNAL_MODE).fetch_one(&mut writer).await.map_err(damaged)?;
    expect_setting("journal_mode", mode, "wal")?;
    let synchronous: i64 = sqlx::query_scalar(SYNCHRONOUS).fetch_one(&mut writer).await.map_err(damaged)?;
    expect_setting("synchronous", synchronous.to_string(), "2")?;
    MIGRATOR.run(&mut writer).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => explain_sqlite(path, error),
        other => migration_error(other),
    })?;
    // A connection is a thread of this process: it does not go away, and asking whether it lives costs as much as a
    // statement.
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options.pragma("query_only", "ON").pragma("cache_size", READER_CACHE));
    Ok(Db::Sqlite { writer: SqliteWriter(Mutex::new(Some(writer))), readers })
}

async fn open_postgres(url: &str) -> Result<Db, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(StoreError::Unreachable)?;
    let options = options.statement_cache_capacity(STATEMENTS).disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(READERS + 2)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(StoreError::Unreachable)?;
    for (setting, sql) in [("fsync", FSYNC), ("synchronous_commit", SYNCHRONOUS_COMMIT)] {
        let found: String = sqlx::query_scalar(sql).fetch_one(&pool).await.map_err(StoreError::Unreachable)?;
        expect_kept(setting, found)?;
    }
    MIGRATOR.run(&pool).await.map_err(migration_error)?;
    Ok(Db::Postgres(pool))
}

/// Makes the folder, and finds out what SQLite would say less clearly. The size of the file, 0 for none.
fn look_at_file(path: &Path) -> Result<u64, StoreError> {
    let unwritable = |path: &Path, source| StoreError::Unwritable { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, error))?;
    match std::fs::OpenOptions::new().read(true).write(true).open(path) {
        Ok(mut file) => {
            let bytes = file.metadata().map_err(|error| unwritable(path, error))?.len();
            let mut start = Vec::new();
            file.by_ref().take(16).read_to_end(&mut start).map_err(|error| unwritable(path, error))?;
            // An empty file is a database that has not begun (SQLite file format, §1.3 "The database header").
            if !start.is_empty() && start != b"SQLite format 3\0" {
                return Err(StoreError::NotADatabase { path: path.to_owned() });
            }
            Ok(bytes)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // SQLite writes its log beside the file, so the folder itself must be writable.
            let probe = folder.join(format!(".ringall-{}", std::process::id()));
            std::fs::File::create(&probe).map_err(|error| unwritable(&folder, error))?;
            std::fs::remove_file(&probe).map_err(|error| unwritable(&folder, error))?;
            Ok(0)
        }
        Err(error) => Err(unwritable(path, error)),
    }
}

fn explain_sqlite(path: &Path, error: sqlx::Error) -> StoreError {
    // The low byte is the result code (https://sqlite.org/rescode.html): 11 is CORRUPT, 26 NOTADB.
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(11) => StoreError::Damaged { path: path.to_owned(), detail: error.to_string() },
        Some(26) => StoreError::NotADatabase { path: path.to_owned() },
        _ => StoreError::Database(error),
    }
}

fn migration_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::Newer { version },
        other => StoreError::Migration(other),
    }
}

/// A server's setting that decides whether a confirmed row outlives a power cut.
fn expect_kept(setting: &'static str, found: String) -> Result<(), StoreError> {
    // The stronger forms that wait for a standby too are as good.
    let strong = setting == "synchronous_commit" && matches!(found.as_str(), "remote_write" | "remote_apply");
    if strong { Ok(()) } else { expect_setting(setting, found, "on") }
}

fn expect_setting(setting: &'static str, found: String, expected: &'static str) -> Result<(), StoreError> {
    if found == expected { Ok(()) } else { Err(StoreError::NotDurable { setting, found, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_keeps_what_it_has_confirmed_or_is_refused() {
        for (setting, found, is_kept) in [
            ("fsync", "on", true),
            ("fsync", "off", false),
            ("synchronous_commit", "on", true),
            ("synchronous_commit", "remote_apply", true),
            ("synchronous_commit", "remote_write", true),
            ("synchronous_commit", "local", false),
            ("synchronous_commit", "off", false),
        ] {
            let outcome = expect_kept(setting, found.to_owned());
            assert_eq!(outcome.is_ok(), is_kept, "{setting} {found}");
            let said = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(is_kept || (said.contains(setting) && said.contains(found)), "{said}");
        }
    }
}
