//! The greeting by the page: heard as callers hear it, the shop's own words, and what is refused.

use axum::http::{StatusCode, header};
use ringall::call::Dictating;
use ringall::greeting::Greeting;
use ringall::media::g711::encode_ulaw;
use ringall::now::UnixMs;
use ringall::routing::decision::Opening;
use ringall::routing::plan::{Language, Part};
use ringall::switchboard::Purpose;

use crate::browser::{ANA, Browser, PASSWORD};
use crate::shop::{Answer, Asked, NOW, Place};

/// A WAVE file of 16 bits, mono, 8 kHz, with a tone.
pub fn recording(seconds: u32, amplitude: f32) -> Vec<u8> {
    let count = seconds * 8_000;
    let header = [
        &b"RIFF"[..],
        &(36 + 2 * count).to_le_bytes(),
        b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data",
        &(2 * count).to_le_bytes(),
    ];
    let sample = |n: u32| ((amplitude * f32::sin(n as f32 * 0.7)).clamp(-1.0, 1.0) * 32_767.0) as i16;
    header.concat().into_iter().chain((0..count).flat_map(|n| sample(n).to_le_bytes())).collect()
}

async fn records(ana: &mut Browser<'_>, words: &str, file: &[u8]) -> Answer {
    let mark = ana.mark().await;
    let fields = [("csrf", mark.as_str()), ("language", "es"), ("part", "welcome"), ("words", words)];
    ana.sends_with_file("/greeting/record", &fields, file).await
}

/// Closes the shop until tomorrow at nine.
async fn closes(ana: &mut Browser<'_>) {
    ana.fills("/override", &[("state", "closed"), ("until", "2026-12-25T09:00")]).await;
}

#[tokio::test]
async fn the_greeting_is_heard_as_a_caller_hears_it() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    closes(&mut ana).await;
    let page = ana.sees("/greeting").await;
    assert!(page.contains("Abrimos mañana"), "{page}");
    assert!(page.contains("src=\"/greeting/heard?at=2026-12-24T18%3A05\""), "{page}");
    let answer = ana.opens("/greeting/heard?at=2026-12-24T18:05").await;
    assert_eq!((answer.status, &answer.headers[header::CONTENT_TYPE]), (StatusCode::OK, &"audio/wav".parse().unwrap()));
    let plan = place.store.plan().await.unwrap();
    let opens = Opening::At(UnixMs(1_798_185_600_000));
    let heard = Greeting::of_shop(&plan.shops[0], None, opens, NOW);
    assert_eq!(answer.bytes.len(), 44 + 2 * heard.samples().len(), "16 bits of each sample behind a header");
    assert!(ana.sees("/greeting?at=2026-12-28T10:00").await.contains("the phones ring, and nobody hears a greeting"));
    assert_eq!(ana.opens("/greeting/heard?at=2026-12-28T10:00").await.status, StatusCode::NOT_FOUND);
    let asked = ana.sees("/what-if?at=2026-12-24T18:30").await;
    assert!(asked.contains("href=\"/greeting?at=2026-12-24T18%3A30\""), "{asked}");
    let page = ana.sees("/greeting?at=soon%3Cb%3E").await;
    assert!(page.contains("Write day and time") && page.contains("value=\"soon&#60;b&#62;\""), "{page}");
}

