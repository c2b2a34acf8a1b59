//! An outside program of the owner's: run without a shell, without our secrets, and with an end to all that it prints.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// So much is kept of what a command says of its failure, in bytes and in characters.
const SAID_BYTES_MAX: usize = 8 << 10;
pub(super) const SAID_MAX: usize = 200;
/// Variables of ours, secrets among them, are no business of the command.
const OUR_VARIABLES: &str = "RINGALL_";

/// Why there is nothing that it printed. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("it cannot be run: {0}; is it installed, and may the service's user run it?")]
    NotRun(#[source] io::Error),
    #[error("it failed with {status}{}; run it by hand as the service's user", saying(.said))]
    Failed { status: ExitStatus, said: String },
    #[error("it printed without end; run it by hand as the service's user")]
    Endless,
    #[error("what it printed cannot be read: {0}; run it by hand as the service's user")]
    NotRead(#[source] io::Error),
}

/// A command and all that it has started, which would go on without it: a script is often but the beginning of a model.
struct Group(Option<Pid>);

impl Group {
    fn kill(&mut self) {
        if let Some(group) = self.0.take() {
            // None may be left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs the command: what it printed, and what it said besides. Dropped before it ends, the command is killed; what it has
/// left running is in either case.
pub(super) async fn printed(
    program: &str,
    arguments: impl IntoIterator<Item = String>,
    bytes_max: usize,
) -> Result<(Vec<u8>, String), CommandError> {
    let mut command = Command::new(program);
    command.args(arguments).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(CommandError::NotRun)?;
    let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let output = async {
        let output = beginning(stdout, bytes_max + 1).await.map_err(CommandError::NotRead)?;
        if output.len() > bytes_max { Err(CommandError::Endless) } else { Ok(output) }
    };
    let said = async { whole_beginning(stderr, SAID_BYTES_MAX).await.map_err(CommandError::NotRead) };
    let ended = async {
        let status = child.wait().await.map_err(CommandError::NotRead);
        // Whoever else holds the pipes would be waited for.
        group.kill();
        status
    };
    let (output, said, status) = tokio::try_join!(output, said, ended)?;
    let said = in_short(&said);
    if status.success() { Ok((output, said)) } else { Err(CommandError::Failed { status, said }) }
}

pub(super) fn is_ours(variable: &OsString) -> bool {
    variable.to_string_lossy().starts_with(OUR_VARIABLES)
}

async fn beginning(from: Option<impl AsyncRead + Unpin>, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The same, with the rest read and thrown away: who writes into a full pipe waits for ever.
async fn whole_beginning(from: Option<impl AsyncRead + Unpin>, most: usize) -> io::Result<Vec<u8>> {
    let Some(mut from) = from else { return Ok(Vec::new()) };
    let bytes = beginning(Some(&mut from), most).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(bytes)
}

/// The last line that says something, which is where programs say why they end.
pub(super) fn in_short(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID_MAX).collect()
}

pub(super) fn saying(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(", saying {said:?}") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Longer than anything here takes on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_a_script_leaves_running_is_not_waited_for_and_ends_with_it() {
        let script = "sleep 1000 & echo $!";
        let printed = printed("sh", ["-c".to_owned(), script.to_owned()], 100);
        let (output, _) = tokio::time::timeout(PATIENCE, printed).await.expect("it ends").expect("it worked");
        let left = String::from_utf8(output).unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", left.trim())).unwrap_or_default();
        let is_there =
            || !matches!(state().rsplit(')').next().and_then(|rest| rest.split_whitespace().next()), None | Some("Z"));
        let gone = async {
            while is_there() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("it is killed");
    }
}
