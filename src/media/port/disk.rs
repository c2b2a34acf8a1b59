//! The thread that writes recordings: a disk that stalls must not delay a packet.
//!
//! A file is whole after each step ([`crate::media::wav`]): samples, sync, header, sync.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::sync::mpsc::Receiver;

use uuid::Uuid;

use crate::media::recorder::{Recorded, Write};
use crate::media::recordings::Recordings;
use crate::media::wav::HEADER_BYTES;
use crate::media::{Fact, Kept};

/// What the packet threads ask of the disk. The queue needs no bound: a recording brings 8 kB a second, for three
/// minutes at the most.
#[derive(Debug)]
pub(super) enum Order {
    Begin(Uuid, Write),
    Append(Uuid, Write),
    Finish(Uuid, Write, Recorded),
}

#[derive(Debug)]
pub(super) struct Disk<F> {
    recordings: Recordings,
    orders: Receiver<Order>,
    facts: F,
    open: HashMap<Uuid, Recording>,
}

#[derive(Debug)]
enum Recording {
    Growing {
        file: File,
        /// Of the file.
        bytes: u64,
    },
    /// The disk has refused a part of it. What is there stays for the next start to look at.
    Broken,
}

/// Makes the folder, for nobody but us: people speak there.
pub(super) fn make_folder(recordings: &Recordings) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(recordings.dir())
}

impl<F: Fn(Fact)> Disk<F> {
    pub(super) fn new(recordings: Recordings, orders: Receiver<Order>, facts: F) -> Disk<F> {
        Disk { recordings, orders, facts, open: HashMap::new() }
    }

    /// Writes until every packet thread is gone.
    pub(super) fn run(mut self) {
        while let Ok(order) = self.orders.recv() {
            match order {
                Order::Begin(name, first) => {
                    let begun = self.begin(name, &first);
                    let recording = or_broken(name, begun);
                    self.open.insert(name, recording);
                }
                Order::Append(name, write) => {
                    if let Some(recording) = self.open.remove(&name) {
                        self.open.insert(name, append(name, recording, &write));
                    }
                }
                Order::Finish(name, last, recorded) => {
                    let kept = match self.open.remove(&name) {
                        Some(recording) => self.finish(name, recording, &last, &recorded),
                        None => Kept::Lost,
                    };
                    (self.facts)(Fact::Sealed { recording: name, kept });
                }
            }
        }
    }

    fn begin(&self, name: Uuid, first: &Write) -> io::Result<Recording> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.recordings.path(name))?;
        file.write_all_at(&first.header, 0)?;
        file.sync_data()?;
        // The file's name must outlive a power cut too.
        File::open(self.recordings.dir())?.sync_all()?;
        // As long as its header, which is short.
        Ok(Recording::Growing { file, bytes: HEADER_BYTES as u64 })
    }

    fn finish(&self, name: Uuid, recording: Recording, last: &Write, recorded: &Recorded) -> Kept {
        if let Recording::Growing { .. } = recording
            && !recorded.is_message()
        {
            if let Err(error) = std::fs::remove_file(self.recordings.path(name)) {
                tracing::warn!(call = %name, %error, "a recording without a voice in it could not be deleted");
            }
            return Kept::Nothing;
        }
        match append(name, recording, last) {
            Recording::Growing { .. } => Kept::Message { length: recorded.length, voice: recorded.voice },
            Recording::Broken => Kept::Lost,
        }
    }
}

fn append(name: Uuid, recording: Recording, write: &Write) -> Recording {
    match recording {
        Recording::Growing { file, bytes } => or_broken(name, grow(file, bytes, write)),
        Recording::Broken => Recording::Broken,
    }
}

fn grow(file: File, bytes: u64, write: &Write) -> io::Result<Recording> {
    file.write_all_at(&write.samples, bytes)?;
    file.sync_data()?;
    file.write_all_at(&write.header, 0)?;
    file.sync_data()?;
    // A write is a second of sound, or a few.
    Ok(Recording::Growing { file, bytes: bytes + write.samples.len() as u64 })
}

fn or_broken(name: Uuid, written: io::Result<Recording>) -> Recording {
    written.unwrap_or_else(|error| {
        tracing::error!(call = %name, %error, "a caller's message cannot be written");
        Recording::Broken
    })
}
