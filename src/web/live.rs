//! Calls as they happen, told to whoever listens. The call loop hands over what it logs and never waits: when nobody
//! listens it only counts, and what finds no room is lost to the listeners, who are told to look anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{broadcast, mpsc};

use crate::call::record::{CallEvent, CallRecord};
use crate::now::UnixMs;
use crate::switchboard::LogEntry;

/// What waits for the task that tells it on: some fifty calls' worth.
const WAITING: usize = 1024;
/// How far a listener may fall behind before it must look anew.
const BEHIND: usize = 1024;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Live {
    /// A call has arrived, or its facts have changed.
    Call(Box<CallRecord>),
    Event(CallEvent),
    /// Something was lost on the way: what is shown must be read anew.
    Reload,
    /// The service stops: listen elsewhere.
    Over,
}

/// The same, with its place in the order since the start, from 1.
#[derive(Debug)]
pub struct Told {
    pub seq: u64,
    pub live: Live,
}

/// The loop's end.
#[derive(Clone, Debug)]
pub struct Feed {
    lives: mpsc::Sender<Live>,
    lost: Arc<AtomicBool>,
    listeners: Listeners,
}

/// The listeners' end.
#[derive(Clone, Debug)]
pub struct Listeners {
    told: broadcast::Sender<Arc<Told>>,
    last: Arc<AtomicU64>,
    /// The service stops.
    over: Arc<AtomicBool>,
    /// Tells the numbers of this run from those of another.
    started: UnixMs,
}

/// What stands between: it wakes the listeners, each of which costs as much as handing over.
#[derive(Debug)]
pub struct Telling {
    lives: mpsc::Receiver<Live>,
    lost: Arc<AtomicBool>,
    listeners: Listeners,
}

/// A feed of a service that started at `started`, and the task to be run for it.
pub fn feed(started: UnixMs) -> (Feed, Telling) {
    let (lives, taken) = mpsc::channel(WAITING);
    let lost = Arc::new(AtomicBool::new(false));
    let told = broadcast::Sender::new(BEHIND);
    let listeners = Listeners { told, last: Arc::default(), over: Arc::default(), started };
    let telling = Telling { lives: taken, lost: lost.clone(), listeners: listeners.clone() };
    (Feed { lives, lost, listeners }, telling)
}

impl Feed {
    /// A call's first row.
    pub fn call(&self, record: &CallRecord) {
        self.tell(|| Live::Call(Box::new(record.clone())));
    }

    /// What follows it.
    pub fn entry(&self, entry: &LogEntry) {
        match entry {
            LogEntry::Changed(record) => self.tell(|| Live::Call(record.clone())),
            LogEntry::Event(event) => self.tell(|| Live::Event(event.clone())),
            // An event of its call has told of it.
            LogEntry::Message(_) => {}
        }
    }

    pub fn listeners(&self) -> Listeners {
        self.listeners.clone()
    }

    fn tell(&self, live: impl FnOnce() -> Live) {
        let live = if self.listeners.told.receiver_count() > 0 {
            live()
        } else {
            // Counted all the same: whoever comes back has missed it.
            self.listeners.last.fetch_add(1, Ordering::Relaxed);
            if self.listeners.told.receiver_count() == 0 {
                return;
            }
            // Somebody came back meanwhile, perhaps before it was counted.
            Live::Reload
        };
        if self.lives.try_send(live).is_err() {
            self.lost.store(true, Ordering::Relaxed);
        }
    }
}

impl Telling {
    /// Runs until the loop's end is gone.
    pub async fn run(mut self) {
        while let Some(live) = self.lives.recv().await {
            self.listeners.send(live);
            // Set only while something waits here, so it is seen after that.
            if self.lost.swap(false, Ordering::Relaxed) {
                self.listeners.send(Live::Reload);
            }
        }
    }
}

