//! Runs what is to be asked of Twilio by REST. Nobody waits for it; what must not be forgotten, a message that lies there
//! and is to be fetched and deleted, is written down first and outlives the process.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

use super::rest::{CallChange, Rest, RestError};
use super::work::{Recording, Work};
use crate::media::Kept;
use crate::media::fetched::fetched;
use crate::media::recordings::Recordings;
use crate::private_files::write_whole;
use crate::store::Store;

/// Errands that may wait for the task: one is full only where the task does not run.
const WAITING: usize = 1024;
/// Requests under way; the others wait their turn. Twilio asks for no more.
const AT_ONCE: usize = 8;
/// So long a call waits for its recording at the most: later it is put into the log without the call's help.
const CALL_WAITS: Duration = Duration::from_secs(30);

/// How long an errand is tried.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Before each further attempt; the last one holds for all that follow.
    pub pauses: Vec<Duration>,
    /// A recording that is not there yet is asked for so often, then it is taken for gone.
    pub not_there: u32,
    /// Attempts to fetch or delete a recording; then the next start goes on.
    pub attempts: u32,
    /// Attempts to change a call: later it is over.
    pub attempts_of_calls: u32,
}

impl Default for Patience {
    /// A day and a half of half hours.
    fn default() -> Patience {
        let pauses = [1, 3, 10, 30, 120, 600, 1800].map(Duration::from_secs).to_vec();
        Patience { pauses, not_there: 5, attempts: 80, attempts_of_calls: 3 }
    }
}

impl Patience {
    fn pause(&self, attempt: u32) -> Duration {
        let at = usize::try_from(attempt).unwrap_or(usize::MAX).min(self.pauses.len().saturating_sub(1));
        self.pauses.get(at).copied().unwrap_or(Duration::from_secs(60))
    }
}

/// How a call is told what became of its recording; without one, that there is none.
pub type Tell = Box<dyn Fn(Uuid, Option<&Recording>, Kept) + Send + Sync>;

/// What errands are run with.
pub struct Errands {
    pub rest: Rest,
    pub recordings: Recordings,
    /// Where what must not be forgotten is written down.
    pub folder: PathBuf,
    pub store: Store,
    pub tell: Tell,
    pub patience: Patience,
}

impl Errands {
    /// The folder within `data_dir`.
    pub fn folder_in(data_dir: &Path) -> PathBuf {
        data_dir.join("twilio")
    }

    /// Starts with what the last process has left. It ends when the sender is dropped: what is not done then is done after
    /// the next start.
    pub fn start(self) -> (mpsc::Sender<Work>, JoinHandle<()>) {
        let (sender, mut works) = mpsc::channel(WAITING);
        let left = self.left();
        let run = Arc::new(Run { errands: self, turns: Semaphore::new(AT_ONCE) });
        let task = tokio::spawn(async move {
            let mut tasks = JoinSet::new();
            for left in left {
                match left {
                    Left::Errand(errand) => tasks.spawn(run.clone().perform(errand)),
                    Left::Awaited(awaited) => tasks.spawn(run.clone().seek(awaited, Asked::Before)),
                };
            }
            loop {
                tokio::select! {
                    work = works.recv() => match work {
                        Some(work) => drop(tasks.spawn(run.clone().take(work))),
                        None => break,
                    },
                    Some(ended) = tasks.join_next() => if let Err(error) = ended {
                        tracing::error!(%error, "a request to Twilio ended by a fault of ours");
                    },
                }
            }
        });
        (sender, task)
    }

