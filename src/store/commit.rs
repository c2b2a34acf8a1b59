//! One transaction of the log: first rows, then changed facts, events and messages, each kind in as few statements as
//! it fits.

use std::collections::HashMap;

use super::db::{write, write_one};
use super::journal::Line;
use super::row::{
    CallRow, EventRow, MAX_ROWS, MessageRow, bind_call, bind_event, bind_message, insert_calls, insert_events,
    insert_messages, upsert_calls,
};
use super::{Store, StoreError};

/// A call that arrived under another id before a crash is known for as long as it can live, within reason.
const MAX_ALIASES: usize = 10_000;

const HEARTBEAT_SQL: &str = "UPDATE settings SET value = $1 WHERE name = 'alive_ms'";
const KNOWN_ID: &str = "SELECT id FROM calls WHERE call_key = $1";
// A message may be safe later than its call has waited for it. Somebody who spoke with the caller is the greater fact.
pub(super) const HAS_MESSAGE: &str =
    "UPDATE calls SET disposition = 'message' WHERE id = $1 AND disposition IN ('interrupted', 'no_message')";
const LAST_SEQ: &str = "SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) FROM call_events WHERE call_id = $1";

/// Calls whose key was in the log under another id: the same call, sent again to a new process after a crash. Its later
/// facts and its message go to the first row, its events behind that row's.
#[derive(Default)]
pub(super) struct Aliases(HashMap<String, Alias>);

#[derive(Clone)]
struct Alias {
    id: String,
    after_seq: i64,
}

impl Aliases {
    fn insert(&mut self, row: &CallRow, alias: Alias) {
        if self.0.len() >= MAX_ALIASES {
            self.0.clear();
        }
        self.0.insert(row.id.clone(), alias);
    }

    fn changed(&self, row: &CallRow) -> Option<CallRow> {
        self.0.get(&row.id).map(|alias| CallRow { id: alias.id.clone(), ..row.clone() })
    }

    fn event(&self, row: &EventRow) -> Option<EventRow> {
        let alias = self.0.get(&row.call_id)?;
        Some(EventRow { call_id: alias.id.clone(), seq: alias.after_seq + row.seq, ..row.clone() })
    }

    /// The recording keeps its name: it is that of a file.
    fn message(&self, row: &MessageRow) -> Option<MessageRow> {
        self.0.get(&row.call_id).map(|alias| MessageRow { call_id: alias.id.clone(), ..row.clone() })
    }
}

