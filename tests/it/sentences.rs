//! What the product promises of a call, sentence by sentence, each with the tests that show it; and every race, in both
//! orders. `docs/ring.md` and `docs/races.md` are written from here: `RINGALL_BLESS=1 cargo test --test it sentences::`.
//!
//! A test is named as the runner names it; of another target than this one with its name before: `lib`, `store`.

mod races;
mod ring;
mod webhooks;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ringall::door::twilio::exceptions::{EXCEPTIONS, Exception, With};

/// A paragraph of the behaviour.
struct Paragraph {
    title: &'static str,
    sentences: &'static [Sentence],
}

/// What is promised, and the tests that fail when it is broken.
struct Sentence {
    says: &'static str,
    /// None: it is not so yet, and the docs say that.
    shown_by: &'static [&'static str],
}

/// Two things that happen at once.
struct Race {
    input: &'static str,
    state: &'static str,
    happens: &'static str,
    shown_by: &'static [&'static str],
}

/// What is not so yet. Whoever makes it so names the test.
const NOT_SHOWN_YET: &[&str] = &[];

#[test]
fn the_sentences_in_the_docs_are_those_the_stories_show() {
    let mut text = concat!(
        "# How a call rings\n\n",
        "What ringall promises of a call, sentence by sentence, and the tests that fail when one is broken. Written from\n",
        "`tests/it/sentences/ring.rs`, and checked by `cargo test --test it sentences::`. [races.md](races.md) has what\n",
        "happens when two things come at once.\n",
    )
    .to_owned();
    write_paragraphs(&mut text, ring::PARAGRAPHS);
    matches_or_blesses("docs/ring.md", &text);
}

fn write_paragraphs(text: &mut String, paragraphs: &[Paragraph]) {
    for Paragraph { title, sentences } in paragraphs {
        let _ = write!(text, "\n## {title}\n\n");
        for Sentence { says, shown_by } in *sentences {
            let _ = writeln!(text, "- {says}");
            match shown_by {
                [] => text.push_str("  *Not so yet.*\n"),
                tests => {
                    let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
                    let _ = writeln!(text, "  {}", tests.join(",\n  "));
                }
            }
        }
    }
}

#[test]
fn the_exceptions_in_the_docs_are_those_of_the_code() {
    let mut text = concat!(
        "# Calls by webhook\n\n",
        "What a call through Twilio (or Telnyx, SignalWire) does, and what it cannot do as one through a SIP trunk does.\n",
        "Written from `tests/it/sentences/webhooks.rs` and the table in `src/door/twilio/exceptions.rs`, and checked by\n",
        "`cargo test --test it sentences::`.\n",
    )
    .to_owned();
    write_paragraphs(&mut text, webhooks::PARAGRAPHS);
    text.push_str(
        "\n## What is otherwise\n\nWith `ring = \"sip\"` all of [ring.md](ring.md) holds but the last two.\n\n",
    );
    text.push_str("| with | what is promised | what happens instead | test |\n|---|---|---|---|\n");
    for (Exception { with, promise, instead }, test) in EXCEPTIONS.iter().zip(webhooks::EXCEPTIONS_SHOWN_BY) {
        let with = match with {
            With::Dial => "`ring = \"dial\"`",
            With::Both => "both",
        };
        let _ = writeln!(text, "| {with} | {promise} | {instead} | `{test}` |");
    }
    matches_or_blesses("docs/webhooks.md", &text);
}

#[test]
fn the_races_in_the_docs_are_those_the_stories_run() {
    let mut text = concat!(
        "# Races\n\n",
        "Two things in the same instant, in both orders. One loop takes everything in turn, so what is first is never in\n",
        "doubt. Written from `tests/it/sentences/races.rs`, and checked by `cargo test --test it sentences::`.\n\n",
        "| what comes | while | what happens | test |\n|---|---|---|---|\n",
    )
    .to_owned();
    for Race { input, state, happens, shown_by } in races::RACES {
        let tests: Vec<String> = shown_by.iter().map(|test| format!("`{test}`")).collect();
        let _ = writeln!(text, "| {input} | {state} | {happens} | {} |", tests.join(", "));
    }
    matches_or_blesses("docs/races.md", &text);
}

