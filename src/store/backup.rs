//! Everything in one file: the store's rows, and the files beside it that the rows speak of. It is taken while the service
//! runs, and put back while it runs.
//!
//! The file is an SQLite database of our own tables, whichever database the installation has, and an SQLite archive of
//! the files (`sqlite3 FILE -Ax` unpacks them): so it is also the way from one database to the other.

mod archive;
mod rows;

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use self::archive::Folder;
use self::rows::Moment;
use super::db::read;
use super::{Store, StoreError};
use crate::config::DatabaseUrl;
use crate::media::recordings::Recordings;
use crate::now::UnixMs;
use crate::private_files;

const SHOPS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM shops";
const CALLS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM calls";
const RESTORES: &str = "SELECT value FROM settings WHERE name = 'restores'";

/// The copy of a backup that is being put back, within `data_dir`.
const RESTORING: &str = "restoring.db";

/// The rights of what has callers' numbers and voices in it.
const OWNERS_ALONE: u32 = 0o600;

/// Where the files lie that a backup has beside the rows.
#[derive(Clone, Debug)]
pub struct Beside {
    /// What callers said.
    pub recordings: Recordings,
    /// Notes of what is still to be fetched from Twilio.
    pub notes: PathBuf,
}

/// What a backup has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    pub shops: u64,
    pub calls: u64,
    pub messages: u64,
    /// Messages whose file was not there.
    pub without_sound: u64,
}

/// Why no backup was made or put back. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("there is no shop and no call to back up: is this the right --config?")]
    Nothing,
    #[error("{0} is there already and is no backup of ringall: name another file")]
    Occupied(PathBuf),
    #[error("another backup or restore is under way: {0} is its file")]
    UnderWay(PathBuf),
    #[error("{0} is no backup of ringall: name a file that `ringall backup` has made")]
    NotABackup(PathBuf),
    #[error("somebody changed the settings meanwhile; nothing was put back. Do it again")]
    ChangedMeanwhile,
    #[error("{0} could not be written to its end: is the disk full?")]
    CutShort(PathBuf),
    #[error("the backup {path} is damaged ({detail}); nothing was changed. Take another one")]
    Damaged { path: PathBuf, detail: String },
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> BackupError {
        BackupError::Store(error.into())
    }
}

impl Store {
    /// Writes everything to `file`, as it is at one moment; calls that live then are interrupted ones in it. An older backup
    /// there is replaced once the new one is whole. Only its owner may read it.
    pub async fn back_up(&self, beside: &Beside, file: &Path, now: UnixMs) -> Result<Contents, BackupError> {
        self.back_up_by(with_ending(file, ".partial"), beside, file, now).await
    }

    /// The same, growing in `partial`.
    async fn back_up_by(
        &self,
        partial: PathBuf,
        beside: &Beside,
        file: &Path,
        now: UnixMs,
    ) -> Result<Contents, BackupError> {
        if self.count(SHOPS).await? == 0 && self.count(CALLS).await? == 0 {
            return Err(BackupError::Nothing);
        }
        if file.symlink_metadata().is_ok() && !archive::is_one(file).map_err(at(file))? {
            return Err(BackupError::Occupied(file.to_owned()));
        }
        let partial = Scratch::new(partial)?;
        let copy = partial.store().await?;
        let filled = fill(self, &copy, beside, now).await;
        copy.close().await;
        let contents = filled?;
        // What SQLite could not write when it closed, it tells nobody.
        let has_all = archive::has_all_pages(&partial.path).map_err(at(&partial.path))?;
        if !has_all || with_ending(&partial.path, "-wal").exists() {
            return Err(BackupError::CutShort(file.to_owned()));
        }
        archive::seal(&partial.file).map_err(at(&partial.path))?;
        partial.replaces(file)?;
        Ok(contents)
    }

    /// Makes the installation what it was when `file` was written: a service that runs on it sees it within two seconds,
    /// and its live calls go on. What there was before is kept in `before` as another backup; whether there was any. Calls
    /// that live or come meanwhile stay in the log, and what people say of calls meanwhile.
    ///
    /// What belongs to this machine stays: where its phones are, and the secret of its nonces. No id that was ever used
    /// is used again.
    pub async fn restore(
        &self,
        file: &Path,
        beside: &Beside,
        before: &Path,
        now: UnixMs,
    ) -> Result<(Contents, Before), BackupError> {
        if !archive::is_one(file).map_err(at(file))? {
            return Err(BackupError::NotABackup(file.to_owned()));
        }
        // An older version's tables are brought up to date, and nobody's backup is written to: in a copy.
        let scratch = Scratch::new(before.with_file_name(RESTORING))?;
        let backup = File::open(file).map_err(at(file))?;
        if !archive::copy_sealed(&backup, &scratch.file).map_err(at(&scratch.path))? {
            let detail = "it is not what was written".to_owned();
            return Err(BackupError::Damaged { path: file.to_owned(), detail });
        }
        let copy = scratch.store().await.map_err(|error| about(file, error))?;
        let outcome = self.take_over(&copy, file, beside, before, now).await;
        copy.close().await;
        outcome
    }

