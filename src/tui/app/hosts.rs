//! The hosts whose engines are shown, and those that are not heard of.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::watch_list::Heading;
use mailwatch_proto::model::{Host, HostLink, WatchId, split_host};

/// A host whose engine is not heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostHost<'a> {
    /// Its name; empty is this machine.
    pub name: &'a str,
    /// How the link stands.
    pub link: HostLink,
    /// How old what is shown of it is.
    pub age: Duration,
    /// Why.
    pub said: &'a str,
    /// Whether ssh may have wanted to ask.
    pub asks: bool,
}

impl LostHost<'_> {
    /// Its name, as a sentence has it.
    #[must_use]
    pub const fn called(&self) -> &str {
        if self.name.is_empty() { "this machine" } else { self.name }
    }
}

impl App {
    /// The host, where it is shown and not heard of.
    #[must_use]
    pub fn lost(&self, host: &str) -> Option<LostHost<'_>> {
        let (name, host) = self.board.hosts.get_key_value(host)?;
        self.lost_host(name, host)
    }

    /// All hosts that are not heard of.
    pub fn lost_hosts(&self) -> impl Iterator<Item = LostHost<'_>> {
        self.board.hosts.iter().filter_map(|(name, host)| self.lost_host(name, host))
    }

    fn lost_host<'a>(&self, name: &'a str, host: &'a Host) -> Option<LostHost<'a>> {
        let age = self.now.at.saturating_duration_since(host.since);
        (!host.link.is_up()).then_some(LostHost { name, link: host.link, age, said: &host.said, asks: host.asks })
    }

    /// Whether nothing is known of a watch now: its host is not heard of.
    #[must_use]
    pub fn is_unheard(&self, watch: &WatchId) -> bool {
        !self.board.hosts.is_empty() && self.lost(split_host(&watch.account).0).is_some()
    }

    /// The host of the selected row, where there are several.
    #[must_use]
    pub fn selected_host(&self) -> Option<Arc<str>> {
        if self.board.hosts.is_empty() {
            return None;
        }
        match &self.watches.heading {
            Some(Heading::Host(host)) => Some(Arc::clone(host)),
            Some(Heading::Account(account)) => Some(split_host(account).0.into()),
            None => self.watches.selected.as_ref().map(|id| split_host(&id.account).0.into()),
        }
    }
}
