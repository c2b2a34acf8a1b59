//! Each statement that is asked of the whole log is answered by an index: a log of a million calls must not be read
//! through. SQLite chooses by the tables alone, so what it chooses here it chooses everywhere.

use sqlx::{Connection, Row, SqliteConnection};

use super::owed::{self, candidates, claims, settlements, since};
use super::{callers, calls, erasure, figures, messages_heard, same_person, search, voice_messages, wrap_ups};
use crate::config::DatabaseUrl;
use crate::store::Store;

/// Steps that read all of a long table.
const SCANS: [&str; 6] = ["SCAN c", "SCAN o", "SCAN calls", "SCAN call_events", "SCAN m", "SCAN voice_messages"];

#[tokio::test]
async fn what_is_asked_of_the_log_is_found_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringall.db");
    Store::open(&DatabaseUrl::Sqlite(file.clone())).await.unwrap().close().await;
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    let mut faults = String::new();
    for (name, sql, by) in [
        ("calls", calls::CALLS, "calls_by_time (started_ms>? AND (started_ms,id)<(?,?))"),
        ("calls of a shop", calls::CALLS_OF_SHOP, "calls_by_shop (shop_id=? AND"),
        ("calls unanswered", calls::CALLS_UNANSWERED, "calls_unanswered (disposition=? AND"),
        ("calls of a caller", calls::CALLS_OF_CALLER, "calls_by_caller (caller=?)"),
        ("of a caller at a shop", calls::CALLS_OF_CALLER_AT_SHOP, "calls_by_caller (caller=? AND shop_id=? AND"),
        (
            "calls since spoken",
            since::CALLS_SINCE,
            "SEARCH c USING INDEX calls_by_caller (caller=? AND shop_id=? AND st",
        ),
        ("calls since spoken", since::CALLS_SINCE, "calls_answered (caller=? AND shop_id=?)"),
        (
            "calls since spoken",
            since::CALLS_SINCE,
            "k USING INDEX sqlite_autoindex_contacts_1 (shop_id=? AND number=?)",
        ),
        ("first since spoken", since::FIRST_SINCE, "calls_by_caller (caller=? AND shop_id=? AND started_ms>?)"),
        ("spoken", since::SPOKEN, "calls_answered (caller=? AND shop_id=?)"),
        ("spoken before", since::SPOKEN_BEFORE, "calls_by_caller (caller=? AND shop_id=? AND started_ms<?)"),
        ("in vain since", candidates::IN_VAIN, "COVERING INDEX calls_unanswered (disposition=? AND started_ms>?)"),
        ("latest in vain", candidates::LATEST_IN_VAIN, "COVERING INDEX calls_unanswered (disposition=?)"),
        ("last in vain", owed::LAST_IN_VAIN, "calls_by_caller (caller=? AND shop_id=?)"),
        ("found by digits", search::BY_DIGITS, "COVERING INDEX calls_by_caller (caller>?)"),
        ("found by digits", search::BY_DIGITS, "k USING INDEX sqlite_autoindex_contacts_1 (shop_id=? AND number=?)"),
        ("found by digits", search::GATHER_DIGITS, "COVERING INDEX calls_by_caller (caller>?)"),
        ("calls of a few found", search::CALLS_OF, "o USING INDEX calls_by_caller (caller=?)"),
        ("calls of a few found", search::CALLS_OF, "c USING INDEX sqlite_autoindex_calls_1 (id=?)"),
        ("calls of many found", search::GATHER_WORDS, "o USING INDEX calls_by_caller (caller=?)"),
        ("calls of many found", search::GATHER_DIGITS, "o USING INDEX calls_by_caller (caller=?)"),
        (
            "the newest calls",
            search::NEWEST_BEGIN,
            "COVERING INDEX calls_by_time (started_ms>? AND (started_ms,id)<(?,?))",
        ),
        ("calls of many found", search::WALK_WORDS, "calls_by_time (started_ms>? AND (started_ms,id)<(?,?))"),
        ("calls of many found", search::WALK_DIGITS, "calls_by_time (started_ms>? AND (started_ms,id)<(?,?))"),
        ("messages of a caller", voice_messages::MESSAGES_OF_CALLER, "SEARCH c USING INDEX calls_by_caller (caller=?)"),
        ("namesakes", same_person::NAMESAKES, "contacts_by_name (shop_id=? AND name_key=?)"),
        ("how often", callers::COUNT_OF, "calls_by_caller (caller=? AND shop_id=?)"),
        ("counts", callers::COUNTS, "COVERING INDEX calls_by_caller"),
        ("last spoken", callers::SPOKEN, "calls_answered"),
        ("speaking", callers::SPEAKING, "calls_open"),
        ("out", callers::UNCOUNTED_OUT, "calls_out"),
        ("refused", callers::UNCOUNTED_REFUSED, "COVERING INDEX calls_unanswered"),
        ("screened", calls::SCREENED, "call_events_screened"),
        ("unheard", messages_heard::UNHEARD, "INDEX voice_messages_unheard"),
        ("promised lately", candidates::PROMISED_TO, "promises_by_time (made_ms>?)"),
        ("promised", since::PROMISED, "promises_by_caller (number=? AND shop_id=? AND made_ms>?)"),
        ("to wrap up", wrap_ups::TO_WRAP_UP, "calls_by_shop (shop_id=? AND started_ms>?)"),
        ("unheard of nobody", voice_messages::UNHEARD_OF_NOBODY, "INDEX voice_messages_unheard"),
        ("hello", figures::HELLO, "calls_by_shop (shop_id=? AND started_ms>? AND started_ms<?)"),
        ("halves", figures::HALVES, "calls_by_shop (shop_id=? AND started_ms>? AND started_ms<?)"),
        ("claims", claims::CLAIMS_OF, "claims USING INDEX sqlite_autoindex_claims_1 (shop_id=? AND number=?)"),
        (
            "promised between",
            wrap_ups::PROMISED_BETWEEN,
            "promises_by_caller (number=? AND shop_id=? AND made_ms>? AND",
        ),
        ("given to an erased caller", erasure::UNNAME, "INDEX call_events_given (detail=?)"),
        (
            "events of an erased caller",
            erasure::ERASE[1],
            "call_events USING INDEX sqlite_autoindex_call_events_1 (call_id=?)",
        ),
        ("what was given", erasure::ERASE[2], "call_events USING INDEX sqlite_autoindex_call_events_1 (call_id=?)"),
        ("calls of an erased caller", erasure::ERASE[12], "calls_by_caller (caller=? AND shop_id=?)"),
        (
            "recordings of an erased caller",
            erasure::RECORDINGS,
            "c USING COVERING INDEX calls_by_caller (caller=? AND shop_id=?)",
        ),
        ("wanted", figures::WANTED, "wrap_ups_by_time (shop_id=? AND said_ms>? AND said_ms<?)"),
        ("promises kept", figures::PROMISES, "calls_answered (caller=? AND shop_id=? AND ended_ms>?)"),
        ("settled lately", settlements::SETTLED_SINCE, "settlements_by_time (shop_id=? AND settled_ms>?)"),
        ("gone out", calls::GONE_OUT, "calls_by_time (started_ms>?)"),
        ("in vain ever", candidates::FIRST_LOOK, "COVERING INDEX calls_unanswered (disposition=?)"),
        ("and spoken since", candidates::FIRST_LOOK, "calls_answered (caller=? AND shop_id=?)"),
    ] {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        if !plan.iter().any(|step| step.contains(by)) || plan.iter().any(|step| SCANS.contains(&step.as_str())) {
            faults += &format!("\n{name}: {plan:#?}\ninstead of {by}");
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
