//! What a watch keeps, each part with the question that it answers.

use std::time::{Duration, Instant};

use crate::boot_clock::BootClock;
use crate::connection::task::{Appeared, Mailbox};
use crate::heartbeat::Heartbeat;
use crate::model::{ConnId, Loss};

use super::announcing::Announcing;
use super::io::Supply;
use super::pushes::Pushes;

/// Responses of a burst (EXPUNGE, FETCH) are told together, once it has lasted so long.
const BURST: Duration = Duration::from_millis(100);

/// What a watch is told once, and what it draws from.
#[derive(Debug)]
pub(super) struct Context {
    /// The server in sentences: `host:port`.
    pub peer: String,
    pub supply: Box<dyn Supply>,
    /// The clock that goes on in a suspend.
    pub clock: BootClock,
    /// Whether there is no mailbox yet: the connection only asks which there are.
    pub discovers: bool,
    /// When a change of the machine last ended a wait.
    pub changed: Option<Instant>,
}

/// How far the mailbox was seen.
#[derive(Debug)]
pub(super) struct Seen {
    pub mailbox: Option<Mailbox>,
    /// What was pushed of it since.
    pub pushes: Pushes,
    /// Whether the server announces what comes.
    pub announcing: Announcing,
    /// Set where it appeared while others of its account were watched, until it was opened.
    pub appeared: Option<Appeared>,
}

/// Responses that are told together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Burst {
    pub expunged: u32,
    pub flags: u32,
    pub until: Option<Instant>,
}

impl Burst {
    pub fn expunge(&mut self, count: u32, now: Instant) {
        self.expunged = self.expunged.saturating_add(count);
        self.until.get_or_insert(now + BURST);
    }

    pub fn flag(&mut self, now: Instant) {
        self.flags = self.flags.saturating_add(1);
        self.until.get_or_insert(now + BURST);
    }
}

/// What the server's heartbeats taught, and whether the running DONE asks why they have stopped.
#[derive(Clone, Debug, Default)]
pub(super) struct Silence {
    pub heart: Heartbeat,
    pub asks: bool,
}

/// A connection that was fit for work and is gone, until another idles in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub conn: ConnId,
    /// Its last proof of life.
    pub alive: Instant,
    /// What became of it.
    pub why: Loss,
}

/// Whether new mail is heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fitness {
    /// Since when the current connection has been idling or polling for the first time.
    pub since: Option<Instant>,
    pub lost: Option<Lost>,
}

/// Why a watch is letting go of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The user pauses it.
    Pause,
    /// The program ends.
    Stop,
}

/// Whether the watch lets go, and until when it may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Leaving {
    pub why: Option<Leave>,
    pub by: Option<Instant>,
}