    async fn take_over(
        &self,
        copy: &Store,
        file: &Path,
        beside: &Beside,
        before: &Path,
        now: UnixMs,
    ) -> Result<(Contents, Before), BackupError> {
        copy.close_open_rows(now).await?;
        let restores = self.restores().await?;
        for folder in beside.folders() {
            archive::settle(&folder, restores)?;
        }
        let old = self.known_recordings().await?;
        let began = Moment { at: now, plan_version: self.plan_version().await? };
        // One name for all of them: what a killed restore has left is found by the next.
        let partial = before.with_file_name("before-restore.partial");
        let kept = match self.back_up_by(partial, beside, before, now).await {
            Ok(_) => Before::Kept,
            Err(BackupError::Nothing) => Before::Nothing,
            Err(error) => return Err(error),
        };
        // Files come before the rows that speak of them, and go after these.
        let mut staged = archive::Staged::of(restores + 1);
        let put_back = async {
            for folder in beside.folders() {
                staged.unpack(copy, file, &folder).await?;
            }
            rows::replace(copy, self, began).await
        };
        if let Err(error) = put_back.await {
            // It keeps what is still there.
            remove(before)?;
            return Err(error);
        }
        staged.take_places();
        for gone in old.difference(&self.known_recordings().await?) {
            if let Err(error) = remove(&beside.recordings.path(*gone)) {
                tracing::error!(%error, "a message's sound is left behind: delete it");
            }
        }
        let new = copy.known_recordings().await?;
        let without_sound = new.iter().filter(|recording| !beside.recordings.path(**recording).exists()).count() as u64;
        Ok((copy.contents(without_sound).await?, kept))
    }

