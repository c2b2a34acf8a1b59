//! The command that speaks what no shipped clip can.

use crate::routing::plan::Language;
use crate::toml_file::{Section, TomlFileError};

use super::ConfigError;

// Part of the design that does nothing yet.
const NOT_YET_SPEECH: &[&str] = &["transcribe"];
const TEXT: &str = "{text}";
const LANGUAGE: &str = "{language}";

#[derive(Clone, Debug, Default)]
pub struct Speech {
    /// `None`: what no clip can say is left out.
    pub say: Option<Say>,
}

/// A program that prints a WAVE file of the text it was given, and its arguments. No shell reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    program: String,
    /// One of them at least holds `{text}`.
    arguments: Vec<String>,
}

impl Say {
    /// The program's own name first. `None`: nothing stands there, or no argument holds `{text}`.
    pub fn new(words: Vec<String>) -> Option<Say> {
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.trim().is_empty() && !program.contains(TEXT))?;
        let arguments: Vec<String> = words.collect();
        arguments.iter().any(|word| word.contains(TEXT)).then_some(Say { program, arguments })
    }

    pub fn program(&self) -> &str {
        &self.program
    }

    /// The arguments for this text. A text that begins with dashes loses them: no program may take it for an option.
    pub fn arguments<'a>(&'a self, text: &'a str, language: Language) -> impl Iterator<Item = String> + 'a {
        let text = text.trim_start_matches('-');
        // The language first: a text is what the owner wrote, whatever that is.
        self.arguments.iter().map(move |word| word.replace(LANGUAGE, language.as_str()).replace(TEXT, text))
    }
}

impl Speech {
    pub(super) fn read(&mut self, mut section: Section<'_>) -> Result<(), ConfigError> {
        let place = section.place("say");
        if let Some(found) = section.list("say")?.filter(|found| !found.is_empty()) {
            let place = if found[0].from_env { "RINGALL_SPEECH_SAY".to_owned() } else { place };
            let words: Vec<String> = found.into_iter().map(|entry| entry.value).collect();
            let found = format!("{words:?}");
            let expected = format!("a program and its arguments, one of them with {TEXT}, or [] for none");
            let say = Say::new(words).ok_or(TomlFileError::Unexpected { place, expected, found })?;
            self.say = Some(say);
        }
        section.finish(NOT_YET_SPEECH)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn read(text: &str, variable: Option<&str>) -> Result<Option<Say>, String> {
        let env = |name: &str| variable.filter(|_| name == "RINGALL_SPEECH_SAY").map(str::to_owned);
        let files = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let config = Config::read(text, Path::new("ringall.toml"), &env, &files);
        config.map(|config| config.speech.say).map_err(|error| error.to_string())
    }

    fn arguments(say: &Say, text: &str) -> Vec<String> {
        say.arguments(text, Language::Es).collect()
    }

    #[test]
    fn without_a_command_nothing_is_spoken() {
        for text in ["", "[speech]", "[speech]\nsay = []"] {
            assert_eq!(read(text, None), Ok(None));
        }
        assert_eq!(read("[speech]\nsay = [\"say\", \"{text}\"]", Some("")), Ok(None));
    }

    #[test]
    fn text_and_language_stand_where_the_command_wants_them() {
        let text = "[speech]\nsay = [\"say\", \"-v\", \"{language}\", \"--text={text}, {text}.\", \"{name}\"]";
        let say = read(text, None).unwrap().unwrap();
        assert_eq!(say.program(), "say");
        assert_eq!(arguments(&say, "Ruiz"), ["-v", "es", "--text=Ruiz, Ruiz.", "{name}"]);
        assert_eq!(
            arguments(&say, "a \"b\" $(c); {language}")[2],
            "--text=a \"b\" $(c); {language}, a \"b\" $(c); {language}."
        );
        let say = read("", Some("say,--stdout,-v,{language},{text}")).unwrap().unwrap();
        assert_eq!(arguments(&say, "--Ruiz"), ["--stdout", "-v", "es", "Ruiz"]);
    }

    #[test]
    fn a_command_that_cannot_be_one_is_refused() {
        let expected = "expected a program and its arguments, one of them with {text}, or [] for none";
        for words in
            ["[\"espeak-ng\", \"--stdout\"]", "[\"say {text}\"]", "[\"\", \"{text}\"]", "[\"{text}\", \"{text}\"]"]
        {
            let error = read(&format!("[speech]\nsay = {words}"), None).unwrap_err();
            assert!(error.starts_with(&format!("ringall.toml: speech.say: {expected}, found [")), "{words}: {error}");
        }
        let at = |text: &str| read(text, None).unwrap_err();
        assert!(
            at("[speech]\nsay = \"espeak-ng {text}\"")
                .starts_with("ringall.toml: speech.say: expected a list of strings")
        );
        assert!(
            at("[speech]\nsay = [\"say\", 1]").starts_with("ringall.toml: speech.say[1]: expected a string in quotes")
        );
        assert!(at("[speech]\nsya = []").starts_with("ringall.toml: speech.sya: no such key; expected one of: say"));
        assert!(at("[speech]\ntranscribe = []").starts_with("ringall.toml: speech.transcribe: not available yet"));
        let error = read("", Some("espeak-ng")).unwrap_err();
        assert!(error.starts_with(&format!("RINGALL_SPEECH_SAY: {expected}")), "{error}");
    }
}
