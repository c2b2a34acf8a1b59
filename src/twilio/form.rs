//! `application/x-www-form-urlencoded`, as a signature needs it: every key, blank ones too, in the order they came.

/// More keys than any webhook has: Twilio sends some forty, headers of a SIP call a few more.
const MOST_PAIRS: usize = 256;

/// The pairs of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(String, String)>,
}

/// Why a body is no form, or says two things at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("the form has more than {MOST_PAIRS} keys")]
    TooLong,
    #[error("the form is not UTF-8 in percent signs and hexadecimal digits")]
    NotText,
    /// Two values of one key can be swapped without breaking the signature.
    #[error("the form says {0} twice, and not the same")]
    Ambiguous(&'static str),
}

impl Form {
    /// Reads a body, or the query of a URL.
    ///
    /// # Errors
    /// It is no form, or longer than any.
    pub fn parse(body: &[u8]) -> Result<Form, FormError> {
        let mut pairs = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MOST_PAIRS {
                return Err(FormError::TooLong);
            }
            let (key, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &pair[pair.len()..]),
            };
            pairs.push((plain(key)?, plain(value)?));
        }
        Ok(Form { pairs })
    }

    /// All pairs in the order they came: what is signed.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The one value of this key; `None` where it is missing or blank.
    ///
    /// # Errors
    /// It has several that differ.
    pub fn one(&self, key: &'static str) -> Result<Option<&str>, FormError> {
        let mut values = self.pairs.iter().filter(|(known, _)| known == key).map(|(_, value)| value.as_str());
        let Some(first) = values.next() else { return Ok(None) };
        if values.any(|value| value != first) {
            return Err(FormError::Ambiguous(key));
        }
        Ok(Some(first).filter(|value| !value.is_empty()))
    }
}

/// Plus signs are spaces, `%XX` is a byte.
fn plain(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).ok_or(FormError::NotText);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high * 16 + low).map_err(|_| FormError::NotText)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| FormError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Form {
        Form::parse(body.as_bytes()).expect("a form")
    }

    #[test]
    fn blanks_and_order_are_kept() {
        let form = read("To=%2B15306384866&FromCity=SOUTH+LAKE+TAHOE&FromZip=&To=&x");
        let pairs: Vec<(&str, &str)> = form.pairs().iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            pairs,
            [("To", "+15306384866"), ("FromCity", "SOUTH LAKE TAHOE"), ("FromZip", ""), ("To", ""), ("x", "")]
        );
        assert_eq!(form.one("FromCity"), Ok(Some("SOUTH LAKE TAHOE")));
        assert_eq!(form.one("FromZip"), Ok(None), "blank is nothing");
        assert_eq!(form.one("StirVerstat"), Ok(None));
        assert_eq!(form.one("To"), Err(FormError::Ambiguous("To")));
        assert_eq!(read("a=1&a=1").one("a"), Ok(Some("1")), "the same twice is once");
    }

    #[test]
    fn bytes_are_read_as_utf_8_or_not_at_all() {
        assert_eq!(read("name=Ferreter%C3%ADa").one("name"), Ok(Some("Ferretería")));
        assert_eq!(read("").pairs(), []);
        assert_eq!(read("&&=&").pairs(), [(String::new(), String::new())]);
        for broken in ["a=%", "a=%2", "a=%zz", "a=%C3", "%ff=1", "a=\u{1}%0"] {
            assert_eq!(Form::parse(broken.as_bytes()), Err(FormError::NotText), "{broken:?}");
        }
        assert_eq!(Form::parse(&"a=1&".repeat(257).into_bytes()), Err(FormError::TooLong));
        assert_eq!(read(&"a=1&".repeat(256)).pairs().len(), 256);
    }
}
