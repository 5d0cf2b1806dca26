//! How many connections the account has, as its configuration and its server let it, and who shares which.

use std::collections::BTreeSet;

use super::step::{Lending, Step};
use super::{Allocation, Output};
use crate::allocation::io::Loan;
use crate::connection::task::Appeared;
use crate::model::WatchId;

impl Allocation {
    /// Connections that its mailboxes may have now: as configured, or as the server has shown that it allows, less the one that
    /// is lent.
    #[must_use]
    pub fn most(&self) -> usize {
        let most = self.learned.map_or(self.max_connections, |learned| learned.min(self.max_connections));
        (most - self.lent().min(most)).max(1)
    }

    /// Whether a watch's connection has ended for what is lent.
    #[must_use]
    pub const fn spares(&self) -> bool {
        matches!(self.lending, Lending::Lent { spared: true })
    }

    /// How many are used for something else.
    fn lent(&self) -> usize {
        match self.lending {
            Lending::None => 0,
            Lending::Awaited | Lending::Lent { .. } => 1,
        }
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
        self.learned = Some(self.own.len() - 1 + self.lent());
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

    /// Somebody wants a connection for something else. Where all are in use, a watch's ends, and its mailbox shares another's
    /// meanwhile. `refused`: the server has just refused one more than stand.
    pub(super) fn lend(&mut self, refused: bool, standing: BTreeSet<WatchId>) {
        let used = self.own.len() + usize::from(self.discovery.is_some());
        if let Lending::Lent { spared } = self.lending {
            // A server may count for a moment still what has ended.
            if spared || !refused {
                self.outputs.push_back(Output::Lent(Loan::Given));
                return;
            }
            self.lending = Lending::None;
        }
        if refused {
            self.learned = Some(self.learned.unwrap_or(used).min(used).max(1));
        }
        self.standing = standing;
        // The only connection belongs to a watch, even to one that has not begun.
        if used < self.most() && self.most() > 1 {
            self.lending = Lending::Lent { spared: false };
            self.outputs.push_back(Output::Lent(Loan::Given));
            return;
        }
        let Some(id) = self.spared() else {
            let loan = if self.learned.is_none() { Loan::Beyond } else { Loan::Refused };
            self.outputs.push_back(Output::Lent(loan));
            return;
        };
        self.lending = Lending::Awaited;
        self.step = Step::Admitting { appeared: None, listed: false };
        self.end(id);
    }

    /// Says that a connection is lent, once the watch's has ended.
    pub(super) fn hand_over(&mut self) {
        if self.lending == Lending::Awaited {
            self.lending = Lending::Lent { spared: true };
            self.outputs.push_back(Output::Lent(Loan::Given));
        }
    }

    /// What was lent is there again.
    pub(super) fn returned_loan(&mut self) {
        if self.lending != Lending::None {
            self.lending = Lending::None;
            self.step = Step::Admitting { appeared: None, listed: false };
        }
    }

    /// The watch whose connection can be spared best: the last that is wanted, neither the first of them nor the one that
    /// serves others; where there is no such, the last. None where there is one alone.
    fn spared(&self) -> Option<WatchId> {
        let own: Vec<WatchId> = self.wanted().into_iter().filter(|id| self.own.contains(id)).collect();
        let (_, others) = own.split_first()?;
        others.iter().rev().find(|id| self.shares.over() != Some(*id)).or(others.last()).cloned()
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
