//! How many connections the account has, as its configuration and its server let it, and who shares which.

use std::collections::BTreeSet;

use super::{Allocation, Output, Step};
use crate::connection::task::Appeared;
use crate::model::WatchId;

impl Allocation {
    /// Connections that there may be now: as configured, or as the server has shown that it allows.
    #[must_use]
    pub fn most(&self) -> usize {
        self.learned.map_or(self.max_connections, |learned| learned.min(self.max_connections))
    }

    /// The server refused this watch's connection, for there are too many: it gets none, and shares one of those that
    /// stand.
    pub(super) fn limited(&mut self, id: &WatchId, standing: BTreeSet<WatchId>) {
        if !self.own.contains(id) {
            return;
        }
        if self.own.len() == 1 {
            // It was refused among many, and is alone now.
            if std::mem::take(&mut self.crowded) {
                self.outputs.push_back(Output::Connect(id.clone()));
            }
            return;
        }
        self.crowded = standing.is_empty();
        self.learned = Some(self.own.len() - 1);
        self.standing = standing;
        self.step = Step::Admitting { appeared: None, listed: false };
        self.end(id.clone());
    }

    /// The server may allow one more by now.
    pub(super) fn try_more(&mut self) {
        let Some(learned) = self.learned else { return };
        self.learned = Some(learned + 1).filter(|more| *more < self.max_connections);
        self.step = Step::Admitting { appeared: None, listed: false };
    }

    /// Gives a mailbox to the sharing connection. There is one wherever there is no room.
    pub(super) fn share(&mut self, id: WatchId, appeared: Option<&Appeared>) {
        let Some(over) = self.shares.over().cloned() else { return };
        let output = if self.shares.serve(id.clone()) {
            Output::ShareAgain { id, over }
        } else {
            Output::Share { id, over, appeared: appeared.cloned() }
        };
        self.outputs.push_back(output);
    }

    /// The last of those that the configuration names: pushed mail does not wait for the shared mailboxes' looks in the
    /// first, and names vanish seldom. Where the server has refused connections, one that stands.
    pub(super) fn choose_sharing(&mut self) {
        if self.shares.over().is_some() || self.mailboxes.is_trivial(self.most()) {
            return;
        }
        let stands = |id: &WatchId| self.own.contains(id) && self.standing.contains(id);
        let any_stands = self.own.iter().any(stands);
        let fits = |id: &WatchId| if any_stands { stands(id) } else { self.own.contains(id) };
        let named = self.mailboxes.names().map(|name| self.id(name)).filter(fits).last();
        let Some(over) = named.or_else(|| self.wanted().into_iter().find(fits)) else { return };
        self.shares.choose(over.clone());
        if self.is_listed() {
            self.outputs.push_back(Output::List(over));
        }
    }
}
