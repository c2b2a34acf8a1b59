//! Name-addr and addr-spec: From, To, Contact, Route, P-Asserted-Identity (RFC 3261 §20.10).

use std::fmt;

use super::text::{self, Quotes};
use super::uri::{Uri, UriError};

/// More values than this of one header are refused: forks and routes are a handful, memory is not to be a stranger's.
pub(super) const MAX_ADDRESSES: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// The display name, unquoted and unescaped; empty when there is none.
    pub display: String,
    pub uri: Uri,
    /// Header parameters after the `>`: `tag`, `expires`, `q`, `+sip.instance`; names lower case, values unquoted.
    pub params: Vec<(String, Option<String>)>,
}

/// Why a text is no [`Address`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("not an address: write it like \"Name\" <sip:user@host>;tag=x")]
    Malformed,
    #[error(transparent)]
    Uri(#[from] UriError),
}

impl Address {
    pub fn new(uri: Uri) -> Address {
        Address { display: String::new(), uri, params: Vec::new() }
    }

    /// Reads one address, with angle brackets or without.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let text = text::trim(text);
        if text.starts_with('"') {
            let (display, length) = text::quoted(text).ok_or(AddressError::Malformed)?;
            return name_addr(display, text::trim(&text[length..]));
        }
        match text.split_once('<') {
            // `sip:a@b;x="<…>"`: the bracket belongs to a parameter.
            Some((before, _)) if before.contains(';') => addr_spec(text),
            Some((before, _)) => name_addr(bare_display(before)?, &text[before.len()..]),
            None => addr_spec(text),
        }
    }

    /// Reads a comma-separated list; empty places in it are passed over.
    pub fn parse_list(text: &str) -> Result<Vec<Address>, AddressError> {
        let mut addresses = Vec::new();
        for value in text::values(text).filter(|value| !value.is_empty()) {
            if addresses.len() == MAX_ADDRESSES {
                return Err(AddressError::Malformed);
            }
            addresses.push(Address::parse(value)?);
        }
        Ok(addresses)
    }

    /// The tag of a From or To.
    pub fn tag(&self) -> Option<&str> {
        self.param("tag")
    }

    /// The value of the header parameter `name` (lower case), unquoted: `Some("")` when it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        text::param(&self.params, name)
    }

    /// The same address with this tag instead of any other.
    pub fn with_tag(self, tag: &str) -> Address {
        self.with_param("tag", Some(tag))
    }

    /// The same address with this header parameter added, or replaced. `name` is lower case.
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> Address {
        self.params.retain(|(known, _)| known != name);
        self.params.push((name.to_owned(), value.map(str::to_owned)));
        self
    }

    /// The same address with this display name; any text.
    pub fn with_display(mut self, display: &str) -> Address {
        self.display = display.to_owned();
        self
    }
}

/// Always with angle brackets; the display name always quoted.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing is written of a name that is all control characters, not even its quotes.
        if self.display.chars().any(|c| !c.is_control()) {
            text::write_quoted(f, &self.display)?;
            f.write_str(" ")?;
        }
        f.write_str("<")?;
        self.uri.fmt(f)?;
        f.write_str(">")?;
        for (name, value) in &self.params {
            f.write_str(";")?;
            f.write_str(name)?;
            let Some(value) = value else { continue };
            f.write_str("=")?;
            if goes_bare(name, value) { f.write_str(value)? } else { text::write_quoted(f, value)? }
        }
        Ok(())
    }
}

/// Whether a value is written without quotes. A tag must go back just as it came, and phones make them of more than
/// the grammar's characters; so it is quoted only where it would break the header.
fn goes_bare(name: &str, value: &str) -> bool {
    if name == "tag" {
        return value.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>,;\\".contains(&b));
    }
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~[]:".contains(&b))
}

/// `<uri>;params`, whose display name was already read.
fn name_addr(display: String, text: &str) -> Result<Address, AddressError> {
    let (uri, params) = text.strip_prefix('<').and_then(|text| text.split_once('>')).ok_or(AddressError::Malformed)?;
    with_params(display, Uri::parse(uri)?, params)
}

/// `uri;params`: without brackets every parameter is the header's, and a `?` is not allowed (RFC 3261 §20).
fn addr_spec(text: &str) -> Result<Address, AddressError> {
    let (uri, params) = text.split_at(text.find(';').unwrap_or(text.len()));
    match Uri::parse_with_headers(text::trim(uri))? {
        (_, true) => Err(AddressError::Malformed),
        (uri, false) => with_params(String::new(), uri, params),
    }
}

fn with_params(display: String, uri: Uri, params: &str) -> Result<Address, AddressError> {
    let params = text::params(params, Quotes::Removed).map_err(|_| AddressError::Malformed)?;
    if text::is_repeated(&params, "tag") || text::param(&params, "tag") == Some("") {
        return Err(AddressError::Malformed);
    }
    Ok(Address { display, uri, params })
}

