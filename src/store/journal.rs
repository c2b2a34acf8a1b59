//! What the store could not take yet: a file of rows, synced before anything is confirmed, replayed when the store is
//! back. It has a thread of its own, so that a store that hangs does not hang it.
//!
//! ```text
//! header  "ringall journal\n"  generation: u64
//! frame   length: u32  check: 8 bytes of SHA-256(generation, payload)  payload: JSON
//! ```
//!
//! Emptying it raises the generation, so that what is left of earlier frames no longer checks. The file is made at full
//! size beforehand: it can be written when the disk is full. A torn frame at the end was never confirmed, and ends it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

use super::row::{CallRow, EventRow, MessageRow};
use crate::private_files::sync_folder_of;
use crate::switchboard::Ticket;

/// One thing to be written to the store.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Line {
    /// A call's first row.
    First(CallRow),
    /// A call's later facts.
    Changed(CallRow),
    Event(EventRow),
    Message(MessageRow),
}

const MAGIC: &[u8; 16] = b"ringall journal\n";
const HEADER: u64 = 24;
const FRAME_HEADER: usize = 12;
/// Room for about a thousand calls, made beforehand.
const PREALLOCATED: u64 = 1024 * 1024;
/// A row is some hundred bytes; a length above this is no frame of ours.
const MAX_FRAME: usize = 64 * 1024;
/// More jobs than this wait only when the disk has stopped; then the caller is told at once.
const MAX_WAITING: usize = 4096;

/// The journal within `data_dir`.
pub fn journal_in(data_dir: &Path) -> PathBuf {
    data_dir.join("journal")
}

/// How many rows a journal holds that the store has not: none, where the service runs and is well.
///
/// # Errors
/// The file cannot be read, or is no journal.
pub fn rows_in_journal(path: &Path) -> std::io::Result<usize> {
    if !path.exists() {
        return Ok(0);
    }
    Ok(JournalFile::open(path)?.read()?.0.len())
}

/// The open file.
pub(super) struct JournalFile {
    file: File,
    generation: u64,
    /// Where the next frame goes.
    end: u64,
}

impl JournalFile {
    /// Opens the journal, or makes one, and finds its end.
    pub(super) fn open(path: &Path) -> std::io::Result<JournalFile> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut header = Vec::new();
        (&file).take(HEADER).read_to_end(&mut header)?;
        // Shorter than its header, or zeros: making it was cut short, and it never held anything.
        if header.len() < HEADER as usize || header.iter().all(|byte| *byte == 0) {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(MAGIC)?;
            file.write_all(&1_u64.to_le_bytes())?;
            file.write_all(&vec![0; (PREALLOCATED - HEADER) as usize])?;
            file.sync_all()?;
            sync_folder_of(path)?;
            return Ok(JournalFile { file, generation: 1, end: HEADER });
        }
        if &header[..16] != MAGIC {
            let message = "not a journal of this program; move it away";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, message));
        }
        let mut generation = [0; 8];
        generation.copy_from_slice(&header[16..]);
        let mut journal = JournalFile { file, generation: u64::from_le_bytes(generation), end: HEADER };
        journal.end = journal.read()?.1;
        Ok(journal)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.end == HEADER
    }

    /// All lines, in order, and where they end.
    pub(super) fn read(&mut self) -> std::io::Result<(Vec<Line>, u64)> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(HEADER))?;
        self.file.read_to_end(&mut bytes)?;
        let (mut lines, mut rest, mut end) = (Vec::new(), bytes.as_slice(), HEADER);
        while let Some((line, taken)) = self.frame(rest) {
            lines.push(line);
            rest = &rest[taken..];
            end += taken as u64;
        }
        Ok((lines, end))
    }

    /// Adds lines and syncs them. After an error some of them may be there: replaying them does no harm.
    pub(super) fn append(&mut self, lines: &[Line]) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        for line in lines {
            let payload = serde_json::to_vec(line)?;
            let length = u32::try_from(payload.len()).ok().filter(|length| *length as usize <= MAX_FRAME);
            let length = length.ok_or_else(|| std::io::Error::other("a row is longer than a frame may be"))?;
            bytes.extend(length.to_le_bytes());
            bytes.extend(self.check(&payload));
            bytes.extend(payload);
        }
        // Zeros behind: whatever lay there before no longer reads as a frame.
        bytes.extend([0; FRAME_HEADER]);
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&bytes)?;
        self.file.sync_data()?;
        self.end += (bytes.len() - FRAME_HEADER) as u64;
        Ok(())
    }

    /// Empties the journal, if nothing was added behind `end`. Whether it is empty now.
    pub(super) fn clear(&mut self, end: u64) -> std::io::Result<bool> {
        if self.end != end {
            return Ok(false);
        }
        if !self.is_empty() {
            let generation = self.generation + 1;
            self.file.seek(SeekFrom::Start(MAGIC.len() as u64))?;
            self.file.write_all(&generation.to_le_bytes())?;
            if self.end > PREALLOCATED {
                self.file.set_len(PREALLOCATED)?;
            }
            self.file.sync_data()?;
            self.generation = generation;
            self.end = HEADER;
        }
        Ok(true)
    }

    fn frame(&self, bytes: &[u8]) -> Option<(Line, usize)> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (check, rest) = rest.split_first_chunk::<8>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let payload = rest.get(..length).filter(|_| (1..=MAX_FRAME).contains(&length))?;
        if self.check(payload) != *check {
            return None;
        }
        Some((serde_json::from_slice(payload).ok()?, FRAME_HEADER + length))
    }

    fn check(&self, payload: &[u8]) -> [u8; 8] {
        let digest = Sha256::new().chain_update(self.generation.to_le_bytes()).chain_update(payload).finalize();
        std::array::from_fn(|at| digest[at])
    }
}

