//! A database that cannot be trusted is refused with what to do, and left as it is.

use std::path::Path;

use ringall::config::DatabaseUrl;
use ringall::store::{Condition, Store, StoreError, look};

use crate::cast::{Database, answered, on_postgres, on_sqlite, run};

crate::on_both! { a_database_of_a_newer_version_is_refused, a_look_says_of_which_version_it_is }

async fn a_look_says_of_which_version_it_is(db: Database) {
    let url = DatabaseUrl::parse(&db.url).unwrap();
    assert_eq!(look(&url).await.unwrap(), Condition::Good);
    db.shell("DELETE FROM _sqlx_migrations WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)").await;
    assert_eq!(look(&url).await.unwrap(), Condition::Older { steps: 1 });
    assert_eq!(look(&url).await.unwrap(), Condition::Older { steps: 1 }, "looking brings nothing up to date");
    let column = if db.url.starts_with("sqlite") { "X''" } else { "''" };
    db.shell(&format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', TRUE, {column}, 0)"
    ))
    .await;
    assert_eq!(look(&url).await.unwrap(), Condition::Newer { version: 9999 });
    db.shell("DROP TABLE _sqlx_migrations").await;
    assert_eq!(look(&url).await.unwrap(), Condition::NotThereYet);
}

async fn a_database_of_a_newer_version_is_refused(db: Database) {
    let column = if db.url.starts_with("sqlite") { "X''" } else { "''" };
    db.shell(&format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', TRUE, {column}, 0)"
    ))
    .await;
    let error = Store::open(&DatabaseUrl::parse(&db.url).unwrap()).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { version: 9999 }), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ringall.db");
        let diary = "Dear diary, today a customer wanted a blue door.".repeat(100);
        std::fs::write(&path, &diary).unwrap();
        let error = open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::NotADatabase { .. }), "{error}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), diary);
    });
}

#[test]
fn a_damaged_database_is_refused_and_left_alone() {
    on_sqlite(async |db| {
        let log = db.log();
        for n in 1..=50 {
            log.whole(&answered(n)).await;
        }
        drop(log);
        // The last connection to close writes everything into the one file.
        db.store.close().await;
        let path = db.folder.path().join("ringall.db");
        let mut bytes = std::fs::read(&path).unwrap();
        let length = bytes.len();
        assert!(length > 8192);
        for byte in &mut bytes[4096..length - 4096] {
            *byte = 0xa5;
        }
        std::fs::write(&path, &bytes).unwrap();
        let error = open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    });
}

#[test]
fn a_cut_off_database_is_refused() {
    on_sqlite(async |db| {
        db.log().whole(&answered(1)).await;
        db.store.close().await;
        let path = db.folder.path().join("ringall.db");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    });
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = open(&file.join("data").join("ringall.db")).await.unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    });
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    run(async {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("postgres://nobody:secret@127.0.0.1:{port}/none");
        let error = Store::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable(_)), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    });
}

async fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(&DatabaseUrl::Sqlite(path.to_owned())).await
}

#[test]
fn a_server_that_confirms_before_it_has_written_is_refused() {
    on_postgres("confirms_early", async |db| {
        let url = format!("{}&options[synchronous_commit]=off", db.url);
        let error = Store::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap_err();
        assert!(matches!(error, StoreError::NotDurable { setting: "synchronous_commit", .. }), "{error}");
    });
}