#[tokio::test]
async fn a_recording_is_the_shops_own_welcome_until_it_is_taken_away() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    closes(&mut ana).await;
    let answer = records(&mut ana, "Ferretería Ruiz <b>, ahora estamos cerrados.", &recording(2, 0.3)).await;
    assert_eq!(answer.headers.get(header::LOCATION), Some(&"/greeting?saved=yes".parse().unwrap()), "{}", answer.text);
    let own = place.store.plan().await.unwrap().shops[0].greeting.words.clone();
    assert_eq!((own.len(), own[0].language, own[0].part), (1, Language::Es, Part::Welcome));
    assert!((15_000..17_000).contains(&own[0].samples.len()), "{} samples", own[0].samples.len());
    let page = ana.sees("/greeting?saved=yes").await;
    for words in ["Saved.", "“Ferretería Ruiz &#60;b&#62;, ahora estamos cerrados. Abrimos mañana", "Your voice"] {
        assert!(page.contains(words), "{words:?} is not in {page}");
    }
    assert_eq!(
        ana.fills("/greeting/remove", &[("language", "es"), ("part", "welcome")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(place.store.plan().await.unwrap().shops[0].greeting.words.is_empty());
}

#[tokio::test]
async fn what_callers_should_not_hear_is_refused_kindly_and_the_words_are_kept() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    for (words, file, told) in [
        ("Ruiz &amp;", &b"MThd"[..], "Choose a WAV file"),
        ("Ruiz", &[], "Choose a WAV file"),
        ("Ruiz", &recording(11, 0.3), "people hang up on long ones"),
        ("Ruiz", &recording(2, 0.0), "Nothing is heard in it"),
        ("Ruiz", &recording(2, 4.0), "too loud and crackles"),
        ("Pulse 1 para ventas", &recording(2, 0.3), "asks callers to press keys"),
        ("", &recording(2, 0.3), "Write what is said"),
    ] {
        let answer = records(&mut ana, words, file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        let kept = words.replace('&', "&#38;");
        for part in [told, "aria-describedby=\"welcome-es-fault\"", &format!("name=\"words\" value=\"{kept}\"")] {
            assert!(answer.text.contains(part), "{part:?} is not in {}", answer.text);
        }
    }
    assert!(place.store.plan().await.unwrap().shops[0].greeting.words.is_empty());
}

#[tokio::test]
async fn a_second_language_is_spoken_and_stands_on_the_sign() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    closes(&mut ana).await;
    assert_eq!(ana.fills("/greeting/also", &[("also", "en")]).await.status, StatusCode::SEE_OTHER);
    let page = ana.sees("/greeting").await;
    assert!(page.contains("Abrimos mañana") && page.contains("We open again tomorrow"), "{page}");
    assert!(page.contains("<option value=\"en\" selected>"), "{page}");
    let sign = ana.sees("/hours/sign").await;
    assert!(sign.contains("<section lang=\"es\">") && sign.contains("<section lang=\"en\">"), "{sign}");
    assert_eq!(ana.fills("/greeting/also", &[("also", "xx")]).await.status, StatusCode::BAD_REQUEST);
    ana.fills("/greeting/also", &[("also", "")]).await;
    assert_eq!(place.store.plan().await.unwrap().shops[0].greeting.also, None);
}

/// So many seconds of a tone, as a telephone sends it.
fn said(seconds: u32, amplitude: f32) -> Option<Vec<u8>> {
    let sample = |n: u32| encode_ulaw(((amplitude * f32::sin(n as f32 * 0.7)).clamp(-1.0, 1.0) * 32_767.0) as i16);
    Some((0..seconds * 8_000).map(sample).collect())
}

async fn rings(ana: &mut Browser<'_>, words: &str, phone: &str) -> Answer {
    let mark = ana.mark().await;
    let fields = [("csrf", mark.as_str()), ("language", "es"), ("part", "welcome"), ("words", words), ("phone", phone)];
    ana.sends_with_file("/greeting/ring", &fields, &[]).await
}

/// What the forms beside a recording say of which it is.
fn which(page: &str) -> String {
    let (_, at) = page.split_once("name=\"at\" value=\"").expect("a recording");
    at.split('"').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_phone_is_rung_and_what_was_said_there_is_heard_and_kept() {
    let place = Place::of_one_shop().await;
    let counter = place.plan.shops[0].phones[0].id;
    let mut ana = place.anas_browser().await;
    let page = ana.sees("/greeting").await;
    assert!(page.contains("Ring my phone") && !page.contains("id=\"spoken\""), "{page}");
    let answer = rings(&mut ana, " Ruiz, estamos cerrados ", &counter.0.to_string()).await;
    assert_eq!(answer.headers.get(header::LOCATION), Some(&"/greeting".parse().unwrap()), "{}", answer.text);
    let [Asked::Ring(phone, Purpose::Speak(text))] = &place.asked()[..] else { panic!("{:?}", place.asked()) };
    assert_eq!((*phone, &*text.words, text.part), (counter, "Ruiz, estamos cerrados", Part::Welcome));
    for (step, told) in [
        (Dictating::Rings, "Counter rings for you"),
        (Dictating::IsTold, "Wait for the tone"),
        (Dictating::Speaks, "Speak now"),
    ] {
        place.dictates(step, None);
        let answer = ana.opens("/greeting").await;
        assert!(answer.text.contains(told), "{told:?} is not in {}", answer.text);
        assert_eq!(answer.headers.get(header::REFRESH), Some(&"2".parse().unwrap()), "it looks again by itself");
        assert_eq!(ana.opens("/greeting/spoken").await.status, StatusCode::NOT_FOUND);
    }
    place.dictates(Dictating::IsOver, said(2, 0.3));
    let answer = ana.opens("/greeting").await;
    assert!(answer.text.contains("src=\"/greeting/spoken\"") && answer.text.contains("Use this"), "{}", answer.text);
    assert_eq!(answer.headers.get(header::REFRESH), None);
    let sound = ana.opens("/greeting/spoken").await;
    assert_eq!((sound.status, &sound.headers[header::CONTENT_TYPE]), (StatusCode::OK, &"audio/wav".parse().unwrap()));
    assert!(sound.bytes.len() > 30_000);
    let part = ana.opens_with(&[("range", "bytes=0-1")], "/greeting/spoken").await;
    assert_eq!((part.status, part.bytes.len()), (StatusCode::PARTIAL_CONTENT, 2), "some players ask for that first");
    let at = which(&answer.text);
    ana.fills("/greeting/spoken/keep", &[("at", "1")]).await;
    assert!(place.store.plan().await.unwrap().shops[0].greeting.words.is_empty(), "who has heard another keeps none");
    ana.fills("/greeting/spoken/drop", &[("at", "1")]).await;
    let kept = ana.fills("/greeting/spoken/keep", &[("at", &at)]).await;
    assert_eq!(kept.headers.get(header::LOCATION), Some(&"/greeting?saved=yes".parse().unwrap()));
    let own = place.store.plan().await.unwrap().shops[0].greeting.words.clone();
    assert_eq!((own.len(), own[0].part, &*own[0].words), (1, Part::Welcome, "Ruiz, estamos cerrados"));
    assert!(!ana.sees("/greeting").await.contains("id=\"spoken\""), "it is done with");
    let again = ana.fills("/greeting/spoken/keep", &[("at", &at)]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "twice is no fault");
}

#[tokio::test]
async fn what_was_said_at_a_phone_is_refused_as_a_file_is() {
    let place = Place::of_one_shop().await;
    let counter = place.plan.shops[0].phones[0].id.0.to_string();
    let mut ana = place.anas_browser().await;
    for (words, told) in [("", "Write what is said"), ("Pulse 1 para ventas", "asks callers to press keys")] {
        let answer = rings(&mut ana, words, &counter).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(told) && answer.text.contains("aria-describedby=\"welcome-es-fault\""), "{told}");
    }
    assert!(place.asked().is_empty(), "no phone was rung");
    assert_eq!(rings(&mut ana, "Ruiz", "4711").await.status, StatusCode::NOT_FOUND);
    rings(&mut ana, "Ruiz", &counter).await;
    for (samples, told) in [
        (said(11, 0.3), "people hang up on long ones"),
        (said(2, 0.0), "Nothing is heard in it"),
        (Some(Vec::new()), "Nothing is heard in it"),
        (said(2, 8.0), "too loud and crackles"),
    ] {
        place.dictates(Dictating::IsOver, samples);
        let page = ana.sees("/greeting").await;
        assert!(page.contains(told) && !page.contains("Use this"), "{told:?} is not in {page}");
        ana.fills("/greeting/spoken/keep", &[("at", &which(&page))]).await;
    }
    place.dictates(Dictating::NotLifted, None);
    let page = ana.sees("/greeting").await;
    assert!(page.contains("Nobody lifted Counter"));
    ana.fills("/greeting/spoken/drop", &[("at", &which(&page))]).await;
    assert!(!ana.sees("/greeting").await.contains("id=\"spoken\""));
    assert!(place.store.plan().await.unwrap().shops[0].greeting.words.is_empty());
    let mut guest = place.browser();
    for path in ["/greeting/ring", "/greeting/spoken/keep", "/greeting/spoken/drop"] {
        assert_eq!(guest.sends(path, &[]).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_ne!(ana.sends_with_file(path, &[], &[]).await.status, StatusCode::SEE_OTHER, "{path}: without a mark");
    }
}

#[tokio::test]
async fn nobody_sets_a_greeting_without_signing_in_or_without_a_mark() {
    let place = Place::of_one_shop().await;
    let mut ana = place.anas_browser().await;
    let mut guest = place.browser();
    let fields = [("language", "es"), ("part", "welcome"), ("words", "Ruiz")];
    let file = recording(2, 0.3);
    assert_eq!(guest.sends_with_file("/greeting/record", &fields, &file).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(ana.sends_with_file("/greeting/record", &fields, &file).await.status, StatusCode::FORBIDDEN);
    for path in ["/greeting/remove", "/greeting/also"] {
        assert_eq!(guest.sends(path, &[]).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(ana.sends(path, &[]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let mut bea = place.browser();
    bea.signs_in(ANA, PASSWORD).await;
    let too_long = vec![0; 9 << 20];
    assert_eq!(records(&mut bea, "Ruiz", &too_long).await.status, StatusCode::BAD_REQUEST);
    assert!(place.store.plan().await.unwrap().shops[0].greeting.words.is_empty());
}
