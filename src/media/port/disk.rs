//! The thread that writes recordings: a disk that stalls must not delay a packet.
//!
//! A file is whole after each step ([`crate::media::wav`]): samples, sync, header, sync. What the disk refuses is kept
//! and offered again each second, also when the caller is long gone, so that a disk that was full for an hour costs nothing
//! but that hour.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use crate::media::recorder::Recorded;
use crate::media::recordings::Recordings;
use crate::media::wav::{self, HEADER_BYTES};
use crate::media::{Fact, Kept};
use crate::private_files;

/// So many orders may wait for the disk: half a minute of a hundred people who speak, and at most 32 MB.
const ORDERS_MAX: usize = 4096;
/// And so many bytes of sound that the disk has refused: forty-five messages of the longest. Of what comes after, only the
/// time is kept.
const WAITING_MAX: usize = 64 << 20;
/// How often the disk is offered again what it has refused.
const OFFERED_EVERY: Duration = Duration::from_secs(1);
/// At the end it is offered so many times more. What it has taken of a message is looked for at the next start.
const LAST_OFFERS: u32 = 3;

/// What the packet threads ask of the disk.
#[derive(Debug)]
pub(super) enum Order {
    Begin(Uuid),
    /// These samples.
    Append(Uuid, Vec<u8>),
    Finish(Uuid, Vec<u8>, Recorded),
}

/// Where the packet threads leave their orders. They never wait for the disk.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    sender: Sender<Order>,
    waiting: Arc<AtomicUsize>,
}

/// Where the disk finds them.
#[derive(Debug)]
pub(super) struct Ordered {
    receiver: Receiver<Order>,
    waiting: Arc<AtomicUsize>,
}

pub(super) fn orders() -> (Orders, Ordered) {
    let (sender, receiver) = mpsc::channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    (Orders { sender, waiting: Arc::clone(&waiting) }, Ordered { receiver, waiting })
}

impl Orders {
    /// When the disk has stood still for long, a part of a recording is left out. That it is over is never left out: there
    /// is one such order a call.
    pub(super) fn give(&self, order: Order) {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        if waiting >= ORDERS_MAX && !matches!(order, Order::Finish(..)) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            tracing::error!("the disk is too slow for the messages that callers leave: a part of one is lost");
            return;
        }
        // Fails only when the disk's thread is gone, which whoever ends the service says.
        let _ = self.sender.send(order);
    }
}

impl Ordered {
    fn taken(&self, order: Order) -> Order {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        order
    }
}

#[derive(Debug)]
pub(super) struct Disk<F> {
    recordings: Recordings,
    orders: Ordered,
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

/// What is known of a recording that the disk has refused something of; each is said once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    #[default]
    None,
    InTheLog,
    /// The recording is over, and the call knows that it is not safe.
    Told,
}

/// Makes the folder of the recordings.
pub(super) fn make_folder(recordings: &Recordings) -> io::Result<()> {
    private_files::make_folder(recordings.dir())?;
    private_files::sync_folder_of(recordings.dir())
}

impl<F: Fn(Fact)> Disk<F> {
    pub(super) fn new(recordings: Recordings, orders: Ordered, facts: F) -> Disk<F> {
        Disk { recordings, orders, facts, open: HashMap::new() }
    }

    /// Writes until every packet thread is gone. Whatever has come while the disk was busy is written in one go.
    pub(super) fn run(mut self) {
        while self.wait() {
            while let Ok(more) = self.orders.receiver.try_recv() {
                let more = self.orders.taken(more);
                self.take(more);
            }
            self.write_all();
        }
        for _ in 0..LAST_OFFERS {
            if self.open.is_empty() {
                return;
            }
            thread::sleep(OFFERED_EVERY);
            self.write_all();
        }
    }

