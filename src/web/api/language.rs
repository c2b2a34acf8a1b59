//! In which language to answer: the one asked for (Accept-Language, RFC 9110 §12.5.4), where we speak it.

use axum::http::{HeaderMap, header};

use crate::routing::plan::Language;

/// The asked language that we speak and that is liked best, the first of equals; `None`: no such wish.
pub fn asked(headers: &HeaderMap) -> Option<Language> {
    let wishes = headers.get_all(header::ACCEPT_LANGUAGE).into_iter().filter_map(|value| value.to_str().ok());
    let spoken = wishes.flat_map(|value| value.split(',')).filter_map(wish).filter(|&(_, liking)| liking > 0.0);
    spoken.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(language, _)| language)
}

/// One element such as `es-MX;q=0.8`.
fn wish(element: &str) -> Option<(Language, f32)> {
    let (range, weight) = element.split_once(';').unwrap_or((element, "q=1"));
    let primary = range.trim().split('-').next()?;
    let language = if primary.eq_ignore_ascii_case("en") {
        Language::En
    } else if primary.eq_ignore_ascii_case("es") {
        Language::Es
    } else {
        return None;
    };
    let liking = weight.trim().strip_prefix("q=")?.trim().parse().ok().filter(|q| (0.0..=1.0).contains(q))?;
    Some((language, liking))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_best_liked_language_we_speak_is_taken() {
        let cases = [
            ("es", Some(Language::Es)),
            ("ES-mx", Some(Language::Es)),
            ("fr, es;q=0.3, en;q=0.8", Some(Language::En)),
            ("en;q=0.5, es;q=0.5", Some(Language::En)),
            ("en;q=0, es;q=0.1", Some(Language::Es)),
            ("en;q=2, es;q=0.1", Some(Language::Es)),
            ("en;q=NaN", None),
            ("fr, de;q=0.9", None),
            ("*", None),
            ("", None),
            (",;,=;q", None),
        ];
        for (header, language) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, HeaderValue::from_static(header))]);
            assert_eq!(asked(&headers), language, "{header:?}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }
}
