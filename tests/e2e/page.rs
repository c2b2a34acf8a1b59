//! The owner's page in a real browser: signing in, hours, a live call, a message, calling back; on a telephone and at a
//! desk, in both languages, light and dark. With RINGALL_SCREENS=1 its pictures go to docs/screens.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ringall::call::record::{
    CallEvent, CallId, CallRecord, Direction, Disposition, Door, EndedBy, EventKind, VoiceMessage,
};
use ringall::config::DatabaseUrl;
use ringall::media::recordings::Recordings;
use ringall::media::wav;
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::routing::Because;
use ringall::routing::plan::ShopId;
use ringall::store::{CallFilter, LogWriter, Store};
use ringall::switchboard::{LogEntry, Medium, Ticket};
use uuid::Uuid;

use crate::chromium::{Chromium, DESK, PHONE, Screen};
use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::peers;
use crate::process::until;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(30);
pub const PASSWORD: &str = "blue door, two hinges";
const JO: &str = "+34600999888";
const MINUTE_MS: i64 = 60_000;

/// What strangers call themselves.
const HOSTILE: [&str; 4] = [
    "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">",
    "\u{202e}moc.live\u{202c}\u{0}\u{7}\u{1b}[31m مرحبا",
    "'\"><svg onload=alert(1)>{{7*7}}",
    "supercalifragilistic",
];

/// What the log holds before anything is looked at.
pub struct Seed {
    pub store: Store,
    pub log: LogWriter,
    recordings: Recordings,
    shop: ShopId,
    now: UnixMs,
    calls: u32,
}

impl Seed {
    pub async fn new(files: &Files) -> Seed {
        let url = format!("sqlite:{}", files.path("ringall.db").display());
        let store = Store::open(&DatabaseUrl::parse(&url).expect("a database")).await.expect("a store");
        let log = LogWriter::start(store.clone(), files.path("seed"), |_| ()).expect("a log");
        let shop = store.plan().await.expect("a plan").shops[0].id;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let now = UnixMs(i64::try_from(since.as_millis()).expect("before the year 292 million"));
        Seed { store, log, recordings: Recordings::in_data_dir(&files.path("data")), shop, now, calls: 0 }
    }

    /// A call that began so many minutes ago and ended as said after 40 s.
    pub fn call(&mut self, minutes_ago: i64, caller: Option<&str>, display: &str, ended: Disposition) -> CallRecord {
        self.calls += 1;
        let started = UnixMs(self.now.0 - minutes_ago * MINUTE_MS);
        let random = u128::from(self.calls) | 0x7000_8000_0000_0000_0000;
        let answered = (ended == Disposition::Answered).then_some(UnixMs(started.0 + 6_000));
        let call = CallRecord {
            id: CallId(Uuid::from_u128(u128::from(started.0.unsigned_abs()) << 80 | random)),
            shop: Some(self.shop),
            direction: Direction::In,
            caller: caller.and_then(Number::from_e164),
            caller_raw: caller.unwrap_or(display).to_owned(),
            caller_display: display.to_owned(),
            withheld: false,
            called: "+34911234567".to_owned(),
            door: Door::Sip,
            key: format!("seed-{}", self.calls),
            started,
            answered,
            ended: Some(UnixMs(started.0 + 40_000)),
            disposition: Some(ended),
            because: Because::OpenHours { until: None },
            ended_by: Some(if answered.is_some() { EndedBy::Staff } else { EndedBy::Caller }),
            answered_by: answered.map(|_| Arc::from("Counter")),
            nth_call_from_caller: 1,
        };
        self.log.record(Ticket(0), Medium::Store, Box::new(call.clone()));
        let kinds = [
            (0, EventKind::Arrived, None),
            (0, EventKind::Offered, Some("Counter")),
            (1, EventKind::Ringing, Some("Counter")),
            if answered.is_some() { (6, EventKind::Answered, Some("Counter")) } else { (40, EventKind::GaveUp, None) },
            (40, EventKind::Ended, None),
        ];
        for (seq, (second, kind, phone)) in (1..).zip(kinds) {
            let at = UnixMs(call.started.0 + second * 1_000);
            let detail = String::new();
            self.log.log(LogEntry::Event(CallEvent {
                call: call.id,
                seq,
                at,
                kind,
                phone: phone.map(Arc::from),
                detail,
            }));
        }
        call
    }

