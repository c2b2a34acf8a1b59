//! The log, written. Entries wait in a bounded queue, and one thread commits them: first rows of calls at once, all that
//! came together in one statement; the rest some hundred at a time, and none later than 200 ms. While the store fails, the
//! journal takes them.

mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use self::queue::{Batch, Entry, Queue};
use super::commit::{Aliases, commit_or_single_out};
use super::journal::{Answered, Journal, Line};
use super::row::{CallRow, EventRow, MessageRow};
use super::{Store, StoreError};
use crate::call::record::CallRecord;
use crate::switchboard::{LogEntry, Medium, Ticket};

/// Some 4,000 calls' worth: minutes of a store that hangs, in about 40 MB.
const MAX_QUEUED: usize = 65_536;
/// Where somebody waits for all of it, so many entries make one transaction at most.
const MAX_BATCH: usize = 1024;
/// A commit that a server takes longer for counts as failed; the journal takes its rows.
const COMMIT_LIMIT: Duration = Duration::from_secs(2);
/// A failed store is tried again after this, then after twice as long each time, up to [`RETRY_MOST`].
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MOST: Duration = Duration::from_secs(3);
/// How often the service says that it lives: how exactly a crash can be dated (DESIGN §5, L3: 10 s).
const HEARTBEAT: Duration = Duration::from_secs(5);
/// An orderly shutdown does not wait longer than this for the last rows.
const FLUSH_LIMIT: Duration = Duration::from_secs(10);

/// Takes the log from the loop without ever making it wait.
pub struct LogWriter {
    shared: Arc<Shared>,
    journal: Journal,
}

/// What went past the log, since the start. All zero on a healthy machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogCounts {
    /// Entries that found the queue full.
    pub overflowed: u64,
    /// Rows the database refused for what is in them; each was reported.
    pub refused: u64,
    /// Commits that failed or took too long.
    pub failed_commits: u64,
}

/// Whether the log could be written when it was last tried: at the latest 5 s ago, by the heartbeat.
#[derive(Debug, Default)]
pub struct LogHealth {
    store_fails: AtomicBool,
    journal_fails: AtomicBool,
    has_ended: AtomicBool,
}

impl LogHealth {
    pub fn store_fails(&self) -> bool {
        self.store_fails.load(Ordering::Relaxed)
    }

    pub fn journal_fails(&self) -> bool {
        self.journal_fails.load(Ordering::Relaxed)
    }

