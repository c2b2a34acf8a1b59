//! Messages by the page, and how a page hears that something has happened.

use axum::http::{StatusCode, header};
use ringall::call::record::{CallRecord, Disposition};

use crate::shop::{Place, answered, id, missed_withheld};

/// One second of μ-law silence.
const SECOND: [u8; 8_000] = [0xff; 8_000];

async fn place_with_messages() -> Place {
    let place = Place::of_one_shop().await;
    let shop = place.plan.shops[0].id;
    let jo = CallRecord { disposition: Some(Disposition::Message), ..answered(shop, 1) };
    let withheld = CallRecord { disposition: Some(Disposition::Message), ..missed_withheld(shop, 2) };
    for call in [jo, withheld] {
        place.stores(call.clone(), []).await;
        place.stores_message(&call, &SECOND).await;
    }
    place
}

#[tokio::test]
async fn messages_are_listed_with_a_player_each() {
    let place = place_with_messages().await;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/messages").await;
    let player = format!("<audio controls preload=\"none\" src=\"/messages/{}/audio\"", id(1));
    for words in ["Jo Miller", "Number withheld", "1 second", "Message from Jo Miller, 1 second", player.as_str()] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    for path in [format!("/calls/{}", id(1)), "/callers/+34600999888".to_owned()] {
        assert!(ana.sees(&path).await.contains(&player), "{path}");
    }
    assert_eq!(ana.opens("/messages?before=x").await.status, StatusCode::NOT_FOUND);
    assert!(ana.sees(&format!("/messages?before={}", id(1))).await.contains("No messages."));
}

#[tokio::test]
async fn what_a_machine_has_written_down_stands_under_the_message_as_text() {
    let place = place_with_messages().await;
    let mut ana = place.anas_browser().await;
    assert!(!ana.sees("/messages").await.contains("class=\"transcript\""), "nothing is written down yet");
    place.store.keep_transcript(id(1), "I want <b>the</b> blue door \u{202e}4711.").await.unwrap();
    place.store.keep_transcript(id(2), "").await.unwrap();
    for path in ["/messages".to_owned(), format!("/calls/{}", id(1)), "/callers/+34600999888".to_owned()] {
        let page = ana.sees(&path).await;
        for words in
            ["I want &#60;b&#62;the&#60;/b&#62; blue door 4711.", "Written down by a machine: listen to be sure."]
        {
            assert!(page.contains(words), "{words:?} is not in {page}");
        }
    }
    assert_eq!(ana.sees("/messages").await.matches("class=\"transcript\"").count(), 1, "no word was understood");
    let list = place.get("/api/v1/messages").await.ok();
    let said: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["transcript"].clone()).collect();
    assert_eq!(said, [serde_json::Value::Null, "I want <b>the</b> blue door \u{202e}4711.".into()]);
}

#[tokio::test]
async fn a_message_is_heard_by_whoever_is_signed_in_and_nobody_else() {
    let place = place_with_messages().await;
    let mut ana = place.anas_browser().await;
    let path = format!("/messages/{}/audio", id(1));
    let sound = ana.opens(&path).await;
    assert_eq!((sound.status, &sound.headers[header::CONTENT_TYPE]), (StatusCode::OK, &"audio/wav".parse().unwrap()));
    assert!(sound.bytes.starts_with(b"RIFF") && sound.bytes.len() > SECOND.len(), "{}", sound.bytes.len());
    assert_eq!(sound.headers[header::CACHE_CONTROL], "private, no-store");
    let piece = ana.opens_with(&[("range", "bytes=0-3")], &path).await;
    assert_eq!((piece.status, piece.bytes.as_slice()), (StatusCode::PARTIAL_CONTENT, b"RIFF".as_slice()));

    let stranger = place.browser().opens(&path).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
    assert!(!stranger.bytes.starts_with(b"RIFF"));
    for none in ["/messages/x/audio", &format!("/messages/{}/audio", id(9)), "/messages/..%2f..%2fringall.db/audio"] {
        assert_eq!(ana.opens(none).await.status, StatusCode::NOT_FOUND, "{none}");
    }
}

#[tokio::test]
async fn a_message_waits_until_somebody_has_played_it_on_the_page() {
    let place = place_with_messages().await;
    let shop = place.plan.shops[0].id;
    let waits = async || place.store.unheard().await.unwrap().get(&shop).copied();
    let mut ana = place.anas_browser().await;
    ana.sees("/messages").await;
    assert_eq!(waits().await, Some(2), "who reads of them has not heard them");
    let path = format!("/messages/{}/audio", id(1));
    place.browser().opens(&path).await;
    assert_eq!(waits().await, Some(2), "nor has a stranger");
    ana.opens(&path).await;
    assert_eq!(waits().await, Some(1));
    ana.opens_with(&[("range", "bytes=0-3")], &format!("/messages/{}/audio", id(2))).await;
    assert_eq!(waits().await, None);
}

#[tokio::test]
async fn a_page_hears_that_something_has_happened_and_not_what() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    assert_eq!(place.browser().opens("/live/news").await.status, StatusCode::UNAUTHORIZED);
    let mut news = ana.listens("/live/news").await;
    assert_eq!(news.next().await, "data: news\n\n", "at once: it is live");
    place.feed.call(&answered(place.plan.shops[0].id, 1));
    place.feed.call(&answered(place.plan.shops[0].id, 2));
    assert_eq!(news.next().await, "data: news\n\n", "without a name or number");
}
