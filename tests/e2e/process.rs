//! A child process with its output in a file, ended when dropped.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub struct Process {
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts `command`; stdout and stderr go to `output`.
    pub fn start(command: &mut Command, output: PathBuf) -> Process {
        let file = File::create(&output).expect("the test's folder is writable");
        let errors = file.try_clone().expect("a file handle can be cloned");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Process { child, output }
    }

    /// The same for a program that is told what to do while it runs.
    pub fn start_told(command: &mut Command, output: PathBuf) -> (Process, ChildStdin) {
        let file = File::create(&output).expect("the test's folder is writable");
        let errors = file.try_clone().expect("a file handle can be cloned");
        let child = command.stdin(Stdio::piped()).stdout(file).stderr(errors).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let told = child.stdin.take().expect("it was asked for");
        (Process { child, output }, told)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything printed so far.
    pub fn printed(&self) -> String {
        read(&self.output)
    }

    /// Waits until `text` was printed; panics when the process ends or `limit` passes first.
    pub fn wait_for(&mut self, text: &str, limit: Duration) {
        let found = until(limit, || {
            let over = self.has_ended();
            if self.printed().contains(text) { Some(true) } else { over.then_some(false) }
        });
        assert_eq!(found, Some(true), "waited for {text:?}; printed so far:\n{}", self.printed());
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_some()
    }

    /// Waits for the end; kills it and panics when `limit` passes first.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let status = until(limit, || self.child.try_wait().expect("it is our child"));
        status.unwrap_or_else(|| panic!("still running after {limit:?}; printed so far:\n{}", self.printed()))
    }

    /// Sends a signal ("INT", "TERM") by kill(1).
    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().expect("kill is there");
        assert!(kill.success(), "kill -s {name} failed");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What `look` finds, as soon as it finds something; `None` when `limit` passes.
pub fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A file's text, empty while there is none.
pub fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
