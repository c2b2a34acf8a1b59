//! The order of a process's system calls, by strace.

use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{read, until};

/// Where the calls of a traced process are written.
pub struct Strace {
    folder: TempDir,
}

/// A system call that has returned, in the order of returning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    /// Its arguments as strace prints them, file descriptors with their paths.
    pub arguments: String,
    pub succeeded: bool,
}

impl Strace {
    pub fn new() -> Strace {
        Strace { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// The command that runs `traced` under strace, as the same process (`-D`), all its threads. Only the calls we want
    /// stop it (`--seccomp-bpf`): stopped at each one, a store is too slow for its deadlines.
    pub fn command(&self, traced: &Command) -> Command {
        let mut command = Command::new("strace");
        command.args(["-D", "-f", "--seccomp-bpf", "-tt", "-y", "-s", "5000"]);
        command.args(["-e", "trace=fdatasync,fsync,sendto,write,pwrite64"]);
        command.arg("-o").arg(self.folder.path().join("trace"));
        command.arg(traced.get_program()).args(traced.get_args());
        if let Some(folder) = traced.get_current_dir() {
            command.current_dir(folder);
        }
        command
    }

    /// Waits until a call satisfies `last`, and reads all up to then.
    pub fn until(&self, last: impl Fn(&Call) -> bool) -> Vec<Call> {
        let path = self.folder.path().join("trace");
        let seen = until(Duration::from_secs(30), || {
            let calls = parse(&read(&path));
            calls.iter().any(&last).then_some(calls)
        });
        seen.unwrap_or_else(|| panic!("the awaited system call never came:\n{}", read(&path)))
    }
}

/// Reads `strace -f -tt -o`: a call another thread interrupted stands on two lines, and counts where it returns.
fn parse(trace: &str) -> Vec<Call> {
    let mut unfinished = std::collections::HashMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        // "PID TIME call", the first two padded.
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((_, text)) = rest.trim_start().split_once(' ') else { continue };
        if let Some(begun) = text.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread.to_owned(), begun.to_owned());
            continue;
        }
        let whole = match text.strip_prefix("<... ").and_then(|resumed| resumed.split_once(" resumed>")) {
            Some((_, end)) => unfinished.remove(thread).unwrap_or_default() + end,
            None => text.to_owned(),
        };
        let Some((name, rest)) = whole.split_once('(') else { continue };
        let Some((arguments, result)) = rest.rsplit_once(" = ") else { continue };
        let succeeded = !result.starts_with('-') && !result.starts_with('?');
        calls.push(Call { name: name.to_owned(), arguments: arguments.trim_end().to_owned(), succeeded });
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_call_counts_where_it_returns() {
        let trace = "\
7 10:00:00.000001 fdatasync(9</d/ringall.db-wal> <unfinished ...>
8 10:00:00.000002 sendto(5<socket:[1]>, \"SIP/2.0 100 Trying\\r\\n\", 20, 0, NULL, 0) = 20
7 10:00:00.000003 <... fdatasync resumed>) = 0
8 10:00:00.000004 recvfrom(5<socket:[1]>, 0x1, 9, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
";
        let names: Vec<_> = parse(trace).into_iter().map(|call| (call.name, call.succeeded)).collect();
        let expected = [("sendto", true), ("fdatasync", true), ("recvfrom", false)];
        assert_eq!(names, expected.map(|(name, succeeded)| (name.to_owned(), succeeded)));
        assert_eq!(parse(trace)[1].arguments, "9</d/ringall.db-wal>)");
    }
}
