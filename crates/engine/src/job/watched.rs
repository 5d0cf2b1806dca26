//! Listening in on a command: whether the mailbox grew while it ran.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::Teller;
use crate::session::{Incoming, Sink};
use mailwatch_proto::response::Response;

/// Passes everything on, and notices whether the mailbox grew.
pub(super) struct Watched<'a> {
    teller: &'a Teller,
    count: AtomicU32,
    grew: AtomicBool,
}

impl<'a> Watched<'a> {
    pub(super) fn new(teller: &'a Teller, known: u32) -> Self {
        Self { teller, count: known.into(), grew: false.into() }
    }

    pub(super) fn count(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether messages came.
    pub(super) fn risen(&self) -> bool {
        self.grew.load(Ordering::Relaxed)
    }
}

impl Sink for Watched<'_> {
    async fn give(&self, incoming: Incoming) {
        match &incoming {
            Incoming::Response(Response::Exists(count)) => {
                if *count > self.count() {
                    self.grew.store(true, Ordering::Relaxed);
                }
                self.count.store(*count, Ordering::Relaxed);
            }
            Incoming::Response(Response::Expunge(_)) => {
                self.count.store(self.count().saturating_sub(1), Ordering::Relaxed);
            }
            Incoming::Response(Response::Vanished(gone)) => {
                self.count.store(self.count().saturating_sub(*gone), Ordering::Relaxed);
            }
            Incoming::Response(_) | Incoming::Unparsed(_) | Incoming::Written(_) | Incoming::Line(_) => {}
        }
        self.teller.give(incoming).await;
    }
}
