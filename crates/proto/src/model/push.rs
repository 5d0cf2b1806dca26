//! How a new mail came to be known, and which mails a server did not announce.

use std::fmt;
use std::time::{Duration, SystemTime};

/// How a new mail was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum FoundBy {
    /// The server announced it while IDLE ran.
    Push,
    /// The server told of it by NOTIFY, on a connection that serves several mailboxes.
    Notify,
    /// By the look after a DONE, or announced between DONE and its answer.
    Done,
    /// The server was asked: it has no IDLE, or the mailbox shares a connection.
    Poll,
    /// When a connection was made: it came while nobody listened.
    #[default]
    Connect,
}

impl FoundBy {
    /// Every way.
    pub const ALL: [Self; 5] = [Self::Push, Self::Notify, Self::Done, Self::Poll, Self::Connect];

    /// Its name, as events write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Notify => "notify",
            Self::Done => "done",
            Self::Poll => "poll",
            Self::Connect => "connect",
        }
    }
}

impl fmt::Display for FoundBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A mail that was there while IDLE stood, and was not announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Unannounced {
    /// Its UID.
    pub uid: u32,
    /// When the server received it, by the server's clock: its INTERNALDATE.
    pub received: Option<SystemTime>,
    /// How long it was there, at least, before DONE was sent and it was found.
    pub found_after: Duration,
}
