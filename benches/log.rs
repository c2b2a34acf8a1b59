//! A log of a million calls in SQLite: how long the service takes to start on it, and to answer from it.
//!
//!     cargo bench --bench log [-- CALLS [FILE]]
//!
//! FILE is kept and used again; without it the log is made anew, which takes a minute or two. Nothing here is asserted but
//! that the answers are not empty: the table is to be read.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ringall::call::record::Disposition;
use ringall::config::DatabaseUrl;
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::routing::plan::{Country, Language, Shop, ShopId};
use ringall::store::{CallFilter, ShopSettings, Store};
use sqlx::{ConnectOptions, Executor, sqlite::SqliteConnectOptions};

/// 2026-11-01, when the last of the calls came.
const LAST_MS: i64 = 1_793_491_200_000;
/// A call every two minutes: a million are not quite four years.
const APART_MS: i64 = 120_000;
/// So many people call, some much oftener than others.
const CALLERS: i64 = 60_000;
/// Answers are asked for so often.
const TIMES: usize = 50;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let calls: i64 = arguments.next().map_or(1_000_000, |text| text.parse().expect("how many calls"));
    let kept = arguments.next().map(PathBuf::from);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = kept.unwrap_or_else(|| folder.path().join("ringall.db"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&file, calls));
}

async fn measure(file: &Path, calls: i64) {
    let url = DatabaseUrl::Sqlite(file.to_owned());
    if !file.exists() {
        let began = Instant::now();
        fill(file, &url, calls).await;
        println!("{calls} calls written in {:.0} s", began.elapsed().as_secs_f64());
    }
    let megabytes = std::fs::metadata(file).expect("the file is there").len() / 1_000_000;
    println!("{calls} calls of {CALLERS} callers, {megabytes} MB\n");

    let began = Instant::now();
    let store = Store::open(&url).await.expect("the store opens");
    let opened = began.elapsed();
    let plan = store.plan().await.expect("a plan");
    let callers = store.callers().await.expect("the callers");
    println!("start: opened in {} ms, with all callers in {} ms", opened.as_millis(), began.elapsed().as_millis());
    let began = Instant::now();
    store.look_for_owed().await.expect("who is owed a call");
    println!("in the background: the first look for owed calls in {} ms", began.elapsed().as_millis());
    let shop = plan.shops[0].clone();
    let often = caller(1);
    assert!(callers.get(shop.id, &often).is_some_and(|entry| entry.calls > 0));

    println!("\n{:42} {:>8} {:>8} {:>8}", "answer", "first", "median", "slowest");
    let page = CallFilter { limit: 50, ..CallFilter::default() };
    let of_shop = CallFilter { shop: Some(plan.shops[1].id), ..page.clone() };
    let new_shop = CallFilter { shop: Some(plan.shops[2].id), ..page.clone() };
    let missed = CallFilter { disposition: Some(Disposition::Missed), ..page.clone() };
    let interrupted = CallFilter { disposition: Some(Disposition::Interrupted), ..page.clone() };
    let old = CallFilter { since: Some(UnixMs(LAST_MS - calls * APART_MS / 2)), limit: 200, ..page.clone() };
    let of_caller = CallFilter { caller: Some(often.clone()), limit: 200, ..page.clone() };
    for (name, filter) in [
        ("calls, the newest 50", &page),
        ("calls of one shop", &of_shop),
        ("calls of a shop without any", &new_shop),
        ("calls nobody answered", &missed),
        ("calls of a rare outcome", &interrupted),
        ("calls since half of the log, 200", &old),
        ("calls of one who calls often, 200", &of_caller),
    ] {
        row(name, async || store.calls(filter).await.expect("calls").len()).await;
    }
    let middle = store.calls(&old).await.expect("calls").last().map(|call| call.record.id);
    let deep = CallFilter { before: middle, ..page.clone() };
    row("calls, a later page", async || store.calls(&deep).await.expect("calls").len()).await;
    row("owed, the first 30", async || store.owed(&shop, None, 30).await.expect("owed").len()).await;
    row("owed, the first 50", async || store.owed(&shop, None, 50).await.expect("owed").len()).await;
    row("owed, the first 200", async || store.owed(&shop, None, 200).await.expect("owed").len()).await;
    let mut n = 0;
    row("a caller's card, each time another", async || {
        n += 1;
        let number = caller(n * 977 % CALLERS);
        let counted = store.count_calls(shop.id, &number).await.expect("a count");
        store.written(shop.id, &number).await.expect("a note");
        store.owed_to(&shop, &number).await.expect("what is owed");
        store.last_spoken(shop.id, &number).await.expect("a time");
        let filter = CallFilter { shop: Some(shop.id), caller: Some(number), ..CallFilter::default() };
        store.calls(&filter).await.expect("calls").len() + counted as usize
    })
    .await;
    row("plan", async || store.plan().await.expect("a plan").shops.len()).await;
    row("names and settlements", async || {
        store.callers_as_written().await.expect("names");
        1
    })
    .await;
    store.close().await;
}

