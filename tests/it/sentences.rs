//! What the product promises of a call, sentence by sentence, each with the tests that show it; and every race, in both
//! orders. `docs/ring.md` and `docs/races.md` are written from here: `RINGALL_BLESS=1 cargo test --test it sentences::`.
//!
//! A test is named as the runner names it; of another target than this one with its name before: `lib`, `store`, `web`.

mod doors;
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

/// Stories that cannot be the same by both doors, or have nothing to do with them.
struct OneDoor {
    why: &'static str,
    /// A file of `tests/it/story`, with all of its stories that are not run through both, or one story of it.
    stories: &'static [&'static str],
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
    text.push_str("\n## What is otherwise\n\nWith `ring = \"sip\"` all of [ring.md](ring.md) holds but the last.\n\n");
    text.push_str("| with | what is promised | what happens instead | test |\n|---|---|---|---|\n");
    for (Exception { with, promise, instead }, test) in EXCEPTIONS.iter().zip(webhooks::EXCEPTIONS_SHOWN_BY) {
        let with = match with {
            With::Dial => "`ring = \"dial\"`",
            With::Both => "both",
        };
        let _ = writeln!(text, "| {with} | {promise} | {instead} | `{test}` |");
    }
    text.push_str(
        "\n## What is told of one door alone\n\nEvery other story of `tests/it/story` is run through both doors: by a SIP trunk, \
         and by Twilio, which brings\nthe caller to our SIP port.\n\n",
    );
    for OneDoor { why, stories } in doors::BY_ONE_DOOR {
        let stories: Vec<String> = stories.iter().map(|story| format!("`{story}`")).collect();
        let _ = writeln!(text, "- {why}\n  {}", stories.join(",\n  "));
    }
    matches_or_blesses("docs/webhooks.md", &text);
}

#[test]
fn every_story_runs_through_both_doors_or_it_is_said_why_not() {
    let excuses: Vec<&str> = doors::BY_ONE_DOOR.iter().flat_map(|one| one.stories).copied().collect();
    let mut faults = String::new();
    let mut known: Vec<String> = Vec::new();
    for (file, stories) in stories() {
        let is_excused = excuses.contains(&file.as_str());
        if is_excused && stories.iter().all(|(_, doors)| *doors == Doors::Both) {
            let _ = writeln!(faults, "all stories of {file} run through both doors now: take it out of doors.rs.");
        }
        for (name, doors) in &stories {
            let story = format!("{file}::{name}");
            match (doors, excuses.contains(&story.as_str())) {
                (Doors::One, false) if !is_excused => {
                    let _ = writeln!(
                        faults,
                        "{story} runs by one door alone: run it by through_both_doors, or say in doors.rs why it cannot be."
                    );
                }
                (Doors::Both, true) => {
                    let _ = writeln!(faults, "{story} runs through both doors now: take it out of doors.rs.");
                }
                (Doors::One, true) if is_excused => {
                    let _ = writeln!(faults, "{story} is excused with its whole file: say so once in doors.rs.");
                }
                (Doors::One | Doors::Both, _) => {}
            }
            known.push(story);
        }
        known.push(file);
    }
    for (nth, gone) in excuses.iter().enumerate() {
        if !known.iter().any(|story| story == gone) || excuses[..nth].contains(gone) {
            let _ = writeln!(faults, "{gone} is no story, or stands in doors.rs twice.");
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// By which doors a story is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Doors {
    One,
    Both,
}

/// The stories of each file, and by which doors each is run.
fn stories() -> Vec<(String, Vec<(String, Doors)>)> {
    let folder = std::fs::read_dir(root().join("tests/it/story")).expect("the stories are there");
    let paths = folder.map(|entry| entry.expect("a file").path());
    let mut files: Vec<(String, Vec<(String, Doors)>)> = paths
        .map(|path| {
            let file = path.file_stem().and_then(|name| name.to_str()).expect("a name in ASCII").to_owned();
            (file, stories_in(&std::fs::read_to_string(&path).expect("a story can be read")))
        })
        .filter(|(_, stories)| !stories.is_empty())
        .collect();
    files.sort();
    files
}

fn stories_in(code: &str) -> Vec<(String, Doors)> {
    let stories = code.split("#[test]\nfn ").skip(1).filter_map(|rest| {
        let (name, body) = rest.split_once("()")?;
        let body = body.split("\n}\n").next().unwrap_or_default();
        let is_both = body.contains("through_both_doors(") || body.contains("in DOORS ");
        Some((name.to_owned(), if is_both { Doors::Both } else { Doors::One }))
    });
    stories.collect()
}

#[test]
fn a_story_of_one_door_is_noticed() {
    let code = "#[test]\nfn one() {\n    a();\n}\n\nfn through_both_doors() {}\n\n#[test]\nfn both() {\n    \
                through_both_doors(|door| ());\n}\n\n#[test]\nfn each() {\n    for door in DOORS {\n    }\n}\n";
    let [one, both] = [Doors::One, Doors::Both];
    assert_eq!(stories_in(code), [("one".to_owned(), one), ("both".to_owned(), both), ("each".to_owned(), both)]);
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
        "it" | "store" | "web" => root().join("tests").join(target),
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
    let begins_later = format!("async {begins}");
    let marked = lines.windows(2).any(|pair| match pair[0] {
        "#[test]" => pair[1].starts_with(&begins),
        "#[tokio::test]" => pair[1].starts_with(&begins_later),
        _ => false,
    });
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
