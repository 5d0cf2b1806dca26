//! What a report covers.

use std::time::SystemTime;

use super::redact::Redactor;
use crate::history::WatchKey;

/// Lines of the log that a report holds; the newest, where there are more.
pub const LINES: u32 = 100_000;

/// What a report covers.
pub struct Scope<'a> {
    /// The beginning.
    pub since: SystemTime,
    /// Which watches.
    pub watches: &'a dyn Fn(&WatchKey) -> bool,
    /// Replaces users' names.
    pub redactor: &'a Redactor,
}
