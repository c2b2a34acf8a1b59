//! A form with a file in it, as browsers send it (RFC 7578): read whole, because it is small.

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    /// It came from a file.
    pub is_file: bool,
    pub bytes: Vec<u8>,
}

/// The boundary that this content type names; `None`: it is no such form.
pub fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameter(parameters, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()))
}

/// The fields in their order; `None`: it does not end as it should.
pub fn parts(body: &[u8], boundary: &str) -> Option<Vec<Part>> {
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let end = find(rest, between.as_bytes())?;
        let (part, behind) = (&rest[..end], &rest[end + between.len()..]);
        let head = find(part, b"\r\n\r\n")?;
        parts.extend(read(&part[..head], &part[head + 4..]));
        rest = behind;
    }
}

fn read(head: &[u8], bytes: &[u8]) -> Option<Part> {
    let head = std::str::from_utf8(head).ok()?;
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let name = parameter(disposition, "name")?;
    let is_file = parameter(disposition, "filename").is_some();
    Some(Part { name, is_file, bytes: bytes.to_vec() })
}

/// A parameter's value; browsers write a quote within one as %22.
fn parameter(text: &str, name: &str) -> Option<String> {
    text.split(';').find_map(|parameter| {
        let (given, value) = parameter.split_once('=')?;
        given.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_a_file_is_read() {
        let boundary = boundary("multipart/form-data; boundary=----x").expect("one");
        let body = b"------x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nmark\r\n------x\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a;b.vcf\"\r\nContent-Type: text/vcard\r\n\r\n\
            \xff\r\n--x\r\n\r\n------x--\r\n";
        let parts = parts(body, &boundary).expect("a form");
        assert_eq!(parts[0], Part { name: "csrf".into(), is_file: false, bytes: b"mark".to_vec() });
        assert_eq!((parts[1].is_file, parts[1].bytes.as_slice()), (true, b"\xff\r\n--x\r\n".as_slice()));
    }

    #[test]
    fn what_is_cut_short_is_none() {
        for body in [&b""[..], b"--x", b"--x\r\n", b"--x\r\nname: a\r\n\r\nb", b"--x\r\n\r\n--x--"] {
            assert_eq!(parts(body, "x"), None, "{:?}", String::from_utf8_lossy(body));
        }
        assert_eq!(boundary("application/x-www-form-urlencoded"), None);
        assert_eq!(boundary("multipart/form-data; boundary="), None);
    }
}
