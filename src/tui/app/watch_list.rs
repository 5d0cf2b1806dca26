//! The table of watches: its rows, which of them is selected, and which is the first that is seen.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::totals::Totals;
use super::tuning::Scope;
use crate::tui::progress::Progress;
use crate::tui::stall::Stall;
use crate::tui::table::{Arrangement, Row, Sort};
use mailwatch_proto::model::{Board, Snapshot, WatchId, split_host};

/// What a heading stands over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heading {
    /// The watches of a host.
    Host(Arc<str>),
    /// The watches of an account.
    Account(Arc<str>),
}

impl Heading {
    /// The watches that it stands over.
    #[must_use]
    pub fn watches<'a>(&'a self, board: &'a Board) -> Box<dyn Iterator<Item = &'a WatchId> + 'a> {
        match self {
            Self::Host(host) => Box::new(of_host(board, host)),
            Self::Account(account) => Box::new(of_account(board, account)),
        }
    }
}

/// The table of watches.
#[derive(Clone, Debug, Default)]
pub struct WatchList {
    /// Its rows.
    pub rows: Vec<Row>,
    /// How they are arranged.
    pub arrangement: Arrangement,
    /// The selected watch; under a heading one of those that it stands over.
    pub selected: Option<WatchId>,
    /// The heading that is selected.
    pub heading: Option<Heading>,
    /// The first visible row.
    pub top: usize,
    /// Whether the user has pressed anything: from then on the selection is theirs.
    pub touched: bool,
    /// How many of the watches that start together already watch.
    pub progress: Progress,
    /// The watches that are marked: commands are for all of them.
    pub marked: BTreeSet<WatchId>,
    /// What all watches are together, when that was last looked at.
    pub totals: Totals,
    /// The cells of the longest name in the rows.
    pub widest: usize,
}

/// From so many watches on, of several accounts, each account begins as one line.
const FOLDED_FROM: usize = 40;

impl WatchList {
    /// Makes the rows anew. The selected watch stays selected wherever it moves; if it is folded away, its account is
    /// selected, and if it is gone, the first row. Until the user presses something, the first watch is selected
    /// whatever comes above it.
    pub fn arrange(&mut self, board: &Board, filter: &str, stall: impl Fn(&Snapshot) -> Option<Stall>) {
        self.rows = self.arrangement.rows(board, filter, stall);
        self.widest = self.rows.iter().map(Row::name_cells).max().unwrap_or(0);
        if !self.touched {
            (self.selected, self.heading) = (None, None);
        }
        let known = self.selected.as_ref().is_some_and(|id| board.watches.contains_key(id));
        match self.position() {
            Some(_) if known => return,
            // A heading stays selected; another of its watches replaces the one that is gone.
            Some(position) => {
                self.select(position, board);
                return;
            }
            None => {}
        }
        let account = self.selected.as_ref().map(|id| id.account.clone());
        let heading = account.and_then(|account| {
            let host = Arc::from(split_host(&account).0);
            self.heading_at(&Heading::Account(account)).or_else(|| self.heading_at(&Heading::Host(host)))
        });
        let first_watch = self.rows.iter().position(|row| row.watch().is_some());
        if self.rows.is_empty() {
            (self.selected, self.heading) = (None, None);
        } else {
            self.select(heading.or(first_watch).unwrap_or(0), board);
        }
    }

    /// Arranges so many watches that nobody reads them one by one, once they are first seen: each account in one line, what
    /// is in trouble first. Until the user presses something.
    pub fn fold_many(&mut self, board: &Board) {
        if self.touched || board.watches.len() < FOLDED_FROM {
            return;
        }
        let accounts: BTreeSet<Arc<str>> = board.watches.keys().map(|id| Arc::clone(&id.account)).collect();
        self.arrangement.sort = Sort::State;
        // A line for each account is worth it where it speaks for several watches.
        if accounts.len() > 1 && 2 * accounts.len() <= board.watches.len() {
            self.arrangement.grouped = true;
            self.arrangement.folded = accounts;
        }
    }

    /// Marks the selected watch, under an account's heading all of the account's; takes the marks away where all of them
    /// have one. Returns how many are marked now.
    pub fn toggle_mark(&mut self, board: &Board) -> usize {
        let of = match &self.heading {
            Some(heading) => heading.watches(board).cloned().collect(),
            None => self.selected.iter().cloned().collect::<Vec<_>>(),
        };
        if of.iter().all(|id| self.marked.contains(id)) {
            for id in &of {
                self.marked.remove(id);
            }
        } else {
            self.marked.extend(of);
        }
        self.marked.len()
    }

