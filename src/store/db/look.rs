//! A look at a database that changes nothing in it: whether it is whole, its tables are this program's, and it keeps what
//! it confirms.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::{CHECK, FSYNC, MIGRATOR, SYNCHRONOUS_COMMIT, expect_kept, explain_sqlite};
use crate::config::DatabaseUrl;
use crate::store::StoreError;

/// A file of gigabytes takes its time; who asks wants an answer all the same.
const WHOLE: Duration = Duration::from_secs(120);
/// A server that takes longer to let us in is away.
const CONNECT: Duration = Duration::from_secs(5);

const STEPS: &str = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version";
const HAS_STEPS: &str =
    "SELECT CAST(COUNT(*) AS BIGINT) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
const HAS_STEPS_THERE: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM information_schema.tables \
     WHERE table_name = '_sqlx_migrations' AND table_schema = ANY(current_schemas(false))";

/// How a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// There is none: no file, or no table in it.
    NotThereYet,
    Good,
    /// So many steps are taken by the next start.
    Older {
        steps: usize,
    },
    /// A later version of this program has taken this one.
    Newer {
        version: i64,
    },
}

/// Looks. For SQLite the whole file is read.
///
/// # Errors
/// It cannot be reached or read, is damaged, or would not keep what it confirms.
pub async fn look(url: &DatabaseUrl) -> Result<Condition, StoreError> {
    let looked = async {
        match url {
            DatabaseUrl::Sqlite(path) => look_at_sqlite(path).await,
            DatabaseUrl::Postgres(url) => look_at_postgres(url.expose_secret()).await,
        }
    };
    tokio::time::timeout(WHOLE, looked).await.unwrap_or(Err(StoreError::TooSlow(WHOLE)))
}

async fn look_at_sqlite(path: &Path) -> Result<Condition, StoreError> {
    match std::fs::metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Condition::NotThereYet),
        Err(source) => return Err(StoreError::Unwritable { path: path.to_owned(), source }),
    }
    // Before anything is made of it.
    super::look_at_file(path)?;
    let damaged = |error: sqlx::Error| explain_sqlite(path, error);
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).pragma("query_only", "ON");
    let mut connection = options.disable_statement_logging().connect().await.map_err(damaged)?;
    let verdict: String = sqlx::query_scalar(CHECK).fetch_one(&mut connection).await.map_err(damaged)?;
    if verdict != "ok" {
        return Err(StoreError::Damaged { path: path.to_owned(), detail: verdict.replace('\n', "; ") });
    }
    let begun: i64 = sqlx::query_scalar(HAS_STEPS).fetch_one(&mut connection).await.map_err(damaged)?;
    let taken: Vec<i64> = match begun {
        0 => Vec::new(),
        _ => sqlx::query_scalar(STEPS).fetch_all(&mut connection).await.map_err(damaged)?,
    };
    connection.close().await.map_err(damaged)?;
    Ok(condition(&taken))
}

async fn look_at_postgres(url: &str) -> Result<Condition, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(StoreError::Unreachable)?.disable_statement_logging();
    let connected = tokio::time::timeout(CONNECT, options.connect()).await;
    let mut connection = connected.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(StoreError::Unreachable)?;
    for (setting, sql) in [("fsync", FSYNC), ("synchronous_commit", SYNCHRONOUS_COMMIT)] {
        let found: String = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
        expect_kept(setting, found)?;
    }
    let begun: i64 = sqlx::query_scalar(HAS_STEPS_THERE).fetch_one(&mut connection).await?;
    let taken: Vec<i64> = match begun {
        0 => Vec::new(),
        _ => sqlx::query_scalar(STEPS).fetch_all(&mut connection).await?,
    };
    connection.close().await?;
    Ok(condition(&taken))
}

fn condition(taken: &[i64]) -> Condition {
    let ours: BTreeSet<i64> = MIGRATOR.iter().map(|step| step.version).collect();
    if taken.is_empty() {
        return Condition::NotThereYet;
    }
    if let Some(version) = taken.iter().find(|version| !ours.contains(version)) {
        return Condition::Newer { version: *version };
    }
    match ours.len() - taken.len() {
        0 => Condition::Good,
        steps => Condition::Older { steps },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_older_newer_or_this_programs() {
        let ours: Vec<i64> = MIGRATOR.iter().map(|step| step.version).collect();
        assert_eq!(condition(&[]), Condition::NotThereYet);
        assert_eq!(condition(&ours), Condition::Good);
        assert_eq!(condition(&ours[..ours.len() - 2]), Condition::Older { steps: 2 });
        let later: Vec<i64> = ours.iter().copied().chain([9999]).collect();
        assert_eq!(condition(&later), Condition::Newer { version: 9999 });
    }
}