/// A display name without quotes. The grammar wants tokens; phones also send dots, brackets and letters of every
/// alphabet, which do no harm.
fn bare_display(text: &str) -> Result<String, AddressError> {
    let text = text::trim(text);
    if text.chars().any(|c| c.is_control() && c != '\t' || matches!(c, '"' | ',' | ';' | '>' | '\\')) {
        return Err(AddressError::Malformed);
    }
    Ok(text.replace('\t', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_display_name_is_unquoted_and_quoted_again() {
        let read = address(r#""J Rosenberg \\\""       <sip:jdrosen@example.com>  ;  tag = 98asjd8"#);
        assert_eq!((read.display.as_str(), read.tag()), (r#"J Rosenberg \""#, Some("98asjd8")));
        assert_eq!(read.to_string(), r#""J Rosenberg \\\"" <sip:jdrosen@example.com>;tag=98asjd8"#);
        assert_eq!(address(&read.to_string()), read);
        assert_eq!(address("caller<sip:a@b>;tag=323").display, "caller");
        assert_eq!(address(r#""Smith; Alice, <CEO>" <sip:a@b>"#).display, "Smith; Alice, <CEO>");
        assert_eq!(address("Señora Núñez (casa) <sip:a@b>").display, "Señora Núñez (casa)");
    }

    #[test]
    fn without_brackets_parameters_are_the_headers() {
        let bare = address("sip:+19725552222@gw1.example.net;unknownparam;tag=1");
        assert_eq!((bare.uri.params.len(), bare.params.len(), bare.tag()), (0, 2, Some("1")));
        let bracketed = address("<sip:+19725552222@gw1.example.net;unknownparam>");
        assert_eq!((bracketed.uri.params.len(), bracketed.params.len()), (1, 0));
        assert_eq!(address("sip:a@b;+sip.instance=\"<urn:uuid:1>\"").param("+sip.instance"), Some("<urn:uuid:1>"));
    }

    #[test]
    fn a_strange_tag_goes_back_as_it_came() {
        let read = address("<sip:a@b>;tag=a/b==@c:d");
        assert_eq!(read.to_string(), "<sip:a@b>;tag=a/b==@c:d");
        assert_eq!(read.with_tag("z").to_string(), "<sip:a@b>;tag=z");
        let instance = address("<sip:a@b>;+sip.instance=\"<urn:uuid:1>\";reg-id=1;ob");
        assert_eq!(instance.to_string(), "<sip:a@b>;+sip.instance=\"<urn:uuid:1>\";reg-id=1;ob");
    }

    #[test]
    fn control_characters_leave_with_nobody() {
        let read = address("\"BEL:\\\u{7} NUL:\\\u{0} DEL:\\\u{7f}\" <sip:a@b>");
        assert_eq!(read.display, "BEL:\u{7} NUL:\u{0} DEL:\u{7f}");
        assert_eq!(read.to_string(), "\"BEL: NUL: DEL:\" <sip:a@b>");
    }

    #[test]
    fn what_was_written_reads_as_what_was_read() {
        for text in [
            "<sip:a@b>;x=\"one\ttwo\";tag=1",
            "<sip:a@b>;x=\"\\\t\\\"\\\\\"",
            "<sip:a@b>;tag=\"a\tb\"",
            "<sip:a@b>;x=;y=\"\";z",
            "one\ttwo <sip:a@b>",
            "\"\t\" <sip:a@b>",
            "\"\u{7f}\" <sip:a@b>",
            "\"\\\u{0}\" <sip:a@b>;tag=1",
        ] {
            let read = address(text);
            let again = address(&read.to_string());
            assert_eq!((&again.uri, &again.params), (&read.uri, &read.params), "{text:?}");
            assert_eq!(again.to_string(), read.to_string(), "{text:?}");
        }
        assert_eq!(address("<sip:a@b>;x=\"one\ttwo\"").param("x"), Some("one two"));
        assert_eq!(address("one\ttwo <sip:a@b>").display, "one two");
    }

    #[test]
    fn lists_are_split_where_they_should() {
        let list = Address::parse_list(r#""a, b" <sip:a@b>;q=0.3, <sip:c,d@e>, sip:f@g"#).unwrap();
        assert_eq!(list.iter().map(|a| a.uri.to_string()).collect::<Vec<_>>(), ["sip:a@b", "sip:c,d@e", "sip:f@g"]);
        assert!(Address::parse_list(&"sip:a,".repeat(MAX_ADDRESSES + 1)).is_err());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "<>",
            "\"Mr. J. User <sip:j@b>",
            "\"a\" sip:a@b",
            "Bell, Alexander <sip:a@b>",
            "< sip:a@b >",
            "<sip:a@b",
            "sip:a@b?Route=%3Csip:c%3E",
            "<sip:a@b>;tag=1;tag=2",
            "<sip:a@b>;tag=",
            "<sip:a@b>x",
            "<sip:a@b>;;",
        ] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Address::parse("<name:John>"), Err(AddressError::Uri(UriError::UnknownScheme)));
    }
}
