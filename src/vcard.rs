//! vCard files as telephones export their contacts: 3.0 (RFC 2426), 4.0 (RFC 6350), and 2.1 with its quoted-printable. Of a
//! card only what a caller is known by is read: name, numbers, note. Kept crates read the newer two alone, or lose the line
//! that a card began on, by which somebody finds it again.

/// One card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The line it began on, from 1.
    pub line: usize,
    pub name: String,
    /// As written.
    pub numbers: Vec<String>,
    pub note: String,
}

/// Of a name or a firm: five of a name mean something.
const MOST_FIELDS: usize = 20;

/// Whether a file says that it is one of these.
pub fn is_vcard(text: &str) -> bool {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\r', '\n']);
    text.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCARD"))
}

/// The cards of a file, in their order. What is no property is passed over. Of a file with more than `most` numbers, and
/// cards without one, there are more than `most` too, but not all of them.
pub fn cards(text: &str, most: usize) -> Vec<Card> {
    let mut cards = Vec::new();
    let mut open: Option<Reading> = None;
    let (mut begun, mut numbers) = (0_usize, 0_usize);
    for (line, text) in unfolded(text) {
        // One more of either than there may be, and the one that is open is not whole.
        if begun > most + 1 || numbers > most + 1 {
            break;
        }
        let Some(property) = Property::read(&text) else { continue };
        match (property.name.as_str(), &mut open) {
            ("BEGIN", _) => {
                // A card without an end is a card all the same.
                cards.extend(open.take().map(Reading::card));
                begun += 1;
                open =
                    Some(Reading { card: Card { line, ..Card::default() }, parts: String::new(), firm: String::new() });
            }
            ("END", _) => cards.extend(open.take().map(Reading::card)),
            ("FN", Some(reading)) if reading.card.name.is_empty() => reading.card.name = property.text(),
            ("N", Some(reading)) => reading.parts = property.person(),
            ("ORG", Some(reading)) => reading.firm = property.fields().join(" ").trim().to_owned(),
            ("TEL", Some(reading)) => {
                numbers += 1;
                reading.card.numbers.push(property.text());
            }
            ("NOTE", Some(reading)) => reading.card.note = property.text(),
            _ => {}
        }
    }
    cards.extend(open.map(Reading::card));
    cards
}

/// A card that has not ended yet.
struct Reading {
    card: Card,
    /// The name from its parts, and the firm's, for a card without a name in one piece.
    parts: String,
    firm: String,
}

impl Reading {
    fn card(self) -> Card {
        let Reading { mut card, parts, firm } = self;
        if card.name.is_empty() {
            card.name = if parts.is_empty() { firm } else { parts };
        }
        card
    }
}

/// Lines as they were before they were folded (RFC 6350 §3.2; of 2.1 the soft breaks of quoted-printable), with where each
/// began.
fn unfolded(text: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    let mut lines = (1..).zip(text.trim_start_matches('\u{feff}').lines()).peekable();
    std::iter::from_fn(move || {
        let (number, first) = lines.next()?;
        let mut line = first.to_owned();
        // Known once the head has ended: a line may have as many folds as the file has lines, and is not read again for
        // each.
        let mut is_encoded = first.contains(':').then(|| is_quoted_printable(first));
        while let Some((_, next)) = lines.peek() {
            if is_encoded == Some(true) && line.ends_with('=') {
                line.pop();
                line.push_str(next);
            } else if next.starts_with([' ', '\t']) {
                line.push_str(&next[1..]);
            } else {
                break;
            }
            if is_encoded.is_none() && next.contains(':') {
                is_encoded = Some(is_quoted_printable(&line));
            }
            lines.next();
        }
        Some((number, line))
    })
}

fn is_quoted_printable(line: &str) -> bool {
    line.split(':').next().is_some_and(|head| head.to_ascii_uppercase().contains("QUOTED-PRINTABLE"))
}

struct Property {
    /// In upper case, without its group.
    name: String,
    /// Decoded, and still with its backslashes.
    value: String,
}

impl Property {
    fn read(line: &str) -> Option<Property> {
        let mut in_quotes = false;
        let colon = line.find(|c| {
            in_quotes ^= c == '"';
            c == ':' && !in_quotes
        })?;
        let (head, value) = (&line[..colon], &line[colon + 1..]);
        let name = head.split(';').next().unwrap_or_default();
        let name = name.rsplit('.').next().unwrap_or_default().trim().to_ascii_uppercase();
        let value = if is_quoted_printable(line) { quoted_printable(value) } else { value.to_owned() };
        Some(Property { name, value })
    }

    /// RFC 6350 §3.4.
    fn text(&self) -> String {
        unescaped(&self.value).trim().to_owned()
    }

