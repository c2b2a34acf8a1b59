//! Has the owner's command write down what callers said, off the path of every call: one message at a time, each once. A
//! message is heard whether anybody has written it down or not, so whatever goes wrong here is only left out. The log says
//! that it does, once, and never what was said.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::command::{self, CommandError};
use crate::call::record::CallId;
use crate::config::Transcribe;
use crate::media::linear::Linear;
use crate::media::recordings::Recordings;
use crate::media::salvage::FILE_BYTES_MAX;
use crate::media::wav;
use crate::now::UnixMs;
use crate::private_files;
use crate::routing::Plan;
use crate::store::{Store, StoreError, Unwritten};

/// Three minutes of speech on a slow machine, by a model that keeps up with it, and the time to load that.
const LIMIT: Duration = Duration::from_secs(300);
/// Nobody waits for a text by the second.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What is older when the service starts was left unwritten for a reason.
const NOT_BEFORE: Duration = Duration::from_secs(24 * 3600);
/// Three minutes of the fastest speaker are a fifth of it.
const PRINTED_MAX: usize = 64 << 10;
/// And so many characters of it are kept.
const TEXT_MAX: usize = 4_000;

/// Why a message was not written down. Each says what to do, and none what was said.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error("{0}")]
    Command(CommandError),
    /// What it said of that may be the message itself.
    #[error("it failed with {0}; run it by hand as the service's user, on a WAVE file of your own")]
    Failed(std::process::ExitStatus),
    #[error("it was not done after {} s; choose a smaller model", .0.as_secs())]
    Slow(Duration),
    #[error("the recording cannot be given to it: {0}")]
    Recording(#[source] io::Error),
}

/// See the module.
pub struct Transcriber {
    command: Transcribe,
    store: Store,
    recordings: Recordings,
    /// Files for the command are here for as long as it runs.
    dir: PathBuf,
    limit: Duration,
    look_every: Duration,
    /// Of those that wait, the ones that were tried: the next process alone tries them again.
    tried: HashSet<Uuid>,
    health: Health,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Works,
    /// It has been said that it does not.
    Fails,
}

impl Transcriber {
    pub fn new(command: Transcribe, store: Store, recordings: Recordings, data_dir: &Path) -> Transcriber {
        // The command may be at home elsewhere.
        let dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned()).join("transcribing");
        Transcriber {
            command,
            store,
            recordings,
            dir,
            limit: LIMIT,
            look_every: LOOK_EVERY,
            tried: HashSet::new(),
            health: Health::Works,
        }
    }

    /// Runs until it is dropped. `now` is when the service started.
    pub async fn run(mut self, plans: watch::Receiver<Arc<Plan>>, now: UnixMs) {
        self.sweep().await;
        let since = UnixMs(now.0.saturating_sub(i64::try_from(NOT_BEFORE.as_millis()).unwrap_or(i64::MAX)));
        let mut every = tokio::time::interval(self.look_every);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            let plan = plans.borrow().clone();
            // A store that fails is told of by whoever needs it.
            let _ = self.catch_up(&plan, since).await;
        }
    }

    /// Writes down all that waits, the newest first.
    async fn catch_up(&mut self, plan: &Plan, since: UnixMs) -> Result<(), StoreError> {
        let waiting = self.store.unwritten(since).await?;
        // What was written down or erased waits no more.
        self.tried.retain(|call| waiting.iter().any(|message| message.call.0 == *call));
        for message in waiting {
            if self.tried.contains(&message.call.0) {
                continue;
            }
            self.tried.insert(message.call.0);
            let written = tokio::select! {
                written = self.written(plan, &message) => written,
                // The command ends with this, and its file of what they said is gone.
                () = self.is_erased(message.call) => continue,
            };
            match written {
                Ok(text) => {
                    // What is written down is not thrown away for a store that fails; of whoever is erased meanwhile nothing
                    // is kept.
                    while self.store.keep_transcript(message.call, &text).await.is_err() {
                        tokio::time::sleep(self.look_every).await;
                    }
                    if self.health == Health::Fails {
                        tracing::info!("[speech] transcribe: messages are written down again");
                    }
                    self.health = Health::Works;
                }
                Err(why) => {
                    if self.health == Health::Works {
                        tracing::error!(
                            call = %message.call,
                            "[speech] transcribe: {} did not write down a message: {why}. It is heard as ever; this is said \
                             once, until it works again",
                            self.command.program()
                        );
                    }
                    self.health = Health::Fails;
                }
            }
        }
        Ok(())
    }

    /// Returns when everything about this caller was erased.
    async fn is_erased(&self, call: CallId) {
        loop {
            tokio::time::sleep(self.look_every).await;
            // A store that does not answer has erased nothing.
            if let Ok(false) = self.store.is_unwritten(call).await {
                return;
            }
        }
    }

    async fn written(&self, plan: &Plan, message: &Unwritten) -> Result<String, NotWritten> {
        let language = message.shop.and_then(|shop| plan.shop(shop)).map(|shop| shop.language).unwrap_or_default();
        let (from, dir) = (self.recordings.path(message.recording), self.dir.clone());
        let file = tokio::task::spawn_blocking(move || Given::new(&from, &dir)).await;
        let file = file.map_err(io::Error::from).and_then(|file| file).map_err(NotWritten::Recording)?;
        let arguments = self.command.arguments(&file.0, language);
        let printed = command::printed(self.command.program(), arguments, PRINTED_MAX);
        match tokio::time::timeout(self.limit, printed).await {
            Ok(Ok((text, _))) => Ok(in_one_line(&String::from_utf8_lossy(&text))),
            Ok(Err(CommandError::Failed { status, said: _ })) => Err(NotWritten::Failed(status)),
            Ok(Err(error)) => Err(NotWritten::Command(error)),
            Err(_) => Err(NotWritten::Slow(self.limit)),
        }
    }

    /// A process that was killed may have left a file of a caller's words.
    async fn sweep(&self) {
        let Ok(mut dir) = tokio::fs::read_dir(&self.dir).await else { return };
        while let Ok(Some(entry)) = dir.next_entry().await {
            if entry.file_name().to_string_lossy().starts_with(GIVEN) {
                let _ = tokio::fs::remove_file(entry.path()).await;
            }
        }
    }
}

const GIVEN: &str = "message-";

/// A message as the command takes it, 16-bit linear samples: there for as long as this lives, and for nobody but us.
struct Given(PathBuf);

impl Given {
    fn new(recording: &Path, dir: &Path) -> io::Result<Given> {
        let mut kept = Vec::new();
        std::fs::File::open(recording)?.take(FILE_BYTES_MAX).read_to_end(&mut kept)?;
        let samples = wav::promised(&kept).ok_or(io::ErrorKind::InvalidData)?;
        let linear = Linear::of(samples);
        private_files::make_folder(dir)?;
        let name = recording.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = dir.join(format!("{GIVEN}{name}.wav"));
        let mut file = private_files::writing().open(&path)?;
        let given = Given(path);
        file.write_all(&linear.part(0..linear.bytes()))?;
        Ok(given)
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // What is left is swept away at the next start.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What was printed, as one line of text.
fn in_one_line(printed: &str) -> String {
    let words: Vec<&str> =
        printed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests;
