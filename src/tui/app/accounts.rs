//! The table's rows: arranged, selected, and folded under their accounts.

use super::{App, Hands, Pane};
use crate::tui::table::{Row, Sort};
use mailwatch_proto::model::WatchId;

impl App {
    /// Makes the rows anew. The selected watch stays selected wherever it has moved to; where it is folded away, its
    /// account is selected, and where it is gone, the first row. Until somebody presses something it is the first row
    /// whatever comes above it: nobody has chosen the watch that happened to be told of first.
    pub(super) fn arrange(&mut self) {
        let rows = self.arrangement.rows(&self.board, self.filter(Pane::Watches), |snapshot| self.stall(snapshot));
        self.rows = rows;
        if self.hands == Hands::Off {
            (self.selected, self.heading) = (None, None);
        }
        let known = self.selected.as_ref().is_some_and(|id| self.board.watches.contains_key(id));
        match self.position() {
            Some(_) if known => return,
            // An account's heading stays, another watch of it stands for the one that is gone.
            Some(position) => {
                self.select(position);
                return;
            }
            None => {}
        }
        let account = self.selected.as_ref().map(|id| id.account.clone());
        let heading = account
            .and_then(|account| self.rows.iter().position(|row| matches!(row, Row::Account(name) if *name == account)));
        let first_watch = self.rows.iter().position(|row| row.watch().is_some());
        if self.rows.is_empty() {
            (self.selected, self.heading) = (None, None);
        } else {
            self.select(heading.or(first_watch).unwrap_or(0));
        }
    }

    /// Selects a row.
    pub(super) fn select(&mut self, position: usize) {
        let (heading, selected) = match self.rows.get(position) {
            None => return,
            Some(Row::Watch(id)) => (None, Some(id.clone())),
            Some(Row::Account(account)) => {
                let own = self.selected.clone();
                let own = own.filter(|id| id.account == *account && self.board.watches.contains_key(id));
                (Some(account.clone()), own.or_else(|| self.of_account(account).next().cloned()))
            }
        };
        self.heading = heading;
        if self.selected != selected {
            self.selected = selected;
            self.wire_column = 0;
        }
    }

    /// The account's watches.
    pub(in crate::tui) fn of_account<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a WatchId> {
        // An account's watches stand together on the board: hundreds of others are not looked at.
        let first = WatchId::new(account, "");
        self.board.watches.range(first..).map(|(id, _)| id).take_while(move |id| *id.account == *account)
    }

    /// What a command to the selection is for.
    pub(super) fn selected_watches(&self) -> Vec<WatchId> {
        match &self.heading {
            Some(account) => self.of_account(account).cloned().collect(),
            None => self.selected.iter().cloned().collect(),
        }
    }

    pub(super) fn next_sort(&mut self) {
        self.sort_by(self.arrangement.sort.next());
    }

    pub(super) fn sort_by(&mut self, sort: Sort) {
        self.arrangement.sort = sort;
        self.notice = Some(format!("watches by {}", sort.name()));
        self.arrange();
    }

    pub(super) fn toggle_groups(&mut self) {
        self.arrangement.grouped = !self.arrangement.grouped;
        self.heading = None;
        self.arrange();
    }

    /// Whether Enter folds: an account's heading is selected, and nothing lies above it.
    pub(super) fn folds(&self) -> bool {
        self.popup.is_none() && self.heading.is_some() && matches!(self.pane, Pane::Watches | Pane::Timers)
    }

    pub(super) fn toggle_fold(&mut self) {
        let folded = self.heading.as_ref().is_some_and(|account| self.arrangement.folded.contains(account));
        self.fold(!folded);
    }

    /// Folds the selected account's watches away, or shows them. From a watch, the first step goes to its account.
    pub(super) fn fold(&mut self, away: bool) {
        let account = self.heading.clone().or_else(|| self.selected.as_ref().map(|id| id.account.clone()));
        let Some(account) = account else { return };
        if away && self.heading.is_none() {
            let heading = self.rows.iter().position(|row| matches!(row, Row::Account(name) if *name == account));
            if let Some(position) = heading {
                self.select(position);
            }
            return;
        }
        if away {
            self.arrangement.folded.insert(account);
        } else {
            self.arrangement.folded.remove(&account);
        }
        self.arrange();
    }
}
