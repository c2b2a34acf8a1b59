//! The owner's pages on a log of 100,000 calls by 5,000 callers in SQLite: how long each takes, through the router, signed
//! in, with its HTML; and that the log's length does not show: the same pages on a log of 100 calls.
//!
//!     cargo bench --bench pages [-- CALLS CALLERS]
//!
//! Prints a table: time as somebody waits for it, and the processor's, which a busy machine does not change. Exits with 1
//! when a page is no page, or its median is above [`MOST`].

// Each of them has more than is used here.
#![allow(dead_code)]

#[path = "../tests/web/browser.rs"]
mod browser;
#[path = "../tests/web/shop.rs"]
mod shop;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use browser::Browser;
use ringall::number::Number;
use ringall::store::Erased;
use shop::{Answer, NOW, Place};
use sqlx::{ConnectOptions, Executor, sqlite::SqliteConnectOptions};

/// What a page may take, in the middle of the runs.
const MOST: Duration = Duration::from_millis(50);
/// Each page is asked for so often.
const TIMES: usize = 30;
/// A call every three minutes: 100,000 are seven months.
const APART_MS: i64 = 180_000;
/// The log whose pages are to take as long.
const SHORT: i64 = 100;

/// The pages, and what is looked at.
const PAGES: [(&str, &str); 18] = [
    ("Now", "/"),
    ("Hours", "/hours"),
    ("Shop", "/shop"),
    ("Figures", "/figures"),
    ("Messages", "/messages"),
    ("Calls", "/calls"),
    ("Calls in vain", "/calls?outcome=missed"),
    ("Calls of a month, half a year ago", "/calls?from=2026-06-01&to=2026-06-30"),
    ("Calls by a name that many have", "/calls?q=perez"),
    ("Calls by a name that one has", "/calls?q=nombre+4711"),
    ("Calls by words of a note", "/calls?q=puerta+azul"),
    ("Calls by a word that nobody wrote", "/calls?q=zzz"),
    ("Calls by a name, nobody called", "/calls?q=quieto"),
    ("Calls by a part of a number", "/calls?q=0047"),
    ("Calls by a part, nobody called", "/calls?q=7002"),
    ("Calls by a whole number", "/calls?q=600004711"),
    ("A caller who calls often", "/callers/+34600000001"),
    ("A caller who calls seldom", "/callers/+34600004711"),
];

/// Files, for which nobody waits with the page before them.
const FILES: [(&str, &str); 2] = [
    ("A table of a month", "/calls.csv?from=2026-11-01&to=2026-11-30"),
    ("Everything about a caller", "/callers/+34600000001/export"),
];

/// The same of the API.
const API: [(&str, &str); 4] = [
    ("API: calls", "/api/v1/calls"),
    ("API: calls in vain", "/api/v1/calls?disposition=missed&limit=200"),
    ("API: a caller", "/api/v1/callers/+34600000001"),
    ("API: owed", "/api/v1/owed"),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut number = |otherwise| arguments.next().map_or(otherwise, |text| text.parse().expect("a number"));
    let (calls, callers) = (number(100_000), number(5_000));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(calls, callers))
}

