//! Text for a header, which carries ASCII alone: encoded words of RFC 2047.

/// Of the 75 characters that an encoded word may have (§2), those that are not its frame.
const MOST: usize = 75 - "=?UTF-8?Q??=".len();

/// The text as it is where a header can carry it, else in encoded words by the "Q" encoding (§4.2).
pub(super) fn header(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for letter in text.chars() {
        let mut bytes = [0; 4];
        let coded: String = letter.encode_utf8(&mut bytes).bytes().map(coded).collect();
        match words.last_mut() {
            // A letter stands whole in one word (§5).
            Some(word) if word.len() + coded.len() <= MOST => word.push_str(&coded),
            _ => words.push(coded),
        }
    }
    words.into_iter().map(|word| format!("=?UTF-8?Q?{word}?=")).collect::<Vec<_>>().join(" ")
}

fn coded(byte: u8) -> String {
    match byte {
        b' ' => "_".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"!*+-/".contains(&byte) => char::from(byte).to_string(),
        byte => format!("={byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_header_can_carry_stays_as_it_is() {
        assert_eq!(header("Ruiz Hardware: no phone rang"), "Ruiz Hardware: no phone rang");
    }

    #[test]
    fn other_letters_are_encoded_and_words_are_short() {
        assert_eq!(header("Ferretería"), "=?UTF-8?Q?Ferreter=C3=ADa?=");
        assert_eq!(header("=?x y\r\n"), "=?UTF-8?Q?=3D=3Fx_y=0D=0A?=");
        let long = header(&"ñandú 漢字 ".repeat(20));
        assert!(long.is_ascii() && long.split(' ').all(|word| word.len() <= 75), "{long}");
        // Each word is whole letters.
        for word in long.split(' ') {
            let inside = word.strip_prefix("=?UTF-8?Q?").and_then(|word| word.strip_suffix("?=")).unwrap();
            let mut bytes = Vec::new();
            let mut rest = inside.bytes();
            while let Some(byte) = rest.next() {
                bytes.push(match byte {
                    b'=' => {
                        let hex = [rest.next().unwrap(), rest.next().unwrap()];
                        u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
                    }
                    byte => byte,
                });
            }
            assert!(String::from_utf8(bytes).is_ok(), "{word}");
        }
    }
}
