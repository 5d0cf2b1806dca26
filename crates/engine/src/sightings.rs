//! Messages that a push test of this engine adds, on their way to the watches that are to find them.
//!
//! A watch that finds one says how it came to know of it; the test hears that, and the watch when the message was added.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, oneshot};

use crate::history::{Found, WatchKey};
use mailwatch_proto::model::FoundBy;
use mailwatch_proto::push_proof::{Added, Canary};

/// How a watch came to know of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// How it was found.
    pub by: FoundBy,
    /// When the server announced it in IDLE, where it did.
    pub announced: Option<Instant>,
    /// When it was found.
    pub at: Instant,
}

#[derive(Debug)]
struct Expected {
    of: WatchKey,
    sent: Instant,
    taken: Option<Instant>,
    seen: Option<oneshot::Sender<Sighting>>,
}

/// Notes that a watch may be behind with: one test runs at a time, and one key marks the mails of some mailboxes.
const BEHIND: usize = 64;

/// What another connection than the watch's does in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// The messages of these numbers are about to be removed.
    Leaving(Vec<u32>),
    /// The user has marked mails as seen.
    Marked {
        /// Their UIDVALIDITY.
        uidvalidity: u32,
        /// Their UIDs.
        uids: Arc<[u32]>,
    },
}

/// What is expected, by Message-ID. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sightings {
    expected: Arc<Mutex<BTreeMap<String, Expected>>>,
    /// What other connections than the watches' do.
    elsewhere: broadcast::Sender<(WatchKey, Elsewhere)>,
    /// How often servers look for mail by themselves, of mailboxes of which that is known.
    cadences: Arc<Mutex<BTreeMap<WatchKey, Duration>>>,
    /// One test at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Default for Sightings {
    fn default() -> Self {
        let (expected, cadences, turn) = (Arc::default(), Arc::default(), Arc::default());
        Self { expected, elsewhere: broadcast::Sender::new(BEHIND), cadences, turn }
    }
}

/// What is done in mailboxes, for a watch and those that share its connection.
#[derive(Debug)]
pub struct ElsewhereReceiver(broadcast::Receiver<(WatchKey, Elsewhere)>);

impl ElsewhereReceiver {
    /// In which mailbox, and what. Cancel-safe.
    pub async fn next(&mut self) -> (WatchKey, Elsewhere) {
        loop {
            match self.0.recv().await {
                Ok(done) => return done,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

/// A message that is expected; no longer once this is dropped.
#[derive(Debug)]
pub struct Expecting {
    sightings: Sightings,
    message_id: String,
    seen: oneshot::Receiver<Sighting>,
}

impl Sightings {
    fn expected(&self) -> MutexGuard<'_, BTreeMap<String, Expected>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a watch knows of how often the server looks for mail by itself.
    pub fn knows(&self, key: &WatchKey, cadence: Option<Duration>) {
        let mut cadences = self.cadences.lock().unwrap_or_else(PoisonError::into_inner);
        match cadence {
            Some(cadence) if cadences.get(key) != Some(&cadence) => drop(cadences.insert(key.clone(), cadence)),
            None if !cadences.is_empty() => drop(cadences.remove(key)),
            Some(_) | None => {}
        }
    }

    /// How often the server of this mailbox looks for mail by itself, where that is known.
    #[must_use]
    pub fn cadence(&self, key: &WatchKey) -> Option<Duration> {
        self.cadences.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    /// Waits until no other test of this process runs. Until what is returned is dropped none does.
    pub async fn turn(&self) -> tokio::sync::OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// The messages of these numbers are an earlier test's, and are about to be removed: the watch that has seen them is to say
    /// nothing of it.
    pub fn leaves(&self, of: &WatchKey, own: Vec<u32>) {
        if !own.is_empty() {
            // Nobody watches it.
            let _ = self.elsewhere.send((of.clone(), Elsewhere::Leaving(own)));
        }
    }

    /// The user has marked these of a mailbox as seen.
    pub fn marked(&self, of: &WatchKey, uidvalidity: u32, uids: &[u32]) {
        let _ = self.elsewhere.send((of.clone(), Elsewhere::Marked { uidvalidity, uids: uids.into() }));
    }

    /// What is done from now on.
    #[must_use]
    pub fn elsewhere(&self) -> ElsewhereReceiver {
        ElsewhereReceiver(self.elsewhere.subscribe())
    }

    /// The message is about to be added to this mailbox.
    #[must_use]
    pub fn expect(&self, of: WatchKey, message_id: &str, sent: Instant) -> Expecting {
        let (tell, seen) = oneshot::channel();
        self.expected().insert(message_id.to_owned(), Expected { of, sent, taken: None, seen: Some(tell) });
        Expecting { sightings: self.clone(), message_id: message_id.to_owned(), seen }
    }

    /// A watch found this: as a push test's message, where it is one.
    pub fn of(
        &self,
        key: &WatchKey,
        found: &Found,
        seq: u32,
        (announced, at): (Option<Instant>, Instant),
    ) -> Option<Canary> {
        let mut expected = self.expected();
        let ours = found.message_id.as_ref().and_then(|id| expected.get_mut(id)).filter(|ours| ours.of == *key);
        if !found.is_seen() || (!found.canary && ours.is_none()) {
            return None;
        }
        let mail = &found.mail;
        let added = ours.and_then(|ours| {
            if let Some(tell) = ours.seen.take() {
                // A test that was given up wants to hear of nothing.
                let _ = tell.send(Sighting { by: mail.found, announced, at });
            }
            Some(Added { sent: ours.sent, taken: ours.taken? })
        });
        Some(Canary { uid: mail.uid, seq, found: mail.found, received: mail.received, added })
    }
}

impl Expecting {
    /// The server has taken it.
    pub fn taken(&self, at: Instant) {
        if let Some(expected) = self.sightings.expected().get_mut(&self.message_id) {
            expected.taken = Some(at);
        }
    }

    /// Waits until the watch has found it. Cancel-safe; to be called again until it has.
    pub async fn seen(&mut self) -> Sighting {
        match (&mut self.seen).await {
            Ok(sighting) => sighting,
            // It was told before.
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for Expecting {
    fn drop(&mut self) {
        self.sightings.expected().remove(&self.message_id);
    }
}
