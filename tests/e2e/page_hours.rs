//! The place Hours in a real browser: the week typed, closed days, the sign, and the greeting recorded and heard.

use std::time::Duration;

use crate::chromium::{Chromium, PHONE};
use crate::installation::{Files, Installation, fixed_phone};
use crate::page::{chooses_a_password, every_page_is_whole, picture, takes};
use crate::peers;
use crate::process::until;

const LIMIT: Duration = Duration::from_secs(30);

/// A hardware store that is closed at night.
const SHOP: &str = r#"
[shop]
name = "Ferretería Ruiz"
time_zone = "Europe/Madrid"
country = "ES"
language = "es"
hours = "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off"
numbers = ["+34911234567"]

[[closure]]
from = "2098-12-24T14:00"
to = "2098-12-27T09:00"
why = "Navidad"
"#;

#[test]
fn an_owner_sets_hours_closed_days_and_the_greeting() {
    if !peers::present("an_owner_sets_hours_closed_days_and_the_greeting", &["chromium", "chromedriver"]) {
        return;
    }
    let files = Files::new();
    // Nobody answers at this port: the phone is only named.
    let shop = format!("{SHOP}{}", fixed_phone("Counter", 9));
    files.write("shop.toml", &shop);
    assert!(files.run(&["import", "shop.toml"]).status.success());
    let invited = files.run(&["owner", "invite", "ana@example.com"]);
    let link = String::from_utf8_lossy(&invited.stdout).trim().to_owned();
    let installation = Installation::start_with(files, &shop);
    let web = installation.web();
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(PHONE);
    chooses_a_password(&ana, &link);

    types_the_week(&ana, &web);
    says_which_days_are_closed(&ana, &web);
    records_a_welcome(&ana, &web);
    let pages = [
        ("hours-place", "/hours".to_owned()),
        ("hours-closed-days", "/hours/closed-days".to_owned()),
        ("hours-sign", "/hours/sign".to_owned()),
        ("hours-greeting", "/greeting".to_owned()),
        ("hours-what-if", "/what-if?at=2026-12-28T15:05".to_owned()),
    ];
    every_page_is_whole(&ana, &web, &pages, |ana, name, screen| {
        takes(ana, name, screen);
        let bytes = ana.script("return document.documentElement.outerHTML.length").as_u64().unwrap_or(u64::MAX);
        assert!(bytes < 60_000, "{name} has {bytes} bytes besides its style");
    });
    let complaints = ana.complaints();
    // A refused form answers with an error's status, which the console notes.
    let ours = |complaint: &&String| !complaint.contains("status of 422");
    assert_eq!(complaints.iter().filter(ours).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn types_the_week(ana: &Chromium, web: &str) {
    ana.opens(&format!("{web}/hours"));
    ana.types("input[name=d0]", "nine to five");
    ana.sends(".week button.primary");
    ana.shows("Write from when to when");
    assert_eq!(ana.script("return document.querySelector('input[name=d0]').value"), "nine to five");
    ana.pictures(PHONE, &picture("hours-refused", PHONE));
    ana.types("input[name=d0]", "9-2, 4:30-8");
    ana.types("input[name=d4]", "9-2, 6pm-2am");
    ana.sends(".week button.primary");
    ana.shows("Saved.");
    let typed = |day| ana.script(&format!("return document.querySelector('input[name={day}]').value"));
    assert_eq!((typed("d0"), typed("d4")), ("09:00-14:00, 16:30-20:00".into(), "09:00-14:00, 18:00-02:00".into()));
}

fn says_which_days_are_closed(ana: &Chromium, web: &str) {
    ana.opens(&format!("{web}/hours/closed-days"));
    ana.shows("Christmas Day");
    ana.types("input[name=l0name]", "San Isidro");
    ana.sends("button.primary");
    ana.shows("Write the day as");
    let soon = "const d = new Date(); d.setDate(d.getDate() + 9); return d.toISOString().slice(0, 10)";
    ana.sets("input[name=l0date]", ana.script(soon).as_str().expect("a date"));
    ana.sends("button.primary");
    ana.shows("Saved.");
    ana.shows("San Isidro");
    assert!(!ana.text().contains("Which days do you close in"), "it is asked once a year");
}

fn records_a_welcome(ana: &Chromium, web: &str) {
    ana.opens(&format!("{web}/greeting"));
    ana.shows("Ahora estamos cerrados.");
    let form = "form.recording:has(input[value=welcome])";
    ana.types(&format!("{form} input[name=words]"), "Ferretería Ruiz, ahora estamos cerrados");
    ana.clicks(&format!("{form} button.record"));
    ana.shows("Speak now");
    // The browser's own microphone beeps once a second.
    ana.script("window.since = performance.now()");
    let spoken = until(LIMIT, || ana.script("return performance.now() - window.since > 2200").as_bool()?.then_some(()));
    assert!(spoken.is_some());
    ana.clicks(&format!("{form} button.record"));
    ana.shows("Recorded.");
    ana.sends(&format!("{form} button.primary"));
    ana.shows("Your voice");
    ana.shows("Ferretería Ruiz, ahora estamos cerrados.");
    ana.script("document.querySelector('audio').play()");
    let played = until(LIMIT, || {
        let at = ana.script("return document.querySelector('audio').currentTime").as_f64()?;
        (at > 0.5).then_some(at)
    });
    let error = || ana.script("const e = document.querySelector('audio').error; return e ? e.message : ''");
    assert!(played.is_some(), "the greeting is not heard: {}", error());
    let length = ana.script("return document.querySelector('audio').duration").as_f64().unwrap_or(0.0);
    assert!((4.0..12.0).contains(&length), "{length} s");
}
