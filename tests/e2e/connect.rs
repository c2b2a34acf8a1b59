//! An owner makes a link in the page, and a real phone sets itself up with it. With RINGALL_SCREENS=1 the page's pictures
//! go to docs/screens.

use crate::chromium::{Chromium, DESK, PHONE};
use crate::http;
use crate::installation::{Installation, SHOP};
use crate::linphone::Linphone;
use crate::page::{chooses_a_password, is_whole, picture, speaks};
use crate::peers;

const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";

#[test]
fn a_phone_sets_itself_up_with_the_owners_link_and_no_other_does() {
    let name = "a_phone_sets_itself_up_with_the_owners_link_and_no_other_does";
    if !peers::present(name, &["chromium", "chromedriver", "linphonec"]) {
        return;
    }
    let installation = Installation::start(&format!("{SHOP}{COUNTER}"));
    let link = installation.run(&["owner", "invite", "ana@example.com"]);
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(PHONE);
    chooses_a_password(&ana, link.trim());
    for (language, told) in [("es", "Anular el enlace"), ("en", "Take the link back")] {
        speaks(&ana, &installation.web(), language);
        ana.opens(&format!("{}/phones", installation.web()));
        is_whole(&ana, PHONE, "/phones");
        ana.sends("form[action$='/connect'] button");
        ana.shows(told);
        let name = if language == "es" { "connect-es" } else { "connect" };
        for screen in [PHONE, DESK] {
            ana.looks_at(screen);
            is_whole(&ana, screen, name);
            ana.pictures(screen, &picture(name, screen));
        }
        ana.looks_at(PHONE);
    }
    ana.shows("Only this machine itself opens http://127.0.0.1");
    let address = ana.script("return [...document.querySelectorAll('code')].map(e => e.textContent).find(t => t.endsWith('.xml') && !t.includes('mac'))");
    let address = address.as_str().expect("an address").to_owned();
    let path = address.strip_prefix(&installation.web()).expect("of this service").to_owned();
    let secret = path.split('/').nth(2).expect("a secret").to_owned();

    let mut phone = Linphone::fetches_its_settings(&address);
    phone.is_registered();
    let again = http::get(installation.web_port(), &path, None).expect("an answer");
    assert_eq!(again.status, 404, "it is for one phone: {}", again.body);
    ana.opens(&format!("{}/phones", installation.web()));
    ana.shows("Set up by a link today at");
    ana.shows("It would ring.");
    let log = installation.log();
    assert!(
        log.contains("a phone has fetched its settings") && !log.contains(&secret),
        "the secret is in the log:\n{log}"
    );
}
