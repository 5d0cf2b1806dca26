//! The table of watches: its rows, which of them is selected, and which is the first that is seen.

use std::sync::Arc;

use super::tuning::Scope;
use crate::tui::progress::Progress;
use crate::tui::stall::Stall;
use crate::tui::table::{Arrangement, Row};
use mailwatch_proto::model::{Board, Snapshot, WatchId};

/// The table of watches.
#[derive(Clone, Debug, Default)]
pub struct WatchList {
    /// Its rows.
    pub rows: Vec<Row>,
    /// How they are arranged.
    pub arrangement: Arrangement,
    /// The selected watch; under an account's heading the first of the account.
    pub selected: Option<WatchId>,
    /// The account whose heading is selected.
    pub heading: Option<Arc<str>>,
    /// The first visible row.
    pub top: usize,
    /// Whether the user has pressed anything: from then on the selection is theirs.
    pub touched: bool,
    /// How many of the watches that start together already watch.
    pub progress: Progress,
}

impl WatchList {
    /// Makes the rows anew. The selected watch stays selected wherever it moves; if it is folded away, its account is
    /// selected, and if it is gone, the first row. Until the user presses something, the first watch is selected
    /// whatever comes above it.
    pub fn arrange(&mut self, board: &Board, filter: &str, stall: impl Fn(&Snapshot) -> Option<Stall>) {
        self.rows = self.arrangement.rows(board, filter, stall);
        if !self.touched {
            (self.selected, self.heading) = (None, None);
        }
        let known = self.selected.as_ref().is_some_and(|id| board.watches.contains_key(id));
        match self.position() {
            Some(_) if known => return,
            // An account's heading stays selected; another of its watches replaces the one that is gone.
            Some(position) => {
                self.select(position, board);
                return;
            }
            None => {}
        }
        let account = self.selected.as_ref().map(|id| id.account.clone());
        let heading = account.and_then(|account| self.heading_of(&account));
        let first_watch = self.rows.iter().position(|row| row.watch().is_some());
        if self.rows.is_empty() {
            (self.selected, self.heading) = (None, None);
        } else {
            self.select(heading.or(first_watch).unwrap_or(0), board);
        }
    }

    /// Selects a row.
    pub fn select(&mut self, position: usize, board: &Board) {
        let (heading, selected) = match self.rows.get(position) {
            None => return,
            Some(Row::Watch(id)) => (None, Some(id.clone())),
            Some(Row::Account(account)) => {
                let own = self.selected.clone();
                let own = own.filter(|id| id.account == *account && board.watches.contains_key(id));
                (Some(account.clone()), own.or_else(|| of_account(board, account).next().cloned()))
            }
        };
        (self.heading, self.selected) = (heading, selected);
    }

    /// Moves the selection by so many rows; up is negative.
    pub fn select_by(&mut self, by: i64, board: &Board) {
        let Some(last) = self.rows.len().checked_sub(1) else { return };
        let position = self.position().unwrap_or(0) as u64;
        let target = position.saturating_add_signed(by).min(last as u64);
        self.select(usize::try_from(target).unwrap_or(last), board);
    }

    /// Selects the next watch or the one before, from the ends on to the other one; returns whether there is one.
    pub fn step(&mut self, forward: bool, board: &Board) -> bool {
        let at = self.position();
        let watches = || self.rows.iter().enumerate().filter(|(_, row)| row.watch().is_some()).map(|(index, _)| index);
        let target = if forward {
            watches().find(|index| at.is_none_or(|at| *index > at)).or_else(|| watches().next())
        } else {
            watches().rev().find(|index| at.is_none_or(|at| *index < at)).or_else(|| watches().next_back())
        };
        let Some(target) = target else { return false };
        self.select(target, board);
        true
    }

    /// Selects a watch, if the table shows it.
    pub fn select_watch(&mut self, watch: &WatchId, board: &Board) {
        if let Some(at) = self.rows.iter().position(|row| row.watch() == Some(watch)) {
            self.select(at, board);
        }
    }