    /// Brings to an end a restore that was killed, where there was one, and takes no time where there was none. For a service
    /// that starts: before it looks at the messages.
    pub async fn settle_restore(&self, beside: &Beside, data_dir: &Path) -> Result<(), BackupError> {
        let left = data_dir.join(RESTORING);
        if !left.exists() {
            return Ok(());
        }
        let _left = match Scratch::new(left) {
            Ok(left) => left,
            // It goes on.
            Err(BackupError::UnderWay(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let restores = self.restores().await?;
        beside.folders().iter().try_for_each(|folder| archive::settle(folder, restores))
    }

    /// How often a backup was put back: what is remembered of the log in memory is void after each.
    pub async fn restores(&self) -> Result<i64, StoreError> {
        Ok(read!(self.db, pool => sqlx::query_scalar(RESTORES).fetch_one(pool).await?))
    }

    /// What was remembered of the log, for whom a call may be owed to, is void: it is another log now.
    pub async fn forget_candidates(&self) {
        self.candidates.forget_all().await;
    }

    async fn contents(&self, without_sound: u64) -> Result<Contents, StoreError> {
        let messages = self.known_recordings().await?.len() as u64;
        Ok(Contents { shops: self.count(SHOPS).await?, calls: self.count(CALLS).await?, messages, without_sound })
    }

    async fn count(&self, sql: &'static str) -> Result<u64, StoreError> {
        let count: i64 = read!(self.db, pool => sqlx::query_scalar(sql).fetch_one(pool).await?);
        Ok(count.unsigned_abs())
    }
}

/// Whether an installation had anything that a restore has kept in another backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Kept,
    Nothing,
}

async fn fill(from: &Store, copy: &Store, beside: &Beside, now: UnixMs) -> Result<Contents, BackupError> {
    archive::begin(copy).await?;
    rows::copy(from, copy).await?;
    copy.close_open_rows(now).await?;
    let known = copy.known_recordings().await?;
    // A message's file is whole before its row is: what the rows know can be read.
    let mut without_sound = 0;
    for folder in beside.folders() {
        without_sound += archive::pack(copy, &folder, &known).await?;
    }
    Ok(copy.contents(without_sound).await?)
}

impl Beside {
    fn folders(&self) -> [Folder<'_>; 2] {
        [Folder::messages(self.recordings.dir()), Folder::notes(&self.notes)]
    }
}

/// A database in the making, which nobody else may read, nor make at the same time. Gone with this, unless it has become
/// something.
struct Scratch {
    path: PathBuf,
    fate: Fate,
    /// Locked. Closed when SQLite has closed it: that would lose its own locks else.
    file: File,
}

impl Scratch {
    fn new(path: PathBuf) -> Result<Scratch, BackupError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(OWNERS_ALONE);
        let file = options.open(&path).map_err(at(&path))?;
        match file.try_lock() {
            // Whoever made it may have given it its own name before we had the lock.
            Ok(()) if is_still(&file, &path).map_err(at(&path))? => {}
            Ok(()) | Err(TryLockError::WouldBlock) => return Err(BackupError::UnderWay(path)),
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        // One that a killed process has left. SQLite's own files beside it take its rights.
        file.set_len(0).and_then(|()| file.set_permissions(Permissions::from_mode(OWNERS_ALONE))).map_err(at(&path))?;
        for ending in ["-wal", "-shm"] {
            remove(&with_ending(&path, ending))?;
        }
        Ok(Scratch { path, fate: Fate::Temporary, file })
    }

    async fn store(&self) -> Result<Store, StoreError> {
        Store::open(&DatabaseUrl::Sqlite(self.path.clone())).await
    }

    /// It must be closed.
    fn replaces(mut self, file: &Path) -> Result<(), BackupError> {
        fs::rename(&self.path, file).map_err(at(file))?;
        self.fate = Fate::InPlace;
        private_files::sync_folder_of(file).map_err(at(file))
    }
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Temporary,
    /// Its former name may be another's already.
    InPlace,
}

/// Whether this name is still that of this file.
fn is_still(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.fate == Fate::InPlace {
            return;
        }
        for ending in ["", "-wal", "-shm"] {
            // It is mostly not there; what cannot be removed is found by whoever makes the next.
            let _ = fs::remove_file(with_ending(&self.path, ending));
        }
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path, source }
}

/// What is wrong with the copy is wrong with the backup.
fn about(file: &Path, error: StoreError) -> BackupError {
    match error {
        StoreError::Damaged { detail, .. } => BackupError::Damaged { path: file.to_owned(), detail },
        error => BackupError::Store(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::db::Db;
    use super::*;

    #[tokio::test]
    async fn a_backup_of_a_newer_version_is_refused() {
        const NEWER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'later', TRUE, x'00', 0)";
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let store = async |name: &str| Store::open(&DatabaseUrl::Sqlite(path(name))).await.unwrap();
        let newer = store("newer.db").await;
        archive::begin(&newer).await.unwrap();
        let Db::Sqlite { writer, .. } = &*newer.db else { panic!("it is SQLite") };
        sqlx::query(NEWER).execute(&mut *writer.turn().await.unwrap()).await.unwrap();
        newer.close().await;
        archive::seal(&OpenOptions::new().read(true).append(true).open(path("newer.db")).unwrap()).unwrap();
        let beside = Beside { recordings: Recordings::in_data_dir(folder.path()), notes: path("twilio") };
        let ours = store("ringall.db").await;
        let outcome = ours.restore(&path("newer.db"), &beside, &path("before.db"), UnixMs(0)).await;
        assert!(matches!(outcome, Err(BackupError::Store(StoreError::Newer { version: 9999 }))), "{outcome:?}");
    }

    #[test]
    fn a_file_that_has_another_name_by_now_is_not_ours_to_empty() {
        let folder = tempfile::tempdir().unwrap();
        let (partial, whole) = (folder.path().join("backup.db.partial"), folder.path().join("backup.db"));
        let opened = File::create(&partial).unwrap();
        assert!(is_still(&opened, &partial).unwrap());
        fs::rename(&partial, &whole).unwrap();
        assert!(!is_still(&opened, &partial).unwrap());
        fs::write(&partial, "another's").unwrap();
        assert!(!is_still(&opened, &partial).unwrap());
    }

    #[test]
    fn a_backup_in_its_place_leaves_its_former_name_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let (partial, whole) = (folder.path().join("backup.db.partial"), folder.path().join("backup.db"));
        let mut scratch = Scratch::new(partial.clone()).unwrap();
        fs::rename(&partial, &whole).unwrap();
        scratch.fate = Fate::InPlace;
        fs::write(&partial, "another's").unwrap();
        drop(scratch);
        assert!(partial.exists() && whole.exists());
        drop(Scratch::new(partial.clone()).unwrap());
        assert!(!partial.exists());
    }
}
