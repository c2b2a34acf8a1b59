//! Messages that the log does not know of yet: a crash, or a disk that was full, came between a caller's words and
//! their row (DESIGN §5, L4). At the start each such recording becomes a message, or goes when nobody speaks in it. What
//! cannot be told is left as it is and named in the service's own log.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use uuid::Uuid;

use super::commit::HAS_MESSAGE;
use super::db::{read, write};
use super::row::{MessageRow, bind_message, insert_messages, milliseconds};
use super::{Store, StoreError};
use crate::call::record::EventKind;
use crate::clock;
use crate::media::recordings::Recordings;
use crate::media::salvage::{FILE_BYTES_MAX, Salvage, salvage};
use crate::media::wav::HEADER_BYTES;

/// So many files that are not ours are named; of more, the number is enough.
const MAX_NAMED: usize = 5;

const RECORDINGS: &str = "SELECT recording FROM voice_messages";
const CALL_TIMES: &str = "SELECT started_ms, ended_ms FROM calls WHERE id = $1";
// `detail` is its length in whole seconds.
const MESSAGE_LEFT_EVENT: &str = "INSERT INTO call_events (call_id, seq, at_ms, kind, phone, detail) SELECT c.id, \
     (SELECT COALESCE(MAX(e.seq), 0) + 1 FROM call_events e WHERE e.call_id = c.id), \
     CASE WHEN c.ended_ms > $2 THEN c.ended_ms ELSE $2 END, $3, NULL, $4 FROM calls c WHERE c.id = $1 \
     AND NOT EXISTS (SELECT 1 FROM call_events e WHERE e.call_id = c.id AND e.kind = $3)";

/// What became of the recordings that the log did not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// Messages now.
    pub messages: usize,
    /// Nobody speaks in them: gone.
    pub removed: usize,
    /// Not understood, and left as they are.
    pub left: usize,
}

/// What became of one.
enum Outcome {
    Message,
    Removed,
    /// The log does not know its call.
    UnknownCall,
    Foreign,
}

#[derive(Debug, thiserror::Error)]
enum SalvageError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// When a call was.
#[derive(sqlx::FromRow)]
struct CallTimes {
    started_ms: i64,
    ended_ms: Option<i64>,
}

impl Store {
    /// Takes up the messages that were never finished. Only for the service itself: after [`Store::replay_journal`] and
    /// [`Store::close_open_rows`], so that the log knows all there is to know, and before it takes its first call. A
    /// disk or a database that fails is said in the service's own log; the next start tries again.
    pub async fn salvage_messages(&self, recordings: &Recordings) -> Salvaged {
        let mut salvaged = Salvaged::default();
        let folder = recordings.dir().display();
        let names = match names(recordings.dir()) {
            Ok(names) => names,
            // No caller has left a message yet.
            Err(error) if error.kind() == ErrorKind::NotFound => return salvaged,
            Err(error) => {
                tracing::error!(%folder, %error, "the folder of the messages cannot be read; calls are taken");
                return salvaged;
            }
        };
        let known = match self.known_recordings().await {
            Ok(known) => known,
            Err(error) => {
                tracing::error!(%error, "messages that a crash may have cut off are looked for at the next start");
                return salvaged;
            }
        };
        let mut foreign = Vec::new();
        for name in names {
            let Some(recording) = recording_of(&name) else {
                foreign.push(name);
                continue;
            };
            if known.contains(&recording) {
                continue;
            }
            match self.take_up(recording, &recordings.path(recording)).await {
                Ok(Outcome::Message) => salvaged.messages += 1,
                Ok(Outcome::Removed) => salvaged.removed += 1,
                Ok(Outcome::Foreign) => foreign.push(name),
                Ok(Outcome::UnknownCall) => {
                    salvaged.left += 1;
                    tracing::warn!(%folder, file = ?name, "a recording whose call is not in the log is left as it is");
                }
                Err(error) => {
                    salvaged.left += 1;
                    tracing::error!(%folder, file = ?name, %error, "a recording is left for the next start to look at");
                }
            }
        }
        salvaged.left += foreign.len();
        if !foreign.is_empty() {
            let (files, some) = (foreign.len(), &foreign[..foreign.len().min(MAX_NAMED)]);
            tracing::warn!(%folder, files, ?some, "there is more than messages here: it is left as it is");
        }
        if salvaged.messages > 0 || salvaged.removed > 0 {
            let Salvaged { messages, removed, .. } = salvaged;
            tracing::warn!(
                messages,
                removed,
                "recordings had been cut off: those with a voice are messages in the log now, the others are gone"
            );
        }
        salvaged
    }