    /// The selected row.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        let is_selected = |row: &Row| match row {
            Row::Account(account) => self.heading.as_ref() == Some(account),
            Row::Watch(id) => self.heading.is_none() && self.selected.as_ref() == Some(id),
        };
        self.rows.iter().position(is_selected)
    }

    /// Scrolls so that the selected one of `height` visible rows is seen, and no more rows than needed stay empty.
    pub fn keep_in_view(&mut self, height: usize) {
        let position = self.position().unwrap_or(0);
        self.top = self.top.min(position).max((position + 1).saturating_sub(height));
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// The watches that a command to the selection is for: under an account's heading, all of the account.
    #[must_use]
    pub fn selected_watches(&self, board: &Board) -> Vec<WatchId> {
        match &self.heading {
            Some(account) => of_account(board, account).cloned().collect(),
            None => self.selected.iter().cloned().collect(),
        }
    }

    /// The watches of a scope around the selected one.
    #[must_use]
    pub fn in_scope(&self, scope: Scope, board: &Board) -> Vec<WatchId> {
        match (scope, &self.selected) {
            (Scope::All, _) => board.watches.keys().cloned().collect(),
            (Scope::Account, Some(id)) => of_account(board, &id.account).cloned().collect(),
            (Scope::Watch, Some(id)) => vec![id.clone()],
            (Scope::Watch | Scope::Account, None) => Vec::new(),
        }
    }

    /// Folds the selected account, or unfolds it; returns whether that changes the rows. From a watch, folding only
    /// selects the account's heading.
    pub fn set_folded(&mut self, folded: bool, board: &Board) -> bool {
        let account = self.heading.clone().or_else(|| self.selected.as_ref().map(|id| id.account.clone()));
        let Some(account) = account else { return false };
        if folded && self.heading.is_none() {
            if let Some(position) = self.heading_of(&account) {
                self.select(position, board);
            }
            return false;
        }
        if folded { self.arrangement.folded.insert(account) } else { self.arrangement.folded.remove(&account) }
    }

    /// Whether the account whose heading is selected is folded.
    #[must_use]
    pub fn is_folded(&self) -> bool {
        self.heading.as_ref().is_some_and(|account| self.arrangement.folded.contains(account))
    }

    fn heading_of(&self, account: &str) -> Option<usize> {
        self.rows.iter().position(|row| matches!(row, Row::Account(name) if **name == *account))
    }
}

/// The account's watches.
pub fn of_account<'a>(board: &'a Board, account: &'a str) -> impl Iterator<Item = &'a WatchId> {
    // An account's watches are neighbours on the board: this skips hundreds of others.
    let first = WatchId::new(account, "");
    board.watches.range(first..).map(|(id, _)| id).take_while(move |id| *id.account == *account)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use mailwatch_proto::model::Timers;

    fn board(ids: &[(&str, &str)]) -> Board {
        let watch = |(account, mailbox): &(&str, &str)| {
            let id = WatchId::new(account, mailbox);
            (id.clone(), Arc::new(Snapshot::new(id, Timers::default(), Instant::now())))
        };
        Board { watches: ids.iter().map(watch).collect(), ..Board::default() }
    }

    fn list(board: &Board, grouped: bool) -> WatchList {
        let mut list = WatchList { touched: true, ..WatchList::default() };
        list.arrangement.grouped = grouped;
        list.arrange(board, "", |_| None);
        list
    }

    const IDS: [(&str, &str); 3] = [("home", "INBOX"), ("home", "lists"), ("work", "INBOX")];

    #[test]
    fn an_account_stands_for_all_of_its_watches() {
        let board = board(&IDS);
        let mut list = list(&board, true);
        assert_eq!(list.selected_watches(&board), [WatchId::new("home", "INBOX")]);
        list.select_by(-1, &board);
        assert_eq!(list.heading.as_deref(), Some("home"));
        assert_eq!(list.selected_watches(&board).len(), 2);
        assert_eq!(list.in_scope(Scope::Watch, &board), [WatchId::new("home", "INBOX")]);
        assert_eq!(list.in_scope(Scope::All, &board).len(), 3);
    }

    #[test]
    fn folding_from_a_watch_goes_to_its_account_first() {
        let board = board(&IDS);
        let mut list = list(&board, true);
        assert!(!list.set_folded(true, &board), "only the selection has moved");
        assert!(list.heading.is_some() && !list.is_folded());
        assert!(list.set_folded(true, &board) && list.is_folded());
        list.arrange(&board, "", |_| None);
        assert_eq!(list.rows.len(), 3);
    }

    #[test]
    fn stepping_passes_headings_and_goes_around_the_end() {
        let board = board(&IDS);
        let mut list = list(&board, true);
        let mut seen = Vec::new();
        for _ in 0..3 {
            assert!(list.step(true, &board));
            seen.extend(list.selected.as_ref().map(ToString::to_string));
        }
        assert_eq!(seen, ["home/lists", "work/INBOX", "home/INBOX"]);
    }

    #[test]
    fn the_selected_row_is_kept_in_view() {
        let ids: Vec<_> = (0..50).map(|n| format!("a{n:02}")).collect();
        let ids: Vec<_> = ids.iter().map(|id| (id.as_str(), "INBOX")).collect();
        let board = board(&ids);
        let mut list = list(&board, false);
        list.select_by(i64::from(i32::MAX), &board);
        list.keep_in_view(10);
        assert_eq!((list.position(), list.top), (Some(49), 40));
        list.select_by(-20, &board);
        list.keep_in_view(10);
        assert_eq!((list.position(), list.top), (Some(29), 29));
    }
}
