//! What the text of headers has in common: lists, parameters, quoting (RFC 3261 §7.3.1, §25.1).

use std::fmt;

/// `;name=value` pairs in order; names lower case.
pub(super) type Params = Vec<(String, Option<String>)>;

/// More parameters than this on one value are refused: nobody sends a dozen, and each costs an allocation.
const MAX_PARAMS: usize = 64;

/// A parameter list that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadParams;

/// Whether quoted values lose their quotes while they are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    Removed,
    Kept,
}

/// SP and HT from both ends. `str::trim` would also take away Unicode's spaces, which are data here.
pub(super) fn trim(text: &str) -> &str {
    let is_space = |b: &u8| matches!(b, b' ' | b'\t');
    let begin = text.bytes().take_while(|b| is_space(b)).count();
    let end = text.bytes().rev().take_while(|b| is_space(b)).count();
    text.get(begin..text.len() - end).unwrap_or("")
}

/// Whether no control character is in it, C1 included.
pub(super) fn is_printable(text: &str) -> bool {
    if text.is_ascii() { !text.bytes().any(|b| b.is_ascii_control()) } else { !text.chars().any(char::is_control) }
}

/// A token of RFC 3261 §25.1, not empty.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b))
}

/// Neither space, control character, quote, angle bracket nor comma: what a bare parameter value is made of. Wider than
/// the RFC's token, because phones put `/`, `=`, `@` and `:` into tags.
fn is_bare(text: &str) -> bool {
    is_printable(text) && !text.bytes().any(|b| matches!(b, b' ' | b'"' | b'<' | b'>' | b',' | b';'))
}

/// The values of a comma-separated header; commas within quotes and angle brackets do not count. Empty ones are
/// yielded too.
pub(super) fn values(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = value_end(text);
        rest = text.get(end + 1..);
        Some(trim(&text[..end]))
    })
}

/// Where the first value of a list ends: at a comma, or at the text's end.
fn value_end(text: &str) -> usize {
    enum Within {
        Nothing,
        Quotes,
        Brackets,
    }
    let mut within = Within::Nothing;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        within = match (within, byte) {
            (Within::Nothing, b',') => return at,
            (Within::Nothing, b'"') => Within::Quotes,
            (Within::Nothing, b'<') => Within::Brackets,
            (Within::Quotes, b'\\') => {
                bytes.next();
                Within::Quotes
            }
            (Within::Quotes, b'"') | (Within::Brackets, b'>') => Within::Nothing,
            (within, _) => within,
        };
    }
    text.len()
}

/// Reads `"…"` at the start of `text`: what it says, its raw length with both quotes. `None`: it does not end. A tab is a
/// space (RFC 3261 §7.3.1): what was read is to be written again, and no control character is.
pub(super) fn quoted(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix('"')?;
    let plain = |c: char| if c == '\t' { ' ' } else { c };
    let mut said = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((said, at + 2)),
            '\\' => said.push(plain(chars.next()?.1)),
            c => said.push(plain(c)),
        }
    }
    None
}

/// Writes `text` as a quoted string. Control characters are left out: RFC 3261 allows NUL in one, but no display needs
/// it and what leaves us must hold none.
pub(super) fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write;
    f.write_char('"')?;
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}

/// Reads `;name=value;name` up to the text's end, spaces allowed around everything, one semicolon too many at the end
/// forgiven.
pub(super) fn params(text: &str, quotes: Quotes) -> Result<Params, BadParams> {
    let mut params = Params::new();
    let mut rest = trim(text);
    while !rest.is_empty() {
        rest = trim(rest.strip_prefix(';').ok_or(BadParams)?);
        if rest.is_empty() {
            break;
        }
        let end = rest.bytes().position(|b| matches!(b, b';' | b'=' | b' ' | b'\t')).unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() || !is_bare(name) || params.len() == MAX_PARAMS {
            return Err(BadParams);
        }
        rest = trim(&rest[end..]);
        let value = match rest.strip_prefix('=') {
            None => None,
            Some(after) => {
                let (value, length) = param_value(trim(after), quotes)?;
                rest = trim(&trim(after)[length..]);
                Some(value)
            }
        };
        params.push((name.to_ascii_lowercase(), value));
    }
    Ok(params)
}

