//! A caller's page: not to be called back, the same person, everything saved, everything erased.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use ringall::call::record::{CallRecord, Disposition};
use ringall::routing::Because;
use ringall::store::CallFilter;

use crate::shop::{Asked, JO, Loop, Place, answered, missed, number, ringing};

const HOME: &str = "+34911222333";

#[track_caller]
fn says(page: &str, words: &[&str]) {
    for words in words {
        assert!(page.contains(words), "{words:?} is not in\n{page}");
    }
}

fn from_home(call: CallRecord) -> CallRecord {
    CallRecord { caller: Some(number(HOME)), caller_raw: HOME.to_owned(), caller_display: "home".to_owned(), ..call }
}

#[tokio::test]
async fn who_does_not_want_to_be_called_back_is_owed_nothing() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].clone();
    place.stores(missed(shop.id, 1), []).await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees(&format!("/callers/{JO}")).await;
    says(&page, &["Do not call them back", "Call back by"]);
    let answer = ana.fills(&format!("/callers/{JO}/no-call-back"), &[("may", "no")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = ana.sees(&format!("/callers/{JO}")).await;
    says(&page, &["They do not want to be called back", "They may be called back again"]);
    assert!(!page.contains("Call back by"));
    assert!(!ana.sees("/calls").await.contains("Call back before"));
    assert_eq!(place.store.owed(&shop, None, 10).await.unwrap(), []);
    assert_eq!(place.asked(), [Asked::TakenOn(shop.id, number(JO))], "no phone rings for them either");
    let named = place.store.callers_as_written().await.unwrap();
    assert!(!named.may_call_back(shop.id, &number(JO)));

    ana.fills(&format!("/callers/{JO}/no-call-back"), &[("may", "yes")]).await;
    assert_eq!(place.store.owed(&shop, None, 10).await.unwrap().len(), 1);
    let refused = ana.fills(&format!("/callers/{JO}/no-call-back"), &[("may", "perhaps")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn two_numbers_of_one_person_have_one_history_and_can_be_taken_apart() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    place.stores(answered(shop, 1), []).await;
    place.stores(from_home(missed(shop, 2)), []).await;
    let mut ana = place.anas_browser().await;
    let join = format!("/callers/{JO}/join");
    let answer = ana.fills(&join, &[("other", "911 22 23 33")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    for page in [JO, HOME] {
        let page = ana.sees(&format!("/callers/{page}")).await;
        says(&page, &["<h1><bdi>Jo Miller</bdi></h1>", "2 calls so far.", "today, 18:01", "today, 18:02"]);
    }
    let found = ana.sees("/calls?q=600999888").await;
    assert_eq!(found.matches("class=\"card call").count(), 2, "found by either number");
    let mut index = place.store.callers().await.unwrap();
    assert_eq!(index.note_call(shop, &number(HOME)), 3, "the phones count both");

    for (typed, why) in [("<b>", "This is no telephone number"), (JO, "no number stands for itself")] {
        let refused = ana.fills(&join, &[("other", typed)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        says(&refused.text, &[why, "aria-describedby=\"join-fault\""]);
    }

    ana.fills(&format!("/callers/{JO}/no-call-back"), &[("may", "no")]).await;
    assert!(place.store.is_not_called_back(shop, &number(HOME)).await.unwrap(), "she says it, of either number");

    ana.fills(&format!("/callers/{JO}/part"), &[("other", HOME)]).await;
    says(&ana.sees(&format!("/callers/{JO}")).await, &["1 call so far."]);
    assert_eq!(place.store.other_numbers(shop, &number(HOME)).await.unwrap(), []);
}

#[tokio::test]
async fn callers_of_the_same_name_are_asked_about() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees(&format!("/callers/{HOME}")).await;
    let (_, rest) = page.split_once("name=\"tag\" value=\"").expect("a form has a tag");
    let tag = rest.split_once('"').expect("its end").0.to_owned();
    ana.fills(&format!("/callers/{HOME}"), &[("tag", &tag), ("name", "jo  MILLER"), ("note", "")]).await;
    let page = ana.sees(&format!("/callers/{JO}")).await;
    says(&page, &["These have the same name.", HOME]);
    ana.fills(&format!("/callers/{JO}/join"), &[("other", HOME)]).await;
    assert!(!ana.sees(&format!("/callers/{JO}")).await.contains("These have the same name."));
}

#[tokio::test]
async fn everything_about_a_caller_is_saved_as_one_archive() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let call = CallRecord { disposition: Some(Disposition::Message), ..missed(shop, 1) };
    let events = [crate::shop::event(&call, 1, ringall::call::record::EventKind::Arrived, None)];
    place.stores(call.clone(), events).await;
    place.stores_message(&call, &[0xff; 8_000]).await;
    // The disk has lost this one's sound.
    let lost = from_home(CallRecord { disposition: Some(Disposition::Message), ..missed(shop, 3) });
    place.stores(lost.clone(), []).await;
    place.stores_message(&lost, &[0xff; 8_000]).await;
    std::fs::remove_file(place.recordings.path(lost.id.0)).unwrap();
    let spoken = answered(shop, 2);
    place.stores(spoken.clone(), []).await;
    let mut ana = place.anas_browser().await;
    let wanted = [("kind", "not_had"), ("said", "A hinge"), ("back", "/")];
    ana.fills(&format!("/calls/{}/wanted", spoken.id), &wanted).await;
    let promise = [("due", "hour"), ("what", "Keys"), ("back", "/")];
    ana.fills(&format!("/calls/{}/promise", spoken.id), &promise).await;
    ana.fills(&format!("/owed/{JO}/claim"), &[("back", "/")]).await;
    ana.fills(&format!("/callers/{JO}/join"), &[("other", HOME)]).await;
    let answer = ana.opens(&format!("/callers/{JO}/export")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"34600999888.zip\"");
    let mut files = unpacked(&answer.bytes);
    let json = files.remove("34600999888.json").expect("what is written");
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["numbers"][1]["messages"][0]["id"], lost.id.to_string(), "the other number is hers too");
    assert_eq!(json["numbers"][1]["messages"][0]["audio"], serde_json::Value::Null, "no file of the archive has it");
    let kept = &json["numbers"][0];
    assert_eq!((&kept["number"], &kept["name"]), (&JO.into(), &"Jo Miller".into()));
    assert_eq!(kept["calls"][1]["id"], call.id.to_string());
    assert_eq!(kept["calls"][1]["events"][0]["kind"], "arrived");
    assert_eq!(
        (&kept["promises"][0]["what"], &kept["promises"][0]["due_at"]),
        (&"Keys".into(), &"2026-12-24T18:05:00.000Z".into())
    );
    let said = &kept["wrap_ups"][0];
    assert_eq!(
        (&said["wanted"], &said["detail"], &said["promise"]),
        (&"not_had".into(), &"A hinge".into(), &"made".into())
    );
    assert!(kept["claim"]["by"].is_string() && kept["settlements"].as_array().unwrap().is_empty(), "{kept}");
    let sound = kept["messages"][0]["audio"].as_str().expect("the name of a file");
    assert_eq!(sound, format!("messages/2026-12-24_18-02-40_{}.wav", call.id));
    assert_eq!(files.remove(sound).unwrap(), std::fs::read(place.recordings.path(call.id.0)).unwrap());
    assert!(files.is_empty(), "{:?}", files.keys());
}

/// The files of an archive by its directory, with their bytes.
fn unpacked(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes(archive[at..at + 2].try_into().unwrap()));
    let u32_at = |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().unwrap()) as usize;
    let end = archive.len() - 22;
    assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
    let mut at = u32_at(end + 16);
    let mut files = BTreeMap::new();
    for _ in 0..u16_at(end + 10) {
        assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
        let (length, name, file) = (u32_at(at + 24), u16_at(at + 28), u32_at(at + 42));
        let name = &archive[at + 46..at + 46 + name];
        assert_eq!(&archive[file + 30..file + 30 + name.len()], name, "as its own header has it");
        let content = &archive[file + 30 + name.len()..][..length];
        files.insert(String::from_utf8(name.to_vec()).unwrap(), content.to_vec());
        at += 46 + name.len();
    }
    assert_eq!(at, end);
    files
}

#[tokio::test]
async fn everything_about_a_caller_is_erased_and_what_is_counted_stays() {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let call = CallRecord { disposition: Some(Disposition::Message), ..missed(shop, 1) };
    place.stores(call.clone(), []).await;
    place.stores_message(&call, &[0xff; 8_000]).await;
    place.stores(CallRecord { because: Because::CalledOut, ..answered(shop, 2) }, []).await;
    place.stores(from_home(missed(shop, 3)), []).await;
    let mut ana = place.anas_browser().await;
    ana.fills(&format!("/callers/{JO}/no-call-back"), &[("may", "no")]).await;
    let file = place.recordings.path(call.id.0);
    assert!(file.exists());
    assert!(ana.sees(&format!("/callers/{JO}")).await.contains("Yes, erase it all"), "it asks once");
    let answer = ana.fills(&format!("/callers/{JO}/erase"), &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    says(&answer.text, &["Erased."]);
    assert!(!file.exists(), "the sound is gone");

    let calls = place.store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(calls.len(), 3, "what is counted stays");
    assert_eq!(calls.iter().filter(|call| call.record.withheld).count(), 2);
    for path in ["/calls", "/calls?q=600999888", "/calls.csv", "/messages", "/callers/+34911222333"] {
        let answer = ana.opens(path).await;
        for trace in ["Jo Miller", "600999888", "600 99 98 88", "whoever"] {
            let page = answer.text.replace("value=\"600999888\"", "").replace("q=600999888", "");
            let typed = path.contains("q=") && trace != "Jo Miller" && trace != "whoever";
            assert!(typed || !page.contains(trace), "{path} still has {trace}: {page}");
        }
    }
    assert!(place.asked().contains(&Asked::Erased(shop, number(JO))), "the loop forgets");
    assert!(!place.store.callers().await.unwrap().contacts().iter().any(|contact| contact.number == number(JO)));
    assert!(!place.store.is_not_called_back(shop, &number(JO)).await.unwrap());
    assert_eq!(place.store.count_calls(shop, &number(HOME)).await.unwrap(), 1, "nobody else is touched");
}

#[tokio::test]
async fn who_is_on_the_line_is_not_erased() {
    let place = Place::of(&["Ruiz"], Loop::Answers).await;
    let shop = place.plan.shops[0].id;
    place.stores(ringing(shop, 1), []).await;
    let mut ana = place.anas_browser().await;
    let answer = ana.fills(&format!("/callers/{JO}/erase"), &[]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    says(&answer.text, &["They are on the line just now", "Jo Miller"]);
    assert_eq!(place.store.written(shop, &number(JO)).await.unwrap().name, "Jo Miller");
}
