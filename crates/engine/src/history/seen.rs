//! How far a mailbox was seen.

use std::time::SystemTime;

/// How far a mailbox was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The mailbox's epoch: it grows when UIDs begin to mean other messages.
    pub epoch: u32,
    /// The mailbox's UIDVALIDITY.
    pub uidvalidity: u32,
    /// The first UID that was not seen.
    pub uidnext: u32,
    /// The last proof of life: until then no mail came unheard.
    pub last_alive: SystemTime,
}
