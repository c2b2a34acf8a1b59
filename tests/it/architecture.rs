//! What the compiler cannot say about the house, read from its source text. A failure says what to do instead.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Files that may touch sockets, clocks, disks and threads. Everything else is core.
const SHELLS: [&str; 20] = [
    "main.rs",
    "app.rs",
    "app/",
    "clock.rs",
    "driver",
    "speech",
    "alert",
    "private_files.rs",
    "resolve",
    "tls",
    "cli/",
    "web/",
    "store/",
    "sip/socket.rs",
    "sip/stream",
    "media/port",
    "twilio/ed25519.rs",
    "twilio/errands.rs",
    "twilio/rest",
    "twilio/webhook.rs",
];

/// A rule for every file that begins with one of `files`.
struct Rule {
    files: &'static [&'static str],
    never: &'static [&'static str],
    instead: &'static str,
}

/// Arrows point down only: shells → switchboard → door → {call, sip, twilio, media::sdp}; call → routing.
const ARROWS: [Rule; 8] = [
    Rule {
        files: &["routing/", "number.rs", "now.rs", "notice"],
        never: &["crate::call", "crate::door", "crate::sip", "crate::media", "crate::switchboard", "crate::twilio"],
        instead: "routing decides from the plan, the offer and the time alone: pass what it needs in `Offer`",
    },
    Rule {
        files: &["call/"],
        never: &["crate::sip", "crate::door", "crate::twilio", "crate::switchboard", "media::sdp", "sdp_types"],
        instead: "a call speaks of held, codecs and ports: let the door translate, in an event or an output of the call",
    },
    Rule {
        files: &["sip/"],
        never: &[
            "crate::call",
            "crate::config",
            "crate::door",
            "crate::routing",
            "crate::switchboard",
            "crate::twilio",
            "crate::media",
        ],
        instead: "sip is protocol only: return a value, and let door/sip make a call of it",
    },
    Rule {
        files: &["media/"],
        never: &["crate::call", "crate::door", "crate::routing", "crate::switchboard", "crate::sip", "crate::twilio"],
        instead: "media relays what it is told: put what it needs into a `Command` or a `Fact`",
    },
    Rule {
        files: &["words/", "caller", "owed.rs"],
        never: &["crate::door", "crate::sip", "crate::media", "crate::switchboard", "crate::twilio", "crate::store"],
        instead: "words and cards say facts: take them from call::record and routing",
    },
    Rule {
        files: &["greeting", "prompt", "spoken_card", "utterance"],
        never: &["crate::call", "crate::door", "crate::sip", "crate::switchboard", "crate::twilio", "crate::store"],
        instead: "what is said is words and sounds for an instant: let whoever plays it bring the instant",
    },
    Rule {
        files: &["twilio/"],
        never: &["crate::call", "crate::door", "crate::switchboard", "crate::sip"],
        instead: "twilio is protocol only: return a value, and let door/twilio make a call of it",
    },
    Rule {
        files: &["door/"],
        never: &["crate::switchboard", "crate::store", "crate::driver", "crate::app", "crate::web"],
        instead: "a door knows the call and the protocol: what the whole machine must do goes up as a return value",
    },
];

/// What only shells may name.
const SHELL_ONLY: [&str; 20] = [
    "tokio",
    "rustls",
    "axum",
    "sqlx",
    "mio",
    "socket2",
    "getrandom",
    "reqwest",
    "lettre",
    "aws_lc_rs",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "Instant",
    "SystemTime",
    "std::thread",
    "std::fs",
    "crate::store",
    "crate::driver",
    "crate::clock",
];

/// Outside crates and the places that may name them.
const IMPORTERS: [(&str, &[&str]); 32] = [
    ("rsip", &["sip/message.rs", "sip/wire.rs"]),
    ("reqwest", &["alert/post.rs", "cli/doctor/http.rs", "twilio/rest"]),
    ("hickory_resolver", &["resolve"]),
    ("lettre", &["alert/mail.rs"]),
    ("sqlx", &["store/"]),
    ("csv", &["web/calls/table.rs", "web/import/"]),
    ("axum", &["web/", "cli/demo/page", "twilio/webhook.rs"]),
    ("argon2", &["web/password.rs"]),
    ("askama", &["web/", "cli/demo/page"]),
    ("qrcode", &["web/qr_code.rs"]),
    ("rust_embed", &["web/assets.rs"]),
    ("utoipa", &["web/"]),
    ("clap", &["main.rs", "cli/"]),
    ("rustix", &["cli/doctor/disk.rs", "speech/command.rs"]),
    ("sdp_types", &["media/sdp"]),
    ("opening_hours", &["routing/hours"]),
    ("rlibphonenumber", &["number.rs"]),
    ("audio_codec_algorithms", &["media/g711.rs"]),
    ("hound", &["media/pcm_wave.rs"]),
    ("rubato", &["media/pcm_wave.rs"]),
    ("rand_chacha", &["chance.rs", "media/port"]),
    ("aes", &["media/srtp.rs"]),
    ("ctr", &["media/srtp.rs"]),
    ("sha1", &["media/srtp.rs", "twilio/signature.rs"]),
    ("base64", &["media/sdp", "config/twilio.rs", "twilio/signature.rs", "twilio/ed25519.rs", "store/greetings.rs"]),
    ("rustls", &["tls"]),
    ("tokio_rustls", &["tls.rs"]),
    ("webpki_roots", &["tls"]),
    ("aws_lc_rs", &["tls", "twilio/ed25519.rs"]),
    ("mio", &["driver", "media/port", "sip/socket.rs"]),
    ("socket2", &["driver.rs", "media/port", "sip/socket.rs", "sip/stream", "app.rs", "web/listener.rs"]),
    ("getrandom", &["app.rs", "cli/", "web/", "store/", "media/port"]),
];