    /// Takes up one recording whose call is over, and that its call no longer waited for. `false`: the log does not know
    /// its call, or nobody speaks in it.
    ///
    /// # Errors
    /// The disk or the database failed; the next start tries again.
    pub async fn take_up_late(&self, recordings: &Recordings, recording: Uuid) -> Result<bool, StoreError> {
        match self.take_up(recording, &recordings.path(recording)).await {
            Ok(outcome) => Ok(matches!(outcome, Outcome::Message)),
            Err(SalvageError::Store(error)) => Err(error),
            Err(SalvageError::File(error)) => {
                tracing::error!(call = %recording, %error, "a message that came late cannot be read");
                Ok(false)
            }
        }
    }

    /// Those of all messages in the log.
    pub(super) async fn known_recordings(&self) -> Result<HashSet<Uuid>, StoreError> {
        let known: Vec<String> = read!(self.db, pool => sqlx::query_scalar(RECORDINGS).fetch_all(pool).await?);
        Ok(known.iter().filter_map(|name| Uuid::parse_str(name).ok()).collect())
    }

    async fn take_up(&self, recording: Uuid, path: &Path) -> Result<Outcome, SalvageError> {
        let Some(call) = self.call_times(recording).await? else { return Ok(Outcome::UnknownCall) };
        let found = fs::symlink_metadata(path)?;
        if !found.is_file() || found.len() > FILE_BYTES_MAX {
            return Ok(Outcome::Foreign);
        }
        match salvage(&fs::read(path)?) {
            Salvage::Foreign => Ok(Outcome::Foreign),
            Salvage::Quiet => {
                fs::remove_file(path)?;
                Ok(Outcome::Removed)
            }
            Salvage::Message { header, file_bytes, length, voice } => {
                let last_written = clock::unix_ms(found.modified()?);
                repair(path, &header, file_bytes)?;
                let length_ms = milliseconds(length);
                // A file that was copied tells of the copying: its caller spoke during the call.
                let ended_ms = call.ended_ms.unwrap_or(call.started_ms).max(call.started_ms);
                let recorded_ms = last_written.0.saturating_sub(length_ms).clamp(call.started_ms, ended_ms);
                let row = MessageRow {
                    call_id: recording.to_string(),
                    recording: recording.to_string(),
                    recorded_ms,
                    length_ms,
                    voice_ms: milliseconds(voice),
                    cut_off: 1,
                };
                self.put_message(&row, &length.as_secs().to_string()).await?;
                Ok(Outcome::Message)
            }
        }
    }

    async fn call_times(&self, call: Uuid) -> Result<Option<CallTimes>, StoreError> {
        let id = call.to_string();
        Ok(read!(self.db, pool => sqlx::query_as(CALL_TIMES).bind(&id).fetch_optional(pool).await?))
    }

    async fn put_message(&self, row: &MessageRow, detail: &str) -> Result<(), StoreError> {
        let ended_ms = row.recorded_ms.saturating_add(row.length_ms);
        write!(self.db, tx => {
            bind_message!(sqlx::query(insert_messages(self.db.places(), 1)), row).execute(&mut *tx).await?;
            sqlx::query(HAS_MESSAGE).bind(&row.call_id).execute(&mut *tx).await?;
            let event = sqlx::query(MESSAGE_LEFT_EVENT).bind(&row.call_id).bind(ended_ms).bind(EventKind::MessageLeft.as_str());
            event.bind(detail).execute(&mut *tx).await?;
        });
        Ok(())
    }
}

fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// The recording that a file of this name is: the name must be the one that a recorder gives, to the letter.
fn recording_of(name: &OsStr) -> Option<Uuid> {
    let id = name.to_str()?.strip_suffix(".wav")?;
    Uuid::parse_str(id).ok().filter(|recording| recording.to_string() == id)
}

/// Makes a file whole, and sure to stay so: its row says that it is there.
fn repair(path: &Path, header: &[u8; HEADER_BYTES], bytes: u64) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.set_len(bytes)?;
    file.write_all(header)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_that_a_recorder_gives_are_recordings() {
        let id = Uuid::from_u128(0x019b_5000_0000_7000_8000_0000_0000_0001);
        assert_eq!(recording_of(format!("{id}.wav").as_ref()), Some(id));
        let upper = id.to_string().to_uppercase();
        for other in
            [format!("{id}"), format!("{id}.WAV"), format!("{{{id}}}.wav"), format!("{upper}.wav"), ".wav".into()]
        {
            assert_eq!(recording_of(other.as_ref()), None, "{other}");
        }
    }
}
