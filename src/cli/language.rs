//! The language of whoever sits at the terminal.

use crate::routing::plan::Language;

/// The language of the first of these environment variables that is set (POSIX's order: LC_ALL, LC_MESSAGES, LANG).
pub fn language(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    match set {
        Some(value) if value.starts_with("es") => Language::Es,
        _ => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_the_first_variable_that_is_set() {
        let of = |set: &'static [(&str, &str)]| {
            language(|name| set.iter().find(|(have, _)| *have == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[]), Language::En);
        assert_eq!(of(&[("LANG", "es_ES.UTF-8")]), Language::Es);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "es_ES.UTF-8")]), Language::En);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "es"), ("LANG", "de_DE")]), Language::Es);
    }
}