/// The value at the start of `text`, and how many bytes it takes.
fn param_value(text: &str, quotes: Quotes) -> Result<(String, usize), BadParams> {
    if text.starts_with('"') {
        let (said, length) = quoted(text).ok_or(BadParams)?;
        if said.chars().any(char::is_control) {
            return Err(BadParams);
        }
        return Ok((if quotes == Quotes::Removed { said } else { text[..length].to_owned() }, length));
    }
    let length = text.find(';').unwrap_or(text.len());
    let value = trim(&text[..length]);
    if is_bare(value) { Ok((value.to_owned(), length)) } else { Err(BadParams) }
}

/// The value of the parameter `name` (lower case): `Some("")` when it has none.
pub(super) fn param<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_deref().unwrap_or(""))
}

/// Writes `;name=value` pairs, the values as they are. In pieces: a format string for each costs as much as reading it.
pub(super) fn write_params(f: &mut fmt::Formatter<'_>, params: &Params) -> fmt::Result {
    for (name, value) in params {
        f.write_str(";")?;
        f.write_str(name)?;
        if let Some(value) = value {
            f.write_str("=")?;
            f.write_str(value)?;
        }
    }
    Ok(())
}

/// Whether `name` (lower case) occurs more than once.
pub(super) fn is_repeated(params: &Params, name: &str) -> bool {
    params.iter().filter(|(known, _)| known == name).count() > 1
}

/// A host name, or an IPv4 address, or an IPv6 address in brackets; lower case, without the brackets.
pub(super) fn host(text: &str) -> Option<String> {
    if let Some(inner) = text.strip_prefix('[') {
        let address: std::net::Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(address.to_string());
    }
    // The underscore is not in the grammar, but in many names of machines.
    let is_name = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    (is_name && !text.is_empty()).then(|| text.to_ascii_lowercase())
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`, spaces allowed around the colon.
pub(super) fn host_port(text: &str) -> Option<(String, Option<u16>)> {
    let name_end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let host = host(trim(&text[..name_end]))?;
    match trim(&text[name_end..]) {
        "" => Some((host, None)),
        rest => Some((host, Some(port(trim(rest.strip_prefix(':')?))?))),
    }
}

/// 1 to 65535, digits only.
fn port(text: &str) -> Option<u16> {
    let port = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())??;
    (port != 0).then_some(port)
}

/// Writes a host, an IPv6 address in brackets, and the port if there is one.
pub(super) fn write_host_port(f: &mut fmt::Formatter<'_>, host: &str, port: Option<u16>) -> fmt::Result {
    if host.contains(':') {
        f.write_str("[")?;
        f.write_str(host)?;
        f.write_str("]")?;
    } else {
        f.write_str(host)?;
    }
    match port {
        Some(port) => write!(f, ":{port}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_and_brackets_do_not_split() {
        let list = r#""a, \"b," <sip:x,y@z>;q=1 , sip:c,, <sip:d>"#;
        let read: Vec<_> = values(list).collect();
        assert_eq!(read, [r#""a, \"b," <sip:x,y@z>;q=1"#, "sip:c", "", "<sip:d>"]);
    }

    #[test]
    fn parameters_are_read_with_spaces_and_quotes() {
        let read = params(r#" ; Tag = 1 ;lr; x = "a;\"b" ;"#, Quotes::Removed).unwrap();
        assert_eq!(read, [("tag".into(), Some("1".into())), ("lr".into(), None), ("x".into(), Some("a;\"b".into()))]);
        let kept = params(r#";x="a;\"b""#, Quotes::Kept).unwrap();
        assert_eq!(kept, [("x".into(), Some(r#""a;\"b""#.into()))]);
    }

    #[test]
    fn malformed_parameters_are_refused() {
        for text in [";;", "a=b", ";=b", ";a=\"b", ";a=b c", ";a=\"b\"c", ";a=<b>", ";a b", ";a=b,c", ";a=\u{0}"] {
            assert_eq!(params(text, Quotes::Removed), Err(BadParams), "{text:?}");
        }
        assert_eq!(params(&";a".repeat(MAX_PARAMS + 1), Quotes::Removed), Err(BadParams));
    }

    #[test]
    fn hosts_and_ports_are_read_strictly() {
        assert_eq!(host_port("Shop.Example : 5070"), Some(("shop.example".into(), Some(5070))));
        assert_eq!(host_port("[2001:DB8:0::1]:5061"), Some(("2001:db8::1".into(), Some(5061))));
        assert_eq!(host_port("[::1]"), Some(("::1".into(), None)));
        for text in
            ["", ":5060", "a:", "a:0", "a:65536", "a:+5", "2001:db8::1", "[::1", "[::1]x", "[.1]", "a b", "a\u{e4}"]
        {
            assert_eq!(host_port(text), None, "{text:?}");
        }
    }
}