    /// What was written down and not done.
    fn left(&self) -> VecDeque<Left> {
        let names = match fs::read_dir(&self.folder) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return VecDeque::new(),
            Err(error) => {
                tracing::error!(folder = %self.folder.display(), %error, "what is to be fetched from Twilio cannot be read");
                return VecDeque::new();
            }
        };
        let paths = names.filter_map(Result::ok).map(|entry| entry.path());
        let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == NOTE));
        let read = |path: PathBuf| {
            let text = fs::read(&path).ok();
            let errand = text.and_then(|text| {
                let awaited = || Awaited::read(&text).map(Left::Awaited);
                Errand::read(&text).map(Left::Errand).or_else(awaited)
            });
            if errand.is_none() {
                tracing::error!(file = %path.display(), "this note of what is to be fetched from Twilio cannot be read");
            }
            errand
        };
        paths.filter_map(read).collect()
    }
}

/// The ending of a note's name.
const NOTE: &str = "json";

/// A note that the last process has left.
enum Left {
    Errand(Errand),
    Awaited(Awaited),
}

/// A caller who was to be recorded, and nobody has told us in which recording.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Awaited {
    call: Uuid,
    call_sid: String,
}

impl Awaited {
    fn read(text: &[u8]) -> Option<Awaited> {
        let value: Value = serde_json::from_slice(text).ok()?;
        let call = Uuid::try_parse(value["call"].as_str()?).ok()?;
        Some(Awaited { call, call_sid: value["call_sid"].as_str()?.to_owned() })
    }

    fn written(&self) -> String {
        json!({"call": self.call.to_string(), "call_sid": self.call_sid}).to_string()
    }
}

/// Where it is noted that this call's recording is awaited.
fn note_of(folder: &Path, call: Uuid) -> PathBuf {
    folder.join(format!("call-{}.{NOTE}", call.simple()))
}

/// What must not be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Errand {
    recording: Recording,
    /// The call whose message it is, while it is to be fetched; `None`: it is only to be deleted.
    fetch: Option<Uuid>,
    asked: Asked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Now,
    /// By the process before this one: its call is over.
    Before,
}

impl Errand {
    fn read(text: &[u8]) -> Option<Errand> {
        let value: Value = serde_json::from_slice(text).ok()?;
        let recording = Recording { sid: value["sid"].as_str()?.to_owned(), url: value["url"].as_str()?.to_owned() };
        let fetch = match value["call"].as_str() {
            Some(call) => Some(Uuid::try_parse(call).ok()?),
            None => None,
        };
        Some(Errand { recording, fetch, asked: Asked::Before })
    }

    fn written(&self) -> String {
        let call = self.fetch.map(|call| call.to_string());
        json!({"sid": self.recording.sid, "url": self.recording.url, "call": call}).to_string()
    }

    /// A name of a file that no name from outside can lead elsewhere.
    fn note(&self, folder: &Path) -> PathBuf {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let name: String = self.recording.sid.chars().map(plain).take(128).collect();
        folder.join(format!("{name}.{NOTE}"))
    }
}

struct Run {
    errands: Errands,
    turns: Semaphore,
}

/// Whether an errand is over.
#[derive(PartialEq, Eq)]
enum Done {
    Yes,
    /// The next start goes on with it.
    No,
    /// There is no use in trying.
    Never,
}

impl Run {
    async fn take(self: Arc<Run>, work: Work) {
        match work {
            Work::FetchRecording { call, recording } => {
                self.perform(Errand { recording, fetch: Some(call), asked: Asked::Now }).await;
            }
            Work::AwaitRecording { call, call_sid } => self.note(&Awaited { call, call_sid }),
            Work::SeekRecording { call, call_sid } => self.seek(Awaited { call, call_sid }, Asked::Now).await,
            Work::NoRecording { call } => forget(&note_of(&self.errands.folder, call)),
            Work::DeleteRecording { recording } => {
                self.perform(Errand { recording, fetch: None, asked: Asked::Now }).await;
            }
            Work::EndCall { call_sid } => self.change(&call_sid, &CallChange::Completed).await,
        }
    }

