//! Why the keyring did not do as asked, in this program's own terms.

use std::time::Duration;

/// A keyring's failure. Each reason is a sentence without anything that the keyring holds.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "keyring"), expect(dead_code, reason = "without a keyring there is one answer"))]
pub(crate) enum KeyringError {
    /// This build has no keyring.
    #[cfg_attr(feature = "keyring", expect(dead_code, reason = "the answer of a build without a keyring"))]
    #[error("this program was built without a keyring (feature keyring)")]
    NotBuilt,
    /// No keyring is reachable.
    #[error("{0}")]
    Absent(String),
    /// The keyring has no such entry, or is locked, which looks the same.
    #[error("{0}")]
    NoEntry(String),
    /// The keyring is locked and was not unlocked.
    #[error("the keyring is locked")]
    Locked,
    /// There is more than one entry.
    #[error("{0}")]
    Ambiguous(String),
    /// The platform below failed.
    #[error("{0}")]
    Failed(String),
    /// The keyring refused.
    #[error("{0}")]
    Refused(String),
    /// The keyring's client failed.
    #[error("{0}")]
    Client(String),
    /// The keyring did not answer in time.
    #[error("the keyring did not answer within {} s: it may be waiting to be unlocked", .0.as_secs_f32())]
    Silent(Duration),
}
