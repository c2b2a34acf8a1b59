//! What the network calls a caller. Anybody can send any.

use crate::plain_text::{ascii, is_invisible};

/// What is looked at of a display name from outside.
pub(super) const MOST_NETWORK_NAME: usize = 200;

/// A name from outside as text for people: without control and invisible characters, without tags, one space between
/// words.
pub(super) fn network_name(text: &str) -> String {
    let mut name = String::new();
    let mut in_tag = false;
    for c in text.chars().take(MOST_NETWORK_NAME) {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if in_tag || is_invisible(c) || matches!(c, '"' | '\\') => {}
            c if c.is_whitespace() || c.is_control() => {
                if !name.is_empty() && !name.ends_with(' ') {
                    name.push(' ');
                }
            }
            c => name.push(c),
        }
    }
    name.truncate(name.trim_end().len());
    name
}

/// Whether a network's name is a name: not the number over again, not a word for "no name".
pub(super) fn says_something(name: &str) -> bool {
    const NO_NAME: [&str; 7] =
        ["unknown", "unavailable", "anonymous", "private", "restricted", "unknown name", "name unavailable"];
    ascii(name).chars().filter(char::is_ascii_alphabetic).count() >= 2
        && !NO_NAME.iter().any(|word| name.eq_ignore_ascii_case(word))
}
