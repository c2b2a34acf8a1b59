//! The thread that writes recordings: a disk that stalls must not delay a packet.
//!
//! A file is whole after each step ([`crate::media::wav`]): samples, sync, header, sync. What the disk refuses is kept
//! and offered again with the next part, so that a disk that was full for a moment costs nothing.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc::Receiver;

use uuid::Uuid;

use crate::media::recorder::Recorded;
use crate::media::recordings::Recordings;
use crate::media::wav::{self, HEADER_BYTES};
use crate::media::{Fact, Kept};

/// So many orders may wait for the disk: half a minute of a hundred people who speak, and at most 32 MB.
pub(super) const ORDERS_MAX: usize = 4096;

/// What the packet threads ask of the disk.
#[derive(Debug)]
pub(super) enum Order {
    Begin(Uuid),
    /// These samples.
    Append(Uuid, Vec<u8>),
    Finish(Uuid, Vec<u8>, Recorded),
}

#[derive(Debug)]
pub(super) struct Disk<F> {
    recordings: Recordings,
    orders: Receiver<Order>,
    facts: F,
    open: HashMap<Uuid, Recording>,
}

#[derive(Debug, Default)]
struct Recording {
    /// `None` until the disk has taken its first header.
    file: Option<File>,
    /// So many samples are in the file.
    written: usize,
    /// These are not yet: at most three minutes.
    waiting: Vec<u8>,
    over: Option<Recorded>,
    trouble: Trouble,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Trouble {
    #[default]
    None,
    /// The disk has refused something of this recording; said once.
    Told,
}

/// Makes the folder, for nobody but us: people speak there.
pub(super) fn make_folder(recordings: &Recordings) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(recordings.dir())?;
    // The folder's name must outlive a power cut.
    recordings.dir().parent().map_or(Ok(()), sync_folder)
}

impl<F: Fn(Fact)> Disk<F> {
    pub(super) fn new(recordings: Recordings, orders: Receiver<Order>, facts: F) -> Disk<F> {
        Disk { recordings, orders, facts, open: HashMap::new() }
    }

    /// Writes until every packet thread is gone. Whatever has come while the disk was busy is written in one go.
    pub(super) fn run(mut self) {
        while let Ok(first) = self.orders.recv() {
            self.take(first);
            while let Ok(more) = self.orders.try_recv() {
                self.take(more);
            }
            let names: Vec<Uuid> = self.open.keys().copied().collect();
            for name in names {
                self.write(name);
            }
        }
    }

    fn take(&mut self, order: Order) {
        let (Order::Begin(name) | Order::Append(name, _) | Order::Finish(name, ..)) = order;
        // Also when its beginning was left out.
        let recording = self.open.entry(name).or_default();
        match order {
            Order::Begin(_) => {}
            Order::Append(_, samples) => recording.waiting.extend(samples),
            Order::Finish(_, samples, recorded) => {
                recording.waiting.extend(samples);
                recording.over = Some(recorded);
            }
        }
    }

    fn write(&mut self, name: Uuid) {
        let Some(recording) = self.open.get_mut(&name) else { return };
        let quiet = recording.over.is_some_and(|recorded| !recorded.is_message());
        let written = if quiet { Ok(()) } else { recording.write(&self.recordings, name) };
        if let Err(error) = &written
            && std::mem::replace(&mut recording.trouble, Trouble::Told) == Trouble::None
        {
            tracing::error!(call = %name, %error, "a caller's message cannot be written; it is tried again each second");
        }
        let Some(recorded) = recording.over else { return };
        let begun = recording.file.is_some();
        let kept = match written {
            Ok(()) if quiet => Kept::Nothing,
            Ok(()) => Kept::Message { length: recorded.length, voice: recorded.voice },
            Err(_) => Kept::Lost,
        };
        self.open.remove(&name);
        if quiet
            && begun
            && let Err(error) = std::fs::remove_file(self.recordings.path(name))
        {
            tracing::warn!(call = %name, %error, "a recording without a voice in it could not be deleted");
        }
        (self.facts)(Fact::Sealed { recording: name, kept });
    }
}

impl Recording {
    /// Brings the file up to what is known of it: appends, syncs, writes the header that tells of it, syncs. A file that
    /// is cut between any two of these is whole, or is made so by [`wav::repaired`].
    fn write(&mut self, recordings: &Recordings, name: Uuid) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(begin(recordings, name)?);
        }
        let Some(file) = &self.file else { return Ok(()) };
        if self.waiting.is_empty() {
            return Ok(());
        }
        // Both are far below what these types hold: a recording is three minutes long.
        file.write_all_at(&self.waiting, (HEADER_BYTES + self.written) as u64)?;
        file.sync_data()?;
        let samples = self.written + self.waiting.len();
        file.write_all_at(&wav::header(u32::try_from(samples).unwrap_or(wav::SAMPLES_MAX)), 0)?;
        file.sync_data()?;
        self.written = samples;
        self.waiting.clear();
        Ok(())
    }
}

fn begin(recordings: &Recordings, name: Uuid) -> io::Result<File> {
    let open = || OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(recordings.path(name));
    let file = match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(recordings)?;
            open()?
        }
        opened => opened?,
    };
    file.write_all_at(&wav::header(0), 0)?;
    file.sync_data()?;
    sync_folder(recordings.dir())?;
    Ok(file)
}

