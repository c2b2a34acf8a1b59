//! The demo a newcomer runs first.

use std::time::Duration;

use crate::installation::Files;
use crate::process::Process;

#[test]
fn the_demo_tells_its_story_and_ends_well() {
    let files = Files::new();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ringall"));
    command.env("LC_ALL", "en_US.UTF-8").args(["demo", "--once"]).current_dir(files.folder());
    let mut demo = Process::start(&mut command, files.path("story"));
    let status = demo.wait(Duration::from_secs(120));
    let story = demo.printed();
    assert!(status.success(), "{status}:\n{story}");
    let lines: Vec<&str> = story.lines().filter(|line| !line.trim().is_empty()).collect();
    assert!((8..=30).contains(&lines.len()), "about 12 lines, not {}:\n{story}", lines.len());
    for word in ["ring", "answer", "the log"] {
        assert!(story.to_lowercase().contains(word), "the story does not tell of {word:?}:\n{story}");
    }
    // The demo is on ports and in a folder of its own: it leaves nothing where it was started.
    let left: Vec<_> =
        std::fs::read_dir(files.folder()).expect("our folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 2, "ringall.toml and the story: {left:?}");
}
