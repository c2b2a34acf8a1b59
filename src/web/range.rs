//! Which part of a body a request wants (RFC 9110 §13 and §14): players ask for pieces, and ask again for what they
//! have.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, Method, header};

/// What to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// 200.
    Whole,
    /// 206, with these bytes.
    Part(Range<usize>),
    /// 304: whoever asks has it.
    Nothing,
    /// 416: it is not that long.
    Beyond,
}

/// What a GET or HEAD wants of a body of `bytes` bytes (at least one), whose strong entity tag is `tag`, with its
/// quotes.
pub fn wanted(method: &Method, headers: &HeaderMap, tag: &str, bytes: usize) -> Wanted {
    if values(headers, &header::IF_NONE_MATCH).any(|list| names(list, tag)) {
        return Wanted::Nothing;
    }
    // Ranges are defined for GET alone (§14.2). A body that has changed since is sent whole (§13.1.5).
    let changed = values(headers, &header::IF_RANGE).any(|known| known != tag);
    let mut ranges = values(headers, &header::RANGE);
    match (ranges.next(), ranges.next()) {
        (Some(range), None) if *method == Method::GET && !changed => read(range, bytes),
        _ => Wanted::Whole,
    }
}

/// `bytes=0-499`, `bytes=500-`, `bytes=-500`. What is no such range is as if it were not there; so are several at once,
/// for which §14.2 leaves room: no player asks for them.
fn read(range: &str, bytes: usize) -> Wanted {
    let Some((unit, range)) = range.split_once('=') else { return Wanted::Whole };
    let Some((first, last)) = range.trim().split_once('-') else { return Wanted::Whole };
    if !unit.eq_ignore_ascii_case("bytes") {
        return Wanted::Whole;
    }
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(bytes),
        (Some(first), None) if last.is_empty() => first..bytes,
        (None, Some(length)) if first.is_empty() => bytes.saturating_sub(length)..bytes,
        _ => return Wanted::Whole,
    };
    if part.is_empty() { Wanted::Beyond } else { Wanted::Part(part) }
}

/// One that is too long for us is longer than any body.
fn number(digits: &str) -> Option<usize> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    all_digits.then(|| digits.parse().unwrap_or(usize::MAX))
}

/// Whether a list of entity tags has this one; for reading, weak ones are as good (§13.1.2).
fn names(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    // What is no text names nothing that we know.
    headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TAG: &str = "\"a-1\"";

    fn asked(method: Method, headers: &[(HeaderName, &'static str)]) -> Wanted {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        wanted(&method, &map, TAG, 1000)
    }

    #[test]
    fn a_range_is_read_as_the_rfc_has_it() {
        use Wanted::{Beyond, Part, Whole};
        for (range, expected) in [
            // §14.1.2.
            ("bytes=0-499", Part(0..500)),
            ("bytes=500-999", Part(500..1000)),
            ("bytes=-500", Part(500..1000)),
            ("bytes=900-", Part(900..1000)),
            ("bytes=0-0", Part(0..1)),
            ("bytes=-1", Part(999..1000)),
            ("Bytes=0-499", Part(0..500)),
            // Longer than there is: what there is.
            ("bytes=900-2000", Part(900..1000)),
            ("bytes=-2000", Part(0..1000)),
            ("bytes=0-99999999999999999999999999", Part(0..1000)),
            ("bytes=0-18446744073709551615", Part(0..1000)),
            // §15.5.17.
            ("bytes=1000-", Beyond),
            ("bytes=1000-1001", Beyond),
            ("bytes=99999999999999999999999999-", Beyond),
            ("bytes=-0", Beyond),
            // Not a range of ours: ignored.
            ("bytes=0-1,5-6", Whole),
            ("bytes=0-1, -1", Whole),
            ("bytes=499-0", Whole),
            ("bytes=-", Whole),
            ("bytes=", Whole),
            ("bytes", Whole),
            ("", Whole),
            ("lines=0-499", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=0x0-1", Whole),
            ("bytes=--1", Whole),
            ("bytes=1-2-3", Whole),
        ] {
            assert_eq!(asked(Method::GET, &[(header::RANGE, range)]), expected, "{range:?}");
        }
    }

    #[test]
    fn a_range_of_another_body_is_the_whole() {
        let range = (header::RANGE, "bytes=0-499");
        for (if_range, expected) in [
            (TAG, Wanted::Part(0..500)),
            ("\"b-1\"", Wanted::Whole),
            ("W/\"a-1\"", Wanted::Whole),
            ("Sat, 29 Oct 1994 19:43:31 GMT", Wanted::Whole),
        ] {
            assert_eq!(asked(Method::GET, &[range.clone(), (header::IF_RANGE, if_range)]), expected, "{if_range}");
        }
    }

    #[test]
    fn whoever_has_it_gets_nothing() {
        for known in [TAG, "W/\"a-1\"", "\"x\", \"a-1\"", "*"] {
            let headers = [(header::IF_NONE_MATCH, known), (header::RANGE, "bytes=0-499")];
            assert_eq!(asked(Method::GET, &headers), Wanted::Nothing, "{known}");
            assert_eq!(asked(Method::HEAD, &headers), Wanted::Nothing, "{known}");
        }
        assert_eq!(asked(Method::GET, &[(header::IF_NONE_MATCH, "\"x\", \"a-2\"")]), Wanted::Whole);
    }

    #[test]
    fn only_one_range_of_a_get_counts() {
        let range = (header::RANGE, "bytes=0-499");
        assert_eq!(asked(Method::HEAD, std::slice::from_ref(&range)), Wanted::Whole);
        assert_eq!(asked(Method::GET, &[range.clone(), range]), Wanted::Whole);
        assert_eq!(asked(Method::GET, &[]), Wanted::Whole);
    }
}