/// The names in a folder outlive a power cut once the folder is synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::mpsc;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;
    use crate::media::recorder::{End, VOICE_MIN};

    const NAME: Uuid = Uuid::from_u128(7);

    fn recorded(voice: Duration) -> Recorded {
        Recorded { end: End::Stopped, length: Duration::from_secs(3), voice, lost: 0, late: 0 }
    }

    /// What comes next, and what is looked at or done before.
    type Step<'a> = (Order, Box<dyn Fn() + 'a>);

    /// What a disk with this folder does with orders that come one by one, and what it tells.
    fn obeys(recordings: &Recordings, orders: Vec<Step<'_>>) -> Vec<Kept> {
        let told = RefCell::new(Vec::new());
        let (_, nothing) = mpsc::channel();
        let mut disk = Disk::new(recordings.clone(), nothing, |fact| {
            let Fact::Sealed { recording: NAME, kept } = fact else { panic!("{fact:?}") };
            told.borrow_mut().push(kept);
        });
        for (order, before) in orders {
            before();
            disk.take(order);
            disk.write(NAME);
        }
        drop(disk);
        told.into_inner()
    }

    #[test]
    fn each_part_is_in_the_file_and_in_its_header_at_once() {
        let folder = TempDir::new().unwrap();
        let recordings = Recordings::in_data_dir(folder.path());
        let file = || std::fs::read(recordings.path(NAME)).unwrap();
        let orders: Vec<Step<'_>> = vec![
            (Order::Begin(NAME), Box::new(|| {})),
            (Order::Append(NAME, vec![1; 800]), Box::new(|| assert!(wav::samples(&file()).is_empty()))),
            (Order::Append(NAME, vec![2; 800]), Box::new(|| assert_eq!(wav::samples(&file()), [1; 800]))),
            (
                Order::Finish(NAME, vec![3; 10], recorded(VOICE_MIN)),
                Box::new(|| assert_eq!(wav::samples(&file()).len(), 1600)),
            ),
        ];
        let kept = obeys(&recordings, orders);
        assert_eq!(kept, [Kept::Message { length: Duration::from_secs(3), voice: VOICE_MIN }]);
        assert_eq!(wav::samples(&file()), [&[1; 800][..], &[2; 800], &[3; 10]].concat());
    }

    #[test]
    fn what_the_disk_refuses_is_offered_again() {
        let folder = TempDir::new().unwrap();
        let recordings = Recordings::in_data_dir(folder.path());
        let blocked = || std::fs::write(recordings.dir(), "no folder").unwrap();
        let unblocked = || std::fs::remove_file(recordings.dir()).unwrap();
        let orders: Vec<Step<'_>> = vec![
            (Order::Begin(NAME), Box::new(blocked)),
            (Order::Append(NAME, vec![1; 800]), Box::new(|| {})),
            (Order::Append(NAME, vec![2; 800]), Box::new(unblocked)),
            (Order::Finish(NAME, Vec::new(), recorded(VOICE_MIN)), Box::new(|| {})),
        ];
        assert!(matches!(obeys(&recordings, orders)[..], [Kept::Message { .. }]));
        assert_eq!(wav::samples(&std::fs::read(recordings.path(NAME)).unwrap()), [[1; 800], [2; 800]].concat());
    }

    #[test]
    fn what_it_refuses_to_the_end_is_lost() {
        let folder = TempDir::new().unwrap();
        let recordings = Recordings::in_data_dir(folder.path());
        std::fs::write(recordings.dir(), "no folder").unwrap();
        for (voice, kept) in [(VOICE_MIN, Kept::Lost), (Duration::ZERO, Kept::Nothing)] {
            let orders: Vec<Step<'_>> = vec![
                (Order::Begin(NAME), Box::new(|| {})),
                (Order::Finish(NAME, vec![1; 800], recorded(voice)), Box::new(|| {})),
            ];
            assert_eq!(obeys(&recordings, orders), [kept], "nobody has spoken: nothing is lost");
        }
    }

    #[test]
    fn silence_leaves_no_file() {
        let folder = TempDir::new().unwrap();
        let recordings = Recordings::in_data_dir(folder.path());
        let orders: Vec<Step<'_>> = vec![
            (Order::Begin(NAME), Box::new(|| {})),
            (Order::Append(NAME, vec![0xff; 800]), Box::new(|| assert!(recordings.path(NAME).exists()))),
            (Order::Finish(NAME, Vec::new(), recorded(Duration::ZERO)), Box::new(|| {})),
        ];
        assert_eq!(obeys(&recordings, orders), [Kept::Nothing]);
        assert!(!recordings.path(NAME).exists());
    }

    #[test]
    fn a_recording_whose_beginning_was_left_out_is_written_all_the_same() {
        let folder = TempDir::new().unwrap();
        let recordings = Recordings::in_data_dir(folder.path());
        let orders: Vec<Step<'_>> = vec![(Order::Finish(NAME, vec![1; 800], recorded(VOICE_MIN)), Box::new(|| {}))];
        assert!(matches!(obeys(&recordings, orders)[..], [Kept::Message { .. }]));
        assert_eq!(wav::samples(&std::fs::read(recordings.path(NAME)).unwrap()), [1; 800]);
    }
}
