//! What people write, folded so that it is found as somebody types it: lower case, accents off, one space between words.
//! Letters of other alphabets stay as they are.

use crate::plain_text::{likeness, visible};

/// The key by which `text` is found.
pub fn folded(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let lower = visible(text).flat_map(char::to_lowercase);
    for c in lower.filter(|c| !is_combining(*c)) {
        match likeness(c) {
            "" => key.push(c),
            _ if c.is_ascii() => key.push(c),
            like => key.push_str(like),
        }
    }
    key.trim().to_lowercase()
}

/// Accents that are written behind their letter (Unicode block Combining Diacritical Marks).
fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn what_is_typed_finds_what_is_written() {
        assert_eq!(folded("  José  PÉREZ-Núñez "), "jose perez-nunez");
        assert_eq!(folded("Jose\u{301}"), "jose");
        assert_eq!(folded("Straße 5\n2.º piso"), "strasse 5 2.o piso");
        assert_eq!(folded("ΜΑΡΙΑ محمد"), "μαρια محمد");
        assert_eq!(folded("\u{202e}100%_!"), "100%_!");
        assert_eq!(folded(""), "");
    }
}
