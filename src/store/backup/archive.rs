//! The backup as a file: how it is known for one, and the files that it has in it, as an SQLite archive
//! (<https://sqlite.org/sqlar.html>).

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::super::db::{read, write_one};
use super::super::{Store, StoreError};
use super::{BackupError, at, remove, with_ending};
use crate::private_files;

/// "rgbk": says whose file it is.
const APPLICATION_ID: u32 = u32::from_be_bytes(*b"rgbk");
// <https://sqlite.org/fileformat2.html>, §1.3 "The database header".
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const PAGE_SIZE_AT: usize = 16;
const PAGES_AT: usize = 28;
const APPLICATION_ID_AT: usize = 68;
/// In the field of the page's size, which is too small for it.
const LARGEST_PAGE: u64 = 65_536;

/// A SHA-256.
const SEAL_BYTES: usize = 32;
const PIECE_BYTES: usize = 64 * 1024;

const MARK: &str = "PRAGMA application_id = 1919378027";
const ARCHIVE: &str = "CREATE TABLE sqlar (name TEXT PRIMARY KEY, mode INT, mtime INT, sz INT, data BLOB)";
const PACK: &str = "INSERT INTO sqlar (name, mode, mtime, sz, data) VALUES ($1, $2, $3, $4, $5)";
const NAMES: &str = "SELECT name FROM sqlar WHERE name LIKE $1 ORDER BY name";
const MEMBER: &str = "SELECT data, mtime FROM sqlar WHERE name = $1";

/// A regular file that its owner may read and write (`st_mode`).
const MODE: i64 = 0o100_600;

/// A folder whose files a backup has.
pub(super) struct Folder<'p> {
    /// Its name within the archive.
    name: &'static str,
    /// How its files end.
    ending: &'static str,
    path: &'p Path,
}

impl<'p> Folder<'p> {
    pub(super) fn messages(path: &'p Path) -> Folder<'p> {
        Folder { name: "messages", ending: ".wav", path }
    }

    pub(super) fn notes(path: &'p Path) -> Folder<'p> {
        Folder { name: "twilio", ending: ".json", path }
    }

    fn holds_messages(&self) -> bool {
        self.name == "messages"
    }

    /// The file that this member of the archive is; `None`: such a name does not belong here, or leads elsewhere.
    fn file_of(&self, member: &str) -> Option<PathBuf> {
        let name = member.strip_prefix(self.name)?.strip_prefix('/')?;
        let stem = name.strip_suffix(self.ending)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (!stem.is_empty() && stem.chars().all(is_plain)).then(|| self.path.join(name))
    }
}

/// Whether this file is a backup, by its first bytes.
pub(super) fn is_one(file: &Path) -> io::Result<bool> {
    let header = header(file)?;
    Ok(header.starts_with(MAGIC) && number_at(&header, APPLICATION_ID_AT) == Some(APPLICATION_ID))
}

/// Whether SQLite has written all pages that the header promises: it tells nobody when it could not.
pub(super) fn has_all_pages(file: &Path) -> io::Result<bool> {
    let header = header(file)?;
    let page_size = match header.get(PAGE_SIZE_AT..PAGE_SIZE_AT + 2) {
        Some([0, 1]) => LARGEST_PAGE,
        Some([high, low]) => u64::from(u16::from_be_bytes([*high, *low])),
        _ => return Ok(false),
    };
    let Some(pages) = number_at(&header, PAGES_AT) else { return Ok(false) };
    Ok(fs::metadata(file)?.len() == u64::from(pages) * page_size)
}

/// Puts the SHA-256 of all bytes behind them, where SQLite does not look: it takes missing bytes for zeros, and a changed bit
/// of a text for the text.
pub(super) fn seal(mut file: &File) -> io::Result<()> {
    let length = file.metadata()?.len();
    file.rewind()?;
    let seal = copied(&mut file.take(length), &mut io::sink())?;
    file.write_all(&seal)?;
    file.sync_all()
}

/// Copies all of the backup but its seal. `false`: it is not what was sealed.
pub(super) fn copy_sealed(mut file: &File, copy: &File) -> io::Result<bool> {
    let Some(length) = file.metadata()?.len().checked_sub(SEAL_BYTES as u64) else { return Ok(false) };
    let sealed = copied(&mut file.take(length), &mut &*copy)?;
    let mut seal = [0; SEAL_BYTES];
    file.read_exact(&mut seal)?;
    Ok(seal == sealed)
}

/// The SHA-256 of what was copied.
fn copied(from: &mut impl Read, to: &mut impl Write) -> io::Result<[u8; SEAL_BYTES]> {
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
    loop {
        let read = match from.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&piece[..read]);
        to.write_all(&piece[..read])?;
    }
}

/// As much of it as there is.
fn header(file: &Path) -> io::Result<Vec<u8>> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    File::open(file)?.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    Ok(header)
}