    /// The fields that semicolons part.
    fn fields(&self) -> Vec<String> {
        let mut fields = vec![String::new()];
        let mut escaped = false;
        for c in self.value.chars() {
            if c == ';' && !escaped && fields.len() < MOST_FIELDS {
                fields.push(String::new());
                continue;
            }
            escaped = c == '\\' && !escaped;
            if let Some(field) = fields.last_mut() {
                field.push(c);
            }
        }
        fields.iter().map(|field| unescaped(field).trim().to_owned()).collect()
    }

    /// Of family, given, further, prefixes and suffixes (RFC 6350 §6.2.2) a name as it is said.
    fn person(&self) -> String {
        let fields = self.fields();
        let parts = [3, 1, 2, 0, 4].map(|at| fields.get(at).map_or("", String::as_str));
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            (c, false) => plain.push(c),
        }
    }
    plain
}

/// RFC 2045 §6.7. Bytes that are not UTF-8 are Latin-1.
fn quoted_printable(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let decoded = match tail {
            [high, low, ..] if *first == b'=' => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        match decoded {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    text_of(&bytes)
}

/// Hex digits in either case.
fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A file's text: UTF-8, or else Latin-1, as old telephones and spreadsheets write it.
pub fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(line: usize, name: &str, numbers: &[&str], note: &str) -> Card {
        let numbers = numbers.iter().map(|number| (*number).to_owned()).collect();
        Card { line, name: name.to_owned(), numbers, note: note.to_owned() }
    }

    #[test]
    fn cards_of_every_version_are_read() {
        let three = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Miller;Jo;;;\r\nFN:Jo Miller\r\nitem1.TEL;type=CELL:600 99\r\n  98 88\r\n\
                     TEL;TYPE=\"home:x\":911234567\r\nNOTE:Blue door\\, two\\nhinges\\; brass\r\nEND:VCARD\r\n";
        assert_eq!(
            cards(three, 9),
            [card(1, "Jo Miller", &["600 99 98 88", "911234567"], "Blue door, two\nhinges; brass")]
        );
        let four =
            "\u{feff}BEGIN:VCARD\nVERSION:4.0\nN:Pérez;Ana;María;Dra.;\nTEL;VALUE=uri:tel:+34-600-111-222\nEND:VCARD\n";
        assert_eq!(cards(four, 9), [card(1, "Dra. Ana María Pérez", &["tel:+34-600-111-222"], "")]);
        let two = "\nBEGIN:VCARD\nVERSION:2.1\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4E=C3=BA=C3=B1=65=7A;=4A=\n=6F;;;\n\
                   TEL;CELL;PREF:600111222\nPHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ\n AAAA\n\nEND:VCARD";
        assert_eq!(cards(two, 9), [card(2, "Jo Núñez", &["600111222"], "")]);
    }

    #[test]
    fn what_is_broken_is_passed_over_and_nothing_is_lost() {
        let cut = "BEGIN:VCARD\nFN:One\nTEL:1\nBEGIN:VCARD\nORG:Firm;Sales\nnonsense\nTEL:2";
        assert_eq!(cards(cut, 9), [card(1, "One", &["1"], ""), card(4, "Firm Sales", &["2"], "")]);
        assert_eq!(cards("name;number\nJo;1", 9), []);
        assert!(
            is_vcard("\u{feff}\r\nbegin:vcard\r\n") && !is_vcard("name;number") && !is_vcard("é".repeat(20).as_str())
        );
        assert_eq!(quoted_printable("a=F1o=3D=zz="), "año==zz=");
        for hostile in ["=", ":", ";;;:", "\"", "BEGIN:VCARD\nTEL;\":x", "BEGIN:VCARD\n é:x\nN:\\"] {
            cards(hostile, 9);
        }
    }

    #[test]
    fn a_line_with_very_many_folds_is_read_once() {
        let folds = 200_000;
        let file = format!("BEGIN:VCARD\nNOTE{}\nEND:VCARD\n", "\n ;X".repeat(folds));
        let begun = std::time::Instant::now();
        assert_eq!(cards(&file, 9), [card(1, "", &[], "")]);
        // Read again for each fold it takes minutes.
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
        let in_the_head = "BEGIN:VCARD\nNOTE;ENCODING=QUOTED-\n PRINTABLE:a=C3=\n=B1o\nEND:VCARD\n";
        assert_eq!(cards(in_the_head, 9), [card(1, "", &[], "año")]);
    }

    #[test]
    fn of_too_long_a_file_one_more_is_read_than_there_may_be() {
        let numbers = |cards: Vec<Card>| cards.iter().map(|card| card.numbers.len().max(1)).sum::<usize>();
        let of = |line: &str, times: usize| format!("BEGIN:VCARD\n{}END:VCARD\n", line.repeat(times));
        for line in ["TEL:1\n", "BEGIN:VCARD\n", "BEGIN:VCARD\nTEL:1\n"] {
            assert!((10..=12).contains(&numbers(cards(&of(line, 50), 9))), "{line:?}");
        }
        assert_eq!(numbers(cards(&of("TEL:1\n", 9), 9)), 9);
    }
}
