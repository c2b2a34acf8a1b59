//! The messages that callers left.

use axum::http::{Method, StatusCode, header};
use ringall::call::record::{CallRecord, Disposition};
use ringall::media::g711;
use serde_json::{Value, json};

use crate::shop::{Answer, JO, Place, answered, id, missed_withheld};

/// Two seconds in which every sample can be told from its neighbours.
fn sound() -> Vec<u8> {
    (0..16_000_usize).map(|n| (n % 251).to_le_bytes()[0]).collect()
}

fn left(call: CallRecord) -> CallRecord {
    CallRecord { disposition: Some(Disposition::Message), answered_by: None, ..call }
}

async fn place_with_three_messages() -> Place {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    for call in [left(answered(shop, 1)), left(missed_withheld(shop, 2)), left(answered(shop, 3))] {
        place.stores(call.clone(), []).await;
        place.stores_message(&call, &sound()).await;
    }
    place.stores(answered(shop, 4), []).await;
    place
}

#[track_caller]
fn listed(list: &Value) -> Vec<u8> {
    let items = list["items"].as_array().expect("a list has items");
    let n = |item: &Value| (1..=9).find(|&n| item["id"] == id(n).to_string()).expect("a message of this test");
    items.iter().map(n).collect()
}

fn audio(n: u8) -> String {
    format!("/api/v1/messages/{}/audio", id(n))
}

async fn asks(place: &Place, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let token = format!("Bearer {}", place.token);
    let headers = [&[("authorization", token.as_str())][..], headers].concat();
    place.ask(method, path, &headers, None).await
}

#[tokio::test]
async fn the_list_tells_each_message_newest_first() {
    let place = place_with_three_messages().await;
    let list = place.get("/api/v1/messages").await.ok();
    assert_eq!(listed(&list), [3, 2, 1]);
    assert_eq!(
        list["items"][2],
        json!({
            "id": id(1).to_string(),
            "call": id(1).to_string(),
            "shop": "Ruiz",
            "caller": {"number": JO, "name": "Jo Miller", "withheld": false},
            "recorded_at": "2026-12-24T17:02:40.000Z",
            "transcript": null,
            "length_ms": 2000,
            "voice_ms": 1000,
            "cut_off": false,
            "audio": audio(1),
        })
    );
    assert_eq!(list["items"][1]["caller"], json!({"number": null, "name": null, "withheld": true}));
}