/// Commits lines as one transaction. Should the database refuse what is in one of them, each is tried alone and what is
/// refused is reported: one bad row must not hold up the log. How many were refused.
pub(super) async fn commit_or_single_out(
    store: &Store,
    lines: &[Line],
    aliases: &mut Aliases,
    beat_ms: Option<i64>,
) -> Result<u64, StoreError> {
    match commit(store, lines, aliases, beat_ms).await {
        Ok(()) => return Ok(0),
        Err(error) if !is_about_the_rows(&error) => return Err(error),
        Err(_) => {}
    }
    let mut refused = 0;
    for line in lines {
        if let Line::Changed(row) = line {
            learn_alias(store, row, aliases).await?;
        }
        match commit(store, std::slice::from_ref(line), aliases, None).await {
            Ok(()) => {}
            Err(error) if is_about_the_rows(&error) => {
                tracing::error!(%error, "the database refuses a row of the log; it is left out");
                refused += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

/// Whether trying again could not help: a constraint, or a value the database cannot hold.
fn is_about_the_rows(error: &StoreError) -> bool {
    let StoreError::Database(sqlx::Error::Database(error)) = error else { return false };
    let code = error.code().unwrap_or_default();
    // PostgreSQL's five characters: class 21 is a row changed twice, 22 a data exception, 23 a constraint. SQLite's
    // number: 18 TOOBIG, 19 CONSTRAINT, 20 MISMATCH in the low byte.
    match code.len() {
        5 => ["21", "22", "23"].contains(&&code[..2]),
        _ => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 18..=20)),
    }
}

async fn commit(store: &Store, lines: &[Line], aliases: &mut Aliases, beat_ms: Option<i64>) -> Result<(), StoreError> {
    let places = store.db.places();
    let mut first = Vec::new();
    let mut latest = HashMap::<&str, usize>::new();
    for (at, line) in lines.iter().enumerate() {
        match line {
            Line::First(row) => first.push(row),
            // The last facts of a call are the facts; a statement may change a row but once.
            Line::Changed(row) => drop(latest.insert(&row.id, at)),
            Line::Event(_) | Line::Message(_) => {}
        }
    }
    // A first row alone needs no transaction around its one statement.
    if beat_ms.is_none() && first.len() == lines.len() && lines.len() <= MAX_ROWS {
        if first.is_empty() {
            return Ok(());
        }
        let inserted = write_one!(store.db, pool => {
            let query = first.iter().fold(sqlx::query(insert_calls(places, first.len())), |query, row| bind_call!(query, row));
            query.execute(pool).await?.rows_affected()
        });
        if inserted < first.len() as u64 {
            for row in first {
                learn_alias(store, row, aliases).await?;
            }
        }
        return Ok(());
    }

    write!(store.db, tx => {
        for rows in first.chunks(MAX_ROWS) {
            let query = rows.iter().fold(sqlx::query(insert_calls(places, rows.len())), |query, row| bind_call!(query, row));
            let inserted = query.execute(&mut *tx).await?.rows_affected();
            if inserted < rows.len() as u64 {
                for row in rows {
                    let known: Option<String> =
                        sqlx::query_scalar(KNOWN_ID).bind(&row.call_key).fetch_optional(&mut *tx).await?;
                    let Some(id) = known.filter(|id| *id != row.id) else { continue };
                    let after_seq = sqlx::query_scalar(LAST_SEQ).bind(&id).fetch_one(&mut *tx).await?;
                    aliases.insert(row, Alias { id, after_seq });
                }
            }
        }

        let changed: Vec<(&CallRow, Option<CallRow>)> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| match line {
                Line::Changed(row) if latest.get(row.id.as_str()) == Some(&at) => Some((row, aliases.changed(row))),
                _ => None,
            })
            .collect();
        for rows in changed.chunks(MAX_ROWS) {
            let query = rows.iter().fold(sqlx::query(upsert_calls(places, rows.len())), |query, (row, aliased)| {
                let row = aliased.as_ref().unwrap_or(row);
                bind_call!(query, row)
            });
            query.execute(&mut *tx).await?;
        }

        let events: Vec<(&EventRow, Option<EventRow>)> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Event(row) => Some((row, aliases.event(row))),
                _ => None,
            })
            .collect();
        for rows in events.chunks(MAX_ROWS) {
            let query = rows.iter().fold(sqlx::query(insert_events(places, rows.len())), |query, (row, aliased)| {
                let row = aliased.as_ref().unwrap_or(row);
                bind_event!(query, row)
            });
            query.execute(&mut *tx).await?;
        }

        let messages: Vec<(&MessageRow, Option<MessageRow>)> = lines
            .iter()
            .filter_map(|line| match line {
                Line::Message(row) => Some((row, aliases.message(row))),
                _ => None,
            })
            .collect();
        for rows in messages.chunks(MAX_ROWS) {
            let query = rows.iter().fold(sqlx::query(insert_messages(places, rows.len())), |query, (row, aliased)| {
                let row = aliased.as_ref().unwrap_or(row);
                bind_message!(query, row)
            });
            query.execute(&mut *tx).await?;
        }
        for (row, aliased) in messages {
            let call = &aliased.as_ref().unwrap_or(row).call_id;
            sqlx::query(HAS_MESSAGE).bind(call).execute(&mut *tx).await?;
        }

        if let Some(beat_ms) = beat_ms {
            sqlx::query(HEARTBEAT_SQL).bind(beat_ms).execute(&mut *tx).await?;
        }
    });
    Ok(())
}

/// Finds out whether the log knows this call under another id.
async fn learn_alias(store: &Store, row: &CallRow, aliases: &mut Aliases) -> Result<(), StoreError> {
    if aliases.0.contains_key(&row.id) {
        return Ok(());
    }
    let known: Option<String> = write_one!(store.db, pool =>
        sqlx::query_scalar(KNOWN_ID).bind(&row.call_key).fetch_optional(pool).await?);
    if let Some(id) = known.filter(|id| *id != row.id) {
        let after_seq = write_one!(store.db, pool =>
            sqlx::query_scalar(LAST_SEQ).bind(&id).fetch_one(pool).await?);
        aliases.insert(row, Alias { id, after_seq });
    }
    Ok(())
}