    /// The caller left a message of three seconds: a tone, so that there is something to hear.
    pub fn message(&self, call: &CallRecord) {
        let samples: Vec<u8> = (0..24_000).map(|n| if n / 10 % 2 == 0 { 0x90 } else { 0x10 }).collect();
        std::fs::create_dir_all(self.recordings.dir()).expect("a folder");
        let header = wav::header(24_000);
        std::fs::write(self.recordings.path(call.id.0), [&header[..], &samples].concat()).expect("a recording");
        let length = Duration::from_secs(3);
        self.log.log(LogEntry::Message(VoiceMessage { call: call.id, recorded: call.started, length, voice: length }));
    }
}

/// A shop with a past, its owner's link, and the port of its one phone.
pub fn shop_with_a_past(strangers: &[&str]) -> (Installation, String, Sipp) {
    let files = Files::new();
    let phone = Sipp::plays(sipp::PHONE).pause_ms(4_000);
    let shop = format!(
        "{SHOP}{}\n[[phone]]\nname = \"Ana's cell\"\nnumber = \"+34600111222\"\nafter_s = 15\nhours = \"Mo-Fr 08:00-08:01\"\n\
         \n[[contact]]\nnumber = \"{JO}\"\nname = \"Jo Miller\"\nnote = \"Wants the blue door\"\n",
        fixed_phone("Counter", phone.port())
    );
    files.write("shop.toml", &shop);
    let imported = files.run(&["import", "shop.toml"]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut seed = Seed::new(&files).await;
        seed.call(26 * 60, Some(JO), "", Disposition::Answered);
        seed.call(95, Some("+442070313000"), "Lena Ortiz", Disposition::Answered);
        let left = seed.call(70, Some("+34911222333"), "Marta", Disposition::Message);
        seed.message(&left);
        seed.call(45, Some("+34600123123"), "", Disposition::Missed);
        seed.call(20, Some(JO), "", Disposition::Missed);
        for (n, name) in strangers.iter().enumerate() {
            // The last is 2,000 characters long.
            let name = if n == 3 { name.repeat(100) } else { (*name).to_owned() };
            let minutes = 3_000 + i64::try_from(n).expect("small");
            seed.call(minutes, Some(&format!("+3460000010{n}")), &name, Disposition::Missed);
            let nameless = seed.call(minutes + 100, None, &name, Disposition::Message);
            seed.message(&nameless);
        }
        seed.log.flush().await.expect("the log is durable");
        seed.store.close().await;
    });
    let invited = files.run(&["owner", "invite", "ana@example.com"]);
    let link = String::from_utf8_lossy(&invited.stdout).trim().to_owned();
    assert!(invited.status.success() && link.contains("/set-up/"), "{link}");
    (Installation::start_with(files, &shop), link, phone)
}

/// Where pictures go: into the documentation when asked for, else away.
pub fn picture(name: &str, screen: Screen) -> PathBuf {
    let asked = std::env::var("RINGALL_SCREENS").is_ok_and(|value| value == "1");
    let folder = if asked {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screens")
    } else {
        std::env::temp_dir().join("ringall-screens")
    };
    folder.join(format!("{name}-{}.png", screen.name))
}

pub fn chooses_a_password(browser: &Chromium, link: &str) {
    browser.opens(link);
    browser.shows("Choose a password");
    browser.types("input[name=password]", PASSWORD);
    browser.types("input[name=again]", PASSWORD);
    browser.sends("button.primary");
    browser.shows("Who would ring");
}

