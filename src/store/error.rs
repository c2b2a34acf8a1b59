use std::path::PathBuf;

/// Why the store could not do what was asked. The messages say what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot write to {path}: {source}; give the user of this program the right to write there")]
    Unwritable { path: PathBuf, source: std::io::Error },
    #[error("{path} is not an SQLite database; nothing was changed. Move it away or set `database` to another path")]
    NotADatabase { path: PathBuf },
    #[error(
        "the database {path} is damaged ({detail}); nothing was changed. Restore a backup, or save what can be read \
         with `sqlite3 {path} .recover`"
    )]
    Damaged { path: PathBuf, detail: String },
    #[error("cannot reach the PostgreSQL server: {0}")]
    Unreachable(#[source] sqlx::Error),
    #[error("the database does not keep what it confirmed: {setting} is {found}, must be {expected}")]
    NotDurable { setting: &'static str, found: String, expected: &'static str },
    #[error("the database was written by a newer version of this program (table version {version}); use that version")]
    Newer { version: i64 },
    #[error("cannot bring the tables up to date: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    #[error("the database has an unreadable value in {table}.{column}: {value:?}")]
    Unreadable { table: &'static str, column: &'static str, value: String },
    /// Two shops cannot share a number or a phone's user.
    #[error("{what} {value:?} is already used by the shop {shop:?}; give each shop its own")]
    Taken { what: &'static str, value: String, shop: String },
    /// It was there when it was looked at.
    #[error("this {what} is no longer there; look again at what there is")]
    Gone { what: &'static str },
    /// Hours may mean other days there, or none that are known.
    #[error(
        "the country of this shop was changed meanwhile; look again at its hours and closures, and send yours anew"
    )]
    OtherCountry,
    #[error("there are {most} {what} already; delete some first")]
    TooMany { what: &'static str, most: i64 },
    #[error("the system has no random numbers: {0}")]
    NoRandomness(getrandom::Error),
    #[error("the journal {path}: {source}")]
    Journal { path: PathBuf, source: std::io::Error },
    #[error("the system has no thread left: {source}")]
    NoThread { source: std::io::Error },
    #[error("the database did not answer in {} s", .0.as_secs())]
    TooSlow(std::time::Duration),
    #[error("a bug of ours has ended the log: restart the service, or calls have no rows in the store")]
    LogEnded,
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}