fn number_at(header: &[u8], at: usize) -> Option<u32> {
    header.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// Makes a new store a backup that has nothing yet.
pub(super) async fn begin(backup: &Store) -> Result<(), StoreError> {
    for sql in [MARK, ARCHIVE] {
        write_one!(backup.db, pool => sqlx::query(sql).execute(pool).await?.rows_affected());
    }
    Ok(())
}

/// Packs the folder's files: of messages those that `known` has. How many of these are not there.
pub(super) async fn pack(backup: &Store, folder: &Folder<'_>, known: &HashSet<Uuid>) -> Result<u64, BackupError> {
    let names: Vec<String> = if folder.holds_messages() {
        known.iter().map(|recording| format!("{}/{recording}{}", folder.name, folder.ending)).collect()
    } else {
        members_in(folder)?
    };
    let mut missing = 0;
    for name in names {
        let Some(path) = folder.file_of(&name) else { continue };
        match read_file(&path) {
            Ok((bytes, mtime)) => {
                let size = bytes.len() as i64;
                write_one!(backup.db, pool => sqlx::query(PACK).bind(name).bind(MODE).bind(mtime).bind(size).bind(bytes)
                    .execute(pool).await?.rows_affected());
            }
            // Its row says that the sound is missing, here as there. A note may be done with meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => missing += 1,
            Err(error) => return Err(at(&path)(error)),
        }
    }
    Ok(if folder.holds_messages() { missing } else { 0 })
}

fn members_in(folder: &Folder<'_>) -> Result<Vec<String>, BackupError> {
    let entries = match fs::read_dir(folder.path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(folder.path)(error)),
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.map(|name| format!("{}/{name}", folder.name)).collect())
}

/// What is in it, and when it was last written, in seconds since 1970.
fn read_file(path: &Path) -> io::Result<(Vec<u8>, i64)> {
    let mut file = File::open(path)?;
    let written = file.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok((bytes, written.as_secs() as i64))
}

/// The ending of a file that was unpacked and waits for its row, before the number of its restore.
const STAGED: &str = ".restored-";

/// Files that were unpacked beside their places. Gone with this, unless their rows have come.
pub(super) struct Staged {
    /// Which restore they are of, counted from 1.
    restore: i64,
    places: Vec<PathBuf>,
}

impl Staged {
    pub(super) fn of(restore: i64) -> Staged {
        Staged { restore, places: Vec::new() }
    }

