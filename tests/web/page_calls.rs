//! The list of calls: what each row says, what is found, a call told phone by phone, and the table.

use axum::http::{StatusCode, header};
use ringall::call::record::{CallRecord, EndedBy, EventKind};
use ringall::now::UnixMs;
use ringall::store::CallerEdit;

use crate::shop::{Answer, JO, NOW, Place, answered, event, missed, missed_withheld, number};

const ANN: &str = "+34600111000";

#[track_caller]
fn says(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
}

/// Call `n` in vain, from this number, which rang so long.
fn rang(place: &Place, n: u8, from: &str, ms: i64) -> CallRecord {
    let call = missed(place.plan.shops[0].id, n);
    CallRecord { caller: Some(number(from)), ended: Some(UnixMs(call.started.0 + ms)), ..call }
}

async fn knows(place: &Place, from: &str, name: &str, note: &str) {
    let edit = CallerEdit { name: Some(name.to_owned()), note: Some(note.to_owned()), blocked: None };
    let shop = place.plan.shops[0].id;
    let _ = place.store.edit_caller(shop, &number(from), &edit, None).await.expect("it is written");
}

#[tokio::test]
async fn each_row_says_what_happened_and_what_is_to_be_done() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(answered(shop, 1), []).await;
    place.stores(rang(&place, 2, JO, 40_000), []).await;
    place.stores(missed_withheld(shop, 3), []).await;
    place.stores(CallRecord { ended_by: Some(EndedBy::GiveUp), ..rang(&place, 4, ANN, 120_000) }, []).await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/calls").await;
    says(&page, &["Counter answered in 5 s, 42 s.", "Somebody waited 20 s and nobody picked up."]);
    // Half an hour after they called.
    says(&page, &["Jo Miller waited 40 s and nobody picked up. Call back before 18:32."]);
    says(&page, &["600 11 10 00 waited 2 min, nobody picked up, and they heard busy. Call back before 18:34."]);
    let in_spanish = {
        ana.fills("/account/language", &[("language", "es")]).await;
        ana.sees("/calls").await
    };
    says(&in_spanish, &["Jo Miller esperó 40 s y nadie contestó. Devuelve la llamada antes de las 18:32."]);
}

#[tokio::test]
async fn only_the_last_call_in_vain_asks_for_a_call_back_and_none_once_they_were_spoken_with() {
    let place = Place::of_one_shop().await;
    for n in [1, 2] {
        place.stores(rang(&place, n, JO, 40_000), []).await;
    }
    let mut ana = place.anas_browser().await;
    assert_eq!(ana.sees("/calls").await.matches("Call back before").count(), 1);
    place.stores(answered(place.plan.shops[0].id, 4), []).await;
    assert_eq!(ana.sees("/calls").await.matches("Call back before").count(), 0);
}

#[tokio::test]
async fn short_rings_of_one_caller_are_one_row() {
    let place = Place::of_one_shop().await;
    for n in [1, 2, 4] {
        place.stores(rang(&place, n, JO, 3_000), []).await;
    }
    place.stores(rang(&place, 3, ANN, 3_000), []).await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/calls").await;
    assert_eq!(page.matches("class=\"card call").count(), 2, "{page}");
    says(&page, &["Jo Miller rang 3 times for a moment and hung up."]);
    // One that is longer stands between.
    place.stores(rang(&place, 5, JO, 20_000), []).await;
    place.stores(rang(&place, 6, JO, 3_000), []).await;
    assert_eq!(ana.sees("/calls").await.matches("class=\"card call").count(), 4);
}

#[tokio::test]
async fn a_page_of_short_rings_leads_on_to_older_calls() {
    let place = Place::of_one_shop().await;
    place.stores(rang(&place, 1, ANN, 40_000), []).await;
    for n in 2..=40 {
        place.stores(rang(&place, n, JO, 3_000), []).await;
    }
    let page = place.anas_browser().await.sees("/calls").await;
    says(&page, &["Jo Miller rang 39 times", "600 11 10 00 waited 40 s"]);
}

#[tokio::test]
async fn calls_are_found_by_number_name_and_note() {
    let place = Place::of_one_shop().await;
    place.stores(rang(&place, 1, JO, 40_000), []).await;
    place.stores(rang(&place, 2, ANN, 40_000), []).await;
    knows(&place, ANN, "Ana Núñez", "Wants 100% brass, the GREEN door").await;
    let mut ana = place.anas_browser().await;
    let finds = async |ana: &mut crate::browser::Browser<'_>, q: &str| {
        let page = ana.sees(&format!("/calls?q={q}")).await;
        (page.contains("Jo Miller waited"), page.contains("Ana Núñez waited"))
    };
    for of_ann in ["nunez", "N%C3%9A%C3%91EZ", "green+ana", "100%25", "600+11+10", "600111000", "0034600111000"] {
        assert_eq!(finds(&mut ana, of_ann).await, (false, true), "{of_ann}");
    }
    assert_eq!(finds(&mut ana, "600").await, (true, true));
    for of_nobody in ["%25r", "_", "green+jo", "%3Cscript%3E", "999+111"] {
        assert_eq!(finds(&mut ana, of_nobody).await, (false, false), "{of_nobody}");
    }
    // Who has never called is found too.
    knows(&place, "+34600222333", "Bea", "").await;
    let page = ana.sees("/calls?q=bea").await;
    says(&page, &["/callers/+34600222333", "600 22 23 33"]);
}

