//! Our documents, read back by Twilio's own Python library: what it cannot write, Twilio need not read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::peers;

/// Whether Python has that library.
fn present(test: &str) -> bool {
    if !peers::present(test, &["python3"]) {
        return false;
    }
    let found = Command::new("python3").args(["-c", "import twilio.twiml.voice_response"]).output();
    if found.is_ok_and(|found| found.status.success()) {
        return true;
    }
    peers::missing(test, "PyPI's twilio, not installed for python3");
    false
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read_back(goldens: &[PathBuf]) -> Output {
    let script = root().join("tests/e2e/read_back.py");
    Command::new("python3").arg("-B").arg(script).args(goldens).output().expect("python3 runs")
}

#[test]
fn every_document_of_ours_is_one_that_twilios_own_library_writes() {
    if !present("every_document_of_ours_is_one_that_twilios_own_library_writes") {
        return;
    }
    let goldens = std::fs::read_dir(root().join("tests/golden/twiml")).expect("the goldens are there");
    let goldens: Vec<PathBuf> = goldens.map(|entry| entry.expect("a file").path()).collect();
    assert!(goldens.len() >= 20, "{} goldens", goldens.len());
    let output = read_back(&goldens);
    assert!(output.status.success(), "{}{}", said(&output.stdout), said(&output.stderr));
}

#[test]
fn what_that_library_does_not_know_is_noticed() {
    if !present("what_that_library_does_not_know_is_noticed") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (name, verbs) in [
        ("verb", "<Ring>+34600999111</Ring>"),
        ("attribute", r#"<Dial answerOnBridges="true"><Number>+34600999111</Number></Dial>"#),
        ("nesting", r#"<Gather><Record/></Gather>"#),
        ("noun", "<Dial><Telephone>+34600999111</Telephone></Dial>"),
    ] {
        let golden = folder.path().join(name);
        std::fs::write(&golden, format!("POST /\n----------\n<Response>{verbs}</Response>\n")).expect("a file");
        let output = read_back(&[golden]);
        assert!(!output.status.success() && said(&output.stdout).contains("Response/"), "{name}: {output:?}");
    }
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