#[tokio::test]
async fn filters_choose_messages() {
    let place = place_with_three_messages().await;
    for (query, expected) in [
        ("caller=%2B34600999888", &[3, 1][..]),
        ("caller=600999888", &[3, 1]),
        ("caller=%2B34600000000", &[]),
        (&format!("before={}", id(3)), &[2, 1]),
        (&format!("before={}&limit=1", id(3)), &[2]),
        (&format!("before={}", id(4)), &[]),
        ("limit=2", &[3, 2]),
        ("shop=Ruiz", &[3, 2, 1]),
    ] {
        assert_eq!(listed(&place.get(&format!("/api/v1/messages?{query}")).await.ok()), expected, "{query}");
    }
    for (query, parameter) in
        [("caller=jo", "caller"), ("before=1", "before"), ("limit=0", "limit"), ("since=1", "since")]
    {
        let problem = place.get(&format!("/api/v1/messages?{query}")).await.problem(StatusCode::BAD_REQUEST);
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
}

#[tokio::test]
async fn a_call_names_its_message() {
    let place = place_with_three_messages().await;
    let calls = place.get("/api/v1/calls").await.ok();
    let named: Vec<&Value> = calls["items"].as_array().expect("calls").iter().map(|call| &call["message_id"]).collect();
    let [three, two, one] = [3, 2, 1].map(|n| json!(id(n).to_string()));
    assert_eq!(named, [&Value::Null, &three, &two, &one]);
    let call = place.get(&format!("/api/v1/calls/{}", id(1))).await.ok();
    assert_eq!((&call["message_id"], &call["disposition"]), (&one, &json!("message")));
}

#[tokio::test]
async fn the_sound_is_a_wave_of_linear_samples() {
    let place = place_with_three_messages().await;
    let answer = place.get(&audio(1)).await;
    assert_eq!(answer.status, StatusCode::OK);
    for (name, value) in [
        (header::CONTENT_TYPE, "audio/wav"),
        (header::CONTENT_LENGTH, "32044"),
        (header::ACCEPT_RANGES, "bytes"),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        assert_eq!(answer.headers[&name], value, "{name}");
    }
    let file = &answer.bytes;
    assert_eq!((&file[..4], &file[8..16], file.len()), (&b"RIFF"[..], &b"WAVEfmt "[..], 32_044));
    let linear: Vec<i16> = file[44..].chunks(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect();
    assert_eq!(linear, sound().into_iter().map(g711::decode_ulaw).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_player_gets_the_pieces_it_asks_for() {
    let place = place_with_three_messages().await;
    let whole = place.get(&audio(1)).await.bytes;
    for (range, part) in [
        ("bytes=0-0", 0..1),
        ("bytes=0-1023", 0..1024),
        ("bytes=40-100", 40..101),
        ("bytes=45-46", 45..47),
        ("bytes=32000-", 32_000..32_044),
        ("bytes=-44", 32_000..32_044),
        ("bytes=0-", 0..32_044),
        ("bytes=32000-99999", 32_000..32_044),
    ] {
        let answer = asks(&place, Method::GET, &audio(1), &[("range", range)]).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        let told = format!("bytes {}-{}/32044", part.start, part.end - 1);
        assert_eq!(answer.headers[header::CONTENT_RANGE], told, "{range}");
        assert_eq!(answer.headers[header::CONTENT_LENGTH], part.len().to_string(), "{range}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "audio/wav");
        assert_eq!(answer.bytes, whole[part], "{range}");
    }
    let beyond = asks(&place, Method::GET, &audio(1), &[("range", "bytes=32044-")]).await;
    beyond.problem(StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers[header::CONTENT_RANGE], "bytes */32044");
    let several = asks(&place, Method::GET, &audio(1), &[("range", "bytes=0-1,4-5")]).await;
    assert_eq!((several.status, several.bytes), (StatusCode::OK, whole));
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let place = place_with_three_messages().await;
    let first = place.get(&audio(1)).await;
    let tag = first.headers[header::ETAG].to_str().expect("a tag");
    assert!(tag.starts_with('"') && tag.ends_with('"'), "a strong one: {tag}");
    assert_ne!(place.get(&audio(3)).await.headers[header::ETAG], tag);
    let again = asks(&place, Method::GET, &audio(1), &[("if-none-match", tag)]).await;
    assert_eq!((again.status, again.bytes), (StatusCode::NOT_MODIFIED, Vec::new()));
    assert_eq!(again.headers[header::ETAG], tag);
    assert_eq!(again.headers[header::CACHE_CONTROL], "private, no-store");
    let rest = asks(&place, Method::GET, &audio(1), &[("range", "bytes=44-"), ("if-range", tag)]).await;
    assert_eq!(rest.status, StatusCode::PARTIAL_CONTENT);
    let other = asks(&place, Method::GET, &audio(1), &[("range", "bytes=44-"), ("if-range", "\"x\"")]).await;
    assert_eq!((other.status, other.bytes), (StatusCode::OK, first.bytes.clone()));
}

#[tokio::test]
async fn a_head_tells_the_length_and_sends_nothing() {
    let place = place_with_three_messages().await;
    let answer = asks(&place, Method::HEAD, &audio(1), &[("range", "bytes=0-9")]).await;
    assert_eq!((answer.status, answer.bytes.len()), (StatusCode::OK, 0));
    assert_eq!(answer.headers[header::CONTENT_LENGTH], "32044");
    assert_eq!(answer.headers[header::ACCEPT_RANGES], "bytes");
}

#[tokio::test]
async fn a_message_that_is_none_is_not_found() {
    let place = place_with_three_messages().await;
    let of_a_call = id(4).to_string();
    for id in [&id(9).to_string(), &of_a_call, "nonsense", "%FF", "..%2F..%2Fringall.db", "%2e%2e%2fringall.db"] {
        place.get(&format!("/api/v1/messages/{id}/audio")).await.problem(StatusCode::NOT_FOUND);
    }
    place.get("/api/v1/messages/../../ringall.db/audio").await.problem(StatusCode::NOT_FOUND);
    let problem = place.get(&format!("{}?download=1", audio(1))).await.problem(StatusCode::BAD_REQUEST);
    assert_eq!(problem["parameter"], "download");
}

#[tokio::test]
async fn a_message_whose_recording_is_gone_says_so() {
    let place = place_with_three_messages().await;
    let says = async |n, status, word: &str| {
        let problem = place.get(&audio(n)).await.problem(status);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(word)), "{problem}");
    };
    let file = |n| place.recordings.path(id(n).0);
    std::fs::remove_file(file(1)).expect("removed");
    says(1, StatusCode::NOT_FOUND, "gone").await;
    std::fs::write(file(2), "Dear diary, a customer wanted a blue door, and then he wanted none.").expect("written");
    says(2, StatusCode::NOT_FOUND, "damaged").await;
    std::fs::remove_file(file(3)).expect("removed");
    std::fs::create_dir(file(3)).expect("made");
    says(3, StatusCode::SERVICE_UNAVAILABLE, "disk").await;
    assert_eq!(listed(&place.get("/api/v1/messages").await.ok()), [3, 2, 1], "they are listed all the same");
}

#[tokio::test]
async fn a_file_shorter_than_its_header_says_is_played_as_far_as_it_goes() {
    let place = place_with_three_messages().await;
    let file = place.recordings.path(id(1).0);
    let bytes = std::fs::read(&file).expect("the recording");
    std::fs::write(&file, &bytes[..bytes.len() - 1_000]).expect("cut");
    let answer = place.get(&audio(1)).await;
    assert_eq!((answer.status, answer.bytes.len()), (StatusCode::OK, 44 + 2 * 15_000));
    let data = u32::from_le_bytes(answer.bytes[40..44].try_into().expect("four bytes"));
    assert_eq!(data, 30_000, "its header tells what is there");
}

#[tokio::test]
async fn without_a_token_nobody_hears_a_caller() {
    let place = place_with_three_messages().await;
    for method in [Method::GET, Method::HEAD] {
        for path in ["/api/v1/messages", &audio(1), &audio(9)] {
            let answer = place.ask(method.clone(), path, &[("range", "bytes=0-9")], Some("127.0.0.1:5000")).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        }
    }
}

#[tokio::test]
async fn a_store_that_is_gone_is_said_to_be() {
    let place = place_with_three_messages().await;
    place.store.close().await;
    for path in ["/api/v1/messages", &audio(1)] {
        place.get(path).await.problem(StatusCode::SERVICE_UNAVAILABLE);
    }
}
