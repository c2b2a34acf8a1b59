//! Where recordings lie: one file each, that bears the name of its call.

use std::path::{Path, PathBuf};

use uuid::Uuid;

/// The folder of the recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recordings(PathBuf);

impl Recordings {
    /// The folder within `data_dir`.
    pub fn in_data_dir(data_dir: &Path) -> Recordings {
        Recordings(data_dir.join("messages"))
    }

    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// The file of this recording, whether there is one or not.
    pub fn path(&self, recording: Uuid) -> PathBuf {
        self.0.join(format!("{recording}.wav"))
    }
}
