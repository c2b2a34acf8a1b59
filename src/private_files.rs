//! Files that nobody else may read, because people speak in them, and that outlive a power cut once they are there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes a folder, and those above it that are missing. One that is there keeps its rights.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// How a new file is opened, or an old one emptied.
pub(crate) fn writing() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
}

/// Writes a file that is there whole or not at all. What is not whole yet lies in `scratch`, on the same disk.
pub(crate) fn write_whole(scratch: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    make_folder(scratch)?;
    make_folder(path.parent().unwrap_or(scratch))?;
    let part = scratch.join(path.file_name().unwrap_or_default()).with_extension("part");
    let mut file = writing().open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    sync_folder_of(path)
}

/// The name of a file outlives a power cut once its folder is synced.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
