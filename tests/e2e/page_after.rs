//! After a call, in a browser: two taps, a promise on the list, and a month's figures.

use ringall::call::record::Disposition;

use crate::chromium::{Chromium, DESK, PHONE};
use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::page::{Seed, chooses_a_password, every_page_is_whole, picture, takes};
use crate::peers;

const JO: &str = "+34600999888";

/// A shop that was called for six weeks, the last time ten minutes ago, and its owner's link.
fn shop_with_a_month() -> (Installation, String) {
    let files = Files::new();
    let contact = format!("\n[[contact]]\nnumber = \"{JO}\"\nname = \"Jo Miller\"\nnote = \"Wants the blue door\"\n");
    let shop = format!("{SHOP}{}{}{contact}", fixed_phone("Counter", 9), fixed_phone("Workshop", 19));
    files.write("shop.toml", &shop);
    let imported = files.run(&["import", "shop.toml"]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let mut seed = Seed::new(&files).await;
        for nth in 1..400_i64 {
            let number = format!("+34600{:06}", nth % 57);
            let ended = match nth % 11 {
                0 | 4 => Disposition::Missed,
                7 => Disposition::NoMessage,
                _ => Disposition::Answered,
            };
            // By day, more often in the morning; settled long ago, so that the list is short.
            let minutes = nth * 157 + 60 * 24;
            seed.call(minutes, Some(&number), "", ended);
        }
        for nth in 0..57 {
            seed.call(60 * 20, Some(&format!("+34600{nth:06}")), "", Disposition::Answered);
        }
        for _ in 0..3 {
            seed.call(50, Some("+34911222333"), "Marta", Disposition::Missed);
        }
        let left = seed.call(70, Some("+34600123123"), "", Disposition::Message);
        seed.message(&left);
        seed.call(10, Some(JO), "", Disposition::Answered);
        seed.log.flush().await.expect("the log is durable");
        seed.store.close().await;
    });
    let invited = files.run(&["owner", "invite", "ana@example.com"]);
    let link = String::from_utf8_lossy(&invited.stdout).trim().to_owned();
    (Installation::start_with(files, &shop), link)
}

#[test]
fn after_a_call_an_owner_taps_twice_and_reads_the_month() {
    if !peers::present("after_a_call_an_owner_taps_twice_and_reads_the_month", &["chromium", "chromedriver"]) {
        return;
    }
    let (installation, link) = shop_with_a_month();
    let web = installation.web();
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(PHONE);
    chooses_a_password(&ana, &link);
    ana.shows("What did they want?");
    ana.shows("Called 3 times, and nobody answered");
    ana.pictures(PHONE, &picture("after-wanted", PHONE));
    ana.pictures(DESK, &picture("after-wanted", DESK));
    ana.looks_at(PHONE);
    ana.sends(".after .words button");
    ana.shows("What did we promise?");
    ana.pictures(PHONE, &picture("after-promise", PHONE));
    ana.types(".promise input[name=what]", "The price of the blue door");
    ana.sends(".promise button[value=hour]");
    ana.shows("Ana promised by");
    let asked = ana.script("return document.querySelector('.card.after') === null");
    assert_eq!(asked, true, "nobody is asked twice");
    ana.pictures(PHONE, &picture("after-promised", PHONE));
    let card = "#owed .card:has(a[href='/callers/+34911222333'])";
    ana.sends(&format!("{card} form[action$='/claim'] button"));
    ana.shows("You are calling back.");
    let call = ana.script("return document.querySelector('section:last-of-type .call a.who').getAttribute('href')");
    let after = format!("{}/after", call.as_str().expect("the last call"));
    let pages = [("after-now", "/".to_owned()), ("figures", "/figures".to_owned()), ("after", after)];
    every_page_is_whole(&ana, &web, &pages, takes);
    ana.opens(&format!("{web}/figures"));
    let bytes = ana.script("return document.documentElement.outerHTML.length").as_i64().expect("a number");
    assert!(bytes < 60_000, "{bytes} characters");
    assert!(ana.complaints().is_empty(), "{:?}", ana.complaints());
}
