//! Routine on its way to the store's thread. It waits there for others, and wakes the thread for all of them once.

use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::record::Record;
use super::watch_key::WatchKey;

/// So many wait for no others.
pub(super) const AT_ONCE: usize = 1024;

/// What the handles leave for the thread, and what both count.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Records on their way, those in messages too.
    pub(super) waiting: AtomicUsize,
    /// Records that were dropped.
    pub(super) lost: AtomicU64,
    left: Mutex<Left>,
}

/// What was left.
#[derive(Debug, Default)]
pub(super) struct Left {
    /// Records, in their order.
    pub(super) records: Vec<Record>,
    /// Proofs of life, in their order.
    pub(super) proofs: Vec<(WatchKey, SystemTime)>,
}

impl Held {
    fn left(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a record. Whether the thread is to be told.
    #[must_use]
    pub(super) fn record(&self, record: Record) -> bool {
        leave(&mut self.left().records, record)
    }

    /// Leaves a proof of life. Whether the thread is to be told.
    #[must_use]
    pub(super) fn proof(&self, of: WatchKey, at: SystemTime) -> bool {
        leave(&mut self.left().proofs, (of, at))
    }

    /// Whether what was left waits for no more.
    pub(super) fn is_much(&self) -> bool {
        let left = self.left();
        left.records.len().max(left.proofs.len()) >= AT_ONCE
    }

    /// Takes what was left.
    pub(super) fn take(&self) -> Left {
        mem::take(&mut *self.left())
    }

    /// So many records are on their way no longer.
    pub(super) fn arrived(&self, count: usize) {
        self.waiting.fetch_sub(count, Ordering::Relaxed);
    }
}

/// Whether it is the first, or one too many.
fn leave<T>(left: &mut Vec<T>, one: T) -> bool {
    left.push(one);
    left.len() == 1 || left.len() == AT_ONCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_is_told_once_of_all_that_waits_and_again_where_it_becomes_too_much() {
        let held = Held::default();
        let run = |n: u64| Record::Run {
            began: SystemTime::UNIX_EPOCH,
            seen: SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(n),
        };
        let told = |held: &Held| (0..2 * AT_ONCE as u64).filter(|n| held.record(run(*n))).collect::<Vec<_>>();
        assert_eq!(told(&held), [0, AT_ONCE as u64 - 1]);
        assert!(held.is_much());
        let left = held.take();
        assert_eq!(left.records, (0..2 * AT_ONCE as u64).map(run).collect::<Vec<_>>());
        assert!(!held.is_much());
        assert_eq!(told(&held), [0, AT_ONCE as u64 - 1]);
        let key = WatchKey { account: "a".into(), login: "l".into(), mailbox: "INBOX".into() };
        assert!(held.proof(key.clone(), SystemTime::UNIX_EPOCH));
        assert!(!held.proof(key, SystemTime::UNIX_EPOCH));
    }
}
