//! How many connections an account may have open at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use mailwatch_proto::model::ConnId;

/// One connection's part of the limit; given back when dropped.
pub type ConnectionPermit = OwnedSemaphorePermit;

/// The limit. Quarantined connections, which are only kept to be looked at, make room, the oldest first.
#[derive(Debug)]
pub struct ConnectionLimit {
    permits: Arc<Semaphore>,
    quarantined: Mutex<BTreeMap<ConnId, oneshot::Sender<()>>>,
}

impl ConnectionLimit {
    /// So many at once.
    #[must_use]
    pub fn new(max: u16) -> Self {
        Self { permits: Arc::new(Semaphore::new(usize::from(max))), quarantined: Mutex::default() }
    }

    /// A permit, where one is free now. Otherwise asks the oldest quarantined connection to go, so that one may be soon.
    pub fn try_acquire(&self) -> Option<ConnectionPermit> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok();
        if permit.is_none() {
            self.evict();
        }
        permit
    }

    /// The server allows fewer: asks the oldest quarantined connection to go, for it counts there too.
    pub fn make_room(&self) {
        self.evict();
    }

    /// Asks the oldest quarantined connection to go. One that has gone already cannot make room: then the next is asked.
    fn evict(&self) {
        while let Some((_, go)) = self.quarantined.lock().unwrap_or_else(PoisonError::into_inner).pop_first() {
            if go.send(()).is_ok() {
                break;
            }
        }
    }

    /// Waits for a permit; where none is free, asks the oldest quarantined connection to go.
    pub async fn acquire(&self) -> Option<ConnectionPermit> {
        if let Some(permit) = self.try_acquire() {
            return Some(permit);
        }
        // Never closed: the semaphore lives as long as the limit.
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Puts a connection among those that may be asked to go. The receiver resolves when it is.
    pub fn quarantine(&self, conn: ConnId) -> oneshot::Receiver<()> {
        let (go, asked) = oneshot::channel();
        self.quarantined.lock().unwrap_or_else(PoisonError::into_inner).insert(conn, go);
        asked
    }

    /// Forgets a quarantined connection that has gone by itself.
    pub fn forget(&self, conn: ConnId) {
        self.quarantined.lock().unwrap_or_else(PoisonError::into_inner).remove(&conn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_room_the_oldest_quarantined_connection_is_asked_to_go() {
        let limit = ConnectionLimit::new(2);
        let first = limit.acquire().await.expect("room");
        let _second = limit.acquire().await.expect("room");
        let mut older = limit.quarantine(ConnId(1));
        let mut younger = limit.quarantine(ConnId(2));
        let third = limit.acquire();
        tokio::pin!(third);
        assert!(futures_util::poll!(&mut third).is_pending());
        assert_eq!(older.try_recv(), Ok(()));
        assert!(younger.try_recv().is_err());
        drop(first);
        assert!(third.await.is_some());
    }
}