    /// Unpacks the folder's files from the copy of the backup `file`. One that is there is left as it is: its name says which
    /// it is.
    pub(super) async fn unpack(&mut self, copy: &Store, file: &Path, folder: &Folder<'_>) -> Result<(), BackupError> {
        let like = format!("{}/%", folder.name);
        let names: Vec<String> = read!(copy.db, pool => sqlx::query_scalar(NAMES).bind(&like).fetch_all(pool).await?);
        if !names.is_empty() {
            private_files::make_folder(folder.path).map_err(at(folder.path))?;
        }
        for member in names {
            let place = folder.file_of(&member).ok_or_else(|| {
                let detail = format!("{member:?} in it is no name of ours");
                BackupError::Damaged { path: file.to_owned(), detail }
            })?;
            if place.exists() {
                continue;
            }
            let (data, mtime): (Vec<u8>, i64) =
                read!(copy.db, pool => sqlx::query_as(MEMBER).bind(&member).fetch_one(pool).await?);
            let staged = self.staged(&place);
            self.places.push(place);
            write_file(&staged, &data, mtime).map_err(at(&staged))?;
        }
        match self.places.last() {
            Some(last) => private_files::sync_folder_of(last).map_err(at(folder.path)),
            None => Ok(()),
        }
    }

    /// Their rows have come.
    pub(super) fn take_places(mut self) {
        let places = std::mem::take(&mut self.places);
        take_places(places.into_iter().map(|place| (self.staged(&place), place)).collect());
    }

    fn staged(&self, place: &Path) -> PathBuf {
        with_ending(place, &format!("{STAGED}{}", self.restore))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for place in &self.places {
            // What cannot be removed is found by the next restore, or the next start.
            let _ = fs::remove_file(self.staged(place));
        }
    }
}

/// Brings to an end what a killed restore has left in the folder, `restores` of them having brought their rows.
pub(super) fn settle(folder: &Folder<'_>, restores: i64) -> Result<(), BackupError> {
    let mut theirs = Vec::new();
    for member in members_in(folder)? {
        let Some((of, restore)) = member.rsplit_once(STAGED) else { continue };
        let (Some(place), Ok(restore)) = (folder.file_of(of), restore.parse::<i64>()) else { continue };
        let staged = with_ending(&place, &format!("{STAGED}{restore}"));
        if restore <= restores {
            theirs.push((staged, place));
        } else {
            remove(&staged)?;
        }
    }
    take_places(theirs);
    Ok(())
}

/// Each staged file becomes what it is. Their rows are there already, so nothing here is a reason to fail.
fn take_places(files: Vec<(PathBuf, PathBuf)>) {
    let mut last_of_folders = BTreeMap::new();
    for (staged, place) in files {
        if let Err(error) = fs::rename(&staged, &place) {
            let file = staged.display();
            tracing::error!(%file, %error, "a file from the backup is not in its place; the next start tries again");
        }
        last_of_folders.insert(place.parent().map(Path::to_owned), place);
    }
    for place in last_of_folders.values() {
        if let Err(error) = private_files::sync_folder_of(place) {
            tracing::error!(file = %place.display(), %error, "whether files from the backup outlive a power cut is not sure");
        }
    }
}

/// Whole and on the disk, and as if it had lain here since `mtime`, in seconds since 1970.
fn write_file(path: &Path, bytes: &[u8], mtime: i64) -> io::Result<()> {
    let mut file = private_files::writing().open(path)?;
    file.write_all(bytes)?;
    let since_1970 = u64::try_from(mtime).map(Duration::from_secs).unwrap_or_default();
    if let Some(written) = UNIX_EPOCH.checked_add(since_1970) {
        file.set_modified(written)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_the_one_that_is_looked_for() {
        assert_eq!(MARK, format!("PRAGMA application_id = {APPLICATION_ID}"));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let folder = Folder::messages(Path::new("data/messages"));
        let file = Path::new("data/messages/00000000-0000-7000-8000-000000000000.wav");
        assert_eq!(folder.file_of("messages/00000000-0000-7000-8000-000000000000.wav").as_deref(), Some(file));
        for wrong in
            ["messages/../x.wav", "messages//etc/x.wav", "messages/.wav", "messages/x", "twilio/x.wav", "x.wav"]
        {
            assert_eq!(folder.file_of(wrong), None, "{wrong}");
        }
    }
}
