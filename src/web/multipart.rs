//! A form with a file (RFC 7578), read from its whole body: text fields and one file, as browsers send them.

use axum::body::Bytes;

/// What such a form had.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Multipart {
    pub texts: Vec<(String, String)>,
    /// Of the one field with a file name.
    pub file: Option<Bytes>,
}

/// Fields of our largest form are a quarter of it.
const MOST_PARTS: usize = 32;

/// Reads a body of this content type. `None`: it is of another, or not whole.
pub fn read(content_type: &str, body: &Bytes) -> Option<Multipart> {
    let (kind, parameters) = content_type.split_once(';')?;
    let boundary = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    // RFC 2046 §5.1.1
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") || !(1..=70).contains(&boundary.len()) {
        return None;
    }
    let delimiter = format!("--{boundary}");
    let between = format!("\r\n{delimiter}");
    let mut at = find(body, delimiter.as_bytes())? + delimiter.len();
    let mut form = Multipart::default();
    for _ in 0..MOST_PARTS {
        if body[at..].starts_with(b"--") {
            return Some(form);
        }
        let head_at = at + 2;
        let head_end = head_at + find(body.get(head_at..)?, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&body[head_at..head_end]).ok()?;
        let content_at = head_end + 4;
        let content_end = content_at + find(&body[content_at..], between.as_bytes())?;
        let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        let name = parameter(disposition, "name")?;
        if parameter(disposition, "filename").is_some() {
            form.file = Some(body.slice(content_at..content_end));
        } else {
            let text = String::from_utf8_lossy(&body[content_at..content_end]).into_owned();
            form.texts.push((name.to_owned(), text));
        }
        at = content_end + between.len();
    }
    None
}

/// `name="words"`; browsers write a quote in a value as %22.
fn parameter<'h>(disposition: &'h str, name: &str) -> Option<&'h str> {
    let value = disposition.split(';').find_map(|parameter| parameter.trim().strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim().trim_matches('"'))
}

fn find(body: &[u8], what: &[u8]) -> Option<usize> {
    // A boundary begins with a line's end or two dashes: few places are looked at closely.
    let first = *what.first()?;
    let mut from = 0;
    loop {
        let at = from + body.get(from..)?.iter().position(|byte| *byte == first)?;
        if body[at..].starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KIND: &str = "multipart/form-data; boundary=----abc";

    fn body(parts: &[&str]) -> Bytes {
        let parts = parts.iter().map(|part| format!("------abc\r\n{part}\r\n"));
        Bytes::from(parts.collect::<String>() + "------abc--\r\n")
    }

    #[test]
    fn a_form_of_a_browser_is_read() {
        let form = read(
            KIND,
            &body(&[
                "Content-Disposition: form-data; name=\"words\"\r\n\r\nFerretería Ruiz,\r\nbuenos días",
                "Content-Disposition: form-data; name=\"sound\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--",
                "content-disposition: form-data; name=\"csrf\"\r\n\r\n",
            ]),
        );
        let form = form.unwrap();
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(form.texts, [text("words", "Ferretería Ruiz,\r\nbuenos días"), text("csrf", "")]);
        assert_eq!(form.file.as_deref(), Some(&b"RIFF\r\n--"[..]));
    }

    #[test]
    fn what_is_cut_short_or_of_another_kind_is_none() {
        let whole = body(&["Content-Disposition: form-data; name=\"a\"\r\n\r\nb"]);
        assert!(read(KIND, &whole).is_some());
        for length in 0..whole.len() - 4 {
            assert_eq!(read(KIND, &whole.slice(..length)), None, "{length}");
        }
        for kind in ["", "multipart/form-data", "multipart/mixed; boundary=----abc", "multipart/form-data; boundary="] {
            assert_eq!(read(kind, &whole), None, "{kind}");
        }
        assert_eq!(read(KIND, &body(&["Content-Disposition: form-data; name=\"a\"\r\n\r\nb"; 40])), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(prop::sample::select(&b"-abc\r\n;=\"\xff"[..]), 0..200)) {
            let _ = read(KIND, &Bytes::from([&b"------abc"[..], &bytes].concat()));
        }
    }
}