    /// Selects a row.
    pub fn select(&mut self, position: usize, board: &Board) {
        let heading = match self.rows.get(position) {
            None => return,
            Some(Row::Watch(id)) => {
                (self.heading, self.selected) = (None, Some(id.clone()));
                return;
            }
            Some(Row::Host(host)) => Heading::Host(Arc::clone(host)),
            Some(Row::Account(account)) => Heading::Account(Arc::clone(account)),
        };
        let own = self.selected.take().filter(|own| heading.watches(board).any(|id| id == own));
        self.selected = own.or_else(|| heading.watches(board).next().cloned());
        self.heading = Some(heading);
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
            Row::Host(host) => matches!(&self.heading, Some(Heading::Host(own)) if own == host),
            Row::Account(account) => matches!(&self.heading, Some(Heading::Account(own)) if own == account),
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

    /// The watches that a command to the selection is for: the marked ones where there are any; under a heading
    /// all of them.
    #[must_use]
    pub fn selected_watches(&self, board: &Board) -> Vec<WatchId> {
        let marked: Vec<_> = self.marked.iter().filter(|id| board.watches.contains_key(*id)).cloned().collect();
        if !marked.is_empty() {
            return marked;
        }
        match &self.heading {
            Some(heading) => heading.watches(board).cloned().collect(),
            None => self.selected.iter().cloned().collect(),
        }
    }

    /// The watches of a scope around the selected one.
    #[must_use]
    pub fn in_scope(&self, scope: Scope, board: &Board) -> Vec<WatchId> {
        match (scope, &self.selected) {
            (Scope::All, _) => board.watches.keys().cloned().collect(),
            (Scope::Account, Some(id)) => match &self.heading {
                Some(host @ Heading::Host(_)) => host.watches(board).cloned().collect(),
                Some(Heading::Account(_)) | None => of_account(board, &id.account).cloned().collect(),
            },
            (Scope::Watch, Some(id)) => vec![id.clone()],
            (Scope::Watch | Scope::Account, None) => Vec::new(),
        }
    }

    /// Folds what the selected heading stands over, or unfolds it; returns whether that changes the rows. From a watch,
    /// folding only selects the heading above it.
    pub fn set_folded(&mut self, folded: bool, board: &Board) -> bool {
        match (self.heading.clone(), self.selected.clone()) {
            (Some(Heading::Host(host)), _) => set(&mut self.arrangement.folded_hosts, host, folded),
            (Some(Heading::Account(account)), _) => set(&mut self.arrangement.folded, account, folded),
            (None, Some(id)) if folded => {
                let host = Heading::Host(split_host(&id.account).0.into());
                let above = self.heading_at(&Heading::Account(id.account)).or_else(|| self.heading_at(&host));
                if let Some(position) = above {
                    self.select(position, board);
                }
                false
            }
            (None, Some(id)) => set(&mut self.arrangement.folded, id.account, false),
            (None, None) => false,
        }
    }

    /// Whether what the selected heading stands over is folded.
    #[must_use]
    pub fn is_folded(&self) -> bool {
        match &self.heading {
            Some(Heading::Host(host)) => self.arrangement.folded_hosts.contains(host),
            Some(Heading::Account(account)) => self.arrangement.folded.contains(account),
            None => false,
        }
    }

    fn heading_at(&self, heading: &Heading) -> Option<usize> {
        self.rows.iter().position(|row| match (row, heading) {
            (Row::Host(name), Heading::Host(wanted)) | (Row::Account(name), Heading::Account(wanted)) => name == wanted,
            (Row::Host(_) | Row::Account(_) | Row::Watch(_), Heading::Host(_) | Heading::Account(_)) => false,
        })
    }
}

fn set(names: &mut BTreeSet<Arc<str>>, name: Arc<str>, is_in: bool) -> bool {
    if is_in { names.insert(name) } else { names.remove(&name) }
}

/// The host's watches; this machine's are those without a host.
pub fn of_host<'a>(board: &'a Board, host: &'a str) -> impl Iterator<Item = &'a WatchId> {
    board.watches.keys().filter(move |id| split_host(&id.account).0 == host)
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
        assert_eq!(list.heading, Some(Heading::Account("home".into())));
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
