//! What the service manager knows of the service.

use std::path::PathBuf;

use jiff::Timestamp;

/// The service, as its manager sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The file that it was read from.
    pub from: Option<PathBuf>,
    /// Whether it must not be started.
    pub masked: bool,
    /// Whether it is started by itself.
    pub enabled: bool,
    /// The manager's word for its state.
    pub state: String,
    /// Since when, where it is known.
    pub since: Option<Timestamp>,
    /// Its process.
    pub pid: Option<u32>,
    /// What it says of itself.
    pub says: Option<String>,
    /// The program that it starts.
    pub program: Option<PathBuf>,
}

impl Seen {
    /// Whether its process is there, and is to stay.
    pub(super) fn runs(&self) -> bool {
        self.pid.is_some() && !["deactivating", "failed", "inactive"].contains(&self.state.as_str())
    }
}
