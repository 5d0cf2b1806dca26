//! A new mail, and one that was not announced, as the protocol writes them.

use serde::{Deserialize, Serialize};

use super::name;
use super::time::{Ms, Wall};
use mailwatch_proto::model::{FoundBy, Mail, Unannounced};

/// A new mail, read from the object of `watch --json`.
#[derive(Deserialize)]
pub(super) struct MailState {
    uid: u32,
    uidvalidity: u32,
    from: String,
    subject: String,
    date: Option<String>,
    gap: bool,
    #[serde(default)]
    flags: Vec<String>,
    headers: bool,
    #[serde(default)]
    epoch: u32,
    #[serde(with = "name::optional", default)]
    found: Option<FoundBy>,
    received: Option<Wall>,
    late_ms: Option<Ms>,
}

impl From<MailState> for Mail {
    fn from(state: MailState) -> Self {
        let MailState { uid, uidvalidity, from, subject, date, gap, flags, headers, epoch, found, received, late_ms } =
            state;
        Self {
            uid,
            uidvalidity,
            from,
            subject,
            date,
            gap,
            epoch,
            flags,
            headers,
            found: found.unwrap_or_default(),
            received: received.map(|Wall(at)| at),
            late: late_ms.map(Ms::duration),
        }
    }
}

/// A mail that was not announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnannouncedState {
    /// Its UID.
    pub uid: u32,
    /// When the server received it, by the server's clock.
    pub received: Option<Wall>,
    /// How long it was there, at least, before it was found.
    pub found_after_ms: Ms,
}

impl From<Unannounced> for UnannouncedState {
    fn from(Unannounced { uid, received, found_after }: Unannounced) -> Self {
        Self { uid, received: received.map(Wall), found_after_ms: found_after.into() }
    }
}

impl From<UnannouncedState> for Unannounced {
    fn from(UnannouncedState { uid, received, found_after_ms }: UnannouncedState) -> Self {
        Self { uid, received: received.map(|Wall(at)| at), found_after: found_after_ms.duration() }
    }
}