async fn measure(calls: i64, callers: i64) -> ExitCode {
    let place = Place::of_one_shop().await;
    fill(&place, calls, callers).await;
    let mut ana = place.anas_browser().await;
    heading(calls, callers);
    let mut slow = 0;
    for (name, path) in PAGES {
        slow += u32::from(row(name, async || ana.opens(path).await).await > MOST);
    }
    for (name, path) in API {
        slow += u32::from(row(name, async || place.get(path).await).await > MOST);
    }
    let (deep, last) = (deep(&mut ana).await, last(&place).await);
    for (name, path) in [("Calls, 100 pages on", &deep), ("Calls, the last page", &last)] {
        slow += u32::from(row(name, async || ana.opens(path).await).await > MOST);
    }
    for (name, path) in FILES {
        row(name, async || ana.opens(path).await).await;
    }
    let (began, cpu) = (Instant::now(), cpu_s());
    let table = ana.opens("/calls.csv").await;
    let (lines, took, cpu) = (table.text.lines().count(), began.elapsed().as_millis(), cpu_s() - cpu);
    println!("\nthe table of all calls: {lines} lines, {} bytes, in {took} ms, {cpu:.2} s of CPU", table.bytes.len());
    erase(&place).await;

    let short = Place::of_one_shop().await;
    fill(&short, SHORT, SHORT).await;
    let mut ana = short.anas_browser().await;
    heading(SHORT, SHORT);
    for path in ["/", "/calls", "/callers/+34600000001", "/figures"] {
        row(path, async || ana.opens(path).await).await;
    }
    if slow == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn heading(calls: i64, callers: i64) {
    println!("\n{calls} calls of {callers} callers\n");
    println!("{:36} {:>9} {:>9} {:>9} {:>9} {:>9}", "page", "first", "median", "slowest", "CPU", "bytes");
}

async fn row(name: &str, mut ask: impl AsyncFnMut() -> Answer) -> Duration {
    let (mut took, mut bytes) = (Vec::with_capacity(TIMES), 0);
    let cpu = cpu_s();
    for _ in 0..TIMES {
        let began = Instant::now();
        let answer = ask().await;
        took.push(began.elapsed());
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text);
        bytes = answer.bytes.len();
    }
    let cpu = Duration::from_secs_f64((cpu_s() - cpu) / TIMES as f64);
    let first = took[0];
    took.sort_unstable();
    let ms = |took: Duration| format!("{:.2} ms", took.as_secs_f64() * 1000.0);
    let (median, slowest) = (took[TIMES / 2], took[TIMES - 1]);
    println!("{name:36} {:>9} {:>9} {:>9} {:>9} {bytes:>9}", ms(first), ms(median), ms(slowest), ms(cpu));
    median
}

/// What this process has used of the processors.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this process lives");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().collect();
    // The 14th and 15th of all: user and system, in hundredths of a second.
    let ticks = |at: usize| fields[at - 3].parse::<f64>().expect("a number");
    (ticks(14) + ticks(15)) / 100.0
}

/// The way to older calls, gone a hundred times.
async fn deep(ana: &mut Browser<'_>) -> String {
    let mut path = "/calls".to_owned();
    for _ in 0..100 {
        let page = ana.opens(&path).await.text;
        let Some((_, rest)) = page.split_once("rel=\"next\" href=\"") else { break };
        path = rest.split_once('"').expect("its end").0.replace("&#38;", "&").replace("&amp;", "&");
    }
    path
}

/// The page of the 30 oldest calls.
async fn last(place: &Place) -> String {
    const OLDEST: &str = "SELECT id FROM calls ORDER BY started_ms, id LIMIT 1 OFFSET 30";
    let id: String = sqlx::query_scalar(OLDEST).fetch_one(&mut connection(place).await).await.expect("an old call");
    format!("/calls?before={id}")
}

/// All of those who call often, one after the other.
async fn erase(place: &Place) {
    let shop = place.plan.shops[0].id;
    let (began, cpu) = (Instant::now(), cpu_s());
    for caller in 1..=10 {
        let number = Number::from_e164(&format!("+3460000{caller:04}")).expect("a number");
        assert!(matches!(place.store.erase_caller(shop, &number).await, Ok(Erased::Done { .. })));
    }
    println!("erasing ten callers: {} ms, {:.2} s of CPU", began.elapsed().as_millis(), cpu_s() - cpu);
}

async fn connection(place: &Place) -> sqlx::SqliteConnection {
    let data = place.recordings.dir().parent().expect("a folder");
    SqliteConnectOptions::new().filename(data.join("ringall.db")).connect().await.expect("the file opens")
}