    /// Until there is something to do; false: nothing more will come.
    fn wait(&mut self) -> bool {
        let order = if self.open.values().any(|recording| recording.trouble > Trouble::None) {
            self.orders.receiver.recv_timeout(OFFERED_EVERY)
        } else {
            self.orders.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match order {
            Ok(order) => {
                let order = self.orders.taken(order);
                self.take(order);
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }

    fn write_all(&mut self) {
        let names: Vec<Uuid> = self.open.keys().copied().collect();
        for name in names {
            self.write(name);
        }
    }

    fn take(&mut self, order: Order) {
        let waiting: usize = self.open.values().map(|recording| recording.waiting.len()).sum();
        let (Order::Begin(name) | Order::Append(name, _) | Order::Finish(name, ..)) = order;
        // Also when its beginning was left out.
        let recording = self.open.entry(name).or_default();
        let mut append = |samples: Vec<u8>| {
            if waiting + samples.len() <= WAITING_MAX {
                recording.waiting.extend(samples);
            } else {
                tracing::error!(call = %name, "the disk has taken nothing for so long that a part of a message is lost");
            }
        };
        match order {
            Order::Begin(_) => {}
            Order::Append(_, samples) => append(samples),
            Order::Finish(_, samples, recorded) => {
                append(samples);
                recording.over = Some(recorded);
            }
        }
    }

    fn write(&mut self, name: Uuid) {
        let Some(recording) = self.open.get_mut(&name) else { return };
        let quiet = recording.over.is_some_and(|recorded| !recorded.is_message());
        let written = if quiet { Ok(()) } else { recording.write(&self.recordings, name) };
        if let Err(error) = &written
            && recording.trouble == Trouble::None
        {
            recording.trouble = Trouble::InTheLog;
            tracing::error!(call = %name, %error, "a caller's message cannot be written; it is tried again each second");
        }
        let Some(recorded) = recording.over else { return };
        let kept = match written {
            Ok(()) if quiet => Kept::Nothing,
            Ok(()) => Kept::Message { length: recorded.length, voice: recorded.voice },
            // It stays here, and is offered again.
            Err(_) if recording.trouble == Trouble::Told => return,
            Err(_) => {
                recording.trouble = Trouble::Told;
                return (self.facts)(Fact::Sealed { recording: name, kept: Kept::Lost });
            }
        };
        if recording.trouble > Trouble::None {
            tracing::info!(call = %name, "the disk has taken the message now");
        }
        let begun = recording.file.is_some();
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
    let path = recordings.path(name);
    let open = || private_files::writing().open(&path);
    let file = match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(recordings)?;
            open()?
        }
        opened => opened?,
    };
    file.write_all_at(&wav::header(0), 0)?;
    file.sync_data()?;
    private_files::sync_folder_of(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

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
    fn obeys(recordings: &Recordings, steps: Vec<Step<'_>>) -> Vec<Kept> {
        let told = RefCell::new(Vec::new());
        let (_, nothing) = orders();
        let mut disk = Disk::new(recordings.clone(), nothing, |fact| {
            let Fact::Sealed { recording: NAME, kept } = fact else { panic!("{fact:?}") };
            told.borrow_mut().push(kept);
        });
        for (order, before) in steps {
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
    fn what_it_refuses_at_the_end_is_kept_once_it_can_be() {
        let folder = TempDir::new().unwrap();
        let recordings = Recordings::in_data_dir(folder.path());
        std::fs::write(recordings.dir(), "no folder").unwrap();
        let (told, nothing) = (RefCell::new(Vec::new()), orders().1);
        let mut disk = Disk::new(recordings.clone(), nothing, |fact| told.borrow_mut().push(fact));
        disk.take(Order::Begin(NAME));
        disk.take(Order::Append(NAME, vec![1; 800]));
        disk.take(Order::Finish(NAME, vec![2; 800], recorded(VOICE_MIN)));
        let sealed = |kept| Fact::Sealed { recording: NAME, kept };
        for _ in 0..3 {
            disk.write_all();
            assert_eq!(*told.borrow(), [sealed(Kept::Lost)], "that it is not safe is told once");
        }
        std::fs::remove_file(recordings.dir()).unwrap();
        disk.write_all();
        let length = Duration::from_secs(3);
        assert_eq!(told.borrow()[1..], [sealed(Kept::Message { length, voice: VOICE_MIN })]);
        assert_eq!(wav::samples(&std::fs::read(recordings.path(NAME)).unwrap()), [[1; 800], [2; 800]].concat());
        assert!(disk.open.is_empty(), "it is done with");
    }

    #[test]
    fn a_disk_that_has_room_again_is_offered_what_it_has_refused_without_being_asked() {
        let folder = TempDir::new().unwrap();
        let recordings = Recordings::in_data_dir(folder.path());
        std::fs::write(recordings.dir(), "no folder").unwrap();
        let (packets, ordered) = orders();
        let (tell, told) = mpsc::channel();
        let disk = Disk::new(recordings.clone(), ordered, move |fact| drop(tell.send(fact)));
        let running = thread::spawn(move || disk.run());
        packets.give(Order::Finish(NAME, vec![1; 800], recorded(VOICE_MIN)));
        let kept = || match told.recv_timeout(Duration::from_secs(10)) {
            Ok(Fact::Sealed { kept, .. }) => kept,
            other => panic!("{other:?}"),
        };
        assert_eq!(kept(), Kept::Lost);
        std::fs::remove_file(recordings.dir()).unwrap();
        assert!(matches!(kept(), Kept::Message { .. }));
        drop(packets);
        running.join().unwrap();
    }

    #[test]
    fn that_a_recording_is_over_is_never_left_out() {
        let (packets, ordered) = orders();
        for _ in 0..ORDERS_MAX + 10 {
            packets.give(Order::Append(NAME, vec![1]));
        }
        packets.give(Order::Finish(NAME, vec![2], recorded(VOICE_MIN)));
        let came: Vec<Order> = ordered.receiver.try_iter().collect();
        assert_eq!(came.len(), ORDERS_MAX + 1);
        assert!(matches!(came.last(), Some(Order::Finish(..))));
    }

    #[test]
    fn of_who_has_said_nothing_nothing_is_lost() {
        let folder = TempDir::new().unwrap();
        let recordings = Recordings::in_data_dir(folder.path());
        std::fs::write(recordings.dir(), "no folder").unwrap();
        let orders: Vec<Step<'_>> = vec![
            (Order::Begin(NAME), Box::new(|| {})),
            (Order::Finish(NAME, vec![1; 800], recorded(Duration::ZERO)), Box::new(|| {})),
        ];
        assert_eq!(obeys(&recordings, orders), [Kept::Nothing]);
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