#[test]
fn an_owner_works_a_day_with_the_page() {
    if !peers::present("an_owner_works_a_day_with_the_page", &["chromium", "chromedriver", "sipp"]) {
        return;
    }
    let (installation, link, phone) = shop_with_a_past(&[]);
    let web = installation.web();
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(PHONE);
    chooses_a_password(&ana, &link);

    // Out, and in again with the password.
    ana.opens(&format!("{web}/account"));
    ana.sends("form[action='/sign-out'] button");
    ana.shows("Password");
    takes(&ana, "sign-in", PHONE);
    ana.types("input[name=email]", "ana@example.com");
    ana.types("input[name=password]", "a wrong one, surely");
    ana.sends("button.primary");
    ana.shows("do not fit together");
    ana.types("input[name=password]", PASSWORD);
    ana.sends("button.primary");
    ana.shows("Who would ring");
    ana.shows("Live: this page follows what happens.");

    sets_hours_and_is_told_of_another(&ana, &installation, &web);
    closes_for_an_hour(&ana, &web);
    sees_a_call_arrive(&ana, &installation, &web, phone);
    plays_a_message(&ana, &web);
    every_page_is_whole(&ana, &web, &pages(&installation), |ana, name, screen| {
        if !(name == "now" && screen == PHONE) {
            takes(ana, name, screen);
        }
    });
    ana.looks_at(PHONE);
    ana.opens(&web);
    let wide = "const p = document.createElement('p'); p.style.minWidth = '500px'; p.textContent = 'wide'; document.body.append(p)";
    ana.script(wide);
    assert!(width(&ana) > i64::from(PHONE.width), "what sticks out would be seen: {}", width(&ana));
    claims_and_settles(&ana, &web);
    let complaints = ana.complaints();
    // The wrong password and the second save answer with an error's status, which the console notes.
    let ours = |complaint: &&String| !complaint.contains("status of 422") && !complaint.contains("status of 409");
    assert_eq!(complaints.iter().filter(ours).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn sets_hours_and_is_told_of_another(ana: &Chromium, installation: &Installation, web: &str) {
    // A day that is neither today nor tomorrow, so that the shop stays open for what follows.
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    // 1 January 1970 was a Thursday, which is day 3.
    let day = (since.as_secs() / 86_400 + 3 + 3) % 7;
    ana.opens(&format!("{web}/hours"));
    ana.types(&format!("input[name=d{day}]"), "9-2, 4:30-8");
    ana.pictures(PHONE, &picture("hours", PHONE));
    ana.sends(".week button.primary");
    ana.shows("Saved. Today at");
    ana.shows("the phones ring");

    // Somebody at another desk has the same form open.
    let link = installation.run(&["owner", "invite", "bea@example.com"]);
    let bea = Chromium::start();
    bea.looks_at(DESK);
    chooses_a_password(&bea, &link);
    bea.opens(&format!("{web}/hours"));
    ana.opens(&format!("{web}/hours"));
    ana.types(&format!("input[name=d{day}]"), "9-2, 4:30-9");
    ana.sends(".week button.primary");
    ana.shows("Saved.");
    bea.types(&format!("input[name=d{day}]"), "9-2, 4:30-10");
    bea.sends(".week button.primary");
    bea.shows("Somebody else has changed the hours");
    let kept = bea.script(&format!("return document.querySelector('input[name=d{day}]').value"));
    assert_eq!(kept, "9-2, 4:30-10", "what was typed is kept");
    bea.pictures(DESK, &picture("hours-told", DESK));
}

fn closes_for_an_hour(ana: &Chromium, web: &str) {
    ana.opens(web);
    ana.shows("If someone calls now, 1 phone rings.");
    ana.clicks("details.override summary");
    ana.sends("button[value=hour]");
    ana.shows("Closed by hand until");
    ana.shows("from");
    ana.pictures(PHONE, &picture("closed", PHONE));
    ana.sends("form[action='/override/end'] button");
    ana.shows("If someone calls now, 1 phone rings.");
}

fn sees_a_call_arrive(ana: &Chromium, installation: &Installation, web: &str, phone: Sipp) {
    ana.opens(web);
    ana.shows("Nobody is calling.");
    ana.shows("Live: this page follows what happens.");
    ana.script("window.sameLoad = true");
    // She is about to close the shop; calls come all the same.
    ana.clicks("details.override summary");
    let phone = phone.start(&installation.target());
    let caller = Sipp::plays(sipp::CALLER).pause_ms(9_000).start(&installation.target());
    ana.shows("Rings, for");
    assert_eq!(ana.script("return document.querySelector('details.override').open"), true, "it stays as she left it");
    ana.clicks("details.override summary");
    for words in ["Jo Miller", "600 99 98 88", "3rd call", "Wants the blue door", "nobody answered"] {
        ana.shows(words);
    }
    ana.pictures(PHONE, &picture("now", PHONE));
    ana.pictures(DESK, &picture("now", DESK));
    ana.is_dark(true);
    ana.pictures(PHONE, &picture("now-dark", PHONE));
    ana.is_dark(false);
    ana.looks_at(PHONE);
    ana.shows("Counter talks, for");
    caller.finish(LIMIT);
    phone.finish(LIMIT);
    ana.shows("Nobody is calling.");
    assert_eq!(ana.script("return window.sameLoad"), true, "all without loading the page again");
}

fn plays_a_message(ana: &Chromium, web: &str) {
    ana.opens(&format!("{web}/messages"));
    ana.shows("3 seconds");
    ana.script("document.querySelector('audio').play()");
    let played = until(LIMIT, || {
        let at = ana.script("return document.querySelector('audio').currentTime").as_f64()?;
        (at > 0.5).then_some(at)
    });
    let error = || ana.script("const e = document.querySelector('audio').error; return e ? e.message : ''");
    assert!(played.is_some(), "the message is not heard: {}", error());
    let length = ana.script("return document.querySelector('audio').duration").as_f64().unwrap_or(0.0);
    assert!((2.9..3.1).contains(&length), "{length} s");
}

fn claims_and_settles(ana: &Chromium, web: &str) {
    ana.opens(web);
    // Jo was spoken with just now; this one waits still.
    ana.shows("600 12 31 23");
    let card = "#owed .card:has(a[href='/callers/+34600123123'])";
    ana.sends(&format!("{card} form[action$='/claim'] button"));
    ana.shows("You are calling back.");
    ana.clicks(&format!("{card} details summary"));
    ana.sends(&format!("{card} button[value=came_in]"));
    let there = format!("return document.querySelector(\"{card}\") !== null");
    let gone = until(LIMIT, || (ana.script(&there) == false).then_some(()));
    assert!(gone.is_some(), "settled, and still owed:\n{}", ana.text());
}

#[test]
fn hostile_names_run_nothing_and_break_nothing() {
    if !peers::present("hostile_names_run_nothing_and_break_nothing", &["chromium", "chromedriver", "sipp"]) {
        return;
    }
    let (installation, link, _phone) = shop_with_a_past(&HOSTILE);
    let web = installation.web();
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(PHONE);
    chooses_a_password(&ana, &link);
    let mut pages = pages(&installation);
    for n in 0..HOSTILE.len() {
        let number = format!("+3460000010{n}");
        pages.push(("caller", format!("/callers/{number}")));
        pages.push(("call", call(&installation, &number)));
    }
    every_page_is_whole(&ana, &web, &pages, |_, _, _| ());
    let complaints = ana.complaints();
    assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
}

/// Every page, by the name of its picture.
fn pages(installation: &Installation) -> Vec<(&'static str, String)> {
    vec![
        ("now", "/".to_owned()),
        ("calls", "/calls".to_owned()),
        ("call", call(installation, "+442070313000")),
        ("caller", format!("/callers/{JO}")),
        ("messages", "/messages".to_owned()),
        ("hours", "/hours".to_owned()),
        ("what-if", "/what-if?at=2026-12-24T18:05".to_owned()),
        ("phones", "/phones".to_owned()),
        ("figures", "/figures".to_owned()),
        ("account", "/account".to_owned()),
    ]
}

/// The page of a call from this number.
fn call(installation: &Installation, number: &str) -> String {
    let calls = installation.calls();
    let found = calls.iter().find(|call| call["caller"]["number"] == number).expect("a call of this test");
    format!("/calls/{}", found["id"].as_str().expect("an id"))
}

/// Takes the page's picture; on a telephone another in the dark.
pub fn takes(browser: &Chromium, name: &str, screen: Screen) {
    browser.pictures(screen, &picture(name, screen));
    if screen == PHONE && !name.ends_with("-es") {
        browser.is_dark(true);
        browser.pictures(screen, &picture(&format!("{name}-dark"), screen));
        browser.is_dark(false);
    }
}

/// Somebody who is signed in reads the pages in this language from now on.
pub fn speaks(browser: &Chromium, web: &str, language: &str) {
    browser.opens(&format!("{web}/account"));
    browser.clicks(&format!("input[name=language][value='{language}']"));
    browser.sends("form[action='/account/language'] button");
    browser.shows(if language == "es" { "Idioma" } else { "Language" });
}

/// Looks at each page in both languages, on a telephone and at a desk.
pub fn every_page_is_whole(
    browser: &Chromium,
    web: &str,
    pages: &[(&str, String)],
    looked: impl Fn(&Chromium, &str, Screen),
) {
    for language in ["es", "en"] {
        speaks(browser, web, language);
        for screen in [PHONE, DESK] {
            for (name, path) in pages {
                browser.looks_at(screen);
                browser.opens(&format!("{web}{path}"));
                is_whole(browser, screen, path);
                looked(browser, &if language == "es" { format!("{name}-es") } else { (*name).to_owned() }, screen);
            }
        }
    }
}

/// How wide the page is. The window's own width is no measure: on a telephone it grows with what sticks out.
fn width(browser: &Chromium) -> i64 {
    browser.script("return document.documentElement.scrollWidth").as_i64().expect("a number")
}

/// Nothing foreign ran (a QR code is ours), nothing sticks out at the side, and fingers find what they are to touch.
pub fn is_whole(browser: &Chromium, screen: Screen, path: &str) {
    let place = format!("{path} at {} px", screen.width);
    assert!(!browser.has_dialogue(), "{place}: a foreign script ran");
    assert_ne!(browser.script("return document.title"), "run", "{place}: a foreign script ran");
    let foreign = browser
        .script("return document.querySelectorAll('main script, main img, main svg:not(.card > svg.code)').length");
    assert_eq!(foreign, 0, "{place}: foreign elements");
    assert!(width(browser) <= i64::from(screen.width), "{place}: is {} px wide", width(browser));
    let small = browser.script(
        "return [...document.querySelectorAll('button, .button, summary, select, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), nav a, label.choice, a.who')]\
         .filter(e => e.checkVisibility() && !e.matches('.hidden') && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 120))",
    );
    assert_eq!(small, serde_json::json!([]), "{place}: too small for a finger");
    let hidden = browser.script(
        "const n = document.querySelector('nav.tabs').getBoundingClientRect(); return n.height > 0 && n.width > 0",
    );
    assert_eq!(hidden, true, "{place}: no way to the other pages");
}

#[test]
fn the_page_works_without_scripts() {
    if !peers::present("the_page_works_without_scripts", &["chromium", "chromedriver", "sipp"]) {
        return;
    }
    let (installation, link, _phone) = shop_with_a_past(&[]);
    let web = installation.web();
    let ana = Chromium::start();
    ana.looks_at(PHONE);
    ana.runs_no_scripts();
    ana.opens(&link);
    ana.types("input[name=password]", PASSWORD);
    ana.types("input[name=again]", PASSWORD);
    ana.sends("button.primary");
    assert!(ana.reads("main").contains("If someone calls now, 1 phone rings."), "{}", ana.reads("main"));
    assert!(ana.reads("#live-note").contains("Load the page again"), "it does not claim to be live");
    ana.clicks("details.override summary");
    ana.sends("button[value=hour]");
    assert!(ana.reads("main").contains("Closed by hand until"), "{}", ana.reads("main"));
    ana.opens(&format!("{web}/calls?outcome=missed"));
    assert!(ana.reads("main").contains("600 12 31 23"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let calls = runtime.block_on(async {
        let store = Store::open(&installation.database()).await.expect("a store");
        store.calls(&CallFilter::default()).await.expect("calls").len()
    });
    assert_eq!(calls, 5, "looking changes nothing");
}
