//! Callers from a file: told line by line, then done, and nothing that somebody wrote is lost.

use axum::http::StatusCode;

use crate::browser::Browser;
use crate::shop::{JO, Place, number};

#[track_caller]
fn says(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
}

/// What the page's form takes the file in by.
fn secret(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"file\" value=\"").expect("there is something to do");
    rest.split_once('"').expect("its end").0.to_owned()
}

async fn written(place: &Place, of: &str) -> (String, String) {
    let written = place.store.written(place.plan.shops[0].id, &number(of)).await.unwrap();
    (written.name, written.note)
}

async fn looks(ana: &mut Browser<'_>, file: &[u8]) -> String {
    let answer = ana.uploads("/callers/import", file).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text
}

const TABLE: &str = "Nombre;Teléfono;Nota\nJoanna;600 99 98 88;Hinges\nBea;600 22 23 33;\nBea;600 22 23 33;\n\
                     Cara;12;x\n;600 33 34 44;\n";

#[tokio::test]
async fn a_table_is_told_line_by_line_before_anything_is_done() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let page = looks(&mut ana, TABLE.as_bytes()).await;
    says(&page, &["New callers: 1; changed: 1; as they are: 0. Not read: 2 lines."]);
    says(&page, &["Line 2", "until now: Jo Miller", "Line 3", "Line 5", "This is no telephone number", "Line 6"]);
    assert_eq!(written(&place, "+34600222333").await.0, "", "nothing is done yet");

    let done = ana.fills("/callers/import/do", &[("file", &secret(&page))]).await;
    says(&done.text, &["1 caller was added, 1 changed."]);
    assert_eq!(written(&place, JO).await, ("Jo Miller".into(), "Hinges".into()), "the owner's name stays");
    assert_eq!(written(&place, "+34600222333").await.0, "Bea");
    let again = ana.fills("/callers/import/do", &[("file", &secret(&page))]).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "once");
}

#[tokio::test]
async fn a_name_is_replaced_only_where_the_owner_says_so_and_a_note_never() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let first = looks(&mut ana, b"name,number,note\nJo Miller,600999888,Blue door\n").await;
    ana.fills("/callers/import/do", &[("file", &secret(&first))]).await;
    let second = looks(&mut ana, b"name,number,note\nJoanna,600999888,Red door\n").await;
    ana.fills("/callers/import/do", &[("file", &secret(&second)), ("names", "yes")]).await;
    assert_eq!(written(&place, JO).await, ("Joanna".into(), "Blue door\nRed door".into()));
    let same = looks(&mut ana, b"name,number,note\nJoanna,600999888,Red door\n").await;
    says(&same, &["New callers: 0; changed: 0; as they are: 1."]);
    assert!(!same.contains("name=\"file\" value="), "there is nothing to do");
}

#[tokio::test]
async fn what_somebody_writes_meanwhile_stands() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let page = looks(&mut ana, b"name,number,note\n,600999888,From the file\n").await;
    let edit = ringall::store::CallerEdit { note: Some("Meanwhile".into()), ..Default::default() };
    let _ = place.store.edit_caller(place.plan.shops[0].id, &number(JO), &edit, None).await.unwrap();
    let done = ana.fills("/callers/import/do", &[("file", &secret(&page))]).await;
    says(&done.text, &["0 callers were added, 0 changed. 1 had been changed meanwhile and was left as it is."]);
    assert_eq!(written(&place, JO).await.1, "Meanwhile");
}

#[tokio::test]
async fn cards_of_a_telephone_are_taken_in() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let card = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:N=C3=BA=C3=B1ez;Ana;;;\r\n\
                TEL;CELL:600222333\r\nTEL;HOME:911222333\r\nNOTE:Door\r\nEND:VCARD\r\n";
    let page = looks(&mut ana, card.as_bytes()).await;
    ana.fills("/callers/import/do", &[("file", &secret(&page))]).await;
    for of in ["+34600222333", "+34911222333"] {
        assert_eq!(written(&place, of).await, ("Ana Núñez".into(), "Door".into()));
    }
}

#[tokio::test]
async fn what_is_no_file_of_callers_is_refused_beside_its_field() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (file, why) in [(&b""[..], "Choose a file first."), (b"hello", "Neither a vCard file nor a table")] {
        let answer = ana.uploads("/callers/import", file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        says(&answer.text, &[why, "id=\"import-fault\""]);
    }
    let long = ana.uploads("/callers/import", &vec![b'x'; 9 * 1024 * 1024]).await;
    assert_eq!(long.status, StatusCode::BAD_REQUEST);
    let forged = ana.sends_from(&[("content-type", "multipart/form-data; boundary=x")], "/callers/import", &[]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn hostile_files_are_text() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let file = "name,number,note\n<script>alert(1)</script>,600222333,\"</textarea><img src=x onerror=alert(1)>\"\n\
                \u{202e}gnp.exe,600222334,<svg onload=alert(1)>\n\u{1b}[31m,<img src=x>,\n";
    let page = looks(&mut ana, file.as_bytes()).await;
    ana.fills("/callers/import/do", &[("file", &secret(&page))]).await;
    let pages = ["/calls?q=script", "/calls?q=gnp", "/callers/+34600222333", "/callers/+34600222334"];
    let mut all = vec![page];
    for path in pages {
        all.push(ana.sees(path).await);
    }
    for page in all {
        for tag in ["<script>", "<img", "<svg onload"] {
            assert!(!page.contains(tag), "{tag} is in\n{page}");
        }
        assert!(!page.contains(|c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)));
    }
}

#[tokio::test]
async fn a_long_file_is_a_short_page() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let rows: String = (0..1_000).map(|n| format!("Caller {n},600{n:06},A note\n")).collect();
    let page = looks(&mut ana, format!("name,number,note\n{rows}").as_bytes()).await;
    says(&page, &["New callers: 1000;", "And 940 more lines like these."]);
    assert!(page.len() < 60_000, "{} bytes", page.len());
    let done = ana.fills("/callers/import/do", &[("file", &secret(&page))]).await;
    says(&done.text, &["1000 callers were added"]);
}

#[tokio::test]
async fn a_file_of_more_callers_than_are_taken_in_is_refused_in_both_languages() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let rows: String = (0..20_001).map(|n| format!("Caller {n},600{n:06}\n")).collect();
    let answer = ana.uploads("/callers/import", format!("name,number\n{rows}").as_bytes()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&answer.text, &["at most 20000 numbers are taken in at a time", "id=\"import-fault\""]);
    // One card with a long note and very many numbers is small as a file, and would be gigabytes as rows.
    let card = format!("BEGIN:VCARD\nNOTE:{}\n{}END:VCARD\n", "x".repeat(1_000_000), "TEL:1\n".repeat(200_000));
    let answer = ana.uploads("/callers/import", card.as_bytes()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}