    /// A call that is over cannot be changed, and need not.
    async fn change(&self, call_sid: &str, change: &CallChange<'_>) {
        for attempt in 0..self.errands.patience.attempts_of_calls {
            let changed = self.in_turn(self.errands.rest.change_call(call_sid, change)).await;
            match changed {
                Ok(()) | Err(RestError::NotFound | RestError::Refused { .. }) => return,
                Err(error) => match error.again_after() {
                    Some(at_least) if attempt + 1 < self.errands.patience.attempts_of_calls => {
                        tokio::time::sleep(at_least.max(self.errands.patience.pause(attempt))).await;
                    }
                    Some(_) | None => {
                        tracing::error!(call_sid, "a call could not be changed at Twilio: {error}");
                        return;
                    }
                },
            }
        }
    }

    fn note(&self, awaited: &Awaited) {
        let note = note_of(&self.errands.folder, awaited.call);
        if let Err(error) = write_whole(&self.errands.folder, &note, awaited.written().as_bytes()) {
            tracing::error!(%error, "whose message is awaited from Twilio cannot be written down");
        }
    }

    /// Looks for the recording of a call of which nobody has told us, and fetches it.
    async fn seek(self: Arc<Run>, awaited: Awaited, asked: Asked) {
        let Awaited { call, call_sid } = &awaited;
        // The call may still go on that the process before this one had begun.
        let may_come = match asked {
            Asked::Now => 0,
            Asked::Before => self.errands.patience.not_there,
        };
        let mut not_there = 0;
        for attempt in 0..self.errands.patience.attempts {
            let again_after = match self.in_turn(self.errands.rest.recordings_of(call_sid)).await {
                Ok(found) => match found.into_iter().next() {
                    Some(recording) => return self.perform(Errand { recording, fetch: Some(*call), asked }).await,
                    None if not_there < may_come => {
                        not_there += 1;
                        Duration::ZERO
                    }
                    None => break,
                },
                Err(RestError::NotFound) if not_there < self.errands.patience.not_there => {
                    not_there += 1;
                    Duration::ZERO
                }
                Err(RestError::NotFound) => break,
                Err(error) => match error.again_after() {
                    Some(again_after) => again_after,
                    None => {
                        tracing::error!(call = %call, call_sid, "what a caller said cannot be looked for: {error}");
                        break;
                    }
                },
            };
            if attempt + 1 == self.errands.patience.attempts {
                tracing::error!(call = %call, call_sid, "what a caller said is looked for after the next start");
                return;
            }
            tokio::time::sleep(again_after.max(self.errands.patience.pause(attempt))).await;
        }
        (self.errands.tell)(*call, None, Kept::Nothing);
        forget(&note_of(&self.errands.folder, *call));
    }

    async fn perform(self: Arc<Run>, mut errand: Errand) {
        let note = errand.note(&self.errands.folder);
        if errand.asked == Asked::Now || !note.exists() {
            match write_whole(&self.errands.folder, &note, errand.written().as_bytes()) {
                // From here on this note says it.
                Ok(()) => errand.fetch.into_iter().for_each(|call| forget(&note_of(&self.errands.folder, call))),
                // It is done all the same, unless we die before.
                Err(error) => tracing::error!(%error, "what is to be fetched from Twilio cannot be written down"),
            }
        }
        if let Some(call) = errand.fetch {
            match self.fetch(call, &errand).await {
                Done::Yes => {}
                Done::No => return,
                Done::Never => return forget(&note),
            }
            if errand.asked == Asked::Now {
                // Whether it is deleted is for the call to say, once its row tells of it.
                return;
            }
            errand.fetch = None;
            if let Err(error) = write_whole(&self.errands.folder, &note, errand.written().as_bytes()) {
                tracing::error!(%error, "what is to be deleted at Twilio cannot be written down");
            }
        }
        match self.delete(&errand.recording).await {
            Done::Yes | Done::Never => forget(&note),
            Done::No => {}
        }
    }

