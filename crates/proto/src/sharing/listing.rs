//! When the account's mailboxes are asked for by LIST: where its configuration leaves open which there are.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::patience::Patience;
use crate::connection::task::ListedNames;
use crate::model::{Fault, Served};

/// How often LIST is asked without NOTIFY, so that a new mailbox is seen within a minute: what is left of it is for DONE,
/// LIST and the first look.
pub const LIST_EVERY: Duration = Duration::from_secs(55);

/// A look that is made anyway asks for the mailboxes too, unless that was done so lately, or within `poll`. Shorter than
/// [`LIST_EVERY`], or LIST would be due and not be asked.
const LIST_ALONG: Duration = Duration::from_secs(45);

/// After LIST was refused it is asked again after so long, doubling.
const ASK_AGAIN: Duration = Duration::from_mins(2);

/// And after so long at the latest.
const ASK_AGAIN_AT_THE_LATEST: Duration = Duration::from_hours(1);

/// Which mailboxes the account has, as far as this watch asks.
#[derive(Debug)]
pub struct Listing {
    /// The account's `mailboxes`, where LIST must say what they mean.
    entries: Option<Arc<[String]>>,
    /// Whether this watch asks.
    asks: bool,
    last: Option<Instant>,
    requested: bool,
    /// Whether the server was asked and has not answered yet.
    begun: bool,
    patience: Patience,
    /// Of what it said last.
    hash: Option<u64>,
}

impl Listing {
    /// Before anything was asked.
    pub const fn new(entries: Option<Arc<[String]>>, asks: bool) -> Self {
        let patience = Patience::new(ASK_AGAIN, ASK_AGAIN_AT_THE_LATEST);
        Self { entries, asks, last: None, requested: false, begun: false, patience, hash: None }
    }

    /// Whether this watch asks.
    pub const fn asks(&self) -> bool {
        self.asks
    }

    /// From now on this watch asks.
    pub const fn ask(&mut self) {
        (self.asks, self.requested) = (true, true);
    }

    /// Mailboxes may have come or gone.
    pub const fn request(&mut self) {
        self.requested = self.asks;
    }

    /// Whether they have, and the server lets itself be asked which.
    pub const fn is_requested(&self) -> bool {
        self.requested && self.patience.until().is_none()
    }

    /// When it is asked by itself.
    pub fn due(&self, mode: Served, now: Instant) -> Option<Instant> {
        if !self.asks || self.entries.is_none() {
            return None;
        }
        if let Some(until) = self.patience.until() {
            return Some(until.max(now));
        }
        match (self.requested, mode) {
            (true, _) => Some(now),
            (false, Served::Notify) => None,
            (false, Served::Own | Served::Status) => Some(self.last.map_or(now, |at| at + LIST_EVERY)),
        }
    }

    /// What a task is to ask now, if anything.
    pub fn work(&mut self, connecting: bool, poll: Duration, now: Instant) -> Option<Arc<[String]>> {
        let along = LIST_ALONG.min(poll);
        let lately = self.last.is_some_and(|at| now.saturating_duration_since(at) < along);
        let wanted = connecting || self.requested || !lately;
        let list = self.entries.clone().filter(|_| self.asks && wanted && self.patience.allows(now));
        if list.is_some() {
            self.requested = false;
        }
        list
    }

    /// The server is asked.
    pub const fn begin(&mut self) {
        self.begun = true;
    }

    /// The server refused. Whether its words are news.
    pub fn refused(&mut self, fault: &Fault, now: Instant) -> bool {
        self.patience.refused(&fault.message, now)
    }

    /// The server said what there is, as far as it did not refuse.
    /// Whether that is other than before.
    pub fn listed(&mut self, listed: &ListedNames, now: Instant) -> bool {
        (self.last, self.begun) = (Some(now), false);
        if listed.names.iter().all(Option::is_some) {
            self.patience.accepted();
        }
        let mut hasher = DefaultHasher::new();
        listed.names.hash(&mut hasher);
        let hash = hasher.finish();
        self.hash.replace(hash) != Some(hash)
    }

    /// The connection is another. That one ended over LIST, or while its answer was owed, is a refusal too.
    pub fn connects(&mut self, now: Instant) {
        if std::mem::take(&mut self.begun) {
            let _ = self.patience.refused("", now);
        }
    }

    /// The user acts: it may be asked again.
    pub const fn forgive(&mut self) {
        self.patience.forget();
        self.begun = false;
    }
}
