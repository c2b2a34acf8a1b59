//! The commands that speak what no shipped clip can, and write down what callers say.

use std::path::Path;

use crate::routing::plan::Language;
use crate::toml_file::{Section, TomlFileError};

use super::ConfigError;

const TEXT: &str = "{text}";
const LANGUAGE: &str = "{language}";
const FILE: &str = "{in}";

#[derive(Clone, Debug, Default)]
pub struct Speech {
    /// `None`: what no clip can say is left out.
    pub say: Option<Say>,
    /// `None`: messages are heard, and not read.
    pub transcribe: Option<Transcribe>,
}

/// A program and its arguments. No shell reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CommandLine {
    program: String,
    /// One of them at least holds what it is about.
    arguments: Vec<String>,
}

impl CommandLine {
    /// The program's own name first. `None`: nothing stands there, or no argument holds `about`.
    fn new(words: Vec<String>, about: &str) -> Option<CommandLine> {
        let mut words = words.into_iter();
        let program = words.next().filter(|program| !program.trim().is_empty() && !program.contains(about))?;
        let arguments: Vec<String> = words.collect();
        arguments.iter().any(|word| word.contains(about)).then_some(CommandLine { program, arguments })
    }

    /// The language first: a text is what the owner wrote, whatever that is.
    fn arguments<'a>(
        &'a self,
        about: &'static str,
        value: &'a str,
        language: Language,
    ) -> impl Iterator<Item = String> + 'a {
        self.arguments.iter().map(move |word| word.replace(LANGUAGE, language.as_str()).replace(about, value))
    }
}

/// Prints a WAVE file of the text it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say(CommandLine);

impl Say {
    /// One of the words, not the first, holds `{text}`.
    pub fn new(words: Vec<String>) -> Option<Say> {
        CommandLine::new(words, TEXT).map(Say)
    }

    pub fn program(&self) -> &str {
        &self.0.program
    }

    /// The arguments for this text. A text that begins with dashes loses them: no program may take it for an option.
    pub fn arguments<'a>(&'a self, text: &'a str, language: Language) -> impl Iterator<Item = String> + 'a {
        self.0.arguments(TEXT, text.trim_start_matches('-'), language)
    }
}

/// Prints what is said in the WAVE file that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcribe(CommandLine);

impl Transcribe {
    /// One of the words, not the first, holds `{in}`.
    pub fn new(words: Vec<String>) -> Option<Transcribe> {
        CommandLine::new(words, FILE).map(Transcribe)
    }

    pub fn program(&self) -> &str {
        &self.0.program
    }

    /// The arguments for this file, which is absolute, so that it is no option. Its path is taken to be UTF-8.
    pub fn arguments(&self, file: &Path, language: Language) -> Vec<String> {
        self.0.arguments(FILE, &file.to_string_lossy(), language).collect()
    }
}

impl Speech {
    pub(super) fn read(&mut self, mut section: Section<'_>) -> Result<(), ConfigError> {
        self.say = command(&mut section, "say", "RINGALL_SPEECH_SAY", TEXT)?.map(Say);
        self.transcribe = command(&mut section, "transcribe", "RINGALL_SPEECH_TRANSCRIBE", FILE)?.map(Transcribe);
        section.finish(&[])
    }
}

fn command(
    section: &mut Section<'_>,
    key: &'static str,
    variable: &str,
    about: &str,
) -> Result<Option<CommandLine>, ConfigError> {
    let place = section.place(key);
    let Some(found) = section.list(key)?.filter(|found| !found.is_empty()) else { return Ok(None) };
    let place = if found[0].from_env { variable.to_owned() } else { place };
    let words: Vec<String> = found.into_iter().map(|entry| entry.value).collect();
    let found = format!("{words:?}");
    let expected = format!("a program and its arguments, one of them with {about}, or [] for none");
    Ok(Some(CommandLine::new(words, about).ok_or(TomlFileError::Unexpected { place, expected, found })?))
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
        assert!(
            at("[speech]\nsya = []")
                .starts_with("ringall.toml: speech.sya: no such key; expected one of: say, transcribe")
        );
        let error = read("", Some("espeak-ng")).unwrap_err();
        assert!(error.starts_with(&format!("RINGALL_SPEECH_SAY: {expected}")), "{error}");
    }

    #[test]
    fn a_message_is_given_to_a_command_as_a_file() {
        let text = "[speech]\ntranscribe = [\"whisper\", \"-l\", \"{language}\", \"--file={in}\"]";
        let read = |text: &str| {
            let files = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
            let config = Config::read(text, Path::new("ringall.toml"), &|_: &str| None, &files);
            config.map(|config| config.speech.transcribe).map_err(|error| error.to_string())
        };
        let transcribe = read(text).unwrap().unwrap();
        assert_eq!(transcribe.program(), "whisper");
        assert_eq!(transcribe.arguments(Path::new("/data/a.wav"), Language::Es), ["-l", "es", "--file=/data/a.wav"]);
        assert_eq!(read("[speech]\ntranscribe = []"), Ok(None));
        let error = read("[speech]\ntranscribe = [\"whisper\", \"{text}\"]").unwrap_err();
        let expected = "a program and its arguments, one of them with {in}, or [] for none";
        assert!(error.starts_with(&format!("ringall.toml: speech.transcribe: expected {expected}")), "{error}");
    }
}