#[test]
fn arrows_point_down_only() {
    let mut faults = String::new();
    for (file, code) in words("src") {
        for rule in ARROWS.iter().filter(|rule| rule.files.iter().any(|start| file.starts_with(start))) {
            for word in rule.never.iter().filter(|word| names(&code, word)) {
                let _ = writeln!(faults, "src/{file} names {word}: {}.", rule.instead);
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn the_core_has_no_clock_no_socket_no_disk_and_no_chance() {
    let mut faults = String::new();
    for (file, code) in words("src").into_iter().filter(|(file, _)| !is_shell(file) && file != "lib.rs") {
        for word in SHELL_ONLY.iter().filter(|word| names(&code, word)) {
            let _ = writeln!(
                faults,
                "src/{file} names {word}: the core is told the time and the facts as an Input, and says what to do as \
                 an Output; put the doing into a shell."
            );
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn each_outside_crate_has_its_place() {
    let mut faults = String::new();
    for (file, code) in words("src") {
        for (krate, places) in IMPORTERS {
            if names(&code, krate) && !places.iter().any(|place| file.starts_with(place)) {
                let places = places.join(", ");
                let _ =
                    writeln!(faults, "src/{file} names {krate}: it is known in {places} alone; call what they offer.");
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn sql_is_written_in_the_store_alone() {
    let mut faults = String::new();
    for (file, code) in sources("src").into_iter().filter(|(file, _)| !file.starts_with("store/")) {
        for words in ["SELECT ", "INSERT INTO ", "DELETE FROM ", "ON CONFLICT", "CREATE TABLE ", "BEGIN IMMEDIATE"] {
            if code.contains(words) {
                let _ = writeln!(faults, "src/{file} says {words:?}: write a function in src/store and call it.");
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn stories_do_not_sleep() {
    let sleep = concat!("sle", "ep(");
    let real = ["std::thread", "SystemTime", "Instant::now", "UdpSocket"];
    let mut faults = String::new();
    for (file, code) in sources("tests/it").into_iter().filter(|(file, _)| file != "architecture.rs") {
        for word in std::iter::once(sleep).chain(real).filter(|word| code.contains(word)) {
            let allowed = word == "std::thread"
                && code.matches("std::thread").count() == code.matches("std::thread::panicking").count();
            if !allowed {
                let _ =
                    writeln!(faults, "tests/it/{file} says {word}: let simulated time pass with shop.wait(\"20 s\").");
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn no_line_of_ours_is_unsafe() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs can be read");
    assert!(lib.contains("#![forbid(unsafe_code)]"), "put #![forbid(unsafe_code)] back at the top of src/lib.rs");
}

#[test]
fn the_rules_look_at_every_layer() {
    let files: Vec<String> = sources("src").into_iter().map(|(file, _)| file).collect();
    for start in ["routing/", "call/", "sip/", "media/", "door/", "store/"] {
        assert!(
            files.iter().any(|file| file.starts_with(start)),
            "src/{start} is empty: have the rules lost sight of it?"
        );
    }
    assert!(!unquoted("let said = \"sqlx=error\";").contains("sqlx"));
    assert!(unquoted("say(\"a \\\" quote\"); sqlx::query()").contains("sqlx"));
    assert!(names("use tokio::net;", "tokio") && !names("let tokio_like = 1;", "tokio"));
    assert!(names("use super::super::call::Call;", "crate::call") && names("use crate::{call, sip};", "crate::sip"));
}

fn is_shell(file: &str) -> bool {
    SHELLS.iter().any(|shell| file.starts_with(shell))
}

/// Whether the code names this path or word. `crate::x` is also found in `crate::{…, x…}` and behind `super::`.
fn names(code: &str, word: &str) -> bool {
    if whole_word(code, word) {
        return true;
    }
    let Some(layer) = word.strip_prefix("crate::") else { return false };
    let grouped = code.split("crate::{").skip(1).any(|rest| {
        let group = rest.split(';').next().unwrap_or_default();
        group.split(['{', ',', '}', ' ', '\n']).any(|item| item == layer || item.starts_with(&format!("{layer}::")))
    });
    grouped || whole_word(code, &format!("super::super::{layer}"))
}

/// Like [`sources`], without what stands in string literals.
fn words(dir: &str) -> Vec<(String, String)> {
    sources(dir).into_iter().map(|(file, code)| (file, unquoted(&code))).collect()
}

/// The code without what stands in string literals.
fn unquoted(code: &str) -> String {
    let code = code.replace("'\"'", "''").replace("b'\"'", "b''").replace("\\\\", "").replace("\\\"", "");
    code.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

fn whole_word(code: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    })
}

/// Every source file under `dir`, by its path there, without comments and without its unit tests.
fn sources(dir: &str) -> Vec<(String, String)> {
    let base = root().join(dir);
    let mut files = Vec::new();
    collect(&base, &mut files);
    files.sort();
    let relative = |file: &PathBuf| {
        let path = file.strip_prefix(&base).expect("collected below it");
        path.to_str().expect("our file names are ASCII").replace('\\', "/")
    };
    files.iter().map(|file| (relative(file), code_of(file))).collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap_or_else(|fault| panic!("{} cannot be read: {fault}", dir.display())) {
        let path = entry.expect("a readable directory lists its files").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

fn code_of(file: &Path) -> String {
    let text =
        std::fs::read_to_string(file).unwrap_or_else(|fault| panic!("{} cannot be read: {fault}", file.display()));
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap_or_default()).fold(String::new(), |all, line| all + line + "\n")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
