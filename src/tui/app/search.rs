//! Where the log and the wire are looked at: following, one watch alone, and from match to match.

use super::{App, Pane};
use crate::tui::draw;

impl App {
    pub(super) fn toggle_follow(&mut self) {
        match self.pane {
            Pane::Watches | Pane::Timers | Pane::Log => {
                let end = if self.log.first() == self.log.end() { 0 } else { self.log.end() };
                self.log.view.toggle(end);
            }
            Pane::Wire => {
                if let Some(history) = self.selected.as_ref().and_then(|id| self.histories.get_mut(id)) {
                    history.view.toggle(if history.wire.is_empty() { 0 } else { history.wire.end() });
                }
            }
        }
    }

    pub(super) fn toggle_only(&mut self) {
        let only = if self.log.only().is_some() { None } else { self.selected.clone() };
        self.log.set_only(only);
    }

    /// Moves the cursor to the next or the previous line that holds what was last searched for; past the end it goes
    /// on at the other one.
    pub(super) fn find(&mut self, forward: bool) {
        if self.needle.is_empty() {
            self.notice = Some("nothing was searched for yet: / begins".to_owned());
            return;
        }
        let found = match self.pane {
            Pane::Wire => self.find_in_wire(forward),
            Pane::Watches | Pane::Timers | Pane::Log => self.find_in_log(forward),
        };
        if !found {
            self.notice = Some(format!("no line holds {}", self.needle));
        }
    }

    fn find_in_log(&mut self, forward: bool) -> bool {
        let (first, end) = (self.log.first(), self.log.end());
        let matches: Vec<_> =
            (first..end).filter(|at| self.log.get(*at).is_some_and(|entry| entry.holds(&self.needle))).collect();
        let Some(target) = self.log.cursor().and_then(|cursor| beyond(&matches, cursor, forward)) else { return false };
        let height = draw::log_top_page(self);
        self.log.view.stand(target, first, end, height);
        true
    }

    fn find_in_wire(&mut self, forward: bool) -> bool {
        let filter = self.filter(Pane::Wire).to_lowercase();
        let height = draw::wire_top_page(self);
        let Some(history) = self.selected.as_ref().and_then(|id| self.histories.get_mut(id)) else { return false };
        let (first, end) = (history.wire.first(), history.wire.end());
        let shown = history.shown(&filter);
        let matches: Vec<_> =
            history.shown(&self.needle).into_iter().filter(|at| shown.binary_search(at).is_ok()).collect();
        let cursor = history.view.cursor(first, end);
        let Some(target) = cursor.and_then(|cursor| beyond(&matches, cursor, forward)) else { return false };
        history.stand(target, &shown, height);
        true
    }
}

/// The match after or before the cursor, around the end.
fn beyond(matches: &[u64], cursor: u64, forward: bool) -> Option<u64> {
    let next = if forward {
        matches.iter().find(|at| **at > cursor).or_else(|| matches.first())
    } else {
        matches.iter().rev().find(|at| **at < cursor).or_else(|| matches.last())
    };
    next.copied()
}
