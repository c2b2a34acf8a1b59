//! The shell under [`super::relay`]: a stock of bound pairs and one packet thread a lane. Commands go down without
//! waiting, facts come up; a lane's sockets are its own, so no packet meets a lock.

mod bind;
mod disk;
mod far;
mod guards;
mod lane;
mod token;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mio::{Poll, Waker};

use super::recordings::Recordings;
use super::{Command, Fact, Lane};
use crate::now::Mono;
use bind::Binder;
use disk::Disk;
use lane::PacketThread;
use token::WAKE;

/// So many commands may wait in a lane before a [`Command::Change`] is dropped. A lane does tens of thousands a
/// second: one that is this far behind is starved, and re-INVITEs must not fill the memory meanwhile.
const WAITING_MAX: usize = 4096;

/// How often and how many times it is looked, at the end, whether the disk has taken all recordings: ten seconds.
const DISK_LOOK_EVERY: Duration = Duration::from_millis(10);
const DISK_LOOKS: u32 = 1_000;

/// How the packet threads are set up.
#[derive(Clone, Debug)]
pub struct PortConfig {
    /// First and last port, both included. Each lane has its own share of the pairs.
    pub range: (u16, u16),
    /// The IPv4 address to bind to; `None`: no IPv4.
    pub v4: Option<IpAddr>,
    /// The IPv6 address to bind to; `None`: no IPv6.
    pub v6: Option<IpAddr>,
    /// How many packet threads, at least one.
    pub lanes: u8,
    /// From the system's randomness: a port nobody can guess is a port nobody can spray.
    pub seed: [u8; 32],
    /// Where messages are written; the folder is made if there is none.
    pub recordings: Recordings,
    pub clock: fn() -> Mono,
}

/// The running packet threads. Dropping it closes every port and waits for the threads.
#[derive(Debug)]
pub struct PortShell {
    lanes: Vec<Running>,
    /// Writes recordings until every lane is gone.
    disk: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Running {
    commands: Sender<Command>,
    /// Commands sent and not yet taken.
    waiting: Arc<AtomicUsize>,
    waker: Waker,
    thread: JoinHandle<()>,
}

/// Starts the packet threads. Nothing is bound until the core asks for stock.
///
/// # Errors
/// An unusable range or address, no port of the range free, a folder that cannot be made, or the system's refusal of a
/// thread.
pub fn start(config: PortConfig, facts: impl Fn(Fact) + Send + Clone + 'static) -> io::Result<PortShell> {
    let lanes = config.lanes.max(1);
    let mut shell = PortShell { lanes: Vec::with_capacity(usize::from(lanes)), disk: None };
    disk::make_folder(&config.recordings)?;
    let (orders, ordered) = disk::orders();
    let disk = Disk::new(config.recordings.clone(), ordered, facts.clone());
    shell.disk = Some(thread::Builder::new().name("recordings".to_owned()).spawn(move || disk.run())?);
    for lane in (0..lanes).map(Lane) {
        let mut binder = Binder::new(&config, lane)?;
        binder.check()?;
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let (commands, inbox) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let outbox = lane::Outbox { facts: facts.clone(), disk: orders.clone() };
        let inbox = lane::Inbox { commands: inbox, waiting: Arc::clone(&waiting) };
        let packets = PacketThread::new(lane, poll, inbox, outbox, config.clock, binder);
        let thread = thread::Builder::new().name(format!("media-{}", lane.0)).spawn(move || packets.run())?;
        shell.lanes.push(Running { commands, waiting, waker, thread });
    }
    Ok(shell)
}

impl PortShell {
    /// Hands a command to its lane. Never waits.
    ///
    /// The queue has no bound of its own because the core's commands have one: a pair is connected once and released
    /// once, and there are no more pairs than ports. Only changes could pile up, at the will of a peer; a starved lane
    /// drops and counts them. A release is never lost.
    pub fn command(&self, command: Command) {
        let lane = match &command {
            Command::Stock { lane, .. }
            | Command::Connect { lane, .. }
            | Command::Attend { lane, .. }
            | Command::Ask { lane, .. }
            | Command::ChangeAttended { lane, .. }
            | Command::Change { lane, .. }
            | Command::Release { lane, .. } => *lane,
        };
        let Some(running) = self.lanes.get(usize::from(lane.0)) else {
            tracing::error!(lane = lane.0, "a media command for a lane that does not exist");
            return;
        };
        let waiting = running.waiting.fetch_add(1, Ordering::Relaxed);
        let is_change = matches!(command, Command::Change { .. } | Command::ChangeAttended { .. });
        if waiting >= WAITING_MAX && is_change {
            running.waiting.fetch_sub(1, Ordering::Relaxed);
            metrics::counter!("ringall_media_changes_dropped_total").increment(1);
            return;
        }
        // Both fail only when the thread is gone, which it has said.
        let _ = running.commands.send(command);
        let _ = running.waker.wake();
    }
}

impl Drop for PortShell {
    fn drop(&mut self) {
        for Running { commands, waker, thread, .. } in self.lanes.drain(..) {
            // A queue without a sender is the sign to stop.
            drop(commands);
            let _ = waker.wake();
            if thread.join().is_err() {
                tracing::error!("a packet thread had panicked");
            }
        }
        // With the last packet thread the disk's orders end. One that hangs must not hold up the end.
        let Some(disk) = self.disk.take() else { return };
        for _ in 0..DISK_LOOKS {
            if disk.is_finished() {
                break;
            }
            thread::sleep(DISK_LOOK_EVERY);
        }
        if !disk.is_finished() {
            tracing::error!("the disk does not take the last recordings: they are looked for at the next start");
        } else if disk.join().is_err() {
            tracing::error!("the thread that writes recordings had panicked");
        }
    }
}

#[cfg(test)]
mod tests;
