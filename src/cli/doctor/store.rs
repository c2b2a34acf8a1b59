//! The database: whether it opens, is whole, is this program's, and keeps what it confirms.

use super::Line;
use crate::config::{Config, DatabaseUrl};
use crate::routing::Plan;
use crate::store::{self, Condition, Store, StoreError};

const CHECK: &str = "store";

/// What the owner has set, where it could be read.
pub(super) struct Known {
    pub store: Store,
    pub plan: Plan,
}

pub(super) async fn check(config: &Config) -> (Vec<Line>, Option<Known>) {
    let looked = store::look(&config.database).await;
    let mut lines = vec![found(&config.database, &looked)];
    if !matches!(looked, Ok(Condition::Good)) {
        return (lines, None);
    }
    let known = async {
        let store = Store::open(&config.database).await?;
        let plan = store.plan().await?;
        Ok::<_, StoreError>(Known { store, plan })
    };
    match known.await {
        Ok(known) => (lines, Some(known)),
        Err(error) => {
            lines.push(Line::bad(CHECK, error.to_string()));
            (lines, None)
        }
    }
}

fn found(database: &DatabaseUrl, looked: &Result<Condition, StoreError>) -> Line {
    let durable = match database {
        DatabaseUrl::Sqlite(_) => "is whole (quick_check)",
        DatabaseUrl::Postgres(_) => "keeps what it confirms (fsync and synchronous_commit are on)",
    };
    match looked {
        Ok(Condition::Good) => Line::ok(CHECK, format!("{database:?} {durable}, with this version's tables")),
        Ok(Condition::NotThereYet) => {
            let text = format!("there are no tables in {database:?} yet, so no shop: `ringall import FILE` makes both");
            Line::bad(CHECK, text)
        }
        Ok(Condition::Older { steps }) => Line::look(
            CHECK,
            format!(
                "{database:?} is of an older version: the next start of this one takes {steps} steps to bring it up to \
                 date; copy it first. Shops and phones are looked at after that"
            ),
        ),
        Ok(Condition::Newer { version }) => Line::bad(CHECK, StoreError::Newer { version: *version }.to_string()),
        Err(error @ StoreError::NotDurable { setting, .. }) => Line::bad(
            CHECK,
            format!("{error}; set {setting} = on in postgresql.conf: a call's row must outlive a power cut"),
        ),
        Err(error) => Line::bad(CHECK, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    async fn told(path: &std::path::Path) -> (State, String) {
        let config = Config { database: DatabaseUrl::Sqlite(path.to_owned()), ..Config::default() };
        let (mut lines, known) = check(&config).await;
        assert_eq!(known.is_some(), lines[0].state == State::Ok);
        let line = lines.remove(0);
        (line.state, line.text)
    }

    #[tokio::test]
    async fn a_database_is_looked_at_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ringall.db");
        let (state, text) = told(&path).await;
        assert!(state == State::Bad && text.contains("`ringall import FILE`"), "{text}");
        assert!(!path.exists(), "looking makes nothing");
        std::fs::write(&path, "something else that is long enough").unwrap();
        let (state, text) = told(&path).await;
        assert!(state == State::Bad && text.contains("is not an SQLite database"), "{text}");
        std::fs::remove_file(&path).unwrap();
        Store::open(&DatabaseUrl::Sqlite(path.clone())).await.unwrap().close().await;
        let (state, text) = told(&path).await;
        assert!(state == State::Ok && text.contains("is whole"), "{text}");
        let mut bytes = std::fs::read(&path).unwrap();
        // The root page of the schema, behind the file's header of 100 bytes.
        bytes[100..4096].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
        let (state, text) = told(&path).await;
        assert!(state == State::Bad && text.contains("damaged"), "{text}");
    }

    #[test]
    fn tables_of_another_version_and_a_server_that_forgets_are_told() {
        let database = DatabaseUrl::parse("postgres://ringall:hush@db/ringall").unwrap();
        let newer = found(&database, &Ok(Condition::Newer { version: 99 }));
        assert!(newer.state == State::Bad && newer.text.contains("table version 99"), "{newer:?}");
        let older = found(&database, &Ok(Condition::Older { steps: 2 }));
        assert!(older.state == State::Look && older.text.contains("takes 2 steps"), "{older:?}");
        let off = StoreError::NotDurable { setting: "fsync", found: "off".to_owned(), expected: "on" };
        let told = found(&database, &Err(off));
        assert!(told.state == State::Bad && told.text.contains("set fsync = on"), "{told:?}");
        assert!(![newer, older, told].iter().any(|line| line.text.contains("hush")));
    }
}