    /// A bug of ours has ended it: nothing is written to the store any more.
    pub fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    pub fn set_ended(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    pub fn set_store_fails(&self, fails: bool) {
        self.store_fails.store(fails, Ordering::Relaxed);
    }

    pub fn set_journal_fails(&self, fails: bool) {
        self.journal_fails.store(fails, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    health: Arc<LogHealth>,
    overflowed: AtomicU64,
    refused: AtomicU64,
    failed_commits: AtomicU64,
}

impl LogWriter {
    /// Starts the writer's thread, which uses the runtime this is called in, and the journal's. `answered` is called once for each
    /// recorded ticket when its row is durable, from a thread of ours: it must not block.
    ///
    /// # Errors
    /// The system has no thread left.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(
        store: Store,
        journal: PathBuf,
        answered: impl Fn(Ticket) + Send + 'static,
    ) -> Result<LogWriter, StoreError> {
        let answered = Mutex::new(answered);
        let answered: Answered =
            Arc::new(move |ticket| answered.lock().unwrap_or_else(PoisonError::into_inner)(ticket));
        let journal =
            Journal::start(journal.clone(), answered.clone()).map_err(|source| StoreError::NoThread { source })?;
        let shared = Arc::new(Shared::default());
        let writing = Writing {
            store,
            shared: shared.clone(),
            journal: journal.clone(),
            answered,
            aliases: Aliases::default(),
            health: Health::Good,
            beat_at: Instant::now(),
        };
        // A thread of its own, asleep on the queue's own lock: waking a task of the runtime for each step of each commit
        // costs more than the commit's SQL.
        let runtime = Handle::current();
        let health = shared.health.clone();
        let runs = move || {
            // A panic is a bug of ours. Calls go on by the journal for their first rows; that something is wrong is said.
            if catch_unwind(AssertUnwindSafe(|| writing.run(&runtime))).is_err() {
                metrics::counter!("ringall_panics_total").increment(1);
                health.set_ended();
                tracing::error!("{}", StoreError::LogEnded);
            }
        };
        let thread = std::thread::Builder::new().name("log".into());
        thread.spawn(runs).map_err(|source| StoreError::NoThread { source })?;
        Ok(LogWriter { shared, journal })
    }

    /// Makes a call's first row durable at once, then answers `ticket`.
    pub fn record(&self, ticket: Ticket, medium: Medium, record: Box<CallRecord>) {
        let row = CallRow::from(&*record);
        match medium {
            Medium::Store => {
                self.shared.push(Entry { ticket: Some(ticket), line: Line::First(row) });
            }
            Medium::Journal => {
                if !self.journal.row(ticket, Box::new(row)) {
                    self.shared.overflows();
                }
            }
        }
    }

    /// Makes an entry durable with the next commit, or within 200 ms.
    pub fn log(&self, entry: LogEntry) {
        let line = match entry {
            LogEntry::Changed(record) => Line::Changed(CallRow::from(&*record)),
            LogEntry::Message(message) => Line::Message(MessageRow::from(&message)),
            LogEntry::Event(event) => Line::Event(EventRow::from(&event)),
        };
        self.shared.push(Entry { ticket: None, line });
    }

    /// Returns when everything handed over before is durable, in the store or in the journal.
    ///
    /// # Errors
    /// Neither took it within 10 s, or a bug of ours has ended the log.
    pub async fn flush(&self) -> Result<(), StoreError> {
        if self.shared.health.has_ended() {
            return Err(StoreError::LogEnded);
        }
        let (done, flushed) = oneshot::channel();
        self.shared.queue().flushes.push(done);
        self.shared.wake.notify_one();
        match tokio::time::timeout(FLUSH_LIMIT, flushed).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(StoreError::TooSlow(FLUSH_LIMIT)),
        }
    }

    /// Whether rows can be made durable, for whoever asks whether a call could be taken.
    pub fn health(&self) -> Arc<LogHealth> {
        self.shared.health.clone()
    }

    /// What went past the log.
    pub fn counts(&self) -> LogCounts {
        LogCounts {
            overflowed: self.shared.overflowed.load(Ordering::Relaxed),
            refused: self.shared.refused.load(Ordering::Relaxed),
            failed_commits: self.shared.failed_commits.load(Ordering::Relaxed),
        }
    }
}

impl Drop for LogWriter {
    /// The writer commits what it has and ends.
    fn drop(&mut self) {
        self.shared.queue().closed = true;
        self.shared.wake.notify_one();
    }
}

impl Store {
    /// Writes what a journal holds from an earlier run, and empties it. For the service, before
    /// [`Store::close_open_rows`]. How many rows there were.
    pub async fn replay_journal(&self, path: &Path) -> Result<usize, StoreError> {
        let failed = |source| StoreError::Journal { path: path.to_owned(), source };
        let mut journal = super::journal::JournalFile::open(path).map_err(failed)?;
        let (lines, end) = journal.read().map_err(failed)?;
        let rows = lines.len();
        let mut aliases = Aliases::default();
        let mut refused = 0;
        for lines in lines.chunks(MAX_BATCH) {
            refused += commit_or_single_out(self, lines, &mut aliases, None).await?;
        }
        journal.clear(end).map_err(failed)?;
        if rows > 0 {
            tracing::info!(rows, refused, "replayed the journal of an earlier run");
        }
        Ok(rows)
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it holds the lock; were it so, the entries would still be whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn overflows(&self) {
        self.overflowed.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("ringall_log_overflowed_total").increment(1);
    }

    fn push(&self, entry: Entry) {
        let mut queue = self.queue();
        if queue.len() >= MAX_QUEUED || self.health.has_ended() {
            drop(queue);
            return self.overflows();
        }
        // Waking the thread costs more than all the rest of this: only when it has something new to know.
        let wakes = queue.push(entry);
        drop(queue);
        if wakes {
            self.wake.notify_one();
        }
    }
}

/// The thread's own state.
struct Writing {
    store: Store,
    shared: Arc<Shared>,
    journal: Journal,
    answered: Answered,
    aliases: Aliases,
    health: Health,
    beat_at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    /// The store failed; the journal takes everything until it answers again.
    Failing {
        retry_at: Instant,
        pause: Duration,
    },
}

impl Writing {
    fn run(mut self, runtime: &Handle) {
        loop {
            let Batch { first, rest, flushes, closed } = self.gather();
            // Somebody waits for the first rows: they are safe before the rest is begun. Where nothing waits, it is time for
            // the heartbeat or another try.
            let mut kept = runtime.block_on(self.write(first));
            let mut rest = rest.into_iter();
            while rest.len() > 0 {
                kept.extend(runtime.block_on(self.write(rest.by_ref().take(MAX_BATCH).collect())));
            }
            if kept.is_empty() {
                for done in flushes {
                    // Whoever waited may have stopped waiting.
                    let _ = done.send(());
                }
                if closed {
                    return;
                }
                continue;
            }
            // Neither the store nor the journal: everything waits in memory, in order, and is tried again.
            self.shared.queue().put_back(kept, flushes);
            if closed {
                tracing::error!("the log could not be written before the end");
                return;
            }
            std::thread::sleep(RETRY_FIRST);
        }
    }