#[test]
fn every_sentence_is_shown_by_a_test_that_exists() {
    let mut faults = String::new();
    for sentence in ring::PARAGRAPHS.iter().chain(webhooks::PARAGRAPHS).flat_map(|paragraph| paragraph.sentences) {
        let excused = NOT_SHOWN_YET.contains(&sentence.says);
        match (sentence.shown_by.is_empty(), excused) {
            (true, false) => {
                let _ = writeln!(faults, "nothing shows {:?}: write a story and name it there.", sentence.says);
            }
            (false, true) => {
                let _ = writeln!(faults, "{:?} is shown now: take it out of NOT_SHOWN_YET.", sentence.says);
            }
            (true, true) | (false, false) => {}
        }
    }
    let known = |says: &&&str| ring::PARAGRAPHS.iter().flat_map(|p| p.sentences).any(|known| known.says == **says);
    for gone in NOT_SHOWN_YET.iter().filter(|says| !known(says)) {
        let _ = writeln!(faults, "{gone:?} is no sentence: take it out of NOT_SHOWN_YET.");
    }
    for race in races::RACES.iter().filter(|race| race.shown_by.is_empty()) {
        let _ = writeln!(faults, "nothing runs the race {:?} while {:?}.", race.input, race.state);
    }
    let paragraphs = ring::PARAGRAPHS.iter().chain(webhooks::PARAGRAPHS);
    let of_sentences = paragraphs.flat_map(|paragraph| paragraph.sentences).map(|said| said.shown_by);
    let of_sentences = of_sentences.chain([&webhooks::EXCEPTIONS_SHOWN_BY[..]]);
    for test in of_sentences.chain(races::RACES.iter().map(|race| race.shown_by)).flatten() {
        if !exists(test) {
            let _ = writeln!(faults, "there is no test {test}: rename it here as it was renamed there.");
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn a_test_that_does_not_exist_is_noticed() {
    assert!(exists("sentences::a_test_that_does_not_exist_is_noticed"));
    assert!(!exists("sentences::a_test_that_nobody_has_written"));
    assert!(!exists("story::ring_all::hears"), "a function that is no test shows nothing");
    assert!(!exists("nowhere::a_test_that_does_not_exist_is_noticed"));
}

/// Whether the sources have a test of this name.
fn exists(test: &str) -> bool {
    let (target, path) = test.split_once(' ').unwrap_or(("it", test));
    let Some((modules, name)) = path.rsplit_once("::") else { return false };
    let base = match target {
        "it" | "store" => root().join("tests").join(target),
        "lib" => root().join("src"),
        _ => return false,
    };
    // The tests of a file are in it, or in a file of theirs.
    let inline = modules.strip_suffix("::tests").unwrap_or(modules);
    let file = |modules: &str| base.join(format!("{}.rs", modules.replace("::", "/")));
    [file(modules), file(inline)].into_iter().any(|file| has_test(&file, name))
}

/// A test stands under its mark, or is given to the macro that runs it on each database.
fn has_test(file: &Path, name: &str) -> bool {
    let Ok(code) = std::fs::read_to_string(file) else { return false };
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    let begins = format!("fn {name}(");
    let marked = lines.windows(2).any(|pair| pair[0] == "#[test]" && pair[1].starts_with(&begins));
    let on_both = code.contains("on_both! {") && lines.contains(&format!("{name},").as_str());
    marked || on_both && code.contains(&format!("async fn {name}("))
}

fn matches_or_blesses(path: &str, expected: &str) {
    let path = root().join(path);
    if std::env::var_os("RINGALL_BLESS").is_some() {
        std::fs::write(&path, expected).expect("the docs can be written");
        return;
    }
    let docs = std::fs::read_to_string(&path).unwrap_or_default();
    if docs != expected {
        let other = docs.lines().zip(expected.lines()).find(|(is, ought)| is != ought);
        let (is, ought) = other.unwrap_or(("", "more or fewer lines"));
        panic!(
            "{} says {is:?} where it ought to say {ought:?}: RINGALL_BLESS=1 cargo test --test it sentences::",
            path.display()
        );
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