impl Listeners {
    /// From now on; and whether somebody whose last message bore the id `heard` has missed any until now.
    pub fn listen(&self, heard: Option<&str>) -> (broadcast::Receiver<Arc<Told>>, bool) {
        // In this order: what is told in between is heard, and no harm is done by looking anew besides.
        let mut told = self.told.subscribe();
        if self.over.load(Ordering::Relaxed) {
            // Too late for the last word: theirs is over before it begins.
            told = broadcast::Sender::new(1).subscribe();
        }
        (told, heard.is_some_and(|heard| heard != self.last_id()))
    }

    /// Tells all of them that the service stops, and whoever comes later: each would otherwise hold up the web's end.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.send(Live::Over);
    }

    /// The name of one message, which no run of the service gives again.
    pub fn id(&self, seq: u64) -> String {
        format!("{}-{seq}", self.started.0)
    }

    /// The name of the latest.
    pub fn last_id(&self) -> String {
        self.id(self.last.load(Ordering::Relaxed))
    }

    fn send(&self, live: Live) {
        let seq = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        // An error: nobody listens.
        let _ = self.told.send(Arc::new(Told { seq, live }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::record::{CallId, EventKind};

    fn event(seq: u32) -> LogEntry {
        let call = CallId(uuid::Uuid::nil());
        let kind = EventKind::Ringing;
        LogEntry::Event(CallEvent { call, seq, at: UnixMs(0), kind, phone: None, detail: String::new() })
    }

    #[tokio::test]
    async fn what_happens_is_told_in_order_and_numbered() {
        let (feed, telling) = feed(UnixMs(7));
        let (mut listener, _) = feed.listeners().listen(None);
        tokio::spawn(telling.run());
        feed.entry(&event(1));
        feed.entry(&event(2));
        for (seq, of_call) in [(1, 1), (2, 2)] {
            let told = listener.recv().await.unwrap();
            assert!(matches!(&told.live, Live::Event(event) if event.seq == of_call), "{told:?}");
            assert_eq!(told.seq, seq);
        }
        assert_eq!(feed.listeners().last_id(), "7-2");
    }

    #[tokio::test]
    async fn what_nobody_listens_to_is_counted_so_that_who_comes_back_knows() {
        let (feed, telling) = feed(UnixMs(7));
        tokio::spawn(telling.run());
        let (mut listener, _) = feed.listeners().listen(None);
        feed.entry(&event(1));
        let heard = feed.listeners().id(listener.recv().await.unwrap().seq);
        drop(listener);
        assert!(!feed.listeners().listen(Some(&heard)).1, "nothing has happened");
        feed.entry(&event(2));
        let (mut back, missed) = feed.listeners().listen(Some(&heard));
        assert!(missed);
        feed.entry(&event(3));
        assert!(matches!(&back.recv().await.unwrap().live, Live::Event(event) if event.seq == 3));
    }

    #[tokio::test]
    async fn a_loop_that_is_faster_than_its_listeners_never_waits_and_they_are_told() {
        let (feed, telling) = feed(UnixMs(7));
        let (mut listener, _) = feed.listeners().listen(None);
        for seq in 1..=2 * u32::try_from(WAITING).unwrap() {
            feed.entry(&event(seq));
        }
        tokio::spawn(telling.run());
        let mut reloads = 0;
        for _ in 0..=WAITING {
            match listener.recv().await {
                Ok(told) => reloads += u32::from(told.live == Live::Reload),
                Err(broadcast::error::RecvError::Lagged(_)) => reloads += 1,
                Err(broadcast::error::RecvError::Closed) => panic!("the feed is there"),
            }
            if reloads > 0 {
                return;
            }
        }
        panic!("nothing was said of what was lost");
    }

    #[tokio::test]
    async fn everybody_is_told_when_it_is_over() {
        let (feed, _telling) = feed(UnixMs(7));
        let mut listeners = [feed.listeners().listen(None).0, feed.listeners().listen(None).0];
        feed.listeners().end();
        for listener in &mut listeners {
            assert_eq!(listener.recv().await.unwrap().live, Live::Over);
        }
    }
}
