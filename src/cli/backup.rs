//! `ringall backup` and `ringall restore`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::DateTime;

use super::CommandError;
use crate::clock;
use crate::config::Config;
use crate::media::recordings::Recordings;
use crate::now::UnixMs;
use crate::store::{BackupError, Before, Beside, Contents, Store, journal_in, rows_in_journal};
use crate::twilio::errands::Errands;

impl From<BackupError> for CommandError {
    fn from(error: BackupError) -> CommandError {
        let text = error.to_string();
        match error {
            // Another file must be named.
            BackupError::Occupied(_) | BackupError::NotABackup(_) => CommandError::Wrong(text),
            _ => CommandError::Failed(text),
        }
    }
}

pub(super) async fn back_up(config: &Config, file: &Path) -> Result<ExitCode, CommandError> {
    let store = Store::open(&config.database).await?;
    let contents = store.back_up(&beside(config), file, clock::now().wall).await;
    store.close().await;
    tell("everything is in", &contents?, file);
    let journal = journal_in(&config.data_dir);
    match rows_in_journal(&journal) {
        Ok(0) => {}
        Ok(rows) => tracing::warn!(
            rows,
            "the log has rows that only its journal has, not the backup: start the service, and make another one"
        ),
        Err(error) => {
            tracing::warn!(%error, "{} cannot be read: what is in it is not in the backup", journal.display())
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restore(config: &Config, file: &Path) -> Result<ExitCode, CommandError> {
    let now = clock::now().wall;
    let before = kept_in(&config.data_dir, now);
    let store = Store::open(&config.database).await?;
    let restored = store.restore(file, &beside(config), &before, now).await;
    store.close().await;
    let (contents, kept) = restored?;
    if kept == Before::Kept {
        tracing::info!(
            "what there was before is in {}: delete it when you are sure, it has callers' voices and numbers",
            before.display()
        );
    }
    tell("everything is as it was in", &contents, file);
    Ok(ExitCode::SUCCESS)
}

fn tell(done: &str, contents: &Contents, file: &Path) {
    let Contents { shops, calls, messages, without_sound } = contents;
    tracing::info!(shops, calls, messages, "{done} {}", file.display());
    if *without_sound > 0 {
        tracing::warn!("of {without_sound} messages the sound is missing");
    }
}

fn beside(config: &Config) -> Beside {
    Beside { recordings: Recordings::in_data_dir(&config.data_dir), notes: Errands::folder_in(&config.data_dir) }
}

/// Where a restore keeps what there was before it; what an earlier one has kept stays, were it of the same second.
fn kept_in(data_dir: &Path, now: UnixMs) -> PathBuf {
    let time = DateTime::from_timestamp_millis(now.0).unwrap_or_default().format("%Y-%m-%dT%H%M%SZ");
    let named = |ending: &str| data_dir.join(format!("before-restore-{time}{ending}.db"));
    let first = std::iter::once(named(""));
    let others = (2_u32..).map(|nth| named(&format!("-{nth}")));
    first.chain(others).find(|path| !path.exists()).unwrap_or_else(|| named(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_restore_has_kept_stays() {
        let folder = tempfile::tempdir().unwrap();
        let name = || kept_in(folder.path(), UnixMs(1_764_000_000_000)).file_name().unwrap().to_owned();
        for expected in ["", "-2", "-3"] {
            let expected = format!("before-restore-2025-11-24T160000Z{expected}.db");
            assert_eq!(name().to_str(), Some(expected.as_str()));
            std::fs::write(folder.path().join(expected), "").unwrap();
        }
    }
}
