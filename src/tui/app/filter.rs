//! Filters: typed into the pane that has the keys, kept until Esc.

use crossterm::event::KeyCode;

use super::{App, Pane};
use crate::model::WatchId;

/// Longer than any line shown: a paste by mistake does not grow it.
const LIMIT: usize = 100;

impl App {
    pub(super) fn sift_watches(&mut self) {
        let needle = self.filter(Pane::Watches).to_lowercase();
        let passes = |id: &&WatchId| needle.is_empty() || id.to_string().to_lowercase().contains(&needle);
        self.rows = self.board.watches.keys().filter(passes).cloned().collect();
        if self.position().is_none() {
            self.selected = self.rows.first().cloned();
        }
    }

    /// A key while a filter is typed; whether it was for the filter.
    pub(super) fn type_key(&mut self, code: KeyCode) -> bool {
        match code {
            KeyCode::Char(c) => self.type_char(c),
            KeyCode::Backspace => {
                if let Some(pane) = self.typing {
                    let mut text = self.filter(pane).to_owned();
                    text.pop();
                    self.set_filter(pane, text);
                }
            }
            KeyCode::Enter => self.typing = None,
            KeyCode::Esc => {
                if let Some(pane) = self.typing.take() {
                    self.set_filter(pane, String::new());
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn type_char(&mut self, c: char) {
        let Some(pane) = self.typing else { return };
        let mut text = self.filter(pane).to_owned();
        if text.chars().count() < LIMIT {
            text.push(c);
            self.set_filter(pane, text);
        }
    }

    pub(super) fn set_filter(&mut self, pane: Pane, text: String) {
        if pane == Pane::Log {
            self.log.filter(&text);
        }
        if !text.is_empty() && matches!(pane, Pane::Log | Pane::Wire) {
            self.needle = text.to_lowercase();
        }
        if text.is_empty() {
            self.filters.remove(&pane);
        } else {
            self.filters.insert(pane, text);
        }
        if pane == Pane::Watches {
            self.sift_watches();
        }
    }
}