/// Written by SQL in one go: by the log's own writer it would take minutes.
async fn fill(place: &Place, calls: i64, callers: i64) {
    let shop = place.plan.shops[0].id.0;
    let first = NOW.0 - calls * APART_MS;
    let mut connection = connection(place).await;
    // A multiplicative hash in place of chance; its square makes some call much oftener than others.
    let sql = format!(
        "BEGIN;
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {calls}),
        h AS (SELECT i, {first} + i * {APART_MS} AS ms, (i * 2654435761) % 4294967296 AS a,
            ((i + 7) * 2246822519) % 4294967296 AS b FROM n),
        c AS (SELECT i, ms, a, b % 100 AS luck, (i * 31) % {callers} AS even,
            CAST({callers} * ((a / 4294967296.0) * (a / 4294967296.0)) AS INTEGER) AS often FROM h)
        INSERT INTO calls (id, call_key, shop_id, direction, caller, caller_raw, caller_display, withheld, called, door,
            started_ms, answered_ms, ended_ms, disposition, because, because_at_ms, because_why, ended_by, answered_by,
            nth_call)
        SELECT printf('%08x-%04x-7000-8000-%012x', ms >> 16, ms & 65535, i), printf('bench-%d', i), {shop}, 'in',
            CASE WHEN luck = 99 THEN NULL ELSE printf('+346%08d', CASE WHEN i % 2 THEN even ELSE often END) END,
            CASE WHEN luck = 99 THEN '' ELSE 'raw' END, 'somebody', luck = 99, '+34911234567', 'sip',
            ms, CASE WHEN luck < 75 THEN ms + 8000 END, ms + 8000 + luck * 1000,
            CASE WHEN luck < 75 THEN 'answered' WHEN luck < 85 THEN 'missed' WHEN luck < 91 THEN 'no_message'
                WHEN luck < 96 THEN 'message' WHEN luck < 98 THEN 'refused' ELSE 'missed' END,
            'open_hours', ms + 3600000, '', 'caller', CASE WHEN luck < 75 THEN 'Counter' END, 1 FROM c;
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {callers})
        INSERT INTO contacts (shop_id, number, name, note, name_key, note_key)
        SELECT {shop}, printf('+346%08d', i), 'Nombre ' || i || CASE WHEN i % 9 = 0 THEN ' Pérez' ELSE ' Ruiz' END,
            CASE WHEN i % 50 = 0 THEN 'Puerta azul' ELSE 'Bisagras' END,
            'nombre ' || i || CASE WHEN i % 9 = 0 THEN ' perez' ELSE ' ruiz' END,
            CASE WHEN i % 50 = 0 THEN 'puerta azul' ELSE 'bisagras' END FROM n WHERE true ON CONFLICT DO NOTHING;
        INSERT INTO voice_messages (call_id, recording, recorded_ms, length_ms, voice_ms, cut_off)
            SELECT id, id, started_ms, 7000, 5000, 0 FROM calls WHERE disposition = 'message';
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < 1000)
        INSERT INTO contacts (shop_id, number, name, note, name_key, note_key)
        SELECT {shop}, printf('+3470020%04d', i), 'Quieto ' || i, '', 'quieto ' || i, '' FROM n WHERE true;
        INSERT INTO call_events (call_id, seq, at_ms, kind, phone, detail)
        SELECT c.id, e.seq, c.started_ms + e.seq, e.kind, CASE WHEN e.seq BETWEEN 2 AND 7 THEN 'Counter' END, ''
            FROM calls c CROSS JOIN (SELECT 1 AS seq, 'arrived' AS kind UNION ALL SELECT 2, 'offered' UNION ALL
            SELECT 3, 'offered' UNION ALL SELECT 4, 'ringing' UNION ALL SELECT 5, 'ringing' UNION ALL
            SELECT 6, 'answered' UNION ALL SELECT 7, 'stopped' UNION ALL SELECT 8, 'ended') e;
        COMMIT;"
    );
    connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("the calls are written");
}
