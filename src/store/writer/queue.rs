//! What waits to be written: first rows, for each of which somebody waits, and the rest, which waits for company.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::store::journal::Line;
use crate::switchboard::Ticket;

/// What is not urgent waits so long for company (DESIGN §6: within 200 ms).
const GATHER: Duration = Duration::from_millis(200);
/// Of the rest, so many entries are written at a time: a first row that comes meanwhile waits some milliseconds for them.
const PART: usize = 256;

#[derive(Default)]
pub(super) struct Queue {
    /// Alone they are one statement, which needs no transaction around it.
    first: Vec<Entry>,
    rest: VecDeque<Entry>,
    /// When the oldest of the rest has waited long enough.
    rest_due: Option<Instant>,
    pub flushes: Vec<oneshot::Sender<()>>,
    pub closed: bool,
}

pub(super) struct Entry {
    /// Who waits for this row.
    pub ticket: Option<Ticket>,
    pub line: Line,
}

/// What is written at a time.
#[derive(Default)]
pub(super) struct Batch {
    pub first: Vec<Entry>,
    /// Of calls whose first rows are written, or stand above.
    pub rest: Vec<Entry>,
    /// Whoever waits until all of it is written.
    pub flushes: Vec<oneshot::Sender<()>>,
    pub closed: bool,
}

impl Queue {
    /// Whether the writer must be woken: it waits for something later than this.
    pub fn push(&mut self, entry: Entry) -> bool {
        match entry.line {
            Line::First(_) => {
                self.first.push(entry);
                self.first.len() == 1
            }
            Line::Changed(_) | Line::Event(_) | Line::Message(_) => {
                self.rest.push_back(entry);
                let is_first = self.rest_due.is_none();
                self.rest_due.get_or_insert_with(|| Instant::now() + GATHER);
                is_first || self.rest.len() == PART
            }
        }
    }

    /// What must be written at `now`, if anything: the first rows, and a part of the rest once it has waited long enough or
    /// is as much as is written at a time; everything, where somebody waits for that.
    pub fn take(&mut self, now: Instant) -> Option<Batch> {
        let all = self.closed || !self.flushes.is_empty();
        let rest = match self.rest.len() {
            waiting if all => waiting,
            waiting if waiting >= PART || self.rest_due.is_some_and(|due| due <= now) => waiting.min(PART),
            _ => 0,
        };
        if !all && rest == 0 && self.first.is_empty() {
            return None;
        }
        let rest = self.rest.drain(..rest).collect();
        if self.rest.is_empty() {
            self.rest_due = None;
        }
        let first = std::mem::take(&mut self.first);
        Some(Batch { first, rest, flushes: std::mem::take(&mut self.flushes), closed: self.closed })
    }

    /// Puts back what could not be written, before all that has come since.
    pub fn put_back(&mut self, entries: Vec<Entry>, flushes: Vec<oneshot::Sender<()>>) {
        let since = std::mem::take(&mut self.first).into_iter().chain(std::mem::take(&mut self.rest));
        self.rest_due = None;
        for entry in entries.into_iter().chain(since) {
            self.push(entry);
        }
        self.flushes.extend(flushes);
    }

    /// When the rest must be written, if any waits.
    pub fn due(&self) -> Option<Instant> {
        self.rest_due
    }

    pub fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::row::EventRow;

    pub fn event(seq: usize) -> Entry {
        let seq = i64::try_from(seq).expect("few");
        let row =
            EventRow { call_id: String::new(), seq, at_ms: 0, kind: String::new(), phone: None, detail: String::new() };
        Entry { ticket: None, line: Line::Event(row) }
    }

    fn events(count: usize) -> Queue {
        let mut queue = Queue::default();
        for seq in 0..count {
            queue.push(event(seq));
        }
        queue
    }

    fn numbers(entries: &[Entry]) -> Vec<usize> {
        let number = |entry: &Entry| match &entry.line {
            Line::Event(row) => usize::try_from(row.seq).expect("not negative"),
            Line::First(_) | Line::Changed(_) | Line::Message(_) => panic!("an event"),
        };
        entries.iter().map(number).collect()
    }

    #[test]
    fn the_rest_waits_for_company_and_is_written_part_by_part() {
        let mut queue = Queue::default();
        let now = Instant::now();
        assert!(queue.push(event(0)), "the writer sleeps");
        assert!(!queue.push(event(1)));
        assert!(queue.take(now).is_none(), "nobody waits for these");
        assert_eq!(numbers(&queue.take(now + GATHER * 2).expect("they have waited").rest), [0, 1]);
        assert!(queue.due().is_none() && queue.take(now + GATHER * 2).is_none());

        let woken: Vec<usize> = (0..2 * PART + 3).filter(|seq| queue.push(event(*seq))).collect();
        assert_eq!(woken, [0, PART - 1], "and once more when they are a part");
        for part in [0..PART, PART..2 * PART] {
            assert_eq!(numbers(&queue.take(now).expect("a part").rest), Vec::from_iter(part));
        }
        assert!(queue.take(now).is_none() && queue.len() == 3);
    }

    #[test]
    fn whoever_waits_for_all_of_it_gets_all_of_it() {
        let mut queue = events(2 * PART + 3);
        queue.flushes.push(oneshot::channel().0);
        let all = queue.take(Instant::now()).expect("all of it");
        assert_eq!((all.rest.len(), all.flushes.len(), queue.len()), (2 * PART + 3, 1, 0));
    }

    #[test]
    fn what_is_put_back_comes_before_what_came_since() {
        let mut queue = events(3);
        let taken = queue.take(Instant::now() + GATHER * 2).expect("they have waited").rest;
        queue.push(event(3));
        queue.put_back(taken, Vec::new());
        assert_eq!(numbers(&queue.take(Instant::now() + GATHER * 2).expect("all of them").rest), [0, 1, 2, 3]);
    }
}