async fn row(name: &str, mut answer: impl AsyncFnMut() -> usize) {
    let mut took = Vec::with_capacity(TIMES);
    let mut found = 0;
    for _ in 0..TIMES {
        let began = Instant::now();
        found = answer().await;
        took.push(began.elapsed());
    }
    let first = took[0];
    took.sort_unstable();
    let ms = |took: Duration| format!("{:.2} ms", took.as_secs_f64() * 1000.0);
    println!("{name:42} {:>8} {:>8} {:>8}   {found} found", ms(first), ms(took[TIMES / 2]), ms(took[TIMES - 1]));
}

fn caller(n: i64) -> Number {
    Number::from_e164(&format!("+346{n:08}")).expect("a number")
}

/// Written by SQL in one go: by the log's own writer it would take half an hour.
async fn fill(file: &Path, url: &DatabaseUrl, calls: i64) {
    let store = Store::open(url).await.expect("the store opens");
    let mut shops = Vec::new();
    for name in ["Ruiz", "Sol", "New"] {
        shops.push(store.replace_shop(&settings(name)).await.expect("a shop"));
    }
    store.close().await;
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.expect("the file opens");
    let first = LAST_MS - calls * APART_MS;
    let (ruiz, sol) = (shops[0].0, shops[1].0);
    // A multiplicative hash in place of chance; its square makes some call much oftener than others.
    let sql = format!(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN;
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {calls}),
        h AS (SELECT i, {first} + i * {APART_MS} AS ms, (i * 2654435761) % 4294967296 AS a,
            ((i + 7) * 2246822519) % 4294967296 AS b FROM n),
        c AS (SELECT i, ms, a, b % 100 AS luck, (b / 100) % 10 AS at_sol,
            CAST({CALLERS} * ((a / 4294967296.0) * (a / 4294967296.0)) AS INTEGER) AS who FROM h)
        INSERT INTO calls (id, call_key, shop_id, direction, caller, caller_raw, caller_display, withheld, called, door,
            started_ms, answered_ms, ended_ms, disposition, because, because_at_ms, because_why, ended_by, answered_by,
            nth_call)
        SELECT printf('%08x-%04x-7000-8000-%012x', ms >> 16, ms & 65535, i), printf('call-%d@carrier.example;tag=%08x;1', i, a),
            CASE WHEN at_sol < 3 THEN {sol} ELSE {ruiz} END, 'in',
            CASE WHEN luck = 99 THEN NULL ELSE printf('+346%08d', who) END,
            CASE WHEN luck = 99 THEN '' ELSE printf('6%08d', who) END, 'somebody', luck = 99, '+34911234567', 'sip',
            ms, CASE WHEN luck < 75 THEN ms + 8000 END, ms + 8000 + luck * 1000,
            CASE WHEN luck < 75 THEN 'answered' WHEN luck < 85 THEN 'missed' WHEN luck < 91 THEN 'no_message'
                WHEN luck < 96 THEN 'message' WHEN i % 5000 = 0 THEN 'interrupted' WHEN luck < 98 THEN 'refused'
                ELSE 'missed' END,
            'open_hours', ms + 3600000, '', 'caller', CASE WHEN luck < 75 THEN 'Counter' END, 1 FROM c;
        INSERT INTO contacts (shop_id, number, name, note) SELECT {ruiz}, caller, 'Somebody ' || caller, '' FROM calls
            WHERE caller IS NOT NULL GROUP BY caller HAVING COUNT(*) > 40;
        COMMIT;"
    );
    connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("the calls are written");
}

fn settings(name: &str) -> ShopSettings {
    let shop = Shop {
        id: ShopId(0),
        name: name.to_owned(),
        time_zone: chrono_tz::Europe::Madrid,
        country: Country(*b"ES"),
        calls_to: Vec::new(),
        call_back_ring: true,
        drill_before_opening: false,
        greeting: Default::default(),
        language: Language::Es,
        hours: None,
        numbers: Vec::new(),
        give_up_after: Duration::from_secs(120),
        notify: Vec::new(),
        phones: Vec::new(),
        closures: Vec::new(),
        hours_override: None,
        blocked: Default::default(),
    };
    ShopSettings { shop, contacts: Vec::new() }
}
