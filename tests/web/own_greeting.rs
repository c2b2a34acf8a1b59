//! The closed shop's own greeting, as Twilio fetches it: by a name that it was told.

use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use ringall::door::twilio::greeting_link::{GreetingId, GreetingLinks};
use ringall::greeting::Greeting;
use ringall::media::linear::Linear;
use ringall::now::UnixMs;
use ringall::routing::decision::Opening;
use ringall::routing::plan::{Language, OwnWords, Part, Shop, ShopId};
use ringall::sip::auth::NonceSecret;

use crate::shop::{NOW, Place, SECRET};

const HOUR_MS: i64 = 3_600_000;
const TOMORROW: Opening = Opening::At(UnixMs(NOW.0 + 16 * HOUR_MS));

fn own(sample: u8) -> OwnWords {
    let samples: Arc<[u8]> = vec![sample; 12_000].into();
    OwnWords { language: Language::Es, part: Part::Welcome, words: "Somos Ruiz".into(), samples }
}

/// A shop that welcomes in its own voice.
async fn place() -> (Place, Arc<Shop>) {
    let place = Place::of_one_shop().await;
    let shop = speaks(&place, 7).await;
    (place, shop)
}

async fn speaks(place: &Place, sample: u8) -> Arc<Shop> {
    place.store.set_own_words(place.plan.shops[0].id, &own(sample)).await.expect("it is kept");
    place.plan_is_read().await.shops[0].clone()
}

/// What a caller at that time hears, and where.
fn told(shop: &Shop, opening: Opening, at: UnixMs) -> (Vec<u8>, String) {
    let greeting = Greeting::of_shop(shop, None, opening, at);
    assert!(greeting.has_own_words(shop), "{}", greeting.text());
    let id = GreetingId::of(&greeting, shop, opening, at);
    let samples = greeting.without_beep();
    let wave = Linear::of(&samples);
    (wave.part(0..wave.bytes()), format!("/twilio/greeting/{}", GreetingLinks::new(SECRET).write(&id)))
}

#[tokio::test]
async fn whoever_was_told_its_name_hears_the_shops_own_greeting() {
    let (place, shop) = place().await;
    for opening in [TOMORROW, Opening::NotKnown, Opening::NotUntilFurtherNotice] {
        let (wave, path) = told(&shop, opening, NOW);
        let answer = place.ask(Method::GET, &path, &[], None).await;
        assert_eq!((answer.status, answer.bytes == wave), (StatusCode::OK, true), "{}", answer.text);
        assert_eq!(answer.headers[header::CONTENT_TYPE], "audio/wav");
        assert_eq!(answer.headers["x-robots-tag"], "noindex");
        assert_eq!(answer.headers[header::CONTENT_LENGTH], wave.len().to_string());
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
        let head = place.ask(Method::HEAD, &path, &[], None).await;
        assert_eq!((head.status, head.bytes.len()), (StatusCode::OK, 0));
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ETAG, header::CACHE_CONTROL] {
            assert_eq!(head.headers[&name], answer.headers[&name], "{name}");
        }
        let tag = answer.headers[header::ETAG].to_str().expect("a tag").to_owned();
        let known = place.ask(Method::GET, &path, &[("if-none-match", &tag)], None).await;
        assert_eq!((known.status, known.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        let part = place.ask(Method::GET, &path, &[("range", "bytes=0-43")], None).await;
        assert_eq!((part.status, part.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, &wave[..44]));
    }
}

#[tokio::test]
async fn it_is_kept_by_carriers_for_as_long_as_it_is_true() {
    let (place, shop) = place().await;
    let kept = async |opening, at| {
        let answer = place.ask(Method::GET, &told(&shop, opening, at).1, &[], None).await;
        let kept = answer.headers[header::CACHE_CONTROL].to_str().expect("text").to_owned();
        (answer.status == StatusCode::OK).then_some(kept)
    };
    let in_minutes = |minutes: i64| Opening::At(UnixMs(NOW.0 + minutes * 60_000));
    let long = |minutes: i64| Some(format!("public, max-age={}, immutable", minutes * 60));
    assert_eq!(kept(in_minutes(90), NOW).await, long(105), "until it opens, and a quarter of an hour");
    // It is five past six in the evening in Madrid.
    assert_eq!(kept(TOMORROW, NOW).await, long(5 * 60 + 55 + 15), "tomorrow is another day tomorrow");
    assert_eq!(kept(in_minutes(-14), UnixMs(NOW.0 - HOUR_MS)).await, long(1), "who called a moment before");
    assert_eq!(kept(in_minutes(-15), UnixMs(NOW.0 - HOUR_MS)).await, None);
    assert_eq!(kept(TOMORROW, UnixMs(NOW.0 - 24 * HOUR_MS)).await, None, "that was yesterday");
}

#[tokio::test]
async fn a_name_that_nobody_was_told_is_none() {
    let (place, shop) = place().await;
    let (_, good) = told(&shop, TOMORROW, NOW);
    let greeting = Greeting::of_shop(&shop, None, TOMORROW, NOW);
    let id = GreetingId::of(&greeting, &shop, TOMORROW, NOW);
    let strangers = format!("/twilio/greeting/{}", GreetingLinks::new(NonceSecret([8; 32])).write(&id));
    let other = GreetingId::of(&greeting, &Shop { id: ShopId(99), ..(*shop).clone() }, TOMORROW, NOW);
    let nobodys = format!("/twilio/greeting/{}", GreetingLinks::new(SECRET).write(&other));
    let (head, tail) = good.rsplit_once('-').expect("a proof");
    let cut = format!("{head}-{}", &tail[1..]);
    for path in [&strangers, &nobodys, &cut, "/twilio/greeting/1.wav", "/twilio/greeting", "/twilio/greeting/"] {
        let answer = place.ask(Method::GET, path, &[], None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text);
        assert!(!answer.text.contains("RIFF"), "{path}");
    }
    assert_eq!(place.ask(Method::POST, &good, &[], None).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn another_recording_has_another_name_and_the_old_one_is_heard_no_more() {
    let (place, shop) = place().await;
    let (before, path) = told(&shop, TOMORROW, NOW);
    let shop = speaks(&place, 9).await;
    let (after, other) = told(&shop, TOMORROW, NOW);
    assert!(before != after && path != other);
    let answer = place.ask(Method::GET, &path, &[], None).await;
    assert!(answer.bytes == after, "a caller who was told the old name hears what is said now");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "private, no-store", "and nobody keeps it under that name");
    assert!(told(&shop, Opening::NotKnown, NOW).1 != other, "another opening is another name");
    // Back to the old one: the old name is that of its sound again.
    speaks(&place, 7).await;
    assert!(place.ask(Method::GET, &path, &[], None).await.bytes == before);
}
