//! The greeting by the page: heard as callers hear it, the shop's own words, and what is refused.

use axum::http::{StatusCode, header};
use ringall::greeting::Greeting;
use ringall::now::UnixMs;
use ringall::routing::decision::Opening;
use ringall::routing::plan::{Language, Part};

use crate::browser::{ANA, Browser, PASSWORD};
use crate::shop::{Answer, NOW, Place};

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
