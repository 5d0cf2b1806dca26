//! What runs before this one left for the watches that begin.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::history::{History, NewMails, WatchKey};

/// What is known of watches from before.
#[derive(Debug, Default)]
pub struct Earlier {
    /// How long each was blind today.
    pub blind: BTreeMap<WatchKey, Duration>,
    /// What came since its user last looked.
    pub new: BTreeMap<WatchKey, NewMails>,
}

impl Earlier {
    /// Reads it. What cannot be read is nothing: the history itself reports that.
    pub async fn read(history: &History, now: SystemTime, tz: &jiff::tz::TimeZone) -> Self {
        let (blind, new) = tokio::join!(history.blind_today(now, tz), history.new_mails());
        Self { blind: blind.unwrap_or_default(), new: new.unwrap_or_default() }
    }
}
