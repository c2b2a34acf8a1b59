//! Room for messages, and a disk that keeps what it is told.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Line;
use crate::config::{Config, DatabaseUrl};

const CHECK: &str = "disk";

/// The longest message: three minutes at 8 kHz, two bytes a sample.
const MESSAGE_BYTES: u64 = 180 * 8000 * 2;
/// With room for fewer than this, the next evening may fill it.
const FEW: u64 = 20;
/// A month of a busy shop.
const SOME: u64 = 300;
/// A call's row waits no longer for the disk before it goes to the journal, which is on a disk too (DESIGN §3).
const STALLED: Duration = Duration::from_millis(250);

pub(super) async fn check(config: &Config) -> Vec<Line> {
    let mut folders = vec![(config.data_dir.clone(), "data_dir")];
    if let DatabaseUrl::Sqlite(path) = &config.database {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
        let is_inside = match (folder.canonicalize(), config.data_dir.canonicalize()) {
            (Ok(folder), Ok(data)) => folder == data,
            _ => folder == config.data_dir,
        };
        folders.extend((!is_inside).then_some((folder, "the database's folder")));
    }
    let looked =
        tokio::task::spawn_blocking(move || folders.into_iter().map(|(folder, what)| look(&folder, what)).collect());
    looked.await.unwrap_or_else(|error| vec![Line::bad(CHECK, format!("cannot be looked at: {error}"))])
}

/// Looks at a folder, or at the nearest one above that there is.
fn look(folder: &Path, what: &str) -> Line {
    let there = folder.ancestors().find(|folder| folder.is_dir());
    let there = there.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let shown = folder.display();
    let synced = match sync_takes(&there) {
        Ok(synced) => synced,
        Err(error) => {
            let text = format!(
                "{what} {shown} cannot be written ({error}): give the user that runs ringall the right to, or set another \
                 folder"
            );
            return Line::bad(CHECK, text);
        }
    };
    match rustix::fs::statvfs(&there) {
        Ok(disk) => judged(what, folder, disk.f_bavail.saturating_mul(disk.f_frsize), synced),
        Err(error) => Line::look(CHECK, format!("how much room {what} {shown} has cannot be said: {error}")),
    }
}

/// Writes a little, and has it safe.
fn sync_takes(folder: &Path) -> std::io::Result<Duration> {
    let probe = folder.join(format!(".ringall-doctor-{}", std::process::id()));
    let written = (|| {
        let mut file = std::fs::File::create(&probe)?;
        file.write_all(&[0; 4096])?;
        let begun = Instant::now();
        file.sync_all()?;
        Ok(begun.elapsed())
    })();
    // It is gone already where it could not be made.
    let _ = std::fs::remove_file(&probe);
    written
}

fn judged(what: &str, folder: &Path, free: u64, synced: Duration) -> Line {
    let messages = free / MESSAGE_BYTES;
    let room = format!(
        "{what} {} has {} MB free, {messages} messages of three minutes, and a write is safe in {} ms",
        folder.display(),
        free / 1_000_000,
        synced.as_millis()
    );
    if messages < FEW {
        return Line::bad(CHECK, format!("{room}: make room now, or move it to another disk"));
    }
    if synced > STALLED {
        return Line::bad(CHECK, format!("{room}: too slow, each call waits for it; use another disk"));
    }
    if messages < SOME {
        return Line::look(CHECK, format!("{room}: make room soon"));
    }
    Line::ok(CHECK, room)
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_full_or_slow_disk_is_told_before_a_message_is_lost() {
        let quick = Duration::from_millis(3);
        let state = |messages, synced| judged("data_dir", Path::new("data"), messages * MESSAGE_BYTES, synced).state;
        assert_eq!([state(19, quick), state(20, quick), state(299, quick)], [State::Bad, State::Look, State::Look]);
        assert_eq!(state(300, quick), State::Ok);
        assert_eq!(state(300, Duration::from_millis(251)), State::Bad);
        let told = judged("data_dir", Path::new("/var/lib/ringall"), 5_760_000, quick).text;
        assert!(
            told.contains("/var/lib/ringall has 5 MB free, 2 messages") && told.contains("make room now"),
            "{told}"
        );
    }

    #[tokio::test]
    async fn a_folder_is_left_as_it_was_and_one_that_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let line = look(folder.path(), "data_dir");
        assert!(line.state != State::Bad || line.text.contains("make room"), "{line:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let never = look(Path::new("/proc/nowhere"), "data_dir");
        assert!(never.state == State::Bad && never.text.contains("cannot be written"), "{never:?}");
    }
}
