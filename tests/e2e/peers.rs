//! The programs the tests call, and what happens when one is missing.

use std::io::Write;
use std::path::PathBuf;

/// Whether all of `programs` are installed. When one is not: false, said plainly on stderr past the test runner's
/// capture; a failure when `RINGALL_REQUIRE_PEERS=1`.
pub fn present(test: &str, programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| find(program).is_none()).collect();
    if missing.is_empty() {
        return true;
    }
    self::missing(test, &format!("{}, not installed", missing.join(", ")));
    false
}

/// Says that the test is skipped for lack of this; fails when that is not allowed.
pub fn missing(test: &str, what: &str) {
    let required = std::env::var("RINGALL_REQUIRE_PEERS").is_ok_and(|value| value == "1");
    assert!(!required, "{test} needs {what}, and RINGALL_REQUIRE_PEERS=1");
    writeln!(std::io::stderr(), "SKIPPED {test}: it needs {what}").expect("stderr is open");
}

/// With `RINGALL_WITHOUT_PEERS=1` as on a machine that has none of them.
fn find(program: &str) -> Option<PathBuf> {
    if std::env::var("RINGALL_WITHOUT_PEERS").is_ok_and(|value| value == "1") {
        return None;
    }
    let path = std::env::var_os("PATH")?;
    // Debian keeps tcpdump where a plain user's PATH does not look.
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// A file of a Python whose programs PATH finds, as of one in which `.ci/run` installs what Debian does not have.
pub fn in_a_python(file: &str) -> Option<PathBuf> {
    if std::env::var("RINGALL_WITHOUT_PEERS").is_ok_and(|value| value == "1") {
        return None;
    }
    let path = std::env::var_os("PATH")?;
    let libraries = std::env::split_paths(&path).filter_map(|folder| Some(folder.parent()?.join("lib")));
    let pythons = libraries.filter_map(|library| std::fs::read_dir(library).ok()).flatten().flatten();
    let python = |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| name.starts_with("python3"));
    pythons.filter(|entry| python(&entry.file_name())).map(|entry| entry.path().join(file)).find(|file| file.is_file())
}