    /// Waits until something must be done, and takes what must be written.
    fn gather(&mut self) -> Batch {
        let mut queue = self.shared.queue();
        loop {
            let now = Instant::now();
            if let Some(batch) = queue.take(now) {
                return batch;
            }
            let mut until = queue.due().map_or(self.beat_at, |due| due.min(self.beat_at));
            if let Health::Failing { retry_at, .. } = self.health {
                until = until.min(retry_at);
            }
            if until <= now {
                return Batch::default();
            }
            let waited = self.shared.wake.wait_timeout(queue, until - now);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Writes entries to the store or, while it fails, to the journal. Returns those that neither took.
    async fn write(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let now = Instant::now();
        let (tickets, lines): (Vec<Option<Ticket>>, Vec<Line>) =
            entries.into_iter().map(|entry| (entry.ticket, entry.line)).unzip();
        if let Health::Failing { retry_at, pause } = self.health
            && retry_at <= now
        {
            match self.replay().await {
                Ok(()) => {
                    tracing::info!("the database answers again; the log is whole");
                    self.health = Health::Good;
                }
                Err(_) => self.fail_for((pause * 2).min(RETRY_MOST)),
            }
        }
        if self.health == Health::Good {
            match self.commit(&lines, now).await {
                Ok(()) => {
                    self.shared.health.set_store_fails(false);
                    self.answer(&tickets);
                    if self.journal.holds_rows() && self.replay().await.is_err() {
                        self.fail_for(RETRY_FIRST);
                    }
                    return Vec::new();
                }
                Err(error) => {
                    tracing::error!(%error, "the database does not take the log; the journal does until it answers");
                    self.fail_for(RETRY_FIRST);
                }
            }
        }
        if lines.is_empty() {
            return Vec::new();
        }
        match self.journal.keep(lines.clone()).await {
            Ok(()) => {
                self.shared.health.set_journal_fails(false);
                self.answer(&tickets);
                Vec::new()
            }
            Err(error) => {
                self.shared.health.set_journal_fails(true);
                tracing::error!(%error, "the journal cannot be written either; the log waits in memory");
                tickets.into_iter().zip(lines).map(|(ticket, line)| Entry { ticket, line }).collect()
            }
        }
    }

    async fn commit(&mut self, lines: &[Line], now: Instant) -> Result<(), StoreError> {
        let beat = self.beat_at <= now;
        if lines.is_empty() && !beat {
            return Ok(());
        }
        let beat_ms = beat.then(|| crate::clock::now().wall.0);
        let commit = commit_or_single_out(&self.store, lines, &mut self.aliases, beat_ms);
        let refused = within_limit(&self.store, commit).await?;
        self.count_refused(refused);
        if beat {
            self.beat_at = now + HEARTBEAT;
        }
        Ok(())
    }

    /// Writes what the journal holds to the store, and empties it.
    async fn replay(&mut self) -> Result<(), StoreError> {
        let failed = |source| StoreError::Journal { path: PathBuf::from("journal"), source };
        loop {
            let (lines, end) = self.journal.read().await.map_err(failed)?;
            for lines in lines.chunks(MAX_BATCH) {
                let commit = commit_or_single_out(&self.store, lines, &mut self.aliases, None);
                let refused = within_limit(&self.store, commit).await?;
                self.count_refused(refused);
            }
            if self.journal.clear(end).await.map_err(failed)? {
                return Ok(());
            }
        }
    }

    fn fail_for(&mut self, pause: Duration) {
        self.shared.health.set_store_fails(true);
        self.shared.failed_commits.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("ringall_log_failed_commits_total").increment(1);
        let now = Instant::now();
        self.health = Health::Failing { retry_at: now + pause, pause };
        self.beat_at = now + HEARTBEAT;
    }

    fn count_refused(&self, refused: u64) {
        if refused > 0 {
            self.shared.refused.fetch_add(refused, Ordering::Relaxed);
            metrics::counter!("ringall_log_refused_total").increment(refused);
        }
    }

    fn answer(&self, tickets: &[Option<Ticket>]) {
        tickets.iter().flatten().for_each(|ticket| (self.answered)(*ticket));
    }
}

/// A server may never answer. SQLite always does: with success, or that it is busy, after `busy_timeout`.
async fn within_limit(store: &Store, commit: impl Future<Output = Result<u64, StoreError>>) -> Result<u64, StoreError> {
    if store.db.is_this_process() {
        return commit.await;
    }
    tokio::time::timeout(COMMIT_LIMIT, commit).await.unwrap_or(Err(StoreError::TooSlow(COMMIT_LIMIT)))
}

#[cfg(test)]
mod tests {
    use super::queue::tests::event;
    use super::*;

    #[test]
    fn a_full_queue_counts_what_it_does_not_take() {
        let shared = Shared::default();
        for seq in 0..MAX_QUEUED + 5 {
            shared.push(event(seq));
        }
        assert_eq!(shared.queue().len(), MAX_QUEUED);
        assert_eq!(shared.overflowed.load(Ordering::Relaxed), 5);
    }
}
