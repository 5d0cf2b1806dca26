//! Records and proofs of life on their way to the store's thread. What is routine waits here for others: a message for each
//! would wake the thread each time, a dozen times for a mail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use std::{fmt, mem};

use super::record::Record;
use super::watch_key::WatchKey;

/// Records that are written without more waiting: a quarter of those that may wait for the disk.
pub(super) const FULL: usize = 1024;

/// What the handles leave for the thread, and what both count.
#[derive(Default)]
pub(super) struct Held {
    /// Records on their way.
    pub(super) waiting: AtomicUsize,
    /// Records that were dropped.
    pub(super) lost: AtomicU64,
    left: Mutex<Left>,
}

/// What was left.
#[derive(Debug, Default)]
struct Left {
    /// Records, in their order.
    records: Vec<Record>,
    /// The last proof of life of each watch that had one.
    proofs: BTreeMap<WatchKey, SystemTime>,
}

/// Without what the records say.
impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("waiting", &self.waiting).field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl Held {
    fn left(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a record. Whether the thread is to be woken: it does not know that records wait, or too many do.
    #[must_use]
    pub(super) fn record(&self, record: Record) -> bool {
        let records = &mut self.left().records;
        records.push(record);
        records.len() == 1 || records.len() == FULL
    }

    /// Leaves a proof of life. Whether the thread is to be woken: it does not know that any waits.
    #[must_use]
    pub(super) fn proof(&self, of: WatchKey, at: SystemTime) -> bool {
        let proofs = &mut self.left().proofs;
        let is_first = proofs.is_empty();
        let last = proofs.entry(of).or_insert(at);
        *last = at.max(*last);
        is_first
    }

    /// Whether the records wait for no others.
    pub(super) fn is_full(&self) -> bool {
        self.left().records.len() >= FULL
    }

    /// Takes the records, in their order.
    pub(super) fn take_records(&self) -> Vec<Record> {
        let records = mem::take(&mut self.left().records);
        self.waiting.fetch_sub(records.len(), Ordering::Relaxed);
        records
    }

    /// Takes the last proof of life of each watch that had one.
    pub(super) fn take_proofs(&self) -> BTreeMap<WatchKey, SystemTime> {
        mem::take(&mut self.left().proofs)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_thread_is_woken_once_for_all_that_waits_and_again_where_it_becomes_too_much() {
        let held = Held::default();
        let run = |n: u64| {
            let at = SystemTime::UNIX_EPOCH;
            Record::Run { began: at, seen: at + Duration::from_secs(n) }
        };
        let all = 2 * u64::try_from(FULL).expect("it fits");
        let woken = |held: &Held| (0..all).filter(|n| held.record(run(*n))).collect::<Vec<_>>();
        assert_eq!(woken(&held), [0, all / 2 - 1]);
        assert!(held.is_full());
        assert_eq!(held.take_records(), (0..all).map(run).collect::<Vec<_>>());
        assert!(!held.is_full());
        assert_eq!(woken(&held), [0, all / 2 - 1]);
    }

    #[test]
    fn the_last_proof_of_life_of_each_watch_waits_and_the_thread_is_woken_for_the_first() {
        let held = Held::default();
        let key = |mailbox: &str| WatchKey { account: "a".into(), login: "l".into(), mailbox: mailbox.into() };
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let woken = [(1, "INBOX"), (3, "INBOX"), (2, "INBOX"), (2, "lists")].map(|(s, of)| held.proof(key(of), at(s)));
        assert_eq!(woken, [true, false, false, false]);
        assert_eq!(held.take_proofs(), [(key("INBOX"), at(3)), (key("lists"), at(2))].into());
        assert!(held.proof(key("INBOX"), at(4)));
    }

    #[test]
    fn what_records_say_is_in_no_debug_output() {
        let held = Held::default();
        let key = WatchKey { account: "a".into(), login: "hunter2".into(), mailbox: "INBOX".into() };
        assert!(held.proof(key, SystemTime::UNIX_EPOCH));
        assert!(!format!("{held:?}").contains("hunter2"));
    }
}