    async fn fetch(&self, call: Uuid, errand: &Errand) -> Done {
        let Errand { recording, asked, .. } = errand;
        let began = tokio::time::Instant::now();
        let mut not_there = 0;
        for attempt in 0..self.errands.patience.attempts {
            let got = self.in_turn(self.errands.rest.recording(recording)).await;
            let again_after = match got {
                Ok(wave) => match self.keep(call, &wave) {
                    Ok(kept) => {
                        (self.errands.tell)(call, Some(recording), kept);
                        let is_late = *asked == Asked::Before || began.elapsed() >= CALL_WAITS;
                        if is_late && matches!(kept, Kept::Message { .. }) {
                            self.take_up(call).await;
                        }
                        return Done::Yes;
                    }
                    Err(Unkept::NoSound(reason)) => {
                        tracing::error!(call = %call, sid = recording.sid, "a message at Twilio cannot be read, it is left there: {reason}");
                        (self.errands.tell)(call, Some(recording), Kept::Lost);
                        return Done::Never;
                    }
                    Err(Unkept::Disk(error)) => {
                        tracing::error!(call = %call, %error, "a caller's message cannot be written; it is tried again");
                        Duration::ZERO
                    }
                },
                Err(RestError::NotFound) if not_there < self.errands.patience.not_there => {
                    not_there += 1;
                    Duration::ZERO
                }
                Err(error) => match error.again_after() {
                    Some(again_after) => again_after,
                    None => {
                        tracing::error!(call = %call, sid = recording.sid, "a message at Twilio cannot be fetched: {error}");
                        (self.errands.tell)(call, Some(recording), Kept::Lost);
                        return Done::Never;
                    }
                },
            };
            tokio::time::sleep(again_after.max(self.errands.patience.pause(attempt))).await;
        }
        tracing::error!(call = %call, sid = recording.sid, "a message is still at Twilio; it is fetched after the next start");
        Done::No
    }

    fn keep(&self, call: Uuid, wave: &[u8]) -> Result<Kept, Unkept> {
        let fetched = fetched(wave).map_err(|error| Unkept::NoSound(error.to_string()))?;
        if let Kept::Message { .. } = fetched.kept {
            let path = self.errands.recordings.path(call);
            write_whole(&self.errands.folder, &path, &fetched.file).map_err(Unkept::Disk)?;
        }
        Ok(fetched.kept)
    }

    /// Its call has not waited for it: it is put into the log all the same.
    async fn take_up(&self, call: Uuid) {
        match self.errands.store.take_up_late(&self.errands.recordings, call).await {
            Ok(true) => tracing::warn!(call = %call, "a message came late from Twilio: it is in the log now"),
            Ok(false) => {
                tracing::warn!(call = %call, "a message came late from Twilio, and its call is not in the log")
            }
            Err(error) => {
                tracing::error!(call = %call, %error, "a message that came late is taken up at the next start")
            }
        }
    }

    async fn delete(&self, recording: &Recording) -> Done {
        for attempt in 0..self.errands.patience.attempts {
            match self.in_turn(self.errands.rest.delete_recording(&recording.sid)).await {
                Ok(()) => return Done::Yes,
                Err(error) => match error.again_after() {
                    Some(again_after) => {
                        tokio::time::sleep(again_after.max(self.errands.patience.pause(attempt))).await;
                    }
                    None => {
                        let sid = &recording.sid;
                        tracing::error!(sid, "a message could not be deleted at Twilio, delete it there: {error}");
                        return Done::Never;
                    }
                },
            }
        }
        tracing::error!(sid = recording.sid, "a message is still at Twilio; it is deleted after the next start");
        Done::No
    }

    async fn in_turn<T>(&self, asked: impl Future<Output = Result<T, RestError>>) -> Result<T, RestError> {
        // Never closed.
        let _turn = self.turns.acquire().await;
        asked.await
    }
}

fn forget(note: &Path) {
    if let Err(error) = fs::remove_file(note)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(file = %note.display(), %error, "a note of what is done at Twilio cannot be removed");
    }
}

/// Why a recording was not kept.
enum Unkept {
    NoSound(String),
    Disk(io::Error),
}