#[tokio::test]
async fn calls_are_filtered_by_day_and_a_wrong_day_is_told_beside_its_field() {
    let place = Place::of_one_shop().await;
    place.stores(rang(&place, 1, JO, 40_000), []).await;
    let yesterday = rang(&place, 2, ANN, 40_000);
    let started = UnixMs(NOW.0 - 86_400_000);
    place.stores(CallRecord { started, ended: Some(UnixMs(started.0 + 40_000)), ..yesterday }, []).await;
    let mut ana = place.anas_browser().await;
    for (query, jo, ann) in [
        ("from=2026-12-24", true, false),
        ("to=2026-12-23", false, true),
        ("from=2026-12-23&to=2026-12-24", true, true),
        ("from=2026-12-25", false, false),
        ("q=600&to=2026-12-23", false, true),
    ] {
        let page = ana.sees(&format!("/calls?{query}")).await;
        assert_eq!((page.contains("Jo Miller waited"), page.contains("600 11 10 00 waited")), (jo, ann), "{query}");
    }
    let wrong = ana.sees("/calls?from=%3Cb%3E").await;
    says(&wrong, &["Write a day such as 2026-12-24.", "id=\"day-fault\"", "value=\"&#60;b&#62;\""]);
}

#[tokio::test]
async fn a_call_is_told_phone_by_phone() {
    let place = Place::of_one_shop().await;
    let call = answered(place.plan.shops[0].id, 1);
    let happened = |seq, kind, phone, second: i64| {
        let event = event(&call, seq, kind, Some(phone));
        ringall::call::record::CallEvent { at: UnixMs(call.started.0 + second * 1000), ..event }
    };
    let events = [
        happened(1, EventKind::Ringing, "Counter", 0),
        happened(2, EventKind::Ringing, "Workshop", 1),
        happened(3, EventKind::Answered, "Counter", 5),
        happened(4, EventKind::Stopped, "Workshop", 5),
    ];
    place.stores(call.clone(), events).await;
    let page = place.anas_browser().await.sees(&format!("/calls/{}", call.id)).await;
    says(&page, &["Counter rang for 5 s and took the call.", "Workshop rang for 4 s and was told to stop."]);
}

async fn table(place: &Place, language: &str, query: &str) -> Answer {
    let mut ana = place.anas_browser().await;
    ana.fills("/account/language", &[("language", language)]).await;
    ana.opens(&format!("/calls.csv?{query}")).await
}

#[tokio::test]
async fn the_list_is_given_as_a_table_that_no_spreadsheet_runs() {
    let place = Place::of_one_shop().await;
    place.stores(rang(&place, 1, JO, 40_000), []).await;
    let hostile = CallRecord {
        caller: None,
        caller_raw: "=cmd|' /C calc'!A0".into(),
        called: "+34911234567".into(),
        ..rang(&place, 2, ANN, 1_000)
    };
    place.stores(hostile, []).await;
    let answer = table(&place, "en", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert!(answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines.len(), 3, "{}", answer.text);
    assert!(lines[0].starts_with('\u{feff}'), "{}", lines[0]);
    assert!(lines[1].contains(",'=cmd|' /C calc'!A0,") && lines[1].ends_with(",'+34911234567"), "{}", lines[1]);
    assert!(lines[2].starts_with("2026-12-24 18:01:00,Jo Miller,600 99 98 88,Jo Miller waited 40 s"), "{}", lines[2]);
    let spanish = table(&place, "es", "q=jo").await.text;
    assert_eq!(spanish.lines().count(), 2);
    assert!(spanish.contains("Jo Miller;600 99 98 88;Jo Miller esperó 40 s"), "{spanish}");
}

#[tokio::test]
async fn a_table_has_every_call() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    // More than are read at a time.
    for n in 0..1_100_u32 {
        let call = answered(shop, 1);
        let id = ringall::call::record::CallId(uuid::Uuid::from_u128(call.id.0.as_u128() + (u128::from(n) << 16)));
        let call = CallRecord { id, key: format!("many-{n}"), ..call };
        place.stores_later(call);
    }
    place.flushes().await;
    assert_eq!(table(&place, "en", "").await.text.lines().count(), 1_101);
}
