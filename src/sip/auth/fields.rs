//! The text of credentials and challenges: `Digest name=value, name="value"` (RFC 3261 §25.1, RFC 7616 §3.3, §3.4).

use crate::sip::text::{self, trim};

/// More of them than this, and the header is not read: both forms have a dozen at most.
const MAX_FIELDS: usize = 32;

/// The fields of one header value; names lower case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, Value)>);

#[derive(Debug, PartialEq, Eq)]
struct Value {
    /// Without the quotes, its escapes kept: what the hashes are made of (RFC 7616 §3.3, `unq`).
    raw: String,
    said: String,
}

impl Fields {
    /// `None`: another scheme than Digest, a value that does not end, or a field that is there twice, which two readers
    /// could read as two different ones.
    pub(super) fn read(header: &str) -> Option<Fields> {
        let (scheme, rest) = trim(header).split_once([' ', '\t'])?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut fields = Vec::new();
        for field in text::values(rest).filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once('=')?;
            let name = trim(name).to_ascii_lowercase();
            let known = fields.iter().any(|(known, _): &(String, Value)| *known == name);
            if !text::is_token(&name) || known || fields.len() == MAX_FIELDS {
                return None;
            }
            fields.push((name, Value::read(trim(value))?));
        }
        Some(Fields(fields))
    }

    /// A field's value with its escapes as they came; `None` when it is not there.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.get(name).map(|value| value.raw.as_str())
    }

    /// A field's value, its escapes read.
    pub(super) fn said(&self, name: &str) -> Option<&str> {
        self.get(name).map(|value| value.said.as_str())
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl Value {
    fn read(text: &str) -> Option<Value> {
        if !text.starts_with('"') {
            return Some(Value { raw: text.to_owned(), said: text.to_owned() });
        }
        let (said, length) = text::quoted(text)?;
        // Behind the closing quote nothing may follow.
        let raw = (length == text.len()).then(|| text.get(1..length - 1)).flatten()?;
        Some(Value { raw: raw.to_owned(), said })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_escapes_in_quotes_stay() {
        let fields = Fields::read(r#"digest  Username = "a\"b, c",nc=0000000A , , uri="sip:x;y=\\z",qop="""#).unwrap();
        assert_eq!((fields.raw("username"), fields.said("username")), (Some(r#"a\"b, c"#), Some(r#"a"b, c"#)));
        assert_eq!((fields.raw("nc"), fields.raw("uri")), (Some("0000000A"), Some(r"sip:x;y=\\z")));
        assert_eq!((fields.raw("qop"), fields.raw("opaque")), (Some(""), None));
    }

    #[test]
    fn what_is_no_digest_is_not_read() {
        for text in [
            "",
            "Digest",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "Digest username",
            "Digest username=\"open",
            "Digest username=\"open\\",
            "Digest username=\"a\"b",
            "Digest =\"a\"",
            "Digest a=1, A=2",
            "Digest a b=1",
        ] {
            assert_eq!(Fields::read(text), None, "{text:?}");
        }
        let many: String = (0..=MAX_FIELDS).map(|n| format!("f{n}=1,")).collect();
        assert_eq!(Fields::read(&format!("Digest {many}")), None);
        assert!(Fields::read("Digest \t").is_none_or(|fields| fields.0.is_empty()));
    }
}
