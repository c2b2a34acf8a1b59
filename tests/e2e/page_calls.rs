//! Calls and callers in a real browser: found, not called back, joined, taken in from a file, erased.

use crate::chromium::{Chromium, DESK, PHONE};
use crate::page::{chooses_a_password, every_page_is_whole, picture, shop_with_a_past, takes};
use crate::peers;

const JO: &str = "+34600999888";
const MARTA: &str = "+34911222333";

#[test]
fn an_owner_finds_callers_takes_them_in_and_erases_them() {
    let name = "an_owner_finds_callers_takes_them_in_and_erases_them";
    if !peers::present(name, &["chromium", "chromedriver", "sipp"]) {
        return;
    }
    let (installation, link, _phone) = shop_with_a_past(&[]);
    let web = installation.web();
    let ana = Chromium::start();
    ana.is_dark(false);
    ana.looks_at(PHONE);
    chooses_a_password(&ana, &link);

    ana.opens(&format!("{web}/calls"));
    ana.shows("Jo Miller waited 40 s and nobody picked up.");
    ana.shows("Counter answered in 6 s, 34 s.");
    ana.types("input[name=q]", "BLUE door");
    ana.sends(".find button.primary");
    ana.shows("Jo Miller waited 40 s");
    assert!(!ana.text().contains("Lena Ortiz"), "another caller: {}", ana.text());

    takes_in_a_file(&ana, &web);
    joins_and_wants_no_call(&ana, &web);
    let pages =
        [("calls-found", "/calls?q=600"), ("import", "/callers/import"), ("caller-joined", &format!("/callers/{JO}"))]
            .map(|(name, path)| (name, path.to_owned()));
    every_page_is_whole(&ana, &web, &pages, takes);
    erases(&ana, &web);
    let complaints = ana.complaints();
    // What is refused answers with an error's status, which the console notes.
    let ours = |complaint: &&String| !complaint.contains("status of 422");
    assert_eq!(complaints.iter().filter(ours).collect::<Vec<_>>(), Vec::<&String>::new());
}

fn takes_in_a_file(ana: &Chromium, web: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("contactos.csv");
    let table = "Nombre;Teléfono;Nota\nJoanna Miller;600 99 98 88;Two hinges\nMarta Gil;911 22 23 33;\nNadie;12;\n";
    std::fs::write(&file, table).expect("the file is written");
    ana.opens(&format!("{web}/callers/import"));
    ana.types("input[name=file]", &file.display().to_string());
    ana.sends("form[enctype] button.primary");
    ana.shows("New callers: 1; changed: 1; as they are: 0. Not read: 1 line.");
    ana.shows("until now: Jo Miller");
    ana.shows("This is no telephone number");
    ana.pictures(PHONE, &picture("import-preview", PHONE));
    ana.pictures(DESK, &picture("import-preview", DESK));
    ana.looks_at(PHONE);
    ana.sends(".sheet button.primary");
    ana.shows("1 caller was added, 1 changed.");
}

fn joins_and_wants_no_call(ana: &Chromium, web: &str) {
    ana.opens(&format!("{web}/callers/{JO}"));
    assert!(ana.script("return document.querySelector('input[name=name]').value") == "Jo Miller", "her name stays");
    ana.types("input[name=other]", "12");
    ana.sends("form[action$='/join'] button");
    ana.shows("This is no telephone number");
    ana.types("input[name=other]", "911 22 23 33");
    ana.sends("form[action$='/join'] button");
    ana.shows("Saved.");
    ana.shows("Their other numbers");
    ana.shows("3 calls so far.");
    ana.sends("button[name=may]");
    ana.shows("They do not want to be called back");
}

fn erases(ana: &Chromium, web: &str) {
    ana.looks_at(PHONE);
    ana.opens(&format!("{web}/callers/{MARTA}"));
    ana.clicks("details.erase summary");
    ana.sends("button.danger");
    ana.shows("Erased.");
    ana.opens(&format!("{web}/calls"));
    ana.shows("Number withheld");
    let text = ana.text();
    assert!(!text.contains("Jo Miller") && !text.contains("911 22 23 33"), "{text}");
}