/// The thread that owns the file.
#[derive(Clone)]
pub(super) struct Journal {
    jobs: SyncSender<Job>,
    /// Something waits to be replayed.
    holds: Arc<AtomicBool>,
}

/// What is told when a row is durable.
pub(super) type Answered = Arc<dyn Fn(Ticket) + Send + Sync>;

enum Job {
    /// One row the core asked to have here; answered once it is synced.
    Row(Ticket, Box<CallRow>),
    /// Rows the store did not take.
    Keep(Vec<Line>, oneshot::Sender<std::io::Result<()>>),
    Read(oneshot::Sender<std::io::Result<(Vec<Line>, u64)>>),
    Clear(u64, oneshot::Sender<std::io::Result<bool>>),
}

impl Journal {
    /// Starts the thread. It ends with the last clone of what this returns.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(super) fn start(path: PathBuf, answered: Answered) -> std::io::Result<Journal> {
        let (jobs, waiting) = sync_channel(MAX_WAITING);
        let holds = Arc::new(AtomicBool::new(true));
        let held = holds.clone();
        std::thread::Builder::new().name("journal".into()).spawn(move || work(&path, &waiting, &held, &answered))?;
        Ok(Journal { jobs, holds })
    }

    /// Whether rows wait to be replayed; true until the file has been looked at.
    pub(super) fn holds_rows(&self) -> bool {
        self.holds.load(Ordering::Acquire)
    }

    /// Takes one row. `false` when too many wait: then it is not taken.
    pub(super) fn row(&self, ticket: Ticket, row: Box<CallRow>) -> bool {
        self.jobs.try_send(Job::Row(ticket, row)).is_ok()
    }

    pub(super) async fn keep(&self, lines: Vec<Line>) -> std::io::Result<()> {
        self.ask(|answer| Job::Keep(lines, answer)).await
    }

    pub(super) async fn read(&self) -> std::io::Result<(Vec<Line>, u64)> {
        self.ask(Job::Read).await
    }

    pub(super) async fn clear(&self, end: u64) -> std::io::Result<bool> {
        self.ask(|answer| Job::Clear(end, answer)).await
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<std::io::Result<T>>) -> Job) -> std::io::Result<T> {
        let (answer, answered) = oneshot::channel();
        let stopped = || std::io::Error::other("the journal's thread does not answer");
        self.jobs.try_send(job(answer)).map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

fn work(path: &Path, waiting: &Receiver<Job>, holds: &AtomicBool, answered: &Answered) {
    let mut open = None;
    while let Ok(first) = waiting.recv() {
        // All rows that wait share one sync.
        let (mut tickets, mut rows, mut after) = (Vec::new(), Vec::new(), None);
        for job in std::iter::once(first).chain(waiting.try_iter().take(MAX_WAITING)) {
            match job {
                Job::Row(ticket, row) => {
                    tickets.push(ticket);
                    rows.push(Line::First(*row));
                }
                other => {
                    after = Some(other);
                    break;
                }
            }
        }
        if !rows.is_empty() {
            match with_file(&mut open, path, |file| file.append(&rows)) {
                Ok(()) => tickets.into_iter().for_each(|ticket| answered(ticket)),
                Err(error) => tracing::error!(%error, path = %path.display(), rows = rows.len(), "journal not written"),
            }
        }
        // An answer that nobody waits for any more was a question given up: nothing to do.
        match after {
            None | Some(Job::Row(..)) => {}
            Some(Job::Keep(lines, answer)) => {
                let _ = answer.send(with_file(&mut open, path, |file| file.append(&lines)));
            }
            Some(Job::Read(answer)) => {
                let _ = answer.send(with_file(&mut open, path, JournalFile::read));
            }
            Some(Job::Clear(end, answer)) => {
                let _ = answer.send(with_file(&mut open, path, |file| file.clear(end)));
            }
        }
        if let Some(file) = &open {
            holds.store(!file.is_empty(), Ordering::Release);
        }
    }
}

/// Opens the file at its first use, and anew after an error: its state is then read from the disk.
fn with_file<T>(
    open: &mut Option<JournalFile>,
    path: &Path,
    job: impl FnOnce(&mut JournalFile) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let mut file = match open.take() {
        Some(file) => file,
        None => JournalFile::open(path)?,
    };
    let done = job(&mut file)?;
    *open = Some(file);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: i64) -> Line {
        Line::Event(EventRow {
            call_id: "a call".to_owned(),
            seq,
            at_ms: 7,
            kind: "ringing".to_owned(),
            phone: None,
            detail: "x".repeat(100),
        })
    }

    #[test]
    fn a_line_is_written_as_earlier_versions_wrote_it() {
        let (_folder, path) = journal();
        let file = JournalFile::open(&path).unwrap();
        let earlier =
            r#"{"Event":{"call_id":"a call","seq":1,"at_ms":7,"kind":"ringing","phone":null,"detail":"486"}}"#;
        let mut bytes = std::fs::read(&path).unwrap();
        let frame =
            [&u32::try_from(earlier.len()).unwrap().to_le_bytes()[..], &file.check(earlier.as_bytes())].concat();
        let frame = [&frame[..], earlier.as_bytes()].concat();
        let at = usize::try_from(HEADER).unwrap();
        bytes[at..at + frame.len()].copy_from_slice(&frame);
        std::fs::write(&path, &bytes).unwrap();

        let mut again = JournalFile::open(&path).unwrap();
        let message = Line::Message(MessageRow {
            call_id: "a call".to_owned(),
            recording: "a file".to_owned(),
            recorded_ms: 7,
            length_ms: 4_000,
            voice_ms: 3_000,
            cut_off: 0,
        });
        again.append(std::slice::from_ref(&message)).unwrap();
        let lines = JournalFile::open(&path).unwrap().read().unwrap().0;
        let Line::Event(event) = &lines[0] else { panic!("{lines:?}") };
        assert_eq!(rows_in_journal(&path).unwrap(), lines.len());
        assert_eq!(rows_in_journal(&path.with_file_name("none")).unwrap(), 0);
        assert_eq!((event.seq, event.detail.as_str()), (1, "486"));
        assert_eq!(lines[1..], [message]);
    }

    fn journal() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("journal");
        (folder, path)
    }

    #[test]
    fn what_was_appended_is_read_after_a_restart() {
        let (_folder, path) = journal();
        let mut file = JournalFile::open(&path).unwrap();
        file.append(&[event(1), event(2)]).unwrap();
        file.append(&[event(3)]).unwrap();
        let mut again = JournalFile::open(&path).unwrap();
        assert_eq!(again.read().unwrap().0, [event(1), event(2), event(3)]);
        again.append(&[event(4)]).unwrap();
        assert_eq!(JournalFile::open(&path).unwrap().read().unwrap().0.len(), 4);
    }

    #[test]
    fn a_torn_end_ends_it_and_is_written_over() {
        let (_folder, path) = journal();
        let mut file = JournalFile::open(&path).unwrap();
        file.append(&[event(1)]).unwrap();
        let whole = file.end;
        file.append(&[event(2)]).unwrap();
        let torn = file.end;
        let bytes = std::fs::read(&path).unwrap();
        for cut in whole..torn {
            let at = usize::try_from(cut).unwrap();
            // Torn: the rest never reached the disk, as zeros of the size made beforehand or as a shorter file.
            let mut zeros = bytes.clone();
            zeros[at..].fill(0);
            for bytes in [&bytes[..at], &zeros] {
                std::fs::write(&path, bytes).unwrap();
                let mut again = JournalFile::open(&path).unwrap();
                assert_eq!(again.read().unwrap().0, [event(1)], "cut at {cut}");
                again.append(&[event(3)]).unwrap();
                assert_eq!(JournalFile::open(&path).unwrap().read().unwrap().0, [event(1), event(3)]);
            }
        }
    }

    #[test]
    fn what_lay_there_before_emptying_never_comes_back() {
        let (_folder, path) = journal();
        let mut file = JournalFile::open(&path).unwrap();
        file.append(&[event(1), event(2), event(3)]).unwrap();
        let end = file.end;
        assert!(file.clear(end).unwrap());
        assert!(JournalFile::open(&path).unwrap().is_empty());
        // As long as the first of the old ones: the second would stand right behind it.
        file.append(&[event(9)]).unwrap();
        assert_eq!(JournalFile::open(&path).unwrap().read().unwrap().0, [event(9)]);
    }

    #[test]
    fn what_was_added_meanwhile_is_not_emptied() {
        let (_folder, path) = journal();
        let mut file = JournalFile::open(&path).unwrap();
        file.append(&[event(1)]).unwrap();
        let end = file.end;
        file.append(&[event(2)]).unwrap();
        assert!(!file.clear(end).unwrap());
        assert_eq!(file.read().unwrap().0, [event(1), event(2)]);
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let (_folder, path) = journal();
        JournalFile::open(&path).unwrap().append(&[event(1)]).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = usize::try_from(HEADER).unwrap() + FRAME_HEADER + 20;
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(JournalFile::open(&path).unwrap().is_empty());
    }

    #[test]
    fn another_programs_file_is_left_alone() {
        let (_folder, path) = journal();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "Dear diary, a customer wanted a blue door.").unwrap();
        assert!(JournalFile::open(&path).is_err());
    }
}
